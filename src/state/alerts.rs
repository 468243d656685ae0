//! The alerting rules of the default Prometheus, asked now and then: the shell counts what fires, the alerts page lists
//! them.

use leptos::prelude::*;

use crate::{
    api::http::ApiError,
    model::alert::{AlertState, RuleGroup, RuleKind},
    platform::timer,
};

use super::{
    query::{Query, use_query},
    reactive::{RwSignal, Signal},
    refresh::use_beat,
    sources::Sources,
};

/// By then a page has asked what it shows.
const START_MS: i32 = 250;
/// The guide evaluates every 15 s; half a minute is soon enough for a count.
const INTERVAL_MS: i64 = 30_000;

#[derive(Clone, Copy)]
pub struct Rules(pub Query<Vec<RuleGroup>>);

impl Rules {
    pub fn provide() -> Self {
        let sources = Sources::expect();
        let (beat, _) = use_beat(Signal::stored(Some(INTERVAL_MS)));
        let has_source = sources.prometheus(None).is_some();
        // The page's own questions go first.
        let is_due = RwSignal::new(false);
        StoredValue::new_local(timer::after(START_MS, move || {
            is_due.try_set(true);
        }));
        let question = Signal::derive(move || (has_source && is_due.get()).then_some(()));
        let query = use_query(question, beat, move |(), _| {
            let source = sources.prometheus(None);
            async move {
                let Some((source, client)) = source.and_then(|s| Some((s.clone(), s.prometheus?))) else {
                    return Err(ApiError::Cancelled { source_name: "Prometheus".to_owned() });
                };
                let answer = client.rules().await;
                match &answer {
                    Ok(answer) => source.observe(Some(answer.stats.elapsed_ms), None),
                    Err(error) => source.observe(None, Some(error)),
                }
                answer.map(|answer| answer.value)
            }
        });
        let rules = Self(query);
        provide_context(rules);
        rules
    }

    pub fn expect() -> Self {
        expect_context()
    }

    /// How many alerts fire, and the worst severity among them (`critical` over `warning` over the rest).
    pub fn firing(self) -> (usize, &'static str) {
        self.0.remote.with(|r| r.value.as_ref().map_or((0, "none"), |groups| count_firing(groups)))
    }
}

/// Alerts that fire, and the worst of their severities.
fn count_firing(groups: &[RuleGroup]) -> (usize, &'static str) {
    let mut count = 0;
    let mut worst = 0;
    for rule in groups.iter().flat_map(|g| &g.rules) {
        let RuleKind::Alerting { alerts, .. } = &rule.kind else { continue };
        for alert in alerts.iter().filter(|a| a.state == AlertState::Firing) {
            count += 1;
            worst = worst.max(match alert.labels.get("severity") {
                Some("critical") => 3,
                Some("warning") => 2,
                _ => 1,
            });
        }
    }
    (count, ["none", "info", "warning", "critical"].get(worst).copied().unwrap_or("none"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{
        alert::{Alert, Rule, RuleHealth},
        labels::Labels,
    };

    fn alert(severity: &str, state: AlertState) -> Alert {
        Alert {
            labels: Labels::from_pairs([("severity", severity)]),
            annotations: Labels::default(),
            state,
            active_since_ms: None,
            keep_firing_since_ms: None,
            value: 1.0,
        }
    }

    #[test]
    fn only_what_fires_is_counted_and_the_worst_wins() {
        let rule = |alerts: Vec<Alert>| Rule {
            name: "r".to_owned(),
            query: String::new(),
            labels: Labels::default(),
            health: RuleHealth::Ok,
            last_error: None,
            last_evaluation_ms: None,
            evaluation_secs: 0.0,
            kind: RuleKind::Alerting {
                state: AlertState::Firing,
                hold_secs: 0.0,
                keep_firing_secs: 0.0,
                annotations: Labels::default(),
                alerts,
            },
        };
        let groups = |rules: Vec<Rule>| {
            vec![RuleGroup {
                name: "g".to_owned(),
                file: String::new(),
                interval_secs: 15.0,
                last_evaluation_ms: None,
                evaluation_secs: 0.0,
                rules,
            }]
        };
        assert_eq!(count_firing(&groups(vec![])), (0, "none"));
        let pending = alert("critical", AlertState::Pending);
        assert_eq!(count_firing(&groups(vec![rule(vec![pending.clone()])])), (0, "none"));
        let rules = vec![
            rule(vec![pending, alert("info", AlertState::Firing)]),
            rule(vec![alert("warning", AlertState::Firing)]),
        ];
        assert_eq!(count_firing(&groups(rules)), (2, "warning"));
    }
}
