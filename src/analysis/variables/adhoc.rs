//! Ad hoc filters: conditions that are added to every selector of every query.
//!
//! A selector is found by the grammar's words alone, without understanding the query: a name that is no function, no
//! aggregation, no keyword and no label, or a list in braces. Where that is in doubt nothing is changed and the caller
//! is told, as a filter that is added to half of a query would lie.

use super::{joined, replaced};
use crate::model::variables::AdHocFilter;

/// Joins what a filter consists of, in the address.
const SEPARATOR: char = '|';
const ESCAPES: [(&str, &str); 2] = [("|", "__gfp__"), (",", "__gfc__")];

/// As Grafana's addresses have it: `key|operator|value`, with further values after it.
pub fn from_address(text: &str) -> Option<AdHocFilter> {
    let mut parts = text.split(SEPARATOR).map(|part| {
        // A text beside a value is after a comma.
        let value = part.split(',').next().unwrap_or_default();
        ESCAPES.iter().fold(value.to_owned(), |value, (plain, escaped)| replaced(&value, escaped, plain))
    });
    let (key, operator) = (parts.next()?, parts.next()?);
    let values: Vec<String> = parts.collect();
    let is_whole = !key.is_empty() && OPERATORS.contains(&operator.as_str()) && !values.is_empty();
    is_whole.then_some(AdHocFilter { key, operator, values })
}

pub fn to_address(filter: &AdHocFilter) -> String {
    let escape =
        |text: &String| ESCAPES.iter().fold(text.clone(), |text, (plain, escaped)| replaced(&text, plain, escaped));
    let parts = [&filter.key, &filter.operator].into_iter().chain(&filter.values);
    joined(parts.map(escape), "|")
}

pub const OPERATORS: [&str; 6] = ["=", "!=", "=~", "!~", "=|", "!=|"];

/// As one matcher of a selector.
fn matcher(filter: &AdHocFilter) -> String {
    let AdHocFilter { key, operator, values } = filter;
    let is_plain = key.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    let string = |text: &str| {
        let escapes = [("\\", "\\\\"), ("\"", "\\\""), ("\n", "\\n")];
        let inside = escapes.iter().fold(text.to_owned(), |text, (from, to)| replaced(&text, from, to));
        format!("\"{inside}\"")
    };
    let name = if is_plain { key.clone() } else { string(key) };
    let first = values.first().map_or("", String::as_str);
    let one_of = || {
        let special = |c: char| "\\^$*+?.()[]{}|".contains(c);
        let escape = |v: &String| v.chars().flat_map(|c| special(c).then_some('\\').into_iter().chain([c])).collect();
        joined(values.iter().map(escape), "|")
    };
    match operator.as_str() {
        "=|" => format!("{name}=~{}", string(&one_of())),
        "!=|" => format!("{name}!~{}", string(&one_of())),
        operator => format!("{name}{operator}{}", string(first)),
    }
}

/// The query with the filters in every selector; `None` where it cannot be told where those are.
pub fn with_filters(expr: &str, filters: &[AdHocFilter]) -> Option<String> {
    let added = joined(filters.iter().map(matcher), ",");
    if added.is_empty() {
        return Some(expr.to_owned());
    }
    let tokens = tokens(expr)?;
    let mut out = String::with_capacity(expr.len() + added.len());
    let mut open = Vec::new();
    let mut at = 0;
    let text = |at: usize| tokens.get(at).map_or("", |token| token.text);
    let next_solid =
        |at: usize| (at + 1..tokens.len()).find(|at| !text(*at).trim().is_empty() && !text(*at).starts_with('#'));
    while let Some(token) = tokens.get(at) {
        out.push_str(token.text);
        let next = next_solid(at).map_or("", text);
        match token.text {
            "{" => {
                // To the end of the list; its strings are tokens of their own.
                let end = (at + 1..tokens.len()).find(|at| matches!(text(*at), "{" | "}"))?;
                if text(end) != "}" {
                    return None;
                }
                let inside: String = (at + 1..end).map(text).collect();
                out.push_str(&inside);
                let is_empty = inside.trim().is_empty();
                let is_parted = is_empty || inside.trim_end().ends_with(',');
                out.push_str(if is_parted { "" } else { "," });
                out.push_str(&added);
                out.push('}');
                at = end;
            }
            "(" => open.push("("),
            ")" => {
                open.pop()?;
            }
            word if token.is_word => {
                let lower = word.to_ascii_lowercase();
                if LABEL_LISTS.contains(&lower.as_str()) && next == "(" {
                    // Labels, no metrics: passed over as they are.
                    let end = (at + 1..tokens.len()).find(|at| text(*at) == ")")?;
                    out.extend((at + 1..=end).map(text));
                    at = end;
                } else if word.starts_with('$') {
                    // A variable that nobody knows may be a metric; those that stand for numbers are well known.
                    if !word.starts_with("$__") {
                        return None;
                    }
                } else if !is_no_metric(&lower, next) && next != "{" {
                    out.push('{');
                    out.push_str(&added);
                    out.push('}');
                }
            }
            _ => {}
        }
        at += 1;
    }
    open.is_empty().then_some(out)
}

const LABEL_LISTS: [&str; 6] = ["by", "without", "on", "ignoring", "group_left", "group_right"];
const KEYWORDS: [&str; 9] = ["and", "or", "unless", "offset", "bool", "atan2", "inf", "nan", "default"];
const MODIFIERS: [&str; 6] = ["smoothed", "anchored", "group_left", "group_right", "keep_metric_names", "fill"];

fn is_no_metric(lower: &str, next: &str) -> bool {
    let next = next.to_ascii_lowercase();
    let is_call = next == "(";
    // `sum by (job) (x)`
    let is_aggregation = next == "by" || next == "without";
    is_call || is_aggregation || KEYWORDS.contains(&lower) || MODIFIERS.contains(&lower)
}

struct Token<'a> {
    text: &'a str,
    /// A name, a number with its unit, or a variable. Numbers are none.
    is_word: bool,
}

/// The query in pieces that together are the query. `None`: a string or a bracket does not end, or a sign is unknown.
fn tokens(expr: &str) -> Option<Vec<Token<'_>>> {
    let mut out = Vec::new();
    let mut rest = expr;
    while let Some(first) = rest.chars().next() {
        let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | ':');
        let run = |is: &dyn Fn(char) -> bool| rest.find(|c: char| !is(c)).unwrap_or(rest.len());
        let (length, is_word) = match first {
            '"' | '\'' | '`' => (string_length(rest, first)?, false),
            // Ranges and subqueries have no selectors in them.
            '[' => (rest.find(']')? + 1, false),
            '#' => (rest.find('\n').unwrap_or(rest.len()), false),
            '$' if rest.starts_with("${") => (rest.find('}')? + 1, true),
            '$' => (1 + rest.get(1..)?.find(|c: char| !is_name(c)).unwrap_or(rest.len() - 1), true),
            c if c.is_ascii_digit() || c == '.' => (run(&|c| is_name(c) || c == '.'), false),
            c if is_name(c) => (run(&is_name), true),
            c if c.is_whitespace() => (run(&char::is_whitespace), false),
            '(' | ')' | '{' | '}' | ',' | '+' | '-' | '*' | '/' | '%' | '^' | '=' | '!' | '<' | '>' | '~' | '@' => {
                (1, false)
            }
            _ => return None,
        };
        let (text, after) = rest.split_at_checked(length)?;
        out.push(Token { text, is_word });
        rest = after;
    }
    Some(out)
}

/// A string with its quotes. In backticks nothing is escaped.
fn string_length(text: &str, quote: char) -> Option<usize> {
    let mut is_escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if is_escaped => is_escaped = false,
            '\\' if quote != '`' => is_escaped = true,
            c if c == quote => return Some(at + c.len_utf8()),
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filter(key: &str, operator: &str, values: &[&str]) -> AdHocFilter {
        let values = values.iter().map(|v| (*v).to_owned()).collect();
        AdHocFilter { key: key.to_owned(), operator: operator.to_owned(), values }
    }

    fn check(expr: &str, expect: Option<&str>) {
        let got = with_filters(expr, &[filter("job", "=", &["api"])]);
        assert_eq!(got.as_deref(), expect.map(|e| e.replace('\u{a7}', "job=\"api\"")).as_deref(), "{expr}");
    }

    // In what is expected, § is the matcher.
    #[test]
    fn every_selector_gets_the_filter() {
        check("up", Some("up{\u{a7}}"));
        check("up{}", Some("up{\u{a7}}"));
        check("up{a=\"b\"}", Some("up{a=\"b\",\u{a7}}"));
        check("up{a=\"b\",}", Some("up{a=\"b\",\u{a7}}"));
        check("up {a=~'}{', b!=`\\`}", Some("up {a=~'}{', b!=`\\`,\u{a7}}"));
        check("{__name__=~\"a|b\"}", Some("{__name__=~\"a|b\",\u{a7}}"));
        check("{\"http.requests\", a=\"b\"}", Some("{\"http.requests\", a=\"b\",\u{a7}}"));
        check("rate(x_total[5m])", Some("rate(x_total{\u{a7}}[5m])"));
        check(
            "rate(job:x:rate5m{a=\"b\"}[$__rate_interval] offset 1h)",
            Some("rate(job:x:rate5m{a=\"b\",\u{a7}}[$__rate_interval] offset 1h)"),
        );
        check(
            "sum by (job, le) (rate(x[5m])) / sum(y) by (job)",
            Some("sum by (job, le) (rate(x{\u{a7}}[5m])) / sum(y{\u{a7}}) by (job)"),
        );
        check("a + on (job) group_left (v) b", Some("a{\u{a7}} + on (job) group_left (v) b{\u{a7}}"));
        check("a * on(job) group_left b", Some("a{\u{a7}} * on(job) group_left b{\u{a7}}"));
        check(
            "a > bool 1e5 and b unless c or vector(0)",
            Some("a{\u{a7}} > bool 1e5 and b{\u{a7}} unless c{\u{a7}} or vector(0)"),
        );
        check("max_over_time((a > 0x1f)[1h:$__interval])", Some("max_over_time((a{\u{a7}} > 0x1f)[1h:$__interval])"));
        check("a @ end() offset -5m > 2.5", Some("a{\u{a7}} @ end() offset -5m > 2.5"));
        check(
            "label_replace(up, \"x\", \"$1\", \"y\", \"(.*)\")",
            Some("label_replace(up{\u{a7}}, \"x\", \"$1\", \"y\", \"(.*)\")"),
        );
        check("a # not b\n+ c", Some("a{\u{a7}} # not b\n+ c{\u{a7}}"));
        check("Inf + NaN + $__range_s * 1", Some("Inf + NaN + $__range_s * 1"));
        check("time()", Some("time()"));
        check("", Some(""));
    }

    #[test]
    fn what_is_in_doubt_is_left_alone() {
        for expr in ["up{", "up{a=\"b}", "rate(x[5m)", "sum(a", "a)", "$metric + 1", "a ; b", "up{a={b}}", "ü"] {
            check(expr, None);
        }
    }

    #[test]
    fn operators_and_odd_names() {
        let check = |filter: AdHocFilter, expect: &str| {
            assert_eq!(with_filters("x", &[filter]).as_deref(), Some(format!("x{{{expect}}}").as_str()));
        };
        check(filter("a", "=~", &["b.*"]), "a=~\"b.*\"");
        check(filter("a", "=|", &["b.c", "d"]), "a=~\"b\\\\.c|d\"");
        check(filter("a", "!=|", &["b"]), "a!~\"b\"");
        check(filter("http.route", "!=", &["\"\\"]), "\"http.route\"!=\"\\\"\\\\\"");
        let two = [filter("a", "=", &["1"]), filter("b", "!~", &["2"])];
        assert_eq!(with_filters("x{c=\"3\"}", &two).as_deref(), Some("x{c=\"3\",a=\"1\",b!~\"2\"}"));
        assert_eq!(with_filters("up{", &[]).as_deref(), Some("up{"));
    }

    #[test]
    fn filters_in_an_address() {
        for filter in [filter("a", "=", &["b"]), filter("a|b", "=~", &["x|y,z"]), filter("a", "=|", &["b", "c"])] {
            assert_eq!(from_address(&to_address(&filter)).as_ref(), Some(&filter));
        }
        assert_eq!(to_address(&filter("a", "=~", &["x|y"])), "a|=~|x__gfp__y");
        assert_eq!(from_address("a|=|b,Bee"), Some(filter("a", "=", &["b"])));
        for text in ["", "a", "a|=", "a|==|b", "|=|b"] {
            assert_eq!(from_address(text), None, "{text}");
        }
    }
}
