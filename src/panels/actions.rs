//! What a panel asks the page to do, since it cannot do it itself.

use leptos::prelude::*;

use crate::state::reactive::{Callback, Signal};

/// The page's answer to a panel's menu.
#[derive(Clone, Copy)]
pub struct PanelActions {
    /// The panel that is shown alone, if one is.
    pub alone: Signal<Option<u32>>,
    pub show_alone: Callback<Option<u32>>,
    /// Copies a link to the panel: live, or frozen at what is shown.
    pub copy_link: Callback<(u32, bool)>,
    /// The query of the page's address, and the way to write another in its place.
    pub search: Signal<String>,
    pub set_search: Callback<String>,
    /// The link to a place in the app (`/trace/1`).
    pub href: Callback<String, String>,
}

impl PanelActions {
    /// `None` where there is no page around the panel.
    pub fn find() -> Option<Self> {
        use_context()
    }
}
