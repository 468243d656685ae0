//! The shapes that evaluation works on: a grid of steps, columns of values on it, and windows of raw samples.
//!
//! Invariant: every column is as long as its grid. A step without a value holds [`ABSENT`], the stale marker's bits, which
//! no computation produces; an ordinary NaN is a value.

use crate::store::{Labels, STALE_NAN_BITS, is_stale};

use super::SampleSeries;

/// The value of a step that has none.
pub const ABSENT: f64 = f64::from_bits(STALE_NAN_BITS);

/// Whether a step has no value.
pub fn is_absent(value: f64) -> bool {
    is_stale(value)
}

/// Equally spaced evaluation times.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Grid {
    pub start_ms: i64,
    pub step_ms: i64,
    pub len: usize,
}

impl Grid {
    pub fn time_ms(self, step: usize) -> i64 {
        self.start_ms + self.step_ms * step as i64
    }

    pub fn times_ms(self) -> impl Iterator<Item = i64> {
        (0..self.len).map(move |step| self.time_ms(step))
    }

    pub fn points(self, values: &[f64]) -> Vec<(i64, f64)> {
        self.times_ms().zip(values.iter().copied()).filter(|(_, value)| !is_absent(*value)).collect()
    }
}

/// One series of an instant vector, at all steps.
#[derive(Debug, Clone)]
pub(super) struct Column {
    pub labels: Labels,
    pub values: Vec<f64>,
}

/// What an expression evaluates to, at all steps.
#[derive(Debug)]
pub(super) enum Value {
    Scalar(Vec<f64>),
    Text(String),
    Vector(Vec<Column>),
}

/// Raw samples of one series, stale markers removed.
#[derive(Debug)]
pub(super) struct RawSeries {
    pub labels: Labels,
    pub times_ms: Vec<i64>,
    pub values: Vec<f64>,
}

/// A range vector: raw samples, and at which window each step looks.
#[derive(Debug)]
pub(super) struct Matrix {
    pub series: Vec<RawSeries>,
    pub range_ms: i64,
    /// The right end of each step's window.
    pub ends_ms: Vec<i64>,
    pub includes_left_end: bool,
}

/// The samples that one step of one series sees.
#[derive(Debug, Clone, Copy)]
pub(super) struct Window<'a> {
    pub times_ms: &'a [i64],
    pub values: &'a [f64],
    pub start_ms: i64,
    pub end_ms: i64,
    /// The time of the step itself; differs from `end_ms` under `offset` and `@`.
    pub eval_ms: i64,
}

impl Matrix {
    /// Applies `f` to each step's window of one series; windows without samples stay absent.
    pub fn map_windows(
        &self,
        series: &RawSeries,
        grid: Grid,
        mut f: impl FnMut(usize, Window<'_>) -> Option<f64>,
    ) -> Vec<f64> {
        let (mut from, mut to) = (0, 0);
        self.ends_ms
            .iter()
            .enumerate()
            .map(|(step, &end_ms)| {
                let start_ms = end_ms - self.range_ms;
                // The ends never decrease from step to step, so both edges only move right.
                while series
                    .times_ms
                    .get(from)
                    .is_some_and(|&t| t < start_ms || (t == start_ms && !self.includes_left_end))
                {
                    from += 1;
                }
                while series.times_ms.get(to).is_some_and(|&t| t <= end_ms) {
                    to += 1;
                }
                let (Some(times_ms), Some(values)) = (series.times_ms.get(from..to), series.values.get(from..to))
                else {
                    return ABSENT;
                };
                if times_ms.is_empty() {
                    return ABSENT;
                }
                let window = Window { times_ms, values, start_ms, end_ms, eval_ms: grid.time_ms(step) };
                f(step, window).unwrap_or(ABSENT)
            })
            .collect()
    }

    /// The samples of the first step's window as they are: the answer to an instant query for a range vector.
    pub fn into_point_series(self, _time_ms: i64) -> Vec<SampleSeries> {
        let end_ms = self.ends_ms.first().copied().unwrap_or(i64::MIN);
        let start_ms = end_ms.saturating_sub(self.range_ms);
        let mut found: Vec<SampleSeries> = self
            .series
            .into_iter()
            .map(|series| SampleSeries {
                points: series
                    .times_ms
                    .into_iter()
                    .zip(series.values)
                    .filter(|(t, _)| *t <= end_ms && (*t > start_ms || (*t == start_ms && self.includes_left_end)))
                    .collect(),
                labels: series.labels,
            })
            .filter(|series| !series.points.is_empty())
            .collect();
        found.sort_by(|a, b| a.labels.cmp(&b.labels));
        found
    }
}
