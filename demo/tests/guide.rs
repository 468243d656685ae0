//! The simulated platform exposes every metric of the operations guide, with its type and labels, and loads every rule.
//!
//! The list is `tests/fixtures/guide/inventory.json`; what of it the app shows is checked in the app's own tests.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test's own helpers fail the test by panicking")]

use std::{collections::BTreeSet, fs, path::PathBuf};

use agentarea_demo::sim::{MetricKind, Platform, SeriesDef};
use serde_json::Value;

fn read(path: &str) -> String {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..").join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn inventory() -> Value {
    serde_json::from_str(&read("tests/fixtures/guide/inventory.json")).unwrap()
}

fn list<'v>(value: &'v Value, key: &str) -> &'v Vec<Value> {
    value.get(key).and_then(Value::as_array).unwrap()
}

fn text<'v>(value: &'v Value, key: &str) -> &'v str {
    value.get(key).and_then(Value::as_str).unwrap()
}

/// A platform that has run for an hour and a half: long enough for every agent and tool to have been at work.
fn series() -> Vec<SeriesDef> {
    let mut platform = Platform::with_history(7, 1_795_356_000_000, 2);
    for _ in 0..360 {
        platform.next_scrape();
    }
    platform.series().to_vec()
}

#[test]
fn every_metric_is_exposed_with_its_labels() {
    let inventory = inventory();
    let series = series();
    for metric in ["metrics", "queried_metrics"].iter().flat_map(|key| list(&inventory, key)) {
        let (name, kind) = (text(metric, "name"), text(metric, "type"));
        let sample_name = if kind == "histogram" { format!("{name}_bucket") } else { name.to_owned() };
        let of_metric: Vec<&SeriesDef> = series.iter().filter(|s| s.name == sample_name).collect();
        assert!(!of_metric.is_empty(), "the demo has no series {sample_name}");
        let labels: BTreeSet<&str> =
            of_metric.iter().flat_map(|s| s.labels.iter().map(|(name, _)| name.as_str())).collect();
        for label in list(metric, "labels").iter().filter_map(Value::as_str) {
            assert!(labels.contains(label), "{sample_name} has no label {label}; it has {labels:?}");
        }
    }
}

#[test]
fn every_metric_has_the_guides_type() {
    let inventory = inventory();
    for metric in ["metrics", "queried_metrics"].iter().flat_map(|key| list(&inventory, key)) {
        let name = text(metric, "name");
        let found = Platform::metadata().iter().find(|m| m.name == name);
        let kind = found.map(|m| match m.kind {
            MetricKind::Counter => "counter",
            MetricKind::Gauge => "gauge",
            MetricKind::Histogram => "histogram",
            MetricKind::Summary => "summary",
            MetricKind::Untyped => "untyped",
        });
        // The server makes `up` itself: it has no metadata, as in Prometheus.
        let expected = (name != "up").then(|| text(metric, "type"));
        assert_eq!(kind, expected, "{name}");
        if let (Some(found), Some(help)) = (found, metric.get("help").and_then(Value::as_str)) {
            assert_eq!(found.help, help, "{name}");
        }
    }
}

#[test]
fn every_rule_is_loaded_as_the_guide_has_it() {
    let inventory = inventory();
    let mut loaded = Vec::new();
    for entry in fs::read_dir(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("rules")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|e| e == "yml") {
            let file: Value = serde_norway::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
            for group in list(&file, "groups") {
                loaded.extend(list(group, "rules").iter().map(|rule| (text(group, "name").to_owned(), rule.clone())));
            }
        }
    }
    for rule in list(&inventory, "rules") {
        let name = text(rule, "alert");
        let found = loaded.iter().find(|(_, r)| r.get("alert").and_then(Value::as_str) == Some(name));
        let (group, found) = found.unwrap_or_else(|| panic!("no rule {name}"));
        assert_eq!(group, text(rule, "group"), "{name}");
        // Spaces at a line's end say nothing in PromQL, and editors take them away.
        let words = |expr: &'_ str| expr.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(words(text(found, "expr")), words(text(rule, "expr")), "{name}");
        for key in ["for", "labels", "annotations"] {
            assert_eq!(found.get(key), rule.get(key), "{name}: {key}");
        }
    }
}
