//! Where Alertmanager's receivers lead: it keeps what arrives, and shows it.
//!
//! `POST /notify/<channel>` takes a webhook; `GET /` is a page for people, `GET /received` the same as JSON. What it shows
//! comes from other programs, so it is escaped. It deliberately forwards nothing.

use std::fmt::Write as _;
use std::net::{SocketAddr, TcpListener};
use std::sync::{Mutex, PoisonError};

use serde_json::{Value, json};

use super::StackError;
use crate::clock::{rfc3339, wall_ms};
use crate::server::http::{Reply, Request};
use crate::server::listen::{Answer, Listening};

/// Notifications kept.
const MAX_KEPT: usize = 500;

pub(super) struct Sink {
    listening: Listening,
    pub address: SocketAddr,
}

#[derive(Default)]
struct Service {
    received: Mutex<Vec<Received>>,
}

struct Received {
    time_ms: i64,
    channel: String,
    body: Value,
}

impl Sink {
    pub(super) fn start() -> Result<Self, StackError> {
        let cannot = || StackError::io("the sink of notifications cannot be served");
        let listener = TcpListener::bind(("127.0.0.1", 0)).map_err(cannot())?;
        let address = listener.local_addr().map_err(cannot())?;
        Ok(Self { listening: Listening::start(listener, Service::default()).map_err(cannot())?, address })
    }

    pub(super) fn url(&self) -> String {
        format!("http://{}/", self.address)
    }

    pub(super) fn stop(self) {
        self.listening.stop();
    }
}

impl Answer for Service {
    fn answer(&self, request: Request) -> Option<Reply> {
        let path = request.path();
        Some(match (request.method.as_str(), path) {
            ("POST", _) if path.starts_with("/notify/") => {
                self.take(path.trim_start_matches("/notify/"), &request.body)
            }
            ("GET" | "HEAD", "/") => html(self.page()),
            ("GET" | "HEAD", "/received") => self.list(),
            _ => Reply::text(404, "404 page not found\n"),
        })
    }
}

impl Service {
    fn take(&self, channel: &str, body: &[u8]) -> Reply {
        let Ok(body) = serde_json::from_slice::<Value>(body) else {
            return Reply::text(400, "a notification is JSON\n");
        };
        let mut received = self.received.lock().unwrap_or_else(PoisonError::into_inner);
        let excess = (received.len() + 1).saturating_sub(MAX_KEPT);
        received.drain(..excess);
        received.push(Received { time_ms: wall_ms(), channel: channel.to_owned(), body });
        Reply::text(200, "taken\n")
    }

    fn list(&self) -> Reply {
        let received = self.received.lock().unwrap_or_else(PoisonError::into_inner);
        let all: Vec<Value> = received
            .iter()
            .map(|one| json!({ "time": rfc3339(one.time_ms), "channel": one.channel, "body": one.body }))
            .collect();
        Reply { status: 200, body: Value::from(all).to_string().into_bytes(), ..Reply::default() }
            .with("Content-Type", "application/json")
    }

    fn page(&self) -> String {
        let received = self.received.lock().unwrap_or_else(PoisonError::into_inner);
        let mut rows = String::new();
        for Received { time_ms, channel, body } in received.iter().rev() {
            let alerts = body.get("alerts").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
            for alert in alerts {
                let text = |path: &str| escape(alert.pointer(path).and_then(Value::as_str).unwrap_or_default());
                let status = text("/status");
                write!(
                    rows,
                    "<tr class=\"{status}\"><td>{}</td><td>{}</td><td>{status}</td><td>{}</td><td>{}</td><td>{}</td></tr>",
                    rfc3339(*time_ms),
                    escape(channel),
                    text("/labels/severity"),
                    text("/labels/alertname"),
                    text("/annotations/description"),
                )
                .unwrap_or(());
            }
        }
        if rows.is_empty() {
            rows.push_str("<tr><td colspan=\"6\">Nothing has arrived yet. Alerts are sent some seconds after they fire.</td></tr>");
        }
        PAGE.replace("{count}", &received.len().to_string()).replace("{rows}", &rows)
    }
}

fn html(body: String) -> Reply {
    Reply { status: 200, body: body.into_bytes(), ..Reply::default() }
        .with("Content-Type", "text/html; charset=utf-8")
        .with("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'")
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

const PAGE: &str = r#"<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta http-equiv="refresh" content="10">
<title>Notifications received</title>
<style>
  :root { color-scheme: light dark; }
  body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 75rem; padding: 0 1rem; }
  .table { overflow-x: auto; }
  table { border-collapse: collapse; width: 100%; }
  th, td { text-align: start; vertical-align: top; padding: .35rem .8rem .35rem 0; border-bottom: 1px solid #8885; }
  td:first-child { white-space: nowrap; font-variant-numeric: tabular-nums; }
  .resolved { opacity: .7; }
  @media (max-width: 45rem) {
    thead { display: none; }
    tr { display: flex; flex-wrap: wrap; gap: 0 .8rem; padding: .5rem 0; border-bottom: 1px solid #8885; }
    td { border: 0; padding: 0; }
    td:last-child { flex-basis: 100%; }
  }
</style>
<h1>Notifications received</h1>
<p>{count} notifications, newest first: critical alerts go to PagerDuty, warnings to Slack, the rest to e-mail. Each channel ends here.</p>
<div class="table"><table>
<thead><tr><th>Received</th><th>Channel</th><th>Status</th><th>Severity</th><th>Alert</th><th>Description</th></tr></thead>
<tbody>{rows}</tbody>
</table></div>
</html>
"#;

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(service: &Service, method: &str, path: &str, body: &str) -> Reply {
        let request = Request { method: method.into(), url: path.into(), body: body.into(), ..Request::default() };
        service.answer(request).unwrap()
    }

    #[test]
    fn what_arrives_is_shown_and_is_no_markup() {
        let service = Service::default();
        let body = r#"{"alerts":[{"status":"firing","labels":{"alertname":"Down","severity":"critical"},
            "annotations":{"description":"<script>alert(1)</script>"}}]}"#;
        assert_eq!(ask(&service, "POST", "/notify/pagerduty", body).status, 200);
        assert_eq!(ask(&service, "POST", "/notify/slack", "no json").status, 400);
        let page = String::from_utf8(ask(&service, "GET", "/", "").body).unwrap();
        assert!(page.contains("pagerduty") && page.contains("&lt;script&gt;") && !page.contains("<script>"), "{page}");
        let list: Value = serde_json::from_slice(&ask(&service, "GET", "/received", "").body).unwrap();
        assert_eq!(list.as_array().unwrap().len(), 1);
        assert_eq!(list[0]["channel"], "pagerduty");
        assert_eq!(ask(&service, "GET", "/other", "").status, 404);
    }

    #[test]
    fn the_oldest_go_first() {
        let service = Service::default();
        for number in 0..MAX_KEPT + 3 {
            ask(&service, "POST", "/notify/email", &number.to_string());
        }
        let list: Value = serde_json::from_slice(&ask(&service, "GET", "/received", "").body).unwrap();
        assert_eq!((list.as_array().unwrap().len(), &list[0]["body"]), (MAX_KEPT, &json!(3)));
    }
}
