//! All dashboards.

use leptos::prelude::*;

use crate::{
    platform::dom,
    state::{dashboards::Dashboards, page::PageInfo},
};

#[component]
pub fn DashboardList() -> impl IntoView {
    PageInfo::expect().announce("Dashboards", false, None);
    let items = Dashboards::expect()
        .files()
        .into_iter()
        .map(|file| {
            view! {
                <a class="dashboards__item" href=format!("{}/d/{}", dom::base_path(), file.name)>
                    <span class="dashboards__name">{file.title}</span>
                    <span class="dashboards__note">{file.file}</span>
                </a>
            }
        })
        .collect_view();
    view! { <div class="dashboards">{items}</div> }.into_any()
}
