//! The told signals against the events they were told from.

mod agreement;
mod encoders;
mod story;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use super::keep::trace_of;
use super::*;
use crate::sim::{Failure, REPLICAS, Request, Service, Status};

/// 2026-11-18, a Wednesday, 20:00 UTC: noon for the platform's users.
const NOW_MS: i64 = 1_795_032_000_000;
const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 60 * MINUTE_MS;
const HOURS: u32 = 10;

/// Ten hours: sparse traces and a part of the harmless lines, the last hour in full.
struct History {
    /// Spans by trace.
    traces: BTreeMap<u128, Vec<Span>>,
    logs: Vec<LogRecord>,
    /// The requests of told traces.
    requests: BTreeMap<u128, Request>,
    /// The slice's end at which each exemplar was recorded, and whether its trace was told by then.
    exemplars: Vec<(i64, u128, bool)>,
    last_hour_lines: usize,
}

fn history() -> &'static History {
    static HISTORY: OnceLock<History> = OnceLock::new();
    HISTORY.get_or_init(|| {
        let mut platform = Platform::with_history(1, NOW_MS, HOURS);
        let mut teller = Teller::new(1);
        teller.set_detail(Detail::Sparse);
        let mut history = History {
            traces: BTreeMap::new(),
            logs: Vec::new(),
            requests: BTreeMap::new(),
            exemplars: Vec::new(),
            last_hour_lines: 0,
        };
        let mut under_way: BTreeMap<u128, Request> = BTreeMap::new();
        while platform.next_ms() <= platform.now_ms() {
            let t_ms = platform.next_ms();
            let is_last_hour = t_ms > NOW_MS - HOUR_MS;
            if is_last_hour {
                teller.set_detail(Detail::Full);
            }
            platform.next_scrape();
            let told = teller.tell(&platform);
            let events = platform.events();
            for request in &events.requests {
                under_way.insert(request.trace_id, *request);
            }
            for span in told.spans {
                if let Some(request) = under_way.get(&span.trace_id) {
                    history.requests.entry(span.trace_id).or_insert(*request);
                }
                history.traces.entry(span.trace_id).or_default().push(span);
            }
            for exemplar in platform.exemplars_after(events.start_ms - 1) {
                let trace_id = trace_of(&exemplar).unwrap();
                history.exemplars.push((t_ms, trace_id, history.traces.contains_key(&trace_id)));
            }
            under_way.retain(|_, request| request.end_ns > (t_ms - 5 * MINUTE_MS) * 1_000_000);
            history.last_hour_lines += if is_last_hour { told.logs.len() } else { 0 };
            let lines = told.logs.into_iter().enumerate();
            history.logs.extend(
                lines
                    .filter(|(number, record)| {
                        is_last_hour || record.level > Level::Info || !record.is_json || number % 8 == 0
                    })
                    .map(|(_, record)| record),
            );
        }
        history
    })
}

impl History {
    fn spans(&self) -> impl Iterator<Item = &Span> {
        self.traces.values().flatten()
    }

    /// Lines between two moments, in minutes relative to now.
    fn lines(&self, from_minute: i64, to_minute: i64) -> impl Iterator<Item = &LogRecord> {
        let ns = |minute: i64| (NOW_MS + minute * MINUTE_MS) * 1_000_000;
        self.logs.iter().filter(move |record| (ns(from_minute)..ns(to_minute)).contains(&record.time_ns))
    }
}

fn json_of(record: &LogRecord) -> serde_json::Value {
    serde_json::from_str(&record.line).unwrap_or_else(|error| panic!("{error}: {}", record.line))
}

fn text<'a>(span: &'a Span, key: &str) -> &'a str {
    match span.attribute(key) {
        Some(AttributeValue::Text(text)) => text,
        other => panic!("{key} of {} is {other:?}", span.name),
    }
}

/// Spans whose parent was never told.
fn orphans(spans: &[Span]) -> Vec<&Span> {
    let known: BTreeSet<u64> = spans.iter().map(|span| span.span_id).collect();
    spans.iter().filter(|span| span.parent_span_id.is_some_and(|parent| !known.contains(&parent))).collect()
}
