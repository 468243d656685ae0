//! How often values fall into ranges.

use std::sync::Arc;

use leptos::prelude::*;

use crate::{
    analysis::{
        histogram::{Buckets, Histogram, histogram_of},
        reduce::reduce,
    },
    api::grafana::more::histogram::{HistogramOptions, histogram_from},
    base::{colour::Ink, units},
    chart::{
        Size,
        more::spread::{self as chart, Layout},
        timeseries::AxisOptions as ChartAxis,
    },
    model::{
        dashboard::{AxisScale, FieldColour, StackMode, TargetFormat, TooltipMode, TooltipSort},
        notice::Notice,
    },
    panels::{
        PanelProps,
        card::Live,
        data::{PanelData, use_panel_data},
        look::SeriesLook,
    },
    state::reactive::{Callback, Memo, RwSignal, Signal},
    ui::{
        chart_canvas::CanvasMeasure,
        tooltip::{TooltipData, TooltipRow},
        views::Views,
    },
};

use super::{
    key::{Key, KeyEntry},
    live::sheet_of,
    paint::paint_of,
    plot::{DrawnFrame, Parts, Pointed},
    svg::{Shape, Tone, line_view, lit_view, rect_path, shape_view, text_view, tick_text},
};

/// Rows asked for, however wide the card: the same samples are counted on a phone and on a wall.
const ROWS: f64 = 1_024.0;

struct Prepared {
    /// Of the counted series; one stands for all where they are combined.
    looks: Vec<SeriesLook>,
    histogram: Histogram,
    /// Cells of the legend, by series.
    cells: Vec<Vec<String>>,
    notices: Vec<Notice>,
}

impl Prepared {
    fn unit(&self) -> &str {
        self.looks.first().map_or("short", |look| look.unit.as_str())
    }

    fn range_text(&self, bucket: usize) -> String {
        let (lower, upper) = self.histogram.bounds(bucket);
        let decimals = self.looks.first().and_then(|look| look.options.field.decimals);
        let text = |value: f64| units::format(self.unit(), rounded(value), decimals).to_string();
        format!("{} – {}", text(lower), text(upper))
    }

    fn count(&self, series: usize, bucket: usize) -> u64 {
        self.histogram.counts.get(series).and_then(|counts| counts.get(bucket)).copied().unwrap_or_default()
    }

    fn total(&self, series: usize) -> u64 {
        self.histogram.counts.get(series).map(|counts| counts.iter().sum()).unwrap_or_default()
    }
}

/// Sums of bucket sizes end in digits that nobody chose: 0.30000000000000004.
fn rounded(value: f64) -> f64 {
    if value == 0.0 || !value.is_finite() {
        return value;
    }
    let power = 10_f64.powi(12 - value.abs().log10().floor().clamp(-290.0, 290.0) as i32);
    (value * power).round() / power
}

pub fn view(props: PanelProps) -> AnyView {
    let panel = Arc::clone(&props.panel);
    let (options, remarks) = histogram_from(&panel.document);
    let options = Arc::new(options);
    let room = RwSignal::new(None::<Size>);
    let query = use_panel_data(&props, Signal::stored(Some(ROWS)), 1.0);
    let hidden = RwSignal::new(Vec::<String>::new());
    let pointed = RwSignal::new(None::<Pointed>);

    let prepared = {
        let options = Arc::clone(&options);
        Memo::shared(move || {
            let data = query.remote.with(|remote| remote.value.clone())?;
            Some(Arc::new(prepare(&options, &data)))
        })
    };
    let drawn = {
        let options = Arc::clone(&options);
        Memo::shared(move || {
            let (prepared, room) = (prepared.get()?, room.get()?);
            Some(Arc::new(hidden.with(|hidden| draw(&options, &prepared, room, hidden))))
        })
    };
    let parts = Parts {
        count: Signal::derive(move || prepared.get().map_or(0, |p| p.histogram.bucket_count())),
        at: Callback::new(move |(x, y)| drawn.get_untracked()?.bucket_at(x, y)),
        middle: Callback::new(move |bucket| {
            let slot = drawn.get_untracked()?.slot(bucket);
            Some((f64::midpoint(slot.left, slot.right), f64::midpoint(slot.top, slot.bottom)))
        }),
    };
    let tooltip = {
        let options = Arc::clone(&options);
        Signal::derive(move || {
            let (pointed, prepared) = (pointed.get()?, prepared.get()?);
            hidden.with(|hidden| tooltip_of(&options, &prepared, pointed, hidden))
        })
    };
    let announcement = Signal::derive(move || {
        let Some((pointed, prepared)) = pointed.get().zip(prepared.get()) else { return String::new() };
        let counts = prepared.looks.iter().enumerate().map(|(series, look)| {
            let count = prepared.count(series, pointed.at);
            if prepared.looks.len() > 1 { format!("{} {count}", look.name) } else { count.to_string() }
        });
        format!("{}: {}", prepared.range_text(pointed.at), counts.collect::<Vec<_>>().join(", "))
    });
    let entries = Signal::derive(move || {
        let Some(prepared) = prepared.get() else { return Vec::new() };
        let entry = |(series, look): (usize, &SeriesLook)| KeyEntry {
            name: look.name.clone(),
            paint: paint_of_series(look),
            cells: prepared.cells.get(series).cloned().unwrap_or_default(),
            is_hidden: hidden.with(|hidden| hidden.contains(&look.name)),
        };
        prepared.looks.iter().enumerate().map(entry).collect()
    });
    let live = Live {
        query,
        sheet: sheet_of(query),
        remarks: Signal::derive(move || {
            let found = prepared.get().map(|p| p.notices.clone()).unwrap_or_default();
            remarks.iter().cloned().chain(found).collect()
        }),
        is_empty: Signal::derive(move || prepared.get().is_none_or(|p| p.histogram.bucket_count() == 0)),
    };
    let unit = Signal::derive(move || {
        prepared.get().map_or_else(String::new, |p| {
            let unit = units::title(p.unit());
            if unit.is_empty() { "count of samples".to_owned() } else { format!("count of samples by {unit}") }
        })
    });
    let shown = props.shown();
    let summary = Signal::derive(move || {
        let title = shown.get().title.clone();
        prepared.get().filter(|p| p.histogram.bucket_count() > 0).map_or_else(
            || title.clone(),
            |p| {
                let count = p.histogram.bucket_count();
                let most = (0..count).max_by_key(|bucket| (0..p.looks.len()).map(|s| p.count(s, *bucket)).sum::<u64>());
                format!(
                    "{title}: histogram of {count} ranges from {} to {}; most samples are in {}.",
                    units::format(p.unit(), rounded(p.histogram.start), None),
                    units::format(p.unit(), rounded(p.histogram.bounds(count - 1).1), None),
                    p.range_text(most.unwrap_or_default()),
                )
            },
        )
    });
    let heads: Vec<String> = options.legend.columns.iter().map(|reducer| reducer.label()).collect();
    let legend_options = options.legend.clone();
    let names = move || {
        view! { <Key entries=entries columns=heads.clone() options=legend_options.clone() hidden=hidden/> }
    };
    let marks = {
        let options = Arc::clone(&options);
        move || {
            let (drawn, prepared, room) = (drawn.get()?, prepared.get()?, room.get()?);
            Some(drawing_view(&options, &drawn, &prepared, room))
        }
    };
    let lit = move || {
        let (drawn, pointed) = (drawn.get()?, pointed.get()?);
        Some(lit_view(drawn.slot(pointed.at)))
    };
    view! {
        <DrawnFrame
            props=props
            live=live
            unit=unit
            room=room
            summary=summary
            parts=parts
            pointed=pointed
            announcement=announcement
            tooltip=tooltip
            placement=options.legend.placement
            names=ViewFn::from(names)
        >
            {lit}{marks}
        </DrawnFrame>
    }
    .into_any()
}

fn paint_of_series(look: &SeriesLook) -> Ink {
    paint_of(&look.options.field, f64::NAN, (0.0, 1.0), look.ink, &FieldColour::SeriesPalette)
}

fn prepare(options: &HistogramOptions, data: &PanelData) -> Prepared {
    let (frame, mut looks) = data.series();
    let mut series: Vec<Arc<[f64]>> = frame.columns.iter().map(|column| Arc::clone(&column.values)).collect();
    let is_hidden: Vec<bool> = looks.iter().map(|look| look.options.style.is_hidden).collect();
    let mut hidden = is_hidden.iter();
    looks.retain(|_| !hidden.next().copied().unwrap_or_default());
    let mut hidden = is_hidden.iter();
    series.retain(|_| !hidden.next().copied().unwrap_or_default());
    if options.is_combined && looks.len() > 1 {
        looks.truncate(1);
        if let Some(look) = looks.first_mut() {
            "All series".clone_into(&mut look.name);
        }
        series = vec![series.iter().flat_map(|values| values.iter().copied()).collect()];
    }
    let values: Vec<&[f64]> = series.iter().map(|values| &**values).collect();
    let histogram = histogram_of(
        &values,
        Buckets { size: options.bucket_size, count: options.bucket_count, offset: options.bucket_offset },
    );
    let mut notices = histogram.notices.clone();
    if data.panel.targets.iter().any(|target| target.format == TargetFormat::Heatmap) {
        notices.push(Notice::warning(
            "the query asks for buckets, whose counts are counted here like any values; a heatmap shows buckets",
        ));
    }
    if !frame.histograms.is_empty() {
        notices.push(Notice::warning("native histograms are not counted here; a heatmap shows them"));
    }
    let cells_of = |(look, values): (&SeriesLook, &&[f64])| {
        let text = |reducer: &crate::model::dashboard::Reducer| {
            units::format(&look.unit, reduce(*reducer, values), look.options.field.decimals).to_string()
        };
        options.legend.columns.iter().map(text).collect()
    };
    let cells = looks.iter().zip(&values).map(cells_of).collect();
    Prepared { looks, histogram, cells, notices }
}

fn draw(options: &HistogramOptions, prepared: &Prepared, room: Size, hidden: &[String]) -> Layout {
    let shown = prepared.looks.iter().enumerate().filter(|(_, look)| !hidden.contains(&look.name));
    let series: Vec<usize> = shown.map(|(at, _)| at).collect();
    let axis = ChartAxis {
        unit: "short".to_owned(),
        soft_min: options.axis.soft_min,
        soft_max: options.axis.soft_max,
        log_base: match options.axis.scale {
            AxisScale::Linear => None,
            AxisScale::Log { base } => Some(base),
        },
        is_hidden: options.axis.is_hidden,
        ..ChartAxis::default()
    };
    chart::layout(&chart::Input {
        size: room,
        histogram: &prepared.histogram,
        series: &series,
        is_stacked: options.stack != StackMode::None,
        axis: &axis,
        unit: prepared.unit(),
        decimals: prepared.looks.first().and_then(|look| look.options.field.decimals),
        measure: &CanvasMeasure,
    })
}

fn drawing_view(options: &HistogramOptions, drawn: &Layout, prepared: &Prepared, room: Size) -> AnyView {
    let plot = drawn.plot;
    let grid = drawn
        .y_ticks
        .iter()
        .map(|tick| {
            let text = tick_text(&tick.text, tick.px, plot, false, room).map(|text| text_view(&text, Tone::Quiet));
            let line = line_view("plot__grid", (plot.left, tick.px), (plot.right, tick.px));
            [Some(line), text].into_iter().flatten().views()
        })
        .views();
    let marks = drawn
        .x_ticks
        .iter()
        .filter_map(|tick| Some(text_view(&tick_text(&tick.text, tick.px, plot, true, room)?, Tone::Quiet)))
        .views();
    // Bars over each other show what is behind them.
    let is_over = options.stack == StackMode::None && prepared.looks.len() > 1;
    let opacity = (options.fill_percent / 100.0 * if is_over { 0.6 } else { 1.0 }).to_string();
    let bars = drawn
        .bars
        .iter()
        .filter_map(|bar| {
            let look = prepared.looks.get(bar.member)?;
            let (lower, _) = prepared.histogram.bounds(bar.category);
            let middle = lower + prepared.histogram.bucket_size / 2.0;
            let field = &look.options.field;
            let extent = (prepared.histogram.start, prepared.histogram.bounds(prepared.histogram.bucket_count()).0);
            let colour = paint_of(field, middle, extent, look.ink, &FieldColour::SeriesPalette).css();
            let outline = if bar.rect.width() > 4.0 { options.line_width_px } else { 0.0 };
            Some(shape_view(Shape {
                class: "plot__bar",
                path: rect_path(bar.rect, 0.0),
                fill: Some(colour),
                outline_px: outline,
                opacity: Some(opacity.clone()),
                member: Some(look.name.clone()),
                category: Some(rounded(lower).to_string()),
                value: Some(bar.value.to_string()),
                ..Shape::default()
            }))
        })
        .views();
    let base = line_view("plot__base", (plot.left, plot.bottom), (plot.right, plot.bottom));
    [grid, base, bars, marks].views()
}

fn tooltip_of(
    options: &HistogramOptions,
    prepared: &Prepared,
    pointed: Pointed,
    hidden: &[String],
) -> Option<TooltipData> {
    if options.tooltip.mode == TooltipMode::Hidden {
        return None;
    }
    let mut counts: Vec<(usize, u64)> = (0..prepared.looks.len()).map(|s| (s, prepared.count(s, pointed.at))).collect();
    match options.tooltip.sort {
        TooltipSort::None => {}
        TooltipSort::Ascending => crate::base::order::sort_by_key(&mut counts, |(_, count)| *count),
        TooltipSort::Descending => crate::base::order::sort_by_key(&mut counts, |(_, count)| std::cmp::Reverse(*count)),
    }
    let rows = counts
        .into_iter()
        .filter_map(|(series, count)| {
            let look = prepared.looks.get(series).filter(|look| !hidden.contains(&look.name))?;
            let share = count as f64 / prepared.total(series).max(1) as f64;
            let value = format!("{count} · {}", units::format("percentunit", share, None));
            Some(TooltipRow { name: look.name.clone(), ink: Some(paint_of_series(look)), value, is_near: false })
        })
        .collect();
    let (x_px, y_px) = pointed.window_px;
    Some(TooltipData { title: prepared.range_text(pointed.at), rows, x_px, y_px })
}
