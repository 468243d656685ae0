//! What processes write about themselves: starting, ending, their health, their caches, sessions that run out.

use super::super::faults::of_request;
use super::super::ids;
use super::super::sources::service_version;
use super::super::trace::Book;
use super::line::Say;
use super::{Level, LogRecord, plain};
use crate::sim::{API_REPLICAS, Events, Failure, IncidentKind, POSTGRES_NODE, REPLICAS, Service, TOOLS, mix3, unit};

/// Health lines come once a minute.
const HEALTH_MS: i64 = 60_000;
/// The scheduler's complaint comes twice a minute.
const SCHEDULER_MS: i64 = 30_000;
/// This many failures of a tool in one slice make it degraded.
const DEGRADED_COUNT: usize = 3;
/// Reads of the cache in a slice below which its hit ratio says nothing.
const MIN_READS: usize = 12;

/// Appends the lines of processes that ended or began.
pub(super) fn lifecycle(book: &Book, events: &Events, out: &mut Vec<LogRecord>) {
    for change in &events.lifecycle {
        let Some(replica) = REPLICAS.get(change.process) else { continue };
        // The slice's own requests are already handled by a process that began in it, and none by one that ended.
        let time_ns = events.start_ms * 1_000_000 + if change.is_start { 900_000 } else { 400_000 };
        let logger = if replica.service == Service::Api { "agentarea.agents" } else { "agentarea.mcp" };
        let category = if replica.service == Service::Api { "lifecycle" } else { "health" };
        let say = Say {
            source: change.process,
            time_ns,
            trace: None,
            level: Level::Info,
            logger,
            category,
            event: "Application startup complete",
        };
        let version = service_version(change.process, book.release(change.process));
        match (replica.service, change.is_start) {
            (Service::Frontend, is_start) => plain::frontend_lifecycle(change.process, is_start, time_ns, out),
            (Service::Api, false) => {
                let say = Say { event: "Shutting down", ..say };
                out.push(say.with(|fields| fields.text("signal", "SIGTERM").text("version", &version)));
            }
            (Service::Api, true) => {
                let migrating = Say {
                    time_ns: time_ns - 300_000,
                    level: Level::Warning,
                    logger: "agentarea.database",
                    category: "migrations",
                    event: "Schema is ahead of the oldest running version",
                    ..say
                };
                out.push(migrating.with(|fields| {
                    fields
                        .text("revision", "2c41_agent_tools_position")
                        .text("version", &version)
                        .number("duration_ms", 3120.0)
                }));
                out.push(say.with(|fields| fields.text("version", &version).text("pod", replica.pod)));
            }
            // The kernel's kill leaves no last words; its successor reads in its pod's status what happened.
            (Service::McpManager, false) => {}
            (Service::McpManager, true) => {
                let killed = Say {
                    time_ns: time_ns - 300_000,
                    level: Level::Critical,
                    event: "Previous container was killed",
                    ..say
                };
                out.push(killed.with(|fields| fields.text("reason", "OOMKilled").int("exit_code", 137)));
                out.push(say.with(|fields| fields.text("version", &version).text("pod", replica.pod)));
            }
        }
    }
}

/// Appends what is checked regularly.
pub(super) fn health(seed: u64, events: &Events, incidents: &[IncidentKind], out: &mut Vec<LogRecord>) {
    let is_minute = events.end_ms.rem_euclid(HEALTH_MS) == 0;
    let has = |kind: IncidentKind| incidents.contains(&kind);
    for (process, replica) in REPLICAS.iter().enumerate() {
        let offset_ns = (mix3(seed, events.end_ms as u64, process as u64) % 900_000_000) as i64;
        let say = Say {
            source: process,
            time_ns: events.end_ms * 1_000_000 - 1_000_000_000 + offset_ns,
            trace: None,
            level: Level::Info,
            logger: "agentarea.mcp",
            category: "health",
            event: "Health check passed",
        };
        match replica.service {
            Service::McpManager => {
                let is_killed = has(IncidentKind::OutOfMemory) && replica.pod == "mcp-manager-1";
                if is_minute && !is_killed {
                    out.push(say.with(|fields| fields.int("tools", TOOLS.len() as i64).text("status", "ok")));
                }
                if is_minute && has(IncidentKind::DiskFull) && replica.node == POSTGRES_NODE {
                    let say = Say { level: Level::Warning, event: "Disk space low", ..say };
                    out.push(say.with(|fields| fields.text("mountpoint", "/").text("threshold", "10%")));
                }
                degraded_tools(events, process, say, out);
            }
            Service::Api if is_minute && has(IncidentKind::OutOfMemory) => {
                let fault = of_request(Failure::Upstream, false, 0);
                let say = Say { level: Level::Error, event: "Health check failed", ..say };
                out.push(say.with(|fields| {
                    fields
                        .text("target", "mcp-manager-1")
                        .text("error", &fault.message)
                        .text("error_type", fault.short_type())
                }));
            }
            Service::Api if has(IncidentKind::ServerRestart) && events.end_ms.rem_euclid(SCHEDULER_MS) == 0 => {
                let say = Say {
                    level: Level::Warning,
                    logger: "agentarea.agents",
                    category: "lifecycle",
                    event: "Scheduler keeps the last known load",
                    ..say
                };
                out.push(say.with(|fields| {
                    fields.text("error", "prometheus:9090: Connection refused").text("error_type", "ConnectError")
                }));
            }
            Service::Api | Service::Frontend => {}
        }
    }
}

fn degraded_tools(events: &Events, process: usize, say: Say, out: &mut Vec<LogRecord>) {
    for (number, tool) in TOOLS.iter().enumerate() {
        let failures = events
            .tool_calls
            .iter()
            .filter(|call| call.process == process && call.tool == number && !call.is_success)
            .count();
        if failures >= DEGRADED_COUNT {
            let say = Say { level: Level::Warning, event: "Tool degraded", ..say };
            out.push(say.with(|fields| fields.text("tool_name", tool.name).int("failures", failures as i64)));
        }
    }
}

/// Appends what the API's processes say about the cache: only when it does not help.
pub(super) fn cache(seed: u64, events: &Events, out: &mut Vec<LogRecord>) {
    for process in 0..API_REPLICAS {
        let of_process = events.requests.iter().filter(|request| request.process == process);
        let reads: Vec<bool> = of_process.filter_map(|request| request.cache_hit).collect();
        let hits = reads.iter().filter(|hit| **hit).count();
        let hit_ratio = hits as f64 / reads.len().max(1) as f64;
        let bits = mix3(seed ^ 0x6361, events.end_ms as u64, process as u64);
        let say = Say {
            source: process,
            time_ns: events.end_ms * 1_000_000 - (bits % 400_000_000) as i64 - 1,
            trace: None,
            level: Level::Warning,
            logger: "agentarea.cache",
            category: "hits",
            event: "Cache hit ratio low",
        };
        if reads.len() >= MIN_READS && hit_ratio < 0.65 {
            out.push(say.with(|fields| fields.number("hit_ratio", hit_ratio).int("reads", reads.len() as i64)));
        }
        if reads.len() >= MIN_READS && hit_ratio < 0.5 {
            let say = Say { category: "misses", event: "Many cold keys requested", ..say };
            out.push(say.with(|fields| fields.int("misses", (reads.len() - hits) as i64)));
        }
        if unit(bits) < 0.012 && !events.requests.is_empty() {
            let say = Say { category: "evictions", event: "Keys evicted", ..say };
            out.push(say.with(|fields| {
                fields
                    .int("evicted_keys", (20 + bits % 180) as i64)
                    .text("policy", "allkeys-lru")
                    .text("prefix", "conversation:")
            }));
        }
    }
}

/// Appends logouts: sessions of people who left.
pub(super) fn sessions(seed: u64, events: &Events, out: &mut Vec<LogRecord>) {
    let bits = mix3(seed ^ 0x7365, events.end_ms as u64, 5);
    // A process that answered in the slice is up.
    let Some(request) = events.requests.iter().find(|request| request.process < API_REPLICAS) else { return };
    if unit(bits) < 0.5 {
        let say = Say {
            source: request.process,
            time_ns: events.end_ms * 1_000_000 - (bits % 5_000_000_000) as i64 - 1,
            trace: None,
            level: Level::Info,
            logger: "agentarea.auth",
            category: "logout",
            event: "User logged out",
        };
        out.push(say.with(|fields| fields.text("user_id", &ids::user(request.user)).text("reason", "session expired")));
    }
}
