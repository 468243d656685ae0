//! Proof that the suite can fail: answers that were altered on purpose must be told, by the comparison and by every kind
//! of check, and what may differ must not be.

use std::net::{SocketAddr, TcpListener};

use agentarea_demo::promql::Dialect;
use serde_json::{Value, json};

use crate::case::{Case, Kept, Kind, Sameness, Step, case, flow, get};
use crate::normalise::{BUILD, LABELS, NEWER};
use crate::runner::{Pair, Report, Side, compared};
use crate::wire::Seen;

const API: &str = "(this suite)";

fn seen(status: u16, body: &Value) -> Seen {
    let headers = vec![("content-type".to_owned(), "application/json".to_owned())];
    Seen { status, headers, body: body.to_string().into_bytes(), json: Some(body.clone()) }
}

fn with_header(mut seen: Seen, name: &str, value: &str) -> Seen {
    seen.headers.retain(|(own, _)| !own.eq_ignore_ascii_case(name));
    seen.headers.push((name.to_owned(), value.to_owned()));
    seen
}

fn text(body: &str) -> Seen {
    let headers = vec![("content-type".to_owned(), "text/plain; charset=utf-8".to_owned())];
    Seen { status: 400, headers, body: body.into(), json: None }
}

fn vector(job: &str, value: &str) -> Value {
    let sample = json!({"metric": {"job": job}, "value": [1, value]});
    json!({"status": "success", "data": {"resultType": "vector", "result": [sample]}})
}

pub fn run(report: &mut Report) {
    let mut note = |name: &str, holds: bool| {
        if report.wants(API, name) {
            let column = if holds { "ok" } else { "the suite cannot fail" };
            report.row(API, name, String::new(), column.to_owned(), holds);
        }
    };
    let query = get("/api/v1/query");
    let real = seen(200, &vector("a", "1.5"));
    let differs = |step: &Step, demo: &Seen, real: &Seen| compared(Dialect::V2, step, demo, real).is_err();
    note("the same answer is the same", !differs(&query, &real, &real));
    for (name, altered) in [
        ("an altered status is told", seen(422, &vector("a", "1.5"))),
        ("an altered value is told", seen(200, &vector("a", "1.50001"))),
        ("an altered series is told", seen(200, &vector("b", "1.5"))),
        ("an altered content type is told", with_header(real.clone(), "Content-Type", "text/plain")),
        ("an added CORS header is told", with_header(real.clone(), "Access-Control-Allow-Origin", "*")),
        ("samples of another form are told", seen(200, &json!({"data": {"resultType": "vector", "result": {}}}))),
        ("an added warning is told", {
            let mut body = vector("a", "1.5");
            body["warnings"] = json!(["truncated"]);
            seen(200, &body)
        }),
    ] {
        note(name, differs(&query, &altered, &real));
    }
    let document = json!({"data": [{"version": "1", "name": "a", "labels": {"x": "y"}, "n": 1}]});
    let other = |pointer: &str, value: Value| {
        let mut document = document.clone();
        if let Some(place) = document.pointer_mut(pointer) {
            *place = value;
        }
        seen(200, &document)
    };
    let normal = || get("/").except(&BUILD).except(&LABELS).except(&NEWER);
    let base = seen(200, &document);
    note("what a rule names may differ", !differs(&normal(), &other("/data/0/version", json!("2")), &base));
    note("what a rule names keeps its kind", differs(&normal(), &other("/data/0/version", json!(2)), &base));
    note("labels may be others", !differs(&normal(), &other("/data/0/labels", json!({"z": "1"})), &base));
    note("what no rule names is told", differs(&normal(), &other("/data/0/name", json!("b")), &base));
    let mut newer = document.clone();
    newer["data"][0]["serverTime"] = json!("now");
    note("a newer field may be there", !differs(&normal(), &seen(200, &newer), &base));
    note("a field more is told", differs(&get("/"), &seen(200, &newer), &base));
    let shape = || get("/").compared(Sameness::Shape);
    note("a shape overlooks values", !differs(&shape(), &other("/data/0/name", json!("b")), &base));
    note("a shape tells another kind", differs(&shape(), &other("/data/0/name", json!(1)), &base));
    note("a shape tells a lost field", differs(&shape(), &seen(200, &json!({"data": [{"name": "a"}]})), &base));
    let crossing = || get("/").header("Origin", "http://a");
    let allowing = |whom: &str| with_header(base.clone(), "Access-Control-Allow-Origin", whom);
    note("everybody is allowed in two ways", !differs(&crossing(), &allowing("*"), &allowing("http://a")));
    note("another origin is told", differs(&crossing(), &allowing("*"), &allowing("http://b")));
    note("an altered text is told", differs(&get("/"), &text("a"), &text("b")));
    checks(&mut note, &base);
    runner(&mut note);
}

/// Every kind of check holds for one answer and not for another.
fn checks(note: &mut impl FnMut(&str, bool), base: &Seen) {
    let wrong = text("wrong");
    let empty = Seen { status: 204, ..Seen::default() };
    for (name, step, good, bad) in [
        ("status", get("/").status(200), base, &wrong),
        ("one_of", get("/").one_of(&[200, 204]), base, &wrong),
        ("json", get("/").json(), base, &wrong),
        ("text", get("/").text("wrong"), &wrong, base),
        ("says", get("/").says("version"), base, &wrong),
        ("empty", get("/").empty(), &empty, base),
        ("is", get("/").is("/data/0/name", "a"), base, &wrong),
        ("kind", get("/").kind("/data/0/n", Kind::Number), base, &wrong),
        ("lacks", get("/").lacks("/nothing"), base, &wrong),
        ("list", get("/").list("/data", Some(1)), base, &wrong),
        (
            "includes",
            get("/").includes("/data", json!({"version": "1", "name": "a", "labels": {"x": "y"}, "n": 1})),
            base,
            &wrong,
        ),
        ("that", get("/").that("an object", Value::is_object), base, &wrong),
        ("header_is", get("/").header_is("Content-Type", "application/json"), base, &wrong),
        ("header_among", get("/").header_among("Content-Type", &["application/json", "b"]), base, &wrong),
        ("no_header", get("/").no_header("Content-Type"), &empty, base),
    ] {
        let holds = |seen: &Seen| step.checks.iter().all(|check| check(seen, &Kept::new()).is_ok());
        note(&format!("the check `{name}` holds and fails"), holds(good) && !holds(bad));
    }
}

/// The whole way: a case put to two servers that answer otherwise has failed, and one with an unreachable server too.
fn runner(note: &mut impl FnMut(&str, bool)) {
    let (Some(one), Some(two)) = (answering("1"), answering("2")) else {
        note("two servers for the proof", false);
        return;
    };
    let (one, two) = (format!("http://{one}"), format!("http://{two}"));
    let failures = |demo: Side<'_>, real: Side<'_>, cases: &[Case]| {
        let mut inner = Report::new(Vec::new());
        inner.run(Pair { api: API, demo, real, dialect: Dialect::V2 }, cases);
        inner.failed()
    };
    let number = || case("a number", get("/").json());
    let both = |cases: &[Case]| failures(Side::At(&one), Side::At(&two), cases);
    note("two servers that differ fail a case", both(&[number()]) == 1);
    note("a server is the same as itself", failures(Side::At(&one), Side::At(&one), &[number()]) == 0);
    note(
        "a failed check fails a case",
        failures(Side::None(""), Side::At(&one), &[case("a", get("/").is("", 2))]) == 1,
    );
    note("a known difference must be one", {
        let known = || vec![case("known", get("/").json().demo_otherwise(200, "for the proof"))];
        both(&known()) == 0 && failures(Side::At(&one), Side::At(&one), &known()) == 1
    });
    note("a later step fails a case", {
        let steps = |expected: &'static str| {
            flow("kept", vec![get("/").keep("n", "").compared(Sameness::Nothing), get("/«n»").says(expected)])
        };
        failures(Side::None(""), Side::At(&one), &[steps("«n»"), steps("3")]) == 1
    });
    note("nobody there fails a case", {
        let gone = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
        gone.is_ok_and(|address| failures(Side::None(""), Side::At(&format!("http://{address}")), &[number()]) == 1)
    });
}

/// A server that answers everything with one JSON document, as long as this process lives.
fn answering(document: &'static str) -> Option<SocketAddr> {
    use std::io::{Read as _, Write as _};
    let listener = TcpListener::bind("127.0.0.1:0").ok()?;
    let address = listener.local_addr().ok()?;
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut request = [0; 4096];
            if stream.read(&mut request).is_ok() {
                let length = document.len();
                let head = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Type: application/json";
                write!(stream, "{head}\r\nContent-Length: {length}\r\n\r\n{document}").ok();
            }
        }
    });
    Some(address)
}
