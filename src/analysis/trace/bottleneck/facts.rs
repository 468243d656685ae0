//! What all findings are made from, computed once.

use super::{Context, MAX_DETAILS};
use crate::{
    analysis::trace::{
        at,
        critical_path::{Segment, critical_ns, critical_path, critical_path_of},
        intern::Pairs,
        ratio,
        self_time::self_ns,
        usual::Usual,
    },
    base::order,
    model::trace::{SpanDetail, Trace},
};

pub struct Facts<'a> {
    pub trace: &'a Trace,
    context: Context<'a>,
    pub whole_ns: i64,
    /// By time. Within the root it is the critical path; behind its end, that of the work that went on.
    pub path: Vec<Segment>,
    critical: Vec<i64>,
    /// The sums of `critical` before each span, so that a subtree's is a difference.
    critical_before: Vec<i64>,
    own: Vec<i64>,
    pairs: Pairs,
    /// For each span, a number for its service and operation.
    pub pair_of: Vec<u32>,
    details_left: usize,
}

impl<'a> Facts<'a> {
    pub fn of(trace: &'a Trace, context: Context<'a>) -> Self {
        let path = path_of(trace);
        let critical = critical_ns(trace, &path);
        let mut critical_before = Vec::with_capacity(trace.len() + 1);
        let mut sum = 0_i64;
        for part in &critical {
            critical_before.push(sum);
            sum = sum.saturating_add(*part);
        }
        critical_before.push(sum);
        let mut pairs = Pairs::default();
        let pair_of =
            (0..trace.len()).map(|span| pairs.number((trace.service_key(span), trace.operation_key(span)))).collect();
        Self {
            trace,
            context,
            whole_ns: trace.duration_ns(),
            path,
            critical,
            critical_before,
            own: self_ns(trace),
            pairs,
            pair_of,
            details_left: MAX_DETAILS,
        }
    }

    pub fn share(&self, part_ns: i64) -> f64 {
        ratio(part_ns, self.whole_ns)
    }

    pub fn own_ns(&self, span: usize) -> i64 {
        at(&self.own, span)
    }

    /// How long the path was in the span alone.
    pub fn critical_ns(&self, span: usize) -> i64 {
        at(&self.critical, span)
    }

    /// How long the path was in the span and its descendants.
    pub fn critical_within_ns(&self, span: usize) -> i64 {
        let spans = self.trace.subtree(span);
        at(&self.critical_before, spans.end).saturating_sub(at(&self.critical_before, spans.start))
    }

    pub fn pair_count(&self) -> usize {
        self.pairs.len()
    }

    /// `None` where too few were found to speak of what is usual.
    pub fn usual(&self, span: usize) -> Option<Usual> {
        self.context.usual?.get(self.trace.service(span), self.trace.operation(span))
    }

    /// Reads a span's details, unless too many were read.
    pub fn detail(&mut self, span: usize) -> Option<SpanDetail> {
        self.details_left = self.details_left.checked_sub(1)?;
        Some(self.trace.detail(span))
    }

    pub fn is_partial(&self) -> bool {
        self.details_left == 0
    }

    /// Groups of at least `min` siblings of equal service and operation, each by start; those that take longest first.
    pub fn alike_siblings(&self, min: usize) -> Vec<Vec<usize>> {
        let mut siblings: Vec<(usize, u32, usize)> = Vec::new();
        for span in 0..self.trace.len() {
            if let Some(parent) = self.trace.parent(span) {
                siblings.push((parent, at(&self.pair_of, span), span));
            }
        }
        order::sort_by(&mut siblings, Ord::cmp);
        let mut groups: Vec<(i64, Vec<usize>)> = siblings
            .chunk_by(|a, b| (a.0, a.1) == (b.0, b.1))
            .filter(|group| group.len() >= min)
            .map(|group| {
                let spans: Vec<usize> = group.iter().map(|(_, _, span)| *span).collect();
                let sum = spans.iter().fold(0_i64, |sum, span| sum.saturating_add(self.trace.span_duration_ns(*span)));
                (sum, spans)
            })
            .collect();
        order::sort_by(&mut groups, |a, b| b.0.cmp(&a.0));
        groups.into_iter().map(|(_, spans)| spans).collect()
    }

    /// The time in which at least one of the spans ran.
    pub fn covered_ns(&self, spans: &[usize]) -> i64 {
        let mut intervals: Vec<(i64, i64)> =
            spans.iter().map(|span| (self.trace.span_start_ns(*span), self.trace.span_end_ns(*span))).collect();
        order::sort_by(&mut intervals, Ord::cmp);
        covered_ns(&intervals)
    }
}

/// The length of the union of intervals that are sorted by start.
pub fn covered_ns(intervals: &[(i64, i64)]) -> i64 {
    let (mut sum, mut reach) = (0_i64, i64::MIN);
    for (start, end) in intervals {
        let from = (*start).max(reach);
        if from < *end {
            sum = sum.saturating_add(end.saturating_sub(from));
            reach = *end;
        }
    }
    sum
}

/// The root's critical path, and behind its end that of what its requests left running: of the spans that began when
/// their parents had ended, from the trace's end backwards, the last to finish and then the last that had finished when
/// that one began.
fn path_of(trace: &Trace) -> Vec<Segment> {
    let mut path = critical_path(trace);
    let Some(root) = trace.root() else { return path };
    let root_end_ns = trace.span_end_ns(root);
    let mut later: Vec<usize> = trace
        .descendants(root)
        .filter(|span| {
            let parent_end = trace.parent(*span).map_or(i64::MAX, |parent| trace.span_end_ns(parent));
            trace.span_start_ns(*span) >= parent_end.max(root_end_ns) && trace.span_duration_ns(*span) > 0
        })
        .collect();
    order::sort_by_key(&mut later, |span| trace.span_end_ns(*span));
    let mut cursor_ns = i64::MAX;
    let mut chosen: Vec<usize> = Vec::new();
    for span in later.into_iter().rev() {
        if trace.span_end_ns(span) <= cursor_ns {
            cursor_ns = trace.span_start_ns(span);
            chosen.push(span);
        }
    }
    for span in chosen.into_iter().rev() {
        path.extend(critical_path_of(trace, span));
    }
    path
}
