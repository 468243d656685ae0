//! What a span holds besides its place and time.

use super::{SpanId, TraceId};

/// Reads spans' details from wherever the backend's answer is kept. Traces are shared ([`std::sync::Arc`]), so it is too.
pub trait SpanDetails: Send + Sync {
    /// Of the span at that place among those that the backend sent. What cannot be read is left out.
    fn detail(&self, origin: usize) -> SpanDetail;

    /// The span as the backend sent it, as formatted JSON.
    fn document(&self, origin: usize) -> String;
}

/// Everything is in the order in which the backend gave it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SpanDetail {
    pub tags: Vec<Tag>,
    /// Of the process that made the span: OpenTelemetry's resource.
    pub process_tags: Vec<Tag>,
    pub events: Vec<SpanEvent>,
    /// The parent among them, where the backend tells it so.
    pub references: Vec<Reference>,
    /// The backend's remarks: adjusted clocks, missing parents.
    pub warnings: Vec<String>,
}

impl SpanDetail {
    /// The first value of a tag.
    pub fn tag(&self, key: &str) -> Option<&TagValue> {
        self.tags.iter().find(|tag| tag.key == key).map(|tag| &tag.value)
    }

    /// The first value of a tag, as text.
    pub fn tag_text(&self, key: &str) -> Option<String> {
        self.tag(key).map(TagValue::to_string)
    }
}

#[derive(Debug, Clone, PartialEq)]
pub struct Tag {
    pub key: String,
    pub value: TagValue,
}

/// Lists and maps are text, as JSON.
#[derive(Debug, Clone, PartialEq)]
pub enum TagValue {
    Text(String),
    Int(i64),
    Float(f64),
    Bool(bool),
    /// Base64, as it was sent.
    Binary(String),
}

impl std::fmt::Display for TagValue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Text(text) | Self::Binary(text) => f.write_str(text),
            Self::Int(number) => write!(f, "{number}"),
            Self::Float(number) => write!(f, "{number}"),
            Self::Bool(flag) => write!(f, "{flag}"),
        }
    }
}

/// Something at one moment within a span: Jaeger's log.
#[derive(Debug, Clone, PartialEq)]
pub struct SpanEvent {
    pub time_ns: i64,
    /// Jaeger keeps it as the field `event`; empty where there is none.
    pub name: String,
    pub fields: Vec<Tag>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReferenceKind {
    ChildOf,
    FollowsFrom,
}

/// A pointer to a span of this trace or of another.
#[derive(Debug, Clone, PartialEq)]
pub struct Reference {
    pub kind: ReferenceKind,
    pub trace_id: TraceId,
    pub span_id: SpanId,
    pub tags: Vec<Tag>,
}
