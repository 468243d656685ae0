//! What is odd in real answers, and what becomes of it.

use super::*;
use crate::model::trace::{Reference, ReferenceKind, SpanDetail, SpanEvent, SpanId, Tag, TagValue, TraceId};

#[track_caller]
fn check(name: &str, expect: &str) {
    let actual: String = traces_of(name).iter().map(told).collect();
    let margin = expect.lines().filter(|line| !line.trim().is_empty()).map(|l| l.len() - l.trim_start().len()).min();
    let expect: Vec<&str> = expect.lines().filter_map(|line| line.get(margin.unwrap_or_default()..)).collect();
    assert_eq!(actual.trim(), expect.join("\n").trim(), "{name}");
}

/// An orphan, two spans of one id, a span that never started, a reference to another trace; in the new dialect zeros are left
/// out, and a warning is an attribute.
#[test]
fn the_same_trace_in_both_dialects() {
    let expect = "
        4bf92f3577b34da6a3ce929d0e0e4736
        1 api / create_agent @0+250000 server V
          7 api / never started @0+0  Ws
          2 api / mcp_manager_call @50000+100000 client E
            3 mcp-manager / tools/call @60000+80000 server
          4 api / follow up @200000+10000 internal L
          6 api / twice @220000+5000 internal
          6 api / twice @230000+5000 internal Wd
        5 api / orphan @210000+5000 internal Wo
    ";
    check("1.76/trace", expect);
    check("1.76/v3_trace", expect);
}

#[test]
fn the_same_details_in_both_dialects() {
    let (legacy, v3) = (traces_of("1.76/trace"), traces_of("1.76/v3_trace"));
    let (legacy, v3) = (legacy.first().expect("a trace"), v3.first().expect("a trace"));
    for span in 0..legacy.len() {
        let (ours, mut other) = (legacy.detail(span), v3.detail(span));
        if legacy.operation(span) == "orphan" {
            // The two adjusters of the server have different words for it.
            assert!(other.warnings[0].starts_with("parent span ID=00000000000000ff is not in the trace"));
            other.warnings.clone_from(&ours.warnings);
        }
        assert_eq!(ours, other, "{}", legacy.operation(span));
    }
}

fn tag(key: &str, value: impl Into<TagValue>) -> Tag {
    Tag { key: key.to_owned(), value: value.into() }
}

impl From<&str> for TagValue {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<i64> for TagValue {
    fn from(number: i64) -> Self {
        Self::Int(number)
    }
}

/// Whole numbers beyond 2^53 are strings on the wire, bytes are Base64, markup is text.
#[test]
fn details() {
    let traces = traces_of("1.76/trace");
    let trace = traces.first().expect("a trace");
    let expect = SpanDetail {
        tags: vec![
            tag("agent.id", "<b>hostile</b> \"q\" ü"),
            tag("big", 9_007_199_254_740_993),
            tag("edge", 9_007_199_254_740_991),
            tag("http.method", "POST"),
            tag("http.status_code", 200),
            tag("is_new", TagValue::Bool(true)),
            tag("models", "[\"a\",\"b\"]"),
            tag("otel.scope.name", "agentarea"),
            tag("otel.scope.version", "1.0"),
            tag("payload", TagValue::Binary("AP/+".to_owned())),
            tag("ratio", TagValue::Float(0.1)),
            tag("span.kind", "server"),
            tag("w3c.tracestate", "vendor=1"),
        ],
        process_tags: vec![tag("host.name", "api-1"), tag("ip", "10.0.0.1")],
        events: vec![SpanEvent {
            time_ns: 1_767_225_600_030_000_000,
            name: "validated".to_owned(),
            fields: vec![tag("rows", 3)],
        }],
        references: Vec::new(),
        warnings: Vec::new(),
    };
    assert_eq!(trace.detail(0), expect);
    let reference = |kind, trace_id, span_id| Reference {
        kind,
        trace_id: TraceId(trace_id),
        span_id: SpanId(span_id),
        tags: Vec::new(),
    };
    let follow_up = trace.find(SpanId(4)).expect("the span");
    assert_eq!(
        trace.detail(follow_up).references,
        [
            reference(ReferenceKind::ChildOf, trace.id().0, 1),
            reference(ReferenceKind::FollowsFrom, 0x00f0_67aa_0ba9_02b7, 0xb1)
        ]
    );
    let failed = trace.detail(2);
    assert_eq!(failed.tag_text("otel.status_description").as_deref(), Some("connection refused"));
    assert!(trace.span_document(2).starts_with("{\n  \"traceID\": \"4bf92f3577b34da6a3ce929d0e0e4736\",\n"));
    assert_eq!((trace.detail(99), trace.span_document(99)), (SpanDetail::default(), String::new()));
}

#[test]
fn cycles_are_cut() {
    check(
        "1.76/trace_cycle",
        "
        cccccccccccccccccccccccccccccccc
        c1 scheduler / egg @0+10000 internal c
          c2 scheduler / hen @1000+10000 internal
        ",
    );
}

#[test]
fn lists_may_be_null() {
    check(
        "documented/trace_nulls",
        "
        00f067aa0ba902b7
        b1 mcp-manager / nightly @0+20000
        b2 mcp-manager / nightly @0+20000  V
        ",
    );
    let traces = traces_of("documented/trace_nulls");
    let event = SpanEvent { time_ns: 1_767_225_600_510_000_000, name: String::new(), fields: Vec::new() };
    assert_eq!(traces[0].detail(0), SpanDetail::default());
    assert_eq!(traces[0].detail(1), SpanDetail { events: vec![event], ..SpanDetail::default() });
}

#[test]
fn processes_may_be_missing_or_in_the_span() {
    check(
        "documented/trace_missing_process",
        "
        4bf92f3577b34da6a3ce929d0e0e4736
        1 api / create_agent @0+250000
          2 unknown-service / elsewhere @50000+1000
        ",
    );
    // Its parent is named by a key that newer versions do not write.
    check("documented/trace_process_of_each_span", "00f067aa0ba902b7\nb1 mcp-manager / nightly @0+20000  o");
    let detail = traces_of("documented/trace_process_of_each_span")[0].detail(0);
    assert_eq!(detail.references[0].span_id, SpanId(0xb0));
}

#[test]
fn the_first_reference_that_is_in_the_trace_is_the_parent() {
    check(
        "documented/trace_several_references",
        "
        4bf92f3577b34da6a3ce929d0e0e4736 !some spans may be missing: the limit of a trace is reached
        a1 worker / receive @0+9000  L
          a3 worker / follow @1000+1000  f
          a2 worker / batch @2000+3000  L
        ",
    );
}

/// An id in capitals or without zeros is the same id, and an escaped name the same name.
#[test]
fn keys_may_come_in_any_order() {
    check(
        "documented/trace_keys_in_another_order",
        "
        4bf92f3577b34da6a3ce929d0e0e4736
        b0 api / outer @0+9000
          b1 api / inner @1000+5000 server E
        b2 api / outer @2000+1000
        ",
    );
    let traces = traces_of("documented/trace_keys_in_another_order");
    assert_eq!((traces[0].operation_key(0), traces[0].name_count()), (traces[0].operation_key(2), 4));
    assert_eq!(traces[0].detail(1).process_tags, [tag("host.name", "api-1")]);
}

/// The server moves the start of a span whose clock was off, and leaves its end where it was.
#[test]
fn several_traces_in_one_list_of_spans() {
    let traces = traces_of("1.76/v3_traces_merged");
    assert_eq!(traces.len(), 3);
    assert_eq!(told(&traces[0]), told(&traces_of("1.76/v3_trace")[0]));
    assert_eq!(told(&traces[1]), told(&traces_of("1.76/trace_skew")[0]));
    assert_eq!(told(&traces[2]), told(&traces_of("1.76/v3_trace_short_id")[0]));
    assert_eq!(traces[1].detail(1), traces_of("1.76/trace_skew")[0].detail(1));
    // Each has only its own names.
    assert_eq!((traces[2].name_count(), traces[2].service(0)), (2, "mcp-manager"));
    check(
        "1.76/trace_skew",
        "
        5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e
        d1 api / call @0+100000 client
          d2 mcp-manager / answer @25000+50000 server W
        ",
    );
}

#[test]
fn several_traces_of_the_old_dialect() {
    let traces = traces_of("1.76/traces");
    let ids: Vec<String> = traces.iter().map(|trace| trace.id().to_string()).collect();
    assert_eq!(ids, ["00f067aa0ba902b7", "5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e"]);
    assert_eq!((traces[0].len(), traces[1].len(), traces[0].name_count()), (1, 2, 2));
    assert_eq!(traces[1].detail(1), traces_of("1.76/trace_skew")[0].detail(1));
}

#[test]
fn ids_may_be_base64() {
    check(
        "documented/v3_trace_base64_ids",
        "
        4bf92f3577b34da6a3ce929d0e0e4736
        1 api / root @0+9000 server
          f067aa0ba902b7 api / child @1000+1000 internal L
        ",
    );
    let detail = traces_of("documented/v3_trace_base64_ids")[0].detail(1);
    assert_eq!((detail.references[1].trace_id.0, detail.references[1].span_id.0), (0x00f0_67aa_0ba9_02b7, 0xb1));
}

#[test]
fn a_resource_may_be_nobody() {
    check(
        "documented/v3_trace_without_service",
        "
        4bf92f3577b34da6a3ce929d0e0e4736
        1 unknown-service / nobody @0+1000
          2 unknown-service /  @0+0
        ",
    );
    let detail = traces_of("documented/v3_trace_without_service")[0].detail(1);
    assert_eq!(detail.tags, [tag("list", "[\"a\",1]"), tag("map", "{\"k\":\"NaN\"}")]);
}

/// Names of enumerations, keys with underscores, numbers that are no texts: what other tools write as OTLP.
#[test]
fn other_spellings_of_otlp() {
    let json = r#"{"resource_spans":[{"resource":{"attributes":[{"key":"service.name","value":{"string_value":"a"}}]},
        "instrumentation_library_spans":[{"spans":[{"trace_id":"0f","span_id":"0e","kind":"SPAN_KIND_CONSUMER",
        "start_time_unix_nano":5000,"end_time_unix_nano":9e3,"status":{"code":"STATUS_CODE_ERROR"},"name":"n"}]}]}]}"#;
    let traces = scanned([json.as_bytes()]).expect("a trace");
    assert_eq!(told(&traces[0]), "000000000000000f\ne a / n @0+4 consumer E\n");
    assert_eq!(traces[0].detail(0).tag_text("span.kind").as_deref(), Some("consumer"));
}

#[test]
fn depth_and_size_cost_no_stack() {
    for make in [payload::legacy, payload::v3] {
        let body = make(20_000, payload::Shape::Chain);
        let traces = scanned(body.chunks(64 * 1024)).expect("a trace");
        assert_eq!(traces[0].depth(19_999), 19_999);
    }
    let deep = format!(
        r#"{{"data":[{{"traceID":"1","x":{}{},"spans":[{{"spanID":"1","y":{}1{}}}]}}]}}"#,
        "[".repeat(200_000),
        "]".repeat(200_000),
        "{\"z\":".repeat(100_000),
        "}".repeat(100_000)
    );
    assert_eq!(scanned(deep.as_bytes().chunks(1000)).map(|traces| traces[0].len()), Ok(1));
}
