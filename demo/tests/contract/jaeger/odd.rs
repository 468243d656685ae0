//! A trace in which everything is odd that Jaeger repairs, moves or warns of; and the parameters that only matter there.
//!
//! Little is asserted of it: both sides must show it the same.

use serde_json::{Value, json};

use super::{Facts, attribute, envelope, refused, search_of};
use crate::case::{Case, Step, case, get, post};

impl Facts {
    fn odd_service(&self) -> String {
        format!("contract-{}-odd", self.run)
    }

    fn odd_trace_id(&self) -> String {
        format!("{}0dd00000000000000000a1b2", self.run)
    }
}

const ROOT: &str = "00f067aa0ba90301";
const SHARED: &str = "00f067aa0ba90302";
const REPEATED: &str = "00f067aa0ba90303";
const EMPTY: &str = "00f067aa0ba90304";
const SKEWED: &str = "00f067aa0ba90305";
const LINKED: &str = "00f067aa0ba90306";
const FAILED: &str = "00f067aa0ba90307";

/// The resources of the odd trace, as OTLP JSON.
pub fn resources(facts: &Facts) -> Vec<Value> {
    let at = |offset_us: i64| ((facts.at_ms * 1000 + offset_us) * 1000).to_string();
    let id = facts.odd_trace_id();
    let span = |span: &str, parent: &str, name: &str, kind: u8, (from_us, to_us): (i64, i64), more: Value| {
        let mut json = json!({
            "traceId": id, "spanId": span, "parentSpanId": parent, "name": name, "kind": kind,
            "startTimeUnixNano": at(from_us), "endTimeUnixNano": at(to_us),
        });
        for (key, value) in more.as_object().into_iter().flatten() {
            json[key] = value.clone();
        }
        json
    };
    let text = |key: &str, text: &str| attribute(key, "stringValue", json!(text));
    let link = |trace: &str, span: &str, attributes: Value| json!({"traceId": trace, "spanId": span, "attributes": attributes});
    let resource = |host: i64, spans: Value| {
        json!({
            "resource": {"attributes": [
                text("zone", "west"),
                text("service.name", &facts.odd_service()),
                attribute("ip", "intValue", json!(host.to_string())),
                text("host.name", &format!("host-{host}")),
            ]},
            "scopeSpans": [{"scope": {}, "spans": spans}],
        })
    };
    let repeated = || span(REPEATED, ROOT, "repeated", 1, (10, 20), json!({}));
    let map = json!({"values": [
        {"key": "b", "value": {"arrayValue": {"values": [{"stringValue": "<i>"}, {"doubleValue": 0.5}]}}},
        {"key": "a", "value": {"boolValue": false}},
    ]});
    let near = json!([
        span(
            ROOT,
            "",
            "root",
            3,
            (0, 100_000),
            json!({"traceState": "vendor=1", "status": {"code": 1}, "attributes": [
                attribute("map", "kvlistValue", map),
                attribute("large", "doubleValue", json!(1e21)),
                attribute("small", "doubleValue", json!(0.000_012_5)),
                attribute("peer.ipv4", "intValue", json!("2130706433")),
                text("telemetry.sdk.name", "other"),
                text("empty", ""),
            ]})
        ),
        span(SHARED, ROOT, "asks", 3, (1_000, 50_000), json!({})),
        repeated(),
        repeated(),
        span(EMPTY, ROOT, "takes no time", 1, (5, 5), json!({"attributes": [text("zebra", "last")]})),
        span(
            LINKED,
            ROOT,
            "linked",
            5,
            (30, 40),
            json!({
                "links": [
                    link(&id, ROOT, json!([text("opentracing.ref_type", "child_of")])),
                    link(&"0".repeat(32), REPEATED, json!([])),
                    link(&"7".repeat(32), REPEATED, json!([text("why", "because")])),
                ],
                "events": [
                    {"timeUnixNano": at(32), "name": "second", "attributes": [text("z", "1"), text("a", "2")]},
                    {"timeUnixNano": at(31), "name": "first", "attributes": [text("event", "its own name"), text("b", "3")]},
                    {"timeUnixNano": at(33), "attributes": [text("nameless", "yes")]},
                ],
            })
        ),
    ]);
    let far = json!([
        span(SHARED, ROOT, "answers", 2, (2_000, 40_000), json!({})),
        span(
            SKEWED,
            SHARED,
            "skewed",
            1,
            (700_000, 701_000),
            json!({"events": [{"timeUnixNano": at(700_500), "name": "x"}]})
        ),
        span(
            FAILED,
            SHARED,
            "failed",
            2,
            (3_000, 4_000),
            json!({"attributes": [
                attribute("http.status_code", "intValue", json!("503")),
                text("http.status_message", "try later"),
            ]})
        ),
    ]);
    vec![resource(167_772_161, near), resource(167_772_162, far)]
}

pub fn cases(facts: &Facts, cases: &mut Vec<Case>) {
    let id = facts.odd_trace_id();
    for (dialect, path) in [("old", "/api/traces"), ("v3", "/api/v3/traces")] {
        let raw = if dialect == "old" { "raw" } else { "raw_traces" };
        let path = format!("{path}/{id}");
        cases.push(case(format!("odd: the trace in the {dialect} API"), get(&path).status(200)));
        cases.push(case(
            format!("odd: the trace in the {dialect} API as it was given"),
            get(&path).param(raw, "true").status(200),
        ));
        cases.push(case(
            format!("odd: the {dialect} API refuses {raw}=x"),
            get(path).param(raw, "x").status(400).content_type("text/plain; charset=utf-8"),
        ));
    }
    let search = || search_of(facts, facts.odd_service());
    let found = |step: Step, count: usize| envelope(step).list("/data", Some(count));
    for (name, key, value, count) in [
        ("a large number", "large", "1e+21", 1),
        ("a small number", "small", "1.25e-05", 1),
        ("a map", "map", r#"{"a":false,"b":["\u003ci\u003e",0.5]}"#, 1),
        ("an empty text", "empty", "", 1),
        ("a tag of the process", "zone", "west", 1),
        ("a number before it becomes an address", "ip", "167772161", 1),
        ("an address", "ip", "10.0.0.1", 0),
        ("a field of an event", "nameless", "yes", 1),
        ("the name of an event", "event", "second", 1),
        ("the kind", "span.kind", "consumer", 1),
        ("the good status", "otel.status_code", "OK", 1),
        ("the state of a trace", "w3c.tracestate", "vendor=1", 1),
        ("the service's name", "service.name", "x", 0),
    ] {
        let tags = json!({key: value}).to_string();
        cases.push(case(format!("odd: traces by {name}"), found(search().param("tags", tags), count)));
    }
    cases.push(case(
        "odd: tags of two spans are not tags of one",
        found(search().param("tags", r#"{"zebra":"last","empty":""}"#), 0),
    ));
    cases.push(case(
        "odd: a duration in microseconds",
        found(search().param("minDuration", "100ms").param("maxDuration", "100ms"), 1),
    ));
    cases.push(case(
        "odd: printed for people",
        found(search().param("prettyPrint", "true"), 1).says("\n    \"data\": ["),
    ));
    for limit in ["0", "-1"] {
        cases.push(case(format!("odd: limit={limit} is none"), found(search().param("limit", limit), 1)));
    }
    cases.push(case(
        "odd: several ids, one twice",
        get("/api/traces").param("traceID", &id).param("traceID", &id).json().list("/data", Some(2)),
    ));
    cases.push(case(
        "odd: operations have all kinds",
        envelope(get("/api/operations").param("service", facts.odd_service())).list("/data", Some(8)),
    ));
    for (name, pairs) in [
        ("an end before its start", &[("minDuration", "2s"), ("maxDuration", "1s")] as &[(&'static str, &str)]),
        ("a duration without a number", &[("minDuration", "s")]),
        ("a unit that is none", &[("minDuration", "1parsec")]),
        ("a limit of more than 32 bits", &[("limit", "4294967296")]),
        ("tags that end too early", &[("tags", "{")]),
        ("tags that are a list", &[("tags", "[]")]),
        ("an id that is none", &[("traceID", "xyz")]),
        ("an id that is too long", &[("traceID", "000000000000000000000000000000001")]),
        ("raw=x", &[("raw", "x")]),
    ] {
        cases.push(case(format!("odd: a search refuses {name}"), refused(search().params(pairs), 400)));
    }
    let metrics = |name: &str| get(format!("/api/metrics/{name}"));
    cases.push(case("odd: metrics need a service", refused(metrics("calls"), 400)));
    cases.push(case("odd: latencies need a quantile", refused(metrics("latencies").param("service", "a"), 400)));
    cases.push(case(
        "odd: metrics of a kind that is none",
        refused(metrics("errors").params(&[("service", "a"), ("spanKind", "x")]), 400),
    ));
    cases.push(case("odd: the smallest step of metrics", refused(metrics("minstep"), 501)));
    cases.push(case("odd: an archive is not there", refused(post(format!("/api/archive/{id}")), 500)));
    cases.push(case(
        "odd: dependencies of one service",
        envelope(
            get("/api/dependencies")
                .param("endTs", facts.at_ms + 60_000)
                .param("lookback", 600_000)
                .param("service", format!("contract-{}-b", facts.run)),
        )
        .list("/data", Some(1)),
    ));
    for (name, value) in
        [("query.raw_traces", "x"), ("query.start_time_min", "2026-01-01"), ("query.duration_max", "1")]
    {
        let step = super::v3::search_of(&facts.odd_service(), facts);
        cases.push(case(format!("odd: v3 refuses {name}={value}"), super::v3::refused(with(step, name, value), 400)));
    }
    cases.push(case(
        "odd: v3 knows no other spelling",
        super::v3::refused(
            get("/api/v3/traces").params(&[
                ("query.serviceName", "a"),
                ("query.startTimeMin", "2026-01-01T00:00:00Z"),
                ("query.startTimeMax", "2026-01-01T00:00:00Z"),
            ]),
            400,
        ),
    ));
    cases.push(case(
        "odd: v3 overlooks attributes",
        with(super::v3::search_of(&facts.odd_service(), facts), "query.attributes", r#"{"no":"such"}"#).status(200),
    ));
    cases.push(case("odd: v3 needs no service and finds nothing without", {
        let step = super::v3::search_of("", facts);
        super::v3::refused(step, 404)
    }));
}

/// The ask with another value for a parameter.
fn with(mut step: Step, name: &'static str, value: &str) -> Step {
    step.params.retain(|(own, _)| *own != name);
    step.param(name, value)
}
