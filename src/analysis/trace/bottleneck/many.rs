//! What slow traces have in common: the guide's `analyze_slow_requests`.

use std::sync::Arc;

use super::{Context, Finding, Kind, Report, SlowSpan, report};
use crate::{
    analysis::trace::{ratio, usual::UsualDurations},
    base::order,
    model::trace::Trace,
};

/// One slow trace. `trace` is its place among those given.
#[derive(Debug, Clone, PartialEq)]
pub struct SlowTrace {
    pub trace: usize,
    pub duration_ns: i64,
    /// The guide's bottlenecks.
    pub slowest: Vec<SlowSpan>,
    /// Share of its spans that failed.
    pub error_ratio: f64,
    /// What most explains it.
    pub first: Option<Finding>,
}

/// A reason that several slow traces share.
#[derive(Debug, Clone, PartialEq)]
pub struct ManyRow {
    pub kind: Kind,
    /// In words that hold for all of them.
    pub title: String,
    pub service: String,
    pub subject: String,
    /// Places among the traces given, the most delayed first.
    pub traces: Vec<usize>,
    /// In all of them.
    pub time_ns: i64,
    /// Of the time that all slow traces took.
    pub share: f64,
}

#[derive(Debug, Clone, PartialEq, Default)]
pub struct ManyReport {
    pub threshold_ns: i64,
    pub trace_count: usize,
    /// The slowest first.
    pub slow: Vec<SlowTrace>,
    /// By share.
    pub rows: Vec<ManyRow>,
    /// Traces with a failed span, and those whose root failed.
    pub with_errors: usize,
    pub failed: usize,
    pub span_count: usize,
    pub error_span_count: usize,
}

impl ManyReport {
    /// Share of the traces whose root failed.
    pub fn failed_ratio(&self) -> f64 {
        ratio(self.failed as i64, self.trace_count as i64)
    }

    /// Share of the traces in which anything failed.
    pub fn error_ratio(&self) -> f64 {
        ratio(self.with_errors as i64, self.trace_count as i64)
    }

    /// Share of all spans that failed.
    pub fn span_error_ratio(&self) -> f64 {
        ratio(self.error_span_count as i64, self.span_count as i64)
    }

    /// The other slow traces that a finding holds for too.
    pub fn alike(&self, finding: &Finding) -> &[usize] {
        let is_same = |row: &&ManyRow| {
            row.kind == finding.kind && row.service == finding.service && row.subject == finding.subject
        };
        self.rows.iter().find(is_same).map_or(&[], |row| &row.traces)
    }
}

/// Explains the traces that took at least `threshold_ns` ([`super::SLOW_NS`] is the guide's), and what they share. What is
/// usual is taken from all traces given.
pub fn report_of_many(traces: &[Arc<Trace>], threshold_ns: i64) -> ManyReport {
    let usual = UsualDurations::of(traces);
    let mut many = ManyReport { threshold_ns, trace_count: traces.len(), ..ManyReport::default() };
    let mut findings: Vec<(usize, Finding)> = Vec::new();
    let mut slow_ns = 0_i64;
    for (place, trace) in traces.iter().enumerate() {
        let error_count = trace.error_count();
        many.span_count += trace.len();
        many.error_span_count += error_count;
        many.with_errors += usize::from(error_count > 0);
        many.failed += usize::from(trace.root().is_some_and(|root| trace.is_error(root)));
        if trace.duration_ns() < threshold_ns {
            continue;
        }
        slow_ns = slow_ns.saturating_add(trace.duration_ns());
        let report = report(trace, Context { usual: Some(&usual) });
        let error_ratio = report.error_ratio();
        let Report { duration_ns, slowest, findings: found, .. } = report;
        many.slow.push(SlowTrace { trace: place, duration_ns, slowest, error_ratio, first: found.first().cloned() });
        findings.extend(found.into_iter().map(|finding| (place, finding)));
    }
    order::sort_by_key(&mut many.slow, |slow| std::cmp::Reverse(slow.duration_ns));
    let key = |finding: &Finding| (finding.kind, finding.service.clone(), finding.subject.clone());
    order::sort_by(&mut findings, |a, b| key(&a.1).cmp(&key(&b.1)).then(b.1.time_ns.cmp(&a.1.time_ns)));
    many.rows = findings.chunk_by(|a, b| key(&a.1) == key(&b.1)).filter_map(|same| row(same, slow_ns)).collect();
    order::sort_by(&mut many.rows, |a, b| b.share.total_cmp(&a.share).then(a.kind.cmp(&b.kind)));
    many
}

fn row(same: &[(usize, Finding)], slow_ns: i64) -> Option<ManyRow> {
    let (_, first) = same.first()?;
    // Titles of these have no numbers, and say more than the kind.
    let title = match first.kind {
        Kind::Waiting | Kind::Error => first.title.clone(),
        Kind::RepeatedQuery => first.kind.label().to_owned(),
        Kind::Gap => format!("{} in {}", first.kind.label(), first.subject),
        Kind::Retries => format!("{} tried again after an error", first.subject),
        Kind::Unusual => format!("{} slower than usual", first.subject),
        Kind::CriticalPath => format!("{} on the critical path", first.subject),
        Kind::SelfTime => format!("{} busy by itself", first.subject),
    };
    let mut traces: Vec<usize> = Vec::new();
    let mut time_ns = 0_i64;
    for (place, finding) in same {
        time_ns = time_ns.saturating_add(finding.time_ns);
        if !traces.contains(place) {
            traces.push(*place);
        }
    }
    Some(ManyRow {
        kind: first.kind,
        title,
        service: first.service.clone(),
        subject: first.subject.clone(),
        traces,
        time_ns,
        share: ratio(time_ns, slow_ns).min(1.0),
    })
}
