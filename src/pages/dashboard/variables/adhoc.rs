//! Ad hoc filters: conditions that every query gets, each with a way to take it away, and a form for another one.

use std::sync::Arc;

use leptos::prelude::*;

use crate::{
    analysis::variables::adhoc::{OPERATORS, to_address},
    api::{http::ApiError, prometheus::SeriesFilter},
    model::variables::{AdHocFilter, Variable, VariableKind},
    state::{
        query::use_query,
        reactive::{Callback, Memo, RwSignal, Signal},
        sources::Sources,
        time::TimeContext,
    },
    ui::popover::Popover,
};

use super::{
    all as views,
    values::{Live, Values, choose, range_now},
};

/// Names and values that are offered; the rest is found by typing.
const MAX_OFFERED: usize = 500;

pub fn filters(values: &Values, live: &Live) -> AnyView {
    let variable = Arc::clone(&live.variable);
    let title = variable.title().to_owned();
    let values = values.clone();
    let of = Arc::clone(&variable);
    let filters = Memo::new(move |_| values.filters(&of));
    let name = variable.name.clone();
    let chips = move || {
        let present = filters.get();
        let chip = |(at, filter): (usize, AdHocFilter)| {
            let text = format!("{} {} {}", filter.key, filter.operator, filter.values.join(" | "));
            let label = format!("Remove the filter {text}");
            let name = name.clone();
            view! {
                <button
                    type="button"
                    class="control variable__chip"
                    aria-label=label
                    on:click=move |_| {
                        let mut left = filters.get_untracked();
                        if at < left.len() {
                            left.remove(at);
                        }
                        write(&name, &left);
                    }
                >
                    <span class="variable__summary">{text}</span>
                    <span aria-hidden="true">"×"</span>
                </button>
            }
            .into_any()
        };
        views(present.into_iter().enumerate().map(chip).collect())
    };
    let sheet = {
        let variable = Arc::clone(&variable);
        move |close: Callback<()>| form(&variable, filters, close)
    };
    view! {
        <div class="variable" data-variable=variable.name.clone()>
            <span class="variable__name">{title.clone()}</span>
            {chips}
            <Popover
                label=Signal::stored(format!("Add filter to {title}"))
                control=ViewFn::from(|| view! { <span>"Add filter"</span> })
                sheet_class="variable__form-sheet"
                sheet=Arc::new(sheet)
            />
        </div>
    }
    .into_any()
}

/// Without a filter the address says so, or those of the file would be back.
fn write(name: &str, filters: &[AdHocFilter]) {
    let mut texts: Vec<String> = filters.iter().map(to_address).collect();
    if texts.is_empty() {
        texts.push(String::new());
    }
    choose(name, texts);
}

fn form(variable: &Arc<Variable>, filters: Memo<Vec<AdHocFilter>>, close: Callback<()>) -> AnyView {
    let source = match &variable.kind {
        VariableKind::AdHoc { source, .. } => source.clone().filter(|source| !source.contains('$')),
        _ => None,
    };
    let (key, operator, value) =
        (RwSignal::new(String::new()), RwSignal::new("=".to_owned()), RwSignal::new(String::new()));
    let keys = offered(source.clone(), Signal::stored(Some(LabelKey(String::new()))));
    let asked_key = Memo::new(move |_| {
        let key = key.get();
        keys.with(|keys| keys.contains(&key)).then_some(LabelKey(key))
    });
    let values = offered(source, asked_key.into());
    let id = format!("variable-{}", variable.name);
    let name = variable.name.clone();
    let add = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let key = key.get_untracked().trim().to_owned();
        if key.is_empty() {
            return;
        }
        let mut all = filters.get_untracked();
        let value = value.get_untracked();
        let operator = operator.get_untracked();
        let values = if operator.ends_with('|') {
            value.split(',').map(|part| part.trim().to_owned()).collect()
        } else {
            vec![value]
        };
        all.push(AdHocFilter { key, operator, values });
        close.run(());
        write(&name, &all);
    };
    let list = |id: String, texts: Signal<Vec<String>>| {
        let options = move || {
            let texts = texts.get().into_iter().take(MAX_OFFERED);
            views(texts.map(|text| view! { <option value=text></option> }.into_any()).collect())
        };
        view! { <datalist id=id>{options}</datalist> }
    };
    let choices = OPERATORS.iter().map(|operator| {
        let words = match *operator {
            "=|" => "one of",
            "!=|" => "not one of",
            operator => operator,
        };
        view! { <option value=*operator>{words}</option> }.into_any()
    });
    view! {
        <form class="variable__form" on:submit=add>
            <label class="field">
                "Label"
                <input class="field__input" data-autofocus="" autocomplete="off" list=format!("{id}-keys") prop:value=move || key.get() on:input=move |event| key.set(event_target_value(&event))/>
            </label>
            <label class="field">
                "Operator"
                <select class="field__input" on:change=move |event| operator.set(event_target_value(&event))>{views(choices.collect())}</select>
            </label>
            <label class="field">
                "Value"
                <input class="field__input" autocomplete="off" list=format!("{id}-values") prop:value=move || value.get() on:input=move |event| value.set(event_target_value(&event))/>
            </label>
            {list(format!("{id}-keys"), keys)}
            {list(format!("{id}-values"), values)}
            <button type="submit" class="control">"Add"</button>
        </form>
    }
    .into_any()
}

/// The label whose values are offered. A type of its own, as the one below, keeps the machinery in this part of the app.
#[derive(Clone, PartialEq)]
struct LabelKey(String);

struct Offered(Vec<String>);

/// Names of labels for an empty key, else the values of that label. What cannot be had is not offered: any text may be
/// typed.
fn offered(source: Option<String>, key: Signal<Option<LabelKey>>) -> Signal<Vec<String>> {
    let sources = Sources::expect();
    let time = TimeContext::expect();
    let query = use_query(key, Signal::stored(0), move |LabelKey(key): LabelKey, _: Option<Arc<Offered>>| {
        let client = sources.prometheus(source.as_deref()).and_then(|handle| handle.prometheus);
        let filter = SeriesFilter { range: Some(range_now(time)), ..SeriesFilter::default() };
        async move {
            let Some(client) = client else { return Ok::<_, ApiError>(Offered(Vec::new())) };
            let answer =
                if key.is_empty() { client.labels(&filter).await } else { client.label_values(&key, &filter).await };
            answer.map(|answer| Offered(answer.value))
        }
    });
    Signal::derive(move || {
        query.remote.with(|remote| remote.value.as_ref().map(|offered| offered.0.clone()).unwrap_or_default())
    })
}
