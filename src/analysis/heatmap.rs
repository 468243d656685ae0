//! From histogram series to the cells of a heatmap.
//!
//! The backend answers classic histograms as cumulative counts: the series of `le="0.5"` counts everything up to 0.5. A
//! heatmap shows what lies between two bounds, so neighbours are subtracted. What is not known stays unknown: a missing
//! bucket makes a gap, not a zero.

mod counted;

pub use counted::counted_grid;

use crate::base::{number, order};
use crate::model::{
    frame::{Frame, HistogramColumn, MISSING},
    labels::Labels,
    notice::Notice,
};

/// Counts over time (columns) and value ranges (rows, lowest first).
#[derive(Debug, Clone, PartialEq, Default)]
pub struct HeatmapGrid {
    /// Unix time of each column, ascending.
    pub x_ms: Vec<f64>,
    pub rows: Vec<RowBound>,
    /// `counts[row * x_ms.len() + column]`; [`MISSING`] where nothing is known.
    pub counts: Vec<f64>,
    /// Each row's name, where rows are series and their cells values. Empty where rows are ranges of values.
    pub names: Vec<String>,
    /// How long a column lasts, its time in the middle. `None`: as long as columns are apart.
    pub step_ms: Option<f64>,
    pub notices: Vec<Notice>,
}

/// The values that a row stands for: above `lower`, up to and including `upper`; of values that were counted here from
/// `lower` on, without `upper`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RowBound {
    pub lower: f64,
    /// Infinite for the overflow row.
    pub upper: f64,
}

/// The label that carries a bucket's upper bound.
const BOUND: &str = "le";

/// More rows than these are not told apart on a screen: native histograms are made coarser.
const MAX_NATIVE_ROWS: usize = 120;

/// A drop below the bucket underneath by more than this share is worth a remark; less is rounding of rates.
const INCONSISTENT_RATIO: f64 = 0.01;

/// Reads the `le` buckets of a frame, or its native histograms where it has none. Several histograms are added up.
pub fn heatmap_from_frame(frame: &Frame) -> HeatmapGrid {
    let mut notices = Vec::new();
    let groups = bucket_groups(frame, &mut notices);
    if groups.is_empty() {
        return if frame.histograms.is_empty() {
            HeatmapGrid { notices, ..HeatmapGrid::default() }
        } else {
            native_grid(frame, notices)
        };
    }
    if !frame.histograms.is_empty() {
        notices.push(Notice::warning(
            "The answer has classic buckets and native histograms; only the classic buckets are drawn.",
        ));
    }
    classic_grid(frame, groups, notices)
}

/// Each series as a row of its own, the first one lowest: for answers that have no buckets.
pub fn series_grid(frame: &Frame, names: Vec<String>) -> HeatmapGrid {
    let rows = (0..frame.columns.len()).map(|at| RowBound { lower: at as f64, upper: at as f64 + 1.0 });
    HeatmapGrid {
        x_ms: frame.x_ms.to_vec(),
        rows: rows.collect(),
        counts: frame.columns.iter().flat_map(|column| column.values.iter().copied()).collect(),
        names,
        ..HeatmapGrid::default()
    }
}

impl HeatmapGrid {
    /// Only the rows that have a part between two bounds, where rows are ranges of values.
    #[must_use]
    pub fn within(mut self, min: Option<f64>, max: Option<f64>) -> Self {
        let is_kept = |row: &RowBound| min.is_none_or(|min| row.upper > min) && max.is_none_or(|max| row.lower < max);
        if !self.names.is_empty() || self.rows.iter().all(is_kept) {
            return self;
        }
        let width = self.x_ms.len();
        let kept = |row: usize| self.rows.get(row).is_some_and(is_kept);
        self.counts =
            self.counts.iter().enumerate().filter(|(at, _)| kept(at / width.max(1))).map(|(_, count)| *count).collect();
        self.rows.retain(is_kept);
        self
    }

    pub fn is_empty(&self) -> bool {
        self.rows.is_empty() || self.x_ms.is_empty()
    }

    /// [`MISSING`] when out of range.
    pub fn count(&self, row: usize, column: usize) -> f64 {
        let at = if column < self.x_ms.len() { self.counts.get(row * self.x_ms.len() + column) } else { None };
        at.copied().unwrap_or(MISSING)
    }
}

/// One histogram: its upper bounds, ascending, each with its cumulative counts.
type Group = Vec<(f64, Vec<f64>)>;

fn bucket_groups(frame: &Frame, notices: &mut Vec<Notice>) -> Vec<Group> {
    let mut buckets: Vec<(Labels, f64, &[f64])> = Vec::new();
    for column in &frame.columns {
        let Some(text) = column.labels.get(BOUND) else { continue };
        let Some(bound) = number::parse(text.trim()).filter(|bound| !bound.is_nan()) else {
            notices.push(Notice::warning(format!("A bucket's bound is not a number and is left out: le=\"{text}\".")));
            continue;
        };
        // Zero has one sign here.
        buckets.push((column.labels.without(BOUND), bound + 0.0, &column.values));
    }
    order::sort_by(&mut buckets, |a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
    let mut groups: Vec<Group> = Vec::new();
    let mut labels = None;
    for (own_labels, bound, values) in buckets {
        if labels.as_ref() != Some(&own_labels) {
            groups.push(Group::new());
            labels = Some(own_labels);
        }
        let Some(group) = groups.last_mut() else { continue };
        match group.last_mut() {
            // The same bound in two spellings ("5" and "5.0"): each instance uses one of them, so they add up.
            Some((last, counts)) if last.total_cmp(&bound).is_eq() => add(counts, values),
            _ => group.push((bound, values.to_vec())),
        }
    }
    groups
}

/// Where a group has a bound.
fn position_of(bound: f64, group: &Group) -> Option<usize> {
    group.binary_search_by(|(b, _)| b.total_cmp(&bound)).ok()
}

/// Ascending, each number once.
fn sorted_set(mut numbers: Vec<f64>) -> Vec<f64> {
    order::sort_numbers(&mut numbers);
    numbers.dedup_by(|a, b| a.total_cmp(b).is_eq());
    numbers
}

/// Adds where both are known, takes the known one elsewhere.
fn add(sums: &mut [f64], values: &[f64]) {
    for (sum, value) in sums.iter_mut().zip(values) {
        if sum.is_nan() {
            *sum = *value;
        } else if !value.is_nan() {
            *sum += value;
        }
    }
}

fn classic_grid(frame: &Frame, groups: Vec<Group>, mut notices: Vec<Notice>) -> HeatmapGrid {
    // A cumulative count is exact at a bound that all histograms have, and unknown in between.
    let all = sorted_set(groups.iter().flatten().map(|(bound, _)| *bound).collect());
    let is_everywhere = |bound: &f64| groups.iter().all(|group| position_of(*bound, group).is_some());
    let bounds: Vec<f64> = all.iter().copied().filter(is_everywhere).collect();
    if bounds.len() < all.len() {
        notices.push(Notice::warning(format!(
            "The histograms have different buckets; drawn by the {} bounds of {} that all have.",
            bounds.len(),
            all.len()
        )));
    }
    let column_count = frame.x_ms.len();
    let mut rows = Vec::with_capacity(bounds.len());
    let mut counts = Vec::with_capacity(bounds.len() * column_count);
    let mut below: Option<(f64, Vec<f64>)> = None;
    let mut is_inconsistent = false;
    for bound in bounds {
        let mut totals = vec![MISSING; column_count];
        for group in &groups {
            if let Some((_, cumulative)) = position_of(bound, group).and_then(|at| group.get(at)) {
                add(&mut totals, cumulative);
            }
        }
        let lower = match &below {
            Some((lower, _)) => *lower,
            None if bound > 0.0 => 0.0,
            None => f64::NEG_INFINITY,
        };
        rows.push(RowBound { lower, upper: bound });
        for (column, total) in totals.iter().enumerate() {
            let under = below.as_ref().map_or(Some(0.0), |(_, totals)| totals.get(column).copied());
            let count = total - under.unwrap_or(MISSING);
            is_inconsistent |= count < -INCONSISTENT_RATIO * total.abs().max(1e-9);
            counts.push(if count.is_nan() { MISSING } else { count.max(0.0) });
        }
        below = Some((bound, totals));
    }
    if is_inconsistent {
        notices.push(Notice::info(
            "Some buckets count less than the ones below them, as scrapes in between do; they are drawn as empty.",
        ));
    }
    HeatmapGrid { x_ms: frame.x_ms.to_vec(), rows, counts, notices, ..HeatmapGrid::default() }
}

/// Native histograms on the union of their bounds; a bucket that spans several rows is spread over them evenly.
fn native_grid(frame: &Frame, mut notices: Vec<Notice>) -> HeatmapGrid {
    let samples = || frame.histograms.iter().flat_map(|HistogramColumn { samples, .. }| samples);
    let buckets = || samples().flat_map(|(_, histogram)| &histogram.buckets);
    let is_sane = |value: f64| !value.is_nan();
    let ends = buckets().flat_map(|b| [b.lower, b.upper]).filter(|v| is_sane(*v)).map(|v| v + 0.0);
    let mut edges = sorted_set(ends.collect());
    if edges.len() > MAX_NATIVE_ROWS + 1 {
        let every = edges.len().div_ceil(MAX_NATIVE_ROWS);
        let last = edges.len() - 1;
        let kept = edges.iter().enumerate().filter(|(at, _)| at % every == 0 || *at == last).map(|(_, edge)| *edge);
        edges = kept.collect();
        notices.push(Notice::info("Neighbouring buckets are drawn together: there are more than a screen shows."));
    }
    let rows: Vec<RowBound> = edges
        .iter()
        .zip(edges.iter().skip(1))
        .map(|(lower, upper)| RowBound { lower: *lower, upper: *upper })
        .collect();
    let column_count = frame.x_ms.len();
    let mut counts = vec![MISSING; rows.len() * column_count];
    for (column, histogram) in samples().filter(|(column, _)| *column < column_count) {
        // The sample is there, so a bucket that it does not name is empty, not unknown.
        let cells = || (0..rows.len()).map(|row| row * column_count + column);
        for at in cells() {
            if let Some(cell) = counts.get_mut(at).filter(|cell| cell.is_nan()) {
                *cell = 0.0;
            }
        }
        for bucket in histogram.buckets.iter().filter(|b| b.count > 0.0) {
            for (row, at) in rows.iter().zip(cells()) {
                let overlap = row.upper.min(bucket.upper) - row.lower.max(bucket.lower);
                let width = bucket.upper - bucket.lower;
                let share = match overlap / width {
                    _ if overlap <= 0.0 => continue,
                    share if share.is_finite() => share,
                    // An unbounded bucket is one row.
                    _ => 1.0,
                };
                if let Some(cell) = counts.get_mut(at) {
                    *cell += bucket.count * share;
                }
            }
        }
    }
    HeatmapGrid { x_ms: frame.x_ms.to_vec(), rows, counts, notices, ..HeatmapGrid::default() }
}

#[cfg(test)]
pub(crate) mod tests {
    use std::fmt::Write as _;

    use crate::model::frame::{
        HistogramBucket, NativeHistogram,
        tests::{Spec, frame_of},
    };

    use super::*;

    const M: f64 = MISSING;

    fn frame(columns: &[Spec<'_>]) -> Frame {
        frame_of(1_000.0, columns)
    }

    /// `(lower, upper] count count …` per row, `_` for unknown.
    pub fn text(grid: &HeatmapGrid) -> String {
        let mut out = String::new();
        for (at, row) in grid.rows.iter().enumerate() {
            write!(out, "({}, {}]", row.lower, row.upper).unwrap();
            for column in 0..grid.x_ms.len() {
                match grid.count(at, column) {
                    count if count.is_nan() => out.push_str(" _"),
                    count => write!(out, " {count}").unwrap(),
                }
            }
            out.push('\n');
        }
        out
    }

    fn check(columns: &[Spec<'_>], expect: &str) -> Vec<String> {
        let grid = heatmap_from_frame(&frame(columns));
        let expect: String = expect.lines().map(|line| format!("{}\n", line.trim())).skip(1).collect();
        assert_eq!(text(&grid), expect.trim_end_matches(['\n', ' ']).to_owned() + "\n");
        grid.notices.into_iter().map(|notice| notice.message).collect()
    }

    #[test]
    fn neighbours_are_subtracted_in_numeric_order() {
        let notices = check(
            &[
                (&[("le", "+Inf")], &[10.0, 20.0]),
                (&[("le", "10.0")], &[9.0, 18.0]),
                (&[("le", "2.5")], &[4.0, 8.0]),
                (&[("le", "0.5")], &[1.0, 2.0]),
            ],
            "
            (0, 0.5] 1 2
            (0.5, 2.5] 3 6
            (2.5, 10] 5 10
            (10, inf] 1 2",
        );
        assert!(notices.is_empty());
    }

    #[test]
    fn series_without_buckets_are_rows() {
        let frame = frame(&[(&[("pod", "a")], &[1.0, M]), (&[("pod", "b")], &[-2.0, 0.5])]);
        let grid = series_grid(&frame, vec!["a".to_owned(), "b".to_owned()]);
        assert_eq!(text(&grid), "(0, 1] 1 _\n(1, 2] -2 0.5\n");
        assert_eq!(text(&grid.clone().within(Some(5.0), None)), text(&grid), "names have no bounds");
    }

    #[test]
    fn rows_outside_an_axis_are_left_out() {
        let frame = frame(&[(&[("le", "1")], &[1.0]), (&[("le", "2")], &[3.0]), (&[("le", "+Inf")], &[7.0])]);
        let grid = heatmap_from_frame(&frame);
        assert_eq!(text(&grid.clone().within(Some(1.0), None)), "(1, 2] 2\n(2, inf] 4\n");
        assert_eq!(text(&grid.clone().within(None, Some(1.5))), "(0, 1] 1\n(1, 2] 2\n");
        assert_eq!(grid.clone().within(None, None), grid);
    }

    #[test]
    fn a_missing_bucket_makes_gaps_in_its_row_and_the_next() {
        check(
            &[(&[("le", "1")], &[1.0, 1.0, M]), (&[("le", "2")], &[3.0, M, M]), (&[("le", "+Inf")], &[7.0, 7.0, M])],
            "
            (0, 1] 1 1 _
            (1, 2] 2 _ _
            (2, inf] 4 _ _",
        );
    }

    #[test]
    fn drops_are_empty_and_said_when_large() {
        let notices = check(
            &[(&[("le", "1")], &[5.0, 5.0]), (&[("le", "+Inf")], &[3.0, 4.999_999_999])],
            "
            (0, 1] 5 5
            (1, inf] 0 0",
        );
        assert_eq!(notices.len(), 1);
    }

    #[test]
    fn one_bound_in_two_spellings_is_one_row() {
        check(
            &[
                (&[("le", "5")], &[4.0, M, 1.0]),
                (&[("le", "5.0")], &[M, 6.0, 2.0]),
                (&[("le", "+Inf")], &[4.0, 8.0, 3.0]),
            ],
            "
            (0, 5] 4 6 3
            (5, inf] 0 2 0",
        );
    }

    #[test]
    fn several_histograms_add_up_at_the_bounds_they_share() {
        let notices = check(
            &[
                (&[("pod", "a"), ("le", "1")], &[1.0]),
                (&[("pod", "a"), ("le", "2")], &[4.0]),
                (&[("pod", "a"), ("le", "+Inf")], &[6.0]),
                (&[("pod", "b"), ("le", "2")], &[3.0]),
                (&[("pod", "b"), ("le", "+Inf")], &[3.0]),
            ],
            "
            (0, 2] 7
            (2, inf] 2",
        );
        assert_eq!(notices, ["The histograms have different buckets; drawn by the 2 bounds of 3 that all have."]);
    }

    #[test]
    fn negative_bounds_have_no_lower_end() {
        check(
            &[(&[("le", "-1")], &[1.0]), (&[("le", "0")], &[2.0]), (&[("le", "+Inf")], &[3.0])],
            "
            (-inf, -1] 1
            (-1, 0] 1
            (0, inf] 1",
        );
    }

    #[test]
    fn bounds_that_are_no_numbers_are_said() {
        let notices = check(
            &[(&[("le", "lots")], &[1.0]), (&[("le", "1")], &[2.0])],
            "
            (0, 1] 2",
        );
        assert_eq!(notices.len(), 1);
        assert!(heatmap_from_frame(&frame(&[(&[("job", "x")], &[1.0])])).is_empty());
        assert!(heatmap_from_frame(&Frame::default()).is_empty());
    }

    #[test]
    fn native_buckets_share_the_union_of_their_bounds() {
        let bucket = |lower: f64, upper: f64, count: f64| HistogramBucket {
            lower,
            upper,
            count,
            is_lower_inclusive: false,
            is_upper_inclusive: true,
        };
        let sample = |buckets: Vec<HistogramBucket>| NativeHistogram { count: 0.0, sum: 0.0, buckets };
        let frame = Frame {
            x_ms: [0.0, 1.0, 2.0].into(),
            columns: Vec::new(),
            histograms: vec![HistogramColumn {
                labels: Labels::default(),
                samples: vec![
                    (0, sample(vec![bucket(1.0, 2.0, 3.0), bucket(2.0, 4.0, 5.0)])),
                    (2, sample(vec![bucket(1.0, 4.0, 6.0), bucket(4.0, f64::INFINITY, 1.0)])),
                ],
            }],
        };
        assert_eq!(text(&heatmap_from_frame(&frame)), "(1, 2] 3 _ 2\n(2, 4] 5 _ 4\n(4, inf] 0 _ 1\n");
    }
}
