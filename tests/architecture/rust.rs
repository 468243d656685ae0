//! Reading Rust, as far as the rules need it: tokens, and the paths of this crate that a file names.

#[derive(Debug, Clone, PartialEq)]
pub enum Kind {
    Word(String),
    Text(String),
    Sign(char),
    PathSep,
}

#[derive(Debug, Clone)]
pub struct Token {
    pub kind: Kind,
    pub line: usize,
}

/// Words, strings and signs; comments, lifetimes, numbers' suffixes and characters are passed over.
pub fn lex(source: &str) -> Vec<Token> {
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
pub fn raw_string_at(at: &impl Fn(usize) -> char, i: usize) -> Option<(usize, usize)> {
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
pub struct Source {
    pub path: String,
    pub module: Vec<String>,
    pub tokens: Vec<Token>,
}

impl Source {
    pub fn new(path: &str, text: &str) -> Self {
        let inner = path.strip_prefix("src/").unwrap_or(path).trim_end_matches(".rs");
        let mut module: Vec<String> = inner.split('/').map(str::to_owned).collect();
        if module.last().is_some_and(|m| matches!(m.as_str(), "mod" | "lib" | "main")) {
            module.pop();
        }
        Self { path: path.to_owned(), module, tokens: lex(text) }
    }

    pub fn is_within(&self, module: &str) -> bool {
        let wanted: Vec<&str> = module.split("::").collect();
        self.module.len() >= wanted.len() && self.module.iter().zip(&wanted).all(|(a, b)| a == b)
    }

    /// Each token with the inline modules around it.
    pub fn with_modules(&self) -> Vec<(usize, Vec<String>)> {
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

    pub fn kind(&self, i: usize) -> Option<&Kind> {
        self.tokens.get(i).map(|t| &t.kind)
    }

    pub fn is_word(&self, i: usize, word: &str) -> bool {
        matches!(self.kind(i), Some(Kind::Word(w)) if w == word)
    }
}

/// Each path of this crate that a file names: where, and its absolute form.
pub fn crate_paths(source: &Source) -> Vec<(usize, String)> {
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
pub fn expand(source: &Source, mut k: usize, base: &[String], found: &mut Vec<(usize, String)>) -> usize {
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
