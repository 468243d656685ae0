//! Who calls whom: the services of the traces found, with what the backend counted itself.

use std::sync::Arc;

use leptos::prelude::*;

use crate::{
    analysis::trace::{
        duration_text,
        graph::{Edge, Graph, Layout, Node, Point, layout, service_map, with_dependencies},
        words::counted,
    },
    base::{time::TimeSpec, units},
    chart::trace::{
        ServiceInks,
        calls::{Boxes, line_width_px},
    },
    model::trace::Dependency,
    state::{
        query::{Query, use_query},
        reactive::{Memo, RwSignal, Signal},
        traces::form::SearchForm,
    },
    ui::{
        data_table::{DataTable, TableData},
        traces::{CallsRoom, ServiceDot},
        views::Views,
    },
};

use super::search::Search;

const BOXES: Boxes = Boxes { width_px: 186.0, height_px: 64.0, gap_x_px: 84.0, gap_y_px: 20.0 };
/// More boxes are no picture any more; the table has them.
const MAX_NODES: usize = 200;
/// Details of so many spans are read for what clients call.
const MAX_DETAILS: usize = 4_000;

struct Drawn {
    graph: Graph,
    layout: Layout,
    inks: ServiceInks,
    trace_count: usize,
}

#[component]
pub fn MapCard(search: Search) -> impl IntoView {
    let question = Signal::derive(move || {
        let name = search.source().map(|source| source.handle.source.name);
        Some((search.time().spec.get(), name?))
    });
    let dependencies: Query<Vec<Dependency>> = use_query(question, search.beat(), move |_: (TimeSpec, String), _| {
        let (source, range) = (search.source(), search.resolved());
        async move {
            match source.zip(range.ok()) {
                Some((source, range)) => source.dependencies(range).await,
                None => Ok(Vec::new()),
            }
        }
    });
    let drawn = Memo::shared(move || {
        let found = search.shown().get()?;
        let graph = service_map(&found.answer.traces, MAX_DETAILS);
        let graph = dependencies.remote.with(|remote| match &remote.value {
            Some(dependencies) => with_dependencies(graph, dependencies),
            None => graph,
        });
        let inks = ServiceInks::of(graph.nodes.iter().map(|node| node.service.as_str()));
        let layout = layout(&graph);
        Some(Arc::new(Drawn { graph, layout, inks, trace_count: found.rows.len() }))
    });
    let remark = move || {
        dependencies.remote.with(|remote| {
            let failure = remote.failure.as_ref()?;
            Some(view! { <p class="card__note" role="status">{format!("Only from the traces found. {failure}")}</p> })
        })
    };
    let body = move || drawn.get().map(|drawn| view! { <Map search=search drawn=drawn/> }).views();
    view! {
        <section class="card" aria-label="Service map" data-testid="service-map">
            {move || remark().views()}
            {body}
        </section>
    }
    .into_any()
}

fn percent(ratio: f64) -> String {
    units::format("percentunit", ratio, None).to_string()
}

#[component]
fn Map(search: Search, drawn: Arc<Drawn>) -> impl IntoView {
    // The node that is looked at: its calls stand out.
    let looked_at = RwSignal::new(None::<u32>);
    let Drawn { graph, layout, inks, trace_count } = &*drawn;
    let note = format!(
        "{}, {}, from {}",
        counted(graph.nodes.len(), "service", "services"),
        counted(graph.edges.len(), "kind of call", "kinds of calls"),
        counted(*trace_count, "trace", "traces")
    );
    let picture = (graph.nodes.len() <= MAX_NODES).then(|| {
        let nodes = (0_u32..)
            .zip(graph.nodes.iter().zip(&layout.nodes))
            .map(|(at, (node, place))| {
                box_of(search, at, node, inks.slot(&node.service), BOXES.corner_px(*place), looked_at)
            })
            .views();
        let lines = graph
            .edges
            .iter()
            .zip(layout.edges.iter().zip(&layout.is_back))
            .map(|(edge, (points, is_back))| line_of(edge, points, *is_back, looked_at))
            .views();
        view! {
            <CallsRoom label="Services and their calls" extent_px=BOXES.extent_px(layout) lines=lines>{nodes}</CallsRoom>
        }
    });
    let table = Arc::new(table_of(graph));
    view! {
        <p class="card__note">{note}</p>
        {picture.views()}
        <DataTable data=table caption="Calls between services"/>
    }
    .into_any()
}

fn box_of(
    search: Search,
    at: u32,
    node: &Node,
    ink: u8,
    (left, top): (f64, f64),
    looked_at: RwSignal<Option<u32>>,
) -> AnyView {
    let Node { service, count, errors, p95_ns, is_inferred, .. } = node;
    let failed = (*errors > 0).then(|| {
        let text = format!("\u{25b2} {} failed", percent(node.error_ratio()));
        view! { <span class="calls__facts" data-error="true">{text}</span> }
    });
    let facts = if *count > 0 {
        format!("{} \u{b7} p95 {}", counted(*count as usize, "call", "calls"), duration_text(*p95_ns))
    } else if *is_inferred {
        "from the backend\u{2019}s count".to_owned()
    } else {
        "calls others".to_owned()
    };
    let wanted = service.clone();
    let title = if *is_inferred { "It sends no spans; others name it" } else { "Search its traces" };
    let is_inferred = *is_inferred;
    let look = move |is: bool| looked_at.set(is.then_some(at));
    view! {
        <button
            type="button"
            class="calls__box"
            style:width=format!("{}px", BOXES.width_px)
            style:height=format!("{}px", BOXES.height_px)
            data-error=(*errors > 0).then_some("true")
            data-inferred=is_inferred.then_some("true")
            title=title
            style:left=format!("{left:.0}px")
            style:top=format!("{top:.0}px")
            on:pointerenter=move |_| look(true)
            on:pointerleave=move |_| look(false)
            on:focus=move |_| look(true)
            on:blur=move |_| look(false)
            on:click=move |_| if !is_inferred {
                search.ask_traces(&SearchForm { service: wanted.clone(), ..SearchForm::default() });
            }
        >
            <span class="calls__name"><ServiceDot ink=ink/>{service.clone()}</span>
            <span class="calls__facts">{facts}</span>
            {failed.views()}
        </button>
    }
    .into_any()
}

fn line_of(edge: &Edge, points: &[Point], is_back: bool, looked_at: RwSignal<Option<u32>>) -> AnyView {
    let (from, to) = (edge.from, edge.to);
    let calls = edge.calls.max(edge.dependency_calls.unwrap_or_default());
    let is_faded = move || looked_at.get().is_some_and(|node| node != from && node != to).then_some("true");
    view! {
        <path
            class="calls__line"
            data-error=(edge.errors > 0).then_some("true")
            data-back=is_back.then_some("true")
            data-faded=is_faded
            d=BOXES.line(points, is_back)
            stroke-width=format!("{:.1}", line_width_px(calls))
        />
    }
    .into_any()
}

/// The same in text.
fn table_of(graph: &Graph) -> TableData {
    let name = |at: u32| graph.nodes.get(at as usize).map_or("", |node| node.service.as_str());
    let dash = || "\u{2013}".to_owned();
    let number = |count: u64| units::format("none", count as f64, Some(0)).to_string();
    let columns = ["From", "To", "Calls in these traces", "Failed", "p95", "Calls counted by the backend"];
    let row = |edge: &Edge| {
        let is_seen = edge.calls > 0;
        vec![
            name(edge.from).to_owned(),
            name(edge.to).to_owned(),
            if is_seen { number(edge.calls) } else { dash() },
            if is_seen { percent(edge.error_ratio()) } else { dash() },
            if is_seen { duration_text(edge.p95_ns) } else { dash() },
            edge.dependency_calls.map_or_else(dash, number),
        ]
    };
    TableData { columns: columns.map(str::to_owned).to_vec(), rows: graph.edges.iter().map(row).collect(), note: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_as_a_table() {
        let node = |service: &str| Node { service: service.to_owned(), ..Node::default() };
        let graph = Graph {
            nodes: vec![node("api"), node("db")],
            edges: vec![
                Edge { from: 0, to: 1, calls: 4, errors: 1, p95_ns: 2_000_000, dependency_calls: None },
                Edge { from: 1, to: 0, dependency_calls: Some(1_200), ..Edge::default() },
            ],
        };
        let rows: Vec<String> = table_of(&graph).rows.iter().map(|row| row.join(" ")).collect();
        assert_eq!(rows, ["api db 4 25% 2 ms \u{2013}", "db api \u{2013} \u{2013} \u{2013} 1,200"]);
    }
}
