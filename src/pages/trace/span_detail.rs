//! One span: everything that the backend knows of it, secrets hidden.

use leptos::prelude::*;

use crate::{
    analysis::trace::{duration_text, share_text},
    api::{jaeger::document, loki},
    base::time::iso_text,
    model::{
        config::SourceKind,
        trace::{DocumentKind, Reference, ReferenceKind, SpanDetail, SpanEvent, SpanFlags, Tag},
    },
    platform::clipboard,
    state::{reactive::signal, sources::Sources, time::TimeContext, url::Params},
    ui::{
        icon::{Icon, IconView},
        traces::ServiceName,
        views::Views,
    },
};

use super::{
    context::{Details, TraceView},
    explained::Explained,
};

/// Longer values are cut until they are asked for.
const LONG_CHARS: usize = 400;

#[component]
pub fn SpanPanel(view: TraceView) -> impl IntoView {
    let selected = view.selected();
    move || {
        let span = selected.get()?;
        let explained = view.explained();
        let trace = &explained.trace;
        let detail = view.detail(span);
        let id = trace.span_id(span);
        Some(view! {
            <section class="span-panel" aria-label="The span">
                <div class="span-panel__head">
                    <h2 class="span-panel__title">{trace.operation(span).to_owned()}</h2>
                    {details_switch(view)}
                    <button type="button" class="control" data-variant="ghost" aria-label="Close" title="Close (Esc)" on:click=move |_| view.select(None)>
                        <IconView icon=Icon::Close is_small=true/>
                    </button>
                </div>
                <ServiceName ink=explained.ink(span) name=trace.service(span).to_owned()/>
                {facts(&explained, span)}
                {warnings(&explained, span, &detail)}
                {around(view, &explained, span)}
                <Tags title="Tags" tags=detail.tags/>
                {events(&explained, span, detail.events)}
                {references(view, &explained, span, detail.references)}
                <Tags title="Process" tags=detail.process_tags/>
                <div class="span-panel__end">
                    <button type="button" class="control" data-variant="ghost" on:click=move |_| clipboard::copy(&id.to_string())>{format!("Copy id {id}")}</button>
                    <button type="button" class="control" data-variant="ghost" on:click=move |_| clipboard::copy(&span_document(view, span))>"Copy as JSON"</button>
                </div>
            </section>
        }
        .into_any())
    }
}

fn details_switch(view: TraceView) -> AnyView {
    let (label, title, other) = match view.details().get() {
        Details::Beside => ("Below", "Show details below the row of their span", Details::Below),
        Details::Below => ("Beside", "Show details beside the rows", Details::Beside),
    };
    view! {
        <button type="button" class="control" data-variant="ghost" title=title on:click=move |_| view.set_details(other)>{label}</button>
    }
    .into_any()
}

fn facts(explained: &Explained, span: usize) -> AnyView {
    let trace = &explained.trace;
    let zone = TimeContext::expect().zone.get();
    let start_ns = trace.span_start_ns(span);
    let share = |part: i64| share_text(part as f64 / trace.duration_ns().max(1) as f64);
    let own_ns = explained.self_ns.get(span).copied().unwrap_or_default();
    let critical_ns = explained.critical_ns.get(span).copied().unwrap_or_default();
    let duration_ns = trace.span_duration_ns(span);
    let kind = trace.kind(span).id();
    let on_path = if trace.flags(span).contains(SpanFlags::FOLLOWS) {
        "nobody waited for it".to_owned()
    } else {
        format!("{} · {}", duration_text(critical_ns), share(critical_ns))
    };
    let facts = [
        ("Duration", format!("{} · {}", duration_text(duration_ns), share(duration_ns))),
        ("By itself", format!("{} · {}", duration_text(own_ns), share(own_ns))),
        ("Critical path", on_path),
        ("Starts after", duration_text(start_ns.saturating_sub(trace.start_ns()))),
        ("Started", zone.with(|zone| iso_text(start_ns.div_euclid(1_000_000), zone))),
        ("Kind", if kind.is_empty() { "unknown".to_owned() } else { kind.to_owned() }),
    ];
    let facts = facts
        .into_iter()
        .map(|(name, value)| view! { <div><dt class="facts__name">{name}</dt><dd class="facts__value">{value}</dd></div> })
        .views();
    view! { <dl class="facts span-panel__facts">{facts}</dl> }.into_any()
}

fn warnings(explained: &Explained, span: usize, detail: &SpanDetail) -> AnyView {
    let flags = explained.trace.flags(span);
    let own = [
        (SpanFlags::ORPHAN, "Its parent is not in this trace."),
        (SpanFlags::DUPLICATE, "Another span has the same id."),
        (SpanFlags::CYCLE, "It was among its own ancestors; it is shown as a root."),
        (SpanFlags::NO_START, "It has no start of its own; its parent's is shown."),
        (SpanFlags::NEGATIVE, "It ended before it started; it is shown without a duration."),
    ];
    let own = own.into_iter().filter(|(flag, _)| flags.contains(*flag)).map(|(_, text)| text.to_owned());
    own.chain(detail.warnings.iter().cloned())
        .map(|text| view! { <p class="trace__note" role="note"><IconView icon=Icon::Warning is_small=true/>{text}</p> })
        .views()
}

/// The other signals of the same service and time.
fn around(view: TraceView, explained: &Explained, span: usize) -> AnyView {
    let router = view.router();
    let trace = &explained.trace;
    let (start_ms, end_ms) = (trace.span_start_ns(span) / 1_000_000, trace.span_end_ns(span) / 1_000_000);
    // Samples come every quarter of a minute: a span alone would show none.
    let (from, to) = ((start_ms - 300_000).to_string(), (end_ms + 300_000).to_string());
    let window = Params::default().with("from", Some(&from)).with("to", Some(&to));
    let metrics = format!("/d/operations{}", window.to_query());
    let like =
        window.with("service", Some(trace.service(span))).with("operation", Some(trace.operation(span))).to_query();
    let sources = Sources::expect();
    let logs = sources.of_kind(SourceKind::Loki, None).map(|loki| {
        let label = sources.with_config(|config| loki::service_label(&config.service_labels).to_owned());
        // Lines of the whole trace, since a service tells of a span after it has ended too.
        let window_ns = (trace.start_ns() - 60_000_000_000, trace.end_ns() + 60_000_000_000);
        let url = loki::lines_of_trace_url(&loki.endpoint, (&label, trace.service(span)), trace.id(), window_ns);
        view! {
            <a class="link" href=url target="_blank" rel="noopener noreferrer" title="The lines of this service that name this trace, as Loki answers">
                "Logs, from Loki"
            </a>
        }
    });
    view! {
        <div class="span-panel__links">
            {logs}
            <a class="link" href=router.href(&metrics) title="The operations dashboard, five minutes around this span">"Metrics around it"</a>
            <a class="link" href=router.href(&format!("/traces{like}")) title="Traces with this operation, five minutes around this span">"Traces like it"</a>
        </div>
    }
    .into_any()
}

#[component]
fn Tags(title: &'static str, tags: Vec<Tag>) -> impl IntoView {
    if tags.is_empty() {
        return ().into_any();
    }
    let (filter, set_filter) = signal(String::new());
    let has_filter = tags.len() > 12;
    let tags = StoredValue::new(tags);
    let rows = move || {
        let wanted = filter.get().to_ascii_lowercase();
        tags.with_value(|tags| {
            let is_shown = |tag: &&Tag| {
                wanted.is_empty()
                    || tag.key.to_ascii_lowercase().contains(&wanted)
                    || tag.value.to_string().to_ascii_lowercase().contains(&wanted)
            };
            tags.iter().filter(is_shown).map(|tag| tag_row(&tag.key, tag.value.to_string())).views()
        })
    };
    view! {
        <details class="span-panel__part" open=true>
            <summary class="span-panel__summary">{title}<span class="span-panel__count">{tags.with_value(Vec::len)}</span></summary>
            {has_filter.then(|| view! {
                <input
                    class="field__input"
                    type="search"
                    placeholder="Filter"
                    aria-label=format!("Filter {title}")
                    on:input=move |event| set_filter.set(event_target_value(&event))
                />
            }).views()}
            <dl class="tag-list">{rows}</dl>
        </details>
    }
    .into_any()
}

fn tag_row(key: &str, value: String) -> AnyView {
    let copied = value.clone();
    view! {
        <dt class="tag-list__key">
            // A long key breaks behind its dots.
            {key.split_inclusive('.').map(|part| view! { {part.to_owned()}<wbr/> }).views()}
        </dt>
        <dd class="tag-list__value">
            <LongText text=value/>
            <button type="button" class="tag-list__copy" aria-label=format!("Copy the value of {key}") title="Copy" on:click=move |_| clipboard::copy(&copied)>
                <IconView icon=Icon::Copy is_small=true/>
            </button>
        </dd>
    }
    .into_any()
}

/// Tags as terms and what they are.
pub fn tag_rows(tags: &[Tag]) -> AnyView {
    tags.iter().map(|tag| tag_row(&tag.key, tag.value.to_string())).views()
}

/// A text of any length; only its beginning until the rest is asked for.
#[component]
pub fn LongText(text: String) -> impl IntoView {
    let cut = text.char_indices().nth(LONG_CHARS).map(|(at, _)| at);
    let Some(cut) = cut else { return view! { <span>{text}</span> }.into_any() };
    let (is_all, set_all) = signal(false);
    let rest = text.chars().count() - LONG_CHARS;
    let shown = move || {
        if is_all.get() {
            return view! { <span>{text.clone()}</span> }.into_any();
        }
        let start = text.get(..cut).unwrap_or_default().to_owned();
        view! {
            <span>{start}"\u{2026}"</span>
            <button type="button" class="link" on:click=move |_| set_all.set(true)>{format!("{rest} more characters")}</button>
        }
        .into_any()
    };
    shown.into_any()
}

fn events(explained: &Explained, span: usize, events: Vec<SpanEvent>) -> AnyView {
    if events.is_empty() {
        return ().into_any();
    }
    let start_ns = explained.trace.span_start_ns(span);
    let count = events.len();
    let items = events
        .into_iter()
        .map(|SpanEvent { time_ns, name, fields }| {
            let after = duration_text(time_ns.saturating_sub(start_ns));
            let rows = fields.iter().map(|field| tag_row(&field.key, field.value.to_string())).views();
            view! {
                <li class="span-panel__event">
                    <span class="span-panel__event-name">{if name.is_empty() { "event".to_owned() } else { name }}</span>
                    <span class="span-panel__count">{format!("after {after}")}</span>
                    <dl class="tag-list">{rows}</dl>
                </li>
            }
        })
        .views();
    view! {
        <details class="span-panel__part" open=true>
            <summary class="span-panel__summary">"Events"<span class="span-panel__count">{count}</span></summary>
            <ol class="span-panel__events">{items}</ol>
        </details>
    }
    .into_any()
}

/// Links to other spans; the parent in the tree is not told again.
fn references(view: TraceView, explained: &Explained, span: usize, references: Vec<Reference>) -> AnyView {
    let trace = &explained.trace;
    let parent = trace.parent(span).map(|parent| trace.span_id(parent));
    let is_news = |reference: &Reference| reference.trace_id != trace.id() || Some(reference.span_id) != parent;
    let router = view.router();
    let items: Vec<AnyView> = references
        .into_iter()
        .filter(is_news)
        .map(|Reference { kind, trace_id, span_id, tags }| {
            let word = match kind {
                ReferenceKind::ChildOf => "Child of",
                ReferenceKind::FollowsFrom => "Follows from",
            };
            let here = (trace_id == trace.id()).then(|| trace.find(span_id)).flatten();
            let target = match here {
                Some(other) => {
                    let name = trace.operation(other).to_owned();
                    view! { <button type="button" class="link" on:click=move |_| view.reveal(other)>{name}</button> }.into_any()
                }
                None if trace_id == trace.id() => view! { <span>{format!("span {span_id}, which is not here")}</span> }.into_any(),
                None => {
                    let place = format!("/trace/{trace_id}?span={span_id}");
                    view! { <a class="link" href=router.href(&place)>{format!("span {span_id} of trace {}", trace_id.short())}</a> }.into_any()
                }
            };
            let rows = tags.iter().map(|tag| tag_row(&tag.key, tag.value.to_string())).views();
            view! { <li class="span-panel__event"><span class="span-panel__count">{word}</span>" "{target}<dl class="tag-list">{rows}</dl></li> }
                .into_any()
        })
        .collect();
    if items.is_empty() {
        return ().into_any();
    }
    view! {
        <details class="span-panel__part" open=true>
            <summary class="span-panel__summary">"Links"<span class="span-panel__count">{items.len()}</span></summary>
            <ul class="span-panel__events">{items.views()}</ul>
        </details>
    }
    .into_any()
}

/// A span as JSON, as it may leave this page: secrets are hidden there too.
pub fn span_document(view: TraceView, span: usize) -> String {
    let document = view.explained_untracked().trace.span_document(span);
    view.redactor().text(&document).into_owned()
}

/// The trace as a document that can be opened again, secrets hidden.
pub fn trace_document(view: TraceView, kind: DocumentKind) -> String {
    let explained = view.explained_untracked();
    let redactor = view.redactor();
    document([&*explained.trace], kind, &|detail| redactor.detail(detail))
}
