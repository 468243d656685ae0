//! The JSON of Prometheus's small answers, as it is on the wire. Everything that some version leaves out is optional;
//! fields that we do not use are not named, and unknown ones are skipped.

use std::collections::BTreeMap;

use serde::Deserialize;

pub(super) type LabelMap = BTreeMap<String, String>;

#[derive(Deserialize)]
pub(super) struct Envelope<T> {
    #[serde(default)]
    pub status: Option<String>,
    #[serde(default = "no_data")]
    pub data: Option<T>,
    #[serde(default, rename = "errorType")]
    pub error_type: Option<String>,
    #[serde(default)]
    pub error: Option<String>,
    #[serde(default)]
    pub warnings: Option<Vec<String>>,
    #[serde(default)]
    pub infos: Option<Vec<String>>,
}

fn no_data<T>() -> Option<T> {
    None
}

/// An envelope of which only the error matters.
#[derive(Deserialize)]
pub(super) struct Failure {
    #[serde(default, rename = "errorType")]
    pub error_type: Option<String>,
    #[serde(default)]
    pub error: Option<String>,
}

pub(super) type Metadata = BTreeMap<String, Vec<MetadataEntry>>;

#[derive(Deserialize)]
pub(super) struct MetadataEntry {
    #[serde(default, rename = "type")]
    pub kind: String,
    #[serde(default)]
    pub help: String,
    #[serde(default)]
    pub unit: String,
}

#[derive(Deserialize, Default)]
pub(super) struct Rules {
    #[serde(default)]
    pub groups: Option<Vec<RuleGroup>>,
    #[serde(default, rename = "groupNextToken")]
    pub group_next_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RuleGroup {
    #[serde(default)]
    pub name: String,
    #[serde(default)]
    pub file: String,
    #[serde(default)]
    pub rules: Option<Vec<Rule>>,
    #[serde(default)]
    pub interval: f64,
    #[serde(default)]
    pub evaluation_time: f64,
    #[serde(default)]
    pub last_evaluation: Option<String>,
}

/// Alerting and recording rules in one: `type` tells them apart.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Rule {
    #[serde(default, rename = "type")]
    pub kind: String,
    #[serde(default)]
    pub name: String,
    #[serde(default)]
    pub query: String,
    #[serde(default)]
    pub labels: Option<LabelMap>,
    #[serde(default)]
    pub annotations: Option<LabelMap>,
    #[serde(default)]
    pub state: Option<String>,
    #[serde(default)]
    pub duration: f64,
    #[serde(default)]
    pub keep_firing_for: f64,
    #[serde(default)]
    pub alerts: Option<Vec<Alert>>,
    #[serde(default)]
    pub health: String,
    #[serde(default)]
    pub last_error: Option<String>,
    #[serde(default)]
    pub evaluation_time: f64,
    #[serde(default)]
    pub last_evaluation: Option<String>,
}

#[derive(Deserialize, Default)]
pub(super) struct Alerts {
    #[serde(default)]
    pub alerts: Option<Vec<Alert>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Alert {
    #[serde(default)]
    pub labels: Option<LabelMap>,
    #[serde(default)]
    pub annotations: Option<LabelMap>,
    #[serde(default)]
    pub state: String,
    #[serde(default)]
    pub active_at: Option<String>,
    #[serde(default)]
    pub keep_firing_since: Option<String>,
    /// `%e` text: `1e+00`.
    #[serde(default)]
    pub value: String,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_field_names, reason = "the wire's names")]
pub(super) struct Targets {
    #[serde(default)]
    pub active_targets: Option<Vec<Target>>,
    #[serde(default)]
    pub dropped_targets: Option<Vec<DroppedTarget>>,
    #[serde(default)]
    pub dropped_target_counts: Option<BTreeMap<String, u64>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Target {
    #[serde(default)]
    pub discovered_labels: Option<LabelMap>,
    #[serde(default)]
    pub labels: Option<LabelMap>,
    #[serde(default)]
    pub scrape_pool: String,
    #[serde(default)]
    pub scrape_url: String,
    #[serde(default)]
    pub global_url: String,
    #[serde(default)]
    pub last_error: Option<String>,
    #[serde(default)]
    pub last_scrape: Option<String>,
    #[serde(default)]
    pub last_scrape_duration: f64,
    #[serde(default)]
    pub health: String,
    #[serde(default)]
    pub scrape_interval: String,
    #[serde(default)]
    pub scrape_timeout: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct DroppedTarget {
    #[serde(default)]
    pub discovered_labels: Option<LabelMap>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase")]
pub(super) struct BuildInfo {
    #[serde(default)]
    pub application: String,
    #[serde(default)]
    pub version: String,
    #[serde(default)]
    pub revision: String,
    #[serde(default)]
    pub branch: String,
    #[serde(default)]
    pub build_date: String,
    #[serde(default)]
    pub go_version: String,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase")]
pub(super) struct RuntimeInfo {
    #[serde(default)]
    pub start_time: Option<String>,
    #[serde(default)]
    pub reload_config_success: Option<bool>,
    #[serde(default)]
    pub last_config_time: Option<String>,
    #[serde(default)]
    pub storage_retention: String,
    #[serde(default)]
    pub goroutine_count: Option<u64>,
    #[serde(default)]
    pub server_time: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ExemplarSeries {
    #[serde(default)]
    pub series_labels: Option<LabelMap>,
    #[serde(default)]
    pub exemplars: Option<Vec<Exemplar>>,
}

#[derive(Deserialize)]
pub(super) struct Exemplar {
    #[serde(default)]
    pub labels: Option<LabelMap>,
    pub value: String,
    /// Seconds.
    pub timestamp: f64,
}
