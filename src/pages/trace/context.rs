//! What the views of a trace share: the trace with what explains it, and what the address says about the page.

use std::sync::Arc;

use leptos::prelude::*;

use crate::{
    analysis::{
        redact::Redactor,
        trace::{
            bottleneck::{Context, Report, report},
            critical_path::{Segment, critical_ns, critical_path},
            duration_text,
            filter::Collapsed,
            self_time::self_ns,
        },
    },
    base::{number, order},
    chart::trace::ServiceInks,
    model::trace::{SpanDetail, SpanId, Trace},
    platform::timer,
    state::{
        reactive::{Memo, RwSignal, Signal, effect},
        router::Router,
        sources::Sources,
        traces::{self, form::parse_duration_ns},
        url::Params,
    },
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

/// The views of a trace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tab {
    Timeline,
    Flame,
    Statistics,
    Spans,
    Events,
    Graph,
    Agent,
    Compare,
    Json,
}

impl Tab {
    pub const ALL: [Self; 9] = [
        Self::Timeline,
        Self::Flame,
        Self::Statistics,
        Self::Spans,
        Self::Events,
        Self::Graph,
        Self::Agent,
        Self::Compare,
        Self::Json,
    ];

    /// As the address spells it.
    pub fn id(self) -> &'static str {
        match self {
            Self::Timeline => "timeline",
            Self::Flame => "flame",
            Self::Statistics => "statistics",
            Self::Spans => "spans",
            Self::Events => "events",
            Self::Graph => "graph",
            Self::Agent => "agent",
            Self::Compare => "compare",
            Self::Json => "json",
        }
    }

    pub fn label(self) -> &'static str {
        match self {
            Self::Timeline => "Timeline",
            Self::Flame => "Flame graph",
            Self::Statistics => "Statistics",
            Self::Spans => "Spans",
            Self::Events => "Events",
            Self::Graph => "Graph",
            Self::Agent => "Agents",
            Self::Compare => "Compare",
            Self::Json => "JSON",
        }
    }
}

/// The part of the trace that is shown: ratios of its duration, `start` < `end`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Zoom {
    pub start: f64,
    pub end: f64,
}

/// From the last move to the change of the address.
const ADDRESS_MS: i32 = 150;

/// A millionth of the trace.
const MIN_WIDTH: f64 = 1e-6;

impl Zoom {
    pub const WHOLE: Self = Self { start: 0.0, end: 1.0 };

    pub fn width(self) -> f64 {
        (self.end - self.start).max(MIN_WIDTH)
    }

    pub fn is_whole(self) -> bool {
        self == Self::WHOLE
    }

    /// Within the trace, and not too narrow.
    pub fn within(start: f64, end: f64) -> Self {
        let (start, end) = if start <= end { (start, end) } else { (end, start) };
        let width = (end - start).clamp(MIN_WIDTH, 1.0);
        let start = start.clamp(0.0, 1.0 - width);
        Self { start, end: start + width }
    }

    /// Place on the screen of a place in the trace: 0 at the left edge, 1 at the right one.
    pub fn place(self, ratio: f64) -> f64 {
        (ratio - self.start) / self.width()
    }

    /// Moved by a part of its width.
    pub fn moved(self, by: f64) -> Self {
        let shift = (by * self.width()).clamp(-self.start, 1.0 - self.end);
        Self { start: self.start + shift, end: self.end + shift }
    }

    /// `factor` times as wide around a place on the screen (0–1).
    pub fn scaled(self, factor: f64, around: f64) -> Self {
        let fixed = self.start + around * self.width();
        let width = (self.width() * factor).clamp(MIN_WIDTH, 1.0);
        let start = (fixed - around * width).clamp(0.0, 1.0 - width);
        Self { start, end: start + width }
    }

    fn parse(text: &str) -> Option<Self> {
        let (start, end) = text.split_once('-')?;
        let (start, end) = (number::parse(start)?, number::parse(end)?);
        ((0.0..1.0).contains(&start) && start < end && end <= 1.0).then_some(Self { start, end })
    }

    fn to_text(self) -> Option<String> {
        (!self.is_whole()).then(|| format!("{:.6}-{:.6}", self.start, self.end))
    }
}

/// What rows are left out.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Filters {
    pub services: Vec<String>,
    pub errors_only: bool,
    pub critical_only: bool,
    pub min_duration: String,
    /// Spans that do not match what is looked for.
    pub matches_only: bool,
}

impl Filters {
    pub fn min_duration_ns(&self) -> i64 {
        parse_duration_ns(&self.min_duration).unwrap_or(0)
    }

    pub fn is_open(&self) -> bool {
        *self == Self::default()
    }
}

/// A name in a list that commas part.
fn escaped(name: &str) -> String {
    name.replace('%', "%25").replace(',', "%2C")
}

fn unescaped(name: &str) -> String {
    name.replace("%2C", ",").replace("%25", "%")
}

/// The page of one trace. Cheap to copy.
#[derive(Clone, Copy)]
pub struct TraceView {
    explained: Signal<Arc<Explained>>,
    params: Memo<Params>,
    router: StoredValue<Router>,
    redactor: StoredValue<Redactor>,
    pub collapsed: RwSignal<Collapsed>,
    /// Ahead of the address while a person pans.
    zoom: RwSignal<Zoom>,
    zoom_due: StoredValue<Option<timer::Timeout>, LocalStorage>,
}

impl TraceView {
    pub fn provide(explained: Signal<Arc<Explained>>) -> Self {
        let router = Router::expect();
        let search = router.search();
        let params = Memo::new(move |_| search.with(|search| Params::parse(search)));
        let asked = Memo::new(move |_| params.with(|p| p.get("zoom").and_then(Zoom::parse)).unwrap_or(Zoom::WHOLE));
        let zoom = RwSignal::new(asked.get_untracked());
        // The address may be changed by others: a link, the browser's back button.
        effect(move || zoom.set(asked.get()));
        let zoom_due = StoredValue::new_local(None);
        on_cleanup(move || drop(zoom_due.try_update_value(Option::take)));
        let view = Self {
            explained,
            params,
            zoom,
            zoom_due,
            router: StoredValue::new(router),
            redactor: StoredValue::new(Sources::expect().with_config(|config| Redactor::new(&config.redact))),
            collapsed: RwSignal::new(Collapsed::none()),
        };
        provide_context(view);
        view
    }

    /// Reads the trace. Tracked: a growing trace runs its readers again.
    pub fn with<R>(self, read: impl FnOnce(&Explained) -> R) -> R {
        self.explained.with(|explained| read(explained))
    }

    pub fn explained(self) -> Arc<Explained> {
        self.explained.get()
    }

    pub fn explained_untracked(self) -> Arc<Explained> {
        self.explained.get_untracked()
    }

    /// A span's details as they may be shown.
    pub fn detail(self, span: usize) -> SpanDetail {
        let detail = self.explained.with(|explained| explained.trace.detail(span));
        self.redactor.with_value(|redactor| redactor.detail(detail))
    }

    pub fn redactor(self) -> Redactor {
        self.redactor.get_value()
    }

    pub fn router(self) -> Router {
        self.router.get_value()
    }

    /// One key of the address.
    pub fn param(self, name: &'static str) -> Memo<Option<String>> {
        Memo::new(move |_| self.params.with(|params| params.get(name).map(str::to_owned)))
    }

    /// Changes keys of the address; `is_step` makes it a step that the browser's back button undoes.
    pub fn set_params(self, changes: &[(&str, Option<String>)], is_step: bool) {
        let params = changes
            .iter()
            .fold(self.params.get_untracked(), |params, (name, value)| params.with(name, value.as_deref()));
        self.router().set_search(&params.to_query(), !is_step);
    }

    pub fn tab(self) -> Memo<Tab> {
        Memo::new(move |_| {
            self.params.with(|params| {
                let id = params.get("view").unwrap_or_default();
                Tab::ALL.into_iter().find(|tab| tab.id() == id).unwrap_or(Tab::Timeline)
            })
        })
    }

    pub fn set_tab(self, tab: Tab) {
        self.set_params(&[("view", (tab != Tab::Timeline).then(|| tab.id().to_owned()))], true);
    }

    /// The span whose details are shown.
    pub fn selected(self) -> Memo<Option<usize>> {
        Memo::new(move |_| {
            let id = self.params.with(|params| params.get("span").and_then(SpanId::parse))?;
            self.with(|explained| explained.trace.find(id))
        })
    }

    pub fn select(self, span: Option<usize>) {
        let id = span.map(|span| self.explained_untracked().trace.span_id(span).to_string());
        self.set_params(&[("span", id)], false);
    }

    /// Shows a span in the timeline, unfolding and unzooming what hides it.
    pub fn reveal(self, span: usize) {
        let explained = self.explained_untracked();
        self.collapsed.update(|collapsed| collapsed.reveal(&explained.trace, span));
        let id = explained.trace.span_id(span).to_string();
        let (start, end) = (
            explained.ratio_at(explained.trace.span_start_ns(span)),
            explained.ratio_at(explained.trace.span_end_ns(span)),
        );
        let zoom = self.zoom().get_untracked();
        let is_outside = end < zoom.start || start > zoom.end;
        let zoom = if is_outside { Zoom::WHOLE } else { zoom };
        self.zoom_due.set_value(None);
        self.set_params(&[("span", Some(id)), ("view", None), ("zoom", zoom.to_text())], true);
    }

    pub fn zoom(self) -> Signal<Zoom> {
        self.zoom.into()
    }

    /// Shows a part of the trace at once; the address follows when the person rests, because browsers refuse pages that
    /// change theirs with every frame.
    pub fn set_zoom(self, zoom: Zoom) {
        if self.zoom.get_untracked() == zoom {
            return;
        }
        self.zoom.set(zoom);
        let write = timer::after(ADDRESS_MS, move || self.set_params(&[("zoom", zoom.to_text())], false));
        self.zoom_due.set_value(Some(write));
    }

    pub fn filters(self) -> Memo<Filters> {
        Memo::new(move |_| {
            self.params.with(|params| Filters {
                services: params
                    .get("services")
                    .map(|list| list.split(',').map(unescaped).collect())
                    .unwrap_or_default(),
                errors_only: params.get("errors").is_some(),
                critical_only: params.get("critical").is_some(),
                min_duration: params.get("shorter").unwrap_or_default().to_owned(),
                matches_only: params.get("matches").is_some(),
            })
        })
    }

    pub fn set_filters(self, filters: &Filters) {
        let flag = |is_set: bool| is_set.then(|| "1".to_owned());
        let Filters { services, errors_only, critical_only, min_duration, matches_only } = filters;
        self.set_params(
            &[
                (
                    "services",
                    (!services.is_empty()).then(|| services.iter().map(|s| escaped(s)).collect::<Vec<_>>().join(",")),
                ),
                ("errors", flag(*errors_only)),
                ("critical", flag(*critical_only)),
                ("shorter", (!min_duration.is_empty()).then(|| min_duration.clone())),
                ("matches", flag(*matches_only)),
            ],
            false,
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_zoom_stays_within_the_trace() {
        let near = |a: Zoom, start: f64, end: f64| {
            assert!((a.start - start).abs() < 1e-9 && (a.end - end).abs() < 1e-9, "{a:?}");
        };
        near(Zoom::within(0.8, 0.2), 0.2, 0.8);
        near(Zoom::within(-1.0, 0.5), 0.0, 1.0);
        near(Zoom { start: 0.2, end: 0.4 }.moved(0.5), 0.3, 0.5);
        near(Zoom { start: 0.2, end: 0.4 }.moved(9.0), 0.8, 1.0);
        near(Zoom { start: 0.2, end: 0.4 }.scaled(0.5, 0.5), 0.25, 0.35);
        near(Zoom { start: 0.2, end: 0.4 }.scaled(100.0, 0.0), 0.0, 1.0);
        assert_eq!(Zoom::parse("0.25-0.5"), Some(Zoom { start: 0.25, end: 0.5 }));
        for wrong in ["", "0.5", "0.5-0.25", "-1-2", "0-2", "a-b"] {
            assert_eq!(Zoom::parse(wrong), None, "{wrong}");
        }
        for name in ["api", "a,b", "50%", "%2C"] {
            assert_eq!(unescaped(&escaped(name)), name);
        }
        assert_eq!(Zoom::WHOLE.to_text(), None);
        assert_eq!(
            Zoom { start: 0.25, end: 0.5 }.to_text().as_deref().and_then(Zoom::parse),
            Some(Zoom { start: 0.25, end: 0.5 })
        );
    }
}
