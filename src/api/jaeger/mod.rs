//! The client of Jaeger's HTTP APIs: the old one of its UI (`/api`), and `/api/v3`, which speaks OTLP's JSON.
//!
//! Where both are there the old one is asked: every version of it filters by tags (v3 only since 2.19, and before that passes
//! over the filter in silence), keeps traces apart and each within the limit, names what it could not find, and moves both ends
//! of a span whose clock was off. v3 is for servers after 2.20, which no longer have the old one.
//!
//! Invariant: wire shapes end here. Traces are read while they arrive, into columns ([`scan`], [`collect`]); what only an opened
//! span shows stays in the answer's bytes ([`detail`]). A search that finds nothing is an empty result, whatever the server calls
//! it; a trace that is not there is [`ApiError::NotFound`].
//!
//! Not here: metrics of services (`/api/metrics`), which Prometheus answers; summaries without spans (`/api/v3/trace-summaries`),
//! which no released version of the old API has.

mod answer;
mod ask;
mod collect;
mod detail;
mod dialect;
mod document;
mod pretty;
mod scan;
mod skew;
#[cfg(test)]
mod tests;
mod upload;
mod view;

use std::{cell::Cell, rc::Rc, sync::Arc};

use futures_util::future::LocalBoxFuture;

use self::{answer::Body, scan::Dialect};
use crate::{
    api::{
        http::{ApiError, Endpoint, HttpRequest, Transport},
        scheduler::Sharing,
    },
    base::order,
    model::{
        config::JaegerDialect,
        notice::Notice,
        trace::{Dependency, FoundTraces, Operation, Trace, TraceId, TraceQuery},
    },
};
pub use document::document;
pub use upload::{DocumentError, traces_from_document};

/// Cheap to clone; clones share what is in flight, and what is known of the server.
#[derive(Clone)]
pub struct JaegerClient {
    inner: Rc<Inner>,
}

struct Inner {
    endpoint: Endpoint,
    transport: Rc<dyn Transport>,
    sharing: Sharing<Body>,
    /// What `config.json` says.
    wanted: JaegerDialect,
    /// What the server has answered.
    known: Cell<Option<Dialect>>,
}

/// How a body is read.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Ask {
    Small,
    Traces,
}

impl JaegerClient {
    /// `transport` is normally the app's one `api::scheduler::Scheduler`.
    pub fn new(endpoint: Endpoint, transport: Rc<dyn Transport>, dialect: JaegerDialect) -> Self {
        let known = Cell::new(None);
        Self { inner: Rc::new(Inner { endpoint, transport, sharing: Sharing::default(), wanted: dialect, known }) }
    }

    pub fn endpoint(&self) -> &Endpoint {
        &self.inner.endpoint
    }

    /// Whether a search has to name a service: the old API refuses others.
    pub async fn needs_service(&self) -> Result<bool, ApiError> {
        Ok(self.dialect().await? == Dialect::Legacy)
    }

    /// By name. The cheap probe, too.
    pub async fn services(&self) -> Result<Vec<String>, ApiError> {
        let endpoint = &self.inner.endpoint;
        let answer = match self.dialect().await? {
            Dialect::Legacy => self.small(ask::legacy_services(endpoint)).await?.texts("data"),
            Dialect::V3 => self.small(ask::v3_services(endpoint)).await?.texts("services"),
        };
        let mut services = answer?;
        order::sort_by(&mut services, Ord::cmp);
        Ok(services)
    }

    /// By name and kind. Servers that only speak like Jaeger may tell no kinds.
    pub async fn operations(&self, service: &str) -> Result<Vec<Operation>, ApiError> {
        let endpoint = &self.inner.endpoint;
        let mut operations = match self.dialect().await? {
            Dialect::Legacy => match self.small(ask::legacy_operations(endpoint, service)).await {
                Err(error) if dialect::is_path_missing(&error) => {
                    let names = self.small(ask::legacy_operation_names(endpoint, service)).await?;
                    names.operation_names()
                }
                answer => answer?.operations("data"),
            },
            Dialect::V3 => self.small(ask::v3_operations(endpoint, service)).await?.operations("operations"),
        }?;
        order::sort_by(&mut operations, Ord::cmp);
        Ok(operations)
    }

    /// The request that [`Self::search`] sends, once it is known which dialect the server speaks.
    pub fn search_request(&self, query: &TraceQuery) -> HttpRequest {
        match (self.inner.wanted, self.inner.known.get()) {
            (JaegerDialect::V3, _) | (JaegerDialect::Auto, Some(Dialect::V3)) => {
                ask::v3_search(&self.inner.endpoint, query)
            }
            _ => ask::legacy_search(&self.inner.endpoint, query),
        }
    }

    pub async fn search(&self, query: &TraceQuery) -> Result<FoundTraces, ApiError> {
        let dialect = self.dialect().await?;
        let mut found = match dialect {
            Dialect::Legacy => self.traces(ask::legacy_search(&self.inner.endpoint, query)).await?,
            Dialect::V3 => {
                let found = self.traces(ask::v3_search(&self.inner.endpoint, query)).await;
                // "No traces found", also where the times are the wrong way round.
                found.or_else(|error| if is_not_found(&error) { Ok(FoundTraces::default()) } else { Err(error) })?
            }
        };
        found.is_cut = found.traces.len() >= query.limit as usize;
        answer::newest_first(&mut found.traces);
        if has_key_twice(&query.tags) {
            let told = "a tag is asked for with two values: only the last one counts";
            found.notices.push(Notice::warning(told));
        }
        if dialect == Dialect::V3 {
            answer::keep_tagged(&mut found, &query.tags, &self.inner.endpoint.source_name);
        }
        Ok(found)
    }

    pub async fn trace(&self, id: TraceId) -> Result<Arc<Trace>, ApiError> {
        let endpoint = &self.inner.endpoint;
        let request = match self.dialect().await? {
            Dialect::Legacy => ask::legacy_trace(endpoint, id),
            Dialect::V3 => ask::v3_trace(endpoint, id),
        };
        let not_found =
            || ApiError::NotFound { source_name: endpoint.source_name.clone(), what: format!("trace {id}") };
        let found = self.traces(request).await;
        let traces = found.map_err(|error| if is_not_found(&error) { not_found() } else { error })?.traces;
        let at = traces.iter().position(|trace| trace.id() == id).unwrap_or_default();
        traces.into_iter().nth(at).ok_or_else(not_found)
    }

    /// Those of these traces that are there; the others are notices. In the order of `ids`.
    pub async fn traces_of_ids(&self, ids: &[TraceId]) -> Result<FoundTraces, ApiError> {
        let mut found = FoundTraces::default();
        if ids.is_empty() {
            return Ok(found);
        }
        if self.dialect().await? == Dialect::Legacy {
            found = self.traces(ask::legacy_traces_of_ids(&self.inner.endpoint, ids)).await?;
            let place = |trace: &Arc<Trace>| ids.iter().position(|id| *id == trace.id());
            order::sort_by_key(&mut found.traces, place);
            return Ok(found);
        }
        // Three at most in flight would be faster, but nobody compares more than a handful.
        for id in ids {
            match self.trace(*id).await {
                Ok(trace) => found.traces.push(trace),
                Err(ApiError::NotFound { .. }) => found.notices.push(answer::missing(*id)),
                Err(error) => return Err(error),
            }
        }
        Ok(found)
    }

    /// Calls between services within the time before `end_ms`.
    pub async fn dependencies(&self, end_ms: i64, lookback_ms: i64) -> Result<Vec<Dependency>, ApiError> {
        let request = ask::dependencies(&self.inner.endpoint, end_ms, lookback_ms);
        self.small(request).await?.dependencies()
    }

    async fn small(&self, request: HttpRequest) -> Result<answer::Small, ApiError> {
        let answer = self.shared(request, Ask::Small).await;
        self.noted(answer)?.into_small(&self.inner.endpoint)
    }

    async fn traces(&self, request: HttpRequest) -> Result<FoundTraces, ApiError> {
        let answer = self.shared(request, Ask::Traces).await;
        self.noted(answer)?.into_found(&self.inner.endpoint)
    }

    /// Runs the request, or joins the same request that is already on its way.
    fn shared(&self, request: HttpRequest, ask: Ask) -> LocalBoxFuture<'static, Result<Body, ApiError>> {
        let Inner { transport, sharing, .. } = &*self.inner;
        let key = request.url.clone();
        Box::pin(sharing.share(key, || Box::pin(answer::answered(request, Rc::clone(transport), ask))))
    }
}

/// The API's own 404.
fn is_not_found(error: &ApiError) -> bool {
    matches!(error, ApiError::Backend { status: 404, .. })
}

fn has_key_twice(tags: &[(String, String)]) -> bool {
    (1..).zip(tags).any(|(behind, (key, _))| tags.iter().skip(behind).any(|(other, _)| other == key))
}
