//! Traces that leave as a document and come back.

use super::*;
use crate::{
    api::jaeger::{document, traces_from_document},
    model::trace::{DocumentKind, ReferenceKind, SpanDetail, TagValue},
};

fn by_id(mut traces: Vec<Trace>) -> Vec<Trace> {
    traces.sort_by_key(|trace| trace.id().0);
    traces
}

fn read(text: &str) -> Vec<Trace> {
    let traces = traces_from_document(text.as_bytes()).expect(text);
    by_id(traces.iter().map(|trace| (**trace).clone()).collect())
}

/// What a kind of document keeps of a span's details.
fn kept(mut detail: SpanDetail, kind: DocumentKind) -> SpanDetail {
    match kind {
        DocumentKind::Jaeger => {
            for reference in &mut detail.references {
                reference.tags.clear();
            }
            for event in &mut detail.events {
                event.time_ns -= event.time_ns.rem_euclid(1000);
            }
        }
        DocumentKind::OpenTelemetry => {
            // Its tags come by name, its parent before its links.
            for tags in [&mut detail.tags, &mut detail.process_tags] {
                tags.sort_by(|a, b| a.key.cmp(&b.key));
            }
            detail.references.sort_by_key(|reference| reference.kind == ReferenceKind::FollowsFrom);
        }
    }
    detail
}

/// OTLP has no room for what a backend says of a whole trace.
fn without_trace_warnings(told: &str) -> String {
    let (head, spans) = told.split_once('\n').expect("a line for the trace");
    format!("{}\n{spans}", head.split(' ').next().unwrap_or_default())
}

#[test]
fn every_fixture_comes_back_as_it_was() {
    for (name, body) in bodies_with_spans() {
        let traces = by_id(scanned([body.as_slice()]).expect(&name));
        for kind in [DocumentKind::Jaeger, DocumentKind::OpenTelemetry] {
            let text = document(&traces, kind, &|detail| detail);
            let again = read(&text);
            assert_eq!(again.len(), traces.len(), "{name} {kind:?}");
            for (was, is) in traces.iter().zip(&again) {
                let told_was = match kind {
                    DocumentKind::Jaeger => told(was),
                    DocumentKind::OpenTelemetry => without_trace_warnings(&told(was)),
                };
                assert_eq!(told(is), told_was, "{name} {kind:?}");
                for span in 0..was.len() {
                    let (was, is) = (kept(was.detail(span), kind), kept(is.detail(span), kind));
                    assert_eq!(is, was, "{name} {kind:?} {span}");
                }
            }
            // And what came back leaves as it did the first time.
            assert_eq!(document(&again, kind, &|detail| detail), text, "{name} {kind:?}");
        }
    }
}

#[test]
fn what_is_hidden_does_not_leave() {
    let traces = traces_of("1.76/trace");
    let hidden = |mut detail: SpanDetail| {
        for tag in &mut detail.tags {
            tag.value = TagValue::Text("[REDACTED]".to_owned());
        }
        detail
    };
    for kind in [DocumentKind::Jaeger, DocumentKind::OpenTelemetry] {
        let again = read(&document(&traces, kind, &hidden));
        let values = again.iter().flat_map(|trace| (0..trace.len()).flat_map(|span| trace.detail(span).tags));
        assert!(values.clone().count() > 10 && values.clone().all(|tag| tag.value.to_string() == "[REDACTED]"));
    }
}

#[test]
fn odd_texts_and_numbers() {
    let body = r#"{"data":[{"traceID":"a","spans":[{"traceID":"a","spanID":"1","operationName":"q \"x\"\n\u0001\\ é \ud83d\ude00",
        "startTime":1767225600000000,"duration":5,"tags":[{"key":"big","type":"int64","value":"9007199254740993"},
        {"key":"nan","type":"float64","value":"NaN"},{"key":"less","type":"float64","value":"-Infinity"},
        {"key":"tiny","type":"float64","value":5e-324},{"key":"","type":"string","value":"</script>"}],"processID":"p1"}],
        "processes":{"p1":{"serviceName":"a\tb","tags":[]}}}]}"#;
    let traces = scanned([body.as_bytes()]).expect("a trace");
    for kind in [DocumentKind::Jaeger, DocumentKind::OpenTelemetry] {
        let again = read(&document(&traces, kind, &|detail| detail));
        let (was, is) = (&traces[0], &again[0]);
        assert_eq!((is.operation(0), is.service(0)), (was.operation(0), was.service(0)));
        let texts = |trace: &Trace| {
            let mut texts: Vec<String> = trace.detail(0).tags.iter().map(|tag| format!("{tag:?}")).collect();
            texts.sort();
            texts
        };
        assert_eq!(texts(is), texts(was), "{kind:?}");
    }
    let nothing: [&Trace; 0] = [];
    assert_eq!(document(nothing, DocumentKind::OpenTelemetry, &|detail| detail), "{\"resourceSpans\":[]}\n");
}
