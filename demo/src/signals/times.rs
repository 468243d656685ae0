//! Times as the different writers of logs put them.

use chrono::{DateTime, Datelike, Timelike, Utc};

use super::json::push_display;

const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

fn at(time_ns: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_nanos(time_ns)
}

fn month(time: DateTime<Utc>) -> &'static str {
    MONTHS.get(time.month0() as usize).copied().unwrap_or("Jan")
}

fn push_clock(out: &mut String, time: DateTime<Utc>) {
    push_display(out, format_args!("{:02}:{:02}:{:02}", time.hour(), time.minute(), time.second()));
}

fn push_day(out: &mut String, time: DateTime<Utc>, separator: char) {
    push_display(out, format_args!("{:04}{separator}{:02}{separator}{:02}", time.year(), time.month(), time.day()));
}

/// `2026-11-18T20:00:00.123456Z`, as structlog's time stamps are.
pub(super) fn push_iso(out: &mut String, time_ns: i64) {
    let time = at(time_ns);
    push_day(out, time, '-');
    out.push('T');
    push_clock(out, time);
    push_display(out, format_args!(".{:06}Z", time.nanosecond() / 1000));
}

/// `2026-11-18T20:00:00.123456789+00:00`, as Fluentd writes `@timestamp`.
pub(super) fn push_fluentd(out: &mut String, time_ns: i64) {
    let time = at(time_ns);
    push_day(out, time, '-');
    out.push('T');
    push_clock(out, time);
    push_display(out, format_args!(".{:09}+00:00", time.nanosecond()));
}

/// `2026.11.18`, the end of an index's name.
pub(super) fn push_index_day(out: &mut String, time_ns: i64) {
    push_day(out, at(time_ns), '.');
}

/// `18/Nov/2026:20:00:00 +0000`, of access logs.
pub(super) fn push_access(out: &mut String, time_ns: i64) {
    let time = at(time_ns);
    push_display(out, format_args!("{:02}/{}/{:04}:", time.day(), month(time), time.year()));
    push_clock(out, time);
    out.push_str(" +0000");
}

/// `2026-11-18 20:00:00.123 UTC`, PostgreSQL's `%m`.
pub(super) fn push_postgres(out: &mut String, time_ns: i64) {
    let time = at(time_ns);
    push_day(out, time, '-');
    out.push(' ');
    push_clock(out, time);
    push_display(out, format_args!(".{:03} UTC", time.nanosecond() / 1_000_000));
}

/// `18 Nov 2026 20:00:00.123`, as Redis has it.
pub(super) fn push_redis(out: &mut String, time_ns: i64) {
    let time = at(time_ns);
    push_display(out, format_args!("{:02} {} {:04} ", time.day(), month(time), time.year()));
    push_clock(out, time);
    push_display(out, format_args!(".{:03}", time.nanosecond() / 1_000_000));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_writer_has_its_own_way() {
        let time_ns = 1_795_032_000_123_456_789;
        let written = |push: fn(&mut String, i64)| {
            let mut out = String::new();
            push(&mut out, time_ns);
            out
        };
        assert_eq!(written(push_iso), "2026-11-18T20:00:00.123456Z");
        assert_eq!(written(push_fluentd), "2026-11-18T20:00:00.123456789+00:00");
        assert_eq!(written(push_index_day), "2026.11.18");
        assert_eq!(written(push_access), "18/Nov/2026:20:00:00 +0000");
        assert_eq!(written(push_postgres), "2026-11-18 20:00:00.123 UTC");
        assert_eq!(written(push_redis), "18 Nov 2026 20:00:00.123");
    }
}
