//! Accepts connections, each with a thread of its own, and ends them in order.
//!
//! Invariant: no connection waits for another one. A browser opens six at once and keeps them, so a fixed number of
//! threads for connections would leave some of them unanswered until others close.

use std::collections::BTreeMap;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{Builder, JoinHandle, scope};
use std::time::Duration;

use super::http::{Connection, Failure, Reply, Request};
use crate::clock::wait;

/// The most connections at a time: far above what browsers open, far below what threads cost.
const MAX_CONNECTIONS: usize = 512;

/// How long the answers in hand may take to be found and delivered when the server stops.
const STOP_GRACE: Duration = Duration::from_secs(5);

/// The pause after a connection could not be accepted, most likely for want of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(20);

/// What connections ask for answers.
pub(crate) trait Answer: Send + Sync + 'static {
    /// `None` hangs up without an answer, as a process does that has died.
    fn answer(&self, request: Request) -> Option<Reply>;

    /// Adds what every answer carries.
    fn finish(&self, reply: Reply) -> Reply {
        reply
    }
}

/// The thread that accepts connections.
pub(crate) struct Listening {
    thread: JoinHandle<()>,
    is_stopping: Arc<AtomicBool>,
    address: SocketAddr,
}

impl Listening {
    pub fn start(listener: TcpListener, service: impl Answer) -> io::Result<Self> {
        let address = listener.local_addr()?;
        let is_stopping = Arc::new(AtomicBool::new(false));
        let seen = Arc::clone(&is_stopping);
        let thread = Builder::new().name("accept".into()).spawn(move || accept(&listener, &service, &seen))?;
        Ok(Self { thread, is_stopping, address })
    }

    /// Returns when the requests in hand are answered and all connections closed.
    pub fn stop(self) {
        self.is_stopping.store(true, Ordering::SeqCst);
        // `accept` cannot be interrupted; a connection of our own lets it return.
        let ip = match self.address.ip() {
            IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
            IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
            ip => ip,
        };
        let knock = TcpStream::connect_timeout(&SocketAddr::new(ip, self.address.port()), Duration::from_secs(1));
        if let Err(error) = knock
            && !self.thread.is_finished()
        {
            eprintln!("the server cannot be stopped in order: {error}");
            return;
        }
        if self.thread.join().is_err() {
            eprintln!("a thread of the server ended by a panic");
        }
    }
}

/// The open connections, so that those at rest can be ended.
#[derive(Default)]
struct Connections {
    open: Mutex<BTreeMap<u64, Arc<TcpStream>>>,
    closed: Condvar,
}

impl Connections {
    fn open(&self) -> MutexGuard<'_, BTreeMap<u64, Arc<TcpStream>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn remove(&self, id: u64) {
        self.open().remove(&id);
        self.closed.notify_all();
    }

    /// Reads nothing more from anybody, waits for the answers in hand, then hangs up on who does not take them.
    fn end(&self) {
        shut(&self.open(), Shutdown::Read);
        let waited = self.closed.wait_timeout_while(self.open(), STOP_GRACE, |open| !open.is_empty());
        let (left, _) = waited.unwrap_or_else(PoisonError::into_inner);
        shut(&left, Shutdown::Both);
    }
}

fn shut(connections: &BTreeMap<u64, Arc<TcpStream>>, how: Shutdown) {
    for stream in connections.values() {
        // It fails only where the client has closed already.
        stream.shutdown(how).unwrap_or(());
    }
}

/// Removes the connection however its thread ends.
struct Entry<'c> {
    connections: &'c Connections,
    id: u64,
}

impl Drop for Entry<'_> {
    fn drop(&mut self) {
        self.connections.remove(self.id);
    }
}

fn accept(listener: &TcpListener, service: &impl Answer, is_stopping: &AtomicBool) {
    let connections = Connections::default();
    let stops = || is_stopping.load(Ordering::SeqCst);
    scope(|threads| {
        for id in 0.. {
            let accepted = listener.accept();
            if stops() {
                break;
            }
            let Ok((stream, _)) = accepted else {
                wait(ACCEPT_PAUSE, stops);
                continue;
            };
            let stream = Arc::new(stream);
            let mut open = connections.open();
            if open.len() >= MAX_CONNECTIONS {
                drop(open);
                let busy = service.finish(Reply::text(503, "too many connections\n"));
                // Whether it arrives or not, the connection is over.
                Connection::new(&stream).and_then(|mut connection| connection.send(&busy, false, false)).unwrap_or(());
                continue;
            }
            open.insert(id, Arc::clone(&stream));
            drop(open);
            let entry = Entry { connections: &connections, id };
            // When no thread can be had, the closure is dropped, and with it the connection.
            if let Err(error) = Builder::new().name("connection".into()).spawn_scoped(threads, move || {
                let _entry = entry;
                converse(&stream, service, stops);
            }) {
                eprintln!("a connection was refused: {error}");
            }
        }
        connections.end();
    });
}

/// Answers a connection's requests, one after the other.
fn converse(stream: &TcpStream, service: &impl Answer, stops: impl Fn() -> bool) {
    let Ok(mut connection) = Connection::new(stream) else { return };
    loop {
        let (reply, is_head, wants_more) = match connection.receive() {
            Ok(request) => {
                let (is_head, wants_more) = (request.method == "HEAD", request.keeps_alive);
                let Some(reply) = service.answer(request) else { return };
                (reply, is_head, wants_more)
            }
            Err(Failure::Refused(reply)) => (reply, false, false),
            Err(Failure::Ended) => return,
        };
        let keeps_alive = wants_more && !stops();
        // A client that has left wants no answer, and there is nobody else to tell.
        if connection.send(&service.finish(reply), is_head, keeps_alive).is_err() {
            return;
        }
        if !keeps_alive {
            connection.close();
            return;
        }
    }
}
