//! Tools that are npm packages: each is what its own lock says, in a folder that is named after that lock.

use std::fs;
use std::path::{Path, PathBuf};

use super::cache::{hash, make, remove, whole_folder};
use crate::failure::Failure;
use crate::machine::Machine;
use crate::process::{command, find, run_logged};
use crate::report::Report;

/// `npm ci` of a package file and its lock into `<cache>/<name>-<hash of the lock>`.
pub fn npm_tool(machine: &Machine, report: &Report, name: &str, source: &Path, why: &str) -> Result<(), Failure> {
    let folder = npm_folder_name(name, source);
    let log = machine.log(&format!("setup-npm-{name}"));
    report.step(&format!("npm {name}"), why, Some(&log), || {
        whole_folder(machine, report, &folder, |unfinished| {
            remove(unfinished)?;
            make(unfinished)?;
            for file in ["package.json", "package-lock.json"] {
                fs::copy(source.join(file), unfinished.join(file))
                    .map_err(Failure::io(format!("cannot copy {}", source.join(file).display())))?;
            }
            let mut npm = command(find("npm").unwrap_or_else(|| "npm".into()));
            npm.current_dir(unfinished).args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]);
            run_logged(&mut npm, "npm ci", &log)
        })
    })
}

fn npm_folder_name(name: &str, source: &Path) -> String {
    let lock = fs::read(source.join("package-lock.json")).unwrap_or_default();
    format!("{name}-{:016x}", hash(&lock))
}

pub fn npm_folder(cache: &Path, name: &str, source: &Path) -> Option<PathBuf> {
    Some(cache.join(npm_folder_name(name, source))).filter(|folder| folder.is_dir())
}

/// Node resolves imports from where a module really lies, so a link into the cache serves as `node_modules`.
pub fn link_e2e(machine: &Machine) -> Result<(), Failure> {
    let source = machine.root.join("tests/e2e");
    let link = source.join("node_modules");
    let modules = machine.cache.join(npm_folder_name("e2e", &source)).join("node_modules");
    if link.is_symlink() {
        fs::remove_file(&link).map_err(Failure::io(format!("cannot replace {}", link.display())))?;
    }
    if link.exists() {
        // Somebody ran npm here; theirs is theirs.
        return Ok(());
    }
    symlink(&modules, &link).map_err(Failure::io(format!("cannot link {}", link.display())))
}

pub fn e2e_is_linked(machine: &Machine) -> bool {
    let source = machine.root.join("tests/e2e");
    let link = source.join("node_modules");
    let wanted = machine.cache.join(npm_folder_name("e2e", &source)).join("node_modules");
    match link.read_link() {
        Ok(modules) => modules == wanted && modules.is_dir(),
        Err(_) => link.join("playwright-core").is_dir(),
    }
}

#[cfg(unix)]
fn symlink(from: &Path, to: &Path) -> std::io::Result<()> {
    std::os::unix::fs::symlink(from, to)
}

#[cfg(windows)]
fn symlink(from: &Path, to: &Path) -> std::io::Result<()> {
    std::os::windows::fs::symlink_dir(from, to)
}
