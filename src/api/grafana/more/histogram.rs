//! The options of a histogram.

use super::{
    bar_chart::read_axis,
    read_panel,
    shown::{custom, legend, tooltip},
};
use crate::{
    api::grafana::{field::stack_from, irrelevant},
    model::{
        dashboard::{AxisOptions, LegendOptions, PanelDocument, StackMode, TooltipOptions},
        notice::Notice,
    },
};

#[derive(Debug, Clone, PartialEq)]
pub struct HistogramOptions {
    /// Width of a bucket; `None`: from the data.
    pub bucket_size: Option<f64>,
    /// About how many buckets there are where their width comes from the data.
    pub bucket_count: u32,
    /// Where a bucket begins.
    pub bucket_offset: f64,
    /// All series count into the same bars.
    pub is_combined: bool,
    pub stack: StackMode,
    pub fill_percent: f64,
    pub line_width_px: f64,
    pub axis: AxisOptions,
    pub legend: LegendOptions,
    pub tooltip: TooltipOptions,
}

/// Grafana's.
const BUCKET_COUNT: u32 = 30;

impl Default for HistogramOptions {
    fn default() -> Self {
        Self {
            bucket_size: None,
            bucket_count: BUCKET_COUNT,
            bucket_offset: 0.0,
            is_combined: false,
            stack: StackMode::None,
            fill_percent: 80.0,
            line_width_px: 1.0,
            axis: AxisOptions::default(),
            legend: LegendOptions::default(),
            tooltip: TooltipOptions::default(),
        }
    }
}

pub fn histogram_from(document: &PanelDocument) -> (HistogramOptions, Vec<Notice>) {
    let read = read_panel(document, |panel| {
        let mut histogram = HistogramOptions::default();
        if let Some(custom) = custom(panel) {
            let percent = |fill: f64| fill.clamp(0.0, 100.0);
            histogram.fill_percent = custom.number("fillOpacity").map_or(histogram.fill_percent, percent);
            histogram.line_width_px =
                custom.number("lineWidth").map_or(histogram.line_width_px, |width| width.clamp(0.0, 20.0));
            histogram.stack = custom.object("stacking").and_then(|s| stack_from(&s)).unwrap_or_default();
            read_axis(&custom, &mut histogram.axis);
            custom.ignore(&["hideFrom"]);
            custom.finish_with_defaults(irrelevant::CUSTOM_DEFAULTS);
        }
        let Some(options) = panel.object("options") else { return histogram };
        histogram.bucket_size = options.number("bucketSize").filter(|size| *size > 0.0);
        histogram.bucket_count =
            options.count("bucketCount").filter(|count| *count > 0).map_or(BUCKET_COUNT, |count| count.min(500));
        histogram.bucket_offset = options.number("bucketOffset").unwrap_or_default();
        options.flag_into("combine", &mut histogram.is_combined);
        histogram.legend = legend(&options);
        histogram.tooltip = tooltip(&options);
        options.finish();
        histogram
    });
    read.unwrap_or_default()
}
