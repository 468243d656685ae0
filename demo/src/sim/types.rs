//! What the simulator hands out: series, samples, exemplars and targets, in Prometheus's words and nothing of its own.

/// Seconds between two scrapes: `scrape_interval` of the operations guide.
pub const SCRAPE_INTERVAL_MS: i64 = 15_000;

/// History that exists at the moment a platform starts.
pub const HISTORY_MS: i64 = 30 * 3_600_000;

/// The value with which Prometheus marks the end of a series. Compare bits: it is a NaN.
pub const STALE_NAN_BITS: u64 = 0x7ff0_0000_0000_0002;

/// The stale marker as a value.
pub const fn stale_nan() -> f64 {
    f64::from_bits(STALE_NAN_BITS)
}

/// True for the stale marker alone; an ordinary NaN is a value.
pub const fn is_stale(value: f64) -> bool {
    value.to_bits() == STALE_NAN_BITS
}

/// One series. `labels` are sorted by name and do not hold `__name__`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeriesDef {
    pub name: String,
    pub labels: Vec<(String, String)>,
}

impl SeriesDef {
    /// The value of a label, if the series has it.
    pub fn label(&self, name: &str) -> Option<&str> {
        self.labels.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MetricKind {
    Counter,
    Gauge,
    Histogram,
    Summary,
    Untyped,
}

/// `# TYPE`, `# HELP` and `# UNIT` of one family. Counters keep `_total` in their name, as the text format has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MetricMeta {
    pub name: &'static str,
    pub kind: MetricKind,
    pub help: &'static str,
    pub unit: &'static str,
}

/// All samples of one instant. `samples` pairs an index into `Platform::series` with a value, at most one per series.
/// A series that vanished carries the stale marker once. An instant at which the server itself was down has no samples.
#[derive(Debug, Clone, Copy)]
pub struct Scrape<'a> {
    pub t_ms: i64,
    pub samples: &'a [(usize, f64)],
}

/// One exemplar of a `_bucket` series; `labels` hold `trace_id`, 32 lower-case hex digits.
#[derive(Debug, Clone, PartialEq)]
pub struct Exemplar {
    pub series: usize,
    pub labels: Vec<(String, String)>,
    pub value: f64,
    pub t_ms: i64,
}

/// A scrape target as `/api/v1/targets` tells it.
#[derive(Debug, Clone, PartialEq)]
pub struct Target {
    pub job: String,
    pub instance: String,
    /// Labels after relabelling, sorted, with `job` and `instance`.
    pub labels: Vec<(String, String)>,
    /// Labels before relabelling, sorted.
    pub discovered_labels: Vec<(String, String)>,
    pub scrape_pool: String,
    pub scrape_url: String,
    pub healthy: bool,
    /// Empty when healthy.
    pub last_error: String,
    pub last_scrape_ms: i64,
    pub last_duration_secs: f64,
    pub scrape_interval_secs: u32,
    pub scrape_timeout_secs: u32,
}
