//! The trend under a single value: a line with a quiet area, no axes.

use crate::{
    analysis::reduce::{Stats, all_rows, m4_rows, pixel_columns},
    base::time::Range,
};

use super::{
    clip,
    scale::{TimeScale, ValueScale},
    scene::{Ink, Mark, Point, Rect, Scene, Size},
};

/// Everything that [`layout`] needs.
#[derive(Debug, Clone, Copy)]
pub struct Input<'a> {
    pub x_ms: &'a [f64],
    /// One per x.
    pub values: &'a [f64],
    pub range: Range,
    pub ink: Ink,
    pub size: Size,
    pub dpr: f64,
    pub line_width_px: f64,
    /// 0 to 1.
    pub fill_ratio: f64,
}

/// Air above and below the line.
const MARGIN_PX: f64 = 4.0;

/// The line uses most of the height, but a change of less than a tenth of the value does not look like a cliff.
pub fn layout(input: &Input<'_>) -> Scene {
    let Input { x_ms, values, range, ink, size, dpr, line_width_px, fill_ratio } = *input;
    let mut scene = Scene { size, marks: Vec::new() };
    let finite: Vec<f64> = values.iter().copied().filter(|v| v.is_finite()).collect();
    let Some(stats) = Stats::of(&finite) else { return scene };
    let least_span = (stats.max.abs().max(stats.min.abs()) * 0.1).max(f64::MIN_POSITIVE);
    let lacking = (least_span - (stats.max - stats.min)).max(0.0) / 2.0;
    let frame = Rect::new(0.0, 0.0, size.width_px, size.height_px);
    let y = ValueScale {
        min: stats.min - lacking,
        max: stats.max + lacking,
        start_px: size.height_px - MARGIN_PX,
        end_px: MARGIN_PX,
        log_base: None,
        linear_threshold: None,
    };
    let x = TimeScale {
        start_ms: range.start_ms as f64,
        end_ms: range.end_ms as f64,
        start_px: 0.0,
        end_px: size.width_px,
    };
    let columns = (size.width_px * dpr).round().max(1.0);
    let is_gap = |a: usize, b: usize| b > a + 1;
    let kept = if x_ms.len() as f64 >= columns * 4.0 {
        m4_rows(values, &pixel_columns(x_ms, x.start_ms, x.end_ms, columns as usize), is_gap)
    } else {
        all_rows(values, is_gap)
    };
    let mut lines = Vec::new();
    for run in kept.chunk_by(|_, next| !next.is_after_gap) {
        let point = |row: usize| {
            let value = *values.get(row)?;
            Some(Point::new(x.px_from_ms(*x_ms.get(row)?), y.px_from_value(value).clamp(-1e4, 1e5)))
        };
        let points: Vec<Point> = run.iter().filter_map(|k| point(k.row)).collect();
        if let [only] = points.as_slice() {
            let radius_px = line_width_px.max(1.0) * 1.3;
            lines.push(Mark::Dot { tone: ink.opaque(), center: *only, radius_px, ring: None });
            continue;
        }
        if let (true, Some(first), Some(last)) = (fill_ratio > 0.0, points.first(), points.last()) {
            let foot = |p: &Point| Point { x: p.x, y: size.height_px as f32 };
            let ground = [foot(last), foot(first)];
            let area = clip::polygon(points.iter().copied().chain(ground).collect(), frame);
            scene.marks.push(Mark::Area { tone: ink.alpha(fill_ratio), points: area });
        }
        for points in clip::polyline(points, frame) {
            lines.push(Mark::Path { tone: ink.opaque(), width_px: line_width_px, points });
        }
    }
    scene.marks.append(&mut lines);
    scene
}
