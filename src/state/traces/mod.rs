//! Traces while the app is open: whom to ask, what was found, what a search's address says.
//!
//! Invariant: traces that a page has shown are kept, so that opening one from a search, going back, and comparing two ask
//! nothing again. They are kept for the whole app, not for a page, and the oldest go first.

mod everywhere;
pub mod form;

use std::{
    cell::RefCell,
    collections::{HashMap, VecDeque},
    sync::Arc,
};

use crate::{
    analysis::trace::{
        conversation::{Price, PriceTable},
        usual::UsualDurations,
    },
    api::{http::ApiError, jaeger::JaegerClient},
    base::time::Range,
    model::{
        config::{Config, ModelPrice, SourceKind},
        trace::{Dependency, FoundTraces, Operation, Trace, TraceId, TraceQuery},
    },
    platform::clock,
};

use super::sources::{SourceHandle, Sources};

/// Spans that are kept, of all traces together: some 200 MB with their bytes.
const MAX_KEPT_SPANS: usize = 300_000;

/// A backend of traces.
#[derive(Clone)]
pub struct TraceSource {
    pub handle: SourceHandle,
    pub client: JaegerClient,
}

/// The last search, which a trace's page goes back to and compares with.
#[derive(Clone)]
pub struct LastSearch {
    /// The place in the app, with its query.
    pub place: String,
    pub found: Arc<FoundTraces>,
    pub usual: Arc<UsualDurations>,
}

#[derive(Default)]
struct Store {
    clients: HashMap<String, JaegerClient>,
    traces: HashMap<TraceId, Arc<Trace>>,
    /// The latest last.
    order: VecDeque<TraceId>,
    span_count: usize,
    uploaded: Vec<TraceId>,
    last_search: Option<LastSearch>,
}

thread_local! {
    static STORE: RefCell<Store> = RefCell::default();
}

/// The Jaeger of that name, or the default one.
pub fn source(sources: Sources, name: Option<&str>) -> Option<TraceSource> {
    let handle = sources.of_kind(SourceKind::Jaeger, name)?;
    let client = STORE.with_borrow_mut(|store| {
        let make = || JaegerClient::new(handle.endpoint.clone(), sources.transport(), handle.source.dialect);
        store.clients.entry(handle.source.name.clone()).or_insert_with(make).clone()
    });
    Some(TraceSource { handle, client })
}

impl TraceSource {
    /// Runs one question and notes how the backend did.
    async fn observed<T>(&self, ask: impl Future<Output = Result<T, ApiError>>) -> Result<T, ApiError> {
        let start_ms = clock::monotonic_ms();
        let result = ask.await;
        match &result {
            Ok(_) => self.handle.observe(Some(clock::monotonic_ms() - start_ms), None),
            Err(error) => self.handle.observe(None, Some(error)),
        }
        result
    }

    /// Also of all services, where the backend searches one at a time.
    pub async fn search(&self, query: &TraceQuery) -> Result<FoundTraces, ApiError> {
        let found = self.observed(everywhere::search(self, query)).await?;
        keep(&found.traces);
        Ok(found)
    }

    /// One trace, as the backend has it now.
    pub async fn trace(&self, id: TraceId) -> Result<Arc<Trace>, ApiError> {
        let trace = self.observed(self.client.trace(id)).await?;
        keep(std::slice::from_ref(&trace));
        Ok(trace)
    }

    pub async fn services(&self) -> Result<Vec<String>, ApiError> {
        self.observed(self.client.services()).await
    }

    pub async fn operations(&self, service: &str) -> Result<Vec<Operation>, ApiError> {
        self.observed(self.client.operations(service)).await
    }

    /// Calls between services within the range.
    pub async fn dependencies(&self, range: Range) -> Result<Vec<Dependency>, ApiError> {
        self.observed(self.client.dependencies(range.end_ms, range.duration_ms())).await
    }
}

/// What models cost, as `config.json` says.
pub fn prices(config: &Config) -> PriceTable {
    let prices = config.model_prices.iter().map(|price| {
        let ModelPrice { model, input, output, cache_read, cache_creation } = price.clone();
        Price { model, input, output, cache_read, cache_creation }
    });
    PriceTable { prices: prices.collect(), currency: config.currency.clone() }
}

/// A trace that was shown or found before.
pub fn kept(id: TraceId) -> Option<Arc<Trace>> {
    STORE.with_borrow(|store| store.traces.get(&id).cloned())
}

fn keep(traces: &[Arc<Trace>]) {
    STORE.with_borrow_mut(|store| {
        for trace in traces {
            let id = trace.id();
            store.order.retain(|known| *known != id);
            store.order.push_back(id);
            store.span_count += trace.len();
            if let Some(before) = store.traces.insert(id, Arc::clone(trace)) {
                store.span_count -= before.len();
            }
        }
        // What was just added stays, however large.
        while store.span_count > MAX_KEPT_SPANS && store.order.len() > traces.len() {
            let Some(oldest) = store.order.pop_front() else { break };
            // Nobody can ask for it anew.
            if store.uploaded.contains(&oldest) {
                continue;
            }
            if let Some(trace) = store.traces.remove(&oldest) {
                store.span_count -= trace.len();
            }
        }
    });
}

/// Takes traces that no backend has: from a file.
pub fn keep_uploaded(traces: &[Arc<Trace>]) {
    STORE.with_borrow_mut(|store| store.uploaded.extend(traces.iter().map(|trace| trace.id())));
    keep(traces);
}

/// Whether a trace came from a file: nobody else has it.
pub fn is_uploaded(id: TraceId) -> bool {
    STORE.with_borrow(|store| store.uploaded.contains(&id))
}

/// Those that came from files, the latest last.
pub fn uploaded() -> Vec<Arc<Trace>> {
    STORE.with_borrow(|store| store.uploaded.iter().filter_map(|id| store.traces.get(id).cloned()).collect())
}

/// Notes what a search found, for the page of a trace.
pub fn note_search(place: String, found: Arc<FoundTraces>) {
    let usual = Arc::new(UsualDurations::of(&found.traces));
    STORE.with_borrow_mut(|store| store.last_search = Some(LastSearch { place, found, usual }));
}

pub fn last_search() -> Option<LastSearch> {
    STORE.with_borrow(|store| store.last_search.clone())
}
