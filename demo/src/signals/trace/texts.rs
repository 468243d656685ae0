//! What stands in spans beside the numbers: statements, paths, messages, arguments of tools.

use super::super::ids;
use crate::sim::{
    AGENTS, AUTH, CREATE_AGENT, GET_AGENT, GET_CONVERSATION, INSERT, LIST_AGENTS, POST_MESSAGE, Request, STREAM,
    Service, UPDATE,
};

/// The verb and the text of a request's query, by its place. A list that the new version reads asks the same once per item.
pub(in super::super) fn statement(request: &Request, place: usize, kind: usize) -> (&'static str, &'static str) {
    let planned = match request.route {
        LIST_AGENTS => 2,
        GET_CONVERSATION | POST_MESSAGE | CREATE_AGENT => 3,
        _ => 1,
    };
    let asks_per_item = request.queries().len() > planned;
    match (request.route, place, kind) {
        (CREATE_AGENT, _, INSERT) if place == 1 => (
            "INSERT",
            "INSERT INTO agents (id, name, template, model, owner_id, created_at) VALUES (%s, %s, %s, %s, %s, %s)",
        ),
        (CREATE_AGENT, _, INSERT) => {
            ("INSERT", "INSERT INTO agent_tools (agent_id, tool_name, position) VALUES (%s, %s, %s)")
        }
        (POST_MESSAGE, _, INSERT) => (
            "INSERT",
            "INSERT INTO messages (id, conversation_id, role, content, created_at) VALUES (%s, %s, %s, %s, %s)",
        ),
        (_, _, INSERT) => ("INSERT", "INSERT INTO audit_log (id, user_id, action, created_at) VALUES (%s, %s, %s, %s)"),
        (AUTH, _, UPDATE) => ("UPDATE", "UPDATE users SET last_login_at = %s WHERE users.id = %s"),
        (_, _, UPDATE) => ("UPDATE", "UPDATE conversations SET updated_at = %s WHERE conversations.id = %s"),
        (LIST_AGENTS, 0, _) => {
            ("SELECT", "SELECT agents.id, agents.name, agents.model FROM agents WHERE agents.owner_id = %s LIMIT 50")
        }
        (LIST_AGENTS, _, _) if asks_per_item => {
            ("SELECT", "SELECT tool_name FROM agent_tools WHERE agent_tools.agent_id = %s")
        }
        (LIST_AGENTS, _, _) => {
            ("SELECT", "SELECT agent_id, tool_name FROM agent_tools WHERE agent_tools.agent_id IN (%s)")
        }
        (CREATE_AGENT, 0, _) => {
            ("SELECT", "SELECT count(*) FROM agents WHERE agents.owner_id = %s AND agents.name = %s")
        }
        (GET_CONVERSATION | STREAM, 0, _) => {
            ("SELECT", "SELECT id, agent_id, user_id FROM conversations WHERE conversations.id = %s")
        }
        (GET_CONVERSATION, 1, _) if !asks_per_item => {
            ("SELECT", "SELECT id, role, content FROM messages WHERE messages.conversation_id = %s ORDER BY created_at")
        }
        (GET_CONVERSATION, _, _) if !asks_per_item => {
            ("SELECT", "SELECT count(*) FROM messages WHERE messages.conversation_id = %s")
        }
        (GET_CONVERSATION, _, _) => ("SELECT", "SELECT id, role, content FROM messages WHERE messages.id = %s"),
        (AUTH, _, _) => ("SELECT", "SELECT id, password_hash FROM users WHERE users.email = %s"),
        (_, 0, _) => ("SELECT", "SELECT id, name, template, model, owner_id FROM agents WHERE agents.id = %s"),
        _ => ("SELECT", "SELECT tool_name FROM agent_tools WHERE agent_tools.agent_id = %s"),
    }
}

/// The pages of the frontend.
const PAGES: [&str; 6] = ["agents", "conversations", "settings", "tools", "", "templates"];

/// The path behind a request's route.
pub(in super::super) fn path_of(request: &Request) -> String {
    let agent = request.agent.and_then(|agent| AGENTS.get(agent)).map_or("", |agent| agent.id);
    if request.replica().is_some_and(|replica| replica.service == Service::Frontend) {
        return format!("/{}", ids::pick(&PAGES, ids::bits(request.trace_id, 0x7061)));
    }
    match request.route {
        GET_AGENT => format!("/v1/agents/{agent}"),
        POST_MESSAGE => format!("/v1/agents/{agent}/messages"),
        GET_CONVERSATION | STREAM => {
            let conversation = ids::conversation(request.user, request.agent.unwrap_or(0));
            let tail = if request.route == STREAM { "/stream" } else { "" };
            format!("/v1/conversations/{conversation}{tail}")
        }
        _ => request.route().1.to_owned(),
    }
}

/// The key under which the answer of a request is cached.
pub(super) const fn cache_key(route: usize) -> &'static str {
    match route {
        LIST_AGENTS => "agents:list:?",
        GET_AGENT | POST_MESSAGE => "agent:?",
        GET_CONVERSATION | STREAM => "conversation:?",
        CREATE_AGENT => "runtime:?",
        AUTH => "ratelimit:login:?",
        _ => "tools:list",
    }
}

/// Who offers a model, where, and how it names itself in its answer.
pub(super) struct Provider {
    pub name: &'static str,
    pub host: &'static str,
    pub answers_as: &'static str,
}

pub(super) fn provider(model: &str) -> Provider {
    match model {
        "gpt-4o" => Provider { name: "openai", host: "api.openai.com", answers_as: "gpt-4o-2024-08-06" },
        "claude-3-5-sonnet" => {
            Provider { name: "anthropic", host: "api.anthropic.com", answers_as: "claude-3-5-sonnet-20241022" }
        }
        _ => Provider { name: "groq", host: "api.groq.com", answers_as: "llama-3.1-70b-versatile" },
    }
}

const QUESTIONS: [&str; 6] = [
    "My export has been stuck since this morning. What can I do?",
    "Compare last week's sign-ups with the week before.",
    "Find three recent papers on retrieval for long documents.",
    "Which customers have an invoice open for more than 30 days?",
    "Summarise the ticket and say who should look at it.",
    "How do I invite a colleague to my workspace?",
];
const ANSWERS: [&str; 6] = [
    "The export waits for a lock. I released it; it should finish within five minutes.",
    "Sign-ups rose by 12 % to 1 284, most of them from the new landing page.",
    "Here are three papers with their main results and what they leave open.",
    "Seven customers, 18 400 in total; the largest is 44 days old.",
    "It is about a failed payment; the billing team should take it first.",
    "Open Settings → Members, choose Invite and enter the address.",
];

pub(super) fn question(bits: u64) -> &'static str {
    ids::pick(&QUESTIONS, bits)
}

pub(super) fn answer(bits: u64) -> &'static str {
    ids::pick(&ANSWERS, bits)
}

/// Arguments and result of a tool, both JSON.
pub(super) fn tool_texts(tool: &str) -> (&'static str, &'static str) {
    match tool {
        "web_search" => (
            r#"{"query":"retrieval augmented generation benchmark 2026","max_results":5}"#,
            r#"{"results":[{"title":"A benchmark for retrieval","url":"https://example.org/a"},{"title":"Long documents","url":"https://example.org/b"}]}"#,
        ),
        "file_reader" => (
            r#"{"path":"/workspace/notes/2026-q3.md","max_bytes":65536}"#,
            r##"{"content":"# Q3\n- 1284 sign-ups\n- churn 2.1 %","bytes":38}"##,
        ),
        "code_interpreter" => (
            r#"{"language":"python","code":"import pandas as pd\nprint(df.groupby('plan')['mrr'].sum())"}"#,
            r#"{"stdout":"plan\nfree 0\npro 48200\nteam 91750\n","exit_code":0}"#,
        ),
        "sql_query" => (
            r#"{"statement":"SELECT plan, count(*) FROM customers GROUP BY plan","limit":100}"#,
            r#"{"columns":["plan","count"],"rows":[["free",8412],["pro",964],["team",211]]}"#,
        ),
        _ => (
            r#"{"collection":"handbook","query":"invite a colleague","top_k":4}"#,
            r#"{"matches":[{"id":"doc-118","score":0.83},{"id":"doc-042","score":0.79}]}"#,
        ),
    }
}

/// Characters that stand for a token sent with a request. Not a secret: it opens nothing and is made of the trace's id.
pub(super) fn bearer(bits: u64) -> String {
    format!("Bearer eyJhbGciOiJIUzI1NiJ9.{bits:016x}.c2lnbmF0dXJl")
}
