//! The names of what is drawn, with its values: as a list or as a table. A click shows one alone, Ctrl+click hides or shows one.

use leptos::prelude::*;

use crate::{
    base::colour::Ink,
    model::dashboard::{LegendOptions, LegendPlacement},
    state::reactive::{RwSignal, Signal},
    ui::{
        legend::{LegendAction, toggle},
        views::Views,
    },
};

use super::svg::{Piece, piece_view, words};

#[derive(Debug, Clone, PartialEq)]
pub struct KeyEntry {
    pub name: String,
    pub paint: Ink,
    /// One for each of the columns.
    pub cells: Vec<String>,
    pub is_hidden: bool,
}

/// `hidden` holds the names that are not drawn.
#[component]
pub fn Key(
    entries: Signal<Vec<KeyEntry>>,
    /// Heads of the values' columns.
    columns: Vec<String>,
    options: LegendOptions,
    hidden: RwSignal<Vec<String>>,
) -> impl IntoView {
    let is_table = options.is_table && !columns.is_empty();
    let head = is_table.then(|| {
        let cells =
            std::iter::once(String::new()).chain(columns.iter().cloned()).map(|head| words("series-names__head", head));
        piece_view(Piece { class: "series-names__row", ..Piece::default() }, cells.views())
    });
    let item = move |entry: KeyEntry| {
        let KeyEntry { name, paint, cells, is_hidden } = entry;
        let (clicked, title) = (name.clone(), name.clone());
        let on_click = move |event: leptos::ev::MouseEvent| {
            let names: Vec<String> = entries.with_untracked(|all| all.iter().map(|e| e.name.clone()).collect());
            let is_toggle = event.ctrl_key() || event.meta_key() || event.shift_key();
            hidden.update(|hidden| *hidden = hidden_after(hidden, &names, &clicked, is_toggle));
        };
        let swatch = Piece { class: "series-names__swatch", background: Some(paint.css()), ..Piece::default() };
        let label = [piece_view(swatch, ().into_any()), words("series-names__name", name)].views();
        let label = piece_view(Piece { class: "series-names__label", ..Piece::default() }, label);
        let parts =
            std::iter::once(label).chain(cells.into_iter().map(|cell| words("series-names__value", cell))).views();
        view! {
            <button
                type="button"
                class="series-names__row"
                aria-pressed=if is_hidden { "false" } else { "true" }
                title=title
                on:click=on_click
            >
                {parts}
            </button>
        }
    };
    let placement = match options.placement {
        LegendPlacement::Right => "right",
        LegendPlacement::Bottom | LegendPlacement::Hidden => "bottom",
    };
    view! {
        <div class="series-names" role="group" aria-label="Series" data-placement=placement data-table=is_table.then_some("true")>
            {head.views()}
            {move || entries.get().into_iter().map(item).views()}
        </div>
    }
    .into_any()
}

/// What is hidden after a click: one alone and, once it is alone, all again; or, with `is_toggle`, that one changed.
fn hidden_after(hidden: &[String], names: &[String], clicked: &str, is_toggle: bool) -> Vec<String> {
    let mut after = hidden.to_vec();
    if let Some(at) = names.iter().position(|name| name == clicked) {
        toggle(&mut after, names, if is_toggle { LegendAction::Toggle(at) } else { LegendAction::Isolate(at) });
    }
    after
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clicks_isolate_and_toggle() {
        let names: Vec<String> = ["a", "b", "c"].map(str::to_owned).into();
        let check = |hidden: &[&str], clicked: &str, is_toggle: bool, expect: &[&str]| {
            let hidden: Vec<String> = hidden.iter().map(|name| (*name).to_owned()).collect();
            assert_eq!(hidden_after(&hidden, &names, clicked, is_toggle), expect);
        };
        check(&[], "a", false, &["b", "c"]);
        check(&["b", "c"], "a", false, &[]);
        check(&["b", "c"], "b", false, &["a", "c"]);
        check(&[], "a", true, &["a"]);
        check(&["a"], "a", true, &[]);
        // The only one of its panel stays.
        assert_eq!(hidden_after(&[], &["a".to_owned()], "a", false), [""; 0]);
    }
}
