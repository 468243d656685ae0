//! The card around a panel: title, unit, remarks, menu, and every state that its data can be in.
//!
//! What opens on demand (menu, dialogs, table, the explanation of a failure) is in `panels::tools`, which comes later.

use std::sync::Arc;

use leptos::prelude::*;

use crate::{
    api::http::ApiError,
    base::time::{TimeSpec, TimeUnit, duration_words, label},
    model::{dashboard::Panel, notice::Notice},
    platform::{clock, timer},
    state::{
        query::{Query, Remote},
        reactive::{Callback, Memo, RwSignal, Signal, effect},
        time::TimeContext,
    },
    ui::{
        icon::{Icon, IconView},
        later::{later_over, later_tool},
        notices::Notices,
        popover::Popover,
        state_view::{Skeleton, StateView},
        views::Views,
    },
};

use super::{PanelActions, PanelProps, data::PanelData, export::Sheet, failure::later_failure, tools};

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

/// What lies over the page for a card.
#[derive(Debug, Clone, PartialEq)]
pub enum CardDialog {
    Inspect,
    Failure(ApiError),
}

/// What the parts of a card that come later are given of it.
#[derive(Clone)]
pub struct CardTools {
    /// With its variables filled in.
    pub panel: Signal<Arc<Panel>>,
    pub live: Option<Live>,
    pub actions: Option<PanelActions>,
    /// Whether the numbers are shown as a table instead of as a chart.
    pub is_table: RwSignal<bool>,
    pub dialog: RwSignal<Option<CardDialog>>,
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
    let panel = Arc::clone(&props.panel);
    let filled = props.shown();
    let is_table = RwSignal::new(false);
    let dialog = RwSignal::new(None::<CardDialog>);
    let card = Arc::new(CardTools { panel: filled, live, actions: PanelActions::find(), is_table, dialog });
    let card_for_cover = Arc::clone(&card);

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
        let mut notices = filled.with(|panel| panel.notices.clone());
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
        Some(view! {
            <button
                type="button"
                class="panel__note"
                data-severity="failed"
                title=failure.to_string()
                on:click=move |_| dialog.set(Some(CardDialog::Failure(failure.clone())))
            >
                <IconView icon=Icon::Failed is_small=true/>
                {age_view(remote.loaded_at_ms)}
            </button>
        })
    };
    let cover = move || {
        let live = live?;
        if is_table.get() {
            let card = Arc::clone(&card_for_cover);
            let table = later_tool(move || tools::open_table(&card));
            return Some(view! { <div class="panel__cover">{table}</div> }.into_any());
        }
        let state = live.query.remote.with(|remote| shown(remote, live.is_empty.get()));
        let view = match state {
            Shown::Data => return None,
            Shown::Skeleton => view! { <Skeleton/> }.into_any(),
            Shown::Empty => view! { <EmptyView card=Arc::clone(&card_for_cover)/> }.into_any(),
            Shown::Failed(error) => {
                let card = Arc::clone(&card_for_cover);
                let why = error.clone();
                later_failure(&error, live.query.retry, move || tools::open_card_failure(&card, why.clone()))
            }
        };
        Some(view! { <div class="panel__cover">{view}</div> }.into_any())
    };

    let heading_id = format!("panel-{}", panel.id);
    let labelled_by = heading_id.clone();
    let panel_kind = panel.kind.clone();
    let description = move || filled.with(|panel| panel.description.clone());
    let card_for_menu = Arc::clone(&card);
    let open_dialog = move || {
        dialog.get().map(|shown| {
            let card = Arc::clone(&card);
            later_over(move || tools::open_dialog(&card, shown.clone()), Callback::new(move |()| dialog.set(None)))
        })
    };
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
                <h2 class="panel__title" id=heading_id title=description>{move || filled.with(|panel| panel.title.clone())}</h2>
                <span class="panel__unit">{move || unit.get()}</span>
                <span class="panel__notes">
                    {notes.run()}
                    {stale_note}
                    {move || (!notices.with(Vec::is_empty)).then(|| view! { <Notices notices=notices.get()/> }).views()}
                    <PanelMenu card=card_for_menu/>
                </span>
            </header>
            <div class="panel__body" data-dim=dim>
                {children()}
                {cover}
            </div>
        </section>
        {open_dialog}
    }
    .into_any()
}

#[component]
fn EmptyView(card: Arc<CardTools>) -> impl IntoView {
    let time = TimeContext::expect();
    let CardTools { panel, live, .. } = card.as_ref();
    let panel = panel.get();
    let range = time.zone.with(|zone| zone.with(|zone| time.spec.with(|spec| label(spec, zone))));
    // As it was sent, where it was.
    let sent = live.and_then(|live| {
        live.query.remote.with(|r| r.value.as_ref().and_then(|data| Some(data.parts.first()?.expr.clone())))
    });
    let asked = sent.or_else(|| panel.targets.first().map(|t| t.expr.clone())).unwrap_or_default();
    let headline = panel.field.no_value.clone().unwrap_or_else(|| "No data in this range".to_owned());
    let detail = format!("Asked for {range}: {asked}");
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
fn PanelMenu(card: Arc<CardTools>) -> impl IntoView {
    let panel = card.panel;
    let sheet = move |close: Callback<()>| {
        let card = Arc::clone(&card);
        later_tool(move || tools::open_menu(&card, close))
    };
    view! {
        <Popover
            label=Signal::derive(move || format!("Menu of {}", panel.get().title))
            control=ViewFn::from(|| view! { <IconView icon=Icon::More/> })
            control_class="panel__menu"
            sheet=Arc::new(sheet)
        />
    }
    .into_any()
}

/// How old something is, said anew while it is on screen.
fn age_view(loaded_at_ms: i64) -> AnyView {
    const STEP_MS: i32 = 10_000;
    let now_ms = RwSignal::new(clock::now_ms());
    let next = StoredValue::new_local(None::<timer::Timeout>);
    effect(move || {
        now_ms.track();
        next.set_value(Some(timer::after(STEP_MS, move || now_ms.set(clock::now_ms()))));
    });
    on_cleanup(move || drop(next.try_update_value(Option::take)));
    (move || format!("from {} ago", duration_words((now_ms.get() - loaded_at_ms).max(0)))).into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_there_stays_on_screen() {
        let failure = ApiError::Truncated { source_name: "p".to_owned(), received_bytes: Some(1) };
        let data = PanelData {
            panel: Arc::new(crate::api::grafana::dashboard_from_json(r#"{"panels":[{}]}"#).unwrap().panels.remove(0)),
            range: crate::base::time::Range { start_ms: 0, end_ms: 1 },
            grid: crate::base::time::Grid { start_ms: 0, end_ms: 1, step_ms: 1 },
            parts: vec![],
            notices: vec![],
            failures: vec![],
            reshaped: None,
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
