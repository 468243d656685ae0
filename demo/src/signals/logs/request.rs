//! What the API, the MCP manager and the database write about a request.

use super::super::faults::reason;
use super::super::ids;
use super::super::json::{push_display, push_string};
use super::super::layout::Layout;
use super::super::sampling::SLOW_SECS;
use super::super::texts::Created;
use super::super::trace::{code_of, path_of, request_fault, statement};
use super::line::Say;
use super::plain;
use super::{Level, LogRecord};
use crate::sim::{Failure, LIST_AGENTS, LIST_TOOLS, MCP_AGENT_ACTION, QUERY_TYPES, Request, STREAM, Status};

/// One in so many lines of requests that changed nothing is kept.
const ACCESS_EVERY: u64 = 20;
const RECEIVED_EVERY: u64 = 150;
/// A query is slow from here on: the application's threshold and `log_min_duration_statement`.
const SLOW_QUERY_SECS: f64 = 0.25;
/// Waiting this long for a connection is worth a line.
const LONG_WAIT_SECS: f64 = 0.5;
const LONG_WAIT_EVERY: u64 = 4;
/// One creation in so many configures a tool with a password.
const PASSWORD_EVERY: u64 = 3;

/// Appends all lines about a request of the API.
pub(super) fn lines(request: &Request, slow_queries: &mut (u32, f64), out: &mut Vec<LogRecord>) {
    let layout = Layout::of(request);
    let say = Say {
        source: request.process,
        time_ns: layout.whole.end_ns,
        trace: Some((request.trace_id, request.span_id)),
        level: Level::Info,
        logger: "agentarea.api",
        category: "response",
        event: "Request completed",
    };
    let (method, route) = request.route();
    let code = code_of(request.status);
    if ids::one_in(request.trace_id, 0x7263, RECEIVED_EVERY) {
        let say = Say { time_ns: layout.queue.end_ns, category: "request", event: "Request received", ..say };
        out.push(say.with(|fields| {
            fields.text("method", method).text("path", &path_of(request)).text("user_id", &ids::user(request.user))
        }));
    }
    refusal_line(request, say, code, out);
    creation_lines(request, &layout, say, out);
    database_lines(request, &layout, say, slow_queries, out);
    mcp_lines(request, &layout, say, out);
    if let Some(failure) = request.failure.filter(|_| request.creation.is_none()) {
        failure_line(request, failure, say, out);
    }
    let is_slow = request.duration_secs > SLOW_SECS && request.route != STREAM;
    let is_error = request.status.is_server_error();
    if method == "POST" || is_slow || is_error || ids::one_in(request.trace_id, 0x6163, ACCESS_EVERY) {
        let level = match code {
            _ if is_error => Level::Error,
            400.. => Level::Warning,
            _ => Level::Info,
        };
        out.push(Say { level, ..say }.with(|fields| {
            fields
                .text("method", method)
                .text("path", &path_of(request))
                .text("route", route)
                .int("status_code", code)
                .number("duration_ms", request.duration_secs * 1000.0)
                .text("user_id", &ids::user(request.user))
        }));
    }
}

/// What the client did wrong.
fn refusal_line(request: &Request, say: Say, code: u16, out: &mut Vec<LogRecord>) {
    let say = Say { level: Level::Warning, category: "request", ..say };
    match code {
        422 => out.push(Say { event: "Request validation failed", ..say }.with(|fields| {
            fields
                .text("user_id", &ids::user(request.user))
                .text("error", "body.model: value is not a valid enumeration member")
                .text("error_type", "RequestValidationError")
        })),
        429 => out.push(Say { event: "Rate limit exceeded", ..say }.with(|fields| {
            fields
                .text("user_id", &ids::user(request.user))
                .text("path", &path_of(request))
                .int("limit_per_minute", 60)
                .int("retry_after_secs", 4)
        })),
        401 if matches!(request.route, LIST_AGENTS | LIST_TOOLS) => {
            let say = Say {
                logger: "agentarea.security",
                category: "unauthorized_access",
                event: "Unauthorized access",
                ..say
            };
            out.push(say.with(|fields| {
                fields
                    .text("method", "GET")
                    .text("path", &path_of(request))
                    .text("client_ip", &client_ip(request.user))
                    .text("reason", "token expired")
            }));
        }
        _ => {}
    }
}

/// The address from which a user comes.
pub(super) fn client_ip(user: u32) -> String {
    format!("203.0.113.{}", user % 250 + 1)
}

/// The guide's three calls around creating an agent.
fn creation_lines(request: &Request, layout: &Layout, say: Say, out: &mut Vec<LogRecord>) {
    let Some(created) = Created::of(request) else { return };
    let say =
        Say { category: "business_logic", trace: Some((request.trace_id, ids::create_agent(request.span_id))), ..say };
    let user = ids::user(request.user);
    let begin = Say { time_ns: layout.prepare.start_ns, event: "Creating agent", ..say };
    out.push(begin.with(|fields| {
        fields
            .text("agent_name", created.name)
            .text("model", created.model)
            .text("template", created.template)
            .text("user_id", &user)
    }));
    let time_ns = layout.second_redis.end_ns;
    if let Some(fault) = request_fault(request) {
        let say = Say { time_ns, level: Level::Error, event: "Failed to create agent", ..say };
        out.push(say.raising(Some(&fault.stacktrace), |fields| {
            fields
                .text("error", &fault.message)
                .text("error_type", fault.short_type())
                .json("agent_config", &agent_config(request, created))
                .text("user_id", &user)
        }));
    } else {
        out.push(Say { time_ns, event: "Agent created successfully", ..say }.with(|fields| {
            fields
                .text("agent_id", &ids::created_agent(request.trace_id))
                .time("creation_time", layout.database.end_ns)
                .text("user_id", &user)
        }));
    }
}

/// `agent_config.dict()`. The guide's filter looks at the first level alone, so what is deeper gets through.
fn agent_config(request: &Request, created: Created) -> String {
    let mut out = String::from("{\"name\": ");
    push_string(&mut out, created.name);
    push_display(
        &mut out,
        format_args!(
            ", \"model\": \"{}\", \"template\": \"{}\", \"tools\": [\"file_reader\", \"sql_query\"]",
            created.model, created.template
        ),
    );
    let bits = ids::bits(request.trace_id, 0x7077);
    if bits.is_multiple_of(PASSWORD_EVERY) {
        push_display(
            &mut out,
            format_args!(
                ", \"database\": {{\"host\": \"warehouse.internal\", \"user\": \"reader\", \"password\": \"Wh-{:08x}\"}}",
                bits >> 32
            ),
        );
    }
    out.push('}');
    out
}

fn database_lines(
    request: &Request,
    layout: &Layout,
    say: Say,
    slow_queries: &mut (u32, f64),
    out: &mut Vec<LogRecord>,
) {
    let say = Say { logger: "agentarea.database", category: "connections", ..say };
    if request.failure == Some(Failure::PoolTimeout) {
        if let Some(fault) = request_fault(request) {
            let say =
                Say { time_ns: layout.pool.end_ns, level: Level::Error, event: "Database connection failed", ..say };
            out.push(say.with(|fields| {
                fields
                    .text("error", &fault.message)
                    .text("error_type", fault.short_type())
                    .number("wait_secs", request.pool_wait_secs)
                    .int("pool_size", 10)
                    .int("overflow", 20)
            }));
        }
    } else if request.pool_wait_secs > LONG_WAIT_SECS && ids::one_in(request.trace_id, 0x706c, LONG_WAIT_EVERY) {
        let say = Say {
            time_ns: layout.pool.end_ns,
            level: Level::Warning,
            event: "Waited for a database connection",
            ..say
        };
        out.push(say.with(|fields| fields.number("wait_secs", request.pool_wait_secs).int("checked_out", 30)));
    }
    for (place, (query, part)) in request.queries().iter().zip(layout.queries()).enumerate() {
        if query.secs < SLOW_QUERY_SECS {
            continue;
        }
        let (_, text) = statement(request, place, query.kind);
        let say = Say {
            time_ns: part.end_ns,
            trace: Some((request.trace_id, ids::query(request.span_id, place as u64))),
            level: Level::Warning,
            category: "queries",
            event: "slow query",
            ..say
        };
        out.push(say.with(|fields| {
            fields
                .text("statement", text)
                .number("duration_ms", query.secs * 1000.0)
                .some_text("query_type", QUERY_TYPES.get(query.kind).copied())
        }));
        plain::slow_statement(request, *part, text, out);
        let (count, longest_secs) = slow_queries;
        *count += 1;
        *longest_secs = longest_secs.max(query.secs);
    }
}

/// What the MCP manager and its caller say about the call.
fn mcp_lines(request: &Request, layout: &Layout, say: Say, out: &mut Vec<LogRecord>) {
    let Some(call) = request.mcp else { return };
    let code = code_of(call.status);
    let is_failure = code >= 500;
    if call.route == MCP_AGENT_ACTION {
        let (level, event) = match code {
            500.. => (Level::Error, "Provisioning failed"),
            400.. => (Level::Warning, "No MCP servers for agent"),
            _ => (Level::Info, "MCP servers provisioned"),
        };
        let say = Say {
            source: call.process,
            time_ns: layout.mcp.end_ns,
            trace: Some((request.trace_id, ids::mcp_server(request.span_id))),
            level,
            logger: "agentarea.mcp",
            category: "provisioning",
            event,
        };
        out.push(say.with(|fields| {
            fields
                .text("agent_id", &ids::created_agent(request.trace_id))
                .text("action", "start")
                .int("status_code", code)
                .number("duration_ms", call.secs * 1000.0)
        }));
    }
    if is_failure {
        let say = Say {
            time_ns: layout.around_mcp.end_ns,
            level: Level::Error,
            logger: "agentarea.mcp",
            category: "health",
            event: "MCP manager answered with an error",
            ..say
        };
        out.push(say.with(|fields| fields.int("status_code", code).text("error", reason(code))));
    }
}

/// A failure that no other line tells.
fn failure_line(request: &Request, failure: Failure, say: Say, out: &mut Vec<LogRecord>) {
    let Some(fault) = request_fault(request).filter(|_| failure != Failure::PoolTimeout) else { return };
    let event = if request.status == Status::Error { "Stream broke off" } else { "Unhandled exception" };
    let say = Say { level: Level::Error, category: "business_logic", event, ..say };
    out.push(say.raising(Some(&fault.stacktrace), |fields| {
        fields
            .text("path", &path_of(request))
            .text("error", &fault.message)
            .text("error_type", fault.short_type())
            .text("user_id", &ids::user(request.user))
    }));
}
