//! The embedded store against each real Prometheus of this machine, which holds the same samples: every query of
//! `queries.txt`, of the guide's rules and of the app's dashboards, instant and range, must be answered alike, in the
//! dialect of that server's major version. The HTTP contract around the queries is the suite `contract`.
//!
//! Taken are `prometheus` and `promtool` on the path, and those that `cargo xtask setup --level bench` has built. Without
//! any the test says so and ends, unless `AGENTAREA_REQUIRE_PROMETHEUS` is set.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod common;

use std::collections::BTreeSet;
use std::path::Path;

use agentarea_demo::api::{Api, Params};
use agentarea_demo::promql::{Dialect, parse};
use agentarea_demo::rules::RuleSet;
use common::answers::{compare, in_words_of_2};
use common::machine::agent;
use common::prometheus::{History, Prometheus, embedded, installed};
use serde_json::Value;

const HISTORY: History = History {
    seed: 7,
    // 2026-08-01T12:00:00Z: any fixed time does.
    now_ms: 1_785_585_600_000,
    hours: 2,
};

/// Answers of one server: status and body.
trait Server {
    fn ask(&self, path: &str, params: &[(&str, &str)]) -> (u16, Value);
}

struct Asked {
    server: Prometheus,
    agent: ureq::Agent,
}

impl Server for Asked {
    fn ask(&self, path: &str, params: &[(&str, &str)]) -> (u16, Value) {
        let mut request = self.agent.get(format!("{}{path}", self.server.base));
        for (name, value) in params {
            request = request.query(name, value);
        }
        let mut answer = request.call().unwrap();
        let text = answer.body_mut().with_config().limit(1 << 30).read_to_string().unwrap();
        (answer.status().as_u16(), if text.is_empty() { Value::Null } else { serde_json::from_str(&text).unwrap() })
    }
}

impl Server for Api {
    fn ask(&self, path: &str, params: &[(&str, &str)]) -> (u16, Value) {
        let mut decoded = Params::default();
        for (name, value) in params {
            decoded.push(name, value);
        }
        let answer = self.handle("GET", path, &decoded);
        let body = if answer.body.is_empty() { Value::Null } else { serde_json::from_str(&answer.body).unwrap() };
        (answer.status, body)
    }
}

struct Case {
    query: String,
    tolerance: f64,
    is_refused: bool,
}

fn cases() -> Vec<Case> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut cases = Vec::new();
    for line in std::fs::read_to_string(root.join("tests/queries.txt")).unwrap().lines() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let (is_refused, rest) = line.strip_prefix("! ").map_or((false, line), |rest| (true, rest));
        let (tolerance, query) = rest.strip_prefix("~ ").map_or((1e-9, rest), |query| (1e-6, query));
        cases.push(Case { query: query.to_owned(), tolerance, is_refused });
    }
    let rules = std::fs::read_to_string(root.join("rules/agentarea_rules.yml")).unwrap();
    let rules: Value = serde_norway::from_str(&rules).unwrap();
    let before = cases.len();
    collect_text(&rules, "expr", &mut cases);
    assert_eq!(cases.len() - before, 10, "the guide has ten rules");
    // The threshold alone decides whether a rule has an answer: compare what is left of it too.
    for index in before..cases.len() {
        if let Some((left, _)) = cases[index].query.rsplit_once(['>', '<']) {
            cases.push(Case { query: left.trim().to_owned(), tolerance: 1e-9, is_refused: false });
        }
    }
    let dashboards = root.join("../public/dashboards");
    let before = cases.len();
    for entry in std::fs::read_dir(dashboards).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "json") {
            collect_text(&serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap(), "expr", &mut cases);
        }
    }
    assert!(cases.len() - before >= 10, "the guide's two dashboards have ten queries");
    cases
}

fn collect_text(value: &Value, key: &str, into: &mut Vec<Case>) {
    match value {
        Value::Object(fields) => {
            for (name, field) in fields {
                match field {
                    Value::String(text) if name == key => {
                        let query = without_variables(text);
                        into.push(Case { query, tolerance: 1e-9, is_refused: false });
                    }
                    other => collect_text(other, key, into),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| collect_text(item, key, into)),
        _ => {}
    }
}

/// Dashboards' variables, as a page would fill them.
fn without_variables(text: &str) -> String {
    let known = text.trim().replace("$__rate_interval", "5m").replace("$__interval", "1m").replace("$__range", "1h");
    regex::Regex::new(r"\$\{?\w+(:\w+)?\}?").unwrap().replace_all(&known, ".*").into_owned()
}

/// Asks that a Prometheus 3 answers otherwise than 2, and so than the demonstration.
const OTHERWISE_IN_3: [(&str, &str); 13] = [
    ("holt_winters(agentarea_cpu_usage_percent[10m], 0.5, 0.3)", "is called double_exponential_smoothing, and is off"),
    ("5m", "a duration is a number of seconds"),
    ("up[5]", "a number of seconds is a duration"),
    ("up[5x]", "durations are expressions, refused in other words"),
    ("up[x]", "durations are expressions, refused in other words"),
    ("up offset", "durations are expressions, refused in other words"),
    ("up{\"a\"}", "a quoted text in braces is the metric's name"),
    ("up{job=~\"[\"}", "a refused pattern is quoted as it was written, without anchors"),
    ("up{job=~\"(\"}", "a refused pattern is quoted as it was written, without anchors"),
    ("label_replace(up, \"0x\", \"$1\", \"instance\", \"(.*)\")", "labels may have any name"),
    ("count_values(\"0\", up)", "labels may have any name"),
    ("up * on (job) up", "the refusal names the two series in the other order"),
    ("up * on (job) group_left () up", "the refusal names the two series in the other order"),
];

/// What was found to be different, sorted into what must not be and what was expected.
struct Differences {
    dialect: Dialect,
    failures: Vec<String>,
    found: BTreeSet<&'static str>,
}

impl Differences {
    /// `what` is a query.
    fn note(&mut self, what: &str, failure: String) {
        let expected = OTHERWISE_IN_3.iter().find(|(other, _)| self.dialect == Dialect::V3 && *other == what);
        match expected {
            Some((other, _)) => {
                self.found.insert(*other);
            }
            None => self.failures.push(failure),
        }
    }

    /// All that must not be: also an expected difference that is none.
    fn finish(mut self) -> Vec<String> {
        for (what, why) in OTHERWISE_IN_3.iter().filter(|(what, _)| !self.found.contains(what)) {
            if self.dialect == Dialect::V3 {
                self.failures.push(format!("{what}\n    is no longer answered otherwise by Prometheus 3 ({why})"));
            }
        }
        self.failures
    }
}

#[test]
fn answers_as_prometheus_does() {
    let installed = installed();
    if installed.is_empty() {
        assert!(std::env::var_os("AGENTAREA_REQUIRE_PROMETHEUS").is_none(), "prometheus and promtool are required");
        eprintln!("SKIPPED: there is no prometheus and promtool here, so nothing was compared with a real server");
    }
    for one in &installed {
        let server = Prometheus::start(one, HISTORY, "", &[]);
        compare_with(&Asked { server, agent: agent() });
    }
}

fn compare_with(theirs: &Asked) {
    let version = theirs.ask("/api/v1/status/buildinfo", &[]).1["data"]["version"].as_str().unwrap().to_owned();
    let dialect = if version.starts_with("2.") { Dialect::V2 } else { Dialect::V3 };
    let (ours, _) = embedded(dialect, HISTORY, RuleSet::default());
    let now_secs = HISTORY.now_ms / 1000;
    let (from, to) = ((now_secs - i64::from(HISTORY.hours) * 3600).to_string(), now_secs.to_string());
    let unaligned = format!("{}.3", now_secs - 3600 + 7);
    let instants = [to.clone(), (now_secs - 1234).to_string(), format!("{}.123", now_secs - 2000)];
    let mut differences = Differences { dialect, failures: Vec::new(), found: BTreeSet::new() };
    let (mut queries, mut points) = (0, 0);
    for case in cases() {
        let Case { query, tolerance, is_refused } = &case;
        let mut asks: Vec<(&str, Vec<(&str, &str)>)> = Vec::new();
        for time in &instants {
            asks.push(("/api/v1/query", vec![("query", query.as_str()), ("time", time)]));
        }
        for (start, step) in [(&from, "60"), (&unaligned, "37s")] {
            asks.push((
                "/api/v1/query_range",
                vec![("query", query.as_str()), ("start", start), ("end", &to), ("step", step)],
            ));
        }
        for (path, params) in asks {
            let our_answer = ours.ask(path, &params);
            let their_answer = in_words_of_2(dialect, path, theirs.ask(path, &params));
            let outcome = if our_answer.0 != their_answer.0 {
                Err(format!(
                    "code {} {} instead of {} {}",
                    our_answer.0, our_answer.1["error"], their_answer.0, their_answer.1["error"]
                ))
            } else if our_answer.0 == 200 {
                if *is_refused {
                    Err("answered".into())
                } else {
                    compare(query, &our_answer.1, &their_answer.1, *tolerance)
                }
            } else if our_answer.1 == their_answer.1 {
                if *is_refused { Ok(0) } else { Err(format!("refused by both: {}", their_answer.1["error"])) }
            } else {
                Err(format!("{} instead of {}", our_answer.1["error"], their_answer.1["error"]))
            };
            match outcome {
                Ok(compared) => points += compared,
                Err(reason) => differences.note(query, format!("{query}\n    {path} {:?}: {reason}", &params[1..])),
            }
        }
        queries += 1;
    }
    compare_layouts(&ours, theirs, &mut differences);
    let failures = differences.finish();
    eprintln!("{queries} queries, {points} points compared with Prometheus {version}");
    assert!(points > 10_000, "too little was compared: {points} points");
    assert!(failures.is_empty(), "{} differences from Prometheus {version}:\n{}", failures.len(), failures.join("\n"));
}

/// The parser crate forgets a unary plus, and writes large numbers without an exponent, as Prometheus 3 does.
fn is_laid_out_otherwise(query: &str, dialect: Dialect) -> bool {
    let has_large_number = ["minute(vector(1785583800))", "year(up * 1785583800)"].contains(&query);
    query == "+up" || (has_large_number && dialect == Dialect::V2)
}

/// The layout of every query that is not refused.
fn compare_layouts(ours: &Api, theirs: &Asked, differences: &mut Differences) {
    let dialect = differences.dialect;
    for case in cases().iter().filter(|case| !case.is_refused) {
        let params = [("query", case.query.as_str())];
        let (our_answer, their_answer) =
            (ours.ask("/api/v1/format_query", &params), theirs.ask("/api/v1/format_query", &params));
        let is_equal = our_answer == their_answer;
        if is_laid_out_otherwise(&case.query, dialect) {
            if is_equal {
                differences.failures.push(format!("{} is no longer laid out otherwise", case.query));
            }
        } else if !is_equal {
            differences
                .note(&case.query, format!("format {}\n    {}\n    {}", case.query, our_answer.1, their_answer.1));
        }
    }
}

#[test]
fn newer_syntax_is_refused_and_never_guessed() {
    for query in
        ["mad_over_time(up[5m])", "limitk(1, up)", "up{a=\"b\" or c=\"d\"}", "sort_by_label(up, \"a\")", "info(up)"]
    {
        assert!(parse(query).is_err(), "{query}");
    }
}
