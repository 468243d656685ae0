//! The stack as a person runs it: a server that is there in seconds stands for all of them. However the stack ends, its
//! server ends with it. Without redis it says so and ends, unless `AGENTAREA_STACK` tells that the servers are there.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::io::{BufRead as _, BufReader, Read as _};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use agentarea_demo::clock::{monotonic_now, wait};
use serde_json::Value;

/// A running stack with redis alone.
struct Stack {
    child: Child,
    folder: PathBuf,
    facts: Value,
}

impl Stack {
    /// Starts it and waits until it says that it is ready; `None` where there is no redis.
    fn start(name: &str, more: &[&str]) -> Option<Self> {
        let redis = ["/usr/bin/redis-server", "/usr/local/bin/redis-server", "/opt/homebrew/bin/redis-server"];
        let Some(redis) = redis.into_iter().find(|path| PathBuf::from(path).is_file()) else {
            assert!(std::env::var_os("AGENTAREA_STACK").is_none(), "where the stack is, redis-server is too");
            eprintln!("SKIPPED: there is no redis-server here");
            return None;
        };
        let folder = std::env::temp_dir().join(format!("agentarea-stack-{name}-{}", std::process::id()));
        let mut child = command(&["--only", "redis", "--until-eof", "--hours", "1"])
            .arg(format!("--program=redis={redis}"))
            .arg("--folder")
            .arg(&folder)
            .args(more)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let ready = lines.next().unwrap().unwrap();
        let path = ready.strip_prefix("agentarea-demo stack ready ").unwrap();
        let facts = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
        Some(Self { child, folder, facts })
    }

    fn address(&self) -> String {
        self.facts["servers"]["redis"]["url"].as_str().unwrap().trim_start_matches("redis://").to_owned()
    }

    fn server_id(&self) -> String {
        self.facts["servers"]["redis"]["pid"].to_string()
    }

    /// How it ended, and what it said.
    fn end(mut self) -> (Option<i32>, String) {
        assert!(within_secs(20, || self.child.try_wait().unwrap().is_some()), "the stack does not end");
        let mut said = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
        assert!(within_secs(5, || TcpStream::connect(self.address()).is_err()), "its server goes on");
        std::fs::remove_dir_all(&self.folder).unwrap();
        std::fs::remove_file(self.folder.with_extension("lock")).unwrap();
        (self.child.wait().unwrap().code(), said)
    }
}

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_agentarea-demo"));
    command.arg("stack").args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn signal(name: &str, id: &str) {
    assert!(Command::new("kill").args([&format!("-{name}"), id]).status().unwrap().success());
}

fn within_secs(secs: u64, mut holds: impl FnMut() -> bool) -> bool {
    let deadline: Instant = monotonic_now() + Duration::from_secs(secs);
    loop {
        if holds() {
            return true;
        }
        if monotonic_now() > deadline {
            return false;
        }
        wait(Duration::from_millis(50), || false);
    }
}

#[test]
fn it_ends_with_its_input_and_leaves_no_file_that_lists_it() {
    let Some(mut stack) = Stack::start("input", &[]) else { return };
    assert!(TcpStream::connect(stack.address()).is_ok());
    assert!(stack.facts["servers"]["redis"]["version"].as_str().unwrap().contains('.'), "{}", stack.facts);
    let file = stack.folder.join("stack.json");
    assert!(file.is_file());
    let second = command(&["--only", "redis"]).arg("--folder").arg(&stack.folder).output().unwrap();
    assert!(String::from_utf8_lossy(&second.stderr).contains("another stack runs in"), "{second:?}");
    drop(stack.child.stdin.take());
    assert!(within_secs(20, || !file.exists()), "stack.json is still there");
    assert_eq!(stack.end().0, Some(0));
}

#[test]
fn it_ends_when_it_is_asked_to_and_when_its_time_is_over() {
    let Some(stack) = Stack::start("asked", &[]) else { return };
    signal("INT", &stack.child.id().to_string());
    assert_eq!(stack.end().0, Some(0));
    let Some(stack) = Stack::start("time", &["--for", "1s"]) else { return };
    assert_eq!(stack.end().0, Some(0));
}

#[test]
fn a_server_that_ends_by_itself_is_named_and_ends_the_stack() {
    let Some(stack) = Stack::start("crash", &[]) else { return };
    signal("KILL", &stack.server_id());
    let (code, said) = stack.end();
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("redis ended by itself") && said.contains("redis.log"), "{said}");
}

#[test]
fn its_server_does_not_outlive_it() {
    if !PathBuf::from("/usr/bin/setpriv").is_file() {
        eprintln!("SKIPPED: this system cannot end a process with the one that started it");
        return;
    }
    let Some(stack) = Stack::start("killed", &[]) else { return };
    signal("KILL", &stack.child.id().to_string());
    assert_eq!(stack.end().0, None);
}

#[test]
fn what_is_missing_is_named_before_anything_is_started() {
    let folder = std::env::temp_dir().join(format!("agentarea-stack-missing-{}", std::process::id()));
    let run = |arguments: &[&str]| {
        let output = command(arguments).arg("--folder").arg(&folder).output().unwrap();
        assert_eq!(output.status.code(), Some(1));
        String::from_utf8(output.stderr).unwrap()
    };
    let said = run(&["--only", "loki"]);
    assert!(said.contains("where is loki? Name its program with --program loki=PATH"), "{said}");
    let said = run(&["--only", "grafana"]);
    assert!(said.contains("there is no server \"grafana\""), "{said}");
    std::fs::remove_dir_all(&folder).ok();
    std::fs::remove_file(folder.with_extension("lock")).ok();
}
