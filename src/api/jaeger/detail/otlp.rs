//! Details in the new dialect, OTLP's JSON, told as the old one tells them: what becomes which tag, and under which name, is
//! that of the OpenTelemetry Collector's translator to Jaeger (`traces_to_jaegerproto.go`).

use super::{super::view::View, value::any_value};
use crate::{
    base::order,
    model::trace::{Reference, ReferenceKind, SpanDetail, SpanEvent, Tag, TagValue},
};

/// The attribute under which the server keeps its remarks (`internal/jptrace/attributes.go`).
const WARNINGS: &str = "@jaeger@warnings";
/// The attribute of a link that says what the old dialect calls `refType`.
const REFERENCE_KIND: &str = "opentracing.ref_type";
const SERVICE: &str = "service.name";

pub(super) fn detail(span: View<'_>, resource: View<'_>, scope: View<'_>) -> SpanDetail {
    let mut detail = SpanDetail { process_tags: attributes(resource.get(&["attributes"])), ..SpanDetail::default() };
    detail.process_tags.retain(|tag| tag.key != SERVICE);
    sort(&mut detail.process_tags);
    let trace_id = span.get(&["traceId", "trace_id"]).trace_id();
    let mut links = Vec::new();
    for (key, value) in span.pairs() {
        match key {
            b"attributes" => {
                for attribute in value.items() {
                    if attribute.get(&["key"]).text().as_deref() == Some(WARNINGS) {
                        let list = attribute.get(&["value"]).get(&["arrayValue", "array_value"]).get(&["values"]);
                        detail.warnings.extend(list.items().map(|item| any_value(item).to_string()));
                    } else {
                        detail.tags.push(tag(attribute));
                    }
                }
            }
            b"events" => detail.events = value.items().map(event).collect(),
            b"links" => links = value.items().map(link).collect(),
            b"parentSpanId" | b"parent_span_id" if value.span_id().0 != 0 => {
                let (kind, span_id) = (ReferenceKind::ChildOf, value.span_id());
                detail.references.push(Reference { kind, trace_id, span_id, tags: Vec::new() });
            }
            b"kind" => detail.tags.extend(kind(value).map(|kind| text_tag("span.kind", kind))),
            b"status" => push_status(value, &mut detail.tags),
            b"traceState" | b"trace_state" => {
                detail.tags.extend(some_text(value).map(|state| text_tag("w3c.tracestate", &state)));
            }
            _ => {}
        }
    }
    detail.references.extend(links);
    for (key, value) in scope.pairs() {
        match key {
            b"name" => detail.tags.extend(some_text(value).map(|name| text_tag("otel.scope.name", &name))),
            b"version" => detail.tags.extend(some_text(value).map(|version| text_tag("otel.scope.version", &version))),
            b"attributes" => detail.tags.extend(attributes(value)),
            _ => {}
        }
    }
    sort(&mut detail.tags);
    detail
}

/// The old dialect's tags come by name.
fn sort(tags: &mut [Tag]) {
    order::sort_by(tags, |a, b| a.key.cmp(&b.key));
}

fn some_text(value: View<'_>) -> Option<String> {
    value.text().filter(|text| !text.is_empty()).map(std::borrow::Cow::into_owned)
}

fn text_tag(key: &str, value: &str) -> Tag {
    Tag { key: key.to_owned(), value: TagValue::Text(value.to_owned()) }
}

fn kind(value: View<'_>) -> Option<&'static str> {
    match value.0 {
        b"1" | b"\"SPAN_KIND_INTERNAL\"" => Some("internal"),
        b"2" | b"\"SPAN_KIND_SERVER\"" => Some("server"),
        b"3" | b"\"SPAN_KIND_CLIENT\"" => Some("client"),
        b"4" | b"\"SPAN_KIND_PRODUCER\"" => Some("producer"),
        b"5" | b"\"SPAN_KIND_CONSUMER\"" => Some("consumer"),
        _ => None,
    }
}

fn push_status(status: View<'_>, tags: &mut Vec<Tag>) {
    match status.get(&["code"]).0 {
        b"1" | b"\"STATUS_CODE_OK\"" => tags.push(text_tag("otel.status_code", "OK")),
        b"2" | b"\"STATUS_CODE_ERROR\"" => {
            if !tags.iter().any(|tag| tag.key == "error") {
                tags.push(Tag { key: "error".to_owned(), value: TagValue::Bool(true) });
            }
            tags.push(text_tag("otel.status_code", "ERROR"));
        }
        _ => {}
    }
    tags.extend(some_text(status.get(&["message"])).map(|message| text_tag("otel.status_description", &message)));
}

fn attributes(list: View<'_>) -> Vec<Tag> {
    list.items().map(tag).collect()
}

fn tag(attribute: View<'_>) -> Tag {
    Tag { key: attribute.get(&["key"]).owned(), value: any_value(attribute.get(&["value"])) }
}

fn event(event: View<'_>) -> SpanEvent {
    SpanEvent {
        time_ns: event.get(&["timeUnixNano", "time_unix_nano"]).int().unwrap_or_default(),
        name: event.get(&["name"]).owned(),
        fields: attributes(event.get(&["attributes"])),
    }
}

/// Without a word on it, a link follows.
fn link(link: View<'_>) -> Reference {
    let mut tags = attributes(link.get(&["attributes"]));
    let said = tags.iter().position(|tag| tag.key == REFERENCE_KIND).map(|at| tags.remove(at).value.to_string());
    Reference {
        kind: if said.as_deref() == Some("child_of") { ReferenceKind::ChildOf } else { ReferenceKind::FollowsFrom },
        trace_id: link.get(&["traceId", "trace_id"]).trace_id(),
        span_id: link.get(&["spanId", "span_id"]).span_id(),
        tags,
    }
}
