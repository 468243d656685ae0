//! Small views that every page about traces shows.

mod combobox;
mod sentence;
mod service;

pub use combobox::{Choice, Combobox, matching};
pub use sentence::SentenceView;
pub use service::{ServiceDot, ServiceName};
