//! The elements that drawings are made of.
//!
//! Few kinds of elements with the same attributes each: Leptos compiles its machinery anew for every other combination, and what
//! only its tables refer to stays in the first load (docs/adr/0006-parts-that-come-later.md).

use leptos::prelude::*;

use crate::{
    chart::{
        AXIS_TEXT_PX, Rect, Size, TextMeasure,
        more::{Anchor, PlacedText},
    },
    ui::{chart_canvas::CanvasMeasure, views::Views},
};

/// A path, and what the tests and the styles know of it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Shape {
    pub class: &'static str,
    pub path: String,
    /// As CSS.
    pub fill: Option<String>,
    /// Width of an outline in the colour of the fill.
    pub outline_px: f64,
    pub opacity: Option<String>,
    pub state: Option<String>,
    pub member: Option<String>,
    pub category: Option<String>,
    pub value: Option<String>,
    pub ratio: Option<String>,
}

pub fn shape_view(shape: Shape) -> AnyView {
    let Shape { class, path, fill, outline_px, opacity, state, member, category, value, ratio } = shape;
    let stroke = fill.clone().filter(|_| outline_px > 0.0);
    let stroke_width = (outline_px > 0.0).then(|| outline_px.to_string());
    view! {
        <path
            class=class
            d=path
            fill=fill
            stroke=stroke
            stroke-width=stroke_width
            fill-opacity=opacity
            data-state=state
            data-member=member
            data-category=category
            data-value=value
            data-ratio=ratio
        ></path>
    }
    .into_any()
}

/// The path of a rectangle, its corners rounded.
pub fn rect_path(rect: Rect, radius_px: f64) -> String {
    let Rect { left, top, right, bottom } = rect;
    let r = radius_px.min(rect.width() / 2.0).min(rect.height() / 2.0);
    if r < 0.1 {
        return format!("M{left:.2} {top:.2}H{right:.2}V{bottom:.2}H{left:.2}Z");
    }
    format!(
        "M{:.2} {top:.2}H{:.2}A{r:.2} {r:.2} 0 0 1 {right:.2} {:.2}V{:.2}A{r:.2} {r:.2} 0 0 1 {:.2} {bottom:.2}H{:.2}A{r:.2} {r:.2} 0 0 1 {left:.2} {:.2}V{:.2}A{r:.2} {r:.2} 0 0 1 {:.2} {top:.2}Z",
        left + r,
        right - r,
        top + r,
        bottom - r,
        right - r,
        left + r,
        bottom - r,
        top + r,
        left + r,
    )
}

/// A straight line.
pub fn line_view(class: &'static str, from: (f64, f64), to: (f64, f64)) -> AnyView {
    let path = format!("M{:.1} {:.1}L{:.1} {:.1}", from.0, from.1, to.0, to.1);
    shape_view(Shape { class, path, ..Shape::default() })
}

/// What a part of a drawing lights up while it is pointed at.
pub fn lit_view(slot: Rect) -> AnyView {
    shape_view(Shape { class: "plot__lit", path: rect_path(slot, 0.0), ..Shape::default() })
}

/// The drawing itself; what it says is said beside it. With `size` it is so large, without as large as its room.
pub fn drawing(class: &'static str, size: Option<Size>, children: AnyView) -> AnyView {
    let box_of = size.map(|size| format!("0 0 {} {}", size.width_px, size.height_px));
    let height = size.map(|size| size.height_px.to_string());
    view! { <svg class=class viewBox=box_of height=height aria-hidden="true">{children}</svg> }.into_any()
}

/// How a text of a drawing is coloured.
#[derive(Debug, Clone, PartialEq)]
pub enum Tone {
    /// Axes and bounds.
    Quiet,
    /// Values and names.
    Plain,
    /// On a coloured ground.
    Reversed,
    /// In a colour of its own, as CSS.
    Painted(String),
}

pub fn text_view(placed: &PlacedText, tone: Tone) -> AnyView {
    turned_text_view(placed, 0.0, tone)
}

/// A text turned about its place.
pub fn turned_text_view(placed: &PlacedText, degrees: f64, tone: Tone) -> AnyView {
    let PlacedText { text, x, y, anchor, size_px } = placed;
    let (word, fill) = match tone {
        Tone::Quiet => ("quiet", None),
        Tone::Plain => ("plain", None),
        Tone::Reversed => ("reversed", None),
        Tone::Painted(css) => ("painted", Some(css)),
    };
    let turn = (degrees != 0.0).then(|| format!("rotate({degrees:.1} {x:.1} {y:.1})"));
    view! {
        <text
            class="drawn-text"
            data-tone=word
            x=format!("{x:.1}")
            y=format!("{y:.1}")
            dy="0.35em"
            text-anchor=anchor.word()
            font-size=format!("{size_px:.1}")
            fill=fill
            transform=turn
        >
            {text.clone()}
        </text>
    }
    .into_any()
}

/// The label of a tick beside its plot: below one that runs across, left of one that runs up. `None` where it would be cut off.
pub fn tick_text(text: &str, px: f64, plot: Rect, runs_across: bool, size: Size) -> Option<PlacedText> {
    let half = CanvasMeasure.width_px(text, AXIS_TEXT_PX) / 2.0;
    let (x, y, anchor) = if runs_across {
        // The last one moves in from the edge.
        (px.min(size.width_px - half), plot.bottom + 11.0, Anchor::Middle)
    } else {
        (plot.left - 6.0, px, Anchor::End)
    };
    let fits = if runs_across {
        x - half >= 0.0 && px <= size.width_px
    } else {
        px >= AXIS_TEXT_PX / 2.0 && px <= size.height_px - AXIS_TEXT_PX / 2.0
    };
    fits.then(|| PlacedText { text: text.to_owned(), x, y, anchor, size_px: AXIS_TEXT_PX })
}

/// A piece of a page with what is computed of its style.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Piece {
    pub class: &'static str,
    pub state: Option<&'static str>,
    pub width: Option<String>,
    pub height: Option<String>,
    pub font_size: Option<String>,
    pub colour: Option<String>,
    pub background: Option<String>,
}

pub fn piece_view(piece: Piece, children: AnyView) -> AnyView {
    let Piece { class, state, width, height, font_size, colour, background } = piece;
    view! {
        <span
            class=class
            data-state=state
            style:width=width
            style:height=height
            style:font-size=font_size
            style:color=colour
            style:background=background
        >
            {children}
        </span>
    }
    .into_any()
}

/// A text with a class.
pub fn words(class: &'static str, text: String) -> AnyView {
    piece_view(Piece { class, ..Piece::default() }, text.into_any())
}

/// A value between its bounds, for the eye and for a screen reader.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Meter {
    pub class: &'static str,
    pub place: Option<&'static str>,
    pub name: String,
    /// Not a number where there is none.
    pub value: f64,
    pub ratio: Option<f64>,
    /// The value, its limits and its bounds in words.
    pub said: String,
    pub hover: String,
    pub width: Option<String>,
    pub height: Option<String>,
}

pub fn meter_view(meter: Meter, children: AnyView) -> AnyView {
    let Meter { class, place, name, value, ratio, said, hover, width, height } = meter;
    let is_known = !value.is_nan();
    view! {
        <div
            class=class
            role="img"
            aria-label=format!("{name}: {said}")
            data-testid="meter"
            data-place=place
            data-value=if is_known { value.to_string() } else { String::new() }
            data-ratio=ratio.map(|ratio| format!("{ratio:.4}"))
            title=hover
            style:width=width
            style:height=height
        >
            {children}
        </div>
    }
    .into_any()
}

/// Several meters in a room that scrolls where they need more.
pub fn meters_view(
    class: &'static str,
    direction: Option<&'static str>,
    style: (String, String),
    items: Vec<AnyView>,
) -> AnyView {
    let (width, gap) = style;
    view! {
        <div class=class data-direction=direction style:min-width=width style:gap=gap>{items.views()}</div>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rectangles_are_paths() {
        assert_eq!(rect_path(Rect::new(1.0, 2.0, 11.0, 22.0), 0.0), "M1.00 2.00H11.00V22.00H1.00Z");
        let round = rect_path(Rect::new(0.0, 0.0, 10.0, 20.0), 50.0);
        assert!(round.starts_with("M5.00 0.00H5.00A5.00 5.00 0 0 1 10.00 5.00V15.00"), "{round}");
    }
}
