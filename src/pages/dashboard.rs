//! One dashboard: its panels on the grid, or one of them alone. Those whose panels move or are filled come later.

mod variables;

use std::sync::Arc;

use leptos::prelude::*;

use crate::{
    base::time::Refresh,
    model::{
        dashboard::{Dashboard, GridRect, Panel},
        notice::{Notice, Severity},
    },
    panels::{PanelActions, PanelProps, open_load_failure, open_report, view_of},
    platform::{clipboard, dom},
    state::{
        chunks::{Chunk, Chunks},
        cursor::{PageEvents, SharedCursor},
        dashboards::{DashboardError, Dashboards, KEPT_SIGN},
        page::{Opening, PageInfo},
        query::spawn,
        reactive::{Callback, Memo, Signal, effect, signal},
        refresh::{own_refreshes, with_own_refresh},
        router::Router,
        time::TimeContext,
        url::Params,
        zone::Zone,
    },
    ui::{
        later::{Later, later_tool},
        state_view::Skeleton,
        views::Views,
    },
};

/// The address's key for panels that are refreshed in their own time.
const OWN_REFRESH: &str = "pr";

type Loaded = Option<Result<Arc<Dashboard>, DashboardError>>;

/// What the dashboard's file says of its range, its refresh and its zone.
fn opening_of(dashboard: &Dashboard) -> Opening {
    Opening {
        spec: dashboard.time.clone(),
        refresh: dashboard.refresh_ms.map(|interval_ms| Refresh::Every { interval_ms }),
        zone: dashboard.time_zone.as_deref().and_then(Zone::parse),
    }
}

/// The dashboard of that name in `config.json`.
#[component]
pub fn DashboardPage(name: Memo<String>) -> impl IntoView {
    let (loaded, set_loaded) = signal(None::<(String, Result<Arc<Dashboard>, DashboardError>)>);
    let (attempt, set_attempt) = signal(0_u32);
    let page = PageInfo::expect();
    SharedCursor::provide();
    PageEvents::provide();
    provide_actions();

    effect(move || {
        attempt.track();
        let name = name.get();
        let dashboards = Dashboards::expect();
        let chunks = Chunks::expect();
        let listed_title = dashboards.file(&name).map(|f| f.title);
        page.announce(listed_title.clone().unwrap_or_else(|| name.clone()), true, Opening::default());
        spawn(async move {
            let result = dashboards.load(name.clone(), chunks).await;
            if let Ok(dashboard) = &result {
                let title = listed_title.unwrap_or_else(|| dashboard.title.clone());
                page.announce(title, true, opening_of(dashboard));
            }
            let _gone = set_loaded.try_set(Some((name, result)));
        });
    });

    let shown = Dashboards::expect().shown;
    on_cleanup(move || {
        shown.try_set(None);
    });
    // An answer for a dashboard that is not shown any more is not shown.
    let current = Memo::always_new(move |_| -> Loaded {
        loaded.get().filter(|(n, _)| *n == name.get()).map(|(_, result)| result)
    });
    let retry = Callback::new(move |()| set_attempt.update(|n| *n += 1));
    move || match current.get() {
        None => view! { <div class="dashboard"><Skeleton/></div> }.into_any(),
        Some(Ok(dashboard)) => {
            shown.set(Some(Arc::clone(&dashboard)));
            let kept = name.with_untracked(|name| name.strip_prefix(KEPT_SIGN).map(str::to_owned));
            let has_report = kept.is_some();
            let report = kept.map(|kept| {
                let dashboard = Arc::clone(&dashboard);
                later_tool(move || open_report(&dashboard, &kept))
            });
            view! { {report}<DashboardView dashboard=dashboard has_report=has_report/> }.into_any()
        }
        Some(Err(error)) => later_tool(move || open_load_failure(&error, retry)),
    }
}

/// What panels can ask of this page.
fn provide_actions() {
    let router = Router::expect();
    let time = TimeContext::expect();
    let search = router.search();
    let alone = Signal::derive(move || search.with(|s| Params::parse(s).get("view").and_then(|v| v.parse().ok())));
    let show_alone = Callback::new(move |id: Option<u32>| {
        let id = id.map(|id| id.to_string());
        let query = Params::parse(&search.get_untracked()).with("view", id.as_deref()).to_query();
        router.set_search(&query, false);
    });
    let copy_link = Callback::new(move |(id, is_frozen): (u32, bool)| {
        let mut params = Params::parse(&search.get_untracked()).with("view", Some(&id.to_string()));
        let spec = time.spec.get_untracked();
        let ends = if is_frozen {
            time.resolve_now().ok().map(|range| (range.start_ms.to_string(), range.end_ms.to_string()))
        } else {
            Some((spec.from.to_string(), spec.to.to_string()))
        };
        if let Some((from, to)) = ends {
            params = params.with("from", Some(&from)).with("to", Some(&to));
        }
        clipboard::copy(&format!("{}{}{}", dom::page_origin(), router.path().get_untracked(), params.to_query()));
    });
    let set_search = Callback::new(move |query: String| router.set_search(&query, true));
    let href = Callback::new(move |place: String| router.href(&place));
    let own = Memo::new(move |_| search.with(|s| own_refreshes(Params::parse(s).get(OWN_REFRESH).unwrap_or_default())));
    let own_refresh = Callback::new(move |id: u32| {
        own.with(|own| own.iter().find(|(panel_id, _)| *panel_id == id).map(|(_, refresh)| *refresh))
    });
    let set_own_refresh = Callback::new(move |(id, refresh): (u32, Option<Refresh>)| {
        let params = Params::parse(&search.get_untracked());
        let all = with_own_refresh(params.get(OWN_REFRESH).unwrap_or_default(), id, refresh);
        router.set_search(&params.with(OWN_REFRESH, all.as_deref()).to_query(), true);
    });
    provide_context(PanelActions {
        alone,
        show_alone,
        copy_link,
        search,
        set_search,
        href,
        own_refresh,
        set_own_refresh,
    });
}

#[component]
fn DashboardView(
    dashboard: Arc<Dashboard>,
    /// What the dashboard as a whole lacks is told above it.
    has_report: bool,
) -> impl IntoView {
    let bar = PageEvents::expect().bar;
    let annotated = Arc::clone(&dashboard);
    let annotations = move || match bar.get() {
        Some(open) => open(Arc::clone(&annotated)),
        None => ().into_any(),
    };
    if dashboard.is_arranged_later {
        let open = move || variables::open(Arc::clone(&dashboard));
        return view! { <Later chunk=Chunk::Variables open=Arc::new(open)/>{annotations} }.into_any();
    }
    let actions = PanelActions::find();
    let alone = Memo::new(move |_| actions.and_then(|a| a.alone.get()));
    let notes = if has_report { ().into_any() } else { notes(&dashboard.notices) };
    view! {
        {notes}
        {move || {
            let panel = alone.get().and_then(|id| dashboard.panels.iter().find(|p| p.id == id));
            if let Some(panel) = panel {
                return view! { <div class="dashboard__alone">{view_of(PanelProps::plain(panel))}</div> }.into_any();
            }
            let cells = dashboard.panels.iter().map(cell).views();
            view! { <div class="dashboard">{cells}</div> }.into_any()
        }}
        {annotations}
    }
    .into_any()
}

/// What the dashboard as a whole asks for and cannot be had.
fn notes(notices: &[Notice]) -> AnyView {
    let warnings = notices.iter().filter(|n| n.severity == Severity::Warning).map(|n| n.message.clone());
    warnings.map(|note| view! { <p class="dashboard__notices" role="note">{note}</p> }).views()
}

fn cell(panel: &Panel) -> AnyView {
    let (column, row) = place_of(panel.grid);
    let several = panel.has_several_numbers().then_some("true");
    view! {
        <div
            class="dashboard__cell"
            data-kind=panel.kind.clone()
            data-several=several
            style:grid-column=column
            style:grid-row=row
        >
            {view_of(PanelProps::plain(panel))}
        </div>
    }
    .into_any()
}

/// Columns and rows, as the style sheet language writes them.
fn place_of(grid: GridRect) -> (String, String) {
    let GridRect { x, y, w, h } = grid;
    (format!("{} / span {w}", x + 1), format!("{} / span {h}", y + 1))
}
