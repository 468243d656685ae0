//! Everything that must hold.

use std::process::ExitCode;

use crate::failure::Failure;
use crate::machine::Machine;
use crate::options::Options;
use crate::report::Report;

pub fn run(_: &Machine, _: &Report, options: Options) -> Result<ExitCode, Failure> {
    options.finish()?;
    Ok(ExitCode::FAILURE)
}
