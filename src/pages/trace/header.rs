//! What the trace is: facts, views, and ways out of it.

use std::sync::Arc;

use leptos::{html, prelude::*};

use crate::{
    analysis::trace::{duration_text, words::counted},
    base::time::{ago_text, date_time_text, iso_text},
    model::trace::{SpanFlags as Flags, Trace},
    platform::{clipboard, clock, dom},
    state::{
        query::Remote,
        reactive::{Memo, Signal, effect},
        time::TimeContext,
        traces,
        url::Params,
    },
    ui::{
        icon::{Icon, IconView},
        traces::DownloadTraces,
        views::Views,
    },
};

use super::{
    context::{Tab, TraceView},
    span_detail,
};

#[component]
pub fn TraceHeader(view: TraceView, remote: Signal<Remote<Arc<Trace>>>) -> impl IntoView {
    view! {
        <section class="trace-head" aria-label="The trace">
            {move || facts(view)}
            <Growth view=view remote=remote/>
            <span class="trace-head__spacer"></span>
            {move || links(view)}
        </section>
        {move || notes(view)}
        <Tabs view=view/>
    }
    .into_any()
}

fn facts(view: TraceView) -> AnyView {
    let explained = view.explained();
    let trace = &explained.trace;
    let zone = TimeContext::expect().zone.get();
    let start_ms = trace.start_ns() / 1_000_000;
    let (started, started_full) = zone.with(|zone| (date_time_text(start_ms, zone), iso_text(start_ms, zone)));
    let service = trace.root().map(|root| trace.service(root).to_owned()).unwrap_or_default();
    let id = trace.id();
    let errors = trace.error_count();
    let service_count = explained.inks.services().len();
    view! {
        <span class="trace-head__service">{service}</span>
        <button
            type="button"
            class="trace-head__id"
            title=format!("Copy the trace id {id}")
            aria-label=format!("{}, copy the trace id", id.short())
            on:click=move |_| clipboard::copy(&id.to_string())
        >
            {id.short()}<IconView icon=Icon::Copy is_small=true/>
        </button>
        <span class="trace-head__fact"><b class="trace-head__number">{duration_text(trace.duration_ns())}</b></span>
        <span class="trace-head__fact">{counted(trace.len(), "span", "spans")}</span>
        <span class="trace-head__fact">{counted(service_count, "service", "services")}</span>
        <span class="trace-head__fact" title="The longest chain of calls">{format!("depth {}", explained.max_depth + 1)}</span>
        {(errors > 0).then(|| view! {
            <span class="badge" data-state="failed"><IconView icon=Icon::Failed is_small=true/>{counted(errors, "error", "errors")}</span>
        }).views()}
        <span class="trace-head__fact" title=started_full>
            {format!("{started} · {}", ago_text(clock::now_ms() - start_ms))}
        </span>
    }
    .into_any()
}

/// A trace that still grows says so.
#[component]
fn Growth(view: TraceView, remote: Signal<Remote<Arc<Trace>>>) -> impl IntoView {
    let first_len = view.explained_untracked().trace.len();
    let added = Memo::new(move |_| view.with(|explained| explained.trace.len().saturating_sub(first_len)));
    let failed = Memo::new(move |_| remote.with(|remote| remote.failure.as_ref().map(ToString::to_string)));
    view! {
        <span role="status">
            {move || (added.get() > 0).then(|| view! {
                <span class="badge" data-state="info">{format!("{} arrived since", counted(added.get(), "span", "spans"))}</span>
            }).views()}
            {move || failed.get().map(|reason| view! {
                <span class="badge" data-state="warning" title=reason>"could not be refreshed"</span>
            }).views()}
        </span>
    }
    .into_any()
}

/// What the backend and the trace itself have to say.
fn notes(view: TraceView) -> AnyView {
    let explained = view.explained();
    let trace = &explained.trace;
    let count = |flag| (0..trace.len()).filter(|span| trace.flags(*span).contains(flag)).count();
    let told = |count: usize, one: &str, many: &str, rest: &str| {
        (count > 0).then(|| format!("{} {rest}", counted(count, one, many)))
    };
    let notes = [
        told(
            count(Flags::ORPHAN),
            "span",
            "spans",
            "without a parent in the trace: parts of it are missing or have not arrived",
        ),
        told(count(Flags::DUPLICATE), "span", "spans", "with an id that another span has"),
        told(count(Flags::CYCLE), "span", "spans", "that were among their own ancestors; the circle was cut"),
        told(count(Flags::NO_START), "span", "spans", "without a start; the parent's is shown"),
        told(count(Flags::NEGATIVE), "span", "spans", "that ended before they started; shown without a duration"),
    ];
    let mut notes: Vec<String> = notes.into_iter().flatten().collect();
    notes.extend(trace.warnings().iter().map(|warning| view.redactor().text(warning).into_owned()));
    notes
        .into_iter()
        .map(|note| view! { <p class="trace__note" role="note"><IconView icon=Icon::Warning is_small=true/>{note}</p> })
        .views()
}

fn links(view: TraceView) -> AnyView {
    let explained = view.explained();
    let router = view.router();
    let carried = Params::parse(&router.search().get_untracked()).keep(&["from", "to", "tz", "source"]);
    let back = traces::last_search().map_or_else(|| format!("/traces{}", carried.to_query()), |search| search.place);
    let id = explained.trace.id();
    view! {
        <a class="control" data-variant="ghost" href=router.href(&back)><IconView icon=Icon::Left is_small=true/>"Search"</a>
        <DownloadTraces
            name=Signal::stored(format!("trace-{id}"))
            write=Arc::new(move |kind| span_detail::trace_document(view, kind))
        />
    }
    .into_any()
}

#[component]
fn Tabs(view: TraceView) -> impl IntoView {
    let current = view.tab();
    let tabs = Tab::ALL
        .into_iter()
        .map(|tab| {
            view! {
                <button
                    type="button"
                    class="tabs__tab"
                    role="tab"
                    aria-selected=move || if current.get() == tab { "true" } else { "false" }
                    on:click=move |_| view.set_tab(tab)
                >
                    {tab.label()}
                </button>
            }
        })
        .views();
    // On a phone there is not room for all.
    let row = NodeRef::<html::Div>::new();
    effect(move || {
        current.track();
        if let Some(row) = row.get() {
            dom::center_in_row(&row, "[aria-selected='true']");
        }
    });
    view! { <div class="tabs" role="tablist" aria-label="Views of the trace" node_ref=row>{tabs}</div> }.into_any()
}
