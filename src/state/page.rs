//! What a page tells the shell around it.

use leptos::prelude::*;

use crate::base::time::TimeSpec;

use super::reactive::RwSignal;

/// The open page's heading and the range that it opens with. Written by the page when it knows, read by the shell.
#[derive(Clone, Copy)]
pub struct PageInfo {
    pub title: RwSignal<String>,
    pub default_spec: RwSignal<Option<TimeSpec>>,
    /// Whether the page shows data over time, so that the time controls mean something.
    pub has_time: RwSignal<bool>,
}

impl PageInfo {
    pub fn provide() -> Self {
        let info = Self {
            title: RwSignal::new(String::new()),
            default_spec: RwSignal::new(None),
            has_time: RwSignal::new(true),
        };
        provide_context(info);
        info
    }

    pub fn expect() -> Self {
        expect_context()
    }

    /// A page says what it is.
    pub fn announce(self, title: impl Into<String>, has_time: bool, default_spec: Option<TimeSpec>) {
        self.title.set(title.into());
        self.has_time.set(has_time);
        self.default_spec.set(default_spec);
    }
}
