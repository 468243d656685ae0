//! What a person asks the app for, wherever the page is: help, the palette, to open a dashboard of their own.
//!
//! Who asks is in the app from the start; what answers is in a part that comes later, and takes the question when it is
//! there.

use std::sync::Arc;

use leptos::prelude::*;

use super::reactive::RwSignal;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tool {
    /// The keys.
    Help,
    Palette,
    /// Chooses a file to import.
    ChooseFile,
    /// Opens a text as a dashboard and keeps it; with the name of its file.
    Import {
        name: String,
        text: Arc<str>,
    },
    Print,
}

#[derive(Clone, Copy)]
pub struct Tools {
    pub asked: RwSignal<Option<Tool>>,
    /// Whether the part of the app is to be fetched.
    pub is_wanted: RwSignal<bool>,
    /// Counts up when the dashboards of this browser change.
    pub kept: RwSignal<u64>,
    /// The dashboard that was just imported, until its page has told what was not understood.
    pub fresh: RwSignal<Option<String>>,
}

impl Tools {
    pub fn provide() -> Self {
        let tools = Self {
            asked: RwSignal::new(None),
            is_wanted: RwSignal::new(false),
            kept: RwSignal::new(0),
            fresh: RwSignal::new(None),
        };
        provide_context(tools);
        tools
    }

    pub fn expect() -> Self {
        expect_context()
    }

    pub fn ask(self, tool: Tool) {
        self.is_wanted.set(true);
        self.asked.set(Some(tool));
    }
}
