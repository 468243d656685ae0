//! All dashboards.

use leptos::prelude::*;
use leptos_router::components::A;

use crate::state::{dashboards::Dashboards, page::PageInfo};

#[component]
pub fn DashboardList() -> impl IntoView {
    PageInfo::expect().announce("Dashboards", false, None);
    let items = Dashboards::expect()
        .files()
        .into_iter()
        .map(|file| {
            view! {
                <A href=format!("/d/{}", file.name) attr:class="dashboards__item">
                    <span class="dashboards__name">{file.title}</span>
                    <span class="dashboards__note">{file.file}</span>
                </A>
            }
        })
        .collect_view();
    view! { <div class="dashboards">{items}</div> }.into_any()
}
