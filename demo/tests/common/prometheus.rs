//! Each Prometheus of this machine, started with the simulated platform's samples as blocks, and the same samples embedded.
//!
//! Taken are `prometheus` and `promtool` on the path, and those that set-up has built into the cache.

use std::io::{BufWriter, Write};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use agentarea_demo::api::Api;
use agentarea_demo::clock::Clock;
use agentarea_demo::export::export;
use agentarea_demo::promql::Dialect;
use agentarea_demo::rules::RuleSet;
use agentarea_demo::sim::{Platform, SCRAPE_INTERVAL_MS};
use agentarea_demo::world::World;

use super::machine::{await_answer, folders, free_port, runs};

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

pub fn installed() -> Vec<Installed> {
    let named =
        |folder: &PathBuf| Installed { prometheus: folder.join("prometheus"), promtool: folder.join("promtool") };
    folders("prometheus").iter().map(named).filter(|found| runs(&found.prometheus) && runs(&found.promtool)).collect()
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

/// The embedded store with the same samples, answering at the end of the history. `rules` are evaluated there once, and
/// their own series are not stored.
pub fn embedded(dialect: Dialect, history: History, rules: RuleSet) -> (Api, Clock) {
    let History { seed, now_ms, hours } = history;
    let mut world =
        World::without_stale_markers(dialect, Platform::with_history(seed, now_ms, hours), RuleSet::default());
    world.load_history(|_| {});
    let shared = world.shared();
    let mut rules = rules;
    // A group is evaluated at multiples of its interval.
    rules.step(&shared.engine, now_ms - now_ms.rem_euclid(SCRAPE_INTERVAL_MS), &mut |_| {});
    *shared.rules.write().unwrap() = rules;
    let clock = Clock::new(now_ms, true);
    (Api::new(shared, clock.clone()), clock)
}
