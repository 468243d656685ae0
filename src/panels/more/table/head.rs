//! The heads of a table's columns: what they are called, how they sort, and what is typed to filter them.

use leptos::prelude::*;

use crate::{
    analysis::table::field::Align,
    state::reactive::{Memo, Signal},
    ui::views::Views,
};

use super::TableView;

/// What the heads take of a page's height.
pub const ROOM_PX: f64 = 29.0;
/// And the fields below them.
pub const FILTERS_PX: f64 = 34.0;

/// A head as it stays while rows come and go.
#[derive(Debug, Clone, PartialEq)]
struct Title {
    text: String,
    align: &'static str,
    is_filterable: bool,
    is_wrapped: bool,
}

/// How cells stand, as styles say it.
pub fn align_word(align: Align) -> &'static str {
    match align {
        Align::Auto | Align::Start => "start",
        Align::Centre => "center",
        Align::End => "end",
    }
}

#[component]
pub fn Colgroup(view: TableView) -> impl IntoView {
    move || {
        let widths = view.widths.get().unwrap_or_default();
        let cols = widths.iter().map(|width| view! { <col style:width=format!("{width}px")/> }).views();
        view! { <colgroup>{cols}</colgroup> }
    }
}

#[component]
pub fn Head(view: TableView) -> impl IntoView {
    let titles = Memo::new(move |_| {
        let Some(shown) = view.shown.get() else { return Vec::new() };
        let titles = shown.columns.iter().filter_map(|at| {
            let (column, look) = (shown.table.columns.get(*at)?, shown.looks.get(*at)?);
            Some(Title {
                text: look.title.clone(),
                align: align_word(look.align(column.cells.kind())),
                is_filterable: look.options.is_filterable == Some(true),
                is_wrapped: look.options.is_head_wrapped == Some(true),
            })
        });
        titles.collect()
    });
    move || {
        let titles = titles.get();
        let has_filters = titles.iter().any(|title| title.is_filterable);
        let filters = has_filters.then(|| {
            let cells = titles.iter().map(|title| filter_cell(view, title)).views();
            view! { <tr>{cells}</tr> }
        });
        let heads = titles.into_iter().map(|title| head_cell(view, title)).views();
        view! { <thead class="grid-table__heads"><tr>{heads}</tr>{filters.views()}</thead> }
    }
}

fn head_cell(view: TableView, title: Title) -> AnyView {
    let Title { text, align, is_wrapped, .. } = title;
    let name = text.clone();
    let direction = Signal::derive(move || {
        view.choices
            .with(|choices| choices.direction(&name))
            .map(|is_descending| if is_descending { "descending" } else { "ascending" })
    });
    let pressed = text.clone();
    let on_click = move |_| {
        let mut choices = view.choices.get_untracked();
        choices.press(&pressed);
        view.set_choices.run(choices);
    };
    let full = text.clone();
    view! {
        <th class="grid-table__head" scope="col" data-align=align data-wrap=is_wrapped.then_some("true") aria-sort=move || direction.get()>
            <button type="button" class="grid-table__sort" title=full on:click=on_click>
                <span class="grid-table__title">{text}</span>
                <span class="grid-table__arrow" aria-hidden="true">
                    {move || match direction.get() {
                        Some("descending") => "\u{2193}",
                        Some(_) => "\u{2191}",
                        None => "",
                    }}
                </span>
            </button>
        </th>
    }
    .into_any()
}

fn filter_cell(view: TableView, title: &Title) -> AnyView {
    let name = title.text.clone();
    let field = title.is_filterable.then(|| {
        let first = view.choices.with_untracked(|choices| choices.filter(&name).to_owned());
        let shown = {
            let name = name.clone();
            move || view.choices.with(|choices| choices.filter(&name).to_owned())
        };
        let label = format!("Filter {name}");
        let on_input = move |event| {
            let mut choices = view.choices.get_untracked();
            choices.set_filter(&name, &event_target_value(&event));
            view.set_choices.run(choices);
        };
        view! {
            <input
                type="search"
                class="grid-table__filter"
                aria-label=label
                placeholder="filter"
                title="A part of the text, >5, <=5, 1..5, =text, !text or /pattern/"
                spellcheck="false"
                value=first
                prop:value=shown
                on:input=on_input
            />
        }
    });
    view! { <td class="grid-table__filter-cell">{field.views()}</td> }.into_any()
}
