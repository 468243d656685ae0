//! Function calls: those of instant vectors, and the bridge to those of range vectors.

use std::collections::{BTreeMap, HashMap};
use std::fmt;

use chrono::{DateTime, Datelike, NaiveDate, Timelike, Utc};
use promql_parser::parser::{Call, Expr};
use regex::Regex;

use crate::store::{Labels, METRIC_NAME};

use super::aggregate::is_label_name;
use super::column::{Column, Grid, Matrix, Value};
use super::eval::{Evaluation, map_values, unique, wrong_type};
use super::quantile::{Bucket, bucket_quantile};
use super::range_functions::{holt_winters, quantile_over_time, range_function, regression};
use super::{ABSENT, MatchOp, Matcher, QueryError, expr_without_parens, is_absent};

/// The type of an expression.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Scalar,
    Vector,
    Matrix,
    Text,
}

impl Kind {
    /// The name in the one message that does not use the documentation's words.
    pub fn short(self) -> &'static str {
        match self {
            Self::Scalar => "scalar",
            Self::Vector => "vector",
            Self::Matrix => "matrix",
            Self::Text => "string",
        }
    }
}

/// The documentation's words, which most messages use.
impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Vector => "instant vector",
            Self::Matrix => "range vector",
            Self::Scalar | Self::Text => self.short(),
        })
    }
}

/// What a function takes and gives. `variadic` counts optional arguments; -1 is any number.
#[derive(Debug, Clone, Copy)]
pub(super) struct Signature {
    pub takes: &'static [Kind],
    pub variadic: i32,
    pub returns: Kind,
}

/// Every function of Prometheus 2.42 that is known here; the parser crate knows newer ones too, and those are refused.
pub(super) fn signature(name: &str) -> Option<Signature> {
    use Kind::{Matrix, Scalar, Text, Vector};
    let (takes, variadic, returns): (&'static [Kind], i32, Kind) = match name {
        "absent" | "abs" | "acos" | "acosh" | "asin" | "asinh" | "atan" | "atanh" | "ceil" | "cos" | "cosh" | "deg"
        | "exp" | "floor" | "ln" | "log10" | "log2" | "rad" | "sgn" | "sin" | "sinh" | "sort" | "sort_desc"
        | "sqrt" | "tan" | "tanh" | "timestamp" => (&[Vector], 0, Vector),
        "absent_over_time" | "avg_over_time" | "changes" | "count_over_time" | "delta" | "deriv" | "idelta"
        | "increase" | "irate" | "last_over_time" | "max_over_time" | "min_over_time" | "present_over_time"
        | "rate" | "resets" | "stddev_over_time" | "stdvar_over_time" | "sum_over_time" => (&[Matrix], 0, Vector),
        "day_of_month" | "day_of_week" | "day_of_year" | "days_in_month" | "hour" | "minute" | "month" | "year" => {
            (&[Vector], 1, Vector)
        }
        "clamp" => (&[Vector, Scalar, Scalar], 0, Vector),
        "clamp_max" | "clamp_min" => (&[Vector, Scalar], 0, Vector),
        "histogram_quantile" => (&[Scalar, Vector], 0, Vector),
        "holt_winters" => (&[Matrix, Scalar, Scalar], 0, Vector),
        "label_join" => (&[Vector, Text, Text, Text], -1, Vector),
        "label_replace" => (&[Vector, Text, Text, Text, Text], 0, Vector),
        "pi" | "time" => (&[], 0, Scalar),
        "predict_linear" => (&[Matrix, Scalar], 0, Vector),
        "quantile_over_time" => (&[Scalar, Matrix], 0, Vector),
        "round" => (&[Vector, Scalar], 1, Vector),
        "scalar" => (&[Vector], 0, Scalar),
        "vector" => (&[Scalar], 0, Vector),
        _ => return None,
    };
    Some(Signature { takes, variadic, returns })
}

pub(super) fn call(evaluation: &Evaluation<'_>, call: &Call, grid: Grid) -> Result<Value, QueryError> {
    let name = call.func.name;
    if let Some(function) = range_function(name) {
        let matrix = evaluation.matrix(Evaluation::arg(call, 0)?, grid)?;
        let keeps_name = name == "last_over_time";
        return windowed(&matrix, grid, keeps_name, |_, window| function(window, evaluation.dialect));
    }
    if let Some(function) = plain_function(name) {
        let columns = evaluation.eval_vector(Evaluation::arg(call, 0)?, grid)?;
        return Ok(Value::Vector(unique(map_values(columns, function))?));
    }
    if let Some(part) = date_part(name) {
        let columns = match call.args.args.first() {
            Some(arg) => evaluation.eval_vector(arg, grid)?,
            None => vec![Column { labels: Labels::empty(), values: seconds(grid) }],
        };
        return Ok(Value::Vector(unique(map_values(columns, |secs| date_of(secs).map_or(f64::NAN, part)))?));
    }
    match name {
        "time" => Ok(Value::Scalar(seconds(grid))),
        "pi" => Ok(Value::Scalar(vec![std::f64::consts::PI; grid.len])),
        "vector" => {
            let values = evaluation.eval_scalar(Evaluation::arg(call, 0)?, grid)?;
            Ok(Value::Vector(vec![Column { labels: Labels::empty(), values }]))
        }
        "scalar" => {
            let columns = evaluation.eval_vector(Evaluation::arg(call, 0)?, grid)?;
            Ok(Value::Scalar((0..grid.len).map(|step| only_value(&columns, step)).collect()))
        }
        "sort" | "sort_desc" => sorted(evaluation, call, grid, name == "sort_desc"),
        "clamp" | "clamp_min" | "clamp_max" => clamp(evaluation, call, grid),
        "round" => round(evaluation, call, grid),
        "timestamp" => timestamp(evaluation, call, grid),
        "absent" => {
            let arg = Evaluation::arg(call, 0)?;
            let columns = evaluation.eval_vector(arg, grid)?;
            Ok(absent_where_none(arg, grid, |step| {
                columns.iter().any(|column| column.values.get(step).is_some_and(|value| !is_absent(*value)))
            }))
        }
        "absent_over_time" => {
            let arg = Evaluation::arg(call, 0)?;
            let matrix = evaluation.matrix(arg, grid)?;
            let present: Vec<Vec<f64>> =
                matrix.series.iter().map(|series| matrix.map_windows(series, grid, |_, _| Some(1.0))).collect();
            Ok(absent_where_none(arg, grid, |step| {
                present.iter().any(|values| values.get(step).is_some_and(|value| !is_absent(*value)))
            }))
        }
        "histogram_quantile" => histogram_quantile(evaluation, call, grid),
        "label_replace" => label_replace(evaluation, call, grid),
        "label_join" => label_join(evaluation, call, grid),
        "quantile_over_time" => {
            let ranks = evaluation.eval_scalar(Evaluation::arg(call, 0)?, grid)?;
            let matrix = evaluation.matrix(Evaluation::arg(call, 1)?, grid)?;
            windowed(&matrix, grid, false, |step, window| Some(quantile_over_time(window.values, at(&ranks, step))))
        }
        "predict_linear" => {
            let matrix = evaluation.matrix(Evaluation::arg(call, 0)?, grid)?;
            let ahead_secs = evaluation.eval_scalar(Evaluation::arg(call, 1)?, grid)?;
            windowed(&matrix, grid, false, |step, window| {
                if window.values.len() < 2 {
                    return None;
                }
                let (slope, now) = regression(window, window.eval_ms);
                Some(slope * at(&ahead_secs, step) + now)
            })
        }
        "holt_winters" => {
            let matrix = evaluation.matrix(Evaluation::arg(call, 0)?, grid)?;
            let smoothing = factor(evaluation, call, 1, grid, "smoothing")?;
            let trend = factor(evaluation, call, 2, grid, "trend")?;
            windowed(&matrix, grid, false, |step, window| {
                holt_winters(window.values, at(&smoothing, step), at(&trend, step))
            })
        }
        _ => Err(QueryError::Execution(format!("unknown function with name {name:?}"))),
    }
}

fn at(values: &[f64], step: usize) -> f64 {
    values.get(step).copied().unwrap_or(f64::NAN)
}

fn seconds(grid: Grid) -> Vec<f64> {
    grid.times_ms().map(|t| t as f64 / 1000.0).collect()
}

fn factor(
    evaluation: &Evaluation<'_>,
    call: &Call,
    index: usize,
    grid: Grid,
    what: &str,
) -> Result<Vec<f64>, QueryError> {
    let values = evaluation.eval_scalar(Evaluation::arg(call, index)?, grid)?;
    match values.iter().find(|value| !(**value > 0.0 && **value < 1.0)) {
        Some(wrong) => Err(QueryError::Execution(format!(
            "invalid {what} factor. Expected: 0 < {} < 1, got: {wrong:.6}",
            if what == "trend" { "tf" } else { "sf" }
        ))),
        None => Ok(values),
    }
}

fn windowed(
    matrix: &Matrix,
    grid: Grid,
    keeps_name: bool,
    f: impl Fn(usize, &super::column::Window<'_>) -> Option<f64>,
) -> Result<Value, QueryError> {
    let columns = matrix
        .series
        .iter()
        .map(|series| Column {
            labels: if keeps_name { series.labels.clone() } else { series.labels.without_name() },
            values: matrix.map_windows(series, grid, |step, window| f(step, &window)),
        })
        .filter(|column| column.values.iter().any(|value| !is_absent(*value)))
        .collect();
    Ok(Value::Vector(unique(columns)?))
}

fn plain_function(name: &str) -> Option<fn(f64) -> f64> {
    Some(match name {
        "abs" => f64::abs,
        "ceil" => f64::ceil,
        "floor" => f64::floor,
        "exp" => f64::exp,
        "ln" => f64::ln,
        "log2" => f64::log2,
        "log10" => f64::log10,
        "sqrt" => f64::sqrt,
        "sin" => f64::sin,
        "cos" => f64::cos,
        "tan" => f64::tan,
        "asin" => f64::asin,
        "acos" => f64::acos,
        "atan" => f64::atan,
        "sinh" => f64::sinh,
        "cosh" => f64::cosh,
        "tanh" => f64::tanh,
        "asinh" => f64::asinh,
        "acosh" => f64::acosh,
        "atanh" => f64::atanh,
        "deg" => |v| v * 180.0 / std::f64::consts::PI,
        "rad" => |v| v * std::f64::consts::PI / 180.0,
        "sgn" => |v| {
            if v < 0.0 {
                -1.0
            } else if v > 0.0 {
                1.0
            } else {
                v
            }
        },
        _ => return None,
    })
}

fn date_of(secs: f64) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp(secs as i64, 0)
}

fn date_part(name: &str) -> Option<fn(DateTime<Utc>) -> f64> {
    Some(match name {
        "minute" => |t| f64::from(t.minute()),
        "hour" => |t| f64::from(t.hour()),
        "day_of_week" => |t| f64::from(t.weekday().num_days_from_sunday()),
        "day_of_month" => |t| f64::from(t.day()),
        "day_of_year" => |t| f64::from(t.ordinal()),
        "month" => |t| f64::from(t.month()),
        "year" => |t| f64::from(t.year()),
        "days_in_month" => |t| {
            let next = if t.month() == 12 { (t.year() + 1, 1) } else { (t.year(), t.month() + 1) };
            NaiveDate::from_ymd_opt(next.0, next.1, 1)
                .and_then(|first| first.pred_opt())
                .map_or(f64::NAN, |last| f64::from(last.day()))
        },
        _ => return None,
    })
}

fn only_value(columns: &[Column], step: usize) -> f64 {
    let mut present = columns.iter().map(|column| at(&column.values, step)).filter(|value| !is_absent(*value));
    match (present.next(), present.next()) {
        (Some(value), None) => value,
        _ => f64::NAN,
    }
}

/// Sorts by the value of the last step: only an instant answer has an order.
fn sorted(evaluation: &Evaluation<'_>, call: &Call, grid: Grid, is_descending: bool) -> Result<Value, QueryError> {
    let mut columns = evaluation.eval_vector(Evaluation::arg(call, 0)?, grid)?;
    let key = |column: &Column| column.values.last().copied().unwrap_or(ABSENT);
    columns.sort_by(|a, b| {
        let (a, b) = (key(a), key(b));
        let by_value = if is_descending { b.total_cmp(&a) } else { a.total_cmp(&b) };
        a.is_nan().cmp(&b.is_nan()).then(by_value)
    });
    Ok(Value::Vector(columns))
}

fn clamp(evaluation: &Evaluation<'_>, call: &Call, grid: Grid) -> Result<Value, QueryError> {
    let columns = evaluation.eval_vector(Evaluation::arg(call, 0)?, grid)?;
    let first = evaluation.eval_scalar(Evaluation::arg(call, 1)?, grid)?;
    let unbounded = |value: f64| vec![value; grid.len];
    let (low, high) = match call.func.name {
        "clamp_min" => (first, unbounded(f64::INFINITY)),
        "clamp_max" => (unbounded(f64::NEG_INFINITY), first),
        _ => (first, evaluation.eval_scalar(Evaluation::arg(call, 2)?, grid)?),
    };
    let clamped = columns
        .into_iter()
        .map(|Column { labels, mut values }| {
            for ((value, &low), &high) in values.iter_mut().zip(&low).zip(&high) {
                if is_absent(*value) {
                    continue;
                }
                // A NaN bound makes the result NaN; `max` and `min` of the standard library would ignore it.
                *value = if low > high {
                    ABSENT
                } else if low.is_nan() || high.is_nan() || value.is_nan() {
                    f64::NAN
                } else {
                    value.min(high).max(low)
                };
            }
            Column { labels: labels.without_name(), values }
        })
        .collect();
    Ok(Value::Vector(unique(clamped)?))
}

fn round(evaluation: &Evaluation<'_>, call: &Call, grid: Grid) -> Result<Value, QueryError> {
    let columns = evaluation.eval_vector(Evaluation::arg(call, 0)?, grid)?;
    let to_nearest = match call.args.args.get(1) {
        Some(arg) => evaluation.eval_scalar(arg, grid)?,
        None => vec![1.0; grid.len],
    };
    let rounded = columns
        .into_iter()
        .map(|Column { labels, mut values }| {
            for (value, &nearest) in values.iter_mut().zip(&to_nearest) {
                if !is_absent(*value) {
                    // Prometheus inverts the step first, so that 0.1 rounds to decimal digits exactly.
                    let inverse = 1.0 / nearest;
                    *value = (*value * inverse + 0.5).floor() / inverse;
                }
            }
            Column { labels: labels.without_name(), values }
        })
        .collect();
    Ok(Value::Vector(unique(rounded)?))
}

/// The time of the sample for a plain selector, and of the step for anything computed.
fn timestamp(evaluation: &Evaluation<'_>, call: &Call, grid: Grid) -> Result<Value, QueryError> {
    let arg = Evaluation::arg(call, 0)?;
    let columns = if let Expr::VectorSelector(selector) = expr_without_parens(arg) {
        map_values(evaluation.vector_with(selector, grid, |t, _| t as f64 / 1000.0), |v| v)
    } else {
        evaluation
            .eval_vector(arg, grid)?
            .into_iter()
            .map(|Column { labels, mut values }| {
                for (value, secs) in values.iter_mut().zip(seconds(grid)) {
                    if !is_absent(*value) {
                        *value = secs;
                    }
                }
                Column { labels: labels.without_name(), values }
            })
            .collect()
    };
    Ok(Value::Vector(unique(columns)?))
}

fn absent_where_none(arg: &Expr, grid: Grid, is_present: impl Fn(usize) -> bool) -> Value {
    let values: Vec<f64> = (0..grid.len).map(|step| if is_present(step) { ABSENT } else { 1.0 }).collect();
    if values.iter().all(|value| is_absent(*value)) {
        return Value::Vector(Vec::new());
    }
    Value::Vector(vec![Column { labels: labels_of_absence(arg), values }])
}

/// The labels that the selector fixes with `=`, each named once.
fn labels_of_absence(arg: &Expr) -> Labels {
    let matchers: &[Matcher] = match expr_without_parens(arg) {
        Expr::VectorSelector(selector) => &selector.matchers.matchers,
        Expr::MatrixSelector(selector) => &selector.vs.matchers.matchers,
        _ => return Labels::empty(),
    };
    let mut value_by_name: BTreeMap<&str, Option<&str>> = BTreeMap::new();
    for matcher in matchers.iter().filter(|matcher| matcher.name != METRIC_NAME) {
        let fixed = (matcher.op == MatchOp::Equal).then_some(matcher.value.as_str());
        value_by_name.entry(&matcher.name).and_modify(|value| *value = None).or_insert(fixed);
    }
    Labels::new(value_by_name.into_iter().filter_map(|(name, value)| Some((name, value?))))
}

/// A bucket's upper bound and its counts at all steps.
type BucketColumn = (f64, Vec<f64>);

fn histogram_quantile(evaluation: &Evaluation<'_>, call: &Call, grid: Grid) -> Result<Value, QueryError> {
    let ranks = evaluation.eval_scalar(Evaluation::arg(call, 0)?, grid)?;
    let columns = evaluation.eval_vector(Evaluation::arg(call, 1)?, grid)?;
    let mut place_by_labels: HashMap<Labels, usize> = HashMap::new();
    let mut histograms: Vec<(Labels, Vec<BucketColumn>)> = Vec::new();
    for column in columns {
        let Some(upper_bound) = parse_bound(column.labels.get("le")) else { continue };
        let key = column.labels.drop(&["le".to_owned()]);
        let place = *place_by_labels.entry(key.clone()).or_insert(histograms.len());
        match histograms.get_mut(place) {
            Some((_, buckets)) => buckets.push((upper_bound, column.values)),
            None => histograms.push((key, vec![(upper_bound, column.values)])),
        }
    }
    let mut present: Vec<Bucket> = Vec::new();
    let quantiles = histograms
        .into_iter()
        .map(|(key, buckets)| {
            let values = (0..grid.len)
                .map(|step| {
                    present.clear();
                    present.extend(
                        buckets
                            .iter()
                            .map(|(upper_bound, counts)| Bucket { upper_bound: *upper_bound, count: at(counts, step) })
                            .filter(|bucket| !is_absent(bucket.count)),
                    );
                    if present.is_empty() {
                        ABSENT
                    } else {
                        bucket_quantile(at(&ranks, step), &mut present, evaluation.dialect)
                    }
                })
                .collect();
            Column { labels: key.without_name(), values }
        })
        .collect();
    Ok(Value::Vector(unique(quantiles)?))
}

fn parse_bound(text: &str) -> Option<f64> {
    text.parse().ok()
}

fn text_arg(evaluation: &Evaluation<'_>, call: &Call, index: usize, grid: Grid) -> Result<String, QueryError> {
    match evaluation.eval(Evaluation::arg(call, index)?, grid)? {
        Value::Text(text) => Ok(text),
        _ => Err(wrong_type("non-string argument")),
    }
}

fn label_replace(evaluation: &Evaluation<'_>, call: &Call, grid: Grid) -> Result<Value, QueryError> {
    let columns = evaluation.eval_vector(Evaluation::arg(call, 0)?, grid)?;
    let target = text_arg(evaluation, call, 1, grid)?;
    let replacement = text_arg(evaluation, call, 2, grid)?;
    let source = text_arg(evaluation, call, 3, grid)?;
    let pattern = text_arg(evaluation, call, 4, grid)?;
    let regex = Regex::new(&format!("^(?:{pattern})$")).map_err(|_unshown| {
        QueryError::Execution(format!("invalid regular expression in label_replace(): {pattern}"))
    })?;
    if !is_label_name(&target) {
        return Err(QueryError::Execution(format!("invalid destination label name in label_replace(): {target}")));
    }
    let replaced = columns
        .into_iter()
        .map(|Column { labels, values }| {
            let Some(captures) = regex.captures(labels.get(&source)) else { return Column { labels, values } };
            let mut text = String::new();
            captures.expand(&replacement, &mut text);
            Column { labels: labels.with(&target, &text), values }
        })
        .collect();
    Ok(Value::Vector(unique(replaced)?))
}

fn label_join(evaluation: &Evaluation<'_>, call: &Call, grid: Grid) -> Result<Value, QueryError> {
    let columns = evaluation.eval_vector(Evaluation::arg(call, 0)?, grid)?;
    let target = text_arg(evaluation, call, 1, grid)?;
    let separator = text_arg(evaluation, call, 2, grid)?;
    let sources = (3..call.args.args.len())
        .map(|index| text_arg(evaluation, call, index, grid))
        .collect::<Result<Vec<_>, _>>()?;
    if let Some(wrong) = sources.iter().find(|name| !is_label_name(name)) {
        return Err(QueryError::Execution(format!("invalid source label name in label_join(): {wrong}")));
    }
    if !is_label_name(&target) {
        return Err(QueryError::Execution(format!("invalid destination label name in label_join(): {target}")));
    }
    let joined = columns
        .into_iter()
        .map(|Column { labels, values }| {
            let text = sources.iter().map(|name| labels.get(name)).collect::<Vec<_>>().join(&separator);
            Column { labels: labels.with(&target, &text), values }
        })
        .collect();
    Ok(Value::Vector(unique(joined)?))
}
