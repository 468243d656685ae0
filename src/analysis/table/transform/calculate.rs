//! A new column out of others.

use super::{
    super::{CellType, Cells, Column, Table},
    Calculate, Calculation, Function, Operand, Operator,
    combine::joined,
    reducer_title,
};
use crate::{
    analysis::reduce::reduce,
    model::{
        dashboard::Reducer,
        frame::{MISSING, is_missing},
    },
};

/// Series are put side by side first: a row is an instant.
pub(super) fn calculated(tables: Vec<Table>, calculate: &Calculate) -> Vec<Table> {
    let is_series = |table: &Table| table.time_position() == Some(0) && table.columns.len() == 2;
    let tables = if tables.len() > 1 && tables.iter().all(is_series) { joined(tables, None, false) } else { tables };
    tables
        .into_iter()
        .map(|mut table| {
            let Some((name, values)) = column_of(&table, &calculate.kind) else { return table };
            if calculate.replaces {
                table.columns.retain(|column| column.cells.kind() == CellType::Time);
            }
            let name = calculate.alias.clone().filter(|alias| !alias.is_empty()).unwrap_or(name);
            table.columns.push(Column::new(name, Cells::Number(values)));
            table
        })
        .collect()
}

fn column_of(table: &Table, kind: &Calculation) -> Option<(String, Vec<f64>)> {
    let rows = 0..table.row_count();
    let numbers = |name: &str| {
        let column = table.position(name).and_then(|at| table.columns.get(at))?;
        (column.cells.kind() != CellType::Text).then(|| column.cells.numbers())
    };
    Some(match kind {
        Calculation::Row { reducer, columns } => {
            let meant: Vec<&Column> = table
                .columns
                .iter()
                .filter(|column| matches!(column.cells.kind(), CellType::Number | CellType::Trend))
                .filter(|column| columns.is_empty() || columns.iter().any(|name| name == column.shown()))
                .collect();
            let row = |row: usize| {
                let values: Vec<f64> = meant.iter().map(|column| column.cells.number(row)).collect();
                reduce(*reducer, &values)
            };
            (reducer_title(*reducer), rows.map(row).collect())
        }
        Calculation::Binary { left, operator, right } => {
            let side = |operand: &Operand| match operand {
                Operand::Column(name) => numbers(name),
                Operand::Number(number) => Some(vec![*number; table.row_count()]),
            };
            let name = format!("{} {} {}", left.text(), operator.sign(), right.text());
            let (left, right) = side(left).zip(side(right))?;
            (name, left.into_iter().zip(right).map(|(a, b)| operator.of(a, b)).collect())
        }
        Calculation::Unary { function, column } => {
            let values = numbers(column)?;
            (format!("{}({column})", function.word()), values.into_iter().map(|value| function.of(value)).collect())
        }
        Calculation::Index { is_ratio } => {
            let last = table.row_count().saturating_sub(1).max(1) as f64;
            let of = |row: usize| if *is_ratio { row as f64 / last } else { row as f64 };
            ("Row".to_owned(), rows.map(of).collect())
        }
        Calculation::Cumulative { is_mean, column } => {
            let (mut sum, mut count) = (0.0, 0_u32);
            let values = numbers(column)?.into_iter().map(|value| {
                if !value.is_nan() {
                    sum += value;
                    count += 1;
                }
                if *is_mean && count > 0 { sum / f64::from(count) } else { sum }
            });
            let reducer = if *is_mean { Reducer::Mean } else { Reducer::Sum };
            (format!("cumulative {}({column})", reducer.id()), values.collect())
        }
    })
}

impl Operand {
    fn text(&self) -> String {
        match self {
            Self::Column(name) => name.clone(),
            Self::Number(number) => number.to_string(),
        }
    }
}

impl Operator {
    /// Nothing where a side is missing.
    fn of(self, a: f64, b: f64) -> f64 {
        if is_missing(a) || is_missing(b) {
            return MISSING;
        }
        match self {
            Self::Add => a + b,
            Self::Subtract => a - b,
            Self::Multiply => a * b,
            Self::Divide => a / b,
            Self::Power => a.powf(b),
            Self::Remainder => a % b,
        }
    }
}

impl Function {
    fn word(self) -> &'static str {
        match self {
            Self::Absolute => "abs",
            Self::Exponent => "exp",
            Self::Logarithm => "ln",
            Self::Floor => "floor",
            Self::Ceiling => "ceil",
            Self::Round => "round",
        }
    }

    fn of(self, value: f64) -> f64 {
        if is_missing(value) {
            return MISSING;
        }
        match self {
            Self::Absolute => value.abs(),
            Self::Exponent => value.exp(),
            Self::Logarithm => value.ln(),
            Self::Floor => value.floor(),
            Self::Ceiling => value.ceil(),
            Self::Round => value.round(),
        }
    }
}
