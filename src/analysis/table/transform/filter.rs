//! Fewer rows or columns, or rows in another order.

use super::{
    super::{Cell, Table},
    Condition, Names, RowFilter,
};
use crate::base::{number, order};

pub(super) fn filtered(table: &Table, filter: &RowFilter) -> Table {
    let RowFilter { conditions, needs_all, is_exclusive } = filter;
    let known: Vec<(usize, &Condition)> =
        conditions.iter().filter_map(|(name, condition)| Some((table.position(name)?, condition))).collect();
    if known.is_empty() {
        return table.clone();
    }
    let meets = |row: usize| {
        let mut each = known.iter().map(|(at, condition)| {
            condition.is_met(&table.columns.get(*at).map_or(Cell::None, |column| column.cells.get(row)))
        });
        if *needs_all { each.all(|is_met| is_met) } else { each.any(|is_met| is_met) }
    };
    let rows: Vec<usize> = (0..table.row_count()).filter(|row| meets(*row) != *is_exclusive).collect();
    table.picked(&rows)
}

/// Zero has no sign here.
fn same_number(a: f64, b: f64) -> bool {
    (a + 0.0).total_cmp(&(b + 0.0)).is_eq()
}

impl Condition {
    /// Whether a cell is as the condition says.
    pub fn is_met(&self, cell: &Cell) -> bool {
        let number = cell.number();
        let text = || cell.text().unwrap_or_default();
        let contains = |part: &str| text().to_ascii_lowercase().contains(&part.to_ascii_lowercase());
        let equals = |wanted: &str| match (cell, number::parse(wanted.trim())) {
            (Cell::Number(_) | Cell::Time(_) | Cell::Trend(_), Some(wanted)) => same_number(wanted, number),
            _ => *text() == *wanted,
        };
        match self {
            Self::IsNone => cell.is_none(),
            Self::IsSome => !cell.is_none(),
            Self::Greater(limit) => number > *limit,
            Self::GreaterOrEqual(limit) => number >= *limit,
            Self::Lower(limit) => number < *limit,
            Self::LowerOrEqual(limit) => number <= *limit,
            Self::Equal(wanted) => equals(wanted),
            Self::NotEqual(wanted) => !equals(wanted),
            Self::Contains(part) => contains(part),
            Self::ContainsNot(part) => !contains(part),
            Self::Matches(pattern) => pattern.is_match(&text()),
            Self::Between(from, to) => *from < number && number < *to,
        }
    }
}

pub(super) fn sorted(table: Table, by: &str, is_descending: bool) -> Table {
    let Some(column) = table.position(by).and_then(|at| table.columns.get(at)) else { return table };
    let rows = order::order_of(table.row_count(), &mut |a, b| {
        let by = column.cells.get(a).compare(&column.cells.get(b));
        if is_descending { by.reverse() } else { by }
    });
    table.picked(&rows)
}

pub(super) fn with_columns(mut table: Table, include: Option<&Names>, exclude: Option<&Names>) -> Table {
    table.columns.retain(|column| {
        include.is_none_or(|names| names.covers(column.shown()))
            && !exclude.is_some_and(|names| names.covers(column.shown()))
    });
    table
}

pub(super) fn limited(table: &Table, rows: usize, is_from_end: bool) -> Table {
    let count = table.row_count();
    let kept: Vec<usize> =
        if is_from_end { (count.saturating_sub(rows)..count).collect() } else { (0..count.min(rows)).collect() };
    table.picked(&kept)
}
