//! PromQL over the embedded store.
//!
//! Parsing is the kept crate `promql-parser`; evaluation is ours, because what the embedded engines on offer compute
//! differs from Prometheus (ADR 0002). Every expression is evaluated for all steps at once, one column per series.
//!
//! Invariant: an answer equals Prometheus 2.42's on the same samples, or there is none: whatever this engine does not know,
//! it refuses with Prometheus's own words. It deliberately has no native histograms.

mod aggregate;
mod binary;
mod column;
mod diagnose;
mod eval;
mod functions;
mod parse;
mod quantile;
mod range_functions;
mod tokens;

use std::sync::{Arc, PoisonError, RwLock};

use thiserror::Error;

pub use column::{ABSENT, is_absent};
pub use parse::{ParseError, format_query, parse, parse_selector, selectors};
pub use promql_parser::label::{MatchOp, Matcher};
pub use promql_parser::parser::Expr;
pub use promql_parser::parser::value::ValueType;

use crate::store::{Labels, Store};
use column::{Grid, Value};

/// How far an instant selector looks back for a sample.
pub const DEFAULT_LOOKBACK_MS: i64 = 5 * 60 * 1000;

/// Why a query has no answer.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum QueryError {
    /// The query is no PromQL, or asks for what a range query cannot give.
    #[error("{0}")]
    BadData(String),
    /// The query is well formed and cannot be computed.
    #[error("{0}")]
    Execution(String),
}

/// Which major version's arithmetic is followed. The grammar and the words of refusals are those of version 2 in both.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Dialect {
    /// Windows include their left end, and sums are plain.
    #[default]
    V2,
    /// Windows exclude their left end, sums carry their rounding error along, buckets that differ by rounding are equal, and
    /// `atan2` drops the metric's name.
    V3,
}

/// One value of an instant vector.
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    pub labels: Labels,
    pub time_ms: i64,
    pub value: f64,
}

/// One series of a matrix.
#[derive(Debug, Clone, PartialEq)]
pub struct SampleSeries {
    pub labels: Labels,
    pub points: Vec<(i64, f64)>,
}

/// What a query answers.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    Scalar { time_ms: i64, value: f64 },
    Text { time_ms: i64, value: String },
    Vector(Vec<Sample>),
    Matrix(Vec<SampleSeries>),
}

/// The times a range query asks for, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RangeTimes {
    pub start_ms: i64,
    pub end_ms: i64,
    pub step_ms: i64,
}

/// Evaluates queries against a shared store.
#[derive(Debug, Clone)]
pub struct Engine {
    store: Arc<RwLock<Store>>,
    dialect: Dialect,
    /// The step of a subquery that names none: the evaluation interval of the configuration.
    default_step_ms: i64,
}

impl Engine {
    pub fn new(store: Arc<RwLock<Store>>, dialect: Dialect, default_step_ms: i64) -> Self {
        Self { store, dialect, default_step_ms }
    }

    /// Runs `read` while holding the store's read lock.
    pub fn with_store<T>(&self, read: impl FnOnce(&Store) -> T) -> T {
        read(&self.store.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Evaluates at one time.
    pub fn instant(&self, expr: &Expr, time_ms: i64, lookback_ms: i64) -> Result<Answer, QueryError> {
        let grid = Grid { start_ms: time_ms, step_ms: 1, len: 1 };
        let evaluation = self.evaluation(time_ms, time_ms, lookback_ms);
        match expr_without_parens(expr) {
            Expr::MatrixSelector(_) | Expr::Subquery(_) => {
                let windows = evaluation.matrix(expr_without_parens(expr), grid)?;
                return Ok(Answer::Matrix(windows.into_point_series(time_ms)));
            }
            _ => {}
        }
        Ok(match evaluation.eval(expr, grid)? {
            Value::Scalar(column) => Answer::Scalar { time_ms, value: column.first().copied().unwrap_or(f64::NAN) },
            Value::Text(value) => Answer::Text { time_ms, value },
            Value::Vector(series) => Answer::Vector(
                series
                    .into_iter()
                    .filter_map(|one| {
                        let value = one.values.first().copied().filter(|value| !is_absent(*value))?;
                        Some(Sample { labels: one.labels, time_ms, value })
                    })
                    .collect(),
            ),
        })
    }

    /// Evaluates at each step; the result is sorted by labels.
    pub fn range(&self, expr: &Expr, times: RangeTimes, lookback_ms: i64) -> Result<Vec<SampleSeries>, QueryError> {
        let RangeTimes { start_ms, end_ms, step_ms } = times;
        if !matches!(expr.value_type(), ValueType::Scalar | ValueType::Vector) {
            let documented = match expr.value_type() {
                ValueType::Matrix => "range vector",
                _ => "string",
            };
            return Err(QueryError::BadData(format!(
                "invalid expression type \"{documented}\" for range query, must be Scalar or instant Vector"
            )));
        }
        let len = usize::try_from((end_ms - start_ms) / step_ms.max(1)).unwrap_or(0) + 1;
        let grid = Grid { start_ms, step_ms: step_ms.max(1), len };
        let mut series = match self.evaluation(start_ms, end_ms, lookback_ms).eval(expr, grid)? {
            Value::Scalar(values) => vec![SampleSeries { labels: Labels::empty(), points: grid.points(&values) }],
            Value::Text(_) => Vec::new(),
            Value::Vector(columns) => columns
                .into_iter()
                .map(|one| SampleSeries { points: grid.points(&one.values), labels: one.labels })
                .filter(|one| !one.points.is_empty())
                .collect(),
        };
        series.sort_by(|a, b| a.labels.cmp(&b.labels));
        Ok(series)
    }

    fn evaluation(&self, query_start_ms: i64, query_end_ms: i64, lookback_ms: i64) -> eval::Evaluation<'_> {
        eval::Evaluation {
            store: &self.store,
            dialect: self.dialect,
            default_step_ms: self.default_step_ms,
            lookback_ms,
            query_start_ms,
            query_end_ms,
        }
    }
}

fn expr_without_parens(mut expr: &Expr) -> &Expr {
    while let Expr::Paren(paren) = expr {
        expr = &paren.expr;
    }
    expr
}

/// Go's text of a float (`%v`): shortest digits, an exponent below 1e-4 and from 1e6.
pub fn go_float(value: f64) -> String {
    if value.is_nan() {
        return "NaN".into();
    }
    if value.is_infinite() {
        return if value > 0.0 { "+Inf".into() } else { "-Inf".into() };
    }
    let magnitude = value.abs();
    if magnitude != 0.0 && !(1e-4..1e6).contains(&magnitude) {
        go_exponent(&format!("{value:e}"))
    } else {
        format!("{value}")
    }
}

/// Rust writes `1e-7` where Go writes `1e-07`: at least two digits and a sign.
pub fn go_exponent(text: &str) -> String {
    let Some((mantissa, exponent)) = text.split_once('e') else { return text.to_owned() };
    let (sign, digits) = exponent.strip_prefix('-').map_or(('+', exponent), |digits| ('-', digits));
    format!("{mantissa}e{sign}{digits:0>2}")
}
