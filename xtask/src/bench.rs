//! Figures and pictures: both are made by driving the built product in the browser.

use std::path::PathBuf;
use std::process::Command;

use crate::build;
use crate::demo;
use crate::failure::Failure;
use crate::machine::{Machine, WASM_TARGET};
use crate::options::Options;
use crate::process::{command, run_logged, run_shown};
use crate::report::Report;
use crate::setup::{self, Level, Peer, Tools};

/// How the app is hosted by nginx.
pub const DEPLOY: &str = "deploy/nginx";

/// Prints the tables of the product, of the kernels, of traces and of a day, and writes `target/bench.json` and its kin beside
/// it. A missed budget fails the task once all have been measured.
pub fn bench(machine: &Machine, report: &Report, options: Options) -> Result<(), Failure> {
    options.finish()?;
    let tools = prepare(machine, report, Level::Bench)?;
    let kernels = kernels(machine, report, &tools)?;
    let script = |name: &str| {
        let mut node = command(&tools.node);
        node.arg(machine.root.join("tests/e2e").join(name));
        node.arg("--chromium").arg(tools.chromium.as_deref().map(std::path::Path::as_os_str).unwrap_or_default());
        node
    };
    let mut product = browser_command(machine, &tools, "bench.mjs");
    if let Some(Peer { prometheus, pages }) = &tools.peer {
        product.arg("--peer").arg(prometheus).arg("--peer-folder").arg(&pages.working_folder);
        product.arg("--peer-note").arg(&pages.note);
    }
    let mut alone = script("bench_kernels.mjs");
    alone.arg("--kernels").arg(&kernels);
    let mut traces = script("bench_traces.mjs");
    traces.arg("--kernels").arg(&kernels).arg("--dist").arg(build::dist(machine));
    let mut day = script("bench_long.mjs");
    day.arg("--dist").arg(build::dist(machine)).arg("--demo").arg(demo::server_path(machine));
    let mut missed = None;
    for (mut node, what, file) in [
        (product, "bench", "bench.json"),
        (alone, "bench of the kernels", "bench-kernels.json"),
        (traces, "bench of traces", "bench-traces.json"),
        (day, "bench of a day", "bench-long.json"),
    ] {
        node.arg("--out").arg(machine.target.join(file));
        missed = missed.or(run_shown(&mut node, what).err());
    }
    missed.map_or(Ok(()), Err)
}

/// The parser and the painter as a module of their own, built as the app is, which the product does not ship. Its folder.
fn kernels(machine: &Machine, report: &Report, tools: &Tools) -> Result<PathBuf, Failure> {
    let name = "bench kernels";
    let log = machine.log("bench-kernels");
    let folder = machine.target.join("xtask/bench-kernels");
    let built = machine.wasm_target().join(WASM_TARGET).join("release/examples/bench_kernels.wasm");
    let module = folder.join("bench_kernels_bg.wasm");
    report.step(name, "the parser and the painter alone, for release", Some(&log), || {
        let mut cargo = tools.release_command(machine, "cargo");
        cargo.args(["build", "--release", "--target", WASM_TARGET, "--no-default-features", "--features", "browser"]);
        cargo.args(["--example", "bench_kernels"]);
        run_logged(&mut cargo, name, &log)?;
        let mut bindgen = tools.wasm_command(machine, "wasm-bindgen");
        bindgen.args(["--target", "web", "--no-typescript", "--out-dir"]).arg(&folder).arg(&built);
        run_logged(&mut bindgen, name, &log)?;
        // As xtask/js/shrink.mjs does.
        let mut optimiser = tools.wasm_command(machine, "wasm-opt");
        optimiser.arg("-Oz").arg(&module).arg("-o").arg(&module);
        run_logged(&mut optimiser, name, &log)
    })?;
    Ok(folder)
}

/// Takes the pictures of `docs/images` anew, as the end-to-end tests do for their comparison.
/// With `--stack FILE`, those of a running stack, which that file describes.
pub fn pictures(machine: &Machine, report: &Report, mut options: Options) -> Result<(), Failure> {
    let stack = options.take_value("stack")?;
    options.finish()?;
    let tools = prepare(machine, report, Level::Test)?;
    let mut node = end_to_end_command(machine, &tools);
    if let Some(stack) = stack {
        node.args(["--stack", &stack]);
    }
    node.arg("--out").arg(machine.root.join("test-results")).arg("--pictures").arg(machine.root.join("docs/images"));
    run_shown(&mut node, "pictures")
}

fn prepare(machine: &Machine, report: &Report, level: Level) -> Result<Tools, Failure> {
    let tools = setup::run(machine, report, level)?;
    build::run(machine, report, &tools, false)?;
    demo::compile_server(machine, report)?;
    Ok(tools)
}

/// A script of `tests/e2e` with what all of them are told.
fn browser_command(machine: &Machine, tools: &Tools, script: &str) -> Command {
    let Tools { node, chromium, prometheus, promtool, .. } = tools;
    let mut command = command(node);
    command.arg(machine.root.join("tests/e2e").join(script));
    command.arg("--dist").arg(build::dist(machine)).arg("--demo").arg(demo::server_path(machine));
    for (name, program) in [("--chromium", chromium), ("--prometheus", prometheus), ("--promtool", promtool)] {
        command.arg(name).arg(program.as_deref().map(std::path::Path::as_os_str).unwrap_or_default());
    }
    command
}

/// The end-to-end tests, which also host the app as it is deployed.
pub fn end_to_end_command(machine: &Machine, tools: &Tools) -> Command {
    let mut command = browser_command(machine, tools, "run.mjs");
    command.arg("--nginx").arg(tools.nginx.as_deref().map(std::path::Path::as_os_str).unwrap_or_default());
    command.arg("--deploy").arg(machine.root.join(DEPLOY));
    command
}
