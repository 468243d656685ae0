//! Spans as columns while an answer is read, and the traces that they make when it has ended.
//!
//! Invariant: a span's service may be known before or after the span (`processes` and `resource` may come last): spans name
//! an [`Owner`], whose service is found when its trace or resource ends. Of equal names there is one.

use std::sync::Arc;

use agentarea_kernels::{
    json::Place,
    names::Names,
    order::ascending,
    span::{self, Span},
};

use super::{
    detail::Details,
    scan::{Dialect, Owner},
    skew,
    view::{View, trace_id},
};
use crate::{
    api::json_text::decoded,
    base::order,
    model::trace::{RawSpans, SpanFlags, SpanKind, Trace, TraceId, TraceParts},
};

/// What a service is called that the answer does not name.
const UNKNOWN_SERVICE: &str = "unknown-service";

/// A trace of the old dialect; of the new one, the spans with one spelling of an id.
#[derive(Default)]
struct Found {
    id: TraceId,
    warnings: Vec<String>,
}

/// A span as it was read.
#[derive(Clone, Copy, Default)]
struct Taken {
    span_id: u64,
    parent_id: u64,
    start_ns: i64,
    duration_ns: i64,
    place: (u32, u32),
    owner: u32,
    trace: u32,
    /// The number of a name.
    operation: u32,
    kind: SpanKind,
    flags: SpanFlags,
}

#[derive(Default)]
pub(super) struct Collector {
    pub dialect: Option<Dialect>,
    /// In the order of their arrival; columns are made of them when all are there.
    spans: Vec<Taken>,
    /// Further parents, by the position of the span.
    other_parents: Vec<(u32, u64)>,
    owners: Vec<Owner>,
    traces: Vec<Found>,
    /// Services and operations.
    names: Names,
    // The open trace of the old dialect.
    is_trace_open: bool,
    process_ids: Names,
    first_owner: usize,
    /// Spans that bring their process along.
    own_processes: Vec<(u32, Place)>,
    // The open resource of the new dialect.
    resource: Place,
    /// Spellings of trace ids; as many as `traces`.
    trace_ids: Names,
}

fn narrow((from, to): Place) -> (u32, u32) {
    (from as u32, to as u32)
}

/// The nearest that there is. (`saturating_mul` would be a call in WebAssembly.)
fn ns_of_us(us: i64) -> i64 {
    const MAX_US: i64 = i64::MAX / 1000;
    if us.unsigned_abs() > MAX_US.unsigned_abs() { if us < 0 { i64::MIN } else { i64::MAX } } else { us * 1000 }
}

fn slice(bytes: &[u8], place: Place) -> &[u8] {
    bytes.get(place.0..place.1).unwrap_or_default()
}

impl Collector {
    pub fn open_trace(&mut self) {
        self.is_trace_open = true;
        self.traces.push(Found::default());
        self.process_ids.clear();
        self.first_owner = self.owners.len();
    }

    /// The open trace, opened now where it is the whole document.
    fn trace(&mut self) -> Option<&mut Found> {
        if !self.is_trace_open {
            self.open_trace();
        }
        self.traces.last_mut()
    }

    pub fn trace_id(&mut self, text: &[u8]) {
        if let Some(trace) = self.trace() {
            trace.id = trace_id(text);
        }
    }

    pub fn trace_warnings(&mut self, value: &[u8]) {
        let warnings = View(value).texts();
        if !warnings.is_empty()
            && let Some(trace) = self.trace()
        {
            trace.warnings = warnings;
        }
    }

    /// The owner that a key of `processes` stands for in the open trace.
    fn owner(&mut self, bytes: &[u8], key: Place) -> u32 {
        let owner = self.first_owner + self.process_ids.number(bytes, key) as usize;
        if owner >= self.owners.len() {
            self.owners.push(Owner::default());
        }
        owner as u32
    }

    pub fn process(&mut self, bytes: &[u8], key: Place, process: Place) {
        self.trace();
        let at = self.owner(bytes, key);
        let service = self.legacy_service(bytes, process);
        if let Some(owner) = self.owners.get_mut(at as usize) {
            *owner = Owner { service, process: narrow(process), scope: (0, 0) };
        }
    }

    fn legacy_service(&mut self, bytes: &[u8], process: Place) -> Option<u32> {
        let name = View(slice(bytes, process)).get(&["serviceName"]).0;
        self.quoted_name(bytes, name)
    }

    /// The number of a name, of which the value is given: a string that is not empty.
    fn quoted_name(&mut self, bytes: &[u8], value: &[u8]) -> Option<u32> {
        let inside = value.strip_prefix(b"\"")?.strip_suffix(b"\"").filter(|inside| !inside.is_empty())?;
        // The value is a part of the bytes.
        let from = (inside.as_ptr() as usize).checked_sub(bytes.as_ptr() as usize)?;
        Some(self.names.number(bytes, (from, from + inside.len())))
    }

    pub fn legacy_span(&mut self, bytes: &[u8], from: usize, span: &Span) {
        if self.trace().is_some_and(|trace| trace.id.0 == 0) {
            self.trace_id(slice(bytes, span.trace_id));
        }
        let owner = self.owner(bytes, span.process_id);
        if span.process != (0, 0) {
            self.own_processes.push((self.spans.len() as u32, span.process));
        }
        let trace = self.traces.len() as u32 - 1;
        let (start, duration) = (ns_of_us(span.start), ns_of_us(span.length_or_end));
        self.push(bytes, from, span, (owner, trace), (start, duration));
    }

    pub fn close_trace(&mut self, bytes: &[u8]) {
        self.is_trace_open = false;
        for (span, process) in std::mem::take(&mut self.own_processes) {
            let is_known = |owner: &u32| self.owners.get(*owner as usize).is_some_and(|owner| owner.process != (0, 0));
            if self.spans.get(span as usize).is_some_and(|span| is_known(&span.owner)) {
                continue;
            }
            let service = self.legacy_service(bytes, process);
            if let Some(span) = self.spans.get_mut(span as usize) {
                span.owner = self.owners.len() as u32;
                self.owners.push(Owner { service, process: narrow(process), scope: (0, 0) });
            }
        }
    }

    pub fn open_resource(&mut self) {
        self.resource = (0, 0);
        self.first_owner = self.owners.len();
    }

    pub fn resource(&mut self, place: Place) {
        self.resource = place;
    }

    pub fn open_scope(&mut self) {
        self.owners.push(Owner::default());
    }

    pub fn scope(&mut self, place: Place) {
        if let Some(owner) = self.owners.last_mut() {
            owner.scope = narrow(place);
        }
    }

    pub fn close_resource(&mut self, bytes: &[u8]) {
        let attributes = View(slice(bytes, self.resource)).get(&["attributes"]);
        let named = attributes.items().find(|attribute| attribute.get(&["key"]).0 == b"\"service.name\"");
        let name =
            named.map_or(View::default(), |attribute| attribute.get(&["value"]).get(&["stringValue", "string_value"]));
        let service = self.quoted_name(bytes, name.0);
        for owner in self.owners.iter_mut().skip(self.first_owner) {
            owner.service = service;
            owner.process = narrow(self.resource);
        }
    }

    pub fn otlp_span(&mut self, bytes: &[u8], from: usize, span: &Span) {
        let trace = self.trace_ids.number(bytes, span.trace_id);
        if trace as usize >= self.traces.len() {
            let id = trace_id(slice(bytes, span.trace_id));
            self.traces.push(Found { id, warnings: Vec::new() });
        }
        let owner = self.owners.len() as u32;
        let is_told = span.start != 0 && span.length_or_end != 0;
        let mut duration = if is_told { span.length_or_end.saturating_sub(span.start) } else { 0 };
        if span.flags & span::WARNINGS != 0 {
            duration = skew::duration_ns(duration, slice(bytes, (from, span.end)));
        }
        self.push(bytes, from, span, (owner.saturating_sub(1), trace), (span.start, duration));
    }

    fn push(
        &mut self,
        bytes: &[u8],
        from: usize,
        span: &Span,
        (owner, trace): (u32, u32),
        (start_ns, duration_ns): (i64, i64),
    ) {
        let position = self.spans.len() as u32;
        self.other_parents.extend(span.other_parents.iter().map(|parent| (position, *parent)));
        self.spans.push(Taken {
            span_id: span.span_id,
            parent_id: span.parent_id,
            start_ns,
            duration_ns,
            place: narrow((from, span.end)),
            owner,
            trace,
            operation: self.names.number(bytes, span.name),
            kind: SpanKind::ALL.get(usize::from(span.kind)).copied().unwrap_or_default(),
            flags: SpanFlags(span.flags),
        });
    }

    /// In the order in which they came.
    pub fn into_traces(self, body: Arc<Vec<u8>>) -> Vec<Trace> {
        let Self { dialect, mut spans, other_parents, owners, traces, names, .. } = self;
        let (texts, key_of) = keys(&names, &body);
        let key = |name: u32| key_of.get(name as usize).copied().unwrap_or_default();
        // Behind the others, whether it is needed or not.
        let unknown = texts.len() as u32 - 1;
        let service_of: Vec<u32> = owners.iter().map(|owner| owner.service.map_or(unknown, key)).collect();
        if key_of.len() + 1 != texts.len() {
            for span in &mut spans {
                span.operation = key(span.operation);
            }
        }
        let services = Services { of_owners: &service_of, unknown };
        let dialect = dialect.unwrap_or(Dialect::Legacy);
        let owners: Arc<[Owner]> = owners.into();
        let details = |spans: &[Taken]| {
            Arc::new(Details {
                body: Arc::clone(&body),
                dialect,
                places: spans.iter().map(|span| span.place).collect(),
                owner_of: spans.iter().map(|span| span.owner).collect(),
                owners: Arc::clone(&owners),
            })
        };
        if let ([_], false) = (traces.as_slice(), spans.is_empty()) {
            let Some(Found { id, warnings }) = traces.into_iter().next() else { return Vec::new() };
            let details = details(&spans);
            let spans = in_order(&spans, other_parents, services);
            return vec![Trace::build(TraceParts { id, spans, names: texts.into(), warnings, details })];
        }
        let shares = shares(traces, &spans, &other_parents, dialect);
        let mut local = LocalKeys { local_of: vec![u32::MAX; texts.len()], texts };
        shares
            .into_iter()
            .filter(|share| !share.spans.is_empty())
            .map(|share| {
                let Share { found: Found { id, warnings }, spans: own, other_parents } = share;
                let own = picked(&own, &spans);
                let details = details(&own);
                let mut spans = in_order(&own, other_parents, services);
                let names = local.take([&mut spans.service, &mut spans.operation]);
                Trace::build(TraceParts { id, spans, names, warnings, details })
            })
            .collect()
    }
}

/// The key of each owner's service.
#[derive(Clone, Copy)]
struct Services<'a> {
    of_owners: &'a [u32],
    unknown: u32,
}

impl Services<'_> {
    fn of(self, owner: u32) -> u32 {
        self.of_owners.get(owner as usize).copied().unwrap_or(self.unknown)
    }
}

/// Each name as text, [`UNKNOWN_SERVICE`] behind them, and the key of each number: two spellings of a name (with and without
/// escapes) have one.
fn keys(names: &Names, body: &[u8]) -> (Vec<Arc<str>>, Vec<u32>) {
    let mut texts: Vec<Arc<str>> = Vec::with_capacity(names.len() + 1);
    let mut key_of = Vec::with_capacity(names.len());
    let mut decoded_names = Names::default();
    let mut buffer: Vec<u8> = Vec::new();
    for place in names.places() {
        let text = decoded(slice(body, place));
        let from = buffer.len();
        buffer.extend_from_slice(text.as_bytes());
        let key = decoded_names.number(&buffer, (from, buffer.len()));
        if key as usize == texts.len() {
            texts.push(Arc::from(text.as_ref()));
        }
        key_of.push(key);
    }
    texts.push(Arc::from(UNKNOWN_SERVICE));
    (texts, key_of)
}

/// The spans of one trace among those of all, ascending.
struct Share {
    found: Found,
    spans: Vec<u32>,
    other_parents: Vec<(u32, u64)>,
}

/// In the order of the traces; spellings of one id are one trace in the new dialect, where nothing else tells traces apart.
fn shares(traces: Vec<Found>, spans: &[Taken], other_parents: &[(u32, u64)], dialect: Dialect) -> Vec<Share> {
    let mut share_of: Vec<u32> = (0..traces.len() as u32).collect();
    if dialect == Dialect::V3 {
        let ids: Vec<TraceId> = traces.iter().map(|trace| trace.id).collect();
        let id = |at: usize| ids.get(at).copied().unwrap_or_default();
        let order = order::order_of(ids.len(), &mut |a, b| id(a).cmp(&id(b)));
        let mut first = 0;
        for at in order {
            if id(at) != id(first) {
                first = at;
            }
            if let Some(share) = share_of.get_mut(at) {
                *share = first as u32;
            }
        }
    }
    let mut shares: Vec<Share> =
        traces.into_iter().map(|found| Share { found, spans: Vec::new(), other_parents: Vec::new() }).collect();
    let mut other_parents = other_parents.iter().peekable();
    for (at, span) in (0_u32..).zip(spans) {
        let share = share_of.get(span.trace as usize).and_then(|share| shares.get_mut(*share as usize));
        let Some(share) = share else { continue };
        while let Some((_, parent)) = other_parents.next_if(|(of, _)| *of <= at) {
            share.other_parents.push((share.spans.len() as u32, *parent));
        }
        share.spans.push(at);
    }
    shares
}

fn picked<T: Copy + Default>(own: &[u32], column: &[T]) -> Vec<T> {
    own.iter().map(|at| column.get(*at as usize).copied().unwrap_or_default()).collect()
}

/// Columns by start, which spares [`Trace::build`] its sort; so that of two spans of one id the earlier counts, though stores
/// give them in no order. Their origin is their place before.
fn in_order(spans: &[Taken], mut other_parents: Vec<(u32, u64)>, services: Services<'_>) -> RawSpans {
    let starts: Vec<i64> = spans.iter().map(|span| span.start_ns).collect();
    let order = ascending(&starts);
    if !other_parents.is_empty() {
        let mut place_of = vec![0; order.len()];
        for (place, at) in (0_u32..).zip(&order) {
            if let Some(slot) = place_of.get_mut(*at as usize) {
                *slot = place;
            }
        }
        for (at, _) in &mut other_parents {
            *at = place_of.get(*at as usize).copied().unwrap_or_default();
        }
        order::sort_by_key(&mut other_parents, |(at, _)| *at);
    }
    let column = Ordered { spans, order: &order };
    RawSpans {
        span_id: column.of(|span| span.span_id),
        parent_id: column.of(|span| span.parent_id),
        other_parents,
        start_ns: column.of(|span| span.start_ns),
        duration_ns: column.of(|span| span.duration_ns),
        service: column.of(|span| services.of(span.owner)),
        operation: column.of(|span| span.operation),
        kind: column.of(|span| span.kind),
        flags: column.of(|span| span.flags),
        origin: order,
    }
}

#[derive(Clone, Copy)]
struct Ordered<'a> {
    spans: &'a [Taken],
    order: &'a [u32],
}

impl Ordered<'_> {
    fn of<T: Default>(self, value: impl Fn(&Taken) -> T) -> Vec<T> {
        let value_at = |at: &u32| self.spans.get(*at as usize).map(&value).unwrap_or_default();
        self.order.iter().map(value_at).collect()
    }
}

/// Numbers the names of one trace after the other, so that a trace has only its own.
struct LocalKeys {
    texts: Vec<Arc<str>>,
    /// By key; as long as `texts`.
    local_of: Vec<u32>,
}

impl LocalKeys {
    fn take(&mut self, columns: [&mut Vec<u32>; 2]) -> Arc<[Arc<str>]> {
        let mut own = Vec::new();
        let mut used = Vec::new();
        for key in columns.into_iter().flatten() {
            let Some(local) = self.local_of.get_mut(*key as usize) else { continue };
            if *local == u32::MAX {
                *local = own.len() as u32;
                own.extend(self.texts.get(*key as usize).cloned());
                used.push(*key);
            }
            *key = *local;
        }
        for key in used {
            if let Some(local) = self.local_of.get_mut(key as usize) {
                *local = u32::MAX;
            }
        }
        own.into()
    }
}
