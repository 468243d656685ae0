//! A sentence about a trace, its spans as links.

use leptos::prelude::*;

use crate::{
    analysis::trace::{
        duration_text, share_text,
        words::{Part, Sentence},
    },
    state::reactive::Callback,
    ui::views::Views,
};

/// Draws a sentence, which has to be redacted before. `on_span` opens a span of the trace; without it spans are plain.
#[component]
pub fn SentenceView(sentence: Sentence, #[prop(optional)] on_span: Option<Callback<usize>>) -> impl IntoView {
    let part = move |part: Part| match part {
        Part::Text(text) => text.into_any(),
        Part::Name(text) => view! { <span class="sentence__name">{text}</span> }.into_any(),
        Part::Code(text) => view! { <code class="sentence__code">{text}</code> }.into_any(),
        Part::Duration(duration_ns) => {
            view! { <span class="sentence__number">{duration_text(duration_ns)}</span> }.into_any()
        }
        Part::Ratio(ratio) => {
            let text = share_text(ratio);
            view! { <span class="sentence__number">{text}</span> }.into_any()
        }
        Part::Span(span, name) => match on_span {
            Some(on_span) => {
                view! { <button type="button" class="link" on:click=move |_| on_span.run(span)>{name}</button> }
                    .into_any()
            }
            None => view! { <span class="sentence__name">{name}</span> }.into_any(),
        },
    };
    view! { <span>{sentence.0.into_iter().map(part).views()}</span> }.into_any()
}
