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
