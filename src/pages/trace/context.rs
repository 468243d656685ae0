//! What the views of a trace share: the trace, and what the address says about the page.

use std::sync::Arc;

use leptos::prelude::*;

use crate::{
    analysis::{redact::Redactor, trace::filter::Collapsed},
    base::number,
    model::trace::{SpanDetail, SpanId},
    platform::{storage, timer},
    state::{
        reactive::{Memo, RwSignal, Signal, effect},
        router::Router,
        sources::Sources,
        url::Params,
    },
};

use super::{
    explained::Explained,
    filters::{Filters, escaped, unescaped},
    zoom::Zoom,
};

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

/// Where the details of the span that is selected stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Details {
    Beside,
    /// Below its row.
    Below,
}

/// Under these names the browser remembers what suits a person, whatever the trace.
const DETAILS_KEY: &str = "trace-details";
const NAMES_KEY: &str = "trace-names-percent";

/// The part of the timeline's width that names have, in percent.
pub const USUAL_NAMES_PERCENT: f64 = 38.0;
const MIN_NAMES_PERCENT: f64 = 12.0;
const MAX_NAMES_PERCENT: f64 = 75.0;

/// From the last move to the change of the address.
const ADDRESS_MS: i32 = 150;

/// The page of one trace. Cheap to copy.
#[derive(Clone, Copy)]
pub struct TraceView {
    explained: Signal<Arc<Explained>>,
    params: Memo<Params>,
    router: StoredValue<Router>,
    redactor: StoredValue<Redactor>,
    pub collapsed: RwSignal<Collapsed>,
    details: RwSignal<Details>,
    names_percent: RwSignal<f64>,
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
        let is_below = storage::read(DETAILS_KEY).as_deref() == Some("below");
        let names_percent = storage::read(NAMES_KEY).and_then(|text| number::parse(&text));
        let view = Self {
            explained,
            details: RwSignal::new(if is_below { Details::Below } else { Details::Beside }),
            names_percent: RwSignal::new(within_names(names_percent.unwrap_or(USUAL_NAMES_PERCENT))),
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

    pub fn details(self) -> Signal<Details> {
        self.details.into()
    }

    /// For this trace and those to come.
    pub fn set_details(self, details: Details) {
        self.details.set(details);
        storage::write(DETAILS_KEY, if details == Details::Below { "below" } else { "beside" });
    }

    /// From [`MIN_NAMES_PERCENT`] to [`MAX_NAMES_PERCENT`].
    pub fn names_percent(self) -> Signal<f64> {
        self.names_percent.into()
    }

    /// For this trace and those to come.
    pub fn set_names_percent(self, percent: f64) {
        let percent = within_names(percent);
        self.names_percent.set(percent);
        storage::write(NAMES_KEY, &format!("{percent:.1}"));
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

fn within_names(percent: f64) -> f64 {
    if percent.is_finite() { percent.clamp(MIN_NAMES_PERCENT, MAX_NAMES_PERCENT) } else { USUAL_NAMES_PERCENT }
}
