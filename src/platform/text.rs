//! Widths of text, measured once by the browser and remembered.

use std::cell::RefCell;

use wasm_bindgen::JsCast;

use super::dom;

thread_local! {
    static CONTEXT: RefCell<Option<web_sys::CanvasRenderingContext2d>> = const { RefCell::new(None) };
    /// Eighths of pixels of the size, text and width; ordered by the first two.
    static WIDTHS: RefCell<Vec<(u32, Box<str>, f64)>> = const { RefCell::new(Vec::new()) };
}

/// More labels than any page shows; past it the memory is given back and filling starts again.
const REMEMBERED_MAX: usize = 4_096;

/// Width of `text` in CSS pixels at `size_px` in the font family `family` (a CSS `font-family` list).
pub fn width_px(text: &str, size_px: f64, family: &str) -> f64 {
    let eighths = (size_px * 8.0) as u32;
    WIDTHS.with_borrow_mut(|widths| {
        let at = match widths.binary_search_by(|(size, known, _)| size.cmp(&eighths).then_with(|| (**known).cmp(text)))
        {
            Ok(at) => return widths.get(at).map_or(0.0, |(_, _, width)| *width),
            Err(_) if widths.len() >= REMEMBERED_MAX => {
                widths.clear();
                0
            }
            Err(at) => at,
        };
        let width = measure(text, size_px, family).unwrap_or(text.chars().count() as f64 * size_px * 0.6);
        widths.insert(at, (eighths, text.into(), width));
        width
    })
}

fn measure(text: &str, size_px: f64, family: &str) -> Option<f64> {
    CONTEXT.with_borrow_mut(|slot| {
        if slot.is_none() {
            let canvas = dom::document()?.create_element("canvas").ok()?;
            let canvas: web_sys::HtmlCanvasElement = canvas.dyn_into().ok()?;
            *slot = canvas.get_context("2d").ok().flatten()?.dyn_into().ok();
        }
        let context = slot.as_ref()?;
        context.set_font(&format!("{size_px}px {family}"));
        context.measure_text(text).ok().map(|m| m.width())
    })
}
