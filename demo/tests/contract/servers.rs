//! Which servers there are: those of a running stack, or those that can be started here; and the demonstration beside them.

use std::path::{Path, PathBuf};

use agentarea_demo::promql::Dialect;
use agentarea_demo::rules::RuleSet;
use agentarea_demo::server::{Options, PREFIX, Running};
use agentarea_demo::sim::SCRAPE_INTERVAL_MS;
use serde_json::Value;

use crate::common::prometheus::{History, Prometheus, agent, embedded, installed};
use crate::prometheus::{self, Facts};
use crate::runner::{Pair, Report, Side};

/// What both sides hold where the suite starts the server itself.
const HISTORY: History = History {
    seed: 7,
    // 2026-08-01T12:00:00Z: any fixed time does.
    now_ms: 1_785_585_600_000,
    hours: 2,
};

const GUIDE_RULES: &str = include_str!("../../rules/agentarea_rules.yml");

pub fn stack_path() -> Option<PathBuf> {
    std::env::var_os("AGENTAREA_STACK").filter(|path| !path.is_empty()).map(PathBuf::from)
}

pub fn run(report: &mut Report) {
    match stack_path() {
        Some(path) => attach(report, &path),
        None => start(report),
    }
}

/// The demonstration's server on a free port.
struct Demo {
    running: Option<Running>,
    base: String,
}

impl Demo {
    fn start(dialect: Dialect, history: History, has_own_rules: bool) -> Self {
        let mut rules = RuleSet::parse(Path::new("agentarea_rules.yml"), GUIDE_RULES, SCRAPE_INTERVAL_MS).unwrap();
        if has_own_rules {
            let own = RuleSet::parse(Path::new("contract_rules.yml"), prometheus::RULES, SCRAPE_INTERVAL_MS).unwrap();
            rules.groups.extend(own.groups);
        }
        let (api, clock) = embedded(dialect, history, rules);
        let options =
            Options { listen: "127.0.0.1:0".parse().unwrap(), dist: None, upstream: None, announces_clock: false };
        let running = Running::start(&options, api, &clock).unwrap();
        let base = format!("http://{}{PREFIX}", running.address);
        Self { running: Some(running), base }
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        if let Some(running) = self.running.take() {
            running.stop();
        }
    }
}

fn dialect_of(base: &str) -> Result<(Dialect, String), String> {
    let url = format!("{base}/api/v1/status/buildinfo");
    let text = agent()
        .get(&url)
        .call()
        .and_then(|mut answer| answer.body_mut().read_to_string())
        .map_err(|error| format!("{url}: {error}"))?;
    let info: Value = serde_json::from_str(&text).map_err(|error| format!("{url}: {error}"))?;
    let version = info["data"]["version"].as_str().unwrap_or("none").to_owned();
    let dialect = if version.starts_with("2.") { Dialect::V2 } else { Dialect::V3 };
    Ok((dialect, version))
}

fn compare_prometheus(report: &mut Report, base: &str, history: History, start_ms: i64, is_stack: bool) {
    let (dialect, version) = match dialect_of(base) {
        Ok(found) => found,
        Err(reason) => return report.row("Prometheus", "the server's version", String::new(), reason, false),
    };
    let cases = prometheus::cases(Facts { dialect, start_ms, now_ms: history.now_ms, is_stack });
    let demo = Demo::start(dialect, history, !is_stack);
    let version = version.split(['+', '-']).next().unwrap_or_default();
    let api = format!("Prometheus {version}");
    report.run(Pair { api: &api, demo: Side::At(&demo.base), real: Side::At(base), dialect }, &cases);
}

/// Starts what is here, one server after the other.
fn start(report: &mut Report) {
    let start_ms = HISTORY.now_ms - i64::from(HISTORY.hours) * 3_600_000;
    let facts = Facts { dialect: Dialect::V2, start_ms, now_ms: HISTORY.now_ms, is_stack: false };
    if report.wants_any("Prometheus", &prometheus::cases(facts)) {
        let servers = installed();
        for one in &servers {
            let beside = [("agentarea_rules.yml", GUIDE_RULES), ("contract_rules.yml", prometheus::RULES)];
            let server = Prometheus::start(one, HISTORY, prometheus::SETTINGS, &beside);
            compare_prometheus(report, &server.base, HISTORY, start_ms, false);
        }
        if servers.is_empty() {
            report.skip("Prometheus: no prometheus with promtool on the path or in the cache; the demonstration alone was asked");
            let demo = Demo::start(Dialect::V2, HISTORY, true);
            let pair = Pair {
                api: "Prometheus",
                demo: Side::At(&demo.base),
                real: Side::None("not here"),
                dialect: Dialect::V2,
            };
            report.run(pair, &prometheus::cases(facts));
        }
    }
}

/// Takes the servers of a running stack.
fn attach(report: &mut Report, path: &Path) {
    let stack: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let number = |name: &str| stack[name].as_i64().unwrap();
    let (start_ms, now_ms) = (number("start_ms"), number("now_ms"));
    let hours = u32::try_from((now_ms - start_ms) / 3_600_000).unwrap();
    let history = History { seed: stack["seed"].as_u64().unwrap(), now_ms, hours };
    let url = |name: &str| stack.pointer(&format!("/servers/{name}/url")).and_then(Value::as_str).map(|url| url.trim_end_matches('/').to_owned());
    match url("prometheus") {
        Some(base) => compare_prometheus(report, &base, history, start_ms, true),
        None => report.skip("Prometheus: not in the stack"),
    }
}
