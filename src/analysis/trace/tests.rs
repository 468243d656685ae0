//! What holds for all of them: hostile times end nothing, and shares are written alike.

use std::sync::Arc;

use super::{random::Random, *};
use crate::{
    analysis::redact::Redactor,
    model::trace::{Dependency, RawSpans, SpanFlags, SpanKind, Trace},
};

/// Times at and beyond the ends of what can be written down.
fn hostile_trace(random: &mut Random) -> Trace {
    const MOMENTS: [i64; 9] =
        [i64::MIN, i64::MIN + 1, -1, 0, 1, 1_767_225_600_000_000_000, i64::MAX / 2, i64::MAX - 1, i64::MAX];
    let mut spans = RawSpans::default();
    for id in 1..=random.below(12) {
        spans.span_id.push(id);
        spans.parent_id.push(random.below(id + 1));
        spans.start_ns.push(MOMENTS[random.below(9) as usize]);
        spans.duration_ns.push(MOMENTS[random.below(9) as usize]);
        spans.service.push(random.below(9) as u32);
        spans.operation.push(random.below(9) as u32);
        spans.kind.push(SpanKind::ALL[random.below(6) as usize]);
        spans.flags.push(if random.below(3) == 0 { SpanFlags::ERROR } else { SpanFlags::default() });
    }
    random::trace_of(spans)
}

#[test]
fn hostile_times_end_nothing() {
    let mut random = Random(97);
    for _ in 0..2000 {
        let (a, b) = (Arc::new(hostile_trace(&mut random)), Arc::new(hostile_trace(&mut random)));
        let traces = [Arc::clone(&a), Arc::clone(&b)];
        let usual = usual::UsualDurations::of(&traces);
        let report = bottleneck::report(&a, bottleneck::Context { usual: Some(&usual) });
        assert!(report.findings.iter().all(|finding| !finding.explanation.to_string().is_empty()));
        bottleneck::report_of_many(&traces, 0);
        for segment in critical_path::critical_path(&a) {
            assert!(segment.start_ns < segment.end_ns);
        }
        for by in [statistics::GroupBy::Service, statistics::GroupBy::ServiceOperation] {
            statistics::statistics(&a, &statistics::groups(&a, by));
        }
        compare::compare(&a, &b).summary();
        let (service, operation) = (a.service(0), a.operation(0));
        compare::compare_with_usual(&b, &usual::Shape::of(&traces, service, operation));
        for bar in flame::flame_of_many(&traces).bars(Some(0), 0.0) {
            assert!(bar.x.is_finite() && bar.width.is_finite());
        }
        let rows: Vec<u32> = (0..a.len() as u32 + 2).collect();
        minimap::minimap(&a, &rows, minimap::Window::of(&a, 20, 5));
        let dependency = Dependency { parent: "a".to_owned(), child: "a".to_owned(), call_count: u64::MAX };
        let map = graph::with_dependencies(graph::service_map(&traces, 9), &[dependency.clone(), dependency]);
        for point in graph::layout(&map).nodes.iter().chain(&graph::layout(&graph::trace_graph(&a)).nodes) {
            assert!(point.x >= 0.0 && point.y >= 0.0);
        }
        let attributes = [&a, &b].map(|trace| differs::attributes_of(trace, 9));
        differs::differs(&[&attributes[0]], &[&attributes[1]]);
        conversation::conversation(&a, &conversation::PriceTable::default(), Redactor::default());
    }
}

#[test]
fn shares_have_as_many_digits_as_they_need() {
    let check = |ratio: f64, expect: &str| assert_eq!(share_text(ratio), expect);
    check(0.0, "0 %");
    check(0.672, "67 %");
    check(1.0, "100 %");
    check(0.0994, "9.9 %");
    check(0.014, "1.4 %");
    check(0.00049, "0.05 %");
    check(0.000_001, "< 0.01 %");
}
