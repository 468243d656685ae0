//! Taking traces away as a file.

use std::sync::Arc;

use leptos::prelude::*;

use crate::{
    model::trace::DocumentKind,
    platform::clipboard,
    state::reactive::{Callback, Signal},
    ui::popover::Popover,
};

/// A menu of the kinds of files. `write` is asked when one is chosen; `name` is that of the file, without its ending.
#[component]
pub fn DownloadTraces(name: Signal<String>, write: Arc<dyn Fn(DocumentKind) -> String + Send + Sync>) -> impl IntoView {
    let sheet = move |close: Callback<()>| {
        let item = |label: &'static str, note: &'static str, ending: &'static str, kind: DocumentKind| {
            let write = Arc::clone(&write);
            view! {
                <button
                    type="button"
                    class="menu__item"
                    role="menuitem"
                    on:click=move |_| {
                        let file_name = format!("{}.{ending}", name.get_untracked());
                        clipboard::download(&file_name, "application/json", &write(kind));
                        close.run(());
                    }
                >
                    {label}<span class="menu__note">{note}</span>
                </button>
            }
        };
        view! {
            <div class="menu" role="menu" aria-label="Download">
                {item("Jaeger JSON", "this page, Jaeger UI", "json", DocumentKind::Jaeger)}
                {item("OpenTelemetry JSON", "this page, collectors", "otlp.json", DocumentKind::OpenTelemetry)}
            </div>
        }
        .into_any()
    };
    view! {
        <Popover
            label=Signal::stored("Download".to_owned())
            control=ViewFn::from(|| view! { "Download" })
            sheet=Arc::new(sheet)
        />
    }
    .into_any()
}
