//! Quantiles: of plain values, and of the cumulative buckets of a classic histogram.
//!
//! Both follow Prometheus's `promql/quantile.go`, which is the definition that dashboards rely on.

#![expect(clippy::float_cmp, reason = "PromQL compares floats exactly")]

use super::Dialect;

/// Counts of neighbouring buckets that differ by less are the same count to Prometheus 3: `smallDeltaTolerance`.
const ROUNDING_RATIO: f64 = 1e-12;

/// One bucket: its inclusive upper bound and the cumulative count.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Bucket {
    pub upper_bound: f64,
    pub count: f64,
}

/// The value below which the share `q` of all observations lies, interpolated linearly within its bucket.
///
/// The highest finite bound when it lies in the last bucket; NaN without a `+Inf` bucket or observations.
pub(super) fn bucket_quantile(q: f64, buckets: &mut Vec<Bucket>, dialect: Dialect) -> f64 {
    if q.is_nan() {
        return f64::NAN;
    }
    if q < 0.0 {
        return f64::NEG_INFINITY;
    }
    if q > 1.0 {
        return f64::INFINITY;
    }
    buckets.sort_by(|a, b| a.upper_bound.total_cmp(&b.upper_bound));
    if buckets.last().is_none_or(|last| last.upper_bound != f64::INFINITY) {
        return f64::NAN;
    }
    coalesce(buckets);
    make_monotonic(
        buckets,
        match dialect {
            Dialect::V2 => 0.0,
            Dialect::V3 => ROUNDING_RATIO,
        },
    );
    let [finite @ .., overflow] = buckets.as_slice() else { return f64::NAN };
    let Some(highest_finite) = finite.last() else { return f64::NAN };
    if overflow.count == 0.0 {
        return f64::NAN;
    }
    let mut rank = q * overflow.count;
    let place = finite.partition_point(|bucket| bucket.count < rank);
    let Some(bucket) = finite.get(place) else { return highest_finite.upper_bound };
    let below = place.checked_sub(1).and_then(|index| finite.get(index));
    if below.is_none() && bucket.upper_bound <= 0.0 {
        return bucket.upper_bound;
    }
    let lower_bound = below.map_or(0.0, |below| below.upper_bound);
    let count_below = below.map_or(0.0, |below| below.count);
    rank -= count_below;
    lower_bound + (bucket.upper_bound - lower_bound) * (rank / (bucket.count - count_below))
}

/// Buckets of the same bound (`"5"` and `"5.0"`) count together.
fn coalesce(buckets: &mut Vec<Bucket>) {
    buckets.dedup_by(|next, kept| {
        let same = next.upper_bound == kept.upper_bound;
        if same {
            kept.count += next.count;
        }
        same
    });
}

/// Rounding and unsynchronised scrapes can make a cumulative count fall; the larger one below is then the better estimate.
/// What differs by less than `noise_ratio` of both together counts as equal.
fn make_monotonic(buckets: &mut [Bucket], noise_ratio: f64) {
    let mut highest = f64::NEG_INFINITY;
    for bucket in buckets {
        let is_noise = (bucket.count - highest).abs() < noise_ratio * (bucket.count.abs() + highest.abs());
        if bucket.count > highest && !is_noise {
            highest = bucket.count;
        } else {
            bucket.count = highest;
        }
    }
}

/// The quantile of plain values, interpolated linearly between the two nearest ranks.
pub(super) fn quantile(q: f64, values: &mut [f64]) -> f64 {
    if values.is_empty() || q.is_nan() {
        return f64::NAN;
    }
    if q < 0.0 {
        return f64::NEG_INFINITY;
    }
    if q > 1.0 {
        return f64::INFINITY;
    }
    // NaN sorts first, as in Prometheus.
    values.sort_by(|a, b| b.is_nan().cmp(&a.is_nan()).then(a.total_cmp(b)));
    let rank = q * (values.len() as f64 - 1.0);
    let lower = rank.floor().max(0.0);
    let upper = (lower + 1.0).min(values.len() as f64 - 1.0);
    let weight = rank - rank.floor();
    let at = |index: f64| values.get(index as usize).copied().unwrap_or(f64::NAN);
    at(lower) * (1.0 - weight) + at(upper) * weight
}

#[cfg(test)]
mod tests {
    use super::*;

    fn buckets(pairs: &[(f64, f64)]) -> Vec<Bucket> {
        pairs.iter().map(|&(upper_bound, count)| Bucket { upper_bound, count }).collect()
    }

    #[test]
    fn interpolates_and_stops_at_the_highest_finite_bound() {
        let pairs = [(0.1, 10.0), (0.5, 20.0), (f64::INFINITY, 40.0)];
        assert_eq!(bucket_quantile(0.25, &mut buckets(&pairs), Dialect::V2), 0.1);
        assert!((bucket_quantile(0.375, &mut buckets(&pairs), Dialect::V2) - 0.3).abs() < 1e-12);
        assert_eq!(bucket_quantile(0.95, &mut buckets(&pairs), Dialect::V2), 0.5);
        assert!(bucket_quantile(0.5, &mut buckets(&[(0.1, 1.0)]), Dialect::V2).is_nan());
        assert!(bucket_quantile(0.5, &mut buckets(&[(0.1, 0.0), (f64::INFINITY, 0.0)]), Dialect::V2).is_nan());
        assert_eq!(bucket_quantile(-1.0, &mut buckets(&pairs), Dialect::V2), f64::NEG_INFINITY);
    }

    #[test]
    fn mends_counts_that_fall() {
        let mut falling = buckets(&[(1.0, 10.0), (2.0, 9.0), (f64::INFINITY, 10.0)]);
        assert_eq!(bucket_quantile(1.0, &mut falling, Dialect::V2), 1.0);
    }

    #[test]
    fn prometheus_3_takes_rounding_for_equality() {
        let nearly = buckets(&[(1.0, 19.0 - 2e-13), (2.0, 19.0 + 2e-13), (4.0, 20.0), (f64::INFINITY, 20.0)]);
        assert!((bucket_quantile(0.95, &mut nearly.clone(), Dialect::V2) - 1.5).abs() < 0.1);
        assert!((bucket_quantile(0.95, &mut nearly.clone(), Dialect::V3) - 2.0).abs() < 1e-9);
    }

    #[test]
    fn plain_quantile() {
        assert_eq!(quantile(0.5, &mut [3.0, 1.0, 2.0]), 2.0);
        assert_eq!(quantile(0.25, &mut [1.0, 2.0]), 1.25);
        assert!(quantile(0.5, &mut []).is_nan());
    }
}
