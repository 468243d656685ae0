//! Parts of rings and discs as paths of an SVG.

use std::f64::consts::{PI, TAU};

/// A part of a ring. Angles are in radians, clockwise from the top.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sector {
    pub x: f64,
    pub y: f64,
    /// 0 is a part of a disc.
    pub inner_px: f64,
    pub outer_px: f64,
    pub from: f64,
    pub to: f64,
}

impl Sector {
    pub fn point(&self, angle: f64, radius_px: f64) -> (f64, f64) {
        (self.x + radius_px * angle.sin(), self.y - radius_px * angle.cos())
    }

    /// The middle of it.
    pub fn middle(&self) -> (f64, f64) {
        self.point(f64::midpoint(self.from, self.to), f64::midpoint(self.inner_px, self.outer_px))
    }

    pub fn contains(&self, x: f64, y: f64) -> bool {
        let (dx, dy) = (x - self.x, y - self.y);
        let radius = (dx * dx + dy * dy).sqrt();
        if radius < self.inner_px || radius > self.outer_px {
            return false;
        }
        let angle = dx.atan2(-dy);
        // The same direction, some turns on.
        (-1..=2).any(|turns| (self.from..=self.to).contains(&(angle + f64::from(turns) * TAU)))
    }

    /// The outline; empty where there is nothing to see.
    pub fn path(&self) -> String {
        let Self { x, y, inner_px: inner, outer_px: outer, from, to } = *self;
        let sweep = to - from;
        if !(sweep > 0.0 && outer > 0.0 && outer > inner) {
            return String::new();
        }
        if sweep >= TAU - 1e-6 {
            // An arc that ends where it begins is none: two halves.
            let ring = |r: f64, turn: u8| {
                format!(
                    "M{x:.2} {:.2}A{r:.2} {r:.2} 0 0 {turn} {x:.2} {:.2}A{r:.2} {r:.2} 0 0 {turn} {x:.2} {:.2}Z",
                    y - r,
                    y + r,
                    y - r
                )
            };
            return if inner > 0.0 { ring(outer, 1) + &ring(inner, 0) } else { ring(outer, 1) };
        }
        let is_large = u8::from(sweep > PI);
        let ((ax, ay), (bx, by)) = (self.point(from, outer), self.point(to, outer));
        if inner <= 0.0 {
            return format!("M{x:.2} {y:.2}L{ax:.2} {ay:.2}A{outer:.2} {outer:.2} 0 {is_large} 1 {bx:.2} {by:.2}Z");
        }
        let ((cx, cy), (dx, dy)) = (self.point(to, inner), self.point(from, inner));
        format!(
            "M{ax:.2} {ay:.2}A{outer:.2} {outer:.2} 0 {is_large} 1 {bx:.2} {by:.2}L{cx:.2} {cy:.2}A{inner:.2} {inner:.2} 0 {is_large} 0 {dx:.2} {dy:.2}Z"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths() {
        let check = |inner: f64, from: f64, to: f64, expect: &str| {
            let sector = Sector { x: 10.0, y: 10.0, inner_px: inner, outer_px: 10.0, from, to };
            assert_eq!(sector.path(), expect);
        };
        check(0.0, 0.0, PI / 2.0, "M10.00 10.00L10.00 0.00A10.00 10.00 0 0 1 20.00 10.00Z");
        check(5.0, 0.0, PI * 1.5, "M10.00 0.00A10.00 10.00 0 1 1 0.00 10.00L5.00 10.00A5.00 5.00 0 1 0 10.00 5.00Z");
        check(
            5.0,
            0.0,
            TAU,
            "M10.00 0.00A10.00 10.00 0 0 1 10.00 20.00A10.00 10.00 0 0 1 10.00 0.00ZM10.00 5.00A5.00 5.00 0 0 0 10.00 15.00A5.00 5.00 0 0 0 10.00 5.00Z",
        );
        check(5.0, 1.0, 1.0, "");
        check(5.0, f64::NAN, 1.0, "");
        check(12.0, 0.0, 1.0, "");
    }

    #[test]
    fn places_are_found() {
        let sector = Sector { x: 0.0, y: 0.0, inner_px: 5.0, outer_px: 10.0, from: -PI / 2.0, to: PI / 2.0 };
        for ((x, y), expect) in [
            ((0.0, -7.0), true),
            ((7.0, -0.1), true),
            ((-7.0, -0.1), true),
            ((0.0, 7.0), false),
            ((0.0, -4.0), false),
            ((0.0, -11.0), false),
        ] {
            assert_eq!(sector.contains(x, y), expect, "{x} {y}");
        }
        let (x, y) = sector.middle();
        assert!(x.abs() < 1e-9 && (y + 7.5).abs() < 1e-9);
        let last = Sector { from: TAU * 0.9, to: TAU, ..sector };
        assert!(last.contains(-1.0, -7.0) && !last.contains(1.0, -7.0));
    }
}
