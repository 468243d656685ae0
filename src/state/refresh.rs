//! The beat of automatic refresh.
//!
//! A hidden page does not beat; when it is shown again and a beat was missed, it beats at once. That beats never
//! overlap for one panel is `state::query`'s doing.

use leptos::prelude::*;

use crate::{
    base::time::Refresh,
    platform::{clock, dom, events, timer},
};

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

/// Panels that are refreshed in their own time, as the address says it: `4:30s,7:off`. What cannot be read is left out.
pub fn own_refreshes(text: &str) -> Vec<(u32, Refresh)> {
    let own = |part: &str| {
        let (id, refresh) = part.split_once(':')?;
        Some((id.parse().ok()?, Refresh::parse(refresh)?))
    };
    text.split(',').filter_map(own).collect()
}

/// The same with one panel changed, as the address says it; `None` where no panel has a time of its own.
pub fn with_own_refresh(text: &str, panel_id: u32, refresh: Option<Refresh>) -> Option<String> {
    let mut all = own_refreshes(text);
    all.retain(|(id, _)| *id != panel_id);
    all.extend(refresh.map(|refresh| (panel_id, refresh)));
    let all: Vec<String> = all.iter().map(|(id, refresh)| format!("{id}:{refresh}")).collect();
    (!all.is_empty()).then(|| all.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn own_refreshes_are_read_and_written() {
        let every = |interval_ms| Refresh::Every { interval_ms };
        assert_eq!(own_refreshes("4:30s,7:off,x:1m,8,9:often"), [(4, every(30_000)), (7, Refresh::Off)]);
        assert_eq!(own_refreshes(""), []);
        assert_eq!(with_own_refresh("", 4, Some(every(30_000))).as_deref(), Some("4:30s"));
        assert_eq!(with_own_refresh("4:30s,7:off", 4, Some(Refresh::Auto)).as_deref(), Some("7:off,4:auto"));
        assert_eq!(with_own_refresh("4:30s", 4, None), None);
    }
}
