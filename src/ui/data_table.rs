//! Numbers as a table: the same data as a chart, for reading and for screen readers.

use std::sync::Arc;

use leptos::prelude::*;

use super::views::Views;

/// A table of text. The first column is the row's head.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TableData {
    pub columns: Vec<String>,
    /// Each with as many cells as there are columns.
    pub rows: Vec<Vec<String>>,
    /// Said above the table when not all rows are in it.
    pub note: Option<String>,
}

#[component]
pub fn DataTable(data: Arc<TableData>, #[prop(into)] caption: String) -> impl IntoView {
    let align = |at: usize| if at == 0 { "start" } else { "end" };
    let head = data
        .columns
        .iter()
        .enumerate()
        .map(|(at, name)| view! { <th class="data-table__head" scope="col" data-align=align(at)>{name.clone()}</th> })
        .views();
    let rows = data
        .rows
        .iter()
        .map(|row| {
            let cells = row
                .iter()
                .enumerate()
                .map(|(at, cell)| view! { <td class="data-table__cell" data-align=align(at)>{cell.clone()}</td> })
                .views();
            view! { <tr>{cells}</tr> }
        })
        .views();
    view! {
        <div class="data-table" tabindex="0" role="region" aria-label=caption>
            {data.note.clone().map(|note| view! { <p class="card__note">{note}</p> }).views()}
            <table class="data-table__table">
                <thead><tr>{head}</tr></thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
    .into_any()
}
