//! The options of a pie chart: Grafana's own panel, and the plug-in that came before it.

use super::{
    read_panel,
    shown::{ShownValues, TextSizes, custom, tooltip},
};
use crate::{
    api::grafana::{irrelevant, options::legend_from, read::Reader},
    model::{
        dashboard::{FieldOptions, LegendOptions, LegendPlacement, PanelDocument, Reducer, TooltipOptions},
        notice::Notice,
    },
};

#[derive(Debug, Clone, PartialEq)]
pub struct PieOptions {
    pub shown: ShownValues,
    pub is_donut: bool,
    pub labels: PieTexts,
    pub sort: PieSort,
    pub legend: LegendOptions,
    /// What the legend says beside the names.
    pub legend_texts: PieTexts,
    pub tooltip: TooltipOptions,
    pub text: TextSizes,
    /// Slices smaller than this part of the whole are shown as one.
    pub least_ratio: f64,
    /// The name of the slice of small ones.
    pub others_name: Option<String>,
}

/// What is written of a slice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PieTexts {
    pub has_name: bool,
    pub has_value: bool,
    pub has_percent: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PieSort {
    #[default]
    Descending,
    Ascending,
    /// As the series come.
    None,
}

impl Default for PieOptions {
    fn default() -> Self {
        Self {
            shown: ShownValues::default(),
            is_donut: false,
            labels: PieTexts::default(),
            sort: PieSort::default(),
            legend: LegendOptions::default(),
            legend_texts: PieTexts::default(),
            tooltip: TooltipOptions::default(),
            text: TextSizes::default(),
            least_ratio: 0.0,
            others_name: None,
        }
    }
}

const SORTS: &[(&str, PieSort)] =
    &[("desc", PieSort::Descending), ("asc", PieSort::Ascending), ("none", PieSort::None)];

/// The options with what is remarkable about them; `field` takes what old files kept among them.
pub fn pie_from(document: &PanelDocument, field: &mut FieldOptions) -> (PieOptions, Vec<Notice>) {
    let read = read_panel(document, |panel| {
        if panel.filled_text("type") == Some("grafana-piechart-panel") {
            return plug_in_from(panel, field);
        }
        let mut pie = PieOptions::default();
        if let Some(custom) = custom(panel) {
            custom.ignore(&["hideFrom"]);
            custom.finish();
        }
        let Some(options) = panel.object("options") else { return pie };
        pie.shown.read(&options, field);
        options.word_into("pieType", &[("pie", false), ("donut", true)], &mut pie.is_donut);
        pie.labels = texts_from(&options, "displayLabels");
        options.word_into("sort", SORTS, &mut pie.sort);
        if let Some(reader) = options.object("legend") {
            pie.legend_texts = texts_from(&reader, "values");
            pie.legend = legend_from(&reader);
            reader.finish();
        }
        pie.tooltip = tooltip(&options);
        pie.text = TextSizes::read(&options);
        options.finish();
        pie
    });
    read.unwrap_or_default()
}

fn texts_from(reader: &Reader<'_>, key: &str) -> PieTexts {
    let mut texts = PieTexts::default();
    for word in reader.texts(key) {
        match word {
            "name" => texts.has_name = true,
            "value" => texts.has_value = true,
            "percent" => texts.has_percent = true,
            other => reader.info(key, &["\u{201c}", other, "\u{201d} is not supported. Known: name, value, percent"]),
        }
    }
    texts
}

/// The keys of every panel: what they mean is read, and remarked on, where all panels are.
const OF_EVERY_PANEL: &[&str] = &[
    "alert",
    "aliasColors",
    "datasource",
    "description",
    "fieldConfig",
    "gridPos",
    "height",
    "id",
    "interval",
    "libraryPanel",
    "links",
    "maxDataPoints",
    "options",
    "repeat",
    "span",
    "targets",
    "timeFrom",
    "timeShift",
    "title",
    "transformations",
    "type",
];

/// How `grafana-piechart-panel` spelled it, from Grafana 3 to 7: beside the keys that every panel has.
fn plug_in_from(panel: &Reader<'_>, field: &mut FieldOptions) -> PieOptions {
    let mut pie = PieOptions::default();
    panel.ignore(irrelevant::PANEL);
    panel.ignore(OF_EVERY_PANEL);
    panel.ignore(&["breakPoint", "fontSize", "maxDataPoints", "nullPointMode", "percentageDecimals", "strokeWidth"]);
    panel.word_into("pieType", &[("pie", false), ("donut", true)], &mut pie.is_donut);
    panel.unit_into("format", &mut field.unit);
    panel.count_into("decimals", &mut field.decimals);
    panel.text_into("nullText", &mut field.no_value);
    pie.shown.reducer = panel.filled_text("valueName").and_then(Reducer::from_id).unwrap_or_default();
    let placement = panel.word(
        "legendType",
        &[
            ("Under graph", LegendPlacement::Bottom),
            ("Right side", LegendPlacement::Right),
            ("On graph", LegendPlacement::Hidden),
        ],
    );
    pie.legend.placement = placement.unwrap_or_default();
    let is_on_graph = placement == Some(LegendPlacement::Hidden);
    if let Some(legend) = panel.object("legend") {
        if legend.flag("show") == Some(false) {
            pie.legend.placement = LegendPlacement::Hidden;
        }
        pie.legend_texts =
            PieTexts { has_name: false, has_value: legend.is_on("values"), has_percent: legend.is_on("percentage") };
        pie.legend.is_table = pie.legend_texts.has_value || pie.legend_texts.has_percent;
        // Slices were sorted as their legend was.
        let is_sorted = legend.filled_text("sort").is_some();
        pie.sort = match (is_sorted, legend.is_on("sortDesc")) {
            (false, _) => PieSort::None,
            (true, true) => PieSort::Descending,
            (true, false) => PieSort::Ascending,
        };
        legend.ignore(&["header", "percentageDecimals", "sideWidth"]);
        legend.finish();
    }
    if is_on_graph {
        pie.labels = PieTexts { has_name: true, has_percent: true, has_value: false };
    }
    if let Some(combine) = panel.object("combine") {
        pie.least_ratio = combine.number("threshold").unwrap_or_default().clamp(0.0, 1.0);
        combine.text_into("label", &mut pie.others_name);
        combine.finish();
    }
    panel.finish();
    pie
}
