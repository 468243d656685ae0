//! The rows of spans: only those in view are in the page, whatever the trace's size.
//!
//! Invariant: rows stand as [`Stack`] says. As many row elements exist as fit the room, and each shows the one row among
//! those in view whose number leaves its own remainder: scrolling by one row builds one row anew.
//!
//! For screen readers the rows are a tree with one tab stop; the row that the keyboard is on is its active descendant and
//! says what it shows.

use std::sync::Arc;

use leptos::{html, prelude::*};

use crate::{
    analysis::trace::filter::{RowFilter, kept, visible_rows},
    platform::{dom, events},
    state::reactive::{Memo, RwSignal, Signal, effect, signal},
    ui::views::Views,
};

use super::{
    context::{Details, TraceView},
    minimap::Minimap,
    report::ReportPanel,
    row::{Row, row, row_id},
    ruler::{NamesEdge, Ruler},
    span_detail::SpanPanel,
    stack::Stack,
    toolbar::{Matches, Toolbar, go_to_match, use_matches},
    zoom::Zoom,
};

/// A row: the name beside the bar, or, in less than [`NARROW_PX`], above it (the styles have the same widths).
const ROW_PX: f64 = 28.0;
const NARROW_ROW_PX: f64 = 42.0;
const NARROW_PX: i32 = 520;
/// Rows above and below those in view, so that scrolling shows no gap.
const OVERSCAN: usize = 6;
/// Part of the width that `a` and `d` move.
const PAN: f64 = 0.2;

#[component]
pub fn TimelineTab(view: TraceView) -> impl IntoView {
    let matches = use_matches(view);
    let rows = use_rows(view, matches);
    let cursor = RwSignal::new(None::<usize>);
    let selected = view.selected();
    // Where a link or a finding leads, the keyboard is.
    effect(move || {
        if let Some(span) = selected.get() {
            cursor.set(Some(span));
        }
    });
    let shown_count = Signal::derive(move || rows.with(|rows| rows.len()));
    let has_panel = Memo::new(move |_| selected.with(Option::is_some) && view.details().get() == Details::Beside);
    view! {
        <Minimap view=view/>
        <Toolbar view=view matches=matches cursor=cursor shown_count=shown_count/>
        <div class="trace-body">
            <Rows view=view rows=rows cursor=cursor matches=matches/>
            <div class="trace-side">
                {move || if has_panel.get() {
                    view! { <SpanPanel view=view/> }.into_any()
                } else {
                    view! { <ReportPanel view=view/> }.into_any()
                }}
            </div>
        </div>
    }
    .into_any()
}

/// The spans that are shown, in order.
fn use_rows(view: TraceView, matches: Signal<Option<Matches>>) -> Signal<Arc<Vec<u32>>> {
    let filters = view.filters();
    let rows = Memo::new(move |_| {
        let explained = view.explained();
        let trace = &explained.trace;
        filters.with(|filters| {
            let found = if filters.matches_only { matches.get().map(|matches| matches.spans) } else { None };
            let filter = RowFilter {
                min_duration_ns: filters.min_duration_ns(),
                services: &filters.services,
                errors_only: filters.errors_only,
                only: found.as_ref().map(|spans| spans.as_slice()),
                critical_ns: filters.critical_only.then_some(explained.critical_ns.as_slice()),
            };
            let keep = (!filter.is_open()).then(|| kept(trace, &filter));
            Arc::new(view.collapsed.with(|collapsed| visible_rows(trace, keep.as_deref(), collapsed)))
        })
    });
    Signal::derive(move || rows.get())
}

/// What is in view: the first row, and how many there are room for.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Room {
    first: usize,
    count: usize,
}

#[component]
fn Rows(
    view: TraceView,
    rows: Signal<Arc<Vec<u32>>>,
    cursor: RwSignal<Option<usize>>,
    matches: Signal<Option<Matches>>,
) -> impl IntoView {
    let scroller = NodeRef::<html::Div>::new();
    let (room, set_room) = signal(Room { first: 0, count: 0 });
    let selected = view.selected();
    let place_of = move |span: usize| rows.with_untracked(|rows| rows.binary_search(&(span as u32)).ok());
    let (row_px, set_row_px) = signal(ROW_PX);
    let (panel_px, set_panel_px) = signal(0.0);
    // The row whose details stand below it.
    let opened = Memo::new(move |_| {
        rows.track();
        selected.get().filter(|_| view.details().get() == Details::Below).and_then(place_of)
    });
    let stack =
        Memo::new(move |_| Stack { row_px: row_px.get(), room: opened.get().map(|place| (place, panel_px.get())) });
    let watch = StoredValue::new_local(None::<events::SizeWatch>);
    let measure = move || {
        let Some(element) = scroller.get_untracked() else { return };
        set_row_px.set(if element.client_width() < NARROW_PX { NARROW_ROW_PX } else { ROW_PX });
        let stack = stack.get_untracked();
        let first = stack.place_at(f64::from(element.scroll_top()));
        let count = (f64::from(element.client_height()) / stack.row_px).ceil() as usize + 1;
        let now = Room { first: first.saturating_sub(OVERSCAN), count: count + 2 * OVERSCAN };
        if room.get_untracked() != now {
            set_room.set(now);
        }
    };
    effect(move || {
        let Some(element) = scroller.get() else { return };
        measure();
        watch.set_value(events::watch_size(&element, move |_, _| measure()));
    });
    effect(move || {
        stack.track();
        measure();
    });
    let panel = NodeRef::<html::Div>::new();
    let panel_watch = StoredValue::new_local(None::<events::SizeWatch>);
    effect(move || {
        let watch = panel.get().and_then(|element| {
            let inside = element.clone();
            events::watch_size(&element, move |_, _| {
                let _gone = set_panel_px.try_set(f64::from(inside.offset_height()));
            })
        });
        panel_watch.set_value(watch);
    });
    on_cleanup(move || {
        drop(watch.try_update_value(Option::take));
        drop(panel_watch.try_update_value(Option::take));
    });

    // The row of the keyboard comes into view, and what stands below it.
    effect(move || {
        let (stack, cursor) = (stack.get(), cursor.get());
        rows.track();
        let (Some(place), Some(element)) = (cursor.and_then(place_of), scroller.get()) else { return };
        let view_px = (f64::from(element.scroll_top()), f64::from(element.client_height()));
        if let Some(target) = stack.scroll_to_px(place, view_px) {
            element.set_scroll_top(target as i32);
            measure();
        }
    });

    let zoom = view.zoom();
    let move_cursor = move |by: isize| {
        let next = rows.with_untracked(|rows| {
            let at = cursor.get_untracked().and_then(|span| rows.binary_search(&(span as u32)).ok());
            let at = match at {
                Some(at) => at.saturating_add_signed(by).min(rows.len().saturating_sub(1)),
                None => 0,
            };
            rows.get(at).map(|span| *span as usize)
        });
        if let Some(span) = next {
            cursor.set(Some(span));
            // An open panel follows.
            if selected.get_untracked().is_some() {
                view.select(Some(span));
            }
        }
    };
    let fold = move |wants_open: Option<bool>| {
        let Some(span) = cursor.get_untracked() else { return };
        let explained = view.explained_untracked();
        let trace = &explained.trace;
        let is_folded = view.collapsed.with_untracked(|collapsed| collapsed.contains(span));
        let can = trace.has_children(span);
        match wants_open {
            Some(true) if can && is_folded => view.collapsed.update(|collapsed| collapsed.toggle(span)),
            Some(false) if can && !is_folded => view.collapsed.update(|collapsed| collapsed.toggle(span)),
            Some(false) => {
                if let Some(parent) = trace.parent(span) {
                    cursor.set(Some(parent));
                }
            }
            Some(true) if can => move_cursor(1),
            None if can => view.collapsed.update(|collapsed| collapsed.toggle(span)),
            Some(true) | None => {}
        }
    };
    let page = move || room.get_untracked().count.saturating_sub(2 * OVERSCAN + 2).max(1) as isize;
    let on_key = move |key: &str| -> bool {
        match key {
            "ArrowDown" | "j" => move_cursor(1),
            "ArrowUp" | "k" => move_cursor(-1),
            "PageDown" => move_cursor(page()),
            "PageUp" => move_cursor(-page()),
            "Home" => move_cursor(isize::MIN / 2),
            "End" => move_cursor(isize::MAX / 2),
            "ArrowRight" => fold(Some(true)),
            "ArrowLeft" => fold(Some(false)),
            " " => fold(None),
            "Enter" => view.select(cursor.get_untracked()),
            "Escape" if selected.get_untracked().is_some() => view.select(None),
            "Escape" | "0" => view.set_zoom(Zoom::WHOLE),
            "a" => view.set_zoom(zoom.get_untracked().moved(-PAN)),
            "d" => view.set_zoom(zoom.get_untracked().moved(PAN)),
            "+" | "=" => view.set_zoom(zoom.get_untracked().scaled(0.5, 0.5)),
            "-" => view.set_zoom(zoom.get_untracked().scaled(2.0, 0.5)),
            "w" | "s" => {
                if let Some(element) = scroller.get_untracked() {
                    let by = if key == "s" { 4.0 * ROW_PX } else { -4.0 * ROW_PX };
                    element.set_scroll_top((f64::from(element.scroll_top()) + by) as i32);
                }
            }
            "n" => go_to_match(view, matches, cursor, true),
            "N" => go_to_match(view, matches, cursor, false),
            "[" | "]" => {
                let explained = view.explained_untracked();
                view.collapsed.update(|collapsed| {
                    if key == "[" {
                        collapsed.collapse_level(&explained.trace);
                    } else {
                        collapsed.expand_level(&explained.trace);
                    }
                });
            }
            _ => return false,
        }
        true
    };
    // Wherever the focus is, unless a field or a control wants the key: the page has one list.
    let listener = events::on_key(move |event| {
        let is_elsewhere = dom::is_typing(&event) || event.ctrl_key() || event.meta_key() || event.alt_key();
        let is_ours = matches!(
            event.key().as_str(),
            "j" | "k" | "a" | "d" | "w" | "s" | "n" | "N" | "[" | "]" | "+" | "-" | "0" | "Escape"
        );
        if !is_elsewhere && is_ours && !event.default_prevented() && on_key(&event.key()) {
            event.prevent_default();
            event.stop_immediate_propagation();
        }
    });
    let listener = StoredValue::new_local(listener);
    on_cleanup(move || drop(listener.try_update_value(Option::take)));

    let on_keydown = move |event: leptos::ev::KeyboardEvent| {
        if !event.ctrl_key() && !event.meta_key() && !event.alt_key() && on_key(&event.key()) {
            event.prevent_default();
            event.stop_propagation();
        }
    };
    let slot_count = Memo::new(move |_| room.get().count);
    let slots = move || {
        let count = slot_count.get();
        (0..count).map(|number| view! { <Slot view=view number=number count=count room=room stack=stack.into() rows=rows cursor=cursor matches=matches/> }).views()
    };
    let active = move || cursor.get().filter(|span| place_of(*span).is_some()).map(row_id);
    let height = move || format!("{}px", stack.get().height_px(rows.with(|rows| rows.len())));
    let is_opened = Memo::new(move |_| opened.with(Option::is_some));
    let is_empty = Memo::new(move |_| rows.with(|rows| rows.is_empty()));
    view! {
        <div class="spans" data-testid="spans" style:--span-name=move || format!("{}%", view.names_percent().get())>
            <Ruler view=view/>
            <NamesEdge view=view/>
            <div class="spans__scroller" node_ref=scroller on:scroll=move |_| measure()>
                <div
                    class="spans__rows"
                    role="tree"
                    tabindex="0"
                    aria-label=move || view.with(|e| format!("Spans of {}", e.root_title()))
                    aria-activedescendant=active
                    style:height=height
                    on:keydown=on_keydown
                    on:focus=move |_| if cursor.get_untracked().is_none() { move_cursor(0) }
                >
                    {slots}
                </div>
                {move || is_opened.get().then(|| view! {
                    <div
                        class="spans__detail"
                        node_ref=panel
                        style:transform=move || format!("translateY({}px)", stack.get().room_top_px())
                    >
                        <SpanPanel view=view/>
                    </div>
                }).views()}
                {move || is_empty.get().then(|| view! {
                    <p class="spans__empty" role="status">"No span passes these filters. “Show all” brings them back."</p>
                }).views()}
            </div>
        </div>
    }
    .into_any()
}

/// One row element; which row it shows follows from what is in view.
#[component]
fn Slot(
    view: TraceView,
    number: usize,
    count: usize,
    room: Signal<Room>,
    stack: Signal<Stack>,
    rows: Signal<Arc<Vec<u32>>>,
    cursor: RwSignal<Option<usize>>,
    matches: Signal<Option<Matches>>,
) -> impl IntoView {
    let shown = Memo::new(move |_| {
        let first = room.get().first;
        let place = first + (number + count - first % count.max(1)) % count.max(1);
        rows.with(|rows| rows.get(place).map(|span| (place, *span as usize, rows.len())))
    });
    let zoom = view.zoom();
    move || {
        let (place, span, of) = shown.get()?;
        let explained = view.explained();
        let at = Row { place, span, of, zoom, stack };
        Some(row(view, &explained, at, cursor, matches))
    }
}
