//! Puts a [`Scene`] on any plotters backend: the browser's canvas, or SVG in tests.
//!
//! Plotters' coordinates are whole numbers. To draw lines between pixels, and lines whose width is not a whole pixel,
//! positions can be handed over in fractions of a device pixel ([`Resolution::subpixels`]); the surface is then scaled
//! down by the same factor (`context.set_transform(1/n, 0, 0, 1/n, 0, 0)` on a canvas) before painting.
//!
//! Text is anchored by the backend; for plotters-canvas that is the canvas's own `textAlign` and `textBaseline`, which
//! measures nothing through the DOM.
//!
//! Many lines with more vertices than they cross pixels are not stroked where the surface takes pixels ([`Blit`]): together
//! they become a [`Bitmap`]. A few of them, and all on a surface that takes none, such as SVG, are paths like any other,
//! along the pixels' centres.

use std::convert::Infallible;

use agentarea_kernels::{Bitmap, raster::Bounds};
use plotters_backend::{
    BackendColor, BackendCoord, BackendStyle, BackendTextStyle, DrawingBackend, DrawingErrorKind, FontFamily,
    text_anchor::{HPos, Pos, VPos},
};

use super::{
    palette::Palette,
    scene::{Align, Baseline, Dash, Mark, Point, Rect, Scene, Size, Tone},
};

/// How CSS pixels become the backend's coordinates.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Resolution {
    /// Device pixels per CSS pixel.
    pub dpr: f64,
    /// The backend's units per device pixel: 1 for a plain surface, [`Resolution::SUBPIXELS`] for one that is scaled down.
    pub subpixels: u32,
}

impl Resolution {
    /// Fine enough that nobody sees the steps, coarse enough that a large canvas stays far below `i32`.
    pub const SUBPIXELS: u32 = 8;

    /// For a surface that is scaled down by [`Resolution::SUBPIXELS`].
    pub fn fine(dpr: f64) -> Self {
        Self { dpr, subpixels: Self::SUBPIXELS }
    }
}

/// Lays a bitmap over what the backend has drawn so far; false where the surface cannot.
pub type Blit<'a> = &'a mut dyn FnMut(&Bitmap) -> bool;

/// Paints a scene over what is there; the surface is not cleared. `font` is a CSS font family list.
///
/// Each path is one `draw_path`, each rectangle one `draw_rect`. A path with more vertices than it crosses pixels is drawn
/// along the pixels' centres, one device pixel wide: finer is not visible there, and costs a software canvas several
/// times as much. Where such neighbours have [`BITMAP_FROM_VERTICES`], they are one bitmap.
pub fn paint<B: DrawingBackend>(
    scene: &Scene,
    palette: &Palette,
    resolution: Resolution,
    font: &str,
    backend: &mut B,
    blit: Blit<'_>,
) -> Result<(), DrawingErrorKind<B::ErrorType>> {
    backend.ensure_prepared()?;
    let mut painter = Painter { palette, resolution, font, backend };
    for marks in scene.marks.chunk_by(|a, b| resolution.is_dense(a) && resolution.is_dense(b)) {
        if let Some(bitmap) = painter.bitmap(marks, scene.size)
            && blit(&bitmap)
        {
            continue;
        }
        marks.iter().try_for_each(|mark| painter.mark(mark))?;
    }
    backend.present()
}

/// Strokes are softer on steep flanks, and up to here they cost a millisecond or two.
const BITMAP_FROM_VERTICES: usize = 8_000;

struct Painter<'a, B> {
    palette: &'a Palette,
    resolution: Resolution,
    font: &'a str,
    backend: &'a mut B,
}

type Painted<B> = Result<(), DrawingErrorKind<<B as DrawingBackend>::ErrorType>>;

impl<B: DrawingBackend> Painter<'_, B> {
    fn mark(&mut self, mark: &Mark) -> Painted<B> {
        match mark {
            Mark::Rects { tone, rects } => {
                let style = self.style(*tone, 0.0);
                rects.iter().try_for_each(|rect| self.rect(*rect, &style))
            }
            Mark::Rule { tone, from, to, width_px, dash } => self.rule(*tone, *from, *to, *width_px, *dash),
            Mark::Path { tone, width_px, points } => {
                let resolution = self.resolution;
                if resolution.is_dense(mark) {
                    let style = self.style(*tone, width_px.min(1.0 / resolution.dpr));
                    return self.backend.draw_path(resolution.pixel_path(points), &style);
                }
                let style = self.style(*tone, *width_px);
                self.backend.draw_path(points.iter().map(|p| resolution.coord(*p)), &style)
            }
            Mark::Area { tone, points } => {
                let style = self.style(*tone, 0.0);
                let resolution = self.resolution;
                self.backend.fill_polygon(points.iter().map(|p| resolution.coord(*p)), &style)
            }
            Mark::Dot { tone, center, radius_px, ring } => {
                let center = self.resolution.coord(*center);
                if let Some(ring) = ring {
                    let radius = self.resolution.length(radius_px + ring.width_px);
                    let style = self.style(ring.tone, 0.0);
                    self.backend.draw_circle(center, radius, &style, true)?;
                }
                let style = self.style(*tone, 0.0);
                self.backend.draw_circle(center, self.resolution.length(*radius_px), &style, true)
            }
            Mark::Text { tone, text, at, align, baseline, size_px } => {
                let style = TextStyle {
                    colour: self.style(*tone, 0.0).colour,
                    size: size_px * self.resolution.scale(),
                    family: self.font,
                    anchor: Pos::new(h_pos(*align), v_pos(*baseline)),
                };
                self.backend.draw_text(text, &style, self.resolution.coord(*at))
            }
        }
    }

    /// Marks that are all dense paths, as pixels.
    fn bitmap(&self, marks: &[Mark], size: Size) -> Option<Bitmap> {
        let resolution = self.resolution;
        let dpr = resolution.dpr;
        let paths = || {
            marks.iter().filter(|mark| resolution.is_dense(mark)).filter_map(|mark| match mark {
                Mark::Path { tone, points, .. } => Some((*tone, points.as_slice())),
                _ => None,
            })
        };
        if paths().map(|(_, points)| points.len()).sum::<usize>() < BITMAP_FROM_VERTICES {
            return None;
        }
        let surface = ((size.width_px * dpr).round(), (size.height_px * dpr).round());
        let mut bounds = Bounds::EMPTY;
        paths().for_each(|(_, points)| bounds.add(points));
        let mut bitmap = Bitmap::around(bounds, dpr, surface)?;
        for (tone, points) in paths() {
            let ((r, g, b), alpha) = self.palette.resolve(tone);
            bitmap.line(points, dpr, [r, g, b], alpha);
        }
        Some(bitmap)
    }

    /// A line along an axis, as filled rectangles: a stroke at whole coordinates would smear over two pixels.
    fn rule(&mut self, tone: Tone, from: Point, to: Point, width_px: f64, dash: Option<Dash>) -> Painted<B> {
        let dpr = self.resolution.dpr;
        let width = (width_px * dpr).round().max(1.0) / dpr;
        let (x0, x1) = (f64::from(from.x.min(to.x)), f64::from(from.x.max(to.x)));
        let (y0, y1) = (f64::from(from.y.min(to.y)), f64::from(from.y.max(to.y)));
        let is_vertical = x1 - x0 < y1 - y0;
        // The first device pixel of the line: its centre lies at the given coordinate as nearly as pixels allow.
        let first = |at: f64| ((at - width / 2.0) * dpr).round() / dpr;
        let style = self.style(tone, 0.0);
        let (start, end) = if is_vertical { (y0, y1) } else { (x0, x1) };
        let across = first(if is_vertical { x0 } else { y0 });
        let mut piece = |a: f64, b: f64| {
            let rect = if is_vertical {
                Rect::new(across, a, across + width, b)
            } else {
                Rect::new(a, across, b, across + width)
            };
            self.rect(rect, &style)
        };
        let Some(Dash { on_px, off_px }) = dash.filter(|d| d.on_px > 0.0 && d.on_px + d.off_px >= 1.0) else {
            return piece(start, end);
        };
        let count = ((end - start) / (on_px + off_px)).ceil().max(0.0) as u32;
        (0..count).try_for_each(|n| {
            let a = start + f64::from(n) * (on_px + off_px);
            piece(a, (a + on_px).min(end))
        })
    }

    fn rect(&mut self, rect: Rect, style: &LineStyle) -> Painted<B> {
        let (left, top) = (self.resolution.edge(rect.left), self.resolution.edge(rect.top));
        let (right, bottom) = (self.resolution.edge(rect.right), self.resolution.edge(rect.bottom));
        if right <= left || bottom <= top {
            return Ok(());
        }
        self.backend.draw_rect((left, top), (right, bottom), style, true)
    }

    fn style(&self, tone: Tone, width_px: f64) -> LineStyle {
        let (rgb, alpha) = self.palette.resolve(tone);
        LineStyle { colour: BackendColor { alpha, rgb }, width: self.resolution.length(width_px) }
    }
}

impl Resolution {
    /// The backend's units per CSS pixel.
    fn scale(self) -> f64 {
        self.dpr * f64::from(self.subpixels)
    }

    fn coord(self, point: Point) -> BackendCoord {
        let scale = self.scale();
        ((f64::from(point.x) * scale).round() as i32, (f64::from(point.y) * scale).round() as i32)
    }

    /// Whether a mark is a path with more vertices than device pixels under it.
    fn is_dense(self, mark: &Mark) -> bool {
        let Mark::Path { points, .. } = mark else { return false };
        let span = points.first().zip(points.last()).map_or(0.0, |(a, b)| f64::from(b.x - a.x).abs());
        points.len() as f64 > (span * self.dpr).max(16.0)
    }

    /// The path through the centres of the device pixels, each vertex that would add nothing left out.
    fn pixel_path(self, points: &[Point]) -> Vec<BackendCoord> {
        let subpixels = self.subpixels as i32;
        let center = |at: f32| (f64::from(at) * self.dpr).floor() as i32 * subpixels + subpixels / 2;
        let mut path: Vec<BackendCoord> = Vec::with_capacity(points.len());
        for point in points {
            let next = (center(point.x), center(point.y));
            match path.as_mut_slice() {
                [.., last] if *last == next => (),
                // Straight on, up or down within one column.
                [.., before, last]
                    if before.0 == last.0 && last.0 == next.0 && (last.1 > before.1) == (next.1 > last.1) =>
                {
                    *last = next;
                }
                _ => path.push(next),
            }
        }
        path
    }

    /// A coordinate on a whole device pixel.
    fn edge(self, at: f64) -> i32 {
        (at * self.dpr).round() as i32 * self.subpixels as i32
    }

    fn length(self, px: f64) -> u32 {
        (px * self.scale()).round().max(1.0) as u32
    }
}

struct LineStyle {
    colour: BackendColor,
    width: u32,
}

impl BackendStyle for LineStyle {
    fn color(&self) -> BackendColor {
        self.colour
    }

    fn stroke_width(&self) -> u32 {
        self.width
    }
}

struct TextStyle<'a> {
    colour: BackendColor,
    size: f64,
    family: &'a str,
    anchor: Pos,
}

impl BackendTextStyle for TextStyle<'_> {
    type FontError = Infallible;

    fn color(&self) -> BackendColor {
        self.colour
    }

    fn size(&self) -> f64 {
        self.size
    }

    fn anchor(&self) -> Pos {
        Pos::new(self.anchor.h_pos, self.anchor.v_pos)
    }

    fn family(&self) -> FontFamily<'_> {
        FontFamily::Name(self.family)
    }

    /// Only backends that rasterise glyphs themselves ask, and we have none: an empty box.
    fn layout_box(&self, _text: &str) -> Result<((i32, i32), (i32, i32)), Infallible> {
        Ok(((0, 0), (0, 0)))
    }

    fn draw<E, D: FnMut(i32, i32, BackendColor) -> Result<(), E>>(
        &self,
        _text: &str,
        _pos: BackendCoord,
        _draw: D,
    ) -> Result<Result<(), E>, Infallible> {
        Ok(Ok(()))
    }
}

fn h_pos(align: Align) -> HPos {
    match align {
        Align::Start => HPos::Left,
        Align::Middle => HPos::Center,
        Align::End => HPos::Right,
    }
}

fn v_pos(baseline: Baseline) -> VPos {
    match baseline {
        Baseline::Top => VPos::Top,
        Baseline::Middle => VPos::Center,
        Baseline::Bottom => VPos::Bottom,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chart::Ink;

    #[test]
    fn dense_paths_run_along_pixel_centres() {
        let resolution = Resolution { dpr: 1.0, subpixels: 8 };
        let points: Vec<Point> = [(0.1, 0.2), (0.2, 0.3), (0.5, 3.4), (0.9, 5.1), (0.95, 2.0), (1.2, 2.9)]
            .map(|(x, y)| Point::new(x, y))
            .to_vec();
        assert_eq!(resolution.pixel_path(&points), [(4, 4), (4, 44), (4, 20), (12, 20)]);
    }

    #[test]
    fn density_counts_device_pixels() {
        let line = |count: usize, width: f64| -> Mark {
            let points = (0..count).map(|n| Point::new(width * n as f64 / (count - 1) as f64, 0.0)).collect();
            Mark::Path { tone: Ink::Accent.opaque(), width_px: 1.5, points }
        };
        let at = |dpr: f64| Resolution { dpr, subpixels: 8 };
        assert!(at(1.0).is_dense(&line(1440, 750.0)));
        assert!(!at(2.0).is_dense(&line(1440, 750.0)));
        assert!(!at(1.0).is_dense(&line(180, 540.0)));
        assert!(!at(1.0).is_dense(&line(2, 0.0)));
    }
}
