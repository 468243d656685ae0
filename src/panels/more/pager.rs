//! One page of many rows or lanes, and the way to the others.

use leptos::prelude::*;

use crate::{
    state::reactive::{RwSignal, Signal},
    ui::views::Views,
};

/// `page` counts from 0. Nothing is shown where everything fits on one page.
#[component]
pub fn Pager(
    page: RwSignal<usize>,
    per_page: Signal<usize>,
    count: Signal<usize>,
    noun: &'static str,
) -> impl IntoView {
    let last = move || count.get().div_ceil(per_page.get().max(1)).saturating_sub(1);
    let turn = move |by: isize| page.set(page.get_untracked().min(last()).saturating_add_signed(by).min(last()));
    move || {
        (last() > 0)
            .then(|| {
                let at = page.get().min(last());
                let from = at * per_page.get() + 1;
                let to = (from + per_page.get() - 1).min(count.get());
                view! {
                    <div class="pager" role="group" aria-label=format!("Pages of {noun}")>
                        <button type="button" class="pager__turn" disabled=at == 0 on:click=move |_| turn(-1)>"Previous"</button>
                        <span class="pager__place" role="status">{format!("{from}\u{2013}{to} of {}", count.get())}</span>
                        <button type="button" class="pager__turn" disabled=at == last() on:click=move |_| turn(1)>"Next"</button>
                    </div>
                }
            })
            .views()
    }
}
