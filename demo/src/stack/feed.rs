//! Logs and traces on their way to the servers: the platform's past first, then what happens.
//!
//! The simulator's events are told once ([`Teller`]) and sent to every server that takes the signal. Sending the past is all
//! or nothing: a server that does not take it fails the stack. Later a server may miss a slice; it is said and goes on.

use std::sync::Arc;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread::{Scope, ScopedJoinHandle};
use std::time::Duration;

use super::StackError;
use super::http::{Client, Refusal};
use crate::clock::{monotonic_now, wait};
use crate::signals::{Detail, LogRecord, Span, Teller, Told, elastic, loki, otlp, zipkin};
use crate::sim::Platform;

/// Zipkin keeps all of its spans in Java objects: a day of them would take gigabytes.
const ZIPKIN_PAST_MS: i64 = 2 * 3_600_000;

/// Of one body, so that none is larger than servers take.
const LOGS_PER_BODY: usize = 4_000;
const SPANS_PER_BODY: usize = 2_000;

/// How long a server may refuse a part of the past.
const PATIENCE: Duration = Duration::from_mins(1);
const RETRY_PAUSE: Duration = Duration::from_millis(500);

/// Where signals go: the addresses of the servers that run.
#[derive(Debug, Clone, Default)]
pub(super) struct Receivers {
    pub loki: Option<String>,
    pub otlp: Option<String>,
    pub zipkin: Option<String>,
    pub elasticsearch: Option<String>,
}

/// How much was sent, and how long it took.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Sent {
    pub logs: usize,
    pub spans: usize,
}

/// One kind of body for one server.
struct Route {
    server: &'static str,
    url: String,
    content_type: &'static str,
    body: Body,
    /// So much of the past is sent to it.
    past_ms: i64,
}

/// Some slices of the past.
#[derive(Default)]
struct Batch {
    told: Told,
    /// How long before now it ends.
    age_ms: i64,
}

#[derive(Clone, Copy)]
enum Body {
    Logs(fn(&[LogRecord]) -> Vec<u8>),
    Spans(fn(&[Span]) -> Vec<u8>),
}

fn routes(to: &Receivers) -> Vec<Route> {
    let json = "application/json";
    let route = |server, base: &Option<String>, path: &str, content_type, body| {
        let past_ms = if server == "zipkin" { ZIPKIN_PAST_MS } else { i64::MAX };
        base.as_ref().map(|base| Route { server, url: format!("{base}{path}"), content_type, body, past_ms })
    };
    [
        route("loki", &to.loki, "/loki/api/v1/push", json, Body::Logs(loki::body)),
        route("elasticsearch", &to.elasticsearch, "/_bulk", "application/x-ndjson", Body::Logs(elastic::bulk)),
        route("jaeger", &to.otlp, "/v1/traces", json, Body::Spans(otlp::body)),
        route("zipkin", &to.zipkin, "/api/v2/spans", json, Body::Spans(zipkin::body)),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// The feed of one stack.
pub(super) struct Feed {
    platform: Platform,
    teller: Teller,
    routes: Vec<Route>,
    client: Client,
}

impl Feed {
    /// Takes a platform at its beginning.
    pub(super) fn new(seed: u64, platform: Platform, to: &Receivers) -> Self {
        Self { platform, teller: Teller::new(seed), routes: routes(to), client: Client::new() }
    }

    /// Whether any server takes signals.
    pub(super) fn is_wanted(&self) -> bool {
        !self.routes.is_empty()
    }

    /// The time of the slice that comes next.
    pub(super) fn next_ms(&self) -> i64 {
        self.platform.next_ms()
    }

    /// Sends the past. Bodies are made and sent by one thread per server, so that a slow one holds up itself alone.
    /// `progress` hears each tenth that is told.
    pub(super) fn send_history(
        &mut self,
        should_stop: &(impl Fn() -> bool + Sync),
        progress: impl Fn(u32),
    ) -> Result<Sent, StackError> {
        let Self { platform, teller, routes, client } = self;
        let mut sent = Sent::default();
        let whole_ms = (platform.now_ms() - platform.start_ms()).max(1);
        let mut tenths = 0;
        std::thread::scope(|threads| {
            let senders: Vec<Sender> =
                routes.iter().map(|route| Sender::start(threads, client, route, should_stop)).collect();
            let mut batch = Batch::default();
            while platform.next_ms() <= platform.now_ms() && !should_stop() {
                let told = tell(platform, teller);
                sent.logs += told.logs.len();
                sent.spans += told.spans.len();
                batch.age_ms = platform.now_ms() - platform.next_ms();
                let told_tenths = (10 * (whole_ms - batch.age_ms) / whole_ms) as u32;
                if told_tenths > tenths && told_tenths < 10 {
                    tenths = told_tenths;
                    progress(10 * tenths);
                }
                batch.told.logs.extend(told.logs);
                batch.told.spans.extend(told.spans);
                if batch.told.logs.len() >= LOGS_PER_BODY || batch.told.spans.len() >= SPANS_PER_BODY {
                    let full = Arc::new(std::mem::take(&mut batch));
                    // A sender that has failed takes nothing more, and tells why when it is joined.
                    if senders.iter().any(|sender| sender.channel.send(Arc::clone(&full)).is_err()) {
                        break;
                    }
                }
            }
            let last = Arc::new(batch);
            senders.into_iter().try_for_each(|sender| sender.finish(&last))
        })?;
        Ok(sent)
    }

    /// Sends what has happened since; returns what could not be sent.
    pub(super) fn advance_to(&mut self, now_ms: i64) -> Vec<String> {
        let mut failures = Vec::new();
        while self.platform.next_ms() <= now_ms {
            let told = tell(&mut self.platform, &mut self.teller);
            for route in &self.routes {
                if let Err(Refusal { reason, .. }) = send(&self.client, route, &told) {
                    failures.push(format!("{} did not take what happened: {reason}", route.server));
                }
            }
        }
        failures
    }
}

fn tell(platform: &mut Platform, teller: &mut Teller) -> Told {
    teller.set_detail(Detail::of_age(platform.now_ms() - platform.next_ms()));
    platform.next_scrape();
    teller.tell(platform)
}

struct Sender<'scope> {
    channel: SyncSender<Arc<Batch>>,
    thread: ScopedJoinHandle<'scope, Result<(), StackError>>,
}

impl<'scope> Sender<'scope> {
    fn start<'env>(
        threads: &'scope Scope<'scope, 'env>,
        client: &'env Client,
        route: &'env Route,
        should_stop: &'env (impl Fn() -> bool + Sync),
    ) -> Self {
        let (channel, bodies) = sync_channel::<Arc<Batch>>(2);
        let thread = threads.spawn(move || {
            for batch in bodies.iter().filter(|batch| batch.age_ms <= route.past_ms) {
                send_patiently(client, route, &batch.told, should_stop)?;
            }
            Ok(())
        });
        Self { channel, thread }
    }

    fn finish(self, last: &Arc<Batch>) -> Result<(), StackError> {
        let Self { channel, thread } = self;
        // If it has failed, joining tells why.
        channel.send(Arc::clone(last)).unwrap_or(());
        drop(channel);
        thread.join().unwrap_or_else(|_| Err(StackError::Usage("a sender of signals panicked".to_owned())))
    }
}

fn send_patiently(
    client: &Client,
    route: &Route,
    told: &Told,
    should_stop: impl Fn() -> bool,
) -> Result<(), StackError> {
    let deadline = monotonic_now() + PATIENCE;
    loop {
        match send(client, route, told) {
            Ok(()) => return Ok(()),
            Err(Refusal { is_passing: true, .. }) if monotonic_now() < deadline && !should_stop() => {
                wait(RETRY_PAUSE, &should_stop);
            }
            Err(_) if should_stop() => return Ok(()),
            Err(Refusal { reason, .. }) => return Err(StackError::Feed { server: route.server, reason }),
        }
    }
}

fn send(client: &Client, route: &Route, told: &Told) -> Result<(), Refusal> {
    let Route { server, url, content_type, body, .. } = route;
    let post = |body: &[u8]| {
        // Not every line is for every server.
        if body.is_empty() {
            return Ok(());
        }
        let answer = client.post(url, content_type, body)?;
        // Elasticsearch says in an answer of status 200 which lines it did not take.
        if *server == "elasticsearch" && answer.contains("\"errors\":true") {
            let reason = answer.chars().take(400).collect();
            return Err(Refusal { reason, is_passing: answer.contains("es_rejected_execution") });
        }
        Ok(())
    };
    match body {
        Body::Logs(encode) => told.logs.chunks(LOGS_PER_BODY).try_for_each(|logs| post(&encode(logs))),
        Body::Spans(encode) => told.spans.chunks(SPANS_PER_BODY).try_for_each(|spans| post(&encode(spans))),
    }
}
