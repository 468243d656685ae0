//! Aggregation operators: `sum`, `avg`, `topk`, `quantile` and their kin, with `by` and `without`.

use std::cmp::Ordering;
use std::collections::{BTreeMap, HashMap};

use promql_parser::parser::token::{
    T_AVG, T_BOTTOMK, T_COUNT, T_COUNT_VALUES, T_GROUP, T_MAX, T_MIN, T_QUANTILE, T_STDDEV, T_STDVAR, T_SUM, T_TOPK,
};
use promql_parser::parser::{AggregateExpr, LabelModifier};

use crate::store::Labels;

use super::column::{Column, Grid, Value};
use super::eval::{Evaluation, wrong_type};
use super::quantile::quantile;
use super::range_functions::{average, compensated_sum};
use super::{ABSENT, Dialect, QueryError, go_float, is_absent};

struct Group {
    labels: Labels,
    members: Vec<Column>,
}

pub(super) fn aggregate(evaluation: &Evaluation<'_>, op: &AggregateExpr, grid: Grid) -> Result<Value, QueryError> {
    let columns = evaluation.eval_vector(&op.expr, grid)?;
    let groups = group(columns, op.modifier.as_ref());
    let param = || match &op.param {
        Some(param) => evaluation.eval_scalar(param, grid),
        None => Err(QueryError::Execution(format!("aggregation {} needs a parameter", op.op))),
    };
    let fold = |f: fn(&mut Vec<f64>) -> f64| -> Vec<Column> {
        groups.iter().map(|group| fold_steps(group, grid, |_, present| f(present))).collect()
    };
    Ok(Value::Vector(match op.op.id() {
        T_SUM => fold(match evaluation.dialect {
            Dialect::V2 => |present| present.iter().sum(),
            Dialect::V3 => |present| compensated_sum(present.iter().copied()),
        }),
        T_AVG => fold(match evaluation.dialect {
            Dialect::V2 => |present| mean(present),
            Dialect::V3 => |present| average(present),
        }),
        T_COUNT => fold(|present| present.len() as f64),
        T_MIN => fold(|present| extreme(present, |new, kept| new < kept)),
        T_MAX => fold(|present| extreme(present, |new, kept| new > kept)),
        T_GROUP => fold(|_| 1.0),
        T_STDDEV => fold(|present| variance(present).sqrt()),
        T_STDVAR => fold(|present| variance(present)),
        T_QUANTILE => {
            let ranks = param()?;
            groups
                .iter()
                .map(|group| fold_steps(group, grid, |step, present| quantile(value_at(&ranks, step), present)))
                .collect()
        }
        T_TOPK => ranked(groups, &param()?, grid, |a, b| b.total_cmp(&a))?,
        T_BOTTOMK => ranked(groups, &param()?, grid, |a, b| a.total_cmp(&b))?,
        T_COUNT_VALUES => count_values(evaluation, op, groups, grid)?,
        _ => return Err(QueryError::Execution(format!("unsupported aggregation {}", op.op))),
    }))
}

fn value_at(values: &[f64], step: usize) -> f64 {
    values.get(step).copied().unwrap_or(f64::NAN)
}

/// Groups in order of first appearance.
fn group(columns: Vec<Column>, modifier: Option<&LabelModifier>) -> Vec<Group> {
    let mut place_by_labels: HashMap<Labels, usize> = HashMap::new();
    let mut groups: Vec<Group> = Vec::new();
    for column in columns {
        let labels = match modifier {
            Some(LabelModifier::Include(names)) => column.labels.keep(&names.labels),
            Some(LabelModifier::Exclude(names)) => column.labels.without_name().drop(&names.labels),
            None => Labels::empty(),
        };
        let place = *place_by_labels.entry(labels.clone()).or_insert(groups.len());
        match groups.get_mut(place) {
            Some(group) => group.members.push(column),
            None => groups.push(Group { labels, members: vec![column] }),
        }
    }
    groups
}

/// One value per step from the members that have one there.
fn fold_steps(group: &Group, grid: Grid, f: impl Fn(usize, &mut Vec<f64>) -> f64) -> Column {
    let mut present = Vec::with_capacity(group.members.len());
    let values = (0..grid.len)
        .map(|step| {
            present.clear();
            present.extend(group.members.iter().filter_map(|m| m.values.get(step)).copied().filter(|v| !is_absent(*v)));
            if present.is_empty() { ABSENT } else { f(step, &mut present) }
        })
        .collect();
    Column { labels: group.labels.clone(), values }
}

fn mean(present: &[f64]) -> f64 {
    let count = present.len() as f64;
    let sum: f64 = present.iter().sum();
    if sum.is_infinite() && present.iter().all(|value| value.is_finite()) {
        return present.iter().map(|value| value / count).sum();
    }
    sum / count
}

fn extreme(present: &[f64], wins: impl Fn(f64, f64) -> bool) -> f64 {
    present
        .iter()
        .copied()
        .reduce(|kept, new| if wins(new, kept) || kept.is_nan() { new } else { kept })
        .unwrap_or(ABSENT)
}

fn variance(present: &[f64]) -> f64 {
    let (mut mean, mut sum, mut count) = (0.0, 0.0, 0.0);
    for value in present {
        count += 1.0;
        let delta = value - mean;
        mean += delta / count;
        sum += delta * (value - mean);
    }
    sum / count
}

/// `topk` and `bottomk`: at each step the first `k` in the given order, NaN last; the series themselves are kept.
fn ranked(
    groups: Vec<Group>,
    ks: &[f64],
    grid: Grid,
    order: impl Fn(f64, f64) -> Ordering,
) -> Result<Vec<Column>, QueryError> {
    if let Some(wrong) =
        ks.iter().find(|k| k.is_nan() || **k >= 9.223_372_036_854_776e18 || **k < -9.223_372_036_854_776e18)
    {
        return Err(QueryError::Execution(format!("Scalar value {} overflows int64", go_float(*wrong))));
    }
    let mut kept: Vec<Column> = Vec::new();
    for Group { members, .. } in groups {
        let mut chosen: Vec<Column> =
            members.iter().map(|m| Column { labels: m.labels.clone(), values: vec![ABSENT; grid.len] }).collect();
        let mut last_order: Vec<usize> = Vec::new();
        for step in 0..grid.len {
            let mut here: Vec<(usize, f64)> = members
                .iter()
                .enumerate()
                .filter_map(|(index, m)| m.values.get(step).map(|value| (index, *value)))
                .filter(|(_, value)| !is_absent(*value))
                .collect();
            here.sort_by(|a, b| a.1.is_nan().cmp(&b.1.is_nan()).then_with(|| order(a.1, b.1)));
            here.truncate(value_at(ks, step).max(0.0) as usize);
            for (index, value) in &here {
                if let Some(slot) = chosen.get_mut(*index).and_then(|column| column.values.get_mut(step)) {
                    *slot = *value;
                }
            }
            last_order = here.into_iter().map(|(index, _)| index).collect();
        }
        // An instant answer lists the winners in their order; a range answer is sorted by labels later.
        let mut rest: Vec<Option<Column>> = chosen.into_iter().map(Some).collect();
        kept.extend(last_order.into_iter().filter_map(|index| rest.get_mut(index).and_then(Option::take)));
        kept.extend(rest.into_iter().flatten().filter(|column| column.values.iter().any(|value| !is_absent(*value))));
    }
    Ok(kept)
}

fn count_values(
    evaluation: &Evaluation<'_>,
    op: &AggregateExpr,
    groups: Vec<Group>,
    grid: Grid,
) -> Result<Vec<Column>, QueryError> {
    let label = match op.param.as_deref().map(|param| evaluation.eval(param, grid)) {
        Some(Ok(Value::Text(label))) => label,
        Some(Err(error)) => return Err(error),
        _ => return Err(wrong_type("count_values parameter")),
    };
    if !is_label_name(&label) {
        return Err(QueryError::Execution(format!("invalid label name {label:?}")));
    }
    let mut counted = Vec::new();
    for Group { labels, members } in groups {
        let mut by_value: BTreeMap<String, Vec<f64>> = BTreeMap::new();
        for member in &members {
            for (step, value) in member.values.iter().enumerate().filter(|(_, value)| !is_absent(**value)) {
                let counts = by_value.entry(go_shortest(*value)).or_insert_with(|| vec![ABSENT; grid.len]);
                if let Some(count) = counts.get_mut(step) {
                    *count = if is_absent(*count) { 1.0 } else { *count + 1.0 };
                }
            }
        }
        counted
            .extend(by_value.into_iter().map(|(text, values)| Column { labels: labels.with(&label, &text), values }));
    }
    super::eval::unique(counted)
}

/// Go's `FormatFloat(v, 'f', -1, 64)`.
fn go_shortest(value: f64) -> String {
    if value.is_infinite() || value.is_nan() { go_float(value) } else { format!("{value}") }
}

/// Whether the text is a label name of the classic grammar.
pub(super) fn is_label_name(text: &str) -> bool {
    let mut chars = text.chars();
    chars.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
        && chars.all(|c| c.is_ascii_alphanumeric() || c == '_')
}
