//! The simulator's spans as Jaeger's collector would have kept them had it got them by OTLP.

use std::sync::Arc;

use super::model::{Log, Process, RefKind, Reference, Span, Status, Tag, Text, Value, push_status, repair_duration};
use crate::signals::{self, AttributeValue, SpanEvent, SpanKind, SpanStatus, json, resource};

/// Converts one trace's spans. Few processes take part in a trace, so each is made once.
pub fn spans(told: Vec<signals::Span>) -> Vec<Span> {
    let mut processes: Vec<((usize, u32), Arc<Process>)> = Vec::new();
    told.into_iter()
        .map(|span| {
            let key = (span.process, span.release);
            if let Some((_, known)) = processes.iter().find(|(known, _)| *known == key) {
                return span_of(span, Arc::clone(known));
            }
            let process = Arc::new(process(span.process, span.release));
            processes.push((key, Arc::clone(&process)));
            span_of(span, process)
        })
        .collect()
}

fn process(process: usize, release: u32) -> Process {
    let mut service = Text::Borrowed("");
    let mut tags = Vec::new();
    for (key, value) in resource(process, release) {
        if key == "service.name" {
            service = value.into();
        } else {
            tags.push(Tag::text(key, value));
        }
    }
    Process { service, tags }
}

fn span_of(told: signals::Span, process: Arc<Process>) -> Span {
    let signals::Span { trace_id, span_id, parent_span_id, name, kind, start_ns, end_ns, .. } = told;
    let signals::Span { attributes, events, status, links, scope, .. } = told;
    let parent = parent_span_id.map(|span_id| Reference { kind: RefKind::ChildOf, trace_id, span_id });
    let followed = links.into_iter().map(|link| Reference {
        kind: RefKind::FollowsFrom,
        trace_id: link.trace_id,
        span_id: link.span_id,
    });
    let mut tags = Vec::with_capacity(attributes.len() + 5);
    tags.push(Tag::text("otel.scope.name", scope));
    tags.extend(attributes.into_iter().map(tag_of));
    let kind = match kind {
        SpanKind::Internal => "internal",
        SpanKind::Server => "server",
        SpanKind::Client => "client",
    };
    let (code, message) = match status {
        SpanStatus::Unset => (0, None),
        SpanStatus::Ok => (1, None),
        SpanStatus::Error(message) => (2, Some(message)),
    };
    push_status(&mut tags, Status { kind, code, message, trace_state: "" });
    let mut span = Span {
        trace_id,
        span_id,
        name,
        references: parent.into_iter().chain(followed).collect(),
        start_ns,
        duration_ns: 0,
        tags,
        logs: events.into_iter().map(log_of).collect(),
        process,
        warnings: Vec::new(),
        has_early_warning: false,
    };
    repair_duration(&mut span, end_ns);
    span
}

fn log_of(event: SpanEvent) -> Log {
    let SpanEvent { name, time_ns, attributes } = event;
    let name = Tag::text("event", name);
    Log { time_ns, fields: std::iter::once(name).chain(attributes.into_iter().map(tag_of)).collect() }
}

fn tag_of((key, value): (&'static str, AttributeValue)) -> Tag {
    let value = match value {
        AttributeValue::Text(text) => Value::Text(text),
        AttributeValue::Int(number) => Value::Int(number),
        AttributeValue::Float(number) => Value::Float(number),
        AttributeValue::Bool(is_true) => Value::Bool(is_true),
        AttributeValue::Texts(texts) => Value::Text(list_text(&texts).into()),
    };
    Tag::new(key, value)
}

/// The store keeps JSON for a list.
fn list_text(texts: &[Text]) -> String {
    let mut out = String::from("[");
    for (number, text) in texts.iter().enumerate() {
        if number > 0 {
            out.push(',');
        }
        json::push_string(&mut out, text);
    }
    out.push(']');
    out
}
