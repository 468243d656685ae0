//! Series again out of tables: what the panels that show series draw after their transformations.
//!
//! A table whose rows are instants makes series over time. In one without, as reducing and grouping leave it, each row is a
//! thing of its own with a name: as Grafana has it, its texts, or else its time.

use std::{collections::BTreeSet, sync::Arc};

use crate::model::{
    frame::{Column as Series, Frame, MISSING},
    labels::Labels,
};

use super::{Cell, CellType, Cells, Column, Table};

/// What of the tables a kind of panel can show.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Wanted {
    /// Rows are instants; a table without a time is left out.
    pub only_times: bool,
    /// The column that names the rows; texts, all of them, where there is none.
    pub row_column: Option<String>,
}

/// What a series is called, and whose options it has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heading {
    pub name: String,
    pub ref_id: String,
    pub unit_hint: Option<&'static str>,
}

/// Series, one per column of numbers.
#[derive(Debug, Clone, Default)]
pub struct SeriesOfTables {
    pub frame: Frame,
    /// One per series.
    pub headings: Vec<Heading>,
    /// What the rows are called, where they are no instants; the frame's `x_ms` then counts them.
    pub rows: Option<Arc<[String]>>,
    /// Tables with numbers that had no time, where only times are wanted.
    pub left_out_count: usize,
}

/// All tables beside each other. `text_of_time` writes the instant that names a row.
pub fn series_of(tables: &[Table], wanted: &Wanted, text_of_time: &dyn Fn(f64) -> String) -> SeriesOfTables {
    let has_numbers = |table: &&Table| table.columns.iter().any(|column| column.cells.kind() == CellType::Number);
    let (shown, left_out): (Vec<&Table>, Vec<&Table>) =
        tables.iter().filter(has_numbers).partition(|table| !wanted.only_times || table.time_position().is_some());
    let is_over_time = |table: &&Table| {
        table.time_position().is_some()
            && (wanted.only_times || !table.columns.iter().any(|column| names_rows(column, wanted)))
    };
    let mut series = if shown.iter().all(is_over_time) && rows_may_be_times(wanted) {
        over_time(&shown)
    } else {
        by_row(&shown, wanted, text_of_time)
    };
    series.left_out_count = left_out.len();
    series
}

/// Whether no other column than the time is to name the rows.
fn rows_may_be_times(wanted: &Wanted) -> bool {
    wanted.row_column.as_deref().is_none_or(|name| name.eq_ignore_ascii_case("time"))
}

fn names_rows(column: &Column, wanted: &Wanted) -> bool {
    match &wanted.row_column {
        Some(name) => column.shown() == name && column.cells.kind() != CellType::Time,
        None => column.cells.kind() == CellType::Text,
    }
}

fn headed(table: &Table) -> impl Iterator<Item = (&Column, Heading)> {
    table.columns.iter().filter(|column| column.cells.kind() == CellType::Number).map(|column| {
        let heading =
            Heading { name: column.shown().to_owned(), ref_id: table.ref_id.clone(), unit_hint: column.unit_hint };
        (column, heading)
    })
}

/// Series in the making.
#[derive(Default)]
struct Maker {
    made: SeriesOfTables,
    taken: BTreeSet<Labels>,
}

impl Maker {
    fn push(&mut self, column: &Column, heading: Heading, values: Vec<f64>) {
        let labels = self.identity(column, &heading);
        self.made.frame.columns.push(Series { labels, values: values.into() });
        self.made.headings.push(heading);
    }

    /// Labels that tell a series from those before it: its own, and where they do not, its name.
    fn identity(&mut self, column: &Column, heading: &Heading) -> Labels {
        let labels = column.labels.clone();
        if !labels.is_empty() && self.taken.insert(labels.clone()) {
            return labels;
        }
        Labels::from_pairs(labels.iter().chain([("__field__", heading.name.as_str())]))
    }
}

/// Rows of all tables by their time, ascending; of two rows of one table at an instant the later one counts.
fn over_time(tables: &[&Table]) -> SeriesOfTables {
    let times = |table: &Table| {
        let place = table.time_position();
        place.and_then(|at| table.columns.get(at)).map(|column| column.cells.numbers()).unwrap_or_default()
    };
    let mut x_ms: Vec<f64> = tables.iter().flat_map(|table| times(table)).filter(|time| !time.is_nan()).collect();
    x_ms.sort_by(f64::total_cmp);
    x_ms.dedup();
    let mut maker = Maker::default();
    for table in tables {
        let places: Vec<Option<usize>> =
            times(table).iter().map(|time| x_ms.binary_search_by(|known| known.total_cmp(time)).ok()).collect();
        for (column, heading) in headed(table) {
            let Cells::Number(numbers) = &column.cells else { continue };
            let mut values = vec![MISSING; x_ms.len()];
            for (value, place) in numbers.iter().zip(&places) {
                if let Some(slot) = place.and_then(|at| values.get_mut(at)) {
                    *slot = *value;
                }
            }
            maker.push(column, heading, values);
        }
    }
    let Maker { mut made, .. } = maker;
    made.frame.x_ms = x_ms.into();
    made
}

/// The rows of one table below those of the other.
fn by_row(tables: &[&Table], wanted: &Wanted, text_of_time: &dyn Fn(f64) -> String) -> SeriesOfTables {
    let count = tables.iter().map(|table| table.row_count()).sum();
    let mut maker = Maker::default();
    let mut rows: Vec<String> = Vec::with_capacity(count);
    for table in tables {
        let first = rows.len();
        rows.extend((0..table.row_count()).map(|row| row_name(table, row, wanted, text_of_time)));
        for (column, heading) in headed(table) {
            let is_name = wanted.row_column.as_deref() == Some(column.shown());
            let Cells::Number(numbers) = &column.cells else { continue };
            if is_name {
                continue;
            }
            let mut values = vec![MISSING; count];
            for (slot, value) in values.iter_mut().skip(first).zip(numbers) {
                *slot = *value;
            }
            maker.push(column, heading, values);
        }
    }
    let Maker { mut made, .. } = maker;
    made.frame.x_ms = (0..count).map(|row| row as f64).collect();
    made.rows = Some(rows.into());
    made
}

fn row_name(table: &Table, row: usize, wanted: &Wanted, text_of_time: &dyn Fn(f64) -> String) -> String {
    let written = |cell: Cell| match cell {
        Cell::Time(time) => text_of_time(time),
        cell => cell.text().map(|text| text.to_string()).unwrap_or_default(),
    };
    if let Some(column) = wanted.row_column.as_deref().and_then(|name| table.columns.get(table.position(name)?)) {
        return written(column.cells.get(row));
    }
    let texts = table.columns.iter().filter(|column| column.cells.kind() == CellType::Text);
    let name = texts.map(|column| written(column.cells.get(row))).filter(|text| !text.is_empty());
    let name = name.collect::<Vec<_>>().join(" ");
    if !name.is_empty() {
        return name;
    }
    let time = table.time_position().and_then(|at| table.columns.get(at));
    time.map(|column| written(column.cells.get(row))).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::table::tests::{numbers, table, texts, times};

    fn drawn(series: &SeriesOfTables) -> String {
        let head = series.headings.iter().map(|heading| heading.name.as_str());
        let mut lines = vec![head.collect::<Vec<_>>().join(" | ")];
        for (row, x_ms) in series.frame.x_ms.iter().enumerate() {
            let name = series.rows.as_ref().map_or_else(|| x_ms.to_string(), |rows| rows[row].clone());
            let value = |column: &Series| match column.values[row] {
                value if value.is_nan() => "-".to_owned(),
                value => value.to_string(),
            };
            let cells: Vec<String> = series.frame.columns.iter().map(value).collect();
            lines.push(format!("{name}: {}", cells.join(" | ")));
        }
        lines.join("\n")
    }

    fn series(tables: &[Table], wanted: &Wanted) -> SeriesOfTables {
        series_of(tables, wanted, &|time| format!("at {time}"))
    }

    #[test]
    fn tables_over_time_share_their_instants() {
        let one = table(vec![times(&[0.0, 1_000.0]), numbers("a", &[1.0, 2.0])]);
        let other = table(vec![times(&[2_000.0, 1_000.0]), numbers("b", &[4.0, 3.0]), numbers("c", &[6.0, MISSING])]);
        let made = series(&[one, other], &Wanted::default());
        assert_eq!(drawn(&made), "a | b | c\n0: 1 | - | -\n1000: 2 | 3 | -\n2000: - | 4 | 6");
        assert_eq!(made.rows, None);
    }

    #[test]
    fn rows_without_an_instant_have_their_texts_as_names() {
        let reduced = table(vec![
            texts("Field", &["api", "", "web"]),
            numbers("Last *", &[1.0, 2.0, 3.0]),
            numbers("Max", &[4.0, 5.0, 6.0]),
        ]);
        let made = series(std::slice::from_ref(&reduced), &Wanted::default());
        assert_eq!(drawn(&made), "Last * | Max\napi: 1 | 4\n: 2 | 5\nweb: 3 | 6");
        // A second table's rows come below.
        let made = series(
            &[reduced.clone(), table(vec![texts("Field", &["db"]), numbers("Max", &[9.0])])],
            &Wanted::default(),
        );
        assert_eq!(drawn(&made), "Last * | Max | Max\napi: 1 | 4 | -\n: 2 | 5 | -\nweb: 3 | 6 | -\ndb: - | - | 9");
        // Nothing of that is over time.
        let made = series(&[reduced], &Wanted { only_times: true, ..Wanted::default() });
        assert_eq!((made.frame.columns.len(), made.left_out_count), (0, 1));
    }

    #[test]
    fn texts_beside_times_name_the_rows_where_rows_are_shown() {
        let rows = table(vec![times(&[5.0, 5.0]), texts("job", &["api", "web"]), numbers("Value", &[1.0, 2.0])]);
        assert_eq!(drawn(&series(std::slice::from_ref(&rows), &Wanted::default())), "Value\napi: 1\nweb: 2");
        let only_times = Wanted { only_times: true, ..Wanted::default() };
        assert_eq!(drawn(&series(std::slice::from_ref(&rows), &only_times)), "Value\n5: 2");
        let by_time = Wanted { row_column: Some("Time".to_owned()), ..Wanted::default() };
        assert_eq!(drawn(&series(&[rows], &by_time)), "Value\n5: 2");
    }

    #[test]
    fn a_column_names_the_rows_where_the_panel_says_so() {
        let rows =
            table(vec![texts("job", &["api", "web"]), numbers("code", &[200.0, 500.0]), numbers("Value", &[1.0, 2.0])]);
        let by_code = Wanted { row_column: Some("code".to_owned()), ..Wanted::default() };
        assert_eq!(drawn(&series(&[rows], &by_code)), "Value\n200: 1\n500: 2");
    }

    #[test]
    fn series_of_equal_labels_are_told_apart() {
        let mut first = numbers("a", &[1.0]);
        first.labels = Labels::from_pairs([("job", "api")]);
        let mut second = numbers("b", &[1.0]);
        second.labels = first.labels.clone();
        let made = series(&[table(vec![times(&[0.0]), first, second, numbers("c", &[1.0])])], &Wanted::default());
        let labels: Vec<String> = made.frame.columns.iter().map(|column| column.labels.to_string()).collect();
        assert_eq!(labels, [r#"{job="api"}"#, r#"{__field__="b", job="api"}"#, r#"{__field__="c"}"#]);
    }
}
