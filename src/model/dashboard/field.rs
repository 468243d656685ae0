//! How the values of a panel are written, coloured and, for some of its series, drawn otherwise.

use std::{
    fmt::{self, Debug, Formatter},
    sync::Arc,
};

use super::{
    AxisSide, DrawStyle, LegendFormat, Link, NullMode, Panel, PanelOptions, PointsMode, SeriesStyle, StackMode, Target,
};

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
    pub colour_by: ColourBy,
    pub mappings: Vec<ValueMapping>,
    /// Where each value leads.
    pub links: Vec<Link>,
}

impl FieldOptions {
    /// From where to where percentages are counted: an open end is 0 or 100, as in Grafana.
    pub fn bounds(&self) -> (f64, f64) {
        (self.min.unwrap_or(0.0), self.max.unwrap_or(100.0))
    }

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

/// Which of a series' values decides its colour, where values do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ColourBy {
    #[default]
    Last,
    Min,
    Max,
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
    pub colour_by: Option<ColourBy>,
    pub thresholds: Option<Thresholds>,
    pub links: Option<Vec<Link>>,
    pub draw: Option<DrawStyle>,
    pub line_width_px: Option<f64>,
    pub fill_percent: Option<f64>,
    pub points: Option<PointsMode>,
    pub stack: Option<StackMode>,
    pub axis: Option<AxisSide>,
    pub dash_px: Option<Vec<f64>>,
    pub nulls: Option<NullMode>,
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
            colour_by: None,
            thresholds: None,
            links: None,
            draw: None,
            line_width_px: None,
            fill_percent: None,
            points: None,
            stack: None,
            axis: None,
            dash_px: None,
            nulls: None,
            is_hidden: None,
        }
    }
}

#[derive(Debug, Clone, PartialEq)]
pub enum FieldMatcher {
    /// The series' name as the legend shows it.
    Name(String),
    /// A part of that name; all of it where it is anchored at both ends.
    Part { text: String, is_start: bool, is_end: bool },
    /// Any other pattern.
    Pattern(LatePattern),
    /// The query's `ref_id`.
    Query(String),
    /// Every series.
    All,
}

/// Tells which texts a pattern matches.
pub type TextTest = Arc<dyn Fn(&str) -> bool + Send + Sync>;

/// A pattern that covers nothing until the part of the app has come that understands patterns.
#[derive(Clone)]
pub struct LatePattern {
    pub source: String,
    pub test: Option<TextTest>,
}

impl LatePattern {
    pub fn new(source: &str) -> Self {
        Self { source: source.to_owned(), test: None }
    }
}

impl PartialEq for LatePattern {
    fn eq(&self, other: &Self) -> bool {
        self.source == other.source && self.test.is_some() == other.test.is_some()
    }
}

impl Debug for LatePattern {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(&self.source)
    }
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
            Self::Pattern(pattern) => pattern.test.as_ref().is_some_and(|test| test(series_name)),
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
    /// Whether something of it is understood by a part of the app that comes later.
    pub fn is_read_late(&self) -> bool {
        self.has_transformations || self.has_patterns()
    }

    /// Whether its numbers are likely to be several, as far as can be told before they are there.
    pub fn has_several_numbers(&self) -> bool {
        let names_labels = |target: &Target| match &target.legend_format {
            LegendFormat::Template(template) => template.contains("{{"),
            LegendFormat::Auto => false,
        };
        match &self.options {
            PanelOptions::Stat(options) => {
                let mut asked = self.targets.iter().filter(|target| !target.is_hidden);
                options.shows_all_values || asked.clone().any(names_labels) || asked.nth(1).is_some()
            }
            _ => false,
        }
    }

    pub fn has_patterns(&self) -> bool {
        let is_pattern = |matcher: &FieldMatcher| matches!(matcher, FieldMatcher::Pattern(_));
        let is_chosen_so = match &self.options {
            PanelOptions::Stat(options) => options.series.as_ref().is_some_and(is_pattern),
            _ => false,
        };
        is_chosen_so || self.overrides.iter().any(|over| is_pattern(&over.matcher))
    }

    /// All that say which series something is for.
    pub fn matchers_mut(&mut self) -> impl Iterator<Item = &mut FieldMatcher> {
        let chosen = match &mut self.options {
            PanelOptions::Stat(options) => options.series.as_mut(),
            _ => None,
        };
        chosen.into_iter().chain(self.overrides.iter_mut().map(|over| &mut over.matcher))
    }

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
                colour_by,
                thresholds,
                links,
                draw,
                line_width_px,
                fill_percent,
                points,
                stack,
                axis,
                dash_px,
                nulls,
                is_hidden,
            } = o;
            field.unit = unit.clone().or(field.unit);
            field.decimals = decimals.or(field.decimals);
            field.min = min.or(field.min);
            field.max = max.or(field.max);
            field.display_name = display_name.clone().or(field.display_name);
            field.colour = colour.clone().unwrap_or(field.colour);
            field.colour_by = colour_by.unwrap_or(field.colour_by);
            field.thresholds = thresholds.clone().unwrap_or(field.thresholds);
            field.links = links.clone().unwrap_or(field.links);
            style.draw = draw.unwrap_or(style.draw);
            style.line_width_px = line_width_px.unwrap_or(style.line_width_px);
            style.fill_percent = fill_percent.unwrap_or(style.fill_percent);
            style.points = points.unwrap_or(style.points);
            style.stack = stack.unwrap_or(style.stack);
            style.axis = axis.unwrap_or(style.axis);
            style.dash_px = dash_px.clone().unwrap_or(style.dash_px);
            style.nulls = nulls.unwrap_or(style.nulls);
            style.is_hidden = is_hidden.unwrap_or(style.is_hidden);
        }
        SeriesOptions { field, style }
    }
}
