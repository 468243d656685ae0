//! One server's process: started with its output in a log, ended in order, and never left behind.
//!
//! Invariant: a process that was started is ended and waited for when its handle goes, and where the system can do it
//! (`setpriv` on Linux) also when we are killed ourselves. That signal follows the thread that started the process, so
//! processes are started by the main thread alone.

use std::ffi::OsString;
use std::fs::{self, File};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use super::StackError;
use crate::clock::{monotonic_now, wait};

/// How long a server may take to end after it was asked to.
const END_GRACE: Duration = Duration::from_secs(8);

/// Of a log, shown when its server ended by itself.
const TAIL_LINES: usize = 12;

/// The user in whose name servers run that refuse to be root's: it is there on every system and owns nothing.
const NOBODY: &str = "65534";

/// How a process is started.
#[derive(Debug, Clone, Default)]
pub(super) struct Launch {
    pub program: PathBuf,
    pub arguments: Vec<OsString>,
    pub environment: Vec<(&'static str, OsString)>,
    pub folder: Option<PathBuf>,
    /// The server refuses to run as root.
    pub shuns_root: bool,
    /// The signal that ends it soonest without loss; `TERM` if empty.
    pub end_signal: &'static str,
}

impl Launch {
    pub(super) fn new(program: &Path) -> Self {
        Self { program: program.to_path_buf(), ..Self::default() }
    }

    pub(super) fn arg(mut self, argument: impl Into<OsString>) -> Self {
        self.arguments.push(argument.into());
        self
    }

    pub(super) fn args<T: Into<OsString>>(mut self, arguments: impl IntoIterator<Item = T>) -> Self {
        self.arguments.extend(arguments.into_iter().map(Into::into));
        self
    }

    /// The command, with what wraps the program: another user inside, so that the files stay ours, and the wish to end with us.
    fn command(&self) -> Command {
        let mut words: Vec<OsString> = Vec::new();
        if self.shuns_root && is_root() {
            let user = |option: &str| OsString::from(format!("--map-{option}={NOBODY}"));
            words.extend(["unshare".into(), "--user".into(), user("user"), user("group")]);
        }
        if Path::new("/usr/bin/setpriv").is_file() {
            words.extend(["/usr/bin/setpriv", "--pdeathsig", "KILL"].map(OsString::from));
        }
        words.push(self.program.clone().into_os_string());
        words.extend(self.arguments.iter().cloned());
        let mut words = words.into_iter();
        let mut command = Command::new(words.next().unwrap_or_default());
        command.args(words).envs(self.environment.iter().map(|(name, value)| (name, value)));
        if let Some(folder) = &self.folder {
            command.current_dir(folder);
        }
        // Ctrl+C in the terminal is for us; we end the servers then.
        command.stdin(Stdio::null()).process_group(0);
        command
    }

    /// Runs to the end; fails with what the program said.
    pub(super) fn run(&self, what: &str) -> Result<String, StackError> {
        let output = self.command().output().map_err(StackError::io(format!("{what}: cannot start it")))?;
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
        if output.status.success() {
            return Ok(text(&output.stdout));
        }
        let said = [text(&output.stdout), text(&output.stderr)].join("\n");
        Err(StackError::Failed { what: what.to_owned(), said: last_lines(&said) })
    }

    pub(super) fn start(&self, name: &'static str, log: PathBuf) -> Result<Process, StackError> {
        let cannot = |what: &str| StackError::io(format!("{name}: cannot {what}"));
        let out = File::create(&log).map_err(cannot("write its log"))?;
        let err = out.try_clone().map_err(cannot("write its log"))?;
        let child = self.command().stdout(out).stderr(err).spawn().map_err(cannot("be started"))?;
        let end_signal = if self.end_signal.is_empty() { "TERM" } else { self.end_signal };
        Ok(Process { name, child, log, end_signal })
    }
}

/// A running server.
#[derive(Debug)]
pub(super) struct Process {
    pub name: &'static str,
    child: Child,
    log: PathBuf,
    end_signal: &'static str,
}

impl Process {
    /// How it ended, if it has.
    pub(super) fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().ok().flatten()
    }

    pub(super) fn id(&self) -> u32 {
        self.child.id()
    }

    /// What is said of a server that ended by itself.
    pub(super) fn obituary(&self, status: ExitStatus) -> StackError {
        let text = fs::read_to_string(&self.log).unwrap_or_default();
        StackError::Ended { name: self.name, status, said: last_lines(&text), log: self.log.clone() }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        end_all(std::slice::from_mut(self));
    }
}

/// Asks all of them to end, waits for all at once, and kills those that do not.
pub(super) fn end_all(processes: &mut [Process]) {
    let mut asked = 0;
    for process in processes.iter_mut() {
        if process.ended().is_none() {
            let (signal, id) = (format!("-{}", process.end_signal), process.id().to_string());
            // If it cannot be asked it is killed below.
            asked += usize::from(Command::new("kill").args([signal, id]).status().is_ok());
        }
    }
    let deadline = monotonic_now() + END_GRACE;
    while asked > 0 && processes.iter_mut().any(|process| process.ended().is_none()) && monotonic_now() < deadline {
        wait(Duration::from_millis(50), || false);
    }
    for process in processes {
        if process.ended().is_none() {
            // It may have ended this very moment.
            process.child.kill().unwrap_or(());
            drop(process.child.wait());
        }
    }
}

fn last_lines(text: &str) -> String {
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    lines.get(lines.len().saturating_sub(TAIL_LINES)..).unwrap_or_default().join("\n")
}

fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt as _;
    // Our own entry in /proc belongs to who we are.
    fs::metadata("/proc/self").is_ok_and(|meta| meta.uid() == 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Launch {
        Launch::new(Path::new("/bin/sh")).args(["-c", script])
    }

    fn log(name: &str) -> PathBuf {
        std::env::temp_dir().join(format!("agentarea-process-{name}-{}.log", std::process::id()))
    }

    #[test]
    fn a_server_that_ends_by_itself_is_named_with_its_last_words() {
        let mut process = shell("echo first; echo the disk is full >&2; exit 3").start("loki", log("ends")).unwrap();
        let deadline = monotonic_now() + Duration::from_secs(10);
        let status = loop {
            if let Some(status) = process.ended() {
                break status;
            }
            assert!(monotonic_now() < deadline, "it does not end");
            wait(Duration::from_millis(10), || false);
        };
        let text = process.obituary(status).to_string();
        fs::remove_file(log("ends")).unwrap();
        assert!(text.contains("loki ended by itself"), "{text}");
        assert!(text.contains("the disk is full") && text.contains('3'), "{text}");
    }

    #[test]
    fn what_was_started_is_ended_also_when_it_is_deaf() {
        let started = monotonic_now();
        let mut processes: Vec<Process> = ["sleep 60", "sleep 60"]
            .iter()
            .enumerate()
            .map(|(index, script)| shell(script).start("sleeper", log(&format!("deaf{index}"))).unwrap())
            .collect();
        end_all(&mut processes);
        assert!(processes.iter_mut().all(|process| process.ended().is_some()));
        assert!(started.elapsed() < END_GRACE, "they were not asked");
        for index in 0..2 {
            fs::remove_file(log(&format!("deaf{index}"))).unwrap();
        }
    }

    #[test]
    fn a_program_that_runs_to_its_end_is_quoted() {
        assert_eq!(shell("echo done").run("trial").unwrap(), "done");
        let text = shell("echo no room >&2; exit 1").run("trial").unwrap_err().to_string();
        assert!(text.contains("trial") && text.contains("no room"), "{text}");
    }
}
