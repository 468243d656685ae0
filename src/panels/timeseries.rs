//! Lines over time, with legend, tooltip, crosshair and drag zoom.

use std::sync::Arc;

use leptos::prelude::*;

use crate::{
    base::units,
    chart::{
        Size,
        timeseries::{self as chart, ConnectNulls, Draw, Finish, Layout, Series, Side, Stacking, Threshold},
    },
    model::{
        dashboard::{
            AxisOptions, AxisScale, AxisSide, DrawStyle, LegendPlacement, NullMode, Panel, PanelOptions, StackMode,
            ThresholdDisplay, TimeSeriesOptions, TooltipMode, TooltipSort,
        },
        frame::{self, is_missing},
        notice::Notice,
    },
    state::{
        query::Query,
        reactive::{Callback, Memo, RwSignal, Signal, signal},
        time::TimeContext,
        zone::Zone,
    },
    ui::{
        chart_canvas::{CanvasMeasure, ChartCanvas, ChartRoom},
        legend::{Legend, LegendAction, LegendEntry, toggle},
        tooltip::{Tooltip, TooltipRow},
    },
};

use super::{
    ChartPart, PanelProps,
    card::{Frame, Live},
    charts_later,
    cursor::{ChartWithCursor, Drawn},
    data::{PanelData, last_value, use_panel_data},
    export::Sheet,
    look::{SeriesLook, by_value_descending, ink_of},
};

/// The data with their looks, before they have a size.
pub struct Prepared {
    pub frame: frame::Frame,
    pub looks: Vec<SeriesLook>,
    pub range: crate::base::time::Range,
    /// Units of the two axes.
    pub left_unit: String,
    right_unit: Option<String>,
}

/// A chart over time as what comes later sees it.
pub struct TimeChart {
    pub props: PanelProps,
    pub options: Arc<TimeSeriesOptions>,
    pub query: Query<PanelData>,
    pub prepared: Memo<Option<Arc<Prepared>>>,
    pub drawn: Memo<Option<Arc<Drawn<Layout>>>>,
    pub cursor: ChartWithCursor<Layout>,
    /// Series that are put aside, by their names.
    pub hidden: RwSignal<Vec<String>>,
    pub on_legend: Callback<LegendAction>,
    /// What is to be known about what came later.
    pub remarks: RwSignal<Vec<Notice>>,
    /// The chart in words. The panel's title until they are there.
    pub summary: RwSignal<String>,
    /// How its series are drawn, where that is not the usual way.
    pub finish: RwSignal<Option<Arc<dyn Finish>>>,
}

pub fn view(props: PanelProps) -> AnyView {
    let panel = Arc::clone(&props.panel);
    let options = Arc::new(match &panel.options {
        PanelOptions::TimeSeries(options) => options.clone(),
        _ => TimeSeriesOptions::default(),
    });
    let time = TimeContext::expect();
    let (room, set_room) = signal(None::<ChartRoom>);
    let query = use_panel_data(&props, Signal::derive(move || room.get().map(|r| r.width_px)), 1.0);
    let hidden = RwSignal::new(Vec::<String>::new());
    let finish = RwSignal::new(None::<Arc<dyn Finish>>);

    let prepared =
        { Memo::shared(move || query.remote.with(|r| r.value.clone()).map(|data| Arc::new(prepare(&data)))) };
    let drawn = {
        let options = Arc::clone(&options);
        let panel = Arc::clone(&panel);
        Memo::shared(move || {
            let prepared = prepared.get()?;
            let room = room.get()?;
            let zone = time.zone.get();
            let finish = finish.get();
            let finish = finish.as_deref();
            Some(Arc::new(hidden.with(|hidden| draw(&panel, &options, &prepared, room, &zone, hidden, finish))))
        })
    };
    let chart = ChartWithCursor::new(panel.id, drawn);
    let tooltip = {
        let options = Arc::clone(&options);
        chart.tooltip(move |hit| {
            let prepared = prepared.get().filter(|_| options.tooltip.mode != TooltipMode::Hidden)?;
            Some(tooltip_rows(&prepared, hit, &options))
        })
    };
    let announcement = chart.announcement(move |instant, hit| {
        let prepared = prepared.get()?;
        let values: Vec<String> = hit
            .points
            .iter()
            .filter_map(|p| prepared.looks.get(p.series).map(|look| (look, p.value)))
            .map(|(look, value)| {
                format!("{} {}", look.name, units::format(&look.unit, value, look.options.field.decimals))
            })
            .collect();
        Some(format!("{instant}: {}", values.join(", ")))
    });
    let legend = Signal::derive(move || {
        let Some(prepared) = prepared.get() else { return Vec::new() };
        hidden.with(|hidden| {
            prepared
                .looks
                .iter()
                .zip(&prepared.frame.columns)
                .map(|(look, column)| {
                    let value = last_value(&column.values);
                    let (value, value_full) = if is_missing(value) {
                        ("no data".to_owned(), "no data".to_owned())
                    } else {
                        (
                            units::format(&look.unit, value, look.options.field.decimals).to_string(),
                            units::format_full(&look.unit, value).to_string(),
                        )
                    };
                    LegendEntry {
                        name: look.name.clone(),
                        ink: look.ink,
                        value,
                        value_full,
                        is_hidden: look.options.style.is_hidden || hidden.contains(&look.name),
                    }
                })
                .collect()
        })
    });
    let on_legend = Callback::new(move |action: LegendAction| {
        let names: Vec<String> = legend.with_untracked(|l| l.iter().map(|e| e.name.clone()).collect());
        hidden.update(|hidden| toggle(hidden, &names, action));
    });
    let later_remarks = RwSignal::new(Vec::new());
    let summary = RwSignal::new(panel.title.clone());
    let time_chart = Arc::new(TimeChart {
        props: props.clone(),
        options: Arc::clone(&options),
        query,
        prepared,
        drawn,
        cursor: chart,
        hidden,
        on_legend,
        remarks: later_remarks,
        summary,
        finish,
    });

    let sheet = Callback::new(move |()| {
        prepared.get().map(|p| Sheet {
            x_ms: p.frame.x_ms.to_vec(),
            columns: p
                .looks
                .iter()
                .zip(&p.frame.columns)
                .map(|(l, c)| (l.name.clone(), Arc::clone(&c.values)))
                .collect(),
            ..Sheet::default()
        })
    });
    let live = Live {
        query,
        sheet,
        remarks: Signal::derive(move || {
            let mut remarks = remarks(drawn.get().as_deref(), prepared.get().as_deref());
            remarks.extend(later_remarks.get());
            remarks
        }),
        is_empty: Signal::derive(move || {
            prepared.get().is_none_or(|p| p.frame.columns.iter().all(|c| c.values.iter().all(|v| is_missing(*v))))
        }),
    };
    let axes = Arc::clone(&options);
    let unit = Signal::derive(move || {
        let named = |axis: &AxisOptions, unit: &str| match (axis.label.clone(), units::title(unit)) {
            (None, unit) => unit,
            (Some(label), unit) if unit.is_empty() => label,
            (Some(label), unit) => format!("{label}, {unit}"),
        };
        prepared.get().map_or_else(String::new, |p| match &p.right_unit {
            None => named(&axes.left, &p.left_unit),
            Some(right) => {
                let (left, right) = (named(&axes.left, &p.left_unit), named(&axes.right, right));
                let left = if left.is_empty() { "left".to_owned() } else { left };
                let right = if right.is_empty() { "count".to_owned() } else { right };
                format!("{left} (left), {right} (right)")
            }
        })
    });
    let legend_view = match options.legend.placement {
        LegendPlacement::Hidden => ().into_any(),
        LegendPlacement::Bottom if !options.legend.is_table && options.legend.columns.is_empty() => {
            view! { <Legend entries=legend on_action=on_legend/> }.into_any()
        }
        placement => {
            let place = if placement == LegendPlacement::Right { "right" } else { "bottom" };
            let legend = charts_later(ChartPart::Legend, &time_chart);
            view! { <div class="legend-room" data-place=place>{legend}</div> }.into_any()
        }
    };
    // After the lines: they do not wait for it.
    let has_drawn = Memo::new(move |_| drawn.with(Option::is_some));
    view! {
        <Frame props=props live=live unit=unit>
            <ChartCanvas
                scene=chart.scene()
                overlay=chart.overlay()
                on_room=Callback::new(move |room| set_room.set(Some(room)))
                on_event=chart.on_event()
                summary=summary
                announcement=announcement
            />
            {move || if has_drawn.get() { charts_later(ChartPart::Marks, &time_chart) } else { ().into_any() }}
            {legend_view}
            <Tooltip data=tooltip/>
        </Frame>
    }
    .into_any()
}

fn prepare(data: &PanelData) -> Prepared {
    let (mut frame, looks) = data.series();
    for (column, look) in frame.columns.iter_mut().zip(&looks) {
        if look.options.style.nulls == NullMode::Zero {
            column.values = column.values.iter().map(|value| if is_missing(*value) { 0.0 } else { *value }).collect();
        }
    }
    let left_unit = looks
        .iter()
        .find(|l| l.options.style.axis == AxisSide::Left)
        .or(looks.first())
        .map_or_else(|| "short".to_owned(), |l| l.unit.clone());
    let right_unit = looks
        .iter()
        .find(|l| l.options.style.axis == AxisSide::Right)
        .or_else(|| looks.iter().find(|l| l.unit != left_unit))
        .map(|l| l.unit.clone());
    Prepared { frame, looks, range: data.range, left_unit, right_unit }
}

fn draw(
    panel: &Panel,
    options: &TimeSeriesOptions,
    prepared: &Prepared,
    room: ChartRoom,
    zone: &Zone,
    hidden: &[String],
    finish: Option<&dyn Finish>,
) -> Drawn<Layout> {
    let Prepared { frame, looks, range, left_unit, right_unit } = prepared;
    let mut series: Vec<Series> = looks
        .iter()
        .map(|look| {
            // Two units never share an axis: bytes beside cores would be a flat line that says nothing.
            let is_other_unit = right_unit.as_ref() == Some(&look.unit) && *left_unit != look.unit;
            let is_right = look.options.style.axis == AxisSide::Right || is_other_unit;
            series_of(look, if is_right { Side::Right } else { Side::Left }, hidden)
        })
        .collect();
    let mut left = axis_of(&options.left, left_unit, panel);
    let mut right = axis_of(&options.right, right_unit.as_deref().unwrap_or(left_unit), panel);
    if let Some(finish) = finish {
        finish.adjust(&mut series, [&mut left, &mut right]);
    }
    let thresholds: Vec<Threshold> = panel
        .field
        .thresholds
        .steps
        .iter()
        .map(|step| Threshold { value: step.value, ink: ink_of(step.colour), label: None })
        .collect();
    let mut layout = zone.with(|time_zone| {
        chart::layout(&chart::Input {
            frame,
            series: &series,
            range: *range,
            time_zone,
            size: Size::new(room.width_px, room.height_px),
            dpr: room.dpr,
            left: &left,
            right: &right,
            thresholds: &thresholds,
            threshold_style: match options.threshold_display {
                ThresholdDisplay::Off => chart::ThresholdStyle::None,
                ThresholdDisplay::Line => chart::ThresholdStyle::Line,
                ThresholdDisplay::DashedLine => chart::ThresholdStyle::DashedLine,
                ThresholdDisplay::Area => chart::ThresholdStyle::Area,
                ThresholdDisplay::LineAndArea => chart::ThresholdStyle::LineAndArea,
                ThresholdDisplay::DashedLineAndArea => chart::ThresholdStyle::DashedLineAndArea,
            },
            finish,
            measure: &CanvasMeasure,
        })
    });
    let scene = Arc::new(std::mem::take(&mut layout.scene));
    Drawn { layout, scene, rows_ms: Arc::clone(&frame.x_ms) }
}

pub fn series_of(look: &SeriesLook, side: Side, hidden: &[String]) -> Series {
    let style = &look.options.style;
    Series {
        name: look.name.clone(),
        ink: look.ink,
        draw: match style.draw {
            DrawStyle::Line => Draw::Line,
            DrawStyle::Bars => Draw::Bars,
            DrawStyle::Points => Draw::Points,
        },
        line_width_px: style.line_width_px,
        fill_ratio: style.fill_percent / 100.0,
        stacking: match style.stack {
            StackMode::None => Stacking::None,
            StackMode::Normal => Stacking::Normal,
            StackMode::Percent => Stacking::Percent,
        },
        connect_nulls: match style.nulls {
            NullMode::Gap | NullMode::Zero => ConnectNulls::Never,
            NullMode::Connect => ConnectNulls::Always,
            NullMode::ConnectBelow { gap_ms } => ConnectNulls::UpToMs(gap_ms as f64),
        },
        side,
        is_hidden: style.is_hidden || hidden.contains(&look.name),
        ..Series::default()
    }
}

fn axis_of(options: &AxisOptions, unit: &str, panel: &Panel) -> chart::AxisOptions {
    chart::AxisOptions {
        unit: options.unit.clone().unwrap_or_else(|| unit.to_owned()),
        decimals: options.decimals.or(panel.field.decimals),
        min: options.min.or(panel.field.min),
        max: options.max.or(panel.field.max),
        soft_min: options.soft_min,
        soft_max: options.soft_max,
        log_base: match options.scale {
            AxisScale::Linear => None,
            AxisScale::Log { base } => Some(base),
        },
        is_hidden: options.is_hidden,
        ..chart::AxisOptions::default()
    }
}

/// The values of a row in the order that the panel asks for.
pub fn sorted_points(hit: &chart::Hit, options: &TimeSeriesOptions) -> Vec<chart::HitPoint> {
    let mut points = hit.points.clone();
    if options.tooltip.hides_zeros {
        points.retain(|point| point.value != 0.0);
    }
    match options.tooltip.sort {
        TooltipSort::Ascending => {
            crate::base::order::sort_by(&mut points, |a, b| by_value_descending(b.value, a.value));
        }
        // By value unless the dashboard says otherwise: the largest is what one looks for.
        TooltipSort::None | TooltipSort::Descending => {
            crate::base::order::sort_by(&mut points, |a, b| by_value_descending(a.value, b.value));
        }
    }
    points
}

fn tooltip_rows(prepared: &Prepared, hit: &chart::Hit, options: &TimeSeriesOptions) -> Vec<TooltipRow> {
    sorted_points(hit, options)
        .iter()
        .filter(|p| options.tooltip.mode != TooltipMode::Single || p.is_nearest)
        .filter_map(|p| {
            let look = prepared.looks.get(p.series)?;
            Some(TooltipRow {
                name: look.name.clone(),
                ink: Some(look.ink),
                value: units::format(&look.unit, p.value, look.options.field.decimals).to_string(),
                is_near: p.is_nearest,
            })
        })
        .collect()
}

/// What a person should know about the drawing itself.
fn remarks(drawn: Option<&Drawn<Layout>>, prepared: Option<&Prepared>) -> Vec<Notice> {
    let mut notices = Vec::new();
    let is_cut = drawn.is_some_and(|d| [&d.layout.left, &d.layout.right].into_iter().flatten().any(|axis| axis.is_cut));
    if is_cut {
        notices.push(Notice::info("The value axis does not start at 0."));
    }
    let histogram_count = prepared.map_or(0, |p| p.frame.histograms.len());
    if histogram_count > 0 {
        notices.push(Notice::warning(format!(
            "{histogram_count} series are native histograms, which a line cannot show: use a heatmap, or histogram_quantile()."
        )));
    }
    let columns = prepared.map(|p| p.frame.columns.as_slice()).unwrap_or_default();
    let is_undrawn = |column: &&frame::Column| {
        let mut samples = column.values.iter().filter(|value| !is_missing(**value)).peekable();
        samples.peek().is_some() && samples.all(|value| !value.is_finite())
    };
    let undrawn_count = columns.iter().filter(is_undrawn).count();
    if undrawn_count > 0 {
        notices.push(Notice::warning(format!(
            "{undrawn_count} of {} series have no number that can be drawn: all of their samples are NaN or infinite.",
            columns.len()
        )));
    }
    let mut units: Vec<&str> = prepared.map(|p| p.looks.iter().map(|l| l.unit.as_str()).collect()).unwrap_or_default();
    crate::base::order::sort_by(&mut units, Ord::cmp);
    units.dedup();
    if units.len() > 2 {
        notices.push(Notice::warning(format!("{} units share two axes: {}.", units.len(), units.join(", "))));
    }
    notices
}
