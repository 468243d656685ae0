//! Pixels of ours on a canvas.

use std::cell::RefCell;

use wasm_bindgen::{Clamped, JsCast};
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement, ImageData};

use super::dom;

thread_local! {
    /// A canvas replaces what is under pixels that are put on it, and blends only what it draws: so pixels are put here
    /// first. One for the whole page.
    static SCRATCH: RefCell<Option<(HtmlCanvasElement, CanvasRenderingContext2d)>> = const { RefCell::new(None) };
}

/// Lays pixels (red, green, blue, alpha; row by row) over what a canvas shows, the first one at `left`, `top` in the
/// canvas' own pixels. False when the browser refuses: then nothing has changed.
pub fn lay_over(context: &CanvasRenderingContext2d, (left, top): (u32, u32), width: u32, rgba: &[u8]) -> bool {
    laid_over(context, (left, top), width, rgba).is_some()
}

fn laid_over(context: &CanvasRenderingContext2d, (left, top): (u32, u32), width: u32, rgba: &[u8]) -> Option<()> {
    let height = u32::try_from(rgba.len()).ok()?.checked_div(width.checked_mul(4)?)?;
    SCRATCH.with_borrow_mut(|slot| {
        if slot.is_none() {
            *slot = scratch();
        }
        let (canvas, scratch) = slot.as_ref()?;
        if canvas.width() < width || canvas.height() < height {
            canvas.set_width(canvas.width().max(width));
            canvas.set_height(canvas.height().max(height));
        }
        let image = ImageData::new_with_u8_clamped_array_and_sh(Clamped(rgba), width, height).ok()?;
        scratch.put_image_data(&image, 0.0, 0.0).ok()?;
        let (left, top, width, height) = (f64::from(left), f64::from(top), f64::from(width), f64::from(height));
        context.save();
        let drawn = context.set_transform(1.0, 0.0, 0.0, 1.0, 0.0, 0.0).and_then(|()| {
            context.draw_image_with_html_canvas_element_and_sw_and_sh_and_dx_and_dy_and_dw_and_dh(
                canvas, 0.0, 0.0, width, height, left, top, width, height,
            )
        });
        context.restore();
        drawn.ok()
    })
}

fn scratch() -> Option<(HtmlCanvasElement, CanvasRenderingContext2d)> {
    let canvas: HtmlCanvasElement = dom::document()?.create_element("canvas").ok()?.dyn_into().ok()?;
    canvas.set_width(0);
    canvas.set_height(0);
    let context = canvas.get_context("2d").ok().flatten()?.dyn_into().ok()?;
    Some((canvas, context))
}
