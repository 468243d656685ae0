//! Everything that the operations guide defines or asks is shown: each metric, each query, each panel.
//!
//! `tests/fixtures/guide/inventory.json` is the guide's list, written down once. What the demo must have is checked
//! against the same list in `demo/tests/guide.rs`.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test's own helpers fail the test by panicking")]

use std::{fs, path::PathBuf};

use agentarea_observability::{
    api::{config::config_from_json, grafana::dashboard_from_json},
    model::{
        dashboard::{Dashboard, PanelOptions, Thresholds, kinds},
        notice::Severity,
    },
};
use serde_json::Value;

fn read(path: &str) -> String {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn inventory() -> Value {
    serde_json::from_str(&read("tests/fixtures/guide/inventory.json")).unwrap()
}

fn texts<'v>(list: &'v Value, key: &str) -> Vec<&'v str> {
    list.as_array().unwrap().iter().map(|entry| entry[key].as_str().unwrap()).collect()
}

/// The dashboards that `config.json` lists, by name.
fn dashboards() -> Vec<(String, Dashboard)> {
    let config = config_from_json(&read("public/config.json")).unwrap();
    let parsed = config.dashboards.iter().map(|entry| {
        let text = read(&format!("public/{}", entry.file));
        (entry.name.clone(), dashboard_from_json(&text).unwrap_or_else(|error| panic!("{}: {error}", entry.name)))
    });
    parsed.collect()
}

fn shown_queries() -> Vec<String> {
    let dashboards = dashboards();
    dashboards.iter().flat_map(|(_, d)| &d.panels).flat_map(|p| &p.targets).map(|t| t.expr.clone()).collect()
}

/// Whether a query names a metric, or one of a histogram's series.
fn names_metric(query: &str, metric: &str) -> bool {
    let words = query.split(|c: char| !c.is_ascii_alphanumeric() && c != '_' && c != ':');
    ["", "_bucket", "_sum", "_count"]
        .iter()
        .any(|suffix| words.clone().any(|word| word.strip_suffix(suffix) == Some(metric)))
}

#[test]
fn a_metric_is_named_by_whole_words() {
    assert!(names_metric("sum(rate(a_seconds_bucket[5m])) by (le)", "a_seconds"));
    assert!(names_metric("up == 0", "up"));
    assert!(!names_metric("startup_seconds", "up"));
    assert!(!names_metric("sum(a_seconds_total)", "a_seconds"));
}

#[test]
fn the_inventory_is_whole() {
    let inventory = inventory();
    for (key, least) in [("metrics", 14), ("queried_metrics", 9), ("queries", 11), ("rules", 10)] {
        assert_eq!(inventory[key].as_array().unwrap().len(), least, "{key}");
    }
    // Every metric in a query or a rule is on the list too.
    let known: Vec<&str> =
        [&inventory["metrics"], &inventory["queried_metrics"]].iter().flat_map(|list| texts(list, "name")).collect();
    let queries = [&inventory["queries"], &inventory["rules"]];
    for query in queries.iter().flat_map(|list| texts(list, "expr")) {
        assert!(known.iter().any(|metric| names_metric(query, metric)), "no known metric in {query}");
    }
}

#[test]
fn every_metric_is_shown() {
    let inventory = inventory();
    let queries = shown_queries();
    for list in [&inventory["metrics"], &inventory["queried_metrics"]] {
        for metric in texts(list, "name") {
            assert!(queries.iter().any(|q| names_metric(q, metric)), "no panel shows {metric}");
        }
    }
}

#[test]
fn every_query_is_a_panels() {
    let inventory = inventory();
    let queries = shown_queries();
    for query in texts(&inventory["queries"], "expr") {
        assert!(queries.iter().any(|q| q == query), "no panel asks {query}");
    }
}

#[test]
fn the_guides_dashboards_are_as_the_guide_has_them() {
    for name in ["executive", "operations"] {
        let ours = read(&format!("public/dashboards/{name}.json"));
        assert_eq!(ours, read(&format!("tests/fixtures/guide/{name}.json")), "{name}");
    }
}

#[test]
fn every_dashboard_is_understood_and_every_panel_can_be_drawn() {
    for (name, dashboard) in dashboards() {
        let notices: Vec<_> = dashboard.all_notices().collect();
        assert_eq!(notices, [], "{name}");
        for panel in &dashboard.panels {
            let is_drawn = matches!(panel.kind.as_str(), kinds::STAT | kinds::TIMESERIES | kinds::HEATMAP | kinds::ROW);
            assert!(is_drawn, "{name}: {} is a {}", panel.title, panel.kind);
            assert_eq!(panel.targets.is_empty(), panel.kind == kinds::ROW, "{name}: {}", panel.title);
            assert_ne!(panel.options, PanelOptions::Other);
            for other in dashboard.panels.iter().filter(|other| other.id != panel.id) {
                assert!(!panel.grid.overlaps(other.grid), "{name}: {} lies on {}", panel.title, other.title);
            }
        }
    }
}

#[test]
fn a_changed_dashboard_would_be_noticed() {
    let broken = read("public/dashboards/executive.json").replacen("\"type\": \"graph\"", "\"type\": \"geomap\"", 1);
    let dashboard = dashboard_from_json(&broken).unwrap();
    let notices: Vec<_> = dashboard.all_notices().collect();
    assert_eq!(notices.len(), 1);
    assert_eq!(notices[0].1.severity, Severity::Warning);
    assert!(notices[0].1.message.starts_with("dashboard.panels[1].type: "), "{}", notices[0].1.message);
}

#[test]
fn the_guides_availability_is_red_below_its_second_step() {
    let (_, executive) = dashboards().into_iter().find(|(name, _)| name == "executive").unwrap();
    let panel = executive.panels.iter().find(|p| p.title == "Service Availability").unwrap();
    let Thresholds { steps, .. } = &panel.field.thresholds;
    assert_eq!(steps.iter().map(|s| s.value).collect::<Vec<_>>(), [f64::NEG_INFINITY, 0.995, 0.999]);
    let step_at = |value: f64| {
        let step = panel.field.thresholds.step_for(value, 0.99, 1.0).unwrap();
        steps.iter().position(|s| s == step)
    };
    assert_eq!([0.0, 0.9949, 0.995, 0.999, 1.0].map(step_at), [Some(0), Some(0), Some(1), Some(2), Some(2)]);
    assert_eq!(panel.field.thresholds.step_for(f64::NAN, 0.99, 1.0), None);
}
