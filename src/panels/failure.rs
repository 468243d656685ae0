//! A failed request, explained: what happened, to which source, why, and the line to add.
//!
//! The explanation is in `panels::tools`, which comes later. Until it is there, and where it cannot be had because nothing
//! can, the error speaks for itself.

use std::sync::Arc;

use leptos::prelude::*;

use crate::{
    api::http::ApiError,
    state::{chunks::Chunk, reactive::Callback},
    ui::{
        later::{Later, later_over},
        state_view::StateView,
    },
};

use super::tools;

/// What a failure is told with.
#[derive(Clone)]
pub struct Failure {
    pub error: ApiError,
    /// The source's address, for the diagnosis.
    pub source_url: String,
    /// `POST /prometheus/api/v1/query_range`.
    pub request_line: Option<String>,
    /// The request to repeat in a terminal.
    pub curl: Option<String>,
    pub on_retry: Callback<()>,
    pub on_explain: Callback<()>,
}

/// `open` explains; the error's own words stand in its place meanwhile.
pub fn later_failure(
    error: &ApiError,
    on_retry: Callback<()>,
    open: impl Fn() -> AnyView + Send + Sync + 'static,
) -> AnyView {
    let detail = error.to_string();
    let meanwhile = move |has_failed: bool| {
        let is_loading = (!has_failed).then_some("true");
        view! {
            <div class="later" data-loading=is_loading>
                <StateView headline="The request failed" detail=detail.clone() kind="failed">
                    <button type="button" class="control" on:click=move |_| on_retry.run(())>"Retry"</button>
                </StateView>
            </div>
        }
        .into_any()
    };
    view! { <Later chunk=Chunk::Tools open=Arc::new(open) meanwhile=Arc::new(meanwhile)/> }.into_any()
}

/// In place of data.
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
    let failure = Failure { error: error.clone(), source_url, request_line, curl, on_retry, on_explain };
    later_failure(&error, on_retry, move || tools::open_failure(failure.clone()))
}

/// The whole explanation, over the page.
#[component]
pub fn FailureDialog(error: ApiError, #[prop(into)] source_url: String, on_close: Callback<()>) -> impl IntoView {
    later_over(move || tools::open_explanation(&error, &source_url, on_close), on_close)
}

/// The whole explanation, as a part of a page.
#[component]
pub fn FailureText(error: ApiError, #[prop(into)] source_url: String) -> impl IntoView {
    let text = error.to_string();
    let meanwhile = move |has_failed: bool| {
        let is_loading = (!has_failed).then_some("true");
        view! { <p class="card__note" data-loading=is_loading>{text.clone()}</p> }.into_any()
    };
    let open = move || tools::open_text(&error, &source_url);
    view! { <Later chunk=Chunk::Tools open=Arc::new(open) meanwhile=Arc::new(meanwhile)/> }.into_any()
}
