//! The embedded Jaeger against the answers of a real one for the same spans, and against the demonstration's exemplars.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

#[path = "common/traces.rs"]
mod traces;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use agentarea_demo::api::{Api, Params};
use agentarea_demo::clock::Clock;
use agentarea_demo::jaeger::{Jaeger, Response, Traces};
use agentarea_demo::rules::RuleSet;
use agentarea_demo::sim::Platform;
use agentarea_demo::world::World;
use serde_json::Value;

const HOUR_NS: i64 = 3_600_000_000_000;

/// 2026-11-18, a Wednesday, 20:00 UTC: noon for the platform's users.
const NOW_MS: i64 = 1_795_032_000_000;

fn get(jaeger: &Jaeger, path: &str, pairs: &[(&str, &str)]) -> Response {
    let mut params = Params::default();
    for (name, value) in pairs {
        params.push(name, value);
    }
    jaeger.handle("GET", path, &params, &[])
}

fn json(response: &Response) -> Value {
    serde_json::from_str(&response.body).unwrap()
}

/// Name, path, parameters.
type Ask = (String, String, Vec<(String, String)>);

/// The asks of the capture.
fn asks() -> Vec<Ask> {
    let mut asks: Vec<Ask> = Vec::new();
    for line in include_str!("../src/capture/data/jaeger/asks.txt").lines() {
        if let Some(name) = line.strip_prefix("== ") {
            asks.push((name.to_owned(), String::new(), Vec::new()));
        } else if let (Some(path), Some(ask)) = (line.strip_prefix("GET "), asks.last_mut()) {
            path.clone_into(&mut ask.1);
        } else if let (Some((name, value)), Some(ask)) = (line.split_once('='), asks.last_mut()) {
            ask.2.push((name.to_owned(), value.to_owned()));
        }
    }
    asks
}

#[test]
fn answers_are_those_of_real_jaeger() {
    let clock = Clock::new(1_767_229_200_000, true);
    let jaeger = Jaeger::new(Arc::new(Traces::default()), clock).with_intake().with_max_skew_ns(HOUR_NS);
    let given = include_bytes!("../src/capture/data/jaeger/otlp.json");
    assert_eq!(jaeger.handle("POST", "/v1/traces", &Params::default(), given).status, 200);
    let asks = asks();
    assert!(asks.len() > 25, "{}", asks.len());
    for (name, path, pairs) in asks {
        let pairs: Vec<(&str, &str)> = pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let ours = get(&jaeger, &path, &pairs);
        let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("../tests/fixtures/jaeger/1.76/{name}.http"));
        let fixture = std::fs::read_to_string(&file).unwrap();
        let (head, body) = fixture.split_once("\n\n").unwrap();
        assert!(head.contains(&format!("status: {}\n", ours.status)), "{name}: {head} {}", ours.body);
        assert!(head.ends_with(&format!("content-type: {}", ours.content_type)), "{name}: {head}");
        // The page is each server's own.
        if !ours.content_type.starts_with("text/html") {
            let theirs: Value = serde_json::from_str(body).unwrap();
            assert_eq!(traces::ordered(&json(&ours)), traces::ordered(&theirs), "{name}");
        }
    }
}

struct Demo {
    prometheus: Api,
    jaeger: Jaeger,
    world: World,
}

fn demo(hours: u32) -> Demo {
    let traces = Arc::new(Traces::default());
    let mut world =
        World::new(Platform::with_history(1, NOW_MS, hours), RuleSet::default()).with_traces(Arc::clone(&traces));
    world.load_history(|_| {});
    let clock = Clock::new(NOW_MS, true);
    Demo { prometheus: Api::new(world.shared(), clock.clone()), jaeger: Jaeger::new(traces, clock), world }
}

#[test]
fn every_exemplar_leads_to_its_trace() {
    let Demo { prometheus, jaeger, .. } = demo(3);
    let mut params = Params::default();
    params.push("query", r#"{__name__=~".+_bucket"}"#);
    let answer: Value =
        serde_json::from_str(&prometheus.handle("GET", "/api/v1/query_exemplars", &params).body).unwrap();
    let (mut asked, mut names) = (0, BTreeSet::new());
    for series in answer["data"].as_array().unwrap() {
        let service = series["seriesLabels"]["service"].as_str().unwrap();
        names.insert(series["seriesLabels"]["__name__"].to_string());
        for exemplar in series["exemplars"].as_array().unwrap() {
            let id = exemplar["labels"]["trace_id"].as_str().unwrap();
            let at_us = exemplar["timestamp"].as_f64().unwrap() * 1e6;
            // Its time has milliseconds; and of a call, the callee's span is a hundredth shorter at either end.
            let tolerance_us = 1_000.0 + 0.011e6 * exemplar["value"].as_str().unwrap().parse::<f64>().unwrap();
            let found = get(&jaeger, &format!("/api/traces/{id}"), &[]);
            assert_eq!(found.status, 200, "{id} of {series}");
            let found = json(&found);
            let trace = &found["data"][0];
            let is_there = trace["spans"].as_array().unwrap().iter().any(|span| {
                let process = &trace["processes"][span["processID"].as_str().unwrap()]["serviceName"];
                let end_us = (span["startTime"].as_i64().unwrap() + span["duration"].as_i64().unwrap()) as f64;
                process == service && (end_us - at_us).abs() < tolerance_us
            });
            assert!(is_there, "no span of {service} ends at {at_us}: {id} of {}", series["seriesLabels"]);
            asked += 1;
        }
    }
    assert!(asked > 2_000 && names.len() > 2, "{asked} {names:?}");
}

#[test]
fn the_platform_is_found_by_search() {
    let Demo { jaeger, .. } = demo(1);
    let services = json(&get(&jaeger, "/api/services", &[]));
    assert_eq!(services["data"], serde_json::json!(["agentarea-api", "agentarea-frontend", "mcp-manager"]));
    let calls = json(&get(&jaeger, "/api/dependencies", &[]));
    let edges: BTreeSet<(&str, &str)> = calls["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (one["parent"].as_str().unwrap(), one["child"].as_str().unwrap()))
        .collect();
    assert_eq!(edges, BTreeSet::from([("agentarea-api", "mcp-manager"), ("agentarea-frontend", "agentarea-api")]));
    let search = |pairs: &[(&str, &str)]| {
        let found = get(&jaeger, "/api/traces", &[&[("service", "agentarea-api")], pairs].concat());
        assert_eq!(found.status, 200, "{}", found.body);
        json(&found)["data"].as_array().unwrap().clone()
    };
    let starts = |traces: &[Value]| -> Vec<i64> {
        traces.iter().map(|trace| trace["spans"][0]["startTime"].as_i64().unwrap()).collect()
    };
    let newest = search(&[("limit", "20")]);
    assert_eq!(newest.len(), 20);
    assert!(starts(&newest).is_sorted_by(|a, b| a >= b));
    // All that match, of which those are the newest.
    let all = search(&[("limit", "0")]);
    assert!(all.len() > 1_000, "{}", all.len());
    assert_eq!(newest[..], all[..20]);
    let failed = search(&[("limit", "0"), ("tags", r#"{"error":"true"}"#)]);
    let has_error = |trace: &Value| {
        trace["spans"].as_array().unwrap().iter().any(|span| {
            let process = span["processID"].as_str().unwrap();
            trace["processes"][process]["serviceName"] == "agentarea-api"
                && span["tags"].as_array().unwrap().iter().any(|tag| tag["key"] == "error" && tag["value"] == true)
        })
    };
    assert!(!failed.is_empty() && failed.iter().all(has_error));
    assert_eq!(failed.len(), all.iter().filter(|trace| has_error(trace)).count());
    let slow = search(&[("limit", "0"), ("minDuration", "1s")]);
    let is_slow = |trace: &Value| {
        trace["spans"].as_array().unwrap().iter().any(|span| {
            let process = span["processID"].as_str().unwrap();
            trace["processes"][process]["serviceName"] == "agentarea-api"
                && span["duration"].as_i64() >= Some(1_000_000)
        })
    };
    assert_eq!(slow.len(), all.iter().filter(|trace| is_slow(trace)).count());
}

#[test]
fn traces_go_on_with_the_clock_and_the_oldest_are_forgotten() {
    let Demo { jaeger, mut world, .. } = demo(1);
    let between = |from_ms: i64, to_ms: i64| {
        let [start, end] = [from_ms, to_ms].map(|ms| (ms * 1000).to_string());
        let pairs = [("service", "agentarea-api"), ("start", &start), ("end", &end), ("limit", "0")];
        json(&get(&jaeger, "/api/traces", &pairs))["data"].as_array().unwrap().len()
    };
    let (minute, hour) = (60_000, 3_600_000);
    assert!(between(NOW_MS - hour, NOW_MS - 50 * minute) > 100);
    assert_eq!(between(NOW_MS, NOW_MS + 10 * minute), 0);
    world.advance_to(NOW_MS + 10 * minute);
    assert!(between(NOW_MS, NOW_MS + 10 * minute) > 100);
    assert!(between(NOW_MS - hour, NOW_MS - 51 * minute) < 5);
}
