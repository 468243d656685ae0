//! The JSON of Prometheus's small answers, read by its keys. Everything that some version leaves out may be missing or
//! `null`; keys that we do not use are passed over.
//!
//! Invariant: what has the wrong type reads as missing and is remembered, with its place, until the whole is read: the
//! caller asks [`Faults::first`] before it believes a word.

use std::cell::Cell;

use super::exchange;
use crate::{
    api::json::{Map, Node, Value},
    model::{labels::Labels, notice::Notice},
};

/// The first thing that is not what the API says.
#[derive(Default)]
pub(super) struct Faults(Cell<Option<(usize, &'static str)>>);

impl Faults {
    /// The byte, and what was expected there.
    pub fn first(&self) -> Option<(usize, &'static str)> {
        self.0.get()
    }
}

/// A value of an answer.
#[derive(Clone, Copy)]
pub(super) struct Item<'a> {
    node: &'a Node,
    faults: &'a Faults,
}

impl<'a> Item<'a> {
    pub fn new(node: &'a Node, faults: &'a Faults) -> Self {
        Self { node, faults }
    }

    #[inline(never)]
    fn wrong(self, expected: &'static str) {
        if !self.node.value.is_null() && self.faults.first().is_none() {
            self.faults.0.set(Some((self.node.at, expected)));
        }
    }

    #[inline(never)]
    fn map(self) -> &'a Map {
        if let Value::Object(map) = &self.node.value {
            return map;
        }
        self.wrong("an object");
        Map::EMPTY
    }

    /// The value of a key.
    #[inline(never)]
    pub fn get(self, key: &str) -> Self {
        Self { node: self.map().node(key).unwrap_or(Node::NULL), ..self }
    }

    #[inline(never)]
    pub fn text(self) -> &'a str {
        if let Value::String(text) = &self.node.value {
            return text;
        }
        self.wrong("a text");
        ""
    }

    pub fn owned(self, key: &str) -> String {
        self.get(key).text().to_owned()
    }

    /// Text that is not empty.
    pub fn some_text(self, key: &str) -> Option<String> {
        Some(self.owned(key)).filter(|text| !text.is_empty())
    }

    #[inline(never)]
    pub fn number(self, key: &str) -> f64 {
        let item = self.get(key);
        item.node.value.as_f64().unwrap_or_else(|| {
            item.wrong("a number");
            0.0
        })
    }

    #[inline(never)]
    pub fn count(self) -> Option<u64> {
        let count = self.node.value.as_u64();
        if count.is_none() {
            self.wrong("a whole number from 0");
        }
        count
    }

    pub fn flag(self, key: &str) -> Option<bool> {
        let item = self.get(key);
        if let Value::Bool(flag) = &item.node.value {
            return Some(*flag);
        }
        item.wrong("true or false");
        None
    }

    #[inline(never)]
    fn list(self) -> &'a [Node] {
        if let Value::Array(items) = &self.node.value {
            return items;
        }
        self.wrong("an array");
        &[]
    }

    pub fn items(self) -> impl Iterator<Item = Self> {
        self.list().iter().map(move |node| Self { node, ..self })
    }

    /// The keys of an object with their values, sorted.
    pub fn entries(self) -> impl Iterator<Item = (&'a str, Self)> {
        self.map().pairs().iter().map(move |(key, node)| (key.as_str(), Self { node, ..self }))
    }

    #[inline(never)]
    pub fn labels(self) -> Labels {
        Labels::from_pairs(self.entries().map(|(name, value)| (name, value.text())))
    }

    pub fn texts(self) -> Vec<String> {
        self.items().map(|item| item.text().to_owned()).collect()
    }
}

/// What every answer comes in.
pub(super) struct Envelope {
    pub status: Option<String>,
    pub error_type: Option<String>,
    pub error: Option<String>,
    pub notices: Vec<Notice>,
}

impl Envelope {
    pub fn read(root: Item<'_>) -> Self {
        Self {
            status: root.some_text("status"),
            error_type: root.some_text("errorType"),
            error: root.some_text("error"),
            notices: exchange::notices(Some(root.get("warnings").texts()), Some(root.get("infos").texts())),
        }
    }
}
