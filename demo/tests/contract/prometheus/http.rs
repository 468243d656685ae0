//! What is around every answer: methods, paths, encodings, and who from elsewhere may ask.

use agentarea_demo::promql::Dialect;

use super::{Facts, api};
use crate::case::{Case, Sameness, Step, ask, case, get, post};

const ELSEWHERE: &str = "http://elsewhere.example";

pub fn cases(facts: Facts, cases: &mut Vec<Case>) {
    for (path, text) in
        [("/-/ready", "Prometheus Server is Ready.\n"), ("/-/healthy", "Prometheus Server is Healthy.\n")]
    {
        cases.push(case(path, get(path).status(200).text(text)));
        cases.push(case(format!("{path} by HEAD"), ask("HEAD", path).status(200).empty().compared(Sameness::Nothing)));
        cases.push(case(format!("{path} by POST"), post(path).status(405).text("Method Not Allowed\n")));
    }
    for path in ["/api/v1/nothing", "/api/v1/", "/api/v1/query/more", "/other"] {
        cases.push(case(format!("{path} is not there"), get(path).status(404).text("404 page not found\n")));
    }
    for (method, path) in [
        ("PUT", "query"),
        ("HEAD", "query"),
        ("DELETE", "query_range"),
        ("POST", "label/job/values"),
        ("POST", "metadata"),
        ("POST", "rules"),
        ("POST", "alerts"),
        ("POST", "targets"),
        ("POST", "status/buildinfo"),
        ("PATCH", "labels"),
    ] {
        cases.push(case(format!("{method} {path} is not allowed"), ask(method, api(path)).status(405)));
    }
    let delete = ask("DELETE", api("series"));
    cases.push(case(
        "DELETE series",
        match facts.dialect {
            Dialect::V2 => delete.refused(500, "internal").says("not implemented"),
            Dialect::V3 => delete.status(405).demo_otherwise(500, "2.42 has the method, and does not implement it"),
        },
    ));
    let origin = |step: Step| step.header("Origin", ELSEWHERE);
    let allowed = |step: Step| {
        step.header_among("Access-Control-Allow-Origin", &["*", ELSEWHERE])
            .header_is("Access-Control-Allow-Methods", "GET, POST, OPTIONS")
            .header_is("Access-Control-Allow-Headers", "Accept, Authorization, Content-Type, Origin")
    };
    let one = || get(api("query")).params(&[("query", "1"), ("time", "1")]);
    cases.push(case("CORS: an answer to another origin", allowed(origin(one())).success()));
    cases.push(case("CORS: no headers without an origin", one().success().no_header("Access-Control-Allow-Origin")));
    cases.push(case(
        "CORS: a refusal has the headers too",
        allowed(origin(get(api("query")).param("query", "("))).refused(400, "bad_data"),
    ));
    cases.push(case(
        "CORS: a form is allowed",
        allowed(origin(post(api("query")).form().params(&[("query", "1"), ("time", "1")]))).success(),
    ));
    cases.push(case("CORS: the preflight", allowed(origin(ask("OPTIONS", api("query")))).status(204).empty()));
    cases.push(case(
        "CORS: the preflight of a label's values",
        allowed(origin(ask("OPTIONS", api("label/job/values")))).status(204),
    ));
    cases.push(case(
        "OPTIONS without an origin",
        ask("OPTIONS", api("query")).status(204).empty().no_header("Access-Control-Allow-Origin"),
    ));
    let large =
        || get(api("query_range")).params(&[("query", "vector(1)"), ("start", "0"), ("end", "1000"), ("step", "1")]);
    cases.push(case(
        "gzip for who accepts it",
        large().header("Accept-Encoding", "gzip").success().header_is("Content-Encoding", "gzip"),
    ));
    cases.push(case(
        "no gzip for who does not",
        large().header("Accept-Encoding", "identity").success().no_header("Content-Encoding"),
    ));
    let raw = |query: &str| get(format!("{}?{query}", api("query")));
    cases.push(case("a broken percent sequence is a broken query", raw("query=%zz").refused(400, "bad_data")));
    cases
        .push(case("a plus in an address is a space", raw("query=1+%2B+1&time=1").success().is("/data/result/1", "2")));
}
