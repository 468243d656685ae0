//! One row's cells, each in the look of its column.

use leptos::prelude::*;

use crate::{
    analysis::{
        link::{FieldName, Lead, Surroundings, field_named, leads},
        table::{
            Cell, CellType, Trend,
            field::{CellStyle, GaugeMode, GaugeValue, Look, Moment, Written},
            plain_number,
        },
    },
    base::colour::Ink,
    state::time::TimeContext,
    ui::views::Views,
};

use super::{super::tabular::ink_of, Shown, head::align_word, is_trend};

/// `place` is the row's number among those that are shown.
pub fn row_view(shown: &Shown, row: usize, place: usize, moment: Moment<'_>) -> AnyView {
    let row_paint = shown.columns.iter().find_map(|at| {
        let look = shown.looks.get(*at)?;
        let is_row = matches!(look.options.cell, Some(CellStyle::ColourBackground { is_row: true, .. }));
        is_row.then(|| colour_of(look, &shown.table.columns.get(*at)?.cells.get(row))).flatten()
    });
    let cells = shown.columns.iter().filter_map(|at| cell_view(shown, row, *at, row_paint.as_deref(), moment)).views();
    // The head is the first row.
    let index = (place + 2).to_string();
    view! { <tr class="grid-table__row" aria-rowindex=index data-testid="table-row">{cells}</tr> }.into_any()
}

fn colour_of(look: &Look, cell: &Cell) -> Option<String> {
    look.paint(cell).and_then(ink_of).map(Ink::css)
}

fn cell_view(shown: &Shown, row: usize, at: usize, row_colour: Option<&str>, moment: Moment<'_>) -> Option<AnyView> {
    let (column, look) = (shown.table.columns.get(at)?, shown.looks.get(at)?);
    let cell = column.cells.get(row);
    let Written { text, full } = look.written(&cell, moment);
    let style = match look.options.cell.unwrap_or_default() {
        CellStyle::Auto if is_trend(&cell) => CellStyle::Trend { hides_value: false },
        style => style,
    };
    let colour = colour_of(look, &cell);
    let is_number = matches!(cell, Cell::Number(_) | Cell::Trend(_));
    let value = is_number.then(|| plain_number(cell.number()));
    let links = links_of(shown, row, at, &text, moment);
    let inside = match style {
        CellStyle::Gauge { mode, value } if is_number && !cell.number().is_nan() => {
            gauge(look, &cell, &text, mode, value, colour.as_deref())
        }
        CellStyle::Trend { hides_value } => match &cell {
            Cell::Trend(trend) => trend_view(trend, &text, hides_value, colour.as_deref()),
            _ => plain(text, links, false),
        },
        CellStyle::Links => plain(String::new(), links, true),
        CellStyle::Json => view! { <code class="grid-table__code">{text}</code> }.into_any(),
        _ => plain(text, links, false),
    };
    let (mark, ink) = match (row_colour, style) {
        (_, CellStyle::ColourBackground { is_gradient: true, is_row: false }) => (Some("gradient"), colour),
        (_, CellStyle::ColourBackground { is_row: false, .. }) => (Some("background"), colour),
        (Some(row), _) => (Some("background"), Some(row.to_owned())),
        (None, CellStyle::ColourText) => (Some("text"), colour),
        _ => (None, None),
    };
    let mark = mark.filter(|_| ink.is_some());
    let kind = match column.cells.kind() {
        CellType::Text => "text",
        CellType::Time => "time",
        CellType::Number => "number",
        CellType::Trend => "trend",
    };
    let is_wrapped = (look.options.is_wrapped == Some(true)).then_some("true");
    Some(
        view! {
            <td
                class="grid-table__cell"
                data-align=align_word(look.align(column.cells.kind()))
                data-kind=kind
                data-mark=mark
                data-wrap=is_wrapped
                data-value=value
                title=(!full.is_empty()).then_some(full)
                style=("--cell-ink", ink)
            >
                {inside}
            </td>
        }
        .into_any(),
    )
}

/// The text, and what it leads to. One link is the text itself.
fn plain(text: String, links: Vec<Lead>, shows_titles: bool) -> AnyView {
    let anchor = |lead: Lead, text: String| {
        let target = lead.target();
        let Lead { href, title, .. } = lead;
        view! { <a class="grid-table__link" href=href title=title target=target rel="noopener noreferrer">{text}</a> }
    };
    if links.len() == 1 && !shows_titles && !text.is_empty() {
        return links.into_iter().map(|lead| anchor(lead, text.clone())).views();
    }
    let anchors: Vec<AnyView> = links
        .into_iter()
        .map(|lead| {
            let title = lead.title.clone();
            view! { " " {anchor(lead, title)} }.into_any()
        })
        .collect();
    view! { {text} {anchors.views()} }.into_any()
}

/// The links of a cell that lead somewhere.
fn links_of(shown: &Shown, row: usize, at: usize, text: &str, moment: Moment<'_>) -> Vec<Lead> {
    let Some(links) = shown.looks.get(at).and_then(|look| look.options.links.as_deref()) else { return Vec::new() };
    let value_of = |name: &str| variable(shown, row, at, text, moment, name);
    let range = TimeContext::expect().resolve_now().ok();
    leads(links, Surroundings { value_of: &value_of, variables: &shown.variables, range })
}

/// What `${name}` of a link stands for.
fn variable(shown: &Shown, row: usize, at: usize, text: &str, moment: Moment<'_>, name: &str) -> Option<String> {
    let column = shown.table.columns.get(at)?;
    let cell = column.cells.get(row);
    let raw = |at: usize| {
        let cell = shown.table.columns.get(at)?.cells.get(row);
        Some(cell.text().map(|text| text.to_string()).unwrap_or_default())
    };
    match name {
        "__value.raw" | "__value.numeric" | "__cell" => raw(at),
        "__value.text" => Some(text.to_owned()),
        "__value.time" => raw(shown.table.time_position()?),
        "__field.name" | "__field.displayName" => Some(column.shown().to_owned()),
        _ => {
            if let Some(label) = name.strip_prefix("__field.labels.") {
                return Some(column.labels.get(label).unwrap_or_default().to_owned());
            }
            if let Some(place) = name.strip_prefix("__cell_") {
                return place.parse().ok().and_then(raw);
            }
            match field_named(name)? {
                FieldName::Place(place) => raw(place),
                FieldName::Name(field) => {
                    let found = |field: &str| {
                        let by_title = shown.looks.iter().position(|look| look.title == field);
                        shown.table.position(field).or(by_title)
                    };
                    if let Some(at) = found(field) {
                        return raw(at);
                    }
                    let (field, part) = field.rsplit_once('.')?;
                    let at = found(field)?;
                    match part {
                        "text" => {
                            let cell = shown.table.columns.get(at)?.cells.get(row);
                            shown.looks.get(at).map(|look| look.written(&cell, moment).text)
                        }
                        "numeric" => raw(at),
                        _ => None,
                    }
                }
            }
        }
    }
    .filter(|_| !matches!(cell, Cell::Trend(_)) || name != "__value.raw")
}

fn gauge(look: &Look, cell: &Cell, text: &str, mode: GaugeMode, value: GaugeValue, colour: Option<&str>) -> AnyView {
    let mode = match mode {
        GaugeMode::Basic => "basic",
        GaugeMode::Gradient => "gradient",
        GaugeMode::Segments => "segments",
    };
    let width = format!("{:.1}%", look.ratio(cell.number()) * 100.0);
    let ink = colour.map(str::to_owned);
    let value = match value {
        GaugeValue::Hidden => None,
        GaugeValue::Coloured => Some((text.to_owned(), Some("true"))),
        GaugeValue::Plain => Some((text.to_owned(), None)),
    };
    view! {
        <span class="bar-cell" style=("--cell-ink", ink)>
            <span class="bar-cell__track" aria-hidden="true"><span class="bar-cell__bar" data-mode=mode style:width=width></span></span>
            {value.map(|(text, is_coloured)| view! { <span class="bar-cell__value" data-coloured=is_coloured>{text}</span> }).views()}
        </span>
    }
    .into_any()
}

/// Wide and high inside; stretched to the cell.
const TREND_WIDTH: f64 = 100.0;
const TREND_HEIGHT: f64 = 20.0;
/// More points than this are not told apart in a cell.
const TREND_POINTS: usize = 120;

fn trend_view(trend: &Trend, text: &str, hides_value: bool, colour: Option<&str>) -> AnyView {
    let points = trend_points(&trend.x_ms, &trend.values);
    let value = (!hides_value).then(|| view! { <span class="bar-cell__value">{text.to_owned()}</span> });
    let ink = colour.map(str::to_owned);
    view! {
        <span class="bar-cell" style=("--cell-ink", ink)>
            <svg class="bar-cell__trend" viewBox=format!("0 -1 {TREND_WIDTH} {}", TREND_HEIGHT + 2.0) preserveAspectRatio="none" aria-hidden="true">
                <polyline class="bar-cell__line" points=points vector-effect="non-scaling-stroke"/>
            </svg>
            {value.views()}
        </span>
    }
    .into_any()
}

/// The series as an SVG's points: of each stretch its smallest and its largest value, so that no peak is lost.
fn trend_points(x_ms: &[f64], values: &[f64]) -> String {
    let known: Vec<(f64, f64)> =
        x_ms.iter().copied().zip(values.iter().copied()).filter(|(_, v)| v.is_finite()).collect();
    let (Some(first), Some(last)) = (known.first(), known.last()) else { return String::new() };
    let min = known.iter().map(|(_, v)| *v).fold(f64::INFINITY, f64::min);
    let max = known.iter().map(|(_, v)| *v).fold(f64::NEG_INFINITY, f64::max);
    let point = |(x, v): (f64, f64)| {
        let across = if last.0 > first.0 { (x - first.0) / (last.0 - first.0) } else { 0.5 };
        let up = if max > min { (v - min) / (max - min) } else { 0.5 };
        format!("{:.1},{:.1}", across * TREND_WIDTH, (1.0 - up) * TREND_HEIGHT)
    };
    let stretch = known.len().div_ceil(TREND_POINTS / 2).max(1);
    let mut points = Vec::new();
    for part in known.chunks(stretch) {
        let by_value = |a: &&(f64, f64), b: &&(f64, f64)| a.1.total_cmp(&b.1);
        let (Some(low), Some(high)) = (part.iter().min_by(by_value), part.iter().max_by(by_value)) else { continue };
        let (a, b) = if low.0 <= high.0 { (low, high) } else { (high, low) };
        points.push(point(*a));
        if a != b {
            points.push(point(*b));
        }
    }
    if let [one] = points.as_slice() {
        // A line needs two ends.
        let height = one.split(',').nth(1).unwrap_or("10").to_owned();
        return format!("0,{height} {TREND_WIDTH},{height}");
    }
    points.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trend_keeps_its_peaks() {
        assert_eq!(trend_points(&[0.0, 1.0, 2.0], &[0.0, 10.0, 5.0]), "0.0,20.0 50.0,0.0 100.0,10.0");
        assert_eq!(trend_points(&[0.0], &[3.0]), "0,10.0 100,10.0");
        assert_eq!(trend_points(&[], &[]), "");
        assert_eq!(trend_points(&[0.0, 1.0], &[f64::NAN, f64::NAN]), "");
        let x: Vec<f64> = (0..10_000).map(f64::from).collect();
        let values: Vec<f64> = (0..10_000).map(|n| if n == 4_321 { 100.0 } else { 1.0 }).collect();
        let points = trend_points(&x, &values);
        assert!(points.contains(",0.0 ") && points.split(' ').count() <= TREND_POINTS + 2, "{points}");
    }
}
