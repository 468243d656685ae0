//! How requests leave: the request as plain data, the trait that sends it, and every way in which it can fail.
//!
//! Invariant: a response's body is never held here. It streams into a [`BodySink`] chunk by chunk, and dropping the
//! future that [`Transport::send`] returned aborts the request.
//!
//! Not here: which endpoint is asked what (`api::<backend>`), when and how often (`api::scheduler`), what to tell a person
//! about a failure (`api::diagnosis`), and the browser itself (`platform::fetch`).

use std::fmt::Write as _;

use futures_util::future::LocalBoxFuture;
use thiserror::Error;

pub use crate::model::config::Credentials;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Method {
    Get,
    Post,
}

/// One request, as data: it can be compared, shown, repeated and turned into a `curl` line.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct HttpRequest {
    /// The name of the source in `config.json`, for messages.
    pub source_name: String,
    pub method: Method,
    /// Absolute, or relative to the page.
    pub url: String,
    pub headers: Vec<(String, String)>,
    /// `application/x-www-form-urlencoded`, which keeps a cross-origin POST free of a preflight. `None` for GET.
    pub body: Option<String>,
    pub credentials: Credentials,
    /// From sending to the last byte. Enforced by the scheduler, which drops the request.
    pub timeout_ms: u32,
}

/// Where a backend is and how to speak to it: what `config.json` says about a source.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Endpoint {
    pub source_name: String,
    /// Up to but without the API's own prefix: `/prometheus`, `https://prometheus.example.org`.
    pub base_url: String,
    pub headers: Vec<(String, String)>,
    /// Name and value, such as `("X-Scope-OrgID", "agentarea")`.
    pub tenant_header: Option<(String, String)>,
    pub credentials: Credentials,
    pub timeout_ms: u32,
}

impl Endpoint {
    /// What a source needs when `config.json` says no more than its name and address.
    pub fn new(source_name: impl Into<String>, base_url: impl Into<String>) -> Self {
        Self {
            source_name: source_name.into(),
            base_url: base_url.into(),
            headers: Vec::new(),
            tenant_header: None,
            credentials: Credentials::default(),
            timeout_ms: 30_000,
        }
    }

    /// A GET of a path below the base, with the parameters in the URL.
    pub fn get(&self, path: &str, params: &FormParams) -> HttpRequest {
        let mut url = self.url(path);
        if !params.is_empty() {
            url.push(if url.contains('?') { '&' } else { '?' });
            url.push_str(params.as_str());
        }
        self.request(Method::Get, url, None)
    }

    /// A POST of a path below the base, with the parameters as a form.
    pub fn post(&self, path: &str, params: FormParams) -> HttpRequest {
        self.request(Method::Post, self.url(path), Some(params.into_string()))
    }

    fn url(&self, path: &str) -> String {
        format!("{}/{}", self.base_url.trim_end_matches('/'), path.trim_start_matches('/'))
    }

    fn request(&self, method: Method, url: String, body: Option<String>) -> HttpRequest {
        HttpRequest {
            source_name: self.source_name.clone(),
            method,
            url,
            headers: self.headers.iter().chain(&self.tenant_header).cloned().collect(),
            body,
            credentials: self.credentials,
            timeout_ms: self.timeout_ms,
        }
    }
}

/// Parameters in the `application/x-www-form-urlencoded` form. Names may repeat.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct FormParams(String);

impl FormParams {
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        if !self.0.is_empty() {
            self.0.push('&');
        }
        push_form_encoded(&mut self.0, name);
        self.0.push('=');
        push_form_encoded(&mut self.0, value);
        self
    }

    /// Adds the parameter unless the value is `None`.
    #[must_use]
    pub fn with_some(self, name: &str, value: Option<&str>) -> Self {
        match value {
            Some(value) => self.with(name, value),
            None => self,
        }
    }

    /// Adds `name=value` for each value: `match[]` and its kin.
    #[must_use]
    pub fn with_each<V: AsRef<str>>(self, name: &str, values: impl IntoIterator<Item = V>) -> Self {
        values.into_iter().fold(self, |params, value| params.with(name, value.as_ref()))
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub fn into_string(self) -> String {
        self.0
    }
}

fn push_form_encoded(out: &mut String, text: &str) {
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'*' => out.push(char::from(byte)),
            b' ' => out.push('+'),
            _ => push_percent(out, byte),
        }
    }
}

/// One segment of a path, percent-encoded: what RFC 3986 calls unreserved stays, everything else does not.
pub fn path_segment(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => out.push(char::from(byte)),
            _ => push_percent(&mut out, byte),
        }
    }
    out
}

fn push_percent(out: &mut String, byte: u8) {
    const HEX: [char; 16] = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'A', 'B', 'C', 'D', 'E', 'F'];
    out.push('%');
    for digit in [byte >> 4, byte & 0xf] {
        out.extend(HEX.get(usize::from(digit)));
    }
}

/// The part of a response that comes before its body. Cross-origin, a browser shows only some headers: absent ones
/// mean "unknown".
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ResponseHead {
    pub status: u16,
    /// As sent, with parameters; empty when there is none.
    pub content_type: String,
    /// After redirects.
    pub final_url: String,
    pub is_redirected: bool,
    pub date: Option<String>,
    pub retry_after: Option<String>,
    pub www_authenticate: Option<String>,
    /// `X-Prometheus-Stopping`: a 503 because the server is going down, not because it is still starting.
    pub is_stopping: bool,
}

impl ResponseHead {
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// `application/json`, and suffixes such as `application/problem+json`.
    pub fn is_json(&self) -> bool {
        let essence = self.essence();
        essence == "application/json" || essence == "text/json" || essence.ends_with("+json")
    }

    /// The media type in lower case, without its parameters.
    pub fn essence(&self) -> String {
        self.content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
    }
}

/// Receives one response: its head once, then its body piece by piece.
pub trait BodySink {
    fn on_head(&mut self, head: &ResponseHead);
    fn on_chunk(&mut self, bytes: &[u8]);

    /// Where a sink keeps the body in one piece: the next `byte_count` bytes are appended there, which spares a copy, and then
    /// [`Self::on_appended`] is called. `None`: they come by [`Self::on_chunk`].
    fn body(&mut self, _byte_count: usize) -> Option<&mut Vec<u8>> {
        None
    }

    fn on_appended(&mut self) {}
}

/// What is known once the last byte has gone to the sink.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Delivery {
    pub head: ResponseHead,
    /// Bytes of the body after content decoding.
    pub body_bytes: u64,
    /// From sending to the first byte of the head.
    pub first_byte_ms: f64,
    /// From sending to the last byte of the body.
    pub elapsed_ms: f64,
}

/// Sends requests. The browser's is `platform::fetch::BrowserTransport`; tests bring their own.
pub trait Transport {
    /// Streams the response into `sink`. Every status is a success here: what a status means is for the caller.
    /// Dropping the future aborts the request.
    fn send<'a>(
        &'a self,
        request: &'a HttpRequest,
        sink: &'a mut dyn BodySink,
    ) -> LocalBoxFuture<'a, Result<Delivery, ApiError>>;
}

/// Every way in which asking a backend fails. What happened, to which source and what to do comes first in the
/// message; the address and the body, which may be private, come last.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum ApiError {
    /// The browser gives no reason on purpose: refused connection, unknown name, TLS and CORS look the same.
    #[error(
        "{source_name} could not be reached: check that it runs and that its address in config.json is right, \
         or the CORS or proxy line for it is missing ({reason}; {url})"
    )]
    Unreachable { source_name: String, url: String, reason: String },
    #[error(
        "{source_name} did not answer within {} s: choose a shorter time range or a cheaper query, or raise the \
         source's time-out ({url})",
        f64::from(*.timeout_ms) / 1000.0
    )]
    TimedOut { source_name: String, url: String, timeout_ms: u32 },
    /// Something newer was asked instead. Not shown to people.
    #[error("the request to {source_name} was cancelled: ask again")]
    Cancelled { source_name: String },
    /// A status without an error of the API's own in it: a proxy, a gateway, a wrong path.
    #[error("{source_name} answered {status} {}: {} ({url}){}", reason_phrase(*.status), advice_for_status(*.status), after_colon(.excerpt))]
    Http { source_name: String, status: u16, url: String, excerpt: String },
    #[error(
        "{source_name} answered with {} instead of JSON: {} ({final_url}){}",
        content_type_in_words(.content_type),
        if *.is_redirected { "it sent the request elsewhere, probably to a login page; sign in there, then try again" }
        else { "its address in config.json probably leads to something else" },
        after_colon(.excerpt)
    )]
    NotJson { source_name: String, content_type: String, final_url: String, is_redirected: bool, excerpt: String },
    #[error(
        "the answer of {source_name} could not be read at byte {at_byte}: expected {expected}; is it the kind of server that config.json says?"
    )]
    Decode { source_name: String, at_byte: u64, expected: String },
    /// The API's own error.
    #[error("{source_name} refused the request ({kind}, {status}): {message}")]
    Backend { source_name: String, status: u16, kind: String, message: String },
    #[error(
        "{source_name} is {}: wait a moment, then try again{}",
        if *.is_stopping { "shutting down" } else { "not ready yet" },
        after_colon(.excerpt)
    )]
    NotReady { source_name: String, is_stopping: bool, excerpt: String },
    #[error(
        "the answer of {source_name} ended early{}: try again; if it stays so, look at the limits of the proxy between",
        after_bytes(*received_bytes)
    )]
    /// `received_bytes` is `None` where nobody counted.
    Truncated { source_name: String, received_bytes: Option<u64> },
    /// Refused before it was sent, as every backend would refuse it.
    #[error(
        "{point_count} points for each series are more than the {max_point_count} that {source_name} allows: choose a longer step or a shorter range"
    )]
    TooManyPoints { source_name: String, point_count: u64, max_point_count: u64 },
    /// The API works, and says that it has no such thing. `what` names it: `trace 4bf92f3577b34da6`.
    #[error(
        "{source_name} has no {what}: it may be too new or too old, or in another source; try again in a moment, or \
         search for it"
    )]
    NotFound { source_name: String, what: String },
}

impl ApiError {
    pub fn source_name(&self) -> &str {
        match self {
            Self::Unreachable { source_name, .. }
            | Self::TimedOut { source_name, .. }
            | Self::Cancelled { source_name }
            | Self::Http { source_name, .. }
            | Self::NotJson { source_name, .. }
            | Self::Decode { source_name, .. }
            | Self::Backend { source_name, .. }
            | Self::NotReady { source_name, .. }
            | Self::Truncated { source_name, .. }
            | Self::TooManyPoints { source_name, .. }
            | Self::NotFound { source_name, .. } => source_name,
        }
    }

    /// Whether the same request may well succeed later without anyone changing anything.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Unreachable { .. }
            | Self::TimedOut { .. }
            | Self::Cancelled { .. }
            | Self::NotReady { .. }
            | Self::Truncated { .. } => true,
            Self::Http { status, .. } => matches!(status, 429 | 502 | 503 | 504),
            Self::Backend { status, .. } => matches!(status, 429 | 499 | 503),
            Self::NotJson { .. } | Self::Decode { .. } | Self::TooManyPoints { .. } | Self::NotFound { .. } => false,
        }
    }
}

/// Not every way to ask knows how much came.
fn after_bytes(received_bytes: Option<u64>) -> String {
    received_bytes.map(|bytes| format!(", after {bytes} bytes")).unwrap_or_default()
}

fn after_colon(excerpt: &str) -> String {
    if excerpt.is_empty() { String::new() } else { format!(": {excerpt}") }
}

fn content_type_in_words(content_type: &str) -> &str {
    match content_type {
        "" => "something",
        "text/html" => "a web page",
        other => other,
    }
}

pub(super) fn reason_phrase(status: u16) -> &'static str {
    match status {
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        408 => "Request Timeout",
        413 => "Content Too Large",
        422 => "Unprocessable Content",
        429 => "Too Many Requests",
        499 => "Client Closed Request",
        500 => "Internal Server Error",
        501 => "Not Implemented",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        _ => "",
    }
}

fn advice_for_status(status: u16) -> &'static str {
    match status {
        401 | 403 => "sign in, or give the source the header it asks for in config.json",
        404 | 405 | 501 => {
            "the path of its address in config.json is probably wrong, or the server lacks this function"
        }
        413 => "the query is too long for the proxy in between",
        429 => "it is asked too often; wait, or refresh less often",
        502 | 504 => "the proxy in between could not reach it; check that it runs",
        503 => "it is overloaded or starting; wait a moment, then try again",
        _ => "the body below says more, if it says anything",
    }
}

/// The start of a body as one line of text, for messages: markup and control characters removed, bounded.
pub fn excerpt(body: &[u8]) -> String {
    const MAX_CHARS: usize = 200;
    let text = String::from_utf8_lossy(body);
    let mut out = String::new();
    let mut is_in_tag = false;
    for c in text.chars() {
        match c {
            '<' => is_in_tag = true,
            '>' if is_in_tag => {
                is_in_tag = false;
                if !out.is_empty() && !out.ends_with(' ') {
                    out.push(' ');
                }
            }
            _ if is_in_tag => {}
            c if c.is_whitespace() || c.is_control() => {
                if !out.is_empty() && !out.ends_with(' ') {
                    out.push(' ');
                }
            }
            c => out.push(c),
        }
        if out.chars().count() >= MAX_CHARS {
            out.push('…');
            break;
        }
    }
    out.trim().to_owned()
}

/// The request as a line for a terminal. Header values that look like secrets are replaced by a placeholder.
pub fn as_curl(request: &HttpRequest) -> String {
    let HttpRequest { source_name: _, method, url, headers, body, credentials: _, timeout_ms } = request;
    let mut line = String::from("curl");
    if *method == Method::Post && body.is_none() {
        line.push_str(" -X POST");
    }
    for (name, value) in headers {
        let shown = if is_secret_header(name) { "<secret>" } else { value };
        push_argument(&mut line, "-H", &format!("{name}: {shown}"));
    }
    if let Some(body) = body {
        for pair in body.split('&').filter(|pair| !pair.is_empty()) {
            push_argument(&mut line, "--data", pair);
        }
    }
    push_argument(&mut line, "--max-time", &timeout_ms.div_ceil(1000).to_string());
    line.push(' ');
    line.push_str(&shell_quoted(url));
    line
}

fn is_secret_header(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name == "cookie" || ["authorization", "token", "key", "secret"].iter().any(|word| name.contains(word))
}

fn push_argument(line: &mut String, flag: &str, value: &str) {
    line.push(' ');
    line.push_str(flag);
    line.push(' ');
    line.push_str(&shell_quoted(value));
}

fn shell_quoted(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-._/:=,@%+".contains(c);
    if !text.is_empty() && text.chars().all(is_plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

/// `https://host:port`, without the default port, or `None` for a relative URL.
pub fn origin_of(url: &str) -> Option<String> {
    let (scheme, rest) = url.split_once("://")?;
    let host = rest.split(['/', '?', '#']).next()?;
    let host = host.rsplit('@').next()?.to_ascii_lowercase();
    let scheme = scheme.to_ascii_lowercase();
    let host = match scheme.as_str() {
        "http" => host.strip_suffix(":80").unwrap_or(&host),
        "https" => host.strip_suffix(":443").unwrap_or(&host),
        _ => &host,
    };
    if host.is_empty() {
        return None;
    }
    let mut origin = String::new();
    write!(origin, "{scheme}://{host}").ok()?;
    Some(origin)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_are_encoded_and_names_may_repeat() {
        let params = FormParams::default()
            .with("query", "sum by (le) (rate(x{a=~\"b|ü\"}[5m])) + 1")
            .with_each("match[]", ["up", "{a=\"b\"}"])
            .with_some("limit", None);
        assert_eq!(
            params.as_str(),
            "query=sum+by+%28le%29+%28rate%28x%7Ba%3D%7E%22b%7C%C3%BC%22%7D%5B5m%5D%29%29+%2B+1\
             &match%5B%5D=up&match%5B%5D=%7Ba%3D%22b%22%7D"
        );
        assert_eq!(path_segment("a b/ü~"), "a%20b%2F%C3%BC~");
    }

    #[test]
    fn the_base_may_end_in_a_slash_and_the_tenant_goes_along() {
        let mut endpoint = Endpoint::new("metrics", "/prometheus/");
        endpoint.headers = vec![("X-A".to_owned(), "1".to_owned())];
        endpoint.tenant_header = Some(("X-Scope-OrgID".to_owned(), "agentarea".to_owned()));
        let request = endpoint.get("/api/v1/labels", &FormParams::default().with("limit", "5"));
        assert_eq!(request.url, "/prometheus/api/v1/labels?limit=5");
        assert_eq!(request.body, None);
        assert_eq!(request.headers.last(), Some(&("X-Scope-OrgID".to_owned(), "agentarea".to_owned())));
    }

    #[test]
    fn curl_lines_can_be_pasted_and_keep_secrets() {
        let mut endpoint = Endpoint::new("metrics", "https://m.example.org");
        endpoint.headers = vec![("Authorization".to_owned(), "Bearer abc".to_owned())];
        let request = endpoint.post("/api/v1/query", FormParams::default().with("query", "it's").with("time", "1"));
        assert_eq!(
            as_curl(&request),
            "curl -H 'Authorization: <secret>' --data query=it%27s --data time=1 --max-time 30 \
             https://m.example.org/api/v1/query"
        );
        assert_eq!(shell_quoted("it's"), r"'it'\''s'");
    }

    #[test]
    fn origins_are_compared_without_default_ports() {
        let check = |url: &str, expect: Option<&str>| assert_eq!(origin_of(url).as_deref(), expect, "{url}");
        check("https://A.example.org:443/x?y", Some("https://a.example.org"));
        check("http://a:80", Some("http://a"));
        check("http://user:pass@a:9090/x", Some("http://a:9090"));
        check("/prometheus", None);
        check("prometheus", None);
        check("https://", None);
    }

    #[test]
    fn excerpts_are_one_short_line_without_markup() {
        assert_eq!(excerpt(b"<html>\n<h1>502\tBad</h1>\r\n<script>x</script>"), "502 Bad x");
        assert_eq!(excerpt(b""), "");
        assert!(excerpt(&[b'x'; 10_000]).chars().count() <= 201);
        assert_eq!(excerpt(b"\xff\x00a"), "\u{fffd} a");
    }
}
