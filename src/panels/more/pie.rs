//! Numbers as parts of their whole.

use std::{f64::consts::TAU, sync::Arc};

use leptos::prelude::*;

use crate::{
    api::grafana::more::pie::{PieOptions, PieSort, PieTexts, pie_from},
    base::{colour::Ink, units},
    chart::{
        AXIS_TEXT_PX, Size,
        more::{
            Anchor, PlacedText,
            pie::{self as chart, Order, Portion, Slice, portions},
            sector::Sector,
        },
    },
    model::{
        dashboard::{FieldColour, TooltipMode, TooltipSort},
        notice::Notice,
    },
    panels::{PanelProps, card::Live},
    state::reactive::{Callback, Memo, RwSignal, Signal},
    ui::{
        chart_canvas::CanvasMeasure,
        tooltip::{TooltipData, TooltipRow},
        views::Views,
    },
};

use super::{
    figures::{Figure, Figures},
    key::{Key, KeyEntry},
    live::{Reading, use_figures},
    plot::{DrawnFrame, Parts, Pointed},
    svg::{Shape, Tone, shape_view, text_view},
};

/// So many series can be parts; most of them are shown as one.
const PARTS_MAX: usize = 10_000;

/// A slice with its words.
#[derive(Debug, Clone, PartialEq)]
struct Piece {
    name: String,
    value_text: String,
    percent_text: String,
    paint: Ink,
    portion: Portion,
}

#[derive(Debug, Clone, PartialEq, Default)]
struct Pieces {
    list: Vec<Piece>,
    notices: Vec<Notice>,
}

pub fn view(props: PanelProps) -> AnyView {
    let Reading { options, figures, live } =
        use_figures(&props, pie_from, |options| &options.shown, (FieldColour::SeriesPalette, PARTS_MAX));
    let room = RwSignal::new(None::<Size>);
    let hidden = RwSignal::new(Vec::<String>::new());
    let pointed = RwSignal::new(None::<Pointed>);
    // With none hidden, for the legend; and what is drawn.
    let all = {
        let options = Arc::clone(&options);
        Memo::new(move |_| figures.with(|found| pieces_of(&options, found, &[])))
    };
    let pieces = {
        let options = Arc::clone(&options);
        Memo::new(move |_| figures.with(|found| hidden.with(|hidden| pieces_of(&options, found, hidden))))
    };
    let slices = {
        let options = Arc::clone(&options);
        Memo::shared(move || {
            let room = room.get()?;
            Some(Arc::new(pieces.with(|pieces| draw(&options, &pieces.list, room))))
        })
    };
    let parts = Parts {
        count: Signal::derive(move || pieces.with(|pieces| pieces.list.len())),
        at: Callback::new(move |(x, y)| slices.get_untracked()?.iter().position(|slice| slice.sector.contains(x, y))),
        middle: Callback::new(move |at: usize| slices.get_untracked()?.get(at).map(|slice| slice.sector.middle())),
    };
    let tooltip = {
        let options = Arc::clone(&options);
        Signal::derive(move || {
            let pointed = pointed.get()?;
            pieces.with(|pieces| tooltip_of(&options, &pieces.list, pointed))
        })
    };
    let announcement = Signal::derive(move || {
        let Some(pointed) = pointed.get() else { return String::new() };
        pieces.with(|pieces| pieces.list.get(pointed.at).map(words_of).unwrap_or_default())
    });
    let legend_texts = options.legend_texts;
    let entries = Signal::derive(move || {
        let shown = pieces.get();
        let entry = |piece: &Piece| {
            let is_hidden = hidden.with(|hidden| hidden.contains(&piece.name));
            // A part's percentage is of what is drawn.
            let now = shown.list.iter().find(|other| other.name == piece.name).unwrap_or(piece);
            let percent = if is_hidden { String::new() } else { now.percent_text.clone() };
            let value = legend_texts.has_value.then(|| piece.value_text.clone());
            let percent = legend_texts.has_percent.then_some(percent);
            let cells = value.into_iter().chain(percent).collect();
            KeyEntry { name: piece.name.clone(), paint: piece.paint, cells, is_hidden }
        };
        all.with(|all| all.list.iter().map(entry).collect())
    });
    let live = Live {
        remarks: Signal::derive(move || {
            live.remarks.get().into_iter().chain(all.with(|all| all.notices.clone())).collect()
        }),
        ..live
    };
    let shown = props.shown();
    let summary = Signal::derive(move || {
        let title = shown.get().title.clone();
        pieces.with(|pieces| {
            let words: Vec<String> = pieces.list.iter().map(words_of).collect();
            format!("{title}: pie of {} parts. {}", pieces.list.len(), words.join("; "))
        })
    });
    let unit =
        Signal::derive(move || figures.with(|f| f.list.first().map(|f| units::title(&f.unit))).unwrap_or_default());
    let marks = move || Some(drawing_view(&slices.get()?, &pieces.get(), room.get()?, pointed.get().map(|p| p.at)));
    let heads = heads_of(legend_texts);
    let legend_options = options.legend.clone();
    let names = move || {
        view! { <Key entries=entries columns=heads.clone() options=legend_options.clone() hidden=hidden/> }
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
            {marks}
        </DrawnFrame>
    }
    .into_any()
}

fn heads_of(texts: PieTexts) -> Vec<String> {
    let heads = [(texts.has_value, "Value"), (texts.has_percent, "Percent")];
    heads.into_iter().filter(|(is_shown, _)| *is_shown).map(|(_, head)| head.to_owned()).collect()
}

/// The slices of the numbers that are not hidden.
fn pieces_of(options: &PieOptions, found: &Figures, hidden: &[String]) -> Pieces {
    let figures: Vec<&Figure> = found.list.iter().filter(|figure| !hidden.contains(&figure.name)).collect();
    let values: Vec<f64> = figures.iter().map(|figure| figure.value).collect();
    let order = match options.sort {
        PieSort::Descending => Order::Descending,
        PieSort::Ascending => Order::Ascending,
        PieSort::None => Order::AsGiven,
    };
    let mut notices = Vec::new();
    let negative = values.iter().filter(|value| **value < 0.0).count();
    if negative > 0 {
        notices.push(Notice::warning(format!("{negative} negative values have no slice")));
    }
    let piece = |portion: Portion| {
        let percent_text = units::format("percentunit", portion.ratio, None).to_string();
        let first = portion.parts.first().and_then(|at| figures.get(*at))?;
        if portion.is_merged {
            let name = options.others_name.clone().unwrap_or_else(|| format!("{} others", portion.parts.len()));
            let value_text = units::format(&first.unit, portion.value, first.field.decimals).to_string();
            return Some(Piece { name, value_text, percent_text, paint: Ink::Text3, portion });
        }
        let (name, value_text, paint) = (first.name.clone(), first.text.to_string(), first.paint);
        Some(Piece { name, value_text, percent_text, paint, portion })
    };
    // What was shown as one is hidden as one.
    let list: Vec<Piece> = portions(&values, order, options.least_ratio).into_iter().filter_map(piece).collect();
    let list: Vec<Piece> =
        list.into_iter().filter(|piece| !(piece.portion.is_merged && hidden.contains(&piece.name))).collect();
    if let Some(merged) = list.iter().find(|piece| piece.portion.is_merged) {
        let count = merged.portion.parts.len();
        notices
            .push(Notice::info(format!("the {count} smallest values are one slice, \u{201c}{}\u{201d}", merged.name)));
    }
    Pieces { list, notices }
}

fn draw(options: &PieOptions, pieces: &[Piece], room: Size) -> Vec<Slice> {
    let PieTexts { has_name, has_value, has_percent } = options.labels;
    let lines = |piece: &Piece| {
        let lines = [(has_name, &piece.name), (has_value, &piece.value_text), (has_percent, &piece.percent_text)];
        lines.into_iter().filter(|(is_shown, _)| *is_shown).map(|(_, line)| line.clone()).collect()
    };
    let labels: Vec<Vec<String>> = pieces.iter().map(lines).collect();
    let portions: Vec<Portion> = pieces.iter().map(|piece| piece.portion.clone()).collect();
    chart::layout(&chart::Input {
        size: room,
        is_donut: options.is_donut,
        portions: &portions,
        labels: &labels,
        label_size_px: options.text.title_px.or(options.text.value_px).unwrap_or(AXIS_TEXT_PX + 1.0).min(40.0),
        measure: &CanvasMeasure,
    })
}

fn drawing_view(slices: &[Slice], pieces: &Pieces, room: Size, pointed: Option<usize>) -> AnyView {
    if slices.is_empty() {
        // Zero everywhere is an answer, not the lack of one.
        let (x, y) = (room.width_px / 2.0, room.height_px / 2.0);
        let radius = (x.min(y) - 4.0).max(0.0);
        let ring = Sector { x, y, inner_px: radius - 2.0, outer_px: radius, from: 0.0, to: TAU };
        let ring = shape_view(Shape { class: "pie__nothing", path: ring.path(), ..Shape::default() });
        let text = "nothing above 0".to_owned();
        let placed = PlacedText { text, x, y, anchor: Anchor::Middle, size_px: AXIS_TEXT_PX + 1.0 };
        return [ring, text_view(&placed, Tone::Plain)].views();
    }
    let paths = slices
        .iter()
        .zip(&pieces.list)
        .enumerate()
        .map(|(at, (slice, piece))| {
            let state = pointed.map(|pointed| if pointed == at { "near".to_owned() } else { "far".to_owned() });
            shape_view(Shape {
                class: "pie__slice",
                path: slice.path.clone(),
                fill: Some(piece.paint.css()),
                state,
                member: Some(piece.name.clone()),
                value: Some(piece.portion.value.to_string()),
                ratio: Some(format!("{:.6}", piece.portion.ratio)),
                ..Shape::default()
            })
        })
        .views();
    let labels = slices.iter().flat_map(|slice| &slice.label).map(|text| text_view(text, Tone::Reversed)).views();
    [paths, labels].views()
}

fn words_of(piece: &Piece) -> String {
    format!("{}: {}, {}", piece.name, piece.value_text, piece.percent_text)
}

fn tooltip_of(options: &PieOptions, pieces: &[Piece], pointed: Pointed) -> Option<TooltipData> {
    let here = pieces.get(pointed.at)?;
    let row = |at: usize, piece: &Piece, is_near: bool| TooltipRow {
        name: if at == pointed.at && !is_near { "Share".to_owned() } else { piece.name.clone() },
        ink: Some(piece.paint),
        value: format!("{} · {}", piece.value_text, piece.percent_text),
        is_near,
    };
    let mut all: Vec<(usize, &Piece)> = pieces.iter().enumerate().collect();
    match options.tooltip.sort {
        TooltipSort::None => {}
        TooltipSort::Ascending => {
            crate::base::order::sort_by(&mut all, |a, b| a.1.portion.value.total_cmp(&b.1.portion.value));
        }
        TooltipSort::Descending => {
            crate::base::order::sort_by(&mut all, |a, b| b.1.portion.value.total_cmp(&a.1.portion.value));
        }
    }
    let rows = match options.tooltip.mode {
        TooltipMode::Hidden => return None,
        TooltipMode::Single => vec![row(pointed.at, here, false)],
        TooltipMode::All => all.into_iter().map(|(at, piece)| row(at, piece, at == pointed.at)).collect(),
    };
    let (x_px, y_px) = pointed.window_px;
    Some(TooltipData { title: here.name.clone(), rows, x_px, y_px })
}
