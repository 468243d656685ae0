//! The window, the document and their small services.

use wasm_bindgen::{JsCast, JsValue};

/// The window; `None` outside a browser.
#[expect(clippy::disallowed_methods, reason = "this is its one home")]
pub fn window() -> Option<web_sys::Window> {
    web_sys::window()
}

pub fn document() -> Option<web_sys::Document> {
    window()?.document()
}

/// The directory the app is served from, without a trailing slash: empty at an origin's root, `/observability` under
/// a prefix. `index.html` writes it into `<base>` before anything loads.
pub fn base_path() -> String {
    let Some(base) = document().and_then(|d| d.base_uri().ok().flatten()) else { return String::new() };
    web_sys::Url::new(&base).map(|u| u.pathname().trim_end_matches('/').to_owned()).unwrap_or_default()
}

/// `url` made absolute against the page's base.
pub fn absolute_url(url: &str) -> String {
    let base = document().and_then(|d| d.base_uri().ok().flatten()).unwrap_or_default();
    web_sys::Url::new_with_base(url, &base).map_or_else(|_| url.to_owned(), |u| u.href())
}

/// Scheme, host and port of the page, such as `https://ops.example.com`.
pub fn page_origin() -> String {
    window().and_then(|w| w.location().origin().ok()).unwrap_or_default()
}

/// The address of the page as it is now.
pub fn page_url() -> String {
    window().and_then(|w| w.location().href().ok()).unwrap_or_default()
}

pub fn set_title(title: &str) {
    if let Some(document) = document() {
        document.set_title(title);
    }
}

/// Sets `data-theme` on the root element, which is all that a theme is.
pub fn set_theme_attribute(theme: &str) {
    if let Some(root) = document().and_then(|d| d.document_element()) {
        ignore(root.set_attribute("data-theme", theme));
    }
}

/// Whether the system asks for a dark page.
pub fn system_prefers_dark() -> bool {
    window().and_then(|w| w.match_media("(prefers-color-scheme: dark)").ok().flatten()).is_none_or(|m| m.matches())
}

/// Whether the page is hidden behind another tab or window.
pub fn is_page_hidden() -> bool {
    document().is_some_and(|d| d.hidden())
}

pub fn device_pixel_ratio() -> f64 {
    window().map_or(1.0, |w| w.device_pixel_ratio()).clamp(0.5, 4.0)
}

/// Size of the window's inside in CSS pixels.
pub fn viewport_px() -> (f64, f64) {
    let read = |v: Result<JsValue, JsValue>| v.ok().and_then(|v| v.as_f64()).unwrap_or(0.0);
    window().map_or((0.0, 0.0), |w| (read(w.inner_width()), read(w.inner_height())))
}

/// The value of a CSS custom property (`--series-1`) where `element` stands, trimmed.
pub fn css_token(element: &web_sys::Element, name: &str) -> String {
    window()
        .and_then(|w| w.get_computed_style(element).ok().flatten())
        .and_then(|style| style.get_property_value(name).ok())
        .map(|v| v.trim().to_owned())
        .unwrap_or_default()
}

/// Moves the keyboard focus to the first element that matches inside `root`.
pub fn focus_first(root: &web_sys::Element, selector: &str) {
    if let Some(element) = root.query_selector(selector).ok().flatten().and_then(|e| e.dyn_into().ok()) {
        let element: web_sys::HtmlElement = element;
        ignore(element.focus());
    }
}

/// Whether a key press belongs to a field being typed in, so that it is no shortcut.
pub fn is_typing(event: &web_sys::KeyboardEvent) -> bool {
    is_in_field(event)
}

/// Whether something happens in a field.
pub fn is_in_field(event: &web_sys::Event) -> bool {
    event
        .target()
        .and_then(|t| t.dyn_into::<web_sys::Element>().ok())
        .is_some_and(|e| e.closest("input, textarea, select, [contenteditable]").ok().flatten().is_some())
}

/// The first element of the page that matches.
pub fn find(selector: &str) -> Option<web_sys::Element> {
    document()?.query_selector(selector).ok().flatten()
}

/// Scrolls until the element is in view.
pub fn bring_into_view(element: &web_sys::Element) {
    element.scroll_into_view();
}

/// Removes the splash that `index.html` shows until the app is there.
pub fn remove_splash() {
    if let Some(splash) = document().and_then(|d| d.get_element_by_id("splash")) {
        splash.remove();
    }
}

/// Un-hides the crash message of `index.html` and writes what happened into it. Works while the app's own state is
/// unusable.
pub fn show_crash(detail: &str) {
    let Some(document) = document() else { return };
    if let Some(element) = document.get_element_by_id("crash-detail") {
        element.set_text_content(Some(detail));
    }
    if let Some(element) = document.get_element_by_id("crash") {
        ignore(element.remove_attribute("hidden"));
    }
    remove_splash();
}

/// Writes to the browser's console as an error.
pub fn log_error(message: &str) {
    web_sys::console::error_1(&JsValue::from_str(message));
}

/// Notes a moment in the browser's performance timeline, where benches and profiles find it.
pub fn mark(name: &str) {
    if let Some(performance) = window().and_then(|w| w.performance()) {
        ignore(performance.mark(name));
    }
}

/// Drops the error of a call whose failure changes nothing for the user.
pub fn ignore<T, E>(result: Result<T, E>) {
    drop(result);
}

/// Whether an event happened inside `root`.
pub fn contains_target(root: &web_sys::Element, event: &web_sys::Event) -> bool {
    let target = event.target().and_then(|t| t.dyn_into::<web_sys::Node>().ok());
    root.contains(target.as_ref())
}

/// Moves the focus by `step` among the elements inside `root` that match, around the ends. Says whether it did; a
/// field being typed in keeps its arrows.
pub fn move_focus(root: &web_sys::Element, selector: &str, step: i32) -> bool {
    let Some(active) = document().and_then(|d| d.active_element()) else { return false };
    if active.matches("input, textarea").unwrap_or(false) {
        return false;
    }
    let Ok(found) = root.query_selector_all(selector) else { return false };
    let count = i32::try_from(found.length()).unwrap_or(0);
    if count == 0 {
        return false;
    }
    let element_at =
        |at: i32| found.item(u32::try_from(at).unwrap_or(0)).and_then(|n| n.dyn_into::<web_sys::HtmlElement>().ok());
    let current = (0..count).find(|at| element_at(*at).is_some_and(|e| e.is_same_node(Some(&active))));
    let next = current.map_or(if step > 0 { 0 } else { count - 1 }, |at| (at + step).rem_euclid(count));
    element_at(next).is_some_and(|element| element.focus().is_ok())
}

/// Gives an element the keyboard focus.
pub fn focus(element: &web_sys::Element) {
    if let Some(element) = element.dyn_ref::<web_sys::HtmlElement>() {
        ignore(element.focus());
    }
}

/// Keeps the focus inside `root` when Tab would leave it. Says whether it moved the focus.
pub fn wrap_focus(root: &web_sys::Element, is_backwards: bool) -> bool {
    let Ok(found) = root.query_selector_all("a[href], button:not([disabled]), input, select, textarea, [tabindex='0']")
    else {
        return false;
    };
    let at = |index: u32| found.item(index).and_then(|n| n.dyn_into::<web_sys::Element>().ok());
    let (Some(first), Some(last)) = (at(0), at(found.length().saturating_sub(1))) else { return false };
    let active = document().and_then(|d| d.active_element());
    let (edge, other) = if is_backwards { (first, last) } else { (last, first) };
    let is_at_edge = active.is_some_and(|a| a.is_same_node(Some(&edge)));
    if is_at_edge {
        focus(&other);
    }
    is_at_edge
}

/// Brings the child of a row that scrolls sideways into its middle. `row` has to be the child's offset parent.
pub fn center_in_row(row: &web_sys::HtmlElement, child_selector: &str) {
    let child = row.query_selector(child_selector).ok().flatten().and_then(|e| e.dyn_into().ok());
    if let Some(child) = child {
        let child: web_sys::HtmlElement = child;
        row.set_scroll_left(child.offset_left() - (row.client_width() - child.offset_width()) / 2);
    }
}

/// Scrolls a list so far that the first element inside `root` that matches is in view, and nothing else. The list has to
/// be the element's offset parent.
pub fn show_in_list(root: &web_sys::Element, selector: &str) {
    let Some(element) = root.query_selector(selector).ok().flatten() else { return };
    let Ok(element) = element.dyn_into::<web_sys::HtmlElement>() else { return };
    let Some(list) = element.offset_parent() else { return };
    let (top, bottom) = (element.offset_top(), element.offset_top() + element.offset_height());
    if top < list.scroll_top() {
        list.set_scroll_top(top);
    } else if bottom > list.scroll_top() + list.client_height() {
        list.set_scroll_top(bottom - list.client_height());
    }
}

/// Loads the page anew.
pub fn reload() {
    if let Some(window) = window() {
        ignore(window.location().reload());
    }
}

/// Scrolls its list no further than it must for the element to be seen.
pub fn bring_near(element: &web_sys::Element) {
    let Some(element) = element.dyn_ref::<web_sys::HtmlElement>() else { return };
    let Some(list) = element.parent_element() else { return };
    let (top, bottom) = (element.offset_top(), element.offset_top() + element.offset_height());
    if top < list.scroll_top() {
        list.set_scroll_top(top);
    } else if bottom > list.scroll_top() + list.client_height() {
        list.set_scroll_top(bottom - list.client_height());
    }
}
