//! What a panel's card opens on demand: its menu, its dialogs, its table, why it failed.
//!
//! A part of the app that comes later (`xtask/js/chunks.json`): the doors are here, and only `ui::later` is to call them.

mod failure;
mod inspect;
mod load_failure;
mod menu;
mod report;
mod request;

use std::sync::Arc;

use leptos::prelude::*;

use crate::{
    api::http::ApiError,
    model::dashboard::Dashboard,
    state::{dashboards::DashboardError, reactive::Callback, time::TimeContext},
    ui::data_table::DataTable,
};

use super::{
    card::{CardDialog, CardTools},
    failure::Failure,
};

#[inline(never)]
pub fn open_menu(card: &Arc<CardTools>, close: Callback<()>) -> AnyView {
    menu::menu(card, close)
}

#[inline(never)]
pub fn open_dialog(card: &Arc<CardTools>, dialog: CardDialog) -> AnyView {
    let shown = card.dialog;
    let on_close = Callback::new(move |()| shown.set(None));
    match dialog {
        CardDialog::Inspect => inspect::inspect(card, on_close),
        CardDialog::Failure(error) => {
            failure::dialog(&error, &request::source_url(&card.panel.get_untracked()), on_close)
        }
    }
}

/// The panel's numbers.
#[inline(never)]
pub fn open_table(card: &Arc<CardTools>) -> AnyView {
    let caption = card.panel.get_untracked().title.clone();
    let live = card.live;
    let table = move || {
        let sheet = live?.sheet.run(())?;
        let zone = TimeContext::expect().zone.get();
        let table = Arc::new(zone.with(|zone| sheet.to_table(zone)));
        Some(view! { <DataTable data=table caption=caption.clone()/> })
    };
    view! { {table} }.into_any()
}

/// In place of a panel's data.
#[inline(never)]
pub fn open_card_failure(card: &Arc<CardTools>, error: ApiError) -> AnyView {
    let dialog = card.dialog;
    let why = error.clone();
    let asked = request::requests(card).into_iter().next().map(|asked| asked.request);
    failure::view(Failure {
        error,
        source_url: request::source_url(&card.panel.get_untracked()),
        request_line: asked.as_ref().map(|request| format!("POST {}", request.url)),
        curl: asked.as_ref().map(crate::api::http::as_curl),
        on_retry: card.live.map_or_else(|| Callback::new(|()| ()), |live| live.query.retry),
        on_explain: Callback::new(move |()| dialog.set(Some(CardDialog::Failure(why.clone())))),
    })
}

#[inline(never)]
pub fn open_failure(failure: Failure) -> AnyView {
    failure::view(failure)
}

#[inline(never)]
pub fn open_explanation(error: &ApiError, source_url: &str, on_close: Callback<()>) -> AnyView {
    failure::dialog(error, source_url, on_close)
}

#[inline(never)]
pub fn open_text(error: &ApiError, source_url: &str) -> AnyView {
    failure::text(error, source_url)
}

/// What is said above a dashboard of this browser.
#[inline(never)]
pub fn open_report(dashboard: &Arc<Dashboard>, name: &str) -> AnyView {
    report::report(dashboard, name)
}

/// In place of a dashboard that cannot be shown.
#[inline(never)]
pub fn open_load_failure(error: &DashboardError, retry: Callback<()>) -> AnyView {
    load_failure::view(error.clone(), retry)
}
