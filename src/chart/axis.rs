//! The value axis: from where to where it goes, and what its labels say; and the labels of the time axis.
//!
//! An axis never lies: areas and bars start at zero, a flat series does not look like a cliff, a percentage does not go
//! beyond 100, hard bounds are obeyed as given.

use crate::base::{
    time::{Range, TimeZone},
    units::{self, Scaling, Steps},
};

use super::{
    AXIS_TEXT_PX,
    measure::TextMeasure,
    scale::{TimeScale, ValueScale},
    scene::{Align, Baseline, Ink, Mark, Point, Rect, Size},
    ticks::{TimeTick, decimals_of, log_ticks, time_ticks, value_step, value_ticks},
};

/// What a dashboard says about a value axis.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct AxisOptions {
    /// A unit id of [`crate::base::units`].
    pub unit: String,
    pub decimals: Option<u32>,
    /// Hard bounds: what lies outside is cut off.
    pub min: Option<f64>,
    pub max: Option<f64>,
    /// Soft bounds: the axis reaches at least there.
    pub soft_min: Option<f64>,
    pub soft_max: Option<f64>,
    /// 2 or 10; `None` is linear.
    pub log_base: Option<f64>,
    /// Positive: up to here and down to its negative the axis is about linear, beyond about logarithmic. Its ticks are the
    /// chart's finish's.
    pub linear_threshold: Option<f64>,
    pub is_hidden: bool,
    pub is_grid_hidden: bool,
    /// Zero is in the middle.
    pub is_centred: bool,
    /// A line stands along it.
    pub border_ink: Option<Ink>,
    /// `None`: that of all labels.
    pub label_ink: Option<Ink>,
}

/// A value axis as laid out.
#[derive(Debug, Clone, PartialEq)]
pub struct ValueAxis {
    pub scale: ValueScale,
    /// The labels of the ticks, from the bottom: value and text.
    pub ticks: Vec<(f64, String)>,
    /// Whether a person should be told that the axis does not start at zero.
    pub is_cut: bool,
}

/// The smallest and the largest of the finite numbers seen.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Extent {
    pub min: f64,
    pub max: f64,
    pub min_positive: f64,
}

impl Extent {
    pub const EMPTY: Self = Self { min: f64::INFINITY, max: f64::NEG_INFINITY, min_positive: f64::INFINITY };

    /// NaN and infinities are passed over: no axis could show them.
    pub fn add(&mut self, value: f64) {
        if value.is_finite() {
            self.min = self.min.min(value);
            self.max = self.max.max(value);
            if value > 0.0 {
                self.min_positive = self.min_positive.min(value);
            }
        }
    }

    pub fn is_empty(&self) -> bool {
        self.max < self.min
    }
}

/// Vertical room for one tick.
const TICK_PX: f64 = 46.0;

/// Lays out the axis between two pixels, `bottom_px` below `top_px`.
pub(super) fn value_axis(
    options: &AxisOptions,
    extent: Extent,
    has_zero_base: bool,
    bottom_px: f64,
    top_px: f64,
) -> ValueAxis {
    let max_intervals = ((bottom_px - top_px) / TICK_PX).round().clamp(1.0, 8.0) as usize;
    let log_base = options.log_base.filter(|base| *base > 1.0 && base.is_finite());
    if let Some(base) = log_base {
        return log_axis(options, extent, base, max_intervals, (bottom_px, top_px));
    }
    let (min, max) = linear_domain(options, extent, has_zero_base, max_intervals);
    let scale = ValueScale {
        min,
        max,
        start_px: bottom_px,
        end_px: top_px,
        log_base: None,
        linear_threshold: options.linear_threshold,
    };
    let step = value_step(max - min, max_intervals, units::steps(&options.unit));
    let ticks = tick_labels(options, &value_ticks(min, max, step), step);
    ValueAxis { scale, ticks, is_cut: min > 0.0 || max < 0.0 }
}

fn linear_domain(options: &AxisOptions, extent: Extent, has_zero_base: bool, max_intervals: usize) -> (f64, f64) {
    let AxisOptions { unit, min: hard_min, max: hard_max, soft_min, soft_max, .. } = options;
    let finite = |bound: &Option<f64>| bound.filter(|b| b.is_finite());
    let (hard_min, hard_max) = (finite(hard_min), finite(hard_max));
    let natural_max = units::natural_maximum(unit);
    let (mut low, mut high) = if extent.is_empty() {
        let low = hard_min.or(finite(soft_min)).unwrap_or(0.0);
        (low, hard_max.or(finite(soft_max)).unwrap_or(natural_max.unwrap_or(low + 1.0)))
    } else {
        (extent.min, extent.max)
    };
    low = finite(soft_min).map_or(low, |soft| soft.min(low));
    high = finite(soft_max).map_or(high, |soft| soft.max(high));
    let fits_naturally = |high: f64| natural_max.filter(|most| high <= *most * (1.0 + 1e-9));
    if high - low <= high.abs().max(low.abs()) * 1e-9 {
        // A flat line goes through the middle, or along the top where nothing lies above.
        if high > 0.0 {
            (low, high) = (0.0, fits_naturally(high).unwrap_or(2.0 * high));
        } else if low < 0.0 {
            (low, high) = (2.0 * low, 0.0);
        } else {
            (low, high) = (0.0, fits_naturally(0.0).unwrap_or(1.0));
        }
    }
    // Zero belongs to areas and bars always, and to lines when it costs less than half of the height.
    if has_zero_base || (low > 0.0 && low <= high / 2.0) || (high < 0.0 && high >= low / 2.0) {
        low = low.min(0.0);
        high = high.max(0.0);
    }
    let span = hard_max.unwrap_or(high) - hard_min.unwrap_or(low);
    let step = value_step(span, max_intervals, units::steps(unit)) / 2.0;
    let cap = fits_naturally(high);
    let round_low = (low / step + 1e-9).floor() * step;
    // Adding zero turns a negative zero into zero.
    let round_high = (high / step - 1e-9).ceil() * step + 0.0;
    let low = hard_min.unwrap_or(if low >= 0.0 { round_low.max(0.0) } else { round_low });
    let high = hard_max.unwrap_or(cap.map_or(round_high, |cap| round_high.min(cap)));
    if high > low && (high - low).is_finite() {
        (low, high)
    } else if hard_max.is_some() && hard_min.is_none() {
        (high - high.abs().max(1.0), high)
    } else {
        (low, low + low.abs().max(1.0))
    }
}

fn log_axis(
    options: &AxisOptions,
    extent: Extent,
    base: f64,
    max_intervals: usize,
    (bottom_px, top_px): (f64, f64),
) -> ValueAxis {
    let positive = |bound: Option<f64>| bound.filter(|b| *b > 0.0 && b.is_finite());
    let has_data = extent.min_positive.is_finite();
    let low = positive(options.soft_min)
        .map_or(extent.min_positive, |soft| soft.min(extent.min_positive))
        .clamp(f64::MIN_POSITIVE, if has_data { f64::MAX } else { 1.0 });
    let high = positive(options.soft_max).unwrap_or(0.0).max(if has_data { extent.max } else { base }).max(low);
    let power = |value: f64, round: fn(f64) -> f64| base.powf(round(value.ln() / base.ln()));
    let min = positive(options.min).unwrap_or_else(|| power(low * (1.0 + 1e-9), f64::floor)).max(f64::MIN_POSITIVE);
    let max = positive(options.max).unwrap_or_else(|| power(high * (1.0 - 1e-9), f64::ceil));
    let max = if max > min && max.is_finite() { max } else { min * base };
    let values = log_ticks(min, max, base, max_intervals);
    let scale =
        ValueScale { min, max, start_px: bottom_px, end_px: top_px, log_base: Some(base), linear_threshold: None };
    let label = |value: f64| (value, units::format(&options.unit, value, options.decimals).to_string());
    ValueAxis { scale, ticks: values.into_iter().map(label).collect(), is_cut: false }
}

/// Labels under one scale. The unit itself is in the panel's header; a label names it only when it is scaled
/// (`1.5 GiB`, `100 ms` of seconds) or belongs to the number (`%`).
fn tick_labels(options: &AxisOptions, values: &[f64], step: f64) -> Vec<(f64, String)> {
    let largest = values.iter().fold(0.0_f64, |largest, value| largest.max(value.abs()));
    let unit = options.unit.as_str();
    if matches!(unit, "bool" | "bool_yes_no" | "bool_on_off") {
        let whole = values.iter().filter(|value| value.fract() == 0.0);
        return whole.map(|value| (*value, units::format(unit, *value, None).to_string())).collect();
    }
    let scaling = units::scaling_for(unit, largest);
    let exact = |scaling: &Scaling, most: u32| decimals_of(step / scaling.divisor, most);
    // Half an hour is 0.5 h, but a quarter is 15 min, and a third of a minute is 20 s.
    let most = if matches!(units::steps(unit), Steps::Time { .. }) { 1 } else { 2 };
    let (scaling, decimals) = if let Some(decimals) = exact(&scaling, most) {
        (scaling, decimals)
    } else {
        let finer = units::scaling_for(unit, step);
        match exact(&finer, 5) {
            Some(decimals) => (finer, decimals),
            // Two decimals would not tell one tick from the next.
            None if step / scaling.divisor < 0.01 => {
                let label = |value: &f64| (*value, units::format(unit, *value, None).to_string());
                return values.iter().map(label).collect();
            }
            None => (scaling, 2),
        }
    };
    let decimals = options.decimals.map_or(decimals, |asked| asked.max(decimals));
    // A time always says its unit: "200 ms" on one panel and a bare "4" on the next would be read as alike.
    let is_bare = !matches!(units::steps(unit), Steps::Time { .. })
        && !scaling.is_suffix_attached
        && scaling.prefix.is_empty()
        && scaling.suffix == units::scaling_for(unit, 0.0).suffix;
    let label = |value: &f64| {
        let formatted = units::format_scaled(*value, &scaling, decimals);
        (*value, if is_bare { formatted.number } else { formatted.to_string() })
    };
    values.iter().map(label).collect()
}

/// The labels of a time axis under a plot, none of them cut off by the scene's edge.
pub(super) fn time_axis_marks(
    marks: &mut Vec<Mark>,
    plot: Rect,
    x: &TimeScale,
    range: Range,
    zone: &dyn TimeZone,
    size: Size,
    measure: &dyn TextMeasure,
) {
    let width = |text: &str| measure.width_px(text, AXIS_TEXT_PX);
    for TimeTick { x_ms, label } in time_ticks(range, plot.width(), zone, width) {
        let at = x.px_from_ms(x_ms);
        let half = width(&label) / 2.0;
        if at - half < 0.0 || at + half > size.width_px {
            continue;
        }
        marks.push(Mark::Text {
            tone: Ink::Text3.opaque(),
            text: label,
            at: Point::new(at, plot.bottom + 13.0),
            align: Align::Middle,
            baseline: Baseline::Middle,
            size_px: AXIS_TEXT_PX,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The axis over 200 px as `min..max: labels`.
    fn axis_text(options: &AxisOptions, values: &[f64], has_zero_base: bool) -> String {
        let mut extent = Extent::EMPTY;
        for value in values {
            extent.add(*value);
        }
        let axis = value_axis(options, extent, has_zero_base, 200.0, 0.0);
        let labels: Vec<String> = axis.ticks.into_iter().map(|(_, label)| label).collect();
        let cut = if axis.is_cut { " cut" } else { "" };
        let tidy = |bound: f64| (bound * 1e9).round() / 1e9;
        format!("{}..{}{cut}: {}", tidy(axis.scale.min), tidy(axis.scale.max), labels.join(", "))
    }

    #[test]
    fn bounds_and_labels() {
        let check = |unit: &str, values: &[f64], expect: &str| {
            let options = AxisOptions { unit: unit.to_owned(), ..AxisOptions::default() };
            assert_eq!(axis_text(&options, values, false), expect, "{unit} {values:?}");
        };
        check("none", &[80.0, 470.0], "0..500: 0, 200, 400");
        check("none", &[400.0, 470.0], "400..470 cut: 400, 420, 440, 460");
        check("none", &[5.0], "0..10: 0, 5, 10");
        check("none", &[0.0], "0..1: 0.0, 0.5, 1.0");
        check("none", &[-5.0], "-10..0: −10, −5, 0");
        check("none", &[-30.0, 80.0], "-50..100: −50, 0, 50, 100");
        check("none", &[], "0..1: 0.0, 0.5, 1.0");
        check("none", &[f64::NAN, f64::INFINITY, 3.0, 9.0], "0..10: 0, 5, 10");
        check("percent", &[99.9, 99.9], "0..100: 0%, 50%, 100%");
        check("percent", &[99.2, 99.97], "99.2..100 cut: 99.2%, 99.4%, 99.6%, 99.8%, 100.0%");
        check("percentunit", &[0.1, 0.6], "0..0.6: 0%, 20%, 40%, 60%");
        check("percent", &[10.0, 180.0], "0..200: 0%, 50%, 100%, 150%, 200%");
        check("s", &[0.01, 0.19], "0..0.2: 0 ms, 50 ms, 100 ms, 150 ms, 200 ms");
        check("ms", &[10.0, 190.0], "0..200: 0 ms, 50 ms, 100 ms, 150 ms, 200 ms");
        check("s", &[0.0, 3600.0], "0..3600: 0 min, 15 min, 30 min, 45 min, 60 min");
        check("bytes", &[0.0, 3.2e9], "0..3221225472: 0 GiB, 1 GiB, 2 GiB, 3 GiB");
        check("reqps", &[0.0, 2400.0], "0..2500: 0 k/s, 1 k/s, 2 k/s");
        check("reqps", &[80.0, 470.0], "0..500: 0, 200, 400");
        check("bool", &[0.0, 1.0], "0..1: false, true");
        check("", &[0.0, 1.6e-9], "0..0.000000002: 0, 5e−10, 1e−9, 1.5e−9");
        check("", &[0.0, 0.00016], "0..0.000175: 0.00000, 0.00005, 0.00010, 0.00015");
    }

    #[test]
    fn options_have_the_last_word() {
        let options = |change: fn(&mut AxisOptions)| {
            let mut options = AxisOptions::default();
            change(&mut options);
            options
        };
        let check = |options: AxisOptions, values: &[f64], zero: bool, expect: &str| {
            assert_eq!(axis_text(&options, values, zero), expect);
        };
        check(options(|_| ()), &[400.0, 470.0], true, "0..500: 0, 200, 400");
        check(options(|o| o.min = Some(0.0)), &[400.0, 470.0], false, "0..500: 0, 200, 400");
        check(options(|o| o.max = Some(300.0)), &[0.0, 470.0], false, "0..300: 0, 100, 200, 300");
        check(options(|o| o.soft_max = Some(900.0)), &[0.0, 470.0], false, "0..1000: 0, 500, 1,000");
        check(options(|o| o.soft_max = Some(100.0)), &[0.0, 470.0], false, "0..500: 0, 200, 400");
        check(options(|o| (o.min, o.max) = (Some(5.0), Some(5.0))), &[1.0], false, "5..10 cut: 6, 8, 10");
        check(options(|o| o.max = Some(-5.0)), &[1.0], false, "-10..-5 cut: −10, −8, −6");
        check(options(|o| o.decimals = Some(2)), &[0.0, 4.0], false, "0..4: 0.00, 1.00, 2.00, 3.00, 4.00");
        check(options(|o| o.log_base = Some(10.0)), &[3.0, 4000.0], false, "1..10000: 1, 10, 100, 1,000, 10,000");
        check(options(|o| o.log_base = Some(10.0)), &[0.0, -1.0], false, "1..10: 1, 2, 5, 10");
        check(options(|o| o.log_base = Some(10.0)), &[], false, "1..10: 1, 2, 5, 10");
    }
}
