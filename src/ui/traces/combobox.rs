//! A text field that offers what could be written in it.
//!
//! The pattern is the editable combobox with a list of the ARIA Authoring Practices Guide: the focus stays in the field, the
//! arrows move through the list, Enter takes, Escape closes. Without a choice the text is what was typed.

use leptos::{html, prelude::*};

use crate::state::reactive::{Callback, Memo, RwSignal, Signal};
use crate::ui::views::Views;

/// What is offered, and the field's whole text once it is taken.
#[derive(Debug, Clone, PartialEq)]
pub struct Choice {
    pub label: String,
    /// Beside the label: a kind, a count.
    pub note: String,
    pub text: String,
    /// The text goes on, so that the list stays open.
    pub is_continued: bool,
}

/// More than a person reads; the rest is counted.
const MAX_SHOWN: usize = 12;

/// `complete` gives what is offered for a text; it may read signals.
#[component]
pub fn Combobox(
    /// Of the page: the list and its options derive theirs.
    id: &'static str,
    #[prop(into)] label: &'static str,
    value: RwSignal<String>,
    complete: Callback<String, Vec<Choice>>,
    #[prop(optional)] placeholder: &'static str,
    #[prop(into)] error: Signal<Option<String>>,
    /// The text changed, by typing or by a choice.
    #[prop(optional, into)]
    on_change: Option<Callback<String>>,
) -> impl IntoView {
    let is_open = RwSignal::new(false);
    let active = RwSignal::new(None::<usize>);
    let input = NodeRef::<html::Input>::new();
    let choices = Memo::new(move |_| if is_open.get() { complete.run(value.get()) } else { Vec::new() });
    let list_id = format!("{id}-list");
    let error_id = format!("{id}-error");
    let option_id = move |at: usize| format!("{id}-option-{at}");
    let has_list = Signal::derive(move || choices.with(|choices| !choices.is_empty()));

    let change = move |text: String| {
        value.set(text.clone());
        if let Some(on_change) = on_change {
            on_change.run(text);
        }
    };
    let close = move || {
        is_open.set(false);
        active.set(None);
    };
    let take = move |choice: Choice| {
        let Choice { text, is_continued, .. } = choice;
        active.set(None);
        is_open.set(is_continued);
        change(text);
    };
    let on_keydown = move |event: leptos::ev::KeyboardEvent| {
        let count = choices.with_untracked(Vec::len).min(MAX_SHOWN);
        let step = match event.key().as_str() {
            "ArrowDown" if !is_open.get_untracked() => {
                is_open.set(true);
                event.prevent_default();
                return;
            }
            "ArrowDown" => 1,
            "ArrowUp" => count,
            "Escape" if has_list.get_untracked() => {
                event.stop_propagation();
                close();
                return;
            }
            "Enter" => {
                let taken = active.get_untracked().and_then(|at| choices.with_untracked(|c| c.get(at).cloned()));
                if let Some(choice) = taken {
                    event.prevent_default();
                    take(choice);
                } else {
                    close();
                }
                return;
            }
            _ => return,
        };
        if count > 0 {
            event.prevent_default();
            // One place more than there are choices: none of them, the text as it was typed.
            let now = active.get_untracked().unwrap_or(count);
            let next = (now + step) % (count + 1);
            active.set((next < count).then_some(next));
        }
    };
    let options = move || {
        let choices = choices.get();
        let hidden_count = choices.len().saturating_sub(MAX_SHOWN);
        let options = choices
            .into_iter()
            .take(MAX_SHOWN)
            .enumerate()
            .map(|(at, choice)| {
                let (label, note) = (choice.label.clone(), choice.note.clone());
                let choice = StoredValue::new(choice);
                view! {
                    <li
                        class="combobox__option"
                        role="option"
                        id=option_id(at)
                        aria-selected=move || if active.get() == Some(at) { "true" } else { "false" }
                        // The field keeps the focus.
                        on:pointerdown=|event| event.prevent_default()
                        on:click=move |_| take(choice.get_value())
                    >
                        <span class="combobox__label">{label}</span>
                        <span class="combobox__note">{note}</span>
                    </li>
                }
            })
            .views();
        let more = (hidden_count > 0).then(|| {
            view! { <li class="combobox__more" role="presentation">{format!("{hidden_count} more: keep typing")}</li> }
        });
        view! { {options}{more.views()} }.into_any()
    };
    let described = error_id.clone();
    view! {
        <div class="combobox field">
            <label class="combobox__name" for=id>{label}</label>
            <input
                class="field__input"
                id=id
                node_ref=input
                role="combobox"
                autocomplete="off"
                spellcheck="false"
                autocapitalize="off"
                placeholder=placeholder
                aria-autocomplete="list"
                aria-expanded=move || if has_list.get() { "true" } else { "false" }
                aria-controls=list_id.clone()
                aria-activedescendant=move || active.get().map(option_id)
                aria-invalid=move || error.with(Option::is_some).then_some("true")
                aria-describedby=move || error.with(Option::is_some).then(|| described.clone())
                prop:value=move || value.get()
                on:input=move |event| {
                    is_open.set(true);
                    active.set(None);
                    change(event_target_value(&event));
                }
                on:click=move |_| is_open.set(true)
                on:blur=move |_| close()
                on:keydown=on_keydown
            />
            <ul class="combobox__list" id=list_id role="listbox" aria-label=label hidden=move || !has_list.get()>{options}</ul>
            {move || error.get().map(|text| view! { <span class="field__error" id=error_id.clone()>{text}</span> }).views()}
        </div>
    }
    .into_any()
}

/// Those of `names` that contain the text, those that begin with it first. What is written in full already is not offered.
pub fn matching<'a>(names: impl IntoIterator<Item = &'a str>, text: &str) -> Vec<&'a str> {
    let wanted = text.trim().to_ascii_lowercase();
    let mut begins = Vec::new();
    let mut contains = Vec::new();
    for name in names {
        match name.to_ascii_lowercase().find(&wanted) {
            Some(0) if name != text.trim() => begins.push(name),
            Some(at) if at > 0 => contains.push(name),
            _ => {}
        }
    }
    begins.extend(contains);
    begins
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_begins_with_the_text_stands_first() {
        let names = ["mcp-api", "API gateway", "db", "api"];
        let check = |text: &str, expect: &[&str]| assert_eq!(matching(names, text), expect, "{text}");
        check("", &names);
        check("ap", &["API gateway", "api", "mcp-api"]);
        check("api", &["API gateway", "mcp-api"]);
        check("x", &[]);
    }
}
