//! Where the time went, by operation: what the end of the trace waited for, and what was busy besides.

use super::{Facts, Finding, Kind, Severity};
use crate::{
    analysis::trace::{
        add, at,
        words::{Sentence, counted},
    },
    base::order,
};

/// At most so many operations of each kind.
const MAX_ROWS: usize = 3;
const MIN_CRITICAL: f64 = 0.1;
/// Of what all spans were busy in sum; what is not on the critical path delays nobody, so it has to be much.
const MIN_SELF: f64 = 0.3;

/// What other findings tell is left out.
pub fn find(facts: &Facts, told: &[Finding]) -> Vec<Finding> {
    let trace = facts.trace;
    let mut is_told = vec![false; trace.len()];
    for finding in
        told.iter().filter(|finding| matches!(finding.kind, Kind::Waiting | Kind::RepeatedQuery | Kind::Unusual))
    {
        for span in &finding.spans {
            super::super::set(&mut is_told, *span, true);
        }
    }
    for gap in told.iter().filter(|finding| finding.kind == Kind::Gap) {
        // The rest of the spans of a gap are its neighbours.
        if let Some(span) = gap.spans.first() {
            super::super::set(&mut is_told, *span, true);
        }
    }
    let (mut critical, mut own) = (vec![0_i64; facts.pair_count()], vec![0_i64; facts.pair_count()]);
    let mut own_sum = 0_i64;
    for (span, pair) in facts.pair_of.iter().enumerate() {
        own_sum = own_sum.saturating_add(facts.own_ns(span));
        if !at(&is_told, span) {
            add(&mut critical, *pair as usize, facts.critical_ns(span));
            add(&mut own, *pair as usize, facts.own_ns(span));
        }
    }
    let on_path = largest(&critical, |ns| facts.share(ns) >= MIN_CRITICAL);
    let busy = largest(&own, |ns| ns as f64 >= own_sum as f64 * MIN_SELF);
    let mut findings: Vec<Finding> =
        on_path.iter().filter_map(|(pair, ns)| finding(facts, Kind::CriticalPath, *pair, *ns, &is_told)).collect();
    for (pair, ns) in busy {
        if !on_path.iter().any(|(known, _)| *known == pair) {
            findings.extend(finding(facts, Kind::SelfTime, pair, ns, &is_told));
        }
    }
    findings
}

/// The largest sums that are large enough, with their places.
fn largest(sums: &[i64], is_enough: impl Fn(i64) -> bool) -> Vec<(u32, i64)> {
    let mut rows: Vec<(u32, i64)> = (0_u32..).zip(sums.iter().copied()).filter(|(_, sum)| is_enough(*sum)).collect();
    order::sort_by_key(&mut rows, |(_, sum)| std::cmp::Reverse(*sum));
    rows.truncate(MAX_ROWS);
    rows
}

fn finding(facts: &Facts, kind: Kind, pair: u32, time_ns: i64, is_told: &[bool]) -> Option<Finding> {
    let trace = facts.trace;
    let is_critical = kind == Kind::CriticalPath;
    let part_ns = |span: &usize| if is_critical { facts.critical_ns(*span) } else { facts.own_ns(*span) };
    let of_pair = (0..trace.len()).filter(|span| at(&facts.pair_of, *span) == pair && !at(is_told, *span));
    let mut spans: Vec<usize> = of_pair.filter(|span| part_ns(span) > 0).collect();
    order::sort_by_key(&mut spans, |span| std::cmp::Reverse(part_ns(span)));
    let first = *spans.first()?;
    // Spans may be busy at the same time.
    let share = facts.share(time_ns).min(1.0);
    let operation = trace.operation(first);
    let title = match kind {
        Kind::CriticalPath if share >= 0.5 => format!("{operation} took most of the time"),
        Kind::CriticalPath => format!("{operation} on the critical path"),
        _ => format!("{operation} was busy, but nobody waited for it"),
    };
    let mut explanation =
        Sentence::default().name(trace.service(first)).text(", ").duration(time_ns).text(" by itself");
    if spans.len() > 1 {
        explanation = explanation.text(format!(" in {}", counted(spans.len(), "span", "spans")));
    }
    if let Some(usual) = facts.usual(first).filter(|_| spans.len() == 1) {
        explanation = explanation.text("; the whole span usually takes ").duration(usual.median_ns);
    }
    Some(Finding {
        kind,
        severity: if is_critical { Severity::of_share(share).min(Severity::Medium) } else { Severity::Info },
        title,
        explanation,
        time_ns,
        share,
        service: trace.service(first).to_owned(),
        subject: operation.to_owned(),
        spans,
    })
}
