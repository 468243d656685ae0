//! What a panel asks the page to do, since it cannot do it itself.

use leptos::prelude::*;

use crate::{
    base::time::Refresh,
    state::{
        reactive::{Callback, Memo, Signal},
        refresh::use_beat,
        time::TimeContext,
    },
};

/// A chart is about as wide as this; the automatic refresh is the range divided by it.
const TYPICAL_WIDTH_PX: u32 = 640;

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
    /// How often a panel is refreshed, where it has a time of its own. Tracked.
    pub own_refresh: Callback<u32, Option<Refresh>>,
    /// `None` gives it back to the page.
    pub set_own_refresh: Callback<(u32, Option<Refresh>)>,
}

impl PanelActions {
    /// `None` where there is no page around the panel.
    pub fn find() -> Option<Self> {
        use_context()
    }
}

/// Counts up whenever the panel is to ask again: with the page, or in a time of its own.
pub fn beat_of(panel_id: u32) -> Signal<u64> {
    let time = TimeContext::expect();
    let Some(actions) = PanelActions::find() else { return time.beat };
    let own = Memo::new(move |_| actions.own_refresh.run(panel_id));
    let interval_ms = Signal::derive(move || own.get().and_then(|refresh| time.interval_ms(refresh, TYPICAL_WIDTH_PX)));
    let (beat, _) = use_beat(interval_ms);
    Signal::derive(move || if own.get().is_some() { beat.get() + time.pressed.get() } else { time.beat.get() })
}
