//! Finding what a person means by a few letters: how well a name answers them, and the best names first.

use std::cmp::Reverse;

use crate::base::order;

/// What a search for something else than its own name is worth: the words beside it.
const NOTE_SHARE: i32 = 3;

/// How well `text` answers what was typed; more is better. Every word that was typed must be found: as the beginning of
/// the text or of a word, anywhere, or as letters in their order that begin at a word. `None`: it does not answer.
pub fn score(typed: &str, text: &str) -> Option<i32> {
    let text = text.to_ascii_lowercase();
    let mut sum = 0;
    for word in typed.to_ascii_lowercase().split_whitespace() {
        sum += score_of_word(word, &text)?;
    }
    // Of two names with the same letters the shorter one is meant.
    Some(sum - i32::try_from(text.chars().count()).unwrap_or(i32::MAX).min(60) / 6)
}

fn score_of_word(word: &str, text: &str) -> Option<i32> {
    if text == word {
        return Some(120);
    }
    if text.starts_with(word) {
        return Some(100);
    }
    let mut best = scattered(word, text);
    for (at, _) in text.match_indices(word) {
        let is_word = text.get(..at).and_then(|before| before.chars().next_back()).is_none_or(|c| !is_letter(c));
        best = best.max(Some(if is_word { 80 } else { 45 }));
    }
    best
}

fn is_letter(c: char) -> bool {
    c.is_ascii_alphanumeric() || !c.is_ascii()
}

/// Letters in their order, each at the beginning of a word or right behind the one before. Letters anywhere would find
/// everything in a long name.
fn scattered(word: &str, text: &str) -> Option<i32> {
    let chars: Vec<char> = text.chars().collect();
    let is_start = |at: usize| at == 0 || at.checked_sub(1).and_then(|b| chars.get(b)).is_none_or(|c| !is_letter(*c));
    let mut next = 0;
    let mut jumps = 0;
    for wanted in word.chars() {
        if next > 0 && chars.get(next) == Some(&wanted) {
            next += 1;
            continue;
        }
        let found = (next..chars.len()).find(|at| chars.get(*at) == Some(&wanted) && is_start(*at))?;
        jumps += 1;
        next = found + 1;
    }
    Some(72 - 6 * jumps.min(8))
}

/// One that can be found: its name, and words beside it by which it is found as well.
pub struct Named<'a> {
    pub name: &'a str,
    pub note: &'a str,
    /// How many others were used after it; `None` where it was not used lately.
    pub recency: Option<usize>,
}

/// The indices of those that answer, the best first. Of equals, what was used last, then the given order. Nothing typed:
/// what was used lately, then all others as they are.
pub fn ranked(typed: &str, all: &[Named<'_>]) -> Vec<usize> {
    let mut found: Vec<(i32, usize)> = Vec::new();
    for (at, named) in all.iter().enumerate() {
        let by_name = score(typed, named.name);
        let by_note = || {
            let both = format!("{} {}", named.name, named.note);
            score(typed, &both).map(|score| score / NOTE_SHARE)
        };
        if let Some(score) = by_name.or_else(by_note) {
            let lately = named.recency.map_or(0, |recency| 12_i32.saturating_sub(i32::try_from(recency).unwrap_or(12)));
            found.push((if typed.trim().is_empty() { lately.max(0) } else { score + lately.max(0) / 3 }, at));
        }
    }
    order::sort_by_key(&mut found, |(score, at)| (Reverse(*score), *at));
    found.into_iter().map(|(_, at)| at).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(typed: &str, all: &[&'static str]) -> Vec<&'static str> {
        let named: Vec<Named<'_>> = all.iter().map(|name| Named { name, note: "", recency: None }).collect();
        ranked(typed, &named).into_iter().filter_map(|at| all.get(at).copied()).collect()
    }

    #[test]
    fn the_best_name_stands_first() {
        let all = ["Request Rate", "Error Rate", "Database Performance", "Response Time", "Operations", "Rate"];
        let check = |typed: &str, expect: &[&str]| assert_eq!(names(typed, &all), expect, "{typed}");
        check("rate", &["Rate", "Error Rate", "Request Rate"]);
        check("rr", &["Request Rate", "Error Rate"]);
        check("rate er", &["Error Rate"]);
        check("dper", &["Database Performance"]);
        check("perf", &["Database Performance"]);
        check("xyz", &[]);
        check("", &all);
        check("OPER", &["Operations"]);
    }

    #[test]
    fn what_was_used_lately_stands_first_among_equals() {
        let named = |name, recency| Named { name, note: "", recency };
        let all = [named("Alpha one", None), named("Alpha two", Some(0)), named("Beta", Some(1))];
        assert_eq!(ranked("", &all), [1, 2, 0]);
        assert_eq!(ranked("alpha", &all), [1, 0]);
        // A better name wins over a recent one.
        let all = [named("Trace of alerts", Some(0)), named("Alerts", None)];
        assert_eq!(ranked("alerts", &all), [1, 0]);
    }

    #[test]
    fn words_beside_a_name_find_it_too() {
        let all = [
            Named { name: "Executive", note: "dashboard", recency: None },
            Named { name: "Dashboards", note: "page", recency: None },
        ];
        assert_eq!(ranked("dash", &all), [1, 0]);
        assert_eq!(ranked("dash exec", &all), [0]);
    }

    #[test]
    fn any_text_is_answered() {
        for typed in ["", " ", "ä", "😀x", "\u{0}", "ſ", "aaaaaaaaaaaaaaaaaaaa"] {
            for text in ["", "ä b", "😀", "K", "a a a a a a"] {
                score(typed, text);
            }
        }
        assert!(score("ü", "grün über").is_some());
    }
}
