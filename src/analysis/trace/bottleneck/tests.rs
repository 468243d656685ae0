use std::{fmt::Write as _, sync::Arc};

use super::*;
use crate::{
    analysis::trace::random::{self, Random},
    model::trace::drawn,
};

fn shown(report: &Report) -> String {
    let mut out = String::new();
    for finding in &report.findings {
        let mark = match finding.severity {
            Severity::High => '!',
            Severity::Medium => '-',
            Severity::Info => '.',
        };
        let percent = (finding.share * 100.0).round();
        writeln!(out, "{mark} {} {percent}%: {} {:?}", finding.title, finding.explanation, finding.spans).unwrap();
    }
    out
}

/// The findings of these kinds.
fn check(kinds: &[Kind], drawing: &str, expect: &str) {
    let mut report = report(&drawn::trace(drawing), Context::default());
    report.findings.retain(|finding| kinds.contains(&finding.kind));
    assert_eq!(shown(&report).trim(), expect.trim(), "{drawing}");
}

fn usual_of(drawing: &str) -> UsualDurations {
    UsualDurations::of(&(0..6).map(|_| Arc::new(drawn::trace(drawing))).collect::<Vec<_>>())
}

#[test]
fn the_slowest_five_with_their_shares() {
    let report = report(
        &drawn::trace(
            "
            api POST /agents   |==================|
              api validate      |=|
              db INSERT           |=======|
                db lock             |===|
              db SELECT                     |=|
              api send                       |====|  !error
              api tail                        |
            ",
        ),
        Context::default(),
    );
    let rows: Vec<(usize, i64, i64)> =
        report.slowest.iter().map(|s| (s.span, s.duration_ns / 1_000_000, (s.share * 100.0).round() as i64)).collect();
    assert_eq!(rows, [(0, 19, 100), (2, 8, 42), (5, 5, 26), (3, 4, 21), (1, 2, 11)]);
    let root = report.slowest[0];
    assert_eq!((root.self_ns / 1_000_000, root.critical_ns / 1_000_000), (3, 4));
    assert!((report.error_ratio() - 1.0 / 7.0).abs() < 1e-9);
}

#[test]
fn waiting_is_named_and_measured_on_the_critical_path() {
    let drawing = "
        api POST /agents    |=====================|
          api validate       |=|
          api pool.acquire     |=============|
          db INSERT agents                     |==|   db.system=postgresql
        ";
    check(
        &[Kind::Waiting],
        drawing,
        "! Waiting for a database connection 64%: pool.acquire, 14 ms on the critical path [2]",
    );
    let usual = usual_of("api POST /agents |===|\n  api pool.acquire |=|");
    let report = report(&drawn::trace(drawing), Context { usual: Some(&usual) });
    assert_eq!(report.findings[0].explanation.to_string(), "pool.acquire, 14 ms on the critical path; usually 2 ms");
    assert_eq!(report.usual_ns, Some(4_000_000));
}

#[test]
fn a_connect_of_a_database_is_a_wait_another_is_not() {
    check(
        &[Kind::Waiting],
        "
        api GET /      |=========|
          api connect   |=====|      !client db.system=postgresql
          api connect         |==|   !client net.peer.name=redis
          api wait_for_worker    |
        ",
        "! Waiting for a database connection 60%: connect, 6 ms on the critical path [1]",
    );
    // What nobody waited for.
    check(
        &[Kind::Waiting],
        "
        api GET /      |=========|
          api lock      |===|
          api work      |========|
        ",
        ". Waiting for a lock 40%: lock, 4 ms, while something else took longer [1]",
    );
}

#[test]
fn the_same_query_again_and_again() {
    check(
        &[Kind::RepeatedQuery],
        "
        api GET /agents      |==================|
          db SELECT           |=|                 db.statement=SELECT_name_FROM_agents
          db SELECT             |=|               db.statement=SELECT_t_FROM_tools_WHERE_id_=_1
          db SELECT                |=|            db.statement=SELECT_t_FROM_tools_WHERE_id_=_2
          db SELECT                   |=|         db.statement=SELECT__t_FROM_tools_WHERE_id_=_'x'
        ",
        "! Same query 3 times in a row 32%: SELECT t FROM tools WHERE id = ?, 6 ms in all; \
         one query could ask for all at once [2, 3, 4]",
    );
    // At once is not in a row; two are not three; without a statement nothing is known to be the same.
    for drawing in [
        "
        api GET /agents      |==================|
          db SELECT           |=====|             db.statement=SELECT_1
          db SELECT             |======|          db.statement=SELECT_2
          db SELECT               |======|        db.statement=SELECT_3
        ",
        "
        api GET /agents      |==================|
          db SELECT           |=====|             db.statement=SELECT_1
          db SELECT                  |======|     db.statement=SELECT_2
        ",
        "
        api GET /agents      |==================|
          db SELECT           |=|                 db.system=redis
          db SELECT             |=|               db.system=redis
          db SELECT                |=|            db.system=redis
        ",
    ] {
        check(&[Kind::RepeatedQuery], drawing, "");
    }
}

#[test]
fn times_in_which_nothing_runs() {
    check(
        &[Kind::Gap],
        "
        api GET /agents   |==================|
          api validate    |=|
          api load                  |========|
            db SELECT               |========|
        ",
        "! Nothing runs for 8 ms before load 42%: in GET /agents of api: work that has no spans, or waiting [0, 2]",
    );
    check(
        &[Kind::Gap],
        "
        api GET /agents   |=========|
          api load        |=======|
            db SELECT     |=|
        ",
        "! Nothing runs for 8 ms after SELECT 80%: in load of api: work that has no spans, or waiting [1, 2]",
    );
    // Something else runs, or the span has no children: it is at work itself.
    for drawing in [
        "api GET /agents   |=========|",
        "
        api GET /agents   |=========|
          api work        |=========|
        ",
        "
        api GET /agents    |=========|
          api log      |=============|
          api a             |=|
          api b                 |===|
        ",
    ] {
        check(&[Kind::Gap], drawing, "");
    }
}

#[test]
fn attempts_after_errors() {
    check(
        &[Kind::Retries],
        "
        api run            |==================|
          api call x        |==|                !error
          api call x            |==|            !error
          api call x                 |===|
          api call y                      |=|
        ",
        "! call x tried 3 times 47%: 9 ms went by in the first 2 attempts; the last succeeded [1, 2, 3]",
    );
    check(
        &[Kind::Retries],
        "
        api run            |==================|  !error
          api call x        |                   !error
          api call x         |                  !error
        ",
        "- call x tried 2 times 5%: 1 ms went by in the first attempt; the last failed too [1, 2]",
    );
    // Something else was asked for.
    check(
        &[Kind::Retries],
        "
        api run            |==================|
          db SELECT         |==|                !error db.statement=SELECT_a_FROM_t
          db SELECT             |==|            db.statement=SELECT_b_FROM_t
        ",
        "",
    );
    // Parallel, or after a success.
    check(
        &[Kind::Retries],
        "
        api run            |==================|
          api call x        |====|              !error
          api call x          |===|
          api call x               |===|
        ",
        "",
    );
}

#[test]
fn the_deepest_error_of_each_chain() {
    check(
        &[Kind::Error],
        "
        api POST /agents    |===========|   !error
          api create         |========|     !error
            db INSERT         |=====|       !error exception.message=duplicate_key
          api notify                  |=|   !error http.status_code=503
          api log                     |=|
        ",
        "
! INSERT failed 50%: duplicate key; the whole trace failed with it [2]
! notify failed 17%: HTTP 503; the whole trace failed with it [3]
        ",
    );
    check(
        &[Kind::Error],
        "
        api POST /agents    |===========|
          api create         |========|     !error
            api cache         |=====|
              db GET          |=|           !error
              db GET            |=|         !error
        ",
        "- GET failed 33%: cache went on, 2 spans [3, 4]",
    );
    check(&[Kind::Error], "api a |=|  !error", "! a failed 100%: the whole trace failed [0]");
}

#[test]
fn what_took_longer_than_usual_is_the_cause_not_what_contains_it() {
    let usual = usual_of(
        "
        api GET /        |=====|
          api load        |==|
            db SELECT     |=|
        ",
    );
    let trace = drawn::trace(
        "
        api GET /        |===================|
          api load        |===============|
            db SELECT     |==============|
        ",
    );
    let report = report(&trace, Context { usual: Some(&usual) });
    let unusual = report.findings.iter().find(|finding| finding.kind == Kind::Unusual).unwrap();
    assert_eq!(
        format!("{}: {}", unusual.title, unusual.explanation),
        "SELECT took 7 times as long as usual: SELECT took 15 ms; usually 2 ms, in 95 of 100 of the 6 found at most 2 ms"
    );
    assert_eq!((unusual.spans.as_slice(), unusual.severity), ([2].as_slice(), Severity::High));
}

#[test]
fn where_the_time_went_by_operation() {
    check(
        &[Kind::CriticalPath, Kind::SelfTime],
        "
        api GET /     |==================|
          api parse   |===|
          llm chat       |===========|
          api index    |=================|
          api send                   |===|
        ",
        "
- index took most of the time 95%: api, 18 ms by itself [2]
. chat was busy, but nobody waited for it 63%: llm, 12 ms by itself [3]
        ",
    );
}

#[test]
fn work_that_goes_on_after_the_answer_is_explained_too() {
    let trace = drawn::trace(
        "
        api POST /messages   |==|
          agent run             |====================|
            llm chat             |=================|
        ",
    );
    let report = report(&trace, Context::default());
    assert_eq!(report.findings[0].title, "chat took most of the time");
    assert!((report.findings[0].share - 18.0 / 24.0).abs() < 0.01, "{}", report.findings[0].share);
}

#[test]
fn many_traces_share_reasons() {
    let slow = "
        api POST /agents    |=====================|
          api pool.acquire     |=============|
          db INSERT agents                     |==|   !error
        ";
    let quick = "
        api POST /agents    |====|   !error
          api pool.acquire   |
        ";
    let traces: Vec<Arc<Trace>> = [slow, quick, slow, quick]
        .iter()
        .enumerate()
        .map(|(id, d)| Arc::new(drawn::trace_of_id(id as u128, d)))
        .collect();
    let many = report_of_many(&traces, 20_000_000);
    assert_eq!((many.trace_count, many.slow.len(), many.with_errors, many.failed), (4, 2, 4, 2));
    assert_eq!((many.failed_ratio(), many.error_ratio(), many.span_error_ratio()), (0.5, 1.0, 0.4));
    assert_eq!(many.slow[0].slowest[0].span, 0);
    let first = &many.rows[0];
    assert_eq!(
        (first.title.as_str(), first.traces.as_slice(), first.time_ns),
        ("Waiting for a database connection", [0, 2].as_slice(), 28_000_000)
    );
    assert!((first.share - 28.0 / 44.0).abs() < 1e-9);
    assert_eq!(many.alike(many.slow[0].first.as_ref().unwrap()), [0, 2]);
    assert_eq!(report_of_many(&[], SLOW_NS), ManyReport { threshold_ns: SLOW_NS, ..ManyReport::default() });
}

#[test]
fn findings_of_any_trace_keep_their_promises() {
    let mut random = Random(11);
    for _ in 0..1500 {
        let trace = random::trace(&mut random, 30);
        let report = report(&trace, Context::default());
        for finding in &report.findings {
            assert!(!finding.spans.is_empty() && finding.spans.iter().all(|span| *span < trace.len()));
            assert!((0.0..=1.0).contains(&finding.share), "{finding:?}");
        }
        assert!(report.findings.is_sorted_by(|a, b| a.severity >= b.severity));
    }
}

#[test]
fn two_hundred_thousand_spans_are_fine() {
    for trace in [random::fan(200_000), random::chain(200_000)] {
        assert_eq!(report(&trace, Context::default()).slowest.len(), 5);
    }
}
