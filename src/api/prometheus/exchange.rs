//! What is Prometheus's own in an answer: its envelope, its errors, and what a parser of its bodies has to do.

use super::wire::{Envelope, Faults, Item};
use crate::{
    api::{
        exchange::Exchange,
        http::{ApiError, excerpt},
        json::{self, Node, Value},
    },
    model::notice::Notice,
};

/// Reads a successful body.
pub(super) trait Parser {
    type Output;
    fn push(&mut self, bytes: &[u8]);
    fn finish(self, exchange: &Exchange<'_>) -> Result<Self::Output, ApiError>;
    /// What a 204 means: the handler had nothing to say.
    fn nothing(self) -> Self::Output;
}

/// The API's own error. The type is not consulted: what parses as the API's error is one, and proxies relabel bodies.
pub(super) fn explain(exchange: &Exchange<'_>, body: &[u8]) -> Option<ApiError> {
    if let Ok(root) = json::parse(&String::from_utf8_lossy(body)) {
        let Envelope { error_type, error, .. } = Envelope::read(Item::new(&root, &Faults::default()));
        if error_type.is_some() || error.is_some() {
            return Some(exchange.backend_error(error_type, error));
        }
    }
    let Exchange { request, head } = exchange;
    // Prometheus' own words (`web/web.go`); a proxy's 503 is about something else.
    let is_own_text = head.essence() == "text/plain" && body.trim_ascii().starts_with(b"Service Unavailable");
    (head.status == 503 && (is_own_text || head.is_stopping)).then(|| ApiError::NotReady {
        source_name: request.source_name.clone(),
        is_stopping: head.is_stopping,
        excerpt: excerpt(body),
    })
}

/// What is left of the API's envelope once it is known to hold a success.
pub(super) struct Opened {
    pub data: Node,
    pub notices: Vec<Notice>,
}

/// A small answer, kept whole.
pub(super) fn open(body: &[u8], exchange: &Exchange<'_>) -> Result<Opened, ApiError> {
    if exchange.head.status == 204 {
        return Ok(Opened { data: Node::default(), notices: Vec::new() });
    }
    let text = std::str::from_utf8(body).map_err(|error| exchange.decode_error(error.valid_up_to() as u64, "UTF-8"))?;
    let root = json::parse(text).map_err(|fault| {
        let at_byte = fault.at_byte as u64;
        if fault.is_early_end { exchange.truncated(at_byte) } else { exchange.decode_error(at_byte, fault.message) }
    })?;
    if !matches!(root.value, Value::Object(_)) {
        return Err(exchange.decode_error(root.at as u64, "an object"));
    }
    let faults = Faults::default();
    let Envelope { status, error_type, error, notices } = Envelope::read(Item::new(&root, &faults));
    if status.as_deref() == Some("error") || error.is_some() {
        return Err(exchange.backend_error(error_type, error));
    }
    match faults.first() {
        Some((at, expected)) => Err(exchange.decode_error(at as u64, expected)),
        None => Ok(Opened { data: root.into_value_of("data"), notices }),
    }
}

pub(super) fn notices(warnings: Option<Vec<String>>, infos: Option<Vec<String>>) -> Vec<Notice> {
    let warnings = warnings.into_iter().flatten().map(Notice::warning);
    warnings.chain(infos.into_iter().flatten().map(Notice::info)).collect()
}
