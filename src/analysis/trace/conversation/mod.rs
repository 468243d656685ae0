//! The spans of generative AI as a conversation: agents, models asked, messages, tools called, tokens, cost.
//!
//! Attributes are those of OpenTelemetry's conventions for generative AI and for MCP, in their present and former words, as
//! Jaeger UI reads them (`SpanDetail/GenAITab/genAiData.ts`), and however they were written: as JSON in a text, twice
//! encoded, as one object in the place of a list, numbers as texts.
//!
//! Invariant: nothing of `gen_ai.*` and `mcp.*` is dropped; what is not understood is under [`Step::other`].
//!
//! Not here: spans that do neither. A query that a tool made is found in the timeline.

mod cost;
mod messages;
mod step;

#[cfg(test)]
mod tests;

pub use cost::{Price, PriceTable};
pub use messages::{Message, MessagePart, Payload};

use crate::{analysis::redact::Redactor, model::trace::Trace};

/// What a step does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum StepKind {
    /// An agent at work, with the steps below it.
    Agent,
    /// A model asked.
    Model,
    /// A tool called.
    Tool,
    /// A request of the Model Context Protocol.
    Mcp,
    #[default]
    Other,
}

/// Tokens, as far as they are told. Those of caches are among the input's, those of reasoning among the output's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Usage {
    pub input: Option<u64>,
    pub output: Option<u64>,
    pub cache_read: Option<u64>,
    pub cache_creation: Option<u64>,
    pub reasoning: Option<u64>,
}

impl Usage {
    fn add(&mut self, other: Self) {
        let Self { input, output, cache_read, cache_creation, reasoning } = self;
        let pairs = [
            (input, other.input),
            (output, other.output),
            (cache_read, other.cache_read),
            (cache_creation, other.cache_creation),
            (reasoning, other.reasoning),
        ];
        for (sum, more) in pairs {
            if let Some(more) = more {
                *sum = Some(sum.unwrap_or_default().saturating_add(more));
            }
        }
    }

    pub fn is_empty(self) -> bool {
        self == Self::default()
    }
}

/// A call of a tool, as its own span tells it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ToolCall {
    pub id: Option<String>,
    pub name: String,
    pub arguments: Option<Payload>,
    pub result: Option<Payload>,
}

/// One span of the conversation.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Step {
    pub span: usize,
    /// The step that it is part of: its nearest ancestor among the steps.
    pub parent: Option<usize>,
    pub depth: usize,
    pub kind: StepKind,
    /// The agent, the model or the tool; the span's operation where none is named.
    pub name: String,
    pub agent: Option<String>,
    pub provider: Option<String>,
    pub request_model: Option<String>,
    /// Shown beside the other where they differ.
    pub response_model: Option<String>,
    pub conversation_id: Option<String>,
    pub start_ns: i64,
    pub duration_ns: i64,
    pub input: Vec<Message>,
    /// So many of the first messages were in the step before, which it goes on from.
    pub repeated_input: usize,
    pub output: Vec<Message>,
    pub tool: Option<ToolCall>,
    pub usage: Usage,
    /// In the currency of the price table.
    pub cost: Option<f64>,
    pub finish_reasons: Vec<String>,
    /// From 1. Above it, the same was tried before and failed.
    pub attempt: u32,
    /// What went wrong; empty where nothing is told.
    pub error: Option<String>,
    /// What has no place above, as it was sent.
    pub other: Vec<(String, String)>,
}

/// What all steps add up to.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Totals {
    pub usage: Usage,
    /// Of the models that have a price.
    pub cost: Option<f64>,
    /// Some models have none: the cost is more than that.
    pub is_cost_partial: bool,
    pub model_calls: usize,
    pub tool_calls: usize,
    pub retries: usize,
    pub errors: usize,
    /// How long models and tools took, in sum.
    pub model_ns: i64,
    pub tool_ns: i64,
}

#[derive(Debug, Clone, PartialEq, Default)]
pub struct Conversation {
    /// A step before its parts, those of one step by start.
    pub steps: Vec<Step>,
    pub totals: Totals,
    /// In the order of their first steps.
    pub agents: Vec<String>,
    pub models: Vec<String>,
}

/// Reads a trace's conversation in slices: the details of every span have to be looked at.
#[derive(Debug, Clone, Default)]
pub struct Reading {
    redactor: Redactor,
    next: usize,
    steps: Vec<Step>,
}

impl Reading {
    /// Values of sensitive keys are hidden as they are read.
    pub fn start(redactor: Redactor) -> Self {
        Self { redactor, next: 0, steps: Vec::new() }
    }

    /// Reads so many details more. Returns whether all were read.
    pub fn advance(&mut self, trace: &Trace, max_details: usize) -> bool {
        let until = self.next.saturating_add(max_details).min(trace.len());
        for span in self.next..until {
            let detail = trace.detail(span);
            if step::is_step(&detail) {
                let step = step::read(trace, span, self.redactor.detail(detail));
                self.steps.push(step);
            }
        }
        self.next = until;
        self.next >= trace.len()
    }

    /// How much was read (0–1).
    pub fn progress_ratio(&self, trace: &Trace) -> f64 {
        if trace.is_empty() { 1.0 } else { self.next.min(trace.len()) as f64 / trace.len() as f64 }
    }

    /// Of the steps read so far.
    pub fn conversation(&self, trace: &Trace, prices: &PriceTable) -> Conversation {
        let mut steps = self.steps.clone();
        step::link(trace, &mut steps);
        for step in &mut steps {
            step.cost = cost::of_step(step, prices);
        }
        let mut conversation = Conversation { totals: totals(&steps), ..Conversation::default() };
        for step in &steps {
            push_new(&mut conversation.agents, step.agent.as_ref());
            if step.kind == StepKind::Model {
                push_new(&mut conversation.models, step.response_model.as_ref().or(step.request_model.as_ref()));
            }
        }
        conversation.steps = steps;
        conversation
    }
}

/// The whole conversation at once.
pub fn conversation(trace: &Trace, prices: &PriceTable, redactor: Redactor) -> Conversation {
    let mut reading = Reading::start(redactor);
    reading.advance(trace, usize::MAX);
    reading.conversation(trace, prices)
}

fn push_new(list: &mut Vec<String>, name: Option<&String>) {
    if let Some(name) = name.filter(|name| !list.contains(name)) {
        list.push(name.clone());
    }
}

/// An agent's span repeats what the models below it used: it counts only where there are none.
fn totals(steps: &[Step]) -> Totals {
    let mut has_model = vec![false; steps.len()];
    for (place, step) in steps.iter().enumerate().rev() {
        let has = step.kind == StepKind::Model || super::at(&has_model, place);
        if let Some(parent) = step.parent.filter(|_| has) {
            super::set(&mut has_model, parent, true);
        }
    }
    let mut totals = Totals::default();
    for (place, step) in steps.iter().enumerate() {
        let is_counted = !super::at(&has_model, place);
        if is_counted {
            totals.usage.add(step.usage);
            if let Some(cost) = step.cost {
                totals.cost = Some(totals.cost.unwrap_or_default() + cost);
            } else {
                totals.is_cost_partial |= !step.usage.is_empty();
            }
        }
        match step.kind {
            StepKind::Model => {
                totals.model_calls += 1;
                totals.model_ns = totals.model_ns.saturating_add(step.duration_ns);
            }
            StepKind::Tool => {
                totals.tool_calls += 1;
                totals.tool_ns = totals.tool_ns.saturating_add(step.duration_ns);
            }
            StepKind::Agent | StepKind::Mcp | StepKind::Other => {}
        }
        totals.retries += usize::from(step.attempt > 1);
        totals.errors += usize::from(step.error.is_some());
    }
    totals
}
