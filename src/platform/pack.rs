//! Bytes made small and large again by the browser's own deflate.

use js_sys::{Array, Function, Reflect, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{ReadableStream, ReadableStreamDefaultReader};

use super::dom;

/// Compressed as zlib does (RFC 1950). `None`: this browser cannot.
pub async fn pack(bytes: &[u8]) -> Option<Vec<u8>> {
    through("CompressionStream", bytes, usize::MAX).await.ok()
}

/// Why packed bytes cannot be opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnpackError {
    /// This browser has no way.
    Unsupported,
    /// They are not packed bytes, or not all of them.
    Broken,
    /// They become more than was allowed.
    TooLarge,
}

/// The reverse, up to `max_bytes`: a few packed bytes can become gigabytes.
pub async fn unpack(bytes: &[u8], max_bytes: usize) -> Result<Vec<u8>, UnpackError> {
    through("DecompressionStream", bytes, max_bytes).await
}

async fn through(class: &str, bytes: &[u8], max_bytes: usize) -> Result<Vec<u8>, UnpackError> {
    let stream = stream_of(class, bytes).ok_or(UnpackError::Unsupported)?;
    let reader: ReadableStreamDefaultReader = stream.get_reader().dyn_into().or(Err(UnpackError::Unsupported))?;
    let (done_key, value_key) = (JsValue::from_str("done"), JsValue::from_str("value"));
    let mut out = Vec::new();
    loop {
        let step = JsFuture::from(reader.read()).await.or(Err(UnpackError::Broken))?;
        if Reflect::get(&step, &done_key).is_ok_and(|done| done.is_truthy()) {
            return Ok(out);
        }
        let chunk = Reflect::get(&step, &value_key).map(JsCast::dyn_into::<Uint8Array>);
        let Ok(Ok(chunk)) = chunk else { return Err(UnpackError::Broken) };
        if out.len() + chunk.length() as usize > max_bytes {
            return Err(UnpackError::TooLarge);
        }
        out.extend(chunk.to_vec());
    }
}

/// The bytes piped through a stream of that class.
fn stream_of(class: &str, bytes: &[u8]) -> Option<ReadableStream> {
    let window: JsValue = dom::window()?.into();
    let of: Function = Reflect::get(&window, &JsValue::from_str(class)).ok()?.dyn_into().ok()?;
    let transform = Reflect::construct(&of, &Array::of1(&JsValue::from_str("deflate"))).ok()?;
    let parts = Array::of1(&Uint8Array::from(bytes));
    let blob = web_sys::Blob::new_with_u8_array_sequence(&parts).ok()?;
    let stream: JsValue = blob.stream().into();
    let pipe: Function = Reflect::get(&stream, &JsValue::from_str("pipeThrough")).ok()?.dyn_into().ok()?;
    pipe.call1(&stream, &transform).ok()?.dyn_into().ok()
}
