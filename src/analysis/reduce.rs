//! From many values to one, and from many rows to what the pixels can show.

use crate::model::{dashboard::Reducer, frame::MISSING};

/// One number for a series; "null" in a reducer's name is a row without a number: missing, or NaN.
///
/// [`MISSING`] when there is none. `Last` and `First` may answer a missing row or NaN as it is; the two
/// questions (`AllIsZero`, `AllIsNull`) answer 0 or 1.
pub fn reduce(reducer: Reducer, values: &[f64]) -> f64 {
    let known = || values.iter().copied().filter(|v| !v.is_nan());
    let first = || known().next();
    let last = || values.iter().rev().copied().find(|v| !v.is_nan());
    let truth = |is: bool| Some(if is { 1.0 } else { 0.0 });
    let result = match reducer {
        Reducer::Last => values.last().copied(),
        Reducer::First => values.first().copied(),
        Reducer::LastNotNull => last(),
        Reducer::FirstNotNull => first(),
        Reducer::Min => known().min_by(f64::total_cmp),
        Reducer::Max => known().max_by(f64::total_cmp),
        Reducer::Mean => Stats::of(values).map(Stats::mean),
        Reducer::Sum => Stats::of(values).map(|s| s.sum),
        Reducer::Count => Some(known().count() as f64),
        Reducer::Range => Stats::of(values).map(|s| s.max - s.min),
        Reducer::Delta => first().map(|first| {
            let step =
                |(gained, before): (f64, f64), now: f64| (gained + if now >= before { now - before } else { now }, now);
            known().fold((0.0, first), step).0
        }),
        Reducer::Step => {
            let pairs = known().zip(known().skip(1));
            pairs.map(|(a, b)| (b - a).abs()).min_by(f64::total_cmp)
        }
        Reducer::Diff => first().zip(last()).map(|(first, last)| last - first),
        Reducer::DiffPercent => {
            first().zip(last()).filter(|(first, _)| *first != 0.0).map(|(first, last)| (last - first) / first * 100.0)
        }
        Reducer::LogMin => known().filter(|v| *v > 0.0).min_by(f64::total_cmp),
        Reducer::Variance => variance(values),
        Reducer::StdDev => variance(values).map(f64::sqrt),
        Reducer::Median => quantile(values, 0.5),
        Reducer::Percentile(percent) => quantile(values, f64::from(percent) / 100.0),
        Reducer::DistinctCount => {
            let mut sorted: Vec<f64> = known().map(|v| v + 0.0).collect();
            crate::base::order::sort_numbers(&mut sorted);
            sorted.dedup_by(|a, b| a.total_cmp(b).is_eq());
            Some(sorted.len() as f64)
        }
        Reducer::ChangeCount => {
            Some(known().zip(known().skip(1)).filter(|(a, b)| a.total_cmp(b).is_ne()).count() as f64)
        }
        Reducer::AllIsZero => truth(values.iter().all(|v| *v == 0.0) && !values.is_empty()),
        Reducer::AllIsNull => truth(values.iter().all(|v| v.is_nan())),
    };
    result.unwrap_or(MISSING)
}

/// What a legend says of a series. Rows without a number do not count.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Stats {
    pub count: usize,
    pub min: f64,
    pub max: f64,
    pub sum: f64,
    pub first: f64,
    pub last: f64,
}

impl Stats {
    /// `None` when no row has a number. One pass.
    pub fn of(values: &[f64]) -> Option<Self> {
        let mut known = values.iter().copied().filter(|v| !v.is_nan());
        let first = known.next()?;
        let mut stats = Self { count: 1, min: first, max: first, sum: first, first, last: first };
        for value in known {
            stats.count += 1;
            stats.min = stats.min.min(value);
            stats.max = stats.max.max(value);
            stats.sum += value;
            stats.last = value;
        }
        Some(stats)
    }

    pub fn mean(self) -> f64 {
        self.sum / self.count as f64
    }
}

/// Of the population, as Grafana computes it; two passes, so that large means do not eat the digits.
fn variance(values: &[f64]) -> Option<f64> {
    let stats = Stats::of(values)?;
    let mean = stats.mean();
    let squares: f64 = values.iter().filter(|v| !v.is_nan()).map(|v| (v - mean) * (v - mean)).sum();
    Some(squares / stats.count as f64)
}

/// Linear between the two nearest ranks, as `quantile_over_time` does.
fn quantile(values: &[f64], ratio: f64) -> Option<f64> {
    let mut sorted: Vec<f64> = values.iter().copied().filter(|v| !v.is_nan()).collect();
    crate::base::order::sort_numbers(&mut sorted);
    let rank = ratio * sorted.len().checked_sub(1)? as f64;
    let lower = *sorted.get(rank.floor() as usize)?;
    let upper = *sorted.get(rank.ceil() as usize)?;
    let weight = rank - rank.floor();
    Some(if weight == 0.0 { lower } else { lower * (1.0 - weight) + upper * weight })
}

/// A row that a line passes through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kept {
    pub row: usize,
    /// Whether the line starts anew here.
    pub is_after_gap: bool,
}

/// Which rows fall into which column of pixels: the rows of column `c` are `starts[c]..starts[c + 1]`.
///
/// `x_ms` ascends; rows before the first column or after the last belong to those. O(columns × log rows).
pub fn pixel_columns(x_ms: &[f64], start_ms: f64, end_ms: f64, columns: usize) -> Vec<usize> {
    let columns = columns.max(1);
    let width_ms = (end_ms - start_ms) / columns as f64;
    let mut starts = Vec::with_capacity(columns + 1);
    starts.push(0);
    for column in 1..columns {
        let from_ms = start_ms + width_ms * column as f64;
        starts.push(x_ms.partition_point(|x| *x < from_ms));
    }
    starts.push(x_ms.len());
    starts
}

/// M4 (Jugel et al., VLDB 2014): of each column of pixels the first, the smallest, the largest and the last value. A
/// line through these touches the same pixels as one through all rows.
///
/// `is_gap(a, b)` says whether the line breaks between two rows with numbers that have none between them. Gaps within one
/// column of pixels are not visible and not kept.
pub fn m4_rows(values: &[f64], starts: &[usize], is_gap: impl Fn(usize, usize) -> bool) -> Vec<Kept> {
    let mut kept = Vec::with_capacity(starts.len().saturating_mul(4).min(values.len()));
    let mut before: Option<usize> = None;
    for (start, end) in starts.iter().zip(starts.iter().skip(1)) {
        let rows = values.get(*start..*end).unwrap_or_default();
        let mut extremes: Option<[(usize, f64); 4]> = None;
        for (at, value) in rows.iter().enumerate().filter(|(_, v)| !v.is_nan()) {
            let here = (start + at, *value);
            match &mut extremes {
                None => extremes = Some([here; 4]),
                Some([_, smallest, largest, last]) => {
                    if *value < smallest.1 {
                        *smallest = here;
                    }
                    if *value > largest.1 {
                        *largest = here;
                    }
                    *last = here;
                }
            }
        }
        let Some([first, smallest, largest, last]) = extremes else { continue };
        let is_after_gap = before.is_none_or(|before| is_gap(before, first.0));
        kept.push(Kept { row: first.0, is_after_gap });
        let (low, high) = (smallest.0.min(largest.0), smallest.0.max(largest.0));
        let mut latest = first.0;
        for row in [low, high, last.0] {
            if row > latest {
                kept.push(Kept { row, is_after_gap: false });
                latest = row;
            }
        }
        before = Some(last.0);
    }
    kept
}

/// All rows that have a number, for when there are fewer than pixels.
pub fn all_rows(values: &[f64], is_gap: impl Fn(usize, usize) -> bool) -> Vec<Kept> {
    let mut before: Option<usize> = None;
    let known = values.iter().enumerate().filter(|(_, v)| !v.is_nan());
    known
        .map(|(row, _)| {
            let is_after_gap = before.replace(row).is_none_or(|before| is_gap(before, row));
            Kept { row, is_after_gap }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::frame::is_missing;

    #[test]
    fn reducers() {
        let check = |id: &str, values: &[f64], expect: f64| {
            let got = reduce(Reducer::from_id(id).unwrap(), values);
            assert!(
                (got - expect).abs() < 1e-12 || got.total_cmp(&expect).is_eq() || (got.is_nan() && expect.is_nan()),
                "{id} {values:?}: {got}"
            );
        };
        let values = [4.0, MISSING, 1.0, f64::NAN, 7.0, 2.0, MISSING];
        check("last", &values, MISSING);
        check("lastNotNull", &values, 2.0);
        check("current", &values, 2.0);
        check("first", &values, 4.0);
        check("firstNotNull", &[MISSING, 3.0], 3.0);
        check("min", &values, 1.0);
        check("max", &values, 7.0);
        check("mean", &values, 3.5);
        check("avg", &values, 3.5);
        check("median", &values, 3.0);
        check("sum", &values, 14.0);
        check("total", &values, 14.0);
        check("count", &values, 4.0);
        check("range", &values, 6.0);
        check("delta", &[1.0, 5.0, 2.0, 3.0], 7.0);
        check("step", &[1.0, 5.0, 4.0], 1.0);
        check("diff", &values, -2.0);
        check("diffperc", &values, -50.0);
        check("logmin", &[0.0, -3.0, 0.5, 4.0], 0.5);
        check("variance", &[2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0], 4.0);
        check("stdDev", &[2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0], 2.0);
        check("distinctCount", &[1.0, 2.0, 1.0, -0.0, 0.0], 3.0);
        check("changeCount", &[1.0, 1.0, 2.0, 1.0], 2.0);
        check("allIsZero", &[0.0, 0.0], 1.0);
        check("allIsZero", &[0.0, MISSING], 0.0);
        check("allIsNull", &[MISSING, f64::NAN], 1.0);
        check("p95", &(0..=100).map(f64::from).collect::<Vec<_>>(), 95.0);
        check("max", &[1.0, f64::INFINITY], f64::INFINITY);
        check("diffperc", &[0.0, 4.0], MISSING);
    }

    #[test]
    fn nothing_reduces_to_missing() {
        for id in
            ["last", "lastNotNull", "min", "max", "mean", "median", "sum", "range", "delta", "step", "diff", "p50"]
        {
            let got = reduce(Reducer::from_id(id).unwrap(), &[]);
            assert!(is_missing(got), "{id}");
        }
        assert!(Reducer::from_id("p0").is_none());
        assert!(Reducer::from_id("p100").is_none());
        assert!(Reducer::from_id("lastest").is_none());
    }

    /// A small deterministic generator: no dependency for a handful of numbers.
    struct Random(u64);

    impl Random {
        fn next(&mut self) -> f64 {
            self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (self.0 >> 11) as f64 / (1_u64 << 53) as f64
        }
    }

    #[test]
    fn m4_keeps_what_each_pixel_column_shows() {
        for seed in 1..60 {
            let mut random = Random(seed);
            let count = 1 + (random.next() * 4000.0) as usize;
            let columns = 1 + (random.next() * 300.0) as usize;
            let mut x = 0.0;
            let x_ms: Vec<f64> = (0..count)
                .map(|_| {
                    x += 0.1 + random.next();
                    x
                })
                .collect();
            let gap_ratio = random.next() * 0.3;
            let values: Vec<f64> = (0..count)
                .map(|_| if random.next() < gap_ratio { MISSING } else { (random.next() * 40.0).floor() })
                .collect();
            let starts = pixel_columns(&x_ms, 0.0, x, columns);
            let kept = m4_rows(&values, &starts, |a, b| b != a + 1);
            assert!(kept.windows(2).all(|pair| pair[0].row < pair[1].row), "rows ascend");
            for pair in starts.windows(2) {
                let rows = pair[0]..pair[1];
                let all: Vec<f64> = values[rows.clone()].iter().copied().filter(|v| !v.is_nan()).collect();
                let some: Vec<f64> = kept.iter().filter(|k| rows.contains(&k.row)).map(|k| values[k.row]).collect();
                assert!(some.len() <= 4);
                assert_eq!(Stats::of(&all).map(|s| (s.min, s.max)), Stats::of(&some).map(|s| (s.min, s.max)));
                assert_eq!((all.first(), all.last()), (some.first(), some.last()));
            }
            // Between two columns the line breaks exactly where rows are missing.
            for pair in kept.windows(2) {
                let column = |row: usize| starts.partition_point(|start| *start <= row);
                if column(pair[0].row) != column(pair[1].row) {
                    assert_eq!(pair[1].is_after_gap, pair[1].row != pair[0].row + 1);
                }
            }
        }
    }

    #[test]
    fn rows_outside_the_columns_belong_to_the_outermost() {
        let starts = pixel_columns(&[-5.0, 0.0, 1.0, 5.0, 9.0, 12.0], 0.0, 10.0, 2);
        assert_eq!(starts, [0, 3, 6]);
    }

    #[test]
    fn all_rows_mark_where_lines_start_anew() {
        let kept = all_rows(&[1.0, MISSING, 3.0, 4.0], |a, b| b != a + 1);
        let text: Vec<(usize, bool)> = kept.iter().map(|k| (k.row, k.is_after_gap)).collect();
        assert_eq!(text, [(0, true), (2, true), (3, false)]);
    }
}
