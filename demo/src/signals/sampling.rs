//! Which traces are kept: a tail sampler as a collector runs one, which decides when it knows how a trace ended.
//!
//! Invariants: the trace of every exemplar is kept; what is kept is complete, because a request is told with its whole trace
//! at once and its agent's run when that ends. The choice within a slice goes by the traces' ids, not by their order.

use std::collections::{BTreeMap, BTreeSet};

use super::ids;
use crate::sim::{AgentRun, Events, POST_MESSAGE, Request, STREAM, Service, Status, ToolCall};

/// How many traces are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Detail {
    /// About one per second on a working day.
    #[default]
    Full,
    /// Exemplars, errors and a few others: for history of which nobody will read much.
    Sparse,
}

/// What may be kept of one slice beside the exemplars' traces.
struct Budget {
    errors: usize,
    slow: usize,
    creations: usize,
    messages: usize,
    others: usize,
    failed_runs: usize,
    failed_calls: usize,
}

/// History is told in full for this long; before that a part of the traces is enough.
const FULL_MS: i64 = 2 * 3_600_000;

impl Detail {
    /// What history deserves that lies so long before now.
    pub const fn of_age(age_ms: i64) -> Self {
        if age_ms < FULL_MS { Self::Full } else { Self::Sparse }
    }

    /// The budget of a slice; sparse history has ordinary traces in every fourth.
    const fn budget(self, is_fourth: bool) -> Budget {
        match (self, is_fourth) {
            (Self::Full, _) => {
                Budget { errors: 20, slow: 3, creations: 2, messages: 3, others: 3, failed_runs: 8, failed_calls: 2 }
            }
            (Self::Sparse, true) => {
                Budget { errors: 6, slow: 1, creations: 1, messages: 1, others: 1, failed_runs: 2, failed_calls: 1 }
            }
            (Self::Sparse, false) => {
                Budget { errors: 6, slow: 1, creations: 0, messages: 0, others: 0, failed_runs: 2, failed_calls: 0 }
            }
        }
    }
}

/// Above this a request counts as slow.
pub(super) const SLOW_SECS: f64 = 1.0;
/// Above this a run counts as slow.
const SLOW_RUN_SECS: f64 = 12.0;

/// A request whose message an agent is working on.
#[derive(Debug)]
struct UnderWay {
    request: Request,
    is_told: bool,
    calls: Vec<ToolCall>,
}

/// What of a slice is told.
#[derive(Debug, Default)]
pub(super) struct Choice {
    pub requests: Vec<Request>,
    /// Their requests are in this choice or in an earlier one.
    pub runs: Vec<AgentRun>,
    /// Calls of kept traces whose run died with its process.
    pub lost_calls: Vec<ToolCall>,
}

#[derive(Debug)]
pub(super) struct Sampler {
    detail: Detail,
    under_way: BTreeMap<u128, UnderWay>,
}

/// The classes of requests, the most telling first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Class {
    Error,
    Slow,
    Creation,
    Message,
    Other,
}

fn class_of(request: &Request) -> Class {
    let is_api = request.replica().is_some_and(|replica| replica.service == Service::Api);
    let is_stream = is_api && request.route == STREAM;
    if request.status.is_server_error() || request.mcp.is_some_and(|call| call.status != Status::Http(200)) {
        Class::Error
    } else if request.duration_secs > SLOW_SECS && !is_stream {
        Class::Slow
    } else if request.creation.is_some() {
        Class::Creation
    } else if brings_message(request) {
        Class::Message
    } else {
        Class::Other
    }
}

/// True when an agent's run follows.
fn brings_message(request: &Request) -> bool {
    let is_api = request.replica().is_some_and(|replica| replica.service == Service::Api);
    is_api && request.route == POST_MESSAGE && request.status == Status::Http(202)
}

impl Sampler {
    pub(super) const fn new() -> Self {
        Self { detail: Detail::Full, under_way: BTreeMap::new() }
    }

    pub(super) const fn set_detail(&mut self, detail: Detail) {
        self.detail = detail;
    }

    /// Chooses from a slice. Runs of processes that ended in it are forgotten.
    pub(super) fn slice(&mut self, events: &Events, exemplars: &BTreeSet<u128>) -> Choice {
        let mut choice = Choice::default();
        let budget = self.detail.budget((events.end_ms / 15_000).rem_euclid(4) == 0);
        for change in events.lifecycle.iter().filter(|change| !change.is_start) {
            self.under_way.retain(|_, state| {
                let is_lost = state.request.process == change.process;
                if is_lost && state.is_told {
                    choice.lost_calls.append(&mut state.calls);
                }
                !is_lost
            });
        }
        self.choose_requests(events, exemplars, &budget, &mut choice);
        self.hear_calls(events, exemplars, &budget, &mut choice);
        self.choose_runs(events, exemplars, &budget, &mut choice);
        choice
    }

    fn choose_requests(&mut self, events: &Events, exemplars: &BTreeSet<u128>, budget: &Budget, choice: &mut Choice) {
        let mut ranked: Vec<(u64, usize)> = events
            .requests
            .iter()
            .enumerate()
            .map(|(index, request)| (ids::bits(request.trace_id, 0x7361), index))
            .collect();
        ranked.sort_unstable();
        let Budget { errors, slow, creations, messages, others, .. } = budget;
        let mut left = [*errors, *slow, *creations, *messages, *others];
        let mut chosen = BTreeSet::new();
        for (_, index) in ranked {
            let Some(request) = events.requests.get(index) else { continue };
            let left = left.get_mut(class_of(request) as usize);
            let is_within = left.is_some_and(|left| {
                let is_within = *left > 0;
                *left = left.saturating_sub(1);
                is_within
            });
            if is_within || exemplars.contains(&request.trace_id) {
                chosen.insert(index);
            }
        }
        for (index, request) in events.requests.iter().enumerate() {
            let is_told = chosen.contains(&index);
            if is_told {
                choice.requests.push(*request);
            }
            if brings_message(request) {
                self.under_way.insert(request.trace_id, UnderWay { request: *request, is_told, calls: Vec::new() });
            }
        }
    }

    fn hear_calls(&mut self, events: &Events, exemplars: &BTreeSet<u128>, budget: &Budget, choice: &mut Choice) {
        let mut failed_left = budget.failed_calls;
        for call in &events.tool_calls {
            let Some(state) = self.under_way.get_mut(&call.trace_id) else { continue };
            state.calls.push(*call);
            let is_within = !call.is_success && !state.is_told && failed_left > 0;
            failed_left -= usize::from(is_within);
            if is_within || exemplars.contains(&call.trace_id) {
                state.tell(choice);
            }
        }
    }

    fn choose_runs(&mut self, events: &Events, exemplars: &BTreeSet<u128>, budget: &Budget, choice: &mut Choice) {
        let mut failed_left = budget.failed_runs;
        let mut slow_left = budget.slow;
        for run in &events.runs {
            let Some(mut state) = self.under_way.remove(&run.trace_id) else { continue };
            let take = |applies: bool, left: &mut usize| {
                let is_within = applies && !state.is_told && *left > 0;
                *left -= usize::from(is_within);
                is_within
            };
            let is_failed = take(run.error.is_some(), &mut failed_left);
            let is_slow = !is_failed && take(run.duration_secs > SLOW_RUN_SECS, &mut slow_left);
            if is_failed || is_slow || exemplars.contains(&run.trace_id) {
                state.tell(choice);
            }
            if state.is_told {
                choice.runs.push(*run);
            }
        }
    }
}

impl UnderWay {
    fn tell(&mut self, choice: &mut Choice) {
        if !self.is_told {
            self.is_told = true;
            choice.requests.push(self.request);
        }
    }
}
