//! Values over time as states: what a state timeline and a status history show.
//!
//! A state is a mapping's word, a step of the thresholds, a text, or else the value itself. A sample holds until the next
//! one, but no longer than a step where the series has a gap.

use std::{cmp::Ordering, sync::Arc};

use crate::{
    base::{colour::assign_slots, order, time::Range, units},
    model::{
        dashboard::{FieldColour, NullMode},
        labels::Labels,
    },
};

use super::table::{
    Cell, CellType, Column, Table,
    field::{FieldConfig, Look, Mapping, Moment, Paint, looks_of},
};

/// Lanes of states below each other.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct States {
    pub lanes: Vec<Lane>,
    /// Those that occur: thresholds from the lowest, others as they come.
    pub legend: Vec<State>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Lane {
    pub name: String,
    /// Ascending; they do not overlap.
    pub spans: Vec<Span>,
    pub line_width_px: f64,
    /// 0 to 100.
    pub fill_percent: f64,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Span {
    pub from_ms: f64,
    pub to_ms: f64,
    /// Index into the legend.
    pub state: usize,
    /// What stands on it.
    pub text: Arc<str>,
    pub paint: Option<Paint>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct State {
    pub name: Arc<str>,
    pub paint: Option<Paint>,
}

/// What kind of lanes are wanted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Shape {
    /// A span holds as long as its state.
    Timeline { merges_equal: bool },
    /// A cell around each sample, as wide as this part of a step.
    History { width_ratio: f64 },
}

/// The width of a line and how much a span is filled, where the options do not say.
const LINE_WIDTH_PX: f64 = 0.0;
const FILL_PERCENT: f64 = 70.0;

/// One lane for each column beside the times. `step_ms` is how far apart samples are where none is missing.
pub fn states_of(
    tables: &[Table],
    config: &FieldConfig,
    shape: Shape,
    range: Range,
    step_ms: i64,
    moment: Moment<'_>,
) -> States {
    let mut names = Names::default();
    let mut lanes = Vec::new();
    for table in tables {
        let Some(time) = table.time_position().and_then(|at| table.columns.get(at)) else { continue };
        let looks = looks_of(config, table);
        for (column, look) in table.columns.iter().zip(&looks) {
            let is_lane = !matches!(column.cells.kind(), CellType::Time | CellType::Trend);
            if !is_lane || look.options.is_hidden == Some(true) {
                continue;
            }
            let lane = Making { time, column, look, shape, range, step_ms: step_ms.max(1) as f64, moment };
            lanes.push(lane.made(&mut names));
        }
    }
    settled(lanes, names)
}

/// States by name while lanes are made.
#[derive(Default)]
struct Names {
    /// With the place among thresholds.
    known: Vec<(State, usize)>,
}

impl Names {
    fn at(&mut self, name: Arc<str>, paint: Option<Paint>, rank: usize) -> usize {
        let found =
            self.known.iter().position(|(state, known)| state.name == name && *known == rank && state.paint == paint);
        found.unwrap_or_else(|| {
            self.known.push((State { name, paint }, rank));
            self.known.len() - 1
        })
    }
}

/// States without a colour of their own have one of the series' colours, by their name.
fn settled(mut lanes: Vec<Lane>, names: Names) -> States {
    let order = order::order_of(names.known.len(), &mut |a, b| {
        let rank = |at: usize| names.known.get(at).map(|(_, rank)| *rank);
        rank(a).cmp(&rank(b)).then(Ordering::Equal)
    });
    let mut place = vec![0; names.known.len()];
    for (to, from) in order.iter().enumerate() {
        if let Some(slot) = place.get_mut(*from) {
            *slot = to;
        }
    }
    let mut legend: Vec<State> =
        order.iter().filter_map(|at| names.known.get(*at)).map(|(state, _)| state.clone()).collect();
    let mut bare: Vec<Arc<str>> =
        legend.iter().filter(|state| state.paint.is_none()).map(|state| Arc::clone(&state.name)).collect();
    order::sort_by(&mut bare, Ord::cmp);
    bare.dedup();
    let hashes: Vec<u64> =
        bare.iter().map(|name| Labels::from_pairs([("state", name.as_ref())]).stable_hash()).collect();
    let slots = assign_slots(&hashes);
    for state in legend.iter_mut().filter(|state| state.paint.is_none()) {
        let at = bare.iter().position(|name| *name == state.name);
        state.paint = at.and_then(|at| slots.get(at)).map(|slot| Paint::Slot(*slot));
    }
    for span in lanes.iter_mut().flat_map(|lane| &mut lane.spans) {
        span.state = place.get(span.state).copied().unwrap_or_default();
        span.paint = span.paint.or_else(|| legend.get(span.state).and_then(|state| state.paint));
    }
    States { lanes, legend }
}

/// One column on its way to a lane.
struct Making<'a> {
    time: &'a Column,
    column: &'a Column,
    look: &'a Look,
    shape: Shape,
    range: Range,
    step_ms: f64,
    moment: Moment<'a>,
}

impl Making<'_> {
    fn made(&self, names: &mut Names) -> Lane {
        let mut samples: Vec<(f64, Cell)> = (0..self.column.cells.len())
            .map(|row| (self.time.cells.number(row), self.column.cells.get(row)))
            .filter(|(t, cell)| t.is_finite() && (!cell.is_none() || self.is_mapped(cell)))
            .collect();
        order::sort_by(&mut samples, |a, b| a.0.total_cmp(&b.0));
        let mut spans: Vec<Span> = Vec::new();
        for (at, (t, cell)) in samples.iter().enumerate() {
            let next = samples.get(at + 1).map(|(t, _)| *t);
            let (from_ms, to_ms) = self.bounds(*t, next);
            if to_ms <= from_ms {
                continue;
            }
            let (name, text, paint, rank) = self.state_of(cell);
            let state = names.at(name, paint, rank);
            let is_same = matches!(self.shape, Shape::Timeline { merges_equal: true });
            match spans
                .last_mut()
                .filter(|before| is_same && before.state == state && before.text == text && before.to_ms >= from_ms)
            {
                Some(before) => before.to_ms = to_ms,
                None => spans.push(Span { from_ms, to_ms, state, text, paint }),
            }
        }
        Lane {
            name: self.look.title.clone(),
            spans,
            line_width_px: self.look.options.line_width_px.unwrap_or(LINE_WIDTH_PX),
            fill_percent: self.look.options.fill_percent.unwrap_or(FILL_PERCENT),
        }
    }

    /// "Nothing" is a state where a mapping says so.
    fn is_mapped(&self, cell: &Cell) -> bool {
        Mapping::find(self.look.mappings(), cell).is_some()
    }

    /// From when to when a sample holds, within the range.
    fn bounds(&self, t: f64, next: Option<f64>) -> (f64, f64) {
        let (start, end) = (self.range.start_ms as f64, self.range.end_ms as f64);
        let (from, to) = match self.shape {
            Shape::History { width_ratio } => {
                let half = self.step_ms * width_ratio.clamp(0.05, 1.0) / 2.0;
                (t - half, t + half)
            }
            Shape::Timeline { .. } => {
                let until = next.unwrap_or(end).max(t);
                let gap = until - t;
                // A little more than a step is no gap: the range ends between two steps.
                let is_gap = gap > self.step_ms * 1.5;
                let is_held = match self.look.options.nulls.unwrap_or_default() {
                    NullMode::Gap | NullMode::Zero => !is_gap,
                    NullMode::Connect => true,
                    NullMode::ConnectBelow { gap_ms } => !is_gap || gap <= gap_ms as f64,
                };
                let is_cut = self.look.options.insert_nulls_ms.is_some_and(|limit_ms| gap > limit_ms as f64);
                // The last sample is not drawn into the future of a series that ended.
                let is_held = is_held && !is_cut && (next.is_some() || !is_gap);
                (t, if is_held { until } else { t + self.step_ms })
            }
        };
        (from.max(start), to.min(end))
    }

    /// Name, text on the span, colour, and the place among thresholds.
    fn state_of(&self, cell: &Cell) -> (Arc<str>, Arc<str>, Option<Paint>, usize) {
        let look = self.look;
        let paint = look.paint(cell);
        let text: Arc<str> = look.written(cell, self.moment).text.into();
        if let Some((_, word)) = Mapping::find(look.mappings(), cell) {
            let name = word.map_or_else(|| Arc::clone(&text), Arc::from);
            return (name, text, paint, 0);
        }
        let is_stepped = matches!(look.options.colour, None | Some(FieldColour::Auto | FieldColour::Thresholds));
        let step = look.step(cell.number()).filter(|_| is_stepped);
        if let Some(step) = step {
            let name: Arc<str> = self.step_text(step).into();
            let merges = matches!(self.shape, Shape::Timeline { merges_equal: true });
            let text = if merges { Arc::clone(&name) } else { text };
            return (name, text, paint, step + 1);
        }
        (Arc::clone(&text), text, paint, usize::MAX)
    }

    /// A step in words: `< 80`, `80 – 90`, `≥ 90`.
    fn step_text(&self, step: usize) -> String {
        let Some(thresholds) = &self.look.options.thresholds else { return String::new() };
        let is_percent = thresholds.mode == crate::model::dashboard::ThresholdMode::Percentage;
        let unit = if is_percent { "percent" } else { self.look.unit.as_str() };
        let at = |step: usize| {
            let value = thresholds.steps.get(step).map(|step| step.value).filter(|value| value.is_finite());
            value.map(|value| units::format(unit, value, None).to_string())
        };
        match (at(step), at(step + 1)) {
            (None, Some(end)) => format!("< {end}"),
            (Some(start), None) => format!("\u{2265} {start}"),
            (Some(start), Some(end)) => format!("{start} \u{2013} {end}"),
            (None, None) => "any value".to_owned(),
        }
    }
}

impl Lane {
    /// The span at an instant.
    pub fn at(&self, x_ms: f64) -> Option<usize> {
        let after = self.spans.partition_point(|span| span.from_ms <= x_ms);
        let at = after.checked_sub(1)?;
        self.spans.get(at).filter(|span| x_ms < span.to_ms).map(|_| at)
    }
}

#[cfg(test)]
mod tests {
    use super::{
        super::table::{
            field::{Match, Options},
            tests::{numbers, table, texts, times},
        },
        *,
    };
    use crate::{
        base::time::Utc,
        model::dashboard::{Hue, PanelColour, ThresholdStep, Thresholds},
    };

    const MOMENT: Moment<'static> = Moment { zone: &Utc, now_ms: 0 };
    const RANGE: Range = Range { start_ms: 0, end_ms: 60 };
    const MERGED: Shape = Shape::Timeline { merges_equal: true };

    fn thresholds() -> Options {
        let step = |value: f64, hue: Hue| ThresholdStep { value, colour: PanelColour::named(hue) };
        let steps = vec![step(f64::NEG_INFINITY, Hue::Green), step(80.0, Hue::Orange), step(90.0, Hue::Red)];
        Options { thresholds: Some(Thresholds { steps, ..Thresholds::default() }), ..Options::default() }
    }

    fn drawn(tables: &[Table], options: Options, shape: Shape) -> String {
        let config = FieldConfig { defaults: options, overrides: vec![] };
        let states = states_of(tables, &config, shape, RANGE, 10, MOMENT);
        let mut lines = Vec::new();
        for lane in &states.lanes {
            let spans: Vec<String> =
                lane.spans.iter().map(|span| format!("{}..{} {}", span.from_ms, span.to_ms, span.text)).collect();
            lines.push(format!("{}: {}", lane.name, spans.join(", ")));
        }
        let legend: Vec<&str> = states.legend.iter().map(|state| &*state.name).collect();
        lines.push(legend.join(" / "));
        lines.join("\n")
    }

    fn lane(values: &[f64]) -> Vec<Table> {
        let x_ms: Vec<f64> = (0..values.len()).map(|row| row as f64 * 10.0).collect();
        vec![table(vec![times(&x_ms), numbers("cpu", values)])]
    }

    #[test]
    fn numbers_are_states_by_their_thresholds() {
        let values = [95.0, 10.0, 20.0, 85.0, 99.0];
        assert_eq!(
            drawn(&lane(&values), thresholds(), MERGED),
            "cpu: 0..10 \u{2265} 90, 10..30 < 80, 30..40 80 \u{2013} 90, 40..50 \u{2265} 90\n\
             < 80 / 80 \u{2013} 90 / \u{2265} 90"
        );
        assert_eq!(
            drawn(&lane(&values[1..3]), thresholds(), Shape::Timeline { merges_equal: false }),
            "cpu: 0..10 10, 10..20 20\n< 80"
        );
    }

    #[test]
    fn the_last_sample_holds_to_the_end_of_the_range_unless_the_series_ended() {
        let x_ms = [0.0, 10.0, 50.0];
        let series = vec![table(vec![times(&x_ms), texts("s", &["a", "a", "b"])])];
        assert_eq!(drawn(&series, Options::default(), MERGED), "s: 0..20 a, 50..60 b\na / b");
        let held = Options { nulls: Some(NullMode::Connect), ..Options::default() };
        assert_eq!(drawn(&series, held.clone(), MERGED), "s: 0..50 a, 50..60 b\na / b");
        let below = |gap_ms: i64| Options { nulls: Some(NullMode::ConnectBelow { gap_ms }), ..Options::default() };
        assert_eq!(drawn(&series, below(40), MERGED), "s: 0..50 a, 50..60 b\na / b");
        assert_eq!(drawn(&series, below(30), MERGED), "s: 0..20 a, 50..60 b\na / b");
        let cut = Options { insert_nulls_ms: Some(30), ..held };
        assert_eq!(drawn(&series, cut, MERGED), "s: 0..20 a, 50..60 b\na / b");
    }

    #[test]
    fn mappings_name_states_and_may_name_nothing() {
        let mapping = |matches: Match, text: &str| Mapping { matches, text: Some(text.to_owned()), colour: None };
        let options = Options {
            mappings: Some(vec![
                mapping(Match::Value("1".to_owned()), "up"),
                mapping(Match::Value("0".to_owned()), "down"),
                mapping(Match::Null, "unknown"),
            ]),
            ..Options::default()
        };
        let values = [1.0, 1.0, 0.0, crate::model::frame::MISSING, 1.0];
        assert_eq!(
            drawn(&lane(&values), options, MERGED),
            "cpu: 0..20 up, 20..30 down, 30..40 unknown, 40..50 up\nup / down / unknown"
        );
    }

    #[test]
    fn a_history_has_a_cell_around_each_sample() {
        assert_eq!(
            drawn(&lane(&[1.0, 95.0]), thresholds(), Shape::History { width_ratio: 0.8 }),
            "cpu: 0..4 1, 6..14 95\n< 80 / \u{2265} 90"
        );
    }

    #[test]
    fn texts_have_colours_of_their_own_and_lanes_may_be_hidden() {
        let config = FieldConfig::default();
        let tables = [table(vec![times(&[0.0, 10.0]), texts("s", &["a", "b"])])];
        let states = states_of(&tables, &config, MERGED, RANGE, 10, MOMENT);
        let paints: Vec<Option<Paint>> = states.lanes[0].spans.iter().map(|span| span.paint).collect();
        assert!(matches!(paints[..], [Some(Paint::Slot(a)), Some(Paint::Slot(b))] if a != b), "{paints:?}");
        assert_eq!(
            (states.lanes[0].at(5.0), states.lanes[0].at(10.0), states.lanes[0].at(25.0)),
            (Some(0), Some(1), None)
        );
        let hidden = Options { is_hidden: Some(true), ..Options::default() };
        assert_eq!(drawn(&tables, hidden, MERGED), "");
    }
}
