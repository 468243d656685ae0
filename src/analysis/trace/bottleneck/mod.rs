//! Why a trace was slow, in words: the operations guide's `TraceAnalyzer` and what else a person would look for.
//!
//! Invariant: shares are shares of the trace's duration, from its first start to its last end. Every finding names the
//! spans it speaks of. What is told is what the spans show: a span that waits for something without a span of its own is
//! said to have nothing running in it, not to be busy.
//!
//! Not here: drawing, and the redaction of codes and messages in sentences ([`super::words`]).

mod errors;
mod facts;
mod gaps;
mod many;
mod path;
mod repeated;
mod retries;
mod unusual;
mod waits;

#[cfg(test)]
mod tests;

pub use many::{ManyReport, ManyRow, SlowTrace, report_of_many};

pub use errors::message_of;

use facts::Facts;

use super::{ratio, usual::UsualDurations, words::Sentence};
use crate::{base::order, model::trace::Trace};

/// Slower traces are slow: the guide's default.
pub const SLOW_NS: i64 = 1_000_000_000;

/// How many spans the guide lists as bottlenecks.
pub const SLOWEST_COUNT: usize = 5;

/// At most so many findings: a person reads the first three.
const MAX_FINDINGS: usize = 20;

/// Details of at most so many spans are read for one report: at some microseconds each, what a person does not notice.
const MAX_DETAILS: usize = 4000;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    Info,
    Medium,
    High,
}

impl Severity {
    /// A third of the time is what one would work on first; a tenth is worth a look.
    fn of_share(share: f64) -> Self {
        if share >= 0.3 {
            Self::High
        } else if share >= 0.1 {
            Self::Medium
        } else {
            Self::Info
        }
    }
}

/// What kind of thing a finding is, the most telling first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    Waiting,
    RepeatedQuery,
    Retries,
    Gap,
    Error,
    Unusual,
    CriticalPath,
    SelfTime,
}

impl Kind {
    pub const ALL: [Self; 8] = [
        Self::Waiting,
        Self::RepeatedQuery,
        Self::Retries,
        Self::Gap,
        Self::Error,
        Self::Unusual,
        Self::CriticalPath,
        Self::SelfTime,
    ];

    /// For a list over many traces, where numbers differ.
    pub fn label(self) -> &'static str {
        match self {
            Self::Waiting => "Waiting",
            Self::RepeatedQuery => "Same query many times",
            Self::Retries => "Tried again after an error",
            Self::Gap => "Nothing runs",
            Self::Error => "Failed",
            Self::Unusual => "Slower than usual",
            Self::CriticalPath => "On the critical path",
            Self::SelfTime => "Busy by itself",
        }
    }
}

/// One reason. All times in nanoseconds, shares 0–1 of the trace's duration.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    pub kind: Kind,
    pub severity: Severity,
    /// `Waiting for a database connection`.
    pub title: String,
    pub explanation: Sentence,
    pub time_ns: i64,
    pub share: f64,
    /// The spans it speaks of, the first to look at first. Never empty.
    pub spans: Vec<usize>,
    pub service: String,
    /// What findings of several traces have in common: an operation, or a statement without its values.
    pub subject: String,
}

/// One of the slowest spans, as the guide lists them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SlowSpan {
    pub span: usize,
    pub duration_ns: i64,
    /// Of the trace's duration. May exceed what others leave: spans contain each other.
    pub share: f64,
    /// Its exclusive time.
    pub self_ns: i64,
    pub self_share: f64,
    /// How long the end of the trace was waiting for it alone.
    pub critical_ns: i64,
    pub critical_share: f64,
}

/// What is known besides the trace.
#[derive(Debug, Clone, Copy, Default)]
pub struct Context<'a> {
    /// From the traces found with it.
    pub usual: Option<&'a UsualDurations>,
}

#[derive(Debug, Clone, PartialEq, Default)]
pub struct Report {
    pub duration_ns: i64,
    /// How long the root usually takes, where that is known.
    pub usual_ns: Option<i64>,
    /// The slowest spans, at most [`SLOWEST_COUNT`]: the guide's bottlenecks.
    pub slowest: Vec<SlowSpan>,
    /// By severity, then by share.
    pub findings: Vec<Finding>,
    pub span_count: usize,
    pub error_count: usize,
    /// Not all details were read: repeated queries of short spans may be missing.
    pub is_partial: bool,
}

impl Report {
    /// Share of the spans that failed: the guide's error rate of a trace.
    pub fn error_ratio(&self) -> f64 {
        ratio(self.error_count as i64, self.span_count as i64)
    }
}

/// Share of a trace's spans that failed (0–1).
pub fn error_ratio(trace: &Trace) -> f64 {
    ratio(trace.error_count() as i64, trace.len() as i64)
}

/// Explains one trace. O(n log n), and at most some thousand details read.
pub fn report(trace: &Trace, context: Context) -> Report {
    let mut facts = Facts::of(trace, context);
    let mut findings = waits::find(&mut facts);
    findings.extend(repeated::find(&mut facts));
    findings.extend(retries::find(&mut facts));
    findings.extend(gaps::find(&facts));
    findings.extend(errors::find(&mut facts));
    findings.extend(unusual::find(&facts, &findings));
    findings.extend(path::find(&facts, &findings));
    let rank = |a: &Finding, b: &Finding| {
        (b.severity.cmp(&a.severity)).then(b.share.total_cmp(&a.share)).then(a.kind.cmp(&b.kind))
    };
    order::sort_by(&mut findings, rank);
    findings.truncate(MAX_FINDINGS);
    Report {
        duration_ns: facts.whole_ns,
        usual_ns: trace.root().and_then(|root| facts.usual(root)).map(|usual| usual.median_ns),
        slowest: slowest(&facts),
        findings,
        span_count: trace.len(),
        error_count: trace.error_count(),
        is_partial: facts.is_partial(),
    }
}

/// The guide's `_find_bottlenecks`: by duration, whatever contains what. Of equal ones the outer first.
fn slowest(facts: &Facts) -> Vec<SlowSpan> {
    let trace = facts.trace;
    let mut top: Vec<usize> = Vec::with_capacity(SLOWEST_COUNT + 1);
    for span in 0..trace.len() {
        let duration = |span: usize| trace.span_duration_ns(span);
        let place = top.iter().position(|slow| duration(*slow) < duration(span)).unwrap_or(top.len());
        if place < SLOWEST_COUNT {
            top.insert(place, span);
            top.truncate(SLOWEST_COUNT);
        }
    }
    let slow = |span: usize| {
        let (duration_ns, self_ns) = (trace.span_duration_ns(span), facts.own_ns(span));
        let critical_ns = facts.critical_ns(span);
        SlowSpan {
            span,
            duration_ns,
            share: facts.share(duration_ns),
            self_ns,
            self_share: facts.share(self_ns),
            critical_ns,
            critical_share: facts.share(critical_ns),
        }
    };
    top.into_iter().map(slow).collect()
}
