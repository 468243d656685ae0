//! Dashboards as Grafana exports them: what a person is told of their gaps when they are imported.

#![expect(clippy::unwrap_used, reason = "a test stops at what is not as it should be")]

use agentarea_observability::{analysis::remarks::report, api::grafana::dashboard_from_json};

/// Each gap as `count what: panels`.
fn told(json: &str) -> Vec<String> {
    report(&dashboard_from_json(json).unwrap())
        .into_iter()
        .map(|remark| {
            let panels: Vec<String> = remark.panels.iter().map(|p| format!("{}×{}", p.title, p.count)).collect();
            format!("{} {} [{}]", remark.count, remark.what, panels.join(", "))
        })
        .collect()
}

/// Whether some gap is told with all of these words.
fn tells(report: &[String], words: &[&str]) -> bool {
    report.iter().any(|line| words.iter().all(|word| line.contains(word)))
}

#[test]
fn an_old_dashboard_tells_alike_gaps_once() {
    let report = told(include_str!("fixtures/grafana/imported-old.json"));
    assert!(tells(&report, &["worldmap", "World×1"]), "{report:#?}");
    assert!(tells(&report, &["2 ", "link without an address", "Requests by status×1", "Up×1"]), "{report:#?}");
    // A gap belongs to the panel that has it.
    assert!(!tells(&report, &["link", "Notes"]), "{report:#?}");
}

#[test]
fn a_new_dashboard_with_inputs_is_read() {
    let json = include_str!("fixtures/grafana/imported-new.json");
    let dashboard = dashboard_from_json(json).unwrap();
    assert_eq!(dashboard.panels.len(), 4, "a row and three panels");
    let report = told(json);
    assert!(tells(&report, &["geomap", "Where they are×1"]), "{report:#?}");
    assert!(!tells(&report, &["__inputs"]), "{report:#?}");
}
