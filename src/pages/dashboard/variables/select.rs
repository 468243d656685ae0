//! Choosing the value of a variable, or several: a button with a list that narrows as one types.
//!
//! The pattern is the ARIA Authoring Practices Guide's combobox with a list. Several values are chosen in the open list and
//! taken together when it closes, so that every panel asks once; Escape leaves everything as it was. The list has at
//! most [`MAX_SHOWN`] lines and says how many more there are: thousands of values cost no more than a screen of them.

use std::sync::Arc;

use leptos::{html, prelude::*};

use crate::{
    analysis::variables::{options::matching, settle::Settled},
    model::variables::{ALL, Choice},
    platform::{dom, events},
    state::reactive::{Memo, RwSignal, effect},
};

use super::{
    all, any,
    bar::summary_of,
    values::{Live, choose},
};

/// More lines than a person looks through; the rest is counted.
const MAX_SHOWN: usize = 100;

/// A line of the list.
#[derive(Debug, Clone, PartialEq)]
struct Line {
    value: String,
    text: String,
    is_gone: bool,
}

/// What can be chosen: all, those that are not there any more, the options.
fn lines_of(settled: &Settled, has_all: bool, typed: &str) -> (Vec<Line>, usize) {
    let wanted = typed.trim().to_ascii_lowercase();
    let is_wanted = |text: &str| text.to_ascii_lowercase().contains(&wanted);
    let mut lines = Vec::new();
    if has_all && is_wanted("All") {
        lines.push(Line { value: ALL.to_owned(), text: "All".to_owned(), is_gone: false });
    }
    let gone = settled.gone.iter().filter(|value| is_wanted(value));
    lines.extend(gone.map(|value| Line { value: value.clone(), text: value.clone(), is_gone: true }));
    let found = matching(&settled.options, typed);
    let hidden_count = (lines.len() + found.len()).saturating_sub(MAX_SHOWN);
    let line = |choice: &Choice| Line { value: choice.value.clone(), text: choice.text.clone(), is_gone: false };
    let room = MAX_SHOWN.saturating_sub(lines.len());
    lines.extend(found.into_iter().take(room).filter_map(|at| settled.options.get(at)).map(line));
    (lines, hidden_count)
}

/// The values after one of them was pressed: all and one exclude each other.
fn toggled(mut draft: Vec<String>, value: &str) -> Vec<String> {
    if draft.iter().any(|v| v == value) {
        draft.retain(|v| v != value);
    } else if value == ALL {
        draft = vec![ALL.to_owned()];
    } else {
        draft.retain(|v| v != ALL);
        draft.push(value.to_owned());
    }
    draft
}

/// What is open: the draft, what was typed, the line that the keys are on.
#[derive(Clone, Copy)]
struct Sheet {
    is_open: RwSignal<bool>,
    typed: RwSignal<String>,
    active: RwSignal<Option<usize>>,
    draft: RwSignal<Vec<String>>,
    is_changed: RwSignal<bool>,
}

pub fn select(live: &Live, id: &str) -> AnyView {
    let Live { variable, state, .. } = live.clone();
    let (is_multi, has_all) = (variable.is_multi, variable.has_all);
    let open = Sheet {
        is_open: RwSignal::new(false),
        typed: RwSignal::new(String::new()),
        active: RwSignal::new(None),
        draft: RwSignal::new(Vec::new()),
        is_changed: RwSignal::new(false),
    };
    let root = NodeRef::<html::Div>::new();
    let sheet = NodeRef::<html::Div>::new();
    let settled = Memo::new(move |before: Option<&Option<Arc<Settled>>>| {
        state.with(|state| state.settled().cloned()).or_else(|| before.cloned().flatten())
    });
    let lines = Memo::new(move |_| {
        let settled = settled.get().filter(|_| open.is_open.get());
        settled.map(|settled| lines_of(&settled, has_all, &open.typed.get())).unwrap_or_default()
    });

    let show = move |typed: String| {
        let chosen = settled.with_untracked(|settled| settled.as_ref().map(|s| s.in_address()).unwrap_or_default());
        open.draft.set(chosen);
        open.typed.set(typed);
        open.active.set(None);
        open.is_changed.set(false);
        open.is_open.set(true);
    };
    let hide = move |is_focus_back: bool| {
        open.is_open.set(false);
        if let Some(root) = root.get_untracked().filter(|_| is_focus_back) {
            dom::focus_first(&root, "button");
        }
    };
    let name = StoredValue::new(variable.name.clone());
    let take = move |values: Vec<String>| {
        let before = settled.with_untracked(|settled| settled.as_ref().map(|s| s.in_address()).unwrap_or_default());
        if values != before {
            name.with_value(|name| choose(name, values));
        }
    };
    let take_draft = move || {
        if is_multi && open.is_changed.get_untracked() {
            take(open.draft.get_untracked());
        }
    };
    let take_only = move |at: usize| {
        if let Some(line) = lines.with_untracked(|(lines, _)| lines.get(at).cloned()) {
            take(vec![line.value]);
            hide(true);
        }
    };
    let press = move |at: usize| {
        if !is_multi {
            take_only(at);
        } else if let Some(line) = lines.with_untracked(|(lines, _)| lines.get(at).cloned()) {
            open.draft.update(|draft| *draft = toggled(std::mem::take(draft), &line.value));
            open.is_changed.set(true);
        }
    };

    let outside = StoredValue::new_local(None::<events::Listener>);
    effect(move || {
        let listener = open.is_open.get().then(|| {
            events::on_press(move |event| {
                let is_inside = root.get_untracked().is_some_and(|root| dom::contains_target(&root, &event));
                if !is_inside {
                    take_draft();
                    hide(false);
                }
            })
        });
        outside.set_value(listener.flatten());
    });
    effect(move || {
        if let Some(sheet) = sheet.get() {
            dom::focus_first(&sheet, "input");
        }
    });
    // The line that the keys are on is in view.
    effect(move || {
        if open.active.get().is_some()
            && let Some(sheet) = sheet.get_untracked()
        {
            dom::show_in_list(&sheet, "[data-active]");
        }
    });
    on_cleanup(move || drop(outside.try_update_value(Option::take)));

    let on_button_key = move |event: leptos::ev::KeyboardEvent| {
        let key = event.key();
        let is_letter = key.chars().count() == 1 && key != " ";
        if open.is_open.get_untracked() || event.ctrl_key() || event.meta_key() || event.alt_key() {
            return;
        }
        if matches!(key.as_str(), "ArrowDown" | "ArrowUp") || is_letter {
            // A letter begins to narrow; it is no shortcut of the page then.
            event.prevent_default();
            event.stop_propagation();
            show(if is_letter { key } else { String::new() });
        }
    };
    let on_sheet_key = move |event: leptos::ev::KeyboardEvent| {
        if event.key() == "Escape" {
            event.stop_propagation();
            hide(true);
        }
    };
    let on_field_key = move |event: leptos::ev::KeyboardEvent| {
        let count = lines.with_untracked(|(lines, _)| lines.len());
        let active = open.active.get_untracked();
        let moved = match event.key().as_str() {
            "ArrowDown" => active.map_or(0, |at| at + 1),
            "ArrowUp" => active.unwrap_or(count) + count.saturating_sub(1),
            "PageDown" => active.map_or(0, |at| (at + 10).min(count.saturating_sub(1))),
            "PageUp" => active.map_or(0, |at| at.saturating_sub(10)),
            // With several values the buttons follow.
            "Tab" if !is_multi || event.shift_key() => {
                take_draft();
                hide(true);
                return;
            }
            " " if is_multi && active.is_some() => {
                event.prevent_default();
                active.into_iter().for_each(press);
                return;
            }
            "Enter" => {
                event.prevent_default();
                match active {
                    Some(at) if !is_multi || !open.is_changed.get_untracked() => take_only(at),
                    // One that is left is what was meant.
                    None if !open.is_changed.get_untracked() && count == 1 => take_only(0),
                    _ => {
                        take_draft();
                        hide(true);
                    }
                }
                return;
            }
            _ => return,
        };
        event.prevent_default();
        open.active.set((count > 0).then(|| moved % count.max(1)));
    };

    let summary = summary_of(live);
    let title = variable.title().to_owned();
    let gone_count = move || settled.with(|settled| settled.as_ref().map_or(0, |settled| settled.gone.len()));
    let label = format!("{id}-name {id}");
    let mark = move || {
        let is_failed = state.with(|state| matches!(state, super::values::State::Failed(..)));
        match gone_count() {
            _ if is_failed => "failed",
            0 => "ok",
            _ => "gone",
        }
    };
    let id = id.to_owned();
    let sheet_id = id.clone();
    let sheet_title = title;
    let view_of_sheet = move || {
        any(open.is_open.get().then(|| {
            let list = list_view(&sheet_id, &sheet_title, open, lines, is_multi, press, take_only);
            let actions = is_multi.then(|| {
                actions_view(open, settled, has_all, move || {
                    take_draft();
                    hide(true);
                })
            });
            let id = sheet_id.clone();
            let list_id = format!("{id}-list");
            view! {
                <div class="variable__sheet" node_ref=sheet on:keydown=on_sheet_key>
                    <input
                        class="field__input"
                        type="text"
                        role="combobox"
                        aria-label=format!("Find in {sheet_title}")
                        aria-expanded="true"
                        aria-autocomplete="list"
                        aria-controls=list_id
                        aria-activedescendant=move || open.active.get().map(|at| format!("{id}-option-{at}"))
                        autocomplete="off"
                        spellcheck="false"
                        placeholder="Type to find"
                        prop:value=move || open.typed.get()
                        on:keydown=on_field_key
                        on:input=move |event| {
                            open.active.set(None);
                            open.typed.set(event_target_value(&event));
                        }
                    />
                    {list}
                    {any(actions)}
                </div>
            }
            .into_any()
        }))
    };
    view! {
        <div class="variable__choice" node_ref=root>
            <button
                type="button"
                class="control variable__value"
                id=id.clone()
                aria-labelledby=label
                aria-haspopup="listbox"
                aria-expanded=move || if open.is_open.get() { "true" } else { "false" }
                data-state=mark
                on:click=move |_| if open.is_open.get_untracked() { take_draft(); hide(true) } else { show(String::new()) }
                on:keydown=on_button_key
            >
                <span class="variable__summary">{move || summary.get()}</span>
                {move || any((gone_count() > 0).then(gone_mark))}
                <span class="variable__mark" aria-hidden="true"></span>
            </button>
            {view_of_sheet}
        </div>
    }
    .into_any()
}

fn gone_mark() -> AnyView {
    view! { <span class="variable__gone">" not there any more"</span> }.into_any()
}

fn list_view(
    id: &str,
    title: &str,
    open: Sheet,
    lines: Memo<(Vec<Line>, usize)>,
    is_multi: bool,
    press: impl Fn(usize) + Copy + Send + Sync + 'static,
    take_only: impl Fn(usize) + Copy + Send + Sync + 'static,
) -> AnyView {
    let list_id = format!("{id}-list");
    let id = id.to_owned();
    let options = move || {
        let (lines, hidden_count) = lines.get();
        let is_none = lines.is_empty();
        let count = lines.len();
        let options = lines
            .into_iter()
            .enumerate()
            .map(|(at, Line { value, text, is_gone })| {
                let is_chosen = move || open.draft.with(|draft| draft.contains(&value));
                let only = is_multi.then(|| {
                    view! {
                        <span
                            class="variable__only"
                            aria-hidden="true"
                            on:click=move |event| {
                                event.stop_propagation();
                                take_only(at);
                            }
                        >
                            "only"
                        </span>
                    }
                    .into_any()
                });
                view! {
                    <li
                        class="variable__option"
                        role="option"
                        id=format!("{id}-option-{at}")
                        aria-selected=move || if is_chosen() { "true" } else { "false" }
                        data-active=move || (open.active.get() == Some(at)).then_some("")
                        // The field keeps the focus.
                        on:pointerdown=|event| event.prevent_default()
                        on:click=move |_| press(at)
                    >
                        <span class="variable__check" aria-hidden="true"></span>
                        <span class="variable__text">{if text.is_empty() { "(empty)".to_owned() } else { text }}</span>
                        {any(is_gone.then(gone_mark))}
                        {any(only)}
                    </li>
                }
                .into_any()
            })
            .collect();
        let note = match (is_none, hidden_count) {
            (true, _) if open.typed.with(|typed| typed.trim().is_empty()) => Some("There are no values.".to_owned()),
            (true, _) => Some("No value has this text.".to_owned()),
            (_, 0) => None,
            (_, hidden) => Some(format!("{count} shown, {hidden} more: type to find them")),
        };
        let note = note.map(|note| view! { <li class="variable__more" role="presentation">{note}</li> }.into_any());
        view! { {all(options)}{any(note)} }.into_any()
    };
    view! {
        <ul
            class="variable__list"
            id=list_id
            role="listbox"
            tabindex="-1"
            aria-label=title.to_owned()
            aria-multiselectable=is_multi.then_some("true")
        >
            {options}
        </ul>
    }
    .into_any()
}

fn actions_view(
    open: Sheet,
    settled: Memo<Option<Arc<Settled>>>,
    has_all: bool,
    done: impl Fn() + Copy + Send + Sync + 'static,
) -> AnyView {
    let set = move |values: Vec<String>| {
        open.draft.set(values);
        open.is_changed.set(true);
    };
    // Those that are found by what was typed, or all.
    let mark_all = move |_| {
        let typed = open.typed.get_untracked();
        if has_all && typed.trim().is_empty() {
            set(vec![ALL.to_owned()]);
        } else if let Some(settled) = settled.get_untracked() {
            let found = matching(&settled.options, &typed).into_iter();
            set(found.filter_map(|at| settled.options.get(at)).map(|choice| choice.value.clone()).collect());
        }
    };
    view! {
        <div class="variable__actions">
            <button type="button" class="control" data-variant="ghost" on:click=mark_all>
                {move || if open.typed.with(|typed| typed.trim().is_empty()) { "All" } else { "All found" }}
            </button>
            <button type="button" class="control" data-variant="ghost" on:click=move |_| set(Vec::new())>"Clear"</button>
            <button
                type="button"
                class="control variable__done"
                on:click=move |_| done()
                // The last of the sheet: what follows is outside.
                on:keydown=move |event| if event.key() == "Tab" && !event.shift_key() { done() }
            >
                "Apply"
            </button>
            <p class="variable__hint">"Space marks · Enter takes · Esc leaves it as it was"</p>
        </div>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settled(count: usize, gone: &[&str]) -> Settled {
        let options = (0..count).map(|at| Choice::plain(format!("pod-{at}"))).collect();
        let gone = gone.iter().map(|value| (*value).to_owned()).collect();
        Settled { options, chosen: Vec::new(), is_all: false, gone, auto: None }
    }

    #[test]
    fn thousands_of_values_are_a_screen_of_lines() {
        let (lines, hidden) = lines_of(&settled(5_000, &["old"]), true, "");
        let texts: Vec<_> = lines.iter().take(3).map(|line| line.text.as_str()).collect();
        assert_eq!((texts.as_slice(), lines.len(), hidden), (&["All", "old", "pod-0"][..], MAX_SHOWN, 4_902));
        let (lines, hidden) = lines_of(&settled(5_000, &["old"]), true, "pod-4999");
        assert_eq!((lines.len(), hidden), (1, 0));
        assert_eq!(lines_of(&settled(0, &[]), false, ""), (vec![], 0));
    }

    #[test]
    fn all_and_single_values_exclude_each_other() {
        let draft = |values: &[&str]| values.iter().map(|value| (*value).to_owned()).collect::<Vec<_>>();
        assert_eq!(toggled(draft(&["a"]), "b"), ["a", "b"]);
        assert_eq!(toggled(draft(&["a", "b"]), "a"), ["b"]);
        assert_eq!(toggled(draft(&["a", "b"]), ALL), [ALL]);
        assert_eq!(toggled(draft(&[ALL]), "a"), ["a"]);
    }
}
