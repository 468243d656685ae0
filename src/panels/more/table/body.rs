//! The rows in view.

use leptos::{html, prelude::*};

use crate::{
    platform::events,
    state::reactive::{Memo, effect, signal},
    ui::views::Views,
};

use super::{TableView, cell::row_view, with_moment};

/// What is in view: the first row, and how many there are room for.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Room {
    first: usize,
    count: usize,
}

/// Rows are built anew by so many, so that scrolling by a pixel builds none.
const STRIDE: usize = 8;

/// The table with its rows; `head` and `foot` are inside of it.
#[component]
pub fn Body(view: TableView, #[prop(into)] caption: String, head: ViewFn, foot: ViewFn) -> impl IntoView {
    let scroller = NodeRef::<html::Div>::new();
    let (room, set_room) = signal(Room { first: 0, count: 4 * STRIDE });
    let row_px = view.row_px;
    let watch = StoredValue::new_local(None::<events::SizeWatch>);
    let measure = move || {
        let Some(element) = scroller.get_untracked() else { return };
        let top = (f64::from(element.scroll_top()) / row_px) as usize;
        let count = (f64::from(element.client_height()) / row_px).ceil() as usize;
        let first = (top / STRIDE * STRIDE).saturating_sub(STRIDE);
        let now = Room { first, count: count.div_ceil(STRIDE) * STRIDE + 3 * STRIDE };
        if room.get_untracked() != now {
            set_room.set(now);
        }
    };
    effect(move || {
        let Some(element) = scroller.get() else { return };
        measure();
        watch.set_value(events::watch_size(&element, move |_, _| measure()));
    });
    on_cleanup(move || drop(watch.try_update_value(Option::take)));
    let window = Memo::new(move |_| room.get());
    let rows = move || {
        let shown = view.shown.get()?;
        let zone = view.zone.get();
        let rows = view.paged_rows();
        let Room { first, count } = window.get();
        let first = first.min(rows.len().saturating_sub(count));
        let last = (first + count).min(rows.len());
        let cells = with_moment(&zone, |moment| {
            rows.get(first..last)
                .unwrap_or_default()
                .iter()
                .enumerate()
                .map(|(at, row)| row_view(&shown, *row, first + at, moment))
                .collect::<Vec<_>>()
        });
        // Rows that are not there have their room.
        let filler = move |count: usize| {
            (count > 0).then(|| {
                let height = format!("{}px", count as f64 * row_px);
                view! { <tr aria-hidden="true" style:height=height></tr> }
            })
        };
        Some(view! { {filler(first).views()} {cells.views()} {filler(rows.len() - last).views()} })
    };
    let row_count = move || view.rows.get().map(|rows| (rows.len() + 1).to_string());
    let width = move || view.widths.get().map(|widths| format!("{}px", widths.iter().sum::<f64>()));
    let label = caption.clone();
    view! {
        <div
            class="grid-table__scroll"
            node_ref=scroller
            tabindex="0"
            role="region"
            aria-label=label
            on:scroll=move |_| measure()
        >
            <table class="grid-table__table" aria-label=caption aria-rowcount=row_count style:width=width style=("--table-row", format!("{row_px}px"))>
                {head.run()}
                <tbody>{rows}</tbody>
                {foot.run()}
            </table>
        </div>
    }
    .into_any()
}
