//! The annotations of a dashboard: alerts that fired, and what its own queries find. Asked once for all of its charts.

use std::{any::Any, sync::Arc};

use futures_util::future::join_all;
use leptos::prelude::*;

use crate::{
    analysis::annotations::{Stretch, instants, stretches},
    api::{
        grafana::charts::{AnnotationQuery, Annotations, annotations},
        http::ApiError,
        prometheus::RangeQuery,
    },
    base::{
        colour::Ink,
        time::{Grid, MAX_POINTS, Range, TimeSpec},
    },
    model::{
        annotation::{Event, PanelFilter},
        dashboard::{Dashboard, Intervals, LegendFormat, interpolate, is_built_in, variable_names},
        frame::Frame,
        labels::Labels,
        notice::Notice,
    },
    panels::{PanelActions, look::ink_of},
    platform::clock,
    state::{
        cursor::PageEvents,
        query::use_query,
        reactive::{Callback, Memo, RwSignal, effect},
        sources::Sources,
        time::TimeContext,
        url::Params,
        zone::Zone,
    },
    ui::{notices::Notices, views::Views},
};

use super::hidden::Hidden;

/// Grafana's step for annotations of Prometheus where the file names none.
const STEP_MS: i64 = 60_000;
/// About as many instants as a chart has room for.
const WIDTH_PX: u32 = 1000;
/// What a dashboard shows at most of one annotation: the latest.
const MOST: usize = 500;
/// The name in the page's address of what was switched.
const KEY: &str = "events";
const ALERTS: &str = "Firing alerts";

#[derive(Debug, Clone, PartialEq)]
struct Question {
    spec: TimeSpec,
    zone: Zone,
    is_on: Switches,
    asked: Vec<Asked>,
}

/// What is asked of which source, variables filled in.
#[derive(Debug, Clone, PartialEq)]
struct Asked {
    expr: String,
    source: Option<String>,
}

/// Of each annotation, whether it is shown.
#[derive(Debug, Clone, PartialEq)]
struct Switches(Vec<bool>);

#[derive(Debug, Default)]
struct Answer {
    events: Arc<Vec<Event>>,
    notices: Vec<Notice>,
}

/// The switches of a dashboard's annotations; what they find goes to the page's charts.
pub fn bar(dashboard: Arc<Dashboard>) -> AnyView {
    let file = dashboard.panels.iter().find(|panel| !panel.document.text().is_empty());
    let Annotations { mut queries, has_alerts, notices } =
        annotations(file.map_or("", |panel| panel.document.file.as_ref()));
    queries.insert(0, alerts_query(has_alerts));
    let queries: Arc<[AnnotationQuery]> = queries.into();
    let (switched, set_switched) = use_switches();
    let is_on = {
        let queries = Arc::clone(&queries);
        Memo::new(move |_| {
            let is_on = |query: &AnnotationQuery| query.is_on != switched.with(|names| names.covers(&query.name));
            Switches(queries.iter().map(is_on).collect())
        })
    };
    let time = TimeContext::expect();
    let events = PageEvents::expect();
    let written = Arc::clone(&queries);
    // Equal questions are one: a variable that no annotation has asks nothing anew.
    let question = Memo::new(move |_| {
        let fill = events.fill.get();
        let filled = |text: &String| fill.as_ref().map_or_else(|| Some(text.clone()), |fill| fill(text));
        let asked = written.iter().map(|AnnotationQuery { expr, source, .. }| {
            let source = source.as_ref().map(filled);
            Some(Asked { expr: filled(expr)?, source: if let Some(source) = source { Some(source?) } else { None } })
        });
        let asked = asked.collect::<Option<Vec<Asked>>>()?;
        Some(Question { spec: time.spec.get(), zone: time.zone.get(), is_on: is_on.get(), asked })
    });
    let sources = Sources::expect();
    let known = Arc::clone(&queries);
    let query = use_query(question.into(), time.beat, move |question: Question, _: Option<Arc<Answer>>| {
        let queries = Arc::clone(&known);
        async move {
            let Question { spec, zone, is_on, asked } = question;
            let Ok(range) = zone.with(|zone| spec.resolve(clock::now_ms(), zone)) else { return Ok(Answer::default()) };
            let wanted = queries.iter().zip(&asked).zip(is_on.0).filter(|(_, is_on)| *is_on).map(|(query, _)| query);
            let answers = join_all(wanted.map(|(query, asked)| load(query, asked, sources, range))).await;
            let mut answer = Answer::default();
            let mut events = Vec::new();
            for found in answers {
                match found {
                    Ok(found) => events.extend(found),
                    Err(notice) => answer.notices.push(notice),
                }
            }
            crate::base::order::sort_by_key(&mut events, |event: &Event| event.range.start_ms);
            answer.events = Arc::new(events);
            Ok::<_, ApiError>(answer)
        }
    });
    let shown = events.shown;
    effect(move || {
        let events = query.remote.with(|r| r.value.as_ref().map(|answer| Arc::clone(&answer.events)));
        shown.set(events.map(|events| -> Arc<dyn Any + Send + Sync> { events }));
    });
    on_cleanup(move || {
        let _gone = shown.try_set(None);
    });
    let remarks = move || {
        let mut all = notices.clone();
        all.extend(query.remote.with(|r| r.value.as_ref().map(|answer| answer.notices.clone()).unwrap_or_default()));
        all
    };
    let switch = move |(at, annotation): (usize, &AnnotationQuery)| {
        let AnnotationQuery { name, colour, .. } = annotation;
        let kind = name.clone();
        let count = move || {
            query.remote.with(|r| r.value.as_ref().map_or(0, |a| a.events.iter().filter(|e| *e.kind == *kind).count()))
        };
        let is_shown = move || is_on.with(|is_on| is_on.0.get(at).copied().unwrap_or_default());
        let ink = colour.map_or(Ink::Info, ink_of);
        let colour = if at == 0 { Ink::Crit } else { ink }.css();
        let toggled = name.clone();
        view! {
            <button
                type="button"
                class="annotations__switch"
                aria-pressed=move || is_shown().to_string()
                on:click=move |_| set_switched.run(toggled_of(switched.get_untracked(), &toggled))
            >
                <span class="annotations__mark" style:--event=colour aria-hidden="true"></span>
                {name.clone()}
                <span class="annotations__count">{move || if is_shown() { count().to_string() } else { String::new() }}</span>
            </button>
        }
    };
    let switches = queries.iter().enumerate().filter(|(_, query)| !query.is_switch_hidden).map(switch).views();
    view! {
        <div class="annotations" role="group" aria-label="Annotations on the charts" data-testid="annotations">
            <span class="annotations__label">"On the charts"</span>
            {switches}
            {move || Some(remarks()).filter(|all| !all.is_empty()).map(|notices| view! { <Notices notices=notices/> }).views()}
        </div>
    }
    .into_any()
}

fn alerts_query(is_on: bool) -> AnnotationQuery {
    AnnotationQuery {
        name: ALERTS.to_owned(),
        expr: "ALERTS{alertstate=\"firing\"}".to_owned(),
        source: None,
        step_ms: None,
        title_format: Some("{{alertname}}".to_owned()),
        text_format: None,
        tag_keys: ["severity", "team", "service", "job", "instance"].map(str::to_owned).to_vec(),
        uses_value_for_time: false,
        colour: None,
        is_on,
        is_switch_hidden: false,
        panels: PanelFilter::All,
    }
}

fn toggled_of(switched: Hidden, name: &str) -> Hidden {
    let (Hidden::These(mut names) | Hidden::AllBut(mut names)) = switched;
    match names.iter().position(|known| known == name) {
        Some(at) => drop(names.remove(at)),
        None => names.push(name.to_owned()),
    }
    Hidden::These(names)
}

/// Names of annotations that are not as the file has them: kept in the page's address, where there is a page.
fn use_switches() -> (Memo<Hidden>, Callback<Hidden>) {
    let local = RwSignal::new(Hidden::default());
    let actions = PanelActions::find();
    let switched = Memo::new(move |_| match actions {
        Some(actions) => actions.search.with(|search| Hidden::read(Params::parse(search).get(KEY), None)),
        None => local.get(),
    });
    let set = Callback::new(move |names: Hidden| match actions {
        Some(actions) => {
            let params = Params::parse(&actions.search.get_untracked());
            actions.set_search.run(params.with(KEY, names.written().0.as_deref()).to_query());
        }
        None => local.set(names),
    });
    (switched, set)
}

/// The events of one annotation, the latest where there are too many.
async fn load(query: &AnnotationQuery, asked: &Asked, sources: Sources, range: Range) -> Result<Vec<Event>, Notice> {
    let failed =
        |why: &str| Notice::warning(format!("The annotation \u{201c}{}\u{201d} could not be asked: {why}", query.name));
    if let Some(name) = variable_names(&asked.expr).into_iter().find(|name| !is_built_in(name)) {
        return Err(failed(&format!("the variable ${name} has no value")));
    }
    let source = sources.prometheus(asked.source.as_deref()).ok_or_else(|| failed("there is no such source"))?;
    let client = source.prometheus.ok_or_else(|| failed("there is no Prometheus"))?;
    let grid = Grid::for_range(range, WIDTH_PX, query.step_ms.unwrap_or(STEP_MS), MAX_POINTS);
    let intervals = Intervals {
        step_ms: grid.step_ms,
        range_ms: range.duration_ms(),
        end_ms: range.end_ms,
        scrape_interval_ms: 15_000,
    };
    let expr = interpolate(&asked.expr, intervals);
    let answer = client.query_range(&RangeQuery::new(expr, grid)).await.map_err(|error| failed(&error.to_string()))?;
    Ok(events_of(query, &answer.value, grid.step_ms, range))
}

fn events_of(query: &AnnotationQuery, frame: &Frame, step_ms: i64, range: Range) -> Vec<Event> {
    let found =
        if query.uses_value_for_time { instants(frame, range) } else { stretches(frame, step_ms, range.end_ms) };
    let filled = |format: &Option<String>, labels: &Labels, missing: &str| {
        let text = format.as_ref().map(|format| LegendFormat::Template(format.clone()).name(labels, ""));
        text.filter(|text| !text.trim().is_empty()).unwrap_or_else(|| missing.to_owned())
    };
    let kind: Arc<str> = query.name.as_str().into();
    let skipped = found.len().saturating_sub(MOST);
    let event = |Stretch { column, range }: Stretch| {
        let labels = &frame.columns.get(column)?.labels;
        let tags = query.tag_keys.iter().filter_map(|key| labels.get(key));
        Some(Event {
            range,
            ink: query.colour.map_or_else(|| ink_of_severity(labels), ink_of),
            kind: Arc::clone(&kind),
            title: filled(&query.title_format, labels, &query.name),
            text: filled(&query.text_format, labels, ""),
            tags: tags.map(str::to_owned).collect(),
            panels: query.panels.clone(),
        })
    };
    found.into_iter().skip(skipped).filter_map(event).collect()
}

/// As alerts are coloured everywhere.
fn ink_of_severity(labels: &Labels) -> Ink {
    match labels.get("severity") {
        Some("critical" | "page" | "error") => Ink::Crit,
        Some("warning") => Ink::Warn,
        _ => Ink::Info,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::frame::{Column, MISSING};

    #[test]
    fn alerts_become_stretches_with_their_names() {
        let labels = Labels::from_pairs([
            ("alertname", "HighErrorRate"),
            ("alertstate", "firing"),
            ("severity", "critical"),
            ("service", "agentarea-api"),
        ]);
        let frame = Frame {
            x_ms: [0.0, 60.0, 120.0, 180.0].into(),
            columns: vec![Column { labels, values: [MISSING, 1.0, 1.0, MISSING].into() }],
            histograms: Vec::new(),
        };
        let range = Range { start_ms: 0, end_ms: 180 };
        let events = events_of(&alerts_query(true), &frame, 60, range);
        let [event] = events.as_slice() else { panic!("{events:?}") };
        assert_eq!((event.range.start_ms, event.range.end_ms, event.ink), (60, 120, Ink::Crit));
        assert_eq!((event.title.as_str(), event.tags.join(" ").as_str()), ("HighErrorRate", "critical agentarea-api"));
        let query = AnnotationQuery { title_format: None, uses_value_for_time: true, ..alerts_query(true) };
        let events = events_of(&query, &frame, 60, range);
        assert_eq!(events.first().map(|e| (e.range.start_ms, e.title.as_str())), Some((1, ALERTS)));
    }
}
