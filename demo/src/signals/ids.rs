//! Ids and names that several signals must agree on, all made from the ids that an event already has.
//!
//! Invariant: nothing here counts or remembers, so a span, a log line and a trace that another program asks for later come to the
//! same id. It makes no random draws of its own.

use crate::sim::{mix, mix3};

/// Part of a span's id that tells it from the other spans of its parent.
pub(super) type Salt = u64;

/// The id of a span that belongs to another; never 0, which means "no span".
pub(super) const fn child(span_id: u64, salt: Salt) -> u64 {
    mix3(span_id, salt, 0x7370_616e) | 1
}

/// Bits for choices about one trace: which agent name, which line is kept.
pub(super) const fn bits(trace_id: u128, salt: u64) -> u64 {
    mix3(trace_id as u64, (trace_id >> 64) as u64, salt)
}

/// True for one trace in `every`.
pub(super) const fn one_in(trace_id: u128, salt: u64, every: u64) -> bool {
    bits(trace_id, salt).is_multiple_of(every)
}

/// One of a list.
pub(super) fn pick<T: Copy + Default>(list: &[T], bits: u64) -> T {
    let index = (u128::from(bits) * list.len() as u128) >> 64;
    list.get(index as usize).copied().unwrap_or_default()
}

/// `user.id` in every signal.
pub(super) fn user(number: u32) -> String {
    format!("user-{number:04}")
}

/// A UUID as the platform's database gives it to what it creates.
pub(super) fn uuid(bits: u64) -> String {
    let (high, low) = (mix(bits ^ 0x7575), mix(bits ^ 0x6964));
    format!(
        "{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}",
        high >> 32,
        (high >> 16) & 0xffff,
        high & 0xfff,
        0x8000 | ((low >> 48) & 0x3fff),
        low & 0xffff_ffff_ffff
    )
}

/// The id of the agent that a request created.
pub(super) fn created_agent(trace_id: u128) -> String {
    uuid(bits(trace_id, 0x6167))
}

/// The conversation that a message, its run and reading it share. A user has few with one agent.
pub(super) fn conversation(user: u32, agent: usize) -> String {
    uuid(mix3(u64::from(user), agent as u64, 0x636f))
}

/// The id that a model gives to a call of a tool.
pub(super) fn tool_call(span_id: u64) -> String {
    format!("call_{span_id:016x}")
}

/// The span of the frontend that received a browser's request.
pub(super) const fn frontend_server(request_span_id: u64) -> u64 {
    child(request_span_id, 1)
}

/// The frontend's call to the API.
pub(super) const fn frontend_client(request_span_id: u64) -> u64 {
    child(request_span_id, 2)
}

/// The MCP manager's span for a request's call.
pub(super) const fn mcp_server(request_span_id: u64) -> u64 {
    child(request_span_id, 3)
}

/// The MCP manager's span for a tool call.
pub(super) const fn tool_server(call_span_id: u64) -> u64 {
    child(call_span_id, 4)
}

/// The span of a query, by its place in the request.
pub(super) const fn query(request_span_id: u64, place: u64) -> u64 {
    child(request_span_id, 0x100 + place)
}

/// `create_agent` in the trace of a request.
pub(super) const fn create_agent(request_span_id: u64) -> u64 {
    child(request_span_id, 5)
}
