//! What must differ between two servers that answer alike, by name and with the reason; and when two answers are alike.
//!
//! Everything that a comparison overlooks is in this file. A rule overlooks values, never kinds: a time that is a number
//! on one side and text on the other is a difference.

use std::collections::BTreeSet;

use agentarea_demo::promql::Dialect;
use serde_json::{Map, Value, json};

use crate::case::{Kind, Sameness, Step, short};
use crate::common::answers::{compare, in_words_of_2};
use crate::traces::ordered;
use crate::wire::Seen;

#[derive(Debug)]
pub enum Treatment {
    /// The field must be there on both sides, with a value of the same kind.
    KeepsKind,
    /// The field may be there or not.
    MayBeMissing,
}

/// What is overlooked in an answer: fields of these names, wherever they are.
#[derive(Debug)]
pub struct Rule {
    pub fields: &'static [&'static str],
    pub treatment: Treatment,
    #[expect(dead_code, reason = "read by people: why the field may differ")]
    pub why: &'static str,
}

use Treatment::{KeepsKind, MayBeMissing};

pub static BUILD: Rule = Rule {
    fields: &["version", "revision", "branch", "buildUser", "buildDate", "goVersion"],
    treatment: KeepsKind,
    why: "two servers are two builds",
};

pub static TIMES: Rule = Rule {
    fields: &[
        "lastEvaluation",
        "lastScrape",
        "activeAt",
        "startTime",
        "lastConfigTime",
        "startsAt",
        "endsAt",
        "updatedAt",
    ],
    treatment: KeepsKind,
    why: "each side has worked at its own times",
};

pub static DURATIONS: Rule =
    Rule { fields: &["evaluationTime", "lastScrapeDuration"], treatment: KeepsKind, why: "how long a machine took" };

pub static FILES: Rule =
    Rule { fields: &["file"], treatment: KeepsKind, why: "the rules lie in a folder of each side's own" };

pub static LABELS: Rule = Rule {
    fields: &["labels", "seriesLabels", "discoveredLabels", "annotations"],
    treatment: KeepsKind,
    why: "which labels there are is the data's matter",
};

pub static NEWER: Rule = Rule {
    fields: &["droppedTargetCounts", "keepFiringFor", "keepFiringSince", "serverTime", "hostname", "GOMEMLIMIT"],
    treatment: MayBeMissing,
    why: "fields that came after 2.42, as which the demonstration answers; clients read them where they are",
};

pub static ADDITIONS: Rule = Rule {
    fields: &["timeSeriesCount", "samplesAppended"],
    treatment: MayBeMissing,
    why: "what the demonstration tells of its store beyond the real answer",
};

pub static FINGERPRINTS: Rule =
    Rule { fields: &["fingerprint"], treatment: KeepsKind, why: "a hash that only its server can compute" };

pub static SILENCE_IDS: Rule =
    Rule { fields: &["id", "silenceID", "silencedBy"], treatment: KeepsKind, why: "each server draws its own ids" };

pub static ONES_OWN: Rule = Rule {
    fields: &["cluster", "original", "uptime"],
    treatment: KeepsKind,
    why: "what a server is, since when, and how it is configured",
};

pub static STATS: Rule =
    Rule { fields: &["stats"], treatment: KeepsKind, why: "what a query has cost, in fields of each version" };

pub static STATES: Rule = Rule {
    fields: &["state", "health", "alerts"],
    treatment: MayBeMissing,
    why: "the guide's rules see other samples: one side looks at the history's end, the other at now",
};

/// The headers that belong to the contract. All others (dates, lengths, what hosting adds) belong to the connection.
const HEADERS: [&str; 7] = [
    "Content-Type",
    "Allow",
    "Location",
    "Access-Control-Allow-Origin",
    "Access-Control-Allow-Methods",
    "Access-Control-Allow-Headers",
    "Access-Control-Expose-Headers",
];

/// How the demonstration's answer differs from the real one.
pub fn difference(dialect: Dialect, step: &Step, demo: &Seen, real: &Seen) -> Result<(), String> {
    if step.sameness == Sameness::Nothing {
        return Ok(());
    }
    if demo.status != real.status {
        let text = short(&demo.text(), 90);
        return Err(format!("{} instead of {}: {text}", demo.status, real.status));
    }
    for name in HEADERS {
        let (ours, theirs) = (demo.header(name), any_origin(step, name, real.header(name)));
        if ours != theirs {
            return Err(format!("{name}: {ours:?} instead of {theirs:?}"));
        }
    }
    if step.headers.iter().any(|(name, _)| *name == "Accept-Encoding") {
        let (ours, theirs) = (demo.header("Content-Encoding"), real.header("Content-Encoding"));
        if ours != theirs {
            return Err(format!("Content-Encoding: {ours:?} instead of {theirs:?}"));
        }
    }
    if step.sameness == Sameness::Head {
        return Ok(());
    }
    let (Some(ours), Some(theirs)) = (&demo.json, &real.json) else {
        return same_text(&demo.text(), &real.text());
    };
    let (_, theirs) = in_words_of_2(dialect, &step.path, (real.status, theirs.clone()));
    let result = |value: &Value| value.pointer("/data/resultType").is_some();
    if step.sameness == Sameness::Whole && result(ours) && result(&theirs) && real.status == 200 {
        let query = step.params.iter().find(|(name, _)| *name == "query").map_or("", |(_, text)| text);
        compare(query, ours, &theirs, 1e-9)?;
        // What is beside the samples is compared as it is.
        return same_json(&without_result(ours), &without_result(&theirs));
    }
    let [ours, theirs] = [ours, &theirs].map(|value| {
        // Jaeger's store answers in an order of chance, and numbers the processes of a trace by it.
        let value = if step.is_unordered { ordered(value) } else { value.clone() };
        let normal = step.rules.iter().fold(value, |value, rule| applied(rule, value));
        if step.sameness == Sameness::Shape { shape(&normal) } else { normal }
    });
    same_json(&ours, &theirs)
}

/// To allow everybody, 2.42 says `*` and 3 repeats who asks. It is the same to a browser that sends no cookies.
fn any_origin(step: &Step, name: &str, value: String) -> String {
    let origin = step.headers.iter().find(|(name, _)| *name == "Origin").map_or("", |(_, origin)| origin);
    if name == "Access-Control-Allow-Origin" && !value.is_empty() && value == origin { "*".to_owned() } else { value }
}

fn same_text(ours: &str, theirs: &str) -> Result<(), String> {
    if ours == theirs { Ok(()) } else { Err(format!("{} instead of {}", short(ours, 90), short(theirs, 90))) }
}

fn without_result(answer: &Value) -> Value {
    let mut rest = answer.clone();
    if let Some(data) = rest.get_mut("data").and_then(Value::as_object_mut) {
        data.remove("result");
    }
    rest
}

/// Names the first place where two documents differ.
fn same_json(ours: &Value, theirs: &Value) -> Result<(), String> {
    first_difference("", ours, theirs).map_or(Ok(()), Err)
}

fn first_difference(at: &str, ours: &Value, theirs: &Value) -> Option<String> {
    match (ours, theirs) {
        (Value::Object(a), Value::Object(b)) => {
            let names: BTreeSet<&String> = a.keys().chain(b.keys()).collect();
            names.into_iter().find_map(|name| {
                let at = format!("{at}/{name}");
                match (a.get(name), b.get(name)) {
                    (Some(a), Some(b)) => first_difference(&at, a, b),
                    (Some(a), None) => Some(format!("{at} is {} and should not be", short(&a.to_string(), 60))),
                    (None, Some(b)) => Some(format!("no {at}, which is {}", short(&b.to_string(), 60))),
                    (None, None) => None,
                }
            })
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            a.iter().zip(b).enumerate().find_map(|(index, (a, b))| first_difference(&format!("{at}/{index}"), a, b))
        }
        // Go writes 60 where Rust writes 60.0.
        (Value::Number(a), Value::Number(b)) if a.as_f64() == b.as_f64() => None,
        (a, b) if a == b => None,
        (a, b) => {
            let at = if at.is_empty() { "the answer" } else { at };
            Some(format!("{at}: {} instead of {}", short(&a.to_string(), 90), short(&b.to_string(), 90)))
        }
    }
}

fn kind_mark(value: &Value) -> Value {
    json!(format!("<{:?}>", Kind::of(value)))
}

fn applied(rule: &Rule, value: Value) -> Value {
    match value {
        Value::Array(items) => items.into_iter().map(|item| applied(rule, item)).collect(),
        Value::Object(fields) => {
            let mut kept = Map::new();
            for (name, value) in fields {
                if !rule.fields.contains(&name.as_str()) {
                    kept.insert(name, applied(rule, value));
                    continue;
                }
                if matches!(rule.treatment, KeepsKind) {
                    kept.insert(name, kind_mark(&value));
                }
            }
            Value::Object(kept)
        }
        other => other,
    }
}

/// Fields and kinds: a list is what its items are, together.
pub fn shape(value: &Value) -> Value {
    match value {
        Value::Array(items) => {
            let merged = items.iter().map(shape).reduce(merge);
            Value::Array(merged.into_iter().collect())
        }
        Value::Object(fields) => fields.iter().map(|(name, value)| (name.clone(), shape(value))).collect(),
        // Marked by a rule before.
        Value::String(mark) if mark.starts_with('<') && mark.ends_with('>') => value.clone(),
        other => kind_mark(other),
    }
}

fn merge(one: Value, other: Value) -> Value {
    match (one, other) {
        (Value::Object(mut one), Value::Object(other)) => {
            for (name, value) in other {
                let merged = match one.remove(&name) {
                    Some(own) => merge(own, value),
                    None => value,
                };
                one.insert(name, merged);
            }
            Value::Object(one)
        }
        (Value::Array(one), Value::Array(other)) => {
            Value::Array(one.into_iter().chain(other).reduce(merge).into_iter().collect())
        }
        (one, other) if one == other => one,
        (one, other) => {
            json!(format!("{} or {}", one.to_string().trim_matches('"'), other.to_string().trim_matches('"')))
        }
    }
}
