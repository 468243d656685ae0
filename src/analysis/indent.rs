//! JSON for people: each member on a line of its own. It reads text, not values: what is cut off or broken is shown as
//! far as it goes, and numbers keep their digits.

const STEP: &str = "  ";
/// A list or an object of plain values that is no longer than this stays on one line.
const INLINE_MAX_BYTES: usize = 72;

/// The text of the value that `text` begins with, to its last byte, or all of it where it does not end.
pub fn first_value(text: &str) -> &str {
    let mut depth = 0_usize;
    let mut scan = Scan::default();
    for (at, byte) in text.bytes().enumerate() {
        if scan.is_text(byte) {
            continue;
        }
        match byte {
            b'{' | b'[' => depth += 1,
            b'}' | b']' => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return text.get(..=at).unwrap_or(text);
                }
            }
            _ => {}
        }
    }
    text
}

/// Indented. Time is linear in the text, but for the short pieces that are looked ahead.
pub fn indented(text: &str) -> String {
    let mut out = String::with_capacity(text.len() * 2);
    let mut depth = 0_usize;
    let mut scan = Scan::default();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        if scan.is_text(byte_of(c)) || (c == '"') {
            out.push(c);
            rest = after(rest, c);
            continue;
        }
        match c {
            '{' | '[' => {
                if let Some(inline) = inline(rest) {
                    push_inline(&mut out, inline);
                    rest = rest.get(inline.len()..).unwrap_or_default();
                    continue;
                }
                depth += 1;
                out.push(c);
                new_line(&mut out, depth);
            }
            '}' | ']' => {
                depth = depth.saturating_sub(1);
                new_line(&mut out, depth);
                out.push(c);
            }
            ',' => {
                out.push(c);
                new_line(&mut out, depth);
            }
            ':' => out.push_str(": "),
            c if c.is_ascii_whitespace() => {}
            c => out.push(c),
        }
        rest = after(rest, c);
    }
    out
}

fn after(text: &str, c: char) -> &str {
    text.get(c.len_utf8()..).unwrap_or_default()
}

fn byte_of(c: char) -> u8 {
    u8::try_from(c).unwrap_or(b'x')
}

fn new_line(out: &mut String, depth: usize) {
    out.push('\n');
    // Deeper than anybody reads; a hostile file is not to become a thousand times as long.
    for _ in 0..depth.min(40) {
        out.push_str(STEP);
    }
}

/// The whole list or object if it is short and holds no other.
fn inline(text: &str) -> Option<&str> {
    let mut scan = Scan::default();
    for (at, byte) in text.bytes().enumerate().take(INLINE_MAX_BYTES) {
        if scan.is_text(byte) || at == 0 {
            continue;
        }
        match byte {
            b'{' | b'[' => return None,
            b'}' | b']' => return text.get(..=at),
            _ => {}
        }
    }
    None
}

fn push_inline(out: &mut String, text: &str) {
    let mut scan = Scan::default();
    for c in text.chars() {
        let is_text = scan.is_text(byte_of(c)) || c == '"';
        match c {
            c if is_text => out.push(c),
            ',' => out.push_str(", "),
            ':' => out.push_str(": "),
            c if c.is_ascii_whitespace() => {}
            c => out.push(c),
        }
    }
}

/// Knows which bytes are inside of a string.
#[derive(Default)]
struct Scan {
    is_inside: bool,
    is_escaped: bool,
}

impl Scan {
    /// Whether this byte is inside of a string; its closing quote is, its opening one is not.
    fn is_text(&mut self, byte: u8) -> bool {
        if !self.is_inside {
            self.is_inside = byte == b'"';
            return false;
        }
        if self.is_escaped {
            self.is_escaped = false;
        } else if byte == b'\\' {
            self.is_escaped = true;
        } else if byte == b'"' {
            self.is_inside = false;
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_indented() {
        let check = |text: &str, expect: &str| assert_eq!(indented(text), expect, "{text}");
        check("", "");
        check("{}", "{}");
        check(r#"{"a":1,"b":"x, {y}: \" z"}"#, r#"{"a": 1, "b": "x, {y}: \" z"}"#);
        check(r#"{"a":[1,"2"],"b":{"c":null}}"#, "{\n  \"a\": [1, \"2\"],\n  \"b\": {\"c\": null}\n}");
        check("[[1700000000,\"0.5\"], [2,\"ü\"]]", "[\n  [1700000000, \"0.5\"],\n  [2, \"ü\"]\n]");
    }

    #[test]
    fn what_is_cut_off_is_shown_as_far_as_it_goes() {
        assert_eq!(indented(r#"{"a":[[1,2],[3"#), "{\n  \"a\": [\n    [1, 2],\n    [\n      3");
        assert_eq!(indented("<html>"), "<html>");
        assert_eq!(indented("\"open"), "\"open");
        assert!(indented(&"[".repeat(5_000)).len() < 500_000);
        assert_eq!(indented("}}]"), "\n}\n}\n]");
    }

    #[test]
    fn the_first_value_ends_where_it_ends() {
        assert_eq!(first_value(r#"{"a":"}"},{"b":1}"#), r#"{"a":"}"}"#);
        assert_eq!(first_value(r#"{"a":[{}]} tail"#), r#"{"a":[{}]}"#);
        assert_eq!(first_value(r#"{"a":"#), r#"{"a":"#);
        assert_eq!(first_value(""), "");
    }
}
