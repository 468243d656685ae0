//! The marks of a chart over time, out of its finished layout: grid, labels, thresholds, and the series reduced to
//! what the pixels can show.
//!
//! Invariant: lines stay within the plot; a gap in the rows is a gap in the line. It decides nothing about scales or room,
//! which are settled in the layout.

use super::{
    ConnectNulls, Draw, Drawn, Input, LABEL_GAP_PX, Layer, Layout, Series, Side, ThresholdStyle, ValueAxis, has_lines,
};
use crate::{
    analysis::reduce::{Kept, all_rows, m4_rows, pixel_columns},
    chart::{
        AXIS_TEXT_PX,
        axis::time_axis_marks,
        clip,
        scale::ValueScale,
        scene::{Align, Baseline, Dash, Ink, Mark, Point, Rect},
    },
};

/// Rows per device pixel from which they are reduced (fewer would not become fewer).
const REDUCE_FROM: f64 = 4.0;

/// Collects the marks of a chart, from the back to the front.
pub(super) struct Draughtsman<'a> {
    pub input: &'a Input<'a>,
    pub layout: &'a Layout,
    /// The rows within the range.
    pub rows: std::ops::Range<usize>,
    pub marks: Vec<Mark>,
}

impl Draughtsman<'_> {
    pub fn drawn(mut self) -> Vec<Mark> {
        self.threshold_areas();
        self.grid();
        self.time_axis();
        self.threshold_lines();
        self.series();
        self.marks
    }

    fn text(&mut self, ink: Ink, text: &str, at: (f64, f64), align: Align, baseline: Baseline) {
        self.marks.push(Mark::Text {
            tone: ink.opaque(),
            text: text.to_owned(),
            at: Point::new(at.0, at.1),
            align,
            baseline,
            size_px: AXIS_TEXT_PX,
        });
    }

    fn level(&mut self, ink: Ink, y: f64, dash: Option<Dash>) {
        let plot = self.layout.plot;
        self.marks.push(Mark::Rule {
            tone: ink.opaque(),
            from: Point::new(plot.left, y),
            to: Point::new(plot.right, y),
            width_px: 1.0,
            dash,
        });
    }

    fn grid(&mut self) {
        let plot = self.layout.plot;
        let sides =
            [(&self.layout.left, self.input.left, Side::Left), (&self.layout.right, self.input.right, Side::Right)];
        for (axis, options, side) in sides {
            let Some(axis) = axis else { continue };
            let has_grid = !options.is_grid_hidden && (side == Side::Left || self.layout.left.is_none());
            let label_ink = options.label_ink.unwrap_or(Ink::Text3);
            if let Some(ink) = options.border_ink.filter(|_| !options.is_hidden) {
                let x = if side == Side::Left { plot.left } else { plot.right };
                self.marks.push(Mark::Rule {
                    tone: ink.opaque(),
                    from: Point::new(x, plot.top),
                    to: Point::new(x, plot.bottom),
                    width_px: 1.0,
                    dash: None,
                });
            }
            for (value, label) in &axis.ticks {
                let y = axis.scale.px_from_value(*value);
                if has_grid {
                    self.level(Ink::Grid, y, None);
                }
                if !options.is_hidden {
                    let (x, align) = match side {
                        Side::Left => (plot.left - LABEL_GAP_PX, Align::End),
                        Side::Right => (plot.right + LABEL_GAP_PX, Align::Start),
                    };
                    self.text(label_ink, label, (x, y), align, Baseline::Middle);
                }
            }
        }
    }

    fn time_axis(&mut self) {
        let (plot, input) = (self.layout.plot, self.input);
        time_axis_marks(&mut self.marks, plot, &self.layout.x, input.range, input.time_zone, input.size, input.measure);
    }

    fn threshold_areas(&mut self) {
        let (Some(axis), style) = (&self.layout.left, self.input.threshold_style) else { return };
        if !matches!(style, ThresholdStyle::Area | ThresholdStyle::LineAndArea | ThresholdStyle::DashedLineAndArea) {
            return;
        }
        let levels: Vec<(f64, Ink)> = self.input.thresholds.iter().map(|t| (t.value, t.ink)).collect();
        let areas = bands(&levels, &axis.scale, self.layout.plot)
            .into_iter()
            .map(|(ink, rect)| Mark::Rects { tone: ink.alpha(0.07), rects: vec![rect] });
        self.marks.extend(areas);
    }

    fn threshold_lines(&mut self) {
        let Some(axis) = &self.layout.left else { return };
        if !has_lines(self.input.threshold_style) {
            return;
        }
        let (plot, scale) = (self.layout.plot, axis.scale);
        let is_dashed =
            matches!(self.input.threshold_style, ThresholdStyle::DashedLine | ThresholdStyle::DashedLineAndArea);
        for threshold in self.input.thresholds.iter().filter(|t| t.value >= scale.min && t.value <= scale.max) {
            let y = scale.px_from_value(threshold.value);
            self.level(threshold.ink, y, is_dashed.then_some(Dash { on_px: 4.0, off_px: 4.0 }));
            if let Some(label) = &threshold.label {
                // Above the line, or below it where the plot ends.
                let (y, baseline) =
                    if y - plot.top < 16.0 { (y + 3.0, Baseline::Top) } else { (y - 3.0, Baseline::Bottom) };
                self.text(threshold.ink, label, (plot.right, y), Align::End, baseline);
            }
        }
    }

    /// Areas first, so that no line lies under one.
    fn series(&mut self) {
        let layout = self.layout;
        let columns = (layout.plot.width() * self.input.dpr).round().max(1.0);
        let starts = (self.rows.len() as f64 >= columns * REDUCE_FROM).then(|| {
            let x_ms = layout.frame.x_ms.get(self.rows.clone()).unwrap_or_default();
            pixel_columns(x_ms, layout.x.start_ms, layout.x.end_ms, columns as usize)
        });
        let kept = self.kept_rows(starts.as_deref());
        let visible = || {
            layout.drawn.iter().zip(self.input.series).zip(&kept).enumerate().filter(|(_, ((d, _), _))| !d.is_hidden)
        };
        let view = |at: usize, look, kept, axis| SeriesView { at, look, kept, axis, layout, dpr: self.input.dpr };
        let finished = |at: usize, layer: Layer, look, kept, axis| {
            self.input.finish?.marks(at, layer, &view(at, look, kept, axis))
        };
        let repainted = |at: usize, marks: Vec<Mark>, look, kept, axis| match self.input.finish {
            Some(finish) => finish.repainted(at, marks, &view(at, look, kept, axis)),
            None => marks,
        };
        let mut marks = Vec::new();
        for (at, ((drawn, look), kept)) in visible() {
            let Some(axis) = layout.axis(drawn.side) else { continue };
            if let Some(found) = finished(at, Layer::Back, look, kept, axis) {
                marks.extend(found);
                continue;
            }
            match look.draw {
                Draw::Bars => {
                    let bars = self.bars(drawn, look, axis).into_iter().collect();
                    marks.extend(repainted(at, bars, look, kept, axis));
                }
                Draw::Line if look.fill_ratio > 0.0 => marks.extend(self.areas(drawn, look, kept, axis)),
                Draw::Line | Draw::Points => (),
            }
        }
        for (at, ((drawn, look), kept)) in visible() {
            let Some(axis) = layout.axis(drawn.side) else { continue };
            if let Some(found) = finished(at, Layer::Front, look, kept, axis) {
                marks.extend(found);
                continue;
            }
            match look.draw {
                Draw::Line => self.line(&mut marks, drawn, look, kept, axis),
                Draw::Points => {
                    let dots = kept.iter().filter_map(|k| self.dot(drawn, look, k.row, axis)).collect();
                    marks.extend(repainted(at, dots, look, kept, axis));
                }
                Draw::Bars => (),
            }
        }
        self.marks.append(&mut marks);
    }

    /// Of each series the rows that its line passes through. Series that stand on each other share theirs, so that no
    /// cracks open between them.
    fn kept_rows(&self, starts: Option<&[usize]>) -> Vec<Vec<Kept>> {
        let x_ms = &self.layout.frame.x_ms;
        let offset = self.rows.start;
        let keep = |drawn: &Drawn, look: &Series| {
            let values = drawn.values.get(self.rows.clone()).unwrap_or_default();
            let is_gap = |a: usize, b: usize| match look.connect_nulls {
                ConnectNulls::Never => b > a + 1,
                ConnectNulls::Always => false,
                ConnectNulls::UpToMs(most) => {
                    let span = x_ms.get(b + offset).zip(x_ms.get(a + offset)).map_or(0.0, |(b, a)| b - a);
                    b > a + 1 && span > most
                }
            };
            let mut kept = match starts {
                Some(starts) => m4_rows(values, starts, is_gap),
                None => all_rows(values, is_gap),
            };
            for k in &mut kept {
                k.row += offset;
            }
            kept
        };
        let series = || self.layout.drawn.iter().zip(self.input.series);
        let mut kept: Vec<Vec<Kept>> =
            series().map(|(drawn, look)| if drawn.is_hidden { Vec::new() } else { keep(drawn, look) }).collect();
        if starts.is_some() && series().any(|(drawn, _)| drawn.base.is_some()) {
            let stacked = || series().map(|(drawn, _)| drawn.base.is_some());
            let mut rows: Vec<usize> = kept
                .iter()
                .zip(stacked())
                .filter(|(_, is)| *is)
                .flat_map(|(kept, _)| kept.iter().map(|k| k.row))
                .collect();
            crate::base::order::sort_by(&mut rows, Ord::cmp);
            rows.dedup();
            for ((kept, is_stacked), (drawn, _)) in kept.iter_mut().zip(stacked()).zip(series()) {
                if is_stacked {
                    let starts_anew: std::collections::BTreeSet<usize> =
                        kept.iter().filter(|k| k.is_after_gap).map(|k| k.row).collect();
                    let has_value = |row: &usize| drawn.values.get(*row).is_some_and(|v| !v.is_nan());
                    *kept = rows
                        .iter()
                        .copied()
                        .filter(has_value)
                        .map(|row| Kept { row, is_after_gap: starts_anew.contains(&row) })
                        .collect();
                }
            }
        }
        kept
    }

    fn point(&self, values: &[f64], row: usize, scale: &ValueScale) -> Option<Point> {
        point(self.layout, values, row, scale)
    }

    fn line(&self, marks: &mut Vec<Mark>, drawn: &Drawn, look: &Series, kept: &[Kept], axis: &ValueAxis) {
        for run in kept.chunk_by(|_, next| !next.is_after_gap) {
            let points: Vec<Point> = run.iter().filter_map(|k| self.point(&drawn.values, k.row, &axis.scale)).collect();
            if let ([only], [_]) = (run, points.as_slice()) {
                marks.extend(self.dot(drawn, look, only.row, axis));
                continue;
            }
            if look.line_width_px <= 0.0 {
                continue;
            }
            // A point on the plot's edge is stored in single precision and may lie a thousandth of a pixel beyond it.
            let plot = self.layout.plot;
            let edge = Rect::new(plot.left - 0.05, plot.top - 0.05, plot.right + 0.05, plot.bottom + 0.05);
            for points in clip::polyline(points, edge) {
                marks.push(Mark::Path { tone: drawn.ink.opaque(), width_px: look.line_width_px, points });
            }
        }
    }

    fn areas(&self, drawn: &Drawn, look: &Series, kept: &[Kept], axis: &ValueAxis) -> Vec<Mark> {
        let scale = &axis.scale;
        let zero_px = scale.px_from_value(0.0).clamp(self.layout.plot.top, self.layout.plot.bottom);
        let mut marks = Vec::new();
        for run in kept.chunk_by(|_, next| !next.is_after_gap).filter(|run| run.len() > 1) {
            let mut points: Vec<Point> = run.iter().filter_map(|k| self.point(&drawn.values, k.row, scale)).collect();
            if let Some(base) = &drawn.base {
                points.extend(run.iter().rev().filter_map(|k| self.point(base, k.row, scale)));
            } else {
                let ends = points.last().copied().zip(points.first().copied());
                let foot = |p: Point| Point { x: p.x, y: zero_px as f32 };
                points.extend(ends.map(|(last, first)| [foot(last), foot(first)]).into_iter().flatten());
            }
            let points = clip::polygon(points, self.layout.plot);
            if points.len() > 2 {
                marks.push(Mark::Area { tone: drawn.ink.alpha(look.fill_ratio), points });
            }
        }
        marks
    }

    /// Bars of one step's width; where several share a device pixel, one from the smallest to the largest.
    fn bars(&self, drawn: &Drawn, look: &Series, axis: &ValueAxis) -> Option<Mark> {
        let (plot, scale, dpr) = (self.layout.plot, &axis.scale, self.input.dpr);
        let x_ms = self.layout.frame.x_ms.get(self.rows.clone()).unwrap_or_default();
        let steps = x_ms.windows(2).filter_map(|pair| pair.last().zip(pair.first()).map(|(b, a)| b - a));
        let step_ms = steps.min_by(f64::total_cmp).unwrap_or((self.layout.x.end_ms - self.layout.x.start_ms) / 40.0);
        let step_px = self.layout.x.px_from_ms(self.layout.x.start_ms + step_ms) - plot.left;
        let width_px = (step_px * look.bar_width_ratio).max(1.0 / dpr).min(look.bar_most_px);
        let shift_px = width_px * (look.bar_shift - 0.5);
        let device = |px: f64| (px * dpr).round() / dpr;
        let zero_px = scale.px_from_value(0.0).clamp(plot.top, plot.bottom);
        let mut rects: Vec<Rect> = Vec::new();
        for row in self.rows.clone() {
            let Some(top) = self.point(&drawn.values, row, scale).filter(|p| p.y.is_finite()) else { continue };
            let foot = match &drawn.base {
                Some(base) => base.get(row).map_or(zero_px, |value| scale.px_from_value(*value)),
                None => zero_px,
            };
            let (y, foot) = (f64::from(top.y), foot.clamp(plot.top, plot.bottom));
            let left = device((f64::from(top.x) + shift_px).max(plot.left));
            let right = device((f64::from(top.x) + shift_px + width_px).min(plot.right)).max(left + 1.0 / dpr);
            if left >= plot.right || f64::from(top.x) + shift_px + width_px < plot.left {
                continue;
            }
            let y = y.clamp(plot.top, plot.bottom);
            let rect = Rect::new(left, y.min(foot), right, y.max(foot));
            match rects.last_mut() {
                Some(last) if step_px * dpr < 1.5 && last.left >= rect.left => {
                    last.top = last.top.min(rect.top);
                    last.bottom = last.bottom.max(rect.bottom);
                }
                _ => rects.push(rect),
            }
        }
        let fill = if look.fill_ratio > 0.0 { look.fill_ratio } else { 1.0 };
        (!rects.is_empty()).then_some(Mark::Rects { tone: drawn.ink.alpha(fill), rects })
    }

    fn dot(&self, drawn: &Drawn, look: &Series, row: usize, axis: &ValueAxis) -> Option<Mark> {
        let center = self.point(&drawn.values, row, &axis.scale)?;
        let is_inside = self.layout.plot.contains(f64::from(center.x), f64::from(center.y));
        is_inside.then_some(dot(drawn.ink, look, center))
    }
}

/// The parts of `room` where each of some ascending levels holds: from its value to the next one's. Those without a height are
/// left out.
fn bands(levels: &[(f64, Ink)], scale: &ValueScale, room: Rect) -> Vec<(Ink, Rect)> {
    let y_px = |value: f64| match value {
        f64::INFINITY => room.top,
        f64::NEG_INFINITY => room.bottom,
        value => scale.px_from_value(value).clamp(room.top, room.bottom),
    };
    let nexts = levels.iter().skip(1).map(|(value, _)| *value).chain([f64::INFINITY]);
    levels
        .iter()
        .zip(nexts)
        .map(|((from, ink), to)| (*ink, Rect { top: y_px(to), bottom: y_px(*from), ..room }))
        .filter(|(_, rect)| rect.height() > 0.0)
        .collect()
}

fn point(layout: &Layout, values: &[f64], row: usize, scale: &ValueScale) -> Option<Point> {
    let x_ms = layout.frame.x_ms.get(row)?;
    let value = values.get(row)?;
    let y = scale.px_from_value(*value);
    // Far outside is outside: keeps arithmetic and backends within their integers, infinities too.
    Some(Point::new(layout.x.px_from_ms(*x_ms), y.clamp(-1e4, 1e5)))
}

fn dot(ink: Ink, look: &Series, center: Point) -> Mark {
    let radius_px = look.dot_radius_px.unwrap_or((look.line_width_px * 1.5).max(2.25));
    Mark::Dot { tone: ink.opaque(), center, radius_px, ring: None }
}

/// A series on its way to marks, for those who draw it otherwise.
pub struct SeriesView<'a> {
    pub look: &'a Series,
    /// CSS pixels have so many device pixels.
    pub dpr: f64,
    at: usize,
    /// The rows that the line passes through.
    kept: &'a [Kept],
    axis: &'a ValueAxis,
    layout: &'a Layout,
}

impl<'a> SeriesView<'a> {
    pub fn plot(&self) -> Rect {
        self.layout.plot
    }

    pub fn ink(&self) -> Ink {
        self.look.ink
    }

    /// The parts of `room` where each level holds, see [`bands`].
    pub fn bands(&self, levels: &[(f64, Ink)], room: Rect) -> Vec<(Ink, Rect)> {
        bands(levels, &self.axis.scale, room)
    }

    fn base(&self) -> Option<&'a [f64]> {
        self.layout.drawn.get(self.at)?.base.as_deref()
    }

    /// Whether it stands on others.
    pub fn is_stacked(&self) -> bool {
        self.base().is_some()
    }

    /// Its stretches without a gap.
    pub fn runs(&self) -> impl Iterator<Item = &'a [Kept]> {
        self.kept.chunk_by(|_, next| !next.is_after_gap)
    }

    /// Where the samples of a stretch are.
    pub fn points(&self, run: &[Kept]) -> Vec<Point> {
        self.points_of(self.at, run)
    }

    /// Where another series is at the same rows.
    pub fn points_of(&self, at: usize, run: &[Kept]) -> Vec<Point> {
        let values = self.layout.drawn.get(at).map(|drawn| drawn.values.as_ref()).unwrap_or_default();
        let is_there = |k: &&Kept| values.get(k.row).is_some_and(|value| !value.is_nan());
        run.iter().filter(is_there).filter_map(|k| point(self.layout, values, k.row, &self.axis.scale)).collect()
    }

    /// What the area of a stretch stands on: other series, or zero.
    pub fn foot(&self, run: &[Kept]) -> Vec<Point> {
        if let Some(base) = self.base() {
            return run.iter().filter_map(|k| point(self.layout, base, k.row, &self.axis.scale)).collect();
        }
        let plot = self.layout.plot;
        let zero_px = self.axis.scale.px_from_value(0.0).clamp(plot.top, plot.bottom);
        let points = self.points(run);
        let ends = points.first().zip(points.last());
        ends.map(|(a, b)| [a, b].map(|p| Point { x: p.x, y: zero_px as f32 }).to_vec()).unwrap_or_default()
    }

    /// A sample as a dot, where it is in the plot.
    pub fn dot(&self, center: Point) -> Option<Mark> {
        let is_inside = self.layout.plot.contains(f64::from(center.x), f64::from(center.y));
        is_inside.then(|| dot(self.look.ink, self.look, center))
    }
}
