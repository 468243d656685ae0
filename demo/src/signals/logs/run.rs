//! Agents' runs and the tools they call.

use super::super::faults;
use super::super::ids;
use super::super::layout::{ns_from_secs, of_tool_call};
use super::super::trace::{run_fault, token_counts};
use super::line::Say;
use super::{Level, LogRecord};
use crate::sim::{AGENTS, AgentRun, MODELS, TOOLS, ToolCall};

const STARTED_EVERY: u64 = 4;
/// One in so many successful tool calls has a line.
const CALL_EVERY: u64 = 2;

/// Appends the lines of a run that has ended.
pub(super) fn lines(run: &AgentRun, out: &mut Vec<LogRecord>) {
    let Some(agent) = AGENTS.get(run.agent) else { return };
    let say = Say {
        source: run.process,
        time_ns: run.end_ns,
        trace: Some((run.trace_id, run.span_id)),
        level: Level::Info,
        logger: "agentarea.agents",
        category: "lifecycle",
        event: "Agent run completed",
    };
    let conversation = ids::conversation(run.user, run.agent);
    let user = ids::user(run.user);
    if ids::one_in(run.trace_id, 0x7374, STARTED_EVERY) {
        let say = Say { time_ns: run.start_ns, event: "Agent run started", ..say };
        out.push(say.with(|fields| {
            fields.text("agent_id", agent.id).text("conversation_id", &conversation).text("user_id", &user)
        }));
    }
    if let Some(other) = run.delegate.and_then(|other| AGENTS.get(other)) {
        let say = Say { category: "communication", ..say };
        let calls_end_ns = run.tool_calls().last().map_or(run.start_ns, |call| call.end_ns);
        let handed_ns = (calls_end_ns + ns_from_secs(run.llm_secs) / 2).min(run.end_ns);
        for (time_ns, event, from, to, kind) in [
            (handed_ns, "Message sent to agent", agent.id, other.id, "task"),
            (run.end_ns, "Message received from agent", other.id, agent.id, "result"),
        ] {
            out.push(Say { time_ns, event, ..say }.with(|fields| {
                fields
                    .text("from_agent", from)
                    .text("to_agent", to)
                    .text("message_type", kind)
                    .text("conversation_id", &conversation)
            }));
        }
    }
    let calls = run.tool_calls().count() as i64;
    if let (Some(fault), Some(error)) = (run_fault(run), run.error) {
        let say = Say { level: Level::Error, category: "errors", event: "Agent run failed", ..say };
        out.push(say.raising(Some(&fault.stacktrace), |fields| {
            fields
                .text("agent_id", agent.id)
                .text("conversation_id", &conversation)
                .text("error", &fault.message)
                .text("error_type", error.name())
                .number("duration_ms", run.duration_secs * 1000.0)
                .int("tool_calls", calls)
                .text("user_id", &user)
        }));
        return;
    }
    let (input_tokens, output_tokens) = token_counts(run);
    out.push(say.with(|fields| {
        fields
            .text("agent_id", agent.id)
            .some_text("model", MODELS.get(agent.model).map(|model| model.name))
            .text("conversation_id", &conversation)
            .number("duration_ms", run.duration_secs * 1000.0)
            .int("llm_calls", run.llm_calls)
            .int("tool_calls", calls)
            .int("input_tokens", input_tokens)
            .int("output_tokens", output_tokens)
            .text("user_id", &user)
    }));
}

/// Appends the MCP manager's line about a tool call.
pub(super) fn tool_line(call: &ToolCall, out: &mut Vec<LogRecord>) {
    let (Some(tool), Some(agent)) = (TOOLS.get(call.tool), AGENTS.get(call.agent)) else { return };
    let say = Say {
        source: call.process,
        time_ns: of_tool_call(call).1.end_ns,
        trace: Some((call.trace_id, ids::tool_server(call.span_id))),
        level: Level::Info,
        logger: "agentarea.mcp",
        category: "tool_calls",
        event: "Tool call completed",
    };
    if !call.is_success {
        let fault = faults::of_tool(tool.name, call.secs);
        let say = Say { level: Level::Error, event: "Tool call failed", ..say };
        out.push(say.raising(Some(&fault.stacktrace), |fields| {
            fields
                .text("tool_name", tool.name)
                .text("agent_id", agent.id)
                .text("call_id", &ids::tool_call(call.span_id))
                .number("duration_ms", call.secs * 1000.0)
                .text("error", &fault.message)
                .text("error_type", fault.short_type())
        }));
    } else if ids::child(call.span_id, 0x6c).wrapping_shr(8).is_multiple_of(CALL_EVERY) {
        out.push(say.with(|fields| {
            fields
                .text("tool_name", tool.name)
                .text("agent_id", agent.id)
                .text("call_id", &ids::tool_call(call.span_id))
                .number("duration_ms", call.secs * 1000.0)
        }));
    }
}
