//! The newer dialect: OTLP's JSON below `/api/v3`.

use std::collections::BTreeSet;

use agentarea_demo::clock::rfc3339;
use serde_json::{Value, json};

use super::{CHILD, Facts, INSTANT, ORPHAN, PLATFORM, ROOT, envelope};
use crate::case::{Case, Kind, Sameness, Step, case, flow, get};

pub fn cases(facts: &Facts, cases: &mut Vec<Case>) {
    catalogues(facts, cases);
    traces(facts, cases);
    refusals(facts, cases);
}

/// A success of v3: JSON, whatever it calls itself.
fn success(step: Step) -> Step {
    step.status(200).content_type("text/plain; charset=utf-8").kind("", Kind::Object)
}

pub fn refused(step: Step, status: u16) -> Step {
    step.status(status)
        .content_type("text/plain; charset=utf-8")
        .is("/error/httpCode", status)
        .kind("/error/message", Kind::Text)
}

fn catalogues(facts: &Facts, cases: &mut Vec<Case>) {
    let listed =
        PLATFORM.iter().fold(success(get("/api/v3/services")), |step, service| step.includes("/services", *service));
    cases.push(case("v3: services", listed.compared(Sameness::Shape)));
    let operations = || get("/api/v3/operations").param("service", format!("{}-b", facts.service()));
    cases.push(case(
        "v3: operations with their kinds",
        success(operations())
            .includes("/operations", json!({"name": "child", "spanKind": "internal"}))
            .includes("/operations", json!({"name": "orphan", "spanKind": "client"})),
    ));
    cases.push(case(
        "v3: operations of one kind",
        success(operations().param("span_kind", "client"))
            .is("/operations", json!([{"name": "orphan", "spanKind": "client"}])),
    ));
    cases.push(case(
        "v3: operations of a service that is not there",
        success(get("/api/v3/operations").param("service", "nothing")).list("/operations", Some(0)),
    ));
}

/// Both spellings, as a client asks that does not know the version.
fn search(facts: &Facts) -> Step {
    search_of(&facts.service(), facts)
}

pub fn search_of(service: &str, facts: &Facts) -> Step {
    let (from, to) = (rfc3339(facts.at_ms - 60_000), rfc3339(facts.at_ms + 60_000));
    get("/api/v3/traces")
        .params(&[("query.service_name", service), ("query.serviceName", service)])
        .params(&[("query.start_time_min", &from), ("query.startTimeMin", &from)])
        .params(&[("query.start_time_max", &to), ("query.startTimeMax", &to)])
}

fn spans_of(answer: &Value) -> Vec<&Value> {
    let items = |value: &'_ Value, name: &str| -> Vec<usize> {
        (0..value.get(name).and_then(Value::as_array).map_or(0, Vec::len)).collect()
    };
    let mut spans = Vec::new();
    let Some(result) = answer.get("result") else { return spans };
    for resource in items(result, "resourceSpans") {
        let resource = &result["resourceSpans"][resource];
        for scope in items(resource, "scopeSpans") {
            spans.extend(resource["scopeSpans"][scope]["spans"].as_array().into_iter().flatten());
        }
    }
    spans
}

fn span_of<'a>(answer: &'a Value, id: &str) -> Option<&'a Value> {
    spans_of(answer).into_iter().find(|span| span.get("spanId") == Some(&json!(id)))
}

fn traces(facts: &Facts, cases: &mut Vec<Case>) {
    let (id, short) = (facts.trace_id(), facts.short_trace_id());
    let ids = [id.clone(), format!("{short:0>32}")];
    cases.push(case(
        "v3: all traces found are one list of spans",
        success(search(facts)).that("the spans of two traces", move |answer| {
            let found: BTreeSet<String> =
                spans_of(answer).iter().filter_map(|span| Some(span.get("traceId")?.as_str()?.to_owned())).collect();
            found.into_iter().eq(BTreeSet::from(ids.clone()))
        }),
    ));
    let counted =
        |step: Step, count: usize| success(step).that("as many spans", move |answer| spans_of(answer).len() == count);
    cases.push(case("v3: traces of an operation", counted(search(facts).param("query.operation_name", "instant"), 1)));
    cases.push(case("v3: traces by duration", counted(search(facts).param("query.duration_min", "250ms"), 3)));
    cases.push(case(
        "v3: a limit",
        success(search(facts).param("query.num_traces", 1)).that("one trace", |answer| {
            let traces: BTreeSet<String> = spans_of(answer).iter().map(|span| span["traceId"].to_string()).collect();
            traces.len() == 1
        }),
    ));
    let whole = || counted(get(format!("/api/v3/traces/{id}")), 3);
    cases.push(case("v3: a trace by its id", whole()));
    cases.push(case("v3: a trace by its short id", counted(get(format!("/api/v3/traces/{short}")), 1)));
    cases.push(case(
        "v3: ids are hex digits, and a root has no parent",
        whole().that("the ids", {
            let id = id.clone();
            move |answer| {
                span_of(answer, ROOT)
                    .is_some_and(|span| span.get("traceId") == Some(&json!(id)) && span.get("parentSpanId").is_none())
                    && span_of(answer, CHILD).is_some_and(|span| span.get("parentSpanId") == Some(&json!(ROOT)))
            }
        }),
    ));
    let at_ns = (facts.at_ms * 1_000_000).to_string();
    cases.push(case(
        "v3: times are texts of nanoseconds, kinds and codes are numbers",
        whole().that("the root and the child", move |answer| {
            let start = span_of(answer, ROOT).and_then(|span| span.get("startTimeUnixNano"));
            start == Some(&json!(at_ns))
                && span_of(answer, ROOT).and_then(|span| span.get("kind")) == Some(&json!(2))
                && span_of(answer, CHILD).and_then(|span| span.get("status"))
                    == Some(&json!({"code": 2, "message": "broken"}))
        }),
    ));
    cases.push(case(
        "v3: numbers that are zero are left out, the status stays",
        success(get(format!("/api/v3/traces/{short}"))).that("no kind and an empty status", |answer| {
            span_of(answer, INSTANT)
                .is_some_and(|span| span.get("kind").is_none() && span.get("status") == Some(&json!({})))
        }),
    ));
    for (key, value) in [
        ("large", json!({"intValue": "9007199254740993"})),
        ("small", json!({"intValue": "42"})),
        ("ratio", json!({"doubleValue": 1.5})),
        ("flag", json!({"boolValue": true})),
        ("bytes", json!({"bytesValue": "AQID"})),
        ("markup", json!({"stringValue": "<b>"})),
        // The store keeps texts for lists.
        ("list", json!({"stringValue": "[\"a\",1]"})),
    ] {
        cases.push(case(
            format!("v3: the attribute {key} is {value}"),
            whole().that("that attribute", move |answer| {
                let attributes = span_of(answer, CHILD).and_then(|span| span.get("attributes")?.as_array());
                attributes.is_some_and(|all| all.contains(&json!({"key": key, "value": value})))
            }),
        ));
    }
    cases.push(case(
        "v3: a warning is an attribute",
        whole().that("the orphan's warning", |answer| {
            let attribute = span_of(answer, ORPHAN).and_then(|span| span.pointer("/attributes/0"));
            attribute.is_some_and(|attribute| {
                attribute.get("key") == Some(&json!("@jaeger@warnings"))
                    && attribute.pointer("/value/arrayValue/values/0/stringValue").is_some_and(Value::is_string)
            })
        }),
    ));
    cases.push(case(
        "v3: the same trace as the old API's",
        get(format!("/api/traces/{id}")).json().list("/data/0/spans", Some(3)).compared(Sameness::Shape),
    ));
    cases.push(flow(
        "v3: a trace found by the old API",
        vec![
            envelope(
                get("/api/traces")
                    .param("service", "agentarea-api")
                    .param("operation", "create_agent")
                    .param("limit", 1),
            )
            .keep("trace", "/data/0/traceID")
            .compared(Sameness::Nothing),
            success(get("/api/v3/traces/«trace»"))
                .that("a span create_agent", |answer| {
                    spans_of(answer).iter().any(|span| span.get("name") == Some(&json!("create_agent")))
                })
                .compared(Sameness::Head),
        ],
    ));
}

fn refusals(facts: &Facts, cases: &mut Vec<Case>) {
    let none = |step: Step| refused(step, 404).is("/error/message", "No traces found");
    cases.push(case("v3: a trace that is not there", none(get("/api/v3/traces/ff"))));
    cases.push(case("v3: a search that finds nothing", none(search(facts).param("query.duration_min", "10s"))));
    cases.push(case("v3: an id that is none", refused(get("/api/v3/traces/xyz"), 400)));
    cases.push(case("v3: a search needs times", refused(get("/api/v3/traces"), 400)));
    for (name, value) in [("query.duration_min", "x"), ("query.num_traces", "x")] {
        cases
            .push(case(format!("v3: a search refuses {name}={value}"), refused(search(facts).param(name, value), 400)));
    }
    let bad_time = get("/api/v3/traces").params(&[("query.start_time_min", "x"), ("query.start_time_max", "x")]);
    cases.push(case("v3: a search refuses a bad time", refused(bad_time, 400)));
    let (from, to) = (rfc3339(facts.at_ms + 60_000), rfc3339(facts.at_ms));
    let reversed = get("/api/v3/traces").params(&[
        ("query.service_name", &facts.service()),
        ("query.start_time_min", &from),
        ("query.start_time_max", &to),
    ]);
    cases.push(case("v3: an end before the start finds nothing", none(reversed)));
}
