//! Who calls whom: the operations of one trace, or the services of many, as a graph, and where its nodes lie.
//!
//! Invariant: nodes stand by name and edges by their ends, so that the same calls give the same graph and the same layout,
//! whatever was called how often and in which order.
//!
//! Not here: drawing. Positions are in layers and lines, not in pixels.

mod build;
mod layout;

pub use build::{service_map, trace_graph, with_dependencies};
pub use layout::{Layout, Point, layout};

use super::ratio;

/// An operation of a service, or a service.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Node {
    pub service: String,
    /// `None` in a map of services.
    pub operation: Option<String>,
    /// Spans of an operation; for a service, calls of it: spans whose parents are not its own.
    pub count: u64,
    pub errors: u64,
    /// The sum of durations of what `count` counts.
    pub total_ns: i64,
    /// The sum of exclusive times of all its spans.
    pub self_ns: i64,
    /// Of what `count` counts.
    pub p95_ns: i64,
    /// It has no spans: others' spans name it as what they call, or only the backend's dependencies know it.
    pub is_inferred: bool,
    /// Of one trace, its first span.
    pub span: Option<u32>,
}

impl Node {
    pub fn error_ratio(&self) -> f64 {
        ratio(self.errors as i64, self.count as i64)
    }
}

/// Calls from one node to another, or to itself.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Edge {
    /// Positions in [`Graph::nodes`].
    pub from: u32,
    pub to: u32,
    /// In the traces looked at.
    pub calls: u64,
    pub errors: u64,
    /// How long 95 of 100 calls took at most.
    pub p95_ns: i64,
    /// What the backend counted, over its own time.
    pub dependency_calls: Option<u64>,
}

impl Edge {
    pub fn error_ratio(&self) -> f64 {
        ratio(self.errors as i64, self.calls as i64)
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Graph {
    /// By service and operation.
    pub nodes: Vec<Node>,
    /// By their ends.
    pub edges: Vec<Edge>,
}

#[cfg(test)]
mod tests;
