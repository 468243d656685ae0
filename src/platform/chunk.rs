//! Parts of the app that are downloaded when they are first needed: `index.html` knows where they are, `xtask/js/split.mjs`
//! makes them.
//!
//! Invariant: until [`load`] has succeeded nobody calls into the part; its functions would stop the app.

use js_sys::{Function, Promise, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

use super::dom;

/// Fetches the part and puts it into the running app; at once where it is there. The error is the browser's own words.
pub async fn load(name: &str) -> Result<(), String> {
    match ask(name) {
        Ok(promise) => JsFuture::from(promise).await.map(drop).map_err(|error| text_of(&error)),
        Err(error) => Err(text_of(&error)),
    }
}

fn ask(name: &str) -> Result<Promise, JsValue> {
    let window: JsValue = dom::window().into();
    let load: Function = Reflect::get(&window, &JsValue::from_str("agentareaChunk"))?.dyn_into()?;
    // A debug build is not taken apart.
    let is_whole = JsValue::from_bool(cfg!(debug_assertions));
    load.call2(&JsValue::UNDEFINED, &JsValue::from_str(name), &is_whole)?.dyn_into()
}

fn text_of(error: &JsValue) -> String {
    error.dyn_ref::<js_sys::Error>().map_or_else(String::new, |error| String::from(error.message()))
}
