//! Exemplars: single observations that lead from a metric to a trace.

use super::labels::Labels;

#[derive(Debug, Clone, PartialEq)]
pub struct ExemplarSeries {
    pub labels: Labels,
    pub exemplars: Vec<Exemplar>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Exemplar {
    pub labels: Labels,
    pub value: f64,
    pub t_ms: f64,
}

impl Exemplar {
    /// The trace that this observation belongs to, as the backend wrote it. Its label's spelling is not fixed:
    /// `trace_id`, `traceID`, `traceId`, `TraceID`, `trace.id`.
    pub fn trace_id(&self) -> Option<&str> {
        self.labels.iter().find(|(name, value)| is_trace_id_name(name) && !value.is_empty()).map(|(_, value)| value)
    }
}

fn is_trace_id_name(name: &str) -> bool {
    name.bytes().filter(u8::is_ascii_alphanumeric).map(|b| b.to_ascii_lowercase()).eq(*b"traceid")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_trace_id_is_found_however_it_is_spelled() {
        let check = |name: &str, expect: Option<&str>| {
            let exemplar =
                Exemplar { labels: Labels::from_pairs([("span_id", "2"), (name, "1")]), value: 0.0, t_ms: 0.0 };
            assert_eq!(exemplar.trace_id(), expect, "{name}");
        };
        for name in ["trace_id", "traceID", "traceId", "TraceID", "trace.id", "traceid"] {
            check(name, Some("1"));
        }
        check("trace", None);
        check("parent_trace_id", None);
    }
}
