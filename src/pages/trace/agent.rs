//! What agents, models and tools said to each other in this trace: `gen_ai.*` and MCP spans as a conversation.

use leptos::prelude::*;

use crate::{
    analysis::trace::{
        conversation::{
            Conversation, Message, MessagePart, Payload, Step, StepKind, ToolCall, Totals, Usage, conversation,
        },
        duration_text,
        words::counted,
    },
    base::units,
    state::{reactive::signal, sources::Sources, traces::prices},
    ui::{
        icon::{Icon, IconView},
        state_view::StateView,
        views::Views,
    },
};

use super::{context::TraceView, span_detail::LongText};

#[component]
pub fn AgentTab(view: TraceView) -> impl IntoView {
    let prices = StoredValue::new(Sources::expect().with_config(prices));
    move || {
        let explained = view.explained();
        let found = prices.with_value(|prices| conversation(&explained.trace, prices, view.redactor()));
        if found.steps.is_empty() {
            return view! {
                <section class="card"><StateView
                    headline="No agent, model or tool speaks here"
                    detail="No span of this trace has gen_ai.* or mcp.* attributes."
                    kind="empty"
                /></section>
            }
            .into_any();
        }
        let currency = prices.with_value(|prices| prices.currency.clone());
        let Conversation { steps, totals, agents, models } = found;
        let start_ns = explained.trace.start_ns();
        let steps = steps.into_iter().map(|step| step_view(view, step, start_ns, &currency)).views();
        view! {
            <section class="card trace__view" aria-label="Conversation">
                {summary(&totals, &agents, &models, &currency)}
                <ol class="talk">{steps}</ol>
            </section>
        }
        .into_any()
    }
}

fn number(count: u64) -> String {
    units::format("short", count as f64, None).to_string()
}

fn money(amount: f64, currency: &str) -> String {
    let amount = units::format("none", amount, Some(if amount < 0.1 { 4 } else { 2 }));
    format!("{amount} {currency}")
}

fn usage_text(usage: Usage) -> String {
    let Usage { input, output, cache_read, cache_creation, reasoning } = usage;
    let parts = [
        (input, "in"),
        (output, "out"),
        (cache_read, "from cache"),
        (cache_creation, "into cache"),
        (reasoning, "reasoning"),
    ];
    let parts: Vec<String> =
        parts.into_iter().filter_map(|(count, word)| Some(format!("{} {word}", number(count?)))).collect();
    if parts.is_empty() { String::new() } else { format!("{} tokens", parts.join(", ")) }
}

fn summary(totals: &Totals, agents: &[String], models: &[String], currency: &str) -> AnyView {
    let mut facts: Vec<(&str, String)> = Vec::new();
    if !agents.is_empty() {
        facts.push(("Agents", agents.join(", ")));
    }
    if !models.is_empty() {
        facts.push(("Models", models.join(", ")));
    }
    facts.push(("Model calls", format!("{} · {}", totals.model_calls, duration_text(totals.model_ns))));
    facts.push(("Tool calls", format!("{} · {}", totals.tool_calls, duration_text(totals.tool_ns))));
    if !totals.usage.is_empty() {
        facts.push(("Tokens", usage_text(totals.usage)));
    }
    if let Some(cost) = totals.cost {
        let more = if totals.is_cost_partial { " or more: some models have no price" } else { "" };
        facts.push(("Cost", format!("{}{more}", money(cost, currency))));
    }
    if totals.retries > 0 {
        facts.push(("Tried again", counted(totals.retries, "time", "times")));
    }
    if totals.errors > 0 {
        facts.push(("Failed", counted(totals.errors, "step", "steps")));
    }
    let facts = facts
        .into_iter()
        .map(|(name, value)| view! { <div><dt class="facts__name">{name}</dt><dd class="facts__value">{value}</dd></div> })
        .views();
    view! { <dl class="facts span-panel__facts">{facts}</dl> }.into_any()
}

fn kind_word(kind: StepKind) -> &'static str {
    match kind {
        StepKind::Agent => "agent",
        StepKind::Model => "model",
        StepKind::Tool => "tool",
        StepKind::Mcp => "MCP",
        StepKind::Other => "step",
    }
}

fn step_view(view: TraceView, step: Step, start_ns: i64, currency: &str) -> AnyView {
    let Step {
        span,
        depth,
        kind,
        name,
        provider,
        request_model,
        response_model,
        start_ns: step_start_ns,
        duration_ns,
        input,
        repeated_input,
        output,
        tool,
        usage,
        cost,
        finish_reasons,
        attempt,
        error,
        other,
        ..
    } = step;
    let mut facts =
        vec![format!("after {}", duration_text(step_start_ns.saturating_sub(start_ns))), duration_text(duration_ns)];
    facts.extend(provider);
    match (request_model, response_model) {
        (Some(asked), Some(answered)) if asked != answered => facts.push(format!("{asked}, answered by {answered}")),
        (Some(model), _) | (None, Some(model)) if model != name => facts.push(model),
        _ => {}
    }
    facts.extend((!usage.is_empty()).then(|| usage_text(usage)));
    facts.extend(cost.map(|cost| money(cost, currency)));
    facts.extend((!finish_reasons.is_empty()).then(|| format!("ended by {}", finish_reasons.join(", "))));
    let (old, new): (Vec<Message>, Vec<Message>) = {
        let mut input = input;
        let new = input.split_off(repeated_input.min(input.len()));
        (input, new)
    };
    let other_rows = other
        .into_iter()
        .map(|(key, value)| view! { <dt class="tag-list__key">{key}</dt><dd class="tag-list__value"><LongText text=value/></dd> })
        .views_if_any();
    view! {
        <li class="talk__step" data-kind=kind_word(kind) style:margin-inline-start=format!("{}px", depth.min(8) * 20)>
            <div class="talk__head">
                <span class="badge" data-state=if error.is_some() { "failed" } else { "none" }>{kind_word(kind)}</span>
                <button type="button" class="report__name" title="Show in the timeline" on:click=move |_| view.reveal(span)>{name}</button>
                {(attempt > 1).then(|| view! { <span class="badge" data-state="warning">{format!("attempt {attempt}")}</span> }).views()}
                <span class="talk__facts">{facts.join(" · ")}</span>
            </div>
            {error.map(|error| view! {
                <p class="talk__error"><IconView icon=Icon::Failed is_small=true/>{if error.is_empty() { "Failed".to_owned() } else { error }}</p>
            }).views()}
            {(!old.is_empty()).then(|| view! { <p class="talk__facts">{format!("{} as before", counted(old.len(), "message", "messages"))}</p> }).views()}
            {new.into_iter().map(|message| message_view(message, "in")).views()}
            {output.into_iter().map(|message| message_view(message, "out")).views()}
            {tool.map(tool_view).views()}
            {other_rows.map(|rows| view! {
                <details class="span-panel__part"><summary class="span-panel__summary">"Other attributes"</summary><dl class="tag-list">{rows}</dl></details>
            }).views()}
        </li>
    }
    .into_any()
}

trait ViewsIfAny {
    /// The views, unless there are none.
    fn views_if_any(self) -> Option<AnyView>;
}

impl<I: Iterator<Item: IntoAny>> ViewsIfAny for I {
    fn views_if_any(self) -> Option<AnyView> {
        let mut views = self.peekable();
        views.peek().is_some().then(|| views.views())
    }
}

fn message_view(message: Message, direction: &'static str) -> AnyView {
    let Message { role, name, parts, finish_reason } = message;
    let who = name.map_or_else(|| role.clone(), |name| format!("{role} · {name}"));
    let parts = parts.into_iter().map(part_view).views();
    view! {
        <div class="talk__message" data-role=role data-direction=direction>
            <span class="talk__who">{who}{finish_reason.map(|reason| format!(" · {reason}"))}</span>
            {parts}
        </div>
    }
    .into_any()
}

fn part_view(part: MessagePart) -> AnyView {
    match part {
        MessagePart::Text(text) => view! { <div class="talk__text"><LongText text=text/></div> }.into_any(),
        MessagePart::Reasoning(text) => {
            view! { <details class="talk__reasoning"><summary>"Reasoning"</summary><LongText text=text/></details> }.into_any()
        }
        MessagePart::ToolCall { name, arguments, .. } => view! {
            <div class="talk__call"><span class="talk__who">{format!("calls {name}")}</span>{arguments.map(payload_view).views()}</div>
        }
        .into_any(),
        MessagePart::ToolResponse { result, .. } => {
            view! { <div class="talk__call"><span class="talk__who">"result"</span>{payload_view(result)}</div> }.into_any()
        }
        MessagePart::Media { kind, mime_type, reference } => {
            let text = [Some(kind), mime_type, reference].into_iter().flatten().collect::<Vec<_>>().join(", ");
            view! { <div class="talk__text">{format!("[{text}]")}</div> }.into_any()
        }
        MessagePart::Other { kind, content } => {
            view! { <div class="talk__call"><span class="talk__who">{kind}</span>{payload_view(content)}</div> }.into_any()
        }
    }
}

fn payload_view(payload: Payload) -> AnyView {
    let Payload { text, is_json } = payload;
    if is_json {
        // Long results are folded.
        let (is_open, set_open) = signal(text.len() < 1_000);
        let short = text.len();
        view! {
            {move || if is_open.get() {
                view! { <pre class="json">{text.clone()}</pre> }.into_any()
            } else {
                view! { <button type="button" class="link" on:click=move |_| set_open.set(true)>{format!("{short} characters of JSON")}</button> }.into_any()
            }}
        }
        .into_any()
    } else {
        view! { <div class="talk__text"><LongText text=text/></div> }.into_any()
    }
}

fn tool_view(tool: ToolCall) -> AnyView {
    let ToolCall { name, arguments, result, .. } = tool;
    view! {
        <div class="talk__call">
            {arguments.map(|arguments| view! { <span class="talk__who">{format!("{name} is given")}</span>{payload_view(arguments)} }).views()}
            {result.map(|result| view! { <span class="talk__who">"and answers"</span>{payload_view(result)} }).views()}
        </div>
    }
    .into_any()
}
