//! The bodies, byte by byte.

use super::*;

const TIME_NS: i64 = 1_795_032_000_123_456_789;

fn span() -> Span {
    Span {
        trace_id: 0x0102_0304_0506_0708_090a_0b0c_0d0e_0f10,
        span_id: 0xa1,
        parent_span_id: Some(0xb2),
        name: "SELECT agentarea".into(),
        kind: SpanKind::Client,
        process: 0,
        release: 1,
        start_ns: TIME_NS,
        end_ns: TIME_NS + 1_500_000,
        attributes: vec![
            ("net.peer.name", "postgresql".into()),
            ("net.peer.port", 5432_i64.into()),
            ("ratio", 0.5.into()),
            ("is_new", true.into()),
            ("list", AttributeValue::Texts(vec!["a\"b".into()])),
        ],
        events: vec![SpanEvent {
            name: "exception",
            time_ns: TIME_NS + 1_000,
            attributes: vec![("exception.type", "KeyError".into())],
        }],
        status: SpanStatus::Error("KeyError: 'x'\n".into()),
        links: vec![Link { trace_id: 1, span_id: 2, attributes: Vec::new() }],
        scope: "sqlalchemy",
    }
}

fn utf8(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap()
}

#[test]
fn otlp_has_hexadecimal_ids_and_long_numbers_as_text() {
    let body = utf8(otlp::body(&[span()]));
    let resource = r#"{"key":"service.name","value":{"stringValue":"agentarea-api"}},{"key":"service.namespace","value":{"stringValue":"agentarea"}},{"key":"service.version","value":{"stringValue":"1.9.0"}}"#;
    assert!(body.starts_with(&format!(r#"{{"resourceSpans":[{{"resource":{{"attributes":[{resource},"#)), "{body}");
    let spans = r#""scopeSpans":[{"scope":{"name":"sqlalchemy"},"spans":[{"traceId":"0102030405060708090a0b0c0d0e0f10","spanId":"00000000000000a1","parentSpanId":"00000000000000b2","name":"SELECT agentarea","kind":3,"startTimeUnixNano":"1795032000123456789","endTimeUnixNano":"1795032000124956789","attributes":[{"key":"net.peer.name","value":{"stringValue":"postgresql"}},{"key":"net.peer.port","value":{"intValue":"5432"}},{"key":"ratio","value":{"doubleValue":0.5}},{"key":"is_new","value":{"boolValue":true}},{"key":"list","value":{"arrayValue":{"values":[{"stringValue":"a\"b"}]}}}],"events":[{"timeUnixNano":"1795032000123457789","name":"exception","attributes":[{"key":"exception.type","value":{"stringValue":"KeyError"}}]}],"links":[{"traceId":"00000000000000000000000000000001","spanId":"0000000000000002","attributes":[]}],"status":{"code":2,"message":"KeyError: 'x'\n"}}]}]}]}"#;
    assert!(body.ends_with(spans), "{body}");
    assert_eq!(utf8(otlp::body(&[])), r#"{"resourceSpans":[]}"#);
}

#[test]
fn otlp_groups_by_process_version_and_scope() {
    let other = Span { process: 3, ..span() };
    let older = Span { release: 0, ..span() };
    let scoped = Span { scope: "redis", ..span() };
    let body: serde_json::Value = serde_json::from_slice(&otlp::body(&[other, span(), older, scoped, span()])).unwrap();
    let shape: Vec<(String, usize)> = body["resourceSpans"]
        .as_array()
        .unwrap()
        .iter()
        .map(|group| {
            let version = &group["resource"]["attributes"][2]["value"]["stringValue"];
            (version.as_str().unwrap().to_owned(), group["scopeSpans"].as_array().unwrap().len())
        })
        .collect();
    assert_eq!(shape, [("1.8.0".to_owned(), 1), ("1.9.0".to_owned(), 2), ("0.14.2".to_owned(), 1)]);
}

#[test]
fn zipkin_has_microseconds_and_text_tags() {
    assert_eq!(
        utf8(zipkin::body(&[span()])),
        r#"[{"traceId":"0102030405060708090a0b0c0d0e0f10","id":"00000000000000a1","parentId":"00000000000000b2","name":"select agentarea","kind":"CLIENT","timestamp":1795032000123456,"duration":1500,"localEndpoint":{"serviceName":"agentarea-api","ipv4":"10.42.0.11","port":8000},"remoteEndpoint":{"serviceName":"postgresql","port":5432},"annotations":[{"timestamp":1795032000123457,"value":"{\"exception\":{\"exception.type\":\"KeyError\"}}"}],"tags":{"otel.scope.name":"sqlalchemy","service.version":"1.9.0","service.instance.id":"agentarea-api-0","net.peer.name":"postgresql","net.peer.port":"5432","ratio":"0.5","is_new":"true","list":"[\"a\\\"b\"]","otel.status_code":"ERROR","error":"KeyError: 'x'\n"}}]"#
    );
    let internal = Span { kind: SpanKind::Internal, end_ns: TIME_NS, status: SpanStatus::Unset, ..span() };
    let body: serde_json::Value = serde_json::from_slice(&zipkin::body(&[internal])).unwrap();
    assert_eq!(body[0]["duration"], 1);
    assert!(body[0]["kind"].is_null() && body[0]["tags"]["error"].is_null() && body[0]["remoteEndpoint"].is_null());
}

fn records() -> Vec<LogRecord> {
    let json = LogRecord {
        time_ns: TIME_NS,
        source: 0,
        stream: LogStream::Stdout,
        level: Level::Info,
        line: r#"{"event": "a \"b\"", "level": "info"}"#.to_owned(),
        is_json: true,
        trace_id: Some(0xff),
        span_id: Some(0x1),
    };
    let earlier = LogRecord { time_ns: TIME_NS - 1, trace_id: None, span_id: None, ..json.clone() };
    let plain = LogRecord {
        source: 5,
        stream: LogStream::Stderr,
        line: "first\n\tsecond".to_owned(),
        is_json: false,
        trace_id: None,
        span_id: None,
        ..json.clone()
    };
    let database = LogRecord { source: 7, ..plain.clone() };
    vec![json, earlier, plain, database]
}

#[test]
fn loki_has_streams_with_their_entries_in_order() {
    assert_eq!(
        utf8(loki::body(&records())),
        r#"{"streams":[{"stream":{"app":"agentarea-api","container":"agentarea-api","job":"agentarea/agentarea-api","namespace":"agentarea","node_name":"node-1","pod":"agentarea-api-0","stream":"stdout"},"values":[["1795032000123456788","{\"event\": \"a \\\"b\\\"\", \"level\": \"info\"}"],["1795032000123456789","{\"event\": \"a \\\"b\\\"\", \"level\": \"info\"}",{"trace_id":"000000000000000000000000000000ff","span_id":"0000000000000001"}]]},{"stream":{"app":"agentarea-frontend","container":"agentarea-frontend","job":"agentarea/agentarea-frontend","namespace":"agentarea","node_name":"node-1","pod":"agentarea-frontend-0","stream":"stderr"},"values":[["1795032000123456789","first\n\tsecond"]]},{"stream":{"app":"postgresql","container":"postgresql","job":"agentarea/postgresql","namespace":"agentarea","node_name":"node-2","pod":"postgresql-0","stream":"stderr"},"values":[["1795032000123456789","first\n\tsecond"]]}]}"#
    );
    assert_eq!(utf8(loki::body(&[])), r#"{"streams":[]}"#);
}

#[test]
fn elasticsearch_gets_what_the_guide_s_fluentd_reads() {
    let bulk = utf8(elastic::bulk(&records()));
    let lines: Vec<&str> = bulk.lines().collect();
    // Two lines of the API and one of the frontend; the database's pod is not in the input's pattern.
    assert_eq!(lines.len(), 6);
    assert_eq!(lines[0], r#"{"index":{"_index":"agentarea-2026.11.18"}}"#);
    let id = SOURCES[0].container_id();
    assert_eq!(id.len(), 64);
    assert_eq!(
        lines[1],
        format!(
            r#"{{"event": "a \"b\"", "level": "info","stream":"stdout","logtag":"F","docker":{{"container_id":"{id}"}},"kubernetes":{{"container_name":"agentarea-api","namespace_name":"agentarea","pod_name":"agentarea-api-0","host":"node-1","labels":{{"app":"agentarea-api"}}}},"@log_name":"kubernetes.agentarea.var.log.containers.agentarea-api-0_agentarea_agentarea-api-{id}.log","@timestamp":"2026-11-18T20:00:00.123456789+00:00"}}"#
        )
    );
    assert!(lines[5].starts_with(r#"{"log":"first\n\tsecond","stream":"stderr","#), "{}", lines[5]);
    assert!(bulk.ends_with("}\n"));
}

#[test]
fn all_that_is_told_is_json_in_every_body() {
    let mut platform = Platform::with_history(2, NOW_MS, 1);
    let mut teller = Teller::new(2);
    for _ in 0..8 {
        platform.next_scrape();
        let told = teller.tell(&platform);
        for body in [otlp::body(&told.spans), zipkin::body(&told.spans), loki::body(&told.logs)] {
            assert!(serde_json::from_slice::<serde_json::Value>(&body).is_ok());
        }
        for line in utf8(elastic::bulk(&told.logs)).lines() {
            let document: serde_json::Value = serde_json::from_str(line).unwrap();
            assert!(document["index"].is_object() || document["@timestamp"].is_string());
        }
    }
}
