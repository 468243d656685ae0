//! Handing text to the user: the clipboard and downloads.

use wasm_bindgen::{JsCast, JsValue};

use super::dom;

/// Copies text. A browser that refuses (no permission, an insecure page) copies nothing.
pub fn copy(text: &str) {
    if let Some(window) = dom::window()
        && window.is_secure_context()
    {
        let promise = window.navigator().clipboard().write_text(text);
        // A refusal rejects the promise; without a handler the console would call it an error of ours.
        let ignored = wasm_bindgen::closure::Closure::once_into_js(|_: JsValue| {});
        then_raw(&promise, &JsValue::UNDEFINED, &ignored);
    }
}

/// `promise.then(on_value, on_refused)` with functions that need no keeping alive.
fn then_raw(promise: &js_sys::Promise, on_value: &JsValue, on_refused: &JsValue) {
    let then = js_sys::Reflect::get(promise, &JsValue::from_str("then")).ok();
    if let Some(then) = then.and_then(|f| f.dyn_into::<js_sys::Function>().ok()) {
        dom::ignore(then.call2(promise, on_value, on_refused));
    }
}

/// Offers `content` as a file to save.
pub fn download(file_name: &str, mime_type: &str, content: &str) {
    let options = web_sys::BlobPropertyBag::new();
    options.set_type(mime_type);
    let parts = js_sys::Array::of1(&JsValue::from_str(content));
    let Ok(blob) = web_sys::Blob::new_with_str_sequence_and_options(&parts, &options) else { return };
    save(&blob, file_name);
}

/// Offers a blob as a file to save.
pub fn save(blob: &web_sys::Blob, file_name: &str) {
    let Some(document) = dom::document() else { return };
    let Ok(url) = web_sys::Url::create_object_url_with_blob(blob) else { return };
    if let Ok(anchor) = document.create_element("a")
        && let Ok(anchor) = anchor.dyn_into::<web_sys::HtmlAnchorElement>()
    {
        anchor.set_href(&url);
        anchor.set_download(file_name);
        anchor.click();
    }
    dom::ignore(web_sys::Url::revoke_object_url(&url));
}

/// Reads text, if the browser allows it.
pub fn paste(on_text: impl FnOnce(String) + 'static) {
    if let Some(window) = dom::window()
        && window.is_secure_context()
    {
        let on_value = wasm_bindgen::closure::Closure::once_into_js(move |value: JsValue| {
            if let Some(text) = value.as_string() {
                on_text(text);
            }
        });
        let on_refused = wasm_bindgen::closure::Closure::once_into_js(|_: JsValue| {});
        then_raw(&window.navigator().clipboard().read_text(), &on_value, &on_refused);
    }
}
