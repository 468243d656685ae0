//! Traces to measure with, as either of Jaeger's APIs writes them: seeded, so that they are the same everywhere.
//!
//! A span is as a service with common instrumentation sends it: half a dozen tags, now and then an event, an error. Spans come
//! in no order, as Jaeger's stores give them.

use std::fmt::Write as _;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// Branches as traces do, some fifteen levels deep.
    Tree,
    /// Each span the parent of the next.
    Chain,
}

pub const TRACE_ID: u128 = 0x4bf9_2f35_77b3_4da6_a3ce_929d_0e0e_4736;

const START_NS: u64 = 1_767_225_600_000_000_000;
const SERVICES: [&str; 10] = [
    "agentarea-api",
    "agentarea-worker",
    "mcp-manager",
    "event-relay",
    "identity",
    "scheduler",
    "postgres",
    "redis",
    "llm-gateway",
    "object-store",
];
const VERBS: [&str; 8] = ["GET", "POST", "SELECT", "INSERT", "call", "publish", "consume", "validate"];
const THINGS: [&str; 9] = ["agents", "tasks", "tools", "models", "events", "triggers", "sessions", "files", "secrets"];
const KINDS: [&str; 5] = ["internal", "server", "client", "producer", "consumer"];

/// xorshift64*.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 16
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound.max(1)
    }

    fn one_of(&mut self, words: &[&'static str]) -> &'static str {
        words.get(self.below(words.len() as u64) as usize).copied().unwrap_or_default()
    }
}

struct Span {
    id: u64,
    parent: u64,
    start_ns: u64,
    duration_ns: u64,
    service: usize,
    operation: String,
    kind: usize,
    status: u64,
    is_error: bool,
    thread: u64,
    url: String,
    event: Option<String>,
}

fn spans(count: usize, shape: Shape) -> Vec<Span> {
    let mut random = Random(0x9e37_79b9 ^ count as u64);
    let mut spans: Vec<Span> = Vec::with_capacity(count);
    for at in 0..count as u64 {
        let reach = if shape == Shape::Tree { 2 + random.below(at / 2 + 1) } else { 1 };
        let parent = at.checked_sub(1).map(|last| last - random.below(reach.min(at)));
        let parent = parent.and_then(|parent| spans.get(parent as usize));
        let (parent_id, parent_start) = parent.map_or((0, START_NS), |parent| (parent.id, parent.start_ns));
        let is_error = random.below(50) == 0;
        let (verb, thing) = (random.one_of(&VERBS), random.one_of(&THINGS));
        let agent = random.below(5_000);
        spans.push(Span {
            id: (at + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1,
            parent: parent_id,
            start_ns: parent_start + 1_000 * (1 + random.below(5_000)),
            duration_ns: 1_000 * (10 + random.below(2_000_000)),
            service: random.below(SERVICES.len() as u64) as usize,
            operation: format!("{verb} /v1/{thing}"),
            kind: random.below(KINDS.len() as u64) as usize,
            status: if is_error { 500 } else { 200 },
            is_error,
            thread: random.below(64),
            url: format!("https://api.agentarea.example/v1/{thing}/{agent}?expand=all&page={}", random.below(40)),
            event: (random.below(10) == 0)
                .then(|| format!("attempt {} \\\"{thing}\\\" of agent {agent}", random.below(5))),
        });
    }
    for at in (1..spans.len()).rev() {
        let other = random.below(at as u64 + 1) as usize;
        spans.swap(at, other);
    }
    spans
}

/// An answer of `/api/traces/{id}`.
pub fn legacy(count: usize, shape: Shape) -> Vec<u8> {
    let mut out = format!("{{\"data\":[{{\"traceID\":\"{TRACE_ID:032x}\",\"spans\":[");
    for (at, span) in spans(count, shape).iter().enumerate() {
        let Span { id, parent, start_ns, duration_ns, service, operation, kind, status, is_error, thread, url, event } =
            span;
        let kind = KINDS.get(*kind).copied().unwrap_or_default();
        if at > 0 {
            out.push(',');
        }
        _ = write!(
            out,
            "{{\"traceID\":\"{TRACE_ID:032x}\",\"spanID\":\"{id:016x}\",\"operationName\":\"{operation}\",\"references\":["
        );
        if *parent != 0 {
            _ = write!(
                out,
                "{{\"refType\":\"CHILD_OF\",\"traceID\":\"{TRACE_ID:032x}\",\"spanID\":\"{parent:016x}\"}}"
            );
        }
        _ = write!(out, "],\"startTime\":{},\"duration\":{},\"tags\":[", start_ns / 1000, duration_ns / 1000);
        if *is_error {
            out.push_str("{\"key\":\"error\",\"type\":\"bool\",\"value\":true},");
        }
        _ = write!(
            out,
            "{{\"key\":\"http.status_code\",\"type\":\"int64\",\"value\":{status}}},\
             {{\"key\":\"http.url\",\"type\":\"string\",\"value\":\"{url}\"}},\
             {{\"key\":\"otel.scope.name\",\"type\":\"string\",\"value\":\"agentarea\"}},\
             {{\"key\":\"span.kind\",\"type\":\"string\",\"value\":\"{kind}\"}},\
             {{\"key\":\"thread.id\",\"type\":\"int64\",\"value\":{thread}}}],\"logs\":["
        );
        if let Some(event) = event {
            _ = write!(
                out,
                "{{\"timestamp\":{},\"fields\":[{{\"key\":\"event\",\"type\":\"string\",\"value\":\"{event}\"}}]}}",
                start_ns / 1000 + 5
            );
        }
        _ = write!(out, "],\"processID\":\"p{}\",\"warnings\":null}}", service + 1);
    }
    out.push_str("],\"processes\":{");
    for (at, service) in SERVICES.iter().enumerate() {
        let comma = if at > 0 { "," } else { "" };
        _ = write!(
            out,
            "{comma}\"p{}\":{{\"serviceName\":\"{service}\",\"tags\":[\
             {{\"key\":\"host.name\",\"type\":\"string\",\"value\":\"{service}-0\"}},\
             {{\"key\":\"telemetry.sdk.language\",\"type\":\"string\",\"value\":\"python\"}}]}}",
            at + 1
        );
    }
    out.push_str("},\"warnings\":null}],\"total\":0,\"limit\":0,\"offset\":0,\"errors\":null}");
    out.into_bytes()
}

/// An answer of `/api/v3/traces/{id}`: spans by resource.
pub fn v3(count: usize, shape: Shape) -> Vec<u8> {
    let spans = spans(count, shape);
    let mut out = String::from("{\"result\":{\"resourceSpans\":[");
    for (number, service) in SERVICES.iter().enumerate() {
        let comma = if number > 0 { "," } else { "" };
        _ = write!(
            out,
            "{comma}{{\"resource\":{{\"attributes\":[\
             {{\"key\":\"host.name\",\"value\":{{\"stringValue\":\"{service}-0\"}}}},\
             {{\"key\":\"service.name\",\"value\":{{\"stringValue\":\"{service}\"}}}}]}},\
             \"scopeSpans\":[{{\"scope\":{{\"name\":\"agentarea\"}},\"spans\":["
        );
        for (at, span) in spans.iter().filter(|span| span.service == number).enumerate() {
            let Span {
                id, parent, start_ns, duration_ns, operation, kind, status, is_error, thread, url, event, ..
            } = span;
            if at > 0 {
                out.push(',');
            }
            _ = write!(out, "{{\"traceId\":\"{TRACE_ID:032x}\",\"spanId\":\"{id:016x}\",");
            if *parent != 0 {
                _ = write!(out, "\"parentSpanId\":\"{parent:016x}\",");
            }
            _ = write!(
                out,
                "\"name\":\"{operation}\",\"kind\":{},\"startTimeUnixNano\":\"{start_ns}\",\"endTimeUnixNano\":\"{}\",\
                 \"attributes\":[{{\"key\":\"http.status_code\",\"value\":{{\"intValue\":\"{status}\"}}}},\
                 {{\"key\":\"http.url\",\"value\":{{\"stringValue\":\"{url}\"}}}},\
                 {{\"key\":\"thread.id\",\"value\":{{\"intValue\":\"{thread}\"}}}}]",
                kind + 1,
                start_ns + duration_ns
            );
            if let Some(event) = event {
                _ = write!(out, ",\"events\":[{{\"timeUnixNano\":\"{}\",\"name\":\"{event}\"}}]", start_ns + 5_000);
            }
            out.push_str(if *is_error { ",\"status\":{\"code\":2}}" } else { ",\"status\":{}}" });
        }
        out.push_str("]}]}");
    }
    out.push_str("]}}");
    out.into_bytes()
}
