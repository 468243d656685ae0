//! `cargo xtask`: the one place that knows how this repository is set up, built, shown, tested and measured.
//!
//! It depends on the standard library alone, so that its first line appears seconds after a fresh clone. It starts
//! other tools (cargo, Trunk, npm, node, apt-get, the browser's tests) and never does their work itself.

mod bench;
mod build;
mod demo;
mod failure;
mod machine;
mod options;
mod process;
mod report;
mod setup;
mod stack;
mod test;

use std::process::ExitCode;

use failure::Failure;
use machine::Machine;
use options::Options;
use report::Report;

const HELP: &str = "\
cargo xtask <task> [options]

  setup   [--level demo|test|stack|bench] [--only NAMES] [--with NAMES]
                                  find or install what the tasks below need (default: test; stack adds the servers of
                                  the task stack, bench Prometheus 3 with its page)
  build   [--force]               release dist/ with .br and .gz siblings, its size table, the size budget
  demo    [--port N] [--seed N] [--now RFC3339] [--freeze] [--no-build] [--upstream URL]
                                  set up, build, and serve the app on a simulated platform
  stack   [--only NAMES] [--with NAMES] [--old] [--for 10m] [--seed N] [--hours H] [--port N] [--no-build]
                                  the same app on real servers, fed by the simulated platform: prometheus, alertmanager,
                                  loki, jaeger, postgres, redis, node-exporter, postgres-exporter, redis-exporter, nginx;
                                  --with adds zipkin,elasticsearch; --old takes Prometheus 2
  test    [--only unit|wire|browser|e2e|stack] [--filter TEXT]
                                  everything that must hold; the last line counts it. A server that this machine cannot
                                  have is skipped by name; with CI=true that fails
  capture [--only NAMES]          ask real servers anew for the answers in tests/fixtures
  bench                           the figures of the README, against their peers, into target/bench.json
  pictures [--stack FILE]         take the pictures in docs/images anew; with a running stack's stack.json, those of the stack

Tools go to $XDG_CACHE_HOME/agentarea-observability (default ~/.cache), never into the checkout.";

fn main() -> ExitCode {
    match run() {
        Ok(code) => code,
        Err(failure) => {
            eprintln!("\n{failure}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<ExitCode, Failure> {
    let mut options = Options::from_args(std::env::args().skip(1))?;
    let task = options.take_task();
    if task == "help" {
        println!("{HELP}");
        return Ok(ExitCode::SUCCESS);
    }
    let report = Report::start();
    let machine = Machine::here()?;
    match task.as_str() {
        "setup" => {
            let level = match options.take_value("level")?.as_deref() {
                Some("demo") => setup::Level::Demo,
                Some("test") | None => setup::Level::Test,
                Some("bench") => setup::Level::Bench,
                Some("stack") => return stack::set_up(&machine, &report, options),
                Some(other) => return Err(Failure::Usage(format!("--level {other}: demo, test, stack or bench"))),
            };
            options.finish()?;
            setup::run(&machine, &report, level)?;
            report.say(&format!("set up; tools are in {}", machine.cache.display()));
        }
        "build" => {
            let is_forced = options.take_flag("force");
            options.finish()?;
            let tools = setup::run(&machine, &report, setup::Level::Demo)?;
            build::run(&machine, &report, &tools, is_forced)?;
        }
        "demo" => return demo::run(&machine, &report, options),
        "stack" => return stack::run(&machine, &report, options),
        "capture" => stack::capture(&machine, &report, options)?,
        "test" => return test::run(&machine, &report, options),
        "bench" => bench::bench(&machine, &report, options)?,
        "pictures" => bench::pictures(&machine, &report, options)?,
        other => return Err(Failure::Usage(format!("no task is called “{other}”\n\n{HELP}"))),
    }
    Ok(ExitCode::SUCCESS)
}
