//! Wire to model, once per endpoint.

use super::wire;
use crate::model::{
    alert::{Alert, AlertState, Rule, RuleGroup, RuleHealth, RuleKind},
    exemplar::{Exemplar, ExemplarSeries},
    labels::Labels,
    target::{BuildInfo, MetricMetadata, RuntimeInfo, Target, TargetHealth, Targets},
};

pub(super) fn labels_from_map(map: wire::LabelMap) -> Labels {
    Labels::from_pairs(map)
}

fn labels(map: Option<wire::LabelMap>) -> Labels {
    map.map(labels_from_map).unwrap_or_default()
}

fn non_empty(text: Option<String>) -> Option<String> {
    text.filter(|text| !text.is_empty())
}

pub(super) fn metadata(map: wire::Metadata) -> Vec<MetricMetadata> {
    let of_metric = |(metric, entries): (String, Vec<wire::MetadataEntry>)| {
        entries.into_iter().map(move |wire::MetadataEntry { kind, help, unit }| MetricMetadata {
            metric: metric.clone(),
            kind,
            help,
            unit,
        })
    };
    map.into_iter().flat_map(of_metric).collect()
}

/// The groups of one page, and the token of the next.
pub(super) fn rules(page: wire::Rules) -> (Vec<RuleGroup>, Option<String>) {
    let groups = page.groups.unwrap_or_default().into_iter().map(rule_group).collect();
    (groups, non_empty(page.group_next_token))
}

fn rule_group(group: wire::RuleGroup) -> RuleGroup {
    let wire::RuleGroup { name, file, rules, interval, evaluation_time, last_evaluation } = group;
    RuleGroup {
        name,
        file,
        interval_secs: interval,
        last_evaluation_ms: instant(last_evaluation),
        evaluation_secs: evaluation_time,
        rules: rules.unwrap_or_default().into_iter().map(rule).collect(),
    }
}

fn rule(rule: wire::Rule) -> Rule {
    let kind = if rule.kind == "recording" {
        RuleKind::Recording
    } else {
        RuleKind::Alerting {
            state: alert_state(rule.state.as_deref().unwrap_or_default()),
            hold_secs: rule.duration,
            keep_firing_secs: rule.keep_firing_for,
            annotations: labels(rule.annotations),
            alerts: alerts(rule.alerts),
        }
    };
    Rule {
        name: rule.name,
        query: rule.query,
        labels: labels(rule.labels),
        health: match rule.health.as_str() {
            "ok" => RuleHealth::Ok,
            "err" => RuleHealth::Failed,
            _ => RuleHealth::Unknown,
        },
        last_error: non_empty(rule.last_error),
        last_evaluation_ms: instant(rule.last_evaluation),
        evaluation_secs: rule.evaluation_time,
        kind,
    }
}

pub(super) fn alerts(alerts: Option<Vec<wire::Alert>>) -> Vec<Alert> {
    alerts.unwrap_or_default().into_iter().map(alert).collect()
}

fn alert(alert: wire::Alert) -> Alert {
    let wire::Alert { labels: alert_labels, annotations, state, active_at, keep_firing_since, value } = alert;
    Alert {
        labels: labels(alert_labels),
        annotations: labels(annotations),
        state: alert_state(&state),
        active_since_ms: instant(active_at),
        keep_firing_since_ms: instant(keep_firing_since),
        value: float(&value),
    }
}

fn alert_state(text: &str) -> AlertState {
    match text {
        "firing" => AlertState::Firing,
        "pending" => AlertState::Pending,
        "inactive" => AlertState::Inactive,
        _ => AlertState::Unknown,
    }
}

pub(super) fn targets(targets: wire::Targets) -> Targets {
    let wire::Targets { active_targets, dropped_targets, dropped_target_counts } = targets;
    Targets {
        active: active_targets.unwrap_or_default().into_iter().map(target).collect(),
        dropped: dropped_targets.unwrap_or_default().into_iter().map(|t| labels(t.discovered_labels)).collect(),
        dropped_counts: dropped_target_counts.unwrap_or_default().into_iter().collect(),
    }
}

fn target(target: wire::Target) -> Target {
    Target {
        pool: target.scrape_pool,
        labels: labels(target.labels),
        discovered_labels: labels(target.discovered_labels),
        scrape_url: target.scrape_url,
        global_url: target.global_url,
        health: match target.health.as_str() {
            "up" => TargetHealth::Up,
            "down" => TargetHealth::Down,
            _ => TargetHealth::Unknown,
        },
        last_error: non_empty(target.last_error),
        last_scrape_ms: instant(target.last_scrape),
        last_scrape_secs: target.last_scrape_duration,
        scrape_interval: target.scrape_interval,
        scrape_timeout: target.scrape_timeout,
    }
}

pub(super) fn build_info(info: wire::BuildInfo) -> BuildInfo {
    let wire::BuildInfo { application, version, revision, branch, build_date, go_version } = info;
    BuildInfo { application, version, revision, branch, build_date, go_version }
}

pub(super) fn runtime_info(info: wire::RuntimeInfo) -> RuntimeInfo {
    RuntimeInfo {
        started_ms: instant(info.start_time),
        is_config_reload_successful: info.reload_config_success,
        last_config_reload_ms: instant(info.last_config_time),
        retention: info.storage_retention,
        goroutine_count: info.goroutine_count,
        server_time_ms: instant(info.server_time),
    }
}

pub(super) fn exemplars(series: Vec<wire::ExemplarSeries>) -> Vec<ExemplarSeries> {
    let exemplar = |e: wire::Exemplar| Exemplar {
        labels: labels(e.labels),
        value: float(&e.value),
        t_ms: (e.timestamp * 1000.0).round(),
    };
    series
        .into_iter()
        .map(|s| ExemplarSeries {
            labels: labels(s.series_labels),
            exemplars: s.exemplars.unwrap_or_default().into_iter().map(exemplar).collect(),
        })
        .collect()
}

/// A number as Go writes it. Unreadable text is NaN, which is shown as "no value".
fn float(text: &str) -> f64 {
    text.parse().unwrap_or(f64::NAN)
}

/// Go's zero time, `0001-01-01T00:00:00Z`, means "never".
fn instant(text: Option<String>) -> Option<i64> {
    const GO_ZERO_MS: i64 = -62_135_596_800_000;
    unix_ms_from_rfc3339(&text?).filter(|ms| *ms != GO_ZERO_MS)
}

/// RFC 3339 with any number of decimals, as Go writes it. Leap seconds are read as the second after.
fn unix_ms_from_rfc3339(text: &str) -> Option<i64> {
    let number = |from: usize, to: usize| -> Option<i64> {
        let digits = text.get(from..to)?;
        if digits.bytes().all(|b| b.is_ascii_digit()) { digits.parse().ok() } else { None }
    };
    let is_at = |at: usize, wanted: &[u8]| text.as_bytes().get(at).is_some_and(|b| wanted.contains(b));
    if !(is_at(4, b"-") && is_at(7, b"-") && is_at(10, b"Tt ") && is_at(13, b":") && is_at(16, b":")) {
        return None;
    }
    let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    let (hour, minute, second) = (number(11, 13)?, number(14, 16)?, number(17, 19)?);
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) || hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let rest = text.get(19..)?;
    let (decimals, zone) = match rest.strip_prefix('.') {
        Some(after_point) => {
            let end = after_point.find(|c: char| !c.is_ascii_digit()).unwrap_or(after_point.len());
            after_point.split_at(end)
        }
        None => ("", rest),
    };
    let ms: i64 = format!("{decimals:0<3}").get(..3)?.parse().ok()?;
    let offset_minutes = match zone {
        "Z" | "z" => 0,
        _ => {
            let sign = if zone.starts_with('+') {
                1
            } else if zone.starts_with('-') {
                -1
            } else {
                return None;
            };
            let (hours, minutes) = zone.get(1..)?.split_once(':')?;
            sign * (hours.parse::<i64>().ok()? * 60 + minutes.parse::<i64>().ok()?)
        }
    };
    let days = days_from_civil(year, month, day);
    Some((days * 86_400 + hour * 3_600 + (minute - offset_minutes) * 60 + second) * 1_000 + ms)
}

/// Days since 1970-01-01 in the proleptic Gregorian calendar, counting years from March so that leap days come last.
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

/// A label's name as it goes into a path: plain names as they are, others in the `U__` escaping of Prometheus 3
/// (`prometheus/common`, `model/metric.go`, value encoding).
pub(super) fn escaped_label_name(name: &str) -> String {
    let is_plain = |(at, c): (usize, char)| c.is_ascii_alphabetic() || c == '_' || (c.is_ascii_digit() && at > 0);
    if name.char_indices().all(is_plain) {
        return name.to_owned();
    }
    let mut out = String::from("U__");
    for (at, c) in name.char_indices() {
        if c == '_' {
            out.push_str("__");
        } else if is_plain((at, c)) || c == ':' {
            out.push(c);
        } else {
            out.extend(['_'].into_iter().chain(hex(u32::from(c))).chain(['_']));
        }
    }
    out
}

/// Lower-case hex digits without leading zeros.
fn hex(code: u32) -> impl Iterator<Item = char> {
    let digit_count = (32 - code.leading_zeros()).div_ceil(4).max(1);
    (0..digit_count).rev().filter_map(move |at| char::from_digit(code >> (at * 4) & 0xf, 16))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn go_times_are_read() {
        let check = |text: &str, expect: Option<i64>| assert_eq!(instant(Some(text.to_owned())), expect, "{text}");
        check("1970-01-01T00:00:00Z", Some(0));
        check("2026-03-02T11:30:00.123456789Z", Some(1_772_451_000_123));
        check("2026-03-02T13:30:00.5+02:00", Some(1_772_451_000_500));
        check("2026-03-02T06:00:00-05:30", Some(1_772_451_000_000));
        check("1969-12-31T23:59:59.999Z", Some(-1));
        check("2000-02-29T00:00:00Z", Some(951_782_400_000));
        check("0001-01-01T00:00:00Z", None);
        check("", None);
        check("yesterday", None);
        check("2026-13-02T11:30:00Z", None);
        check("2026-03-02T11:30:00", None);
        check("2026-03-02T11:30:00ü", None);
    }

    #[test]
    fn label_names_are_escaped_only_where_they_must_be() {
        let check = |name: &str, expect: &str| assert_eq!(escaped_label_name(name), expect);
        check("service", "service");
        check("http_code", "http_code");
        check("service.name", "U__service_2e_name");
        check("my_label.x", "U__my__label_2e_x");
        check("größe", "U__gr_f6__df_e");
        check("1st", "U___31_st");
    }
}
