//! The times above the bars, and the edge between names and bars.

use leptos::{html, prelude::*};

use crate::{
    analysis::trace::{duration_text, words::counted},
    platform::dom,
    state::reactive::RwSignal,
    ui::views::Views,
};

use super::{
    context::{TraceView, USUAL_NAMES_PERCENT},
    percent,
};

/// What an arrow moves the edge by.
const STEP_PERCENT: f64 = 2.0;

/// Times above the bars, at round values.
#[component]
pub fn Ruler(view: TraceView) -> impl IntoView {
    let zoom = view.zoom();
    let ticks = move || {
        let whole_ns = view.with(|explained| explained.trace.duration_ns()) as f64;
        let zoom = zoom.get();
        let (from_ns, width_ns) = (zoom.start * whole_ns, zoom.width() * whole_ns);
        ticks_ns(from_ns, width_ns)
            .into_iter()
            .map(|tick_ns| {
                let place = (tick_ns - from_ns) / width_ns.max(1.0);
                let side = if place < 0.04 {
                    "start"
                } else if place > 0.94 {
                    "end"
                } else {
                    "middle"
                };
                let text = if tick_ns == 0.0 { "0".to_owned() } else { duration_text(tick_ns.round() as i64) };
                view! { <span class="spans__tick" data-side=side style:left=percent(place)>{text}</span> }
            })
            .views()
    };
    let rows_text = move || view.with(|explained| counted(explained.trace.len(), "span", "spans"));
    view! {
        <div class="spans__ruler" aria-hidden="true">
            <span class="spans__ruler-name">{rows_text}</span>
            <div class="spans__ticks">{ticks}</div>
        </div>
    }
    .into_any()
}

/// The edge between names and bars: dragged, or moved with arrows. A double click puts it back.
#[component]
pub fn NamesEdge(view: TraceView) -> impl IntoView {
    let edge = NodeRef::<html::Div>::new();
    let is_dragged = RwSignal::new(false);
    let names = view.names_percent();
    let step = move |by: f64| view.set_names_percent(names.get_untracked() + by);
    let on_move = move |event: leptos::ev::PointerEvent| {
        let room =
            edge.get_untracked().and_then(|edge| edge.parent_element()).map(|room| room.get_bounding_client_rect());
        if let Some(room) = room.filter(|room| is_dragged.get_untracked() && room.width() > 0.0) {
            view.set_names_percent((f64::from(event.client_x()) - room.left()) / room.width() * 100.0);
        }
    };
    view! {
        <div class="spans__edge-room">
            <div
                class="spans__edge"
                role="separator"
                tabindex="0"
                aria-orientation="vertical"
                aria-label="Width of the names"
                aria-valuemin="0"
                aria-valuemax="100"
                aria-valuenow=move || format!("{:.0}", names.get())
                title="Drag to give names more or less room"
                data-dragged=move || is_dragged.get().then_some("true")
                style:left=move || format!("{}%", names.get())
                node_ref=edge
                on:pointerdown=move |event| {
                    if let (0, Some(edge)) = (event.button(), edge.get_untracked()) {
                        dom::ignore(edge.set_pointer_capture(event.pointer_id()));
                        is_dragged.set(true);
                        event.prevent_default();
                    }
                }
                on:pointermove=on_move
                on:pointerup=move |_| is_dragged.set(false)
                on:pointercancel=move |_| is_dragged.set(false)
                on:dblclick=move |_| view.set_names_percent(USUAL_NAMES_PERCENT)
                on:keydown=move |event| {
                    match event.key().as_str() {
                        "ArrowLeft" => step(-STEP_PERCENT),
                        "ArrowRight" => step(STEP_PERCENT),
                        "Home" => step(f64::MIN),
                        "End" => step(f64::MAX),
                        _ => return,
                    }
                    event.prevent_default();
                    event.stop_propagation();
                }
            ></div>
        </div>
    }
    .into_any()
}

/// Three to six multiples of a round step (1, 2 or 5 times a power of ten nanoseconds; times of a minute above one) within
/// what is shown.
fn ticks_ns(from_ns: f64, width_ns: f64) -> Vec<f64> {
    const MINUTE_NS: f64 = 60e9;
    let wanted_ns = (width_ns / 5.0).max(1.0);
    let (unit_ns, wanted) = if wanted_ns > MINUTE_NS { (MINUTE_NS, wanted_ns / MINUTE_NS) } else { (1.0, wanted_ns) };
    let power = 10_f64.powf(wanted.log10().floor());
    let step_ns = unit_ns
        * [1.0, 2.0, 5.0, 10.0].into_iter().map(|factor| factor * power).find(|step| *step >= wanted).unwrap_or(power);
    let first = (from_ns / step_ns).ceil();
    (0..12)
        .map(|count| (first + f64::from(count)) * step_ns)
        .take_while(|tick_ns| *tick_ns <= from_ns + width_ns * (1.0 + 1e-9))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::ticks_ns;

    #[test]
    fn ticks_are_round_and_few() {
        let check = |from: f64, width: f64, expect: &[f64]| assert_eq!(ticks_ns(from, width), expect);
        check(0.0, 20.7e9, &[0.0, 5e9, 10e9, 15e9, 20e9]);
        check(3e6, 10e6, &[4e6, 6e6, 8e6, 10e6, 12e6]);
        check(0.0, 0.0, &[0.0]);
        check(0.0, 600e9, &[0.0, 120e9, 240e9, 360e9, 480e9, 600e9]);
        for width in [7.0, 123.0, 1e5, 3.3e9, 1e13, 1e18] {
            let count = ticks_ns(width * 0.37, width).len();
            assert!((2..=7).contains(&count), "{width}: {count}");
        }
    }
}
