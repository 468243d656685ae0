use std::sync::Arc;

use super::*;
use crate::model::trace::{
    RawSpans, SpanDetail, SpanDetails, SpanEvent, SpanFlags, SpanKind, Tag, TagValue, TraceId, TraceParts, drawn,
};

struct Kept(Vec<SpanDetail>);

impl SpanDetails for Kept {
    fn detail(&self, origin: usize) -> SpanDetail {
        self.0.get(origin).cloned().unwrap_or_default()
    }

    fn document(&self, _: usize) -> String {
        String::new()
    }
}

fn tags(pairs: &[(&str, &str)]) -> SpanDetail {
    let tag = |(key, value): &(&str, &str)| Tag {
        key: (*key).to_owned(),
        value: value.parse().map_or_else(|_| TagValue::Text((*value).to_owned()), TagValue::Int),
    };
    SpanDetail { tags: pairs.iter().map(tag).collect(), ..SpanDetail::default() }
}

/// Spans as (parent's number from 1, or 0; failed; details), one millisecond apart.
fn trace_of(spans: Vec<(u64, bool, SpanDetail)>) -> Trace {
    let mut raw = RawSpans::default();
    let mut details = Vec::new();
    for (at, (parent, is_error, detail)) in spans.into_iter().enumerate() {
        raw.span_id.push(at as u64 + 1);
        raw.parent_id.push(parent);
        raw.start_ns.push(drawn::START_NS + at as i64 * 1_000_000);
        raw.duration_ns.push(1_000_000);
        raw.service.push(0);
        raw.operation.push(1);
        raw.kind.push(SpanKind::Internal);
        raw.flags.push(if is_error { SpanFlags::ERROR } else { SpanFlags::default() });
        raw.origin.push(at as u32);
        details.push(detail);
    }
    let names: Arc<[Arc<str>]> = Arc::from([Arc::from("runtime"), Arc::from("span")]);
    Trace::build(TraceParts {
        id: TraceId(1),
        spans: raw,
        names,
        warnings: Vec::new(),
        details: Arc::new(Kept(details)),
    })
}

fn steps_of(spans: Vec<(u64, bool, SpanDetail)>) -> Conversation {
    conversation(&trace_of(spans), &PriceTable::default(), Redactor::default())
}

/// The only step of one span.
fn step(pairs: &[(&str, &str)]) -> Step {
    steps_of(vec![(0, false, tags(pairs))]).steps.remove(0)
}

fn shown(messages: &[Message]) -> String {
    let payload = |payload: &Payload| {
        let text = payload.text.split_whitespace().collect::<Vec<_>>().join("");
        if payload.is_json { format!("json {text}") } else { payload.text.clone() }
    };
    let id = |id: &Option<String>| id.clone().unwrap_or_else(|| "-".to_owned());
    let part = |part: &MessagePart| match part {
        MessagePart::Text(text) => text.clone(),
        MessagePart::Reasoning(text) => format!("({text})"),
        MessagePart::ToolCall { id: call, name, arguments } => {
            format!("{} {name}({})", id(call), arguments.as_ref().map(payload).unwrap_or_default())
        }
        MessagePart::ToolResponse { id: call, result } => format!("{} => {}", id(call), payload(result)),
        MessagePart::Media { kind, mime_type, reference } => format!("<{kind} {} {}>", id(mime_type), id(reference)),
        MessagePart::Other { kind, content } => format!("?{kind} {}", payload(content)),
    };
    let message = |message: &Message| {
        let parts: Vec<String> = message.parts.iter().map(part).collect();
        let reason = message.finish_reason.as_ref().map(|reason| format!(" [{reason}]")).unwrap_or_default();
        format!("{}: {}{reason}", message.role, parts.join(" | "))
    };
    messages.iter().map(message).collect::<Vec<_>>().join("\n")
}

/// What `gen_ai.input.messages` is read as.
fn check(text: &str, expect: &str) {
    let step = step(&[("gen_ai.input.messages", text), ("gen_ai.request.model", "m")]);
    assert_eq!(shown(&step.input), expect, "{text}");
    assert!(step.other.is_empty());
}

#[test]
fn messages_with_parts() {
    check(
        r#"[{"role":"system","parts":[{"type":"text","content":"Be brief."}]},{"role":"user","parts":[{"type":"text","content":"Hi"}]}]"#,
        "system: Be brief.\nuser: Hi",
    );
    check(
        r#"[{"role":"assistant","parts":[{"type":"reasoning","content":"hm"},{"type":"tool_call","id":"c1","name":"search","arguments":{"q":"x"}}],"finish_reason":"tool_calls"},
            {"role":"tool","parts":[{"type":"tool_call_response","id":"c1","response":"3 found"}]}]"#,
        "assistant: (hm) | c1 search(json {\"q\":\"x\"}) [tool_calls]\ntool: c1 => 3 found",
    );
    check(
        r#"[{"role":"user","parts":[{"type":"blob","modality":"image","mime_type":"image/png","content":"iVBOR"},
            {"type":"file","modality":"video","file_id":"f1"},{"type":"uri","modality":"audio","uri":"https://x/y"},
            {"type":"compaction","content":"so far"},{"type":"new_thing","x":1}]}]"#,
        "user: <image image/png -> | <video - f1> | <audio - https://x/y> | ?compaction so far | \
         ?new_thing json {\"type\":\"new_thing\",\"x\":1}",
    );
    check(
        r#"[{"role":"assistant","parts":[{"type":"server_tool_call","id":"s","name":"web","server_tool_call":{"q":1}},
            {"type":"server_tool_call_response","id":"s","server_tool_call_response":{"n":2}}]}]"#,
        "assistant: s web(json {\"q\":1}) | s => json {\"n\":2}",
    );
}

#[test]
fn a_list_may_be_one_object() {
    check(r#"{"role":"user","parts":[{"type":"text","content":"Hi"}]}"#, "user: Hi");
    check(r#"{"role":"user","parts":{"type":"text","content":"Hi"}}"#, "user: Hi");
}

#[test]
fn flat_messages_of_former_conventions() {
    check(r#"[{"role":"user","content":"Hi"}]"#, "user: Hi");
    check(
        r#"[{"role":"user","content":[{"type":"text","text":"See"},{"type":"image_url","image_url":{"url":"https://x/y.png"}}]}]"#,
        "user: See | <image_url - https://x/y.png>",
    );
    check(
        r#"[{"role":"assistant","content":null,"tool_calls":[{"id":"c1","type":"function","function":{"name":"f","arguments":"{\"a\":1}"}}]},
            {"role":"tool","tool_call_id":"c1","content":"{\"ok\":true}"}]"#,
        "assistant: c1 f(json {\"a\":1})\ntool: c1 => json {\"ok\":true}",
    );
    check(r#"[{"message":{"role":"assistant","content":"Yes"},"finish_reason":"stop"}]"#, "assistant: Yes [stop]");
    check(r#"[{"role":"assistant","reasoning_content":"hm","content":"Yes"}]"#, "assistant: (hm) | Yes");
    let step =
        step(&[("gen_ai.prompt", "How are you?"), ("gen_ai.completion", r#"[{"role":"assistant","content":"Well"}]"#)]);
    assert_eq!(
        (shown(&step.input), shown(&step.output)),
        ("user: How are you?".to_owned(), "assistant: Well".to_owned())
    );
}

#[test]
fn messages_encoded_twice_or_one_by_one() {
    let once = r#"[{"role":"user","parts":[{"type":"text","content":"Hi"}]}]"#;
    let twice = format!("\"{}\"", once.replace('"', "\\\""));
    check(&twice, "user: Hi");
    check(
        r#"["{\"role\":\"user\",\"content\":\"a\"}","{\"role\":\"assistant\",\"content\":\"b\"}"]"#,
        "user: a\nassistant: b",
    );
    check(r#"[{"role":"user","parts":"[{\"type\":\"text\",\"content\":\"Hi\"}]"}]"#, "user: Hi");
}

#[test]
fn messages_that_are_cut_or_no_json() {
    check(r#"[{"role":"user","parts":[{"type":"text","content":"A long sto"#, "user: A long sto");
    check("just a text", "user: just a text");
    check("[not json", "user: [not json");
    check("42", "user: 42");
    check("[]", "");
    check("[null,{}]", "");
    check(&"[".repeat(100_000), &format!("user: {}", "[".repeat(100_000)));
}

#[test]
fn messages_as_attributes_and_as_events() {
    let indexed = step(&[
        ("gen_ai.prompt.1.role", "user"),
        ("gen_ai.prompt.1.content", "Hi"),
        ("gen_ai.prompt.0.role", "system"),
        ("gen_ai.prompt.0.content", "Be brief."),
        ("gen_ai.completion.0.content", "Hello"),
        ("gen_ai.completion.0.finish_reason", "stop"),
        ("gen_ai.completion.0.odd", "x"),
    ]);
    assert_eq!(shown(&indexed.input), "system: Be brief.\nuser: Hi");
    assert_eq!(shown(&indexed.output), "assistant: Hello [stop]");
    assert_eq!(indexed.other, [("gen_ai.completion.0.odd".to_owned(), "x".to_owned())]);

    let mut detail = tags(&[("gen_ai.operation.name", "chat")]);
    let event =
        |name: &str, pairs: &[(&str, &str)]| SpanEvent { time_ns: 0, name: name.to_owned(), fields: tags(pairs).tags };
    detail.events = vec![
        event("gen_ai.user.message", &[("content", "Hi")]),
        event("gen_ai.choice", &[("message", r#"{"role":"assistant","content":"Yes"}"#), ("finish_reason", "stop")]),
        event(
            "gen_ai.client.inference.operation.details",
            &[("gen_ai.system_instructions", r#"[{"type":"text","content":"Be brief."}]"#)],
        ),
    ];
    let step = steps_of(vec![(0, false, detail)]).steps.remove(0);
    assert_eq!(shown(&step.input), "system: Be brief.\nuser: Hi");
    assert_eq!(
        (shown(&step.output), step.finish_reasons),
        ("assistant: Yes [stop]".to_owned(), vec!["stop".to_owned()])
    );
}

#[test]
fn models_providers_and_tokens() {
    let step = step(&[
        ("gen_ai.operation.name", "chat"),
        ("gen_ai.system", "openai"),
        ("gen_ai.request.model", "gpt-4o"),
        ("gen_ai.response.model", "gpt-4o-2024-08-06"),
        ("gen_ai.usage.input_tokens", "\"1200\""),
        ("gen_ai.usage.output_tokens", "300"),
        ("gen_ai.usage.cache_read.input_tokens", "200.0"),
        ("gen_ai.usage.cache_creation.input_tokens", "many"),
        ("gen_ai.usage.reasoning.output_tokens", "-1"),
        ("gen_ai.response.finish_reasons", r#"["stop","length"]"#),
        ("gen_ai.request.temperature", "0.2"),
        ("gen_ai.response.id", "r1"),
        ("server.port", "443"),
    ]);
    assert_eq!(
        (step.kind, step.name.as_str(), step.provider.as_deref()),
        (StepKind::Model, "gpt-4o-2024-08-06", Some("openai"))
    );
    assert_eq!(
        (step.request_model.as_deref(), step.response_model.as_deref()),
        (Some("gpt-4o"), Some("gpt-4o-2024-08-06"))
    );
    let usage = Usage { input: Some(1200), output: Some(300), cache_read: Some(200), ..Usage::default() };
    assert_eq!((step.usage, step.finish_reasons), (usage, vec!["stop".to_owned(), "length".to_owned()]));
    let other: Vec<&str> = step.other.iter().map(|(key, _)| key.as_str()).collect();
    assert_eq!(
        other,
        [
            "gen_ai.usage.cache_creation.input_tokens",
            "gen_ai.usage.reasoning.output_tokens",
            "gen_ai.request.temperature",
            "gen_ai.response.id"
        ]
    );
}

#[test]
fn the_present_name_of_an_attribute_counts_the_former_is_kept() {
    let step = step(&[
        ("gen_ai.system", "azure"),
        ("gen_ai.provider.name", "openai"),
        ("gen_ai.usage.prompt_tokens", "7"),
        ("gen_ai.request.model", "m"),
    ]);
    assert_eq!((step.provider.as_deref(), step.usage.input), (Some("openai"), Some(7)));
    assert_eq!(step.other, [("gen_ai.system".to_owned(), "azure".to_owned())]);
}

#[test]
fn tools_with_arguments_and_results() {
    let one = step(&[
        ("gen_ai.operation.name", "execute_tool"),
        ("gen_ai.tool.name", "search"),
        ("gen_ai.tool.call.id", "c1"),
        ("gen_ai.tool.call.arguments", r#""{\"q\":\"x\"}""#),
        ("gen_ai.tool.call.result", "3 found"),
        ("gen_ai.tool.type", "function"),
    ]);
    let tool = one.tool.unwrap();
    assert_eq!((one.kind, one.name.as_str(), tool.id.as_deref()), (StepKind::Tool, "search", Some("c1")));
    assert_eq!(tool.arguments, Some(Payload { text: "{\"q\": \"x\"}".to_owned(), is_json: true }));
    assert_eq!(tool.result, Some(Payload { text: "3 found".to_owned(), is_json: false }));
    assert_eq!(one.other, [("gen_ai.tool.type".to_owned(), "function".to_owned())]);
    // A tool may say that it failed without its span failing.
    let failed = step(&[
        ("gen_ai.tool.name", "t"),
        ("gen_ai.tool.call.result", r#"{"isError":true,"content":[{"type":"text","text":"no such file"}]}"#),
    ]);
    assert_eq!(failed.error.as_deref(), Some("no such file"));
    let mcp = step(&[
        ("mcp.method.name", "tools/call"),
        ("mcp.tool.name", "search"),
        ("mcp.session.id", "s"),
        ("gen_ai.agent.id", "helper"),
    ]);
    assert_eq!(
        (mcp.kind, mcp.name.as_str(), mcp.agent.as_deref()),
        (StepKind::Mcp, "tools/call search", Some("helper"))
    );
    assert_eq!(mcp.other, [("mcp.session.id".to_owned(), "s".to_owned())]);
}

fn run() -> Vec<(u64, bool, SpanDetail)> {
    let model = |input: &str, output: &str, tokens: &str| {
        tags(&[
            ("gen_ai.operation.name", "chat"),
            ("gen_ai.request.model", "gpt-4o"),
            ("gen_ai.agent.id", "helper"),
            ("gen_ai.usage.input_tokens", tokens),
            ("gen_ai.usage.output_tokens", "100"),
            ("gen_ai.input.messages", input),
            ("gen_ai.output.messages", output),
        ])
    };
    let question = r#"{"role":"user","parts":[{"type":"text","content":"How many?"}]}"#;
    let call = r#"{"role":"assistant","parts":[{"type":"tool_call","id":"c1","name":"count","arguments":{}}]"#;
    let result = r#"{"role":"tool","parts":[{"type":"tool_call_response","id":"c1","response":"3"}]}"#;
    let tool = |result: &str| {
        tags(&[
            ("gen_ai.operation.name", "execute_tool"),
            ("gen_ai.tool.name", "count"),
            ("gen_ai.tool.call.result", result),
        ])
    };
    let mut failed = tool("timed out");
    failed.tags.push(Tag { key: "error.message".to_owned(), value: TagValue::Text("timed out".to_owned()) });
    vec![
        (0, false, tags(&[("http.route", "/messages"), ("gen_ai.agent.id", "helper")])),
        (
            1,
            false,
            tags(&[
                ("gen_ai.operation.name", "invoke_agent"),
                ("gen_ai.agent.name", "helper"),
                ("gen_ai.request.model", "gpt-4o"),
                ("gen_ai.usage.input_tokens", "3000"),
                ("gen_ai.usage.output_tokens", "200"),
            ]),
        ),
        (2, false, model(&format!("[{question}]"), &format!("[{call},\"finish_reason\":\"tool_calls\"}}]"), "1000")),
        (2, true, failed),
        (2, false, tool("3")),
        (5, false, tags(&[("db.system", "postgresql")])),
        (6, false, tags(&[("mcp.method.name", "tools/call"), ("mcp.tool.name", "count")])),
        (
            2,
            false,
            model(
                &format!("[{question},{call}}},{result}]"),
                r#"[{"role":"assistant","parts":[{"type":"text","content":"3."}]}]"#,
                "2000",
            ),
        ),
    ]
}

#[test]
fn a_run_of_an_agent_is_a_conversation() {
    let prices = PriceTable {
        prices: vec![
            Price { model: "gpt-4".to_owned(), input: 99.0, output: 99.0, ..Price::default() },
            Price { model: "GPT-4o".to_owned(), input: 2.5, output: 10.0, ..Price::default() },
        ],
        currency: "USD".to_owned(),
    };
    let trace = trace_of(run());
    let mut reading = Reading::start(Redactor::default());
    while !reading.advance(&trace, 3) {
        assert!(reading.progress_ratio(&trace) < 1.0);
    }
    let conversation = reading.conversation(&trace, &prices);
    let rows: Vec<String> = conversation
        .steps
        .iter()
        .map(|s| {
            format!(
                "{}{:?} {} #{} {}",
                "  ".repeat(s.depth),
                s.kind,
                s.name,
                s.attempt,
                s.error.as_deref().unwrap_or("")
            )
        })
        .map(|row| row.trim_end().to_owned())
        .collect();
    assert_eq!(
        rows,
        [
            "Agent helper #1",
            "  Model gpt-4o #1",
            "  Tool count #1 timed out",
            "  Tool count #2",
            "    Mcp tools/call count #1",
            "  Model gpt-4o #1",
        ]
    );
    assert_eq!(conversation.steps[5].repeated_input, 2);
    let totals = conversation.totals;
    assert_eq!((totals.usage.input, totals.usage.output), (Some(3000), Some(200)), "the agent repeats its models");
    assert!((totals.cost.unwrap() - (3000.0 * 2.5 + 200.0 * 10.0) / 1e6).abs() < 1e-12);
    assert_eq!((totals.model_calls, totals.tool_calls, totals.retries, totals.errors), (2, 2, 1, 1));
    assert!(!totals.is_cost_partial);
    assert_eq!((conversation.agents, conversation.models), (vec!["helper".to_owned()], vec!["gpt-4o".to_owned()]));
    assert_eq!(super::conversation(&trace, &prices, Redactor::default()).steps.len(), 6);
}

#[test]
fn prices_are_of_models_and_their_versions() {
    let price = |model: &str| Price {
        model: model.to_owned(),
        input: 10.0,
        output: 20.0,
        cache_read: Some(1.0),
        ..Price::default()
    };
    let prices =
        PriceTable { prices: vec![price("gpt-4"), price("gpt-4o"), price("gpt-4o-mini")], currency: String::new() };
    let of = |model: &str| prices.price_of(model).map(|price| price.model.as_str());
    assert_eq!(
        (of("gpt-4o-2024-08-06"), of("gpt-4o-mini-x"), of("gpt-4.1"), of("claude")),
        (Some("gpt-4o"), Some("gpt-4o-mini"), None, None)
    );
    let usage = Usage { input: Some(1_000_000), output: Some(500_000), cache_read: Some(400_000), ..Usage::default() };
    let step = Step { kind: StepKind::Model, request_model: Some("gpt-4".to_owned()), usage, ..Step::default() };
    assert!((cost::of_step(&step, &prices).unwrap() - (6.0 + 0.4 + 10.0)).abs() < 1e-9);
    assert_eq!(cost::of_step(&Step { request_model: Some("x".to_owned()), ..step }, &prices), None);
}

#[test]
fn secrets_are_hidden_as_they_are_read() {
    let trace = trace_of(vec![(
        0,
        false,
        tags(&[("gen_ai.tool.name", "login"), ("gen_ai.tool.call.arguments", r#"{"password":"x"}"#)]),
    )]);
    let conversation = super::conversation(&trace, &PriceTable::default(), Redactor::new(&["password".to_owned()]));
    let tool = conversation.steps[0].tool.clone().unwrap();
    assert_eq!(tool.arguments.unwrap().text, "{\"password\": \"[REDACTED]\"}");
}

#[test]
fn a_trace_without_conversation_has_no_steps() {
    let trace = drawn::trace("api GET /  |==|  http.route=/ gen_ai.agent.id=x");
    assert_eq!(super::conversation(&trace, &PriceTable::default(), Redactor::default()), Conversation::default());
}
