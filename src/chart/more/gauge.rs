//! One or several gauges in a card: how they share its room, and the arcs, marks and texts of each.

use super::{Anchor, BOLD, PlacedText, sector::Sector, size_that_fits};
use crate::chart::{AXIS_TEXT_PX, Size, TextMeasure};

/// How gauges may stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Arrangement {
    /// As they become largest.
    #[default]
    Grid,
    Row,
    Column,
}

/// Everything that [`grid`] needs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GridInput {
    pub count: usize,
    pub room: Size,
    pub arrangement: Arrangement,
    /// Below each gauge, for its name; 0 where none is shown.
    pub name_px: f64,
    /// On either side of each gauge, for labels; 0 where none are shown.
    pub label_px: f64,
    pub is_circle: bool,
    pub least_width_px: Option<f64>,
    pub least_height_px: Option<f64>,
}

/// Cells of one size. Where they need more room than there is, the card scrolls.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Grid {
    pub columns: usize,
    pub cell: Size,
}

/// Between gauges.
pub const GAP_PX: f64 = 8.0;
/// Smaller ones cannot be read.
const LEAST: Size = Size::new(76.0, 64.0);
/// Below the arc's open ends, for the bounds.
const BOUNDS_PX: f64 = 14.0;

/// Half of the arc's opening angle: it reaches so far to either side of the top.
const HALF_SWEEP: f64 = std::f64::consts::PI * 2.0 / 3.0;

/// The height of a gauge of radius 1.
fn height_ratio(is_circle: bool) -> f64 {
    if is_circle { 2.0 } else { 1.0 - HALF_SWEEP.cos() }
}

pub fn grid(input: &GridInput) -> Grid {
    let GridInput { count, room, arrangement, name_px, label_px, is_circle, least_width_px, least_height_px } = *input;
    let count = count.max(1);
    let least =
        Size::new(least_width_px.unwrap_or(LEAST.width_px), least_height_px.unwrap_or(LEAST.height_px) + name_px);
    let cell_of = |columns: usize| {
        let rows = count.div_ceil(columns);
        let share = |room: f64, parts: usize| (room - GAP_PX * (parts - 1) as f64) / parts as f64;
        Size::new(share(room.width_px, columns), share(room.height_px, rows))
    };
    let radius_of =
        |cell: Size| (cell.width_px / 2.0 - label_px).min((cell.height_px - name_px) / height_ratio(is_circle));
    let columns = match arrangement {
        Arrangement::Row => count,
        Arrangement::Column => 1,
        Arrangement::Grid => {
            (1..=count.min(64)).max_by(|a, b| radius_of(cell_of(*a)).total_cmp(&radius_of(cell_of(*b)))).unwrap_or(1)
        }
    };
    let cell = cell_of(columns);
    if cell.width_px >= least.width_px && cell.height_px >= least.height_px {
        return Grid { columns, cell };
    }
    // Not all fit: as many of the least size side by side as do, the rest below them.
    let columns = match arrangement {
        Arrangement::Grid => {
            (((room.width_px + GAP_PX) / (least.width_px + GAP_PX)).floor().max(1.0) as usize).min(count)
        }
        _ => columns,
    };
    let cell = cell_of(columns);
    Grid { columns, cell: Size::new(cell.width_px.max(least.width_px), cell.height_px.max(least.height_px)) }
}

/// Everything that [`layout`] needs.
#[derive(Clone, Copy)]
pub struct Input<'a> {
    /// Without the name.
    pub size: Size,
    pub is_circle: bool,
    /// Of the radius; `None` is ours.
    pub bar_width_ratio: Option<f64>,
    /// Where the value is between the bounds, 0 to 1; `None`: there is none.
    pub value_ratio: Option<f64>,
    /// Where the bar starts, 0 to 1.
    pub start_ratio: f64,
    pub value_text: &'a str,
    pub value_size_px: Option<f64>,
    pub bounds: (&'a str, &'a str),
    /// The thresholds' colours: from where on (0 to 1) each holds, ascending, and its text. Empty: no band.
    pub band: &'a [(f64, String)],
    pub has_band: bool,
    pub has_band_labels: bool,
    pub measure: &'a dyn TextMeasure,
}

/// A gauge as drawn: paths of an SVG of [`Input::size`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Layout {
    pub track: String,
    /// Empty where there is no value.
    pub bar: String,
    /// By step of [`Input::band`].
    pub band: Vec<(usize, String)>,
    pub value: Option<PlacedText>,
    pub bounds: Vec<PlacedText>,
    pub band_labels: Vec<PlacedText>,
}

/// The band outside of the bar.
const BAND_PX: f64 = 4.0;
const BAND_GAP_PX: f64 = 2.0;
/// Smaller gauges have none: it would be all there is to see.
const BAND_FROM_PX: f64 = 20.0;
/// Smaller gauges have no room for labels.
const LABELLED_FROM_PX: f64 = 26.0;

/// With labels where they leave enough room for the gauge.
pub fn layout(input: &Input<'_>) -> Layout {
    let with_labels = layout_with(input, input.has_band_labels && input.band.len() > 1);
    with_labels.unwrap_or_else(|| layout_with(input, false).unwrap_or_default())
}

/// `None` where there is not enough room.
fn layout_with(input: &Input<'_>, has_labels: bool) -> Option<Layout> {
    let Input { size, is_circle, value_ratio, start_ratio, value_text, band, measure, .. } = *input;
    let half = if is_circle { std::f64::consts::PI } else { HALF_SWEEP };
    let label_width = if has_labels {
        band.iter().map(|(_, text)| measure.width_px(text, AXIS_TEXT_PX)).fold(0.0, f64::max) + 4.0
    } else {
        0.0
    };
    let label_height = if has_labels { AXIS_TEXT_PX + 2.0 } else { 0.0 };
    // Around a circle labels stand below, too.
    let below = if is_circle { label_height } else { 0.0 };
    let room = Size::new(size.width_px - 2.0 * label_width - 2.0, size.height_px - label_height - below - 2.0);
    let has_bounds = !is_circle && room.height_px >= 70.0;
    let bounds_px = if has_bounds { BOUNDS_PX } else { 0.0 };
    let radius = (room.width_px / 2.0).min((room.height_px - bounds_px) / height_ratio(is_circle)).max(0.0);
    if radius < if has_labels { LABELLED_FROM_PX } else { 8.0 } {
        return None;
    }
    let drawn_height = radius * height_ratio(is_circle) + bounds_px + label_height + below;
    let x = size.width_px / 2.0;
    let y = (size.height_px - drawn_height).max(0.0) / 2.0 + label_height + radius;
    // A circle begins at the top, an arc at its left end.
    let first = if is_circle { 0.0 } else { -half };
    let angle = |ratio: f64| first + 2.0 * half * ratio.clamp(0.0, 1.0);
    let sector = |inner_px: f64, outer_px: f64, from: f64, to: f64| Sector {
        x,
        y,
        inner_px,
        outer_px,
        from: angle(from),
        to: angle(to),
    };
    let has_band = input.has_band && radius >= BAND_FROM_PX;
    let outer = if has_band { radius - BAND_PX - BAND_GAP_PX } else { radius };
    let thickness = (radius * input.bar_width_ratio.map_or(0.24, |ratio| ratio * 0.5)).max(3.0).min(outer * 0.8);
    let inner = outer - thickness;
    let bar = value_ratio.map(|value| {
        let (from, to) = (start_ratio.min(value), start_ratio.max(value));
        // A value at the very start is a hair, not nothing: it is there.
        let hair = 0.75 / (2.0 * half * outer);
        sector(inner, outer, from, to.max(from + hair)).path()
    });
    let ends = band.iter().skip(1).map(|(from, _)| *from).chain([1.0]);
    let parts = band.iter().zip(ends).enumerate().filter(|_| has_band);
    let band_paths = parts
        .map(|(at, ((from, _), to))| (at, sector(outer + BAND_GAP_PX, radius, from.max(0.0), to.min(1.0)).path()))
        .filter(|(_, path)| !path.is_empty())
        .collect();
    let value = (!value_text.is_empty()).then(|| {
        let width = inner * 2.0 * if is_circle { 0.78 } else { 0.84 } / BOLD;
        let most = (radius * 0.46).min(64.0);
        let fitting = size_that_fits(measure, value_text, width, 9.0, most);
        let size_px = input.value_size_px.map_or(fitting, |asked| asked.min(fitting.max(9.0)));
        PlacedText { text: value_text.to_owned(), x, y: y + radius * 0.04, anchor: Anchor::Middle, size_px }
    });
    let mut bounds = Vec::new();
    if has_bounds {
        let middle = f64::midpoint(inner, outer);
        for (text, side, anchor) in [(input.bounds.0, -half, Anchor::Middle), (input.bounds.1, half, Anchor::Middle)] {
            let (end_x, end_y) = sector(inner, outer, 0.0, 1.0).point(side, middle);
            // Texts stay on their own side and on the card.
            let width = measure.width_px(text, AXIS_TEXT_PX);
            if width > radius * 1.1 {
                continue;
            }
            let centre = if side < 0.0 {
                end_x.max(width / 2.0).min(x - width / 2.0 - 3.0)
            } else {
                end_x.min(size.width_px - width / 2.0).max(x + width / 2.0 + 3.0)
            };
            let place = (centre, end_y + thickness * 0.5 + AXIS_TEXT_PX * 0.75);
            let y = place.1.min(size.height_px - AXIS_TEXT_PX / 2.0);
            bounds.push(PlacedText { text: text.to_owned(), x: place.0, y, anchor, size_px: AXIS_TEXT_PX });
        }
    }
    let mut band_labels: Vec<PlacedText> = Vec::new();
    if has_labels {
        let mut last_ratio = f64::NEG_INFINITY;
        for (ratio, text) in band.iter().skip(1).filter(|(ratio, _)| (0.0..=1.0).contains(ratio)) {
            // So that one never lies over the other.
            if (ratio - last_ratio) * 2.0 * half * radius < AXIS_TEXT_PX * 1.6 {
                continue;
            }
            last_ratio = *ratio;
            let at = angle(*ratio);
            let (label_x, label_y) = sector(inner, outer, 0.0, 1.0).point(at, radius + AXIS_TEXT_PX * 0.6);
            let anchor = match at.sin() {
                s if s < -0.2 => Anchor::End,
                s if s > 0.2 => Anchor::Start,
                _ => Anchor::Middle,
            };
            band_labels.push(PlacedText {
                text: text.clone(),
                x: label_x,
                y: label_y.max(AXIS_TEXT_PX / 2.0),
                anchor,
                size_px: AXIS_TEXT_PX,
            });
        }
    }
    Some(Layout {
        track: sector(inner, outer, 0.0, 1.0).path(),
        bar: bar.unwrap_or_default(),
        band: band_paths,
        value,
        bounds,
        band_labels,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chart::ApproximateMeasure;

    #[test]
    fn gauges_share_the_room_as_they_become_largest() {
        let check =
            |count: usize, width: f64, height: f64, arrangement: Arrangement, columns: usize, cell: (f64, f64)| {
                let found = grid(&GridInput {
                    count,
                    room: Size::new(width, height),
                    arrangement,
                    name_px: 18.0,
                    label_px: 0.0,
                    is_circle: false,
                    least_width_px: None,
                    least_height_px: None,
                });
                assert_eq!(
                    (found.columns, found.cell.width_px.round(), found.cell.height_px.round()),
                    (columns, cell.0, cell.1)
                );
            };
        check(1, 400.0, 200.0, Arrangement::Grid, 1, (400.0, 200.0));
        check(4, 800.0, 200.0, Arrangement::Grid, 4, (194.0, 200.0));
        check(4, 300.0, 300.0, Arrangement::Grid, 2, (146.0, 146.0));
        check(4, 800.0, 400.0, Arrangement::Column, 1, (800.0, 94.0));
        check(4, 400.0, 600.0, Arrangement::Row, 4, (94.0, 600.0));
        // Too many to fit: the card scrolls.
        check(50, 300.0, 200.0, Arrangement::Grid, 3, (95.0, 82.0));
        check(0, 0.0, 0.0, Arrangement::Grid, 1, (76.0, 82.0));
    }

    fn input(size: Size, band: &[(f64, String)]) -> Input<'_> {
        Input {
            size,
            is_circle: false,
            bar_width_ratio: None,
            value_ratio: Some(0.5),
            start_ratio: 0.0,
            value_text: "50%",
            value_size_px: None,
            bounds: ("0%", "100%"),
            band,
            has_band: true,
            has_band_labels: true,
            measure: &ApproximateMeasure,
        }
    }

    #[test]
    fn everything_lies_within_its_size() {
        let band = [(0.0, String::new()), (0.5, "50%".to_owned()), (0.8, "80%".to_owned()), (0.81, "81%".to_owned())];
        for (width, height) in [(76.0, 64.0), (120.0, 300.0), (400.0, 120.0), (260.0, 220.0), (1400.0, 900.0)] {
            for is_circle in [false, true] {
                let size = Size::new(width, height);
                let drawn = layout(&Input { is_circle, ..input(size, &band) });
                for text in drawn.value.iter().chain(&drawn.bounds).chain(&drawn.band_labels) {
                    let wide = ApproximateMeasure.width_px(&text.text, text.size_px);
                    let left = match text.anchor {
                        Anchor::Start => text.x,
                        Anchor::Middle => text.x - wide / 2.0,
                        Anchor::End => text.x - wide,
                    };
                    let is_inside = left >= -0.5
                        && left + wide <= width + 0.5
                        && text.y >= text.size_px * 0.4
                        && text.y <= height - text.size_px * 0.4;
                    assert!(is_inside, "{width}x{height} {is_circle}: {text:?}");
                }
                // 81 % is so close to 80 % that its label would lie over the other.
                let is_crowded = width < 500.0;
                assert!(!is_crowded || drawn.band_labels.iter().all(|label| label.text != "81%"));
                assert!(!drawn.track.is_empty() && drawn.band_labels.is_empty() == (width < 100.0));
                assert!(matches!(drawn.band.len(), 0 | 4));
            }
        }
    }

    #[test]
    fn the_bar_reaches_from_its_start_to_the_value() {
        let size = Size::new(200.0, 152.0);
        let plain = Input { has_band: false, has_band_labels: false, ..input(size, &[]) };
        let bar = |value_ratio: Option<f64>, start_ratio: f64| layout(&Input { value_ratio, start_ratio, ..plain }).bar;
        assert_eq!(bar(Some(1.0), 0.0), layout(&plain).track);
        assert_eq!(bar(None, 0.0), "");
        assert_eq!(bar(Some(0.2), 0.7), bar(Some(0.7), 0.2));
        assert!(!bar(Some(0.0), 0.0).is_empty(), "a value at the start shows");
        assert_eq!(layout(&Input { size: Size::new(10.0, 10.0), ..plain }), Layout::default());
    }
}
