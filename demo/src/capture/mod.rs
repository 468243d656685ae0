//! Answers of real servers as fixtures: starts each server alone, gives it a small fixed data set, asks what `data/*/asks.txt`
//! lists, and writes `tests/fixtures/<backend>/<version>/<name>.http`.
//!
//! Invariant: a second capture writes the same bytes. The data has fixed times; what a server adds of its own (the moment,
//! durations, ports, folders, ids, builds) is replaced by placeholders in `normal`, and nothing else of a body is touched.
//!
//! It deliberately judges nothing: that the fixtures show what they are there for is `demo/tests/fixtures.rs`' matter, and what
//! the app makes of them `tests/wire.rs`'.

pub mod cli;

mod alertmanager;
mod ask;
mod elasticsearch;
mod jaeger;
mod loki;
mod normal;
mod page;
mod prometheus;
mod server;
mod web;
mod write;
mod zipkin;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use thiserror::Error;

use ask::{Ask, asks};
use normal::Normaliser;
use page::Page;
use server::Started;
pub use write::Written;
use write::{Fixture, write};

/// Why a capture failed.
#[derive(Debug, Error)]
pub enum CaptureError {
    #[error("{what}: {reason}")]
    Io { what: String, reason: std::io::Error },
    #[error("{server} did not start: {reason}\n{log}")]
    Start { server: String, reason: String, log: String },
    #[error("{server} did not answer {what}: {reason}")]
    Answer { server: String, what: String, reason: String },
    #[error("{file}, line {line}: {reason}")]
    Asks { file: String, line: usize, reason: String },
    #[error("there is no backend {0:?}; there are {known}", known = NAMES.join(", "))]
    UnknownBackend(String),
    #[error("interrupted")]
    Interrupted,
}

impl CaptureError {
    fn io(what: impl Into<String>) -> impl FnOnce(std::io::Error) -> Self {
        let what = what.into();
        move |reason| Self::Io { what, reason }
    }
}

/// What to capture, and with what.
#[derive(Debug, Clone)]
pub struct Options {
    /// `tests/fixtures`.
    pub out: PathBuf,
    /// Programs by the names of [`Server::programs`].
    pub programs: BTreeMap<String, PathBuf>,
    /// Backends to capture; all when empty.
    pub only: Vec<String>,
}

/// One server of one version, of which fixtures are made.
struct Backend {
    /// What `--only` calls it.
    name: &'static str,
    /// The folder below `tests/fixtures`.
    folder: &'static str,
    /// What must be given with `--program`.
    programs: &'static [&'static str],
    /// The version, where the server does not tell (a server built from its module knows none).
    pinned_version: &'static str,
    asks: &'static str,
    /// Starts the server in as many settings as its asks need, loads the data, and says when all is ready.
    start: fn(&Setting<'_>) -> Result<Vec<Stage>, CaptureError>,
}

/// What a backend's `start` may use.
struct Setting<'a> {
    name: &'static str,
    programs: &'a BTreeMap<String, PathBuf>,
    should_stop: &'a AtomicBool,
}

impl Setting<'_> {
    /// The program of that name; its presence was checked before.
    fn program(&self, name: &str) -> PathBuf {
        self.programs.get(name).cloned().unwrap_or_else(|| name.into())
    }

    fn stops(&self) -> bool {
        self.should_stop.load(Ordering::Relaxed)
    }
}

/// A started server, by the name with which asks choose it (`at: NAME`; the first when they do not say).
struct Stage {
    name: &'static str,
    server: Started,
    /// Texts that differ from run to run, with what stands for them.
    placeholders: Vec<(String, String)>,
    /// What it scrapes, for as long as it runs.
    page: Option<Page>,
}

impl Stage {
    /// A server on `port`, which the fixtures call `standin` (an address).
    fn new(name: &'static str, server: Started, port: u16, standin: &str) -> Self {
        let folder = server.folder().display().to_string();
        let placeholders = vec![
            (format!("{folder}/"), String::new()),
            // As in a container.
            (folder, "/prometheus".to_owned()),
            (format!("127.0.0.1:{port}"), standin.to_owned()),
        ];
        Self { name, server, placeholders, page: None }
    }
}

/// What `--only` may name.
pub const NAMES: [&str; 7] =
    ["prometheus", "prometheus-old", "alertmanager", "loki", "jaeger", "zipkin", "elasticsearch"];

fn backends() -> [Backend; 7] {
    [
        prometheus::NEW,
        prometheus::OLD,
        alertmanager::BACKEND,
        loki::BACKEND,
        jaeger::BACKEND,
        zipkin::BACKEND,
        elasticsearch::BACKEND,
    ]
}

/// One of eight is missed with a chance of one in a million.
const ORDER_TRIES: u32 = 100;

/// The names of the fixtures that a capture makes for `<folder>/<version>`; none for a backend that is not captured.
pub fn fixture_names(folder: &str, version: &str) -> Vec<String> {
    let backend = backends().into_iter().find(|backend| backend.folder == folder);
    let all_asks = backend.and_then(|backend| asks(folder, backend.asks).ok()).unwrap_or_default();
    all_asks.into_iter().filter(|ask| ask.is_for(version)).map(|ask| ask.name).collect()
}

/// What became of one backend.
#[derive(Debug)]
pub enum Outcome {
    Captured {
        version: String,
        written: Written,
    },
    /// The programs that were not given.
    Skipped {
        missing: Vec<String>,
    },
}

/// Captures backend after backend; `told` hears what became of each as it ends.
pub fn run(
    options: &Options,
    should_stop: &Arc<AtomicBool>,
    mut told: impl FnMut(&str, &Outcome),
) -> Result<(), CaptureError> {
    if let Some(unknown) = options.only.iter().find(|name| !NAMES.contains(&name.as_str())) {
        return Err(CaptureError::UnknownBackend(unknown.clone()));
    }
    for backend in backends() {
        if !options.only.is_empty() && !options.only.iter().any(|name| name == backend.name) {
            continue;
        }
        let missing: Vec<String> = backend
            .programs
            .iter()
            .filter(|program| !options.programs.contains_key(**program))
            .map(|program| (*program).to_owned())
            .collect();
        let outcome =
            if missing.is_empty() { capture(&backend, options, should_stop)? } else { Outcome::Skipped { missing } };
        told(backend.name, &outcome);
    }
    Ok(())
}

fn capture(backend: &Backend, options: &Options, should_stop: &AtomicBool) -> Result<Outcome, CaptureError> {
    let all_asks = asks(&format!("{}/asks.txt", backend.folder), backend.asks)?;
    let mut normaliser = Normaliser::new();
    let setting = Setting { name: backend.name, programs: &options.programs, should_stop };
    let stages = (backend.start)(&setting)?;
    let version = major_minor(
        stages.first().and_then(|stage| stage.server.version()).as_deref().unwrap_or(backend.pinned_version),
    );
    for stage in &stages {
        normaliser.add(&stage.placeholders);
    }
    let mut fixtures = Vec::new();
    for ask in all_asks.iter().filter(|ask| ask.is_for(&version)) {
        if setting.stops() {
            return Err(CaptureError::Interrupted);
        }
        fixtures.push(fixture(backend, &stages, ask, &mut normaliser)?);
    }
    drop(stages);
    let written = write(&options.out.join(backend.folder).join(&version), &fixtures)?;
    Ok(Outcome::Captured { version, written })
}

fn fixture(
    backend: &Backend,
    stages: &[Stage],
    ask: &Ask,
    normaliser: &mut Normaliser,
) -> Result<Fixture, CaptureError> {
    let failed =
        |reason: String| CaptureError::Answer { server: backend.name.to_owned(), what: ask.name.clone(), reason };
    let stage = match &ask.at {
        Some(at) => stages.iter().find(|stage| stage.name == at),
        None => stages.first(),
    };
    let stage = stage.ok_or_else(|| failed(format!("it has no stage {:?}", ask.at)))?;
    let mut request = ask.request.clone();
    request.path_and_query = normaliser.with_real_ids(&request.path_and_query);
    request.body = normaliser.with_real_ids(&String::from_utf8_lossy(&request.body)).into_bytes();
    let mut answer = stage.server.send(&request).map_err(failed)?;
    if ask.varying.iter().any(|name| name == "order") {
        // Chance decides where a map of at most eight entries begins: the same of eight orders is found each time.
        for _ in 0..ORDER_TRIES {
            let other = stage.server.send(&request).map_err(failed)?;
            if other.body < answer.body {
                answer = other;
            }
        }
    }
    let grid = ask.grid.as_ref().map_or_else(String::new, |grid| format!("grid: {grid}\n"));
    let stopping = if answer.is_stopping { "stopping: yes\n" } else { "" };
    let head = format!(
        "ask: {}\n{grid}status: {}\ncontent-type: {}\n{stopping}",
        ask.function, answer.status, answer.content_type
    );
    Ok(Fixture { name: ask.name.clone(), head, body: normaliser.normalised(&answer.body, &ask.varying) })
}

/// `3.16` of `3.16.0` or `v3.16.0+ds`.
fn major_minor(version: &str) -> String {
    version.trim_start_matches('v').split('.').take(2).collect::<Vec<_>>().join(".")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_lose_their_patch() {
        for (version, expected) in [("2.42.0+ds", "2.42"), ("v3.16.0", "3.16"), ("7.17.9", "7.17")] {
            assert_eq!(major_minor(version), expected);
        }
    }

    #[test]
    fn every_backend_has_asks_that_can_be_read() {
        let names: Vec<_> = backends().iter().map(|backend| backend.name).collect();
        assert_eq!(names, NAMES);
        for backend in backends() {
            let found = asks(backend.name, backend.asks).unwrap();
            assert!(found.len() > 5, "{} has {} asks", backend.name, found.len());
        }
    }
}
