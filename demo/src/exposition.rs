//! Samples as text: what a target exposes when it is scraped, and what `promtool` loads as history.
//!
//! One catalogue of families serves both, so that a series has the same name, type and labels however it reaches a
//! server. Invariant: a sample's name stays what it is; a name that OpenMetrics would not allow for its type is exposed
//! as `unknown`. It deliberately knows nothing of stores and simulators: it is given series, and then values.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{self, Write};

use crate::promql::go_exponent;
use crate::sim::{MetricKind, MetricMeta, Platform};

/// How the text is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// OpenMetrics 1.0: with units and exemplars.
    OpenMetrics,
    /// The text format 0.0.4.
    Text,
}

impl Format {
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
            Self::Text => "text/plain; version=0.0.4; charset=utf-8",
        }
    }
}

/// The families of a list of series.
#[derive(Debug)]
pub struct Catalogue {
    families: Vec<Family>,
}

#[derive(Debug)]
struct Family {
    /// As OpenMetrics has it: counters without `_total`.
    name: String,
    kind: &'static str,
    /// The name and type in the text format.
    text_name: String,
    text_kind: &'static str,
    help: &'static str,
    unit: &'static str,
    /// Number of the series, and `name{labels}`.
    members: Vec<(usize, String)>,
}

impl Catalogue {
    /// Takes series as the caller numbers them: number, name, and labels without `__name__`.
    pub fn new<'a, L>(series: impl IntoIterator<Item = (usize, &'a str, L)>) -> Self
    where
        L: IntoIterator<Item = (&'a str, &'a str)>,
    {
        let known: BTreeMap<&str, &MetricMeta> = Platform::metadata().iter().map(|meta| (meta.name, meta)).collect();
        let mut families: BTreeMap<(String, &'static str), Family> = BTreeMap::new();
        for (index, name, labels) in series {
            let (family, kind, meta) = family_of(name, &known);
            let identity = identity(name, labels);
            let entry = families.entry((family.clone(), kind)).or_insert_with(|| Family {
                text_name: meta.map_or_else(|| family.clone(), |meta| meta.name.to_owned()),
                text_kind: if kind == "unknown" { "untyped" } else { kind },
                name: family,
                kind,
                help: meta.map_or("", |meta| meta.help),
                unit: meta.map_or("", |meta| meta.unit),
                members: Vec::new(),
            });
            entry.members.push((index, identity));
        }
        Self { families: families.into_values().collect() }
    }

    /// All samples of all series with their times, as `promtool tsdb create-blocks-from openmetrics` takes them.
    /// `column` gives a series' times and values. Returns the number of samples.
    pub fn write_history<'a>(
        &self,
        out: &mut impl Write,
        column: impl Fn(usize) -> Option<(&'a [i64], &'a [f64])>,
    ) -> io::Result<u64> {
        let mut written = 0;
        let mut line = String::new();
        for Family { name, kind, members, .. } in &self.families {
            writeln!(out, "# TYPE {name} {kind}")?;
            for (index, identity) in members {
                let Some((times_ms, values)) = column(*index) else { continue };
                for (time_ms, value) in times_ms.iter().zip(values) {
                    line.clear();
                    push_number(&mut line, *value);
                    writeln!(out, "{identity} {line} {}", Secs(*time_ms))?;
                    written += 1;
                }
            }
        }
        writeln!(out, "# EOF")?;
        Ok(written)
    }

    /// What a scrape reads now. `value` gives a series' value if it is exposed; `exemplar` its exemplar, as trace id, value and time.
    pub fn scrape_page(
        &self,
        format: Format,
        value: impl Fn(usize) -> Option<f64>,
        exemplar: impl Fn(usize) -> Option<(String, f64, i64)>,
    ) -> String {
        let mut out = String::new();
        let is_open = format == Format::OpenMetrics;
        for family in &self.families {
            let mut has_header = false;
            for (index, identity) in &family.members {
                let Some(value) = value(*index) else { continue };
                if !has_header {
                    family.push_header(&mut out, is_open);
                    has_header = true;
                }
                out.push_str(identity);
                out.push(' ');
                push_number(&mut out, value);
                if is_open && let Some((trace_id, seen, time_ms)) = exemplar(*index) {
                    out.extend([" # {trace_id=\"", &trace_id, "\"} "]);
                    push_number(&mut out, seen);
                    write!(out, " {}", Secs(time_ms)).unwrap_or(());
                }
                out.push('\n');
            }
        }
        if is_open {
            out.push_str("# EOF\n");
        }
        out
    }
}

impl Family {
    fn push_header(&self, out: &mut String, is_open: bool) {
        let Self { name, kind, text_name, text_kind, help, unit, .. } = self;
        let (name, kind) = if is_open { (name, kind) } else { (text_name, text_kind) };
        if !help.is_empty() {
            out.extend(["# HELP ", name, " ", help, "\n"]);
        }
        out.extend(["# TYPE ", name, " ", kind, "\n"]);
        // OpenMetrics wants the unit to be the end of the name.
        if is_open && !unit.is_empty() && name.strip_suffix(unit).is_some_and(|rest| rest.ends_with('_')) {
            out.extend(["# UNIT ", name, " ", unit, "\n"]);
        }
    }
}

/// `1600000000.123`.
struct Secs(i64);

impl std::fmt::Display for Secs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{:03}", self.0.div_euclid(1000), self.0.rem_euclid(1000))
    }
}

/// The family of a series, its type in OpenMetrics, and what is known of it.
fn family_of<'m>(name: &str, known: &BTreeMap<&str, &'m MetricMeta>) -> (String, &'static str, Option<&'m MetricMeta>) {
    if let Some(meta) = known.get(name) {
        let (family, kind) = match meta.kind {
            MetricKind::Counter => match name.strip_suffix("_total") {
                Some(family) if !known.contains_key(family) => (family, "counter"),
                _ => (name, "unknown"),
            },
            MetricKind::Gauge => (name, "gauge"),
            MetricKind::Histogram | MetricKind::Summary | MetricKind::Untyped => (name, "unknown"),
        };
        return (family.to_owned(), kind, Some(meta));
    }
    for suffix in ["_bucket", "_sum", "_count"] {
        if let Some(family) = name.strip_suffix(suffix)
            && let Some(meta) = known.get(family)
        {
            return match meta.kind {
                MetricKind::Histogram => (family.to_owned(), "histogram", Some(meta)),
                MetricKind::Summary => (family.to_owned(), "summary", Some(meta)),
                _ => (name.to_owned(), "unknown", None),
            };
        }
    }
    (name.to_owned(), "unknown", None)
}

fn identity<'a>(name: &str, labels: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let labels: Vec<String> = labels.into_iter().map(|(name, value)| format!("{name}=\"{}\"", escape(value))).collect();
    if labels.is_empty() { name.to_owned() } else { format!("{name}{{{}}}", labels.join(",")) }
}

fn escape(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

fn push_number(out: &mut String, value: f64) {
    if value.is_nan() {
        out.push_str("NaN");
    } else if value.is_infinite() {
        out.push_str(if value > 0.0 { "+Inf" } else { "-Inf" });
    } else {
        out.push_str(&go_exponent(&format!("{value:?}")));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_in_the_format_that_was_asked_for() {
        let series = [
            (0, "agentarea_http_requests_total", vec![("status", "200")]),
            (1, "agentarea_http_request_duration_seconds_bucket", vec![("le", "0.1")]),
            (2, "agentarea_http_request_duration_seconds_bucket", vec![("le", "+Inf")]),
            (3, "agentarea_memory_usage_bytes", vec![("component", "a \"b\"")]),
            (4, "up", vec![]),
        ];
        let catalogue = Catalogue::new(series);
        let value = |index: usize| (index != 4).then_some([7.0, 1.0, 2.0, 1.5e21, 1.0][index]);
        let exemplar = |index: usize| (index == 2).then(|| ("ab".to_owned(), 0.25, 1_700_000_000_012));
        let page = catalogue.scrape_page(Format::OpenMetrics, value, exemplar);
        assert_eq!(
            page,
            "# HELP agentarea_http_request_duration_seconds HTTP request duration\n\
             # TYPE agentarea_http_request_duration_seconds histogram\n\
             # UNIT agentarea_http_request_duration_seconds seconds\n\
             agentarea_http_request_duration_seconds_bucket{le=\"0.1\"} 1.0\n\
             agentarea_http_request_duration_seconds_bucket{le=\"+Inf\"} 2.0 # {trace_id=\"ab\"} 0.25 1700000000.012\n\
             # HELP agentarea_http_requests Total HTTP requests\n\
             # TYPE agentarea_http_requests counter\n\
             agentarea_http_requests_total{status=\"200\"} 7.0\n\
             # HELP agentarea_memory_usage_bytes Memory usage by component\n\
             # TYPE agentarea_memory_usage_bytes gauge\n\
             # UNIT agentarea_memory_usage_bytes bytes\n\
             agentarea_memory_usage_bytes{component=\"a \\\"b\\\"\"} 1.5e+21\n\
             # EOF\n"
        );
        let page = catalogue.scrape_page(Format::Text, value, exemplar);
        assert!(page.contains("# TYPE agentarea_http_requests_total counter\n"), "{page}");
        assert!(!page.contains("trace_id") && !page.contains("UNIT") && !page.contains("EOF"), "{page}");
    }
}
