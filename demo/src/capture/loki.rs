//! Loki as one program: streams with and without structured metadata, a burst at one moment, and enough alike lines for a
//! pattern.

use std::process::Command;
use std::time::Duration;

use super::server::{Folder, Started, free_port};
use super::web::Request;
use super::{Backend, CaptureError, Setting, Stage};

pub const BACKEND: Backend = Backend {
    name: "loki",
    folder: "loki",
    programs: &["loki"],
    pinned_version: "3.7.8",
    asks: include_str!("data/loki/asks.txt"),
    start,
};

const CONFIG: &str = include_str!("data/loki/loki.yml");
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
    let counted = "/loki/api/v1/query?query=sum(count_over_time(%7Bapp%3D~%22.%2B%22%7D%5B1h%5D))&time=1767225900";
    server.wait_for(setting, limit, &Request::get(counted), "all lines", |answer| answer.text().contains("\"41\""))?;
    Ok(vec![Stage::new("loki", server, port, "127.0.0.1:3100")])
}
