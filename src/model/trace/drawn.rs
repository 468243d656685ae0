//! Traces for tests, drawn as text. A column is a millisecond, two spaces of indentation a level:
//!
//! ```text
//! api GET /agents      |===========|
//!   api validate        |==|
//!   db SELECT               |=====|       !error db.system=postgresql
//! ```
//!
//! The first word is the service, the rest up to the bar the operation. The first bar's column is where the trace begins. A
//! bar `|` alone has no duration. Behind the bar: `!error`, `!follows` (its parent did not
//! wait for it), `!server` and other kinds, and tags.

use std::sync::Arc;

use super::{RawSpans, SpanDetail, SpanDetails, SpanFlags, SpanKind, Tag, TagValue, Trace, TraceId, TraceParts};

/// 2026-01-01T00:00:00Z.
pub const START_NS: i64 = 1_767_225_600_000_000_000;

struct Drawn(Vec<SpanDetail>);

impl SpanDetails for Drawn {
    fn detail(&self, origin: usize) -> SpanDetail {
        self.0.get(origin).cloned().unwrap_or_default()
    }

    fn document(&self, origin: usize) -> String {
        format!("{{\"span\": {origin}}}")
    }
}

/// Spans without any details.
pub struct Nothing;

impl SpanDetails for Nothing {
    fn detail(&self, _: usize) -> SpanDetail {
        SpanDetail::default()
    }

    fn document(&self, _: usize) -> String {
        String::new()
    }
}

fn key(names: &mut Vec<Arc<str>>, name: &str) -> u32 {
    let known = names.iter().position(|known| &**known == name);
    known.unwrap_or_else(|| {
        names.push(Arc::from(name));
        names.len() - 1
    }) as u32
}

/// A trace whose spans have the ids 1, 2, 3 … in the order of the lines.
pub fn trace(drawing: &str) -> Trace {
    trace_of_id(0xfeed, drawing)
}

pub fn trace_of_id(id: u128, drawing: &str) -> Trace {
    let lines: Vec<&str> = drawing.lines().filter(|line| line.contains('|')).collect();
    let margin = lines.iter().map(|line| line.len() - line.trim_start().len()).min().unwrap_or(0);
    let origin_column = lines.iter().filter_map(|line| line.find('|')).min().unwrap_or(0);
    let (mut spans, mut names, mut details) = (RawSpans::default(), Vec::new(), Vec::new());
    let mut ancestors: Vec<u64> = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let depth = (line.len() - line.trim_start().len() - margin) / 2;
        let open = line.find('|').unwrap();
        let bar: usize = line[open + 1..]
            .find('|')
            .filter(|length| line[open + 1..open + 1 + length].chars().all(|c| c == '='))
            .unwrap_or(0);
        // `|==|` lasts from the first bar to the second.
        let duration = if bar == 0 { 0 } else { bar + 1 };
        let words = line[..open].trim();
        let (service, operation) = words.split_once(' ').unwrap_or((words, words));
        let mut detail = SpanDetail::default();
        let (mut flags, mut kind) = (SpanFlags::default(), SpanKind::Internal);
        for word in line[open + 1 + bar..].trim_start_matches('|').split_whitespace() {
            match word.strip_prefix('!') {
                Some("error") => flags = flags.with(SpanFlags::ERROR),
                Some("follows") => flags = flags.with(SpanFlags::FOLLOWS),
                Some(word) => kind = SpanKind::ALL.into_iter().find(|kind| kind.id() == word).expect("a kind"),
                None => {
                    let (key, value) = word.split_once('=').expect("a tag");
                    let value = value.parse().map_or_else(|_| TagValue::Text(value.replace('_', " ")), TagValue::Int);
                    detail.tags.push(Tag { key: key.to_owned(), value });
                }
            }
        }
        ancestors.truncate(depth);
        spans.span_id.push(at as u64 + 1);
        spans.parent_id.push(ancestors.last().copied().unwrap_or(0));
        ancestors.push(at as u64 + 1);
        spans.start_ns.push(START_NS + (open - origin_column) as i64 * 1_000_000);
        spans.duration_ns.push(duration as i64 * 1_000_000);
        spans.service.push(key(&mut names, service));
        spans.operation.push(key(&mut names, operation.trim()));
        spans.kind.push(kind);
        spans.flags.push(flags);
        spans.origin.push(at as u32);
        details.push(detail);
    }
    let details = Arc::new(Drawn(details));
    Trace::build(TraceParts { id: TraceId(id), spans, names: names.into(), warnings: Vec::new(), details })
}
