//! Starting other programs: found on PATH, run to their end, their output kept in a log.
//!
//! Every child is waited for. Children stay in the terminal's process group, so that Ctrl+C ends them with us.

use std::ffi::OsStr;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};

use crate::failure::Failure;
use crate::report::tail;

/// How much of a failed tool's output is shown.
const TAIL_BYTES: u64 = 64_000;
const TAIL_LINES: usize = 30;
const TEST_FAILURE_LINES: usize = 80;

/// The first executable of that name on PATH.
pub fn find(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(exe(name))).find(|file| is_executable(file))
}

pub fn exe(name: &str) -> String {
    format!("{name}{}", std::env::consts::EXE_SUFFIX)
}

#[cfg(unix)]
fn is_executable(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    file.metadata().is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_executable(file: &Path) -> bool {
    file.is_file()
}

/// A command without what `cargo run` put into our own environment: the package's variables and the compiler's library
/// folder would reach, and confuse, another compiler.
pub fn command(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    for (name, _) in std::env::vars_os() {
        let is_ours =
            name.to_str().is_some_and(|name| name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_"));
        if is_ours {
            command.env_remove(name);
        }
    }
    if let Some(folders) = std::env::var_os("LD_LIBRARY_PATH") {
        let kept = std::env::split_paths(&folders).filter(|folder| {
            let text = folder.to_string_lossy();
            !text.contains("rustlib") && !text.contains("toolchains") && !text.contains("/debug")
        });
        match std::env::join_paths(kept) {
            Ok(kept) if !kept.is_empty() => command.env("LD_LIBRARY_PATH", kept),
            _ => command.env_remove("LD_LIBRARY_PATH"),
        };
    }
    command
}

/// What a short command prints on its standard output, trimmed; `None` if it does not run or fails.
pub fn answer(command: &mut Command) -> Option<String> {
    let output = command.stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// What a short command prints, wherever and however it ends: of old, programs tell their version on the standard error.
pub fn told(command: &mut Command) -> String {
    let Ok(output) = command.stdin(Stdio::null()).output() else { return String::new() };
    let text = [output.stdout, output.stderr].concat();
    String::from_utf8_lossy(&text).trim().to_owned()
}

/// Runs to the end with all output in `log`.
pub fn run_logged(command: &mut Command, what: &str, log: &Path) -> Result<(), Failure> {
    let status = status_logged(command, what, log)?;
    if status.success() {
        return Ok(());
    }
    let tail = telling_part(&tail(log, TAIL_BYTES));
    Err(Failure::Command { what: what.to_owned(), end: end_of(status), log: Some(log.to_path_buf()), tail })
}

/// Of a failed tool's output: the failed tests with what they said, or else its last lines.
fn telling_part(text: &str) -> String {
    if let Some((_, failures)) = text.split_once("\nfailures:\n") {
        return failures.lines().take(TEST_FAILURE_LINES).collect::<Vec<_>>().join("\n");
    }
    let lines: Vec<&str> = text.lines().collect();
    lines.get(lines.len().saturating_sub(TAIL_LINES)..).unwrap_or_default().join("\n")
}

/// Runs to the end with all output in `log`, and leaves the judgement to the caller.
pub fn status_logged(command: &mut Command, what: &str, log: &Path) -> Result<ExitStatus, Failure> {
    if let Some(folder) = log.parent() {
        std::fs::create_dir_all(folder).map_err(Failure::io(format!("cannot make {}", folder.display())))?;
    }
    let out = File::create(log).map_err(Failure::io(format!("cannot write {}", log.display())))?;
    let err = out.try_clone().map_err(Failure::io(format!("cannot write {}", log.display())))?;
    command
        .stdin(Stdio::null())
        .stdout(out)
        .stderr(err)
        .status()
        .map_err(Failure::io(format!("{what}: cannot start {}", command.get_program().display())))
}

/// Runs to the end in the terminal.
pub fn run_shown(command: &mut Command, what: &str) -> Result<(), Failure> {
    let status =
        command.status().map_err(Failure::io(format!("{what}: cannot start {}", command.get_program().display())))?;
    if status.success() {
        return Ok(());
    }
    Err(Failure::Command { what: what.to_owned(), end: end_of(status), log: None, tail: String::new() })
}

fn end_of(status: ExitStatus) -> String {
    match status.code() {
        Some(code) => format!("ended with code {code}"),
        None => "was ended by a signal".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_command_shows_the_end_of_its_log() {
        let log = std::env::temp_dir().join(format!("xtask-test-{}.log", std::process::id()));
        let failure =
            run_logged(command("sh").args(["-c", "echo first; echo second >&2; exit 3"]), "trial", &log).unwrap_err();
        std::fs::remove_file(&log).unwrap();
        let text = failure.to_string();
        assert!(text.contains("trial: ended with code 3"), "{text}");
        assert!(text.contains("| first\n  | second"), "{text}");
    }

    #[test]
    fn of_failed_tests_what_they_said_is_shown() {
        let log = "test a ... ok\n\nfailures:\n\n---- b stdout ----\nleft: 1\n\nfailures:\n    b\n";
        assert_eq!(telling_part(log), "\n---- b stdout ----\nleft: 1\n\nfailures:\n    b");
    }

    #[test]
    fn programs_are_found_on_path() {
        assert!(find("sh").is_some_and(|file| file.ends_with("sh")));
        assert_eq!(find("no-such-program-anywhere"), None);
    }
}
