//! The scraped samples as OpenMetrics text, so that `promtool tsdb create-blocks-from openmetrics` can load them.
//!
//! OpenMetrics cannot carry a stale marker: a series that ends is simply not continued, so a server that has loaded the file
//! sees it for the look-back window longer. `World::without_stale_markers` makes the embedded store forget them too, for comparison.

use std::collections::BTreeMap;
use std::io::{self, Write};

use crate::promql::go_exponent;
use crate::sim::{MetricKind, MetricMeta, Platform, is_stale};

/// Writes everything that the platform scrapes up to its "now". Returns the number of samples.
pub fn export(platform: &mut Platform, out: &mut impl Write) -> io::Result<u64> {
    let kinds: BTreeMap<&str, &MetricMeta> = Platform::metadata().iter().map(|meta| (meta.name, meta)).collect();
    let mut columns: Vec<Vec<(i64, f64)>> = vec![Vec::new(); platform.series().len()];
    while platform.next_ms() <= platform.now_ms() {
        let scrape = platform.next_scrape();
        for (index, value) in scrape.samples {
            if let Some(column) = columns.get_mut(*index)
                && !is_stale(*value)
            {
                column.push((scrape.t_ms, *value));
            }
        }
    }
    let mut families: BTreeMap<(String, &'static str), Vec<usize>> = BTreeMap::new();
    for (index, series) in platform.series().iter().enumerate() {
        families.entry(family_of(&series.name, &kinds)).or_default().push(index);
    }
    let mut written = 0;
    for ((family, kind), members) in &families {
        writeln!(out, "# TYPE {family} {kind}")?;
        for index in members {
            let (Some(series), Some(column)) = (platform.series().get(*index), columns.get(*index)) else { continue };
            let labels: Vec<String> =
                series.labels.iter().map(|(name, value)| format!("{name}=\"{}\"", escape(value))).collect();
            let identity = if labels.is_empty() {
                series.name.clone()
            } else {
                format!("{}{{{}}}", series.name, labels.join(","))
            };
            for (time_ms, value) in column {
                let secs = time_ms.div_euclid(1000);
                let millis = time_ms.rem_euclid(1000);
                writeln!(out, "{identity} {} {secs}.{millis:03}", number(*value))?;
                written += 1;
            }
        }
    }
    writeln!(out, "# EOF")?;
    Ok(written)
}

/// The family of a series and its type. Names that OpenMetrics would not allow for their type are exported untyped: the
/// sample's name must stay what it is.
fn family_of(name: &str, kinds: &BTreeMap<&str, &MetricMeta>) -> (String, &'static str) {
    if let Some(meta) = kinds.get(name) {
        return match meta.kind {
            MetricKind::Counter => match name.strip_suffix("_total") {
                Some(family) if !kinds.contains_key(family) => (family.to_owned(), "counter"),
                _ => (name.to_owned(), "unknown"),
            },
            MetricKind::Gauge => (name.to_owned(), "gauge"),
            MetricKind::Histogram | MetricKind::Summary | MetricKind::Untyped => (name.to_owned(), "unknown"),
        };
    }
    for suffix in ["_bucket", "_sum", "_count"] {
        if let Some(family) = name.strip_suffix(suffix)
            && let Some(meta) = kinds.get(family)
        {
            return match meta.kind {
                MetricKind::Histogram => (family.to_owned(), "histogram"),
                MetricKind::Summary => (family.to_owned(), "summary"),
                _ => (name.to_owned(), "unknown"),
            };
        }
    }
    (name.to_owned(), "unknown")
}

fn escape(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

fn number(value: f64) -> String {
    if value.is_nan() {
        "NaN".into()
    } else if value.is_infinite() {
        if value > 0.0 { "+Inf".into() } else { "-Inf".into() }
    } else {
        go_exponent(&format!("{value:?}"))
    }
}
