//! The kinds of panels that few dashboards have: downloaded when the first of them is drawn (`xtask/js/chunks.json`).
//!
//! A new kind is one file here, one line in [`open`], and its word in `model::dashboard::kinds::MORE`. Its options are read
//! from the panel's own JSON by `api::grafana::more`.

use leptos::prelude::*;

use super::{PanelProps, unknown};

/// The door of this part of the app.
#[inline(never)]
pub fn open(props: PanelProps) -> AnyView {
    unknown::view(props)
}
