//! Template variables: what their options are, what stands for them in a text, and where repeated panels stand.
//!
//! Pure: regular expressions are the caller's, who has the browser's.

pub mod adhoc;
pub mod fill;
pub mod options;
pub mod order;
pub mod question;
pub mod repeat;
pub mod settle;

/// Each `from` made `to`.
pub fn replaced(text: &str, from: &str, to: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(from) {
        out.push_str(before);
        out.push_str(to);
        rest = after;
    }
    out.push_str(rest);
    out
}

/// The parts with a separator between them.
pub fn joined(parts: impl Iterator<Item = String>, separator: &str) -> String {
    let mut out = String::new();
    for (at, part) in parts.enumerate() {
        if at > 0 {
            out.push_str(separator);
        }
        out.push_str(&part);
    }
    out
}
