//! Loki's API: labels, queries over entries and over time, what it finds in lines, and how it refuses.
//!
//! Exact cases ask for entries that the suite has given the server itself, in streams with a label of this run; beside
//! them, only what the platform's logs always have is expected.

mod entries;

use agentarea_demo::clock::rfc3339;
use serde_json::{Value, json};

use crate::case::{Case, Kind, Sameness, Step, ask, case, get, post};
use crate::normalise::STATS;
use entries::{entries_of, range, streams};

pub struct Facts {
    /// The value of the label `run` of this run's streams.
    pub run: String,
    /// When this run's first entry was written: a minute ago.
    pub at_ms: i64,
}

impl Facts {
    /// Of entry `index`, in nanoseconds: not a whole number of microseconds, so that nobody keeps it in a float.
    fn at_ns(&self, index: i64) -> i64 {
        (self.at_ms + index * 1000) * 1_000_000 + 123
    }

    fn selector(&self) -> String {
        format!("{{run=\"{}\"}}", self.run)
    }
}

/// Entries of the stream that most cases ask for.
const ENTRIES: i64 = 5;

const TRACE_ID: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const SPAN_ID: &str = "00f067aa0ba902b7";

fn line(index: i64) -> String {
    json!({
        "event": format!("probe <b> {index}"), "level": if index == 1 { "error" } else { "info" },
        "logger": "contract", "duration_ms": 10 * index, "large": 9_007_199_254_740_993_i64,
    })
    .to_string()
}

fn stream(labels: Value, values: Vec<Value>) -> Value {
    json!({"stream": labels, "values": values})
}

/// The ask that gives a server its entries. `with_platform` adds a stream like the platform's own, for a server that
/// holds nothing else.
pub fn give(facts: &Facts, with_platform: bool) -> Step {
    let entry = |index: i64| {
        let metadata = json!({"trace_id": TRACE_ID, "span_id": SPAN_ID, "attempt": index.to_string()});
        json!([facts.at_ns(index).to_string(), line(index), metadata])
    };
    let other = json!([facts.at_ns(0).to_string(), "plain text level=warn \"quoted\" <b> é"]);
    let labels = |pod: &str| json!({"run": facts.run, "app": "contract", "namespace": "contract", "pod": pod, "container": "probe"});
    let mut streams =
        vec![stream(labels("probe-0"), (0..ENTRIES).map(entry).collect()), stream(labels("probe-1"), vec![other])];
    if with_platform {
        let labels = json!({"app": "agentarea-api", "namespace": "agentarea", "pod": "agentarea-api-0", "container": "agentarea-api"});
        streams.push(stream(labels, vec![entry(0)]));
    }
    post(api("push")).sends(&json!({ "streams": streams })).status(204).empty().eventually()
}

fn api(path: &str) -> String {
    format!("/loki/api/v1/{path}")
}

pub fn cases(facts: &Facts) -> Vec<Case> {
    let mut cases = Vec::new();
    status(&mut cases);
    catalogues(facts, &mut cases);
    entries::cases(facts, &mut cases);
    times(facts, &mut cases);
    numbers(facts, &mut cases);
    findings(facts, &mut cases);
    rules(&mut cases);
    refusals(facts, &mut cases);
    http(&mut cases);
    cases
}

fn status(cases: &mut Vec<Case>) {
    cases.push(case("ready", get("/ready").status(200).text("ready").eventually()));
    cases.push(case(
        "status/buildinfo has no envelope",
        get(api("status/buildinfo")).json().kind("/version", Kind::Text).lacks("/status").compared(Sameness::Shape),
    ));
}

/// A time range around this run's entries.
fn window(facts: &Facts, step: Step) -> Step {
    step.param("start", facts.at_ns(-1)).param("end", facts.at_ns(ENTRIES + 1))
}

fn success(step: Step) -> Step {
    step.json().is("/status", "success")
}

fn catalogues(facts: &Facts, cases: &mut Vec<Case>) {
    let window = |step: Step| window(facts, step);
    let platform = ["app", "namespace", "pod", "container"];
    for (name, step) in [("GET", get(api("labels"))), ("POST form", post(api("labels")).form())] {
        let step = platform.iter().fold(success(window(step)), |step, label| step.includes("/data", *label));
        cases.push(case(format!("labels by {name}"), step.eventually().compared(Sameness::Head)));
    }
    cases.push(case(
        "labels of a query's streams",
        success(window(get(api("labels"))).param("query", facts.selector())).includes("/data", "run"),
    ));
    cases.push(case(
        "values of a label",
        success(window(get(api("label/run/values")))).includes("/data", facts.run.as_str()).compared(Sameness::Head),
    ));
    cases.push(case(
        "values of a label, of a query's streams",
        success(window(get(api("label/pod/values"))).param("query", facts.selector()))
            .is("/data", json!(["probe-0", "probe-1"])),
    ));
    cases.push(case(
        "values of a label that is not there: no data at all",
        success(window(get(api("label/nothing/values")))).lacks("/data"),
    ));
    cases.push(case(
        "labels of a time without entries: no data at all",
        success(get(api("labels")).param("start", "1000000000").param("end", "1000003600")).lacks("/data"),
    ));
    for (name, step) in [("GET", get(api("series"))), ("POST form", post(api("series")).form())] {
        cases.push(case(
            format!("series by {name}"),
            success(window(step).param("match[]", facts.selector()))
                .list("/data", Some(2))
                .that("labels and no structured metadata", |answer| {
                    answer.pointer("/data/0/pod").is_some() && answer.pointer("/data/0/trace_id").is_none()
                })
                .compared(Sameness::Shape),
        ));
    }
    cases.push(case(
        "series of nothing",
        success(window(get(api("series"))).param("match[]", "{run=\"nothing\"}")).list("/data", Some(0)),
    ));
    cases.push(case(
        "format_query",
        success(post(api("format_query")).form().param("query", "{a=\"b\"}|=\"c\"")).is("/data", "{a=\"b\"} |= \"c\""),
    ));
    cases.push(case(
        "format_query refuses with JSON",
        get(api("format_query"))
            .param("query", "{")
            .status(400)
            .has_json()
            .is("/status", "invalid-query")
            .kind("/error", Kind::Text),
    ));
}

fn times(facts: &Facts, cases: &mut Vec<Case>) {
    let query = format!("{{run=\"{}\",pod=\"probe-0\"}}", facts.run);
    let asked = |start: String, end: String, count: usize| {
        streams(get(api("query_range")).param("query", &query).param("start", start).param("end", end))
            .that("as many entries", move |answer| entries_of(answer).len() == count)
            .except(&STATS)
    };
    let ns = |index: i64| facts.at_ns(index).to_string();
    cases.push(case("the start is inclusive", asked(ns(1), ns(10), 4)));
    cases.push(case("the end is exclusive", asked(ns(0), ns(2), 2)));
    cases.push(case("a nanosecond more takes the end in", asked(ns(0), (facts.at_ns(2) + 1).to_string(), 3)));
    let secs = facts.at_ms / 1000;
    cases.push(case("ten digits are seconds", asked((secs - 2).to_string(), (secs + 10).to_string(), 5)));
    cases.push(case("a point makes float seconds", asked(format!("{}.5", secs - 2), format!("{}.5", secs + 10), 5)));
    cases.push(case("RFC 3339", asked(rfc3339(facts.at_ms - 2000), rfc3339(facts.at_ms + 10_000), 5)));
    cases.push(case(
        "thirteen digits are nanoseconds too: a trap",
        asked((facts.at_ms - 2000).to_string(), (facts.at_ms + 10_000).to_string(), 0),
    ));
    cases.push(case(
        "since instead of a start",
        streams(get(api("query_range")).param("query", &query).param("since", "1h"))
            .that("five entries", |answer| entries_of(answer).len() == 5)
            .except(&STATS),
    ));
}

fn numbers(facts: &Facts, cases: &mut Vec<Case>) {
    let at = (facts.at_ms / 1000 + 60).to_string();
    let count = format!("sum by (pod) (count_over_time({{run=\"{}\"}}[5m]))", facts.run);
    let instant = |query: &str| get(api("query")).param("query", query).param("time", &at);
    cases.push(case(
        "a query at an instant is a vector",
        success(instant(&format!("sum(count_over_time({{run=\"{}\"}}[5m]))", facts.run)))
            .is("/data/resultType", "vector")
            .kind("/data/result/0/value/0", Kind::Number)
            .is("/data/result/0/value/1", "6")
            .is("/data/result/0/metric", json!({}))
            .except(&STATS),
    ));
    cases.push(case(
        "a query at an instant by labels",
        success(instant(&count))
            .list("/data/result", Some(2))
            .kind("/data/result/0/metric/pod", Kind::Text)
            .except(&STATS),
    ));
    cases.push(case(
        "a sum is a scalar",
        success(instant("1+1")).is("/data/resultType", "scalar").is("/data/result/1", "2").except(&STATS),
    ));
    cases.push(case(
        "a query over time is a matrix",
        success(window(facts, get(api("query_range"))).param("query", &count).param("step", "1"))
            .is("/data/resultType", "matrix")
            .kind("/data/result/0/values/0/0", Kind::Number)
            .kind("/data/result/0/values/0/1", Kind::Text)
            .except(&STATS),
    ));
    cases.push(case(
        "numbers unwrapped from lines",
        success(instant(&format!(
            "max(max_over_time({{run=\"{}\",pod=\"probe-0\"}} | json | unwrap duration_ms [5m]))",
            facts.run
        )))
        .is("/data/result/0/value/1", "40")
        .except(&STATS),
    ));
    cases.push(case(
        "nothing over time",
        success(
            window(facts, get(api("query_range")))
                .param("query", "count_over_time({run=\"nothing\"}[1m])")
                .param("step", "1"),
        )
        .list("/data/result", Some(0))
        .except(&STATS),
    ));
}

fn list_length(value: &Value, name: &str) -> usize {
    value.get(name).and_then(Value::as_array).map_or(0, Vec::len)
}

fn findings(facts: &Facts, cases: &mut Vec<Case>) {
    let window = |step: Step| window(facts, step);
    let asked = |path: &str| window(get(api(path))).param("query", facts.selector());
    cases.push(case(
        "index/stats has no envelope",
        asked("index/stats")
            .json()
            .lacks("/status")
            .kind("/streams", Kind::Number)
            .kind("/chunks", Kind::Number)
            .kind("/bytes", Kind::Number)
            .kind("/entries", Kind::Number)
            .compared(Sameness::Shape),
    ));
    cases.push(case(
        "index/volume is a vector",
        success(asked("index/volume"))
            .is("/data/resultType", "vector")
            .kind("/data/result", Kind::List)
            .compared(Sameness::Head),
    ));
    cases.push(case(
        "index/volume_range is a matrix, and a vector where no series has two points",
        success(asked("index/volume_range").param("step", "10"))
            .that("one point in a vector, more in a matrix", |answer| {
                let result = answer.pointer("/data/result").and_then(Value::as_array);
                let most = result.map(|all| all.iter().map(|one| list_length(one, "values")).max().unwrap_or(0));
                let kind = answer.pointer("/data/resultType").and_then(Value::as_str);
                matches!((kind, most), (Some("matrix"), Some(2..)) | (Some("vector"), Some(0)))
            })
            .compared(Sameness::Head),
    ));
    cases.push(case(
        "index/volume_range of nothing is an empty vector",
        success(window(get(api("index/volume_range"))).param("query", "{run=\"nothing\"}").param("step", "10"))
            .is("/data/resultType", "vector")
            .list("/data/result", Some(0))
            .except(&STATS),
    ));
    cases.push(case(
        "detected_fields have no envelope",
        asked("detected_fields")
            .json()
            .lacks("/status")
            .that("the field duration_ms, read by json, of a number", |answer| {
                let fields = answer.get("fields").and_then(Value::as_array);
                fields.into_iter().flatten().any(|field| {
                    field.get("label") == Some(&json!("duration_ms"))
                        && field.get("type").is_some_and(Value::is_string)
                        && field.get("cardinality").is_some_and(Value::is_number)
                        && field.get("parsers") == Some(&json!(["json"]))
                })
            })
            .kind("/limit", Kind::Number)
            .compared(Sameness::Head),
    ));
    cases.push(case(
        "a field that no parser found has null for parsers",
        asked("detected_fields")
            .json()
            .that("the field trace_id of the structured metadata", |answer| {
                let fields = answer.get("fields").and_then(Value::as_array);
                fields.into_iter().flatten().any(|field| {
                    field.get("label") == Some(&json!("trace_id")) && field.get("parsers") == Some(&Value::Null)
                })
            })
            .compared(Sameness::Head),
    ));
    cases.push(case(
        "values of a detected field",
        asked("detected_field/logger/values").json().is("/values", json!(["contract"])).compared(Sameness::Whole),
    ));
    cases.push(case(
        "detected_labels have no envelope and a key of their own",
        asked("detected_labels")
            .json()
            .lacks("/status")
            .that("the label pod with two values", |answer| {
                let labels = answer.get("detectedLabels").and_then(Value::as_array);
                labels.into_iter().flatten().any(|label| {
                    label.get("label") == Some(&json!("pod")) && label.get("cardinality") == Some(&json!(2))
                })
            })
            .compared(Sameness::Head),
    ));
    cases.push(case("patterns", success(asked("patterns")).kind("/data", Kind::List).compared(Sameness::Head)));
}

/// A refusal: words, not JSON.
fn refused(step: Step, status: u16, part: &'static str) -> Step {
    step.status(status).text(part)
}

/// Loki's ruler speaks as Prometheus does, with an empty error beside each success.
fn rules(cases: &mut Vec<Case>) {
    cases.push(case(
        "rules, in Prometheus's form",
        success(get("/prometheus/api/v1/rules"))
            .kind("/data/groups", Kind::List)
            .is("/error", "")
            .compared(Sameness::Head),
    ));
    cases.push(case(
        "alerts, in Prometheus's form",
        success(get("/prometheus/api/v1/alerts"))
            .kind("/data/alerts", Kind::List)
            .is("/error", "")
            .compared(Sameness::Head),
    ));
}

fn refusals(facts: &Facts, cases: &mut Vec<Case>) {
    let asked = |query: &str| window(facts, get(api("query_range"))).param("query", query);
    cases.push(case(
        "a query of entries at an instant",
        refused(
            get(api("query")).param("query", facts.selector()),
            400,
            "log queries are not supported as an instant query type",
        ),
    ));
    for (name, query) in [
        ("no query", ""),
        ("a selector that ends early", "{a="),
        ("a selector that selects all", "{a=~\".*\"}"),
        ("an unknown function", "nothing({a=\"b\"}[1m])"),
        ("a range without a function", "{a=\"b\"}[1m]"),
        ("a broken regular expression", "{a=~\"(\"}"),
    ] {
        cases.push(case(format!("query_range refuses {name}"), refused(asked(query), 400, "")));
    }
    cases.push(case(
        "query_range tells where a query is broken",
        refused(asked("{a="), 400, "parse error at line 1, col"),
    ));
    cases.push(case("5,000 entries may be asked for", streams(range(facts).param("limit", 5000)).except(&STATS)));
    cases.push(case(
        "one more is too many",
        refused(
            range(facts).param("limit", 5001),
            400,
            "max entries limit per query exceeded, limit > max_entries_limit_per_query (5001 > 5000)",
        ),
    ));
    for (name, value, part) in [
        ("limit", "x", "strconv"),
        ("limit", "0", "limit must be a positive value"),
        ("direction", "x", "invalid direction 'x'"),
        ("step", "x", "valid duration"),
        ("step", "0", "step"),
        ("interval", "-1", "interval must be >= 0"),
    ] {
        cases.push(case(
            format!("query_range refuses {name}={value}"),
            refused(range(facts).param(name, value), 400, part),
        ));
    }
    for name in ["start", "end"] {
        let step = get(api("query_range")).param("query", facts.selector()).param(name, "x");
        cases.push(case(format!("query_range refuses a bad {name}"), refused(step, 400, "could not parse")));
    }
    let reversed = get(api("query_range"))
        .param("query", facts.selector())
        .param("start", facts.at_ns(1))
        .param("end", facts.at_ns(0));
    cases.push(case(
        "query_range refuses an end before the start",
        refused(reversed, 400, "end timestamp must not be before or equal to start time"),
    ));
    let points = |end: i64| {
        get(api("query_range"))
            .param("query", format!("count_over_time({}[1m])", facts.selector()))
            .param("step", 1)
            .param("start", facts.at_ms / 1000 - end)
            .param("end", facts.at_ms / 1000)
    };
    cases.push(case("11,000 steps are answered", success(points(11_000)).except(&STATS)));
    cases.push(case(
        "one step more is too many",
        refused(points(11_001), 400, "exceeded maximum resolution of 11,000 points"),
    ));
    cases.push(case(
        "series refuse a broken selector",
        refused(get(api("series")).param("match[]", "{"), 400, "parse error"),
    ));
    cases.push(case(
        "labels refuse a bad start",
        refused(get(api("labels")).param("start", "x"), 400, "could not parse 'start' parameter"),
    ));
    cases.push(case(
        "index/stats refuses a broken selector",
        refused(get(api("index/stats")).param("query", "{"), 400, ""),
    ));
    cases.push(case("a stream whose label is none is refused", {
        let entry = json!([facts.at_ns(0).to_string(), "x"]);
        let streams = json!({"streams": [stream(json!({"a b": "c"}), vec![entry])]});
        refused(post(api("push")).sends(&streams), 400, "couldn't parse labels")
    }));
    cases.push(case(
        "a push that is no JSON is refused",
        refused(post(api("push")).body("application/json", "x"), 400, ""),
    ));
}

fn http(cases: &mut Vec<Case>) {
    cases.push(case("an unknown path", get(api("nothing")).status(404).text("404 page not found")));
    cases.push(case("a method that is not allowed", ask("PUT", api("labels")).status(405).empty()));
    cases.push(case(
        "no CORS header, ever",
        get(api("labels"))
            .header("Origin", "http://elsewhere.example")
            .status(200)
            .no_header("Access-Control-Allow-Origin")
            .compared(Sameness::Head),
    ));
    cases.push(case(
        "no preflight, ever",
        ask("OPTIONS", api("query_range"))
            .header("Origin", "http://elsewhere.example")
            .header("Access-Control-Request-Method", "GET")
            .status(405)
            .no_header("Access-Control-Allow-Origin"),
    ));
}
