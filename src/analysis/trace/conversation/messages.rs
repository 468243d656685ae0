//! Messages between people, models and tools, in all the shapes that they are sent in.

use crate::analysis::json::{self, Json};

/// Something that may be JSON.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Payload {
    /// Indented where it is JSON.
    pub text: String,
    pub is_json: bool,
}

impl Payload {
    /// Of a text that may be JSON, also twice encoded.
    pub fn of_text(text: &str) -> Self {
        let value = if text.trim_start().starts_with(['{', '[', '"']) { json::parse(text) } else { None };
        value.map_or_else(|| Self { text: text.to_owned(), is_json: false }, Self::of_json)
    }

    fn of_json(value: Json) -> Self {
        match value.decoded() {
            Json::Text(text) => Self { text, is_json: false },
            value => Self { text: value.pretty(), is_json: true },
        }
    }
}

#[derive(Debug, Clone, PartialEq)]
pub enum MessagePart {
    Text(String),
    Reasoning(String),
    ToolCall {
        id: Option<String>,
        name: String,
        arguments: Option<Payload>,
    },
    ToolResponse {
        id: Option<String>,
        result: Payload,
    },
    /// Pictures, sounds and files, which are named, not shown.
    Media {
        kind: String,
        mime_type: Option<String>,
        /// Its address or id; none where the content itself was sent.
        reference: Option<String>,
    },
    /// As it was sent.
    Other {
        kind: String,
        content: Payload,
    },
}

#[derive(Debug, Clone, PartialEq, Default)]
pub struct Message {
    /// `system`, `user`, `assistant`, `tool`; as it was sent.
    pub role: String,
    pub name: Option<String>,
    pub parts: Vec<MessagePart>,
    pub finish_reason: Option<String>,
}

/// The messages of an attribute. A text that is no JSON is one message of `default_role`.
pub fn read(text: &str, default_role: &str) -> Vec<Message> {
    let is_json = text.trim_start().starts_with(['{', '[', '"']);
    match json::parse(text).filter(|_| is_json).map(Json::decoded) {
        Some(value) => value.items().iter().filter_map(|item| message(&item.clone().decoded(), default_role)).collect(),
        None if text.trim().is_empty() => Vec::new(),
        None => vec![plain(text, default_role)],
    }
}

fn plain(text: &str, role: &str) -> Message {
    Message { role: role.to_owned(), parts: vec![MessagePart::Text(text.to_owned())], ..Message::default() }
}

fn text_of(value: &Json, keys: &[&str]) -> Option<String> {
    value.get_any(keys).and_then(Json::as_text).map(str::to_owned)
}

/// One item of a list of messages: with parts, with flat content, or a part alone, as instructions are.
fn message(value: &Json, default_role: &str) -> Option<Message> {
    if let Some(text) = value.as_text() {
        return Some(plain(text, default_role));
    }
    // `{"message": {…}}`, as choices are wrapped.
    let inner = value.get("message").filter(|inner| matches!(inner, Json::Object(_)));
    let finish_reason = text_of(value, &["finish_reason"]);
    let value = inner.unwrap_or(value);
    let role = text_of(value, &["role"]).unwrap_or_else(|| default_role.to_owned());
    let mut message = Message {
        name: text_of(value, &["name"]),
        finish_reason: finish_reason.or_else(|| text_of(value, &["finish_reason"])),
        role,
        parts: Vec::new(),
    };
    let is_part = value.get("role").is_none() && value.get("parts").is_none() && value.get("type").is_some();
    if is_part {
        message.name = None;
        message.parts.extend(part(value, &message.role));
    } else if let Some(parts) = value.get("parts") {
        let parts = parts.clone().decoded();
        message.parts.extend(parts.items().iter().filter_map(|item| part(&item.clone().decoded(), &message.role)));
    } else {
        flat(value, &mut message);
    }
    let is_empty = message.parts.is_empty() && message.finish_reason.is_none() && value.get("role").is_none();
    (!is_empty).then_some(message)
}

/// `{role, content}` and what else stood beside it before there were parts.
fn flat(value: &Json, message: &mut Message) {
    if let Some(reasoning) = text_of(value, &["reasoning_content", "reasoning"]) {
        message.parts.push(MessagePart::Reasoning(reasoning));
    }
    let content = value.get_any(&["content", "text"]);
    if message.role == "tool" {
        if let Some(content) = content {
            let result = Payload::of_json(content.clone());
            message.parts.push(MessagePart::ToolResponse { id: text_of(value, &["tool_call_id", "id"]), result });
        }
    } else if let Some(content) = content {
        message.parts.extend(content.items().iter().filter_map(|item| part(item, &message.role)));
    }
    let calls = value.get_any(&["tool_calls", "function_call"]).cloned().map(Json::decoded);
    for call in calls.iter().flat_map(Json::items) {
        let function = call.get("function").unwrap_or(call);
        message.parts.push(MessagePart::ToolCall {
            id: text_of(call, &["id"]),
            name: text_of(function, &["name"]).unwrap_or_default(),
            arguments: function.get_any(&["arguments", "args", "input"]).cloned().map(Payload::of_json),
        });
    }
}

/// A part by its type.
fn part(value: &Json, role: &str) -> Option<MessagePart> {
    if let Some(text) = value.as_text() {
        return Some(MessagePart::Text(text.to_owned()));
    }
    if *value == Json::Null {
        return None;
    }
    let kind = text_of(value, &["type", "kind"]).unwrap_or_default();
    let content = || text_of(value, &["content", "text", "thinking", "reasoning"]);
    let payload = |keys: &[&str]| value.get_any(keys).cloned().map(Payload::of_json);
    Some(match kind.as_str() {
        "text" | "input_text" | "output_text" => MessagePart::Text(content().unwrap_or_default()),
        "reasoning" | "thinking" => MessagePart::Reasoning(content().unwrap_or_default()),
        "tool_call" | "server_tool_call" | "tool_use" | "function_call" => MessagePart::ToolCall {
            id: text_of(value, &["id", "call_id"]),
            name: text_of(value, &["name"]).unwrap_or_default(),
            arguments: payload(&["arguments", "input", "args", "server_tool_call"]),
        },
        "tool_call_response" | "server_tool_call_response" | "tool_result" | "function_call_output" => {
            let keys = ["response", "result", "content", "output", "server_tool_call_response"];
            MessagePart::ToolResponse {
                id: text_of(value, &["id", "tool_call_id", "tool_use_id", "call_id"]),
                result: payload(&keys).unwrap_or_default(),
            }
        }
        "blob" | "file" | "uri" | "image" | "image_url" | "audio" | "input_audio" | "document" => MessagePart::Media {
            mime_type: text_of(value, &["mime_type", "media_type"]),
            reference: text_of(value, &["uri", "file_id", "url"])
                .or_else(|| value.get("image_url").and_then(|image| text_of(image, &["url"])))
                // The content itself is no reference.
                .filter(|reference| !reference.starts_with("data:")),
            kind: text_of(value, &["modality"]).unwrap_or(kind),
        },
        "" if role == "tool" => {
            MessagePart::ToolResponse { id: text_of(value, &["id"]), result: Payload::of_json(value.clone()) }
        }
        "" => match content() {
            Some(text) => MessagePart::Text(text),
            None => MessagePart::Other { kind, content: Payload::of_json(value.clone()) },
        },
        _ => MessagePart::Other {
            content: payload(&["content"]).unwrap_or_else(|| Payload::of_json(value.clone())),
            kind,
        },
    })
}
