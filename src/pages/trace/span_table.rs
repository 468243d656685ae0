//! All spans as a table.

use std::sync::Arc;

use leptos::prelude::*;

use crate::{
    analysis::trace::{
        duration_text,
        filter::{Keep, RowFilter, kept},
    },
    state::reactive::{Memo, Signal},
};

use super::{
    context::TraceView,
    sort_table::{Cell, Column, Line, SortTable},
};

const COLUMNS: [Column; 8] = [
    Column { id: "operation", title: "Operation", help: "What was done", is_number: false },
    Column { id: "service", title: "Service", help: "Who did it", is_number: false },
    Column { id: "kind", title: "Kind", help: "Its part in a call", is_number: false },
    Column { id: "start", title: "Starts after", help: "Since the trace's start", is_number: true },
    Column { id: "duration", title: "Duration", help: "From start to end", is_number: true },
    Column { id: "self", title: "By itself", help: "While no child runs", is_number: true },
    Column {
        id: "critical",
        title: "Critical path",
        help: "While the trace's end waits for it alone",
        is_number: true,
    },
    Column { id: "error", title: "Error", help: "Whether it failed", is_number: true },
];

#[component]
pub fn SpanTableTab(view: TraceView) -> impl IntoView {
    let filters = view.filters();
    let lines = Memo::new(move |_| {
        let explained = view.explained();
        let trace = &explained.trace;
        let keep = filters.with(|filters| {
            let filter = RowFilter {
                min_duration_ns: filters.min_duration_ns(),
                services: &filters.services,
                errors_only: filters.errors_only,
                critical_ns: filters.critical_only.then_some(explained.critical_ns.as_slice()),
                ..RowFilter::default()
            };
            (!filter.is_open()).then(|| kept(trace, &filter))
        });
        let is_kept = |span: &usize| keep.as_ref().is_none_or(|keep| keep.get(*span) == Some(&Keep::Yes));
        let of = |column: &[i64], span: usize| column.get(span).copied().unwrap_or_default();
        let time = |ns: i64| Cell::number(ns as f64, duration_text(ns));
        let line = |span: usize| Line {
            cells: vec![
                Cell::text(trace.operation(span)),
                Cell::text(trace.service(span)).with_ink(explained.ink(span)),
                Cell::text(trace.kind(span).id()),
                time(trace.span_start_ns(span).saturating_sub(trace.start_ns())),
                time(trace.span_duration_ns(span)),
                time(of(&explained.self_ns, span)),
                time(of(&explained.critical_ns, span)),
                Cell::number(
                    f64::from(u8::from(trace.is_error(span))),
                    if trace.is_error(span) { "failed" } else { "" },
                ),
            ],
            span,
        };
        Arc::new((0..trace.len()).filter(is_kept).map(line).collect::<Vec<_>>())
    });
    view! {
        <section class="card trace__view" aria-label="Spans">
            <SortTable view=view columns=&COLUMNS first="duration" lines=Signal::from(lines) caption="Spans"/>
        </section>
    }
    .into_any()
}
