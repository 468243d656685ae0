//! This trace beside another one, or beside how its operation usually goes.
//!
//! Invariant: B is the trace of the page; what is longer is longer here.

use std::sync::Arc;

use leptos::prelude::*;

use crate::{
    analysis::trace::{
        compare::{Change, Comparison, Row, UsualComparison, UsualRow, compare, compare_with_usual},
        duration_text,
        usual::Shape,
        words::counted,
    },
    api::http::ApiError,
    model::trace::{Trace, TraceId},
    state::{
        query::{Query, use_query},
        reactive::{Memo, Signal},
        sources::Sources,
        traces,
    },
    ui::{
        state_view::{Skeleton, StateView},
        traces::{SentenceView, ServiceDot},
        views::Views,
    },
};

use super::{context::TraceView, explained::Explained};

const USUAL: &str = "usual";
/// More are no more readable.
const MAX_ROWS: usize = 400;
const MAX_CHANGES: usize = 8;

#[component]
pub fn CompareTab(view: TraceView) -> impl IntoView {
    let with = view.param("compare");
    let chosen = move || with.get().unwrap_or_else(|| USUAL.to_owned());
    let other = Memo::new(move |_| TraceId::parse(&with.get()?));
    let source_name = view.param("source");
    let Query { remote, retry } =
        use_query(other.into(), Signal::stored(0), move |id: TraceId, _: Option<Arc<Arc<Trace>>>| {
            let source = traces::source(Sources::expect(), source_name.get_untracked().as_deref());
            async move {
                match (traces::kept(id), source) {
                    (Some(kept), _) => Ok(kept),
                    (None, Some(source)) => source.trace(id).await,
                    (None, None) => Err(ApiError::Cancelled { source_name: "Jaeger".to_owned() }),
                }
            }
        });
    let body = move || {
        let explained = view.explained();
        if chosen() == USUAL {
            return usual_view(view, &explained);
        }
        let state = remote.get();
        match (state.value, state.failure) {
            (Some(other), _) if state.is_current => two_view(view, &other, &explained),
            (_, Some(error)) => view! {
                <StateView headline="The other trace could not be loaded" detail=error.to_string() kind="failed">
                    <button type="button" class="control" on:click=move |_| retry.run(())>"Retry"</button>
                </StateView>
            }
            .into_any(),
            _ if other.get().is_none() => view! {
                <StateView headline="This is no trace id" detail="A trace id has up to 32 hexadecimal digits." kind="empty"/>
            }
            .into_any(),
            _ => view! { <Skeleton/> }.into_any(),
        }
    };
    view! {
        <section class="card trace__view" aria-label="Compare">
            <div class="trace-tools">
                <label class="trace-tools__short">
                    <span class="trace-tools__label">"Compare with"</span>
                    <select
                        class="field__input field__select"
                        on:change=move |event| {
                            let value = event_target_value(&event);
                            view.set_params(&[("compare", (value != USUAL).then_some(value))], true);
                        }
                    >
                        {move || choices(view, &chosen())}
                    </select>
                </label>
                <label class="trace-tools__short">
                    <span class="trace-tools__label">"or the trace"</span>
                    <input
                        class="field__input compare__id"
                        placeholder="trace id"
                        aria-label="Id of the trace to compare with"
                        autocomplete="off"
                        spellcheck="false"
                        prop:value=move || with.get().unwrap_or_default()
                        on:change=move |event| {
                            let value = event_target_value(&event).trim().to_owned();
                            view.set_params(&[("compare", (!value.is_empty()).then_some(value))], true);
                        }
                    />
                </label>
            </div>
            {body}
        </section>
    }
    .into_any()
}

/// The usual, and the traces of the last search with the same root, the nearest durations apart first.
fn choices(view: TraceView, chosen: &str) -> AnyView {
    let explained = view.explained();
    let trace = &explained.trace;
    let root = trace.root().map(|root| (trace.service(root), trace.operation(root)));
    let same: Vec<(String, String)> = traces::last_search()
        .map(|search| {
            let is_alike = |other: &&Arc<Trace>| {
                other.id() != trace.id()
                    && other.root().map(|root| (other.service(root), other.operation(root))) == root
            };
            search
                .found
                .traces
                .iter()
                .filter(is_alike)
                .take(50)
                .map(|other| {
                    (other.id().to_string(), format!("{} · {}", other.id().short(), duration_text(other.duration_ns())))
                })
                .collect()
        })
        .unwrap_or_default();
    let is_listed = chosen == USUAL || same.iter().any(|(id, _)| id == chosen);
    let given =
        (!is_listed).then(|| view! { <option value=chosen.to_owned() selected=true>{chosen.to_owned()}</option> });
    let options = same.into_iter().map(|(id, text)| {
        let is_selected = id == chosen;
        view! { <option value=id selected=is_selected>{text}</option> }
    });
    view! {
        <option value=USUAL selected=chosen == USUAL>"how it usually goes"</option>
        {given.views()}
        {options.views()}
    }
    .into_any()
}

/// A difference with its sign: `+1.2 s`.
fn signed(difference_ns: i64) -> String {
    match difference_ns {
        0 => "same".to_owned(),
        longer if longer > 0 => format!("+{}", duration_text(longer)),
        shorter => format!("\u{2212}{}", duration_text(shorter.saturating_neg())),
    }
}

fn state_of(difference_ns: i64, whole_ns: i64) -> &'static str {
    // A hundredth of the trace is worth a colour.
    if difference_ns.saturating_mul(100) > whole_ns {
        "slower"
    } else if difference_ns.saturating_neg().saturating_mul(100) > whole_ns {
        "faster"
    } else {
        "same"
    }
}

fn two_view(view: TraceView, other: &Arc<Trace>, explained: &Explained) -> AnyView {
    let trace = &explained.trace;
    let comparison = compare(other, trace);
    let summary = comparison.summary();
    let Comparison { rows, duration_a_ns, duration_b_ns, changes, both_count, only_a_count, only_b_count, .. } =
        comparison;
    let whole_ns = duration_a_ns.max(duration_b_ns);
    let changes = changes
        .into_iter()
        .filter(|change| change.difference_ns() != 0)
        .take(MAX_CHANGES)
        .map(|change: Change| {
            let sentence = view.redactor().sentence(change.sentence());
            view! {
                <li class="report__item">
                    <span class="report__mark"><ServiceDot ink=explained.inks.slot(&change.service)/></span>
                    <div class="report__body">
                        <span class="compare__name">{change.operation}</span>
                        <div class="report__text">{change.service}", "<SentenceView sentence=sentence/></div>
                    </div>
                    <span class="report__share">{signed(change.self_b_ns.saturating_sub(change.self_a_ns))}</span>
                </li>
            }
        })
        .views();
    let count = rows.len();
    let lines = rows.into_iter().take(MAX_ROWS).map(|row| two_row(view, other, explained, row, whole_ns)).views();
    view! {
        <p class="card__text"><SentenceView sentence=summary/></p>
        <p class="card__note">
            {format!(
                "{} {}, this one {}. {} in both, {only_a_count} only there, {only_b_count} only here.",
                other.id().short(), duration_text(duration_a_ns), duration_text(duration_b_ns), counted(both_count, "span", "spans"),
            )}
        </p>
        <ol class="report__list">{changes}</ol>
        {cut_note(count)}
        <Differences caption="Spans of both traces" other="There">{lines}</Differences>
    }
    .into_any()
}

/// The table of spans; `other` heads the column of what they are compared with.
#[component]
fn Differences(caption: &'static str, other: &'static str, children: Children) -> impl IntoView {
    let heads = [other, "Here", "Difference", "By itself"]
        .into_iter()
        .map(|head| view! { <th class="data-table__head" scope="col" data-align="end">{head}</th> })
        .views();
    view! {
        <div class="data-table" tabindex="0" role="region" aria-label=caption>
            <table class="data-table__table">
                <thead><tr><th class="data-table__head" scope="col">"Span"</th>{heads}</tr></thead>
                <tbody>{children()}</tbody>
            </table>
        </div>
    }
    .into_any()
}

fn cut_note(count: usize) -> AnyView {
    (count > MAX_ROWS)
        .then(|| view! { <p class="card__note">{format!("The first {MAX_ROWS} of {count} rows")}</p> })
        .views()
}

fn two_row(view: TraceView, other: &Trace, explained: &Explained, row: Row, whole_ns: i64) -> AnyView {
    let Row { depth, a, b, difference_ns, self_difference_ns, .. } = row;
    let trace = &explained.trace;
    let (service, operation) = match (a, b) {
        (_, Some(b)) => (trace.service(b as usize).to_owned(), trace.operation(b as usize).to_owned()),
        (Some(a), None) => (other.service(a as usize).to_owned(), other.operation(a as usize).to_owned()),
        (None, None) => return ().into_any(),
    };
    let there = a.map_or_else(String::new, |a| duration_text(other.span_duration_ns(a as usize)));
    let here = b.map_or_else(String::new, |b| duration_text(trace.span_duration_ns(b as usize)));
    let word = match (a, b) {
        (None, _) => Some("only here"),
        (_, None) => Some("only there"),
        _ => None,
    };
    let open = b.map(|b| b as usize);
    line(
        view,
        explained,
        Shown { depth: depth as usize, service, operation, open, word },
        vec![there, here],
        (difference_ns, self_difference_ns),
        whole_ns,
    )
}

struct Shown {
    depth: usize,
    service: String,
    operation: String,
    open: Option<usize>,
    word: Option<&'static str>,
}

fn line(
    view: TraceView,
    explained: &Explained,
    shown: Shown,
    times: Vec<String>,
    (difference_ns, self_difference_ns): (i64, i64),
    whole_ns: i64,
) -> AnyView {
    let Shown { depth, service, operation, open, word } = shown;
    let name = match open {
        Some(span) => view! { <button type="button" class="sort-table__open" title="Show in the timeline" on:click=move |_| view.reveal(span)>{operation}</button> }.into_any(),
        None => view! { <span>{operation}</span> }.into_any(),
    };
    let times =
        times.into_iter().map(|time| view! { <td class="data-table__cell" data-align="end">{time}</td> }).views();
    view! {
        <tr>
            <td class="data-table__cell" style:padding-inline-start=format!("{}px", depth.min(20) * 12)>
                <ServiceDot ink=explained.inks.slot(&service)/>" "{name}
                {word.map(|word| view! { " "<span class="badge" data-state="info">{word}</span> }).views()}
            </td>
            {times}
            <td class="data-table__cell compare__difference" data-align="end" data-state=state_of(difference_ns, whole_ns)>{signed(difference_ns)}</td>
            <td class="data-table__cell compare__difference" data-align="end" data-state=state_of(self_difference_ns, whole_ns)>{signed(self_difference_ns)}</td>
        </tr>
    }
    .into_any()
}

fn usual_view(view: TraceView, explained: &Explained) -> AnyView {
    let trace = &explained.trace;
    let shape = trace
        .root()
        .zip(traces::last_search())
        .map(|(root, search)| Shape::of(&search.found.traces, trace.service(root), trace.operation(root)));
    let Some(shape) = shape.filter(Shape::is_known) else {
        return view! {
            <StateView
                headline="What is usual is not known"
                detail="It is taken from the last search. Search for at least five traces of this operation, then open one of them."
                kind="empty"
            />
        }
        .into_any();
    };
    let UsualComparison { rows, missing, more_often, .. } = compare_with_usual(trace, &shape);
    let whole_ns = trace.duration_ns();
    let name = |node: u32| shape.nodes.get(node as usize).map(|node| format!("{} · {}", node.operation, node.service));
    let missing: Vec<String> = missing.into_iter().filter_map(name).collect();
    let more: Vec<String> =
        more_often.into_iter().filter_map(|(node, count)| Some(format!("{} {count} times", name(node)?))).collect();
    let count = rows.len();
    let lines = rows
        .into_iter()
        .enumerate()
        .take(MAX_ROWS)
        .map(|(span, row)| {
            let UsualRow { usual, difference_ns, is_slow, .. } = row;
            let usual_text = usual.map_or_else(String::new, |usual| duration_text(usual.median_ns));
            let own = explained.self_ns.get(span).copied().unwrap_or_default();
            let word = match usual {
                None => Some("not usual"),
                Some(_) if is_slow => Some("slow"),
                Some(_) => None,
            };
            let shown = Shown {
                depth: trace.depth(span),
                service: trace.service(span).to_owned(),
                operation: trace.operation(span).to_owned(),
                open: Some(span),
                word,
            };
            let usual_self = row
                .node
                .and_then(|node| shape.nodes.get(node as usize))
                .map_or(0, |node| own - node.self_time.median_ns);
            line(
                view,
                explained,
                shown,
                vec![usual_text, explained.duration_of(span)],
                (difference_ns, usual_self),
                whole_ns,
            )
        })
        .views();
    let list = |title: &'static str, items: Vec<String>| {
        (!items.is_empty())
            .then(|| view! { <p class="card__text">{format!("{title}: {}", items.join("; "))}</p> })
            .views()
    };
    view! {
        <p class="card__note">{format!("The median of {} of the last search", counted(shape.trace_count, "trace", "traces"))}</p>
        {list("Usually there, not here", missing)}
        {list("More often than usual", more)}
        {cut_note(count)}
        <Differences caption="Spans beside what is usual" other="Usually">{lines}</Differences>
    }
    .into_any()
}
