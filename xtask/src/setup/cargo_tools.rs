//! Tools that are crates: built once into the cache, or fetched where `cargo-binstall` can.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use super::cache::{remove, whole_folder};
use crate::failure::Failure;
use crate::machine::Machine;
use crate::process::{answer, command, exe, find, run_logged};
use crate::report::Report;

/// Builds a crate's program into `<cache>/<name>-<version>/bin`, or fetches it where `cargo-binstall` can.
#[expect(clippy::too_many_arguments, reason = "two callers, each a list of facts about one tool")]
pub fn cargo_tool(
    machine: &Machine,
    report: &Report,
    name: &str,
    krate: &str,
    version: &str,
    why: &str,
    profile: &[(&str, &str)],
    arguments: &[&str],
) -> Result<(), Failure> {
    let folder = format!("{name}-{version}");
    let log = machine.log(&format!("setup-{folder}"));
    report.step(&folder, why, Some(&log), || {
        whole_folder(machine, report, &folder, |unfinished| {
            let mut root = OsString::from("--root=");
            root.push(unfinished);
            if find("cargo-binstall").is_some() {
                let mut binstall = command("cargo");
                binstall.current_dir(&machine.cache).args(["binstall", "--no-confirm", "--version", version, krate]);
                if run_logged(binstall.arg(&root), "cargo binstall", &log).is_ok() {
                    return Ok(());
                }
                report.say(&format!("{folder}: cargo binstall found nothing to fetch; building it"));
            }
            // Kept until the tool is whole, so that an interrupted build goes on where it stopped.
            let build_folder = machine.cache.join(format!("{folder}.build"));
            let mut install = command("cargo");
            // Not in the checkout: its configuration is for the app.
            install.current_dir(&machine.cache).env("CARGO_TARGET_DIR", &build_folder).envs(profile.iter().copied());
            install.args(["install", "--locked", "--debug", "--version", version, krate]).arg(&root).args(arguments);
            run_logged(&mut install, &format!("cargo install {krate}"), &log)?;
            remove(&build_folder)
        })
    })
}

pub fn cached_tool(cache: &Path, name: &str, version: &str) -> Option<PathBuf> {
    let folder = cache.join(format!("{name}-{version}")).join("bin");
    folder.join(exe(name)).is_file().then_some(folder)
}

/// The folder of a program on PATH that answers with exactly this version.
pub fn tool_on_path(name: &str, version: &str) -> Option<PathBuf> {
    let program = find(name)?;
    let told = answer(command(&program).arg("--version"))?;
    (told == version || told.starts_with(&format!("{version} "))).then(|| program.parent().map(Path::to_path_buf))?
}

/// The version of a package in Cargo.lock, which the tools for it must match exactly.
pub fn locked_version(root: &Path, package: &str) -> Result<String, Failure> {
    let path = root.join("Cargo.lock");
    let text = fs::read_to_string(&path).map_err(Failure::io(format!("cannot read {}", path.display())))?;
    version_in_lock(&text, package).ok_or_else(|| Failure::Rule(format!("{}: no version of {package}", path.display())))
}

fn version_in_lock(lock: &str, package: &str) -> Option<String> {
    let (_, entry) = lock.split_once(&format!("name = \"{package}\"\n"))?;
    let version = entry.lines().next()?.strip_prefix("version = \"")?.strip_suffix('"')?;
    Some(version.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_locked_version_is_of_that_package_alone() {
        let lock = "[[package]]\nname = \"wasm-bindgen-futures\"\nversion = \"0.4.79\"\n\n[[package]]\nname = \
                    \"wasm-bindgen\"\nversion = \"0.2.129\"\n";
        assert_eq!(version_in_lock(lock, "wasm-bindgen").as_deref(), Some("0.2.129"));
        assert_eq!(version_in_lock(lock, "leptos"), None);
    }
}
