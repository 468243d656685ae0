//! From what a source answers, or a file lists, to the options of a variable: parsing, picking by a regular expression,
//! sorting.

use std::cmp::Ordering;

use crate::{
    base::{number, order},
    model::variables::{Choice, Sort},
};

/// One place where a regular expression matches.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Match {
    /// The whole match, then each group; a group that takes no part is none.
    pub groups: Vec<Option<String>>,
    /// The groups that are named so.
    pub value: Option<String>,
    pub text: Option<String>,
}

/// The pattern and flags of a regular expression as Grafana writes it: `/pattern/flags`, or a pattern for the whole text.
pub fn split_pattern(regex: &str) -> (String, String) {
    if let Some(inside) = regex.strip_prefix('/')
        && let Some((pattern, flags)) = inside.rsplit_once('/')
        && flags.chars().all(|c| "dgimsuvy".contains(c))
    {
        return (pattern.to_owned(), flags.to_owned());
    }
    (format!("^{regex}$"), String::new())
}

/// The options that a regular expression keeps, and what it takes of each: groups named `value` and `text`, else the first
/// group, else all. Several matches with a group in one text are several options. `find` gives the matches of a text.
pub fn picked(options: Vec<Choice>, find: &dyn Fn(&str) -> Vec<Match>) -> Vec<Choice> {
    let mut out = Vec::new();
    for option in options {
        let matches = find(&option.value);
        let first_of = |match_: &Match| match_.groups.get(1).cloned().flatten();
        let value = matches.iter().find_map(|m| m.value.clone());
        let text = matches.iter().find_map(|m| m.text.clone());
        let has_groups = matches.iter().any(|m| m.groups.len() > 1);
        match (value, text) {
            _ if matches.is_empty() => {}
            (Some(value), text) => out.push(Choice { text: text.unwrap_or_else(|| value.clone()), value }),
            (None, Some(text)) => out.push(Choice::plain(text)),
            _ if has_groups => out.extend(matches.iter().filter_map(first_of).map(Choice::plain)),
            _ => out.push(option),
        }
    }
    out
}

/// Each value once, the first one with its text. Linear but for the sorting, as there may be a hundred thousand.
pub fn each_once(options: Vec<Choice>) -> Vec<Choice> {
    let by_value = order::order_of(options.len(), &mut |a, b| match (options.get(a), options.get(b)) {
        (Some(a), Some(b)) => a.value.cmp(&b.value),
        _ => Ordering::Equal,
    });
    let mut is_first: Vec<bool> = options.iter().map(|_| true).collect();
    for pair in by_value.windows(2) {
        let [before, at] = pair else { continue };
        let is_same = options.get(*before).map(|o| &o.value) == options.get(*at).map(|o| &o.value);
        if let Some(is_first) = is_first.get_mut(*at) {
            *is_first = !is_same;
        }
    }
    options.into_iter().zip(is_first).filter(|(_, is_first)| *is_first).map(|(option, _)| option).collect()
}

pub fn sorted(mut options: Vec<Choice>, sort: Sort) -> Vec<Choice> {
    let compare: fn(&str, &str) -> Ordering = match sort {
        Sort::None => return options,
        Sort::Alphabetical | Sort::AlphabeticalDescending => |a, b| a.cmp(b),
        Sort::Numerical | Sort::NumericalDescending => |a, b| first_number(a).total_cmp(&first_number(b)),
        Sort::CaseInsensitive | Sort::CaseInsensitiveDescending => {
            |a, b| a.to_ascii_lowercase().cmp(&b.to_ascii_lowercase())
        }
        Sort::Natural | Sort::NaturalDescending => natural,
    };
    let is_descending = matches!(
        sort,
        Sort::AlphabeticalDescending
            | Sort::NumericalDescending
            | Sort::CaseInsensitiveDescending
            | Sort::NaturalDescending
    );
    order::sort_by(&mut options, |a, b| {
        let ordering = compare(&a.text, &b.text);
        if is_descending { ordering.reverse() } else { ordering }
    });
    options
}

/// The first digits of a text, as Grafana sorts numerically; what has none stands before all.
fn first_number(text: &str) -> f64 {
    let from_digit = text.trim_start_matches(|c: char| !c.is_ascii_digit());
    let digits: String = from_digit.chars().take_while(char::is_ascii_digit).collect();
    number::parse(&digits).unwrap_or(-1.0)
}

/// Runs of digits by their number, the rest by letters without their case.
fn natural(a: &str, b: &str) -> Ordering {
    let (mut a, mut b) = (a, b);
    loop {
        let (head_a, tail_a) = run(a);
        let (head_b, tail_b) = run(b);
        if head_a.is_empty() || head_b.is_empty() {
            return head_a.len().cmp(&head_b.len());
        }
        let number = |text: &str| number::parse(text).filter(|_| text.starts_with(|c: char| c.is_ascii_digit()));
        let ordering = match (number(head_a), number(head_b)) {
            (Some(a), Some(b)) => a.total_cmp(&b),
            _ => head_a.to_ascii_lowercase().cmp(&head_b.to_ascii_lowercase()),
        };
        if ordering.is_ne() {
            return ordering;
        }
        (a, b) = (tail_a, tail_b);
    }
}

/// The digits, or the text without digits, that a text begins with.
fn run(text: &str) -> (&str, &str) {
    let is_digit = text.starts_with(|c: char| c.is_ascii_digit());
    let end = text.find(|c: char| c.is_ascii_digit() != is_digit).unwrap_or(text.len());
    text.split_at(end)
}

/// `a : 1, b : 2, c`: texts and values, parted by commas; a comma of a value is written `\,`.
pub fn custom(list: &str) -> Vec<Choice> {
    let mut parts = vec![String::new()];
    let mut chars = list.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\\' if chars.next_if_eq(&',').is_some() => push(&mut parts, ','),
            ',' => parts.push(String::new()),
            c => push(&mut parts, c),
        }
    }
    let choice = |part: String| {
        // The last ` : ` parts them, as a text may have one too.
        let colon = (0..part.len()).rev().find(|at| part.get(*at..*at + 3) == Some(" : "));
        let (text, value) = colon.map_or((part.as_str(), part.as_str()), |at| part.split_at(at));
        let value = value.strip_prefix(" : ").unwrap_or(value);
        Choice { text: text.trim().to_owned(), value: value.trim().to_owned() }
    };
    parts.into_iter().filter(|part| !part.trim().is_empty()).map(choice).collect()
}

fn push(parts: &mut [String], c: char) {
    if let Some(part) = parts.last_mut() {
        part.push(c);
    }
}

/// `1m,10m,"1 h"`: the steps of an interval.
pub fn steps(list: &str) -> Vec<String> {
    list.split(',')
        .map(|step| step.trim().trim_matches(['"', '\'']).trim())
        .filter(|step| !step.is_empty() && *step != "auto")
        .map(str::to_owned)
        .collect()
}

/// Those whose text has all words of what was typed, those that begin with it first; indices.
pub fn matching(options: &[Choice], typed: &str) -> Vec<usize> {
    let typed = typed.trim().to_ascii_lowercase();
    let mut begins = Vec::new();
    let mut contains = Vec::new();
    for (at, option) in options.iter().enumerate() {
        let text = option.text.to_ascii_lowercase();
        if text.starts_with(&typed) {
            begins.push(at);
        } else if typed.split(' ').all(|word| text.contains(word)) {
            contains.push(at);
        }
    }
    begins.extend(contains);
    begins
}

#[cfg(test)]
mod tests {
    use super::*;

    fn choices(values: &[&str]) -> Vec<Choice> {
        values.iter().map(|value| Choice::plain(*value)).collect()
    }

    fn texts(choices: &[Choice]) -> Vec<&str> {
        choices.iter().map(|choice| choice.text.as_str()).collect()
    }

    #[test]
    fn custom_values() {
        let check = |list: &str, expect: &[(&str, &str)]| {
            let got = custom(list);
            let got: Vec<_> = got.iter().map(|c| (c.text.as_str(), c.value.as_str())).collect();
            assert_eq!(got, expect, "{list}");
        };
        check("a : 1, b : 2", &[("a", "1"), ("b", "2")]);
        check("a,b , c", &[("a", "a"), ("b", "b"), ("c", "c")]);
        check("one\\, two : a\\,b,c", &[("one, two", "a,b"), ("c", "c")]);
        check("http://x:80, a:b", &[("http://x:80", "http://x:80"), ("a:b", "a:b")]);
        check("x : y : z", &[("x : y", "z")]);
        check("a\\b", &[("a\\b", "a\\b")]);
        check(" , ", &[]);
        assert_eq!(steps("1m, 10m,\"1h\",auto"), ["1m", "10m", "1h"]);
    }

    #[test]
    fn patterns() {
        let check = |regex: &str, pattern: &str, flags: &str| {
            assert_eq!(split_pattern(regex), (pattern.to_owned(), flags.to_owned()), "{regex}");
        };
        check("/a.*/", "a.*", "");
        check("/a/b/gi", "a/b", "gi");
        check("a.*", "^a.*$", "");
        check("/a", "^/a$", "");
        check("/a/zz", "^/a/zz$", "");
    }

    /// Matches as JavaScript gives them for `(?<text>[a-z]+)-(?<value>\d+)`-like patterns, by hand.
    #[test]
    fn a_match_says_what_is_taken() {
        let found = |groups: &[Option<&str>], value: Option<&str>, text: Option<&str>| Match {
            groups: groups.iter().map(|group| group.map(str::to_owned)).collect(),
            value: value.map(str::to_owned),
            text: text.map(str::to_owned),
        };
        let check = |matches: Vec<Match>, expect: &[(&str, &str)]| {
            let got = picked(choices(&["node-1"]), &|_| matches.clone());
            let got: Vec<_> = got.iter().map(|c| (c.text.as_str(), c.value.as_str())).collect();
            assert_eq!(got, expect);
        };
        check(vec![], &[]);
        check(vec![found(&[Some("no")], None, None)], &[("node-1", "node-1")]);
        check(vec![found(&[Some("node-1"), Some("1")], None, None)], &[("1", "1")]);
        check(vec![found(&[Some("node-1"), None], None, None)], &[]);
        check(
            vec![found(&[Some("n"), Some("n")], None, None), found(&[Some("o"), Some("o")], None, None)],
            &[("n", "n"), ("o", "o")],
        );
        check(vec![found(&[Some("x"), Some("a"), Some("b")], Some("b"), Some("a"))], &[("a", "b")]);
        check(vec![found(&[Some("x"), Some("b")], Some("b"), None)], &[("b", "b")]);
        check(vec![found(&[Some("x"), Some("a")], None, Some("a"))], &[("a", "a")]);
    }

    #[test]
    fn orders() {
        let values = ["b10", "B2", "a1", "a10", "a2", "none"];
        let check =
            |sort: Sort, expect: &[&str]| assert_eq!(texts(&sorted(choices(&values), sort)), expect, "{sort:?}");
        check(Sort::None, &values);
        check(Sort::Alphabetical, &["B2", "a1", "a10", "a2", "b10", "none"]);
        check(Sort::AlphabeticalDescending, &["none", "b10", "a2", "a10", "a1", "B2"]);
        check(Sort::Numerical, &["none", "a1", "B2", "a2", "b10", "a10"]);
        check(Sort::NumericalDescending, &["b10", "a10", "B2", "a2", "a1", "none"]);
        check(Sort::CaseInsensitive, &["a1", "a10", "a2", "b10", "B2", "none"]);
        check(Sort::CaseInsensitiveDescending, &["none", "B2", "b10", "a2", "a10", "a1"]);
        check(Sort::Natural, &["a1", "a2", "a10", "B2", "b10", "none"]);
        check(Sort::NaturalDescending, &["none", "b10", "B2", "a10", "a2", "a1"]);
    }

    #[test]
    fn each_value_is_there_once() {
        let mut options = choices(&["b", "a", "b", "c", "a"]);
        if let Some(option) = options.get_mut(2) {
            option.text = "other".to_owned();
        }
        assert_eq!(texts(&each_once(options)), ["b", "a", "c"]);
    }

    #[test]
    fn what_is_typed_narrows() {
        let options = choices(&["web-api", "api-one", "API two", "db"]);
        assert_eq!(matching(&options, "api"), [1, 2, 0]);
        assert_eq!(matching(&options, "one api"), [1]);
        assert_eq!(matching(&options, ""), [0, 1, 2, 3]);
        assert_eq!(matching(&options, "x"), [0_usize; 0]);
    }
}
