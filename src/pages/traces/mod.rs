//! Searching traces.

use leptos::prelude::*;

use crate::state::page::PageInfo;

/// The page's door: called from outside its part of the app (`xtask/js/chunks.json`).
#[inline(never)]
pub fn open() -> AnyView {
    view! { <TracesPage/> }.into_any()
}

#[component]
fn TracesPage() -> impl IntoView {
    PageInfo::expect().announce("Traces", true, None);
    view! { <div class="traces"></div> }.into_any()
}
