//! Prometheus's HTTP API: what the app's client asks, and everything that the demonstration claims to serve.
//!
//! Queries over samples stay within the history that both sides hold. A live server has more, which matchers leave out:
//! the real exporters beside the platform, and the alerts that rules have written.

mod http;
mod server;

use agentarea_demo::promql::Dialect;
use serde_json::{Value, json};

use crate::case::{Case, Kind, Sameness, Step, case, get, post};
use crate::normalise::LABELS;

/// What the cases need to know of the real server.
#[derive(Debug, Clone, Copy)]
pub struct Facts {
    pub dialect: Dialect,
    pub start_ms: i64,
    pub now_ms: i64,
    /// A server of the whole stack: it scrapes the platform, and its rules are the guide's alone.
    pub is_stack: bool,
}

/// Rules beside the guide's where the suite starts the server itself: one alert fires and one is pending on both sides.
pub const RULES: &str = r#"groups:
- name: contract
  interval: 15s
  rules:
  - record: contract:one
    expr: vector(1)
    labels: {origin: contract}
  - alert: AlwaysFires
    expr: vector(12.5) > 1
    labels: {severity: info}
    annotations: {summary: "the value is {{ $value }}"}
  - alert: WaitsAnHour
    expr: vector(1)
    for: 1h
"#;

/// Targets where the suite starts the server itself: one that answers, and one that cannot.
pub const SETTINGS: &str = "
rule_files: [\"*_rules.yml\"]
scrape_configs:
- job_name: contract
  static_configs: [{targets: [\"127.0.0.1:OWN_PORT\", \"127.0.0.1:1\"]}]
";

/// Leaves out what a stack's server scrapes from real exporters, and what its rules write.
const PLATFORM: &str = r#"{job=~".+",instance!~"127\\.0\\.0\\.1:.*",__name__!~"ALERTS.*|contract:.*"}"#;

fn api(path: &str) -> String {
    format!("/api/v1/{path}")
}

pub fn cases(facts: Facts) -> Vec<Case> {
    let mut cases = Vec::new();
    queries(facts, &mut cases);
    ranges(facts, &mut cases);
    catalogues(facts, &mut cases);
    refusals(facts, &mut cases);
    server::cases(facts, &mut cases);
    http::cases(facts, &mut cases);
    cases
}

fn secs(time_ms: i64) -> String {
    format!("{}.{:03}", time_ms.div_euclid(1000), time_ms.rem_euclid(1000))
}

fn queries(facts: Facts, cases: &mut Vec<Case>) {
    let now = secs(facts.now_ms);
    let up = r#"sum by (job) (up{instance!~"127\\.0\\.0\\.1:.*"})"#;
    let vector = |step: Step| step.param("query", up).param("time", &now).success().is("/data/resultType", "vector");
    cases.push(case(
        "query by GET",
        vector(get(api("query")))
            .kind("/data/result/0/value/0", Kind::Number)
            .kind("/data/result/0/value/1", Kind::Text),
    ));
    cases.push(case("query by POST form", vector(post(api("query")).form())));
    cases.push(case(
        "query: a form's values come before the address's",
        post(format!("{}?query=1&time=1", api("query")))
            .form()
            .params(&[("query", "2"), ("time", "7")])
            .success()
            .is("/data/result", json!([7, "2"])),
    ));
    cases.push(case(
        "query: a form of another content type is not read",
        post(api("query")).body("text/plain", "query=1").refused(400, "bad_data"),
    ));
    for (name, query, kind) in [
        ("query: a scalar", "1.5", "scalar"),
        ("query: a text", "\"a <b> & \\\"c\\\"\"", "string"),
        ("query: no series", "no_such_metric", "vector"),
        ("query: a range of samples", "agentarea_cpu_usage_percent[2m]", "matrix"),
        (
            "query: histogram buckets",
            "agentarea_http_request_duration_seconds_bucket{service=\"mcp-manager\"}",
            "vector",
        ),
    ] {
        let step = get(api("query")).param("query", query).param("time", &now);
        cases.push(case(name, step.success().is("/data/resultType", kind)));
    }
    cases.push(case(
        "query: the time of a scalar has no zeros at its end",
        get(api("query"))
            .params(&[("query", "time()"), ("time", "1785585600.25")])
            .success()
            // As it is written: a reader of JSON would see the same number in either form.
            .says("[1785585600.25,\"1785585600.25\"]"),
    ));
    cases.push(case(
        "query: the time of a sample has no or three decimals",
        get(api("query"))
            .params(&[("query", "vector(1)"), ("time", "1785585600.25")])
            .success()
            .says("[1785585600.250,\"1\"]"),
    ));
    cases.push(case(
        "query: a time as RFC 3339",
        get(api("query"))
            .params(&[("query", "time()"), ("time", "2026-08-01T12:00:00+02:00")])
            .success()
            .is("/data/result/0", 1_785_578_400),
    ));
    cases.push(case(
        "query: numbers are texts: NaN, infinities, exponents",
        get(api("query"))
            .param("query", "vector(NaN) or on(a) vector(1)")
            .param("time", "1")
            .success()
            .is("/data/result/0/value/1", "NaN"),
    ));
    for (query, text) in [
        ("vector(1e21)", "1e+21"),
        ("vector(1e-7)", "1e-07"),
        ("vector(123456789012345678)", "123456789012345680"),
        ("vector(-1/0)", "-Inf"),
        ("vector(-0)", "-0"),
    ] {
        cases.push(case(
            format!("query: {query} is written {text}"),
            get(api("query")).params(&[("query", query), ("time", "1")]).success().is("/data/result/0/value/1", text),
        ));
    }
    // Scalars are written by another function of the server, which knows no exponents.
    for (query, text) in [("1e21", "1000000000000000000000"), ("1e-7", "0.0000001"), ("-1/0", "-Inf")] {
        cases.push(case(
            format!("query: the scalar {query} is written {text}"),
            get(api("query")).params(&[("query", query), ("time", "1")]).success().is("/data/result/1", text),
        ));
    }
    cases.push(case(
        "query without a time is answered at now",
        get(api("query"))
            .param("query", "time()")
            .success()
            .kind("/data/result/0", Kind::Number)
            .compared(Sameness::Shape),
    ));
}

fn ranges(facts: Facts, cases: &mut Vec<Case>) {
    let (start, end) = (secs(facts.now_ms - 1_800_000), secs(facts.now_ms));
    let range = |step: Step| step.param("start", &start).param("end", &end).success().is("/data/resultType", "matrix");
    let rate = "sum by (service) (rate(agentarea_http_requests_total[5m]))";
    for (name, step) in [("GET", get(api("query_range"))), ("POST form", post(api("query_range")).form())] {
        cases.push(case(
            format!("query_range by {name} includes both ends"),
            range(step.param("query", rate).param("step", "60")).list("/data/result/0/values", Some(31)),
        ));
    }
    cases.push(case(
        "query_range: a step as a duration, between the samples",
        range(get(api("query_range")).param("query", rate).param("step", "1m7s")),
    ));
    cases.push(case(
        "query_range: a scalar becomes a series without labels",
        range(get(api("query_range")).param("query", "1").param("step", "600")).is("/data/result/0/metric", json!({})),
    ));
    cases.push(case(
        "query_range: no series",
        range(get(api("query_range")).param("query", "no_such_metric").param("step", "60"))
            .list("/data/result", Some(0)),
    ));
    let points = |end: i64| {
        get(api("query_range")).params(&[("query", "vector(1)"), ("start", "0"), ("step", "1")]).param("end", end)
    };
    cases.push(case(
        "query_range: 11,000 steps are answered",
        points(11_000).success().list("/data/result/0/values", Some(11_001)),
    ));
    cases.push(case(
        "query_range: one more is too many",
        points(11_001).refused(400, "bad_data").says("exceeded maximum resolution of 11,000 points"),
    ));
    cases.push(case("query_exemplars of the latency buckets", exemplars(facts, post(api("query_exemplars")).form())));
    cases.push(case(
        "query_exemplars without a selector: 204 and nothing",
        get(api("query_exemplars")).param("query", "1").status(204).empty().no_header("Content-Type"),
    ));
    for (query, layout) in
        [("sum(up)by(job)", "sum by (job) (up)"), ("up  ==0", "up == 0"), ("rate(up[60s])", "rate(up[1m])")]
    {
        cases.push(case(
            format!("format_query {query}"),
            post(api("format_query")).form().param("query", query).success().is("/data", layout),
        ));
    }
    cases.push(case(
        "format_query by GET",
        get(api("format_query")).param("query", "1+1").success().is("/data", "1 + 1"),
    ));
    cases.push(case(
        "format_query refuses what is no query",
        get(api("format_query")).param("query", "sum(").refused(400, "bad_data"),
    ));
}

/// The history was loaded without exemplars: a server that does not scrape the platform has none.
fn exemplars(facts: Facts, step: Step) -> Step {
    let step = step.param("query", "agentarea_http_request_duration_seconds_bucket").param("start", "0");
    let step = step.param("end", "4000000000").success().kind("/data", Kind::List);
    if !facts.is_stack {
        return step.compared(Sameness::Head);
    }
    // The first scrape that meets a sampled request brings some.
    step.eventually()
        .list("/data", None)
        .is("/data/0/seriesLabels/__name__", "agentarea_http_request_duration_seconds_bucket")
        .kind("/data/0/exemplars/0/value", Kind::Text)
        .kind("/data/0/exemplars/0/timestamp", Kind::Number)
        .that("a trace's id of 32 digits", |answer| {
            let id = answer.pointer("/data/0/exemplars/0/labels/trace_id").and_then(Value::as_str);
            id.is_some_and(|id| id.len() == 32)
        })
        .except(&LABELS)
        .compared(Sameness::Shape)
}

fn catalogues(facts: Facts, cases: &mut Vec<Case>) {
    let window = |step: Step| step.param("start", secs(facts.start_ms)).param("end", secs(facts.now_ms));
    for (name, step) in [
        ("labels by GET", get(api("labels"))),
        ("labels by POST form", post(api("labels")).form()),
        ("values of __name__", get(api("label/__name__/values"))),
        ("values of job", get(api("label/job/values"))),
        ("values of le", get(api("label/le/values"))),
        ("values of a label that is not there", get(api("label/nothing/values"))),
    ] {
        cases.push(case(name, window(step).param("match[]", PLATFORM).success().kind("/data", Kind::List)));
    }
    if !facts.is_stack {
        // Nothing else is in such a server within the window.
        for path in ["labels", "label/__name__/values", "label/job/values", "label/le/values"] {
            cases.push(case(format!("{path} without matchers"), window(get(api(path))).success().list("/data", None)));
        }
    }
    cases.push(case(
        "labels of two selectors are joined",
        window(get(api("labels")))
            .params(&[("match[]", "agentarea_cpu_usage_percent"), ("match[]", "agentarea_queue_size")])
            .success()
            .includes("/data", "__name__"),
    ));
    for (name, step) in [("GET", get(api("series"))), ("POST form", post(api("series")).form())] {
        cases.push(case(
            format!("series by {name}"),
            window(step.param("match[]", r#"up{job="agentarea-api"}"#))
                .success()
                .list("/data", Some(3))
                .is("/data/0/__name__", "up"),
        ));
    }
    for (name, selector) in [
        ("series of all of a job", r#"{job=~"agentarea.*",__name__!~"ALERTS.*"}"#),
        ("series of a metric", r#"up{instance!~"127\\.0\\.0\\.1:.*"}"#),
        ("series of no metric", "no_such_metric"),
    ] {
        cases.push(case(name, window(get(api("series"))).param("match[]", selector).success()));
    }
    for selector in ["up{", "{}", "up[5m]", "rate(up[5m])", "{a=~\".*\"}", "sum(up)", "up + up", "1", "", "up{a=}"] {
        cases.push(case(
            format!("series refuses the selector {selector:?}"),
            window(get(api("series"))).param("match[]", selector).refused(400, "bad_data"),
        ));
    }
    cases.push(case(
        "series needs a selector",
        get(api("series")).refused(400, "bad_data").says("no match[] parameter provided"),
    ));
    for name in ["start", "end"] {
        cases.push(case(
            format!("series refuses a bad {name}"),
            get(api("series")).param("match[]", "up").param(name, "x").refused(400, "bad_data"),
        ));
    }
    cases.push(case(
        "series between a start and an earlier end: none",
        get(api("series")).params(&[("match[]", "up"), ("start", "5"), ("end", "1")]).success().is("/data", json!([])),
    ));
    for (name, path) in [("labels", "labels"), ("values", "label/job/values")] {
        for selector in ["up{", "{}", "sum(up)"] {
            let step = get(api(path)).param("match[]", selector);
            cases.push(case(format!("{name} refuse the selector {selector:?}"), step.refused(400, "bad_data")));
        }
        cases.push(case(
            format!("{name} refuse a bad start"),
            get(api(path)).param("start", "x").refused(400, "bad_data"),
        ));
    }
    let odd_name = get(api("label/a-b/values"));
    cases.push(case(
        "values of a label with a dash",
        match facts.dialect {
            Dialect::V2 => odd_name.refused(400, "bad_data"),
            Dialect::V3 => odd_name.success().demo_otherwise(400, "since 3, labels may have any name"),
        },
    ));
    let metadata = || get(api("metadata"));
    let entry = |step: Step| {
        step.success().that("a metric with a list of type, help and unit", |answer| {
            let metrics = answer.get("data").and_then(Value::as_object);
            metrics.is_some_and(|metrics| {
                !metrics.is_empty()
                    && metrics.values().all(|entries| {
                        ["type", "help", "unit"].iter().all(|field| entries.pointer(&format!("/0/{field}")).is_some())
                    })
            })
        })
    };
    cases.push(case("metadata of all", entry(metadata()).compared(Sameness::Head).eventually()));
    cases.push(case(
        "metadata of at most one metric",
        entry(metadata().param("limit", 1))
            .that("one metric", |answer| {
                answer.get("data").and_then(Value::as_object).is_some_and(|metrics| metrics.len() == 1)
            })
            .compared(Sameness::Head)
            .eventually(),
    ));
    cases.push(case(
        "metadata of no metric",
        metadata().param("metric", "no_such_metric").success().is("/data", json!({})),
    ));
    cases.push(case("metadata of at most none", metadata().param("limit", 0).success().is("/data", json!({}))));
    cases.push(case("metadata refuses a bad limit", metadata().param("limit", "x").refused(400, "bad_data")));
    if facts.is_stack {
        cases.push(case(
            "metadata of a histogram",
            metadata()
                .param("metric", "agentarea_http_request_duration_seconds")
                .success()
                .is("/data/agentarea_http_request_duration_seconds/0/type", "histogram")
                .eventually(),
        ));
        cases.push(case(
            "metadata of a counter is under its family's name",
            metadata()
                .param("metric", "agentarea_http_requests")
                .success()
                .is("/data/agentarea_http_requests/0/type", "counter")
                .eventually()
                .demo_otherwise(200, "it names counters as the text format does, with _total"),
        ));
    }
}

fn refusals(facts: Facts, cases: &mut Vec<Case>) {
    for (name, params) in [
        ("no query", &[("query", "")] as &[(&'static str, &str)]),
        ("a blank query", &[("query", "  ")]),
        ("a query that ends early", &[("query", "sum(")]),
        ("an unknown function", &[("query", "nothing(up)")]),
        ("a query of the wrong type", &[("query", "rate(up)")]),
        ("a bad time", &[("query", "up"), ("time", "x")]),
        ("a bad timeout", &[("query", "up"), ("timeout", "x")]),
    ] {
        cases.push(case(format!("query refuses {name}"), get(api("query")).params(params).refused(400, "bad_data")));
    }
    cases.push(case(
        "query: what fails while it runs is a 422",
        post(api("query"))
            .form()
            .param("query", "label_replace(up, \"a\", \"b\", \"job\", \"(\")")
            .param("time", secs(facts.now_ms))
            .refused(422, "execution"),
    ));
    for (name, params) in [
        ("no times", &[] as &[(&'static str, &str)]),
        ("no end", &[("start", "1")]),
        ("an end before the start", &[("start", "1"), ("end", "0"), ("step", "1")]),
        ("no step", &[("start", "1"), ("end", "2")]),
        ("a step of zero", &[("start", "1"), ("end", "2"), ("step", "0")]),
        ("a negative step", &[("start", "1"), ("end", "2"), ("step", "-1")]),
        ("a step of no unit", &[("start", "1"), ("end", "2"), ("step", "1x")]),
        ("a step beyond all bounds", &[("start", "1"), ("end", "2"), ("step", "1e300")]),
        ("a bad timeout", &[("start", "1"), ("end", "2"), ("step", "1"), ("timeout", "x")]),
    ] {
        let step = get(api("query_range")).param("query", "up").params(params);
        cases.push(case(format!("query_range refuses {name}"), step.refused(400, "bad_data")));
    }
    for (name, query) in [("a range", "up[5m]"), ("a text", "\"a\""), ("no query", "")] {
        let step = get(api("query_range")).params(&[("query", query), ("start", "1"), ("end", "2"), ("step", "1")]);
        cases.push(case(format!("query_range refuses {name} as a query"), step.refused(400, "bad_data")));
    }
    let step = get(api("query_range")).params(&[("query", "1"), ("start", "1"), ("end", "2"), ("step", "1")]);
    cases.push(case("query_range of a number", step.success()));
    for (name, params) in [
        ("no query", &[("query", "")] as &[(&'static str, &str)]),
        ("a bad start", &[("query", "up"), ("start", "x")]),
        ("an end before the start", &[("query", "up"), ("start", "5"), ("end", "1")]),
    ] {
        let step = get(api("query_exemplars")).params(params);
        cases.push(case(format!("query_exemplars refuses {name}"), step.refused(400, "bad_data")));
    }
}
