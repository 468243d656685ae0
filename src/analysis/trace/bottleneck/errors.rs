//! What failed first: the deepest failed span of each chain of failures.

use super::{Facts, Finding, Kind, Severity};
use crate::{
    analysis::trace::{
        at, set,
        words::{Sentence, counted},
    },
    base::order,
    model::trace::{SpanDetail, Trace},
};

/// Of more failures only the longest are looked at.
const MAX_SPANS: usize = 200;

/// Tags and fields of events that say what went wrong, the most telling first.
const MESSAGES: [&str; 7] = [
    "exception.message",
    "otel.status_description",
    "error.message",
    "error.object",
    "message",
    "exception.type",
    "error.type",
];

/// What a span says of its failure.
pub fn message_of(detail: &SpanDetail) -> Option<String> {
    let in_events = |key: &str| {
        detail
            .events
            .iter()
            .find_map(|event| event.fields.iter().find(|field| field.key == key))
            .map(|f| f.value.to_string())
    };
    let message = MESSAGES.iter().find_map(|key| detail.tag_text(key).or_else(|| in_events(key)));
    let status = || {
        ["http.response.status_code", "http.status_code"]
            .iter()
            .find_map(|key| detail.tag_text(key))
            .map(|code| format!("HTTP {code}"))
    };
    message.filter(|message| !message.trim().is_empty()).or_else(status)
}

/// Failed spans without a failed descendant.
pub fn deepest_errors(trace: &Trace) -> Vec<usize> {
    let mut has_failed_below = vec![false; trace.len()];
    let mut deepest = Vec::new();
    for span in (0..trace.len()).rev() {
        let is_failed_below = at(&has_failed_below, span);
        if trace.is_error(span) && !is_failed_below {
            deepest.push(span);
        }
        if let Some(parent) = trace.parent(span).filter(|_| trace.is_error(span) || is_failed_below) {
            set(&mut has_failed_below, parent, true);
        }
    }
    deepest.reverse();
    deepest
}

/// For each span whether all its ancestors failed too.
fn reach_the_root(trace: &Trace) -> Vec<bool> {
    let mut reaches = Vec::with_capacity(trace.len());
    for span in 0..trace.len() {
        reaches.push(trace.parent(span).is_none_or(|parent| trace.is_error(parent) && at(&reaches, parent)));
    }
    reaches
}

pub fn find(facts: &mut Facts) -> Vec<Finding> {
    let trace = facts.trace;
    let mut spans = deepest_errors(trace);
    if spans.len() > MAX_SPANS {
        order::sort_by_key(&mut spans, |span| std::cmp::Reverse(trace.span_duration_ns(*span)));
        spans.truncate(MAX_SPANS);
    }
    let mut failures: Vec<(u32, String, usize)> = Vec::new();
    for span in spans {
        let message = facts.detail(span).as_ref().and_then(message_of).unwrap_or_default();
        failures.push((at(&facts.pair_of, span), message, span));
    }
    order::sort_by(&mut failures, Ord::cmp);
    let reaches = reach_the_root(trace);
    let groups = failures.chunk_by(|a, b| (a.0, &a.1) == (b.0, &b.1));
    groups.filter_map(|group| finding(facts, group, &reaches)).collect()
}

fn finding(facts: &Facts, group: &[(u32, String, usize)], reaches: &[bool]) -> Option<Finding> {
    let trace = facts.trace;
    let (_, message, _) = group.first()?;
    let mut spans: Vec<usize> = group.iter().map(|(_, _, span)| *span).collect();
    // What made the request fail is looked at first.
    order::sort_by_key(&mut spans, |span| !at(reaches, *span));
    let first = *spans.first()?;
    let is_fatal = at(reaches, first);
    let time_ns = facts.covered_ns(&spans);
    let mut explanation = Sentence::default();
    if !message.is_empty() {
        explanation = explanation.code(message.clone()).text("; ");
    }
    explanation = match (is_fatal, trace.parent(first)) {
        (true, None) => explanation.text("the whole trace failed"),
        (true, Some(_)) => explanation.text("the whole trace failed with it"),
        (false, _) => match first_that_went_on(trace, first) {
            Some(survivor) => explanation.span(survivor, trace.operation(survivor)).text(" went on"),
            None => explanation.text("the rest went on"),
        },
    };
    if spans.len() > 1 {
        explanation = explanation.text(format!(", {}", counted(spans.len(), "span", "spans")));
    }
    let operation = trace.operation(first);
    Some(Finding {
        kind: Kind::Error,
        severity: if is_fatal { Severity::High } else { Severity::Medium },
        title: format!("{operation} failed"),
        explanation,
        time_ns,
        share: facts.share(time_ns),
        service: trace.service(first).to_owned(),
        subject: operation.to_owned(),
        spans,
    })
}

/// The nearest ancestor that did not fail.
fn first_that_went_on(trace: &Trace, span: usize) -> Option<usize> {
    let mut ancestors = std::iter::successors(trace.parent(span), |span| trace.parent(*span));
    ancestors.find(|span| !trace.is_error(*span))
}
