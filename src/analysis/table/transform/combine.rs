//! One table out of several.

use std::collections::HashMap;

use super::{
    super::{Cell, CellType, Cells, Column, Table},
    ROWS_MAX,
};
use crate::base::order;

/// Rows of all tables under all their columns. Rows with the same cells where every table has the column are one row,
/// unless they differ elsewhere.
pub(super) fn merged(tables: Vec<Table>) -> Vec<Table> {
    if tables.len() < 2 {
        return tables;
    }
    let tables: Vec<Table> = tables.into_iter().filter(|table| !table.columns.is_empty()).collect();
    let mut heads: Vec<&Column> = Vec::new();
    for column in tables.iter().flat_map(|table| &table.columns) {
        if heads.iter().all(|head| head.shown() != column.shown()) {
            heads.push(column);
        }
    }
    let has = |table: &Table, name: &str| table.columns.iter().position(|column| column.shown() == name);
    let is_key: Vec<bool> =
        heads.iter().map(|head| tables.iter().all(|table| has(table, head.shown()).is_some())).collect();
    let has_key = is_key.contains(&true);
    let mut rows: Vec<Vec<Cell>> = Vec::new();
    let mut known: HashMap<String, Vec<usize>> = HashMap::new();
    for table in &tables {
        let places: Vec<Option<usize>> = heads.iter().map(|head| has(table, head.shown())).collect();
        for row in 0..table.row_count() {
            let cells: Vec<Cell> = places
                .iter()
                .map(|place| place.and_then(|at| table.columns.get(at)).map_or(Cell::None, |c| c.cells.get(row)))
                .collect();
            let keys: Vec<String> =
                cells.iter().zip(&is_key).filter(|(_, is_key)| **is_key).map(|(cell, _)| cell.key()).collect();
            let alike = known.entry(keys.join("\u{0}")).or_default();
            let fits = |old: &[Cell]| {
                old.iter().zip(&cells).all(|(old, new)| old.is_none() || new.is_none() || old.key() == new.key())
            };
            let place = alike.iter().copied().find(|at| has_key && rows.get(*at).is_some_and(|old| fits(old)));
            if let Some(old) = place.and_then(|at| rows.get_mut(at)) {
                for (slot, cell) in old.iter_mut().zip(cells).filter(|(slot, _)| slot.is_none()) {
                    *slot = cell;
                }
            } else {
                alike.push(rows.len());
                rows.push(cells);
            }
        }
    }
    vec![table_of(&heads, rows)]
}

/// A table of rows under the heads of columns.
fn table_of(heads: &[&Column], rows: Vec<Vec<Cell>>) -> Table {
    let mut cells: Vec<Vec<Cell>> = heads.iter().map(|_| Vec::with_capacity(rows.len())).collect();
    for row in rows {
        for (column, cell) in cells.iter_mut().zip(row) {
            column.push(cell);
        }
    }
    let columns = heads.iter().zip(cells).map(|(head, cells)| {
        let cells = if cells.iter().all(Cell::is_none) {
            head.cells.picked(&vec![usize::MAX; cells.len()])
        } else {
            Cells::collected(cells)
        };
        Column { cells, ..head.clone_head() }
    });
    Table { ref_id: String::new(), columns: columns.collect() }
}

/// Every column beside the key's, on the rows of all keys (or, `is_inner`, of the keys that all tables have), by key.
pub(super) fn joined(tables: Vec<Table>, by: Option<&str>, is_inner: bool) -> Vec<Table> {
    let key_of = |table: &Table| match by {
        Some(name) => table.position(name),
        None => table.time_position(),
    };
    let (with_key, _): (Vec<Table>, Vec<Table>) = tables.into_iter().partition(|table| key_of(table).is_some());
    let mut parts = with_key.into_iter();
    let Some(first) = parts.next() else { return Vec::new() };
    let key_at = key_of(&first).unwrap_or_default();
    let cells_at = |columns: &[Column], at: usize| {
        columns.get(at).map_or(Cells::Number(Vec::new()), |column| column.cells.clone())
    };
    let mut key = cells_at(&first.columns, key_at);
    let key_head = first.columns.get(key_at).map(Column::clone_head);
    let mut columns: Vec<Column> = without(first.columns, key_at);
    for table in parts {
        let at = key_of(&table).unwrap_or_default();
        let other_key = cells_at(&table.columns, at);
        let (left, right) = pairs(&key, &other_key, is_inner);
        let keys: Vec<Cell> = left
            .iter()
            .zip(&right)
            .map(|(l, r)| if *l == usize::MAX { other_key.get(*r) } else { key.get(*l) })
            .collect();
        for column in &mut columns {
            column.cells = column.cells.picked(&left);
        }
        columns.extend(
            without(table.columns, at)
                .into_iter()
                .map(|column| Column { cells: column.cells.picked(&right), ..column.clone_head() }),
        );
        key = if keys.is_empty() { key.picked(&[]) } else { Cells::collected(keys) };
    }
    let rows = order::order_of(key.len(), &mut |a, b| key.get(a).compare(&key.get(b)));
    let key_column = key_head.map(|head| Column { cells: key.picked(&rows), ..head });
    let columns = columns.into_iter().map(|column| Column { cells: column.cells.picked(&rows), ..column.clone_head() });
    vec![Table { ref_id: String::new(), columns: key_column.into_iter().chain(columns).collect() }]
}

fn without(mut columns: Vec<Column>, at: usize) -> Vec<Column> {
    if at < columns.len() {
        columns.remove(at);
    }
    columns
}

/// Rows of two keys that belong together; `usize::MAX` where a side has none.
fn pairs(left: &Cells, right: &Cells, is_inner: bool) -> (Vec<usize>, Vec<usize>) {
    let mut known: HashMap<String, Vec<usize>> = HashMap::new();
    for row in 0..right.len() {
        known.entry(right.get(row).key()).or_default().push(row);
    }
    let mut is_used = vec![false; right.len()];
    let (mut lefts, mut rights) = (Vec::new(), Vec::new());
    for row in 0..left.len() {
        let found = known.get(&left.get(row).key()).map(Vec::as_slice).unwrap_or_default();
        for other in found.iter().take(ROWS_MAX.saturating_sub(lefts.len())) {
            if let Some(slot) = is_used.get_mut(*other) {
                *slot = true;
            }
            lefts.push(row);
            rights.push(*other);
        }
        if found.is_empty() && !is_inner {
            lefts.push(row);
            rights.push(usize::MAX);
        }
    }
    if !is_inner {
        for (row, _) in is_used.iter().enumerate().filter(|(_, is_used)| !**is_used) {
            lefts.push(usize::MAX);
            rights.push(row);
        }
    }
    (lefts, rights)
}

/// Series below each other: time, name, value.
pub(super) fn series_to_rows(tables: Vec<Table>) -> Vec<Table> {
    let is_series = |table: &Table| table.time_position().is_some();
    if tables.is_empty() || !tables.iter().all(is_series) {
        return tables;
    }
    let (mut times, mut names, mut values) = (Vec::new(), Vec::new(), Vec::new());
    let mut unit_hint = None;
    for table in &tables {
        let Some(time) = table.time_position().and_then(|at| table.columns.get(at)) else { continue };
        for column in table.columns.iter().filter(|column| column.cells.kind() != CellType::Time) {
            unit_hint = unit_hint.or(column.unit_hint);
            for row in 0..column.cells.len() {
                times.push(time.cells.number(row));
                names.push(Some(column.shown().into()));
                values.push(column.cells.get(row));
            }
        }
    }
    let rows = order::order_of(times.len(), &mut |a, b| {
        let at = |row: usize| times.get(row).copied().unwrap_or_default();
        at(b).total_cmp(&at(a))
    });
    let value = Column { unit_hint, ..Column::new("Value", Cells::collected(values)) };
    let columns = vec![Column::new("Time", Cells::Time(times)), Column::new("Metric", Cells::Text(names)), value];
    vec![Table { ref_id: String::new(), columns }.picked(&rows)]
}
