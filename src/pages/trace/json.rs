//! The spans as the backend sent them, secrets hidden.

use leptos::prelude::*;

use crate::{model::trace::DocumentKind, platform::clipboard, ui::views::Views};

use super::{context::TraceView, span_detail};

/// A browser that lays out more text than this stops answering.
const MAX_SPANS: usize = 200;

#[component]
pub fn JsonTab(view: TraceView) -> impl IntoView {
    move || {
        let explained = view.explained();
        let count = explained.trace.len();
        let selected = view.selected().get();
        let spans: Vec<usize> = match selected {
            Some(span) => vec![span],
            None => (0..count.min(MAX_SPANS)).collect(),
        };
        let note = match selected {
            Some(_) => "The span that is open.".to_owned(),
            None if count > MAX_SPANS => format!("The first {MAX_SPANS} of {count} spans. The download has all."),
            None => "All spans, in the order of the timeline.".to_owned(),
        };
        let parts = spans
            .into_iter()
            .map(|span| span_detail::span_document(view, span))
            .map(|json| view! { <pre class="json">{json}</pre> })
            .views();
        view! {
            <section class="card trace__view" aria-label="JSON">
                <div class="card__head">
                    <p class="card__note">{note}</p>
                    <span class="card__end"></span>
                    <button type="button" class="control" data-variant="ghost" on:click=move |_| clipboard::copy(&span_detail::trace_document(view, DocumentKind::Jaeger))>"Copy all"</button>
                </div>
                {parts}
            </section>
        }
        .into_any()
    }
}
