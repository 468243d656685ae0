//! Traces by chance, for properties that hold for all of them. The same seed gives the same traces.

use std::sync::Arc;

use crate::model::trace::{RawSpans, SpanFlags, SpanKind, Trace, TraceId, TraceParts, drawn::Nothing};

/// A linear congruential generator (Knuth's MMIX).
pub struct Random(pub u64);

impl Random {
    pub fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound.max(1)
    }
}

pub fn names() -> Arc<[Arc<str>]> {
    ["api", "db", "mcp", "a", "b", "c", "d"].into_iter().map(Arc::from).collect()
}

pub fn trace_of(spans: RawSpans) -> Trace {
    Trace::build(TraceParts { id: TraceId(7), spans, names: names(), warnings: Vec::new(), details: Arc::new(Nothing) })
}

/// Up to `max` spans in short times, so that overlaps, equal moments, children outside their parents, orphans, other roots
/// and cycles are common.
pub fn trace(random: &mut Random, max: u64) -> Trace {
    let count = random.below(max) + 1;
    let mut spans = RawSpans::default();
    for id in 1..=count {
        spans.span_id.push(id);
        let parent = match random.below(12) {
            0 => random.below(count * 2) + 1,
            1 => 0,
            _ => random.below(id),
        };
        spans.parent_id.push(parent);
        spans.start_ns.push(1000 + random.below(40) as i64);
        spans.duration_ns.push(random.below(40) as i64 - 1);
        spans.service.push(random.below(3) as u32);
        spans.operation.push(3 + random.below(4) as u32);
        spans.kind.push(SpanKind::Internal);
        let flag = match random.below(16) {
            0 | 1 => SpanFlags::ERROR,
            2 => SpanFlags::FOLLOWS,
            _ => SpanFlags::default(),
        };
        spans.flags.push(flag);
        spans.origin.push(id as u32 - 1);
    }
    trace_of(spans)
}

/// One span below the other, each a nanosecond shorter at both ends.
pub fn chain(count: u64) -> Trace {
    let mut spans = RawSpans::default();
    for id in 1..=count {
        spans.span_id.push(id);
        spans.parent_id.push(id - 1);
        spans.start_ns.push(1000 + id as i64);
        spans.duration_ns.push(2 * (count - id) as i64 + 1);
        spans.service.push(0);
        spans.operation.push(3);
    }
    trace_of(spans)
}

/// All below one root, one after the other.
pub fn fan(count: u64) -> Trace {
    let mut spans = RawSpans::default();
    for id in 1..=count {
        spans.span_id.push(id);
        spans.parent_id.push(u64::from(id > 1));
        spans.start_ns.push(1000 + if id == 1 { 0 } else { id as i64 * 10 });
        spans.duration_ns.push(if id == 1 { count as i64 * 10 + 20 } else { 7 });
        spans.service.push(0);
        spans.operation.push(3 + u32::from(id > 1));
    }
    trace_of(spans)
}
