//! Traces as dots: when each started, and how long it took.
//!
//! Larger dots have more spans. A failed trace is a diamond, so that its colour is not all that tells. The duration's axis is
//! logarithmic where the longest took more than a hundred times as long as the shortest.

use crate::{
    analysis::trace::duration_text,
    base::{
        order,
        time::{Range, TimeZone},
    },
    chart::{
        AXIS_TEXT_PX, Ink, Mark, Point, Rect, Scene, Size, TextMeasure,
        axis::{AxisOptions, Extent, ValueAxis, time_axis_marks, value_axis},
        scale::{TimeScale, ValueScale},
        scene::{Align, Baseline, Dash, Ring},
    },
};

/// One trace.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct ScatterDot {
    pub start_ms: f64,
    pub duration_ns: f64,
    pub span_count: usize,
    pub is_error: bool,
}

pub struct ScatterInput<'a> {
    pub size: Size,
    pub range: Range,
    pub dots: &'a [ScatterDot],
    /// For each dot whether it is selected; empty where none is.
    pub picked: &'a [bool],
    /// A line: what the search calls slow.
    pub threshold_ns: Option<f64>,
    pub time_zone: &'a dyn TimeZone,
    pub measure: &'a dyn TextMeasure,
}

/// A part of the plot in what it shows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ScatterRegion {
    pub start_ms: f64,
    pub end_ms: f64,
    pub min_ns: f64,
    pub max_ns: f64,
}

#[derive(Debug, Clone, PartialEq)]
struct Placed {
    at: Point,
    radius_px: f64,
    is_error: bool,
}

/// The plot, laid out.
#[derive(Debug, Clone, PartialEq)]
pub struct ScatterLayout {
    pub size: Size,
    pub plot: Rect,
    pub is_log: bool,
    x: TimeScale,
    y: ValueScale,
    dots: Vec<Placed>,
    /// Places of the dots from left to right: what the keyboard steps through.
    pub by_time: Vec<usize>,
}

/// Between labels and plot.
const GAP_PX: f64 = 8.0;
const FOOT_PX: f64 = 24.0;
const TOP_PX: f64 = 8.0;
/// More times as long, and small durations would all lie on the axis.
const LOG_FROM: f64 = 100.0;
/// How far from a dot's edge the pointer still means it.
const REACH_PX: f64 = 6.0;

/// Powers of ten up to ten seconds; beyond, what clocks count in.
const LOG_TICKS_NS: [f64; 14] = [1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 60e9, 600e9, 3_600e9, 36_000e9];

fn log_ticks(scale: &ValueScale) -> Vec<(f64, String)> {
    let is_within = |ns: &f64| (scale.min..=scale.max).contains(ns);
    LOG_TICKS_NS.into_iter().filter(is_within).map(|ns| (ns, duration_text(ns as i64))).collect()
}

fn radius_px(span_count: usize) -> f64 {
    (2.0 + (1.0 + span_count as f64).ln()).clamp(2.5, 11.0)
}

/// Lays out the plot and paints it.
pub fn scatter(input: &ScatterInput) -> (ScatterLayout, Scene) {
    let ScatterInput { size, range, dots, picked, threshold_ns, time_zone, measure } = input;
    let mut extent = Extent::EMPTY;
    dots.iter().for_each(|dot| extent.add(dot.duration_ns));
    let is_log = extent.min_positive.is_finite() && extent.max > extent.min_positive * LOG_FROM;
    let options = AxisOptions {
        unit: "ns".to_owned(),
        log_base: is_log.then_some(10.0),
        // Room for the dots at both ends, instead of whole powers of ten.
        min: is_log.then_some(extent.min_positive / 1.6),
        max: is_log.then_some(extent.max * 1.6),
        ..AxisOptions::default()
    };
    let (bottom, top) = ((size.height_px - FOOT_PX).max(TOP_PX), TOP_PX);
    let ValueAxis { scale: y, ticks, .. } = value_axis(&options, extent, true, bottom, top);
    let ticks = if is_log { log_ticks(&y) } else { ticks };
    let label_px = ticks.iter().map(|(_, label)| measure.width_px(label, AXIS_TEXT_PX)).fold(0.0, f64::max);
    let left = (label_px + GAP_PX).min(size.width_px);
    let plot = Rect::new(left, top, (size.width_px - 12.0).max(left), bottom);
    let x = TimeScale {
        start_ms: range.start_ms as f64,
        end_ms: range.end_ms as f64,
        start_px: plot.left,
        end_px: plot.right,
    };
    let placed: Vec<Placed> = dots
        .iter()
        .map(|dot| Placed {
            at: Point::new(
                x.px_from_ms(dot.start_ms).clamp(plot.left, plot.right),
                y.px_from_value(dot.duration_ns).clamp(plot.top, plot.bottom),
            ),
            radius_px: radius_px(dot.span_count),
            is_error: dot.is_error,
        })
        .collect();
    let by_time = order::order_of(dots.len(), &mut |a, b| {
        let start = |place: usize| dots.get(place).map_or(0.0, |dot| dot.start_ms);
        start(a).total_cmp(&start(b))
    });
    let layout = ScatterLayout { size: *size, plot, is_log, x, y, dots: placed, by_time };

    let mut marks = Vec::new();
    let level = |y_px: f64, ink: Ink, dash: Option<Dash>| Mark::Rule {
        tone: ink.opaque(),
        from: Point::new(plot.left, y_px),
        to: Point::new(plot.right, y_px),
        width_px: 1.0,
        dash,
    };
    for (value, label) in ticks {
        let y_px = layout.y.px_from_value(value);
        marks.push(level(y_px, Ink::Grid, None));
        marks.push(Mark::Text {
            tone: Ink::Text3.opaque(),
            text: label,
            at: Point::new(plot.left - GAP_PX, y_px),
            align: Align::End,
            baseline: Baseline::Middle,
            size_px: AXIS_TEXT_PX,
        });
    }
    time_axis_marks(&mut marks, plot, &layout.x, *range, *time_zone, *size, *measure);
    let threshold = threshold_ns.map(|ns| layout.y.px_from_value(ns));
    if let Some(y_px) = threshold.filter(|y_px| *y_px > plot.top && *y_px < plot.bottom) {
        marks.push(level(y_px, Ink::Warn, Some(Dash { on_px: 3.0, off_px: 3.0 })));
    }
    marks.extend(layout.dot_marks(picked));
    let scene = Scene { size: *size, marks };
    (layout, scene)
}

impl ScatterLayout {
    /// Large dots below small ones, failures on top.
    fn dot_marks(&self, picked: &[bool]) -> Vec<Mark> {
        let order = order::order_of(self.dots.len(), &mut |a, b| {
            let key = |place: usize| self.dots.get(place).map_or((false, 0.0), |dot| (dot.is_error, -dot.radius_px));
            let ((a_error, a_px), (b_error, b_px)) = (key(a), key(b));
            a_error.cmp(&b_error).then(a_px.total_cmp(&b_px))
        });
        let mark = |place: usize| {
            let Placed { at, radius_px, is_error } = self.dots.get(place)?;
            let is_faded = !picked.is_empty() && !picked.get(place).copied().unwrap_or_default();
            let (fill, edge) = if is_faded { (0.12, 0.25) } else { (0.45, 0.9) };
            Some(if *is_error {
                Mark::Area { tone: Ink::Crit.alpha(edge), points: diamond(*at, radius_px + 1.0) }
            } else {
                let ring = Ring { tone: Ink::Accent.alpha(edge), width_px: 1.0 };
                Mark::Dot { tone: Ink::Accent.alpha(fill), center: *at, radius_px: *radius_px, ring: Some(ring) }
            })
        };
        order.into_iter().filter_map(mark).collect()
    }

    /// The dot at a place: the nearest within reach.
    pub fn hit(&self, x_px: f64, y_px: f64) -> Option<usize> {
        let distance = |dot: &Placed| (f64::from(dot.at.x) - x_px).hypot(f64::from(dot.at.y) - y_px);
        let near = self.dots.iter().enumerate().filter(|(_, dot)| distance(dot) <= dot.radius_px + REACH_PX);
        near.min_by(|(_, a), (_, b)| distance(a).total_cmp(&distance(b))).map(|(place, _)| place)
    }

    /// The middle of a dot.
    pub fn place(&self, dot: usize) -> Option<Point> {
        self.dots.get(dot).map(|dot| dot.at)
    }

    /// What lies between two corners, in any order.
    pub fn region(&self, from: (f64, f64), to: (f64, f64)) -> ScatterRegion {
        let x = |px: f64| self.x.ms_from_px(px.clamp(self.plot.left, self.plot.right));
        // The edge of the plot is no bound: dots beyond it are drawn on it.
        let y = |px: f64| {
            if px >= self.plot.bottom {
                0.0
            } else if px <= self.plot.top {
                f64::INFINITY
            } else {
                self.y.value_from_px(px)
            }
        };
        ScatterRegion {
            start_ms: x(from.0.min(to.0)),
            end_ms: x(from.0.max(to.0)),
            min_ns: y(from.1.max(to.1)),
            max_ns: y(from.1.min(to.1)),
        }
    }

    /// Over the dots: the region that is selected or dragged, and the dot that is looked at.
    pub fn overlay(&self, region: Option<ScatterRegion>, hit: Option<usize>) -> Scene {
        let mut marks = Vec::new();
        if let Some(region) = region {
            let plot = self.plot;
            let x = |ms: f64| self.x.px_from_ms(ms).clamp(plot.left, plot.right);
            let y =
                |ns: f64| if ns > 0.0 { self.y.px_from_value(ns).clamp(plot.top, plot.bottom) } else { plot.bottom };
            let rect = Rect::new(x(region.start_ms), y(region.max_ns), x(region.end_ms), y(region.min_ns));
            marks.push(Mark::Rects { tone: Ink::Accent.alpha(0.12), rects: vec![rect] });
            let corners = [
                (rect.left, rect.top),
                (rect.right, rect.top),
                (rect.right, rect.bottom),
                (rect.left, rect.bottom),
                (rect.left, rect.top),
            ];
            for (from, to) in corners.iter().zip(corners.iter().skip(1)) {
                marks.push(Mark::Rule {
                    tone: Ink::Accent.opaque(),
                    from: Point::new(from.0, from.1),
                    to: Point::new(to.0, to.1),
                    width_px: 1.0,
                    dash: None,
                });
            }
        }
        if let Some(Placed { at, radius_px, is_error }) = hit.and_then(|hit| self.dots.get(hit)) {
            let ink = if *is_error { Ink::Crit } else { Ink::Accent };
            marks.push(Mark::Dot {
                tone: ink.opaque(),
                center: *at,
                radius_px: *radius_px,
                ring: Some(Ring { tone: Ink::Text1.opaque(), width_px: 1.5 }),
            });
        }
        Scene { size: self.size, marks }
    }
}

fn diamond(at: Point, radius_px: f64) -> Vec<Point> {
    let (x, y) = (f64::from(at.x), f64::from(at.y));
    [(0.0, -radius_px), (radius_px, 0.0), (0.0, radius_px), (-radius_px, 0.0)]
        .into_iter()
        .map(|(dx, dy)| Point::new(x + dx, y + dy))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{base::time::Utc, chart::ApproximateMeasure};

    const RANGE: Range = Range { start_ms: 0, end_ms: 3_600_000 };

    const PICTURE: &str = r#"scene 400x132
rule grid 35.83,108 388,108 w1
text text-3 27.83,108 End/Middle 11px "0.0 s"
rule grid 35.83,58 388,58 w1
text text-3 27.83,58 End/Middle 11px "0.5 s"
rule grid 35.83,8 388,8 w1
text text-3 27.83,8 End/Middle 11px "1.0 s"
text text-3 35.83,121 Middle/Middle 11px "1 Jan"
text text-3 123.87,121 Middle/Middle 11px "00:15"
text text-3 211.91,121 Middle/Middle 11px "00:30"
text text-3 299.96,121 Middle/Middle 11px "00:45"
rule warn 35.83,58 388,58 w1 dash 3 3
dot accent/0.45 35.83,8 r2.69 ring accent/0.9 w1
area crit/0.9 211.91,52.7 217.22,58 211.91,63.3 206.61,58
"#;

    fn draw(dots: &[ScatterDot], picked: &[bool]) -> (ScatterLayout, Scene) {
        scatter(&ScatterInput {
            size: Size::new(400.0, 132.0),
            range: RANGE,
            dots,
            picked,
            threshold_ns: Some(5e8),
            time_zone: &Utc,
            measure: &ApproximateMeasure,
        })
    }

    fn dot(minute: f64, duration_ms: f64, span_count: usize, is_error: bool) -> ScatterDot {
        ScatterDot { start_ms: minute * 60_000.0, duration_ns: duration_ms * 1e6, span_count, is_error }
    }

    #[test]
    fn dots_lie_where_they_belong() {
        let (layout, scene) = draw(&[dot(30.0, 500.0, 9, true), dot(0.0, 1000.0, 1, false)], &[]);
        assert!(!layout.is_log);
        assert_eq!(scene.to_string(), PICTURE);
        assert_eq!(layout.by_time, [1, 0]);
    }

    #[test]
    fn a_wide_spread_is_logarithmic() {
        assert!(draw(&[dot(1.0, 1.0, 1, false), dot(2.0, 1000.0, 1, false)], &[]).0.is_log);
        assert!(!draw(&[dot(1.0, 10.0, 1, false), dot(2.0, 1000.0, 1, false)], &[]).0.is_log);
        assert!(!draw(&[], &[]).0.is_log);
        let (_, scene) = draw(&[dot(1.0, 1.0, 1, false), dot(2.0, 90_000.0, 1, false)], &[]);
        let is_level = |mark: &&Mark| matches!(mark, Mark::Text { align: Align::End, .. });
        let labels: Vec<String> = scene.marks.iter().filter(is_level).map(ToString::to_string).collect();
        let labels: Vec<&str> = labels.iter().filter_map(|label| label.split('"').nth(1)).collect();
        assert_eq!(labels, ["1 ms", "10 ms", "100 ms", "1 s", "10 s", "1 min"]);
        // Nothing is far below the axis.
        let (layout, _) = draw(&[dot(1.0, 0.0, 1, false), dot(2.0, 1.0, 1, false), dot(2.0, 1000.0, 1, false)], &[]);
        assert_eq!(layout.place(0).map(|at| f64::from(at.y)), Some(layout.plot.bottom));
    }

    #[test]
    fn the_nearest_dot_is_hit() {
        let (layout, _) = draw(&[dot(30.0, 500.0, 1, false), dot(31.0, 500.0, 1, false)], &[]);
        let at = layout.place(0).unwrap();
        assert_eq!(layout.hit(f64::from(at.x), f64::from(at.y) + 3.0), Some(0));
        assert_eq!(layout.hit(f64::from(at.x) + 5.0, f64::from(at.y)), Some(1));
        assert_eq!(layout.hit(f64::from(at.x), 20.0), None);
    }

    #[test]
    fn a_region_holds_what_is_in_it() {
        let (layout, _) = draw(&[dot(30.0, 500.0, 1, false), dot(31.0, 1000.0, 1, false)], &[]);
        let at = layout.place(0).unwrap();
        let (x, y) = (f64::from(at.x), f64::from(at.y));
        let region = layout.region((x + 5.0, y + 5.0), (x - 5.0, y - 5.0));
        assert!(region.start_ms < 1_800_000.0 && region.end_ms > 1_800_000.0, "{region:?}");
        assert!(region.min_ns < 5e8 && region.max_ns > 5e8, "{region:?}");
        let all = layout.region((0.0, 0.0), (400.0, 132.0));
        assert_eq!((all.min_ns, all.max_ns), (0.0, f64::INFINITY));
        assert_eq!(layout.overlay(Some(all), Some(0)).marks.len(), 6);
    }

    #[test]
    fn what_is_not_selected_fades() {
        let (_, scene) = draw(&[dot(30.0, 500.0, 1, false), dot(31.0, 1000.0, 1, false)], &[true, false]);
        let text = scene.to_string();
        assert_eq!(text.matches("dot accent/0.45").count(), 1);
        assert_eq!(text.matches("dot accent/0.12").count(), 1);
    }
}
