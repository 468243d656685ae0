//! Small views that every page about traces shows.

mod sentence;
mod service;

pub use sentence::SentenceView;
pub use service::{ServiceDot, ServiceName};
