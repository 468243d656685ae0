//! An answer as it was received, for those who look at it as it is: text of any kind and any status, up to a limit.

use super::http::{ApiError, BodySink, HttpRequest, ResponseHead, Transport};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    pub status: u16,
    pub content_type: String,
    /// The body's beginning; what is no UTF-8 in it is U+FFFD.
    pub text: String,
    /// Of the whole body, after content decoding.
    pub body_bytes: u64,
    /// There is more than `text`.
    pub is_cut: bool,
}

struct Sink {
    kept: Vec<u8>,
    max_bytes: usize,
    is_cut: bool,
}

impl BodySink for Sink {
    fn on_head(&mut self, _head: &ResponseHead) {}

    fn on_chunk(&mut self, bytes: &[u8]) {
        let room = self.max_bytes.saturating_sub(self.kept.len());
        self.is_cut |= bytes.len() > room;
        self.kept.extend_from_slice(bytes.get(..room).unwrap_or(bytes));
    }
}

/// Sends the request and keeps at most `max_bytes` of what comes back. Every status is an answer.
pub async fn text(transport: &dyn Transport, request: &HttpRequest, max_bytes: usize) -> Result<Received, ApiError> {
    let mut sink = Sink { kept: Vec::new(), max_bytes, is_cut: false };
    let delivery = transport.send(request, &mut sink).await?;
    let Sink { kept, is_cut, .. } = sink;
    // A character may have been cut in two.
    let text = String::from_utf8_lossy(&kept);
    let text = if is_cut { text.trim_end_matches('\u{fffd}') } else { &text };
    Ok(Received {
        status: delivery.head.status,
        content_type: delivery.head.content_type,
        text: text.to_owned(),
        body_bytes: delivery.body_bytes,
        is_cut,
    })
}

#[cfg(test)]
mod tests {
    use futures_util::future::LocalBoxFuture;

    use super::*;
    use crate::api::http::{Credentials, Delivery, Method};

    struct Fixed(&'static [&'static [u8]], u16);

    impl Transport for Fixed {
        fn send<'a>(
            &'a self,
            _request: &'a HttpRequest,
            sink: &'a mut dyn BodySink,
        ) -> LocalBoxFuture<'a, Result<Delivery, ApiError>> {
            Box::pin(async move {
                let head = ResponseHead { status: self.1, ..ResponseHead::default() };
                sink.on_head(&head);
                self.0.iter().for_each(|chunk| sink.on_chunk(chunk));
                let body_bytes = self.0.iter().map(|chunk| chunk.len() as u64).sum();
                Ok(Delivery { head, body_bytes, first_byte_ms: 1.0, elapsed_ms: 2.0 })
            })
        }
    }

    fn received(transport: &Fixed, max_bytes: usize) -> Received {
        let request = HttpRequest {
            source_name: String::new(),
            method: Method::Get,
            url: String::new(),
            headers: Vec::new(),
            body: None,
            credentials: Credentials::default(),
            timeout_ms: 1,
        };
        futures_executor::block_on(text(transport, &request, max_bytes)).unwrap()
    }

    #[test]
    fn an_answer_is_kept_up_to_its_limit_whatever_its_status() {
        let whole = received(&Fixed(&[b"{\"a\":", b"1}"], 400), 100);
        assert_eq!((whole.status, whole.text.as_str(), whole.is_cut), (400, "{\"a\":1}", false));
        let cut = received(&Fixed(&[b"a\xc3\xbc", b"bc"], 200), 2);
        assert_eq!((cut.text.as_str(), cut.is_cut, cut.body_bytes), ("a", true, 5));
        let exact = received(&Fixed(&[b"abc"], 200), 3);
        assert_eq!((exact.text.as_str(), exact.is_cut), ("abc", false));
    }
}
