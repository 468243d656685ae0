//! Where the nodes of a graph lie: in layers, callers before what they call.
//!
//! The steps are those of Sugiyama, Tagawa and Toda ("Methods for visual understanding of hierarchical system structures",
//! 1981): cycles are broken, layers are longest paths, within layers nodes are put near their neighbours (barycentres), and
//! then moved to lie straight. Names decide whatever is undecided, and nothing else counts: a graph of the same nodes and
//! edges has the same layout after every refresh.

use super::Graph;
use crate::{
    analysis::trace::{at, set},
    base::order,
};

/// Ways up and down through the layers. More hardly change anything (Gansner et al., "A technique for drawing directed
/// graphs", 1993, use 24 with a better start).
const SWEEPS: usize = 8;
/// Passes that straighten.
const STRAIGHTENING: usize = 6;
/// Edges across several layers are led around nodes by points in between, unless there would be too many.
const MAX_BENDS: usize = 20_000;

/// `x` counts layers, `y` lines; both from 0, neighbours are 1 apart or more.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Point {
    pub x: f64,
    pub y: f64,
}

#[derive(Debug, Clone, PartialEq, Default)]
pub struct Layout {
    /// One for each node of the graph.
    pub nodes: Vec<Point>,
    /// For each edge the points from its caller to what it calls, both included.
    pub edges: Vec<Vec<Point>>,
    /// For each edge whether it leads back to an earlier layer, or to itself.
    pub is_back: Vec<bool>,
    /// The largest `x` and `y`.
    pub extent: Point,
}

/// Lays out a graph. O((nodes + edges) log nodes) for each sweep.
pub fn layout(graph: &Graph) -> Layout {
    let count = graph.nodes.len();
    let ends: Vec<(usize, usize)> = graph
        .edges
        .iter()
        .map(|edge| (edge.from as usize, edge.to as usize))
        .filter(|(from, to)| *from < count && *to < count)
        .collect();
    let is_back = back_edges(count, &ends);
    let forward: Vec<(usize, usize)> = ends
        .iter()
        .zip(&is_back)
        .filter(|((from, to), _)| from != to)
        .map(|((from, to), is_back)| if *is_back { (*to, *from) } else { (*from, *to) })
        .collect();
    let layer = layers(count, &forward);

    // Nodes, and behind them the bends of long edges.
    let mut layer_of = layer.clone();
    let mut links: Vec<(usize, usize)> = Vec::with_capacity(forward.len());
    let mut bends_of: Vec<Vec<usize>> = Vec::with_capacity(ends.len());
    for ((from, to), is_back) in ends.iter().zip(&is_back) {
        let (start, end) = if *is_back { (*to, *from) } else { (*from, *to) };
        let mut bends = Vec::new();
        let mut last = start;
        if from != to {
            for between in at(&layer, start) + 1..at(&layer, end) {
                if layer_of.len() >= count + MAX_BENDS {
                    break;
                }
                let bend = layer_of.len();
                layer_of.push(between);
                links.push((last, bend));
                bends.push(bend);
                last = bend;
            }
            if at(&layer_of, last) + 1 == at(&layer, end) {
                links.push((last, end));
            }
        }
        if *is_back {
            bends.reverse();
        }
        bends_of.push(bends);
    }
    let neighbours = Neighbours::of(layer_of.len(), &links);
    let rows = ordered(&layer_of, &neighbours);
    let y = straightened(&rows, layer_of.len(), &neighbours);

    let point = |place: usize| Point { x: at(&layer_of, place) as f64, y: at(&y, place) };
    let edges: Vec<Vec<Point>> = ends
        .iter()
        .zip(&bends_of)
        .map(|((from, to), bends)| {
            std::iter::once(*from).chain(bends.iter().copied()).chain(std::iter::once(*to)).map(point).collect()
        })
        .collect();
    let nodes: Vec<Point> = (0..count).map(point).collect();
    let points = nodes.iter().chain(edges.iter().flatten());
    let extent = points.fold(Point::default(), |extent, p| Point { x: extent.x.max(p.x), y: extent.y.max(p.y) });
    Layout { nodes, edges, is_back, extent }
}

/// Edges that lead back to where a walk came from. Walks begin at nodes that nobody calls, by name.
fn back_edges(count: usize, ends: &[(usize, usize)]) -> Vec<bool> {
    let mut is_called = vec![false; count];
    for (_, to) in ends.iter().filter(|(from, to)| from != to) {
        set(&mut is_called, *to, true);
    }
    let out = Adjacent::of(count, ends.iter().map(|(from, _)| *from));
    let mut is_back = vec![false; ends.len()];
    // 0: not seen, 1: on the way, 2: done.
    let mut state = vec![0_u8; count];
    let first: Vec<usize> = (0..count).filter(|node| !at(&is_called, *node)).chain(0..count).collect();
    let mut stack: Vec<(usize, usize)> = Vec::new();
    for start in first {
        if at(&state, start) != 0 {
            continue;
        }
        set(&mut state, start, 1);
        stack.push((start, 0));
        while let Some((node, next)) = stack.last_mut() {
            let Some(edge) = out.of_node(*node).get(*next).copied() else {
                set(&mut state, *node, 2);
                stack.pop();
                continue;
            };
            *next += 1;
            let to = ends.get(edge).map_or(usize::MAX, |(_, to)| *to);
            match at(&state, to) {
                0 => {
                    set(&mut state, to, 1);
                    stack.push((to, 0));
                }
                1 => set(&mut is_back, edge, true),
                _ => {}
            }
        }
    }
    is_back
}

/// For each node how many edges the longest way to it has. The edges have no cycles.
fn layers(count: usize, edges: &[(usize, usize)]) -> Vec<usize> {
    let mut waiting = vec![0_usize; count];
    for (_, to) in edges {
        if let Some(waiting) = waiting.get_mut(*to) {
            *waiting += 1;
        }
    }
    let out = Adjacent::of(count, edges.iter().map(|(from, _)| *from));
    let mut layer = vec![0_usize; count];
    let mut ready: Vec<usize> = (0..count).filter(|node| at(&waiting, *node) == 0).collect();
    while let Some(node) = ready.pop() {
        for edge in out.of_node(node) {
            let Some((_, to)) = edges.get(*edge) else { continue };
            let longest = at(&layer, *to).max(at(&layer, node) + 1);
            set(&mut layer, *to, longest);
            if let Some(waiting) = waiting.get_mut(*to) {
                *waiting -= 1;
                if *waiting == 0 {
                    ready.push(*to);
                }
            }
        }
    }
    layer
}

/// Items grouped by a node, in one list.
struct Adjacent {
    starts: Vec<usize>,
    items: Vec<usize>,
}

impl Adjacent {
    /// Items are numbered in the order of their nodes.
    fn of(count: usize, nodes: impl Iterator<Item = usize> + Clone) -> Self {
        let mut starts = vec![0_usize; count + 1];
        for node in nodes.clone() {
            if let Some(start) = starts.get_mut(node + 1) {
                *start += 1;
            }
        }
        let mut sum = 0;
        for start in &mut starts {
            sum += *start;
            *start = sum;
        }
        let mut next = starts.clone();
        let mut items = vec![0_usize; sum];
        for (item, node) in nodes.enumerate() {
            let place = at(&next, node);
            set(&mut items, place, item);
            set(&mut next, node, place + 1);
        }
        Self { starts, items }
    }

    fn of_node(&self, node: usize) -> &[usize] {
        self.items.get(at(&self.starts, node)..at(&self.starts, node + 1)).unwrap_or_default()
    }
}

/// The nodes and bends in the layers before and behind.
struct Neighbours<'a> {
    links: &'a [(usize, usize)],
    before: Adjacent,
    behind: Adjacent,
}

impl<'a> Neighbours<'a> {
    fn of(count: usize, links: &'a [(usize, usize)]) -> Self {
        Self {
            links,
            before: Adjacent::of(count, links.iter().map(|(_, to)| *to)),
            behind: Adjacent::of(count, links.iter().map(|(from, _)| *from)),
        }
    }

    /// The mean of what the neighbours on one side have, if there are any.
    fn mean(&self, node: usize, is_before: bool, value: &[f64]) -> Option<f64> {
        let side = if is_before { &self.before } else { &self.behind };
        let links = side.of_node(node);
        let other = |link: &usize| self.links.get(*link).map_or(0, |(from, to)| if is_before { *from } else { *to });
        let sum: f64 = links.iter().map(|link| at(value, other(link))).sum();
        (!links.is_empty()).then(|| sum / links.len() as f64)
    }
}

/// The layers, each with its nodes and bends in order.
fn ordered(layer_of: &[usize], neighbours: &Neighbours) -> Vec<Vec<usize>> {
    let layer_count = layer_of.iter().max().map_or(0, |last| last + 1);
    let mut rows: Vec<Vec<usize>> = vec![Vec::new(); layer_count];
    for (node, layer) in layer_of.iter().enumerate() {
        if let Some(row) = rows.get_mut(*layer) {
            row.push(node);
        }
    }
    let mut place = vec![0.0; layer_of.len()];
    for row in &rows {
        put(row, &mut place);
    }
    let mut best = (crossings(&rows, neighbours, &place), rows.clone());
    for sweep in 0..SWEEPS {
        let is_down = sweep % 2 == 0;
        for step in 1..layer_count {
            let layer = if is_down { step } else { layer_count - 1 - step };
            let Some(row) = rows.get_mut(layer) else { continue };
            // Of equal means the order stays: sorting is stable.
            let mean = |node: &usize| neighbours.mean(*node, is_down, &place).unwrap_or_else(|| at(&place, *node));
            let keys: Vec<f64> = row.iter().map(mean).collect();
            let order = order::order_of(row.len(), &mut |a, b| at(&keys, a).total_cmp(&at(&keys, b)));
            *row = order.into_iter().map(|from| at(row, from)).collect();
            put(row, &mut place);
        }
        let count = crossings(&rows, neighbours, &place);
        if count < best.0 {
            best = (count, rows.clone());
        }
    }
    best.1
}

fn put(row: &[usize], place: &mut [f64]) {
    for (number, node) in row.iter().enumerate() {
        set(place, *node, number as f64);
    }
}

/// How many pairs of links cross (counted with a Fenwick tree: Barth, Jünger and Mutzel, 2002).
fn crossings(rows: &[Vec<usize>], neighbours: &Neighbours, place: &[f64]) -> u64 {
    let mut sum = 0_u64;
    for (row, next) in rows.iter().zip(rows.iter().skip(1)) {
        let mut tree = vec![0_u64; next.len() + 1];
        let mut seen = 0_u64;
        for node in row {
            let links = neighbours.behind.of_node(*node);
            let mut ends: Vec<usize> = links
                .iter()
                .filter_map(|link| neighbours.links.get(*link))
                .map(|(_, to)| at(place, *to) as usize)
                .collect();
            order::sort_by(&mut ends, Ord::cmp);
            // Those that began above and end below cross this one.
            for end in &ends {
                let mut index = end + 1;
                let mut not_below = 0;
                while index > 0 {
                    not_below += at(&tree, index);
                    index &= index - 1;
                }
                sum += seen - not_below;
            }
            for end in ends {
                seen += 1;
                let mut index = end + 1;
                while let Some(slot) = tree.get_mut(index) {
                    *slot += 1;
                    index += index & index.wrapping_neg();
                }
            }
        }
    }
    sum
}

/// The line of each node and bend: near the mean of its neighbours, in the order of its layer, at least 1 apart.
fn straightened(rows: &[Vec<usize>], count: usize, neighbours: &Neighbours) -> Vec<f64> {
    let mut y = vec![0.0; count];
    for row in rows {
        put(row, &mut y);
    }
    for pass in 0..STRAIGHTENING {
        let is_down = pass % 2 == 0;
        for step in 0..rows.len() {
            let layer = if is_down { step } else { rows.len() - 1 - step };
            let Some(row) = rows.get(layer) else { continue };
            let wanted: Vec<f64> =
                row.iter().map(|node| neighbours.mean(*node, is_down, &y).unwrap_or_else(|| at(&y, *node))).collect();
            for (node, line) in row.iter().zip(apart(&wanted)) {
                set(&mut y, *node, line);
            }
        }
    }
    let least = y.iter().copied().min_by(f64::total_cmp).unwrap_or_default();
    for line in &mut y {
        *line -= least;
    }
    y
}

/// The numbers nearest to those wanted (by least squares) that are at least 1 apart in their order: isotonic regression by
/// pooling adjacent violators (Ayer et al., 1955) of what is wanted less 0, 1, 2 …
fn apart(wanted: &[f64]) -> Vec<f64> {
    // Blocks of numbers that touch: their sum and how many they are.
    let mut blocks: Vec<(f64, usize)> = Vec::with_capacity(wanted.len());
    for (number, want) in wanted.iter().enumerate() {
        let mut block = (want - number as f64, 1);
        while let Some((sum, len)) =
            blocks.last().copied().filter(|(sum, len)| sum / *len as f64 > block.0 / block.1 as f64)
        {
            block = (block.0 + sum, block.1 + len);
            blocks.pop();
        }
        blocks.push(block);
    }
    let lines = blocks.iter().flat_map(|(sum, len)| std::iter::repeat_n(sum / *len as f64, *len));
    lines.enumerate().map(|(number, line)| line + number as f64).collect()
}
