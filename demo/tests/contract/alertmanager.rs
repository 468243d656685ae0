//! Alertmanager's API v2: alerts, groups, silences and how it refuses.
//!
//! The alerts and silences are the suite's own and carry a label of this run, so that a stack's other alerts are neither
//! counted nor silenced. The servers asked are 0.25 and newer: where they differ, the check takes both.

use agentarea_demo::clock::rfc3339;
use serde_json::{Value, json};

use crate::case::{Case, Kind, Sameness, Step, ask, case, flow, get, post};
use crate::normalise::{BUILD, FINGERPRINTS, ONES_OWN, SILENCE_IDS, TIMES};

pub struct Facts {
    /// The value of the label `contract` on what this run makes.
    pub run: String,
    pub now_ms: i64,
}

const UNKNOWN_ID: &str = "00000000-0000-4000-8000-000000000000";

fn api(path: &str) -> String {
    format!("/api/v2/{path}")
}

pub fn cases(facts: &Facts) -> Vec<Case> {
    let mut cases = Vec::new();
    status(&mut cases);
    alerts(facts, &mut cases);
    silences(facts, &mut cases);
    refusals(facts, &mut cases);
    cross_origin(&mut cases);
    cases
}

fn status(cases: &mut Vec<Case>) {
    cases.push(case("ready", get("/-/ready").status(200).text("OK")));
    cases.push(case("healthy", get("/-/healthy").status(200).text("OK")));
    cases.push(case(
        "status",
        get(api("status"))
            .json()
            .that("a known state of the cluster", |answer| {
                let state = answer.pointer("/cluster/status").and_then(Value::as_str);
                state.is_some_and(|state| ["ready", "settling", "disabled"].contains(&state))
            })
            .kind("/versionInfo/version", Kind::Text)
            .kind("/config/original", Kind::Text)
            .kind("/uptime", Kind::Text)
            .except(&BUILD)
            .except(&ONES_OWN)
            .compared(Sameness::Shape),
    ));
    cases.push(case(
        "receivers",
        get(api("receivers")).json().list("", None).kind("/0/name", Kind::Text).compared(Sameness::Shape),
    ));
}

/// Gives the server two alerts, of which one is critical. They end by themselves.
fn give(facts: &Facts) -> Step {
    let alert = |severity: &str| {
        json!({
            "labels": {"alertname": "ContractProbe", "severity": severity, "contract": facts.run},
            "annotations": {"summary": "a probe <b> of the contract"},
            "generatorURL": "http://prometheus.example/graph?g0.expr=up",
        })
    };
    post(api("alerts")).sends(&json!([alert("critical"), alert("info")])).status(200).empty()
}

fn own(facts: &Facts, step: Step) -> Step {
    step.param("filter", format!("contract=\"{}\"", facts.run))
}

fn normal(step: Step) -> Step {
    step.except(&TIMES).except(&FINGERPRINTS).except(&SILENCE_IDS)
}

fn alerts(facts: &Facts, cases: &mut Vec<Case>) {
    let listed = || own(facts, get(api("alerts")));
    let both = || normal(listed().json().list("", Some(2))).eventually();
    cases.push(flow(
        "alerts are taken and listed",
        vec![
            give(facts),
            both()
                .is("/0/labels/alertname", "ContractProbe")
                .is("/0/annotations/summary", "a probe <b> of the contract")
                .is("/0/status/state", "active")
                .list("/0/status/silencedBy", Some(0))
                .list("/0/status/inhibitedBy", Some(0))
                .kind("/0/fingerprint", Kind::Text)
                .list("/0/receivers", None)
                .that("an end that is a time-out in the future", |answer| {
                    let text = |name: &str| answer.pointer(&format!("/0/{name}")).and_then(Value::as_str).unwrap_or("");
                    text("endsAt") > text("updatedAt")
                })
                .that("times as RFC 3339 in UTC", |answer| {
                    ["startsAt", "endsAt", "updatedAt"].iter().all(|name| {
                        answer
                            .pointer(&format!("/0/{name}"))
                            .and_then(Value::as_str)
                            .is_some_and(|time| time.ends_with('Z'))
                    })
                }),
        ],
    ));
    let filtered = |filter: &str| listed().param("filter", filter).json();
    cases.push(flow(
        "alerts: filters are joined, and regular expressions are whole",
        vec![
            give(facts),
            both(),
            normal(filtered("severity=\"info\"").list("", Some(1)).is("/0/labels/severity", "info")),
            normal(filtered("severity!=\"info\"").list("", Some(1)).is("/0/labels/severity", "critical")),
            normal(filtered("severity=~\"info|critical\"").list("", Some(2))),
            filtered("severity=~\"crit\"").list("", Some(0)),
            filtered("severity!~\".+\"").list("", Some(0)),
            filtered("nothing=\"x\"").list("", Some(0)),
        ],
    ));
    cases.push(flow(
        "alerts: a receiver is a whole regular expression",
        vec![
            give(facts),
            both().keep("receiver", "/0/receivers/0/name"),
            normal(listed().param("receiver", "«receiver»").json().list("", None)),
            listed().param("receiver", ".").json().list("", Some(0)),
            normal(listed().param("receiver", ".*").json().list("", Some(2))),
        ],
    ));
    cases.push(flow(
        "alerts: active ones may be left out",
        vec![give(facts), both(), listed().param("active", "false").json().list("", Some(0))],
    ));
    cases.push(flow(
        "groups of alerts",
        vec![
            give(facts),
            normal(own(facts, get(api("alerts/groups"))).json().list("", None))
                .eventually()
                .kind("/0/labels", Kind::Object)
                .kind("/0/receiver/name", Kind::Text)
                .list("/0/alerts", None)
                .is("/0/alerts/0/labels/contract", facts.run.as_str())
                .compared(Sameness::Shape),
        ],
    ));
    cases.push(case("alerts: none are taken", post(api("alerts")).sends(&json!([])).status(200).empty()));
}

fn silence(facts: &Facts, id: Option<&str>, severity: &str, from_ms: i64, to_ms: i64) -> Value {
    let matcher = |name: &str, value: &str| json!({"name": name, "value": value, "isRegex": false, "isEqual": true});
    let mut silence = json!({
        "matchers": [matcher("contract", &facts.run), matcher("severity", severity)],
        "startsAt": rfc3339(facts.now_ms + from_ms),
        "endsAt": rfc3339(facts.now_ms + to_ms),
        "createdBy": "contract",
        "comment": "made and expired by the contract suite",
    });
    if let Some(id) = id {
        silence["id"] = json!(id);
    }
    silence
}

const HOUR_MS: i64 = 3_600_000;

fn silences(facts: &Facts, cases: &mut Vec<Case>) {
    let set = |id: Option<&str>, severity: &str| {
        post(api("silences")).sends(&silence(facts, id, severity, 0, HOUR_MS)).json().kind("/silenceID", Kind::Text)
    };
    let set = |id: Option<&str>, severity: &str| normal(set(id, severity));
    let read =
        |state: &'static str| normal(get(api("silence/«id»")).json().is("/id", "«id»").is("/status/state", state));
    let expire = || ask("DELETE", api("silence/«id»")).status(200).empty();
    cases.push(flow(
        "a silence is made, read and expired, and stays",
        vec![
            set(None, "info").keep("id", "/silenceID"),
            read("active")
                .is("/createdBy", "contract")
                .list("/matchers", Some(2))
                .is("/matchers/0/isEqual", true)
                .is("/matchers/0/isRegex", false),
            own(facts, get(api("silences"))).json().list("", None).compared(Sameness::Nothing),
            expire(),
            read("expired"),
            own(facts, get(api("silences")))
                .json()
                .that("an expired silence among those listed", |answer| {
                    let listed = answer.as_array().map(Vec::as_slice).unwrap_or_default();
                    listed.iter().any(|silence| silence.pointer("/status/state") == Some(&json!("expired")))
                })
                .compared(Sameness::Nothing),
        ],
    ));
    cases.push(flow(
        "a silenced alert is suppressed and can be left out",
        vec![
            give(facts),
            set(None, "critical").keep("id", "/silenceID"),
            own(facts, get(api("alerts")))
                .param("filter", "severity=\"critical\"")
                .json()
                .list("", Some(1))
                .is("/0/status/state", "suppressed")
                .is("/0/status/silencedBy/0", "«id»")
                .eventually()
                .compared(Sameness::Shape),
            own(facts, get(api("alerts")))
                .param("filter", "severity=\"critical\"")
                .param("silenced", "false")
                .json()
                .list("", Some(0)),
            expire(),
            own(facts, get(api("alerts")))
                .param("filter", "severity=\"critical\"")
                .json()
                .is("/0/status/state", "active")
                .eventually()
                .compared(Sameness::Shape),
        ],
    ));
    cases.push(flow(
        "a silence with other matchers gets a new id, and the old one expires",
        vec![
            set(None, "info").keep("id", "/silenceID"),
            set(Some("«id»"), "none").keep("new", "/silenceID"),
            read("expired"),
            normal(get(api("silence/«new»")).json().is("/status/state", "active")),
            ask("DELETE", api("silence/«new»")).status(200).empty(),
        ],
    ));
    cases.push(flow(
        "a silence that only lasts longer keeps its id",
        vec![
            set(None, "info").keep("id", "/silenceID").keep("first", "/silenceID"),
            get(api("silence/«id»")).json().keep("start", "/startsAt").compared(Sameness::Nothing),
            post(api("silences"))
                .sends(&{
                    let mut longer = silence(facts, Some("«id»"), "info", 0, 2 * HOUR_MS);
                    longer["startsAt"] = json!("«start»");
                    longer
                })
                .json()
                .is("/silenceID", "«first»")
                .compared(Sameness::Shape),
            expire(),
        ],
    ));
    cases.push(flow(
        "a silence in the future is pending",
        vec![
            normal(post(api("silences")).sends(&silence(facts, None, "info", HOUR_MS, 2 * HOUR_MS)).json())
                .keep("id", "/silenceID"),
            read("pending"),
            expire(),
            read("expired"),
        ],
    ));
    cases.push(case(
        "a silence that is not there: 404 and nothing",
        get(api(&format!("silence/{UNKNOWN_ID}"))).status(404).empty(),
    ));
}

/// An error of Alertmanager's own: a JSON text.
fn refused(step: Step, status: u16) -> Step {
    step.status(status).has_json().kind("", Kind::Text)
}

/// An error of its framework, which checks requests against their description.
fn invalid(step: Step, status: u16) -> Step {
    step.status(status).has_json().kind("/code", Kind::Number).kind("/message", Kind::Text)
}

fn refusals(facts: &Facts, cases: &mut Vec<Case>) {
    for path in ["alerts", "alerts/groups", "silences"] {
        cases.push(case(
            format!("{path} refuse what is no filter, with a JSON text"),
            refused(get(api(path)).param("filter", "bad {"), 400).says("bad matcher format"),
        ));
    }
    cases.push(case("alerts refuse a broken receiver", refused(get(api("alerts")).param("receiver", "("), 400)));
    cases.push(case(
        "alerts: a flag that is no word for yes is a no",
        own(facts, get(api("alerts"))).param("active", "x").json().list("", Some(0)),
    ));
    cases.push(case(
        "alerts without labels are refused",
        refused(post(api("alerts")).sends(&json!([{"labels": {}}])), 400),
    ));
    let set = |value: &Value| post(api("silences")).sends(value);
    cases.push(case(
        "a silence that ends before it starts is refused",
        refused(set(&silence(facts, None, "info", HOUR_MS, 0)), 400).says("start time must be before end time"),
    ));
    cases.push(case(
        "a silence in the past is refused",
        refused(set(&silence(facts, None, "info", -2 * HOUR_MS, -HOUR_MS)), 400).says("end time can't be in the past"),
    ));
    let broken = |change: fn(&mut Value)| {
        let mut silence = silence(facts, None, "info", 0, HOUR_MS);
        change(&mut silence);
        post(api("silences")).sends(&silence)
    };
    cases.push(case(
        "a silence with a broken regular expression is refused",
        refused(broken(|silence| silence["matchers"][0] = json!({"name": "a", "value": "(", "isRegex": true})), 400)
            .says("silence"),
    ));
    cases.push(case(
        "a silence without matchers is refused as an object",
        invalid(broken(|silence| silence["matchers"] = json!([])), 422)
            .says("matchers in body should have at least 1 items"),
    ));
    cases.push(case(
        "a silence without a comment is refused as an object",
        invalid(
            broken(|silence| {
                silence.as_object_mut().map(|fields| fields.remove("comment"));
            }),
            422,
        )
        .says("comment in body is required"),
    ));
    cases.push(case(
        "a silence that is no JSON is refused as an object",
        invalid(post(api("silences")).body("application/json", "x"), 400),
    ));
    cases.push(case(
        "a silence as a form is refused as an object",
        invalid(post(api("silences")).form().param("a", "b"), 415),
    ));
    cases.push(case(
        "a silence with an unknown id is refused",
        refused(post(api("silences")).sends(&silence(facts, Some(UNKNOWN_ID), "info", 0, HOUR_MS)), 404),
    ));
    cases.push(case(
        "expiring what is not there fails",
        ask("DELETE", api(&format!("silence/{UNKNOWN_ID}"))).one_of(&[404, 500]),
    ));
    cases.push(case("an id that is none is refused as an object", invalid(get(api("silence/nothing")), 422)));
    cases.push(case("an unknown path", invalid(get(api("nothing")), 404).is("/code", 404)));
    cases.push(case(
        "a method that is not allowed",
        invalid(ask("PUT", api("receivers")), 405).header_is("Allow", "GET"),
    ));
}

fn cross_origin(cases: &mut Vec<Case>) {
    let origin = |step: Step| step.header("Origin", "http://elsewhere.example");
    let preflight = |method: &'static str, path: &str| {
        origin(ask("OPTIONS", api(path))).header("Access-Control-Request-Method", method)
    };
    cases.push(case(
        "CORS: reading is allowed from everywhere",
        origin(get(api("receivers"))).json().header_is("Access-Control-Allow-Origin", "*").compared(Sameness::Head),
    ));
    cases.push(case(
        "CORS: a silence may be posted",
        preflight("POST", "silences")
            .header("Access-Control-Request-Headers", "content-type")
            .one_of(&[200, 204])
            .header_is("Access-Control-Allow-Origin", "*")
            .header_is("Access-Control-Allow-Methods", "POST"),
    ));
    cases.push(case(
        "CORS: a silence may not be deleted",
        preflight("DELETE", &format!("silence/{UNKNOWN_ID}"))
            .no_header("Access-Control-Allow-Origin")
            .no_header("Access-Control-Allow-Methods"),
    ));
    cases.push(case(
        "CORS: credentials are not allowed",
        preflight("GET", "alerts")
            .header("Access-Control-Request-Headers", "authorization")
            .no_header("Access-Control-Allow-Headers"),
    ));
}
