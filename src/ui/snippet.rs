//! Text to copy: a command, a line for a proxy, a query.

use leptos::prelude::*;

use crate::{platform::clipboard, state::reactive::signal};

#[component]
pub fn Snippet(#[prop(into)] title: String, #[prop(into)] code: String) -> impl IntoView {
    let (is_copied, set_copied) = signal(false);
    let text = code.clone();
    let copy_label = format!("Copy {title}");
    view! {
        <div class="snippet">
            <div class="snippet__title">{title}</div>
            <pre class="snippet__code" tabindex="0"><code>{code}</code></pre>
            <button
                type="button"
                class="control snippet__copy"
                data-variant="ghost"
                aria-label=copy_label
                on:click=move |_| {
                    clipboard::copy(&text);
                    set_copied.set(true);
                }
            >
                {move || if is_copied.get() { "Copied" } else { "Copy" }}
            </button>
        </div>
    }
    .into_any()
}
