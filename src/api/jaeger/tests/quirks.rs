//! What is odd in real answers, and what becomes of it.

use super::*;

#[track_caller]
fn check(name: &str, expect: &str) {
    let actual: String = traces_of(name).iter().map(told).collect();
    let lines = |text: &str| text.lines().map(|line| line.trim_end().to_owned()).collect::<Vec<_>>().join("\n");
    let margin = expect.lines().filter(|line| !line.trim().is_empty()).map(|l| l.len() - l.trim_start().len()).min();
    let expect: Vec<&str> = expect.lines().filter_map(|line| line.get(margin.unwrap_or_default()..)).collect();
    assert_eq!(lines(&actual).trim(), lines(&expect.join("\n")).trim(), "{name}");
}

/// An orphan, two spans of one id, a span that never started, a reference to another trace.
#[test]
fn the_old_dialect() {
    let expect = "
        4bf92f3577b34da6a3ce929d0e0e4736
        1 api / create_agent @0+250000 server V
          7 api / never started @0+0  Ws
          2 api / mcp_manager_call @50000+100000 client E
            3 mcp-manager / tools/call @60000+80000 server
          4 api / follow up @200000+10000 internal L
          6 api / twice @220000+5000 internal
          6 api / twice @230000+5000 internal Wd
        5 api / orphan @210000+5000 internal Wo
    ";
    check("1.76/trace", expect);
    check("1.76/v3_trace", expect);
}

#[test]
fn cycles_are_cut() {
    check(
        "1.76/trace_cycle",
        "
        cccccccccccccccccccccccccccccccc
        c1 scheduler / egg @0+10000 internal c
          c2 scheduler / hen @1000+10000 internal
        ",
    );
}
