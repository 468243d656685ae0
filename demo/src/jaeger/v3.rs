//! The JSON of `/api/v3`: OTLP again, as Jaeger makes it from its own model.
//!
//! The way back is not the way forth: a status is read from tags, links have an attribute, lists stay texts.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::legacy::push_list;
use super::model::{Log, Process, RefKind, SPAN_KIND, Span, Tag, Text, Value, find, sort};
use crate::signals::json::{push_display, push_number, push_span_id, push_string, push_trace_id};

/// An error in v3's form.
pub fn error(status: u16, message: &str) -> String {
    let mut out = format!(r#"{{"error":{{"httpCode":{status},"message":"#);
    push_string(&mut out, message);
    out.push_str("}}");
    out
}

/// All traces in one list of resources, each trace with its own. Those that were adjusted have their attributes in order.
pub fn result(traces: impl Iterator<Item = Vec<Span>>, is_raw: bool) -> String {
    let mut out = String::from(r#"{"result":{"resourceSpans":["#);
    let mut is_first = true;
    for spans in traces {
        for (process, spans) in by_process(&spans) {
            if !is_first {
                out.push(',');
            }
            is_first = false;
            push_resource(&mut out, process, &spans, is_raw);
        }
    }
    out.push_str("]}}");
    out
}

type OfProcess<'s> = (&'s Process, Vec<&'s Span>);

fn by_process(spans: &[Span]) -> Vec<OfProcess<'_>> {
    let mut groups: Vec<(&Arc<Process>, Vec<&Span>)> = Vec::new();
    for span in spans {
        match groups.iter_mut().find(|(process, _)| **process == span.process) {
            Some((_, spans)) => spans.push(span),
            None => groups.push((&span.process, vec![span])),
        }
    }
    groups.into_iter().map(|(process, spans)| (process.as_ref(), spans)).collect()
}

/// Name and version of what made a span.
type Scope<'s> = (&'s str, &'s str);

fn scope_of(span: &Span) -> Scope<'_> {
    let text = |key| match find(&span.tags, key) {
        Some(Value::Text(text)) => Some(text.as_ref()),
        _ => None,
    };
    // Without a name the version stays a tag.
    text(SCOPE_NAME).map_or(("", ""), |name| (name, text(SCOPE_VERSION).unwrap_or("")))
}

const SCOPE_NAME: &str = "otel.scope.name";
const SCOPE_VERSION: &str = "otel.scope.version";

fn push_resource(out: &mut String, process: &Process, spans: &[&Span], is_raw: bool) {
    out.push_str(r#"{"resource":{"#);
    let service = Tag::text("service.name", process.service.clone());
    let mut attributes: Vec<&Tag> = process.tags.iter().collect();
    attributes.insert(if is_raw { 0 } else { place_of(&process.tags, &service.key) }, &service);
    out.push_str(r#""attributes":"#);
    push_list(out, attributes, push_attribute);
    out.push_str(r#"},"scopeSpans":"#);
    let mut scopes: Vec<(Scope<'_>, Vec<&Span>)> = Vec::new();
    for span in spans {
        let scope = scope_of(span);
        match scopes.iter_mut().find(|(known, _)| *known == scope) {
            Some((_, spans)) => spans.push(span),
            None => scopes.push((scope, vec![span])),
        }
    }
    push_list(out, scopes, |out, ((name, version), spans)| {
        out.push_str(r#"{"scope":{"#);
        if !name.is_empty() {
            out.push_str(r#""name":"#);
            push_string(out, name);
        }
        if !version.is_empty() {
            out.push_str(r#","version":"#);
            push_string(out, version);
        }
        out.push_str(r#"},"spans":"#);
        push_list(out, spans, |out, span| push_span(out, span, is_raw));
        out.push('}');
    });
    out.push('}');
}

/// Where a key belongs among sorted tags; others may follow that came later.
fn place_of(tags: &[Tag], key: &str) -> usize {
    tags.iter().position(|tag| tag.key.as_ref() > key).unwrap_or(tags.len())
}

fn push_attribute(out: &mut String, tag: &Tag) {
    out.push_str(r#"{"key":"#);
    push_string(out, &tag.key);
    out.push_str(r#","value":{"#);
    match &tag.value {
        Value::Text(text) => {
            out.push_str(r#""stringValue":"#);
            push_string(out, text);
        }
        Value::Bool(is_true) => push_display(out, format_args!(r#""boolValue":{is_true}"#)),
        Value::Int(number) => push_display(out, format_args!(r#""intValue":"{number}""#)),
        Value::Float(number) => {
            out.push_str(r#""doubleValue":"#);
            push_number(out, *number);
        }
        Value::Binary(bytes) => push_display(out, format_args!(r#""bytesValue":"{}""#, STANDARD.encode(bytes))),
    }
    out.push_str("}}");
}

/// What the tags of a span say beside its attributes.
struct Status {
    code: u8,
    message: Text,
}

/// Whether an HTTP status is an error, where nothing else says so.
fn is_http_error(value: &Value, kind: &str) -> Option<bool> {
    let code = match value {
        Value::Int(code) => *code,
        Value::Text(code) => code.parse().ok()?,
        _ => return None,
    };
    Some(match (code, kind) {
        (400..500, "server") => false,
        _ => !(100..399).contains(&code),
    })
}

/// Takes a tag out as OpenTelemetry's library does: the last one takes its place.
fn remove(tags: &mut Vec<Tag>, key: &str) {
    if let Some(place) = tags.iter().position(|tag| tag.key == key) {
        tags.swap_remove(place);
    }
}

/// Takes out of a span's tags what OTLP has fields for.
fn take_status(tags: &mut Vec<Tag>, kind: &str) -> Status {
    let mut status = Status { code: 0, message: Text::Borrowed("") };
    let text = |tags: &[Tag], key: &str| match find(tags, key) {
        Some(Value::Text(text)) => Some(text.clone()),
        _ => None,
    };
    let description = text(tags, "otel.status_description");
    let http_message = text(tags, "http.status_message");
    let is_error = find(tags, "error") == Some(&Value::Bool(true));
    let code = text(tags, "otel.status_code");
    if is_error {
        status.code = 2;
        remove(tags, "error");
        status.message = description.clone().or(http_message.clone()).unwrap_or_default();
    } else if let Some(code) = &code {
        status.code = match code.to_uppercase().as_str() {
            "OK" => 1,
            "ERROR" => 2,
            _ => 0,
        };
        status.message = description.clone().unwrap_or_default();
    } else if find(tags, "http.status_code").and_then(|value| is_http_error(value, kind)) == Some(true) {
        status.code = 2;
        status.message = http_message.unwrap_or_default();
    }
    if is_error || code.is_some() {
        remove(tags, "otel.status_description");
    }
    remove(tags, "otel.status_code");
    status
}

/// The tags that stay attributes; of those with one key the last counts, at the place of the first.
fn attributes_of(span: &Span) -> Vec<Tag> {
    let mut tags: Vec<Tag> = Vec::with_capacity(span.tags.len());
    let (name, _) = scope_of(span);
    let is_scope = |key: &str| key == SCOPE_NAME || (key == SCOPE_VERSION && !name.is_empty());
    for tag in span.tags.iter().filter(|tag| !is_scope(&tag.key)) {
        match tags.iter_mut().find(|known| known.key == tag.key) {
            Some(known) => known.value = tag.value.clone(),
            None => tags.push(tag.clone()),
        }
    }
    tags
}

fn push_span(out: &mut String, span: &Span, is_raw: bool) {
    let mut tags = attributes_of(span);
    let kind = span.kind();
    remove(&mut tags, SPAN_KIND);
    let Status { code, message } = take_status(&mut tags, kind);
    out.push_str(r#"{"traceId":""#);
    push_trace_id(out, span.trace_id);
    out.push_str(r#"","spanId":""#);
    push_span_id(out, span.span_id);
    out.push('"');
    if let Some(Value::Text(state)) = find(&tags, "w3c.tracestate") {
        out.push_str(r#","traceState":"#);
        push_string(out, state);
    }
    remove(&mut tags, "w3c.tracestate");
    if !is_raw {
        sort(&mut tags);
    }
    let parent = span.parent_id();
    if parent != 0 {
        out.push_str(r#","parentSpanId":""#);
        push_span_id(out, parent);
        out.push('"');
    }
    if !span.name.is_empty() {
        out.push_str(r#","name":"#);
        push_string(out, &span.name);
    }
    let kind = ["", "internal", "server", "client", "producer", "consumer"].iter().position(|known| *known == kind);
    if let Some(number) = kind.filter(|number| *number != 0) {
        push_display(out, format_args!(r#","kind":{number}"#));
    }
    for (name, time_ns) in [("startTimeUnixNano", span.start_ns), ("endTimeUnixNano", span.end_ns())] {
        if time_ns != 0 {
            push_display(out, format_args!(r#","{name}":"{}""#, time_ns as u64));
        }
    }
    let place = if is_raw || !span.has_early_warning { tags.len() } else { place_of(&tags, WARNINGS) };
    push_attributes(out, &tags, &span.warnings, place);
    if !span.logs.is_empty() {
        out.push_str(r#","events":"#);
        push_list(out, &span.logs, |out, log| push_event(out, log, is_raw));
    }
    push_links(out, span, parent);
    out.push_str(r#","status":{"#);
    if !message.is_empty() {
        out.push_str(r#""message":"#);
        push_string(out, &message);
    }
    if code != 0 {
        let comma = if message.is_empty() { "" } else { "," };
        push_display(out, format_args!(r#"{comma}"code":{code}"#));
    }
    out.push_str("}}");
}

const WARNINGS: &str = "@jaeger@warnings";

/// Warnings are an attribute, at this place among the others.
fn push_attributes(out: &mut String, tags: &[Tag], warnings: &[String], place: usize) {
    let (before, after) = tags.split_at_checked(place).unwrap_or((tags, &[]));
    let warned = if warnings.is_empty() { None } else { Some(None) };
    let all: Vec<Option<&Tag>> = before.iter().map(Some).chain(warned).chain(after.iter().map(Some)).collect();
    if all.is_empty() {
        return;
    }
    out.push_str(r#","attributes":"#);
    push_list(out, all, |out, tag| {
        if let Some(tag) = tag {
            return push_attribute(out, tag);
        }
        push_display(out, format_args!(r#"{{"key":"{WARNINGS}","value":{{"arrayValue":{{"values":"#));
        push_list(out, warnings, |out, warning| {
            out.push_str(r#"{"stringValue":"#);
            push_string(out, warning);
            out.push('}');
        });
        out.push_str("}}}");
    });
}

fn push_event(out: &mut String, log: &Log, is_raw: bool) {
    let Log { time_ns, fields } = log;
    push_display(out, format_args!(r#"{{"timeUnixNano":"{}""#, *time_ns as u64));
    if let Some(Value::Text(name)) = find(fields, "event") {
        out.push_str(r#","name":"#);
        push_string(out, name);
    }
    let mut attributes = fields.clone();
    remove(&mut attributes, "event");
    if !is_raw {
        sort(&mut attributes);
    }
    if !attributes.is_empty() {
        out.push_str(r#","attributes":"#);
        push_list(out, &attributes, push_attribute);
    }
    out.push('}');
}

/// Links are the references but for the parent's.
fn push_links(out: &mut String, span: &Span, parent: u64) {
    let is_link = |kind: RefKind, span_id: u64| span_id != parent || kind != RefKind::ChildOf;
    let links: Vec<_> = span.references.iter().filter(|one| is_link(one.kind, one.span_id)).collect();
    if links.is_empty() {
        return;
    }
    out.push_str(r#","links":"#);
    push_list(out, links, |out, link| {
        out.push('{');
        if link.trace_id != 0 {
            out.push_str(r#""traceId":""#);
            push_trace_id(out, link.trace_id);
            out.push_str("\",");
        }
        out.push_str(r#""spanId":""#);
        push_span_id(out, link.span_id);
        out.push_str(r#"","attributes":"#);
        let kind = match link.kind {
            RefKind::ChildOf => "child_of",
            RefKind::FollowsFrom => "follows_from",
        };
        push_list(out, [Tag::text("opentracing.ref_type", kind)].iter(), push_attribute);
        out.push('}');
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(tags: &[(&'static str, Value)], kind: &str) -> (u8, String, usize) {
        let mut tags: Vec<Tag> = tags.iter().map(|(key, value)| Tag::new(*key, value.clone())).collect();
        let Status { code, message } = take_status(&mut tags, kind);
        (code, message.into_owned(), tags.len())
    }

    #[test]
    fn a_status_is_read_from_tags() {
        let text = |text: &'static str| Value::Text(text.into());
        let error = ("error", Value::Bool(true));
        let description = ("otel.status_description", text("broken"));
        assert_eq!(status(&[error.clone(), description.clone()], ""), (2, "broken".into(), 0));
        assert_eq!(status(&[error, ("http.status_message", text("gone"))], ""), (2, "gone".into(), 1));
        assert_eq!(status(&[("otel.status_code", text("OK"))], ""), (1, String::new(), 0));
        assert_eq!(status(&[description], ""), (0, String::new(), 1));
        for (code, kind, expected) in [(200, "server", 0), (404, "server", 0), (404, "client", 2), (503, "server", 2)] {
            assert_eq!(status(&[("http.status_code", Value::Int(code))], kind), (expected, String::new(), 1));
        }
    }

    #[test]
    fn an_error_has_v3_s_form() {
        assert_eq!(error(404, "No traces found"), r#"{"error":{"httpCode":404,"message":"No traces found"}}"#);
    }
}
