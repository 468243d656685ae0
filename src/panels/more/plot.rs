//! A drawing whose parts are pointed at: by the pointer, and by arrow keys, which read them aloud.

use leptos::{html, prelude::*};

use crate::{
    chart::Size,
    model::dashboard::LegendPlacement,
    panels::{
        PanelProps,
        card::{Frame, Live},
    },
    state::reactive::{Callback, RwSignal, Signal},
    ui::{
        tooltip::{Tooltip, TooltipData},
        views::Views,
    },
};

use super::{room::watch_room, svg::drawing};

/// Which part is pointed at, and where in the window.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pointed {
    pub at: usize,
    /// On the drawing, where the pointer is.
    pub place_px: Option<(f64, f64)>,
    pub window_px: (f64, f64),
}

/// What a drawing answers about its parts.
#[derive(Clone, Copy)]
pub struct Parts {
    pub count: Signal<usize>,
    /// The part at a place.
    pub at: Callback<(f64, f64), Option<usize>>,
    /// The middle of a part.
    pub middle: Callback<usize, Option<(f64, f64)>>,
}

/// A card with a drawing that is pointed at, its names, and what stands beside the pointer.
#[component]
pub fn DrawnFrame(
    props: PanelProps,
    live: Live,
    unit: Signal<String>,
    room: RwSignal<Option<Size>>,
    summary: Signal<String>,
    parts: Parts,
    pointed: RwSignal<Option<Pointed>>,
    announcement: Signal<String>,
    tooltip: Signal<Option<TooltipData>>,
    placement: LegendPlacement,
    /// The names of what is drawn; not asked where the file hides them.
    names: ViewFn,
    children: Children,
) -> impl IntoView {
    let place = if placement == LegendPlacement::Right { "right" } else { "bottom" };
    let names = (placement != LegendPlacement::Hidden).then(|| names.run());
    view! {
        <Frame props=props live=live unit=unit>
            <div class="drawn" data-legend=place>
                <Plot
                    on_room=Callback::new(move |size| room.set(Some(size)))
                    summary=summary
                    parts=parts
                    pointed=pointed
                    announcement=announcement
                >
                    {drawing("plot__svg", None, children())}
                </Plot>
                {names.views()}
            </div>
            <Tooltip data=tooltip/>
        </Frame>
    }
    .into_any()
}

#[component]
fn Plot(
    on_room: Callback<Size>,
    /// The drawing in a sentence.
    summary: Signal<String>,
    parts: Parts,
    pointed: RwSignal<Option<Pointed>>,
    /// What the part that the keyboard is on says.
    announcement: Signal<String>,
    children: Children,
) -> impl IntoView {
    let root = NodeRef::<html::Div>::new();
    watch_room(root, on_room);
    let corner = move || {
        let rect = root.get_untracked().map(|root| root.get_bounding_client_rect());
        rect.map_or((0.0, 0.0), |rect| (rect.left(), rect.top()))
    };
    let point = move |event: &leptos::ev::PointerEvent| {
        let (left, top) = corner();
        let window_px = (f64::from(event.client_x()), f64::from(event.client_y()));
        let place = (window_px.0 - left, window_px.1 - top);
        let found = parts.at.run(place);
        pointed.set(found.map(|at| Pointed { at, place_px: Some(place), window_px }));
    };
    let step_to = move |next: usize| {
        let (left, top) = corner();
        if let Some((x, y)) = parts.middle.run(next) {
            pointed.set(Some(Pointed { at: next, place_px: None, window_px: (left + x, top + y) }));
        }
    };
    let on_keydown = move |event: leptos::ev::KeyboardEvent| {
        if event.ctrl_key() || event.meta_key() || event.alt_key() {
            return;
        }
        let count = parts.count.get_untracked();
        let Some(last) = count.checked_sub(1) else { return };
        let here = pointed.get_untracked().map(|pointed| pointed.at);
        let next = match (event.key().as_str(), here) {
            ("ArrowRight" | "ArrowDown", Some(at)) => (at + 1).min(last),
            ("ArrowLeft" | "ArrowUp", Some(at)) => at.saturating_sub(1),
            ("ArrowRight" | "ArrowDown" | "Home", _) => 0,
            ("ArrowLeft" | "ArrowUp" | "End", _) => last,
            ("Escape", Some(_)) => {
                event.stop_propagation();
                pointed.set(None);
                return;
            }
            _ => return,
        };
        event.prevent_default();
        event.stop_propagation();
        step_to(next);
    };
    view! {
        <div
            class="plot"
            node_ref=root
            role="img"
            aria-label=move || summary.get()
            tabindex="0"
            on:keydown=on_keydown
            on:blur=move |_| pointed.set(None)
            on:pointermove=move |event| point(&event)
            on:pointerdown=move |event| point(&event)
            on:pointerleave=move |_| pointed.set(None)
        >
            {children()}
            <span class="plot__announcer" role="status" aria-live="polite">
                {move || {
                    let is_keyboard = pointed.get().is_some_and(|pointed| pointed.place_px.is_none());
                    if is_keyboard { announcement.get() } else { String::new() }
                }}
            </span>
        </div>
    }
    .into_any()
}
