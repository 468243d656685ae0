//! Tables of typed columns: what a panel's answers are as rows, and what transformations, options and a person's choices
//! make of them.
//!
//! Invariant: all columns of a table have the same length. Everything here is pure; a name that no column has, a pattern
//! that finds nothing and an empty table are ordinary.

pub mod build;
pub mod field;
pub mod pattern;
pub mod series;
pub mod transform;
pub mod view;
pub mod width;

use std::{cmp::Ordering, sync::Arc};

use crate::model::{
    frame::{MISSING, is_missing},
    labels::Labels,
};

/// Rows of one or more series.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Table {
    /// The query that it answers. Empty where several are in it.
    pub ref_id: String,
    pub columns: Vec<Column>,
}

/// One column.
#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    /// The field's own name: `Time`, `Value`, or a label's.
    pub name: String,
    /// What it is called instead: the legend of its series, or what a transformation says.
    pub title: Option<String>,
    /// Of the series that its values belong to.
    pub labels: Labels,
    /// A unit that the metric's own name gives away.
    pub unit_hint: Option<&'static str>,
    pub cells: Cells,
}

/// The cells of a column, all of one type.
#[derive(Debug, Clone, PartialEq)]
pub enum Cells {
    /// Unix time in milliseconds; [`MISSING`] where there is none.
    Time(Vec<f64>),
    /// [`MISSING`] where there is no value.
    Number(Vec<f64>),
    Text(Vec<Option<Arc<str>>>),
    /// A whole series in each cell.
    Trend(Vec<Option<Arc<Trend>>>),
}

/// A series inside a cell, with the one number that stands for it.
#[derive(Debug, Clone, PartialEq)]
pub struct Trend {
    pub x_ms: Vec<f64>,
    pub values: Vec<f64>,
    pub stat: f64,
}

/// One cell.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    None,
    Time(f64),
    Number(f64),
    Text(Arc<str>),
    Trend(Arc<Trend>),
}

/// What the cells of a column are, as overrides and conversions name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CellType {
    Time,
    Number,
    Text,
    Trend,
}

impl Table {
    pub fn row_count(&self) -> usize {
        self.columns.first().map_or(0, |column| column.cells.len())
    }

    /// The column that is shown under a name, or else has it.
    pub fn position(&self, name: &str) -> Option<usize> {
        let shown = self.columns.iter().position(|column| column.shown() == name);
        shown.or_else(|| self.columns.iter().position(|column| column.name == name))
    }

    /// The first column of times.
    pub fn time_position(&self) -> Option<usize> {
        self.columns.iter().position(|column| column.cells.kind() == CellType::Time)
    }

    /// The rows at some places, in that order.
    #[must_use]
    pub fn picked(&self, rows: &[usize]) -> Self {
        let columns =
            self.columns.iter().map(|column| Column { cells: column.cells.picked(rows), ..column.clone_head() });
        Self { ref_id: self.ref_id.clone(), columns: columns.collect() }
    }
}

impl Column {
    pub fn new(name: impl Into<String>, cells: Cells) -> Self {
        Self { name: name.into(), title: None, labels: Labels::default(), unit_hint: None, cells }
    }

    /// The name that a person sees, before the panel's own options rename it.
    pub fn shown(&self) -> &str {
        self.title.as_deref().unwrap_or(&self.name)
    }

    /// The same column without its cells.
    fn clone_head(&self) -> Self {
        Self {
            name: self.name.clone(),
            title: self.title.clone(),
            labels: self.labels.clone(),
            unit_hint: self.unit_hint,
            cells: Cells::Text(Vec::new()),
        }
    }
}

impl Cells {
    pub fn len(&self) -> usize {
        match self {
            Self::Time(values) | Self::Number(values) => values.len(),
            Self::Text(values) => values.len(),
            Self::Trend(values) => values.len(),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub fn kind(&self) -> CellType {
        match self {
            Self::Time(_) => CellType::Time,
            Self::Number(_) => CellType::Number,
            Self::Text(_) => CellType::Text,
            Self::Trend(_) => CellType::Trend,
        }
    }

    pub fn get(&self, row: usize) -> Cell {
        match self {
            Self::Time(values) => number_at(values, row).map_or(Cell::None, Cell::Time),
            Self::Number(values) => number_at(values, row).map_or(Cell::None, Cell::Number),
            Self::Text(values) => values.get(row).cloned().flatten().map_or(Cell::None, Cell::Text),
            Self::Trend(values) => values.get(row).cloned().flatten().map_or(Cell::None, Cell::Trend),
        }
    }

    /// The cell as a number: of a series the one that stands for it, of a text none.
    pub fn number(&self, row: usize) -> f64 {
        self.get(row).number()
    }

    /// The numbers, for a reducer. Empty for texts.
    pub fn numbers(&self) -> Vec<f64> {
        match self {
            Self::Time(values) | Self::Number(values) => values.clone(),
            Self::Text(_) => Vec::new(),
            Self::Trend(_) => (0..self.len()).map(|row| self.number(row)).collect(),
        }
    }

    #[must_use]
    pub fn picked(&self, rows: &[usize]) -> Self {
        let numbers = |values: &[f64]| rows.iter().map(|row| values.get(*row).copied().unwrap_or(MISSING)).collect();
        match self {
            Self::Time(values) => Self::Time(numbers(values)),
            Self::Number(values) => Self::Number(numbers(values)),
            Self::Text(values) => Self::Text(rows.iter().map(|row| values.get(*row).cloned().flatten()).collect()),
            Self::Trend(values) => Self::Trend(rows.iter().map(|row| values.get(*row).cloned().flatten()).collect()),
        }
    }

    /// Cells of one type out of single ones: the type of the first that is there, texts where they differ.
    pub fn collected(cells: Vec<Cell>) -> Self {
        let kinds = || cells.iter().filter_map(Cell::kind);
        let first = kinds().next().unwrap_or(CellType::Number);
        let kind = if kinds().all(|kind| kind == first) { first } else { CellType::Text };
        let numbers = || cells.iter().map(Cell::number).collect();
        match kind {
            CellType::Time => Self::Time(numbers()),
            CellType::Number => Self::Number(numbers()),
            CellType::Text => Self::Text(cells.iter().map(Cell::text).collect()),
            CellType::Trend => Self::Trend(
                cells
                    .into_iter()
                    .map(|cell| match cell {
                        Cell::Trend(trend) => Some(trend),
                        _ => None,
                    })
                    .collect(),
            ),
        }
    }
}

fn number_at(values: &[f64], row: usize) -> Option<f64> {
    values.get(row).copied().filter(|value| !is_missing(*value))
}

impl Cell {
    pub fn is_none(&self) -> bool {
        matches!(self, Self::None)
    }

    /// `None` where nothing is in it.
    pub fn kind(&self) -> Option<CellType> {
        Some(match self {
            Self::None => return None,
            Self::Time(_) => CellType::Time,
            Self::Number(_) => CellType::Number,
            Self::Text(_) => CellType::Text,
            Self::Trend(_) => CellType::Trend,
        })
    }

    /// [`MISSING`] where it is no number.
    pub fn number(&self) -> f64 {
        match self {
            Self::Time(value) | Self::Number(value) => *value,
            Self::Trend(trend) => trend.stat,
            Self::None | Self::Text(_) => MISSING,
        }
    }

    /// As text, numbers with every digit. `None` where nothing is in it.
    pub fn text(&self) -> Option<Arc<str>> {
        match self {
            Self::None => None,
            Self::Text(text) => Some(Arc::clone(text)),
            Self::Time(value) | Self::Number(value) => Some(plain_number(*value).into()),
            Self::Trend(trend) => Some(plain_number(trend.stat).into()),
        }
    }

    /// What tells it from other cells, for grouping and joining.
    pub fn key(&self) -> String {
        match self {
            Self::None => String::new(),
            Self::Text(text) => format!("t{text}"),
            Self::Time(value) | Self::Number(value) => format!("n{}", value + 0.0),
            Self::Trend(trend) => format!("s{}", trend.stat),
        }
    }

    /// Numbers by number, texts by their letters without regard to case, what is nothing or no number last.
    pub fn compare(&self, other: &Self) -> Ordering {
        let is_number = |cell: &Self| matches!(cell, Self::Time(_) | Self::Number(_) | Self::Trend(_));
        let rank = |cell: &Self| match cell {
            Self::None => 3,
            Self::Text(_) => 1,
            cell if cell.number().is_nan() => 2,
            _ => 0,
        };
        if is_number(self) && is_number(other) && rank(self) == 0 && rank(other) == 0 {
            return (self.number() + 0.0).total_cmp(&(other.number() + 0.0));
        }
        match (self, other) {
            (Self::Text(a), Self::Text(b)) => {
                let lower = |text: &str| text.to_ascii_lowercase();
                lower(a).cmp(&lower(b)).then_with(|| a.cmp(b))
            }
            _ => rank(self).cmp(&rank(other)),
        }
    }
}

/// A number with every digit that it has, as Prometheus writes infinities and NaN.
pub fn plain_number(value: f64) -> String {
    if is_missing(value) {
        String::new()
    } else if value == f64::INFINITY {
        "+Inf".to_owned()
    } else if value == f64::NEG_INFINITY {
        "-Inf".to_owned()
    } else {
        value.to_string()
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A column of texts for tests; an empty one is none.
    pub(crate) fn texts(name: &str, cells: &[&str]) -> Column {
        let cells = cells.iter().map(|text| (!text.is_empty()).then(|| Arc::from(*text))).collect();
        Column::new(name, Cells::Text(cells))
    }

    pub(crate) fn numbers(name: &str, cells: &[f64]) -> Column {
        Column::new(name, Cells::Number(cells.to_vec()))
    }

    pub(crate) fn times(cells: &[f64]) -> Column {
        Column::new("Time", Cells::Time(cells.to_vec()))
    }

    pub(crate) fn table(columns: Vec<Column>) -> Table {
        Table { ref_id: "A".to_owned(), columns }
    }

    /// Tables as lines: the heads, then a line for each row; cells are parted by a bar.
    pub(crate) fn drawn(tables: &[Table]) -> String {
        let one = |table: &Table| {
            let head: Vec<&str> = table.columns.iter().map(Column::shown).collect();
            let mut lines = vec![head.join(" | ")];
            for row in 0..table.row_count() {
                let cells = table.columns.iter().map(|column| match column.cells.get(row) {
                    Cell::Trend(trend) => format!("{:?}", trend.values),
                    cell => cell.text().map_or_else(|| "-".to_owned(), |text| text.to_string()),
                });
                lines.push(cells.collect::<Vec<_>>().join(" | "));
            }
            lines.join("\n")
        };
        tables.iter().map(one).collect::<Vec<_>>().join("\n\n")
    }

    #[test]
    fn cells_are_compared_by_what_they_are() {
        let text = |text: &str| Cell::Text(text.into());
        let mut cells = [
            text("b"),
            Cell::None,
            text("A"),
            text("a"),
            Cell::Number(10.0),
            Cell::Number(9.0),
            Cell::Number(f64::NAN),
        ];
        cells.sort_by(Cell::compare);
        let shown: Vec<String> =
            cells.iter().map(|cell| cell.text().map_or_else(|| "-".to_owned(), |text| text.to_string())).collect();
        assert_eq!(shown, ["9", "10", "A", "a", "b", "NaN", "-"]);
        assert_eq!(Cell::Number(-0.0).compare(&Cell::Number(0.0)), Ordering::Equal);
        assert_eq!(Cell::Number(-0.0).key(), Cell::Number(0.0).key());
    }

    #[test]
    fn cells_that_differ_become_texts() {
        let text = Cell::Text("x".into());
        assert_eq!(Cells::collected(vec![Cell::None, Cell::Number(1.5)]).kind(), CellType::Number);
        assert_eq!(Cells::collected(vec![Cell::Number(1.5), text]).get(0).text().as_deref(), Some("1.5"));
        assert!(Cells::collected(vec![]).is_empty());
    }

    #[test]
    fn a_column_is_found_by_what_is_shown_first() {
        let mut series = numbers("Value", &[1.0]);
        series.title = Some("api".to_owned());
        let table = table(vec![times(&[0.0]), series, numbers("api", &[2.0])]);
        assert_eq!((table.position("api"), table.position("Value"), table.position("no")), (Some(1), Some(1), None));
        assert_eq!(table.time_position(), Some(0));
    }
}
