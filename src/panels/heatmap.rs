//! How values spread over time: histogram buckets as cells.

use std::sync::Arc;

use leptos::prelude::*;

use crate::{
    analysis::heatmap::{HeatmapGrid, RowBound, counted_grid, heatmap_from_frame, series_grid},
    api::grafana::heatmaps::{HeatmapLooks, heatmap_looks},
    base::{
        time::{Range, duration_words},
        units,
    },
    chart::{
        Size,
        heatmap::{self as chart, CellLook, ColourScale, Layout, Legend},
    },
    model::{
        dashboard::{HeatmapColourScale, HeatmapOptions, PanelOptions},
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
    look::{looks_of, unit_of},
};

/// A column narrower than this cannot be told from its neighbour.
const COLUMN_PX: f64 = 7.0;
/// Values that are counted into columns come closer together.
const VALUE_PX: f64 = 2.0;
/// The gap that Grafana writes into every file; cells touch here.
const USUAL_GAP_PX: f64 = 1.0;

struct Prepared {
    grid: HeatmapGrid,
    range: Range,
    /// Of the rows' bounds; of the cells where rows are series.
    unit: String,
    /// Of a cell's number.
    cell_unit: String,
    cell_decimals: Option<u32>,
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
    let own = Arc::new(heatmap_looks(&panel.document));
    let px_per_row = if options.is_calculated { VALUE_PX } else { COLUMN_PX };
    let query = use_panel_data(&props, Signal::derive(move || room.get().map(|r| r.width_px)), px_per_row);

    let prepared = {
        let options = Arc::clone(&options);
        let own = Arc::clone(&own);
        Memo::shared(move || {
            query.remote.with(|r| r.value.clone()).map(|data| Arc::new(prepare(&options, &own, &data)))
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
    let tooltip = chart.tooltip(move |hit| Some(band_rows(hit, &*prepared.get().filter(|_| has_tooltip)?)));
    let announcement = chart.announcement(move |instant, hit| {
        let rows = band_rows(hit, &*prepared.get()?);
        let rows: Vec<String> = rows.into_iter().map(|row| format!("{}: {}", row.name, row.value)).collect();
        Some(format!("{instant}. {}", rows.join(", ")))
    });
    let sheet = Callback::new(move |()| prepared.get().map(|p| sheet_of(&p)));
    let live = Live {
        query,
        sheet,
        remarks: Signal::derive(move || prepared.get().map(|p| remarks(&p, &own)).unwrap_or_default()),
        is_empty: Signal::derive(move || {
            prepared.get().is_none_or(|p| p.grid.is_empty() || p.grid.counts.iter().all(|c| is_missing(*c)))
        }),
    };
    let unit = Signal::derive(move || match prepared.get() {
        Some(prepared) if prepared.grid.names.is_empty() => "count per cell".to_owned(),
        Some(prepared) => units::title(&prepared.unit),
        None => String::new(),
    });
    let shown = props.shown();
    let summary = Signal::derive(move || {
        let title = shown.with(|panel| panel.title.clone());
        prepared.get().map_or_else(|| title.clone(), |p| chart::summary(&title, &p.grid, &p.unit, None))
    });
    let has_legend = options.has_legend;
    let scale = ViewFn::from(move || {
        view! { {move || drawn.get().and_then(|d| d.layout.legend.clone()).filter(|_| has_legend).map(|legend| heat_scale(legend, prepared.get())).views()} }
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
fn heat_scale(legend: Legend, prepared: Option<Arc<Prepared>>) -> AnyView {
    let Legend { min, max, is_reversed, .. } = legend;
    let text = |value: f64| prepared.as_ref().map(|prepared| cell_text(prepared, value)).unwrap_or_default();
    view! {
        <span class="heat-scale" role="img" aria-label=format!("Colour scale from {} to {}", text(min), text(max))>
            {text(min)}
            <span class="heat-scale__ramp" data-reversed=is_reversed.then_some("true")></span>
            {text(max)}
        </span>
    }
    .into_any()
}

fn cell_text(prepared: &Prepared, value: f64) -> String {
    units::format(&prepared.cell_unit, value, prepared.cell_decimals).to_string()
}

fn prepare(options: &HeatmapOptions, own: &HeatmapLooks, data: &PanelData) -> Prepared {
    let (panel, (frame, targets)) = (Arc::clone(data.shown_panel()), data.joined());
    let series_unit = unit_of(&panel.field, panel.targets.first());
    let mut grid = if options.is_calculated { counted_grid(&frame, &own.buckets) } else { heatmap_from_frame(&frame) };
    if grid.is_empty() && !options.is_calculated && !frame.columns.is_empty() {
        let names = looks_of(&panel, &frame, &targets).into_iter().map(|look| look.name).collect();
        grid = series_grid(&frame, names);
    }
    let is_named = !grid.names.is_empty();
    let unit = options.y.unit.clone().filter(|_| !is_named).unwrap_or_else(|| series_unit.clone());
    let usual = if is_named { unit.clone() } else { "short".to_owned() };
    Prepared {
        grid: grid.within(options.y.min, options.y.max),
        range: data.range,
        unit,
        cell_unit: own.cell_unit.clone().unwrap_or(usual),
        cell_decimals: own.cell_decimals,
    }
}

fn draw(options: &HeatmapOptions, prepared: &Prepared, room: ChartRoom, zone: &Zone) -> Drawn<Layout> {
    let Prepared { grid, range, unit, .. } = prepared;
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
            cells: CellLook {
                hide_at_or_below: options.hide_at_or_below,
                hide_at_or_above: options.hide_at_or_above,
                gap_px: if options.cell_gap_px > USUAL_GAP_PX { options.cell_gap_px } else { 0.0 },
                is_reversed: options.is_y_reversed,
                is_scale_reversed: options.is_scheme_reversed,
            },
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

/// What the row stands for.
fn row_name(prepared: &Prepared, band: &chart::HitBand) -> String {
    let row = RowBound { lower: band.lower, upper: band.upper };
    prepared.grid.names.get(band.band).cloned().unwrap_or_else(|| bound_text(row, &prepared.unit))
}

/// The column's distribution, highest values first; empty ranges at either end are left out.
fn band_rows(hit: &chart::Hit, prepared: &Prepared) -> Vec<TooltipRow> {
    let is_named = !prepared.grid.names.is_empty();
    let is_filled = |band: &&chart::HitBand| is_named || band.is_under_pointer || band.count > 0.0;
    let total: f64 = hit.bands.iter().map(|b| b.count).filter(|c| !c.is_nan()).sum();
    let mut bands: Vec<&chart::HitBand> = hit.bands.iter().filter(is_filled).collect();
    crate::base::order::sort_by(&mut bands, |a, b| b.lower.total_cmp(&a.lower));
    let mut rows: Vec<TooltipRow> = bands
        .into_iter()
        .map(|band| {
            let value = if is_missing(band.count) {
                "no data".to_owned()
            } else if is_named {
                cell_text(prepared, band.count)
            } else {
                let share = if total > 0.0 { band.count / total } else { 0.0 };
                format!("{} · {}", cell_text(prepared, band.count), units::format("percentunit", share, None))
            };
            TooltipRow { name: row_name(prepared, band), ink: None, value, is_near: band.is_under_pointer }
        })
        .collect();
    // A column of values that were counted here is a span of time, not an instant.
    if let Some(step_ms) = prepared.grid.step_ms {
        let name = format!("all of {}", duration_words(step_ms as i64));
        rows.push(TooltipRow { name, ink: None, value: cell_text(prepared, total), is_near: false });
    }
    rows
}

fn remarks(prepared: &Prepared, own: &HeatmapLooks) -> Vec<Notice> {
    own.notices.iter().chain(&prepared.grid.notices).cloned().collect()
}

/// One column per row: a value range by its upper bound as Prometheus writes it, a series by its name.
fn sheet_of(prepared: &Prepared) -> Sheet {
    let grid = &prepared.grid;
    let width = grid.x_ms.len();
    let columns = grid
        .rows
        .iter()
        .enumerate()
        .map(|(at, row)| {
            let values: Arc<[f64]> = (0..width).map(|column| grid.count(at, column)).collect();
            let bound = || if row.upper.is_infinite() { "+Inf".to_owned() } else { row.upper.to_string() };
            (grid.names.get(at).cloned().unwrap_or_else(bound), values)
        })
        .collect();
    Sheet { x_ms: grid.x_ms.clone(), columns, ..Sheet::default() }
}
