//! A span as Jaeger 1.76 keeps it in memory: its first model, in which everything but times and names is a tag.
//!
//! Both dialects are written from it. That is why v3 shows lists as texts, and links with an attribute of their own: on
//! the way through the store they were tags and references.

use std::cmp::Ordering;
use std::sync::Arc;

pub use crate::signals::Text;

pub const SPAN_KIND: &str = "span.kind";

#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    Text(Text),
    Bool(bool),
    Int(i64),
    Float(f64),
    Binary(Vec<u8>),
}

#[derive(Debug, Clone, PartialEq)]
pub struct Tag {
    pub key: Text,
    pub value: Value,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefKind {
    ChildOf,
    FollowsFrom,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reference {
    pub kind: RefKind,
    pub trace_id: u128,
    pub span_id: u64,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Log {
    pub time_ns: i64,
    pub fields: Vec<Tag>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Process {
    pub service: Text,
    pub tags: Vec<Tag>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Span {
    pub trace_id: u128,
    #[expect(clippy::struct_field_names, reason = "the field's word, beside the trace's id")]
    pub span_id: u64,
    pub name: Text,
    pub references: Vec<Reference>,
    pub start_ns: i64,
    pub duration_ns: i64,
    pub tags: Vec<Tag>,
    pub logs: Vec<Log>,
    pub process: Arc<Process>,
    pub warnings: Vec<String>,
    /// Whether it has had a warning since it was taken in.
    pub has_early_warning: bool,
}

impl Tag {
    pub fn new(key: impl Into<Text>, value: Value) -> Self {
        Self { key: key.into(), value }
    }

    pub fn text(key: impl Into<Text>, text: impl Into<Text>) -> Self {
        Self::new(key, Value::Text(text.into()))
    }
}

/// The first tag with the key.
pub fn find<'t>(tags: &'t [Tag], key: &str) -> Option<&'t Value> {
    tags.iter().find(|tag| tag.key == key).map(|tag| &tag.value)
}

/// Orders by key, then by kind, then by value.
pub fn sort(tags: &mut [Tag]) {
    tags.sort_by(|a, b| a.key.cmp(&b.key).then_with(|| order(&a.value, &b.value)));
}

fn order(a: &Value, b: &Value) -> Ordering {
    match (a, b) {
        (Value::Text(a), Value::Text(b)) => a.cmp(b),
        (Value::Bool(a), Value::Bool(b)) => a.cmp(b),
        (Value::Int(a), Value::Int(b)) => a.cmp(b),
        (Value::Float(a), Value::Float(b)) => a.total_cmp(b),
        (Value::Binary(a), Value::Binary(b)) => a.cmp(b),
        _ => rank(a).cmp(&rank(b)),
    }
}

const fn rank(value: &Value) -> u8 {
    match value {
        Value::Text(_) => 0,
        Value::Bool(_) => 1,
        Value::Int(_) => 2,
        Value::Float(_) => 3,
        Value::Binary(_) => 4,
    }
}

impl Span {
    pub fn service(&self) -> &str {
        &self.process.service
    }

    pub fn end_ns(&self) -> i64 {
        self.start_ns.saturating_add(self.duration_ns)
    }

    /// The place of the reference that names the parent: the first `CHILD_OF` within the trace, or else the first other.
    pub fn parent_place(&self) -> Option<usize> {
        let within = |reference: &Reference| reference.trace_id == self.trace_id;
        let child_of = |reference: &Reference| within(reference) && reference.kind == RefKind::ChildOf;
        self.references.iter().position(child_of).or_else(|| self.references.iter().position(within))
    }

    /// 0 where there is none, as Jaeger has it.
    pub fn parent_id(&self) -> u64 {
        self.parent_place().and_then(|place| self.references.get(place)).map_or(0, |reference| reference.span_id)
    }

    /// As the tag says it, or "" where it says none of the known kinds.
    pub fn kind(&self) -> &'static str {
        match find(&self.tags, SPAN_KIND) {
            Some(Value::Text(kind)) => {
                ["client", "server", "producer", "consumer", "internal"].into_iter().find(|known| kind == known)
            }
            _ => None,
        }
        .unwrap_or("")
    }
}

/// What a span's own fields become as tags, after the attributes.
pub struct Status<'s> {
    pub kind: &'static str,
    /// As OTLP numbers it: 1 is good, 2 an error.
    pub code: i64,
    pub message: Option<Text>,
    pub trace_state: &'s str,
}

pub fn push_status(tags: &mut Vec<Tag>, status: Status<'_>) {
    let Status { kind, code, message, trace_state } = status;
    if !kind.is_empty() {
        tags.push(Tag::text(SPAN_KIND, kind));
    }
    match code {
        1 => tags.push(Tag::text("otel.status_code", "OK")),
        2 => {
            tags.push(Tag::text("otel.status_code", "ERROR"));
            tags.push(Tag::new("error", Value::Bool(true)));
        }
        _ => {}
    }
    if let Some(message) = message.filter(|message| !message.is_empty()) {
        tags.push(Tag::text("otel.status_description", message));
    }
    if !trace_state.is_empty() {
        tags.push(Tag::text("w3c.tracestate", trace_state.to_owned()));
    }
}

/// What Jaeger's collector does to a span that does not end after its start.
pub fn repair_duration(span: &mut Span, end_ns: i64) {
    span.duration_ns = end_ns.saturating_sub(span.start_ns);
    if span.duration_ns > 0 {
        return;
    }
    span.duration_ns = 1;
    span.has_early_warning = true;
    span.warnings.push(format!(
        "Negative duration detected, sanitizing end timestamp. Original end timestamp: {}, adjusted to: {}",
        super::go::time_text(end_ns),
        super::go::time_text(span.end_ns())
    ));
}
