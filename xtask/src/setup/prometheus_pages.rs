//! Prometheus 3's own React pages, the peer of the bench, built from the sources that its Go module carries.
//!
//! A Prometheus without compiled-in pages reads `web/ui/static` in its working folder, if that folder is called
//! `prometheus`: so the pages need no writable copy of the module, and the server no second build. They are built as the
//! project builds them, with its lock. A registry may lack a version that this lock names; then the newest of the
//! same major version takes its place, and [`Pages::note`] says so wherever the pages are measured.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use super::cache::{make, remove, whole_folder};
use super::npm::{npm_folder, npm_tool};
use super::servers::PROMETHEUS_3;
use crate::failure::Failure;
use crate::machine::Machine;
use crate::process::{command, find, run_logged};
use crate::report::{Report, tail};

/// So many packages may be missing before the result would no longer be the peer.
const MOST_REPLACED: usize = 3;

/// Of pnpm's log, which ends with what went wrong.
const LOG_BYTES: u64 = 64_000;

/// What is copied of the module's `web/ui`: all but the pages of Prometheus 2.
const SOURCES: [&str; 7] =
    [".npmrc", "build_ui.sh", "mantine-ui", "module", "package.json", "pnpm-lock.yaml", "pnpm-workspace.yaml"];

/// Built pages.
pub struct Pages {
    /// Where the server must be started.
    pub working_folder: PathBuf,
    /// What differs from the released pages; empty if nothing does.
    pub note: String,
}

fn folder_name() -> String {
    format!("prometheus-pages-{}", PROMETHEUS_3.version())
}

pub fn find_pages(cache: &Path) -> Option<Pages> {
    let folder = cache.join(folder_name());
    let working_folder = folder.join("prometheus");
    let note = fs::read_to_string(folder.join("note.txt")).unwrap_or_default().trim().to_owned();
    working_folder.join("web/ui/static/mantine-ui/index.html").is_file().then_some(Pages { working_folder, note })
}

pub fn build(machine: &Machine, report: &Report) -> Result<(), Failure> {
    let folder = folder_name();
    let pnpm = machine.root.join("xtask/tools/pnpm");
    if npm_folder(&machine.cache, "pnpm", &pnpm).is_none() {
        npm_tool(machine, report, "pnpm", &pnpm, "builds Prometheus's own pages")?;
    }
    let log = machine.log(&format!("setup-{folder}"));
    let why = "the page that the bench compares with; about 2 minutes";
    report.step(&folder, why, Some(&log), || {
        whole_folder(machine, report, &folder, |unfinished| {
            remove(unfinished)?;
            // Kept until the pages are whole, so that what was downloaded is not downloaded again.
            let build_folder = machine.cache.join(format!("{folder}.build"));
            let sources = build_folder.join("ui");
            remove(&sources)?;
            let module = PROMETHEUS_3.source(machine, &log)?.join("web/ui");
            for name in SOURCES {
                copy(&module.join(name), &sources.join(name))?;
            }
            let build = Build { machine, sources, store: build_folder.join("store"), log: log.clone() };
            let note = build.install(report)?;
            build.compile()?;
            let served = unfinished.join("prometheus/web/ui");
            make(&served)?;
            let made = build.sources.join("static");
            fs::rename(&made, served.join("static")).map_err(Failure::io(format!("cannot move {}", made.display())))?;
            let note_path = unfinished.join("note.txt");
            fs::write(&note_path, note).map_err(Failure::io(format!("cannot write {}", note_path.display())))?;
            remove(&build_folder)
        })
    })
}

struct Build<'a> {
    machine: &'a Machine,
    sources: PathBuf,
    /// pnpm's own store of packages.
    store: PathBuf,
    log: PathBuf,
}

impl Build<'_> {
    /// Installs what the lock names. What the registry lacks is replaced; returns a sentence about that.
    fn install(&self, report: &Report) -> Result<String, Failure> {
        let workspace_path = self.sources.join("pnpm-workspace.yaml");
        let workspace = read(&workspace_path)?;
        let mut replaced: Vec<Package> = Vec::new();
        loop {
            let mut pnpm = self.command("pnpm");
            pnpm.args([
                "install",
                "--ignore-scripts",
                "--reporter=append-only",
                "--filter=@prometheus-io/mantine-ui...",
            ]);
            pnpm.arg(if replaced.is_empty() { "--frozen-lockfile" } else { "--no-frozen-lockfile" });
            let mut store = OsString::from("--store-dir=");
            store.push(&self.store);
            let Err(failure) = run_logged(pnpm.arg(store), "pnpm install", &self.log) else { break };
            let Some(lacking) = lacking_package(&tail(&self.log, LOG_BYTES)) else { return Err(failure) };
            if replaced.contains(&lacking) || replaced.len() == MOST_REPLACED {
                return Err(failure);
            }
            report.say(&format!(
                "the registry lacks {} {}; taking another of its major version",
                lacking.name, lacking.version
            ));
            replaced.push(lacking);
            let mut overridden = format!("{workspace}\noverrides:\n");
            for package in &replaced {
                overridden.extend(["  '", &package.name, "': ^", package.major(), "\n"]);
            }
            fs::write(&workspace_path, overridden)
                .map_err(Failure::io(format!("cannot write {}", workspace_path.display())))?;
        }
        let lock = read(&self.sources.join("pnpm-lock.yaml"))?;
        let told: Vec<String> = replaced
            .iter()
            .map(|Package { name, version }| {
                format!("{name} {} instead of {version}", locked(&lock, name).unwrap_or("of another version"))
            })
            .collect();
        Ok(if told.is_empty() { String::new() } else { format!("built with {}", told.join(", ")) })
    }

    fn compile(&self) -> Result<(), Failure> {
        let mut script = self.command("bash");
        run_logged(script.args(["build_ui.sh", "--mantine-ui"]), "build_ui.sh", &self.log)
    }

    /// A program among the sources, with our pnpm first on its path, as the project's script expects it there.
    fn command(&self, program: &str) -> std::process::Command {
        let pnpm = npm_folder(&self.machine.cache, "pnpm", &self.machine.root.join("xtask/tools/pnpm"));
        let first = pnpm.map(|folder| folder.join("node_modules/.bin"));
        let rest = std::env::var_os("PATH").unwrap_or_default();
        let path = std::env::join_paths(first.clone().into_iter().chain(std::env::split_paths(&rest))).unwrap_or(rest);
        let ours = first.map(|folder| folder.join(program)).filter(|file| file.is_file());
        let mut command = command(ours.or_else(|| find(program)).unwrap_or_else(|| program.into()));
        // It asks nothing then.
        command.current_dir(&self.sources).env("PATH", path).env("CI", "1");
        command
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Package {
    name: String,
    version: String,
}

impl Package {
    fn major(&self) -> &str {
        self.version.split('.').next().unwrap_or_default()
    }
}

/// The package whose archive was not found, from pnpm's message
/// `ERR_PNPM_FETCH_404  GET https://REGISTRY/@scope/name/-/name-1.2.3.tgz: Not Found - 404`.
fn lacking_package(log: &str) -> Option<Package> {
    let (_, message) = log.rsplit_once("ERR_PNPM_FETCH_404")?;
    let address = message.split_whitespace().find(|word| word.contains("/-/"))?;
    let (before, archive) = address.trim_end_matches(':').split_once("/-/")?;
    let mut segments = before.rsplit('/');
    let last = segments.next()?;
    let scope = segments.next().filter(|segment| segment.starts_with('@'));
    let version = archive.strip_suffix(".tgz")?.strip_prefix(last)?.strip_prefix('-')?;
    let name = scope.map_or_else(|| last.to_owned(), |scope| format!("{scope}/{last}"));
    Some(Package { name, version: version.to_owned() })
}

/// The version of a package in pnpm's lock: `  '@scope/name@1.2.3':`.
fn locked<'a>(lock: &'a str, name: &str) -> Option<&'a str> {
    lock.lines().find_map(|line| {
        let rest = line.trim().trim_start_matches('\'').strip_prefix(name)?.strip_prefix('@')?;
        rest.split(['\'', ':', '(']).next().filter(|version| version.starts_with(|first: char| first.is_ascii_digit()))
    })
}

fn read(path: &Path) -> Result<String, Failure> {
    fs::read_to_string(path).map_err(Failure::io(format!("cannot read {}", path.display())))
}

/// A file or a folder with all in it. The copy is writable, which the module's own files are not.
fn copy(from: &Path, to: &Path) -> Result<(), Failure> {
    let cannot = || Failure::io(format!("cannot copy {}", from.display()));
    if from.is_dir() {
        make(to)?;
        for entry in from.read_dir().map_err(cannot())? {
            let name = entry.map_err(cannot())?.file_name();
            copy(&from.join(&name), &to.join(&name))?;
        }
        return Ok(());
    }
    if let Some(folder) = to.parent() {
        make(folder)?;
    }
    // Not `fs::copy`, which would copy that nobody may write.
    fs::write(to, fs::read(from).map_err(cannot())?).map_err(cannot())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lacking_package_is_read_from_pnpms_message() {
        let check = |line: &str, name: &str, version: &str| {
            let expected = Package { name: name.to_owned(), version: version.to_owned() };
            assert_eq!(lacking_package(line), Some(expected));
        };
        check(
            "Progress: 1\n ERR_PNPM_FETCH_404  GET https://r.example/npm/@a/b-c/-/b-c-9.7.2.tgz: Not Found - 404",
            "@a/b-c",
            "9.7.2",
        );
        check(
            "ERR_PNPM_FETCH_404  GET https://r.example/left/-/left-1.0.0-rc.1.tgz: Not Found - 404\n\nNo header",
            "left",
            "1.0.0-rc.1",
        );
        assert_eq!(lacking_package("ERR_PNPM_OUTDATED_LOCKFILE  Cannot install"), None);
    }

    #[test]
    fn the_version_that_was_taken_is_read_from_the_lock() {
        let lock = "importers:\n      '@a/b':\n        version: 9.6.2(react@19.3.1)\npackages:\n\n  '@a/b-c@1.0.0':\n  '@a/b@9.6.2':\n  left@2.0.0:\n";
        assert_eq!(locked(lock, "@a/b"), Some("9.6.2"));
        assert_eq!(locked(lock, "left"), Some("2.0.0"));
        assert_eq!(locked(lock, "right"), None);
    }
}
