//! `fieldConfig` as tables and timelines read it: of every type of column, with everything that an override may say.

use super::super::{
    field::{colour_from, field_colour_from, links_from, thresholds_from},
    read::Reader,
};
use crate::{
    analysis::table::{
        CellType,
        field::{Align, CellStyle, FieldConfig, GaugeMode, GaugeValue, Mapping, Match, Matcher, Options, Override},
        pattern::Pattern,
    },
    api::json::Value,
    base::number,
    model::dashboard::{NullMode, PanelColour, Reducer},
};

/// Stated values that ask for nothing.
const CUSTOM_DEFAULTS: &[(&str, &str)] = &[("axisPlacement", "auto"), ("axisColorMode", "text")];

pub(super) fn config_from(panel: &Reader<'_>) -> FieldConfig {
    let Some(config) = panel.object("fieldConfig") else { return FieldConfig::default() };
    let mut fields = FieldConfig::default();
    if let Some(defaults) = config.object("defaults") {
        for key in defaults.keys().filter(|key| *key != "custom") {
            apply(key, &defaults, key, &mut fields.defaults);
        }
        if let Some(custom) = defaults.object("custom") {
            for key in custom.keys() {
                apply(&format!("custom.{key}"), &custom, key, &mut fields.defaults);
            }
            custom.finish_with_defaults(CUSTOM_DEFAULTS);
        }
        defaults.finish();
    }
    for entry in config.objects("overrides") {
        entry.ignore(&["__systemRef"]);
        let Some(matcher) = entry.object("matcher") else {
            entry.warn("matcher", &["an override without a matcher is ignored"]);
            entry.ignore_all();
            continue;
        };
        let found = matcher_from(&matcher);
        matcher.ignore(&["scope"]);
        let Some(matcher_found) = found else {
            entry.ignore_all();
            continue;
        };
        matcher.finish();
        let mut options = Options::default();
        for property in entry.objects("properties") {
            let id = property.filled_text("id").unwrap_or_default();
            if !apply(id, &property, "value", &mut options) {
                property.info("id", &["\u{201c}", id, "\u{201d} cannot be overridden here; ignored"]);
                property.ignore(&["value"]);
            }
            property.finish();
        }
        fields.overrides.push(Override { matcher: matcher_found, options });
        entry.finish();
    }
    config.finish();
    fields
}

/// A pattern of the file; one that is not understood is remarked on.
pub(super) fn pattern_from(reader: &Reader<'_>, key: &str, read: fn(&str) -> Option<Pattern>) -> Option<Pattern> {
    let text = reader.filled_text(key)?;
    let pattern = read(text);
    if pattern.is_none() {
        reader.warn(key, &["the pattern \u{201c}", text, "\u{201d} is not understood; ignored"]);
    }
    pattern
}

fn matcher_from(matcher: &Reader<'_>) -> Option<Matcher> {
    let one = |name: &str| Matcher::Names { names: vec![name.to_owned()], is_exclusive: false };
    match matcher.filled_text("id") {
        Some("byName") => matcher.text("options").map(one),
        Some("byRegexp") => pattern_from(matcher, "options", Pattern::new).map(Matcher::Matches),
        Some("byFrameRefID") => matcher.text("options").map(|query| Matcher::Query(query.to_owned())),
        Some("byType") => {
            let kind = matcher.word(
                "options",
                &[
                    ("number", CellType::Number),
                    ("string", CellType::Text),
                    ("time", CellType::Time),
                    ("frame", CellType::Trend),
                ],
            );
            kind.map(Matcher::Type)
        }
        Some("byNames") => {
            let options = matcher.object("options")?;
            let is_exclusive = options.text("mode") == Some("exclude");
            options.ignore(&["prefix", "readOnly"]);
            let names = options.texts("names").into_iter().map(str::to_owned).collect();
            options.finish();
            Some(Matcher::Names { names, is_exclusive })
        }
        other => {
            let other = other.unwrap_or_default();
            matcher.warn("id", &["the matcher \u{201c}", other, "\u{201d} is not supported; override ignored"]);
            None
        }
    }
}

/// Takes over what stands under a key; says whether it is an option that is known.
fn apply(id: &str, reader: &Reader<'_>, key: &str, options: &mut Options) -> bool {
    match id {
        "unit" => options.unit = reader.filled_text(key).map(str::to_owned),
        "decimals" => options.decimals = reader.count(key),
        "min" => options.min = reader.number(key),
        "max" => options.max = reader.number(key),
        "fieldMinMax" => options.has_own_extent = reader.flag(key),
        "displayName" => options.display_name = reader.owned_text(key),
        "noValue" => options.no_value = reader.text(key).map(str::to_owned),
        "thresholds" => options.thresholds = reader.object(key).map(|value| thresholds_from(&value)),
        "color" => options.colour = reader.object(key).map(|value| field_colour_from(&value)),
        "mappings" => options.mappings = reader.value(key).map(|_| mappings_from(reader, key)),
        "links" => options.links = reader.value(key).map(|_| links_from(reader, key)),
        "custom.align" => options.align = reader.word(key, ALIGNS),
        "custom.width" => options.width_px = reader.number(key).filter(|width| *width > 0.0),
        "custom.minWidth" => options.min_width_px = reader.number(key).filter(|width| *width > 0.0),
        "custom.filterable" | "filterable" => options.is_filterable = reader.flag(key),
        "custom.hidden" => options.is_hidden = reader.flag(key),
        "custom.hideFrom" => {
            options.is_hidden = reader.object(key).and_then(|value| {
                value.ignore(&["legend", "tooltip"]);
                let is_hidden = value.flag("viz");
                value.finish();
                is_hidden
            });
        }
        "custom.displayMode" => options.cell = reader.filled_text(key).and_then(|mode| old_style(reader, key, mode)),
        "custom.cellOptions" => {
            if let Some(cell) = reader.object(key) {
                options.cell = style_from(&cell);
                options.is_wrapped = cell.flag("wrapText").or(options.is_wrapped);
                cell.finish_with_defaults(SPARKLINE_DEFAULTS);
            }
        }
        "custom.wrapText" => options.is_wrapped = reader.flag(key),
        "custom.wrapHeaderText" => options.is_head_wrapped = reader.flag(key),
        "custom.footer" => {
            if let Some(footer) = reader.object(key) {
                options.footer = Some(reducers_from(&footer, "reducers"));
                footer.finish();
            }
        }
        "custom.lineWidth" => options.line_width_px = reader.number(key).map(|width| width.clamp(0.0, 20.0)),
        "custom.fillOpacity" => options.fill_percent = reader.number(key).map(|fill| fill.clamp(0.0, 100.0)),
        "custom.spanNulls" => {
            options.nulls = reader.value(key).map(|value| match value {
                Value::Bool(true) => NullMode::Connect,
                Value::Number(_) => {
                    NullMode::ConnectBelow { gap_ms: value.as_f64().unwrap_or_default().max(0.0) as i64 }
                }
                _ => NullMode::Gap,
            });
        }
        "custom.insertNulls" => {
            let value = reader.value(key).and_then(Value::as_f64);
            options.insert_nulls_ms = value.map(|gap| gap.max(0.0) as i64);
        }
        // What a value is in full is said when one points at it.
        "custom.inspect" | "description" | "displayNameFromDS" | "unitScale" | "custom.tooltip" => {
            reader.ignore(&[key]);
        }
        _ => return false,
    }
    true
}

const ALIGNS: &[(&str, Align)] = &[
    ("auto", Align::Auto),
    ("left", Align::Start),
    ("center", Align::Centre),
    ("right", Align::End),
    ("", Align::Auto),
];

/// What Grafana states of every sparkline in a cell.
const SPARKLINE_DEFAULTS: &[(&str, &str)] = &[
    ("axisBorderShow", "false"),
    ("axisCenteredZero", "false"),
    ("axisColorMode", "text"),
    ("axisLabel", ""),
    ("axisPlacement", "auto"),
    ("barAlignment", "0"),
    ("barWidthFactor", "0.6"),
    ("drawStyle", "line"),
    ("fillOpacity", "0"),
    ("gradientMode", "none"),
    ("insertNulls", "false"),
    ("lineInterpolation", "linear"),
    ("lineWidth", "1"),
    ("pointSize", "5"),
    ("showPoints", "auto"),
    ("spanNulls", "false"),
];

fn style_from(cell: &Reader<'_>) -> Option<CellStyle> {
    let kind = cell.filled_text("type").unwrap_or("auto");
    Some(match kind {
        "auto" => CellStyle::Auto,
        "color-text" => CellStyle::ColourText,
        "color-background" => CellStyle::ColourBackground {
            is_gradient: cell.word("mode", &[("basic", false), ("gradient", true)]).unwrap_or(true),
            is_row: cell.is_on("applyToRow"),
        },
        "gauge" => CellStyle::Gauge {
            mode: cell.word("mode", GAUGE_MODES).unwrap_or(GaugeMode::Gradient),
            value: cell
                .word(
                    "valueDisplayMode",
                    &[("color", GaugeValue::Coloured), ("text", GaugeValue::Plain), ("hidden", GaugeValue::Hidden)],
                )
                .unwrap_or_default(),
        },
        "sparkline" => {
            cell.ignore(&["hideFrom", "lineStyle", "scaleDistribution", "stacking", "thresholdsStyle", "type"]);
            CellStyle::Trend { hides_value: cell.is_on("hideValue") }
        }
        "json-view" => CellStyle::Json,
        "data-links" => CellStyle::Links,
        other => {
            cell.info("type", &["cells of the kind \u{201c}", other, "\u{201d} are not supported; the value is shown"]);
            cell.ignore_all();
            return None;
        }
    })
}

const GAUGE_MODES: &[(&str, GaugeMode)] =
    &[("basic", GaugeMode::Basic), ("gradient", GaugeMode::Gradient), ("lcd", GaugeMode::Segments)];

/// Grafana 7 and 8 had one word for all.
fn old_style(reader: &Reader<'_>, key: &str, mode: &str) -> Option<CellStyle> {
    let gauge = |mode: GaugeMode| CellStyle::Gauge { mode, value: GaugeValue::Coloured };
    Some(match mode {
        "auto" => CellStyle::Auto,
        "color-text" => CellStyle::ColourText,
        "color-background" => CellStyle::ColourBackground { is_gradient: true, is_row: false },
        "color-background-solid" => CellStyle::ColourBackground { is_gradient: false, is_row: false },
        "basic" => gauge(GaugeMode::Basic),
        "gradient-gauge" => gauge(GaugeMode::Gradient),
        "lcd-gauge" => gauge(GaugeMode::Segments),
        "json-view" => CellStyle::Json,
        other => {
            reader.info(key, &["cells of the kind \u{201c}", other, "\u{201d} are not supported; the value is shown"]);
            return None;
        }
    })
}

pub(super) fn reducers_from(reader: &Reader<'_>, key: &str) -> Vec<Reducer> {
    reader.texts(key).into_iter().filter_map(|id| reducer_from(reader, key, id)).collect()
}

/// A calculation by its id; one that is not known is remarked on.
pub(super) fn reducer_from(reader: &Reader<'_>, key: &str, id: &str) -> Option<Reducer> {
    let found = Reducer::from_id(id);
    if found.is_none() {
        reader.warn(key, &["the calculation \u{201c}", id, "\u{201d} is not supported; left out"]);
    }
    found
}

/// New mappings (`type` is a word and `options` an object) and old ones (`type` is 1 or 2).
pub(super) fn mappings_from(parent: &Reader<'_>, key: &str) -> Vec<Mapping> {
    let mut mappings = Vec::new();
    for entry in parent.objects(key) {
        entry.ignore(&["id", "operator", "op"]);
        match entry.value("type") {
            Some(Value::String(kind)) if kind.parse::<u8>().is_err() => new_mapping(&entry, kind, &mut mappings),
            _ => mappings.extend(old_mapping(&entry)),
        }
        entry.finish();
    }
    mappings
}

fn result_from(reader: &Reader<'_>) -> (Option<String>, Option<PanelColour>) {
    reader.ignore(&["index", "icon"]);
    let colour = reader.filled_text("color").and_then(|name| {
        let colour = colour_from(name);
        if colour.is_none() {
            reader.info("color", &["the colour is not known; none is used"]);
        }
        colour
    });
    let found = (reader.owned_text("text"), colour);
    reader.finish();
    found
}

fn new_mapping(entry: &Reader<'_>, kind: &str, mappings: &mut Vec<Mapping>) {
    let Some(options) = entry.object("options") else { return };
    if kind == "value" {
        // In the order that the file numbers them.
        let mut found: Vec<(f64, Mapping)> = Vec::new();
        for key in options.keys() {
            let Some(reader) = options.object(key) else { continue };
            let index = reader.number("index").unwrap_or(0.0);
            let (text, colour) = result_from(&reader);
            found.push((index, Mapping { matches: Match::Value(key.to_owned()), text, colour }));
        }
        crate::base::order::sort_by(&mut found, |a, b| a.0.total_cmp(&b.0));
        mappings.extend(found.into_iter().map(|(_, mapping)| mapping));
        options.finish();
        return;
    }
    let matches = match kind {
        "range" => Some(Match::Range {
            from: options.number("from").unwrap_or(f64::NEG_INFINITY),
            to: options.number("to").unwrap_or(f64::INFINITY),
        }),
        "regex" => pattern_from(&options, "pattern", Pattern::new).map(Match::Pattern),
        "special" => match options.filled_text("match") {
            Some("null") => Some(Match::Null),
            Some("nan") => Some(Match::NaN),
            Some("null+nan") => Some(Match::NullOrNaN),
            Some("true") => Some(Match::Value("true".to_owned())),
            Some("false") => Some(Match::Value("false".to_owned())),
            Some("empty") => Some(Match::Empty),
            other => {
                let other = other.unwrap_or_default();
                options.info("match", &["\u{201c}", other, "\u{201d} is not supported; the mapping never applies"]);
                None
            }
        },
        other => {
            entry.info("type", &["mappings of the kind \u{201c}", other, "\u{201d} are not supported"]);
            options.ignore_all();
            None
        }
    };
    let (text, colour) = options.object("result").map_or((None, None), |result| result_from(&result));
    mappings.extend(matches.map(|matches| Mapping { matches, text, colour }));
    options.finish();
}

fn old_mapping(entry: &Reader<'_>) -> Option<Mapping> {
    let text = entry.owned_text("text");
    let is_range = entry.number("type") == Some(2.0) || (entry.has("from") && !entry.has("value"));
    let written = |key: &str| entry.text(key).map(str::trim).filter(|text| !text.is_empty());
    let matches = if is_range {
        let end = |key: &str, missing: f64| written(key).and_then(number::parse).unwrap_or(missing);
        if written("from") == Some("null") {
            Match::Null
        } else {
            Match::Range { from: end("from", f64::NEG_INFINITY), to: end("to", f64::INFINITY) }
        }
    } else {
        match written("value") {
            Some("null") => Match::Null,
            Some(value) => Match::Value(value.to_owned()),
            None => {
                entry.info("value", &["there is none; the mapping never applies"]);
                return None;
            }
        }
    };
    entry.ignore(&["from", "to", "value"]);
    Some(Mapping { matches, text, colour: None })
}
