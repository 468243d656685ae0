//! What stands below the form: skeleton, nothing found, failed, not configured, or what was found.

use std::sync::Arc;

use leptos::prelude::*;

use crate::{
    api::http::{ApiError, as_curl},
    base::time::{TimeSpec, TimeUnit},
    model::trace::TraceQuery,
    panels::{FailureDialog, FailureView},
    state::{
        reactive::{Callback, Memo, signal},
        traces::form::SearchForm,
    },
    ui::{
        state_view::{Skeleton, StateView},
        traces::NotConfigured,
        views::Views,
    },
};

use super::{
    differs::DiffersCard,
    header::Header,
    map::MapCard,
    scatter::ScatterCard,
    search::{Search, View, form_text},
    table::Table,
    why::WhyCard,
};

/// What is shown instead of traces, or that they are.
#[derive(Clone, PartialEq)]
enum Shown {
    NotConfigured,
    /// The address holds what nobody can ask.
    NotAsked(String),
    Skeleton,
    Failed(ApiError),
    Empty,
    NoFiles,
    Traces,
    Map,
}

fn shown(search: Search) -> Shown {
    let count = search.shown().with(|found| found.as_ref().map(|found| found.rows.len()));
    if search.view().get() == View::Files {
        return if count.unwrap_or_default() == 0 { Shown::NoFiles } else { Shown::Traces };
    }
    if search.source().is_none() {
        return Shown::NotConfigured;
    }
    if let Some(problem) = search.problem().get() {
        return Shown::NotAsked(problem.to_string());
    }
    match (count, search.query().remote.with(|remote| remote.failure.clone())) {
        (None, Some(failure)) => Shown::Failed(failure),
        (None, None) => Shown::Skeleton,
        (Some(_), _) if search.view().get() == View::Map => Shown::Map,
        (Some(0), _) => Shown::Empty,
        (Some(_), _) => Shown::Traces,
    }
}

#[component]
pub fn Results(search: Search) -> impl IntoView {
    let (explained, set_explained) = signal(None::<ApiError>);
    let state = Memo::new(move |_| shown(search));
    let explain = Callback::new(move |error: ApiError| set_explained.set(Some(error)));
    let source_url = move || search.source().map(|source| source.handle.absolute_url).unwrap_or_default();
    let body = move || {
        match state.get() {
        Shown::NotConfigured => view! { <NotConfigured/> }.into_any(),
        Shown::NotAsked(problem) => view! {
            <div class="card">
                <StateView headline="Nothing was asked" detail=format!("A field of the search is not understood: {problem}.") kind="empty"/>
            </div>
        }
        .into_any(),
        Shown::Skeleton => view! { <div class="card traces__skeleton"><Skeleton/></div> }.into_any(),
        Shown::Failed(error) => {
            let request = search.source().zip(asked(search)).map(|(source, query)| source.client.search_request(&query));
            let line = request.as_ref().map(|request| {
                let path = request.url.split('?').next().unwrap_or_default();
                format!("GET {path}")
            });
            let why = error.clone();
            view! {
                <div class="card">
                    <FailureView
                        error=error
                        source_url=source_url()
                        request_line=line
                        curl=request.as_ref().map(as_curl)
                        on_retry=search.query().retry
                        on_explain=Callback::new(move |()| explain.run(why.clone()))
                    />
                </div>
            }
            .into_any()
        }
        Shown::Empty => view! { <Empty search=search/> }.into_any(),
        Shown::NoFiles => view! {
            <div class="card">
                <StateView
                    headline="No traces from files"
                    detail="Drop a file of Jaeger or OpenTelemetry JSON anywhere on this page, or open one."
                    kind="empty"
                />
            </div>
        }
        .into_any(),
        Shown::Map => view! { <MapCard search=search/> }.into_any(),
        Shown::Traces => view! { <Traces search=search/> }.into_any(),
    }
    };
    // Old data dims at once when its renewal failed; while a refresh runs the style waits two seconds.
    let dim = move || {
        search.query().remote.with(|remote| {
            if search.view().get() == View::Files || remote.value.is_none() {
                None
            } else if remote.failure.is_some() {
                Some("stale")
            } else {
                remote.is_loading().then_some("loading")
            }
        })
    };
    view! {
        <Header search=search on_explain=explain/>
        <div class="traces__results" data-dim=dim data-testid="trace-results">{body}</div>
        {move || explained.get().map(|error| view! {
            <FailureDialog error=error source_url=source_url() on_close=Callback::new(move |()| set_explained.set(None))/>
        }).views()}
    }
    .into_any()
}

/// Dots, reasons, rows.
#[component]
fn Traces(search: Search) -> impl IntoView {
    let has_selection = Memo::new(move |_| search.selection().with(Option::is_some));
    view! {
        <div class="traces__top">
            <ScatterCard search=search/>
            {move || if has_selection.get() {
                view! { <DiffersCard search=search/> }.into_any()
            } else {
                view! { <WhyCard search=search/> }.into_any()
            }}
        </div>
        <Table search=search/>
    }
    .into_any()
}

fn asked(search: Search) -> Option<TraceQuery> {
    let range = search.resolved().ok()?;
    search.form().with_untracked(|form| form.to_query(range).ok())
}

/// What was asked, and how to ask for more.
#[component]
fn Empty(search: Search) -> impl IntoView {
    let form = search.form().get_untracked();
    let detail = format!("Asked for {}, {}", form_text(&form), search.range_text());
    let time = search.time();
    let loosen = move |name: &'static str, is_of_use: bool, change: fn(&mut SearchForm)| {
        is_of_use.then(|| {
            view! {
                <button type="button" class="control" data-variant="ghost" on:click=move |_| {
                    let mut form = search.form().get_untracked();
                    change(&mut form);
                    search.ask(&form);
                }>
                    {name}
                </button>
            }
        })
    };
    let has_duration = !form.min.is_empty() || !form.max.is_empty();
    let form = Arc::new(form);
    view! {
        <div class="card">
            <StateView headline="No traces found" detail=detail kind="empty">
                <button type="button" class="control" on:click=move |_| time.change(|spec, now_ms, zone| spec.zoomed_out(now_ms, zone))>
                    "Twice the range"
                </button>
                <button type="button" class="control" data-variant="ghost" on:click=move |_| time.set_spec.run(TimeSpec::last(24, TimeUnit::Hour))>
                    "Last 24 hours"
                </button>
                {loosen("Without tags", !form.tags.is_empty(), |form| form.tags.clear())}
                {loosen("Any duration", has_duration, |form| { form.min.clear(); form.max.clear(); })}
                {loosen("Any operation", !form.operation.is_empty(), |form| form.operation.clear())}
                {loosen("All services", !form.service.is_empty(), |form| { form.service.clear(); form.operation.clear(); })}
            </StateView>
        </div>
    }
    .into_any()
}
