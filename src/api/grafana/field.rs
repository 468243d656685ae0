//! `fieldConfig`: units, bounds, thresholds, mappings, colours, and overrides for single series.

use super::{irrelevant, read::Reader};
use crate::{
    api::json::Value,
    base::{colour::Rgba, number},
    model::dashboard::{
        AxisSide, ColourBy, DrawStyle, FieldColour, FieldMatcher, FieldOptions, FieldOverride, Hue, LatePattern, Link,
        MappingMatch, NullMode, PanelColour, PointsMode, Shade, StackMode, ThresholdMode, ThresholdStep, Thresholds,
        ValueMapping,
    },
};

/// `fieldConfig.defaults`, or where Grafana 6 kept them. What is under `custom` is the panel kind's.
#[inline(never)]
pub(super) fn field_from(panel: &Reader<'_>) -> FieldOptions {
    let defaults = panel.object("fieldConfig").and_then(|config| {
        config.ignore(&["overrides"]);
        let defaults = config.object("defaults");
        config.finish();
        defaults
    });
    let Some(defaults) = defaults.or_else(|| grafana_6_options(panel).and_then(|o| o.object("defaults"))) else {
        return FieldOptions::default();
    };
    let mut field = FieldOptions {
        mappings: mappings_from(&defaults, "mappings"),
        links: links_from(&defaults, "links"),
        ..FieldOptions::default()
    };
    defaults.unit_into("unit", &mut field.unit);
    defaults.count_into("decimals", &mut field.decimals);
    defaults.number_into("min", &mut field.min);
    defaults.number_into("max", &mut field.max);
    defaults.text_into("noValue", &mut field.no_value);
    // The later one counts.
    defaults.text_into("title", &mut field.display_name);
    defaults.text_into("displayName", &mut field.display_name);
    if let Some(thresholds) = defaults.object("thresholds") {
        field.thresholds = thresholds_from(&thresholds);
    }
    if let Some(colour) = defaults.object("color") {
        field.colour_by = colour_by_from(&colour).unwrap_or_default();
        field.colour = field_colour_from(&colour);
    }
    defaults.ignore(&["custom", "filterable", "unitScale", "fieldMinMax", "displayNameFromDS"]);
    defaults.finish();
    field
}

/// Grafana 6 kept the fields' options among the panel's.
#[inline(never)]
pub(super) fn grafana_6_options<'a>(panel: &Reader<'a>) -> Option<Reader<'a>> {
    panel.has("options").then(|| panel.object("options"))??.object("fieldOptions")
}

#[inline(never)]
pub(super) fn thresholds_from(reader: &Reader<'_>) -> Thresholds {
    let mode = reader.word("mode", &[("absolute", ThresholdMode::Absolute), ("percentage", ThresholdMode::Percentage)]);
    let mut steps = Vec::new();
    for step in reader.objects("steps") {
        // `null` stands for negative infinity, which JSON cannot write.
        let value = step.number("value").unwrap_or(f64::NEG_INFINITY);
        let colour = step.text("color").and_then(colour_from);
        if colour.is_none() {
            step.info("color", &["the colour is not known; grey is used"]);
        }
        step.ignore(&["index", "line", "op", "state", "yaxis"]);
        step.finish();
        steps.push(ThresholdStep { value, colour: colour.unwrap_or(PanelColour::named(Hue::Grey)) });
    }
    reader.finish();
    Thresholds { mode: mode.unwrap_or_default(), steps: based(steps) }
}

/// Sorted, the first one reaching down without end: Grafana's `validateFieldConfig` sets it so whatever the file says.
pub(super) fn based(mut steps: Vec<ThresholdStep>) -> Vec<ThresholdStep> {
    crate::base::order::sort_by(&mut steps, |a, b| a.value.total_cmp(&b.value));
    if let Some(first) = steps.first_mut() {
        first.value = f64::NEG_INFINITY;
    }
    steps
}

#[inline(never)]
pub(super) fn field_colour_from(reader: &Reader<'_>) -> FieldColour {
    let fixed = reader.filled_text("fixedColor").and_then(colour_from);
    let colour = match reader.filled_text("mode") {
        None => FieldColour::Auto,
        Some("thresholds") => FieldColour::Thresholds,
        Some("palette-classic" | "palette-classic-by-name") => FieldColour::SeriesPalette,
        Some("fixed" | "shades") => fixed.map_or(FieldColour::Auto, FieldColour::Fixed),
        Some(mode) if mode.starts_with("continuous-") => FieldColour::Continuous(mode.to_owned()),
        Some(mode) => {
            reader.info("mode", &["\u{201c}", mode, "\u{201d} is not supported; the usual colours are used"]);
            FieldColour::Auto
        }
    };
    reader.ignore(&["seriesBy", "fixedColor"]);
    reader.finish();
    colour
}

/// To be read before [`field_colour_from`], which closes the reader.
fn colour_by_from(reader: &Reader<'_>) -> Option<ColourBy> {
    reader.word("seriesBy", &[("last", ColourBy::Last), ("min", ColourBy::Min), ("max", ColourBy::Max)])
}

/// Grafana's names (`red`, `semi-dark-orange`, `text`) and CSS literals (`#rgb[a]`, `#rrggbb[aa]`, `rgb()`, `rgba()`).
pub(super) fn colour_from(text: &str) -> Option<PanelColour> {
    let text = text.trim();
    if let Some(Rgba { r, g, b, a }) = Rgba::parse(text) {
        return Some(PanelColour::Rgba([r, g, b, a]));
    }
    let (shade, hue) = match text {
        "transparent" => return Some(PanelColour::Transparent),
        "text" => return Some(PanelColour::Text),
        _ => [
            ("super-light-", Shade::SuperLight),
            ("semi-dark-", Shade::SemiDark),
            ("light-", Shade::Light),
            ("dark-", Shade::Dark),
        ]
        .into_iter()
        .find_map(|(prefix, shade)| text.strip_prefix(prefix).map(|hue| (shade, hue)))
        .unwrap_or((Shade::Plain, text)),
    };
    let hue = match hue {
        "red" => Hue::Red,
        "orange" => Hue::Orange,
        "yellow" => Hue::Yellow,
        "green" => Hue::Green,
        "blue" => Hue::Blue,
        "purple" => Hue::Purple,
        "gray" | "grey" | "white" | "black" => Hue::Grey,
        _ => return None,
    };
    Some(PanelColour::Named { hue, shade })
}

/// Where values lead. Links of Grafana's to a query of another source have no address.
#[inline(never)]
pub(super) fn links_from(parent: &Reader<'_>, key: &str) -> Vec<Link> {
    let mut links = Vec::new();
    for link in parent.objects(key) {
        let url = link.filled_text("url").unwrap_or_default();
        let title = link.text("title").unwrap_or_default();
        let opens_new = link.is_on("targetBlank");
        link.ignore(&["oneClick", "internal", "origin", "onClick"]);
        if url.is_empty() {
            link.info("url", &["a link without an address is ignored"]);
        } else {
            links.push(Link { title: title.to_owned(), url: url.to_owned(), opens_new });
        }
        link.finish();
    }
    links
}

/// New mappings (`type` is a word and `options` an object) and old ones (`type` is 1 or 2).
#[inline(never)]
pub(super) fn mappings_from(parent: &Reader<'_>, key: &str) -> Vec<ValueMapping> {
    let mut mappings = Vec::new();
    for entry in parent.objects(key) {
        entry.ignore(&["id", "operator"]);
        match entry.value("type") {
            Some(Value::String(kind)) => new_mapping(&entry, kind, &mut mappings),
            _ => old_mapping(&entry, &mut mappings),
        }
        entry.finish();
    }
    mappings
}

#[inline(never)]
fn new_mapping(entry: &Reader<'_>, kind: &str, mappings: &mut Vec<ValueMapping>) {
    let result = |reader: &Reader<'_>| {
        let text = reader.owned_text("text");
        let colour = reader.filled_text("color").and_then(colour_from);
        reader.ignore(&["index"]);
        (text, colour)
    };
    let Some(options) = entry.object("options") else { return };
    match kind {
        "value" => {
            for key in options.keys() {
                let Some(reader) = options.object(key) else { continue };
                let (text, colour) = result(&reader);
                let matches = match key {
                    "null" => Some(MappingMatch::Null),
                    "NaN" => Some(MappingMatch::NaN),
                    "true" => Some(MappingMatch::Value(1.0)),
                    "false" => Some(MappingMatch::Value(0.0)),
                    number => number::parse(number.trim()).map(MappingMatch::Value),
                };
                match matches {
                    Some(matches) => mappings.push(ValueMapping { matches, text, colour }),
                    None => options.info(key, &["samples are numbers; this mapping of a text never applies"]),
                }
                reader.finish();
            }
        }
        "range" => {
            let from = options.number("from").unwrap_or(f64::NEG_INFINITY);
            let to = options.number("to").unwrap_or(f64::INFINITY);
            let (text, colour) = options.object("result").map_or((None, None), |r| result(&r));
            mappings.push(ValueMapping { matches: MappingMatch::Range { from, to }, text, colour });
        }
        "special" => {
            let matches = options.word(
                "match",
                &[
                    ("null", MappingMatch::Null),
                    ("nan", MappingMatch::NaN),
                    ("null+nan", MappingMatch::NullOrNaN),
                    ("true", MappingMatch::Value(1.0)),
                    ("false", MappingMatch::Value(0.0)),
                ],
            );
            let (text, colour) = options.object("result").map_or((None, None), |r| result(&r));
            mappings.extend(matches.map(|matches| ValueMapping { matches, text, colour }));
        }
        other => entry.info("type", &["mappings of the kind \u{201c}", other, "\u{201d} are not supported"]),
    }
}

#[inline(never)]
fn old_mapping(entry: &Reader<'_>, mappings: &mut Vec<ValueMapping>) {
    let text = entry.owned_text("text");
    let is_range = entry.number("type") == Some(2.0) || entry.has("from");
    let matches = if is_range {
        let end = |key: &str, missing: f64| match entry.text(key).map(str::trim) {
            None | Some("" | "null") => missing,
            Some(text) => number::parse(text).unwrap_or(missing),
        };
        let is_null = entry.value("from").and_then(Value::as_text) == Some("null");
        let (from, to) = (end("from", f64::NEG_INFINITY), end("to", f64::INFINITY));
        Some(if is_null { MappingMatch::Null } else { MappingMatch::Range { from, to } })
    } else {
        match entry.text("value").map(str::trim) {
            Some("null") => Some(MappingMatch::Null),
            Some(number) => number::parse(number).map(MappingMatch::Value),
            None => None,
        }
    };
    entry.ignore(&["op", "type", "value", "from", "to"]);
    match matches {
        Some(matches) => mappings.push(ValueMapping { matches, text, colour: None }),
        None => entry.info("value", &["is not a number; the mapping never applies"]),
    }
}

#[inline(never)]
pub(super) fn overrides_from(panel: &Reader<'_>) -> Vec<FieldOverride> {
    // Read a second time, silently: `field_from` has reported the rest of `fieldConfig`.
    let Some(config) = panel.object("fieldConfig") else { return Vec::new() };
    let mut overrides = Vec::new();
    for entry in config.objects("overrides") {
        let Some(matcher) = entry.object("matcher") else {
            entry.warn("matcher", &["an override without a matcher is ignored"]);
            continue;
        };
        let found = matchers_from(&matcher);
        matcher.ignore(&["scope"]);
        matcher.finish();
        entry.ignore(&["__systemRef"]);
        let properties = entry.objects("properties");
        for found in found {
            let mut target = FieldOverride::new(found);
            for property in &properties {
                apply_property(property, &mut target);
            }
            overrides.push(target);
        }
        entry.finish();
    }
    overrides
}

#[inline(never)]
pub(super) fn matchers_from(matcher: &Reader<'_>) -> Vec<FieldMatcher> {
    match matcher.filled_text("id") {
        Some("byName") => matcher.text("options").map(|name| FieldMatcher::Name(name.to_owned())).into_iter().collect(),
        Some("byFrameRefID") => {
            matcher.text("options").map(|query| FieldMatcher::Query(query.to_owned())).into_iter().collect()
        }
        Some("byRegexp") => {
            let pattern = matcher.text("options").unwrap_or_default();
            vec![pattern_matcher(pattern)]
        }
        Some("byNames") => {
            let Some(options) = matcher.object("options") else { return Vec::new() };
            if options.text("mode").is_some_and(|mode| mode != "include") {
                options.warn("mode", &["only \u{201c}include\u{201d} is supported; override ignored"]);
                return Vec::new();
            }
            options.ignore(&["prefix", "readOnly"]);
            let names = options.texts("names");
            options.finish();
            names.into_iter().map(|name| FieldMatcher::Name(name.to_owned())).collect()
        }
        Some("byType") => match matcher.text("options") {
            Some("number") => vec![FieldMatcher::All],
            // Every series is of numbers: overrides of times and texts have nothing to apply to.
            _ => Vec::new(),
        },
        other => {
            let other = other.unwrap_or_default();
            matcher.warn("id", &["the matcher \u{201c}", other, "\u{201d} is not supported; override ignored"]);
            Vec::new()
        }
    }
}

/// A pattern between slashes, found anywhere, or a bare one, which is all of the name. Those that are a plain text with `^`,
/// `$` or `.*` around it are understood at once.
pub(super) fn pattern_matcher(pattern: &str) -> FieldMatcher {
    plain_matcher(pattern).unwrap_or_else(|| FieldMatcher::Pattern(LatePattern::new(pattern)))
}

fn plain_matcher(pattern: &str) -> Option<FieldMatcher> {
    let slashed = pattern.strip_prefix('/').and_then(|p| p.strip_suffix('/'));
    let (bare, is_bare) = (slashed.unwrap_or(pattern), slashed.is_none());
    let (bare, mut is_start) = bare.strip_prefix('^').map_or((bare, is_bare), |rest| (rest, true));
    let (bare, mut is_end) = bare.strip_suffix('$').map_or((bare, is_bare), |rest| (rest, true));
    let mut text = bare;
    if let Some(rest) = text.strip_prefix(".*") {
        (text, is_start) = (rest, false);
    }
    if let Some(rest) = text.strip_suffix(".*") {
        (text, is_end) = (rest, false);
    }
    if text.is_empty() && !is_start && !is_end {
        return Some(FieldMatcher::All);
    }
    let mut plain = String::new();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => plain.push(chars.next().filter(|c| !c.is_ascii_alphanumeric())?),
            '.' | '*' | '+' | '?' | '(' | ')' | '[' | ']' | '{' | '}' | '|' | '^' | '$' => return None,
            c => plain.push(c),
        }
    }
    Some(FieldMatcher::Part { text: plain, is_start, is_end })
}

#[inline(never)]
fn apply_property(property: &Reader<'_>, target: &mut FieldOverride) {
    let id = property.filled_text("id").unwrap_or_default();
    match id {
        "unit" => property.text_into("value", &mut target.unit),
        "decimals" => property.count_into("value", &mut target.decimals),
        "min" => property.number_into("value", &mut target.min),
        "max" => property.number_into("value", &mut target.max),
        "displayName" => property.text_into("value", &mut target.display_name),
        "color" => {
            if let Some(colour) = property.object("value") {
                target.colour_by = colour_by_from(&colour);
                target.colour = Some(field_colour_from(&colour));
            }
        }
        "thresholds" => target.thresholds = property.object("value").map(|t| thresholds_from(&t)),
        "links" => target.links = property.value("value").map(|_| links_from(property, "value")),
        "custom.drawStyle" => target.draw = property.word("value", DRAW_STYLES),
        "custom.lineWidth" => property.number_into("value", &mut target.line_width_px),
        "custom.fillOpacity" => property.number_into("value", &mut target.fill_percent),
        "custom.showPoints" => target.points = property.word("value", POINTS_MODES),
        "custom.axisPlacement" => target.axis = property.word("value", AXIS_SIDES),
        "custom.stacking" => target.stack = property.object("value").and_then(|v| stack_from(&v)),
        "custom.lineStyle" => target.dash_px = property.object("value").map(|v| dash_from(&v)),
        "custom.spanNulls" => target.nulls = Some(nulls_from(property, "value")),
        "custom.hideFrom" => {
            target.is_hidden = property.object("value").and_then(|v| {
                v.ignore(&["legend", "tooltip"]);
                v.flag("viz")
            });
        }
        other if other.strip_prefix("custom.").is_some_and(|key| irrelevant::CHARTS.contains(&key)) => {}
        other => property.info("id", &["\u{201c}", other, "\u{201d} cannot be overridden here; ignored"]),
    }
    property.ignore(&["value"]);
}

/// `spanNulls`: never, always, or over gaps up to so many milliseconds.
#[inline(never)]
pub(super) fn nulls_from(reader: &Reader<'_>, key: &str) -> NullMode {
    match reader.value(key) {
        Some(Value::Bool(true)) => NullMode::Connect,
        Some(number @ Value::Number(_)) => {
            NullMode::ConnectBelow { gap_ms: number.as_f64().unwrap_or_default().max(0.0) as i64 }
        }
        _ => NullMode::Gap,
    }
}

pub(super) const DRAW_STYLES: &[(&str, DrawStyle)] =
    &[("line", DrawStyle::Line), ("bars", DrawStyle::Bars), ("points", DrawStyle::Points)];

pub(super) const POINTS_MODES: &[(&str, PointsMode)] =
    &[("auto", PointsMode::Auto), ("always", PointsMode::Always), ("never", PointsMode::Never)];

pub(super) const AXIS_SIDES: &[(&str, AxisSide)] =
    &[("auto", AxisSide::Left), ("left", AxisSide::Left), ("right", AxisSide::Right), ("hidden", AxisSide::Hidden)];

#[inline(never)]
pub(super) fn stack_from(reader: &Reader<'_>) -> Option<StackMode> {
    reader.ignore(&["group"]);
    reader.word("mode", &[("none", StackMode::None), ("normal", StackMode::Normal), ("percent", StackMode::Percent)])
}

#[inline(never)]
pub(super) fn dash_from(reader: &Reader<'_>) -> Vec<f64> {
    let lengths: Vec<f64> =
        reader.list("dash").iter().filter_map(|item| item.value.as_f64()).filter(|l| *l > 0.0).collect();
    match (reader.filled_text("fill"), lengths.is_empty()) {
        (Some("dash"), true) => vec![10.0, 10.0],
        (Some("dot"), true) => vec![1.0, 4.0],
        (Some("dash" | "dot"), false) => lengths,
        _ => Vec::new(),
    }
}

/// `aliasColors` of the old graph: a colour for each name.
#[inline(never)]
pub(super) fn old_colour_overrides(panel: &Reader<'_>) -> Vec<FieldOverride> {
    let Some(colours) = panel.object("aliasColors") else { return Vec::new() };
    let mut overrides = Vec::new();
    for name in colours.keys() {
        match colours.text(name).and_then(colour_from) {
            Some(colour) => overrides.push(FieldOverride {
                colour: Some(FieldColour::Fixed(colour)),
                ..FieldOverride::new(FieldMatcher::Name(name.to_owned()))
            }),
            None => colours.info(name, &["the colour is not known; ignored"]),
        }
    }
    overrides
}
