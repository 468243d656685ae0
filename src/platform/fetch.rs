//! Requests through the browser's `fetch`: aborted when nobody waits any more, read piece by piece.
//!
//! Invariant: dropping the future that [`BrowserTransport`] returned aborts the request through an `AbortController`.
//! The body is never a JavaScript string: its chunks are copied into one reused buffer.
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
        Box::pin(browser::send(request, sink))
    }
}

#[cfg(all(target_arch = "wasm32", feature = "browser"))]
mod browser {
    use js_sys::{JsString, Object, Reflect, Uint8Array};
    use wasm_bindgen::{JsCast, JsValue};
    use wasm_bindgen_futures::JsFuture;
    use web_sys::{AbortController, Headers, ReadableStreamDefaultReader, RequestCredentials, RequestInit, Response};

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
        let init = RequestInit::new();
        init.set_signal(controller.as_ref().map(AbortController::signal).as_ref());
        let guard = AbortOnDrop { controller };
        let response = match start(request, &init) {
            Ok(promise) => JsFuture::from(promise).await.map_err(|error| unreachable(request, text_of(&error)))?,
            Err(reason) => return Err(unreachable(request, reason)),
        };
        let response: Response = response.unchecked_into();
        let first_byte_ms = monotonic_ms() - started_ms;
        let head = head_of(&response);
        sink.on_head(&head);
        let body_bytes = read_body(&response, sink).await.map_err(|body_bytes| ApiError::Truncated {
            source_name: request.source_name.clone(),
            received_bytes: body_bytes,
        })?;
        guard.disarm();
        Ok(Delivery { head, body_bytes, first_byte_ms, elapsed_ms: monotonic_ms() - started_ms })
    }

    /// Hands the request to the browser; why it does not take it.
    fn start(request: &HttpRequest, init: &RequestInit) -> Result<js_sys::Promise, String> {
        let HttpRequest { source_name: _, method, url, headers, body, credentials, timeout_ms: _ } = request;
        let sent = Headers::new().map_err(|error| text_of(&error))?;
        for (name, value) in headers {
            // Not every name and value is allowed in a header.
            if sent.set(name, value).is_err() {
                return Err(format!("“{name}” is not a header that can be sent"));
            }
        }
        if let Some(body) = body {
            sent.set("Content-Type", "application/x-www-form-urlencoded").map_err(|error| text_of(&error))?;
            init.set_body(&JsValue::from_str(body));
        }
        init.set_headers(&sent);
        init.set_method(match method {
            Method::Get => "GET",
            Method::Post => "POST",
        });
        init.set_credentials(match credentials {
            Credentials::Omit => RequestCredentials::Omit,
            Credentials::SameOrigin => RequestCredentials::SameOrigin,
            Credentials::Include => RequestCredentials::Include,
        });
        Ok(dom::window().ok_or("there is no window")?.fetch_with_str_and_init(url, init))
    }

    fn unreachable(request: &HttpRequest, reason: String) -> ApiError {
        ApiError::Unreachable { source_name: request.source_name.clone(), url: request.url.clone(), reason }
    }

    /// An exception in its own words.
    fn text_of(error: &JsValue) -> String {
        error.dyn_ref::<Object>().map_or_else(|| "no reason given".to_owned(), |error| String::from(error.to_string()))
    }

    fn head_of(response: &Response) -> ResponseHead {
        let headers = response.headers();
        let header = |name: &str| headers.get(name).ok().flatten();
        ResponseHead {
            status: response.status(),
            content_type: header("Content-Type").unwrap_or_default(),
            final_url: response.url(),
            is_redirected: response.redirected(),
            date: header("Date"),
            retry_after: header("Retry-After"),
            www_authenticate: header("WWW-Authenticate"),
            is_stopping: header("X-Prometheus-Stopping").is_some(),
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
            let length = chunk.length() as usize;
            if buffer.len() < length {
                buffer.resize(length, 0);
            }
            if let Some(filled) = buffer.get_mut(..length) {
                chunk.copy_to(filled);
                body_bytes += length as u64;
                sink.on_chunk(filled);
            }
        }
    }
}
