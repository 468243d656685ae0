//! Sentences about traces, as parts: what is a name, a code, a duration or a span stays one until a page draws it.
//!
//! Not here: redaction. Codes and texts may hold what a span's tags hold; a page passes them through
//! [`crate::analysis::redact`].

use std::fmt;

use super::duration_text;
use crate::base::units;

/// One part of a sentence. Spaces stand in the texts between the others.
#[derive(Debug, Clone, PartialEq)]
pub enum Part {
    Text(String),
    /// The name of a service, an operation or an attribute.
    Name(String),
    /// A statement, a message or a value, as it was sent.
    Code(String),
    /// In nanoseconds.
    Duration(i64),
    /// 0–1.
    Ratio(f64),
    /// A span, by its position, and the name to show for it.
    Span(usize, String),
}

#[derive(Debug, Clone, PartialEq, Default)]
pub struct Sentence(pub Vec<Part>);

impl Sentence {
    #[must_use]
    pub fn text(mut self, text: impl Into<String>) -> Self {
        self.0.push(Part::Text(text.into()));
        self
    }

    #[must_use]
    pub fn name(mut self, text: impl Into<String>) -> Self {
        self.0.push(Part::Name(text.into()));
        self
    }

    #[must_use]
    pub fn code(mut self, text: impl Into<String>) -> Self {
        self.0.push(Part::Code(text.into()));
        self
    }

    #[must_use]
    pub fn duration(mut self, duration_ns: i64) -> Self {
        self.0.push(Part::Duration(duration_ns));
        self
    }

    #[must_use]
    pub fn ratio(mut self, ratio: f64) -> Self {
        self.0.push(Part::Ratio(ratio));
        self
    }

    #[must_use]
    pub fn span(mut self, span: usize, name: impl Into<String>) -> Self {
        self.0.push(Part::Span(span, name.into()));
        self
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) | Self::Name(text) | Self::Code(text) | Self::Span(_, text) => f.write_str(text),
            Self::Duration(duration_ns) => f.write_str(&duration_text(*duration_ns)),
            Self::Ratio(ratio) => units::format("percentunit", *ratio, None).fmt(f),
        }
    }
}

impl fmt::Display for Sentence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|part| part.fmt(f))
    }
}

/// `1 span`, `3 spans`.
pub fn counted(count: usize, one: &str, many: &str) -> String {
    let number = units::format("none", count as f64, Some(0));
    format!("{number} {}", if count == 1 { one } else { many })
}
