//! The only component that paints: two canvases, one over the other, and what the pointer does on them.
//!
//! The lower canvas holds the chart and is painted when its scene changes; the upper one holds the cursor and is
//! painted while the pointer moves, so that hovering never repaints series.

use std::{
    cell::{Cell, RefCell},
    sync::Arc,
};

use leptos::{html, prelude::*};
use plotters_canvas::CanvasBackend;
use wasm_bindgen::JsCast;

use crate::{
    chart::{Bitmap, Palette, Resolution, Scene, paint, rehearsal},
    platform::{canvas, dom, events, timer},
    state::{
        reactive::{Callback, Signal, effect},
        theme::Theme,
    },
};

use super::views::Views;

/// The room that a chart has.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ChartRoom {
    pub width_px: f64,
    pub height_px: f64,
    pub dpr: f64,
}

/// What a person does on a chart. Places are CSS pixels from the chart's top left corner.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum ChartEvent {
    /// The pointer is here; with the place in the window, for a tooltip.
    Hover {
        x_px: f64,
        y_px: f64,
        window_x_px: f64,
        window_y_px: f64,
    },
    Leave,
    /// Dragging, from one place to another.
    Select {
        from_px: f64,
        to_px: f64,
        from_y_px: f64,
        to_y_px: f64,
    },
    /// The drag ended.
    SelectDone {
        from_px: f64,
        to_px: f64,
        from_y_px: f64,
        to_y_px: f64,
    },
    SelectCancelled,
    /// A drag with Shift held ended: what was at one place is to be at the other.
    Pan {
        from_px: f64,
        to_px: f64,
    },
    /// A press without a drag.
    Click {
        x_px: f64,
        y_px: f64,
    },
    DoubleClick,
    /// The keyboard moves the cursor by rows.
    Step(i32),
    ToStart,
    ToEnd,
    /// The keyboard opens what the cursor is on.
    Enter,
    Escape,
}

/// A shorter drag is a click with a shaking hand.
const DRAG_MIN_PX: f64 = 5.0;
const FONT: &str = "system-ui, -apple-system, \"Segoe UI\", Roboto, \"Noto Sans\", sans-serif";

/// Paints scenes and reports what happens on them.
#[component]
pub fn ChartCanvas(
    scene: Signal<Option<Arc<Scene>>>,
    #[prop(optional, into)] overlay: Signal<Option<Arc<Scene>>>,
    on_room: Callback<ChartRoom>,
    #[prop(optional, into)] on_event: Option<Callback<ChartEvent>>,
    /// The chart in a sentence.
    #[prop(into)]
    summary: Signal<String>,
    /// What the keyboard's cursor reads.
    #[prop(optional, into)]
    announcement: Signal<String>,
    #[prop(default = "chart")] class: &'static str,
) -> impl IntoView {
    let root = NodeRef::<html::Div>::new();
    let canvas = NodeRef::<html::Canvas>::new();
    let overlay_canvas = NodeRef::<html::Canvas>::new();
    let watch = StoredValue::new_local(None::<events::SizeWatch>);
    let frame = StoredValue::new_local(None::<timer::Frame>);
    let is_painted = StoredValue::new(false);
    let overlay_frame = StoredValue::new_local(None::<timer::Frame>);
    let rehearsing = StoredValue::new_local(None::<timer::Timeout>);
    let drag_from = StoredValue::new(None::<(f64, f64)>);
    // A click follows the end of a drag, too.
    let was_drag = StoredValue::new(false);
    let shown_theme = Theme::expect().shown;

    effect(move || {
        let Some(element) = root.get() else { return };
        let told = StoredValue::new(None::<ChartRoom>);
        let tell = move |width_px: f64, height_px: f64| {
            let room = ChartRoom { width_px, height_px, dpr: dom::device_pixel_ratio() };
            if width_px >= 1.0 && height_px >= 1.0 && told.get_value() != Some(room) {
                told.set_value(Some(room));
                on_room.run(room);
            }
        };
        // Now: the first report of the watch is a frame away, and the panel's queries wait for it.
        let rect = element.get_bounding_client_rect();
        tell(rect.width(), rect.height());
        watch.set_value(events::watch_size(&element, tell));
    });
    effect(move || {
        let theme = shown_theme.get();
        let scene = scene.get();
        let Some(element) = canvas.get() else { return };
        // The first picture at once: while a page is being opened frames are rare, and what is painted before one is in it.
        if scene.is_some() && !is_painted.get_value() {
            is_painted.set_value(true);
            paint_on(&element, scene.as_deref(), theme);
            frame.set_value(Some(timer::next_frame(|| dom::mark("chart-painted"))));
            return;
        }
        // The page's first chart waits for its data, which have been asked for when this task is over.
        if scene.is_none() && IS_FIRST.replace(false) {
            let element = element.clone();
            rehearsing.set_value(Some(timer::after(0, move || {
                if !is_painted.get_value() {
                    paint_on(&element, Some(&rehearsal::scene(&CanvasMeasure)), theme);
                    paint_on(&element, None, theme);
                }
            })));
        }
        frame.set_value(Some(timer::next_frame(move || paint_on(&element, scene.as_deref(), theme))));
    });
    effect(move || {
        let theme = shown_theme.get();
        let scene = overlay.get();
        let Some(element) = overlay_canvas.get() else { return };
        overlay_frame.set_value(Some(timer::next_frame(move || paint_on(&element, scene.as_deref(), theme))));
    });
    on_cleanup(move || {
        drop(watch.try_update_value(Option::take));
        drop(frame.try_update_value(Option::take));
        drop(overlay_frame.try_update_value(Option::take));
        drop(rehearsing.try_update_value(Option::take));
    });

    let send = move |event: ChartEvent| {
        if let Some(on_event) = on_event {
            on_event.run(event);
        }
    };
    let place = move |event: &leptos::ev::MouseEvent| {
        let rect = root.get_untracked().map(|root| root.get_bounding_client_rect());
        let (left, top) = rect.map_or((0.0, 0.0), |r| (r.left(), r.top()));
        (f64::from(event.client_x()) - left, f64::from(event.client_y()) - top)
    };
    let on_move = move |event: leptos::ev::PointerEvent| {
        let (x_px, y_px) = place(&event);
        send(ChartEvent::Hover {
            x_px,
            y_px,
            window_x_px: f64::from(event.client_x()),
            window_y_px: f64::from(event.client_y()),
        });
        if let Some((from_px, from_y_px)) = drag_from.get_value().filter(|_| !event.shift_key()) {
            send(ChartEvent::Select { from_px, to_px: x_px, from_y_px, to_y_px: y_px });
        }
    };
    let on_down = move |event: leptos::ev::PointerEvent| {
        if event.button() != 0 || event.pointer_type() == "touch" {
            return;
        }
        drag_from.set_value(Some(place(&event)));
        if let Some(element) = overlay_canvas.get_untracked() {
            // Without capture the drag ends at the canvas' edge, which is all that is lost.
            dom::ignore(element.set_pointer_capture(event.pointer_id()));
        }
    };
    let on_up = move |event: leptos::ev::PointerEvent| {
        let Some((from_px, from_y_px)) = drag_from.try_update_value(Option::take).flatten() else { return };
        let (to_px, to_y_px) = place(&event);
        let is_drag = (to_px - from_px).abs() >= DRAG_MIN_PX;
        was_drag.set_value(is_drag);
        if is_drag && event.shift_key() {
            send(ChartEvent::SelectCancelled);
            send(ChartEvent::Pan { from_px, to_px });
        } else if is_drag {
            send(ChartEvent::SelectDone { from_px, to_px, from_y_px, to_y_px });
        } else {
            send(ChartEvent::SelectCancelled);
        }
    };
    let on_click = move |event: leptos::ev::MouseEvent| {
        if !was_drag.try_update_value(std::mem::take).unwrap_or(false) {
            let (x_px, y_px) = place(&event);
            send(ChartEvent::Click { x_px, y_px });
        }
    };
    let on_leave = move |_| {
        if drag_from.get_value().is_none() {
            send(ChartEvent::Leave);
        }
    };
    let on_keydown = move |event: leptos::ev::KeyboardEvent| {
        if event.ctrl_key() || event.meta_key() || event.alt_key() {
            return;
        }
        let stride = if event.shift_key() { 10 } else { 1 };
        let action = match event.key().as_str() {
            "ArrowLeft" => ChartEvent::Step(-stride),
            "ArrowRight" => ChartEvent::Step(stride),
            "Home" => ChartEvent::ToStart,
            "End" => ChartEvent::ToEnd,
            "Enter" => ChartEvent::Enter,
            "Escape" => ChartEvent::Escape,
            _ => return,
        };
        event.prevent_default();
        event.stop_propagation();
        if action == ChartEvent::Escape {
            drag_from.set_value(None);
            send(ChartEvent::SelectCancelled);
        }
        send(action);
    };

    let is_interactive = on_event.is_some();
    view! {
        <div
            class=class
            node_ref=root
            role="img"
            aria-label=move || summary.get()
            tabindex=is_interactive.then_some("0")
            on:keydown=on_keydown
            on:blur=move |_| send(ChartEvent::Leave)
        >
            <canvas class="chart__canvas" node_ref=canvas aria-hidden="true"></canvas>
            {is_interactive.then(|| view! {
                <canvas
                    class="chart__overlay"
                    node_ref=overlay_canvas
                    aria-hidden="true"
                    on:pointermove=on_move
                    on:pointerdown=on_down
                    on:pointerup=on_up
                    on:pointerleave=on_leave
                    on:click=on_click
                    on:dblclick=move |_| send(ChartEvent::DoubleClick)
                ></canvas>
                <span class="chart__announcer" role="status" aria-live="polite">{move || announcement.get()}</span>
            }).views()}
        </div>
    }
    .into_any()
}

/// Clears the canvas, sized to the scene, and paints.
fn paint_on(element: &web_sys::HtmlCanvasElement, scene: Option<&Scene>, theme: u64) {
    let dpr = dom::device_pixel_ratio();
    let (width_px, height_px) = scene.map_or((0.0, 0.0), |s| (s.size.width_px, s.size.height_px));
    let (width, height) = ((width_px * dpr).round() as u32, (height_px * dpr).round() as u32);
    if element.width() != width || element.height() != height {
        element.set_width(width);
        element.set_height(height);
    }
    let Some(context) =
        element.get_context("2d").ok().flatten().and_then(|c| c.dyn_into::<web_sys::CanvasRenderingContext2d>().ok())
    else {
        return;
    };
    dom::ignore(context.set_transform(1.0, 0.0, 0.0, 1.0, 0.0, 0.0));
    context.clear_rect(0.0, 0.0, f64::from(width), f64::from(height));
    let Some(scene) = scene else { return };
    let resolution = Resolution::fine(dpr);
    let down = 1.0 / f64::from(resolution.subpixels);
    dom::ignore(context.set_transform(down, 0.0, 0.0, down, 0.0, 0.0));
    context.set_line_join("round");
    let Some(mut backend) = CanvasBackend::with_canvas_object(element.clone()) else { return };
    let mut blit = |bitmap: &Bitmap| canvas::lay_over(&context, (bitmap.left, bitmap.top), bitmap.width, bitmap.rgba());
    let painted =
        with_palette(element, theme, |palette| paint(scene, palette, resolution, FONT, &mut backend, &mut blit));
    if let Err(error) = painted {
        dom::log_error(&format!("a chart could not be painted: {error}"));
    }
}

thread_local! {
    /// Whether no chart of this page has been rehearsed yet.
    static IS_FIRST: Cell<bool> = const { Cell::new(true) };
    /// The colours of the theme that is shown, and which one that is: thirty look-ups of computed style are as dear as
    /// painting a small chart.
    static PALETTE: RefCell<Option<(u64, Palette)>> = const { RefCell::new(None) };
}

/// Calls `read` with the colours as they are where `element` stands; `theme` counts up when they change.
fn with_palette<R>(element: &web_sys::HtmlCanvasElement, theme: u64, read: impl FnOnce(&Palette) -> R) -> R {
    PALETTE.with_borrow_mut(|slot| {
        if slot.as_ref().is_none_or(|(known, _)| *known != theme) {
            let palette = Palette::from_tokens(|token| {
                let value = dom::css_token(element, &format!("--{token}"));
                (!value.is_empty()).then_some(value)
            });
            *slot = Some((theme, palette));
        }
        match slot {
            Some((_, palette)) => read(palette),
            None => read(&Palette::from_tokens(|_| None)),
        }
    })
}

/// Measures labels in the font that they are painted in.
#[derive(Debug, Clone, Copy)]
pub struct CanvasMeasure;

impl crate::chart::TextMeasure for CanvasMeasure {
    fn width_px(&self, text: &str, size_px: f64) -> f64 {
        crate::platform::text::width_px(text, size_px, FONT)
    }
}
