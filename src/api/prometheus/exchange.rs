//! One request and its answer: decides from the head how the body is to be read, and turns everything that is not an
//! answer into the error that says what happened.
//!
//! Invariant: only a 2xx body reaches the parser whole; of every other body at most [`MAX_KEPT_BYTES`] are held.

use super::{
    FetchStats,
    wire::{Envelope, Faults, Item},
};
use crate::{
    api::{
        http::{ApiError, BodySink, HttpRequest, ResponseHead, Transport, excerpt},
        json::{self, Node, Value},
    },
    model::notice::Notice,
};

/// Enough for any error message of an API, and far more than is shown.
const MAX_KEPT_BYTES: usize = 64 * 1024;

/// What a parser needs to name things in its errors.
pub(super) struct Exchange<'a> {
    pub request: &'a HttpRequest,
    pub head: &'a ResponseHead,
}

impl Exchange<'_> {
    pub fn decode_error(&self, at_byte: u64, expected: impl Into<String>) -> ApiError {
        ApiError::Decode { source_name: self.request.source_name.clone(), at_byte, expected: expected.into() }
    }

    pub fn truncated(&self, received_bytes: u64) -> ApiError {
        ApiError::Truncated { source_name: self.request.source_name.clone(), received_bytes }
    }

    pub fn backend_error(&self, kind: Option<String>, message: Option<String>) -> ApiError {
        ApiError::Backend {
            source_name: self.request.source_name.clone(),
            status: self.head.status,
            kind: kind.unwrap_or_else(|| "unknown".to_owned()),
            message: message.unwrap_or_else(|| "the server gave no reason".to_owned()),
        }
    }

    fn shown_url(&self) -> String {
        if self.head.final_url.is_empty() { self.request.url.clone() } else { self.head.final_url.clone() }
    }
}

/// Reads a successful body.
pub(super) trait Parser {
    type Output;
    fn push(&mut self, bytes: &[u8]);
    fn finish(self, exchange: &Exchange<'_>) -> Result<Self::Output, ApiError>;
    /// What a 204 means: the handler had nothing to say.
    fn nothing(self) -> Self::Output;
}

#[derive(Clone, Copy, PartialEq)]
enum Mode {
    Parse,
    Keep,
}

struct Sink<'a> {
    push: &'a mut dyn FnMut(&[u8]),
    mode: Mode,
    /// The start of the body, for messages.
    kept: Vec<u8>,
    kept_limit: usize,
}

impl BodySink for Sink<'_> {
    fn on_head(&mut self, head: &ResponseHead) {
        // Some proxies drop or generalise the type, so only one that says "something else" keeps the body from us.
        let may_be_json =
            head.is_json() || matches!(head.essence().as_str(), "" | "text/plain" | "application/octet-stream");
        self.mode = if head.is_success() && may_be_json { Mode::Parse } else { Mode::Keep };
        self.kept_limit = if self.mode == Mode::Parse { 512 } else { MAX_KEPT_BYTES };
    }

    fn on_chunk(&mut self, bytes: &[u8]) {
        let room = self.kept_limit.saturating_sub(self.kept.len());
        self.kept.extend_from_slice(bytes.get(..room).unwrap_or(bytes));
        if self.mode == Mode::Parse {
            (self.push)(bytes);
        }
    }
}

/// What came, once it is known to be an answer.
pub(super) struct Received {
    pub head: ResponseHead,
    pub stats: FetchStats,
}

/// Sends the request and hands the bytes of its answer to `push`. With `wants_json`, anything but JSON is an error;
/// without, any 2xx will do.
pub(super) async fn run(
    request: &HttpRequest,
    transport: &dyn Transport,
    wants_json: bool,
    push: &mut dyn FnMut(&[u8]),
) -> Result<Received, ApiError> {
    let mut sink = Sink { push, mode: Mode::Keep, kept: Vec::new(), kept_limit: MAX_KEPT_BYTES };
    let delivery = transport.send(request, &mut sink).await?;
    let stats = FetchStats::of(&delivery);
    let head = delivery.head;
    match refusal(&Exchange { request, head: &head }, wants_json, sink.mode, &sink.kept) {
        Some(error) => Err(error),
        None => Ok(Received { head, stats }),
    }
}

/// Why a response is no answer.
fn refusal(exchange: &Exchange<'_>, wants_json: bool, mode: Mode, kept: &[u8]) -> Option<ApiError> {
    let head = exchange.head;
    if !head.is_success() {
        return Some(error_from_failure(exchange, kept));
    }
    if !wants_json {
        // A single-page app's fallback answers every path with its own page: that is not readiness.
        return (head.essence() == "text/html").then(|| not_json(exchange, kept));
    }
    if head.status == 204 {
        return None;
    }
    let looks_like_json = kept.iter().find(|b| !b.is_ascii_whitespace()).is_none_or(|b| matches!(b, b'{' | b'['));
    if mode == Mode::Keep || (!looks_like_json && !head.is_json()) {
        return Some(not_json(exchange, kept));
    }
    kept.is_empty().then(|| exchange.truncated(0))
}

fn error_from_failure(exchange: &Exchange<'_>, body: &[u8]) -> ApiError {
    let Exchange { request, head } = exchange;
    // The type is not consulted: what parses as the API's error is one, and proxies relabel bodies.
    if let Ok(root) = json::parse(&String::from_utf8_lossy(body)) {
        let Envelope { error_type, error, .. } = Envelope::read(Item::new(&root, &Faults::default()));
        if error_type.is_some() || error.is_some() {
            return exchange.backend_error(error_type, error);
        }
    }
    let source_name = request.source_name.clone();
    // Prometheus' own words (`web/web.go`); a proxy's 503 is about something else.
    let is_own_text = head.essence() == "text/plain" && body.trim_ascii().starts_with(b"Service Unavailable");
    if head.status == 503 && (is_own_text || head.is_stopping) {
        return ApiError::NotReady { source_name, is_stopping: head.is_stopping, excerpt: excerpt(body) };
    }
    ApiError::Http { source_name, status: head.status, url: exchange.shown_url(), excerpt: excerpt(body) }
}

fn not_json(exchange: &Exchange<'_>, body: &[u8]) -> ApiError {
    ApiError::NotJson {
        source_name: exchange.request.source_name.clone(),
        content_type: exchange.head.essence(),
        final_url: exchange.shown_url(),
        is_redirected: exchange.head.is_redirected,
        excerpt: excerpt(body),
    }
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
