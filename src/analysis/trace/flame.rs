//! A flame graph: spans of the same path of operations as one box, its callers below, as wide as it was busy.
//!
//! The form is Gregg's ("The Flame Graph", CACM 59(6), 2016), with spans in the place of stack samples.
//!
//! Invariant: a box is as wide as the exclusive time of its spans and the boxes above it together, so that boxes lie within
//! their callers' exactly. Work done at the same time lies side by side: the whole may be wider than the trace is long, and
//! the order from left to right is that of first starts, not of time.

use std::sync::Arc;

use super::{
    at,
    intern::{Names, Pairs},
    self_time::self_ns,
};
use crate::model::trace::Trace;

/// One path of operations.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Node {
    /// Stands before it in [`Flame::nodes`].
    pub parent: Option<u32>,
    pub depth: u32,
    pub service: Arc<str>,
    pub operation: Arc<str>,
    pub count: u32,
    pub errors: u32,
    /// The sum of its spans' durations.
    pub total_ns: i64,
    /// The sum of its spans' exclusive times.
    pub self_ns: i64,
    /// Its width: `self_ns` and that of all nodes above it.
    pub busy_ns: i64,
    /// Where it begins, from the left.
    pub offset_ns: i64,
    /// Its first span, where one trace was merged.
    pub span: u32,
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Flame {
    /// Callers before callees; siblings in the order of their first starts.
    pub nodes: Vec<Node>,
    pub busy_ns: i64,
    pub depth_count: u32,
}

/// A box to draw, in shares of the width (0–1).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bar {
    pub node: u32,
    pub depth: u32,
    pub x: f64,
    pub width: f64,
}

const NO_NODE: u32 = u32::MAX;

/// Of one trace. O(n).
pub fn flame(trace: &Trace) -> Flame {
    let mut merging = Merging::default();
    merging.add(trace);
    merging.finish()
}

/// Of many traces as one: what the found traces spend their time on.
pub fn flame_of_many(traces: &[Arc<Trace>]) -> Flame {
    let mut merging = Merging::default();
    for trace in traces {
        merging.add(trace);
    }
    merging.finish()
}

#[derive(Default)]
struct Merging {
    names: Names,
    /// A service and an operation.
    pairs: Pairs,
    /// A node and the pair above it.
    paths: Pairs,
    nodes: Vec<Node>,
}

impl Merging {
    fn add(&mut self, trace: &Trace) {
        let names: Vec<u32> = (0..trace.name_count()).map(|key| self.names.number(trace.name(key as u32))).collect();
        let own = self_ns(trace);
        let mut node_of: Vec<u32> = Vec::with_capacity(trace.len());
        for span in 0..trace.len() {
            let service = at(&names, trace.service_key(span) as usize);
            let operation = at(&names, trace.operation_key(span) as usize);
            let pair = self.pairs.number((service, operation));
            let parent = trace.parent(span).map(|parent| at(&node_of, parent));
            let number = self.paths.number((parent.unwrap_or(NO_NODE), pair));
            if number as usize == self.nodes.len() {
                self.nodes.push(Node {
                    parent,
                    depth: trace.depth(span) as u32,
                    service: self.names.shared(service),
                    operation: self.names.shared(operation),
                    span: span as u32,
                    ..Node::default()
                });
            }
            if let Some(node) = self.nodes.get_mut(number as usize) {
                node.count += 1;
                node.errors += u32::from(trace.is_error(span));
                node.total_ns = node.total_ns.saturating_add(trace.span_duration_ns(span));
                node.self_ns = node.self_ns.saturating_add(at(&own, span));
            }
            node_of.push(number);
        }
    }

    fn finish(self) -> Flame {
        let mut nodes = self.nodes;
        let mut busy: Vec<i64> = nodes.iter().map(|node| node.self_ns).collect();
        for (number, node) in nodes.iter().enumerate().rev() {
            if let Some(parent) = node.parent {
                let above = at(&busy, number);
                super::add(&mut busy, parent as usize, above);
            }
        }
        // For each node, where its next child begins; for those without a caller, the last.
        let mut next = vec![0_i64; nodes.len() + 1];
        let ground = nodes.len();
        let mut depth_count = 0;
        for (number, node) in nodes.iter_mut().enumerate() {
            let caller = node.parent.map_or(ground, |parent| parent as usize);
            node.busy_ns = at(&busy, number);
            node.offset_ns = at(&next, caller);
            super::add(&mut next, caller, node.busy_ns);
            super::set(&mut next, number, node.offset_ns);
            depth_count = depth_count.max(node.depth + 1);
        }
        Flame { busy_ns: at(&next, ground), nodes, depth_count }
    }
}

impl Flame {
    /// The boxes that are at least so wide, callers first: all, or of one node as wide as everything, with its callers
    /// below it as wide. O(nodes).
    pub fn bars(&self, focus: Option<u32>, min_width: f64) -> Vec<Bar> {
        let focused = focus.and_then(|focus| self.nodes.get(focus as usize));
        let (from_ns, whole_ns) = focused.map_or((0, self.busy_ns), |node| (node.offset_ns, node.busy_ns));
        let mut is_caller = vec![false; self.nodes.len()];
        for caller in std::iter::successors(focus, |node| self.nodes.get(*node as usize)?.parent).skip(1) {
            super::set(&mut is_caller, caller as usize, true);
        }
        let mut is_within = vec![false; self.nodes.len()];
        let mut bars = Vec::new();
        for (number, node) in self.nodes.iter().enumerate() {
            let within = focused.is_none()
                || focus == Some(number as u32)
                || node.parent.is_some_and(|parent| at(&is_within, parent as usize));
            super::set(&mut is_within, number, within);
            let bar = |x, width| Bar { node: number as u32, depth: node.depth, x, width };
            if within {
                let width = super::ratio(node.busy_ns, whole_ns);
                if width >= min_width && width > 0.0 {
                    bars.push(bar(super::ratio(node.offset_ns.saturating_sub(from_ns), whole_ns), width));
                }
            } else if at(&is_caller, number) {
                bars.push(bar(0.0, 1.0));
            }
        }
        bars
    }

    /// Nodes whose service or operation contains a text, whatever the case of ASCII letters, and the share of the whole that
    /// they take with what is above them.
    pub fn matching(&self, text: &str) -> (Vec<u32>, f64) {
        let mut is_counted = vec![false; self.nodes.len()];
        let (mut found, mut sum_ns) = (Vec::new(), 0_i64);
        for (number, node) in self.nodes.iter().enumerate() {
            let below = node.parent.is_some_and(|parent| at(&is_counted, parent as usize));
            let is_match = !text.is_empty()
                && [&node.service, &node.operation].iter().any(|name| super::filter::contains(name, text));
            if is_match {
                found.push(number as u32);
                sum_ns = if below { sum_ns } else { sum_ns.saturating_add(node.busy_ns) };
            }
            super::set(&mut is_counted, number, below || is_match);
        }
        (found, super::ratio(sum_ns, self.busy_ns))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        analysis::trace::random::{self, Random},
        model::trace::drawn,
    };

    fn shown(flame: &Flame) -> Vec<String> {
        let ms = |ns: i64| ns / 1_000_000;
        let node = |node: &Node| {
            let Node { depth, operation, count, errors, total_ns, self_ns, busy_ns, offset_ns, .. } = node;
            format!(
                "{depth} {operation} ×{count} {errors}! {}+{} self {} total {}",
                ms(*offset_ns),
                ms(*busy_ns),
                ms(*self_ns),
                ms(*total_ns)
            )
        };
        flame.nodes.iter().map(node).collect()
    }

    const DRAWING: &str = "
        api GET /      |===========|
          api load      |===|
            db SELECT    ||
          api load          |===|     !error
            db SELECT       |==|
          api send           |===|
        mcp later      |=|
        ";

    #[test]
    fn equal_paths_are_one_box() {
        let flame = flame(&drawn::trace(DRAWING));
        assert_eq!(
            shown(&flame),
            [
                "0 GET / ×1 0! 0+15 self 3 total 12",
                "1 load ×2 1! 0+8 self 5 total 8",
                "2 SELECT ×2 0! 0+3 self 3 total 3",
                "1 send ×1 0! 8+4 self 4 total 4",
                "0 later ×1 0! 15+2 self 2 total 2",
            ]
        );
        assert_eq!((flame.depth_count, flame.busy_ns), (3, 17_000_000));
    }

    #[test]
    fn a_box_in_focus_is_as_wide_as_everything() {
        let flame = flame(&drawn::trace(DRAWING));
        let bars = |focus, min| -> Vec<(u32, i64, i64)> {
            let percent = |ratio: f64| (ratio * 100.0).round() as i64;
            flame.bars(focus, min).iter().map(|bar| (bar.node, percent(bar.x), percent(bar.width))).collect()
        };
        assert_eq!(bars(None, 0.0), [(0, 0, 88), (1, 0, 47), (2, 0, 18), (3, 47, 24), (4, 88, 12)]);
        assert_eq!(bars(None, 0.2), [(0, 0, 88), (1, 0, 47), (3, 47, 24)]);
        assert_eq!(bars(Some(1), 0.0), [(0, 0, 100), (1, 0, 100), (2, 0, 38)]);
        assert_eq!(bars(Some(99), 0.0).len(), 5);
        let (found, share) = flame.matching("LOAD");
        assert_eq!((found, (share * 100.0).round() as i64), (vec![1], 47));
        let (found, share) = flame.matching("api");
        assert_eq!((found, (share * 100.0).round() as i64), (vec![0, 1, 3], 88));
    }

    #[test]
    fn many_traces_are_one() {
        let traces: Vec<Arc<Trace>> = (0..3).map(|_| Arc::new(drawn::trace(DRAWING))).collect();
        let flame = flame_of_many(&traces);
        assert_eq!((flame.nodes.len(), flame.nodes[1].count, flame.busy_ns), (5, 6, 51_000_000));
        assert_eq!(flame_of_many(&[]), Flame::default());
    }

    #[test]
    fn boxes_lie_within_their_callers_beside_each_other() {
        let mut random = Random(17);
        for _ in 0..500 {
            let trace = random::trace(&mut random, 40);
            let flame = flame(&trace);
            assert_eq!(flame.busy_ns, self_ns(&trace).iter().sum::<i64>());
            for (number, node) in flame.nodes.iter().enumerate() {
                let end = |node: &Node| node.offset_ns + node.busy_ns;
                if let Some(parent) = node.parent.map(|parent| &flame.nodes[parent as usize]) {
                    assert!(parent.offset_ns <= node.offset_ns && end(node) <= end(parent));
                    assert_eq!(node.depth, parent.depth + 1);
                }
                for other in &flame.nodes[..number] {
                    let is_apart = other.depth != node.depth || end(other) <= node.offset_ns;
                    let is_other_family = other.parent != node.parent;
                    assert!(
                        is_apart || is_other_family && (node.offset_ns >= end(other) || end(node) <= other.offset_ns)
                    );
                }
            }
        }
        let deep = flame(&random::chain(200_000));
        assert_eq!((deep.nodes.len(), deep.bars(Some(199_999), 0.0).len()), (200_000, 200_000));
        assert_eq!(flame(&random::fan(200_000)).nodes.len(), 2);
    }
}
