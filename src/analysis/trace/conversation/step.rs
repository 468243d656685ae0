//! One span as a step, and how steps belong together.

use super::{
    Payload, Step, StepKind, ToolCall, Usage,
    messages::{self, Message, MessagePart},
};
use crate::{
    analysis::{
        json::{self, Json},
        trace::{bottleneck::message_of, intern::Pairs},
    },
    base::number,
    model::trace::{SpanDetail, SpanEvent, Tag, TagValue, Trace},
};

fn is_ours(key: &str) -> bool {
    key.starts_with("gen_ai.") || key.starts_with("mcp.")
}

/// Whether a span is part of a conversation.
pub fn is_step(detail: &SpanDetail) -> bool {
    // An agent's id alone says for whom a request was made.
    detail
        .tags
        .iter()
        .any(|tag| is_ours(&tag.key) && tag.key != "gen_ai.agent.id" && tag.key != "gen_ai.conversation.id")
}

/// A span's attributes, each taken at most once; what is left is told as it is.
struct Attributes<'a> {
    tags: Vec<(&'a Tag, bool)>,
}

impl<'a> Attributes<'a> {
    /// Those of its events count where the span has none of that key: contents may be recorded so.
    fn of(detail: &'a SpanDetail) -> Self {
        let fields = detail.events.iter().flat_map(|event| event.fields.iter());
        let tags = detail.tags.iter().chain(fields).filter(|tag| is_ours(&tag.key) || tag.key == "retry.attempt");
        Self { tags: tags.map(|tag| (tag, false)).collect() }
    }

    /// The first of several keys that is there and not empty.
    fn take(&mut self, keys: &[&str]) -> Option<&'a TagValue> {
        let is_filled = |tag: &Tag| !matches!(&tag.value, TagValue::Text(text) if text.is_empty());
        let mut found = None;
        for key in keys {
            for (tag, is_taken) in self.tags.iter_mut().filter(|(tag, _)| tag.key == *key) {
                // The others are told among the rest: a former word beside the present one may differ.
                if found.is_none() && is_filled(tag) {
                    found = Some(&tag.value);
                    *is_taken = true;
                } else if found.is_some_and(|found| *found == tag.value) {
                    *is_taken = true;
                }
            }
        }
        found
    }

    fn text(&mut self, keys: &[&str]) -> Option<String> {
        self.take(keys).map(TagValue::to_string)
    }

    /// A count: a number, also as text. What is none stays among the rest.
    fn count(&mut self, keys: &[&str]) -> Option<u64> {
        for key in keys {
            if let Some((tag, is_taken)) = self.tags.iter_mut().find(|(tag, _)| tag.key == *key)
                && let Some(count) = count_in(&tag.value)
            {
                *is_taken = true;
                return Some(count);
            }
        }
        None
    }

    fn payload(&mut self, keys: &[&str]) -> Option<Payload> {
        self.take(keys).map(|value| Payload::of_text(&value.to_string()))
    }

    fn messages(&mut self, keys: &[&str], role: &str) -> Vec<Message> {
        self.text(keys).map(|text| messages::read(&text, role)).unwrap_or_default()
    }

    /// Messages as attributes of their own, as `OpenLLMetry` writes them: `gen_ai.prompt.0.role`, `gen_ai.prompt.0.content`.
    fn indexed(&mut self, prefix: &str, default_role: &str) -> Vec<Message> {
        let mut found: Vec<(usize, Message)> = Vec::new();
        for (tag, is_taken) in &mut self.tags {
            let Some((index, field)) = tag.key.strip_prefix(prefix).and_then(|rest| rest.split_once('.')) else {
                continue;
            };
            let Ok(index) = index.parse::<usize>() else { continue };
            let place = found.iter().position(|(known, _)| *known == index).unwrap_or_else(|| {
                found.push((index, Message { role: default_role.to_owned(), ..Message::default() }));
                found.len() - 1
            });
            let Some((_, message)) = found.get_mut(place) else { continue };
            let value = tag.value.to_string();
            match field {
                "role" => message.role = value,
                "content" => {
                    let read = messages::read(&value, default_role);
                    message.parts.extend(read.into_iter().flat_map(|message| message.parts));
                }
                "finish_reason" => message.finish_reason = Some(value),
                _ => continue,
            }
            *is_taken = true;
        }
        crate::base::order::sort_by_key(&mut found, |(index, _)| *index);
        found.into_iter().map(|(_, message)| message).collect()
    }

    fn rest(self) -> Vec<(String, String)> {
        let is_left = |(tag, is_taken): &(&Tag, bool)| !is_taken && is_ours(&tag.key);
        let mut rest: Vec<(String, String)> =
            self.tags.into_iter().filter(is_left).map(|(tag, _)| (tag.key.clone(), tag.value.to_string())).collect();
        rest.dedup();
        rest
    }
}

fn count_in(value: &TagValue) -> Option<u64> {
    match value {
        TagValue::Int(number) => u64::try_from(*number).ok(),
        TagValue::Float(number) => count_of(*number),
        TagValue::Text(text) => number::parse(text.trim().trim_matches('"')).and_then(count_of),
        TagValue::Bool(_) | TagValue::Binary(_) => None,
    }
}

fn count_of(number: f64) -> Option<u64> {
    (number >= 0.0 && number.fract() == 0.0 && number < 1e18).then_some(number as u64)
}

/// A list of texts: as JSON, or one text.
fn texts(text: &str) -> Vec<String> {
    let read = if text.trim_start().starts_with(['[', '"']) { json::parse(text).map(Json::decoded) } else { None };
    match read {
        Some(value) => value.items().iter().filter_map(Json::as_text).map(str::to_owned).collect(),
        None => vec![text.to_owned()],
    }
}

/// The step of a span that [`is_step`].
pub fn read(trace: &Trace, span: usize, detail: SpanDetail) -> Step {
    let mut attributes = Attributes::of(&detail);
    let operation = attributes.text(&["gen_ai.operation.name"]);
    let agent_name = attributes.text(&["gen_ai.agent.name"]);
    let agent_id = attributes.text(&["gen_ai.agent.id"]);
    let agent = agent_name.or(agent_id);
    let provider = attributes.text(&["gen_ai.provider.name", "gen_ai.system"]);
    let request_model = attributes.text(&["gen_ai.request.model"]);
    let response_model = attributes.text(&["gen_ai.response.model"]);
    let conversation_id = attributes.text(&["gen_ai.conversation.id"]);
    let method = attributes.text(&["mcp.method.name", "mcp.method"]);
    let tool_name = attributes.text(&["gen_ai.tool.name", "mcp.tool.name"]);
    let tool = ToolCall {
        id: attributes.text(&["gen_ai.tool.call.id"]),
        arguments: attributes.payload(&["gen_ai.tool.call.arguments", "mcp.request.argument"]),
        result: attributes.payload(&["gen_ai.tool.call.result"]),
        name: tool_name.clone().unwrap_or_default(),
    };
    let has_tool = tool_name.is_some() || tool.id.is_some() || tool.arguments.is_some();
    let kind = match operation.as_deref() {
        Some("invoke_agent" | "create_agent" | "invoke_workflow") => StepKind::Agent,
        Some("execute_tool") => StepKind::Tool,
        Some("chat" | "text_completion" | "generate_content" | "embeddings") => StepKind::Model,
        _ if method.is_some() => StepKind::Mcp,
        _ if has_tool => StepKind::Tool,
        _ if request_model.is_some() || response_model.is_some() => StepKind::Model,
        _ if agent.is_some() => StepKind::Agent,
        _ => StepKind::Other,
    };
    let mut input = attributes.messages(&["gen_ai.system_instructions"], "system");
    input.extend(attributes.messages(&["gen_ai.input.messages", "gen_ai.prompt"], "user"));
    input.extend(attributes.indexed("gen_ai.prompt.", "user"));
    let mut output = attributes.messages(&["gen_ai.output.messages", "gen_ai.completion"], "assistant");
    output.extend(attributes.indexed("gen_ai.completion.", "assistant"));
    event_messages(&detail.events, &mut input, &mut output);
    let usage = Usage {
        input: attributes.count(&["gen_ai.usage.input_tokens", "gen_ai.usage.prompt_tokens"]),
        output: attributes.count(&["gen_ai.usage.output_tokens", "gen_ai.usage.completion_tokens"]),
        cache_read: attributes.count(&["gen_ai.usage.cache_read.input_tokens", "gen_ai.usage.cache_read_input_tokens"]),
        cache_creation: attributes
            .count(&["gen_ai.usage.cache_creation.input_tokens", "gen_ai.usage.cache_creation_input_tokens"]),
        reasoning: attributes.count(&["gen_ai.usage.reasoning.output_tokens", "gen_ai.usage.reasoning_tokens"]),
    };
    let mut finish_reasons =
        attributes.text(&["gen_ai.response.finish_reasons"]).map(|text| texts(&text)).unwrap_or_default();
    for reason in output.iter().filter_map(|message| message.finish_reason.as_ref()) {
        if !finish_reasons.contains(reason) {
            finish_reasons.push(reason.clone());
        }
    }
    let attempt = attributes.count(&["retry.attempt"]).map_or(1, |attempt| attempt.clamp(1, 1000) as u32);
    let name = match kind {
        StepKind::Agent => agent.clone(),
        StepKind::Model => response_model.clone().or_else(|| request_model.clone()),
        StepKind::Tool => tool_name.clone(),
        StepKind::Mcp => method.map(|method| match &tool_name {
            Some(tool) => format!("{method} {tool}"),
            None => method,
        }),
        StepKind::Other => operation,
    };
    let tool = (matches!(kind, StepKind::Tool | StepKind::Mcp) && has_tool).then_some(tool);
    let error = error_of(trace, span, &detail, tool.as_ref());
    Step {
        span,
        kind,
        name: name.unwrap_or_else(|| trace.operation(span).to_owned()),
        agent,
        provider,
        request_model,
        response_model,
        conversation_id,
        start_ns: trace.span_start_ns(span),
        duration_ns: trace.span_duration_ns(span),
        input,
        output,
        tool,
        usage,
        finish_reasons,
        attempt,
        error,
        other: attributes.rest(),
        ..Step::default()
    }
}

/// Messages as events, as the conventions had them before 2025: `gen_ai.user.message`, `gen_ai.choice`.
fn event_messages(events: &[SpanEvent], input: &mut Vec<Message>, output: &mut Vec<Message>) {
    for event in events {
        let field = |key: &str| event.fields.iter().find(|field| field.key == key).map(|field| field.value.to_string());
        let content = || field("content").or_else(|| field("message")).or_else(|| field("gen_ai.event.content"));
        let role = event.name.strip_prefix("gen_ai.").and_then(|rest| rest.strip_suffix(".message"));
        match (role, event.name.as_str()) {
            (Some(role), _) => input.extend(content().into_iter().flat_map(|text| messages::read(&text, role))),
            (None, "gen_ai.choice") => {
                let finish_reason = field("finish_reason");
                let messages = content().into_iter().flat_map(|text| messages::read(&text, "assistant"));
                output.extend(messages.map(|mut message| {
                    message.finish_reason = message.finish_reason.or_else(|| finish_reason.clone());
                    message
                }));
            }
            _ => {}
        }
    }
}

/// A failed span's message, or that of a tool whose result says that it failed.
fn error_of(trace: &Trace, span: usize, detail: &SpanDetail, tool: Option<&ToolCall>) -> Option<String> {
    let says_so = || {
        let result = tool?.result.as_ref().filter(|result| result.is_json)?;
        let value = json::parse(&result.text)?;
        let is_error = value.get_any(&["isError", "is_error"]).and_then(Json::as_text) == Some("true");
        is_error.then(|| {
            let texts = value.get("content").map(Json::items).unwrap_or_default();
            texts.iter().filter_map(|part| part.get("text").and_then(Json::as_text)).collect::<Vec<_>>().join("\n")
        })
    };
    let is_failed = trace.is_error(span) || detail.tag("error.type").is_some();
    let told = says_so();
    if is_failed { message_of(detail).or(told).or_else(|| Some(String::new())) } else { told }
}

/// Sets parents, depths, attempts, and which messages a step has from the one before.
pub fn link(trace: &Trace, steps: &mut [Step]) {
    // Steps stand in pre-order: those that contain the next one are the last of the open ones.
    let mut open: Vec<usize> = Vec::new();
    let mut kinds = Pairs::default();
    // The last step of each kind and name below each parent.
    let mut last: Vec<Option<usize>> = Vec::new();
    let mut names = super::super::intern::Names::default();
    for place in 0..steps.len() {
        let span = steps.get(place).map_or(0, |step| step.span);
        while let Some(top) = open.last() {
            let is_within = steps.get(*top).is_some_and(|step| trace.subtree(step.span).contains(&span));
            if is_within {
                break;
            }
            open.pop();
        }
        let parent = open.last().copied();
        let depth = open.len();
        open.push(place);
        let Some(step) = steps.get(place) else { continue };
        let below = parent.map_or(u32::MAX, |parent| parent as u32);
        let name = names.number(&format!("{} {}", step.kind as u8, comparable_name(step)));
        let key = kinds.number((below, name)) as usize;
        if last.len() <= key {
            last.resize(key + 1, None);
        }
        let before = last.get(key).copied().flatten().and_then(|before| steps.get(before));
        let attempt = match before {
            Some(before) if before.error.is_some() && before.start_ns <= step.start_ns => before.attempt + 1,
            _ => 1,
        };
        let previous = before.filter(|_| step.kind == StepKind::Model);
        let repeated_input = previous.map_or(0, |previous| repeated(previous, step));
        if let Some(slot) = last.get_mut(key) {
            *slot = Some(place);
        }
        if let Some(step) = steps.get_mut(place) {
            step.parent = parent;
            step.depth = depth;
            step.attempt = step.attempt.max(attempt);
            step.repeated_input = repeated_input;
        }
    }
}

/// A retry may be answered by a model of another version: the one asked for counts.
fn comparable_name(step: &Step) -> &str {
    step.request_model.as_deref().filter(|_| step.kind == StepKind::Model).unwrap_or(&step.name)
}

/// How many of a step's first messages are what the one before was given and answered.
fn repeated(before: &Step, step: &Step) -> usize {
    let known = before.input.iter().chain(&before.output);
    known.zip(&step.input).take_while(|(known, message)| is_same(known, message)).count()
}

fn is_same(a: &Message, b: &Message) -> bool {
    // Reasoning is not always handed back.
    let parts = |message: &Message| -> Vec<MessagePart> {
        message.parts.iter().filter(|part| !matches!(part, MessagePart::Reasoning(_))).cloned().collect()
    };
    a.role == b.role && parts(a) == parts(b)
}
