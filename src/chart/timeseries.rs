//! Lines, areas, bars and points over time.
//!
//! The chart shows all of the time that was asked for. Rows are reduced to what the pixels can show before anything is
//! drawn; a row without a value is a gap, and a value between two gaps is a dot.

mod draw;

use std::sync::Arc;

use crate::{
    base::time::{Range, TimeZone},
    model::frame::{Frame, MISSING},
};

pub use super::axis::{AxisOptions, ValueAxis};
use super::{
    AXIS_TEXT_PX,
    axis::{Extent, value_axis},
    cursor::CursorDot,
    layout::{TimeHit, TimeLayout, nearest_row},
    measure::TextMeasure,
    scale::{TimeScale, ValueScale},
    scene::{Ink, Mark, Point, Rect, Scene, Size},
};
use draw::Draughtsman;
pub use draw::SeriesView;

/// How a series is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Draw {
    #[default]
    Line,
    Bars,
    Points,
}

/// Whether series of a panel stand on each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Stacking {
    #[default]
    None,
    Normal,
    /// Each row adds up to 100 %.
    Percent,
}

/// Whether a line crosses rows without a sample.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum ConnectNulls {
    #[default]
    Never,
    Always,
    /// Crosses gaps up to this long.
    UpToMs(f64),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Side {
    #[default]
    Left,
    Right,
}

/// One series: the column of the same index in the frame, and its look.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    /// As in the legend.
    pub name: String,
    pub ink: Ink,
    pub draw: Draw,
    /// CSS pixels; at most one device pixel is twenty times cheaper in a software canvas.
    pub line_width_px: f64,
    /// 0 to 1; above 0 the series is an area.
    pub fill_ratio: f64,
    pub stacking: Stacking,
    pub connect_nulls: ConnectNulls,
    pub side: Side,
    pub is_hidden: bool,
    /// Of one step.
    pub bar_width_ratio: f64,
    pub bar_most_px: f64,
    /// In widths of a bar: 0 is around the instant.
    pub bar_shift: f64,
    /// `None`: as the line's width suggests.
    pub dot_radius_px: Option<f64>,
}

impl Default for Series {
    fn default() -> Self {
        Self {
            name: String::new(),
            ink: Ink::default(),
            draw: Draw::Line,
            line_width_px: 1.5,
            fill_ratio: 0.0,
            stacking: Stacking::None,
            connect_nulls: ConnectNulls::Never,
            side: Side::Left,
            is_hidden: false,
            bar_width_ratio: 0.8,
            bar_most_px: 40.0,
            bar_shift: 0.0,
            dot_radius_px: None,
        }
    }
}

/// What stands in for the usual drawing of lines and areas, where a series asks for it.
pub trait Finish: Send + Sync {
    /// Changes what the usual drawing knows: series, and the axes at the left and right.
    fn adjust(&self, series: &mut [Series], axes: [&mut AxisOptions; 2]);
    /// Values and labels on an axis that is neither linear nor logarithmic.
    fn ticks(&self, options: &AxisOptions, scale: &ValueScale) -> Vec<(f64, String)>;
    /// The marks of a series in a layer. `None`: the usual ones.
    fn marks(&self, at: usize, layer: Layer, view: &SeriesView<'_>) -> Option<Vec<Mark>>;
    /// The usual bars or dots of a series, in other colours where it asks for them.
    fn repainted(&self, at: usize, marks: Vec<Mark>, view: &SeriesView<'_>) -> Vec<Mark>;
}

/// What is drawn first, and what over it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layer {
    /// Areas and bars.
    Back,
    /// Lines and dots.
    Front,
}

/// A limit on the left axis. Steps are ascending; each holds from its value to the next one's. The first may be
/// negative infinity, as Grafana's base step.
#[derive(Debug, Clone, PartialEq)]
pub struct Threshold {
    pub value: f64,
    pub ink: Ink,
    /// Written at the line, such as `target 200 ms`.
    pub label: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ThresholdStyle {
    #[default]
    None,
    Line,
    DashedLine,
    Area,
    LineAndArea,
    DashedLineAndArea,
}

/// Everything that [`layout`] needs.
#[derive(Clone, Copy)]
pub struct Input<'a> {
    pub frame: &'a Frame,
    /// One per column of the frame.
    pub series: &'a [Series],
    /// The x axis: all of what was asked, not only where data are.
    pub range: Range,
    pub time_zone: &'a dyn TimeZone,
    pub size: Size,
    pub dpr: f64,
    pub left: &'a AxisOptions,
    pub right: &'a AxisOptions,
    pub thresholds: &'a [Threshold],
    pub threshold_style: ThresholdStyle,
    pub finish: Option<&'a dyn Finish>,
    pub measure: &'a dyn TextMeasure,
}

/// A chart ready to paint and to ask.
#[derive(Debug, Clone)]
pub struct Layout {
    /// May be taken out: nothing else here reads it.
    pub scene: Scene,
    /// Where data are drawn.
    pub plot: Rect,
    pub x: TimeScale,
    pub left: Option<ValueAxis>,
    pub right: Option<ValueAxis>,
    size: Size,
    frame: Frame,
    drawn: Vec<Drawn>,
}

/// What is under the pointer.
#[derive(Debug, Clone, PartialEq)]
pub struct Hit {
    /// Row of the frame.
    pub row: usize,
    pub x_ms: f64,
    pub x_px: f64,
    /// The visible series with a value there, largest first.
    pub points: Vec<HitPoint>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub struct HitPoint {
    /// Index of the column.
    pub series: usize,
    /// As the backend answered, not as stacked.
    pub value: f64,
    pub y_px: f64,
    pub is_nearest: bool,
}

/// A series on its way to marks.
#[derive(Debug, Clone)]
struct Drawn {
    ink: Ink,
    side: Side,
    is_hidden: bool,
    /// One per row, stacked where the series is.
    values: Arc<[f64]>,
    /// What a stacked series stands on; zero where absent.
    base: Option<Arc<[f64]>>,
}

/// The least room between a label and the plot.
const LABEL_GAP_PX: f64 = 8.0;
/// Above the plot: half of the topmost label.
const TOP_PX: f64 = 8.0;
/// Below the plot: the labels of time.
const BOTTOM_PX: f64 = 22.0;
/// Right of the plot when no axis is there.
const RIGHT_PX: f64 = 6.0;
/// Gutters grow in such steps, so that plots of neighbouring panels line up and do not move on every refresh.
const GUTTER_STEP_PX: f64 = 8.0;
/// How far from a row the pointer may be, where rows are sparse.
const REACH_PX: f64 = 24.0;

/// Lays out the chart: O(rows × series).
pub fn layout(input: &Input<'_>) -> Layout {
    let Input { frame, series, range, size, .. } = *input;
    let (start_ms, end_ms) = (range.start_ms as f64, range.end_ms as f64);
    let drawn = drawn_series(frame, series);
    let rows = visible_rows(frame, start_ms, end_ms);
    let device = |px: f64| (px * input.dpr).round() / input.dpr;
    // Before the axes, so that they and the plot have the same edges: half a pixel between them cut off lines on zero.
    let top = device(TOP_PX.min(size.height_px / 4.0));
    let bottom = device((size.height_px - BOTTOM_PX).max(top + 1.0));
    let axis = |side: Side| {
        let is_used = drawn.iter().any(|d| d.side == side && !d.is_hidden);
        if !is_used && (side == Side::Right || drawn.iter().any(|d| !d.is_hidden)) {
            return None;
        }
        let mut found = side_axis(input, &drawn, side, rows.clone(), (bottom, top));
        let options = if side == Side::Left { input.left } else { input.right };
        if let Some(finish) = input.finish.filter(|_| options.linear_threshold.is_some()) {
            found.ticks = finish.ticks(options, &found.scale);
        }
        Some(found)
    };
    let (left, right) = (axis(Side::Left), axis(Side::Right));
    let gutter = |axis: Option<&ValueAxis>, options: &AxisOptions, least: f64| match axis {
        Some(axis) if !options.is_hidden => {
            let widths = axis.ticks.iter().map(|(_, text)| input.measure.width_px(text, AXIS_TEXT_PX));
            let widest = widths.fold(0.0, f64::max);
            ((widest + LABEL_GAP_PX) / GUTTER_STEP_PX).ceil() * GUTTER_STEP_PX
        }
        _ => least,
    };
    let plot_left = device(gutter(left.as_ref(), input.left, RIGHT_PX).min(size.width_px / 2.0));
    let plot_right = device(size.width_px - gutter(right.as_ref(), input.right, RIGHT_PX)).max(plot_left + 1.0);
    let plot = Rect::new(plot_left, top, plot_right, bottom);
    let x = TimeScale { start_ms, end_ms, start_px: plot.left, end_px: plot.right };
    let mut layout =
        Layout { scene: Scene { size, marks: Vec::new() }, plot, x, left, right, size, frame: frame.clone(), drawn };
    let marks = Draughtsman { input, layout: &layout, rows, marks: Vec::new() }.drawn();
    layout.scene.marks = marks;
    layout
}

/// The rows within the range and one beyond each end, so that lines run on to the edge.
fn visible_rows(frame: &Frame, start_ms: f64, end_ms: f64) -> std::ops::Range<usize> {
    let from = frame.x_ms.partition_point(|x| *x < start_ms);
    let to = frame.x_ms.partition_point(|x| *x <= end_ms);
    from.saturating_sub(1)..(to + 1).min(frame.x_ms.len()).max(from)
}

fn drawn_series(frame: &Frame, series: &[Series]) -> Vec<Drawn> {
    let mut drawn: Vec<Drawn> = frame
        .columns
        .iter()
        .zip(series)
        .map(|(column, look)| Drawn {
            ink: look.ink,
            side: look.side,
            is_hidden: look.is_hidden,
            values: Arc::clone(&column.values),
            base: None,
        })
        .collect();
    for side in [Side::Left, Side::Right] {
        for stacking in [Stacking::Normal, Stacking::Percent] {
            stack(&mut drawn, series, frame.row_count(), side, stacking);
        }
    }
    drawn
}

/// Stands the series of one side on each other: positive values upwards, negative ones downwards. A row without a value
/// adds nothing and stays a gap.
fn stack(drawn: &mut [Drawn], series: &[Series], row_count: usize, side: Side, stacking: Stacking) {
    let is_member = |look: &Series| look.stacking == stacking && look.side == side && !look.is_hidden;
    let members: Vec<usize> = series.iter().enumerate().filter(|(_, s)| is_member(s)).map(|(at, _)| at).collect();
    if members.is_empty() {
        return;
    }
    let finite = |value: f64| if value.is_finite() { value } else { 0.0 };
    let mut totals = vec![0.0; if stacking == Stacking::Percent { row_count } else { 0 }];
    for member in members.iter().filter_map(|at| drawn.get(*at)) {
        for (total, value) in totals.iter_mut().zip(member.values.iter()) {
            *total += finite(*value).abs();
        }
    }
    let (mut above, mut below) = (vec![0.0; row_count], vec![0.0; row_count]);
    for at in members {
        let Some(member) = drawn.get_mut(at) else { continue };
        let mut base = Vec::with_capacity(row_count);
        let mut tops = Vec::with_capacity(row_count);
        let sides = above.iter_mut().zip(below.iter_mut()).zip(member.values.iter());
        for (row, ((above, below), value)) in sides.enumerate() {
            let share = match totals.get(row) {
                Some(total) if *total > 0.0 => *value / total * 100.0,
                _ => *value,
            };
            let ground = if share < 0.0 { below } else { above };
            base.push(*ground);
            tops.push(if share.is_finite() { *ground + share } else { MISSING });
            *ground += finite(share);
        }
        member.values = tops.into();
        member.base = Some(base.into());
    }
}

fn side_axis(
    input: &Input<'_>,
    drawn: &[Drawn],
    side: Side,
    rows: std::ops::Range<usize>,
    (bottom, top): (f64, f64),
) -> ValueAxis {
    let mut extent = Extent::EMPTY;
    let mut has_zero_base = false;
    let mut is_percent_stack = false;
    for (drawn, look) in drawn.iter().zip(input.series).filter(|(d, _)| d.side == side && !d.is_hidden) {
        let is_stacked = look.stacking != Stacking::None;
        has_zero_base |= is_stacked || look.draw == Draw::Bars || (look.draw == Draw::Line && look.fill_ratio > 0.0);
        is_percent_stack |= look.stacking == Stacking::Percent;
        drawn.values.get(rows.clone()).unwrap_or_default().iter().for_each(|value| extent.add(*value));
    }
    let options = match side {
        Side::Left => input.left,
        Side::Right => input.right,
    };
    if options.is_centred && !extent.is_empty() {
        let most = extent.max.abs().max(extent.min.abs());
        extent.add(most);
        extent.add(-most);
    }
    if side == Side::Left && !extent.is_empty() && has_lines(input.threshold_style) {
        // A limit that is nearly reached should be seen; one far away should not flatten the data.
        let span = extent.max - extent.min.min(0.0);
        for threshold in input.thresholds.iter().filter(|t| t.value.is_finite()) {
            if threshold.value > extent.max && threshold.value <= extent.max + span * 0.5 {
                // With room above, where its label stands.
                extent.add(threshold.value + span * 0.08);
            }
        }
    }
    if is_percent_stack {
        let options = AxisOptions { unit: "percent".to_owned(), soft_max: Some(100.0), ..options.clone() };
        return value_axis(&options, extent, true, bottom, top);
    }
    value_axis(options, extent, has_zero_base, bottom, top)
}

fn has_lines(style: ThresholdStyle) -> bool {
    !matches!(style, ThresholdStyle::None | ThresholdStyle::Area)
}

impl TimeHit for Hit {
    fn x_ms(&self) -> f64 {
        self.x_ms
    }
}

impl TimeLayout for Layout {
    type Hit = Hit;

    fn size(&self) -> Size {
        self.size
    }

    fn plot(&self) -> Rect {
        self.plot
    }

    fn time_scale(&self) -> &TimeScale {
        &self.x
    }

    /// The row nearest to a place in the plot, with the visible series' values there; `y_px` chooses the nearest series.
    fn hit(&self, x_px: f64, y_px: f64) -> Option<Hit> {
        self.plot.contains(x_px, y_px).then_some(())?;
        self.hit_row(self.ms_from_px(x_px), Some(y_px))
    }

    fn hit_ms(&self, x_ms: f64) -> Option<Hit> {
        self.hit_row(x_ms, None)
    }

    fn cursor_dots(&self, hit: &Hit) -> Vec<CursorDot> {
        let dot = |point: &HitPoint| {
            let ink = self.drawn.get(point.series)?.ink;
            Some(CursorDot { at: Point::new(hit.x_px, point.y_px), ink, is_emphasised: point.is_nearest })
        };
        let (nearest, others): (Vec<_>, Vec<_>) = hit.points.iter().partition(|p| p.is_nearest);
        others.into_iter().chain(nearest).filter_map(dot).collect()
    }
}

impl Layout {
    fn hit_row(&self, x_ms: f64, y_px: Option<f64>) -> Option<Hit> {
        let rows = &self.frame.x_ms;
        let (row, row_ms) = nearest_row(rows, x_ms)?;
        let x_px = self.px_from_ms(row_ms);
        // Between two rows one of them is meant, however far; beyond the first or last only when close.
        let is_between = rows.first().zip(rows.last()).is_some_and(|(first, last)| *first < x_ms && x_ms <= *last);
        let is_close = (x_px - self.px_from_ms(x_ms)).abs() <= REACH_PX;
        let is_visible = x_px >= self.plot.left - 0.5 && x_px <= self.plot.right + 0.5;
        if !is_visible || !(is_between || is_close) {
            return None;
        }
        let mut points: Vec<HitPoint> = Vec::new();
        for (series, (drawn, column)) in self.drawn.iter().zip(&self.frame.columns).enumerate() {
            let (Some(value), Some(shown)) = (column.values.get(row), drawn.values.get(row)) else { continue };
            let Some(axis) = self.axis(drawn.side) else { continue };
            if drawn.is_hidden || value.is_nan() {
                continue;
            }
            let y_px = axis.scale.px_from_value(*shown);
            points.push(HitPoint { series, value: *value, y_px, is_nearest: false });
        }
        if let Some(y_px) = y_px {
            let distance = |p: &HitPoint| (p.y_px - y_px).abs();
            if let Some(nearest) = points.iter_mut().min_by(|a, b| distance(a).total_cmp(&distance(b))) {
                nearest.is_nearest = true;
            }
        }
        crate::base::order::sort_by(&mut points, |a, b| b.value.total_cmp(&a.value).then(a.series.cmp(&b.series)));
        Some(Hit { row, x_ms: row_ms, x_px, points })
    }

    fn axis(&self, side: Side) -> Option<&ValueAxis> {
        match side {
            Side::Left => self.left.as_ref(),
            Side::Right => self.right.as_ref(),
        }
    }
}
