//! JSON as a tree, for what is small: files, rules, targets, states. Query results never come here
//! (`prometheus::scan`).
//!
//! Why our own: one tree and one parser are a tenth of the WebAssembly that derived readers of every type were, a number
//! stays the text that was written, and every value knows where it stands.
//!
//! Invariant: no panic, nesting is bounded, time is linear in the text (but for the sorting of keys).

use crate::base::{number, order};

/// Deeper nesting than this is a mistake or an attack: the parser and all who walk a tree are recursive.
const MAX_DEPTH: u32 = 128;

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

/// A number as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Number(String);

/// Sorted by key. Of equal keys the last one given counts.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Map(Vec<(String, Node)>);

/// Why a text is not JSON.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault {
    pub at: usize,
    pub message: &'static str,
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

impl Fault {
    /// Both from 1, counted in bytes.
    pub fn line_and_column(&self, text: &str) -> (usize, usize) {
        let before = text.as_bytes().get(..(self.at + 1).min(text.len())).unwrap_or_default();
        let line_start = before.split_last().and_then(|(_, before)| before.iter().rposition(|b| *b == b'\n'));
        let line = before.iter().rev().skip(1).filter(|b| **b == b'\n').count() + 1;
        (line, before.len() - line_start.map_or(0, |at| at + 1))
    }
}

/// Reads one value and nothing after it.
pub(super) fn parse(text: &str) -> Result<Node, Fault> {
    let mut parser = Parser { text, at: 0 };
    let node = parser.node(0)?;
    match parser.peek_solid() {
        None => Ok(node),
        Some(_) => Err(parser.fault("trailing characters")),
    }
}

struct Parser<'a> {
    text: &'a str,
    /// Always between two characters.
    at: usize,
}

impl Parser<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// The next byte that is not white space, without taking it.
    fn peek_solid(&mut self) -> Option<u8> {
        while matches!(self.peek(), Some(b' ' | b'\n' | b'\r' | b'\t')) {
            self.at += 1;
        }
        self.peek()
    }

    #[cold]
    #[inline(never)]
    fn fault(&self, message: &'static str) -> Fault {
        let is_early_end = self.at >= self.text.len();
        let message = if is_early_end { "the text ends too early" } else { message };
        Fault { at: self.at, message, is_early_end }
    }

    fn node(&mut self, depth: u32) -> Result<Node, Fault> {
        let first = self.peek_solid();
        let at = self.at;
        let value = match first {
            Some(b'{' | b'[') if depth == MAX_DEPTH => return Err(self.fault("recursion limit exceeded")),
            Some(b'{') => {
                let mut pairs = Vec::new();
                while self.goes_on(pairs.is_empty(), b'}', "expected `,` or `}`")? {
                    if self.peek_solid() != Some(b'"') {
                        return Err(self.fault("key must be a string"));
                    }
                    let key = self.string()?;
                    if self.peek_solid() != Some(b':') {
                        return Err(self.fault("expected `:`"));
                    }
                    self.at += 1;
                    pairs.push((key, self.node(depth + 1)?));
                }
                Value::Object(Map::from_pairs(pairs))
            }
            Some(b'[') => {
                let mut items = Vec::new();
                while self.goes_on(items.is_empty(), b']', "expected `,` or `]`")? {
                    items.push(self.node(depth + 1)?);
                }
                Value::Array(items)
            }
            Some(b'"') => Value::String(self.string()?),
            Some(b'-' | b'0'..=b'9') => Value::Number(self.number()?),
            _ => self.word()?,
        };
        Ok(Node { at, value })
    }

    /// Whether another item follows; takes what stands before it, or the closing sign.
    fn goes_on(&mut self, is_first: bool, close: u8, expected: &'static str) -> Result<bool, Fault> {
        if is_first {
            self.at += 1;
        }
        match self.peek_solid() {
            Some(byte) if byte == close => {
                self.at += 1;
                return Ok(false);
            }
            Some(b',') if !is_first => self.at += 1,
            Some(_) if is_first => {}
            _ => return Err(self.fault(expected)),
        }
        if self.peek_solid() == Some(close) {
            return Err(self.fault("trailing comma"));
        }
        Ok(true)
    }

    fn word(&mut self) -> Result<Value, Fault> {
        let rest = self.text.get(self.at..).unwrap_or_default();
        for (word, value) in [("null", Value::Null), ("true", Value::Bool(true)), ("false", Value::Bool(false))] {
            if rest.starts_with(word) {
                self.at += word.len();
                return Ok(value);
            }
        }
        if !rest.is_empty() && ["null", "true", "false"].iter().any(|word| word.starts_with(rest)) {
            self.at = self.text.len();
        }
        Err(self.fault("expected value"))
    }

    /// Digits, of which there must be one.
    fn digits(&mut self) -> Result<(), Fault> {
        if !matches!(self.peek(), Some(b'0'..=b'9')) {
            return Err(self.fault("invalid number"));
        }
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        Ok(())
    }

    fn number(&mut self) -> Result<Number, Fault> {
        let start = self.at;
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        if self.peek() == Some(b'0') {
            self.at += 1;
        } else {
            self.digits()?;
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            self.digits()?;
        }
        Ok(Number(self.text.get(start..self.at).unwrap_or_default().to_owned()))
    }

    /// From the opening quote on.
    fn string(&mut self) -> Result<String, Fault> {
        self.at += 1;
        let mut out = String::new();
        loop {
            let start = self.at;
            while self.peek().is_some_and(|b| b >= b' ' && b != b'"' && b != b'\\') {
                self.at += 1;
            }
            out.push_str(self.text.get(start..self.at).unwrap_or_default());
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(out);
                }
                Some(b'\\') => {
                    self.at += 1;
                    out.push(self.escaped()?);
                }
                _ => return Err(self.fault("a control character inside a string must be escaped")),
            }
        }
    }

    /// What stands after a backslash. Halves of surrogate pairs become U+FFFD.
    fn escaped(&mut self) -> Result<char, Fault> {
        let c = match self.peek() {
            Some(plain @ (b'"' | b'\\' | b'/')) => char::from(plain),
            Some(b'n') => '\n',
            Some(b't') => '\t',
            Some(b'r') => '\r',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'u') => return self.escaped_code(),
            _ => return Err(self.fault("invalid escape")),
        };
        self.at += 1;
        Ok(c)
    }

    /// From the `u` on.
    fn escaped_code(&mut self) -> Result<char, Fault> {
        let mut code = self.hex4()?;
        if (0xd800..0xdc00).contains(&code) && self.text.get(self.at..).is_some_and(|rest| rest.starts_with("\\u")) {
            let after_high = self.at;
            self.at += 1;
            let low = self.hex4()?;
            if (0xdc00..0xe000).contains(&low) {
                code = 0x1_0000 + ((code - 0xd800) << 10) + (low - 0xdc00);
            } else {
                self.at = after_high;
            }
        }
        Ok(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER))
    }

    fn hex4(&mut self) -> Result<u32, Fault> {
        let mut code = 0;
        for _ in 0..4 {
            self.at += 1;
            let Some(digit) = self.peek().and_then(|b| char::from(b).to_digit(16)) else {
                return Err(self.fault("invalid escape"));
            };
            code = code * 16 + digit;
        }
        self.at += 1;
        Ok(code)
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
    fn values_are_read() {
        let check = |text: &str, expect: &str| assert_eq!(written(&parse(text).unwrap().value), expect, "{text}");
        check(" null ", "null");
        check("[true,false,[],{}]", "[true,false,[],{}]");
        check("[0,-0,1.50,-12e3,1E+2,18446744073709551616]", "[0,-0,1.50,-12e3,1E+2,18446744073709551616]");
        check("{\"b\":1,\"a\":{\"x\":[1, 2 ]},\"b\":2}", "{\"a\":{\"x\":[1,2]},\"b\":2}");
        check(r#""a\"b\\c\/d\n\t\r\b\f""#, r#""a\"b\\c/d\n\t\r\u{8}\u{c}""#);
        check(r#""\u00fc \ud83d\ude00 \ud83d x \ude00 \ud83d\u0041""#, "\"ü 😀 \u{fffd} x \u{fffd} \u{fffd}A\"");
        check("\"größe\"", "\"größe\"");
    }

    #[test]
    fn numbers_are_what_they_were_written_as() {
        let value = |text: &str| parse(text).unwrap().value;
        assert_eq!((value("1.5").as_f64(), value("1.5").as_u64()), (Some(1.5), None));
        assert_eq!((value("7").as_f64(), value("7").as_u64()), (Some(7.0), Some(7)));
        assert_eq!((value("1e999").as_f64(), value("-1").as_u64(), value("\"1\"").as_f64()), (None, None, None));
        assert_eq!(value("1e3").as_text(), Some("1e3"));
    }

    #[test]
    fn faults_say_where() {
        let check = |text: &str, line: usize, column: usize, message: &str| {
            let fault = parse(text).unwrap_err();
            assert_eq!((fault.line_and_column(text), fault.message), ((line, column), message), "{text}");
        };
        check("{\n  \"a\": 1,\n}", 3, 1, "trailing comma");
        check("[1,]", 1, 4, "trailing comma");
        check("[,]", 1, 2, "expected value");
        check("{\"a\":1 \"b\":2}", 1, 8, "expected `,` or `}`");
        check("[1 2]", 1, 4, "expected `,` or `]`");
        check("{a:1}", 1, 2, "key must be a string");
        check("{\"a\" 1}", 1, 6, "expected `:`");
        check("{\"a\":1} x", 1, 9, "trailing characters");
        check("[01]", 1, 3, "expected `,` or `]`");
        check("[1.]", 1, 4, "invalid number");
        check("[.5]", 1, 2, "expected value");
        check("[nul]", 1, 2, "expected value");
        check("[\"\\x\"]", 1, 4, "invalid escape");
        check("[\"\\u12g4\"]", 1, 7, "invalid escape");
        check("[\"a\nb\"]", 1, 4, "a control character inside a string must be escaped");
        check(&"[".repeat(200), 1, 129, "recursion limit exceeded");
    }

    /// What a broken connection leaves is told apart from what is wrong.
    #[test]
    fn every_prefix_ends_too_early() {
        let text = "{\"a\":[1,2.5e3,\"x\\u00fc\\n\",{\"b\":null}],\"c\":true,\"d\":false}";
        assert!(parse(text).is_ok());
        for end in 0..text.len() {
            let fault = parse(text.get(..end).unwrap()).unwrap_err();
            assert!(fault.is_early_end && fault.at == end, "{fault:?} after {end} bytes");
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
