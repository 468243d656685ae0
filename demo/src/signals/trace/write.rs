//! Building spans in one go, with what holds for all of a slice.

use super::super::faults::Fault;
use super::super::layout::Part;
use super::model::{AttributeValue, Span, SpanEvent, SpanKind, SpanStatus, Text};
use crate::sim::REPLICAS;

/// What is known about the processes while spans are told.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in super::super) struct Book {
    /// Per process of [`REPLICAS`]: how many new versions it has had.
    pub releases: [u32; REPLICAS.len()],
    /// Per process: when it last ended, from where on what it had under way is lost.
    pub stopped_ns: [Option<i64>; REPLICAS.len()],
    /// The processes whose node has hardly any disk left.
    pub has_low_disk: [bool; REPLICAS.len()],
}

impl Book {
    pub(in super::super) fn release(&self, process: usize) -> u32 {
        self.releases.get(process).copied().unwrap_or(0)
    }

    /// True when the process ended while something that lasted from `start_ns` to `end_ns` was under way or planned.
    pub(in super::super) fn was_cut(&self, process: usize, start_ns: i64, end_ns: i64) -> bool {
        self.stopped_ns.get(process).copied().flatten().is_some_and(|stop_ns| start_ns <= stop_ns && stop_ns < end_ns)
    }

    pub(in super::super) fn is_low_on_disk(&self, process: usize) -> bool {
        self.has_low_disk.get(process).copied().unwrap_or(false)
    }

    /// A span without attributes.
    pub(super) fn span(&self, at: Place, name: impl Into<Text>, kind: SpanKind, part: Part) -> Span {
        Span {
            trace_id: at.trace_id,
            span_id: at.span_id,
            parent_span_id: at.parent,
            name: name.into(),
            kind,
            process: at.process,
            release: self.release(at.process),
            start_ns: part.start_ns,
            end_ns: part.end_ns,
            attributes: Vec::new(),
            events: Vec::new(),
            status: SpanStatus::Unset,
            links: Vec::new(),
            scope: at.scope,
        }
    }
}

/// Where a span stands.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    pub trace_id: u128,
    pub span_id: u64,
    pub parent: Option<u64>,
    pub process: usize,
    pub scope: &'static str,
}

impl Place {
    /// The place of a child in the same process.
    pub(super) const fn child(self, span_id: u64, scope: &'static str) -> Self {
        Self { span_id, parent: Some(self.span_id), scope, ..self }
    }

    /// The place of a child in another process.
    pub(super) const fn child_in(self, process: usize, span_id: u64, scope: &'static str) -> Self {
        Self { process, ..self.child(span_id, scope) }
    }
}

impl Span {
    pub(super) fn with(mut self, key: &'static str, value: impl Into<AttributeValue>) -> Self {
        self.attributes.push((key, value.into()));
        self
    }

    pub(super) fn with_some(self, key: &'static str, value: Option<impl Into<AttributeValue>>) -> Self {
        match value {
            Some(value) => self.with(key, value),
            None => self,
        }
    }

    pub(super) fn failed(mut self, message: impl Into<Text>) -> Self {
        self.status = SpanStatus::Error(message.into());
        self
    }

    /// Records an exception as OpenTelemetry's `record_exception` does, and the status that goes with it.
    pub(super) fn raised(mut self, fault: &Fault) -> Self {
        self.events.push(SpanEvent {
            name: "exception",
            time_ns: self.end_ns,
            attributes: vec![
                ("exception.type", fault.full_type.into()),
                ("exception.message", fault.message.clone().into()),
                ("exception.stacktrace", fault.stacktrace.clone().into()),
                ("exception.escaped", "False".into()),
            ],
        });
        let message = format!("{}: {}", fault.short_type(), fault.message);
        self.failed(message)
    }

    /// [`Self::raised`] where something was raised.
    pub(super) fn raised_by(self, fault: Option<&Fault>) -> Self {
        match fault {
            Some(fault) => self.raised(fault),
            None => self,
        }
    }
}
