//! The browser's regular expressions, as dashboards are written for them.

use js_sys::{Array, Function, Reflect};
use wasm_bindgen::{JsCast, JsValue};

/// One place where an expression matches: the whole match, then each group, and the named groups `value` and `text`.
pub struct Found {
    pub groups: Vec<Option<String>>,
    pub value: Option<String>,
    pub text: Option<String>,
}

pub struct RegExp(js_sys::RegExp);

/// A browser's own protection is none: a text that matches everywhere in steps of nothing.
const MAX_MATCHES: usize = 1_000;

impl RegExp {
    /// The error is the browser's own words.
    pub fn new(pattern: &str, flags: &str) -> Result<Self, String> {
        // The binding's constructor does not allow for one that throws.
        let words = |error: JsValue| {
            error.dyn_ref::<js_sys::Error>().map_or_else(String::new, |error| String::from(error.message()))
        };
        let constructor = Reflect::get(&js_sys::global(), &"RegExp".into()).map_err(words)?;
        let constructor: Function = constructor.dyn_into().map_err(words)?;
        let made = Reflect::construct(&constructor, &Array::of2(&pattern.into(), &flags.into())).map_err(words)?;
        made.dyn_into().map(Self).map_err(words)
    }

    pub fn is_match(&self, text: &str) -> bool {
        self.0.set_last_index(0);
        self.0.test(text)
    }

    /// All matches of an expression with the flag `g`, the first one of others.
    pub fn find(&self, text: &str) -> Vec<Found> {
        let mut found = Vec::new();
        self.0.set_last_index(0);
        while let Some(match_) = self.0.exec(text) {
            let groups = Reflect::get(&match_, &"groups".into()).unwrap_or(JsValue::UNDEFINED);
            let named = |name: &str| {
                groups.is_object().then(|| Reflect::get(&groups, &name.into()).ok()?.as_string()).flatten()
            };
            let whole_length = match_.get(0).as_string().map_or(0, |whole| whole.len());
            found.push(Found {
                groups: match_.iter().map(|group| group.as_string()).collect(),
                value: named("value"),
                text: named("text"),
            });
            if !self.0.global() || found.len() == MAX_MATCHES {
                break;
            }
            if whole_length == 0 {
                self.0.set_last_index(self.0.last_index() + 1);
            }
        }
        found
    }
}
