//! Dashboards as they are drawn: panels on a grid, each with its queries and its typed options.
//!
//! The words are Grafana's, because its JSON is the format that operators have; the shapes are ours. Invariant: what a
//! dashboard asks for and cannot be had is a [`Notice`] on the panel that asked, so nothing is dropped in silence.
//! It draws nothing and reads no JSON; `api::grafana` fills it.

mod interpolate;

use std::sync::Arc;

pub use interpolate::{Intervals, interpolate, is_built_in, replace_variables, variable_names};

use super::{labels::Labels, notice::Notice};
use crate::base::time::TimeSpec;

/// Columns of the page's grid. Grafana has 24; a dashboard's positions are halved when it is read.
pub const GRID_COLUMNS: u32 = 12;

/// The panel kinds with typed options, as `Panel::kind` spells them. Aliases are resolved when a dashboard is read.
pub mod kinds {
    pub const STAT: &str = "stat";
    pub const TIMESERIES: &str = "timeseries";
    pub const HEATMAP: &str = "heatmap";
    pub const ROW: &str = "row";
    pub const TEXT: &str = "text";
    /// Those whose options are read when they are drawn.
    pub const MORE: &[&str] = &[
        "gauge",
        "bargauge",
        "barchart",
        "histogram",
        "piechart",
        "grafana-piechart-panel",
        "state-timeline",
        "status-history",
        "table",
        "table-old",
    ];
    /// Those of [`MORE`] whose fields, overrides and transformations are read then, too.
    pub const READ_LATER: &[&str] = &["state-timeline", "status-history", "table", "table-old"];
}

/// One page of panels.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Dashboard {
    pub uid: Option<String>,
    pub title: String,
    pub description: Option<String>,
    pub tags: Vec<String>,
    /// The range that the dashboard opens with, where it names one.
    pub time: Option<TimeSpec>,
    /// How often the dashboard wants to be refreshed, where it says so.
    pub refresh_ms: Option<i64>,
    /// `utc`, `browser` or an IANA name, where it says so.
    pub time_zone: Option<String>,
    /// Does the page share one crosshair? Grafana's `graphTooltip`: 0 is no.
    pub has_shared_crosshair: bool,
    /// Variables, rows or repeats: its panels are arranged and filled by a part of the app that comes later.
    pub is_arranged_later: bool,
    /// In reading order: top to bottom, left to right.
    pub panels: Vec<Panel>,
    /// What the dashboard as a whole asks for and cannot be had.
    pub notices: Vec<Notice>,
}

impl Dashboard {
    /// Every remark about the dashboard and its panels, in reading order, with the panel's title where it has one.
    pub fn all_notices(&self) -> impl Iterator<Item = (Option<&str>, &Notice)> {
        let panels = self.panels.iter().flat_map(|p| p.notices.iter().map(move |n| (Some(p.title.as_str()), n)));
        self.notices.iter().map(|n| (None, n)).chain(panels)
    }
}

/// One card of a dashboard.
#[derive(Debug, Clone, PartialEq)]
pub struct Panel {
    /// Unique on its dashboard.
    pub id: u32,
    pub title: String,
    pub description: Option<String>,
    /// The registry's key, aliases resolved (`graph` is `timeseries`). An unknown kind keeps its own word.
    pub kind: String,
    pub grid: GridRect,
    /// The source that the panel names, by name or uid; `None` is the default one.
    pub source: Option<String>,
    pub targets: Vec<Target>,
    pub field: FieldOptions,
    pub overrides: Vec<FieldOverride>,
    pub options: PanelOptions,
    /// A lower bound of the query's step, where the panel has one.
    pub min_interval_ms: Option<i64>,
    /// How many rows the panel's query may have at most, where it says so.
    pub max_data_points: Option<u32>,
    pub document: PanelDocument,
    pub notices: Vec<Notice>,
}

/// The panel as its file has it, for those who look at it as it is and for the kinds whose options are read when they are
/// first drawn.
#[derive(Clone, PartialEq, Default)]
pub struct PanelDocument {
    /// All of the dashboard's file.
    pub file: Arc<str>,
    /// Where the panel's object begins in it.
    pub at_byte: usize,
}

impl PanelDocument {
    /// From the panel's opening brace to the end of the file. Empty where the panel is in no file.
    pub fn text(&self) -> &str {
        self.file.get(self.at_byte..).filter(|text| text.starts_with('{') && self.at_byte > 0).unwrap_or_default()
    }
}

impl std::fmt::Debug for PanelDocument {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PanelDocument").field("at_byte", &self.at_byte).finish_non_exhaustive()
    }
}

/// A place on the grid of [`GRID_COLUMNS`] columns. One row of height is Grafana's: 30 px and a gap of 8.
///
/// Invariant: `w >= 1`, `h >= 1`, `x + w <= GRID_COLUMNS`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct GridRect {
    pub x: u32,
    pub y: u32,
    pub w: u32,
    pub h: u32,
}

impl GridRect {
    pub fn overlaps(self, other: Self) -> bool {
        self.x < other.x + other.w
            && other.x < self.x + self.w
            && self.y < other.y + other.h
            && other.y < self.y + self.h
    }
}

/// One query of a panel.
#[derive(Debug, Clone, PartialEq)]
pub struct Target {
    /// `A`, `B`, …; unique on its panel.
    pub ref_id: String,
    pub expr: String,
    pub legend_format: LegendFormat,
    pub format: TargetFormat,
    /// Whether the query asks for the latest value only.
    pub is_instant: bool,
    pub is_hidden: bool,
    /// A lower bound of the step, where the query has one.
    pub min_interval_ms: Option<i64>,
    /// A unit that the metric's own name gives away (`_bytes`, `_seconds`), for panels that name none.
    pub unit_hint: Option<&'static str>,
}

/// What the answer of a query is to be read as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum TargetFormat {
    #[default]
    TimeSeries,
    Table,
    /// `le` series are cumulative buckets: sort them, subtract neighbours.
    Heatmap,
}

/// How a series of a query is named.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub enum LegendFormat {
    /// The labels as Prometheus writes them, or the query where there are none.
    #[default]
    Auto,
    /// `{{label}}` is replaced by the label's value.
    Template(String),
}

impl LegendFormat {
    /// The name of one series. A label that the series lacks leaves nothing, as in Grafana.
    pub fn name(&self, labels: &Labels, expr: &str) -> String {
        match self {
            Self::Auto if labels.is_empty() => expr.to_owned(),
            Self::Auto => labels.to_string(),
            Self::Template(template) => fill_template(template, labels),
        }
    }
}

fn fill_template(template: &str, labels: &Labels) -> String {
    let mut out = String::with_capacity(template.len());
    let mut rest = template;
    while let Some((before, inside)) = rest.split_once("{{") {
        out.push_str(before);
        let Some((name, after)) = inside.split_once("}}") else {
            out.push_str("{{");
            rest = inside;
            continue;
        };
        out.push_str(labels.get(name.trim()).unwrap_or_default());
        rest = after;
    }
    out.push_str(rest);
    out
}

/// How the values of a panel are written and coloured. `None`: the dashboard does not say.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct FieldOptions {
    /// Grafana's unit id: `percentunit`, `s`, `bytes`, `reqps`, `short`, ….
    pub unit: Option<String>,
    pub decimals: Option<u32>,
    pub min: Option<f64>,
    pub max: Option<f64>,
    pub thresholds: Thresholds,
    /// Written where there is no value.
    pub no_value: Option<String>,
    pub display_name: Option<String>,
    pub colour: FieldColour,
    pub mappings: Vec<ValueMapping>,
}

impl FieldOptions {
    /// What is written instead of a value, and its colour, where a mapping says so. `None` value is "no sample".
    pub fn mapping_for(&self, value: Option<f64>) -> Option<&ValueMapping> {
        self.mappings.iter().find(|m| m.matches.covers(value))
    }
}

/// Where a value changes its colour. Empty: nothing was said.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Thresholds {
    pub mode: ThresholdMode,
    /// Ascending. The first step's `value` is negative infinity: whatever is below the second step has its colour,
    /// also where the file gives the first step a number, because Grafana reads it so.
    pub steps: Vec<ThresholdStep>,
}

impl Thresholds {
    /// The step that a value is on. `min` and `max` matter for percentages only. `None`: no steps, or not a number.
    pub fn step_for(&self, value: f64, min: f64, max: f64) -> Option<&ThresholdStep> {
        let position = match self.mode {
            ThresholdMode::Absolute => value,
            ThresholdMode::Percentage => (value - min) / (max - min) * 100.0,
        };
        if position.is_nan() {
            return None;
        }
        self.steps.iter().rev().find(|step| position >= step.value).or_else(|| self.steps.first())
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum ThresholdMode {
    #[default]
    Absolute,
    /// Of the span from the field's `min` to its `max`, 0 to 100.
    Percentage,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ThresholdStep {
    pub value: f64,
    pub colour: PanelColour,
}

/// A colour that a dashboard names. Named ones follow the theme; the state colours are red, orange, yellow, green, blue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PanelColour {
    Named {
        hue: Hue,
        shade: Shade,
    },
    /// Written in the file as a literal.
    Rgba([u8; 4]),
    Transparent,
    /// The colour of ordinary text.
    Text,
}

impl PanelColour {
    pub fn named(hue: Hue) -> Self {
        Self::Named { hue, shade: Shade::Plain }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Hue {
    Red,
    Orange,
    Yellow,
    Green,
    Blue,
    Purple,
    Grey,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Shade {
    SuperLight,
    Light,
    #[default]
    Plain,
    SemiDark,
    Dark,
}

/// Where the colour of a value or a series comes from.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum FieldColour {
    /// The panel kind's own choice: thresholds for a stat, the series palette for a chart.
    #[default]
    Auto,
    Thresholds,
    SeriesPalette,
    Fixed(PanelColour),
    /// A gradient from `min` to `max`, by Grafana's name for it (`continuous-GrYlRd`).
    Continuous(String),
}

/// Writes something else in place of a value.
#[derive(Debug, Clone, PartialEq)]
pub struct ValueMapping {
    pub matches: MappingMatch,
    pub text: Option<String>,
    pub colour: Option<PanelColour>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub enum MappingMatch {
    Value(f64),
    /// Both ends belong to it.
    Range {
        from: f64,
        to: f64,
    },
    /// No sample.
    Null,
    NaN,
    NullOrNaN,
}

impl MappingMatch {
    pub fn covers(self, value: Option<f64>) -> bool {
        match (self, value) {
            // A mapping is written for the exact number: 1 is "up".
            (Self::Value(wanted), Some(v)) => wanted.total_cmp(&v).is_eq() || (wanted == 0.0 && v == 0.0),
            (Self::Range { from, to }, Some(v)) => from <= v && v <= to,
            (Self::Null | Self::NullOrNaN, None) => true,
            (Self::NaN | Self::NullOrNaN, Some(v)) => v.is_nan(),
            _ => false,
        }
    }
}

/// Other options for some of a panel's series.
#[derive(Debug, Clone, PartialEq)]
pub struct FieldOverride {
    pub matcher: FieldMatcher,
    pub unit: Option<String>,
    pub decimals: Option<u32>,
    pub min: Option<f64>,
    pub max: Option<f64>,
    pub display_name: Option<String>,
    pub colour: Option<FieldColour>,
    pub thresholds: Option<Thresholds>,
    pub draw: Option<DrawStyle>,
    pub line_width_px: Option<f64>,
    pub fill_percent: Option<f64>,
    pub points: Option<PointsMode>,
    pub stack: Option<StackMode>,
    pub axis: Option<AxisSide>,
    pub dash_px: Option<Vec<f64>>,
    pub is_hidden: Option<bool>,
}

impl FieldOverride {
    /// An override that changes nothing yet.
    pub fn new(matcher: FieldMatcher) -> Self {
        Self {
            matcher,
            unit: None,
            decimals: None,
            min: None,
            max: None,
            display_name: None,
            colour: None,
            thresholds: None,
            draw: None,
            line_width_px: None,
            fill_percent: None,
            points: None,
            stack: None,
            axis: None,
            dash_px: None,
            is_hidden: None,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum FieldMatcher {
    /// The series' name as the legend shows it.
    Name(String),
    /// A part of that name; all of it where it is anchored at both ends.
    Part { text: String, is_start: bool, is_end: bool },
    /// The query's `ref_id`.
    Query(String),
    /// Every series.
    All,
}

impl FieldMatcher {
    pub fn covers(&self, series_name: &str, ref_id: &str) -> bool {
        match self {
            Self::Name(name) => name == series_name,
            Self::Part { text, is_start, is_end } => match (is_start, is_end) {
                (true, true) => series_name == text,
                (true, false) => series_name.starts_with(text.as_str()),
                (false, true) => series_name.ends_with(text.as_str()),
                (false, false) => series_name.contains(text.as_str()),
            },
            Self::Query(id) => id == ref_id,
            Self::All => true,
        }
    }
}

/// What one series is drawn and written with, overrides applied.
#[derive(Debug, Clone, PartialEq)]
pub struct SeriesOptions {
    pub field: FieldOptions,
    pub style: SeriesStyle,
}

impl Panel {
    /// The options of one series: the panel's own, with each matching override on top, in the file's order.
    pub fn series_options(&self, series_name: &str, ref_id: &str) -> SeriesOptions {
        let mut field = self.field.clone();
        let mut style = match &self.options {
            PanelOptions::TimeSeries(options) => options.style.clone(),
            _ => SeriesStyle::default(),
        };
        for o in self.overrides.iter().filter(|o| o.matcher.covers(series_name, ref_id)) {
            let FieldOverride {
                matcher: _,
                unit,
                decimals,
                min,
                max,
                display_name,
                colour,
                thresholds,
                draw,
                line_width_px,
                fill_percent,
                points,
                stack,
                axis,
                dash_px,
                is_hidden,
            } = o;
            field.unit = unit.clone().or(field.unit);
            field.decimals = decimals.or(field.decimals);
            field.min = min.or(field.min);
            field.max = max.or(field.max);
            field.display_name = display_name.clone().or(field.display_name);
            field.colour = colour.clone().unwrap_or(field.colour);
            field.thresholds = thresholds.clone().unwrap_or(field.thresholds);
            style.draw = draw.unwrap_or(style.draw);
            style.line_width_px = line_width_px.unwrap_or(style.line_width_px);
            style.fill_percent = fill_percent.unwrap_or(style.fill_percent);
            style.points = points.unwrap_or(style.points);
            style.stack = stack.unwrap_or(style.stack);
            style.axis = axis.unwrap_or(style.axis);
            style.dash_px = dash_px.clone().unwrap_or(style.dash_px);
            style.is_hidden = is_hidden.unwrap_or(style.is_hidden);
        }
        SeriesOptions { field, style }
    }
}

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
    /// One of [`kinds::MORE`]: they are read from [`Panel::document`].
    More,
    /// A kind without typed options. The registry says that it cannot be drawn.
    Other,
}

/// One number out of a series. `analysis` computes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Reducer {
    /// The last sample that is there. Grafana's default.
    #[default]
    LastNotNull,
    /// The last row, a gap included.
    Last,
    FirstNotNull,
    First,
    Min,
    Max,
    Mean,
    Median,
    Sum,
    Count,
    Range,
    Delta,
    Step,
    Diff,
    DiffPercent,
    LogMin,
    Variance,
    StdDev,
    DistinctCount,
    ChangeCount,
    AllIsZero,
    AllIsNull,
    /// 1 to 99.
    Percentile(u8),
}

/// Each reducer with Grafana's id and the head of its column in a legend.
const REDUCERS: [(Reducer, &str, &str); 22] = [
    (Reducer::LastNotNull, "lastNotNull", "Last"),
    (Reducer::Last, "last", "Last"),
    (Reducer::FirstNotNull, "firstNotNull", "First"),
    (Reducer::First, "first", "First"),
    (Reducer::Min, "min", "Min"),
    (Reducer::Max, "max", "Max"),
    (Reducer::Mean, "mean", "Mean"),
    (Reducer::Median, "median", "Median"),
    (Reducer::Sum, "sum", "Sum"),
    (Reducer::Count, "count", "Count"),
    (Reducer::Range, "range", "Range"),
    (Reducer::Delta, "delta", "Delta"),
    (Reducer::Step, "step", "Step"),
    (Reducer::Diff, "diff", "Change"),
    (Reducer::DiffPercent, "diffperc", "Change %"),
    (Reducer::LogMin, "logmin", "Min > 0"),
    (Reducer::Variance, "variance", "Variance"),
    (Reducer::StdDev, "stdDev", "Std dev"),
    (Reducer::DistinctCount, "distinctCount", "Distinct"),
    (Reducer::ChangeCount, "changeCount", "Changes"),
    (Reducer::AllIsZero, "allIsZero", "All zero"),
    (Reducer::AllIsNull, "allIsNull", "All empty"),
];

impl Reducer {
    /// From Grafana's id (`lastNotNull`, `p95`), the old singlestat's words included.
    pub fn from_id(id: &str) -> Option<Self> {
        let modern = match id {
            "current" => "lastNotNull",
            "avg" => "mean",
            "total" => "sum",
            id => id,
        };
        let listed = REDUCERS.iter().find(|(_, known, _)| *known == modern).map(|(reducer, ..)| *reducer);
        listed.or_else(|| {
            let percent: u8 = id.strip_prefix('p')?.parse().ok()?;
            (1..=99).contains(&percent).then_some(Self::Percentile(percent))
        })
    }

    /// Grafana's id; [`Reducer::from_id`] reads it back.
    pub fn id(self) -> String {
        self.listed().map_or_else(|percent| format!("p{percent}"), |(_, id, _)| (*id).to_owned())
    }

    /// As a column's head in a legend.
    pub fn label(self) -> String {
        self.listed().map_or_else(|percent| format!("P{percent}"), |(_, _, label)| (*label).to_owned())
    }

    /// The table's row, or the percentile that has none.
    fn listed(self) -> Result<&'static (Self, &'static str, &'static str), u8> {
        REDUCERS.iter().find(|(reducer, ..)| *reducer == self).ok_or(match self {
            Self::Percentile(percent) => percent,
            _ => 0,
        })
    }
}

/// Options of a `stat`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct StatOptions {
    pub reducer: Reducer,
    /// Every sample of each series, rather than one number out of it.
    pub shows_all_values: bool,
    /// At most so many numbers with `shows_all_values`.
    pub value_limit: Option<u32>,
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
