//! Widths of text, measured once by the browser and remembered.

use std::{cell::RefCell, collections::HashMap};

use wasm_bindgen::JsCast;

use super::dom;

thread_local! {
    static CONTEXT: RefCell<Option<web_sys::CanvasRenderingContext2d>> = const { RefCell::new(None) };
    static WIDTHS: RefCell<HashMap<(String, u32), f64>> = RefCell::new(HashMap::new());
}

/// More labels than any page shows; past it the memory is given back and filling starts again.
const REMEMBERED_MAX: usize = 4_096;

/// Width of `text` in CSS pixels at `size_px` in the font family `family` (a CSS `font-family` list).
pub fn width_px(text: &str, size_px: f64, family: &str) -> f64 {
    let key = (text.to_owned(), (size_px * 8.0) as u32);
    if let Some(width) = WIDTHS.with_borrow(|widths| widths.get(&key).copied()) {
        return width;
    }
    let width = measure(text, size_px, family).unwrap_or(text.chars().count() as f64 * size_px * 0.6);
    WIDTHS.with_borrow_mut(|widths| {
        if widths.len() >= REMEMBERED_MAX {
            widths.clear();
        }
        widths.insert(key, width);
    });
    width
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
