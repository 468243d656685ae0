//! A trace as one line of a list.

use std::{cmp::Ordering, fmt};

use crate::{
    base::order,
    model::trace::{Trace, TraceId},
};

#[derive(Debug, Clone, PartialEq, Default)]
pub struct TraceSummary {
    pub id: TraceId,
    /// Of the span that names the trace.
    pub service: String,
    pub operation: String,
    pub start_ns: i64,
    pub duration_ns: i64,
    pub span_count: usize,
    /// With their spans, the busiest first.
    pub services: Vec<(String, usize)>,
    pub error_count: usize,
    /// Whether the span that names the trace failed.
    pub is_failed: bool,
}

impl TraceSummary {
    /// O(n).
    pub fn of(trace: &Trace) -> Self {
        let mut counts = vec![0_usize; trace.name_count()];
        for span in 0..trace.len() {
            if let Some(count) = counts.get_mut(trace.service_key(span) as usize) {
                *count += 1;
            }
        }
        let mut services: Vec<(String, usize)> = (0_u32..)
            .zip(counts)
            .filter(|(_, count)| *count > 0)
            .map(|(key, count)| (trace.name(key).to_owned(), count))
            .collect();
        order::sort_by(&mut services, |a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        let root = trace.root();
        Self {
            id: trace.id(),
            service: root.map(|root| trace.service(root).to_owned()).unwrap_or_default(),
            operation: root.map(|root| trace.operation(root).to_owned()).unwrap_or_default(),
            start_ns: trace.start_ns(),
            duration_ns: trace.duration_ns(),
            span_count: trace.len(),
            services,
            error_count: trace.error_count(),
            is_failed: root.is_some_and(|root| trace.is_error(root)),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SortKey {
    /// Service and operation.
    Name,
    Start,
    Duration,
    Spans,
    Services,
    Errors,
}

impl SortKey {
    pub const ALL: [Self; 6] = [Self::Name, Self::Start, Self::Duration, Self::Spans, Self::Services, Self::Errors];

    fn id(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Start => "start",
            Self::Duration => "duration",
            Self::Spans => "spans",
            Self::Services => "services",
            Self::Errors => "errors",
        }
    }
}

/// The order of a list. `Display` gives what [`Sort::parse`] reads back: `duration`, `-duration`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sort {
    pub key: SortKey,
    pub is_descending: bool,
}

impl Default for Sort {
    /// The newest first.
    fn default() -> Self {
        Self { key: SortKey::Start, is_descending: true }
    }
}

impl fmt::Display for Sort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", if self.is_descending { "-" } else { "" }, self.key.id())
    }
}

impl Sort {
    pub fn parse(text: &str) -> Option<Self> {
        let key = text.trim_start_matches('-');
        let key = SortKey::ALL.into_iter().find(|known| known.id() == key)?;
        Some(Self { key, is_descending: text.starts_with('-') })
    }

    /// What a press on a column's head gives: names begin with A, numbers with the largest; a second press turns it round.
    #[must_use]
    pub fn pressed(self, key: SortKey) -> Self {
        if self.key == key {
            Self { key, is_descending: !self.is_descending }
        } else {
            Self { key, is_descending: key != SortKey::Name }
        }
    }

    /// Places in order. Of equal ones the newer stands first.
    pub fn order(self, rows: &[TraceSummary]) -> Vec<usize> {
        let compare = |a: &TraceSummary, b: &TraceSummary| match self.key {
            SortKey::Name => (&a.service, &a.operation).cmp(&(&b.service, &b.operation)),
            SortKey::Start => a.start_ns.cmp(&b.start_ns),
            SortKey::Duration => a.duration_ns.cmp(&b.duration_ns),
            SortKey::Spans => a.span_count.cmp(&b.span_count),
            SortKey::Services => a.services.len().cmp(&b.services.len()),
            SortKey::Errors => a.error_count.cmp(&b.error_count),
        };
        order::order_of(rows.len(), &mut |a, b| {
            let (Some(a), Some(b)) = (rows.get(a), rows.get(b)) else { return Ordering::Equal };
            let ordering = compare(a, b);
            let ordering = if self.is_descending { ordering.reverse() } else { ordering };
            ordering.then_with(|| b.start_ns.cmp(&a.start_ns))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::trace::drawn::trace;

    #[test]
    fn a_trace_in_a_line() {
        let summary = TraceSummary::of(&trace(
            "
            api GET /agents      |===========|
              api validate        |==|
              db SELECT               |=====|       !error
            ",
        ));
        assert_eq!((summary.service.as_str(), summary.operation.as_str()), ("api", "GET /agents"));
        assert_eq!((summary.span_count, summary.error_count, summary.is_failed), (3, 1, false));
        assert_eq!(summary.services, [("api".to_owned(), 2), ("db".to_owned(), 1)]);
        assert_eq!(summary.duration_ns, 12_000_000);
    }

    #[test]
    fn orders_are_written_and_read() {
        for key in SortKey::ALL {
            for is_descending in [false, true] {
                let sort = Sort { key, is_descending };
                assert_eq!(Sort::parse(&sort.to_string()), Some(sort));
            }
        }
        assert_eq!(Sort::parse("colour"), None);
        let sort = Sort::default().pressed(SortKey::Duration);
        assert_eq!(sort.to_string(), "-duration");
        assert_eq!(sort.pressed(SortKey::Duration).to_string(), "duration");
        assert_eq!(sort.pressed(SortKey::Name).to_string(), "name");
    }

    #[test]
    fn rows_are_ordered() {
        let row = |start_ns: i64, duration_ns: i64, service: &str| TraceSummary {
            start_ns,
            duration_ns,
            service: service.to_owned(),
            ..TraceSummary::default()
        };
        let rows = [row(1, 30, "b"), row(2, 10, "a"), row(3, 30, "c")];
        let check =
            |sort: &str, expect: [usize; 3]| assert_eq!(Sort::parse(sort).unwrap().order(&rows), expect, "{sort}");
        check("-start", [2, 1, 0]);
        check("start", [0, 1, 2]);
        check("-duration", [2, 0, 1]);
        check("duration", [1, 2, 0]);
        check("name", [1, 0, 2]);
        check("errors", [2, 1, 0]);
    }
}
