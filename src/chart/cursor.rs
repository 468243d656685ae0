//! What moves over a chart: the crosshair, the dots on the series under it, the dragged selection. Painted on its own
//! canvas, so that hovering never repaints series.

use super::scene::{Dash, Ink, Mark, Point, Rect, Ring, Scene, Size};

/// What the overlay shows.
#[derive(Debug, Clone, Default)]
pub struct Cursor {
    /// Of the canvas: the same as the chart's scene.
    pub size: Size,
    /// Where data are drawn.
    pub plot: Rect,
    /// The crosshair's place, if there is one.
    pub x_px: Option<f64>,
    /// A dot on each series, in its ink; the emphasised one is larger.
    pub dots: Vec<CursorDot>,
    /// The two ends of a dragged selection, in any order.
    pub selection_px: Option<(f64, f64)>,
}

/// One dot of a [`Cursor`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CursorDot {
    pub at: Point,
    pub ink: Ink,
    pub is_emphasised: bool,
}

/// Lays out the overlay.
pub fn cursor_scene(cursor: &Cursor) -> Scene {
    let Cursor { size, plot, x_px, dots, selection_px } = cursor;
    let mut marks = Vec::with_capacity(dots.len() + 4);
    if let Some((a, b)) = selection_px {
        let left = a.min(*b).clamp(plot.left, plot.right);
        let right = a.max(*b).clamp(plot.left, plot.right);
        let rect = Rect { left, right, ..*plot };
        marks.push(Mark::Rects { tone: Ink::Accent.alpha(0.14), rects: vec![rect] });
        for x in [left, right] {
            marks.push(Mark::Rule {
                tone: Ink::Accent.opaque(),
                from: Point::new(x, plot.top),
                to: Point::new(x, plot.bottom),
                width_px: 1.0,
                dash: None,
            });
        }
    }
    if let Some(x) = x_px.filter(|x| *x >= plot.left - 0.5 && *x <= plot.right + 0.5) {
        marks.push(Mark::Rule {
            tone: Ink::Text3.opaque(),
            from: Point::new(x, plot.top),
            to: Point::new(x, plot.bottom),
            width_px: 1.0,
            dash: Some(Dash { on_px: 2.0, off_px: 3.0 }),
        });
    }
    for dot in dots.iter().filter(|d| plot.contains(f64::from(d.at.x), f64::from(d.at.y))) {
        marks.push(Mark::Dot {
            tone: dot.ink.opaque(),
            center: dot.at,
            radius_px: if dot.is_emphasised { 4.5 } else { 3.5 },
            ring: Some(Ring { tone: Ink::Surface1.opaque(), width_px: 1.5 }),
        });
    }
    Scene { size: *size, marks }
}
