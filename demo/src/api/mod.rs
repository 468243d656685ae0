//! Prometheus's HTTP API over the embedded world: paths, parameters, error shapes and codes as Prometheus has them.
//!
//! Invariant: a handler is a function of the request and the world; it knows no socket. It deliberately has no writing
//! endpoint.

mod json;
mod params;
mod status;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::{Arc, PoisonError};

use serde_json::{Value, json};

pub use params::{Params, decode};

use crate::clock::{Clock, rfc3339};
use crate::promql::{
    self, Answer, DEFAULT_LOOKBACK_MS, Matcher, QueryError, RangeTimes, format_query, go_exponent, parse,
    parse_selector, selectors,
};
use crate::rules::{AlertState, Alerting, Group, Rule, RuleKind};
use crate::sim::{MetricKind, Platform, Target};
use crate::store::Labels;
use crate::world::Shared;
use json::{write_answer, write_labels, write_list, write_text, write_time, write_value};

/// The most points a series of a range query may have.
const MAX_POINTS: i64 = 11_000;

/// An error as the API tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiError {
    pub status: u16,
    pub kind: &'static str,
    pub message: String,
}

impl ApiError {
    pub fn bad_data(message: impl Into<String>) -> Self {
        Self { status: 400, kind: "bad_data", message: message.into() }
    }
}

impl From<QueryError> for ApiError {
    fn from(error: QueryError) -> Self {
        match error {
            QueryError::BadData(message) => Self::bad_data(message),
            QueryError::Execution(message) => Self { status: 422, kind: "execution", message },
        }
    }
}

/// What goes back to the client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    pub status: u16,
    pub content_type: &'static str,
    pub body: String,
    /// The methods that the path has, when the request's is not among them.
    pub allow: Option<&'static str>,
}

/// What a handler yields: the `data` value as JSON text, and warnings. No data means 204.
type Outcome = Result<Success, ApiError>;

/// The API of one world.
#[derive(Clone)]
pub struct Api {
    shared: Arc<Shared>,
    clock: Clock,
}

/// What a successful handler yields, in the shape of [`Outcome`].
type Success = (Option<String>, Vec<String>);

fn data(text: String) -> Success {
    (Some(text), Vec::new())
}

fn data_value(value: &Value) -> Success {
    data(value.to_string())
}

impl Api {
    pub fn new(shared: Arc<Shared>, clock: Clock) -> Self {
        Self { shared, clock }
    }

    /// Answers a request for a path below the API's prefix, such as `/api/v1/query`.
    pub fn handle(&self, method: &str, path: &str, params: &Params) -> Response {
        let probed = match path {
            "/-/healthy" => Some("Prometheus Server is Healthy.\n"),
            "/-/ready" => Some("Prometheus Server is Ready.\n"),
            _ => None,
        };
        if let Some(text) = probed {
            return match method {
                "GET" | "HEAD" => plain(200, text),
                _ => not_allowed("GET, HEAD, OPTIONS"),
            };
        }
        let Some(name) = path.strip_prefix("/api/v1/") else { return plain(404, "404 page not found\n") };
        let Some(allowed) = allowed_methods(name) else { return plain(404, "404 page not found\n") };
        if method == "OPTIONS" {
            return Response { status: 204, content_type: "", body: String::new(), allow: None };
        }
        if !allowed.split(", ").any(|candidate| candidate == method) {
            return not_allowed(allowed);
        }
        if method == "DELETE" {
            return respond(Err(ApiError { status: 500, kind: "internal", message: "not implemented".into() }));
        }
        respond(self.route(name, params))
    }

    fn route(&self, name: &str, params: &Params) -> Outcome {
        match name {
            "query" => self.query(params),
            "query_range" => self.query_range(params),
            "query_exemplars" => self.query_exemplars(params),
            "format_query" => {
                let text = format_query(params.get("query")).map_err(|error| invalid_query(&error))?;
                Ok(data_value(&Value::String(text)))
            }
            "series" => self.series(params),
            "labels" => self.labels(params),
            "metadata" => metadata(params),
            "rules" => Ok(data_value(&self.rules(params)?)),
            "alerts" => Ok(data_value(&self.alerts())),
            "targets" => Ok(data_value(&self.targets(params))),
            "alertmanagers" => Ok(data_value(&json!({"activeAlertmanagers": [], "droppedAlertmanagers": []}))),
            "status/buildinfo" => Ok(data_value(&status::build_info())),
            "status/runtimeinfo" => {
                let (series, samples) =
                    self.shared.engine.with_store(|store| (store.series_count(), store.samples_appended()));
                Ok(data_value(&status::runtime_info(&rfc3339(self.clock.start_ms()), series, samples)))
            }
            "status/flags" => Ok(data_value(&status::flags())),
            "status/config" => Ok(data_value(&json!({"yaml": status::CONFIG}))),
            other => match other.strip_prefix("label/").and_then(|rest| rest.strip_suffix("/values")) {
                Some(label) => self.label_values(&decode(label, false), params),
                None => Err(ApiError { status: 404, kind: "not_found", message: "no such endpoint".into() }),
            },
        }
    }

    fn lookback_ms(params: &Params) -> Result<i64, ApiError> {
        match params.get("lookback_delta") {
            "" => Ok(DEFAULT_LOOKBACK_MS),
            _ => params.duration_ms("lookback_delta"),
        }
    }

    fn query(&self, params: &Params) -> Outcome {
        let time_ms = params.time_ms("time", Some(self.clock.now_ms()))?;
        params.timeout()?;
        let limit = params.limit("limit")?;
        let expr = parse(params.get("query")).map_err(|error| invalid_query(&error))?;
        let mut answer = self.shared.engine.instant(&expr, time_ms, Self::lookback_ms(params)?)?;
        let truncated = limit_answer(&mut answer, limit);
        let mut text = String::new();
        write_answer(&mut text, &answer);
        Ok((Some(text), truncated.into_iter().collect()))
    }

    fn query_range(&self, params: &Params) -> Outcome {
        let start_ms = params.time_ms("start", None)?;
        let end_ms = params.time_ms("end", None)?;
        if end_ms < start_ms {
            return Err(ApiError::bad_data("invalid parameter \"end\": end timestamp must not be before start time"));
        }
        let step_ms = params.duration_ms("step")?;
        if step_ms <= 0 {
            return Err(ApiError::bad_data(
                "invalid parameter \"step\": zero or negative query resolution step widths are not accepted. Try a positive integer",
            ));
        }
        if (end_ms - start_ms) / step_ms > MAX_POINTS {
            return Err(ApiError::bad_data(
                "exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query resolution (?step=XX)",
            ));
        }
        params.timeout()?;
        let limit = params.limit("limit")?;
        // Unlike `query`, Prometheus does not name the parameter here.
        let expr = parse(params.get("query")).map_err(|error| ApiError::bad_data(error.to_string()))?;
        let times = RangeTimes { start_ms, end_ms, step_ms };
        let mut answer = Answer::Matrix(self.shared.engine.range(&expr, times, Self::lookback_ms(params)?)?);
        let truncated = limit_answer(&mut answer, limit);
        let mut text = String::new();
        write_answer(&mut text, &answer);
        Ok((Some(text), truncated.into_iter().collect()))
    }

    fn query_exemplars(&self, params: &Params) -> Outcome {
        let start_ms = params.time_ms("start", Some(i64::MIN))?;
        let end_ms = params.time_ms("end", Some(i64::MAX))?;
        if end_ms < start_ms {
            return Err(ApiError::bad_data("end timestamp must not be before start timestamp"));
        }
        let expr = parse(params.get("query")).map_err(|error| ApiError::bad_data(error.to_string()))?;
        let selections = selectors(&expr);
        if selections.is_empty() {
            return Ok((None, Vec::new()));
        }
        let matches = |labels: &Labels| selections.iter().any(|matchers| matches_all(matchers, labels));
        let exemplars = self.shared.exemplars.read().unwrap_or_else(PoisonError::into_inner);
        let mut by_series: BTreeMap<&Labels, Vec<_>> = BTreeMap::new();
        for (labels, exemplar) in exemplars.iter() {
            if (start_ms..=end_ms).contains(&exemplar.t_ms) && matches(labels) {
                by_series.entry(labels).or_default().push(exemplar);
            }
        }
        let mut text = String::new();
        write_list(&mut text, '[', ']', by_series, |out, (labels, found)| {
            out.push_str(r#"{"seriesLabels":"#);
            write_labels(out, labels);
            out.push_str(r#","exemplars":"#);
            write_list(out, '[', ']', found, |out, exemplar| {
                out.push_str(r#"{"labels":"#);
                let own = exemplar.labels.iter().map(|(name, value)| (name.as_str(), value.as_str()));
                write_labels(out, &Labels::new(own));
                out.push_str(r#","value":"#);
                write_value(out, exemplar.value);
                out.push_str(r#","timestamp":"#);
                write_time(out, exemplar.t_ms);
                out.push('}');
            });
            out.push('}');
        });
        Ok(data(text))
    }

    /// The series that the request selects: all where it has no selectors.
    fn matching(&self, params: &Params, matcher_sets: &[Vec<Matcher>]) -> Result<Vec<Labels>, ApiError> {
        let start_ms = params.time_ms("start", Some(i64::MIN))?;
        let end_ms = params.time_ms("end", Some(i64::MAX))?;
        Ok(self.shared.engine.with_store(|store| {
            if matcher_sets.is_empty() {
                return store.select_labels(&[], start_ms, end_ms);
            }
            let found: BTreeSet<Labels> =
                matcher_sets.iter().flat_map(|matchers| store.select_labels(matchers, start_ms, end_ms)).collect();
            found.into_iter().collect()
        }))
    }

    fn series(&self, params: &Params) -> Outcome {
        let limit = params.limit("limit")?;
        // Only here does Prometheus name the parameter that it does not understand.
        let matcher_sets = matcher_sets(params)
            .map_err(|error| ApiError::bad_data(format!("invalid parameter \"match[]\": {}", error.message)))?;
        if matcher_sets.is_empty() {
            return Err(ApiError::bad_data("no match[] parameter provided"));
        }
        let mut found = self.matching(params, &matcher_sets)?;
        let truncated = truncate(&mut found, limit);
        let mut text = String::new();
        write_list(&mut text, '[', ']', &found, write_labels);
        Ok((Some(text), truncated.into_iter().collect()))
    }

    fn labels(&self, params: &Params) -> Outcome {
        let limit = params.limit("limit")?;
        let found = self.matching(params, &matcher_sets(params)?)?;
        let names: BTreeSet<&str> =
            found.iter().flat_map(|labels| labels.iter().map(|(name, _)| name.as_ref())).collect();
        Ok(text_list(names.into_iter().collect(), limit))
    }

    fn label_values(&self, label: &str, params: &Params) -> Outcome {
        let is_valid = label.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        if !is_valid {
            return Err(ApiError::bad_data(format!("invalid label name: {label:?}")));
        }
        let limit = params.limit("limit")?;
        let found = self.matching(params, &matcher_sets(params)?)?;
        let values: BTreeSet<&str> =
            found.iter().map(|labels| labels.get(label)).filter(|value| !value.is_empty()).collect();
        Ok(text_list(values.into_iter().collect(), limit))
    }

    fn rules(&self, params: &Params) -> Result<Value, ApiError> {
        let wanted = params.get("type");
        if !matches!(wanted, "" | "alert" | "record") {
            return Err(ApiError::bad_data(format!("invalid parameter \"type\": not supported value {wanted:?}")));
        }
        let names: Vec<&str> = params.all("rule_name[]").collect();
        let group_names: Vec<&str> = params.all("rule_group[]").collect();
        let files: Vec<&str> = params.all("file[]").collect();
        let excludes_alerts = params.get("exclude_alerts") == "true";
        let chosen = |list: &[&str], item: &str| list.is_empty() || list.contains(&item);
        let rules = self.shared.rules.read().unwrap_or_else(PoisonError::into_inner);
        let mut groups: Vec<&Group> = rules.groups.iter().collect();
        groups.sort_by(|a, b| (&a.file, &a.name).cmp(&(&b.file, &b.name)));
        let groups: Vec<Value> = groups
            .into_iter()
            .filter(|group| chosen(&group_names, &group.name) && chosen(&files, &group.file))
            .map(|group| {
                let listed: Vec<Value> = group
                    .rules
                    .iter()
                    .filter(|rule| chosen(&names, &rule.name))
                    .filter_map(|rule| rule_value(rule, wanted, excludes_alerts))
                    .collect();
                let last_ms = group.rules.iter().filter_map(|rule| rule.last_evaluation_ms).max();
                json!({
                    "name": group.name,
                    "file": group.file,
                    "rules": listed,
                    "interval": group.interval_ms as f64 / 1000.0,
                    "limit": 0,
                    "evaluationTime": 0.0,
                    "lastEvaluation": evaluated_at(last_ms),
                })
            })
            .filter(|group| {
                names.is_empty() || group.get("rules").and_then(Value::as_array).is_some_and(|rules| !rules.is_empty())
            })
            .collect();
        Ok(json!({ "groups": groups }))
    }

    fn alerts(&self) -> Value {
        let rules = self.shared.rules.read().unwrap_or_else(PoisonError::into_inner);
        let alerts: Vec<Value> = rules
            .groups
            .iter()
            .flat_map(|group| &group.rules)
            .filter_map(|rule| match &rule.kind {
                RuleKind::Alerting(alerting) => Some(alert_values(alerting)),
                RuleKind::Recording => None,
            })
            .flatten()
            .collect();
        json!({ "alerts": alerts })
    }

    fn targets(&self, params: &Params) -> Value {
        let wants_active = matches!(params.get("state").to_ascii_lowercase().as_str(), "" | "any" | "active");
        let pool = params.get("scrapePool");
        let targets = self.shared.targets.read().unwrap_or_else(PoisonError::into_inner);
        let active: Vec<Value> = targets
            .iter()
            .filter(|target| wants_active && (pool.is_empty() || target.scrape_pool == pool))
            .map(target_value)
            .collect();
        json!({ "activeTargets": active, "droppedTargets": [], "droppedTargetCounts": {} })
    }
}

fn plain(status: u16, body: &str) -> Response {
    Response { status, content_type: "text/plain; charset=utf-8", body: body.to_owned(), allow: None }
}

fn not_allowed(allowed: &'static str) -> Response {
    Response { allow: Some(allowed), ..plain(405, "Method Not Allowed\n") }
}

/// The methods of an endpoint, or nothing when there is none of that name.
fn allowed_methods(name: &str) -> Option<&'static str> {
    Some(match name {
        "query" | "query_range" | "query_exemplars" | "format_query" | "labels" => "GET, OPTIONS, POST",
        // Deleting is a method of its path, and is not implemented in Prometheus either.
        "series" => "DELETE, GET, OPTIONS, POST",
        "metadata" | "rules" | "alerts" | "targets" | "alertmanagers" | "status/buildinfo" | "status/runtimeinfo"
        | "status/flags" | "status/config" => "GET, OPTIONS",
        _ => {
            let label = name.strip_prefix("label/")?.strip_suffix("/values")?;
            (!label.is_empty() && !label.contains('/')).then_some("GET, OPTIONS")?
        }
    })
}

fn respond(outcome: Outcome) -> Response {
    const JSON: &str = "application/json";
    match outcome {
        Ok((Some(data), warnings)) => {
            let mut body = String::with_capacity(data.len() + 64);
            body.push_str(r#"{"status":"success","data":"#);
            body.push_str(&data);
            if !warnings.is_empty() {
                body.push_str(r#","warnings":"#);
                write_list(&mut body, '[', ']', &warnings, |out, warning| write_text(out, warning));
            }
            body.push('}');
            Response { status: 200, content_type: JSON, body, allow: None }
        }
        Ok((None, _)) => Response { status: 204, content_type: "", body: String::new(), allow: None },
        Err(ApiError { status, kind, message }) => {
            let mut body = String::new();
            body.push_str(r#"{"status":"error","errorType":"#);
            write_text(&mut body, kind);
            body.push_str(r#","error":"#);
            write_text(&mut body, &message);
            body.push('}');
            Response { status, content_type: JSON, body, allow: None }
        }
    }
}

fn invalid_query(error: &promql::ParseError) -> ApiError {
    ApiError::bad_data(format!("invalid parameter \"query\": {error}"))
}

fn matcher_sets(params: &Params) -> Result<Vec<Vec<Matcher>>, ApiError> {
    params
        .all("match[]")
        .map(|text| {
            let matchers = parse_selector(text).map_err(|error| ApiError::bad_data(error.to_string()))?;
            if matchers.iter().all(|matcher| matcher.is_match("")) {
                return Err(ApiError::bad_data("match[] must contain at least one non-empty matcher"));
            }
            Ok(matchers)
        })
        .collect()
}

fn matches_all(matchers: &[Matcher], labels: &Labels) -> bool {
    matchers.iter().all(|matcher| matcher.is_match(labels.get(&matcher.name)))
}

fn truncate<T>(items: &mut Vec<T>, limit: usize) -> Option<String> {
    if limit == 0 || items.len() <= limit {
        return None;
    }
    items.truncate(limit);
    Some("results truncated due to limit".into())
}

fn limit_answer(answer: &mut Answer, limit: usize) -> Option<String> {
    match answer {
        Answer::Vector(samples) => truncate(samples, limit),
        Answer::Matrix(series) => truncate(series, limit),
        Answer::Scalar { .. } | Answer::Text { .. } => None,
    }
}

fn text_list(mut texts: Vec<&str>, limit: usize) -> (Option<String>, Vec<String>) {
    let truncated = truncate(&mut texts, limit);
    let mut out = String::new();
    write_list(&mut out, '[', ']', texts, write_text);
    (Some(out), truncated.into_iter().collect())
}

fn metadata(params: &Params) -> Outcome {
    // Unlike other limits, 0 is none at all, and a negative one is no limit.
    let most = match params.get("limit") {
        "" => usize::MAX,
        text => {
            let limit: i64 = text
                .parse()
                .map_err(|_not_shown: std::num::ParseIntError| ApiError::bad_data("limit must be a number"))?;
            usize::try_from(limit).unwrap_or(usize::MAX)
        }
    };
    let wanted = params.get("metric");
    let mut text = String::from("{");
    let families = Platform::metadata().iter().filter(|meta| wanted.is_empty() || meta.name == wanted);
    for (index, meta) in families.take(most).enumerate() {
        if index > 0 {
            text.push(',');
        }
        write_text(&mut text, meta.name);
        text.push(':');
        let kind = match meta.kind {
            MetricKind::Counter => "counter",
            MetricKind::Gauge => "gauge",
            MetricKind::Histogram => "histogram",
            MetricKind::Summary => "summary",
            MetricKind::Untyped => "unknown",
        };
        let entry = json!([{ "type": kind, "help": meta.help, "unit": meta.unit }]);
        if write!(text, "{entry}").is_err() {
            break;
        }
    }
    text.push('}');
    Ok(data(text))
}

fn labels_value(labels: &Labels) -> Value {
    labels
        .iter()
        .map(|(name, value)| (name.to_string(), Value::String(value.to_string())))
        .collect::<serde_json::Map<_, _>>()
        .into()
}

fn pairs_value(pairs: &[(String, String)]) -> Value {
    pairs
        .iter()
        .map(|(name, value)| (name.clone(), Value::String(value.clone())))
        .collect::<serde_json::Map<_, _>>()
        .into()
}

fn evaluated_at(time_ms: Option<i64>) -> String {
    time_ms.map_or_else(|| "0001-01-01T00:00:00Z".into(), rfc3339)
}

fn alert_values(alerting: &Alerting) -> Vec<Value> {
    alerting
        .active()
        .map(|alert| {
            json!({
                "labels": labels_value(&alert.labels),
                "annotations": pairs_value(&alert.annotations),
                "state": alert.state.as_str(),
                "activeAt": rfc3339(alert.active_at_ms),
                "value": alert_number(alert.value),
            })
        })
        .collect()
}

/// Go's `%e` with the fewest digits.
fn alert_number(value: f64) -> String {
    if value.is_finite() { go_exponent(&format!("{value:e}")) } else { promql::go_float(value) }
}

fn rule_value(rule: &Rule, wanted: &str, excludes_alerts: bool) -> Option<Value> {
    let mut value = json!({
        "name": rule.name,
        "query": rule.query,
        "labels": rule.labels,
        "health": match (&rule.last_error, rule.last_evaluation_ms) {
            (Some(_), _) => "err",
            (None, Some(_)) => "ok",
            (None, None) => "unknown",
        },
        "evaluationTime": 0.0,
        "lastEvaluation": evaluated_at(rule.last_evaluation_ms),
    });
    let fields = value.as_object_mut()?;
    if let Some(error) = &rule.last_error {
        fields.insert("lastError".into(), json!(error));
    }
    match &rule.kind {
        RuleKind::Alerting(alerting) if wanted != "record" => {
            fields.insert("type".into(), json!("alerting"));
            fields.insert("state".into(), json!(alerting.state().as_str()));
            fields.insert("duration".into(), json!(alerting.hold_ms as f64 / 1000.0));
            fields.insert("annotations".into(), json!(alerting.annotation_texts));
            let alerts = if excludes_alerts { Value::Null } else { alert_values(alerting).into() };
            fields.insert("alerts".into(), alerts);
        }
        RuleKind::Recording if wanted != "alert" => {
            fields.insert("type".into(), json!("recording"));
        }
        _ => return None,
    }
    Some(value)
}

fn target_value(target: &Target) -> Value {
    json!({
        "discoveredLabels": pairs_value(&target.discovered_labels),
        "labels": pairs_value(&target.labels),
        "scrapePool": target.scrape_pool,
        "scrapeUrl": target.scrape_url,
        "globalUrl": target.scrape_url,
        "lastError": target.last_error,
        "lastScrape": rfc3339(target.last_scrape_ms),
        "lastScrapeDuration": target.last_duration_secs,
        "health": if target.healthy { "up" } else { "down" },
        "scrapeInterval": format!("{}s", target.scrape_interval_secs),
        "scrapeTimeout": format!("{}s", target.scrape_timeout_secs),
    })
}

/// Whether any alert is firing: what a start message tells.
pub fn firing_count(shared: &Shared) -> usize {
    let rules = shared.rules.read().unwrap_or_else(PoisonError::into_inner);
    rules
        .groups
        .iter()
        .flat_map(|group| &group.rules)
        .filter_map(|rule| match &rule.kind {
            RuleKind::Alerting(alerting) => {
                Some(alerting.active().filter(|alert| alert.state == AlertState::Firing).count())
            }
            RuleKind::Recording => None,
        })
        .sum()
}
