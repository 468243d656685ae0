//! The span that took most more than its operation usually does.

use super::{Facts, Finding, Kind, Severity};
use crate::analysis::trace::{usual::Usual, words::Sentence};

/// Less is within what one expects.
const MIN_TIMES: i64 = 2;
const MIN_SHARE: f64 = 0.05;
/// A descendant that explains so much of what its ancestor took too long is the one to name.
const EXPLAINS: f64 = 0.6;

pub fn find(facts: &Facts, told: &[Finding]) -> Option<Finding> {
    let trace = facts.trace;
    let mut most: Option<(usize, Usual, i64)> = None;
    // In pre-order: what explains most of an ancestor replaces it.
    for span in 0..trace.len() {
        let Some((usual, excess_ns)) = excess(facts, span) else { continue };
        let is_more = most.is_none_or(|(best, _, best_ns)| {
            let is_within = trace.subtree(best).contains(&span);
            let needed = if is_within { best_ns as f64 * EXPLAINS } else { best_ns as f64 };
            excess_ns as f64 > needed
        });
        if is_more {
            most = Some((span, usual, excess_ns));
        }
    }
    let (span, usual, excess_ns) = most?;
    let is_told = told.iter().any(|finding| finding.kind == Kind::Waiting && finding.spans.contains(&span));
    let share = facts.share(excess_ns);
    if is_told || share < MIN_SHARE {
        return None;
    }
    let operation = trace.operation(span);
    let duration_ns = trace.span_duration_ns(span);
    let explanation = Sentence::default()
        .span(span, operation)
        .text(" took ")
        .duration(duration_ns)
        .text("; usually ")
        .duration(usual.median_ns)
        .text(format!(", in 95 of 100 of the {} found at most ", usual.count))
        .duration(usual.p95_ns);
    Some(Finding {
        kind: Kind::Unusual,
        severity: Severity::of_share(share),
        title: match duration_ns.checked_div(usual.median_ns) {
            Some(times) if times >= MIN_TIMES => format!("{operation} took {times} times as long as usual"),
            _ => format!("{operation} took longer than usual"),
        },
        explanation,
        time_ns: excess_ns,
        share,
        spans: vec![span],
        service: trace.service(span).to_owned(),
        subject: operation.to_owned(),
    })
}

/// How much longer than its median, where that is beyond what is usual.
fn excess(facts: &Facts, span: usize) -> Option<(Usual, i64)> {
    let usual = facts.usual(span)?;
    let duration_ns = facts.trace.span_duration_ns(span);
    let is_unusual = duration_ns > usual.p95_ns && duration_ns >= usual.median_ns.saturating_mul(MIN_TIMES);
    is_unusual.then(|| (usual, duration_ns.saturating_sub(usual.median_ns)))
}
