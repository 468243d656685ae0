//! That there is nobody to ask for traces, and what to do.

use leptos::prelude::*;

use crate::ui::{snippet::Snippet, state_view::StateView};

const SNIPPET: &str = r#"{ "name": "jaeger", "kind": "jaeger", "url": "jaeger" }"#;

#[component]
pub fn NotConfigured() -> impl IntoView {
    view! {
        <div class="card">
            <StateView
                headline="No traces are configured"
                detail="Name a Jaeger under sources in config.json, then reload. Files can be opened without one."
                kind="unknown"
            />
            <Snippet title="config.json, sources" code=SNIPPET/>
        </div>
    }
    .into_any()
}
