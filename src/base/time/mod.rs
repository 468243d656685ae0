//! Time on the axis of a query: instants, ranges, steps. All in Unix milliseconds or seconds, as the names say.
//!
//! Nothing here reads a clock: "now" is always a parameter.

mod civil;
mod duration;
mod format;
mod grammar;
mod refresh;
mod step;

pub use civil::{CivilDate, CivilDateTime, Weekday};
pub use duration::{DurationError, duration_text, duration_words, parse_duration_ms};
pub use format::{ago_text, clock_text, date_text, date_time_text, day_clock_text, iso_text, label, offset_text};
pub use grammar::{QUICK_RANGES, QuickRange, RelativeOp, RelativeTime, TimeError, TimePoint, TimeSpec, TimeUnit};
pub use refresh::{REFRESH_CHOICES, Refresh};
pub use step::{MAX_POINTS, nice_step_ms};

/// A closed span of time. Invariant: `start_ms <= end_ms`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Range {
    pub start_ms: i64,
    pub end_ms: i64,
}

impl Range {
    pub fn duration_ms(self) -> i64 {
        self.end_ms - self.start_ms
    }
}

/// The rows of a range query: `start_ms`, `start_ms + step_ms`, … up to and including `end_ms`.
///
/// Invariant: `step_ms > 0`, `start_ms` is a multiple of `step_ms`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Grid {
    pub start_ms: i64,
    pub end_ms: i64,
    pub step_ms: i64,
}

/// Where an offset from UTC comes from. Implemented by the browser's `Intl` in `platform`, and by fixed offsets.
pub trait TimeZone {
    /// Seconds east of UTC at that instant.
    fn offset_secs_at(&self, unix_ms: i64) -> i32;
    /// As shown to people: `UTC`, `Europe/Berlin`.
    fn name(&self) -> &str;
}

/// Coordinated Universal Time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Utc;

impl TimeZone for Utc {
    fn offset_secs_at(&self, _unix_ms: i64) -> i32 {
        0
    }

    fn name(&self) -> &'static str {
        "UTC"
    }
}

/// A zone that never changes its offset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FixedOffset {
    offset_secs: i32,
    name: String,
}

impl FixedOffset {
    /// Named after its offset: `UTC+01:00`.
    pub fn east_secs(offset_secs: i32) -> Self {
        Self { offset_secs, name: format!("UTC{}", offset_text(offset_secs)) }
    }
}

impl TimeZone for FixedOffset {
    fn offset_secs_at(&self, _unix_ms: i64) -> i32 {
        self.offset_secs
    }

    fn name(&self) -> &str {
        &self.name
    }
}

#[cfg(test)]
pub(crate) mod test_zones {
    use super::TimeZone;

    /// Central European time of 2026: an hour is skipped on 29 March and repeated on 25 October, both at 01:00 UTC.
    pub struct Berlin2026;

    impl TimeZone for Berlin2026 {
        fn offset_secs_at(&self, unix_ms: i64) -> i32 {
            let summer = 1_774_746_000_000..1_792_890_000_000;
            if summer.contains(&unix_ms) { 7200 } else { 3600 }
        }

        fn name(&self) -> &'static str {
            "Europe/Berlin"
        }
    }
}
