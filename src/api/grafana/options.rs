//! The options of each panel kind, in their old and new spellings.

use super::{
    field::{
        AXIS_SIDES, DRAW_STYLES, POINTS_MODES, based, colour_from, dash_from, grafana_6_options, links_from,
        mappings_from, nulls_from, pattern_matcher, stack_from,
    },
    irrelevant,
    read::Reader,
};
use crate::{
    api::json::Value,
    base::number,
    model::dashboard::{
        AxisOptions, AxisScale, AxisSide, DrawStyle, FieldColour, FieldMatcher, FieldOptions, FieldOverride,
        HeatmapColourScale, HeatmapOptions, Hue, Interpolation, LegendOptions, LegendPlacement, MappingMatch, NullMode,
        Orientation, PanelColour, PanelOptions, PointsMode, Reducer, SeriesStyle, Sparkline, StackMode, StatColourMode,
        StatOptions, StatTextMode, Target, TargetFormat, ThresholdDisplay, ThresholdStep, TimeSeriesOptions,
        TooltipMode, TooltipOptions, TooltipSort, ValueMapping,
    },
};

/// One step of the old graph's `fill` (0 to 10) in percent.
const FILL_STEP_PERCENT: f64 = 10.0;

pub(super) const TEXT_MODES: &[(&str, StatTextMode)] = &[
    ("auto", StatTextMode::Auto),
    ("value", StatTextMode::Value),
    ("value_and_name", StatTextMode::ValueAndName),
    ("name", StatTextMode::Name),
    ("none", StatTextMode::None),
];

pub(super) const ORIENTATIONS: &[(&str, Orientation)] =
    &[("auto", Orientation::Auto), ("horizontal", Orientation::Horizontal), ("vertical", Orientation::Vertical)];

#[inline(never)]
pub(super) fn reducer_from(reader: &Reader<'_>, key: &str, id: &str) -> Option<Reducer> {
    let found = Reducer::from_id(id);
    if found.is_none() {
        reader.warn(key, &["the calculation \u{201c}", id, "\u{201d} is not known; the last value is used"]);
    }
    found
}

#[inline(never)]
pub(super) fn reducers_from(reader: &Reader<'_>, key: &str) -> Vec<Reducer> {
    reader.texts(key).iter().filter_map(|id| reducer_from(reader, key, id)).collect()
}

#[inline(never)]
pub(super) fn stat_from(panel: &Reader<'_>) -> PanelOptions {
    let mut stat = StatOptions::default();
    if let Some(old) = grafana_6_options(panel) {
        read_reduce_options(&old, &mut stat);
        old.ignore(&["defaults", "overrides", "thresholds"]);
        old.finish();
    }
    let Some(options) = panel.object("options") else { return PanelOptions::Stat(stat) };
    if let Some(reduce) = options.object("reduceOptions") {
        read_reduce_options(&reduce, &mut stat);
        reduce.finish();
    }
    options.word_into(
        "graphMode",
        &[("none", Sparkline::None), ("line", Sparkline::Line), ("area", Sparkline::Area)],
        &mut stat.sparkline,
    );
    options.word_into(
        "colorMode",
        &[
            ("none", StatColourMode::None),
            ("value", StatColourMode::Value),
            ("background", StatColourMode::Background),
            ("background_solid", StatColourMode::Background),
        ],
        &mut stat.colour_mode,
    );
    options.word_into("textMode", TEXT_MODES, &mut stat.text_mode);
    options.word_into("orientation", ORIENTATIONS, &mut stat.orientation);
    stat.is_centred = options.filled_text("justifyMode") == Some("center");
    options.ignore(&["fieldOptions", "percentChangeColorMode", "wideLayout", "sparkline", "text"]);
    options.finish();
    PanelOptions::Stat(stat)
}

#[inline(never)]
fn read_reduce_options(reduce: &Reader<'_>, stat: &mut StatOptions) {
    let calcs = reducers_from(reduce, "calcs");
    stat.reducer = calcs.first().copied().unwrap_or_default();
    if calcs.len() > 1 {
        reduce.warn("calcs", &["a stat shows one calculation; the first is used"]);
    }
    reduce.flag_into("values", &mut stat.shows_all_values);
    reduce.count_into("limit", &mut stat.value_limit);
    if let Some(fields) = reduce.filled_text("fields").filter(|f| *f != "/.*/") {
        stat.series = Some(pattern_matcher(fields));
    }
}

#[inline(never)]
pub(super) fn singlestat_from(panel: &Reader<'_>, field: &mut FieldOptions) -> PanelOptions {
    panel.ignore(irrelevant::SINGLESTAT);
    let reducer = panel.filled_text("valueName").map_or(Some(Reducer::Mean), |id| match id {
        "name" | "last_time" => {
            panel.warn("valueName", &["\u{201c}", id, "\u{201d} is not supported; the last value is used"]);
            None
        }
        id => reducer_from(panel, "valueName", id),
    });
    panel.unit_into("format", &mut field.unit);
    panel.count_into("decimals", &mut field.decimals);
    panel.text_into("nullText", &mut field.no_value);
    let limits: Vec<f64> =
        panel.text("thresholds").unwrap_or_default().split(',').filter_map(|part| number::parse(part.trim())).collect();
    let colours: Vec<PanelColour> =
        panel.texts("colors").iter().map(|name| colour_from(name).unwrap_or(PanelColour::named(Hue::Grey))).collect();
    if !limits.is_empty() {
        let usual = [Hue::Green, Hue::Orange, Hue::Red].map(PanelColour::named);
        let colour_at = |at: usize| colours.get(at).or_else(|| usual.get(at)).copied();
        let bounds = std::iter::once(f64::NEG_INFINITY).chain(limits);
        let steps = bounds.enumerate().filter_map(|(at, value)| Some(ThresholdStep { value, colour: colour_at(at)? }));
        field.thresholds.steps = based(steps.collect());
    }
    if panel.number("mappingType") == Some(2.0) {
        field.mappings.extend(mappings_from(panel, "rangeMaps"));
        panel.ignore(&["valueMaps"]);
    } else {
        field.mappings.extend(mappings_from(panel, "valueMaps"));
        panel.ignore(&["rangeMaps"]);
    }
    // Grafana writes "null is N/A" into every singlestat; that is what an empty tile says anyway.
    let says_nothing = |m: &ValueMapping| m.matches == MappingMatch::Null && m.text.as_deref() == Some("N/A");
    field.mappings.retain(|m| !says_nothing(m));
    let is_on = |key: &str| panel.flag(key).unwrap_or_default();
    let (paints_background, paints_value) = (is_on("colorBackground"), is_on("colorValue"));
    is_on("colorPrefix");
    is_on("colorPostfix");
    let sparkline = panel.object("sparkline").map(|sparkline| {
        sparkline.ignore(&["fillColor", "lineColor", "full", "ymin", "ymax"]);
        let is_shown = sparkline.is_on("show");
        sparkline.finish();
        if is_shown { Sparkline::Area } else { Sparkline::None }
    });
    if let Some(gauge) = panel.object("gauge")
        && gauge.is_on("show")
    {
        gauge.warn("show", &["the gauge is not supported yet; the number is shown"]);
    }
    PanelOptions::Stat(StatOptions {
        reducer: reducer.unwrap_or_default(),
        sparkline: sparkline.unwrap_or(Sparkline::None),
        colour_mode: match (paints_background, paints_value) {
            (true, _) => StatColourMode::Background,
            (false, true) => StatColourMode::Value,
            (false, false) => StatColourMode::None,
        },
        prefix: panel.owned_text("prefix"),
        postfix: panel.owned_text("postfix"),
        is_centred: true,
        ..StatOptions::default()
    })
}

#[inline(never)]
pub(super) fn timeseries_from(panel: &Reader<'_>) -> PanelOptions {
    let mut series = TimeSeriesOptions::default();
    let config = panel.object("fieldConfig").and_then(|c| c.object("defaults")?.object("custom"));
    if let Some(custom) = config {
        read_custom(&custom, &mut series);
        // Read when the charts are there (`charts`).
        custom.ignore(irrelevant::CHARTS);
        custom.finish_with_defaults(irrelevant::CUSTOM_DEFAULTS);
    }
    if let Some(options) = panel.object("options") {
        if let Some(legend) = options.object("legend") {
            series.legend = legend_from(&legend);
            legend.finish();
        }
        if let Some(tooltip) = options.object("tooltip") {
            series.tooltip = tooltip_from(&tooltip);
            tooltip.ignore(&["maxHeight", "maxWidth"]);
            tooltip.finish();
        }
        options.ignore(&["fieldOptions", "orientation", "annotations"]);
        options.finish();
    }
    PanelOptions::TimeSeries(series)
}

#[inline(never)]
fn read_custom(custom: &Reader<'_>, series: &mut TimeSeriesOptions) {
    let style = &mut series.style;
    custom.word_into("drawStyle", DRAW_STYLES, &mut style.draw);
    custom.word_into(
        "lineInterpolation",
        &[
            ("linear", Interpolation::Linear),
            ("smooth", Interpolation::Smooth),
            ("stepBefore", Interpolation::StepBefore),
            ("stepAfter", Interpolation::StepAfter),
        ],
        &mut style.interpolation,
    );
    style.line_width_px = custom.number("lineWidth").map_or(style.line_width_px, |w| w.clamp(0.0, 20.0));
    style.fill_percent = custom.number("fillOpacity").map_or(style.fill_percent, |f| f.clamp(0.0, 100.0));
    custom.word_into("showPoints", POINTS_MODES, &mut style.points);
    style.stack = custom.object("stacking").and_then(|s| stack_from(&s)).unwrap_or_default();
    style.nulls = nulls_from(custom, "spanNulls");
    custom.word_into("axisPlacement", AXIS_SIDES, &mut style.axis);
    style.dash_px = custom.object("lineStyle").map(|line| dash_from(&line)).unwrap_or_default();
    style.is_hidden = custom.object("hideFrom").and_then(|h| h.flag("viz")).unwrap_or_default();
    let scale = custom.object("scaleDistribution").map(|scale| {
        let found = match scale.filled_text("type") {
            None | Some("linear" | "symlog") => AxisScale::Linear,
            Some("log") => AxisScale::Log { base: scale.number("log").unwrap_or(10.0) },
            Some(other) => {
                scale.info("type", &["the scale \u{201c}", other, "\u{201d} is not supported; linear is used"]);
                AxisScale::Linear
            }
        };
        scale.ignore(&["log", "linearThreshold"]);
        found
    });
    let mut axis = AxisOptions { scale: scale.unwrap_or_default(), ..AxisOptions::default() };
    custom.text_into("axisLabel", &mut axis.label);
    custom.number_into("axisSoftMin", &mut axis.soft_min);
    custom.number_into("axisSoftMax", &mut axis.soft_max);
    match style.axis {
        AxisSide::Right => series.right = axis,
        AxisSide::Left => series.left = axis,
        AxisSide::Hidden => series.left = AxisOptions { is_hidden: true, ..axis },
    }
    series.threshold_display = custom
        .object("thresholdsStyle")
        .and_then(|t| {
            t.word(
                "mode",
                &[
                    ("off", ThresholdDisplay::Off),
                    ("line", ThresholdDisplay::Line),
                    ("dashed", ThresholdDisplay::DashedLine),
                    ("area", ThresholdDisplay::Area),
                    ("line+area", ThresholdDisplay::LineAndArea),
                    ("dashed+area", ThresholdDisplay::DashedLineAndArea),
                ],
            )
        })
        .unwrap_or_default();
}

#[inline(never)]
pub(super) fn legend_from(legend: &Reader<'_>) -> LegendOptions {
    let mode = legend.filled_text("displayMode");
    let is_hidden = mode == Some("hidden") || legend.flag("showLegend") == Some(false);
    let placement = legend.word("placement", &[("bottom", LegendPlacement::Bottom), ("right", LegendPlacement::Right)]);
    let columns = reducers_from(legend, "calcs");
    // The file names the column by its head ("Max") or by the id.
    let sort_by = legend.filled_text("sortBy").and_then(|name| {
        Reducer::from_id(name).or_else(|| columns.iter().find(|c| c.label().eq_ignore_ascii_case(name)).copied())
    });
    legend.ignore(&["asTable", "isVisible", "width", "limit", "enableFacetedFilter"]);
    LegendOptions {
        placement: if is_hidden { LegendPlacement::Hidden } else { placement.unwrap_or_default() },
        is_table: mode == Some("table"),
        columns,
        sort_by,
        is_descending: legend.is_on("sortDesc"),
    }
}

#[inline(never)]
pub(super) fn tooltip_from(tooltip: &Reader<'_>) -> TooltipOptions {
    let mode = tooltip
        .word("mode", &[("multi", TooltipMode::All), ("single", TooltipMode::Single), ("none", TooltipMode::Hidden)]);
    let sort = tooltip.word(
        "sort",
        &[("none", TooltipSort::None), ("asc", TooltipSort::Ascending), ("desc", TooltipSort::Descending)],
    );
    let hides_zeros = tooltip.is_on("hideZeros");
    TooltipOptions { mode: mode.unwrap_or_default(), sort: sort.unwrap_or_default(), hides_zeros }
}

const OLD_NULL_MODES: &[(&str, NullMode)] =
    &[("null", NullMode::Gap), ("connected", NullMode::Connect), ("null as zero", NullMode::Zero)];

#[inline(never)]
pub(super) fn graph_from(
    panel: &Reader<'_>,
    field: &mut FieldOptions,
    overrides: &mut Vec<FieldOverride>,
) -> PanelOptions {
    panel.ignore(irrelevant::GRAPH);
    let is_on = |key: &str, missing: bool| panel.flag(key).unwrap_or(missing);
    let (has_lines, has_bars, has_points) = (is_on("lines", true), is_on("bars", false), is_on("points", false));
    let is_stacked = is_on("stack", false);
    let is_percent = is_on("percentage", false);
    let is_stepped = is_on("steppedLine", false);
    let draw = match (has_bars, has_lines) {
        (true, _) => DrawStyle::Bars,
        (false, true) => DrawStyle::Line,
        (false, false) => DrawStyle::Points,
    };
    let style = SeriesStyle {
        draw,
        interpolation: if is_stepped { Interpolation::StepAfter } else { Interpolation::Linear },
        line_width_px: panel.number("linewidth").map_or(SeriesStyle::default().line_width_px, |w| w.clamp(0.0, 20.0)),
        // The old graph filled a little where the file did not say.
        fill_percent: (panel.number("fill").unwrap_or(1.0) * FILL_STEP_PERCENT).clamp(0.0, 100.0),
        points: match (has_points, draw) {
            (true, _) | (_, DrawStyle::Points) => PointsMode::Always,
            (false, _) => PointsMode::Auto,
        },
        stack: match (is_stacked, is_percent) {
            (false, _) => StackMode::None,
            (true, false) => StackMode::Normal,
            (true, true) => StackMode::Percent,
        },
        nulls: panel.word("nullPointMode", OLD_NULL_MODES).unwrap_or_default(),
        ..SeriesStyle::default()
    };
    let [left, right] = old_axes(panel);
    field.unit = field.unit.take().or_else(|| left.unit.clone());
    field.decimals = panel.count("decimals").or(left.decimals).or(field.decimals);
    field.min = left.min.or(field.min);
    field.max = left.max.or(field.max);
    let threshold_display = read_old_thresholds(panel, field);
    for series in panel.objects("seriesOverrides") {
        overrides.push(old_series_override(&series, &right));
        series.finish();
    }
    let mut series = TimeSeriesOptions { style, left, right, threshold_display, ..TimeSeriesOptions::default() };
    if let Some(legend) = panel.object("legend") {
        series.legend = old_legend(&legend);
        legend.finish();
    }
    if let Some(tooltip) = panel.object("tooltip") {
        let is_shared = tooltip.flag("shared").unwrap_or(true);
        series.tooltip = TooltipOptions {
            mode: if is_shared { TooltipMode::All } else { TooltipMode::Single },
            sort: match tooltip.number("sort") {
                Some(1.0) => TooltipSort::Ascending,
                Some(2.0) => TooltipSort::Descending,
                _ => TooltipSort::None,
            },
            hides_zeros: false,
        };
        tooltip.ignore(&["value_type", "msResolution"]);
        tooltip.finish();
    }
    if let Some(options) = panel.object("options") {
        options.ignore(&["alertThreshold"]);
        field.links = links_from(&options, "dataLinks");
        options.finish();
    }
    PanelOptions::TimeSeries(series)
}

/// `yaxes` of Grafana 3 to 7 (also spelled `yAxes`), or the keys before them.
#[inline(never)]
fn old_axes(panel: &Reader<'_>) -> [AxisOptions; 2] {
    let key = if panel.has("yAxes") { "yAxes" } else { "yaxes" };
    let mut axes = panel.objects(key).into_iter().map(|axis| {
        let options = old_axis(&axis);
        axis.finish();
        options
    });
    let mut both = [axes.next().unwrap_or_default(), axes.next().unwrap_or_default()];
    let [left, right] = &mut both;
    let mut formats = panel.texts("y_formats").into_iter().map(|unit| Some(unit.to_owned()).filter(|u| u != "none"));
    left.unit = left.unit.take().or(formats.next().flatten());
    right.unit = right.unit.take().or(formats.next().flatten());
    left.label = left.label.take().or(panel.owned_text("leftYAxisLabel"));
    right.label = right.label.take().or(panel.owned_text("rightYAxisLabel"));
    if let Some(grid) = panel.object("grid") {
        for (key, slot) in [
            ("leftMin", &mut left.min),
            ("leftMax", &mut left.max),
            ("rightMin", &mut right.min),
            ("rightMax", &mut right.max),
        ] {
            *slot = slot.or(grid.number(key));
        }
        grid.finish();
    }
    both
}

#[inline(never)]
fn old_axis(axis: &Reader<'_>) -> AxisOptions {
    axis.ignore(&["$$hashKey", "align", "alignLevel"]);
    let mut options = AxisOptions { is_hidden: axis.flag("show") == Some(false), ..AxisOptions::default() };
    read_axis(axis, &mut options);
    axis.text_into("label", &mut options.label);
    axis.unit_into("format", &mut options.unit);
    if let Some(base) = axis.number("logBase").filter(|base| *base > 1.0) {
        options.scale = AxisScale::Log { base };
    }
    options
}

/// What every spelling of an axis has.
#[inline(never)]
fn read_axis(axis: &Reader<'_>, options: &mut AxisOptions) {
    axis.count_into("decimals", &mut options.decimals);
    axis.number_into("min", &mut options.min);
    axis.number_into("max", &mut options.max);
}

#[inline(never)]
fn old_legend(legend: &Reader<'_>) -> LegendOptions {
    let is_on = |key: &str, missing: bool| legend.flag(key).unwrap_or(missing);
    let has_values = is_on("values", false);
    let columns = ["min", "max", "avg", "current", "total"];
    let columns = columns.into_iter().filter(|key| is_on(key, false)).filter_map(Reducer::from_id).collect();
    let is_right = is_on("rightSide", false);
    legend.ignore(&["hideEmpty", "hideZero", "sideWidth", "alignAsTable", "sortDesc"]);
    LegendOptions {
        placement: match (is_on("show", true), is_right) {
            (false, _) => LegendPlacement::Hidden,
            (true, true) => LegendPlacement::Right,
            (true, false) => LegendPlacement::Bottom,
        },
        is_table: is_on("alignAsTable", false),
        columns: if has_values { columns } else { Vec::new() },
        sort_by: legend.filled_text("sort").and_then(Reducer::from_id),
        is_descending: is_on("sortDesc", false),
    }
}

/// Each old threshold colours what is above or below one value.
#[inline(never)]
fn read_old_thresholds(panel: &Reader<'_>, field: &mut FieldOptions) -> ThresholdDisplay {
    let mut steps = Vec::new();
    let (mut has_line, mut has_area) = (false, false);
    for entry in panel.objects("thresholds") {
        let Some(value) = entry.number("value") else {
            entry.info("value", &["a threshold without a value is ignored"]);
            continue;
        };
        let written = entry.filled_text("fillColor").or_else(|| entry.filled_text("lineColor"));
        let colour = match entry.filled_text("colorMode") {
            Some("ok") => PanelColour::named(Hue::Green),
            Some("warning") => PanelColour::named(Hue::Orange),
            Some("custom") => written.and_then(colour_from).unwrap_or(PanelColour::named(Hue::Red)),
            _ => PanelColour::named(Hue::Red),
        };
        has_line |= entry.is_on("line");
        has_area |= entry.is_on("fill");
        if entry.text("op") == Some("lt") {
            steps.push(ThresholdStep { value: f64::NEG_INFINITY, colour });
            steps.push(ThresholdStep { value, colour: PanelColour::Transparent });
        } else {
            steps.push(ThresholdStep { value, colour });
        }
        entry.ignore(&["yaxis", "visible", "fillColor", "lineColor"]);
        entry.finish();
    }
    if !steps.is_empty() {
        if !steps.iter().any(|s| s.value == f64::NEG_INFINITY) {
            steps.push(ThresholdStep { value: f64::NEG_INFINITY, colour: PanelColour::Transparent });
        }
        field.thresholds.steps = based(steps);
    }
    match (has_line, has_area) {
        (true, true) => ThresholdDisplay::LineAndArea,
        (true, false) => ThresholdDisplay::Line,
        (false, true) => ThresholdDisplay::Area,
        (false, false) => ThresholdDisplay::Off,
    }
}

#[inline(never)]
fn old_series_override(series: &Reader<'_>, right: &AxisOptions) -> FieldOverride {
    let alias = series.text("alias").unwrap_or_default();
    let matcher = if alias.starts_with('/') { pattern_matcher(alias) } else { FieldMatcher::Name(alias.to_owned()) };
    let mut target = FieldOverride::new(matcher);
    if series.number("yaxis") == Some(2.0) {
        target.axis = Some(AxisSide::Right);
        target.unit.clone_from(&right.unit);
        target.decimals = right.decimals;
    }
    series.number_into("linewidth", &mut target.line_width_px);
    target.fill_percent = series.number("fill").map(|fill| fill * FILL_STEP_PERCENT);
    target.draw = match (series.flag("bars"), series.flag("lines"), series.flag("points")) {
        (Some(true), ..) => Some(DrawStyle::Bars),
        (_, Some(true), _) => Some(DrawStyle::Line),
        (_, Some(false), Some(true)) => Some(DrawStyle::Points),
        _ => None,
    };
    target.points = series.flag("points").map(|is_on| if is_on { PointsMode::Always } else { PointsMode::Never });
    target.stack = match series.value("stack") {
        Some(Value::Bool(false)) => Some(StackMode::None),
        Some(_) => Some(StackMode::Normal),
        None => None,
    };
    target.colour = series.filled_text("color").and_then(colour_from).map(FieldColour::Fixed);
    target.dash_px = series.flag("dashes").filter(|is_on| *is_on).map(|_| vec![10.0, 10.0]);
    target.is_hidden = series.flag("hiddenSeries");
    target.nulls = series.word("nullPointMode", OLD_NULL_MODES);
    series.ignore(&["$$hashKey", "dashLength", "spaceLength", "zindex", "legend", "hideTooltip", "pointradius"]);
    target
}

#[inline(never)]
pub(super) fn heatmap_from(panel: &Reader<'_>, targets: &[Target]) -> PanelOptions {
    let mut heatmap = HeatmapOptions::default();
    let has_buckets = targets.iter().any(|t| t.format == TargetFormat::Heatmap);
    let old_format = panel.filled_text("dataFormat");
    heatmap.is_calculated = old_format == Some("timeseries") && !has_buckets;
    read_old_heatmap(panel, &mut heatmap);
    if let Some(options) = panel.object("options") {
        read_new_heatmap(&options, &mut heatmap);
        options.finish();
    }
    PanelOptions::Heatmap(heatmap)
}

#[inline(never)]
fn read_old_heatmap(panel: &Reader<'_>, heatmap: &mut HeatmapOptions) {
    if let Some(colour) = panel.object("color") {
        read_heatmap_colour(&colour, heatmap);
        colour.ignore(&["cardColor", "mode"]);
        colour.finish();
    }
    if let Some(axis) = panel.object("yAxis") {
        heatmap.y = old_axis(&axis);
        axis.ignore(&["splitFactor"]);
        axis.finish();
    }
    panel.flag_into("reverseYBuckets", &mut heatmap.is_y_reversed);
    if panel.is_on("hideZeroBuckets") {
        heatmap.hide_at_or_below = Some(0.0);
    }
    if let Some(cards) = panel.object("cards") {
        heatmap.cell_gap_px = cards.number("cardPadding").unwrap_or(heatmap.cell_gap_px);
        cards.ignore(&["cardRound"]);
        cards.finish();
    }
    if let Some(legend) = panel.object("legend") {
        legend.flag_into("show", &mut heatmap.has_legend);
        legend.finish();
    }
    if let Some(tooltip) = panel.object("tooltip") {
        tooltip.flag_into("show", &mut heatmap.has_tooltip);
        tooltip.flag_into("showHistogram", &mut heatmap.has_tooltip_histogram);
        tooltip.finish();
    }
    panel.ignore(&["highlightCards", "xAxis", "heatmap", "yBucketBound", "tooltipDecimals"]);
    panel.ignore(&["xBucketSize", "xBucketNumber", "yBucketSize", "yBucketNumber"]);
}

#[inline(never)]
fn read_new_heatmap(options: &Reader<'_>, heatmap: &mut HeatmapOptions) {
    heatmap.is_calculated |= options.is_on("calculate");
    options.ignore(&[
        "calculation",
        "cellValues",
        "exemplars",
        "rowsFrame",
        "annotations",
        "selectionMode",
        "showValue",
    ]);
    if let Some(colour) = options.object("color") {
        read_heatmap_colour(&colour, heatmap);
        colour.ignore(&["fill", "mode", "steps"]);
        colour.finish();
    }
    heatmap.cell_gap_px = options.number("cellGap").unwrap_or(heatmap.cell_gap_px);
    if let Some(filter) = options.object("filterValues") {
        filter.number_into("le", &mut heatmap.hide_at_or_below);
        filter.number_into("ge", &mut heatmap.hide_at_or_above);
        filter.finish();
    }
    if let Some(legend) = options.object("legend") {
        legend.flag_into("show", &mut heatmap.has_legend);
        legend.finish();
    }
    if let Some(tooltip) = options.object("tooltip") {
        let is_off = tooltip.filled_text("mode") == Some("none");
        heatmap.has_tooltip = tooltip.flag("show").unwrap_or(!is_off);
        tooltip.flag_into("yHistogram", &mut heatmap.has_tooltip_histogram);
        tooltip.ignore(&["showColorScale", "maxHeight", "maxWidth"]);
        tooltip.finish();
    }
    if let Some(axis) = options.object("yAxis") {
        let mut y =
            AxisOptions { is_hidden: axis.filled_text("axisPlacement") == Some("hidden"), ..AxisOptions::default() };
        read_axis(&axis, &mut y);
        axis.text_into("axisLabel", &mut y.label);
        axis.unit_into("unit", &mut y.unit);
        heatmap.y = y;
        axis.flag_into("reverse", &mut heatmap.is_y_reversed);
        axis.finish();
    }
}

/// Both spellings share the exponent, the scale and the scheme.
#[inline(never)]
fn read_heatmap_colour(colour: &Reader<'_>, heatmap: &mut HeatmapOptions) {
    heatmap.scheme = colour
        .filled_text("scheme")
        .or_else(|| colour.filled_text("colorScheme").map(|s| s.trim_start_matches("interpolate")))
        .map(str::to_owned);
    colour.flag_into("reverse", &mut heatmap.is_scheme_reversed);
    colour.number_into("min", &mut heatmap.colour_min);
    colour.number_into("max", &mut heatmap.colour_max);
    let exponent = colour.number("exponent").filter(|e| *e > 0.0);
    let scale = colour.filled_text("scale").or_else(|| colour.filled_text("colorScale"));
    heatmap.colour_scale = match scale {
        Some("linear") => HeatmapColourScale::Linear,
        Some("log") => HeatmapColourScale::Log,
        Some("sqrt") => HeatmapColourScale::Power { exponent: 0.5 },
        _ => exponent.map_or_else(HeatmapColourScale::default, |exponent| HeatmapColourScale::Power { exponent }),
    };
}
