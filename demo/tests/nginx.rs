//! The hosting of `deploy/nginx/` in a real nginx: that it is accepted, what it answers, what it passes on, and that it
//! lives exactly as long as the demonstration. A machine without nginx says so and tests nothing here.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::thread;
use std::time::Duration;

use agentarea_demo::clock::{monotonic_now, wait};
use agentarea_demo::nginx::{Site, write};

/// A bound that only a hanging server reaches.
const PATIENCE: Duration = Duration::from_secs(30);

const PREFIXES: [&str; 2] = ["/", "/observability/"];

fn nginx() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain(["/usr/sbin".into(), "/usr/local/sbin".into()]);
    let found = folders.map(|folder| folder.join("nginx")).find(|file| file.is_file());
    if found.is_none() {
        eprintln!("skipped: nginx is not installed");
    }
    found
}

fn deploy() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy/nginx")
}

/// An app as the build leaves it, in a folder of the test's own.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("nginx test {name}"));
    if folder.exists() {
        std::fs::remove_dir_all(&folder).unwrap();
    }
    let dist = folder.join("dist");
    std::fs::create_dir_all(dist.join("dashboards")).unwrap();
    for (name, content) in [
        ("index.html", "<!doctype html><script>let a;</script><p>the app"),
        ("config.json", "{\"version\":1}"),
        ("config.json.gz", "older than config.json"),
        ("app-1f2e3d4c5b6a7988.js", "let b;"),
        ("app-1f2e3d4c5b6a7988.js.gz", "as the build packed it"),
        ("app-1f2e3d4c5b6a7988_bg.wasm", "\0asm"),
        ("dashboards/executive.json", "{}"),
    ] {
        std::fs::write(dist.join(name), content).unwrap();
    }
    folder
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// Ends with the test, however that ends.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.kill().unwrap_or_default();
        self.0.wait().map(|_status| ()).unwrap_or_default();
    }
}

fn serve(program: &Path, name: &str, upstreams: Vec<(String, String)>) -> (Running, u16) {
    let folder = folder(name);
    let port = free_port();
    let site = Site { port, dist: folder.join("dist"), deploy: deploy(), upstreams, config_from: None };
    let arguments = write(&folder.join("run"), &site).unwrap();
    let running = Running(Command::new(program).args(arguments).spawn().unwrap());
    let started = monotonic_now();
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        assert!(started.elapsed() < PATIENCE, "nginx does not listen");
        wait(Duration::from_millis(20), || false);
    }
    (running, port)
}

struct Answer {
    status: u16,
    head: String,
    body: String,
}

impl Answer {
    fn header(&self, name: &str) -> Vec<&str> {
        let lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.filter(|(own, _)| own.eq_ignore_ascii_case(name)).map(|(_, value)| value).collect()
    }
}

fn ask(port: u16, request: &str) -> Answer {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut text = Vec::new();
    stream.read_to_end(&mut text).unwrap();
    let text = String::from_utf8_lossy(&text);
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
    let status = head.split(' ').nth(1).unwrap_or("0").parse().unwrap_or(0);
    Answer { status, head: head.to_owned(), body: body.to_owned() }
}

fn get(port: u16, path: &str, headers: &str) -> Answer {
    ask(port, &format!("GET {path} HTTP/1.1\r\nHost: t\r\nConnection: close\r\n{headers}\r\n"))
}

#[test]
fn nginx_accepts_the_written_configuration_and_the_example() {
    let Some(program) = nginx() else { return };
    let folder = folder("accepts");
    let site = Site {
        port: free_port(),
        dist: folder.join("dist"),
        deploy: deploy(),
        upstreams: vec![("prometheus".into(), "http://127.0.0.1:9090".into())],
        config_from: Some("http://127.0.0.1:9099/config.json".into()),
    };
    let arguments = write(&folder.join("run"), &site).unwrap();
    let check = |arguments: &[std::ffi::OsString]| {
        let Output { status, stderr, .. } = Command::new(&program).arg("-t").args(arguments).output().unwrap();
        assert!(status.success(), "{}", String::from_utf8_lossy(&stderr));
    };
    check(&arguments);

    // The example, with its includes where they are here, and installed as the README says.
    let deploy = deploy();
    let example = std::fs::read_to_string(deploy.join("agentarea-observability.conf")).unwrap();
    let here = example
        .replace("/etc/nginx/agentarea-observability", deploy.to_str().unwrap())
        .replace("listen 8080", &format!("listen 127.0.0.1:{}", free_port()));
    let run = folder.join("run");
    std::fs::write(run.join("site.conf"), here).unwrap();
    let main = std::fs::read_to_string(run.join("nginx.conf")).unwrap();
    let (before, _) = main.split_once("    upstream ").unwrap();
    std::fs::write(run.join("nginx.conf"), format!("{before}    include site.conf;\n}}\n")).unwrap();
    check(&arguments);
}

#[test]
fn files_are_answered_as_the_demonstration_answers_them() {
    let Some(program) = nginx() else { return };
    let (_running, port) = serve(&program, "files", vec![]);
    let page = "<!doctype html><script>let a;</script><p>the app";
    let immutable = "public, max-age=31536000, immutable";
    for prefix in PREFIXES {
        for (path, status, kind, cache, body) in [
            ("", 200, "text/html; charset=utf-8", "no-cache", page),
            ("d/operations?from=now-6h", 200, "text/html; charset=utf-8", "no-cache", page),
            ("dashboards", 200, "text/html; charset=utf-8", "no-cache", page),
            ("dashboards/", 200, "text/html; charset=utf-8", "no-cache", page),
            ("config.json", 200, "application/json", "no-cache", "{\"version\":1}"),
            ("dashboards/executive.json", 200, "application/json", "no-cache", "{}"),
            ("app-1f2e3d4c5b6a7988.js", 200, "text/javascript; charset=utf-8", immutable, "let b;"),
            ("app-1f2e3d4c5b6a7988_bg.wasm", 200, "application/wasm", immutable, "\0asm"),
            ("app-0000000000000000.js", 404, "text/html", "", ""),
            ("d/some.json", 404, "text/html", "", ""),
            ("_agentarea/index.html", 404, "text/html", "", ""),
            ("loki/ready", 404, "text/html", "", ""),
        ] {
            let answer = get(port, &format!("{prefix}{path}"), "");
            let what = format!("{prefix}{path}: {}", answer.head);
            assert_eq!(answer.status, status, "{what}");
            assert_eq!(answer.header("Content-Type"), [kind], "{what}");
            assert_eq!(answer.header("Cache-Control").join(""), cache, "{what}");
            assert_eq!(answer.header("X-Content-Type-Options"), ["nosniff"], "{what}");
            assert!(answer.header("Content-Security-Policy").concat().contains("'sha256-"), "{what}");
            assert_eq!(answer.header("Server"), ["nginx"], "{what}");
            if status == 200 {
                assert_eq!(answer.body, body, "{what}");
            }
        }
        let packed = get(port, &format!("{prefix}app-1f2e3d4c5b6a7988.js"), "Accept-Encoding: gzip\r\n");
        assert_eq!((packed.header("Content-Encoding"), packed.body.as_str()), (vec!["gzip"], "as the build packed it"));
        assert_eq!(packed.header("Vary"), ["Accept-Encoding"]);
        let config = get(port, &format!("{prefix}config.json"), "Accept-Encoding: gzip\r\n");
        assert_eq!((config.header("Content-Encoding"), config.body.as_str()), (vec![], "{\"version\":1}"));
        for path in ["../etc/passwd", "%2e%2e/%2e%2e/etc/passwd", "d/../../../../etc/passwd"] {
            let answer = get(port, &format!("{prefix}{path}"), "");
            assert!(!answer.body.contains("root:"), "{prefix}{path}: {}", answer.body);
        }
        assert_eq!(ask(port, &format!("POST {prefix}index.html HTTP/1.0\r\n\r\n")).status, 405);
    }
    let moved = get(port, "/observability?a=b", "");
    assert_eq!((moved.status, moved.header("Location")), (301, vec!["/observability/?a=b"]));
    let broken = ask(port, "nonsense\r\n\r\n");
    assert!(broken.status == 400 && broken.header("X-Content-Type-Options") == ["nosniff"], "{}", broken.head);
}

/// Takes one connection, and answers what `answer` says; returns the request's head and what came after it.
fn upstream(answer: &'static [u8], more_bytes: usize) -> (String, thread::JoinHandle<(String, Vec<u8>)>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let thread = thread::spawn(move || {
        let (stream, _) = listener.accept().unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let mut reader = BufReader::new(stream);
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            assert!(reader.read_line(&mut head).unwrap() > 0, "closed after {head:?}");
        }
        reader.get_mut().write_all(answer).unwrap();
        let mut more = vec![0; more_bytes];
        reader.read_exact(&mut more).unwrap();
        (head, more)
    });
    (format!("http://{address}"), thread)
}

#[test]
fn requests_reach_their_server_as_they_were_written() {
    let Some(program) = nginx() else { return };
    for (at, prefix) in PREFIXES.into_iter().enumerate() {
        let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nCache-Control: max-age=5\r\n\
            Content-Security-Policy: default-src *\r\n\r\nok";
        let (url, asked) = upstream(answer, 7);
        let upstreams = vec![("jaeger".into(), format!("{url}/base/"))];
        let (_running, port) = serve(&program, &format!("passes {at}"), upstreams);
        let request = format!(
            "POST {prefix}jaeger/api/services/a%2Fb%20c/operations?x=%2F+y HTTP/1.1\r\nHost: t:1\r\n\
             Authorization: Bearer secret\r\nX-Scope-OrgID: tenant\r\nContent-Length: 7\r\nConnection: close\r\n\r\nthebody"
        );
        let answer = ask(port, &request);
        assert_eq!((answer.status, answer.body.as_str()), (200, "ok"), "{}", answer.head);
        assert_eq!(answer.header("Cache-Control"), ["max-age=5"]);
        assert_eq!(answer.header("Content-Security-Policy").len(), 1, "{}", answer.head);
        assert!(!answer.head.contains("default-src *"), "{}", answer.head);
        let (head, body) = asked.join().unwrap();
        assert!(head.starts_with("POST /base/api/services/a%2Fb%20c/operations?x=%2F+y HTTP/1.1\r\n"), "{head}");
        for line in ["Host: t:1", "Authorization: Bearer secret", "X-Scope-OrgID: tenant", "X-Forwarded-Host: t:1"] {
            assert!(head.contains(&format!("{line}\r\n")), "{line} is not in {head}");
        }
        assert_eq!(body, b"thebody");
        // Nobody listens there any more; and some addresses lead nowhere from the start.
        for (path, status) in [
            ("jaeger/api/services", 502),
            ("jaeger/a/../b", 400),
            ("jaeger/a%2f..%2fb", 400),
            ("%6aaeger/jaeger/b", 400),
            ("jaeger-eu/api/services", 404),
        ] {
            let answer = get(port, &format!("{prefix}{path}"), "");
            assert_eq!(answer.status, status, "{prefix}{path}");
            assert_eq!(answer.header("X-Content-Type-Options"), ["nosniff"], "{prefix}{path}");
        }
    }
}

#[test]
fn a_websocket_is_passed_on_in_both_directions() {
    let Some(program) = nginx() else { return };
    let answer = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\nhello";
    let (url, asked) = upstream(answer, 4);
    let (_running, port) = serve(&program, "websocket", vec![("loki".into(), url)]);
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let request = "GET /observability/loki/loki/api/v1/tail?query=x HTTP/1.1\r\nHost: t\r\nConnection: Upgrade\r\n\
        Upgrade: websocket\r\nSec-WebSocket-Key: eA==\r\nSec-WebSocket-Version: 13\r\n\r\n";
    stream.write_all(request.as_bytes()).unwrap();
    let mut text = Vec::new();
    let mut byte = [0];
    while !text.ends_with(b"hello") {
        assert!(stream.read(&mut byte).unwrap() > 0, "{}", String::from_utf8_lossy(&text));
        text.extend(byte);
    }
    assert!(text.starts_with(b"HTTP/1.1 101 "), "{}", String::from_utf8_lossy(&text));
    stream.write_all(b"bye!").unwrap();
    let (head, more) = asked.join().unwrap();
    let lower = head.to_ascii_lowercase();
    assert!(head.starts_with("GET /loki/api/v1/tail?query=x HTTP/1.1\r\n"), "{head}");
    assert!(lower.contains("upgrade: websocket\r\n") && lower.contains("connection: upgrade\r\n"), "{head}");
    assert_eq!(more, b"bye!");
}

/// The demonstration behind nginx, and where it can be reached.
fn demo(program: &Path, name: &str) -> (Running, u16) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_agentarea-demo"))
        .args(["serve", "--listen", "127.0.0.1:0", "--hours", "1", "--now", "2026-08-01T12:00:00Z", "--freeze"])
        .arg("--dist")
        .arg(folder(name).join("dist"))
        .arg("--nginx")
        .arg(program)
        .arg("--deploy")
        .arg(deploy())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let port =
        line.trim().strip_prefix("agentarea-demo ready http://127.0.0.1:").and_then(|rest| rest.strip_suffix('/'));
    assert!(port.is_some(), "it said {line:?}");
    let port = port.unwrap().parse().unwrap();
    (Running(child), port)
}

fn await_silence(port: u16) {
    let started = monotonic_now();
    while TcpStream::connect(("127.0.0.1", port)).is_ok() {
        assert!(started.elapsed() < PATIENCE, "nginx outlived the demonstration");
        wait(Duration::from_millis(20), || false);
    }
}

#[test]
fn the_demonstration_stands_behind_nginx() {
    let Some(program) = nginx() else { return };
    let (mut running, port) = demo(&program, "demo");
    for prefix in PREFIXES {
        let config = get(port, &format!("{prefix}config.json"), "");
        assert!(config.body.contains("\"start\":\"2026-08-01T12:00:00Z\""), "{}", config.body);
        for (name, wanted) in [("Cache-Control", "no-cache"), ("X-Content-Type-Options", "nosniff")] {
            assert_eq!(config.header(name), [wanted], "{}", config.head);
        }
        assert_eq!(config.header("Content-Security-Policy").len(), 1, "{}", config.head);
        let form = "query=vector(42)";
        let request = format!(
            "POST {prefix}prometheus/api/v1/query HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\
             Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{form}",
            form.len()
        );
        let answer = ask(port, &request);
        assert!(answer.status == 200 && answer.body.contains("\"42\""), "{} {}", answer.head, answer.body);
        assert_eq!(answer.header("Content-Security-Policy").len(), 1, "{}", answer.head);
        assert!(get(port, prefix, "").body.ends_with("the app"));
    }
    // Killed, it can tell nobody; elsewhere than on Linux nobody hears of it.
    running.0.kill().unwrap();
    running.0.wait().unwrap();
    if cfg!(target_os = "linux") {
        await_silence(port);
    }
}

#[cfg(target_os = "linux")]
#[test]
fn when_nginx_ends_the_demonstration_ends_and_says_so() {
    let Some(program) = nginx() else { return };
    let (mut running, port) = demo(&program, "ends");
    let children = format!("/proc/{0}/task/{0}/children", running.0.id());
    let nginx_id = std::fs::read_to_string(children).unwrap();
    assert!(Command::new("kill").args(["-KILL", nginx_id.trim()]).status().unwrap().success());
    let started = monotonic_now();
    let status = loop {
        if let Some(status) = running.0.try_wait().unwrap() {
            break status;
        }
        assert!(started.elapsed() < PATIENCE, "the demonstration does not notice");
        wait(Duration::from_millis(20), || false);
    };
    let mut said = String::new();
    running.0.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    assert_eq!(status.code(), Some(1), "{said}");
    assert!(said.contains("nginx ended by itself"), "{said}");
    await_silence(port);
}

#[cfg(unix)]
#[test]
fn nginx_ends_in_order_with_the_demonstration() {
    let Some(program) = nginx() else { return };
    let (mut running, port) = demo(&program, "order");
    let id = running.0.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
    assert_eq!(running.0.wait().unwrap().code(), Some(0));
    await_silence(port);
    let left = std::env::temp_dir().join(format!("agentarea-demo-nginx-{id}"));
    assert!(!left.exists(), "{} is left behind", left.display());
}
