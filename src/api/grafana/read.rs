//! Reading JSON whose keys are not all known: every key that nobody asked for is reported with its path.
//!
//! Derived `serde` structs cannot do this: they either drop what they do not know or refuse the file.

use std::{cell::RefCell, collections::BTreeSet};

use serde_json::{Map, Value};

use crate::model::notice::Notice;

/// Where remarks are collected while one panel is read.
#[derive(Default)]
pub(super) struct Notices(RefCell<Vec<Notice>>);

impl Notices {
    pub fn push(&self, notice: Notice) {
        let mut notices = self.0.borrow_mut();
        if !notices.contains(&notice) {
            notices.push(notice);
        }
    }

    pub fn take(&self) -> Vec<Notice> {
        std::mem::take(&mut self.0.borrow_mut())
    }
}

/// One JSON object, its path, and the keys that were asked for.
pub(super) struct Reader<'a> {
    map: &'a Map<String, Value>,
    pub path: String,
    asked: RefCell<BTreeSet<&'a str>>,
    notices: &'a Notices,
}

impl<'a> Reader<'a> {
    pub fn new(map: &'a Map<String, Value>, path: impl Into<String>, notices: &'a Notices) -> Self {
        Self { map, path: path.into(), asked: RefCell::default(), notices }
    }

    /// The same object with its remarks going elsewhere.
    pub fn with_notices<'b>(&self, notices: &'b Notices) -> Reader<'b>
    where
        'a: 'b,
    {
        Reader::new(self.map, self.path.clone(), notices)
    }

    pub fn keys(&self) -> impl Iterator<Item = &'a str> {
        self.map.keys().map(String::as_str)
    }

    pub fn path_of(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }

    /// The value, `null` being none. The key counts as asked for.
    pub fn value(&self, key: &str) -> Option<&'a Value> {
        let (key, value) = self.map.get_key_value(key)?;
        self.asked.borrow_mut().insert(key);
        Some(value).filter(|v| !v.is_null())
    }

    pub fn has(&self, key: &str) -> bool {
        self.map.get(key).is_some_and(|v| !v.is_null())
    }

    /// A remark that the value of a key changes what is shown, and cannot be had.
    pub fn warn(&self, key: &str, what: &str) {
        self.notices.push(Notice::warning(format!("{}: {what}", self.path_of(key))));
    }

    pub fn info(&self, key: &str, what: &str) {
        self.notices.push(Notice::info(format!("{}: {what}", self.path_of(key))));
    }

    fn wrong<T>(&self, key: &str, wanted: &str, value: &Value) -> Option<T> {
        self.warn(key, &format!("expected {wanted}, found {}; ignored", describe(value)));
        None
    }

    pub fn text(&self, key: &str) -> Option<String> {
        match self.value(key)? {
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            other => self.wrong(key, "text", other),
        }
    }

    /// Text that is not empty.
    pub fn filled_text(&self, key: &str) -> Option<String> {
        self.text(key).filter(|text| !text.trim().is_empty())
    }

    /// A number, also one written as text: Grafana's old forms wrote what was typed. Empty text is none.
    pub fn number(&self, key: &str) -> Option<f64> {
        match self.value(key)? {
            Value::Number(number) => number.as_f64().filter(|n| n.is_finite()),
            Value::String(text) if matches!(text.trim(), "" | "auto") => None,
            Value::String(text) => match text.trim().parse::<f64>() {
                Ok(number) if number.is_finite() => Some(number),
                _ => self.wrong(key, "a number", &Value::String(text.clone())),
            },
            other => self.wrong(key, "a number", other),
        }
    }

    /// A whole number from 0.
    pub fn count(&self, key: &str) -> Option<u32> {
        let number = self.number(key)?;
        if number >= 0.0 && number <= f64::from(u32::MAX) && number.fract() == 0.0 {
            return Some(number as u32);
        }
        self.warn(key, &format!("expected a whole number from 0, found {number}; ignored"));
        None
    }

    pub fn flag(&self, key: &str) -> Option<bool> {
        match self.value(key)? {
            Value::Bool(flag) => Some(*flag),
            other => self.wrong(key, "true or false", other),
        }
    }

    pub fn object(&self, key: &str) -> Option<Reader<'a>> {
        match self.value(key)? {
            Value::Object(map) => Some(Reader::new(map, self.path_of(key), self.notices)),
            other => self.wrong(key, "an object", other),
        }
    }

    pub fn list(&self, key: &str) -> &'a [Value] {
        match self.value(key) {
            Some(Value::Array(items)) => items,
            Some(other) => self.wrong(key, "a list", other).unwrap_or_default(),
            None => &[],
        }
    }

    /// The objects of a list; anything else in it is reported.
    pub fn objects(&self, key: &str) -> Vec<Reader<'a>> {
        let mut readers = Vec::new();
        for (index, item) in self.list(key).iter().enumerate() {
            let key = format!("{key}[{index}]");
            match item {
                Value::Object(map) => readers.push(Reader::new(map, self.path_of(&key), self.notices)),
                other => self.wrong(&key, "an object", other).unwrap_or_default(),
            }
        }
        readers
    }

    /// The texts of a list; anything else in it is reported.
    pub fn texts(&self, key: &str) -> Vec<String> {
        let mut texts = Vec::new();
        for (index, item) in self.list(key).iter().enumerate() {
            match item {
                Value::String(text) => texts.push(text.clone()),
                other => self.wrong(&format!("{key}[{index}]"), "text", other).unwrap_or_default(),
            }
        }
        texts
    }

    /// One of some words; others are reported.
    pub fn word<T: Copy>(&self, key: &str, words: &[(&str, T)]) -> Option<T> {
        let text = self.filled_text(key)?;
        let found = words.iter().find(|(word, _)| *word == text).map(|(_, meaning)| *meaning);
        if found.is_none() {
            let known: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
            self.info(key, &format!("\u{201c}{text}\u{201d} is not supported. Known here: {}", known.join(", ")));
        }
        found
    }

    /// Takes note of keys whose values are of no consequence here.
    pub fn ignore(&self, keys: &[&str]) {
        for key in keys {
            self.value(key);
        }
    }

    /// For an object that is told about as a whole.
    pub fn ignore_all(&self) {
        self.asked.borrow_mut().extend(self.keys());
    }

    /// Reports what nobody asked for, save values that ask for nothing themselves.
    pub fn finish(self) {
        let Self { map, path: _, asked, notices: _ } = &self;
        for (key, value) in *map {
            if !asked.borrow().contains(key.as_str()) && !asks_for_nothing(value) {
                self.info(key, &format!("{} is not supported and has no effect here", describe(value)));
            }
        }
    }

    /// As [`Reader::finish`], with keys of a list that are silent at a stated value.
    pub fn finish_with_defaults(self, defaults: &[(&str, &str)]) {
        for (key, default) in defaults {
            if self.map.get(*key).is_some_and(|v| v.as_str().map_or(v.to_string(), str::to_owned) == *default) {
                self.ignore(&[key]);
            }
        }
        self.finish();
    }
}

/// Off, none, empty, zero: an unknown key with such a value changes nothing.
fn asks_for_nothing(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::Bool(true) => false,
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::String(text) => text.is_empty() || text == "none",
        Value::Array(items) => items.iter().all(asks_for_nothing),
        Value::Object(map) => map.values().all(asks_for_nothing),
    }
}

/// A value in a sentence: its kind, and itself where it is short.
pub(crate) fn describe(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(flag) => flag.to_string(),
        Value::Number(number) => number.to_string(),
        Value::String(text) => {
            let short: String = text.chars().take(40).collect();
            let dots = if short.len() < text.len() { "\u{2026}" } else { "" };
            format!("\u{201c}{short}{dots}\u{201d}")
        }
        Value::Array(items) => format!("a list of {}", items.len()),
        Value::Object(_) => "an object".to_owned(),
    }
}
