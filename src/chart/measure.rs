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

/// The text, or as much of its start as there is room for and an ellipsis. `None` where not a letter fits.
pub fn fitted(text: &str, size_px: f64, room_px: f64, measure: &dyn TextMeasure) -> Option<String> {
    if measure.width_px(text, size_px) <= room_px {
        return Some(text.to_owned());
    }
    let ends: Vec<usize> = text.char_indices().map(|(at, c)| at + c.len_utf8()).collect();
    let cut = |count: usize| {
        let end = ends.get(count.checked_sub(1)?)?;
        Some(format!("{}\u{2026}", text.get(..*end)?.trim_end()))
    };
    let fits = |count: usize| cut(count).is_some_and(|text| measure.width_px(&text, size_px) <= room_px);
    // The longest that fits, by halves.
    let (mut low, mut high) = (0, ends.len());
    while low + 1 < high {
        let middle = usize::midpoint(low, high);
        if fits(middle) { low = middle } else { high = middle }
    }
    cut(low)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_cut_where_they_end() {
        let check = |text: &str, room_px: f64, expect: Option<&str>| {
            assert_eq!(fitted(text, 10.0, room_px, &ApproximateMeasure).as_deref(), expect, "{text} {room_px}");
        };
        check("abcdef", 100.0, Some("abcdef"));
        check("abcdef", 26.0, Some("ab\u{2026}"));
        check("abcdef", 7.0, None);
        check("", 0.0, Some(""));
        let cut = fitted("ab\u{1F600}cdefghij", 11.0, 40.0, &ApproximateMeasure).unwrap();
        assert!(cut.ends_with('\u{2026}') && ApproximateMeasure.width_px(&cut, 11.0) <= 40.0, "{cut}");
    }
}
