//! The tooltip that stays: by a click or Enter it holds the cursor where it is, can be scrolled and read, and leads on.

use std::sync::Arc;

use leptos::{html, prelude::*};

use crate::{
    analysis::link::ValueFacts,
    base::{
        time::{Range, TimeSpec},
        units,
    },
    chart::{
        TimeLayout as _,
        timeseries::{Hit, HitPoint},
    },
    model::{config::SourceKind, frame::is_missing},
    panels::{
        PanelActions,
        leads::{anchor_view, leads_at},
        look::SeriesLook,
        timeseries::{Prepared, TimeChart, sorted_points},
    },
    platform::{clipboard, clock, dom, events},
    state::{
        reactive::{Callback, Memo, RwSignal, effect},
        sources::Sources,
        url::Params,
    },
    ui::{
        chart_canvas::ChartEvent,
        icon::{Icon, IconView},
        legend::Swatch,
        views::Views,
    },
};

use super::{
    exemplars::{Placed, PlacedMemo},
    window_place,
};

/// What is pinned: a row of the chart as it was.
#[derive(Clone)]
struct Pinned {
    hit: Hit,
    prepared: Arc<Prepared>,
    /// Of the window.
    x_px: f64,
    y_px: f64,
    /// Whether the keyboard did it, and the focus is to come along.
    is_keyed: bool,
    exemplars: Vec<Placed>,
}

/// Where the sheet is. Types of this part, so that what is made for them is in this part, too.
#[derive(Clone, Copy, Default)]
struct Corner {
    x_px: f64,
    y_px: f64,
}

struct Closed {
    at_ms: f64,
}

/// The chosen row.
#[derive(Clone, PartialEq)]
struct Selected {
    value: f64,
    service: Option<String>,
}

/// An exemplar this near to the instant belongs to it.
const EXEMPLAR_REACH_PX: f64 = 16.0;
const MOST_EXEMPLARS: usize = 6;
/// A press that closed one does not open the next.
const CLOSING_MS: f64 = 600.0;
/// Least reach of a search for traces around an instant.
const TRACES_REACH_MS: f64 = 150_000.0;
const GAP_PX: f64 = 14.0;

pub fn view(chart: Arc<TimeChart>, exemplars: PlacedMemo, root: NodeRef<html::Div>) -> AnyView {
    let cursor = chart.cursor.cursor;
    let pinned = RwSignal::new(None::<Arc<Pinned>>);
    let sheet = NodeRef::<html::Div>::new();
    let closed = StoredValue::new(Closed { at_ms: f64::NEG_INFINITY });
    let close = Callback::new(move |gives_focus: bool| {
        if pinned.with_untracked(Option::is_none) {
            return;
        }
        pinned.set(None);
        cursor.pinned_ms.set(None);
        // Back to the chart that it came from.
        if let Some(panel) = root.get_untracked().and_then(|root| root.parent_element()).filter(|_| gives_focus) {
            dom::focus_first(&panel, ".chart");
        }
    });

    let (drawn, prepared, chart_cursor) = (chart.drawn, chart.prepared, chart.cursor);
    effect(move || {
        let Some(event) = cursor.acted.get() else { return };
        let (hit, is_keyed) = match event {
            ChartEvent::Click { x_px, y_px } => {
                (drawn.get_untracked().and_then(|drawn| drawn.layout.hit(x_px, y_px)), false)
            }
            ChartEvent::Enter => (chart_cursor.hit_now(), true),
            ChartEvent::Escape => return close.run(true),
            _ => return,
        };
        if clock::monotonic_ms() - closed.with_value(|closed| closed.at_ms) < CLOSING_MS {
            return;
        }
        let (Some(hit), Some(drawn), Some(prepared)) = (hit, drawn.get_untracked(), prepared.get_untracked()) else {
            return;
        };
        let (left_px, top_px) = window_place(root);
        let plot = drawn.layout.plot;
        let y_px = match event {
            ChartEvent::Click { y_px, .. } => y_px,
            _ => f64::midpoint(plot.top, plot.bottom),
        };
        let near = exemplars.with_untracked(|placed| {
            let near = placed.iter().flat_map(|placed| placed.iter());
            near.filter(|placed| (placed.x_px - hit.x_px).abs() <= EXEMPLAR_REACH_PX && placed.href.is_some())
                .take(MOST_EXEMPLARS)
                .cloned()
                .collect()
        });
        cursor.pinned_ms.set(Some(hit.x_ms));
        pinned.set(Some(Arc::new(Pinned {
            x_px: left_px + hit.x_px,
            y_px: top_px + y_px,
            hit,
            prepared,
            is_keyed,
            exemplars: near,
        })));
    });
    // A press anywhere else closes it.
    let outside = StoredValue::new_local(None::<events::Listener>);
    effect(move || {
        let listener = pinned.with(Option::is_some).then(|| {
            events::on_press(move |event| {
                let is_inside = sheet.get_untracked().is_some_and(|sheet| dom::contains_target(&sheet, &event));
                if !is_inside {
                    // The click that follows on this chart only closes.
                    let panel = root.get_untracked().and_then(|root| root.parent_element());
                    if panel.is_some_and(|panel| dom::contains_target(&panel, &event)) {
                        closed.set_value(Closed { at_ms: clock::monotonic_ms() });
                    }
                    close.run(false);
                }
            })
        });
        outside.set_value(listener.flatten());
    });
    on_cleanup(move || drop(outside.try_update_value(Option::take)));

    let place = RwSignal::new(Corner::default());
    effect(move || {
        let (Some(element), Some(pinned)) = (sheet.get(), pinned.get()) else { return };
        let size = (f64::from(element.offset_width()), f64::from(element.offset_height()));
        let (x_px, y_px) = place_beside((pinned.x_px, pinned.y_px), size, dom::viewport_px());
        place.set(Corner { x_px, y_px });
        if pinned.is_keyed {
            dom::focus_first(&element, "[data-autofocus]");
        }
    });
    let on_keydown = move |event: leptos::ev::KeyboardEvent| match event.key().as_str() {
        "Escape" => {
            event.stop_propagation();
            close.run(true);
        }
        "ArrowDown" | "ArrowUp" => {
            let step = if event.key() == "ArrowDown" { 1 } else { -1 };
            if let Some(sheet) = sheet.get_untracked()
                && dom::move_focus(&sheet, ".pinned__row", step)
            {
                event.prevent_default();
            }
        }
        _ => {}
    };
    let sheet_view = move |pinned: Arc<Pinned>| {
        let title = cursor.instant_text(pinned.hit.x_ms);
        let label = format!("Values at {title}");
        view! {
            <div
                class="tooltip pinned"
                role="dialog"
                aria-label=label
                node_ref=sheet
                data-testid="pinned"
                style:transform=move || {
                    let Corner { x_px, y_px } = place.get();
                    format!("translate({x_px:.0}px, {y_px:.0}px)")
                }
                on:keydown=on_keydown
            >
                <div class="pinned__head">
                    <span class="tooltip__time">{title}</span>
                    <button type="button" class="pinned__close" aria-label="Close" on:click=move |_| close.run(true)>
                        <IconView icon=Icon::Close is_small=true/>
                    </button>
                </div>
                {body(&chart, pinned, close)}
            </div>
        }
    };
    view! { {move || pinned.get().map(&sheet_view).views()} }.into_any()
}

fn body(chart: &TimeChart, pinned: Arc<Pinned>, close: Callback<bool>) -> AnyView {
    let cursor = chart.cursor.cursor;
    let points = sorted_points(&pinned.hit, &chart.options);
    let nearest = points.iter().find(|p| p.is_nearest).or(points.first()).map(|p| p.series);
    let selected = RwSignal::new(nearest);
    let row = |point: &HitPoint| {
        let look = pinned.prepared.looks.get(point.series)?;
        let SeriesLook { name, ink, unit, options } = look.clone();
        let series = point.series;
        let value = units::format(&unit, point.value, options.field.decimals).to_string();
        let full = units::format_full(&unit, point.value).to_string();
        let is_first = nearest == Some(series);
        let title = format!("{name}: {full}");
        Some(view! {
            <button
                type="button"
                class="tooltip__row pinned__row"
                data-near=move || (selected.get() == Some(series)).then_some("true")
                aria-pressed=move || (selected.get() == Some(series)).to_string()
                data-autofocus=is_first.then_some("true")
                title=title
                on:click=move |_| selected.set(Some(series))
            >
                <Swatch ink=ink is_square=true/>
                <span class="tooltip__name">{name}</span>
                <span class="tooltip__value">{value}</span>
            </button>
        })
    };
    let rows = points.iter().filter_map(row).views();
    let traces = pinned.exemplars.iter().map(|placed| {
        let id = placed.found.exemplar.trace_id().unwrap_or_default();
        let short: String = id.chars().take(8).collect();
        view! { <a class="pinned__link" href=placed.href.clone().unwrap_or_default() data-testid="pinned-exemplar">{format!("Trace {short}, {}", placed.value)}</a> }
    });
    let traces = traces.views();
    let sources = Sources::expect();
    let has_jaeger = sources.of_kind(SourceKind::Jaeger, None).is_some();
    let service_labels = sources.with_config(|config| config.service_labels.clone());
    let actions = PanelActions::find();
    let of_selected = {
        let pinned = Arc::clone(&pinned);
        Memo::new(move |_| {
            let series = selected.get()?;
            let value = pinned.hit.points.iter().find(|p| p.series == series)?.value;
            let labels = &pinned.prepared.frame.columns.get(series)?.labels;
            let service = service_labels.iter().find_map(|label| labels.get(label)).map(str::to_owned);
            Some(Selected { value, service })
        })
    };
    let own_links = {
        let (pinned, panel) = (Arc::clone(&pinned), chart.props.shown());
        move || {
            let series = selected.get()?;
            let value = pinned.hit.points.iter().find(|p| p.series == series)?.value;
            let look = pinned.prepared.looks.get(series)?;
            let labels = &pinned.prepared.frame.columns.get(series)?.labels;
            let text = units::format(&look.unit, value, look.options.field.decimals).to_string();
            let facts = ValueFacts { name: &look.name, labels, value, text: &text, time_ms: Some(pinned.hit.x_ms) };
            let found = panel.with(|panel| leads_at(panel, &look.options.field, facts));
            Some(found.into_iter().map(|lead| anchor_view("pinned__link", lead, false)).views())
        }
    };
    let rows_ms = Arc::clone(&pinned.prepared.frame.x_ms);
    let step_ms = rows_ms.get(1).zip(rows_ms.first()).map_or(0.0, |(b, a)| b - a);
    let x_ms = pinned.hit.x_ms;
    let service_link = move || {
        let actions = actions.filter(|_| has_jaeger)?;
        let service = of_selected.get()?.service?;
        let reach_ms = step_ms.max(TRACES_REACH_MS);
        let at = |ms: f64| (ms.round() as i64).to_string();
        let query = Params::default()
            .with("service", Some(&service))
            .with("from", Some(&at(x_ms - reach_ms)))
            .with("to", Some(&at(x_ms + reach_ms)))
            .to_query();
        let href = actions.href.run(format!("/traces{query}"));
        Some(
            view! { <a class="pinned__link" href=href data-testid="pinned-traces">{format!("Traces of {service}")}</a> },
        )
    };
    let time = crate::state::time::TimeContext::expect();
    let span = pinned.prepared.range;
    let zoom = move |_| {
        close.run(false);
        time.set_spec.run(TimeSpec::absolute(zoomed_at(span, x_ms as i64)));
    };
    let copy = move |_| {
        if let Some(selected) = of_selected.get_untracked().filter(|selected| !is_missing(selected.value)) {
            clipboard::copy(&selected.value.to_string());
        }
    };
    let count = points.len();
    view! {
        <div class="pinned__rows" role="group" aria-label=format!("{count} series, at {}", cursor.instant_text(x_ms))>{rows}</div>
        <div class="pinned__links">
            {own_links}
            {traces}
            {move || service_link().views()}
            <button type="button" class="pinned__link" on:click=zoom>"Zoom in here"</button>
            <button type="button" class="pinned__link" on:click=copy>"Copy value"</button>
        </div>
    }
    .into_any()
}

/// A quarter of the range around an instant, and within the range.
fn zoomed_at(range: Range, x_ms: i64) -> Range {
    let quarter_ms = (range.duration_ms() / 4).max(1);
    let start_ms = (x_ms - quarter_ms / 2).clamp(range.start_ms, (range.end_ms - quarter_ms).max(range.start_ms));
    Range { start_ms, end_ms: start_ms + quarter_ms }
}

/// Where the sheet's top left corner goes: beside the point, and in the window.
fn place_beside(point: (f64, f64), size: (f64, f64), window: (f64, f64)) -> (f64, f64) {
    let right = point.0 + GAP_PX;
    let x = if right + size.0 <= window.0 - 4.0 { right } else { point.0 - GAP_PX - size.0 };
    let y = point.1 - size.1 / 2.0;
    (x.clamp(4.0, (window.0 - size.0 - 4.0).max(4.0)), y.clamp(4.0, (window.1 - size.1 - 4.0).max(4.0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zooming_stays_in_the_range() {
        let range = Range { start_ms: 1_000, end_ms: 5_000 };
        let check = |x_ms: i64, expect: (i64, i64)| {
            let Range { start_ms, end_ms } = zoomed_at(range, x_ms);
            assert_eq!((start_ms, end_ms), expect);
        };
        check(3_000, (2_500, 3_500));
        check(1_000, (1_000, 2_000));
        check(5_000, (4_000, 5_000));
    }
}
