//! Dense lines as pixels: what a canvas takes milliseconds to stroke is a run of pixels per column.
//!
//! A path with more vertices than pixels goes up and down within each column. The canvas would antialias every one of
//! those strokes; here a column of a path is the stretch of values that it passes through, drawn once, with soft ends.
//!
//! Invariant: a path covers every column that it crosses, and in it at least the pixels of its smallest and largest value.
//! Nothing here reads or writes outside the bitmap, whatever the coordinates are.

use super::point::Point;

/// 32 MB of pixels: more than a large screen has. Beyond it the caller has to draw in another way.
const MAX_PIXEL_COUNT: usize = 8 << 20;

/// Wider than any surface.
const FAR_PX: f32 = 65_536.0;

/// What encloses positions, in CSS pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bounds {
    pub left: f32,
    pub top: f32,
    pub right: f32,
    pub bottom: f32,
}

impl Bounds {
    pub const EMPTY: Self =
        Self { left: f32::INFINITY, top: f32::INFINITY, right: f32::NEG_INFINITY, bottom: f32::NEG_INFINITY };

    pub fn add(&mut self, points: &[Point]) {
        let Self { left, top, right, bottom } = self;
        for Point { x, y } in points {
            // By comparing: `f32::min` is a call of a function in WebAssembly.
            if x < left {
                *left = *x;
            }
            if x > right {
                *right = *x;
            }
            if y < top {
                *top = *y;
            }
            if y > bottom {
                *bottom = *y;
            }
        }
    }
}

/// A rectangle of pixels, transparent at first.
#[derive(Debug, Clone, PartialEq)]
pub struct Bitmap {
    /// Where the first pixel lies on the surface, in device pixels.
    pub left: u32,
    pub top: u32,
    pub width: u32,
    pub height: u32,
    /// Row by row: red, green, blue, and alpha that the others are not multiplied with.
    pixels: Vec<[u8; 4]>,
}

impl Bitmap {
    /// One that holds everything within the bounds, as far as it is on a surface of `width` × `height` device pixels. `None`
    /// where there is nothing to hold, or too much.
    pub fn around(bounds: Bounds, dpr: f64, (width, height): (f64, f64)) -> Option<Self> {
        let [left, top, right, bottom] =
            [bounds.left, bounds.top, bounds.right, bounds.bottom].map(|px| f64::from(px) * dpr);
        // A line is a pixel wide: half of it lies outside.
        let from = |px: f64, end: f64| (px - 1.0).clamp(0.0, end).floor();
        let to = |px: f64, end: f64| (px + 2.0).clamp(0.0, end).ceil();
        let (left, right) = (from(left, width), to(right, width));
        let (top, bottom) = (from(top, height), to(bottom, height));
        let (width, height) = ((right - left).max(0.0) as u32, (bottom - top).max(0.0) as u32);
        let count = (width as usize).checked_mul(height as usize)?;
        (1..=MAX_PIXEL_COUNT).contains(&count).then(|| {
            let pixels = vec![[0; 4]; count];
            Self { left: left as u32, top: top as u32, width, height, pixels }
        })
    }

    /// The bytes of all pixels.
    pub fn rgba(&self) -> &[u8] {
        self.pixels.as_flattened()
    }

    /// Draws a path, one device pixel wide, over what is there.
    pub fn line(&mut self, points: &[Point], dpr: f64, [r, g, b]: [u8; 3], alpha: f64) {
        let (left, top, scale) = (self.left as f32, self.top as f32, dpr as f32);
        let colour = [r, g, b, (alpha.clamp(0.0, 1.0) * 255.0).round() as u8];
        let [first, points @ ..] = points else { return };
        let (mut x, mut y) = (first.x * scale - left, first.y * scale - top);
        let mut run = Run { column: floor(x), low: y, high: y };
        for point in points {
            let (next_x, next_y) = (point.x * scale - left, point.y * scale - top);
            let column = floor(next_x);
            if column != run.column {
                let slope = (next_y - y) / (next_x - x);
                let step = if column > run.column { 1 } else { -1 };
                while run.column != column {
                    // Where the segment leaves this column and enters the next one.
                    let edge = run.column.max(run.column + step) as f32;
                    let crossing = y + (edge - x) * slope;
                    run.add(crossing);
                    self.stretch(run, colour);
                    run = Run { column: run.column + step, low: crossing, high: crossing };
                }
            }
            run.add(next_y);
            (x, y) = (next_x, next_y);
        }
        self.stretch(run, colour);
    }

    /// One column of a line.
    fn stretch(&mut self, run: Run, colour: [u8; 4]) {
        let Run { column, low, high } = run;
        let (width, height) = (self.width as usize, self.height as f32);
        let Some(column) = usize::try_from(column).ok().filter(|column| *column < width) else { return };
        let rise = high - low;
        // As much ink as a line of this slope has; what is level lies on the pixels, and not between two rows of them.
        let (top, bottom) = if rise == 0.0 {
            (low.floor(), low.floor() + 1.0)
        } else {
            let pad = ((rise * rise + 1.0).sqrt() - rise) * 0.5;
            (low - pad, high + pad)
        };
        let (top, bottom) = (top.clamp(0.0, height), bottom.clamp(0.0, height));
        let (first, last) = (top as usize, bottom as usize);
        let rows = self.pixels.get_mut(first * width..).unwrap_or_default().chunks_exact_mut(width);
        let mut pixels = rows.filter_map(|row| row.get_mut(column));
        let starting = pixels.next();
        let whole = pixels.by_ref().take(last.saturating_sub(first + 1));
        if colour[3] == 255 {
            for pixel in whole {
                *pixel = colour;
            }
        } else {
            for pixel in whole {
                blend(pixel, colour, 1.0);
            }
        }
        if first == last {
            if let Some(pixel) = starting {
                blend(pixel, colour, bottom - top);
            }
            return;
        }
        if let Some(pixel) = starting {
            blend(pixel, colour, (first + 1) as f32 - top);
        }
        if let Some(pixel) = pixels.next() {
            blend(pixel, colour, bottom - last as f32);
        }
    }
}

/// The column of a place; far outside is outside, so that no walk from column to column is long.
fn floor(x: f32) -> i32 {
    x.clamp(-2.0, FAR_PX).floor() as i32
}

/// The values that a path passes through within one column of pixels.
#[derive(Debug, Clone, Copy)]
struct Run {
    column: i32,
    low: f32,
    high: f32,
}

impl Run {
    #[inline]
    fn add(&mut self, y: f32) {
        if y < self.low {
            self.low = y;
        }
        if y > self.high {
            self.high = y;
        }
    }
}

/// Puts a share of a colour (0 to 1) over a pixel.
#[inline]
fn blend(pixel: &mut [u8; 4], [r, g, b, alpha]: [u8; 4], share: f32) {
    let alpha = (share * f32::from(alpha) + 0.5) as u32;
    let [under_r, under_g, under_b, under_alpha] = *pixel;
    *pixel = match (alpha, under_alpha) {
        (0, _) => return,
        (255.., _) => [r, g, b, 255],
        (_, 0) => [r, g, b, alpha as u8],
        _ => {
            let rest = u32::from(under_alpha) * (255 - alpha);
            let total = alpha * 255 + rest;
            let mix = |over: u8, under: u8| {
                ((u32::from(over) * alpha * 255 + u32::from(under) * rest + total / 2) / total) as u8
            };
            [mix(r, under_r), mix(g, under_g), mix(b, under_b), ((total + 127) / 255) as u8]
        }
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    const INK: [u8; 3] = [200, 100, 50];

    fn bounds(points: &[Point]) -> Bounds {
        let mut bounds = Bounds::EMPTY;
        bounds.add(points);
        bounds
    }

    fn drawn(points: &[(f64, f64)], dpr: f64, size: (f64, f64)) -> Bitmap {
        let points: Vec<Point> = points.iter().map(|(x, y)| Point::new(*x, *y)).collect();
        let mut bitmap = Bitmap::around(bounds(&points), dpr, size).unwrap();
        bitmap.line(&points, dpr, INK, 1.0);
        bitmap
    }

    /// The alpha of a pixel of the surface.
    fn alpha(bitmap: &Bitmap, x: u32, y: u32) -> u8 {
        let (Some(x), Some(y)) = (x.checked_sub(bitmap.left), y.checked_sub(bitmap.top)) else { return 0 };
        if x >= bitmap.width || y >= bitmap.height {
            return 0;
        }
        bitmap.rgba()[((y * bitmap.width + x) * 4 + 3) as usize]
    }

    fn column(bitmap: &Bitmap, x: u32) -> Vec<u8> {
        (0..12).map(|y| alpha(bitmap, x, y)).collect()
    }

    #[test]
    fn a_column_is_one_stretch_whatever_happens_in_it() {
        let bitmap = drawn(&[(2.1, 3.0), (2.3, 9.0), (2.5, 4.0), (2.7, 8.0), (2.9, 6.0)], 1.0, (12.0, 12.0));
        let column = column(&bitmap, 2);
        assert!(column[3..9].iter().all(|alpha| *alpha == 255), "{column:?}");
        assert!(column[2] < 40 && column[9] < 40, "{column:?}");
        assert_eq!([alpha(&bitmap, 1, 5), alpha(&bitmap, 3, 5)], [0, 0]);
    }

    #[test]
    fn level_lines_are_crisp_and_slopes_are_smooth() {
        let level = drawn(&[(0.0, 5.3), (4.5, 5.3), (11.0, 5.3)], 1.0, (12.0, 12.0));
        assert!((0..11).all(|x| column(&level, x) == [0, 0, 0, 0, 0, 255, 0, 0, 0, 0, 0, 0]));
        let slope = drawn(&[(0.0, 4.5), (12.0, 5.5)], 1.0, (12.0, 12.0));
        for x in 0..12 {
            let ink: u32 = column(&slope, x).iter().map(|a| u32::from(*a)).sum();
            assert!((250..=265).contains(&ink), "a line is a pixel thick everywhere: {ink} at {x}");
        }
        assert!(alpha(&slope, 0, 4) > 200 && alpha(&slope, 11, 4) < 30);
    }

    #[test]
    fn steep_lines_have_no_holes() {
        for (from, to) in [((0.5, 0.5), (3.5, 11.5)), ((3.5, 0.5), (0.5, 11.5))] {
            let bitmap = drawn(&[from, to], 1.0, (12.0, 12.0));
            for y in 1..11 {
                let ink: u32 = (0..4).map(|x| u32::from(alpha(&bitmap, x, y))).sum();
                assert!(ink >= 250, "row {y} has {ink}");
            }
        }
    }

    #[test]
    fn positions_are_device_pixels() {
        let bitmap = drawn(&[(2.0, 3.2), (5.0, 3.2)], 2.0, (24.0, 24.0));
        assert_eq!((alpha(&bitmap, 4, 6), alpha(&bitmap, 9, 6), alpha(&bitmap, 10, 6)), (255, 255, 255));
        assert_eq!((alpha(&bitmap, 3, 6), alpha(&bitmap, 11, 6), alpha(&bitmap, 6, 7)), (0, 0, 0));
    }

    #[test]
    fn later_lines_cover_earlier_ones_and_soft_ends_mix() {
        let mut pixel = [0, 0, 0, 0];
        blend(&mut pixel, [255, 0, 0, 255], 0.5);
        assert_eq!(pixel, [255, 0, 0, 128]);
        blend(&mut pixel, [0, 0, 255, 128], 1.0);
        assert_eq!(pixel, [85, 0, 170, 192]);
        blend(&mut pixel, [200, 100, 50, 255], 1.0);
        assert_eq!(pixel, [200, 100, 50, 255]);
        blend(&mut pixel, [0, 0, 0, 255], 0.2);
        assert_eq!(pixel, [160, 80, 40, 255]);
    }

    #[test]
    fn nothing_is_drawn_outside_and_absurd_places_do_no_harm() {
        let far = [(-1e4, 5.0), (6.0, -1e4), (6.2, 1e5), (1e4, 5.0), (f64::NAN, 1.0), (3.0, f64::INFINITY)];
        let bitmap = drawn(&far, 1.0, (12.0, 12.0));
        assert_eq!((bitmap.width, bitmap.height), (12, 12));
        assert!(Bitmap::around(Bounds::EMPTY, 1.0, (12.0, 12.0)).is_none());
        let points = [Point::new(0.0, 0.0), Point::new(1e4, 1e4)];
        assert!(Bitmap::around(bounds(&points), 1.0, (1e4, 1e4)).is_none());
    }
}
