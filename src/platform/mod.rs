//! Layer 3: the browser's edge. Everything that names `web_sys`, apart from the one component that paints.
//!
//! Invariant: no product logic. Every function says what it does when the browser refuses (storage blocked, clipboard
//! denied): the product goes on without it. Natively the same names exist, so that tests link.

#[cfg(feature = "browser")]
pub mod canvas;
#[cfg(feature = "browser")]
pub mod chunk;
#[cfg(feature = "browser")]
pub mod clipboard;
pub mod clock;
#[cfg(feature = "browser")]
pub mod dom;
#[cfg(feature = "browser")]
pub mod events;
pub mod fetch;
#[cfg(feature = "browser")]
pub mod files;
#[cfg(feature = "browser")]
pub mod history;
#[cfg(feature = "browser")]
pub mod pack;
#[cfg(feature = "browser")]
pub mod picture;
#[cfg(feature = "browser")]
pub mod print;
#[cfg(feature = "browser")]
pub mod regexp;
#[cfg(feature = "browser")]
pub mod storage;
#[cfg(feature = "browser")]
pub mod text;
#[cfg(feature = "browser")]
pub mod timer;
#[cfg(all(target_arch = "wasm32", feature = "browser"))]
mod xhr;
#[cfg(feature = "browser")]
pub mod zone;
