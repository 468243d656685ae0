//! Small views that every page about traces shows.

mod calls;
mod combobox;
mod sentence;
mod service;
mod sort_button;

pub use calls::CallsRoom;
pub use combobox::{Choice, Combobox, matching};
pub use sentence::SentenceView;
pub use service::{ServiceDot, ServiceName};
pub use sort_button::SortButton;
