//! Filling a query's variables: `$__interval`, `$__rate_interval`, `$__range` and the dashboard's own.

use super::Variable;
use crate::base::time::duration_text;

/// What the built-in variables stand for at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Intervals {
    /// The query's step.
    pub step_ms: i64,
    /// The length of the time range.
    pub range_ms: i64,
    /// How often the backend scrapes.
    pub scrape_interval_ms: i64,
}

impl Intervals {
    /// Long enough to hold four scrapes, so that a `rate` over it always has samples; Grafana's rule.
    pub fn rate_interval_ms(self) -> i64 {
        (self.step_ms + self.scrape_interval_ms).max(4 * self.scrape_interval_ms)
    }

    fn value_of(self, name: &str) -> Option<String> {
        Some(match name {
            "__interval" => duration_text(self.step_ms.max(1)),
            "__interval_ms" => self.step_ms.max(1).to_string(),
            "__rate_interval" => duration_text(self.rate_interval_ms().max(1)),
            "__rate_interval_ms" => self.rate_interval_ms().max(1).to_string(),
            // Whole seconds, as a range of less than one selects nothing.
            "__range" => format!("{}s", (self.range_ms / 1000).max(1)),
            "__range_s" => (self.range_ms / 1000).max(1).to_string(),
            "__range_ms" => self.range_ms.max(1).to_string(),
            _ => return None,
        })
    }
}

/// Whether a variable's name is one that [`interpolate`] always knows.
pub fn is_built_in(name: &str) -> bool {
    Intervals { step_ms: 1, range_ms: 1, scrape_interval_ms: 1 }.value_of(name).is_some()
}

/// The query with every known variable replaced, in each of the forms `$name`, `${name}`, `${name:format}` and `[[name]]`.
/// Unknown ones stay, so that the backend's error names them.
pub fn interpolate(expr: &str, intervals: Intervals, variables: &[Variable]) -> String {
    replace(expr, |name| {
        intervals.value_of(name).or_else(|| variables.iter().find(|v| v.name == name).map(Variable::query_text))
    })
}

/// Names of the variables in a query, in order, each once.
pub fn variable_names(expr: &str) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    replace(expr, |name| {
        if !names.iter().any(|n| n == name) {
            names.push(name.to_owned());
        }
        None
    });
    names
}

impl Variable {
    /// What stands for the variable in a query: its value; several as an alternation; all of them as `.*`.
    pub fn query_text(&self) -> String {
        let escaped = |value: &String| -> String {
            value
                .chars()
                .flat_map(|c| {
                    let needs_escape = ".+*?()|[]{}^$".contains(c);
                    needs_escape.then_some("\\\\").into_iter().flat_map(str::chars).chain([c])
                })
                .collect()
        };
        match self.current.as_slice() {
            [] => ".*".to_owned(),
            values if values.iter().any(|v| v == "$__all") => ".*".to_owned(),
            [value] => value.clone(),
            values => format!("({})", values.iter().map(escaped).collect::<Vec<_>>().join("|")),
        }
    }
}

fn replace(expr: &str, mut value_of: impl FnMut(&str) -> Option<String>) -> String {
    let mut out = String::with_capacity(expr.len());
    let mut rest = expr;
    while let Some(at) = rest.find(['$', '[']) {
        let (before, tail) = rest.split_at(at);
        out.push_str(before);
        let (name, length) = variable_at(tail);
        match name.and_then(&mut value_of) {
            Some(value) => out.push_str(&value),
            None => out.push_str(tail.get(..length).unwrap_or_default()),
        }
        rest = tail.get(length..).unwrap_or_default();
    }
    out.push_str(rest);
    out
}

/// The variable at the very start of a text, and how many bytes it takes; without one, one byte to pass over.
fn variable_at(text: &str) -> (Option<&str>, usize) {
    let word = |text: &str| {
        let rest = text.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || c == '_');
        let is_name = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
        if is_name { text.len() - rest.len() } else { 0 }
    };
    let enclosed = |open: &str, close: &str| -> Option<(Option<&str>, usize)> {
        let inside = text.strip_prefix(open)?;
        let (body, _) = inside.split_once(close)?;
        let name = body.split(':').next().unwrap_or_default();
        let is_name = !name.is_empty() && word(name) == name.len();
        is_name.then_some((Some(name), open.len() + body.len() + close.len()))
    };
    if let Some(found) = enclosed("${", "}").or_else(|| enclosed("[[", "]]")) {
        return found;
    }
    match text.strip_prefix('$') {
        Some(tail) if word(tail) > 0 => (tail.get(..word(tail)), 1 + word(tail)),
        _ => (None, 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const INTERVALS: Intervals = Intervals { step_ms: 60_000, range_ms: 86_400_000, scrape_interval_ms: 15_000 };

    #[test]
    fn built_in_variables() {
        let check = |expr: &str, expect: &str| assert_eq!(interpolate(expr, INTERVALS, &[]), expect);
        check("rate(x[$__interval])", "rate(x[1m])");
        check("rate(x[$__rate_interval])", "rate(x[1m15s])");
        check("rate(x[${__interval}])", "rate(x[1m])");
        check("rate(x[[[__interval]]])", "rate(x[1m])");
        check("increase(x[$__range]) / $__range_s", "increase(x[86400s]) / 86400");
        check("$__interval_ms", "60000");
        check("${__range_ms:raw}", "86400000");
    }

    #[test]
    fn what_is_not_a_variable_stays() {
        for expr in [
            "up{job=~\"a$\"}",
            "label_replace(up, \"a\", \"$1\", \"b\", \"(.*)\")",
            "x[5m]",
            "$",
            "${",
            "[[",
            "$nope",
            "é$é",
        ] {
            assert_eq!(interpolate(expr, INTERVALS, &[]), expr);
        }
    }

    #[test]
    fn a_short_step_still_holds_four_scrapes() {
        let short = Intervals { step_ms: 5_000, ..INTERVALS };
        assert_eq!(interpolate("$__rate_interval", short, &[]), "1m");
    }

    #[test]
    fn own_variables() {
        let variable = |current: &[&str]| Variable {
            name: "job".to_owned(),
            label: None,
            kind: "query".to_owned(),
            current: current.iter().map(|c| (*c).to_owned()).collect(),
        };
        let check = |current: &[&str], expect: &str| {
            assert_eq!(interpolate("up{job=~\"$job\"}", INTERVALS, &[variable(current)]), expect);
        };
        check(&["api"], "up{job=~\"api\"}");
        check(&["a.b", "c"], "up{job=~\"(a\\\\.b|c)\"}");
        check(&["$__all"], "up{job=~\".*\"}");
        check(&[], "up{job=~\".*\"}");
        assert_eq!(variable_names("$a + ${b:csv} + [[c]] + $a + $__interval"), ["a", "b", "c", "__interval"]);
        assert!(is_built_in("__interval") && !is_built_in("job"));
    }
}
