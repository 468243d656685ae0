//! What kinds of spans the trace spends its time on.

use std::sync::Arc;

use leptos::prelude::*;

use crate::{
    analysis::trace::{
        duration_text, share_text,
        statistics::{GroupBy, Row, TagReading, groups, statistics, tag_keys},
    },
    state::reactive::{Memo, Signal},
    ui::views::Views,
};

use super::{
    context::TraceView,
    explained::Explained,
    sort_table::{Cell, Column, Line, SortTable},
};

const COLUMNS: [Column; 10] = [
    Column { id: "group", title: "Group", help: "What the spans have in common", is_number: false },
    Column { id: "count", title: "Count", help: "Spans", is_number: true },
    Column { id: "errors", title: "Errors", help: "Failed spans", is_number: true },
    Column {
        id: "share",
        title: "Share",
        help: "Part of the trace's time in which at least one of them runs",
        is_number: true,
    },
    Column { id: "total", title: "Total", help: "Sum of durations", is_number: true },
    Column { id: "avg", title: "Average", help: "Duration", is_number: true },
    Column { id: "min", title: "Shortest", help: "Duration", is_number: true },
    Column { id: "max", title: "Longest", help: "Duration", is_number: true },
    Column { id: "self", title: "By itself", help: "Sum of the time in which no child runs", is_number: true },
    Column {
        id: "selfshare",
        title: "Share by itself",
        help: "Part of all spans' time by themselves",
        is_number: true,
    },
];

/// Keys are looked for in the details of so many spans.
const MAX_DETAILS: usize = 4_000;

#[component]
pub fn StatisticsTab(view: TraceView) -> impl IntoView {
    let by = view.param("by");
    let lines = Memo::new(move |_| {
        let explained = view.explained();
        let trace = &explained.trace;
        let by = by.get();
        let groups = match by.as_deref() {
            None | Some("operation") => groups(trace, GroupBy::ServiceOperation),
            Some("service") => groups(trace, GroupBy::Service),
            Some(key) => {
                let mut reading = TagReading::start(key);
                reading.advance(trace, usize::MAX);
                reading.groups(trace)
            }
        };
        let redactor = view.redactor();
        let key = by.unwrap_or_default();
        Arc::new(
            statistics(trace, &groups)
                .into_iter()
                .map(|row| line(&explained, row, |value| redactor.value(&key, value).into_owned()))
                .collect::<Vec<_>>(),
        )
    });
    let keys = Memo::new(move |_| view.with(|explained| tag_keys(&explained.trace, MAX_DETAILS)));
    let is_chosen = move |value: &str| by.with(|by| by.as_deref().unwrap_or("operation") == value);
    let options = move || {
        let tags = keys.get().into_iter().map(|key| {
            let is_selected = is_chosen(&key);
            view! { <option value=key.clone() selected=is_selected>{key.clone()}</option> }
        });
        view! {
            <option value="operation" selected=is_chosen("operation")>"Service and operation"</option>
            <option value="service" selected=is_chosen("service")>"Service"</option>
            <optgroup label="Tag">{tags.views()}</optgroup>
        }
    };
    view! {
        <section class="card trace__view" aria-label="Statistics">
            <label class="trace-tools__short">
                <span class="trace-tools__label">"Group by"</span>
                <select
                    class="field__input field__select"
                    on:change=move |event| {
                        let value = event_target_value(&event);
                        view.set_params(&[("by", (value != "operation").then_some(value))], false);
                    }
                >
                    {options}
                </select>
            </label>
            <SortTable view=view columns=&COLUMNS first="self" lines=Signal::from(lines) caption="Groups of spans with their times"/>
        </section>
    }
    .into_any()
}

fn line(explained: &Explained, row: Row, shown: impl Fn(&str) -> String) -> Line {
    let time = |ns: i64| Cell::number(ns as f64, duration_text(ns));
    let name = match (&row.name.service, &row.name.operation, &row.name.value) {
        (_, _, Some(value)) => shown(value),
        (Some(service), Some(operation), None) => format!("{operation} · {service}"),
        (Some(only), None, None) | (None, Some(only), None) => only.clone(),
        (None, None, None) => "without this tag".to_owned(),
    };
    let mut first = Cell::text(name);
    if let Some(service) = &row.name.service {
        first = first.with_ink(explained.inks.slot(service));
    }
    Line {
        cells: vec![
            first,
            Cell::number(row.count as f64, row.count.to_string()),
            Cell::number(row.errors as f64, if row.errors > 0 { row.errors.to_string() } else { String::new() }),
            Cell::number(row.share, share_text(row.share)),
            time(row.total_ns),
            time(row.avg_ns()),
            time(row.min_ns),
            time(row.max_ns),
            time(row.self_ns),
            Cell::number(row.self_share, share_text(row.self_share)),
        ],
        span: row.slowest_span,
    }
}
