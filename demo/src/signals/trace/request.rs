//! The spans of one HTTP request: frontend, API, cache, database, and the MCP manager behind it.

use super::super::faults::{self, Fault};
use super::super::ids;
use super::super::layout::{Layout, Part, writes_cache};
use super::create::creation_spans;
use super::model::{Span, SpanKind};
use super::texts::{bearer, cache_key, path_of, statement};
use super::write::{Book, Place};
use crate::sim::{Failure, LIST_TOOLS, QUERY_TYPES, REPLICAS, Request, STREAM, Service, Status};

pub(super) const FASTAPI: &str = "opentelemetry.instrumentation.fastapi";
pub(super) const SQLALCHEMY: &str = "opentelemetry.instrumentation.sqlalchemy";
pub(super) const REDIS: &str = "opentelemetry.instrumentation.redis";
pub(super) const HTTPX: &str = "opentelemetry.instrumentation.httpx";
pub(super) const MANUAL: &str = "agentarea.api";
const NODE_HTTP: &str = "@opentelemetry/instrumentation-http";

/// Below this, waiting for a worker is not worth a span.
const MIN_QUEUE_NS: i64 = 2_000_000;
/// One request in this many carries its header `authorization` into the trace.
const HEADER_EVERY: u64 = 40;

/// What was raised in the request.
pub(in super::super) fn fault_of(request: &Request) -> Option<Fault> {
    let mcp_status = match request.mcp.map(|call| call.status) {
        Some(Status::Http(code)) => code,
        _ => 0,
    };
    request.failure.map(|failure| faults::of_request(failure, request.creation.is_some(), mcp_status))
}

/// The number that an HTTP status has; the token stream answers 200 before it fails.
pub(in super::super) const fn code_of(status: Status) -> u16 {
    match status {
        Status::Http(code) => code,
        Status::Success | Status::Error => 200,
    }
}

/// Appends the spans of a request, the outermost first.
pub(in super::super) fn request_spans(book: &Book, request: &Request, out: &mut Vec<Span>) {
    let layout = Layout::of(request);
    let is_page = request.replica().is_some_and(|replica| replica.service == Service::Frontend);
    let path = path_of(request);
    if is_page {
        page_spans(book, request, &layout, path, out);
        return;
    }
    let (method, route) = request.route();
    let root = Place {
        trace_id: request.trace_id,
        span_id: request.span_id,
        parent: None,
        process: request.process,
        scope: FASTAPI,
    };
    let mut server_place = root;
    if let Some((hop, (server, client))) = request.frontend.zip(layout.frontend(request)) {
        let place =
            Place { span_id: ids::frontend_server(request.span_id), process: hop.process, scope: NODE_HTTP, ..root };
        let span = book.span(place, format!("{method} /api/{{path}}"), SpanKind::Server, server);
        let span = span
            .with("http.request.method", method)
            .with("url.path", format!("/api{path}"))
            .with("http.route", "/api/{path}")
            .with("http.response.status_code", code_of(request.status))
            .with("user.id", ids::user(request.user));
        out.push(server_status(span, request));
        let place = place.child(ids::frontend_client(request.span_id), NODE_HTTP);
        let span = book.span(place, method, SpanKind::Client, client);
        let span = http_client(span, method, "agentarea-api", 8000, &path, code_of(request.status));
        out.push(server_status(span, request));
        server_place.parent = Some(place.span_id);
    }

    let fault = fault_of(request);
    let bits = ids::bits(request.trace_id, 0x6865);
    let span = book.span(server_place, format!("{method} {route}"), SpanKind::Server, layout.whole);
    let mut span = span
        .with("http.request.method", method)
        .with("url.scheme", "http")
        .with("url.path", path)
        .with("http.route", route)
        .with("http.response.status_code", code_of(request.status))
        .with("server.address", "agentarea-api")
        .with("server.port", 8000_u16)
        .with("network.protocol.version", "1.1")
        .with("user.id", ids::user(request.user));
    if bits.is_multiple_of(HEADER_EVERY) {
        span = span.with("http.request.header.authorization", bearer(bits));
    }
    span = match (&fault, request.status) {
        (Some(fault), _) => span.raised(fault),
        (None, status) if status.is_server_error() => span.failed(""),
        _ => span,
    };
    out.push(span);
    handler_spans(book, request, &layout, server_place, fault.as_ref(), out);
}

fn server_status(span: Span, request: &Request) -> Span {
    if request.status.is_server_error() { span.failed("") } else { span }
}

fn page_spans(book: &Book, request: &Request, layout: &Layout, path: String, out: &mut Vec<Span>) {
    let place = Place {
        trace_id: request.trace_id,
        span_id: request.span_id,
        parent: None,
        process: request.process,
        scope: NODE_HTTP,
    };
    let span = book.span(place, "GET /{page}", SpanKind::Server, layout.whole);
    let span = span
        .with("http.request.method", "GET")
        .with("url.path", path)
        .with("http.route", "/{page}")
        .with("http.response.status_code", code_of(request.status))
        .with("user.id", ids::user(request.user));
    out.push(server_status(span, request));
    let place = place.child(ids::child(request.span_id, 20), "next.js");
    let span = book.span(place, "render route (app) /{page}", SpanKind::Internal, layout.whole.inner(0.08));
    let span = span.with("next.span_type", "AppRender.getBodyResult").with("next.route", "/{page}");
    out.push(match request.failure {
        Some(_) => span.raised(&page_fault()),
        None => span,
    });
}

/// What is thrown when a page cannot be made.
pub(in super::super) fn page_fault() -> Fault {
    Fault {
        full_type: "TypeError",
        message: "Cannot read properties of undefined (reading 'displayName')".to_owned(),
        stacktrace: "TypeError: Cannot read properties of undefined (reading 'displayName')\n    \
                     at AgentCard (/app/.next/server/app/agents/page.js:1:48211)\n    \
                     at renderWithHooks (/app/node_modules/react-dom/server.node.js:5724:16)\n    \
                     at async renderToHTML (/app/node_modules/next/dist/server/render.js:841:9)"
            .to_owned(),
    }
}

/// What happened inside the API's span.
fn handler_spans(
    book: &Book,
    request: &Request,
    layout: &Layout,
    server: Place,
    fault: Option<&Fault>,
    out: &mut Vec<Span>,
) {
    if layout.queue.ns() > MIN_QUEUE_NS {
        let place = server.child(ids::child(request.span_id, 10), MANUAL);
        out.push(book.span(place, "wait_for_worker", SpanKind::Internal, layout.queue));
    }
    let place = server.child(ids::child(request.span_id, 11), REDIS);
    let key = if request.cache_hit.is_some() { cache_key(request.route) } else { "session:?" };
    let span = redis_span(book, place, "GET", key, layout.first_redis);
    out.push(span.with_some("cache.hit", request.cache_hit));

    if request.creation.is_some() {
        creation_spans(book, request, layout, server, fault, out);
    } else {
        database_spans(book, request, layout, server, fault, out);
        mcp_list_spans(book, request, layout, server, out);
        if request.route == STREAM && request.stream_secs > 0.0 {
            let place = server.child(ids::child(request.span_id, 12), MANUAL);
            let span = book.span(place, "stream_tokens", SpanKind::Internal, layout.stream);
            out.push(span.with("stream.tokens", (request.stream_secs * 42.0) as i64));
        }
        if writes_cache(request) {
            let place = server.child(ids::child(request.span_id, 13), REDIS);
            out.push(redis_span(book, place, "SETEX", cache_key(request.route), layout.second_redis));
        }
    }
    let place = server.child(ids::child(request.span_id, 14), FASTAPI);
    let (method, route) = request.route();
    let span = book.span(place, format!("{method} {route} http send"), SpanKind::Internal, layout.send);
    out.push(
        span.with("asgi.event.type", "http.response.start").with("http.response.status_code", code_of(request.status)),
    );
}

pub(super) fn redis_span(book: &Book, place: Place, verb: &'static str, key: &'static str, part: Part) -> Span {
    let arguments = if verb == "GET" { 2_i64 } else { 4 };
    let span = book.span(place, verb, SpanKind::Client, part);
    span.with("db.system", "redis")
        .with("db.statement", format!("{verb} {key}"))
        .with("db.redis.database_index", 0_i64)
        .with("db.redis.args_length", arguments)
        .with("net.peer.name", "redis")
        .with("net.peer.port", 6379_i64)
}

/// Getting a connection, where that took time, and the queries.
pub(super) fn database_spans(
    book: &Book,
    request: &Request,
    layout: &Layout,
    parent: Place,
    fault: Option<&Fault>,
    out: &mut Vec<Span>,
) {
    if layout.pool.ns() > 0 {
        let place = parent.child(ids::child(request.span_id, 15), SQLALCHEMY);
        let span = book.span(place, "connect", SpanKind::Client, layout.pool);
        let span = postgres(span).with("db.client.connections.wait_seconds", request.pool_wait_secs);
        let timed_out = fault.filter(|_| request.failure == Some(Failure::PoolTimeout));
        out.push(span.raised_by(timed_out));
    }
    for (place, (query, part)) in request.queries().iter().zip(layout.queries()).enumerate() {
        let (verb, text) = statement(request, place, query.kind);
        let at = parent.child(ids::query(request.span_id, place as u64), SQLALCHEMY);
        let name = match verb {
            "INSERT" => "INSERT agentarea",
            "UPDATE" => "UPDATE agentarea",
            _ => "SELECT agentarea",
        };
        let span = postgres(book.span(at, name, SpanKind::Client, *part)).with("db.statement", text);
        out.push(span.with_some("db.operation", QUERY_TYPES.get(query.kind).copied()));
    }
}

fn postgres(span: Span) -> Span {
    span.with("db.system", "postgresql")
        .with("db.name", "agentarea")
        .with("db.user", "agentarea")
        .with("net.peer.name", "postgresql")
        .with("net.peer.port", 5432_i64)
}

pub(super) fn http_client(
    span: Span,
    method: &'static str,
    host: &'static str,
    port: u16,
    path: &str,
    code: u16,
) -> Span {
    let scheme = if port == 443 { "https" } else { "http" };
    let url = if port == 443 { format!("{scheme}://{host}{path}") } else { format!("{scheme}://{host}:{port}{path}") };
    span.with("http.request.method", method)
        .with("url.full", url)
        .with("server.address", host)
        .with("server.port", port)
        .with("http.response.status_code", code)
}

/// Asking the MCP manager for its tools.
fn mcp_list_spans(book: &Book, request: &Request, layout: &Layout, server: Place, out: &mut Vec<Span>) {
    let Some(call) = request.mcp.filter(|_| request.route == LIST_TOOLS) else { return };
    let code = code_of(call.status);
    let place = server.child(ids::child(request.span_id, 16), HTTPX);
    let span = book.span(place, "GET", SpanKind::Client, layout.around_mcp.toward(layout.mcp, 0.5));
    let span = http_client(span, "GET", "mcp-manager", 8001, "/tools", code);
    out.push(if code >= 400 { span.failed("") } else { span });
    let place = place.child_in(call.process, ids::mcp_server(request.span_id), FASTAPI);
    out.push(mcp_server_span(book, place, "GET", "/tools", "/tools".to_owned(), code, layout.mcp));
}

/// The MCP manager's own span of a request.
pub(super) fn mcp_server_span(
    book: &Book,
    place: Place,
    method: &'static str,
    route: &'static str,
    path: String,
    code: u16,
    part: Part,
) -> Span {
    let address = REPLICAS.get(place.process).map_or("mcp-manager", |replica| replica.pod);
    let span = book.span(place, format!("{method} {route}"), SpanKind::Server, part);
    let span = span
        .with("http.request.method", method)
        .with("url.path", path)
        .with("http.route", route)
        .with("http.response.status_code", code)
        .with("server.address", address)
        .with("server.port", 8001_u16);
    if code >= 500 { span.failed("") } else { span }
}
