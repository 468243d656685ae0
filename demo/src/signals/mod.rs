//! The platform's logs and traces, told from the simulator's events, and the bodies in which backends take them.
//!
//! [`Teller`] turns one slice of events into [`Span`]s and [`LogRecord`]s; `otlp`, `zipkin`, `loki` and `elastic` encode them.
//! Invariants: a signal's ids, times, names and outcome come from its event alone, so the signals of one request agree with
//! each other and with the metrics; the same seed tells the same, byte for byte. It reads no clock, sends nothing, and never
//! touches the simulator's random numbers.
//!
//! Decisions where the operations guide is silent:
//!
//! - **Traces are sampled at their tail** (see `sampling`), so that every exemplar and, within reason, every error has its trace.
//! - **A monitoring server's own restart** shows in no span: no request of the platform takes part in it. The agents' scheduler,
//!   which asks Prometheus for the load, complains in its log.
//! - **A process that is killed** takes what it had under way with it: its spans are never sent, and those of others that hang
//!   below them have no parent.

pub mod elastic;
mod faults;
mod ids;
pub(crate) mod json;
mod keep;
mod layout;
mod logs;
pub mod loki;
pub mod otlp;
mod sampling;
mod sources;
#[cfg(test)]
mod tests;
mod texts;
mod times;
mod trace;
pub mod zipkin;

use std::collections::BTreeSet;

use crate::sim::{Events, IncidentKind, Platform};

pub use keep::{Keeper, KeptPart};
pub use logs::{Level, LogRecord, LogStream};
pub use sampling::Detail;
pub(crate) use sources::resource;
pub use sources::{NAMESPACE, SOURCES, Source, service_version};
pub use trace::{AttributeValue, Link, Span, SpanEvent, SpanKind, SpanStatus, Text};

use logs::Scribe;

/// What a sampling collector and the log shipper got in one slice. Spans stand by trace, logs in no order.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Told {
    pub spans: Vec<Span>,
    pub logs: Vec<LogRecord>,
}

/// Tells slice after slice; it must hear of every slice from the first on.
#[derive(Debug)]
pub struct Teller {
    keeper: Keeper,
    scribe: Scribe,
}

impl Teller {
    /// The seed is that of the platform.
    pub fn new(seed: u64) -> Self {
        Self { keeper: Keeper::default(), scribe: Scribe::new(seed) }
    }

    /// How many traces are kept from here on.
    pub fn set_detail(&mut self, detail: Detail) {
        self.keeper.set_detail(detail);
    }

    /// Tells what ended in the platform's last slice: to be called after each `Platform::next_scrape`.
    pub fn tell(&mut self, platform: &Platform) -> Told {
        self.tell_events(platform.events(), &keep::incidents_of(platform), &keep::exemplars_of(platform))
    }

    fn tell_events(&mut self, events: &Events, incidents: &[IncidentKind], exemplars: &BTreeSet<u128>) -> Told {
        let Self { keeper, scribe } = self;
        let mut told = Told::default();
        let kept = keeper.keep_events(events, incidents, exemplars);
        for part in &kept {
            part.tell(&mut told.spans);
        }
        let requests = kept.iter().filter(|part| part.is_request()).map(KeptPart::trace_id).collect();
        scribe.tell(keeper.book(), events, incidents, &requests, &mut told.logs);
        told
    }
}
