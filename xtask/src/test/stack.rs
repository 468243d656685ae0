//! What is tested on the real servers: the contract of each API, and the product, hosted by nginx.
//!
//! The stack runs as a child that ends when we do, whatever ends us: it listens for the end of its standard input.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use super::{Counts, LOG_BYTES, Outcome, Runner, log_name, own_output};
use crate::failure::Failure;
use crate::process::{command, run_logged};
use crate::report::{now, tail};
use crate::setup::{Backends, Server, Skipped, Tools};
use crate::stack;

/// Of the simulated platform's past: the day that is shown, and what its first hours look back upon.
const HOURS: &str = "26";

/// Until all servers answer and the history is in them.
const START_PATIENCE: Duration = Duration::from_mins(10);

/// Until all servers have ended.
const END_PATIENCE: Duration = Duration::from_mins(1);

/// Between two looks at whether the child has ended.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// What the stack prints before the path of its description.
const READY: &str = "agentarea-demo stack ready ";

/// Of a failed stack's log.
const TAIL_BYTES: u64 = 8_000;

impl Runner<'_> {
    /// Before the stack runs, so that nothing compiles beside it.
    pub(super) fn contract_compile(&self) -> Outcome {
        let name = "contract: compile";
        let log = self.machine.log(&log_name(name));
        self.stage(name, || {
            let mut cargo = demo_test("contract");
            cargo.args(["--test", "stack", "--no-run"]);
            self.report.step(name, "compiling", Some(&log), || run_logged(&mut cargo, name, &log))?;
            Ok(Counts::ONE_CHECK)
        })
    }

    pub(super) fn on_the_stack(&self, tools: &Tools, backends: &Backends) -> Vec<Outcome> {
        if backends.is_empty() {
            return Vec::new();
        }
        let log = self.machine.log("test-stack");
        let mut running = None;
        let mut outcomes = vec![self.stage("stack", || {
            let mut command = stack::command(self.machine, backends, &self.machine.target.join("stack-test"));
            command.args(["--until-eof", "--hours", HOURS]);
            let start = || Running::start(&mut command, &log, START_PATIENCE);
            running = Some(self.report.step("stack", "starting the servers and feeding them", Some(&log), start)?);
            Ok(Counts::ONE_CHECK)
        })];
        let Some(running) = running else { return outcomes };
        outcomes.push(self.contract(&running.description));
        if backends.has(Server::Redis) {
            outcomes.push(self.counted("ends of a stack", |log| {
                let mut cargo = demo_test("stack");
                run_logged(cargo.env(DESCRIPTION, &running.description), "ends of a stack", log)
            }));
        }
        if backends.has(Server::Nginx) {
            outcomes.push(self.end_to_end(tools, Some(&running.description)));
        }
        outcomes.push(self.stage("end of the stack", || {
            self.report
                .step("end of the stack", "every server has to end", Some(&log), || running.end(END_PATIENCE))?;
            Ok(Counts::ONE_CHECK)
        }));
        outcomes
    }

    fn contract(&self, description: &Path) -> Outcome {
        let name = "contract";
        let outcome = self.counted(name, |log| {
            let mut cargo = demo_test(name);
            run_logged(cargo.env(DESCRIPTION, description), name, log)
        });
        println!("{}\n", own_output(&tail(&self.machine.log(&log_name(name)), LOG_BYTES)));
        outcome
    }
}

/// Tells a test where the description of the running stack is, and so that its servers are there.
const DESCRIPTION: &str = "AGENTAREA_STACK";

/// `contract` asks the demonstration's server and the real one the same; `stack` starts stacks of its own and ends them.
fn demo_test(name: &str) -> Command {
    let mut cargo = command("cargo");
    cargo.args(["test", "--package", "agentarea-demo", "--test", name]);
    cargo
}

/// Whether it is well that these were skipped.
pub fn judge_skipped(skipped: &[Skipped], is_ci: bool) -> Result<(), Failure> {
    if skipped.is_empty() || !is_ci {
        return Ok(());
    }
    let lines: Vec<_> = skipped.iter().map(ToString::to_string).collect();
    Err(Failure::Rule(format!("with CI=true no server may be skipped, and {}", lines.join("; "))))
}

/// A stack that answers.
struct Running {
    child: Child,
    /// The stack ends when this does.
    stdin: Option<ChildStdin>,
    reader: Option<JoinHandle<()>>,
    log: PathBuf,
    /// `stack.json`.
    description: PathBuf,
}

impl Running {
    fn start(command: &mut Command, log: &Path, patience: Duration) -> Result<Self, Failure> {
        if let Some(folder) = log.parent() {
            std::fs::create_dir_all(folder).map_err(Failure::io(format!("cannot make {}", folder.display())))?;
        }
        let cannot_write = || Failure::io(format!("cannot write {}", log.display()));
        let out = File::create(log).map_err(cannot_write())?;
        let err = out.try_clone().map_err(cannot_write())?;
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(err)
            .spawn()
            .map_err(Failure::io(format!("stack: cannot start {}", command.get_program().display())))?;
        let (ready, description) = channel();
        let reader = child.stdout.take().map(|stdout| std::thread::spawn(move || watch(stdout, out, &ready)));
        let stdin = child.stdin.take();
        let mut running = Self { child, stdin, reader, log: log.to_path_buf(), description: PathBuf::new() };
        match description.recv_timeout(patience) {
            Ok(path) => running.description = path,
            Err(RecvTimeoutError::Timeout) => {
                return Err(running.failure(&format!("not ready after {} s", patience.as_secs())));
            }
            Err(RecvTimeoutError::Disconnected) => {
                let end = match running.wait(END_PATIENCE)? {
                    Some(status) => format!("before it was ready, it ended: {status}"),
                    None => "before it was ready, it closed its output".to_owned(),
                };
                return Err(running.failure(&end));
            }
        }
        Ok(running)
    }

    /// Asks it to end, and checks that it did so well.
    fn end(mut self, patience: Duration) -> Result<(), Failure> {
        drop(self.stdin.take());
        match self.wait(patience)? {
            Some(status) if status.success() => Ok(()),
            Some(status) => Err(self.failure(&format!("it did not end well: {status}"))),
            None => Err(self.failure(&format!("it did not end in {} s", patience.as_secs()))),
        }
    }

    /// `None` if it has not ended by then.
    fn wait(&mut self, patience: Duration) -> Result<Option<ExitStatus>, Failure> {
        let since = now();
        loop {
            let status = self.child.try_wait().map_err(Failure::io("stack: cannot wait for it"))?;
            if status.is_some() || since.elapsed() > patience {
                return Ok(status);
            }
            std::thread::park_timeout(LOOK_EVERY);
        }
    }

    fn failure(&self, end: &str) -> Failure {
        let tail = tail(&self.log, TAIL_BYTES);
        Failure::Command { what: "stack".to_owned(), end: end.to_owned(), log: Some(self.log.clone()), tail }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.stdin.take());
        // It ends its servers itself; ended by us, it could not.
        if !matches!(self.wait(END_PATIENCE), Ok(Some(_))) {
            drop(self.child.kill());
            drop(self.child.wait());
            // A server that outlived it may hold its output open.
            return;
        }
        if let Some(reader) = self.reader.take() {
            drop(reader.join());
        }
    }
}

/// Copies the stack's output to the log, and tells when it is ready.
fn watch(stdout: ChildStdout, mut log: File, ready: &Sender<PathBuf>) {
    for line in BufReader::new(stdout).lines() {
        let Ok(line) = line else { return };
        // Without its log the stack still runs, and who waits for it still learns of it.
        drop(writeln!(log, "{line}"));
        if let Some(path) = line.strip_prefix(READY) {
            drop(ready.send(PathBuf::from(path.trim())));
        }
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn start(script: &str, name: &str, patience: Duration) -> Result<Running, Failure> {
        let log = std::env::temp_dir().join(format!("xtask-stack-{name}-{}.log", std::process::id()));
        Running::start(command("sh").args(["-c", script]), &log, patience)
    }

    #[test]
    fn a_stack_is_ready_when_it_says_so_and_ends_with_its_input() {
        let script = "echo health; echo agentarea-demo stack ready /t/stack.json; cat; echo ended";
        let running = start(script, "well", Duration::from_secs(20)).unwrap();
        assert_eq!(running.description, Path::new("/t/stack.json"));
        let log = running.log.clone();
        running.end(Duration::from_secs(20)).unwrap();
        assert!(std::fs::read_to_string(&log).unwrap().ends_with("ready /t/stack.json\nended\n"));
        std::fs::remove_file(log).unwrap();
    }

    #[test]
    fn a_stack_that_ends_before_it_is_ready_shows_its_log() {
        let text =
            start("echo loki ended by itself >&2; exit 1", "early", Duration::from_secs(20)).err().unwrap().to_string();
        assert!(text.contains("before it was ready") && text.contains("| loki ended by itself"), "{text}");
    }

    #[test]
    fn a_stack_that_is_never_ready_is_ended() {
        let text = start("cat", "never", Duration::from_millis(100)).err().unwrap().to_string();
        assert!(text.contains("not ready after 0 s"), "{text}");
    }

    #[test]
    fn a_stack_that_ends_badly_fails() {
        let running =
            start("echo agentarea-demo stack ready x; cat; exit 3", "badly", Duration::from_secs(20)).unwrap();
        assert!(running.end(Duration::from_secs(20)).unwrap_err().to_string().contains("did not end well"));
    }

    #[test]
    fn a_skipped_server_fails_only_with_ci() {
        let skipped = [Skipped { server: Server::Loki, why: "no Go".to_owned() }];
        assert!(judge_skipped(&skipped, false).is_ok());
        assert!(judge_skipped(&[], true).is_ok());
        assert!(judge_skipped(&skipped, true).unwrap_err().to_string().contains("loki is skipped: no Go"));
    }
}
