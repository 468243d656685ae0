//! The rows of spans: only those in view are in the page, whatever the trace's size.
//!
//! Invariant: all rows are of one height. As many row elements exist as fit the room, and each shows the one row among
//! those in view whose number leaves its own remainder: scrolling by one row builds one row anew.
//!
//! For screen readers the rows are a tree with one tab stop; the row that the keyboard is on is its active descendant and
//! says what it shows.

use std::sync::Arc;

use leptos::{attr::custom::custom_attribute, html, prelude::*};

use crate::{
    analysis::trace::{
        critical_path::Segment,
        duration_text,
        filter::{RowFilter, kept, visible_rows},
        words::counted,
    },
    model::trace::SpanFlags,
    platform::{dom, events},
    state::reactive::{Memo, RwSignal, Signal, effect, signal},
    ui::{
        icon::{Icon, IconView},
        traces::ServiceDot,
        views::Views,
    },
};

use super::{
    context::{Explained, TraceView, Zoom},
    minimap::Minimap,
    report::ReportPanel,
    span_detail::SpanPanel,
    toolbar::{Matches, Toolbar, go_to_match, use_matches},
};

/// A row: the name beside the bar, or, in less than [`NARROW_PX`], above it (the styles have the same widths).
const ROW_PX: f64 = 28.0;
const NARROW_ROW_PX: f64 = 42.0;
const NARROW_PX: i32 = 520;
/// Rows above and below those in view, so that scrolling shows no gap.
const OVERSCAN: usize = 6;
/// Deeper levels are not indented further: names would leave the column.
const MAX_INDENT: usize = 24;
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
    let has_panel = Memo::new(move |_| selected.with(Option::is_some));
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

/// What is in view: the first row, how many there are room for, and the height of each.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Room {
    first: usize,
    count: usize,
    row_px: f64,
}

#[component]
fn Rows(
    view: TraceView,
    rows: Signal<Arc<Vec<u32>>>,
    cursor: RwSignal<Option<usize>>,
    matches: Signal<Option<Matches>>,
) -> impl IntoView {
    let scroller = NodeRef::<html::Div>::new();
    let (room, set_room) = signal(Room { first: 0, count: 0, row_px: ROW_PX });
    let watch = StoredValue::new_local(None::<events::SizeWatch>);
    let measure = move || {
        let Some(element) = scroller.get_untracked() else { return };
        let row_px = if element.client_width() < NARROW_PX { NARROW_ROW_PX } else { ROW_PX };
        let first = (f64::from(element.scroll_top()) / row_px).floor() as usize;
        let count = (f64::from(element.client_height()) / row_px).ceil() as usize + 1;
        let now = Room { first: first.saturating_sub(OVERSCAN), count: count + 2 * OVERSCAN, row_px };
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

    // The row of the keyboard comes into view.
    let place_of = move |span: usize| rows.with_untracked(|rows| rows.binary_search(&(span as u32)).ok());
    effect(move || {
        rows.track();
        let (Some(span), Some(element)) = (cursor.get(), scroller.get()) else { return };
        let Some(place) = place_of(span) else { return };
        let row_px = room.with_untracked(|room| room.row_px);
        let (top, bottom) = (place as f64 * row_px, (place + 1) as f64 * row_px);
        let (from, height) = (f64::from(element.scroll_top()), f64::from(element.client_height()));
        let target = if top < from {
            top - row_px
        } else if bottom > from + height {
            bottom - height + row_px
        } else {
            return;
        };
        element.set_scroll_top(target.max(0.0) as i32);
        measure();
    });

    let zoom = view.zoom();
    let selected = view.selected();
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
        (0..count).map(|number| view! { <Slot view=view number=number count=count room=room rows=rows cursor=cursor matches=matches/> }).views()
    };
    let active = move || cursor.get().filter(|span| place_of(*span).is_some()).map(row_id);
    let row_px = Memo::new(move |_| room.get().row_px);
    let height = move || format!("{}px", rows.with(|rows| rows.len()) as f64 * row_px.get());
    let is_empty = Memo::new(move |_| rows.with(|rows| rows.is_empty()));
    view! {
        <div class="spans" data-testid="spans">
            <Ruler view=view/>
            <div
                class="spans__scroller"
                role="tree"
                tabindex="0"
                aria-label=move || view.with(|e| format!("Spans of {}", e.root_title()))
                aria-activedescendant=active
                node_ref=scroller
                on:scroll=move |_| measure()
                on:keydown=on_keydown
                on:focus=move |_| if cursor.get_untracked().is_none() { move_cursor(0) }
            >
                <div class="spans__rows" style:height=height>{slots}</div>
                {move || is_empty.get().then(|| view! {
                    <p class="spans__empty" role="status">"No span passes these filters. “Show all” brings them back."</p>
                }).views()}
            </div>
        </div>
    }
    .into_any()
}

fn row_id(span: usize) -> String {
    format!("span-{span}")
}

/// One row element; which row it shows follows from what is in view.
#[component]
fn Slot(
    view: TraceView,
    number: usize,
    count: usize,
    room: Signal<Room>,
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
    let row_px = Memo::new(move |_| room.get().row_px);
    move || {
        let (place, span, of) = shown.get()?;
        let explained = view.explained();
        let at = Row { place, span, of, zoom, height_px: row_px.get() };
        Some(row(view, &explained, at, cursor, matches))
    }
}

#[derive(Clone, Copy)]
struct Row {
    place: usize,
    span: usize,
    of: usize,
    zoom: Signal<Zoom>,
    height_px: f64,
}

fn row(
    view: TraceView,
    explained: &Explained,
    at: Row,
    cursor: RwSignal<Option<usize>>,
    matches: Signal<Option<Matches>>,
) -> AnyView {
    let Row { place, span, of, zoom, height_px } = at;
    let trace = &explained.trace;
    let (service, operation) = (trace.service(span).to_owned(), trace.operation(span).to_owned());
    let depth = trace.depth(span);
    let has_children = trace.has_children(span);
    let flags = trace.flags(span);
    let is_error = flags.contains(SpanFlags::ERROR);
    let is_folded = move || view.collapsed.with(|collapsed| collapsed.contains(span));
    let hidden_count = trace.descendants(span).len();
    let selected = view.selected();
    let is_match = move || matches.with(|m| m.as_ref().is_some_and(|m| m.spans.binary_search(&(span as u32)).is_ok()));
    let duration = explained.duration_of(span);
    let offset = duration_text(trace.span_start_ns(span).saturating_sub(trace.start_ns()));
    // What the eye sees in the bar, for those who hear the row.
    let heard = format!(
        " after {offset}{}{}{}",
        if is_error { ", failed" } else { "" },
        if flags.contains(SpanFlags::ORPHAN) { ", its parent is missing" } else { "" },
        if flags.contains(SpanFlags::WARNINGS) { ", with warnings" } else { "" },
    );
    let ink = explained.ink(span);
    view! {
        <div
            class="span-row"
            id=row_id(span)
            role="treeitem"
            {..custom_attribute("aria-level", depth + 1)}
            aria-posinset=place + 1
            aria-setsize=of
            aria-expanded=move || has_children.then(|| if is_folded() { "false" } else { "true" })
            aria-selected=move || if selected.get() == Some(span) { "true" } else { "false" }
            data-cursor=move || (cursor.get() == Some(span)).then_some("true")
            data-match=move || is_match().then_some("true")
            data-error=is_error.then_some("true")
            style:transform=format!("translateY({}px)", place as f64 * height_px)
            on:click=move |_| {
                cursor.set(Some(span));
                view.select(if selected.get_untracked() == Some(span) { None } else { Some(span) });
            }
        >
            <div class="span-row__name" style:padding-inline-start=format!("calc(4px + {} * var(--span-indent))", depth.min(MAX_INDENT))>
                {if has_children {
                    view! {
                        <button
                            type="button"
                            class="span-row__fold"
                            tabindex="-1"
                            aria-hidden="true"
                            data-folded=move || is_folded().then_some("true")
                            on:click=move |event| {
                                event.stop_propagation();
                                cursor.set(Some(span));
                                view.collapsed.update(|collapsed| collapsed.toggle(span));
                            }
                        ></button>
                    }.into_any()
                } else {
                    view! { <span class="span-row__leaf"></span> }.into_any()
                }}
                <ServiceDot ink=ink/>
                {is_error.then(|| view! { <span class="span-row__error"><IconView icon=Icon::Failed is_small=true/></span> }).views()}
                <span class="span-row__operation">{operation}</span>" "
                <span class="span-row__service">{service}</span>" "
                {move || is_folded().then(|| view! { <span class="span-row__hidden">{format!("+{hidden_count}")}</span> }).views()}
            </div>
            // Panning builds only this anew.
            {move || view.with(|explained| track(explained, span, zoom.get(), ink, duration.clone()))}
            <span class="visually-hidden">{heard}</span>
        </div>
    }
    .into_any()
}

fn percent(place: f64) -> String {
    format!("{:.4}%", place * 100.0)
}

/// The bar of a span, what of it is on the critical path, and its duration beside it.
fn track(explained: &Explained, span: usize, zoom: Zoom, ink: u8, duration: String) -> AnyView {
    let trace = &explained.trace;
    let place = |time_ns: i64| zoom.place(explained.ratio_at(time_ns));
    let (start, end) = (place(trace.span_start_ns(span)), place(trace.span_end_ns(span)));
    if end < 0.0 || start > 1.0 {
        // Where it is, for somebody who looks for it.
        let side = if end < 0.0 { "before" } else { "after" };
        return view! { <div class="span-row__track"><span class="span-row__away" data-side=side>{duration}</span></div> }
            .into_any();
    }
    let (left, right) = (start.max(0.0), end.min(1.0));
    let segments = explained
        .segments_of(span)
        .iter()
        .filter_map(|Segment { start_ns, end_ns, .. }| {
            let (from, to) = (place(*start_ns).max(0.0), place(*end_ns).min(1.0));
            (to > from).then(|| {
                view! {
                    <span class="span-row__critical" style:left=percent(from) style:width=percent(to - from)></span>
                }
            })
        })
        .views();
    // Beside the bar where there is room, otherwise in it.
    let (side, at) = if right < 0.86 {
        ("after", percent(right))
    } else if left > 0.14 {
        ("before", percent(1.0 - left))
    } else {
        ("inside", percent(1.0 - right))
    };
    let time = match side {
        "after" => view! { <span class="span-row__time" data-side=side style:left=at>{duration}</span> }.into_any(),
        _ => view! { <span class="span-row__time" data-side=side style:right=at>{duration}</span> }.into_any(),
    };
    view! {
        <div class="span-row__track">
            <span
                class="span-row__bar"
                style:left=percent(left)
                style:width=percent(right - left)
                style:background=format!("var(--series-{})", ink + 1)
            ></span>
            {segments}
            {time}
        </div>
    }
    .into_any()
}

/// Times above the bars, at round values.
#[component]
fn Ruler(view: TraceView) -> impl IntoView {
    let zoom = view.zoom();
    let ticks = move || {
        let whole_ns = view.with(|explained| explained.trace.duration_ns()) as f64;
        let zoom = zoom.get();
        let (from_ns, width_ns) = (zoom.start * whole_ns, zoom.width() * whole_ns);
        ticks_ns(from_ns, width_ns)
            .into_iter()
            .map(|tick_ns| {
                let place = (tick_ns - from_ns) / width_ns.max(1.0);
                let side = if place < 0.04 {
                    "start"
                } else if place > 0.94 {
                    "end"
                } else {
                    "middle"
                };
                let text = if tick_ns == 0.0 { "0".to_owned() } else { duration_text(tick_ns.round() as i64) };
                view! { <span class="spans__tick" data-side=side style:left=percent(place)>{text}</span> }
            })
            .views()
    };
    let rows_text = move || view.with(|explained| counted(explained.trace.len(), "span", "spans"));
    view! {
        <div class="spans__ruler" aria-hidden="true">
            <span class="spans__ruler-name">{rows_text}</span>
            <div class="spans__ticks">{ticks}</div>
        </div>
    }
    .into_any()
}

/// Three to six multiples of a round step (1, 2 or 5 times a power of ten nanoseconds; times of a minute above one) within
/// what is shown.
fn ticks_ns(from_ns: f64, width_ns: f64) -> Vec<f64> {
    const MINUTE_NS: f64 = 60e9;
    let wanted_ns = (width_ns / 5.0).max(1.0);
    let (unit_ns, wanted) = if wanted_ns > MINUTE_NS { (MINUTE_NS, wanted_ns / MINUTE_NS) } else { (1.0, wanted_ns) };
    let power = 10_f64.powf(wanted.log10().floor());
    let step_ns = unit_ns
        * [1.0, 2.0, 5.0, 10.0].into_iter().map(|factor| factor * power).find(|step| *step >= wanted).unwrap_or(power);
    let first = (from_ns / step_ns).ceil();
    (0..12)
        .map(|count| (first + f64::from(count)) * step_ns)
        .take_while(|tick_ns| *tick_ns <= from_ns + width_ns * (1.0 + 1e-9))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::ticks_ns;

    #[test]
    fn ticks_are_round_and_few() {
        let check = |from: f64, width: f64, expect: &[f64]| assert_eq!(ticks_ns(from, width), expect);
        check(0.0, 20.7e9, &[0.0, 5e9, 10e9, 15e9, 20e9]);
        check(3e6, 10e6, &[4e6, 6e6, 8e6, 10e6, 12e6]);
        check(0.0, 0.0, &[0.0]);
        check(0.0, 600e9, &[0.0, 120e9, 240e9, 360e9, 480e9, 600e9]);
        for width in [7.0, 123.0, 1e5, 3.3e9, 1e13, 1e18] {
            let count = ticks_ns(width * 0.37, width).len();
            assert!((2..=7).contains(&count), "{width}: {count}");
        }
    }
}
