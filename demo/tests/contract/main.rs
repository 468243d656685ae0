//! The HTTP contract: one suite of asks and assertions per API, put to the demonstration's server and to the real one.
//!
//! What is asserted must hold on both sides, and the demonstration must answer as the real server does, but for what
//! `normalise.rs` names. With `AGENTAREA_STACK` (the path of a running stack's `stack.json`) the real servers are that
//! stack's; without it the suite starts those it finds on the path and in set-up's cache. What is not there is skipped by
//! name; with `CI=true` and a stack, a skip fails.
//!
//! It has no harness, because its result is a table. Words among its arguments choose the cases whose names have them.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

#[path = "../common/mod.rs"]
mod common;
#[path = "../common/traces.rs"]
mod traces;

mod alertmanager;
mod case;
mod jaeger;
mod loki;
mod normalise;
mod prometheus;
mod runner;
mod self_check;
mod servers;
mod started;
mod wire;

use std::process::ExitCode;

use runner::Report;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.iter().any(|argument| argument == "--list") {
        println!("contract: test");
        return ExitCode::SUCCESS;
    }
    let words = arguments.into_iter().filter(|argument| !argument.starts_with('-')).collect();
    let mut report = Report::new(words);
    self_check::run(&mut report);
    servers::run(&mut report);
    report.finish(std::env::var_os("CI").is_some_and(|ci| ci == "true") && servers::stack_path().is_some())
}
