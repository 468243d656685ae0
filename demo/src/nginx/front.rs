//! nginx in front of the demonstration: it serves the app's files itself and passes the rest on.
//!
//! Invariant: nginx does not outlive the demonstration, however that ends. Where it cannot be told so beforehand (not on
//! Linux, or without util-linux), it outlives one that is killed.

use std::fs::File;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use super::{ERROR_LOG, NginxError, Site, write};
use crate::clock::{monotonic_now, wait};

/// nginx starts in a fraction of a second; a busy machine needs more.
const START_TIMEOUT: Duration = Duration::from_secs(20);

/// A free port can be taken by somebody else before nginx has it.
const PORTS_TRIED: usize = 3;

/// What nginx says before it has its log.
const OUTPUT: &str = "output.log";

/// How much of a log belongs into a message.
const TAIL_LINES: usize = 6;

/// A running nginx; dropping it ends it and removes its folder.
pub struct Front {
    child: Child,
    folder: PathBuf,
    /// With a slash at its end.
    pub url: String,
}

impl Front {
    /// Starts nginx in front of the demonstration's server at `demo`, and waits until it answers.
    pub fn start(program: &Path, deploy: &Path, dist: &Path, demo: SocketAddr) -> Result<Self, NginxError> {
        let folder = std::env::temp_dir().join(format!("agentarea-demo-nginx-{}", std::process::id()));
        let demo = reachable(demo);
        let mut tried = 1;
        loop {
            let port = free_port().map_err(|error| cannot_start(program, &error))?;
            let site = Site {
                port,
                dist: dist.to_path_buf(),
                deploy: deploy.to_path_buf(),
                upstreams: ["prometheus", "jaeger"].map(|name| (name.into(), format!("http://{demo}/{name}"))).to_vec(),
                config_from: Some(format!("http://{demo}/config.json")),
            };
            match Self::start_at(program, &folder, &site) {
                Err(NginxError::Ended { log, .. }) if tried < PORTS_TRIED && log.contains("in use") => tried += 1,
                result => return result,
            }
        }
    }

    fn start_at(program: &Path, folder: &Path, site: &Site) -> Result<Self, NginxError> {
        let arguments = write(folder, site)?;
        let failed = |error: std::io::Error| cannot_start(program, &error);
        let output = File::create(folder.join(OUTPUT)).map_err(failed)?;
        let mut command = ending_with_us(program);
        command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(output);
        let child = command.spawn().map_err(failed)?;
        let url = format!("http://127.0.0.1:{}/", site.port);
        let mut front = Self { child, folder: folder.to_path_buf(), url };
        front.await_answer()?;
        Ok(front)
    }

    fn await_answer(&mut self) -> Result<(), NginxError> {
        let config = ureq::Agent::config_builder().proxy(None).timeout_global(Some(Duration::from_secs(2))).build();
        let agent = ureq::Agent::new_with_config(config);
        let started = monotonic_now();
        while started.elapsed() < START_TIMEOUT {
            if let Some(ended) = self.ended() {
                return Err(ended);
            }
            // Anybody could listen there; ours sends what the configuration says.
            let answer = agent.get(format!("{}index.html", self.url)).call();
            if answer.is_ok_and(|answer| answer.headers().contains_key("content-security-policy")) {
                return Ok(());
            }
            wait(Duration::from_millis(20), || false);
        }
        Err(NginxError::Silent { url: self.url.clone(), waited_secs: START_TIMEOUT.as_secs(), log: self.log() })
    }

    /// How nginx ended, if it did: nobody but us should end it.
    pub fn ended(&mut self) -> Option<NginxError> {
        match self.child.try_wait() {
            Ok(None) => None,
            Ok(Some(status)) => Some(NginxError::Ended { status: status.to_string(), log: self.log() }),
            Err(error) => Some(NginxError::Ended { status: error.to_string(), log: self.log() }),
        }
    }

    /// The last lines of what nginx has said.
    fn log(&self) -> String {
        let read = |name| std::fs::read_to_string(self.folder.join(name)).unwrap_or_default();
        let text = [read(OUTPUT), read(ERROR_LOG)].into_iter().find(|text| !text.trim().is_empty()).unwrap_or_default();
        let lines: Vec<&str> = text.trim().lines().collect();
        match lines.get(lines.len().saturating_sub(TAIL_LINES)..) {
            Some(last) if !last.is_empty() => format!("It said:\n{}", last.join("\n")),
            _ => "It said nothing.".into(),
        }
    }
}

impl Drop for Front {
    fn drop(&mut self) {
        // It fails only where nginx has ended already; the folder is in the machine's folder for such leftovers.
        self.child.kill().unwrap_or_default();
        self.child.wait().map(|_status| ()).unwrap_or_default();
        std::fs::remove_dir_all(&self.folder).unwrap_or_default();
    }
}

fn cannot_start(program: &Path, error: &std::io::Error) -> NginxError {
    NginxError::Start { program: program.to_path_buf(), reason: error.to_string() }
}

fn free_port() -> std::io::Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

/// Where a server that listens there can be asked on this machine.
fn reachable(address: SocketAddr) -> SocketAddr {
    match address {
        SocketAddr::V4(v4) if v4.ip().is_unspecified() => SocketAddr::from(([127, 0, 0, 1], v4.port())),
        SocketAddr::V6(v6) if v6.ip().is_unspecified() => SocketAddr::from((std::net::Ipv6Addr::LOCALHOST, v6.port())),
        address => address,
    }
}

/// A command whose process the kernel kills when we end, where that can be had, and that a terminal's Ctrl+C does not
/// reach: it ends when we say so.
fn ending_with_us(program: &Path) -> Command {
    let with_setpriv = |last: &Path| {
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "KILL", "--"]).arg(last);
        command
    };
    // Not every setpriv knows the option.
    let can = cfg!(target_os = "linux")
        && with_setpriv(Path::new("true"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|status| status.success());
    let mut command = if can { with_setpriv(program) } else { Command::new(program) };
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    command
}
