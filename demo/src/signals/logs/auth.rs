//! Logins, tokens and what looks like an attack.

use std::collections::VecDeque;

use super::super::ids;
use super::super::layout::Layout;
use super::line::Say;
use super::request::client_ip;
use super::{Level, LogRecord};
use crate::sim::{AUTH, Request, Status};

/// Failed logins of one user within this time count together.
const MEMORY_MS: i64 = 15 * 60_000;
/// From this many on they are suspicious.
const SUSPICIOUS_COUNT: usize = 3;

/// Appends the lines about a request for a token.
pub(super) fn lines(request: &Request, failed_logins: &mut VecDeque<(i64, u32)>, out: &mut Vec<LogRecord>) {
    if request.route != AUTH {
        return;
    }
    let layout = Layout::of(request);
    let user = ids::user(request.user);
    let say = Say {
        source: request.process,
        time_ns: layout.prepare.end_ns,
        trace: Some((request.trace_id, request.span_id)),
        level: Level::Info,
        logger: "agentarea.auth",
        category: "login",
        event: "User logged in",
    };
    match request.status {
        Status::Http(200) => {
            let (category, event) = match ids::bits(request.trace_id, 0x6c6f) % 10 {
                0..=5 => ("token_refresh", "Token refreshed"),
                _ => (say.category, say.event),
            };
            let time_ns = layout.send.start_ns;
            out.push(Say { time_ns, category, event, ..say }.with(|fields| {
                fields.text("user_id", &user).text("client_ip", &client_ip(request.user)).text("method", "password")
            }));
        }
        Status::Http(401) => {
            let say = Say { level: Level::Warning, category: "failures", event: "Login failed", ..say };
            out.push(say.with(|fields| {
                fields
                    .text("user_id", &user)
                    .text("client_ip", &client_ip(request.user))
                    .text("reason", "invalid credentials")
            }));
            let now_ms = request.end_ns.div_euclid(1_000_000);
            failed_logins.retain(|(time_ms, _)| *time_ms > now_ms - MEMORY_MS);
            failed_logins.push_back((now_ms, request.user));
            let count = failed_logins.iter().filter(|(_, known)| *known == request.user).count();
            if count >= SUSPICIOUS_COUNT {
                let say = Say {
                    logger: "agentarea.security",
                    category: "suspicious_activity",
                    event: "Repeated login failures",
                    ..say
                };
                out.push(say.with(|fields| {
                    fields
                        .text("user_id", &user)
                        .text("client_ip", &client_ip(request.user))
                        .int("failures", count as i64)
                        .int("window_secs", MEMORY_MS / 1000)
                }));
            }
        }
        _ => {}
    }
}
