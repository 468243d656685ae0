//! Spans, and how a request and an agent's run become spans.
//!
//! `model` is what all encoders read; `request`, `create` and `run` build it from the simulator's events. They follow the
//! operations guide's tracing code by name and attribute; where it is silent they follow OpenTelemetry's semantic
//! conventions. Nothing is invented that an event does not say: a span's time comes from a part of its event.

mod create;
mod messages;
mod model;
mod request;
mod run;
mod texts;
mod tool;
mod write;

pub use model::{AttributeValue, Link, Span, SpanEvent, SpanKind, SpanStatus, Text};
pub(super) use request::{code_of, fault_of as request_fault, page_fault, request_spans};
pub(super) use run::{fault_of as run_fault, lost_run_spans, run_spans, token_counts};
pub(super) use texts::{path_of, statement};
pub(super) use write::Book;
