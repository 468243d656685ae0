//! The browser's edge in a real browser: `platform`, without Leptos.

#![cfg(all(target_arch = "wasm32", feature = "browser"))]
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test stops at what is not as it should be"
)]

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

use agentarea_observability::{
    api::http::{ApiError, BodySink, Credentials, Endpoint, FormParams, HttpRequest, ResponseHead, Transport},
    base::time::TimeZone,
    platform::{
        clock, dom, events,
        fetch::BrowserTransport,
        storage, text, timer,
        zone::{LocalZone, NamedZone},
    },
};
use futures_util::{
    FutureExt,
    future::{Either, select},
};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

#[derive(Default)]
struct Collected {
    head: Option<ResponseHead>,
    body: Vec<u8>,
    chunk_lengths: Vec<usize>,
}

impl BodySink for Collected {
    fn on_head(&mut self, head: &ResponseHead) {
        assert!(self.head.is_none() && self.body.is_empty(), "the head comes once, and first");
        self.head = Some(head.clone());
    }

    fn on_chunk(&mut self, bytes: &[u8]) {
        self.chunk_lengths.push(bytes.len());
        self.body.extend_from_slice(bytes);
    }
}

fn get(url: &str) -> HttpRequest {
    let mut request = Endpoint::new("Prometheus", "").get("", &FormParams::default());
    url.clone_into(&mut request.url);
    request
}

fn js(arguments: &str, body: &str) -> js_sys::Function {
    js_sys::Function::new_with_args(arguments, body)
}

fn run(body: &str) -> JsValue {
    js("", body).call0(&JsValue::NULL).unwrap()
}

/// Puts another `fetch` in the window's place; the real one returns when the guard is dropped.
struct FakeFetch(JsValue);

impl FakeFetch {
    fn new(body: &str) -> Self {
        let real = js_sys::Reflect::get(&js_sys::global(), &"fetch".into()).unwrap();
        let fake = js("request", &format!("globalThis.seen = request.signal; {body}"));
        js_sys::Reflect::set(&js_sys::global(), &"fetch".into(), &fake).unwrap();
        Self(real)
    }

    /// Whether the request that was sent last has been aborted.
    fn is_aborted() -> bool {
        run("return globalThis.seen.aborted").as_bool().unwrap()
    }
}

impl Drop for FakeFetch {
    fn drop(&mut self) {
        js_sys::Reflect::set(&js_sys::global(), &"fetch".into(), &self.0).unwrap();
    }
}

/// A response of one chunk whose body then goes on as `then` says (a statement about `stream`).
fn response_of_one_chunk(then: &str) -> String {
    format!(
        "return Promise.resolve(new Response(new ReadableStream({{ start(stream) {{ \
         stream.enqueue(new TextEncoder().encode('[1,2,3')); {then} }} }})))"
    )
}

#[wasm_bindgen_test]
async fn a_body_arrives_whole() {
    let url = run("const text = 'ä' + '0123456789'.repeat(100_000);
         return URL.createObjectURL(new Blob([text], { type: 'application/json; charset=utf-8' }))");
    let mut sink = Collected::default();
    let delivery = BrowserTransport.send(&get(&url.as_string().unwrap()), &mut sink).await.unwrap();
    assert_eq!(delivery.body_bytes, 1_000_002);
    assert_eq!(sink.body.len(), 1_000_002);
    assert!(sink.body.starts_with("ä0123456789".as_bytes()) && sink.body.ends_with(b"789"));
    let head = sink.head.unwrap();
    assert_eq!((head.status, head.is_json()), (200, true));
    assert_eq!(delivery.head, head);
    assert!(delivery.elapsed_ms >= delivery.first_byte_ms && delivery.first_byte_ms >= 0.0);
}

#[wasm_bindgen_test]
async fn a_body_arrives_in_the_pieces_that_the_network_gives() {
    let _fake = FakeFetch::new(
        "return Promise.resolve(new Response(new ReadableStream({ start(stream) {
           for (const text of ['a longer piece', 'b', '', 'the longest piece of all']) {
             stream.enqueue(new TextEncoder().encode(text));
           }
           stream.close();
         } })))",
    );
    let mut sink = Collected::default();
    BrowserTransport.send(&get("/pieces"), &mut sink).await.unwrap();
    // The buffer is one and the same: nothing of a longer piece follows a shorter one.
    assert_eq!(String::from_utf8(sink.body).unwrap(), "a longer piecebthe longest piece of all");
    assert_eq!(sink.chunk_lengths.into_iter().filter(|length| *length > 0).collect::<Vec<_>>(), [14, 1, 24]);
}

#[wasm_bindgen_test]
async fn what_cannot_be_reached_says_so() {
    let url = "http://127.0.0.1:1/api/v1/query";
    let error = BrowserTransport.send(&get(url), &mut Collected::default()).await.unwrap_err();
    let ApiError::Unreachable { source_name, url: said, .. } = error else { panic!("{error:?}") };
    assert_eq!((source_name.as_str(), said.as_str()), ("Prometheus", url));
}

#[wasm_bindgen_test]
async fn headers_that_cannot_be_sent_are_an_error() {
    for (name, value) in [("bad name", "x"), ("", "x"), ("X-Scope-OrgID", "two\nlines"), ("X-Scope-OrgID", "→")] {
        let mut request = get("data:,x");
        request.headers.push((name.to_owned(), value.to_owned()));
        let error = BrowserTransport.send(&request, &mut Collected::default()).await.unwrap_err();
        assert!(matches!(error, ApiError::Unreachable { .. }), "{name}: {error:?}");
    }
}

fn post(credentials: Credentials) -> HttpRequest {
    let endpoint = Endpoint {
        tenant_header: Some(("X-Scope-OrgID".to_owned(), "agentarea".to_owned())),
        credentials,
        ..Endpoint::new("Prometheus", "https://prometheus.example.org/")
    };
    endpoint.post("/api/v1/query", FormParams::default().with("query", "up + 1"))
}

#[wasm_bindgen_test]
async fn a_request_without_credentials_carries_what_it_was_given() {
    let _fake = FakeFetch::new(
        "return request.text().then((body) => new Response([request.method, request.url, body, \
         request.headers.get('Content-Type'), request.headers.get('X-Scope-OrgID'), request.credentials].join('|')))",
    );
    let mut sink = Collected::default();
    BrowserTransport.send(&post(Credentials::Omit), &mut sink).await.unwrap();
    assert_eq!(
        String::from_utf8(sink.body).unwrap(),
        "POST|https://prometheus.example.org/api/v1/query|query=up+%2B+1|application/x-www-form-urlencoded|agentarea|omit"
    );
}

/// Puts another `XMLHttpRequest` in the window's place. What `send` does is `body`, a statement about `this`, which has
/// `head(status)`, `end(text)` and `fail()`; the request that was sent last is `globalThis.asked`.
struct FakeXhr(JsValue);

impl FakeXhr {
    fn new(body: &str) -> Self {
        let real = js_sys::Reflect::get(&js_sys::global(), &"XMLHttpRequest".into()).unwrap();
        let class = run(&format!(
            "return class {{
               constructor() {{ Object.assign(this, {{ readyState: 0, status: 0, headers: [], aborts: 0, responseURL: '' }}); globalThis.asked = this; }}
               open(method, url) {{ Object.assign(this, {{ method, url, readyState: 1 }}); }}
               setRequestHeader(name, value) {{ this.headers.push(name + ': ' + value); }}
               getAllResponseHeaders() {{ return 'content-type: application/json\\r\\nRetry-After: 7\\r\\n'; }}
               abort() {{ this.aborts += 1; this.fail(); }}
               tell(readyState, status, response) {{
                 Object.assign(this, {{ readyState, status, response }});
                 this.onreadystatechange?.({{}});
                 if (readyState === 4) this.onloadend?.({{}});
               }}
               head(status) {{ this.tell(2, status, null); }}
               end(text) {{ this.tell(4, this.status, new TextEncoder().encode(text).buffer); }}
               fail() {{ this.tell(4, 0, null); }}
               send(body) {{ this.body = body; {body} }}
             }}"
        ));
        js_sys::Reflect::set(&js_sys::global(), &"XMLHttpRequest".into(), &class).unwrap();
        Self(real)
    }

    fn asked(what: &str) -> String {
        run(&format!("return String(globalThis.asked.{what})")).as_string().unwrap()
    }
}

impl Drop for FakeXhr {
    fn drop(&mut self) {
        js_sys::Reflect::set(&js_sys::global(), &"XMLHttpRequest".into(), &self.0).unwrap();
    }
}

#[wasm_bindgen_test]
async fn a_question_carries_what_it_was_given_and_brings_its_answer() {
    let _fake = FakeXhr::new(
        "this.responseURL = 'https://sso.example.org/login';
         setTimeout(() => this.head(503), 5); setTimeout(() => this.end('x'.repeat(600_000) + 'ä'), 10)",
    );
    let mut sink = Collected::default();
    let delivery = BrowserTransport.send(&post(Credentials::Include), &mut sink).await.unwrap();
    let asked = ["method", "url", "body", "withCredentials", "responseType", "headers.join()"].map(FakeXhr::asked);
    assert_eq!(
        asked.join("|"),
        "POST|https://prometheus.example.org/api/v1/query|query=up+%2B+1|true|arraybuffer|\
         X-Scope-OrgID: agentarea,Content-Type: application/x-www-form-urlencoded"
    );
    assert_eq!((delivery.body_bytes, sink.body.len()), (600_002, 600_002));
    assert!(sink.body.ends_with("xä".as_bytes()) && sink.chunk_lengths.len() > 2, "{:?}", sink.chunk_lengths);
    let head = sink.head.unwrap();
    assert_eq!(
        (head.status, head.content_type.as_str(), head.retry_after.as_deref()),
        (503, "application/json", Some("7"))
    );
    assert!(head.is_redirected && head.final_url == "https://sso.example.org/login");
    assert!(delivery.elapsed_ms >= delivery.first_byte_ms && delivery.first_byte_ms > 0.0);
    assert_eq!(FakeXhr::asked("aborts"), "0");
}

#[wasm_bindgen_test]
async fn a_question_that_fails_says_how_far_it_came() {
    let ask = async |then: &str| {
        let _fake = FakeXhr::new(then);
        BrowserTransport.send(&post(Credentials::SameOrigin), &mut Collected::default()).await.unwrap_err()
    };
    let error = ask("setTimeout(() => this.fail())").await;
    assert!(matches!(error, ApiError::Unreachable { .. }), "{error:?}");
    let error = ask("setTimeout(() => this.head(200)); setTimeout(() => this.fail(), 5)").await;
    assert_eq!(error, ApiError::Truncated { source_name: "Prometheus".to_owned(), received_bytes: None });
    assert!(error.to_string().contains("ended early: try again"), "{error}");
}

#[wasm_bindgen_test]
async fn dropping_a_question_aborts_it() {
    for then in ["", "setTimeout(() => this.head(200))"] {
        let _fake = FakeXhr::new(then);
        let (request, mut sink) = (post(Credentials::SameOrigin), Collected::default());
        let sent = BrowserTransport.send(&request, &mut sink);
        match select(sent, timer::sleep(30)).await {
            Either::Left(_) => panic!("a question without an answer ended"),
            Either::Right(((), sent)) => {
                assert_eq!(FakeXhr::asked("aborts"), "0");
                drop(sent);
            }
        }
        assert_eq!(FakeXhr::asked("aborts"), "1", "{then}");
    }
}

#[wasm_bindgen_test]
async fn dropping_a_request_that_waits_aborts_it() {
    let _fake = FakeFetch::new("return new Promise(() => {})");
    let (request, mut sink) = (get("/never"), Collected::default());
    // Polled once, then dropped.
    assert!(BrowserTransport.send(&request, &mut sink).now_or_never().is_none());
    assert!(FakeFetch::is_aborted());
}

#[wasm_bindgen_test]
async fn dropping_a_request_in_its_body_aborts_it() {
    let _fake = FakeFetch::new(&response_of_one_chunk(""));
    let (request, mut sink) = (get("/stalls"), Collected::default());
    let sent = BrowserTransport.send(&request, &mut sink);
    match select(sent, timer::sleep(50)).await {
        Either::Left(_) => panic!("a body that does not end ended"),
        Either::Right(((), sent)) => {
            assert!(!FakeFetch::is_aborted());
            drop(sent);
        }
    }
    assert!(FakeFetch::is_aborted());
    assert_eq!(sink.body, b"[1,2,3");
}

#[wasm_bindgen_test]
async fn a_request_that_ended_is_not_aborted() {
    let _fake = FakeFetch::new(&response_of_one_chunk("stream.close()"));
    let mut sink = Collected::default();
    BrowserTransport.send(&get("/ends"), &mut sink).await.unwrap();
    assert_eq!(sink.body, b"[1,2,3");
    assert!(!FakeFetch::is_aborted());
}

#[wasm_bindgen_test]
async fn a_connection_that_breaks_says_how_far_it_came() {
    let _fake = FakeFetch::new(&response_of_one_chunk("setTimeout(() => stream.error(new TypeError('broken')), 20)"));
    let error = BrowserTransport.send(&get("/breaks"), &mut Collected::default()).await.unwrap_err();
    assert_eq!(error, ApiError::Truncated { source_name: "Prometheus".to_owned(), received_bytes: Some(6) });
}

/// Unix milliseconds of an RFC 3339 time.
fn at(time: &str) -> i64 {
    let ms = js_sys::Date::parse(time);
    assert!(ms.is_finite(), "{time}");
    ms as i64
}

#[wasm_bindgen_test]
fn named_zones_know_their_offsets() {
    let check = |name: &str, expected: &[(&str, i32)]| {
        let zone = NamedZone::new(name).unwrap_or_else(|| panic!("{name} is unknown"));
        assert_eq!(zone.name(), name);
        for (time, minutes) in expected {
            assert_eq!(zone.offset_secs_at(at(time)), minutes * 60, "{name} at {time}");
        }
        // What was asked before is remembered, and still right.
        for (time, minutes) in expected.iter().rev() {
            assert_eq!(zone.offset_secs_at(at(time)), minutes * 60, "{name} at {time}, asked again");
        }
    };
    check("UTC", &[("2026-01-15T12:00:00Z", 0), ("2026-07-15T12:00:00Z", 0)]);
    check(
        "Europe/Berlin",
        &[
            ("2026-03-29T00:59:59.999Z", 60),
            ("2026-03-29T01:00:00Z", 120),
            ("2026-10-25T00:59:59Z", 120),
            ("2026-10-25T01:00:00Z", 60),
        ],
    );
    check("America/New_York", &[("2026-03-08T06:59:59Z", -300), ("2026-03-08T07:00:00Z", -240)]);
    check("America/St_Johns", &[("2026-01-15T00:00:00Z", -210), ("2026-07-15T00:00:00Z", -150)]);
    check("Asia/Kathmandu", &[("2026-01-15T00:10:00.500Z", 345)]);
    check("Pacific/Kiritimati", &[("2026-12-31T11:00:00Z", 840)]);
    // Half an hour of summer time, changed at half past an hour of UTC.
    check("Australia/Lord_Howe", &[("2026-10-03T15:29:59Z", 630), ("2026-10-03T15:30:00Z", 660)]);
    // Before 1970.
    check("Europe/Berlin", &[("1965-06-01T00:00:00Z", 60)]);
}

#[wasm_bindgen_test]
fn an_unknown_zone_is_none() {
    for name in ["Mars/Olympus_Mons", "", "Europe/", "not a zone"] {
        assert!(NamedZone::new(name).is_none(), "{name}");
    }
}

#[wasm_bindgen_test]
fn the_local_zone_is_the_browsers() {
    let local = LocalZone::new();
    assert!(!local.name().is_empty());
    let named = NamedZone::new(local.name()).expect("the browser knows its own zone");
    for time in ["2026-01-15T12:00:00Z", "2026-07-15T12:00:00Z"] {
        assert_eq!(local.offset_secs_at(at(time)), named.offset_secs_at(at(time)), "{time}");
    }
}

#[wasm_bindgen_test]
fn storage_remembers_under_our_own_prefix() {
    assert_eq!(storage::read("never written"), None);
    storage::write("test", "one");
    storage::write("test", "zwei → 2");
    assert_eq!(storage::read("test").as_deref(), Some("zwei → 2"));
    assert_eq!(run("return localStorage.getItem('agentarea.test')").as_string().as_deref(), Some("zwei → 2"));
}

#[wasm_bindgen_test]
fn blocked_storage_remembers_nothing() {
    run("Object.defineProperty(window, 'localStorage', { configurable: true, get() { throw new Error('blocked') } })");
    storage::write("blocked", "x");
    let read = storage::read("blocked");
    run("delete window.localStorage");
    assert_eq!(read, None);
}

#[wasm_bindgen_test]
async fn timers_fire_once_unless_they_are_dropped() {
    let fired = Rc::new(Cell::new(0));
    let count = |by: i32| {
        let fired = Rc::clone(&fired);
        move || fired.set(fired.get() + by)
    };
    let _kept = timer::after(5, count(1));
    let _frame = timer::next_frame(count(10));
    drop(timer::after(5, count(100)));
    drop(timer::next_frame(count(1_000)));
    assert_eq!(fired.get(), 0, "never at once");
    timer::sleep(150).await;
    assert_eq!(fired.get(), 11);
}

#[wasm_bindgen_test]
async fn sleeping_takes_its_time() {
    let from_ms = clock::monotonic_ms();
    timer::sleep(40).await;
    // Timers are rounded to milliseconds.
    assert!(clock::monotonic_ms() - from_ms >= 39.0);
}

#[wasm_bindgen_test]
async fn the_clock_can_be_moved_and_held() {
    let real_ms = js_sys::Date::now() as i64;
    clock::start_at(real_ms, false);
    assert!((clock::now_ms() - real_ms).abs() < 1_000);

    let start_ms = at("2026-11-22T08:50:00Z");
    clock::start_at(start_ms, true);
    timer::sleep(20).await;
    assert_eq!(clock::now_ms(), start_ms);

    clock::start_at(start_ms, false);
    timer::sleep(20).await;
    assert!((start_ms + 15..start_ms + 5_000).contains(&clock::now_ms()));
    clock::start_at(js_sys::Date::now() as i64, false);
}

#[wasm_bindgen_test]
fn text_has_the_width_that_the_browser_draws() {
    let width = |content: &str, size_px: f64| text::width_px(content, size_px, "sans-serif");
    assert!(width("", 11.0) < 0.01);
    assert!(width("MMMM", 11.0) > 1.5 * width("iiii", 11.0));
    let (small, large) = (width("12:30", 11.0), width("12:30", 22.0));
    assert!((large / small - 2.0).abs() < 0.1, "{small} {large}");
    assert!((5.0..60.0).contains(&small), "{small}");
    assert!((width("12:30", 11.0) - small).abs() < f64::EPSILON);
}

fn element(markup: &str) -> web_sys::HtmlElement {
    let host = dom::document().unwrap().create_element("div").unwrap();
    host.set_inner_html(markup);
    dom::document().unwrap().body().unwrap().append_child(&host).unwrap();
    host.dyn_into().unwrap()
}

#[wasm_bindgen_test]
fn listeners_end_with_their_guard() {
    let host = element("<button>x</button>");
    let heard = Rc::new(Cell::new(0));
    let counter = Rc::clone(&heard);
    let listener = events::listen(host.as_ref(), "click", move |_| counter.set(counter.get() + 1));
    host.click();
    assert_eq!(heard.get(), 1);
    drop(listener);
    host.click();
    assert_eq!(heard.get(), 1);
    host.remove();
}

#[wasm_bindgen_test]
async fn sizes_are_reported_until_the_watch_is_dropped() {
    let host = element("");
    host.style().set_css_text("width: 120px; height: 40px");
    let sizes = Rc::new(RefCell::new(Vec::new()));
    let reported = Rc::clone(&sizes);
    let watch = events::watch_size(&host, move |w, h| reported.borrow_mut().push((w as i32, h as i32))).unwrap();
    timer::sleep(60).await;
    host.style().set_css_text("width: 200px; height: 50px");
    timer::sleep(60).await;
    drop(watch);
    host.style().set_css_text("width: 10px; height: 10px");
    timer::sleep(60).await;
    assert_eq!(*sizes.borrow(), [(120, 40), (200, 50)]);
    host.remove();
}

#[wasm_bindgen_test]
fn the_focus_moves_among_items_and_stays_inside() {
    let host = element(
        "<button class='item' id='a'></button><button class='item' id='b'></button>\
         <input id='c' class='item'><button id='d' disabled></button>",
    );
    let focused = || dom::document().unwrap().active_element().unwrap().id();
    dom::focus_first(&host, ".item");
    assert_eq!(focused(), "a");
    assert!(dom::move_focus(&host, ".item", 1));
    assert_eq!(focused(), "b");
    assert!(dom::move_focus(&host, ".item", -2));
    assert_eq!(focused(), "c", "around the start");
    assert!(!dom::move_focus(&host, ".item", 1), "a field keeps its arrows");
    assert!(dom::wrap_focus(&host, false));
    assert_eq!(focused(), "a", "after the last comes the first; what is disabled does not count");
    assert!(!dom::wrap_focus(&host, false));
    assert!(dom::wrap_focus(&host, true));
    assert_eq!(focused(), "c");
    host.remove();
}

#[wasm_bindgen_test]
fn tokens_are_read_where_the_element_stands() {
    let host = element("<div id='inner' style='--series-1: #123456'></div>");
    let inner = host.query_selector("#inner").unwrap().unwrap();
    assert_eq!(dom::css_token(&inner, "--series-1"), "#123456");
    assert_eq!(dom::css_token(&host, "--series-1"), "");
    host.remove();
}
