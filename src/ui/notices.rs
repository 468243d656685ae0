//! The mark that says there is something to know about a value, and the sheet that says what.

use std::sync::Arc;

use leptos::prelude::*;

use crate::{
    model::notice::{Notice, Severity},
    state::reactive::{Callback, Signal},
};

use super::{
    icon::{Icon, IconView},
    popover::Popover,
    views::Views,
};

#[component]
pub fn Notices(notices: Vec<Notice>) -> impl IntoView {
    let is_warning = notices.iter().any(|n| n.severity == Severity::Warning);
    let (icon, severity, text) =
        if is_warning { (Icon::Warning, "warning", "partial") } else { (Icon::Info, "info", "note") };
    let count = notices.len();
    let sheet = move |_close: Callback<()>| {
        let items = notices
            .iter()
            .map(|notice| {
                let icon = if notice.severity == Severity::Warning { Icon::Warning } else { Icon::Info };
                view! { <div class="panel__notice"><IconView icon=icon is_small=true/><span>{notice.message.clone()}</span></div> }
            })
            .views();
        view! { <div class="panel__notices">{items}</div> }.into_any()
    };
    view! {
        <span class="panel__note" data-severity=severity>
            <Popover
                label=Signal::stored(format!("{text}: {count} {}", if count == 1 { "remark" } else { "remarks" }))
                control=ViewFn::from(move || view! { <IconView icon=icon is_small=true/><span>{text}</span> })
                control_class="panel__note"
                sheet=Arc::new(sheet)
            />
        </span>
    }
    .into_any()
}
