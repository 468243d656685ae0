//! Writing JSON straight into text, for millions of lines: no tree in between.

use std::fmt::{Display, Write as _};

/// Appends anything that displays itself. Writing to a `String` cannot fail.
pub(crate) fn push_display(out: &mut String, value: impl Display) {
    if write!(out, "{value}").is_err() {
        debug_assert!(false, "writing to a String failed");
    }
}

/// Appends a JSON string with its quotes.
pub(crate) fn push_string(out: &mut String, text: &str) {
    out.push('"');
    push_escaped(out, text);
    out.push('"');
}

/// Appends the inside of a JSON string.
pub(crate) fn push_escaped(out: &mut String, text: &str) {
    let mut rest = text;
    while let Some(at) = rest.bytes().position(|byte| byte < 0x20 || byte == b'"' || byte == b'\\') {
        let (plain, special) = rest.split_at(at);
        out.push_str(plain);
        let mut chars = special.chars();
        match chars.next() {
            Some('"') => out.push_str("\\\""),
            Some('\\') => out.push_str("\\\\"),
            Some('\n') => out.push_str("\\n"),
            Some('\r') => out.push_str("\\r"),
            Some('\t') => out.push_str("\\t"),
            Some(control) => push_display(out, format_args!("\\u{:04x}", u32::from(control))),
            None => {}
        }
        rest = chars.as_str();
    }
    out.push_str(rest);
}

/// Appends a number; what JSON cannot say becomes `null`.
pub(crate) fn push_number(out: &mut String, value: f64) {
    if value.is_finite() {
        push_display(out, value);
    } else {
        out.push_str("null");
    }
}

/// Appends lower-case hexadecimal digits of an id.
pub(crate) fn push_trace_id(out: &mut String, trace_id: u128) {
    push_span_id(out, (trace_id >> 64) as u64);
    push_span_id(out, trace_id as u64);
}

/// Appends the 16 digits of a span's id.
pub(crate) fn push_span_id(out: &mut String, span_id: u64) {
    for shift in (0..16).rev() {
        let digit = ((span_id >> (shift * 4)) & 0xf) as u32;
        out.push(char::from_digit(digit, 16).unwrap_or('0'));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_and_ids_are_written_as_json_has_them() {
        let mut out = String::new();
        push_string(&mut out, "a\"b\\c\nd\u{1}é");
        out.push(' ');
        push_trace_id(&mut out, 0xab);
        out.push(' ');
        push_number(&mut out, f64::NAN);
        push_number(&mut out, 0.25);
        assert_eq!(out, "\"a\\\"b\\\\c\\nd\\u0001é\" 000000000000000000000000000000ab null0.25");
    }
}
