//! Numbers on arcs between their bounds.

use leptos::prelude::*;

use crate::{
    api::grafana::more::gauge::{GaugeOptions, gauge_from},
    base::{
        colour::{Ink, ratio_of},
        units,
    },
    chart::{
        Size,
        more::gauge::{self as chart, Arrangement, GAP_PX, Grid, GridInput},
    },
    model::dashboard::{FieldColour, Orientation, StatTextMode, ThresholdMode},
    panels::{PanelProps, look::ink_of},
    state::reactive::signal,
    ui::{chart_canvas::CanvasMeasure, views::Views},
};

use super::{
    figures::{FIGURES_MAX, Figure, Figures},
    live::{Reading, led_view, meters_frame, summary_signal, use_figures},
    svg::{Meter, Piece, Shape, Tone, drawing, meter_view, meters_view, piece_view, shape_view, text_view},
};

/// The name's line below a gauge.
const NAME_PX: f64 = 20.0;
/// About as wide as a threshold's label.
const LABEL_PX: f64 = 30.0;

pub fn view(props: PanelProps) -> AnyView {
    let Reading { options, figures, live } =
        use_figures(&props, gauge_from, |options| &options.shown, (FieldColour::Thresholds, FIGURES_MAX));
    let (room, set_room) = signal(None::<Size>);
    let summary = summary_signal(&props, figures);
    let gauges = move || {
        let room = room.get()?;
        Some(figures.with(|found| gauges_view(&options, found, room)))
    };
    meters_frame(props, live, summary, set_room, gauges)
}

fn gauges_view(options: &GaugeOptions, found: &Figures, room: Size) -> AnyView {
    let count = found.list.len();
    let shows_names = match options.text_mode {
        StatTextMode::Auto => count > 1,
        StatTextMode::ValueAndName | StatTextMode::Name => true,
        StatTextMode::Value | StatTextMode::None => false,
    };
    let title_px = options.text.title_px.unwrap_or(12.0);
    let name_px = if shows_names { NAME_PX.max(title_px * 1.5) } else { 0.0 };
    let Grid { columns, cell } = chart::grid(&GridInput {
        count,
        room,
        arrangement: match options.orientation {
            Orientation::Auto => Arrangement::Grid,
            // Grafana's words: vertical gauges stand beside each other.
            Orientation::Vertical => Arrangement::Row,
            Orientation::Horizontal => Arrangement::Column,
        },
        name_px,
        label_px: if options.has_threshold_labels { LABEL_PX } else { 0.0 },
        is_circle: options.is_circle,
        least_width_px: options.least_width_px,
        least_height_px: options.least_height_px,
    });
    let size = Size::new(cell.width_px.floor(), cell.height_px.floor() - name_px);
    let items = found.list.iter().map(|figure| gauge_view(options, figure, size, shows_names)).collect();
    // Wide enough for a row, and no wider, so that the next gauge begins a new one.
    let width = size.width_px * columns as f64 + GAP_PX * (columns - 1) as f64;
    meters_view("gauges__grid", None, (format!("{width}px"), format!("{GAP_PX}px")), items)
}

fn gauge_view(options: &GaugeOptions, figure: &Figure, size: Size, shows_name: bool) -> AnyView {
    let (min, max) = figure.bounds;
    let limit_text = |value: f64| units::format(&figure.unit, value, None).to_string();
    let thresholds = &figure.field.thresholds;
    // Where each step begins between the bounds, with the value that it stands for.
    let steps: Vec<(f64, String, Ink)> = thresholds
        .steps
        .iter()
        .map(|step| {
            let value = match thresholds.mode {
                ThresholdMode::Absolute => step.value,
                ThresholdMode::Percentage => min + (max - min) * step.value / 100.0,
            };
            let ratio = if step.value.is_finite() { (value - min) / (max - min) } else { 0.0 };
            (ratio, limit_text(value), ink_of(step.colour))
        })
        .collect();
    let band: Vec<(f64, String)> = steps.iter().map(|(ratio, text, _)| (*ratio, text.clone())).collect();
    let is_known = !figure.value.is_nan();
    let shows_value = !matches!(options.text_mode, StatTextMode::Name | StatTextMode::None);
    let text = figure.text.to_string();
    let value_ratio = is_known.then(|| ratio_of(figure.value, figure.bounds));
    let start_ratio = options.neutral.map_or(0.0, |neutral| ratio_of(neutral, figure.bounds));
    let (low, high) = (limit_text(min), limit_text(max));
    let drawn = chart::layout(&chart::Input {
        size,
        is_circle: options.is_circle,
        bar_width_ratio: options.bar_width_ratio,
        value_ratio,
        start_ratio,
        value_text: if shows_value { &text } else { "" },
        value_size_px: options.text.value_px,
        bounds: (&low, &high),
        band: &band,
        has_band: options.has_threshold_band && band.len() > 1,
        has_band_labels: options.has_threshold_labels,
        measure: &CanvasMeasure,
    });
    let shape = |class: &'static str, path: String, fill: Option<String>| {
        shape_view(Shape { class, path, fill, ..Shape::default() })
    };
    let colour = if is_known { figure.paint.css() } else { Ink::default().css() };
    let mut parts =
        vec![shape("gauge__track", drawn.track, None), shape("gauge__bar", drawn.bar, Some(colour.clone()))];
    for (at, path) in drawn.band {
        parts.push(shape("gauge__band", path, steps.get(at).map(|(_, _, paint)| paint.css())));
    }
    parts.extend(drawn.bounds.iter().chain(&drawn.band_labels).map(|text| text_view(text, Tone::Quiet)));
    parts.extend(drawn.value.map(|text| text_view(&text, Tone::Painted(colour))));
    let mut children = vec![drawing("gauge__dial", Some(size), parts.views())];
    if shows_name {
        let font_size = Some(format!("{}px", options.text.title_px.unwrap_or(12.0)));
        let piece = Piece { class: "gauge__name", font_size, ..Piece::default() };
        children.push(piece_view(piece, figure.name.clone().into_any()));
    }
    let meter = Meter {
        class: "gauge",
        hover: format!("{}: {} ({low} to {high})", figure.name, figure.full),
        width: Some(format!("{}px", size.width_px)),
        ratio: value_ratio,
        ..figure.meter()
    };
    led_view(meter_view(meter, children.views()), figure)
}
