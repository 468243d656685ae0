//! Traces as a person reads them: spans as columns, in the order in which a timeline shows them.
//!
//! Invariant: spans stand in pre-order (a parent before its children, siblings by start), so that a span's descendants are the
//! range behind it and nothing that walks a trace recurses. Every parent stands before its children; depth has no bound.
//!
//! What only an opened span shows (tags, events, references, warnings) is not here: it stays in the backend's bytes until
//! somebody looks, behind [`SpanDetails`].

mod build;
mod detail;
#[cfg(test)]
pub(crate) mod drawn;
mod query;
#[cfg(test)]
mod tests;

use std::{fmt, ops::Range, sync::Arc};

pub use build::{RawSpans, TraceParts};
pub use detail::{Reference, ReferenceKind, SpanDetail, SpanDetails, SpanEvent, Tag, TagValue};
pub use query::{Dependency, FoundTraces, Operation, TraceQuery};

/// 128 bits; written as 32 hexadecimal digits, or as 16 where the upper half is empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct TraceId(pub u128);

impl TraceId {
    /// One to 32 hexadecimal digits, in any case.
    pub fn parse(text: &str) -> Option<Self> {
        let is_hex = !text.is_empty() && text.len() <= 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        if is_hex { u128::from_str_radix(text, 16).ok().map(Self) } else { None }
    }

    /// The first seven digits, enough to tell the traces of a page apart.
    pub fn short(self) -> String {
        format!("{:07x}", (self.0 >> if self.0 >> 64 == 0 { 36 } else { 100 }) & 0x0fff_ffff)
    }
}

impl fmt::Display for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(id) = self;
        if id >> 64 == 0 { write!(f, "{id:016x}") } else { write!(f, "{id:032x}") }
    }
}

/// 64 bits; written as 16 hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct SpanId(pub u64);

impl SpanId {
    /// One to 16 hexadecimal digits, in any case.
    pub fn parse(text: &str) -> Option<Self> {
        let is_hex = !text.is_empty() && text.len() <= 16 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        if is_hex { u64::from_str_radix(text, 16).ok().map(Self) } else { None }
    }
}

impl fmt::Display for SpanId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(id) = self;
        write!(f, "{id:016x}")
    }
}

/// A span's part in a call, in OpenTelemetry's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum SpanKind {
    #[default]
    Unspecified,
    Internal,
    Server,
    Client,
    Producer,
    Consumer,
}

impl SpanKind {
    pub const ALL: [Self; 6] =
        [Self::Unspecified, Self::Internal, Self::Server, Self::Client, Self::Producer, Self::Consumer];

    /// As tags and search parameters spell it; empty where it is not known.
    pub fn id(self) -> &'static str {
        match self {
            Self::Unspecified => "",
            Self::Internal => "internal",
            Self::Server => "server",
            Self::Client => "client",
            Self::Producer => "producer",
            Self::Consumer => "consumer",
        }
    }
}

/// The kinds of files that traces are taken away in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DocumentKind {
    /// `{"data": [...]}`, the answer of Jaeger's old API.
    Jaeger,
    /// OTLP's JSON, `{"resourceSpans": [...]}`.
    OpenTelemetry,
}

/// Facts about a span that a row shows without its details.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SpanFlags(pub u16);

impl SpanFlags {
    /// Its status is an error, or its tag `error` is true.
    pub const ERROR: Self = Self(1);
    /// The backend remarked something about it.
    pub const WARNINGS: Self = Self(1 << 1);
    pub const EVENTS: Self = Self(1 << 2);
    /// It refers to spans besides its parent.
    pub const LINKS: Self = Self(1 << 3);
    /// Its parent is not in the trace.
    pub const ORPHAN: Self = Self(1 << 4);
    /// Another span before it has the same id.
    pub const DUPLICATE: Self = Self(1 << 5);
    /// It was its own ancestor; the chain was cut here.
    pub const CYCLE: Self = Self(1 << 6);
    /// It had no start, and has its parent's.
    pub const NO_START: Self = Self(1 << 7);
    /// It ended before it started, and has no duration.
    pub const NEGATIVE: Self = Self(1 << 8);
    /// It follows from its parent, which did not wait for it.
    pub const FOLLOWS: Self = Self(1 << 9);

    pub fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    #[must_use]
    pub fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    #[must_use]
    pub fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }
}

/// What produced spans: one process of a service.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Process {
    pub service: Arc<str>,
    pub tags: Vec<Tag>,
}

/// One trace. Spans are named by their position, `0..len()`.
#[derive(Clone)]
pub struct Trace {
    id: TraceId,
    spans: build::Columns,
    /// Services and operations, each once.
    names: Arc<[Arc<str>]>,
    roots: Vec<u32>,
    start_ns: i64,
    end_ns: i64,
    /// The backend's remarks about the trace as a whole.
    warnings: Vec<String>,
    details: Arc<dyn SpanDetails>,
}

impl fmt::Debug for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Trace").field("id", &self.id.to_string()).field("len", &self.len()).finish_non_exhaustive()
    }
}

/// A value of a column, or the type's default beyond its end.
fn at<T: Copy + Default>(column: &[T], span: usize) -> T {
    column.get(span).copied().unwrap_or_default()
}

impl Trace {
    pub fn id(&self) -> TraceId {
        self.id
    }

    /// The number of spans.
    pub fn len(&self) -> usize {
        self.spans.start_ns.len()
    }

    pub fn is_empty(&self) -> bool {
        self.spans.start_ns.is_empty()
    }

    /// The first start, in nanoseconds since 1970.
    pub fn start_ns(&self) -> i64 {
        self.start_ns
    }

    /// The last end.
    pub fn end_ns(&self) -> i64 {
        self.end_ns
    }

    /// From the first start to the last end.
    pub fn duration_ns(&self) -> i64 {
        self.end_ns.saturating_sub(self.start_ns)
    }

    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// Spans without a parent here, by start. The first is the one that the trace is named after, unless it is an orphan and
    /// another is not: see [`Self::root`].
    pub fn roots(&self) -> impl ExactSizeIterator<Item = usize> + '_ {
        self.roots.iter().map(|root| *root as usize)
    }

    /// The span that names the trace: the first root that is no orphan, or else the first.
    pub fn root(&self) -> Option<usize> {
        let is_true_root = |root: &usize| !self.flags(*root).contains(SpanFlags::ORPHAN);
        self.roots().find(is_true_root).or_else(|| self.roots().next())
    }

    pub fn span_id(&self, span: usize) -> SpanId {
        SpanId(at(&self.spans.span_id, span))
    }

    /// The first span of that id.
    pub fn find(&self, id: SpanId) -> Option<usize> {
        self.spans.span_id.iter().position(|known| *known == id.0)
    }

    pub fn service(&self, span: usize) -> &str {
        self.spans.service.get(span).map_or("", |key| self.name(*key))
    }

    pub fn operation(&self, span: usize) -> &str {
        self.spans.operation.get(span).map_or("", |key| self.name(*key))
    }

    /// A number that stands for the service: equal for equal services of this trace. See [`Self::name`].
    pub fn service_key(&self, span: usize) -> u32 {
        at(&self.spans.service, span)
    }

    pub fn operation_key(&self, span: usize) -> u32 {
        at(&self.spans.operation, span)
    }

    /// The text behind a key of a service or an operation.
    pub fn name(&self, key: u32) -> &str {
        self.names.get(key as usize).map_or("", |name| name)
    }

    /// How many keys there are: `0..name_count()`.
    pub fn name_count(&self) -> usize {
        self.names.len()
    }

    pub fn span_start_ns(&self, span: usize) -> i64 {
        at(&self.spans.start_ns, span)
    }

    pub fn span_duration_ns(&self, span: usize) -> i64 {
        at(&self.spans.duration_ns, span)
    }

    pub fn span_end_ns(&self, span: usize) -> i64 {
        self.span_start_ns(span).saturating_add(self.span_duration_ns(span))
    }

    pub fn kind(&self, span: usize) -> SpanKind {
        at(&self.spans.kind, span)
    }

    pub fn flags(&self, span: usize) -> SpanFlags {
        at(&self.spans.flags, span)
    }

    pub fn is_error(&self, span: usize) -> bool {
        self.flags(span).contains(SpanFlags::ERROR)
    }

    pub fn parent(&self, span: usize) -> Option<usize> {
        let parent = self.spans.parent.get(span).copied()?;
        (parent != build::NONE).then_some(parent as usize)
    }

    /// 0 for roots.
    pub fn depth(&self, span: usize) -> usize {
        at(&self.spans.depth, span) as usize
    }

    /// The span and its descendants.
    pub fn subtree(&self, span: usize) -> Range<usize> {
        span..(at(&self.spans.subtree_end, span) as usize).max(span)
    }

    pub fn descendants(&self, span: usize) -> Range<usize> {
        let Range { start, end } = self.subtree(span);
        (start + 1).min(end)..end
    }

    pub fn has_children(&self, span: usize) -> bool {
        !self.descendants(span).is_empty()
    }

    /// Direct children, by start.
    pub fn children(&self, span: usize) -> impl Iterator<Item = usize> + '_ {
        let Range { start, end } = self.descendants(span);
        std::iter::successors(Some(start), |child| Some(self.subtree(*child).end.max(child + 1)))
            .take_while(move |child| *child < end)
    }

    /// Tags, events, references and warnings, read from the backend's bytes now.
    pub fn detail(&self, span: usize) -> SpanDetail {
        match self.spans.origin.get(span) {
            Some(origin) => self.details.detail(*origin as usize),
            None => SpanDetail::default(),
        }
    }

    /// The span as the backend sent it, as formatted JSON.
    pub fn span_document(&self, span: usize) -> String {
        match self.spans.origin.get(span) {
            Some(origin) => self.details.document(*origin as usize),
            None => String::new(),
        }
    }

    /// The place of the span among those that the backend sent.
    pub fn origin(&self, span: usize) -> usize {
        at(&self.spans.origin, span) as usize
    }

    /// Bytes of columns and names, without the backend's.
    pub fn column_bytes(&self) -> usize {
        self.spans.bytes() + self.names.iter().map(|name| name.len() + 16).sum::<usize>()
    }

    pub fn error_count(&self) -> usize {
        self.spans.flags.iter().filter(|flags| flags.contains(SpanFlags::ERROR)).count()
    }
}
