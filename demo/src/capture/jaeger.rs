//! Jaeger with its store in memory, which serves the old API and `/api/v3`: spans by OTLP, one trace per kind of oddity.

use std::process::Command;
use std::time::Duration;

use super::server::{Folder, Started, free_port};
use super::web::{Request, agent, send};
use super::{Backend, CaptureError, Setting, Stage};
use crate::clock::wait;

pub const BACKEND: Backend = Backend {
    name: "jaeger",
    folder: "jaeger",
    programs: &["jaeger"],
    pinned_version: "1.76.0",
    asks: include_str!("data/jaeger/asks.txt"),
    start,
};

const SPANS: &str = include_str!("data/jaeger/otlp.json");

fn start(setting: &Setting<'_>) -> Result<Vec<Stage>, CaptureError> {
    let (folder, port, otlp_port) = (Folder::new(setting.name)?, free_port()?, free_port()?);
    let mut command = Command::new(setting.program("jaeger"));
    command
        .arg(format!("--query.http-server.host-port=127.0.0.1:{port}"))
        .arg(format!("--collector.otlp.http.host-port=127.0.0.1:{otlp_port}"))
        .arg("--query.max-clock-skew-adjustment=1h");
    for other in
        ["query.grpc-server", "admin.http", "collector.otlp.grpc", "collector.grpc-server", "collector.http-server"]
    {
        command.arg(format!("--{other}.host-port=127.0.0.1:{}", free_port()?));
    }
    let mut server = Started::new(setting.name, command, folder, port)?;
    let limit = Duration::from_secs(30);
    server.wait_for(setting, limit, &Request::get("/api/services"), "an answer", |answer| answer.status == 200)?;
    let (otlp, mut last) = (agent(), String::new());
    // The collector may listen a moment later than the API.
    for _ in 0..50 {
        let sent = send(&otlp, &format!("http://127.0.0.1:{otlp_port}"), &Request::post_json("/v1/traces", SPANS));
        match sent {
            Ok(answer) if answer.is_success() => {
                last.clear();
                break;
            }
            Ok(answer) => last = answer.text(),
            Err(error) => last = error,
        }
        wait(Duration::from_millis(100), || setting.stops());
    }
    if !last.is_empty() {
        let what = "OTLP".to_owned();
        return Err(CaptureError::Answer { server: setting.name.to_owned(), what, reason: last });
    }
    server.wait_for(setting, limit, &Request::get("/api/services"), "all services", |answer| {
        answer.text().matches("\",\"").count() == 2
    })?;
    Ok(vec![Stage::new("jaeger", server, port, "127.0.0.1:16686")])
}
