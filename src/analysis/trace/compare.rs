//! Two traces, or a trace and its operation's usual shape, side by side: what is in one only, and what took how much longer.
//!
//! Spans are matched from the roots down: of matched parents, children of equal service and operation match in the order of
//! their starts, the first with the first. What happens more often in one trace is left over in it.
//!
//! Not here: tags. Two spans of an operation match whatever they were asked for.

use super::{
    at,
    intern::{Names, Pairs},
    ratio,
    self_time::self_ns,
    usual::{Shape, Usual},
    words::{Sentence, counted},
};
use crate::{base::order, model::trace::Trace};

/// One row: a span of A, a span of B, or both. Rows stand in pre-order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Row {
    pub depth: u32,
    pub a: Option<u32>,
    pub b: Option<u32>,
    /// How much longer it took in B; of a span in one only, all of it.
    pub difference_ns: i64,
    /// The same of its exclusive time: what it, not its children, added.
    pub self_difference_ns: i64,
}

impl Row {
    /// How many times as long it took in B; `None` of a span in one only, or without a duration in A.
    pub fn ratio(&self, a: &Trace, b: &Trace) -> Option<f64> {
        let (of_a, of_b) = (a.span_duration_ns(self.a? as usize), b.span_duration_ns(self.b? as usize));
        (of_a > 0).then(|| of_b as f64 / of_a as f64)
    }
}

/// What all spans of an operation added.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Change {
    pub service: String,
    pub operation: String,
    pub count_a: usize,
    pub count_b: usize,
    /// Exclusive times.
    pub self_a_ns: i64,
    pub self_b_ns: i64,
    /// Spans of it in A and in B, the first of each.
    pub span_a: Option<usize>,
    pub span_b: Option<usize>,
}

impl Change {
    pub fn difference_ns(&self) -> i64 {
        self.self_b_ns.saturating_sub(self.self_a_ns)
    }

    /// `took 1.6 s longer by itself, 14 times instead of once`. B is told against A.
    pub fn sentence(&self) -> Sentence {
        let difference_ns = self.difference_ns();
        let counts = match (self.count_a, self.count_b) {
            (0, 1) => "only here".to_owned(),
            (0, count) => format!("only here, {}", times(count)),
            (_, 0) => "not here".to_owned(),
            (a, b) if a == b => String::new(),
            (a, b) => format!("{} instead of {}", times(b), times(a)),
        };
        let sentence = Sentence::default().name(self.operation.clone());
        let sentence = match difference_ns {
            0 => sentence,
            _ => sentence.text(" took ").duration(difference_ns.saturating_abs()).text(if difference_ns > 0 {
                " longer by itself"
            } else {
                " less by itself"
            }),
        };
        if counts.is_empty() { sentence } else { sentence.text(format!(", {counts}")) }
    }
}

fn times(count: usize) -> String {
    match count {
        1 => "once".to_owned(),
        2 => "twice".to_owned(),
        count => counted(count, "time", "times"),
    }
}

#[derive(Debug, Clone, PartialEq, Default)]
pub struct Comparison {
    pub rows: Vec<Row>,
    pub duration_a_ns: i64,
    pub duration_b_ns: i64,
    pub both_count: usize,
    pub only_a_count: usize,
    pub only_b_count: usize,
    /// By the size of the difference, the largest first.
    pub changes: Vec<Change>,
}

impl Comparison {
    /// `9 ms longer, 1.75 times as long; 4 spans in both, 2 gone, 2 new`. B is told against A.
    pub fn summary(&self) -> Sentence {
        let difference_ns = self.duration_b_ns.saturating_sub(self.duration_a_ns);
        let sentence = match difference_ns {
            0 => Sentence::default().text("As long"),
            _ => Sentence::default().duration(difference_ns.saturating_abs()).text(if difference_ns > 0 {
                " longer"
            } else {
                " shorter"
            }),
        };
        let sentence = match ratio(self.duration_b_ns, self.duration_a_ns) {
            ratio if ratio > 0.0 && difference_ns != 0 => {
                let times = crate::base::units::format("none", ratio, None);
                sentence.text(format!(", {times} times as long"))
            }
            _ => sentence,
        };
        let both = counted(self.both_count, "span", "spans");
        sentence.text(format!("; {both} in both, {} gone, {} new", self.only_a_count, self.only_b_count))
    }
}

/// Compares trace B with trace A. O(n log n).
pub fn compare(a: &Trace, b: &Trace) -> Comparison {
    let (mut names, mut pairs) = (Names::default(), Pairs::default());
    let keys_a = keys_of(a, &mut names, &mut pairs);
    let keys_b = keys_of(b, &mut names, &mut pairs);
    let (own_a, own_b) = (self_ns(a), self_ns(b));
    let mut comparison =
        Comparison { duration_a_ns: a.duration_ns(), duration_b_ns: b.duration_ns(), ..Comparison::default() };
    let mut changes: Vec<Change> = (0..pairs.len())
        .map(|pair| {
            let (service, operation) = pairs.pair(pair as u32);
            let [service, operation] = [service, operation].map(|name| names.text(name).to_owned());
            Change { service, operation, ..Change::default() }
        })
        .collect();
    let mut stack: Vec<(u32, Option<usize>, Option<usize>)> = Vec::new();
    let roots = matched(a.roots().collect(), b.roots().collect(), &keys_a, &keys_b);
    stack.extend(roots.into_iter().rev().map(|(a, b)| (0, a, b)));
    while let Some((depth, span_a, span_b)) = stack.pop() {
        let duration = |trace: &Trace, span: Option<usize>| span.map_or(0, |span| trace.span_duration_ns(span));
        let own = |own: &[i64], span: Option<usize>| span.map_or(0, |span| at(own, span));
        comparison.rows.push(Row {
            depth,
            a: span_a.map(|span| span as u32),
            b: span_b.map(|span| span as u32),
            difference_ns: duration(b, span_b).saturating_sub(duration(a, span_a)),
            self_difference_ns: own(&own_b, span_b).saturating_sub(own(&own_a, span_a)),
        });
        let count = match (span_a, span_b) {
            (Some(_), Some(_)) => &mut comparison.both_count,
            (Some(_), None) => &mut comparison.only_a_count,
            _ => &mut comparison.only_b_count,
        };
        *count += 1;
        if let Some(change) = span_a.and_then(|span| changes.get_mut(at(&keys_a, span) as usize)) {
            change.count_a += 1;
            change.self_a_ns = change.self_a_ns.saturating_add(own(&own_a, span_a));
            change.span_a = change.span_a.or(span_a);
        }
        if let Some(change) = span_b.and_then(|span| changes.get_mut(at(&keys_b, span) as usize)) {
            change.count_b += 1;
            change.self_b_ns = change.self_b_ns.saturating_add(own(&own_b, span_b));
            change.span_b = change.span_b.or(span_b);
        }
        let children = |trace: &Trace, span: Option<usize>| -> Vec<usize> {
            span.map(|span| trace.children(span).collect()).unwrap_or_default()
        };
        let pairs = matched(children(a, span_a), children(b, span_b), &keys_a, &keys_b);
        stack.extend(pairs.into_iter().rev().map(|(a, b)| (depth + 1, a, b)));
    }
    changes.retain(|change| change.difference_ns() != 0 || change.count_a != change.count_b);
    order::sort_by_key(&mut changes, |change| std::cmp::Reverse(change.difference_ns().saturating_abs()));
    comparison.changes = changes;
    comparison
}

/// For each span a number for its service and operation, the same for both traces.
fn keys_of(trace: &Trace, names: &mut Names, pairs: &mut Pairs) -> Vec<u32> {
    let numbers: Vec<u32> = (0..trace.name_count()).map(|key| names.number(trace.name(key as u32))).collect();
    let number = |key: u32| at(&numbers, key as usize);
    (0..trace.len())
        .map(|span| pairs.number((number(trace.service_key(span)), number(trace.operation_key(span)))))
        .collect()
}

/// Siblings of both traces in one list: those of A in their order, those of B alone behind the sibling that they follow.
fn matched(a: Vec<usize>, b: Vec<usize>, keys_a: &[u32], keys_b: &[u32]) -> Vec<(Option<usize>, Option<usize>)> {
    if a.is_empty() || b.is_empty() {
        let only_a = a.into_iter().map(|span| (Some(span), None));
        return only_a.chain(b.into_iter().map(|span| (None, Some(span)))).collect();
    }
    // By key, those of equal key in their order: the n-th of a key is found beside the n-th.
    let by_key = |spans: &[usize], keys: &[u32]| {
        let key = |place: usize| spans.get(place).map_or(0, |span| at(keys, *span));
        let order = order::order_of(spans.len(), &mut |x, y| key(x).cmp(&key(y)));
        order.into_iter().map(|place| (key(place), place)).collect::<Vec<(u32, usize)>>()
    };
    let (sorted_a, sorted_b) = (by_key(&a, keys_a), by_key(&b, keys_b));
    // For each place of B that of its match in A.
    let mut match_of_b: Vec<Option<usize>> = vec![None; b.len()];
    let mut match_of_a: Vec<Option<usize>> = vec![None; a.len()];
    let (mut next_a, mut next_b) = (sorted_a.iter().peekable(), sorted_b.iter().peekable());
    while let (Some((key_a, place_a)), Some((key_b, place_b))) = (next_a.peek(), next_b.peek()) {
        if key_a <= key_b {
            if key_a == key_b {
                super::set(&mut match_of_b, *place_b, Some(*place_a));
                super::set(&mut match_of_a, *place_a, Some(*place_b));
                next_b.next();
            }
            next_a.next();
        } else {
            next_b.next();
        }
    }
    // Those of B alone, by the place in A behind which they stand.
    let mut alone: Vec<(usize, usize)> = Vec::new();
    let mut behind = 0;
    for (span, matched) in b.iter().zip(&match_of_b) {
        match matched {
            Some(place) => behind = place + 1,
            None => alone.push((behind, *span)),
        }
    }
    order::sort_by_key(&mut alone, |(behind, _)| *behind);
    let mut alone = alone.into_iter().peekable();
    let mut rows = Vec::with_capacity(a.len() + b.len());
    for place in 0..=a.len() {
        while let Some((_, span)) = alone.next_if(|(behind, _)| *behind <= place) {
            rows.push((None, Some(span)));
        }
        if let Some(span) = a.get(place) {
            let matched = match_of_a.get(place).copied().flatten().and_then(|place| b.get(place));
            rows.push((Some(*span), matched.copied()));
        }
    }
    rows
}

/// A span beside what is usual for its path.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct UsualRow {
    /// Its path in [`Shape::nodes`]; `None` where no trace of the shape has it.
    pub node: Option<u32>,
    pub usual: Option<Usual>,
    /// How much longer than the median it took.
    pub difference_ns: i64,
    /// Longer than 95 of 100.
    pub is_slow: bool,
}

impl UsualRow {
    /// How many times as long as the median it took.
    pub fn ratio(&self) -> Option<f64> {
        let median_ns = self.usual?.median_ns;
        (median_ns > 0).then(|| (median_ns.saturating_add(self.difference_ns)) as f64 / median_ns as f64)
    }
}

#[derive(Debug, Clone, PartialEq, Default)]
pub struct UsualComparison {
    /// One for each span of the trace.
    pub rows: Vec<UsualRow>,
    /// Paths that most traces have and this one has not.
    pub missing: Vec<u32>,
    /// Paths that this trace has more often than usual: path, count here.
    pub more_often: Vec<(u32, usize)>,
}

/// Compares a trace with the usual shape of its root's operation.
pub fn compare_with_usual(trace: &Trace, shape: &Shape) -> UsualComparison {
    let node_of = shape.nodes_of(trace);
    let mut counts = vec![0_usize; shape.nodes.len()];
    let mut rows = Vec::with_capacity(trace.len());
    for (span, number) in node_of.iter().enumerate() {
        let node = number.and_then(|number| shape.nodes.get(number as usize));
        if let Some(count) = number.and_then(|number| counts.get_mut(number as usize)) {
            *count += 1;
        }
        let usual = node.map(|node| node.duration).filter(Usual::is_known);
        let duration_ns = trace.span_duration_ns(span);
        rows.push(UsualRow {
            node: *number,
            usual,
            difference_ns: usual.map_or(0, |usual| duration_ns.saturating_sub(usual.median_ns)),
            is_slow: usual.is_some_and(|usual| duration_ns > usual.p95_ns),
        });
    }
    let (mut missing, mut more_often) = (Vec::new(), Vec::new());
    for ((number, node), count) in (0_u32..).zip(&shape.nodes).zip(counts) {
        if count == 0 && node.trace_count * 2 > shape.trace_count && shape.is_known() {
            missing.push(number);
        }
        if count > node.max_count && shape.is_known() {
            more_often.push((number, count));
        }
    }
    UsualComparison { rows, missing, more_often }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::{
        analysis::trace::random::{self, Random},
        model::trace::drawn,
    };

    const A: &str = "
        api GET /agents   |===========|
          api auth         |=|
          db SELECT           |=|
          db SELECT              |=|
          api render               |=|
            api escape             ||
        ";
    const B: &str = "
        api GET /agents   |====================|
          api auth         |=|
          api pool           |========|
          db SELECT                    |=|
          db SELECT                      |=|
          db SELECT                        |=|
        ";

    fn shown(comparison: &Comparison, a: &Trace, b: &Trace) -> Vec<String> {
        let row = |row: &Row| {
            let name = row.a.map_or_else(|| b.operation(row.b.unwrap() as usize), |span| a.operation(span as usize));
            let mark = match (row.a, row.b) {
                (Some(_), Some(_)) => '=',
                (Some(_), None) => '-',
                _ => '+',
            };
            let indent = "  ".repeat(row.depth as usize);
            format!(
                "{indent}{mark} {name} {:+} {:+}",
                row.difference_ns / 1_000_000,
                row.self_difference_ns / 1_000_000
            )
        };
        comparison.rows.iter().map(row).collect()
    }

    #[test]
    fn two_traces_side_by_side() {
        let (a, b) = (drawn::trace(A), drawn::trace(B));
        let comparison = compare(&a, &b);
        assert_eq!(
            shown(&comparison, &a, &b),
            [
                "= GET /agents +9 +0",
                "  = auth +0 +0",
                "  + pool +9 +9",
                "  = SELECT +0 +0",
                "  = SELECT +0 +0",
                "  + SELECT +2 +2",
                "  - render -2 -2",
                "    - escape +0 +0",
            ]
        );
        assert_eq!((comparison.both_count, comparison.only_a_count, comparison.only_b_count), (4, 2, 2));
        assert_eq!((comparison.duration_a_ns, comparison.duration_b_ns), (12_000_000, 21_000_000));
        assert_eq!(comparison.summary().to_string(), "9 ms longer, 1.75 times as long; 4 spans in both, 2 gone, 2 new");
        assert_eq!(compare(&a, &a).summary().to_string(), "As long; 6 spans in both, 0 gone, 0 new");
        assert_eq!((comparison.rows[0].ratio(&a, &b), comparison.rows[2].ratio(&a, &b)), (Some(1.75), None));
        let changes: Vec<String> = comparison.changes.iter().map(|change| change.sentence().to_string()).collect();
        assert_eq!(
            changes,
            [
                "pool took 9 ms longer by itself, only here",
                "SELECT took 2 ms longer by itself, 3 times instead of twice",
                "render took 2 ms less by itself, not here",
                "escape, not here",
            ]
        );
    }

    #[test]
    fn every_span_is_in_one_row_and_parents_before_children() {
        let mut random = Random(37);
        for _ in 0..600 {
            let (a, b) = (random::trace(&mut random, 20), random::trace(&mut random, 20));
            let comparison = compare(&a, &b);
            for (trace, spans) in [
                (&a, comparison.rows.iter().filter_map(|row| row.a).collect::<Vec<_>>()),
                (&b, comparison.rows.iter().filter_map(|row| row.b).collect()),
            ] {
                let mut sorted = spans.clone();
                sorted.sort_unstable();
                assert_eq!(sorted, (0..trace.len() as u32).collect::<Vec<_>>());
                let place = |span: u32| spans.iter().position(|known| *known == span);
                for span in &spans {
                    assert!(trace.parent(*span as usize).is_none_or(|parent| place(parent as u32) < place(*span)));
                }
            }
            let sum: i64 = comparison.rows.iter().map(|row| row.self_difference_ns).sum();
            assert_eq!(sum, self_ns(&b).iter().sum::<i64>() - self_ns(&a).iter().sum::<i64>());
            let same = compare(&a, &a);
            assert_eq!((same.both_count, same.changes.len()), (a.len(), 0));
        }
        let chain = random::chain(100_000);
        assert_eq!(compare(&chain, &random::fan(100_000)).rows.len(), 200_000 - 1);
        assert_eq!(compare(&chain, &chain).both_count, 100_000);
    }

    #[test]
    fn a_trace_beside_what_is_usual() {
        let usual: Vec<Arc<Trace>> = (0..6).map(|_| Arc::new(drawn::trace(A))).collect();
        let shape = Shape::of(&usual, "api", "GET /agents");
        let trace = drawn::trace(B);
        let comparison = compare_with_usual(&trace, &shape);
        let differences: Vec<Option<i64>> =
            comparison.rows.iter().map(|row| row.usual.map(|_| row.difference_ns / 1_000_000)).collect();
        assert_eq!(differences, [Some(9), Some(0), None, Some(0), Some(0), Some(0)]);
        assert_eq!((comparison.rows[0].ratio(), comparison.rows[2].ratio()), (Some(1.75), None));
        assert!(comparison.rows[0].is_slow && !comparison.rows[1].is_slow);
        let name = |number: u32| shape.nodes[number as usize].operation.to_string();
        let missing: Vec<String> = comparison.missing.iter().map(|number| name(*number)).collect();
        assert_eq!(missing, ["render", "escape"]);
        let more: Vec<(String, usize)> =
            comparison.more_often.iter().map(|(number, count)| (name(*number), *count)).collect();
        assert_eq!(more, [("SELECT".to_owned(), 3)]);
        assert_eq!(compare_with_usual(&trace, &Shape::default()).rows.len(), 6);
    }
}
