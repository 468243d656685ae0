//! What the kinds that show single numbers have in common: which numbers those are, and how large their texts.

use crate::{
    analysis::table::pattern::understand,
    api::grafana::{
        field::{based, colour_from, mappings_from, pattern_matcher},
        options::{legend_from, reducer_from, reducers_from, tooltip_from},
        read::Reader,
    },
    model::dashboard::{
        FieldMatcher, FieldOptions, Hue, LegendOptions, PanelColour, Reducer, ThresholdStep, TooltipOptions,
    },
};

/// Which numbers of a series are shown.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ShownValues {
    pub reducer: Reducer,
    /// Every sample of each series, rather than one number out of it.
    pub shows_all: bool,
    /// At most so many numbers with `shows_all`.
    pub limit: Option<u32>,
    /// Only the series that this covers.
    pub series: Option<FieldMatcher>,
    /// Written before and after each number.
    pub prefix: Option<String>,
    pub postfix: Option<String>,
}

/// Sizes of text that the file asks for; `None`: as large as fits.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct TextSizes {
    pub title_px: Option<f64>,
    pub value_px: Option<f64>,
}

impl ShownValues {
    /// `options.reduceOptions`, or the places where Grafana 6 kept the same.
    pub(super) fn read(&mut self, options: &Reader<'_>, field: &mut FieldOptions) {
        self.read_grafana_6(options, field);
        if let Some(reduce) = options.object("reduceOptions") {
            self.read_reduce(&reduce);
            reduce.finish();
        }
    }

    fn read_reduce(&mut self, reduce: &Reader<'_>) {
        let calcs = reducers_from(reduce, "calcs");
        self.reducer = calcs.first().copied().unwrap_or(self.reducer);
        if calcs.len() > 1 {
            reduce.warn("calcs", &["one calculation is shown; the first is used"]);
        }
        reduce.flag_into("values", &mut self.shows_all);
        reduce.count_into("limit", &mut self.limit);
        if let Some(pattern) = reduce.filled_text("fields").filter(|pattern| *pattern != "/.*/") {
            let mut matcher = pattern_matcher(pattern);
            if understand(&mut matcher) {
                self.series = Some(matcher);
            } else {
                reduce.warn("fields", &["the pattern \u{201c}", pattern, "\u{201d} is not supported; all are shown"]);
            }
        }
    }

    /// `fieldOptions` (6.2 to 6.7), `valueOptions` and what stood beside it (6.0 and 6.1).
    fn read_grafana_6(&mut self, options: &Reader<'_>, field: &mut FieldOptions) {
        if let Some(old) = options.object("fieldOptions") {
            self.read_reduce(&old);
            read_old_field(&old, field);
            old.ignore(&["defaults", "override", "overrides"]);
            old.finish();
        }
        if let Some(old) = options.object("valueOptions") {
            self.read_value_options(&old, field);
            old.finish();
        }
        self.read_value_options(options, field);
        read_old_field(options, field);
        options.number_into("minValue", &mut field.min);
        options.number_into("maxValue", &mut field.max);
    }

    fn read_value_options(&mut self, old: &Reader<'_>, field: &mut FieldOptions) {
        if let Some(found) = old.filled_text("stat").and_then(|id| reducer_from(old, "stat", id)) {
            self.reducer = found;
        }
        old.unit_into("unit", &mut field.unit);
        old.count_into("decimals", &mut field.decimals);
        old.text_into("prefix", &mut self.prefix);
        // Numbers and what follows them have a space between them anyway.
        self.postfix = old.filled_text("suffix").map(|suffix| suffix.trim().to_owned()).or(self.postfix.take());
    }
}

fn read_old_field(old: &Reader<'_>, field: &mut FieldOptions) {
    let step = |entry: Reader<'_>| {
        entry.ignore(&["index"]);
        let value = entry.number("value").unwrap_or(f64::NEG_INFINITY);
        let colour = entry.text("color").and_then(colour_from);
        entry.finish();
        ThresholdStep { value, colour: colour.unwrap_or(PanelColour::named(Hue::Grey)) }
    };
    let steps: Vec<ThresholdStep> = old.objects("thresholds").into_iter().map(step).collect();
    if !steps.is_empty() {
        field.thresholds.steps = based(steps);
    }
    field.mappings.extend(mappings_from(old, "mappings"));
    field.mappings.extend(mappings_from(old, "valueMappings"));
}

impl TextSizes {
    pub(super) fn read(options: &Reader<'_>) -> Self {
        let Some(text) = options.object("text") else { return Self::default() };
        let size = |key: &str| text.number(key).filter(|size| *size > 0.0).map(|size| size.clamp(6.0, 200.0));
        let sizes = Self { title_px: size("titleSize"), value_px: size("valueSize") };
        text.finish();
        sizes
    }
}

/// The least size of one item with `sizing: manual`.
pub(super) fn least_px(options: &Reader<'_>, key: &str) -> Option<f64> {
    let is_manual = options.filled_text("sizing") == Some("manual");
    options.number(key).filter(|size| is_manual && *size > 0.0).map(|size| size.clamp(8.0, 2_000.0))
}

/// The panel's legend; hidden where `hidden` is what its absence means.
pub(super) fn legend(options: &Reader<'_>) -> LegendOptions {
    options
        .object("legend")
        .map(|reader| {
            let legend = legend_from(&reader);
            reader.finish();
            legend
        })
        .unwrap_or_default()
}

pub(super) fn tooltip(options: &Reader<'_>) -> TooltipOptions {
    options
        .object("tooltip")
        .map(|reader| {
            let tooltip = tooltip_from(&reader);
            reader.ignore(&["maxHeight", "maxWidth"]);
            reader.finish();
            tooltip
        })
        .unwrap_or_default()
}

/// `fieldConfig.defaults.custom`: what the kind keeps among the options of fields.
pub(super) fn custom<'a>(panel: &Reader<'a>) -> Option<Reader<'a>> {
    panel.object("fieldConfig")?.object("defaults")?.object("custom")
}
