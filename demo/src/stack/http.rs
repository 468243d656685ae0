//! Questions to the servers: small, with short patience, and bodies on their way in.

use std::time::Duration;

use serde_json::Value;
use ureq::Agent;

/// For questions about health: a server that is starting may accept a connection and say nothing.
const ASK_TIMEOUT: Duration = Duration::from_secs(3);
/// For bodies: a server that writes out what it has may let them wait.
const SEND_TIMEOUT: Duration = Duration::from_mins(1);

/// The beginning of an answer that is told.
const MAX_TOLD_CHARS: usize = 300;

fn agent(timeout: Duration) -> Agent {
    let config = Agent::config_builder().http_status_as_error(false).proxy(None).timeout_global(Some(timeout)).build();
    Agent::new_with_config(config)
}

/// Asks servers.
#[derive(Debug, Clone)]
pub(super) struct Client {
    asking: Agent,
    sending: Agent,
}

impl Client {
    pub(super) fn new() -> Self {
        Self { asking: agent(ASK_TIMEOUT), sending: agent(SEND_TIMEOUT) }
    }

    /// Whether the address answers with status 200.
    pub(super) fn is_well(&self, url: &str) -> bool {
        self.asking.get(url).call().is_ok_and(|answer| answer.status() == 200)
    }

    /// The JSON at an address, if it is there.
    pub(super) fn json(&self, url: &str) -> Option<Value> {
        let mut answer = self.asking.get(url).call().ok()?;
        serde_json::from_str(&answer.body_mut().read_to_string().ok()?).ok()
    }

    /// Sends a body; the error is a sentence for people, with whether another try could help.
    pub(super) fn post(&self, url: &str, content_type: &str, body: &[u8]) -> Result<String, Refusal> {
        let sent = self.sending.post(url).header("Content-Type", content_type).send(body);
        let mut answer = match sent {
            Ok(answer) => answer,
            Err(error) => return Err(Refusal { reason: error.to_string(), is_passing: true }),
        };
        let text = answer.body_mut().read_to_string().unwrap_or_default();
        let status = answer.status().as_u16();
        if status < 300 {
            return Ok(text);
        }
        let told: String = text.trim().chars().take(MAX_TOLD_CHARS).collect();
        Err(Refusal { reason: format!("status {status}: {told}"), is_passing: status == 429 || status >= 500 })
    }
}

/// Why a body was not taken.
#[derive(Debug)]
pub(super) struct Refusal {
    pub reason: String,
    /// Another try may succeed.
    pub is_passing: bool,
}
