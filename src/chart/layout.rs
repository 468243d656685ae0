//! What any chart over time answers to a pointer, a key or another panel's cursor.

use super::{
    cursor::{Cursor, CursorDot, cursor_scene},
    scale::TimeScale,
    scene::{Rect, Scene, Size},
};

/// A chart over time, laid out.
pub trait TimeLayout {
    /// What is under a pointer.
    type Hit: TimeHit;

    /// Of the whole canvas.
    fn size(&self) -> Size;
    /// Where data are drawn.
    fn plot(&self) -> Rect;
    fn time_scale(&self) -> &TimeScale;
    /// What is at a place of the canvas. `None` outside the plot and far from any data.
    fn hit(&self, x_px: f64, y_px: f64) -> Option<Self::Hit>;
    /// What is at an instant: for a cursor that another panel leads.
    fn hit_ms(&self, x_ms: f64) -> Option<Self::Hit>;
    /// The dots of the cursor, the topmost last.
    fn cursor_dots(&self, hit: &Self::Hit) -> Vec<CursorDot>;

    fn ms_from_px(&self, x_px: f64) -> f64 {
        self.time_scale().ms_from_px(x_px)
    }

    fn px_from_ms(&self, x_ms: f64) -> f64 {
        self.time_scale().px_from_ms(x_ms)
    }

    /// The overlay for a hit and a dragged selection.
    fn cursor_scene(&self, hit: Option<&Self::Hit>, selection_px: Option<(f64, f64)>) -> Scene {
        cursor_scene(&Cursor {
            size: self.size(),
            plot: self.plot(),
            x_px: hit.map(|hit| self.px_from_ms(hit.x_ms())),
            dots: hit.map(|hit| self.cursor_dots(hit)).unwrap_or_default(),
            selection_px,
        })
    }
}

/// What is under a pointer: at least an instant.
pub trait TimeHit {
    /// Of the row or column that was hit, not of the pointer.
    fn x_ms(&self) -> f64;
}

/// The row nearest to an instant and its own instant. Rows ascend.
pub(super) fn nearest_row(rows_ms: &[f64], x_ms: f64) -> Option<(usize, f64)> {
    let after = rows_ms.partition_point(|row_ms| *row_ms < x_ms);
    let around = [after.checked_sub(1), Some(after)].into_iter().flatten();
    let around = around.filter_map(|row| Some((row, *rows_ms.get(row)?)));
    around.min_by(|a, b| (a.1 - x_ms).abs().total_cmp(&(b.1 - x_ms).abs()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_row_is_found_on_either_side() {
        let rows = [0.0, 10.0, 30.0];
        let check = |x_ms: f64, row: usize| assert_eq!(nearest_row(&rows, x_ms).map(|(at, _)| at), Some(row), "{x_ms}");
        check(-50.0, 0);
        check(4.0, 0);
        check(6.0, 1);
        check(19.0, 1);
        check(21.0, 2);
        check(99.0, 2);
        assert_eq!(nearest_row(&[], 1.0), None);
    }
}
