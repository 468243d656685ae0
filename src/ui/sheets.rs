//! The sheets of the bar's controls: time range, refresh.
//!
//! A part of the app that comes later (`xtask/js/chunks.json`); only `ui::later` is to call its doors.

use leptos::prelude::*;

use crate::{
    base::time::{QUICK_RANGES, REFRESH_CHOICES, Refresh, TimePoint, date_time_text},
    platform::{clipboard, clock},
    state::{
        reactive::{Callback, RwSignal, Signal},
        zone::Zone,
    },
};

use super::{time_picker::TimeSheet, views::Views};

/// Zones offered by name beside the browser's own and UTC; any other can be written in the address.
const NAMED_ZONES: [&str; 6] =
    ["Europe/London", "Europe/Berlin", "America/New_York", "America/Los_Angeles", "Asia/Kolkata", "Asia/Tokyo"];

/// One end as it is edited: what was written for a relative one, the date for an absolute one.
fn end_text(point: &TimePoint, zone: &Zone) -> String {
    match point {
        TimePoint::Relative(relative) => relative.to_string(),
        TimePoint::Absolute(unix_ms) => zone.with(|zone| date_time_text(*unix_ms, zone)),
    }
}

/// The sheet of the time picker.
#[inline(never)]
pub fn open_time(sheet: TimeSheet) -> AnyView {
    let TimeSheet { spec, zone, problem, on_choose, on_zone, on_make_absolute } = sheet;
    let (from, to) =
        spec.with_untracked(|spec| zone.with_untracked(|zone| (end_text(&spec.from, zone), end_text(&spec.to, zone))));
    let from = RwSignal::new(from);
    let to = RwSignal::new(to);
    let read = move || {
        let zone = zone.get();
        zone.with(|zone| {
            let spec = crate::base::time::TimeSpec::parse(&from.get(), &to.get(), zone)?;
            spec.resolve(clock::now_ms(), zone)?;
            Ok::<_, crate::base::time::TimeError>(spec)
        })
    };
    let error = move || read().err().map(|error| error.to_string());
    let apply = move || {
        if let Ok(spec) = read() {
            on_choose.run(spec);
        }
    };
    let quick = QUICK_RANGES
        .into_iter()
        .map(|range| {
            let is_chosen = spec.with_untracked(|spec| *spec == range.spec());
            view! {
                <button
                    type="button"
                    class="menu__item"
                    aria-checked=if is_chosen { "true" } else { "false" }
                    role="menuitemradio"
                    on:click=move |_| on_choose.run(range.spec())
                >
                    {range.label}
                </button>
            }
        })
        .views();
    let zones = [Zone::Local, Zone::Utc]
        .into_iter()
        .chain(NAMED_ZONES.iter().filter_map(|name| Zone::parse(name)))
        .map(|choice| {
            let text = match &choice {
                Zone::Local => format!("Browser ({})", choice.label()),
                other => other.label(),
            };
            let value = choice.to_string();
            let is_chosen = zone.with_untracked(|zone| *zone == choice);
            view! { <option value=value selected=is_chosen>{text}</option> }
        })
        .views();
    view! {
        <form
            class="time-picker__form"
            on:submit=move |event| {
                event.prevent_default();
                apply();
            }
        >
            <div class="time-picker__heading">"From and to"</div>
            <label class="field">
                "From"
                <input
                    class="field__input"
                    name="from"
                    autocomplete="off"
                    spellcheck="false"
                    data-autofocus="true"
                    prop:value=move || from.get()
                    aria-invalid=move || error().is_some().then_some("true")
                    on:input=move |event| from.set(event_target_value(&event))
                />
            </label>
            <label class="field">
                "To"
                <input
                    class="field__input"
                    name="to"
                    autocomplete="off"
                    spellcheck="false"
                    prop:value=move || to.get()
                    aria-invalid=move || error().is_some().then_some("true")
                    on:input=move |event| to.set(event_target_value(&event))
                />
            </label>
            {move || error().map(|text| view! { <div class="field__error" role="alert">{text}</div> }).views()}
            {move || problem.get().map(|text| view! { <div class="field__error">{text}</div> }).views()}
            <div class="time-picker__row">
                <button type="submit" class="control">"Apply"</button>
                <button
                    type="button"
                    class="control"
                    data-variant="ghost"
                    title="Copy the range as text (t c)"
                    on:click=move |_| clipboard::copy(&spec.with_untracked(ToString::to_string))
                >
                    "Copy"
                </button>
                <button type="button" class="control" data-variant="ghost" title="Fix the range where it is now (t a)" on:click=move |_| on_make_absolute.run(())>
                    "Make absolute"
                </button>
            </div>
            <p class="time-picker__hint">"now-6h, now/d, 13h, 2026-11-22 14:30, or seconds since 1970. A copied range can be pasted into From."</p>
            <label class="field">
                "Time zone"
                <select
                    class="field__input"
                    on:change=move |event| {
                        if let Some(zone) = Zone::parse(&event_target_value(&event)) {
                            on_zone.run(zone);
                        }
                    }
                >
                    {zones}
                </select>
            </label>
        </form>
        <div class="time-picker__quick">
            <div class="menu" role="menu" aria-label="Quick ranges">{quick}</div>
        </div>
    }
    .into_any()
}

/// The menu of intervals.
#[inline(never)]
pub fn open_refresh(refresh: Signal<Refresh>, on_choose: Callback<Refresh>, close: Callback<()>) -> AnyView {
    let items = REFRESH_CHOICES
        .into_iter()
        .map(|choice| {
            let is_chosen = refresh.get_untracked() == choice;
            view! {
                <button
                    type="button"
                    class="menu__item"
                    role="menuitemradio"
                    aria-checked=if is_chosen { "true" } else { "false" }
                    on:click=move |_| {
                        on_choose.run(choice);
                        close.run(());
                    }
                >
                    {choice.label()}
                </button>
            }
        })
        .views();
    view! { <div class="menu" role="menu" aria-label="Refresh interval">{items}</div> }.into_any()
}
