//! What the person at the terminal sees: one line when something starts or ends, and a sign of life in between.
//!
//! Lines carry the time since the task began, so that a log also says where the time went.

use std::collections::BTreeMap;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Between two signs of life of a running step.
const HEARTBEAT: Duration = Duration::from_secs(20);

pub struct Report {
    started: Instant,
    running: Arc<Mutex<BTreeMap<String, Running>>>,
    stop: Option<Sender<()>>,
    heartbeat: Option<JoinHandle<()>>,
}

struct Running {
    since: Instant,
    log: Option<PathBuf>,
}

/// The one reading of the clock in this program.
#[expect(clippy::disallowed_methods, reason = "native only; the rule keeps the browser's code off this clock")]
pub fn now() -> Instant {
    Instant::now()
}

impl Report {
    pub fn start() -> Self {
        let started = now();
        let running = Arc::new(Mutex::new(BTreeMap::<String, Running>::new()));
        let (stop, stopped) = channel();
        let watched = Arc::clone(&running);
        let heartbeat = std::thread::spawn(move || {
            while stopped.recv_timeout(HEARTBEAT) == Err(RecvTimeoutError::Timeout) {
                for (name, Running { since, log }) in watched.lock().unwrap_or_else(PoisonError::into_inner).iter() {
                    if since.elapsed() >= HEARTBEAT {
                        let doing = log.as_deref().map(last_line).unwrap_or_default();
                        line(started, &format!("{name}: still running after {} {doing}", clock(since.elapsed())));
                    }
                }
            }
        });
        Self { started, running, stop: Some(stop), heartbeat: Some(heartbeat) }
    }

    pub fn say(&self, message: &str) {
        line(self.started, message);
    }

    /// Announces `name`, keeps a sign of life going while `work` runs, and says how it ended.
    pub fn step<T, E>(
        &self,
        name: &str,
        why: &str,
        log: Option<&Path>,
        work: impl FnOnce() -> Result<T, E>,
    ) -> Result<T, E> {
        self.say(&format!("{name}: {why}"));
        let since = now();
        let entry = Running { since, log: log.map(Path::to_path_buf) };
        self.running.lock().unwrap_or_else(PoisonError::into_inner).insert(name.to_owned(), entry);
        let result = work();
        self.running.lock().unwrap_or_else(PoisonError::into_inner).remove(name);
        let end = if result.is_ok() { "done" } else { "FAILED" };
        self.say(&format!("{name}: {end} in {}", clock(since.elapsed())));
        result
    }
}

impl Drop for Report {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(heartbeat) = self.heartbeat.take() {
            // A heartbeat that panicked has nothing left to say.
            drop(heartbeat.join());
        }
    }
}

fn line(started: Instant, message: &str) {
    println!("[{:>5}] {message}", clock(started.elapsed()));
}

/// `0:07`, `12:34`.
pub fn clock(elapsed: Duration) -> String {
    let secs = elapsed.as_secs();
    format!("{}:{:02}", secs / 60, secs % 60)
}

/// The last line that a tool wrote, shortened: what it is doing now.
fn last_line(log: &Path) -> String {
    let text = tail(log, 2_000);
    let line = text.rsplit(['\n', '\r']).find(|line| !line.trim().is_empty()).unwrap_or_default();
    let short: String = line.trim().chars().take(80).collect();
    if short.is_empty() { short } else { format!("({short})") }
}

/// At most the last `bytes` of a file, or nothing if it cannot be read.
pub fn tail(path: &Path, bytes: u64) -> String {
    let read = || -> std::io::Result<String> {
        let mut file = std::fs::File::open(path)?;
        let len = file.metadata()?.len();
        file.seek(SeekFrom::Start(len.saturating_sub(bytes)))?;
        let mut text = Vec::new();
        file.read_to_end(&mut text)?;
        Ok(String::from_utf8_lossy(&text).into_owned())
    };
    read().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elapsed_time_reads_as_minutes_and_seconds() {
        assert_eq!(clock(Duration::from_secs(7)), "0:07");
        assert_eq!(clock(Duration::from_secs(754)), "12:34");
    }

    #[test]
    fn a_step_hands_on_what_its_work_returned() {
        let report = Report::start();
        assert_eq!(report.step("a", "b", None, || Ok::<_, ()>(7)), Ok(7));
        assert_eq!(report.step("a", "b", None, || Err::<(), _>("no")), Err("no"));
    }
}
