//! One origin for everything: the built app as static files, and the Prometheus API under `/prometheus`.
//!
//! Invariant: static files never wait for queries: whoever receives requests answers files itself and hands API calls to
//! a pool of their own. It deliberately speaks plain HTTP and is meant for loopback.

mod csp;
mod files;
mod proxy;

use std::io::{Cursor, Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use flate2::Compression;
use flate2::write::GzEncoder;
use socket2::SockRef;
use thiserror::Error;
use tiny_http::{Header, Method, Request, Response, Server};

use crate::api::{Api, Params};
use crate::clock::Clock;
use files::Files;
use proxy::Upstream;

/// Where the API lives on the origin.
pub const PREFIX: &str = "/prometheus";

/// Threads that receive requests and answer static files.
const FILE_THREADS: usize = 4;

/// Threads that answer API calls; a browser keeps at most six requests to one origin in flight.
const QUERY_THREADS: usize = 6;

/// Queries are evaluated by recursion; their depth is limited, and this is ample for it.
const QUERY_STACK_BYTES: usize = 16 << 20;

/// Answers smaller than this are not worth compressing.
const GZIP_MIN_BYTES: usize = 1024;

/// The largest form that is read.
const MAX_FORM_BYTES: u64 = 4 << 20;

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
    server: Arc<Server>,
    threads: Vec<JoinHandle<()>>,
    pub address: SocketAddr,
}

enum Backend {
    Embedded(Api),
    Upstream(Upstream),
}

struct Handler {
    files: Files,
    backend: Backend,
}

impl Running {
    pub fn start(options: &Options, api: Api, clock: &Clock) -> Result<Self, ServeError> {
        let listen_error = |reason: String| ServeError::Listen { address: options.listen, reason };
        let listener = TcpListener::bind(options.listen).map_err(|error| listen_error(error.to_string()))?;
        let address = listener.local_addr().map_err(|error| listen_error(error.to_string()))?;
        // Accepted connections inherit this. Without it an answer's last packet waits 40 ms for an acknowledgement.
        SockRef::from(&listener).set_tcp_nodelay(true).map_err(|error| listen_error(error.to_string()))?;
        let server = Arc::new(Server::from_listener(listener, None).map_err(|error| listen_error(error.to_string()))?);
        let backend = match &options.upstream {
            Some(url) => Backend::Upstream(Upstream::new(url).ok_or_else(|| ServeError::Upstream(url.clone()))?),
            None => Backend::Embedded(api),
        };
        let announced = options.announces_clock.then(|| clock.clone());
        let handler = Arc::new(Handler { files: Files::new(options.dist.clone(), announced), backend });
        let (sender, receiver) = channel::<Request>();
        let receiver = Arc::new(Mutex::new(receiver));
        let mut threads = Vec::new();
        for _ in 0..FILE_THREADS {
            let (server, handler, sender) = (Arc::clone(&server), Arc::clone(&handler), sender.clone());
            threads.push(std::thread::spawn(move || receive(&server, &handler, &sender)));
        }
        for _ in 0..QUERY_THREADS {
            let (handler, receiver) = (Arc::clone(&handler), Arc::clone(&receiver));
            let thread = std::thread::Builder::new()
                .name("query".into())
                .stack_size(QUERY_STACK_BYTES)
                .spawn(move || answer_queries(&handler, &receiver))
                .map_err(|error| listen_error(error.to_string()))?;
            threads.push(thread);
        }
        Ok(Self { server, threads, address })
    }

    /// Takes no further request, finishes those in hand, and returns when all threads have ended.
    pub fn stop(self) {
        let Self { server, threads, .. } = self;
        for _ in 0..FILE_THREADS {
            server.unblock();
        }
        for thread in threads {
            if thread.join().is_err() {
                eprintln!("a thread of the server ended by a panic");
            }
        }
    }
}

fn receive(server: &Server, handler: &Handler, queries: &Sender<Request>) {
    // `recv` fails only when the server is told to stop.
    while let Ok(request) = server.recv() {
        if path_of(&request).starts_with(PREFIX) {
            if queries.send(request).is_err() {
                return;
            }
        } else {
            let (reply, method) = (handler.file(&request), request.method().clone());
            send(request, &method, reply, handler);
        }
    }
}

fn answer_queries(handler: &Handler, queries: &Mutex<Receiver<Request>>) {
    loop {
        let next = queries.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(mut request) = next else { return };
        let method = request.method().clone();
        let reply = handler.query(&mut request);
        send(request, &method, reply, handler);
    }
}

/// An answer before it is put on the wire.
#[derive(Debug, Default)]
struct Reply {
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Reply {
    fn text(status: u16, text: &str) -> Self {
        Self { status, body: text.as_bytes().to_vec(), ..Self::default() }
            .with("Content-Type", "text/plain; charset=utf-8")
    }

    fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }
}

fn path_of(request: &Request) -> &str {
    request.url().split(['?', '#']).next().unwrap_or("/")
}

fn header<'r>(request: &'r Request, name: &'static str) -> &'r str {
    request.headers().iter().find(|header| header.field.equiv(name)).map_or("", |header| header.value.as_str())
}

/// Whether the client takes this encoding (a quality of zero is a no).
fn accepts(request: &Request, encoding: &str) -> bool {
    header(request, "Accept-Encoding").split(',').any(|item| {
        let mut parts = item.split(';').map(str::trim);
        let is_named = parts.next().is_some_and(|name| name.eq_ignore_ascii_case(encoding));
        let is_refused = parts.any(|part| matches!(part, "q=0" | "q=0.0" | "q=0.00" | "q=0.000"));
        is_named && !is_refused
    })
}

impl Handler {
    fn file(&self, request: &Request) -> Reply {
        match request.method() {
            Method::Get | Method::Head => self.files.reply(path_of(request), |encoding| accepts(request, encoding)),
            _ => Reply::text(405, "Method Not Allowed\n").with("Allow", "GET, HEAD"),
        }
    }

    fn query(&self, request: &mut Request) -> Reply {
        let mut body = Vec::new();
        if *request.method() == Method::Post
            && let Err(error) = request.as_reader().take(MAX_FORM_BYTES).read_to_end(&mut body)
        {
            return Reply::text(400, &format!("the request's body cannot be read: {error}\n"));
        }
        match &self.backend {
            Backend::Upstream(upstream) => upstream.forward(request, body),
            Backend::Embedded(api) => with_cors(request, embedded(api, request, &body)),
        }
    }
}

fn embedded(api: &Api, request: &Request, body: &[u8]) -> Reply {
    let mut params = Params::default();
    let is_form = header(request, "Content-Type").starts_with("application/x-www-form-urlencoded");
    // Go's form parsing puts the body's values before those of the URL.
    if is_form {
        params.extend_from(&String::from_utf8_lossy(body));
    }
    if let Some((_, query)) = request.url().split_once('?') {
        params.extend_from(query);
    }
    let path = path_of(request).strip_prefix(PREFIX).unwrap_or("");
    let answer = api.handle(request.method().as_str(), path, &params);
    let mut reply = Reply { status: answer.status, body: answer.body.into_bytes(), ..Reply::default() };
    if !answer.content_type.is_empty() {
        reply = reply.with("Content-Type", answer.content_type);
    }
    if let Some(allow) = answer.allow {
        reply = reply.with("Allow", allow);
    }
    if reply.body.len() >= GZIP_MIN_BYTES && accepts(request, "gzip") {
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
    if header(request, "Origin").is_empty() {
        return reply;
    }
    reply
        .with("Access-Control-Allow-Origin", "*")
        .with("Access-Control-Allow-Methods", "GET, POST, OPTIONS")
        .with("Access-Control-Allow-Headers", "Accept, Authorization, Content-Type, Origin")
        .with("Access-Control-Expose-Headers", "Date")
}

fn send(request: Request, method: &Method, reply: Reply, handler: &Handler) {
    let Reply { status, headers, body } =
        reply.with("Content-Security-Policy", &handler.files.content_security_policy());
    let headers = headers
        .iter()
        .filter_map(|(name, value)| Header::from_bytes(name.as_bytes(), value.as_bytes()).ok())
        .chain(Header::from_bytes(b"X-Content-Type-Options".as_slice(), b"nosniff".as_slice()))
        .collect();
    let length = body.len();
    // Bodies are complete: a length is kinder to clients than chunks.
    let response =
        Response::new(status.into(), headers, Cursor::new(body), Some(length), None).with_chunked_threshold(usize::MAX);
    if let Err(error) = request.respond(response)
        && !matches!(
            error.kind(),
            std::io::ErrorKind::BrokenPipe
                | std::io::ErrorKind::ConnectionReset
                | std::io::ErrorKind::ConnectionAborted
        )
    {
        eprintln!("an answer to a {method} request could not be sent: {error}");
    }
}
