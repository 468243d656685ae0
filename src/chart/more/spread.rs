//! Bars over an axis of numbers: how often values fall into ranges.

use super::bars::{Bar, Tick};
use crate::{
    analysis::histogram::Histogram,
    chart::{
        AXIS_TEXT_PX, Rect, Size, TextMeasure,
        axis::{AxisOptions, Extent, value_axis},
        scale::ValueScale,
    },
};

/// Everything that [`layout`] needs.
#[derive(Clone, Copy)]
pub struct Input<'a> {
    pub size: Size,
    pub histogram: &'a Histogram,
    /// Numbers of the series to draw.
    pub series: &'a [usize],
    /// Bars lie on each other instead of over each other.
    pub is_stacked: bool,
    /// Of the counts.
    pub axis: &'a AxisOptions,
    /// Of the values.
    pub unit: &'a str,
    pub decimals: Option<u32>,
    pub measure: &'a dyn TextMeasure,
}

#[derive(Debug, Clone, PartialEq, Default)]
pub struct Layout {
    pub plot: Rect,
    /// `member` is the series, `category` the bucket.
    pub bars: Vec<Bar>,
    pub y_ticks: Vec<Tick>,
    pub x_ticks: Vec<Tick>,
    x: ValueScale,
    bucket_count: usize,
}

pub fn layout(input: &Input<'_>) -> Layout {
    let Input { size, histogram, series, is_stacked, axis, unit, decimals, measure } = *input;
    let bucket_count = histogram.bucket_count();
    if bucket_count == 0 || size.width_px < 24.0 || size.height_px < 40.0 {
        return Layout::default();
    }
    let counts = |number: usize, bucket: usize| {
        histogram.counts.get(number).and_then(|counts| counts.get(bucket)).copied().unwrap_or_default() as f64
    };
    let mut extent = Extent::EMPTY;
    extent.add(0.0);
    for bucket in 0..bucket_count {
        let each = series.iter().map(|number| counts(*number, bucket));
        extent.add(if is_stacked { each.sum() } else { each.fold(0.0, f64::max) });
    }
    let (top, bottom) = (8.0, size.height_px - 18.0);
    let y_axis = value_axis(axis, extent, true, bottom, top);
    let widest = y_axis.ticks.iter().map(|(_, text)| measure.width_px(text, AXIS_TEXT_PX)).fold(0.0, f64::max);
    let left = if axis.is_hidden { 2.0 } else { widest.ceil() + 6.0 };
    let plot = Rect::new(left, top, size.width_px.max(left + 8.0), bottom);
    let (first, last) = (histogram.bounds(0).0, histogram.bounds(bucket_count - 1).1);
    let x_options =
        AxisOptions { unit: unit.to_owned(), decimals, min: Some(first), max: Some(last), ..AxisOptions::default() };
    let x_axis =
        value_axis(&x_options, Extent { min: first, max: last, min_positive: last }, false, plot.width() * 0.6, 0.0);
    let x = ValueScale { start_px: plot.left, end_px: plot.right, ..x_axis.scale };
    let fits = |tick: &Tick| {
        let half = measure.width_px(&tick.text, AXIS_TEXT_PX) / 2.0;
        tick.px - half >= 0.0 && tick.px + half <= size.width_px
    };
    let ticks = x_axis.ticks.into_iter().map(|(value, text)| Tick { px: x.px_from_value(value), text });
    let x_ticks = ticks.filter(fits).collect();
    let y_ticks = y_axis.ticks.into_iter().filter(|_| !axis.is_hidden);
    let y_ticks = y_ticks.map(|(value, text)| Tick { px: y_axis.scale.px_from_value(value), text }).collect();
    let mut bars = Vec::new();
    for bucket in 0..bucket_count {
        let (lower, upper) = histogram.bounds(bucket);
        let mut below = 0.0;
        for number in series {
            let count = counts(*number, bucket);
            if count <= 0.0 {
                continue;
            }
            let from = if is_stacked { below } else { 0.0 };
            below += count;
            let px = |value: f64| y_axis.scale.px_from_value(value).clamp(plot.top, plot.bottom);
            let (low, high) = (px(from), px(from + count));
            let (left, right) = (x.px_from_value(lower), x.px_from_value(upper));
            // A hair of air between bars that are wide enough to have some.
            let air = if right - left > 4.0 { 0.5 } else { 0.0 };
            let rect = Rect::new(left + air, high.min(low - 1.0), right - air, low);
            bars.push(Bar {
                member: *number,
                category: bucket,
                value: count,
                rect,
                label: None,
                is_label_inside: false,
            });
        }
    }
    Layout { plot, bars, y_ticks, x_ticks, x, bucket_count }
}

impl Layout {
    /// The bucket at a place. `None` outside of the plot.
    pub fn bucket_at(&self, x: f64, y: f64) -> Option<usize> {
        let Rect { left, top, right, bottom } = self.plot;
        if self.bucket_count == 0 || x < left || x > right || y < top - 20.0 || y > bottom + 20.0 {
            return None;
        }
        let ratio = (x - left) / (right - left);
        Some(((ratio * self.bucket_count as f64).floor().max(0.0) as usize).min(self.bucket_count - 1))
    }

    /// The room of a bucket.
    pub fn slot(&self, bucket: usize) -> Rect {
        let width = self.plot.width() / self.bucket_count.max(1) as f64;
        let left = self.plot.left + bucket as f64 * width;
        Rect::new(left, self.plot.top, left + width, self.plot.bottom)
    }

    /// The pixel of a value.
    pub fn px_from_value(&self, value: f64) -> f64 {
        self.x.px_from_value(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        analysis::histogram::{Buckets, histogram_of},
        chart::ApproximateMeasure,
    };

    fn drawn(values: &[&[f64]], is_stacked: bool) -> Layout {
        let histogram = histogram_of(values, Buckets { size: Some(1.0), count: 30, offset: 0.0 });
        let series: Vec<usize> = (0..values.len()).collect();
        layout(&Input {
            size: Size::new(400.0, 200.0),
            histogram: &histogram,
            series: &series,
            is_stacked,
            axis: &AxisOptions { unit: "short".to_owned(), ..AxisOptions::default() },
            unit: "s",
            decimals: None,
            measure: &ApproximateMeasure,
        })
    }

    #[test]
    fn bars_stand_over_their_ranges() {
        let found = drawn(&[&[0.5, 0.6, 1.2, 3.9]], false);
        let counts: Vec<(usize, f64)> = found.bars.iter().map(|bar| (bar.category, bar.value)).collect();
        assert_eq!(counts, [(0, 2.0), (1, 1.0), (3, 1.0)]);
        for bar in &found.bars {
            let (left, right) =
                (found.px_from_value(bar.category as f64), found.px_from_value(bar.category as f64 + 1.0));
            assert!((bar.rect.left - left).abs() < 0.6 && (bar.rect.right - right).abs() < 0.6);
            let middle = f64::midpoint(bar.rect.left, bar.rect.right);
            assert_eq!(found.bucket_at(middle, 100.0), Some(bar.category));
        }
        assert!(!found.x_ticks.is_empty() && !found.y_ticks.is_empty());
    }

    #[test]
    fn stacks_lie_on_each_other() {
        let heights = |is_stacked: bool| {
            let found = drawn(&[&[0.5, 0.5], &[0.5]], is_stacked);
            let [a, b] = found.bars.as_slice() else { panic!("two bars") };
            (a.rect.top, b.rect.bottom, found.plot.bottom)
        };
        let (top, bottom, _) = heights(true);
        assert!((top - bottom).abs() < 1e-9);
        let (_, bottom, ground) = heights(false);
        assert!((bottom - ground).abs() < 1e-9);
        assert_eq!(drawn(&[], false), Layout::default());
    }
}
