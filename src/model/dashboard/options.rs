//! The options that belong to the kinds of panels that are drawn at once.

use super::{FieldMatcher, Reducer};

/// The options that belong to a panel's kind.
#[derive(Debug, Clone, PartialEq)]
pub enum PanelOptions {
    Stat(StatOptions),
    TimeSeries(TimeSeriesOptions),
    Heatmap(HeatmapOptions),
    /// A heading over the panels that follow it.
    Row,
    /// Plain text.
    Text(String),
    /// Text with marks in it, or written as something else than Markdown.
    Marked(String),
    /// One of [`super::kinds::MORE`]: they are read from [`super::Panel::document`].
    More,
    /// A kind without typed options. The registry says that it cannot be drawn.
    Other,
}

/// Options of a `stat`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct StatOptions {
    pub reducer: Reducer,
    /// Every sample of each series, rather than one number out of it.
    pub shows_all_values: bool,
    /// At most so many numbers with `shows_all_values`.
    pub value_limit: Option<u32>,
    /// Only the series that this covers.
    pub series: Option<FieldMatcher>,
    pub sparkline: Sparkline,
    pub colour_mode: StatColourMode,
    pub text_mode: StatTextMode,
    pub orientation: Orientation,
    pub is_centred: bool,
    pub prefix: Option<String>,
    pub postfix: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Sparkline {
    None,
    Line,
    #[default]
    Area,
}

/// What the threshold's colour paints.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum StatColourMode {
    None,
    #[default]
    Value,
    Background,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum StatTextMode {
    /// The name too, where there are several numbers.
    #[default]
    Auto,
    Value,
    ValueAndName,
    Name,
    None,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Orientation {
    #[default]
    Auto,
    Horizontal,
    Vertical,
}

/// Options of a `timeseries`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct TimeSeriesOptions {
    pub style: SeriesStyle,
    pub legend: LegendOptions,
    pub tooltip: TooltipOptions,
    pub left: AxisOptions,
    pub right: AxisOptions,
    pub threshold_display: ThresholdDisplay,
}

/// How a series is drawn.
#[derive(Debug, Clone, PartialEq)]
pub struct SeriesStyle {
    pub draw: DrawStyle,
    pub interpolation: Interpolation,
    pub line_width_px: f64,
    /// 0 to 100; 0 is no area.
    pub fill_percent: f64,
    pub points: PointsMode,
    pub stack: StackMode,
    pub nulls: NullMode,
    pub axis: AxisSide,
    /// Lengths of dash and space. Empty: solid.
    pub dash_px: Vec<f64>,
    pub is_hidden: bool,
}

impl Default for SeriesStyle {
    fn default() -> Self {
        Self {
            draw: DrawStyle::Line,
            interpolation: Interpolation::Linear,
            line_width_px: 1.5,
            fill_percent: 0.0,
            points: PointsMode::Auto,
            stack: StackMode::None,
            nulls: NullMode::Gap,
            axis: AxisSide::Left,
            dash_px: Vec::new(),
            is_hidden: false,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum DrawStyle {
    #[default]
    Line,
    Bars,
    Points,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Interpolation {
    #[default]
    Linear,
    Smooth,
    StepBefore,
    StepAfter,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum PointsMode {
    /// Where a sample would be invisible otherwise.
    #[default]
    Auto,
    Always,
    Never,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum StackMode {
    #[default]
    None,
    Normal,
    Percent,
}

/// What is drawn where a series has no sample.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum NullMode {
    #[default]
    Gap,
    Connect,
    /// Connected across shorter gaps only.
    ConnectBelow {
        gap_ms: i64,
    },
    Zero,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum AxisSide {
    #[default]
    Left,
    Right,
    Hidden,
}

/// One vertical axis. `None`: from the data.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct AxisOptions {
    pub label: Option<String>,
    pub unit: Option<String>,
    pub decimals: Option<u32>,
    pub min: Option<f64>,
    pub max: Option<f64>,
    /// The axis reaches at least so far.
    pub soft_min: Option<f64>,
    pub soft_max: Option<f64>,
    pub scale: AxisScale,
    pub is_hidden: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum AxisScale {
    #[default]
    Linear,
    Log {
        base: f64,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum ThresholdDisplay {
    #[default]
    Off,
    Line,
    DashedLine,
    Area,
    LineAndArea,
    DashedLineAndArea,
}

#[derive(Debug, Clone, PartialEq, Default)]
pub struct LegendOptions {
    pub placement: LegendPlacement,
    pub is_table: bool,
    /// Columns beside the name, in order.
    pub columns: Vec<Reducer>,
    pub sort_by: Option<Reducer>,
    pub is_descending: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum LegendPlacement {
    #[default]
    Bottom,
    Right,
    Hidden,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct TooltipOptions {
    pub mode: TooltipMode,
    pub sort: TooltipSort,
    /// Series that are zero at the cursor are left out.
    pub hides_zeros: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum TooltipMode {
    #[default]
    All,
    Single,
    Hidden,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum TooltipSort {
    /// The order of the series.
    #[default]
    None,
    Ascending,
    Descending,
}

/// Options of a `heatmap`.
#[derive(Debug, Clone, PartialEq)]
#[expect(clippy::struct_excessive_bools, reason = "each is one independent switch of the dashboard's file")]
pub struct HeatmapOptions {
    /// The series are raw values to be counted into buckets here, not buckets.
    pub is_calculated: bool,
    pub y: AxisOptions,
    pub is_y_reversed: bool,
    /// Grafana's name for the colours (`Oranges`, `Spectral`); `None` is ours.
    pub scheme: Option<String>,
    pub is_scheme_reversed: bool,
    pub colour_scale: HeatmapColourScale,
    /// Ends of the colour scale; `None`: from the data.
    pub colour_min: Option<f64>,
    pub colour_max: Option<f64>,
    /// Cells at or below are not drawn.
    pub hide_at_or_below: Option<f64>,
    pub hide_at_or_above: Option<f64>,
    pub cell_gap_px: f64,
    pub has_legend: bool,
    pub has_tooltip: bool,
    pub has_tooltip_histogram: bool,
}

impl Default for HeatmapOptions {
    fn default() -> Self {
        Self {
            is_calculated: false,
            y: AxisOptions::default(),
            is_y_reversed: false,
            scheme: None,
            is_scheme_reversed: false,
            colour_scale: HeatmapColourScale::default(),
            colour_min: None,
            colour_max: None,
            hide_at_or_below: None,
            hide_at_or_above: None,
            cell_gap_px: 1.0,
            has_legend: true,
            has_tooltip: true,
            has_tooltip_histogram: true,
        }
    }
}

/// How raw values are counted into the cells of a heatmap.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct CountedBuckets {
    /// Along time; sizes are milliseconds.
    pub x: BucketWidth,
    /// Along values; on a logarithmic scale either number says how many rows a power has.
    pub y: BucketWidth,
    /// `None` is a linear scale.
    pub log_base: Option<f64>,
}

impl CountedBuckets {
    /// Grafana's numbers where the file says nothing.
    pub const COLUMNS: f64 = 20.0;
    pub const ROWS: f64 = 10.0;
}

#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum BucketWidth {
    #[default]
    Auto,
    /// About so many.
    Count(f64),
    Size(f64),
}

/// How a count becomes a place on the colour scale, 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum HeatmapColourScale {
    /// `(count / max) ^ exponent`. Below 1 shows the rare ones.
    Power {
        exponent: f64,
    },
    Linear,
    Log,
}

impl Default for HeatmapColourScale {
    /// Grafana's default exponent.
    fn default() -> Self {
        Self::Power { exponent: 0.5 }
    }
}
