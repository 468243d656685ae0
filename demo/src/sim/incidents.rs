//! The script: what goes wrong, when, told relative to the platform's "now".
//!
//! Every incident happens once in the 30 h of history and then again every 24 h, so that a demo left open stays
//! interesting. The memory leak is older and comes back every 12 h. The script only sets conditions (a pool is exhausted,
//! a tool fails); what they do to requests, and through them to every signal, is decided by the generator of traffic.

use super::maths::ramp;
use super::topology::{API_0, API_REPLICAS, FRONTEND_1, MCP_1, REPLICAS};

const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 60 * MINUTE_MS;
const DAY_MS: i64 = 24 * HOUR_MS;

/// Kinds of incident, in the order of their first start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IncidentKind {
    /// The memory of `mcp-manager-1` grows until the kernel kills it; `start` is the kill.
    OutOfMemory,
    /// The monitoring server itself restarts: no samples for a minute and a half.
    ServerRestart,
    /// New version of the API, replica by replica, with cold caches and more queries per request.
    SlowDeploy,
    /// Leaked transactions take all database connections.
    DatabasePoolExhaustion,
    /// `agentarea-frontend-1` crashes and does not come back.
    FrontendLost,
    /// The tool `web_search` fails for most calls.
    ToolFailure,
    /// The root filesystem of `node-2` has less than a tenth left.
    DiskFull,
}

/// One occurrence of an incident.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Incident {
    pub kind: IncidentKind,
    pub start_ms: i64,
    pub end_ms: i64,
}

impl IncidentKind {
    pub const ALL: [Self; 7] = [
        Self::OutOfMemory,
        Self::ServerRestart,
        Self::SlowDeploy,
        Self::DatabasePoolExhaustion,
        Self::FrontendLost,
        Self::ToolFailure,
        Self::DiskFull,
    ];

    /// Start of the first occurrence relative to now, length, and period, in milliseconds.
    const fn schedule(self) -> (i64, i64, i64) {
        match self {
            Self::OutOfMemory => (-21 * HOUR_MS, 40_000, 12 * HOUR_MS),
            Self::ServerRestart => (-14 * HOUR_MS - 20 * MINUTE_MS, 90_000, DAY_MS),
            Self::SlowDeploy => (-6 * HOUR_MS, 45 * MINUTE_MS, DAY_MS),
            Self::DatabasePoolExhaustion => (-3 * HOUR_MS, 25 * MINUTE_MS, DAY_MS),
            Self::FrontendLost => (-40 * MINUTE_MS, 3 * HOUR_MS, DAY_MS),
            Self::ToolFailure => (-20 * MINUTE_MS, 2 * HOUR_MS, DAY_MS),
            Self::DiskFull => (-6 * MINUTE_MS, 4 * HOUR_MS, DAY_MS),
        }
    }
}

/// Replica `i` of the API goes down for its new version at the deploy's start plus `i` times this.
const DEPLOY_STAGGER_MS: i64 = 8 * MINUTE_MS;
/// Time from a process's end to its successor's first answered scrape.
const RESTART_MS: i64 = 40_000;

/// Part of the root filesystem's space that is available on a healthy node.
const HEALTHY_DISK_RATIO: f64 = 0.58;

/// What holds at one moment.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Conditions {
    /// 0 = healthy, 1 = no database connection is free.
    pub pool_exhaustion: f64,
    /// Part of the calls of the failing tool that fail.
    pub tool_failure: f64,
    /// Per API replica: 0 = the proven version with warm caches, 1 = the new one just started.
    pub deploy_slowness: [f64; API_REPLICAS],
    /// Available part of the filling root filesystem.
    pub disk_avail_ratio: f64,
    /// Memory of `mcp-manager-1` as a part of its limit.
    pub leak_ratio: f64,
    /// Per process of [`REPLICAS`].
    pub process_up: [bool; REPLICAS.len()],
    /// The container of `agentarea-frontend-1` does not exist.
    pub frontend_lost: bool,
    pub server_down: bool,
}

/// The script, anchored at "now".
#[derive(Debug, Clone, Copy)]
pub(super) struct Script {
    now_ms: i64,
}

impl Script {
    pub(super) const fn new(now_ms: i64) -> Self {
        Self { now_ms }
    }

    /// Milliseconds since the latest start of the incident at or before `t_ms`; `None` before the first.
    fn since(self, kind: IncidentKind, t_ms: i64) -> Option<i64> {
        let (offset, _, period) = kind.schedule();
        let elapsed = t_ms - (self.now_ms + offset);
        (elapsed >= 0).then(|| elapsed % period)
    }

    /// Milliseconds into the incident, while it lasts.
    fn within(self, kind: IncidentKind, t_ms: i64) -> Option<i64> {
        let (_, length, _) = kind.schedule();
        self.since(kind, t_ms).filter(|elapsed| *elapsed < length)
    }

    /// Every occurrence that overlaps `from_ms..=to_ms`, by start.
    pub(super) fn occurrences(self, from_ms: i64, to_ms: i64) -> Vec<Incident> {
        let mut out = Vec::new();
        for kind in IncidentKind::ALL {
            let (offset, length, period) = kind.schedule();
            let first = self.now_ms + offset;
            let skipped = ((from_ms - length - first) / period).max(0);
            let mut start_ms = first + skipped * period;
            while start_ms <= to_ms {
                if start_ms + length >= from_ms {
                    out.push(Incident { kind, start_ms, end_ms: start_ms + length });
                }
                start_ms += period;
            }
        }
        out.sort_by_key(|incident| incident.start_ms);
        out
    }

    /// What holds at `t_ms`.
    pub(super) fn at(self, t_ms: i64) -> Conditions {
        let mut deploy_slowness = [0.0; API_REPLICAS];
        let mut process_up = [true; REPLICAS.len()];
        if let Some(elapsed) = self.within(IncidentKind::SlowDeploy, t_ms) {
            for (replica, slowness) in deploy_slowness.iter_mut().enumerate() {
                let own = elapsed - replica as i64 * DEPLOY_STAGGER_MS;
                if let Some(up) = process_up.get_mut(API_0 + replica) {
                    *up = !(0..RESTART_MS).contains(&own);
                }
                if own >= RESTART_MS {
                    let minutes = own as f64 / MINUTE_MS as f64;
                    *slowness = 1.0 - ramp(minutes, 12.0, 28.0);
                }
            }
        }
        let set_down = |process: usize, up: &mut [bool]| {
            if let Some(up) = up.get_mut(process) {
                *up = false;
            }
        };
        if self.within(IncidentKind::OutOfMemory, t_ms).is_some() {
            set_down(MCP_1, &mut process_up);
        }
        let frontend_lost = self.within(IncidentKind::FrontendLost, t_ms).is_some();
        if frontend_lost {
            set_down(FRONTEND_1, &mut process_up);
        }
        Conditions {
            pool_exhaustion: self.within(IncidentKind::DatabasePoolExhaustion, t_ms).map_or(0.0, |elapsed| {
                let minutes = elapsed as f64 / MINUTE_MS as f64;
                ramp(minutes, 0.0, 2.0) * (1.0 - ramp(minutes, 22.0, 25.0))
            }),
            tool_failure: self.within(IncidentKind::ToolFailure, t_ms).map_or(0.0, |elapsed| {
                let minutes = elapsed as f64 / MINUTE_MS as f64;
                0.75 * ramp(minutes, -0.5, 1.0)
            }),
            deploy_slowness,
            disk_avail_ratio: self.disk_avail_ratio(t_ms),
            leak_ratio: self.leak_ratio(t_ms),
            process_up,
            frontend_lost,
            server_down: self.within(IncidentKind::ServerRestart, t_ms).is_some(),
        }
    }

    /// Falls to a tenth when the incident starts and on to a twentieth, then someone cleans up and it falls again.
    fn disk_avail_ratio(self, t_ms: i64) -> f64 {
        let (offset, length, _) = IncidentKind::DiskFull.schedule();
        let hours = |ms: i64| ms as f64 / HOUR_MS as f64;
        match self.since(IncidentKind::DiskFull, t_ms) {
            // A straight line through 0.1 at the start of the incident.
            None => (0.1 + 0.014 * hours(self.now_ms + offset - t_ms)).min(HEALTHY_DISK_RATIO),
            Some(elapsed) if elapsed < length => 0.1 - 0.05 * ramp(hours(elapsed), 0.0, 1.5),
            Some(elapsed) => {
                let fall_hours = hours(DAY_MS - length);
                0.1 + (HEALTHY_DISK_RATIO - 0.1) * (1.0 - hours(elapsed - length) / fall_hours)
            }
        }
    }

    fn leak_ratio(self, t_ms: i64) -> f64 {
        let (offset, _, period) = IncidentKind::OutOfMemory.schedule();
        let elapsed = (t_ms - (self.now_ms + offset)).rem_euclid(period);
        let part = elapsed as f64 / period as f64;
        // Slow at first, then faster: the leaked buffers are those of ever longer conversations.
        0.4 + 0.6 * part * (0.6 + 0.4 * part)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW_MS: i64 = 1_800_000_000_000;

    #[test]
    fn each_incident_is_in_the_history_and_returns_a_day_later() {
        let script = Script::new(NOW_MS);
        let history = script.occurrences(NOW_MS - 30 * HOUR_MS, NOW_MS);
        for kind in IncidentKind::ALL {
            let expected = if kind == IncidentKind::OutOfMemory { 2 } else { 1 };
            assert_eq!(history.iter().filter(|incident| incident.kind == kind).count(), expected, "{kind:?}");
        }
        let next_day = script.occurrences(NOW_MS + 18 * HOUR_MS, NOW_MS + 24 * HOUR_MS);
        assert!(next_day.iter().any(|incident| incident.kind == IncidentKind::DatabasePoolExhaustion));
    }

    #[test]
    fn the_disk_reaches_a_tenth_just_before_now_and_is_cleaned_later() {
        let script = Script::new(NOW_MS);
        assert!(script.at(NOW_MS - 7 * MINUTE_MS).disk_avail_ratio > 0.1);
        assert!(script.at(NOW_MS - 5 * MINUTE_MS).disk_avail_ratio < 0.1);
        assert!(script.at(NOW_MS + 5 * HOUR_MS).disk_avail_ratio > 0.5);
        assert!(script.at(NOW_MS - 30 * HOUR_MS).disk_avail_ratio > 0.4);
        let day_later = script.at(NOW_MS + DAY_MS - 7 * MINUTE_MS).disk_avail_ratio;
        assert!((0.1..0.11).contains(&day_later), "{day_later}");
    }

    #[test]
    fn replicas_restart_one_after_the_other() {
        let script = Script::new(NOW_MS);
        let deploy_ms = NOW_MS - 6 * HOUR_MS;
        for replica in 0..API_REPLICAS {
            let at = script.at(deploy_ms + replica as i64 * DEPLOY_STAGGER_MS + 10_000);
            let down: Vec<usize> =
                at.process_up.iter().enumerate().filter(|(_, up)| !**up).map(|(index, _)| index).collect();
            assert_eq!(down, [API_0 + replica]);
        }
    }
}
