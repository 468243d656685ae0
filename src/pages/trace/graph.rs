//! Who called whom in this trace.

use std::fmt::Write as _;

use leptos::prelude::*;

use crate::{
    analysis::trace::{
        duration_text,
        graph::{Graph, Layout, Node, layout, trace_graph},
        words::counted,
    },
    ui::views::Views,
};

use super::{context::TraceView, share_text};

const NODE_WIDTH_PX: f64 = 190.0;
const NODE_HEIGHT_PX: f64 = 54.0;
const GAP_X_PX: f64 = 64.0;
const GAP_Y_PX: f64 = 18.0;
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
        let (pitch_x, pitch_y) = (NODE_WIDTH_PX + GAP_X_PX, NODE_HEIGHT_PX + GAP_Y_PX);
        let width = placed.extent.x * pitch_x + NODE_WIDTH_PX;
        let height = placed.extent.y * pitch_y + NODE_HEIGHT_PX;
        let lines = edges(&graph, &placed, pitch_x, pitch_y);
        let whole_self: i64 = graph.nodes.iter().map(|node| node.self_ns).sum();
        let boxes = graph
            .nodes
            .iter()
            .zip(&placed.nodes)
            .map(|(node, at)| {
                let Node { service, operation, count, errors, total_ns, self_ns, span, .. } = node.clone();
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
                        class="call-graph__node"
                        data-error=(errors > 0).then_some("true")
                        title=title
                        style:left=format!("{:.0}px", at.x * pitch_x)
                        style:top=format!("{:.0}px", at.y * pitch_y)
                        style:border-inline-start-color=format!("var(--series-{})", explained.inks.slot(&service) + 1)
                        on:click=move |_| if let Some(span) = span { view.reveal(span as usize) }
                    >
                        <span class="call-graph__name">{name}</span>
                        <span class="call-graph__facts">
                            {format!("{count}\u{d7} · {} · {} itself", duration_text(total_ns), share_text(share))}
                        </span>
                    </button>
                }
            })
            .views();
        view! {
            <section class="card trace__view" aria-label="Trace graph">
                <p class="card__note">{format!("{}, {}", counted(graph.nodes.len(), "operation", "operations"), counted(graph.edges.len(), "kind of call", "kinds of calls"))}</p>
                <div class="call-graph" tabindex="0" role="region" aria-label="Operations and their calls">
                    <div class="call-graph__room" style:width=format!("{width:.0}px") style:height=format!("{height:.0}px")>
                        <svg class="call-graph__lines" viewBox=format!("0 0 {width:.0} {height:.0}") aria-hidden="true">{lines}</svg>
                        {boxes}
                    </div>
                </div>
            </section>
        }
        .into_any()
    }
}

fn edges(graph: &Graph, placed: &Layout, pitch_x: f64, pitch_y: f64) -> AnyView {
    let px = |x: f64, y: f64| (x * pitch_x, y * pitch_y + NODE_HEIGHT_PX / 2.0);
    graph
        .edges
        .iter()
        .zip(&placed.edges)
        .map(|(edge, points)| {
            let last = points.len().saturating_sub(1);
            let mut path = String::new();
            let mut before: Option<(f64, f64)> = None;
            for (at, point) in points.iter().enumerate() {
                let (x, y) = px(point.x, point.y);
                // From the right side of the caller to the left side of what it calls.
                let x = if at == last && last > 0 { x } else { x + NODE_WIDTH_PX };
                match before {
                    None => write!(path, "M{x:.1} {y:.1}").unwrap_or_default(),
                    Some((from_x, from_y)) => {
                        let middle = f64::midpoint(from_x, x);
                        write!(path, "C{middle:.1} {from_y:.1} {middle:.1} {y:.1} {x:.1} {y:.1}").unwrap_or_default();
                    }
                }
                before = Some((x, y));
            }
            let width = 1.0 + (edge.calls as f64).log10().clamp(0.0, 4.0);
            view! { <path class="call-graph__edge" data-error=(edge.errors > 0).then_some("true") d=path stroke-width=format!("{width:.1}")/> }
        })
        .views()
}
