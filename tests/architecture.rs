//! The layers of `ARCHITECTURE.md`, checked: who may import whom, who may name the browser, where colours live.
//!
//! A small lexer reads every file of `src/`; paths that begin with `crate`, `super` or `self` are resolved against the
//! file's own module, groups and nested groups included. It does not expand macros: what a macro imports is not seen.
//! Each rule is shown to fail on a bad snippet below.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test's own helpers fail the test by panicking"
)]

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::PathBuf,
};

/// The table of the architecture. A module imports from smaller numbers only.
const LAYERS: [(&str, u8); 13] = [
    ("base", 0),
    ("model", 1),
    ("analysis", 2),
    ("lang", 2),
    ("api", 3),
    ("chart", 3),
    ("platform", 3),
    ("state", 4),
    ("ui", 5),
    ("panels", 6),
    ("pages", 7),
    ("app", 8),
    ("embed", 8),
];

/// Imports between siblings that are meant: from, to, why.
const SIBLINGS: [(&str, &str, &str); 1] = [(
    "platform",
    "api::http",
    "the browser's transport is an implementation of the trait that clients are written against",
)];

/// Imports downwards that are nevertheless not meant: from, to.
const NEVER: [(&str, &str); 1] = [("ui", "api")];

/// Words of other crates, and the only modules that may name them.
const FOREIGN: [(&str, &[&str]); 7] = [
    ("web_sys", &["platform", "ui::chart_canvas"]),
    ("gloo_net", &["platform::fetch"]),
    ("fetch_with_request", &["platform::fetch"]),
    ("fetch_with_str", &["platform::fetch"]),
    ("spawn_local", &["state::query"]),
    ("history", &["platform", "state::router"]),
    ("agentarea_kernels", &["chart", "api::prometheus", "api::jaeger"]),
];

/// Layers that must not know a wire format or the browser.
const BARE: [(&str, &[&str]); 5] = [
    ("serde", &["base", "model", "analysis", "lang", "chart"]),
    ("serde_json", &["base", "model", "analysis", "lang", "chart"]),
    ("wasm_bindgen", &["base", "model", "analysis", "lang", "chart", "api"]),
    ("js_sys", &["base", "model", "analysis", "lang", "chart", "api"]),
    ("leptos", &["base", "model", "analysis", "lang", "chart", "api", "platform"]),
];

// ---- reading Rust ----

#[derive(Debug, Clone, PartialEq)]
enum Kind {
    Word(String),
    Text(String),
    Sign(char),
    PathSep,
}

#[derive(Debug, Clone)]
struct Token {
    kind: Kind,
    line: usize,
}

/// Words, strings and signs; comments, lifetimes, numbers' suffixes and characters are passed over.
fn lex(source: &str) -> Vec<Token> {
    let chars: Vec<char> = source.chars().collect();
    let at = |i: usize| chars.get(i).copied().unwrap_or('\0');
    let mut tokens = Vec::new();
    let (mut i, mut line) = (0, 1);
    while i < chars.len() {
        let c = at(i);
        let start_line = line;
        if c == '\n' {
            line += 1;
            i += 1;
        } else if c == '/' && at(i + 1) == '/' {
            while i < chars.len() && at(i) != '\n' {
                i += 1;
            }
        } else if c == '/' && at(i + 1) == '*' {
            let mut depth = 0;
            while i < chars.len() {
                match (at(i), at(i + 1)) {
                    ('/', '*') => (depth, i) = (depth + 1, i + 2),
                    ('*', '/') => (depth, i) = (depth - 1, i + 2),
                    (c, _) => {
                        line += usize::from(c == '\n');
                        i += 1;
                    }
                }
                if depth == 0 {
                    break;
                }
            }
        } else if let Some((hashes, open)) = raw_string_at(&at, i) {
            let close: Vec<char> = std::iter::once('"').chain(std::iter::repeat_n('#', hashes)).collect();
            let mut text = String::new();
            i = open;
            while i < chars.len() && !(0..close.len()).all(|k| at(i + k) == close[k]) {
                line += usize::from(at(i) == '\n');
                text.push(at(i));
                i += 1;
            }
            i += close.len();
            tokens.push(Token { kind: Kind::Text(text), line: start_line });
        } else if c == '"' {
            let mut text = String::new();
            i += 1;
            while i < chars.len() && at(i) != '"' {
                if at(i) == '\\' {
                    text.push(at(i));
                    i += 1;
                }
                line += usize::from(at(i) == '\n');
                text.push(at(i));
                i += 1;
            }
            i += 1;
            tokens.push(Token { kind: Kind::Text(text), line: start_line });
        } else if c == '\'' {
            // A character, or a lifetime: only a character has its closing quote so near.
            if at(i + 1) == '\\' {
                i += 2;
                while i < chars.len() && at(i) != '\'' {
                    i += 1;
                }
                i += 1;
            } else if at(i + 2) == '\'' {
                i += 3;
            } else {
                i += 1;
            }
        } else if c.is_alphanumeric() || c == '_' {
            let mut word = String::new();
            while at(i).is_alphanumeric() || at(i) == '_' {
                word.push(at(i));
                i += 1;
            }
            tokens.push(Token { kind: Kind::Word(word), line });
        } else if c == ':' && at(i + 1) == ':' {
            tokens.push(Token { kind: Kind::PathSep, line });
            i += 2;
        } else {
            if !c.is_whitespace() {
                tokens.push(Token { kind: Kind::Sign(c), line });
            }
            i += 1;
        }
    }
    tokens
}

/// How many hashes a raw string has, and where its text begins.
fn raw_string_at(at: &impl Fn(usize) -> char, i: usize) -> Option<(usize, usize)> {
    let is_start = i == 0 || !(at(i - 1).is_alphanumeric() || at(i - 1) == '_');
    let r = if at(i) == 'b' || at(i) == 'c' { i + 1 } else { i };
    if !is_start || at(r) != 'r' {
        return None;
    }
    let mut hashes = 0;
    while at(r + 1 + hashes) == '#' {
        hashes += 1;
    }
    (at(r + 1 + hashes) == '"').then_some((hashes, r + 2 + hashes))
}

/// One file of `src/`, or a snippet that stands for one.
struct Source {
    path: String,
    module: Vec<String>,
    tokens: Vec<Token>,
}

impl Source {
    fn new(path: &str, text: &str) -> Self {
        let inner = path.strip_prefix("src/").unwrap_or(path).trim_end_matches(".rs");
        let mut module: Vec<String> = inner.split('/').map(str::to_owned).collect();
        if module.last().is_some_and(|m| matches!(m.as_str(), "mod" | "lib" | "main")) {
            module.pop();
        }
        Self { path: path.to_owned(), module, tokens: lex(text) }
    }

    fn is_within(&self, module: &str) -> bool {
        let wanted: Vec<&str> = module.split("::").collect();
        self.module.len() >= wanted.len() && self.module.iter().zip(&wanted).all(|(a, b)| a == b)
    }

    /// Each token with the inline modules around it.
    fn with_modules(&self) -> Vec<(usize, Vec<String>)> {
        let mut stack: Vec<Option<String>> = Vec::new();
        let mut out = Vec::new();
        for (i, token) in self.tokens.iter().enumerate() {
            match &token.kind {
                Kind::Sign('{') => {
                    let name = match (self.kind(i.wrapping_sub(2)), self.kind(i.wrapping_sub(1))) {
                        (Some(Kind::Word(keyword)), Some(Kind::Word(name))) if keyword == "mod" => Some(name.clone()),
                        _ => None,
                    };
                    stack.push(name);
                }
                Kind::Sign('}') => {
                    stack.pop();
                }
                _ => {}
            }
            out.push((i, stack.iter().flatten().cloned().collect()));
        }
        out
    }

    fn kind(&self, i: usize) -> Option<&Kind> {
        self.tokens.get(i).map(|t| &t.kind)
    }

    fn is_word(&self, i: usize, word: &str) -> bool {
        matches!(self.kind(i), Some(Kind::Word(w)) if w == word)
    }
}

/// Each path of this crate that a file names: where, and its absolute form.
fn crate_paths(source: &Source) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for (i, inline) in source.with_modules() {
        let is_head = ["crate", "super", "self"].iter().any(|w| source.is_word(i, w));
        let is_path = is_head && matches!(source.kind(i + 1), Some(Kind::PathSep));
        if !is_path || matches!(source.kind(i.wrapping_sub(1)), Some(Kind::PathSep)) {
            continue;
        }
        let mut base: Vec<String> = source.module.iter().chain(&inline).cloned().collect();
        let mut k = i;
        loop {
            if source.is_word(k, "crate") {
                base.clear();
            } else if source.is_word(k, "super") {
                base.pop();
            } else if !source.is_word(k, "self") {
                break;
            }
            if !matches!(source.kind(k + 1), Some(Kind::PathSep)) {
                break;
            }
            k += 2;
        }
        expand(source, k, &base, &mut found);
    }
    found
}

/// The tree that begins at a token, every leaf an absolute path; the position after it.
fn expand(source: &Source, mut k: usize, base: &[String], found: &mut Vec<(usize, String)>) -> usize {
    let mut path = base.to_vec();
    let line = source.tokens.get(k).map_or(0, |t| t.line);
    loop {
        match source.kind(k) {
            Some(Kind::Word(word)) => {
                if word != "self" {
                    path.push(word.clone());
                }
                k += 1;
            }
            Some(Kind::Sign('{')) => {
                k += 1;
                while !matches!(source.kind(k), None | Some(Kind::Sign('}' | ';'))) {
                    if matches!(source.kind(k), Some(Kind::Word(_) | Kind::Sign('{'))) {
                        k = expand(source, k, &path, found);
                    } else {
                        k += 1;
                    }
                }
                return k + 1;
            }
            _ => break,
        }
        if !matches!(source.kind(k), Some(Kind::PathSep)) {
            break;
        }
        k += 1;
    }
    found.push((line, path.join("::")));
    // `x as y`: the new name is no path.
    if source.is_word(k, "as") { k + 2 } else { k }
}

fn layer(module: &str) -> Option<u8> {
    LAYERS.iter().find(|(name, _)| *name == module).map(|(_, layer)| *layer)
}

// ---- the rules ----

fn import_faults(source: &Source) -> Vec<String> {
    let Some(own) = source.module.first() else { return Vec::new() };
    let Some(own_layer) = layer(own) else {
        return vec![format!("{}:1: the module {own} is in no layer of the table", source.path)];
    };
    let mut faults = BTreeSet::new();
    for (line, path) in crate_paths(source) {
        let target = path.split("::").next().unwrap_or_default();
        let Some(target_layer) = layer(target) else { continue };
        let is_below = |prefix: &str| path == prefix || path.starts_with(&format!("{prefix}::"));
        let is_meant = SIBLINGS.iter().any(|(from, to, _)| from == own && is_below(to));
        let fault = if target == own {
            let pages = (source.module.get(1), path.split("::").nth(1));
            match pages {
                (Some(here), Some(there)) if own == "pages" && is_page(there) && here != there => {
                    "pages never import pages"
                }
                _ => continue,
            }
        } else if NEVER.iter().any(|(from, to)| from == own && *to == target) {
            "this import is never allowed"
        } else if target_layer > own_layer {
            "an upward import"
        } else if target_layer == own_layer && !is_meant {
            "an import from a sibling"
        } else {
            continue;
        };
        faults.insert(format!(
            "{}:{line}: crate::{path}: {fault} ({own} is layer {own_layer}, {target} is {target_layer})",
            source.path
        ));
    }
    faults.into_iter().collect()
}

/// Whether a name below `pages` is a page's module rather than an item of `pages` itself.
fn is_page(name: &str) -> bool {
    let pages = root().join("src/pages");
    pages.join(format!("{name}.rs")).exists() || pages.join(name).is_dir() || name == "example_page"
}

fn foreign_faults(source: &Source) -> Vec<String> {
    let mut faults = BTreeSet::new();
    for (i, _) in source.with_modules() {
        let Some(Kind::Word(word)) = source.kind(i) else { continue };
        let line = source.tokens[i].line;
        // A name after a dot or in a path of ours is not the crate of that name.
        let is_member = matches!(source.kind(i.wrapping_sub(1)), Some(Kind::Sign('.')));
        if let Some((_, homes)) = FOREIGN.iter().find(|(foreign, _)| foreign == word)
            && !homes.iter().any(|home| source.is_within(home))
        {
            faults.insert(format!("{}:{line}: {word}: only {} may name it", source.path, homes.join(", ")));
        }
        let is_crate = !is_member && matches!(source.kind(i + 1), Some(Kind::PathSep));
        if let Some((_, strangers)) = BARE.iter().find(|(foreign, _)| foreign == word)
            && is_crate
            && strangers.iter().any(|module| source.is_within(module))
        {
            faults.insert(format!("{}:{line}: {word}: this layer does not know it", source.path));
        }
    }
    faults.into_iter().collect()
}

/// The parts of the app that are downloaded later, as `xtask/js/chunks.json` lists their modules.
fn chunks() -> Vec<(String, Vec<String>)> {
    let text = fs::read_to_string(root().join("xtask/js/chunks.json")).unwrap();
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    let modules =
        |list: &serde_json::Value| list.as_array().unwrap().iter().map(|m| m.as_str().unwrap().to_owned()).collect();
    json.as_object().unwrap().iter().map(|(chunk, list)| (chunk.clone(), modules(list))).collect()
}

/// What calls into a part of the app that may not be there would stop the app: from outside, only the shell names its
/// pages, to open them by their door.
fn chunk_faults(source: &Source, chunks: &[(String, Vec<String>)]) -> Vec<String> {
    let mut faults = BTreeSet::new();
    for (line, path) in crate_paths(source) {
        let is_below = |module: &String| path == *module || path.starts_with(&format!("{module}::"));
        for (chunk, modules) in chunks {
            let Some(module) = modules.iter().find(|module| is_below(module)) else { continue };
            let is_inside = modules.iter().any(|module| source.is_within(module));
            let is_door = source.is_within("app::shell") && (path == *module || path == format!("{module}::open"));
            if !is_inside && !is_door {
                faults.insert(format!(
                    "{}:{line}: crate::{path}: it is in the part `{chunk}`, which may not be there",
                    source.path
                ));
            }
        }
    }
    faults.into_iter().collect()
}

/// A colour written out: `#` and 3, 4, 6 or 8 hexadecimal digits, or a colour function with numbers.
fn colour_literal(text: &str) -> Option<String> {
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

fn rust_colour_faults(source: &Source) -> Vec<String> {
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
fn css_without_comments(css: &str) -> String {
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

fn css_colour_faults(path: &str, css: &str) -> Vec<String> {
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
fn css_classes(css: &str) -> BTreeMap<String, usize> {
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

fn class_names(selector: &str) -> Vec<String> {
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
fn markup_classes(source: &Source) -> Vec<(String, usize)> {
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
fn words_in_strings(source: &Source) -> BTreeSet<String> {
    let mut words = BTreeSet::new();
    for token in &source.tokens {
        if let Kind::Text(text) = &token.kind {
            words.extend(text.split(|c: char| !c.is_alphanumeric() && !matches!(c, '-' | '_')).map(str::to_owned));
        }
    }
    words
}

fn class_faults(sources: &[Source], html: &str, styles: &[(String, String)]) -> Vec<String> {
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

// ---- the product ----

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Files below a folder, sorted, with their paths from the root.
fn files(folder: &str, extension: &str) -> Vec<(String, String)> {
    let mut waiting = vec![root().join(folder)];
    let mut found = Vec::new();
    while let Some(folder) = waiting.pop() {
        for entry in fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
            let path = entry.unwrap().path();
            if path.is_dir() {
                waiting.push(path);
            } else if path.extension().is_some_and(|e| e == extension) {
                let name = path.strip_prefix(root()).unwrap().to_string_lossy().replace('\\', "/");
                found.push((name, fs::read_to_string(&path).unwrap()));
            }
        }
    }
    found.sort();
    found
}

fn sources() -> Vec<Source> {
    let sources: Vec<Source> = files("src", "rs").iter().map(|(path, text)| Source::new(path, text)).collect();
    assert!(sources.len() > 10, "too few files were found: {}", sources.len());
    sources
}

fn assert_none(faults: &[String]) {
    assert!(faults.is_empty(), "{} to mend:\n{}", faults.len(), faults.join("\n"));
}

#[test]
fn layers_import_downwards_only() {
    let sources = sources();
    let paths = sources.iter().map(|source| crate_paths(source).len()).sum::<usize>();
    assert!(paths > 100, "the product has more imports than the {paths} that were seen");
    assert_none(&sources.iter().flat_map(import_faults).collect::<Vec<_>>());
}

#[test]
fn the_browser_is_named_at_its_edge_only() {
    assert_none(&sources().iter().flat_map(foreign_faults).collect::<Vec<_>>());
}

#[test]
fn parts_that_come_later_are_entered_by_their_doors() {
    let chunks = chunks();
    let sources = sources();
    assert_none(&sources.iter().flat_map(|source| chunk_faults(source, &chunks)).collect::<Vec<_>>());
    for page in chunks.iter().flat_map(|(_, modules)| modules).filter(|module| module.starts_with("pages::")) {
        let page = sources.iter().find(|source| source.module.join("::") == *page);
        let door = page.map(|source| fs::read_to_string(root().join(&source.path)).unwrap());
        if let Some(text) = door {
            assert!(
                text.contains("#[inline(never)]\npub fn open()"),
                "a compiler may move an inlined door to the other side"
            );
        }
    }
}

#[test]
fn kernels_know_nothing_but_numbers() {
    let manifest = fs::read_to_string(root().join("kernels/Cargo.toml")).unwrap();
    assert!(!manifest.contains("dependencies"), "what a kernel depends on would be compiled for size");
}

#[test]
fn colours_live_in_tokens() {
    let mut faults: Vec<String> = sources().iter().flat_map(rust_colour_faults).collect();
    for (path, css) in files("style", "css") {
        if !path.starts_with("style/tokens") {
            faults.extend(css_colour_faults(&path, &css));
        }
    }
    assert_none(&faults);
}

#[test]
fn classes_are_on_both_sides() {
    let html = fs::read_to_string(root().join("index.html")).unwrap();
    assert_none(&class_faults(&sources(), &html, &files("style", "css")));
}

// ---- the rules can fail ----

fn imports(path: &str, text: &str) -> Vec<String> {
    import_faults(&Source::new(path, text)).iter().map(|f| f.split(" (").next().unwrap().to_owned()).collect()
}

#[test]
fn upward_and_sibling_imports_are_found() {
    let check = |path: &str, text: &str, expect: &[&str]| assert_eq!(imports(path, text), expect, "{text}");
    check(
        "src/base/time.rs",
        "use crate::model::frame;",
        &["src/base/time.rs:1: crate::model::frame: an upward import"],
    );
    check("src/api/x.rs", "//\nuse crate::chart::a;", &["src/api/x.rs:2: crate::chart::a: an import from a sibling"]);
    check(
        "src/chart/a.rs",
        "fn f() { crate::state::query::go() }",
        &["src/chart/a.rs:1: crate::state::query::go: an upward import"],
    );
    check(
        "src/model/a.rs",
        "use crate::{base::time, model::{self, frame}, ui::{b::C as D, e}};",
        &["src/model/a.rs:1: crate::ui::b::C: an upward import", "src/model/a.rs:1: crate::ui::e: an upward import"],
    );
    check(
        "src/base/units/mod.rs",
        "use super::super::api;",
        &["src/base/units/mod.rs:1: crate::api: an upward import"],
    );
    check(
        "src/base/a.rs",
        "mod tests { use super::super::super::app::X; }",
        &["src/base/a.rs:1: crate::app::X: an upward import"],
    );
    check("src/ui/a.rs", "use crate::api::http;", &["src/ui/a.rs:1: crate::api::http: this import is never allowed"]);
    check(
        "src/pages/a.rs",
        "use crate::pages::example_page::X;",
        &["src/pages/a.rs:1: crate::pages::example_page::X: pages never import pages"],
    );
    check(
        "src/platform/a.rs",
        "use crate::api::prometheus;",
        &["src/platform/a.rs:1: crate::api::prometheus: an import from a sibling"],
    );
    assert!(imports("src/misc/a.rs", "").first().is_some_and(|f| f.contains("in no layer")));
}

#[test]
fn ways_around_a_door_are_found() {
    let chunks = [("traces".to_owned(), vec!["pages::traces".to_owned(), "model::trace".to_owned()])];
    let check = |path: &str, text: &str, expect: usize| {
        assert_eq!(chunk_faults(&Source::new(path, text), &chunks).len(), expect, "{path}: {text}");
    };
    check("src/app/shell.rs", "use crate::pages::{alerts, traces};", 0);
    check("src/app/shell.rs", "use crate::pages::traces::open;", 0);
    check("src/app/shell.rs", "use crate::pages::traces::Search;", 1);
    check("src/app/keyboard.rs", "use crate::pages::traces;", 1);
    check("src/panels/data.rs", "use crate::model::{frame::Frame, trace::Trace};", 1);
    check("src/panels/data.rs", "use crate::model::tracer::Trace;", 0);
    check("src/pages/traces/form.rs", "use crate::model::trace::Trace; use super::search;", 0);
}

#[test]
fn what_is_allowed_is_not_found() {
    let check = |path: &str, text: &str| assert_eq!(imports(path, text), [""; 0], "{text}");
    check("src/app/mod.rs", "use crate::{base, model, api, ui, pages};");
    check("src/base/time/step.rs", "use super::{Grid, civil::DAY_MS}; fn f(x: &'a str) -> char { '\\'' }");
    check("src/platform/fetch.rs", "use crate::api::http::Transport;");
    check("src/base/a.rs", "// use crate::app;\n/* crate::ui::b /* nested */ */\nconst A: &str = \"crate::app::b\";");
    check("src/base/a.rs", "const A: &str = r#\"use crate::app; \"quoted\" \"#;");
    check("src/model/a.rs", "mod tests { use super::*; use super::frame::X; }");
    check("src/lib.rs", "pub use crate::app::App;");
}

#[test]
fn foreign_words_are_found() {
    let check = |path: &str, text: &str, expect: usize| {
        assert_eq!(foreign_faults(&Source::new(path, text)).len(), expect, "{path}: {text}");
    };
    check("src/ui/button.rs", "use web_sys::Element;", 1);
    check("src/ui/chart_canvas.rs", "use web_sys::Element;", 0);
    check("src/platform/dom.rs", "use web_sys::Element;", 0);
    check("src/platform/dom.rs", "use gloo_net::http::Request;", 1);
    check("src/platform/fetch.rs", "use gloo_net::http::Request;", 0);
    check("src/ui/a.rs", "use agentarea_kernels::Bitmap;", 1);
    check("src/api/prometheus/scan/json.rs", "use agentarea_kernels::number;", 0);
    check("src/pages/a.rs", "spawn_local(async {});", 1);
    check("src/state/query.rs", "spawn_local(async {});", 0);
    check("src/state/refresh.rs", "leptos::task::spawn_local(async {});", 1);
    check("src/model/a.rs", "use serde::Deserialize;", 1);
    check("src/model/a.rs", "/// web_sys and serde::X in words\nfn f() {}", 0);
    check("src/panels/a.rs", "use crate::platform::history;", 1);
    check("src/state/router.rs", "history::write(url, true);", 0);
}

#[test]
fn colours_are_found() {
    let rust = |text: &str| rust_colour_faults(&Source::new("src/chart/a.rs", text)).len();
    assert_eq!(rust("const A: &str = \"#ff8800\";"), 1);
    assert_eq!(rust("const A: &str = r\"fill: #f80;\";"), 1);
    assert_eq!(rust("const A: &str = \"rgba(1, 2, 3, .5)\";"), 1);
    assert_eq!(rust("const A: &str = \"#/panel-3 and #12 and rgb(var(--x))\"; // #ff8800"), 0);
    assert_eq!(rust("mod tests { const A: &str = \"#ff8800\"; }"), 0);
    assert_eq!(rust_colour_faults(&Source::new("src/base/colour.rs", "const A: &str = \"#fff\";")), [""; 0]);
    let css = |text: &str| css_colour_faults("style/a.css", text);
    assert_eq!(css(".a {\n  color: #fff;\n}"), ["style/a.css:2: #fff: colours live in style/tokens*.css"]);
    assert_eq!(css(".a { color: white }").len(), 1);
    assert_eq!(css(".a { background: oklch(0.5 0.1 200) }").len(), 1);
    assert_eq!(css(".a { color: var(--red); border: 1px solid transparent; } /* #fff */").len(), 0);
    assert_eq!(css(".a { background: color-mix(in srgb, var(--a) 20%, transparent); white-space: nowrap }").len(), 0);
}

#[test]
fn lonely_classes_are_found() {
    let styles = [(
        "style/a.css".to_owned(),
        ".used, .page .late:hover { width: 1.5px }\n@media (width > 1.5em) { .lonely { } }".to_owned(),
    )];
    let sources = [Source::new(
        "src/ui/a.rs",
        "view! { <div class=\"used\" class:late=on><p class=\"bare used\"></p></div> }\nlet x = \"page\";",
    )];
    assert_eq!(
        class_faults(&sources, "<html></html>", &styles),
        ["src/ui/a.rs:1: class bare has no style", "style/a.css:2: class lonely is in no markup",]
    );
    assert_eq!(class_faults(&sources, "<p class=\"lonely\">", &styles).len(), 1);
}
