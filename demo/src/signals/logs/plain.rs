//! The writers that know no JSON: the frontend's access log, PostgreSQL and Redis.

use super::super::faults::reason;
use super::super::ids;
use super::super::json::push_display;
use super::super::layout::{Layout, Part};
use super::super::sampling::SLOW_SECS;
use super::super::sources::{POSTGRES, REDIS};
use super::super::times::{push_access, push_postgres, push_redis};
use super::super::trace::{code_of, page_fault, path_of};
use super::request::client_ip;
use super::{Level, LogRecord, LogStream};
use crate::sim::{Events, Request, STREAM, mix3};

const ACCESS_EVERY: u64 = 20;
const AGENT_STRING: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0";
/// How often the database's job reports slow queries.
const REPORT_MS: i64 = 60_000;
/// How often Redis saves.
const SAVE_MS: i64 = 300_000;

fn plain(source: usize, stream: LogStream, level: Level, time_ns: i64, line: String) -> LogRecord {
    LogRecord { time_ns, source, stream, level, line, is_json: false, trace_id: None, span_id: None }
}

/// One line in the combined format, with the duration at its end.
fn access(process: usize, request: &Request, span_id: u64, end_ns: i64, secs: f64, path: &str) -> LogRecord {
    let (method, _) = request.route();
    let code = code_of(request.status);
    let bits = ids::bits(request.trace_id, 0x6279);
    let mut line = String::with_capacity(220);
    push_display(&mut line, format_args!("{} - {} [", client_ip(request.user), ids::user(request.user)));
    push_access(&mut line, end_ns);
    push_display(
        &mut line,
        format_args!(
            "] \"{method} {path} HTTP/1.1\" {code} {} \"https://app.agentarea.example/agents\" \"{AGENT_STRING}\" {secs:.3}",
            200 + bits % 9000
        ),
    );
    let level = match code {
        500.. => Level::Error,
        400.. => Level::Warning,
        _ => Level::Info,
    };
    LogRecord {
        trace_id: Some(request.trace_id),
        span_id: Some(span_id),
        ..plain(process, LogStream::Stdout, level, end_ns, line)
    }
}

/// What changes something is always written: whether the trace of a message is kept may show only when its run has ended.
fn is_written(request: &Request, secs: f64) -> bool {
    let (method, _) = request.route();
    method == "POST"
        || request.status.is_server_error()
        || (secs > SLOW_SECS && request.route != STREAM)
        || ids::one_in(request.trace_id, 0x6672, ACCESS_EVERY)
}

/// Appends the frontend's lines about one of its pages.
pub(super) fn page(request: &Request, is_kept: bool, out: &mut Vec<LogRecord>) {
    if is_kept || is_written(request, request.duration_secs) {
        let path = path_of(request);
        out.push(access(request.process, request, request.span_id, request.end_ns, request.duration_secs, &path));
    }
    if request.failure.is_some() {
        let line = format!("⨯ {}", page_fault().stacktrace);
        out.push(LogRecord {
            trace_id: Some(request.trace_id),
            span_id: Some(request.span_id),
            ..plain(request.process, LogStream::Stderr, Level::Error, request.end_ns - 1_000, line)
        });
    }
}

/// Appends the frontend's lines about a request that it passed on.
pub(super) fn proxied(request: &Request, is_kept: bool, out: &mut Vec<LogRecord>) {
    let Some(hop) = request.frontend else { return };
    if !is_kept && !is_written(request, hop.secs) {
        return;
    }
    let end_ns = Layout::of(request).frontend(request).map_or(request.end_ns, |(server, _)| server.end_ns);
    let span_id = ids::frontend_server(request.span_id);
    let path = format!("/api{}", path_of(request));
    out.push(access(hop.process, request, span_id, end_ns, hop.secs, &path));
    if request.status.is_server_error() {
        let code = code_of(request.status);
        let line = format!("[error] upstream agentarea-api:8000 answered {code} {} for {path}", reason(code));
        out.push(LogRecord {
            trace_id: Some(request.trace_id),
            span_id: Some(span_id),
            ..plain(hop.process, LogStream::Stderr, Level::Error, end_ns - 1_000, line)
        });
    }
}

/// Appends the frontend's last or first words.
pub(super) fn frontend_lifecycle(process: usize, is_start: bool, time_ns: i64, out: &mut Vec<LogRecord>) {
    if is_start {
        let line = "   ▲ Next.js 15.1.0\n   - Network: http://0.0.0.0:3000\n ✓ Ready in 412ms".to_owned();
        out.push(plain(process, LogStream::Stdout, Level::Info, time_ns, line));
        return;
    }
    let line = "FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory\n\
                ----- Native stack trace -----\n\n \
                1: 0xb8ced1 node::OOMErrorHandler(char const*, v8::OOMDetails const&) [next-server]\n \
                2: 0xf06460 v8::Utils::ReportOOMFailure(v8::internal::Isolate*, char const*, v8::OOMDetails const&) [next-server]"
        .to_owned();
    out.push(plain(process, LogStream::Stderr, Level::Critical, time_ns, line));
}

fn postgres(time_ns: i64, backend: u64, rest: std::fmt::Arguments<'_>) -> LogRecord {
    let mut line = String::with_capacity(200);
    push_postgres(&mut line, time_ns);
    push_display(&mut line, format_args!(" [{backend}] {rest}"));
    plain(POSTGRES, LogStream::Stderr, Level::Info, time_ns, line)
}

/// Appends the database's line about a statement that took longer than `log_min_duration_statement`.
pub(super) fn slow_statement(request: &Request, part: Part, statement: &str, out: &mut Vec<LogRecord>) {
    let backend = 200 + ids::bits(request.trace_id, 0x7067) % 90;
    let ms = part.ns() as f64 / 1e6;
    let rest = format_args!("agentarea@agentarea LOG:  duration: {ms:.3} ms  statement: {statement}");
    out.push(postgres(part.end_ns, backend, rest));
}

/// Appends the report of the job that runs in the database once a minute, when there is something to report.
pub(super) fn postgres_report(events: &Events, slow_queries: &mut (u32, f64), out: &mut Vec<LogRecord>) {
    if events.end_ms.rem_euclid(REPORT_MS) != 0 {
        return;
    }
    let (count, longest_secs) = std::mem::take(slow_queries);
    let time_ns = events.end_ms * 1_000_000 - 2_000_000;
    if count > 0 {
        let ms = longest_secs * 1000.0;
        let rest = format_args!(
            "monitor@agentarea LOG:  slow query report: {count} in the last minute, the longest {ms:.3} ms\n\
             \tCONTEXT:  PL/pgSQL function monitor.report_slow_queries() line 9 at RAISE"
        );
        out.push(postgres(time_ns, 71, rest));
    }
    if events.end_ms.rem_euclid(5 * REPORT_MS) == 0 {
        let buffers = 300 + mix3(events.end_ms as u64, 1, 2) % 4000;
        let rest = format_args!(
            "LOG:  checkpoint complete: wrote {buffers} buffers ({:.1}%); 0 WAL file(s) added, 0 removed, 1 recycled",
            buffers as f64 / 163.84
        );
        out.push(postgres(time_ns - 40_000_000, 62, rest));
    }
}

/// Appends what Redis says now and then.
pub(super) fn redis(seed: u64, events: &Events, out: &mut Vec<LogRecord>) {
    if events.end_ms.rem_euclid(SAVE_MS) != 0 {
        return;
    }
    let bits = mix3(seed, events.end_ms as u64, 0x7265);
    let mut time_ns = events.end_ms * 1_000_000 - 1_500_000_000 - (bits % 900_000_000) as i64;
    let child = 2000 + bits % 7000;
    for (process, mark, text) in [
        (1, '*', "100 changes in 300 seconds. Saving...".to_owned()),
        (child, '*', "DB saved on disk".to_owned()),
        (1, '*', "Background saving terminated with success".to_owned()),
    ] {
        let role = if process == 1 { 'M' } else { 'C' };
        let mut line = format!("{process}:{role} ");
        push_redis(&mut line, time_ns);
        push_display(&mut line, format_args!(" {mark} {text}"));
        out.push(plain(REDIS, LogStream::Stdout, Level::Info, time_ns, line));
        time_ns += 210_000_000;
    }
}
