//! What a server tells of itself: rules, alerts, targets and its state.

use agentarea_demo::promql::Dialect;
use serde_json::{Value, json};

use super::{Facts, api};
use crate::case::{Case, Kind, Sameness, Step, case, get};
use crate::normalise::{ADDITIONS, BUILD, DURATIONS, FILES, LABELS, NEWER, STATES, TIMES};

pub fn cases(facts: Facts, cases: &mut Vec<Case>) {
    rules_and_targets(facts, cases);
    status(facts, cases);
}

fn rules_and_targets(facts: Facts, cases: &mut Vec<Case>) {
    let normal = |step: Step| step.except(&FILES).except(&TIMES).except(&DURATIONS).except(&NEWER);
    for (name, params) in [
        ("rules", &[] as &[(&'static str, &str)]),
        ("rules that alert", &[("type", "alert")]),
        ("rules that record", &[("type", "record")]),
    ] {
        let step = get(api("rules")).params(params).success().kind("/data/groups", Kind::List);
        let step = normal(step).except(&STATES);
        let keeps_empty_groups = facts.dialect == Dialect::V2 || name != "rules that record";
        cases.push(case(
            name,
            if keeps_empty_groups {
                step
            } else {
                step.demo_otherwise(200, "2.42 keeps groups that have no such rule")
            },
        ));
    }
    cases.push(case("rules refuse an unknown type", get(api("rules")).param("type", "x").refused(400, "bad_data")));
    cases.push(case(
        "rules of the guide have their fields",
        normal(get(api("rules")).param("type", "alert"))
            .success()
            .that("the rule ServiceDown, as the guide has it", |answer| {
                let groups = answer.pointer("/data/groups").and_then(Value::as_array);
                let mut rules =
                    groups.into_iter().flatten().filter_map(|group| group.get("rules")?.as_array()).flatten();
                rules.any(|rule| {
                    rule.get("name") == Some(&json!("ServiceDown"))
                        && rule.get("type") == Some(&json!("alerting"))
                        && rule.get("duration").and_then(Value::as_f64) == Some(60.0)
                        && rule.pointer("/labels/severity") == Some(&json!("critical"))
                        && rule.pointer("/annotations/description").is_some_and(Value::is_string)
                })
            })
            .compared(Sameness::Head),
    ));
    let alerts = || get(api("alerts")).success().kind("/data/alerts", Kind::List);
    if facts.is_stack {
        cases.push(case("alerts", alerts().compared(Sameness::Head)));
    } else {
        cases.push(case(
            "alerts: one fires, one is pending",
            alerts()
                .that("the alerts AlwaysFires and WaitsAnHour", |answer| {
                    let found = |name: &str| {
                        let alerts = answer.pointer("/data/alerts").and_then(Value::as_array);
                        alerts
                            .into_iter()
                            .flatten()
                            .find(|alert| alert.pointer("/labels/alertname") == Some(&json!(name)))
                            .cloned()
                    };
                    let is = |name: &str, state: &str, value: &str| {
                        found(name).is_some_and(|alert| {
                            alert.get("state") == Some(&json!(state))
                                && alert.get("value") == Some(&json!(value))
                                && alert.get("activeAt").is_some_and(Value::is_string)
                        })
                    };
                    is("AlwaysFires", "firing", "1.25e+01") && is("WaitsAnHour", "pending", "1e+00")
                })
                .compared(Sameness::Head)
                .eventually(),
        ));
    }
    let targets = || get(api("targets"));
    let listed = |step: Step| {
        step.success()
            .list("/data/activeTargets", None)
            .that("targets with their fields", |answer| {
                let targets = answer.pointer("/data/activeTargets").and_then(Value::as_array);
                targets.into_iter().flatten().all(|target| {
                    ["up", "down", "unknown"].iter().any(|health| target.get("health") == Some(&json!(health)))
                        && ["labels", "discoveredLabels"]
                            .iter()
                            .all(|name| target.get(name).is_some_and(Value::is_object))
                        && [
                            "scrapePool",
                            "scrapeUrl",
                            "globalUrl",
                            "lastError",
                            "lastScrape",
                            "scrapeInterval",
                            "scrapeTimeout",
                        ]
                        .iter()
                        .all(|name| target.get(name).is_some_and(Value::is_string))
                })
            })
            .except(&LABELS)
            .except(&NEWER)
            .compared(Sameness::Shape)
    };
    for state in ["", "active", "any"] {
        cases.push(case(format!("targets, state {state:?}"), listed(targets().param("state", state))));
    }
    for state in ["dropped", "other"] {
        let step = targets().param("state", state).success().list("/data/activeTargets", Some(0));
        cases.push(case(format!("targets, state {state:?}"), step.except(&NEWER)));
    }
    cases.push(case(
        "targets of a pool that is not there",
        targets().param("scrapePool", "nothing").success().list("/data/activeTargets", Some(0)).except(&NEWER),
    ));
    cases.push(case(
        "alertmanagers",
        get(api("alertmanagers"))
            .success()
            .kind("/data/activeAlertmanagers", Kind::List)
            .list("/data/droppedAlertmanagers", Some(0))
            .compared(if facts.is_stack { Sameness::Head } else { Sameness::Whole }),
    ));
}

fn status(facts: Facts, cases: &mut Vec<Case>) {
    let major = if facts.dialect == Dialect::V2 { "2." } else { "3." };
    let step = get(api("status/buildinfo")).success().kind("/data/version", Kind::Text);
    let real = step.except(&BUILD);
    cases.push(case(format!("status/buildinfo of a Prometheus {major}x"), real));
    let info = get(api("status/runtimeinfo")).success();
    cases.push(case(
        "status/runtimeinfo",
        info.kind("/data/startTime", Kind::Text)
            .kind("/data/goroutineCount", Kind::Number)
            .kind("/data/storageRetention", Kind::Text)
            .is("/data/reloadConfigSuccess", true)
            .except(&NEWER)
            .except(&ADDITIONS)
            .compared(Sameness::Shape),
    ));
    cases.push(case(
        "status/flags are texts by name",
        get(api("status/flags"))
            .success()
            .kind("/data/query.lookback-delta", Kind::Text)
            .kind("/data/storage.tsdb.retention.time", Kind::Text)
            .compared(Sameness::Head),
    ));
    cases.push(case(
        "status/config is YAML",
        get(api("status/config")).success().kind("/data/yaml", Kind::Text).compared(Sameness::Shape),
    ));
}
