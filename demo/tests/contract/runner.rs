//! Puts cases to both sides, and makes the table.

use std::panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook};
use std::process::ExitCode;
use std::time::Duration;

use agentarea_demo::clock::{monotonic_now, wait};
use agentarea_demo::promql::Dialect;

use crate::case::{Case, Kept, Step, short};
use crate::common::machine::agent;
use crate::normalise::difference;
use crate::wire::{Seen, send};

/// How long an eventual answer is awaited.
const PATIENCE: Duration = Duration::from_secs(45);

const COLUMN_CHARS: usize = 130;

/// One side of the comparison.
#[derive(Debug, Clone, Copy)]
pub enum Side<'s> {
    At(&'s str),
    /// The demonstration does not serve this API yet, or the real server is not here.
    None(&'static str),
}

/// A pair of servers that speak one API.
#[derive(Debug, Clone, Copy)]
pub struct Pair<'s> {
    pub api: &'s str,
    pub demo: Side<'s>,
    pub real: Side<'s>,
    /// Whose arithmetic and words the real server has, where that matters.
    pub dialect: Dialect,
}

pub struct Report {
    words: Vec<String>,
    rows: Vec<[String; 4]>,
    passed: usize,
    failed: usize,
    skipped: Vec<String>,
    agent: ureq::Agent,
}

/// What one side made of an ask.
type Outcome = Result<Seen, String>;

impl Report {
    pub fn new(words: Vec<String>) -> Self {
        Self { words, rows: Vec::new(), passed: 0, failed: 0, skipped: Vec::new(), agent: agent() }
    }

    pub fn wants(&self, api: &str, name: &str) -> bool {
        self.words.is_empty() || self.words.iter().any(|word| format!("{api} {name}").contains(word))
    }

    pub fn wants_any(&self, api: &str, cases: &[Case]) -> bool {
        cases.iter().any(|case| self.wants(api, &case.name))
    }

    pub fn skip(&mut self, what: impl Into<String>) {
        self.skipped.push(what.into());
    }

    pub fn row(&mut self, api: &str, name: &str, demo: String, real: String, has_passed: bool) {
        if has_passed {
            self.passed += 1;
        } else {
            self.failed += 1;
        }
        let mark = if has_passed { "" } else { "FAILED " };
        self.rows.push([api.to_owned(), format!("{mark}{name}"), demo, real]);
    }

    /// What had to be given to the real server first.
    pub fn given(&mut self, api: &str, name: &str, outcome: Result<(), String>) {
        let has_passed = outcome.is_ok();
        let column =
            outcome.map_or_else(|reason| format!("fails: {}", short(&reason, COLUMN_CHARS)), |()| "ok".to_owned());
        self.row(api, name, String::new(), column, has_passed);
    }

    pub fn run(&mut self, pair: Pair<'_>, cases: &[Case]) {
        for case in cases {
            if self.wants(pair.api, &case.name) {
                let (demo, real, has_passed) = judge(&self.agent, pair, case);
                self.row(pair.api, &case.name, demo, real, has_passed);
            }
        }
    }

    pub fn failed(&self) -> usize {
        self.failed
    }

    /// Prints the table and counts.
    pub fn finish(mut self, must_have_all: bool) -> ExitCode {
        if !self.rows.is_empty() || !self.skipped.is_empty() {
            self.print();
        }
        if must_have_all {
            self.failed += self.skipped.len();
        }
        let verdict = if self.failed == 0 { "ok" } else { "FAILED" };
        // The line by which cargo's own runners count, then ours.
        println!("\ntest result: {verdict}. {} passed; {} failed", self.passed, self.failed);
        println!("\n{} passed, {} failed", self.passed, self.failed);
        if self.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }

    fn print(&self) {
        let head = ["API", "case", "demo", "real"].map(str::to_owned);
        let width = |column: usize| {
            self.rows.iter().chain([&head]).map(|row| row[column].chars().count()).max().unwrap_or(0).min(70)
        };
        let widths = [width(0), width(1), width(2).min(24)];
        for row in [&head].into_iter().chain(&self.rows) {
            let [api, name, demo, real] = row;
            println!("{api:<0$}  {name:<1$}  {demo:<2$}  {real}", widths[0], widths[1], widths[2]);
        }
        if !self.skipped.is_empty() {
            println!("\nSKIPPED, because it is not here:");
            for what in &self.skipped {
                println!("  {what}");
            }
        }
    }
}

/// Puts one ask, which prepares cases, to one server.
pub fn prepare(base: &str, step: &Step) -> Result<(), String> {
    answer(&agent(), base, step, &mut Kept::new(), None).map(|_| ())
}

/// How two answers differ. The comparison of samples panics where they have not the form that Prometheus promises.
pub fn compared(dialect: Dialect, step: &Step, demo: &Seen, real: &Seen) -> Result<(), String> {
    // The table tells it; a backtrace between its rows would not.
    let hook = take_hook();
    set_hook(Box::new(|_| {}));
    let outcome = catch_unwind(AssertUnwindSafe(|| difference(dialect, step, demo, real)));
    set_hook(hook);
    outcome.unwrap_or_else(|_told| Err("samples of another form".to_owned()))
}

/// The two columns, and whether the case has passed.
fn judge(agent: &ureq::Agent, pair: Pair<'_>, case: &Case) -> (String, String, bool) {
    let (mut demo_kept, mut real_kept) = (Kept::new(), Kept::new());
    let (mut demo_column, mut real_column) = (String::new(), String::new());
    let count = case.steps.len();
    for (index, step) in case.steps.iter().enumerate() {
        let place = |text: &str| if count == 1 { text.to_owned() } else { format!("step {}: {text}", index + 1) };
        let real = match pair.real {
            Side::At(base) => Some(answer(agent, base, step, &mut real_kept, None)),
            Side::None(why) => {
                why.clone_into(&mut real_column);
                None
            }
        };
        let demo = match pair.demo {
            Side::At(base) => Some(answer(agent, base, step, &mut demo_kept, step.demo.map(|demo| demo.status))),
            Side::None(why) => {
                why.clone_into(&mut demo_column);
                None
            }
        };
        let mut has_failed = false;
        match &real {
            Some(Err(reason)) => {
                real_column = place(&format!("fails: {}", short(reason, COLUMN_CHARS)));
                has_failed = true;
            }
            Some(Ok(_)) => "ok".clone_into(&mut real_column),
            None => {}
        }
        if let Some(Err(reason)) = &demo {
            demo_column = place(&format!("fails: {}", short(reason, COLUMN_CHARS)));
            has_failed = true;
        }
        if has_failed {
            return (demo_column, real_column, false);
        }
        let (Some(Ok(demo)), real) = (&demo, &real) else { continue };
        let Some(Ok(real)) = real else {
            demo_column = demo.status.to_string();
            continue;
        };
        demo_column = match (compared(pair.dialect, step, demo, real), step.demo) {
            (Ok(()), None) => format!("{} = {}", demo.status, real.status),
            (Err(reason), None) => {
                return (place(&format!("differs: {}", short(&reason, COLUMN_CHARS))), real_column, false);
            }
            (Err(_), Some(known)) => format!("{} as known: {}", demo.status, known.why),
            (Ok(()), Some(known)) => {
                return (place(&format!("no longer differs ({})", known.why)), real_column, false);
            }
        };
    }
    (demo_column, real_column, true)
}

/// Asks, checks and keeps. With `known_status`, the side is known to answer otherwise: only that status is checked.
fn answer(agent: &ureq::Agent, base: &str, step: &Step, kept: &mut Kept, known_status: Option<u16>) -> Outcome {
    let started = monotonic_now();
    loop {
        let outcome = send(agent, base, step, kept).and_then(|seen| match known_status {
            Some(status) if seen.status != status => Err(format!("{} instead of the known {status}", seen.status)),
            Some(_) => Ok(seen),
            None => step.checks.iter().try_for_each(|check| check(&seen, kept)).map(|()| seen),
        });
        match outcome {
            Err(_) if step.is_eventual && started.elapsed() < PATIENCE => wait(Duration::from_millis(300), || false),
            Err(reason) => return Err(reason),
            Ok(seen) => {
                for (name, pointer) in &step.keeps {
                    let found = seen.json.as_ref().and_then(|json| json.pointer(pointer));
                    let text = match found {
                        Some(serde_json::Value::String(text)) => text.clone(),
                        Some(value) => value.to_string(),
                        None => return Err(format!("nothing at {pointer} to keep as {name}")),
                    };
                    kept.insert(name, text);
                }
                return Ok(seen);
            }
        }
    }
}
