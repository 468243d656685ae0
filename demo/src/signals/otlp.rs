//! `POST /v1/traces` of OTLP/HTTP in its JSON form: what Jaeger and every collector take.
//!
//! Ids are hexadecimal, 64-bit integers and times are strings, as the protocol's JSON mapping demands. Spans are grouped by
//! resource and by the instrumentation that made them; groups come in order of the processes.

use std::collections::BTreeMap;

use super::json::{push_display, push_number, push_span_id, push_string, push_trace_id};
use super::sources::resource;
use super::trace::{AttributeValue, Span, SpanKind, SpanStatus};

/// The body of one request.
pub fn body(spans: &[Span]) -> Vec<u8> {
    let mut groups: BTreeMap<(usize, u32), BTreeMap<&str, Vec<&Span>>> = BTreeMap::new();
    for span in spans {
        groups.entry((span.process, span.release)).or_default().entry(span.scope).or_default().push(span);
    }
    let mut out = String::with_capacity(200 + spans.len() * 900);
    out.push_str(r#"{"resourceSpans":["#);
    for (number, ((process, release), scopes)) in groups.iter().enumerate() {
        push_comma(&mut out, number);
        out.push_str(r#"{"resource":{"attributes":["#);
        for (number, (key, value)) in resource(*process, *release).iter().enumerate() {
            push_comma(&mut out, number);
            push_key_value(&mut out, key, |out| push_text_value(out, value));
        }
        out.push_str(r#"]},"scopeSpans":["#);
        for (number, (scope, spans)) in scopes.iter().enumerate() {
            push_comma(&mut out, number);
            out.push_str(r#"{"scope":{"name":"#);
            push_string(&mut out, scope);
            out.push_str(r#"},"spans":["#);
            for (number, span) in spans.iter().enumerate() {
                push_comma(&mut out, number);
                push_span(&mut out, span);
            }
            out.push_str("]}");
        }
        out.push_str("]}");
    }
    out.push_str("]}");
    out.into_bytes()
}

fn push_comma(out: &mut String, number: usize) {
    if number > 0 {
        out.push(',');
    }
}

fn push_key_value(out: &mut String, key: &str, value: impl FnOnce(&mut String)) {
    out.push_str(r#"{"key":"#);
    push_string(out, key);
    out.push_str(r#","value":"#);
    value(out);
    out.push('}');
}

fn push_text_value(out: &mut String, text: &str) {
    out.push_str(r#"{"stringValue":"#);
    push_string(out, text);
    out.push('}');
}

fn push_value(out: &mut String, value: &AttributeValue) {
    match value {
        AttributeValue::Text(text) => push_text_value(out, text),
        AttributeValue::Int(number) => push_display(out, format_args!(r#"{{"intValue":"{number}"}}"#)),
        AttributeValue::Float(number) => {
            out.push_str(r#"{"doubleValue":"#);
            push_number(out, *number);
            out.push('}');
        }
        AttributeValue::Bool(is_true) => push_display(out, format_args!(r#"{{"boolValue":{is_true}}}"#)),
        AttributeValue::Texts(texts) => {
            out.push_str(r#"{"arrayValue":{"values":["#);
            for (number, text) in texts.iter().enumerate() {
                push_comma(out, number);
                push_text_value(out, text);
            }
            out.push_str("]}}");
        }
    }
}

fn push_attributes(out: &mut String, attributes: &[(&'static str, AttributeValue)]) {
    out.push_str(r#","attributes":["#);
    for (number, (key, value)) in attributes.iter().enumerate() {
        push_comma(out, number);
        push_key_value(out, key, |out| push_value(out, value));
    }
    out.push(']');
}

fn push_ids(out: &mut String, trace_id: u128, span_id: u64) {
    out.push_str(r#""traceId":""#);
    push_trace_id(out, trace_id);
    out.push_str(r#"","spanId":""#);
    push_span_id(out, span_id);
    out.push('"');
}

fn push_span(out: &mut String, span: &Span) {
    out.push('{');
    push_ids(out, span.trace_id, span.span_id);
    if let Some(parent) = span.parent_span_id {
        out.push_str(r#","parentSpanId":""#);
        push_span_id(out, parent);
        out.push('"');
    }
    out.push_str(r#","name":"#);
    push_string(out, &span.name);
    let kind = match span.kind {
        SpanKind::Internal => 1,
        SpanKind::Server => 2,
        SpanKind::Client => 3,
    };
    push_display(
        out,
        format_args!(r#","kind":{kind},"startTimeUnixNano":"{}","endTimeUnixNano":"{}""#, span.start_ns, span.end_ns),
    );
    push_attributes(out, &span.attributes);
    if !span.events.is_empty() {
        out.push_str(r#","events":["#);
        for (number, event) in span.events.iter().enumerate() {
            push_comma(out, number);
            push_display(out, format_args!(r#"{{"timeUnixNano":"{}","name":"#, event.time_ns));
            push_string(out, event.name);
            push_attributes(out, &event.attributes);
            out.push('}');
        }
        out.push(']');
    }
    if !span.links.is_empty() {
        out.push_str(r#","links":["#);
        for (number, link) in span.links.iter().enumerate() {
            push_comma(out, number);
            out.push('{');
            push_ids(out, link.trace_id, link.span_id);
            push_attributes(out, &link.attributes);
            out.push('}');
        }
        out.push(']');
    }
    match &span.status {
        SpanStatus::Unset => out.push_str(r#","status":{}"#),
        SpanStatus::Ok => out.push_str(r#","status":{"code":1}"#),
        SpanStatus::Error(message) if message.is_empty() => out.push_str(r#","status":{"code":2}"#),
        SpanStatus::Error(message) => {
            out.push_str(r#","status":{"code":2,"message":"#);
            push_string(out, message);
            out.push('}');
        }
    }
    out.push('}');
}
