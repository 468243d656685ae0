//! The same operation again after it failed, below the same parent.
//!
//! Operations are often named after their kind alone (`SELECT agentarea`, `GET`): where tags say what was asked for, it has
//! to be the same.

use super::{Facts, Finding, Kind, Severity};
use crate::{
    analysis::trace::{statement::normalised, words::Sentence},
    model::trace::SpanDetail,
};

/// What a span asks for.
const ASKED: [&str; 9] = [
    "db.query.text",
    "db.statement",
    "url.full",
    "http.url",
    "url.path",
    "http.target",
    "server.address",
    "rpc.method",
    "messaging.destination.name",
];

fn asks_the_same(a: &SpanDetail, b: &SpanDetail) -> bool {
    ASKED.iter().all(|key| match (a.tag_text(key), b.tag_text(key)) {
        (Some(a), Some(b)) => normalised(&a) == normalised(&b),
        _ => true,
    })
}

pub fn find(facts: &mut Facts) -> Vec<Finding> {
    let mut findings = Vec::new();
    for group in facts.alike_siblings(2) {
        let mut attempts: Vec<usize> = Vec::new();
        for span in group {
            let failed = attempts.last().copied().filter(|last| {
                facts.trace.is_error(*last) && facts.trace.span_end_ns(*last) <= facts.trace.span_start_ns(span)
            });
            let continues = failed.is_some_and(|last| {
                let details = facts.detail(last).zip(facts.detail(span));
                details.is_some_and(|(a, b)| asks_the_same(&a, &b))
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
