//! Searching traces: a form that is the address, what it found as dots and rows, and what the slow ones have in common.

mod differs;
mod form;
mod header;
mod map;
mod scatter;
mod search;
mod states;
mod table;
mod upload;
mod why;

use leptos::prelude::*;

use crate::{
    base::time::{TimeSpec, TimeUnit},
    state::page::{Opening, PageInfo},
};

use search::Search;

/// The page's door: called from outside its part of the app (`xtask/js/chunks.json`).
#[inline(never)]
pub fn open() -> AnyView {
    view! { <TracesPage/> }.into_any()
}

#[component]
fn TracesPage() -> impl IntoView {
    PageInfo::expect().announce(
        "Traces",
        true,
        Opening { spec: Some(TimeSpec::last(1, TimeUnit::Hour)), ..Opening::default() },
    );
    let search = Search::new();
    view! {
        <div class="traces">
            <form::FormCard search=search/>
            <states::Results search=search/>
        </div>
    }
    .into_any()
}
