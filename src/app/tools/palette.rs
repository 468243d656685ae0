//! The palette: everything that can be gone to or done, found by a few letters.
//!
//! The pattern is the combobox with a list of the ARIA Authoring Practices Guide: the focus stays in the field, arrows move
//! through the list, Enter takes.

use std::sync::Arc;

use leptos::{html, prelude::*};

use crate::{
    analysis::fuzzy::{Named, ranked},
    app::shell::go_to,
    base::time::QUICK_RANGES,
    model::{config::SourceKind, dashboard::kinds},
    platform::{dom, storage, timer},
    state::{
        dashboards::{Dashboards, KEPT_SIGN},
        imported,
        query::spawn,
        reactive::{Callback, Memo, RwSignal},
        router::Router,
        sources::Sources,
        theme::Theme,
        time::TimeContext,
        tools::{Tool, Tools},
        url::Params,
    },
    ui::{dialog::Dialog, views::Views},
};

use super::menus::copy_link;

const RECENT_KEY: &str = "palette.recent";
const RECENT_MAX: usize = 8;
/// More than a person reads.
const SHOWN_MAX: usize = 50;

#[derive(Clone)]
struct Entry {
    /// Is remembered.
    id: String,
    name: String,
    /// What kind of thing it is.
    note: String,
    run: Callback<()>,
}

pub fn palette(time: TimeContext, on_close: Callback<()>) -> AnyView {
    let entries: Arc<[Entry]> = entries(time).into();
    let recent: Vec<String> = storage::read(RECENT_KEY).unwrap_or_default().lines().map(str::to_owned).collect();
    let typed = RwSignal::new(String::new());
    let active = RwSignal::new(0_usize);
    let input = NodeRef::<html::Input>::new();
    let found = {
        let entries = Arc::clone(&entries);
        Memo::new(move |_| {
            let named: Vec<Named<'_>> = entries
                .iter()
                .map(|entry| Named {
                    name: &entry.name,
                    note: &entry.note,
                    recency: recent.iter().position(|id| *id == entry.id),
                })
                .collect();
            let mut found = typed.with(|typed| ranked(typed, &named));
            found.truncate(SHOWN_MAX);
            found
        })
    };
    let take = {
        let entries = Arc::clone(&entries);
        Callback::new(move |at: usize| {
            let Some(entry) = found.with_untracked(|found| found.get(at).copied()).and_then(|at| entries.get(at))
            else {
                return;
            };
            remember(&entry.id);
            let run = entry.run;
            on_close.run(());
            run.run(());
        })
    };
    let on_keydown = move |event: leptos::ev::KeyboardEvent| {
        let count = found.with_untracked(Vec::len);
        let now = active.get_untracked();
        let next = match event.key().as_str() {
            "ArrowDown" if count > 0 => (now + 1) % count,
            "ArrowUp" if count > 0 => (now + count - 1) % count,
            "Enter" => {
                event.prevent_default();
                take.run(now);
                return;
            }
            _ => return,
        };
        event.prevent_default();
        active.set(next);
        if let Some(option) = dom::find(&format!("#{}", option_id(next))) {
            dom::bring_near(&option);
        }
    };
    let options = move || {
        let found = found.get();
        if found.is_empty() {
            return view! { <li class="palette__none" role="presentation">"Nothing has a name like this."</li> }
                .into_any();
        }
        found
            .iter()
            .enumerate()
            .filter_map(|(at, entry)| Some((at, entries.get(*entry)?)))
            .map(|(at, entry)| {
                view! {
                    <li
                        class="palette__option"
                        role="option"
                        id=option_id(at)
                        aria-selected=move || if active.get() == at { "true" } else { "false" }
                        // The field keeps the focus.
                        on:pointerdown=|event| event.prevent_default()
                        on:click=move |_| take.run(at)
                    >
                        <span class="palette__name">{entry.name.clone()}</span>
                        <span class="palette__note">{entry.note.clone()}</span>
                    </li>
                }
            })
            .views()
    };
    let options = Arc::new(options);
    let count_text = move || match found.with(Vec::len) {
        0 => "Nothing found".to_owned(),
        count => format!("{count} found"),
    };
    view! {
        <Dialog title="Go to anything" on_close=on_close>
            <input
                class="field__input palette__field"
                node_ref=input
                type="text"
                role="combobox"
                data-autofocus="true"
                autocomplete="off"
                spellcheck="false"
                autocapitalize="off"
                placeholder="Pages, dashboards, panels, time ranges, sources, actions"
                aria-label="Go to anything"
                aria-autocomplete="list"
                aria-expanded="true"
                aria-controls="palette-list"
                aria-activedescendant=move || found.with(|found| !found.is_empty()).then(|| option_id(active.get()))
                on:input=move |event| {
                    typed.set(event_target_value(&event));
                    active.set(0);
                }
                on:keydown=on_keydown
            />
            <ul class="palette" id="palette-list" role="listbox" aria-label="Found">
                {
                    let options = Arc::clone(&options);
                    move || options()
                }
            </ul>
            <span class="palette__count" role="status">{count_text}</span>
        </Dialog>
    }
    .into_any()
}

fn option_id(at: usize) -> String {
    format!("palette-option-{at}")
}

fn remember(id: &str) {
    let before = storage::read(RECENT_KEY).unwrap_or_default();
    let recent: Vec<&str> =
        std::iter::once(id).chain(before.lines().filter(|other| *other != id)).take(RECENT_MAX).collect();
    storage::write(RECENT_KEY, &recent.join("\n"));
}

/// Everything, in the order in which it is shown before anything is typed.
fn entries(time: TimeContext) -> Vec<Entry> {
    let mut all = Vec::new();
    let mut add = |id: String, name: String, note: &str, run: Callback<()>| {
        all.push(Entry { id, name, note: note.to_owned(), run });
    };
    let router = Router::expect();
    let dashboards = Dashboards::expect();
    let sources = Sources::expect();
    let page = move |path: String| Callback::new(move |()| go_to(router, &path));
    for file in dashboards.files() {
        add(format!("d/{}", file.name), file.title, "dashboard", page(format!("/d/{}", file.name)));
    }
    for kept in imported::list() {
        let path = format!("/d/{KEPT_SIGN}{}", kept.name);
        add(path.clone(), kept.title, "imported dashboard", page(path));
    }
    let has_traces = sources.of_kind(SourceKind::Jaeger, None).is_some();
    for (path, name) in
        [("/dashboards", "Dashboards"), ("/alerts", "Alerts"), ("/traces", "Traces"), ("/status", "Status")]
    {
        if path != "/traces" || has_traces {
            add(path.to_owned(), name.to_owned(), "page", page(path.to_owned()));
        }
    }
    if let Some(dashboard) = dashboards.shown.get_untracked() {
        for panel in dashboard.panels.iter().filter(|panel| panel.kind != kinds::ROW && !panel.title.is_empty()) {
            let id = panel.id;
            let run = Callback::new(move |()| show_panel(router, id));
            add(format!("panel/{}/{id}", dashboard.title), panel.title.clone(), "panel of this dashboard", run);
        }
    }
    let tools = Tools::expect();
    let theme = Theme::expect();
    let ask = move |tool: Tool| Callback::new(move |()| tools.ask(tool.clone()));
    let actions = [
        ("refresh", "Refresh now", time.refresh_now),
        ("theme", "Switch between dark and light", Callback::new(move |()| theme.toggle())),
        ("live", "Copy live link", Callback::new(move |()| copy_link(router, time, false))),
        ("frozen", "Copy frozen link", Callback::new(move |()| copy_link(router, time, true))),
        ("import", "Import a dashboard", ask(Tool::ChooseFile)),
        ("print", "Print this page", ask(Tool::Print)),
        ("help", "Show the keys", ask(Tool::Help)),
    ];
    for (id, name, run) in actions {
        add(format!("action/{id}"), name.to_owned(), "action", run);
    }
    for range in QUICK_RANGES {
        let run = Callback::new(move |()| time.set_spec.run(range.spec()));
        add(format!("range/{}", range.label), range.label.to_owned(), "time range", run);
    }
    for handle in sources.handles() {
        let note = format!("source, {}", handle.source.kind.label());
        let name = handle.source.name;
        let run = Callback::new(move |()| go_to(router, "/status"));
        add(format!("source/{name}"), name.clone(), &note, run);
    }
    all
}

/// Scrolls to a panel, or shows it alone where another one is.
fn show_panel(router: Router, id: u32) {
    if let Some(element) = dom::find(&format!("[data-panel-id='{id}']")) {
        dom::bring_into_view(&element);
        // The palette gives the focus back when it is gone; then the panel takes it.
        spawn(async move {
            timer::sleep(0).await;
            dom::focus_first(&element, ".panel__menu");
        });
        return;
    }
    let params = Params::parse(&router.search().get_untracked()).with("view", Some(&id.to_string()));
    router.set_search(&params.to_query(), false);
}
