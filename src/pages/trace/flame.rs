//! The trace as a flame graph: equal calls side by side are one box, as wide as the time they and what they call are busy.

use leptos::prelude::*;

use crate::{
    analysis::trace::{
        duration_text,
        flame::{Bar, Flame, Node, flame},
        share_text,
        words::counted,
    },
    state::reactive::{Memo, signal},
    ui::views::Views,
};

use super::context::TraceView;

/// Narrower boxes than a thousandth of the width cannot be told apart.
const MIN_WIDTH: f64 = 0.001;
const ROW_PX: f64 = 22.0;

#[component]
pub fn FlameTab(view: TraceView) -> impl IntoView {
    let graph = Memo::always_new(move |_| std::sync::Arc::new(view.with(|explained| flame(&explained.trace))));
    let (focus, set_focus) = signal(None::<u32>);
    let (pointed, set_pointed) = signal(None::<u32>);
    let boxes = move || {
        let graph = graph.get();
        let explained = view.explained();
        graph
            .bars(focus.get(), MIN_WIDTH)
            .into_iter()
            .filter_map(|Bar { node, depth, x, width }| {
                let Node { service, operation, errors, busy_ns, .. } = graph.nodes.get(node as usize)?.clone();
                let label = format!("{operation}, {service}, busy {}", duration_text(busy_ns));
                Some(view! {
                    <button
                        type="button"
                        class="flame__box"
                        aria-label=label
                        data-error=(errors > 0).then_some("true")
                        style:left=format!("{:.4}%", x * 100.0)
                        style:width=format!("{:.4}%", width * 100.0)
                        style:top=format!("{}px", f64::from(depth) * ROW_PX)
                        style:background=format!("var(--series-{})", explained.inks.slot(&service) + 1)
                        on:click=move |_| set_focus.update(|focus| *focus = if *focus == Some(node) { None } else { Some(node) })
                        on:pointerenter=move |_| set_pointed.set(Some(node))
                        on:focus=move |_| set_pointed.set(Some(node))
                    >
                        {(width > 0.03).then(|| operation.to_string())}
                    </button>
                })
            })
            .views()
    };
    let height = move || format!("{}px", f64::from(graph.with(|graph| graph.depth_count)) * ROW_PX);
    let about = move || {
        let shown = pointed.get().or_else(|| focus.get()).unwrap_or(0);
        graph.with(|graph| describe(view, graph, shown))
    };
    view! {
        <section class="card trace__view" aria-label="Flame graph">
            <div class="flame__about" role="status">
                {about}
                {move || focus.get().map(|_| view! {
                    <button type="button" class="control" data-variant="ghost" on:click=move |_| set_focus.set(None)>"Whole trace"</button>
                }).views()}
            </div>
            <div class="flame" on:pointerleave=move |_| set_pointed.set(None)>
                <div class="flame__boxes" style:height=height>{boxes}</div>
            </div>
            <p class="card__note">"Width is the time in which a call or anything below it is busy. A click zooms in."</p>
        </section>
    }
    .into_any()
}

fn describe(view: TraceView, graph: &Flame, node: u32) -> Option<AnyView> {
    let Node { service, operation, count, errors, total_ns, self_ns, busy_ns, span, .. } =
        graph.nodes.get(node as usize)?.clone();
    let share = busy_ns as f64 / graph.busy_ns.max(1) as f64;
    let errors = if errors > 0 { format!(", {}", counted(errors as usize, "error", "errors")) } else { String::new() };
    Some(
        view! {
            <button type="button" class="link" title="Show in the timeline" on:click=move |_| view.reveal(span as usize)>{operation.to_string()}</button>
            <span>
                {format!(
                    " {service}: busy {} ({}), {} by itself, {} in all, {}{errors}",
                    duration_text(busy_ns),
                    share_text(share),
                    duration_text(self_ns),
                    duration_text(total_ns),
                    counted(count as usize, "span", "spans"),
                )}
            </span>
        }
        .into_any(),
    )
}
