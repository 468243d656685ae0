//! PromQL's tokens with their places, and the mistakes that Prometheus's lexer names.

use super::diagnose::Problem;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TokenKind {
    Word,
    Number,
    Duration,
    Text,
    Symbol,
    End,
}

/// A token and where it begins, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Token<'q> {
    pub kind: TokenKind,
    pub text: &'q str,
    pub start: usize,
}

const AGGREGATORS: [&str; 12] =
    ["sum", "avg", "count", "min", "max", "group", "stddev", "stdvar", "topk", "bottomk", "count_values", "quantile"];
const WORD_OPERATORS: [&str; 4] = ["and", "or", "unless", "atan2"];
const KEYWORDS: [&str; 8] = ["offset", "by", "without", "on", "ignoring", "group_left", "group_right", "bool"];
const SYMBOL_OPERATORS: [&str; 13] = ["+", "-", "*", "/", "%", "^", "==", "!=", "<", ">", "<=", ">=", "@"];

impl Token<'_> {
    pub fn lowercase(&self) -> String {
        self.text.to_ascii_lowercase()
    }

    pub fn is_aggregator(&self) -> bool {
        AGGREGATORS.contains(&self.lowercase().as_str())
    }

    /// Words that cannot name a metric.
    pub fn is_reserved(&self) -> bool {
        matches!(self.lowercase().as_str(), "on" | "ignoring" | "group_left" | "group_right" | "bool" | "atan2")
    }

    /// How Prometheus names the token in a message.
    pub fn description(&self) -> String {
        let lower = self.lowercase();
        let quoted = || {
            if self.text.chars().count() > 10 {
                format!("{:?}...", self.text.chars().take(10).collect::<String>())
            } else {
                format!("{:?}", self.text)
            }
        };
        match self.kind {
            TokenKind::End => "end of input".into(),
            TokenKind::Number => format!("number {}", quoted()),
            TokenKind::Duration => format!("duration {}", quoted()),
            TokenKind::Text => format!("string {}", quoted()),
            TokenKind::Word if KEYWORDS.contains(&lower.as_str()) => format!("<{}>", self.text),
            TokenKind::Word if self.is_aggregator() => format!("<aggr:{}>", self.text),
            TokenKind::Word if WORD_OPERATORS.contains(&lower.as_str()) => format!("<op:{}>", self.text),
            TokenKind::Word if self.text.contains(':') => format!("metric identifier {:?}", self.text),
            TokenKind::Word => format!("identifier {:?}", self.text),
            TokenKind::Symbol if SYMBOL_OPERATORS.contains(&self.text) => format!("<op:{}>", self.text),
            TokenKind::Symbol => quoted(),
        }
    }

    /// The content of a string token; simple escapes are resolved, the others kept.
    pub fn unquoted(&self) -> String {
        let inner = self.text.get(1..self.text.len().saturating_sub(1)).unwrap_or("");
        if self.text.starts_with('`') {
            return inner.to_owned();
        }
        let mut out = String::with_capacity(inner.len());
        let mut chars = inner.chars();
        while let Some(c) = chars.next() {
            if c != '\\' {
                out.push(c);
                continue;
            }
            match chars.next() {
                Some('n') => out.push('\n'),
                Some('t') => out.push('\t'),
                Some(escaped @ ('\\' | '"' | '\'')) => out.push(escaped),
                Some(other) => out.extend(['\\', other]),
                None => out.push('\\'),
            }
        }
        out
    }
}

/// Splits a query, one token at a time: a mistake counts only when the grammar has come so far.
pub(super) struct Lexer<'q> {
    query: &'q str,
    at: usize,
    open_parens: usize,
    is_in_braces: bool,
    is_in_brackets: bool,
    expects_duration: bool,
}

fn problem<T>(at: usize, message: impl Into<String>) -> Result<T, Problem> {
    Err(Problem { at, message: message.into() })
}

fn is_word_start(c: char) -> bool {
    c.is_ascii_alphabetic() || c == '_'
}

impl<'q> Lexer<'q> {
    pub fn new(query: &'q str) -> Self {
        Self { query, at: 0, open_parens: 0, is_in_braces: false, is_in_brackets: false, expects_duration: false }
    }

    fn rest(&self) -> &'q str {
        self.query.get(self.at..).unwrap_or("")
    }

    fn token(&mut self, kind: TokenKind, length: usize) -> Token<'q> {
        let start = self.at;
        self.at += length;
        Token { kind, text: self.query.get(start..self.at).unwrap_or(""), start }
    }

    fn skip_blank(&mut self) {
        loop {
            let rest = self.rest();
            let blank = rest.len() - rest.trim_start_matches([' ', '\t', '\n', '\r']).len();
            self.at += blank;
            if !self.rest().starts_with('#') {
                return;
            }
            self.at += self.rest().find('\n').unwrap_or(self.rest().len());
        }
    }

    pub fn next_token(&mut self) -> Result<Token<'q>, Problem> {
        self.skip_blank();
        let rest = self.rest();
        let Some(first) = rest.chars().next() else { return self.end() };
        if std::mem::take(&mut self.expects_duration) {
            return self.duration();
        }
        if matches!(first, '"' | '\'' | '`') {
            return self.text(first);
        }
        if self.is_in_braces {
            return self.inside_braces(first);
        }
        if is_word_start(first) || first == ':' && !self.is_in_brackets {
            let length = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_' && c != ':').unwrap_or(rest.len());
            let word = rest.get(..length).unwrap_or("").to_ascii_lowercase();
            let kind = if matches!(word.as_str(), "inf" | "nan") { TokenKind::Number } else { TokenKind::Word };
            return Ok(self.token(kind, length));
        }
        let is_fraction = first == '.' && rest.chars().nth(1).is_some_and(|c| c.is_ascii_digit());
        if first.is_ascii_digit() || is_fraction {
            return self.number_or_duration();
        }
        self.symbol(first)
    }

    fn end(&mut self) -> Result<Token<'q>, Problem> {
        if self.is_in_braces {
            return problem(self.at, "unexpected end of input inside braces");
        }
        if self.open_parens > 0 {
            return problem(self.at, "unclosed left parenthesis");
        }
        if self.is_in_brackets {
            return problem(self.at, "unclosed left bracket");
        }
        Ok(Token { kind: TokenKind::End, text: "", start: self.at })
    }

    fn text(&mut self, quote: char) -> Result<Token<'q>, Problem> {
        let rest = self.rest();
        let mut is_escaped = false;
        for (index, c) in rest.char_indices().skip(1) {
            if is_escaped {
                is_escaped = false;
            } else if c == '\\' && quote != '`' {
                is_escaped = true;
            } else if c == '\n' && quote != '`' {
                break;
            } else if c == quote {
                return Ok(self.token(TokenKind::Text, index + 1));
            }
        }
        problem(self.at, if quote == '`' { "unterminated raw string" } else { "unterminated quoted string" })
    }

    fn inside_braces(&mut self, first: char) -> Result<Token<'q>, Problem> {
        let rest = self.rest();
        if is_word_start(first) {
            let length = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
            return Ok(self.token(TokenKind::Word, length));
        }
        let second = rest.chars().nth(1);
        match (first, second) {
            ('=', Some('~')) | ('!', Some('~' | '=')) => Ok(self.token(TokenKind::Symbol, 2)),
            (',' | '=', _) => Ok(self.token(TokenKind::Symbol, 1)),
            ('!', Some(other)) => problem(self.at, format!("unexpected character after '!' inside braces: {other:?}")),
            ('{', _) => problem(self.at, "unexpected left brace '{'"),
            ('}', _) => {
                self.is_in_braces = false;
                Ok(self.token(TokenKind::Symbol, 1))
            }
            (other, _) => problem(self.at, format!("unexpected character inside braces: {other:?}")),
        }
    }

    fn symbol(&mut self, first: char) -> Result<Token<'q>, Problem> {
        let second = self.rest().chars().nth(1);
        let length = match (first, second) {
            ('=' | '!' | '<' | '>', Some('=')) => 2,
            ('=', Some('~')) => return problem(self.at, "unexpected character after '=': '~'"),
            ('!', Some(other)) => return problem(self.at, format!("unexpected character after '!': {other:?}")),
            ('=' | '<' | '>' | '+' | '-' | '*' | '/' | '%' | '^' | ',' | '@', _) => 1,
            ('(', _) => {
                self.open_parens += 1;
                1
            }
            (')', _) => {
                let Some(open) = self.open_parens.checked_sub(1) else {
                    // Prometheus has read the character when it complains, so it points behind it.
                    return problem(self.at + 1, "unexpected right parenthesis ')'");
                };
                self.open_parens = open;
                1
            }
            ('{', _) => {
                self.is_in_braces = true;
                1
            }
            ('[', _) if self.is_in_brackets => return problem(self.at, "unexpected left bracket '['"),
            ('[', _) => {
                self.is_in_brackets = true;
                self.expects_duration = true;
                1
            }
            (']', _) if !self.is_in_brackets => return problem(self.at, "unexpected right bracket ']'"),
            (']', _) => {
                self.is_in_brackets = false;
                1
            }
            (':', _) if self.is_in_brackets => 1,
            (other, _) => return problem(self.at, format!("unexpected character: {other:?}")),
        };
        Ok(self.token(TokenKind::Symbol, length))
    }

    fn word_length(&self) -> usize {
        let rest = self.rest();
        rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_' && c != '.').unwrap_or(rest.len())
    }

    fn duration(&mut self) -> Result<Token<'q>, Problem> {
        let length = self.word_length();
        let word = self.rest().get(..length).unwrap_or("");
        if !word.is_empty() && word.parse::<f64>().is_ok() {
            return problem(self.at, "missing unit character in duration");
        }
        if is_duration(word) {
            return Ok(self.token(TokenKind::Duration, length));
        }
        let digits = word.find(|c: char| !c.is_ascii_digit()).unwrap_or(word.len());
        problem(self.at, format!("bad duration syntax: {:?}", word.get(..digits).unwrap_or("")))
    }

    fn number_or_duration(&mut self) -> Result<Token<'q>, Problem> {
        let rest = self.rest();
        let mut length = self.word_length();
        let word = rest.get(..length).unwrap_or("");
        if is_duration(word) {
            return Ok(self.token(TokenKind::Duration, length));
        }
        // An exponent's sign belongs to the number.
        let is_decimal = !word.starts_with("0x") && !word.starts_with("0X");
        if is_decimal
            && word.ends_with(['e', 'E'])
            && rest.get(length..).is_some_and(|tail| tail.starts_with(['+', '-']))
        {
            let digits = rest.get(length + 1..).unwrap_or("");
            length += 1 + digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
        }
        let word = rest.get(..length).unwrap_or("");
        let hex = word.strip_prefix("0x").or_else(|| word.strip_prefix("0X"));
        let is_number = match hex {
            Some(digits) => !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_hexdigit()),
            None => word.parse::<f64>().is_ok(),
        };
        if is_number {
            return Ok(self.token(TokenKind::Number, length));
        }
        problem(self.at, format!("bad number or duration syntax: {word:?}"))
    }
}

fn is_duration(word: &str) -> bool {
    word != "0" && crate::rules::duration_ms(word).is_some()
}
