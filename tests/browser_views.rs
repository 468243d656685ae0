//! Components in a real browser: what a canvas shows, and where the focus goes.

#![cfg(all(target_arch = "wasm32", feature = "app"))]
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test stops at what is not as it should be")]

use std::{cell::Cell, rc::Rc, sync::Arc};

use agentarea_observability::{
    chart::{Ink, Mark, Rect, Scene, Size},
    platform::{dom, timer},
    state::{
        reactive::{Callback, RwSignal, Signal},
        refresh::use_beat,
        theme::{Theme, ThemeChoice},
    },
    ui::{
        chart_canvas::{ChartCanvas, ChartEvent, ChartRoom},
        dialog::Dialog,
        popover::Popover,
    },
};
use leptos::{mount::mount_to, prelude::*};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

/// A place in the page for one test; what is mounted in it goes away with it.
struct Host {
    element: web_sys::HtmlElement,
    _unmount: Box<dyn std::any::Any>,
}

impl Host {
    fn mount<V: IntoView + 'static>(view: impl FnOnce() -> V + 'static) -> Self {
        let document = dom::document().unwrap();
        let element: web_sys::HtmlElement = document.create_element("div").unwrap().dyn_into().unwrap();
        document.body().unwrap().append_child(&element).unwrap();
        let unmount = mount_to(element.clone(), view);
        Self { element, _unmount: Box::new(unmount) }
    }

    fn find(&self, selector: &str) -> web_sys::HtmlElement {
        self.try_find(selector).unwrap_or_else(|| panic_without(selector))
    }

    fn try_find(&self, selector: &str) -> Option<web_sys::HtmlElement> {
        self.element.query_selector(selector).unwrap().map(|element| element.dyn_into().unwrap())
    }
}

#[expect(clippy::panic, reason = "a test stops at what is not as it should be")]
fn panic_without(selector: &str) -> ! {
    panic!("there is no {selector}")
}

impl Drop for Host {
    fn drop(&mut self) {
        self.element.remove();
    }
}

/// Long enough for effects, an observer's report and two frames.
async fn settle() {
    timer::sleep(120).await;
}

fn js(arguments: &str, body: &str) -> js_sys::Function {
    js_sys::Function::new_with_args(arguments, body)
}

fn press(target: &web_sys::Element, key: &str, has_shift: bool) {
    let send = js(
        "el, key, shiftKey",
        "el.dispatchEvent(new KeyboardEvent('keydown', { key, shiftKey, bubbles: true, cancelable: true }))",
    );
    send.call3(&JsValue::NULL, target, &key.into(), &has_shift.into()).unwrap();
}

/// A pointer event at a place in `target`.
fn point(target: &web_sys::Element, kind: &str, x_px: f64, y_px: f64) {
    let send = js(
        "el, kind, place",
        "const { left, top } = el.getBoundingClientRect();
         el.dispatchEvent(new PointerEvent(kind, { clientX: left + place[0], clientY: top + place[1], button: 0,
           pointerId: 1, pointerType: 'mouse', bubbles: true, cancelable: true }))",
    );
    let place = js_sys::Array::of2(&x_px.into(), &y_px.into());
    send.call3(&JsValue::NULL, target, &kind.into(), &place).unwrap();
}

fn focused() -> web_sys::Element {
    dom::document().unwrap().active_element().unwrap()
}

/// Red, green, blue and alpha of one pixel of a canvas.
fn pixel(canvas: &web_sys::Element, x: u32, y: u32) -> Vec<u8> {
    let read = js("canvas, x, y", "return canvas.getContext('2d').getImageData(x, y, 1, 1).data");
    let data = read.call3(&JsValue::NULL, canvas, &x.into(), &y.into()).unwrap();
    js_sys::Uint8Array::new(&data).to_vec()
}

const STYLE: &str = ".chart { position: relative; width: 300px; height: 120px }
    :root { --series-1: #ff0000 } [data-theme=light] { --series-1: #0000ff } [data-theme=dark] { --series-1: #ff0000 }";

fn filled(rect: Rect) -> Arc<Scene> {
    let marks = vec![Mark::Rects { tone: Ink::Series(0).opaque(), rects: vec![rect] }];
    Arc::new(Scene { size: Size { width_px: 300.0, height_px: 120.0 }, marks })
}

#[wasm_bindgen_test]
async fn a_chart_reports_its_room_and_paints_and_repaints() {
    let room = RwSignal::new(None::<ChartRoom>);
    let scene = RwSignal::new(None::<Arc<Scene>>);
    let theme = Rc::new(Cell::new(None::<Theme>));
    let provided = Rc::clone(&theme);
    let host = Host::mount(move || {
        Theme::provide();
        provided.set(Some(Theme::expect()));
        view! {
            <style>{STYLE}</style>
            <ChartCanvas
                scene=scene.into()
                on_room=Callback::new(move |new| room.set(Some(new)))
                summary=Signal::stored("requests per second".to_owned())
            />
        }
    });
    let theme = theme.get().expect("mounted");
    theme.choose.run(ThemeChoice::Dark);
    settle().await;
    let shown = room.get_untracked().expect("a room is reported");
    assert!((shown.width_px - 300.0).abs() < 0.5 && (shown.height_px - 120.0).abs() < 0.5, "{shown:?}");
    assert_eq!(host.find(".chart").get_attribute("aria-label").as_deref(), Some("requests per second"));
    assert!(host.try_find(".chart__overlay").is_none(), "nothing happens on a chart that listens to nothing");

    scene.set(Some(filled(Rect::new(50.0, 20.0, 250.0, 100.0))));
    settle().await;
    let canvas = host.find(".chart__canvas");
    let at = |x_px: f64, y_px: f64| pixel(&canvas, (x_px * shown.dpr) as u32, (y_px * shown.dpr) as u32);
    assert_eq!(at(150.0, 60.0), [255, 0, 0, 255]);
    assert_eq!(at(10.0, 10.0), [0, 0, 0, 0]);

    theme.choose.run(ThemeChoice::Light);
    settle().await;
    assert_eq!(at(150.0, 60.0), [0, 0, 255, 255], "another theme, other colours");

    scene.set(Some(filled(Rect::new(0.0, 0.0, 20.0, 20.0))));
    settle().await;
    assert_eq!((at(10.0, 10.0), at(150.0, 60.0)), (vec![0, 0, 255, 255], vec![0, 0, 0, 0]), "the old scene is gone");

    host.find(".chart").style().set_property("width", "200px").unwrap();
    settle().await;
    assert!((room.get_untracked().unwrap().width_px - 200.0).abs() < 0.5);
    theme.choose.run(ThemeChoice::System);
}

#[wasm_bindgen_test]
async fn a_chart_says_what_is_done_on_it() {
    let events = RwSignal::new(Vec::<ChartEvent>::new());
    let host = Host::mount(move || {
        Theme::provide();
        view! {
            <style>{STYLE}".chart__overlay { position: absolute; inset: 0; width: 300px; height: 120px }"</style>
            <ChartCanvas
                scene=Signal::derive(|| None)
                on_room=Callback::new(|_| ())
                on_event=Callback::new(move |event| events.update(|all| all.push(event)))
                summary=Signal::stored(String::new())
            />
        }
    });
    settle().await;
    let (chart, overlay) = (host.find(".chart"), host.find(".chart__overlay"));
    let happened = || {
        let all = events.get_untracked();
        events.set(Vec::new());
        all
    };
    let is_at = |event: Option<&ChartEvent>, x: f64, y: f64| matches!(event, Some(ChartEvent::Hover { x_px, y_px, .. }) if (x_px - x).abs() < 1.0 && (y_px - y).abs() < 1.0);
    point(&overlay, "pointermove", 40.0, 30.0);
    let hover = happened();
    assert!(hover.len() == 1 && is_at(hover.first(), 40.0, 30.0), "{hover:?}");

    point(&overlay, "pointerdown", 40.0, 30.0);
    point(&overlay, "pointermove", 90.0, 30.0);
    point(&overlay, "pointerup", 100.0, 30.0);
    let drag = happened();
    assert!(is_at(drag.first(), 90.0, 30.0), "{drag:?}");
    let near = |a: f64, b: f64| (a - b).abs() < 1.0;
    assert!(
        matches!(drag.get(1), Some(ChartEvent::Select { from_px, to_px, .. }) if near(*from_px, 40.0) && near(*to_px, 90.0)),
        "{drag:?}"
    );
    assert!(
        matches!(drag.last(), Some(ChartEvent::SelectDone { from_px, to_px, .. }) if near(*from_px, 40.0) && near(*to_px, 100.0)),
        "{drag:?}"
    );

    point(&overlay, "pointerdown", 40.0, 30.0);
    point(&overlay, "pointerup", 42.0, 30.0);
    assert_eq!(happened(), [ChartEvent::SelectCancelled], "a click is no selection");
    point(&overlay, "click", 42.0, 30.0);
    let click = happened();
    assert!(
        matches!(click.as_slice(), [ChartEvent::Click { x_px, y_px }] if near(*x_px, 42.0) && near(*y_px, 30.0)),
        "{click:?}"
    );

    press(&chart, "ArrowLeft", false);
    press(&chart, "ArrowRight", true);
    press(&chart, "Home", false);
    press(&chart, "x", false);
    press(&chart, "Enter", false);
    assert_eq!(happened(), [ChartEvent::Step(-1), ChartEvent::Step(10), ChartEvent::ToStart, ChartEvent::Enter]);
}

fn popover() -> impl IntoView {
    view! {
        <Popover
            label=Signal::stored("Time zone".to_owned())
            control=ViewFn::from(|| "UTC")
            sheet=Arc::new(|close: Callback<()>| view! {
                <button class="menu__item" id="first" on:click=move |_| close.run(())>"one"</button>
                <button class="menu__item" id="second">"two"</button>
            }.into_any())
        />
        <button id="elsewhere">"elsewhere"</button>
    }
}

#[wasm_bindgen_test]
async fn a_popover_takes_the_focus_and_gives_it_back() {
    let host = Host::mount(popover);
    let control = host.find(".popover button");
    let is_expanded = || control.get_attribute("aria-expanded").as_deref() == Some("true");
    assert!(!is_expanded() && host.try_find(".popover__sheet").is_none());
    assert_eq!(control.get_attribute("aria-label").as_deref(), Some("Time zone"));

    control.focus().unwrap();
    control.click();
    settle().await;
    assert!(is_expanded() && host.try_find(".popover__sheet").is_some());
    assert_eq!(focused().id(), "first");
    press(&focused(), "ArrowDown", false);
    assert_eq!(focused().id(), "second");
    press(&focused(), "ArrowDown", false);
    assert_eq!(focused().id(), "first", "around the end");

    press(&focused(), "Escape", false);
    settle().await;
    assert!(!is_expanded() && host.try_find(".popover__sheet").is_none());
    assert!(focused().is_same_node(Some(&control)));

    // Choosing closes in the same way.
    control.click();
    settle().await;
    host.find("#first").click();
    settle().await;
    assert!(!is_expanded());
    assert!(focused().is_same_node(Some(&control)));
}

#[wasm_bindgen_test]
async fn a_press_outside_closes_a_popover_and_keeps_the_focus_there() {
    let host = Host::mount(popover);
    host.find(".popover button").click();
    settle().await;
    point(&host.find("#second"), "pointerdown", 1.0, 1.0);
    settle().await;
    assert!(host.try_find(".popover__sheet").is_some(), "a press inside is no reason");

    let elsewhere = host.find("#elsewhere");
    elsewhere.focus().unwrap();
    point(&elsewhere, "pointerdown", 1.0, 1.0);
    settle().await;
    assert!(host.try_find(".popover__sheet").is_none());
    assert_eq!(focused().id(), "elsewhere");
}

#[wasm_bindgen_test]
async fn a_dialog_keeps_the_focus_and_gives_it_back() {
    let is_open = RwSignal::new(false);
    let host = Host::mount(move || {
        view! {
            <button id="opener" on:click=move |_| is_open.set(true)>"open"</button>
            {move || is_open.get().then(|| view! {
                <Dialog title="Keyboard shortcuts" on_close=Callback::new(move |()| is_open.set(false))>
                    <a href="#help" id="inside">"help"</a>
                </Dialog>
            })}
        }
    });
    let opener = host.find("#opener");
    opener.focus().unwrap();
    opener.click();
    settle().await;
    let dialog = host.find("[role=dialog]");
    assert_eq!(dialog.get_attribute("aria-label").as_deref(), Some("Keyboard shortcuts"));
    assert_eq!(dialog.get_attribute("aria-modal").as_deref(), Some("true"));
    assert!(dialog.contains(Some(&focused())), "the focus is inside");

    host.find("#inside").focus().unwrap();
    press(&focused(), "Tab", false);
    assert!(dialog.contains(Some(&focused())) && focused().id() != "inside", "after the last comes the first");
    press(&focused(), "Tab", true);
    assert_eq!(focused().id(), "inside");

    dialog.click();
    settle().await;
    assert!(host.try_find("[role=dialog]").is_some(), "a press inside is no reason to close");
    press(&focused(), "Escape", false);
    settle().await;
    assert!(host.try_find("[role=dialog]").is_none());
    assert_eq!(focused().id(), "opener");
}

/// A view that only beats: its count and its way to beat at once.
fn beating(interval_ms: RwSignal<Option<i64>>) -> (Host, Signal<u64>, Callback<()>) {
    let out = Rc::new(Cell::new(None));
    let given = Rc::clone(&out);
    let host = Host::mount(move || given.set(Some(use_beat(interval_ms.into()))));
    let (beat, now) = out.get().expect("mounted");
    (host, beat, now)
}

#[wasm_bindgen_test]
async fn the_beat_goes_on_until_it_is_stopped() {
    let interval_ms = RwSignal::new(None);
    let (_host, beat, now) = beating(interval_ms);
    settle().await;
    assert_eq!(beat.get_untracked(), 0, "no interval, no beat");
    now.run(());
    assert_eq!(beat.get_untracked(), 1);

    interval_ms.set(Some(30));
    timer::sleep(400).await;
    let beaten = beat.get_untracked();
    assert!((3..=15).contains(&beaten), "{beaten} beats of 30 ms in 400 ms");

    interval_ms.set(None);
    settle().await;
    let stopped = beat.get_untracked();
    settle().await;
    assert_eq!(beat.get_untracked(), stopped);
}

#[wasm_bindgen_test]
async fn a_hidden_page_does_not_beat_and_catches_up_when_it_is_shown() {
    let show = |is_hidden: bool| {
        js(
            "hidden",
            "Object.defineProperty(document, 'hidden', { configurable: true, get: () => hidden });
            document.dispatchEvent(new Event('visibilitychange'))",
        )
        .call1(&JsValue::NULL, &is_hidden.into())
        .unwrap();
    };
    let (_host, beat, _now) = beating(RwSignal::new(Some(250)));
    settle().await;
    show(true);
    timer::sleep(400).await;
    assert_eq!(beat.get_untracked(), 0);
    show(false);
    assert_eq!(beat.get_untracked(), 1, "what was missed is made up for at once, and once");
    timer::sleep(400).await;
    let beaten = beat.get_untracked();
    js("", "delete document.hidden").call0(&JsValue::NULL).unwrap();
    assert_eq!(beaten, 2, "and it goes on");
}
