//! A failed request, explained: what happened, to which source, why, and the line to add.

use leptos::prelude::*;

use crate::{
    api::{
        diagnosis::{Diagnosis, diagnose},
        http::ApiError,
    },
    platform::{clipboard, dom},
    state::reactive::Callback,
    ui::{dialog::Dialog, snippet::Snippet, state_view::StateView, views::Views},
};

/// In place of a panel's data.
#[component]
pub fn FailureView(
    error: ApiError,
    /// The source's address, for the diagnosis.
    #[prop(into)]
    source_url: String,
    /// `POST /prometheus/api/v1/query_range`.
    request_line: Option<String>,
    /// The request to repeat in a terminal.
    curl: Option<String>,
    on_retry: Callback<()>,
    on_explain: Callback<()>,
) -> impl IntoView {
    let Diagnosis { headline, causes, .. } = diagnose(&error, &source_url, &dom::page_origin());
    let detail = causes.into_iter().next().unwrap_or_else(|| error.to_string());
    let copy = curl.map(|curl| {
        view! {
            <button type="button" class="control" data-variant="ghost" on:click=move |_| clipboard::copy(&curl)>"Copy as curl"</button>
        }
    });
    view! {
        <StateView headline=headline detail=detail request=request_line.unwrap_or_default() kind="failed">
            <button type="button" class="control" on:click=move |_| on_retry.run(())>"Retry"</button>
            {copy}
            <button type="button" class="control" data-variant="ghost" on:click=move |_| on_explain.run(())>"Why?"</button>
        </StateView>
    }
    .into_any()
}

/// The whole explanation.
#[component]
pub fn FailureDialog(error: ApiError, #[prop(into)] source_url: String, on_close: Callback<()>) -> impl IntoView {
    let Diagnosis { headline, causes, fixes } = diagnose(&error, &source_url, &dom::page_origin());
    let causes = StoredValue::new(causes);
    let fixes = StoredValue::new(fixes);
    let message = StoredValue::new(error.to_string());
    view! {
        <Dialog title=headline on_close=on_close>
            <p class="card__text">{message.get_value()}</p>
            {causes
                .get_value()
                .into_iter()
                .map(|cause| view! { <p class="card__text">{cause}</p> })
                .views()}
            {fixes
                .get_value()
                .into_iter()
                .map(|fix| view! { <Snippet title=fix.title code=fix.snippet/> })
                .views()}
        </Dialog>
    }
    .into_any()
}
