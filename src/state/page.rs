//! What a page tells the shell around it.

use leptos::prelude::*;

use crate::base::time::{Refresh, TimeSpec};

use super::{reactive::RwSignal, zone::Zone};

/// What a page opens with where its address says nothing. `None`: what every page opens with.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Opening {
    pub spec: Option<TimeSpec>,
    pub refresh: Option<Refresh>,
    pub zone: Option<Zone>,
}

/// The open page's heading and what it opens with. Written by the page when it knows, read by the shell.
#[derive(Clone, Copy)]
pub struct PageInfo {
    pub title: RwSignal<String>,
    pub opening: RwSignal<Opening>,
    /// Whether the page shows data over time, so that the time controls mean something.
    pub has_time: RwSignal<bool>,
}

impl PageInfo {
    pub fn provide() -> Self {
        let info = Self {
            title: RwSignal::new(String::new()),
            opening: RwSignal::new(Opening::default()),
            has_time: RwSignal::new(true),
        };
        provide_context(info);
        info
    }

    pub fn expect() -> Self {
        expect_context()
    }

    /// A page says what it is.
    pub fn announce(self, title: impl Into<String>, has_time: bool, opening: Opening) {
        self.title.set(title.into());
        self.has_time.set(has_time);
        self.opening.set(opening);
    }
}
