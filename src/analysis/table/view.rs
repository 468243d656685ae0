//! Which rows of a table a person sees, in which order, and what stands below them.

use super::{
    Cell, CellType, Table,
    field::{Look, Moment},
    pattern::Pattern,
};
use crate::{
    analysis::reduce::reduce,
    base::{number, order},
    model::dashboard::Reducer,
};

/// What a person chose.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Choices {
    /// Columns by their heads, the first counting most, and whether each descends.
    pub sort: Vec<(String, bool)>,
    /// Columns by their heads, and what was typed.
    pub filters: Vec<(String, String)>,
}

impl Choices {
    /// A press on a column's head: ascending, descending, as it came.
    pub fn press(&mut self, title: &str) {
        self.sort = match self.direction(title) {
            None => vec![(title.to_owned(), false)],
            Some(false) => vec![(title.to_owned(), true)],
            Some(true) => Vec::new(),
        };
    }

    /// Whether the rows descend by a column; `None` where it is not what they are sorted by first.
    pub fn direction(&self, title: &str) -> Option<bool> {
        self.sort.first().filter(|(name, _)| name == title).map(|(_, is_descending)| *is_descending)
    }

    pub fn filter(&self, title: &str) -> &str {
        self.filters.iter().find(|(name, _)| name == title).map(|(_, text)| text.as_str()).unwrap_or_default()
    }

    pub fn set_filter(&mut self, title: &str, text: &str) {
        self.filters.retain(|(name, _)| name != title);
        if !text.trim().is_empty() {
            self.filters.push((title.to_owned(), text.to_owned()));
        }
    }
}

/// What is typed to filter a column.
#[derive(Debug, Clone, PartialEq)]
enum CellFilter {
    Above(f64),
    AtLeast(f64),
    Below(f64),
    AtMost(f64),
    Equals(String),
    EqualsNot(String),
    Between(f64, f64),
    Matches(Pattern),
    Contains(String),
    ContainsNot(String),
}

impl CellFilter {
    /// `>5`, `<=5`, `=5`, `!=5`, `1..5`, `/pattern/`, `!text`, `text`.
    fn new(text: &str) -> Self {
        let text = text.trim();
        let number_behind = |sign: &str| text.strip_prefix(sign).and_then(|rest| number::parse(rest.trim()));
        if let Some(limit) = number_behind(">=") {
            return Self::AtLeast(limit);
        }
        if let Some(limit) = number_behind("<=") {
            return Self::AtMost(limit);
        }
        if let Some(limit) = number_behind(">") {
            return Self::Above(limit);
        }
        if let Some(limit) = number_behind("<") {
            return Self::Below(limit);
        }
        let ends = text.split_once("..").and_then(|(a, b)| number::parse(a.trim()).zip(number::parse(b.trim())));
        if let Some((from, to)) = ends {
            return Self::Between(from, to);
        }
        if let Some(pattern) = Some(text).filter(|text| text.len() > 2 && text.starts_with('/')).and_then(Pattern::new)
        {
            return Self::Matches(pattern);
        }
        let rest = |sign: &str| text.strip_prefix(sign).map(|rest| rest.trim().to_ascii_lowercase());
        if let Some(rest) = rest("!=") {
            return Self::EqualsNot(rest);
        }
        if let Some(rest) = rest("=") {
            return Self::Equals(rest);
        }
        match rest("!") {
            Some(rest) => Self::ContainsNot(rest),
            None => Self::Contains(text.to_ascii_lowercase()),
        }
    }

    fn keeps(&self, cell: &Cell, written: &dyn Fn() -> String) -> bool {
        let value = cell.number();
        let lower = || written().to_ascii_lowercase();
        let equals = |wanted: &str| {
            let is_number =
                number::parse(wanted).is_some_and(|number| (number + 0.0).total_cmp(&(value + 0.0)).is_eq());
            is_number || lower() == wanted
        };
        match self {
            Self::Above(limit) => value > *limit,
            Self::AtLeast(limit) => value >= *limit,
            Self::Below(limit) => value < *limit,
            Self::AtMost(limit) => value <= *limit,
            Self::Between(from, to) => *from <= value && value <= *to,
            Self::Equals(wanted) => equals(wanted),
            Self::EqualsNot(wanted) => !equals(wanted),
            Self::Matches(pattern) => pattern.is_match(&written()),
            Self::Contains(part) => lower().contains(part),
            Self::ContainsNot(part) => !lower().contains(part),
        }
    }
}

/// The rows that the filters keep, in the chosen order; as they came where they are equal.
pub fn rows_of(table: &Table, looks: &[Look], choices: &Choices, moment: Moment<'_>) -> Vec<usize> {
    let column_of = |title: &str| {
        let at = looks.iter().position(|look| look.title == title)?;
        Some((table.columns.get(at)?, looks.get(at)?))
    };
    let filters: Vec<_> =
        choices.filters.iter().filter_map(|(title, text)| Some((column_of(title)?, CellFilter::new(text)))).collect();
    let is_kept = |row: usize| {
        filters.iter().all(|((column, look), filter)| {
            let cell = column.cells.get(row);
            filter.keeps(&cell, &|| look.written(&cell, moment).text)
        })
    };
    let mut rows: Vec<usize> = (0..table.row_count()).filter(|row| is_kept(*row)).collect();
    let keys: Vec<_> =
        choices.sort.iter().filter_map(|(title, is_descending)| Some((column_of(title)?.0, *is_descending))).collect();
    if !keys.is_empty() {
        order::sort_by(&mut rows, |a, b| {
            keys.iter()
                .map(|(column, is_descending)| {
                    let (a, b) = (column.cells.get(*a), column.cells.get(*b));
                    let by = a.compare(&b);
                    // What is nothing stays at the end either way.
                    if *is_descending && !a.is_none() && !b.is_none() { by.reverse() } else { by }
                })
                .find(|by| by.is_ne())
                .unwrap_or(std::cmp::Ordering::Equal)
        });
    }
    rows
}

/// One number below a column, in the column's own words. `None` where the column has no numbers.
pub fn footer_cell(
    table: &Table,
    looks: &[Look],
    at: usize,
    rows: &[usize],
    reducer: Reducer,
    moment: Moment<'_>,
) -> Option<String> {
    let (column, look) = (table.columns.get(at)?, looks.get(at)?);
    if matches!(column.cells.kind(), CellType::Text | CellType::Time) {
        return None;
    }
    let values: Vec<f64> = rows.iter().map(|row| column.cells.number(*row)).collect();
    let value = reduce(reducer, &values);
    let counts = matches!(reducer, Reducer::Count | Reducer::DistinctCount | Reducer::ChangeCount);
    if counts {
        return Some(value.to_string());
    }
    let cell = if value.is_nan() { Cell::None } else { Cell::Number(value) };
    // A mapping is of one cell's value: a sum of 1 is not "up".
    let mut bare = look.clone();
    bare.options.mappings = None;
    Some(bare.written(&cell, moment).text)
}

/// Whether a column has a number below it when the footer names no columns.
pub fn has_numbers(table: &Table, at: usize) -> bool {
    table.columns.get(at).is_some_and(|column| column.cells.kind() == CellType::Number)
}

#[cfg(test)]
mod tests {
    use super::{
        super::{
            field::{FieldConfig, Options, looks_of},
            tests::{numbers, table, texts},
        },
        *,
    };
    use crate::{base::time::Utc, model::frame::MISSING};

    const MOMENT: Moment<'static> = Moment { zone: &Utc, now_ms: 0 };

    fn pods() -> Table {
        table(vec![texts("pod", &["b", "a", "C", "a"]), numbers("CPU", &[10.0, 9.0, MISSING, 100.0])])
    }

    fn rows(choices: &Choices) -> Vec<usize> {
        let config = FieldConfig {
            defaults: Options { unit: Some("percent".to_owned()), ..Options::default() },
            overrides: vec![],
        };
        rows_of(&pods(), &looks_of(&config, &pods()), choices, MOMENT)
    }

    #[test]
    fn rows_are_sorted_by_number_and_by_several_columns() {
        let sort = |keys: &[(&str, bool)]| {
            rows(&Choices { sort: keys.iter().map(|(n, d)| ((*n).to_owned(), *d)).collect(), filters: vec![] })
        };
        assert_eq!(sort(&[]), [0, 1, 2, 3]);
        assert_eq!(sort(&[("CPU", false)]), [1, 0, 3, 2]);
        assert_eq!(sort(&[("CPU", true)]), [3, 0, 1, 2]);
        assert_eq!(sort(&[("pod", false)]), [1, 3, 0, 2]);
        assert_eq!(sort(&[("pod", false), ("CPU", true)]), [3, 1, 0, 2]);
        assert_eq!(sort(&[("no", true)]), [0, 1, 2, 3]);
    }

    #[test]
    fn a_head_is_pressed_three_times_round() {
        let mut choices = Choices::default();
        let mut seen = Vec::new();
        for _ in 0..4 {
            choices.press("CPU");
            seen.push(choices.direction("CPU"));
        }
        assert_eq!(seen, [Some(false), Some(true), None, Some(false)]);
        choices.press("pod");
        assert_eq!((choices.direction("CPU"), choices.direction("pod")), (None, Some(false)));
    }

    #[test]
    fn filters_say_numbers_texts_and_patterns() {
        let check = |title: &str, text: &str, expect: &[usize]| {
            let mut choices = Choices::default();
            choices.set_filter(title, text);
            assert_eq!(rows(&choices), expect, "{title} {text}");
        };
        check("CPU", ">9", &[0, 3]);
        check("CPU", " >= 9 ", &[0, 1, 3]);
        check("CPU", "<10", &[1]);
        check("CPU", "<=10", &[0, 1]);
        check("CPU", "=10", &[0]);
        check("CPU", "!=10", &[1, 2, 3]);
        check("CPU", "9..10", &[0, 1]);
        check("CPU", "10", &[0, 3]);
        check("CPU", "=10%", &[0]);
        check("pod", "c", &[2]);
        check("pod", "!a", &[0, 2]);
        check("pod", "=A", &[1, 3]);
        check("pod", "/^[ab]$/", &[0, 1, 3]);
        check("pod", "  ", &[0, 1, 2, 3]);
        check("no", "x", &[0, 1, 2, 3]);
    }

    #[test]
    fn the_footer_counts_and_adds_what_is_shown() {
        let config = FieldConfig {
            defaults: Options { unit: Some("percent".to_owned()), ..Options::default() },
            overrides: vec![],
        };
        let looks = looks_of(&config, &pods());
        let cell = |reducer, rows: &[usize]| footer_cell(&pods(), &looks, 1, rows, reducer, MOMENT);
        assert_eq!(cell(Reducer::Sum, &[0, 1]).as_deref(), Some("19%"));
        assert_eq!(cell(Reducer::Max, &[0, 1, 3]).as_deref(), Some("100%"));
        assert_eq!(cell(Reducer::Count, &[0, 1, 2]).as_deref(), Some("2"));
        assert_eq!(cell(Reducer::Sum, &[2]).as_deref(), Some(""));
        assert_eq!(footer_cell(&pods(), &looks, 0, &[0], Reducer::Sum, MOMENT), None);
        assert!(has_numbers(&pods(), 1) && !has_numbers(&pods(), 0));
    }
}
