//! Requests through the browser's `fetch`: aborted when nobody waits any more, read piece by piece. Questions by POST go another way
//! (`platform::xhr`), which is quicker where a body is of interest as a whole.
//!
//! Invariant: dropping the future that [`BrowserTransport`] returned aborts the request through an `AbortController`
//! (gloo-net alone never does). The body is never a JavaScript string: its chunks are copied to where they stay, or into one
//! reused buffer.
//!
//! Natively there is no fetch: the stand-in answers that nothing can be reached.

use futures_util::future::LocalBoxFuture;

use crate::api::http::{ApiError, BodySink, Delivery, HttpRequest, Transport};

/// The browser's `fetch`. Time-outs are the scheduler's, which drops the future.
#[derive(Debug, Clone, Copy, Default)]
pub struct BrowserTransport;

#[cfg(not(all(target_arch = "wasm32", feature = "browser")))]
impl Transport for BrowserTransport {
    fn send<'a>(
        &'a self,
        request: &'a HttpRequest,
        _sink: &'a mut dyn BodySink,
    ) -> LocalBoxFuture<'a, Result<Delivery, ApiError>> {
        let error = ApiError::Unreachable {
            source_name: request.source_name.clone(),
            url: request.url.clone(),
            reason: "there is no browser here".to_owned(),
        };
        Box::pin(async move { Err(error) })
    }
}

#[cfg(all(target_arch = "wasm32", feature = "browser"))]
impl Transport for BrowserTransport {
    fn send<'a>(
        &'a self,
        request: &'a HttpRequest,
        sink: &'a mut dyn BodySink,
    ) -> LocalBoxFuture<'a, Result<Delivery, ApiError>> {
        if xhr::suits(request) { Box::pin(xhr::send(request, sink)) } else { Box::pin(browser::send(request, sink)) }
    }
}

#[cfg(all(target_arch = "wasm32", feature = "browser"))]
use super::xhr;
#[cfg(all(target_arch = "wasm32", feature = "browser"))]
pub(super) use browser::checked_headers;
/// For those who bring a body from elsewhere, as the bench does.
#[cfg(all(target_arch = "wasm32", feature = "browser"))]
pub use browser::deliver;

#[cfg(all(target_arch = "wasm32", feature = "browser"))]
mod browser {
    use std::fmt::Display;

    use gloo_net::http::{RequestBuilder, Response};
    use js_sys::{JsString, Promise, Reflect, Uint8Array};
    use wasm_bindgen::{JsCast, JsValue};
    use wasm_bindgen_futures::JsFuture;
    use web_sys::{AbortController, ReadableStreamDefaultReader, RequestCredentials};

    use crate::{
        api::http::{ApiError, BodySink, Credentials, Delivery, HttpRequest, Method, ResponseHead},
        platform::{clock::monotonic_ms, dom},
    };

    /// Aborts the request unless it ended by itself.
    struct AbortOnDrop {
        controller: Option<AbortController>,
    }

    impl AbortOnDrop {
        fn disarm(mut self) {
            self.controller = None;
        }
    }

    impl Drop for AbortOnDrop {
        fn drop(&mut self) {
            if let Some(controller) = &self.controller {
                controller.abort();
            }
        }
    }

    pub(super) async fn send(request: &HttpRequest, sink: &mut dyn BodySink) -> Result<Delivery, ApiError> {
        let started_ms = monotonic_ms();
        let controller = AbortController::new().ok();
        let signal = controller.as_ref().map(AbortController::signal);
        let guard = AbortOnDrop { controller };

        let HttpRequest { source_name: _, method, url, headers: _, body, credentials, timeout_ms: _ } = request;
        let unreachable = |reason: &dyn Display| ApiError::Unreachable {
            source_name: request.source_name.clone(),
            url: url.clone(),
            reason: reason.to_string(),
        };
        let mut builder = RequestBuilder::new(url)
            .method(match method {
                Method::Get => gloo_net::http::Method::GET,
                Method::Post => gloo_net::http::Method::POST,
            })
            .credentials(match credentials {
                Credentials::Omit => RequestCredentials::Omit,
                Credentials::SameOrigin => RequestCredentials::SameOrigin,
                Credentials::Include => RequestCredentials::Include,
            })
            .abort_signal(signal.as_ref());
        for (name, value) in checked_headers(request)? {
            builder = builder.header(name, value);
        }
        let fetch = match body {
            Some(body) => {
                builder.header("Content-Type", "application/x-www-form-urlencoded").body(JsValue::from_str(body))
            }
            None => builder.build(),
        }
        .map_err(|error| unreachable(&error))?;
        let response = match early_response(request).await {
            Some(response) => response,
            None => fetch.send().await.map_err(|error| unreachable(&error))?,
        };
        let first_byte_ms = monotonic_ms() - started_ms;
        let head = head_of(&response);
        sink.on_head(&head);
        let body_bytes = read_body(&response, sink).await.map_err(|body_bytes| ApiError::Truncated {
            source_name: request.source_name.clone(),
            received_bytes: Some(body_bytes),
        })?;
        guard.disarm();
        Ok(Delivery { head, body_bytes, first_byte_ms, elapsed_ms: monotonic_ms() - started_ms })
    }

    /// What `index.html` asked for while the app was still on its way: each answer serves once. If it did not arrive, we
    /// ask ourselves, and explain.
    async fn early_response(request: &HttpRequest) -> Option<Response> {
        if request.method != Method::Get {
            return None;
        }
        let url = JsValue::from_str(&request.url);
        let asked = Reflect::get(dom::window()?.as_ref(), &JsValue::from_str("agentareaEarly")).ok()?;
        let promise = Reflect::get(&asked, &url).ok()?.dyn_into::<Promise>().ok()?;
        dom::ignore(Reflect::set(&asked, &url, &JsValue::UNDEFINED));
        let response = JsFuture::from(promise).await.ok()?;
        Some(Response::from(response.dyn_into::<web_sys::Response>().ok()?))
    }

    fn head_of(response: &Response) -> ResponseHead {
        let headers = response.headers();
        ResponseHead {
            status: response.status(),
            content_type: headers.get("Content-Type").unwrap_or_default(),
            final_url: response.url(),
            is_redirected: response.redirected(),
            date: headers.get("Date"),
            retry_after: headers.get("Retry-After"),
            www_authenticate: headers.get("WWW-Authenticate"),
            is_stopping: headers.get("X-Prometheus-Stopping").is_some(),
        }
    }

    /// The number of bytes read; as an error, when the connection broke after them.
    async fn read_body(response: &Response, sink: &mut dyn BodySink) -> Result<u64, u64> {
        let mut body_bytes = 0;
        let Some(stream) = response.body() else { return Ok(body_bytes) };
        let Ok(reader) = stream.get_reader().dyn_into::<ReadableStreamDefaultReader>() else { return Err(body_bytes) };
        let (done_key, value_key) = (JsString::from("done"), JsString::from("value"));
        let mut buffer: Vec<u8> = Vec::new();
        loop {
            let step = JsFuture::from(reader.read()).await.or(Err(body_bytes))?;
            if Reflect::get(&step, &done_key).is_ok_and(|done| done.is_truthy()) {
                return Ok(body_bytes);
            }
            let Ok(Ok(chunk)) = Reflect::get(&step, &value_key).map(JsCast::dyn_into::<Uint8Array>) else {
                return Err(body_bytes);
            };
            body_bytes += u64::from(chunk.length());
            deliver(&chunk, sink, &mut buffer);
        }
    }

    /// Hands a piece of a body on: copied to where it stays, or into the buffer.
    pub fn deliver(chunk: &Uint8Array, sink: &mut dyn BodySink, buffer: &mut Vec<u8>) {
        if let Some(body) = sink.body(chunk.length() as usize) {
            append(body, chunk);
            sink.on_appended();
            return;
        }
        buffer.clear();
        append(buffer, chunk);
        sink.on_chunk(buffer);
    }

    #[expect(unsafe_code, reason = "the standard library has no safe way to append what something else writes")]
    fn append(bytes: &mut Vec<u8>, chunk: &Uint8Array) {
        let byte_count = chunk.length() as usize;
        bytes.reserve(byte_count);
        let Some(room) = bytes.spare_capacity_mut().get_mut(..byte_count) else { return };
        let written = chunk.copy_to_uninit(room).len();
        let length = bytes.len() + written;
        // SAFETY: so many bytes behind the old length are within the capacity and have just been written.
        unsafe { bytes.set_len(length) };
    }

    /// A request's headers, unless one has a name or a value that no header may have: the browser would throw.
    pub(in crate::platform) fn checked_headers(request: &HttpRequest) -> Result<&[(String, String)], ApiError> {
        let bad = request.headers.iter().find(|(name, value)| !is_header_name(name) || !is_header_value(value));
        match bad {
            None => Ok(&request.headers),
            Some((name, _)) => Err(ApiError::Unreachable {
                source_name: request.source_name.clone(),
                url: request.url.clone(),
                reason: format!("“{name}” is not a header that can be sent"),
            }),
        }
    }

    /// RFC 9110, section 5.6.2: a token.
    fn is_header_name(name: &str) -> bool {
        !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b))
    }

    /// What the browser takes without an exception: one line of bytes.
    fn is_header_value(value: &str) -> bool {
        value.chars().all(|c| u32::from(c) < 0x100 && !matches!(c, '\0' | '\r' | '\n'))
    }
}
