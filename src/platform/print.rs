//! Printing: knowing when the page is about to be printed, and asking for it.

use wasm_bindgen::JsCast;

use super::{
    dom,
    events::{Listener, listen},
};

/// Opens the browser's dialog for printing.
pub fn open() {
    if let Some(window) = dom::window() {
        dom::ignore(window.print());
    }
}

/// Calls `callback` with `true` before the page is laid out for paper, and with `false` afterwards. Some browsers tell by
/// events, some by the media query, some by both.
pub fn on_print(callback: impl Fn(bool) + Clone + 'static) -> Vec<Listener> {
    let Some(window) = dom::window() else { return Vec::new() };
    let (before, after) = (callback.clone(), callback.clone());
    let mut listeners = vec![
        listen(window.as_ref(), "beforeprint", move |_| before(true)),
        listen(window.as_ref(), "afterprint", move |_| after(false)),
    ];
    if let Ok(Some(query)) = window.match_media("print") {
        let asked = query.clone();
        listeners.push(listen(query.unchecked_ref(), "change", move |_| callback(asked.matches())));
    }
    listeners
}

/// Makes the page as it will be on paper: `data-printing` on the root, and the width that it has on screen, so that paper
/// shows the same layout, made smaller.
pub fn mark(is_printing: bool) {
    let Some(root) = dom::document().and_then(|d| d.document_element()) else { return };
    let Some(root) = root.dyn_ref::<web_sys::HtmlElement>() else { return };
    let style = root.style();
    if is_printing {
        let width_px = dom::find("main").map_or(0.0, |main| f64::from(main.client_width()));
        let zoom = (PAPER_WIDTH_PX / width_px.max(1.0)).clamp(0.3, 1.0);
        dom::ignore(style.set_property("--print-width", &format!("{width_px}px")));
        dom::ignore(style.set_property("--print-zoom", &zoom.to_string()));
    } else {
        dom::ignore(style.remove_property("--print-width").map(drop));
        dom::ignore(style.remove_property("--print-zoom").map(drop));
    }
}

/// Of an A4 sheet on its side, with margins of 12 mm: 273 mm. Letter is a little narrower.
const PAPER_WIDTH_PX: f64 = 970.0;
