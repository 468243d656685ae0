//! The command line: one task, then `--name value` and `--name`.

use crate::failure::Failure;

#[derive(Debug, Default)]
pub struct Options {
    task: String,
    /// Options in the order given; a flag has no value.
    given: Vec<(String, Option<String>)>,
}

impl Options {
    pub fn from_args(args: impl Iterator<Item = String>) -> Result<Self, Failure> {
        let mut options = Self::default();
        let mut args = args.peekable();
        while let Some(arg) = args.next() {
            if arg == "-h" || arg == "--help" {
                "help".clone_into(&mut options.task);
            } else if let Some(name) = arg.strip_prefix("--") {
                let (name, value) = match name.split_once('=') {
                    Some((name, value)) => (name.to_owned(), Some(value.to_owned())),
                    None => (name.to_owned(), args.next_if(|next| !next.starts_with("--"))),
                };
                options.given.push((name, value));
            } else if options.task.is_empty() {
                options.task = arg;
            } else {
                return Err(Failure::Usage(format!("“{arg}” was not expected; see cargo xtask help")));
            }
        }
        Ok(options)
    }

    pub fn take_task(&mut self) -> String {
        if self.task.is_empty() { "help".to_owned() } else { std::mem::take(&mut self.task) }
    }

    pub fn take_flag(&mut self, name: &str) -> bool {
        match self.given.iter().position(|(given, value)| given == name && value.is_none()) {
            Some(index) => {
                self.given.remove(index);
                true
            }
            None => false,
        }
    }

    pub fn take_value(&mut self, name: &str) -> Result<Option<String>, Failure> {
        let Some(index) = self.given.iter().position(|(given, _)| given == name) else { return Ok(None) };
        match self.given.remove(index).1 {
            Some(value) => Ok(Some(value)),
            None => Err(Failure::Usage(format!("--{name} needs a value"))),
        }
    }

    /// Fails if anything was given that no task took.
    pub fn finish(self) -> Result<(), Failure> {
        match self.given.first() {
            Some((name, _)) => Err(Failure::Usage(format!("--{name} is not an option here; see cargo xtask help"))),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(line: &str) -> Options {
        Options::from_args(line.split_whitespace().map(str::to_owned)).unwrap()
    }

    #[test]
    fn task_flags_and_values_are_told_apart() {
        let mut given = options("demo --port 80 --freeze --now=2026-11-22T15:00:00Z");
        assert_eq!(given.take_task(), "demo");
        assert!(given.take_flag("freeze"));
        assert!(!given.take_flag("freeze"));
        assert_eq!(given.take_value("port").unwrap().as_deref(), Some("80"));
        assert_eq!(given.take_value("now").unwrap().as_deref(), Some("2026-11-22T15:00:00Z"));
        assert_eq!(given.take_value("seed").unwrap(), None);
        given.finish().unwrap();
    }

    #[test]
    fn what_nobody_took_is_an_error() {
        assert!(options("build --prot 80").finish().unwrap_err().to_string().contains("--prot"));
        assert!(options("demo --port").take_value("port").is_err());
        assert_eq!(options("").take_task(), "help");
        assert!(Options::from_args(["build".to_owned(), "more".to_owned()].into_iter()).is_err());
    }
}
