//! Ids, times and outcomes of one request are the same in its event, its spans, its lines and its exemplar.

use super::*;
use crate::sim::AgentRun;

#[test]
fn every_exemplar_has_its_trace_at_once() {
    let history = history();
    let missing = history.exemplars.iter().filter(|(.., is_told)| !is_told).count();
    assert!(history.exemplars.len() > 5_000);
    assert_eq!(missing, 0);
}

#[test]
fn the_outermost_span_lasts_as_long_as_the_event_and_ends_as_it_did() {
    let history = history();
    assert!(history.requests.len() > 4_000);
    for (trace_id, request) in &history.requests {
        let spans = &history.traces[trace_id];
        let roots: Vec<&Span> = spans.iter().filter(|span| span.parent_span_id.is_none()).collect();
        let [root] = roots[..] else { panic!("{trace_id:x} has {} roots", roots.len()) };
        let secs = request.frontend.map_or(request.duration_secs, |hop| hop.secs);
        assert_eq!(root.duration_ns(), (secs * 1e9) as i64);
        assert_eq!(root.is_error(), request.status.is_server_error(), "{request:?}");
        let server = spans.iter().find(|span| span.span_id == request.span_id).unwrap();
        assert_eq!(server.end_ns, request.end_ns);
        assert_eq!(server.duration_ns(), (request.duration_secs * 1e9) as i64);
        assert_eq!(server.process, request.process);
        let queries = spans.iter().filter(|span| span.name.ends_with(" agentarea")).count();
        assert_eq!(queries, request.queries().len());
    }
}

#[test]
fn children_lie_within_their_parents_and_ids_are_unique() {
    for spans in history().traces.values() {
        let by_id: BTreeMap<u64, &Span> = spans.iter().map(|span| (span.span_id, span)).collect();
        assert_eq!(by_id.len(), spans.len());
        for span in spans {
            assert!(span.start_ns <= span.end_ns && span.span_id != 0, "{span:?}");
            let Some(parent) = span.parent_span_id.and_then(|id| by_id.get(&id)) else { continue };
            if span.name.starts_with("invoke_agent") && !parent.name.starts_with("invoke_agent") {
                // The run begins when its message has been accepted.
                assert_eq!(span.start_ns, parent.end_ns);
            } else {
                assert!(parent.start_ns <= span.start_ns && span.end_ns <= parent.end_ns, "{parent:#?} {span:#?}");
            }
        }
    }
}

#[test]
fn only_what_a_dying_process_had_under_way_has_no_parent() {
    let history = history();
    let mut count = 0;
    for orphan in history.traces.values().flat_map(|spans| orphans(spans)) {
        assert!(orphan.name.starts_with("tools/call"), "{orphan:?}");
        let request = &history.requests[&orphan.trace_id];
        let minutes = (orphan.end_ns / 1_000_000 - (NOW_MS - 6 * HOUR_MS)) / MINUTE_MS;
        assert!((-1..=16).contains(&minutes) && request.process < 3, "{minutes}");
        count += 1;
    }
    assert!(count < 20, "{count}");
}

#[test]
fn a_kept_message_is_told_with_its_run() {
    let history = history();
    let mut missing = 0;
    for (trace_id, request) in &history.requests {
        let is_message = request.route() == ("POST", "/v1/agents/{agent_id}/messages");
        // Runs of the last minute are still going, and so may be those that a deploy ended.
        if is_message && request.status == Status::Http(202) && request.end_ns < (NOW_MS - 2 * MINUTE_MS) * 1_000_000 {
            let has_run = history.traces[trace_id].iter().any(|span| span.name.starts_with("invoke_agent"));
            missing += usize::from(!has_run);
        }
    }
    assert!(missing < 20, "{missing}");
}

#[test]
fn lines_of_errors_point_into_traces_that_failed() {
    let history = history();
    let mut found = 0;
    for record in history.logs.iter().filter(|record| record.level >= Level::Error) {
        let Some(spans) = record.trace_id.and_then(|trace_id| history.traces.get(&trace_id)) else { continue };
        assert!(spans.iter().any(Span::is_error), "{}", record.line);
        let span = spans.iter().find(|span| Some(span.span_id) == record.span_id).unwrap();
        assert_eq!(span.process, record.source, "{}", record.line);
        found += 1;
    }
    assert!(found > 2_000, "{found}");
}

#[test]
fn lines_are_written_by_the_span_they_name_while_it_lasts() {
    let history = history();
    let mut found = 0;
    for record in &history.logs {
        let Some(spans) = record.trace_id.and_then(|trace_id| history.traces.get(&trace_id)) else { continue };
        let Some(span) = spans.iter().find(|span| Some(span.span_id) == record.span_id) else {
            // The run may still be going, or have died.
            assert!(record.source == 3 || record.source == 4 || record.line.contains("slow query"), "{}", record.line);
            continue;
        };
        assert!((span.start_ns - 1_000..=span.end_ns + 1_000).contains(&record.time_ns), "{} {span:#?}", record.line);
        found += 1;
    }
    assert!(found > 10_000, "{found}");
}

#[test]
fn the_service_that_a_trace_began_in_has_a_line_that_names_it() {
    let history = history();
    let lines: BTreeSet<(u128, Service)> = history
        .logs
        .iter()
        .filter_map(|record| Some((record.trace_id?, REPLICAS.get(record.source)?.service)))
        .collect();
    let mut count = 0;
    for (trace_id, spans) in &history.traces {
        let Some(root) = spans.iter().find(|span| span.parent_span_id.is_none()) else { continue };
        // Of the hours before only a part of the lines is at hand.
        if root.end_ns > (NOW_MS - HOUR_MS + MINUTE_MS) * 1_000_000 {
            let service = REPLICAS[root.process].service;
            assert!(lines.contains(&(*trace_id, service)), "{trace_id:032x} of {service:?}: {root:?}");
            count += 1;
        }
    }
    assert!(count > 1_000, "{count}");
}

#[test]
fn the_same_seed_tells_the_same_and_another_does_not() {
    let tell = |seed: u64| {
        let mut platform = Platform::with_history(seed, NOW_MS, 1);
        let mut teller = Teller::new(seed);
        let mut out = Vec::new();
        for _ in 0..12 {
            platform.next_scrape();
            out.push(teller.tell(&platform));
        }
        out
    };
    let first = tell(3);
    assert!(first == tell(3));
    assert!(first != tell(4));
}

#[test]
fn a_run_of_which_only_the_tools_are_known_leaves_their_spans() {
    let history = history();
    let told_runs = history.spans().filter(|span| span.name.starts_with("execute_tool")).count();
    let server = history.spans().filter(|span| span.name.starts_with("tools/call")).count();
    // The MCP manager that was killed took some with it.
    assert!(server > told_runs - 20 && told_runs > 3_000, "{server} {told_runs}");
}

#[test]
fn tool_calls_keep_the_ids_and_times_of_their_events() {
    let mut platform = Platform::with_history(1, NOW_MS, 1);
    let mut teller = Teller::new(1);
    let mut spans: BTreeMap<u64, Span> = BTreeMap::new();
    let mut runs: Vec<AgentRun> = Vec::new();
    for _ in 0..40 {
        platform.next_scrape();
        runs.extend(&platform.events().runs);
        spans.extend(teller.tell(&platform).spans.into_iter().map(|span| (span.span_id, span)));
    }
    let mut found = 0;
    for run in &runs {
        let Some(span) = spans.get(&run.span_id) else { continue };
        assert_eq!((span.start_ns, span.end_ns), (run.start_ns, run.end_ns));
        for call in run.tool_calls() {
            let span = &spans[&call.span_id];
            assert_eq!((span.end_ns, span.duration_ns()), (call.end_ns, (call.secs * 1e9) as i64));
            assert_eq!(span.is_error(), !call.is_success);
            let server = &spans[&ids::tool_server(call.span_id)];
            assert_eq!((server.parent_span_id, server.process), (Some(call.span_id), call.process));
            found += 1;
        }
    }
    assert!(found > 50, "{found}");
}
