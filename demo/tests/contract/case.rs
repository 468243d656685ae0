//! A case as data: one or more asks, what must hold of each answer on both sides, and what may differ between them.
//!
//! A later ask may use what an earlier answer told: `«name»` in a path, a parameter, a header, a body or an expected text
//! stands for what was kept under that name, on that side. A case knows no server and prints nothing.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::normalise::Rule;
use crate::wire::Seen;

/// What earlier answers of a case told, on one side.
pub type Kept = BTreeMap<&'static str, String>;

/// Something that must hold of an answer; what it found instead, otherwise.
pub type Check = Box<dyn Fn(&Seen, &Kept) -> Result<(), String>>;

pub struct Case {
    pub name: String,
    pub steps: Vec<Step>,
}

/// A case with a single ask.
pub fn case(name: impl Into<String>, step: Step) -> Case {
    flow(name, vec![step])
}

/// A case whose asks build on each other.
pub fn flow(name: impl Into<String>, steps: Vec<Step>) -> Case {
    Case { name: name.into(), steps }
}

/// How two answers are compared, after the rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sameness {
    /// Status, headers and the whole body.
    Whole,
    /// Status and headers, and of the body which fields there are and of which kind: the values are each side's own.
    Shape,
    /// Status and headers: what is in the body belongs to each side.
    Head,
    /// Not at all: the answer prepares a later one.
    Nothing,
}

/// The demonstration is known to answer otherwise: with this status, and for this reason. It fails when it no longer does.
#[derive(Debug, Clone, Copy)]
pub struct Otherwise {
    pub status: u16,
    pub why: &'static str,
}

pub struct Step {
    pub method: &'static str,
    pub path: String,
    pub params: Vec<(&'static str, String)>,
    /// Whether the parameters are the body of a form, not part of the address.
    pub is_form: bool,
    pub headers: Vec<(&'static str, String)>,
    /// Content type and text.
    pub body: Option<(&'static str, String)>,
    pub checks: Vec<Check>,
    /// Names, and where in the JSON the values are.
    pub keeps: Vec<(&'static str, String)>,
    pub sameness: Sameness,
    pub rules: Vec<&'static Rule>,
    pub demo: Option<Otherwise>,
    /// Whether the answer may take a while to become what it must be: servers take in what they are given in their time.
    pub is_eventual: bool,
    /// Whether the order of the answer's lists is chance.
    pub is_unordered: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Null,
    Bool,
    Number,
    Text,
    List,
    Object,
}

impl Kind {
    pub fn of(value: &Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(_) => Self::Bool,
            Value::Number(_) => Self::Number,
            Value::String(_) => Self::Text,
            Value::Array(_) => Self::List,
            Value::Object(_) => Self::Object,
        }
    }
}

pub fn get(path: impl Into<String>) -> Step {
    ask("GET", path)
}

pub fn post(path: impl Into<String>) -> Step {
    ask("POST", path)
}

/// An ask that must be answered with 200 unless it says otherwise.
pub fn ask(method: &'static str, path: impl Into<String>) -> Step {
    Step {
        method,
        path: path.into(),
        params: Vec::new(),
        is_form: false,
        headers: Vec::new(),
        body: None,
        checks: Vec::new(),
        keeps: Vec::new(),
        sameness: Sameness::Whole,
        rules: Vec::new(),
        demo: None,
        is_eventual: false,
        is_unordered: false,
    }
}

/// `«name»` replaced by what was kept.
pub fn filled(text: &str, kept: &Kept) -> String {
    kept.iter().fold(text.to_owned(), |text, (name, value)| text.replace(&format!("«{name}»"), value))
}

pub fn short(text: &str, most_chars: usize) -> String {
    let line = text.replace('\n', "\\n");
    if line.chars().count() <= most_chars { line } else { line.chars().take(most_chars).chain(['…']).collect() }
}

fn at<'v>(seen: &'v Seen, pointer: &str) -> Result<&'v Value, String> {
    let json = seen.json.as_ref().ok_or_else(|| format!("no JSON but {}", short(&seen.text(), 80)))?;
    json.pointer(pointer).ok_or_else(|| format!("no {pointer} in {}", short(&json.to_string(), 80)))
}

impl Step {
    pub fn param(mut self, name: &'static str, value: impl ToString) -> Self {
        self.params.push((name, value.to_string()));
        self
    }

    pub fn params(mut self, pairs: &[(&'static str, &str)]) -> Self {
        self.params.extend(pairs.iter().map(|(name, value)| (*name, (*value).to_owned())));
        self
    }

    pub fn form(mut self) -> Self {
        self.is_form = true;
        self
    }

    pub fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    pub fn body(mut self, content_type: &'static str, text: impl Into<String>) -> Self {
        self.body = Some((content_type, text.into()));
        self
    }

    pub fn sends(self, value: &Value) -> Self {
        self.body("application/json", value.to_string())
    }

    pub fn keep(mut self, name: &'static str, pointer: impl Into<String>) -> Self {
        self.keeps.push((name, pointer.into()));
        self
    }

    pub fn compared(mut self, sameness: Sameness) -> Self {
        self.sameness = sameness;
        self
    }

    pub fn except(mut self, rule: &'static Rule) -> Self {
        self.rules.push(rule);
        self
    }

    pub fn demo_otherwise(mut self, status: u16, why: &'static str) -> Self {
        self.demo = Some(Otherwise { status, why });
        self
    }

    pub fn eventually(mut self) -> Self {
        self.is_eventual = true;
        self
    }

    /// Something of the case's own; `what` begins the report when it does not hold.
    pub fn that(mut self, what: &'static str, holds: impl Fn(&Value) -> bool + 'static) -> Self {
        self.checks.push(Box::new(move |seen, _| {
            let json = at(seen, "")?;
            if holds(json) { Ok(()) } else { Err(format!("not {what}: {}", short(&json.to_string(), 160))) }
        }));
        self
    }

    fn check(mut self, check: impl Fn(&Seen, &Kept) -> Result<(), String> + 'static) -> Self {
        self.checks.push(Box::new(check));
        self
    }

    pub fn status(self, expected: u16) -> Self {
        self.check(move |seen, _| {
            if seen.status == expected {
                return Ok(());
            }
            Err(format!("{} instead of {expected}: {}", seen.status, short(&seen.text(), 100)))
        })
    }

    /// Versions of a server differ in the status.
    pub fn one_of(self, expected: &'static [u16]) -> Self {
        self.check(move |seen, _| {
            if expected.contains(&seen.status) {
                Ok(())
            } else {
                Err(format!("{} and none of {expected:?}", seen.status))
            }
        })
    }

    pub fn header_is(self, name: &'static str, expected: &'static str) -> Self {
        self.check(move |seen, _| match seen.header(name) {
            found if found == expected => Ok(()),
            found => Err(format!("{name}: {found:?} instead of {expected:?}")),
        })
    }

    /// Versions of a server differ in the header.
    pub fn header_among(self, name: &'static str, expected: &'static [&'static str]) -> Self {
        self.check(move |seen, _| match seen.header(name) {
            found if expected.contains(&found.as_str()) => Ok(()),
            found => Err(format!("{name}: {found:?} and none of {expected:?}")),
        })
    }

    pub fn no_header(self, name: &'static str) -> Self {
        self.header_is(name, "")
    }

    /// 200 and JSON.
    pub fn json(self) -> Self {
        self.status(200).has_json()
    }

    pub fn has_json(self) -> Self {
        self.check(|seen, _| {
            let content_type = seen.header("Content-Type");
            if content_type.split(';').next() == Some("application/json") && seen.json.is_some() {
                return Ok(());
            }
            Err(format!("{content_type:?} and no JSON: {}", short(&seen.text(), 80)))
        })
    }

    pub fn content_type(self, expected: &'static str) -> Self {
        self.header_is("Content-Type", expected)
    }

    /// Plain text with this in it.
    pub fn text(self, part: &'static str) -> Self {
        self.says(part).content_type("text/plain; charset=utf-8")
    }

    pub fn html(self) -> Self {
        self.content_type("text/html; charset=utf-8")
    }

    /// A body of any kind with this in it.
    pub fn says(self, part: &'static str) -> Self {
        self.check(move |seen, kept| {
            let (text, part) = (seen.text(), filled(part, kept));
            if text.contains(&part) { Ok(()) } else { Err(format!("no {part:?} in {}", short(&text, 160))) }
        })
    }

    pub fn empty(self) -> Self {
        self.check(
            |seen, _| {
                if seen.body.is_empty() { Ok(()) } else { Err(format!("a body: {}", short(&seen.text(), 80))) }
            },
        )
    }

    /// An error as Prometheus tells it.
    pub fn refused(self, status: u16, kind: &'static str) -> Self {
        self.status(status).has_json().is("/status", "error").is("/errorType", kind).kind("/error", Kind::Text)
    }

    /// A success in Prometheus's envelope.
    pub fn success(self) -> Self {
        self.json().is("/status", "success")
    }

    pub fn is(self, pointer: &'static str, expected: impl Into<Value>) -> Self {
        let expected: Value = expected.into();
        self.check(move |seen, kept| {
            let found = at(seen, pointer)?;
            let expected = match &expected {
                Value::String(text) => Value::String(filled(text, kept)),
                other => other.clone(),
            };
            if *found == expected {
                Ok(())
            } else {
                Err(format!("{pointer} is {}, not {expected}", short(&found.to_string(), 80)))
            }
        })
    }

    pub fn kind(self, pointer: &'static str, expected: Kind) -> Self {
        self.check(move |seen, _| {
            let found = at(seen, pointer)?;
            if Kind::of(found) == expected {
                return Ok(());
            }
            Err(format!("{pointer} is no {expected:?}: {}", short(&found.to_string(), 80)))
        })
    }

    /// The field is not there at all.
    pub fn lacks(self, pointer: &'static str) -> Self {
        self.check(move |seen, _| {
            at(seen, "")?;
            at(seen, pointer).map_or(Ok(()), |found| Err(format!("{pointer} is there: {found}")))
        })
    }

    /// A list with something in it; of exactly so many items where a count is given.
    pub fn list(self, pointer: &'static str, count: Option<usize>) -> Self {
        self.check(move |seen, _| {
            let found = at(seen, pointer)?;
            let length = found.as_array().map(Vec::len);
            match (length, count) {
                (Some(length), Some(count)) if length == count => Ok(()),
                (Some(1..), None) => Ok(()),
                _ => Err(format!("{pointer} is no list of {count:?} items: {}", short(&found.to_string(), 80))),
            }
        })
    }

    /// A list in which there is this item.
    pub fn includes(self, pointer: &'static str, item: impl Into<Value>) -> Self {
        let item: Value = item.into();
        self.check(move |seen, _| {
            let found = at(seen, pointer)?;
            if found.as_array().is_some_and(|items| items.contains(&item)) {
                return Ok(());
            }
            Err(format!("no {item} in {pointer}: {}", short(&found.to_string(), 120)))
        })
    }
}
