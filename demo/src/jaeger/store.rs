//! The traces, found by id and by search as Jaeger's store in memory finds them.
//!
//! A trace is kept as what it is told from: the simulator's events, or the spans that were given. Its spans are told anew
//! for each answer. Invariant: what can be found can be told whole; a search never meets a trace of which only the index
//! is there. No lock is held while spans are told for an answer.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};

use super::index::{Catalogue, Facts, Seen};
use super::model::{Span, Tag, Value};
use super::query::Search;
use super::{go, told};
use crate::signals::KeptPart;

/// What a trace is told from.
#[derive(Debug, Clone, Default)]
struct Body {
    given: Vec<Span>,
    kept: Vec<KeptPart>,
}

impl Body {
    fn spans(&self) -> Vec<Span> {
        let mut spans = self.given.clone();
        spans.extend(told::spans(self.told()));
        spans
    }

    fn told(&self) -> Vec<crate::signals::Span> {
        let mut out = Vec::new();
        for part in &self.kept {
            part.tell(&mut out);
        }
        out
    }

    fn facts(&self, catalogue: &mut Catalogue) -> Facts {
        let told = self.told();
        let seen: Vec<Seen<'_>> = self.given.iter().map(Seen::of_given).chain(told.iter().map(Seen::of_told)).collect();
        Facts::of(&seen, catalogue)
    }
}

#[derive(Debug, Default)]
struct Entry {
    facts: Facts,
    body: Arc<Body>,
}

#[derive(Debug, Default)]
struct Inner {
    entries: BTreeMap<u128, Entry>,
    /// By the start of their first span.
    by_time: BTreeSet<(i64, u128)>,
    catalogue: Catalogue,
}

/// Shared by who tells and who answers.
#[derive(Debug, Default)]
pub struct Traces(RwLock<Inner>);

/// A service that calls another one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Dependency {
    pub parent: String,
    pub child: String,
    pub calls: u64,
}

impl Inner {
    fn change(&mut self, trace_id: u128, change: impl FnOnce(&mut Body)) {
        let Self { entries, by_time, catalogue } = self;
        let entry = entries.entry(trace_id).or_default();
        change(Arc::make_mut(&mut entry.body));
        by_time.remove(&(entry.facts.first_ns, trace_id));
        entry.facts = entry.body.facts(catalogue);
        by_time.insert((entry.facts.first_ns, trace_id));
    }
}

impl Traces {
    fn read(&self) -> RwLockReadGuard<'_, Inner> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds what the simulator keeps of a slice.
    pub fn keep(&self, parts: Vec<KeptPart>) {
        let mut by_trace: BTreeMap<u128, Vec<KeptPart>> = BTreeMap::new();
        for part in parts {
            by_trace.entry(part.trace_id()).or_default().push(part);
        }
        let mut inner = self.0.write().unwrap_or_else(PoisonError::into_inner);
        for (trace_id, parts) in by_trace {
            inner.change(trace_id, |body| body.kept.extend(parts));
        }
    }

    /// Adds spans in the order in which they were given.
    pub fn give(&self, spans: Vec<Span>) {
        let mut by_trace: BTreeMap<u128, Vec<Span>> = BTreeMap::new();
        for span in spans {
            by_trace.entry(span.trace_id).or_default().push(span);
        }
        let mut inner = self.0.write().unwrap_or_else(PoisonError::into_inner);
        for (trace_id, spans) in by_trace {
            inner.change(trace_id, |body| body.given.extend(spans));
        }
    }

    /// Forgets the traces of which every span began before that time. Services and operations are remembered.
    pub fn forget_before(&self, time_ms: i64) {
        let time_ns = time_ms.saturating_mul(1_000_000);
        let mut inner = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let Inner { entries, by_time, .. } = &mut *inner;
        let is_old = |id: &u128| entries.get(id).is_none_or(|entry| entry.facts.latest_ns < time_ns);
        let old: Vec<(i64, u128)> = by_time.range(..(time_ns, 0)).copied().filter(|(_, id)| is_old(id)).collect();
        for key in old {
            by_time.remove(&key);
            entries.remove(&key.1);
        }
    }

    pub fn count(&self) -> usize {
        self.read().entries.len()
    }

    /// In order.
    pub fn services(&self) -> Vec<String> {
        self.read().catalogue.services().map(str::to_owned).collect()
    }

    /// Names with kinds, in order.
    pub fn operations(&self, service: &str) -> Vec<(String, &'static str)> {
        self.read().catalogue.operations(service).map(|(name, kind)| (name.to_owned(), kind)).collect()
    }

    /// The spans in the order in which they came; `None` where there is no such trace.
    pub fn trace(&self, trace_id: u128) -> Option<Vec<Span>> {
        let body = self.read().entries.get(&trace_id).map(|entry| Arc::clone(&entry.body));
        body.map(|body| body.spans())
    }

    /// The traces in which one span is all that is searched for, the newest first. Each is told when it is its turn: an
    /// answer may be of thousands.
    pub fn find<'s>(&self, search: &'s Search) -> impl Iterator<Item = Vec<Span>> + use<'s> {
        let limit = usize::try_from(search.limit).ok().filter(|limit| *limit > 0).unwrap_or(usize::MAX);
        let candidates = self.candidates(search).into_iter().map(|body| body.spans());
        candidates.filter(|spans| spans.iter().any(|span| is_match(span, search))).take(limit)
    }

    /// The traces whose facts allow a match, the newest first.
    fn candidates(&self, search: &Search) -> Vec<Arc<Body>> {
        let inner = self.read();
        let Some(service) = inner.catalogue.id(&search.service) else { return Vec::new() };
        let allows = |facts: &Facts| {
            facts.services.contains(&service)
                && facts.latest_ns >= search.start_min_ns
                && facts.earliest_ns <= search.start_max_ns
                && (search.duration_min_ns == 0 || facts.longest_ns >= search.duration_min_ns)
                && (search.duration_max_ns == 0 || facts.shortest_ns <= search.duration_max_ns)
                && (facts.has_error_tag || !search.tags.contains_key("error"))
        };
        let newest_first = inner.by_time.iter().rev().filter_map(|(_, id)| inner.entries.get(id));
        newest_first.filter(|entry| allows(&entry.facts)).map(|entry| Arc::clone(&entry.body)).collect()
    }

    /// Who called whom in the traces of which a span began between the times, by names.
    pub fn dependencies(&self, (start_ns, end_ns): (i64, i64)) -> Vec<Dependency> {
        let within = |time_ns: i64| start_ns < time_ns && time_ns < end_ns;
        let inner = self.read();
        let mut counts: BTreeMap<(&str, &str), u64> = BTreeMap::new();
        for entry in inner.entries.values() {
            let Facts { earliest_ns, latest_ns, calls, .. } = &entry.facts;
            if calls.is_empty() || *latest_ns <= start_ns || *earliest_ns >= end_ns {
                continue;
            }
            // Neither end lies between the times: a span in the middle may.
            let is_between = within(*earliest_ns)
                || within(*latest_ns)
                || entry.body.spans().iter().any(|span| within(span.start_ns));
            if is_between {
                for (parent, child, count) in calls {
                    let names = (inner.catalogue.name(*parent), inner.catalogue.name(*child));
                    *counts.entry(names).or_default() += count;
                }
            }
        }
        counts
            .into_iter()
            .map(|((parent, child), calls)| Dependency { parent: parent.to_owned(), child: child.to_owned(), calls })
            .collect()
    }
}

fn is_match(span: &Span, search: &Search) -> bool {
    let Search { service, operation, start_min_ns, start_max_ns, duration_min_ns, duration_max_ns, tags, .. } = search;
    span.service() == service
        && (operation.is_empty() || span.name == operation.as_str())
        && (*duration_min_ns == 0 || span.duration_ns >= *duration_min_ns)
        && (*duration_max_ns == 0 || span.duration_ns <= *duration_max_ns)
        && (*start_min_ns..=*start_max_ns).contains(&span.start_ns)
        && tags.iter().all(|(key, value)| has_tag(span, key, value))
}

/// Tags of the span, of its process and of its logs count alike.
fn has_tag(span: &Span, key: &str, value: &str) -> bool {
    let fields = span.logs.iter().flat_map(|log| &log.fields);
    let mut all = span.tags.iter().chain(&span.process.tags).chain(fields);
    all.any(|tag: &Tag| tag.key == key && is_written(&tag.value, value))
}

/// Whether a value is written so.
fn is_written(value: &Value, text: &str) -> bool {
    match value {
        Value::Text(own) => own == text,
        Value::Bool(is_true) => text == if *is_true { "true" } else { "false" },
        Value::Int(number) => text == number.to_string(),
        Value::Float(number) => text == go::float_text(*number),
        Value::Binary(bytes) => {
            let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 0xf]);
            text.chars().map(|c| c.to_digit(16)).eq(digits.map(|digit| Some(u32::from(digit))))
                && !text.bytes().any(|byte| byte.is_ascii_uppercase())
        }
    }
}
