//! Labels of series as columns or rows, and whole series as cells.

use std::sync::Arc;

use super::super::{CellType, Cells, Column, Table, Trend};
use crate::{analysis::reduce::reduce, base::order, model::dashboard::Reducer};

/// The same table with a column for each label of its values.
pub(super) fn to_columns(table: Table, keep: &[String], value_label: Option<&str>) -> Table {
    let count = table.row_count();
    let is_kept = |name: &str| keep.is_empty() || keep.iter().any(|kept| kept == name);
    let mut labels: Vec<Column> = Vec::new();
    let mut columns = Vec::new();
    for column in table.columns {
        if column.labels.is_empty() {
            columns.push(column);
            continue;
        }
        for (name, value) in column.labels.iter().filter(|(name, _)| is_kept(name) && Some(*name) != value_label) {
            if labels.iter().all(|known| known.name != name) {
                labels.push(Column::new(name, Cells::Text(vec![Some(Arc::from(value)); count])));
            }
        }
        let name = value_label.and_then(|label| column.labels.get(label)).unwrap_or(&column.name).to_owned();
        columns.push(Column { unit_hint: column.unit_hint, ..Column::new(name, column.cells) });
    }
    let at = columns.iter().take_while(|column| column.cells.kind() == CellType::Time).count();
    columns.splice(at..at, labels);
    Table { ref_id: table.ref_id, columns }
}

/// A table of the names and values of labels.
pub(super) fn to_rows(table: &Table, keep: &[String]) -> Table {
    let pairs: Vec<(&str, &str)> = table
        .columns
        .iter()
        .flat_map(|column| column.labels.iter())
        .filter(|(name, _)| keep.is_empty() || keep.iter().any(|kept| kept == name))
        .collect();
    let texts = |texts: Vec<&str>| Cells::Text(texts.into_iter().map(|text| Some(Arc::from(text))).collect());
    let columns = vec![
        Column::new("label", texts(pairs.iter().map(|(name, _)| *name).collect())),
        Column::new("value", texts(pairs.iter().map(|(_, value)| *value).collect())),
    ];
    Table { ref_id: table.ref_id.clone(), columns }
}

/// For each query a table with a row for each of its series: the labels, and the series itself.
pub(super) fn to_trends(tables: &[Table], stats: &[(String, Reducer)]) -> Vec<Table> {
    let mut ref_ids: Vec<&str> = Vec::new();
    for table in tables {
        if !ref_ids.contains(&table.ref_id.as_str()) {
            ref_ids.push(&table.ref_id);
        }
    }
    let is_alone = ref_ids.len() == 1;
    ref_ids
        .into_iter()
        .map(|ref_id| {
            let stat = stats.iter().find(|(id, _)| id == ref_id).map_or(Reducer::LastNotNull, |(_, stat)| *stat);
            let mut series: Vec<(&Column, Arc<Trend>)> = Vec::new();
            for table in tables.iter().filter(|table| table.ref_id == ref_id) {
                let Some(time) = table.time_position().and_then(|at| table.columns.get(at)) else { continue };
                for column in table.columns.iter().filter(|column| column.cells.kind() == CellType::Number) {
                    let values = column.cells.numbers();
                    let trend = Trend { x_ms: time.cells.numbers(), stat: reduce(stat, &values), values };
                    series.push((column, Arc::new(trend)));
                }
            }
            let mut names: Vec<&str> =
                series.iter().flat_map(|(column, _)| column.labels.iter().map(|(n, _)| n)).collect();
            order::sort_by(&mut names, Ord::cmp);
            names.dedup();
            let mut columns: Vec<Column> = names
                .into_iter()
                .map(|name| {
                    let cells = series.iter().map(|(column, _)| column.labels.get(name).map(Arc::from)).collect();
                    Column::new(name, Cells::Text(cells))
                })
                .collect();
            let name = if is_alone { "Trend".to_owned() } else { format!("Trend #{ref_id}") };
            let unit_hint = series.first().and_then(|(column, _)| column.unit_hint);
            let cells = Cells::Trend(series.into_iter().map(|(_, trend)| Some(trend)).collect());
            columns.push(Column { unit_hint, ..Column::new(name, cells) });
            Table { ref_id: ref_id.to_owned(), columns }
        })
        .collect()
}
