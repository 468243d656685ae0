//! The app on a simulated platform, from nothing to an address that answers.

use std::net::TcpListener;
use std::process::{Command, ExitCode};

use crate::build;
use crate::failure::Failure;
use crate::machine::Machine;
use crate::options::Options;
use crate::process::{command, exe, run_logged};
use crate::report::Report;
use crate::setup::{self, Level};

const DEFAULT_PORT: u16 = 7311;
/// How many ports after the default one are tried.
const PORTS_TRIED: u16 = 50;

pub fn run(machine: &Machine, report: &Report, mut options: Options) -> Result<ExitCode, Failure> {
    let port = options.take_value("port")?;
    let is_built = options.take_flag("no-build");
    let mut arguments = Vec::new();
    for name in ["seed", "now", "upstream"] {
        if let Some(value) = options.take_value(name)? {
            arguments.extend([format!("--{name}"), value]);
        }
    }
    if options.take_flag("freeze") {
        arguments.push("--freeze".to_owned());
    }
    options.finish()?;
    let port = match port {
        Some(port) => port.parse().map_err(|error| Failure::Usage(format!("--port {port}: {error}")))?,
        None => free_port()?,
    };

    prepare(machine, report, is_built)?;

    let mut server = Command::new(server_path(machine));
    server
        .args(["serve", "--listen", &format!("127.0.0.1:{port}"), "--dist"])
        .arg(build::dist(machine))
        .args(arguments);
    report.say(&format!("demo: starting the platform; Ctrl+C ends it. It will be at http://127.0.0.1:{port}/"));
    replace_with(server)
}

/// Compiles the server and, unless `is_built`, sets up and builds what it serves.
pub fn prepare(machine: &Machine, report: &Report, is_built: bool) -> Result<(), Failure> {
    if is_built {
        check_built(machine)?;
        return compile_server(machine, report);
    }
    // The server needs no set-up: it is compiled while the tools are.
    std::thread::scope(|scope| {
        let server = scope.spawn(|| compile_server(machine, report));
        let tools = setup::prepare(machine, report, Level::Demo, |compiler| build::compile(machine, report, compiler));
        let built = tools.and_then(|tools| build::run(machine, report, &tools, false));
        let server = server.join().unwrap_or_else(|_| Err(Failure::Rule("compiling the server panicked".to_owned())));
        match (built, server) {
            (Err(built), Err(server)) => Err(Failure::Several(vec![built, server])),
            (built, server) => built.and(server),
        }
    })
}

/// What `--no-build` relies on.
pub fn check_built(machine: &Machine) -> Result<(), Failure> {
    if build::dist(machine).join("index.html").is_file() {
        return Ok(());
    }
    Err(Failure::Usage("there is no dist/ yet; leave out --no-build".to_owned()))
}

pub fn server_path(machine: &Machine) -> std::path::PathBuf {
    machine.target.join("demo").join(exe("agentarea-demo"))
}

pub fn compile_server(machine: &Machine, report: &Report) -> Result<(), Failure> {
    let log = machine.log("compile-demo");
    report.step("compile demo", "the simulated platform and its server", Some(&log), || {
        let mut cargo = command("cargo");
        // Named, in case it was given relative to another folder.
        cargo.env("CARGO_TARGET_DIR", &machine.target);
        run_logged(
            cargo.args(["build", "--profile", "demo", "--package", "agentarea-demo"]),
            "cargo build of the demo",
            &log,
        )
    })
}

fn free_port() -> Result<u16, Failure> {
    (DEFAULT_PORT..DEFAULT_PORT + PORTS_TRIED)
        .find(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok())
        .ok_or_else(|| Failure::Usage(format!("no free port from {DEFAULT_PORT} on; name one with --port")))
}

/// We become the server, so that whoever ends us ends it: nothing is left behind.
#[cfg(unix)]
pub fn replace_with(mut server: Command) -> Result<ExitCode, Failure> {
    use std::os::unix::process::CommandExt;
    let what = format!("cannot start {}", server.get_program().display());
    Err(Failure::Io { what, source: server.exec() })
}

#[cfg(not(unix))]
pub fn replace_with(mut server: Command) -> Result<ExitCode, Failure> {
    crate::process::run_shown(&mut server, "agentarea-demo").map(|()| ExitCode::SUCCESS)
}
