//! Layer 5: components that know no backend and no route.
//!
//! Invariant: props are `Signal<T>` and `Callback<T>`; nobody is given somebody else's writer. Only [`chart_canvas`]
//! paints and names `web_sys`.

pub mod chart_canvas;
pub mod data_table;
pub mod dialog;
pub mod icon;
pub mod later;
pub mod legend;
pub mod notices;
pub mod popover;
pub mod refresh_picker;
pub mod sheets;
pub mod snippet;
pub mod state_view;
pub mod time_picker;
pub mod tooltip;
pub mod traces;
pub mod views;
