//! A server that was started for a capture: in a folder of its own that goes with it, ended when it is dropped.

use std::fs::File;
use std::net::TcpListener;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use super::web::{Answer, Request, agent, send};
use super::{CaptureError, Setting};
use crate::clock::{monotonic_now, wait};

/// A new, empty folder below the machine's temporary one, removed when dropped.
#[derive(Debug)]
pub struct Folder(PathBuf);

impl Folder {
    pub fn new(name: &str) -> Result<Self, CaptureError> {
        let path = std::env::temp_dir().join(format!("agentarea-capture-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&path).map_err(CaptureError::io(format!("cannot make {}", path.display())))?;
        Ok(Self(path))
    }

    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Writes a file into it, and says where it is.
    pub fn file(&self, name: &str, content: impl AsRef<[u8]>) -> Result<PathBuf, CaptureError> {
        let path = self.0.join(name);
        std::fs::write(&path, content).map_err(CaptureError::io(format!("cannot write {}", path.display())))?;
        Ok(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).ok();
    }
}

/// A port that was free a moment ago.
pub fn free_port() -> Result<u16, CaptureError> {
    let bound = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
    Ok(bound.map_err(CaptureError::io("there is no free port"))?.port())
}

/// Whether this process belongs to root, which some servers refuse.
pub fn is_root() -> bool {
    std::fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0)
}

/// A running server.
#[derive(Debug)]
pub struct Started {
    name: String,
    child: Child,
    folder: Folder,
    base: String,
    agent: ureq::Agent,
    version: Option<String>,
}

impl Drop for Started {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

impl Started {
    /// Starts `command`, which will listen on `port` of 127.0.0.1, in `folder`.
    pub fn new(name: &str, mut command: Command, folder: Folder, port: u16) -> Result<Self, CaptureError> {
        let log = folder.path().join("server.log");
        let make = || CaptureError::io(format!("cannot write {}", log.display()));
        let out = File::create(&log).map_err(make())?;
        let err = out.try_clone().map_err(make())?;
        let child = command
            .current_dir(folder.path())
            .stdin(Stdio::null())
            .stdout(out)
            .stderr(err)
            .spawn()
            .map_err(CaptureError::io(format!("cannot start {}", command.get_program().display())))?;
        let base = format!("http://127.0.0.1:{port}");
        Ok(Self { name: name.to_owned(), child, folder, base, agent: agent(), version: None })
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub fn version(&self) -> Option<String> {
        self.version.clone()
    }

    pub fn send(&self, request: &Request) -> Result<Answer, String> {
        send(&self.agent, &self.base, request)
    }

    /// Sends what must succeed.
    pub fn load(&self, request: &Request) -> Result<Answer, CaptureError> {
        let failed = |reason| CaptureError::Answer {
            server: self.name.clone(),
            what: format!("{} {}", request.method, request.path_and_query),
            reason,
        };
        let answer = self.send(request).map_err(failed)?;
        if answer.is_success() { Ok(answer) } else { Err(failed(format!("{} {}", answer.status, answer.text()))) }
    }

    /// Sends what must succeed soon: a server that has just become ready may still refuse.
    pub fn load_soon(&mut self, setting: &Setting<'_>, request: &Request) -> Result<(), CaptureError> {
        self.wait_for(setting, Duration::from_mins(1), request, "success", Answer::is_success)
    }

    /// Asks until the answer `is_right`.
    pub fn wait_for(
        &mut self,
        setting: &Setting<'_>,
        limit: Duration,
        request: &Request,
        what: &str,
        is_right: impl Fn(&Answer) -> bool,
    ) -> Result<(), CaptureError> {
        let started = monotonic_now();
        let mut last = String::new();
        loop {
            if setting.stops() {
                return Err(CaptureError::Interrupted);
            }
            match self.send(request) {
                Ok(answer) if is_right(&answer) => return Ok(()),
                Ok(answer) => last = format!("{} {}", answer.status, answer.text()),
                Err(error) if last.is_empty() => last = error,
                Err(_) => {}
            }
            let ended = self.child.try_wait().map_err(CaptureError::io(format!("cannot watch {}", self.name)))?;
            let reason = if let Some(status) = ended {
                format!("it ended by itself ({status})")
            } else if started.elapsed() > limit {
                format!(
                    "no {what} from {} within {} s; the last answer: {last}",
                    request.path_and_query,
                    limit.as_secs()
                )
            } else {
                wait(Duration::from_millis(100), || setting.stops());
                continue;
            };
            return Err(CaptureError::Start { server: self.name.clone(), reason, log: self.last_log_lines() });
        }
    }

    /// Reads the version that the server tells in a JSON document.
    pub fn ask_version(&mut self, path: &str, pointer: &str) {
        let Ok(answer) = self.send(&Request::get(path)) else { return };
        let document: serde_json::Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        let version = document.pointer(pointer).and_then(serde_json::Value::as_str);
        self.version = version.filter(|text| text.starts_with(|c: char| c.is_ascii_digit())).map(str::to_owned);
    }

    fn last_log_lines(&self) -> String {
        let log = std::fs::read_to_string(self.folder.path().join("server.log")).unwrap_or_default();
        let lines: Vec<&str> = log.lines().collect();
        lines.get(lines.len().saturating_sub(12)..).unwrap_or_default().join("\n")
    }
}
