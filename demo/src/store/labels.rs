//! A label set: sorted name and value pairs, shared and cheap to clone.
//!
//! Invariant: pairs are sorted by name, names are unique, and no value is empty (an empty label is an absent one, as in
//! Prometheus).

use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

/// The label that holds the metric's name.
pub const METRIC_NAME: &str = "__name__";

/// One label: name and value.
pub type Label = (Arc<str>, Arc<str>);

/// A sorted, immutable set of labels, the metric's name included.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Labels(Arc<[Label]>);

impl Labels {
    /// Sorts the pairs, drops empty values, and keeps the last of equal names.
    pub fn new(pairs: impl IntoIterator<Item = (impl Into<Arc<str>>, impl Into<Arc<str>>)>) -> Self {
        let mut labels: Vec<Label> = pairs.into_iter().map(|(name, value)| (name.into(), value.into())).collect();
        labels.reverse();
        labels.sort_by(|a, b| a.0.cmp(&b.0));
        labels.dedup_by(|later, kept| later.0 == kept.0);
        labels.retain(|(_, value)| !value.is_empty());
        Self(labels.into())
    }

    pub fn empty() -> Self {
        Self(Arc::from([]))
    }

    pub fn iter(&self) -> impl Iterator<Item = &Label> {
        self.0.iter()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The label's value, or "" when it is absent.
    pub fn get(&self, name: &str) -> &str {
        self.0.iter().find(|(candidate, _)| candidate.as_ref() == name).map_or("", |(_, value)| value.as_ref())
    }

    pub fn metric_name(&self) -> &str {
        self.get(METRIC_NAME)
    }

    #[must_use]
    pub fn without_name(&self) -> Self {
        if self.metric_name().is_empty() { self.clone() } else { self.filtered(|name| name != METRIC_NAME) }
    }

    /// Keeps only the labels named in `names`.
    #[must_use]
    pub fn keep(&self, names: &[String]) -> Self {
        self.filtered(|name| names.iter().any(|kept| kept == name))
    }

    /// Removes the labels named in `names`.
    #[must_use]
    pub fn drop(&self, names: &[String]) -> Self {
        self.filtered(|name| !names.iter().any(|dropped| dropped == name))
    }

    /// Sets one label; an empty value removes it.
    #[must_use]
    pub fn with(&self, name: &str, value: &str) -> Self {
        Self::new(
            self.iter()
                .filter(|(candidate, _)| candidate.as_ref() != name)
                .cloned()
                .chain(std::iter::once((Arc::from(name), Arc::from(value)))),
        )
    }

    fn filtered(&self, keeps: impl Fn(&str) -> bool) -> Self {
        Self(self.0.iter().filter(|(name, _)| keeps(name)).cloned().collect())
    }
}

impl Ord for Labels {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.iter().cmp(other.0.iter())
    }
}

impl PartialOrd for Labels {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Prometheus's way to write a label set in messages: `{a="1", b="2"}`, the name among the others.
impl fmt::Display for Labels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("{")?;
        for (index, (name, value)) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str(", ")?;
            }
            write!(f, "{name}={value:?}")?;
        }
        f.write_str("}")
    }
}

impl fmt::Debug for Labels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sorts_dedups_and_drops_empty_values() {
        let labels = Labels::new([("b", "2"), ("a", "1"), ("c", ""), ("b", "3")]);
        assert_eq!(labels.to_string(), r#"{a="1", b="3"}"#);
        assert_eq!(labels.get("c"), "");
        assert_eq!(labels.with("a", "").to_string(), r#"{b="3"}"#);
    }
}
