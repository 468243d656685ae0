//! The app's own files: the configuration and the dashboards, read as text.

use super::http::{ApiError, BodySink, Credentials, HttpRequest, Method, ResponseHead, Transport};

/// Larger than any dashboard that a person wrote.
const MAX_BYTES: usize = 16 * 1024 * 1024;
const TIMEOUT_MS: u32 = 20_000;

#[derive(Default)]
struct Collector {
    bytes: Vec<u8>,
    is_cut: bool,
}

impl BodySink for Collector {
    fn on_head(&mut self, _head: &ResponseHead) {}

    fn on_chunk(&mut self, bytes: &[u8]) {
        if self.bytes.len() + bytes.len() > MAX_BYTES {
            self.is_cut = true;
        } else {
            self.bytes.extend_from_slice(bytes);
        }
    }
}

/// Reads a file that lies beside the app. `name` is for messages. A web page in its place (an ingress that answers
/// every address with the app) is [`ApiError::NotJson`].
pub async fn json_text(transport: &dyn Transport, name: &str, url: &str) -> Result<String, ApiError> {
    let request = HttpRequest {
        source_name: name.to_owned(),
        method: Method::Get,
        url: url.to_owned(),
        headers: Vec::new(),
        body: None,
        credentials: Credentials::SameOrigin,
        timeout_ms: TIMEOUT_MS,
    };
    let mut collector = Collector::default();
    let delivery = transport.send(&request, &mut collector).await?;
    let Collector { bytes, is_cut } = collector;
    let text = String::from_utf8_lossy(&bytes);
    if !delivery.head.is_success() {
        return Err(ApiError::Http {
            source_name: name.to_owned(),
            status: delivery.head.status,
            url: url.to_owned(),
            excerpt: super::http::excerpt(&bytes),
        });
    }
    if is_cut {
        return Err(ApiError::Truncated { source_name: name.to_owned(), received_bytes: Some(MAX_BYTES as u64) });
    }
    if text.trim_start_matches('\u{feff}').trim_start().starts_with('<') {
        return Err(ApiError::NotJson {
            source_name: name.to_owned(),
            content_type: delivery.head.essence(),
            final_url: delivery.head.final_url,
            is_redirected: delivery.head.is_redirected,
            excerpt: super::http::excerpt(&bytes),
        });
    }
    Ok(text.into_owned())
}
