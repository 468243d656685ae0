//! Jaeger's query API over the traces of the demonstration, in both dialects, as Jaeger 1.76 with its store in memory has
//! it: parameters, errors, content types, and what it does to a trace before it shows it.
//!
//! `store` keeps traces and finds them → `adjust` does what Jaeger does to them → `legacy` and `v3` write them. A handler
//! knows no socket. Decisions:
//!
//! - **Order**: Jaeger's store answers in an order of chance; here traces come newest first, spans as they were told, names
//!   by the alphabet.
//! - **Intake** (`POST /v1/traces`) is there for tests alone: real Jaeger takes traces at another port, and what visitors of a
//!   demonstration send must not mix with its platform.
//! - **Samples that Jaeger makes up** (`deep-dependencies`, `quality-metrics`) and `transform` are refused with 501.

mod adjust;
mod go;
mod index;
mod legacy;
mod model;
mod otlp;
mod query;
mod store;
mod told;
mod v3;

use std::sync::Arc;

use serde::Serialize as _;
use serde_json::Value;

use crate::api::{Params, decode};
use crate::clock::Clock;
use crate::signals::json::{push_display, push_string};
use adjust::{Dialect, adjust};
use legacy::{Problem, envelope, push_list, push_trace};
use model::Span;
use query::{OldSearch, SERVICE_REQUIRED, Search};

pub use store::Traces;

/// What goes back to the client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    pub status: u16,
    /// Empty where there is none.
    pub content_type: &'static str,
    pub body: String,
}

/// The API over the traces.
#[derive(Debug, Clone)]
pub struct Jaeger {
    traces: Arc<Traces>,
    clock: Clock,
    max_skew_ns: i64,
    has_intake: bool,
}

const JSON: &str = "application/json";
const TEXT: &str = "text/plain; charset=utf-8";

/// What Jaeger answers for every path that is not its API's: its page.
const PAGE: &str = "<!DOCTYPE html>\n<html lang=\"en\">\n<meta charset=\"UTF-8\">\n<title>Jaeger's API</title>\n\
                    <p>Traces are served below <code>api/</code>. There is no page here.</p>\n</html>\n";

impl Jaeger {
    /// As Jaeger is when nothing is configured: clocks are not set right.
    pub fn new(traces: Arc<Traces>, clock: Clock) -> Self {
        Self { traces, clock, max_skew_ns: 0, has_intake: false }
    }

    /// Takes traces by `POST /v1/traces` as well.
    #[must_use]
    pub fn with_intake(self) -> Self {
        Self { has_intake: true, ..self }
    }

    /// Sets clocks right that are wrong by at most this.
    #[must_use]
    pub fn with_max_skew_ns(self, max_skew_ns: i64) -> Self {
        Self { max_skew_ns, ..self }
    }

    /// Answers a request for a path below the API's prefix, as it was sent.
    pub fn handle(&self, method: &str, path: &str, params: &Params, body: &[u8]) -> Response {
        let segments: Vec<&str> = path.strip_prefix('/').unwrap_or(path).split('/').collect();
        let route = match segments.as_slice() {
            ["v1", "traces"] if self.has_intake => ("POST", Route::Intake),
            ["api", "v3", rest @ ..] => match rest {
                ["services"] => ("GET", Route::V3Services),
                ["operations"] => ("GET", Route::V3Operations),
                ["traces"] => ("GET", Route::V3Search),
                ["traces", id] if !id.is_empty() => ("GET", Route::V3Trace(id)),
                _ => return page(),
            },
            ["api", rest @ ..] => match rest {
                ["services"] => ("GET", Route::Services),
                ["services", service, "operations"] if !service.is_empty() => ("GET", Route::OperationsOf(service)),
                ["operations"] => ("GET", Route::Operations),
                ["traces"] => ("GET", Route::Search),
                ["traces", id] if !id.is_empty() => ("GET", Route::Trace(id)),
                ["archive", id] if !id.is_empty() => ("POST", Route::Archive(id)),
                ["dependencies"] => ("GET", Route::Dependencies),
                ["metrics", "minstep"] => ("GET", Route::MinStep),
                ["metrics", "latencies"] => ("GET", Route::Metrics { needs_quantile: true }),
                ["metrics", "calls" | "errors"] => ("GET", Route::Metrics { needs_quantile: false }),
                ["deep-dependencies" | "quality-metrics"] => ("GET", Route::NotServed),
                ["transform"] => ("POST", Route::NotServed),
                _ => return page(),
            },
            _ => return page(),
        };
        match route {
            (allowed, route) if allowed == method => self.answer(route, params, body),
            _ => Response { status: 405, content_type: "", body: String::new() },
        }
    }

    fn answer(&self, route: Route<'_>, params: &Params, body: &[u8]) -> Response {
        let outcome = match route {
            Route::Services => Ok(self.services()),
            Route::OperationsOf(service) => Ok(self.operations_of(&decode(service, true))),
            Route::Operations => self.operations(params),
            Route::Search => self.search(params),
            Route::Trace(id) => self.trace(id, params),
            Route::Archive(id) => archive(id, params),
            Route::Dependencies => self.dependencies(params),
            Route::MinStep => Err(no_metrics()),
            Route::Metrics { needs_quantile } => Err(match query::metrics(params, needs_quantile) {
                Ok(()) => no_metrics(),
                Err(reason) => (400, reason),
            }),
            Route::NotServed => Err((501, "not served by the demonstration".to_owned())),
            Route::Intake => return self.take(body),
            Route::V3Services => return self.v3_services(),
            Route::V3Operations => return self.v3_operations(params),
            Route::V3Search => return self.v3_search(params),
            Route::V3Trace(id) => return self.v3_trace(id, params),
        };
        match outcome {
            Ok(body) => Response { status: 200, content_type: JSON, body: printed(body, params) },
            Err((status, message)) => {
                let problem = Problem { status: Some(status), message, trace_id: None };
                Response { status, content_type: TEXT, body: envelope("null", 0, &[problem]) + "\n" }
            }
        }
    }

    fn now_ns(&self) -> i64 {
        self.clock.now_ms().saturating_mul(1_000_000)
    }

    fn adjusted(&self, mut spans: Vec<Span>, dialect: Dialect, is_raw: bool) -> Vec<Span> {
        if !is_raw {
            adjust(&mut spans, dialect, self.max_skew_ns);
        }
        spans
    }

    fn services(&self) -> String {
        names(&self.traces.services())
    }

    fn operations_of(&self, service: &str) -> String {
        let mut found: Vec<String> = self.traces.operations(service).into_iter().map(|(name, _)| name).collect();
        found.dedup();
        names(&found)
    }

    fn operations_of_kind(&self, service: &str, kind: &str) -> Vec<(String, &'static str)> {
        let mut found = self.traces.operations(service);
        found.retain(|(_, own)| kind.is_empty() || *own == kind);
        found
    }

    fn operations(&self, params: &Params) -> Outcome {
        let service = params.get("service");
        if service.is_empty() {
            return Err((400, SERVICE_REQUIRED.to_owned()));
        }
        let found = self.operations_of_kind(service, params.get("spanKind"));
        let mut data = String::new();
        push_list(&mut data, &found, |out, (name, kind)| {
            out.push_str(r#"{"name":"#);
            push_string(out, name);
            push_display(out, format_args!(r#","spanKind":"{kind}"}}"#));
        });
        Ok(envelope(&data, found.len(), &[]))
    }

    fn search(&self, params: &Params) -> Outcome {
        let OldSearch { search, trace_ids } = OldSearch::read(params, self.now_ns()).map_err(|reason| (400, reason))?;
        if trace_ids.is_empty() {
            return Ok(self.old_traces(self.traces.find(&search), search.is_raw, &[]));
        }
        let found: Vec<(u128, Option<Vec<Span>>)> =
            trace_ids.into_iter().map(|trace_id| (trace_id, self.traces.trace(trace_id))).collect();
        let missing = found.iter().filter(|(_, spans)| spans.is_none());
        let problems: Vec<Problem> = missing
            .map(|(trace_id, _)| Problem { status: None, message: NO_TRACE.to_owned(), trace_id: Some(*trace_id) })
            .collect();
        Ok(self.old_traces(found.into_iter().filter_map(|(_, spans)| spans), search.is_raw, &problems))
    }

    fn old_traces(&self, found: impl IntoIterator<Item = Vec<Span>>, is_raw: bool, problems: &[Problem]) -> String {
        let mut data = String::new();
        push_list(&mut data, found, |out, spans| push_trace(out, &self.adjusted(spans, Dialect::Old, is_raw)));
        envelope(&data, 0, problems)
    }

    fn trace(&self, id: &str, params: &Params) -> Outcome {
        let trace_id = go::trace_id(id).map_err(|reason| (400, reason))?;
        let is_raw = query::raw_of_trace(params).map_err(|reason| (400, reason))?;
        let spans = self.traces.trace(trace_id).ok_or_else(|| (404, NO_TRACE.to_owned()))?;
        Ok(self.old_traces(vec![spans], is_raw, &[]))
    }

    fn dependencies(&self, params: &Params) -> Outcome {
        let times = query::dependencies(params, self.now_ns()).map_err(|reason| (400, reason))?;
        let service = params.get("service");
        let mut found = self.traces.dependencies(times);
        found.retain(|one| service.is_empty() || one.parent == service || one.child == service);
        let mut data = String::new();
        push_list(&mut data, found, |out, one| {
            out.push_str(r#"{"parent":"#);
            push_string(out, &one.parent);
            out.push_str(r#","child":"#);
            push_string(out, &one.child);
            push_display(out, format_args!(r#","callCount":{}}}"#, one.calls));
        });
        Ok(envelope(&data, 0, &[]))
    }

    fn take(&self, body: &[u8]) -> Response {
        match otlp::spans(body) {
            Ok(spans) => {
                self.traces.give(spans);
                Response { status: 200, content_type: JSON, body: r#"{"partialSuccess":{}}"#.to_owned() }
            }
            Err(reason) => {
                let mut body = String::from(r#"{"code":3,"message":"#);
                push_string(&mut body, &reason);
                body.push('}');
                Response { status: 400, content_type: JSON, body }
            }
        }
    }

    fn v3_services(&self) -> Response {
        let services = self.traces.services();
        let mut body = String::from("{");
        // What is empty is left out.
        if !services.is_empty() {
            body.push_str(r#""services":"#);
            push_list(&mut body, &services, |out, service| push_string(out, service));
        }
        body.push('}');
        v3_success(body)
    }

    fn v3_operations(&self, params: &Params) -> Response {
        let found = self.operations_of_kind(params.get("service"), params.get("span_kind"));
        let mut body = String::from(r#"{"operations":"#);
        push_list(&mut body, &found, |out, (name, kind)| {
            out.push_str(r#"{"name":"#);
            push_string(out, name);
            if !kind.is_empty() {
                push_display(out, format_args!(r#","spanKind":"{kind}""#));
            }
            out.push('}');
        });
        body.push('}');
        v3_success(body)
    }

    fn v3_search(&self, params: &Params) -> Response {
        match Search::read_v3(params) {
            Ok(search) => self.v3_traces(self.traces.find(&search), search.is_raw),
            Err(reason) => v3_error(400, &reason),
        }
    }

    fn v3_trace(&self, id: &str, params: &Params) -> Response {
        let trace_id = go::trace_id(id).map_err(|reason| format!("malformed parameter trace_id: {reason}"));
        match trace_id.and_then(|trace_id| Ok((trace_id, query::raw_of_trace_v3(params)?))) {
            Ok((trace_id, is_raw)) => self.v3_traces(self.traces.trace(trace_id).into_iter(), is_raw),
            Err(reason) => v3_error(400, &reason),
        }
    }

    fn v3_traces(&self, found: impl Iterator<Item = Vec<Span>>, is_raw: bool) -> Response {
        let mut found = found.map(|spans| self.adjusted(spans, Dialect::V3, is_raw)).peekable();
        if found.peek().is_none() { v3_error(404, "No traces found") } else { v3_success(v3::result(found, is_raw)) }
    }
}

#[derive(Debug, Clone, Copy)]
enum Route<'p> {
    Services,
    OperationsOf(&'p str),
    Operations,
    Search,
    Trace(&'p str),
    Archive(&'p str),
    Dependencies,
    MinStep,
    Metrics { needs_quantile: bool },
    NotServed,
    Intake,
    V3Services,
    V3Operations,
    V3Search,
    V3Trace(&'p str),
}

/// What a handler of the old API yields: the whole body, or a status and a message.
type Outcome = Result<String, (u16, String)>;

const NO_TRACE: &str = "trace not found";

fn no_metrics() -> (u16, String) {
    (501, "metrics querying is currently disabled".to_owned())
}

fn page() -> Response {
    Response { status: 200, content_type: "text/html; charset=utf-8", body: PAGE.to_owned() }
}

/// JSON that calls itself text.
fn v3_success(body: String) -> Response {
    Response { status: 200, content_type: TEXT, body }
}

fn v3_error(status: u16, message: &str) -> Response {
    Response { status, content_type: TEXT, body: v3::error(status, message) + "\n" }
}

/// Texts in the old envelope; none are null.
fn names(names: &[String]) -> String {
    let mut data = String::new();
    if names.is_empty() {
        data.push_str("null");
    } else {
        push_list(&mut data, names, |out, name| push_string(out, name));
    }
    envelope(&data, names.len(), &[])
}

fn archive(id: &str, params: &Params) -> Outcome {
    go::trace_id(id).map_err(|reason| (400, reason))?;
    query::raw_of_trace(params).map_err(|reason| (400, reason))?;
    Err((500, "archive span storage was not configured".to_owned()))
}

/// With line breaks where they are wanted.
fn printed(body: String, params: &Params) -> String {
    if matches!(params.get("prettyPrint"), "" | "false") {
        return body;
    }
    let Ok(value) = serde_json::from_str::<Value>(&body) else { return body };
    let mut out = Vec::with_capacity(body.len() * 2);
    let formatter = serde_json::ser::PrettyFormatter::with_indent(b"    ");
    match value.serialize(&mut serde_json::Serializer::with_formatter(&mut out, formatter)) {
        Ok(()) => String::from_utf8(out).unwrap_or(body),
        Err(_) => body,
    }
}
