//! Rule files: reading, evaluating and keeping the state of alerts, as Prometheus does.
//!
//! Invariant: history and live evaluation take the same path ([`RuleSet::step`]), so `ALERTS` and `ALERTS_FOR_STATE` of the
//! past are what a running server would have written. It deliberately sends no notifications.

mod template;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use thiserror::Error;

pub use template::{Template, TemplateError};

use crate::promql::{self, Answer, DEFAULT_LOOKBACK_MS, Engine, Expr, QueryError, RangeTimes};
use crate::store::{Labels, METRIC_NAME, STALE_NAN_BITS};

/// Why rules cannot be loaded.
#[derive(Debug, Error)]
pub enum RuleError {
    #[error("cannot read the rule folder or file {}: {source}", path.display())]
    Read { path: PathBuf, source: std::io::Error },
    #[error("{} is not a rule file: {source}", path.display())]
    Yaml { path: PathBuf, source: serde_norway::Error },
    #[error("{}: group {group:?}, rule {rule:?}: {reason}", path.display())]
    Rule { path: PathBuf, group: String, rule: String, reason: String },
}

mod wire {
    use std::collections::BTreeMap;

    use serde::Deserialize;

    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    pub struct File {
        #[serde(default)]
        pub groups: Vec<Group>,
    }

    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    pub struct Group {
        pub name: String,
        pub interval: Option<String>,
        #[serde(default)]
        pub rules: Vec<Rule>,
    }

    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    pub struct Rule {
        pub alert: Option<String>,
        pub record: Option<String>,
        pub expr: String,
        #[serde(rename = "for")]
        pub hold: Option<String>,
        #[serde(default)]
        pub labels: BTreeMap<String, String>,
        #[serde(default)]
        pub annotations: BTreeMap<String, String>,
    }
}

/// The state of an active alert.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum AlertState {
    Inactive,
    Pending,
    Firing,
}

impl AlertState {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Inactive => "inactive",
            Self::Pending => "pending",
            Self::Firing => "firing",
        }
    }
}

/// One alert that is pending or firing.
#[derive(Debug, Clone, PartialEq)]
pub struct ActiveAlert {
    pub labels: Labels,
    pub annotations: Vec<(String, String)>,
    pub state: AlertState,
    pub active_at_ms: i64,
    pub value: f64,
}

#[derive(Debug)]
pub struct Alerting {
    pub hold_ms: i64,
    annotations: Vec<(String, Template)>,
    pub annotation_texts: BTreeMap<String, String>,
    active: BTreeMap<Labels, ActiveAlert>,
}

#[derive(Debug)]
pub enum RuleKind {
    Alerting(Alerting),
    Recording,
}

/// One rule and the outcome of its last evaluation.
#[derive(Debug)]
pub struct Rule {
    pub name: String,
    pub query: String,
    pub labels: BTreeMap<String, String>,
    label_templates: Vec<(String, Template)>,
    expr: Expr,
    pub kind: RuleKind,
    written: BTreeSet<Labels>,
    pub last_error: Option<String>,
    pub last_evaluation_ms: Option<i64>,
}

#[derive(Debug)]
pub struct Group {
    pub name: String,
    pub file: String,
    pub interval_ms: i64,
    pub rules: Vec<Rule>,
}

/// The rules of the operations guide, as their file has them; they travel inside the program.
pub const GUIDE_RULES: &str = include_str!("../../rules/agentarea_rules.yml");

/// The name of that file.
pub const GUIDE_FILE: &str = "agentarea_rules.yml";

/// All groups of all files, in their order.
#[derive(Debug, Default)]
pub struct RuleSet {
    pub groups: Vec<Group>,
}

/// A sample that a rule writes.
type Written = (Labels, i64, f64);

impl RuleSet {
    /// The operations guide's.
    pub fn of_the_guide(default_interval_ms: i64) -> Result<Self, RuleError> {
        Self::parse(GUIDE_FILE.as_ref(), GUIDE_RULES, default_interval_ms)
    }

    /// Reads one rule file, or all `*.yml` and `*.yaml` files of a folder in order of name.
    pub fn load(path: &Path, default_interval_ms: i64) -> Result<Self, RuleError> {
        let read_error = |source| RuleError::Read { path: path.to_owned(), source };
        let mut files: Vec<PathBuf> = if path.is_dir() {
            std::fs::read_dir(path)
                .map_err(read_error)?
                .filter_map(|entry| entry.ok().map(|entry| entry.path()))
                .filter(|file| file.extension().is_some_and(|extension| extension == "yml" || extension == "yaml"))
                .collect()
        } else {
            vec![path.to_owned()]
        };
        files.sort();
        let mut groups = Vec::new();
        for file in files {
            let text =
                std::fs::read_to_string(&file).map_err(|source| RuleError::Read { path: file.clone(), source })?;
            groups.extend(Self::parse(&file, &text, default_interval_ms)?.groups);
        }
        Ok(Self { groups })
    }

    pub fn parse(path: &Path, text: &str, default_interval_ms: i64) -> Result<Self, RuleError> {
        let file: wire::File =
            serde_norway::from_str(text).map_err(|source| RuleError::Yaml { path: path.to_owned(), source })?;
        let groups = file
            .groups
            .into_iter()
            .map(|group| {
                let refuse = |rule: &str, reason: String| RuleError::Rule {
                    path: path.to_owned(),
                    group: group.name.clone(),
                    rule: rule.to_owned(),
                    reason,
                };
                let interval_ms = match &group.interval {
                    Some(text) => duration_ms(text).ok_or_else(|| refuse("", format!("not a duration: {text:?}")))?,
                    None => default_interval_ms,
                };
                let rules = group
                    .rules
                    .into_iter()
                    .map(|rule| {
                        let name = rule.alert.clone().or_else(|| rule.record.clone()).unwrap_or_default();
                        Rule::new(rule).map_err(|reason| refuse(&name, reason))
                    })
                    .collect::<Result<_, _>>()?;
                Ok(Group { name: group.name.clone(), file: path.display().to_string(), interval_ms, rules })
            })
            .collect::<Result<_, _>>()?;
        Ok(Self { groups })
    }

    /// Evaluates every rule at every interval of the past and writes what it yields. One range query per rule: a rule may
    /// read what an earlier one has recorded.
    pub fn backfill(&mut self, engine: &Engine, start_ms: i64, end_ms: i64, write: &mut impl FnMut(&[Written])) {
        for group in &mut self.groups {
            let times = RangeTimes { start_ms, end_ms, step_ms: group.interval_ms };
            for rule in &mut group.rules {
                let mut samples_by_time: BTreeMap<i64, Vec<(Labels, f64)>> = BTreeMap::new();
                match engine.range(&rule.expr, times, DEFAULT_LOOKBACK_MS) {
                    Ok(series) => {
                        for one in series {
                            for (time_ms, value) in one.points {
                                samples_by_time.entry(time_ms).or_default().push((one.labels.clone(), value));
                            }
                        }
                    }
                    Err(error) => {
                        rule.last_error = Some(error.to_string());
                        continue;
                    }
                }
                let mut written = Vec::new();
                let mut time_ms = start_ms;
                while time_ms <= end_ms {
                    written.extend(rule.step(time_ms, samples_by_time.remove(&time_ms).unwrap_or_default()));
                    time_ms += group.interval_ms;
                }
                write(&written);
            }
        }
    }

    /// Evaluates every group whose turn it is.
    pub fn step(&mut self, engine: &Engine, time_ms: i64, write: &mut impl FnMut(&[Written])) {
        for group in self.groups.iter_mut().filter(|group| time_ms.rem_euclid(group.interval_ms) == 0) {
            for rule in &mut group.rules {
                match rule.sample(engine, time_ms) {
                    Ok(samples) => write(&rule.step(time_ms, samples)),
                    Err(error) => {
                        rule.last_error = Some(error.to_string());
                        rule.last_evaluation_ms = Some(time_ms);
                    }
                }
            }
        }
    }
}

impl Rule {
    fn new(rule: wire::Rule) -> Result<Self, String> {
        let wire::Rule { alert, record, expr, hold, labels, annotations } = rule;
        let (name, is_alert) = match (alert, record) {
            (Some(alert), None) => (alert, true),
            (None, Some(record)) => (record, false),
            _ => return Err("one of 'alert' and 'record' must be given, and only one".into()),
        };
        let parsed = promql::parse(&expr).map_err(|error| error.to_string())?;
        let templates = |texts: &BTreeMap<String, String>| {
            texts
                .iter()
                .map(|(key, text)| Template::parse(text).map(|template| (key.clone(), template)))
                .collect::<Result<Vec<_>, _>>()
                .map_err(|error| error.to_string())
        };
        let label_templates = templates(&labels)?;
        let kind = if is_alert {
            let hold_ms = match hold {
                Some(text) => duration_ms(&text).ok_or_else(|| format!("not a duration: {text:?}"))?,
                None => 0,
            };
            RuleKind::Alerting(Alerting {
                hold_ms,
                annotations: templates(&annotations)?,
                annotation_texts: annotations,
                active: BTreeMap::new(),
            })
        } else {
            RuleKind::Recording
        };
        Ok(Self {
            name,
            query: parsed.to_string(),
            labels,
            label_templates,
            expr: parsed,
            kind,
            written: BTreeSet::new(),
            last_error: None,
            last_evaluation_ms: None,
        })
    }

    fn sample(&self, engine: &Engine, time_ms: i64) -> Result<Vec<(Labels, f64)>, QueryError> {
        Ok(match engine.instant(&self.expr, time_ms, DEFAULT_LOOKBACK_MS)? {
            Answer::Vector(samples) => samples.into_iter().map(|sample| (sample.labels, sample.value)).collect(),
            Answer::Scalar { value, .. } => vec![(Labels::empty(), value)],
            Answer::Text { .. } | Answer::Matrix(_) => {
                return Err(QueryError::Execution("rule result is not a vector or scalar".into()));
            }
        })
    }

    /// One evaluation: advances the alerts' states and yields the samples to write, stale markers included.
    fn step(&mut self, time_ms: i64, samples: Vec<(Labels, f64)>) -> Vec<Written> {
        self.last_evaluation_ms = Some(time_ms);
        self.last_error = None;
        let labelled: Vec<(Labels, Labels, f64)> = samples
            .into_iter()
            .map(|(source, value)| {
                let extra =
                    self.label_templates.iter().map(|(name, template)| (name.clone(), template.expand(&source, value)));
                let labels = extra.fold(source.without_name(), |labels, (name, text)| labels.with(&name, &text));
                (source, labels, value)
            })
            .collect();
        let mut written: Vec<Written> = match &mut self.kind {
            RuleKind::Recording => labelled
                .into_iter()
                .map(|(_, labels, value)| (labels.with(METRIC_NAME, &self.name), time_ms, value))
                .collect(),
            RuleKind::Alerting(alerting) => alerting.step(&self.name, time_ms, labelled),
        };
        let now: BTreeSet<Labels> = written.iter().map(|(labels, _, _)| labels.clone()).collect();
        let ended =
            self.written.difference(&now).map(|labels| (labels.clone(), time_ms, f64::from_bits(STALE_NAN_BITS)));
        written.extend(ended.collect::<Vec<_>>());
        self.written = now;
        written
    }
}

impl Alerting {
    fn step(&mut self, name: &str, time_ms: i64, samples: Vec<(Labels, Labels, f64)>) -> Vec<Written> {
        let mut present: BTreeSet<Labels> = BTreeSet::new();
        for (source, labels, value) in samples {
            let labels = labels.with("alertname", name);
            let annotations = self
                .annotations
                .iter()
                .map(|(key, template)| (key.clone(), template.expand(&source, value)))
                .collect::<Vec<_>>();
            present.insert(labels.clone());
            let alert = self.active.entry(labels.clone()).or_insert_with(|| ActiveAlert {
                labels,
                annotations: Vec::new(),
                state: AlertState::Pending,
                active_at_ms: time_ms,
                value,
            });
            alert.value = value;
            alert.annotations = annotations;
        }
        self.active.retain(|labels, _| present.contains(labels));
        let mut written = Vec::with_capacity(self.active.len() * 2);
        for alert in self.active.values_mut() {
            if alert.state == AlertState::Pending && time_ms - alert.active_at_ms >= self.hold_ms {
                alert.state = AlertState::Firing;
            }
            let alerts = alert.labels.with(METRIC_NAME, "ALERTS").with("alertstate", alert.state.as_str());
            written.push((alerts, time_ms, 1.0));
            let since_secs = (alert.active_at_ms.div_euclid(1000)) as f64;
            written.push((alert.labels.with(METRIC_NAME, "ALERTS_FOR_STATE"), time_ms, since_secs));
        }
        written
    }

    pub fn active(&self) -> impl Iterator<Item = &ActiveAlert> {
        self.active.values()
    }

    pub fn state(&self) -> AlertState {
        self.active.values().map(|alert| alert.state).max().unwrap_or(AlertState::Inactive)
    }
}

/// Prometheus's duration grammar: `1h30m`, units falling from `y` to `ms`.
pub fn duration_ms(text: &str) -> Option<i64> {
    const UNITS: [(&str, i64); 7] = [
        ("y", 365 * 86_400_000),
        ("w", 7 * 86_400_000),
        ("d", 86_400_000),
        ("h", 3_600_000),
        ("m", 60_000),
        ("s", 1000),
        ("ms", 1),
    ];
    if text == "0" {
        return Some(0);
    }
    let (mut rest, mut total_ms, mut allowed) = (text, 0_i64, UNITS.as_slice());
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit())?;
        let (number, tail) = rest.split_at(digits);
        let unit_end = tail.find(|c: char| c.is_ascii_digit()).unwrap_or(tail.len());
        let (unit, next) = tail.split_at(unit_end);
        let place = allowed.iter().position(|(name, _)| *name == unit)?;
        let (_, unit_ms) = allowed.get(place)?;
        total_ms = total_ms.checked_add(number.parse::<i64>().ok()?.checked_mul(*unit_ms)?)?;
        allowed = allowed.get(place + 1..)?;
        rest = next;
    }
    (!text.is_empty()).then_some(total_ms)
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, RwLock};

    use super::AlertState::{Firing, Inactive, Pending};
    use super::*;
    use crate::promql::Dialect;
    use crate::store::Store;

    const RULES: &str = r#"
groups:
- name: g
  rules:
  - alert: Down
    expr: up == 0
    for: 30s
    labels: {severity: critical}
    annotations: {summary: "{{ $labels.job }} at {{ $value }}"}
"#;

    #[test]
    fn durations() {
        for (text, ms) in [
            ("1m", Some(60_000)),
            ("1h30m", Some(5_400_000)),
            ("15ms", Some(15)),
            ("0", Some(0)),
            ("", None),
            ("1x", None),
            ("1m1h", None),
        ] {
            assert_eq!(duration_ms(text), ms, "{text:?}");
        }
    }

    #[test]
    fn an_alert_is_pending_then_firing_then_gone() {
        let store = Arc::new(RwLock::new(Store::new()));
        let up = store.write().unwrap().series_id(&Labels::new([(METRIC_NAME, "up"), ("job", "api")]), 0);
        for (step, value) in [1.0, 0.0, 0.0, 0.0, 1.0].into_iter().enumerate() {
            store.write().unwrap().append(up, step as i64 * 15_000, value);
        }
        let engine = Engine::new(Arc::clone(&store), Dialect::V2, 15_000);
        let mut rules = RuleSet::parse(Path::new("r.yml"), RULES, 15_000).unwrap();
        let mut written: Vec<Written> = Vec::new();
        let mut states = Vec::new();
        for step in 0..5 {
            rules.step(&engine, step * 15_000, &mut |samples| written.extend_from_slice(samples));
            let RuleKind::Alerting(alerting) = &rules.groups[0].rules[0].kind else {
                unreachable!("the only rule is an alert")
            };
            states.push(alerting.state());
            if step == 1 {
                let alert = alerting.active().next().unwrap();
                assert_eq!(alert.annotations, [("summary".to_owned(), "api at 0".to_owned())]);
            }
        }
        assert_eq!(states, [Inactive, Pending, Pending, Firing, Inactive]);
        let lines: Vec<String> = written
            .iter()
            .filter(|(labels, _, _)| labels.metric_name() == "ALERTS")
            .map(|(labels, t, value)| format!("{} {} {}", t / 15_000, labels.get("alertstate"), value))
            .collect();
        assert_eq!(lines, ["1 pending 1", "2 pending 1", "3 firing 1", "3 pending NaN", "4 firing NaN"]);

        let mut again = RuleSet::parse(Path::new("r.yml"), RULES, 15_000).unwrap();
        let mut backfilled: Vec<Written> = Vec::new();
        again.backfill(&engine, 0, 60_000, &mut |samples| backfilled.extend_from_slice(samples));
        let text = |all: &[Written]| all.iter().map(|(l, t, v)| format!("{l} {t} {v}")).collect::<Vec<_>>();
        assert_eq!(text(&backfilled), text(&written));
    }

    #[test]
    fn says_which_rule_is_wrong() {
        let error =
            RuleSet::parse(Path::new("r.yml"), "groups: [{name: g, rules: [{alert: A, expr: 'sum('}]}]", 15_000);
        assert!(error.unwrap_err().to_string().starts_with("r.yml: group \"g\", rule \"A\": "));
    }
}
