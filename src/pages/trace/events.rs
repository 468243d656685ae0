//! Everything that happened at one moment, by time: spans' events.

use leptos::prelude::*;

use crate::{
    analysis::trace::{duration_text, words::counted},
    base::order,
    model::trace::{SpanEvent, SpanFlags},
    state::reactive::{Callback, RwSignal, Signal},
    ui::{
        state_view::StateView,
        traces::{ServiceDot, ShowMore},
        views::Views,
    },
};

use super::{context::TraceView, span_detail::tag_rows};

/// More are drawn when they are wanted.
const EVENTS_AT_FIRST: usize = 500;

#[component]
pub fn EventsTab(view: TraceView) -> impl IntoView {
    let shown_count = RwSignal::new(EVENTS_AT_FIRST);
    move || {
        let explained = view.explained();
        let trace = &explained.trace;
        let with_events = (0..trace.len()).filter(|span| trace.flags(*span).contains(SpanFlags::EVENTS));
        let mut events: Vec<(usize, SpanEvent)> =
            with_events.flat_map(|span| view.detail(span).events.into_iter().map(move |event| (span, event))).collect();
        order::sort_by_key(&mut events, |(_, event)| event.time_ns);
        if events.is_empty() {
            return view! {
                <section class="card"><StateView headline="No events" detail="No span of this trace tells of a moment within it: exceptions, logs, marks." kind="empty"/></section>
            }
            .into_any();
        }
        let count = events.len();
        let items = events
            .into_iter()
            .take(shown_count.get())
            .map(|(span, SpanEvent { time_ns, name, fields })| {
                let after = duration_text(time_ns.saturating_sub(trace.start_ns()));
                let operation = trace.operation(span).to_owned();
                view! {
                    <li class="events__item">
                        <span class="events__time">{after}</span>
                        <div class="events__body">
                            <span class="span-panel__event-name">{if name.is_empty() { "event".to_owned() } else { name }}</span>
                            " "
                            <button type="button" class="link" on:click=move |_| view.reveal(span)><ServiceDot ink=explained.ink(span)/>" "{operation}</button>
                            <dl class="tag-list">{tag_rows(&fields)}</dl>
                        </div>
                    </li>
                }
            })
            .views();
        view! {
            <section class="card trace__view" aria-label="Events">
                <p class="card__note">{counted(count, "event", "events")}</p>
                <ol class="events">{items}</ol>
                <ShowMore
                    hidden_count=Signal::stored(count.saturating_sub(shown_count.get_untracked()))
                    name=("event", "events")
                    on_more=Callback::new(move |()| shown_count.update(|count| *count *= 4))
                />
            </section>
        }
        .into_any()
    }
}
