//! Finds what the other tasks need, and installs what is missing and may be installed.
//!
//! A tool is whole when its folder in the cache has its final name: it is made beside it and renamed. So an
//! interrupted set-up resumes, two at once wait for each other, and a second run only looks. Nothing is installed
//! system-wide except Debian packages, by root.
//!
//! The servers of the stack ([`backends`]) are found apart from the levels here: they take long, and some machines cannot
//! have all of them.

mod backends;
mod cache;
mod cargo_tools;
mod debian;
mod maven;
mod npm;
mod peer;
mod prometheus_pages;
mod servers;

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::Command;

pub use backends::{Backends, Server, Skipped, Wanted, find_or_install as backends};
pub use cache::hash;
use cache::make;
use cargo_tools::{cached_tool, cargo_tool, locked_version, tool_on_path};
use npm::{e2e_is_linked, link_e2e, npm_folder, npm_tool};
pub use peer::Peer;
use peer::{find_peer, install_peer};
use servers::PROMETHEUS_3;

use crate::failure::Failure;
use crate::machine::{Machine, WASM_TARGET, WasmCompiler, wasm_compiler};
use crate::process::{answer, command, find, run_logged};
use crate::report::Report;

/// 0.22 needs a newer compiler than we ask for.
const TRUNK_VERSION: &str = "0.21.14";

/// Playwright's oldest Node.js.
const OLDEST_NODE_MAJOR: u32 = 20;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd)]
pub enum Level {
    /// Building and showing the app.
    Demo,
    /// The same, and everything that the tests start.
    Test,
    /// The same, and whom the bench compares the pages with.
    Bench,
}

/// What set-up found. The test level's tools are `None` if only the demo level was asked for.
pub struct Tools {
    pub wasm: WasmCompiler,
    /// Folders that go first on PATH for Trunk and cargo.
    folders: Vec<PathBuf>,
    pub node: PathBuf,
    pub chromium: Option<PathBuf>,
    pub chromedriver: Option<PathBuf>,
    pub prometheus: Option<PathBuf>,
    pub promtool: Option<PathBuf>,
    pub nginx: Option<PathBuf>,
    /// Only of the bench's level, and not of every machine: the bench says when it has to do without.
    pub peer: Option<Peer>,
}

impl Tools {
    /// PATH with our tools first.
    pub fn path(&self) -> OsString {
        let rest = std::env::var_os("PATH").unwrap_or_default();
        let folders = self.folders.iter().cloned().chain(std::env::split_paths(&rest));
        std::env::join_paths(folders).unwrap_or(rest)
    }

    /// `program` as wasm builds need it.
    pub fn wasm_command(&self, machine: &Machine, program: impl AsRef<OsStr>) -> Command {
        let mut command = command(program);
        command.env("PATH", self.path()).envs(self.wasm.environment(machine));
        command
    }

    /// `program` as the builds need it that are shipped.
    pub fn release_command(&self, machine: &Machine, program: impl AsRef<OsStr>) -> Command {
        let mut command = command(program);
        command.env("PATH", self.path()).envs(self.wasm.release_environment(machine));
        command
    }
}

/// One look at the machine; cheap enough to be done by every task.
struct Look {
    wasm: Option<WasmCompiler>,
    node: Option<PathBuf>,
    has_npm: bool,
    trunk: Option<PathBuf>,
    bindgen: Option<PathBuf>,
    wasm_opt: Option<PathBuf>,
    /// Is `tests/e2e/node_modules` there.
    has_e2e: bool,
    chromium: Option<PathBuf>,
    chromedriver: Option<PathBuf>,
    prometheus: Option<PathBuf>,
    promtool: Option<PathBuf>,
    nginx: Option<PathBuf>,
    /// Clippy for a compiler that is not rustup's.
    has_wasm_clippy: bool,
}

/// One thing to install. What is to be done is decided before anything starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Item {
    WasmTarget,
    Trunk,
    WasmBindgen,
    WasmOpt,
    EndToEnd,
    PrometheusFromSource,
    DebianPackage(&'static str),
    /// Only where the archive has it.
    OptionalPackage(&'static str),
}

pub fn run(machine: &Machine, report: &Report, level: Level) -> Result<Tools, Failure> {
    prepare(machine, report, level, |_| Ok(()))
}

/// The same, and as soon as the compiler is there, while other tools may still be building, does `early` with it.
pub fn prepare(
    machine: &Machine,
    report: &Report,
    level: Level,
    early: impl FnOnce(&WasmCompiler) -> Result<(), Failure> + Send,
) -> Result<Tools, Failure> {
    let bindgen_version = locked_version(&machine.root, "wasm-bindgen")?;
    let look = Look::around(machine, &bindgen_version);
    let plan = look.plan(machine, level)?;
    if !plan.is_empty() {
        report.say("set-up: some tools are missing; the long ones are built once and kept for all clones");
        make(&machine.cache)?;
        install(machine, report, level, &plan, &bindgen_version, early)?;
    }
    if level == Level::Bench {
        install_peer(machine, report)?;
    }
    Look::around(machine, &bindgen_version).tools(machine, level)
}

impl Look {
    fn around(machine: &Machine, bindgen_version: &str) -> Self {
        let Machine { root, cache, .. } = machine;
        let from_env = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|file| file.is_file());
        let node = find("node").filter(|node| {
            let version = answer(command(node).arg("--version")).unwrap_or_default();
            let major = version.trim_start_matches('v').split('.').next().and_then(|major| major.parse::<u32>().ok());
            major.is_some_and(|major| major >= OLDEST_NODE_MAJOR)
        });
        Self {
            wasm: wasm_compiler(),
            node,
            has_npm: find("npm").is_some(),
            trunk: cached_tool(cache, "trunk", TRUNK_VERSION)
                .or_else(|| tool_on_path("trunk", &format!("trunk {TRUNK_VERSION}"))),
            bindgen: cached_tool(cache, "wasm-bindgen", bindgen_version)
                .or_else(|| tool_on_path("wasm-bindgen", &format!("wasm-bindgen {bindgen_version}"))),
            wasm_opt: npm_folder(cache, "binaryen", &root.join("xtask/tools"))
                .map(|folder| folder.join("node_modules/.bin"))
                .filter(|folder| folder.join("wasm-opt").exists()),
            has_e2e: e2e_is_linked(machine),
            chromium: from_env("CHROMIUM").or_else(|| {
                let names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
                let on_mac = ["/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"];
                names
                    .into_iter()
                    .find_map(find)
                    .or_else(|| on_mac.map(PathBuf::from).into_iter().find(|app| app.is_file()))
            }),
            chromedriver: from_env("CHROMEDRIVER").or_else(|| find("chromedriver")),
            prometheus: find("prometheus").or_else(|| PROMETHEUS_3.program(cache, "prometheus")),
            promtool: find("promtool").or_else(|| PROMETHEUS_3.program(cache, "promtool")),
            nginx: backends::nginx(),
            has_wasm_clippy: Path::new("/usr/bin/clippy-driver").is_file(),
        }
    }

    /// What can be installed; fails, naming all of it, if something is needed that only the person can provide.
    fn plan(&self, machine: &Machine, level: Level) -> Result<Vec<Item>, Failure> {
        let is_test = level >= Level::Test;
        let mut plan: Vec<Item> = [
            (self.wasm.is_none(), Item::WasmTarget),
            (self.trunk.is_none(), Item::Trunk),
            (self.bindgen.is_none(), Item::WasmBindgen),
            (self.wasm_opt.is_none(), Item::WasmOpt),
            (is_test && !self.has_e2e, Item::EndToEnd),
        ]
        .into_iter()
        .filter_map(|(is_missing, item)| is_missing.then_some(item))
        .collect();
        let mut missing = Vec::new();
        if self.node.is_none() {
            missing.push(Failure::Missing {
                what: format!("Node.js {OLDEST_NODE_MAJOR} or newer"),
                why: "The release build compresses with it, wasm-opt and the browser's tests run on it.".to_owned(),
                mend: "install it from https://nodejs.org or with your package manager".to_owned(),
            });
        } else if !self.has_npm && (plan.contains(&Item::WasmOpt) || plan.contains(&Item::EndToEnd)) {
            missing.push(Failure::Missing {
                what: "npm".to_owned(),
                why: "It installs wasm-opt and what the browser's tests need.".to_owned(),
                mend: "install it; it comes with Node.js from https://nodejs.org".to_owned(),
            });
        }
        let may_apt = machine.is_root && machine.has_apt;
        if plan.contains(&Item::WasmTarget) && find("rustup").is_none() && !may_apt {
            missing.push(Failure::Missing {
                what: format!("The standard library's source for {WASM_TARGET}"),
                why: "The app runs in the browser as WebAssembly, with a standard library built for size.".to_owned(),
                mend: "install rustup from https://rustup.rs (set-up then adds rust-src), or on Debian: \
                       sudo apt-get install rustc-web rust-web-src lld-22"
                    .to_owned(),
            });
        }
        if is_test {
            let [nginx, brotli] = backends::NGINX_PACKAGES;
            let mut need = |is_there: bool, what: &str, package: &'static str, why: &str, elsewhere: &str| {
                if is_there {
                } else if may_apt {
                    plan.push(Item::DebianPackage(package));
                } else {
                    let mend =
                        if machine.has_apt { format!("sudo apt-get install {package}") } else { elsewhere.to_owned() };
                    missing.push(Failure::Missing { what: what.to_owned(), why: why.to_owned(), mend });
                }
            };
            need(
                self.chromium.is_some(),
                "Chromium",
                "chromium",
                "The tests drive the built app in it.",
                "install Chromium or Google Chrome, or set CHROMIUM to its program",
            );
            need(
                self.chromedriver.is_some(),
                "ChromeDriver",
                "chromium-driver",
                "The browser's unit tests start Chromium through it.",
                "install the ChromeDriver of your browser's version, or set CHROMEDRIVER to it",
            );
            let needs_clippy = matches!(self.wasm, Some(WasmCompiler::Distribution { .. })) && !self.has_wasm_clippy;
            need(!needs_clippy, "Clippy for WebAssembly", "rust-web-clippy", "The lints also hold in the browser.", "");
            need(
                self.nginx.is_some(),
                "nginx",
                nginx,
                "The app is tested as it is hosted.",
                "install it with your package manager",
            );
            let has_prometheus = self.prometheus.is_some() && self.promtool.is_some();
            if !has_prometheus && !may_apt && find("go").is_some() {
                plan.push(Item::PrometheusFromSource);
            } else {
                need(
                    has_prometheus,
                    "Prometheus with promtool",
                    "prometheus",
                    "The tests compare with a real server.",
                    "put prometheus and promtool from https://prometheus.io/download on PATH, \
                     or install Go, and set-up builds them",
                );
            }
            if plan.contains(&Item::DebianPackage(nginx)) {
                plan.push(Item::OptionalPackage(brotli));
            }
        }
        if missing.is_empty() { Ok(plan) } else { Err(Failure::Several(missing)) }
    }

    fn tools(self, machine: &Machine, level: Level) -> Result<Tools, Failure> {
        let Self {
            wasm,
            node,
            trunk,
            bindgen,
            wasm_opt,
            has_e2e,
            chromium,
            chromedriver,
            prometheus,
            promtool,
            nginx,
            ..
        } = self;
        let vanished = |what: &str| Failure::Missing {
            what: what.to_owned(),
            why: "It was just installed, and cannot be found.".to_owned(),
            mend: format!("delete {} and run cargo xtask setup again", machine.cache.display()),
        };
        let is_test = level >= Level::Test;
        if is_test {
            let found = [
                (has_e2e, "tests/e2e/node_modules"),
                (chromium.is_some(), "Chromium"),
                (chromedriver.is_some(), "ChromeDriver"),
                (prometheus.is_some() && promtool.is_some(), "Prometheus"),
                (nginx.is_some(), "nginx"),
            ];
            if let Some((_, what)) = found.into_iter().find(|(is_there, _)| !is_there) {
                return Err(vanished(what));
            }
        }
        Ok(Tools {
            wasm: wasm.ok_or_else(|| vanished(WASM_TARGET))?,
            folders: vec![
                trunk.ok_or_else(|| vanished("Trunk"))?,
                bindgen.ok_or_else(|| vanished("wasm-bindgen"))?,
                wasm_opt.ok_or_else(|| vanished("wasm-opt"))?,
            ],
            node: node.ok_or_else(|| vanished("Node.js"))?,
            chromium: chromium.filter(|_| is_test),
            chromedriver: chromedriver.filter(|_| is_test),
            prometheus: prometheus.filter(|_| is_test),
            promtool: promtool.filter(|_| is_test),
            nginx: nginx.filter(|_| is_test),
            peer: if level == Level::Bench { find_peer(&machine.cache) } else { None },
        })
    }
}

fn install(
    machine: &Machine,
    report: &Report,
    level: Level,
    plan: &[Item],
    bindgen_version: &str,
    early: impl FnOnce(&WasmCompiler) -> Result<(), Failure> + Send,
) -> Result<(), Failure> {
    let has = |item| plan.contains(&item);
    let results = std::thread::scope(|scope| {
        let mut steps = Vec::new();
        if has(Item::Trunk) {
            let profile = [("CARGO_PROFILE_DEV_DEBUG", "0")];
            let features = ["--no-default-features"];
            let why = "builds the app's pages; about 5 minutes on two cores";
            steps.push(
                scope.spawn(move || {
                    cargo_tool(machine, report, "trunk", "trunk", TRUNK_VERSION, why, &profile, &features)
                }),
            );
        }
        if has(Item::WasmBindgen) {
            let profile = [("CARGO_PROFILE_DEV_DEBUG", "0"), ("CARGO_PROFILE_DEV_OPT_LEVEL", "1")];
            let why = "the app's glue and its browser tests; the version in Cargo.lock; about 5 minutes on two cores";
            steps.push(scope.spawn(move || {
                cargo_tool(machine, report, "wasm-bindgen", "wasm-bindgen-cli", bindgen_version, why, &profile, &[])
            }));
        }
        if has(Item::WasmOpt) || has(Item::EndToEnd) {
            steps.push(scope.spawn(move || {
                if has(Item::WasmOpt) {
                    let why = "wasm-opt and esbuild, which shrink the app by half";
                    npm_tool(machine, report, "binaryen", &machine.root.join("xtask/tools"), why)?;
                }
                if has(Item::EndToEnd) {
                    let why = "drives the browser, checks accessibility, and the peers of the bench";
                    npm_tool(machine, report, "e2e", &machine.root.join("tests/e2e"), why)?;
                    link_e2e(machine)?;
                }
                Ok(())
            }));
        }
        if has(Item::PrometheusFromSource) {
            steps
                .push(scope.spawn(move || PROMETHEUS_3.build(machine, report, "the tests compare with a real server")));
        }
        steps.push(scope.spawn(move || {
            let mut packages: Vec<&str> = plan
                .iter()
                .filter_map(|item| if let Item::DebianPackage(name) = item { Some(*name) } else { None })
                .collect();
            if has(Item::WasmTarget) {
                packages.extend(wasm_target(machine, report, level)?);
            }
            let optional: Vec<&str> = plan
                .iter()
                .filter_map(|item| if let Item::OptionalPackage(name) = item { Some(*name) } else { None })
                .collect();
            if !packages.is_empty() {
                debian::install(machine, report, &packages, &optional)?;
            }
            match wasm_compiler() {
                Some(compiler) => early(&compiler),
                None => Ok(()),
            }
        }));
        steps.into_iter().map(std::thread::ScopedJoinHandle::join).collect::<Vec<_>>()
    });
    let mut failures = Vec::new();
    for result in results {
        match result {
            Ok(Ok(())) => {}
            Ok(Err(failure)) => failures.push(failure),
            Err(_) => failures.push(Failure::Rule("a set-up step panicked; see above".to_owned())),
        }
    }
    if failures.is_empty() { Ok(()) } else { Err(Failure::Several(failures)) }
}

/// Adds the source of the standard library through rustup; where that can fetch nothing, names the Debian packages that serve instead.
fn wasm_target(machine: &Machine, report: &Report, level: Level) -> Result<Vec<&'static str>, Failure> {
    if find("rustup").is_some() {
        let log = machine.log("setup-wasm-target");
        let why = "the standard library's source, which is built for the browser with the app; from rustup";
        let added = report.step(WASM_TARGET, why, Some(&log), || {
            run_logged(command("rustup").args(["component", "add", "rust-src"]), "rustup component add", &log)
        });
        match added {
            Ok(()) => return Ok(Vec::new()),
            Err(failure) if !(machine.is_root && machine.has_apt) => return Err(failure),
            Err(_) => report.say(&format!("{WASM_TARGET}: rustup cannot fetch here; taking Debian's compiler")),
        }
    }
    let mut packages = vec!["rustc-web", "rust-web-src", "lld-22"];
    if level >= Level::Test {
        packages.push("rust-web-clippy");
    }
    Ok(packages)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nothing() -> Look {
        Look {
            wasm: None,
            node: None,
            has_npm: false,
            trunk: None,
            bindgen: None,
            wasm_opt: None,
            has_e2e: false,
            chromium: None,
            chromedriver: None,
            prometheus: None,
            promtool: None,
            nginx: None,
            has_wasm_clippy: false,
        }
    }

    fn machine(is_root: bool) -> Machine {
        let nowhere = PathBuf::from("/nowhere");
        Machine { root: nowhere.clone(), cache: nowhere.clone(), target: nowhere, is_root, has_apt: true }
    }

    #[test]
    fn what_only_the_person_can_install_is_named_with_its_command() {
        let text = nothing().plan(&machine(false), Level::Test).unwrap_err().to_string();
        assert!(text.contains("Node.js 20 or newer is missing"), "{text}");
        assert!(text.contains("sudo apt-get install chromium-driver"), "{text}");
    }

    #[test]
    fn root_on_debian_gets_packages_and_the_demo_none_of_the_tests() {
        let mut look = nothing();
        look.node = Some("/usr/bin/node".into());
        look.has_npm = true;
        let package = Item::DebianPackage;
        let plan = look.plan(&machine(true), Level::Test).unwrap();
        let brotli = Item::OptionalPackage("libnginx-mod-http-brotli-static");
        let packages = ["chromium", "chromium-driver", "prometheus", "nginx"].map(package);
        for item in packages.into_iter().chain([brotli, Item::EndToEnd]) {
            assert!(plan.contains(&item), "{item:?} is not in {plan:?}");
        }
        let plan = look.plan(&machine(true), Level::Demo).unwrap();
        assert_eq!(plan, [Item::WasmTarget, Item::Trunk, Item::WasmBindgen, Item::WasmOpt]);
    }
    #[test]
    fn what_the_bench_compares_with_is_nothing_that_must_be_there() {
        let mut look = nothing();
        look.node = Some("/usr/bin/node".into());
        look.has_npm = true;
        let plan = |level| look.plan(&machine(true), level).unwrap();
        assert_eq!(plan(Level::Bench), plan(Level::Test));
    }
}
