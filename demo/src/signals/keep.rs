//! The traces that a sampling collector keeps, as the events behind them.
//!
//! A day of spans is hundreds of megabytes, the events that they are told from a few tens. So who serves a history keeps
//! [`KeptPart`]s and tells their spans when they are asked for. Invariant: a part tells the same spans whenever it is asked,
//! because it carries what was known about the processes in its slice.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::sampling::{Choice, Detail, Sampler};
use super::trace::{self, Book, Span};
use crate::sim::{
    AgentRun, Events, Exemplar, IncidentKind, POSTGRES_NODE, Platform, REPLICAS, Request, Service, ToolCall,
};

/// What one event adds to a trace.
#[derive(Debug, Clone)]
enum Part {
    Request(Box<Request>),
    Run(Box<AgentRun>),
    LostCall(ToolCall),
}

/// A part of a kept trace: a request, or the agent's run that it started and that ended later.
#[derive(Debug, Clone)]
pub struct KeptPart {
    part: Part,
    /// Shared by all that was kept between two changes of the processes.
    book: Arc<Book>,
}

impl KeptPart {
    pub fn trace_id(&self) -> u128 {
        match &self.part {
            Part::Request(request) => request.trace_id,
            Part::Run(run) => run.trace_id,
            Part::LostCall(call) => call.trace_id,
        }
    }

    pub(super) fn is_request(&self) -> bool {
        matches!(self.part, Part::Request(_))
    }

    /// Appends its spans, the outermost first.
    pub fn tell(&self, out: &mut Vec<Span>) {
        let Self { part, book } = self;
        match part {
            Part::Request(request) => trace::request_spans(book, request, out),
            Part::Run(run) => trace::run_spans(book, run, out),
            Part::LostCall(call) => trace::lost_run_spans(book, std::slice::from_ref(call), out),
        }
    }
}

/// Chooses slice after slice; it must hear of every slice from the first on.
#[derive(Debug)]
pub struct Keeper {
    book: Arc<Book>,
    sampler: Sampler,
}

impl Default for Keeper {
    fn default() -> Self {
        Self { book: Arc::default(), sampler: Sampler::new() }
    }
}

impl Keeper {
    /// How many traces are kept from here on.
    pub fn set_detail(&mut self, detail: Detail) {
        self.sampler.set_detail(detail);
    }

    /// What is kept of the platform's last slice: to be called after each `Platform::next_scrape`.
    pub fn keep(&mut self, platform: &Platform) -> Vec<KeptPart> {
        let events = platform.events();
        self.keep_events(events, &incidents_of(platform), &exemplars_of(platform))
    }

    pub(super) fn keep_events(
        &mut self,
        events: &Events,
        incidents: &[IncidentKind],
        exemplars: &BTreeSet<u128>,
    ) -> Vec<KeptPart> {
        self.note_processes(events, incidents);
        let Choice { requests, runs, lost_calls } = self.sampler.slice(events, exemplars);
        let requests = requests.into_iter().map(|request| Part::Request(Box::new(request)));
        let runs = runs.into_iter().map(|run| Part::Run(Box::new(run)));
        let parts = requests.chain(runs).chain(lost_calls.into_iter().map(Part::LostCall));
        parts.map(|part| KeptPart { part, book: Arc::clone(&self.book) }).collect()
    }

    pub(super) fn book(&self) -> &Book {
        &self.book
    }

    fn note_processes(&mut self, events: &Events, incidents: &[IncidentKind]) {
        let mut book = Book::clone(&self.book);
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
        if book != *self.book {
            self.book = Arc::new(book);
        }
    }
}

/// The incidents of the platform's last slice.
pub(super) fn incidents_of(platform: &Platform) -> Vec<IncidentKind> {
    let events = platform.events();
    platform.incidents(events.start_ms, events.end_ms).iter().map(|incident| incident.kind).collect()
}

/// The traces that the exemplars of the platform's last slice name.
pub(super) fn exemplars_of(platform: &Platform) -> BTreeSet<u128> {
    platform.exemplars_after(platform.events().start_ms - 1).iter().filter_map(trace_of).collect()
}

pub(super) fn trace_of(exemplar: &Exemplar) -> Option<u128> {
    let (_, id) = exemplar.labels.iter().find(|(key, _)| key == "trace_id")?;
    u128::from_str_radix(id, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signals::Teller;

    #[test]
    fn what_is_kept_tells_later_what_was_told_at_once() {
        let mut platform = Platform::with_history(1, 1_795_032_000_000, 1);
        let (mut keeper, mut teller) = (Keeper::default(), Teller::new(1));
        let (mut kept, mut told) = (Vec::new(), Vec::new());
        for _ in 0..40 {
            platform.next_scrape();
            kept.extend(keeper.keep(&platform));
            told.extend(teller.tell(&platform).spans);
        }
        let mut later = Vec::new();
        for part in &kept {
            part.tell(&mut later);
        }
        assert!(told.len() > 1_000);
        assert_eq!(later, told);
        let mut first = Vec::new();
        kept[0].tell(&mut first);
        assert!(first.iter().all(|span| span.trace_id == kept[0].trace_id()));
    }
}
