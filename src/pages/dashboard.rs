//! One dashboard: its panels on the grid, or one of them alone.

use std::sync::Arc;

use leptos::prelude::*;

use crate::{
    api::http::ApiError,
    model::{
        dashboard::{Dashboard, GridRect, Panel, Variable, kinds},
        notice::Severity,
    },
    panels::{FailureDialog, FailureView, PanelActions, PanelProps, view_of},
    platform::{clipboard, dom},
    state::{
        cursor::{PageEvents, SharedCursor},
        dashboards::{DashboardError, Dashboards},
        page::PageInfo,
        query::spawn,
        reactive::{Callback, Memo, Signal, effect, signal},
        router::Router,
        time::TimeContext,
        url::Params,
    },
    ui::state_view::{Skeleton, StateView},
    ui::views::Views,
};

type Loaded = Option<Result<Arc<Dashboard>, DashboardError>>;

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
        let listed_title = dashboards.file(&name).map(|f| f.title);
        page.announce(listed_title.clone().unwrap_or_else(|| name.clone()), true, None);
        spawn(async move {
            let result = dashboards.load(name.clone()).await;
            if let Ok(dashboard) = &result {
                let title = listed_title.unwrap_or_else(|| dashboard.title.clone());
                page.announce(title, true, dashboard.time.clone());
            }
            let _gone = set_loaded.try_set(Some((name, result)));
        });
    });

    // An answer for a dashboard that is not shown any more is not shown.
    let current = Memo::always_new(move |_| -> Loaded {
        loaded.get().filter(|(n, _)| *n == name.get()).map(|(_, result)| result)
    });
    let retry = Callback::new(move |()| set_attempt.update(|n| *n += 1));
    move || match current.get() {
        None => view! { <div class="dashboard"><Skeleton/></div> }.into_any(),
        Some(Ok(dashboard)) => view! { <DashboardView dashboard=dashboard/> }.into_any(),
        Some(Err(error)) => view! { <LoadFailure error=error retry=retry/> }.into_any(),
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
    provide_context(PanelActions { alone, show_alone, copy_link, search, set_search, href });
}

#[component]
fn DashboardView(dashboard: Arc<Dashboard>) -> impl IntoView {
    let actions = PanelActions::find();
    let variables: Arc<[Variable]> = dashboard.variables.clone().into();
    let notes: Vec<String> =
        dashboard.notices.iter().filter(|n| n.severity == Severity::Warning).map(|n| n.message.clone()).collect();
    let alone = Memo::new(move |_| actions.and_then(|a| a.alone.get()));
    let bar = PageEvents::expect().bar;
    let annotated = Arc::clone(&dashboard);
    let annotations = move || match bar.get() {
        Some(open) => open(Arc::clone(&annotated)),
        None => ().into_any(),
    };
    let notes = notes.into_iter().map(|note| view! { <p class="dashboard__notices" role="note">{note}</p> }).views();
    view! {
        {notes}
        {move || {
            let props = |panel: &Panel| PanelProps { panel: Arc::new(panel.clone()), variables: Arc::clone(&variables) };
            let panel = alone.get().and_then(|id| dashboard.panels.iter().find(|p| p.id == id));
            if let Some(panel) = panel {
                return view! { <div class="dashboard__alone">{view_of(props(panel))}</div> }.into_any();
            }
            let cells = dashboard.panels.iter().map(|panel| cell(panel, props(panel))).views();
            view! { <div class="dashboard">{cells}</div> }.into_any()
        }}
        {annotations}
    }
    .into_any()
}

fn cell(panel: &Panel, props: PanelProps) -> AnyView {
    let GridRect { x, y, w, h } = panel.grid;
    let column = format!("{} / span {w}", x + 1);
    let row = format!("{} / span {h}", y + 1);
    if panel.kind == kinds::ROW {
        return view! { <h2 class="dashboard__row" style:grid-row=row>{panel.title.clone()}</h2> }.into_any();
    }
    view! {
        <div class="dashboard__cell" data-kind=panel.kind.clone() style:grid-column=column style:grid-row=row>
            {view_of(props)}
        </div>
    }
    .into_any()
}

#[component]
fn LoadFailure(error: DashboardError, retry: Callback<()>) -> impl IntoView {
    let (explained, set_explained) = signal(None::<ApiError>);
    let body = match error {
        DashboardError::NotListed { name } => view! {
            <StateView
                headline=format!("There is no dashboard “{name}”")
                detail="config.json does not list it. Add it under “dashboards”, or choose one in the bar at the side."
                kind="empty"
            />
        }
        .into_any(),
        DashboardError::Content { file, error } => view! {
            <StateView headline=format!("{file} is not a dashboard that can be read") detail=error.to_string() kind="failed">
                <button type="button" class="control" on:click=move |_| retry.run(())>"Try again"</button>
            </StateView>
        }
        .into_any(),
        DashboardError::File(error) => {
            let why = error.clone();
            view! {
                <FailureView
                    error=error
                    source_url=dom::page_origin()
                    request_line=None
                    curl=None
                    on_retry=retry
                    on_explain=Callback::new(move |()| set_explained.set(Some(why.clone())))
                />
            }
            .into_any()
        }
    };
    view! {
        <div class="sheet"><div class="card">{body}</div></div>
        {move || explained.get().map(|error| view! {
            <FailureDialog error=error source_url=dom::page_origin() on_close=Callback::new(move |()| set_explained.set(None))/>
        }).views()}
    }
    .into_any()
}
