//! Loki as one program: streams with and without structured metadata, a burst at one moment, and lines of the last minutes
//! that are enough alike for a pattern.

use std::process::Command;
use std::time::Duration;

use serde_json::json;

use super::server::{Folder, Started, free_port};
use super::web::Request;
use super::{Backend, CaptureError, Setting, Stage};
use crate::clock::wall_ms;

pub const BACKEND: Backend = Backend {
    name: "loki",
    folder: "loki",
    programs: &["loki"],
    pinned_version: "3.7.8",
    asks: include_str!("data/loki/asks.txt"),
    start,
};

const CONFIG: &str = include_str!("data/loki/loki.yml");
const PATTERNS: &str = "/loki/api/v1/patterns?query=%7Bapp%3D%22recent%22%7D";
const STREAMS: &str = include_str!("data/loki/push.json");

fn start(setting: &Setting<'_>) -> Result<Vec<Stage>, CaptureError> {
    let (folder, port) = (Folder::new(setting.name)?, free_port()?);
    let config = CONFIG
        .replace("HTTP_PORT", &port.to_string())
        .replace("GRPC_PORT", &free_port()?.to_string())
        .replace("FOLDER", &folder.path().display().to_string());
    let config = folder.file("loki.yml", config)?;
    let mut command = Command::new(setting.program("loki"));
    command.arg(format!("-config.file={}", config.display())).arg("-target=all");
    let mut server = Started::new(setting.name, command, folder, port)?;
    let limit = Duration::from_mins(2);
    server.wait_for(setting, limit, &Request::get("/ready"), "readiness", |answer| answer.status == 200)?;
    server.ask_version("/loki/api/v1/status/buildinfo", "/version");
    // Ready comes before the ring has settled.
    server.load_soon(setting, &Request::post_json("/loki/api/v1/push", STREAMS))?;
    server.load(&Request::post_json("/loki/api/v1/push", recent(wall_ms())))?;
    // So old data is looked for in the store alone.
    server.load(&Request { method: "POST".into(), ..Request::get("/flush") })?;
    let counted = "/loki/api/v1/query?query=sum(count_over_time(%7Bapp%3D~%22.%2B%22%7D%5B1h%5D))&time=1767225900";
    server.wait_for(setting, limit, &Request::get(counted), "all lines", |answer| answer.text().contains("\"18\""))?;
    server.wait_for(setting, limit, &Request::get(PATTERNS), "a pattern", |answer| {
        answer.text().contains("\"pattern\"")
    })?;
    let mut stage = Stage::new("loki", server, port, "127.0.0.1:3100");
    // What is built from the module may not know which version it is.
    stage.placeholders.push(("\"version\":\"\"".into(), format!("\"version\":\"{}\"", BACKEND.pinned_version)));
    Ok(vec![stage])
}

/// Lines of one ten seconds, two to three minutes ago: patterns are kept of what has just come.
fn recent(now_ms: i64) -> String {
    let start_ms = now_ms / 10_000 * 10_000 - 150_000;
    let line = |i: i64| {
        let line = format!("level=info msg=\"connection {i} accepted\" peer=10.0.0.{i} took={i}ms");
        json!([format!("{}000000", start_ms + i), line])
    };
    json!({"streams": [{"stream": {"app": "recent"}, "values": (0..30).map(line).collect::<Vec<_>>()}]}).to_string()
}
