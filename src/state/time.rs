//! The time range of the page: one for the whole app, kept in the URL.

use leptos::prelude::*;

use crate::{
    base::time::{Range, Refresh, TimeError, TimeSpec, TimeUnit, label},
    platform::clock,
};

use super::{
    reactive::{Callback, Signal},
    zone::Zone,
};

/// What the page shows when neither the URL nor the dashboard says so: Grafana's default.
pub fn fallback_spec() -> TimeSpec {
    TimeSpec::last(6, TimeUnit::Hour)
}

/// Reading and changing the page's range, zone and refresh. In the app the writers change the URL; an embedded panel
/// has its own.
#[derive(Clone, Copy)]
pub struct TimeContext {
    pub spec: Signal<TimeSpec>,
    /// Why the range in the URL is not used.
    pub problem: Signal<Option<TimeError>>,
    pub zone: Signal<Zone>,
    pub refresh: Signal<Refresh>,
    /// Counts up whenever everything should be asked again.
    pub beat: Signal<u64>,
    /// Counts up when somebody asks for a refresh; the beat counts these, too.
    pub pressed: Signal<u64>,
    pub set_spec: Callback<TimeSpec>,
    pub set_zone: Callback<Zone>,
    pub set_refresh: Callback<Refresh>,
    pub refresh_now: Callback<()>,
}

impl TimeContext {
    pub fn expect() -> Self {
        expect_context()
    }

    /// The range as it is at this moment. Untracked: a range that moves with the clock changes with every call.
    pub fn resolve_now(self) -> Result<Range, TimeError> {
        self.spec.with_untracked(|spec| {
            self.zone.with_untracked(|zone| zone.with(|zone| spec.resolve(clock::now_ms(), zone)))
        })
    }

    /// The pause between two refreshes of what is about `width_px` wide. `None`: never, as for a range that stands still.
    /// Tracked.
    pub fn interval_ms(self, refresh: Refresh, width_px: u32) -> Option<i64> {
        let spec = self.spec.get();
        if !spec.is_live() {
            return None;
        }
        let range = self.zone.with(|zone| zone.with(|zone| spec.resolve(clock::now_ms(), zone))).ok()?;
        refresh.interval_ms(range, width_px)
    }

    /// The range in words, with its ends where the words leave them open, and the zone.
    pub fn words(self) -> String {
        let zone = self.zone.get_untracked();
        zone.with(|time_zone| {
            let words = self.spec.with_untracked(|spec| label(spec, time_zone));
            let ends = self.resolve_now().map(|range| label(&TimeSpec::absolute(range), time_zone));
            match ends {
                Ok(ends) if ends != words => format!("{words}: {ends}, {}", zone.label()),
                _ => format!("{words}, {}", zone.label()),
            }
        })
    }

    /// Changes the range by one of its own operations, such as [`TimeSpec::zoomed_out`].
    pub fn change(
        self,
        change: impl FnOnce(&TimeSpec, i64, &dyn crate::base::time::TimeZone) -> Result<TimeSpec, TimeError>,
    ) {
        let changed = self.spec.with_untracked(|spec| {
            self.zone.with_untracked(|zone| zone.with(|zone| change(spec, clock::now_ms(), zone)))
        });
        // A range that cannot be moved any further (the year 0) stays where it is.
        if let Ok(spec) = changed {
            self.set_spec.run(spec);
        }
    }
}
