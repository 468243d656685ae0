//! Details in the old dialect: the shapes of `internal/uimodel/model.go`.

use super::super::view::View;
use crate::model::trace::{Reference, ReferenceKind, SpanDetail, SpanEvent, SpanId, Tag, TagValue};

pub(super) fn detail(span: View<'_>, process: View<'_>) -> SpanDetail {
    let mut detail = SpanDetail { process_tags: tags(process.get(&["tags"])), ..SpanDetail::default() };
    let trace_id = span.get(&["traceID"]).trace_id();
    let mut named_parent = SpanId::default();
    for (key, value) in span.pairs() {
        match key {
            b"tags" => detail.tags = tags(value),
            b"logs" => detail.events = value.items().map(event).collect(),
            b"references" => {
                detail.references = value.items().map(reference).collect();
                for reference in &mut detail.references {
                    // Left out where it is the span's own.
                    if reference.trace_id.0 == 0 {
                        reference.trace_id = trace_id;
                    }
                }
            }
            b"warnings" => detail.warnings = value.texts(),
            b"parentSpanID" => named_parent = value.span_id(),
            _ => {}
        }
    }
    if named_parent.0 != 0 && detail.references.is_empty() {
        let kind = ReferenceKind::ChildOf;
        detail.references.push(Reference { kind, trace_id, span_id: named_parent, tags: Vec::new() });
    }
    detail
}

fn tags(list: View<'_>) -> Vec<Tag> {
    list.items().map(tag).collect()
}

fn tag(tag: View<'_>) -> Tag {
    let (mut key, mut kind, mut value) = (String::new(), View::default(), View(b"null"));
    for (name, field) in tag.pairs() {
        match name {
            b"key" => key = field.owned(),
            b"type" => kind = field,
            b"value" => value = field,
            _ => {}
        }
    }
    Tag { key, value: typed(kind, value) }
}

/// Whole numbers beyond 2^53 are strings, though their type says otherwise.
fn typed(kind: View<'_>, value: View<'_>) -> TagValue {
    let typed = match kind.0 {
        b"\"int64\"" => value.int().map(TagValue::Int),
        b"\"float64\"" => value.float().map(TagValue::Float),
        b"\"bool\"" => value.flag().map(TagValue::Bool),
        b"\"binary\"" => value.text().map(|text| TagValue::Binary(text.into_owned())),
        b"\"string\"" => value.text().map(|text| TagValue::Text(text.into_owned())),
        _ => None,
    };
    typed.unwrap_or_else(|| super::value::plain(value))
}

fn event(log: View<'_>) -> SpanEvent {
    let mut event = SpanEvent { time_ns: 0, name: String::new(), fields: Vec::new() };
    for (key, value) in log.pairs() {
        match key {
            b"timestamp" => event.time_ns = value.int().unwrap_or_default().saturating_mul(1000),
            b"fields" => event.fields = tags(value),
            _ => {}
        }
    }
    if let Some(at) = event.fields.iter().position(|field| field.key == "event") {
        event.name = event.fields.remove(at).value.to_string();
    }
    event
}

fn reference(reference: View<'_>) -> Reference {
    let is_follower = reference.get(&["refType"]).0 == b"\"FOLLOWS_FROM\"";
    Reference {
        kind: if is_follower { ReferenceKind::FollowsFrom } else { ReferenceKind::ChildOf },
        trace_id: reference.get(&["traceID"]).trace_id(),
        span_id: reference.get(&["spanID"]).span_id(),
        tags: Vec::new(),
    }
}
