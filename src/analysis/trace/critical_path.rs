//! What the end of a trace was waiting for at each moment.
//!
//! The algorithm is that of CRISP (Zhang et al., "CRISP: Critical Path Analysis of Large-Scale Microservice Architectures",
//! USENIX ATC 2022), which Jaeger UI uses too (`TracePage/CriticalPath`): from the end backwards, a span was
//! waiting for the child that finished last before then; before that child began, for the last one that had finished by
//! then; and for itself where no child had. A child still running when another began cannot be what that one waited for.
//!
//! Invariant: the segments tile the interval of the span asked for: the first begins with it, each begins where the one
//! before ends, the last ends with it.
//!
//! Work that follows from a span (`FOLLOWS_FROM`) was not waited for and never counts, nor does what it started; of other
//! children what goes on after the parent's end is cut off. Orphans and further roots never count.

use super::{add, ratio};
use crate::{
    base::order,
    model::trace::{SpanFlags, Trace},
};

/// From `start_ns` to `end_ns` everything waited for `span` itself. Never empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Segment {
    pub span: usize,
    pub start_ns: i64,
    pub end_ns: i64,
}

impl Segment {
    pub fn duration_ns(&self) -> i64 {
        self.end_ns.saturating_sub(self.start_ns)
    }
}

/// A span whose children are being looked at, from the last to the first.
struct Open {
    span: usize,
    start_ns: i64,
    /// Up to here the path is not known yet.
    cursor_ns: i64,
    /// Where its children begin among those that wait; they end where the list ends when it is this span's turn.
    first_waiting: usize,
}

/// A child within its parent's time.
#[derive(Clone, Copy)]
struct Child {
    span: usize,
    start_ns: i64,
    end_ns: i64,
}

/// The path of the trace's root, by time. Empty where the root has no duration.
pub fn critical_path(trace: &Trace) -> Vec<Segment> {
    trace.root().map(|root| critical_path_of(trace, root)).unwrap_or_default()
}

/// The path of one span, by time. O(n log n) in its descendants.
pub fn critical_path_of(trace: &Trace, span: usize) -> Vec<Segment> {
    let mut segments: Vec<Segment> = Vec::new();
    let mut waiting: Vec<Child> = Vec::new();
    let mut stack: Vec<Open> = Vec::new();
    let (start_ns, end_ns) = (trace.span_start_ns(span), trace.span_end_ns(span));
    let mut next = Some(Child { span, start_ns, end_ns });
    loop {
        if let Some(Child { span, start_ns, end_ns }) = next.take() {
            let first_waiting = waiting.len();
            push_children(trace, span, (start_ns, end_ns), &mut waiting);
            stack.push(Open { span, start_ns, cursor_ns: end_ns, first_waiting });
        }
        let Some(open) = stack.last_mut() else { break };
        // The last that had finished when what is known of the path begins.
        while waiting.len() > open.first_waiting && next.is_none() {
            next = waiting.pop().filter(|child| child.end_ns <= open.cursor_ns);
        }
        let from_ns = next.map_or(open.start_ns, |child| child.end_ns);
        push_before(&mut segments, Segment { span: open.span, start_ns: from_ns, end_ns: open.cursor_ns });
        match next {
            Some(child) => open.cursor_ns = child.start_ns,
            None => {
                stack.pop();
            }
        }
    }
    segments.reverse();
    segments
}

/// Adds the children that take time within their parent, the last to finish at the end; of those that finish together,
/// the longest.
fn push_children(trace: &Trace, parent: usize, (start_ns, end_ns): (i64, i64), out: &mut Vec<Child>) {
    let first = out.len();
    let waited_for = |span: &usize| !trace.flags(*span).contains(SpanFlags::FOLLOWS);
    out.extend(trace.children(parent).filter(waited_for).filter_map(|span| {
        let child = Child {
            span,
            start_ns: trace.span_start_ns(span).max(start_ns),
            end_ns: trace.span_end_ns(span).min(end_ns),
        };
        (child.start_ns < child.end_ns).then_some(child)
    }));
    let children = out.get_mut(first..).unwrap_or_default();
    let key = |child: &Child| (child.end_ns, std::cmp::Reverse(child.start_ns), std::cmp::Reverse(child.span));
    // One after the other, as most are, they are in this order already.
    if !children.is_sorted_by_key(key) {
        order::sort_by_key(children, key);
    }
}

/// Adds what comes before all segments so far.
fn push_before(segments: &mut Vec<Segment>, segment: Segment) {
    if segment.start_ns >= segment.end_ns {
        return;
    }
    match segments.last_mut() {
        Some(later) if later.span == segment.span && later.start_ns == segment.end_ns => {
            later.start_ns = segment.start_ns;
        }
        _ => segments.push(segment),
    }
}

/// For each span, how long the path was in it, in nanoseconds.
pub fn critical_ns(trace: &Trace, segments: &[Segment]) -> Vec<i64> {
    let mut sums = vec![0; trace.len()];
    for segment in segments {
        add(&mut sums, segment.span, segment.duration_ns());
    }
    sums
}

/// For each span, its share of the path (0–1). Shares add up to 1 unless the path is empty.
pub fn critical_share(trace: &Trace, segments: &[Segment]) -> Vec<f64> {
    let whole = segments.iter().fold(0_i64, |sum, segment| sum.saturating_add(segment.duration_ns()));
    critical_ns(trace, segments).into_iter().map(|part| ratio(part, whole)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        analysis::trace::random::{self, Random},
        model::trace::{TraceId, drawn},
    };

    /// `operation from-to` of each segment, in milliseconds.
    fn check(drawing: &str, expect: &str) {
        let trace = drawn::trace(drawing);
        let path = critical_path(&trace);
        let ms = |ns: i64| (ns - drawn::START_NS) / 1_000_000;
        let segments: Vec<String> =
            path.iter().map(|s| format!("{} {}-{}", trace.operation(s.span), ms(s.start_ns), ms(s.end_ns))).collect();
        assert_eq!(segments.join(", "), expect, "{drawing}");
        assert_tiles(&trace, &path);
    }

    fn assert_tiles(trace: &Trace, path: &[Segment]) {
        let root = trace.root().unwrap();
        let mut at = trace.span_start_ns(root);
        for segment in path {
            assert_eq!(segment.start_ns, at, "no gap, no overlap: {path:?}");
            assert!(segment.end_ns > segment.start_ns, "not empty");
            assert!(trace.subtree(root).contains(&segment.span));
            assert!(segment.start_ns >= trace.span_start_ns(segment.span));
            assert!(segment.end_ns <= trace.span_end_ns(segment.span));
            at = segment.end_ns;
        }
        assert_eq!(at, trace.span_end_ns(root), "up to the end");
    }

    #[test]
    fn a_span_alone_waits_for_itself() {
        check("api a |====|", "a 0-5");
        check("api a |", "");
    }

    #[test]
    fn children_one_after_the_other() {
        check(
            "
            api a   |==========|
              api b  |==|
              api c      |===|
            ",
            "a 0-1, b 1-4, a 4-5, c 5-9, a 9-11",
        );
    }

    #[test]
    fn a_child_of_a_child() {
        check(
            "
            api a   |==========|
              api b  |=======|
                db c   |==|
                db d       |=|
            ",
            "a 0-1, b 1-3, c 3-6, b 6-7, d 7-9, a 9-11",
        );
    }

    #[test]
    fn of_children_that_overlap_the_last_to_finish_counts() {
        check(
            "
            api a   |==========|
              api b  |====|
              api c    |=====|
            ",
            "a 0-3, c 3-9, a 9-11",
        );
    }

    #[test]
    fn before_an_overlap_the_one_that_had_finished_counts() {
        check(
            "
            api a   |============|
              api b  |=|
              api c    |=====|
              api d      |=====|
            ",
            "a 0-1, b 1-3, a 3-5, d 5-11, a 11-13",
        );
    }

    #[test]
    fn children_back_to_back_leave_nothing_to_their_parent() {
        check(
            "
            api a   |=======|
              api b |===|
              api c     |===|
            ",
            "b 0-4, c 4-8",
        );
    }

    #[test]
    fn of_children_that_end_together_the_longest_counts() {
        check(
            "
            api a   |========|
              api b   |====|
              api c    |===|
              api d   |====|
            ",
            "a 0-2, b 2-7, a 7-9",
        );
    }

    #[test]
    fn what_outlasts_its_parent_is_cut_off() {
        check(
            "
            api a   |=====|
              api b    |=======|
                api c      |======|
            ",
            "a 0-3, b 3-6",
        );
        check(
            "
            api a   |=====|
              api b   |=====|
                api c   |===|
            ",
            "a 0-2, b 2-4, c 4-6",
        );
    }

    #[test]
    fn what_follows_after_its_parent_does_not_count() {
        check(
            "
            api a   |====|
              api b    |=|
              mq c         |====|
            ",
            "a 0-3, b 3-5",
        );
    }

    #[test]
    fn what_follows_from_its_parent_is_not_waited_for() {
        check(
            "
            api a   |==========|
              api b  |==|
              mq c      |====|     !follows
                db d     |==|
              api e        |==|
            ",
            "a 0-1, b 1-4, a 4-7, e 7-10, a 10-11",
        );
    }

    #[test]
    fn a_child_that_begins_before_its_parent_is_cut_off() {
        check(
            "
            api a      |=====|
            ",
            "a 0-6",
        );
        let trace = drawn::trace(
            "
            api a   |=======|
              api b   |====|
                api c |===|
            ",
        );
        let path: Vec<usize> = critical_path_of(&trace, 1).iter().map(|s| s.span).collect();
        assert_eq!(path, [2, 1]);
    }

    #[test]
    fn moments_without_duration_do_not_count() {
        check(
            "
            api a   |=====|
              api b    |
              api c |
            ",
            "a 0-6",
        );
    }

    #[test]
    fn other_roots_do_not_count() {
        check(
            "
            api a   |=====|
              api b  |==|
            mcp c        |=====|
            ",
            "a 0-1, b 1-4, a 4-6",
        );
    }

    #[test]
    fn deep_and_parallel_at_once() {
        check(
            "
            web a     |=================|
              api b    |=============|
                db c    |==|
                db d    |====|
                  db e    |=|
                mcp f         |=====|
                  mcp g         |==|
              api h              |=|
            ",
            "a 0-1, b 1-2, d 2-4, e 4-6, d 6-7, b 7-8, f 8-10, g 10-13, f 13-14, b 14-15, a 15-18",
        );
    }

    #[test]
    fn shares_add_up() {
        let trace = drawn::trace(
            "
            api a   |=========|
              api b   |===|
            ",
        );
        let path = critical_path(&trace);
        assert_eq!(critical_ns(&trace, &path), [6_000_000, 4_000_000]);
        assert_eq!(critical_share(&trace, &path), [0.6, 0.4]);
        assert_eq!(critical_share(&trace, &[]), [0.0, 0.0]);
        let beyond = Segment { span: 99, start_ns: 0, end_ns: 1 };
        assert_eq!(critical_ns(&trace, &[beyond]), [0, 0]);
    }

    #[test]
    fn segments_tile_the_root_of_any_trace() {
        let mut random = Random(1);
        for round in 0..5000 {
            let trace = random::trace(&mut random, if round % 10 == 0 { 60 } else { 9 });
            assert_eq!(trace.id(), TraceId(7));
            assert_tiles(&trace, &critical_path(&trace));
        }
    }

    #[test]
    fn depth_and_width_are_no_matter() {
        let path = critical_path(&random::chain(200_000));
        assert_eq!(path.len(), 2 * 200_000 - 1);
        let trace = random::fan(200_000);
        assert_eq!(critical_path(&trace).len(), 2 * 200_000 - 1);
    }
}
