//! Refresh now, and how often by itself.

use std::sync::Arc;

use leptos::prelude::*;

use crate::{
    base::time::Refresh,
    state::reactive::{Callback, Signal},
};

use super::{
    icon::{Icon, IconView},
    later::later_tool,
    popover::Popover,
    sheets,
};

#[component]
pub fn RefreshPicker(
    refresh: Signal<Refresh>,
    on_choose: Callback<Refresh>,
    on_refresh: Callback<()>,
) -> impl IntoView {
    let sheet = move |close: Callback<()>| later_tool(move || sheets::open_refresh(refresh, on_choose, close));
    view! {
        <button
            type="button"
            class="control"
            aria-label="Refresh now"
            title="Refresh now (r)"
            on:click=move |_| on_refresh.run(())
        >
            <IconView icon=Icon::Refresh is_small=true/>
        </button>
        <Popover
            label=Signal::derive(move || format!("Refresh interval: {}", refresh.get().label()))
            control=ViewFn::from(move || view! { <span>{move || refresh.get().label()}</span> })
            sheet=Arc::new(sheet)
        />
    }
    .into_any()
}
