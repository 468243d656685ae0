//! `agentarea-demo capture`: its arguments, and what it tells.

use lexopt::prelude::{Long, Short, ValueExt};
use std::collections::BTreeMap;
use std::path::PathBuf;

use super::{NAMES, Options, Outcome, Written, run};
use crate::stop::stop_signal;

const USAGE: &str = "\
Writes answers of real servers as fixtures.

Usage:
  agentarea-demo capture --out FOLDER [--only NAME,NAME] --program NAME=PATH ...

FOLDER is tests/fixtures. Each server is started alone, on a free port of 127.0.0.1, with a small fixed data set.
";

/// Reads the arguments after `capture` and does what they say.
pub fn main(arguments: impl IntoIterator<Item = std::ffi::OsString>) -> Result<(), Box<dyn std::error::Error>> {
    let mut parser = lexopt::Parser::from_args(arguments);
    let (mut out, mut programs, mut only) = (None, BTreeMap::new(), Vec::new());
    while let Some(argument) = parser.next()? {
        match argument {
            Short('h') | Long("help") => {
                print!("{USAGE}\nNames for --only: {}\n", NAMES.join(", "));
                return Ok(());
            }
            Long("out") => out = Some(PathBuf::from(parser.value()?)),
            Long("only") => only.extend(parser.value()?.string()?.split(',').map(str::to_owned)),
            Long("program") => {
                let text = parser.value()?.string()?;
                let (name, path) = text.split_once('=').ok_or("--program takes NAME=PATH")?;
                programs.insert(name.to_owned(), PathBuf::from(path));
            }
            other => return Err(other.unexpected().into()),
        }
    }
    let out = out.ok_or("capture needs --out FOLDER (tests/fixtures)")?;
    let should_stop = stop_signal()?;
    let (mut captured_count, mut skipped) = (0, Vec::new());
    run(&Options { out, programs, only }, &should_stop, |name, outcome| match outcome {
        Outcome::Captured { version, written } => {
            captured_count += 1;
            println!("{name} {version}: {}", told(written));
        }
        Outcome::Skipped { missing } => {
            skipped.push(name.to_owned());
            println!("{name}: skipped, without --program {}", missing.join(", --program "));
        }
    })?;
    if !skipped.is_empty() {
        println!("Skipped: {}. Their fixtures are as they were.", skipped.join(", "));
    }
    if captured_count == 0 {
        return Err("no server was given: nothing was captured".into());
    }
    Ok(())
}

fn told(written: &Written) -> String {
    let Written { unchanged_count, changed, new, stale } = written;
    let mut parts = vec![format!("{unchanged_count} unchanged")];
    for (what, names) in [("changed", changed), ("new", new), ("not asked for any more", stale)] {
        if !names.is_empty() {
            parts.push(format!("{} {what}: {}", names.len(), names.join(", ")));
        }
    }
    parts.join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_what_is_wrong_with_its_arguments() {
        let fails = |arguments: &[&str]| main(arguments.iter().map(std::ffi::OsString::from)).unwrap_err().to_string();
        assert_eq!(fails(&[]), "capture needs --out FOLDER (tests/fixtures)");
        assert_eq!(fails(&["--program", "loki"]), "--program takes NAME=PATH");
        assert_eq!(fails(&["--out", "nowhere"]), "no server was given: nothing was captured");
        assert!(fails(&["--out", "nowhere", "--only", "lokki"]).starts_with("there is no backend \"lokki\""));
    }

    #[test]
    fn tells_what_was_written() {
        let written = Written { unchanged_count: 2, changed: vec!["a".into()], ..Written::default() };
        assert_eq!(told(&written), "2 unchanged; 1 changed: a");
    }
}
