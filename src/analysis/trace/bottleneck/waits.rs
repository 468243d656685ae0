//! Spans that are nothing but waiting: for a connection, a lock, a worker, a queue, a pause.
//!
//! They are known by the words of their operation, or by tags that say how long something was waited for.

use super::{Facts, Finding, Kind, Severity};
use crate::{
    analysis::trace::words::{Sentence, counted},
    base::order,
    model::trace::{SpanDetail, SpanKind},
};

/// Shorter waits are not told: one hundredth of the trace.
const MIN_SHARE: f64 = 0.01;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Awaited {
    Connection,
    Lock,
    Worker,
    Queue,
    RateLimit,
    Pause,
}

/// Words of operations, in a row, and what they wait for. `connect` alone is a wait only where a pool of database
/// connections is behind it: `SQLAlchemy`'s instrumentation names so the span around getting one.
const PATTERNS: &[(&[&str], Awaited)] = &[
    (&["pool", "acquire"], Awaited::Connection),
    (&["pool", "get"], Awaited::Connection),
    (&["pool", "checkout"], Awaited::Connection),
    (&["pool", "wait"], Awaited::Connection),
    (&["pool", "connect"], Awaited::Connection),
    (&["acquire", "connection"], Awaited::Connection),
    (&["get", "connection"], Awaited::Connection),
    (&["wait", "connection"], Awaited::Connection),
    (&["wait", "for", "connection"], Awaited::Connection),
    (&["connection", "wait"], Awaited::Connection),
    (&["connection", "acquire"], Awaited::Connection),
    (&["checkout", "connection"], Awaited::Connection),
    (&["lock"], Awaited::Lock),
    (&["locks"], Awaited::Lock),
    (&["mutex"], Awaited::Lock),
    (&["semaphore"], Awaited::Lock),
    (&["wait", "for", "worker"], Awaited::Worker),
    (&["wait", "worker"], Awaited::Worker),
    (&["worker", "wait"], Awaited::Worker),
    (&["wait", "for", "thread"], Awaited::Worker),
    (&["wait", "for", "slot"], Awaited::Worker),
    (&["queue", "wait"], Awaited::Queue),
    (&["wait", "queue"], Awaited::Queue),
    (&["wait", "in", "queue"], Awaited::Queue),
    (&["queued"], Awaited::Queue),
    (&["queueing"], Awaited::Queue),
    (&["throttle"], Awaited::RateLimit),
    (&["throttled"], Awaited::RateLimit),
    (&["rate", "limit", "wait"], Awaited::RateLimit),
    (&["wait", "rate", "limit"], Awaited::RateLimit),
    (&["backoff"], Awaited::Pause),
    (&["sleep"], Awaited::Pause),
];

/// Tags that only a wait has.
const TAGS: [(&str, Awaited); 4] = [
    ("db.client.connections.wait_seconds", Awaited::Connection),
    ("db.client.connection.wait_time", Awaited::Connection),
    ("db.pool.wait_ms", Awaited::Connection),
    ("lock.wait_ms", Awaited::Lock),
];

/// The words of a name: at what is no letter and no digit, and where a small letter meets a capital one.
fn words_of(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut was_small = false;
    for c in name.chars() {
        let is_new = !c.is_alphanumeric() || (was_small && c.is_ascii_uppercase());
        if is_new && words.last().is_some_and(|word| !word.is_empty()) {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut().filter(|_| c.is_alphanumeric()) {
            word.push(c.to_ascii_lowercase());
        }
        was_small = c.is_lowercase() || c.is_ascii_digit();
    }
    words.retain(|word| !word.is_empty());
    words
}

fn awaited_by_name(operation: &str) -> Option<Awaited> {
    let words = words_of(operation);
    let has = |pattern: &[&str]| words.windows(pattern.len()).any(|some| some.iter().eq(pattern.iter()));
    PATTERNS.iter().find(|(pattern, _)| has(pattern)).map(|(_, awaited)| *awaited)
}

/// Whether reading its details may show a wait: they are read of few.
fn may_wait(operation: &str) -> bool {
    let operation = operation.trim();
    ["connect", "connection", "acquire", "lock", "wait"].iter().any(|word| operation.eq_ignore_ascii_case(word))
}

fn awaited_by_tags(operation: &str, kind: SpanKind, detail: &SpanDetail) -> Option<Awaited> {
    let tagged = TAGS.iter().find(|(key, _)| detail.tag(key).is_some()).map(|(_, awaited)| *awaited);
    tagged.or_else(|| {
        let is_connect = operation.trim().eq_ignore_ascii_case("connect") && kind == SpanKind::Client;
        (is_connect && is_database(detail)).then_some(Awaited::Connection)
    })
}

fn is_database(detail: &SpanDetail) -> bool {
    ["db.system", "db.system.name"].iter().any(|key| detail.tag(key).is_some())
}

fn title(awaited: Awaited, operation: &str, detail: Option<&SpanDetail>) -> &'static str {
    match awaited {
        Awaited::Connection => {
            let words = words_of(operation);
            let names_http = words.iter().any(|word| matches!(word.as_str(), "http" | "https" | "httpx" | "tcp"));
            let is_other = names_http || detail.is_some_and(|detail| detail.tag("http.request.method").is_some());
            if is_other { "Waiting for a connection" } else { "Waiting for a database connection" }
        }
        Awaited::Lock => "Waiting for a lock",
        Awaited::Worker => "Waiting for a free worker",
        Awaited::Queue => "Waiting in a queue",
        Awaited::RateLimit => "Held back by a rate limit",
        Awaited::Pause => "Pausing before going on",
    }
}

pub fn find(facts: &mut Facts) -> Vec<Finding> {
    let trace = facts.trace;
    // By operation: names repeat, and most say nothing of waiting.
    let mut by_name: Vec<Option<Option<Awaited>>> = vec![None; trace.name_count()];
    let mut found: Vec<(&'static str, u32, usize)> = Vec::new();
    for span in 0..trace.len() {
        let key = trace.operation_key(span) as usize;
        let operation = trace.operation(span);
        let named = match by_name.get_mut(key) {
            Some(known) => *known.get_or_insert_with(|| awaited_by_name(operation)),
            None => None,
        };
        if named.is_none() && !may_wait(operation) || facts.share(trace.span_duration_ns(span)) < MIN_SHARE / 20.0 {
            continue;
        }
        let detail = facts.detail(span);
        let tagged = detail.as_ref().and_then(|detail| awaited_by_tags(operation, trace.kind(span), detail));
        if let Some(awaited) = tagged.or(named) {
            let pair = facts.pair_of.get(span).copied().unwrap_or_default();
            found.push((title(awaited, operation, detail.as_ref()), pair, span));
        }
    }
    order::sort_by(&mut found, Ord::cmp);
    let groups = found.chunk_by(|a, b| (a.0, a.1) == (b.0, b.1));
    groups.filter_map(|group| finding(facts, group)).collect()
}

fn finding(facts: &Facts, group: &[(&'static str, u32, usize)]) -> Option<Finding> {
    let trace = facts.trace;
    let title = group.first()?.0;
    let mut spans: Vec<usize> = group.iter().map(|(_, _, span)| *span).collect();
    let critical_ns = spans.iter().fold(0_i64, |sum, span| sum.saturating_add(facts.critical_within_ns(*span)));
    let is_critical = critical_ns > 0;
    let time_ns = if is_critical { critical_ns.min(facts.whole_ns) } else { facts.covered_ns(&spans) };
    let share = facts.share(time_ns);
    if share < MIN_SHARE {
        return None;
    }
    order::sort_by_key(&mut spans, |span| std::cmp::Reverse(trace.span_duration_ns(*span)));
    let first = *spans.first()?;
    let mut explanation = Sentence::default().span(first, trace.operation(first)).text(", ").duration(time_ns);
    explanation = if is_critical {
        explanation.text(" on the critical path")
    } else {
        explanation.text(", while something else took longer")
    };
    if spans.len() > 1 {
        explanation = explanation.text(format!(", in {}", counted(spans.len(), "span", "spans")));
    }
    if let Some(usual) = facts.usual(first) {
        explanation = explanation.text("; usually ").duration(usual.median_ns);
    }
    Some(Finding {
        kind: Kind::Waiting,
        severity: if is_critical { Severity::of_share(share) } else { Severity::Info },
        title: title.to_owned(),
        explanation,
        time_ns,
        share,
        service: trace.service(first).to_owned(),
        subject: trace.operation(first).to_owned(),
        spans,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_wait_are_told_from_names_that_do_not() {
        for (name, expect) in [
            ("pool.acquire", Some(Awaited::Connection)),
            ("asyncpg.pool.Pool.acquire", Some(Awaited::Connection)),
            ("pg-pool.connect", Some(Awaited::Connection)),
            ("HikariDataSource.getConnection", Some(Awaited::Connection)),
            ("wait_for_connection", Some(Awaited::Connection)),
            ("wait_for_worker", Some(Awaited::Worker)),
            ("acquire lock", Some(Awaited::Lock)),
            ("row-lock", Some(Awaited::Lock)),
            ("queue wait", Some(Awaited::Queue)),
            ("retry.backoff", Some(Awaited::Pause)),
            ("block", None),
            ("unlock", None),
            ("clock", None),
            ("await_answer", None),
            ("GET /pool", None),
            ("SELECT agentarea", None),
            ("", None),
        ] {
            assert_eq!(awaited_by_name(name), expect, "{name}");
        }
    }
}
