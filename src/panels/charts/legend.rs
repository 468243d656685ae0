//! The legend with calculations: as a table whose heads sort, or as a list.

use std::sync::Arc;

use leptos::{html, prelude::*};

use crate::{
    analysis::reduce::reduce,
    api::grafana::charts::legend_width_px,
    base::{colour::Ink, units},
    model::{
        dashboard::{LegendOptions, LegendPlacement, Reducer},
        frame::is_missing,
    },
    panels::{
        look::by_value_descending,
        timeseries::{Prepared, TimeChart},
    },
    platform::dom,
    state::reactive::{Memo, RwSignal, Signal},
    ui::{
        legend::{LegendAction, Swatch},
        views::Views,
    },
};

/// One series.
#[derive(Debug, Clone, PartialEq)]
struct Row {
    /// Its place among the series.
    at: usize,
    name: String,
    ink: Ink,
    unit: String,
    decimals: Option<u32>,
    /// One per calculation.
    values: Vec<f64>,
    /// The file hides it for good.
    is_hidden: bool,
}

/// By which column, and in which direction. `None` is the name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Order {
    column: Option<usize>,
    is_descending: bool,
}

pub fn view(chart: &Arc<TimeChart>) -> AnyView {
    let LegendOptions { is_table, columns, sort_by, is_descending, placement } = &chart.options.legend;
    let (is_table, is_descending) = (*is_table, *is_descending);
    // A table without calculations would say nothing beside the names.
    let columns: Arc<[Reducer]> =
        if columns.is_empty() { [Reducer::LastNotNull].into() } else { columns.as_slice().into() };
    let first = sort_by.and_then(|wanted| columns.iter().position(|reducer| *reducer == wanted));
    let order = RwSignal::new(first.map(|column| Order { column: Some(column), is_descending }));
    let prepared = chart.prepared;
    let rows = {
        let columns = Arc::clone(&columns);
        Memo::new(move |_| prepared.get().map(|p| rows_of(&p, &columns)).unwrap_or_default())
    };
    let sorted = Memo::new(move |_| {
        let mut rows = rows.get();
        if let Some(order) = order.get() {
            sort(&mut rows, order);
        }
        rows
    });
    let width = legend_width_px(&chart.props.panel.document).filter(|_| *placement == LegendPlacement::Right);
    let style = width.map(|width| format!("{width}px"));
    if is_table {
        let table = table_view(chart, columns, sorted, order);
        view! { <div class="legend-table" style:width=style>{table}</div> }.into_any()
    } else {
        view! { <div class="legend legend--full" role="group" aria-label="Series" style:width=style>{list_view(chart, columns, sorted)}</div> }
            .into_any()
    }
}

fn rows_of(prepared: &Prepared, columns: &[Reducer]) -> Vec<Row> {
    let series = prepared.looks.iter().zip(&prepared.frame.columns);
    series
        .enumerate()
        .map(|(at, (look, column))| Row {
            at,
            name: look.name.clone(),
            ink: look.ink,
            unit: look.unit.clone(),
            decimals: look.options.field.decimals,
            values: columns.iter().map(|reducer| reduce(*reducer, &column.values)).collect(),
            is_hidden: look.options.style.is_hidden,
        })
        .collect()
}

/// Rows without a value come last, whatever the direction.
fn sort(rows: &mut [Row], order: Order) {
    let Order { column, is_descending } = order;
    crate::base::order::sort_by(rows, |a, b| {
        let Some(column) = column else {
            return if is_descending { b.name.cmp(&a.name) } else { a.name.cmp(&b.name) };
        };
        let value = |row: &Row| row.values.get(column).copied().unwrap_or(f64::NAN);
        let (a, b) = (value(a), value(b));
        if is_descending || a.is_nan() || b.is_nan() { by_value_descending(a, b) } else { a.total_cmp(&b) }
    });
}

/// Counts have no unit of their own, and a share has its own.
fn unit_of(reducer: Reducer, unit: &str) -> &str {
    match reducer {
        Reducer::Count | Reducer::DistinctCount | Reducer::ChangeCount => "none",
        Reducer::DiffPercent => "percent",
        Reducer::AllIsNull | Reducer::AllIsZero => "bool",
        Reducer::Variance => "short",
        _ => unit,
    }
}

fn text_of(row: &Row, at: usize, reducer: Reducer) -> (String, String) {
    let value = row.values.get(at).copied().unwrap_or(f64::NAN);
    if is_missing(value) {
        return ("–".to_owned(), "no data".to_owned());
    }
    let unit = unit_of(reducer, &row.unit);
    (units::format(unit, value, row.decimals).to_string(), units::format_full(unit, value).to_string())
}

/// A click shows a series alone, with Ctrl it hides or shows it.
fn name_button(chart: &TimeChart, row: &Row) -> AnyView {
    let (hidden, on_legend, at) = (chart.hidden, chart.on_legend, row.at);
    let [name, title, shown] = std::array::from_fn(|_| row.name.clone());
    let is_hidden_for_good = row.is_hidden;
    let pressed = move || {
        let is_pressed = !is_hidden_for_good && !hidden.with(|hidden| hidden.contains(&shown));
        is_pressed.to_string()
    };
    view! {
        <button
            type="button"
            class="legend__item"
            aria-pressed=pressed
            title=title
            on:click=move |event: leptos::ev::MouseEvent| {
                let is_toggle = event.ctrl_key() || event.meta_key() || event.shift_key();
                on_legend.run(if is_toggle { LegendAction::Toggle(at) } else { LegendAction::Isolate(at) });
            }
        >
            <Swatch ink=row.ink/>
            <span class="legend__name">{name}</span>
        </button>
    }
    .into_any()
}

fn table_view(
    chart: &Arc<TimeChart>,
    columns: Arc<[Reducer]>,
    rows: Memo<Vec<Row>>,
    order: RwSignal<Option<Order>>,
) -> AnyView {
    let direction = move |column: Option<usize>| {
        order
            .get()
            .filter(|order| order.column == column)
            .map(|order| if order.is_descending { "descending" } else { "ascending" })
    };
    let head = move |column: Option<usize>, label: String| {
        let press = move |_| {
            let before = order.get_untracked();
            order.set(match before {
                // The largest first, then the smallest; names the other way round; then as they come.
                Some(before) if before.column == column => {
                    let is_last = before.is_descending != column.is_some();
                    (!is_last).then_some(Order { column, is_descending: !before.is_descending })
                }
                _ => Some(Order { column, is_descending: column.is_some() }),
            });
        };
        let arrow = move || match direction(column) {
            Some("descending") => '\u{2193}'.to_string(),
            Some(_) => '\u{2191}'.to_string(),
            None => String::new(),
        };
        view! {
            <th scope="col" class="legend-table__head" data-align=column.map(|_| "end") aria-sort=move || direction(column)>
                <button type="button" class="legend-table__sort" on:click=press>
                    {label}
                    <span class="legend-table__arrow" aria-hidden="true">{arrow}</span>
                </button>
            </th>
        }
    };
    let heads = std::iter::once(head(None, "Name".to_owned()))
        .chain(columns.iter().enumerate().map(|(at, reducer)| head(Some(at), reducer.label())))
        .views();
    let chart = Arc::clone(chart);
    let body = NodeRef::<html::Div>::new();
    let on_keydown = move |event: leptos::ev::KeyboardEvent| {
        let step = match event.key().as_str() {
            "ArrowDown" => 1,
            "ArrowUp" => -1,
            _ => return,
        };
        if let Some(body) = body.get_untracked()
            && dom::move_focus(&body, ".legend__item", step)
        {
            event.prevent_default();
        }
    };
    let row = move |row: &Row| {
        let cells = columns
            .iter()
            .enumerate()
            .map(|(at, reducer)| {
                let (text, full) = text_of(row, at, *reducer);
                view! { <td class="legend-table__cell" title=full>{text}</td> }
            })
            .views();
        view! { <tr><th scope="row" class="legend-table__name">{name_button(&chart, row)}</th>{cells}</tr> }
    };
    view! {
        <div class="legend-table__scroll" node_ref=body on:keydown=on_keydown><table class="legend-table__table" aria-label="Series" data-testid="legend-table">
            <thead><tr>{heads}</tr></thead>
            <tbody>{move || rows.with(|rows| rows.iter().map(&row).views())}</tbody>
        </table></div>
    }
    .into_any()
}

fn list_view(chart: &Arc<TimeChart>, columns: Arc<[Reducer]>, rows: Memo<Vec<Row>>) -> impl IntoView + use<> {
    let chart = Arc::clone(chart);
    let item = move |row: &Row| {
        let values = columns
            .iter()
            .enumerate()
            .map(|(at, reducer)| {
                let (text, full) = text_of(row, at, *reducer);
                view! { <span class="legend__calc" title=full>{format!("{} ", reducer.label())}<span class="legend__value">{text}</span></span> }
            })
            .views();
        view! { <span class="legend__entry">{name_button(&chart, row)}{values}</span> }
    };
    let rows: Signal<Vec<Row>> = rows.into();
    move || rows.with(|rows| rows.iter().map(&item).views())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heads_sort_and_what_has_no_value_is_last() {
        let row = |name: &str, value: f64| Row {
            name: name.to_owned(),
            ink: Ink::Series(0),
            unit: "s".to_owned(),
            decimals: None,
            values: vec![value],
            is_hidden: false,
            at: 0,
        };
        let check = |column: Option<usize>, is_descending: bool, expect: &str| {
            let mut rows = vec![row("b", 2.0), row("a", f64::NAN), row("d", -1.0), row("c", 7.0)];
            sort(&mut rows, Order { column, is_descending });
            assert_eq!(rows.iter().map(|r| r.name.as_str()).collect::<Vec<_>>().join(""), expect);
        };
        check(Some(0), true, "cbda");
        check(Some(0), false, "dbca");
        check(None, false, "abcd");
        check(None, true, "dcba");
    }

    #[test]
    fn a_count_of_seconds_is_no_seconds() {
        assert_eq!(unit_of(Reducer::Count, "s"), "none");
        assert_eq!(unit_of(Reducer::Mean, "s"), "s");
    }
}
