//! Servers that are built from their Go modules, for machines that have Go and no package of the version we need.
//!
//! A module is built in its own folder of Go's cache, which is read-only, so that its own go.mod and go.sum rule. Where a
//! go.mod names what a module's archive does not contain, an edited copy rules instead.
//! What a build compiles on the way stays in Go's cache: an interrupted build goes on where it stopped.

use std::fs;
use std::path::{Path, PathBuf};

use super::cache::{make, remove, whole_folder};
use crate::failure::Failure;
use crate::machine::Machine;
use crate::process::{command, exe, find, run_logged};
use crate::report::{Report, tail};

/// Of the answer of `go mod download`.
const LOG_BYTES: u64 = 64_000;

#[derive(Debug, PartialEq, Eq)]
pub struct GoServer {
    /// With the version, the folder's name in the cache.
    name: &'static str,
    module: &'static str,
    version: &'static str,
    tags: &'static str,
    /// Sets the version that the server tells of itself, which no Go module knows.
    linker_flags: &'static str,
    /// A line of go.mod that only holds in the project's repository: it replaces a module by a folder that is not in
    /// the archive. Without it, the published module is taken.
    dropped_line: Option<&'static str>,
    /// Folders under `cmd`.
    programs: &'static [&'static str],
    /// On two cores, with nothing downloaded yet.
    takes: &'static str,
}

/// Prometheus 3. Without service discovery but static, file and HTTP: it would be half of the build, one plug-in cannot
/// be had from every registry, and nothing here discovers.
pub const PROMETHEUS_3: GoServer = GoServer {
    name: "prometheus",
    module: "github.com/prometheus/prometheus",
    version: "v0.316.0",
    tags: "remove_all_sd",
    linker_flags: "-X github.com/prometheus/common/version.Version=3.16.0",
    dropped_line: None,
    programs: &["prometheus", "promtool"],
    takes: "about 8 minutes on two cores",
};

/// Jaeger 1, all of it in one program: the last that serves both the old API and `/api/v3`. Its pages are not in it.
pub const JAEGER: GoServer = GoServer {
    name: "jaeger",
    module: "github.com/jaegertracing/jaeger",
    version: "v1.76.0",
    tags: "",
    linker_flags: "-X github.com/jaegertracing/jaeger/internal/version.latestVersion=v1.76.0",
    dropped_line: None,
    programs: &["all-in-one"],
    takes: "about 7 minutes on two cores",
};

pub const LOKI: GoServer = GoServer {
    name: "loki",
    module: "github.com/grafana/loki/v3",
    version: "v3.7.8",
    tags: "",
    linker_flags: "-X github.com/grafana/loki/v3/pkg/util/build.Version=3.7.8",
    dropped_line: Some("replace github.com/grafana/loki/pkg/push => ./pkg/push"),
    programs: &["loki"],
    takes: "about 15 minutes on two cores",
};

impl GoServer {
    pub fn folder_name(&self) -> String {
        format!("{}-{}", self.name, self.version)
    }

    pub const fn version(&self) -> &'static str {
        self.version
    }

    /// One of its programs, if it was built.
    pub fn program(&self, cache: &Path, name: &str) -> Option<PathBuf> {
        Some(cache.join(self.folder_name()).join(exe(name))).filter(|file| file.is_file())
    }

    pub fn is_built(&self, cache: &Path) -> bool {
        self.programs.iter().all(|name| self.program(cache, name).is_some())
    }

    /// Builds it into `<cache>/<name>-<version>`.
    pub fn build(&self, machine: &Machine, report: &Report, why: &str) -> Result<(), Failure> {
        let folder = self.folder_name();
        let log = machine.log(&format!("setup-{folder}"));
        report.step(&folder, &format!("{why}; built with Go, {}", self.takes), Some(&log), || {
            whole_folder(machine, report, &folder, |unfinished| {
                let source = self.source(machine, &log)?;
                make(unfinished)?;
                let mut build = go();
                build.current_dir(&source).env("CGO_ENABLED", "0").args(["build", "-tags", self.tags]);
                let edited = machine.cache.join(format!("{folder}.build"));
                match self.dropped_line {
                    None => build.arg("-mod=readonly"),
                    Some(line) => {
                        copy_without(&source, &edited, line)?;
                        build.arg("-mod=mod").arg(format!("-modfile={}", edited.join("go.mod").display()))
                    }
                };
                build.arg(format!("-ldflags=-s -w {}", self.linker_flags));
                // A folder that ends in a separator takes all of the programs.
                build.arg("-o").arg(unfinished.join(""));
                build.args(self.programs.iter().map(|name| format!("./cmd/{name}")));
                run_logged(&mut build, &format!("go build of {folder}"), &log)?;
                remove(&edited)
            })
        })
    }

    /// The module's folder in Go's own cache, fetched if it is not there.
    pub fn source(&self, machine: &Machine, log: &Path) -> Result<PathBuf, Failure> {
        if find("go").is_none() {
            return Err(Failure::Missing {
                what: "Go".to_owned(),
                why: format!("{} is built from its Go module.", self.folder_name()),
                mend: "install it from https://go.dev/dl or with your package manager".to_owned(),
            });
        }
        let module = format!("{}@{}", self.module, self.version);
        let mut download = go();
        download.current_dir(&machine.cache).args(["mod", "download", "-json", &module]);
        run_logged(&mut download, &format!("go mod download {module}"), log)?;
        folder_in(&tail(log, LOG_BYTES)).map(PathBuf::from).ok_or_else(|| {
            Failure::Rule(format!("go mod download {module} did not answer with a folder; see {}", log.display()))
        })
    }
}

/// Copies a module's go.mod and go.sum, the first without one line.
fn copy_without(source: &Path, target: &Path, dropped_line: &str) -> Result<(), Failure> {
    make(target)?;
    for name in ["go.mod", "go.sum"] {
        let (from, to) = (source.join(name), target.join(name));
        let text = fs::read_to_string(&from).map_err(Failure::io(format!("cannot read {}", from.display())))?;
        let text = if name == "go.mod" { without_line(&text, dropped_line)? } else { text };
        // Not `fs::copy`, which would copy that nobody may write.
        fs::write(&to, text).map_err(Failure::io(format!("cannot write {}", to.display())))?;
    }
    Ok(())
}

fn without_line(text: &str, dropped: &str) -> Result<String, Failure> {
    let kept: String = text.split_inclusive('\n').filter(|line| line.trim() != dropped).collect();
    if kept.len() == text.len() {
        return Err(Failure::Rule(format!("no line “{dropped}” in go.mod: is it still of the version that we know?")));
    }
    Ok(kept)
}

/// Go, deaf to workspaces: a module's own go.mod rules.
fn go() -> std::process::Command {
    let mut go = command("go");
    go.env("GOWORK", "off");
    go
}

/// The module's folder in what `go mod download -json` prints. Windows paths come with doubled backslashes.
fn folder_in(answer: &str) -> Option<String> {
    let folder = answer.lines().find_map(|line| line.trim().strip_prefix("\"Dir\": \"")?.strip_suffix("\","))?;
    Some(folder.replace("\\\\", "\\"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_modules_folder_is_read_from_gos_answer() {
        let answer = "go: downloading x v1.0.0\n{\n\t\"Path\": \"x\",\n\t\"Dir\": \"/go/pkg/mod/x@v1.0.0\",\n\t\"Sum\": \"h1:\"\n}";
        assert_eq!(folder_in(answer).as_deref(), Some("/go/pkg/mod/x@v1.0.0"));
        assert_eq!(folder_in("{\n\t\"Dir\": \"C:\\\\go\\\\x\",\n}").as_deref(), Some("C:\\go\\x"));
        assert_eq!(folder_in("{\n\t\"Error\": \"not found\"\n}"), None);
    }

    #[test]
    fn one_line_is_dropped_from_go_mod_and_must_have_been_there() {
        let text = "module x\n\nreplace a => ./a\nreplace b => ./b\n";
        assert_eq!(without_line(text, "replace a => ./a").unwrap(), "module x\n\nreplace b => ./b\n");
        assert!(without_line(text, "replace c => ./c").is_err());
    }
}
