//! Above what was found: how many, how complete, how to get more, and the other views.

use std::sync::Arc;

use leptos::prelude::*;

use crate::{
    analysis::trace::words::counted,
    api::http::ApiError,
    base::time::{Range, TimeSpec, duration_words},
    platform::clock,
    state::{
        query::Remote,
        reactive::{Callback, Memo, Signal},
        traces::form::{MAX_LIMIT, SearchForm},
    },
    ui::{
        icon::{Icon, IconView},
        notices::Notices,
        traces::DownloadTraces,
        views::Views,
    },
};

use super::search::{Found, Search, View};

#[component]
pub fn Header(search: Search, on_explain: Callback<ApiError>) -> impl IntoView {
    let remote = search.query().remote;
    let tab = move |view: View, name: Signal<String>| {
        view! {
            <button
                type="button"
                class="traces__tab"
                aria-pressed=move || if search.view().get() == view { "true" } else { "false" }
                on:click=move |_| search.change(&[("view", view.id()), ("select", None)], false)
            >
                {move || name.get()}
            </button>
        }
    };
    let count = move || {
        let found = search.shown().get()?;
        let count = counted(found.rows.len(), "trace", "traces");
        let is_cut = found.answer.is_cut && search.view().get() != View::Files;
        Some(if is_cut { format!("At least {count}") } else { count })
    };
    let stale = move || {
        let remote = remote.get();
        let failure = remote.failure.clone().filter(|_| search.view().get() != View::Files)?;
        remote.value.as_ref()?;
        let age = duration_words((clock::now_ms() - remote.loaded_at_ms).max(0));
        Some(view! {
            <button type="button" class="panel__note" data-severity="failed" title=failure.to_string() on:click=move |_| on_explain.run(failure.clone())>
                <IconView icon=Icon::Failed is_small=true/>
                {format!("from {age} ago")}
            </button>
        })
    };
    let more = move || {
        let found = search.shown().get().filter(|_| search.view().get() == View::Traces)?;
        Some(view! { <More search=search found=found/> })
    };
    let notices = move || {
        let found = search.shown().get().filter(|found| !found.answer.notices.is_empty())?;
        Some(view! { <Notices notices=found.answer.notices.clone()/> })
    };
    let has_traces = Memo::new(move |_| {
        let count = search.shown().with(|found| found.as_ref().map_or(0, |found| found.rows.len()));
        count > 0 && search.view().get() != View::Map
    });
    let download = move || {
        has_traces.get().then(|| {
            let write = Arc::new(move |kind| search.document(kind));
            view! { <DownloadTraces name=Signal::stored("traces".to_owned()) write=write/> }
        })
    };
    view! {
        <div class="traces__head">
            {move || (search.view().get() != View::Files && remote.with(Remote::is_loading)).then(|| view! { <div class="panel__progress" aria-hidden="true"></div> }).views()}
            <div class="traces__tabs" role="group" aria-label="View">
                {tab(View::Traces, Signal::stored("Traces".to_owned()))}
                {tab(View::Map, Signal::stored("Service map".to_owned()))}
                {move || (search.file_count().get() > 0).then(|| {
                    tab(View::Files, Signal::derive(move || format!("From files ({})", search.file_count().get())))
                }).views()}
            </div>
            <div class="traces__count" role="status" data-testid="trace-count">{count}</div>
            {move || stale().views()}
            {move || notices().views()}
            {move || more().views()}
            {move || download().views()}
        </div>
    }
    .into_any()
}

/// Larger and older searches.
#[component]
fn More(search: Search, found: Arc<Found>) -> impl IntoView {
    let (is_cut, limit, range) = (found.answer.is_cut, found.limit, found.range);
    let oldest_ms = found.rows.iter().map(|row| row.start_ns.div_euclid(1_000_000)).min();
    let load_more = (is_cut && limit < MAX_LIMIT).then(|| {
        let next = limit.saturating_mul(2).min(MAX_LIMIT);
        view! {
            <button type="button" class="control" title=format!("Ask for {next} instead of {limit}") on:click=move |_| {
                let form = SearchForm { limit: next.to_string(), ..search.form().get_untracked() };
                search.ask(&form);
            }>
                "Load more"
            </button>
        }
    });
    // Where all of the range was told, what comes before it; otherwise what the backend left out.
    let end_ms = oldest_ms.filter(|_| is_cut).unwrap_or(range.start_ms);
    let older = Range { start_ms: end_ms - range.duration_ms(), end_ms };
    view! {
        <span class="traces__actions">
            {load_more.views()}
            <button
                type="button"
                class="control"
                data-variant="ghost"
                title="Search as long a time before these"
                on:click=move |_| search.time().set_spec.run(TimeSpec::absolute(older))
            >
                "Older"
            </button>
        </span>
    }
    .into_any()
}
