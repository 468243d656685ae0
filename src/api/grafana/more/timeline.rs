//! State timelines and status histories.

use super::{super::read::Reader, fields::config_from, finish_panel, read_panel, transforms::steps_from};
use crate::{
    analysis::{
        states::Shape,
        table::{
            field::{Align, FieldConfig},
            transform::Step,
        },
    },
    model::{
        dashboard::{PanelDocument, TooltipMode, TooltipSort},
        notice::Notice,
    },
};

/// What a timeline's file says.
#[derive(Debug, Clone, PartialEq)]
pub struct TimelinePanel {
    pub shape: Shape,
    pub shows_value: ShowValue,
    pub align: Align,
    /// Part of a lane that its spans fill.
    pub row_height_ratio: f64,
    pub has_legend: bool,
    pub tooltip: TooltipMode,
    pub tooltip_sort: TooltipSort,
    pub lanes_per_page: Option<usize>,
    pub fields: FieldConfig,
    pub steps: Vec<Step>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum ShowValue {
    /// Where it fits.
    #[default]
    Auto,
    Always,
    Never,
}

/// Grafana's own, where the file does not say.
const ROW_HEIGHT_RATIO: f64 = 0.9;

impl TimelinePanel {
    fn new(shape: Shape) -> Self {
        Self {
            shape,
            shows_value: ShowValue::Auto,
            align: Align::Start,
            row_height_ratio: ROW_HEIGHT_RATIO,
            has_legend: true,
            tooltip: TooltipMode::Single,
            tooltip_sort: TooltipSort::None,
            lanes_per_page: None,
            fields: FieldConfig::default(),
            steps: Vec::new(),
        }
    }
}

pub fn timeline_panel(document: &PanelDocument, is_history: bool) -> (TimelinePanel, Vec<Notice>) {
    let shape = if is_history { Shape::History { width_ratio: 0.9 } } else { Shape::Timeline { merges_equal: true } };
    let read = read_panel(document, |panel| {
        let mut timeline =
            TimelinePanel { fields: config_from(panel), steps: steps_from(panel), ..TimelinePanel::new(shape) };
        if let Some(options) = panel.object("options") {
            options_from(&options, &mut timeline);
            options.finish();
        }
        let overrides = timeline.fields.overrides.iter().map(|over| &over.options);
        if std::iter::once(&timeline.fields.defaults).chain(overrides).any(|options| options.links.is_some()) {
            panel.info("fieldConfig", &["values lead nowhere in this kind of panel"]);
        }
        finish_panel(panel);
        timeline
    });
    read.unwrap_or_else(|| (TimelinePanel::new(shape), Vec::new()))
}

fn options_from(options: &Reader<'_>, timeline: &mut TimelinePanel) {
    match &mut timeline.shape {
        Shape::Timeline { merges_equal } => options.flag_into("mergeValues", merges_equal),
        Shape::History { width_ratio } => {
            *width_ratio = options.number("colWidth").unwrap_or(*width_ratio).clamp(0.05, 1.0);
            // Of a file that was a state timeline before.
            options.ignore(&["mergeValues"]);
        }
    }
    options.word_into(
        "showValue",
        &[("auto", ShowValue::Auto), ("always", ShowValue::Always), ("never", ShowValue::Never)],
        &mut timeline.shows_value,
    );
    options.word_into(
        "alignValue",
        &[("left", Align::Start), ("center", Align::Centre), ("right", Align::End)],
        &mut timeline.align,
    );
    if let Some(ratio) = options.number("rowHeight") {
        timeline.row_height_ratio = ratio.clamp(0.05, 1.0);
    }
    timeline.lanes_per_page = options.number("perPage").filter(|lanes| *lanes >= 1.0).map(|lanes| lanes as usize);
    if let Some(legend) = options.object("legend") {
        let is_hidden = legend.filled_text("displayMode") == Some("hidden");
        timeline.has_legend = legend.flag("showLegend").unwrap_or(!is_hidden);
        if legend.filled_text("placement") == Some("right") {
            legend.info("placement", &["the states stand below the lanes"]);
        }
        legend.ignore(&["calcs", "displayMode", "placement"]);
        legend.finish();
    }
    if let Some(tooltip) = options.object("tooltip") {
        tooltip.word_into(
            "mode",
            &[("multi", TooltipMode::All), ("single", TooltipMode::Single), ("none", TooltipMode::Hidden)],
            &mut timeline.tooltip,
        );
        tooltip.word_into(
            "sort",
            &[("none", TooltipSort::None), ("asc", TooltipSort::Ascending), ("desc", TooltipSort::Descending)],
            &mut timeline.tooltip_sort,
        );
        tooltip.ignore(&["maxHeight", "maxWidth", "hideZeros"]);
        tooltip.finish();
    }
    options.ignore(&["timezone", "annotations"]);
}
