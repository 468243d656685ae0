//! Dashboards as they are drawn: panels on a grid, each with its queries and its typed options.
//!
//! The words are Grafana's, because its JSON is the format that operators have; the shapes are ours. Invariant: what a
//! dashboard asks for and cannot be had is a [`Notice`] on the panel that asked, so nothing is dropped in silence.
//! It draws nothing and reads no JSON; `api::grafana` fills it.

mod field;
mod interpolate;
mod options;
mod reducer;

use std::{fmt, sync::Arc};

pub use field::{
    ColourBy, FieldColour, FieldMatcher, FieldOptions, FieldOverride, Hue, LatePattern, MappingMatch, PanelColour,
    SeriesOptions, Shade, ThresholdMode, ThresholdStep, Thresholds, ValueMapping,
};
pub use interpolate::{Intervals, interpolate, is_built_in, replace_variables, variable_names};
pub use options::{
    AxisOptions, AxisScale, AxisSide, BucketWidth, CountedBuckets, DrawStyle, HeatmapColourScale, HeatmapOptions,
    Interpolation, LegendOptions, LegendPlacement, NullMode, Orientation, PanelOptions, PointsMode, SeriesStyle,
    Sparkline, StackMode, StatColourMode, StatOptions, StatTextMode, ThresholdDisplay, TimeSeriesOptions, TooltipMode,
    TooltipOptions, TooltipSort,
};
pub use reducer::Reducer;

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

    /// Those whose values may have links; tables read theirs later.
    pub const LINKED: &[&str] = &[STAT, TIMESERIES, "bargauge", "gauge"];

    /// Whether a panel of this kind shows what its transformations make of the answers.
    pub fn transforms(kind: &str) -> bool {
        matches!(kind, STAT | TIMESERIES) || MORE.contains(&kind)
    }
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
    /// Variables, links, rows or repeats: its panels are arranged and filled by a part of the app that comes later.
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
    pub links: Vec<Link>,
    /// What is shown is made from the answers by steps that are read when the panel is drawn.
    pub has_transformations: bool,
    /// A lower bound of the query's step, where the panel has one.
    pub min_interval_ms: Option<i64>,
    /// How many rows the panel's query may have at most, where it says so.
    pub max_data_points: Option<u32>,
    pub document: PanelDocument,
    /// What the dashboard's variables stand for where a text is read, or an address is made, when the panel is drawn.
    pub variables: LateVariables,
    pub notices: Vec<Notice>,
}

/// Where a panel, or a value of it, leads.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Link {
    pub title: String,
    /// As the file has it: not yet known to lead to a web page.
    pub url: String,
    pub opens_new: bool,
}

/// Says what stands in an address for a variable: its name, and the format after its colon.
pub type VariableWords = Arc<dyn Fn(&str, &str) -> Option<String> + Send + Sync>;

/// The dashboard's variables, as far as a panel's links name them.
#[derive(Clone, Default)]
pub struct LateVariables {
    pub words: Option<VariableWords>,
    /// Their names and values, by which one state of them is told from another.
    pub state: String,
}

impl LateVariables {
    pub fn value(&self, name: &str, format: &str) -> Option<String> {
        self.words.as_ref()?(name, format)
    }
}

impl PartialEq for LateVariables {
    fn eq(&self, other: &Self) -> bool {
        self.state == other.state
    }
}

impl fmt::Debug for LateVariables {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.state)
    }
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

impl fmt::Debug for PanelDocument {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
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
#[derive(Debug, Clone, PartialEq, Default)]
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
