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
        let on_refused = wasm_bindgen::closure::Closure::once_into_js(|_: JsValue| {});
        drop(promise.catch_raw(&on_refused));
    }
}

/// Extension: `catch` with a plain function value, so that the handler needs no keeping alive.
trait CatchRaw {
    fn catch_raw(&self, handler: &JsValue) -> js_sys::Promise;
}

impl CatchRaw for js_sys::Promise {
    fn catch_raw(&self, handler: &JsValue) -> js_sys::Promise {
        js_sys::Reflect::get(self, &JsValue::from_str("catch"))
            .ok()
            .and_then(|f| f.dyn_into::<js_sys::Function>().ok())
            .and_then(|f| f.call1(self, handler).ok())
            .and_then(|p| p.dyn_into().ok())
            .unwrap_or_else(|| self.clone())
    }
}

/// Offers `content` as a file to save.
pub fn download(file_name: &str, mime_type: &str, content: &str) {
    let Some(document) = dom::document() else { return };
    let options = web_sys::BlobPropertyBag::new();
    options.set_type(mime_type);
    let parts = js_sys::Array::of1(&JsValue::from_str(content));
    let Ok(blob) = web_sys::Blob::new_with_str_sequence_and_options(&parts, &options) else { return };
    let Ok(url) = web_sys::Url::create_object_url_with_blob(&blob) else { return };
    if let Ok(anchor) = document.create_element("a")
        && let Ok(anchor) = anchor.dyn_into::<web_sys::HtmlAnchorElement>()
    {
        anchor.set_href(&url);
        anchor.set_download(file_name);
        anchor.click();
    }
    dom::ignore(web_sys::Url::revoke_object_url(&url));
}
