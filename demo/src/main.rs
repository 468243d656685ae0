//! The command line of the demonstration: `serve`, `export` and `rules`; `stack` and `capture` read their own arguments.

use std::cell::RefCell;
use std::ffi::OsStr;
use std::io::{BufWriter, Write};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use agentarea_demo::api::{Api, firing_count};
use agentarea_demo::clock::{Clock, monotonic_now, parse_rfc3339, wait, wall_ms};
use agentarea_demo::export::export;
use agentarea_demo::jaeger::{Jaeger, Traces};
use agentarea_demo::nginx::front::Front;
use agentarea_demo::rules::RuleSet;
use agentarea_demo::server::{Apis, Options, Running};
use agentarea_demo::sim::{Platform, SCRAPE_INTERVAL_MS};
use agentarea_demo::stop::stop_signal;
use agentarea_demo::world::World;
use lexopt::prelude::{Long, Short, Value, ValueExt};

const USAGE: &str = "\
A simulated AgentArea platform with the APIs of Prometheus and Jaeger over its telemetry.

Usage:
  agentarea-demo serve [--listen ADDRESS:PORT] [--dist FOLDER] [--rules PATH] [--seed N]
                       [--now RFC3339 [--freeze]] [--hours H] [--upstream http://HOST:PORT]
                       [--nginx PROGRAM --deploy FOLDER]
  agentarea-demo stack --program NAME=PATH ... [options]
  agentarea-demo export --out FILE [--seed N] [--now RFC3339] [--hours H]
  agentarea-demo rules [--rules PATH]
  agentarea-demo capture --out FOLDER --program NAME=PATH ...

serve    answers http://127.0.0.1:9099/ unless told otherwise; port 0 takes a free one.
         --freeze stops time at --now; --upstream passes /prometheus/ on to a real Prometheus, and
         serves no traces at /jaeger/, since they would be of another platform.
         --nginx puts that nginx in front, with the configuration of deploy/nginx, on a free port.
stack    starts real servers and feeds them; see stack --help.
export   writes the same samples as OpenMetrics text, for promtool.
rules    checks the alert rules and lists them.
capture  writes answers of real servers as fixtures; see capture --help.
";

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("agentarea-demo: {message}");
            ExitCode::FAILURE
        }
    }
}

type CliError = Box<dyn std::error::Error>;

struct Arguments {
    listen: SocketAddr,
    dist: Option<PathBuf>,
    rules: Option<PathBuf>,
    out: Option<PathBuf>,
    upstream: Option<String>,
    nginx: Option<PathBuf>,
    deploy: Option<PathBuf>,
    seed: u64,
    now_ms: Option<i64>,
    is_frozen: bool,
    hours: u32,
}

fn run() -> Result<(), CliError> {
    let mut own_arguments = std::env::args_os().skip(1);
    match own_arguments.next().as_deref().and_then(OsStr::to_str) {
        Some("capture") => return agentarea_demo::capture::cli::main(own_arguments),
        Some("stack") => return agentarea_demo::stack::cli::main(own_arguments),
        _ => {}
    }
    let mut parser = lexopt::Parser::from_env();
    let mut command: Option<String> = None;
    let mut arguments = Arguments {
        listen: SocketAddr::from(([127, 0, 0, 1], 9099)),
        dist: None,
        rules: None,
        out: None,
        upstream: None,
        nginx: None,
        deploy: None,
        seed: 1,
        now_ms: None,
        is_frozen: false,
        hours: 30,
    };
    while let Some(argument) = parser.next()? {
        match argument {
            Short('h') | Long("help") => {
                print!("{USAGE}");
                return Ok(());
            }
            Long("listen") => {
                let text = parser.value()?.string()?;
                arguments.listen = text.parse().map_err(|_not_shown| {
                    format!("--listen takes an address and a port such as 127.0.0.1:9099, not {text:?}")
                })?;
            }
            Long("dist") => arguments.dist = Some(parser.value()?.into()),
            Long("rules") => arguments.rules = Some(parser.value()?.into()),
            Long("out") => arguments.out = Some(parser.value()?.into()),
            Long("upstream") => arguments.upstream = Some(parser.value()?.string()?),
            Long("nginx") => arguments.nginx = Some(parser.value()?.into()),
            Long("deploy") => arguments.deploy = Some(parser.value()?.into()),
            Long("seed") => arguments.seed = parser.value()?.parse()?,
            Long("now") => {
                let text = parser.value()?.string()?;
                let now_ms = parse_rfc3339(&text)
                    .ok_or_else(|| format!("--now takes a time such as 2026-08-01T12:00:00Z, not {text:?}"))?;
                arguments.now_ms = Some(now_ms);
            }
            Long("freeze") => arguments.is_frozen = true,
            Long("hours") => arguments.hours = parser.value()?.parse()?,
            Value(name) if command.is_none() => command = Some(name.string()?),
            other => return Err(other.unexpected().into()),
        }
    }
    match command.as_deref() {
        Some("serve") => serve(&arguments),
        Some("export") => export_file(&arguments),
        Some("rules") => list_rules(&arguments),
        Some(other) => Err(format!("there is no command {other:?}; see agentarea-demo --help").into()),
        None => Err("a command is needed: serve, stack, export, rules or capture; see agentarea-demo --help".into()),
    }
}

fn load_rules(arguments: &Arguments) -> Result<RuleSet, CliError> {
    Ok(match &arguments.rules {
        Some(path) => RuleSet::load(path, SCRAPE_INTERVAL_MS)?,
        None => RuleSet::of_the_guide(SCRAPE_INTERVAL_MS)?,
    })
}

fn serve(arguments: &Arguments) -> Result<(), CliError> {
    let rules = load_rules(arguments)?;
    if arguments.is_frozen && arguments.now_ms.is_none() {
        return Err("--freeze needs --now: it says at which time the clock stands still".into());
    }
    if let Some(dist) = &arguments.dist
        && !dist.join("index.html").is_file()
    {
        return Err(format!("there is no index.html in {}; build the app first", dist.display()).into());
    }
    let should_stop = stop_signal()?;
    let stops = || should_stop.load(Ordering::Relaxed);
    let clock = Clock::new(arguments.now_ms.unwrap_or_else(wall_ms), arguments.is_frozen);
    let options = Options {
        listen: arguments.listen,
        dist: arguments.dist.clone(),
        upstream: arguments.upstream.clone(),
        announces_clock: arguments.now_ms.is_some(),
    };
    let platform = Platform::with_history(arguments.seed, clock.start_ms(), arguments.hours);
    let traces = Arc::new(Traces::default());
    let mut world = World::new(platform, rules).with_traces(Arc::clone(&traces));
    let shared = world.shared();
    if options.upstream.is_none() {
        let started = monotonic_now();
        eprintln!("Simulating {} hours of the AgentArea platform (seed {}) ...", arguments.hours, arguments.seed);
        world.load_history(|share| eprintln!("  {:3.0} %  {:.1} s", share * 100.0, started.elapsed().as_secs_f64()));
        let (series, samples) = shared.engine.with_store(|store| (store.series_count(), store.samples_appended()));
        eprintln!(
            "{series} series, {samples} samples, {} traces, {} alerts firing, {:.1} s",
            traces.count(),
            firing_count(&shared),
            started.elapsed().as_secs_f64()
        );
    }
    let jaeger = options.upstream.is_none().then(|| Jaeger::new(traces, clock.clone()));
    let running = Running::start(&options, Apis { prometheus: Api::new(shared, clock.clone()), jaeger }, &clock)?;
    let front = RefCell::new(front(arguments, running.address)?);
    let url = front.borrow().as_ref().map_or_else(|| format!("http://{}/", running.address), |front| front.url.clone());
    println!("agentarea-demo ready {url}");
    std::io::stdout().flush()?;
    let front_ended = || front.borrow_mut().as_mut().and_then(Front::ended);
    let stops = || stops() || front_ended().is_some();
    while !stops() {
        if options.upstream.is_none() {
            world.advance_to(clock.now_ms());
        }
        let until_next_ms = (world.next_ms() - clock.now_ms()).clamp(50, SCRAPE_INTERVAL_MS);
        wait(Duration::from_millis(until_next_ms.unsigned_abs()), stops);
    }
    let failure = front_ended();
    drop(front.take());
    running.stop();
    eprintln!("agentarea-demo has stopped.");
    failure.map_or(Ok(()), |failure| Err(failure.into()))
}

/// nginx in front of the server at `address`, if it is wanted.
fn front(arguments: &Arguments, address: SocketAddr) -> Result<Option<Front>, CliError> {
    let Some(program) = &arguments.nginx else { return Ok(None) };
    let deploy = arguments.deploy.as_ref().ok_or("--nginx needs --deploy: the folder deploy/nginx")?;
    let dist = arguments.dist.as_ref().ok_or("--nginx needs --dist: nginx serves the app's files itself")?;
    Ok(Some(Front::start(program, deploy, dist, address)?))
}

fn export_file(arguments: &Arguments) -> Result<(), CliError> {
    let path = arguments.out.as_ref().ok_or("export needs --out FILE")?;
    let now_ms = arguments.now_ms.unwrap_or_else(wall_ms);
    let mut platform = Platform::with_history(arguments.seed, now_ms, arguments.hours);
    let file = std::fs::File::create(path).map_err(|error| format!("cannot write {}: {error}", path.display()))?;
    let mut out = BufWriter::with_capacity(1 << 20, file);
    let written = export(&mut platform, &mut out)?;
    out.flush()?;
    eprintln!("{written} samples written to {}", path.display());
    Ok(())
}

fn list_rules(arguments: &Arguments) -> Result<(), CliError> {
    for group in load_rules(arguments)?.groups {
        println!("{} ({})", group.name, group.file);
        for rule in group.rules {
            println!("  {}: {}", rule.name, rule.query);
        }
    }
    Ok(())
}
