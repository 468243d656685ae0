//! How values spread over time: histogram buckets as cells.

use std::sync::Arc;

use leptos::prelude::*;

use crate::{
    analysis::heatmap::{HeatmapGrid, RowBound, heatmap_from_frame},
    base::{time::Range, units},
    chart::{
        Size,
        heatmap::{self as chart, ColourScale, Layout, Legend},
    },
    model::{
        dashboard::{HeatmapColourScale, HeatmapOptions, Panel, PanelOptions},
        frame::is_missing,
        notice::Notice,
    },
    state::{
        reactive::{Callback, Memo, Signal, signal},
        time::TimeContext,
        zone::Zone,
    },
    ui::{
        chart_canvas::{CanvasMeasure, ChartCanvas, ChartRoom},
        tooltip::{Tooltip, TooltipRow},
        views::Views,
    },
};

use super::{
    PanelProps,
    card::{Frame, Live},
    cursor::{ChartWithCursor, Drawn},
    data::{PanelData, use_panel_data},
    export::Sheet,
    look::unit_of,
};

/// A column narrower than this cannot be told from its neighbour.
const COLUMN_PX: f64 = 7.0;

struct Prepared {
    grid: HeatmapGrid,
    range: Range,
    unit: String,
}

#[inline(never)]
pub fn open(props: PanelProps) -> AnyView {
    let panel = Arc::clone(&props.panel);
    let options = Arc::new(match &panel.options {
        PanelOptions::Heatmap(options) => options.clone(),
        _ => HeatmapOptions::default(),
    });
    let time = TimeContext::expect();
    let (room, set_room) = signal(None::<ChartRoom>);
    let query = use_panel_data(&props, Signal::derive(move || room.get().map(|r| r.width_px)), COLUMN_PX);

    let prepared = {
        let panel = Arc::clone(&panel);
        let options = Arc::clone(&options);
        Memo::shared(move || {
            query.remote.with(|r| r.value.clone()).map(|data| Arc::new(prepare(&panel, &options, &data)))
        })
    };
    let drawn = {
        let options = Arc::clone(&options);
        Memo::shared(move || {
            let prepared = prepared.get()?;
            let room = room.get()?;
            Some(Arc::new(time.zone.with(|zone| draw(&options, &prepared, room, zone))))
        })
    };
    let chart = ChartWithCursor::new(panel.id, drawn);
    let has_tooltip = options.has_tooltip;
    let tooltip = chart.tooltip(move |hit| Some(band_rows(hit, &prepared.get().filter(|_| has_tooltip)?.unit)));
    let announcement = chart.announcement(move |instant, hit| {
        let rows = band_rows(hit, &prepared.get()?.unit);
        let rows: Vec<String> = rows.into_iter().map(|row| format!("{}: {}", row.name, row.value)).collect();
        Some(format!("{instant}. {}", rows.join(", ")))
    });
    let sheet = Callback::new(move |()| prepared.get().map(|p| sheet_of(&p)));
    let live = Live {
        query,
        sheet,
        remarks: Signal::derive(move || prepared.get().map(|p| remarks(&p)).unwrap_or_default()),
        is_empty: Signal::derive(move || {
            prepared.get().is_none_or(|p| p.grid.is_empty() || p.grid.counts.iter().all(|c| is_missing(*c)))
        }),
    };
    let unit = Signal::derive(move || prepared.get().map_or_else(String::new, |_| "count per cell".to_owned()));
    let shown = props.shown();
    let summary = Signal::derive(move || {
        let title = shown.with(|panel| panel.title.clone());
        prepared.get().map_or_else(
            || title.clone(),
            |p| {
                let bounds = p.grid.rows.iter().map(|r| bound_text(*r, &p.unit)).collect::<Vec<_>>();
                format!(
                    "{title}: heatmap of {} time columns and {} value ranges, from {} to {}.",
                    p.grid.x_ms.len(),
                    p.grid.rows.len(),
                    bounds.first().map_or("", String::as_str),
                    bounds.last().map_or("", String::as_str)
                )
            },
        )
    });
    let has_legend = options.has_legend;
    let scale = ViewFn::from(move || {
        view! { {move || drawn.get().and_then(|d| d.layout.legend.clone()).filter(|_| has_legend).map(|legend| view! { <HeatScale legend=legend/> }).views()} }
    });
    view! {
        <Frame props=props live=live unit=unit notes=scale>
            <ChartCanvas
                scene=chart.scene()
                overlay=chart.overlay()
                on_room=Callback::new(move |room| set_room.set(Some(room)))
                on_event=chart.on_event()
                summary=summary
                announcement=announcement
            />
            <Tooltip data=tooltip/>
        </Frame>
    }
    .into_any()
}

/// What the colours mean.
#[component]
fn HeatScale(legend: Legend) -> impl IntoView {
    let Legend { min, max, .. } = legend;
    let text = |value: f64| units::format("short", value, None).to_string();
    view! {
        <span class="heat-scale" role="img" aria-label=format!("Colour scale from {} to {}", text(min), text(max))>
            {text(min)}
            <span class="heat-scale__ramp"></span>
            {text(max)}
        </span>
    }
    .into_any()
}

fn prepare(panel: &Panel, options: &HeatmapOptions, data: &PanelData) -> Prepared {
    let (frame, _) = data.joined();
    let target = panel.targets.first();
    let unit = options.y.unit.clone().unwrap_or_else(|| unit_of(&panel.field, target));
    Prepared { grid: heatmap_from_frame(&frame), range: data.range, unit }
}

fn draw(options: &HeatmapOptions, prepared: &Prepared, room: ChartRoom, zone: &Zone) -> Drawn<Layout> {
    let Prepared { grid, range, unit } = prepared;
    let mut layout = zone.with(|time_zone| {
        chart::layout(&chart::Input {
            grid,
            range: *range,
            time_zone,
            size: Size::new(room.width_px, room.height_px),
            dpr: room.dpr,
            unit,
            decimals: options.y.decimals,
            colour_scale: match options.colour_scale {
                HeatmapColourScale::Linear => ColourScale::Linear,
                // A root and a logarithm serve the same end: that small counts show beside large ones.
                HeatmapColourScale::Log | HeatmapColourScale::Power { .. } => ColourScale::Log,
            },
            colour_min: options.colour_min,
            colour_max: options.colour_max,
            measure: &CanvasMeasure,
        })
    });
    let scene = Arc::new(std::mem::take(&mut layout.scene));
    Drawn { layout, scene, rows_ms: grid.x_ms.as_slice().into() }
}

fn bound_text(row: RowBound, unit: &str) -> String {
    let text = |value: f64| units::format(unit, value, None).to_string();
    if row.upper.is_infinite() {
        format!("over {}", text(row.lower))
    } else if row.lower.is_infinite() {
        format!("up to {}", text(row.upper))
    } else {
        format!("{} – {}", text(row.lower), text(row.upper))
    }
}

/// The column's distribution, highest values first; empty ranges at either end are left out.
fn band_rows(hit: &chart::Hit, unit: &str) -> Vec<TooltipRow> {
    let is_filled = |band: &&chart::HitBand| band.is_under_pointer || (!is_missing(band.count) && band.count > 0.0);
    let total: f64 = hit.bands.iter().map(|b| b.count).filter(|c| !c.is_nan()).sum();
    let mut bands: Vec<&chart::HitBand> = hit.bands.iter().filter(is_filled).collect();
    crate::base::order::sort_by(&mut bands, |a, b| b.lower.total_cmp(&a.lower));
    bands
        .into_iter()
        .map(|band| {
            let value = if is_missing(band.count) {
                "no data".to_owned()
            } else {
                let share = if total > 0.0 { band.count / total } else { 0.0 };
                format!("{} · {}", units::format("short", band.count, None), units::format("percentunit", share, None))
            };
            let row = RowBound { lower: band.lower, upper: band.upper };
            TooltipRow { name: bound_text(row, unit), ink: None, value, is_near: band.is_under_pointer }
        })
        .collect()
}

fn remarks(prepared: &Prepared) -> Vec<Notice> {
    prepared.grid.notices.clone()
}

/// One column per value range, named by its upper bound as Prometheus writes it.
fn sheet_of(prepared: &Prepared) -> Sheet {
    let grid = &prepared.grid;
    let width = grid.x_ms.len();
    let columns = grid
        .rows
        .iter()
        .enumerate()
        .map(|(at, row)| {
            let values: Arc<[f64]> = (0..width).map(|column| grid.count(at, column)).collect();
            let name = if row.upper.is_infinite() { "+Inf".to_owned() } else { row.upper.to_string() };
            (name, values)
        })
        .collect();
    Sheet { x_ms: grid.x_ms.clone(), columns, ..Sheet::default() }
}
