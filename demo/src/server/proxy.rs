//! Requests passed on to a real Prometheus, so that the app sees it on its own origin.

use std::time::Duration;

use ureq::http::{self, Uri};

use super::PREFIX;
use super::http::{Reply, Request};

/// Prometheus's own default for `--query.timeout`, and a little more.
const TIMEOUT: Duration = Duration::from_secs(130);

/// The largest answer that is passed on.
const MAX_BODY_BYTES: u64 = 256 << 20;

/// Headers of an answer that belong to it and not to the connection.
const PASSED_HEADERS: [&str; 6] =
    ["content-type", "content-encoding", "access-control-allow-origin", "allow", "vary", "retry-after"];

/// A Prometheus server.
pub(super) struct Upstream {
    base: String,
    agent: ureq::Agent,
}

impl Upstream {
    /// Takes `http://host:port` with or without a path.
    pub fn new(url: &str) -> Option<Self> {
        let uri: Uri = url.parse().ok()?;
        if uri.scheme_str() != Some("http") || uri.host().is_none() {
            return None;
        }
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .proxy(None)
            .timeout_global(Some(TIMEOUT))
            .build();
        Some(Self { base: url.trim_end_matches('/').to_owned(), agent: ureq::Agent::new_with_config(config) })
    }

    pub fn forward(&self, request: &Request) -> Reply {
        match self.exchange(request) {
            Ok(reply) => reply,
            Err(error) => {
                Reply::text(502, &format!("The Prometheus server at {} cannot be reached: {error}\n", self.base))
            }
        }
    }

    fn exchange(&self, request: &Request) -> Result<Reply, ureq::Error> {
        let path = request.url.strip_prefix(PREFIX).unwrap_or("/");
        let mut outgoing = http::Request::builder().method(request.method.as_str()).uri(format!("{}{path}", self.base));
        for name in ["Content-Type", "Accept", "Accept-Encoding", "Origin"] {
            let value = request.header(name);
            if !value.is_empty() {
                outgoing = outgoing.header(name, value);
            }
        }
        let mut answer = if request.method == "POST" {
            self.agent.run(outgoing.body(request.body.clone())?)?
        } else {
            self.agent.run(outgoing.body(())?)?
        };
        let mut reply = Reply { status: answer.status().as_u16(), ..Reply::default() };
        for name in PASSED_HEADERS {
            if let Some(value) = answer.headers().get(name).and_then(|value| value.to_str().ok()) {
                reply = reply.with(name, value);
            }
        }
        reply.body = answer.body_mut().with_config().limit(MAX_BODY_BYTES).read_to_vec()?;
        Ok(reply)
    }
}
