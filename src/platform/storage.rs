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

/// Writes what must not be lost in silence; false where the browser has no room or does not allow it.
pub fn try_write(key: &str, value: &str) -> bool {
    local().is_some_and(|storage| storage.set_item(&format!("{PREFIX}{key}"), value).is_ok())
}

pub fn remove(key: &str) {
    if let Some(storage) = local() {
        dom::ignore(storage.remove_item(&format!("{PREFIX}{key}")));
    }
}
