//! What is different about the selected traces: what they have more often, or more rarely, than the others.

use std::sync::Arc;

use leptos::prelude::*;

use crate::{
    analysis::trace::{
        differs::{Attributes, Difference, Differences, attributes_of, differs},
        share_text,
    },
    state::{
        reactive::Memo,
        traces::form::{SearchForm, tag_text},
    },
    ui::views::Views,
};

use super::search::Search;

/// Of each trace; large ones repeat themselves.
const MAX_DETAILS: usize = 300;
const MAX_ROWS: usize = 12;

#[component]
pub fn DiffersCard(search: Search) -> impl IntoView {
    // Read once for the traces, not for each selection.
    let attributes = Memo::shared(move || {
        let found = search.shown().get()?;
        let read = |trace: &Arc<_>| attributes_of(trace, MAX_DETAILS);
        Some(Arc::new(found.answer.traces.iter().map(read).collect::<Vec<Attributes>>()))
    });
    let differences = Memo::shared(move || {
        let (attributes, picked) = (attributes.get()?, search.picked().get());
        let part = |is_wanted: bool| -> Vec<&Attributes> {
            attributes.iter().zip(&picked).filter(|(_, is)| **is == is_wanted).map(|(one, _)| one).collect()
        };
        Some(Arc::new(differs(&part(true), &part(false))))
    });
    let body =
        move || differences.get().map(|differences| view! { <Body search=search differences=differences/> }).views();
    view! { <section class="card traces__side" aria-labelledby="traces-differs">{body}</section> }.into_any()
}

#[component]
fn Body(search: Search, differences: Arc<Differences>) -> impl IntoView {
    let Differences { selection_count, rest_count, more, less, notices } = &*differences;
    let rows = |rows: &[Difference]| {
        let is_shown = |row: &&Difference| {
            search.redactor().with_value(|redactor| redactor.value(&row.key, &row.value) == row.value)
        };
        rows.iter().filter(is_shown).take(MAX_ROWS).map(|row| difference(search, row, *rest_count)).views()
    };
    let notices = notices.iter().map(|notice| view! { <p class="card__note">{notice.message.clone()}</p> }).views();
    let nothing = (more.is_empty() && less.is_empty()).then(|| {
        let text = if *selection_count == 0 || *rest_count == 0 {
            "There is nothing to compare: select some of the traces, not none and not all."
        } else {
            "Nothing sets these apart from the others by more than chance. Select fewer, or load more traces."
        };
        view! { <p class="card__text">{text}</p> }
    });
    let less = (!less.is_empty()).then(|| {
        view! {
            <h3 class="card__note">"Rarer in the selection"</h3>
            <ul class="traces__differences">{rows(less)}</ul>
        }
    });
    view! {
        <div class="traces__side-head">
            <h2 class="panel__title" id="traces-differs">"What is different about these"</h2>
            <span class="card__note">{format!("{selection_count} against {rest_count}")}</span>
        </div>
        {nothing.views()}
        <ul class="traces__differences">{rows(more)}</ul>
        {less.views()}
        {notices}
    }
    .into_any()
}

/// The search for what has this, too.
fn narrowed(form: SearchForm, key: &str, value: &str) -> SearchForm {
    let tag = |form: SearchForm, key: &str, value: &str| {
        let tag = tag_text(key, value);
        let is_there = form.tags.split_whitespace().any(|word| word == tag);
        let tags = if is_there { form.tags } else { format!("{} {tag}", form.tags).trim().to_owned() };
        SearchForm { tags, ..form }
    };
    match key {
        "service" => SearchForm { service: value.to_owned(), operation: String::new(), ..form },
        "operation" => SearchForm { operation: value.to_owned(), ..form },
        "failed operation" => tag(SearchForm { operation: value.to_owned(), ..form }, "error", "true"),
        key => tag(form, key, value),
    }
}

fn difference(search: Search, row: &Difference, rest_count: usize) -> AnyView {
    let Difference { key, value, in_selection, in_rest, selection_ratio, rest_ratio, also, .. } = row;
    let counts = format!("{in_selection} here, {in_rest} of the other {rest_count}");
    let (wanted_key, wanted_value) = (key.clone(), value.clone());
    let also = (!also.is_empty()).then(|| {
        let names: Vec<String> = also.iter().map(|(key, value)| format!("{key}={value}")).collect();
        let first = names.iter().take(2).cloned().collect::<Vec<_>>().join(", ");
        let text = if names.len() > 2 {
            format!("with {first} and {} more", names.len() - 2)
        } else {
            format!("with {first}")
        };
        view! { <div class="card__note traces__also" title=names.join("\n")>{text}</div> }
    });
    let bar = |ratio: f64, state: &'static str| {
        view! {
            <span class="traces__track" aria-hidden="true">
                <span class="traces__bar" data-state=state style:width=format!("{:.1}%", ratio * 100.0)></span>
            </span>
        }
    };
    view! {
        <li class="traces__difference" data-testid="trace-difference">
            <button
                type="button"
                class="traces__attribute"
                title="Search for this, too"
                on:click=move |_| search.ask(&narrowed(search.form().get_untracked(), &wanted_key, &wanted_value))
            >
                <span class="card__note">{key.clone()}</span>
                <span class="traces__value">{value.clone()}</span>
            </button>
            <div class="traces__pair" title=counts>
                <span>"selected"</span>{bar(*selection_ratio, "picked")}<span class="traces__slow-number">{share_text(*selection_ratio)}</span>
                <span>"others"</span>{bar(*rest_ratio, "rest")}<span class="traces__slow-number">{share_text(*rest_ratio)}</span>
            </div>
            {also.views()}
        </li>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_attribute_narrows_the_search() {
        let check = |key: &str, value: &str, expect: (&str, &str, &str)| {
            let form = SearchForm { tags: "a=b".to_owned(), operation: "x".to_owned(), ..SearchForm::default() };
            let SearchForm { service, operation, tags, .. } = narrowed(form, key, value);
            assert_eq!((service.as_str(), operation.as_str(), tags.as_str()), expect, "{key}");
        };
        check("service", "db", ("db", "", "a=b"));
        check("operation", "y", ("", "y", "a=b"));
        check("failed operation", "y", ("", "y", "a=b error=true"));
        check("k8s.pod", "api 1", ("", "x", "a=b k8s.pod=\"api 1\""));
        check("a", "b", ("", "x", "a=b"));
    }
}
