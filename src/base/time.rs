//! Time on the axis of a query: instants, ranges, steps. All in Unix milliseconds or seconds, as the names say.

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
