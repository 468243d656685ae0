//! Everything that must hold, in stages. A stage that fails hides no other; the last line counts all of them.
//!
//! Two lanes run side by side, because a compiler seldom fills two cores: the native one, and the one that makes
//! WebAssembly. What measures time or drives a browser runs after both.

use std::collections::HashSet;
use std::process::ExitCode;
use std::time::Duration;

use crate::bench::browser_command;
use crate::build;
use crate::demo;
use crate::failure::Failure;
use crate::machine::{Machine, WASM_TARGET, WasmCompiler};
use crate::options::Options;
use crate::process::{command, run_logged};
use crate::report::{Report, clock, now, tail};
use crate::setup::{self, Level, Tools};

/// Of a stage's log, for counting; a log is far smaller.
const LOG_BYTES: u64 = 64_000_000;

const APP: [&str; 2] = ["--package", "agentarea-observability"];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Unit,
    Wire,
    Browser,
    EndToEnd,
}

/// How one stage ended.
struct Outcome {
    name: &'static str,
    counts: Counts,
    took: Duration,
    failure: Option<Failure>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Counts {
    passed: usize,
    failed: usize,
}

impl Counts {
    const ONE_CHECK: Self = Self { passed: 1, failed: 0 };
}

pub fn run(machine: &Machine, report: &Report, mut options: Options) -> Result<ExitCode, Failure> {
    let only = match options.take_value("only")?.as_deref() {
        None => None,
        Some("unit") => Some(Part::Unit),
        Some("wire") => Some(Part::Wire),
        Some("browser") => Some(Part::Browser),
        Some("e2e") => Some(Part::EndToEnd),
        Some(other) => return Err(Failure::Usage(format!("--only {other}: unit, wire, browser or e2e"))),
    };
    let filter = options.take_value("filter")?;
    options.finish()?;

    let runner = Runner { machine, report };
    let wants = |part| only.is_none() || only == Some(part);
    let mut outcomes = Vec::new();
    if only == Some(Part::Wire) {
        outcomes.push(runner.cargo_tests("wire formats", |cargo| {
            cargo.args(APP).args(["--no-default-features", "--test", "wire*"]);
        }));
    } else {
        let (native, wasm, tools) = std::thread::scope(|scope| {
            let native = scope.spawn(|| runner.native_lane(wants(Part::Unit), wants(Part::EndToEnd)));
            let (wasm, tools) = runner.wasm_lane(wants(Part::Unit), wants(Part::Browser), wants(Part::EndToEnd));
            (native.join(), wasm, tools)
        });
        let Ok(native) = native else { return Err(Failure::Rule("the native stages panicked; see above".to_owned())) };
        outcomes.extend(native);
        outcomes.extend(wasm);
        if let Some(tools) = &tools {
            if wants(Part::Browser) && has_browser_tests(machine) {
                outcomes.push(runner.browser_tests(tools));
            }
            if wants(Part::EndToEnd) {
                outcomes.push(runner.end_to_end(tools, filter.as_deref()));
            }
        }
    }
    forget_repeated_tests(machine, &mut outcomes);
    Ok(summary(&outcomes))
}

struct Runner<'a> {
    machine: &'a Machine,
    report: &'a Report,
}

impl Runner<'_> {
    fn native_lane(&self, is_unit: bool, is_end_to_end: bool) -> Vec<Outcome> {
        let mut outcomes = Vec::new();
        if is_unit {
            outcomes.push(self.check("format", |cargo| {
                cargo.args(["fmt", "--all", "--check", "--", "--color", "never"]);
            }));
            outcomes.push(self.cargo_tests(LAYERS, |cargo| {
                cargo.args(APP).arg("--no-default-features");
            }));
            outcomes.push(self.check("lints", |cargo| {
                cargo.args(["clippy", "--workspace", "--all-targets", "--features", "agentarea-observability/ssr"]);
                cargo.args(["--", "-D", "warnings"]);
            }));
            outcomes.push(self.cargo_tests(WORKSPACE, |cargo| {
                cargo.args(["--workspace", "--features", "agentarea-observability/ssr"]);
            }));
        }
        if is_end_to_end {
            outcomes.push(
                self.stage("demo server", || {
                    demo::compile_server(self.machine, self.report).map(|()| Counts::ONE_CHECK)
                }),
            );
        }
        outcomes
    }

    /// Set-up, then what needs the compiler for WebAssembly.
    fn wasm_lane(&self, is_unit: bool, is_browser: bool, is_end_to_end: bool) -> (Vec<Outcome>, Option<Tools>) {
        let mut tools = None;
        let mut outcomes = vec![self.stage("set-up", || {
            tools = Some(setup::run(self.machine, self.report, Level::Test)?);
            Ok(Counts::ONE_CHECK)
        })];
        let Some(tools) = tools else { return (outcomes, None) };
        if is_unit {
            outcomes.push(self.wasm_lints(&tools));
        }
        if is_browser && has_browser_tests(self.machine) {
            outcomes.push(self.stage("browser tests: compile", || {
                let log = self.machine.log("test-browser-compile");
                let mut cargo = tools.wasm_command(self.machine, "cargo");
                cargo.args(["test", "--no-run", "--target", WASM_TARGET, "--test", "browser_*"]);
                let name = "browser tests: compile";
                self.report.step(name, "compiling", Some(&log), || run_logged(&mut cargo, name, &log))?;
                Ok(Counts::ONE_CHECK)
            }));
        }
        if is_end_to_end {
            outcomes.push(self.stage("build and size budget", || {
                build::run(self.machine, self.report, &tools, false).map(|()| Counts::ONE_CHECK)
            }));
        }
        (outcomes, Some(tools))
    }

    fn wasm_lints(&self, tools: &Tools) -> Outcome {
        let log = self.machine.log(&log_name("lints in the browser"));
        self.stage("lints in the browser", || {
            let mut cargo = tools.wasm_command(self.machine, "cargo");
            match tools.wasm {
                WasmCompiler::Toolchain => cargo.arg("clippy"),
                // rustup's clippy cannot read another compiler's standard library; that compiler's own one can.
                WasmCompiler::Distribution { .. } => {
                    cargo.env("RUSTC_WORKSPACE_WRAPPER", "/usr/bin/clippy-driver");
                    cargo.env("CLIPPY_ARGS", "-Dwarnings__CLIPPY_HACKERY__");
                    cargo.arg("check")
                }
            };
            cargo.args(["--target", WASM_TARGET, "--lib", "--bins"]);
            if has_browser_tests(self.machine) {
                cargo.args(["--test", "browser_*"]);
            }
            if tools.wasm == WasmCompiler::Toolchain {
                cargo.args(["--", "-D", "warnings"]);
            }
            let name = "lints in the browser";
            self.report.step(name, "checking", Some(&log), || run_logged(&mut cargo, name, &log))?;
            Ok(Counts::ONE_CHECK)
        })
    }

    fn browser_tests(&self, tools: &Tools) -> Outcome {
        self.counted("browser tests", |log| {
            let mut cargo = tools.wasm_command(self.machine, "cargo");
            cargo.args(["test", "--target", WASM_TARGET, "--test", "browser_*"]);
            cargo.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER", "wasm-bindgen-test-runner");
            if let Some(driver) = &tools.chromedriver {
                cargo.env("CHROMEDRIVER", driver);
            }
            run_logged(&mut cargo, "browser tests", log)
        })
    }

    fn end_to_end(&self, tools: &Tools, filter: Option<&str>) -> Outcome {
        self.counted("end to end", |log| {
            let mut node = browser_command(self.machine, tools, "run.mjs");
            node.arg("--out").arg(self.machine.root.join("test-results"));
            if let Some(filter) = filter {
                node.args(["--filter", filter]);
            }
            run_logged(&mut node, "end-to-end tests", log)
        })
    }

    /// A stage that holds or does not.
    fn check(&self, name: &'static str, arguments: impl FnOnce(&mut std::process::Command)) -> Outcome {
        let log = self.machine.log(&log_name(name));
        self.stage(name, || {
            let mut cargo = command("cargo");
            arguments(&mut cargo);
            self.report.step(name, "checking", Some(&log), || run_logged(&mut cargo, name, &log))?;
            Ok(Counts::ONE_CHECK)
        })
    }

    fn cargo_tests(&self, name: &'static str, arguments: impl FnOnce(&mut std::process::Command)) -> Outcome {
        self.counted(name, |log| {
            let mut cargo = command("cargo");
            cargo.args(["test", "--no-fail-fast"]);
            arguments(&mut cargo);
            run_logged(&mut cargo, name, log)
        })
    }

    /// A stage that counts its own tests in its log.
    fn counted(&self, name: &'static str, work: impl FnOnce(&std::path::Path) -> Result<(), Failure>) -> Outcome {
        let log = self.machine.log(&log_name(name));
        let mut counts = Counts::default();
        let mut outcome = self.stage(name, || {
            let ended = self.report.step(name, "running", Some(&log), || work(&log));
            counts = counts_in(&tail(&log, LOG_BYTES));
            ended.map(|()| counts)
        });
        if outcome.failure.is_some() {
            // A stage can also fail without a failed test: it did not compile, or the runner broke.
            outcome.counts = Counts { passed: counts.passed, failed: counts.failed.max(1) };
        } else if counts == Counts::default() {
            let message = format!("{name}: it ended well but counted no test; its log: {}", log.display());
            outcome.failure = Some(Failure::Rule(message));
            outcome.counts = Counts { passed: 0, failed: 1 };
        }
        outcome
    }

    fn stage(&self, name: &'static str, work: impl FnOnce() -> Result<Counts, Failure>) -> Outcome {
        let since = now();
        let result = work();
        let took = since.elapsed();
        match result {
            Ok(counts) => Outcome { name, counts, took, failure: None },
            Err(failure) => {
                self.report.say(&format!("{name}: FAILED\n{failure}\n"));
                Outcome { name, counts: Counts { passed: 0, failed: 1 }, took, failure: Some(failure) }
            }
        }
    }
}

const LAYERS: &str = "layers 0 to 3";
const WORKSPACE: &str = "app, demo, xtask";

fn log_name(stage: &str) -> String {
    format!("test-{}", stage.replace([' ', ','], "-"))
}

fn has_browser_tests(machine: &Machine) -> bool {
    let Ok(entries) = machine.root.join("tests").read_dir() else { return false };
    entries.flatten().any(|entry| {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        name.starts_with("browser_") && name.ends_with(".rs")
    })
}

/// The layers' tests run again with the whole app; a test is counted once.
fn forget_repeated_tests(machine: &Machine, outcomes: &mut [Outcome]) {
    let names = |stage: &str| passed_tests(&tail(&machine.log(&log_name(stage)), LOG_BYTES));
    if outcomes.iter().any(|outcome| outcome.name == LAYERS) {
        let layers = names(LAYERS);
        for outcome in outcomes.iter_mut().filter(|outcome| outcome.name == WORKSPACE) {
            let repeated = names(WORKSPACE).intersection(&layers).count();
            outcome.counts.passed = outcome.counts.passed.saturating_sub(repeated);
        }
    }
}

/// Passed tests in cargo's output, each with the file it is from.
fn passed_tests(log: &str) -> HashSet<(String, String)> {
    let mut file = String::new();
    let mut tests = HashSet::new();
    for line in log.lines().map(str::trim) {
        if let Some(running) = line.strip_prefix("Running ") {
            // `Running unittests src/lib.rs (target/debug/deps/agentarea_observability-0123)`: without the hash
            running.rsplit_once('-').map_or(running, |(path, _)| path).clone_into(&mut file);
        } else if let Some(test) = line.strip_prefix("test ").and_then(|test| test.strip_suffix(" ... ok")) {
            tests.insert((file.clone(), test.to_owned()));
        }
    }
    tests
}

/// Sums what test runners say of themselves: cargo's and wasm-bindgen's `test result:` lines, or a last line
/// `N passed, N failed`.
fn counts_in(log: &str) -> Counts {
    let mut counts = Counts::default();
    for line in log.lines().filter_map(|line| line.trim().strip_prefix("test result: ")) {
        let sentence = line.split_once(". ").map_or(line, |(_, sentence)| sentence);
        for part in sentence.split(';') {
            add(&mut counts, part);
        }
    }
    if counts == Counts::default()
        && let Some(last) = log.lines().rev().find(|line| !line.trim().is_empty())
        && last.contains(" passed, ")
    {
        for part in last.split(',') {
            add(&mut counts, part);
        }
    }
    counts
}

/// Adds `12 passed` or `1 failed`.
fn add(counts: &mut Counts, part: &str) {
    let mut words = part.split_whitespace();
    if let (Some(Ok(number)), Some(word)) = (words.next().map(str::parse::<usize>), words.next()) {
        match word {
            "passed" => counts.passed += number,
            "failed" => counts.failed += number,
            _ => {}
        }
    }
}

/// The table, the failures once more, and the last line.
fn summary(outcomes: &[Outcome]) -> ExitCode {
    println!("\n  {:<26} {:>8} {:>8} {:>8}", "stage", "passed", "failed", "time");
    let mut sum = Counts::default();
    for Outcome { name, counts, took, .. } in outcomes {
        println!("  {name:<26} {:>8} {:>8} {:>8}", counts.passed, counts.failed, clock(*took));
        sum.passed += counts.passed;
        sum.failed += counts.failed;
    }
    for Outcome { name, failure, .. } in outcomes {
        if let Some(failure) = failure {
            let text = failure.to_string();
            println!("\n  failed: {name}: {}", text.lines().next().unwrap_or_default());
        }
    }
    println!("\n{} passed, {} failed", sum.passed, sum.failed);
    if sum.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cargos_results_are_summed() {
        let log = "     Running unittests src/lib.rs (target/debug/deps/app-12ab)\n\nrunning 2 tests\ntest a::b ... ok\n\
                   test a::c ... FAILED\n\ntest result: FAILED. 1 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out; \
                   finished in 0.00s\n\n   Doc-tests app\ntest result: ok. 3 passed; 0 failed; 1 ignored; 0 measured\n";
        assert_eq!(counts_in(log), Counts { passed: 4, failed: 1 });
    }

    #[test]
    fn the_end_to_end_suites_last_line_counts() {
        assert_eq!(counts_in("opening 3 passed, no\n\n41 passed, 2 failed\n"), Counts { passed: 41, failed: 2 });
        assert_eq!(counts_in("error: could not compile"), Counts::default());
    }

    #[test]
    fn a_test_is_known_by_its_file_and_name_whatever_the_hash() {
        let one = "Running unittests src/lib.rs (/t/debug/deps/app-12ab)\ntest a::b ... ok\ntest a::c ... FAILED\n";
        let two = "Running unittests src/lib.rs (/t/debug/deps/app-99ff)\ntest a::b ... ok\n";
        let other = "Running tests/wire.rs (/t/debug/deps/wire-99ff)\ntest a::b ... ok\n";
        assert_eq!(passed_tests(one), passed_tests(two));
        assert!(passed_tests(one).is_disjoint(&passed_tests(other)));
        assert_eq!(passed_tests(one).len(), 1);
    }
}
