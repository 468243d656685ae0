//! A panel's numbers as a table and as CSV, with every digit.

use std::{fmt::Write as _, sync::Arc};

use crate::{
    base::time::{TimeZone, date_time_text, iso_text},
    model::frame::is_missing,
    ui::data_table::TableData,
};

use super::data::PanelData;

/// Columns over time, as a panel draws them.
#[derive(Debug, Clone, Default)]
pub struct Sheet {
    pub x_ms: Vec<f64>,
    /// Name and one value per row.
    pub columns: Vec<(String, Arc<[f64]>)>,
    /// What is not numbers over time, written already: as CSV and as a table. Instead of the columns.
    pub written: Option<(String, TableData)>,
    /// What the rows are called where they are no instants.
    pub rows: Option<Arc<[String]>>,
}

/// A browser's table of more rows than this scrolls badly; the CSV has all.
pub(super) const TABLE_ROWS_MAX: usize = 1_000;
const TABLE_SERIES_MAX: usize = 200;

impl Sheet {
    /// The series that are shown.
    pub fn of(data: &PanelData) -> Self {
        let (frame, looks) = data.series();
        let columns: Vec<_> =
            looks.into_iter().zip(frame.columns).map(|(look, column)| (look.name, column.values)).collect();
        Self { x_ms: frame.x_ms.to_vec(), columns, rows: data.rows().cloned(), written: None }
    }

    /// RFC 4180: time as ISO 8601 in UTC, time in Unix milliseconds, then one column per series. A gap is an empty
    /// cell; NaN and infinities are written as Prometheus writes them.
    pub fn to_csv(&self) -> String {
        if let Some((csv, _)) = &self.written {
            return csv.clone();
        }
        let mut out = String::from(if self.rows.is_some() { "row" } else { "time,unix_ms" });
        for (name, _) in &self.columns {
            out.push(',');
            out.push_str(&csv_cell(name));
        }
        out.push_str("\r\n");
        for (row, x_ms) in self.x_ms.iter().enumerate() {
            if let Some(rows) = &self.rows {
                out.push_str(&csv_cell(rows.get(row).map_or("", String::as_str)));
            } else {
                out.push_str(&iso_text(*x_ms as i64, &crate::base::time::Utc));
                out.push(',');
                push_number(&mut out, *x_ms);
            }
            for (_, values) in &self.columns {
                out.push(',');
                if let Some(value) = values.get(row) {
                    push_number(&mut out, *value);
                }
            }
            out.push_str("\r\n");
        }
        out
    }

    /// The newest rows first; rows that are no instants as they come.
    pub fn to_table(&self, zone: &dyn TimeZone) -> TableData {
        if let Some((_, table)) = &self.written {
            return table.clone();
        }
        let shown = self.columns.get(..TABLE_SERIES_MAX).unwrap_or(&self.columns);
        let first = if self.rows.is_some() { "Row" } else { "Time" };
        let columns = std::iter::once(first.to_owned()).chain(shown.iter().map(|(name, _)| name.clone())).collect();
        let row_count = self.x_ms.len();
        let place = |at: usize| if self.rows.is_some() { at } else { row_count - 1 - at };
        let rows = (0..row_count.min(TABLE_ROWS_MAX))
            .map(place)
            .map(|row| {
                let first = match &self.rows {
                    Some(rows) => rows.get(row).cloned().unwrap_or_default(),
                    None => date_time_text(self.x_ms.get(row).copied().unwrap_or_default() as i64, zone),
                };
                let mut cells = vec![first];
                for (_, values) in shown {
                    let mut cell = String::new();
                    if let Some(value) = values.get(row) {
                        push_number(&mut cell, *value);
                    }
                    cells.push(cell);
                }
                cells
            })
            .collect();
        let series_count = self.columns.len();
        let cuts = [
            (row_count > TABLE_ROWS_MAX).then(|| {
                let which = if self.rows.is_some() { "first" } else { "newest" };
                format!("the {which} {TABLE_ROWS_MAX} of {row_count} rows")
            }),
            (series_count > TABLE_SERIES_MAX).then(|| format!("the first {TABLE_SERIES_MAX} of {series_count} series")),
        ];
        let cuts: Vec<String> = cuts.into_iter().flatten().collect();
        let note = (!cuts.is_empty()).then(|| format!("Shown are {}. The CSV has all.", cuts.join(" and ")));
        TableData { columns, rows, note }
    }
}

fn push_number(out: &mut String, value: f64) {
    if is_missing(value) {
        return;
    }
    let written = if value == f64::INFINITY {
        out.write_str("+Inf")
    } else if value == f64::NEG_INFINITY {
        out.write_str("-Inf")
    } else {
        write!(out, "{value}")
    };
    // Writing to a string cannot fail.
    crate::platform::dom::ignore(written);
}

/// Quoted where it must be. A cell that a spreadsheet would run as a formula is quoted and led by an apostrophe.
pub(super) fn csv_cell(text: &str) -> String {
    let is_formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    if is_formula || text.contains(['"', ',', '\n', '\r']) {
        format!("\"{}{}\"", if is_formula { "'" } else { "" }, text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::frame::MISSING;

    #[test]
    fn csv_keeps_every_digit_and_every_gap() {
        let sheet = Sheet {
            x_ms: vec![0.0, 1_500.0, 3_000.0, 4_500.0],
            columns: vec![
                ("a,b".to_owned(), vec![0.1 + 0.2, MISSING, f64::NAN, 1e-7].into()),
                ("=x".to_owned(), vec![f64::INFINITY, 1.0, -0.5, 1e21].into()),
            ],
            ..Sheet::default()
        };
        assert_eq!(
            sheet.to_csv(),
            "time,unix_ms,\"a,b\",\"'=x\"\r\n\
             1970-01-01T00:00:00Z,0,0.30000000000000004,+Inf\r\n\
             1970-01-01T00:00:01.500Z,1500,,1\r\n\
             1970-01-01T00:00:03Z,3000,NaN,-0.5\r\n\
             1970-01-01T00:00:04.500Z,4500,0.0000001,1000000000000000000000\r\n"
        );
    }

    #[test]
    fn the_table_has_the_newest_row_first() {
        let columns = vec![("a".to_owned(), vec![1.0, 2.0].into())];
        let sheet = Sheet { x_ms: vec![0.0, 60_000.0], columns, ..Sheet::default() };
        let table = sheet.to_table(&crate::base::time::Utc);
        assert_eq!(table.columns, ["Time", "a"]);
        assert_eq!(table.rows.iter().filter_map(|r| r.get(1)).collect::<Vec<_>>(), ["2", "1"]);
        assert_eq!(table.note, None);
    }

    #[test]
    fn a_table_says_what_it_leaves_out() {
        let columns = (0..250).map(|at| (at.to_string(), vec![1.0; 1_200].into())).collect();
        let sheet = Sheet { x_ms: (0..1_200).map(f64::from).collect(), columns, ..Sheet::default() };
        let table = sheet.to_table(&crate::base::time::Utc);
        assert_eq!((table.columns.len(), table.rows.len()), (201, 1_000));
        assert_eq!(
            table.note.as_deref(),
            Some("Shown are the newest 1000 of 1200 rows and the first 200 of 250 series. The CSV has all.")
        );
    }
}
