//! Rows that agree in some columns become one row, with numbers out of the other columns.

use std::{collections::HashMap, sync::Arc};

use super::{
    super::{Cell, CellType, Cells, Column, Table},
    GroupRole,
};
use crate::{
    analysis::reduce::reduce,
    model::{dashboard::Reducer, frame::is_missing},
};

/// `None` where the table has none of the columns to group by.
pub(super) fn grouped(table: Table, roles: &[(String, GroupRole)]) -> Option<Table> {
    let role_of = |column: &Column| roles.iter().find(|(name, _)| name == column.shown()).map(|(_, role)| role);
    let keys: Vec<&Column> = table.columns.iter().filter(|column| role_of(column) == Some(&GroupRole::Key)).collect();
    if keys.is_empty() {
        return None;
    }
    let mut places: HashMap<String, usize> = HashMap::new();
    let mut groups: Vec<Vec<usize>> = Vec::new();
    for row in 0..table.row_count() {
        let key: Vec<String> = keys.iter().map(|column| column.cells.get(row).key()).collect();
        let place = *places.entry(key.join("\u{0}")).or_insert_with(|| {
            groups.push(Vec::new());
            groups.len() - 1
        });
        if let Some(rows) = groups.get_mut(place) {
            rows.push(row);
        }
    }
    let firsts: Vec<usize> = groups.iter().filter_map(|rows| rows.first().copied()).collect();
    let mut columns: Vec<Column> =
        keys.iter().map(|column| Column { cells: column.cells.picked(&firsts), ..column.clone_head() }).collect();
    for column in &table.columns {
        let Some(GroupRole::Aggregate(reducers)) = role_of(column) else { continue };
        for reducer in reducers {
            let cells = groups.iter().map(|rows| aggregate(*reducer, &column.cells.picked(rows))).collect();
            columns.push(Column {
                title: Some(format!("{} ({})", column.shown(), reducer.id())),
                unit_hint: column.unit_hint.filter(|_| keeps_unit(*reducer)),
                cells: Cells::collected(cells),
                ..column.clone_head()
            });
        }
    }
    Some(Table { ref_id: table.ref_id, columns })
}

/// Whether a reducer's number is of the same unit as what it is made of.
pub(super) fn keeps_unit(reducer: Reducer) -> bool {
    !matches!(
        reducer,
        Reducer::Count
            | Reducer::DistinctCount
            | Reducer::ChangeCount
            | Reducer::AllIsZero
            | Reducer::AllIsNull
            | Reducer::DiffPercent
    )
}

/// One cell for many. Of texts there are only the first, the last and their number.
pub(super) fn aggregate(reducer: Reducer, cells: &Cells) -> Cell {
    let count = cells.len();
    let number = |value: f64| if is_missing(value) { Cell::None } else { Cell::Number(value) };
    if cells.kind() == CellType::Text {
        let known = || (0..count).map(|row| cells.get(row)).filter(|cell| !cell.is_none());
        return match reducer {
            Reducer::First => cells.get(0),
            Reducer::Last => count.checked_sub(1).map_or(Cell::None, |row| cells.get(row)),
            Reducer::FirstNotNull => known().next().unwrap_or(Cell::None),
            Reducer::LastNotNull => known().next_back().unwrap_or(Cell::None),
            Reducer::Count => Cell::Number(known().count() as f64),
            Reducer::DistinctCount => {
                let mut texts: Vec<Arc<str>> = known().filter_map(|cell| cell.text()).collect();
                crate::base::order::sort_by(&mut texts, Ord::cmp);
                texts.dedup();
                Cell::Number(texts.len() as f64)
            }
            _ => Cell::None,
        };
    }
    let value = reduce(reducer, &cells.numbers());
    let keeps_kind = matches!(
        reducer,
        Reducer::First
            | Reducer::Last
            | Reducer::FirstNotNull
            | Reducer::LastNotNull
            | Reducer::Min
            | Reducer::Max
            | Reducer::Mean
            | Reducer::Median
    );
    match number(value) {
        Cell::Number(value) if keeps_kind && cells.kind() == CellType::Time => Cell::Time(value),
        cell => cell,
    }
}
