//! The guide's whole stack from one command: real servers, started, fed by the simulated platform, watched and ended.
//!
//! `servers` says how each is started → `process` starts and ends them → `history` makes Prometheus's past,
//! `platform` is what it scrapes, `feed` sends logs and traces, `sink` takes notifications. Invariants: everything listens on
//! 127.0.0.1; nothing that was started outlives the command, however it ends; a server that ends by itself ends the stack,
//! and is named. It deliberately restarts nothing and keeps nothing from one run to the next.

mod announce;
pub mod cli;
mod feed;
mod history;
mod http;
mod options;
mod platform;
mod process;
mod servers;
mod sink;

use std::fs::{self, File, TryLockError};
use std::io::{self, Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, TryRecvError, channel};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use thiserror::Error;

use crate::clock::{monotonic_now, wait, wall_ms};
use crate::rules::RuleSet;
use crate::sim::{Platform, SCRAPE_INTERVAL_MS};
use crate::world::World;
use announce::{Facts, STACK_FILE};
use feed::{Feed, Receivers};
use http::Client;
use options::Options;
use process::{Process, end_all};
use servers::{Context, Health, Plan};
use sink::Sink;

pub use servers::Name;

/// Between two looks at the servers.
const WATCH_PAUSE: Duration = Duration::from_millis(100);

/// Why the stack cannot go on.
#[derive(Debug, Error)]
pub enum StackError {
    #[error("{what}: {source}")]
    Io { what: String, source: io::Error },
    #[error("{0}")]
    Usage(String),
    #[error("{what} failed:\n{said}")]
    Failed { what: String, said: String },
    #[error("{name} ended by itself ({status}). It said:\n{said}\nIts whole log: {}", log.display())]
    Ended { name: &'static str, status: ExitStatus, said: String, log: PathBuf },
    #[error("{name} does not answer after {secs} s. Its log: {}", log.display())]
    Silent { name: &'static str, secs: u64, log: PathBuf },
    #[error("{server} does not take the platform's history: {reason}")]
    Feed { server: &'static str, reason: String },
}

impl StackError {
    fn io(what: impl Into<String>) -> impl FnOnce(io::Error) -> Self {
        let what = what.into();
        move |source| Self::Io { what, source }
    }
}

/// What the threads that make history tell the one that watches.
enum Message {
    /// The blocks are there: Prometheus can start.
    Metrics {
        samples: u64,
        secs: f64,
    },
    Signals {
        sent: feed::Sent,
        secs: f64,
    },
    Failed(StackError),
    Note(String),
}

/// Starts everything, says when it is ready, and returns when it was told to end, in order; or fails, with all ended.
pub fn run(options: &Options, told_to_stop: impl Fn() -> bool) -> Result<(), StackError> {
    let say = Say(monotonic_now());
    let _lock = lock(&options.folder)?;
    let folder = prepare_folder(&options.folder)?;
    let sink = Sink::start()?;
    let now_ms = wall_ms() - wall_ms().rem_euclid(SCRAPE_INTERVAL_MS);
    let platform = Platform::with_history(options.seed, now_ms, options.hours);
    let start_ms = platform.start_ms();
    let listener = platform::Listener::start(&platform)?;
    let plans = servers::plan(&Context {
        folder: &folder,
        dist: &options.dist,
        deploy: &options.deploy,
        programs: &options.programs,
        is_old: options.is_old,
        names: &options.names,
        sink_url: &sink.url(),
        port: options.port,
    })?;
    let targets = folder.join(Name::Prometheus.as_str()).join("targets");
    platform::write_targets(&targets, &platform, listener.address, &servers::exporters(&plans))?;

    let has = |name: Name| options.names.contains(&name);
    let receivers = receivers(&plans);
    let promtool = has(Name::Prometheus)
        .then(|| {
            let name = if options.is_old { "promtool-old" } else { "promtool" };
            let missing = || StackError::Usage(format!("where is {name}? Name it with --program {name}=PATH"));
            options.programs.get(name).cloned().ok_or_else(missing)
        })
        .transpose()?;
    let data = folder.join(Name::Prometheus.as_str()).join("data");

    let is_over = AtomicBool::new(false);
    let can_feed = Gate::default();
    let (tell, messages) = channel();
    let stack = Stack { options, say: &say, folder: &folder, plans: &plans, told_to_stop: &told_to_stop };
    let result = std::thread::scope(|threads| {
        let tell_too = tell.clone();
        let (is_over, can_feed, listener) = (&is_over, &can_feed, &listener);
        threads.spawn(move || {
            let made = metrics((options.seed, options.hours, now_ms), promtool.as_deref(), &data, is_over);
            match made {
                Ok(made) => live_metrics(platform, listener, is_over, || tell.send(made).unwrap_or(())),
                Err(error) => tell.send(Message::Failed(error)).unwrap_or(()),
            }
        });
        threads.spawn(move || {
            let feed = Feed::new(options.seed, Platform::with_history(options.seed, now_ms, options.hours), &receivers);
            signals(feed, is_over, can_feed, &tell_too);
        });
        let mut running = Vec::new();
        let facts = Facts { start_ms, now_ms, sink: sink.url(), platform: format!("http://{}/", listener.address) };
        let result = stack.watch(&mut running, &messages, can_feed, &facts);
        is_over.store(true, Ordering::SeqCst);
        can_feed.open();
        say.line("ending the servers");
        end_all(&mut running);
        result
    });
    listener.stop();
    sink.stop();
    // What it lists is gone.
    fs::remove_file(folder.join(STACK_FILE)).unwrap_or(());
    result
}

/// Holds the folder's name, so that no second stack clears it; given back when the file is dropped.
fn lock(folder: &Path) -> Result<File, StackError> {
    let path = folder.with_extension("lock");
    let cannot = || StackError::io(format!("cannot lock {}", path.display()));
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent).map_err(cannot())?;
    }
    let file = File::create(&path).map_err(cannot())?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(StackError::Usage(format!(
            "another stack runs in {}; end it, or name another folder with --folder",
            folder.display()
        ))),
        Err(TryLockError::Error(source)) => Err(cannot()(source)),
    }
}

/// Makes the folder anew: no run finds what an earlier one left.
fn prepare_folder(folder: &Path) -> Result<PathBuf, StackError> {
    let cannot = |what: &str| StackError::io(format!("cannot {what} {}", folder.display()));
    if folder.exists() {
        fs::remove_dir_all(folder).map_err(cannot("clear"))?;
    }
    fs::create_dir_all(folder).map_err(cannot("make"))?;
    folder.canonicalize().map_err(cannot("find"))
}

fn receivers(plans: &[Plan]) -> Receivers {
    let url = |name: Name| plans.iter().find(|plan| plan.name == name).map(|plan| plan.url.clone());
    let jaeger = plans.iter().find(|plan| plan.name == Name::Jaeger);
    let otlp = jaeger.and_then(|plan| plan.more.iter().find(|(what, _)| *what == "otlp"));
    Receivers {
        loki: url(Name::Loki),
        otlp: otlp.map(|(_, url)| url.clone()),
        zipkin: url(Name::Zipkin),
        elasticsearch: url(Name::Elasticsearch),
    }
}

/// Simulates the past, and makes Prometheus's blocks of it.
fn metrics(
    (seed, hours, now_ms): (u64, u32, i64),
    promtool: Option<&Path>,
    data: &Path,
    is_over: &AtomicBool,
) -> Result<Message, StackError> {
    let Some(promtool) = promtool else { return Ok(Message::Metrics { samples: 0, secs: 0.0 }) };
    let since = monotonic_now();
    let rules = RuleSet::of_the_guide(SCRAPE_INTERVAL_MS).map_err(|error| StackError::Usage(error.to_string()))?;
    let platform = Platform::with_history(seed, now_ms, hours);
    let range = (platform.start_ms(), platform.now_ms());
    let mut world = World::new(platform, rules);
    world.load_history(|_| {});
    let samples = history::load(&world.shared(), range, promtool, data, || is_over.load(Ordering::Relaxed))?;
    Ok(Message::Metrics { samples, secs: since.elapsed().as_secs_f64() })
}

/// Catches up with the clock, then publishes each scrape when its time has come. `is_there` is called once there is
/// something to scrape: a server that looked earlier would find every target down.
fn live_metrics(mut platform: Platform, listener: &platform::Listener, is_over: &AtomicBool, is_there: impl FnOnce()) {
    let stops = || is_over.load(Ordering::Relaxed);
    while platform.next_ms() <= platform.now_ms() && !stops() {
        platform.next_scrape();
    }
    let mut exposition = listener.publish(platform);
    is_there();
    while !stops() {
        exposition.advance_to(wall_ms());
        sleep_until(exposition.next_ms(), stops);
    }
}

/// Sends the past when the servers take it, then each slice when it is over.
fn signals(mut feed: Feed, is_over: &AtomicBool, can_feed: &Gate, tell: &Sender<Message>) {
    let stops = || is_over.load(Ordering::Relaxed);
    if !feed.is_wanted() {
        tell.send(Message::Signals { sent: feed::Sent::default(), secs: 0.0 }).unwrap_or(());
        return;
    }
    can_feed.wait();
    let since = monotonic_now();
    let progress = |percent| tell.send(Message::Note(format!("history: {percent} % sent"))).unwrap_or(());
    match feed.send_history(&stops, progress) {
        Ok(sent) => tell.send(Message::Signals { sent, secs: since.elapsed().as_secs_f64() }).unwrap_or(()),
        Err(error) => return tell.send(Message::Failed(error)).unwrap_or(()),
    }
    while !stops() {
        for failure in feed.advance_to(wall_ms()) {
            tell.send(Message::Note(failure)).unwrap_or(());
        }
        sleep_until(feed.next_ms(), stops);
    }
}

fn sleep_until(time_ms: i64, stops: impl Fn() -> bool) {
    let left_ms = (time_ms - wall_ms()).clamp(50, SCRAPE_INTERVAL_MS);
    wait(Duration::from_millis(left_ms.unsigned_abs()), stops);
}

/// Opens once.
#[derive(Default)]
struct Gate {
    is_open: Mutex<bool>,
    opened: Condvar,
}

impl Gate {
    fn open(&self) {
        *self.is_open.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.opened.notify_all();
    }

    fn wait(&self) {
        let is_open = self.is_open.lock().unwrap_or_else(PoisonError::into_inner);
        drop(self.opened.wait_while(is_open, |is_open| !*is_open).unwrap_or_else(PoisonError::into_inner));
    }
}

/// Lines for the person at the terminal, with the time since the start.
struct Say(Instant);

impl Say {
    fn line(&self, text: &str) {
        let secs = self.0.elapsed().as_secs();
        eprintln!("[{:>2}:{:02}] {text}", secs / 60, secs % 60);
    }
}

struct Stack<'a, F: Fn() -> bool> {
    options: &'a Options,
    say: &'a Say,
    folder: &'a Path,
    plans: &'a [Plan],
    told_to_stop: &'a F,
}

/// A server on its way to being ready.
struct Awaited<'a> {
    plan: &'a Plan,
    since: Instant,
}

impl<F: Fn() -> bool> Stack<'_, F> {
    /// Starts the servers, waits until all is there, and then until the end.
    fn watch(
        &self,
        running: &mut Vec<Process>,
        messages: &Receiver<Message>,
        can_feed: &Gate,
        facts: &Facts,
    ) -> Result<(), StackError> {
        let Self { say, plans, .. } = self;
        let client = Client::new();
        let waits_for_blocks = |plan: &&Plan| plan.name == Name::Prometheus;
        let mut awaited = Vec::new();
        for plan in plans.iter().filter(|plan| !waits_for_blocks(plan)) {
            awaited.push(self.start(plan, running)?);
        }
        let (mut has_metrics, mut has_signals) = (false, false);
        let mut ready_since: Option<Instant> = None;
        loop {
            for process in running.iter_mut() {
                if let Some(status) = process.ended() {
                    return Err(process.obituary(status));
                }
            }
            match messages.try_recv() {
                Ok(Message::Metrics { samples, secs }) => {
                    if samples > 0 {
                        say.line(&format!("prometheus: {samples} samples of history made in {secs:.1} s"));
                    }
                    has_metrics = true;
                    for plan in plans.iter().filter(waits_for_blocks) {
                        awaited.push(self.start(plan, running)?);
                    }
                }
                Ok(Message::Signals { sent, secs }) => {
                    let feed::Sent { logs, spans } = sent;
                    if logs + spans > 0 {
                        say.line(&format!("history sent: {logs} log lines, {spans} spans in {secs:.1} s"));
                    }
                    has_signals = true;
                }
                Ok(Message::Failed(error)) => return Err(error),
                Ok(Message::Note(note)) => say.line(&note),
                Err(TryRecvError::Empty | TryRecvError::Disconnected) => {}
            }
            let mut still = Vec::new();
            for one in awaited {
                if is_well(&client, &one.plan.health) {
                    let secs = one.since.elapsed().as_secs_f64();
                    say.line(&format!("{}: ready in {secs:.1} s at {}", one.plan.name.as_str(), one.plan.url));
                } else if one.since.elapsed().as_secs() > one.plan.name.patience_secs() {
                    let secs = one.plan.name.patience_secs();
                    return Err(StackError::Silent {
                        name: one.plan.name.as_str(),
                        secs,
                        log: self.log(one.plan.name),
                    });
                } else {
                    still.push(one);
                }
            }
            awaited = still;
            if !awaited.iter().any(|one| one.plan.name.is_fed()) {
                can_feed.open();
            }
            if ready_since.is_none() && has_metrics && has_signals && awaited.is_empty() {
                ready_since = Some(monotonic_now());
                announce::announce(self.options, plans, self.folder, facts, running, &client, say)?;
            }
            let is_long_enough = |since: Instant| self.options.length.is_some_and(|length| since.elapsed() > length);
            if (self.told_to_stop)() || ready_since.is_some_and(is_long_enough) {
                return Ok(());
            }
            wait(WATCH_PAUSE, self.told_to_stop);
        }
    }

    fn log(&self, name: Name) -> PathBuf {
        self.folder.join(format!("{}.log", name.as_str()))
    }

    fn start<'p>(&self, plan: &'p Plan, running: &mut Vec<Process>) -> Result<Awaited<'p>, StackError> {
        let name = plan.name.as_str();
        self.say.line(&format!("{name}: starting"));
        running.push(plan.launch.start(name, self.log(plan.name))?);
        Ok(Awaited { plan, since: monotonic_now() })
    }
}

fn is_well(client: &Client, health: &Health) -> bool {
    match health {
        Health::Http(url) => client.is_well(url),
        Health::Tcp { address, ask, answer } => {
            let exchange = || -> io::Result<bool> {
                let mut stream = TcpStream::connect_timeout(address, Duration::from_secs(1))?;
                stream.set_read_timeout(Some(Duration::from_secs(1)))?;
                stream.write_all(ask)?;
                let mut got = vec![0; answer.len()];
                stream.read_exact(&mut got)?;
                Ok(got == *answer)
            };
            exchange().unwrap_or(false)
        }
    }
}

/// Whether standard input has ended; looked at by a thread of its own.
fn end_of_input() -> Arc<AtomicBool> {
    let has_ended = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&has_ended);
    std::thread::spawn(move || {
        let mut rest = [0; 256];
        while io::stdin().read(&mut rest).is_ok_and(|count| count > 0) {}
        seen.store(true, Ordering::SeqCst);
    });
    has_ended
}
