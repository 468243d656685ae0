//! The line above the panels: each variable with its value, and what went wrong with one.

use leptos::prelude::*;

use crate::{
    model::variables::{Hide, VariableKind},
    state::reactive::Signal,
    ui::icon::{Icon, IconView},
};

use super::{
    adhoc, all, any,
    select::select,
    values::{Live, State, Values, choose},
};

/// Nothing where no variable is to be seen.
pub fn bar(values: &Values) -> AnyView {
    let shown: Vec<Live> = values.all.iter().filter(|live| live.is_in_bar()).cloned().collect();
    let filters: Vec<Live> =
        values.all.iter().filter(|live| live.is_adhoc() && live.variable.hide != Hide::Variable).cloned().collect();
    let problems: Vec<AnyView> = values.all.iter().cloned().map(problem).collect();
    if shown.is_empty() && filters.is_empty() {
        return view! { <div class="variables__problems">{all(problems)}</div> }.into_any();
    }
    let controls = all(shown.into_iter().map(control).collect());
    let values = values.clone();
    let filters = all(filters.into_iter().map(|live| adhoc::filters(&values, &live)).collect());
    view! {
        <div class="variables" role="group" aria-label="Variables" data-testid="variables">{controls}{filters}</div>
        <div class="variables__problems">{all(problems)}</div>
    }
    .into_any()
}

/// A variable with its name. One that nobody can choose is read only.
fn control(live: Live) -> AnyView {
    let variable = &live.variable;
    let title = variable.title().to_owned();
    let label_class =
        if variable.hide == Hide::Label { "variable__name variable__name--hidden" } else { "variable__name" };
    let description = variable.description.clone();
    let id = format!("variable-{}", variable.name);
    let label_id = format!("{id}-name");
    let loading = live.is_loading;
    let body = match variable.kind {
        VariableKind::Text(_) => text_field(&live, &id),
        VariableKind::Constant(_) | VariableKind::Fixed => {
            let summary = summary_of(&live);
            view! { <span class="variable__fixed">{move || summary.get()}</span> }.into_any()
        }
        _ => select(&live, &id),
    };
    let is_field = matches!(variable.kind, VariableKind::Text(_));
    let name = if is_field {
        view! { <label class=label_class id=label_id for=id title=description>{title}</label> }.into_any()
    } else {
        view! { <span class=label_class id=label_id title=description>{title}</span> }.into_any()
    };
    view! {
        <div class="variable" data-variable=variable.name.clone() data-loading=move || if loading.get() { "true" } else { "false" }>
            {name}
            {body}
        </div>
    }
    .into_any()
}

/// The value as the bar shows it; the last one while the next one loads.
pub fn summary_of(live: &Live) -> Signal<String> {
    let state = live.state;
    let memo = crate::state::reactive::Memo::new(move |before: Option<&String>| {
        state
            .with(|state| state.settled().map(|settled| settled.summary()))
            .or_else(|| before.cloned())
            .unwrap_or_else(|| "…".to_owned())
    });
    memo.into()
}

/// Takes what was typed when Enter is pressed or the field is left.
fn text_field(live: &Live, id: &str) -> AnyView {
    let state = live.state;
    let name = live.variable.name.clone();
    let value = move || {
        state.with(|state| state.settled().and_then(|s| s.chosen.first().map(|c| c.value.clone()))).unwrap_or_default()
    };
    view! {
        <input
            class="field__input variable__field"
            id=id.to_owned()
            type="text"
            autocomplete="off"
            spellcheck="false"
            prop:value=value
            on:change=move |event| choose(&name, vec![event_target_value(&event)])
        />
    }
    .into_any()
}

/// Why a variable's options are not there, with a way to ask again.
fn problem(live: Live) -> AnyView {
    let Live { variable, state, is_loading, retry } = live;
    let why = crate::state::reactive::Memo::new(move |_| match state.get() {
        State::Failed(why, _) => Some(why),
        _ => None,
    });
    let title = variable.title().to_owned();
    let view = move || {
        any(why.get().map(|why| {
            let can_retry = matches!(variable.kind, VariableKind::Query { .. });
            let again = can_retry.then(|| {
                let retry = move |_| {
                    if !is_loading.get_untracked() {
                        retry.run(());
                    }
                };
                view! { <button type="button" class="control" on:click=retry>"Retry"</button> }.into_any()
            });
            view! {
                <p class="variables__problem" role="alert">
                    <IconView icon=Icon::Failed is_small=true/>
                    <span>{format!("The options of “{title}” could not be had. {}", why.text())}</span>
                    {any(again)}
                </p>
            }
            .into_any()
        }))
    };
    view.into_any()
}
