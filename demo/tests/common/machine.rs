//! What this machine has, and how servers on it are asked.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use agentarea_demo::clock::{monotonic_now, wait};

pub fn runs(program: &Path) -> bool {
    Command::new(program).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok()
}

/// The empty path for what PATH has, and the folders of set-up's cache for one of its servers.
pub fn folders(name: &str) -> Vec<PathBuf> {
    let home = std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".cache"));
    let caches = std::env::var_os("XDG_CACHE_HOME").filter(|folder| !folder.is_empty()).map(PathBuf::from).or(home);
    let mut folders = vec![PathBuf::new()];
    if let Some(entries) = caches.and_then(|caches| caches.join("agentarea-observability").read_dir().ok()) {
        let prefix = format!("{name}-v");
        folders.extend(entries.flatten().map(|entry| entry.path()).filter(|folder| {
            folder.file_name().is_some_and(|name| name.to_string_lossy().starts_with(&prefix)) && folder.is_dir()
        }));
    }
    folders
}

/// A port that nobody listens on just now.
pub fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// Asks until the answer is a 200.
pub fn await_answer(url: &str, patience: Duration) -> Result<(), String> {
    let agent = agent();
    let started = monotonic_now();
    while !agent.get(url).call().is_ok_and(|answer| answer.status() == 200) {
        if started.elapsed() > patience {
            return Err(format!("{url} did not answer within {} s", patience.as_secs()));
        }
        wait(Duration::from_millis(100), || false);
    }
    Ok(())
}

/// A client that takes every answer as it comes: no error of its own for a status, no redirect followed.
pub fn agent() -> ureq::Agent {
    ureq::Agent::new_with_config(
        ureq::Agent::config_builder()
            .http_status_as_error(false)
            .proxy(None)
            .max_redirects(0)
            .timeout_global(Some(Duration::from_mins(2)))
            .allow_non_standard_methods(true)
            .build(),
    )
}
