//! Numbers as bars between their bounds, each with its name.

use std::fmt::Write as _;

use leptos::prelude::*;

use crate::{
    api::grafana::more::bar_gauge::{BarDisplay, BarGaugeOptions, NamePlacement, ValueDisplay, bar_gauge_from},
    base::colour::{Ink, gradient, ratio_of},
    chart::{
        Size,
        more::bar_gauge::{self as chart, Layout, Names, cells},
    },
    model::dashboard::{FieldColour, Orientation, ThresholdMode},
    panels::{PanelProps, look::ink_of},
    state::reactive::signal,
    ui::{chart_canvas::CanvasMeasure, views::Views},
};

use super::{
    figures::{FIGURES_MAX, Figure, Figures},
    live::{Reading, led_view, meters_frame, summary_signal, use_figures},
    paint::paint_of,
    svg::{Meter, Piece, meter_view, meters_view, piece_view},
};

pub fn view(props: PanelProps) -> AnyView {
    let Reading { options, figures, live } =
        use_figures(&props, bar_gauge_from, |options| &options.shown, (FieldColour::Thresholds, FIGURES_MAX));
    let (room, set_room) = signal(None::<Size>);
    let summary = summary_signal(&props, figures);
    let bars = move || {
        let room = room.get()?;
        Some(figures.with(|found| bars_view(&options, found, room)))
    };
    meters_frame(props, live, summary, set_room, bars)
}

fn bars_view(options: &BarGaugeOptions, found: &Figures, room: Size) -> AnyView {
    let is_horizontal = match options.orientation {
        Orientation::Horizontal => true,
        Orientation::Vertical => false,
        // Grafana's rule.
        Orientation::Auto => room.width_px <= room.height_px,
    };
    // The only bar of a panel has the panel's title.
    let is_nameless = found.list.len() <= 1 && options.name == NamePlacement::Auto;
    let names: Vec<&str> =
        found.list.iter().map(|figure| if is_nameless { "" } else { figure.name.as_str() }).collect();
    let texts: Vec<String> = found
        .list
        .iter()
        .map(|figure| if options.value == ValueDisplay::Hidden { String::new() } else { figure.text.to_string() })
        .collect();
    let values: Vec<&str> = texts.iter().map(String::as_str).collect();
    let layout = chart::layout(&chart::Input {
        room,
        is_horizontal,
        names: &names,
        values: &values,
        placement: match options.name {
            NamePlacement::Auto => Names::Auto,
            NamePlacement::Top => Names::Top,
            NamePlacement::Left => Names::Left,
            NamePlacement::Hidden => Names::Hidden,
        },
        name_size_px: options.text.title_px,
        value_size_px: options.text.value_px,
        least_width_px: options.least_width_px,
        least_height_px: options.least_height_px,
        most_height_px: options.most_height_px,
        measure: &CanvasMeasure,
    });
    let items = found.list.iter().map(|figure| bar_view(options, &layout, is_horizontal, figure)).collect();
    let direction = if is_horizontal { "lying" } else { "standing" };
    meters_view("bar-gauges", Some(direction), ("100%".to_owned(), format!("{}px", layout.gap_px)), items)
}

fn bar_view(options: &BarGaugeOptions, layout: &Layout, is_horizontal: bool, figure: &Figure) -> AnyView {
    let is_known = !figure.value.is_nan();
    let ratio = is_known.then(|| ratio_of(figure.value, figure.bounds));
    let mut children = Vec::new();
    if layout.has_names {
        let piece = Piece {
            class: "bar-gauge__name",
            width: layout.is_name_beside.then(|| format!("{:.0}px", layout.name_px)),
            font_size: Some(format!("{:.0}px", layout.name_size_px)),
            ..Piece::default()
        };
        children.push(piece_view(piece, figure.name.clone().into_any()));
    }
    let mut line = vec![match options.display {
        BarDisplay::Lcd => lcd_view(options, layout, figure, ratio),
        BarDisplay::Basic | BarDisplay::Gradient => track_view(options, is_horizontal, figure, ratio),
    }];
    if options.value != ValueDisplay::Hidden {
        let piece = Piece {
            class: "bar-gauge__value",
            width: is_horizontal.then(|| format!("{:.0}px", layout.value_px)),
            font_size: Some(format!("{:.1}px", layout.value_size_px)),
            colour: (options.value == ValueDisplay::Coloured && is_known).then(|| figure.paint.css()),
            ..Piece::default()
        };
        line.push(piece_view(piece, figure.text.to_string().into_any()));
    }
    children.push(piece_view(Piece { class: "bar-gauge__line", ..Piece::default() }, line.views()));
    let meter = Meter {
        class: "bar-gauge",
        place: Some(match (is_horizontal, layout.is_name_beside) {
            (false, _) => "standing",
            (true, true) => "beside",
            (true, false) => "above",
        }),
        ratio,
        hover: format!("{}: {}", figure.name, figure.full),
        height: is_horizontal.then(|| format!("{:.1}px", layout.item.height_px)),
        width: (!is_horizontal).then(|| format!("{:.1}px", layout.item.width_px)),
        ..figure.meter()
    };
    led_view(meter_view(meter, children.views()), figure)
}

/// A bar in one colour or in those that it passes.
fn track_view(options: &BarGaugeOptions, is_horizontal: bool, figure: &Figure, ratio: Option<f64>) -> AnyView {
    let ratio = ratio.unwrap_or_default();
    let length = format!("{:.2}%", ratio * 100.0);
    let is_gradient = options.display == BarDisplay::Gradient && ratio > 0.0;
    let passed = is_gradient.then(|| passed_colours(figure)).filter(|stops| stops.len() > 1);
    let background = passed.map_or_else(
        || figure.paint.css(),
        |stops| {
            let mut css = format!("linear-gradient({}", if is_horizontal { "90deg" } else { "0deg" });
            for (at, paint) in stops {
                // In parts of the filled bar.
                write!(css, ", {} {:.1}%", paint.css(), at / ratio * 100.0).unwrap_or_default();
            }
            css + ")"
        },
    );
    let bar = Piece {
        class: "bar-gauge__bar",
        width: is_horizontal.then(|| length.clone()),
        height: (!is_horizontal).then(|| length.clone()),
        background: Some(background),
        ..Piece::default()
    };
    let state = options.has_unfilled.then_some("unfilled");
    piece_view(Piece { class: "bar-gauge__track", state, ..Piece::default() }, piece_view(bar, ().into_any()))
}

/// The colours between the lower bound and the value, with their places between the bounds.
fn passed_colours(figure: &Figure) -> Vec<(f64, Ink)> {
    let (min, max) = figure.bounds;
    let ratio = ratio_of(figure.value, figure.bounds);
    if let FieldColour::Continuous(scheme) = &figure.field.colour {
        return (0..=8).map(|at| f64::from(at) / 8.0 * ratio).map(|at| (at, gradient(scheme, at))).collect();
    }
    if !matches!(figure.field.colour, FieldColour::Auto | FieldColour::Thresholds) {
        return Vec::new();
    }
    let thresholds = &figure.field.thresholds;
    let place = |value: f64| match thresholds.mode {
        _ if value.is_infinite() => 0.0,
        ThresholdMode::Absolute => (value - min) / (max - min),
        ThresholdMode::Percentage => value / 100.0,
    };
    let steps = thresholds.steps.iter().map(|step| (place(step.value).max(0.0), ink_of(step.colour)));
    let mut passed: Vec<(f64, Ink)> = steps.take_while(|(at, _)| *at <= ratio).collect();
    // Of several that begin at or below the lower bound only the last one is to be seen.
    let below = passed.iter().filter(|(at, _)| *at <= 0.0).count().saturating_sub(1);
    passed.drain(..below);
    if let Some((_, last)) = passed.last().copied() {
        passed.push((ratio, last));
    }
    if passed.len() > 2 { passed } else { Vec::new() }
}

/// Cells, each in the colour of its own value.
fn lcd_view(options: &BarGaugeOptions, layout: &Layout, figure: &Figure, ratio: Option<f64>) -> AnyView {
    let (count, lit) = cells(layout.bar_px, ratio);
    let (min, max) = figure.bounds;
    let cell = |at: usize| {
        let value = min + (max - min) * (at as f64 + 0.5) / count as f64;
        // The last lit cell has the value's own colour, so that a limit just passed is seen.
        let paint = if at + 1 == lit {
            figure.paint
        } else {
            paint_of(&figure.field, value, figure.bounds, figure.paint, &FieldColour::Thresholds)
        };
        let state = match (at < lit, options.has_unfilled) {
            (true, _) => "lit",
            (false, true) => "unlit",
            (false, false) => "gone",
        };
        let piece =
            Piece { class: "bar-gauge__cell", state: Some(state), background: Some(paint.css()), ..Piece::default() };
        piece_view(piece, ().into_any())
    };
    piece_view(Piece { class: "bar-gauge__cells", ..Piece::default() }, (0..count).map(cell).views())
}
