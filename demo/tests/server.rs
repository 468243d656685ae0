//! How the server treats connections: many at once, kept alive, pipelined, silent, refused, and at its end.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::{Arc, Barrier, Once};
use std::thread;
use std::time::Duration;

use agentarea_demo::api::Api;
use agentarea_demo::clock::{Clock, monotonic_now, wait};
use agentarea_demo::rules::RuleSet;
use agentarea_demo::server::{Options, Running};
use agentarea_demo::sim::{Platform, SCRAPE_INTERVAL_MS};
use agentarea_demo::world::World;

const NOW_MS: i64 = 1_785_585_600_000;
const FORM: &str = "Content-Type: application/x-www-form-urlencoded\r\n";

/// A bound that only a hanging server reaches.
const PATIENCE: Duration = Duration::from_secs(20);

/// A server of its own for each test, over an empty store: nothing here depends on samples.
fn start(upstream: Option<String>) -> Running {
    // The files are written by the first test alone: the others may be reading them.
    static WRITTEN: Once = Once::new();
    let clock = Clock::new(NOW_MS, true);
    let dist = Path::new(env!("CARGO_TARGET_TMPDIR")).join("server-test-dist");
    std::fs::create_dir_all(&dist).unwrap();
    WRITTEN.call_once(|| {
        std::fs::write(dist.join("index.html"), "<!doctype html><p>the app").unwrap();
        std::fs::write(dist.join("large.txt"), "0123456789abcdef".repeat(1 << 17)).unwrap();
    });
    let rules = RuleSet::load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("rules"), SCRAPE_INTERVAL_MS).unwrap();
    let world = World::new(Platform::with_history(7, NOW_MS, 1), rules);
    let options =
        Options { listen: "127.0.0.1:0".parse().unwrap(), dist: Some(dist), upstream, announces_clock: false };
    Running::start(&options, Api::new(world.shared(), clock.clone()), &clock).unwrap()
}

struct Client(BufReader<TcpStream>);

struct Answer {
    status: u16,
    head: String,
    body: String,
}

impl Client {
    fn connect(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        Self(BufReader::new(stream))
    }

    fn send(&mut self, text: &str) {
        self.0.get_mut().write_all(text.as_bytes()).unwrap();
    }

    /// Reads one answer and not a byte more.
    fn receive(&mut self, has_body: bool) -> Answer {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            assert!(self.0.read_line(&mut head).unwrap() > 0, "closed after {head:?}");
        }
        let length = head.lines().find_map(|line| line.strip_prefix("Content-Length: "));
        let mut body = vec![0; length.filter(|_| has_body).map_or(0, |text| text.parse().unwrap())];
        self.0.read_exact(&mut body).unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Answer { status, head, body: String::from_utf8(body).unwrap() }
    }

    fn ask(&mut self, text: &str) -> Answer {
        self.send(text);
        self.receive(true)
    }

    fn is_closed(&mut self) -> bool {
        self.0.read(&mut [0]).unwrap() == 0
    }
}

fn get(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: t\r\n\r\n")
}

fn query(text: &str) -> String {
    get(&format!("/prometheus/api/v1/query?query={text}"))
}

#[test]
fn a_burst_of_kept_connections_is_answered_at_once() {
    const CLIENTS: usize = 24;
    let running = start(None);
    let address = running.address;
    let all_answered = Arc::new(Barrier::new(CLIENTS));
    let started = monotonic_now();
    let clients: Vec<_> = (0..CLIENTS)
        .map(|number| {
            let all_answered = Arc::clone(&all_answered);
            thread::spawn(move || {
                let mut client = Client::connect(address);
                let first = client.ask(&query(&number.to_string()));
                let second = client.ask(&get("/"));
                // Nobody closes before everybody is answered; a failure must not leave the others waiting, so it is
                // judged afterwards.
                all_answered.wait();
                (number, first, second)
            })
        })
        .collect();
    while !clients.iter().all(thread::JoinHandle::is_finished) {
        assert!(started.elapsed() < PATIENCE, "some connections were not answered while others were open");
        wait(Duration::from_millis(10), || false);
    }
    for client in clients {
        let (number, first, second) = client.join().unwrap();
        assert_eq!((first.status, second.status), (200, 200));
        assert!(first.body.contains(&format!("\"{number}\"]")), "{number}: {}", first.body);
        assert!(!first.head.contains("Connection: close"), "{}", first.head);
        assert_eq!(second.body, "<!doctype html><p>the app");
    }
    running.stop();
}

#[test]
fn pipelined_requests_are_answered_in_their_order() {
    let running = start(None);
    let mut client = Client::connect(running.address);
    let form = format!("POST /prometheus/api/v1/query HTTP/1.1\r\nHost: t\r\n{FORM}Content-Length: 9\r\n\r\nquery=333");
    let head = "HEAD /large.txt HTTP/1.1\r\nHost: t\r\n\r\n";
    client.send(&[&query("111"), head, &get("/"), &form, &query("444")].concat());
    assert!(client.receive(true).body.contains("\"111\"]"));
    let headers_only = client.receive(false);
    assert!(headers_only.head.contains(&format!("Content-Length: {}\r\n", 16 << 17)), "{}", headers_only.head);
    assert!(client.receive(true).body.ends_with("the app"));
    assert!(client.receive(true).body.contains("\"333\"]"));
    assert!(client.receive(true).body.contains("\"444\"]"));
    // The connection rests, then goes on; a request may come in pieces.
    wait(Duration::from_millis(200), || false);
    let late = query("555");
    let (start_of_it, rest) = late.split_at(20);
    client.send(start_of_it);
    wait(Duration::from_millis(100), || false);
    assert!(client.ask(rest).body.contains("\"555\"]"));
    assert_eq!(client.ask(&get("/large.txt")).body.len(), 16 << 17);
    let last = client.ask("GET / HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n");
    assert!(last.head.contains("Connection: close\r\n") && last.head.contains("\r\nDate: "), "{}", last.head);
    assert!(client.is_closed());
    running.stop();
}

#[test]
fn silent_clients_block_neither_others_nor_the_end() {
    let running = start(None);
    let mut silent: Vec<_> = (0..12).map(|_| Client::connect(running.address)).collect();
    for client in silent.iter_mut().skip(6) {
        client.send("GET / HTTP/1.1\r\nHo");
    }
    // Asks for megabytes again and again and takes none of them.
    let mut greedy = Client::connect(running.address);
    greedy.send(&get("/large.txt").repeat(20));
    let mut kept = Client::connect(running.address);
    for _ in 0..3 {
        assert_eq!(kept.ask(&query("1")).status, 200);
    }
    let address = running.address;
    let started = monotonic_now();
    running.stop();
    let waited = started.elapsed();
    assert!(waited < Duration::from_secs(15), "the end took {waited:?}");
    assert!(kept.is_closed() && silent.iter_mut().all(Client::is_closed));
    assert!(TcpStream::connect(address).is_err(), "nobody listens any more");
}

#[test]
fn requests_in_hand_are_answered_at_the_end() {
    let upstream = TcpListener::bind("127.0.0.1:0").unwrap();
    let running = start(Some(format!("http://{}", upstream.local_addr().unwrap())));
    let mut client = Client::connect(running.address);
    client.send(&query("1"));
    let (mut backend, _) = upstream.accept().unwrap();
    assert!(backend.read(&mut [0; 4096]).unwrap() > 0, "the query has arrived at the upstream");
    let stopping = thread::spawn(move || running.stop());
    wait(Duration::from_millis(300), || false);
    assert!(!stopping.is_finished(), "a query is in hand");
    backend.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nConnection: close\r\n\r\nlate").unwrap();
    let answer = client.receive(true);
    assert_eq!((answer.status, answer.body.as_str()), (200, "late"));
    assert!(answer.head.contains("Connection: close\r\n") && client.is_closed());
    stopping.join().unwrap();
}

#[test]
fn what_cannot_be_read_is_refused_and_the_connection_closed() {
    let running = start(None);
    let post = "POST /prometheus/api/v1/query HTTP/1.1\r\nHost: t\r\n";
    let large_head = format!("GET / HTTP/1.1\r\nHost: t\r\nX: {}\r\n\r\n", "x".repeat(100_000));
    for (request, status) in [
        ("nonsense\r\n\r\n".to_owned(), 400),
        ("GET / HTTP/1.1\r\n\r\n".to_owned(), 400),
        (format!("{post}Transfer-Encoding: chunked\r\n\r\n7\r\nquery=1\r\n0\r\n\r\n"), 411),
        (format!("{post}Content-Length: 5000000\r\n\r\n{}", "x".repeat(100_000)), 413),
        (large_head, 431),
    ] {
        let mut client = Client::connect(running.address);
        let answer = client.ask(&request);
        assert_eq!(answer.status, status, "{}", answer.body);
        assert!(answer.head.contains("Connection: close\r\n") && answer.head.contains("Content-Security-Policy: "));
        assert!(client.is_closed());
    }
    let mut old = Client::connect(running.address);
    assert_eq!(old.ask("GET / HTTP/1.0\r\n\r\n").status, 200);
    assert!(old.is_closed());
    running.stop();
}

#[test]
fn a_body_is_sent_after_permission() {
    let running = start(None);
    let mut client = Client::connect(running.address);
    client.send(&format!(
        "POST /prometheus/api/v1/query HTTP/1.1\r\nHost: t\r\n{FORM}Expect: 100-continue\r\nContent-Length: 9\r\n\r\n"
    ));
    assert_eq!(client.receive(true).status, 100);
    assert!(client.ask("query=222").body.contains("\"222\"]"));
    assert!(client.ask(&query("1")).status == 200);
    // The largest form there may be.
    let padding = "x".repeat((4 << 20) - 11);
    let large = format!(
        "POST /prometheus/api/v1/query HTTP/1.1\r\nHost: t\r\n{FORM}Content-Length: {}\r\n\r\nquery=7&pad={padding}",
        padding.len() + 12
    );
    assert_eq!(client.ask(&large).status, 413, "one byte more than is read");
    let mut client = Client::connect(running.address);
    let fitting = large.replace("pad=x", "pad=").replace(&(padding.len() + 12).to_string(), &(4 << 20).to_string());
    assert!(client.ask(&fitting).body.contains("\"7\"]"));
    running.stop();
}
