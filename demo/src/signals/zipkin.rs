//! `POST /api/v2/spans` of Zipkin: a flat list of spans with text tags.
//!
//! As OpenTelemetry's exporter maps them: microseconds, names in lower case, no kind for what is internal, events as
//! annotations, an `error` tag exactly on failed spans. Client and server keep ids of their own: Zipkin's shared spans are not used.

use super::json::{push_display, push_escaped, push_span_id, push_string, push_trace_id};
use super::sources::{push_labels, service_version};
use super::trace::{AttributeValue, Span, SpanEvent, SpanKind, SpanStatus};
use crate::sim::{REPLICAS, Replica};

/// The body of one request.
pub fn body(spans: &[Span]) -> Vec<u8> {
    let mut out = String::with_capacity(16 + spans.len() * 700);
    out.push('[');
    for (number, span) in spans.iter().enumerate() {
        if number > 0 {
            out.push(',');
        }
        push_span(&mut out, span);
    }
    out.push(']');
    out.into_bytes()
}

fn push_span(out: &mut String, span: &Span) {
    out.push_str(r#"{"traceId":""#);
    push_trace_id(out, span.trace_id);
    out.push_str(r#"","id":""#);
    push_span_id(out, span.span_id);
    if let Some(parent) = span.parent_span_id {
        out.push_str(r#"","parentId":""#);
        push_span_id(out, parent);
    }
    out.push_str(r#"","name":"#);
    push_string(out, &span.name.to_lowercase());
    match span.kind {
        SpanKind::Internal => {}
        SpanKind::Server => out.push_str(r#","kind":"SERVER""#),
        SpanKind::Client => out.push_str(r#","kind":"CLIENT""#),
    }
    let start_us = span.start_ns.div_euclid(1000);
    // Zipkin takes a duration of 0 for none.
    let duration_us = (span.end_ns.div_euclid(1000) - start_us).max(1);
    push_display(out, format_args!(r#","timestamp":{start_us},"duration":{duration_us}"#));
    if let Some(replica) = REPLICAS.get(span.process) {
        push_local(out, replica);
    }
    if span.kind == SpanKind::Client {
        push_remote(out, span);
    }
    push_annotations(out, &span.events);
    push_tags(out, span);
    out.push('}');
}

fn push_local(out: &mut String, replica: &Replica) {
    out.push_str(r#","localEndpoint":{"serviceName":"#);
    push_string(out, replica.service.name());
    if let Some((address, port)) = replica.instance.split_once(':') {
        push_display(out, format_args!(r#","ipv4":"{address}","port":{port}"#));
    }
    out.push('}');
}

/// Who was called, as far as the attributes say.
fn push_remote(out: &mut String, span: &Span) {
    let named = |keys: [&str; 2]| keys.iter().find_map(|key| span.attribute(key));
    if let Some(AttributeValue::Text(peer)) = named(["net.peer.name", "server.address"]) {
        out.push_str(r#","remoteEndpoint":{"serviceName":"#);
        push_string(out, peer);
        if let Some(AttributeValue::Int(port)) = named(["net.peer.port", "server.port"]) {
            push_display(out, format_args!(r#","port":{port}"#));
        }
        out.push('}');
    }
}

fn push_annotations(out: &mut String, events: &[SpanEvent]) {
    if events.is_empty() {
        return;
    }
    out.push_str(r#","annotations":["#);
    for (number, event) in events.iter().enumerate() {
        if number > 0 {
            out.push(',');
        }
        // The value is text that holds JSON: the event's name and its attributes.
        let mut value = String::new();
        value.push('{');
        push_string(&mut value, event.name);
        value.push_str(":{");
        for (number, (key, attribute)) in event.attributes.iter().enumerate() {
            if number > 0 {
                value.push(',');
            }
            push_string(&mut value, key);
            value.push(':');
            push_tag_value(&mut value, attribute);
        }
        value.push_str("}}");
        push_display(out, format_args!(r#"{{"timestamp":{},"value":"#, event.time_ns.div_euclid(1000)));
        push_string(out, &value);
        out.push('}');
    }
    out.push(']');
}

fn push_tags(out: &mut String, span: &Span) {
    let version = service_version(span.process, span.release);
    let instance = REPLICAS.get(span.process).map_or("", |replica| replica.pod);
    out.push_str(r#","tags":"#);
    push_labels(
        out,
        &[("otel.scope.name", span.scope), ("service.version", &version), ("service.instance.id", instance)],
    );
    // The object stays open for the span's own.
    out.pop();
    for (key, value) in &span.attributes {
        out.push(',');
        push_string(out, key);
        out.push(':');
        push_tag_value(out, value);
    }
    if let SpanStatus::Error(message) = &span.status {
        out.push_str(r#","otel.status_code":"ERROR","error":"#);
        push_string(out, message);
    }
    out.push('}');
}

fn push_tag_value(out: &mut String, value: &AttributeValue) {
    match value {
        AttributeValue::Text(text) => push_string(out, text),
        AttributeValue::Int(number) => push_display(out, format_args!("\"{number}\"")),
        AttributeValue::Float(number) => push_display(out, format_args!("\"{number}\"")),
        AttributeValue::Bool(is_true) => push_display(out, format_args!("\"{is_true}\"")),
        AttributeValue::Texts(texts) => {
            out.push_str("\"[");
            for (number, text) in texts.iter().enumerate() {
                if number > 0 {
                    out.push(',');
                }
                let mut quoted = String::new();
                push_string(&mut quoted, text);
                push_escaped(out, &quoted);
            }
            out.push_str("]\"");
        }
    }
}
