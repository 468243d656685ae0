//! Slices of a pie or a donut, and which of many are shown as one.

use std::f64::consts::TAU;

use super::{Anchor, BOLD, PlacedText, sector::Sector};
use crate::chart::{Size, TextMeasure};

/// The order of slices, clockwise from the top.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Order {
    #[default]
    Descending,
    Ascending,
    AsGiven,
}

/// One slice or several small ones together.
#[derive(Debug, Clone, PartialEq)]
pub struct Portion {
    pub value: f64,
    /// Of the whole, 0 to 1.
    pub ratio: f64,
    /// Which of the values it is; several where small ones are shown as one.
    pub parts: Vec<usize>,
    pub is_merged: bool,
}

/// More slices than this cannot be told apart.
pub const PORTIONS_MAX: usize = 24;

/// The parts of the whole that `values` are. What is not above zero has none. Of more than [`PORTIONS_MAX`] the smallest are
/// shown as one, as are those below `least_ratio` of the whole; that one comes last.
pub fn portions(values: &[f64], order: Order, least_ratio: f64) -> Vec<Portion> {
    let whole: f64 = values.iter().copied().filter(|v| v.is_finite() && *v > 0.0).sum();
    let mut portions: Vec<Portion> = values
        .iter()
        .enumerate()
        .filter(|(_, value)| value.is_finite() && **value > 0.0)
        .map(|(at, value)| Portion { value: *value, ratio: *value / whole, parts: vec![at], is_merged: false })
        .collect();
    let mut smallest: Vec<usize> = (0..portions.len()).collect();
    let value_at = |at: usize| portions.get(at).map_or(0.0, |p| p.value);
    crate::base::order::sort_by(&mut smallest, |a, b| value_at(*a).total_cmp(&value_at(*b)));
    let too_many = if portions.len() > PORTIONS_MAX { portions.len() - PORTIONS_MAX + 1 } else { 0 };
    let below = portions.iter().filter(|p| p.ratio < least_ratio).count();
    // One alone is not hidden behind another name.
    let merged_count = too_many.max(if below > 1 { below } else { 0 });
    let mut merged: Option<Portion> = None;
    if merged_count > 0 {
        let mut chosen: Vec<usize> = smallest.into_iter().take(merged_count).collect();
        crate::base::order::sort_by_key(&mut chosen, |at| *at);
        let is_chosen = |at: usize| chosen.binary_search(&at).is_ok();
        let mut whole = Portion { value: 0.0, ratio: 0.0, parts: Vec::new(), is_merged: true };
        let mut kept = Vec::new();
        for (at, portion) in portions.into_iter().enumerate() {
            if is_chosen(at) {
                whole.value += portion.value;
                whole.ratio += portion.ratio;
                whole.parts.extend(portion.parts);
            } else {
                kept.push(portion);
            }
        }
        portions = kept;
        merged = Some(whole);
    }
    match order {
        Order::AsGiven => {}
        Order::Descending => crate::base::order::sort_by(&mut portions, |a, b| b.value.total_cmp(&a.value)),
        Order::Ascending => crate::base::order::sort_by(&mut portions, |a, b| a.value.total_cmp(&b.value)),
    }
    portions.extend(merged);
    portions
}

/// A slice as drawn.
#[derive(Debug, Clone, PartialEq)]
pub struct Slice {
    pub sector: Sector,
    pub path: String,
    /// One per line; none where they do not fit.
    pub label: Vec<PlacedText>,
}

/// Everything that [`layout`] needs.
#[derive(Clone, Copy)]
pub struct Input<'a> {
    pub size: Size,
    pub is_donut: bool,
    pub portions: &'a [Portion],
    /// The lines to write on each slice.
    pub labels: &'a [Vec<String>],
    pub label_size_px: f64,
    pub measure: &'a dyn TextMeasure,
}

/// Of a donut's radius.
const HOLE: f64 = 0.55;

pub fn layout(input: &Input<'_>) -> Vec<Slice> {
    let Input { size, is_donut, portions, labels, label_size_px, measure } = *input;
    let radius = (size.width_px.min(size.height_px) / 2.0 - 2.0).max(0.0);
    let (x, y) = (size.width_px / 2.0, size.height_px / 2.0);
    let inner_px = if is_donut { radius * HOLE } else { 0.0 };
    let mut from = 0.0;
    let mut slices = Vec::with_capacity(portions.len());
    for (at, portion) in portions.iter().enumerate() {
        let to = from + portion.ratio * TAU;
        let sector = Sector { x, y, inner_px, outer_px: radius, from, to };
        let lines = labels.get(at).map(Vec::as_slice).unwrap_or_default();
        // All of the lines, or the last one alone.
        let last = lines.len().saturating_sub(1);
        let label = label_of(lines, &sector, label_size_px, measure)
            .or_else(|| label_of(lines.get(last..)?, &sector, label_size_px, measure));
        slices.push(Slice { path: sector.path(), sector, label: label.unwrap_or_default() });
        from = to;
    }
    slices
}

/// Lines in the middle of a slice, if all of them lie on it.
fn label_of(lines: &[String], sector: &Sector, size_px: f64, measure: &dyn TextMeasure) -> Option<Vec<PlacedText>> {
    let is_whole = sector.to - sector.from > TAU - 1e-6;
    let radius = if sector.inner_px > 0.0 {
        f64::midpoint(sector.inner_px, sector.outer_px)
    } else if is_whole {
        0.0
    } else {
        sector.outer_px * 0.6
    };
    let (x, y) = sector.point(f64::midpoint(sector.from, sector.to), radius);
    let line_px = size_px * 1.25;
    let top = y - line_px * lines.len() as f64 / 2.0;
    let mut placed = Vec::new();
    for (at, line) in lines.iter().filter(|line| !line.is_empty()).enumerate() {
        let half = measure.width_px(line, size_px) * BOLD / 2.0;
        let line_top = top + line_px * at as f64;
        let corners = [
            (x - half, line_top),
            (x + half, line_top),
            (x - half, line_top + line_px),
            (x + half, line_top + line_px),
        ];
        if !corners.into_iter().all(|(x, y)| sector.contains(x, y)) {
            return None;
        }
        placed.push(PlacedText { text: line.clone(), x, y: line_top + line_px / 2.0, anchor: Anchor::Middle, size_px });
    }
    Some(placed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chart::ApproximateMeasure;

    fn text(portions: &[Portion]) -> String {
        portions.iter().map(|p| format!("{:?} {} {:.3}", p.parts, p.value, p.ratio)).collect::<Vec<_>>().join(", ")
    }

    #[test]
    fn portions_are_parts_of_the_whole() {
        let values = [1.0, 4.0, f64::NAN, -3.0, 0.0, 5.0];
        assert_eq!(text(&portions(&values, Order::Descending, 0.0)), "[5] 5 0.500, [1] 4 0.400, [0] 1 0.100");
        assert_eq!(text(&portions(&values, Order::Ascending, 0.0)), "[0] 1 0.100, [1] 4 0.400, [5] 5 0.500");
        assert_eq!(text(&portions(&values, Order::AsGiven, 0.0)), "[0] 1 0.100, [1] 4 0.400, [5] 5 0.500");
        assert_eq!(portions(&[], Order::Descending, 0.0), []);
    }

    #[test]
    fn small_ones_are_shown_as_one() {
        let values = [50.0, 1.0, 40.0, 2.0, 7.0];
        assert_eq!(
            text(&portions(&values, Order::AsGiven, 0.05)),
            "[0] 50 0.500, [2] 40 0.400, [4] 7 0.070, [1, 3] 3 0.030"
        );
        // One small one keeps its name.
        assert_eq!(portions(&[50.0, 1.0], Order::AsGiven, 0.05).len(), 2);
        let many: Vec<f64> = (1..=300).map(f64::from).collect();
        let found = portions(&many, Order::Ascending, 0.0);
        assert_eq!(
            (found.len(), found.last().map(|p| (p.parts.len(), p.is_merged))),
            (PORTIONS_MAX, Some((277, true)))
        );
        assert!((found.iter().map(|p| p.ratio).sum::<f64>() - 1.0).abs() < 1e-9);
    }

    #[test]
    fn slices_fill_the_circle_and_carry_what_fits() {
        let found = portions(&[60.0, 38.0, 2.0], Order::Descending, 0.0);
        let labels: Vec<Vec<String>> = ["a name", "b", "c"].map(|name| vec![name.to_owned(), "12%".to_owned()]).into();
        for is_donut in [false, true] {
            let slices = layout(&Input {
                size: Size::new(300.0, 160.0),
                is_donut,
                portions: &found,
                labels: &labels,
                label_size_px: 12.0,
                measure: &ApproximateMeasure,
            });
            assert!(slices.first().is_some_and(|s| s.sector.from == 0.0));
            assert!(slices.last().is_some_and(|s| (s.sector.to - TAU).abs() < 1e-9));
            assert!(slices.windows(2).all(|pair| pair[0].sector.to.total_cmp(&pair[1].sector.from).is_eq()));
            let lines: Vec<usize> = slices.iter().map(|s| s.label.len()).collect();
            // On the ring only the percentage fits beside the name, on the smallest slice nothing.
            assert_eq!(lines, if is_donut { [1, 2, 0] } else { [2, 2, 0] }, "{is_donut}");
        }
    }
}
