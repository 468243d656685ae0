//! The same bytes, cut anywhere, are the same traces.

use super::*;

#[test]
fn any_cut_gives_the_same_traces() {
    for (name, body) in bodies_with_spans() {
        let whole = told_in_full(&scanned([body.as_slice()]).expect(&name));
        let rows: String = scanned([body.as_slice()]).expect(&name).iter().map(told).collect();
        for at in 0..=body.len() {
            let (front, back) = body.split_at(at);
            let cut: String = scanned([front, back]).expect(&name).iter().map(told).collect();
            assert_eq!(cut, rows, "{name} cut at {at}");
        }
        let bytewise = told_in_full(&scanned(body.chunks(1)).expect(&name));
        assert_eq!(bytewise, whole, "{name} byte by byte");
    }
}
