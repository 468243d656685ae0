//! Which of its two APIs a server has.
//!
//! It is found by asking both for the services, the old one first. Status and type of an answer are not enough: before 2.16
//! an unknown path is the page of Jaeger's UI with 200, and v3 calls its JSON text. So an API is there when its answer has the
//! key that only that API's has.
//!
//! Invariant: what is remembered was answered by the server, and is forgotten when a path of it is missing later: servers are
//! updated while pages are open.

use super::{Ask, JaegerClient, ask, scan::Dialect};
use crate::{
    api::http::{ApiError, HttpRequest},
    model::config::JaegerDialect,
};

/// Whether an error says that there is something else than the API at this path.
pub(super) fn is_path_missing(error: &ApiError) -> bool {
    match error {
        ApiError::NotJson { is_redirected, .. } => !is_redirected,
        // 400: "unsupported path requested", as VictoriaTraces says.
        ApiError::Http { status, .. } => matches!(status, 400 | 404 | 405 | 410 | 501),
        ApiError::Decode { .. } => true,
        _ => false,
    }
}

impl JaegerClient {
    pub(super) async fn dialect(&self) -> Result<Dialect, ApiError> {
        match self.inner.wanted {
            JaegerDialect::Legacy => return Ok(Dialect::Legacy),
            JaegerDialect::V3 => return Ok(Dialect::V3),
            JaegerDialect::Auto => {}
        }
        if let Some(known) = self.inner.known.get() {
            return Ok(known);
        }
        let endpoint = &self.inner.endpoint;
        let legacy = self.has(ask::legacy_services(endpoint), "data").await;
        let found = match legacy {
            Ok(()) => Dialect::Legacy,
            Err(error) if is_path_missing(&error) => {
                self.has(ask::v3_services(endpoint), "services").await?;
                Dialect::V3
            }
            Err(error) => return Err(error),
        };
        self.inner.known.set(Some(found));
        Ok(found)
    }

    /// An error unless the answer has that key.
    async fn has(&self, request: HttpRequest, key: &'static str) -> Result<(), ApiError> {
        let answer = self.shared(request, Ask::Small).await?;
        answer.into_small(&self.inner.endpoint)?.texts(key).map(|_| ())
    }

    /// Forgets the dialect where the server does not have it any more.
    pub(super) fn noted<T>(&self, answer: Result<T, ApiError>) -> Result<T, ApiError> {
        if answer.as_ref().is_err_and(is_path_missing) {
            self.inner.known.set(None);
        }
        answer
    }
}
