//! The spans of creating an agent, exactly as the operations guide's tracing code makes them.

use super::super::faults::{self, Fault};
use super::super::ids;
use super::super::layout::{Layout, Part, writes_cache};
use super::super::texts::Created;
use super::model::{Span, SpanKind};
use super::request::{HTTPX, MANUAL, REDIS, code_of, database_spans, http_client, mcp_server_span, redis_span};
use super::texts::cache_key;
use super::write::{Book, Place};
use crate::sim::{Failure, Request};

/// Appends `create_agent` and all below it.
pub(super) fn creation_spans(
    book: &Book,
    request: &Request,
    layout: &Layout,
    server: Place,
    fault: Option<&Fault>,
    out: &mut Vec<Span>,
) {
    let Some(created) = Created::of(request) else { return };
    let place = server.child(ids::create_agent(request.span_id), MANUAL);
    let whole = Part { start_ns: layout.prepare.start_ns, end_ns: layout.second_redis.end_ns };
    let span = book.span(place, "create_agent", SpanKind::Internal, whole);
    let span = span
        .with("agent.name", created.name)
        .with("agent.model", created.model)
        .with("user.id", ids::user(request.user));
    out.push(match fault {
        Some(fault) => span.raised(fault),
        None => span.with("operation.status", "success"),
    });

    let child = |salt: u64| place.child(ids::child(place.span_id, salt), MANUAL);
    let span = book.span(child(1), "validate_config", SpanKind::Internal, layout.prepare);
    out.push(span.with("validation.result", "valid"));

    let pool_failed = request.failure == Some(Failure::PoolTimeout);
    let database = child(2);
    let span = book.span(database, "database_create", SpanKind::Internal, layout.database);
    out.push(if pool_failed {
        span.raised_by(fault)
    } else {
        span.with("agent.id", ids::created_agent(request.trace_id))
    });
    database_spans(book, request, layout, database, fault, out);
    if pool_failed {
        return;
    }

    let runtime = child(3);
    let part = Part { start_ns: layout.around_mcp.start_ns, end_ns: layout.second_redis.end_ns };
    let span = book.span(runtime, "initialize_runtime", SpanKind::Internal, part);
    out.push(match fault {
        Some(fault) => span.raised(fault),
        None => span.with("runtime.status", "initialized"),
    });
    mcp_manager_call(book, request, layout, runtime, out);
    if writes_cache(request) {
        let place = runtime.child(ids::child(request.span_id, 13), REDIS);
        out.push(redis_span(book, place, "SETEX", cache_key(request.route), layout.second_redis));
    }
}

fn mcp_manager_call(book: &Book, request: &Request, layout: &Layout, runtime: Place, out: &mut Vec<Span>) {
    let Some(call) = request.mcp else { return };
    let code = code_of(call.status);
    let agent_id = ids::created_agent(request.trace_id);
    let path = format!("/agents/{agent_id}/start");
    let place = runtime.child(ids::child(runtime.span_id, 1), MANUAL);
    let response_bytes = if code >= 400 { 64 } else { 310 + (ids::bits(request.trace_id, 0x7379) % 240) as i64 };
    let part = layout.around_mcp.toward(layout.mcp, 0.2);
    let span = book.span(place, "mcp_manager_call", SpanKind::Internal, part);
    let span = span
        .with("service.name", "mcp-manager")
        .with("agent.id", agent_id)
        .with("action", "start")
        .with("http.status_code", code)
        .with("http.response_size", response_bytes)
        .with("operation.duration", call.secs);
    out.push(if code >= 400 { span.failed("") } else { span });

    let place = place.child(ids::child(place.span_id, 1), HTTPX);
    let span = book.span(place, "POST", SpanKind::Client, part.toward(layout.mcp, 0.5));
    let span = http_client(span, "POST", "mcp-manager", 8001, &path, code);
    out.push(if code >= 400 { span.failed(faults::reason(code)) } else { span });

    let place = place.child_in(call.process, ids::mcp_server(request.span_id), super::request::FASTAPI);
    out.push(mcp_server_span(book, place, "POST", "/agents/{agent_id}/{action}", path, code, layout.mcp));
}
