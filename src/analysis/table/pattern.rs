//! Patterns that a dashboard's file gives, in the spelling of JavaScript.
//!
//! They are matched in time linear to the text, whatever the pattern; looking around and back-references are not
//! understood.

use std::sync::Arc;

use regex_lite::Regex;

use crate::model::dashboard::FieldMatcher;

/// A pattern with the text that it was read from.
#[derive(Debug, Clone)]
pub struct Pattern {
    source: String,
    regex: Regex,
    /// Whether all places are replaced rather than the first.
    is_global: bool,
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.source == other.source && self.regex.as_str() == other.regex.as_str()
    }
}

impl Pattern {
    /// `/…/flags`, or the whole text as Grafana reads a bare pattern. `None`: not understood.
    pub fn new(text: &str) -> Option<Self> {
        let slashed = text.strip_prefix('/').and_then(|rest| {
            let (body, flags) = rest.rsplit_once('/')?;
            flags.chars().all(|flag| "gimsuy".contains(flag)).then_some((body, flags))
        });
        match slashed {
            Some((body, flags)) => {
                let own: String = flags.chars().filter(|flag| "ims".contains(*flag)).collect();
                let prefix = if own.is_empty() { own } else { format!("(?{own})") };
                Self::compiled(text, &format!("{prefix}{body}"), flags.contains('g'))
            }
            None => Self::compiled(text, &format!("^(?:{text})$"), false),
        }
    }

    /// Found anywhere in a text.
    pub fn anywhere(text: &str) -> Option<Self> {
        if text.starts_with('/') { Self::new(text) } else { Self::compiled(text, text, false) }
    }

    fn compiled(source: &str, pattern: &str, is_global: bool) -> Option<Self> {
        let regex = Regex::new(pattern).ok()?;
        Some(Self { source: source.to_owned(), regex, is_global })
    }

    pub fn source(&self) -> &str {
        &self.source
    }

    pub fn is_match(&self, text: &str) -> bool {
        self.regex.is_match(text)
    }

    /// The text with what is found replaced; `$1` and `$<name>` stand for groups, `$$` for a dollar.
    pub fn replaced(&self, text: &str, by: &str) -> String {
        let by = braced(by);
        let limit = usize::from(!self.is_global);
        self.regex.replacen(text, limit, by.as_str()).into_owned()
    }
}

/// Makes a matcher that waits for patterns match. `false`: its pattern is not understood.
pub fn understand(matcher: &mut FieldMatcher) -> bool {
    let FieldMatcher::Pattern(late) = matcher else { return true };
    let Some(pattern) = Pattern::new(&late.source) else { return false };
    late.test = Some(Arc::new(move |text: &str| pattern.is_match(text)));
    true
}

/// JavaScript's `$1x` is the first group and an x; the library would take `1x` for a name.
fn braced(by: &str) -> String {
    let mut out = String::with_capacity(by.len() + 4);
    let mut chars = by.chars().peekable();
    while let Some(c) = chars.next() {
        if c != '$' {
            out.push(c);
            continue;
        }
        match chars.peek() {
            Some('$') => {
                chars.next();
                out.push_str("$$");
            }
            Some('&') => {
                chars.next();
                out.push_str("${0}");
            }
            Some('<') => {
                chars.next();
                let name: String = chars.by_ref().take_while(|c| *c != '>').collect();
                push_group(&mut out, &name);
            }
            Some(digit) if digit.is_ascii_digit() => {
                let mut number = String::new();
                while let Some(digit) = chars.next_if(char::is_ascii_digit) {
                    number.push(digit);
                }
                push_group(&mut out, &number);
            }
            _ => out.push_str("$$"),
        }
    }
    out
}

fn push_group(out: &mut String, name: &str) {
    out.push_str("${");
    out.push_str(name);
    out.push('}');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bare_patterns_are_the_whole_text_and_slashed_ones_are_found_in_it() {
        let check = |pattern: &str, text: &str, expect: bool| {
            assert_eq!(Pattern::new(pattern).unwrap().is_match(text), expect, "{pattern} {text}");
        };
        check("cpu", "cpu", true);
        check("cpu", "cpu total", false);
        check("cpu.*", "cpu total", true);
        check("/cpu/", "a cpu b", true);
        check("/CPU/i", "a cpu b", true);
        check("/CPU/", "a cpu b", false);
        check("a|b", "ab", false);
        check("/a\\/b/", "a/b", true);
        check("/^(p95|p99)$/", "p99", true);
        check("/up", "/up", true);
        assert!(Pattern::new("(").is_none());
        assert!(Pattern::new("/(?!x)y/").is_none());
        assert!(Pattern::anywhere("b.d").unwrap().is_match("abcde"));
    }

    #[test]
    fn groups_are_put_in() {
        let check = |pattern: &str, by: &str, text: &str, expect: &str| {
            assert_eq!(Pattern::new(pattern).unwrap().replaced(text, by), expect, "{pattern} {by}");
        };
        check("(.*)-total", "$1s", "cpu-total", "cpus");
        check("/o/", "0", "foo", "f0o");
        check("/o/g", "0", "foo", "f00");
        check("/(?<first>\\w+) (\\w+)/", "$2 $<first>", "a b", "b a");
        check("/x/", "$$5 & $& $", "x", "$5 & x $");
        check("no", "1", "yes", "yes");
    }
}
