//! The backends that `config.json` names, with what is known about how they are.

use std::rc::Rc;

use futures_util::FutureExt;
use leptos::prelude::*;

use crate::{
    api::{
        http::{ApiError, Endpoint, Transport},
        prometheus::PrometheusClient,
        scheduler::{HeadStart, Scheduler},
    },
    model::config::{Config, Source, SourceKind},
    platform::{clock, dom, timer},
};

use super::reactive::RwSignal;

/// How a backend was when it was last asked anything.
#[derive(Debug, Clone, Default)]
pub struct SourceHealth {
    /// From its build information.
    pub version: Option<String>,
    /// Until the last byte of the last answer.
    pub latency_ms: Option<f64>,
    pub last_success_ms: Option<i64>,
    /// Of the last request, if that failed.
    pub failure: Option<ApiError>,
    /// The last failure of all, which stays when the backend is well again.
    pub last_failure: Option<(i64, ApiError)>,
}

impl SourceHealth {
    /// `None`: not asked yet.
    pub fn is_well(&self) -> Option<bool> {
        if self.failure.is_some() { Some(false) } else { self.last_success_ms.map(|_| true) }
    }
}

/// One backend.
#[derive(Clone)]
pub struct SourceHandle {
    pub source: Source,
    /// The address as the browser resolves it.
    pub absolute_url: String,
    pub endpoint: Endpoint,
    pub prometheus: Option<PrometheusClient>,
    pub health: RwSignal<SourceHealth>,
}

impl SourceHandle {
    /// Takes note of how a request went.
    pub fn observe(&self, latency_ms: Option<f64>, failure: Option<&ApiError>) {
        // A request that we gave up ourselves says nothing about the backend; neither does a query it refused.
        let is_about_backend = !matches!(
            failure,
            Some(
                ApiError::Cancelled { .. }
                    | ApiError::Backend { .. }
                    | ApiError::TooManyPoints { .. }
                    | ApiError::NotFound { .. }
            )
        );
        if !is_about_backend {
            return;
        }
        let _gone = self.health.try_update(|health| match failure {
            None => {
                health.latency_ms = latency_ms.or(health.latency_ms);
                health.last_success_ms = Some(clock::now_ms());
                health.failure = None;
            }
            Some(error) => {
                health.failure = Some(error.clone());
                health.last_failure = Some((clock::now_ms(), error.clone()));
            }
        });
    }
}

struct Inner {
    config: Config,
    handles: Vec<SourceHandle>,
    scheduler: Rc<dyn Transport>,
}

/// A backend that answers later than this is not kept waiting.
const HEAD_START: HeadStart = HeadStart { request_count: 2, most_ms: 40 };

/// All backends, and the rest of the configuration.
#[derive(Clone, Copy)]
pub struct Sources(StoredValue<Rc<Inner>, LocalStorage>);

impl Sources {
    pub fn provide(config: Config, transport: Rc<dyn Transport>) -> Self {
        let scheduler = Scheduler::new(transport, |ms| timer::sleep(ms).boxed_local(), js_sys::Math::random);
        let scheduler: Rc<dyn Transport> = Rc::new(scheduler.with_head_start(HEAD_START));
        let handles = config
            .sources
            .iter()
            .map(|source| {
                let endpoint = endpoint_of(source);
                SourceHandle {
                    absolute_url: endpoint.base_url.clone(),
                    prometheus: (source.kind == SourceKind::Prometheus)
                        .then(|| PrometheusClient::new(endpoint.clone(), Rc::clone(&scheduler))),
                    endpoint,
                    source: source.clone(),
                    health: RwSignal::new(SourceHealth::default()),
                }
            })
            .collect();
        let sources = Self(StoredValue::new_local(Rc::new(Inner { config, handles, scheduler })));
        provide_context(sources);
        sources
    }

    pub fn expect() -> Self {
        expect_context()
    }

    pub fn with_config<R>(self, read: impl FnOnce(&Config) -> R) -> R {
        self.0.with_value(|inner| read(&inner.config))
    }

    pub fn handles(self) -> Vec<SourceHandle> {
        self.0.with_value(|inner| inner.handles.clone())
    }

    /// The Prometheus of that name, or the default one.
    pub fn prometheus(self, name: Option<&str>) -> Option<SourceHandle> {
        self.of_kind(SourceKind::Prometheus, name)
    }

    /// The backend of that kind and name, or the kind's default one.
    pub fn of_kind(self, kind: SourceKind, name: Option<&str>) -> Option<SourceHandle> {
        self.0.with_value(|inner| {
            let source = inner.config.source_for(kind, name)?;
            inner.handles.iter().find(|h| h.source.name == source.name).cloned()
        })
    }

    /// What all clients send their requests through.
    pub fn transport(self) -> Rc<dyn Transport> {
        self.0.with_value(|inner| Rc::clone(&inner.scheduler))
    }
}

fn endpoint_of(source: &Source) -> Endpoint {
    let Source {
        name,
        kind: _,
        url,
        is_default: _,
        headers,
        tenant_header,
        tenants,
        credentials,
        timeout_secs,
        dialect: _,
    } = source;
    let mut endpoint = Endpoint::new(name.clone(), dom::absolute_url(url).trim_end_matches('/').to_owned());
    endpoint.headers.clone_from(headers);
    endpoint.tenant_header = tenant_header.clone().zip(tenants.first().cloned());
    endpoint.credentials = *credentials;
    endpoint.timeout_ms = timeout_secs.saturating_mul(1_000);
    endpoint
}
