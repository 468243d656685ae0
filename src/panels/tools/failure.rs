//! What a failure means, and the line to add.

use leptos::prelude::*;

use crate::{
    api::{
        diagnosis::{Diagnosis, diagnose},
        http::ApiError,
    },
    panels::failure::Failure,
    platform::{clipboard, dom},
    state::reactive::Callback,
    ui::{dialog::Dialog, snippet::Snippet, state_view::StateView, views::Views},
};

/// In place of data.
pub fn view(failure: Failure) -> AnyView {
    let Failure { error, source_url, request_line, curl, on_retry, on_explain } = failure;
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
            {copy.views()}
            <button type="button" class="control" data-variant="ghost" on:click=move |_| on_explain.run(())>"Why?"</button>
        </StateView>
    }
    .into_any()
}

/// The whole explanation, over the page.
pub fn dialog(error: &ApiError, source_url: &str, on_close: Callback<()>) -> AnyView {
    let Diagnosis { headline, causes, fixes } = diagnose(error, source_url, &dom::page_origin());
    let message = error.to_string();
    let body = move || {
        let causes = causes.iter().map(|cause| view! { <p class="card__text">{cause.clone()}</p> }).views();
        let fixes =
            fixes.iter().map(|fix| view! { <Snippet title=fix.title.clone() code=fix.snippet.clone()/> }).views();
        view! { <p class="card__text">{message.clone()}</p>{causes}{fixes} }.into_any()
    };
    view! { <Dialog title=headline on_close=on_close>{body()}</Dialog> }.into_any()
}

/// The whole explanation, as a part of a page.
pub fn text(error: &ApiError, source_url: &str) -> AnyView {
    let Diagnosis { headline, causes, fixes } = diagnose(error, source_url, &dom::page_origin());
    let causes = causes.into_iter().map(|cause| view! { <p class="card__text">{cause}</p> }).views();
    let fixes = fixes.into_iter().map(|fix| view! { <Snippet title=fix.title code=fix.snippet/> }).views();
    view! {
        <h3 class="card__title">{headline}</h3>
        <p class="card__note">{error.to_string()}</p>
        {causes}
        {fixes}
    }
    .into_any()
}
