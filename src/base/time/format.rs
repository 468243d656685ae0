//! Times for people and for machines, in a given zone. English, 24 hours, the day before the month.

use super::{
    QUICK_RANGES, Range, RelativeOp, TimePoint, TimeSpec, TimeZone,
    civil::{CivilDateTime, DAY_MS},
};

/// `14:38:15`; milliseconds only where there are any.
pub fn clock_text(unix_ms: i64, zone: &dyn TimeZone) -> String {
    let wall = CivilDateTime::from_unix_ms(unix_ms, zone);
    let base = format!("{:02}:{:02}:{:02}", wall.hour(), wall.minute(), wall.second());
    match wall.millisecond() {
        0 => base,
        ms => format!("{base}.{ms:03}"),
    }
}

/// `Sun 22 Nov, 14:38:15`.
pub fn day_clock_text(unix_ms: i64, zone: &dyn TimeZone) -> String {
    let date = CivilDateTime::from_unix_ms(unix_ms, zone).date;
    format!("{} {} {}, {}", date.weekday().short(), date.day, date.month_short(), clock_text(unix_ms, zone))
}

/// `2026-11-22`.
pub fn date_text(unix_ms: i64, zone: &dyn TimeZone) -> String {
    let date = CivilDateTime::from_unix_ms(unix_ms, zone).date;
    format!("{:04}-{:02}-{:02}", date.year, date.month, date.day)
}

/// `2026-11-22 14:38:15`, as the time picker's fields write and read it.
pub fn date_time_text(unix_ms: i64, zone: &dyn TimeZone) -> String {
    format!("{} {}", date_text(unix_ms, zone), clock_text(unix_ms, zone))
}

/// RFC 3339 with the zone's offset: `2026-11-22T14:38:15+01:00`; `Z` for UTC.
pub fn iso_text(unix_ms: i64, zone: &dyn TimeZone) -> String {
    let offset = match zone.offset_secs_at(unix_ms) {
        0 => "Z".to_owned(),
        secs => offset_text(secs),
    };
    format!("{}T{}{offset}", date_text(unix_ms, zone), clock_text(unix_ms, zone))
}

/// `+01:00`.
pub fn offset_text(offset_secs: i32) -> String {
    let sign = if offset_secs < 0 { '-' } else { '+' };
    let minutes = offset_secs.unsigned_abs() / 60;
    format!("{sign}{:02}:{:02}", minutes / 60, minutes % 60)
}

/// A range in words, as the time picker's button shows it: `Last 6 hours`, `Today`, `22 Nov 14:38 – 15:38`.
pub fn label(spec: &TimeSpec, zone: &dyn TimeZone) -> String {
    if let Some(quick) = QUICK_RANGES.iter().find(|q| q.spec() == *spec) {
        return quick.label.to_owned();
    }
    match (&spec.from, &spec.to) {
        (TimePoint::Relative(from), TimePoint::Relative(to)) => match (from.ops.as_slice(), to.ops.as_slice()) {
            ([RelativeOp::Add { amount, unit }], []) if *amount < 0 => {
                let count = amount.unsigned_abs();
                format!("Last {count} {}{}", unit.noun(), if count == 1 { "" } else { "s" })
            }
            ([RelativeOp::Round(unit)], [RelativeOp::Round(end)]) if unit == end => format!("This {}", unit.noun()),
            ([RelativeOp::Round(unit)], []) => format!("This {} so far", unit.noun()),
            _ => format!("{from} to {to}"),
        },
        (TimePoint::Absolute(start_ms), TimePoint::Absolute(end_ms)) => {
            range_text(Range { start_ms: *start_ms, end_ms: *end_ms }, zone)
        }
        (TimePoint::Absolute(start_ms), TimePoint::Relative(to)) if to.ops.is_empty() => {
            format!("Since {}", short_text(*start_ms, zone))
        }
        (TimePoint::Absolute(start_ms), TimePoint::Relative(to)) => format!("{} to {to}", short_text(*start_ms, zone)),
        (TimePoint::Relative(from), TimePoint::Absolute(end_ms)) => format!("{from} to {}", short_text(*end_ms, zone)),
    }
}

/// `22 Nov 2026, 14:38` with seconds only where they are not zero.
fn short_text(unix_ms: i64, zone: &dyn TimeZone) -> String {
    let wall = CivilDateTime::from_unix_ms(unix_ms, zone);
    format!("{} {} {}, {}", wall.date.day, wall.date.month_short(), wall.date.year, short_clock(wall))
}

fn short_clock(wall: CivilDateTime) -> String {
    let base = format!("{:02}:{:02}", wall.hour(), wall.minute());
    match wall.second() {
        0 => base,
        second => format!("{base}:{second:02}"),
    }
}

/// The date is written once where both ends share it; an end at a day's last millisecond shows the day alone.
fn range_text(range: Range, zone: &dyn TimeZone) -> String {
    let start = CivilDateTime::from_unix_ms(range.start_ms, zone);
    let end = CivilDateTime::from_unix_ms(range.end_ms, zone);
    let day = |wall: CivilDateTime| format!("{} {} {}", wall.date.day, wall.date.month_short(), wall.date.year);
    if start.ms_of_day == 0 && end.ms_of_day == DAY_MS - 1 {
        return if start.date == end.date { day(start) } else { format!("{} \u{2013} {}", day(start), day(end)) };
    }
    if start.date == end.date {
        return format!("{}, {} \u{2013} {}", day(start), short_clock(start), short_clock(end));
    }
    format!("{}, {} \u{2013} {}, {}", day(start), short_clock(start), day(end), short_clock(end))
}

/// How long ago something was, to the second: `18 min ago`, `14 s ago`, `just now`.
pub fn ago_text(age_ms: i64) -> String {
    if age_ms < 1_000 {
        return "just now".to_owned();
    }
    format!("{} ago", super::duration_words(age_ms - age_ms % 1_000))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_age_is_told_to_the_second() {
        for (age_ms, text) in [
            (999, "just now"),
            (1_000, "1 s ago"),
            (14_196, "14 s ago"),
            (90_400, "1 min 30 s ago"),
            (-5_000, "just now"),
        ] {
            assert_eq!(ago_text(age_ms), text, "{age_ms}");
        }
    }
}
