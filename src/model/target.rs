//! What a Prometheus server scrapes, what it knows about its metrics, and what it is.

use super::labels::Labels;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TargetHealth {
    Down,
    Unknown,
    Up,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Target {
    pub pool: String,
    pub labels: Labels,
    /// Before relabelling.
    pub discovered_labels: Labels,
    pub scrape_url: String,
    pub global_url: String,
    pub health: TargetHealth,
    pub last_error: Option<String>,
    /// `None` before the first scrape.
    pub last_scrape_ms: Option<i64>,
    pub last_scrape_secs: f64,
    /// As configured: `15s`.
    pub scrape_interval: String,
    pub scrape_timeout: String,
}

#[derive(Debug, Clone, PartialEq, Default)]
pub struct Targets {
    pub active: Vec<Target>,
    /// Discovered labels of targets that relabelling dropped.
    pub dropped: Vec<Labels>,
    /// Pool and number, for servers that keep only the count.
    pub dropped_counts: Vec<(String, u64)>,
}

/// One of the (sometimes several, when targets disagree) descriptions of a metric.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct MetricMetadata {
    pub metric: String,
    /// `counter`, `gauge`, `histogram`, `summary`, `unknown`, …
    pub kind: String,
    pub help: String,
    pub unit: String,
}

/// Text as the server gives it; empty where it says nothing.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct BuildInfo {
    pub application: String,
    pub version: String,
    pub revision: String,
    pub branch: String,
    pub build_date: String,
    pub go_version: String,
}

#[derive(Debug, Clone, PartialEq, Default)]
pub struct RuntimeInfo {
    pub started_ms: Option<i64>,
    pub is_config_reload_successful: Option<bool>,
    pub last_config_reload_ms: Option<i64>,
    /// As configured: `15d`, `15d or 10GiB`.
    pub retention: String,
    pub goroutine_count: Option<u64>,
    pub server_time_ms: Option<i64>,
}
