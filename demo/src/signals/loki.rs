//! `POST /loki/api/v1/push` of Loki in its JSON form.
//!
//! One stream per container and output, with few labels: what varies from line to line is in the line, or, for the ids of the
//! trace, in its structured metadata. Within a stream entries are in order of time.

use std::collections::BTreeMap;

use super::json::{push_display, push_span_id, push_string, push_trace_id};
use super::logs::{LogRecord, LogStream};
use super::sources::{NAMESPACE, SOURCES, Source, push_labels};

/// The body of one request.
pub fn body(logs: &[LogRecord]) -> Vec<u8> {
    let mut streams: BTreeMap<(usize, LogStream), Vec<&LogRecord>> = BTreeMap::new();
    for record in logs {
        streams.entry((record.source, record.stream)).or_default().push(record);
    }
    let bytes: usize = logs.iter().map(|record| record.line.len() + record.line.len() / 8 + 130).sum();
    let mut out = String::with_capacity(64 + bytes);
    out.push_str(r#"{"streams":["#);
    let mut is_first = true;
    for ((source, stream), mut records) in streams {
        let Some(source) = SOURCES.get(source) else { continue };
        if !is_first {
            out.push(',');
        }
        is_first = false;
        out.push_str(r#"{"stream":"#);
        push_stream(&mut out, *source, stream);
        out.push_str(r#","values":["#);
        records.sort_by_key(|record| record.time_ns);
        for (number, record) in records.iter().enumerate() {
            if number > 0 {
                out.push(',');
            }
            push_entry(&mut out, record);
        }
        out.push_str("]}");
    }
    out.push_str("]}");
    out.into_bytes()
}

fn push_stream(out: &mut String, source: Source, stream: LogStream) {
    let job = format!("{NAMESPACE}/{}", source.app);
    push_labels(
        out,
        &[
            ("app", source.app),
            ("container", source.container),
            ("job", &job),
            ("namespace", NAMESPACE),
            ("node_name", source.node_name()),
            ("pod", source.pod),
            ("stream", stream.name()),
        ],
    );
}

fn push_entry(out: &mut String, record: &LogRecord) {
    push_display(out, format_args!(r#"["{}","#, record.time_ns));
    push_string(out, &record.line);
    if let (Some(trace_id), Some(span_id)) = (record.trace_id, record.span_id) {
        out.push_str(r#",{"trace_id":""#);
        push_trace_id(out, trace_id);
        out.push_str(r#"","span_id":""#);
        push_span_id(out, span_id);
        out.push_str("\"}");
    }
    out.push(']');
}
