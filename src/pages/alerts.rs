//! The alerting and recording rules of Prometheus, with what fires on top.

use leptos::prelude::*;

use crate::{
    base::{
        time::{ago_text, date_time_text, duration_text, duration_words},
        units,
    },
    model::alert::{Alert, AlertState, Rule, RuleGroup, RuleHealth, RuleKind},
    panels::{FailureDialog, FailureView},
    platform::clock,
    state::{
        alerts::Rules,
        page::{Opening, PageInfo},
        reactive::{Callback, signal},
        sources::Sources,
        time::TimeContext,
    },
    ui::state_view::{Skeleton, StateView},
    ui::views::Views,
};

/// The page's door: called from outside its part of the app (`xtask/js/chunks.json`).
#[inline(never)]
pub fn open() -> AnyView {
    view! { <AlertsPage/> }.into_any()
}

#[component]
fn AlertsPage() -> impl IntoView {
    PageInfo::expect().announce("Alerts", false, Opening::default());
    let rules = Rules::expect();
    let remote = rules.0.remote;
    let source_url = Sources::expect().prometheus(None).map(|s| s.absolute_url).unwrap_or_default();
    let (explained, set_explained) = signal(None);
    let dialog_url = source_url.clone();
    let body = move || {
        let state = remote.get();
        let Some(groups) = state.value.clone() else {
            let Some(error) = state.failure.clone() else {
                return view! { <div class="card"><Skeleton/></div> }.into_any();
            };
            let why = error.clone();
            return view! {
                <div class="card">
                    <FailureView
                        error=error
                        source_url=source_url.clone()
                        request_line=None
                        curl=None
                        on_retry=rules.0.retry
                        on_explain=Callback::new(move |()| set_explained.set(Some(why.clone())))
                    />
                </div>
            }
            .into_any();
        };
        let stale = state.failure.as_ref().map(|failure| {
            let age = duration_words((clock::now_ms() - state.loaded_at_ms).max(0));
            view! { <p class="card__text" role="status"><span class="badge" data-state="failed">"stale"</span>{format!(" From {age} ago: {failure}")}</p> }
        });
        if groups.is_empty() {
            return view! {
                <div class="card">
                    <StateView
                        headline="Prometheus has no rules"
                        detail="Name the rule files under rule_files in prometheus.yml, then reload it."
                        kind="empty"
                    />
                </div>
            }
            .into_any();
        }
        let cards = groups.iter().map(group_card).views();
        view! { {stale}{cards} }.into_any()
    };
    view! {
        <div class="sheet">{body}</div>
        {move || explained.get().map(|error| view! {
            <FailureDialog error=error source_url=dialog_url.clone() on_close=Callback::new(move |()| set_explained.set(None))/>
        }).views()}
    }
    .into_any()
}

fn group_card(group: &RuleGroup) -> AnyView {
    let mut rules: Vec<&Rule> = group.rules.iter().collect();
    // What fires comes first; within a state the file's order stays.
    crate::base::order::sort_by_key(&mut rules, |rule| std::cmp::Reverse(state_of(rule)));
    let evaluated =
        group.last_evaluation_ms.map_or_else(|| "not evaluated yet".to_owned(), |at| format!("evaluated {}", ago(at)));
    let note = format!(
        "{} rules · every {} · {evaluated} in {}",
        rules.len(),
        duration_text((group.interval_secs * 1_000.0) as i64),
        units::format("s", group.evaluation_secs, None)
    );
    let file = group.file.clone();
    let rows = rules.into_iter().map(rule_row).views();
    view! {
        <section class="card" data-testid="rule-group">
            <div class="card__head">
                <h2 class="card__title">{group.name.clone()}</h2>
                <span class="card__note">{note}</span>
                <span class="card__note card__end">{file}</span>
            </div>
            <div class="rules">{rows}</div>
        </section>
    }
    .into_any()
}

fn state_of(rule: &Rule) -> AlertState {
    match &rule.kind {
        RuleKind::Alerting { state, .. } => *state,
        RuleKind::Recording => AlertState::Inactive,
    }
}

fn rule_row(rule: &Rule) -> AnyView {
    let severity = rule.labels.get("severity").unwrap_or_default().to_owned();
    let (state, text) = match (&rule.kind, state_of(rule)) {
        (RuleKind::Recording, _) => ("none", "recording"),
        (_, AlertState::Firing) => (if severity == "critical" { "critical" } else { "warning" }, "▲ firing"),
        (_, AlertState::Pending) => ("warning", "◆ pending"),
        (_, AlertState::Unknown) => ("none", "? not evaluated"),
        (_, AlertState::Inactive) => ("ok", "● inactive"),
    };
    let health = match rule.health {
        RuleHealth::Ok => "ok".to_owned(),
        RuleHealth::Unknown => "unknown".to_owned(),
        RuleHealth::Failed => format!("failed: {}", rule.last_error.clone().unwrap_or_default()),
    };
    let took = units::format("s", rule.evaluation_secs, None).to_string();
    let labels: Vec<String> = rule.labels.iter().map(|(n, v)| format!("{n}={v}")).collect();
    let (annotations, instances, hold) = match &rule.kind {
        RuleKind::Alerting { annotations, alerts, hold_secs, .. } => {
            // Where alerts are active, each says its own description, filled in.
            let shown: &[&str] = if alerts.is_empty() { &["summary", "description"] } else { &["summary"] };
            let annotations = shown
                .iter()
                .filter_map(|name| annotations.get(name))
                .map(|text| view! { <div>{text.to_owned()}</div> })
                .views();
            let runbook = match &rule.kind {
                RuleKind::Alerting { annotations, .. } => annotations.get("runbook_url").and_then(safe_link),
                RuleKind::Recording => None,
            };
            let runbook = runbook
                .map(|url| view! { <a class="link" href=url target="_blank" rel="noopener noreferrer">"Runbook"</a> });
            let instances = alerts.iter().map(instance).views();
            let hold = (*hold_secs > 0.0).then(|| format!("for {}", duration_text((hold_secs * 1_000.0) as i64)));
            (view! { {annotations}{runbook} }.into_any(), instances.into_any(), hold)
        }
        RuleKind::Recording => (().into_any(), ().into_any(), None),
    };
    view! {
        <div class="rules__row" data-row="true" tabindex="-1" data-testid="rule" data-rule=rule.name.clone()>
            <div><span class="badge" data-state=state>{text}</span></div>
            <div>
                <div class="rules__name">{rule.name.clone()}</div>
                <div class="card__note">{labels.join(" · ")}</div>
                {hold.map(|hold| view! { <div class="card__note">{hold}</div> }).views()}
            </div>
            <div class="rules__detail">
                {annotations}
                <code class="rules__expr">{rule.query.clone()}</code>
                {instances}
            </div>
            <div class="rules__health">{health}<br/>{took}</div>
        </div>
    }
    .into_any()
}

fn instance(alert: &Alert) -> AnyView {
    let since = alert.active_since_ms.map(|at| (ago(at), absolute(at)));
    let text = match alert.state {
        AlertState::Firing => "firing",
        AlertState::Pending => "pending",
        AlertState::Inactive => "inactive",
        AlertState::Unknown => "unknown",
    };
    let is_critical = alert.state == AlertState::Firing && alert.labels.get("severity") == Some("critical");
    let state = if is_critical { "critical" } else { "warning" };
    let labels = alert.labels.without("alertname").without("severity").without("team").to_string();
    let description = alert.annotations.get("description").map(str::to_owned);
    view! {
        <div class="rules__instance">
            <span class="badge" data-state=state>{text}</span>
            <span class="rules__labels">{labels}</span>
            <span>{format!("value {}", units::format("short", alert.value, None))}</span>
            {since.map(|(ago, absolute)| view! { <span title=absolute>{ago}</span> }).views()}
            {description.map(|text| view! { <span>{text}</span> }).views()}
        </div>
    }
    .into_any()
}

fn ago(at_ms: i64) -> String {
    ago_text(clock::now_ms() - at_ms)
}

fn absolute(at_ms: i64) -> String {
    TimeContext::expect().zone.with_untracked(|zone| zone.with(|zone| date_time_text(at_ms, zone)))
}

/// An annotation's link, if it leads to a web page: a `javascript:` address is text from a backend that would run.
fn safe_link(url: &str) -> Option<String> {
    (url.starts_with("https://") || url.starts_with("http://")).then(|| url.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_web_addresses_become_links() {
        assert_eq!(
            safe_link("https://docs.agentarea.com/runbooks/x").as_deref(),
            Some("https://docs.agentarea.com/runbooks/x")
        );
        for url in ["javascript:alert(1)", " https://x", "data:text/html,x", "//x", ""] {
            assert_eq!(safe_link(url), None, "{url}");
        }
    }
}
