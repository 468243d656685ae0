//! The spans of an agent's run: models asked, tools called through the MCP manager, work handed on.
//!
//! Attributes follow OpenTelemetry's conventions for generative AI. A run begins when the request that brought its message
//! has been answered, so it lies after its parent, not within.

use super::super::faults::{self, Fault};
use super::super::ids;
use super::super::layout::{Part, ns_from_secs};
use super::messages::{Turn, input_messages, output_messages};
use super::model::{AttributeValue, Span, SpanKind};
use super::texts::{answer, provider, question};
use super::tool::{execute_tool_spans, tool_server_spans};
use super::write::{Book, Place};
use crate::sim::{AGENT_TYPES, AGENTS, Agent, AgentRun, MODELS, RunError, TOOLS, ToolCall};

pub(super) const RUNTIME: &str = "agentarea.runtime";
const MANUAL_DB: &str = super::request::SQLALCHEMY;

/// Tokens that a model writes per second, and that a run's prompt has.
const TOKENS_PER_SEC: f64 = 62.0;
const PROMPT_TOKENS: u64 = 420;

/// Tokens read and written in a run, for its span and its log line.
pub(in super::super) fn token_counts(run: &AgentRun) -> (i64, i64) {
    let prompt = (PROMPT_TOKENS + ids::bits(run.trace_id, 0x746f) % 1600) as i64;
    let calls = i64::from(run.llm_calls);
    let results = 180 * run.tool_calls().filter(|call| call.is_success).count() as i64;
    (prompt * calls + results * (calls - 1).max(0), (run.llm_secs * TOKENS_PER_SEC) as i64)
}

/// What ended the run, if something did.
pub(in super::super) fn fault_of(run: &AgentRun) -> Option<Fault> {
    let error = run.error?;
    let tool = run.tool_calls().filter(|call| !call.is_success).last().and_then(|call| TOOLS.get(call.tool));
    Some(faults::of_run(error, tool.map_or("", |tool| tool.name), model_of(run.agent)))
}

fn model_of(agent: usize) -> &'static str {
    AGENTS.get(agent).and_then(|agent| MODELS.get(agent.model)).map_or("", |model| model.name)
}

/// One question to a model.
struct Chat {
    part: Part,
    turn: Turn,
    fails: bool,
}

/// When models were asked: before the tools, after them, and once more where that failed.
fn chats(run: &AgentRun) -> Vec<Chat> {
    let begin_ns = run.start_ns + ns_from_secs(0.02);
    let first_tool_ns = run.tool_calls().next().map(|call| call.end_ns - ns_from_secs(call.secs));
    let last_tool_ns = run.tool_calls().last().map(|call| call.end_ns);
    let mut out = Vec::with_capacity(3);
    if run.llm_calls == 0 {
        return out;
    }
    let uses_tools = first_tool_ns.is_some();
    let first = Part {
        start_ns: begin_ns,
        end_ns: first_tool_ns.unwrap_or_else(|| begin_ns + ns_from_secs(run.llm_secs)).clamp(begin_ns, run.end_ns),
    };
    let turn = if uses_tools { Turn::AsksForTools } else { Turn::Answers };
    out.push(Chat { part: first, turn, fails: false });
    if let Some(start_ns) = last_tool_ns.filter(|_| run.llm_calls > 1) {
        let secs = run.llm_secs - first.ns() as f64 / 1e9;
        let end_ns = (start_ns + ns_from_secs(secs)).clamp(start_ns, run.end_ns);
        out.push(Chat { part: Part { start_ns, end_ns }, turn: Turn::AnswersWithResults, fails: false });
    }
    match run.error {
        Some(RunError::LlmTimeout) => {
            let start_ns = (run.end_ns - ns_from_secs(20.0)).max(begin_ns);
            out.push(Chat { part: Part { start_ns, end_ns: run.end_ns }, turn: Turn::Answers, fails: true });
        }
        Some(RunError::RateLimit) => {
            // Refused at once: the last moments of the run.
            if let Some(last) = out.last_mut() {
                let end_ns = last.part.end_ns;
                let start_ns = end_ns - last.part.ns() / 12;
                last.part.end_ns = start_ns;
                out.push(Chat { part: Part { start_ns, end_ns }, turn: Turn::Answers, fails: true });
            }
        }
        _ => {}
    }
    out
}

/// Appends the spans of a run that has ended.
pub(in super::super) fn run_spans(book: &Book, run: &AgentRun, out: &mut Vec<Span>) {
    let Some(agent) = AGENTS.get(run.agent) else { return };
    let place = Place {
        trace_id: run.trace_id,
        span_id: run.span_id,
        parent: Some(run.parent_span_id),
        process: run.process,
        scope: RUNTIME,
    };
    let fault = fault_of(run);
    let whole = Part { start_ns: run.start_ns, end_ns: run.end_ns };
    let conversation = ids::conversation(run.user, run.agent);
    let (input_tokens, output_tokens) = token_counts(run);
    let span = invoke_span(book, place, agent, whole, &conversation)
        .with("user.id", ids::user(run.user))
        .with("gen_ai.usage.input_tokens", input_tokens)
        .with("gen_ai.usage.output_tokens", output_tokens);
    out.push(match (&fault, run.error) {
        (Some(fault), Some(error)) => span.with("error.type", error.name()).raised(fault),
        _ => span,
    });

    let child = |salt: u64| place.child(ids::child(run.span_id, salt), RUNTIME);
    if run.error == Some(RunError::Database) {
        let part = Part { start_ns: (run.start_ns + ns_from_secs(0.01)).min(run.end_ns), end_ns: run.end_ns };
        let load = child(1);
        out.push(book.span(load, "load_conversation", SpanKind::Internal, part).raised_by(fault.as_ref()));
        let connect = load.child(ids::child(load.span_id, 1), MANUAL_DB);
        let span = book.span(connect, "connect", SpanKind::Client, part.inner(0.02));
        let span = span
            .with("db.system", "postgresql")
            .with("db.name", "agentarea")
            .with("net.peer.name", "postgresql")
            .with("net.peer.port", 5432_i64);
        out.push(span.failed("OperationalError: remaining connection slots are reserved for superusers"));
    }
    let tools: Vec<&ToolCall> = run.tool_calls().collect();
    let mut last_ns = run.start_ns;
    let chats = chats(run);
    let share = |part: Part| part.ns() as f64 / 1e9 / run.llm_secs.max(1e-3);
    for (number, chat) in chats.iter().enumerate() {
        let tokens = (
            input_tokens / i64::from(run.llm_calls.max(1)),
            (output_tokens as f64 * share(chat.part)).min(output_tokens as f64) as i64,
        );
        let place = child(0x10 + number as u64);
        let bits = ids::bits(run.trace_id, 0x7175);
        let span = chat_span(book, place, agent, chat.part, &conversation);
        out.push(if chat.fails {
            let kind = run.error.map_or("", RunError::name);
            let span = span
                .with("error.type", kind)
                .with("gen_ai.input.messages", input_messages(question(bits), chat.turn, &[]));
            let code = if run.error == Some(RunError::RateLimit) { Some(429_i64) } else { None };
            span.with_some("http.response.status_code", code).raised_by(fault.as_ref())
        } else {
            answered(span, agent, chat.turn, &tools, bits, tokens)
        });
        last_ns = last_ns.max(chat.part.end_ns);
    }
    for (number, call) in tools.iter().enumerate() {
        let is_retry =
            number > 0 && tools.get(number - 1).is_some_and(|before| before.tool == call.tool && !before.is_success);
        execute_tool_spans(book, run, call, place, is_retry, out);
        last_ns = last_ns.max(call.end_ns);
    }
    if let Some(other) = run.delegate.and_then(|agent| AGENTS.get(agent)) {
        let place = child(0x30);
        let part = Part { start_ns: last_ns.min(run.end_ns), end_ns: run.end_ns };
        let span = invoke_span(book, place, other, part, &conversation);
        out.push(span.with("agentarea.delegated_by", agent.id).with("messaging.message.type", "task"));
        let bits = ids::bits(run.trace_id, 0x6465);
        let place = place.child(ids::child(place.span_id, 1), RUNTIME);
        let part = part.inner(0.03);
        let tokens = (i64::from((bits % 900) as u32) + 300, (part.ns() as f64 / 1e9 * TOKENS_PER_SEC) as i64);
        let span = chat_span(book, place, other, part, &conversation);
        out.push(answered(span, other, Turn::Answers, &[], bits, tokens));
    }
}

fn invoke_span(book: &Book, place: Place, agent: &Agent, part: Part, conversation: &str) -> Span {
    let model = MODELS.get(agent.model).map_or("", |model| model.name);
    book.span(place, format!("invoke_agent {}", agent.id), SpanKind::Internal, part)
        .with("gen_ai.operation.name", "invoke_agent")
        .with("gen_ai.provider.name", provider(model).name)
        .with("gen_ai.agent.id", agent.id)
        .with("gen_ai.agent.name", agent.id)
        .with_some("agent.type", AGENT_TYPES.get(agent.agent_type).copied())
        .with("gen_ai.conversation.id", conversation.to_owned())
        .with("gen_ai.request.model", model)
}

fn chat_span(book: &Book, place: Place, agent: &Agent, part: Part, conversation: &str) -> Span {
    let model = MODELS.get(agent.model).map_or("", |model| model.name);
    let provider = provider(model);
    book.span(place, format!("chat {model}"), SpanKind::Client, part)
        .with("gen_ai.operation.name", "chat")
        .with("gen_ai.provider.name", provider.name)
        .with("gen_ai.agent.id", agent.id)
        .with("gen_ai.conversation.id", conversation.to_owned())
        .with("gen_ai.request.model", model)
        .with("gen_ai.request.temperature", 0.2)
        .with("server.address", provider.host)
        .with("server.port", 443_i64)
}

/// What a model's answer adds to its span.
fn answered(span: Span, agent: &Agent, turn: Turn, tools: &[&ToolCall], bits: u64, tokens: (i64, i64)) -> Span {
    let model = MODELS.get(agent.model).map_or("", |model| model.name);
    let (input_tokens, output_tokens) = tokens;
    let reason = if turn == Turn::AsksForTools { "tool_calls" } else { "stop" };
    let id = format!("chatcmpl-{:016x}", span.span_id);
    span.with("gen_ai.response.id", id)
        .with("gen_ai.response.model", provider(model).answers_as)
        .with("gen_ai.response.finish_reasons", AttributeValue::Texts(vec![reason.into()]))
        .with("gen_ai.usage.input_tokens", input_tokens)
        .with("gen_ai.usage.output_tokens", output_tokens)
        .with("gen_ai.input.messages", input_messages(question(bits), turn, tools))
        .with("gen_ai.output.messages", output_messages(answer(bits), turn, tools))
}

/// Appends what the MCP manager still told of a run whose own process was killed: spans whose parents nobody sent.
pub(in super::super) fn lost_run_spans(book: &Book, calls: &[ToolCall], out: &mut Vec<Span>) {
    for call in calls {
        tool_server_spans(book, call, out);
    }
}
