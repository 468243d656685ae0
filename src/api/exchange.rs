//! One request and its answer: decides from the head how the body is to be read, and turns everything that is not an
//! answer into the error that says what happened. What a backend's own errors look like, its client says.
//!
//! Invariant: only a 2xx body reaches the parser whole; of every other body at most [`MAX_KEPT_BYTES`] are held.

use super::http::{ApiError, BodySink, Delivery, HttpRequest, ResponseHead, Transport, excerpt};

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
        ApiError::Truncated { source_name: self.request.source_name.clone(), received_bytes: Some(received_bytes) }
    }

    pub fn backend_error(&self, kind: Option<String>, message: Option<String>) -> ApiError {
        ApiError::Backend {
            source_name: self.request.source_name.clone(),
            status: self.head.status,
            kind: kind.unwrap_or_else(|| "unknown".to_owned()),
            message: message.unwrap_or_else(|| "the server gave no reason".to_owned()),
        }
    }

    fn http_error(&self, body: &[u8]) -> ApiError {
        ApiError::Http {
            source_name: self.request.source_name.clone(),
            status: self.head.status,
            url: self.shown_url(),
            excerpt: excerpt(body),
        }
    }

    fn shown_url(&self) -> String {
        if self.head.final_url.is_empty() { self.request.url.clone() } else { self.head.final_url.clone() }
    }
}

/// The API's own error in a body whose status is no success; `None` if it is none of the API's.
pub(super) type Explain = fn(&Exchange<'_>, &[u8]) -> Option<ApiError>;

#[derive(Clone, Copy, PartialEq)]
enum Mode {
    Parse,
    Keep,
}

/// Takes a body while it arrives.
pub(super) trait BodyReader {
    fn push(&mut self, bytes: &[u8]);

    /// See [`BodySink::body`].
    fn body(&mut self, _byte_count: usize) -> Option<&mut Vec<u8>> {
        None
    }

    fn appended(&mut self) {}
}

impl<F: FnMut(&[u8])> BodyReader for F {
    fn push(&mut self, bytes: &[u8]) {
        self(bytes);
    }
}

struct Sink<'a> {
    reader: &'a mut dyn BodyReader,
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
            self.reader.push(bytes);
        }
    }

    fn body(&mut self, byte_count: usize) -> Option<&mut Vec<u8>> {
        // The body's start is kept on its way here.
        let is_started = self.mode == Mode::Parse && self.kept.len() >= self.kept_limit;
        if is_started { self.reader.body(byte_count) } else { None }
    }

    fn on_appended(&mut self) {
        self.reader.appended();
    }
}

/// Sends the request and hands the bytes of its answer to `reader`. With `wants_json`, anything but JSON is an error;
/// without, any 2xx will do.
pub(super) async fn run(
    request: &HttpRequest,
    transport: &dyn Transport,
    wants_json: bool,
    explain: Explain,
    reader: &mut dyn BodyReader,
) -> Result<Delivery, ApiError> {
    let mut sink = Sink { reader, mode: Mode::Keep, kept: Vec::new(), kept_limit: MAX_KEPT_BYTES };
    let delivery = transport.send(request, &mut sink).await?;
    let exchange = Exchange { request, head: &delivery.head };
    match refusal(&exchange, wants_json, explain, sink.mode, &sink.kept) {
        Some(error) => Err(error),
        None => Ok(delivery),
    }
}

/// Why a response is no answer.
fn refusal(exchange: &Exchange<'_>, wants_json: bool, explain: Explain, mode: Mode, kept: &[u8]) -> Option<ApiError> {
    let head = exchange.head;
    if !head.is_success() {
        return Some(explain(exchange, kept).unwrap_or_else(|| exchange.http_error(kept)));
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

fn not_json(exchange: &Exchange<'_>, body: &[u8]) -> ApiError {
    ApiError::NotJson {
        source_name: exchange.request.source_name.clone(),
        content_type: exchange.head.essence(),
        final_url: exchange.shown_url(),
        is_redirected: exchange.head.is_redirected,
        excerpt: excerpt(body),
    }
}
