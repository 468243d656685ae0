//! Transformations: what a panel does to the tables of its answers before it shows them, one after the other.
//!
//! Names and meanings are Grafana's. A transformation that names a column which is not there leaves what it would change.

mod calculate;
mod combine;
mod filter;
mod group;
mod labels;
mod organize;
mod reduce;

use super::{Table, pattern::Pattern};
use crate::model::dashboard::Reducer;

/// One transformation, and of which queries' tables; the others pass by it.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    pub transformation: Transformation,
    /// Empty: of all.
    pub only_ref_ids: Vec<String>,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Transformation {
    Organize(Organize),
    /// Rows that agree where all tables have the same column become one.
    Merge,
    Reduce(Reduce),
    FilterRows(RowFilter),
    /// Columns that are not named are dropped.
    Group(Vec<(String, GroupRole)>),
    Sort {
        by: String,
        is_descending: bool,
    },
    Calculate(Calculate),
    /// Time, series' name and value, the newest first.
    SeriesToRows,
    LabelsToColumns {
        /// Empty: all.
        keep: Vec<String>,
        /// The label whose value names the column of values.
        value_label: Option<String>,
    },
    LabelsToRows {
        keep: Vec<String>,
    },
    Join {
        /// `None`: by time.
        by: Option<String>,
        is_inner: bool,
    },
    FilterColumns {
        /// `None`: all of them.
        include: Option<Names>,
        exclude: Option<Names>,
    },
    FilterTables {
        ref_ids: Vec<String>,
        is_exclusive: bool,
    },
    Limit {
        rows: usize,
        is_from_end: bool,
    },
    Rename {
        pattern: Pattern,
        by: String,
    },
    /// A row for each series, with the series in a cell.
    Trends {
        /// The number that stands for a series, by query.
        stats: Vec<(String, Reducer)>,
    },
}

/// Which columns there are, in which order and under which names.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Organize {
    pub excluded: Vec<String>,
    /// Not empty: only these.
    pub included: Vec<String>,
    pub places: Vec<(String, f64)>,
    pub names: Vec<(String, String)>,
}

/// Columns by name.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Names {
    pub names: Vec<String>,
    pub pattern: Option<Pattern>,
}

impl Names {
    fn covers(&self, name: &str) -> bool {
        self.names.iter().any(|known| known == name)
            || self.pattern.as_ref().is_some_and(|pattern| pattern.is_match(name))
    }
}

#[derive(Debug, Clone, PartialEq, Default)]
pub struct Reduce {
    pub reducers: Vec<Reducer>,
    /// A column of a table becomes one cell, rather than a row of the one table.
    pub keeps_columns: bool,
    pub has_times: bool,
    pub has_labels: bool,
}

#[derive(Debug, Clone, PartialEq)]
pub struct RowFilter {
    pub conditions: Vec<(String, Condition)>,
    pub needs_all: bool,
    /// Rows that meet the conditions are dropped.
    pub is_exclusive: bool,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Condition {
    IsNone,
    IsSome,
    Greater(f64),
    GreaterOrEqual(f64),
    Lower(f64),
    LowerOrEqual(f64),
    Equal(String),
    NotEqual(String),
    Contains(String),
    ContainsNot(String),
    Matches(Pattern),
    Between(f64, f64),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GroupRole {
    Key,
    Aggregate(Vec<Reducer>),
}

/// A new column out of others.
#[derive(Debug, Clone, PartialEq)]
pub struct Calculate {
    pub kind: Calculation,
    /// What it is called; a name is made where it is not said.
    pub alias: Option<String>,
    /// Only times and the new column stay.
    pub replaces: bool,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Calculation {
    /// Over the numbers of each row, of these columns or all.
    Row {
        reducer: Reducer,
        columns: Vec<String>,
    },
    Binary {
        left: Operand,
        operator: Operator,
        right: Operand,
    },
    Unary {
        function: Function,
        column: String,
    },
    /// The row's number, from 0, or as a part of all.
    Index {
        is_ratio: bool,
    },
    /// Over the rows up to each.
    Cumulative {
        is_mean: bool,
        column: String,
    },
}

#[derive(Debug, Clone, PartialEq)]
pub enum Operand {
    Column(String),
    Number(f64),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operator {
    Add,
    Subtract,
    Multiply,
    Divide,
    Power,
    Remainder,
}

impl Operator {
    /// As Grafana writes it.
    pub fn sign(self) -> &'static str {
        match self {
            Self::Add => "+",
            Self::Subtract => "-",
            Self::Multiply => "*",
            Self::Divide => "/",
            Self::Power => "**",
            Self::Remainder => "%",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Function {
    Absolute,
    Exponent,
    Logarithm,
    Floor,
    Ceiling,
    Round,
}

/// More rows than this are not made by joining: two tables that share one key have a row for each pair.
pub(super) const ROWS_MAX: usize = 200_000;

/// The tables after all steps.
pub fn apply(tables: Vec<Table>, steps: &[Step]) -> Vec<Table> {
    steps.iter().fold(tables, |tables, step| {
        if step.only_ref_ids.is_empty() {
            return one(tables, &step.transformation);
        }
        let (meant, mut others): (Vec<Table>, Vec<Table>) =
            tables.into_iter().partition(|table| step.only_ref_ids.contains(&table.ref_id));
        others.extend(one(meant, &step.transformation));
        others
    })
}

fn one(tables: Vec<Table>, transformation: &Transformation) -> Vec<Table> {
    match transformation {
        Transformation::Organize(organize) => each(tables, |table| organize::organized(table, organize)),
        Transformation::Merge => combine::merged(tables),
        Transformation::Reduce(reduce) => reduce::reduced(tables, reduce),
        Transformation::FilterRows(filter) => each(tables, |table| filter::filtered(&table, filter)),
        Transformation::Group(roles) => tables.into_iter().filter_map(|table| group::grouped(table, roles)).collect(),
        Transformation::Sort { by, is_descending } => each(tables, |table| filter::sorted(table, by, *is_descending)),
        Transformation::Calculate(calculate) => calculate::calculated(tables, calculate),
        Transformation::SeriesToRows => combine::series_to_rows(tables),
        Transformation::LabelsToColumns { keep, value_label } => {
            combine::merged(each(tables, |table| labels::to_columns(table, keep, value_label.as_deref())))
        }
        Transformation::LabelsToRows { keep } => each(tables, |table| labels::to_rows(&table, keep)),
        Transformation::Join { by, is_inner } => combine::joined(tables, by.as_deref(), *is_inner),
        Transformation::FilterColumns { include, exclude } => {
            let kept = each(tables, |table| filter::with_columns(table, include.as_ref(), exclude.as_ref()));
            kept.into_iter().filter(|table| !table.columns.is_empty()).collect()
        }
        Transformation::FilterTables { ref_ids, is_exclusive } => {
            tables.into_iter().filter(|table| ref_ids.contains(&table.ref_id) != *is_exclusive).collect()
        }
        Transformation::Limit { rows, is_from_end } => {
            each(tables, |table| filter::limited(&table, *rows, *is_from_end))
        }
        Transformation::Rename { pattern, by } => each(tables, |table| organize::renamed(table, pattern, by)),
        Transformation::Trends { stats } => labels::to_trends(&tables, stats),
    }
}

fn each(tables: Vec<Table>, change: impl FnMut(Table) -> Table) -> Vec<Table> {
    tables.into_iter().map(change).collect()
}

/// A reducer as Grafana heads the column that it makes: overrides name it so.
pub fn reducer_title(reducer: Reducer) -> String {
    match reducer {
        Reducer::LastNotNull => "Last *".to_owned(),
        Reducer::FirstNotNull => "First *".to_owned(),
        Reducer::Sum => "Total".to_owned(),
        Reducer::Diff => "Difference".to_owned(),
        Reducer::DiffPercent => "Difference percent".to_owned(),
        Reducer::LogMin => "Min (above zero)".to_owned(),
        Reducer::StdDev => "StdDev".to_owned(),
        Reducer::DistinctCount => "Distinct Count".to_owned(),
        Reducer::ChangeCount => "Change Count".to_owned(),
        Reducer::AllIsZero => "All Zeros".to_owned(),
        Reducer::AllIsNull => "All Nulls".to_owned(),
        Reducer::Percentile(percent) => {
            let ending = match (percent / 10, percent % 10) {
                (1, _) => "th",
                (_, 1) => "st",
                (_, 2) => "nd",
                (_, 3) => "rd",
                _ => "th",
            };
            format!("{percent}{ending} %")
        }
        other => other.label(),
    }
}

#[cfg(test)]
mod tests;
