//! One trace.

use leptos::prelude::*;

use crate::state::page::PageInfo;

/// The page's door: called from outside its part of the app (`xtask/js/chunks.json`).
#[inline(never)]
pub fn open() -> AnyView {
    view! { <TracePage/> }.into_any()
}

#[component]
fn TracePage() -> impl IntoView {
    PageInfo::expect().announce("Trace", false, None);
    view! { <div class="trace"></div> }.into_any()
}
