//! Bars of categories: beside each other, stacked, or as parts of a whole; standing or lying.

use super::{Anchor, BOLD, PlacedText};
use crate::chart::{
    AXIS_TEXT_PX, Rect, Size, TextMeasure,
    axis::{AxisOptions, Extent, value_axis},
    measure::fitted,
    scale::ValueScale,
};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Stack {
    #[default]
    None,
    Normal,
    /// Each as its part of the category's whole.
    Percent,
}

/// Which values are written at their bars.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ValueLabels {
    /// Those that fit.
    #[default]
    Auto,
    Always,
    Never,
}

/// Everything that [`layout`] needs.
#[derive(Clone, Copy)]
pub struct Input<'a> {
    pub size: Size,
    /// The bars lie, categories from the top.
    pub is_horizontal: bool,
    pub categories: &'a [String],
    /// For each member of the groups its number and one value per category; NaN is none.
    pub members: &'a [(usize, &'a [f64])],
    pub stack: Stack,
    /// Of a category's room, where several members stand beside each other.
    pub group_width_ratio: f64,
    /// Of a bar's room.
    pub bar_width_ratio: f64,
    pub axis: &'a AxisOptions,
    pub label_degrees: f64,
    pub label_chars: Option<u32>,
    pub label_gap_px: f64,
    pub value_labels: ValueLabels,
    pub value_size_px: Option<f64>,
    /// The text of a member's value.
    pub value_text: &'a dyn Fn(usize, f64) -> String,
    pub measure: &'a dyn TextMeasure,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Bar {
    pub member: usize,
    pub category: usize,
    pub value: f64,
    pub rect: Rect,
    pub label: Option<PlacedText>,
    /// The label lies on the bar, not beside it.
    pub is_label_inside: bool,
}

/// A label of the axis of values, at a pixel along it.
#[derive(Debug, Clone, PartialEq)]
pub struct Tick {
    pub px: f64,
    pub text: String,
}

/// The name of a category, turned about its place.
#[derive(Debug, Clone, PartialEq)]
pub struct CategoryLabel {
    pub category: usize,
    pub text: PlacedText,
    pub degrees: f64,
}

#[derive(Debug, Clone, PartialEq, Default)]
pub struct Layout {
    pub size: Size,
    pub is_horizontal: bool,
    pub plot: Rect,
    pub bars: Vec<Bar>,
    pub ticks: Vec<Tick>,
    pub labels: Vec<CategoryLabel>,
    /// Where zero is along the axis of values.
    pub base_px: f64,
    /// Whether the axis does not start at zero.
    pub is_cut: bool,
    pub category_count: usize,
}

/// One line of names below the plot.
const LINE_PX: f64 = 18.0;
/// Between the labels of the axis and the plot.
const AIR_PX: f64 = 6.0;
/// Names are cut rather than left out where they have so much room.
const CUT_FROM_PX: f64 = 40.0;

pub fn layout(input: &Input<'_>) -> Layout {
    let Input { size, is_horizontal, categories, members, measure, .. } = *input;
    let count = categories.len();
    if count == 0 || size.width_px < 24.0 || size.height_px < 24.0 {
        return Layout { size, is_horizontal, ..Layout::default() };
    }
    let spans = spans_of(input);
    let mut extent = Extent::EMPTY;
    for (_, _, _, from, to) in &spans {
        extent.add(*from);
        extent.add(*to);
    }
    let axis_options = if input.stack == Stack::Percent {
        AxisOptions { unit: "percentunit".to_owned(), decimals: None, ..input.axis.clone() }
    } else {
        input.axis.clone()
    };
    let names: Vec<String> = categories.iter().map(|name| shortened(name, input.label_chars)).collect();
    let text_width = |text: &str| measure.width_px(text, AXIS_TEXT_PX);
    let widest_name = names.iter().map(|name| text_width(name)).fold(0.0, f64::max);
    let label_px = input.value_size_px.unwrap_or(AXIS_TEXT_PX);
    let has_outer_labels = input.value_labels != ValueLabels::Never && input.stack == Stack::None;
    let value_texts: Vec<String> =
        spans.iter().map(|(member, _, value, ..)| (input.value_text)(*member, *value)).collect();
    let widest_value = value_texts.iter().map(|text| measure.width_px(text, label_px)).fold(0.0, f64::max);

    // Names below standing bars or left of lying ones; the axis of values on the other side.
    let (plot, scale, ticks, is_cut) = if is_horizontal {
        let left = if widest_name > 0.0 { widest_name.min(size.width_px * 0.4).ceil() + AIR_PX } else { 0.0 };
        let right_air = if has_outer_labels { (widest_value + 6.0).min(size.width_px * 0.25) } else { 10.0 };
        let bottom = size.height_px - if axis_options.is_hidden { 2.0 } else { LINE_PX };
        let plot = Rect::new(left, 2.0, (size.width_px - right_air).max(left + 8.0), bottom.max(8.0));
        // Labels beside each other need more room than below each other.
        let axis = value_axis(&axis_options, extent, true, plot.width() * 0.6, 0.0);
        let scale = ValueScale { start_px: plot.left, end_px: plot.right, ..axis.scale };
        (plot, scale, axis.ticks, axis.is_cut)
    } else {
        let below = if input.label_degrees.abs() < 1.0 {
            LINE_PX
        } else {
            let (sin, cos) = input.label_degrees.to_radians().abs().sin_cos();
            (widest_name * sin + AXIS_TEXT_PX * cos + AIR_PX + 2.0).min(size.height_px * 0.45).max(LINE_PX)
        };
        let top = if has_outer_labels { label_px * 1.5 } else { 8.0 };
        let bottom = (size.height_px - below).max(top + 8.0);
        let axis = value_axis(&axis_options, extent, true, bottom, top);
        let widest_tick = axis.ticks.iter().map(|(_, text)| text_width(text)).fold(0.0, f64::max);
        let left = if axis_options.is_hidden { 2.0 } else { widest_tick.ceil() + AIR_PX };
        (Rect::new(left, top, size.width_px.max(left + 8.0), bottom), axis.scale, axis.ticks, axis.is_cut)
    };
    let ticks = if axis_options.is_hidden { Vec::new() } else { ticks };
    let ticks: Vec<Tick> =
        ticks.into_iter().map(|(value, text)| Tick { px: scale.px_from_value(value), text }).collect();
    let limit = |px: f64| {
        if is_horizontal { px.clamp(plot.left, plot.right) } else { px.clamp(plot.top, plot.bottom) }
    };
    let base_px = limit(scale.px_from_value(0.0));
    let slots = Slots {
        start_px: if is_horizontal { plot.top } else { plot.left },
        slot_px: slot_px(plot, is_horizontal, count),
    };

    let side_by_side = if input.stack == Stack::None { members.len().max(1) } else { 1 };
    let group = if side_by_side > 1 { slots.slot_px * input.group_width_ratio } else { slots.slot_px };
    let room = group / side_by_side as f64;
    let thickness = (room * input.bar_width_ratio).max(1.0);
    let mut bars = Vec::with_capacity(spans.len());
    for ((member, category, value, from, to), text) in spans.into_iter().zip(value_texts) {
        let place = members.iter().position(|(number, _)| *number == member).unwrap_or(0);
        let place = if side_by_side > 1 { place as f64 } else { 0.0 };
        let centre = slots.centre_px(category) - group / 2.0 + room * (place + 0.5);
        let (from_px, to_px) = (limit(scale.px_from_value(from)), limit(scale.px_from_value(to)));
        // What is not zero is seen.
        let to_px = if value != 0.0 && (to_px - from_px).abs() < 1.0 {
            from_px + if (to < from) == is_horizontal { -1.0 } else { 1.0 } * if is_horizontal { 1.0 } else { -1.0 }
        } else {
            to_px
        };
        let (low, high) = (from_px.min(to_px), from_px.max(to_px));
        let (near, far) = (centre - thickness / 2.0, centre + thickness / 2.0);
        let rect = if is_horizontal { Rect::new(low, near, high, far) } else { Rect::new(near, low, far, high) };
        let mut bar = Bar { member, category, value, rect, label: None, is_label_inside: input.stack != Stack::None };
        bar.label = value_label(input, &bar, text, (label_px, room), plot);
        bars.push(bar);
    }
    let labels =
        if is_horizontal { names_left(&names, slots, plot, measure) } else { names_below(input, &names, slots, plot) };
    Layout { size, is_horizontal, plot, bars, ticks, labels, base_px, is_cut, category_count: count }
}

/// Member, category, value, and from where to where its bar reaches on the axis.
fn spans_of(input: &Input<'_>) -> Vec<(usize, usize, f64, f64, f64)> {
    let mut spans = Vec::new();
    for category in 0..input.categories.len() {
        let values = input
            .members
            .iter()
            .filter_map(|(member, values)| Some((*member, *values.get(category)?)))
            .filter(|(_, v)| v.is_finite());
        let whole: f64 = values.clone().map(|(_, value)| value.abs()).sum();
        let (mut above, mut below) = (0.0, 0.0);
        for (member, value) in values {
            let height = match input.stack {
                Stack::Percent if whole > 0.0 => value / whole,
                Stack::Percent => 0.0,
                _ => value,
            };
            let end = if height < 0.0 { &mut below } else { &mut above };
            let from = if input.stack == Stack::None { 0.0 } else { *end };
            *end += height;
            spans.push((member, category, value, from, from + height));
        }
    }
    spans
}

fn shortened(name: &str, chars: Option<u32>) -> String {
    match chars {
        Some(chars) if name.chars().count() > chars as usize => {
            format!("{}…", name.chars().take(chars as usize).collect::<String>())
        }
        _ => name.to_owned(),
    }
}

fn slot_px(plot: Rect, is_horizontal: bool, count: usize) -> f64 {
    (if is_horizontal { plot.height() } else { plot.width() }) / count.max(1) as f64
}

#[derive(Clone, Copy)]
struct Slots {
    start_px: f64,
    slot_px: f64,
}

impl Slots {
    fn centre_px(self, category: usize) -> f64 {
        self.start_px + (category as f64 + 0.5) * self.slot_px
    }
}

fn value_label(
    input: &Input<'_>,
    bar: &Bar,
    text: String,
    (size_px, room_px): (f64, f64),
    plot: Rect,
) -> Option<PlacedText> {
    let Rect { left, top, right, bottom } = bar.rect;
    let is_always = input.value_labels == ValueLabels::Always;
    if input.value_labels == ValueLabels::Never {
        return None;
    }
    let width = input.measure.width_px(&text, size_px);
    let (x, y) = (f64::midpoint(left, right), f64::midpoint(top, bottom));
    if bar.is_label_inside {
        let fits = width * BOLD <= bar.rect.width() - 2.0 && size_px <= bar.rect.height();
        return fits.then_some(PlacedText { text, x, y, anchor: Anchor::Middle, size_px });
    }
    let is_negative = bar.value < 0.0;
    if input.is_horizontal {
        let (x, anchor) = if is_negative { (left - 4.0, Anchor::End) } else { (right + 4.0, Anchor::Start) };
        let fits = room_px >= size_px * 0.9 && (is_negative || x + width <= input.size.width_px);
        return (fits || is_always).then_some(PlacedText { text, x, y, anchor, size_px });
    }
    let y = if is_negative { bottom + size_px * 0.7 } else { top - size_px * 0.7 };
    let fits = width <= room_px - 1.0 && y < plot.bottom;
    (fits || is_always).then_some(PlacedText { text, x, y, anchor: Anchor::Middle, size_px })
}

fn names_left(names: &[String], slots: Slots, plot: Rect, measure: &dyn TextMeasure) -> Vec<CategoryLabel> {
    let every = (13.0 / slots.slot_px).ceil().max(1.0) as usize;
    let label = |(category, name): (usize, &String)| {
        let text = fitted(name, AXIS_TEXT_PX, plot.left - AIR_PX, measure).unwrap_or_default();
        (!text.is_empty()).then_some(CategoryLabel {
            category,
            text: PlacedText {
                text,
                x: plot.left - AIR_PX,
                y: slots.centre_px(category),
                anchor: Anchor::End,
                size_px: AXIS_TEXT_PX,
            },
            degrees: 0.0,
        })
    };
    names.iter().enumerate().step_by(every).filter_map(label).collect()
}

fn names_below(input: &Input<'_>, names: &[String], slots: Slots, plot: Rect) -> Vec<CategoryLabel> {
    let Input { measure, label_degrees: degrees, label_gap_px, size, .. } = *input;
    let width = |text: &str| measure.width_px(text, AXIS_TEXT_PX);
    let widest = names.iter().map(|name| width(name)).fold(0.0, f64::max);
    let slot = slots.slot_px;
    if degrees.abs() < 1.0 {
        // A name is cut where its start says something; else some names are left out.
        let is_cut = slot >= CUT_FROM_PX && label_gap_px <= slot;
        let room = if is_cut { slot - 6.0 } else { widest.min(120.0) };
        let every = if is_cut { 1 } else { ((room + 8.0).max(label_gap_px) / slot).ceil().max(1.0) as usize };
        let label = |(category, name): (usize, &String)| {
            let text = fitted(name, AXIS_TEXT_PX, room, measure).unwrap_or_default();
            let half = width(&text) / 2.0;
            let x = slots.centre_px(category);
            let fits = !text.is_empty() && x - half >= -0.5 && x + half <= size.width_px + 0.5;
            fits.then_some(CategoryLabel {
                category,
                text: PlacedText { text, x, y: plot.bottom + 12.0, anchor: Anchor::Middle, size_px: AXIS_TEXT_PX },
                degrees: 0.0,
            })
        };
        return names.iter().enumerate().step_by(every).filter_map(label).collect();
    }
    let (sin, cos) = degrees.to_radians().abs().sin_cos();
    let every = ((AXIS_TEXT_PX + 3.0).max(label_gap_px) / slot).ceil().max(1.0) as usize;
    let down = (size.height_px - plot.bottom - AIR_PX - AXIS_TEXT_PX * cos).max(0.0) / sin.max(0.01);
    let label = |(category, name): (usize, &String)| {
        let x = slots.centre_px(category);
        // Not beyond the edge that it leans to.
        let across = if degrees > 0.0 { size.width_px - x } else { x } / cos.max(0.01);
        let text = fitted(name, AXIS_TEXT_PX, down.min(across), measure).unwrap_or_default();
        (!text.is_empty()).then_some(CategoryLabel {
            category,
            text: PlacedText {
                text,
                x,
                y: plot.bottom + AIR_PX + AXIS_TEXT_PX * cos * 0.5,
                anchor: if degrees > 0.0 { Anchor::Start } else { Anchor::End },
                size_px: AXIS_TEXT_PX,
            },
            degrees,
        })
    };
    names.iter().enumerate().step_by(every).filter_map(label).collect()
}

impl Layout {
    /// The category at a place. `None` outside of the plot.
    pub fn category_at(&self, x: f64, y: f64) -> Option<usize> {
        let Rect { left, top, right, bottom } = self.plot;
        if self.category_count == 0 || x < left || x > right || y < top - 20.0 || y > bottom + 20.0 {
            return None;
        }
        let slot = slot_px(self.plot, self.is_horizontal, self.category_count);
        let at = if self.is_horizontal { (y - top) / slot } else { (x - left) / slot };
        Some((at.floor().max(0.0) as usize).min(self.category_count - 1))
    }

    /// The member whose bar of a category is nearest to a place.
    pub fn nearest_member(&self, category: usize, x: f64, y: f64) -> Option<usize> {
        let distance = |rect: Rect| {
            let dx = (rect.left - x).max(x - rect.right).max(0.0);
            let dy = (rect.top - y).max(y - rect.bottom).max(0.0);
            (dx * dx + dy * dy).sqrt()
        };
        let bars = self.bars.iter().filter(|bar| bar.category == category);
        bars.min_by(|a, b| distance(a.rect).total_cmp(&distance(b.rect))).map(|bar| bar.member)
    }

    /// The room of a category: lit while it is pointed at.
    pub fn slot(&self, category: usize) -> Rect {
        let slot = slot_px(self.plot, self.is_horizontal, self.category_count);
        let Rect { left, top, right, bottom } = self.plot;
        let from = category as f64 * slot;
        if self.is_horizontal {
            Rect::new(left, top + from, right, top + from + slot)
        } else {
            Rect::new(left + from, top, left + from + slot, bottom)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chart::ApproximateMeasure;

    fn names(count: usize) -> Vec<String> {
        (0..count).map(|n| format!("service-{n}")).collect()
    }

    fn with<R>(
        categories: &[String],
        members: &[(usize, &[f64])],
        change: impl FnOnce(&mut Input<'_>),
        read: impl FnOnce(Layout) -> R,
    ) -> R {
        let axis = AxisOptions { unit: "none".to_owned(), ..AxisOptions::default() };
        let mut input = Input {
            size: Size::new(400.0, 200.0),
            is_horizontal: false,
            categories,
            members,
            stack: Stack::None,
            group_width_ratio: 0.8,
            bar_width_ratio: 1.0,
            axis: &axis,
            label_degrees: 0.0,
            label_chars: None,
            label_gap_px: 0.0,
            value_labels: ValueLabels::Auto,
            value_size_px: None,
            value_text: &|_, value| value.to_string(),
            measure: &ApproximateMeasure,
        };
        change(&mut input);
        read(layout(&input))
    }

    /// Lengths of the bars in parts of the plot, by member and category.
    fn lengths(layout: &Layout) -> String {
        let whole = if layout.is_horizontal { layout.plot.width() } else { layout.plot.height() };
        let length = |bar: &Bar| if layout.is_horizontal { bar.rect.width() } else { bar.rect.height() };
        let bars = layout.bars.iter().map(|bar| format!("{}/{} {:.2}", bar.member, bar.category, length(bar) / whole));
        bars.collect::<Vec<_>>().join(", ")
    }

    #[test]
    fn bars_are_as_long_as_their_values() {
        let categories = names(2);
        let members: [(usize, &[f64]); 2] = [(0, &[10.0, 5.0]), (1, &[20.0, f64::NAN])];
        let check = |stack: Stack, is_horizontal: bool, expect: &str| {
            let found =
                with(&categories, &members, |i| (i.stack, i.is_horizontal) = (stack, is_horizontal), |l| lengths(&l));
            assert_eq!(found, expect, "{stack:?}");
        };
        check(Stack::None, false, "0/0 0.50, 1/0 1.00, 0/1 0.25");
        check(Stack::None, true, "0/0 0.50, 1/0 1.00, 0/1 0.25");
        check(Stack::Normal, false, "0/0 0.33, 1/0 0.67, 0/1 0.17");
        check(Stack::Percent, false, "0/0 0.33, 1/0 0.67, 0/1 1.00");
    }

    #[test]
    fn stacks_lie_on_each_other_and_negative_ones_below() {
        let categories = names(1);
        let members: [(usize, &[f64]); 3] = [(0, &[10.0]), (1, &[-10.0]), (2, &[10.0])];
        with(
            &categories,
            &members,
            |i| i.stack = Stack::Normal,
            |layout| {
                let [a, b, c] = layout.bars.as_slice() else { panic!("three bars") };
                assert!((c.rect.bottom - a.rect.top).abs() < 1e-9);
                assert!((b.rect.top - layout.base_px).abs() < 1e-9 && (a.rect.bottom - layout.base_px).abs() < 1e-9);
            },
        );
    }

    #[test]
    fn groups_leave_air_and_small_values_show() {
        let categories = names(2);
        let members: [(usize, &[f64]); 2] = [(0, &[1.0, -1e-9]), (1, &[1e9, 1e-9])];
        with(
            &categories,
            &members,
            |_| (),
            |layout| {
                let slot = layout.slot(0);
                let inside = layout.bars.iter().filter(|bar| bar.category == 0);
                assert!(inside.clone().all(|bar| bar.rect.left >= slot.left + slot.width() * 0.099));
                assert!(inside.clone().all(|bar| bar.rect.right <= slot.right - slot.width() * 0.099));
                assert!(layout.bars.iter().all(|bar| bar.rect.height() >= 0.99), "{:?}", layout.bars);
            },
        );
    }

    #[test]
    fn names_never_lie_over_each_other_or_beyond_the_card() {
        for count in [1, 3, 12, 60, 400] {
            for degrees in [0.0, 45.0, -45.0, 90.0] {
                let categories = names(count);
                let values = vec![1.0; count];
                let members: [(usize, &[f64]); 1] = [(0, &values)];
                with(
                    &categories,
                    &members,
                    |i| i.label_degrees = degrees,
                    |layout| {
                        assert!(!layout.labels.is_empty());
                        for label in &layout.labels {
                            let width = ApproximateMeasure.width_px(&label.text.text, AXIS_TEXT_PX);
                            if degrees == 0.0 {
                                let (left, right) = (label.text.x - width / 2.0, label.text.x + width / 2.0);
                                assert!(left >= -1.0 && right <= 401.0, "{label:?}");
                            } else {
                                let down = label.text.y + width * f64::sin(label.degrees.to_radians().abs());
                                assert!(down <= 204.0, "{count} {degrees}: {label:?} {down}");
                            }
                        }
                        for (a, b) in layout.labels.iter().zip(layout.labels.iter().skip(1)).filter(|_| degrees == 0.0)
                        {
                            let half =
                                |l: &CategoryLabel| ApproximateMeasure.width_px(&l.text.text, AXIS_TEXT_PX) / 2.0;
                            assert!(a.text.x + half(a) <= b.text.x - half(b), "{count}: {a:?} {b:?}");
                        }
                    },
                );
            }
        }
    }

    #[test]
    fn places_name_their_category_and_nearest_bar() {
        let categories = names(4);
        let members: [(usize, &[f64]); 2] = [(3, &[1.0, 2.0, 3.0, 4.0]), (5, &[4.0, 3.0, 2.0, 1.0])];
        with(
            &categories,
            &members,
            |_| (),
            |layout| {
                for bar in &layout.bars {
                    let (x, y) =
                        (f64::midpoint(bar.rect.left, bar.rect.right), f64::midpoint(bar.rect.top, bar.rect.bottom));
                    assert_eq!(layout.category_at(x, y), Some(bar.category));
                    assert_eq!(layout.nearest_member(bar.category, x, y), Some(bar.member));
                }
                assert_eq!(layout.category_at(1.0, 100.0), None);
            },
        );
    }

    #[test]
    fn values_are_written_where_they_fit() {
        let shown = |count: usize, labels: ValueLabels| {
            let categories = names(count);
            let values = vec![123_456.0; count];
            let members: [(usize, &[f64]); 1] = [(0, &values)];
            with(
                &categories,
                &members,
                |i| i.value_labels = labels,
                |l| l.bars.iter().filter(|b| b.label.is_some()).count(),
            )
        };
        assert_eq!(shown(3, ValueLabels::Auto), 3);
        assert_eq!(shown(60, ValueLabels::Auto), 0);
        assert_eq!(shown(60, ValueLabels::Always), 60);
        assert_eq!(shown(3, ValueLabels::Never), 0);
        with(&[], &[], |_| (), |layout| assert_eq!(layout.bars, []));
    }
}
