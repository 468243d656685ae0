//! Alertmanager: four alerts that end in 2099 for three receivers, and a silence in each of its states.

use std::process::Command;
use std::time::Duration;

use serde_json::Value;

use super::server::{Folder, Started, free_port};
use super::web::Request;
use super::{Backend, CaptureError, Setting, Stage};

pub const BACKEND: Backend = Backend {
    name: "alertmanager",
    folder: "alertmanager",
    programs: &["alertmanager"],
    pinned_version: "0.25.0",
    asks: include_str!("data/alertmanager/asks.txt"),
    start,
};

const CONFIG: &str = include_str!("data/alertmanager/alertmanager.yml");
const ALERTS: &str = include_str!("data/alertmanager/alerts.json");
/// A list; the last one is expired at once.
const SILENCES: &str = include_str!("data/alertmanager/silences.json");

fn start(setting: &Setting<'_>) -> Result<Vec<Stage>, CaptureError> {
    let (folder, port) = (Folder::new(setting.name)?, free_port()?);
    let config = folder.file("alertmanager.yml", CONFIG)?;
    let mut command = Command::new(setting.program("alertmanager"));
    command
        .arg(format!("--config.file={}", config.display()))
        .arg(format!("--storage.path={}", folder.path().join("data").display()))
        .arg(format!("--web.listen-address=127.0.0.1:{port}"))
        .arg("--cluster.listen-address=");
    let mut server = Started::new(setting.name, command, folder, port)?;
    let limit = Duration::from_secs(30);
    server.wait_for(setting, limit, &Request::get("/-/ready"), "readiness", |answer| answer.status == 200)?;
    server.ask_version("/api/v2/status", "/versionInfo/version");
    server.load(&Request::post_json("/api/v2/alerts", ALERTS))?;
    let mut ids = Vec::new();
    for silence in serde_json::from_str::<Vec<Value>>(SILENCES).unwrap_or_default() {
        let answer = server.load(&Request::post_json("/api/v2/silences", silence.to_string()))?;
        let created: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        let id = created.get("silenceID").and_then(Value::as_str).unwrap_or_default().to_owned();
        let standin = format!("5eed0000-0000-4000-8000-{:012}", ids.len() + 1);
        ids.push((id, standin));
    }
    if let Some((id, _)) = ids.last() {
        server.load(&Request { method: "DELETE".into(), ..Request::get(format!("/api/v2/silence/{id}")) })?;
    }
    server.wait_for(setting, limit, &Request::get("/api/v2/alerts/groups"), "all groups", |answer| {
        serde_json::from_slice::<Vec<Value>>(&answer.body).is_ok_and(|groups| groups.len() == 5)
    })?;
    let mut stage = Stage::new("alertmanager", server, port, "127.0.0.1:9093");
    stage.placeholders.extend(ids);
    Ok(vec![stage])
}
