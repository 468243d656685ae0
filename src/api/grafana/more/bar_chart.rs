//! The options of a bar chart.

use super::{
    super::options::ORIENTATIONS,
    read_panel,
    shown::{TextSizes, custom, legend, tooltip},
};
use crate::{
    api::grafana::{field::stack_from, irrelevant, read::Reader},
    model::{
        dashboard::{
            AxisOptions, AxisScale, AxisSide, LegendOptions, Orientation, PanelDocument, StackMode, TooltipOptions,
        },
        notice::Notice,
    },
};

#[derive(Debug, Clone, PartialEq)]
pub struct BarChartOptions {
    pub orientation: Orientation,
    /// The label whose values are the categories, or `Time`.
    pub category: Option<String>,
    pub stack: StackMode,
    pub value_labels: ValueLabels,
    /// Of the room of a category, 0 to 1.
    pub group_width_ratio: f64,
    /// Of the room of a bar, 0 to 1.
    pub bar_width_ratio: f64,
    /// Of the bar's width, 0 to 0.5.
    pub bar_radius_ratio: f64,
    /// Names of categories, turned by so many degrees: −90 to 90.
    pub label_degrees: f64,
    /// Names of categories are cut after so many characters.
    pub label_chars: Option<u32>,
    /// Room between names of categories; where there is less, some are left out.
    pub label_gap_px: f64,
    pub fill_percent: f64,
    pub line_width_px: f64,
    pub axis: AxisOptions,
    pub has_grid: bool,
    pub legend: LegendOptions,
    pub tooltip: TooltipOptions,
    pub text: TextSizes,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ValueLabels {
    /// Where they fit.
    #[default]
    Auto,
    Always,
    Never,
}

impl Default for BarChartOptions {
    fn default() -> Self {
        Self {
            orientation: Orientation::Auto,
            category: None,
            stack: StackMode::None,
            value_labels: ValueLabels::Auto,
            group_width_ratio: 0.7,
            bar_width_ratio: 0.97,
            bar_radius_ratio: 0.0,
            label_degrees: 0.0,
            label_chars: None,
            label_gap_px: 0.0,
            fill_percent: 80.0,
            line_width_px: 1.0,
            axis: AxisOptions::default(),
            has_grid: true,
            legend: LegendOptions::default(),
            tooltip: TooltipOptions::default(),
            text: TextSizes::default(),
        }
    }
}

pub fn bar_chart_from(document: &PanelDocument) -> (BarChartOptions, Vec<Notice>) {
    let read = read_panel(document, |panel| {
        let mut bars = BarChartOptions::default();
        if let Some(custom) = custom(panel) {
            read_custom(&custom, &mut bars);
            custom.finish_with_defaults(irrelevant::CUSTOM_DEFAULTS);
        }
        let Some(options) = panel.object("options") else { return bars };
        options.word_into("orientation", ORIENTATIONS, &mut bars.orientation);
        options.text_into("xField", &mut bars.category);
        options.word_into(
            "stacking",
            &[("none", StackMode::None), ("normal", StackMode::Normal), ("percent", StackMode::Percent)],
            &mut bars.stack,
        );
        options.word_into(
            "showValue",
            &[("auto", ValueLabels::Auto), ("always", ValueLabels::Always), ("never", ValueLabels::Never)],
            &mut bars.value_labels,
        );
        let ratio = |key: &str, missing: f64, most: f64| options.number(key).map_or(missing, |r| r.clamp(0.0, most));
        bars.group_width_ratio = ratio("groupWidth", bars.group_width_ratio, 1.0).max(0.05);
        bars.bar_width_ratio = ratio("barWidth", bars.bar_width_ratio, 1.0).max(0.05);
        bars.bar_radius_ratio = ratio("barRadius", bars.bar_radius_ratio, 0.5);
        bars.label_degrees = options.number("xTickLabelRotation").map_or(0.0, |degrees| degrees.clamp(-90.0, 90.0));
        bars.label_chars = options.count("xTickLabelMaxLength").filter(|chars| *chars > 0);
        // Negative ones count from the end of the axis; that only decides which names are left out.
        bars.label_gap_px = options.number("xTickLabelSpacing").map_or(0.0, |gap| gap.abs().min(1_000.0));
        bars.legend = legend(&options);
        bars.tooltip = tooltip(&options);
        bars.text = TextSizes::read(&options);
        // How much of the group lights up under the pointer.
        options.ignore(&["fullHighlight"]);
        options.finish();
        bars
    });
    read.unwrap_or_default()
}

fn read_custom(custom: &Reader<'_>, bars: &mut BarChartOptions) {
    bars.fill_percent = custom.number("fillOpacity").map_or(bars.fill_percent, |fill| fill.clamp(0.0, 100.0));
    bars.line_width_px = custom.number("lineWidth").map_or(bars.line_width_px, |width| width.clamp(0.0, 20.0));
    bars.stack = custom.object("stacking").and_then(|s| stack_from(&s)).unwrap_or(bars.stack);
    read_axis(custom, &mut bars.axis);
    custom.flag_into("axisGridShow", &mut bars.has_grid);
    custom.ignore(&["hideFrom"]);
    if let Some(style) = custom.object("thresholdsStyle") {
        // `off` is what a file says that asks for nothing.
        style.word("mode", &[("off", ())]);
        style.finish();
    }
}

/// What bar charts and histograms say about their axis of values.
pub(super) fn read_axis(custom: &Reader<'_>, axis: &mut AxisOptions) {
    custom.text_into("axisLabel", &mut axis.label);
    custom.number_into("axisSoftMin", &mut axis.soft_min);
    custom.number_into("axisSoftMax", &mut axis.soft_max);
    axis.is_hidden = custom
        .word(
            "axisPlacement",
            &[
                ("auto", AxisSide::Left),
                ("left", AxisSide::Left),
                ("bottom", AxisSide::Left),
                ("hidden", AxisSide::Hidden),
            ],
        )
        .is_some_and(|side| side == AxisSide::Hidden);
    if let Some(scale) = custom.object("scaleDistribution") {
        let is_log = scale.word("type", &[("linear", false), ("log", true)]).unwrap_or_default();
        let base = scale.number("log").filter(|base| *base > 1.0).unwrap_or(10.0);
        if is_log {
            axis.scale = AxisScale::Log { base };
        }
        scale.ignore(&["linearThreshold"]);
        scale.finish();
    }
}
