//! The browser's address bar and history.

use wasm_bindgen::{JsCast, JsValue};

use super::{
    dom,
    events::{Listener, listen},
};

/// Path and query string (with its question mark, or empty) of the address as it is now.
pub fn place() -> (String, String) {
    let Some(location) = dom::window().map(|w| w.location()) else { return Default::default() };
    (location.pathname().unwrap_or_default(), location.search().unwrap_or_default())
}

/// Writes another address of the same origin, as a new entry of the history or in place of the present one. Nothing is
/// loaded, and nobody is told.
pub fn write(url: &str, is_replacing: bool) {
    let Some(history) = dom::window().and_then(|w| w.history().ok()) else { return };
    dom::ignore(if is_replacing {
        history.replace_state_with_url(&JsValue::NULL, "", Some(url))
    } else {
        history.push_state_with_url(&JsValue::NULL, "", Some(url))
    });
}

/// The address' fragment without its sign, or nothing.
pub fn fragment() -> String {
    let hash = dom::window().and_then(|w| w.location().hash().ok()).unwrap_or_default();
    hash.trim_start_matches('#').to_owned()
}

/// Calls `callback` when the fragment changes, as by a link that is pasted into the address bar.
pub fn on_fragment(mut callback: impl FnMut() + 'static) -> Option<Listener> {
    Some(listen(dom::window()?.as_ref(), "hashchange", move |_| callback()))
}

/// A page that was just opened starts at its top.
pub fn scroll_to_top() {
    if let Some(window) = dom::window() {
        window.scroll_to_with_x_and_y(0.0, 0.0);
    }
}

/// Calls `callback` when the user goes back or forward.
pub fn on_travel(mut callback: impl FnMut() + 'static) -> Option<Listener> {
    Some(listen(dom::window()?.as_ref(), "popstate", move |_| callback()))
}

/// Calls `callback` with path, query and fragment of each link of this origin that is about to be followed in this very
/// tab, and keeps the browser from loading it if the callback says that it took care.
pub fn on_link(mut callback: impl FnMut(&str) -> bool + 'static) -> Option<Listener> {
    let document = dom::document()?;
    Some(listen(document.as_ref(), "click", move |event| {
        if let Some(url) = followed_link(&event)
            && callback(&url)
        {
            event.prevent_default();
        }
    }))
}

/// Where a click leads, unless somebody else has answered it, or it opens a tab, a download, or another site.
fn followed_link(event: &web_sys::Event) -> Option<String> {
    let click = event.dyn_ref::<web_sys::MouseEvent>()?;
    let is_plain =
        click.button() == 0 && !(click.ctrl_key() || click.meta_key() || click.shift_key() || click.alt_key());
    if event.default_prevented() || !is_plain {
        return None;
    }
    let target = event.target()?.dyn_into::<web_sys::Element>().ok()?;
    let link = target.closest("a[href]:not([download]):not([target]):not([rel~=external])").ok()??;
    let url = web_sys::Url::new(&link.dyn_into::<web_sys::HtmlAnchorElement>().ok()?.href()).ok()?;
    (url.origin() == dom::page_origin()).then(|| format!("{}{}{}", url.pathname(), url.search(), url.hash()))
}
