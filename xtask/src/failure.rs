//! What can stop a task, and what a person does about it.

use std::fmt;
use std::io;
use std::path::PathBuf;

#[derive(Debug)]
pub enum Failure {
    /// The command line was not understood.
    Usage(String),
    /// The operating system refused something.
    Io { what: String, source: io::Error },
    /// A tool that was started ended badly.
    Command { what: String, end: String, log: Option<PathBuf>, tail: String },
    /// Something must be there that this task may not install.
    Missing { what: String, why: String, mend: String },
    /// The result breaks a rule of this repository.
    Rule(String),
    /// Several independent steps failed.
    Several(Vec<Failure>),
}

impl Failure {
    pub fn io(what: impl Into<String>) -> impl FnOnce(io::Error) -> Failure {
        let what = what.into();
        move |source| Failure::Io { what, source }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Usage(message) | Self::Rule(message) => write!(f, "{message}"),
            Self::Io { what, source } => write!(f, "{what}: {source}"),
            Self::Command { what, end, log, tail } => {
                write!(f, "{what}: {end}")?;
                for line in tail.lines() {
                    write!(f, "\n  | {line}")?;
                }
                match log {
                    Some(log) => write!(f, "\n  the whole log: {}", log.display()),
                    None => Ok(()),
                }
            }
            Self::Missing { what, why, mend } => write!(f, "{what} is missing. {why}\n  to mend it: {mend}"),
            Self::Several(failures) => {
                for (index, failure) in failures.iter().enumerate() {
                    if index > 0 {
                        writeln!(f)?;
                    }
                    write!(f, "{failure}")?;
                }
                Ok(())
            }
        }
    }
}

impl std::error::Error for Failure {}
