//! Events on one chart: a line or a stretch of colour over the plot, and a mark below its axis that tells what it was.

use std::sync::Arc;

use leptos::{html, prelude::*};

use crate::{
    base::time::{date_time_text, duration_words},
    chart::TimeLayout as _,
    model::annotation::Event,
    panels::timeseries::TimeChart,
    platform::dom,
    state::{
        cursor::PageEvents,
        reactive::{Memo, RwSignal, Signal},
        time::TimeContext,
    },
    ui::{
        tooltip::{Tooltip, TooltipData, TooltipRow},
        views::Views,
    },
};

use super::window_place;

/// Marks closer than this are one.
const APART_PX: f64 = 12.0;
/// A stretch over more of the plot than this would only tint it.
const TINT_MOST_RATIO: f64 = 0.6;
/// What one chart shows at most; the earliest go first.
const MOST: usize = 200;

/// Where an event is on this chart.
#[derive(Debug, Clone, PartialEq)]
struct Placed {
    event: Event,
    left_px: f64,
    right_px: f64,
    has_start: bool,
    is_tinted: bool,
}

/// A mark below the axis: the events that begin there.
#[derive(Debug, Clone, PartialEq)]
struct Mark {
    x_px: f64,
    events: Vec<Event>,
}

#[derive(Debug, Default)]
struct Shown {
    placed: Vec<Placed>,
    marks: Vec<Mark>,
    top_px: f64,
    bottom_px: f64,
}

/// `events` in the order of their beginnings, between two edges of a plot.
fn place(
    events: &[Event],
    (left_px, right_px): (f64, f64),
    px_from_ms: impl Fn(f64) -> f64,
) -> (Vec<Placed>, Vec<Mark>) {
    let mut placed = Vec::new();
    let mut marks: Vec<Mark> = Vec::new();
    let mut tinted_to_px = f64::NEG_INFINITY;
    for event in events {
        let (from, to) = (px_from_ms(event.range.start_ms as f64), px_from_ms(event.range.end_ms as f64));
        if !(to >= left_px && from <= right_px) {
            continue;
        }
        let has_start = from >= left_px;
        let (from, to) = (from.max(left_px), to.min(right_px));
        let width_px = to - from;
        // Tints over each other would hide the lines.
        let is_tinted = width_px >= 1.0 && width_px <= (right_px - left_px) * TINT_MOST_RATIO && from >= tinted_to_px;
        if is_tinted {
            tinted_to_px = to;
        }
        let is_new = marks.last().is_none_or(|mark: &Mark| from - mark.x_px >= APART_PX);
        let has_start = has_start && is_new;
        placed.push(Placed { event: event.clone(), left_px: from, right_px: to, has_start, is_tinted });
        match marks.last_mut() {
            Some(mark) if !is_new => mark.events.push(event.clone()),
            _ => marks.push(Mark { x_px: from, events: vec![event.clone()] }),
        }
    }
    (placed, marks)
}

pub fn view(chart: &TimeChart, events: PageEvents, root: NodeRef<html::Div>) -> AnyView {
    let time = TimeContext::expect();
    let drawn = chart.drawn;
    let panel_id = chart.props.panel.id;
    let group = NodeRef::<html::Div>::new();
    let hovered = RwSignal::new(None::<usize>);
    let shown = Memo::shared(move || {
        let drawn = drawn.get()?;
        let layout = &drawn.layout;
        let events = events.shown.get()?.downcast::<Vec<Event>>().ok()?;
        let events: Vec<Event> = events.iter().filter(|event| event.panels.covers(panel_id)).cloned().collect();
        let skipped = events.len().saturating_sub(MOST);
        let plot = layout.plot;
        let events = events.get(skipped..).unwrap_or_default();
        let (placed, marks) = place(events, (plot.left, plot.right), |x_ms| layout.px_from_ms(x_ms));
        Some(Arc::new(Shown { placed, marks, top_px: plot.top, bottom_px: plot.bottom }))
    });
    let instant = move |x_ms: i64| time.zone.with(|zone| zone.with(|zone| date_time_text(x_ms, zone)));
    let is_pointed = Memo::new(move |_| hovered.with(Option::is_some));
    let tooltip = Signal::derive(move || {
        let at = hovered.get()?;
        let shown = shown.get()?;
        let mark = shown.marks.get(at)?;
        let (left_px, top_px) = window_place(root);
        let rows = mark.events.iter().flat_map(|event| rows_of(event, mark.events.len() == 1)).collect();
        let title = mark.events.first().map(|event| instant(event.range.start_ms)).unwrap_or_default();
        Some(TooltipData { title, rows, x_px: left_px + mark.x_px, y_px: top_px + shown.bottom_px })
    });
    let stretch = |placed: &Placed, top_px: f64, bottom_px: f64| {
        let Placed { event, left_px, right_px, has_start, is_tinted } = placed;
        let colour = event.ink.css();
        let (place, width) = (format!("translateX({left_px:.1}px)"), format!("{:.1}px", (right_px - left_px).max(1.0)));
        view! {
            <div
                class="event"
                data-testid="event"
                data-title=event.title.clone()
                data-start=has_start.then_some("true")
                data-tint=is_tinted.then_some("true")
                style:--event=colour
                style:transform=place
                style:width=width
                style:top=format!("{top_px}px")
                style:height=format!("{}px", bottom_px - top_px)
            ></div>
        }
    };
    let button = move |(at, mark): (usize, &Mark), bottom_px: f64| {
        let words: Vec<String> =
            mark.events.iter().map(|event| words_of(event, &instant(event.range.start_ms))).collect();
        let colour = mark.events.first().map(|event| event.ink.css());
        view! {
            <button
                type="button"
                class="event-mark"
                aria-label=words.join("; ")
                tabindex=if at == 0 { "0" } else { "-1" }
                data-testid="event-mark"
                style:--event=colour
                style:transform=format!("translate({:.1}px, {bottom_px:.1}px)", mark.x_px)
                on:pointerenter=move |_| hovered.set(Some(at))
                on:pointerleave=move |_| hovered.set(None)
                on:focus=move |_| hovered.set(Some(at))
                on:blur=move |_| hovered.set(None)
                on:click=move |_| hovered.set(Some(at))
            ></button>
        }
    };
    let on_keydown = move |event: leptos::ev::KeyboardEvent| {
        let step = match event.key().as_str() {
            "ArrowLeft" => -1,
            "ArrowRight" => 1,
            "Escape" => {
                hovered.set(None);
                return;
            }
            _ => return,
        };
        if let Some(group) = group.get_untracked()
            && dom::move_focus(&group, ".event-mark", step)
        {
            event.prevent_default();
            event.stop_propagation();
        }
    };
    view! {
        <div aria-hidden="true">
            {move || {
                let shown = shown.get().unwrap_or_default();
                shown.placed.iter().map(|placed| stretch(placed, shown.top_px, shown.bottom_px)).views()
            }}
        </div>
        <div node_ref=group role="group" aria-label="Events" on:keydown=on_keydown hidden=move || shown.with(|s| s.as_ref().is_none_or(|s| s.marks.is_empty()))>
            {move || {
                let shown = shown.get().unwrap_or_default();
                shown.marks.iter().enumerate().map(|item| button(item, shown.bottom_px)).views()
            }}
        </div>
        {move || is_pointed.get().then(|| view! { <Tooltip data=tooltip/> }).views()}
    }
    .into_any()
}

/// How long it lasted; nothing for an instant.
fn lasted(event: &Event) -> String {
    let duration_ms = event.range.end_ms - event.range.start_ms;
    if duration_ms > 0 { duration_words(duration_ms) } else { String::new() }
}

/// An event in a tooltip, with its text and tags where there is room for them.
fn rows_of(event: &Event, is_alone: bool) -> Vec<TooltipRow> {
    let row = |name: String, value: String, is_near: bool| TooltipRow { name, ink: None, value, is_near };
    let mut rows =
        vec![TooltipRow { name: event.title.clone(), ink: Some(event.ink), value: lasted(event), is_near: is_alone }];
    if is_alone {
        if !event.text.is_empty() {
            rows.push(row(event.text.clone(), String::new(), false));
        }
        rows.extend((!event.tags.is_empty()).then(|| row(event.tags.join(", "), String::new(), false)));
        if *event.kind != *event.title {
            rows.push(row(event.kind.to_string(), String::new(), false));
        }
    }
    rows
}

fn words_of(event: &Event, instant: &str) -> String {
    let duration = lasted(event);
    let lasted = if duration.is_empty() { String::new() } else { format!(", for {duration}") };
    let text = if event.text.is_empty() { String::new() } else { format!(", {}", event.text) };
    format!("{}: {}, {instant}{lasted}{text}", event.kind, event.title)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{colour::Ink, time::Range};

    fn event(start_ms: i64, end_ms: i64) -> Event {
        Event {
            range: Range { start_ms, end_ms },
            ink: Ink::Crit,
            kind: "Firing alerts".into(),
            title: "HighErrorRate".to_owned(),
            text: String::new(),
            tags: Vec::new(),
            panels: crate::model::annotation::PanelFilter::All,
        }
    }

    #[test]
    fn events_are_cut_at_the_plot_and_close_ones_share_a_mark() {
        let events = [event(-50, 20), event(30, 30), event(35, 60), event(90, 900), event(400, 500)];
        let (placed, marks) = place(&events, (0.0, 100.0), |x_ms| x_ms);
        let text: Vec<String> =
            placed.iter().map(|p| format!("{}-{} {} {}", p.left_px, p.right_px, p.has_start, p.is_tinted)).collect();
        assert_eq!(text, ["0-20 false true", "30-30 true false", "35-60 false true", "90-100 true true"]);
        let marks: Vec<(f64, usize)> = marks.iter().map(|m| (m.x_px, m.events.len())).collect();
        assert_eq!(marks, [(0.0, 1), (30.0, 2), (90.0, 1)]);
    }

    #[test]
    fn a_stretch_over_nearly_all_of_the_plot_does_not_tint_it() {
        let (placed, _) = place(&[event(-10, 200)], (0.0, 100.0), |x_ms| x_ms);
        assert!(placed.iter().all(|p| !p.is_tinted && !p.has_start));
    }
}
