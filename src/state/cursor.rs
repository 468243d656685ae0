//! The instant under the pointer, shared by all charts of a page.

use leptos::prelude::*;

use super::reactive::RwSignal;

/// Where the cursor is, and which chart leads it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CursorAt {
    pub x_ms: f64,
    /// The panel whose pointer it is.
    pub panel_id: u32,
}

#[derive(Clone, Copy)]
pub struct SharedCursor(pub RwSignal<Option<CursorAt>>);

impl SharedCursor {
    pub fn provide() {
        provide_context(Self(RwSignal::new(None)));
    }

    pub fn expect() -> Self {
        expect_context()
    }
}
