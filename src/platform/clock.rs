//! The one clock of the app.
//!
//! A demonstration or a test may start the clock at another instant and hold it there (`clock` in `config.json`), so
//! that history recorded then is "now" on screen.

use std::cell::Cell;

#[derive(Clone, Copy)]
enum Source {
    Real,
    /// Runs like the real clock, shifted.
    Shifted {
        offset_ms: i64,
    },
    Frozen {
        at_ms: i64,
    },
}

thread_local! {
    static SOURCE: Cell<Source> = const { Cell::new(Source::Real) };
}

/// Unix time in milliseconds, as the app sees it.
pub fn now_ms() -> i64 {
    match SOURCE.get() {
        Source::Real => real_now_ms(),
        Source::Shifted { offset_ms } => real_now_ms() + offset_ms,
        Source::Frozen { at_ms } => at_ms,
    }
}

/// Makes "now" begin at `at_ms`, standing still if `is_frozen`.
pub fn start_at(at_ms: i64, is_frozen: bool) {
    SOURCE.set(if is_frozen { Source::Frozen { at_ms } } else { Source::Shifted { offset_ms: at_ms - real_now_ms() } });
}

/// Milliseconds on a clock that only moves forward, for measuring how long something took.
pub fn monotonic_ms() -> f64 {
    #[cfg(all(target_arch = "wasm32", feature = "browser"))]
    {
        super::dom::window().and_then(|w| w.performance()).map_or(0.0, |p| p.now())
    }
    #[cfg(not(all(target_arch = "wasm32", feature = "browser")))]
    {
        real_now_ms() as f64
    }
}

#[cfg(all(target_arch = "wasm32", feature = "browser"))]
fn real_now_ms() -> i64 {
    js_sys::Date::now() as i64
}

#[cfg(not(all(target_arch = "wasm32", feature = "browser")))]
#[expect(clippy::disallowed_methods, reason = "the stand-in for the browser's clock in native tests")]
fn real_now_ms() -> i64 {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(0, |d| d.as_millis() as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frozen_clock_stands_still_and_a_shifted_one_runs() {
        start_at(1_000, true);
        assert_eq!(now_ms(), 1_000);
        assert_eq!(now_ms(), 1_000);
        start_at(5_000, false);
        assert!((5_000..6_000).contains(&now_ms()));
        SOURCE.set(Source::Real);
        assert!(now_ms() > 1_700_000_000_000);
    }
}
