//! Values of categories as bars: of a label's values, of series, or of instants.

mod categories;

use std::sync::Arc;

use leptos::prelude::*;

use crate::{
    analysis::reduce::reduce,
    api::grafana::more::bar_chart::{BarChartOptions, ValueLabels, bar_chart_from},
    base::{colour::Ink, units},
    chart::{
        Size,
        more::bars::{self as chart, Bar, Layout},
        timeseries::AxisOptions as ChartAxis,
    },
    model::dashboard::{AxisScale, FieldColour, Orientation, StackMode, TooltipMode, TooltipSort},
    panels::{PanelProps, card::Live, data::use_panel_data, look::by_value_descending},
    state::{
        reactive::{Callback, Memo, RwSignal, Signal},
        time::TimeContext,
    },
    ui::{
        chart_canvas::CanvasMeasure,
        tooltip::{TooltipData, TooltipRow},
        views::Views,
    },
};

use self::categories::{Member, Prepared, prepare};
use super::{
    key::{Key, KeyEntry},
    live::sheet_of,
    paint::paint_of,
    plot::{DrawnFrame, Parts, Pointed},
    svg::{Shape, Tone, line_view, lit_view, rect_path, shape_view, text_view, tick_text, turned_text_view},
};

/// A bar narrower than this cannot be pointed at.
const ROW_PX: f64 = 24.0;

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
                paint: member.ink,
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

fn paint_of_bar(prepared: &Prepared, bar: &Bar) -> Ink {
    let Some(member) = prepared.members.get(bar.member) else { return Ink::default() };
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
            let ink = paint_of_bar(prepared, bar);
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
