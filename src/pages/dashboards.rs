//! All dashboards: those of the configuration, and those that were imported into this browser.

use leptos::{html, prelude::*};

use crate::{
    analysis::fuzzy::score,
    base::{time::date_time_text, units},
    platform::{clipboard, dom},
    state::{
        dashboards::{Dashboards, KEPT_SIGN},
        imported::{self, Imported},
        page::{Opening, PageInfo},
        query::spawn,
        reactive::{Callback, RwSignal, Signal, effect},
        router::Router,
        time::TimeContext,
        tools::{Tool, Tools},
        url::Params,
    },
    ui::views::Views,
};

/// The page's door: called from outside its part of the app (`xtask/js/chunks.json`).
#[inline(never)]
pub fn open() -> AnyView {
    view! { <DashboardList/> }.into_any()
}

#[component]
fn DashboardList() -> impl IntoView {
    PageInfo::expect().announce("Dashboards", false, Opening::default());
    let router = Router::expect();
    let tools = Tools::expect();
    let typed = RwSignal::new(String::new());
    let is_found = move |name: &str| typed.with(|typed| score(typed, name).is_some());
    let query = Signal::derive(move || {
        router.search().with(|search| Params::parse(search).keep(&["from", "to", "tz", "refresh"]).to_query())
    });
    let files = Dashboards::expect().files();
    let listed = move || {
        files
            .iter()
            .filter(|file| is_found(&file.title))
            .map(|file| {
                let place = format!("/d/{}", file.name);
                view! {
                    <a class="dashboards__item" data-row="true" href=move || router.href(&format!("{place}{}", query.get()))>
                        <span class="dashboards__name">{file.title.clone()}</span>
                        <span class="dashboards__note">{file.file.clone()}</span>
                    </a>
                }
            })
            .views()
    };
    let kept = move || {
        tools.kept.track();
        let all = imported::list();
        if all.is_empty() {
            return view! {
                <p class="card__text">
                    "None yet. Drop the JSON file of a Grafana dashboard on any page, paste its text, or choose it here. It stays in this browser."
                </p>
            }
            .into_any();
        }
        let items = all
            .into_iter()
            .filter(|imported| is_found(&imported.title))
            .map(|imported| view! { <Kept imported=imported query=query/> })
            .views();
        view! { <ul class="dashboards__kept">{items}</ul> }.into_any()
    };
    view! {
        <div class="dashboards__tools">
            <input
                class="field__input dashboards__search"
                type="search"
                placeholder="Filter by name"
                aria-label="Filter dashboards by name"
                on:input=move |event| typed.set(event_target_value(&event))
            />
            <button type="button" class="control" on:click=move |_| tools.ask(Tool::ChooseFile)>"Import a dashboard"</button>
        </div>
        <div class="dashboards">{listed}</div>
        <h2 class="dashboards__heading">"Imported into this browser"</h2>
        {kept}
    }
    .into_any()
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Doing {
    Nothing,
    Renaming,
    Removing,
}

/// One imported dashboard.
#[component]
fn Kept(imported: Imported, query: Signal<String>) -> impl IntoView {
    let router = Router::expect();
    let tools = Tools::expect();
    let doing = RwSignal::new(Doing::Nothing);
    let problem = RwSignal::new(None::<&'static str>);
    let Imported { name, title, imported_ms, text_bytes } = imported;
    let zone = TimeContext::expect().zone.get_untracked();
    let when = zone.with(|zone| date_time_text(imported_ms - imported_ms.rem_euclid(1_000), zone));
    let note = format!("imported {when}, {}", units::format("bytes", text_bytes as f64, None));
    let place = format!("/d/{KEPT_SIGN}{name}");
    let change = Callback::new(move |()| {
        doing.set(Doing::Nothing);
        tools.kept.update(|count| *count += 1);
    });
    let download = {
        let name = name.clone();
        move |_| {
            let name = name.clone();
            spawn(async move {
                if let Some(text) = imported::text_of(&name).await {
                    clipboard::download(&format!("{name}.json"), "application/json", &text);
                }
            });
        }
    };
    let shown_title = title.clone();
    let below = move || match doing.get() {
        Doing::Nothing => ().into_any(),
        Doing::Renaming => {
            view! { <Rename name=name.clone() title=title.clone() doing=doing problem=problem on_done=change/> }
                .into_any()
        }
        Doing::Removing => {
            let name = name.clone();
            let remove = move |_| {
                imported::remove(&name);
                change.run(());
            };
            view! {
                <div class="dashboards__form">
                    <span class="card__text">"It is only in this browser. Remove it?"</span>
                    <button type="button" class="control" on:click=remove>"Remove for good"</button>
                    <button type="button" class="control" data-variant="ghost" on:click=move |_| doing.set(Doing::Nothing)>"Keep"</button>
                </div>
            }
            .into_any()
        }
    };
    let labels = ["Rename", "Download", "Remove"].map(|verb| format!("{verb} {shown_title}"));
    let [rename_label, download_label, remove_label] = labels;
    view! {
        <li class="dashboards__row">
            <a class="dashboards__link" data-row="true" href=move || router.href(&format!("{place}{}", query.get()))>
                <span class="dashboards__name">{shown_title}</span>
                <span class="dashboards__note">{note}</span>
            </a>
            <button type="button" class="control" data-variant="ghost" aria-label=rename_label on:click=move |_| doing.set(Doing::Renaming)>"Rename"</button>
            <button type="button" class="control" data-variant="ghost" aria-label=download_label on:click=download>"Download"</button>
            <button type="button" class="control" data-variant="ghost" aria-label=remove_label on:click=move |_| doing.set(Doing::Removing)>"Remove"</button>
            {below}
            {move || problem.get().map(|text| view! { <div class="field__error" role="alert">{text}</div> }).views()}
        </li>
    }
    .into_any()
}

#[component]
fn Rename(
    name: String,
    title: String,
    doing: RwSignal<Doing>,
    problem: RwSignal<Option<&'static str>>,
    on_done: Callback<()>,
) -> impl IntoView {
    let input = NodeRef::<html::Input>::new();
    effect(move || {
        if let Some(input) = input.get() {
            dom::focus(&input);
        }
    });
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let title = input.get_untracked().map(|input| input.value()).unwrap_or_default();
        if imported::rename(&name, &title) {
            on_done.run(());
        } else {
            problem
                .set(Some("The browser has no room left to keep the new name. Remove dashboards that are not needed."));
        }
    };
    let on_keydown = move |event: leptos::ev::KeyboardEvent| {
        if event.key() == "Escape" {
            event.stop_propagation();
            doing.set(Doing::Nothing);
        }
    };
    view! {
        <form class="dashboards__form" on:submit=submit on:keydown=on_keydown>
            <input class="field__input dashboards__title" type="text" aria-label="Title" maxlength="200" value=title node_ref=input/>
            <button type="submit" class="control">"Save"</button>
            <button type="button" class="control" data-variant="ghost" on:click=move |_| doing.set(Doing::Nothing)>"Cancel"</button>
        </form>
    }
    .into_any()
}
