//! What a view shows when it has no data to show: never blank, never a zero.

use leptos::prelude::*;

use super::views::Views;

/// Why there is nothing, and what can be done about it.
#[component]
pub fn StateView(
    #[prop(into)] headline: String,
    #[prop(into)] detail: String,
    /// The request as one line, where there was one.
    #[prop(optional, into)]
    request: Option<String>,
    /// `empty`, `failed` or `unknown`: for tests and for the style.
    kind: &'static str,
    /// Buttons.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    let role = if kind == "failed" { "alert" } else { "status" };
    view! {
        <div class="state" data-kind=kind role=role>
            <div class="state__headline">{headline}</div>
            <div class="state__detail">{detail}</div>
            {request.map(|request| view! { <div class="state__request">{request}</div> }).views()}
            {children.map(|children| view! { <div class="state__actions">{children()}</div> }).views()}
        </div>
    }
    .into_any()
}

/// The shape of what is about to come.
#[component]
pub fn Skeleton() -> impl IntoView {
    view! { <div class="skeleton" role="status" aria-label="Loading"></div> }.into_any()
}
