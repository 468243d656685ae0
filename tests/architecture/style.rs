//! The rules of the styles: colours live in tokens, and classes are on both sides.

use std::collections::{BTreeMap, BTreeSet};

use super::rust::{Kind, Source};

/// A colour written out: `#` and 3, 4, 6 or 8 hexadecimal digits, or a colour function with numbers.
pub fn colour_literal(text: &str) -> Option<String> {
    for (at, _) in text.match_indices('#') {
        let digits: String = text[at + 1..].chars().take_while(char::is_ascii_hexdigit).collect();
        let next = text[at + 1 + digits.len()..].chars().next();
        // `{` begins a format argument: part of the digits may stand there.
        let is_whole = !next.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == '-');
        let is_before_free = !text[..at].ends_with(|c: char| c.is_alphanumeric() || c == '&' || c == '/');
        if is_whole && is_before_free && matches!(digits.len(), 3 | 4 | 6 | 8) {
            return Some(format!("#{digits}"));
        }
    }
    let functions = ["rgb(", "rgba(", "hsl(", "hsla(", "hwb(", "lab(", "lch(", "oklab(", "oklch("];
    functions.iter().find_map(|function| {
        let (before, after) = text.split_once(function)?;
        let is_name = before.ends_with(|c: char| c.is_alphanumeric() || c == '-' || c == '_');
        let is_number = after.trim_start().starts_with(|c: char| c.is_ascii_digit() || c == '.');
        (!is_name && is_number).then(|| function.trim_end_matches('(').to_owned())
    })
}

pub fn rust_colour_faults(source: &Source) -> Vec<String> {
    let is_test_file = source.module.last().is_some_and(|m| m == "tests");
    if source.is_within("base::colour") || is_test_file {
        return Vec::new();
    }
    let mut faults = Vec::new();
    for (i, inline) in source.with_modules() {
        let Some(Kind::Text(text)) = source.kind(i) else { continue };
        if inline.iter().any(|m| m == "tests") {
            continue;
        }
        if let Some(colour) = colour_literal(text) {
            faults.push(format!(
                "{}:{}: {colour}: colours live in style/tokens*.css",
                source.path, source.tokens[i].line
            ));
        }
    }
    faults
}

/// Comments made blank, lines kept.
pub fn css_without_comments(css: &str) -> String {
    let mut out = String::new();
    let mut rest = css;
    while let Some((before, comment)) = rest.split_once("/*") {
        out.push_str(before);
        let (inside, after) = comment.split_once("*/").unwrap_or((comment, ""));
        out.extend(inside.chars().filter(|c| *c == '\n'));
        rest = after;
    }
    out + rest
}

pub fn css_colour_faults(path: &str, css: &str) -> Vec<String> {
    const NAMES: [&str; 14] = [
        "black", "white", "red", "green", "blue", "yellow", "orange", "purple", "gray", "grey", "silver", "navy",
        "teal", "pink",
    ];
    let mut faults = Vec::new();
    for (at, line) in css_without_comments(css).lines().enumerate() {
        let named = line.split_once(':').and_then(|(_, value)| {
            let mut words = value.split(|c: char| !c.is_alphanumeric() && c != '-');
            words.find(|word| NAMES.contains(word)).map(str::to_owned)
        });
        if let Some(colour) = colour_literal(line).or(named) {
            faults.push(format!("{path}:{}: {colour}: colours live in style/tokens*.css", at + 1));
        }
    }
    faults
}

/// Class names in selectors: outside of declarations, strings and comments.
pub fn css_classes(css: &str) -> BTreeMap<String, usize> {
    let mut classes = BTreeMap::new();
    let text = css_without_comments(css);
    let mut selector = String::new();
    let (mut line, mut selector_line) = (1, 1);
    for c in text.chars() {
        line += usize::from(c == '\n');
        match c {
            '{' => {
                if !selector.trim_start().starts_with('@') {
                    for name in class_names(&selector) {
                        classes.entry(name).or_insert(selector_line);
                    }
                }
                selector.clear();
            }
            ';' | '}' => selector.clear(),
            c => {
                if selector.trim().is_empty() {
                    selector_line = line;
                }
                selector.push(c);
            }
        }
    }
    classes
}

pub fn class_names(selector: &str) -> Vec<String> {
    let mut names = Vec::new();
    for (at, _) in selector.match_indices('.') {
        let name: String =
            selector[at + 1..].chars().take_while(|c| c.is_alphanumeric() || matches!(c, '-' | '_')).collect();
        if name.starts_with(|c: char| c.is_alphabetic()) {
            names.push(name);
        }
    }
    names
}

/// Classes that markup gives for certain (`class="a b"`, `class:a`), with their lines.
pub fn markup_classes(source: &Source) -> Vec<(String, usize)> {
    let mut classes = Vec::new();
    for (i, inline) in source.with_modules() {
        if !source.is_word(i, "class") || inline.iter().any(|m| m == "tests") {
            continue;
        }
        let line = source.tokens[i].line;
        match (source.kind(i + 1), source.kind(i + 2)) {
            (Some(Kind::Sign('=')), Some(Kind::Text(text))) => {
                classes.extend(text.split_whitespace().map(|name| (name.to_owned(), line)));
            }
            (Some(Kind::Sign(':')), Some(Kind::Word(first)))
                if matches!(source.kind(i + 3), Some(Kind::Sign('=' | '-'))) =>
            {
                classes.push((first.clone(), line));
            }
            _ => {}
        }
    }
    classes
}

/// Words of every string of a file: where a class may be given in some other way.
pub fn words_in_strings(source: &Source) -> BTreeSet<String> {
    let mut words = BTreeSet::new();
    for token in &source.tokens {
        if let Kind::Text(text) = &token.kind {
            words.extend(text.split(|c: char| !c.is_alphanumeric() && !matches!(c, '-' | '_')).map(str::to_owned));
        }
    }
    words
}

pub fn class_faults(sources: &[Source], html: &str, styles: &[(String, String)]) -> Vec<String> {
    let mut defined: BTreeMap<String, String> = BTreeMap::new();
    for (path, css) in styles {
        for (name, line) in css_classes(css) {
            defined.entry(name).or_insert(format!("{path}:{line}"));
        }
    }
    let html_words = html.split(|c: char| !c.is_alphanumeric() && !matches!(c, '-' | '_'));
    let mut mentioned: BTreeSet<String> = html_words.map(str::to_owned).collect();
    let mut faults = Vec::new();
    for source in sources {
        mentioned.extend(words_in_strings(source));
        for (name, line) in markup_classes(source) {
            if !defined.contains_key(&name) {
                faults.push(format!("{}:{line}: class {name} has no style", source.path));
            }
            mentioned.insert(name);
        }
    }
    let unused = defined.iter().filter(|(name, _)| !mentioned.contains(*name));
    faults.extend(unused.map(|(name, place)| format!("{place}: class {name} is in no markup")));
    faults
}
