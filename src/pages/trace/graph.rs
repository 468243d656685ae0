//! Who called whom in this trace.

use leptos::prelude::*;

use crate::{
    analysis::trace::{
        duration_text,
        graph::{Node, layout, trace_graph},
        share_text,
        words::counted,
    },
    chart::trace::calls::{Boxes, line_width_px},
    ui::{traces::CallsRoom, views::Views},
};

use super::context::TraceView;

const BOXES: Boxes = Boxes { width_px: 190.0, height_px: 54.0, gap_x_px: 64.0, gap_y_px: 18.0 };
/// More boxes are no picture any more.
const MAX_NODES: usize = 300;

#[component]
pub fn GraphTab(view: TraceView) -> impl IntoView {
    move || {
        let explained = view.explained();
        let graph = trace_graph(&explained.trace);
        if graph.nodes.len() > MAX_NODES {
            return view! {
                <section class="card"><p class="card__text">{format!("{} operations are too many for a picture. Statistics lists them.", graph.nodes.len())}</p></section>
            }
            .into_any();
        }
        let placed = layout(&graph);
        let lines = graph
            .edges
            .iter()
            .zip(placed.edges.iter().zip(&placed.is_back))
            .map(|(edge, (points, is_back))| {
                view! {
                    <path
                        class="calls__line"
                        data-error=(edge.errors > 0).then_some("true")
                        data-back=is_back.then_some("true")
                        d=BOXES.line(points, *is_back)
                        stroke-width=format!("{:.1}", line_width_px(edge.calls))
                    />
                }
            })
            .views();
        let whole_self: i64 = graph.nodes.iter().map(|node| node.self_ns).sum();
        let boxes = graph
            .nodes
            .iter()
            .zip(&placed.nodes)
            .map(|(node, at)| {
                let Node { service, operation, count, errors, total_ns, self_ns, span, .. } = node.clone();
                let (left, top) = BOXES.corner_px(*at);
                let name = operation.unwrap_or_else(|| service.clone());
                let share = self_ns as f64 / whole_self.max(1) as f64;
                let title = format!(
                    "{name}, {service}: {}, {} in all, {} by itself",
                    counted(count as usize, "span", "spans"),
                    duration_text(total_ns),
                    duration_text(self_ns)
                );
                view! {
                    <button
                        type="button"
                        class="calls__box calls__box--operation"
                        data-error=(errors > 0).then_some("true")
                        title=title
                        style:width=format!("{}px", BOXES.width_px)
                        style:height=format!("{}px", BOXES.height_px)
                        style:left=format!("{left:.0}px")
                        style:top=format!("{top:.0}px")
                        style:border-inline-start-color=format!("var(--series-{})", explained.inks.slot(&service) + 1)
                        on:click=move |_| if let Some(span) = span { view.reveal(span as usize) }
                    >
                        <span class="calls__name">{name}</span>
                        <span class="calls__facts">
                            {format!("{count}\u{d7} · {} · {} itself", duration_text(total_ns), share_text(share))}
                        </span>
                    </button>
                }
            })
            .views();
        view! {
            <section class="card trace__view" aria-label="Trace graph">
                <p class="card__note">{format!("{}, {}", counted(graph.nodes.len(), "operation", "operations"), counted(graph.edges.len(), "kind of call", "kinds of calls"))}</p>
                <CallsRoom label="Operations and their calls" extent_px=BOXES.extent_px(&placed) lines=lines>{boxes}</CallsRoom>
            </section>
        }
        .into_any()
    }
}
