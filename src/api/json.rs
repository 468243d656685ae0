//! JSON as a tree, for what is small: files, rules, targets, states. Query results never come here
//! (`prometheus::scan`).
//!
//! `serde_json` reads; the tree is ours: one tree for everything is a tenth of the WebAssembly that derived readers of
//! every type were, a number keeps its digits, and every value knows where it stands.
//!
//! Invariant: no panic, nesting is bounded (by `serde_json`, to 128), time is linear in the text (but for the sorting of
//! keys).

use std::{cell::Cell, fmt};

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};

use crate::base::{number, order};

/// The key under which `serde_json` hands out a number as it was written (its feature `arbitrary_precision`).
const NUMBER_KEY: &str = "$serde_json::private::Number";

#[derive(Debug, Clone, PartialEq, Default)]
pub(super) enum Value {
    #[default]
    Null,
    Bool(bool),
    Number(Number),
    String(String),
    Array(Vec<Node>),
    Object(Map),
}

/// A value and where it stands.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Node {
    /// The byte at which it begins.
    pub at: usize,
    pub value: Value,
}

/// A number with the digits that were written; an exponent has its sign (`1e+3`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Number(String);

/// Sorted by key. Of equal keys the last one given counts.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Map(Vec<(String, Node)>);

/// Why a text is not JSON.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault {
    pub at_byte: usize,
    /// Both from 1, counted in bytes.
    pub line: usize,
    pub column: usize,
    pub message: String,
    /// The text ends where more should follow.
    pub is_early_end: bool,
}

impl Node {
    /// What is missing.
    pub const NULL: &'static Self = &Self { at: 0, value: Value::Null };

    /// What stands under a key; `null` where there is nothing.
    pub fn into_value_of(self, key: &str) -> Self {
        match self.value {
            Value::Object(Map(mut pairs)) => {
                pairs.iter().position(|(k, _)| k == key).map(|at| pairs.swap_remove(at).1).unwrap_or_default()
            }
            _ => Self::default(),
        }
    }
}

impl Value {
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// Finite, or none.
    pub fn as_f64(&self) -> Option<f64> {
        match self {
            Self::Number(number) => number.as_f64(),
            _ => None,
        }
    }

    /// Written without sign, point and exponent.
    pub fn as_u64(&self) -> Option<u64> {
        match self {
            Self::Number(number) => number.0.parse().ok(),
            _ => None,
        }
    }

    /// A text, or a number as it was written.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::String(text) | Self::Number(Number(text)) => Some(text),
            _ => None,
        }
    }
}

impl Number {
    pub fn as_f64(&self) -> Option<f64> {
        number::parse(&self.0).filter(|number| number.is_finite())
    }
}

/// A value in a sentence: its kind, and itself where it is short.
pub(super) fn describe(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(flag) => flag.to_string(),
        Value::Number(Number(number)) => number.clone(),
        Value::String(text) => {
            let short: String = text.chars().take(40).collect();
            let dots = if short.len() < text.len() { "\u{2026}" } else { "" };
            format!("\u{201c}{short}{dots}\u{201d}")
        }
        Value::Array(items) => format!("a list of {}", items.len()),
        Value::Object(_) => "an object".to_owned(),
    }
}

impl Map {
    pub const EMPTY: &'static Self = &Self(Vec::new());

    fn from_pairs(mut pairs: Vec<(String, Node)>) -> Self {
        if !pairs.is_sorted_by(|a, b| a.0 < b.0) {
            pairs.reverse();
            order::sort_by(&mut pairs, |a, b| a.0.cmp(&b.0));
            pairs.dedup_by(|later, earlier| later.0 == earlier.0);
        }
        Self(pairs)
    }

    pub fn position(&self, key: &str) -> Option<usize> {
        self.0.binary_search_by(|(k, _)| k.as_str().cmp(key)).ok()
    }

    pub fn node(&self, key: &str) -> Option<&Node> {
        self.0.get(self.position(key)?).map(|(_, node)| node)
    }

    pub fn get(&self, key: &str) -> Option<&Value> {
        self.node(key).map(|node| &node.value)
    }

    pub fn pairs(&self) -> &[(String, Node)] {
        &self.0
    }
}

/// Reads one value and nothing after it.
pub(super) fn parse(text: &str) -> Result<Node, Fault> {
    let begun = Cell::new(0);
    let mut reader = serde_json::Deserializer::from_str(text);
    let reading = Reading { starts: &starts_of(text), begun: &begun };
    let read = reading.deserialize(&mut reader).and_then(|node| reader.end().map(|()| node));
    read.map_err(|error| fault_of(&error, text))
}

/// Reads the object or list that a text begins with, whatever comes after it.
pub(super) fn parse_first(text: &str) -> Result<Node, Fault> {
    let (mut depth, mut at) = (0_usize, 0);
    let bytes = text.as_bytes();
    while let Some(byte) = bytes.get(at).copied() {
        at += 1;
        match byte {
            b'"' => {
                while let Some(byte) = bytes.get(at).copied().filter(|byte| *byte != b'"') {
                    at += if byte == b'\\' { 2 } else { 1 };
                }
                at += 1;
            }
            b'{' | b'[' => depth += 1,
            b'}' | b']' if depth <= 1 => break,
            b'}' | b']' => depth -= 1,
            _ => {}
        }
    }
    parse(text.get(..at).unwrap_or(text))
}

/// The bytes at which values begin, in order; serde does not tell. Of a text that is not JSON, nonsense.
fn starts_of(text: &str) -> Vec<usize> {
    let bytes = text.as_bytes();
    let is_space = |byte: u8| matches!(byte, b' ' | b'\n' | b'\r' | b'\t');
    let mut starts = Vec::new();
    let mut at = 0;
    while let Some(byte) = bytes.get(at).copied() {
        let start = at;
        at += 1;
        let is_value = match byte {
            b'{' | b'[' => true,
            b'}' | b']' | b',' | b':' => false,
            b'"' => {
                while let Some(byte) = bytes.get(at).copied().filter(|byte| *byte != b'"') {
                    at += if byte == b'\\' { 2 } else { 1 };
                }
                at += 1;
                // A text before a colon is a key.
                bytes.iter().skip(at).find(|byte| !is_space(**byte)) != Some(&b':')
            }
            byte if is_space(byte) => false,
            _ => {
                while bytes.get(at).is_some_and(|byte| !matches!(byte, b'}' | b']' | b',') && !is_space(*byte)) {
                    at += 1;
                }
                true
            }
        };
        if is_value {
            starts.push(start);
        }
    }
    starts
}

#[cold]
fn fault_of(error: &serde_json::Error, text: &str) -> Fault {
    let (line, column) = (error.line(), error.column());
    let is_early_end = error.is_eof();
    let line_start: usize = text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
    let at_byte = if is_early_end { text.len() } else { (line_start + column.saturating_sub(1)).min(text.len()) };
    let whole = error.to_string();
    let message = whole.rsplit_once(" at line ").map_or(whole.as_str(), |(message, _)| message).to_owned();
    Fault { at_byte, line, column, message, is_early_end }
}

/// Makes the tree from what `serde_json` finds.
#[derive(Clone, Copy)]
struct Reading<'a> {
    /// Where the values begin.
    starts: &'a [usize],
    /// How many of them have begun.
    begun: &'a Cell<usize>,
}

impl<'de> DeserializeSeed<'de> for Reading<'_> {
    type Value = Node;

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<Node, D::Error> {
        let nth = self.begun.get();
        self.begun.set(nth + 1);
        let at = self.starts.get(nth).copied().unwrap_or_default();
        Ok(Node { at, value: reader.deserialize_any(self)? })
    }
}

impl<'de> Visitor<'de> for Reading<'_> {
    type Value = Value;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Value, E> {
        Ok(Value::Bool(flag))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Value, E> {
        Ok(Value::Number(Number(number.to_string())))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Value, E> {
        Ok(Value::Number(Number(number.to_string())))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Value, E> {
        Ok(Value::Number(Number(number.to_string())))
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(Value::String(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = list.next_element_seed(self)? {
            items.push(item);
        }
        Ok(Value::Array(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Value, A::Error> {
        let mut pairs = Vec::new();
        while let Some(key) = object.next_key_seed(Text)? {
            if key == NUMBER_KEY {
                return Ok(Value::Number(Number(object.next_value_seed(Text)?)));
            }
            pairs.push((key, object.next_value_seed(self)?));
        }
        Ok(Value::Object(Map::from_pairs(pairs)))
    }
}

/// A key, or a number's digits: what is always text. Serde's own reader of strings would also describe what is none, with
/// a table of powers of ten.
#[derive(Clone, Copy)]
struct Text;

impl<'de> DeserializeSeed<'de> for Text {
    type Value = String;

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<String, D::Error> {
        reader.deserialize_any(self)
    }
}

impl Visitor<'_> for Text {
    type Value = String;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a text")
    }

    fn visit_str<E>(self, text: &str) -> Result<String, E> {
        Ok(text.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The tree written out again, keys sorted.
    fn written(value: &Value) -> String {
        match value {
            Value::Null => "null".to_owned(),
            Value::Bool(flag) => flag.to_string(),
            Value::Number(Number(number)) => number.clone(),
            Value::String(text) => format!("{text:?}"),
            Value::Array(items) => {
                let items: Vec<String> = items.iter().map(|item| written(&item.value)).collect();
                format!("[{}]", items.join(","))
            }
            Value::Object(map) => {
                let pairs: Vec<String> =
                    map.pairs().iter().map(|(key, node)| format!("{key:?}:{}", written(&node.value))).collect();
                format!("{{{}}}", pairs.join(","))
            }
        }
    }

    #[test]
    fn the_first_value_of_a_text_is_read_alone() {
        let check = |text: &str, expect: Option<&str>| {
            let found = parse_first(text).ok();
            assert_eq!(found.map(|node| node.value), expect.map(|text| parse(text).unwrap().value), "{text}");
        };
        check(r#"{"a":[1,{"b":"}]\"}"}]}, {"c":2}]}"#, Some(r#"{"a":[1,{"b":"}]\"}"}]}"#));
        check("[] rest", Some("[]"));
        check(r#"{"a":1"#, None);
        check("", None);
        check("}", None);
    }

    #[test]
    fn values_are_read() {
        let check = |text: &str, expect: &str| assert_eq!(written(&parse(text).unwrap().value), expect, "{text}");
        check(" null ", "null");
        check("[true,false,[],{}]", "[true,false,[],{}]");
        check("[0,-0,1.50,-12e3,1E+2,18446744073709551616]", "[0,-0,1.50,-12e+3,1e+2,18446744073709551616]");
        check("{\"b\":1,\"a\":{\"x\":[1, 2 ]},\"b\":2}", "{\"a\":{\"x\":[1,2]},\"b\":2}");
        check(r#""a\"b\\c\/d\n\t\r\b\f""#, r#""a\"b\\c/d\n\t\r\u{8}\u{c}""#);
        check(r#""\u00fc \ud83d\ude00""#, "\"ü 😀\"");
        check("\"größe\"", "\"größe\"");
    }

    #[test]
    fn numbers_are_what_they_were_written_as() {
        let value = |text: &str| parse(text).unwrap().value;
        assert_eq!((value("1.5").as_f64(), value("1.5").as_u64()), (Some(1.5), None));
        assert_eq!((value("7").as_f64(), value("7").as_u64()), (Some(7.0), Some(7)));
        assert_eq!((value("1e999").as_f64(), value("-1").as_u64(), value("\"1\"").as_f64()), (None, None, None));
        assert_eq!(value("1.50").as_text(), Some("1.50"));
    }

    #[test]
    fn faults_say_where() {
        let check = |text: &str, line: usize, column: usize, message: &str| {
            let Fault { line: l, column: c, message: m, .. } = parse(text).unwrap_err();
            assert_eq!((l, c, m.as_str()), (line, column, message), "{text}");
        };
        check("{\n  \"a\": 1,\n}", 3, 1, "trailing comma");
        check("{\"a\":1 \"b\":2}", 1, 8, "expected `,` or `}`");
        check("{a:1}", 1, 2, "key must be a string");
        check("{\"a\":1} x", 1, 9, "trailing characters");
        check("[nul]", 1, 5, "expected ident");
        check(&"[".repeat(200), 1, 128, "recursion limit exceeded");
        assert_eq!(parse("[1,\n2,\n \u{fc}]").unwrap_err().at_byte, 8);
    }

    /// What a broken connection leaves is told apart from what is wrong.
    #[test]
    fn every_prefix_ends_too_early() {
        let text = "{\"a\":[1,2.5e3,\"x\\u00fc\\n\",{\"b\":null}],\"c\":true,\"d\":false}";
        assert!(parse(text).is_ok());
        for end in 0..text.len() {
            let fault = parse(text.get(..end).unwrap()).unwrap_err();
            assert!(fault.is_early_end && fault.at_byte == end, "{fault:?} after {end} bytes");
        }
    }

    #[test]
    fn every_value_knows_where_it_begins() {
        let text = " {\"a\" : [1, -2e3 ,\"x:\\\"\"], \"b\":{\"a\\\\\":null},\"c\": true , \"$serde\":\"y\"} ";
        let mut found = Vec::new();
        collect(&parse(text).unwrap(), &mut found);
        found.sort_unstable();
        let begun: Vec<&str> = found.iter().map(|at| text.get(*at..*at + 2).unwrap()).collect();
        assert_eq!(begun, ["{\"", "[1", "1,", "-2", "\"x", "{\"", "nu", "tr", "\"y"]);
    }

    fn collect(node: &Node, found: &mut Vec<usize>) {
        found.push(node.at);
        match &node.value {
            Value::Array(items) => items.iter().for_each(|item| collect(item, found)),
            Value::Object(map) => map.pairs().iter().for_each(|(_, item)| collect(item, found)),
            _ => {}
        }
    }

    #[test]
    fn what_serde_reads_is_read_the_same() {
        for text in [
            include_str!("../../public/config.json"),
            include_str!("../../tests/fixtures/grafana/old.json"),
            include_str!("../../tests/fixtures/grafana/new.json"),
        ] {
            let ours = parse(text).unwrap();
            let theirs: serde_json::Value = serde_json::from_str(text).unwrap();
            assert!(is_same(&ours.value, &theirs));
        }
    }

    fn is_same(ours: &Value, theirs: &serde_json::Value) -> bool {
        match (ours, theirs) {
            (Value::Null, serde_json::Value::Null) => true,
            (Value::Bool(a), serde_json::Value::Bool(b)) => a == b,
            (Value::Number(a), serde_json::Value::Number(b)) => a.as_f64() == b.as_f64(),
            (Value::String(a), serde_json::Value::String(b)) => a == b,
            (Value::Array(a), serde_json::Value::Array(b)) => {
                a.len() == b.len() && a.iter().zip(b).all(|(a, b)| is_same(&a.value, b))
            }
            (Value::Object(a), serde_json::Value::Object(b)) => {
                a.pairs().len() == b.len()
                    && a.pairs().iter().zip(b).all(|((a_key, a), (b_key, b))| a_key == b_key && is_same(&a.value, b))
            }
            _ => false,
        }
    }
}
