//! Dashboards that a person brings along: dropped or pasted on any page, chosen, or carried by a link.

use std::sync::Arc;

use leptos::{html, prelude::*};

use crate::{
    app::shell::{IMPORT_SIGN, go_to},
    platform::files::{self, OpenedFile, Pasted},
    state::{
        dashboards::KEPT_SIGN,
        imported::{self, ImportError, MAX_TEXT_BYTES},
        query::spawn,
        reactive::{Callback, RwSignal, effect},
        router::{Route, Router},
        tools::{Tool, Tools},
    },
    ui::{dialog::Dialog, views::Views},
};

/// What went wrong: with what, and why.
#[derive(Clone, PartialEq)]
struct Problem {
    what: String,
    why: String,
}

pub fn imports(tools: Tools) -> AnyView {
    let router = Router::expect();
    let problem = RwSignal::new(None::<Problem>);
    let is_over = RwSignal::new(false);
    let input = NodeRef::<html::Input>::new();

    let keep = move |what: String, text: Arc<str>| {
        spawn(async move {
            let result = imported::import(&text).await;
            finish(tools, router, problem, what, result);
        });
    };
    let open_files = move |files: Vec<OpenedFile>| {
        spawn(async move {
            for file in &files {
                let what = file.name();
                let result = match read(file).await {
                    Ok(text) => imported::import(&text).await,
                    Err(why) => {
                        problem.try_set(Some(Problem { what, why }));
                        return;
                    }
                };
                finish(tools, router, problem, what, result);
            }
        });
    };
    // The page of traces opens files of its own.
    let is_ours = move || !matches!(untrack(|| router.route()), Route::Traces);
    let dropped = files::on_drop(
        move |is| {
            is_over.try_set(is && is_ours());
        },
        move |files| {
            if is_ours() {
                open_files(files);
            }
        },
    );
    let pasted = files::on_paste(move |pasted| match pasted {
        Pasted::Files(files) if is_ours() => {
            open_files(files);
            true
        }
        Pasted::Text(text) if is_ours() && text.trim_start().starts_with('{') => {
            keep("The pasted text".to_owned(), text.into());
            true
        }
        _ => false,
    });
    let listeners = StoredValue::new_local((dropped, pasted));
    on_cleanup(move || drop(listeners.try_update_value(std::mem::take)));

    let open_link = move || {
        let fragment = router.fragment();
        let Some(packed) = fragment.strip_prefix(IMPORT_SIGN).map(str::to_owned) else { return };
        spawn(async move {
            let what = "This link".to_owned();
            let result = match imported::unpacked(&packed).await {
                Ok(text) => imported::import(&text).await,
                Err(error) => Err(error),
            };
            // The address has done its work, and a reload is not to do it again.
            router.set_search(&router.search().get_untracked(), true);
            finish(tools, router, problem, what, result);
        });
    };
    router.on_fragment(open_link);
    open_link();

    effect(move || match tools.asked.get() {
        Some(Tool::ChooseFile) => {
            tools.asked.set(None);
            if let Some(input) = input.get_untracked() {
                files::click(&input);
            }
        }
        Some(Tool::Import { name, text }) => {
            tools.asked.set(None);
            keep(name, text);
        }
        _ => {}
    });

    let on_close = Callback::new(move |()| problem.set(None));
    let dialog = move || problem.get().map(|problem| problem_view(problem, on_close));
    view! {
        <input
            type="file"
            hidden=true
            multiple=true
            accept=".json,application/json"
            aria-label="Files of dashboards"
            data-testid="dashboard-files"
            node_ref=input
            on:change=move |event| open_files(files::take_chosen(&event))
        />
        {move || is_over.get().then(|| view! { <div class="drop-sign">"Drop to open this dashboard"</div> }).views()}
        {dialog}
    }
    .into_any()
}

/// The text of a file, or why there is none.
async fn read(file: &OpenedFile) -> Result<String, String> {
    if file.size_bytes() > MAX_TEXT_BYTES as f64 {
        return Err(ImportError::TooLarge { bytes: file.size_bytes() as usize }.to_string());
    }
    let bytes = file.read().await.ok_or("The browser could not read this file. Choose it again.")?;
    String::from_utf8(bytes).map_err(|error| format!("This is no file of text ({error}). A dashboard is a JSON file."))
}

fn finish(
    tools: Tools,
    router: Router,
    problem: RwSignal<Option<Problem>>,
    what: String,
    result: Result<String, ImportError>,
) {
    match result {
        Ok(name) => {
            tools.kept.update(|count| *count += 1);
            tools.fresh.set(Some(name.clone()));
            go_to(router, &format!("/d/{KEPT_SIGN}{name}"));
        }
        Err(error) => {
            problem.try_set(Some(Problem { what, why: error.to_string() }));
        }
    }
}

fn problem_view(problem: Problem, on_close: Callback<()>) -> AnyView {
    let Problem { what, why } = problem;
    view! {
        <Dialog title=format!("{what} is not opened") on_close=on_close>
            <p class="card__text" role="alert">{why.clone()}</p>
            <p class="card__text">
                "What was on screen is as it was. A dashboard comes from Grafana by Share, Export, Save to file; its JSON can be dropped on any page, pasted, or chosen under Dashboards."
            </p>
        </Dialog>
    }
    .into_any()
}
