//! The walk over an expression: selectors, subqueries, and the dispatch to operators and functions.

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};
use std::time::{Duration, SystemTime};

use promql_parser::parser::{AtModifier, Call, Expr, Offset, SubqueryExpr, VectorSelector};

use crate::store::{Labels, STALE_NAN_BITS, SeriesWindow, Store, is_stale};

use super::column::{Column, Grid, Matrix, RawSeries, Value};
use super::{ABSENT, Dialect, QueryError, aggregate, binary, expr_without_parens, functions, is_absent};

/// Everything that stays the same during one query.
pub(super) struct Evaluation<'a> {
    pub store: &'a RwLock<Store>,
    pub dialect: Dialect,
    pub default_step_ms: i64,
    pub lookback_ms: i64,
    /// What `@ start()` and `@ end()` mean, in subqueries too.
    pub query_start_ms: i64,
    pub query_end_ms: i64,
}

impl Evaluation<'_> {
    pub fn eval(&self, expr: &Expr, grid: Grid) -> Result<Value, QueryError> {
        match expr {
            Expr::Paren(paren) => self.eval(&paren.expr, grid),
            Expr::NumberLiteral(number) => Ok(Value::Scalar(vec![number.val; grid.len])),
            Expr::StringLiteral(text) => Ok(Value::Text(text.val.clone())),
            Expr::VectorSelector(selector) => Ok(Value::Vector(self.vector(selector, grid))),
            Expr::Unary(unary) => match self.eval(&unary.expr, grid)? {
                Value::Scalar(values) => Ok(Value::Scalar(values.into_iter().map(|v| -v).collect())),
                Value::Vector(columns) => Ok(Value::Vector(unique(map_values(columns, |v| -v))?)),
                Value::Text(_) => Err(wrong_type("string")),
            },
            Expr::Binary(op) => {
                let (left, right) = (self.eval(&op.lhs, grid)?, self.eval(&op.rhs, grid)?);
                binary::binary(op, left, right, self.dialect)
            }
            Expr::Aggregate(op) => aggregate::aggregate(self, op, grid),
            Expr::Call(call) => functions::call(self, call, grid),
            Expr::MatrixSelector(_) | Expr::Subquery(_) => Err(wrong_type("range vector")),
            Expr::Extension(_) => Err(QueryError::Execution("unsupported expression".into())),
        }
    }

    pub fn eval_vector(&self, expr: &Expr, grid: Grid) -> Result<Vec<Column>, QueryError> {
        match self.eval(expr, grid)? {
            Value::Vector(columns) => Ok(columns),
            Value::Scalar(_) => Err(wrong_type("scalar")),
            Value::Text(_) => Err(wrong_type("string")),
        }
    }

    pub fn eval_scalar(&self, expr: &Expr, grid: Grid) -> Result<Vec<f64>, QueryError> {
        match self.eval(expr, grid)? {
            Value::Scalar(values) => Ok(values),
            Value::Vector(_) => Err(wrong_type("instant vector")),
            Value::Text(_) => Err(wrong_type("string")),
        }
    }

    pub fn arg(call: &Call, index: usize) -> Result<&Expr, QueryError> {
        call.args.args.get(index).map(AsRef::as_ref).ok_or_else(|| {
            QueryError::Execution(format!("argument {} of call to function {:?} is missing", index + 1, call.func.name))
        })
    }

    /// An instant selector: at each step the newest sample within the look-back window, unless it is a stale marker.
    fn vector(&self, selector: &VectorSelector, grid: Grid) -> Vec<Column> {
        self.vector_with(selector, grid, |_, value| value)
    }

    /// As [`Self::vector`], and `pick` chooses from the sample's time and value.
    pub fn vector_with(&self, selector: &VectorSelector, grid: Grid, pick: impl Fn(i64, f64) -> f64) -> Vec<Column> {
        let refs_ms = self.reference_times(selector.at.as_ref(), selector.offset.as_ref(), grid);
        self.select(selector, &refs_ms, self.lookback_ms)
            .into_iter()
            .filter_map(|series| {
                let mut next = 0;
                let mut any = false;
                let values = refs_ms
                    .iter()
                    .map(|&ref_ms| {
                        while series.times_ms.get(next).is_some_and(|&t| t <= ref_ms) {
                            next += 1;
                        }
                        let newest =
                            next.checked_sub(1).and_then(|at| series.times_ms.get(at).zip(series.values.get(at)));
                        match newest {
                            Some((&t, &value)) if self.is_within_lookback(t, ref_ms) && !is_stale(value) => {
                                any = true;
                                pick(t, value)
                            }
                            _ => ABSENT,
                        }
                    })
                    .collect();
                any.then_some(Column { labels: series.labels, values })
            })
            .collect()
    }

    fn is_within_lookback(&self, time_ms: i64, ref_ms: i64) -> bool {
        let oldest_ms = ref_ms - self.lookback_ms;
        match self.dialect {
            Dialect::V2 => time_ms >= oldest_ms,
            Dialect::V3 => time_ms > oldest_ms,
        }
    }

    /// A range vector, from a matrix selector or a subquery.
    pub fn matrix(&self, expr: &Expr, grid: Grid) -> Result<Matrix, QueryError> {
        match expr_without_parens(expr) {
            Expr::MatrixSelector(selector) => {
                let range_ms = millis(selector.range);
                let ends_ms = self.reference_times(selector.vs.at.as_ref(), selector.vs.offset.as_ref(), grid);
                let series = self
                    .select(&selector.vs, &ends_ms, range_ms)
                    .into_iter()
                    .map(|SeriesWindow { labels, times_ms, values }| without_stale(labels, times_ms, values))
                    .filter(|series| !series.times_ms.is_empty())
                    .collect();
                Ok(Matrix { series, range_ms, ends_ms, includes_left_end: self.dialect == Dialect::V2 })
            }
            Expr::Subquery(subquery) => self.subquery(subquery, grid),
            other => Err(QueryError::Execution(format!("expected a range vector, got {}", other.value_type()))),
        }
    }

    fn subquery(&self, subquery: &SubqueryExpr, grid: Grid) -> Result<Matrix, QueryError> {
        let range_ms = millis(subquery.range);
        let step_ms = subquery.step.map_or(self.default_step_ms, millis).max(1);
        let ends_ms = self.reference_times(subquery.at.as_ref(), subquery.offset.as_ref(), grid);
        let (first_ms, last_ms) = bounds(&ends_ms);
        // The inner steps are aligned to absolute time, whatever the outer query's start.
        let from_ms = first_ms - range_ms;
        let mut start_ms = step_ms * (from_ms / step_ms);
        if start_ms < from_ms || (start_ms == from_ms && self.dialect == Dialect::V3) {
            start_ms += step_ms;
        }
        let inner_len = usize::try_from((last_ms - start_ms).div_euclid(step_ms) + 1).unwrap_or(0);
        let inner = Grid { start_ms, step_ms, len: inner_len };
        let columns = if inner_len == 0 {
            Vec::new()
        } else {
            match self.eval(&subquery.expr, inner)? {
                Value::Vector(columns) => columns,
                Value::Scalar(values) => vec![Column { labels: Labels::empty(), values }],
                Value::Text(_) => return Err(wrong_type("string")),
            }
        };
        let mut series: Vec<RawSeries> = columns
            .into_iter()
            .map(|Column { labels, values }| {
                let (times_ms, values) = inner.points(&values).into_iter().unzip();
                RawSeries { labels, times_ms, values }
            })
            .filter(|series| !series.times_ms.is_empty())
            .collect();
        series.sort_by(|a, b| a.labels.cmp(&b.labels));
        Ok(Matrix { series, range_ms, ends_ms, includes_left_end: self.dialect == Dialect::V2 })
    }

    /// Where each step looks: its own time, or what `@` says, less the offset.
    fn reference_times(&self, at: Option<&AtModifier>, offset: Option<&Offset>, grid: Grid) -> Vec<i64> {
        let offset_ms = match offset {
            Some(Offset::Pos(offset)) => millis(*offset),
            Some(Offset::Neg(offset)) => -millis(*offset),
            None => 0,
        };
        let fixed_ms = at.map(|at| match at {
            AtModifier::Start => self.query_start_ms,
            AtModifier::End => self.query_end_ms,
            AtModifier::At(time) => epoch_millis(*time),
        });
        grid.times_ms().map(|t| fixed_ms.unwrap_or(t) - offset_ms).collect()
    }

    fn select(&self, selector: &VectorSelector, refs_ms: &[i64], reach_ms: i64) -> Vec<SeriesWindow> {
        let mut matchers = selector.matchers.matchers.clone();
        if let Some(name) = &selector.name {
            matchers.push(super::Matcher::new(super::MatchOp::Equal, crate::store::METRIC_NAME, name));
        }
        let (first_ms, last_ms) = bounds(refs_ms);
        self.store.read().unwrap_or_else(PoisonError::into_inner).select(&matchers, first_ms - reach_ms, last_ms)
    }
}

fn without_stale(labels: Labels, times_ms: Vec<i64>, values: Vec<f64>) -> RawSeries {
    if values.iter().all(|value| value.to_bits() != STALE_NAN_BITS) {
        return RawSeries { labels, times_ms, values };
    }
    let (times_ms, values) = times_ms.into_iter().zip(values).filter(|(_, value)| !is_stale(*value)).unzip();
    RawSeries { labels, times_ms, values }
}

fn bounds(times_ms: &[i64]) -> (i64, i64) {
    (times_ms.first().copied().unwrap_or(0), times_ms.last().copied().unwrap_or(-1))
}

pub(super) fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX / 4)
}

fn epoch_millis(time: SystemTime) -> i64 {
    match time.duration_since(SystemTime::UNIX_EPOCH) {
        Ok(after) => millis(after),
        Err(before) => -millis(before.duration()),
    }
}

pub(super) fn wrong_type(got: &str) -> QueryError {
    QueryError::Execution(format!("unexpected {got} in an expression of another type"))
}

/// Applies `f` to all values and drops the metric's name: the result is no longer that metric.
pub(super) fn map_values(columns: Vec<Column>, f: impl Fn(f64) -> f64) -> Vec<Column> {
    columns
        .into_iter()
        .map(|Column { labels, mut values }| {
            for value in values.iter_mut().filter(|value| !is_absent(**value)) {
                *value = f(*value);
            }
            Column { labels: labels.without_name(), values }
        })
        .collect()
}

/// Joins series that became equal; two values at one step are an error, as in Prometheus.
pub(super) fn unique(columns: Vec<Column>) -> Result<Vec<Column>, QueryError> {
    let mut place_by_labels: HashMap<Labels, usize> = HashMap::with_capacity(columns.len());
    let mut joined: Vec<Column> = Vec::with_capacity(columns.len());
    for column in columns {
        let place = *place_by_labels.entry(column.labels.clone()).or_insert(joined.len());
        let Some(existing) = joined.get_mut(place) else {
            joined.push(column);
            continue;
        };
        for (kept, new) in existing.values.iter_mut().zip(column.values) {
            if is_absent(new) {
                continue;
            }
            if !is_absent(*kept) {
                return Err(QueryError::Execution("vector cannot contain metrics with the same labelset".into()));
            }
            *kept = new;
        }
    }
    Ok(joined)
}
