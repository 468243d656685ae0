//! Listening to the browser, with listeners that end when their guard is dropped.

use wasm_bindgen::{JsCast, closure::Closure};

use super::{dom, timer};

/// Keeps a listener alive; dropping it removes the listener.
pub struct Listener {
    target: web_sys::EventTarget,
    kind: &'static str,
    callback: Closure<dyn FnMut(web_sys::Event)>,
}

impl Drop for Listener {
    fn drop(&mut self) {
        let Self { target, kind, callback } = self;
        dom::ignore(target.remove_event_listener_with_callback(kind, callback.as_ref().unchecked_ref()));
    }
}

/// Calls `callback` for each event `kind` on `target`.
pub fn listen(
    target: &web_sys::EventTarget,
    kind: &'static str,
    callback: impl FnMut(web_sys::Event) + 'static,
) -> Listener {
    let callback = Closure::<dyn FnMut(web_sys::Event)>::new(callback);
    dom::ignore(target.add_event_listener_with_callback(kind, callback.as_ref().unchecked_ref()));
    Listener { target: target.clone(), kind, callback }
}

/// Calls `callback` when the page is hidden or shown; the argument says whether it is hidden.
pub fn on_visibility(mut callback: impl FnMut(bool) + 'static) -> Option<Listener> {
    let document = dom::document()?;
    Some(listen(document.as_ref(), "visibilitychange", move |_| callback(dom::is_page_hidden())))
}

/// Calls `callback` when the system's preference for dark pages changes.
pub fn on_system_theme(mut callback: impl FnMut() + 'static) -> Option<Listener> {
    let query = dom::window()?.match_media("(prefers-color-scheme: dark)").ok().flatten()?;
    Some(listen(query.as_ref(), "change", move |_| callback()))
}

/// Calls `callback` for each key pressed anywhere on the page.
pub fn on_key(mut callback: impl FnMut(web_sys::KeyboardEvent) + 'static) -> Option<Listener> {
    let document = dom::document()?;
    Some(listen(document.as_ref(), "keydown", move |event| {
        if let Ok(event) = event.dyn_into::<web_sys::KeyboardEvent>() {
            callback(event);
        }
    }))
}

/// Calls `callback` when a pointer is pressed anywhere on the page, before the element under it hears of it.
pub fn on_press(callback: impl FnMut(web_sys::Event) + 'static) -> Option<Listener> {
    let document = dom::document()?;
    Some(listen(document.as_ref(), "pointerdown", callback))
}

/// Watches an element's content box; dropping it stops watching.
pub struct SizeWatch {
    observer: web_sys::ResizeObserver,
    _callback: Closure<dyn FnMut(js_sys::Array)>,
}

impl Drop for SizeWatch {
    fn drop(&mut self) {
        self.observer.disconnect();
    }
}

/// Calls `callback` with the element's width and height in CSS pixels, now and whenever they change.
pub fn watch_size(element: &web_sys::Element, mut callback: impl FnMut(f64, f64) + 'static) -> Option<SizeWatch> {
    let closure = Closure::<dyn FnMut(js_sys::Array)>::new(move |entries: js_sys::Array| {
        // Paper shows what was drawn for the screen; nothing is asked or drawn anew for it.
        if timer::is_printing() {
            return;
        }
        if let Ok(entry) = entries.get(0).dyn_into::<web_sys::ResizeObserverEntry>() {
            let rect = entry.content_rect();
            callback(rect.width(), rect.height());
        }
    });
    let observer = web_sys::ResizeObserver::new(closure.as_ref().unchecked_ref()).ok()?;
    observer.observe(element);
    Some(SizeWatch { observer, _callback: closure })
}
