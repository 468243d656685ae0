//! Zipkin with its store in memory: a trace across two services, and one with a short id.

use std::process::Command;
use std::time::Duration;

use super::server::{Folder, Started, free_port};
use super::web::Request;
use super::{Backend, CaptureError, Setting, Stage};

pub const BACKEND: Backend = Backend {
    name: "zipkin",
    folder: "zipkin",
    programs: &["java", "zipkin"],
    pinned_version: "3.5.1",
    asks: include_str!("data/zipkin/asks.txt"),
    start,
};

const SPANS: &str = include_str!("data/zipkin/spans.json");

fn start(setting: &Setting<'_>) -> Result<Vec<Stage>, CaptureError> {
    let (folder, port) = (Folder::new(setting.name)?, free_port()?);
    let mut command = Command::new(setting.program("java"));
    command
        .arg("-Xmx300m")
        .arg(format!("-Djava.io.tmpdir={}", folder.path().display()))
        .arg("-jar")
        .arg(setting.program("zipkin"))
        .arg(format!("--server.port={port}"))
        .arg("--zipkin.storage.autocomplete-keys=env");
    let mut server = Started::new(setting.name, command, folder, port)?;
    let limit = Duration::from_mins(2);
    server.wait_for(setting, limit, &Request::get("/health"), "health", |answer| answer.status == 200)?;
    server.ask_version("/info", "/zipkin/version");
    server.load(&Request::post_json("/api/v2/spans", SPANS))?;
    server.wait_for(setting, limit, &Request::get("/api/v2/services"), "all services", |answer| {
        answer.text().contains("mcp") && answer.text().contains("frontend")
    })?;
    Ok(vec![Stage::new("zipkin", server, port, "127.0.0.1:9411")])
}
