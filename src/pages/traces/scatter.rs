//! The traces found as dots, and choosing some of them.

use std::sync::Arc;

use leptos::prelude::*;

use crate::{
    analysis::trace::{
        duration_text,
        selection::{Region, Selection},
        words::counted,
    },
    base::time::{TimeSpec, date_time_text},
    chart::{
        Ink, Scene, Size,
        trace::scatter::{ScatterDot, ScatterInput, ScatterLayout, ScatterRegion, scatter},
    },
    model::trace::TraceId,
    platform::clock,
    state::{
        reactive::{Callback, Memo, RwSignal, Signal},
        traces::form::parse_duration_ns,
    },
    ui::{
        chart_canvas::{CanvasMeasure, ChartCanvas, ChartEvent, ChartRoom},
        popover::Popover,
        tooltip::{Tooltip, TooltipData, TooltipRow},
        views::Views,
    },
};

use super::search::{Found, Search};

/// What is drawn.
struct Drawn {
    layout: ScatterLayout,
    scene: Arc<Scene>,
    found: Arc<Found>,
}

/// Where the pointer is: on the plot, and in the window.
type Pointer = ((f64, f64), (f64, f64));

#[component]
pub fn ScatterCard(search: Search) -> impl IntoView {
    let room = RwSignal::new(None::<ChartRoom>);
    let pointer = RwSignal::new(None::<Pointer>);
    // Among the dots by time.
    let keyboard = RwSignal::new(None::<usize>);
    let dragged = RwSignal::new(None::<ScatterRegion>);

    let drawn = Memo::shared(move || {
        let (found, room) = (search.shown().get()?, room.get()?);
        let dots: Vec<ScatterDot> = found
            .rows
            .iter()
            .map(|row| ScatterDot {
                start_ms: row.start_ns as f64 / 1e6,
                duration_ns: row.duration_ns as f64,
                span_count: row.span_count,
                is_error: row.error_count > 0,
            })
            .collect();
        let picked = search.picked().get();
        let threshold_ns = search.form().with(|form| parse_duration_ns(&form.min)).map(|ns| ns as f64);
        let (layout, scene) = search.time().zone.with(|zone| {
            zone.with(|zone| {
                scatter(&ScatterInput {
                    size: Size::new(room.width_px, room.height_px),
                    range: found.drawn_range(),
                    dots: &dots,
                    picked: &picked,
                    threshold_ns,
                    time_zone: zone,
                    measure: &CanvasMeasure,
                })
            })
        });
        Some(Arc::new(Drawn { layout, scene: Arc::new(scene), found }))
    });
    let hit = Memo::new(move |_| {
        let drawn = drawn.get()?;
        match (keyboard.get(), pointer.get()) {
            (Some(at), _) => drawn.layout.by_time.get(at).copied(),
            (None, Some(((x, y), _))) => drawn.layout.hit(x, y),
            (None, None) => None,
        }
    });
    let id_of =
        move |dot: usize| drawn.with_untracked(|d| d.as_ref().and_then(|d| d.found.rows.get(dot)).map(|r| r.id));
    let open = move |id: TraceId| search.router().go(&search.trace_place(id), false);

    let on_event = Callback::new(move |event: ChartEvent| {
        let Some(drawn) = drawn.get_untracked() else { return };
        let layout = &drawn.layout;
        let count = layout.by_time.len();
        let step_to = |next: usize| {
            pointer.set(None);
            keyboard.set((count > 0).then(|| next.min(count.saturating_sub(1))));
        };
        match event {
            ChartEvent::Hover { x_px, y_px, window_x_px, window_y_px } => {
                keyboard.set(None);
                pointer.set(Some(((x_px, y_px), (window_x_px, window_y_px))));
            }
            ChartEvent::Leave => {
                pointer.set(None);
                keyboard.set(None);
            }
            ChartEvent::Select { from_px, to_px, from_y_px, to_y_px } => {
                dragged.set(Some(layout.region((from_px, from_y_px), (to_px, to_y_px))));
            }
            ChartEvent::SelectDone { from_px, to_px, from_y_px, to_y_px } => {
                dragged.set(None);
                search.select(Some(selection_of(layout.region((from_px, from_y_px), (to_px, to_y_px)))));
            }
            ChartEvent::SelectCancelled | ChartEvent::Pan { .. } => dragged.set(None),
            ChartEvent::Click { x_px, y_px } => {
                if let Some(id) = layout.hit(x_px, y_px).and_then(id_of) {
                    open(id);
                }
            }
            ChartEvent::Enter => {
                if let Some(id) = hit.get_untracked().and_then(id_of) {
                    open(id);
                }
            }
            ChartEvent::DoubleClick => search.select(None),
            ChartEvent::Escape => {
                pointer.set(None);
                keyboard.set(None);
                search.select(None);
            }
            ChartEvent::Step(step) => match keyboard.get_untracked() {
                Some(at) => step_to(at.saturating_add_signed(step as isize)),
                None if step > 0 => step_to(0),
                None => step_to(count),
            },
            ChartEvent::ToStart => step_to(0),
            ChartEvent::ToEnd => step_to(count),
        }
    });

    let scene = Signal::derive(move || drawn.get().map(|drawn| Arc::clone(&drawn.scene)));
    let overlay = Signal::derive(move || {
        let drawn = drawn.get()?;
        let selected = match search.selection().get() {
            Some(Selection::Region(Region { start_ms, end_ms, min_ns, max_ns })) => Some(ScatterRegion {
                start_ms: start_ms as f64,
                end_ms: end_ms as f64,
                min_ns: min_ns as f64,
                max_ns: max_ns as f64,
            }),
            _ => None,
        };
        Some(Arc::new(drawn.layout.overlay(dragged.get().or(selected), hit.get())))
    });
    let tooltip = Signal::derive(move || {
        let (_, (x_px, y_px)) = pointer.get()?;
        let (drawn, dot) = (drawn.get()?, hit.get()?);
        let row = drawn.found.rows.get(dot)?;
        let at =
            search.time().zone.with(|zone| zone.with(|zone| date_time_text(row.start_ns.div_euclid(1_000_000), zone)));
        let line = |name: &str, value: String, ink: Option<Ink>, is_near: bool| TooltipRow {
            name: name.to_owned(),
            ink,
            value,
            is_near,
        };
        let ink = drawn.found.inks.ink(&row.service);
        let mut rows = vec![
            line(&row.operation, duration_text(row.duration_ns), Some(ink), true),
            line(&row.service, counted(row.span_count, "span", "spans"), None, false),
        ];
        if row.error_count > 0 {
            rows.push(line("failed", counted(row.error_count, "span", "spans"), Some(Ink::Crit), false));
        }
        Some(TooltipData { title: at, rows, x_px, y_px })
    });
    let announcement = Signal::derive(move || {
        if keyboard.get().is_none() {
            return String::new();
        }
        let Some((drawn, dot)) = drawn.get().zip(hit.get()) else { return String::new() };
        let Some(row) = drawn.found.rows.get(dot) else { return String::new() };
        let at =
            search.time().zone.with(|zone| zone.with(|zone| date_time_text(row.start_ns.div_euclid(1_000_000), zone)));
        let failed = if row.error_count > 0 { format!(", {} failed", row.error_count) } else { String::new() };
        format!("{at}: {} {}, {}{failed}", row.service, row.operation, duration_text(row.duration_ns))
    });
    let summary = Signal::derive(move || {
        let Some(found) = search.shown().get() else { return String::new() };
        let failed_count = found.rows.iter().filter(|row| row.error_count > 0).count();
        format!(
            "{} by start and duration, {failed_count} with errors. Arrows go from one to the next, Enter opens it, dragging selects.",
            counted(found.rows.len(), "trace", "traces")
        )
    });
    let scale = move || drawn.with(|d| d.as_ref().is_some_and(|d| d.layout.is_log)).then_some("logarithmic");
    view! {
        <section class="card traces__scatter" aria-label="Duration by start">
            <div class="traces__chart-head">
                <h2 class="panel__title">"Duration by start"</h2>
                <span class="card__note">{scale}</span>
                <span class="traces__key"><span class="traces__key-dot" aria-hidden="true"></span>"without errors"</span>
                <span class="traces__key"><span class="traces__key-dot" data-state="failed" aria-hidden="true"></span>"with errors"</span>
                <SelectionBar search=search/>
            </div>
            <ChartCanvas scene=scene overlay=overlay on_room=Callback::new(move |now| room.set(Some(now))) on_event=on_event summary=summary announcement=announcement/>
            <Tooltip data=tooltip/>
        </section>
    }
    .into_any()
}

fn selection_of(region: ScatterRegion) -> Selection {
    let ScatterRegion { start_ms, end_ms, min_ns, max_ns } = region;
    Selection::Region(Region {
        start_ms: start_ms.floor() as i64,
        end_ms: end_ms.ceil() as i64,
        min_ns: min_ns as i64,
        max_ns: max_ns as i64,
    })
}

/// What is selected; or what could be.
#[component]
fn SelectionBar(search: Search) -> impl IntoView {
    let choose = move |name: &'static str, selection: Selection| {
        view! {
            <button type="button" class="control" data-variant="ghost" on:click=move |_| search.select(Some(selection))>{name}</button>
        }
    };
    let body = move || {
        if search.selection().get().is_some() {
            let (count, total) = search.picked().with(|picked| (picked.iter().filter(|is| **is).count(), picked.len()));
            return view! {
                <span class="traces__selected" role="status">{format!("{count} of {total} selected")}</span>
                <button type="button" class="control" title="Select none (Esc)" on:click=move |_| search.select(None)>"Clear"</button>
            }
            .into_any();
        }
        let sheet = move |close: Callback<()>| view! { <RegionForm search=search close=close/> }.into_any();
        view! {
            <span class="card__note">"Select"</span>
            {choose("Slowest tenth", Selection::Slowest)}
            {choose("With errors", Selection::Errors)}
            <Popover
                label=Signal::stored("Select a region".to_owned())
                control=ViewFn::from(|| "Region")
                variant="ghost"
                sheet=Arc::new(sheet)
            />
        }
        .into_any()
    };
    view! { <span class="traces__select">{body}</span> }.into_any()
}

/// The region by its bounds: what dragging does, for the keyboard.
#[component]
fn RegionForm(search: Search, close: Callback<()>) -> impl IntoView {
    let range = search.shown().with_untracked(|found| found.as_ref().map(|found| found.drawn_range()));
    let text = |at_ms: i64| search.time().zone.with_untracked(|zone| zone.with(|zone| date_time_text(at_ms, zone)));
    let field = |text: String| RwSignal::new(text);
    let (after, before) = (
        field(range.map(|range| text(range.start_ms)).unwrap_or_default()),
        field(range.map(|range| text(range.end_ms)).unwrap_or_default()),
    );
    let (shortest, longest) = (field(String::new()), field(String::new()));
    let problem = RwSignal::new(None::<String>);
    let read = move || -> Result<Selection, String> {
        let range = search.time().zone.with_untracked(|zone| {
            zone.with(|zone| {
                TimeSpec::parse(&after.get_untracked(), &before.get_untracked(), zone)?.resolve(clock::now_ms(), zone)
            })
        });
        let range = range.map_err(|error| error.to_string())?;
        let duration = |text: String, default_ns: i64| {
            if text.trim().is_empty() {
                return Ok(default_ns);
            }
            parse_duration_ns(&text)
                .ok_or_else(|| format!("\u{201c}{}\u{201d} is not a duration: write 200ms or 1.5s", text.trim()))
        };
        let (min_ns, max_ns) = (duration(shortest.get_untracked(), 0)?, duration(longest.get_untracked(), i64::MAX)?);
        if min_ns > max_ns {
            return Err("the longest is shorter than the shortest".to_owned());
        }
        Ok(Selection::Region(Region { start_ms: range.start_ms, end_ms: range.end_ms, min_ns, max_ns }))
    };
    let input = |label: &'static str, value: RwSignal<String>, is_first: bool| {
        view! {
            <label class="field">
                {label}
                <input
                    class="field__input"
                    autocomplete="off"
                    spellcheck="false"
                    data-autofocus=is_first.then_some("true")
                    prop:value=move || value.get()
                    on:input=move |event| value.set(event_target_value(&event))
                />
            </label>
        }
    };
    view! {
        <form class="traces__region" on:submit=move |event| {
            event.prevent_default();
            match read() {
                Ok(selection) => {
                    close.run(());
                    search.select(Some(selection));
                }
                Err(text) => problem.set(Some(text)),
            }
        }>
            {input("Shortest", shortest, true)}
            {input("Longest", longest, false)}
            {input("After", after, false)}
            {input("Before", before, false)}
            {move || problem.get().map(|text| view! { <div class="field__error" role="alert">{text}</div> }).views()}
            <button type="submit" class="control">"Select"</button>
        </form>
    }
    .into_any()
}
