//! The head of a column by which a table can be sorted.

use leptos::prelude::*;

use crate::state::reactive::{Callback, Signal};

/// `direction` is what the column's `aria-sort` says: `ascending`, `descending`, or nothing.
#[component]
pub fn SortButton(
    name: &'static str,
    #[prop(optional)] title: &'static str,
    direction: Signal<Option<&'static str>>,
    on_press: Callback<()>,
) -> impl IntoView {
    view! {
        <button type="button" class="sort-button" title=title on:click=move |_| on_press.run(())>
            {name}
            <span class="sort-button__arrow" aria-hidden="true">
                {move || match direction.get() {
                    Some("descending") => "\u{2193}",
                    Some(_) => "\u{2191}",
                    None => "",
                }}
            </span>
        </button>
    }
    .into_any()
}
