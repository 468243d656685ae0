//! When two answers to a query are the same: the same series with the same points, up to rounding.

use std::collections::BTreeMap;

use agentarea_demo::promql::Dialect;
use serde_json::Value;

fn series_by_metric(result: &Value) -> BTreeMap<String, &Value> {
    result.as_array().unwrap().iter().map(|one| (one["metric"].to_string(), one)).collect()
}

fn number(value: &Value) -> f64 {
    match value.as_str().unwrap() {
        "+Inf" => f64::INFINITY,
        "-Inf" => f64::NEG_INFINITY,
        text => text.parse().unwrap(),
    }
}

fn compare_points(ours: &Value, theirs: &Value, tolerance: f64) -> Result<(), String> {
    if ours[0] != theirs[0] {
        return Err(format!("time {} instead of {}", ours[0], theirs[0]));
    }
    let (a, b) = (number(&ours[1]), number(&theirs[1]));
    let is_equal = a == b || (a.is_nan() && b.is_nan()) || (a - b).abs() <= tolerance * a.abs().max(b.abs());
    if is_equal { Ok(()) } else { Err(format!("at {}: {a:?} instead of {b:?}", ours[0])) }
}

/// Compares two successful answers to `query`, and tells how many points were compared. The order of series matters where
/// Prometheus promises one.
pub fn compare(query: &str, ours: &Value, theirs: &Value, tolerance: f64) -> Result<usize, String> {
    let (ours, theirs) = (&ours["data"], &theirs["data"]);
    if ours["resultType"] != theirs["resultType"] {
        return Err(format!("type {} instead of {}", ours["resultType"], theirs["resultType"]));
    }
    if ours["resultType"] == "scalar" {
        compare_points(&ours["result"], &theirs["result"], tolerance)?;
        return Ok(1);
    }
    if ours["resultType"] == "string" {
        let (ours, theirs) = (&ours["result"], &theirs["result"]);
        return if ours == theirs { Ok(1) } else { Err(format!("{ours} instead of {theirs}")) };
    }
    let (our_series, their_series) = (series_by_metric(&ours["result"]), series_by_metric(&theirs["result"]));
    if !our_series.keys().eq(their_series.keys()) {
        let missing: Vec<_> = their_series.keys().filter(|key| !our_series.contains_key(*key)).take(3).collect();
        let extra: Vec<_> = our_series.keys().filter(|key| !their_series.contains_key(*key)).take(3).collect();
        return Err(format!(
            "{} series instead of {}; missing {missing:?}; too many {extra:?}",
            our_series.len(),
            their_series.len()
        ));
    }
    let mut points = 0;
    for (metric, our) in &our_series {
        let their = their_series[metric];
        let context = |reason: String| format!("{metric} {reason}");
        if let (Some(a), Some(b)) = (our.get("value"), their.get("value")) {
            compare_points(a, b, tolerance).map_err(context)?;
            points += 1;
            continue;
        }
        let (a, b) = (our["values"].as_array().unwrap(), their["values"].as_array().unwrap());
        if a.len() != b.len() {
            return Err(context(format!("{} points instead of {}", a.len(), b.len())));
        }
        for (a, b) in a.iter().zip(b) {
            compare_points(a, b, tolerance).map_err(context)?;
        }
        points += a.len();
    }
    let is_ordered = query.starts_with("sort") || ours["resultType"] == "matrix";
    if is_ordered {
        let order = |result: &Value| -> Vec<String> {
            result.as_array().unwrap().iter().map(|one| one["metric"].to_string()).collect()
        };
        if order(&ours["result"]) != order(&theirs["result"]) {
            return Err("the series are in another order".into());
        }
    }
    Ok(points)
}

/// A refusal of a Prometheus 3 in the words of 2: the demonstration calls itself 2.42, whatever its arithmetic.
pub fn in_words_of_2(dialect: Dialect, path: &str, (code, mut body): (u16, Value)) -> (u16, Value) {
    if dialect == Dialect::V3
        && let Some(text) = body.get_mut("error")
        && let Some(words) = text.as_str()
    {
        let words = words.replace(": invalid time value", ": Invalid time value").replace("unknown position:", "1:1:");
        // Only the instant query named the parameter that it did not understand.
        let is_range = path == "/api/v1/query_range";
        let bare = words.strip_prefix("invalid parameter \"query\": ").filter(|_| is_range);
        *text = bare.unwrap_or(&words).into();
    }
    (code, body)
}
