//! Which servers there are: those of a running stack, or those that can be started here; and the demonstration beside them.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use agentarea_demo::api::Api;
use agentarea_demo::clock::{Clock, wall_ms};
use agentarea_demo::jaeger::{Jaeger, Traces};
use agentarea_demo::promql::Dialect;
use agentarea_demo::rules::{GUIDE_FILE, GUIDE_RULES, RuleSet};
use agentarea_demo::server::{Apis, JAEGER_PREFIX, Options, PREFIX, Running};
use agentarea_demo::sim::{Platform, SCRAPE_INTERVAL_MS};
use agentarea_demo::world::World;
use serde_json::Value;

use crate::common::machine::agent;
use crate::common::prometheus::{History, Prometheus, embedded, installed};
use crate::prometheus::{self, Facts};
use crate::runner::{Pair, Report, Side, prepare};
use crate::{alertmanager, jaeger, loki, started};

/// What both sides hold where the suite starts the server itself.
const HISTORY: History = History {
    seed: 7,
    // 2026-08-01T12:00:00Z: any fixed time does.
    now_ms: 1_785_585_600_000,
    hours: 2,
};

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
        let mut rules = RuleSet::of_the_guide(SCRAPE_INTERVAL_MS).unwrap();
        if has_own_rules {
            let own = RuleSet::parse(Path::new("contract_rules.yml"), prometheus::RULES, SCRAPE_INTERVAL_MS).unwrap();
            rules.groups.extend(own.groups);
        }
        let (api, clock) = embedded(dialect, history, rules);
        Self::serve(api.into(), PREFIX, &clock)
    }

    /// Jaeger's API without a platform: the suite gives it its traces.
    fn with_traces() -> Self {
        let clock = Clock::new(wall_ms(), false);
        let world = World::new(Platform::with_history(7, clock.start_ms(), 1), RuleSet::default());
        let jaeger = Jaeger::new(Arc::new(Traces::default()), clock.clone()).with_intake();
        let prometheus = Api::new(world.shared(), clock.clone());
        Self::serve(Apis { prometheus, jaeger: Some(jaeger) }, JAEGER_PREFIX, &clock)
    }

    fn serve(apis: Apis, prefix: &str, clock: &Clock) -> Self {
        let options =
            Options { listen: "127.0.0.1:0".parse().unwrap(), dist: None, upstream: None, announces_clock: false };
        let running = Running::start(&options, apis, clock).unwrap();
        let base = format!("http://{}{prefix}", running.address);
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
    start_prometheus(report);
    let now_ms = wall_ms();
    if report.wants_any("Alertmanager", &alertmanager::cases(&alertmanager_facts(now_ms))) {
        match started::alertmanager() {
            Some(server) => put_alertmanager(report, &server.base, now_ms),
            None => report.skip("Alertmanager: no prometheus-alertmanager or alertmanager on the path"),
        }
    }
    if report.wants_any("Jaeger", &jaeger::cases(&jaeger_facts(now_ms))) {
        match started::jaeger() {
            Some(server) => put_jaeger(report, &server.base, &server.intake, now_ms, true),
            None => report.skip("Jaeger: no jaeger-all-in-one on the path and none in the cache"),
        }
    }
    if report.wants_any("Loki", &loki::cases(&loki_facts(now_ms))) {
        match started::loki() {
            Some(server) => put_loki(report, &server.base, now_ms, true),
            None => report.skip("Loki: none on the path and none in the cache"),
        }
    }
}

fn start_prometheus(report: &mut Report) {
    let start_ms = HISTORY.now_ms - i64::from(HISTORY.hours) * 3_600_000;
    let facts = Facts { dialect: Dialect::V2, start_ms, now_ms: HISTORY.now_ms, is_stack: false };
    if !report.wants_any("Prometheus", &prometheus::cases(facts)) {
        return;
    }
    let servers = installed();
    for one in &servers {
        let beside = [(GUIDE_FILE, GUIDE_RULES), ("contract_rules.yml", prometheus::RULES)];
        let server = Prometheus::start(one, HISTORY, prometheus::SETTINGS, &beside);
        compare_prometheus(report, &server.base, HISTORY, start_ms, false);
    }
    if servers.is_empty() {
        if std::env::var_os("AGENTAREA_REQUIRE_PROMETHEUS").is_some() {
            report.given("Prometheus", "a server is here", Err("prometheus and promtool are required".to_owned()));
        }
        report.skip("Prometheus: none with promtool on the path or in the cache; the demonstration alone was asked");
        let demo = Demo::start(Dialect::V2, HISTORY, true);
        let (demo, real) = (Side::At(&demo.base), Side::None("not here"));
        report.run(Pair { api: "Prometheus", demo, real, dialect: Dialect::V2 }, &prometheus::cases(facts));
    }
}

/// Takes the servers of a running stack.
fn attach(report: &mut Report, path: &Path) {
    let stack: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let number = |name: &str| stack[name].as_i64().unwrap();
    let (start_ms, now_ms) = (number("start_ms"), number("now_ms"));
    let hours = u32::try_from((now_ms - start_ms) / 3_600_000).unwrap();
    let history = History { seed: stack["seed"].as_u64().unwrap(), now_ms, hours };
    let place = |pointer: &str| {
        let url = stack.pointer(&format!("/servers/{pointer}")).and_then(Value::as_str);
        url.map(|url| url.trim_end_matches('/').to_owned())
    };
    let wall_ms = wall_ms();
    match place("prometheus/url") {
        Some(base) if report.wants_any("Prometheus", &prometheus::cases(STACK_FACTS)) => {
            compare_prometheus(report, &base, history, start_ms, true);
        }
        Some(_) => {}
        None => report.skip("Prometheus: not in the stack"),
    }
    match place("alertmanager/url") {
        Some(base) => put_alertmanager(report, &base, wall_ms),
        None => report.skip("Alertmanager: not in the stack"),
    }
    match place("jaeger/url").zip(place("jaeger/otlp")) {
        Some((base, intake)) => put_jaeger(report, &base, &intake, wall_ms, false),
        None => report.skip("Jaeger: not in the stack"),
    }
    match place("loki/url") {
        Some(base) => put_loki(report, &base, wall_ms, false),
        None => report.skip("Loki: not in the stack"),
    }
}

/// For the names of the cases alone.
const STACK_FACTS: Facts = Facts { dialect: Dialect::V3, start_ms: 0, now_ms: 0, is_stack: true };

/// What the demonstration does not serve yet.
const NOT_YET: Side<'_> = Side::None("not served yet");

fn alertmanager_facts(now_ms: i64) -> alertmanager::Facts {
    alertmanager::Facts { run: format!("run-{now_ms}"), now_ms }
}

fn put_alertmanager(report: &mut Report, base: &str, now_ms: i64) {
    let pair = Pair { api: "Alertmanager", demo: NOT_YET, real: Side::At(base), dialect: Dialect::V2 };
    report.run(pair, &alertmanager::cases(&alertmanager_facts(now_ms)));
}

fn jaeger_facts(now_ms: i64) -> jaeger::Facts {
    // Whole seconds: RFC 3339 and microseconds tell them alike.
    jaeger::Facts { run: format!("{:08x}", now_ms as u32), at_ms: now_ms / 1000 * 1000 - 60_000 }
}

/// `intake` takes traces as OTLP.
fn put_jaeger(report: &mut Report, base: &str, intake: &str, now_ms: i64, is_alone: bool) {
    let facts = jaeger_facts(now_ms);
    let cases = jaeger::cases(&facts);
    if !report.wants_any("Jaeger", &cases) {
        return;
    }
    let demo = Demo::with_traces();
    let given = prepare(intake, &jaeger::give(&facts, is_alone))
        .and_then(|()| prepare(&demo.base, &jaeger::give(&facts, true)).map_err(|reason| format!("demo: {reason}")));
    report.given("Jaeger", "traces are taken as OTLP JSON", given);
    let pair = Pair { api: "Jaeger", demo: Side::At(&demo.base), real: Side::At(base), dialect: Dialect::V2 };
    report.run(pair, &cases);
}

fn loki_facts(now_ms: i64) -> loki::Facts {
    loki::Facts { run: format!("run-{now_ms}"), at_ms: now_ms - 60_000 }
}

fn put_loki(report: &mut Report, base: &str, now_ms: i64, is_alone: bool) {
    let facts = loki_facts(now_ms);
    let cases = loki::cases(&facts);
    if !report.wants_any("Loki", &cases) {
        return;
    }
    let given = prepare(base, &loki::give(&facts, is_alone));
    report.given("Loki", "log entries are taken", given);
    report.run(Pair { api: "Loki", demo: NOT_YET, real: Side::At(base), dialect: Dialect::V2 }, &cases);
}
