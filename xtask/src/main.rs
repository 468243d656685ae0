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
mod test;

use std::process::ExitCode;

use failure::Failure;
use machine::Machine;
use options::Options;
use report::Report;

const HELP: &str = "\
cargo xtask <task> [options]

  setup   [--level demo|test|bench]
                                  find or install what the tasks below need (default: test; bench adds Prometheus 3)
  build   [--force]               release dist/ with .br and .gz siblings, its size table, the size budget
  demo    [--port N] [--seed N] [--now RFC3339] [--freeze] [--no-build] [--upstream URL]
                                  set up, build, and serve the app on a simulated platform
  test    [--only unit|wire|browser|e2e] [--filter TEXT]
                                  everything that must hold; the last line counts it
  bench                           the figures of the README, against their peers, into target/bench.json
  pictures                        take the pictures in docs/images anew

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
                Some(other) => return Err(Failure::Usage(format!("--level {other}: demo, test or bench"))),
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
        "test" => return test::run(&machine, &report, options),
        "bench" => bench::bench(&machine, &report, options)?,
        "pictures" => bench::pictures(&machine, &report, options)?,
        other => return Err(Failure::Usage(format!("no task is called “{other}”\n\n{HELP}"))),
    }
    Ok(ExitCode::SUCCESS)
}
