//! JSON as it stands in attributes: written by many hands, cut by collectors, text in text.
//!
//! Invariant: nothing recurses, nesting is bounded by [`MAX_DEPTH`], time is linear. A text that ends too early gives what
//! was read; anything else that is no JSON gives nothing.
//!
//! Not here: documents of backends, which `api::json` reads strictly and with places for messages.

/// Deeper texts are no JSON here.
pub const MAX_DEPTH: usize = 64;

#[derive(Debug, Clone, PartialEq)]
pub enum Json {
    Null,
    Bool(bool),
    /// As it was written.
    Number(String),
    Text(String),
    List(Vec<Json>),
    /// In the order of the text. Of equal keys the first counts.
    Object(Vec<(String, Json)>),
}

impl Json {
    /// What stands under a key of an object.
    pub fn get(&self, key: &str) -> Option<&Self> {
        match self {
            Self::Object(pairs) => pairs.iter().find(|(known, _)| known == key).map(|(_, value)| value),
            _ => None,
        }
    }

    /// What stands under the first of several keys that is there and is not `null`.
    pub fn get_any(&self, keys: &[&str]) -> Option<&Self> {
        keys.iter().find_map(|key| self.get(key).filter(|value| **value != Self::Null))
    }

    /// A text, or a number or flag as it was written.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) | Self::Number(text) => Some(text),
            Self::Bool(flag) => Some(if *flag { "true" } else { "false" }),
            _ => None,
        }
    }

    /// The items of a list; anything else is its own only item.
    pub fn items(&self) -> &[Self] {
        match self {
            Self::List(items) => items,
            Self::Null => &[],
            other => std::slice::from_ref(other),
        }
    }

    /// A text that is JSON itself, once or several times, as that; anything else as it is.
    #[must_use]
    pub fn decoded(self) -> Self {
        let mut value = self;
        for _ in 0..4 {
            let Self::Text(text) = &value else { break };
            if !text.trim_start().starts_with(['{', '[', '"']) {
                break;
            }
            match parse(text) {
                Some(inner) => value = inner,
                None => break,
            }
        }
        value
    }

    /// Indented by two spaces; short lists and objects of plain values on one line.
    pub fn pretty(&self) -> String {
        let mut out = String::new();
        // What is still to be written, the next at the end.
        let mut rest = vec![Piece::Value(self, 0)];
        while let Some(piece) = rest.pop() {
            match piece {
                Piece::Text(text) => out.push_str(text),
                Piece::Line(depth) => {
                    out.push('\n');
                    out.extend(std::iter::repeat_n("  ", depth));
                }
                Piece::Key(key) => {
                    push_text(&mut out, key);
                    out.push_str(": ");
                }
                Piece::Value(Self::Null, _) => out.push_str("null"),
                Piece::Value(Self::Text(text), _) => push_text(&mut out, text),
                Piece::Value(Self::List(items), depth) => {
                    let pairs: Vec<(Option<&str>, &Self)> = items.iter().map(|item| (None, item)).collect();
                    push_nested(&mut rest, ("[", "]"), &pairs, depth);
                }
                Piece::Value(Self::Object(pairs), depth) => {
                    let pairs: Vec<(Option<&str>, &Self)> =
                        pairs.iter().map(|(key, value)| (Some(key.as_str()), value)).collect();
                    push_nested(&mut rest, ("{", "}"), &pairs, depth);
                }
                Piece::Value(plain, _) => out.push_str(plain.as_text().unwrap_or_default()),
            }
        }
        out
    }
}

enum Piece<'a> {
    Text(&'static str),
    Line(usize),
    Key(&'a str),
    Value(&'a Json, usize),
}

fn push_nested<'a>(
    rest: &mut Vec<Piece<'a>>,
    (open, close): (&'static str, &'static str),
    pairs: &[(Option<&'a str>, &'a Json)],
    depth: usize,
) {
    let is_plain = |value: &Json| !matches!(value, Json::List(_) | Json::Object(_));
    let width: usize =
        pairs.iter().map(|(key, value)| key.map_or(0, str::len) + value.as_text().map_or(4, str::len)).sum();
    let is_short = pairs.iter().all(|(_, value)| is_plain(value)) && width + pairs.len() * 4 <= 60;
    let line = |depth| if is_short { Piece::Text("") } else { Piece::Line(depth) };
    rest.push(Piece::Text(close));
    if !pairs.is_empty() {
        rest.push(line(depth));
    }
    for (place, (key, value)) in pairs.iter().enumerate().rev() {
        rest.push(Piece::Value(value, depth + 1));
        rest.extend(key.map(Piece::Key));
        rest.push(line(depth + 1));
        if place > 0 {
            rest.push(Piece::Text(if is_short { ", " } else { "," }));
        }
    }
    rest.push(Piece::Text(open));
}

/// Adds a string with its quotes.
pub fn push_text(out: &mut String, text: &str) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c < ' ' => {
                out.push_str("\\u00");
                out.extend(char::from_digit(c as u32 / 16, 16));
                out.extend(char::from_digit(c as u32 % 16, 16));
            }
            c => out.push(c),
        }
    }
    out.push('"');
}

/// A list or an object that is not closed yet, and the key that its next value will stand under.
enum Open {
    List(Vec<Json>),
    Object(Vec<(String, Json)>, String),
}

/// Reads one value.
pub fn parse(text: &str) -> Option<Json> {
    let mut reader = Reader { text, place: 0 };
    let mut stack: Vec<Open> = Vec::new();
    loop {
        let mut value = match reader.begin()? {
            Begun::Value(value) => value,
            Begun::Open(open) => {
                if stack.len() >= MAX_DEPTH {
                    return None;
                }
                stack.push(open);
                match reader.next_of(stack.last_mut()?, true)? {
                    Next::Value => continue,
                    Next::Closed => closed(stack.pop()?),
                }
            }
            Begun::End => return finished(stack),
        };
        // A value is whole: into what is open, and out of what it closes.
        loop {
            let Some(open) = stack.last_mut() else {
                reader.spaces();
                return (reader.place >= text.len()).then_some(value);
            };
            match open {
                Open::List(items) => items.push(value),
                Open::Object(pairs, key) => pairs.push((std::mem::take(key), value)),
            }
            match reader.next_of(open, false)? {
                Next::Value => break,
                Next::Closed => value = closed(stack.pop()?),
            }
        }
    }
}

fn closed(open: Open) -> Json {
    match open {
        Open::List(items) => Json::List(items),
        Open::Object(pairs, _) => Json::Object(pairs),
    }
}

/// What was read of a text that ends too early.
fn finished(mut stack: Vec<Open>) -> Option<Json> {
    let mut value = closed(stack.pop()?);
    while let Some(mut open) = stack.pop() {
        match &mut open {
            Open::List(items) => items.push(value),
            Open::Object(pairs, key) => pairs.push((std::mem::take(key), value)),
        }
        value = closed(open);
    }
    Some(value)
}

enum Begun {
    Value(Json),
    Open(Open),
    End,
}

enum Next {
    Value,
    Closed,
}

struct Reader<'a> {
    text: &'a str,
    place: usize,
}

impl Reader<'_> {
    fn byte(&self) -> Option<u8> {
        self.text.as_bytes().get(self.place).copied()
    }

    fn spaces(&mut self) {
        while self.byte().is_some_and(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r')) {
            self.place += 1;
        }
    }

    fn begin(&mut self) -> Option<Begun> {
        self.spaces();
        let Some(byte) = self.byte() else { return Some(Begun::End) };
        let begun = match byte {
            b'{' => Begun::Open(Open::Object(Vec::new(), String::new())),
            b'[' => Begun::Open(Open::List(Vec::new())),
            b'"' => return self.string().map(|text| Begun::Value(Json::Text(text))),
            b'-' | b'0'..=b'9' => {
                let rest = self.text.get(self.place..)?;
                let is_part = |c: char| c.is_ascii_digit() || matches!(c, '-' | '+' | '.' | 'e' | 'E');
                let end = rest.find(|c| !is_part(c)).unwrap_or(rest.len());
                self.place += end;
                return Some(Begun::Value(Json::Number(rest.get(..end)?.to_owned())));
            }
            _ => return self.word(),
        };
        self.place += 1;
        Some(begun)
    }

    fn word(&mut self) -> Option<Begun> {
        let rest = self.text.get(self.place..)?;
        let words =
            [("null", Json::Null), ("true", Json::Bool(true)), ("false", Json::Bool(false)), ("NaN", Json::Null)];
        let (word, value) = words.into_iter().find(|(word, _)| rest.starts_with(word))?;
        self.place += word.len();
        Some(Begun::Value(value))
    }

    /// Between values: whether another follows. Reads the key of an object's next value. The end of the text closes all.
    fn next_of(&mut self, open: &mut Open, is_first: bool) -> Option<Next> {
        self.spaces();
        let close = if matches!(open, Open::List(_)) { b']' } else { b'}' };
        match self.byte() {
            None => return Some(Next::Closed),
            Some(byte) if byte == close => {
                self.place += 1;
                return Some(Next::Closed);
            }
            Some(b',') if !is_first => self.place += 1,
            Some(_) if is_first => {}
            Some(_) => return None,
        }
        self.spaces();
        // A comma before the end is forgiven.
        if self.byte() == Some(close) {
            self.place += 1;
            return Some(Next::Closed);
        }
        if let Open::Object(_, key) = open {
            match self.byte() {
                None => return Some(Next::Closed),
                Some(b'"') => *key = self.string()?,
                Some(_) => return None,
            }
            self.spaces();
            match self.byte() {
                None => return Some(Next::Closed),
                Some(b':') => self.place += 1,
                Some(_) => return None,
            }
            self.spaces();
        }
        Some(if self.byte().is_none() { Next::Closed } else { Next::Value })
    }

    /// At a quote. A text that is cut ends where it was cut.
    fn string(&mut self) -> Option<String> {
        let mut out = String::new();
        let mut rest = self.text.get(self.place + 1..)?;
        loop {
            let end = rest.find(['"', '\\']).unwrap_or(rest.len());
            out.push_str(rest.get(..end)?);
            let mark = rest.get(end..)?.chars().next();
            rest = rest.get(end..)?;
            match mark {
                Some('"') => {
                    rest = rest.get(1..)?;
                    break;
                }
                Some(_) => rest = escaped(rest, &mut out),
                None => break,
            }
        }
        self.place = self.text.len() - rest.len();
        Some(out)
    }
}

/// At a backslash. What is no escape stands for itself; halves of pairs that stand alone are replaced.
fn escaped<'a>(rest: &'a str, out: &mut String) -> &'a str {
    let mut chars = rest.chars();
    chars.next();
    let escape = chars.next();
    out.push(match escape {
        Some('n') => '\n',
        Some('t') => '\t',
        Some('r') => '\r',
        Some('b') => '\u{8}',
        Some('f') => '\u{c}',
        Some('u') => {
            let Some(high) = hex4(chars.as_str()) else {
                out.push(char::REPLACEMENT_CHARACTER);
                return chars.as_str();
            };
            let after = chars.as_str().get(4..).unwrap_or_default();
            let low = after.strip_prefix("\\u").and_then(hex4).filter(|low| (0xdc00..0xe000).contains(low));
            if let Some(low) = low.filter(|_| (0xd800..0xdc00).contains(&high)) {
                let code = 0x1_0000 + ((high - 0xd800) << 10) + (low - 0xdc00);
                out.push(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
                return after.get(6..).unwrap_or_default();
            }
            out.push(char::from_u32(high).unwrap_or(char::REPLACEMENT_CHARACTER));
            return after;
        }
        Some(c) => c,
        None => return "",
    });
    chars.as_str()
}

fn hex4(text: &str) -> Option<u32> {
    let digits = text.get(..4).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()))?;
    u32::from_str_radix(digits, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::trace::random::Random;

    #[test]
    fn texts_are_read_and_written_again() {
        let check = |text: &str, expect: &str| {
            let value = parse(text).unwrap_or_else(|| panic!("{text}"));
            assert_eq!(value.pretty(), expect, "{text}");
            assert_eq!(parse(expect).unwrap(), value, "again: {expect}");
        };
        check(" null ", "null");
        check("-1.50e3", "-1.50e3");
        check("[]", "[]");
        check("{ }", "{}");
        check("[1,\"a\\\"b\\n\",true,{}]", "[\n  1,\n  \"a\\\"b\\n\",\n  true,\n  {}\n]");
        check("{\"a\":1,\"b\":[1,2]}", "{\n  \"a\": 1,\n  \"b\": [1, 2]\n}");
        check("[1,2,]", "[1, 2]");
        check(r#""\u00fc \ud83d\ude00 \/""#, "\"ü 😀 /\"");
        check("\"\u{1}\u{1f}\"", "\"\\u0001\\u001f\"");
        check(r#""\ud83d x""#, "\"\u{fffd} x\"");
    }

    #[test]
    fn what_is_cut_is_what_was_read() {
        let check =
            |text: &str, expect: &str| assert_eq!(parse(text).map(|v| v.pretty()).as_deref(), Some(expect), "{text}");
        check("[1,2", "[1, 2]");
        check("{\"a\":{\"b\":[\"was cu", "{\n  \"a\": {\n    \"b\": [\"was cu\"]\n  }\n}");
        check("{\"a\":1,\"b", "{\"a\": 1}");
        check("{\"a\":", "{}");
        check("[{", "[\n  {}\n]");
        check("\"a\\", "\"a\"");
        for wrong in ["", " ", "x", "{a:1}", "[1 2]", "{\"a\" 1}", "1 2", "[1]]", "nul"] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
        let text = "{\"a\":[1,2.5e3,\"x\\u00fc\\n\",{\"b\":null}],\"c\":true}";
        for end in 1..text.len() {
            if text.get(..end).is_some_and(|cut| !cut.ends_with("tru") && !cut.ends_with("tr") && !cut.ends_with(":t"))
            {
                let cut = text.get(..end).unwrap();
                assert!(parse(cut).is_some() || cut.ends_with(['n', 'u', 'l']), "{cut}");
            }
        }
    }

    #[test]
    fn depth_is_bounded() {
        assert!(parse(&"[".repeat(MAX_DEPTH)).is_some());
        assert_eq!(parse(&"[".repeat(MAX_DEPTH + 1)), None);
        assert_eq!(parse(&"{\"a\":".repeat(500_000)), None);
    }

    #[test]
    fn text_in_text_is_decoded() {
        let decoded = |text: &str| parse(text).unwrap().decoded().pretty();
        assert_eq!(decoded(r#""{\"a\":\"1\"}""#), "{\"a\": \"1\"}");
        assert_eq!(decoded(r#""\"[1]\"""#), "[1]");
        assert_eq!(decoded("\"12\""), "\"12\"");
        assert_eq!(decoded("\"{no\""), "\"{no\"");
    }

    #[test]
    fn nothing_panics() {
        let parts = ["{", "}", "[", "]", "\"", "\\", ",", ":", "a", "1", "null", "\\u", "d83d", "ü", " "];
        let mut random = Random(3);
        for _ in 0..50_000 {
            let text: String = (0..random.below(12)).map(|_| parts[random.below(15) as usize]).collect();
            if let Some(value) = parse(&text) {
                assert_eq!(parse(&value.pretty()).as_ref(), Some(&value), "{text}");
            }
        }
    }
}
