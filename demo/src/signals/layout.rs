//! When the parts of a request happened: one timetable that its spans and its log lines share.
//!
//! The simulator says how long each part took, in the order in which a handler goes through them; here they get their
//! places. Invariant: parts follow one another without overlap and lie inside the request, which lasts exactly as long as
//! the event says.

use crate::sim::{Failure, MAX_QUERIES, Request, ToolCall};

/// A stretch of time, in nanoseconds since the epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Part {
    pub start_ns: i64,
    pub end_ns: i64,
}

impl Part {
    pub(super) const fn ns(self) -> i64 {
        self.end_ns - self.start_ns
    }

    /// This part, begun earlier and ended later by the given times.
    pub(super) const fn widened(self, before_ns: i64, after_ns: i64) -> Self {
        Self { start_ns: self.start_ns - before_ns, end_ns: self.end_ns + after_ns }
    }

    /// A part that begins and ends between this one and one within it; `share` is the way from here to there.
    pub(super) fn toward(self, inner: Self, share: f64) -> Self {
        let before_ns = (inner.start_ns - self.start_ns) as f64 * share;
        let after_ns = (self.end_ns - inner.end_ns) as f64 * share;
        self.widened(-(before_ns as i64), -(after_ns as i64))
    }

    /// The inside of the part, a share of it cut away at either end.
    pub(super) fn inner(self, share: f64) -> Self {
        let cut_ns = (self.ns() as f64 * share) as i64;
        self.widened(-cut_ns, -cut_ns)
    }
}

pub(super) fn ns_from_secs(secs: f64) -> i64 {
    (secs * 1e9) as i64
}

/// Shares of a handler's own work: before the first look into the cache, before the database, between database and MCP
/// manager, after it, at the end, and in sending the answer.
const OWN_SHARES: [f64; 6] = [0.15, 0.2, 0.1, 0.15, 0.3, 0.1];

/// The timetable of one request in the process that handled it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Layout {
    pub whole: Part,
    /// Waiting for a worker, at the beginning.
    pub queue: Part,
    /// Own work between cache and database; a creation validates here.
    pub prepare: Part,
    pub first_redis: Part,
    /// Empty unless the request had to wait for a connection.
    pub pool: Part,
    queries: [Part; MAX_QUERIES],
    query_count: usize,
    /// From the pool to the last query, with the own work around.
    pub database: Part,
    /// The call's own time, as the MCP manager sees it.
    pub mcp: Part,
    /// The call with the own work on either side.
    pub around_mcp: Part,
    pub stream: Part,
    /// Writing back to the cache; empty where nothing is written.
    pub second_redis: Part,
    pub send: Part,
}

impl Layout {
    pub(super) fn of(request: &Request) -> Self {
        let end_ns = request.end_ns;
        let whole = Part { start_ns: end_ns - ns_from_secs(request.duration_secs), end_ns };
        let mut elapsed_secs = 0.0;
        let mut take = |secs: f64| {
            let start_ns = (whole.start_ns + ns_from_secs(elapsed_secs)).min(end_ns);
            elapsed_secs += secs;
            Part { start_ns, end_ns: (whole.start_ns + ns_from_secs(elapsed_secs)).min(end_ns) }
        };
        let [begin, prepare, before_mcp, after_mcp, finish, send] = OWN_SHARES.map(|share| share * request.own_secs);
        let writes_back = writes_cache(request);
        let first_redis_secs = request.redis_secs * if writes_back { 0.45 } else { 1.0 };

        let queue = take(request.queue_secs);
        take(begin);
        let first_redis = take(first_redis_secs);
        let prepare = take(prepare);
        let pool = take(request.pool_wait_secs);
        let mut queries = [Part::default(); MAX_QUERIES];
        for (slot, query) in queries.iter_mut().zip(request.queries()) {
            *slot = take(query.secs);
        }
        let before_mcp = take(before_mcp);
        let mcp = take(request.mcp.map_or(0.0, |call| call.secs));
        let after_mcp = take(after_mcp);
        let stream = take(request.stream_secs);
        let second_redis = take(request.redis_secs - first_redis_secs);
        take(finish);
        let send = Part { end_ns, ..take(send) };
        Self {
            whole,
            queue,
            prepare,
            first_redis,
            pool,
            queries,
            query_count: request.queries().len(),
            database: Part { start_ns: pool.start_ns, end_ns: before_mcp.start_ns },
            mcp,
            around_mcp: Part { start_ns: before_mcp.start_ns, end_ns: after_mcp.end_ns },
            stream,
            second_redis,
            send,
        }
    }

    pub(super) fn queries(&self) -> &[Part] {
        self.queries.get(..self.query_count).unwrap_or_default()
    }

    /// The frontend's span around the request and its call to the API, when it came through the frontend.
    pub(super) fn frontend(&self, request: &Request) -> Option<(Part, Part)> {
        let hop = request.frontend?;
        let hop_ns = ns_from_secs(hop.secs).max(self.whole.ns());
        let extra_ns = hop_ns - self.whole.ns();
        let start_ns = self.whole.start_ns - extra_ns * 6 / 10;
        let server = Part { start_ns, end_ns: start_ns + hop_ns };
        let client = Part {
            start_ns: start_ns + extra_ns * 3 / 10,
            end_ns: server.end_ns - (server.end_ns - self.whole.end_ns) / 2,
        };
        Some((server, client))
    }
}

/// True when the request puts into the cache what it did not find there, or what it created.
pub(super) fn writes_cache(request: &Request) -> bool {
    let is_pool_failure = request.failure == Some(Failure::PoolTimeout);
    let missed = request.cache_hit == Some(false) && !request.queries().is_empty();
    !is_pool_failure && (missed || request.creation.is_some())
}

/// Share of a tool call that goes to the network on either way.
const NETWORK_SHARE: f64 = 0.01;

/// A tool call as the agent's runtime sees it, and as the MCP manager does.
pub(super) fn of_tool_call(call: &ToolCall) -> (Part, Part) {
    let whole = Part { start_ns: call.end_ns - ns_from_secs(call.secs), end_ns: call.end_ns };
    (whole, whole.inner(NETWORK_SHARE))
}
