//! A list too long to be drawn at once goes on when somebody wants it to.

use leptos::prelude::*;

use crate::{
    analysis::trace::words::counted,
    state::reactive::{Callback, Signal},
    ui::views::Views,
};

/// Nothing where nothing is hidden. `name`: what is hidden, one and many of them.
#[component]
pub fn ShowMore(
    hidden_count: Signal<usize>,
    name: (&'static str, &'static str),
    on_more: Callback<()>,
) -> impl IntoView {
    move || {
        let count = hidden_count.get();
        (count > 0)
            .then(|| {
                view! {
                    <button type="button" class="control" data-variant="ghost" on:click=move |_| on_more.run(())>
                        {format!("Show more of {}", counted(count, name.0, name.1))}
                    </button>
                }
            })
            .views()
    }
}
