use std::sync::Arc;

use super::{
    drawn::{self, Nothing},
    *,
};

/// Spans as (id, parent, start in ms, duration in ms).
fn build(spans: &[(u64, u64, i64, i64)]) -> Trace {
    let mut raw = RawSpans::default();
    for (at, (id, parent, start_ms, duration_ms)) in spans.iter().enumerate() {
        raw.span_id.push(*id);
        raw.parent_id.push(*parent);
        raw.start_ns.push(start_ms * 1_000_000);
        raw.duration_ns.push(duration_ms * 1_000_000);
        raw.service.push(0);
        raw.operation.push(1);
        raw.kind.push(SpanKind::Internal);
        raw.flags.push(SpanFlags::default());
        raw.origin.push(at as u32);
    }
    let names: Arc<[Arc<str>]> = Arc::from([Arc::from("api"), Arc::from("work")]);
    Trace::build(TraceParts { id: TraceId(1), spans: raw, names, warnings: Vec::new(), details: Arc::new(Nothing) })
}

/// `depth:id` of each span, with its flags' letters.
fn shape(trace: &Trace) -> String {
    let span = |at: usize| {
        let flags = trace.flags(at);
        let letters: String = [
            (SpanFlags::ORPHAN, 'o'),
            (SpanFlags::DUPLICATE, 'd'),
            (SpanFlags::CYCLE, 'c'),
            (SpanFlags::NO_START, 's'),
            (SpanFlags::NEGATIVE, 'n'),
        ]
        .into_iter()
        .filter(|(flag, _)| flags.contains(*flag))
        .map(|(_, letter)| letter)
        .collect();
        format!("{}:{:x}{letters}", trace.depth(at), trace.span_id(at).0)
    };
    (0..trace.len()).map(span).collect::<Vec<_>>().join(" ")
}

#[test]
fn spans_stand_in_preorder_with_siblings_by_start() {
    let check = |spans: &[(u64, u64, i64, i64)], expect: &str| assert_eq!(shape(&build(spans)), expect);
    check(&[], "");
    check(&[(1, 0, 5, 1)], "0:1");
    check(&[(3, 1, 9, 1), (2, 1, 6, 9), (1, 0, 5, 20), (4, 2, 7, 1)], "0:1 1:2 2:4 1:3");
    // Two roots; equal starts keep the order of arrival.
    check(&[(2, 0, 5, 1), (1, 0, 5, 1), (3, 0, 4, 1)], "0:3 0:2 0:1");
}

#[test]
fn what_is_wrong_with_a_trace_is_flagged_and_shown() {
    let check = |spans: &[(u64, u64, i64, i64)], expect: &str| assert_eq!(shape(&build(spans)), expect, "{spans:?}");
    // A parent elsewhere.
    check(&[(1, 0, 5, 1), (2, 99, 3, 1)], "0:2o 0:1");
    // The second of two equal ids has no children.
    check(&[(1, 0, 5, 9), (1, 0, 6, 1), (2, 1, 7, 1)], "0:1 1:2 0:1d");
    // A cycle is cut at its earliest span, whichever comes first; what hangs on it stays.
    check(&[(1, 2, 5, 1), (2, 1, 4, 1)], "0:2c 1:1");
    check(&[(4, 3, 1, 1), (3, 2, 6, 1), (1, 3, 5, 1), (2, 1, 7, 1)], "0:1c 1:2 2:3 3:4");
    check(&[(1, 1, 5, 1)], "0:1c");
    // No start: the parent's, or else the trace's.
    check(&[(1, 0, 5, 1), (2, 1, 0, 1), (3, 2, 0, 1)], "0:1 1:2s 2:3s");
    check(&[(1, 0, 0, 0), (2, 1, 5, 1)], "0:1s 1:2");
    check(&[(1, 0, 5, -1)], "0:1n");
}

#[test]
fn the_first_reference_that_is_here_is_the_parent() {
    let mut raw =
        RawSpans { span_id: vec![1, 2, 3], parent_id: vec![0, 50, 51], start_ns: vec![1, 2, 3], ..RawSpans::default() };
    raw.other_parents = vec![(1, 60), (1, 1), (2, 61)];
    let names: Arc<[Arc<str>]> = Arc::from([]);
    let parts = TraceParts { id: TraceId(1), spans: raw, names, warnings: Vec::new(), details: Arc::new(Nothing) };
    let trace = Trace::build(parts);
    assert_eq!(shape(&trace), "0:1 1:2 0:3o");
    // Short columns are no mistake that ends anything.
    assert_eq!((trace.operation(1), trace.span_duration_ns(2)), ("", 0));
}

#[test]
fn time_and_families_of_a_drawn_trace() {
    let trace = drawn::trace(
        "
        api POST /agents   |==========|
          api validate      |=|
          db INSERT agents    |======|     !error db.system=postgresql
            db lock            |
        mcp cleanup             |===========|
        ",
    );
    assert_eq!(shape(&trace), "0:1 1:2 1:3 2:4 0:5");
    assert_eq!((trace.duration_ns(), trace.start_ns()), (17_000_000, drawn::START_NS));
    assert_eq!(trace.roots().collect::<Vec<_>>(), [0, 4]);
    assert_eq!(trace.root(), Some(0));
    assert_eq!(trace.children(0).collect::<Vec<_>>(), [1, 2]);
    assert_eq!((trace.subtree(0), trace.descendants(2), trace.descendants(4)), (0..4, 3..4, 5..5));
    assert_eq!((trace.parent(3), trace.parent(4)), (Some(2), None));
    assert_eq!((trace.service(2), trace.operation(2), trace.is_error(2)), ("db", "INSERT agents", true));
    assert_eq!((trace.span_duration_ns(2), trace.span_duration_ns(3)), (7_000_000, 0));
    assert_eq!(trace.detail(2).tag_text("db.system").as_deref(), Some("postgresql"));
    assert_eq!((trace.service(99), trace.parent(99), trace.subtree(99)), ("", None, 99..99));
    assert_eq!(trace.find(SpanId(4)), Some(3));
}

#[test]
fn a_root_that_is_no_orphan_names_the_trace() {
    let trace = build(&[(7, 99, 1, 1), (1, 0, 5, 1)]);
    assert_eq!((shape(&trace).as_str(), trace.root()), ("0:7o 0:1", Some(1)));
}

#[test]
fn a_deep_chain_and_a_wide_fan_take_linear_time() {
    let count = 200_000;
    let chain: Vec<_> = (1..=count).map(|id| (id, id - 1, id as i64, 5)).rev().collect();
    let trace = build(&chain);
    assert_eq!((trace.depth(count as usize - 1), trace.subtree(0)), (count as usize - 1, 0..count as usize));
    let fan: Vec<_> = (1..=count).map(|id| (id, u64::from(id > 1), id as i64, 5)).collect();
    assert_eq!(build(&fan).children(0).count(), count as usize - 1);
    // A cycle with a long tail.
    let mut cycle = chain;
    cycle.push((0xffff_ffff, 0xffff_ffff, 1, 1));
    assert_eq!(build(&cycle).roots().len(), 2);
}

#[test]
fn ids_are_read_and_written() {
    let long = "4bf92f3577b34da6a3ce929d0e0e4736";
    assert_eq!(
        TraceId::parse(long).map(|id| (id.to_string(), id.short())),
        Some((long.to_owned(), "4bf92f3".to_owned()))
    );
    assert_eq!(TraceId::parse("A").map(|id| id.to_string()), Some("000000000000000a".to_owned()));
    for wrong in ["", "g", "+1", " 1", "4bf92f3577b34da6a3ce929d0e0e47360"] {
        assert_eq!(TraceId::parse(wrong), None, "{wrong}");
    }
    assert_eq!(SpanId::parse("00f067aa0ba902b7").map(|id| id.to_string()).as_deref(), Some("00f067aa0ba902b7"));
    assert_eq!(SpanId::parse("00f067aa0ba902b70"), None);
}
