//! What is asked of a backend of traces, and what it finds.

use std::sync::Arc;

use super::{SpanKind, Trace};
use crate::model::notice::Notice;

/// A search. Fields that are `None` or empty do not restrict it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct TraceQuery {
    pub service: Option<String>,
    pub operation: Option<String>,
    /// All have to be on one span.
    pub tags: Vec<(String, String)>,
    pub min_duration_ns: Option<i64>,
    pub max_duration_ns: Option<i64>,
    pub start_ns: i64,
    pub end_ns: i64,
    /// At most so many traces, the newest first where the backend keeps an order.
    pub limit: u32,
}

/// What a search found.
#[derive(Debug, Clone, Default)]
pub struct FoundTraces {
    /// By start, the newest first.
    pub traces: Vec<Arc<Trace>>,
    /// As many as were allowed: there may be more.
    pub is_cut: bool,
    pub notices: Vec<Notice>,
}

/// An operation of a service, as a backend lists it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Operation {
    pub name: String,
    pub kind: SpanKind,
}

/// Calls from one service to another.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Dependency {
    pub parent: String,
    pub child: String,
    pub call_count: u64,
}
