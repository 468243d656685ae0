//! How wide a text is. The browser measures with its canvas; everything else estimates.

/// Measures text in the font that labels are painted in.
pub trait TextMeasure {
    /// The advance width of one line of text.
    fn width_px(&self, text: &str, size_px: f64) -> f64;
}

/// Widths of a typical system UI font, by class of character: right to about a tenth, never much too narrow.
#[derive(Debug, Clone, Copy, Default)]
pub struct ApproximateMeasure;

impl TextMeasure for ApproximateMeasure {
    fn width_px(&self, text: &str, size_px: f64) -> f64 {
        text.chars().map(em_of).sum::<f64>() * size_px
    }
}

/// The advance of a character in ems, after the metrics of a wide font (`DejaVu Sans`), which is wider than most.
fn em_of(c: char) -> f64 {
    match c {
        'i' | 'j' | 'l' | 'I' | '\'' | '|' => 0.29,
        ' ' | '.' | ',' | ':' | ';' | '!' => 0.32,
        'f' | 't' | 'r' | '(' | ')' | '[' | ']' | '/' | '-' => 0.4,
        'm' | 'w' | 'M' | 'W' | '%' | '@' | '—' => 0.95,
        'A'..='Z' => 0.7,
        '\u{2009}' => 0.2,
        c if (c as u32) >= 0x1100 => 1.0,
        _ => 0.63,
    }
}
