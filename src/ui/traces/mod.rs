//! Small views that every page about traces shows.

mod calls;
mod combobox;
mod download;
mod not_configured;
mod sentence;
mod service;
mod show_more;
mod sort_button;

pub use calls::CallsRoom;
pub use combobox::{Choice, Combobox, matching};
pub use download::DownloadTraces;
pub use not_configured::NotConfigured;
pub use sentence::SentenceView;
pub use service::{ServiceDot, ServiceName};
pub use show_more::ShowMore;
pub use sort_button::SortButton;
