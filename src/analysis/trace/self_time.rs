//! How long each span was busy by itself: its exclusive time.
//!
//! Not here: what the time was spent on. A span that waits for something that has no span of its own is busy here.

use super::{add, at, set};
use crate::model::trace::Trace;

/// For each span its duration less the time in which at least one of its children ran, in nanoseconds. What of a child
/// lies outside its parent does not count.
///
/// O(n): siblings stand by start, so one sweep in the order of the spans joins the children's intervals.
pub fn self_ns(trace: &Trace) -> Vec<i64> {
    let mut own: Vec<i64> = (0..trace.len()).map(|span| trace.span_duration_ns(span)).collect();
    // Up to where the children seen so far reach.
    let mut reach: Vec<i64> = (0..trace.len()).map(|span| trace.span_start_ns(span)).collect();
    for span in 0..trace.len() {
        let Some(parent) = trace.parent(span) else { continue };
        let from = trace.span_start_ns(span).max(at(&reach, parent));
        let to = trace.span_end_ns(span).min(trace.span_end_ns(parent));
        if from < to {
            add(&mut own, parent, from.saturating_sub(to));
            set(&mut reach, parent, to);
        }
    }
    own
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        analysis::trace::random::{self, Random},
        model::trace::drawn,
    };

    fn check(drawing: &str, expect_ms: &[i64]) {
        let own: Vec<i64> = self_ns(&drawn::trace(drawing)).iter().map(|ns| ns / 1_000_000).collect();
        assert_eq!(own, expect_ms, "{drawing}");
    }

    #[test]
    fn children_are_taken_out_once() {
        check("api a |====|", &[5]);
        check(
            "
            api a   |==========|
              api b  |===|
              api c    |====|
                db d     |
              api e    |==|
            ",
            &[4, 4, 5, 0, 3],
        );
    }

    #[test]
    fn what_lies_outside_a_parent_does_not_count() {
        check(
            "
            api a   |=====|
              api b    |=======|
              mq c           |==|
            ",
            &[3, 8, 3],
        );
    }

    /// The same by looking at every nanosecond.
    #[test]
    fn it_is_the_time_without_a_running_child() {
        let mut random = Random(3);
        for _ in 0..1500 {
            let trace = random::trace(&mut random, 14);
            let own = self_ns(&trace);
            for (span, own) in own.iter().enumerate() {
                let is_running = |at: i64, span: usize| trace.span_start_ns(span) <= at && at < trace.span_end_ns(span);
                let free = (trace.span_start_ns(span)..trace.span_end_ns(span))
                    .filter(|at| !trace.children(span).any(|child| is_running(*at, child)))
                    .count();
                assert_eq!(*own, free as i64, "{span} of {:?}", trace.len());
            }
        }
    }

    #[test]
    fn depth_and_width_are_no_matter() {
        assert_eq!(self_ns(&random::fan(200_000))[0], 200_000 * 10 + 20 - 199_999 * 7);
        assert_eq!(self_ns(&random::chain(200_000))[0], 2);
    }
}
