//! Ends of series against Prometheus itself: promtool's rule tests can write stale markers, which an import cannot.
//!
//! The embedded store answers first; promtool then evaluates the same series and is told to expect these answers.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::fmt::Write as _;
use std::process::Command;
use std::sync::{Arc, RwLock};

use agentarea_demo::promql::{Answer, DEFAULT_LOOKBACK_MS, Dialect, Engine, parse};
use agentarea_demo::store::{Labels, METRIC_NAME, STALE_NAN_BITS, Store};

const STEP_SECS: i64 = 15;
/// One sample per step: a number, `_` for none, `stale` for the marker.
const SERIES: [(&str, &str, &str); 4] = [
    ("ends", "a", "1 2 3 stale"),
    ("returns", "a", "1 2 stale _ _ 10 11 12 13"),
    ("is_lost", "a", "1 2 3 _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _"),
    ("returns", "b", "5 6 7 8 9 10 11 12 13 14 15 16"),
];
const QUERIES: [&str; 14] = [
    "ends",
    "returns",
    "is_lost",
    "sum(returns)",
    "count_over_time(ends[2m])",
    "count_over_time(returns[2m])",
    "sum_over_time(returns[1m])",
    "last_over_time(ends[5m])",
    "increase(returns[1m])",
    "changes(returns[2m])",
    "resets(returns[2m])",
    "absent(ends)",
    "ends or returns",
    "max_over_time(returns[2m:30s])",
];

fn engine() -> Engine {
    let mut store = Store::new();
    for (name, label, values) in SERIES {
        let id = store.series_id(&Labels::new([(METRIC_NAME, name), ("l", label)]), 0);
        for (step, value) in values.split(' ').enumerate() {
            let value = match value {
                "_" => continue,
                "stale" => f64::from_bits(STALE_NAN_BITS),
                number => number.parse().unwrap(),
            };
            store.append(id, step as i64 * STEP_SECS * 1000, value);
        }
    }
    Engine::new(Arc::new(RwLock::new(store)), Dialect::V2, STEP_SECS * 1000)
}

/// The test file for promtool, with our answers as its expectations; and how many samples it expects.
fn test_file(engine: &Engine) -> (String, usize) {
    let mut text = format!(
        "rule_files: []\nevaluation_interval: {STEP_SECS}s\ntests:\n- interval: {STEP_SECS}s\n  input_series:\n"
    );
    for (name, label, values) in SERIES {
        writeln!(text, "  - {{series: '{name}{{l=\"{label}\"}}', values: '{values}'}}").unwrap();
    }
    text.push_str("  promql_expr_test:\n");
    let mut expected = 0;
    for query in QUERIES {
        let expr = parse(query).unwrap();
        for secs in [0, 15, 30, 45, 50, 60, 75, 90, 105, 119, 300, 329, 330, 331, 345, 480] {
            let Answer::Vector(samples) = engine.instant(&expr, secs * 1000, DEFAULT_LOOKBACK_MS).unwrap() else {
                panic!("{query} gives a vector");
            };
            writeln!(text, "  - expr: '{query}'\n    eval_time: {secs}s").unwrap();
            if samples.is_empty() {
                continue;
            }
            text.push_str("    exp_samples:\n");
            for sample in samples {
                let labels: Vec<String> = sample
                    .labels
                    .iter()
                    .filter(|(name, _)| name.as_ref() != METRIC_NAME)
                    .map(|(name, value)| format!("{name}=\"{value}\""))
                    .collect();
                let identity = format!("{}{{{}}}", sample.labels.metric_name(), labels.join(","));
                writeln!(text, "    - {{labels: '{identity}', value: {:?}}}", sample.value).unwrap();
                expected += 1;
            }
        }
    }
    (text, expected)
}

#[test]
fn series_end_as_prometheus_ends_them() {
    let (text, expected) = test_file(&engine());
    assert!(expected > 100, "{expected} samples are too few to mean anything");
    let path = std::env::temp_dir().join(format!("agentarea-staleness-{}.yml", std::process::id()));
    std::fs::write(&path, &text).unwrap();
    let outcome = Command::new("promtool").args(["test", "rules"]).arg(&path).output();
    std::fs::remove_file(&path).unwrap();
    if let Ok(output) = outcome {
        let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "{said}");
        assert!(said.contains("SUCCESS"), "{said}");
    } else {
        assert!(std::env::var_os("AGENTAREA_REQUIRE_PROMETHEUS").is_none(), "promtool is required");
        eprintln!("SKIPPED: promtool is not on the path, so stale markers were not compared with Prometheus");
    }
}
