//! A table: rows out of answers, sorted and filtered by whoever reads it.
//!
//! Only the rows in view are in the page, whatever their number; all rows of a table are equally high. What a person chose
//! stays while the page is open.

mod body;
mod cell;
mod foot;
mod head;

use std::{cell::RefCell, sync::Arc};

use leptos::{html, prelude::*};

use crate::{
    analysis::table::{
        Cell, CellType, Table,
        field::{CellStyle, Look, Moment, looks_of},
        view::{Choices, rows_of},
        width::{Want, widths_px},
    },
    api::grafana::more::table::{RowHeight, TableOptions, TablePanel, table_panel},
    model::dashboard::LateVariables,
    platform::{clock, events, text},
    state::{
        reactive::{Callback, Memo, RwSignal, Signal, effect, signal},
        time::TimeContext,
        zone::Zone,
    },
    ui::views::Views,
};

use super::{
    pager::Pager,
    tabular::{histogram_remarks, sheet_of, tables_of, with_remarks},
};
use crate::panels::{
    PanelProps,
    card::{Frame, Live},
    data::use_panel_data,
};

use body::Body;
use foot::Foot;
use head::{Colgroup, Head};

/// One table with the looks of its columns.
struct Shown {
    table: Table,
    looks: Vec<Look>,
    /// The columns that are not hidden.
    columns: Vec<usize>,
    variables: LateVariables,
}

/// Everything that the parts of the view read. Cheap to copy.
#[derive(Clone, Copy)]
struct TableView {
    shown: Memo<Option<Arc<Shown>>>,
    /// Those that are kept, in order.
    rows: Memo<Option<Arc<Vec<usize>>>>,
    widths: Memo<Option<Arc<Vec<f64>>>>,
    /// What a person chose, or else the file.
    choices: Signal<Choices>,
    set_choices: Callback<Choices>,
    row_px: f64,
    zone: Signal<Zone>,
    page: RwSignal<usize>,
    /// `None`: not by pages.
    page_rows: Signal<Option<usize>>,
}

impl TableView {
    /// The rows of the page that is shown.
    fn paged_rows(self) -> Vec<usize> {
        let rows = self.rows.get().unwrap_or_default();
        match self.page_rows.get() {
            None => rows.to_vec(),
            Some(per_page) => {
                let per_page = per_page.max(1);
                let last = rows.len().div_ceil(per_page).saturating_sub(1);
                rows.iter().copied().skip(self.page.get().min(last) * per_page).take(per_page).collect()
            }
        }
    }
}

/// Where a panel's choices are kept: its id, its place in the file, and its title.
type Key = (u32, usize, String);

thread_local! {
    static CHOSEN: RefCell<Vec<(Key, Choices)>> = const { RefCell::new(Vec::new()) };
}

fn remembered(key: &Key) -> Option<Choices> {
    CHOSEN.with_borrow(|all| all.iter().find(|(known, _)| known == key).map(|(_, choices)| choices.clone()))
}

fn remember(key: &Key, choices: Choices) {
    CHOSEN.with_borrow_mut(|all| {
        all.retain(|(known, _)| known != key);
        all.push((key.clone(), choices));
    });
}

/// What a row is high, and three lines of it.
fn row_px(options: &TableOptions, is_wrapped: bool) -> f64 {
    match (options.row_height, is_wrapped) {
        (RowHeight::Small, false) => 30.0,
        (RowHeight::Medium, false) => 38.0,
        (RowHeight::Large, false) => 52.0,
        (_, true) => 62.0,
    }
}

pub fn view(props: PanelProps) -> AnyView {
    let (TablePanel { options, fields, steps }, notices) = table_panel(&props.panel.document);
    let props = with_remarks(props, fields.defaults.no_value.clone(), notices);
    let panel = Arc::clone(&props.panel);
    let key: Key = (panel.id, panel.document.at_byte, panel.title.clone());
    let time = TimeContext::expect();
    let zone = Signal::derive(move || time.zone.get());
    let root = NodeRef::<html::Div>::new();
    let (room, set_room) = signal(None::<(f64, f64)>);
    let watch = StoredValue::new_local(None::<events::SizeWatch>);
    effect(move || {
        let Some(element) = root.get() else { return };
        let rect = element.get_bounding_client_rect();
        let tell = move |width_px: f64, height_px: f64| {
            if width_px >= 1.0 && room.get_untracked() != Some((width_px, height_px)) {
                set_room.set(Some((width_px, height_px)));
            }
        };
        tell(rect.width(), rect.height());
        watch.set_value(events::watch_size(&element, tell));
    });
    on_cleanup(move || drop(watch.try_update_value(Option::take)));

    let query = use_panel_data(&props, Signal::derive(move || room.get().map(|(width, _)| width)), 1.0);
    let tables = Memo::shared(move || {
        let data = query.remote.with(|remote| remote.value.clone())?;
        Some(Arc::new(tables_of(&data, &steps, true)))
    });
    let picked = RwSignal::new(options.first_table);
    let shown = {
        let (fields, panel) = (fields.clone(), props.shown());
        Memo::shared(move || {
            let variables = panel.with(|panel| panel.variables.clone());
            let tables = tables.get()?;
            let table = tables.get(picked.get().min(tables.len().saturating_sub(1)))?.clone();
            let looks = looks_of(&fields, &table);
            let is_shown = |at: &usize| looks.get(*at).is_some_and(|look| look.options.is_hidden != Some(true));
            let columns = (0..table.columns.len()).filter(is_shown).collect();
            Some(Arc::new(Shown { table, looks, columns, variables }))
        })
    };
    let chosen = RwSignal::new(remembered(&key));
    let choices = {
        let (sort, place) = (options.sort.clone(), options.sort_place);
        Memo::new(move |_| {
            if let Some(chosen) = chosen.get() {
                return chosen;
            }
            let by_place = place.and_then(|(at, is_descending)| {
                let shown = shown.get()?;
                Some((shown.looks.get(at)?.title.clone(), is_descending))
            });
            Choices { sort: sort.iter().cloned().chain(by_place).collect(), filters: Vec::new() }
        })
    };
    let page = RwSignal::new(0_usize);
    let set_choices = Callback::new(move |choices: Choices| {
        remember(&key, choices.clone());
        page.set(0);
        chosen.set(Some(choices));
    });
    let rows = Memo::shared(move || {
        let shown = shown.get()?;
        let zone = zone.get();
        let choices = choices.get();
        Some(Arc::new(with_moment(&zone, |moment| rows_of(&shown.table, &shown.looks, &choices, moment))))
    });
    let widths = Memo::shared(move || {
        let shown = shown.get()?;
        let zone = zone.get();
        let (room_px, _) = room.get()?;
        let wants: Vec<Want> =
            with_moment(&zone, |moment| shown.columns.iter().map(|at| want(&shown, *at, moment)).collect());
        Some(Arc::new(widths_px(&wants, room_px)))
    });
    let is_wrapped =
        fields.defaults.is_wrapped == Some(true) || fields.overrides.iter().any(|o| o.options.is_wrapped == Some(true));
    let row_px = row_px(&options, is_wrapped);
    let foot_lines = foot::line_count(&options.footer, &fields);
    let has_head = options.has_head;
    let page_rows = {
        let (is_paged, given) = (options.is_paged, options.page_rows);
        Signal::derive(move || {
            let (_, height) = is_paged.then(|| room.get()).flatten()?;
            let is_filterable = |shown: &Arc<Shown>| {
                let mut looks = shown.columns.iter().filter_map(|at| shown.looks.get(*at));
                looks.any(|look| look.options.is_filterable == Some(true))
            };
            let filters = if shown.get().as_ref().is_some_and(is_filterable) { head::FILTERS_PX } else { 0.0 };
            let head = if has_head { head::ROOM_PX + filters } else { 0.0 };
            let taken = foot_lines as f64 * foot::LINE_PX + head;
            Some(given.unwrap_or(((height - taken) / row_px).floor().max(1.0) as usize))
        })
    };
    let view = TableView { shown, rows, widths, choices: choices.into(), set_choices, row_px, zone, page, page_rows };

    let live = Live {
        query,
        sheet: Callback::new(move |()| {
            let (shown, rows) = (shown.get_untracked()?, rows.get_untracked()?);
            let zone = zone.get_untracked();
            Some(with_moment(&zone, |moment| sheet_of(&shown.table, &shown.looks, &shown.columns, &rows, moment)))
        }),
        remarks: Signal::derive(move || {
            query.remote.with(|remote| remote.value.as_deref().and_then(histogram_remarks)).into_iter().collect()
        }),
        is_empty: Signal::derive(move || {
            shown.get().is_none_or(|shown| shown.columns.is_empty() || shown.table.row_count() == 0)
        }),
    };
    let row_count = Signal::derive(move || rows.get().map_or(0, |rows| rows.len()));
    let is_filtered = move || choices.with(|choices| !choices.filters.is_empty());
    let clear = move |_| set_choices.run(Choices { filters: Vec::new(), ..choices.get_untracked() });
    let all_count = move || shown.get().map_or(0, |shown| shown.table.row_count());
    let count_note = move || {
        is_filtered().then(|| {
            view! {
                <button type="button" class="pager__turn" on:click=clear>
                    {format!("{} of {} rows \u{00b7} show all", row_count.get(), all_count())}
                </button>
            }
        })
    };
    let names = Memo::new(move |_| {
        tables
            .get()
            .filter(|tables| tables.len() > 1)
            .map(|tables| tables.iter().map(name_of).collect::<Vec<_>>())
            .unwrap_or_default()
    });
    let picker = move || {
        let names = names.get();
        (!names.is_empty())
            .then(|| {
                let options = names.into_iter().enumerate().map(|(at, name)| {
                    view! { <option value=at.to_string() selected=move || picked.get() == at>{name}</option> }
                });
                view! {
                    <select
                        class="grid-table__pick"
                        aria-label="Series"
                        on:change=move |event| {
                            if let Ok(at) = event_target_value(&event).parse() {
                                page.set(0);
                                picked.set(at);
                            }
                        }
                    >
                        {options.views()}
                    </select>
                }
            })
            .views()
    };
    let caption = panel.title.clone();
    let footer = options.footer.clone();
    view! {
        <Frame props=props live=live>
            <div class="grid-table">
                <div class="grid-table__room" node_ref=root>
                    <Body
                        view=view
                        caption=caption
                        head=ViewFn::from(move || view! { <Colgroup view=view/> {has_head.then(|| view! { <Head view=view/> }).views()} })
                        foot=ViewFn::from(move || view! { <Foot view=view footer=footer.clone()/> })
                    />
                </div>
                <div class="grid-table__bar">
                    {picker}
                    {move || count_note().views()}
                    {move || page_rows.get().map(|_| view! {
                        <Pager page=page per_page=Signal::derive(move || page_rows.get().unwrap_or(1)) count=row_count noun="rows"/>
                    }).views()}
                </div>
            </div>
        </Frame>
    }
    .into_any()
}

fn with_moment<R>(zone: &Zone, read: impl FnOnce(Moment<'_>) -> R) -> R {
    zone.with(|zone| read(Moment { zone, now_ms: clock::now_ms() }))
}

/// A table's name among others: its series, or its query.
fn name_of(table: &Table) -> String {
    let series = table.columns.iter().find(|column| column.cells.kind() == CellType::Number && column.title.is_some());
    match series {
        Some(column) => column.shown().to_owned(),
        None => format!("Query {}", table.ref_id),
    }
}

/// Beside the text of a cell: the gaps at its sides.
const PAD_PX: f64 = 22.0;
/// For the arrow of a sorted head.
const ARROW_PX: f64 = 16.0;
const TEXT_PX: f64 = 12.0;
/// A text may be long; a column need not be.
const NATURAL_MOST_PX: f64 = 360.0;
const BAR_LEAST_PX: f64 = 130.0;
/// So many rows are measured.
const MEASURED_ROWS: usize = 60;
const UI_FONT: &str = "system-ui, -apple-system, \"Segoe UI\", Roboto, \"Noto Sans\", sans-serif";
const MONO_FONT: &str =
    "ui-monospace, \"SF Mono\", \"Cascadia Mono\", \"JetBrains Mono\", Menlo, \"DejaVu Sans Mono\", monospace";

/// What a column takes: its head, and the widest of some of its cells.
fn want(shown: &Shown, at: usize, moment: Moment<'_>) -> Want {
    let (Some(column), Some(look)) = (shown.table.columns.get(at), shown.looks.get(at)) else {
        return Want { fixed_px: None, min_px: 0.0, natural_px: 0.0 };
    };
    let font = if column.cells.kind() == CellType::Text { UI_FONT } else { MONO_FONT };
    let count = shown.table.row_count();
    let every = count.div_ceil(MEASURED_ROWS).max(1);
    let mut widest = 0.0_f64;
    let mut last = String::new();
    for row in (0..count).step_by(every) {
        let text = look.written(&column.cells.get(row), moment).text;
        if text != last {
            widest = widest.max(text::width_px(&text, TEXT_PX, font));
            last = text;
        }
    }
    let head = text::width_px(&look.title, TEXT_PX, UI_FONT) + ARROW_PX;
    let style = look.options.cell.unwrap_or_default();
    let has_bar =
        matches!(style, CellStyle::Gauge { .. } | CellStyle::Trend { .. }) || column.cells.kind() == CellType::Trend;
    let bar = if has_bar { BAR_LEAST_PX } else { 0.0 };
    Want {
        fixed_px: look.options.width_px,
        min_px: look.options.min_width_px.unwrap_or(0.0),
        natural_px: head.max(widest.min(NATURAL_MOST_PX)).max(bar) + PAD_PX,
    }
}

/// Whether a cell is drawn as a trend whatever its style says.
fn is_trend(cell: &Cell) -> bool {
    matches!(cell, Cell::Trend(_))
}
