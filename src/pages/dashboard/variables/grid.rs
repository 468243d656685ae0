//! The panels at their places: rows that open and close, panels that are there once for each value.

use std::sync::Arc;

use leptos::prelude::*;

use crate::{
    analysis::variables::{
        fill::{Bound, Purpose, Surroundings, fill},
        joined,
        repeat::{Placed, What, arranged},
    },
    model::{
        dashboard::{Dashboard, GridRect, kinds},
        variables::{Arrangement, Choice},
    },
    panels::{PanelActions, PanelProps, view_of},
    state::{
        reactive::{Memo, Signal},
        router::Router,
        time::TimeContext,
        url::Params,
    },
    ui::state_view::Skeleton,
};

use super::{
    super::place_of,
    all,
    fill::filled,
    values::{State, Values, range_now},
};

/// Rows that are not as the file has them, by their ids.
const ROWS_KEY: &str = "rows";

/// What a panel or row is known by, so that it stays while others come and go. A type of its own keeps the machinery of
/// the list in this part of the app.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct PlaceKey(u32);

/// What stands somewhere, without where.
#[derive(Debug, Clone, PartialEq)]
struct Place {
    id: u32,
    scope: Vec<(String, Choice)>,
    /// A panel's index; none is a row's line.
    panel: Option<usize>,
}

#[derive(Clone)]
struct Page {
    dashboard: Arc<Dashboard>,
    values: Values,
    placed: Memo<Vec<Placed>>,
    /// Something is repeated by a variable that is still loading.
    is_waiting: Memo<bool>,
}

pub fn grid(dashboard: Arc<Dashboard>, arrangement: Arc<Arrangement>, values: Values) -> AnyView {
    let actions = PanelActions::find();
    let alone = Memo::new(move |_| actions.and_then(|a| a.alone.get()));
    let params = values.params;
    let toggled = Memo::new(move |_| -> Vec<u32> {
        params.with(|p| p.get(ROWS_KEY).unwrap_or_default().split(',').filter_map(|id| id.parse().ok()).collect())
    });
    let panel_ids: Vec<u32> = dashboard.panels.iter().map(|panel| panel.id).collect();
    let repeats: Vec<String> = {
        let rows = arrangement.sections.iter().filter_map(|section| section.row.as_ref()?.repeat.clone());
        let items = arrangement.sections.iter().flat_map(|section| &section.items);
        rows.chain(items.filter_map(|item| item.repeat.as_ref().map(|repeat| repeat.variable.clone()))).collect()
    };
    let of_values = values.clone();
    let is_waiting = Memo::new(move |_| {
        let is_waiting =
            |name: &String| of_values.find(name).is_some_and(|live| live.state.with(|state| *state == State::Waiting));
        // Each is read, so that a change of any is seen.
        repeats.iter().filter(|name| is_waiting(name)).count() > 0
    });
    let of_values = values.clone();
    let placed = Memo::new(move |before: Option<&Vec<Placed>>| {
        // A variable that loads anew keeps what is repeated by it where it is.
        toggled.track();
        match before.filter(|_| is_waiting.get()) {
            Some(before) => before.clone(),
            None => toggled.with(|toggled| {
                arranged(&arrangement.sections, &panel_ids, &|name| of_values.repeated(name), &|id| {
                    toggled.contains(&id)
                })
            }),
        }
    });
    let page = Page { dashboard, values, placed, is_waiting };
    let view = move || match alone.get() {
        Some(id) => alone_view(&page, id),
        None => all_view(&page),
    };
    view.into_any()
}

fn all_view(page: &Page) -> AnyView {
    let placed = page.placed;
    let each = move || -> Vec<Place> {
        placed.with(|placed| {
            let place = |p: &Placed| {
                let panel = if let What::Panel(panel) = p.what { Some(panel) } else { None };
                Place { id: p.id, scope: p.scope.clone(), panel }
            };
            placed.iter().map(place).collect()
        })
    };
    let key = |place: &Place| PlaceKey(place.id);
    let page = page.clone();
    let cell = move |place: Place| match place.panel {
        Some(panel) => cell(&page, place.id, panel, place.scope),
        None => row(&page, place.id, place.scope),
    };
    view! { <div class="dashboard" data-testid="arranged"><For each=each key=key children=cell/></div> }.into_any()
}

/// One panel on the whole page. A link to one that is repeated now leads to the first of them.
fn alone_view(page: &Page, id: u32) -> AnyView {
    let found = page.placed.with(|placed| {
        let index = page.dashboard.panels.iter().position(|panel| panel.id == id);
        let exact = placed.iter().find(|p| p.id == id);
        let same = || placed.iter().find(|p| index.is_some_and(|index| p.what == What::Panel(index)));
        let panel = |p: &Placed| if let What::Panel(panel) = p.what { Some((panel, p.scope.clone())) } else { None };
        exact.or_else(same).and_then(panel).or_else(|| Some((index?, Vec::new())))
    });
    let Some((panel, scope)) = found else {
        return if page.is_waiting.get() { view! { <Skeleton/> }.into_any() } else { all_view(page) };
    };
    let props = filled(&page.values, panel, id, scope);
    view! { <div class="dashboard__alone">{all(props.map(panel_view).into_iter().collect())}</div> }.into_any()
}

/// Where something stands now.
fn rect_of(page: &Page, id: u32) -> Signal<GridRect> {
    let placed = page.placed;
    let memo = Memo::new(move |before: Option<&GridRect>| {
        let now = placed.with(|placed| placed.iter().find(|p| p.id == id).map(|p| p.rect));
        now.or(before.copied()).unwrap_or(GridRect { x: 0, y: 0, w: 1, h: 1 })
    });
    memo.into()
}

fn cell(page: &Page, id: u32, panel: usize, scope: Vec<(String, Choice)>) -> AnyView {
    let Some(props) = filled(&page.values, panel, id, scope) else { return ().into_any() };
    let rect = rect_of(page, id);
    let (kind, several) = (props.panel.kind.clone(), props.panel.has_several_numbers().then_some("true"));
    view! {
        <div
            class="dashboard__cell"
            data-kind=kind
            data-several=several
            style:grid-column=move || place_of(rect.get()).0
            style:grid-row=move || place_of(rect.get()).1
        >
            {panel_view(props)}
        </div>
    }
    .into_any()
}

/// A text loads nothing that it could lose: it is made anew with each change.
fn panel_view(props: PanelProps) -> AnyView {
    if props.panel.kind != kinds::TEXT {
        return view_of(props);
    }
    let shown = props.shown();
    (move || view_of(PanelProps::plain(&shown.get()))).into_any()
}

/// The line of a row: its name opens and closes it.
fn row(page: &Page, id: u32, scope: Vec<(String, Choice)>) -> AnyView {
    let rect = rect_of(page, id);
    let placed = page.placed;
    let now = Memo::new(move |before: Option<&(String, bool, usize)>| {
        let found = placed.with(|placed| {
            placed.iter().find(|p| p.id == id).and_then(|p| match &p.what {
                What::Row { title, is_open, panel_count } => Some((title.clone(), *is_open, *panel_count)),
                What::Panel(_) => None,
            })
        });
        found.or_else(|| before.cloned()).unwrap_or_default()
    });
    let page = page.clone();
    let title = Memo::new(move |_| {
        let title = now.with(|(title, ..)| title.clone());
        let filled = row_title(&page, &title, &scope);
        if filled.trim().is_empty() { "Untitled row".to_owned() } else { filled }
    });
    let count = move || match now.get() {
        (_, true, _) => String::new(),
        (_, false, 1) => "1 panel".to_owned(),
        (_, false, count) => format!("{count} panels"),
    };
    let toggle = move |_| {
        let router = Router::expect();
        let params = Params::parse(&router.search().get_untracked());
        let mut ids: Vec<String> = params
            .get(ROWS_KEY)
            .unwrap_or_default()
            .split(',')
            .filter(|id| !id.is_empty())
            .map(str::to_owned)
            .collect();
        let id = id.to_string();
        if ids.contains(&id) {
            ids.retain(|other| *other != id);
        } else {
            ids.push(id);
        }
        let list = (!ids.is_empty()).then(|| joined(ids.into_iter(), ","));
        router.set_search(&params.with(ROWS_KEY, list.as_deref()).to_query(), true);
    };
    view! {
        <h2 class="dashboard__row" style:grid-row=move || place_of(rect.get()).1>
            <button
                type="button"
                class="row-line"
                aria-expanded=move || if now.with(|(_, is_open, _)| *is_open) { "true" } else { "false" }
                on:click=toggle
            >
                <span class="row-line__mark" aria-hidden="true"></span>
                <span class="row-line__title">{move || title.get()}</span>
                <span class="row-line__count">{count}</span>
            </button>
        </h2>
    }
    .into_any()
}

fn row_title(page: &Page, title: &str, scope: &[(String, Choice)]) -> String {
    let mut bound: Vec<Bound> = scope.iter().map(|(name, choice)| Bound::one(name, choice.clone())).collect();
    for live in page.values.all.iter().filter(|live| scope.iter().all(|(name, _)| *name != live.variable.name)) {
        if let Some(settled) = live.state.with(|state| state.settled().cloned()) {
            bound.push(settled.bound(&live.variable));
        }
    }
    let time = TimeContext::expect();
    let Dashboard { title: dashboard, uid, .. } = &*page.dashboard;
    time.zone.with(|zone| {
        zone.with(|zone| {
            let uid = uid.as_deref().unwrap_or_default();
            let around = Surroundings { title: dashboard, uid, range: range_now(time), zone };
            fill(title, Purpose::Text, &bound, &around)
        })
    })
}
