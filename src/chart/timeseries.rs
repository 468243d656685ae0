//! Lines, areas, bars and points over time.

use std::sync::Arc;

use crate::{
    base::time::{Range, TimeZone},
    model::frame::Frame,
};

use super::{
    measure::TextMeasure,
    scale::{TimeScale, ValueScale},
    scene::{Ink, Rect, Scene, Size},
};

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
}

/// What a dashboard says about a value axis.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct AxisOptions {
    /// A unit id of [`crate::base::units`].
    pub unit: String,
    pub decimals: Option<u32>,
    /// Hard bounds: what lies outside is cut off.
    pub min: Option<f64>,
    pub max: Option<f64>,
    /// Soft bounds: the axis reaches at least there.
    pub soft_min: Option<f64>,
    pub soft_max: Option<f64>,
    /// 2 or 10; `None` is linear.
    pub log_base: Option<f64>,
    pub is_hidden: bool,
}

/// A limit on the left axis. Steps are ascending; each holds from its value to the next one's.
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
}

/// A stretch of time to point at: an annotation, an alert's firing.
#[derive(Debug, Clone, PartialEq)]
pub struct Region {
    pub start_ms: f64,
    /// Equal to the start for an instant.
    pub end_ms: f64,
    pub ink: Ink,
    pub label: String,
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
    pub regions: &'a [Region],
    pub measure: &'a dyn TextMeasure,
}

/// A value axis as laid out.
#[derive(Debug, Clone, PartialEq)]
pub struct ValueAxis {
    pub scale: ValueScale,
    /// The labels of the ticks, from the bottom: value and text.
    pub ticks: Vec<(f64, String)>,
    /// Whether a person should be told that the axis does not start at zero.
    pub is_cut: bool,
}

/// A chart ready to paint and to ask.
#[derive(Debug, Clone)]
pub struct Layout {
    pub scene: Scene,
    /// Where data are drawn.
    pub plot: Rect,
    pub x: TimeScale,
    pub left: Option<ValueAxis>,
    pub right: Option<ValueAxis>,
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

#[derive(Debug, Clone)]
struct Drawn {
    ink: Ink,
    side: Side,
    is_hidden: bool,
    /// One per row, stacked where the series is.
    values: Arc<[f64]>,
}

/// Lays out the chart: O(rows × series).
pub fn layout(input: &Input<'_>) -> Layout {
    let _ = input;
    Layout {
        scene: Scene::default(),
        plot: Rect::default(),
        x: TimeScale::default(),
        left: None,
        right: None,
        frame: Frame::default(),
        drawn: Vec::new(),
    }
}

impl Layout {
    /// The row nearest to a place in the plot, with the visible series' values there; `y_px` chooses the nearest series.
    /// `None` outside the plot and far from any row.
    pub fn hit(&self, x_px: f64, y_px: f64) -> Option<Hit> {
        self.plot.contains(x_px, y_px).then_some(())?;
        self.hit_row(self.ms_from_px(x_px), Some(y_px))
    }

    /// The row nearest to an instant: for a cursor that another panel leads.
    pub fn hit_ms(&self, x_ms: f64) -> Option<Hit> {
        self.hit_row(x_ms, None)
    }

    fn hit_row(&self, _x_ms: f64, _y_px: Option<f64>) -> Option<Hit> {
        None
    }

    pub fn ms_from_px(&self, x_px: f64) -> f64 {
        self.x.ms_from_px(x_px)
    }

    pub fn px_from_ms(&self, x_ms: f64) -> f64 {
        self.x.px_from_ms(x_ms)
    }

    /// The overlay for a hit and a dragged selection.
    pub fn cursor_scene(&self, hit: Option<&Hit>, selection_px: Option<(f64, f64)>) -> Scene {
        let _ = (hit, selection_px, &self.frame, &self.drawn);
        Scene::default()
    }
}
