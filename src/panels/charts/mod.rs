//! What a chart over time has beyond its lines, downloaded after the first chart is drawn (`xtask/js/chunks.json`):
//! exemplars, annotations, the pinned tooltip, the legend as a table.
//!
//! Marks are elements over the canvas, not paint on it: a screen reader, a keyboard and a second mouse button find them, and
//! nothing of the chart is painted anew for them.

mod annotations;
mod events;
mod exemplars;
mod hidden;
mod legend;
mod pinned;
mod styles;

use std::sync::Arc;

use leptos::{html, prelude::*};

use super::{
    ChartPart,
    timeseries::{TimeChart, series_of},
};
use crate::{
    base::time::{Range, TimeSpec},
    chart::{
        Size, TimeLayout as _,
        summary::text_summary,
        timeseries::{Series, Side},
    },
    state::{
        cursor::PageEvents,
        reactive::{Memo, effect},
        time::TimeContext,
    },
    ui::chart_canvas::ChartEvent,
};

/// The door of this part of the app.
#[inline(never)]
pub fn open(part: ChartPart, chart: Arc<TimeChart>) -> AnyView {
    match part {
        ChartPart::Marks => marks_view(chart),
        ChartPart::Legend => legend::view(&chart),
    }
}

/// Whatever lies over a chart, with the chart's own coordinates.
fn marks_view(chart: Arc<TimeChart>) -> AnyView {
    let root = NodeRef::<html::Div>::new();
    let events = PageEvents::expect();
    if events.bar.with_untracked(Option::is_none) {
        events.bar.set(Some(annotations::bar));
    }
    hidden::keep_in_address(&chart);
    pan_on_drag(&chart);
    summarize(&chart);
    let drawn = chart.drawn;
    let size = Memo::new(move |_| drawn.with(|d| d.as_ref().map(|d| Room(d.layout.size())).unwrap_or_default()));
    let notices = styles::apply(&chart);
    let exemplars = exemplars::placed(&chart, notices);
    view! {
        <div
            class="chart-marks"
            node_ref=root
            style:width=move || format!("{}px", size.get().0.width_px)
            style:height=move || format!("{}px", size.get().0.height_px)
        >
            {events::view(&chart, events, root)}
            {exemplars::view(&chart, exemplars, root)}
            {pinned::view(chart, exemplars, root)}
        </div>
    }
    .into_any()
}

/// The chart's own size. A type of this part, so that what is made for it is in this part, too.
#[derive(Clone, Copy, PartialEq, Default)]
struct Room(Size);

/// Tells what the chart shows, for those who do not see it.
fn summarize(chart: &TimeChart) {
    let (prepared, summary) = (chart.prepared, chart.summary);
    let shown = chart.props.shown();
    effect(move || {
        let title = shown.get().title.clone();
        if let Some(prepared) = prepared.get() {
            let series: Vec<Series> = prepared.looks.iter().map(|look| series_of(look, Side::Left, &[])).collect();
            summary.set(text_summary(&title, &prepared.frame, &series, &prepared.left_unit, None));
        }
    });
}

/// A drag with Shift held moves the range.
fn pan_on_drag(chart: &TimeChart) {
    let time = TimeContext::expect();
    let (acted, drawn) = (chart.cursor.cursor.acted, chart.drawn);
    effect(move || {
        let Some(ChartEvent::Pan { from_px, to_px }) = acted.get() else { return };
        let Some(drawn) = drawn.get_untracked() else { return };
        let by_ms = (drawn.layout.ms_from_px(from_px) - drawn.layout.ms_from_px(to_px)).round() as i64;
        time.change(|spec, now_ms, zone| {
            let Range { start_ms, end_ms } = spec.resolve(now_ms, zone)?;
            Ok(TimeSpec::absolute(Range { start_ms: start_ms + by_ms, end_ms: end_ms + by_ms }))
        });
    });
}

/// Where an element's own place is in the window, in CSS pixels.
fn window_place(root: NodeRef<html::Div>) -> (f64, f64) {
    root.get_untracked().map_or((0.0, 0.0), |root| {
        let rect = root.get_bounding_client_rect();
        (rect.left(), rect.top())
    })
}
