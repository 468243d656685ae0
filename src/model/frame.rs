//! Numbers over time: one shared x column and `f64` columns, as every chart, reducer and export wants them.

use std::sync::Arc;

use super::labels::Labels;

/// The bits of the one NaN that means "no sample here". A backend's own NaN samples are any other NaN, so that a gap
/// and "the answer is NaN" stay distinguishable. Both are drawn as gaps.
const MISSING_BITS: u64 = 0x7ff8_0000_0000_a9a9;

/// "No sample here." Test with [`is_missing`], never with `==`.
pub const MISSING: f64 = f64::from_bits(MISSING_BITS);

/// Whether a value is the gap marker, as opposed to a number or a NaN that the backend answered.
pub fn is_missing(value: f64) -> bool {
    value.to_bits() == MISSING_BITS
}

/// Series that share their timestamps.
///
/// Invariant: `x_ms` is strictly ascending, and every column's `values` has the length of `x_ms`.
#[derive(Debug, Clone, Default)]
pub struct Frame {
    /// Unix time of each row, in milliseconds.
    pub x_ms: Arc<[f64]>,
    pub columns: Vec<Column>,
    /// Native histograms, which have buckets instead of one number per row.
    pub histograms: Vec<HistogramColumn>,
}

/// One series of a [`Frame`].
#[derive(Debug, Clone)]
pub struct Column {
    pub labels: Labels,
    /// One value per row; [`MISSING`] where the series has no sample.
    pub values: Arc<[f64]>,
}

/// One series of native histograms.
#[derive(Debug, Clone, PartialEq)]
pub struct HistogramColumn {
    pub labels: Labels,
    /// Row index into `x_ms`, ascending, and the histogram there.
    pub samples: Vec<(usize, NativeHistogram)>,
}

/// A native histogram sample as the query API gives it. Buckets with no observation are absent.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct NativeHistogram {
    pub count: f64,
    pub sum: f64,
    pub buckets: Vec<HistogramBucket>,
}

/// One bucket; which of its bounds belong to it is in the two flags.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct HistogramBucket {
    pub lower: f64,
    pub upper: f64,
    pub count: f64,
    pub is_lower_inclusive: bool,
    pub is_upper_inclusive: bool,
}

/// The latest value of one series.
#[derive(Debug, Clone)]
pub struct InstantSample {
    pub labels: Labels,
    pub t_ms: f64,
    pub value: InstantValue,
}

#[derive(Debug, Clone)]
pub enum InstantValue {
    Float(f64),
    Histogram(NativeHistogram),
}

impl Frame {
    /// Whether there is anything to draw.
    pub fn is_empty(&self) -> bool {
        self.histograms.is_empty() && self.columns.iter().all(|c| c.values.iter().all(|v| is_missing(*v)))
    }

    pub fn row_count(&self) -> usize {
        self.x_ms.len()
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// Labels and values of a series.
    pub(crate) type Spec<'a> = (&'a [(&'a str, &'a str)], &'a [f64]);

    /// Series at the same instants, the first at 0.
    pub(crate) fn frame_of(step_ms: f64, series: &[Spec<'_>]) -> Frame {
        let rows = series.first().map_or(0, |(_, values)| values.len());
        let column = |(labels, values): &Spec<'_>| Column {
            labels: Labels::from_pairs(labels.iter().copied()),
            values: (*values).into(),
        };
        Frame {
            x_ms: (0..rows).map(|row| row as f64 * step_ms).collect(),
            columns: series.iter().map(column).collect(),
            histograms: Vec::new(),
        }
    }

    #[test]
    fn missing_is_not_just_any_nan() {
        assert!(is_missing(MISSING));
        assert!(MISSING.is_nan());
        assert!(!is_missing(f64::NAN));
        assert!(!is_missing(-f64::NAN));
        assert!(!is_missing(0.0));
    }
}
