//! A trace with what explains it, computed once.

use std::sync::Arc;

use crate::{
    analysis::trace::{
        bottleneck::{Context, Report, report},
        critical_path::{Segment, critical_ns, critical_path},
        duration_text,
        self_time::self_ns,
    },
    base::order,
    chart::trace::ServiceInks,
    model::trace::Trace,
    state::traces,
};

/// A trace and what is computed from it once.
pub struct Explained {
    pub trace: Arc<Trace>,
    pub inks: ServiceInks,
    /// Of each span, in nanoseconds.
    pub critical_ns: Vec<i64>,
    pub self_ns: Vec<i64>,
    pub report: Report,
    /// By span, then by time.
    segments: Vec<Segment>,
    pub max_depth: usize,
}

impl Explained {
    pub fn shared(trace: &Arc<Trace>) -> Arc<Self> {
        let path = critical_path(trace);
        let critical_ns = critical_ns(trace, &path);
        let mut segments = path;
        order::sort_by_key(&mut segments, |segment| (segment.span, segment.start_ns));
        let usual = traces::last_search().map(|search| search.usual);
        let report = report(trace, Context { usual: usual.as_deref() });
        Arc::new(Self {
            inks: ServiceInks::of((0..trace.len()).map(|span| trace.service(span))),
            critical_ns,
            self_ns: self_ns(trace),
            report,
            segments,
            max_depth: (0..trace.len()).map(|span| trace.depth(span)).max().unwrap_or_default(),
            trace: Arc::clone(trace),
        })
    }

    /// `create_agent`, or where there is no root, the id.
    pub fn root_title(&self) -> String {
        self.trace.root().map_or_else(|| self.trace.id().to_string(), |root| self.trace.operation(root).to_owned())
    }

    pub fn ink(&self, span: usize) -> u8 {
        self.inks.slot(self.trace.service(span))
    }

    /// The critical path's parts in a span, by time.
    pub fn segments_of(&self, span: usize) -> &[Segment] {
        let from = self.segments.partition_point(|segment| segment.span < span);
        let to = self.segments.partition_point(|segment| segment.span <= span);
        self.segments.get(from..to).unwrap_or_default()
    }

    /// Place in the trace, 0 at its start and 1 at its end.
    pub fn ratio_at(&self, time_ns: i64) -> f64 {
        let whole_ns = self.trace.duration_ns().max(1) as f64;
        time_ns.saturating_sub(self.trace.start_ns()) as f64 / whole_ns
    }

    /// `1.62 s`, with the span's own unit.
    pub fn duration_of(&self, span: usize) -> String {
        duration_text(self.trace.span_duration_ns(span))
    }
}
