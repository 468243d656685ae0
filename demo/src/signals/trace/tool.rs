//! The spans of one tool call: in the agent's runtime and in the MCP manager.

use super::super::faults;
use super::super::ids;
use super::super::layout::of_tool_call;
use super::model::{Span, SpanEvent, SpanKind};
use super::request::{FASTAPI, HTTPX, SQLALCHEMY, http_client};
use super::run::RUNTIME;
use super::texts::tool_texts;
use super::write::{Book, Place};
use crate::sim::{AGENTS, AgentRun, TOOLS, ToolCall};

const MCP: &str = "mcp_manager.tools";
/// Share of a call that goes by inside the MCP manager before the tool works.
const DISPATCH_SHARE: f64 = 0.02;

/// Appends the runtime's span and, unless the MCP manager's process died over it, that process's spans.
pub(super) fn execute_tool_spans(
    book: &Book,
    run: &AgentRun,
    call: &ToolCall,
    parent: Place,
    is_retry: bool,
    out: &mut Vec<Span>,
) {
    let Some(tool) = TOOLS.get(call.tool) else { return };
    let place = parent.child(call.span_id, RUNTIME);
    let (part, _) = of_tool_call(call);
    let (arguments, result) = tool_texts(tool.name);
    let span = book.span(place, format!("execute_tool {}", tool.name), SpanKind::Internal, part);
    let span = span
        .with("gen_ai.operation.name", "execute_tool")
        .with("gen_ai.tool.name", tool.name)
        .with("gen_ai.tool.type", "function")
        .with("gen_ai.tool.call.id", ids::tool_call(call.span_id))
        .with("gen_ai.tool.call.arguments", arguments)
        .with("retry.attempt", if is_retry { 2_i64 } else { 1 });
    out.push(if call.is_success {
        span.with("gen_ai.tool.call.result", result)
    } else {
        let fault = faults::of_tool(tool.name, call.secs);
        span.with("error.type", "tool_error")
            .with("gen_ai.tool.call.result", error_result(&fault.message))
            .failed(fault.message)
    });
    if !book.was_cut(call.process, run.start_ns, call.end_ns) {
        tool_server_spans(book, call, out);
    }
}

fn error_result(message: &str) -> String {
    format!(r#"{{"isError":true,"content":[{{"type":"text","text":"{message}"}}]}}"#)
}

/// Appends the MCP manager's spans of a call.
pub(super) fn tool_server_spans(book: &Book, call: &ToolCall, out: &mut Vec<Span>) {
    let Some(tool) = TOOLS.get(call.tool) else { return };
    let place = Place {
        trace_id: call.trace_id,
        span_id: ids::tool_server(call.span_id),
        parent: Some(call.span_id),
        process: call.process,
        scope: FASTAPI,
    };
    let (_, part) = of_tool_call(call);
    let agent = AGENTS.get(call.agent).map_or("", |agent| agent.id);
    let span = book.span(place, format!("tools/call {}", tool.name), SpanKind::Server, part);
    let mut span = span
        .with("mcp.method.name", "tools/call")
        .with("mcp.tool.name", tool.name)
        .with("mcp.session.id", format!("{:016x}", ids::child(call.span_id, 9)))
        .with("rpc.system", "jsonrpc")
        .with("rpc.jsonrpc.version", "2.0")
        .with("rpc.jsonrpc.request_id", "1")
        .with("http.request.method", "POST")
        .with("url.path", format!("/tools/{}/invoke", tool.name))
        .with("http.route", "/tools/{tool_name}/invoke")
        // A tool that fails is an answer of the protocol, not a failure of the request.
        .with("http.response.status_code", 200_i64)
        .with("gen_ai.agent.id", agent);
    if book.is_low_on_disk(call.process) && matches!(tool.name, "file_reader" | "code_interpreter") {
        span.events.push(SpanEvent {
            name: "workspace.disk_low",
            time_ns: span.start_ns,
            attributes: vec![("disk.mountpoint", "/".into()), ("disk.available_below", 0.1.into())],
        });
    }
    let fault = (!call.is_success).then(|| faults::of_tool(tool.name, call.secs));
    out.push(match &fault {
        Some(fault) => span.with("error.type", "tool_error").raised(fault),
        None => span,
    });

    let work = place.child(ids::child(place.span_id, 1), MCP);
    let part = part.inner(DISPATCH_SHARE);
    let failed = fault.map(|fault| fault.message);
    let span = match tool.name {
        "web_search" => {
            let place = Place { scope: HTTPX, ..work };
            let span = book.span(place, "GET", SpanKind::Client, part);
            let timed_out = failed.is_some() && call.secs >= 6.0;
            let code = if failed.is_none() { 200 } else { 503 };
            let span = http_client(span, "GET", "api.search.example", 443, "/v1/search", code);
            if timed_out { without_status_code(span) } else { span }
        }
        "sql_query" => {
            let place = Place { scope: SQLALCHEMY, ..work };
            book.span(place, "SELECT analytics", SpanKind::Client, part)
                .with("db.system", "postgresql")
                .with("db.name", "analytics")
                .with("db.statement", "SELECT plan, count(*) FROM customers GROUP BY plan")
                .with("net.peer.name", "postgresql")
                .with("net.peer.port", 5432_i64)
        }
        "vector_store" => book
            .span(work, "query handbook", SpanKind::Client, part)
            .with("db.system", "qdrant")
            .with("db.operation", "query")
            .with("net.peer.name", "qdrant")
            .with("net.peer.port", 6334_i64),
        "code_interpreter" => book
            .span(work, "sandbox.run", SpanKind::Internal, part)
            .with("sandbox.language", "python")
            .with("sandbox.exit_code", 0_i64),
        _ => book.span(work, "file.read", SpanKind::Internal, part).with("file.path", "/workspace/notes/2026-q3.md"),
    };
    out.push(match failed {
        Some(message) => span.failed(message),
        None => span,
    });
}

/// A call that timed out never saw a status.
fn without_status_code(mut span: Span) -> Span {
    span.attributes.retain(|(key, _)| *key != "http.response.status_code");
    span
}
