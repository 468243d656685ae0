//! What the slow traces found have in common, and each of them by itself: the guide's report.

use std::sync::Arc;

use leptos::prelude::*;

use crate::{
    analysis::trace::{
        bottleneck::{ManyReport, ManyRow, SLOW_NS, SlowTrace, report_of_many},
        duration_text, share_text,
        words::counted,
    },
    state::{
        reactive::{Memo, RwSignal},
        traces::form::parse_duration_ns,
    },
    ui::{traces::ServiceDot, views::Views},
};

use super::search::{Found, Search};

/// More reasons are few traces each.
const MAX_ROWS: usize = 8;
/// More slow traces are in the table.
const MAX_SLOW: usize = 20;

struct Explained {
    found: Arc<Found>,
    report: ManyReport,
}

#[component]
pub fn WhyCard(search: Search) -> impl IntoView {
    let explained = Memo::shared(move || {
        let found = search.shown().get()?;
        let threshold_ns = search.form().with(|form| parse_duration_ns(&form.min)).unwrap_or(SLOW_NS);
        let report = report_of_many(&found.answer.traces, threshold_ns);
        Some(Arc::new(Explained { found, report }))
    });
    // A refresh does not close what was opened.
    let is_open = RwSignal::new(false);
    let body = move || {
        explained.get().map(|explained| view! { <Body search=search explained=explained is_open=is_open/> }).views()
    };
    view! { <section class="card traces__side" aria-labelledby="traces-why">{body}</section> }.into_any()
}

#[component]
fn Body(search: Search, explained: Arc<Explained>, is_open: RwSignal<bool>) -> impl IntoView {
    let Explained { found, report } = &*explained;
    let ManyReport { threshold_ns, trace_count, slow, rows, with_errors, .. } = report;
    let heading = format!("{} of {trace_count} took {} or longer", slow.len(), duration_text(*threshold_ns));
    let errors = (*with_errors > 0).then(|| {
        let text = format!(
            "{} with errors ({} of the traces); {} of all spans failed",
            counted(*with_errors, "trace", "traces"),
            share_text(report.error_ratio()),
            share_text(report.span_error_ratio())
        );
        view! { <p class="card__note">{text}</p> }
    });
    let quick = slow.is_empty().then(|| {
        let slowest_ns = found.rows.iter().map(|row| row.duration_ns).max().unwrap_or_default();
        view! { <p class="card__text">{format!("The slowest took {}.", duration_text(slowest_ns))}</p> }
    });
    let reasons = rows.iter().take(MAX_ROWS).map(|row| reason(search, found, row)).views();
    let each = (!slow.is_empty()).then(|| {
        let count = slow.len().min(MAX_SLOW);
        let title =
            if count < slow.len() { format!("The slowest {count}, one by one") } else { "One by one".to_owned() };
        let each = slow.iter().take(MAX_SLOW).map(|slow| one_by_one(search, found, slow)).views();
        view! {
            <details class="traces__each" prop:open=is_open.get_untracked()>
                <summary class="traces__summary" on:click=move |_| is_open.update(|is| *is = !*is)>{title}</summary>
                {each}
            </details>
        }
    });
    view! {
        <div class="traces__side-head">
            <h2 class="panel__title" id="traces-why">"Why these are slow"</h2>
            <span class="card__note">{heading}</span>
        </div>
        {errors.views()}
        {quick.views()}
        <ul class="traces__reasons">{reasons}</ul>
        {each.views()}
    }
    .into_any()
}

fn reason(search: Search, found: &Arc<Found>, row: &ManyRow) -> AnyView {
    let ManyRow { title, service, subject, traces, share, .. } = row;
    // As for one trace: a third is what one would work on first, a tenth is worth a look.
    let (state, mark) = match share {
        share if *share >= 0.3 => ("critical", "\u{25b2}"),
        share if *share >= 0.1 => ("warning", "\u{25c6}"),
        _ => ("none", "\u{25cf}"),
    };
    let (title, subject) = search
        .redactor()
        .with_value(|redactor| (redactor.text(title).into_owned(), redactor.text(subject).into_owned()));
    // What the title says already is not said again.
    let detail = (!title.contains(&subject) && !subject.is_empty()).then_some(subject);
    let worst = traces.first().and_then(|at| found.rows.get(*at)).map(|row| {
        let text = format!("the worst {}", row.id.short());
        view! { <a class="link" href=search.trace_href(row.id)>{text}</a> }
    });
    view! {
        <li class="traces__reason" data-testid="trace-reason">
            <span class="traces__mark" data-state=state aria-hidden="true">{mark}</span>
            <div class="traces__reason-text">
                <div class="traces__reason-title">{title}</div>
                {detail.map(|detail| view! { <div class="card__note traces__reason-detail">{detail}</div> }).views()}
                <div class="card__note traces__reason-foot">
                    <span class="service-name"><ServiceDot ink=found.inks.slot(service)/>{service.clone()}</span>
                    <span>{counted(traces.len(), "trace", "traces")}</span>
                    {worst.views()}
                </div>
            </div>
            <span class="traces__share" title="Of the time that all slow traces took">{share_text(*share)}</span>
        </li>
    }
    .into_any()
}

/// The guide's list: the slowest spans with their percentage, and the error rate.
fn one_by_one(search: Search, found: &Arc<Found>, slow: &SlowTrace) -> AnyView {
    let SlowTrace { trace: place, duration_ns, slowest, error_ratio, .. } = slow;
    let (Some(row), Some(trace)) = (found.rows.get(*place), found.answer.traces.get(*place)) else {
        return ().into_any();
    };
    let spans = slowest
        .iter()
        .map(|slow| {
            view! {
                <li class="traces__slow-span">
                    <span class="traces__slow-name">{trace.operation(slow.span).to_owned()}</span>
                    <span class="card__note">{trace.service(slow.span).to_owned()}</span>
                    <span class="traces__slow-number">{duration_text(slow.duration_ns)}</span>
                    <span class="traces__slow-number">{share_text(slow.share)}</span>
                </li>
            }
        })
        .views();
    let errors = format!("error rate {}", share_text(*error_ratio));
    view! {
        <div class="traces__slow">
            <div class="traces__slow-head">
                <a class="link" href=search.trace_href(row.id)>{row.operation.clone()}</a>
                <code>{row.id.short()}</code>
                <span class="traces__slow-number">{duration_text(*duration_ns)}</span>
                <span class="card__note">{errors}</span>
            </div>
            <ol>{spans}</ol>
        </div>
    }
    .into_any()
}
