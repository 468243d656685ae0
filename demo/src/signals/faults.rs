//! The exceptions behind failures, as Python tells them: the same words in a span's event and in a log line.

use super::json::push_display;
use crate::sim::{Failure, RunError};

/// An exception.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault {
    /// With its module, as OpenTelemetry records it.
    pub full_type: &'static str,
    pub message: String,
    /// Several lines.
    pub stacktrace: String,
}

impl Fault {
    /// `type(e).__name__`.
    pub(super) fn short_type(&self) -> &'static str {
        self.full_type.rsplit('.').next().unwrap_or(self.full_type)
    }

    fn new(full_type: &'static str, message: String, frames: &[(&str, u32, &str, &str)]) -> Self {
        let mut stacktrace = String::from("Traceback (most recent call last):\n");
        for (file, line, function, code) in frames {
            push_display(
                &mut stacktrace,
                format_args!("  File \"/app/{file}\", line {line}, in {function}\n    {code}\n"),
            );
        }
        push_display(&mut stacktrace, format_args!("{full_type}: {message}"));
        Self { full_type, message, stacktrace }
    }
}

/// What was raised in a request. `is_creation` says whether it happened while an agent was created.
pub(super) fn of_request(failure: Failure, is_creation: bool, mcp_status: u16) -> Fault {
    let handler = if is_creation {
        ("agentarea/api/agents.py", 88, "create_agent", "agent = await agent_service.create(agent_config)")
    } else {
        ("agentarea/api/routes.py", 141, "handle", "return await handler(request)")
    };
    match failure {
        Failure::PoolTimeout => Fault::new(
            "sqlalchemy.exc.TimeoutError",
            "QueuePool limit of size 10 overflow 20 reached, connection timed out, timeout 5.00 \
             (Background on this error at: https://sqlalche.me/e/20/3o7r)"
                .to_owned(),
            &[
                handler,
                ("agentarea/db/session.py", 41, "session_scope", "connection = await engine.connect()"),
                (
                    ".venv/lib/python3.12/site-packages/sqlalchemy/pool/impl.py",
                    166,
                    "_do_get",
                    "raise exc.TimeoutError(",
                ),
            ],
        ),
        Failure::Upstream if mcp_status >= 500 => Fault::new(
            "httpx.HTTPStatusError",
            format!("Server error '{mcp_status} {}' for url 'http://mcp-manager:8001/'", reason(mcp_status)),
            &[
                handler,
                ("agentarea/mcp/client.py", 57, "call_mcp_manager", "response.raise_for_status()"),
                (
                    ".venv/lib/python3.12/site-packages/httpx/_models.py",
                    829,
                    "raise_for_status",
                    "raise HTTPStatusError(message, request=request, response=self)",
                ),
            ],
        ),
        Failure::Upstream => Fault::new(
            "httpx.ConnectError",
            "All connection attempts failed".to_owned(),
            &[handler, ("agentarea/mcp/client.py", 52, "call_mcp_manager", "response = await client.post(")],
        ),
        Failure::Unhandled => Fault::new(
            "AttributeError",
            "'NoneType' object has no attribute 'template'".to_owned(),
            &[handler, ("agentarea/services/agents.py", 203, "resolve", "return base.template.merge(overrides)")],
        ),
    }
}

/// What ended an agent's run.
pub(super) fn of_run(error: RunError, tool: &str, model: &str) -> Fault {
    let run = ("agentarea/runtime/runner.py", 174, "run", "result = await self._step(state)");
    match error {
        RunError::Tool => Fault::new(
            "agentarea.runtime.errors.ToolExecutionError",
            format!("Tool '{tool}' failed after 2 attempts"),
            &[
                run,
                (
                    "agentarea/runtime/tools.py",
                    96,
                    "execute",
                    "raise ToolExecutionError(call.name, attempts) from error",
                ),
            ],
        ),
        RunError::LlmTimeout => Fault::new(
            "agentarea.runtime.errors.LLMTimeoutError",
            format!("Model '{model}' did not answer within 20.0 seconds"),
            &[run, ("agentarea/runtime/llm.py", 118, "complete", "raise LLMTimeoutError(model, timeout) from error")],
        ),
        RunError::RateLimit => Fault::new(
            "agentarea.runtime.errors.RateLimitError",
            format!("Rate limit reached for '{model}': limit 450000 tokens per minute, please try again in 1.2s"),
            &[
                run,
                ("agentarea/runtime/llm.py", 124, "complete", "raise RateLimitError(model, retry_after) from error"),
            ],
        ),
        RunError::Database => Fault::new(
            "agentarea.runtime.errors.DatabaseError",
            "could not load the conversation: remaining connection slots are reserved for superusers".to_owned(),
            &[
                run,
                ("agentarea/runtime/state.py", 63, "load", "raise DatabaseError(\"could not load the conversation\")"),
            ],
        ),
    }
}

/// What a tool answered when it failed. Long calls ran into their time limit.
pub(super) fn of_tool(tool: &str, secs: f64) -> Fault {
    let frame =
        ("mcp_manager/tools/invoke.py", 77, "invoke", "return await asyncio.wait_for(tool.run(arguments), limit)");
    if secs >= 6.0 {
        Fault::new("asyncio.exceptions.TimeoutError", format!("{tool} did not answer within 6 s"), &[frame])
    } else {
        Fault::new(
            "mcp_manager.errors.UpstreamError",
            format!("{tool}: provider answered 503 Service Unavailable"),
            &[frame, ("mcp_manager/tools/http.py", 48, "fetch", "raise UpstreamError(tool, response.status_code)")],
        )
    }
}

/// The words that go with an HTTP status.
pub(super) const fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        201 => "Created",
        202 => "Accepted",
        401 => "Unauthorized",
        404 => "Not Found",
        422 => "Unprocessable Entity",
        429 => "Too Many Requests",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        _ => "Internal Server Error",
    }
}
