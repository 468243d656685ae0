//! A piece of the page as a PNG: what is on screen there, painted once more on a canvas of its own.
//!
//! The page's policy lets no markup be painted as an image, so this walks the elements: canvases as they are, backgrounds,
//! and text where it stands. What is neither (icons, shadows) is left out. Colours and fonts are those of the page.

use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::{CanvasRenderingContext2d, CssStyleDeclaration, DomRect, Element, HtmlCanvasElement, Node};

use super::dom;

/// Below the piece, for the line that says what is shown.
const FOOT_PX: f64 = 28.0;
const FOOT_FONT_PX: f64 = 12.0;
const PADDING_PX: f64 = 12.0;
/// A browser's canvas has no more.
const SIDE_MAX_PX: f64 = 16_000.0;
/// What belongs to the page and not to the piece.
const LEFT_OUT: &str = ".panel__menu, .popover__sheet, .panel__progress, .tooltip, .chart__overlay, .chart__announcer";

/// Paints the element with `foot` below it, and offers it as a file to save.
pub fn download(element: &Element, foot: &str, file_name: &str) {
    if let Some(canvas) = picture_of(element, foot) {
        save(&canvas, file_name);
    }
}

fn picture_of(element: &Element, foot: &str) -> Option<HtmlCanvasElement> {
    let rect = element.get_bounding_client_rect();
    let (width_px, height_px) = (rect.width(), rect.height() + FOOT_PX);
    let scale = dom::device_pixel_ratio().max(1.0).min(SIDE_MAX_PX / width_px.max(height_px).max(1.0));
    let canvas: HtmlCanvasElement = dom::document()?.create_element("canvas").ok()?.dyn_into().ok()?;
    canvas.set_width((width_px * scale).round() as u32);
    canvas.set_height((height_px * scale).round() as u32);
    let context: CanvasRenderingContext2d = canvas.get_context("2d").ok().flatten()?.dyn_into().ok()?;
    dom::ignore(context.scale(scale, scale));
    context.set_text_baseline("alphabetic");
    let style = style_of(element)?;
    context.set_fill_style_str(&property(&style, "background-color"));
    context.fill_rect(0.0, 0.0, width_px, height_px);
    let painter = Painter { context: &context, left_px: rect.left(), top_px: rect.top() };
    painter.children(element);
    context.set_font(&format!("{FOOT_FONT_PX}px {}", property(&style, "font-family")));
    context.set_fill_style_str(&dom::css_token(element, "--text-2"));
    let room_px = width_px - 2.0 * PADDING_PX;
    dom::ignore(context.fill_text_with_max_width(foot, PADDING_PX, rect.height() + FOOT_PX / 2.0, room_px));
    Some(canvas)
}

fn style_of(element: &Element) -> Option<CssStyleDeclaration> {
    dom::window()?.get_computed_style(element).ok().flatten()
}

fn property(style: &CssStyleDeclaration, name: &str) -> String {
    style.get_property_value(name).unwrap_or_default()
}

/// Whether a computed colour paints nothing.
fn is_clear(colour: &str) -> bool {
    colour.is_empty() || colour == "transparent" || colour.ends_with(", 0)") || colour.ends_with("/ 0)")
}

struct Painter<'a> {
    context: &'a CanvasRenderingContext2d,
    /// Of the piece, in the window.
    left_px: f64,
    top_px: f64,
}

impl Painter<'_> {
    fn place(&self, rect: &DomRect) -> (f64, f64) {
        (rect.left() - self.left_px, rect.top() - self.top_px)
    }

    /// Recursion is as deep as the page's own markup.
    fn children(&self, parent: &Element) {
        let nodes = parent.child_nodes();
        for node in (0..nodes.length()).filter_map(|at| nodes.item(at)) {
            if let Some(element) = node.dyn_ref::<Element>() {
                self.element(element);
            } else if node.node_type() == Node::TEXT_NODE {
                self.text(&node, parent);
            }
        }
    }

    fn element(&self, element: &Element) {
        if element.matches(LEFT_OUT).unwrap_or(false) {
            return;
        }
        let Some(style) = style_of(element) else { return };
        if property(&style, "display") == "none" || property(&style, "visibility") == "hidden" {
            return;
        }
        let rect = element.get_bounding_client_rect();
        let (x_px, y_px) = self.place(&rect);
        let (width_px, height_px) = (rect.width(), rect.height());
        let context = self.context;
        context.save();
        let opacity = property(&style, "opacity").parse::<f64>().unwrap_or(1.0);
        context.set_global_alpha(context.global_alpha() * opacity);
        self.background(&style, (x_px, y_px), width_px, height_px);
        if let Some(canvas) = element.dyn_ref::<HtmlCanvasElement>() {
            // An empty canvas has nothing to draw, and is refused.
            if canvas.width() > 0 && canvas.height() > 0 {
                dom::ignore(
                    context.draw_image_with_html_canvas_element_and_dw_and_dh(canvas, x_px, y_px, width_px, height_px),
                );
            }
        } else {
            // What scrolls shows what is in view.
            if matches!(property(&style, "overflow-x").as_str(), "hidden" | "clip" | "auto" | "scroll") {
                context.begin_path();
                context.rect(x_px, y_px, width_px, height_px);
                context.clip();
            }
            self.children(element);
        }
        context.restore();
    }

    fn background(&self, style: &CssStyleDeclaration, (x_px, y_px): (f64, f64), width_px: f64, height_px: f64) {
        let context = self.context;
        let colour = property(style, "background-color");
        if !is_clear(&colour) {
            let radius_px = property(style, "border-top-left-radius").trim_end_matches("px").parse().unwrap_or(0.0);
            context.set_fill_style_str(&colour);
            self.rounded(x_px, y_px, width_px, height_px, radius_px);
            context.fill();
        }
        // Scales of colours are gradients from left to right.
        let image = property(style, "background-image");
        if let Some(stops) = image.strip_prefix("linear-gradient(90deg, ") {
            let colours: Vec<&str> =
                stops.split("rgb").skip(1).filter_map(|stop| stop.split_once(')').map(|(colour, _)| colour)).collect();
            let gradient = context.create_linear_gradient(x_px, 0.0, x_px + width_px, 0.0);
            let last = colours.len().saturating_sub(1).max(1);
            for (at, colour) in colours.iter().enumerate() {
                dom::ignore(gradient.add_color_stop(at as f32 / last as f32, &format!("rgb{colour})")));
            }
            context.set_fill_style_canvas_gradient(&gradient);
            context.fill_rect(x_px, y_px, width_px, height_px);
        }
        let line_px: f64 = property(style, "border-top-width").trim_end_matches("px").parse().unwrap_or(0.0);
        let line = property(style, "border-top-color");
        if line_px > 0.0 && property(style, "border-top-style") == "solid" && !is_clear(&line) {
            context.set_fill_style_str(&line);
            context.fill_rect(x_px, y_px, width_px, line_px);
        }
    }

    fn rounded(&self, x_px: f64, y_px: f64, width_px: f64, height_px: f64, radius_px: f64) {
        let radius_px = radius_px.min(width_px / 2.0).min(height_px / 2.0).max(0.0);
        let context = self.context;
        context.begin_path();
        context.move_to(x_px + radius_px, y_px);
        let (right_px, bottom_px) = (x_px + width_px, y_px + height_px);
        for (corner, end) in [
            ((right_px, y_px), (right_px, bottom_px)),
            ((right_px, bottom_px), (x_px, bottom_px)),
            ((x_px, bottom_px), (x_px, y_px)),
            ((x_px, y_px), (right_px, y_px)),
        ] {
            dom::ignore(context.arc_to(corner.0, corner.1, end.0, end.1, radius_px));
        }
        context.close_path();
    }

    /// Each line of a text where it stands.
    fn text(&self, node: &Node, parent: &Element) {
        let text = node.text_content().unwrap_or_default();
        if text.trim().is_empty() {
            return;
        }
        let Some(style) = style_of(parent) else { return };
        let font: Vec<String> =
            ["font-style", "font-weight", "font-size", "font-family"].map(|name| property(&style, name)).to_vec();
        self.context.set_font(&font.join(" "));
        self.context.set_fill_style_str(&property(&style, "color"));
        let is_shortened = property(&style, "text-overflow") == "ellipsis";
        let right_px = parent.get_bounding_client_rect().right() - self.left_px;
        for (line, rect) in lines_of(node, &text) {
            let (x_px, y_px) = self.place(&rect);
            let line = if is_shortened { self.shortened(&line, right_px - x_px) } else { line };
            // The box of a line of text: ascent above the baseline is about four fifths of what is not leading.
            let metrics = self.context.measure_text(&line).ok();
            let (ascent, descent) =
                metrics.map_or((0.8, 0.2), |m| (m.font_bounding_box_ascent(), m.font_bounding_box_descent()));
            let baseline_px = y_px + (rect.height() - ascent - descent) / 2.0 + ascent;
            dom::ignore(self.context.fill_text(&line, x_px, baseline_px));
        }
    }

    fn width_px(&self, text: &str) -> f64 {
        self.context.measure_text(text).map_or(0.0, |metrics| metrics.width())
    }

    fn shortened(&self, text: &str, room_px: f64) -> String {
        // Half a pixel is the browser's rounding.
        if self.width_px(text) <= room_px + 0.5 {
            return text.to_owned();
        }
        let chars: Vec<char> = text.chars().collect();
        let (mut fits, mut fails) = (0, chars.len());
        while fits + 1 < fails {
            let middle = usize::midpoint(fits, fails);
            let tried: String = chars.iter().take(middle).chain(&['…']).collect();
            if self.width_px(&tried) <= room_px { fits = middle } else { fails = middle }
        }
        chars.iter().take(fits).chain(&['…']).collect()
    }
}

/// The lines that a text is broken into, with their boxes in the window.
fn lines_of(node: &Node, text: &str) -> Vec<(String, DomRect)> {
    let Some(range) = dom::document().and_then(|document| document.create_range().ok()) else { return Vec::new() };
    let box_of = |start: u32, end: u32| {
        range.set_start(node, start).ok()?;
        range.set_end(node, end).ok()?;
        Some(range.get_bounding_client_rect())
    };
    let length = |text: &str| u32::try_from(text.encode_utf16().count()).unwrap_or(u32::MAX);
    dom::ignore(range.select_node_contents(node));
    if range.get_client_rects().is_none_or(|rects| rects.length() < 2) {
        let rect = range.get_bounding_client_rect();
        let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
        return vec![(line, rect)];
    }
    // Word by word: those at one height are a line.
    let mut lines: Vec<(String, DomRect)> = Vec::new();
    let mut at = 0;
    for piece in text.split_inclusive(char::is_whitespace) {
        let word = piece.trim_end();
        let end = at + length(word);
        if !word.is_empty()
            && let Some(rect) = box_of(at, end)
        {
            match lines.last_mut() {
                Some((line, first)) if (first.top() - rect.top()).abs() < 2.0 => {
                    line.push(' ');
                    line.push_str(word);
                }
                _ => lines.push((word.to_owned(), rect)),
            }
        }
        at += length(piece);
    }
    lines
}

fn save(canvas: &HtmlCanvasElement, file_name: &str) {
    let file_name = file_name.to_owned();
    let on_blob = Closure::once_into_js(move |blob: JsValue| {
        if let Ok(blob) = blob.dyn_into::<web_sys::Blob>() {
            super::clipboard::save(&blob, &file_name);
        }
    });
    dom::ignore(canvas.to_blob(on_blob.unchecked_ref()));
}
