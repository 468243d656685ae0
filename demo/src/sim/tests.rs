//! The platform as a whole: the guide's names, the laws of counters and histograms, and the script's incidents, each
//! judged by the guide's own rule, computed here directly from the samples.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use super::traffic::{Traffic, demand};
use super::*;

/// 2026-11-18, a Wednesday, 20:00 UTC: noon for the platform's users.
const NOW_MS: i64 = 1_795_032_000_000;
const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;
const HOURS: u32 = 10;

/// Ten hours of samples: `rows[scrape][series]`, NaN where the series has no sample.
struct History {
    series: Vec<SeriesDef>,
    start_ms: i64,
    rows: Vec<Vec<f64>>,
}

fn history() -> &'static History {
    static HISTORY: OnceLock<History> = OnceLock::new();
    HISTORY.get_or_init(|| {
        let mut platform = Platform::with_history(1, NOW_MS, HOURS);
        let series = platform.series().to_vec();
        let mut rows = Vec::new();
        while platform.next_ms() <= platform.now_ms() {
            let mut row = vec![f64::NAN; series.len()];
            for (index, value) in platform.next_scrape().samples {
                row[*index] = *value;
            }
            rows.push(row);
        }
        History { series, start_ms: platform.start_ms(), rows }
    })
}

impl History {
    fn find(&self, name: &str, labels: &[(&str, &str)]) -> Vec<usize> {
        let matches = |series: &SeriesDef| {
            series.name == name && labels.iter().all(|(key, value)| series.label(key) == Some(value))
        };
        (0..self.series.len()).filter(|index| matches(&self.series[*index])).collect()
    }

    fn row(&self, t_ms: i64) -> usize {
        ((t_ms - self.start_ms) / SCRAPE_INTERVAL_MS) as usize
    }

    fn at(&self, series: usize, t_ms: i64) -> f64 {
        self.rows[self.row(t_ms)][series]
    }

    fn increase(&self, series: usize, t_ms: i64, window_ms: i64) -> f64 {
        let last = self.row(t_ms);
        let first = last - (window_ms / SCRAPE_INTERVAL_MS) as usize;
        let values = self.rows[first..=last].iter().map(|row| row[series]).filter(|value| !value.is_nan());
        let mut previous = None;
        let mut sum = 0.0;
        for value in values {
            sum += match previous {
                Some(previous) if value >= previous => value - previous,
                Some(_) => value,
                None => 0.0,
            };
            previous = Some(value);
        }
        sum
    }

    fn total_increase(&self, name: &str, labels: &[(&str, &str)], t_ms: i64, window_ms: i64) -> f64 {
        self.find(name, labels).into_iter().map(|series| self.increase(series, t_ms, window_ms)).sum()
    }

    /// `histogram_quantile(q, sum(increase(family_bucket{service}[5m])) by (le))`.
    fn quantile(&self, q: f64, family: &str, service: &str, t_ms: i64) -> f64 {
        let mut counts: BTreeMap<u64, f64> = BTreeMap::new();
        for series in self.find(&format!("{family}_bucket"), &[("service", service)]) {
            let le = self.series[series].label("le").unwrap().replace("+Inf", "inf").parse::<f64>().unwrap();
            *counts.entry(le.to_bits()).or_default() += self.increase(series, t_ms, 5 * MINUTE);
        }
        let rank = q * counts.values().last().copied().unwrap();
        let (mut lower, mut below) = (0.0, 0.0);
        for (le, count) in counts {
            let upper = f64::from_bits(le);
            if count >= rank {
                return if upper.is_infinite() {
                    lower
                } else {
                    lower + (upper - lower) * (rank - below) / (count - below)
                };
            }
            (lower, below) = (upper, count);
        }
        f64::NAN
    }

    fn error_ratio(&self, service: &str, t_ms: i64) -> f64 {
        let (mut errors, mut all) = (0.0, 0.0);
        for series in self.find("agentarea_http_requests_total", &[("service", service)]) {
            let increase = self.increase(series, t_ms, 5 * MINUTE);
            all += increase;
            errors += if self.series[series].label("status").unwrap().starts_with('5') { increase } else { 0.0 };
        }
        errors / all
    }
}

/// Minutes relative to now, from nine hours ago, at which something holds.
fn minutes_where(holds: impl Fn(i64) -> bool) -> Vec<i64> {
    (-9 * 60..=0).filter(|minute| holds(NOW_MS + minute * MINUTE)).collect()
}

fn fingerprint(seed: u64, now_ms: i64, scrapes: usize) -> u64 {
    let mut platform = Platform::new(seed, now_ms);
    let mut hash = 0;
    for _ in 0..scrapes {
        let scrape = platform.next_scrape();
        for (index, value) in scrape.samples {
            hash = maths::mix(hash ^ maths::mix3(scrape.t_ms as u64, *index as u64, value.to_bits()));
        }
    }
    for exemplar in platform.exemplars() {
        hash = maths::mix(hash ^ maths::mix3(exemplar.t_ms as u64, exemplar.series as u64, exemplar.value.to_bits()));
    }
    hash
}

#[test]
fn the_same_seed_gives_the_same_bits_and_another_does_not() {
    let first = fingerprint(7, NOW_MS, 200);
    assert_eq!(first, fingerprint(7, NOW_MS, 200));
    assert_eq!(first, fingerprint(7, NOW_MS + 14_999, 200), "now is aligned down to the interval");
    assert_ne!(first, fingerprint(8, NOW_MS, 200));
    assert_ne!(first, fingerprint(7, NOW_MS + SCRAPE_INTERVAL_MS, 200));
}

#[test]
fn every_metric_of_the_guide_exists_with_its_labels() {
    let platform = Platform::new(1, NOW_MS);
    let check = |name: &str, labels: &[&str]| {
        let found = platform.series().iter().find(|series| series.name == name);
        let series = found.unwrap_or_else(|| panic!("{name} is missing"));
        for label in labels {
            assert!(series.label(label).is_some(), "{name} has no label {label}");
        }
    };
    check("agentarea_agent_requests_total", &["agent_id", "status", "model", "service"]);
    check("agentarea_conversation_duration_seconds_bucket", &["agent_type", "le"]);
    check("agentarea_active_agents", &["status"]);
    check("agentarea_http_requests_total", &["method", "endpoint", "status", "service"]);
    check("agentarea_http_request_duration_seconds_bucket", &["method", "endpoint", "le", "service"]);
    check("agentarea_db_connections", &["state"]);
    check("agentarea_db_query_duration_seconds_bucket", &["query_type", "le"]);
    check("agentarea_agents_created_total", &["template", "model", "status"]);
    check("agentarea_agent_errors_total", &["agent_id", "error_type"]);
    check("agentarea_mcp_tool_calls_total", &["tool_name", "status"]);
    check("agentarea_mcp_response_seconds_bucket", &["tool_name", "le"]);
    check("agentarea_agent_messages_total", &["from_agent", "to_agent", "message_type"]);
    check("agentarea_memory_usage_bytes", &["component"]);
    check("agentarea_cpu_usage_percent", &["component"]);
    check("agentarea_active_users", &[]);
    check("up", &["job", "instance"]);
    for name in [
        "cpu_usage_seconds_total",
        "spec_cpu_quota",
        "spec_cpu_period",
        "memory_usage_bytes",
        "spec_memory_limit_bytes",
    ] {
        check(&format!("container_{name}"), &["container"]);
    }
    check("node_filesystem_avail_bytes", &["mountpoint", "instance"]);
    check("node_filesystem_size_bytes", &["mountpoint", "instance"]);
    for name in ["pg_up", "redis_up", "scrape_duration_seconds", "scrape_samples_scraped"] {
        check(name, &["job", "instance"]);
    }
    let jobs: BTreeSet<&str> = platform.series().iter().filter_map(|series| series.label("job")).collect();
    assert_eq!(
        Vec::from_iter(jobs),
        [
            "agentarea-api",
            "agentarea-frontend",
            "cadvisor",
            "mcp-manager",
            "node-exporter",
            "postgres-exporter",
            "redis-exporter"
        ]
    );
    let statuses: BTreeSet<&str> = platform
        .series()
        .iter()
        .filter(|series| series.name == "agentarea_http_requests_total")
        .filter_map(|series| series.label("status"))
        .collect();
    for status in ["200", "503", "success", "error"] {
        assert!(statuses.contains(status), "no status {status}");
    }
}

#[test]
fn series_are_unique_sorted_and_within_the_budget() {
    let platform = Platform::new(1, NOW_MS);
    assert!((800..=2000).contains(&platform.series().len()), "{} series", platform.series().len());
    let mut seen = BTreeSet::new();
    for series in platform.series() {
        assert!(series.labels.windows(2).all(|pair| pair[0].0 < pair[1].0), "{series:?}");
        assert!(seen.insert((&series.name, &series.labels)), "twice: {series:?}");
    }
}

#[test]
fn metadata_is_sorted_and_covers_every_family() {
    assert!(Platform::metadata().windows(2).all(|pair| pair[0].name < pair[1].name));
    let families: BTreeSet<&str> = Platform::metadata().iter().map(|meta| meta.name).collect();
    let of_server = |name: &str| name == "up" || name.starts_with("scrape_");
    let mut exposed = BTreeSet::new();
    for series in Platform::new(1, NOW_MS).series().iter().filter(|series| !of_server(&series.name)) {
        let parts = ["_bucket", "_sum", "_count"].iter().filter_map(|suffix| series.name.strip_suffix(suffix));
        let family = parts.clone().find(|family| families.contains(family)).unwrap_or(&series.name).to_owned();
        assert!(families.contains(family.as_str()), "{} has no metadata", series.name);
        exposed.insert(family);
    }
    for family in families {
        assert!(exposed.contains(family), "{family} is described and never exposed");
    }
}

#[test]
fn counters_fall_only_after_a_gap_and_histograms_are_cumulative() {
    let history = history();
    let counters: BTreeSet<&str> = Platform::metadata()
        .iter()
        .filter(|meta| matches!(meta.kind, MetricKind::Counter))
        .map(|meta| meta.name)
        .collect();
    let mut resets = BTreeSet::new();
    for (index, series) in history.series.iter().enumerate() {
        let is_part = ["_bucket", "_sum", "_count"].iter().any(|suffix| series.name.ends_with(suffix));
        if !counters.contains(series.name.as_str()) && (!is_part || series.name == "pg_stat_activity_count") {
            continue;
        }
        if series.name == "pg_locks_count" {
            continue;
        }
        for pair in history.rows.windows(2) {
            let (before, after) = (pair[0][index], pair[1][index]);
            let falls = after < before;
            assert!(!falls, "{series:?} falls from {before} to {after} without a restart");
        }
        let seen: Vec<f64> = history.rows.iter().map(|row| row[index]).filter(|value| !value.is_nan()).collect();
        if seen.windows(2).any(|pair| pair[1] < pair[0]) {
            resets.insert(series.label("pod").unwrap_or_default().to_owned());
        }
    }
    assert_eq!(
        Vec::from_iter(resets),
        ["agentarea-api-0", "agentarea-api-1", "agentarea-api-2", "mcp-manager-1"],
        "the processes that the script restarts"
    );
    for (index, series) in history.series.iter().enumerate() {
        if series.name.ends_with("_bucket") && series.label("le") == Some("+Inf") {
            for row in &history.rows {
                let buckets = &row[index - 14..=index];
                assert!(!buckets.windows(2).any(|pair| pair[1] < pair[0]), "{series:?}");
                assert_eq!(row[index].to_bits(), row[index + 2].to_bits(), "+Inf and count of {series:?}");
            }
        }
    }
}

#[test]
fn a_target_that_goes_down_leaves_one_stale_marker_per_series() {
    let mut platform = Platform::with_history(1, NOW_MS, 1);
    let is_of_frontend_1 = |series: &SeriesDef| series.label("pod") == Some("agentarea-frontend-1");
    let series = platform.series().to_vec();
    let mut last = vec![f64::NAN; series.len()];
    let mut markers = vec![0; series.len()];
    while platform.next_ms() <= platform.now_ms() {
        let scrape = platform.next_scrape();
        let indexes: BTreeSet<usize> = scrape.samples.iter().map(|(index, _)| *index).collect();
        assert_eq!(indexes.len(), scrape.samples.len(), "one sample per series");
        for (index, value) in scrape.samples {
            assert!(!(is_stale(*value) && is_stale(last[*index])), "two markers in a row");
            last[*index] = *value;
            markers[*index] += u32::from(is_stale(*value));
        }
    }
    for (index, series) in series.iter().enumerate().filter(|(_, series)| is_of_frontend_1(series)) {
        match series.name.as_str() {
            "up" => assert_eq!(last[index].to_bits(), 0.0_f64.to_bits()),
            "scrape_duration_seconds" => assert!(last[index] > 0.0),
            name if name.starts_with("scrape_") => assert_eq!(last[index].to_bits(), 0.0_f64.to_bits()),
            // A series that was never touched has nothing to end.
            _ => assert!(last[index].is_nan() && markers[index] <= 2, "{series:?}"),
        }
    }
    let target = platform.targets().into_iter().find(|target| target.instance == "10.42.2.31:3000").unwrap();
    assert!(!target.healthy);
    assert!(target.last_error.contains("connection refused"), "{}", target.last_error);
    assert_eq!(platform.targets().iter().filter(|target| !target.healthy).count(), 1);
    assert_eq!(platform.targets().len(), 15);
}

#[test]
fn service_down_holds_for_the_lost_frontend_alone() {
    let history = history();
    let ups: Vec<usize> = history
        .find("up", &[])
        .into_iter()
        .filter(|i| history.series[*i].label("job").unwrap().starts_with("agentarea"))
        .collect();
    assert_eq!(ups.len(), 5);
    let lost = history.find("up", &[("instance", "10.42.2.31:3000")])[0];
    let down = minutes_where(|t| history.at(lost, t) == 0.0);
    assert_eq!((down[0], down.len()), (-40, 41));
    for up in ups.into_iter().filter(|up| *up != lost) {
        let longest = history.rows.split(|row| row[up] != 0.0).map(<[Vec<f64>]>::len).max().unwrap();
        assert!(longest < 4, "a restart is shorter than the rule's minute: {longest} scrapes");
    }
}

#[test]
fn the_exhausted_pool_shows_in_every_signal() {
    let history = history();
    for service in ["agentarea-api", "agentarea-frontend"] {
        let high = minutes_where(|t| history.error_ratio(service, t) > 0.05);
        assert!((-179..=-175).contains(&high[0]), "{service}: {high:?}");
        assert!((-157..=-148).contains(high.last().unwrap()), "{service}: {high:?}");
    }
    let slow =
        minutes_where(|t| history.quantile(0.95, "agentarea_http_request_duration_seconds", "agentarea-api", t) > 2.0);
    assert!(slow[0] >= -180 && *slow.last().unwrap() <= -148 && slow.len() > 15, "{slow:?}");
    let failed = history.find("agentarea_db_connections", &[("state", "failed")]);
    assert_eq!(failed.len(), 3);
    for series in failed {
        let minutes = minutes_where(|t| history.at(series, t) > 0.0);
        assert!(minutes[0] >= -180 && *minutes.last().unwrap() <= -155 && minutes.len() >= 22, "{minutes:?}");
    }
    let query_p95 = |minute: i64| {
        history.quantile(0.95, "agentarea_db_query_duration_seconds", "agentarea-api", NOW_MS + minute * MINUTE)
    };
    assert!(query_p95(-165) > 5.0 * query_p95(-190), "{} after {}", query_p95(-165), query_p95(-190));
    let not_created = minutes_where(|t| {
        history.total_increase("agentarea_agents_created_total", &[("status", "error")], t, 10 * MINUTE) > 5.0
    });
    assert!(not_created[0] >= -180 && *not_created.last().unwrap() <= -145, "{not_created:?}");
    let leaked = history.find("pg_stat_activity_count", &[("state", "idle in transaction")])[0];
    assert!(history.at(leaked, NOW_MS - 165 * MINUTE) > 40.0);
    assert!(history.at(leaked, NOW_MS - 120 * MINUTE) < 5.0);
}

#[test]
fn low_activity_is_an_alert_of_the_pool_incident_and_of_nothing_else() {
    let history = history();
    for series in history.find("agentarea_active_agents", &[]) {
        let low = minutes_where(|t| history.at(series, t) < 10.0);
        let is_running = history.series[series].label("status") == Some("running");
        // Restarted replicas fill up within the rule's quarter of an hour.
        let (after_restart, rest): (Vec<i64>, Vec<i64>) = low.iter().partition(|minute| **minute < -300);
        assert!(after_restart.len() < 12, "{after_restart:?}");
        if is_running {
            assert!((16..=26).contains(&rest.len()) && rest[0] >= -180, "{rest:?}");
        } else {
            assert!(rest.is_empty(), "{:?} {rest:?}", history.series[series]);
        }
    }
}

#[test]
fn one_tool_fails_now() {
    let history = history();
    for tool in TOOLS {
        let failing = minutes_where(|t| {
            let labels = [("tool_name", tool.name), ("status", "error")];
            history.total_increase("agentarea_mcp_tool_calls_total", &labels, t, 5 * MINUTE) > 3.0
        });
        if tool.name == "web_search" {
            assert!((-20..=-18).contains(&failing[0]) && failing.last() == Some(&0), "{failing:?}");
        } else {
            assert!(failing.is_empty(), "{}: {failing:?}", tool.name);
        }
    }
    let errors = |minute: i64| {
        let labels = [("error_type", RunError::Tool.name())];
        history.total_increase("agentarea_agent_errors_total", &labels, NOW_MS + minute * MINUTE, 10 * MINUTE)
    };
    assert!(errors(0) > 20.0 && errors(-30) < 4.0, "{} after {}", errors(0), errors(-30));
}

#[test]
fn the_deploy_is_slow_but_no_outage() {
    let history = history();
    let p95 = |minute: i64| {
        history.quantile(0.95, "agentarea_http_request_duration_seconds", "agentarea-api", NOW_MS + minute * MINUTE)
    };
    let (before, during, after) = (p95(-370), p95(-341), p95(-300));
    assert!((0.1..0.22).contains(&before), "{before}");
    assert!((0.35..1.5).contains(&during), "{during}");
    assert!((0.1..0.22).contains(&after), "{after}");
    let misses = |minute: i64| {
        let t_ms = NOW_MS + minute * MINUTE;
        history.total_increase("redis_keyspace_misses_total", &[], t_ms, 5 * MINUTE)
            / history.total_increase("redis_keyspace_hits_total", &[], t_ms, 5 * MINUTE)
    };
    assert!(misses(-341) > 2.0 * misses(-370), "cold caches miss");
}

#[test]
fn one_disk_is_nearly_full_now() {
    let history = history();
    let available = history.find("node_filesystem_avail_bytes", &[("mountpoint", "/")]);
    let size = history.find("node_filesystem_size_bytes", &[("mountpoint", "/")]);
    for (available, size) in available.into_iter().zip(size) {
        let low = minutes_where(|t| history.at(available, t) / history.at(size, t) < 0.1);
        if history.series[available].label("instance") == Some("10.0.1.12:9100") {
            assert_eq!(low, [-6, -5, -4, -3, -2, -1, 0]);
        } else {
            assert!(low.is_empty());
        }
    }
}

#[test]
fn memory_creeps_to_the_limit_and_the_kill_begins_it_again() {
    let history = history();
    let usage = history.find("container_memory_usage_bytes", &[("pod", "mcp-manager-1")])[0];
    let limit = history.find("container_spec_memory_limit_bytes", &[("pod", "mcp-manager-1")])[0];
    let ratio = |t_ms: i64| history.at(usage, t_ms) / history.at(limit, t_ms);
    let killed_ms = NOW_MS - 9 * HOUR;
    let before = ratio(killed_ms - 5 * MINUTE);
    assert!((0.95..=1.0).contains(&before), "{before}");
    assert!(ratio(killed_ms + 5 * MINUTE) < 0.5);
    assert!((0.75..0.9).contains(&ratio(NOW_MS)));
    let kills = history.find("container_oom_events_total", &[("pod", "mcp-manager-1")])[0];
    assert_eq!((history.at(kills, killed_ms - MINUTE), history.at(kills, NOW_MS)), (0.0, 1.0));
    for usage in history.find("container_memory_usage_bytes", &[]) {
        let pod = history.series[usage].label("pod").unwrap();
        let limit = history.find("container_spec_memory_limit_bytes", &[("pod", pod)])[0];
        let high = minutes_where(|t| history.at(usage, t) / history.at(limit, t) > 0.9);
        assert!(high.is_empty(), "{pod} {high:?}");
    }
}

#[test]
fn an_ordinary_hour_is_healthy() {
    let history = history();
    let t_ms = NOW_MS - 60 * MINUTE;
    let (mut errors, mut all) = (0.0, 0.0);
    for series in history.find("agentarea_http_requests_total", &[]) {
        let increase = history.increase(series, t_ms, 60 * MINUTE);
        all += increase;
        errors += if history.series[series].label("status").unwrap().starts_with('5') { increase } else { 0.0 };
    }
    assert!(all > 50_000.0, "{all} requests in an hour");
    assert!(errors > 0.0 && errors / all < 0.001, "{errors} of {all}");
    for service in ["agentarea-api", "agentarea-frontend"] {
        let p95 = history.quantile(0.95, "agentarea_http_request_duration_seconds", service, t_ms);
        assert!((0.09..0.22).contains(&p95), "{service} {p95}");
    }
    let cpu = minutes_where(|t| {
        let used = history.total_increase(
            "container_cpu_usage_seconds_total",
            &[("container", "agentarea-api")],
            t,
            5 * MINUTE,
        );
        used / 300.0 / 3.0 > 0.8
    });
    assert!(cpu.is_empty(), "{cpu:?}");
}

#[test]
fn the_metrics_count_exactly_the_events() {
    let mut platform = Platform::with_history(3, NOW_MS, 1);
    let series = platform.series().to_vec();
    platform.next_scrape();
    let read = |samples: &[(usize, f64)], wanted: &dyn Fn(&SeriesDef) -> bool| -> f64 {
        samples.iter().filter(|(index, value)| wanted(&series[*index]) && !value.is_nan()).map(|(_, value)| value).sum()
    };
    let of_api =
        |s: &SeriesDef| s.name == "agentarea_http_requests_total" && s.label("service") == Some("agentarea-api");
    let runs = |s: &SeriesDef| s.name == "agentarea_agent_requests_total";
    let calls = |s: &SeriesDef| s.name == "agentarea_mcp_tool_calls_total";
    let mut before = [0.0; 3];
    for scrape in 0..40 {
        let samples = platform.next_scrape().samples.to_vec();
        let after = [read(&samples, &of_api), read(&samples, &runs), read(&samples, &calls)];
        let events = platform.events();
        let requests =
            events.requests.iter().filter(|request| request.replica().unwrap().service == Service::Api).count();
        let counted = [requests as f64, events.runs.len() as f64, events.tool_calls.len() as f64];
        if scrape > 0 {
            let grown = [after[0] - before[0], after[1] - before[1], after[2] - before[2]];
            assert_eq!(grown.map(f64::to_bits), counted.map(f64::to_bits), "scrape {scrape}");
        }
        before = after;
    }
}

#[test]
fn events_are_told_in_order_and_their_parts_add_up() {
    let mut platform = Platform::with_history(3, NOW_MS, 1);
    let mut ids = BTreeSet::new();
    let mut runs_with_parents = 0;
    for _ in 0..120 {
        platform.next_scrape();
        let events = platform.events();
        assert!(events.requests.windows(2).all(|pair| pair[0].end_ns <= pair[1].end_ns));
        let slice_ns = events.start_ms * 1_000_000..=events.end_ms * 1_000_000;
        for request in &events.requests {
            assert!(slice_ns.contains(&request.end_ns));
            assert!(ids.insert(request.trace_id), "trace ids are unique");
            let parts = request.queue_secs
                + request.pool_wait_secs
                + request.own_secs
                + request.redis_secs
                + request.stream_secs
                + request.queries().iter().map(|query| query.secs).sum::<f64>()
                + request.mcp.map_or(0.0, |call| call.secs);
            assert!((parts - request.duration_secs).abs() < 1e-9);
            assert!(!request.route().1.is_empty());
        }
        for run in &events.runs {
            assert!(slice_ns.contains(&run.end_ns) && run.start_ns < run.end_ns);
            assert!(run.tool_calls().all(|call| call.trace_id == run.trace_id && call.end_ns <= run.end_ns));
            runs_with_parents += usize::from(ids.contains(&run.trace_id));
        }
    }
    assert!(runs_with_parents > 500, "{runs_with_parents}");
}

#[test]
fn exemplars_lie_in_their_buckets_and_point_to_known_traces() {
    let mut platform = Platform::with_history(5, NOW_MS, 1);
    let mut traces = BTreeSet::new();
    while platform.next_ms() <= platform.now_ms() {
        platform.next_scrape();
        traces.extend(platform.events().requests.iter().map(|request| format!("{:032x}", request.trace_id)));
        traces.extend(platform.events().runs.iter().map(|run| format!("{:032x}", run.trace_id)));
        traces.extend(platform.events().tool_calls.iter().map(|call| format!("{:032x}", call.trace_id)));
    }
    let exemplars = platform.exemplars();
    assert!(exemplars.len() > 500);
    for exemplar in &exemplars {
        let series = &platform.series()[exemplar.series];
        assert!(series.name.ends_with("_bucket"));
        let le = series.label("le").unwrap().replace("+Inf", "inf").parse::<f64>().unwrap();
        assert!(exemplar.value <= le, "{} in {le}", exemplar.value);
        assert_eq!(exemplar.labels[0].0, "trace_id");
        assert!(traces.contains(&exemplar.labels[0].1));
    }
    assert!(exemplars.windows(2).all(|pair| pair[0].t_ms <= pair[1].t_ms));
    let late = NOW_MS - 10 * MINUTE;
    let expected = exemplars.iter().filter(|exemplar| exemplar.t_ms > late).count();
    assert_eq!(platform.exemplars_after(late).len(), expected);
}

#[test]
fn the_day_has_a_rhythm_and_the_week_an_end() {
    let local_midnight_ms = NOW_MS - 12 * HOUR;
    let busy = demand(1, local_midnight_ms + 14 * HOUR);
    let quiet = demand(1, local_midnight_ms + 2 * HOUR);
    assert!(busy > 3.0 * quiet, "{busy} by day, {quiet} by night");
    let saturday = demand(1, local_midnight_ms + 3 * 24 * HOUR + 14 * HOUR);
    assert!(saturday < 0.75 * busy, "{saturday} on Saturday, {busy} on Wednesday");
    let script = Script::new(NOW_MS);
    let count = |t_ms: i64| {
        let mut events = Events::default();
        Traffic::new(1).slice(t_ms - HOUR, t_ms, &script.at(t_ms), &mut events);
        events.requests.len()
    };
    let (day, night) = (count(local_midnight_ms + 38 * HOUR), count(local_midnight_ms + 26 * HOUR));
    assert!(day > 3 * night && night > 10_000, "{day} requests by day, {night} by night");
}

#[test]
fn the_server_s_own_restart_leaves_a_gap_without_markers() {
    let mut platform = Platform::with_history(1, NOW_MS, 15);
    let gap_ms = NOW_MS - 14 * HOUR - 20 * MINUTE;
    let mut empty = Vec::new();
    while platform.next_ms() <= gap_ms + 5 * MINUTE {
        let scrape = platform.next_scrape();
        if scrape.samples.is_empty() {
            empty.push((scrape.t_ms - gap_ms) / SCRAPE_INTERVAL_MS);
        }
    }
    assert_eq!(empty, [0, 1, 2, 3, 4, 5]);
}

#[test]
fn a_demo_left_open_sees_the_incidents_again() {
    let platform = Platform::new(1, NOW_MS);
    let tomorrow = platform.incidents(NOW_MS + 20 * HOUR, NOW_MS + 24 * HOUR);
    let kinds: Vec<IncidentKind> = tomorrow.iter().map(|incident| incident.kind).collect();
    assert!(kinds.contains(&IncidentKind::DatabasePoolExhaustion) && kinds.contains(&IncidentKind::ToolFailure));
}
