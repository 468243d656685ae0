//! A fixed OpenMetrics page for Prometheus to scrape, on a free port, until it is dropped.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use super::CaptureError;

#[derive(Debug)]
pub struct Page {
    pub port: u16,
    should_stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Page {
    pub fn start(text: &'static str) -> Result<Self, CaptureError> {
        let cannot = || CaptureError::io("cannot serve the scraped page");
        let listener = TcpListener::bind("127.0.0.1:0").map_err(cannot())?;
        let port = listener.local_addr().map_err(cannot())?.port();
        let should_stop = Arc::new(AtomicBool::new(false));
        let stops = Arc::clone(&should_stop);
        let thread = std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if stops.load(Ordering::Relaxed) {
                    return;
                }
                // A scraper that went away is its own loss.
                answer(stream, text).ok();
            }
        });
        Ok(Self { port, should_stop, thread: Some(thread) })
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        self.should_stop.store(true, Ordering::Relaxed);
        // Wakes the thread, which is waiting for a connection.
        if TcpStream::connect(("127.0.0.1", self.port)).is_ok()
            && let Some(thread) = self.thread.take()
        {
            thread.join().ok();
        }
    }
}

fn answer(mut stream: TcpStream, text: &str) -> std::io::Result<()> {
    stream.set_read_timeout(Some(Duration::from_secs(2)))?;
    let (mut request, mut chunk) = (Vec::new(), [0; 1024]);
    while !request.windows(4).any(|end| end == b"\r\n\r\n") && request.len() < 1 << 16 {
        let count = stream.read(&mut chunk)?;
        if count == 0 {
            return Ok(());
        }
        request.extend_from_slice(chunk.get(..count).unwrap_or_default());
    }
    write!(
        stream,
        "HTTP/1.1 200 OK\r\ncontent-type: application/openmetrics-text; version=1.0.0; charset=utf-8\r\n\
         content-length: {}\r\nconnection: close\r\n\r\n{text}",
        text.len()
    )
}
