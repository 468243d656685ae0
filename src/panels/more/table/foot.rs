//! Numbers below a table's columns, over the rows that are shown.

use leptos::prelude::*;

use crate::{
    analysis::table::{
        field::FieldConfig,
        view::{footer_cell, has_numbers},
    },
    api::grafana::more::table::Footer,
    model::dashboard::Reducer,
    ui::views::Views,
};

use super::{Shown, TableView, head::align_word, with_moment};

pub const LINE_PX: f64 = 29.0;

/// How many lines the footer has at most.
pub fn line_count(footer: &Footer, fields: &FieldConfig) -> usize {
    let of_columns = fields.overrides.iter().map(|o| &o.options).chain([&fields.defaults]);
    let of_columns = of_columns.filter_map(|options| options.footer.as_ref()).map(Vec::len).max();
    of_columns.unwrap_or(0).max(if footer.counts_rows { 1 } else { footer.reducers.len() })
}

/// What stands below one column.
fn reducers_of<'a>(shown: &'a Shown, footer: &'a Footer, at: usize) -> &'a [Reducer] {
    let look = shown.looks.get(at);
    if let Some(own) = look.and_then(|look| look.options.footer.as_deref()) {
        return own;
    }
    let title = look.map_or("", |look| look.title.as_str());
    let column = shown.table.columns.get(at);
    let is_named =
        footer.columns.iter().any(|name| name == title || column.is_some_and(|column| column.shown() == name));
    let is_meant = if footer.columns.is_empty() { has_numbers(&shown.table, at) } else { is_named };
    if is_meant { &footer.reducers } else { &[] }
}

#[component]
pub fn Foot(view: TableView, footer: Footer) -> impl IntoView {
    move || {
        let (shown, rows) = (view.shown.get()?, view.rows.get()?);
        if footer.counts_rows {
            let cells = shown.columns.iter().enumerate().map(|(at, _)| {
                let text = if at == 0 { format!("{} rows", rows.len()) } else { String::new() };
                view! { <td class="grid-table__sum" data-align="start">{text}</td> }
            });
            return Some(view! { <tfoot class="grid-table__foot"><tr>{cells.views()}</tr></tfoot> }.into_any());
        }
        let zone = view.zone.get();
        let line_count = shown.columns.iter().map(|at| reducers_of(&shown, &footer, *at).len()).max().unwrap_or(0);
        let lines = (0..line_count).map(|line| {
            let cells = shown.columns.iter().map(|at| {
                let reducer = reducers_of(&shown, &footer, *at).get(line).copied();
                let text = reducer.and_then(|reducer| {
                    let text = with_moment(&zone, |moment| {
                        footer_cell(&shown.table, &shown.looks, *at, &rows, reducer, moment)
                    })?;
                    Some((reducer.label(), text))
                });
                let kind = shown.table.columns.get(*at).map(|column| column.cells.kind());
                let align = shown.looks.get(*at).zip(kind).map_or("start", |(look, kind)| align_word(look.align(kind)));
                let inside =
                    text.map(|(name, text)| view! { <span class="grid-table__sum-name">{name}" "</span>{text} });
                view! { <td class="grid-table__sum" data-align=align>{inside.views()}</td> }
            });
            view! { <tr>{cells.views()}</tr> }
        });
        (line_count > 0).then(|| view! { <tfoot class="grid-table__foot">{lines.views()}</tfoot> }.into_any())
    }
}
