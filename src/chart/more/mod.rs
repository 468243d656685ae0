//! The geometry of the kinds of panels that come later.

pub mod bar_gauge;
pub mod bars;
pub mod gauge;
pub mod pie;
pub mod sector;
pub mod spread;

use super::TextMeasure;

/// A text with its place: the middle of its line, and where it lies relative to that.
#[derive(Debug, Clone, PartialEq)]
pub struct PlacedText {
    pub text: String,
    pub x: f64,
    pub y: f64,
    pub anchor: Anchor,
    pub size_px: f64,
}

/// Where a text lies relative to its place, as SVG's `text-anchor` has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Anchor {
    Start,
    #[default]
    Middle,
    End,
}

impl Anchor {
    pub fn word(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Middle => "middle",
            Self::End => "end",
        }
    }
}

/// How much wider bold texts are than they measure.
const BOLD: f64 = 1.1;

/// The size at which a text is `width_px` wide, within bounds.
fn size_that_fits(measure: &dyn TextMeasure, text: &str, width_px: f64, least_px: f64, most_px: f64) -> f64 {
    // At a size at which hinting does not matter.
    let wide = measure.width_px(text, 40.0);
    let size = if wide > 0.0 { width_px / wide * 40.0 } else { most_px };
    size.min(most_px).max(least_px)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chart::ApproximateMeasure;

    #[test]
    fn texts_are_as_large_as_fits() {
        let size = size_that_fits(&ApproximateMeasure, "abcdef", 75.6, 5.0, 50.0);
        assert!((size - 21.3).abs() < 0.1, "{size}");
    }
}
