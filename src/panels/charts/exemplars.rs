//! Exemplars: single observations as diamonds over the lines, each a link to its trace.

use std::sync::Arc;

use futures_util::future::join_all;
use leptos::{html, prelude::*};

use crate::{
    api::{grafana::charts::exemplar_exprs, http::ApiError},
    base::{time::Range, units},
    chart::{TimeLayout as _, thinning::thinned},
    model::{
        config::SourceKind,
        exemplar::Exemplar,
        labels::{Labels, METRIC_NAME},
        notice::Notice,
    },
    panels::{PanelActions, timeseries::TimeChart},
    platform::dom,
    state::{
        query::use_query,
        reactive::{Memo, RwSignal, Signal, effect},
        sources::Sources,
        url::Params,
    },
    ui::{
        tooltip::{Tooltip, TooltipData, TooltipRow},
        views::Views,
    },
};

use super::window_place;

/// A diamond and the air around it.
const SQUARE_PX: f64 = 14.0;
/// Of the page's address, what its links take along.
const CARRIED: [&str; 3] = ["from", "to", "tz"];
/// More would be a band, not dots.
const MOST: usize = 90;

/// An exemplar of a series.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    pub exemplar: Exemplar,
    /// Of the series that it was seen in.
    pub series: Labels,
}

/// An exemplar as it is shown.
#[derive(Debug, Clone, PartialEq)]
pub struct Placed {
    pub found: Found,
    pub x_px: f64,
    pub y_px: f64,
    /// How many it stands for, itself included.
    pub count: usize,
    pub value: String,
    /// Leads to its trace.
    pub href: Option<String>,
}

/// What is asked of the backend.
#[derive(Debug, Clone, PartialEq)]
struct Question {
    range: Range,
    exprs: Vec<String>,
}

pub type PlacedMemo = Memo<Option<Arc<Vec<Placed>>>>;

/// Asks for the exemplars of what the chart shows, and places them. `notices` are to be told, too.
pub fn placed(chart: &TimeChart, notices: Vec<Notice>) -> PlacedMemo {
    let wanted = exemplar_exprs(&chart.props.panel.document);
    let remarks = chart.remarks;
    if wanted.is_empty() {
        if !notices.is_empty() {
            remarks.set(notices);
        }
        return Memo::shared(|| None);
    }
    let sources = Sources::expect();
    let panel = Arc::clone(&chart.props.panel);
    let asked = chart.query.remote;
    let question = {
        let panel = Arc::clone(&panel);
        Memo::new(move |_| {
            asked.with(|remote| {
                let data = remote.value.as_ref()?;
                let is_wanted = |at: usize| panel.targets.get(at).is_some_and(|t| wanted.contains(&t.expr));
                // As sent: with the variables filled.
                let parts = data.parts.iter().filter(|part| is_wanted(part.target));
                Some(Question { range: data.range, exprs: parts.map(|part| part.expr.clone()).collect() })
            })
        })
    };
    let query = use_query(question.into(), Signal::stored(0), move |Question { range, exprs }: Question, _| {
        let source = sources.prometheus(panel.source.as_deref());
        async move {
            let Some(client) = source.and_then(|source| source.prometheus) else { return Ok(Vec::new()) };
            // Wrapped: a list of the client's own futures would be in the first load.
            let ask = async |expr: &String| client.query_exemplars(expr, range).await;
            let answers = join_all(exprs.iter().map(ask)).await;
            let mut found: Vec<Found> = Vec::new();
            for answer in answers {
                for series in answer?.value {
                    let labels = series.labels;
                    let within = |e: &Exemplar| e.t_ms >= range.start_ms as f64 && e.t_ms <= range.end_ms as f64;
                    let exemplars = series.exemplars.into_iter().filter(within);
                    found.extend(exemplars.map(|exemplar| Found { exemplar, series: labels.clone() }));
                }
            }
            crate::base::order::sort_by(&mut found, |a, b| a.exemplar.t_ms.total_cmp(&b.exemplar.t_ms));
            Ok::<_, ApiError>(found)
        }
    });
    effect(move || {
        let mut all = notices.clone();
        let failure = query.remote.with(|r| r.failure.as_ref().map(ToString::to_string));
        all.extend(failure.map(|why| Notice::warning(format!("Exemplars could not be loaded: {why}"))));
        remarks.set(all);
    });
    let has_traces = sources.of_kind(SourceKind::Jaeger, None).is_some();
    let actions = PanelActions::find().filter(|_| has_traces);
    let (prepared, drawn) = (chart.prepared, chart.drawn);
    Memo::shared(move || {
        let found = query.remote.with(|r| r.value.clone())?;
        let (prepared, drawn) = (prepared.get()?, drawn.get()?);
        let layout = &drawn.layout;
        let axis = layout.left.as_ref().or(layout.right.as_ref())?;
        let plot = layout.plot;
        let dots: Vec<(f64, f64)> = found
            .iter()
            .map(|Found { exemplar, .. }| {
                let x = layout.px_from_ms(exemplar.t_ms);
                // What lies beyond the axis is at its end: it is an observation, the line may be a rate of them.
                let y = axis.scale.px_from_value(exemplar.value).clamp(plot.top, plot.bottom);
                (if x >= plot.left && x <= plot.right { x } else { f64::NAN }, y)
            })
            .collect();
        let place = |kept: crate::chart::thinning::Kept| {
            let ((x_px, y_px), found) = (dots.get(kept.index)?, found.get(kept.index)?);
            Some(Placed {
                found: found.clone(),
                x_px: *x_px,
                y_px: *y_px,
                count: kept.count,
                value: units::format(&prepared.left_unit, found.exemplar.value, None).to_string(),
                href: actions.and_then(|actions| trace_href(actions, &found.exemplar)),
            })
        };
        Some(Arc::new(thinned(&dots, SQUARE_PX, MOST).into_iter().filter_map(place).collect()))
    })
}

/// The address of the trace that an exemplar names.
fn trace_href(actions: PanelActions, exemplar: &Exemplar) -> Option<String> {
    let id = exemplar.trace_id()?;
    // It is a text of the backend: only what an id is made of goes into a path.
    let is_id = !id.is_empty() && id.len() <= 64 && id.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
    is_id.then(|| {
        actions.href.run(format!("/trace/{id}{}", Params::parse(&actions.search.get()).keep(&CARRIED).to_query()))
    })
}

/// What is to be told of an exemplar: name and value of each label, the trace first, the metric's own last.
pub fn label_rows(found: &Found) -> Vec<(String, String)> {
    let own = found.exemplar.labels.iter();
    let series = found.series.iter().filter(|(name, _)| *name != "le" && *name != METRIC_NAME);
    own.chain(series).map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

pub fn view(chart: &TimeChart, placed: PlacedMemo, root: NodeRef<html::Div>) -> AnyView {
    let hovered = RwSignal::new(None::<usize>);
    let group = NodeRef::<html::Div>::new();
    let cursor = chart.cursor.cursor;
    let is_pointed = Memo::new(move |_| hovered.with(Option::is_some));
    let tooltip = Signal::derive(move || {
        let at = hovered.get()?;
        let placed = placed.get()?;
        let Placed { found, x_px, y_px, count, value, href } = placed.get(at)?;
        let (left_px, top_px) = window_place(root);
        let row =
            |name: &str, value: String, is_near: bool| TooltipRow { name: name.to_owned(), ink: None, value, is_near };
        let mut rows = vec![row("value", value.clone(), true)];
        rows.extend(label_rows(found).into_iter().map(|(name, value)| row(&name, value, false)));
        if *count > 1 {
            rows.push(row("exemplars here", count.to_string(), false));
        }
        if href.is_some() {
            rows.push(row("press", "opens the trace".to_owned(), false));
        }
        let title = format!("Exemplar, {}", cursor.instant_text(found.exemplar.t_ms));
        Some(TooltipData { title, rows, x_px: left_px + x_px, y_px: top_px + y_px })
    });
    let dot = move |(at, placed): (usize, &Placed), is_last: bool| {
        let Placed { found, x_px, y_px, count, value, href } = placed;
        let trace = found.exemplar.trace_id().map(|id| format!(", trace {id}")).unwrap_or_default();
        let more = if *count > 1 { format!(", one of {count}") } else { String::new() };
        let label = format!("Exemplar {value}, {}{trace}{more}", cursor.instant_text(found.exemplar.t_ms));
        // One stop for the Tab key; the arrows go on from there.
        let tab = if is_last { "0" } else { "-1" };
        let place = format!("translate({x_px:.1}px, {y_px:.1}px)");
        let on_enter = move |_| hovered.set(Some(at));
        let on_leave = move |_| hovered.set(None);
        match href.clone() {
            Some(href) => view! {
                <a
                    class="exemplar"
                    href=href
                    tabindex=tab
                    aria-label=label
                    data-testid="exemplar"
                    style:transform=place
                    on:pointerenter=on_enter
                    on:pointerleave=on_leave
                    on:focus=move |_| hovered.set(Some(at))
                    on:blur=move |_| hovered.set(None)
                ></a>
            }
            .into_any(),
            None => view! {
                <span
                    class="exemplar"
                    role="img"
                    tabindex=tab
                    aria-label=label
                    data-testid="exemplar"
                    style:transform=place
                    on:pointerenter=on_enter
                    on:pointerleave=on_leave
                    on:focus=move |_| hovered.set(Some(at))
                    on:blur=move |_| hovered.set(None)
                ></span>
            }
            .into_any(),
        }
    };
    let on_keydown = move |event: leptos::ev::KeyboardEvent| {
        let step = match event.key().as_str() {
            "ArrowLeft" => -1,
            "ArrowRight" => 1,
            _ => return,
        };
        if let Some(group) = group.get_untracked()
            && dom::move_focus(&group, ".exemplar", step)
        {
            event.prevent_default();
            event.stop_propagation();
        }
    };
    view! {
        <div node_ref=group role="group" aria-label="Exemplars" on:keydown=on_keydown hidden=move || placed.with(|p| p.as_ref().is_none_or(|p| p.is_empty()))>
            {move || {
                let placed = placed.get().unwrap_or_default();
                let last = placed.len().saturating_sub(1);
                placed.iter().enumerate().map(|item| dot(item, item.0 == last)).views()
            }}
        </div>
        {move || is_pointed.get().then(|| view! { <Tooltip data=tooltip/> }).views()}
    }
    .into_any()
}
