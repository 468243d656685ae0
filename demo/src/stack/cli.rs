//! `agentarea-demo stack`: its arguments, and what tells it to end.

use std::sync::atomic::{AtomicBool, Ordering};

use super::options::Options;
use super::{Name, end_of_input, run};
use crate::stop::stop_signal;

const USAGE: &str = "\
Starts real servers and feeds them with the simulated platform's past and present; it ends with them.
cargo xtask stack knows where their programs are.

Usage:
  agentarea-demo stack --program NAME=PATH ... [--only NAMES] [--with NAMES] [--old] [--for LENGTH] [--until-eof]
                       [--folder FOLDER] [--dist FOLDER] [--deploy FOLDER] [--port N] [--seed N] [--hours H]

  --only, --with  servers, separated by commas: these alone, these besides
  --old           Prometheus 2 (programs prometheus-old and promtool-old)
  --for           ends so long after everything is there: 90s, 10m, 2h
  --until-eof     ends when its standard input does
  --folder        data, configuration and logs, made anew (target/stack)
  --dist          the built app (dist); --deploy nginx's configuration (deploy/nginx); --port nginx's port
  --hours         of the past
";

/// Reads the arguments after `stack` and does what they say.
pub fn main(arguments: impl IntoIterator<Item = std::ffi::OsString>) -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<_> = arguments.into_iter().collect();
    if arguments.iter().any(|argument| argument == "-h" || argument == "--help") {
        print!("{USAGE}\nServers: {}\n", Name::ALL.map(Name::as_str).join(", "));
        return Ok(());
    }
    let options = Options::parse(&mut lexopt::Parser::from_args(arguments))?;
    let should_stop = stop_signal()?;
    let has_input_ended = options.ends_with_input.then(end_of_input);
    let is_set = |flag: &AtomicBool| flag.load(Ordering::Relaxed);
    Ok(run(&options, || is_set(&should_stop) || has_input_ended.as_deref().is_some_and(is_set))?)
}
