//! The real servers that the suite starts itself, configured as the stack configures them. They end with their values.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::common::machine::{await_answer, folders, free_port, runs};

/// Servers that write to disks and join rings take their time.
const PATIENCE: Duration = Duration::from_mins(2);

pub struct Started {
    child: Child,
    folder: PathBuf,
    pub base: String,
    /// Where it takes what is not taken at `base`.
    pub intake: String,
}

impl Drop for Started {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
        std::fs::remove_dir_all(&self.folder).ok();
    }
}

/// A folder of its own.
fn folder(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("agentarea-contract-{name}-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// The first of these programs that can be run: of the path, then of set-up's cache.
fn find(server: &str, programs: &[&str]) -> Option<PathBuf> {
    let candidates = folders(server).into_iter().flat_map(|folder| programs.iter().map(move |name| folder.join(name)));
    candidates.into_iter().find(|program| runs(program))
}

fn start(mut command: Command, folder: PathBuf, base: String, intake: String, ready: &str) -> Started {
    let child =
        command.current_dir(&folder).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let started = Started { child, folder, base, intake };
    await_answer(&format!("{}{ready}", started.base), PATIENCE).unwrap();
    started
}

fn local() -> String {
    format!("127.0.0.1:{}", free_port())
}

fn written(folder: &Path, name: &str, text: &str) -> PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, text).unwrap();
    path
}

pub fn alertmanager() -> Option<Started> {
    let mut command = Command::new(find("alertmanager", &["prometheus-alertmanager", "alertmanager"])?);
    let (folder, address) = (folder("alertmanager"), local());
    // Nobody is there who could be notified.
    let text = include_str!("../../src/stack/config/alertmanager.yml").replace("{sink}", "http://127.0.0.1:1/");
    command
        .arg(format!("--config.file={}", written(&folder, "alertmanager.yml", &text).display()))
        .arg(format!("--storage.path={}", folder.join("data").display()))
        .arg(format!("--web.listen-address={address}"))
        .arg("--cluster.listen-address=");
    Some(start(command, folder, format!("http://{address}"), String::new(), "/-/ready"))
}

pub fn jaeger() -> Option<Started> {
    let mut command = Command::new(find("jaeger", &["jaeger-all-in-one", "all-in-one"])?);
    let (folder, address, otlp) = (folder("jaeger"), local(), local());
    command
        .env("SPAN_STORAGE_TYPE", "memory")
        .args(["--collector.otlp.enabled=true", "--query.enable-tracing=false", "--log-level=error"])
        .arg(format!("--query.http-server.host-port={address}"))
        .arg(format!("--collector.otlp.http.host-port={otlp}"));
    for other in [
        "collector.otlp.grpc.host-port",
        "collector.http-server.host-port",
        "collector.grpc-server.host-port",
        "query.grpc-server.host-port",
        "admin.http.host-port",
    ] {
        command.arg(format!("--{other}={}", local()));
    }
    Some(start(command, folder, format!("http://{address}"), format!("http://{otlp}"), "/api/services"))
}

pub fn loki() -> Option<Started> {
    let mut command = Command::new(find("loki", &["loki"])?);
    let (folder, port) = (folder("loki"), free_port());
    let text = include_str!("../../src/stack/config/loki.yml")
        .replace("{http_port}", &port.to_string())
        .replace("{grpc_port}", &free_port().to_string())
        .replace("{folder}", &folder.display().to_string());
    command.arg(format!("-config.file={}", written(&folder, "loki.yml", &text).display()));
    Some(start(command, folder, format!("http://127.0.0.1:{port}"), String::new(), "/ready"))
}
