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

/// The text, cut with an ellipsis so that it is at most `width_px` wide. Empty where not even one character fits.
pub fn cut_to(measure: &dyn TextMeasure, text: &str, size_px: f64, width_px: f64) -> String {
    if measure.width_px(text, size_px) <= width_px {
        return text.to_owned();
    }
    let room = width_px - measure.width_px("…", size_px);
    let mut kept = String::new();
    for c in text.chars() {
        kept.push(c);
        if measure.width_px(&kept, size_px) > room {
            kept.pop();
            break;
        }
    }
    if kept.is_empty() { kept } else { format!("{}…", kept.trim_end()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chart::ApproximateMeasure;

    #[test]
    fn texts_are_cut_where_they_end() {
        let check = |width: f64, expect: &str| assert_eq!(cut_to(&ApproximateMeasure, "abcdef", 10.0, width), expect);
        check(100.0, "abcdef");
        check(26.0, "ab…");
        check(7.0, "");
        let size = size_that_fits(&ApproximateMeasure, "abcdef", 75.6, 5.0, 50.0);
        assert!((size - 21.3).abs() < 0.1, "{size}");
    }
}
