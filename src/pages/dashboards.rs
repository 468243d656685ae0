//! All dashboards.

use leptos::prelude::*;

use crate::{
    state::{dashboards::Dashboards, page::PageInfo, router::Router},
    ui::views::Views,
};

/// The page's door: called from outside its part of the app (`xtask/js/chunks.json`).
#[inline(never)]
pub fn open() -> AnyView {
    view! { <DashboardList/> }.into_any()
}

#[component]
fn DashboardList() -> impl IntoView {
    PageInfo::expect().announce("Dashboards", false, None);
    let router = Router::expect();
    let items = Dashboards::expect()
        .files()
        .into_iter()
        .map(|file| {
            view! {
                <a class="dashboards__item" href=router.href(&format!("/d/{}", file.name))>
                    <span class="dashboards__name">{file.title}</span>
                    <span class="dashboards__note">{file.file}</span>
                </a>
            }
        })
        .views();
    view! { <div class="dashboards">{items}</div> }.into_any()
}
