//! The embedded store against each real Prometheus of this machine, which holds the same samples: every query of
//! `queries.txt`, of the guide's rules and of the app's dashboards, instant and range, must be answered alike, in the
//! dialect of that server's major version.
//!
//! Taken are `prometheus` and `promtool` on the path, and those that `cargo xtask setup --level bench` has built. Without
//! any the test says so and ends, unless `AGENTAREA_REQUIRE_PROMETHEUS` is set.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, clippy::float_cmp, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufWriter, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use agentarea_demo::api::{Api, Params};
use agentarea_demo::clock::Clock;
use agentarea_demo::export::export;
use agentarea_demo::promql::{Dialect, parse};
use agentarea_demo::rules::RuleSet;
use agentarea_demo::sim::Platform;
use agentarea_demo::world::World;
use serde_json::Value;

const SEED: u64 = 7;
/// 2026-08-01T12:00:00Z: any fixed time does.
const NOW_MS: i64 = 1_785_585_600_000;
const HOURS: u32 = 2;

struct Prometheus {
    child: Child,
    folder: PathBuf,
    base: String,
    agent: ureq::Agent,
}

impl Drop for Prometheus {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
        std::fs::remove_dir_all(&self.folder).ok();
    }
}

/// A server with the tool that makes its blocks.
struct Installed {
    prometheus: PathBuf,
    promtool: PathBuf,
}

fn installed() -> Vec<Installed> {
    let runs = |program: &Path| Command::new(program).arg("--version").output().is_ok();
    let home = std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".cache"));
    let caches = std::env::var_os("XDG_CACHE_HOME").filter(|folder| !folder.is_empty()).map(PathBuf::from).or(home);
    let mut folders = vec![PathBuf::new()];
    if let Some(entries) = caches.and_then(|caches| caches.join("agentarea-observability").read_dir().ok()) {
        folders.extend(entries.flatten().map(|entry| entry.path()).filter(|folder| {
            folder.file_name().is_some_and(|name| name.to_string_lossy().starts_with("prometheus-v")) && folder.is_dir()
        }));
    }
    let named =
        |folder: &PathBuf| Installed { prometheus: folder.join("prometheus"), promtool: folder.join("promtool") };
    folders.iter().map(named).filter(|found| runs(&found.prometheus) && runs(&found.promtool)).collect()
}

#[expect(clippy::disallowed_methods, reason = "a test waits for a server to start")]
fn start_prometheus(installed: &Installed) -> Prometheus {
    let folder = std::env::temp_dir().join(format!("agentarea-against-prometheus-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let (samples, data, config) = (folder.join("samples.om"), folder.join("data"), folder.join("prometheus.yml"));
    let mut out = BufWriter::new(std::fs::File::create(&samples).unwrap());
    export(&mut Platform::with_history(SEED, NOW_MS, HOURS), &mut out).unwrap();
    out.flush().unwrap();
    let blocks = Command::new(&installed.promtool)
        .args(["tsdb", "create-blocks-from", "openmetrics", "--quiet"])
        .args([&samples, &data])
        .output()
        .unwrap();
    assert!(blocks.status.success(), "promtool: {}", String::from_utf8_lossy(&blocks.stderr));
    std::fs::remove_file(&samples).unwrap();
    std::fs::write(&config, "global: {scrape_interval: 15s, evaluation_interval: 15s}\n").unwrap();
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let child = Command::new(&installed.prometheus)
        .arg(format!("--config.file={}", config.display()))
        .arg(format!("--storage.tsdb.path={}", data.display()))
        .arg(format!("--web.listen-address=127.0.0.1:{port}"))
        .args(["--storage.tsdb.retention.time=100y", "--log.level=error"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let agent =
        ureq::Agent::new_with_config(ureq::Agent::config_builder().http_status_as_error(false).proxy(None).build());
    let prometheus = Prometheus { child, folder, base: format!("http://127.0.0.1:{port}"), agent };
    let deadline = Instant::now() + Duration::from_mins(1);
    while !prometheus
        .agent
        .get(format!("{}/-/ready", prometheus.base))
        .call()
        .is_ok_and(|answer| answer.status() == 200)
    {
        assert!(Instant::now() < deadline, "Prometheus did not become ready within a minute");
        std::thread::sleep(Duration::from_millis(100));
    }
    prometheus
}

/// Answers of one server: status and body.
trait Server {
    fn ask(&self, path: &str, params: &[(&str, &str)]) -> (u16, Value);
}

impl Server for Prometheus {
    fn ask(&self, path: &str, params: &[(&str, &str)]) -> (u16, Value) {
        let mut request = self.agent.get(format!("{}{path}", self.base));
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

fn series_by_metric(result: &Value) -> BTreeMap<String, &Value> {
    result.as_array().unwrap().iter().map(|one| (one["metric"].to_string(), one)).collect()
}

fn number(value: &Value) -> f64 {
    match value.as_str().unwrap() {
        "+Inf" => f64::INFINITY,
        "-Inf" => f64::NEG_INFINITY,
        text => text.parse().unwrap(),
    }
}

fn compare_points(ours: &Value, theirs: &Value, tolerance: f64) -> Result<(), String> {
    if ours[0] != theirs[0] {
        return Err(format!("time {} instead of {}", ours[0], theirs[0]));
    }
    let (a, b) = (number(&ours[1]), number(&theirs[1]));
    let is_equal = a == b || (a.is_nan() && b.is_nan()) || (a - b).abs() <= tolerance * a.abs().max(b.abs());
    if is_equal { Ok(()) } else { Err(format!("at {}: {a:?} instead of {b:?}", ours[0])) }
}

fn compare(query: &str, ours: &Value, theirs: &Value, tolerance: f64) -> Result<usize, String> {
    let (ours, theirs) = (&ours["data"], &theirs["data"]);
    if ours["resultType"] != theirs["resultType"] {
        return Err(format!("type {} instead of {}", ours["resultType"], theirs["resultType"]));
    }
    if ours["resultType"] == "scalar" {
        compare_points(&ours["result"], &theirs["result"], tolerance)?;
        return Ok(1);
    }
    let (our_series, their_series) = (series_by_metric(&ours["result"]), series_by_metric(&theirs["result"]));
    if !our_series.keys().eq(their_series.keys()) {
        let missing: Vec<_> = their_series.keys().filter(|key| !our_series.contains_key(*key)).take(3).collect();
        let extra: Vec<_> = our_series.keys().filter(|key| !their_series.contains_key(*key)).take(3).collect();
        return Err(format!(
            "{} series instead of {}; missing {missing:?}; too many {extra:?}",
            our_series.len(),
            their_series.len()
        ));
    }
    let mut points = 0;
    for (metric, our) in &our_series {
        let their = their_series[metric];
        let context = |reason: String| format!("{metric} {reason}");
        if let (Some(a), Some(b)) = (our.get("value"), their.get("value")) {
            compare_points(a, b, tolerance).map_err(context)?;
            points += 1;
            continue;
        }
        let (a, b) = (our["values"].as_array().unwrap(), their["values"].as_array().unwrap());
        if a.len() != b.len() {
            return Err(context(format!("{} points instead of {}", a.len(), b.len())));
        }
        for (a, b) in a.iter().zip(b) {
            compare_points(a, b, tolerance).map_err(context)?;
        }
        points += a.len();
    }
    let is_ordered = query.starts_with("sort") || ours["resultType"] == "matrix";
    if is_ordered {
        let order = |result: &Value| -> Vec<String> {
            result.as_array().unwrap().iter().map(|one| one["metric"].to_string()).collect()
        };
        if order(&ours["result"]) != order(&theirs["result"]) {
            return Err("the series are in another order".into());
        }
    }
    Ok(points)
}

/// A refusal of a Prometheus 3 in the words of 2: the demonstration calls itself 2.42, whatever its arithmetic.
fn in_words_of_2(dialect: Dialect, path: &str, (code, mut body): (u16, Value)) -> (u16, Value) {
    if dialect == Dialect::V3
        && let Some(text) = body.get_mut("error")
        && let Some(words) = text.as_str()
    {
        let words = words.replace(": invalid time value", ": Invalid time value").replace("unknown position:", "1:1:");
        // Only the instant query named the parameter that it did not understand.
        let is_range = path == "/api/v1/query_range";
        let bare = words.strip_prefix("invalid parameter \"query\": ").filter(|_| is_range);
        *text = bare.unwrap_or(&words).into();
    }
    (code, body)
}

/// Asks that a Prometheus 3 answers otherwise than 2, and so than the demonstration.
const OTHERWISE_IN_3: [(&str, &str); 14] = [
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
    ("/api/v1/label/a-b/values", "labels may have any name"),
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
    /// `what` is a query, or the path of another ask.
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

fn embedded(dialect: Dialect) -> Api {
    let platform = Platform::with_history(SEED, NOW_MS, HOURS);
    let mut world = World::without_stale_markers(dialect, platform, RuleSet::default());
    world.load_history(|_| {});
    Api::new(world.shared(), Clock::new(NOW_MS, true))
}

#[test]
fn answers_as_prometheus_does() {
    let installed = installed();
    if installed.is_empty() {
        assert!(std::env::var_os("AGENTAREA_REQUIRE_PROMETHEUS").is_none(), "prometheus and promtool are required");
        eprintln!("SKIPPED: there is no prometheus and promtool here, so nothing was compared with a real server");
    }
    for one in &installed {
        compare_with(&start_prometheus(one));
    }
}

fn compare_with(theirs: &Prometheus) {
    let version = theirs.ask("/api/v1/status/buildinfo", &[]).1["data"]["version"].as_str().unwrap().to_owned();
    let dialect = if version.starts_with("2.") { Dialect::V2 } else { Dialect::V3 };
    let ours = embedded(dialect);
    let now_secs = NOW_MS / 1000;
    let (from, to) = ((now_secs - i64::from(HOURS) * 3600).to_string(), now_secs.to_string());
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
    compare_catalogues(&ours, theirs, &from, &to, &mut differences);
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

/// What the other endpoints tell of the same samples: names, labels, series, the layout of queries, and refusals.
fn compare_catalogues(ours: &Api, theirs: &Prometheus, from: &str, to: &str, differences: &mut Differences) {
    let dialect = differences.dialect;
    let window = [("start", from), ("end", to)];
    let mut asks: Vec<(String, Vec<(&str, &str)>)> = Vec::new();
    for path in
        ["/api/v1/labels", "/api/v1/label/__name__/values", "/api/v1/label/job/values", "/api/v1/label/le/values"]
    {
        asks.push((path.into(), window.to_vec()));
        asks.push((path.into(), [&window[..], &[("match[]", "{job=~\"agentarea.*\"}")]].concat()));
    }
    for selector in [
        "up",
        "{job=\"agentarea-api\"}",
        "no_such_metric",
        "up{",
        "{}",
        "up[5m]",
        "rate(up[5m])",
        "{a=~\".*\"}",
        "sum(up)",
        "up + up",
        "1",
        "",
        "up{a=}",
    ] {
        asks.push(("/api/v1/series".into(), [&window[..], &[("match[]", selector)]].concat()));
    }
    for bad in [("start", "x"), ("end", "x")] {
        asks.push(("/api/v1/series".into(), vec![("match[]", "up"), bad]));
    }
    asks.push(("/api/v1/series".into(), vec![]));
    asks.push(("/api/v1/label/a-b/values".into(), vec![]));
    asks.push(("/api/v1/query_exemplars".into(), vec![("query", "1")]));
    asks.push(("/api/v1/query_exemplars".into(), vec![("query", "up"), ("start", "x")]));
    asks.push(("/api/v1/query".into(), vec![("query", "")]));
    asks.push(("/api/v1/query".into(), vec![("query", "  ")]));
    asks.push(("/api/v1/query".into(), vec![("query", "up"), ("time", "x")]));
    asks.push(("/api/v1/query".into(), vec![("query", "up"), ("timeout", "x")]));
    for params in [
        vec![],
        vec![("start", "1")],
        vec![("start", "1"), ("end", "0"), ("step", "1")],
        vec![("start", "1"), ("end", "2")],
        vec![("start", "1"), ("end", "2"), ("step", "0")],
        vec![("start", "1"), ("end", "2"), ("step", "-1")],
        vec![("start", "1"), ("end", "2"), ("step", "1x")],
        vec![("start", "1"), ("end", "2"), ("step", "1e300")],
        vec![("start", "0"), ("end", "11001"), ("step", "1")],
    ] {
        asks.push(("/api/v1/query_range".into(), [&[("query", "up")], &params[..]].concat()));
    }
    for query in ["up[5m]", "\"a\"", "1", ""] {
        let params = vec![("query", query), ("start", "1"), ("end", "2"), ("step", "1")];
        asks.push(("/api/v1/query_range".into(), params));
    }
    for (path, params) in asks {
        let our_answer = ours.ask(&path, &params);
        let their_answer = in_words_of_2(dialect, &path, theirs.ask(&path, &params));
        if our_answer != their_answer {
            let text =
                |answer: &(u16, Value)| format!("{} {}", answer.0, answer.1).chars().take(300).collect::<String>();
            let failure = format!("{path} {params:?}\n    {}\n    {}", text(&our_answer), text(&their_answer));
            differences.note(&path, failure);
        }
    }
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
