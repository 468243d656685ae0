//! Times in which the trace shows nobody at work: on the critical path, in a span that has children, while no span without
//! children runs anywhere in the trace.
//!
//! What goes on there is not known: work without spans of its own, or waiting. A span without children is taken to be at
//! work all its time.

use super::{Facts, Finding, Kind, Severity};
use crate::{
    analysis::trace::{critical_path::Segment, duration_text, words::Sentence},
    base::order,
};

/// Shorter ones are not told.
const MIN_SHARE: f64 = 0.05;

pub fn find(facts: &Facts) -> Vec<Finding> {
    let at_work = leaf_intervals(facts);
    let mut idle: Vec<Segment> = Vec::new();
    for segment in facts.path.iter().filter(|segment| facts.trace.has_children(segment.span)) {
        let mut start_ns = segment.start_ns;
        let first = at_work.partition_point(|(_, end)| *end <= segment.start_ns);
        let within = at_work.get(first..).unwrap_or_default().iter().take_while(|(start, _)| *start < segment.end_ns);
        for (work_start, work_end) in within {
            push(&mut idle, Segment { span: segment.span, start_ns, end_ns: *work_start });
            start_ns = start_ns.max(*work_end);
        }
        push(&mut idle, Segment { span: segment.span, start_ns, end_ns: segment.end_ns });
    }
    // From a child's end to its parent's next child is one gap.
    let gaps = idle.chunk_by(|a, b| a.end_ns == b.start_ns);
    gaps.filter_map(|gap| finding(facts, gap)).collect()
}

fn push(idle: &mut Vec<Segment>, segment: Segment) {
    if segment.start_ns < segment.end_ns {
        idle.push(segment);
    }
}

/// When spans without children run: sorted, apart from each other.
fn leaf_intervals(facts: &Facts) -> Vec<(i64, i64)> {
    let trace = facts.trace;
    let mut intervals: Vec<(i64, i64)> = (0..trace.len())
        .filter(|span| !trace.has_children(*span))
        .map(|span| (trace.span_start_ns(span), trace.span_end_ns(span)))
        .filter(|(start, end)| start < end)
        .collect();
    order::sort_by(&mut intervals, Ord::cmp);
    let mut apart: Vec<(i64, i64)> = Vec::with_capacity(intervals.len());
    for (start, end) in intervals {
        match apart.last_mut() {
            Some(last) if start <= last.1 => last.1 = last.1.max(end),
            _ => apart.push((start, end)),
        }
    }
    apart
}

fn finding(facts: &Facts, gap: &[Segment]) -> Option<Finding> {
    let trace = facts.trace;
    let (first, last) = (gap.first()?, gap.last()?);
    let time_ns = last.end_ns.saturating_sub(first.start_ns);
    let share = facts.share(time_ns);
    if share < MIN_SHARE {
        return None;
    }
    // The span that waits longest there: the gap is told as its own.
    let waiting = gap.iter().max_by_key(|segment| segment.duration_ns())?.span;
    let next =
        facts.path.iter().find(|s| s.start_ns == last.end_ns).map(|s| begun_at(facts, s)).filter(|s| *s != waiting);
    let before = facts.path.iter().find(|s| s.end_ns == first.start_ns).map(|s| s.span).filter(|s| *s != waiting);
    let (title, mut spans) = match (next, before) {
        (Some(next), _) => (format!("before {}", trace.operation(next)), vec![waiting, next]),
        (None, Some(before)) => (format!("after {}", trace.operation(before)), vec![waiting, before]),
        (None, None) => (format!("in {}", trace.operation(waiting)), vec![waiting]),
    };
    spans.dedup();
    let explanation = Sentence::default()
        .text("in ")
        .span(waiting, trace.operation(waiting))
        .text(" of ")
        .name(trace.service(waiting))
        .text(": work that has no spans, or waiting");
    Some(Finding {
        kind: Kind::Gap,
        severity: Severity::of_share(share),
        title: format!("Nothing runs for {} {title}", duration_text(time_ns)),
        explanation,
        time_ns,
        share,
        spans,
        service: trace.service(waiting).to_owned(),
        subject: format!("{} {title}", trace.operation(waiting)),
    })
}

/// The outermost span that begins with the segment, unless it is the segment's own: the gap lies before it.
fn begun_at(facts: &Facts, segment: &Segment) -> usize {
    let mut span = segment.span;
    while let Some(parent) = facts.trace.parent(span) {
        if facts.trace.span_start_ns(parent) < segment.start_ns {
            break;
        }
        span = parent;
    }
    span
}
