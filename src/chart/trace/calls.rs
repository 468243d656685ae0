//! A graph of calls as boxes with lines between them: `analysis::trace::graph`'s layout in pixels.

use std::fmt::Write as _;

use crate::analysis::trace::graph::{Layout, Point};

/// Boxes of one size, and the room between them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Boxes {
    pub width_px: f64,
    pub height_px: f64,
    pub gap_x_px: f64,
    pub gap_y_px: f64,
}

impl Boxes {
    /// The left top corner of the box at a place.
    pub fn corner_px(&self, place: Point) -> (f64, f64) {
        (place.x * (self.width_px + self.gap_x_px), place.y * (self.height_px + self.gap_y_px))
    }

    /// Width and height of the whole.
    pub fn extent_px(&self, layout: &Layout) -> (f64, f64) {
        let (left, top) = self.corner_px(layout.extent);
        (left + self.width_px, top + self.height_px)
    }

    /// A call as the path of an SVG: from the right side of the caller to the left side of what it calls; a call back goes the
    /// other way. It passes the boxes in between as a straight line.
    pub fn line(&self, points: &[Point], is_back: bool) -> String {
        let last = points.len().saturating_sub(1);
        let mut path = String::new();
        let mut before: Option<(f64, f64)> = None;
        for (at, point) in points.iter().enumerate() {
            let (left, top) = self.corner_px(*point);
            let (right, y) = (left + self.width_px, top + self.height_px / 2.0);
            // In at one side, out at the other.
            let (near, far) = if is_back { (right, left) } else { (left, right) };
            let x = if at == 0 { far } else { near };
            match before {
                None => write!(path, "M{x:.1} {y:.1}").unwrap_or_default(),
                Some((from_x, from_y)) => {
                    let middle = f64::midpoint(from_x, x);
                    write!(path, "C{middle:.1} {from_y:.1} {middle:.1} {y:.1} {x:.1} {y:.1}").unwrap_or_default();
                }
            }
            before = Some(if at == last || at == 0 {
                (x, y)
            } else {
                write!(path, "L{far:.1} {y:.1}").unwrap_or_default();
                (far, y)
            });
        }
        path
    }
}

/// How thick the line of so many calls is: a pixel more for ten times as many, at most five.
pub fn line_width_px(calls: u64) -> f64 {
    1.0 + (calls.max(1) as f64).log10().clamp(0.0, 4.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOXES: Boxes = Boxes { width_px: 100.0, height_px: 40.0, gap_x_px: 50.0, gap_y_px: 10.0 };

    #[test]
    fn lines_lead_from_side_to_side_and_pass_what_lies_between() {
        let at = |x: f64, y: f64| Point { x, y };
        let check = |points: &[Point], is_back: bool, expect: &str| assert_eq!(BOXES.line(points, is_back), expect);
        check(&[at(0.0, 0.0), at(1.0, 1.0)], false, "M100.0 20.0C125.0 20.0 125.0 70.0 150.0 70.0");
        check(&[at(1.0, 0.0), at(0.0, 0.0)], true, "M150.0 20.0C125.0 20.0 125.0 20.0 100.0 20.0");
        check(
            &[at(0.0, 0.0), at(1.0, 0.0), at(2.0, 0.0)],
            false,
            "M100.0 20.0C125.0 20.0 125.0 20.0 150.0 20.0L250.0 20.0C275.0 20.0 275.0 20.0 300.0 20.0",
        );
        check(&[], false, "");
    }

    #[test]
    fn the_whole_holds_the_last_box() {
        let layout = Layout { extent: Point { x: 2.0, y: 1.0 }, ..Layout::default() };
        assert_eq!(BOXES.extent_px(&layout), (400.0, 90.0));
        assert_eq!((line_width_px(0), line_width_px(100), line_width_px(u64::MAX)), (1.0, 3.0, 5.0));
    }
}
