//! Finding a text's variables, and filling those that every dashboard has: `$__interval`, `$__rate_interval`, `$__range`,
//! `$__from`. A dashboard's own are filled before, by `analysis::variables`.

use crate::base::time::duration_text;

/// What the built-in variables stand for at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Intervals {
    /// The query's step.
    pub step_ms: i64,
    /// The length of the time range.
    pub range_ms: i64,
    /// Where it ends, Unix milliseconds.
    pub end_ms: i64,
    /// How often the backend scrapes.
    pub scrape_interval_ms: i64,
}

impl Intervals {
    /// Long enough to hold four scrapes, so that a `rate` over it always has samples; Grafana's rule.
    pub fn rate_interval_ms(self) -> i64 {
        (self.step_ms + self.scrape_interval_ms).max(4 * self.scrape_interval_ms)
    }

    fn value_of(self, name: &str, format: &str) -> Option<String> {
        let instant = |ms: i64| if format == "date:seconds" { ms / 1000 } else { ms }.to_string();
        Some(match name {
            "__interval" => duration_text(self.step_ms.max(1)),
            "__interval_ms" => self.step_ms.max(1).to_string(),
            "__rate_interval" => duration_text(self.rate_interval_ms().max(1)),
            "__rate_interval_ms" => self.rate_interval_ms().max(1).to_string(),
            // Whole seconds, as a range of less than one selects nothing.
            "__range" => format!("{}s", (self.range_ms / 1000).max(1)),
            "__range_s" => (self.range_ms / 1000).max(1).to_string(),
            "__range_ms" => self.range_ms.max(1).to_string(),
            "__from" => instant(self.end_ms - self.range_ms),
            "__to" => instant(self.end_ms),
            _ => return None,
        })
    }
}

/// Whether a variable's name is one that has a meaning on every dashboard.
pub fn is_built_in(name: &str) -> bool {
    let any = Intervals { step_ms: 1, range_ms: 1, end_ms: 1, scrape_interval_ms: 1 };
    matches!(name, "__dashboard" | "timeFilter") || any.value_of(name, "").is_some()
}

/// The query with every built-in variable replaced, in each of the forms `$name`, `${name}`, `${name:format}` and
/// `[[name]]`. Others stay, so that the backend's error names them.
pub fn interpolate(expr: &str, intervals: Intervals) -> String {
    replace_variables(expr, &mut |name, format| intervals.value_of(name, format))
}

/// Names of the variables in a query, in order, each once.
pub fn variable_names(expr: &str) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    replace_variables(expr, &mut |name, _| {
        let name = name.split('.').next().unwrap_or_default();
        if !names.iter().any(|n| n == name) {
            names.push(name.to_owned());
        }
        None
    });
    names
}

/// The text with each variable replaced by what `value_of` says for its name (with what follows a point in it) and the
/// format after its colon, empty where there is none. A variable without a value stays as it is written.
#[inline(never)]
pub fn replace_variables(text: &str, value_of: &mut dyn FnMut(&str, &str) -> Option<String>) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(['$', '[']) {
        let (before, tail) = rest.split_at(at);
        out.push_str(before);
        let (name, format, length) = variable_at(tail);
        let value = if name.is_empty() { None } else { value_of(name, format) };
        match value {
            Some(value) => out.push_str(&value),
            None => out.push_str(tail.get(..length).unwrap_or_default()),
        }
        rest = tail.get(length..).unwrap_or_default();
    }
    out.push_str(rest);
    out
}

/// The variable at the very start of a text: its name, its format, and how many bytes it takes; without one, one byte to
/// pass over.
fn variable_at(text: &str) -> (&str, &str, usize) {
    let word = |text: &str| {
        let rest = text.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || c == '_');
        let is_name = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
        if is_name { text.len() - rest.len() } else { 0 }
    };
    for (open, close) in [("${", "}"), ("[[", "]]")] {
        let body = text.strip_prefix(open).and_then(|inside| inside.split_once(close));
        let Some((body, _)) = body else { continue };
        let (name, format) = body.split_once(':').unwrap_or((body, ""));
        let length = word(name);
        if length > 0 && name.get(length..).is_some_and(|rest| rest.is_empty() || rest.starts_with('.')) {
            return (name, format, open.len() + body.len() + close.len());
        }
    }
    let tail = text.strip_prefix('$').unwrap_or_default();
    let length = word(tail);
    (tail.get(..length).unwrap_or_default(), "", 1 + length)
}

#[cfg(test)]
mod tests {
    use super::*;

    const INTERVALS: Intervals =
        Intervals { step_ms: 60_000, range_ms: 86_400_000, end_ms: 1_700_000_000_000, scrape_interval_ms: 15_000 };

    #[test]
    fn built_in_variables() {
        let check = |expr: &str, expect: &str| assert_eq!(interpolate(expr, INTERVALS), expect);
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
            assert_eq!(interpolate(expr, INTERVALS), expr);
        }
    }

    #[test]
    fn a_short_step_still_holds_four_scrapes() {
        let short = Intervals { step_ms: 5_000, ..INTERVALS };
        assert_eq!(interpolate("$__rate_interval", short), "1m");
    }

    #[test]
    fn the_ends_of_the_range() {
        assert_eq!(interpolate("x > $__from / 1000", INTERVALS), "x > 1699913600000 / 1000");
        assert_eq!(interpolate("x < ${__to:date:seconds}", INTERVALS), "x < 1700000000");
    }

    #[test]
    fn names_and_formats_are_found() {
        assert_eq!(variable_names("$a + ${b:csv} + [[c]] + $a + $__interval"), ["a", "b", "c", "__interval"]);
        assert_eq!(variable_names("${__dashboard.uid} ${a.text:raw} ${a b} $1"), ["__dashboard", "a"]);
        assert!(is_built_in("__interval") && !is_built_in("job"));
        let filled = replace_variables("[${a.b:date:X}] $c", &mut |name, format| Some(format!("<{name}|{format}>")));
        assert_eq!(filled, "[<a.b|date:X>] <c|>");
    }
}
