//! The looks of a series that few charts ask for: steps and curves, dashes, dots on lines, gradients, bands between two series.
//!
//! It stands in for the usual drawing where a series asks for one of them (`timeseries::Finish`), with the same reduced rows,
//! so that it is as quick.

use super::{
    Ink, Mark, Point, Rect, clip,
    scale::ValueScale,
    timeseries::{AxisOptions, Draw, Finish, Layer, Series, SeriesView, Side},
};
use crate::base::units;

/// How a line goes from one sample to the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Route {
    #[default]
    Straight,
    /// Through all samples, without going beyond them.
    Smooth,
    /// The value holds until the next sample.
    StepAfter,
    /// The value holds since the sample before.
    StepBefore,
    /// The value changes half-way.
    StepMiddle,
}

/// How the area under a line fades.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Gradient {
    #[default]
    None,
    /// To nothing at the foot.
    Opacity,
}

/// What a series asks for.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SeriesFinish {
    pub route: Route,
    pub gradient: Gradient,
    /// Whether each sample of a line has a dot.
    pub has_points: bool,
    /// Lengths of dash and space, in turn. Empty: solid.
    pub dash_px: Vec<f64>,
    /// Colours by value: each holds from its value, ascending, to the next one's. Empty: the series' own.
    pub levels: Vec<(f64, Ink)>,
    /// Neighbouring levels look alike, as those of a gradient: a line's parts overlap by a pixel, so that no seam is seen.
    pub is_blended: bool,
    /// The other edge of a band: the index of a series.
    pub band_to: Option<usize>,
    pub point_diameter_px: Option<f64>,
    /// Of one step.
    pub bar_width_ratio: Option<f64>,
    pub bar_most_px: Option<f64>,
    /// -1 before the instant, 0 around it, 1 after it.
    pub bar_alignment: i8,
}

/// What colour an axis' labels and its border have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LabelColour {
    #[default]
    Text,
    /// That of the first series at its side.
    Series,
}

/// What an axis asks for.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct AxisFinish {
    /// Linear up to here, logarithmic beyond, on both sides of zero.
    pub linear_threshold: Option<f64>,
    /// Zero is in the middle.
    pub is_centred: bool,
    pub is_grid_hidden: bool,
    /// A line stands along each.
    pub has_borders: bool,
    pub labels: LabelColour,
}

/// The looks of a chart's axes, and of its series by their index.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Finishes {
    pub axis: AxisFinish,
    pub series: Vec<SeriesFinish>,
}

/// Between two samples a curve has at most so many pieces.
const PIECES_MOST: usize = 16;
/// A slice of a gradient is so high, and there are at most so many.
const SLICE_PX: f64 = 2.0;
const SLICES_MOST: f64 = 80.0;
/// Vertical room for one tick.
const TICK_PX: f64 = 24.0;
/// Powers on one side of an axis.
const POWERS_MOST: usize = 64;
/// More dots than this are not told from each other.
const DOTS_MOST: usize = 1_500;

impl Finish for Finishes {
    fn adjust(&self, series: &mut [Series], axes: [&mut AxisOptions; 2]) {
        for (axis, side) in axes.into_iter().zip([Side::Left, Side::Right]) {
            let AxisFinish { linear_threshold, is_centred, is_grid_hidden, has_borders, labels } = self.axis;
            let first = series.iter().find(|series| series.side == side && !series.is_hidden);
            axis.label_ink = first.map(|series| series.ink).filter(|_| labels == LabelColour::Series);
            axis.border_ink = has_borders.then(|| axis.label_ink.unwrap_or(Ink::LineStrong));
            axis.linear_threshold = linear_threshold.filter(|threshold| *threshold > 0.0 && threshold.is_finite());
            (axis.is_centred, axis.is_grid_hidden) = (is_centred, is_grid_hidden);
            if axis.linear_threshold.is_some() {
                axis.log_base = None;
            }
        }
        for (series, finish) in series.iter_mut().zip(&self.series) {
            series.bar_width_ratio = finish.bar_width_ratio.unwrap_or(series.bar_width_ratio);
            series.bar_most_px = finish.bar_most_px.unwrap_or(series.bar_most_px);
            series.bar_shift = f64::from(finish.bar_alignment) / 2.0;
            series.dot_radius_px = finish.point_diameter_px.map(|diameter| diameter / 2.0).or(series.dot_radius_px);
        }
    }

    fn ticks(&self, options: &AxisOptions, scale: &ValueScale) -> Vec<(f64, String)> {
        let threshold = options.linear_threshold.unwrap_or(1.0);
        let most = ((scale.start_px - scale.end_px) / TICK_PX).clamp(1.0, 9.0) as usize;
        let label = |value: f64| (value, units::format(&options.unit, value, options.decimals).to_string());
        symlog_ticks(scale.min, scale.max, threshold, most).into_iter().map(label).collect()
    }

    fn marks(&self, at: usize, layer: Layer, view: &SeriesView<'_>) -> Option<Vec<Mark>> {
        let finish = self.series.get(at)?;
        if view.look.draw != Draw::Line {
            return None;
        }
        let is_shaped = finish.route != Route::Straight;
        match layer {
            Layer::Back
                if is_shaped
                    || finish.gradient != Gradient::None
                    || finish.band_to.is_some()
                    || !finish.levels.is_empty() =>
            {
                Some(areas(finish, view))
            }
            Layer::Front
                if is_shaped || finish.has_points || !finish.dash_px.is_empty() || !finish.levels.is_empty() =>
            {
                Some(lines(finish, view))
            }
            _ => None,
        }
    }

    fn repainted(&self, at: usize, marks: Vec<Mark>, view: &SeriesView<'_>) -> Vec<Mark> {
        match self.series.get(at) {
            Some(finish) if !finish.levels.is_empty() => by_level(marks, &whole_bands(finish, view)),
            _ => marks,
        }
    }
}

/// Where each level holds, on whole device pixels: neighbours share an edge without a seam.
fn whole_bands(finish: &SeriesFinish, view: &SeriesView<'_>) -> Vec<(Ink, Rect)> {
    let device = |px: f64| (px * view.dpr).round() / view.dpr;
    let mut bands = view.bands(&finish.levels, view.plot());
    for (_, rect) in &mut bands {
        (rect.top, rect.bottom) = (device(rect.top), device(rect.bottom));
    }
    bands.retain(|(_, rect)| rect.height() > 0.0);
    bands
}

/// Bars and dots in the colours of the levels that they reach.
fn by_level(marks: Vec<Mark>, bands: &[(Ink, Rect)]) -> Vec<Mark> {
    let mut out = Vec::new();
    for mark in marks {
        match mark {
            Mark::Rects { tone, rects } => {
                for (ink, band) in bands {
                    let part = |rect: &Rect| Rect {
                        top: rect.top.max(band.top),
                        bottom: rect.bottom.min(band.bottom),
                        ..*rect
                    };
                    let parts: Vec<Rect> = rects.iter().map(part).filter(|part| part.bottom > part.top).collect();
                    if !parts.is_empty() {
                        out.push(Mark::Rects { tone: ink.alpha(f64::from(tone.alpha)), rects: parts });
                    }
                }
            }
            Mark::Dot { tone, center, radius_px, ring } => {
                let y = f64::from(center.y);
                let level = bands.iter().find(|(_, band)| (band.top..=band.bottom).contains(&y));
                let tone = level.map_or(tone, |(ink, _)| ink.alpha(f64::from(tone.alpha)));
                out.push(Mark::Dot { tone, center, radius_px, ring });
            }
            other => out.push(other),
        }
    }
    out
}

fn lines(finish: &SeriesFinish, view: &SeriesView<'_>) -> Vec<Mark> {
    let mut marks = Vec::new();
    let plot = view.plot();
    let edge = Rect::new(plot.left - 0.05, plot.top - 0.05, plot.right + 0.05, plot.bottom + 0.05);
    let mut bands = view.bands(&finish.levels, edge);
    if finish.is_blended {
        for (_, rect) in &mut bands {
            rect.top = (rect.top - 1.0 / view.dpr).max(edge.top);
        }
    }
    let mut dots: Vec<Mark> = Vec::new();
    for run in view.runs() {
        let points = view.points(run);
        let is_alone = points.len() == 1;
        if is_alone || finish.has_points {
            dots.extend(points.iter().filter_map(|point| view.dot(*point)));
        }
        if is_alone || view.look.line_width_px <= 0.0 {
            continue;
        }
        for part in clip::polyline(routed(points, finish.route), edge) {
            for points in dashed(part, &finish.dash_px) {
                let path =
                    |ink: Ink, points| Mark::Path { tone: ink.opaque(), width_px: view.look.line_width_px, points };
                if bands.is_empty() {
                    marks.push(path(view.ink(), points));
                    continue;
                }
                for (ink, rect) in &bands {
                    marks.extend(clip::polyline(points.clone(), *rect).into_iter().map(|points| path(*ink, points)));
                }
            }
        }
    }
    if dots.len() <= DOTS_MOST {
        marks.append(&mut by_level(dots, &bands));
    }
    marks
}

fn areas(finish: &SeriesFinish, view: &SeriesView<'_>) -> Vec<Mark> {
    let fill_ratio = view.look.fill_ratio;
    if fill_ratio <= 0.0 {
        return Vec::new();
    }
    let plot = view.plot();
    let bands = whole_bands(finish, view);
    let mut marks = Vec::new();
    for run in view.runs().filter(|run| run.len() > 1) {
        let mut points = routed(view.points(run), finish.route);
        let foot = match finish.band_to.filter(|_| !view.is_stacked()) {
            Some(other) => view.points_of(other, run),
            None => view.foot(run),
        };
        points.extend(routed(foot, finish.route).into_iter().rev());
        let polygon = clip::polygon(points, plot);
        if polygon.len() < 3 {
            continue;
        }
        if !finish.levels.is_empty() {
            for (ink, rect) in &bands {
                let part = clip::polygon(polygon.clone(), *rect);
                if part.len() > 2 {
                    marks.push(Mark::Area { tone: ink.alpha(fill_ratio), points: part });
                }
            }
            continue;
        }
        if finish.gradient == Gradient::None || finish.band_to.is_some() {
            marks.push(Mark::Area { tone: view.ink().alpha(fill_ratio), points: polygon });
            continue;
        }
        let (top, bottom) = extent(&polygon);
        // On whole device pixels: neighbours share an edge without a seam.
        let device = |px: f64| (px * view.dpr).round() / view.dpr;
        let slices = ((bottom - top) / SLICE_PX).clamp(1.0, SLICES_MOST) as u32;
        let y_at = |slice: u32| device(top + (bottom - top) * f64::from(slice) / f64::from(slices));
        for slice in 0..slices {
            let rect = Rect { top: y_at(slice), bottom: y_at(slice + 1), ..plot };
            let part = if rect.height() > 0.0 { clip::polygon(polygon.clone(), rect) } else { Vec::new() };
            if part.len() > 2 {
                let alpha = fill_ratio * (1.0 - (f64::from(slice) + 0.5) / f64::from(slices));
                marks.push(Mark::Area { tone: view.ink().alpha(alpha), points: part });
            }
        }
    }
    marks
}

/// From the highest to the lowest point.
fn extent(points: &[Point]) -> (f64, f64) {
    let ys = || points.iter().map(|p| f64::from(p.y));
    (ys().fold(f64::INFINITY, f64::min), ys().fold(f64::NEG_INFINITY, f64::max))
}

/// The points of the line through samples.
fn routed(points: Vec<Point>, route: Route) -> Vec<Point> {
    match route {
        Route::Straight => points,
        Route::Smooth => smooth(&points),
        Route::StepAfter | Route::StepBefore | Route::StepMiddle => stepped(&points, route),
    }
}

fn stepped(points: &[Point], route: Route) -> Vec<Point> {
    let mut out: Vec<Point> = Vec::with_capacity(points.len() * 3);
    for (from, to) in points.iter().zip(points.iter().skip(1)) {
        out.push(*from);
        let at = match route {
            Route::StepAfter => to.x,
            Route::StepBefore => from.x,
            _ => f32::midpoint(from.x, to.x),
        };
        out.extend([Point { x: at, y: from.y }, Point { x: at, y: to.y }]);
    }
    out.extend(points.last());
    out
}

/// A monotone cubic through the points: no overshoot between two samples (Fritsch and Carlson, 1980).
fn smooth(points: &[Point]) -> Vec<Point> {
    let xy = |p: &Point| (f64::from(p.x), f64::from(p.y));
    let slopes: Vec<f64> = points
        .iter()
        .zip(points.iter().skip(1))
        .map(|(a, b)| {
            let ((ax, ay), (bx, by)) = (xy(a), xy(b));
            if bx > ax { (by - ay) / (bx - ax) } else { 0.0 }
        })
        .collect();
    let tangent = |at: usize| {
        let before = at.checked_sub(1).and_then(|at| slopes.get(at).copied());
        let after = slopes.get(at).copied();
        match (before, after) {
            (Some(a), Some(b)) if a * b > 0.0 => 2.0 / (1.0 / a + 1.0 / b),
            (Some(_), Some(_)) | (None, None) => 0.0,
            (one, other) => one.or(other).unwrap_or(0.0),
        }
    };
    let mut out: Vec<Point> = Vec::with_capacity(points.len() * 4);
    for (at, (from, to)) in points.iter().zip(points.iter().skip(1)).enumerate() {
        out.push(*from);
        let ((ax, ay), (bx, by)) = (xy(from), xy(to));
        let width = bx - ax;
        let pieces = ((width / 3.0) as usize).min(PIECES_MOST);
        let (start, end) = (tangent(at), tangent(at + 1));
        for piece in 1..pieces {
            let t = piece as f64 / pieces as f64;
            let (t2, t3) = (t * t, t * t * t);
            let y = (2.0 * t3 - 3.0 * t2 + 1.0) * ay
                + (t3 - 2.0 * t2 + t) * width * start
                + (3.0 * t2 - 2.0 * t3) * by
                + (t3 - t2) * width * end;
            out.push(Point::new(ax + width * t, y));
        }
    }
    out.extend(points.last());
    out
}

/// The drawn parts of a dashed line.
fn dashed(points: Vec<Point>, dash_px: &[f64]) -> Vec<Vec<Point>> {
    let lengths: Vec<f64> = dash_px.iter().map(|length| length.max(0.5)).collect();
    if lengths.is_empty() || !lengths.iter().all(|length| length.is_finite()) {
        return vec![points];
    }
    let mut parts: Vec<Vec<Point>> = Vec::new();
    let mut at = 0_usize;
    let length_of = |at: usize| lengths.get(at % lengths.len()).copied().unwrap_or(1.0);
    let mut left = length_of(0);
    let mut part: Vec<Point> = points.first().copied().into_iter().collect();
    for (from, to) in points.iter().zip(points.iter().skip(1)) {
        let (dx, dy) = (f64::from(to.x - from.x), f64::from(to.y - from.y));
        let whole = (dx * dx + dy * dy).sqrt();
        let mut gone = 0.0;
        while whole - gone > left {
            gone += left;
            let point = Point::new(f64::from(from.x) + dx * gone / whole, f64::from(from.y) + dy * gone / whole);
            // Even ones are drawn.
            if at.is_multiple_of(2) {
                part.push(point);
                parts.push(std::mem::take(&mut part));
            } else {
                part = vec![point];
            }
            at += 1;
            left = length_of(at);
        }
        left -= whole - gone;
        if at.is_multiple_of(2) {
            part.push(*to);
        }
    }
    if part.len() > 1 && at.is_multiple_of(2) {
        parts.push(part);
    }
    parts
}

/// Zero, and on both sides of it powers of ten from the threshold on.
fn symlog_ticks(min: f64, max: f64, threshold: f64, most: usize) -> Vec<f64> {
    let first = (threshold.log10() - 1e-9).ceil() as i32;
    let powers = |end: f64| -> Vec<f64> {
        let powers = (first..).map(|exponent| 10_f64.powi(exponent)).take(POWERS_MOST);
        powers.take_while(|power| *power <= end * (1.0 + 1e-9)).collect()
    };
    let (below, above) = (powers(-min), powers(max));
    // The linear middle is about as high as one power.
    let every = (below.len() + above.len() + 1).div_ceil(most.max(1)).max(1);
    // From the far ends inwards: those are what the axis is for.
    let thin = |powers: &[f64]| -> Vec<f64> {
        let thinned = powers.iter().rev().step_by(every).copied();
        // The first power is too close to zero's label where there is no room for all.
        thinned.filter(|power| every == 1 || *power > threshold * 3.0).collect()
    };
    let mut ticks: Vec<f64> = thin(&below).into_iter().map(|value| -value).collect();
    ticks.extend((min <= 0.0 && max >= 0.0).then_some(0.0));
    ticks.extend(thin(&above));
    crate::base::order::sort_numbers(&mut ticks);
    ticks
}

#[cfg(test)]
mod tests {
    use super::*;

    fn points(pairs: &[(f64, f64)]) -> Vec<Point> {
        pairs.iter().map(|(x, y)| Point::new(*x, *y)).collect()
    }

    fn text(points: &[Point]) -> String {
        points.iter().map(|p| format!("{:.0},{:.0}", p.x, p.y)).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn steps_hold_a_value_before_after_or_around_its_sample() {
        let samples = points(&[(0.0, 5.0), (10.0, 1.0)]);
        let check = |route: Route, expect: &str| assert_eq!(text(&routed(samples.clone(), route)), expect);
        check(Route::Straight, "0,5 10,1");
        check(Route::StepAfter, "0,5 10,5 10,1 10,1");
        check(Route::StepBefore, "0,5 0,5 0,1 10,1");
        check(Route::StepMiddle, "0,5 5,5 5,1 10,1");
        assert_eq!(routed(Vec::new(), Route::StepAfter), []);
    }

    #[test]
    fn a_curve_passes_through_the_samples_and_not_beyond_them() {
        let samples = points(&[(0.0, 10.0), (30.0, 10.0), (60.0, 90.0), (90.0, 40.0), (93.0, 41.0)]);
        let curve = smooth(&samples);
        assert!(curve.len() > samples.len());
        assert!(samples.iter().all(|sample| curve.contains(sample)));
        for pair in samples.windows(2) {
            let [a, b] = pair else { continue };
            let (low, high) = (a.y.min(b.y) - 0.01, a.y.max(b.y) + 0.01);
            assert!(curve.iter().filter(|p| p.x >= a.x && p.x <= b.x).all(|p| p.y >= low && p.y <= high));
        }
        assert_eq!(smooth(&points(&[(1.0, 2.0)])), points(&[(1.0, 2.0)]));
        assert_eq!(smooth(&[]), []);
    }

    #[test]
    fn powers_stand_on_both_sides_of_zero() {
        let check = |min: f64, max: f64, most: usize, expect: &[f64]| {
            assert_eq!(symlog_ticks(min, max, 1.0, most), expect, "{min} {max}");
        };
        check(-50.0, 4000.0, 9, &[-10.0, -1.0, 0.0, 1.0, 10.0, 100.0, 1000.0]);
        check(-1000.0, 4000.0, 4, &[-1000.0, 0.0, 1000.0]);
        check(5.0, 20.0, 9, &[1.0, 10.0]);
        assert!(symlog_ticks(f64::NEG_INFINITY, f64::INFINITY, 1.0, 9).len() < 200);
    }

    #[test]
    fn dashes_go_on_around_corners() {
        let line = points(&[(0.0, 0.0), (10.0, 0.0), (10.0, 10.0)]);
        let parts: Vec<String> = dashed(line.clone(), &[6.0, 2.0]).iter().map(|part| text(part)).collect();
        assert_eq!(parts, ["0,0 6,0", "8,0 10,0 10,4", "10,6 10,10"]);
        assert_eq!(dashed(line.clone(), &[]), std::slice::from_ref(&line));
        // Absurd lengths end, too.
        assert!(dashed(line.clone(), &[0.0, -1.0]).len() < 100);
        assert_eq!(dashed(line.clone(), &[f64::NAN, f64::INFINITY]).len(), 1);
    }
}
