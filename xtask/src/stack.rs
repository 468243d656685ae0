//! The guide's whole stack: real servers, fed by the simulated platform.
//!
//! What is done here ends where the servers are found and the demo crate's program is compiled: that starts them, feeds
//! them and ends them (`demo/src/stack`).

use std::ffi::OsString;
use std::path::Path;
use std::process::{Command, ExitCode};

use crate::bench::DEPLOY;
use crate::build;
use crate::demo;
use crate::failure::Failure;
use crate::machine::Machine;
use crate::options::Options;
use crate::process::run_shown;
use crate::report::Report;
use crate::setup::{self, Backends, Level, Server, Wanted};

/// Where captured responses are kept.
const FIXTURES: &str = "tests/fixtures";

/// Options that the stack's own command understands and we do not.
const HANDED_ON: [&str; 4] = ["for", "seed", "hours", "port"];

pub fn run(machine: &Machine, report: &Report, mut options: Options) -> Result<ExitCode, Failure> {
    let wanted = Wanted::take(&mut options)?;
    let is_built = options.take_flag("no-build");
    let mut handed_on: Vec<OsString> = Vec::new();
    for name in HANDED_ON {
        if let Some(value) = options.take_value(name)? {
            handed_on.extend([format!("--{name}").into(), value.into()]);
        }
    }
    options.finish()?;
    if is_built && wanted.has(Server::Nginx) {
        // Before servers are built for a quarter of an hour.
        demo::check_built(machine)?;
    }
    let backends = prepare(machine, report, &wanted, || {
        if wanted.has(Server::Nginx) {
            demo::prepare(machine, report, is_built)
        } else {
            demo::compile_server(machine, report)
        }
    })?;
    let mut stack = command(machine, &backends, &machine.target.join("stack"));
    stack.args(handed_on);
    report.say("stack: starting the servers; Ctrl+C ends them");
    demo::replace_with(stack)
}

/// Set-up of what the tests and the stack need.
pub fn set_up(machine: &Machine, report: &Report, mut options: Options) -> Result<ExitCode, Failure> {
    let wanted = Wanted::take(&mut options)?;
    options.finish()?;
    prepare(machine, report, &wanted, || setup::run(machine, report, Level::Test).map(drop))?;
    report.say(&format!("set up; tools are in {}", machine.cache.display()));
    Ok(ExitCode::SUCCESS)
}

/// Asks the servers anew for the responses that the wire formats are tested with.
pub fn capture(machine: &Machine, report: &Report, mut options: Options) -> Result<(), Failure> {
    let only = options.take_value("only")?;
    options.finish()?;
    let wanted = Wanted::for_capture(only.as_deref())?;
    let backends = prepare(machine, report, &wanted, || demo::compile_server(machine, report))?;
    let mut capture = Command::new(demo::server_path(machine));
    capture.arg("capture").arg("--out").arg(machine.root.join(FIXTURES)).args(backends.program_arguments());
    if let Some(only) = only {
        capture.args(["--only", &only]);
    }
    run_shown(&mut capture, "capture")
}

/// Finds or installs the servers, side by side with what else is to be made.
fn prepare(
    machine: &Machine,
    report: &Report,
    wanted: &Wanted,
    make: impl FnOnce() -> Result<(), Failure>,
) -> Result<Backends, Failure> {
    let (backends, made) = std::thread::scope(|scope| {
        let backends = scope.spawn(|| setup::backends(machine, report, wanted));
        let made = make();
        (backends.join(), made)
    });
    let Ok(backends) = backends else {
        return Err(Failure::Rule("the servers' set-up panicked; see above".to_owned()));
    };
    match (backends, made) {
        (Err(backends), Err(made)) => Err(Failure::Several(vec![backends, made])),
        (Ok(backends), Ok(())) if backends.is_empty() => Err(Failure::Usage(
            "none of the servers that were asked for can be had here; the reasons are above".to_owned(),
        )),
        (backends, made) => made.and(backends),
    }
}

/// The program that becomes the stack, with its data in `folder`.
pub fn command(machine: &Machine, backends: &Backends, folder: &Path) -> Command {
    let mut stack = Command::new(demo::server_path(machine));
    stack.arg("stack").arg("--folder").arg(folder).arg("--dist").arg(build::dist(machine));
    stack.arg("--deploy").arg(machine.root.join(DEPLOY)).args(backends.arguments());
    stack
}
