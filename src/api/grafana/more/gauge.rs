//! The options of a gauge.

use super::{
    super::options::{ORIENTATIONS, TEXT_MODES},
    read_panel,
    shown::{ShownValues, TextSizes, custom, least_px},
};
use crate::model::{
    dashboard::{FieldOptions, Orientation, PanelDocument, StatTextMode},
    notice::Notice,
};

#[derive(Debug, Clone, PartialEq)]
pub struct GaugeOptions {
    pub shown: ShownValues,
    pub orientation: Orientation,
    /// The ring of the thresholds' colours around the arc.
    pub has_threshold_band: bool,
    pub has_threshold_labels: bool,
    /// All around, not an arc that is open below.
    pub is_circle: bool,
    /// The arc's thickness as a part of the radius.
    pub bar_width_ratio: Option<f64>,
    /// Where the bar starts from; `None` is the smallest value.
    pub neutral: Option<f64>,
    pub text_mode: StatTextMode,
    pub text: TextSizes,
    pub least_width_px: Option<f64>,
    pub least_height_px: Option<f64>,
}

impl Default for GaugeOptions {
    fn default() -> Self {
        Self {
            shown: ShownValues::default(),
            orientation: Orientation::Auto,
            has_threshold_band: true,
            has_threshold_labels: false,
            is_circle: false,
            bar_width_ratio: None,
            neutral: None,
            text_mode: StatTextMode::Auto,
            text: TextSizes::default(),
            least_width_px: None,
            least_height_px: None,
        }
    }
}

/// How the newest gauge decorates itself where nobody asked for anything else.
const DEFAULTS: &[(&str, &str)] =
    &[("barShape", "flat"), ("segmentCount", "1"), ("segmentSpacing", "0.3"), ("endpointMarker", "point")];

/// The options with what is remarkable about them; `field` takes what old files kept among them.
pub fn gauge_from(document: &PanelDocument, field: &mut FieldOptions) -> (GaugeOptions, Vec<Notice>) {
    let read = read_panel(document, |panel| {
        let mut gauge = GaugeOptions::default();
        if let Some(custom) = custom(panel) {
            custom.number_into("neutral", &mut gauge.neutral);
            custom.ignore(&["hideFrom"]);
            custom.finish();
        }
        let Some(options) = panel.object("options") else { return gauge };
        gauge.shown.read(&options, field);
        options.word_into("orientation", ORIENTATIONS, &mut gauge.orientation);
        options.flag_into("showThresholdMarkers", &mut gauge.has_threshold_band);
        options.flag_into("showThresholdLabels", &mut gauge.has_threshold_labels);
        options.word_into("shape", &[("gauge", false), ("circle", true)], &mut gauge.is_circle);
        options.number_into("barWidthFactor", &mut gauge.bar_width_ratio);
        gauge.bar_width_ratio = gauge.bar_width_ratio.map(|ratio| ratio.clamp(0.1, 1.0));
        options.number_into("neutral", &mut gauge.neutral);
        options.word_into("textMode", TEXT_MODES, &mut gauge.text_mode);
        gauge.text = TextSizes::read(&options);
        gauge.least_width_px = least_px(&options, "minVizWidth");
        gauge.least_height_px = least_px(&options, "minVizHeight");
        options.ignore(&["baseColor"]);
        options.finish_with_defaults(DEFAULTS);
        gauge
    });
    read.unwrap_or_default()
}
