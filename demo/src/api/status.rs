//! The `status/*` answers: what this server says it is.

use serde_json::{Value, json};

/// The configuration that a server with these targets would run, from the operations guide.
pub(super) const CONFIG: &str = "\
global:
  scrape_interval: 15s
  scrape_timeout: 10s
  evaluation_interval: 15s
  external_labels:
    cluster: agentarea-prod
    region: us-west-2
rule_files:
- agentarea_rules.yml
";

/// The Prometheus version whose behaviour is reproduced: clients choose features by it.
pub(super) fn build_info() -> Value {
    json!({
        "version": "2.42.0",
        "revision": concat!("agentarea-demo ", env!("CARGO_PKG_VERSION")),
        "branch": "agentarea-demo",
        "buildUser": "",
        "buildDate": "",
        "goVersion": "",
    })
}

pub(super) fn runtime_info(start_time: &str, series: usize, samples: u64) -> Value {
    json!({
        "startTime": start_time,
        "CWD": "/",
        "reloadConfigSuccess": true,
        "lastConfigTime": start_time,
        "corruptionCount": 0,
        "goroutineCount": 0,
        "GOMAXPROCS": std::thread::available_parallelism().map_or(1, usize::from),
        "GOGC": "",
        "GODEBUG": "",
        "storageRetention": "30h",
        "timeSeriesCount": series,
        "samplesAppended": samples,
    })
}

pub(super) fn flags() -> Value {
    json!({
        "query.lookback-delta": "5m",
        "query.max-concurrency": "4",
        "query.timeout": "2m",
        "storage.tsdb.retention.time": "30h",
        "web.route-prefix": "/prometheus",
    })
}
