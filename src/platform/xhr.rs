//! Questions by POST through the browser's `XMLHttpRequest`: the whole body in one piece, in two thirds of the time that a stream
//! takes (docs/adr/0010-questions-whole-answers.md).
//!
//! Invariant: dropping the future aborts the request. What else is asked goes through [`super::fetch`], which reads bodies piece by piece:
//! files of any size, and requests without credentials, which this way cannot make.

use js_sys::{ArrayBuffer, Promise, Uint8Array};
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;
use web_sys::{XmlHttpRequest, XmlHttpRequestResponseType};

use super::{
    clock::monotonic_ms,
    dom,
    fetch::{checked_headers, deliver},
    timer,
};
use crate::api::http::{ApiError, BodySink, Credentials, Delivery, HttpRequest, Method, ResponseHead};

/// The body is handed on in pieces of this size: the buffer stays small, for linear memory never shrinks.
const PIECE_BYTES: u32 = 256 * 1024;
/// After so much of a long body, some twenty milliseconds of reading, the page has a turn.
const TURN_BYTES: u64 = 8 * 1024 * 1024;
/// Enough of the response is there to tell its head.
const HEADERS_RECEIVED: u16 = 2;

/// Aborts the request unless it ended by itself. Its handlers stay: they let go of the futures that wait for it.
struct AbortOnDrop(XmlHttpRequest);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        if self.0.ready_state() != XmlHttpRequest::DONE {
            dom::ignore(self.0.abort());
        }
    }
}

/// Whether a request can be sent this way.
pub fn suits(request: &HttpRequest) -> bool {
    request.method == Method::Post && request.credentials != Credentials::Omit
}

pub async fn send(request: &HttpRequest, sink: &mut dyn BodySink) -> Result<Delivery, ApiError> {
    let started_ms = monotonic_ms();
    // The browser gives no reason: refused connection, unknown name, TLS and CORS look the same.
    let unreachable = || ApiError::Unreachable {
        source_name: request.source_name.clone(),
        url: request.url.clone(),
        reason: "the browser gave no reason".to_owned(),
    };
    let headers = checked_headers(request)?;
    let (xhr, head_is_here, is_over) = started(request, headers).ok_or_else(unreachable)?;
    let guard = AbortOnDrop(xhr);
    let xhr = &guard.0;
    // Neither promise is ever rejected.
    dom::ignore(JsFuture::from(head_is_here).await);
    let first_byte_ms = monotonic_ms() - started_ms;
    let head = head_of(xhr, request);
    let has_head = xhr.ready_state() >= HEADERS_RECEIVED && head.status > 0;
    if has_head {
        sink.on_head(&head);
    }
    dom::ignore(JsFuture::from(is_over).await);
    // After a failure there is no status any more.
    if xhr.status().unwrap_or_default() == 0 {
        let truncated = ApiError::Truncated { source_name: request.source_name.clone(), received_bytes: None };
        return Err(if has_head { truncated } else { unreachable() });
    }
    let body = xhr.response().ok().and_then(|body| body.dyn_into::<ArrayBuffer>().ok());
    let body_bytes = match body {
        Some(body) => hand_on(&Uint8Array::new(&body), sink).await,
        None => 0,
    };
    Ok(Delivery { head, body_bytes, first_byte_ms, elapsed_ms: monotonic_ms() - started_ms })
}

/// The request on its way, what resolves when its head is there, and what resolves when it is over, well or not.
fn started(request: &HttpRequest, headers: &[(String, String)]) -> Option<(XmlHttpRequest, Promise, Promise)> {
    let xhr = XmlHttpRequest::new().ok()?;
    xhr.open("POST", &request.url).ok()?;
    xhr.set_response_type(XmlHttpRequestResponseType::Arraybuffer);
    xhr.set_with_credentials(request.credentials == Credentials::Include);
    for (name, value) in headers {
        xhr.set_request_header(name, value).ok()?;
    }
    xhr.set_request_header("Content-Type", "application/x-www-form-urlencoded").ok()?;
    // The browser itself calls what resolves the promises: no closure of ours has to outlive the request. `open` has told its
    // change of state before this one listens, so that the first one told is the head's, or the failure's.
    let head_is_here = Promise::new(&mut |resolve, _| xhr.set_onreadystatechange(Some(&resolve)));
    let is_over = Promise::new(&mut |resolve, _| xhr.set_onloadend(Some(&resolve)));
    xhr.send_with_opt_str(request.body.as_deref()).ok()?;
    Some((xhr, head_is_here, is_over))
}

/// All headers that may be seen are asked for at once: asking for one that a server of another origin hides is an error on the console.
fn head_of(xhr: &XmlHttpRequest, request: &HttpRequest) -> ResponseHead {
    let headers = xhr.get_all_response_headers().unwrap_or_default();
    let header = |wanted: &str| {
        headers.lines().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.trim().eq_ignore_ascii_case(wanted).then(|| value.trim().to_owned())
        })
    };
    let final_url = xhr.response_url();
    ResponseHead {
        status: xhr.status().unwrap_or_default(),
        content_type: header("content-type").unwrap_or_default(),
        is_redirected: !final_url.is_empty() && final_url != dom::absolute_url(&request.url),
        final_url,
        date: header("date"),
        retry_after: header("retry-after"),
        www_authenticate: header("www-authenticate"),
        is_stopping: header("x-prometheus-stopping").is_some(),
    }
}

/// Returns the number of bytes.
async fn hand_on(body: &Uint8Array, sink: &mut dyn BodySink) -> u64 {
    let length = body.length();
    let (mut from, mut turn_bytes) = (0, 0);
    let mut buffer = Vec::new();
    while from < length {
        // Where the body stays it is copied at once: its room is then made once.
        let most = if sink.body(0).is_some() { length } else { PIECE_BYTES };
        let to = length.min(from.saturating_add(most));
        deliver(&body.subarray(from, to), sink, &mut buffer);
        turn_bytes += u64::from(to - from);
        from = to;
        if turn_bytes >= TURN_BYTES && from < length {
            turn_bytes = 0;
            timer::sleep(0).await;
        }
    }
    u64::from(length)
}
