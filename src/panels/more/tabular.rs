//! From answers to tables, and from paints to the theme's colours, alike for tables and timelines.

use std::sync::Arc;

use crate::{
    analysis::table::{
        Cell, CellType, Table,
        build::{Answer, tables_from},
        field::{Look, Moment, Paint},
        plain_number,
        transform::{Step, apply},
    },
    base::{
        colour::Ink,
        time::{Utc, iso_text},
    },
    model::{
        dashboard::{Panel, PanelColour},
        notice::Notice,
    },
    panels::{
        Filled, Outcome, PanelProps,
        data::PanelData,
        export::{Sheet, TABLE_ROWS_MAX, csv_cell},
        look,
    },
    state::reactive::Signal,
    ui::data_table::TableData,
};

/// The panel with what was read of it now: its remarks, and what it says where there is nothing.
pub fn with_remarks(props: PanelProps, no_value: Option<String>, notices: Vec<Notice>) -> PanelProps {
    changed(props, move |panel| {
        panel.notices.extend(notices.iter().cloned());
        panel.field.no_value.clone_from(&no_value);
    })
}

/// The panel with `change` applied, as its file has it and whenever it is filled.
pub fn changed(props: PanelProps, change: impl Fn(&mut Panel) + Send + Sync + 'static) -> PanelProps {
    let with = Arc::new(move |panel: &Panel| {
        let mut panel = panel.clone();
        change(&mut panel);
        Arc::new(panel)
    });
    let PanelProps { panel, filled, reshape } = props;
    let panel = with(&panel);
    let filled = Signal::derive(move || {
        let filled = filled.get();
        match filled.outcome {
            Outcome::Ready(panel) => Filled { outcome: Outcome::Ready(with(&panel)), ..filled },
            _ => filled,
        }
    });
    PanelProps { panel, filled, reshape }
}

/// The answers as tables after the panel's transformations. With `is_one_table` the latest values of several series are one
/// table where nothing is to be done with each.
pub fn tables_of(data: &PanelData, steps: &[Step], is_one_table: bool) -> Vec<Table> {
    let answers: Vec<Answer<'_>> = data
        .parts
        .iter()
        .filter_map(|part| {
            let target = data.panel.targets.get(part.target)?;
            Some(Answer {
                ref_id: &target.ref_id,
                expr: &part.expr,
                format: target.format,
                is_instant: target.is_instant,
                legend: &target.legend_format,
                unit_hint: target.unit_hint,
                frame: &part.frame,
            })
        })
        .collect();
    apply(tables_from(&answers, is_one_table && steps.is_empty()), steps)
}

/// What rows of numbers cannot show.
pub fn histogram_remarks(data: &PanelData) -> Option<Notice> {
    let count: usize = data.parts.iter().map(|part| part.frame.histograms.len()).sum();
    (count > 0).then(|| {
        Notice::warning(format!(
            "{count} series are native histograms, which this panel cannot show: use a heatmap, or histogram_quantile()."
        ))
    })
}

/// `None` where a colour is to be no colour.
pub fn ink_of(paint: Paint) -> Option<Ink> {
    match paint {
        Paint::Colour(PanelColour::Transparent | PanelColour::Text) => None,
        Paint::Colour(colour) => Some(look::ink_of(colour)),
        Paint::Scheme(ink) => Some(ink),
        Paint::Slot(slot) => Some(Ink::Series(slot)),
    }
}

/// Rows with every digit: CSV as RFC 4180 has it, and the same for reading.
pub fn sheet_of(table: &Table, looks: &[Look], columns: &[usize], rows: &[usize], moment: Moment<'_>) -> Sheet {
    let heads: Vec<String> = columns.iter().filter_map(|at| looks.get(*at)).map(|look| look.title.clone()).collect();
    let mut csv = heads.iter().map(|head| csv_cell(head)).collect::<Vec<_>>().join(",");
    csv.push_str("\r\n");
    let cells = |row: usize| {
        columns.iter().filter_map(move |at| table.columns.get(*at)).map(move |c| (c.cells.kind(), c.cells.get(row)))
    };
    for row in rows {
        for (at, (_, cell)) in cells(*row).enumerate() {
            if at > 0 {
                csv.push(',');
            }
            match cell {
                Cell::None => {}
                Cell::Text(text) => csv.push_str(&csv_cell(&text)),
                Cell::Time(value) => csv.push_str(&iso_text(value as i64, &Utc)),
                Cell::Number(_) | Cell::Trend(_) => csv.push_str(&plain_number(cell.number())),
            }
        }
        csv.push_str("\r\n");
    }
    let text = |(kind, cell): (CellType, Cell)| match (kind, &cell) {
        (CellType::Time, Cell::Time(value)) => crate::base::time::date_time_text(*value as i64, moment.zone),
        _ => cell.text().map(|text| text.to_string()).unwrap_or_default(),
    };
    let shown = rows.iter().take(TABLE_ROWS_MAX).map(|row| cells(*row).map(text).collect()).collect();
    let note = (rows.len() > TABLE_ROWS_MAX)
        .then(|| format!("The first {TABLE_ROWS_MAX} of {} rows. The CSV has all of them.", rows.len()));
    Sheet { written: Some((csv, TableData { columns: heads, rows: shown, note })), ..Sheet::default() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        analysis::table::{
            Cells, Column,
            field::{FieldConfig, looks_of},
        },
        base::colour::Rgba,
        model::frame::MISSING,
    };

    #[test]
    fn csv_has_every_digit_and_no_formula() {
        let table = Table {
            ref_id: "A".to_owned(),
            columns: vec![
                Column::new("Time", Cells::Time(vec![0.0, 1_500.0])),
                Column::new("=cmd", Cells::Text(vec![Some("a,\"b\"".into()), Some("-1+2".into())])),
                Column::new("Value", Cells::Number(vec![-0.1 - 0.2, MISSING])),
            ],
        };
        let looks = looks_of(&FieldConfig::default(), &table);
        let moment = Moment { zone: &Utc, now_ms: 0 };
        let sheet = sheet_of(&table, &looks, &[0, 1, 2], &[1, 0], moment);
        assert_eq!(
            sheet.to_csv(),
            "Time,\"'=cmd\",Value\r\n1970-01-01T00:00:01.500Z,\"'-1+2\",\r\n1970-01-01T00:00:00Z,\"a,\"\"b\"\"\",-0.30000000000000004\r\n"
        );
        assert_eq!(sheet.to_table(&Utc).columns, ["Time", "=cmd", "Value"]);
        assert_eq!(sheet_of(&table, &looks, &[2], &[0], moment).to_csv(), "Value\r\n-0.30000000000000004\r\n");
    }

    #[test]
    fn inks_are_written_for_styles() {
        assert_eq!(Ink::Ok.css(), "var(--ok)");
        assert_eq!(Ink::Series(11).css(), "var(--series-2)");
        assert_eq!(Ink::Heat(0.5).css(), "color-mix(in srgb, var(--heat-3) 50%, var(--heat-2))");
        assert_eq!(Ink::Heat(1.0).css(), "color-mix(in srgb, var(--heat-5) 0%, var(--heat-5))");
        assert!(Ink::Literal(Rgba { r: 1, g: 2, b: 3, a: 255 }).css().starts_with('#'));
        assert_eq!(ink_of(Paint::Colour(PanelColour::Transparent)), None);
    }
}
