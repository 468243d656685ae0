//! Text to expression: the parser crate, and what it leaves to its user.
//!
//! The crate knows newer syntax than the dialect that is evaluated; whatever has no defined answer here is refused.

use std::sync::Once;

use promql_parser::label::{Matcher, Matchers};
use promql_parser::parser::function::{Function, register_extra_functions};
use promql_parser::parser::token::{T_LIMIT_RATIO, T_LIMITK};
use promql_parser::parser::value::ValueType;
use promql_parser::parser::{self, BinModifier, Expr};
use thiserror::Error;

use super::diagnose::{diagnose, diagnose_selector};
use super::functions::signature;

/// A query that is no PromQL, in Prometheus's own words.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{at}: parse error: {message}")]
pub struct ParseError {
    /// `line:column`.
    pub at: String,
    pub message: String,
}

impl ParseError {
    pub(super) fn at_offset(query: &str, offset: usize, message: impl Into<String>) -> Self {
        let before = query.get(..offset.min(query.len())).unwrap_or(query);
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().map_or(0, str::len) + 1;
        Self { at: format!("{line}:{column}"), message: message.into() }
    }
}

/// Parses a query.
pub fn parse(query: &str) -> Result<Expr, ParseError> {
    if query.trim().is_empty() {
        return Err(ParseError::at_offset(query, 0, "no expression found in input"));
    }
    if let Some(error) = diagnose(query) {
        return Err(error);
    }
    register_old_functions();
    let expr = parser::parse(query).map_err(|message| ParseError::at_offset(query, 0, message))?;
    check_supported(query, &expr)?;
    Ok(expr)
}

/// The parser knows this function by its newer name only.
fn register_old_functions() {
    static DONE: Once = Once::new();
    DONE.call_once(|| {
        let (scalar, vector) = (ValueType::Scalar, ValueType::Vector);
        let holt_winters = Function::new("holt_winters", vec![ValueType::Matrix, scalar, scalar], 0, vector, false);
        // A refusal would only mean that the parser has learnt the name: then there is nothing to add.
        if register_extra_functions(vec![holt_winters]).is_err() {
            eprintln!("the PromQL parser knows holt_winters by itself");
        }
    });
}

/// Parses a series selector, as `match[]` wants it. Empty when no matcher excludes the empty text: it would select all.
pub fn parse_selector(text: &str) -> Result<Vec<Matcher>, ParseError> {
    if let Some(error) = diagnose_selector(text) {
        return Err(error);
    }
    match parser::parse(text) {
        Ok(Expr::VectorSelector(selector)) => Ok(with_name(selector.name.as_deref(), &selector.matchers)),
        Ok(_) => Err(ParseError::at_offset(text, 0, "unexpected expression")),
        Err(_) if text.contains('{') => Ok(Vec::new()),
        Err(message) => Err(ParseError::at_offset(text, 0, message)),
    }
}

/// The query, laid out as Prometheus's formatter does.
pub fn format_query(query: &str) -> Result<String, ParseError> {
    Ok(parse(query)?.prettify())
}

/// The matchers of every selector in the expression.
pub fn selectors(expr: &Expr) -> Vec<Vec<Matcher>> {
    let mut found = Vec::new();
    visit(expr, &mut |expr| match expr {
        Expr::VectorSelector(selector) => found.push(with_name(selector.name.as_deref(), &selector.matchers)),
        Expr::MatrixSelector(selector) => found.push(with_name(selector.vs.name.as_deref(), &selector.vs.matchers)),
        _ => {}
    });
    found
}

fn with_name(name: Option<&str>, matchers: &Matchers) -> Vec<Matcher> {
    let mut all = matchers.matchers.clone();
    if let Some(name) = name {
        all.push(Matcher::new(super::MatchOp::Equal, crate::store::METRIC_NAME, name));
    }
    all
}

fn visit<'e>(expr: &'e Expr, f: &mut impl FnMut(&'e Expr)) {
    f(expr);
    match expr {
        Expr::Aggregate(op) => {
            visit(&op.expr, f);
            if let Some(param) = &op.param {
                visit(param, f);
            }
        }
        Expr::Unary(op) => visit(&op.expr, f),
        Expr::Binary(op) => {
            visit(&op.lhs, f);
            visit(&op.rhs, f);
        }
        Expr::Paren(op) => visit(&op.expr, f),
        Expr::Subquery(op) => visit(&op.expr, f),
        Expr::Call(call) => call.args.args.iter().for_each(|arg| visit(arg, f)),
        Expr::NumberLiteral(_)
        | Expr::StringLiteral(_)
        | Expr::VectorSelector(_)
        | Expr::MatrixSelector(_)
        | Expr::Extension(_) => {}
    }
}

fn has_fill(modifier: &BinModifier) -> bool {
    modifier.fill_values.lhs.is_some() || modifier.fill_values.rhs.is_some()
}

fn check_supported(query: &str, expr: &Expr) -> Result<(), ParseError> {
    let mut problem: Option<(String, String)> = None;
    visit(expr, &mut |expr| {
        let found = match expr {
            Expr::Call(call) if signature(call.func.name).is_none() => {
                Some((call.func.name.to_owned(), format!("unknown function with name {:?}", call.func.name)))
            }
            Expr::Aggregate(op) if matches!(op.op.id(), T_LIMITK | T_LIMIT_RATIO) => {
                Some((op.op.to_string(), format!("unknown function with name {:?}", op.op.to_string())))
            }
            Expr::VectorSelector(selector) if !selector.matchers.or_matchers.is_empty() => {
                Some(("or".into(), "unexpected identifier \"or\" in label matching, expected \",\" or \"}\"".into()))
            }
            Expr::MatrixSelector(selector) if !selector.vs.matchers.or_matchers.is_empty() => {
                Some(("or".into(), "unexpected identifier \"or\" in label matching, expected \",\" or \"}\"".into()))
            }
            Expr::Binary(op) if op.modifier.as_ref().is_some_and(has_fill) => {
                Some(("fill".into(), "unexpected identifier \"fill\"".into()))
            }
            _ => None,
        };
        if problem.is_none() {
            problem = found;
        }
    });
    match problem {
        Some((word, message)) => Err(ParseError::at_offset(query, query.find(&word).unwrap_or(0), message)),
        None => Ok(()),
    }
}
