//! Layer 3: asking backends. One folder per backend; `http` is how requests leave, `scheduler` when.
//!
//! Invariant: wire types stay in their backend's folder, and nothing here names the browser.

pub mod config;
pub mod diagnosis;
mod exchange;
pub mod files;
pub mod grafana;
pub mod http;
pub mod jaeger;
mod json;
mod json_text;
pub mod loki;
pub mod probe;
pub mod prometheus;
pub mod received;
pub mod scheduler;
