//! One trace: where its time went, and why.
//!
//! Invariant: what is shown is in the address (`view`, `span`, `find`, filters, `zoom`, `compare`), so that a link shows a
//! colleague the same. Only what is folded is not, nor what suits a person (where details stand, how wide names are), which the
//! browser remembers.

mod agent;
mod compare;
mod context;
mod events;
mod explained;
mod filters;
mod flame;
mod graph;
mod header;
mod json;
mod minimap;
mod report;
mod row;
mod ruler;
mod sort_table;
mod span_detail;
mod span_table;
mod stack;
mod statistics;
mod timeline;
mod toolbar;
mod zoom;

use std::sync::Arc;

use leptos::prelude::*;

use crate::{
    api::http::ApiError,
    model::trace::{Trace, TraceId},
    panels::{FailureDialog, FailureView},
    platform::clock,
    state::{
        page::{Opening, PageInfo},
        query::{Query, use_query},
        reactive::{Callback, Memo, Signal, signal},
        refresh::use_beat,
        router::{Route, Router},
        sources::Sources,
        traces,
        url::Params,
    },
    ui::{
        state_view::{Skeleton, StateView},
        traces::NotConfigured,
        views::Views,
    },
};

use context::{Tab, TraceView};
use explained::Explained;

/// A trace whose last span ended this long ago may still grow.
const RECENT_MS: i64 = 60_000;
const REFRESH_MS: i64 = 3_000;

/// A place across the track of the timeline (0–1) as a length of CSS.
fn percent(place: f64) -> String {
    format!("{:.4}%", place * 100.0)
}

/// The page's door: called from outside its part of the app (`xtask/js/chunks.json`).
#[inline(never)]
pub fn open() -> AnyView {
    view! { <TracePage/> }.into_any()
}

#[component]
fn TracePage() -> impl IntoView {
    let router = Router::expect();
    let page = PageInfo::expect();
    page.announce("Trace", false, Opening::default());
    let id = Memo::new(move |before: Option<&Option<TraceId>>| match router.route() {
        Route::Trace(id) => TraceId::parse(&id),
        // On the way to another page.
        _ => before.copied().flatten(),
    });
    move || {
        match id.get() {
        Some(id) => view! { <LoadedTrace id=id/> }.into_any(),
        None => view! {
            <div class="sheet"><div class="card">
                <StateView
                    headline="This is no trace id"
                    detail="A trace id has up to 32 hexadecimal digits, such as 4bf92f3577b34da6a3ce929d0e0e4736. Part of the link may have been lost."
                    kind="empty"
                >
                    <a class="control" href=router.href("/traces")>"Search traces"</a>
                </StateView>
            </div></div>
        }
        .into_any(),
    }
    }
}

/// Asks for a trace, and again while it grows.
fn load(id: TraceId, source_name: Option<String>) -> Query<Arc<Trace>> {
    let sources = Sources::expect();
    let loaded = signal(None::<(i64, usize)>);
    let interval_ms = Signal::derive(move || {
        let (end_ms, _) = loaded.0.get()?;
        (clock::now_ms() - end_ms < RECENT_MS && !traces::is_uploaded(id)).then_some(REFRESH_MS)
    });
    let (beat, _) = use_beat(interval_ms);
    use_query(Signal::stored(Some(())), beat, move |(), known: Option<Arc<Arc<Trace>>>| {
        let source = traces::source(sources, source_name.as_deref());
        async move {
            let kept = if known.is_none() || traces::is_uploaded(id) { traces::kept(id) } else { None };
            let trace = match (kept, source) {
                (Some(kept), _) => kept,
                (None, Some(source)) => source.trace(id).await?,
                (None, None) => return Err(ApiError::Cancelled { source_name: "Jaeger".to_owned() }),
            };
            let _gone = loaded.1.try_set(Some((trace.end_ns() / 1_000_000, trace.len())));
            // The same trace again is no news.
            Ok(match known {
                Some(known) if known.len() == trace.len() && known.end_ns() == trace.end_ns() => Arc::clone(&*known),
                _ => trace,
            })
        }
    })
}

#[component]
fn LoadedTrace(id: TraceId) -> impl IntoView {
    let router = Router::expect();
    let search = router.search();
    let source_name = search.with_untracked(|search| Params::parse(search).get("source").map(str::to_owned));
    let source = traces::source(Sources::expect(), source_name.as_deref());
    if source.is_none() && traces::kept(id).is_none() {
        return view! { <div class="sheet"><NotConfigured/></div> }.into_any();
    }
    let Query { remote, retry } = load(id, source_name);
    let explained = Memo::shared(move || {
        let trace = remote.with(|remote| remote.value.clone())?;
        Some(Explained::shared(&trace))
    });
    let (explained_failure, set_explained_failure) = signal(None::<ApiError>);
    let source_url = StoredValue::new(source.map(|s| s.handle.absolute_url).unwrap_or_default());
    let body = move || {
        if let Some(first) = explained.get() {
            let growing = Signal::derive(move || explained.get().unwrap_or_else(|| Arc::clone(&first)));
            return view! { <TraceBody explained=growing remote=remote/> }.into_any();
        }
        let failure = remote.with(|remote| remote.failure.clone());
        let Some(error) = failure else {
            return view! { <div class="trace"><div class="card"><Skeleton/></div></div> }.into_any();
        };
        if matches!(error, ApiError::NotFound { .. }) {
            return view! { <div class="sheet"><div class="card"><NotFound id=id retry=retry/></div></div> }.into_any();
        }
        let why = error.clone();
        view! {
            <div class="sheet"><div class="card">
                <FailureView
                    error=error
                    source_url=source_url.get_value()
                    request_line=None
                    curl=None
                    on_retry=retry
                    on_explain=Callback::new(move |()| set_explained_failure.set(Some(why.clone())))
                />
            </div></div>
        }
        .into_any()
    };
    let has_trace = Memo::new(move |_| explained.with(Option::is_some));
    let has_failed = Memo::new(move |_| remote.with(|remote| remote.failure.is_some()));
    view! {
        {move || {
            has_trace.track();
            has_failed.track();
            untrack(body)
        }}
        {move || explained_failure.get().map(|error| view! {
            <FailureDialog error=error source_url=source_url.get_value() on_close=Callback::new(move |()| set_explained_failure.set(None))/>
        }).views()}
    }
    .into_any()
}

#[component]
fn TraceBody(
    explained: Signal<Arc<Explained>>,
    remote: Signal<crate::state::query::Remote<Arc<Trace>>>,
) -> impl IntoView {
    let view = TraceView::provide(explained);
    let page = PageInfo::expect();
    let title = Memo::new(move |_| view.with(Explained::root_title));
    crate::state::reactive::effect(move || page.announce(title.get(), false, Opening::default()));
    let tab = view.tab();
    view! {
        <div class="trace">
            <header::TraceHeader view=view remote=remote/>
            {move || match tab.get() {
                Tab::Timeline => view! { <timeline::TimelineTab view=view/> }.into_any(),
                Tab::Flame => view! { <flame::FlameTab view=view/> }.into_any(),
                Tab::Statistics => view! { <statistics::StatisticsTab view=view/> }.into_any(),
                Tab::Spans => view! { <span_table::SpanTableTab view=view/> }.into_any(),
                Tab::Events => view! { <events::EventsTab view=view/> }.into_any(),
                Tab::Graph => view! { <graph::GraphTab view=view/> }.into_any(),
                Tab::Agent => view! { <agent::AgentTab view=view/> }.into_any(),
                Tab::Compare => view! { <compare::CompareTab view=view/> }.into_any(),
                Tab::Json => view! { <json::JsonTab view=view/> }.into_any(),
            }}
        </div>
    }
    .into_any()
}

#[component]
fn NotFound(id: TraceId, retry: Callback<()>) -> impl IntoView {
    let router = Router::expect();
    view! {
        <StateView
            headline=format!("The trace {id} is not there")
            detail="It may be older than what the backend keeps, was not sampled, or has not arrived yet."
            kind="empty"
        >
            <button type="button" class="control" on:click=move |_| retry.run(())>"Ask again"</button>
            <a class="control" data-variant="ghost" href=router.href("/traces")>"Search traces"</a>
        </StateView>
    }
    .into_any()
}
