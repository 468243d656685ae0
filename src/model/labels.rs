//! Label sets of series.

use std::{fmt, sync::Arc};

/// The label that carries a metric's name.
pub const METRIC_NAME: &str = "__name__";

/// A label set: pairs sorted by name, names unique. Cheap to clone.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Labels(Arc<[(Arc<str>, Arc<str>)]>);

impl Labels {
    /// Sorts the pairs; of equal names the last one given wins.
    pub fn from_pairs<N: Into<Arc<str>>, V: Into<Arc<str>>>(pairs: impl IntoIterator<Item = (N, V)>) -> Self {
        let mut pairs: Vec<(Arc<str>, Arc<str>)> = pairs.into_iter().map(|(n, v)| (n.into(), v.into())).collect();
        pairs.reverse();
        crate::base::order::sort_by(&mut pairs, |a, b| a.0.cmp(&b.0));
        pairs.dedup_by(|later, earlier| later.0 == earlier.0);
        Self(pairs.into())
    }

    pub fn get(&self, name: &str) -> Option<&str> {
        let at = self.0.binary_search_by(|(n, _)| n.as_ref().cmp(name)).ok()?;
        self.0.get(at).map(|(_, v)| v.as_ref())
    }

    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(n, v)| (n.as_ref(), v.as_ref()))
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// The same set without one label.
    #[must_use]
    pub fn without(&self, name: &str) -> Self {
        Self(self.0.iter().filter(|(n, _)| n.as_ref() != name).cloned().collect())
    }

    /// A hash that is the same in every session and build (FNV-1a, 64 bits, over `name 0xff value 0xff`), so that a
    /// series keeps its colour on every panel and after every reload.
    pub fn stable_hash(&self) -> u64 {
        let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
        for (name, value) in self.iter() {
            for byte in name.bytes().chain([0xff]).chain(value.bytes()).chain([0xff]) {
                hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
            }
        }
        hash
    }
}

/// `name{a="b",c="d"}` as Prometheus writes it; names that are not plain identifiers are quoted inside the braces.
impl fmt::Display for Labels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.get(METRIC_NAME);
        let plain_name = name.filter(|n| is_plain_name(n));
        if let Some(name) = plain_name {
            f.write_str(name)?;
        }
        let mut rest = self.iter().filter(|(n, _)| *n != METRIC_NAME).peekable();
        let quoted_name = name.filter(|n| !is_plain_name(n));
        if plain_name.is_some() && rest.peek().is_none() {
            return Ok(());
        }
        f.write_str("{")?;
        let mut separator = "";
        if let Some(name) = quoted_name {
            write!(f, "{}", quoted(name))?;
            separator = ", ";
        }
        for (name, value) in rest {
            f.write_str(separator)?;
            separator = ", ";
            if is_plain_name(name) {
                write!(f, "{name}={}", quoted(value))?;
            } else {
                write!(f, "{}={}", quoted(name), quoted(value))?;
            }
        }
        f.write_str("}")
    }
}

impl fmt::Debug for Labels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

fn is_plain_name(name: &str) -> bool {
    let mut chars = name.chars();
    chars.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_' || c == ':')
        && chars.all(|c| c.is_ascii_alphanumeric() || c == '_' || c == ':')
}

/// A string as PromQL and LogQL write it.
pub fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_of_equal_names_wins_and_pairs_are_sorted() {
        let labels = Labels::from_pairs([("b", "1"), ("a", "2"), ("b", "3")]);
        assert_eq!(labels.iter().collect::<Vec<_>>(), [("a", "2"), ("b", "3")]);
        assert_eq!(labels.get("b"), Some("3"));
        assert_eq!(labels.get("c"), None);
    }

    #[test]
    fn display_is_promql() {
        let check = |pairs: &[(&str, &str)], expect: &str| {
            assert_eq!(Labels::from_pairs(pairs.iter().copied()).to_string(), expect);
        };
        check(&[], "{}");
        check(&[("__name__", "up")], "up");
        check(&[("__name__", "up"), ("job", "a\"b\\")], "up{job=\"a\\\"b\\\\\"}");
        check(&[("__name__", "http.total"), ("job", "x")], "{\"http.total\", job=\"x\"}");
        check(&[("service.name", "api")], "{\"service.name\"=\"api\"}");
    }

    #[test]
    fn stable_hash_is_pinned() {
        assert_eq!(Labels::default().stable_hash(), 0xcbf2_9ce4_8422_2325);
        let labels = Labels::from_pairs([("service", "agentarea-api")]);
        assert_eq!(labels.stable_hash(), Labels::from_pairs([("service", "agentarea-api")]).stable_hash());
        assert_ne!(labels.stable_hash(), Labels::from_pairs([("service", "mcp-manager")]).stable_hash());
    }
}
