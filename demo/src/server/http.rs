//! HTTP/1.1 on one connection: requests read within bounds of size and time, answers written with their length.
//!
//! Invariant: a request arrives whole, or it is refused and its connection closed, so what follows on a connection always
//! begins with a request. It deliberately knows no chunked request bodies, no upgrades and no TLS.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::{Duration, Instant};

use httparse::Status;

use crate::clock::{http_date, monotonic_now};

/// The largest request line and headers; a query in a URL fits easily.
const MAX_HEAD_BYTES: usize = 64 << 10;

/// The most headers of a request.
const MAX_HEADERS: usize = 100;

/// The largest form that is read.
const MAX_BODY_BYTES: usize = 4 << 20;

/// How long a connection may rest between two requests. Browsers keep theirs for five minutes; who closes first is sure
/// that no request is on its way.
const IDLE_TIMEOUT: Duration = Duration::from_secs(330);

/// How long a request may take to arrive once it has begun, head and body each.
const ARRIVAL_TIMEOUT: Duration = Duration::from_secs(30);

/// How long a client may take to accept a part of an answer.
const WRITE_TIMEOUT: Duration = Duration::from_secs(30);

/// How long the client's end is awaited after the last answer.
const LINGER: Duration = Duration::from_secs(1);

/// Answers up to this size leave in one piece with their head.
const ONE_WRITE_BYTES: usize = 64 << 10;

/// A whole request.
#[derive(Debug, Clone, Default)]
pub(crate) struct Request {
    pub method: String,
    /// As it was sent: path and query, percent-encoded.
    pub url: String,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    /// Whether the client wants to send further requests on the connection.
    pub keeps_alive: bool,
}

impl Request {
    pub fn path(&self) -> &str {
        self.url.split(['?', '#']).next().unwrap_or("/")
    }

    /// The first value of a header, or "".
    pub fn header(&self, name: &str) -> &str {
        self.all(name).next().unwrap_or("")
    }

    fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.headers.iter().filter(move |(own, _)| own.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// Whether the client takes this encoding (a quality of zero is a no).
    pub fn accepts(&self, encoding: &str) -> bool {
        self.header("Accept-Encoding").split(',').any(|item| {
            let mut parts = item.split(';').map(str::trim);
            let is_named = parts.next().is_some_and(|name| name.eq_ignore_ascii_case(encoding));
            let is_refused = parts.any(|part| matches!(part, "q=0" | "q=0.0" | "q=0.00" | "q=0.000"));
            is_named && !is_refused
        })
    }
}

/// An answer before it is put on the wire.
#[derive(Debug, Default)]
pub(crate) struct Reply {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Reply {
    pub fn text(status: u16, text: &str) -> Self {
        Self { status, body: text.as_bytes().to_vec(), ..Self::default() }
            .with("Content-Type", "text/plain; charset=utf-8")
    }

    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Status line and headers.
    fn head(&self, keeps_alive: bool) -> Vec<u8> {
        let mut head = format!("HTTP/1.1 {} {}\r\nDate: {}\r\n", self.status, reason(self.status), http_date());
        for (name, value) in &self.headers {
            // A line break in a value would be a header of its own.
            if !value.bytes().any(|byte| byte.is_ascii_control()) {
                head.extend([name, ": ", value, "\r\n"]);
            }
        }
        if self.status != 204 {
            head.extend(["Content-Length: ", &self.body.len().to_string(), "\r\n"]);
        }
        head.push_str(if keeps_alive { "\r\n" } else { "Connection: close\r\n\r\n" });
        head.into_bytes()
    }
}

/// Why there is no further request.
pub(crate) enum Failure {
    /// The client is told why; nothing after it on the connection can be read.
    Refused(Reply),
    /// The client has left, or has been silent for too long.
    Ended,
}

impl From<io::Error> for Failure {
    fn from(_: io::Error) -> Self {
        Self::Ended
    }
}

fn refusal(status: u16, text: &str) -> Failure {
    Failure::Refused(Reply::text(status, text))
}

/// A client's connection.
pub(crate) struct Connection<'s> {
    stream: &'s TcpStream,
    /// What has arrived and belongs to no request yet.
    unread: Vec<u8>,
}

impl<'s> Connection<'s> {
    pub fn new(stream: &'s TcpStream) -> io::Result<Self> {
        // Without it an answer's last packet waits 40 ms for an acknowledgement.
        stream.set_nodelay(true)?;
        stream.set_write_timeout(Some(WRITE_TIMEOUT))?;
        Ok(Self { stream, unread: Vec::new() })
    }

    /// Waits for the next request.
    pub fn receive(&mut self) -> Result<Request, Failure> {
        if self.unread.is_empty() {
            // Nobody waits for an answer yet, so silence ends the connection without a word.
            self.fill(monotonic_now() + IDLE_TIMEOUT).map_err(|_silence| Failure::Ended)?;
        }
        let deadline = monotonic_now() + ARRIVAL_TIMEOUT;
        let head = loop {
            if let Some(head) = read_head(&self.unread)? {
                break head;
            }
            if self.unread.len() > MAX_HEAD_BYTES {
                return Err(refusal(431, "the request's headers are too large\n"));
            }
            self.fill(deadline)?;
        };
        let Head { mut request, size_bytes, body_bytes, awaits_permission } = head;
        self.unread.drain(..size_bytes.min(self.unread.len()));
        if awaits_permission && self.unread.is_empty() {
            self.stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
        }
        let deadline = monotonic_now() + ARRIVAL_TIMEOUT;
        while self.unread.len() < body_bytes {
            self.fill(deadline)?;
        }
        let following = self.unread.split_off(body_bytes);
        request.body = std::mem::replace(&mut self.unread, following);
        Ok(request)
    }

    /// Adds what arrives next to the unread bytes.
    fn fill(&mut self, deadline: Instant) -> Result<(), Failure> {
        let mut chunk = [0; 16 << 10];
        loop {
            let left = deadline.saturating_duration_since(monotonic_now());
            // A time-out of zero would mean none.
            self.stream.set_read_timeout(Some(left.max(Duration::from_millis(1))))?;
            match self.stream.read(&mut chunk) {
                Ok(0) => return Err(Failure::Ended),
                Ok(count) => {
                    self.unread.extend(chunk.iter().take(count));
                    return Ok(());
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                    return Err(refusal(408, "the request took too long to arrive\n"));
                }
                Err(error) => return Err(error.into()),
            }
        }
    }

    pub fn send(&mut self, reply: &Reply, is_head: bool, keeps_alive: bool) -> io::Result<()> {
        let mut head = reply.head(keeps_alive);
        let body = if is_head { &[] } else { reply.body.as_slice() };
        if body.len() <= ONE_WRITE_BYTES {
            head.extend_from_slice(body);
            return self.stream.write_all(&head);
        }
        self.stream.write_all(&head)?;
        self.stream.write_all(body)
    }

    /// Closes after the last answer. Closing while bytes of the client are unread would reset the connection, and the
    /// client might lose the answer: so its end is awaited, for a moment.
    pub fn close(mut self) {
        if self.stream.shutdown(Shutdown::Write).is_ok() {
            let deadline = monotonic_now() + LINGER;
            while monotonic_now() < deadline && self.fill(deadline).is_ok() {
                self.unread.clear();
            }
        }
    }
}

/// What a request's head says.
struct Head {
    request: Request,
    size_bytes: usize,
    body_bytes: usize,
    /// Whether the client sends the body only when it is told to.
    awaits_permission: bool,
}

/// Reads the head at the start of `bytes`; nothing as long as it is incomplete.
fn read_head(bytes: &[u8]) -> Result<Option<Head>, Failure> {
    let mut slots = [httparse::EMPTY_HEADER; MAX_HEADERS];
    let mut parsed = httparse::Request::new(&mut slots);
    let size_bytes = match parsed.parse(bytes) {
        Ok(Status::Complete(size_bytes)) => size_bytes,
        Ok(Status::Partial) => return Ok(None),
        Err(httparse::Error::TooManyHeaders) => return Err(refusal(431, "the request has too many headers\n")),
        Err(httparse::Error::Version) => return Err(refusal(505, "only HTTP/1.1 is spoken here\n")),
        Err(error) => return Err(refusal(400, &format!("this is no HTTP request: {error}\n"))),
    };
    let mut request = Request {
        method: parsed.method.unwrap_or("").to_owned(),
        url: parsed.path.unwrap_or("/").to_owned(),
        headers: parsed
            .headers
            .iter()
            .map(|header| (header.name.to_owned(), String::from_utf8_lossy(header.value).into_owned()))
            .collect(),
        ..Request::default()
    };
    let is_current = parsed.version == Some(1);
    if is_current && request.all("Host").count() != 1 {
        return Err(refusal(400, "a request names its host once\n"));
    }
    let wants_close = request
        .all("Connection")
        .flat_map(|value| value.split(','))
        .any(|token| token.trim().eq_ignore_ascii_case("close"));
    request.keeps_alive = is_current && !wants_close;
    if request.all("Transfer-Encoding").next().is_some() {
        return Err(refusal(411, "a request's body needs a Content-Length\n"));
    }
    let body_bytes = body_length(&request)?;
    let awaits_permission = match request.header("Expect") {
        "" => false,
        value if value.eq_ignore_ascii_case("100-continue") => is_current && body_bytes > 0,
        _ => return Err(refusal(417, "only 100-continue can be expected\n")),
    };
    Ok(Some(Head { request, size_bytes, body_bytes, awaits_permission }))
}

fn body_length(request: &Request) -> Result<usize, Failure> {
    let mut lengths = request.all("Content-Length");
    let Some(text) = lengths.next() else { return Ok(0) };
    // Two readers of one connection that disagree about a length disagree about every request after it.
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) || lengths.any(|other| other != text) {
        return Err(refusal(400, "the request's Content-Length is not a number\n"));
    }
    text.parse()
        .ok()
        .filter(|length| *length <= MAX_BODY_BYTES)
        .ok_or_else(|| refusal(413, "the request's body is too large\n"))
}

fn reason(status: u16) -> &'static str {
    ureq::http::StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason()).unwrap_or("")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused_with(text: &str) -> Option<u16> {
        match read_head(text.as_bytes()) {
            Err(Failure::Refused(reply)) => Some(reply.status),
            _ => None,
        }
    }

    #[test]
    fn heads_that_are_refused() {
        for (text, status) in [
            ("nonsense\r\n\r\n", 400),
            ("GET / HTTP/2.0\r\nHost: t\r\n\r\n", 505),
            ("GET / HTTP/1.1\r\n\r\n", 400),
            ("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400),
            ("POST / HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n", 411),
            ("POST / HTTP/1.1\r\nHost: t\r\nContent-Length: -1\r\n\r\n", 400),
            ("POST / HTTP/1.1\r\nHost: t\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", 400),
            ("POST / HTTP/1.1\r\nHost: t\r\nContent-Length: 99999999999999999999999\r\n\r\n", 413),
            ("POST / HTTP/1.1\r\nHost: t\r\nExpect: miracles\r\n\r\n", 417),
        ] {
            assert_eq!(refused_with(text), Some(status), "{text:?}");
        }
        let many = format!("GET / HTTP/1.1\r\nHost: t\r\n{}\r\n", "a: b\r\n".repeat(MAX_HEADERS));
        assert_eq!(refused_with(&many), Some(431));
    }

    #[test]
    fn what_a_head_says() {
        let read = |text: &str| read_head(text.as_bytes()).ok().flatten();
        assert!(read("GET / HTTP/1.1\r\nHost: t\r\n").is_none(), "incomplete");
        let head = read("POST /a%20b?c=d HTTP/1.1\r\nhost: t\r\ncontent-length: 3\r\nEXPECT: 100-Continue\r\n\r\nxyz")
            .unwrap();
        assert_eq!((head.request.path(), head.request.url.as_str()), ("/a%20b", "/a%20b?c=d"));
        assert!(head.request.keeps_alive && head.awaits_permission);
        assert_eq!(head.body_bytes, 3);
        assert!(!read("GET / HTTP/1.1\r\nHost: t\r\nConnection: x, Close\r\n\r\n").unwrap().request.keeps_alive);
        assert!(!read("GET / HTTP/1.0\r\n\r\n").unwrap().request.keeps_alive);
    }

    #[test]
    fn a_value_cannot_become_a_header() {
        let head = Reply::text(204, "").with("Good", "1").with("Bad", "1\r\nWorse: 2").head(true);
        let head = String::from_utf8(head).unwrap();
        assert!(head.starts_with("HTTP/1.1 204 No Content\r\nDate: ") && head.contains("Good: 1\r\n"), "{head}");
        assert!(!head.contains("Worse") && !head.contains("Content-Length"), "{head}");
    }
}
