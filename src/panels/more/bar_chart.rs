//! Values of categories as bars: of a label's values, of series, or of instants.

use std::sync::Arc;

use leptos::prelude::*;

use crate::{
    analysis::reduce::reduce,
    api::grafana::more::bar_chart::{BarChartOptions, ValueLabels, bar_chart_from},
    base::{colour::Ink, time::day_clock_text, units},
    chart::{
        Size,
        more::bars::{self as chart, Bar, Layout},
        series_slots,
        timeseries::AxisOptions as ChartAxis,
    },
    model::{
        dashboard::{
            AxisScale, FieldColour, FieldOptions, LegendFormat, Orientation, Panel, StackMode, TargetFormat,
            TooltipMode, TooltipSort,
        },
        frame::{Frame as Samples, MISSING},
        labels::{Labels, METRIC_NAME},
        notice::Notice,
    },
    panels::{
        PanelProps,
        card::Live,
        data::{PanelData, use_panel_data},
        look::{SeriesLook, by_value_descending, looks_of},
    },
    state::{
        reactive::{Callback, Memo, RwSignal, Signal},
        time::TimeContext,
        zone::Zone,
    },
    ui::{
        chart_canvas::CanvasMeasure,
        tooltip::{TooltipData, TooltipRow},
        views::Views,
    },
};

use super::{
    figures::bounds_of,
    key::{Key, KeyEntry},
    live::sheet_of,
    paint::{Paint, paint_of},
    plot::{DrawnFrame, Parts, Pointed},
    svg::{Shape, Tone, line_view, lit_view, rect_path, shape_view, text_view, tick_text, turned_text_view},
};

/// A bar narrower than this cannot be pointed at.
const ROW_PX: f64 = 24.0;
/// More bars than this are slow to draw and nothing to see.
const BARS_MAX: usize = 2_000;

/// One bar of each group.
#[derive(Debug, Clone)]
struct Member {
    name: String,
    ink: Ink,
    unit: String,
    field: FieldOptions,
    bounds: (f64, f64),
    /// One per category.
    values: Vec<f64>,
}

#[derive(Debug, Clone, Default)]
struct Prepared {
    categories: Vec<String>,
    members: Vec<Member>,
    /// All bars are of one kind: there is nothing for a legend to tell apart.
    is_plain: bool,
    notices: Vec<Notice>,
}

pub fn view(props: PanelProps) -> AnyView {
    let panel = Arc::clone(&props.panel);
    let (options, remarks) = bar_chart_from(&panel.document);
    let options = Arc::new(options);
    let time = TimeContext::expect();
    let room = RwSignal::new(None::<Size>);
    let query = use_panel_data(&props, Signal::derive(move || room.get().map(|room| room.width_px)), ROW_PX);
    let hidden = RwSignal::new(Vec::<String>::new());
    let pointed = RwSignal::new(None::<Pointed>);

    let prepared = {
        let options = Arc::clone(&options);
        Memo::shared(move || {
            let data = query.remote.with(|remote| remote.value.clone())?;
            Some(Arc::new(time.zone.with(|zone| prepare(&options, &data, zone))))
        })
    };
    let drawn = {
        let options = Arc::clone(&options);
        Memo::shared(move || {
            let (prepared, room) = (prepared.get()?, room.get()?);
            Some(Arc::new(hidden.with(|hidden| draw(&options, &prepared, room, hidden))))
        })
    };
    let parts = Parts {
        count: Signal::derive(move || prepared.get().map_or(0, |p| p.categories.len())),
        at: Callback::new(move |(x, y)| drawn.get_untracked()?.category_at(x, y)),
        middle: Callback::new(move |category| {
            let slot = drawn.get_untracked()?.slot(category);
            Some((f64::midpoint(slot.left, slot.right), f64::midpoint(slot.top, slot.bottom)))
        }),
    };
    let tooltip = {
        let options = Arc::clone(&options);
        Signal::derive(move || {
            let (pointed, drawn, prepared) = (pointed.get()?, drawn.get()?, prepared.get()?);
            tooltip_of(&options, &drawn, &prepared, pointed)
        })
    };
    let announcement = Signal::derive(move || {
        let told = pointed.get().zip(prepared.get());
        told.map(|(pointed, prepared)| reading_of(&prepared, pointed.at)).unwrap_or_default()
    });
    let columns = options.legend.columns.clone();
    let entries = {
        let columns = columns.clone();
        Signal::derive(move || {
            let Some(prepared) = prepared.get() else { return Vec::new() };
            let entry = |member: &Member| KeyEntry {
                name: member.name.clone(),
                paint: member.ink.into(),
                cells: columns.iter().map(|reducer| value_text(member, reduce(*reducer, &member.values))).collect(),
                is_hidden: hidden.with(|hidden| hidden.contains(&member.name)),
            };
            prepared.members.iter().map(entry).collect()
        })
    };
    let live = Live {
        query,
        sheet: sheet_of(query),
        remarks: Signal::derive(move || {
            let found = prepared.get().map(|p| p.notices.clone()).unwrap_or_default();
            remarks.iter().cloned().chain(found).collect()
        }),
        is_empty: Signal::derive(move || {
            prepared.get().is_none_or(|p| p.members.iter().all(|m| m.values.iter().all(|v| v.is_nan())))
        }),
    };
    let axis_label = options.axis.label.clone();
    let unit = Signal::derive(move || {
        let unit = prepared.get().and_then(|p| p.members.first().map(|m| units::title(&m.unit))).unwrap_or_default();
        match (&axis_label, unit.is_empty()) {
            (Some(label), true) => label.clone(),
            (Some(label), false) => format!("{label}, {unit}"),
            (None, _) => unit,
        }
    });
    let shown = props.shown();
    let summary = Signal::derive(move || {
        let title = shown.get().title.clone();
        match prepared.get() {
            Some(prepared) => summary_of(&title, &prepared),
            None => title,
        }
    });
    let legend_options = options.legend.clone();
    let heads: Vec<String> = columns.iter().map(|reducer| reducer.label()).collect();
    let legend = move || {
        let (heads, options) = (heads.clone(), legend_options.clone());
        move || {
            let (heads, options) = (heads.clone(), options.clone());
            let is_shown = prepared.get().is_some_and(|p| !p.is_plain);
            is_shown.then(|| view! { <Key entries=entries columns=heads options=options hidden=hidden/> }).views()
        }
    };
    let marks = {
        let options = Arc::clone(&options);
        move || {
            let (drawn, prepared) = (drawn.get()?, prepared.get()?);
            Some(drawing_view(&options, &drawn, &prepared))
        }
    };
    let lit = move || {
        let (drawn, pointed) = (drawn.get()?, pointed.get()?);
        Some(lit_view(drawn.slot(pointed.at)))
    };
    view! {
        <DrawnFrame
            props=props
            live=live
            unit=unit
            room=room
            summary=summary
            parts=parts
            pointed=pointed
            announcement=announcement
            tooltip=tooltip
            placement=options.legend.placement
            names=ViewFn::from(legend)
        >
            {lit}{marks}
        </DrawnFrame>
    }
    .into_any()
}

/// What tells the categories apart.
enum Category {
    Time,
    Label(String),
    /// The series' names.
    Series,
}

fn category_of(panel: &Panel, options: &BarChartOptions, frame: &Samples, targets: &[usize]) -> Category {
    let is_instant = |at: &usize| panel.targets.get(*at).is_some_and(|t| t.is_instant);
    let wanted = options.category.as_deref();
    if wanted.is_some_and(|name| name.eq_ignore_ascii_case("time")) {
        return Category::Time;
    }
    if let Some(name) = wanted.filter(|name| frame.columns.iter().any(|c| c.labels.get(name).is_some())) {
        return Category::Label(name.to_owned());
    }
    if !targets.iter().all(is_instant) && frame.row_count() > 1 {
        return Category::Time;
    }
    let is_named = targets.iter().filter_map(|at| panel.targets.get(*at)).all(|target| {
        target.format != TargetFormat::Table && matches!(target.legend_format, LegendFormat::Template(_))
    });
    if is_named {
        return Category::Series;
    }
    // The first label that differs: Grafana takes a table's first column of text.
    let first = frame.columns.first();
    let differs = |name: &str| {
        let value = first.and_then(|column| column.labels.get(name));
        frame.columns.iter().any(|column| column.labels.get(name) != value)
    };
    let label = first.and_then(|column| column.labels.iter().map(|(name, _)| name).find(|name| differs(name)));
    label.map_or(Category::Series, |name| Category::Label(name.to_owned()))
}

fn prepare(options: &BarChartOptions, data: &PanelData, zone: &Zone) -> Prepared {
    let panel = &*data.panel;
    let (frame, targets) = data.joined();
    let looks = looks_of(panel, &frame, &targets);
    let category = category_of(panel, options, &frame, &targets);
    let mut prepared = match &category {
        Category::Time => by_time(&frame, &looks, zone, data.range.duration_ms()),
        Category::Label(name) => by_label(panel, &frame, &looks, &targets, Some(name)),
        Category::Series => by_label(panel, &frame, &looks, &targets, None),
    };
    if let Some(asked) = options.category.as_deref().filter(|name| !name.eq_ignore_ascii_case("time")) {
        let is_found = matches!(&category, Category::Label(name) if name == asked);
        if !is_found && !frame.columns.is_empty() {
            prepared
                .notices
                .push(Notice::warning(format!("no series has the label \u{201c}{asked}\u{201d} of options.xField")));
        }
    }
    let most = BARS_MAX / prepared.members.len().max(1);
    if prepared.categories.len() > most.max(1) {
        let count = prepared.categories.len();
        // Of instants the newest matter.
        let from = if matches!(category, Category::Time) { count - most.max(1) } else { 0 };
        let keep = from..from + most.max(1);
        prepared.categories = prepared.categories.get(keep.clone()).unwrap_or_default().to_vec();
        for member in &mut prepared.members {
            member.values = member.values.get(keep.clone()).unwrap_or_default().to_vec();
        }
        prepared.notices.push(Notice::warning(format!("{} of {count} categories are shown", most.max(1))));
    }
    let mut extent = (f64::INFINITY, f64::NEG_INFINITY);
    for value in prepared.members.iter().flat_map(|m| m.values.iter()).filter(|v| v.is_finite()) {
        extent = (extent.0.min(*value), extent.1.max(*value));
    }
    for member in &mut prepared.members {
        member.bounds = bounds_of(&member.field, &member.unit, extent);
    }
    prepared
}

fn member_of(look: &SeriesLook, name: String, ink: Ink, values: Vec<f64>) -> Member {
    let field = look.options.field.clone();
    let ink = match field.colour {
        FieldColour::Fixed(_) => look.ink,
        _ => ink,
    };
    Member { name, ink, unit: look.unit.clone(), field, bounds: (0.0, 1.0), values }
}

/// A group per instant that has any value.
fn by_time(frame: &Samples, looks: &[SeriesLook], zone: &Zone, range_ms: i64) -> Prepared {
    let shown: Vec<_> = frame.columns.iter().zip(looks).filter(|(_, look)| !look.options.style.is_hidden).collect();
    let rows: Vec<usize> = (0..frame.row_count())
        .filter(|row| shown.iter().any(|(column, _)| column.values.get(*row).is_some_and(|v| !v.is_nan())))
        .collect();
    let is_short = range_ms <= 86_400_000;
    let text = |row: &usize| {
        let x_ms = frame.x_ms.get(*row).copied().unwrap_or_default();
        let whole = zone.with(|zone| day_clock_text(x_ms as i64, zone));
        let whole = whole.strip_suffix(":00").unwrap_or(&whole);
        // The day is known from the page's range, the weekday from the date.
        let kept = whole.split_once(if is_short { ", " } else { " " }).map_or(whole, |(_, rest)| rest);
        kept.to_owned()
    };
    let members = shown
        .into_iter()
        .map(|(column, look)| {
            let values = rows.iter().map(|row| column.values.get(*row).copied().unwrap_or(MISSING)).collect();
            member_of(look, look.name.clone(), look.ink, values)
        })
        .collect();
    Prepared { categories: rows.iter().map(text).collect(), members, is_plain: false, notices: Vec::new() }
}

/// A group per value of a label, or per series. What other labels tell apart are the group's members, unless each group has but
/// one for each query.
fn by_label(panel: &Panel, frame: &Samples, looks: &[SeriesLook], targets: &[usize], label: Option<&str>) -> Prepared {
    struct Sample<'a> {
        look: &'a SeriesLook,
        target: usize,
        category: String,
        rest: Labels,
        value: f64,
    }
    let samples: Vec<Sample<'_>> = frame
        .columns
        .iter()
        .zip(looks)
        .zip(targets)
        .filter(|((_, look), _)| !look.options.style.is_hidden)
        .map(|((column, look), target)| {
            let (category, rest) = match label {
                Some(name) => (
                    column.labels.get(name).unwrap_or_default().to_owned(),
                    column.labels.without(name).without(METRIC_NAME),
                ),
                None => (look.name.clone(), Labels::default()),
            };
            let value = crate::panels::data::last_value(&column.values);
            Sample { look, target: *target, category, rest, value }
        })
        .collect();
    let mut categories: Vec<String> = Vec::new();
    for sample in &samples {
        if !categories.contains(&sample.category) {
            categories.push(sample.category.clone());
        }
    }
    let is_alone = |sample: &Sample<'_>| {
        samples.iter().filter(|s| s.target == sample.target && s.category == sample.category).count() == 1
    };
    let is_one_each = samples.iter().all(is_alone);
    // Query and other labels of each member, in the order in which they come.
    let mut identities: Vec<(usize, Labels)> = Vec::new();
    for sample in &samples {
        let identity = (sample.target, if is_one_each { Labels::default() } else { sample.rest.clone() });
        if !identities.contains(&identity) {
            identities.push(identity);
        }
    }
    let is_many_queries =
        identities.iter().any(|(target, _)| Some(*target) != identities.first().map(|(first, _)| *first));
    let hashed: Vec<Labels> = identities
        .iter()
        .map(|(target, rest)| {
            let query = if is_many_queries || rest.is_empty() { target.to_string() } else { String::new() };
            Labels::from_pairs(rest.iter().chain([("__query__", query.as_str())]))
        })
        .collect();
    let slots = series_slots(&hashed);
    let mut members: Vec<Member> = Vec::new();
    for ((target, rest), slot) in identities.iter().zip(slots) {
        let belongs = |s: &&Sample<'_>| s.target == *target && (is_one_each || s.rest == *rest);
        let Some(first) = samples.iter().find(belongs) else { continue };
        let mut values = vec![MISSING; categories.len()];
        for sample in samples.iter().filter(belongs) {
            let at = categories.iter().position(|category| *category == sample.category);
            if let Some(slot) = at.and_then(|at| values.get_mut(at)) {
                *slot = sample.value;
            }
        }
        let query = panel.targets.get(*target);
        let words: Vec<&str> = rest.iter().map(|(_, value)| value).collect();
        let name = match (words.is_empty(), query) {
            (true, Some(query)) => match &query.legend_format {
                LegendFormat::Template(text) if !text.contains("{{") => text.clone(),
                _ if is_many_queries => query.ref_id.clone(),
                _ => "Value".to_owned(),
            },
            (false, Some(query)) if is_many_queries => format!("{} {}", query.ref_id, words.join(" ")),
            _ => words.join(" "),
        };
        members.push(member_of(first.look, name, Ink::Series(slot), values));
    }
    Prepared { categories, is_plain: members.len() < 2, members, notices: Vec::new() }
}

fn draw(options: &BarChartOptions, prepared: &Prepared, room: Size, hidden: &[String]) -> Layout {
    let members: Vec<(usize, &[f64])> = prepared
        .members
        .iter()
        .enumerate()
        .filter(|(_, member)| !hidden.contains(&member.name))
        .map(|(at, member)| (at, member.values.as_slice()))
        .collect();
    let first = prepared.members.first();
    let axis = ChartAxis {
        unit: first.map_or_else(|| "short".to_owned(), |m| m.unit.clone()),
        decimals: first.and_then(|m| m.field.decimals),
        min: first.and_then(|m| m.field.min),
        max: first.and_then(|m| m.field.max),
        soft_min: options.axis.soft_min,
        soft_max: options.axis.soft_max,
        log_base: match options.axis.scale {
            AxisScale::Linear => None,
            AxisScale::Log { base } => Some(base),
        },
        is_hidden: options.axis.is_hidden,
        ..ChartAxis::default()
    };
    chart::layout(&chart::Input {
        size: room,
        is_horizontal: match options.orientation {
            Orientation::Horizontal => true,
            Orientation::Vertical => false,
            // Names of many categories are read more easily where bars lie in a high card.
            Orientation::Auto => room.height_px > room.width_px * 1.2,
        },
        categories: &prepared.categories,
        members: &members,
        stack: match options.stack {
            StackMode::None => chart::Stack::None,
            StackMode::Normal => chart::Stack::Normal,
            StackMode::Percent => chart::Stack::Percent,
        },
        group_width_ratio: options.group_width_ratio,
        bar_width_ratio: options.bar_width_ratio,
        axis: &axis,
        label_degrees: options.label_degrees,
        label_chars: options.label_chars,
        label_gap_px: options.label_gap_px,
        value_labels: match options.value_labels {
            ValueLabels::Auto => chart::ValueLabels::Auto,
            ValueLabels::Always => chart::ValueLabels::Always,
            ValueLabels::Never => chart::ValueLabels::Never,
        },
        value_size_px: options.text.value_px,
        value_text: &|at, value| prepared.members.get(at).map(|m| value_text(m, value)).unwrap_or_default(),
        measure: &CanvasMeasure,
    })
}

fn value_text(member: &Member, value: f64) -> String {
    let known = (!value.is_nan()).then_some(value);
    if let Some(text) = member.field.mapping_for(known).and_then(|mapping| mapping.text.clone()) {
        return text;
    }
    match known {
        Some(value) => units::format(&member.unit, value, member.field.decimals).to_string(),
        None => member.field.no_value.clone().unwrap_or_else(|| "no data".to_owned()),
    }
}

fn paint_of_bar(prepared: &Prepared, bar: &Bar) -> Paint {
    let Some(member) = prepared.members.get(bar.member) else { return Paint::default() };
    paint_of(&member.field, bar.value, member.bounds, member.ink, &FieldColour::SeriesPalette)
}

fn drawing_view(options: &BarChartOptions, drawn: &Layout, prepared: &Prepared) -> AnyView {
    let plot = drawn.plot;
    let ticks = drawn
        .ticks
        .iter()
        .map(|tick| {
            let line = options.has_grid.then(|| {
                let (x1, x2, y1, y2) = if drawn.is_horizontal {
                    (tick.px, tick.px, plot.top, plot.bottom)
                } else {
                    (plot.left, plot.right, tick.px, tick.px)
                };
                line_view("plot__grid", (x1, y1), (x2, y2))
            });
            let text = tick_text(&tick.text, tick.px, plot, drawn.is_horizontal, drawn.size);
            [line, text.map(|text| text_view(&text, Tone::Quiet))].into_iter().flatten().views()
        })
        .views();
    let (x1, x2, y1, y2) = if drawn.is_horizontal {
        (drawn.base_px, drawn.base_px, plot.top, plot.bottom)
    } else {
        (plot.left, plot.right, drawn.base_px, drawn.base_px)
    };
    let opacity = (options.fill_percent / 100.0).to_string();
    let bars = drawn
        .bars
        .iter()
        .map(|bar| {
            let colour = paint_of_bar(prepared, bar).css();
            let thickness = if drawn.is_horizontal { bar.rect.height() } else { bar.rect.width() };
            // An outline would be all that is left of the thinnest bars.
            let outline = if thickness > 4.0 { options.line_width_px } else { 0.0 };
            shape_view(Shape {
                class: "plot__bar",
                path: rect_path(bar.rect, thickness * options.bar_radius_ratio),
                fill: Some(colour),
                outline_px: outline,
                opacity: Some(opacity.clone()),
                member: prepared.members.get(bar.member).map(|m| m.name.clone()),
                category: prepared.categories.get(bar.category).cloned(),
                value: Some(bar.value.to_string()),
                ..Shape::default()
            })
        })
        .views();
    let values = drawn
        .bars
        .iter()
        .filter_map(|bar| {
            let tone = if bar.is_label_inside { Tone::Reversed } else { Tone::Plain };
            Some(text_view(bar.label.as_ref()?, tone))
        })
        .views();
    let names = drawn.labels.iter().map(|label| turned_text_view(&label.text, label.degrees, Tone::Quiet)).views();
    [ticks, line_view("plot__base", (x1, y1), (x2, y2)), bars, values, names].views()
}

fn tooltip_of(options: &BarChartOptions, drawn: &Layout, prepared: &Prepared, pointed: Pointed) -> Option<TooltipData> {
    if options.tooltip.mode == TooltipMode::Hidden {
        return None;
    }
    let title = prepared.categories.get(pointed.at)?.clone();
    let near = pointed.place_px.and_then(|(x, y)| drawn.nearest_member(pointed.at, x, y));
    let mut bars: Vec<&Bar> = drawn.bars.iter().filter(|bar| bar.category == pointed.at).collect();
    match options.tooltip.sort {
        TooltipSort::None => {}
        TooltipSort::Ascending => crate::base::order::sort_by(&mut bars, |a, b| by_value_descending(b.value, a.value)),
        TooltipSort::Descending => crate::base::order::sort_by(&mut bars, |a, b| by_value_descending(a.value, b.value)),
    }
    let is_single = options.tooltip.mode == TooltipMode::Single && near.is_some();
    let rows = bars
        .into_iter()
        .filter(|bar| !is_single || Some(bar.member) == near)
        .filter_map(|bar| {
            let member = prepared.members.get(bar.member)?;
            let ink = paint_of_bar(prepared, bar).ink;
            let is_near = prepared.members.len() > 1 && Some(bar.member) == near;
            Some(TooltipRow {
                name: member.name.clone(),
                ink: Some(ink),
                value: value_text(member, bar.value),
                is_near,
            })
        })
        .collect();
    let (x_px, y_px) = pointed.window_px;
    Some(TooltipData { title, rows, x_px, y_px })
}

fn reading_of(prepared: &Prepared, category: usize) -> String {
    let name = prepared.categories.get(category).cloned().unwrap_or_default();
    let values = prepared.members.iter().filter_map(|member| {
        let text = value_text(member, *member.values.get(category)?);
        Some(if prepared.is_plain { text } else { format!("{} {text}", member.name) })
    });
    format!("{name}: {}", values.collect::<Vec<_>>().join(", "))
}

fn summary_of(title: &str, prepared: &Prepared) -> String {
    let count = prepared.categories.len();
    let read: Vec<String> = (0..count.min(12)).map(|category| reading_of(prepared, category)).collect();
    let more = if count > 12 { format!("; and {} more", count - 12) } else { String::new() };
    format!("{title}: bars of {count} categories. {}{more}", read.join("; "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::frame::Column;

    type Series<'a> = (&'a [(&'a str, &'a str)], &'a [f64]);

    fn frame(series: &[Series<'_>]) -> Samples {
        let rows = series.first().map_or(0, |(_, values)| values.len());
        Samples {
            x_ms: (0..rows).map(|row| row as f64 * 60_000.0).collect(),
            columns: series
                .iter()
                .map(|(labels, values)| Column {
                    labels: Labels::from_pairs(labels.iter().copied()),
                    values: (*values).into(),
                })
                .collect(),
            histograms: Vec::new(),
        }
    }

    fn panel(targets: &str) -> Panel {
        let text = format!(r#"{{"title":"D","panels":[{{"type":"barchart","title":"B","targets":{targets}}}]}}"#);
        let dashboard = crate::api::grafana::dashboard_from_json(&text).unwrap();
        dashboard.panels.first().unwrap().clone()
    }

    fn text(prepared: &Prepared) -> String {
        let members = prepared.members.iter().map(|m| format!("{} {:?}", m.name, m.values));
        format!("{:?}: {}", prepared.categories, members.collect::<Vec<_>>().join(" | ")).replace("NaN", "-")
    }

    fn prepared(panel: &Panel, frame: &Samples, targets: &[usize], category: Option<&str>) -> Prepared {
        let options = BarChartOptions { category: category.map(str::to_owned), ..BarChartOptions::default() };
        let looks = looks_of(panel, frame, targets);
        match category_of(panel, &options, frame, targets) {
            Category::Time => by_time(frame, &looks, &Zone::Utc, 3_600_000),
            Category::Label(name) => by_label(panel, frame, &looks, targets, Some(&name)),
            Category::Series => by_label(panel, frame, &looks, targets, None),
        }
    }

    #[test]
    fn categories_are_labels_series_or_instants() {
        let table = panel(r#"[{"expr":"a","instant":true,"format":"table"}]"#);
        let one_label = frame(&[(&[("job", "x")], &[1.0]), (&[("job", "y")], &[2.0])]);
        assert_eq!(text(&prepared(&table, &one_label, &[0, 0], None)), r#"["x", "y"]: Value [1.0, 2.0]"#);
        let two_labels = frame(&[
            (&[("job", "x"), ("status", "ok")], &[1.0]),
            (&[("job", "x"), ("status", "bad")], &[2.0]),
            (&[("job", "y"), ("status", "ok")], &[3.0]),
        ]);
        let by_job = prepared(&table, &two_labels, &[0, 0, 0], None);
        assert_eq!(text(&by_job), r#"["x", "y"]: ok [1.0, 3.0] | bad [2.0, -]"#);
        let by_status = prepared(&table, &two_labels, &[0, 0, 0], Some("status"));
        assert_eq!(text(&by_status), r#"["ok", "bad"]: x [1.0, 2.0] | y [3.0, -]"#);
        let named = panel(r#"[{"expr":"a","instant":true,"legendFormat":"{{job}} {{status}}"}]"#);
        assert_eq!(
            text(&prepared(&named, &two_labels, &[0, 0, 0], None)),
            r#"["x ok", "x bad", "y ok"]: Value [1.0, 2.0, 3.0]"#
        );
        let range = panel(r#"[{"expr":"a","legendFormat":"{{job}}"}]"#);
        let over_time = frame(&[(&[("job", "x")], &[1.0, MISSING, 3.0]), (&[("job", "y")], &[4.0, MISSING, MISSING])]);
        let by_time = prepared(&range, &over_time, &[0, 0], None);
        assert_eq!(by_time.categories.len(), 2);
        assert_eq!(by_time.members.iter().map(|m| m.name.as_str()).collect::<Vec<_>>(), ["x", "y"]);
        // A label of a range query: the latest values.
        assert_eq!(text(&prepared(&range, &over_time, &[0, 0], Some("job"))), r#"["x", "y"]: Value [3.0, 4.0]"#);
    }

    #[test]
    fn queries_are_members_of_the_same_categories() {
        let two = panel(
            r#"[{"expr":"a","instant":true,"format":"table","refId":"A","legendFormat":"used"},{"expr":"b","instant":true,"format":"table","refId":"B"}]"#,
        );
        let answers = frame(&[(&[("job", "x")], &[1.0]), (&[("job", "y")], &[2.0]), (&[("job", "y")], &[20.0])]);
        let found = prepared(&two, &answers, &[0, 0, 1], None);
        assert_eq!(text(&found), r#"["x", "y"]: used [1.0, 2.0] | B [-, 20.0]"#);
        assert!(!found.is_plain && found.members.first().map(|m| m.ink) != found.members.last().map(|m| m.ink));
    }
}
