//! Tables from the answers to a panel's queries, shaped as Grafana's Prometheus source shapes them.

use std::sync::Arc;

use crate::model::{
    dashboard::{LegendFormat, TargetFormat},
    frame::{Column as Series, Frame, is_missing},
    labels::Labels,
};

use super::{Cells, Column, Table};

/// One answered query.
#[derive(Debug, Clone, Copy)]
pub struct Answer<'a> {
    pub ref_id: &'a str,
    /// As it was sent.
    pub expr: &'a str,
    pub format: TargetFormat,
    pub is_instant: bool,
    pub legend: &'a LegendFormat,
    pub unit_hint: Option<&'static str>,
    pub frame: &'a Frame,
}

/// A query of the format `table` is one table: a row for each sample, a column for each label, empty where a series lacks it. Others are a table of two
/// columns for each series. With `has_rows_of_instants` the latest values are rows, too, whatever the format: for a panel
/// that shows one table.
pub fn tables_from(answers: &[Answer<'_>], has_rows_of_instants: bool) -> Vec<Table> {
    let is_table = |answer: &Answer<'_>| {
        answer.format == TargetFormat::Table
            || (has_rows_of_instants && answer.is_instant && answer.frame.columns.len() > 1)
    };
    let table_count = answers.iter().filter(|answer| is_table(answer)).count();
    let mut tables = Vec::new();
    for answer in answers {
        if is_table(answer) {
            let name = if table_count > 1 { format!("Value #{}", answer.ref_id) } else { "Value".to_owned() };
            tables.push(rows_of(answer, name));
        } else {
            tables.extend(answer.frame.columns.iter().map(|series| series_table(answer, series)));
        }
    }
    tables
}

fn rows_of(answer: &Answer<'_>, value_name: String) -> Table {
    let Frame { x_ms, columns, .. } = answer.frame;
    let mut names: Vec<&str> = columns.iter().flat_map(|series| series.labels.iter().map(|(name, _)| name)).collect();
    crate::base::order::sort_by(&mut names, Ord::cmp);
    names.dedup();
    let (mut times, mut values) = (Vec::new(), Vec::new());
    let mut labels: Vec<Vec<Option<Arc<str>>>> = vec![Vec::new(); names.len()];
    for series in columns {
        let own: Vec<Option<Arc<str>>> =
            names.iter().map(|name| Some(Arc::from(series.labels.get(name).unwrap_or_default()))).collect();
        for (t, value) in x_ms.iter().zip(series.values.iter()).filter(|(_, value)| !is_missing(**value)) {
            times.push(*t);
            values.push(*value);
            for (cells, label) in labels.iter_mut().zip(&own) {
                cells.push(label.clone());
            }
        }
    }
    let mut out = vec![Column::new("Time", Cells::Time(times))];
    out.extend(names.into_iter().zip(labels).map(|(name, cells)| Column::new(name, Cells::Text(cells))));
    out.push(Column { unit_hint: answer.unit_hint, ..Column::new(value_name, Cells::Number(values)) });
    Table { ref_id: answer.ref_id.to_owned(), columns: out }
}

fn series_table(answer: &Answer<'_>, series: &Series) -> Table {
    let known = || answer.frame.x_ms.iter().zip(series.values.iter()).filter(|(_, value)| !is_missing(**value));
    let times = known().map(|(t, _)| *t).collect();
    let values = known().map(|(_, value)| *value).collect();
    let value = Column {
        title: Some(title_of(answer, &series.labels)),
        labels: series.labels.clone(),
        unit_hint: answer.unit_hint,
        ..Column::new("Value", Cells::Number(values))
    };
    Table { ref_id: answer.ref_id.to_owned(), columns: vec![Column::new("Time", Cells::Time(times)), value] }
}

/// A template whose labels are all missing leaves nothing to read; the labels say more.
fn title_of(answer: &Answer<'_>, labels: &Labels) -> String {
    let title = answer.legend.name(labels, answer.expr);
    if title.trim().is_empty() { LegendFormat::Auto.name(labels, answer.expr) } else { title }
}

#[cfg(test)]
mod tests {
    use super::{super::tests::drawn, *};
    use crate::model::frame::MISSING;

    type Pairs<'a> = &'a [(&'a str, &'a str)];

    fn frame(x_ms: &[f64], series: &[(Pairs<'_>, &[f64])]) -> Frame {
        let columns = series
            .iter()
            .map(|(labels, values)| Series {
                labels: Labels::from_pairs(labels.iter().copied()),
                values: (*values).into(),
            })
            .collect();
        Frame { x_ms: x_ms.into(), columns, histograms: vec![] }
    }

    fn answer<'a>(ref_id: &'a str, format: TargetFormat, frame: &'a Frame) -> Answer<'a> {
        let legend = &LegendFormat::Auto;
        Answer { ref_id, expr: "up", format, is_instant: frame.x_ms.len() == 1, legend, unit_hint: None, frame }
    }

    #[test]
    fn a_table_has_a_row_per_sample_and_a_column_per_label() {
        let a = frame(&[10.0, 20.0], &[(&[("job", "api")], &[1.0, 2.0]), (&[("pod", "x")], &[MISSING, 3.0])]);
        assert_eq!(
            drawn(&tables_from(&[answer("A", TargetFormat::Table, &a)], false)),
            "Time | job | pod | Value\n10 | api |  | 1\n20 | api |  | 2\n20 |  | x | 3"
        );
        let b = frame(&[20.0], &[(&[], &[7.0])]);
        let both = [answer("A", TargetFormat::Table, &b), answer("B", TargetFormat::Table, &b)];
        assert_eq!(drawn(&tables_from(&both, false)), "Time | Value #A\n20 | 7\n\nTime | Value #B\n20 | 7");
    }

    #[test]
    fn series_are_tables_of_their_own_unless_they_are_shown_as_rows() {
        let a = frame(&[10.0], &[(&[("job", "api")], &[1.0]), (&[("job", "mcp")], &[2.0])]);
        let answers = [answer("A", TargetFormat::TimeSeries, &a)];
        assert_eq!(
            drawn(&tables_from(&answers, false)),
            "Time | {job=\"api\"}\n10 | 1\n\nTime | {job=\"mcp\"}\n10 | 2"
        );
        assert_eq!(drawn(&tables_from(&answers, true)), "Time | job | Value\n10 | api | 1\n10 | mcp | 2");
        let legend = LegendFormat::Template("{{nothing}}".to_owned());
        let named = Answer { legend: &legend, ..answers[0] };
        assert_eq!(tables_from(&[named], false)[0].columns[1].shown(), "{job=\"api\"}");
    }
}
