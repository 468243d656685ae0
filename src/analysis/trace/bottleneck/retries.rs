//! The same operation again after it failed, below the same parent.

use super::{Facts, Finding, Kind, Severity};
use crate::analysis::trace::words::Sentence;

pub fn find(facts: &Facts) -> Vec<Finding> {
    let mut findings = Vec::new();
    for group in facts.alike_siblings(2) {
        let mut attempts: Vec<usize> = Vec::new();
        for span in group {
            let continues = attempts.last().is_some_and(|last| {
                facts.trace.is_error(*last) && facts.trace.span_end_ns(*last) <= facts.trace.span_start_ns(span)
            });
            if !continues {
                findings.extend(finding(facts, &attempts));
                attempts.clear();
            }
            attempts.push(span);
        }
        findings.extend(finding(facts, &attempts));
    }
    findings
}

/// All but the last of the attempts failed.
fn finding(facts: &Facts, attempts: &[usize]) -> Option<Finding> {
    let [first, .., last] = attempts else { return None };
    let trace = facts.trace;
    // Until the last attempt began, nothing was won.
    let time_ns = trace.span_start_ns(*last).saturating_sub(trace.span_start_ns(*first));
    let share = facts.share(time_ns);
    let failed_at_last = trace.is_error(*last);
    let operation = trace.operation(*first);
    let tried = format!("{operation} tried {} times", attempts.len());
    let before = match attempts.len() {
        2 => "the first attempt".to_owned(),
        count => format!("the first {} attempts", count - 1),
    };
    let explanation = Sentence::default()
        .duration(time_ns)
        .text(format!(" went by in {before}; "))
        .span(*last, "the last")
        .text(if failed_at_last { " failed too" } else { " succeeded" });
    let by_share = Severity::of_share(share);
    Some(Finding {
        kind: Kind::Retries,
        severity: if failed_at_last { by_share.max(Severity::Medium) } else { by_share },
        title: tried,
        explanation,
        time_ns,
        share,
        spans: attempts.to_vec(),
        service: trace.service(*first).to_owned(),
        subject: operation.to_owned(),
    })
}
