//! From raw values to the cells of a heatmap: how often they fall into equal spans of time and ranges of values, as
//! Grafana's heatmap counts them where it is told to calculate.

use crate::model::{
    dashboard::{BucketWidth, CountedBuckets},
    frame::{Frame, MISSING},
    notice::Notice,
};

use super::{HeatmapGrid, RowBound};

/// More columns than these are not told apart on a screen.
const COLUMNS_MAX: f64 = 2_000.0;
/// More rows than these are not told apart on a screen.
const ROWS_MAX: f64 = 200.0;

const SECOND_MS: f64 = 1_000.0;
const MINUTE_MS: f64 = 60.0 * SECOND_MS;
const HOUR_MS: f64 = 60.0 * MINUTE_MS;
const DAY_MS: f64 = 24.0 * HOUR_MS;

/// Spans of time that people count in: of each unit so many.
const SPANS: [(f64, &[f64]); 5] = [
    (1.0, &[1.0, 2.0, 4.0, 5.0, 10.0, 20.0, 25.0, 50.0, 100.0, 200.0, 250.0, 500.0]),
    (SECOND_MS, &[1.0, 2.0, 4.0, 5.0, 10.0, 15.0, 20.0, 30.0]),
    (MINUTE_MS, &[1.0, 2.0, 4.0, 5.0, 10.0, 15.0, 20.0, 30.0]),
    (HOUR_MS, &[1.0, 2.0, 4.0, 6.0, 8.0, 12.0]),
    (DAY_MS, &[1.0, 2.0, 3.0, 5.0, 7.0, 10.0, 15.0, 30.0, 90.0, 180.0, 365.0]),
];

/// Counts the finite values of all columns: O(values + cells). A span of time without any value is unknown, not zero.
pub fn counted_grid(frame: &Frame, buckets: &CountedBuckets) -> HeatmapGrid {
    let mut notices = Vec::new();
    let base = buckets.log_base.filter(|base| *base > 1.0 && base.is_finite());
    let (mut infinite, mut not_positive) = (0_usize, 0_usize);
    let mut values: Vec<(f64, f64)> = Vec::new();
    for column in &frame.columns {
        for (x_ms, value) in frame.x_ms.iter().zip(column.values.iter()) {
            match *value {
                value if value.is_nan() => {}
                value if value.is_infinite() => infinite += 1,
                value if base.is_some() && value <= 0.0 => not_positive += 1,
                value => values.push((*x_ms, base.map_or(value, |base| log(value, base)))),
            }
        }
    }
    if infinite > 0 {
        notices.push(Notice::warning(format!("{infinite} infinite values are in no cell.")));
    }
    if not_positive > 0 {
        notices.push(Notice::warning(format!(
            "{not_positive} values at or below zero have no place on a logarithmic scale and are in no cell."
        )));
    }
    let Some((x_ends, y_ends)) = extents(&values) else { return HeatmapGrid { notices, ..HeatmapGrid::default() } };
    let step_ms = limited(column_ms(buckets.x, x_ends), x_ends, COLUMNS_MAX, "columns", &mut notices);
    let height = limited(row_height(buckets.y, y_ends, base.is_some()), y_ends, ROWS_MAX, "rows", &mut notices);
    // A hair of tolerance: 0.3 belongs to the row that begins at 3 × 0.1.
    let place = |value: f64, size: f64| (value / size + 1e-9).floor();
    let (first_column, first_row) = (place(x_ends.0, step_ms), place(y_ends.0, height));
    let column_count = (place(x_ends.1, step_ms) - first_column).clamp(0.0, COLUMNS_MAX) as usize + 1;
    let row_count = (place(y_ends.1, height) - first_row).clamp(0.0, ROWS_MAX) as usize + 1;
    let mut counts = vec![MISSING; column_count * row_count];
    for (x_ms, value) in values {
        let column = (place(x_ms, step_ms) - first_column) as usize;
        let row = (place(value, height) - first_row) as usize;
        let at = row * column_count + column;
        // Somebody looked: where nothing fell is zero.
        if counts.get(column).is_some_and(|count| count.is_nan()) {
            for cell in counts.iter_mut().skip(column).step_by(column_count) {
                *cell = 0.0;
            }
        }
        if let Some(cell) = counts.get_mut(at) {
            *cell += 1.0;
        }
    }
    let bound = |row: usize| {
        let at = (first_row + row as f64) * height;
        base.map_or(at, |base| base.powf(at))
    };
    HeatmapGrid {
        x_ms: (0..column_count).map(|at| (first_column + at as f64 + 0.5) * step_ms).collect(),
        rows: (0..row_count).map(|row| RowBound { lower: bound(row), upper: bound(row + 1) }).collect(),
        counts,
        step_ms: Some(step_ms),
        notices,
        ..HeatmapGrid::default()
    }
}

/// Exact for powers of the usual bases.
fn log(value: f64, base: f64) -> f64 {
    match base {
        2.0 => value.log2(),
        10.0 => value.log10(),
        base => value.ln() / base.ln(),
    }
}

type Ends = (f64, f64);

fn extents(values: &[(f64, f64)]) -> Option<(Ends, Ends)> {
    let first = values.first()?;
    let start = ((first.0, first.0), (first.1, first.1));
    Some(
        values
            .iter()
            .fold(start, |(x, y), value| ((x.0.min(value.0), x.1.max(value.0)), (y.0.min(value.1), y.1.max(value.1)))),
    )
}

/// Of about so many columns the next shorter span that people count in.
fn column_ms(width: BucketWidth, (from, to): Ends) -> f64 {
    let count = match width {
        BucketWidth::Size(ms) if ms >= 1.0 && ms.is_finite() => return ms,
        BucketWidth::Count(count) if count >= 1.0 && count.is_finite() => count,
        _ => CountedBuckets::COLUMNS,
    };
    let about = (to - from) / (count - 1.0).max(1.0);
    let spans = SPANS.iter().flat_map(|(unit, counts)| counts.iter().map(move |count| count * unit));
    spans.take_while(|span| *span <= about).last().unwrap_or(1.0)
}

/// Of about so many rows the next lower round height; on a logarithmic scale the part of a power.
fn row_height(width: BucketWidth, (from, to): Ends, is_log: bool) -> f64 {
    if is_log {
        let (BucketWidth::Size(splits) | BucketWidth::Count(splits)) = width else { return 1.0 };
        return if splits >= 1.0 && splits.is_finite() { 1.0 / splits } else { 1.0 };
    }
    let count = match width {
        BucketWidth::Size(size) if size > 0.0 && size.is_finite() => return size,
        BucketWidth::Count(count) if count >= 1.0 && count.is_finite() => count,
        _ => CountedBuckets::ROWS,
    };
    let about = (to - from) / (count - 1.0).max(1.0);
    if about > 0.0 {
        return round_below(about);
    }
    // One value, however often: a row of about a tenth of it shows where it lies.
    let tenth = from.abs() / 10.0;
    if tenth > 0.0 { round_below(tenth) } else { 1.0 }
}

/// The largest of 1, 2, 4 and 5 times a power of ten that is no larger.
fn round_below(size: f64) -> f64 {
    let exponent = size.log10().floor().clamp(-300.0, 300.0) as i32;
    let power = 10_f64.powi(exponent.abs());
    // Dividing by a positive power is exact where multiplying by a negative one is not.
    let sized = |factor: f64| if exponent < 0 { factor / power } else { factor * power };
    let fits = |size_of: &f64| *size_of <= size * (1.0 + 1e-9);
    [5.0, 4.0, 2.0, 1.0].into_iter().map(sized).find(fits).unwrap_or(size)
}

/// The size, or a multiple of it of which no more than `most` fill the span.
fn limited(size: f64, (from, to): Ends, most: f64, what: &str, notices: &mut Vec<Notice>) -> f64 {
    let count = (to - from) / size;
    if count <= most {
        return size;
    }
    notices.push(Notice::warning(format!(
        "The buckets asked for would be {count:.0} {what}; several are drawn together."
    )));
    size * (count / most).ceil()
}

#[cfg(test)]
mod tests {
    use crate::model::frame::tests::{Spec, frame_of};

    use super::{super::tests::text, *};

    const M: f64 = MISSING;

    fn sized(x_ms: f64, y: f64) -> CountedBuckets {
        CountedBuckets { x: BucketWidth::Size(x_ms), y: BucketWidth::Size(y), log_base: None }
    }

    /// One sample a second.
    fn grid_of(columns: &[Spec<'_>], buckets: &CountedBuckets) -> HeatmapGrid {
        counted_grid(&frame_of(1_000.0, columns), buckets)
    }

    #[track_caller]
    fn is_close(found: f64, expect: f64) {
        assert!((found - expect).abs() <= expect.abs() * 1e-12, "{found}, not {expect}");
    }

    #[test]
    fn values_of_all_series_are_counted_by_time_and_size() {
        let grid = grid_of(
            &[(&[("pod", "a")], &[1.0, 4.9, 12.0, M, M, 5.0]), (&[("pod", "b")], &[0.0, 5.0, 5.0, M, M, 14.0])],
            &sized(2_000.0, 5.0),
        );
        assert_eq!(text(&grid), "(0, 5] 3 0 0\n(5, 10] 1 1 1\n(10, 15] 0 1 1\n");
        assert_eq!((grid.x_ms.as_slice(), grid.step_ms), ([1_000.0, 3_000.0, 5_000.0].as_slice(), Some(2_000.0)));
    }

    #[test]
    fn a_span_without_values_is_unknown() {
        let grid = grid_of(&[(&[], &[1.0, M, M, M, 7.0])], &sized(2_000.0, 5.0));
        assert_eq!(text(&grid), "(0, 5] 1 _ 0\n(5, 10] 0 _ 1\n");
        assert!(grid_of(&[(&[], &[M, M])], &sized(1.0, 1.0)).is_empty());
        assert!(counted_grid(&Frame::default(), &CountedBuckets::default()).is_empty());
    }

    #[test]
    fn ends_of_rows_belong_to_the_upper_one() {
        let grid = grid_of(&[(&[], &[0.1, 0.2, 0.1 + 0.2, -0.1])], &sized(10_000.0, 0.1));
        let counts: Vec<f64> = (0..grid.rows.len()).map(|row| grid.count(row, 0)).collect();
        assert_eq!(counts, [1.0, 0.0, 1.0, 1.0, 1.0]);
    }

    #[test]
    fn powers_are_rows_on_a_logarithmic_scale() {
        let values: &[f64] = &[0.01, 0.5, 1.0, 9.0, 10.0, 0.0, -3.0, f64::INFINITY];
        let buckets = CountedBuckets { log_base: Some(10.0), ..sized(60_000.0, 1.0) };
        let grid = grid_of(&[(&[], values)], &buckets);
        assert_eq!(text(&grid), "(0.01, 0.1] 1\n(0.1, 1] 1\n(1, 10] 2\n(10, 100] 1\n");
        let notices: Vec<&str> = grid.notices.iter().map(|notice| notice.message.as_str()).collect();
        assert_eq!(
            notices,
            [
                "1 infinite values are in no cell.",
                "2 values at or below zero have no place on a logarithmic scale and are in no cell."
            ]
        );
        let halves = CountedBuckets { y: BucketWidth::Count(2.0), log_base: Some(2.0), ..sized(60_000.0, 1.0) };
        let grid = grid_of(&[(&[], &[1.0, 1.5, 2.0])], &halves);
        assert_eq!(grid.rows.len(), 3);
        assert_eq!(grid.rows.first().map(|row| (row.lower, row.upper)), Some((1.0, 2_f64.sqrt())));
    }

    #[test]
    fn sizes_are_chosen_from_the_values() {
        let check = |span_ms: f64, count: f64, expect_ms: f64| {
            is_close(column_ms(BucketWidth::Count(count), (0.0, span_ms)), expect_ms);
        };
        check(HOUR_MS, 20.0, 2.0 * MINUTE_MS);
        check(6.0 * HOUR_MS, 20.0, 15.0 * MINUTE_MS);
        check(30.0 * DAY_MS, 20.0, DAY_MS);
        check(0.0, 20.0, 1.0);
        is_close(column_ms(BucketWidth::Auto, (0.0, HOUR_MS)), 2.0 * MINUTE_MS);
        is_close(column_ms(BucketWidth::Size(f64::NAN), (0.0, HOUR_MS)), 2.0 * MINUTE_MS);
        let check = |ends: Ends, count: f64, expect: f64| {
            is_close(row_height(BucketWidth::Count(count), ends, false), expect);
        };
        check((0.0, 100.0), 10.0, 10.0);
        check((0.0, 0.5), 10.0, 0.05);
        check((0.0, 44.0), 10.0, 4.0);
        check((7.0, 7.0), 10.0, 0.5);
        check((0.0, 0.0), 10.0, 1.0);
        is_close(row_height(BucketWidth::Auto, (0.0, 90.0), false), 10.0);
    }

    #[test]
    fn more_cells_than_pixels_are_drawn_together() {
        let grid = grid_of(&[(&[], &[0.0, 1e9])], &sized(1_000.0, 1.0));
        assert!(grid.rows.len() <= 201, "{}", grid.rows.len());
        assert_eq!(grid.notices.len(), 1);
        assert_eq!(grid.counts.iter().filter(|count| **count > 0.0).count(), 2);
    }
}
