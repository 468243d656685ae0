//! Whether a backend answers at all: for the status page, which does not know every API.

use super::{
    exchange,
    http::{ApiError, Endpoint, FormParams, Transport},
};
use crate::model::config::SourceKind;

/// Cheap questions that are answered with JSON; the later ones are for servers that lack the first.
fn paths(kind: SourceKind) -> &'static [&'static str] {
    match kind {
        SourceKind::Jaeger => &["api/services", "api/v3/services"],
        _ => &[],
    }
}

/// Whether [`answers`] knows what to ask.
pub fn is_known(kind: SourceKind) -> bool {
    !paths(kind).is_empty()
}

/// Milliseconds until the answer was there. Refusals of the API are errors, and so is a page in place of JSON.
pub async fn answers(kind: SourceKind, endpoint: &Endpoint, transport: &dyn Transport) -> Result<f64, ApiError> {
    let mut result = Err(ApiError::Cancelled { source_name: endpoint.source_name.clone() });
    for path in paths(kind) {
        let request = endpoint.get(path, &FormParams::default());
        result =
            exchange::run(&request, transport, true, |_, _| None, &mut |_: &[u8]| {}).await.map(|it| it.elapsed_ms);
        let is_path_missing = matches!(
            &result,
            Err(ApiError::NotJson { is_redirected: false, .. } | ApiError::Http { status: 400 | 404 | 405 | 410, .. })
        );
        if !is_path_missing {
            break;
        }
    }
    result
}
