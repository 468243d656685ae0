//! One request and its answer: decides from the head how the body is to be read, and turns everything that is not an
//! answer into the error that says what happened.
//!
//! Invariant: only a 2xx body reaches the parser whole; of every other body at most [`MAX_KEPT_BYTES`] are held.

use std::marker::PhantomData;

use serde::de::DeserializeOwned;

use super::{FetchStats, wire};
use crate::{
    api::http::{ApiError, BodySink, HttpRequest, ResponseHead, Transport, excerpt},
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

struct Sink<P> {
    parser: P,
    mode: Mode,
    /// The start of the body, for messages.
    kept: Vec<u8>,
    kept_limit: usize,
}

impl<P: Parser> BodySink for Sink<P> {
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
            self.parser.push(bytes);
        }
    }
}

/// Sends the request and reads its JSON answer.
pub(super) async fn run<P: Parser>(
    request: &HttpRequest,
    transport: &dyn Transport,
    parser: P,
) -> Result<(P::Output, FetchStats), ApiError> {
    let mut sink = Sink { parser, mode: Mode::Keep, kept: Vec::new(), kept_limit: MAX_KEPT_BYTES };
    let delivery = transport.send(request, &mut sink).await?;
    let stats = FetchStats::of(&delivery);
    let head = &delivery.head;
    let exchange = Exchange { request, head };
    let Sink { parser, mode, kept, kept_limit: _ } = sink;
    if !head.is_success() {
        return Err(error_from_failure(&exchange, &kept));
    }
    if head.status == 204 {
        return Ok((parser.nothing(), stats));
    }
    if mode == Mode::Keep {
        return Err(not_json(&exchange, &kept));
    }
    let looks_like_json = kept.iter().find(|b| !b.is_ascii_whitespace()).is_none_or(|b| matches!(b, b'{' | b'['));
    if !looks_like_json && !head.is_json() {
        return Err(not_json(&exchange, &kept));
    }
    if kept.is_empty() {
        return Err(exchange.truncated(0));
    }
    Ok((parser.finish(&exchange)?, stats))
}

/// Sends the request; any 2xx will do.
pub(super) async fn run_text(request: &HttpRequest, transport: &dyn Transport) -> Result<((), FetchStats), ApiError> {
    let mut sink = Sink { parser: Ignore, mode: Mode::Keep, kept: Vec::new(), kept_limit: MAX_KEPT_BYTES };
    let delivery = transport.send(request, &mut sink).await?;
    let exchange = Exchange { request, head: &delivery.head };
    if !delivery.head.is_success() {
        return Err(error_from_failure(&exchange, &sink.kept));
    }
    // A single-page app's fallback answers every path with its own page: that is not readiness.
    if delivery.head.essence() == "text/html" {
        return Err(not_json(&exchange, &sink.kept));
    }
    Ok(((), FetchStats::of(&delivery)))
}

struct Ignore;

impl Parser for Ignore {
    type Output = ();
    fn push(&mut self, _: &[u8]) {}
    fn finish(self, _: &Exchange<'_>) -> Result<(), ApiError> {
        Ok(())
    }
    fn nothing(self) {}
}

fn error_from_failure(exchange: &Exchange<'_>, body: &[u8]) -> ApiError {
    let Exchange { request, head } = exchange;
    // The type is not consulted: what parses as the API's error is one, and proxies relabel bodies.
    if let Ok(wire::Failure { error_type, error, .. }) = serde_json::from_slice::<wire::Failure>(body)
        && (error_type.is_some() || error.is_some())
    {
        return exchange.backend_error(error_type, error);
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

/// The small answers: kept whole, then read by serde into `W`.
pub(super) struct Whole<W> {
    body: Vec<u8>,
    wire: PhantomData<W>,
}

impl<W> Default for Whole<W> {
    fn default() -> Self {
        Self { body: Vec::new(), wire: PhantomData }
    }
}

/// What is left of the API's envelope once it is known to hold a success.
pub(super) struct Opened<W> {
    pub data: W,
    pub notices: Vec<Notice>,
}

impl<W: DeserializeOwned + Default> Parser for Whole<W> {
    type Output = Opened<W>;

    fn push(&mut self, bytes: &[u8]) {
        self.body.extend_from_slice(bytes);
    }

    fn finish(self, exchange: &Exchange<'_>) -> Result<Opened<W>, ApiError> {
        let body = &self.body;
        match serde_json::from_slice::<wire::Envelope<W>>(body) {
            Ok(wire::Envelope { status, data, error_type, error, warnings, infos }) => {
                if status.as_deref() == Some("error") || error.is_some() {
                    return Err(exchange.backend_error(error_type, error));
                }
                Ok(Opened { data: data.unwrap_or_default(), notices: notices(warnings, infos) })
            }
            Err(error) => {
                // An error may carry data of any shape beside it.
                if let Ok(failure) = serde_json::from_slice::<wire::Failure>(body)
                    && failure.error.is_some()
                {
                    return Err(exchange.backend_error(failure.error_type, failure.error));
                }
                if error.is_eof() {
                    return Err(exchange.truncated(body.len() as u64));
                }
                Err(exchange.decode_error(byte_of(body, error.line(), error.column()), without_position(&error)))
            }
        }
    }

    fn nothing(self) -> Opened<W> {
        Opened { data: W::default(), notices: Vec::new() }
    }
}

pub(super) fn notices(warnings: Option<Vec<String>>, infos: Option<Vec<String>>) -> Vec<Notice> {
    let warnings = warnings.into_iter().flatten().map(Notice::warning);
    warnings.chain(infos.into_iter().flatten().map(Notice::info)).collect()
}

/// serde counts lines and columns from 1.
fn byte_of(body: &[u8], line: usize, column: usize) -> u64 {
    let line_start: usize = body.split_inclusive(|b| *b == b'\n').take(line.saturating_sub(1)).map(<[u8]>::len).sum();
    (line_start + column.saturating_sub(1)) as u64
}

fn without_position(error: &serde_json::Error) -> String {
    let text = error.to_string();
    match text.rfind(" at line ").and_then(|at| text.get(..at)) {
        Some(short) => short.to_owned(),
        None => text,
    }
}
