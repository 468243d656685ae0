//! One row of the timeline: a span's name, and its bar with what of it is on the critical path.

use leptos::{attr::custom::custom_attribute, prelude::*};

use crate::{
    analysis::trace::{critical_path::Segment, duration_text},
    model::trace::SpanFlags,
    state::reactive::{RwSignal, Signal},
    ui::{
        icon::{Icon, IconView},
        traces::ServiceDot,
        views::Views,
    },
};

use super::{context::TraceView, explained::Explained, percent, stack::Stack, toolbar::Matches, zoom::Zoom};

/// Deeper levels are not indented further: names would leave the column.
const MAX_INDENT: usize = 24;

/// The element's id, for the tree's active descendant.
pub fn row_id(span: usize) -> String {
    format!("span-{span}")
}

/// Which row: its place among those shown, out of how many.
#[derive(Clone, Copy)]
pub struct Row {
    pub place: usize,
    pub span: usize,
    pub of: usize,
    pub zoom: Signal<Zoom>,
    pub stack: Signal<Stack>,
}

pub fn row(
    view: TraceView,
    explained: &Explained,
    at: Row,
    cursor: RwSignal<Option<usize>>,
    matches: Signal<Option<Matches>>,
) -> AnyView {
    let Row { place, span, of, zoom, stack } = at;
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
        " after {offset}{}{}{}{}",
        if is_error { ", failed" } else { "" },
        if flags.contains(SpanFlags::ORPHAN) { ", its parent is missing" } else { "" },
        if flags.contains(SpanFlags::FOLLOWS) { ", not waited for" } else { "" },
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
            style:transform=move || format!("translateY({}px)", stack.get().top_px(place))
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
