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
mod json;
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

use crate::sim::{Events, Exemplar, IncidentKind, POSTGRES_NODE, Platform, REPLICAS, Service};

pub use logs::{Level, LogRecord, LogStream};
pub use sampling::Detail;
pub use sources::{NAMESPACE, SOURCES, Source, service_version};
pub use trace::{AttributeValue, Link, Span, SpanEvent, SpanKind, SpanStatus, Text};

use logs::Scribe;
use sampling::{Choice, Sampler};
use trace::Book;

/// What a sampling collector and the log shipper got in one slice. Spans stand by trace, logs in no order.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Told {
    pub spans: Vec<Span>,
    pub logs: Vec<LogRecord>,
}

/// Tells slice after slice; it must hear of every slice from the first on.
#[derive(Debug)]
pub struct Teller {
    book: Book,
    sampler: Sampler,
    scribe: Scribe,
}

impl Teller {
    /// The seed is that of the platform.
    pub fn new(seed: u64) -> Self {
        Self { book: Book::default(), sampler: Sampler::new(), scribe: Scribe::new(seed) }
    }

    /// How many traces are kept from here on.
    pub fn set_detail(&mut self, detail: Detail) {
        self.sampler.set_detail(detail);
    }

    /// Tells what ended in the platform's last slice: to be called after each `Platform::next_scrape`.
    pub fn tell(&mut self, platform: &Platform) -> Told {
        let events = platform.events();
        let incidents: Vec<IncidentKind> =
            platform.incidents(events.start_ms, events.end_ms).iter().map(|incident| incident.kind).collect();
        let exemplars = platform.exemplars_after(events.start_ms - 1).iter().filter_map(trace_of).collect();
        self.tell_events(events, &incidents, &exemplars)
    }

    fn tell_events(&mut self, events: &Events, incidents: &[IncidentKind], exemplars: &BTreeSet<u128>) -> Told {
        let Self { book, sampler, scribe } = self;
        for change in &events.lifecycle {
            let is_api = REPLICAS.get(change.process).is_some_and(|replica| replica.service == Service::Api);
            if !change.is_start {
                if let Some(stopped) = book.stopped_ns.get_mut(change.process) {
                    *stopped = Some(events.start_ms * 1_000_000);
                }
            } else if is_api && let Some(release) = book.releases.get_mut(change.process) {
                // Only a new version makes the API begin again.
                *release += 1;
            }
        }
        let is_disk_low = incidents.contains(&IncidentKind::DiskFull);
        for (has_low_disk, replica) in book.has_low_disk.iter_mut().zip(REPLICAS) {
            *has_low_disk = is_disk_low && replica.node == POSTGRES_NODE;
        }

        let mut told = Told::default();
        let Choice { requests, runs, lost_calls } = sampler.slice(events, exemplars);
        for request in &requests {
            trace::request_spans(book, request, &mut told.spans);
        }
        for run in &runs {
            trace::run_spans(book, run, &mut told.spans);
        }
        trace::lost_run_spans(book, &lost_calls, &mut told.spans);
        scribe.tell(book, events, incidents, &mut told.logs);
        told
    }
}

fn trace_of(exemplar: &Exemplar) -> Option<u128> {
    let (_, id) = exemplar.labels.iter().find(|(key, _)| key == "trace_id")?;
    u128::from_str_radix(id, 16).ok()
}
