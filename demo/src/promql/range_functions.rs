//! Functions of a range vector: one number from the samples of a window.
//!
//! They follow Prometheus's `promql/functions.go`, the extrapolation of `rate` to the window's edges included.

#![expect(clippy::float_cmp, reason = "PromQL compares floats exactly")]

use super::Dialect;
use super::column::Window;
use super::quantile::quantile;

/// Computes one step of one series; `None` leaves the step empty.
pub(super) type RangeFunction = fn(&Window<'_>, Dialect) -> Option<f64>;

/// The function of that name that takes one range vector and nothing else.
pub(super) fn range_function(name: &str) -> Option<RangeFunction> {
    Some(match name {
        "rate" => |w, d| extrapolated(w, d, true, true),
        "increase" => |w, d| extrapolated(w, d, true, false),
        "delta" => |w, d| extrapolated(w, d, false, false),
        "irate" => |w, _| instant_change(w, true),
        "idelta" => |w, _| instant_change(w, false),
        "avg_over_time" => |w, _| Some(average(w.values)),
        "sum_over_time" => |w, _| Some(compensated_sum(w.values.iter().copied())),
        "min_over_time" => |w, _| w.values.iter().copied().reduce(|a, b| if b < a || a.is_nan() { b } else { a }),
        "max_over_time" => |w, _| w.values.iter().copied().reduce(|a, b| if b > a || a.is_nan() { b } else { a }),
        "count_over_time" => |w, _| Some(w.values.len() as f64),
        "last_over_time" => |w, _| w.values.last().copied(),
        "present_over_time" => |_, _| Some(1.0),
        "stddev_over_time" => |w, _| Some(variance(w.values).sqrt()),
        "stdvar_over_time" => |w, _| Some(variance(w.values)),
        "changes" => |w, _| Some(pairs(w.values).filter(|(a, b)| a != b && !(a.is_nan() && b.is_nan())).count() as f64),
        "resets" => |w, _| Some(pairs(w.values).filter(|(a, b)| b < a).count() as f64),
        "deriv" => |w, _| (w.values.len() >= 2).then(|| regression(w, w.times_ms.first().copied().unwrap_or(0)).0),
        _ => return None,
    })
}

fn pairs(values: &[f64]) -> impl Iterator<Item = (f64, f64)> {
    values.iter().copied().zip(values.iter().copied().skip(1))
}

fn extrapolated(window: &Window<'_>, dialect: Dialect, is_counter: bool, is_rate: bool) -> Option<f64> {
    let (&first_ms, &last_ms) = (window.times_ms.first()?, window.times_ms.last()?);
    let (&first, &last) = (window.values.first()?, window.values.last()?);
    if window.values.len() < 2 {
        return None;
    }
    let mut result = last - first;
    if is_counter {
        // A fall is a reset to zero: what was counted before it is added back.
        result += pairs(window.values).filter(|(a, b)| b < a).map(|(before, _)| before).sum::<f64>();
    }
    let secs = |ms: i64| ms as f64 / 1000.0;
    let mut to_start_secs = secs(first_ms - window.start_ms);
    let to_end_secs = secs(window.end_ms - last_ms);
    let sampled_secs = secs(last_ms - first_ms);
    let spacing_secs = sampled_secs / (window.values.len() - 1) as f64;
    let threshold_secs = spacing_secs * 1.1;
    let reach = |gap_secs: f64| if gap_secs < threshold_secs { gap_secs } else { spacing_secs / 2.0 };
    let counts_from_zero = is_counter && result > 0.0 && first >= 0.0;
    let zero_secs = if counts_from_zero { sampled_secs * (first / result) } else { f64::INFINITY };
    let start_reach_secs = match dialect {
        Dialect::V2 => {
            to_start_secs = to_start_secs.min(zero_secs);
            reach(to_start_secs)
        }
        Dialect::V3 => reach(to_start_secs).min(zero_secs),
    };
    let mut factor = (sampled_secs + start_reach_secs + reach(to_end_secs)) / sampled_secs;
    if is_rate {
        factor /= secs(window.end_ms - window.start_ms);
    }
    Some(result * factor)
}

fn instant_change(window: &Window<'_>, is_rate: bool) -> Option<f64> {
    let [.., before, last] = window.values else { return None };
    let [.., before_ms, last_ms] = window.times_ms else { return None };
    if !is_rate {
        return Some(last - before);
    }
    let change = if last < before { *last } else { last - before };
    let interval_ms = last_ms - before_ms;
    (interval_ms != 0).then(|| change / (interval_ms as f64 / 1000.0))
}

/// A sum that carries its rounding error along (Kahan, Neumaier).
pub(super) fn compensated_sum(values: impl Iterator<Item = f64>) -> f64 {
    let (mut sum, mut lost) = (0.0_f64, 0.0_f64);
    for value in values {
        let next = sum + value;
        lost += if sum.abs() >= value.abs() { (sum - next) + value } else { (value - next) + sum };
        sum = next;
    }
    if sum.is_finite() { sum + lost } else { sum }
}

pub(super) fn average(values: &[f64]) -> f64 {
    let count = values.len() as f64;
    let sum = compensated_sum(values.iter().copied());
    if sum.is_finite() || values.iter().any(|value| !value.is_finite()) {
        sum / count
    } else {
        // The sum overflowed although no value is infinite.
        compensated_sum(values.iter().map(|value| value / count))
    }
}

fn variance(values: &[f64]) -> f64 {
    let mean = average(values);
    compensated_sum(values.iter().map(|value| (value - mean) * (value - mean))) / values.len() as f64
}

/// Slope per second and the value at `intercept_ms`, by least squares.
pub(super) fn regression(window: &Window<'_>, intercept_ms: i64) -> (f64, f64) {
    let count = window.values.len() as f64;
    let first = window.values.first().copied().unwrap_or(f64::NAN);
    if window.values.iter().all(|&value| value == first) {
        return if first.is_infinite() { (f64::NAN, f64::NAN) } else { (0.0, first) };
    }
    let x = || window.times_ms.iter().map(|&t| (t - intercept_ms) as f64 / 1e3);
    let y = || window.values.iter().copied();
    let (sum_x, sum_y) = (compensated_sum(x()), compensated_sum(y()));
    let sum_xy = compensated_sum(x().zip(y()).map(|(x, y)| x * y));
    let sum_xx = compensated_sum(x().map(|x| x * x));
    let slope = (sum_xy - sum_x * sum_y / count) / (sum_xx - sum_x * sum_x / count);
    (slope, sum_y / count - slope * sum_x / count)
}

/// Double exponential smoothing of level (`smoothing`) and trend (`trend`).
pub(super) fn holt_winters(values: &[f64], smoothing: f64, trend: f64) -> Option<f64> {
    let [first, second, ..] = values else { return None };
    let (mut previous, mut level, mut slope) = (0.0, *first, second - first);
    for (index, value) in values.iter().skip(1).enumerate() {
        if index > 0 {
            slope = trend * (level - previous) + (1.0 - trend) * slope;
        }
        previous = level;
        level = smoothing * value + (1.0 - smoothing) * (level + slope);
    }
    Some(level)
}

pub(super) fn quantile_over_time(values: &[f64], q: f64) -> f64 {
    quantile(q, &mut values.to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn window<'a>(times_ms: &'a [i64], values: &'a [f64], start_ms: i64, end_ms: i64) -> Window<'a> {
        Window { times_ms, values, start_ms, end_ms, eval_ms: end_ms }
    }

    #[test]
    fn rate_extrapolates_to_the_edges_and_survives_resets() {
        let times: Vec<i64> = (0..=20).map(|i| i * 15_000).collect();
        let values: Vec<f64> = (0..=20).map(|i| 100.0 + f64::from(i)).collect();
        let w = window(&times, &values, 0, 300_000);
        assert_eq!(extrapolated(&w, Dialect::V2, true, false), Some(20.0));
        let reset = window(&[0, 15_000, 30_000], &[10.0, 20.0, 5.0], 0, 30_000);
        assert_eq!(extrapolated(&reset, Dialect::V2, true, false), Some(15.0));
        assert_eq!(extrapolated(&window(&[0], &[1.0], 0, 9), Dialect::V2, true, true), None);
    }

    #[test]
    fn slope_of_a_line() {
        let w = window(&[0, 1000, 2000], &[1.0, 3.0, 5.0], 0, 2000);
        let (slope, value) = regression(&w, 2000);
        assert!((slope - 2.0).abs() < 1e-12 && (value - 5.0).abs() < 1e-12);
    }
}
