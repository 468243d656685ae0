//! One origin for everything: the built app as static files, Prometheus's API under `/prometheus` and Jaeger's under
//! `/jaeger`.
//!
//! Invariant: static files never wait for queries: a connection's own thread answers files and hands API calls to a pool.
//! It deliberately speaks plain HTTP and is meant for loopback.

pub mod csp;
mod files;
pub(crate) mod http;
pub(crate) mod listen;
mod proxy;

use std::io::Write;
use std::net::{SocketAddr, TcpListener};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use flate2::Compression;
use flate2::write::GzEncoder;
use thiserror::Error;

use crate::api::{Api, Params};
use crate::clock::Clock;
use crate::jaeger::Jaeger;
use files::Files;
use http::{Reply, Request};
use listen::{Answer, Listening};
use proxy::Upstream;

/// Where Prometheus's API lives on the origin.
pub const PREFIX: &str = "/prometheus";

/// Where Jaeger's API lives on the origin: its path in `deploy/nginx`.
pub const JAEGER_PREFIX: &str = "/jaeger";

/// Threads that answer API calls; a browser keeps at most six requests to one origin in flight.
const QUERY_THREADS: usize = 6;

/// Queries are evaluated by recursion; their depth is limited, and this is ample for it.
const QUERY_STACK_BYTES: usize = 16 << 20;

/// Answers smaller than this are not worth compressing.
const GZIP_MIN_BYTES: usize = 1024;

/// What to serve, and where.
#[derive(Debug, Clone)]
pub struct Options {
    pub listen: SocketAddr,
    pub dist: Option<PathBuf>,
    /// A real Prometheus that answers instead of the embedded store.
    pub upstream: Option<String>,
    /// Whether the app is told the demonstration's clock (it was chosen, not taken from the wall).
    pub announces_clock: bool,
}

/// Why the server cannot start.
#[derive(Debug, Error)]
pub enum ServeError {
    #[error("cannot listen on {address}: {reason}")]
    Listen { address: SocketAddr, reason: String },
    #[error("{0} is not an http:// address of a Prometheus server")]
    Upstream(String),
}

/// A running server; stopping it waits for its threads.
pub struct Running {
    listening: Listening,
    query_threads: Vec<JoinHandle<()>>,
    pub address: SocketAddr,
}

/// The APIs that are served beside the app.
pub struct Apis {
    pub prometheus: Api,
    /// Nothing is known of the traces of another Prometheus's platform.
    pub jaeger: Option<Jaeger>,
}

impl From<Api> for Apis {
    fn from(prometheus: Api) -> Self {
        Self { prometheus, jaeger: None }
    }
}

enum Backend {
    Embedded(Api),
    Upstream(Upstream),
}

struct Handler {
    files: Files,
    backend: Backend,
    jaeger: Option<Jaeger>,
}

/// An API call on its way to the pool.
struct Call {
    request: Request,
    answer_to: SyncSender<Reply>,
}

/// What connections ask.
struct Service {
    handler: Arc<Handler>,
    calls: Sender<Call>,
}

impl Running {
    pub fn start(options: &Options, apis: impl Into<Apis>, clock: &Clock) -> Result<Self, ServeError> {
        let listen_error =
            |error: std::io::Error| ServeError::Listen { address: options.listen, reason: error.to_string() };
        let listener = TcpListener::bind(options.listen).map_err(listen_error)?;
        let address = listener.local_addr().map_err(listen_error)?;
        let Apis { prometheus, jaeger } = apis.into();
        let backend = match &options.upstream {
            Some(url) => Backend::Upstream(Upstream::new(url).ok_or_else(|| ServeError::Upstream(url.clone()))?),
            None => Backend::Embedded(prometheus),
        };
        let announced = options.announces_clock.then(|| clock.clone());
        let handler = Arc::new(Handler { files: Files::new(options.dist.clone(), announced), backend, jaeger });
        let (calls, receiver) = channel::<Call>();
        let receiver = Arc::new(Mutex::new(receiver));
        let mut query_threads = Vec::new();
        for _ in 0..QUERY_THREADS {
            let (handler, receiver) = (Arc::clone(&handler), Arc::clone(&receiver));
            let thread = std::thread::Builder::new()
                .name("query".into())
                .stack_size(QUERY_STACK_BYTES)
                .spawn(move || answer_calls(&handler, &receiver))
                .map_err(listen_error)?;
            query_threads.push(thread);
        }
        let listening = Listening::start(listener, Service { handler, calls }).map_err(listen_error)?;
        Ok(Self { listening, query_threads, address })
    }

    /// Takes no further request, finishes those in hand (their clients wait a few seconds for it at most), and returns
    /// when all threads have ended.
    pub fn stop(self) {
        self.listening.stop();
        // The pool's threads end when nobody is left who could call them.
        for thread in self.query_threads {
            if thread.join().is_err() {
                eprintln!("a thread of the server ended by a panic");
            }
        }
    }
}

fn answer_calls(handler: &Handler, calls: &Mutex<Receiver<Call>>) {
    loop {
        let next = calls.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(Call { request, answer_to }) = next else { return };
        // A query that fails so badly must not take its thread from the queries after it.
        let reply = catch_unwind(AssertUnwindSafe(|| handler.query(&request)))
            .unwrap_or_else(|_reported| Reply::text(500, "the query ended by a panic\n"));
        // The connection waits for this one message, unless its thread has failed.
        answer_to.send(reply).unwrap_or(());
    }
}

impl Answer for Service {
    fn answer(&self, request: Request) -> Option<Reply> {
        if !request.path().starts_with(PREFIX) && below_jaeger(&request).is_none() {
            return Some(self.handler.file(&request));
        }
        let (answer_to, answer) = sync_channel(1);
        let sent = self.calls.send(Call { request, answer_to });
        let received = sent.ok().and_then(|()| answer.recv().ok());
        Some(received.unwrap_or_else(|| Reply::text(503, "no thread is left for queries\n")))
    }

    fn finish(&self, reply: Reply) -> Reply {
        reply
            .with("Content-Security-Policy", &self.handler.files.content_security_policy())
            .with("X-Content-Type-Options", "nosniff")
    }
}

impl Handler {
    fn file(&self, request: &Request) -> Reply {
        match request.method.as_str() {
            "GET" | "HEAD" => self.files.reply(request.path(), |encoding| request.accepts(encoding)),
            _ => Reply::text(405, "Method Not Allowed\n").with("Allow", "GET, HEAD"),
        }
    }

    fn query(&self, request: &Request) -> Reply {
        if let Some(path) = below_jaeger(request) {
            return match &self.jaeger {
                Some(jaeger) => traces(jaeger, request, path),
                None => Reply::text(404, "no traces are served here\n"),
            };
        }
        match &self.backend {
            Backend::Upstream(upstream) => upstream.forward(request),
            Backend::Embedded(api) => with_cors(request, embedded(api, request)),
        }
    }
}

/// The path below Jaeger's prefix, if it is that.
fn below_jaeger(request: &Request) -> Option<&str> {
    let path = request.path().strip_prefix(JAEGER_PREFIX)?;
    (path.is_empty() || path.starts_with('/')).then_some(path)
}

/// As Jaeger sends it: without CORS and uncompressed.
fn traces(jaeger: &Jaeger, request: &Request, path: &str) -> Reply {
    let mut params = Params::default();
    if let Some((_, query)) = request.url.split_once('?') {
        params.extend_from(query);
    }
    let answer = jaeger.handle(&request.method, path, &params, &request.body);
    let reply = Reply { status: answer.status, body: answer.body.into_bytes(), ..Reply::default() };
    if answer.content_type.is_empty() { reply } else { reply.with("Content-Type", answer.content_type) }
}

fn embedded(api: &Api, request: &Request) -> Reply {
    let mut params = Params::default();
    let is_form = request.header("Content-Type").starts_with("application/x-www-form-urlencoded");
    // Go's form parsing puts the body's values before those of the URL.
    if request.method == "POST" && is_form {
        params.extend_from(&String::from_utf8_lossy(&request.body));
    }
    if let Some((_, query)) = request.url.split_once('?') {
        params.extend_from(query);
    }
    let path = request.path().strip_prefix(PREFIX).unwrap_or("");
    let answer = api.handle(&request.method, path, &params);
    let mut reply = Reply { status: answer.status, body: answer.body.into_bytes(), ..Reply::default() };
    if !answer.content_type.is_empty() {
        reply = reply.with("Content-Type", answer.content_type);
    }
    if let Some(allow) = answer.allow {
        reply = reply.with("Allow", allow);
    }
    if reply.body.len() >= GZIP_MIN_BYTES && request.accepts("gzip") {
        let mut encoder = GzEncoder::new(Vec::with_capacity(reply.body.len() / 4), Compression::fast());
        if encoder.write_all(&reply.body).is_ok()
            && let Ok(packed) = encoder.finish()
        {
            reply.body = packed;
            reply = reply.with("Content-Encoding", "gzip");
        }
    }
    reply.with("Vary", "Accept-Encoding")
}

/// What Prometheus sends with its default `--web.cors.origin=".*"`.
fn with_cors(request: &Request, reply: Reply) -> Reply {
    if request.header("Origin").is_empty() {
        return reply;
    }
    reply
        .with("Access-Control-Allow-Origin", "*")
        .with("Access-Control-Allow-Methods", "GET, POST, OPTIONS")
        .with("Access-Control-Allow-Headers", "Accept, Authorization, Content-Type, Origin")
        .with("Access-Control-Expose-Headers", "Date")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_segments_lead_to_jaeger() {
        for (url, below) in [
            ("/jaeger", Some("")),
            ("/jaeger/api/traces?service=a", Some("/api/traces")),
            ("/jaegers/api", None),
            ("/prometheus/jaeger/api", None),
        ] {
            let request = Request { url: url.to_owned(), ..Request::default() };
            assert_eq!(below_jaeger(&request), below, "{url}");
        }
    }
}
