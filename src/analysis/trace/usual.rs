//! What is usual: how long operations take over many traces, and what the traces of one look like.
//!
//! Not here: what is unusual about one trace; see [`super::bottleneck`] and [`super::compare`].

use std::sync::Arc;

use super::{
    at,
    intern::{Names, Pairs},
    self_time::self_ns,
};
use crate::{base::order, model::trace::Trace};

/// Of fewer samples nothing is called usual.
pub const MIN_SAMPLES: usize = 5;

/// How long something took, over many samples.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Usual {
    pub median_ns: i64,
    /// 95 of 100 took at most so long.
    pub p95_ns: i64,
    pub count: usize,
}

impl Usual {
    /// Sorts the samples. Quantiles are samples themselves (nearest rank).
    pub fn of(samples: &mut [i64]) -> Self {
        order::sort_by(samples, Ord::cmp);
        Self { median_ns: quantile(samples, 50), p95_ns: quantile(samples, 95), count: samples.len() }
    }

    /// Enough samples to speak of.
    pub fn is_known(&self) -> bool {
        self.count >= MIN_SAMPLES
    }
}

/// Of sorted numbers the smallest that so many percent of them do not exceed; 0 of none.
pub fn quantile(sorted: &[i64], percent: usize) -> i64 {
    let rank = (sorted.len() as u64 * percent as u64).div_ceil(100).max(1);
    at(sorted, rank as usize - 1)
}

/// How long each operation of each service usually takes.
#[derive(Debug, Clone, Default)]
pub struct UsualDurations {
    names: Names,
    pairs: Pairs,
    usual: Vec<Usual>,
}

impl UsualDurations {
    /// Over all spans of the traces. O(n log n).
    pub fn of(traces: &[Arc<Trace>]) -> Self {
        let (mut names, mut pairs) = (Names::default(), Pairs::default());
        let mut samples: Vec<Vec<i64>> = Vec::new();
        for trace in traces {
            let numbers: Vec<u32> = (0..trace.name_count()).map(|key| names.number(trace.name(key as u32))).collect();
            let number = |key: u32| at(&numbers, key as usize);
            for span in 0..trace.len() {
                let pair = (number(trace.service_key(span)), number(trace.operation_key(span)));
                let pair = pairs.number(pair) as usize;
                if samples.len() <= pair {
                    samples.resize_with(pair + 1, Vec::new);
                }
                if let Some(samples) = samples.get_mut(pair) {
                    samples.push(trace.span_duration_ns(span));
                }
            }
        }
        let usual = samples.iter_mut().map(|samples| Usual::of(samples)).collect();
        Self { names, pairs, usual }
    }

    /// `None` where there are fewer than [`MIN_SAMPLES`].
    pub fn get(&self, service: &str, operation: &str) -> Option<Usual> {
        let pair = (self.names.find(service)?, self.names.find(operation)?);
        let place = self.pairs.find(pair)? as usize;
        self.usual.get(place).copied().filter(Usual::is_known)
    }
}

/// A path of operations below the shape's root.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ShapeNode {
    /// Stands before it.
    pub parent: Option<u32>,
    pub depth: u32,
    pub service: Arc<str>,
    pub operation: Arc<str>,
    /// Of each of its spans.
    pub duration: Usual,
    /// The same of exclusive times.
    pub self_time: Usual,
    /// How many traces have it.
    pub trace_count: usize,
    /// How often a trace has it that has it: half of them at most so often, and the most.
    pub median_count: usize,
    pub max_count: usize,
}

/// What the traces of an operation usually look like.
#[derive(Debug, Clone, Default)]
pub struct Shape {
    /// Callers before callees; the first is the root.
    pub nodes: Vec<ShapeNode>,
    pub trace_count: usize,
    names: Names,
    pairs: Pairs,
    /// A node and the pair below it.
    paths: Pairs,
}

const NO_NODE: u32 = u32::MAX;

impl Shape {
    /// Of the traces whose root is of that operation; what is not below the root does not count. O(n log n).
    pub fn of(traces: &[Arc<Trace>], service: &str, operation: &str) -> Self {
        let mut shape = Self::default();
        let mut samples: Vec<Samples> = Vec::new();
        for trace in traces {
            let Some(root) = trace.root() else { continue };
            if trace.service(root) != service || trace.operation(root) != operation {
                continue;
            }
            shape.trace_count += 1;
            let own = self_ns(trace);
            let node_of = shape.add(trace, root);
            samples.resize_with(shape.nodes.len(), Samples::default);
            for (span, node) in trace.subtree(root).zip(node_of) {
                if let Some(samples) = samples.get_mut(node as usize) {
                    samples.add(shape.trace_count, trace.span_duration_ns(span), at(&own, span));
                }
            }
        }
        for (node, samples) in shape.nodes.iter_mut().zip(&mut samples) {
            samples.finish(node);
        }
        shape
    }

    /// Enough traces to speak of what is usual.
    pub fn is_known(&self) -> bool {
        self.trace_count >= MIN_SAMPLES
    }

    /// Adds the paths of a trace. Returns the node of each span below the root.
    fn add(&mut self, trace: &Trace, root: usize) -> Vec<u32> {
        let names: Vec<u32> = (0..trace.name_count()).map(|key| self.names.number(trace.name(key as u32))).collect();
        let mut node_of: Vec<u32> = Vec::with_capacity(trace.subtree(root).len());
        for span in trace.subtree(root) {
            let service = at(&names, trace.service_key(span) as usize);
            let operation = at(&names, trace.operation_key(span) as usize);
            let pair = self.pairs.number((service, operation));
            let parent = trace.parent(span).and_then(|parent| node_of.get(parent.wrapping_sub(root)).copied());
            let number = self.paths.number((parent.unwrap_or(NO_NODE), pair));
            if number as usize == self.nodes.len() {
                let depth = (trace.depth(span) - trace.depth(root)) as u32;
                let (service, operation) = (self.names.shared(service), self.names.shared(operation));
                self.nodes.push(ShapeNode { parent, depth, service, operation, ..ShapeNode::default() });
            }
            node_of.push(number);
        }
        node_of
    }

    /// For each span of a trace its path, where the shape has it.
    pub fn nodes_of(&self, trace: &Trace) -> Vec<Option<u32>> {
        let names: Vec<Option<u32>> =
            (0..trace.name_count()).map(|key| self.names.find(trace.name(key as u32))).collect();
        let name = |key: u32| names.get(key as usize).copied().flatten();
        let mut node_of: Vec<Option<u32>> = Vec::with_capacity(trace.len());
        let find = |parent: u32, span: usize| {
            let pair = (name(trace.service_key(span))?, name(trace.operation_key(span))?);
            self.paths.find((parent, self.pairs.find(pair)?))
        };
        for span in 0..trace.len() {
            let node = match trace.parent(span) {
                None => find(NO_NODE, span),
                Some(parent) => node_of.get(parent).copied().flatten().and_then(|parent| find(parent, span)),
            };
            node_of.push(node);
        }
        node_of
    }
}

/// Of one path.
#[derive(Default)]
struct Samples {
    durations_ns: Vec<i64>,
    selves_ns: Vec<i64>,
    /// How often in each trace that has it, and which one was the last.
    counts: Vec<i64>,
    last_trace: usize,
}

impl Samples {
    fn add(&mut self, trace: usize, duration_ns: i64, self_ns: i64) {
        self.durations_ns.push(duration_ns);
        self.selves_ns.push(self_ns);
        match self.counts.last_mut().filter(|_| self.last_trace == trace) {
            Some(count) => *count += 1,
            None => self.counts.push(1),
        }
        self.last_trace = trace;
    }

    fn finish(&mut self, node: &mut ShapeNode) {
        let Self { durations_ns, selves_ns, counts, .. } = self;
        node.duration = Usual::of(durations_ns);
        node.self_time = Usual::of(selves_ns);
        order::sort_by(counts, Ord::cmp);
        node.trace_count = counts.len();
        node.median_count = quantile(counts, 50) as usize;
        node.max_count = counts.last().copied().unwrap_or_default() as usize;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::trace::drawn;

    #[test]
    fn quantiles_are_samples() {
        let usual = |samples: &[i64]| Usual::of(&mut samples.to_vec());
        assert_eq!(usual(&[]), Usual::default());
        assert_eq!(usual(&[7]), Usual { median_ns: 7, p95_ns: 7, count: 1 });
        assert_eq!(usual(&[4, 1, 3, 2]), Usual { median_ns: 2, p95_ns: 4, count: 4 });
        let hundred: Vec<i64> = (1..=100).rev().collect();
        assert_eq!(usual(&hundred), Usual { median_ns: 50, p95_ns: 95, count: 100 });
    }

    #[test]
    fn five_samples_make_something_usual() {
        let one = |bar: &str| Arc::new(drawn::trace(&format!("api a {bar}\n  db b |==|")));
        let mut traces = vec![one("|===|"), one("|=====|"), one("|===|"), one("|===|")];
        assert_eq!(UsualDurations::of(&traces).get("api", "a"), None);
        traces.push(one("|==============|"));
        let usual = UsualDurations::of(&traces);
        assert_eq!(usual.get("api", "a"), Some(Usual { median_ns: 4_000_000, p95_ns: 15_000_000, count: 5 }));
        assert_eq!((usual.get("api", "b"), usual.get("x", "b")), (None, None));
    }

    #[test]
    fn the_shape_of_an_operation() {
        let drawings = [
            "
            api GET /      |=====|
              db SELECT     |=|
              db SELECT       |=|
            ",
            "
            api GET /      |===|
              db SELECT     |=|
              mcp list        |
            web other        |
            ",
            "api POST /     |===|",
        ];
        let traces: Vec<Arc<Trace>> = drawings.iter().map(|drawing| Arc::new(drawn::trace(drawing))).collect();
        let shape = Shape::of(&traces, "api", "GET /");
        let rows: Vec<String> = shape
            .nodes
            .iter()
            .map(|node| {
                let ShapeNode { depth, operation, duration, self_time, trace_count, median_count, max_count, .. } =
                    node;
                let ms = |usual: &Usual| usual.median_ns / 1_000_000;
                format!(
                    "{depth} {operation} {} {} in {trace_count} {median_count}..{max_count}",
                    ms(duration),
                    ms(self_time)
                )
            })
            .collect();
        assert_eq!(rows, ["0 GET / 4 2 in 2 1..1", "1 SELECT 2 2 in 2 1..2", "1 list 0 0 in 1 1..1"]);
        assert_eq!(shape.trace_count, 2);
        assert_eq!(shape.nodes_of(&traces[1]), [Some(0), Some(1), Some(2), None]);
        assert_eq!(shape.nodes_of(&traces[2]), [None]);
        assert_eq!(Shape::of(&[], "a", "b").nodes, []);
    }
}
