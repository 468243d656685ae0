//! The JSON of `/api/v3`: OTLP again, as Jaeger makes it from its own model.
//!
//! The way back is not the way forth: a status is read from tags, links have an attribute, lists stay texts.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::legacy::push_list;
use super::model::{Log, Process, RefKind, SPAN_KIND, Span, Tag, Text, Value, find};
use crate::signals::json::{push_display, push_number, push_span_id, push_string, push_trace_id};

/// An error in v3's form.
pub fn error(status: u16, message: &str) -> String {
    let mut out = format!(r#"{{"error":{{"httpCode":{status},"message":"#);
    push_string(&mut out, message);
    out.push_str("}}");
    out
}

/// All traces in one list of resources, each trace with its own.
pub fn result(traces: &[Vec<Span>]) -> String {
    let mut out = String::from(r#"{"result":{"resourceSpans":"#);
    let resources = traces.iter().flat_map(|spans| by_process(spans));
    push_list(&mut out, resources, |out, (process, spans)| push_resource(out, process, &spans));
    out.push_str("}}");
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

fn push_resource(out: &mut String, process: &Process, spans: &[&Span]) {
    out.push_str(r#"{"resource":{"#);
    let service = Tag::text("service.name", process.service.clone());
    let mut attributes: Vec<&Tag> = process.tags.iter().chain(std::iter::once(&service)).collect();
    attributes.sort_by(|a, b| a.key.cmp(&b.key));
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
        push_list(out, spans, push_span);
        out.push('}');
    });
    out.push('}');
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
        tags.retain(|tag| tag.key != "error");
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
    tags.retain(|tag| tag.key != "otel.status_code");
    if is_error || code.is_some() {
        tags.retain(|tag| tag.key != "otel.status_description");
    }
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

fn push_span(out: &mut String, span: &Span) {
    let mut tags = attributes_of(span);
    let kind = span.kind();
    tags.retain(|tag| tag.key != SPAN_KIND);
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
    tags.retain(|tag| tag.key != "w3c.tracestate");
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
    for (name, number) in [("kind", kind.unwrap_or(0) as u64)] {
        if number != 0 {
            push_display(out, format_args!(r#","{name}":{number}"#));
        }
    }
    for (name, time_ns) in [("startTimeUnixNano", span.start_ns), ("endTimeUnixNano", span.end_ns())] {
        if time_ns != 0 {
            push_display(out, format_args!(r#","{name}":"{}""#, time_ns as u64));
        }
    }
    push_attributes(out, &tags, &span.warnings);
    if !span.logs.is_empty() {
        out.push_str(r#","events":"#);
        push_list(out, &span.logs, push_event);
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

fn push_attributes(out: &mut String, tags: &[Tag], warnings: &[String]) {
    if tags.is_empty() && warnings.is_empty() {
        return;
    }
    let mut list = String::new();
    push_list(&mut list, tags, push_attribute);
    if !warnings.is_empty() {
        list.pop();
        if !tags.is_empty() {
            list.push(',');
        }
        list.push_str(r#"{"key":"@jaeger@warnings","value":{"arrayValue":{"values":"#);
        push_list(&mut list, warnings, |out, warning| {
            out.push_str(r#"{"stringValue":"#);
            push_string(out, warning);
            out.push('}');
        });
        list.push_str("}}}]");
    }
    out.push_str(r#","attributes":"#);
    out.push_str(&list);
}

fn push_event(out: &mut String, log: &Log) {
    let Log { time_ns, fields } = log;
    push_display(out, format_args!(r#"{{"timeUnixNano":"{}""#, *time_ns as u64));
    if let Some(Value::Text(name)) = find(fields, "event") {
        out.push_str(r#","name":"#);
        push_string(out, name);
    }
    let attributes: Vec<&Tag> = fields.iter().filter(|field| field.key != "event").collect();
    if !attributes.is_empty() {
        out.push_str(r#","attributes":"#);
        push_list(out, attributes, push_attribute);
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
        out.push_str(r#"{"traceId":""#);
        push_trace_id(out, link.trace_id);
        out.push_str(r#"","spanId":""#);
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
