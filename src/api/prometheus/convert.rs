//! Wire to model, once per endpoint.

use super::wire::Item;
use crate::{
    base::{number, time::CivilDate},
    model::{
        alert::{Alert, AlertState, Rule, RuleGroup, RuleHealth, RuleKind},
        exemplar::{Exemplar, ExemplarSeries},
        labels::Labels,
        target::{BuildInfo, MetricMetadata, RuntimeInfo, Target, TargetHealth, Targets},
    },
};

pub(super) fn series(data: Item<'_>) -> Vec<Labels> {
    data.items().map(Item::labels).collect()
}

pub(super) fn metadata(data: Item<'_>) -> Vec<MetricMetadata> {
    let of_metric = |(metric, entries): (&str, Item<'_>)| -> Vec<MetricMetadata> {
        let one = |entry: Item<'_>| MetricMetadata {
            metric: metric.to_owned(),
            kind: entry.owned("type"),
            help: entry.owned("help"),
            unit: entry.owned("unit"),
        };
        entries.items().map(one).collect()
    };
    data.entries().flat_map(of_metric).collect()
}

/// The groups of one page, and the token of the next.
pub(super) fn rules(page: Item<'_>) -> (Vec<RuleGroup>, Option<String>) {
    (page.get("groups").items().map(rule_group).collect(), page.some_text("groupNextToken"))
}

fn rule_group(group: Item<'_>) -> RuleGroup {
    RuleGroup {
        name: group.owned("name"),
        file: group.owned("file"),
        interval_secs: group.number("interval"),
        last_evaluation_ms: instant(group.get("lastEvaluation")),
        evaluation_secs: group.number("evaluationTime"),
        rules: group.get("rules").items().map(rule).collect(),
    }
}

fn rule(rule: Item<'_>) -> Rule {
    let kind = if rule.get("type").text() == "recording" {
        RuleKind::Recording
    } else {
        RuleKind::Alerting {
            state: alert_state(rule),
            hold_secs: rule.number("duration"),
            keep_firing_secs: rule.number("keepFiringFor"),
            annotations: rule.get("annotations").labels(),
            alerts: alerts(rule),
        }
    };
    Rule {
        name: rule.owned("name"),
        query: rule.owned("query"),
        labels: rule.get("labels").labels(),
        health: match rule.get("health").text() {
            "ok" => RuleHealth::Ok,
            "err" => RuleHealth::Failed,
            _ => RuleHealth::Unknown,
        },
        last_error: rule.some_text("lastError"),
        last_evaluation_ms: instant(rule.get("lastEvaluation")),
        evaluation_secs: rule.number("evaluationTime"),
        kind,
    }
}

pub(super) fn alerts(parent: Item<'_>) -> Vec<Alert> {
    parent.get("alerts").items().map(alert).collect()
}

fn alert(alert: Item<'_>) -> Alert {
    Alert {
        labels: alert.get("labels").labels(),
        annotations: alert.get("annotations").labels(),
        state: alert_state(alert),
        active_since_ms: instant(alert.get("activeAt")),
        keep_firing_since_ms: instant(alert.get("keepFiringSince")),
        // `%e` text: `1e+00`.
        value: float(alert.get("value")),
    }
}

fn alert_state(item: Item<'_>) -> AlertState {
    match item.get("state").text() {
        "firing" => AlertState::Firing,
        "pending" => AlertState::Pending,
        "inactive" => AlertState::Inactive,
        _ => AlertState::Unknown,
    }
}

pub(super) fn targets(data: Item<'_>) -> Targets {
    let count = |(pool, count): (&str, Item<'_>)| Some((pool.to_owned(), count.count()?));
    Targets {
        active: data.get("activeTargets").items().map(target).collect(),
        dropped: data.get("droppedTargets").items().map(|t| t.get("discoveredLabels").labels()).collect(),
        dropped_counts: data.get("droppedTargetCounts").entries().filter_map(count).collect(),
    }
}

fn target(target: Item<'_>) -> Target {
    Target {
        pool: target.owned("scrapePool"),
        labels: target.get("labels").labels(),
        discovered_labels: target.get("discoveredLabels").labels(),
        scrape_url: target.owned("scrapeUrl"),
        global_url: target.owned("globalUrl"),
        health: match target.get("health").text() {
            "up" => TargetHealth::Up,
            "down" => TargetHealth::Down,
            _ => TargetHealth::Unknown,
        },
        last_error: target.some_text("lastError"),
        last_scrape_ms: instant(target.get("lastScrape")),
        last_scrape_secs: target.number("lastScrapeDuration"),
        scrape_interval: target.owned("scrapeInterval"),
        scrape_timeout: target.owned("scrapeTimeout"),
    }
}

pub(super) fn build_info(info: Item<'_>) -> BuildInfo {
    BuildInfo {
        application: info.owned("application"),
        version: info.owned("version"),
        revision: info.owned("revision"),
        branch: info.owned("branch"),
        build_date: info.owned("buildDate"),
        go_version: info.owned("goVersion"),
    }
}

pub(super) fn runtime_info(info: Item<'_>) -> RuntimeInfo {
    RuntimeInfo {
        started_ms: instant(info.get("startTime")),
        is_config_reload_successful: info.flag("reloadConfigSuccess"),
        last_config_reload_ms: instant(info.get("lastConfigTime")),
        retention: info.owned("storageRetention"),
        goroutine_count: info.get("goroutineCount").count(),
        server_time_ms: instant(info.get("serverTime")),
    }
}

pub(super) fn exemplars(data: Item<'_>) -> Vec<ExemplarSeries> {
    let exemplar = |exemplar: Item<'_>| Exemplar {
        labels: exemplar.get("labels").labels(),
        value: float(exemplar.get("value")),
        // On the wire: seconds.
        t_ms: (exemplar.number("timestamp") * 1000.0).round(),
    };
    let series = |series: Item<'_>| ExemplarSeries {
        labels: series.get("seriesLabels").labels(),
        exemplars: series.get("exemplars").items().map(exemplar).collect(),
    };
    data.items().map(series).collect()
}

/// A number as Go writes it, in quotes. Unreadable text is NaN, which is shown as "no value".
fn float(item: Item<'_>) -> f64 {
    number::parse(item.text()).unwrap_or(f64::NAN)
}

fn instant(item: Item<'_>) -> Option<i64> {
    instant_from_text(item.text())
}

/// Go's zero time, `0001-01-01T00:00:00Z`, means "never".
fn instant_from_text(text: &str) -> Option<i64> {
    const GO_ZERO_MS: i64 = -62_135_596_800_000;
    unix_ms_from_rfc3339(text).filter(|ms| *ms != GO_ZERO_MS)
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
    let days = CivilDate::new(year as i32, month as u32, day as u32)?.days_from_epoch();
    if hour > 23 || minute > 59 || second > 60 {
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
    let ms = decimals.bytes().chain(*b"000").take(3).fold(0, |ms, digit| ms * 10 + i64::from(digit - b'0'));
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
    Some((days * 86_400 + hour * 3_600 + (minute - offset_minutes) * 60 + second) * 1_000 + ms)
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
        let check = |text: &str, expect: Option<i64>| assert_eq!(instant_from_text(text), expect, "{text}");
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
