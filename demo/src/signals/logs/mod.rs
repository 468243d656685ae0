//! Log lines: what each process writes about a slice's events.
//!
//! The API and the MCP manager write JSON as the operations guide's structlog configuration gives it, with its loggers; the
//! guide's categories are the field `category`. The frontend, PostgreSQL and Redis write in their own ways. Rates: every error, every
//! request that changes something and every slow one has its line; of the rest one in twenty. Invariant: a line that
//! belongs to a request or a run carries the trace's id and the id of the span that wrote it.
//!
//! - The guide's processors have no time stamper and its loggers no context; here both are added (`timestamp`, `trace_id`,
//!   `span_id`), because a shipper needs the one and the reader of a trace the other.
//! - PostgreSQL never writes "slow query", for which the guide searches its log: a job in the database reports them so.

mod auth;
mod line;
mod plain;
mod process;
mod request;
mod run;

use std::collections::VecDeque;

use super::trace::Book;
use crate::sim::{Events, IncidentKind, REPLICAS, Service};

/// How bad it is, in structlog's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    Info,
    Warning,
    Error,
    Critical,
}

impl Level {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
            Self::Critical => "critical",
        }
    }
}

/// Where a container wrote.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum LogStream {
    Stdout,
    Stderr,
}

impl LogStream {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Stdout => "stdout",
            Self::Stderr => "stderr",
        }
    }
}

/// One entry of a container's log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogRecord {
    pub time_ns: i64,
    /// Index into [`SOURCES`](crate::signals::SOURCES).
    pub source: usize,
    pub stream: LogStream,
    pub level: Level,
    /// Without the newline at its end; it may have others within.
    pub line: String,
    /// Whether `line` is one JSON object.
    pub is_json: bool,
    pub trace_id: Option<u128>,
    pub span_id: Option<u64>,
}

/// Writes all logs, and remembers what a line may refer to.
#[derive(Debug)]
pub(super) struct Scribe {
    seed: u64,
    /// Failed logins of the last minutes: time and user.
    failed_logins: VecDeque<(i64, u32)>,
    /// Slow queries since the database last reported them: their number and the longest.
    slow_queries: (u32, f64),
}

impl Scribe {
    pub(super) const fn new(seed: u64) -> Self {
        Self { seed, failed_logins: VecDeque::new(), slow_queries: (0, 0.0) }
    }

    /// Appends the lines of a slice.
    pub(super) fn tell(&mut self, book: &Book, events: &Events, incidents: &[IncidentKind], out: &mut Vec<LogRecord>) {
        process::lifecycle(book, events, out);
        for request in &events.requests {
            match REPLICAS.get(request.process).map(|replica| replica.service) {
                Some(Service::Frontend) => plain::page(request, out),
                Some(Service::Api | Service::McpManager) => {
                    plain::proxied(request, out);
                    request::lines(request, &mut self.slow_queries, out);
                    auth::lines(request, &mut self.failed_logins, out);
                }
                None => {}
            }
        }
        for run in &events.runs {
            run::lines(run, out);
        }
        for call in &events.tool_calls {
            run::tool_line(call, out);
        }
        process::health(self.seed, events, incidents, out);
        process::cache(self.seed, events, out);
        process::sessions(self.seed, events, out);
        plain::postgres_report(events, &mut self.slow_queries, out);
        plain::redis(self.seed, events, out);
    }
}
