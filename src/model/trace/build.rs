//! From spans as they arrive to a trace: finds parents, cuts cycles, orders.
//!
//! Time is that of one sort by start, memory a few numbers for each span; nothing recurses, so a chain may be as deep as
//! memory allows.

use std::sync::Arc;

pub(super) use agentarea_kernels::ids::NONE;
use agentarea_kernels::tree::{Parents, Preorder, cut_cycles, extent, pick_i64, pick_u32, pick_u64};

use super::{SpanDetails, SpanFlags, SpanKind, Trace, TraceId};

/// Spans in the order of their arrival, one entry per span in every column.
#[derive(Debug, Clone, Default)]
pub struct RawSpans {
    pub span_id: Vec<u64>,
    /// The first reference within the trace; 0 for none.
    pub parent_id: Vec<u64>,
    /// Further references that can serve as parent, as position and id, where the first is not in the trace. By position.
    pub other_parents: Vec<(u32, u64)>,
    /// 0: not known.
    pub start_ns: Vec<i64>,
    /// Below 0: it ended before it started.
    pub duration_ns: Vec<i64>,
    /// Positions in [`TraceParts::names`].
    pub service: Vec<u32>,
    pub operation: Vec<u32>,
    pub kind: Vec<SpanKind>,
    /// Those that the backend's answer shows: errors, warnings, events, links.
    pub flags: Vec<SpanFlags>,
    /// What [`SpanDetails`] is asked for.
    pub origin: Vec<u32>,
}

/// What a [`Trace`] is made of.
pub struct TraceParts {
    pub id: TraceId,
    pub spans: RawSpans,
    /// Services and operations.
    pub names: Arc<[Arc<str>]>,
    pub warnings: Vec<String>,
    pub details: Arc<dyn SpanDetails>,
}

/// Spans in pre-order.
#[derive(Debug, Clone, Default)]
pub(super) struct Columns {
    pub span_id: Vec<u64>,
    pub start_ns: Vec<i64>,
    pub duration_ns: Vec<i64>,
    pub service: Vec<u32>,
    pub operation: Vec<u32>,
    pub kind: Vec<SpanKind>,
    pub flags: Vec<SpanFlags>,
    pub parent: Vec<u32>,
    pub depth: Vec<u32>,
    pub subtree_end: Vec<u32>,
    pub origin: Vec<u32>,
}

impl Columns {
    pub fn bytes(&self) -> usize {
        let Self {
            span_id,
            start_ns,
            duration_ns,
            service,
            operation,
            kind,
            flags,
            parent,
            depth,
            subtree_end,
            origin,
        } = self;
        (span_id.capacity() + start_ns.capacity() + duration_ns.capacity()) * 8
            + (service.capacity() + operation.capacity() + parent.capacity()) * 4
            + (depth.capacity() + subtree_end.capacity() + origin.capacity()) * 4
            + flags.capacity() * 2
            + kind.capacity()
    }
}

fn get<T: Copy + Default>(column: &[T], at: usize) -> T {
    column.get(at).copied().unwrap_or_default()
}

fn set<T>(column: &mut [T], at: usize, value: T) {
    if let Some(slot) = column.get_mut(at) {
        *slot = value;
    }
}

/// Flags some spans.
fn flag(flags: &mut [SpanFlags], spans: &[u32], change: impl Fn(SpanFlags) -> SpanFlags) {
    for at in spans {
        if let Some(flags) = flags.get_mut(*at as usize) {
            *flags = change(*flags);
        }
    }
}

/// Positions by start; those of equal start in their order of arrival.
fn by_start(start_ns: &[i64]) -> Vec<u32> {
    // Many backends send them in this order.
    if start_ns.is_sorted() {
        return (0_u32..).zip(start_ns).map(|(at, _)| at).collect();
    }
    let mut order: Vec<(i64, u32)> = start_ns.iter().zip(0_u32..).map(|(start, at)| (*start, at)).collect();
    order.sort_unstable();
    order.into_iter().map(|(_, at)| at).collect()
}

impl Trace {
    /// Finds each span's parent and puts the spans in order. Columns that are shorter than `span_id` count as if they were
    /// filled with defaults. Mistakes of a trace are flagged on its spans (see [`SpanFlags`]), never refused.
    pub fn build(parts: TraceParts) -> Self {
        let TraceParts { id, spans: mut raw, names, warnings, details } = parts;
        let count = raw.span_id.len();
        let mut flags = std::mem::take(&mut raw.flags);
        flags.resize(count, SpanFlags::default());
        let mut start_ns = std::mem::take(&mut raw.start_ns);
        start_ns.resize(count, 0);
        let Parents { of: mut parents, duplicates, orphans, own, looked_further } =
            Parents::find(&raw.span_id, &raw.parent_id, &raw.other_parents);
        flag(&mut flags, &duplicates, |flags| flags.with(SpanFlags::DUPLICATE));
        flag(&mut flags, &orphans, |flags| flags.with(SpanFlags::ORPHAN));
        flag(&mut flags, &own, |flags| flags.with(SpanFlags::CYCLE));
        // Said of the first.
        flag(&mut flags, &looked_further, |flags| flags.without(SpanFlags::FOLLOWS));
        flag(&mut flags, &cut_cycles(&mut parents, &start_ns), |flags| flags.with(SpanFlags::CYCLE));
        inherit_starts(&mut start_ns, &parents, &mut flags);

        let Preorder { items: order, parent, depth, end, roots } = Preorder::of(&parents, &by_start(&start_ns));
        let mut columns = Columns { parent, depth, subtree_end: end, ..Columns::default() };
        columns.start_ns = pick_i64(&order, &start_ns);
        columns.duration_ns = pick_i64(&order, &raw.duration_ns);
        columns.flags = pick(&order, &flags);
        let mut negative = Vec::new();
        let (start_ns, end_ns) = extent(&columns.start_ns, &mut columns.duration_ns, &mut negative);
        flag(&mut columns.flags, &negative, |flags| flags.with(SpanFlags::NEGATIVE));
        columns.span_id = pick_u64(&order, &raw.span_id);
        columns.service = pick_u32(&order, &raw.service);
        columns.operation = pick_u32(&order, &raw.operation);
        columns.kind = pick(&order, &raw.kind);
        columns.origin = pick_u32(&order, &raw.origin);

        Self { id, spans: columns, names, roots, start_ns, end_ns, warnings, details }
    }
}

fn pick<T: Copy + Default>(order: &[u32], column: &[T]) -> Vec<T> {
    order.iter().map(|at| get(column, *at as usize)).collect()
}

/// A span without a start has that of its parent, so that no timeline begins in 1970.
fn inherit_starts(start_ns: &mut [i64], parents: &[u32], flags: &mut [SpanFlags]) {
    if !start_ns.contains(&0) {
        return;
    }
    let order: Vec<u32> = (0_u32..).take(parents.len()).collect();
    let first_start = start_ns.iter().copied().filter(|start| *start != 0).min().unwrap_or_default();
    // A parent has its own before its children ask.
    for span in Preorder::of(parents, &order).items {
        let span = span as usize;
        if get(start_ns, span) == 0 {
            let parent = parents.get(span).copied().unwrap_or(NONE);
            let inherited = start_ns.get(parent as usize).copied().unwrap_or(first_start);
            set(start_ns, span, inherited);
            set(flags, span, get(flags, span).with(SpanFlags::NO_START));
        }
    }
}
