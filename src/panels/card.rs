//! The card around a panel: title, unit, remarks, menu, and every state that its data can be in.

use std::sync::Arc;

use leptos::prelude::*;

use crate::{
    api::http::{ApiError, as_curl},
    base::time::{TimeSpec, TimeUnit, duration_words, label},
    model::{dashboard::Panel, notice::Notice},
    platform::{clipboard, clock, dom},
    state::{
        query::{Query, Remote},
        reactive::{Callback, Memo, Signal, signal},
        sources::Sources,
        time::TimeContext,
    },
    ui::{
        data_table::DataTable,
        dialog::Dialog,
        icon::{Icon, IconView},
        notices::Notices,
        popover::Popover,
        snippet::Snippet,
        state_view::{Skeleton, StateView},
        views::Views,
    },
};

use super::{
    PanelActions, PanelProps,
    data::PanelData,
    export::Sheet,
    failure::{FailureDialog, FailureView},
};

/// What the card must know about a panel that loads.
#[derive(Clone, Copy)]
pub struct Live {
    pub query: Query<PanelData>,
    /// What is drawn, as numbers.
    pub sheet: Callback<(), Option<Sheet>>,
    /// Remarks that arise while drawing, beside those of the backend.
    pub remarks: Signal<Vec<Notice>>,
    /// Whether the answer has anything that this panel can show.
    pub is_empty: Signal<bool>,
}

/// What the card's body shows.
#[derive(Debug, Clone, PartialEq)]
enum Shown {
    Skeleton,
    Data,
    Empty,
    Failed(ApiError),
}

fn shown(remote: &Remote<PanelData>, is_empty: bool) -> Shown {
    match (&remote.value, &remote.failure) {
        (None, Some(failure)) => Shown::Failed(failure.clone()),
        (None, None) => Shown::Skeleton,
        (Some(_), _) if is_empty => Shown::Empty,
        (Some(_), _) => Shown::Data,
    }
}

/// A panel's card. The children are always there, so that they can measure their room; states cover them.
#[component]
pub fn Frame(
    props: PanelProps,
    #[prop(optional)] live: Option<Live>,
    /// Beside the title.
    #[prop(optional, into)]
    unit: Signal<String>,
    /// At the right of the title.
    #[prop(optional, into)]
    notes: ViewFn,
    children: Children,
) -> impl IntoView {
    let PanelProps { panel, .. } = props;
    let (is_table, set_table) = signal(false);
    let (is_inspected, set_inspected) = signal(false);
    let (explained, set_explained) = signal(None::<ApiError>);
    let panel_for_menu = Arc::clone(&panel);
    let panel_for_notices = Arc::clone(&panel);
    let panel_for_cover = Arc::clone(&panel);

    let remote = move || live.map(|live| live.query.remote.get()).unwrap_or_default();
    let is_loading = move || live.is_some() && remote().is_loading();
    // Old data dims at once when it is not what was asked for; while a refresh runs the style waits two seconds.
    let dim = move || {
        let remote = remote();
        if remote.is_stale() && remote.failure.is_some() {
            Some("stale")
        } else if remote.value.is_some() && remote.is_loading() {
            Some("loading")
        } else {
            None
        }
    };
    let notices = Memo::new(move |_| {
        let mut notices = panel_for_notices.notices.clone();
        if let Some(live) = live {
            live.query.remote.with(|r| {
                if let Some(data) = &r.value {
                    notices.extend(data.notices.iter().cloned());
                }
            });
            notices.extend(live.remarks.get());
        }
        notices
    });
    let stale_note = move || {
        let remote = remote();
        let failure = remote.failure.clone()?;
        remote.value.as_ref()?;
        let age = duration_words((clock::now_ms() - remote.loaded_at_ms).max(0));
        Some(view! {
            <button
                type="button"
                class="panel__note"
                data-severity="failed"
                title=failure.to_string()
                on:click=move |_| set_explained.set(Some(failure.clone()))
            >
                <IconView icon=Icon::Failed is_small=true/>
                {format!("from {age} ago")}
            </button>
        })
    };
    let cover = move || {
        let live = live?;
        if is_table.get() {
            let sheet = live.sheet.run(());
            let zone = TimeContext::expect().zone.get();
            return sheet.map(|sheet| {
                let table = Arc::new(zone.with(|zone| sheet.to_table(zone)));
                view! { <div class="panel__cover"><DataTable data=table caption=panel_for_cover.title.clone()/></div> }
                    .into_any()
            });
        }
        let state = live.query.remote.with(|remote| shown(remote, live.is_empty.get()));
        let view = match state {
            Shown::Data => return None,
            Shown::Skeleton => view! { <Skeleton/> }.into_any(),
            Shown::Empty => view! { <EmptyView panel=Arc::clone(&panel_for_cover)/> }.into_any(),
            Shown::Failed(error) => {
                let (source_url, request_line, curl) = request_of(&panel_for_cover);
                let why = error.clone();
                view! {
                    <FailureView
                        error=error
                        source_url=source_url
                        request_line=request_line
                        curl=curl
                        on_retry=live.query.retry
                        on_explain=Callback::new(move |()| set_explained.set(Some(why.clone())))
                    />
                }
                .into_any()
            }
        };
        Some(view! { <div class="panel__cover">{view}</div> }.into_any())
    };

    let source_url = request_of(&panel).0;
    let title = panel.title.clone();
    let heading_id = format!("panel-{}", panel.id);
    let labelled_by = heading_id.clone();
    let panel_kind = panel.kind.clone();
    let description = panel.description.clone();
    let inspected_panel = Arc::clone(&panel);
    view! {
        <section
            class="panel"
            aria-labelledby=labelled_by
            data-testid="panel"
            data-panel-id=panel.id.to_string()
            data-kind=panel_kind
            data-loading=move || if is_loading() { "true" } else { "false" }
        >
            {move || is_loading().then(|| view! { <div class="panel__progress" aria-hidden="true"></div> }).views()}
            <header class="panel__head">
                <h2 class="panel__title" id=heading_id title=description>{title}</h2>
                <span class="panel__unit">{move || unit.get()}</span>
                <span class="panel__notes">
                    {notes.run()}
                    {stale_note}
                    {move || (!notices.with(Vec::is_empty)).then(|| view! { <Notices notices=notices.get()/> }).views()}
                    <PanelMenu
                        panel=panel_for_menu
                        live=live
                        is_table=is_table
                        on_table=Callback::new(move |()| set_table.update(|t| *t = !*t))
                        on_inspect=Callback::new(move |()| set_inspected.set(true))
                    />
                </span>
            </header>
            <div class="panel__body" data-dim=dim>
                {children()}
                {cover}
            </div>
            {move || explained.get().map(|error| view! {
                <FailureDialog error=error source_url=source_url.clone() on_close=Callback::new(move |()| set_explained.set(None))/>
            }).views()}
            {move || is_inspected.get().then(|| {
                let data = live.and_then(|live| live.query.remote.with_untracked(|r| r.value.clone()));
                view! { <Inspect panel=Arc::clone(&inspected_panel) data=data on_close=Callback::new(move |()| set_inspected.set(false))/> }
            }).views()}
        </section>
    }
    .into_any()
}

/// The panel's source and its first query's request, as it would be sent now: address, one line, `curl`.
fn request_of(panel: &Panel) -> (String, Option<String>, Option<String>) {
    let time = TimeContext::expect();
    let Some(handle) = Sources::expect().prometheus(panel.source.as_deref()) else {
        return (String::new(), None, None);
    };
    let request = handle.prometheus.as_ref().zip(panel.targets.first()).zip(time.resolve_now().ok()).map(
        |((client, target), range)| {
            let grid = crate::base::time::Grid::for_range(range, 800, 15_000, crate::base::time::MAX_POINTS);
            client.range_request(&crate::api::prometheus::RangeQuery::new(target.expr.clone(), grid))
        },
    );
    let line = request.as_ref().map(|request| format!("POST {}", request.url));
    let curl = request.as_ref().map(as_curl);
    (handle.absolute_url, line, curl)
}

#[component]
fn EmptyView(panel: Arc<Panel>) -> impl IntoView {
    let time = TimeContext::expect();
    let range = move || time.zone.with(|zone| zone.with(|zone| time.spec.with(|spec| label(spec, zone))));
    let asked = panel.targets.first().map(|t| t.expr.clone()).unwrap_or_default();
    let headline = panel.field.no_value.clone().unwrap_or_else(|| "No data in this range".to_owned());
    let detail = format!("Asked for {}: {asked}", range());
    view! {
        <StateView headline=headline detail=detail kind="empty">
            <button type="button" class="control" on:click=move |_| time.change(|spec, now_ms, zone| spec.zoomed_out(now_ms, zone))>
                "Zoom out"
            </button>
            <button type="button" class="control" data-variant="ghost" on:click=move |_| time.set_spec.run(TimeSpec::last(24, TimeUnit::Hour))>
                "Last 24 hours"
            </button>
        </StateView>
    }
    .into_any()
}

#[component]
fn PanelMenu(
    panel: Arc<Panel>,
    live: Option<Live>,
    is_table: Signal<bool>,
    on_table: Callback<()>,
    on_inspect: Callback<()>,
) -> impl IntoView {
    let actions = PanelActions::find();
    let id = panel.id;
    let title = panel.title.clone();
    let sheet_title = panel.title.clone();
    let sheet = move |close: Callback<()>| {
        let item = |text: String, run: Callback<()>| {
            view! {
                <button
                    type="button"
                    class="menu__item"
                    role="menuitem"
                    on:click=move |_| {
                        close.run(());
                        run.run(());
                    }
                >
                    {text}
                </button>
            }
        };
        let alone = actions.map(|actions| {
            let is_alone = actions.alone.get_untracked() == Some(id);
            let text = if is_alone { "Back to the dashboard" } else { "View alone" };
            item(text.to_owned(), Callback::new(move |()| actions.show_alone.run((!is_alone).then_some(id))))
        });
        let data_items = live.map(|live| {
            let file_name = format!("{}.csv", file_name_of(&sheet_title));
            view! {
                {item(if is_table.get_untracked() { "Show chart" } else { "Show table" }.to_owned(), on_table)}
                {item("Inspect".to_owned(), on_inspect)}
                {item("Download CSV".to_owned(), Callback::new(move |()| {
                    if let Some(sheet) = live.sheet.run(()) {
                        clipboard::download(&file_name, "text/csv;charset=utf-8", &sheet.to_csv());
                    }
                }))}
                {item("Refresh".to_owned(), live.query.retry)}
            }
        });
        let links = actions.map(|actions| {
            view! {
                {item("Copy live link".to_owned(), Callback::new(move |()| actions.copy_link.run((id, false))))}
                {item("Copy frozen link".to_owned(), Callback::new(move |()| actions.copy_link.run((id, true))))}
            }
        });
        view! { <div class="menu" role="menu" aria-label="Panel menu">{alone}{data_items}{links}</div> }.into_any()
    };
    view! {
        <Popover
            label=Signal::stored(format!("Menu of {title}"))
            control=ViewFn::from(|| view! { <IconView icon=Icon::More/> })
            control_class="panel__menu"
            sheet=Arc::new(sheet)
        />
    }
    .into_any()
}

/// Letters and digits of the title, words joined by dashes. Beyond ASCII, what is no sign of Latin-1 and no punctuation
/// counts as a letter: the full tables would be five kilobytes for the names of a few files.
fn file_name_of(title: &str) -> String {
    let is_sign = |c: char| match c {
        '\0'..='\u{bf}' => !c.is_ascii_alphanumeric(),
        _ => ('\u{2000}'..='\u{206f}').contains(&c),
    };
    let words: Vec<String> =
        title.split(is_sign).filter(|word| !word.is_empty()).map(str::to_ascii_lowercase).collect();
    if words.is_empty() { "panel".to_owned() } else { words.join("-") }
}

/// What was asked, what came back, and what it cost.
#[component]
fn Inspect(panel: Arc<Panel>, data: Option<Arc<PanelData>>, on_close: Callback<()>) -> impl IntoView {
    let title = format!("{}: queries", panel.title);
    let parts = move || {
        let Some(data) = &data else {
            return view! { <p class="card__text">"Nothing has arrived yet."</p> }.into_any();
        };
        data.parts
            .iter()
            .map(|part| {
                let series_count = part.frame.columns.len() + part.frame.histograms.len();
                let facts = format!(
                    "HTTP {} · {:.0} ms, first byte after {:.0} ms · {} bytes · {series_count} series × {} rows · step {} s",
                    part.stats.status,
                    part.stats.elapsed_ms,
                    part.stats.first_byte_ms,
                    part.stats.body_bytes,
                    part.frame.row_count(),
                    data.grid.step_ms as f64 / 1_000.0,
                );
                let ref_id = panel.targets.get(part.target).map_or("", |t| t.ref_id.as_str());
                view! {
                    <p class="card__note">{facts}</p>
                    <Snippet title=format!("Query {ref_id}") code=part.expr.clone()/>
                    <Snippet title="As curl" code=as_curl(&absolute(&part.request))/>
                }
            })
            .views()
            .into_any()
    };
    view! { <Dialog title=title on_close=on_close>{parts()}</Dialog> }.into_any()
}

fn absolute(request: &crate::api::http::HttpRequest) -> crate::api::http::HttpRequest {
    crate::api::http::HttpRequest { url: dom::absolute_url(&request.url), ..request.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_makes_a_file_name() {
        assert_eq!(file_name_of("Response Time Distribution"), "response-time-distribution");
        assert_eq!(file_name_of("p95 / «slow» endpoints"), "p95-slow-endpoints");
        assert_eq!(file_name_of("…"), "panel");
    }

    #[test]
    fn what_is_there_stays_on_screen() {
        let failure = ApiError::Truncated { source_name: "p".to_owned(), received_bytes: 1 };
        let data = PanelData {
            range: crate::base::time::Range { start_ms: 0, end_ms: 1 },
            grid: crate::base::time::Grid { start_ms: 0, end_ms: 1, step_ms: 1 },
            parts: vec![],
            notices: vec![],
            failures: vec![],
        };
        let check = |value: Option<PanelData>, failure: Option<ApiError>, is_empty: bool, expect: Shown| {
            let remote = Remote { value: value.map(Arc::new), failure, ..Remote::default() };
            assert_eq!(shown(&remote, is_empty), expect);
        };
        check(None, None, true, Shown::Skeleton);
        check(None, Some(failure.clone()), true, Shown::Failed(failure.clone()));
        check(Some(data.clone()), Some(failure), false, Shown::Data);
        check(Some(data.clone()), None, true, Shown::Empty);
        check(Some(data), None, false, Shown::Data);
    }
}
