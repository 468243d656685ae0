//! Bars beside or below their names: how they share the card's room.

use super::BOLD;
use crate::chart::{Size, TextMeasure};

/// Where the names stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Names {
    /// Left of bars that lie low, above high ones; below bars that stand.
    #[default]
    Auto,
    Top,
    Left,
    Hidden,
}

/// Everything that [`layout`] needs.
#[derive(Clone, Copy)]
pub struct Input<'a> {
    pub room: Size,
    /// Bars lie, one below the other.
    pub is_horizontal: bool,
    pub names: &'a [&'a str],
    pub values: &'a [&'a str],
    pub placement: Names,
    pub name_size_px: Option<f64>,
    pub value_size_px: Option<f64>,
    pub least_width_px: Option<f64>,
    pub least_height_px: Option<f64>,
    pub most_height_px: Option<f64>,
    pub measure: &'a dyn TextMeasure,
}

/// Items of one size; the bar takes what name and value leave.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Layout {
    pub item: Size,
    pub gap_px: f64,
    pub is_name_beside: bool,
    pub has_names: bool,
    /// Width of the names' column beside the bars, or height of their line.
    pub name_px: f64,
    /// Width of the values' column, or height of their line; 0 where they are hidden.
    pub value_px: f64,
    /// Along the bar.
    pub bar_px: f64,
    pub name_size_px: f64,
    pub value_size_px: f64,
}

const GAP_PX: f64 = 6.0;
/// A bar thinner than this cannot be told from a line.
const LEAST_HEIGHT_PX: f64 = 18.0;
/// With the name above it.
const LEAST_NAMED_HEIGHT_PX: f64 = 34.0;
const LEAST_WIDTH_PX: f64 = 44.0;
/// A single bar does not fill a wall.
const MOST_HEIGHT_PX: f64 = 300.0;
const LINE: f64 = 1.4;

pub fn layout(input: &Input<'_>) -> Layout {
    if input.is_horizontal { lying(input) } else { standing(input) }
}

fn widest(measure: &dyn TextMeasure, texts: &[&str], size_px: f64) -> f64 {
    texts.iter().map(|text| measure.width_px(text, size_px)).fold(0.0, f64::max)
}

fn lying(input: &Input<'_>) -> Layout {
    let Input { room, names, values, placement, measure, .. } = *input;
    let count = names.len().max(1) as f64;
    let has_names = placement != Names::Hidden && names.iter().any(|name| !name.is_empty());
    let share = (room.height_px - GAP_PX * (count - 1.0)) / count;
    let is_name_beside = has_names
        && match placement {
            Names::Top => false,
            Names::Auto => share < 40.0,
            Names::Left | Names::Hidden => true,
        };
    let least = if has_names && !is_name_beside { LEAST_NAMED_HEIGHT_PX } else { LEAST_HEIGHT_PX };
    let most = input.most_height_px.unwrap_or(MOST_HEIGHT_PX);
    let height = share.clamp(input.least_height_px.unwrap_or(least).min(most), most);
    let name_size = input.name_size_px.unwrap_or(if height >= 60.0 { 13.0 } else { 12.0 });
    let name_px = match (has_names, is_name_beside) {
        (false, _) => 0.0,
        (true, true) => (widest(measure, names, name_size) + 2.0).min(room.width_px * 0.4),
        (true, false) => name_size * LINE,
    };
    let bar_height = if has_names && !is_name_beside { height - name_px } else { height };
    let has_values = values.iter().any(|value| !value.is_empty());
    // Values never take more than a third of the card.
    let fitting = {
        let at_ten = widest(measure, values, 10.0) * BOLD;
        let room_px = room.width_px * 0.33;
        if at_ten > 0.0 { (room_px / at_ten * 10.0).min(bar_height * 0.6) } else { 12.0 }
    };
    let value_size = input.value_size_px.unwrap_or_else(|| fitting.clamp(11.0, 40.0));
    let value_px = if has_values { (widest(measure, values, value_size) * BOLD).ceil() + 10.0 } else { 0.0 };
    let beside = if is_name_beside { name_px + 8.0 } else { 0.0 };
    Layout {
        item: Size::new(room.width_px, height),
        gap_px: GAP_PX,
        is_name_beside,
        has_names,
        name_px,
        value_px,
        bar_px: (room.width_px - beside - value_px).max(8.0),
        name_size_px: name_size,
        value_size_px: value_size,
    }
}

fn standing(input: &Input<'_>) -> Layout {
    let Input { room, names, values, placement, measure, .. } = *input;
    let count = names.len().max(1) as f64;
    let has_names = placement != Names::Hidden && names.iter().any(|name| !name.is_empty());
    let share = (room.width_px - GAP_PX * (count - 1.0)) / count;
    let width = share.max(input.least_width_px.unwrap_or(LEAST_WIDTH_PX));
    let name_size = input.name_size_px.unwrap_or(12.0);
    let name_px = if has_names { name_size * LINE } else { 0.0 };
    let has_values = values.iter().any(|value| !value.is_empty());
    let at_ten = widest(measure, values, 10.0) * BOLD;
    let fitting = if at_ten > 0.0 { (width - 4.0) / at_ten * 10.0 } else { 12.0 };
    let value_size = input.value_size_px.unwrap_or(28.0).min(fitting).clamp(8.0, 60.0);
    let value_px = if has_values { value_size * LINE } else { 0.0 };
    let height = room.height_px.max(input.least_height_px.unwrap_or(70.0));
    Layout {
        item: Size::new(width, height),
        gap_px: GAP_PX,
        is_name_beside: false,
        has_names,
        name_px,
        value_px,
        bar_px: (height - name_px - value_px).max(8.0),
        name_size_px: name_size,
        value_size_px: value_size,
    }
}

/// How many cells a lit display of this length has, and how many are lit. A value above the start lights one at least.
pub fn cells(length_px: f64, value_ratio: Option<f64>) -> (usize, usize) {
    let count = (length_px / 11.0).floor().clamp(1.0, 160.0) as usize;
    let lit = value_ratio.map_or(0, |ratio| {
        let least = usize::from(ratio > 0.0);
        ((ratio.clamp(0.0, 1.0) * count as f64).round() as usize).max(least)
    });
    (count, lit.min(count))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chart::ApproximateMeasure;

    fn input<'a>(room: Size, names: &'a [&'a str], values: &'a [&'a str]) -> Input<'a> {
        Input {
            room,
            is_horizontal: true,
            names,
            values,
            placement: Names::Auto,
            name_size_px: None,
            value_size_px: None,
            least_width_px: None,
            least_height_px: None,
            most_height_px: None,
            measure: &ApproximateMeasure,
        }
    }

    #[test]
    fn names_go_beside_low_bars_and_above_high_ones() {
        let (names, values) = (["agentarea-api", "b"], ["12.3 req/s", "4 req/s"]);
        let high = layout(&input(Size::new(400.0, 200.0), &names, &values));
        assert_eq!((high.is_name_beside, high.item.height_px), (false, 97.0));
        let low = layout(&input(Size::new(400.0, 60.0), &names, &values));
        assert_eq!((low.is_name_beside, low.item.height_px), (true, 27.0));
        assert!((low.name_px + 8.0 + low.bar_px + low.value_px - 400.0).abs() < 1e-9, "{low:?}");
        let top = layout(&Input { placement: Names::Top, ..input(Size::new(400.0, 60.0), &names, &values) });
        assert_eq!((top.is_name_beside, top.item.height_px), (false, LEAST_NAMED_HEIGHT_PX));
        let hidden = layout(&Input { placement: Names::Hidden, ..input(Size::new(400.0, 60.0), &names, &values) });
        assert_eq!((hidden.has_names, hidden.name_px), (false, 0.0));
    }

    #[test]
    fn bars_leave_room_for_names_and_values() {
        let long = "n".repeat(400);
        let names = [long.as_str()];
        for (width, height) in [(160.0, 60.0), (400.0, 300.0), (1400.0, 900.0), (0.0, 0.0)] {
            for is_horizontal in [false, true] {
                let found = layout(&Input { is_horizontal, ..input(Size::new(width, height), &names, &["123.4 GiB"]) });
                assert!(found.bar_px >= 8.0 && found.name_px <= width.max(height).max(18.3), "{found:?}");
            }
        }
    }

    #[test]
    fn cells_are_lit_up_to_the_value() {
        assert_eq!(cells(110.0, Some(0.5)), (10, 5));
        assert_eq!(cells(110.0, Some(0.01)), (10, 1));
        assert_eq!(cells(110.0, Some(0.0)), (10, 0));
        assert_eq!(cells(110.0, Some(7.0)), (10, 10));
        assert_eq!(cells(3.0, None), (1, 0));
    }
}
