//! Choosing the time range and its zone.

use std::sync::Arc;

use leptos::prelude::*;

use crate::{
    base::time::{TimeSpec, label},
    state::{
        reactive::{Callback, Signal},
        zone::Zone,
    },
};

use super::{
    icon::{Icon, IconView},
    later::later_tool,
    popover::Popover,
    sheets,
    views::Views,
};

/// What the sheet shows and changes; it comes later (`ui::sheets`).
#[derive(Clone, Copy)]
pub struct TimeSheet {
    pub spec: Signal<TimeSpec>,
    pub zone: Signal<Zone>,
    /// Why the range that was asked for is not the one shown.
    pub problem: Signal<Option<String>>,
    pub on_choose: Callback<TimeSpec>,
    pub on_zone: Callback<Zone>,
    pub on_make_absolute: Callback<()>,
}

#[component]
pub fn TimePicker(
    spec: Signal<TimeSpec>,
    zone: Signal<Zone>,
    /// Why the range that was asked for is not the one shown.
    problem: Signal<Option<String>>,
    on_choose: Callback<TimeSpec>,
    on_zone: Callback<Zone>,
    on_shift: Callback<bool>,
    on_zoom_out: Callback<()>,
    on_make_absolute: Callback<()>,
) -> impl IntoView {
    let range_label = move || zone.with(|zone| zone.with(|zone| spec.with(|spec| label(spec, zone))));
    let control = ViewFn::from(move || {
        view! {
            <IconView icon=Icon::Clock is_small=true/>
            <span data-testid="time-range">{range_label}</span>
            " "
            <span class="control__note">{move || zone.get().label()}</span>
            {move || problem.get().map(|problem| view! { <span class="badge" data-state="warning" title=problem>"not understood"</span> }).views()}
        }
    });
    let sheet = move |close: Callback<()>| {
        let choose = Callback::new(move |spec| {
            on_choose.run(spec);
            close.run(());
        });
        let sheet = TimeSheet { spec, zone, problem, on_choose: choose, on_zone, on_make_absolute };
        later_tool(move || sheets::open_time(sheet))
    };
    view! {
        <button type="button" class="control" aria-label="Earlier" title="Earlier (t ←)" on:click=move |_| on_shift.run(false)>
            <IconView icon=Icon::Left is_small=true/>
        </button>
        <Popover
            label=Signal::derive(move || format!("Time range: {} {}", range_label(), zone.get().label()))
            control=control
            sheet=Arc::new(sheet)
            sheet_class="time-picker__sheet"
        />
        <button type="button" class="control" aria-label="Later" title="Later (t →)" on:click=move |_| on_shift.run(true)>
            <IconView icon=Icon::Right is_small=true/>
        </button>
        <button type="button" class="control" aria-label="Zoom out" title="Zoom out (t z)" on:click=move |_| on_zoom_out.run(())>
            <IconView icon=Icon::ZoomOut is_small=true/>
        </button>
    }
    .into_any()
}
