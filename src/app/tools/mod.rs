//! What opens over any page on demand: the keys, the palette, imports, sharing; and what gets a page ready for paper.
//!
//! A part of the app that comes later (`xtask/js/chunks.json`): the doors are here, and only `ui::later` is to call them.

mod help;
mod import;
mod menus;
mod palette;
mod print;

use leptos::prelude::*;

use crate::state::{
    reactive::Callback,
    time::TimeContext,
    tools::{Tool, Tools},
};

/// Everything that waits for a person to ask, for as long as the app is open.
#[inline(never)]
pub fn open(time: TimeContext) -> AnyView {
    let tools = Tools::expect();
    let on_close = Callback::new(move |()| tools.asked.set(None));
    let dialog = move || match tools.asked.get() {
        Some(Tool::Help) => help::help(on_close),
        Some(Tool::Palette) => palette::palette(time, on_close),
        Some(Tool::ChooseFile | Tool::Import { .. } | Tool::Print) | None => ().into_any(),
    };
    view! {
        {print::head(time, tools)}
        {import::imports(tools)}
        {dialog}
    }
    .into_any()
}

#[inline(never)]
pub fn open_share(time: TimeContext, close: Callback<()>) -> AnyView {
    menus::share(time, close)
}

#[inline(never)]
pub fn open_theme(close: Callback<()>) -> AnyView {
    menus::theme(close)
}
