//! Which instants a range query asks for.

use super::{
    Grid, Range,
    civil::{DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS},
};

/// Prometheus answers no range query with more points per series (`web/api/v1/api.go`).
pub const MAX_POINTS: u32 = 11_000;

/// Steps that people read easily and that divide a minute, an hour or a day.
const NICE_STEPS_MS: [i64; 32] = [
    1,
    2,
    5,
    10,
    20,
    50,
    100,
    200,
    500,
    SECOND_MS,
    2 * SECOND_MS,
    5 * SECOND_MS,
    10 * SECOND_MS,
    15 * SECOND_MS,
    30 * SECOND_MS,
    MINUTE_MS,
    2 * MINUTE_MS,
    5 * MINUTE_MS,
    10 * MINUTE_MS,
    15 * MINUTE_MS,
    30 * MINUTE_MS,
    HOUR_MS,
    2 * HOUR_MS,
    3 * HOUR_MS,
    6 * HOUR_MS,
    12 * HOUR_MS,
    DAY_MS,
    2 * DAY_MS,
    7 * DAY_MS,
    14 * DAY_MS,
    28 * DAY_MS,
    56 * DAY_MS,
];

/// The shortest nice step that is no shorter than this.
pub fn nice_step_ms(at_least_ms: i64) -> i64 {
    let listed = NICE_STEPS_MS.iter().copied().find(|step| *step >= at_least_ms);
    // Beyond the list: whole multiples of its longest.
    let longest_ms = 56 * DAY_MS;
    listed.unwrap_or_else(|| at_least_ms.div_euclid(longest_ms).saturating_add(1).saturating_mul(longest_ms))
}

impl Grid {
    /// About one row per pixel, on a nice step of at least `min_step_ms`, of at most `max_points` rows.
    ///
    /// Both ends lie on multiples of the step, at or before the range's own: while time passes the rows of successive
    /// refreshes are the same ones, and none lies in the future, where a backend would repeat its last sample.
    pub fn for_range(range: Range, width_px: u32, min_step_ms: i64, max_points: u32) -> Self {
        let duration_ms = range.duration_ms().max(0);
        let rows = i64::from(width_px.max(1)).min(i64::from(max_points.max(2)) - 1);
        // Rounded up, so that `rows` steps always cover the range.
        let wanted_ms = (duration_ms + rows - 1) / rows;
        let min_step_ms = min_step_ms.max(1);
        let mut step_ms = if wanted_ms <= min_step_ms { min_step_ms } else { nice_step_ms(wanted_ms) };
        let on_step = |step_ms: i64| Self {
            start_ms: range.start_ms.div_euclid(step_ms) * step_ms,
            end_ms: range.end_ms.div_euclid(step_ms) * step_ms,
            step_ms,
        };
        let mut grid = on_step(step_ms);
        // Aligning the start can add one row.
        while grid.row_count() > max_points.max(1) as usize {
            step_ms = nice_step_ms(step_ms + 1);
            grid = on_step(step_ms);
        }
        grid
    }

    pub fn row_count(self) -> usize {
        ((self.end_ms - self.start_ms) / self.step_ms + 1) as usize
    }

    pub fn range(self) -> Range {
        Range { start_ms: self.start_ms, end_ms: self.end_ms }
    }

    /// Instants of the rows.
    pub fn rows_ms(self) -> impl Iterator<Item = i64> {
        (0..self.row_count() as i64).map(move |row| self.start_ms + row * self.step_ms)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_on_a_wide_screen() {
        let range = Range { start_ms: 1_795_271_895_000, end_ms: 1_795_358_295_000 };
        let grid = Grid::for_range(range, 1200, 15_000, MAX_POINTS);
        assert_eq!(grid.step_ms, 2 * MINUTE_MS);
        assert_eq!((grid.start_ms, grid.end_ms), (1_795_271_880_000, 1_795_358_280_000));
        assert_eq!(grid.row_count(), 721);
        assert_eq!(grid.rows_ms().last(), Some(grid.end_ms));
    }

    #[test]
    fn steps() {
        let check = |duration_ms: i64, width_px: u32, min_step_ms: i64, expect_ms: i64| {
            let range = Range { start_ms: 1_795_271_895_000, end_ms: 1_795_271_895_000 + duration_ms };
            assert_eq!(Grid::for_range(range, width_px, min_step_ms, MAX_POINTS).step_ms, expect_ms);
        };
        check(HOUR_MS, 1000, 15_000, 15_000);
        check(HOUR_MS, 1000, 1, 5_000);
        check(6 * HOUR_MS, 1000, 15_000, 30_000);
        check(7 * DAY_MS, 1000, 15_000, 15 * MINUTE_MS);
        check(365 * DAY_MS, 1000, 15_000, 12 * HOUR_MS);
        check(0, 1000, 15_000, 15_000);
        check(DAY_MS, 0, 15_000, DAY_MS);
        check(HOUR_MS, 1000, 7_000, 7_000);
    }

    #[test]
    fn every_grid_keeps_its_promises() {
        let mut duration_ms = 1;
        while duration_ms < 60 * 365 * DAY_MS {
            for width_px in [0, 1, 3, 320, 1440, 100_000] {
                for min_step_ms in [0, 1, 15_000, 60_000] {
                    for max_points in [2, 300, MAX_POINTS] {
                        let range = Range { start_ms: 1_795_271_895_123 - duration_ms, end_ms: 1_795_271_895_123 };
                        let grid = Grid::for_range(range, width_px, min_step_ms, max_points);
                        assert!(grid.step_ms >= min_step_ms.max(1));
                        assert_eq!(grid.start_ms.rem_euclid(grid.step_ms), 0);
                        assert_eq!((grid.end_ms - grid.start_ms) % grid.step_ms, 0);
                        assert!(grid.row_count() <= max_points as usize, "{grid:?}");
                        assert!(grid.start_ms <= range.start_ms && range.start_ms - grid.start_ms < grid.step_ms);
                        assert!(grid.end_ms <= range.end_ms && range.end_ms - grid.end_ms < grid.step_ms);
                    }
                }
            }
            duration_ms = duration_ms * 17 / 5 + 1;
        }
    }

    #[test]
    fn refreshes_ask_for_the_same_rows() {
        let at = |now_ms: i64| {
            Grid::for_range(Range { start_ms: now_ms - 6 * HOUR_MS, end_ms: now_ms }, 900, 15_000, MAX_POINTS)
        };
        let first = at(1_795_271_895_000);
        for later in (0..60).map(|k| at(1_795_271_895_000 + k * 5_000)) {
            assert_eq!(later.step_ms, first.step_ms);
            assert_eq!((later.start_ms - first.start_ms) % first.step_ms, 0);
        }
    }
}
