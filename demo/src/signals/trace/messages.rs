//! `gen_ai.input.messages` and `gen_ai.output.messages`: JSON texts in the shape of OpenTelemetry's conventions.

use super::super::ids;
use super::super::json::{push_escaped, push_string};
use super::texts::tool_texts;
use crate::sim::{TOOLS, ToolCall};

/// What a model does in one answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Turn {
    AsksForTools,
    AnswersWithResults,
    Answers,
}

const SYSTEM: &str = "You are an agent of AgentArea. Answer briefly and say what you are unsure of.";

/// What the model was given.
pub(super) fn input_messages(question: &str, turn: Turn, tools: &[&ToolCall]) -> String {
    let mut out = String::with_capacity(320);
    out.push('[');
    push_text(&mut out, "system", SYSTEM);
    out.push(',');
    push_text(&mut out, "user", question);
    if turn == Turn::AnswersWithResults {
        out.push(',');
        push_calls(&mut out, tools, "");
        for call in tools.iter().filter(|call| call.is_success) {
            let (_, result) = texts_of(call);
            out.push_str(r#",{"role":"tool","parts":[{"type":"tool_call_response","id":""#);
            out.push_str(&ids::tool_call(call.span_id));
            out.push_str(r#"","response":"#);
            push_string(&mut out, result);
            out.push_str("}]}");
        }
    }
    out.push(']');
    out
}

/// What the model answered.
pub(super) fn output_messages(answer: &str, turn: Turn, tools: &[&ToolCall]) -> String {
    let mut out = String::with_capacity(240);
    out.push('[');
    if turn == Turn::AsksForTools {
        push_calls(&mut out, tools, r#","finish_reason":"tool_calls""#);
    } else {
        out.push_str(r#"{"role":"assistant","parts":[{"type":"text","content":"#);
        push_string(&mut out, answer);
        out.push_str(r#"}],"finish_reason":"stop"}"#);
    }
    out.push(']');
    out
}

fn texts_of(call: &ToolCall) -> (&'static str, &'static str) {
    tool_texts(TOOLS.get(call.tool).map_or("", |tool| tool.name))
}

fn push_text(out: &mut String, role: &str, content: &str) {
    out.push_str(r#"{"role":""#);
    out.push_str(role);
    out.push_str(r#"","parts":[{"type":"text","content":"#);
    push_string(out, content);
    out.push_str("}]}");
}

fn push_calls(out: &mut String, tools: &[&ToolCall], tail: &str) {
    out.push_str(r#"{"role":"assistant","parts":["#);
    for (number, call) in tools.iter().enumerate() {
        if number > 0 {
            out.push(',');
        }
        out.push_str(r#"{"type":"tool_call","id":""#);
        out.push_str(&ids::tool_call(call.span_id));
        out.push_str(r#"","name":""#);
        push_escaped(out, TOOLS.get(call.tool).map_or("", |tool| tool.name));
        out.push_str(r#"","arguments":"#);
        // The convention has the arguments as an object, not as text in text.
        out.push_str(texts_of(call).0);
        out.push('}');
    }
    out.push(']');
    out.push_str(tail);
    out.push('}');
}
