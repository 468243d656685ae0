//! Finding spans, leaving rows out, folding.

use std::sync::Arc;

use leptos::{html, prelude::*};

use crate::{
    analysis::trace::{
        filter::{Collapsed, Find, Search, next_match, previous_match},
        words::counted,
    },
    platform::{dom, events, timer},
    state::reactive::{Callback, Memo, RwSignal, Signal, effect, signal},
    ui::{
        icon::{Icon, IconView},
        popover::Popover,
        traces::ServiceName,
        views::Views,
    },
};

use super::{context::TraceView, filters::Filters};

/// Details read in one go: some milliseconds.
const SLICE: usize = 4_000;

/// What was found, so far.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Matches {
    pub spans: Arc<Vec<u32>>,
    pub is_done: bool,
}

/// Looks for what the address asks for, in slices, so that the page stays responsive. `None`: nothing is looked for.
pub fn use_matches(view: TraceView) -> Signal<Option<Matches>> {
    let text = view.param("find");
    let (matches, set_matches) = signal(None::<Matches>);
    let running = StoredValue::new_local(None::<timer::Timeout>);
    effect(move || {
        let find = Find::parse(&text.get().unwrap_or_default());
        let explained = view.explained();
        running.set_value(None);
        if find.is_empty() {
            set_matches.set(None);
            return;
        }
        let search = Search::start(find, &explained.trace);
        step(search, explained, set_matches, running);
    });
    on_cleanup(move || drop(running.try_update_value(Option::take)));
    matches
}

fn step(
    mut search: Search,
    explained: Arc<super::explained::Explained>,
    set_matches: RwSignal<Option<Matches>>,
    running: StoredValue<Option<timer::Timeout>, LocalStorage>,
) {
    let is_done = search.advance(&explained.trace, SLICE);
    let found = Matches { spans: Arc::new(search.matches().to_vec()), is_done };
    if set_matches.try_set(Some(found)) && !is_done {
        let next = timer::after(0, move || step(search, explained, set_matches, running));
        let _gone = running.try_update_value(|running| *running = Some(next));
    }
}

#[component]
pub fn Toolbar(
    view: TraceView,
    matches: Signal<Option<Matches>>,
    /// The row that the keyboard is on.
    cursor: RwSignal<Option<usize>>,
    shown_count: Signal<usize>,
) -> impl IntoView {
    let input = NodeRef::<html::Input>::new();
    let find = view.param("find");
    let go = Callback::new(move |is_forward: bool| go_to_match(view, matches, cursor, is_forward));
    let listener = events::on_key(move |event| {
        let is_ours = event.key() == "/" && !dom::is_typing(&event) && !event.ctrl_key() && !event.meta_key();
        if is_ours && let Some(input) = input.get_untracked() {
            dom::focus(&input);
            event.prevent_default();
        }
    });
    let listener = StoredValue::new_local(listener);
    on_cleanup(move || drop(listener.try_update_value(Option::take)));
    let count = move || {
        let matches = matches.get()?;
        let at = cursor.get().and_then(|span| matches.spans.binary_search(&(span as u32)).ok());
        let dots = if matches.is_done { "" } else { "\u{2026}" };
        Some(match at {
            Some(at) => format!("{} of {}{dots}", at + 1, matches.spans.len()),
            None => format!("{}{dots}", counted(matches.spans.len(), "match", "matches")),
        })
    };
    let filters = view.filters();
    let change = move |change: fn(&mut Filters)| {
        let mut now = filters.get_untracked();
        change(&mut now);
        view.set_filters(&now);
    };
    let toggle = move |label: &'static str, title: &'static str, read: fn(&Filters) -> bool, flip: fn(&mut Filters)| {
        view! {
            <button
                type="button"
                class="control"
                title=title
                aria-pressed=move || if filters.with(read) { "true" } else { "false" }
                on:click=move |_| change(flip)
            >
                {label}
            </button>
        }
    };
    view! {
        <div class="trace-tools" role="toolbar" aria-label="Spans that are shown">
            <div class="trace-tools__find" role="search">
                <input
                    class="field__input"
                    type="search"
                    id="trace-find"
                    data-search
                    placeholder="Find: word, key=value, -key"
                    aria-label="Find spans: words, key=value, or -key"
                    autocomplete="off"
                    spellcheck="false"
                    node_ref=input
                    prop:value=move || find.get().unwrap_or_default()
                    on:input=move |event| {
                        let text = event_target_value(&event);
                        view.set_params(&[("find", (!text.is_empty()).then_some(text))], false);
                    }
                    on:keydown=move |event| {
                        match event.key().as_str() {
                            "Enter" => go.run(!event.shift_key()),
                            "Escape" => view.set_params(&[("find", None)], false),
                            _ => return,
                        }
                        event.prevent_default();
                    }
                />
                <span class="trace-tools__count" role="status" aria-live="polite">{count}</span>
                {move || matches.with(Option::is_some).then(|| view! {
                    <button type="button" class="control" data-variant="ghost" aria-label="Previous match" title="Previous match (N)" on:click=move |_| go.run(false)>
                        <IconView icon=Icon::Left is_small=true/>
                    </button>
                    <button type="button" class="control" data-variant="ghost" aria-label="Next match" title="Next match (n)" on:click=move |_| go.run(true)>
                        <IconView icon=Icon::Right is_small=true/>
                    </button>
                }).views()}
            </div>
            <div class="control-group">
                {toggle("Matches only", "Leave out spans that do not match, but for the ancestors of those that do", |f| f.matches_only, |f| f.matches_only = !f.matches_only)}
                {toggle("Errors only", "Leave out spans without an error, but for the ancestors of those with one", |f| f.errors_only, |f| f.errors_only = !f.errors_only)}
                {toggle("Critical path", "Only spans that the end of the trace was waiting for", |f| f.critical_only, |f| f.critical_only = !f.critical_only)}
            </div>
            <ServiceFilter view=view/>
            <label class="trace-tools__short">
                <span class="trace-tools__label">"Hide shorter than"</span>
                <input
                    class="field__input"
                    inputmode="text"
                    size="6"
                    placeholder="10ms"
                    aria-label="Hide spans shorter than"
                    aria-invalid=move || filters.with(|f| !f.min_duration.is_empty() && f.min_duration_ns() == 0).then_some("true")
                    prop:value=move || filters.with(|f| f.min_duration.clone())
                    on:change=move |event| {
                        let mut now = filters.get_untracked();
                        event_target_value(&event).trim().clone_into(&mut now.min_duration);
                        view.set_filters(&now);
                    }
                />
            </label>
            <Folding view=view/>
            <span class="trace-tools__count" role="status">
                {move || {
                    let (shown, all) = (shown_count.get(), view.with(|e| e.trace.len()));
                    (shown < all).then(|| format!("{shown} of {all} rows"))
                }}
            </span>
            {move || (!filters.with(Filters::is_open)).then(|| view! {
                <button type="button" class="control" data-variant="ghost" on:click=move |_| view.set_filters(&Filters::default())>"Show all"</button>
            }).views()}
        </div>
    }
    .into_any()
}

/// Goes to the match after or before the row that the keyboard is on, around the ends.
pub fn go_to_match(
    view: TraceView,
    matches: Signal<Option<Matches>>,
    cursor: RwSignal<Option<usize>>,
    is_forward: bool,
) {
    let at = cursor.get_untracked();
    let found = matches.with_untracked(|matches| {
        let spans = &matches.as_ref()?.spans;
        if is_forward { next_match(spans, at) } else { previous_match(spans, at) }
    });
    if let Some(span) = found {
        let explained = view.explained_untracked();
        view.collapsed.update(|collapsed| collapsed.reveal(&explained.trace, span));
        cursor.set(Some(span));
    }
}

#[component]
fn ServiceFilter(view: TraceView) -> impl IntoView {
    let filters = view.filters();
    let label = Memo::new(move |_| {
        filters.with(|f| match f.services.as_slice() {
            [] => "All services".to_owned(),
            [one] => one.clone(),
            many => counted(many.len(), "service", "services"),
        })
    });
    let sheet = move |_: Callback<()>| {
        let explained = view.explained_untracked();
        let items = explained
            .inks
            .services()
            .map(|(service, ink)| {
                let (name, shown) = (service.to_owned(), service.to_owned());
                let toggled = name.clone();
                view! {
                    <button
                        type="button"
                        class="menu__item"
                        role="menuitemcheckbox"
                        aria-checked=move || if filters.with(|f| f.services.contains(&name)) { "true" } else { "false" }
                        on:click=move |_| {
                            let mut now = filters.get_untracked();
                            match now.services.iter().position(|known| *known == toggled) {
                                Some(at) => drop(now.services.remove(at)),
                                None => now.services.push(toggled.clone()),
                            }
                            view.set_filters(&now);
                        }
                    >
                        <ServiceName ink=ink name=shown/>
                    </button>
                }
            })
            .views();
        view! { <div class="menu" role="menu" aria-label="Services">{items}</div> }.into_any()
    };
    view! {
        <Popover
            label=Signal::derive(move || format!("Services that are shown: {}", label.get()))
            control=ViewFn::from(move || view! { {move || label.get()} })
            sheet=Arc::new(sheet)
        />
    }
    .into_any()
}

#[component]
fn Folding(view: TraceView) -> impl IntoView {
    let fold = move |change: fn(&mut Collapsed, &crate::model::trace::Trace)| {
        let explained = view.explained_untracked();
        view.collapsed.update(|collapsed| change(collapsed, &explained.trace));
    };
    let item = move |label: &'static str,
                     key: &'static str,
                     change: fn(&mut Collapsed, &crate::model::trace::Trace),
                     close: Callback<()>| {
        view! {
            <button type="button" class="menu__item" role="menuitem" on:click=move |_| { fold(change); close.run(()); }>
                {label}<span class="menu__note">{key}</span>
            </button>
        }
    };
    let sheet = move |close: Callback<()>| {
        view! {
            <div class="menu" role="menu" aria-label="Folding">
                {item("Collapse one level", "[", Collapsed::collapse_level, close)}
                {item("Expand one level", "]", Collapsed::expand_level, close)}
                {item("Collapse all", "", |c, trace| *c = Collapsed::all(trace), close)}
                {item("Expand all", "", |c, _| *c = Collapsed::none(), close)}
            </div>
        }
        .into_any()
    };
    view! {
        <Popover label=Signal::stored("Fold rows".to_owned()) control=ViewFn::from(|| view! { "Fold" }) sheet=Arc::new(sheet)/>
    }
    .into_any()
}
