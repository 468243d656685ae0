//! The names and last values of a chart's series; a click shows one alone, Ctrl+click hides or shows one.

use leptos::prelude::*;

use crate::{
    base::colour::Ink,
    state::reactive::{Callback, Signal},
};

use super::views::Views;

#[derive(Debug, Clone, PartialEq)]
pub struct LegendEntry {
    pub name: String,
    pub ink: Ink,
    /// As it is shown, unit included.
    pub value: String,
    /// Every digit of it.
    pub value_full: String,
    pub is_hidden: bool,
}

/// Which series a click is about, and whether only that one is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LegendAction {
    Isolate(usize),
    Toggle(usize),
}

/// A click isolates a series, a second one shows all again; with Ctrl it hides or shows just that one.
pub fn toggle(hidden: &mut Vec<String>, names: &[String], action: LegendAction) {
    match action {
        LegendAction::Toggle(at) => {
            let Some(name) = names.get(at) else { return };
            if let Some(found) = hidden.iter().position(|h| h == name) {
                hidden.remove(found);
            } else {
                hidden.push(name.clone());
            }
        }
        LegendAction::Isolate(at) => {
            let Some(name) = names.get(at) else { return };
            let is_alone = !hidden.contains(name) && names.iter().all(|n| n == name || hidden.contains(n));
            hidden.clear();
            if !is_alone {
                hidden.extend(names.iter().filter(|n| *n != name).cloned());
            }
        }
    }
}

#[component]
pub fn Legend(entries: Signal<Vec<LegendEntry>>, on_action: Callback<LegendAction>) -> impl IntoView {
    let item = move |(at, entry): (usize, LegendEntry)| {
        let LegendEntry { name, ink, value, value_full, is_hidden } = entry;
        let title = format!("{name}: {value_full}");
        let on_click = move |event: leptos::ev::MouseEvent| {
            let is_toggle = event.ctrl_key() || event.meta_key() || event.shift_key();
            on_action.run(if is_toggle { LegendAction::Toggle(at) } else { LegendAction::Isolate(at) });
        };
        view! {
            <button
                type="button"
                class="legend__item"
                aria-pressed=if is_hidden { "false" } else { "true" }
                title=title
                on:click=on_click
            >
                <Swatch ink=ink/>
                <span class="legend__name">{name}</span>
                <span class="legend__value">{value}</span>
            </button>
        }
    };
    view! {
        <div class="legend" role="group" aria-label="Series">
            {move || entries.get().into_iter().enumerate().map(item).views()}
        </div>
    }
    .into_any()
}

/// A sample of a series' colour.
#[component]
pub fn Swatch(ink: Ink, #[prop(optional)] is_square: bool) -> impl IntoView {
    let slot = match ink {
        Ink::Series(slot) => Some((slot % crate::base::colour::SERIES_SLOTS).to_string()),
        _ => None,
    };
    // A series' colour is a rule of the style sheet.
    let colour = slot.is_none().then(|| ink.css());
    view! {
        <span
            class="swatch"
            data-slot=slot
            data-shape=is_square.then_some("square")
            style:background=colour
            aria-hidden="true"
        ></span>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_click_isolates_and_a_second_click_shows_all() {
        let names: Vec<String> = ["a", "b", "c"].map(str::to_owned).to_vec();
        let mut hidden = Vec::new();
        toggle(&mut hidden, &names, LegendAction::Isolate(1));
        assert_eq!(hidden, ["a", "c"]);
        toggle(&mut hidden, &names, LegendAction::Isolate(2));
        assert_eq!(hidden, ["a", "b"]);
        toggle(&mut hidden, &names, LegendAction::Isolate(2));
        assert!(hidden.is_empty());
        toggle(&mut hidden, &names, LegendAction::Toggle(0));
        assert_eq!(hidden, ["a"]);
        toggle(&mut hidden, &names, LegendAction::Toggle(0));
        assert!(hidden.is_empty());
    }
}
