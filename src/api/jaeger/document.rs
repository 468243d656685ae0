//! Traces as one JSON document, which this page, Jaeger UI and OpenTelemetry's tools open.
//!
//! Invariant: what is written is what the page shows: durations as they were mended, details as `shown` lets them through
//! (secrets hidden); only a start that was not told stays untold. Reading it again ([`super::traces_from_document`]) gives the same spans and details; a test has
//! that of every fixture. Jaeger's document has whole microseconds and no tags of links, OTLP's no remarks about a whole
//! trace, since their shapes have no room for them.

use std::{collections::BTreeMap, fmt::Write as _};

use crate::{
    analysis::json::push_text,
    model::trace::{DocumentKind, Reference, ReferenceKind, SpanDetail, SpanEvent, SpanFlags, Tag, TagValue, Trace},
};

/// Whole numbers beyond this lose digits in JavaScript; Jaeger writes them as strings.
const MAX_EXACT: u64 = 1 << 53;

/// `shown` is asked once for each span.
pub fn document<'a>(
    traces: impl IntoIterator<Item = &'a Trace>,
    kind: DocumentKind,
    shown: &dyn Fn(SpanDetail) -> SpanDetail,
) -> String {
    let mut out = String::new();
    let traces = traces.into_iter();
    match kind {
        DocumentKind::Jaeger => {
            out.push_str("{\"data\":[");
            write_list(&mut out, traces, |out, trace| write_jaeger(out, trace, shown));
            out.push_str("],\"total\":0,\"limit\":0,\"offset\":0,\"errors\":null}\n");
        }
        DocumentKind::OpenTelemetry => {
            let mut scopes = Scopes::default();
            for trace in traces {
                scopes.add(trace, shown);
            }
            scopes.write(&mut out);
        }
    }
    out
}

fn write_list<T>(out: &mut String, items: impl Iterator<Item = T>, mut write: impl FnMut(&mut String, T)) {
    for (at, item) in items.enumerate() {
        if at > 0 {
            out.push(',');
        }
        write(out, item);
    }
}

fn write_args(out: &mut String, args: std::fmt::Arguments<'_>) {
    // A `String` takes everything.
    let _never_fails = out.write_fmt(args);
}

/// A number, or what Protobuf's JSON has for one that is not finite.
fn write_float(out: &mut String, value: f64) {
    match value {
        value if value.is_finite() => write_args(out, format_args!("{value}")),
        f64::INFINITY => out.push_str("\"Infinity\""),
        f64::NEG_INFINITY => out.push_str("\"-Infinity\""),
        _ => out.push_str("\"NaN\""),
    }
}

/// 0 where the backend had none.
fn told_start_ns(trace: &Trace, span: usize) -> i64 {
    if trace.flags(span).contains(SpanFlags::NO_START) { 0 } else { trace.span_start_ns(span) }
}

fn write_jaeger(out: &mut String, trace: &Trace, shown: &dyn Fn(SpanDetail) -> SpanDetail) {
    // By what is written of it.
    let mut processes: BTreeMap<String, usize> = BTreeMap::new();
    write_args(out, format_args!("{{\"traceID\":\"{}\",\"spans\":[", trace.id()));
    write_list(out, 0..trace.len(), |out, span| {
        let detail = shown(trace.detail(span));
        let mut process = String::from("{\"serviceName\":");
        push_text(&mut process, trace.service(span));
        process.push_str(",\"tags\":");
        write_tags(&mut process, &detail.process_tags);
        process.push('}');
        let next = processes.len() + 1;
        let number = *processes.entry(process).or_insert(next);
        write_jaeger_span(out, trace, span, &detail, number);
    });
    out.push_str("],\"processes\":{");
    write_list(out, processes.into_iter(), |out, (process, number)| {
        write_args(out, format_args!("\"p{number}\":{process}"));
    });
    out.push_str("},\"warnings\":");
    write_warnings(out, trace.warnings());
    out.push('}');
}

fn write_jaeger_span(out: &mut String, trace: &Trace, span: usize, detail: &SpanDetail, process: usize) {
    let SpanDetail { tags, process_tags: _, events, references, warnings } = detail;
    let (trace_id, span_id) = (trace.id(), trace.span_id(span));
    write_args(out, format_args!("{{\"traceID\":\"{trace_id}\",\"spanID\":\"{span_id}\",\"operationName\":"));
    push_text(out, trace.operation(span));
    out.push_str(",\"references\":[");
    write_list(out, references.iter(), |out, Reference { kind, trace_id, span_id, tags: _ }| {
        let kind = match kind {
            ReferenceKind::ChildOf => "CHILD_OF",
            ReferenceKind::FollowsFrom => "FOLLOWS_FROM",
        };
        write_args(out, format_args!("{{\"refType\":\"{kind}\",\"traceID\":\"{trace_id}\",\"spanID\":\"{span_id}\"}}"));
    });
    let start_us = told_start_ns(trace, span).div_euclid(1000);
    let duration_us = trace.span_duration_ns(span).div_euclid(1000);
    write_args(out, format_args!("],\"startTime\":{start_us},\"duration\":{duration_us},\"tags\":"));
    write_tags(out, tags);
    out.push_str(",\"logs\":[");
    write_list(out, events.iter(), |out, SpanEvent { time_ns, name, fields }| {
        write_args(out, format_args!("{{\"timestamp\":{},\"fields\":[", time_ns.div_euclid(1000)));
        let name = Tag { key: "event".to_owned(), value: TagValue::Text(name.clone()) };
        let has_name = !matches!(&name.value, TagValue::Text(text) if text.is_empty());
        write_list(out, has_name.then_some(&name).into_iter().chain(fields), write_tag);
        out.push_str("]}");
    });
    write_args(out, format_args!("],\"processID\":\"p{process}\",\"warnings\":"));
    write_warnings(out, warnings);
    out.push('}');
}

fn write_warnings(out: &mut String, warnings: &[String]) {
    if warnings.is_empty() {
        out.push_str("null");
        return;
    }
    out.push('[');
    write_list(out, warnings.iter(), |out, text| push_text(out, text));
    out.push(']');
}

fn write_tags(out: &mut String, tags: &[Tag]) {
    out.push('[');
    write_list(out, tags.iter(), write_tag);
    out.push(']');
}

fn write_tag(out: &mut String, Tag { key, value }: &Tag) {
    out.push_str("{\"key\":");
    push_text(out, key);
    let kind = match value {
        TagValue::Text(_) => "string",
        TagValue::Int(_) => "int64",
        TagValue::Float(_) => "float64",
        TagValue::Bool(_) => "bool",
        TagValue::Binary(_) => "binary",
    };
    write_args(out, format_args!(",\"type\":\"{kind}\",\"value\":"));
    match value {
        TagValue::Text(text) | TagValue::Binary(text) => push_text(out, text),
        TagValue::Int(value) if value.unsigned_abs() > MAX_EXACT => write_args(out, format_args!("\"{value}\"")),
        TagValue::Int(value) => write_args(out, format_args!("{value}")),
        TagValue::Float(value) => write_float(out, *value),
        TagValue::Bool(value) => write_args(out, format_args!("{value}")),
    }
    out.push('}');
}

/// Spans of OTLP by what made them.
#[derive(Default)]
struct Scopes {
    /// By what is written of the resource and of the scope.
    spans: BTreeMap<(String, String), String>,
}

/// What OTLP keeps as fields of a span and [`SpanDetail`] as tags.
#[derive(Default)]
struct Fields<'a> {
    kind: Option<&'static str>,
    status: Option<&'static str>,
    status_text: &'a str,
    state: &'a str,
    scope: &'a str,
    scope_version: &'a str,
    rest: Vec<&'a Tag>,
}

impl<'a> Fields<'a> {
    fn of(tags: &'a [Tag]) -> Self {
        let mut fields = Self::default();
        for tag in tags {
            let text = match &tag.value {
                TagValue::Text(text) => text.as_str(),
                _ => "",
            };
            match (tag.key.as_str(), text) {
                ("span.kind", "internal") => fields.kind = Some("1"),
                ("span.kind", "server") => fields.kind = Some("2"),
                ("span.kind", "client") => fields.kind = Some("3"),
                ("span.kind", "producer") => fields.kind = Some("4"),
                ("span.kind", "consumer") => fields.kind = Some("5"),
                ("otel.status_code", "OK") => fields.status = Some("1"),
                ("otel.status_code", "ERROR") => fields.status = Some("2"),
                ("otel.status_description", text) if !text.is_empty() => fields.status_text = text,
                ("w3c.tracestate", text) if !text.is_empty() => fields.state = text,
                ("otel.scope.name", text) if !text.is_empty() => fields.scope = text,
                ("otel.scope.version", text) if !text.is_empty() => fields.scope_version = text,
                _ => fields.rest.push(tag),
            }
        }
        fields
    }
}

impl Scopes {
    fn add(&mut self, trace: &Trace, shown: &dyn Fn(SpanDetail) -> SpanDetail) {
        for span in 0..trace.len() {
            let SpanDetail { tags, process_tags, events, references, warnings } = shown(trace.detail(span));
            let fields = Fields::of(&tags);
            let service = Tag { key: "service.name".to_owned(), value: TagValue::Text(trace.service(span).to_owned()) };
            let mut resource = String::from("[");
            write_list(&mut resource, [&service].into_iter().chain(&process_tags), write_attribute);
            resource.push(']');
            let mut scope = String::from("{\"name\":");
            push_text(&mut scope, fields.scope);
            if !fields.scope_version.is_empty() {
                scope.push_str(",\"version\":");
                push_text(&mut scope, fields.scope_version);
            }
            scope.push('}');
            let out = self.spans.entry((resource, scope)).or_default();
            if !out.is_empty() {
                out.push(',');
            }
            write_otlp_span(out, trace, span, &fields, &events, &references, &warnings);
        }
    }

    fn write(self, out: &mut String) {
        let mut open = None;
        out.push_str("{\"resourceSpans\":[");
        for ((resource, scope), spans) in self.spans {
            if open.as_ref() == Some(&resource) {
                out.push(',');
            } else {
                if open.is_some() {
                    out.push_str("]},");
                }
                write_args(out, format_args!("{{\"resource\":{{\"attributes\":{resource}}},\"scopeSpans\":["));
                open = Some(resource);
            }
            write_args(out, format_args!("{{\"scope\":{scope},\"spans\":[{spans}]}}"));
        }
        if open.is_some() {
            out.push_str("]}");
        }
        out.push_str("]}\n");
    }
}

fn write_otlp_span(
    out: &mut String,
    trace: &Trace,
    span: usize,
    fields: &Fields<'_>,
    events: &[SpanEvent],
    references: &[Reference],
    warnings: &[String],
) {
    let (trace_id, span_id) = (trace.id(), trace.span_id(span));
    write_args(out, format_args!("{{\"traceId\":\"{:032x}\",\"spanId\":\"{span_id}\"", trace_id.0));
    if !fields.state.is_empty() {
        out.push_str(",\"traceState\":");
        push_text(out, fields.state);
    }
    let is_parent = |reference: &&Reference| reference.kind == ReferenceKind::ChildOf && reference.trace_id == trace_id;
    let parent = references.iter().position(|reference| is_parent(&reference));
    if let Some(Reference { span_id, .. }) = parent.and_then(|at| references.get(at)) {
        write_args(out, format_args!(",\"parentSpanId\":\"{span_id}\""));
    }
    out.push_str(",\"name\":");
    push_text(out, trace.operation(span));
    if let Some(kind) = fields.kind {
        write_args(out, format_args!(",\"kind\":{kind}"));
    }
    let start_ns = told_start_ns(trace, span);
    let end_ns = start_ns.saturating_add(trace.span_duration_ns(span));
    write_args(
        out,
        format_args!(",\"startTimeUnixNano\":\"{start_ns}\",\"endTimeUnixNano\":\"{end_ns}\",\"attributes\":["),
    );
    // The status says it.
    let is_said = |tag: &&&Tag| fields.status == Some("2") && tag.key == "error" && tag.value == TagValue::Bool(true);
    write_list(out, fields.rest.iter().filter(|tag| !is_said(tag)).copied(), write_attribute);
    if !warnings.is_empty() {
        if out.ends_with('}') {
            out.push(',');
        }
        out.push_str("{\"key\":\"@jaeger@warnings\",\"value\":{\"arrayValue\":{\"values\":[");
        write_list(out, warnings.iter(), |out, text| write_any_value(out, &TagValue::Text(text.clone())));
        out.push_str("]}}}");
    }
    out.push_str("],\"events\":[");
    write_list(out, events.iter(), |out, SpanEvent { time_ns, name, fields }| {
        write_args(out, format_args!("{{\"timeUnixNano\":\"{time_ns}\",\"name\":"));
        push_text(out, name);
        out.push_str(",\"attributes\":[");
        write_list(out, fields.iter(), write_attribute);
        out.push_str("]}");
    });
    out.push_str("],\"links\":[");
    let links = references.iter().enumerate().filter(|(at, _)| Some(*at) != parent);
    write_list(out, links, |out, (_, Reference { kind, trace_id, span_id, tags })| {
        let child_of = Tag { key: "opentracing.ref_type".to_owned(), value: TagValue::Text("child_of".to_owned()) };
        let said = (*kind == ReferenceKind::ChildOf).then_some(&child_of);
        let trace_id = trace_id.0;
        write_args(out, format_args!("{{\"traceId\":\"{trace_id:032x}\",\"spanId\":\"{span_id}\",\"attributes\":["));
        write_list(out, said.into_iter().chain(tags), write_attribute);
        out.push_str("]}");
    });
    out.push_str("],\"status\":{");
    if let Some(code) = fields.status {
        write_args(out, format_args!("\"code\":{code}"));
    }
    if !fields.status_text.is_empty() {
        if fields.status.is_some() {
            out.push(',');
        }
        out.push_str("\"message\":");
        push_text(out, fields.status_text);
    }
    out.push_str("}}");
}

fn write_attribute(out: &mut String, Tag { key, value }: &Tag) {
    out.push_str("{\"key\":");
    push_text(out, key);
    out.push_str(",\"value\":");
    write_any_value(out, value);
    out.push('}');
}

fn write_any_value(out: &mut String, value: &TagValue) {
    match value {
        TagValue::Text(text) => {
            out.push_str("{\"stringValue\":");
            push_text(out, text);
        }
        TagValue::Int(value) => write_args(out, format_args!("{{\"intValue\":\"{value}\"")),
        TagValue::Float(value) => {
            out.push_str("{\"doubleValue\":");
            write_float(out, *value);
        }
        TagValue::Bool(value) => write_args(out, format_args!("{{\"boolValue\":{value}")),
        TagValue::Binary(text) => {
            out.push_str("{\"bytesValue\":");
            push_text(out, text);
        }
    }
    out.push('}');
}
