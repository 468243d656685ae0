//! The release `dist/`: Trunk, then compressed siblings, the Content-Security-Policy, and the size budget.
//!
//! Nothing is rebuilt while no input's content has changed.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use crate::failure::Failure;
use crate::machine::{Machine, WASM_TARGET, WasmCompiler};
use crate::process::{command, run_logged, status_logged};
use crate::report::{Report, tail};
use crate::setup::{Tools, hash};

/// The must of budget E1: the whole first load, brotli, in bytes (docs/adr/0003-small-before-fast.md). The build fails
/// above it.
const FIRST_LOAD_BUDGET_BYTES: u64 = 300_000;
/// What we are here for.
const FIRST_LOAD_GOAL_BYTES: u64 = 220_000;

/// Files and folders that decide what `dist/` is.
const INPUTS: [&str; 11] = [
    ".cargo/config.toml",
    "Cargo.lock",
    "Cargo.toml",
    "Trunk.toml",
    "index.html",
    "kernels",
    "public",
    "src",
    "style",
    "xtask/js",
    "xtask/tools/package-lock.json",
];

pub fn dist(machine: &Machine) -> PathBuf {
    machine.root.join("dist")
}

pub fn run(machine: &Machine, report: &Report, tools: &Tools, is_forced: bool) -> Result<(), Failure> {
    let dist = dist(machine);
    let stamp = machine.target.join("xtask/dist.stamp");
    let inputs = format!("{:016x} {:?} {}", inputs_hash(&machine.root)?, tools.wasm, dist.display());
    let is_built = dist.join("index.html").is_file()
        && dist.join("index.html.br").is_file()
        && fs::read_to_string(&stamp).is_ok_and(|built| built == inputs);
    if is_built && !is_forced {
        report.say("build: dist/ is up to date");
        return Ok(());
    }
    // A stamp from before must not vouch for a half-written folder.
    if stamp.exists() {
        fs::remove_file(&stamp).map_err(Failure::io(format!("cannot remove {}", stamp.display())))?;
    }
    let log = machine.log("build");
    report.step("build", "the app, for release, into dist/", Some(&log), || {
        let mut trunk = tools.release_command(machine, "trunk");
        // Trunk reads NO_COLOR as its own option and accepts only true or false there.
        trunk.env_remove("NO_COLOR").env("TRUNK_SKIP_VERSION_CHECK", "true");
        trunk.args(["build", "--release", "--color", "never"]);
        run_logged(&mut trunk, "trunk build --release", &log)
    })?;
    let sizes = report.step("compress", "brotli and gzip siblings", None, || finish(machine, tools, &dist))?;
    println!("{}", table(&sizes));
    let bytes = first_load_bytes(&sizes);
    check_budget(bytes)?;
    fs::write(&stamp, inputs).map_err(Failure::io(format!("cannot write {}", stamp.display())))
}

/// Compiles the app without Trunk, so that a first set-up does not wait for Trunk to be built. Trunk finds it compiled.
pub fn compile(machine: &Machine, report: &Report, compiler: &WasmCompiler) -> Result<(), Failure> {
    let log = machine.log("compile-app");
    report.step("compile app", "meanwhile, since this takes longest", Some(&log), || {
        let mut cargo = command("cargo");
        cargo.envs(compiler.release_environment(machine));
        cargo.args(["build", "--release", "--target", WASM_TARGET, "--bin", "agentarea-observability"]);
        run_logged(&mut cargo, "cargo build of the app", &log)
    })
}

/// Raw, gzip and brotli size of one file, in bytes.
struct Size {
    path: String,
    raw: u64,
    gzip: u64,
    brotli: u64,
}

fn finish(machine: &Machine, tools: &Tools, dist: &Path) -> Result<Vec<Size>, Failure> {
    let log = machine.log("compress");
    let mut node = command(&tools.node);
    node.arg(machine.root.join("xtask/js/finish.mjs")).arg(dist);
    if !status_logged(&mut node, "compressing", &log)?.success() {
        return Err(Failure::Command {
            what: "compressing".to_owned(),
            end: "node failed".to_owned(),
            tail: tail(&log, 4_000),
            log: Some(log),
        });
    }
    let text = fs::read_to_string(&log).map_err(Failure::io(format!("cannot read {}", log.display())))?;
    Ok(text.lines().filter_map(size_from_line).collect())
}

fn size_from_line(line: &str) -> Option<Size> {
    let mut fields = line.split('\t');
    let path = fields.next()?.to_owned();
    let mut number = || fields.next()?.parse().ok();
    Some(Size { path, raw: number()?, gzip: number()?, brotli: number()? })
}

/// Is this file fetched before the first dashboard is on screen? The start page is the executive dashboard.
fn is_first_load(path: &str) -> bool {
    match path {
        "index.html" | "config.json" | "favicon.svg" | "dashboards/executive.json" => true,
        "embed.js" => false,
        // The main module is `*_bg.wasm`; the others are chunks, for pages that are opened later.
        _ if Path::new(path).extension().is_some_and(|end| end == "wasm") => path.ends_with("_bg.wasm"),
        // So are the styles of such pages.
        _ if Path::new(path).extension().is_some_and(|end| end == "css") => path.starts_with("app"),
        _ => Path::new(path).extension().is_some_and(|end| end == "js"),
    }
}

fn first_load_bytes(sizes: &[Size]) -> u64 {
    sizes.iter().filter(|size| is_first_load(&size.path)).map(|size| size.brotli).sum()
}

fn table(sizes: &[Size]) -> String {
    let mut lines =
        format!("\n  {:<44} {:>11} {:>11} {:>11}\n", "dist/ (bytes; * = first load)", "raw", "gzip", "brotli");
    let mut sorted: Vec<&Size> = sizes.iter().collect();
    sorted.sort_by_key(|size| (!is_first_load(&size.path), std::cmp::Reverse(size.brotli)));
    let mut row = |mark: &str, name: &str, raw: u64, gzip: u64, brotli: u64| {
        writeln!(lines, "{mark} {name:<44} {raw:>11} {gzip:>11} {brotli:>11}").unwrap_or_default();
    };
    for Size { path, raw, gzip, brotli } in sorted {
        row(if is_first_load(path) { "*" } else { " " }, path, *raw, *gzip, *brotli);
    }
    let first: Vec<&Size> = sizes.iter().filter(|size| is_first_load(&size.path)).collect();
    let sum = |of: fn(&Size) -> u64| first.iter().map(|size| of(size)).sum();
    row("*", "first load", sum(|size| size.raw), sum(|size| size.gzip), sum(|size| size.brotli));
    lines
}

fn check_budget(bytes: u64) -> Result<(), Failure> {
    if bytes > FIRST_LOAD_BUDGET_BYTES {
        return Err(Failure::Rule(format!(
            "the first load is {bytes} bytes of brotli; the budget is {FIRST_LOAD_BUDGET_BYTES}, the goal {FIRST_LOAD_GOAL_BYTES}"
        )));
    }
    Ok(())
}

/// One number for the content of all inputs.
fn inputs_hash(root: &Path) -> Result<u64, Failure> {
    let mut files = Vec::new();
    for input in INPUTS {
        collect(&root.join(input), &mut files)?;
    }
    files.sort();
    let mut all = String::new();
    for file in files {
        let content = fs::read(&file).map_err(Failure::io(format!("cannot read {}", file.display())))?;
        write!(all, "{} {:016x};", file.display(), hash(&content)).unwrap_or_default();
    }
    Ok(hash(all.as_bytes()))
}

fn collect(path: &Path, files: &mut Vec<PathBuf>) -> Result<(), Failure> {
    if path.is_dir() {
        let entries = path.read_dir().map_err(Failure::io(format!("cannot read {}", path.display())))?;
        for entry in entries {
            let entry = entry.map_err(Failure::io(format!("cannot read {}", path.display())))?;
            collect(&entry.path(), files)?;
        }
    } else if path.is_file() {
        files.push(path.to_path_buf());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_load_is_the_page_the_app_and_the_first_dashboard() {
        let sizes: Vec<Size> =
            "index.html\t10\t5\t4\napp-1.js\t10\t5\t40\napp_bg.wasm\t9\t9\t200\napp_traces.wasm\t9\t9\t900\ndashboards/executive.json\t1\t1\t1\n\
             dashboards/operations.json\t1\t1\t1000\nembed.js\t1\t1\t1000\napp.css\t1\t1\t2\ntraces.css\t1\t1\t500\nnot a size line"
                .lines()
                .filter_map(size_from_line)
                .collect();
        assert_eq!(sizes.len(), 9);
        assert_eq!(first_load_bytes(&sizes), 247);
        assert!(table(&sizes).contains("first load"));
    }

    #[test]
    fn over_the_budget_fails_with_both_numbers() {
        assert!(check_budget(FIRST_LOAD_BUDGET_BYTES).is_ok());
        let text = check_budget(FIRST_LOAD_BUDGET_BYTES + 1).unwrap_err().to_string();
        assert!(text.contains("300001") && text.contains("300000"), "{text}");
    }

    #[test]
    fn inputs_hash_changes_with_content() {
        let root = std::env::temp_dir().join(format!("xtask-inputs-{}", std::process::id()));
        fs::create_dir_all(root.join("src/a")).unwrap();
        fs::write(root.join("src/a/b.rs"), "one").unwrap();
        let before = inputs_hash(&root).unwrap();
        assert_eq!(before, inputs_hash(&root).unwrap());
        fs::write(root.join("src/a/b.rs"), "two").unwrap();
        assert_ne!(before, inputs_hash(&root).unwrap());
        fs::remove_dir_all(root).unwrap();
    }
}
