//! Requests to the captured servers, and their answers as bytes.
//!
//! It deliberately follows no redirect and unpacks nothing: what the server sent is what is written down.

use std::fmt::Write as _;
use std::time::Duration;

use ureq::http;

/// A request as data.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Request {
    pub method: String,
    pub path_and_query: String,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Request {
    pub fn get(path_and_query: impl Into<String>) -> Self {
        Self { method: "GET".into(), path_and_query: path_and_query.into(), ..Self::default() }
    }

    pub fn post_json(path_and_query: impl Into<String>, body: impl Into<Vec<u8>>) -> Self {
        Self {
            method: "POST".into(),
            path_and_query: path_and_query.into(),
            headers: vec![("content-type".into(), "application/json".into())],
            body: body.into(),
        }
    }
}

/// What came back.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    pub status: u16,
    pub content_type: String,
    /// Whether the header says that Prometheus is shutting down.
    pub is_stopping: bool,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }
}

/// Answers larger than this are a mistake in an ask.
const MAX_BODY_BYTES: u64 = 16 << 20;

pub fn agent() -> ureq::Agent {
    let config = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .proxy(None)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .timeout_global(Some(Duration::from_mins(1)))
        .allow_non_standard_methods(true)
        .build();
    ureq::Agent::new_with_config(config)
}

/// Sends a request to `base` (`http://127.0.0.1:1234`).
pub fn send(agent: &ureq::Agent, base: &str, request: &Request) -> Result<Answer, String> {
    let mut builder =
        http::Request::builder().method(request.method.as_str()).uri(format!("{base}{}", request.path_and_query));
    for (name, value) in &request.headers {
        builder = builder.header(name, value);
    }
    let say = |error: ureq::Error| error.to_string();
    let mut response = if request.body.is_empty() && request.method != "POST" {
        agent.run(builder.body(()).map_err(|error| error.to_string())?).map_err(say)?
    } else {
        agent.run(builder.body(request.body.clone()).map_err(|error| error.to_string())?).map_err(say)?
    };
    let header = |name: &str| {
        response.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned).unwrap_or_default()
    };
    let (content_type, is_stopping) = (header("content-type"), header("x-prometheus-stopping") == "true");
    let body = response.body_mut().with_config().limit(MAX_BODY_BYTES).read_to_vec().map_err(say)?;
    Ok(Answer { status: response.status().as_u16(), content_type, is_stopping, body })
}

/// Percent-encodes all but the unreserved characters of RFC 3986.
pub fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else if write!(out, "%{byte:02X}").is_err() {
            return out;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encodes_what_is_not_unreserved() {
        assert_eq!(encoded("a b=ü~"), "a%20b%3D%C3%BC~");
    }
}
