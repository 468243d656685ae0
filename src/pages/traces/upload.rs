//! Traces from files: chosen, or dropped anywhere on the page.

use leptos::{html, prelude::*};

use crate::{
    api::jaeger::traces_from_document,
    platform::files::{self, OpenedFile},
    state::{query::spawn, reactive::RwSignal, traces},
    ui::{
        icon::{Icon, IconView},
        views::Views,
    },
};

use super::search::{Search, View};

/// A browser's tab has no room for more.
const MAX_BYTES: f64 = 256e6;

/// Reads one file; the number of its traces, or why there are none.
async fn read(file: &OpenedFile) -> Result<usize, String> {
    let name = file.name();
    if file.size_bytes() > MAX_BYTES {
        return Err(format!("{name}: this file is larger than 256 MB; open a part of it"));
    }
    let Some(bytes) = file.read().await else {
        return Err(format!("{name}: the browser could not read this file; choose it again"));
    };
    let found = traces_from_document(&bytes).map_err(|error| format!("{name}: {error}"))?;
    traces::keep_uploaded(&found);
    Ok(found.len())
}

#[component]
pub fn Upload(search: Search) -> impl IntoView {
    let input = NodeRef::<html::Input>::new();
    let is_over = RwSignal::new(false);
    let problems = RwSignal::new(Vec::<String>::new());
    let open = move |files: Vec<OpenedFile>| {
        problems.set(Vec::new());
        // The page may be gone by the time that the files are read.
        let file_count = search.file_count();
        spawn(async move {
            let mut count = 0;
            for file in &files {
                match read(file).await {
                    Ok(found) => count += found,
                    Err(problem) => {
                        problems.try_update(|problems| problems.push(problem));
                    }
                }
            }
            if count > 0 && file_count.try_set(traces::uploaded().len()) {
                search.change(&[("view", View::Files.id()), ("select", None)], false);
            }
        });
    };
    let listeners = files::on_drop(
        move |is| {
            is_over.try_set(is);
        },
        open,
    );
    let listeners = StoredValue::new_local(listeners);
    on_cleanup(move || drop(listeners.try_update_value(std::mem::take)));
    let problem_list = move || {
        let texts = problems.get();
        (!texts.is_empty()).then(|| {
            let lines = texts.into_iter().map(|text| view! { <div class="field__error">{text}</div> }).views();
            view! {
                <div class="traces__problems" role="alert" data-testid="upload-problems">
                    <div>{lines}</div>
                    <button type="button" class="control" data-variant="ghost" aria-label="Close" on:click=move |_| problems.set(Vec::new())>
                        <IconView icon=Icon::Close is_small=true/>
                    </button>
                </div>
            }
        })
    };
    view! {
        <button
            type="button"
            class="control"
            data-variant="ghost"
            title="Jaeger or OpenTelemetry JSON; or drop files anywhere on this page"
            on:click=move |_| {
                if let Some(input) = input.get_untracked() {
                    files::click(&input);
                }
            }
        >
            "Open file"
        </button>
        <input
            type="file"
            hidden=true
            multiple=true
            accept=".json,.jsonl,application/json"
            aria-label="Files of traces"
            data-testid="trace-files"
            node_ref=input
            on:change=move |event| open(files::take_chosen(&event))
        />
        {move || problem_list().views()}
        {move || is_over.get().then(|| view! { <div class="traces__drop">"Drop to open these traces"</div> }).views()}
    }
    .into_any()
}
