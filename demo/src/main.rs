//! The command line of the demonstration: `serve`, `export`, `rules` and `capture` (which reads its own arguments).

use std::io::{BufWriter, Write};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use agentarea_demo::api::{Api, firing_count};
use agentarea_demo::clock::{Clock, monotonic_now, parse_rfc3339, wait, wall_ms};
use agentarea_demo::export::export;
use agentarea_demo::rules::RuleSet;
use agentarea_demo::server::{Options, Running};
use agentarea_demo::sim::{Platform, SCRAPE_INTERVAL_MS};
use agentarea_demo::world::World;
use lexopt::prelude::{Long, Short, Value, ValueExt};

const USAGE: &str = "\
A simulated AgentArea platform with an embedded Prometheus API.

Usage:
  agentarea-demo serve [--listen ADDRESS:PORT] [--dist FOLDER] [--rules PATH] [--seed N]
                       [--now RFC3339 [--freeze]] [--hours H] [--upstream http://HOST:PORT]
  agentarea-demo export --out FILE [--seed N] [--now RFC3339] [--hours H]
  agentarea-demo rules [--rules PATH]
  agentarea-demo capture --out FOLDER --program NAME=PATH ...

serve    answers http://127.0.0.1:9099/ unless told otherwise; port 0 takes a free one.
         --freeze stops time at --now; --upstream passes /prometheus/ on to a real Prometheus.
export   writes the same samples as OpenMetrics text, for promtool.
rules    checks the alert rules and lists them.
capture  writes answers of real servers as fixtures; see capture --help.
";

/// The rules of the guide travel inside the program; `--rules` reads others.
const GUIDE_RULES: &str = include_str!("../rules/agentarea_rules.yml");

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
    seed: u64,
    now_ms: Option<i64>,
    is_frozen: bool,
    hours: u32,
}

fn run() -> Result<(), CliError> {
    let mut own_arguments = std::env::args_os().skip(1);
    if own_arguments.next().is_some_and(|first| first == "capture") {
        return agentarea_demo::capture::cli::main(own_arguments);
    }
    let mut parser = lexopt::Parser::from_env();
    let mut command: Option<String> = None;
    let mut arguments = Arguments {
        listen: SocketAddr::from(([127, 0, 0, 1], 9099)),
        dist: None,
        rules: None,
        out: None,
        upstream: None,
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
        None => Err("a command is needed: serve, export, rules or capture; see agentarea-demo --help".into()),
    }
}

fn load_rules(arguments: &Arguments) -> Result<RuleSet, CliError> {
    Ok(match &arguments.rules {
        Some(path) => RuleSet::load(path, SCRAPE_INTERVAL_MS)?,
        None => RuleSet::parse("agentarea_rules.yml".as_ref(), GUIDE_RULES, SCRAPE_INTERVAL_MS)?,
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
    let should_stop = Arc::new(AtomicBool::new(false));
    for signal in [signal_hook::consts::SIGINT, signal_hook::consts::SIGTERM] {
        signal_hook::flag::register(signal, Arc::clone(&should_stop))?;
    }
    let stops = || should_stop.load(Ordering::Relaxed);
    let clock = Clock::new(arguments.now_ms.unwrap_or_else(wall_ms), arguments.is_frozen);
    let options = Options {
        listen: arguments.listen,
        dist: arguments.dist.clone(),
        upstream: arguments.upstream.clone(),
        announces_clock: arguments.now_ms.is_some(),
    };
    let platform = Platform::with_history(arguments.seed, clock.start_ms(), arguments.hours);
    let mut world = World::new(platform, rules);
    let shared = world.shared();
    if options.upstream.is_none() {
        let started = monotonic_now();
        eprintln!("Simulating {} hours of the AgentArea platform (seed {}) ...", arguments.hours, arguments.seed);
        world.load_history(|share| eprintln!("  {:3.0} %  {:.1} s", share * 100.0, started.elapsed().as_secs_f64()));
        let (series, samples) = shared.engine.with_store(|store| (store.series_count(), store.samples_appended()));
        eprintln!(
            "{series} series, {samples} samples, {} alerts firing, {:.1} s",
            firing_count(&shared),
            started.elapsed().as_secs_f64()
        );
    }
    let running = Running::start(&options, Api::new(shared, clock.clone()), &clock)?;
    println!("agentarea-demo ready http://{}/", running.address);
    std::io::stdout().flush()?;
    while !stops() {
        if options.upstream.is_none() {
            world.advance_to(clock.now_ms());
        }
        let until_next_ms = (world.next_ms() - clock.now_ms()).clamp(50, SCRAPE_INTERVAL_MS);
        wait(Duration::from_millis(until_next_ms.unsigned_abs()), stops);
    }
    running.stop();
    eprintln!("agentarea-demo has stopped.");
    Ok(())
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
