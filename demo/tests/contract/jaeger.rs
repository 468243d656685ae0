//! Jaeger's two dialects: the old internal API, and `/api/v3`.
//!
//! Exact cases ask for traces that the suite has given the server itself, below a service's name of this run; beside
//! them, only what the platform always has is expected. Two things to know of 1.76, against what is written of later
//! versions: v3 answers JSON as `text/plain`, and knows neither camel-case parameters nor a filter by attributes.

mod odd;
mod v3;

use serde_json::{Value, json};

use crate::case::{Case, Kind, Sameness, Step, case, get, post};

pub struct Facts {
    /// Eight hex digits that no other run has.
    pub run: String,
    /// When this run's traces happened: a minute ago.
    pub at_ms: i64,
}

impl Facts {
    fn service(&self) -> String {
        format!("contract-{}", self.run)
    }

    /// A trace of three spans, of which one has lost its parent.
    fn trace_id(&self) -> String {
        format!("{}c0ffee00000000000000a1b2", self.run)
    }

    /// A trace whose id has 64 bits, without its leading zeros.
    fn short_trace_id(&self) -> String {
        format!("1{}c0ffee0", self.run)
    }
}

const ROOT: &str = "00f067aa0ba902b7";
const CHILD: &str = "00f067aa0ba902b8";
const ORPHAN: &str = "00f067aa0ba902b9";
const NO_SPAN: &str = "00f067aa0ba902ff";
const INSTANT: &str = "00f067aa0ba902c1";

fn attribute(key: &str, kind: &str, value: Value) -> Value {
    json!({"key": key, "value": {kind: value}})
}

fn resource(service: &str, spans: Value) -> Value {
    json!({
        "resource": {"attributes": [attribute("service.name", "stringValue", json!(service))]},
        "scopeSpans": [{"scope": {"name": "contract", "version": "1"}, "spans": spans}],
    })
}

/// The traces of this run as OTLP JSON. `with_platform` adds one of the platform's own services, for a server that holds
/// nothing else.
pub fn traces(facts: &Facts, with_platform: bool) -> Value {
    let at = |offset_us: i64| ((facts.at_ms * 1000 + offset_us) * 1000).to_string();
    let span = |trace: &str, id: &str, parent: &str, name: &str, kind: u8, start_us: i64, length_us: i64| {
        json!({
            "traceId": format!("{trace:0>32}"), "spanId": id, "parentSpanId": parent, "name": name, "kind": kind,
            "startTimeUnixNano": at(start_us), "endTimeUnixNano": at(start_us + length_us),
        })
    };
    let (trace, short) = (facts.trace_id(), facts.short_trace_id());
    let mut child = span(&trace, CHILD, ROOT, "child", 1, 10_000, 200_000);
    child["attributes"] = json!([
        attribute("large", "intValue", json!("9007199254740993")),
        attribute("small", "intValue", json!("42")),
        attribute("ratio", "doubleValue", json!(1.5)),
        attribute("flag", "boolValue", json!(true)),
        attribute("bytes", "bytesValue", json!("AQID")),
        attribute("markup", "stringValue", json!("<b>")),
        attribute("list", "arrayValue", json!({"values": [{"stringValue": "a"}, {"intValue": "1"}]})),
    ]);
    child["status"] = json!({"code": 2, "message": "broken"});
    child["events"] = json!([{
        "timeUnixNano": at(20_000), "name": "exception",
        "attributes": [attribute("exception.type", "stringValue", json!("Broken"))],
    }]);
    child["links"] = json!([{"traceId": format!("{short:0>32}"), "spanId": INSTANT}]);
    let service = facts.service();
    let mut resources = vec![
        resource(&service, json!([span(&trace, ROOT, "", "root", 2, 0, 300_000)])),
        resource(&format!("{service}-b"), json!([child, span(&trace, ORPHAN, NO_SPAN, "orphan", 3, 30_000, 1000)])),
        resource(&service, json!([span(&short, INSTANT, "", "instant", 0, 1_000_000, 1)])),
    ];
    resources.extend(odd::resources(facts));
    if with_platform {
        let trace = format!("{}c0ffee0000000000000f0f0f", facts.run);
        for (service, id, parent, name) in [
            ("agentarea-frontend", "00f067aa0ba902d1", "", "POST /agents"),
            ("agentarea-api", "00f067aa0ba902d2", "00f067aa0ba902d1", "create_agent"),
            ("mcp-manager", "00f067aa0ba902d3", "00f067aa0ba902d2", "mcp_manager_call"),
        ] {
            resources.push(resource(service, json!([span(&trace, id, parent, name, 2, 0, 1000)])));
        }
    }
    json!({ "resourceSpans": resources })
}

/// The ask that gives a server its traces, at its address for OTLP.
pub fn give(facts: &Facts, with_platform: bool) -> Step {
    post("/v1/traces").sends(&traces(facts, with_platform)).json()
}

pub fn cases(facts: &Facts) -> Vec<Case> {
    let mut cases = Vec::new();
    old_catalogues(facts, &mut cases);
    old_searches(facts, &mut cases);
    old_traces(facts, &mut cases);
    old_refusals(facts, &mut cases);
    v3::cases(facts, &mut cases);
    odd::cases(facts, &mut cases);
    for step in cases.iter_mut().flat_map(|case| &mut case.steps) {
        step.is_unordered = true;
    }
    cases.push(case(
        "an unknown path answers with the page, not with JSON",
        get("/api/nothing").status(200).html().compared(Sameness::Head),
    ));
    cases.push(case(
        "no CORS header without configuration",
        get("/api/services")
            .header("Origin", "http://elsewhere.example")
            .json()
            .no_header("Access-Control-Allow-Origin")
            .compared(Sameness::Head),
    ));
    cases
}

const PLATFORM: [&str; 3] = ["agentarea-frontend", "agentarea-api", "mcp-manager"];

/// The old envelope around a success.
fn envelope(step: Step) -> Step {
    step.json().is("/errors", Value::Null).is("/limit", 0).is("/offset", 0).kind("/total", Kind::Number)
}

/// An error of the old API: JSON that calls itself text.
fn refused(step: Step, status: u16) -> Step {
    step.status(status)
        .content_type("text/plain; charset=utf-8")
        .is("/data", Value::Null)
        .is("/errors/0/code", status)
        .kind("/errors/0/msg", Kind::Text)
}

fn old_catalogues(facts: &Facts, cases: &mut Vec<Case>) {
    let listed = PLATFORM.iter().fold(envelope(get("/api/services")), |step, service| step.includes("/data", *service));
    cases.push(case(
        "services",
        listed
            .that("a total that counts them", |answer| {
                answer.get("data").and_then(Value::as_array).map(|services| json!(services.len()))
                    == answer.get("total").cloned()
            })
            .compared(Sameness::Shape),
    ));
    cases.push(case(
        "operations of a service, as texts",
        envelope(get("/api/services/agentarea-api/operations"))
            .includes("/data", "create_agent")
            .compared(Sameness::Shape),
    ));
    cases.push(case(
        "operations with their kinds",
        envelope(get("/api/operations").param("service", format!("{}-b", facts.service())))
            .includes("/data", json!({"name": "child", "spanKind": "internal"}))
            .includes("/data", json!({"name": "orphan", "spanKind": "client"}))
            .list("/data", Some(2)),
    ));
    cases.push(case(
        "operations of one kind",
        envelope(get("/api/operations").param("service", format!("{}-b", facts.service())).param("spanKind", "client"))
            .is("/data", json!([{"name": "orphan", "spanKind": "client"}])),
    ));
    cases.push(case(
        "operations of a service that is not there",
        envelope(get("/api/operations").param("service", "nothing")).list("/data", Some(0)),
    ));
    cases.push(case(
        "dependencies",
        envelope(get("/api/dependencies").param("endTs", facts.at_ms + 60_000).param("lookback", 600_000))
            .includes(
                "/data",
                json!({"parent": facts.service(), "child": format!("{}-b", facts.service()), "callCount": 1}),
            )
            .compared(Sameness::Shape),
    ));
    cases.push(case(
        "metrics without a store for them",
        refused(get("/api/metrics/calls").param("service", "agentarea-api"), 501)
            .says("metrics querying is currently disabled"),
    ));
}

fn search(facts: &Facts) -> Step {
    search_of(facts, facts.service())
}

fn search_of(facts: &Facts, service: String) -> Step {
    // Microseconds.
    get("/api/traces")
        .param("service", service)
        .param("start", (facts.at_ms - 60_000) * 1000)
        .param("end", (facts.at_ms + 60_000) * 1000)
}

fn old_searches(facts: &Facts, cases: &mut Vec<Case>) {
    let found = |step: Step, count: usize| envelope(step).list("/data", Some(count)).is("/total", 0);
    let child = || search_of(facts, format!("{}-b", facts.service()));
    cases.push(case("traces of a service; the total is not counted", found(search(facts), 2)));
    cases.push(case(
        "traces: a search needs no times",
        envelope(get("/api/traces").param("service", "agentarea-api").param("limit", 1))
            .list("/data", Some(1))
            .compared(Sameness::Head),
    ));
    cases.push(case("traces of an operation", found(search(facts).param("operation", "instant"), 1)));
    cases.push(case("traces: a limit", found(search(facts).param("limit", 1), 1)));
    cases.push(case("traces of a service that is not there", found(get("/api/traces").param("service", "nothing"), 0)));
    for (name, pairs, count) in [
        ("at least", &[("minDuration", "250ms")] as &[(&'static str, &str)], 1),
        ("at most", &[("maxDuration", "1ms")], 1),
        ("between", &[("minDuration", "1ms"), ("maxDuration", "100ms")], 0),
    ] {
        cases.push(case(format!("traces by duration: {name}"), found(search(facts).params(pairs), count)));
    }
    for (name, pairs, count) in [
        ("one", &[("tags", r#"{"markup":"<b>"}"#)] as &[(&'static str, &str)], 1),
        ("a number as text", &[("tags", r#"{"small":"42"}"#)], 1),
        ("two", &[("tags", r#"{"small":"42","flag":"true"}"#)], 1),
        ("an error", &[("tags", r#"{"error":"true"}"#)], 1),
        ("a value that is not there", &[("tags", r#"{"small":"43"}"#)], 0),
        ("a single one as key:value", &[("tag", "small:42")], 1),
        ("several as key:value", &[("tag", "small:42"), ("tag", "flag:false")], 0),
    ] {
        cases.push(case(format!("traces by tags: {name}"), found(child().params(pairs), count)));
    }
    let earlier = get("/api/traces")
        .param("service", facts.service())
        .param("start", (facts.at_ms - 120_000) * 1000)
        .param("end", (facts.at_ms - 60_000) * 1000);
    cases.push(case("traces: none happened earlier", found(earlier, 0)));
    cases.push(case(
        "traces by several ids: those found, and an error for each that is not",
        get("/api/traces")
            .param("traceID", facts.short_trace_id())
            .param("traceID", "ff")
            .json()
            .list("/data", Some(1))
            .is("/errors", json!([{"msg": "trace not found", "traceID": "00000000000000ff"}])),
    ));
}

fn found_span<'a>(answer: &'a Value, id: &str) -> Option<&'a Value> {
    answer.pointer("/data/0/spans")?.as_array()?.iter().find(|span| span.get("spanID") == Some(&json!(id)))
}

fn tag<'a>(span: &'a Value, key: &str) -> Option<&'a Value> {
    span.get("tags")?.as_array()?.iter().find(|tag| tag.get("key") == Some(&json!(key)))
}

fn old_traces(facts: &Facts, cases: &mut Vec<Case>) {
    let (id, short) = (facts.trace_id(), facts.short_trace_id());
    let whole = || envelope(get(format!("/api/traces/{id}"))).list("/data", Some(1)).list("/data/0/spans", Some(3));
    cases.push(case(
        "a trace by its id",
        whole().is("/data/0/traceID", id.as_str()).is("/data/0/warnings", Value::Null),
    ));
    let at_us = facts.at_ms * 1000;
    cases.push(case(
        "times and durations are microseconds",
        whole().that("the child's start and duration", move |answer| {
            found_span(answer, CHILD).is_some_and(|span| {
                span.get("startTime") == Some(&json!(at_us + 10_000)) && span.get("duration") == Some(&json!(200_000))
            })
        }),
    ));
    cases.push(case(
        "references name parents, and traces that are followed",
        whole().that("a CHILD_OF and a FOLLOWS_FROM with the short id", {
            let (id, short) = (id.clone(), short.clone());
            move |answer| {
                found_span(answer, CHILD).and_then(|span| span.get("references"))
                    == Some(&json!([
                        {"refType": "CHILD_OF", "traceID": id, "spanID": ROOT},
                        {"refType": "FOLLOWS_FROM", "traceID": short, "spanID": INSTANT},
                    ]))
            }
        }),
    ));
    cases.push(case(
        "a root has no references, and lists are lists",
        whole().that("empty lists and no null but the warnings", |answer| {
            found_span(answer, ROOT).is_some_and(|span| {
                span.get("references") == Some(&json!([]))
                    && span.get("logs") == Some(&json!([]))
                    && span.get("warnings") == Some(&Value::Null)
            })
        }),
    ));
    cases.push(case(
        "a lost parent is a warning",
        whole().that("a warning of the lost parent", |answer| {
            let warning = found_span(answer, ORPHAN).and_then(|span| span.pointer("/warnings/0")?.as_str());
            warning.is_some_and(|text| text.contains(NO_SPAN) && text.contains("skipping clock skew adjustment"))
        }),
    ));
    for (key, kind, value) in [
        ("large", "int64", json!("9007199254740993")),
        ("small", "int64", json!(42)),
        ("ratio", "float64", json!(1.5)),
        ("flag", "bool", json!(true)),
        ("bytes", "binary", json!("AQID")),
        ("markup", "string", json!("<b>")),
        ("list", "string", json!("[\"a\",1]")),
        ("span.kind", "string", json!("internal")),
        ("error", "bool", json!(true)),
        ("otel.status_code", "string", json!("ERROR")),
        ("otel.status_description", "string", json!("broken")),
        ("otel.scope.name", "string", json!("contract")),
    ] {
        cases.push(case(
            format!("the tag {key} is {kind} {value}"),
            whole().that("that tag", move |answer| {
                let tag = found_span(answer, CHILD).and_then(|span| tag(span, key));
                tag.is_some_and(|tag| tag.get("type") == Some(&json!(kind)) && tag.get("value") == Some(&value))
            }),
        ));
    }
    cases.push(case(
        "events are logs, and their name is a field",
        whole().that("the exception", move |answer| {
            found_span(answer, CHILD).and_then(|span| span.get("logs"))
                == Some(&json!([{"timestamp": at_us + 20_000, "fields": [
                    {"key": "event", "type": "string", "value": "exception"},
                    {"key": "exception.type", "type": "string", "value": "Broken"},
                ]}]))
        }),
    ));
    let service = facts.service();
    cases.push(case(
        "processes are named, and each span has one",
        whole().that("two processes", move |answer| {
            let name = |id: &str| {
                let process = found_span(answer, id)?.get("processID")?.as_str()?;
                answer.pointer(&format!("/data/0/processes/{process}/serviceName"))?.as_str()
            };
            name(ROOT) == Some(&*service)
                && name(CHILD) == Some(&*format!("{service}-b"))
                && name(CHILD) == name(ORPHAN)
        }),
    ));
    cases.push(case(
        "an id of 64 bits has 16 digits",
        envelope(get(format!("/api/traces/{short}")))
            .is("/data/0/traceID", short.as_str())
            .is("/data/0/spans/0/duration", 1),
    ));
    cases.push(case(
        "an id of 64 bits may be asked with its zeros",
        envelope(get(format!("/api/traces/{short:0>32}"))).is("/data/0/traceID", short.as_str()),
    ));
    cases.push(case(
        "a trace as it was given, without adjustments",
        envelope(get(format!("/api/traces/{id}")).param("raw", "true")).list("/data/0/spans", Some(3)),
    ));
}

fn old_refusals(facts: &Facts, cases: &mut Vec<Case>) {
    cases.push(case(
        "a trace that is not there",
        refused(get("/api/traces/ff"), 404).is("/errors/0/msg", "trace not found"),
    ));
    cases.push(case("an id that is none", refused(get("/api/traces/xyz"), 400)));
    cases.push(case(
        "a search needs a service",
        refused(get("/api/traces"), 400).is("/errors/0/msg", "parameter 'service' is required"),
    ));
    cases.push(case("operations need a service", refused(get("/api/operations"), 400)));
    for (name, value) in
        [("minDuration", "x"), ("maxDuration", "5"), ("limit", "x"), ("tags", "x"), ("tags", "{\"a\":1}"), ("tag", "x")]
    {
        cases.push(case(format!("a search refuses {name}={value}"), refused(search(facts).param(name, value), 400)));
    }
    for name in ["start", "end"] {
        let step = get("/api/traces").param("service", facts.service()).param(name, "x");
        cases.push(case(format!("a search refuses a bad {name}"), refused(step, 400)));
    }
    cases.push(case("dependencies refuse a bad time", refused(get("/api/dependencies").param("endTs", "x"), 400)));
    cases.push(case("services by POST are not allowed", post("/api/services").status(405)));
}
