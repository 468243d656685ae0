//! What is said above a dashboard of this browser: what was not understood of it, and how to take it elsewhere.

use std::sync::Arc;

use leptos::prelude::*;

use crate::{
    analysis::remarks::{PanelRemarks, Remark, report as remarks_of},
    model::{
        dashboard::{Dashboard, kinds},
        notice::Severity,
    },
    panels::{PanelActions, tools::menu::file_name_of},
    platform::{clipboard, dom},
    state::{
        imported::{self, LINK_MAX_CHARS},
        query::spawn,
        reactive::RwSignal,
        router::Router,
        tools::Tools,
        url::Params,
    },
    ui::{
        icon::{Icon, IconView},
        views::Views,
    },
};

pub fn report(dashboard: &Arc<Dashboard>, name: &str) -> AnyView {
    let remarks = remarks_of(dashboard);
    let fresh = Tools::expect().fresh;
    let is_fresh = fresh.with_untracked(|fresh| fresh.as_deref() == Some(name));
    if is_fresh {
        fresh.set(None);
    }
    let has_gaps = !remarks.is_empty();
    let is_open = RwSignal::new(is_fresh && has_gaps);
    let is_open_text = move || if is_open.get() { "true" } else { "false" };
    let said = RwSignal::new(String::new());
    let (link_name, file_of) = (name.to_owned(), name.to_owned());
    let file_name = format!("{}.json", file_name_of(&dashboard.title));
    let toggle = has_gaps.then(|| {
        view! {
            <button
                type="button"
                class="control"
                aria-expanded=is_open_text
                aria-controls="import-report"
                on:click=move |_| is_open.update(|is_open| *is_open = !*is_open)
            >
                {move || if is_open.get() { "Hide the report" } else { "Show the report" }}
            </button>
        }
    });
    let icon = if has_gaps { Icon::Warning } else { Icon::Info };
    let summary = summary_of(dashboard, &remarks);
    let list = move || {
        is_open.get().then(|| {
            let items = remarks.iter().map(item).views();
            view! { <ul class="report__list" id="import-report">{items}</ul> }
        })
    };
    view! {
        <section class="report" aria-label="Import report" data-testid="import-report">
            <div class="report__head">
                <IconView icon=icon is_small=true/>
                <span class="report__summary">{summary}</span>
                {toggle.views()}
                <button type="button" class="control" data-variant="ghost" on:click=move |_| copy_link(link_name.clone(), said)>
                    "Copy link that carries it"
                </button>
                <button
                    type="button"
                    class="control"
                    data-variant="ghost"
                    on:click=move |_| download(file_of.clone(), file_name.clone())
                >
                    "Download JSON"
                </button>
                <span class="report__said" role="status">{move || said.get()}</span>
            </div>
            {move || list().views()}
        </section>
    }
    .into_any()
}

fn summary_of(dashboard: &Dashboard, remarks: &[Remark]) -> String {
    let panel_count = dashboard.panels.iter().filter(|panel| panel.kind != kinds::ROW).count();
    let plural = |count: usize, one: &str, many: &str| format!("{count} {}", if count == 1 { one } else { many });
    let panels = plural(panel_count, "panel", "panels");
    if remarks.is_empty() {
        return format!("Kept in this browser. {panels}, everything was understood.");
    }
    let things = plural(remarks.len(), "thing", "things");
    let affected = dashboard.panels.iter().filter(|panel| !panel.notices.is_empty()).count();
    if affected == 0 {
        return format!("Kept in this browser. {panels}; {things} of the dashboard not understood.");
    }
    format!("Kept in this browser. {things} not understood, in {affected} of {panels}.")
}

fn item(remark: &Remark) -> AnyView {
    let Remark { what, severity, count, panels } = remark;
    let (icon, severity) = match severity {
        Severity::Warning => (Icon::Warning, "warning"),
        Severity::Info => (Icon::Info, "info"),
    };
    let places = panels
        .iter()
        .map(|panel| {
            let PanelRemarks { id, title, count } = panel.clone();
            let times = if count > 1 { format!("{title} ({count})") } else { title };
            view! { <button type="button" class="report__panel" on:click=move |_| show_panel(id)>{times}</button> }
        })
        .views();
    let whole = panels.is_empty().then(|| view! { <span class="report__whole">"the dashboard"</span> });
    let times = (*count > 1).then(|| view! { <span class="badge">{format!("{count}×")}</span> });
    view! {
        <li class="report__item" data-severity=severity>
            <IconView icon=icon is_small=true/>
            <span class="report__what">{what.clone()}</span>
            {times.views()}
            <span class="report__places">{places}{whole.views()}</span>
        </li>
    }
    .into_any()
}

fn show_panel(id: u32) {
    if let Some(element) = dom::find(&format!("[data-panel-id='{id}']")) {
        dom::bring_into_view(&element);
        dom::focus_first(&element, ".panel__menu");
    } else if let Some(actions) = PanelActions::find() {
        // Another one is shown alone.
        actions.show_alone.run(Some(id));
    }
}

fn copy_link(name: String, said: RwSignal<String>) {
    let router = Router::expect();
    let kept = Params::parse(&router.search().get_untracked()).keep(&["from", "to", "tz", "refresh"]).to_query();
    let place = format!("{}{}{kept}", dom::page_origin(), router.href("/dashboards"));
    spawn(async move {
        let Some(text) = imported::text_of(&name).await else { return };
        let result = match imported::link_text(&text).await {
            Ok(packed) => {
                clipboard::copy(&format!("{place}#import={packed}"));
                "Copied. Whoever opens the link has this dashboard.".to_owned()
            }
            Err(chars) => format!(
                "Too large for a link: it would have {chars} characters, and {LINK_MAX_CHARS} arrive whole everywhere. Send the file instead."
            ),
        };
        said.try_set(result);
    });
}

fn download(name: String, file_name: String) {
    spawn(async move {
        if let Some(text) = imported::text_of(&name).await {
            clipboard::download(&file_name, "application/json", &text);
        }
    });
}
