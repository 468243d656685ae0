//! From one answer to what the client's callers get, or to the error that says what happened.

use std::{rc::Rc, sync::Arc};

use super::{
    Ask,
    scan::{Fault, Scanned, Scanner},
    view::View,
};
use crate::{
    api::{
        exchange::{self, BodyReader, Exchange},
        http::{ApiError, Endpoint, HttpRequest, ResponseHead, Transport, reason_phrase},
        json::{self, Map, Node, Value},
    },
    base::order,
    model::{
        notice::Notice,
        trace::{Dependency, FoundTraces, Operation, SpanDetail, SpanKind, Trace, TraceId},
    },
};

/// What was read: one type for all endpoints, so that one kind of future is shared between those who asked the same.
#[derive(Clone)]
pub(super) enum Body {
    Small(Rc<Node>),
    Traces(FoundTraces),
}

/// A small answer, as it is.
pub(super) struct Small {
    root: Rc<Node>,
    source_name: String,
}

impl Body {
    pub fn into_small(self, endpoint: &Endpoint) -> Result<Small, ApiError> {
        match self {
            Self::Small(root) => Ok(Small { root, source_name: endpoint.source_name.clone() }),
            Self::Traces(_) => Err(unexpected(&endpoint.source_name, 0, "a small answer")),
        }
    }

    pub fn into_found(self, endpoint: &Endpoint) -> Result<FoundTraces, ApiError> {
        match self {
            Self::Traces(found) => Ok(found),
            Self::Small(_) => Err(unexpected(&endpoint.source_name, 0, "traces")),
        }
    }
}

fn unexpected(source_name: &str, at: usize, expected: &str) -> ApiError {
    ApiError::Decode { source_name: source_name.to_owned(), at_byte: at as u64, expected: expected.to_owned() }
}

/// An answer on its way.
enum Arriving {
    Small(Vec<u8>),
    Traces(Box<Scanner>),
}

impl BodyReader for Arriving {
    fn push(&mut self, bytes: &[u8]) {
        match self {
            Self::Small(whole) => whole.extend_from_slice(bytes),
            Self::Traces(scanner) => scanner.push(bytes),
        }
    }

    fn body(&mut self, byte_count: usize) -> Option<&mut Vec<u8>> {
        match self {
            Self::Small(whole) => Some(whole),
            Self::Traces(scanner) => scanner.body(byte_count),
        }
    }

    fn appended(&mut self) {
        if let Self::Traces(scanner) = self {
            scanner.appended();
        }
    }
}

/// Sends one request and reads its answer.
pub(super) async fn answered(request: HttpRequest, transport: Rc<dyn Transport>, ask: Ask) -> Result<Body, ApiError> {
    let mut arriving = match ask {
        Ask::Small => Arriving::Small(Vec::new()),
        Ask::Traces => Arriving::Traces(Box::new(Scanner::new())),
    };
    let delivery = exchange::run(&request, &*transport, true, explain, &mut arriving).await?;
    let exchange = Exchange { request: &request, head: &delivery.head };
    let has_body = delivery.head.status != 204;
    match arriving {
        Arriving::Small(whole) if has_body => small(&whole, &exchange),
        Arriving::Small(_) => Ok(Body::Small(Rc::default())),
        Arriving::Traces(_) if !has_body => Ok(Body::Traces(FoundTraces::default())),
        Arriving::Traces(scanner) => {
            let scanned = scanner.finish().map_err(|fault| match fault {
                Fault::Truncated => exchange.truncated(delivery.body_bytes),
                Fault::Decode { at, expected } => exchange.decode_error(at as u64, expected),
            })?;
            found(scanned, &exchange).map(Body::Traces)
        }
    }
}

fn small(body: &[u8], exchange: &Exchange<'_>) -> Result<Body, ApiError> {
    let root = json::parse(&String::from_utf8_lossy(body)).map_err(|fault| {
        let at_byte = fault.at_byte as u64;
        if fault.is_early_end { exchange.truncated(at_byte) } else { exchange.decode_error(at_byte, fault.message) }
    })?;
    match explain(exchange, body) {
        Some(error) if map(&root).get("data").is_none_or(Value::is_null) => Err(error),
        _ => Ok(Body::Small(Rc::new(root))),
    }
}

/// Traces beside errors are a part of what was asked for.
fn found(scanned: Scanned, exchange: &Exchange<'_>) -> Result<FoundTraces, ApiError> {
    let Scanned { traces, errors } = scanned;
    let told: Vec<Told> = Told::all(View(&errors));
    if traces.is_empty()
        && let Some(error) = told.first()
        && told.iter().all(|told| told.trace_id.is_none())
    {
        return Err(error.as_error(exchange));
    }
    let notices = told.into_iter().map(|told| match told.trace_id {
        Some(id) if told.is_not_found() => missing(id),
        Some(id) => Notice::warning(format!("trace {id}: {}", told.message)),
        None => Notice::warning(told.message),
    });
    Ok(FoundTraces { traces: traces.into_iter().map(Arc::new).collect(), is_cut: false, notices: notices.collect() })
}

pub(super) fn missing(id: TraceId) -> Notice {
    Notice::warning(format!("trace {id} was not found"))
}

/// One error of either dialect: `{"code":404,"msg":"…","traceID":"…"}` or `{"httpCode":404,"message":"…"}`.
struct Told {
    code: Option<i64>,
    message: String,
    trace_id: Option<TraceId>,
}

impl Told {
    fn all(value: View<'_>) -> Vec<Self> {
        match value.0.first() {
            Some(b'[') => value.items().map(Self::of).collect(),
            Some(b'{' | b'"') => vec![Self::of(value)],
            _ => Vec::new(),
        }
    }

    fn of(error: View<'_>) -> Self {
        let id = error.get(&["traceID", "traceId"]).trace_id();
        let message = error.get(&["msg", "message"]).text().or_else(|| error.text()).unwrap_or_default().into_owned();
        Self {
            code: error.get(&["code", "httpCode"]).int().filter(|code| *code != 0),
            message: if message.is_empty() { "the server gave no reason".to_owned() } else { message },
            trace_id: (id.0 != 0).then_some(id),
        }
    }

    fn is_not_found(&self) -> bool {
        self.code == Some(404) || self.message.contains("not found")
    }

    fn as_error(&self, exchange: &Exchange<'_>) -> ApiError {
        // An error may come with 200.
        let own = self.code.and_then(|code| u16::try_from(code).ok());
        let status =
            if exchange.head.is_success() { own.unwrap_or(exchange.head.status) } else { exchange.head.status };
        let head = ResponseHead { status, ..ResponseHead::default() };
        let kind = Some(reason_phrase(status).to_owned()).filter(|phrase| !phrase.is_empty());
        Exchange { request: exchange.request, head: &head }.backend_error(kind, Some(self.message.clone()))
    }
}

/// The API's own error. The type is not consulted: it calls itself text.
fn explain(exchange: &Exchange<'_>, body: &[u8]) -> Option<ApiError> {
    let body = View(body.trim_ascii());
    let told = Told::all(body.get(&["errors", "error"]));
    told.first().map(|told| told.as_error(exchange))
}

fn map(node: &Node) -> &Map {
    match &node.value {
        Value::Object(map) => map,
        _ => Map::EMPTY,
    }
}

fn list(value: &Value) -> &[Node] {
    match value {
        Value::Array(items) => items,
        _ => &[],
    }
}

fn text<'a>(map: &'a Map, key: &str) -> &'a str {
    map.get(key).and_then(Value::as_text).unwrap_or_default()
}

impl Small {
    /// The items of the list under a key. `null`, and in the new dialect no key at all, is an empty list.
    fn items(&self, key: &str) -> Result<&[Node], ApiError> {
        let expected = || format!("an object with a list `{key}`");
        let Value::Object(map) = &self.root.value else {
            return Err(unexpected(&self.source_name, self.root.at, &expected()));
        };
        match map.node(key) {
            Some(node) if matches!(node.value, Value::Array(_) | Value::Null) => Ok(list(&node.value)),
            None if map.pairs().is_empty() => Ok(&[]),
            Some(Node { at, .. }) => Err(unexpected(&self.source_name, *at, &expected())),
            None => Err(unexpected(&self.source_name, self.root.at, &expected())),
        }
    }

    pub fn texts(&self, key: &str) -> Result<Vec<String>, ApiError> {
        let texts = self.items(key)?.iter().filter_map(|item| item.value.as_text());
        Ok(texts.map(str::to_owned).collect())
    }

    pub fn operations(&self, key: &str) -> Result<Vec<Operation>, ApiError> {
        let items = self.items(key)?.iter().map(map);
        let operation = |item: &Map| Operation {
            name: text(item, "name").to_owned(),
            kind: kind(item.get("spanKind").or_else(|| item.get("span_kind"))),
        };
        Ok(items.map(operation).collect())
    }

    pub fn operation_names(&self) -> Result<Vec<Operation>, ApiError> {
        let operation = |name| Operation { name, kind: SpanKind::Unspecified };
        Ok(self.texts("data")?.into_iter().map(operation).collect())
    }

    pub fn dependencies(&self) -> Result<Vec<Dependency>, ApiError> {
        let items = self.items("data")?.iter().map(map);
        let dependency = |item: &Map| Dependency {
            parent: text(item, "parent").to_owned(),
            child: text(item, "child").to_owned(),
            call_count: item.get("callCount").and_then(Value::as_u64).unwrap_or_default(),
        };
        Ok(items.map(dependency).collect())
    }
}

fn kind(value: Option<&Value>) -> SpanKind {
    let id = value.and_then(Value::as_text).unwrap_or_default();
    SpanKind::ALL.into_iter().find(|kind| kind.id() == id).unwrap_or_default()
}

pub(super) fn newest_first(traces: &mut [Arc<Trace>]) {
    order::sort_by(traces, |a, b| b.start_ns().cmp(&a.start_ns()));
}

/// Leaves out what has none of the tags that were asked for, where the server did not look (v3 before 2.19), and says so.
pub(super) fn keep_tagged(found: &mut FoundTraces, tags: &[(String, String)], source_name: &str) {
    if tags.is_empty() {
        return;
    }
    let count = found.traces.len();
    found.traces.retain(|trace| (0..trace.len()).any(|span| has_tags(&trace.detail(span), tags)));
    let left_out_count = count - found.traces.len();
    if left_out_count > 0 {
        found.notices.push(Notice::warning(format!(
            "{source_name} does not search by tags: of the {count} newest traces that it found without them, {left_out_count} \
             are left out here; older ones that have the tags may be missing"
        )));
    }
}

/// Whether a span, its process or one of its events has each tag.
fn has_tags(detail: &SpanDetail, tags: &[(String, String)]) -> bool {
    let SpanDetail { tags: own, process_tags, events, .. } = detail;
    tags.iter().all(|(key, value)| {
        let of_events = events.iter().flat_map(|event| &event.fields);
        let mut all = own.iter().chain(process_tags).chain(of_events);
        all.any(|tag| tag.key == *key && tag.value.to_string() == *value)
    })
}
