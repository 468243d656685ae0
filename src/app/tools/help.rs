//! The keys: those of every page from the table that binds them, and those that single views have.

use leptos::prelude::*;

use crate::{
    app::{
        keyboard::{BINDINGS, Group, key_label},
        shell::is_there,
    },
    state::reactive::Callback,
    ui::{dialog::Dialog, views::Views},
};

/// Keys that a view takes while it has the focus: how they are written, and what they do.
const ON_A_CHART: [(&str, &str); 5] = [
    ("← →", "Move the cursor; with Shift by ten"),
    ("Home End", "First and last instant"),
    ("Esc", "Let go of the cursor"),
    ("drag", "Choose a time"),
    ("double click", "Zoom out"),
];

const IN_A_TRACE: [(&str, &str); 7] = [
    ("j k ↓ ↑", "Move through rows"),
    ("Enter Esc", "Open and close a span"),
    ("a d", "Earlier and later"),
    ("+ - 0", "Zoom in, out, all"),
    ("w s", "Scroll"),
    ("[ ]", "Fold and unfold a level"),
    ("/ n N", "Find, next and previous match"),
];

pub fn help(on_close: Callback<()>) -> AnyView {
    let body = move || {
        let groups = [
            (Group::Everywhere, "Everywhere"),
            (Group::Pages, "Pages"),
            (Group::Time, "Time range"),
            (Group::Lists, "In lists"),
        ];
        let bound = groups.map(|(group, title)| {
            let rows = BINDINGS
                .iter()
                .filter(|binding| binding.group == group && is_there(binding.action))
                .map(|binding| {
                    let keys =
                        binding.keys.iter().map(|key| view! { <kbd class="key">{key_label(key)}</kbd>" " }).views();
                    let sequence = binding.keys.join(" ");
                    view! { <dt data-keys=sequence>{keys}</dt><dd>{binding.label}</dd> }
                })
                .views();
            section(title, rows)
        });
        let told = [("On a chart", &ON_A_CHART[..]), ("In a trace", &IN_A_TRACE[..])].map(|(title, keys)| {
            let rows = keys
                .iter()
                .map(|(keys, label)| {
                    let keys = keys.split(' ').map(|key| view! { <kbd class="key">{key}</kbd>" " }).views();
                    view! { <dt>{keys}</dt><dd>{*label}</dd> }
                })
                .views();
            section(title, rows)
        });
        bound.into_iter().chain(told).views()
    };
    view! {
        <Dialog title="Keys" on_close=on_close is_wide=true>
            <div class="key-sheet">{body()}</div>
        </Dialog>
    }
    .into_any()
}

fn section(title: &'static str, rows: AnyView) -> AnyView {
    view! {
        <section class="key-sheet__group">
            <h3 class="card__note">{title}</h3>
            <dl class="key-list">{rows}</dl>
        </section>
    }
    .into_any()
}
