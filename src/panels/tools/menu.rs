//! What can be done with one panel.

use std::sync::Arc;

use leptos::{html, prelude::*};

use crate::{
    analysis::link::{Lead, Surroundings, leads},
    base::time::{REFRESH_CHOICES, Refresh},
    panels::card::{CardDialog, CardTools},
    platform::{clipboard, dom, picture},
    state::{
        reactive::{Callback, RwSignal, effect},
        time::TimeContext,
    },
    ui::views::Views,
};

pub fn menu(card: &Arc<CardTools>, close: Callback<()>) -> AnyView {
    let is_choosing = RwSignal::new(false);
    let root = NodeRef::<html::Div>::new();
    // The item that had the focus is gone when the choices are there.
    effect(move || {
        if is_choosing.get()
            && let Some(root) = root.get()
        {
            dom::focus_first(&root, ".menu__item[aria-checked='true'], .menu__item");
        }
    });
    let card = Arc::clone(card);
    let items = move || if is_choosing.get() { refreshes(&card, close) } else { items(&card, is_choosing, close) };
    view! { <div class="menu" role="menu" aria-label="Panel menu" node_ref=root>{items}</div> }.into_any()
}

fn item(text: &'static str, close: Callback<()>, run: impl Fn() + 'static) -> AnyView {
    let press = move |_| {
        close.run(());
        run();
    };
    view! { <button type="button" class="menu__item" role="menuitem" on:click=press>{text}</button> }.into_any()
}

fn items(card: &Arc<CardTools>, is_choosing: RwSignal<bool>, close: Callback<()>) -> AnyView {
    let CardTools { panel, live, actions, is_table, dialog, .. } = card.as_ref();
    let panel = panel.get_untracked();
    let (id, is_table, dialog) = (panel.id, *is_table, *dialog);
    let mut all = Vec::new();
    if let Some(actions) = *actions {
        let is_alone = actions.alone.get_untracked() == Some(id);
        let text = if is_alone { "Back to the dashboard" } else { "View alone" };
        all.push(item(text, close, move || actions.show_alone.run((!is_alone).then_some(id))));
    }
    all.push(item("Inspect", close, move || dialog.set(Some(CardDialog::Inspect))));
    if let Some(live) = *live {
        let text = if is_table.get_untracked() { "Show chart" } else { "Show table" };
        all.push(item(text, close, move || is_table.update(|is_table| *is_table = !*is_table)));
        all.push(rule());
        all.push(item("Refresh", close, move || live.query.retry.run(())));
        if let Some(actions) = *actions {
            let own = actions.own_refresh.run(id).map_or_else(|| "with the page".to_owned(), Refresh::label);
            let open = move |_| is_choosing.set(true);
            all.push(
                view! {
                    <button type="button" class="menu__item" role="menuitem" aria-haspopup="true" on:click=open>
                        "Refresh every"<span class="menu__note">{own}</span>
                    </button>
                }
                .into_any(),
            );
        }
    }
    if let Some(actions) = *actions {
        all.push(rule());
        all.push(item("Copy live link", close, move || actions.copy_link.run((id, false))));
        all.push(item("Copy frozen link", close, move || actions.copy_link.run((id, true))));
    }
    let range = TimeContext::expect().resolve_now().ok();
    let links = leads(&panel.links, Surroundings { value_of: &|_| None, variables: &panel.variables, range });
    if !links.is_empty() {
        all.push(rule());
        all.extend(links.into_iter().map(|lead| link_view(lead, close)));
    }
    all.push(rule());
    if let Some(live) = *live {
        let file_name = format!("{}.csv", file_name_of(&panel.title));
        all.push(item("Download CSV", close, move || {
            if let Some(sheet) = live.sheet.run(()) {
                clipboard::download(&file_name, "text/csv;charset=utf-8", &sheet.to_csv());
            }
        }));
    }
    let file_name = format!("{}.png", file_name_of(&panel.title));
    let time = TimeContext::expect();
    all.push(item("Download PNG", close, move || {
        if let Some(element) = dom::find(&format!("[data-panel-id='{id}']")) {
            picture::download(&element, &time.words(), &file_name);
        }
    }));
    all.views()
}

/// A link of the panel's file.
fn link_view(lead: Lead, close: Callback<()>) -> AnyView {
    let target = lead.target();
    let Lead { href, title, .. } = lead;
    let rel = target.map(|_| "noopener noreferrer");
    view! {
        <a class="menu__item" role="menuitem" href=href target=target rel=rel on:click=move |_| close.run(())>{title}</a>
    }
    .into_any()
}

fn rule() -> AnyView {
    view! { <div class="menu__rule" role="separator"></div> }.into_any()
}

/// How often this panel is refreshed.
fn refreshes(card: &Arc<CardTools>, close: Callback<()>) -> AnyView {
    let Some(actions) = card.actions else { return ().into_any() };
    let id = card.panel.with_untracked(|panel| panel.id);
    let own = actions.own_refresh.run(id);
    std::iter::once(None)
        .chain(REFRESH_CHOICES.into_iter().map(Some))
        .map(|choice| {
            let text = choice.map_or_else(|| "With the page".to_owned(), Refresh::label);
            let press = move |_| {
                close.run(());
                actions.set_own_refresh.run((id, choice));
            };
            let is_chosen = if choice == own { "true" } else { "false" };
            view! {
                <button type="button" class="menu__item" role="menuitemradio" aria-checked=is_chosen on:click=press>{text}</button>
            }
        })
        .views()
}

/// Letters and digits of the title, words joined by dashes. Beyond ASCII, what is no sign of Latin-1 and no punctuation
/// counts as a letter: the full tables would be five kilobytes for the names of a few files.
pub fn file_name_of(title: &str) -> String {
    let is_sign = |c: char| match c {
        '\0'..='\u{bf}' => !c.is_ascii_alphanumeric(),
        _ => ('\u{2000}'..='\u{206f}').contains(&c),
    };
    let words: Vec<String> =
        title.split(is_sign).filter(|word| !word.is_empty()).map(str::to_ascii_lowercase).collect();
    if words.is_empty() { "panel".to_owned() } else { words.join("-") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_makes_a_file_name() {
        assert_eq!(file_name_of("Response Time Distribution"), "response-time-distribution");
        assert_eq!(file_name_of("p95 / «slow» endpoints"), "p95-slow-endpoints");
        assert_eq!(file_name_of("…"), "panel");
    }
}
