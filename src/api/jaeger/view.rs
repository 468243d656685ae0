//! A value of the backend's bytes, looked into where it lies: keys and items are found when they are asked for.
//!
//! Invariant: nothing recurses, so nesting has no bound. What is not as it should be ends the object or the list before it.
//!
//! Not for answers as a whole: finding a key passes over all that stands before it.

use std::borrow::Cow;

use agentarea_kernels::json::Reader;

use crate::{
    api::json_text::decoded,
    base::number,
    model::trace::{SpanId, TraceId},
};

/// The bytes of one value, without white space around them.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct View<'a>(pub &'a [u8]);

/// The keys of an object, as they are written, with their values.
pub(super) struct Pairs<'a> {
    reader: Reader<'a>,
    /// `None` once it has ended.
    is_first: Option<bool>,
}

impl<'a> Iterator for Pairs<'a> {
    type Item = (&'a [u8], View<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        let is_first = self.is_first.take()?;
        let key = self.reader.key(is_first).ok().flatten()?;
        let place = self.reader.value().ok()?;
        self.is_first = Some(false);
        Some((key, View(self.reader.slice(place))))
    }
}

pub(super) struct Items<'a> {
    reader: Reader<'a>,
    /// `None` once it has ended.
    is_first: Option<bool>,
}

impl<'a> Iterator for Items<'a> {
    type Item = View<'a>;

    fn next(&mut self) -> Option<Self::Item> {
        let is_first = self.is_first.take()?;
        if !self.reader.item(is_first).ok()? {
            return None;
        }
        let place = self.reader.value().ok()?;
        self.is_first = Some(false);
        Some(View(self.reader.slice(place)))
    }
}

impl<'a> View<'a> {
    /// Of what is no object, none.
    pub fn pairs(self) -> Pairs<'a> {
        Pairs { reader: Reader::new(self.0, 1), is_first: (self.0.first() == Some(&b'{')).then_some(true) }
    }

    /// Of what is no list, none.
    pub fn items(self) -> Items<'a> {
        Items { reader: Reader::new(self.0, 1), is_first: (self.0.first() == Some(&b'[')).then_some(true) }
    }

    /// The value of the first of these keys; `null` where there is none.
    pub fn get(self, keys: &[&str]) -> Self {
        self.pairs()
            .find(|(key, _)| keys.iter().any(|wanted| wanted.as_bytes() == *key))
            .map_or(Self(b"null"), |(_, v)| v)
    }

    fn quoted(self) -> Option<&'a [u8]> {
        match self.0 {
            [b'"', inside @ .., b'"'] => Some(inside),
            _ => None,
        }
    }

    /// Of a string, its text.
    pub fn text(self) -> Option<Cow<'a, str>> {
        self.quoted().map(decoded)
    }

    pub fn owned(self) -> String {
        self.text().unwrap_or_default().into_owned()
    }

    /// A string's text, or anything else as it is written.
    pub fn any_text(self) -> Cow<'a, str> {
        self.text().unwrap_or_else(|| String::from_utf8_lossy(self.0))
    }

    /// Also from a string.
    pub fn int(self) -> Option<i64> {
        self.any_text().parse().ok()
    }

    /// Also from a string, as which Protobuf's JSON writes what is not finite.
    pub fn float(self) -> Option<f64> {
        number::parse(&self.any_text())
    }

    /// Also from a string.
    pub fn flag(self) -> Option<bool> {
        match self.0 {
            b"true" | b"\"true\"" => Some(true),
            b"false" | b"\"false\"" => Some(false),
            _ => None,
        }
    }

    pub fn texts(self) -> Vec<String> {
        self.items().filter_map(View::text).map(Cow::into_owned).collect()
    }

    pub fn trace_id(self) -> TraceId {
        trace_id(self.quoted().unwrap_or_default())
    }

    pub fn span_id(self) -> SpanId {
        let [_, low] = agentarea_kernels::span::id(self.quoted().unwrap_or_default());
        SpanId(low)
    }
}

/// In whatever way it is written.
pub(super) fn trace_id(text: &[u8]) -> TraceId {
    let [high, low] = agentarea_kernels::span::id(text);
    TraceId(u128::from(high) << 64 | u128::from(low))
}
