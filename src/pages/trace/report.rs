//! Why the trace was slow, and what its slowest spans are: the operations guide's bottlenecks.

use leptos::prelude::*;

use crate::{
    analysis::trace::{
        bottleneck::{Finding, Report, Severity, SlowSpan},
        duration_text, share_text,
        words::counted,
    },
    state::reactive::{Callback, signal},
    ui::{
        icon::{Icon, IconView},
        traces::{SentenceView, ServiceDot},
        views::Views,
    },
};

use super::{context::TraceView, explained::Explained};

/// More are shown on request.
const FIRST_FINDINGS: usize = 5;

#[component]
pub fn ReportPanel(view: TraceView) -> impl IntoView {
    let (is_all, set_all) = signal(false);
    move || {
        let explained = view.explained();
        let Report { duration_ns, usual_ns, slowest, findings, is_partial, .. } = explained.report.clone();
        let error_ratio = explained.report.error_ratio();
        let usual = usual_ns.map(|usual| format!(", usually {}", duration_text(usual))).unwrap_or_default();
        let total = findings.len();
        let shown = if is_all.get() { total } else { FIRST_FINDINGS };
        let items = findings.into_iter().take(shown).map(|finding| finding_view(view, finding)).views();
        let has_findings = total > 0;
        let slow = slowest.into_iter().map(|slow| slow_view(view, &explained, slow)).views();
        let (errors, spans) = (explained.report.error_count, explained.report.span_count);
        view! {
            <section class="report" aria-label="Why it was slow">
                <div class="report__head">
                    <h2 class="report__title">"Why it took so long"</h2>
                    <span class="report__note">{format!("{}{usual}", duration_text(duration_ns))}</span>
                </div>
                {if has_findings {
                    view! { <ol class="report__list">{items}</ol> }.into_any()
                } else {
                    view! { <p class="card__text">"Nothing stands out: the time is spread over many spans."</p> }.into_any()
                }}
                {(total > FIRST_FINDINGS && !is_all.get()).then(|| view! {
                    <button type="button" class="control" data-variant="ghost" on:click=move |_| set_all.set(true)>
                        {format!("{} more", total - FIRST_FINDINGS)}
                    </button>
                }).views()}
                {is_partial.then(|| view! { <p class="card__note">"A large trace: only the longest spans were looked into."</p> }).views()}
                <div class="report__head">
                    <h2 class="report__title">"Slowest spans"</h2>
                    <span class="report__note">
                        {format!("{} of {} failed, {}", errors, counted(spans, "span", "spans"), share_text(error_ratio))}
                    </span>
                </div>
                <ol class="report__list">{slow}</ol>
            </section>
        }
        .into_any()
    }
}

fn mark_of(severity: Severity) -> (&'static str, Icon, &'static str) {
    match severity {
        Severity::High => ("critical", Icon::Warning, "Matters much: "),
        Severity::Medium => ("warning", Icon::Info, "Matters: "),
        Severity::Info => ("info", Icon::Info, ""),
    }
}

fn finding_view(view: TraceView, finding: Finding) -> AnyView {
    let Finding { severity, title, explanation, share, spans, .. } = finding;
    let (state, icon, word) = mark_of(severity);
    let first = spans.first().copied();
    let explanation = view.redactor().sentence(explanation);
    let on_span = Callback::new(move |span| view.reveal(span));
    view! {
        <li class="report__item">
            <span class="report__mark" data-state=state><IconView icon=icon is_small=true/></span>
            <div class="report__body">
                <button type="button" class="report__name" on:click=move |_| if let Some(span) = first { view.reveal(span) }>
                    <span class="visually-hidden">{word}</span>{title}
                </button>
                <div class="report__text"><SentenceView sentence=explanation on_span=on_span/></div>
            </div>
            <span class="report__share">{share_text(share)}</span>
        </li>
    }
    .into_any()
}

fn slow_view(view: TraceView, explained: &Explained, slow: SlowSpan) -> AnyView {
    let SlowSpan { span, duration_ns, share, self_share, critical_share, .. } = slow;
    let trace = &explained.trace;
    let (service, operation) = (trace.service(span).to_owned(), trace.operation(span).to_owned());
    view! {
        <li class="report__item">
            <span class="report__mark"><ServiceDot ink=explained.ink(span)/></span>
            <div class="report__body">
                <button type="button" class="report__name" on:click=move |_| view.reveal(span)>{operation}</button>
                <div class="report__text">
                    {format!(
                        "{service}, {}; {} by itself, {} of the critical path",
                        duration_text(duration_ns),
                        share_text(self_share),
                        share_text(critical_share),
                    )}
                </div>
            </div>
            <span class="report__share">{share_text(share)}</span>
        </li>
    }
    .into_any()
}
