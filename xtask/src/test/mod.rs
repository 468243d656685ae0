//! Everything that must hold, in stages. A stage that fails hides no other; the last line counts all of them.
//!
//! Three lanes run side by side, because a compiler seldom fills two cores: the native one, the one that makes
//! WebAssembly, and the one that builds the stack's servers where they are missing. What measures time or drives a browser
//! runs after all of them.

mod counts;
mod stack;

use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use counts::{Counts, counts_in, named_failures, own_output, passed_tests};

use crate::bench::end_to_end_command;
use crate::build;
use crate::demo;
use crate::failure::Failure;
use crate::machine::{Machine, WASM_TARGET, WasmCompiler};
use crate::options::Options;
use crate::process::{command, run_logged};
use crate::report::{Report, clock, now, tail};
use crate::setup::{self, Backends, Level, Skipped, Tools, Wanted};

/// Of a stage's log, for counting; a log is far smaller.
const LOG_BYTES: u64 = 64_000_000;

/// So many failed tests of a stage are named at the end; the log has them all.
const NAMED_FAILURES: usize = 20;

const APP: [&str; 2] = ["--package", "agentarea-observability"];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Unit,
    Wire,
    Browser,
    EndToEnd,
    Stack,
}

/// How one stage ended.
struct Outcome {
    name: &'static str,
    counts: Counts,
    took: Duration,
    failure: Option<Failure>,
}

pub fn run(machine: &Machine, report: &Report, mut options: Options) -> Result<ExitCode, Failure> {
    let only = match options.take_value("only")?.as_deref() {
        None => None,
        Some("unit") => Some(Part::Unit),
        Some("wire") => Some(Part::Wire),
        Some("browser") => Some(Part::Browser),
        Some("e2e") => Some(Part::EndToEnd),
        Some("stack") => Some(Part::Stack),
        Some(other) => return Err(Failure::Usage(format!("--only {other}: unit, wire, browser, e2e or stack"))),
    };
    let filter = options.take_value("filter")?;
    options.finish()?;

    let runner = Runner { machine, report, only, filter };
    let mut outcomes = Vec::new();
    let mut skipped = Vec::new();
    if only == Some(Part::Wire) {
        outcomes.push(runner.cargo_tests("wire formats", |cargo| {
            cargo.args(APP).args(["--no-default-features", "--test", "wire*"]);
        }));
    } else {
        let (native, (wasm, tools), servers) = std::thread::scope(|scope| {
            let servers = scope.spawn(|| runner.servers_lane());
            let native = scope.spawn(|| runner.native_lane());
            let wasm = runner.wasm_lane();
            (native.join(), wasm, servers.join())
        });
        let (Ok(native), Ok((servers, backends))) = (native, servers) else {
            return Err(Failure::Rule("stages panicked; see above".to_owned()));
        };
        outcomes.extend(native);
        outcomes.extend(wasm);
        outcomes.extend(servers);
        if let Some(tools) = &tools {
            if runner.wants(Part::Browser) && has_browser_tests(machine) {
                outcomes.push(runner.browser_tests(tools));
            }
            if runner.wants(Part::EndToEnd) {
                outcomes.push(runner.end_to_end(tools, None));
            }
            if let Some(backends) = &backends {
                outcomes.extend(runner.on_the_stack(tools, backends));
            }
        }
        skipped = backends.map(|backends| backends.skipped).unwrap_or_default();
    }
    forget_repeated_tests(machine, &mut outcomes);
    Ok(summary(machine, &outcomes, &skipped))
}

struct Runner<'a> {
    machine: &'a Machine,
    report: &'a Report,
    /// The one part that was asked for.
    only: Option<Part>,
    /// Chooses among the end-to-end tests.
    filter: Option<String>,
}

impl Runner<'_> {
    fn wants(&self, part: Part) -> bool {
        self.only.is_none_or(|only| only == part)
    }

    /// Whether something opens the built app.
    fn wants_product(&self) -> bool {
        self.wants(Part::EndToEnd) || self.wants(Part::Stack)
    }

    fn native_lane(&self) -> Vec<Outcome> {
        let mut outcomes = Vec::new();
        if self.wants(Part::Unit) {
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
        if self.wants_product() {
            outcomes.push(
                self.stage("demo server", || {
                    demo::compile_server(self.machine, self.report).map(|()| Counts::ONE_CHECK)
                }),
            );
        }
        if self.wants(Part::Stack) {
            outcomes.push(self.contract_compile());
        }
        outcomes
    }

    /// The servers of the stack, which are built where they are missing.
    fn servers_lane(&self) -> (Vec<Outcome>, Option<Backends>) {
        if !self.wants(Part::Stack) {
            return (Vec::new(), None);
        }
        let mut backends = None;
        let outcome = self.stage("servers of the stack", || {
            let found = setup::backends(self.machine, self.report, &Wanted::ordinary())?;
            let verdict = stack::judge_skipped(&found.skipped, is_ci());
            backends = Some(found);
            verdict.map(|()| Counts::ONE_CHECK)
        });
        (vec![outcome], backends)
    }

    /// Set-up, then what needs the compiler for WebAssembly.
    fn wasm_lane(&self) -> (Vec<Outcome>, Option<Tools>) {
        let mut tools = None;
        let mut outcomes = vec![self.stage("set-up", || {
            tools = Some(setup::run(self.machine, self.report, Level::Test)?);
            Ok(Counts::ONE_CHECK)
        })];
        let Some(tools) = tools else { return (outcomes, None) };
        if self.wants(Part::Unit) {
            outcomes.push(self.wasm_lints(&tools));
        }
        if self.wants(Part::Browser) && has_browser_tests(self.machine) {
            outcomes.push(self.stage("browser tests: compile", || {
                let log = self.machine.log("test-browser-compile");
                let mut cargo = tools.wasm_command(self.machine, "cargo");
                cargo.args(["test", "--no-run", "--target", WASM_TARGET, "--test", "browser_*"]);
                let name = "browser tests: compile";
                self.report.step(name, "compiling", Some(&log), || run_logged(&mut cargo, name, &log))?;
                Ok(Counts::ONE_CHECK)
            }));
        }
        if self.wants_product() {
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
            cargo.args(["--target", WASM_TARGET, "--lib", "--bins", "--examples"]);
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

    /// On the demonstration and a Prometheus of its own, or on the running stack that a file describes.
    fn end_to_end(&self, tools: &Tools, stack: Option<&Path>) -> Outcome {
        let (name, out) = match stack {
            None => ("end to end", "test-results"),
            Some(_) => ("end to end on the stack", "test-results/stack"),
        };
        self.counted(name, |log| {
            let mut node = end_to_end_command(self.machine, tools);
            node.arg("--out").arg(self.machine.root.join(out));
            if let Some(filter) = &self.filter {
                node.args(["--filter", filter]);
            }
            if let Some(stack) = stack {
                node.arg("--stack").arg(stack);
            }
            run_logged(&mut node, name, log)
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
    fn counted(&self, name: &'static str, work: impl FnOnce(&Path) -> Result<(), Failure>) -> Outcome {
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

fn is_ci() -> bool {
    std::env::var_os("CI").is_some_and(|ci| ci == "true")
}

/// The table, the failures once more, what was skipped, and the last line.
fn summary(machine: &Machine, outcomes: &[Outcome], skipped: &[Skipped]) -> ExitCode {
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
        for test in named_failures(&tail(&machine.log(&log_name(name)), LOG_BYTES)).iter().take(NAMED_FAILURES) {
            println!("    {test}");
        }
    }
    if !skipped.is_empty() {
        println!();
    }
    for skipped in skipped {
        println!("  {skipped}");
    }
    println!("\n{} passed, {} failed", sum.passed, sum.failed);
    if sum.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
