//! A table that is sorted by any column; which one is in the address (`sort`, with a minus for descending).

use std::sync::Arc;

use leptos::prelude::*;

use crate::{
    base::order,
    state::reactive::{Callback, Memo, RwSignal, Signal},
    ui::{
        traces::{ServiceDot, ShowMore, SortButton},
        views::Views,
    },
};

use super::context::TraceView;

/// More rows are drawn when they are wanted.
const ROWS_AT_FIRST: usize = 500;

#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Column {
    /// As the address spells it.
    pub id: &'static str,
    pub title: &'static str,
    pub help: &'static str,
    pub is_number: bool,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Cell {
    pub text: String,
    /// What it is sorted by; texts by themselves.
    pub key: f64,
    /// The service's.
    pub ink: Option<u8>,
}

impl Cell {
    pub fn text(text: impl Into<String>) -> Self {
        Self { text: text.into(), key: 0.0, ink: None }
    }

    pub fn number(key: f64, text: impl Into<String>) -> Self {
        Self { text: text.into(), key, ink: None }
    }

    #[must_use]
    pub fn with_ink(mut self, ink: u8) -> Self {
        self.ink = Some(ink);
        self
    }
}

/// As many cells as there are columns. A click shows the span in the timeline.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    pub cells: Vec<Cell>,
    pub span: usize,
}

/// The rows in the order of a column.
fn sorted(lines: &[Line], column: usize, is_number: bool, is_descending: bool) -> Vec<usize> {
    order::order_of(lines.len(), &mut |a, b| {
        let cell = |at: usize| lines.get(at).and_then(|line| line.cells.get(column));
        let (Some(a), Some(b)) = (cell(a), cell(b)) else { return std::cmp::Ordering::Equal };
        let by = if is_number { a.key.total_cmp(&b.key) } else { a.text.cmp(&b.text) };
        if is_descending { by.reverse() } else { by }
    })
}

#[component]
pub fn SortTable(
    view: TraceView,
    columns: &'static [Column],
    /// The column that is sorted by at first, descending where it is a number.
    first: &'static str,
    lines: Signal<Arc<Vec<Line>>>,
    #[prop(into)] caption: String,
) -> impl IntoView {
    let row_count = RwSignal::new(ROWS_AT_FIRST);
    let asked = view.param("sort");
    let sort = Memo::new(move |_| {
        let text = asked.get().unwrap_or_default();
        let (id, is_descending) = text.strip_prefix('-').map_or((text.as_str(), false), |id| (id, true));
        let at = |id: &str| columns.iter().position(|column| column.id == id);
        if let Some(at) = at(id) {
            (at, is_descending)
        } else {
            let at = at(first).unwrap_or_default();
            (at, columns.get(at).is_some_and(|column| column.is_number))
        }
    });
    let set_sort = move |at: usize| {
        let Some(column) = columns.get(at) else { return };
        let (now, is_descending) = sort.get_untracked();
        let flips = now == at;
        let is_descending = if flips { !is_descending } else { column.is_number };
        let text = format!("{}{}", if is_descending { "-" } else { "" }, column.id);
        view.set_params(&[("sort", Some(text))], false);
    };
    let head = columns
        .iter()
        .enumerate()
        .map(|(at, column)| {
            let direction = Signal::derive(move || {
                let (now, is_descending) = sort.get();
                (now == at).then_some(if is_descending { "descending" } else { "ascending" })
            });
            let align = if column.is_number { "end" } else { "start" };
            view! {
                <th class="data-table__head" scope="col" data-align=align aria-sort=move || direction.get()>
                    <SortButton name=column.title title=column.help direction=direction on_press=Callback::new(move |()| set_sort(at))/>
                </th>
            }
        })
        .views();
    let body = move || {
        let (at, is_descending) = sort.get();
        let is_number = columns.get(at).is_some_and(|column| column.is_number);
        lines.with(|lines| {
            sorted(lines, at, is_number, is_descending)
                .into_iter()
                .take(row_count.get())
                .filter_map(|at| lines.get(at))
                .map(|line| row(view, columns, line))
                .views()
        })
    };
    let hidden_count = Memo::new(move |_| lines.with(|lines| lines.len()).saturating_sub(row_count.get()));
    view! {
        <div class="data-table" tabindex="0" role="region" aria-label=caption>
            <table class="data-table__table">
                <thead><tr>{head}</tr></thead>
                <tbody>{body}</tbody>
            </table>
            <ShowMore hidden_count=hidden_count.into() name=("row", "rows") on_more=Callback::new(move |()| row_count.update(|count| *count *= 4))/>
        </div>
    }
    .into_any()
}

fn row(view: TraceView, columns: &'static [Column], line: &Line) -> AnyView {
    let span = line.span;
    let cells = line
        .cells
        .iter()
        .zip(columns)
        .enumerate()
        .map(|(at, (cell, column))| {
            let align = if column.is_number { "end" } else { "start" };
            let dot = cell.ink.map(|ink| view! { <ServiceDot ink=ink/>" " }).views();
            let text = cell.text.clone();
            let inside = if at == 0 {
                view! { <button type="button" class="sort-table__open" title="Show in the timeline" on:click=move |_| view.reveal(span)>{text}</button> }.into_any()
            } else {
                text.into_any()
            };
            view! { <td class="data-table__cell" data-align=align>{dot}{inside}</td> }
        })
        .views();
    view! { <tr>{cells}</tr> }.into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_sorted_by_numbers_or_by_text_and_equal_ones_stay() {
        let line = |name: &str, number: f64| Line { cells: vec![Cell::text(name), Cell::number(number, "")], span: 0 };
        let lines = [line("b", 10.0), line("a", 9.0), line("c", 10.0)];
        assert_eq!(sorted(&lines, 0, false, false), [1, 0, 2]);
        assert_eq!(sorted(&lines, 1, true, false), [1, 0, 2]);
        assert_eq!(sorted(&lines, 1, true, true), [0, 2, 1]);
        assert_eq!(sorted(&lines, 9, true, true), [0, 1, 2]);
    }
}
