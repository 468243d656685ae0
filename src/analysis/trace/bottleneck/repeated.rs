//! The same query again and again below one parent, one after the other: what one query for all would answer ("N + 1").

use super::{Facts, Finding, Kind, Severity};
use crate::{
    analysis::trace::{statement::normalised, words::Sentence},
    base::order,
    model::trace::SpanDetail,
};

/// Fewer may be chance.
const MIN_COUNT: usize = 3;
/// So many are worth changing even where they are quick today: they grow with the data.
const MANY: usize = 10;

/// Tags that hold a statement, in the conventions' new and old words.
const STATEMENTS: [&str; 2] = ["db.query.text", "db.statement"];

fn statement_of(detail: &SpanDetail) -> Option<String> {
    STATEMENTS.iter().find_map(|key| detail.tag_text(key)).filter(|text| !text.trim().is_empty())
}

pub fn find(facts: &mut Facts) -> Vec<Finding> {
    let mut findings = Vec::new();
    for group in facts.alike_siblings(MIN_COUNT) {
        let mut statements: Vec<(String, usize)> = Vec::new();
        for span in group {
            let Some(detail) = facts.detail(span) else { break };
            match statement_of(&detail) {
                Some(statement) => statements.push((normalised(&statement), span)),
                // The first of an operation that is no query speaks for the others.
                None if statements.is_empty() => break,
                None => {}
            }
        }
        order::sort_by(&mut statements, |a, b| a.0.cmp(&b.0));
        for same in statements.chunk_by(|a, b| a.0 == b.0) {
            let spans = one_after_the_other(facts, same);
            if let Some((statement, _)) = same.first().filter(|_| spans.len() >= MIN_COUNT) {
                findings.push(finding(facts, statement, spans));
            }
        }
    }
    findings
}

/// Those of which each began when the one before had ended.
fn one_after_the_other(facts: &Facts, same: &[(String, usize)]) -> Vec<usize> {
    let mut spans: Vec<usize> = Vec::new();
    let mut end_ns = i64::MIN;
    for (_, span) in same {
        if facts.trace.span_start_ns(*span) >= end_ns {
            end_ns = facts.trace.span_end_ns(*span);
            spans.push(*span);
        }
    }
    spans
}

fn finding(facts: &Facts, statement: &str, spans: Vec<usize>) -> Finding {
    let first = spans.first().copied().unwrap_or_default();
    let time_ns = facts.covered_ns(&spans);
    let share = facts.share(time_ns);
    let count = spans.len();
    let by_share = Severity::of_share(share);
    Finding {
        kind: Kind::RepeatedQuery,
        severity: if count >= MANY { by_share.max(Severity::Medium) } else { by_share },
        title: format!("Same query {count} times in a row"),
        explanation: Sentence::default()
            .code(statement)
            .text(", ")
            .duration(time_ns)
            .text(" in all; one query could ask for all at once"),
        time_ns,
        share,
        service: facts.trace.service(first).to_owned(),
        subject: statement.to_owned(),
        spans,
    }
}
