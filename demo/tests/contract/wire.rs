//! Sends the asks of a case, and reads answers into what checks and comparisons look at.

use std::io::Read as _;

use serde_json::Value;
use ureq::http;

use crate::case::{Kept, Step, filled};

/// An answer, unpacked.
#[derive(Debug, Clone, Default)]
pub struct Seen {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    /// The body read as JSON, if it is that.
    pub json: Option<Value>,
}

impl Seen {
    /// The values of a header, joined as HTTP has it.
    pub fn header(&self, name: &str) -> String {
        let values: Vec<&str> = self
            .headers
            .iter()
            .filter(|(own, _)| own.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
            .collect();
        values.join(", ")
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// Asks the server at `base`.
pub fn send(agent: &ureq::Agent, base: &str, step: &Step, kept: &Kept) -> Result<Seen, String> {
    let pairs: Vec<String> = step
        .params
        .iter()
        .map(|(name, value)| format!("{}={}", encoded(name), encoded(&filled(value, kept))))
        .collect();
    let pairs = pairs.join("&");
    let mut url = format!("{base}{}", filled(&step.path, kept));
    let mut body = step.body.as_ref().map(|(kind, text)| (*kind, filled(text, kept)));
    if step.is_form {
        body = Some(("application/x-www-form-urlencoded", pairs));
    } else if !pairs.is_empty() {
        url = format!("{url}?{pairs}");
    }
    let mut request = http::Request::builder().method(step.method).uri(&url);
    for (name, value) in &step.headers {
        request = request.header(*name, filled(value, kept));
    }
    let answer = match body {
        Some((kind, text)) => {
            let request = request.header("Content-Type", kind).body(text).map_err(|error| error.to_string())?;
            agent.run(request)
        }
        None if ["POST", "PUT", "PATCH"].contains(&step.method) => {
            agent.run(request.body(String::new()).map_err(|error| error.to_string())?)
        }
        None => agent.run(request.body(()).map_err(|error| error.to_string())?),
    };
    let mut answer = answer.map_err(|error| format!("{} {url}: {error}", step.method))?;
    let raw =
        answer.body_mut().with_config().limit(1 << 30).read_to_vec().map_err(|error| format!("{url}: {error}"))?;
    let headers: Vec<(String, String)> = answer
        .headers()
        .iter()
        .map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
        .collect();
    let mut seen = Seen { status: answer.status().as_u16(), headers, body: raw, json: None };
    if seen.header("Content-Encoding") == "gzip" {
        let mut unpacked = Vec::new();
        flate2::read::GzDecoder::new(seen.body.as_slice())
            .read_to_end(&mut unpacked)
            .map_err(|error| format!("{url}: not gzip: {error}"))?;
        seen.body = unpacked;
    }
    seen.json = serde_json::from_slice(&seen.body).ok();
    Ok(seen)
}

/// Percent-encoding of all that is not unreserved.
fn encoded(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => char::from(byte).to_string(),
            other => format!("%{other:02X}"),
        })
        .collect()
}
