//! Columns become numbers.

use std::sync::Arc;

use super::{
    super::{Cell, CellType, Cells, Column, Table},
    Reduce,
    group::{aggregate, keeps_unit},
    reducer_title,
};

pub(super) fn reduced(tables: Vec<Table>, reduce: &Reduce) -> Vec<Table> {
    if reduce.reducers.is_empty() {
        return tables;
    }
    if reduce.keeps_columns {
        tables.iter().map(|table| to_cells(table, reduce)).collect()
    } else {
        vec![to_rows(&tables, reduce)]
    }
}

/// Each column is one cell for each reducer.
fn to_cells(table: &Table, reduce: &Reduce) -> Table {
    let is_alone = reduce.reducers.len() == 1;
    let mut columns = Vec::new();
    for column in table.columns.iter().filter(|column| reduce.has_times || column.cells.kind() != CellType::Time) {
        for reducer in &reduce.reducers {
            let title = if is_alone {
                column.title.clone()
            } else {
                Some(format!("{} {}", column.shown(), reducer_title(*reducer)))
            };
            let cells = Cells::collected(vec![aggregate(*reducer, &column.cells)]);
            let unit_hint = column.unit_hint.filter(|_| keeps_unit(*reducer));
            columns.push(Column { title, unit_hint, cells, ..column.clone_head() });
        }
    }
    Table { ref_id: table.ref_id.clone(), columns }
}

/// Each column of numbers is a row: its name, its labels where they are wanted, and a number for each reducer.
fn to_rows(tables: &[Table], reduce: &Reduce) -> Table {
    let is_meant = |column: &&Column| match column.cells.kind() {
        CellType::Number | CellType::Trend => true,
        CellType::Time => reduce.has_times,
        CellType::Text => false,
    };
    let fields: Vec<&Column> = tables.iter().flat_map(|table| table.columns.iter().filter(is_meant)).collect();
    let text = |text: &str| Some(Arc::from(text));
    let mut columns = Vec::new();
    let mut label_names: Vec<&str> = Vec::new();
    if reduce.has_labels {
        label_names = fields.iter().flat_map(|column| column.labels.iter().map(|(name, _)| name)).collect();
        crate::base::order::sort_by(&mut label_names, Ord::cmp);
        label_names.dedup();
    }
    // With labels the field's own name is enough: the labels tell the rows apart.
    let names = fields.iter().map(|column| {
        if reduce.has_labels && !column.labels.is_empty() { text(&column.name) } else { text(column.shown()) }
    });
    columns.push(Column::new("Field", Cells::Text(names.collect())));
    for name in label_names {
        let cells = fields.iter().map(|column| column.labels.get(name).map(Arc::from)).collect();
        columns.push(Column::new(name, Cells::Text(cells)));
    }
    let unit_hint = fields.iter().find_map(|column| column.unit_hint);
    for reducer in &reduce.reducers {
        let cells: Vec<Cell> = fields.iter().map(|column| aggregate(*reducer, &column.cells)).collect();
        let unit_hint = unit_hint.filter(|_| keeps_unit(*reducer));
        columns.push(Column { unit_hint, ..Column::new(reducer_title(*reducer), Cells::collected(cells)) });
    }
    Table { ref_id: String::new(), columns }
}
