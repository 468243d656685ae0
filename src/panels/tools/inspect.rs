//! A panel from the inside: what was asked, what came back, what it cost, its numbers, its JSON.

use std::sync::Arc;

use leptos::{html, prelude::*};

use crate::{
    analysis::indent,
    api::{
        http::{HttpRequest, as_curl},
        received::{self, Received},
    },
    base::{
        time::{date_time_text, duration_words},
        units,
    },
    panels::{
        card::CardTools,
        data::{PanelData, Part},
    },
    platform::{clipboard, dom},
    state::{
        query::use_query,
        reactive::{Callback, RwSignal, Signal},
        sources::Sources,
        time::TimeContext,
    },
    ui::{
        data_table::DataTable,
        dialog::Dialog,
        snippet::Snippet,
        state_view::{Skeleton, StateView},
        views::Views,
    },
};

use super::{
    menu::file_name_of,
    request::{Asked, requests, sent},
};

/// More of an answer is not shown: a browser takes seconds to lay out more lines, and nobody reads them.
const RESPONSE_MAX_BYTES: usize = 200_000;
const DOCUMENT_MAX_BYTES: usize = 400_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tab {
    Query,
    Response,
    Timing,
    Data,
    Json,
}

impl Tab {
    fn label(self) -> &'static str {
        match self {
            Self::Query => "Query",
            Self::Response => "Response",
            Self::Timing => "Timing",
            Self::Data => "Data",
            Self::Json => "JSON",
        }
    }
}

pub fn inspect(card: &Arc<CardTools>, on_close: Callback<()>) -> AnyView {
    let title = format!("{}: queries", card.panel.get_untracked().title);
    let card = Arc::clone(card);
    // What is inspected stands still while the panel goes on.
    let loaded = card.live.map(|live| live.query.remote.get_untracked()).unwrap_or_default();
    let data = loaded.value.clone();
    let loaded_at_ms = loaded.loaded_at_ms;
    let asked: Arc<[Asked]> = match &data {
        Some(data) => sent(&card.panel.get_untracked(), &data.parts).into(),
        None => requests(&card).into(),
    };
    let tabs: &'static [Tab] = if card.live.is_some() {
        &[Tab::Query, Tab::Response, Tab::Timing, Tab::Data, Tab::Json]
    } else {
        &[Tab::Json]
    };
    let chosen = RwSignal::new(tabs.first().copied().unwrap_or(Tab::Json));
    let body = move || {
        let card = Arc::clone(&card);
        let asked = Arc::clone(&asked);
        let data = data.clone();
        let panel = move || match chosen.get() {
            Tab::Query => query_tab(&asked, data.is_some()),
            Tab::Response => response_tab(&asked),
            Tab::Timing => timing_tab(data.as_deref(), loaded_at_ms),
            Tab::Data => data_tab(&card),
            Tab::Json => json_tab(&card),
        };
        view! {
            <Tabs tabs=tabs chosen=chosen/>
            <div class="inspect" id="inspect-panel" role="tabpanel" aria-labelledby=move || tab_id(chosen.get())>{panel}</div>
        }
        .into_any()
    };
    view! { <Dialog title=title on_close=on_close is_wide=true>{body()}</Dialog> }.into_any()
}

fn tab_id(tab: Tab) -> String {
    format!("inspect-{}", tab.label())
}

/// The pattern of the ARIA Authoring Practices Guide: one tab can be reached by Tab, arrows lead to the others.
#[component]
fn Tabs(tabs: &'static [Tab], chosen: RwSignal<Tab>) -> impl IntoView {
    let root = NodeRef::<html::Div>::new();
    let on_keydown = move |event: leptos::ev::KeyboardEvent| {
        let count = tabs.len();
        let now = tabs.iter().position(|tab| *tab == chosen.get_untracked()).unwrap_or(0);
        let next = match event.key().as_str() {
            "ArrowRight" => (now + 1) % count,
            "ArrowLeft" => (now + count - 1) % count,
            "Home" => 0,
            "End" => count - 1,
            _ => return,
        };
        event.prevent_default();
        if let Some(tab) = tabs.get(next) {
            chosen.set(*tab);
            if let Some(root) = root.get_untracked() {
                dom::focus_first(&root, &format!("#{}", tab_id(*tab)));
            }
        }
    };
    let buttons = tabs
        .iter()
        .map(|tab| {
            let tab = *tab;
            let is_chosen = move || chosen.get() == tab;
            view! {
                <button
                    type="button"
                    class="tabs__tab"
                    role="tab"
                    id=tab_id(tab)
                    aria-controls="inspect-panel"
                    aria-selected=move || if is_chosen() { "true" } else { "false" }
                    tabindex=move || if is_chosen() { "0" } else { "-1" }
                    on:click=move |_| chosen.set(tab)
                >
                    {tab.label()}
                </button>
            }
        })
        .views();
    view! { <div class="tabs" role="tablist" aria-label="Inspect" node_ref=root on:keydown=on_keydown>{buttons}</div> }
        .into_any()
}

fn nothing(text: &'static str) -> AnyView {
    view! { <p class="card__text">{text}</p> }.into_any()
}

fn query_tab(asked: &[Asked], is_answered: bool) -> AnyView {
    if asked.is_empty() {
        return nothing("This panel has no query that can be sent.");
    }
    let note = (!is_answered).then(|| nothing("Nothing has arrived yet. This is what would be sent now."));
    let queries = asked
        .iter()
        .map(|asked| {
            view! {
                <Snippet title=format!("Query {}", asked.ref_id) code=asked.expr.clone()/>
                <Snippet title="As curl" code=as_curl(&asked.request)/>
            }
        })
        .views();
    view! { {note.views()}{queries} }.into_any()
}

fn response_tab(asked: &[Asked]) -> AnyView {
    if asked.is_empty() {
        return nothing("This panel has no query that can be sent.");
    }
    asked
        .iter()
        .map(|asked| view! { <Response title=format!("Answer to query {}", asked.ref_id) request=asked.request.clone()/> })
        .views()
}

/// Answers are read piece by piece and not kept; so the question is asked once more.
#[component]
fn Response(title: String, request: HttpRequest) -> impl IntoView {
    let transport = Sources::expect().transport();
    let query = use_query(Signal::stored(Some(())), Signal::stored(0), move |(), _| {
        let (transport, request) = (std::rc::Rc::clone(&transport), request.clone());
        async move { received::text(transport.as_ref(), &request, RESPONSE_MAX_BYTES).await }
    });
    let body = move || {
        let state = query.remote.get();
        match (state.value, state.failure) {
            (Some(answer), _) => answer_view(title.clone(), &answer),
            (None, Some(error)) => {
                view! { <StateView headline="There was no answer" detail=error.to_string() kind="failed"><button type="button" class="control" on:click=move |_| query.retry.run(())>"Retry"</button></StateView> }
                    .into_any()
            }
            (None, None) => view! { <div class="inspect__wait" data-loading="true"><Skeleton/></div> }.into_any(),
        }
    };
    view! { {body} }.into_any()
}

fn answer_view(title: String, answer: &Received) -> AnyView {
    let Received { status, content_type, text, body_bytes, is_cut } = answer;
    let size = units::format("bytes", *body_bytes as f64, None).to_string();
    let kind = if content_type.is_empty() { "no content type" } else { content_type };
    let note = if *is_cut {
        let shown = units::format("bytes", text.len() as f64, None);
        format!("HTTP {status} · {kind} · {size}, of which the first {shown} are shown. Asked again just now.")
    } else {
        format!("HTTP {status} · {kind} · {size}. Asked again just now.")
    };
    let is_json = text.trim_start().starts_with(['{', '[']);
    let code = if is_json { indent::indented(text) } else { text.clone() };
    view! {
        <p class="card__note" data-testid="response-note">{note}</p>
        <Snippet title=title code=code/>
    }
    .into_any()
}

fn timing_tab(data: Option<&PanelData>, loaded_at_ms: i64) -> AnyView {
    let Some(data) = data else { return nothing("Nothing has arrived yet.") };
    let time = TimeContext::expect();
    // To the second: this is for people.
    let at = |unix_ms: i64| {
        let unix_ms = unix_ms - unix_ms.rem_euclid(1_000);
        time.zone.with_untracked(|zone| zone.with(|zone| date_time_text(unix_ms, zone)))
    };
    let whole = [
        (
            "Range",
            format!(
                "{}: {} to {}",
                duration_words(data.range.duration_ms()),
                at(data.range.start_ms),
                at(data.range.end_ms)
            ),
        ),
        ("Step", units::format("s", data.grid.step_ms as f64 / 1_000.0, None).to_string()),
        ("Arrived", at(loaded_at_ms)),
    ];
    let parts = data
        .parts
        .iter()
        .map(|part| {
            let ref_id = data.panel.targets.get(part.target).map_or("", |target| target.ref_id.as_str());
            view! { <h3 class="card__note">{format!("Query {ref_id}")}</h3>{facts_view(facts_of(part))} }
        })
        .views();
    view! { {facts_view(whole.into())}{parts} }.into_any()
}

fn facts_of(part: &Part) -> Vec<(&'static str, String)> {
    let Part { frame, stats, .. } = part;
    let ms = |ms: f64| units::format("ms", ms, None).to_string();
    vec![
        ("Status", format!("HTTP {}", stats.status)),
        ("First byte", ms(stats.first_byte_ms)),
        ("Last byte", ms(stats.elapsed_ms)),
        ("Body", units::format("bytes", stats.body_bytes as f64, None).to_string()),
        ("Series", (frame.columns.len() + frame.histograms.len()).to_string()),
        ("Rows", frame.row_count().to_string()),
    ]
}

fn facts_view(facts: Vec<(&'static str, String)>) -> AnyView {
    let facts = facts
        .into_iter()
        .map(|(name, value)| view! { <div><div class="facts__name">{name}</div><div class="facts__value">{value}</div></div> })
        .views();
    view! { <div class="facts">{facts}</div> }.into_any()
}

fn data_tab(card: &CardTools) -> AnyView {
    let sheet = card.live.and_then(|live| untrack(|| live.sheet.run(())));
    let Some(sheet) = sheet else { return nothing("There are no numbers yet.") };
    let zone = TimeContext::expect().zone.get_untracked();
    let table = Arc::new(zone.with(|zone| sheet.to_table(zone)));
    let caption = card.panel.get_untracked().title.clone();
    let file_name = format!("{}.csv", file_name_of(&caption));
    let download = move |_| clipboard::download(&file_name, "text/csv;charset=utf-8", &sheet.to_csv());
    view! {
        <div class="card__head"><button type="button" class="control" on:click=download>"Download CSV"</button></div>
        <DataTable data=table caption=caption/>
    }
    .into_any()
}

fn json_tab(card: &CardTools) -> AnyView {
    let panel = card.panel.get_untracked();
    let text = indent::first_value(panel.document.text());
    if text.is_empty() {
        return nothing("This panel is in no file.");
    }
    let end = (0..=text.len().min(DOCUMENT_MAX_BYTES)).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    let is_cut = end < text.len();
    let note = is_cut.then(|| view! { <p class="card__note">"Only the beginning of this panel is shown."</p> });
    let code = indent::indented(text.get(..end).unwrap_or(text));
    view! { {note.views()}<Snippet title="The panel in its file" code=code/> }.into_any()
}
