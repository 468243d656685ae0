//! The JSON of the old API: its envelope, its errors, and traces in the form that Jaeger's own page reads.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::model::{Log, Process, RefKind, Reference, Span, Tag, Value};
use crate::signals::json::{push_display, push_escaped, push_number, push_span_id, push_string};

/// An entry of `errors`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    pub status: Option<u16>,
    pub message: String,
    pub trace_id: Option<u128>,
}

/// The envelope around `data`, which is JSON.
pub fn envelope(data: &str, total: usize, problems: &[Problem]) -> String {
    let mut out = String::with_capacity(data.len() + 80);
    out.push_str(r#"{"data":"#);
    out.push_str(data);
    push_display(&mut out, format_args!(r#","total":{total},"limit":0,"offset":0,"errors":"#));
    if problems.is_empty() {
        out.push_str("null");
    } else {
        push_list(&mut out, problems, push_problem);
    }
    out.push('}');
    out
}

fn push_problem(out: &mut String, problem: &Problem) {
    let Problem { status, message, trace_id } = problem;
    out.push('{');
    if let Some(status) = status {
        push_display(out, format_args!(r#""code":{status},"#));
    }
    out.push_str(r#""msg":"#);
    push_string(out, message);
    if let Some(trace_id) = trace_id {
        out.push_str(r#","traceID":"#);
        push_trace_id(out, *trace_id);
    }
    out.push('}');
}

/// A list of JSON.
pub fn push_list<T>(out: &mut String, items: impl IntoIterator<Item = T>, mut push: impl FnMut(&mut String, T)) {
    out.push('[');
    for (number, item) in items.into_iter().enumerate() {
        if number > 0 {
            out.push(',');
        }
        push(out, item);
    }
    out.push(']');
}

/// In quotes; 64 bits have 16 digits.
fn push_trace_id(out: &mut String, trace_id: u128) {
    out.push('"');
    if trace_id >> 64 != 0 {
        push_span_id(out, (trace_id >> 64) as u64);
    }
    push_span_id(out, trace_id as u64);
    out.push('"');
}

/// One trace; its id is that of its first span.
pub fn push_trace(out: &mut String, spans: &[Span]) {
    out.push_str(r#"{"traceID":"#);
    match spans.first() {
        Some(span) => push_trace_id(out, span.trace_id),
        None => out.push_str("\"\""),
    }
    let mut processes: Vec<&Arc<Process>> = Vec::new();
    out.push_str(r#","spans":"#);
    push_list(out, spans, |out, span| {
        let place = processes.iter().position(|known| **known == span.process);
        let place = place.unwrap_or_else(|| {
            processes.push(&span.process);
            processes.len() - 1
        });
        push_span(out, span, place + 1);
    });
    out.push_str(r#","processes":{"#);
    for (place, process) in processes.into_iter().enumerate() {
        if place > 0 {
            out.push(',');
        }
        push_display(out, format_args!(r#""p{}":{{"serviceName":"#, place + 1));
        push_string(out, &process.service);
        out.push_str(r#","tags":"#);
        push_list(out, &process.tags, push_tag);
        out.push('}');
    }
    out.push_str(r#"},"warnings":null}"#);
}

/// Times before 1970 are what an unsigned number makes of them.
const fn micros(ns: i64) -> u64 {
    (ns / 1000) as u64
}

fn push_span(out: &mut String, span: &Span, process: usize) {
    let Span { trace_id, span_id, name, references, start_ns, duration_ns, tags, logs, warnings, .. } = span;
    out.push_str(r#"{"traceID":"#);
    push_trace_id(out, *trace_id);
    out.push_str(r#","spanID":""#);
    push_span_id(out, *span_id);
    out.push_str(r#"","operationName":"#);
    push_string(out, name);
    out.push_str(r#","references":"#);
    push_list(out, references, push_reference);
    push_display(
        out,
        format_args!(r#","startTime":{},"duration":{},"tags":"#, micros(*start_ns), micros(*duration_ns)),
    );
    push_list(out, tags, push_tag);
    out.push_str(r#","logs":"#);
    push_list(out, logs, |out, Log { time_ns, fields }| {
        push_display(out, format_args!(r#"{{"timestamp":{},"fields":"#, micros(*time_ns)));
        push_list(out, fields, push_tag);
        out.push('}');
    });
    push_display(out, format_args!(r#","processID":"p{process}","warnings":"#));
    if warnings.is_empty() {
        out.push_str("null");
    } else {
        push_list(out, warnings, |out, warning| push_string(out, warning));
    }
    out.push('}');
}

pub const fn kind_text(kind: RefKind) -> &'static str {
    match kind {
        RefKind::ChildOf => "CHILD_OF",
        RefKind::FollowsFrom => "FOLLOWS_FROM",
    }
}

fn push_reference(out: &mut String, reference: &Reference) {
    let Reference { kind, trace_id, span_id } = reference;
    push_display(out, format_args!(r#"{{"refType":"{}","traceID":"#, kind_text(*kind)));
    push_trace_id(out, *trace_id);
    out.push_str(r#","spanID":""#);
    push_span_id(out, *span_id);
    out.push_str("\"}");
}

/// The largest whole number that every reader of JSON can hold.
const MAX_SAFE: u64 = (1 << 53) - 1;

fn push_tag(out: &mut String, tag: &Tag) {
    let Tag { key, value } = tag;
    out.push_str(r#"{"key":"#);
    push_string(out, key);
    out.push_str(r#","type":""#);
    match value {
        Value::Text(text) => {
            out.push_str(r#"string","value":""#);
            push_escaped(out, text);
            out.push('"');
        }
        Value::Bool(is_true) => push_display(out, format_args!(r#"bool","value":{is_true}"#)),
        Value::Int(number) if number.unsigned_abs() > MAX_SAFE => {
            push_display(out, format_args!(r#"int64","value":"{number}""#));
        }
        Value::Int(number) => push_display(out, format_args!(r#"int64","value":{number}"#)),
        Value::Float(number) => {
            out.push_str(r#"float64","value":"#);
            push_number(out, *number);
        }
        Value::Binary(bytes) => push_display(out, format_args!(r#"binary","value":"{}""#, STANDARD.encode(bytes))),
    }
    out.push('}');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_envelope_of_a_problem() {
        let problem = Problem { status: None, message: "trace not found".into(), trace_id: Some(0xff) };
        assert_eq!(
            envelope("[]", 0, &[problem]),
            r#"{"data":[],"total":0,"limit":0,"offset":0,"errors":[{"msg":"trace not found","traceID":"00000000000000ff"}]}"#
        );
        assert_eq!(envelope("null", 2, &[]), r#"{"data":null,"total":2,"limit":0,"offset":0,"errors":null}"#);
    }

    #[test]
    fn numbers_beyond_what_a_browser_can_hold_are_texts() {
        for (number, written) in [(1 << 53, "\"9007199254740992\""), ((1 << 53) - 1, "9007199254740991")] {
            let mut out = String::new();
            push_tag(&mut out, &Tag::new("n", Value::Int(number)));
            assert_eq!(out, format!(r#"{{"key":"n","type":"int64","value":{written}}}"#));
        }
    }
}
