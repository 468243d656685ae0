use std::sync::Arc;

use super::*;
use crate::{
    analysis::trace::random::{self, Random},
    model::trace::{Dependency, Trace, drawn},
};

fn shown(graph: &Graph) -> Vec<String> {
    let name = |node: u32| {
        let Node { service, operation, .. } = &graph.nodes[node as usize];
        operation.as_ref().map_or_else(|| service.clone(), |operation| format!("{service} {operation}"))
    };
    let ms = |ns: i64| ns / 1_000_000;
    let nodes = graph.nodes.iter().zip(0_u32..).map(|(node, number)| {
        let mark = if node.is_inferred { "?" } else { "" };
        let Node { count, errors, total_ns, self_ns, p95_ns, .. } = node;
        format!("{}{mark} ×{count} {errors}! {}/{} p95 {}", name(number), ms(*total_ns), ms(*self_ns), ms(*p95_ns))
    });
    let edges = graph.edges.iter().map(|edge| {
        let counted = edge.dependency_calls.map(|calls| format!(" ({calls})")).unwrap_or_default();
        format!(
            "{} > {} ×{} {}! p95 {}{counted}",
            name(edge.from),
            name(edge.to),
            edge.calls,
            edge.errors,
            ms(edge.p95_ns)
        )
    });
    nodes.chain(edges).collect()
}

const DRAWING: &str = "
    web GET /       |==============|
      api GET /a     |============|   !server
        api load      |===|
          api load     |=|
          api SELECT     |=|          !client db.system=postgresql
        api call           |====|     !client peer.service=mcp
          mcp list          |==|      !server !error
        api call                 |=|  !client !error peer.service=billing
    ";

#[test]
fn a_trace_as_a_graph_of_operations() {
    let graph = trace_graph(&drawn::trace(DRAWING));
    assert_eq!(
        shown(&graph),
        [
            "api GET /a ×1 0! 13/3 p95 13",
            "api SELECT ×1 0! 2/2 p95 2",
            "api call ×2 1! 7/4 p95 5",
            "api load ×2 0! 6/3 p95 4",
            "mcp list ×1 1! 3/3 p95 3",
            "web GET / ×1 0! 15/2 p95 15",
            "api GET /a > api call ×2 1! p95 5",
            "api GET /a > api load ×1 0! p95 4",
            "api call > mcp list ×1 1! p95 3",
            "api load > api SELECT ×1 0! p95 2",
            "api load > api load ×1 0! p95 2",
            "web GET / > api GET /a ×1 0! p95 13",
        ]
    );
    assert_eq!(graph.nodes[2].span, Some(5));
}

#[test]
fn traces_as_a_map_of_services() {
    let traces: Vec<Arc<Trace>> = (0..2).map(|_| Arc::new(drawn::trace(DRAWING))).collect();
    let map = service_map(&traces, 100);
    let expect = [
        "api ×2 0! 26/24 p95 13",
        "billing? ×2 2! 4/0 p95 2",
        "mcp ×2 2! 6/6 p95 3",
        "postgresql? ×2 0! 4/0 p95 2",
        "web ×2 0! 30/4 p95 15",
        "api > billing ×2 2! p95 2",
        "api > mcp ×2 2! p95 3",
        "api > postgresql ×2 0! p95 2",
        "web > api ×2 0! p95 13",
    ];
    assert_eq!(shown(&map), expect);
    assert!((map.edges[0].error_ratio() - 1.0).abs() < 1e-9 && map.nodes[0].error_ratio().abs() < 1e-9);
    assert_eq!(service_map(&traces, 0).nodes.len(), 3);
}

#[test]
fn the_backends_dependencies_complete_a_map() {
    let traces = [Arc::new(drawn::trace(DRAWING))];
    let dependency = |parent: &str, child: &str, call_count| Dependency {
        parent: parent.to_owned(),
        child: child.to_owned(),
        call_count,
    };
    let map = with_dependencies(
        service_map(&traces, 0),
        &[dependency("web", "api", 70), dependency("cron", "api", 5), dependency("web", "api", 1)],
    );
    assert_eq!(
        shown(&map),
        [
            "api ×1 0! 13/12 p95 13",
            "cron? ×0 0! 0/0 p95 0",
            "mcp ×1 1! 3/3 p95 3",
            "web ×1 0! 15/2 p95 15",
            "api > mcp ×1 1! p95 3",
            "cron > api ×0 0! p95 0 (5)",
            "web > api ×1 0! p95 13 (71)",
        ]
    );
    assert_eq!(with_dependencies(Graph::default(), &[]), Graph::default());
}

/// A graph of edges as `a>b`.
fn graph(edges: &str) -> Graph {
    let ends: Vec<(&str, &str)> = edges.split_whitespace().map(|edge| edge.split_once('>').unwrap()).collect();
    let dependencies: Vec<Dependency> = ends
        .iter()
        .map(|(parent, child)| Dependency { parent: (*parent).to_owned(), child: (*child).to_owned(), call_count: 1 })
        .collect();
    with_dependencies(Graph::default(), &dependencies)
}

/// Layers, each with its nodes from the top.
fn picture(graph: &Graph) -> String {
    let layout = layout(graph);
    let mut layers: Vec<Vec<(f64, &str)>> = vec![Vec::new(); layout.extent.x as usize + 1];
    for (node, point) in graph.nodes.iter().zip(&layout.nodes) {
        layers[point.x as usize].push((point.y, &node.service));
    }
    let mut lines = Vec::new();
    for layer in &mut layers {
        layer.sort_by(|a, b| a.0.total_cmp(&b.0));
        assert!(layer.windows(2).all(|pair| pair[1].0 - pair[0].0 > 0.999), "apart");
        lines.push(layer.iter().map(|(_, name)| *name).collect::<Vec<_>>().join(""));
    }
    lines.join(" | ")
}

#[test]
fn callers_lie_before_what_they_call() {
    for (edges, expect) in [
        ("a>b b>c", "a | b | c"),
        ("a>b a>c b>d c>d", "a | bc | d"),
        ("a>b b>c a>c", "a | b | c"),
        // Without crossings.
        ("a>y b>x", "ab | yx"),
        ("r>a r>b a>z b>y z>q y>p", "r | ab | zy | qp"),
        // A cycle, and a node that calls itself.
        ("a>b b>c c>b c>c", "a | b | c"),
        ("a>b b>a", "a | b"),
        ("", ""),
    ] {
        let graph = graph(edges);
        assert_eq!(if graph.nodes.is_empty() { String::new() } else { picture(&graph) }, expect, "{edges}");
    }
    let back = layout(&graph("a>b b>c c>b c>c"));
    assert_eq!(back.is_back, [false, false, true, true]);
    let long = layout(&graph("a>b b>c a>c"));
    assert_eq!(long.edges[1].len(), 3, "led around b: {long:?}");
    assert!((long.edges[1][1].y - long.nodes[1].y).abs() > 0.999);
    assert_eq!(layout(&Graph::default()), Layout::default());
}

#[test]
fn counts_do_not_move_anything() {
    let mut random = Random(53);
    for _ in 0..200 {
        let trace = random::trace(&mut random, 40);
        let graph = trace_graph(&trace);
        let first = layout(&graph);
        let mut busier = graph.clone();
        for edge in &mut busier.edges {
            edge.calls += random.below(1000);
        }
        busier.nodes.iter_mut().for_each(|node| node.count += 9);
        assert_eq!(layout(&busier), first);
        for ((edge, points), is_back) in graph.edges.iter().zip(&first.edges).zip(&first.is_back) {
            let (from, to) = (first.nodes[edge.from as usize], first.nodes[edge.to as usize]);
            assert_eq!((points[0], *points.last().unwrap()), (from, to));
            assert!(*is_back || from.x < to.x, "callers before");
        }
        for (number, a) in first.nodes.iter().enumerate() {
            assert!(
                first.nodes[..number].iter().all(|b| (a.x - b.x).abs() > 0.5 || (a.y - b.y).abs() > 0.999),
                "apart"
            );
        }
    }
    assert_eq!(trace_graph(&random::chain(200_000)).edges.len(), 1);
}

#[test]
fn a_large_graph_takes_no_time_to_speak_of() {
    let edges: Vec<String> = (0..3000).map(|n| format!("n{}>n{} n{}>n{}", n, n + 1, n / 2, n + 1)).collect();
    assert_eq!(layout(&graph(&edges.join(" "))).nodes.len(), 3001);
}
