//! An address that leads nowhere.

use leptos::prelude::*;

use crate::{
    state::page::{Opening, PageInfo},
    ui::state_view::StateView,
};

/// The page's door: called from outside its part of the app (`xtask/js/chunks.json`).
#[inline(never)]
pub fn open() -> AnyView {
    view! { <NotFound/> }.into_any()
}

#[component]
fn NotFound() -> impl IntoView {
    PageInfo::expect().announce("Not found", false, Opening::default());
    view! {
        <div class="sheet">
            <div class="card">
                <StateView
                    headline="There is no page at this address"
                    detail="The link may be from another version, or a part of it was lost. The pages are in the bar at the side."
                    kind="empty"
                />
            </div>
        </div>
    }
    .into_any()
}
