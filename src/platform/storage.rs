//! What the browser remembers between visits. Blocked storage is no error: nothing is remembered.

use super::dom;

const PREFIX: &str = "agentarea.";

fn local() -> Option<web_sys::Storage> {
    dom::window()?.local_storage().ok().flatten()
}

pub fn read(key: &str) -> Option<String> {
    local()?.get_item(&format!("{PREFIX}{key}")).ok().flatten()
}

pub fn write(key: &str, value: &str) {
    if let Some(storage) = local() {
        dom::ignore(storage.set_item(&format!("{PREFIX}{key}"), value));
    }
}
