//! Each Prometheus of this machine, started with the simulated platform's samples as blocks, and the same samples embedded.
//!
//! Taken are `prometheus` and `promtool` on the path, and those that set-up has built into the cache.

use std::io::{BufWriter, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use agentarea_demo::api::Api;
use agentarea_demo::clock::{Clock, monotonic_now, wait};
use agentarea_demo::export::export;
use agentarea_demo::promql::Dialect;
use agentarea_demo::rules::RuleSet;
use agentarea_demo::sim::{Platform, SCRAPE_INTERVAL_MS};
use agentarea_demo::world::World;

/// Which samples both sides hold.
#[derive(Debug, Clone, Copy)]
pub struct History {
    pub seed: u64,
    pub now_ms: i64,
    pub hours: u32,
}

/// A running server; it ends, and its folder goes, with the value.
pub struct Prometheus {
    child: Child,
    folder: PathBuf,
    pub base: String,
}

impl Drop for Prometheus {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
        std::fs::remove_dir_all(&self.folder).ok();
    }
}

/// A server with the tool that makes its blocks.
pub struct Installed {
    pub prometheus: PathBuf,
    promtool: PathBuf,
}

pub fn runs(program: &Path) -> bool {
    Command::new(program).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok()
}

/// The empty path for what PATH has, and the folders of set-up's cache for one of its servers.
pub fn folders(name: &str) -> Vec<PathBuf> {
    let home = std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".cache"));
    let caches = std::env::var_os("XDG_CACHE_HOME").filter(|folder| !folder.is_empty()).map(PathBuf::from).or(home);
    let mut folders = vec![PathBuf::new()];
    if let Some(entries) = caches.and_then(|caches| caches.join("agentarea-observability").read_dir().ok()) {
        let prefix = format!("{name}-v");
        folders.extend(entries.flatten().map(|entry| entry.path()).filter(|folder| {
            folder.file_name().is_some_and(|name| name.to_string_lossy().starts_with(&prefix)) && folder.is_dir()
        }));
    }
    folders
}

pub fn installed() -> Vec<Installed> {
    let named =
        |folder: &PathBuf| Installed { prometheus: folder.join("prometheus"), promtool: folder.join("promtool") };
    folders("prometheus")
        .iter()
        .map(named)
        .filter(|found| runs(&found.prometheus) && runs(&found.promtool))
        .collect()
}

/// A port that nobody listens on just now.
pub fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

impl Prometheus {
    /// Starts it on `history`. `settings` is what its configuration has beside the global part; the files of `beside`
    /// (name and text) lie beside the configuration.
    pub fn start(installed: &Installed, history: History, settings: &str, beside: &[(&str, &str)]) -> Self {
        let port = free_port();
        let folder = std::env::temp_dir().join(format!("agentarea-prometheus-{}-{port}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let (samples, data, config) = (folder.join("samples.om"), folder.join("data"), folder.join("prometheus.yml"));
        let mut out = BufWriter::new(std::fs::File::create(&samples).unwrap());
        let History { seed, now_ms, hours } = history;
        export(&mut Platform::with_history(seed, now_ms, hours), &mut out).unwrap();
        out.flush().unwrap();
        let blocks = Command::new(&installed.promtool)
            .args(["tsdb", "create-blocks-from", "openmetrics", "--quiet"])
            .args([&samples, &data])
            .output()
            .unwrap();
        assert!(blocks.status.success(), "promtool: {}", String::from_utf8_lossy(&blocks.stderr));
        std::fs::remove_file(&samples).unwrap();
        let global = "global: {scrape_interval: 15s, evaluation_interval: 15s}\n";
        std::fs::write(&config, format!("{global}{}", settings.replace("OWN_PORT", &port.to_string()))).unwrap();
        for (name, text) in beside {
            std::fs::write(folder.join(name), text).unwrap();
        }
        let child = Command::new(&installed.prometheus)
            .arg(format!("--config.file={}", config.display()))
            .arg(format!("--storage.tsdb.path={}", data.display()))
            .arg(format!("--web.listen-address=127.0.0.1:{port}"))
            .args(["--storage.tsdb.retention.time=100y", "--log.level=error"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let prometheus = Self { child, folder, base: format!("http://127.0.0.1:{port}") };
        await_answer(&format!("{}/-/ready", prometheus.base), Duration::from_mins(1)).unwrap();
        prometheus
    }
}

/// Asks until the answer is a 200.
pub fn await_answer(url: &str, patience: Duration) -> Result<(), String> {
    let agent = agent();
    let started = monotonic_now();
    while !agent.get(url).call().is_ok_and(|answer| answer.status() == 200) {
        if started.elapsed() > patience {
            return Err(format!("{url} did not answer within {} s", patience.as_secs()));
        }
        wait(Duration::from_millis(100), || false);
    }
    Ok(())
}

/// A client that takes every answer as it comes: no error of its own for a status, no redirect followed.
pub fn agent() -> ureq::Agent {
    ureq::Agent::new_with_config(
        ureq::Agent::config_builder()
            .http_status_as_error(false)
            .proxy(None)
            .max_redirects(0)
            .timeout_global(Some(Duration::from_mins(2)))
            .allow_non_standard_methods(true)
            .build(),
    )
}

/// The embedded store with the same samples, answering at the end of the history. `rules` are evaluated there once, and
/// their own series are not stored.
pub fn embedded(dialect: Dialect, history: History, rules: RuleSet) -> (Api, Clock) {
    let History { seed, now_ms, hours } = history;
    let mut world = World::without_stale_markers(dialect, Platform::with_history(seed, now_ms, hours), RuleSet::default());
    world.load_history(|_| {});
    let shared = world.shared();
    let mut rules = rules;
    // A group is evaluated at multiples of its interval.
    rules.step(&shared.engine, now_ms - now_ms.rem_euclid(SCRAPE_INTERVAL_MS), &mut |_| {});
    *shared.rules.write().unwrap() = rules;
    let clock = Clock::new(now_ms, true);
    (Api::new(shared, clock.clone()), clock)
}
