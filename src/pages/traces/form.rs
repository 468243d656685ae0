//! The form. Edits are local until they are submitted; then they are the address.

use std::{collections::BTreeMap, sync::Arc};

use leptos::prelude::*;

use crate::{
    model::config::SourceKind,
    model::trace::{Operation, SpanKind},
    state::{
        query::{Query, use_query},
        reactive::{Callback, Memo, RwSignal, Signal, effect},
        sources::Sources,
        traces::form::{DEFAULT_LIMIT, FormProblem, SearchForm, tag_text, trace_id_in},
    },
    ui::{
        icon::{Icon, IconView},
        traces::{Choice, Combobox, matching},
        views::Views,
    },
};

use super::{
    search::{Found, Search, form_text},
    upload::Upload,
};

/// The fields as they are edited.
#[derive(Clone, Copy)]
struct Fields {
    service: RwSignal<String>,
    operation: RwSignal<String>,
    tags: RwSignal<String>,
    min: RwSignal<String>,
    max: RwSignal<String>,
    limit: RwSignal<String>,
}

impl Fields {
    fn new() -> Self {
        let field = || RwSignal::new(String::new());
        Self { service: field(), operation: field(), tags: field(), min: field(), max: field(), limit: field() }
    }

    fn set(self, form: SearchForm) {
        let SearchForm { service, operation, tags, min, max, limit } = form;
        self.service.set(service);
        self.operation.set(operation);
        self.tags.set(tags);
        self.min.set(min);
        self.max.set(max);
        self.limit.set(limit);
    }

    fn form(self) -> SearchForm {
        let text = |field: RwSignal<String>| field.get_untracked().trim().to_owned();
        SearchForm {
            service: text(self.service),
            operation: text(self.operation),
            tags: text(self.tags),
            min: text(self.min),
            max: text(self.max),
            limit: text(self.limit),
        }
    }
}

/// Values of tags seen in the traces found, by name.
type SeenTags = BTreeMap<String, Vec<String>>;

/// Details of so many spans are read for the completion of tags.
const MAX_DETAILS: usize = 600;
/// Longer values are not offered.
const MAX_VALUE_BYTES: usize = 60;

/// Sensitive values are not offered.
fn seen_tags(found: &Found, search: Search) -> SeenTags {
    let mut seen = SeenTags::new();
    seen.insert("error".to_owned(), vec!["true".to_owned()]);
    let each = (MAX_DETAILS / found.answer.traces.len().max(1)).max(4);
    search.redactor().with_value(|redactor| {
        for trace in &found.answer.traces {
            for span in 0..trace.len().min(each) {
                for tag in trace.detail(span).tags {
                    let value = tag.value.to_string();
                    let values = seen.entry(tag.key.clone()).or_default();
                    let is_fit = value.len() <= MAX_VALUE_BYTES && values.len() < 40 && !values.contains(&value);
                    if is_fit && redactor.value(&tag.key, &value) == value {
                        values.push(value);
                    }
                }
            }
        }
    });
    seen
}

/// What goes on with the last word of logfmt: names, then that name's values.
fn tag_choices(seen: &SeenTags, text: &str) -> Vec<Choice> {
    let start = text.rfind(' ').map_or(0, |at| at + 1);
    let (before, word) = text.split_at(start);
    if before.matches('"').count() % 2 == 1 {
        return Vec::new();
    }
    if let Some((key, value)) = word.split_once('=') {
        let values = seen.get(key).map(Vec::as_slice).unwrap_or_default();
        let choice = |value: &str| Choice {
            label: value.to_owned(),
            note: String::new(),
            text: format!("{before}{} ", tag_text(key, value)),
            is_continued: false,
        };
        return matching(values.iter().map(String::as_str), value).into_iter().map(choice).collect();
    }
    let choice = |key: &str| Choice {
        label: key.to_owned(),
        note: match seen.get(key).map(Vec::as_slice) {
            Some([only]) => only.clone(),
            Some(values) => format!("{} values", values.len()),
            None => String::new(),
        },
        text: format!("{before}{key}="),
        is_continued: true,
    };
    matching(seen.keys().map(String::as_str), word).into_iter().map(choice).collect()
}

fn whole(label: &str, note: &str) -> Choice {
    Choice { label: label.to_owned(), note: note.to_owned(), text: label.to_owned(), is_continued: false }
}

#[component]
pub fn FormCard(search: Search) -> impl IntoView {
    let fields = Fields::new();
    effect(move || fields.set(search.form().get()));
    // On a phone the form is a line until it is wanted.
    let is_unfolded = RwSignal::new(false);
    let submit = Callback::new(move |()| {
        is_unfolded.set(false);
        search.ask(&fields.form());
    });
    let go_to = Callback::new(move |text: String| {
        if let Some(id) = trace_id_in(&text) {
            search.router().go(&search.trace_place(id), false);
        }
    });

    let services: Query<Vec<String>> =
        use_query(Signal::derive(move || search.source().map(|s| s.handle.source.name)), Signal::default(), {
            move |_, _| {
                let source = search.source();
                async move {
                    match source {
                        Some(source) => source.services().await,
                        None => Ok(Vec::new()),
                    }
                }
            }
        });
    let known_services = move || services.remote.with(|remote| remote.value.clone().unwrap_or_default());
    // Operations of what is written in full, not of each letter typed.
    let chosen = Memo::new(move |_| {
        let service = fields.service.get();
        services.remote.with(|r| r.value.as_ref().is_some_and(|known| known.contains(&service))).then_some(service)
    });
    let operations: Query<Vec<Operation>> = use_query(chosen.into(), Signal::default(), move |service: String, _| {
        let source = search.source();
        async move {
            match source {
                Some(source) => source.operations(&service).await,
                None => Ok(Vec::new()),
            }
        }
    });
    let complete_service = Callback::new(move |text: String| {
        let known = known_services();
        matching(known.iter().map(String::as_str), &text).into_iter().map(|name| whole(name, "")).collect()
    });
    let complete_operation = Callback::new(move |text: String| {
        let known: Arc<Vec<Operation>> = operations.remote.with(|r| r.value.clone().unwrap_or_default());
        let mut names: Vec<&str> = known.iter().map(|operation| operation.name.as_str()).collect();
        names.dedup();
        let kinds = |name: &str| {
            let kinds = known.iter().filter(|o| o.name == name && o.kind != SpanKind::Unspecified);
            kinds.map(|o| o.kind.id()).collect::<Vec<_>>().join(", ")
        };
        matching(names, &text).into_iter().map(|name| whole(name, &kinds(name))).collect()
    });
    let seen = Memo::new(move |_| search.shown().get().map(|found| seen_tags(&found, search)).unwrap_or_default());
    let complete_tags = Callback::new(move |text: String| seen.with(|seen| tag_choices(seen, &text)));

    let error = move |field: &'static str| {
        Signal::derive(move || {
            search.problem().with(|problem| {
                problem.as_ref().filter(|p| p.field == field).map(|FormProblem { message, .. }| message.clone())
            })
        })
    };
    let preset = move |name: &'static str, title: &'static str, form: fn(SearchForm) -> SearchForm| {
        view! {
            <button type="button" class="control" data-variant="ghost" title=title on:click=move |_| {
                is_unfolded.set(false);
                search.ask(&form(fields.form()));
            }>
                {name}
            </button>
        }
    };
    view! {
        <search class="card traces__form" data-state=move || if is_unfolded.get() { "open" } else { "closed" }>
            <button
                type="button"
                class="traces__line"
                aria-expanded=move || if is_unfolded.get() { "true" } else { "false" }
                on:click=move |_| is_unfolded.update(|is| *is = !*is)
            >
                <span class="traces__line-text">{move || search.form().with(form_text)}</span>
                <span class="link">{move || if is_unfolded.get() { "Close" } else { "Change" }}</span>
            </button>
            <form
                class="traces__fields"
                aria-label="Search traces"
                on:submit=move |event| {
                    event.prevent_default();
                    submit.run(());
                }
            >
                <div class="traces__field" data-size="medium">
                    <Combobox id="trace-service" label="Service" value=fields.service complete=complete_service placeholder="all"
                        error=error("service") on_change=go_to/>
                </div>
                <div class="traces__field" data-size="medium">
                    <Combobox id="trace-operation" label="Operation" value=fields.operation complete=complete_operation placeholder="all"
                        error=error("operation")/>
                </div>
                <div class="traces__field" data-size="large">
                    <Combobox id="trace-tags" label="Tags" value=fields.tags complete=complete_tags placeholder="http.status_code=500 error=true"
                        error=error("tags")/>
                </div>
                <div class="traces__field" data-size="small">
                    <PlainField id="trace-min" label="Shortest" value=fields.min placeholder="200ms" error=error("min")/>
                </div>
                <div class="traces__field" data-size="small">
                    <PlainField id="trace-max" label="Longest" value=fields.max placeholder="1m30s" error=error("max")/>
                </div>
                <div class="traces__field" data-size="small">
                    <PlainField id="trace-limit" label="At most" value=fields.limit placeholder=default_limit() error=error("limit")/>
                </div>
                <button type="submit" class="control traces__find" data-variant="primary">"Find traces"</button>
            </form>
            <div class="traces__more">
                <span class="card__note">"Try"</span>
                {preset("Slow requests", "agentarea-api, create_agent, 1 s or slower", |_| SearchForm::slow_requests())}
                {preset("Errors", "Traces with a failed span", |form| SearchForm {
                    tags: "error=true".to_owned(), min: String::new(), max: String::new(), ..form
                })}
                {preset("Over 1 s", "Whatever took a second or longer", |form| SearchForm {
                    min: "1s".to_owned(), max: String::new(), ..form
                })}
                {move || search.form().with(|form| *form != SearchForm::default()).then(|| preset("Clear", "All traces", |_| SearchForm::default())).views()}
                <SourcePicker search=search/>
                <Upload search=search/>
                <TraceIdField search=search/>
            </div>
        </search>
    }
    .into_any()
}

fn default_limit() -> &'static str {
    const { assert!(DEFAULT_LIMIT == 50) };
    "50"
}

#[component]
fn PlainField(
    id: &'static str,
    label: &'static str,
    value: RwSignal<String>,
    placeholder: &'static str,
    error: Signal<Option<String>>,
) -> impl IntoView {
    let error_id = format!("{id}-error");
    let described = error_id.clone();
    view! {
        <div class="field">
            <label for=id>{label}</label>
            <input
                class="field__input"
                id=id
                autocomplete="off"
                spellcheck="false"
                placeholder=placeholder
                aria-invalid=move || error.with(Option::is_some).then_some("true")
                aria-describedby=move || error.with(Option::is_some).then(|| described.clone())
                prop:value=move || value.get()
                on:input=move |event| value.set(event_target_value(&event))
            />
            {move || error.get().map(|text| view! { <span class="field__error" id=error_id.clone()>{text}</span> }).views()}
        </div>
    }
    .into_any()
}

/// Which Jaeger is asked, where there are several.
#[component]
fn SourcePicker(search: Search) -> impl IntoView {
    let names: Vec<String> = Sources::expect()
        .handles()
        .into_iter()
        .filter(|handle| handle.source.kind == SourceKind::Jaeger)
        .map(|handle| handle.source.name)
        .collect();
    (names.len() > 1).then(|| {
        let options = names
            .into_iter()
            .map(|name| {
                let known = name.clone();
                let is_chosen = move || search.source_name().as_deref() == Some(known.as_str());
                view! { <option value=name.clone() prop:selected=is_chosen>{name.clone()}</option> }
            })
            .views();
        view! {
            <select
                class="field__input traces__source"
                aria-label="Source"
                on:change=move |event| search.change(&[("source", Some(&event_target_value(&event))), ("select", None)], false)
            >
                {options}
            </select>
        }
    })
    .views()
}

/// A trace by its id: what is pasted opens at once.
#[component]
fn TraceIdField(search: Search) -> impl IntoView {
    let value = RwSignal::new(String::new());
    let is_wrong = RwSignal::new(false);
    let open = move |is_final: bool| {
        let text = value.get_untracked();
        // Somebody who presses Enter may mean a short id.
        let id = trace_id_in(&text)
            .or_else(|| if is_final { crate::model::trace::TraceId::parse(text.trim()) } else { None });
        match id {
            Some(id) => search.router().go(&search.trace_place(id), false),
            None => is_wrong.set(is_final && !text.trim().is_empty()),
        }
    };
    view! {
        <form
            class="traces__id"
            on:submit=move |event| {
                event.prevent_default();
                open(true);
            }
        >
            {move || is_wrong.get().then(|| view! { <span class="field__error" role="alert">"no trace id: 16 or 32 hexadecimal digits"</span> }).views()}
            <input
                class="field__input"
                aria-label="Trace id or link"
                placeholder="Trace id or link"
                autocomplete="off"
                spellcheck="false"
                aria-invalid=move || is_wrong.get().then_some("true")
                prop:value=move || value.get()
                on:input=move |event| {
                    value.set(event_target_value(&event));
                    open(false);
                }
            />
            <button type="submit" class="control" aria-label="Open the trace"><IconView icon=Icon::Right is_small=true/></button>
        </form>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_completed_word_by_word() {
        let seen = SeenTags::from([
            ("error".to_owned(), vec!["true".to_owned()]),
            ("db.system".to_owned(), vec!["postgresql".to_owned(), "redis 7".to_owned()]),
        ]);
        let check = |text: &str, expect: &[&str]| {
            let texts: Vec<String> = tag_choices(&seen, text).into_iter().map(|choice| choice.text).collect();
            assert_eq!(texts, expect, "{text}");
        };
        check("", &["db.system=", "error="]);
        check("err", &["error="]);
        check("error=true d", &["error=true db.system="]);
        check("db.system=", &["db.system=postgresql ", "db.system=\"redis 7\" "]);
        check("db.system=red", &["db.system=\"redis 7\" "]);
        check("x=\"a b", &[]);
        check("nothing", &[]);
    }
}
