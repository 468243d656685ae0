//! The demonstration's clock: wall time, or a start that was chosen and then runs on or stands still.

use std::time::{Duration, Instant, SystemTime};

use chrono::{DateTime, SecondsFormat, Utc};

/// Where simulated time comes from.
#[derive(Debug, Clone)]
pub struct Clock {
    start_ms: i64,
    started: Instant,
    is_frozen: bool,
}

impl Clock {
    pub fn new(start_ms: i64, is_frozen: bool) -> Self {
        Self { start_ms, started: monotonic_now(), is_frozen }
    }

    pub fn now_ms(&self) -> i64 {
        if self.is_frozen {
            self.start_ms
        } else {
            self.start_ms + i64::try_from(self.started.elapsed().as_millis()).unwrap_or(0)
        }
    }

    pub fn is_frozen(&self) -> bool {
        self.is_frozen
    }

    pub fn start_ms(&self) -> i64 {
        self.start_ms
    }
}

/// Milliseconds since the epoch, by the machine's clock.
#[expect(clippy::disallowed_methods, reason = "the one place where the demonstration reads the machine's clock")]
pub fn wall_ms() -> i64 {
    SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .map_or(0, |since| i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

/// A monotonic instant, for measuring how long something took.
#[expect(clippy::disallowed_methods, reason = "the one place where the demonstration reads the machine's clock")]
pub fn monotonic_now() -> Instant {
    Instant::now()
}

/// Waits in slices, so that an end that `should_stop` announces is noticed soon.
#[expect(
    clippy::disallowed_methods,
    reason = "the one place where a thread of the demonstration waits for time to pass"
)]
pub fn wait(total: Duration, should_stop: impl Fn() -> bool) {
    let started = monotonic_now();
    while !should_stop() {
        let left = total.saturating_sub(started.elapsed());
        if left.is_zero() {
            return;
        }
        std::thread::sleep(left.min(Duration::from_millis(100)));
    }
}

/// RFC 3339 in UTC, as Go writes it.
pub fn rfc3339(time_ms: i64) -> String {
    DateTime::<Utc>::from_timestamp_millis(time_ms)
        .map_or_else(|| "0001-01-01T00:00:00Z".into(), |t| t.to_rfc3339_opts(SecondsFormat::AutoSi, true))
}

/// The wall's time as HTTP's `Date` header has it.
pub fn http_date() -> String {
    DateTime::<Utc>::from_timestamp_millis(wall_ms())
        .map_or_else(String::new, |t| t.format("%a, %d %b %Y %H:%M:%S GMT").to_string())
}

/// Reads RFC 3339.
pub fn parse_rfc3339(text: &str) -> Option<i64> {
    DateTime::parse_from_rfc3339(text).ok().map(|t| t.timestamp_millis())
}
