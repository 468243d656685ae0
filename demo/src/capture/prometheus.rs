//! Prometheus, new and old: samples of fixed times as blocks and by OTLP, and a server that scrapes and evaluates rules.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use super::page::Page;
use super::server::{Folder, free_port};
use super::web::Request;
use super::{Backend, CaptureError, Setting, Stage, Started};

pub const NEW: Backend = Backend {
    name: "prometheus",
    folder: "prometheus",
    programs: &["prometheus", "promtool"],
    pinned_version: "3.16.0",
    asks: include_str!("data/prometheus/asks.txt"),
    start: |setting| start(setting, "prometheus", "promtool"),
};

pub const OLD: Backend = Backend {
    name: "prometheus-old",
    programs: &["prometheus-old", "promtool-old"],
    pinned_version: "2.42.0",
    start: |setting| start(setting, "prometheus-old", "promtool-old"),
    ..NEW
};

const SAMPLES: &str = include_str!("data/prometheus/samples.om");
const PAGE: &str = include_str!("data/prometheus/page.txt");
const RULES: &str = include_str!("data/prometheus/rules.yml");
/// Exponential histograms and a name with dots, as the OpenTelemetry SDK sends them.
const OTLP: &str = include_str!("data/prometheus/otlp.json");

const EMPTY_CONFIG: &str = "global: {scrape_interval: 15s}\n";

/// What the fixtures call the server's own address, and the scraped page's.
const SERVER: &str = "127.0.0.1:19399";
const TARGET: &str = "127.0.0.1:19398";

fn start(setting: &Setting<'_>, prometheus: &str, promtool: &str) -> Result<Vec<Stage>, CaptureError> {
    let program = setting.program(prometheus);
    let mut data = data_server(setting, &program, &setting.program(promtool))?;
    if is_version_3(&program) {
        data.server.load_soon(setting, &Request::post_json("/api/v1/otlp/v1/metrics", OTLP))?;
    }
    Ok(vec![data, live_server(setting, &program)?, starting_server(setting, &program)?])
}

struct Prepared {
    command: Command,
    folder: Folder,
    port: u16,
}

/// A Prometheus on a free port, in an empty folder.
fn prepared(setting: &Setting<'_>, program: &Path, stage: &str, config: &str) -> Result<Prepared, CaptureError> {
    let folder = Folder::new(&format!("{}-{stage}", setting.name))?;
    let port = free_port()?;
    let config = folder.file("prometheus.yml", config.replace("{server}", &format!("127.0.0.1:{port}")))?;
    let mut command = Command::new(program);
    command
        .arg(format!("--config.file={}", config.display()))
        .arg(format!("--storage.tsdb.path={}", folder.path().join("data").display()))
        .arg(format!("--web.listen-address=127.0.0.1:{port}"))
        .arg("--storage.tsdb.retention.time=10y");
    Ok(Prepared { command, folder, port })
}

/// What Prometheus puts for loopback into its targets' global addresses.
fn host_name() -> String {
    std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default().trim().to_owned()
}

fn ready(setting: &Setting<'_>, stage: &'static str, prepared: Prepared) -> Result<Stage, CaptureError> {
    let Prepared { command, folder, port } = prepared;
    let mut server = Started::new(setting.name, command, folder, port)?;
    server.wait_for(setting, Duration::from_mins(1), &Request::get("/-/ready"), "readiness", |answer| {
        answer.status == 200
    })?;
    server.ask_version("/api/v1/status/buildinfo", "/data/version");
    let mut stage = Stage::new(stage, server, port, SERVER);
    stage.placeholders.push((format!("{}:{port}", host_name()), "vm:19399".to_owned()));
    Ok(stage)
}

fn data_server(setting: &Setting<'_>, program: &Path, promtool: &Path) -> Result<Stage, CaptureError> {
    let is_3 = is_version_3(program);
    let config = if is_3 { "otlp: {translation_strategy: NoTranslation}\n" } else { EMPTY_CONFIG };
    let mut prepared = prepared(setting, program, "data", config)?;
    prepared.command.arg("--query.max-samples=1000");
    if is_3 {
        prepared.command.arg("--web.enable-otlp-receiver");
    }
    let samples = prepared.folder.file("samples.om", SAMPLES)?;
    let made = Command::new(promtool)
        .args(["tsdb", "create-blocks-from", "openmetrics", "--quiet"])
        .args([&samples, &prepared.folder.path().join("data")])
        .output()
        .map_err(CaptureError::io(format!("cannot start {}", promtool.display())))?;
    if !made.status.success() {
        let reason = format!("promtool made no blocks ({})", made.status);
        let log = String::from_utf8_lossy(&made.stderr).into_owned();
        return Err(CaptureError::Start { server: setting.name.to_owned(), reason, log });
    }
    ready(setting, "data", prepared)
}

fn is_version_3(program: &Path) -> bool {
    let told = Command::new(program).arg("--version").output().map(|output| output.stdout).unwrap_or_default();
    !String::from_utf8_lossy(&told).starts_with("prometheus, version 2.")
}

fn live_server(setting: &Setting<'_>, program: &Path) -> Result<Stage, CaptureError> {
    let page = Page::start(PAGE)?;
    let config = include_str!("data/prometheus/live.yml").replace("{target}", &format!("127.0.0.1:{}", page.port));
    let mut prepared = prepared(setting, program, "live", &config)?;
    prepared.folder.file("rules.yml", RULES)?;
    prepared.command.arg("--enable-feature=exemplar-storage");
    let mut stage = ready(setting, "live", prepared)?;
    stage.placeholders.extend([
        (format!("127.0.0.1:{}", page.port), TARGET.to_owned()),
        (format!("{}:{}", host_name(), page.port), "vm:19398".to_owned()),
    ]);
    let limit = Duration::from_secs(30);
    stage.server.wait_for(setting, limit, &Request::get("/api/v1/alerts"), "both alerts", |answer| {
        let text = answer.text();
        text.contains("InstanceDown") && text.contains("AlwaysPending")
    })?;
    stage.server.wait_for(setting, limit, &Request::get("/api/v1/targets"), "scrapes of all targets", |answer| {
        let text = answer.text();
        text.matches("\"health\":\"up\"").count() == 2 && text.matches("\"health\":\"down\"").count() == 1
    })?;
    stage.page = Some(page);
    Ok(stage)
}

/// A server that answers but never gets ready: it waits for a block's description, which is a pipe that nobody writes to.
fn starting_server(setting: &Setting<'_>, program: &Path) -> Result<Stage, CaptureError> {
    let prepared = prepared(setting, program, "starting", EMPTY_CONFIG)?;
    let block = prepared.folder.path().join("data/01BKGV7JBM69T2G1BGBGM6KB12");
    std::fs::create_dir_all(&block).map_err(CaptureError::io(format!("cannot make {}", block.display())))?;
    let made = Command::new("mkfifo").arg(block.join("meta.json")).status();
    if !made.map_err(CaptureError::io("cannot start mkfifo"))?.success() {
        let reason = "mkfifo made no pipe".to_owned();
        return Err(CaptureError::Start { server: setting.name.to_owned(), reason, log: String::new() });
    }
    let Prepared { command, folder, port } = prepared;
    let mut server = Started::new(setting.name, command, folder, port)?;
    server
        .wait_for(setting, Duration::from_mins(1), &Request::get("/-/ready"), "503", |answer| answer.status == 503)?;
    Ok(Stage::new("starting", server, port, SERVER))
}
