//! Where a query goes wrong: the position and the words that Prometheus gives.
//!
//! The parser crate accepts or refuses, and says little about where. This pass walks the grammar once more, without
//! building a tree, only to find the first mistake: of the tokens, of the syntax, then of the types, in the order in which
//! Prometheus reports them. What it does not recognise as wrong is left to the parser crate.

use regex::Regex;

use super::functions::{Kind, signature};
use super::parse::ParseError;
use super::tokens::{Lexer, Token, TokenKind};

/// The first mistake, if there is one that Prometheus would name.
pub(super) fn diagnose(query: &str) -> Option<ParseError> {
    let mut checker = Checker::new(query);
    if let Err(problem) = checker.whole() {
        checker.problems.push(problem);
    }
    first_error(query, checker.problems.into_iter().chain(checker.types))
}

/// The first mistake in what must be a series selector and nothing more.
pub(super) fn diagnose_selector(text: &str) -> Option<ParseError> {
    let mut checker = Checker::new(text);
    if let Err(problem) = checker.only_selector() {
        checker.problems.push(problem);
    }
    first_error(text, checker.problems.into_iter())
}

fn first_error(query: &str, mut problems: impl Iterator<Item = Problem>) -> Option<ParseError> {
    let Problem { at, message } = problems.next()?;
    Some(ParseError::at_offset(query, at, message))
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Problem {
    pub at: usize,
    pub message: String,
}

/// What is known of an expression that has been walked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Node {
    start: usize,
    kind: Kind,
    is_selector: bool,
    takes_modifiers: bool,
    /// The modifier that the node already carries.
    modifier: Option<&'static str>,
}

impl Node {
    /// Neither a selector nor anything that `offset` and `@` could follow.
    fn plain(start: usize, kind: Kind) -> Self {
        Self { start, kind, is_selector: false, takes_modifiers: false, modifier: None }
    }
}

type Walk<T> = Result<T, Problem>;

struct Checker<'q> {
    tokens: Lexer<'q>,
    ahead: Option<Token<'q>>,
    /// Mistakes that do not stop the walk, in order; types are only looked at when there is none.
    problems: Vec<Problem>,
    types: Vec<Problem>,
    /// How many aggregations are open: Prometheus names the innermost as the context of a mistake.
    aggregations: usize,
    depth: usize,
    operands: usize,
}

/// Expressions are walked by recursion: a query may not decide how much stack that takes. Prometheus has no such limits.
const MAX_DEPTH: usize = 200;
const MAX_OPERANDS: usize = 2000;

const OR: u8 = 1;
const AND: u8 = 2;
const COMPARISON: u8 = 3;
const SUM: u8 = 4;
const PRODUCT: u8 = 5;
const POWER: u8 = 6;

fn precedence(token: &Token<'_>) -> Option<u8> {
    Some(match token.lowercase().as_str() {
        "or" => OR,
        "and" | "unless" => AND,
        "==" | "!=" | "<" | ">" | "<=" | ">=" => COMPARISON,
        "+" | "-" => SUM,
        "*" | "/" | "%" | "atan2" => PRODUCT,
        "^" => POWER,
        _ => return None,
    })
}

impl<'q> Checker<'q> {
    fn new(query: &'q str) -> Self {
        Self {
            tokens: Lexer::new(query),
            ahead: None,
            problems: Vec::new(),
            types: Vec::new(),
            aggregations: 0,
            depth: 0,
            operands: 0,
        }
    }

    fn only_selector(&mut self) -> Walk<()> {
        let start = self.peek()?;
        if start.kind == TokenKind::Word && !start.is_reserved() {
            self.take()?;
            self.selector(start, Some(start))?;
        } else if start.text == "{" {
            self.selector(start, None)?;
        } else {
            return self.unexpected("", "");
        }
        if self.peek()?.kind == TokenKind::End { Ok(()) } else { self.unexpected("", "") }
    }

    fn peek(&mut self) -> Walk<Token<'q>> {
        if let Some(token) = self.ahead {
            return Ok(token);
        }
        let token = self.tokens.next_token()?;
        self.ahead = Some(token);
        Ok(token)
    }

    fn take(&mut self) -> Walk<Token<'q>> {
        let token = self.peek()?;
        self.ahead = None;
        Ok(token)
    }

    fn take_if(&mut self, text: &str) -> Walk<bool> {
        let token = self.peek()?;
        let is_it = token.kind != TokenKind::Text && token.lowercase() == text;
        if is_it {
            self.ahead = None;
        }
        Ok(is_it)
    }

    fn unexpected<T>(&mut self, context: &str, expected: &str) -> Walk<T> {
        let token = self.peek()?;
        let mut message = format!("unexpected {}", token.description());
        if !context.is_empty() {
            message.push_str(" in ");
            message.push_str(context);
        }
        if !expected.is_empty() {
            message.push_str(", expected ");
            message.push_str(expected);
        }
        Err(Problem { at: token.start, message })
    }

    fn unexpected_here<T>(&mut self) -> Walk<T> {
        let context = if self.aggregations > 0 { "aggregation" } else { "" };
        self.unexpected(context, "")
    }

    fn wrong_type(&mut self, at: usize, message: String) {
        self.types.push(Problem { at, message });
    }

    fn expect_kind(&mut self, node: Node, wanted: Kind, context: &str) {
        if node.kind != wanted {
            self.wrong_type(node.start, format!("expected type {wanted} in {context}, got {}", node.kind));
        }
    }

    fn whole(&mut self) -> Walk<()> {
        self.expression(OR)?;
        if self.peek()?.kind == TokenKind::End { Ok(()) } else { self.unexpected_here() }
    }

    fn expression(&mut self, lowest: u8) -> Walk<Node> {
        self.depth += 1;
        let at = self.peek()?.start;
        if self.depth > MAX_DEPTH {
            return Err(Problem { at, message: format!("expressions may be nested {MAX_DEPTH} deep") });
        }
        let node = self.chain(lowest);
        self.depth -= 1;
        node
    }

    /// Operands of the same or a tighter level, joined by operators.
    fn chain(&mut self, lowest: u8) -> Walk<Node> {
        let mut left = self.unary()?;
        loop {
            let operator = self.peek()?;
            let Some(level) = precedence(&operator).filter(|level| *level >= lowest) else { return Ok(left) };
            self.take()?;
            let matching = self.modifiers()?;
            let right = self.expression(if level == POWER { level } else { level + 1 })?;
            left = self.binary(left, operator, level, matching, right);
        }
    }

    fn binary(&mut self, left: Node, operator: Token<'q>, level: u8, matching: Matching, right: Node) -> Node {
        let is_comparison = level == COMPARISON;
        let is_set = matches!(level, OR | AND);
        let both_scalar = left.kind == Kind::Scalar && right.kind == Kind::Scalar;
        if matching.returns_bool && !is_comparison {
            self.wrong_type(operator.start, "bool modifier can only be used on comparison operators".into());
        }
        if is_comparison && !matching.returns_bool && both_scalar {
            self.wrong_type(operator.start, "comparisons between scalars must use BOOL modifier".into());
        }
        for side in [left, right] {
            if !matches!(side.kind, Kind::Scalar | Kind::Vector) {
                let message = "binary expression must contain only scalar and instant vector types".into();
                self.wrong_type(side.start, message);
            }
        }
        if left.kind != Kind::Vector || right.kind != Kind::Vector {
            if matching.names_labels {
                self.wrong_type(left.start, "vector matching only allowed between instant vectors".into());
            }
        } else if is_set && matching.groups {
            let message = format!("no grouping allowed for {:?} operation", operator.lowercase());
            self.wrong_type(left.start, message);
        }
        if is_set && (left.kind == Kind::Scalar || right.kind == Kind::Scalar) {
            let message = format!("set operator {:?} not allowed in binary scalar expression", operator.lowercase());
            self.wrong_type(left.start, message);
        }
        let kind = if both_scalar { Kind::Scalar } else { Kind::Vector };
        Node::plain(left.start, kind)
    }

    fn modifiers(&mut self) -> Walk<Matching> {
        let mut matching = Matching { returns_bool: self.take_if("bool")?, ..Matching::default() };
        if self.take_if("on")? || self.take_if("ignoring")? {
            matching.names_labels = self.label_list()? > 0;
            if self.take_if("group_left")? || self.take_if("group_right")? {
                matching.groups = true;
                if self.peek()?.text == "(" {
                    self.label_list()?;
                }
            }
        }
        Ok(matching)
    }

    /// A list of labels in parentheses; returns how many.
    fn label_list(&mut self) -> Walk<usize> {
        const CONTEXT: &str = "grouping opts";
        if !self.take_if("(")? {
            return self.unexpected(CONTEXT, "\"(\"");
        }
        let mut count = 0;
        loop {
            if self.take_if(")")? {
                return Ok(count);
            }
            if self.peek()?.kind != TokenKind::Word {
                return self.unexpected(CONTEXT, "label");
            }
            self.take()?;
            count += 1;
            if !self.take_if(",")? && self.peek()?.text != ")" {
                return self.unexpected(CONTEXT, "\",\" or \")\"");
            }
        }
    }

    fn unary(&mut self) -> Walk<Node> {
        let sign = self.peek()?;
        self.operands += 1;
        if self.operands > MAX_OPERANDS {
            return Err(Problem { at: sign.start, message: format!("a query may have {MAX_OPERANDS} operands") });
        }
        if sign.kind == TokenKind::Symbol && matches!(sign.text, "+" | "-") {
            self.take()?;
            let operand = self.expression(POWER)?;
            if !matches!(operand.kind, Kind::Scalar | Kind::Vector) {
                self.wrong_type(
                    sign.start,
                    format!(
                        "unary expression only allowed on expressions of type scalar or instant vector, got \"{}\"",
                        operand.kind
                    ),
                );
            }
            return Ok(Node::plain(sign.start, operand.kind));
        }
        let mut node = self.primary()?;
        loop {
            let token = self.peek()?;
            if token.kind == TokenKind::Text {
                return Ok(node);
            }
            node = match token.lowercase().as_str() {
                "[" => self.range(node)?,
                "offset" => self.offset(node)?,
                "@" => self.at(node)?,
                _ => return Ok(node),
            };
        }
    }

    fn offset(&mut self, node: Node) -> Walk<Node> {
        self.take()?;
        if !self.take_if("-")? {
            self.take_if("+")?;
        }
        if self.peek()?.kind != TokenKind::Duration {
            return self.unexpected("offset", "duration");
        }
        self.take()?;
        Ok(self.modified(node, "offset"))
    }

    fn at(&mut self, node: Node) -> Walk<Node> {
        self.take()?;
        if self.take_if("start")? || self.take_if("end")? {
            for bracket in ["(", ")"] {
                if !self.take_if(bracket)? {
                    return self.unexpected("@", "timestamp");
                }
            }
        } else {
            if !self.take_if("-")? {
                self.take_if("+")?;
            }
            if self.peek()?.kind != TokenKind::Number {
                return self.unexpected("@", "timestamp");
            }
            self.take()?;
        }
        Ok(self.modified(node, "@"))
    }

    fn modified(&mut self, node: Node, what: &'static str) -> Node {
        if !node.takes_modifiers {
            self.problems.push(Problem {
                at: node.start,
                message: format!(
                    "{what} modifier must be preceded by an instant vector selector or range vector selector or a subquery"
                ),
            });
        }
        Node { modifier: Some(what), ..node }
    }

    fn range(&mut self, node: Node) -> Walk<Node> {
        let bracket = self.take()?;
        if self.peek()?.kind != TokenKind::Duration {
            return self.unexpected("subquery selector", "duration");
        }
        self.take()?;
        let is_subquery = self.take_if(":")?;
        if is_subquery {
            if self.peek()?.kind == TokenKind::Duration {
                self.take()?;
                if !self.take_if("]")? {
                    return self.unexpected("subquery selector", "\"]\"");
                }
            } else if !self.take_if("]")? {
                return self.unexpected("subquery selector", "duration or \"]\"");
            }
            if node.kind != Kind::Vector {
                let message = format!("subquery is only allowed on instant vector, got {} instead", node.kind.short());
                self.wrong_type(node.start, message);
            }
        } else {
            if !self.take_if("]")? {
                return self.unexpected("subquery or range", "\":\" or \"]\"");
            }
            let message = match node.modifier {
                _ if !node.is_selector => Some("ranges only allowed for vector selectors".to_owned()),
                Some(modifier) => Some(format!("no {modifier} modifiers allowed before range")),
                None => None,
            };
            self.problems.extend(message.map(|message| Problem { at: bracket.start, message }));
        }
        Ok(Node { takes_modifiers: true, ..Node::plain(node.start, Kind::Matrix) })
    }

    fn primary(&mut self) -> Walk<Node> {
        let token = self.peek()?;
        let simple = |kind| Node::plain(token.start, kind);
        match token.kind {
            TokenKind::Number => {
                self.take()?;
                Ok(simple(Kind::Scalar))
            }
            TokenKind::Text => {
                self.take()?;
                Ok(simple(Kind::Text))
            }
            TokenKind::Symbol if token.text == "(" => {
                self.take()?;
                let inner = self.expression(OR)?;
                if !self.take_if(")")? {
                    return self.unexpected_here();
                }
                Ok(simple(inner.kind))
            }
            TokenKind::Symbol if token.text == "{" => self.selector(token, None),
            TokenKind::Word if token.is_aggregator() => {
                self.take()?;
                let next = self.peek()?;
                if matches!(next.lowercase().as_str(), "(" | "by" | "without") && next.kind != TokenKind::Text {
                    self.aggregation(token)
                } else {
                    self.selector(token, Some(token))
                }
            }
            TokenKind::Word if !token.is_reserved() => {
                self.take()?;
                if self.peek()?.text == "(" && self.peek()?.kind == TokenKind::Symbol {
                    self.call(token)
                } else {
                    self.selector(token, Some(token))
                }
            }
            _ => self.unexpected_here(),
        }
    }

    /// Arguments in parentheses.
    fn arguments(&mut self) -> Walk<Vec<Node>> {
        if !self.take_if("(")? {
            return self.unexpected_here();
        }
        let mut nodes = Vec::new();
        if self.take_if(")")? {
            return Ok(nodes);
        }
        loop {
            nodes.push(self.expression(OR)?);
            if self.take_if(")")? {
                return Ok(nodes);
            }
            if !self.take_if(",")? {
                return self.unexpected_here();
            }
        }
    }

    fn aggregation(&mut self, name: Token<'q>) -> Walk<Node> {
        self.aggregations += 1;
        let mut is_grouped = self.take_if("by")? || self.take_if("without")?;
        if is_grouped {
            self.label_list()?;
        }
        let arguments = self.arguments()?;
        if !is_grouped {
            is_grouped = self.take_if("by")? || self.take_if("without")?;
            if is_grouped {
                self.label_list()?;
            }
        }
        self.aggregations -= 1;
        let operator = name.lowercase();
        let param = match operator.as_str() {
            "topk" | "bottomk" | "quantile" => Some(Kind::Scalar),
            "count_values" => Some(Kind::Text),
            _ => None,
        };
        let wanted = 1 + usize::from(param.is_some());
        if arguments.is_empty() {
            let message = "no arguments for aggregate expression provided".to_owned();
            self.problems.push(Problem { at: name.start, message });
        } else if arguments.len() != wanted {
            let message = format!(
                "wrong number of arguments for aggregate expression provided, expected {wanted}, got {}",
                arguments.len()
            );
            self.problems.push(Problem { at: name.start, message });
        }
        if let Some(body) = arguments.last() {
            self.expect_kind(*body, Kind::Vector, "aggregation expression");
        }
        if let (Some(kind), Some(given)) = (param, arguments.first()) {
            self.expect_kind(*given, kind, "aggregation parameter");
        }
        Ok(Node::plain(name.start, Kind::Vector))
    }

    fn call(&mut self, name: Token<'q>) -> Walk<Node> {
        let types_before = self.types.len();
        let arguments = self.arguments()?;
        let known = signature(name.text);
        let kind = known.map_or(Kind::Vector, |signature| signature.returns);
        let node = Node::plain(name.start, kind);
        let Some(signature) = known else {
            let message = format!("unknown function with name {:?}", name.text);
            self.problems.push(Problem { at: name.start, message });
            return Ok(node);
        };
        let (given, listed) = (arguments.len(), signature.takes.len());
        let mut fewest = listed;
        let mut most = Some(listed);
        if signature.variadic != 0 {
            fewest = listed.saturating_sub(1);
            most = usize::try_from(signature.variadic).ok().map(|extra| fewest + extra);
        }
        let count_problem = if signature.variadic == 0 && given != listed {
            Some(format!("expected {listed} argument(s) in call to {:?}, got {given}", name.text))
        } else if given < fewest {
            Some(format!("expected at least {fewest} argument(s) in call to {:?}, got {given}", name.text))
        } else {
            most.filter(|most| given > *most)
                .map(|most| format!("expected at most {most} argument(s) in call to {:?}, got {given}", name.text))
        };
        if let Some(message) = count_problem {
            // Prometheus counts the arguments before it looks at any of them.
            self.types.insert(types_before, Problem { at: name.start, message });
        }
        for (index, argument) in arguments.into_iter().enumerate() {
            let wanted = match signature.takes.get(index) {
                Some(kind) => Some(*kind),
                None if signature.variadic != 0 => signature.takes.last().copied(),
                None => None,
            };
            if let Some(wanted) = wanted {
                self.expect_kind(argument, wanted, &format!("call to function {:?}", name.text));
            }
        }
        Ok(node)
    }

    fn selector(&mut self, start: Token<'q>, name: Option<Token<'q>>) -> Walk<Node> {
        const CONTEXT: &str = "label matching";
        let node = Node { is_selector: true, takes_modifiers: true, ..Node::plain(start.start, Kind::Vector) };
        let mut is_selective = name.is_some();
        if self.peek()?.text == "{" {
            self.take()?;
            loop {
                if self.take_if("}")? {
                    break;
                }
                let label = self.peek()?;
                if label.kind != TokenKind::Word {
                    return self.unexpected(CONTEXT, "identifier or \"}\"");
                }
                self.take()?;
                let operator = self.peek()?;
                if !matches!(operator.text, "=" | "!=" | "=~" | "!~") {
                    return self.unexpected(CONTEXT, "label matching operator");
                }
                self.take()?;
                let value = self.peek()?;
                if value.kind != TokenKind::Text {
                    return self.unexpected(CONTEXT, "string");
                }
                self.take()?;
                is_selective |= self.matcher(label, operator, value);
                if name.is_some() && label.text == "__name__" && matches!(operator.text, "=") {
                    let named = name.map_or("", |name| name.text);
                    let message = format!("metric name must not be set twice: {named:?} or {:?}", value.unquoted());
                    self.wrong_type(start.start, message);
                }
                if !self.take_if(",")? && self.peek()?.text != "}" {
                    return self.unexpected(CONTEXT, "\",\" or \"}\"");
                }
            }
        }
        if !is_selective {
            self.wrong_type(node.start, "vector selector must contain at least one non-empty matcher".into());
        }
        Ok(node)
    }

    /// Checks a regular expression; returns whether the matcher excludes the empty text.
    fn matcher(&mut self, label: Token<'q>, operator: Token<'q>, value: Token<'q>) -> bool {
        let text = value.unquoted();
        match operator.text {
            "=" => !text.is_empty(),
            "!=" => text.is_empty(),
            regex_operator => match Regex::new(&format!("^(?s:{text})$")) {
                Ok(regex) => regex.is_match("") != (regex_operator == "=~"),
                Err(error) => {
                    let message = format!("error parsing regexp: {}", go_regex_error(&text, &error));
                    self.problems.push(Problem { at: label.start, message });
                    true
                }
            },
        }
    }
}

#[derive(Debug, Default, Clone, Copy)]
struct Matching {
    returns_bool: bool,
    names_labels: bool,
    groups: bool,
}

/// Go's words for the usual mistakes; Prometheus shows the expression as it wraps it.
fn go_regex_error(text: &str, error: &regex::Error) -> String {
    let reason = error.to_string();
    let last_line = reason.lines().last().unwrap_or("").trim_start_matches("error: ").to_owned();
    match last_line.as_str() {
        "unclosed character class" => {
            let from = text.rfind('[').and_then(|at| text.get(at..)).unwrap_or(text);
            format!("missing closing ]: `{from})$`")
        }
        "unclosed group" => format!("missing closing ): `^(?:{text})$`"),
        "unopened group" => format!("unexpected ): `^(?:{text})$`"),
        "repetition operator missing expression" => {
            let operator = text.chars().find(|c| "*+?".contains(*c)).unwrap_or('*');
            format!("missing argument to repetition operator: `{operator}`")
        }
        _ => format!("{last_line}: `{text}`"),
    }
}
