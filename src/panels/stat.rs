//! One number out of each series, with its trend.

use std::sync::Arc;

use leptos::prelude::*;

use crate::{
    analysis::{
        link::{Lead, ValueFacts},
        reduce::reduce,
    },
    base::{
        colour::{Ink, gradient, ratio_of},
        time::duration_words,
        units::{self, Formatted},
    },
    chart::{Scene, Size, sparkline},
    model::{
        dashboard::{
            FieldColour, Orientation, Panel, PanelOptions, Sparkline, StatColourMode, StatOptions, StatTextMode,
        },
        frame::is_missing,
        labels::Labels,
        notice::Notice,
    },
    state::reactive::{Callback, Memo, Signal, signal},
    ui::chart_canvas::{ChartCanvas, ChartRoom},
    ui::views::Views,
};

use super::{
    PanelProps,
    card::{Frame, Live},
    data::{PanelData, use_panel_data},
    export::Sheet,
    leads::{cover_view, leads_at},
    look::{GradientEnds, SeriesLook, ink_of, state_of},
};

/// Rows asked for, however wide the card: the step decides what `$__rate_interval` is, and one number must be the same
/// number on a phone and on a wall.
const ROWS: f64 = 256.0;

/// More cannot be read, and a page of thousands stops answering; a remark says how many there are.
const MOST_FIGURES: usize = 200;

/// One number, ready to show.
#[derive(Debug, Clone, PartialEq)]
struct Figure {
    name: String,
    /// [`crate::model::frame::MISSING`] when there is none.
    value: f64,
    text: Formatted,
    full: String,
    ink: Ink,
    /// The limit that the value keeps or breaks, in words.
    verdict: Option<String>,
    leads: Vec<Lead>,
}

pub fn view(props: PanelProps) -> AnyView {
    let options = match &props.panel.options {
        PanelOptions::Stat(options) => options.clone(),
        _ => StatOptions::default(),
    };
    let (room, set_room) = signal(None::<ChartRoom>);
    let query = use_panel_data(&props, Signal::stored(Some(ROWS)), 1.0);

    let shown = props.shown();
    let figures = {
        let options = options.clone();
        Memo::new(move |_| {
            let panel = shown.get();
            query.remote.with(|r| r.value.as_ref().map(|data| figures_of(&options, &panel, data)).unwrap_or_default())
        })
    };
    let scene = {
        let options = options.clone();
        Signal::derive(move || {
            let room = room.get()?;
            let data = query.remote.with(|r| r.value.clone())?;
            let ink = figures.with(|f| f.first().map(|f| f.ink));
            spark_scene(&options, &data, ink, room).map(Arc::new)
        })
    };
    let sheet = Callback::new(move |()| query.remote.with(|r| r.value.as_ref().map(|data| Sheet::of(data))));
    let live = Live {
        query,
        sheet,
        remarks: Signal::derive(move || {
            let count = query.remote.with(|r| r.value.as_ref().map_or(0, |data| data.series_count()));
            let is_cut = figures.with(Vec::len) == MOST_FIGURES && count > MOST_FIGURES;
            let remark = || Notice::warning(format!("Only {MOST_FIGURES} of {count} series are shown."));
            is_cut.then(remark).into_iter().collect()
        }),
        is_empty: Signal::derive(move || figures.with(|f| f.iter().all(|f| is_missing(f.value)))),
    };
    let range_note = Signal::derive(move || {
        query.remote.with(|r| r.value.as_ref().map(|d| duration_words(d.range.duration_ms())).unwrap_or_default())
    });
    let unit_note = {
        let (label, shows_all) = (options.reducer.label().to_ascii_lowercase(), options.shows_all_values);
        Signal::derive(move || {
            let range = range_note.get();
            // Every value is shown as it is.
            if range.is_empty() || shows_all { range } else { format!("{label}, {range}") }
        })
    };
    let has_spark = options.sparkline != Sparkline::None;
    let summary = Signal::derive(move || {
        figures.with(|figures| {
            let values: Vec<String> = figures.iter().map(|f| format!("{}: {}", f.name, f.text)).collect();
            format!("{}. {}", shown.get().title, values.join(", "))
        })
    });
    let manner = Manner {
        text_mode: options.text_mode,
        is_filled: options.colour_mode == StatColourMode::Background,
        orientation: options.orientation,
    };
    let align = options.is_centred.then_some("center");
    view! {
        <Frame props=props live=live unit=unit_note>
            <div class="stat" data-align=align>
                {move || figures_view(figures.get(), manner)}
                <ChartCanvas
                    class=if has_spark { "stat__spark" } else { "stat__measure" }
                    scene=scene
                    on_room=Callback::new(move |room| set_room.set(Some(room)))
                    summary=summary
                />
            </div>
        </Frame>
    }
    .into_any()
}

/// How all numbers of a panel are shown.
#[derive(Clone, Copy)]
struct Manner {
    text_mode: StatTextMode,
    /// Colours are behind the numbers, not theirs.
    is_filled: bool,
    orientation: Orientation,
}

impl Manner {
    /// A number's own colour: a state's, or one that no state has, as CSS.
    fn colour_of(self, ink: Ink) -> (Option<&'static str>, Option<String>) {
        let state = state_of(ink).filter(|_| !self.is_filled);
        let is_plain = self.is_filled || state.is_some() || ink == Ink::Text1;
        (state, (!is_plain).then(|| ink.css()))
    }

    /// The colour behind a number.
    fn fill(self, ink: Ink) -> impl IntoView {
        let is_filled = self.is_filled && ink != Ink::Text1;
        is_filled
            .then(|| view! { <div class="stat__fill" style:background=ink.css() aria-hidden="true"></div> })
            .views()
    }
}

/// One number, as large as its card allows.
fn single_view(figure: Figure, manner: Manner) -> AnyView {
    let Figure { name, value, text, full, ink, verdict, leads } = figure;
    let text_mode = manner.text_mode;
    let state = state_of(ink);
    let (own_state, colour) = manner.colour_of(ink);
    let shows_name = matches!(text_mode, StatTextMode::ValueAndName | StatTextMode::Name);
    let mark = match state {
        Some("ok") => "●",
        Some("warning") => "◆",
        Some("critical") => "▲",
        _ => "",
    };
    view! {
        {manner.fill(ink)}
        <div class="stat__value" data-state=own_state style:color=colour data-testid="stat-value" data-value=value.to_string() title=full>
            {format!("{}{}", text.prefix, text.number)}
            <span class="stat__suffix">{text.suffix}</span>
        </div>
        <div class="stat__sub">
            {verdict.map(|verdict| view! { <span class="badge" data-state=state>{format!("{mark} {verdict}")}</span> }).views()}
            {shows_name.then(|| view! { <span class="stat__name">{name.clone()}</span> }).views()}
        </div>
        {cover_view(&name, leads)}
    }
    .into_any()
}

fn figures_view(figures: Vec<Figure>, manner: Manner) -> AnyView {
    let is_single = figures.len() <= 1;
    if is_single {
        let Some(figure) = figures.into_iter().next() else { return ().into_any() };
        return single_view(figure, manner);
    }
    let count = figures.len();
    let columns = match manner.orientation {
        // As Grafana has it: each number lies across the card, or stands beside the others.
        Orientation::Horizontal => [1; 4],
        Orientation::Vertical => [count; 4],
        Orientation::Auto => columns_by_shape(count),
    };
    let items = figures
        .into_iter()
        .map(|figure| {
            let Figure { name, value, text, full, ink, verdict: _, leads } = figure;
            let shows_name = manner.text_mode != StatTextMode::Value;
            let (state, colour) = manner.colour_of(ink);
            view! {
                <div class="stat__item">
                    {manner.fill(ink)}
                    <div class="stat__item-value" data-state=state data-tinted=colour.is_some().then_some("true") style:--ink=colour data-testid="stat-value" data-value=value.to_string() title=full>{text.to_string()}</div>
                    {shows_name.then(|| view! { <div class="stat__name" title=name.clone()>{name.clone()}</div> }).views()}
                    {cover_view(&name, leads)}
                </div>
            }
        })
        .views();
    let [slim, square, wide, flat] = columns.map(|columns| columns.to_string());
    view! {
        <div
            class="stat__many"
            // It may be more than the card has room for.
            tabindex="0"
            role="group"
            aria-label=format!("{count} values")
            style=("--columns-slim", slim)
            style=("--columns-square", square)
            style=("--columns-wide", wide)
            style=("--columns-flat", flat)
            style=("--columns-row", count.to_string())
        >
            {items}
        </div>
    }
    .into_any()
}

/// How many columns make the numbers largest, in cards from slim to flat: the style sheet knows which one it is.
fn columns_by_shape(count: usize) -> [usize; 4] {
    // A number is written about three times as wide as it is high. Below their heads the cards are 0.75, 1.8, 3.6 and 7.5 times
    // as wide as high; flatter ones have a single row.
    [0.25, 0.6, 1.2, 2.5].map(|ratio| ((count as f64 * ratio).sqrt().round() as usize).clamp(1, count.max(1)))
}

/// Whether a series is among those that the panel is about.
fn is_shown(options: &StatOptions, look: &SeriesLook) -> bool {
    !look.options.style.is_hidden && options.series.as_ref().is_none_or(|series| series.covers(&look.name, ""))
}

fn figures_of(options: &StatOptions, panel: &Panel, data: &PanelData) -> Vec<Figure> {
    let (frame, looks) = data.series();
    let ends = GradientEnds::of(&frame);
    let limit = options.value_limit.map_or(MOST_FIGURES, |limit| (limit as usize).min(MOST_FIGURES));
    let mut figures = Vec::new();
    for (column, look) in frame.columns.iter().zip(&looks) {
        if !is_shown(options, look) {
            continue;
        }
        if figures.len() >= MOST_FIGURES {
            break;
        }
        if options.shows_all_values {
            let left = limit.saturating_sub(figures.len());
            let values = column.values.iter().enumerate().filter(|(_, v)| !is_missing(**v)).take(left);
            figures.extend(values.map(|(row, value)| {
                let time_ms = frame.x_ms.get(row).copied();
                let figure = figure(look, options, *value, &ends);
                let figure = led(figure, panel, look, &column.labels, time_ms);
                match data.name_at(&figure.name, row) {
                    Some(name) => Figure { name, ..figure },
                    None => figure,
                }
            }));
        } else {
            let value = reduce(options.reducer, &column.values);
            // An answer that is not a number is not the same as no answer.
            let is_nan = is_missing(value) && column.values.iter().any(|v| v.is_nan() && !is_missing(*v));
            let figure = figure(look, options, if is_nan { f64::NAN } else { value }, &ends);
            figures.push(led(figure, panel, look, &column.labels, frame.x_ms.last().copied()));
        }
    }
    figures
}

/// The number with where it leads.
fn led(figure: Figure, panel: &Panel, look: &SeriesLook, labels: &Labels, time_ms: Option<f64>) -> Figure {
    let Figure { name, value, text, .. } = &figure;
    let facts = ValueFacts { name, labels, value: *value, text: &text.to_string(), time_ms };
    let leads = leads_at(panel, &look.options.field, facts);
    Figure { leads, ..figure }
}

fn figure(look: &SeriesLook, options: &StatOptions, value: f64, ends: &GradientEnds<'_>) -> Figure {
    let field = &look.options.field;
    let known = (!is_missing(value)).then_some(value);
    let mapping = field.mapping_for(known);
    let mut text = units::format(&look.unit, value, field.decimals);
    if known.is_none() {
        text = Formatted {
            number: field.no_value.clone().unwrap_or_else(|| "no data".to_owned()),
            ..Formatted::default()
        };
    }
    if let Some(mapped) = mapping.and_then(|m| m.text.clone()) {
        text = Formatted { number: mapped, ..Formatted::default() };
    }
    if let Some(prefix) = &options.prefix {
        text.prefix = format!("{prefix}{}", text.prefix);
    }
    if let Some(postfix) = &options.postfix {
        text.suffix = format!("{}{postfix}", text.suffix);
    }
    let (min, max) = field.bounds();
    let step = known.and_then(|value| field.thresholds.step_for(value, min, max));
    let is_coloured = options.colour_mode != StatColourMode::None;
    let ink = match (mapping.and_then(|m| m.colour), &field.colour) {
        _ if !is_coloured => Ink::Text1,
        (Some(colour), _) => ink_of(colour),
        (None, FieldColour::Fixed(colour)) => ink_of(*colour),
        (None, FieldColour::Continuous(scheme)) if value.is_finite() => {
            gradient(scheme, ratio_of(value, ends.of_field(field)))
        }
        (None, FieldColour::SeriesPalette) => look.ink,
        (None, _) => step.map_or(Ink::Text1, |step| ink_of(step.colour)),
    };
    // A limit is worth saying where there is one to keep: with one step there is nothing but a colour.
    let is_word = mapping.is_some_and(|m| m.text.is_some());
    let verdict = step.filter(|_| field.thresholds.steps.len() > 1 && !is_word).and_then(|step| {
        let at = field.thresholds.steps.iter().position(|s| s == step)?;
        let written = |value: f64| units::format(&look.unit, value, None).to_string();
        match field.thresholds.steps.get(at + 1) {
            Some(next) => Some(format!("below {}", written(next.value))),
            None => Some(format!("at least {}", written(step.value))),
        }
    });
    let full = if known.is_some() { units::format_full(&look.unit, value).to_string() } else { "no data".to_owned() };
    Figure { name: look.name.clone(), value, text, full, ink, verdict, leads: Vec::new() }
}

fn spark_scene(options: &StatOptions, data: &PanelData, ink: Option<Ink>, room: ChartRoom) -> Option<Scene> {
    let fill_ratio = match options.sparkline {
        Sparkline::None => return None,
        Sparkline::Line => 0.0,
        Sparkline::Area => 0.12,
    };
    let (frame, looks) = data.series();
    let (column, look) = frame.columns.iter().zip(&looks).find(|(_, look)| is_shown(options, look))?;
    if data.rows().is_some() {
        return None;
    }
    let ink = ink.filter(|ink| *ink != Ink::Text1).unwrap_or(look.ink);
    Some(sparkline::layout(&sparkline::Input {
        x_ms: &frame.x_ms,
        values: &column.values,
        range: data.range,
        ink,
        size: Size::new(room.width_px, room.height_px),
        dpr: room.dpr,
        line_width_px: 1.5,
        fill_ratio,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flat_cards_have_more_columns() {
        let check = |count: usize, expect: [usize; 4]| assert_eq!(columns_by_shape(count), expect, "{count}");
        check(2, [1, 1, 2, 2]);
        check(3, [1, 1, 2, 3]);
        check(12, [2, 3, 4, 5]);
        check(200, [7, 11, 15, 22]);
    }
}
