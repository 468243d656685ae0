//! The beat of automatic refresh.
//!
//! A hidden page does not beat; when it is shown again and a beat was missed, it beats at once. That beats never
//! overlap for one panel is `state::query`'s doing.

use leptos::prelude::*;

use crate::platform::{clock, dom, events, timer};

use super::reactive::{Callback, RwSignal, Signal, effect};

/// Counts up each time the page should ask again.
///
/// `interval_ms` is the pause between two beats, `None` for never. The returned signal also counts when `now` runs.
pub fn use_beat(interval_ms: Signal<Option<i64>>) -> (Signal<u64>, Callback<()>) {
    let beat = RwSignal::new(0_u64);
    let last_ms = StoredValue::new(clock::monotonic_ms());
    let pending = StoredValue::new_local(None::<timer::Timeout>);

    let fire = move || {
        last_ms.set_value(clock::monotonic_ms());
        beat.update(|n| *n += 1);
    };

    effect(move || {
        // Each beat sets the timer for the next one.
        beat.track();
        let timeout = interval_ms.get().map(|interval_ms| {
            let delay_ms = i32::try_from(interval_ms).unwrap_or(i32::MAX);
            timer::after(delay_ms, move || {
                if !dom::is_page_hidden() {
                    fire();
                }
            })
        });
        pending.set_value(timeout);
    });

    let visibility = events::on_visibility(move |is_hidden| {
        let is_due = interval_ms
            .get_untracked()
            .is_some_and(|interval_ms| clock::monotonic_ms() - last_ms.get_value() >= interval_ms as f64);
        if !is_hidden && is_due {
            fire();
        }
    });
    let visibility = StoredValue::new_local(visibility);

    on_cleanup(move || {
        drop(pending.try_update_value(Option::take));
        drop(visibility.try_update_value(Option::take));
    });

    (beat.into(), Callback::new(move |()| fire()))
}
