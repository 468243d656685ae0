//! Binary operators: arithmetic, comparison (as filter or `bool`) and sets, with `on`, `ignoring` and `group_left`.

#![expect(clippy::float_cmp, reason = "PromQL compares floats exactly")]

use std::collections::{HashMap, HashSet};

use promql_parser::parser::token::{
    T_ADD, T_ATAN2, T_DIV, T_EQLC, T_GTE, T_GTR, T_LAND, T_LOR, T_LSS, T_LTE, T_LUNLESS, T_MOD, T_MUL, T_NEQ, T_POW,
    T_SUB, TokenId,
};
use promql_parser::parser::{BinModifier, BinaryExpr, LabelModifier, VectorMatchCardinality};

use crate::store::{Labels, METRIC_NAME};

use super::column::{Column, Value};
use super::eval::{unique, wrong_type};
use super::{ABSENT, Dialect, QueryError, is_absent};

pub(super) fn binary(op: &BinaryExpr, left: Value, right: Value, dialect: Dialect) -> Result<Value, QueryError> {
    let id = op.op.id();
    let drops_name = drops_name(id, op.return_bool(), dialect);
    Ok(match (left, right) {
        (Value::Scalar(left), Value::Scalar(right)) => {
            let values = left.iter().zip(&right).map(|(a, b)| scalar_pair(id, *a, *b)).collect::<Option<_>>();
            Value::Scalar(values.ok_or_else(|| unsupported(op))?)
        }
        (Value::Vector(columns), Value::Scalar(scalars)) => {
            Value::Vector(with_scalar(op, drops_name, columns, &scalars, false)?)
        }
        (Value::Scalar(scalars), Value::Vector(columns)) => {
            Value::Vector(with_scalar(op, drops_name, columns, &scalars, true)?)
        }
        (Value::Vector(left), Value::Vector(right)) => {
            let modifier = op.modifier.clone().unwrap_or_default();
            Value::Vector(match id {
                T_LAND | T_LOR | T_LUNLESS => set_operation(id, &modifier, left, right)?,
                _ => Matching { id, modifier: &modifier, op, drops_name }.join(left, right)?,
            })
        }
        (Value::Text(_), _) | (_, Value::Text(_)) => return Err(wrong_type("string")),
    })
}

fn unsupported(op: &BinaryExpr) -> QueryError {
    QueryError::Execution(format!("operator {:?} not allowed between these operands", op.op.to_string()))
}

/// Whether the result is no longer the metric that its left operand was. Prometheus 2 forgets `atan2` here.
fn drops_name(id: TokenId, returns_bool: bool, dialect: Dialect) -> bool {
    returns_bool
        || matches!(id, T_ADD | T_SUB | T_MUL | T_DIV | T_MOD | T_POW)
        || (id == T_ATAN2 && dialect == Dialect::V3)
}

fn arithmetic(id: TokenId, a: f64, b: f64) -> Option<f64> {
    Some(match id {
        T_ADD => a + b,
        T_SUB => a - b,
        T_MUL => a * b,
        T_DIV => a / b,
        T_MOD => a % b,
        T_POW => a.powf(b),
        T_ATAN2 => a.atan2(b),
        _ => return None,
    })
}

fn compares(id: TokenId, a: f64, b: f64) -> Option<bool> {
    Some(match id {
        T_EQLC => a == b,
        T_NEQ => a != b,
        T_GTR => a > b,
        T_LSS => a < b,
        T_GTE => a >= b,
        T_LTE => a <= b,
        _ => return None,
    })
}

fn truth(holds: bool) -> f64 {
    if holds { 1.0 } else { 0.0 }
}

fn scalar_pair(id: TokenId, a: f64, b: f64) -> Option<f64> {
    arithmetic(id, a, b).or_else(|| compares(id, a, b).map(truth))
}

/// One element: its value after the operation, or nothing when a filter drops it. `kept` is what a passing filter returns.
fn element(id: TokenId, returns_bool: bool, a: f64, b: f64, kept: f64) -> Option<f64> {
    if let Some(value) = arithmetic(id, a, b) {
        return Some(value);
    }
    let holds = compares(id, a, b)?;
    if returns_bool { Some(truth(holds)) } else { holds.then_some(kept) }
}

fn with_scalar(
    op: &BinaryExpr,
    drops_name: bool,
    columns: Vec<Column>,
    scalars: &[f64],
    scalar_is_left: bool,
) -> Result<Vec<Column>, QueryError> {
    let (id, returns_bool) = (op.op.id(), op.return_bool());
    if matches!(id, T_LAND | T_LOR | T_LUNLESS) {
        return Err(unsupported(op));
    }
    let changed = columns
        .into_iter()
        .map(|Column { labels, mut values }| {
            for (value, &scalar) in values.iter_mut().zip(scalars) {
                if !is_absent(*value) {
                    let (a, b) = if scalar_is_left { (scalar, *value) } else { (*value, scalar) };
                    *value = element(id, returns_bool, a, b, *value).unwrap_or(ABSENT);
                }
            }
            Column { labels: if drops_name { labels.without_name() } else { labels }, values }
        })
        .collect();
    if drops_name { unique(changed) } else { Ok(changed) }
}

/// The labels by which two elements match.
fn signature(modifier: &BinModifier, labels: &Labels) -> Labels {
    match &modifier.matching {
        Some(LabelModifier::Include(names)) => labels.keep(&names.labels),
        Some(LabelModifier::Exclude(names)) => labels.without_name().drop(&names.labels),
        None => labels.without_name(),
    }
}

fn set_operation(
    id: TokenId,
    modifier: &BinModifier,
    left: Vec<Column>,
    right: Vec<Column>,
) -> Result<Vec<Column>, QueryError> {
    let presence = |columns: &[Column]| {
        let mut by_signature: HashMap<Labels, Vec<bool>> = HashMap::new();
        for column in columns {
            let present = by_signature
                .entry(signature(modifier, &column.labels))
                .or_insert_with(|| vec![false; column.values.len()]);
            for (slot, value) in present.iter_mut().zip(&column.values) {
                *slot |= !is_absent(*value);
            }
        }
        by_signature
    };
    let restrict = |columns: Vec<Column>, other: &HashMap<Labels, Vec<bool>>, keeps_matched: bool| -> Vec<Column> {
        columns
            .into_iter()
            .map(|mut column| {
                let matched = other.get(&signature(modifier, &column.labels));
                for (step, value) in column.values.iter_mut().enumerate() {
                    let is_matched = matched.and_then(|steps| steps.get(step)).copied().unwrap_or(false);
                    if is_matched != keeps_matched {
                        *value = ABSENT;
                    }
                }
                column
            })
            .filter(|column| column.values.iter().any(|value| !is_absent(*value)))
            .collect()
    };
    match id {
        T_LAND => Ok(restrict(left, &presence(&right), true)),
        T_LUNLESS => Ok(restrict(left, &presence(&right), false)),
        _ => {
            let added = restrict(right, &presence(&left), false);
            unique(left.into_iter().chain(added).collect())
        }
    }
}

struct Matching<'a> {
    id: TokenId,
    modifier: &'a BinModifier,
    op: &'a BinaryExpr,
    drops_name: bool,
}

impl Matching<'_> {
    fn join(&self, left: Vec<Column>, right: Vec<Column>) -> Result<Vec<Column>, QueryError> {
        let one_is_left = matches!(self.modifier.card, VectorMatchCardinality::OneToMany(_));
        let is_one_to_one = matches!(self.modifier.card, VectorMatchCardinality::OneToOne);
        let (many, one) = if one_is_left { (right, left) } else { (left, right) };
        if many.is_empty() || one.is_empty() {
            return Ok(Vec::new());
        }
        let mut one_by_signature: HashMap<Labels, Vec<&Column>> = HashMap::new();
        for column in &one {
            one_by_signature.entry(signature(self.modifier, &column.labels)).or_default().push(column);
        }
        let many_present = any_present(&many);
        for column in &one {
            let key = signature(self.modifier, &column.labels);
            if let Some(rivals) = one_by_signature.get(&key).filter(|rivals| rivals.len() > 1) {
                refuse_duplicates(&key, rivals, &many_present, if one_is_left { "left" } else { "right" })?;
            }
        }
        let mut joined: Vec<Column> = Vec::new();
        // Steps at which a match group of the "many" side has given a value: a second one is ambiguous.
        let mut taken: HashMap<Labels, Vec<bool>> = HashMap::new();
        for column in &many {
            let key = signature(self.modifier, &column.labels);
            let Some(partners) = one_by_signature.get(&key) else { continue };
            for partner in partners {
                let labels = self.result_labels(&column.labels, &partner.labels);
                let group = if is_one_to_one { key.clone() } else { labels.clone() };
                let taken_steps = taken.entry(group).or_insert_with(|| vec![false; column.values.len()]);
                let mut values = Vec::with_capacity(column.values.len());
                for ((many_value, one_value), is_taken) in
                    column.values.iter().zip(&partner.values).zip(taken_steps.iter_mut())
                {
                    values.push(self.pair(*many_value, *one_value, one_is_left, is_taken, is_one_to_one)?);
                }
                if values.iter().any(|value| !is_absent(*value)) {
                    joined.push(Column { labels, values });
                }
            }
        }
        unique(joined)
    }

    fn pair(
        &self,
        many: f64,
        one: f64,
        one_is_left: bool,
        is_taken: &mut bool,
        is_one_to_one: bool,
    ) -> Result<f64, QueryError> {
        if is_absent(many) || is_absent(one) {
            return Ok(ABSENT);
        }
        let (a, b) = if one_is_left { (one, many) } else { (many, one) };
        if arithmetic(self.id, a, b).is_none() && compares(self.id, a, b).is_none() {
            return Err(unsupported(self.op));
        }
        let Some(value) = element(self.id, self.modifier.return_bool, a, b, a) else { return Ok(ABSENT) };
        if std::mem::replace(is_taken, true) {
            return Err(QueryError::Execution(
                if is_one_to_one {
                    "multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)"
                } else {
                    "multiple matches for labels: grouping labels must ensure unique matches"
                }
                .into(),
            ));
        }
        Ok(value)
    }

    fn result_labels(&self, many: &Labels, one: &Labels) -> Labels {
        let base = if self.drops_name { many.without_name() } else { many.clone() };
        match &self.modifier.card {
            VectorMatchCardinality::OneToOne => match &self.modifier.matching {
                Some(LabelModifier::Include(names)) => base.keep(&names.labels),
                Some(LabelModifier::Exclude(names)) => base.drop(&names.labels),
                None => base,
            },
            VectorMatchCardinality::ManyToOne(included) | VectorMatchCardinality::OneToMany(included) => {
                included.labels.iter().fold(base, |labels, name| labels.with(name, one.get(name)))
            }
            VectorMatchCardinality::ManyToMany => base,
        }
    }
}

fn any_present(columns: &[Column]) -> Vec<bool> {
    let len = columns.first().map_or(0, |column| column.values.len());
    let mut present = vec![false; len];
    for column in columns {
        for (slot, value) in present.iter_mut().zip(&column.values) {
            *slot |= !is_absent(*value);
        }
    }
    present
}

/// Two series of one match group on the "one" side at the same step: which of them matches would be a guess.
fn refuse_duplicates(key: &Labels, rivals: &[&Column], many_present: &[bool], side: &str) -> Result<(), QueryError> {
    let mut seen: HashSet<usize> = HashSet::new();
    for rival in rivals {
        for (step, _) in rival.values.iter().enumerate().filter(|(_, value)| !is_absent(**value)) {
            if seen.insert(step) || !many_present.get(step).copied().unwrap_or(false) {
                continue;
            }
            let earlier = rivals.iter().find(|other| other.values.get(step).is_some_and(|value| !is_absent(*value)));
            return Err(QueryError::Execution(format!(
                "found duplicate series for the match group {} on the {side} hand-side of the operation: [{}, {}];many-to-many matching not allowed: matching labels must be unique on one side",
                key.drop(&[METRIC_NAME.to_owned()]),
                rival.labels,
                earlier.map_or_else(Labels::empty, |other| other.labels.clone()),
            )));
        }
    }
    Ok(())
}
