//! Values of tags: from plain JSON, and from OTLP's `AnyValue`, whose lists and maps become plain JSON.
//!
//! Invariant: nothing recurses. Lists and maps that are nested deeper than [`MAX_DEPTH`] stay as they were sent: each level
//! is looked for anew, so that unbounded depth would take time without bound.

use super::super::view::{Items, View};
use crate::model::trace::TagValue;

/// Deeper than anything that a person put into an attribute.
const MAX_DEPTH: usize = 16;

/// A value without a word on its type.
pub(super) fn plain(value: View<'_>) -> TagValue {
    if let Some(text) = value.text() {
        return TagValue::Text(text.into_owned());
    }
    let is_number = value.0.first().is_some_and(|byte| byte.is_ascii_digit() || *byte == b'-');
    let number = || value.int().map(TagValue::Int).or_else(|| value.float().map(TagValue::Float));
    value
        .flag()
        .map(TagValue::Bool)
        .or_else(|| if is_number { number() } else { None })
        .unwrap_or_else(|| TagValue::Text(value.any_text().into_owned()))
}

/// `{"stringValue":"x"}` and its kin.
pub(super) fn any_value(value: View<'_>) -> TagValue {
    let Some((key, inner)) = value.pairs().next() else { return TagValue::Text(String::new()) };
    let read = match key {
        b"stringValue" | b"string_value" => Some(TagValue::Text(inner.owned())),
        b"intValue" | b"int_value" => inner.int().map(TagValue::Int),
        b"doubleValue" | b"double_value" => inner.float().map(TagValue::Float),
        b"boolValue" | b"bool_value" => inner.flag().map(TagValue::Bool),
        b"bytesValue" | b"bytes_value" => Some(TagValue::Binary(inner.owned())),
        b"arrayValue" | b"array_value" | b"kvlistValue" | b"kvlist_value" => Some(TagValue::Text(json_of(value))),
        _ => None,
    };
    read.unwrap_or_else(|| plain(inner))
}

/// A list or a map that is open.
struct Open<'a> {
    items: Items<'a>,
    is_map: bool,
    is_first: bool,
}

/// A value as plain JSON, without white space.
fn json_of(value: View<'_>) -> String {
    let mut out = String::new();
    let mut open: Vec<Open<'_>> = Vec::new();
    write_value(value, &mut out, &mut open);
    while let Some(innermost) = open.last_mut() {
        let Some(item) = innermost.items.next() else {
            out.push(if innermost.is_map { '}' } else { ']' });
            open.pop();
            continue;
        };
        if !innermost.is_first {
            out.push(',');
        }
        innermost.is_first = false;
        if innermost.is_map {
            let key = item.get(&["key"]).0;
            out.push_str(if key.starts_with(b"\"") { utf8(key) } else { "\"\"" });
            out.push(':');
            write_value(item.get(&["value"]), &mut out, &mut open);
        } else {
            write_value(item, &mut out, &mut open);
        }
    }
    out
}

/// A plain value, or the opening bracket of one that is open from here on.
fn write_value<'a>(value: View<'a>, out: &mut String, open: &mut Vec<Open<'a>>) {
    let Some((key, inner)) = value.pairs().next() else {
        out.push_str("null");
        return;
    };
    let is_map = match key {
        b"arrayValue" | b"array_value" => false,
        b"kvlistValue" | b"kvlist_value" => true,
        // As text, whole numbers are in quotes.
        b"intValue" | b"int_value" => {
            out.push_str(&inner.any_text());
            return;
        }
        _ => {
            out.push_str(&String::from_utf8_lossy(inner.0));
            return;
        }
    };
    if open.len() >= MAX_DEPTH {
        out.push_str(&String::from_utf8_lossy(value.0));
        return;
    }
    out.push(if is_map { '{' } else { '[' });
    open.push(Open { items: inner.get(&["values"]).items(), is_map, is_first: true });
}

fn utf8(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap_or("\"\u{fffd}\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_values() {
        let check = |json: &str, expect: TagValue| assert_eq!(any_value(View(json.as_bytes())), expect, "{json}");
        let text = |text: &str| TagValue::Text(text.to_owned());
        check(r#"{"stringValue":"a\n\u003c"}"#, text("a\n<"));
        check(r#"{"intValue":"-9007199254740993"}"#, TagValue::Int(-9_007_199_254_740_993));
        check(r#"{"intValue":7}"#, TagValue::Int(7));
        check(r#"{"doubleValue":1.5e3}"#, TagValue::Float(1500.0));
        check(r#"{"doubleValue":"-Infinity"}"#, TagValue::Float(f64::NEG_INFINITY));
        check(r#"{"boolValue":false}"#, TagValue::Bool(false));
        check(r#"{"bytesValue":"AP/+"}"#, TagValue::Binary("AP/+".to_owned()));
        check("{}", text(""));
        check("null", text(""));
        check(r#"{"newValue":{"a":1}}"#, text("{\"a\":1}"));
        check(
            r#"{"arrayValue":{"values":[{"stringValue":"a\"b"},{"intValue":"1"},{},{"kvlistValue":{"values":[
               {"key":"k","value":{"arrayValue":{}}},{"key":"n","value":{"doubleValue":0.5}}]}}]}}"#,
            text(r#"["a\"b",1,null,{"k":[],"n":0.5}]"#),
        );
    }

    #[test]
    fn depth_costs_no_stack() {
        let depth = 20_000;
        let json = "{\"arrayValue\":{\"values\":[".repeat(depth) + &"]}}".repeat(depth);
        let TagValue::Text(text) = any_value(View(json.as_bytes())) else { panic!("a text") };
        assert!(text.starts_with("[[[[[[[[[[[[[[[[{\"arrayValue\"") && text.ends_with("]}}]]]]]]]]]]]]]]]]"));
    }
}
