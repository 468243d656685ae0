//! State timelines and status histories: what was the case when, lane by lane.

use std::sync::Arc;

use leptos::prelude::*;

use crate::{
    analysis::{
        states::{Lane, State, States, states_of},
        table::field::{Align, Moment},
    },
    api::grafana::more::timeline::{ShowValue, TimelinePanel, timeline_panel},
    base::{
        colour::Ink,
        order,
        time::{Range, date_time_text, duration_words},
    },
    chart::{
        Size,
        scene::Align as ChartAlign,
        states::{self as chart, Hit, Layout, SpanLabels},
    },
    model::dashboard::{TooltipMode, TooltipSort},
    platform::clock,
    state::{
        reactive::{Callback, Memo, RwSignal, Signal, signal},
        time::TimeContext,
        zone::Zone,
    },
    ui::{
        chart_canvas::{CanvasMeasure, ChartCanvas, ChartRoom},
        data_table::TableData,
        legend::Swatch,
        tooltip::{Tooltip, TooltipRow},
        views::Views,
    },
};

use super::{
    pager::Pager,
    tabular::{histogram_remarks, ink_of, tables_of, with_remarks},
};
use crate::panels::{
    PanelProps,
    card::{Frame, Live},
    cursor::{ChartWithCursor, Drawn},
    data::{PanelData, use_panel_data},
    export::{Sheet, TABLE_ROWS_MAX, csv_cell},
};

/// A change closer to the next one cannot be seen.
const PX_PER_ROW: f64 = 2.0;
/// Two cells of a history closer than this are one to the eye.
const HISTORY_PX_PER_ROW: f64 = 10.0;
/// A screen reader is told of so many lanes.
const SPOKEN_LANES: usize = 12;

/// The states with the range that they are of.
struct Prepared {
    states: States,
    range: Range,
}

pub fn view(props: PanelProps, is_history: bool) -> AnyView {
    let (file, notices) = timeline_panel(&props.panel.document, is_history);
    let props = with_remarks(props, file.fields.defaults.no_value.clone(), notices);
    let panel = Arc::clone(&props.panel);
    let file = Arc::new(file);
    let time = TimeContext::expect();
    let (room, set_room) = signal(None::<ChartRoom>);
    let px_per_row = if is_history { HISTORY_PX_PER_ROW } else { PX_PER_ROW };
    let query = use_panel_data(&props, Signal::derive(move || room.get().map(|room| room.width_px)), px_per_row);
    let prepared = {
        let file = Arc::clone(&file);
        Memo::shared(move || {
            let data = query.remote.with(|remote| remote.value.clone())?;
            let zone = time.zone.get();
            Some(Arc::new(zone.with(|zone| prepare(&file, &data, Moment { zone, now_ms: clock::now_ms() }))))
        })
    };
    let page = RwSignal::new(0_usize);
    let per_page = file.lanes_per_page;
    let lane_count = Signal::derive(move || prepared.get().map_or(0, |p| p.states.lanes.len()));
    // The lanes of the page that is shown.
    let first_lane = Signal::derive(move || {
        let per_page = per_page?;
        let last = lane_count.get().div_ceil(per_page).saturating_sub(1);
        Some((page.get().min(last) * per_page, per_page))
    });
    let on_page = move |prepared: &Prepared| -> std::ops::Range<usize> {
        let count = prepared.states.lanes.len();
        first_lane.get().map_or(0..count, |(first, per_page)| first.min(count)..(first + per_page).min(count))
    };
    let drawn = {
        let file = Arc::clone(&file);
        Memo::shared(move || {
            let prepared = prepared.get()?;
            let room = room.get()?;
            let lanes = prepared.states.lanes.get(on_page(&prepared)).unwrap_or_default();
            Some(Arc::new(draw(&file, lanes, prepared.range, room, &time.zone.get())))
        })
    };
    let chart = ChartWithCursor::new(panel.id, drawn);
    let tooltip = {
        let file = Arc::clone(&file);
        chart.tooltip(move |hit| {
            let prepared = prepared.get().filter(|_| file.tooltip != TooltipMode::Hidden)?;
            let lanes = prepared.states.lanes.get(on_page(&prepared)).unwrap_or_default();
            Some(time.zone.with(|zone| tooltip_rows(&file, lanes, prepared.range, hit, zone)))
        })
    };
    let announcement = chart.announcement(move |instant, hit| {
        let prepared = prepared.get()?;
        let lanes = prepared.states.lanes.get(on_page(&prepared)).unwrap_or_default();
        let words: Vec<String> = lanes
            .iter()
            .take(SPOKEN_LANES)
            .map(|lane| format!("{}: {}", lane.name, state_at(lane, hit.x_ms)))
            .collect();
        Some(format!("{instant}. {}", words.join(", ")))
    });
    let live = Live {
        query,
        sheet: Callback::new(move |()| {
            let zone = time.zone.get_untracked();
            prepared.get_untracked().map(|prepared| sheet_of(&prepared.states, &zone))
        }),
        remarks: Signal::derive(move || {
            query.remote.with(|remote| remote.value.as_deref().and_then(histogram_remarks)).into_iter().collect()
        }),
        is_empty: Signal::derive(move || {
            prepared.get().is_none_or(|p| p.states.lanes.iter().all(|lane| lane.spans.is_empty()))
        }),
    };
    let shown = props.shown();
    let summary = Signal::derive(move || {
        let title = shown.get().title.clone();
        match prepared.get() {
            Some(prepared) => summary_of(&title, &prepared.states),
            None => title,
        }
    });
    let legend = Memo::new(move |_| prepared.get().map(|prepared| prepared.states.legend.clone()).unwrap_or_default());
    let has_legend = file.has_legend;
    view! {
        <Frame props=props live=live>
            <ChartCanvas
                scene=chart.scene()
                overlay=chart.overlay()
                on_room=Callback::new(move |room| set_room.set(Some(room)))
                on_event=chart.on_event()
                summary=summary
                announcement=announcement
            />
            {per_page.map(|per_page| view! {
                <div class="grid-table__bar"><Pager page=page per_page=Signal::stored(per_page) count=lane_count noun="lanes"/></div>
            }).views()}
            {has_legend.then(|| view! { <StateLegend states=legend/> }).views()}
            <Tooltip data=tooltip/>
        </Frame>
    }
    .into_any()
}

/// What the colours mean.
#[component]
fn StateLegend(states: Memo<Vec<State>>) -> impl IntoView {
    let item = |state: State| {
        let ink = state.paint.and_then(ink_of).unwrap_or(Ink::Text3);
        view! {
            <span class="state-legend__item" role="listitem">
                <Swatch ink=ink is_square=true/>
                {state.name.to_string()}
            </span>
        }
    };
    view! {
        <div class="state-legend" role="list" aria-label="States">
            {move || states.get().into_iter().filter(|state| !state.name.is_empty()).take(LEGEND_MOST).map(item).views()}
        </div>
    }
    .into_any()
}

/// Values without states of their own would fill the legend.
const LEGEND_MOST: usize = 30;

fn prepare(file: &TimelinePanel, data: &PanelData, moment: Moment<'_>) -> Prepared {
    let tables = tables_of(data, &file.steps, false);
    let states = states_of(&tables, &file.fields, file.shape, data.range, data.grid.step_ms, moment);
    Prepared { states, range: data.range }
}

fn draw(file: &TimelinePanel, lanes: &[Lane], range: Range, room: ChartRoom, zone: &Zone) -> Drawn<Layout> {
    let chart_lanes: Vec<chart::Lane> = lanes
        .iter()
        .map(|lane| chart::Lane {
            name: lane.name.clone(),
            spans: lane
                .spans
                .iter()
                .filter_map(|span| {
                    let ink = match span.paint {
                        Some(paint) => ink_of(paint)?,
                        None => Ink::Text3,
                    };
                    Some(chart::Span { from_ms: span.from_ms, to_ms: span.to_ms, ink, text: Arc::clone(&span.text) })
                })
                .collect(),
            line_width_px: lane.line_width_px,
            fill_ratio: lane.fill_percent / 100.0,
        })
        .collect();
    let mut layout = zone.with(|time_zone| {
        chart::layout(&chart::Input {
            lanes: &chart_lanes,
            range,
            time_zone,
            size: Size::new(room.width_px, room.height_px),
            dpr: room.dpr,
            row_height_ratio: file.row_height_ratio,
            labels: match file.shows_value {
                ShowValue::Auto => SpanLabels::Fitting,
                ShowValue::Always => SpanLabels::All,
                ShowValue::Never => SpanLabels::None,
            },
            align: match file.align {
                Align::Auto | Align::Start => ChartAlign::Start,
                Align::Centre => ChartAlign::Middle,
                Align::End => ChartAlign::End,
            },
            measure: &CanvasMeasure,
        })
    });
    let scene = Arc::new(std::mem::take(&mut layout.scene));
    Drawn { layout, scene, rows_ms: changes_ms(lanes).into() }
}

/// The instants at which something changes: the keyboard goes from one to the next.
fn changes_ms(lanes: &[Lane]) -> Vec<f64> {
    let mut instants: Vec<f64> = lanes.iter().flat_map(|lane| lane.spans.iter().map(|span| span.from_ms)).collect();
    order::sort_numbers(&mut instants);
    instants.dedup();
    instants
}

fn state_at(lane: &Lane, x_ms: f64) -> String {
    lane.at(x_ms).and_then(|at| lane.spans.get(at)).map_or_else(|| "no data".to_owned(), |span| span.text.to_string())
}

/// The state under the pointer with its time, or the states of all lanes.
fn tooltip_rows(file: &TimelinePanel, lanes: &[Lane], range: Range, hit: &Hit, zone: &Zone) -> Vec<TooltipRow> {
    let plain = |name: &str, value: String| TooltipRow { name: name.to_owned(), ink: None, value, is_near: false };
    let mut rows: Vec<TooltipRow> = lanes
        .iter()
        .enumerate()
        .filter(|(at, _)| file.tooltip == TooltipMode::All || hit.lane == Some(*at))
        .map(|(at, lane)| TooltipRow {
            name: lane.name.clone(),
            ink: lane.at(hit.x_ms).and_then(|span| lane.spans.get(span)?.paint).and_then(ink_of),
            value: state_at(lane, hit.x_ms),
            is_near: hit.lane == Some(at),
        })
        .collect();
    match file.tooltip_sort {
        TooltipSort::None => {}
        TooltipSort::Ascending => order::sort_by(&mut rows, |a, b| a.value.cmp(&b.value)),
        TooltipSort::Descending => order::sort_by(&mut rows, |a, b| b.value.cmp(&a.value)),
    }
    let lane = hit.lane.and_then(|at| lanes.get(at));
    if let Some(span) = lane.and_then(|lane| lane.spans.get(lane.at(hit.x_ms)?)) {
        // The ends of the range are no changes: they have milliseconds, and what is beyond them is not known.
        let text = |at_ms: f64| zone.with(|zone| date_time_text((at_ms / 1_000.0).round() as i64 * 1_000, zone));
        let (start_ms, end_ms) = (range.start_ms as f64, range.end_ms as f64);
        rows.push(plain(
            "From",
            format!("{}{}", text(span.from_ms), if span.from_ms <= start_ms { " or earlier" } else { "" }),
        ));
        rows.push(plain("To", format!("{}{}", text(span.to_ms), if span.to_ms >= end_ms { " or later" } else { "" })));
        rows.push(plain("Duration", duration_words((span.to_ms - span.from_ms).max(0.0) as i64)));
    }
    rows
}

fn summary_of(title: &str, states: &States) -> String {
    let lanes: Vec<String> = states
        .lanes
        .iter()
        .take(SPOKEN_LANES)
        .map(|lane| {
            let last = lane.spans.last().map_or_else(|| "no data".to_owned(), |span| span.text.to_string());
            let changes = lane.spans.len().saturating_sub(1);
            format!("{}: last {last}, {changes} changes", lane.name)
        })
        .collect();
    format!("{title}: {} lanes of states over time. {}.", states.lanes.len(), lanes.join("; "))
}

/// A row for each span.
fn sheet_of(states: &States, zone: &Zone) -> Sheet {
    let mut csv = String::from("lane,state,from,to,duration_ms\r\n");
    let mut rows = Vec::new();
    let mut count = 0;
    for lane in &states.lanes {
        for span in &lane.spans {
            let iso = |at_ms: f64| crate::base::time::iso_text(at_ms as i64, &crate::base::time::Utc);
            let duration_ms = span.to_ms - span.from_ms;
            let cells = [
                csv_cell(&lane.name),
                csv_cell(&span.text),
                iso(span.from_ms),
                iso(span.to_ms),
                duration_ms.to_string(),
            ];
            csv.push_str(&cells.join(","));
            csv.push_str("\r\n");
            count += 1;
            if rows.len() < TABLE_ROWS_MAX {
                let text = |at_ms: f64| zone.with(|zone| date_time_text(at_ms as i64, zone));
                let duration = duration_words(duration_ms.max(0.0) as i64);
                rows.push(vec![
                    lane.name.clone(),
                    span.text.to_string(),
                    text(span.from_ms),
                    text(span.to_ms),
                    duration,
                ]);
            }
        }
    }
    let columns = ["Lane", "State", "From", "To", "Duration"].map(str::to_owned).to_vec();
    let note =
        (count > rows.len()).then(|| format!("The first {TABLE_ROWS_MAX} of {count} states. The CSV has all of them."));
    Sheet { written: Some((csv, TableData { columns, rows, note })), ..Sheet::default() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::states::Span;

    const RANGE: Range = Range { start_ms: 0, end_ms: 90_000 };

    fn states() -> States {
        let span =
            |from_ms: f64, to_ms: f64, text: &str| Span { from_ms, to_ms, state: 0, text: text.into(), paint: None };
        let lane = |name: &str, spans: Vec<Span>| Lane {
            name: name.to_owned(),
            spans,
            line_width_px: 0.0,
            fill_percent: 70.0,
        };
        States {
            lanes: vec![
                lane("a,b", vec![span(0.0, 60_000.0, "up"), span(60_000.0, 90_000.0, "down")]),
                lane("c", vec![span(30_000.0, 90_000.0, "up")]),
            ],
            legend: vec![],
        }
    }

    fn file(tooltip: TooltipMode, tooltip_sort: TooltipSort) -> TimelinePanel {
        let (file, _) = timeline_panel(&crate::model::dashboard::PanelDocument::default(), false);
        TimelinePanel { tooltip, tooltip_sort, ..file }
    }

    #[test]
    fn the_tooltip_tells_since_when_and_for_how_long() {
        let rows = |tooltip, sort, lane| {
            let rows =
                tooltip_rows(&file(tooltip, sort), &states().lanes, RANGE, &Hit { x_ms: 70_000.0, lane }, &Zone::Utc);
            rows.into_iter().map(|row| format!("{} {}", row.name, row.value)).collect::<Vec<_>>()
        };
        assert_eq!(
            rows(TooltipMode::Single, TooltipSort::None, Some(0)),
            ["a,b down", "From 1970-01-01 00:01:00", "To 1970-01-01 00:01:30 or later", "Duration 30 s"]
        );
        assert_eq!(rows(TooltipMode::All, TooltipSort::Descending, None), ["c up", "a,b down"]);
        assert_eq!(rows(TooltipMode::Single, TooltipSort::None, None), [""; 0]);
    }

    #[test]
    fn the_keyboard_goes_from_change_to_change() {
        assert_eq!(changes_ms(&states().lanes), [0.0, 30_000.0, 60_000.0]);
    }

    #[test]
    fn spans_are_rows_of_the_csv() {
        assert_eq!(
            sheet_of(&states(), &Zone::Utc).to_csv(),
            "lane,state,from,to,duration_ms\r\n\
             \"a,b\",up,1970-01-01T00:00:00Z,1970-01-01T00:01:00Z,60000\r\n\
             \"a,b\",down,1970-01-01T00:01:00Z,1970-01-01T00:01:30Z,30000\r\n\
             c,up,1970-01-01T00:00:30Z,1970-01-01T00:01:30Z,60000\r\n"
        );
    }
}
