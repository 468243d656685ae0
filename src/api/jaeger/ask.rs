//! What is asked of each dialect, as requests.
//!
//! The new dialect's parameters have had two spellings: `query.service_name` before 2.19, `query.serviceName` since. A server
//! passes over the one that it does not know, so both are sent.

use crate::{
    api::http::{Endpoint, FormParams, HttpRequest, path_segment},
    base::time::{Utc, iso_text},
    model::trace::{TraceId, TraceQuery},
};

pub(super) fn legacy_services(endpoint: &Endpoint) -> HttpRequest {
    endpoint.get("/api/services", &FormParams::default())
}

pub(super) fn v3_services(endpoint: &Endpoint) -> HttpRequest {
    endpoint.get("/api/v3/services", &FormParams::default())
}

pub(super) fn legacy_operations(endpoint: &Endpoint, service: &str) -> HttpRequest {
    endpoint.get("/api/operations", &FormParams::default().with("service", service))
}

/// Names alone: what servers have that only speak like Jaeger.
pub(super) fn legacy_operation_names(endpoint: &Endpoint, service: &str) -> HttpRequest {
    endpoint.get(&format!("/api/services/{}/operations", path_segment(service)), &FormParams::default())
}

pub(super) fn v3_operations(endpoint: &Endpoint, service: &str) -> HttpRequest {
    endpoint.get("/api/v3/operations", &FormParams::default().with("service", service))
}

pub(super) fn legacy_trace(endpoint: &Endpoint, id: TraceId) -> HttpRequest {
    endpoint.get(&format!("/api/traces/{id}"), &FormParams::default())
}

pub(super) fn v3_trace(endpoint: &Endpoint, id: TraceId) -> HttpRequest {
    endpoint.get(&format!("/api/v3/traces/{id}"), &FormParams::default())
}

pub(super) fn legacy_traces_of_ids(endpoint: &Endpoint, ids: &[TraceId]) -> HttpRequest {
    let ids = ids.iter().map(ToString::to_string);
    endpoint.get("/api/traces", &FormParams::default().with_each("traceID", ids))
}

/// Both dialects have this one.
pub(super) fn dependencies(endpoint: &Endpoint, end_ms: i64, lookback_ms: i64) -> HttpRequest {
    let params = FormParams::default().with("endTs", &end_ms.to_string()).with("lookback", &lookback_ms.to_string());
    endpoint.get("/api/dependencies", &params)
}

pub(super) fn legacy_search(endpoint: &Endpoint, query: &TraceQuery) -> HttpRequest {
    let TraceQuery { service, operation, tags, min_duration_ns, max_duration_ns, start_ns, end_ns, limit } = query;
    let params = FormParams::default()
        .with_some("service", service.as_deref())
        .with_some("operation", operation.as_deref())
        .with_some("tags", tags_json(tags).as_deref())
        .with_some("minDuration", min_duration_ns.map(go_duration).as_deref())
        .with_some("maxDuration", max_duration_ns.map(go_duration).as_deref())
        .with("start", &start_ns.div_euclid(1000).to_string())
        .with("end", &end_ns.div_euclid(1000).to_string())
        .with("limit", &limit.to_string());
    endpoint.get("/api/traces", &params)
}

pub(super) fn v3_search(endpoint: &Endpoint, query: &TraceQuery) -> HttpRequest {
    let TraceQuery { service, operation, tags, min_duration_ns, max_duration_ns, start_ns, end_ns, limit } = query;
    let (from, to) = (rfc3339_nano(*start_ns), rfc3339_nano(*end_ns));
    let (shortest, longest) = (min_duration_ns.map(go_duration), max_duration_ns.map(go_duration));
    let limit = limit.to_string();
    let params = [
        ("query.serviceName", "query.service_name", service.as_deref()),
        ("query.operationName", "query.operation_name", operation.as_deref()),
        ("query.startTimeMin", "query.start_time_min", Some(from.as_str())),
        ("query.startTimeMax", "query.start_time_max", Some(to.as_str())),
        ("query.durationMin", "query.duration_min", shortest.as_deref()),
        ("query.durationMax", "query.duration_max", longest.as_deref()),
        // The old spelling is another word.
        ("query.searchDepth", "query.num_traces", Some(limit.as_str())),
    ]
    .into_iter()
    .fold(FormParams::default(), |params, (new, old, value)| params.with_some(new, value).with_some(old, value))
    .with_some("query.attributes", tags_json(tags).as_deref());
    endpoint.get("/api/v3/traces", &params)
}

/// `{"http.method":"GET"}`, or nothing where there are no tags. Of equal keys the last one counts, as it does for the server.
fn tags_json(tags: &[(String, String)]) -> Option<String> {
    if tags.is_empty() {
        return None;
    }
    let mut json = String::from("{");
    for (at, (key, value)) in tags.iter().enumerate() {
        if tags.iter().skip(at + 1).any(|(later, _)| later == key) {
            continue;
        }
        if json.len() > 1 {
            json.push(',');
        }
        push_quoted(&mut json, key);
        json.push(':');
        push_quoted(&mut json, value);
    }
    json.push('}');
    Some(json)
}

fn push_quoted(out: &mut String, text: &str) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            // As `\u0009`.
            c if c < ' ' => {
                out.push_str(if c < '\u{10}' { "\\u000" } else { "\\u001" });
                out.extend(char::from_digit(u32::from(c) % 16, 16));
            }
            c => out.push(c),
        }
    }
    out.push('"');
}

/// In the largest unit that makes it whole: `250ms`.
fn go_duration(ns: i64) -> String {
    let ns = ns.max(0);
    match ns {
        0 => "0s".to_owned(),
        ns if ns % 1_000_000_000 == 0 => format!("{}s", ns / 1_000_000_000),
        ns if ns % 1_000_000 == 0 => format!("{}ms", ns / 1_000_000),
        ns if ns % 1_000 == 0 => format!("{}us", ns / 1_000),
        ns => format!("{ns}ns"),
    }
}

/// `2026-01-01T00:00:00.5Z`.
fn rfc3339_nano(ns: i64) -> String {
    let whole = iso_text(ns.div_euclid(1_000_000_000) * 1000, &Utc);
    match ns.rem_euclid(1_000_000_000) {
        0 => whole,
        rest => {
            let decimals = format!("{rest:09}");
            format!("{}.{}Z", whole.trim_end_matches('Z'), decimals.trim_end_matches('0'))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query() -> TraceQuery {
        TraceQuery {
            service: Some("api & co".to_owned()),
            operation: Some("GET /x".to_owned()),
            tags: vec![
                ("http.method".to_owned(), "PUT".to_owned()),
                ("a\"b".to_owned(), "c\\\n".to_owned()),
                ("http.method".to_owned(), "GET".to_owned()),
            ],
            min_duration_ns: Some(1_500_000),
            max_duration_ns: Some(2_000_000_000),
            start_ns: 1_767_225_600_000_000_000,
            end_ns: 1_767_225_600_250_000_999,
            limit: 20,
        }
    }

    #[test]
    fn searches_of_both_dialects() {
        let endpoint = Endpoint::new("traces", "/jaeger/");
        assert_eq!(
            legacy_search(&endpoint, &query()).url,
            "/jaeger/api/traces?service=api+%26+co&operation=GET+%2Fx\
             &tags=%7B%22a%5C%22b%22%3A%22c%5C%5C%5Cu000a%22%2C%22http.method%22%3A%22GET%22%7D\
             &minDuration=1500us&maxDuration=2s&start=1767225600000000&end=1767225600250000&limit=20"
        );
        let v3 = v3_search(&endpoint, &query()).url;
        for part in [
            "/jaeger/api/v3/traces?query.serviceName=api+%26+co&query.service_name=api+%26+co&",
            "&query.operationName=GET+%2Fx&query.operation_name=GET+%2Fx&",
            "&query.startTimeMin=2026-01-01T00%3A00%3A00Z&query.start_time_min=2026-01-01T00%3A00%3A00Z&",
            "&query.startTimeMax=2026-01-01T00%3A00%3A00.250000999Z&",
            "&query.durationMin=1500us&query.duration_min=1500us&query.durationMax=2s&query.duration_max=2s&",
            "&query.searchDepth=20&query.num_traces=20&",
            "&query.attributes=%7B%22a",
        ] {
            assert!(v3.contains(part), "{part} in {v3}");
        }
    }

    #[test]
    fn what_is_not_asked_is_not_sent() {
        let endpoint = Endpoint::new("traces", "jaeger");
        let all = TraceQuery {
            service: None,
            operation: None,
            tags: Vec::new(),
            min_duration_ns: None,
            max_duration_ns: None,
            start_ns: 0,
            end_ns: 1000,
            limit: 5,
        };
        assert_eq!(legacy_search(&endpoint, &all).url, "jaeger/api/traces?start=0&end=1&limit=5");
        let v3 = v3_search(&endpoint, &all).url;
        assert!(!v3.contains("service") && !v3.contains("attributes") && !v3.contains("uration"), "{v3}");
    }

    #[test]
    fn paths() {
        let endpoint = Endpoint::new("traces", "jaeger");
        assert_eq!(legacy_operation_names(&endpoint, "a/b").url, "jaeger/api/services/a%2Fb/operations");
        assert_eq!(legacy_trace(&endpoint, TraceId(0xfeed)).url, "jaeger/api/traces/000000000000feed");
        assert_eq!(
            legacy_traces_of_ids(&endpoint, &[TraceId(1), TraceId(2)]).url,
            "jaeger/api/traces?traceID=0000000000000001&traceID=0000000000000002"
        );
        assert_eq!(dependencies(&endpoint, 5, 6).url, "jaeger/api/dependencies?endTs=5&lookback=6");
    }

    #[test]
    fn durations_and_times() {
        for (ns, expect) in
            [(0, "0s"), (-1, "0s"), (1, "1ns"), (2_000, "2us"), (3_000_000, "3ms"), (60_000_000_000, "60s")]
        {
            assert_eq!(go_duration(ns), expect);
        }
        assert_eq!(rfc3339_nano(-1), "1969-12-31T23:59:59.999999999Z");
        assert_eq!(rfc3339_nano(1_500_000_000), "1970-01-01T00:00:01.5Z");
    }
}
