//! Graphs from traces and from the backend's dependencies.

use std::sync::Arc;

use super::{Edge, Graph, Node};
use crate::{
    analysis::trace::{
        at,
        intern::{Names, Pairs},
        self_time::self_ns,
        set,
        usual::quantile,
    },
    base::order,
    model::trace::{Dependency, SpanDetail, SpanKind, Trace},
};

/// Grows while spans are looked at; numbers are those of first sight.
#[derive(Default)]
struct Growing {
    names: Names,
    /// A service and an operation. In a map of services the operation is the number of the empty text.
    keys: Pairs,
    nodes: Vec<Node>,
    durations_ns: Vec<Vec<i64>>,
    ends: Pairs,
    edges: Vec<Edge>,
    edge_durations_ns: Vec<Vec<i64>>,
}

impl Growing {
    fn node(&mut self, service: &str, operation: Option<&str>) -> u32 {
        let key = (self.names.number(service), self.names.number(operation.unwrap_or_default()));
        let number = self.keys.number(key);
        if number as usize == self.nodes.len() {
            let operation = operation.map(str::to_owned);
            self.nodes.push(Node { service: service.to_owned(), operation, ..Node::default() });
            self.durations_ns.push(Vec::new());
        }
        number
    }

    fn add_count(&mut self, node: u32, duration_ns: i64, is_error: bool) {
        if let Some(node) = self.nodes.get_mut(node as usize) {
            node.count += 1;
            node.errors += u64::from(is_error);
            node.total_ns = node.total_ns.saturating_add(duration_ns);
        }
        if let Some(durations) = self.durations_ns.get_mut(node as usize) {
            durations.push(duration_ns);
        }
    }

    fn edge(&mut self, from: u32, to: u32) -> usize {
        let number = self.ends.number((from, to)) as usize;
        if number == self.edges.len() {
            self.edges.push(Edge { from, to, ..Edge::default() });
            self.edge_durations_ns.push(Vec::new());
        }
        number
    }

    fn add_call(&mut self, from: u32, to: u32, duration_ns: i64, is_error: bool) {
        let number = self.edge(from, to);
        if let Some(edge) = self.edges.get_mut(number) {
            edge.calls += 1;
            edge.errors += u64::from(is_error);
        }
        if let Some(durations) = self.edge_durations_ns.get_mut(number) {
            durations.push(duration_ns);
        }
    }

    /// Puts nodes and edges in order.
    fn finish(mut self) -> Graph {
        for (node, durations) in self.nodes.iter_mut().zip(&mut self.durations_ns) {
            node.p95_ns = p95(durations);
        }
        for (edge, durations) in self.edges.iter_mut().zip(&mut self.edge_durations_ns) {
            edge.p95_ns = p95(durations);
        }
        in_order(self.nodes, self.edges)
    }
}

fn p95(durations_ns: &mut [i64]) -> i64 {
    order::sort_by(durations_ns, Ord::cmp);
    quantile(durations_ns, 95)
}

fn in_order(nodes: Vec<Node>, mut edges: Vec<Edge>) -> Graph {
    let key = |place: usize| nodes.get(place).map(|node| (&node.service, &node.operation));
    let order = order::order_of(nodes.len(), &mut |a, b| key(a).cmp(&key(b)));
    let mut place_of = vec![0_u32; nodes.len()];
    for (place, from) in (0_u32..).zip(&order) {
        set(&mut place_of, *from, place);
    }
    for edge in &mut edges {
        edge.from = at(&place_of, edge.from as usize);
        edge.to = at(&place_of, edge.to as usize);
    }
    order::sort_by_key(&mut edges, |edge| (edge.from, edge.to));
    let nodes = order.iter().filter_map(|place| nodes.get(*place).cloned()).collect();
    Graph { nodes, edges }
}

/// The operations of a trace. Operations that call themselves have an edge to themselves. O(n log n).
pub fn trace_graph(trace: &Trace) -> Graph {
    let mut growing = Growing::default();
    let own = self_ns(trace);
    let mut node_of: Vec<u32> = Vec::with_capacity(trace.len());
    // A span's names are looked up once a pair of keys.
    let (mut pairs, mut node_of_pair) = (Pairs::default(), Vec::new());
    for span in 0..trace.len() {
        let pair = pairs.number((trace.service_key(span), trace.operation_key(span))) as usize;
        if pair == node_of_pair.len() {
            node_of_pair.push(growing.node(trace.service(span), Some(trace.operation(span))));
        }
        let number = at(&node_of_pair, pair);
        let (duration_ns, is_error) = (trace.span_duration_ns(span), trace.is_error(span));
        growing.add_count(number, duration_ns, is_error);
        if let Some(node) = growing.nodes.get_mut(number as usize) {
            node.self_ns = node.self_ns.saturating_add(at(&own, span));
            node.span = node.span.or(Some(span as u32));
        }
        if let Some(parent) = trace.parent(span) {
            growing.add_call(at(&node_of, parent), number, duration_ns, is_error);
        }
        node_of.push(number);
    }
    growing.finish()
}

/// The services of traces and the calls between them. What clients call that has no spans of its own (databases, other
/// companies' services) is inferred from their tags, of at most so many spans.
pub fn service_map(traces: &[Arc<Trace>], max_details: usize) -> Graph {
    let mut growing = Growing::default();
    let mut details_left = max_details;
    let mut has_spans: Vec<bool> = Vec::new();
    for trace in traces {
        let own = self_ns(trace);
        let mut node_of_name: Vec<Option<u32>> = vec![None; trace.name_count()];
        let mut node_of: Vec<u32> = Vec::with_capacity(trace.len());
        for span in 0..trace.len() {
            let number = match node_of_name.get_mut(trace.service_key(span) as usize) {
                Some(known) => *known.get_or_insert_with(|| growing.node(trace.service(span), None)),
                None => growing.node(trace.service(span), None),
            };
            node_of.push(number);
            has_spans.resize(growing.nodes.len().max(has_spans.len()), false);
            set(&mut has_spans, number as usize, true);
            if let Some(node) = growing.nodes.get_mut(number as usize) {
                node.self_ns = node.self_ns.saturating_add(at(&own, span));
            }
            let (duration_ns, is_error) = (trace.span_duration_ns(span), trace.is_error(span));
            let caller = trace.parent(span).map(|parent| at(&node_of, parent));
            if caller != Some(number) {
                growing.add_count(number, duration_ns, is_error);
            }
            if let Some(caller) = caller.filter(|caller| *caller != number) {
                growing.add_call(caller, number, duration_ns, is_error);
            }
            let calls_unseen = matches!(trace.kind(span), SpanKind::Client | SpanKind::Producer)
                && trace.children(span).all(|child| trace.service_key(child) == trace.service_key(span));
            if calls_unseen && details_left > 0 {
                details_left -= 1;
                let peer = peer_of(&trace.detail(span)).filter(|peer| peer != trace.service(span));
                if let Some(peer) = peer {
                    let peer = growing.node(&peer, None);
                    growing.add_call(number, peer, duration_ns, is_error);
                    growing.add_count(peer, duration_ns, is_error);
                }
            }
        }
    }
    for (number, node) in growing.nodes.iter_mut().enumerate() {
        node.is_inferred = !at(&has_spans, number);
    }
    growing.finish()
}

/// What a client says that it calls, the most telling tag first.
fn peer_of(detail: &SpanDetail) -> Option<String> {
    let keys = ["peer.service", "db.system", "db.system.name", "messaging.system", "server.address", "net.peer.name"];
    keys.iter().find_map(|key| detail.tag_text(key)).filter(|peer| !peer.is_empty())
}

/// A map of services with what the backend counted (`/api/dependencies`): its services and calls are added, those seen in
/// traces keep their numbers.
pub fn with_dependencies(graph: Graph, dependencies: &[Dependency]) -> Graph {
    let mut growing = Growing::default();
    let Graph { nodes, edges } = graph;
    for node in &nodes {
        growing.node(&node.service, node.operation.as_deref());
    }
    for edge in &edges {
        growing.edge(edge.from, edge.to);
    }
    let (known_nodes, known_edges) = (nodes.len(), edges.len());
    let mut dependency_calls: Vec<Option<u64>> = vec![None; known_edges];
    for Dependency { parent, child, call_count } in dependencies {
        let ends = (growing.node(parent, None), growing.node(child, None));
        let number = growing.edge(ends.0, ends.1);
        if dependency_calls.len() <= number {
            dependency_calls.resize(number + 1, None);
        }
        if let Some(calls) = dependency_calls.get_mut(number) {
            *calls = Some(calls.unwrap_or_default().saturating_add(*call_count));
        }
    }
    let mut all_nodes = nodes;
    all_nodes.extend(growing.nodes.into_iter().skip(known_nodes).map(|node| Node { is_inferred: true, ..node }));
    let mut all_edges = edges;
    all_edges.extend(growing.edges.into_iter().skip(known_edges));
    for (edge, calls) in all_edges.iter_mut().zip(dependency_calls) {
        edge.dependency_calls = calls;
    }
    in_order(all_nodes, all_edges)
}
