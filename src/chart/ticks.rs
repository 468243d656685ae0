//! Where labels stand on axes: few, at round values in the unit's own steps, and at round times on the wall's clock.

use crate::base::{
    time::{CivilDate, CivilDateTime, Range, TimeZone},
    units::Steps,
};

/// A label on a time axis.
#[derive(Debug, Clone, PartialEq)]
pub struct TimeTick {
    pub x_ms: f64,
    pub label: String,
}

/// More would not be readable on any screen; it bounds the work on absurd input.
const MAX_TICKS: usize = 64;

const SECOND_MS: i64 = 1000;
const MINUTE_MS: i64 = 60 * SECOND_MS;
const HOUR_MS: i64 = 60 * MINUTE_MS;
const DAY_MS: i64 = 24 * HOUR_MS;

/// The smallest round step of which at most `max_intervals` fit into `span`.
pub fn value_step(span: f64, max_intervals: usize, steps: Steps) -> f64 {
    let rough = span / max_intervals.max(1) as f64;
    if !rough.is_finite() || rough <= 0.0 {
        return 1.0;
    }
    // A hair of tolerance, so that 0.30000000000000004 still takes 0.3.
    let rough = rough * (1.0 - 1e-9);
    match steps {
        Steps::Decimal => decimal_step(rough),
        Steps::Binary => 2_f64.powi(rough.log2().ceil() as i32),
        Steps::Time { secs } => {
            let rough_secs = rough * secs;
            let step_secs = if rough_secs <= 0.5 {
                decimal_step(rough_secs)
            } else if rough_secs > 43_200.0 {
                86_400.0 * decimal_step((rough_secs / 86_400.0).max(0.6))
            } else {
                SEXAGESIMAL_SECS.into_iter().find(|step| *step >= rough_secs).unwrap_or(43_200.0)
            };
            step_secs / secs
        }
    }
}

const SEXAGESIMAL_SECS: [f64; 17] = [
    1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 900.0, 1800.0, 3600.0, 7200.0, 10_800.0, 21_600.0,
    43_200.0,
];

/// 1, 2 or 5 times a power of ten.
fn decimal_step(rough: f64) -> f64 {
    let exponent = rough.log10().floor() as i32;
    // Dividing by a positive power is exact where multiplying by a negative one is not: 5 / 10, not 5 × 0.1.
    let scaled = |digit: f64| if exponent < 0 { digit / 10_f64.powi(-exponent) } else { digit * 10_f64.powi(exponent) };
    [1.0, 2.0, 5.0].into_iter().map(scaled).find(|step| *step >= rough).unwrap_or_else(|| scaled(10.0))
}

/// Multiples of `step` within the bounds, ascending.
pub fn value_ticks(min: f64, max: f64, step: f64) -> Vec<f64> {
    let (first, last) = ((min / step - 1e-6).ceil(), (max / step + 1e-6).floor());
    if !(first.is_finite() && last.is_finite()) || last < first {
        return Vec::new();
    }
    let count = ((last - first) as usize).saturating_add(1).min(MAX_TICKS);
    // Adding zero turns a negative zero into zero.
    (0..count).map(|n| (first + n as f64) * step + 0.0).collect()
}

/// Powers of the base within the bounds; between them 2 and 5 where there is room and the base is ten.
pub fn log_ticks(min: f64, max: f64, base: f64, max_intervals: usize) -> Vec<f64> {
    if !(min > 0.0 && max > min && base > 1.0 && max.is_finite()) {
        return Vec::new();
    }
    let first = (min.ln() / base.ln() - 1e-9).ceil() as i32;
    let last = (max.ln() / base.ln() + 1e-9).floor() as i32;
    let decades = usize::try_from(last - first).unwrap_or(0);
    let every = decades.div_ceil(max_intervals.max(1)).max(1);
    let mut ticks: Vec<f64> =
        (first..=last).step_by(every).take(MAX_TICKS).map(|exponent| base.powi(exponent)).collect();
    if (base - 10.0).abs() < 1e-9 && (decades + 1) * 3 <= max_intervals + 2 {
        let between = (first - 1..=last).flat_map(|e| [2.0, 5.0].map(|digit| digit * 10_f64.powi(e)));
        ticks.extend(between.filter(|value| *value >= min * (1.0 - 1e-9) && *value <= max * (1.0 + 1e-9)));
        crate::base::order::sort_numbers(&mut ticks);
    }
    ticks
}

/// How many decimals show multiples of a step without rounding; at most `most`, `None` when that is not enough.
pub fn decimals_of(step: f64, most: u32) -> Option<u32> {
    (0..=most).find(|decimals| {
        let scaled = step * 10_f64.powi(*decimals as i32);
        (scaled - scaled.round()).abs() < 1e-6 * scaled.abs().max(1e-6) && scaled.round() != 0.0
    })
}

#[derive(Debug, Clone, Copy)]
enum TimeStep {
    /// Divides a day.
    Ms(i64),
    /// Counted from the first day of the calendar's era; seven are weeks from Monday.
    Days(i64),
    Months(i64),
    Years(i64),
}

const TIME_STEPS: [TimeStep; 44] = [
    TimeStep::Ms(1),
    TimeStep::Ms(2),
    TimeStep::Ms(5),
    TimeStep::Ms(10),
    TimeStep::Ms(20),
    TimeStep::Ms(50),
    TimeStep::Ms(100),
    TimeStep::Ms(200),
    TimeStep::Ms(500),
    TimeStep::Ms(SECOND_MS),
    TimeStep::Ms(2 * SECOND_MS),
    TimeStep::Ms(5 * SECOND_MS),
    TimeStep::Ms(10 * SECOND_MS),
    TimeStep::Ms(15 * SECOND_MS),
    TimeStep::Ms(30 * SECOND_MS),
    TimeStep::Ms(MINUTE_MS),
    TimeStep::Ms(2 * MINUTE_MS),
    TimeStep::Ms(5 * MINUTE_MS),
    TimeStep::Ms(10 * MINUTE_MS),
    TimeStep::Ms(15 * MINUTE_MS),
    TimeStep::Ms(30 * MINUTE_MS),
    TimeStep::Ms(HOUR_MS),
    TimeStep::Ms(2 * HOUR_MS),
    TimeStep::Ms(3 * HOUR_MS),
    TimeStep::Ms(6 * HOUR_MS),
    TimeStep::Ms(12 * HOUR_MS),
    TimeStep::Days(1),
    TimeStep::Days(2),
    TimeStep::Days(7),
    TimeStep::Days(14),
    TimeStep::Months(1),
    TimeStep::Months(2),
    TimeStep::Months(3),
    TimeStep::Months(6),
    TimeStep::Years(1),
    TimeStep::Years(2),
    TimeStep::Years(5),
    TimeStep::Years(10),
    TimeStep::Years(20),
    TimeStep::Years(50),
    TimeStep::Years(100),
    TimeStep::Years(200),
    TimeStep::Years(500),
    TimeStep::Years(1000),
];

impl TimeStep {
    fn duration_ms(self) -> i64 {
        match self {
            Self::Ms(ms) => ms,
            Self::Days(days) => days * DAY_MS,
            Self::Months(months) => months * 30 * DAY_MS,
            Self::Years(years) => years * 365 * DAY_MS,
        }
    }

    /// As wide as its labels get.
    fn widest_label(self) -> &'static str {
        match self {
            Self::Ms(ms) if ms < SECOND_MS => "00:00:00.000",
            Self::Ms(ms) if ms < MINUTE_MS => "00:00:00",
            Self::Ms(_) | Self::Days(_) | Self::Months(_) => "00 Nov",
            Self::Years(_) => "0000",
        }
    }
}

/// Round times within a range, on the wall clock of a zone, as many as fit into `width_px` with air between the labels.
/// Midnight shows its date, January its year.
pub fn time_ticks(
    range: Range,
    width_px: f64,
    zone: &dyn TimeZone,
    label_width_px: impl Fn(&str) -> f64,
) -> Vec<TimeTick> {
    let span_ms = range.end_ms.saturating_sub(range.start_ms);
    if span_ms <= 0 || width_px <= 0.0 || width_px.is_nan() {
        return Vec::new();
    }
    let px_per_ms = width_px / span_ms as f64;
    let fits = |step: &&TimeStep| {
        let needed_px = (label_width_px(step.widest_label()) * 1.9).max(64.0);
        step.duration_ms() as f64 * px_per_ms >= needed_px
    };
    let Some(step) = TIME_STEPS.iter().find(fits).copied() else { return Vec::new() };
    let start = CivilDateTime::from_unix_ms(range.start_ms, zone);
    let mut ticks: Vec<TimeTick> = Vec::new();
    let mut at = first_tick(step, start);
    for _ in 0..MAX_TICKS * 2 {
        let unix_ms = at.to_unix_ms(zone);
        if unix_ms > range.end_ms {
            break;
        }
        // When clocks go back an hour repeats, when they go forward a tick may fall onto the next one.
        let is_later = ticks.last().is_none_or(|last| unix_ms as f64 > last.x_ms);
        if unix_ms >= range.start_ms && is_later {
            ticks.push(TimeTick { x_ms: unix_ms as f64, label: time_label(step, at) });
        }
        at = next_tick(step, at);
    }
    ticks
}

/// The last tick not after a time.
fn first_tick(step: TimeStep, start: CivilDateTime) -> CivilDateTime {
    let CivilDate { year, month, .. } = start.date;
    match step {
        TimeStep::Ms(ms) => CivilDateTime { ms_of_day: start.ms_of_day / ms * ms, ..start },
        TimeStep::Days(days) => {
            // 1970-01-05 was a Monday.
            let since = start.date.days_from_epoch() - 4;
            CivilDateTime::at_midnight(CivilDate::from_days(since.div_euclid(days) * days + 4))
        }
        TimeStep::Months(months) => {
            let month = (i64::from(month) - 1) / months * months + 1;
            CivilDateTime::at_midnight(CivilDate { year, month: month as u32, day: 1 })
        }
        TimeStep::Years(years) => {
            let year = i64::from(year).div_euclid(years) * years;
            CivilDateTime::at_midnight(CivilDate { year: year as i32, month: 1, day: 1 })
        }
    }
}

fn next_tick(step: TimeStep, at: CivilDateTime) -> CivilDateTime {
    match step {
        TimeStep::Ms(ms) if at.ms_of_day + ms < DAY_MS => CivilDateTime { ms_of_day: at.ms_of_day + ms, ..at },
        TimeStep::Ms(_) => CivilDateTime::at_midnight(at.date.plus_days(1)),
        TimeStep::Days(days) => CivilDateTime::at_midnight(at.date.plus_days(days)),
        TimeStep::Months(months) => CivilDateTime::at_midnight(at.date.plus_months(months)),
        TimeStep::Years(years) => CivilDateTime::at_midnight(at.date.plus_months(12 * years)),
    }
}

fn time_label(step: TimeStep, at: CivilDateTime) -> String {
    let (date, is_midnight) = (at.date, at.ms_of_day == 0);
    let day = || format!("{} {}", date.day, date.month_short());
    match step {
        TimeStep::Ms(_) if is_midnight => day(),
        TimeStep::Ms(ms) if ms < SECOND_MS => {
            format!("{:02}:{:02}:{:02}.{:03}", at.hour(), at.minute(), at.second(), at.millisecond())
        }
        TimeStep::Ms(ms) if ms < MINUTE_MS => format!("{:02}:{:02}:{:02}", at.hour(), at.minute(), at.second()),
        TimeStep::Ms(_) => format!("{:02}:{:02}", at.hour(), at.minute()),
        TimeStep::Days(_) => day(),
        TimeStep::Months(_) if date.month == 1 => date.year.to_string(),
        TimeStep::Months(_) => date.month_short().to_owned(),
        TimeStep::Years(_) => date.year.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use crate::base::time::{FixedOffset, Utc, test_zones::Berlin2026};

    use super::*;

    #[test]
    fn round_steps() {
        let check = |span: f64, intervals: usize, steps: Steps, expect: f64| {
            let step = value_step(span, intervals, steps);
            assert!((step - expect).abs() <= expect * 1e-12, "{span} / {intervals} {steps:?}: {step} not {expect}");
        };
        check(470.0, 4, Steps::Decimal, 200.0);
        check(600.0, 3, Steps::Decimal, 200.0);
        check(601.0, 3, Steps::Decimal, 500.0);
        check(0.9, 3, Steps::Decimal, 0.5);
        check(0.1 + 0.2, 3, Steps::Decimal, 0.1);
        check(1e-7, 4, Steps::Decimal, 5e-8);
        check(0.0, 4, Steps::Decimal, 1.0);
        check(f64::INFINITY, 4, Steps::Decimal, 1.0);
        check(3.0 * 1024.0, 4, Steps::Binary, 1024.0);
        check(1e9, 4, Steps::Binary, 268_435_456.0);
        check(0.3, 4, Steps::Time { secs: 1.0 }, 0.1);
        check(50.0, 4, Steps::Time { secs: 1.0 }, 15.0);
        check(100.0, 4, Steps::Time { secs: 1.0 }, 30.0);
        check(3600.0, 4, Steps::Time { secs: 1.0 }, 900.0);
        check(86_400.0, 4, Steps::Time { secs: 1.0 }, 21_600.0);
        check(10.0 * 86_400.0, 4, Steps::Time { secs: 1.0 }, 5.0 * 86_400.0);
        check(250.0, 4, Steps::Time { secs: 1e-3 }, 100.0);
        check(90_000.0, 4, Steps::Time { secs: 1e-3 }, 30_000.0);
    }

    #[test]
    fn ticks_are_multiples_within_the_bounds() {
        assert_eq!(value_ticks(0.0, 620.0, 200.0), [0.0, 200.0, 400.0, 600.0]);
        assert_eq!(value_ticks(-0.25, 0.25, 0.1).len(), 5);
        assert_eq!(value_ticks(-250.0, 250.0, 200.0), [-200.0, 0.0, 200.0]);
        assert!(value_ticks(-200.0, 0.0, 100.0).iter().all(|v| v.to_bits() != (-0.0_f64).to_bits()));
        assert_eq!(value_ticks(0.1, 0.15, 1.0), [0.0; 0]);
        assert_eq!(value_ticks(f64::NAN, 1.0, 1.0), [0.0; 0]);
        assert_eq!(value_ticks(0.0, 1e300, 1.0).len(), MAX_TICKS);
    }

    #[test]
    fn logarithmic_ticks() {
        let check = |min: f64, max: f64, base: f64, intervals: usize, expect: &[f64]| {
            let ticks = log_ticks(min, max, base, intervals);
            assert_eq!(ticks.len(), expect.len(), "{ticks:?}");
            assert!(ticks.iter().zip(expect).all(|(a, b)| (a - b).abs() < b * 1e-9), "{ticks:?}");
        };
        check(1.0, 1000.0, 10.0, 4, &[1.0, 10.0, 100.0, 1000.0]);
        check(1.0, 10.0, 10.0, 4, &[1.0, 2.0, 5.0, 10.0]);
        check(1.0, 1e6, 10.0, 3, &[1.0, 100.0, 1e4, 1e6]);
        check(1.0, 16.0, 2.0, 4, &[1.0, 2.0, 4.0, 8.0, 16.0]);
        check(0.0, 16.0, 2.0, 4, &[]);
        check(3.0, 4.0, 10.0, 4, &[]);
    }

    #[test]
    fn decimals_that_show_a_step() {
        assert_eq!(decimals_of(200.0, 6), Some(0));
        assert_eq!(decimals_of(0.5, 6), Some(1));
        assert_eq!(decimals_of(0.25, 6), Some(2));
        assert_eq!(decimals_of(0.05, 6), Some(2));
        assert_eq!(decimals_of(1.0 / 6.0, 2), None);
        assert_eq!(decimals_of(1e-9, 6), None);
    }

    /// Ticks as `minutes-since-the-start:label`, in a range that starts at a given instant.
    fn ticks_text(start_ms: i64, minutes: f64, width_px: f64, zone: &dyn TimeZone) -> String {
        let range = Range { start_ms, end_ms: start_ms + (minutes * 60_000.0) as i64 };
        time_ticks(range, width_px, zone, |text| text.len() as f64 * 6.0)
            .iter()
            .map(|tick| format!("{}:{}", (tick.x_ms - start_ms as f64) / 60_000.0, tick.label))
            .collect::<Vec<_>>()
            .join(" | ")
    }

    /// 2026-11-22 08:50 UTC.
    const START_MS: i64 = 1_795_337_400_000;

    #[test]
    fn times_are_round_on_the_wall() {
        let check = |minutes: f64, width: f64, expect: &str| {
            assert_eq!(ticks_text(START_MS, minutes, width, &Utc), expect);
        };
        check(360.0, 590.0, "10:09:00 | 70:10:00 | 130:11:00 | 190:12:00 | 250:13:00 | 310:14:00");
        check(360.0, 300.0, "70:10:00 | 190:12:00 | 310:14:00");
        check(5.0, 500.0, "0:08:50 | 1:08:51 | 2:08:52 | 3:08:53 | 4:08:54 | 5:08:55");
        check(1.0, 500.0, "0:08:50:00 | 0.25:08:50:15 | 0.5:08:50:30 | 0.75:08:50:45 | 1:08:51:00");
        check(1440.0, 400.0, "190:12:00 | 550:18:00 | 910:23 Nov | 1270:06:00");
        check(
            10080.0,
            500.0,
            "910:23 Nov | 2350:24 Nov | 3790:25 Nov | 5230:26 Nov | 6670:27 Nov | 8110:28 Nov | 9550:29 Nov",
        );
        check(525_600.0, 300.0, "57070:2027 | 186670:Apr | 317710:Jul | 450190:Oct");
        check(0.0, 500.0, "");
        check(60.0, 0.0, "");
    }

    #[test]
    fn times_are_local() {
        let zone = FixedOffset::east_secs(19_800);
        assert_eq!(ticks_text(START_MS, 1440.0, 300.0, &zone), "220:18:00 | 580:23 Nov | 940:06:00 | 1300:12:00");
    }

    #[test]
    fn ticks_survive_the_change_of_clocks() {
        // 2026-03-29 00:00 in Berlin: 02:00 does not exist. 2026-10-25: 02:00 comes twice.
        let spring = ticks_text(1_774_738_800_000, 360.0, 600.0, &Berlin2026);
        assert_eq!(spring, "0:29 Mar | 60:01:00 | 120:02:00 | 180:04:00 | 240:05:00 | 300:06:00 | 360:07:00");
        let autumn = ticks_text(1_792_879_200_000, 360.0, 600.0, &Berlin2026);
        assert_eq!(autumn, "0:25 Oct | 60:01:00 | 120:02:00 | 240:03:00 | 300:04:00 | 360:05:00");
    }
}
