//! What a span is, in OpenTelemetry's words and no backend's.

use std::borrow::Cow;

/// Most texts are the same in thousands of spans.
pub type Text = Cow<'static, str>;

#[derive(Debug, Clone, PartialEq)]
pub enum AttributeValue {
    Text(Text),
    Int(i64),
    Float(f64),
    Bool(bool),
    Texts(Vec<Text>),
}

impl From<&'static str> for AttributeValue {
    fn from(text: &'static str) -> Self {
        Self::Text(Cow::Borrowed(text))
    }
}

impl From<String> for AttributeValue {
    fn from(text: String) -> Self {
        Self::Text(Cow::Owned(text))
    }
}

impl From<Text> for AttributeValue {
    fn from(text: Text) -> Self {
        Self::Text(text)
    }
}

impl From<i64> for AttributeValue {
    fn from(number: i64) -> Self {
        Self::Int(number)
    }
}

impl From<u16> for AttributeValue {
    fn from(number: u16) -> Self {
        Self::Int(i64::from(number))
    }
}

impl From<f64> for AttributeValue {
    fn from(number: f64) -> Self {
        Self::Float(number)
    }
}

impl From<bool> for AttributeValue {
    fn from(is_true: bool) -> Self {
        Self::Bool(is_true)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SpanKind {
    Internal,
    Server,
    Client,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SpanStatus {
    Unset,
    Ok,
    /// May be empty: a status without a message.
    Error(Text),
}

/// Something at one moment within a span.
#[derive(Debug, Clone, PartialEq)]
pub struct SpanEvent {
    pub name: &'static str,
    pub time_ns: i64,
    pub attributes: Vec<(&'static str, AttributeValue)>,
}

/// A pointer to a span that is no parent.
#[derive(Debug, Clone, PartialEq)]
pub struct Link {
    pub trace_id: u128,
    pub span_id: u64,
    pub attributes: Vec<(&'static str, AttributeValue)>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Span {
    pub trace_id: u128,
    pub span_id: u64,
    pub parent_span_id: Option<u64>,
    pub name: Text,
    pub kind: SpanKind,
    /// Index into [`crate::sim::REPLICAS`].
    pub process: usize,
    /// How often the process had been replaced by a new version when the span was made: see
    /// [`service_version`](crate::signals::service_version).
    pub release: u32,
    pub start_ns: i64,
    pub end_ns: i64,
    pub attributes: Vec<(&'static str, AttributeValue)>,
    pub events: Vec<SpanEvent>,
    pub status: SpanStatus,
    pub links: Vec<Link>,
    /// The name of the instrumentation that made it.
    pub scope: &'static str,
}

impl Span {
    /// The attribute's value, if the span has it.
    pub fn attribute(&self, key: &str) -> Option<&AttributeValue> {
        self.attributes.iter().find(|(known, _)| *known == key).map(|(_, value)| value)
    }

    pub fn is_error(&self) -> bool {
        matches!(self.status, SpanStatus::Error(_))
    }

    pub fn duration_ns(&self) -> i64 {
        self.end_ns - self.start_ns
    }
}
