//! What `agentarea-demo stack` is told.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use lexopt::prelude::{Long, ValueExt};

use super::{Name, StackError};

/// So much is simulated unless told otherwise: a day, and what queries over a day look back.
const DEFAULT_HOURS: u32 = 26;

/// What to start, with what, and for how long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// Data, configuration and logs; cleared at the start.
    pub folder: PathBuf,
    pub dist: PathBuf,
    pub deploy: PathBuf,
    pub programs: BTreeMap<String, PathBuf>,
    pub names: Vec<Name>,
    pub is_old: bool,
    pub length: Option<Duration>,
    pub ends_with_input: bool,
    pub seed: u64,
    pub hours: u32,
    /// nginx's; a free one otherwise.
    pub port: Option<u16>,
}

impl Options {
    pub fn parse(parser: &mut lexopt::Parser) -> Result<Self, Box<dyn std::error::Error>> {
        let mut options = Self {
            folder: "target/stack".into(),
            dist: "dist".into(),
            deploy: "deploy/nginx".into(),
            programs: BTreeMap::new(),
            names: Vec::new(),
            is_old: false,
            length: None,
            ends_with_input: false,
            seed: 1,
            hours: DEFAULT_HOURS,
            port: None,
        };
        let (mut only, mut with) = (String::new(), String::new());
        while let Some(argument) = parser.next()? {
            match argument {
                Long("folder") => options.folder = parser.value()?.into(),
                Long("dist") => options.dist = parser.value()?.into(),
                Long("deploy") => options.deploy = parser.value()?.into(),
                Long("program") => {
                    let text = parser.value()?.string()?;
                    let (name, path) =
                        text.split_once('=').ok_or_else(|| format!("--program takes NAME=PATH, not {text:?}"))?;
                    options.programs.insert(name.to_owned(), path.into());
                }
                Long("only") => only = parser.value()?.string()?,
                Long("with") => with = parser.value()?.string()?,
                Long("old") => options.is_old = true,
                Long("for") => {
                    let text = parser.value()?.string()?;
                    options.length = Some(
                        length(&text)
                            .ok_or_else(|| format!("--for takes a length such as 90s, 10m or 2h, not {text:?}"))?,
                    );
                }
                Long("until-eof") => options.ends_with_input = true,
                Long("seed") => options.seed = parser.value()?.parse()?,
                Long("hours") => options.hours = parser.value()?.parse()?,
                Long("port") => options.port = Some(parser.value()?.parse()?),
                other => return Err(other.unexpected().into()),
            }
        }
        options.names = names(&only, &with)?;
        Ok(options)
    }
}

/// The servers to start, in order: those named, or all but the extra ones; and those asked for besides.
fn names(only: &str, with: &str) -> Result<Vec<Name>, StackError> {
    let parse = |text: &str| -> Result<Vec<Name>, StackError> {
        let words = text.split(',').map(str::trim).filter(|word| !word.is_empty());
        words
            .map(|word| {
                Name::parse(word).ok_or_else(|| {
                    let all = Name::ALL.map(Name::as_str).join(", ");
                    StackError::Usage(format!("there is no server {word:?}; there are {all}"))
                })
            })
            .collect()
    };
    let mut names = parse(only)?;
    if names.is_empty() {
        names.extend(Name::ALL.into_iter().filter(|name| !name.is_extra()));
    }
    names.extend(parse(with)?);
    for (exporter, server) in [(Name::PostgresExporter, Name::Postgres), (Name::RedisExporter, Name::Redis)] {
        if names.contains(&exporter) {
            names.push(server);
        }
    }
    names.sort();
    names.dedup();
    Ok(names)
}

/// `90s`, `10m`, `2h`.
fn length(text: &str) -> Option<Duration> {
    let (number, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let number: u64 = number.parse().ok()?;
    let secs = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3600,
        _ => return None,
    };
    Some(Duration::from_secs(number.checked_mul(secs)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(words: &[&str]) -> Result<Options, String> {
        Options::parse(&mut lexopt::Parser::from_args(words)).map_err(|error| error.to_string())
    }

    #[test]
    fn what_is_not_named_is_the_guides_stack() {
        let options = parsed(&["--for", "10m", "--program", "loki=/x/loki"]).unwrap();
        assert_eq!(options.names.len(), 10);
        assert!(!options.names.contains(&Name::Zipkin));
        assert_eq!(options.length, Some(Duration::from_mins(10)));
        assert_eq!(options.programs["loki"], PathBuf::from("/x/loki"));
    }

    #[test]
    fn servers_are_chosen_by_name_with_what_they_need() {
        let names = |words: &[&str]| parsed(words).unwrap().names;
        assert_eq!(names(&["--only", "prometheus, jaeger"]), [Name::Jaeger, Name::Prometheus]);
        assert_eq!(names(&["--only", "redis-exporter"]), [Name::Redis, Name::RedisExporter]);
        assert_eq!(names(&["--only=loki", "--with", "zipkin,loki"]), [Name::Loki, Name::Zipkin]);
    }

    #[test]
    fn mistakes_are_named() {
        for (words, said) in [
            (["--only", "grafana"], "there is no server \"grafana\"; there are loki, "),
            (["--for", "soon"], "--for takes a length such as 90s"),
            (["--program", "loki"], "--program takes NAME=PATH"),
        ] {
            let error = parsed(&words).unwrap_err();
            assert!(error.contains(said), "{error}");
        }
    }
}
