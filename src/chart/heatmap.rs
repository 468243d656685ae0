//! Cells of counts over time and value ranges.
//!
//! Rows have equal heights whatever their bounds, so that narrow buckets are as readable as wide ones. An empty cell is
//! the panel's own surface; an unknown one is tinted, so that "nothing happened" and "nobody looked" differ.

use std::collections::BTreeMap;

use crate::{
    analysis::heatmap::{HeatmapGrid, RowBound},
    base::{
        time::{Range, TimeZone},
        units,
    },
};

use super::{
    AXIS_TEXT_PX,
    axis::time_axis_marks,
    cursor::CursorDot,
    layout::{TimeHit, TimeLayout, nearest_row},
    measure::{TextMeasure, fitted},
    scale::TimeScale,
    scene::{Align, Baseline, Dash, Ink, Mark, Point, Rect, Scene, Size},
};

/// How a count becomes a place on the colour scale.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ColourScale {
    #[default]
    Linear,
    /// Differences between small counts show even beside large ones.
    Log,
}

/// How cells are drawn where a dashboard asks for something unusual.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct CellLook {
    /// Cells at or below it are drawn as empty.
    pub hide_at_or_below: Option<f64>,
    pub hide_at_or_above: Option<f64>,
    /// Between cells, where they are large enough. None: neighbours touch.
    pub gap_px: f64,
    /// The lowest row is at the top.
    pub is_reversed: bool,
    /// The colours of large and of small counts change places.
    pub is_scale_reversed: bool,
}

/// Everything that [`layout`] needs.
#[derive(Clone, Copy)]
pub struct Input<'a> {
    pub grid: &'a HeatmapGrid,
    pub range: Range,
    pub time_zone: &'a dyn TimeZone,
    pub size: Size,
    pub dpr: f64,
    /// Of the rows' bounds, a unit id of [`crate::base::units`].
    pub unit: &'a str,
    pub decimals: Option<u32>,
    pub colour_scale: ColourScale,
    /// The count of the scale's ends; from the data where `None`.
    pub colour_min: Option<f64>,
    pub colour_max: Option<f64>,
    pub cells: CellLook,
    pub measure: &'a dyn TextMeasure,
}

/// The legend of the colours: a bar of stops from `min` to `max`.
#[derive(Debug, Clone, PartialEq)]
pub struct Legend {
    pub min: f64,
    pub max: f64,
    /// Evenly spaced along the bar.
    pub stops: Vec<Ink>,
    /// The theme's scale is run through from its end.
    pub is_reversed: bool,
}

/// A heatmap ready to paint and to ask.
#[derive(Debug, Clone)]
pub struct Layout {
    /// May be taken out: nothing else here reads it.
    pub scene: Scene,
    pub plot: Rect,
    pub x: TimeScale,
    /// `None` when there is nothing to draw.
    pub legend: Option<Legend>,
    size: Size,
    grid: HeatmapGrid,
    step_ms: f64,
    is_reversed: bool,
}

/// The column under the pointer.
#[derive(Debug, Clone, PartialEq)]
pub struct Hit {
    /// Index of the grid's column.
    pub column: usize,
    pub x_ms: f64,
    pub x_px: f64,
    /// The bands with a count there and the one under the pointer, from the top.
    pub bands: Vec<HitBand>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub struct HitBand {
    /// Index of the grid's row, lowest first.
    pub band: usize,
    pub lower: f64,
    /// Infinite for the overflow band.
    pub upper: f64,
    /// [`crate::model::frame::MISSING`] where nothing is known.
    pub count: f64,
    pub is_under_pointer: bool,
}

/// The least room between a label and the plot.
const LABEL_GAP_PX: f64 = 8.0;
const TOP_PX: f64 = 8.0;
const BOTTOM_PX: f64 = 22.0;
const RIGHT_PX: f64 = 6.0;
const GUTTER_STEP_PX: f64 = 8.0;
/// Between two labels of bounds.
const LABEL_STEP_PX: f64 = 26.0;
/// Between two names of rows, which take at most this part of the width.
const NAME_STEP_PX: f64 = 15.0;
const NAMES_MOST: f64 = 0.32;
/// A cell that is not larger than so many gaps has none.
const GAPS_LEAST: f64 = 3.0;
/// Shades that are told apart; equal neighbours become one rectangle.
const SHADES: f64 = 32.0;

/// Lays out the heatmap: O(cells).
pub fn layout(input: &Input<'_>) -> Layout {
    let Input { grid, range, size, dpr, .. } = *input;
    let device = |px: f64| (px * dpr).round() / dpr;
    let labels = bound_labels(input);
    let widest = labels.iter().map(|(_, text)| input.measure.width_px(text, AXIS_TEXT_PX)).fold(0.0, f64::max);
    let gutter = ((widest + LABEL_GAP_PX) / GUTTER_STEP_PX).ceil() * GUTTER_STEP_PX;
    let most = if grid.names.is_empty() { 0.5 } else { NAMES_MOST };
    let left = device(gutter.min(size.width_px * most));
    let top = TOP_PX.min(size.height_px / 4.0);
    let plot = Rect::new(
        left,
        device(top),
        device(size.width_px - RIGHT_PX).max(left + 1.0),
        device((size.height_px - BOTTOM_PX).max(top + 1.0)),
    );
    let (start_ms, end_ms) = (range.start_ms as f64, range.end_ms as f64);
    let x = TimeScale { start_ms, end_ms, start_px: plot.left, end_px: plot.right };
    let mut marks = Vec::new();
    let heat = HeatScale::of(input);
    cells(&mut marks, input, plot, &x, heat);
    bounds(&mut marks, input, plot, &labels);
    time_axis_marks(&mut marks, plot, &x, range, input.time_zone, size, input.measure);
    let legend = heat.map(|heat| Legend {
        min: heat.min,
        max: heat.max,
        is_reversed: input.cells.is_scale_reversed,
        stops: (0..=8).map(|n| heat.ink((f64::from(n) / 8.0 * SHADES).round() as u8)).collect(),
    });
    let (step_ms, is_reversed) = (step_of(grid), input.cells.is_reversed);
    Layout { scene: Scene { size, marks }, plot, x, legend, size, grid: grid.clone(), step_ms, is_reversed }
}

/// The distance between columns: the smallest, so that a gap does not widen its neighbours.
fn step_of(grid: &HeatmapGrid) -> f64 {
    let x_ms = &grid.x_ms;
    let steps = x_ms.iter().zip(x_ms.iter().skip(1)).map(|(a, b)| b - a);
    grid.step_ms.or(steps.min_by(f64::total_cmp)).filter(|step| *step > 0.0).unwrap_or(60_000.0)
}

#[derive(Debug, Clone, Copy)]
struct HeatScale {
    min: f64,
    max: f64,
    is_log: bool,
    /// Rows are series whose values may be of either sign: zero and what is below have a colour, too.
    is_signed: bool,
    cells: CellLook,
}

impl HeatScale {
    /// `None` when no cell counts anything.
    fn of(input: &Input<'_>) -> Option<Self> {
        let Input { grid, cells, colour_min, colour_max, .. } = *input;
        let finite = || grid.counts.iter().copied().filter(|count| count.is_finite() && !cells.hides(*count));
        let is_signed = !grid.names.is_empty() && finite().any(|count| count < 0.0);
        let counts = || finite().filter(|count| is_signed || *count > 0.0);
        let largest = counts().max_by(f64::total_cmp)?;
        let is_log = input.colour_scale == ColourScale::Log && !is_signed;
        let least = if is_log || is_signed { counts().min_by(f64::total_cmp)? } else { 0.0 };
        let min = colour_min.filter(|min| min.is_finite() && (!is_log || *min > 0.0)).unwrap_or(least);
        let max = colour_max.filter(|max| max.is_finite()).unwrap_or(largest);
        Some(Self { min, max: if max > min { max } else { min + min.abs().max(1.0) }, is_log, is_signed, cells })
    }

    fn cell(self, count: f64) -> Cell {
        if count.is_nan() {
            Cell::Unknown
        } else if (count > 0.0 || self.is_signed) && !self.cells.hides(count) {
            Cell::Shade(self.shade(count))
        } else {
            Cell::Empty
        }
    }

    fn shade(self, count: f64) -> u8 {
        let Self { min, max, is_log, .. } = self;
        let ratio = if is_log { (count.ln() - min.ln()) / (max.ln() - min.ln()) } else { (count - min) / (max - min) };
        (ratio.clamp(0.0, 1.0) * SHADES).round() as u8
    }

    fn ink(self, shade: u8) -> Ink {
        let ratio = f64::from(shade) / SHADES;
        Ink::heat(if self.cells.is_scale_reversed { 1.0 - ratio } else { ratio })
    }
}

impl CellLook {
    fn hides(&self, count: f64) -> bool {
        self.hide_at_or_below.is_some_and(|limit| count <= limit)
            || self.hide_at_or_above.is_some_and(|limit| count >= limit)
    }

    /// The y of a height in rows above the lowest row's outer edge.
    fn y_px(&self, plot: Rect, height: f64, row_count: usize) -> f64 {
        let px = plot.height() * height / row_count.max(1) as f64;
        if self.is_reversed { plot.top + px } else { plot.bottom - px }
    }

    /// A cell without its share of the gap.
    fn inset(&self, rect: Rect, dpr: f64) -> Rect {
        let gap = (self.gap_px * dpr).round() / dpr;
        let least = gap * GAPS_LEAST;
        let right = if gap > 0.0 && rect.width() > least { rect.right - gap } else { rect.right };
        let top = if gap > 0.0 && rect.height() > least { rect.top + gap } else { rect.top };
        Rect { top, right, ..rect }
    }
}

/// What a cell shows.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Cell {
    Unknown,
    Empty,
    Shade(u8),
}

fn cells(marks: &mut Vec<Mark>, input: &Input<'_>, plot: Rect, x: &TimeScale, heat: Option<HeatScale>) {
    let Input { grid, dpr, cells: look, .. } = *input;
    let device = |px: f64| (px * dpr).round() / dpr;
    let row_edge = |row: usize| device(look.y_px(plot, row as f64, grid.rows.len()));
    let columns = pixel_columns(grid, plot, x, dpr);
    let mut unknown: Vec<Rect> = Vec::new();
    let mut shades: BTreeMap<u8, Vec<Rect>> = BTreeMap::new();
    for row in 0..grid.rows.len() {
        let (one, other) = (row_edge(row), row_edge(row + 1));
        let mut run: Option<(Cell, Rect)> = None;
        for PixelColumn { left, right, columns } in &columns {
            let counts = columns.clone().map(|column| grid.count(row, column)).filter(|count| !count.is_nan());
            let cell = match counts.max_by(f64::total_cmp) {
                None => Cell::Unknown,
                Some(count) => heat.map_or(Cell::Empty, |heat| heat.cell(count)),
            };
            match &mut run {
                // With a gap each cell stands for itself.
                Some((before, rect)) if *before == cell && rect.right >= *left && look.gap_px <= 0.0 => {
                    rect.right = *right;
                }
                _ => {
                    let rect = look.inset(Rect::new(*left, one.min(other), *right, one.max(other)), dpr);
                    keep_run(&mut unknown, &mut shades, run.replace((cell, rect)));
                }
            }
        }
        keep_run(&mut unknown, &mut shades, run);
    }
    if !unknown.is_empty() {
        marks.push(Mark::Rects { tone: Ink::Line.alpha(0.35), rects: unknown });
    }
    if let Some(heat) = heat {
        let shaded = |(shade, rects)| Mark::Rects { tone: heat.ink(shade).opaque(), rects };
        marks.extend(shades.into_iter().map(shaded));
    }
}

fn keep_run(unknown: &mut Vec<Rect>, shades: &mut BTreeMap<u8, Vec<Rect>>, run: Option<(Cell, Rect)>) {
    match run {
        Some((Cell::Unknown, rect)) => unknown.push(rect),
        Some((Cell::Shade(shade), rect)) => shades.entry(shade).or_default().push(rect),
        Some((Cell::Empty, _)) | None => (),
    }
}

/// Columns of the grid that share device pixels.
struct PixelColumn {
    left: f64,
    right: f64,
    columns: std::ops::Range<usize>,
}

fn pixel_columns(grid: &HeatmapGrid, plot: Rect, x: &TimeScale, dpr: f64) -> Vec<PixelColumn> {
    let half_ms = step_of(grid) / 2.0;
    let edge = |x_ms: f64| (x.px_from_ms(x_ms).clamp(plot.left, plot.right) * dpr).round() / dpr;
    let mut columns: Vec<PixelColumn> = Vec::new();
    for (column, x_ms) in grid.x_ms.iter().enumerate() {
        let (left, right) = (edge(x_ms - half_ms), edge(x_ms + half_ms));
        match columns.last_mut() {
            // Narrower than a pixel: it goes to the one before.
            Some(last) if right <= last.right => last.columns.end = column + 1,
            _ if right > left => columns.push(PixelColumn { left, right, columns: column..column + 1 }),
            _ => (),
        }
    }
    columns
}

/// The bounds to label, as heights in rows from the bottom, and their texts.
fn bound_labels(input: &Input<'_>) -> Vec<(f64, String)> {
    let Input { grid, unit, decimals, size, .. } = *input;
    let row_count = grid.rows.len();
    if !grid.names.is_empty() {
        return names(input);
    }
    let row_px = (size.height_px - TOP_PX - BOTTOM_PX) / row_count.max(1) as f64;
    let every = ((LABEL_STEP_PX / row_px.max(0.1)).ceil() as usize).max(1);
    let text = |bound: f64| units::format(unit, bound, decimals).to_string();
    let mut labels = Vec::new();
    let finite_rows = grid.rows.iter().filter(|row| row.upper.is_finite()).count();
    // Counted from the highest finite bound, which matters most.
    for (at, RowBound { upper, .. }) in grid.rows.iter().enumerate().filter(|(_, row)| row.upper.is_finite()) {
        if (finite_rows - 1 - at) % every == 0 {
            labels.push(((at + 1) as f64, text(*upper)));
        }
    }
    if let Some(overflow) = grid.rows.last().filter(|row| row.upper.is_infinite() && row.lower.is_finite()) {
        if row_px >= LABEL_STEP_PX {
            labels.push((row_count as f64 - 0.5, format!("> {}", text(overflow.lower))));
        } else {
            // No room for its own label: the highest bound says that there is more above it.
            if let Some(highest) = labels.last_mut() {
                highest.1.insert_str(0, "> ");
                highest.0 += 0.5;
            }
        }
    }
    // Where the axis begins is said unless it is zero, as durations do.
    if let Some(first) = grid.rows.first().filter(|row| row.lower.is_finite() && row.lower != 0.0) {
        labels.push((0.0, text(first.lower)));
    }
    labels
}

/// The names to write, in the middles of their rows.
fn names(input: &Input<'_>) -> Vec<(f64, String)> {
    let Input { grid, size, measure, .. } = *input;
    let row_px = (size.height_px - TOP_PX - BOTTOM_PX) / grid.names.len().max(1) as f64;
    let every = ((NAME_STEP_PX / row_px.max(0.1)).ceil() as usize).max(1);
    let room_px = size.width_px * NAMES_MOST - LABEL_GAP_PX;
    let written = grid.names.iter().enumerate().step_by(every);
    written.filter_map(|(at, name)| Some((at as f64 + 0.5, fitted(name, AXIS_TEXT_PX, room_px, measure)?))).collect()
}

fn bounds(marks: &mut Vec<Mark>, input: &Input<'_>, plot: Rect, labels: &[(f64, String)]) {
    let row_count = input.grid.rows.len().max(1) as f64;
    let y_of = |height: f64| input.cells.y_px(plot, height, input.grid.rows.len());
    if input.grid.rows.len() > 1 && input.grid.rows.last().is_some_and(|row| row.upper.is_infinite()) {
        let y = y_of(row_count - 1.0);
        marks.push(Mark::Rule {
            tone: Ink::LineStrong.opaque(),
            from: Point::new(plot.left, y),
            to: Point::new(plot.right, y),
            width_px: 1.0,
            dash: Some(Dash { on_px: 2.0, off_px: 4.0 }),
        });
    }
    for (height, text) in labels {
        marks.push(Mark::Text {
            tone: Ink::Text3.opaque(),
            text: text.clone(),
            at: Point::new(plot.left - LABEL_GAP_PX, y_of(*height)),
            align: Align::End,
            baseline: Baseline::Middle,
            size_px: AXIS_TEXT_PX,
        });
    }
}

impl TimeHit for Hit {
    fn x_ms(&self) -> f64 {
        self.x_ms
    }
}

impl TimeLayout for Layout {
    type Hit = Hit;

    fn size(&self) -> Size {
        self.size
    }

    fn plot(&self) -> Rect {
        self.plot
    }

    fn time_scale(&self) -> &TimeScale {
        &self.x
    }

    fn hit(&self, x_px: f64, y_px: f64) -> Option<Hit> {
        self.plot.contains(x_px, y_px).then_some(())?;
        let height = self.plot.height();
        let from_px = if self.is_reversed { y_px - self.plot.top } else { self.plot.bottom - y_px };
        let ratio = if height > 0.0 { from_px / height } else { 0.0 };
        let band = ((ratio * self.grid.rows.len() as f64).floor() as usize).min(self.grid.rows.len().saturating_sub(1));
        self.hit_column(self.ms_from_px(x_px), Some(band))
    }

    fn hit_ms(&self, x_ms: f64) -> Option<Hit> {
        self.hit_column(x_ms, None)
    }

    /// Cells have none.
    fn cursor_dots(&self, _: &Hit) -> Vec<CursorDot> {
        Vec::new()
    }
}

impl Layout {
    fn hit_column(&self, x_ms: f64, pointed: Option<usize>) -> Option<Hit> {
        let (column, column_ms) = nearest_row(&self.grid.x_ms, x_ms)?;
        // Half a step to each side is the cell; a little more forgives the pointer.
        if (column_ms - x_ms).abs() > self.step_ms {
            return None;
        }
        let bands = self.grid.rows.iter().enumerate().rev().filter_map(|(band, RowBound { lower, upper })| {
            let count = self.grid.count(band, column);
            let is_under_pointer = pointed == Some(band);
            let is_told = count > 0.0 || is_under_pointer || (!self.grid.names.is_empty() && !count.is_nan());
            is_told.then_some(HitBand { band, lower: *lower, upper: *upper, count, is_under_pointer })
        });
        Some(Hit { column, x_ms: column_ms, x_px: self.px_from_ms(column_ms), bands: bands.collect() })
    }
}

/// A heatmap in a sentence: of counts where most of them lie, of series which one was the highest.
pub fn summary(title: &str, grid: &HeatmapGrid, unit: &str, decimals: Option<u32>) -> String {
    let text = |value: f64| units::format(unit, value, decimals).to_string();
    let known = |row: usize| (0..grid.x_ms.len()).map(move |at| grid.count(row, at)).filter(|count| count.is_finite());
    if !grid.names.is_empty() {
        let peaks =
            grid.names.iter().enumerate().filter_map(|(at, name)| Some((name, known(at).max_by(f64::total_cmp)?)));
        let Some((name, peak)) = peaks.max_by(|a, b| a.1.total_cmp(&b.1)) else { return format!("{title}: no data.") };
        return format!(
            "{title}: heatmap of {} series; the highest, {name}, reaches {}.",
            grid.names.len(),
            text(peak)
        );
    }
    let totals: Vec<f64> = (0..grid.rows.len()).map(|row| known(row).sum::<f64>()).collect();
    let total: f64 = totals.iter().sum();
    let densest = grid.rows.iter().zip(&totals).max_by(|a, b| a.1.total_cmp(b.1)).filter(|_| total > 0.0);
    let Some((row, count)) = densest else { return format!("{title}: no data.") };
    let band = if row.upper.is_infinite() {
        format!("above {}", text(row.lower))
    } else {
        format!("between {} and {}", text(row.lower), text(row.upper))
    };
    format!(
        "{title}: heatmap of {} time columns and {} value ranges; most counts, {}, lie {band}.",
        grid.x_ms.len(),
        grid.rows.len(),
        units::format("percent", count / total * 100.0, Some(0))
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::frame::MISSING;

    #[test]
    fn says_where_a_heatmap_is_dense() {
        let grid = HeatmapGrid {
            x_ms: vec![0.0, 1.0],
            rows: vec![RowBound { lower: 0.0, upper: 0.1 }, RowBound { lower: 0.1, upper: f64::INFINITY }],
            counts: vec![3.0, 5.0, 1.0, MISSING],
            ..HeatmapGrid::default()
        };
        assert_eq!(
            summary("Response time", &grid, "s", None),
            "Response time: heatmap of 2 time columns and 2 value ranges; most counts, 89%, lie between 0 s and 100 ms."
        );
        let named = HeatmapGrid { names: vec!["a".to_owned(), "b".to_owned()], ..grid };
        assert_eq!(summary("R", &named, "s", None), "R: heatmap of 2 series; the highest, a, reaches 5 s.");
        assert_eq!(summary("R", &HeatmapGrid::default(), "s", None), "R: no data.");
    }
}
