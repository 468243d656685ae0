//! Requests and what becomes of their answers.

use futures_util::FutureExt;

use super::*;
use crate::{
    api::{
        http::Endpoint,
        jaeger::{DocumentError, JaegerClient, traces_from_document},
    },
    model::{
        config::JaegerDialect,
        trace::{Dependency, Operation, SpanKind, TraceId, TraceQuery},
    },
};

const LEGACY: (&str, &str) = ("/api/services", "1.76/services");
const NO_LEGACY: (&str, &str) = ("/api/services", "1.76/path_unknown");
const V3: (&str, &str) = ("/api/v3/services", "1.76/v3_services");
const ID: TraceId = TraceId(0x4bf9_2f35_77b3_4da6_a3ce_929d_0e0e_4736);

fn client(server: &Rc<Server>, dialect: JaegerDialect) -> JaegerClient {
    JaegerClient::new(Endpoint::new("traces", "/j"), Rc::clone(server) as Rc<dyn Transport>, dialect)
}

/// A client that finds the dialect itself.
fn auto(answers: &[(&'static str, &str)]) -> (Rc<Server>, JaegerClient) {
    let server = Server::of(answers);
    let client = client(&server, JaegerDialect::Auto);
    (server, client)
}

fn now<T>(future: impl Future<Output = T>) -> T {
    future.now_or_never().expect("the answer is there")
}

fn query() -> TraceQuery {
    TraceQuery {
        service: Some("api".to_owned()),
        operation: None,
        tags: Vec::new(),
        min_duration_ns: None,
        max_duration_ns: None,
        start_ns: 0,
        end_ns: 1_000_000_000,
        limit: 3,
    }
}

#[test]
fn the_old_dialect_is_taken_where_it_is() {
    let (server, client) = auto(&[LEGACY, V3]);
    assert_eq!(now(client.services()).expect("services"), ["api", "mcp-manager", "scheduler"]);
    assert_eq!(server.asked(), ["/j/api/services"; 2]);
    assert!(now(client.services()).is_ok());
    assert_eq!(server.asked(), ["/j/api/services"]);
}

#[test]
fn the_new_dialect_is_taken_where_the_old_one_is_not() {
    for missing in ["1.76/path_unknown", "documented/v3_path_unknown_404"] {
        let (server, client) = auto(&[("/api/services", missing), V3]);
        assert_eq!(now(client.services()).expect("services").len(), 3);
        assert_eq!(server.asked(), ["/j/api/services", "/j/api/v3/services", "/j/api/v3/services"]);
        assert!(client.search_request(&query()).url.starts_with("/j/api/v3/traces?"));
    }
}

#[test]
fn a_server_that_is_no_jaeger_is_told_apart_from_one_that_asks_who_you_are() {
    let (server, client) = auto(&[NO_LEGACY, ("/api/v3/services", "1.76/path_unknown")]);
    assert!(matches!(now(client.services()), Err(ApiError::NotJson { .. })));
    assert_eq!(server.asked().len(), 2);
    // The tenant's header is missing: that says nothing about the dialect.
    let (server, client) = auto(&[("/api/services", "documented/tenant_missing_401"), V3]);
    assert!(matches!(now(client.services()), Err(ApiError::Http { status: 401, .. })));
    assert_eq!(server.asked().len(), 1);
    server.now_answers(&[LEGACY]);
    assert!(now(client.services()).is_ok());
}

#[test]
fn the_dialect_is_looked_for_again_when_its_paths_are_gone() {
    let (server, client) = auto(&[LEGACY, ("/api/traces", "1.76/traces")]);
    assert!(now(client.search(&query())).is_ok());
    server.now_answers(&[
        NO_LEGACY,
        ("/api/traces", "documented/v3_path_unknown_404"),
        V3,
        ("/api/v3/traces", "1.76/v3_traces_merged"),
    ]);
    assert!(matches!(now(client.search(&query())), Err(ApiError::Http { status: 404, .. })));
    assert_eq!(now(client.search(&query())).expect("traces").traces.len(), 3);
}

#[test]
fn what_config_json_says_is_not_doubted() {
    let server = Server::of(&[LEGACY, V3]);
    assert!(now(client(&server, JaegerDialect::V3).services()).is_ok());
    assert!(now(client(&server, JaegerDialect::Legacy).services()).is_ok());
    assert_eq!(server.asked(), ["/j/api/v3/services", "/j/api/services"]);
}

#[test]
fn operations_of_both_dialects() {
    let legacy = auto(&[LEGACY, ("/api/operations", "1.76/operations")]).1;
    let v3 = auto(&[NO_LEGACY, V3, ("/api/v3/operations", "1.76/v3_operations")]).1;
    let operations = now(legacy.operations("api")).expect("operations");
    assert_eq!(operations, now(v3.operations("api")).expect("operations"));
    assert_eq!(operations.first(), Some(&Operation { name: "call".to_owned(), kind: SpanKind::Client }));
    assert!(operations.contains(&Operation { name: "never started".to_owned(), kind: SpanKind::Unspecified }));
    let none = auto(&[NO_LEGACY, V3, ("/api/v3/operations", "1.76/v3_operations_none")]).1;
    assert_eq!(now(none.operations("api")), Ok(Vec::new()));
    // A server that only speaks like Jaeger.
    let answers = [
        LEGACY,
        ("/api/operations", "documented/v3_path_unknown_404"),
        ("/api/services/a%2Fb/operations", "1.76/service_operations"),
    ];
    let (server, like) = auto(&answers);
    assert_eq!(now(like.operations("a/b")).expect("operations").len(), 7);
    assert_eq!(server.asked().pop().as_deref(), Some("/j/api/services/a%2Fb/operations"));
    let refusing = auto(&[LEGACY, ("/api/operations", "1.76/operations_without_service")]).1;
    assert_eq!(
        now(refusing.operations("")).map_err(|error| error.to_string()),
        Err("traces refused the request (Bad Request, 400): parameter 'service' is required".to_owned())
    );
}

#[test]
fn searches_find_the_newest_first() {
    let legacy = auto(&[LEGACY, ("/api/traces", "1.76/traces")]).1;
    let found = now(legacy.search(&query())).expect("traces");
    let ids: Vec<String> = found.traces.iter().map(|trace| trace.id().short()).collect();
    assert_eq!(
        (ids, found.is_cut, found.notices),
        (vec!["5e5e5e5".to_owned(), "00f067a".to_owned()], false, Vec::new())
    );
    let v3 = auto(&[NO_LEGACY, V3, ("/api/v3/traces", "1.76/v3_traces_merged")]).1;
    let found = now(v3.search(&query())).expect("traces");
    assert_eq!((found.traces.len(), found.is_cut), (3, true));
    assert!(found.traces.is_sorted_by(|a, b| a.start_ns() >= b.start_ns()));
}

#[test]
fn a_search_that_finds_nothing_is_no_error() {
    let legacy = auto(&[LEGACY, ("/api/traces", "1.76/traces_none")]).1;
    assert!(now(legacy.search(&query())).expect("no traces").traces.is_empty());
    let v3 = auto(&[NO_LEGACY, V3, ("/api/v3/traces", "1.76/v3_traces_none")]).1;
    assert!(now(v3.search(&query())).expect("no traces").traces.is_empty());
}

#[test]
fn refusals_say_why() {
    let check = |answers: &[(&'static str, &str)], expect: &str| {
        let error = now(auto(answers).1.search(&query())).expect_err("a refusal");
        assert_eq!(error.to_string(), expect);
    };
    check(
        &[LEGACY, ("/api/traces", "1.76/traces_without_service")],
        "traces refused the request (Bad Request, 400): parameter 'service' is required",
    );
    check(
        &[NO_LEGACY, V3, ("/api/v3/traces", "1.76/v3_traces_without_times")],
        "traces refused the request (Bad Request, 400): query.start_time_min and query.start_time_max are required",
    );
}

/// Old servers pass over `query.attributes`.
#[test]
fn tags_that_the_server_did_not_look_at_are_looked_at_here() {
    let v3 = auto(&[NO_LEGACY, V3, ("/api/v3/traces", "1.76/v3_traces_merged")]).1;
    let tagged = |tags: &[(&str, &str)]| {
        let tags = tags.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        now(v3.search(&TraceQuery { tags, ..query() })).expect("traces")
    };
    let found = tagged(&[("error", "true"), ("host.name", "api-1")]);
    assert_eq!(found.traces.iter().map(|trace| trace.id()).collect::<Vec<_>>(), [ID]);
    assert!(found.notices[0].message.starts_with("traces does not search by tags: of the 3 newest traces"));
    assert!(tagged(&[("error", "true"), ("span.kind", "server")]).traces.is_empty());
    assert_eq!(tagged(&[("rows", "3")]).traces.len(), 1);
    assert!(tagged(&[("batch", "other"), ("batch", "nightly")]).notices[0].message.contains("two values"));
}

#[test]
fn a_trace_by_its_id() {
    let legacy = auto(&[LEGACY, ("/api/traces/4bf92f3577b34da6a3ce929d0e0e4736", "1.76/trace")]).1;
    let v3 = auto(&[NO_LEGACY, V3, ("/api/v3/traces/4bf92f3577b34da6a3ce929d0e0e4736", "1.76/v3_trace")]).1;
    assert_eq!(told(&now(legacy.trace(ID)).expect("a trace")), told(&now(v3.trace(ID)).expect("a trace")));
}

#[test]
fn a_trace_that_is_not_there() {
    let legacy = auto(&[LEGACY, ("/api/traces", "1.76/trace_unknown")]).1;
    let v3 = auto(&[NO_LEGACY, V3, ("/api/v3/traces", "1.76/v3_trace_unknown")]).1;
    let empty = auto(&[LEGACY, ("/api/traces", "1.76/traces_none")]).1;
    for client in [legacy, v3, empty] {
        assert_eq!(
            now(client.trace(TraceId(0xdead))).expect_err("nothing").to_string(),
            "traces has no trace 000000000000dead: it may be too new or too old, or in another source; try again in a \
             moment, or search for it"
        );
    }
}

#[test]
fn some_of_several_traces() {
    let ids = [TraceId(0x00f0_67aa_0ba9_02b7), TraceId(0xdead)];
    let legacy = auto(&[LEGACY, ("/api/traces", "1.76/traces_of_ids")]).1;
    let v3 = auto(&[
        NO_LEGACY,
        V3,
        ("/api/v3/traces/00f067aa0ba902b7", "1.76/v3_trace_short_id"),
        ("/api/v3/traces/000000000000dead", "1.76/v3_trace_unknown"),
    ])
    .1;
    for client in [legacy, v3] {
        let found = now(client.traces_of_ids(&ids)).expect("one of them");
        let told: Vec<&str> = found.notices.iter().map(|notice| notice.message.as_str()).collect();
        assert_eq!((found.traces.len(), told), (1, vec!["trace 000000000000dead was not found"]));
    }
}

#[test]
fn dependencies() {
    let legacy = auto(&[LEGACY, ("/api/dependencies", "1.76/dependencies")]).1;
    let call = Dependency { parent: "api".to_owned(), child: "mcp-manager".to_owned(), call_count: 2 };
    assert_eq!(now(legacy.dependencies(2, 1)), Ok(vec![call]));
    let none = auto(&[("/api/dependencies", "1.76/dependencies_none")]).1;
    assert_eq!(now(none.dependencies(2, 1)), Ok(Vec::new()));
}

#[test]
fn files_of_every_shape_are_read() {
    let read = |json: &str| traces_from_document(json.as_bytes()).map(|traces| traces.iter().map(|t| t.len()).sum());
    let body = |name: &str| String::from_utf8(fixture(name).1).expect("text");
    let inside = |text: &str, from: &str, to: &str| {
        let start = text.find(from).expect("a start") + from.len();
        text[start..text.rfind(to).expect("an end")].to_owned()
    };
    let (legacy, v3): (String, String) = (body("1.76/traces"), body("1.76/v3_traces_merged"));
    let data = inside(&legacy, "{\"data\":", ",\"total\"");
    let spans = inside(&v3, "{\"result\":", "}");
    assert_eq!(read(&legacy), Ok(3_usize));
    assert_eq!(read(&data), Ok(3));
    assert_eq!(read(&inside(&body("1.76/trace"), "\"data\":[", "],\"total\"")), Ok(8));
    assert_eq!(read(&v3), Ok(11));
    assert_eq!(read(&spans), Ok(11));
    assert_eq!(read(&format!("\u{feff} {spans}\n{}\n", body("1.76/v3_trace_short_id"))), Ok(12));
    let error = |json: &str| read(json).expect_err("no traces").to_string();
    assert_eq!(read("{\"data\":[]}"), Err(DocumentError::Empty));
    assert_eq!(read(&data[..data.len() - 9]), Err(DocumentError::Truncated { byte_count: data.len() as u64 - 9 }));
    assert_eq!(
        error("{\"title\":\"x\"}"),
        "this is no file of traces: at byte 0 expected `data`, `spans`, `result` or `resourceSpans`; open JSON of Jaeger or \
         of OpenTelemetry"
    );
    assert!(error("<!doctype html>").contains("at byte 0 expected an object or a list of traces"));
    assert!(error("{\"data\":[{\"spans\":[{\"spanID\" 1}]}]}").contains("at byte 29 expected a colon"));
    assert!(error("{\"data\":[]} x").contains("expected the end"));
    assert_eq!(error(""), "the file ends early, after 0 bytes: download it again");
}
