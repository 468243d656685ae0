//! Alerts and the rules that raise them, in Prometheus's words.

use super::labels::Labels;

/// `Inactive < Unknown < Pending < Firing`: how much it matters, so that lists sort by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AlertState {
    Inactive,
    /// Not evaluated yet, or a state that we do not know.
    Unknown,
    Pending,
    Firing,
}

/// One active alert of a rule.
#[derive(Debug, Clone, PartialEq)]
pub struct Alert {
    pub labels: Labels,
    pub annotations: Labels,
    pub state: AlertState,
    /// Unix time in milliseconds at which the expression became true.
    pub active_since_ms: Option<i64>,
    /// Unix time in milliseconds at which it stopped being true while `keep_firing_for` holds it.
    pub keep_firing_since_ms: Option<i64>,
    pub value: f64,
}

#[derive(Debug, Clone, PartialEq)]
pub struct RuleGroup {
    pub name: String,
    pub file: String,
    pub interval_secs: f64,
    /// `None` before the first evaluation.
    pub last_evaluation_ms: Option<i64>,
    pub evaluation_secs: f64,
    pub rules: Vec<Rule>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    pub name: String,
    /// PromQL.
    pub query: String,
    pub labels: Labels,
    pub health: RuleHealth,
    pub last_error: Option<String>,
    /// `None` before the first evaluation.
    pub last_evaluation_ms: Option<i64>,
    pub evaluation_secs: f64,
    pub kind: RuleKind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RuleHealth {
    Ok,
    Unknown,
    Failed,
}

#[derive(Debug, Clone, PartialEq)]
pub enum RuleKind {
    Alerting {
        state: AlertState,
        /// The rule's `for`.
        hold_secs: f64,
        keep_firing_secs: f64,
        annotations: Labels,
        /// Empty also where the backend was asked to leave them out.
        alerts: Vec<Alert>,
    },
    Recording,
}
