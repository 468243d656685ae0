//! Links that a dashboard's file gives: filled with a row's cells, and only where they lead to web pages.

use crate::base::link::safe_href;

/// A link of a column.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Link {
    pub title: String,
    pub url: String,
    pub opens_new: bool,
}

/// The text with each `${name}` replaced that `value_of` knows; a format behind a colon is not looked at.
pub fn filled(template: &str, value_of: &dyn Fn(&str) -> Option<String>) -> String {
    let mut out = String::with_capacity(template.len());
    let mut rest = template;
    while let Some((before, inside)) = rest.split_once("${") {
        out.push_str(before);
        let Some((name, after)) = inside.split_once('}') else {
            out.push_str("${");
            rest = inside;
            continue;
        };
        if let Some(value) = value_of(bare(name).0) {
            out.push_str(&value);
        } else {
            out.push_str("${");
            out.push_str(name);
            out.push('}');
        }
        rest = after;
    }
    out.push_str(rest);
    out
}

/// A variable's name without its format, and the format.
fn bare(name: &str) -> (&str, &str) {
    // A name in quotes may have a colon.
    let from = name.rfind(']').unwrap_or(0);
    match name.get(from..).and_then(|tail| tail.find(':')) {
        Some(at) => (name.get(..from + at).unwrap_or(name), name.get(from + at + 1..).unwrap_or_default()),
        None => (name, ""),
    }
}

/// The address of a link, its variables filled; values are escaped unless one is all of the address or says `raw`.
/// `None` where it does not lead to a web page.
pub fn href(template: &str, value_of: &dyn Fn(&str) -> Option<String>) -> Option<String> {
    let template = template.trim();
    let is_all = template.strip_prefix("${").is_some_and(|rest| rest.find('}') == Some(rest.len() - 1));
    let mut out = String::with_capacity(template.len());
    let mut rest = template;
    while let Some((before, inside)) = rest.split_once("${") {
        out.push_str(before);
        let Some((name, after)) = inside.split_once('}') else {
            rest = inside;
            continue;
        };
        let (variable, format) = bare(name);
        let value = value_of(variable).unwrap_or_default();
        if is_all || format == "raw" {
            out.push_str(&value);
        } else {
            escape_into(&mut out, &value);
        }
        rest = after;
    }
    out.push_str(rest);
    safe_href(&out).map(str::to_owned)
}

fn escape_into(out: &mut String, value: &str) {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push('%');
            for digit in [byte >> 4, byte & 15] {
                out.push(char::from(DIGITS.get(usize::from(digit)).copied().unwrap_or(b'0')));
            }
        }
    }
}

/// The column that `__data.fields` names behind it: `.name`, `["a name"]`, `[2]`.
pub fn field_named(variable: &str) -> Option<FieldName<'_>> {
    let rest = variable.strip_prefix("__data.fields")?;
    if let Some(inside) = rest.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        let name = inside.trim_matches(['"', '\'']);
        return Some(if name.len() == inside.len() {
            name.parse().map_or(FieldName::Name(name), FieldName::Place)
        } else {
            FieldName::Name(name)
        });
    }
    rest.strip_prefix('.').map(FieldName::Name)
}

/// Which column of the row is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldName<'a> {
    Name(&'a str),
    Place(usize),
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(name: &str) -> Option<String> {
        Some(match name {
            "__value.raw" => "a b/c&d".to_owned(),
            "__data.fields.url" => "https://example.test/x?y=1".to_owned(),
            "__data.fields.bad" => "javascript:alert(1)".to_owned(),
            _ => return None,
        })
    }

    #[test]
    fn addresses_are_filled_and_escaped() {
        let check =
            |template: &str, expect: Option<&str>| assert_eq!(href(template, &value).as_deref(), expect, "{template}");
        check("https://x.test/?q=${__value.raw}", Some("https://x.test/?q=a%20b%2Fc%26d"));
        check("https://x.test/${__value.raw:raw}", Some("https://x.test/a b/c&d"));
        check("traces?service=${__value.raw:percentencode}", Some("traces?service=a%20b%2Fc%26d"));
        check("${__data.fields.url}", Some("https://example.test/x?y=1"));
        check("${__data.fields.bad}", None);
        check("${nothing}", None);
        check("d/x?${nothing}", Some("d/x?"));
    }

    #[test]
    fn fields_are_named_in_three_ways() {
        let check = |text: &str, expect: Option<FieldName<'_>>| assert_eq!(field_named(text), expect);
        check("__data.fields.pod", Some(FieldName::Name("pod")));
        check("__data.fields[\"a b\"]", Some(FieldName::Name("a b")));
        check("__data.fields[2]", Some(FieldName::Place(2)));
        check("__value.raw", None);
        assert_eq!(bare("__data.fields[\"a:b\"]:raw"), ("__data.fields[\"a:b\"]", "raw"));
        assert_eq!(filled("${__value.raw} ${x} ${", &value), "a b/c&d ${x} ${");
    }
}
