//! What the address asks for, and what was found.
//!
//! Invariant: everything here follows from the address; who changes the search writes an address.

use std::sync::Arc;

use leptos::prelude::*;

use crate::{
    analysis::{
        redact::Redactor,
        trace::{
            selection::Selection,
            summary::{Sort, TraceSummary},
        },
    },
    api::{http::ApiError, jaeger::document},
    base::time::{Range, Refresh, TimeError, TimeSpec, label},
    chart::trace::ServiceInks,
    model::trace::{DocumentKind, FoundTraces, Trace, TraceId},
    platform::clock,
    state::{
        query::{Query, use_query},
        reactive::{Memo, RwSignal, Signal, effect},
        router::{Route, Router},
        sources::Sources,
        time::TimeContext,
        traces::{
            self, TraceSource,
            form::{DEFAULT_LIMIT, FormProblem, SearchForm},
        },
        url::Params,
    },
};

/// As the app takes it for its own beat.
const TYPICAL_WIDTH_PX: u32 = 640;

/// What is shown below the form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum View {
    #[default]
    Traces,
    Map,
    /// Traces from files.
    Files,
}

impl View {
    pub fn id(self) -> Option<&'static str> {
        match self {
            Self::Traces => None,
            Self::Map => Some("map"),
            Self::Files => Some("files"),
        }
    }
}

/// Traces, ready to be shown.
pub struct Found {
    /// Where they started: the range asked for, or that of the traces of files.
    pub range: Range,
    pub limit: u32,
    pub answer: Arc<FoundTraces>,
    /// Beside the traces.
    pub rows: Vec<TraceSummary>,
    pub inks: ServiceInks,
}

impl Found {
    fn new(answer: FoundTraces, range: Range, limit: u32) -> Self {
        let rows: Vec<TraceSummary> = answer.traces.iter().map(|trace| TraceSummary::of(trace)).collect();
        let services = rows.iter().flat_map(|row| row.services.iter().map(|(name, _)| name.as_str()));
        let inks = ServiceInks::of(services);
        Self { range, limit, answer: Arc::new(answer), rows, inks }
    }

    /// What a picture of them covers: of a cut answer, the time that it tells of.
    pub fn drawn_range(&self) -> Range {
        let Range { start_ms, end_ms } = self.range;
        let oldest_ms =
            self.rows.iter().map(|row| row.start_ns.div_euclid(1_000_000)).min().filter(|_| self.answer.is_cut);
        let Some(oldest_ms) = oldest_ms.filter(|oldest_ms| (start_ms..end_ms).contains(oldest_ms)) else {
            return self.range;
        };
        // The oldest dot has room.
        Range { start_ms: (oldest_ms - (end_ms - oldest_ms) / 40).max(start_ms), end_ms }
    }

    fn of_files(traces: Vec<Arc<Trace>>) -> Self {
        let start_ns = traces.iter().map(|trace| trace.start_ns()).min().unwrap_or_default();
        let end_ns = traces.iter().map(|trace| trace.end_ns()).max().unwrap_or_default();
        // A single trace stands in the middle.
        let range =
            Range { start_ms: start_ns.div_euclid(1_000_000) - 1_000, end_ms: end_ns.div_euclid(1_000_000) + 1_000 };
        let limit = u32::try_from(traces.len()).unwrap_or(u32::MAX);
        Self::new(FoundTraces { traces, ..FoundTraces::default() }, range, limit)
    }
}

/// One question: asked anew when it changes.
#[derive(Clone, PartialEq)]
struct Question {
    form: SearchForm,
    spec: TimeSpec,
    source: Option<String>,
}

/// The page's state: what it is made of behind one handle, since every closure of the page takes it along.
#[derive(Clone, Copy)]
pub struct Search(StoredValue<Parts>);

#[derive(Clone, Copy)]
struct Parts {
    router: Router,
    time: TimeContext,
    sources: Sources,
    source_name: Memo<Option<String>>,
    redactor: StoredValue<Redactor>,
    params: Memo<Params>,
    form: Memo<SearchForm>,
    problem: Memo<Option<FormProblem>>,
    sort: Memo<Sort>,
    view: Memo<View>,
    selection: Memo<Option<Selection>>,
    query: Query<Found>,
    beat: Signal<u64>,
    file_count: RwSignal<usize>,
    shown: Memo<Option<Arc<Found>>>,
    picked: Memo<Vec<bool>>,
}

impl Search {
    pub fn new() -> Self {
        let (router, time, sources) = (Router::expect(), TimeContext::expect(), Sources::expect());
        let search = router.search();
        // On the way to another page the address is no longer this page's.
        let params = Memo::new(move |before: Option<&Params>| match router.route() {
            Route::Traces => search.with(|search| Params::parse(search)),
            _ => before.cloned().unwrap_or_default(),
        });
        let form = Memo::new(move |_| params.with(SearchForm::from_params));
        let any_range = Range { start_ms: 0, end_ms: 0 };
        let problem = Memo::new(move |_| form.with(|form| form.to_query(any_range).err()));
        let sort = Memo::new(move |_| params.with(|p| p.get("sort").and_then(Sort::parse)).unwrap_or_default());
        let selection = Memo::new(move |_| params.with(|p| p.get("select").and_then(Selection::parse)));
        let view = Memo::new(move |_| {
            params.with(|p| {
                let named = |view: &View| p.get("view") == view.id();
                [View::Map, View::Files].into_iter().find(named).unwrap_or_default()
            })
        });

        let source_name = Memo::new(move |_| params.with(|p| p.get("source").map(str::to_owned)));
        let question = Signal::derive(move || {
            let (form, source) = (form.get(), source_name.get());
            problem.with(Option::is_none).then(|| Question { form, spec: time.spec.get(), source })
        });
        let beat = calm_beat(time);
        let query = use_query(question, beat, move |Question { form, source, .. }, _| {
            let source = traces::source(sources, source.as_deref());
            async move {
                let cancelled = || ApiError::Cancelled { source_name: "Jaeger".to_owned() };
                let (Some(source), Ok(range)) = (source, time.resolve_now()) else { return Err(cancelled()) };
                let Ok(query) = form.to_query(range) else { return Err(cancelled()) };
                let found = source.search(&query).await?;
                Ok(Found::new(found, range, query.limit))
            }
        });

        let file_count = RwSignal::new(traces::uploaded().len());
        let remote = query.remote;
        let shown = Memo::shared(move || match view.get() {
            View::Files => {
                file_count.track();
                Some(Arc::new(Found::of_files(traces::uploaded())))
            }
            _ => remote.with(|remote| remote.value.clone()),
        });
        let picked = Memo::new(move |_| {
            let rows = shown.get();
            selection.get().zip(rows).map(|(selection, found)| selection.picks(&found.rows)).unwrap_or_default()
        });
        let redactor = StoredValue::new(sources.with_config(|config| Redactor::new(&config.redact)));
        let this = Self(StoredValue::new(Parts {
            router,
            time,
            sources,
            source_name,
            redactor,
            params,
            form,
            problem,
            sort,
            view,
            selection,
            query,
            beat,
            file_count,
            shown,
            picked,
        }));
        effect(move || {
            let Some(found) = shown.get() else { return };
            let place = params.with(|params| format!("/traces{}", params.to_query()));
            traces::note_search(place, Arc::clone(&found.answer));
        });
        this
    }

    pub fn router(self) -> Router {
        self.0.with_value(|parts| parts.router)
    }

    pub fn time(self) -> TimeContext {
        self.0.with_value(|parts| parts.time)
    }

    pub fn redactor(self) -> StoredValue<Redactor> {
        self.0.with_value(|parts| parts.redactor)
    }

    fn params(self) -> Memo<Params> {
        self.0.with_value(|parts| parts.params)
    }

    /// As the address has it.
    pub fn form(self) -> Memo<SearchForm> {
        self.0.with_value(|parts| parts.form)
    }

    /// Why it cannot be asked.
    pub fn problem(self) -> Memo<Option<FormProblem>> {
        self.0.with_value(|parts| parts.problem)
    }

    pub fn sort(self) -> Memo<Sort> {
        self.0.with_value(|parts| parts.sort)
    }

    pub fn view(self) -> Memo<View> {
        self.0.with_value(|parts| parts.view)
    }

    pub fn selection(self) -> Memo<Option<Selection>> {
        self.0.with_value(|parts| parts.selection)
    }

    pub fn query(self) -> Query<Found> {
        self.0.with_value(|parts| parts.query)
    }

    pub fn beat(self) -> Signal<u64> {
        self.0.with_value(|parts| parts.beat)
    }

    /// How many traces came from files.
    pub fn file_count(self) -> RwSignal<usize> {
        self.0.with_value(|parts| parts.file_count)
    }

    /// What the view is of.
    pub fn shown(self) -> Memo<Option<Arc<Found>>> {
        self.0.with_value(|parts| parts.shown)
    }

    /// For each trace shown whether it is selected; empty where nothing is.
    pub fn picked(self) -> Memo<Vec<bool>> {
        self.0.with_value(|parts| parts.picked)
    }

    /// The traces shown, or those of them that are selected, as a document that can be opened again; secrets hidden.
    pub fn document(self, kind: DocumentKind) -> String {
        let Some(found) = self.shown().get_untracked() else { return String::new() };
        let redactor = self.redactor().get_value();
        self.picked().with_untracked(|picked| {
            let is_taken = |at: usize| picked.is_empty() || picked.get(at).copied().unwrap_or_default();
            let traces = found.answer.traces.iter().enumerate().filter(|(at, _)| is_taken(*at));
            document(traces.map(|(_, trace)| &**trace), kind, &|detail| redactor.detail(detail))
        })
    }

    /// Tracked.
    pub fn source(self) -> Option<TraceSource> {
        let (sources, name) = self.0.with_value(|parts| (parts.sources, parts.source_name));
        traces::source(sources, name.get().as_deref())
    }

    /// The source that is asked. Tracked.
    pub fn source_name(self) -> Option<String> {
        self.source().map(|source| source.handle.source.name)
    }

    /// Changes keys of the address.
    pub fn change(self, changes: &[(&str, Option<&str>)], is_replacing: bool) {
        let mut params = self.params().get_untracked();
        for (name, value) in changes {
            params = params.with(name, *value);
        }
        self.router().set_search(&params.to_query(), is_replacing);
    }

    /// Asks for something else. What was selected belonged to the traces before.
    pub fn ask(self, form: &SearchForm) {
        let params = form.to_params(self.params().get_untracked()).with("select", None);
        let params = if self.view().get_untracked() == View::Files { params.with("view", None) } else { params };
        let query = params.to_query();
        if self.router().search().with_untracked(|now| *now == query) {
            self.query().retry.run(());
        } else {
            self.router().set_search(&query, false);
        }
    }

    /// The same, seen as traces.
    pub fn ask_traces(self, form: &SearchForm) {
        let params = form.to_params(self.params().get_untracked()).with("select", None).with("view", None);
        self.router().set_search(&params.to_query(), false);
    }

    pub fn select(self, selection: Option<Selection>) {
        self.change(&[("select", selection.map(|selection| selection.to_string()).as_deref())], true);
    }

    /// The address of one trace, with the range and the source that it was found in.
    pub fn trace_place(self, id: TraceId) -> String {
        let (from, to) = self.time().spec.with(|spec| (spec.from.to_string(), spec.to.to_string()));
        let query = self.params().with(|params| {
            params.keep(&["tz", "refresh", "source"]).with("from", Some(&from)).with("to", Some(&to)).to_query()
        });
        format!("/trace/{id}{query}")
    }

    pub fn trace_href(self, id: TraceId) -> String {
        self.router().href(&self.trace_place(id))
    }

    /// The page's range in words.
    pub fn range_text(self) -> String {
        let time = self.time();
        time.zone.with(|zone| zone.with(|zone| time.spec.with(|spec| label(spec, zone))))
    }

    pub fn resolved(self) -> Result<Range, TimeError> {
        self.time().resolve_now()
    }
}

/// Searches are dear and rows that move are hard to read: an automatic refresh, which charts want every few seconds, is let
/// through twice a minute. What a person asks for is let through at once.
fn calm_beat(time: TimeContext) -> Signal<u64> {
    const CALM_MS: f64 = 30_000.0;
    let start_ms = clock::monotonic_ms();
    // When the page beat, and when that was let through.
    let last_ms = StoredValue::new((start_ms, start_ms));
    let beat = Memo::new(move |before: Option<&u64>| {
        let beat = time.beat.get();
        let now_ms = clock::monotonic_ms();
        let (beaten_ms, passed_ms) = last_ms.get_value();
        let interval_ms = match (time.refresh.get_untracked(), time.resolve_now()) {
            (Refresh::Auto, Ok(range)) => Refresh::Auto.interval_ms(range, TYPICAL_WIDTH_PX),
            _ => None,
        };
        // Nobody but a person beats before it is time.
        let is_asked = interval_ms.is_none_or(|ms| now_ms - beaten_ms < ms as f64 * 0.9);
        let is_passed = before.is_none() || is_asked || now_ms - passed_ms >= CALM_MS;
        last_ms.set_value((now_ms, if is_passed { now_ms } else { passed_ms }));
        before.filter(|_| !is_passed).copied().unwrap_or(beat)
    });
    beat.into()
}

/// What is asked for, in a line: `agentarea-api · create_agent · at least 1s`.
pub fn form_text(form: &SearchForm) -> String {
    let SearchForm { service, operation, tags, min, max, limit } = form;
    let mut parts = vec![if service.is_empty() { "all services".to_owned() } else { service.clone() }];
    let some = |text: &str, words: &str| (!text.is_empty()).then(|| format!("{words}{text}"));
    parts.extend(some(operation, ""));
    parts.extend(some(tags, ""));
    parts.extend(some(min, "at least "));
    parts.extend(some(max, "at most "));
    let is_usual = *limit == DEFAULT_LIMIT.to_string();
    parts.extend(if is_usual { None } else { some(limit, "limit ") });
    parts.join(" \u{b7} ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_in_a_line() {
        assert_eq!(form_text(&SearchForm::default()), "all services");
        assert_eq!(form_text(&SearchForm::slow_requests()), "agentarea-api \u{b7} create_agent \u{b7} at least 1s");
        let form = SearchForm { limit: "20".to_owned(), tags: "error=true".to_owned(), ..SearchForm::default() };
        assert_eq!(form_text(&form), "all services \u{b7} error=true \u{b7} limit 20");
    }
}
