//! When requests go out, on a transport, a clock and dice of the test's own: nothing here waits for real time.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::type_complexity,
    reason = "a test stops at the first thing that is not as it should be"
)]

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

use agentarea_observability::{
    api::{
        http::{ApiError, BodySink, Delivery, Endpoint, FormParams, HttpRequest, ResponseHead, Transport},
        prometheus::{PrometheusClient, RangeQuery},
        scheduler::{HeadStart, MAX_IN_FLIGHT_PER_ORIGIN, Scheduler},
    },
    base::time::Grid,
};
use futures_channel::oneshot;
use futures_executor::LocalPool;
use futures_util::{
    FutureExt,
    future::{AbortHandle, LocalBoxFuture, abortable},
    task::LocalSpawnExt,
};

const BODY: &str = r#"{"status":"success","data":{"resultType":"matrix","result":[]}}"#;

/// A request that waits for the test to answer it.
struct Pending {
    request: HttpRequest,
    answer: oneshot::Sender<(u16, &'static str)>,
}

#[derive(Default)]
struct World {
    pending: RefCell<Vec<Pending>>,
    sent_count: Cell<usize>,
    aborted_count: Cell<usize>,
    /// Lengths of the sleeps and how to end them.
    sleeps: RefCell<Vec<(u32, oneshot::Sender<()>)>>,
}

struct FakeTransport(Rc<World>);

/// Counts a send whose future was dropped before its end.
struct AbortCounter {
    world: Rc<World>,
    is_finished: bool,
}

impl Drop for AbortCounter {
    fn drop(&mut self) {
        if !self.is_finished {
            self.world.aborted_count.set(self.world.aborted_count.get() + 1);
        }
    }
}

impl Transport for FakeTransport {
    fn send<'a>(
        &'a self,
        request: &'a HttpRequest,
        sink: &'a mut dyn BodySink,
    ) -> LocalBoxFuture<'a, Result<Delivery, ApiError>> {
        Box::pin(async move {
            let (answer, answered) = oneshot::channel();
            self.0.sent_count.set(self.0.sent_count.get() + 1);
            self.0.pending.borrow_mut().push(Pending { request: request.clone(), answer });
            let mut counter = AbortCounter { world: Rc::clone(&self.0), is_finished: false };
            let (status, body) = answered.await.unwrap();
            counter.is_finished = true;
            let head = ResponseHead { status, content_type: "application/json".to_owned(), ..ResponseHead::default() };
            sink.on_head(&head);
            sink.on_chunk(body.as_bytes());
            Ok(Delivery { head, body_bytes: body.len() as u64, ..Delivery::default() })
        })
    }
}

impl World {
    fn answer(&self, at: usize, status: u16, body: &'static str) {
        let pending = self.pending.borrow_mut().remove(at);
        pending.answer.send((status, body)).unwrap();
    }

    /// Ends the oldest sleep of that length that someone still waits for.
    fn wake(&self, is_wanted: impl Fn(u32) -> bool) {
        let mut sleeps = self.sleeps.borrow_mut();
        sleeps.retain(|(_, end)| !end.is_canceled());
        let at = sleeps.iter().position(|(ms, _)| is_wanted(*ms)).expect("nobody sleeps that long");
        sleeps.remove(at).1.send(()).unwrap();
    }
}

struct Bench {
    world: Rc<World>,
    pool: LocalPool,
    scheduler: Rc<Scheduler>,
    results: Rc<RefCell<Vec<(String, Result<u64, ApiError>)>>>,
}

impl Bench {
    fn new() -> Self {
        Self::with(|scheduler| scheduler)
    }

    fn with(change: impl FnOnce(Scheduler) -> Scheduler) -> Self {
        let world = Rc::new(World::default());
        let sleeping = Rc::clone(&world);
        let scheduler = Scheduler::new(
            Rc::new(FakeTransport(Rc::clone(&world))),
            move |ms| {
                let (end, ended) = oneshot::channel();
                sleeping.sleeps.borrow_mut().push((ms, end));
                ended.map(|_| ()).boxed_local()
            },
            || 0.5,
        );
        Self { world, pool: LocalPool::new(), scheduler: Rc::new(change(scheduler)), results: Rc::default() }
    }

    fn client(&self, base_url: &str) -> PrometheusClient {
        PrometheusClient::new(Endpoint::new("metrics", base_url), Rc::clone(&self.scheduler) as Rc<dyn Transport>)
    }

    /// Starts a query; dropping it is `abort()` on what comes back.
    fn ask(&mut self, client: &PrometheusClient, expr: &str) -> AbortHandle {
        let (client, results) = (client.clone(), Rc::clone(&self.results));
        let query = RangeQuery::new(expr, Grid { start_ms: 0, end_ms: 60_000, step_ms: 15_000 });
        let (work, handle) = abortable(async move {
            let result = client.query_range(&query).await.map(|answer| answer.stats.body_bytes);
            results.borrow_mut().push((query.expr, result));
        });
        self.pool.spawner().spawn_local(work.map(|_| ())).unwrap();
        self.pool.run_until_stalled();
        handle
    }

    fn abort(&mut self, handle: &AbortHandle) {
        handle.abort();
        self.pool.run_until_stalled();
    }

    fn answer(&mut self, at: usize, status: u16, body: &'static str) {
        self.world.answer(at, status, body);
        self.pool.run_until_stalled();
    }

    fn wake(&mut self, is_wanted: impl Fn(u32) -> bool) {
        self.world.wake(is_wanted);
        self.pool.run_until_stalled();
    }

    fn asked(&self) -> Vec<String> {
        let query = |pending: &Pending| {
            let body = pending.request.body.clone().unwrap_or_default();
            body.split('&').next().unwrap_or_default().replace("query=", "")
        };
        self.world.pending.borrow().iter().map(query).collect()
    }
}

fn is_pause(ms: u32) -> bool {
    ms < 5_000
}

#[test]
fn six_go_out_and_the_rest_waits_in_order() {
    let mut bench = Bench::new();
    let client = bench.client("/prometheus");
    let handles: Vec<_> = (0..9).map(|n| bench.ask(&client, &format!("q{n}"))).collect();
    assert_eq!(bench.asked(), ["q0", "q1", "q2", "q3", "q4", "q5"]);
    assert_eq!(bench.scheduler.queued_count(), 3);

    // One that waits gives its place up.
    bench.abort(&handles[6]);
    assert_eq!(bench.scheduler.queued_count(), 2);
    assert_eq!(bench.world.aborted_count.get(), 0);

    // One that is on its way gives its slot up.
    bench.abort(&handles[0]);
    assert_eq!(bench.world.aborted_count.get(), 1);
    assert!(bench.asked().contains(&"q7".to_owned()));
    assert!(!bench.asked().contains(&"q8".to_owned()));

    bench.answer(1, 200, BODY);
    assert!(bench.asked().contains(&"q8".to_owned()));
    assert_eq!(bench.results.borrow().len(), 1);
    assert_eq!(bench.world.sent_count.get(), MAX_IN_FLIGHT_PER_ORIGIN + 2);
}

const HEAD_START: HeadStart = HeadStart { request_count: 2, most_ms: 40 };

#[test]
fn the_first_two_go_ahead_until_one_is_answered() {
    let mut bench = Bench::with(|scheduler| scheduler.with_head_start(HEAD_START));
    let client = bench.client("/prometheus");
    let handles: Vec<_> = (0..10).map(|n| bench.ask(&client, &format!("q{n}"))).collect();
    assert_eq!(bench.asked(), ["q0", "q1"]);
    // Those that wait keep their order, and give their places up.
    bench.abort(&handles[3]);
    bench.answer(1, 200, BODY);
    assert_eq!(bench.asked(), ["q0", "q2", "q4", "q5", "q6", "q7"]);
    assert_eq!(bench.scheduler.queued_count(), 2);

    // Only once: from now on six go out at a time.
    while !bench.world.pending.borrow().is_empty() {
        bench.answer(0, 200, BODY);
    }
    (0..7).for_each(|n| drop(bench.ask(&client, &format!("r{n}"))));
    assert_eq!(bench.asked(), ["r0", "r1", "r2", "r3", "r4", "r5"]);
}

#[test]
fn a_head_start_ends_by_itself() {
    let mut bench = Bench::with(|scheduler| scheduler.with_head_start(HEAD_START));
    let client = bench.client("/prometheus");
    (0..7).for_each(|n| drop(bench.ask(&client, &format!("q{n}"))));
    assert_eq!(bench.asked(), ["q0", "q1"]);
    bench.wake(|ms| ms == 40);
    assert_eq!(bench.asked(), ["q0", "q1", "q2", "q3", "q4", "q5"]);
    assert_eq!(bench.scheduler.queued_count(), 1);
    // Another origin has one of its own.
    let other = bench.client("https://elsewhere.test/prometheus");
    (0..3).for_each(|n| drop(bench.ask(&other, &format!("o{n}"))));
    assert_eq!(bench.asked().len(), 8);
}

#[test]
fn each_origin_has_its_own_slots() {
    let mut bench = Bench::new();
    let (here, there) = (bench.client("/prometheus"), bench.client("https://p.example.org"));
    for n in 0..7 {
        bench.ask(&here, &format!("here{n}"));
    }
    bench.ask(&there, "there");
    assert!(bench.asked().contains(&"there".to_owned()));
    assert_eq!(bench.scheduler.queued_count(), 1);
}

#[test]
fn the_same_question_is_asked_once_and_aborted_by_the_last_who_leaves() {
    let mut bench = Bench::new();
    let client = bench.client("/prometheus");
    let first = bench.ask(&client, "same");
    let second = bench.ask(&client, "same");
    bench.ask(&client, "other");
    assert_eq!(bench.asked(), ["same", "other"]);

    bench.abort(&first);
    assert_eq!(bench.world.aborted_count.get(), 0, "someone still waits");
    bench.answer(0, 200, BODY);
    assert_eq!(bench.results.borrow().as_slice(), [("same".to_owned(), Ok(BODY.len() as u64))]);
    drop(second);

    // What is done is asked anew.
    let third = bench.ask(&client, "same");
    let fourth = bench.ask(&client, "same");
    assert_eq!(bench.asked(), ["other", "same"]);
    bench.abort(&third);
    bench.abort(&fourth);
    assert_eq!(bench.world.aborted_count.get(), 1);
    bench.ask(&client, "same");
    assert_eq!(bench.world.sent_count.get(), 4, "what was aborted is asked anew");
}

#[test]
fn errors_are_shared_too() {
    let mut bench = Bench::new();
    let client = bench.client("/prometheus");
    bench.ask(&client, "same");
    bench.ask(&client, "same");
    bench.answer(0, 400, r#"{"status":"error","errorType":"bad_data","error":"no"}"#);
    let results = bench.results.borrow();
    assert_eq!(results.len(), 2);
    assert!(results.iter().all(|(_, result)| matches!(result, Err(ApiError::Backend { status: 400, .. }))));
}

#[test]
fn only_a_503_is_tried_again_and_three_times_at_most() {
    let mut bench = Bench::new();
    let client = bench.client("/prometheus");
    let timeout = r#"{"status":"error","errorType":"timeout","error":"too slow"}"#;
    bench.ask(&client, "q");
    bench.answer(0, 503, timeout);
    assert_eq!(bench.world.pending.borrow().len(), 0, "a pause comes first");
    bench.wake(|ms| ms == 400);
    bench.answer(0, 503, timeout);
    bench.wake(|ms| ms == 800);
    bench.answer(0, 503, timeout);
    assert_eq!(bench.world.sent_count.get(), 3);
    assert!(matches!(
        bench.results.borrow().as_slice(),
        [(_, Err(ApiError::Backend { status: 503, kind, .. }))] if kind == "timeout"
    ));
    bench.results.borrow_mut().clear();

    bench.ask(&client, "again");
    bench.answer(0, 503, timeout);
    bench.wake(is_pause);
    bench.answer(0, 200, BODY);
    assert_eq!(bench.results.borrow().as_slice(), [("again".to_owned(), Ok(BODY.len() as u64))]);
    bench.results.borrow_mut().clear();

    for status in [400, 422, 429, 500, 502, 504] {
        let before = bench.world.sent_count.get();
        bench.ask(&client, "once");
        bench.answer(0, status, "{}");
        assert_eq!(bench.world.sent_count.get(), before + 1, "{status}");
        assert!(matches!(bench.results.borrow_mut().pop(), Some((_, Err(_)))), "{status}");
    }
}

#[test]
fn a_pause_does_not_hold_a_slot() {
    let mut bench = Bench::new();
    let client = bench.client("/prometheus");
    for n in 0..7 {
        bench.ask(&client, &format!("q{n}"));
    }
    bench.answer(0, 503, "");
    assert!(bench.asked().contains(&"q6".to_owned()));
}

#[test]
fn what_takes_too_long_is_aborted() {
    let mut bench = Bench::new();
    let client = bench.client("/prometheus");
    for n in 0..7 {
        bench.ask(&client, &format!("q{n}"));
    }
    bench.wake(|ms| ms == 30_000);
    assert_eq!(bench.world.aborted_count.get(), 1);
    assert!(matches!(bench.results.borrow().as_slice(), [(_, Err(ApiError::TimedOut { timeout_ms: 30_000, .. }))]));
    assert!(bench.asked().contains(&"q6".to_owned()), "its slot is free again");
}

#[test]
fn too_many_points_are_refused_before_they_are_asked() {
    let mut bench = Bench::new();
    let client = bench.client("/prometheus");
    let query = RangeQuery::new("up", Grid { start_ms: 0, end_ms: 11_000_000, step_ms: 1_000 });
    let result = bench.pool.run_until(async { client.query_range(&query).await });
    assert!(matches!(result, Err(ApiError::TooManyPoints { point_count: 11_001, .. })));
    assert_eq!(bench.world.sent_count.get(), 0);
}

#[test]
fn a_range_query_is_one_simple_form_post() {
    let mut bench = Bench::new();
    let client = bench.client("/prometheus");
    bench.ask(&client, "rate(x[5m])");
    let pending = bench.world.pending.borrow();
    let expected = FormParams::default()
        .with("query", "rate(x[5m])")
        .with("start", "0")
        .with("end", "60")
        .with("step", "15")
        .with("timeout", "28.5");
    assert_eq!(pending[0].request, Endpoint::new("metrics", "/prometheus").post("/api/v1/query_range", expected));
}
