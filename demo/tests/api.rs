//! The HTTP contract over a real socket: codes, shapes, headers and static files.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::Duration;

use agentarea_demo::api::Api;
use agentarea_demo::clock::{Clock, monotonic_now};
use agentarea_demo::rules::RuleSet;
use agentarea_demo::server::{Options, Running};
use agentarea_demo::sim::{Platform, SCRAPE_INTERVAL_MS};
use agentarea_demo::world::World;
use serde_json::{Value, json};

/// 2026-08-01T12:00:00Z.
const NOW_MS: i64 = 1_785_585_600_000;
const API: &str = "/prometheus/api/v1";

fn dist() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("api-test-dist");
    std::fs::create_dir_all(folder.join("dashboards")).unwrap();
    let write = |name: &str, text: &[u8]| std::fs::write(folder.join(name), text).unwrap();
    write("index.html", b"<!doctype html><script>let a = 1;</script><p>the app");
    write("config.json", br#"{"sources": []}"#);
    write("app-0123456789abcdef.js", b"let plain;");
    write("app-0123456789abcdef.js.br", b"BROTLI");
    write("app-0123456789abcdef.js.gz", b"GZIP");
    write("dashboards/a.json", b"{}");
    folder
}

/// One server for all tests of this file: an hour of history, time standing still.
fn server() -> SocketAddr {
    static SERVER: OnceLock<Running> = OnceLock::new();
    SERVER.get_or_init(|| start(None)).address
}

fn start(upstream: Option<String>) -> Running {
    let clock = Clock::new(NOW_MS, true);
    let rules = RuleSet::load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("rules"), SCRAPE_INTERVAL_MS).unwrap();
    let mut world = World::new(Platform::with_history(7, NOW_MS, 1), rules);
    if upstream.is_none() {
        world.load_history(|_| {});
    }
    let options =
        Options { listen: "127.0.0.1:0".parse().unwrap(), dist: Some(dist()), upstream, announces_clock: true };
    Running::start(&options, Api::new(world.shared(), clock.clone()), &clock).unwrap()
}

struct Answer {
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Answer {
    fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map_or("", |(_, value)| value)
    }

    fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

/// A request written by hand: the test sees the bytes that a client would.
fn ask_at(address: SocketAddr, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    let mut text =
        format!("{method} {path} HTTP/1.1\r\nHost: t\r\nConnection: close\r\nContent-Length: {}\r\n", body.len());
    for (name, value) in headers {
        text.extend([name, ": ", value, "\r\n"]);
    }
    stream.write_all(format!("{text}\r\n{body}").as_bytes()).unwrap();
    let mut raw = Vec::new();
    stream.read_to_end(&mut raw).unwrap();
    let end = raw.windows(4).position(|window| window == b"\r\n\r\n").unwrap();
    let head = String::from_utf8(raw[..end].to_vec()).unwrap();
    let mut lines = head.lines();
    let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
    let headers = lines.filter_map(|line| line.split_once(": ")).map(|(a, b)| (a.to_owned(), b.to_owned())).collect();
    Answer { status, headers, body: raw[end + 4..].to_vec() }
}

fn get(path: &str) -> Answer {
    ask_at(server(), "GET", path, &[], "")
}

fn post(path: &str, form: &str) -> Answer {
    ask_at(server(), "POST", path, &[("Content-Type", "application/x-www-form-urlencoded")], form)
}

#[test]
fn get_and_post_answer_alike() {
    let by_get = get(&format!("{API}/query?query=sum(up)&time=1785585600"));
    let by_post = post(&format!("{API}/query"), "query=sum(up)&time=1785585600");
    assert_eq!((by_get.status, by_get.header("Content-Type")), (200, "application/json"));
    assert_eq!(by_get.text(), by_post.text());
    let value = by_get.json();
    assert_eq!(value["status"], "success");
    assert_eq!(value["data"]["resultType"], "vector");
    assert_eq!(value["data"]["result"][0]["value"][0], json!(1_785_585_600));
    assert!(value["data"]["result"][0]["value"][1].is_string());
}

#[test]
fn a_query_without_a_time_is_answered_at_the_clocks_now() {
    let value = get(&format!("{API}/query?query=time()")).json();
    assert_eq!(value["data"], json!({"resultType": "scalar", "result": [1_785_585_600, "1785585600"]}));
    let text = get(&format!("{API}/query?query=%22a%22&time=1.5"));
    assert!(text.text().contains(r#"{"resultType":"string","result":[1.5,"a"]}"#), "{}", text.text());
}

#[test]
fn ranges_include_both_ends() {
    let value = get(&format!("{API}/query_range?query=sum(up)&start=1785585000&end=1785585600&step=60")).json();
    assert_eq!(value["data"]["resultType"], "matrix");
    let values = value["data"]["result"][0]["values"].as_array().unwrap();
    assert_eq!(values.len(), 11);
    assert_eq!(values[10][0], json!(1_785_585_600));
}

#[test]
fn errors_have_prometheus_codes_and_words() {
    for (path, status, kind, error) in [
        (
            "query?query=",
            400,
            "bad_data",
            "invalid parameter \"query\": 1:1: parse error: no expression found in input",
        ),
        (
            "query?query=up&time=x",
            400,
            "bad_data",
            "invalid parameter \"time\": Invalid time value for 'time': cannot parse \"x\" to a valid timestamp",
        ),
        ("query?query=up%20*%20on(job)%20up", 422, "execution", "found duplicate series for the match group"),
        (
            "query_range?query=up",
            400,
            "bad_data",
            "invalid parameter \"start\": cannot parse \"\" to a valid timestamp",
        ),
        (
            "query_range?query=up&start=10&end=5&step=1",
            400,
            "bad_data",
            "invalid parameter \"end\": end timestamp must not be before start time",
        ),
        (
            "query_range?query=up&start=5&end=10&step=0",
            400,
            "bad_data",
            "invalid parameter \"step\": zero or negative query resolution step widths are not accepted. Try a positive integer",
        ),
        (
            "query_range?query=up&start=0&end=11001&step=1",
            400,
            "bad_data",
            "exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query resolution (?step=XX)",
        ),
        (
            "query_range?query=up[5m]&start=5&end=10&step=1",
            400,
            "bad_data",
            "invalid expression type \"range vector\" for range query, must be Scalar or instant Vector",
        ),
        ("series", 400, "bad_data", "no match[] parameter provided"),
        ("series?match[]={job=~%22.*%22}", 400, "bad_data", "match[]"),
        ("label/a-b/values", 400, "bad_data", "invalid label name: \"a-b\""),
        ("rules?type=x", 400, "bad_data", "not supported value \"x\""),
    ] {
        let answer = get(&format!("{API}/{path}"));
        let value = answer.json();
        assert_eq!((answer.status, value["errorType"].as_str()), (status, Some(kind)), "{path}");
        assert!(value["error"].as_str().unwrap().contains(error), "{path}: {}", value["error"]);
        assert_eq!(value["status"], "error");
    }
    assert_eq!(get(&format!("{API}/query_range?query=up&start=0&end=11000&step=1")).status, 200);
}

#[test]
fn a_query_cannot_exhaust_the_stack() {
    let nested = format!("query={}1{}", "(".repeat(100_000), ")".repeat(100_000));
    let chained = format!("query=1{}", "%2B1".repeat(100_000));
    let powers = format!("query=1{}", "%5E1".repeat(100_000));
    for (form, error) in [(nested, "nested 200 deep"), (chained, "2000 operands"), (powers, "nested 200 deep")] {
        let answer = post(&format!("{API}/query"), &form);
        assert_eq!(answer.status, 400);
        assert!(answer.json()["error"].as_str().unwrap().contains(error), "{}", answer.text());
    }
    let allowed = format!("query={}1{}{}", "(".repeat(190), ")".repeat(190), "%2B1".repeat(1700));
    let answer = post(&format!("{API}/query"), &allowed);
    assert_eq!(answer.json()["data"]["result"][1], "1701", "{}", answer.text());
}

#[test]
fn unknown_paths_and_methods() {
    assert_eq!(get(&format!("{API}/nothing")).status, 404);
    assert_eq!(get("/prometheus/other").status, 404);
    let refused = post(&format!("{API}/label/job/values"), "");
    assert_eq!((refused.status, refused.header("Allow")), (405, "GET, OPTIONS"));
    assert_eq!(ask_at(server(), "DELETE", &format!("{API}/labels"), &[], "").status, 405);
    for path in ["/prometheus/-/healthy", "/prometheus/-/ready"] {
        let answer = get(path);
        assert_eq!((answer.status, answer.header("Content-Type")), (200, "text/plain; charset=utf-8"));
    }
}

#[test]
fn other_origins_may_ask() {
    let origin = [("Origin", "http://elsewhere")];
    let answer = ask_at(server(), "GET", &format!("{API}/query?query=1"), &origin, "");
    assert_eq!(answer.header("Access-Control-Allow-Origin"), "*");
    let preflight = ask_at(server(), "OPTIONS", &format!("{API}/query"), &origin, "");
    assert_eq!((preflight.status, preflight.header("Access-Control-Allow-Methods")), (204, "GET, POST, OPTIONS"));
    assert_eq!(get(&format!("{API}/query?query=1")).header("Access-Control-Allow-Origin"), "");
}

#[test]
fn series_labels_and_values() {
    let series = get(&format!("{API}/series?match[]=up{{job=%22agentarea-api%22}}")).json();
    let found = series["data"].as_array().unwrap();
    assert_eq!(found.len(), 3, "the platform has three replicas of its API");
    assert!(found.iter().all(|labels| labels["__name__"] == "up" && labels["job"] == "agentarea-api"));
    let labels = post(&format!("{API}/labels"), "match[]=up").json();
    assert!(labels["data"].as_array().unwrap().contains(&json!("instance")));
    assert!(!labels["data"].as_array().unwrap().contains(&json!("le")));
    let jobs = get(&format!("{API}/label/job/values?match[]=up")).json();
    assert!(jobs["data"].as_array().unwrap().contains(&json!("agentarea-api")));
    let limited = get(&format!("{API}/label/__name__/values?limit=2")).json();
    assert_eq!(limited["data"].as_array().unwrap().len(), 2);
    assert_eq!(limited["warnings"], json!(["results truncated due to limit"]));
    assert_eq!(get(&format!("{API}/series?match[]=up&start=1&end=2")).json()["data"], json!([]));
}

#[test]
fn metadata_rules_alerts_targets_and_status() {
    let metadata = get(&format!("{API}/metadata?metric=agentarea_http_requests_total")).json();
    assert_eq!(metadata["data"]["agentarea_http_requests_total"][0]["type"], "counter");
    let rules = get(&format!("{API}/rules?type=alert")).json();
    let groups = rules["data"]["groups"].as_array().unwrap();
    assert_eq!(
        groups.iter().map(|g| g["name"].as_str().unwrap()).collect::<Vec<_>>(),
        ["agentarea_business", "agentarea_critical", "agentarea_resources"]
    );
    assert_eq!(groups.iter().map(|g| g["rules"].as_array().unwrap().len()).sum::<usize>(), 10);
    assert_eq!(groups[1]["rules"][0]["duration"], json!(60.0));
    assert_eq!(groups[1]["rules"][0]["health"], "ok");
    let alerts = get(&format!("{API}/alerts")).json();
    let alerts = alerts["data"]["alerts"].as_array().unwrap();
    assert!(!alerts.is_empty(), "the script has an incident at its end");
    for alert in alerts {
        assert!(alert["value"].as_str().unwrap().contains('e'), "{alert}");
        assert!(["pending", "firing"].contains(&alert["state"].as_str().unwrap()));
        assert!(!alert["annotations"]["description"].as_str().unwrap().contains("{{"));
    }
    let written = get(&format!("{API}/query?query=count(ALERTS)")).json();
    assert_eq!(written["data"]["result"][0]["value"][1], json!(alerts.len().to_string()));
    let targets = get(&format!("{API}/targets?state=active")).json();
    let down = targets["data"]["activeTargets"].as_array().unwrap().iter().filter(|t| t["health"] == "down").count();
    let up_is_zero = get(&format!("{API}/query?query=count(up==0)")).json();
    assert_eq!(up_is_zero["data"]["result"][0]["value"][1], json!(down.to_string()));
    assert_eq!(get(&format!("{API}/status/buildinfo")).json()["data"]["version"], "2.42.0");
    for name in ["runtimeinfo", "flags", "config"] {
        assert!(get(&format!("{API}/status/{name}")).json()["data"].is_object(), "{name}");
    }
}

#[test]
fn exemplars_and_formatting() {
    assert_eq!(get(&format!("{API}/query_exemplars?query=1")).status, 204);
    let query = "query=agentarea_http_request_duration_seconds_bucket&start=1785582000&end=1785585600";
    let found = post(&format!("{API}/query_exemplars"), query).json();
    let first = &found["data"][0];
    assert_eq!(first["seriesLabels"]["__name__"], "agentarea_http_request_duration_seconds_bucket");
    assert_eq!(first["exemplars"][0]["labels"]["trace_id"].as_str().unwrap().len(), 32);
    assert!(first["exemplars"][0]["value"].is_string() && first["exemplars"][0]["timestamp"].is_number());
    assert_eq!(get(&format!("{API}/format_query?query=sum(up)by(job)")).json()["data"], "sum by (job) (up)");
}

#[test]
fn large_answers_are_packed_on_request() {
    let path = format!("{API}/query?query=agentarea_http_request_duration_seconds_bucket");
    let packed = ask_at(server(), "GET", &path, &[("Accept-Encoding", "gzip, br")], "");
    assert_eq!(packed.header("Content-Encoding"), "gzip");
    let mut text = String::new();
    flate2::read::GzDecoder::new(packed.body.as_slice()).read_to_string(&mut text).unwrap();
    assert_eq!(text, get(&path).text());
}

#[test]
fn static_files_and_the_apps_own_paths() {
    let page = get("/");
    assert_eq!(
        (page.status, page.header("Content-Type"), page.header("Cache-Control")),
        (200, "text/html; charset=utf-8", "no-cache")
    );
    let policy = page.header("Content-Security-Policy");
    assert!(
        policy.contains("script-src 'self' 'wasm-unsafe-eval' 'sha256-") && !policy.contains("'unsafe"),
        "{policy}"
    );
    assert_eq!(get("/dashboards/operations?from=now-1h").text(), page.text(), "the app's own paths");
    assert_eq!(get("/missing.js").status, 404);
    assert_eq!(get("/../Cargo.toml").status, 404);
    assert_eq!(get("/%2e%2e/Cargo.toml").status, 404);
    let script = "/app-0123456789abcdef.js";
    assert_eq!(get(script).text(), "let plain;");
    let packed = ask_at(server(), "GET", script, &[("Accept-Encoding", "gzip, deflate, br")], "");
    assert_eq!((packed.text(), packed.header("Content-Encoding")), ("BROTLI", "br"));
    assert!(packed.header("Cache-Control").contains("immutable"));
    assert_eq!(packed.header("Content-Type"), "text/javascript; charset=utf-8");
    let gzip = ask_at(server(), "GET", script, &[("Accept-Encoding", "gzip;q=1, br;q=0")], "");
    assert_eq!((gzip.text(), gzip.header("Content-Encoding")), ("GZIP", "gzip"));
    let config = get("/config.json");
    assert_eq!(config.json()["clock"], json!({"start": "2026-08-01T12:00:00Z", "frozen": true}));
    assert_eq!(config.header("Cache-Control"), "no-cache");
    assert_eq!(ask_at(server(), "HEAD", "/", &[], "").status, 200);
    assert_eq!(post("/", "").status, 405);
}

#[test]
fn static_files_do_not_wait_for_queries() {
    // More slow queries at once than there are threads for queries.
    let slow = "query=count_over_time(sum(rate(agentarea_http_request_duration_seconds_bucket[5m]))[1h:1s])&start=1785582000&end=1785585600&step=1";
    let threads: Vec<_> =
        (0..8).map(|_| std::thread::spawn(move || post(&format!("{API}/query_range"), slow).status)).collect();
    let started = monotonic_now();
    for _ in 0..20 {
        assert_eq!(get("/dashboards/a.json").status, 200);
    }
    let waited = started.elapsed();
    assert!(waited < Duration::from_secs(5), "twenty small files took {waited:?}");
    for thread in threads {
        assert_eq!(thread.join().unwrap(), 200);
    }
}

#[test]
fn one_connection_serves_many_requests() {
    let mut stream = TcpStream::connect(server()).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    for _ in 0..3 {
        stream.write_all(format!("GET {API}/query?query=1 HTTP/1.1\r\nHost: t\r\n\r\n").as_bytes()).unwrap();
        let mut seen = Vec::new();
        let mut buffer = [0; 4096];
        while !seen.ends_with(b"}}") {
            let count = stream.read(&mut buffer).unwrap();
            assert!(count > 0, "closed after {}", String::from_utf8_lossy(&seen));
            seen.extend_from_slice(&buffer[..count]);
        }
        assert!(seen.starts_with(b"HTTP/1.1 200"));
    }
}

#[test]
fn an_upstream_answers_instead() {
    let target = server();
    let proxy = start(Some(format!("http://{target}/prometheus")));
    let query = "query=sum(up)&time=1785585600";
    let direct = post(&format!("{API}/query"), query);
    let form = [("Content-Type", "application/x-www-form-urlencoded")];
    let passed = ask_at(proxy.address, "POST", &format!("{API}/query"), &form, query);
    assert_eq!((passed.status, passed.text()), (200, direct.text()));
    let refused = ask_at(proxy.address, "GET", &format!("{API}/query?query=sum("), &[], "");
    assert_eq!(refused.status, 400);
    assert_eq!(refused.json()["errorType"], "bad_data");
    assert_eq!(ask_at(proxy.address, "GET", "/", &[], "").status, 200);
    proxy.stop();
    let nobody = start(Some("http://127.0.0.1:9".into()));
    let lost = ask_at(nobody.address, "GET", &format!("{API}/query?query=1"), &[], "");
    assert_eq!(lost.status, 502);
    assert!(lost.text().contains("cannot be reached"));
    nobody.stop();
}

#[test]
fn the_rules_are_valid_for_prometheus_itself() {
    let rules = Path::new(env!("CARGO_MANIFEST_DIR")).join("rules/agentarea_rules.yml");
    let check = std::process::Command::new("promtool").args(["check", "rules"]).arg(&rules).output();
    if let Ok(output) = check {
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success() && text.contains("10 rules found"), "{text}");
    } else {
        assert!(std::env::var_os("AGENTAREA_REQUIRE_PROMETHEUS").is_none(), "promtool is required");
        eprintln!("SKIPPED: promtool is not on the path, so the rule files were not checked by Prometheus itself");
    }
}
