//! Refresh now, and how often by itself.

use std::sync::Arc;

use leptos::prelude::*;

use crate::{
    base::time::{REFRESH_CHOICES, Refresh},
    state::reactive::{Callback, Signal},
};

use super::{
    icon::{Icon, IconView},
    popover::Popover,
    views::Views,
};

#[component]
pub fn RefreshPicker(
    refresh: Signal<Refresh>,
    on_choose: Callback<Refresh>,
    on_refresh: Callback<()>,
) -> impl IntoView {
    let sheet = move |close: Callback<()>| {
        let items = REFRESH_CHOICES
            .into_iter()
            .map(|choice| {
                let is_chosen = refresh.get_untracked() == choice;
                view! {
                    <button
                        type="button"
                        class="menu__item"
                        role="menuitemradio"
                        aria-checked=if is_chosen { "true" } else { "false" }
                        on:click=move |_| {
                            on_choose.run(choice);
                            close.run(());
                        }
                    >
                        {choice.label()}
                    </button>
                }
            })
            .views();
        view! { <div class="menu" role="menu" aria-label="Refresh interval">{items}</div> }.into_any()
    };
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
