//! A service, recognised by its colour.

use leptos::prelude::*;

/// The dot of a service's colour; `ink` is a slot of `chart::trace::ServiceInks`.
#[component]
pub fn ServiceDot(ink: u8) -> impl IntoView {
    view! { <span class="service-dot" style:background=format!("var(--series-{})", ink % 10 + 1) aria-hidden="true"></span> }
        .into_any()
}

/// The dot and the name.
#[component]
pub fn ServiceName(ink: u8, #[prop(into)] name: String) -> impl IntoView {
    view! { <span class="service-name"><ServiceDot ink=ink/>{name}</span> }.into_any()
}
