//! Entries: their times and order, structured metadata with and without the header that keeps it apart, and filters.

use agentarea_demo::clock::rfc3339;
use serde_json::{Value, json};

use super::{ENTRIES, Facts, SPAN_ID, TRACE_ID, api, success, window};
use crate::case::{Case, Kind, Sameness, Step, case, get, post};
use crate::normalise::STATS;

pub fn range(facts: &Facts) -> Step {
    window(facts, get(api("query_range"))).param("query", format!("{{run=\"{}\",pod=\"probe-0\"}}", facts.run))
}

pub fn streams(step: Step) -> Step {
    success(step).is("/data/resultType", "streams").kind("/data/stats", Kind::Object)
}

/// All entries of an answer: time, line, and what else is beside them.
pub fn entries_of(answer: &Value) -> Vec<Vec<Value>> {
    let results = answer.pointer("/data/result").and_then(Value::as_array);
    let values = results.into_iter().flatten().filter_map(|stream| stream.get("values")?.as_array()).flatten();
    values.filter_map(|entry| entry.as_array().cloned()).collect()
}

fn texts(answer: &Value, place: usize) -> Vec<String> {
    entries_of(answer).iter().filter_map(|entry| Some(entry.get(place)?.as_str()?.to_owned())).collect()
}

const CATEGORIZE: &str = "X-Loki-Response-Encoding-Flags";

pub fn cases(facts: &Facts, cases: &mut Vec<Case>) {
    let times: Vec<String> = (0..ENTRIES).map(|index| facts.at_ns(index).to_string()).collect();
    let newest_first: Vec<String> = times.iter().rev().cloned().collect();
    cases.push(case(
        "entries have nanoseconds as text, and two places",
        streams(range(facts))
            .that("the entries' times, in pairs", {
                let times = times.clone();
                move |answer| {
                    let mut found = texts(answer, 0);
                    found.sort();
                    found == times && entries_of(answer).iter().all(|entry| entry.len() == 2)
                }
            })
            .eventually()
            .except(&STATS),
    ));
    cases.push(case(
        "without the header, structured metadata splits streams",
        streams(range(facts))
            .list("/data/result", Some(5))
            .is("/data/result/0/stream/trace_id", TRACE_ID)
            .is("/data/result/0/stream/span_id", SPAN_ID)
            .kind("/data/result/0/stream/attempt", Kind::Text)
            .lacks("/data/encodingFlags")
            .except(&STATS),
    ));
    let categorized = || range(facts).header(CATEGORIZE, "categorize-labels");
    cases.push(case(
        "with the header, streams stay whole and entries have a third place",
        streams(categorized())
            .is("/data/encodingFlags", json!(["categorize-labels"]))
            .list("/data/result", Some(1))
            .lacks("/data/result/0/stream/trace_id")
            .is("/data/result/0/stream/pod", "probe-0")
            .that("newest first", {
                let newest_first = newest_first.clone();
                move |answer| texts(answer, 0) == newest_first
            })
            .is("/data/result/0/values/0/2/structuredMetadata/trace_id", TRACE_ID)
            .is("/data/result/0/values/0/2/structuredMetadata/attempt", "4")
            .lacks("/data/result/0/values/0/2/parsed")
            .except(&STATS),
    ));
    cases.push(case(
        "with the header, the level that was found is structured metadata",
        streams(categorized())
            .is("/data/result/0/values/3/2/structuredMetadata/detected_level", "error")
            .except(&STATS),
    ));
    cases.push(case(
        "with the header, parsed labels are apart",
        streams(
            window(facts, get(api("query_range")))
                .header(CATEGORIZE, "categorize-labels")
                .param("query", format!("{{run=\"{}\",pod=\"probe-0\"}} | json", facts.run)),
        )
        .is("/data/result/0/values/0/2/parsed/logger", "contract")
        .is("/data/result/0/values/0/2/parsed/large", "9007199254740993")
        .is("/data/result/0/values/0/2/structuredMetadata/span_id", SPAN_ID)
        .except(&STATS),
    ));
    cases.push(case(
        "an entry without metadata has a third place too",
        streams(
            window(facts, get(api("query_range")))
                .header(CATEGORIZE, "categorize-labels")
                .param("query", format!("{{run=\"{}\",pod=\"probe-1\"}}", facts.run)),
        )
        .is("/data/result/0/values/0/1", "plain text level=warn \"quoted\" <b> é")
        .kind("/data/result/0/values/0/2", Kind::Object)
        .except(&STATS),
    ));
    cases.push(case(
        "markup in lines is escaped in the JSON",
        streams(range(facts)).says("probe \\u003cb\\u003e 0").except(&STATS),
    ));
    cases.push(case(
        "entries forward, oldest first",
        streams(categorized().param("direction", "forward"))
            .that("oldest first", move |answer| texts(answer, 0) == times)
            .except(&STATS),
    ));
    cases.push(case(
        "a limit leaves the newest",
        streams(categorized().param("limit", 2))
            .that("the newest two", move |answer| texts(answer, 0) == newest_first[..2])
            .except(&STATS),
    ));
    cases.push(case(
        "entries by POST form",
        streams(window(facts, post(api("query_range")).form()).param("query", facts.selector()))
            .that("six entries", |answer| entries_of(answer).len() == 6)
            .except(&STATS),
    ));
    for (filter, count) in [
        ("|= \"probe\"", 5),
        ("!= \"probe\"", 0),
        ("|~ \"probe <b> [01]\"", 2),
        ("| trace_id=\"4bf92f3577b34da6a3ce929d0e0e4736\"", 5),
        ("| attempt=\"3\"", 1),
        ("| json | level=\"error\"", 1),
        ("| json | duration_ms > 25", 2),
        ("| detected_level=\"error\"", 1),
    ] {
        let query = format!("{{run=\"{}\",pod=\"probe-0\"}} {filter}", facts.run);
        cases.push(case(
            format!("entries {filter}"),
            streams(window(facts, get(api("query_range"))).param("query", query))
                .that("as many entries", move |answer| entries_of(answer).len() == count)
                .except(&STATS),
        ));
    }
    cases.push(case(
        "a line that a parser cannot read keeps an error as its label",
        streams(
            window(facts, get(api("query_range")))
                .param("query", format!("{{run=\"{}\",pod=\"probe-1\"}} | json", facts.run)),
        )
        .is("/data/result/0/stream/__error__", "JSONParserErr")
        .kind("/data/result/0/stream/__error_details__", Kind::Text)
        .except(&STATS),
    ));
    cases.push(case(
        "entries of nothing",
        streams(window(facts, get(api("query_range"))).param("query", "{run=\"nothing\"}"))
            .list("/data/result", Some(0))
            .except(&STATS),
    ));
    cases.push(case(
        "the platform's own logs",
        streams(
            get(api("query_range"))
                .header(CATEGORIZE, "categorize-labels")
                .param("query", "{app=\"agentarea-api\"} | trace_id != \"\" | span_id != \"\"")
                .param("start", rfc3339(facts.at_ms - 86_400_000))
                .param("end", rfc3339(facts.at_ms + 3_600_000))
                .param("limit", 1),
        )
        .kind("/data/result/0/stream/namespace", Kind::Text)
        .kind("/data/result/0/stream/pod", Kind::Text)
        .kind("/data/result/0/stream/container", Kind::Text)
        .that("ids of a trace and of a span", |answer| {
            let metadata = answer.pointer("/data/result/0/values/0/2/structuredMetadata");
            let digits = |name: &str| metadata.and_then(|found| found.get(name)?.as_str()).map_or(0, str::len);
            digits("trace_id") == 32 && digits("span_id") == 16
        })
        .compared(Sameness::Head),
    ));
}
