//! State timelines and status histories as geometry: lanes below each other, each with spans of one colour over time.
//!
//! A span is at least one device pixel wide: an outage of a second shows in a month.

use std::sync::Arc;

use crate::base::time::{Range, TimeZone};

use super::{
    AXIS_TEXT_PX,
    axis::time_axis_marks,
    cursor::CursorDot,
    layout::{TimeHit, TimeLayout},
    measure::{TextMeasure, fitted},
    scale::TimeScale,
    scene::{Align, Baseline, Ink, Mark, Point, Rect, Scene, Size, Tone},
};

/// Everything that a timeline is laid out from.
pub struct Input<'a> {
    pub lanes: &'a [Lane],
    pub range: Range,
    pub time_zone: &'a dyn TimeZone,
    pub size: Size,
    pub dpr: f64,
    /// Part of a lane's height that its spans fill.
    pub row_height_ratio: f64,
    pub labels: SpanLabels,
    /// Where a span's text stands on it.
    pub align: Align,
    pub measure: &'a dyn TextMeasure,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Lane {
    pub name: String,
    /// Ascending in time.
    pub spans: Vec<Span>,
    pub line_width_px: f64,
    /// How much of its colour a span is filled with, 0 to 1.
    pub fill_ratio: f64,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Span {
    pub from_ms: f64,
    pub to_ms: f64,
    pub ink: Ink,
    pub text: Arc<str>,
}

/// Which spans have their text on them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SpanLabels {
    /// Those that it fits on.
    #[default]
    Fitting,
    /// All that have room for a letter.
    All,
    None,
}

/// A timeline, laid out.
#[derive(Debug, Clone, PartialEq)]
pub struct Layout {
    pub scene: Scene,
    plot: Rect,
    x: TimeScale,
    size: Size,
    lane_count: usize,
}

/// What is under the pointer: an instant, and on which lane.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Hit {
    pub x_ms: f64,
    /// `None` where another panel's cursor or the keyboard leads.
    pub lane: Option<usize>,
}

const BOTTOM_PX: f64 = 22.0;
const RIGHT_PX: f64 = 6.0;
const NAME_GAP_PX: f64 = 8.0;
/// The names of lanes take at most this part of the width.
const NAMES_MOST: f64 = 0.32;
const GUTTER_STEP_PX: f64 = 8.0;
/// A lane lower than this shares its name's room with the next.
const NAME_STEP_PX: f64 = 15.0;
/// Between a span's edge and its text.
const TEXT_PAD_PX: f64 = 5.0;
/// Colours are toned down so far at most, so that text is read on each of them in either theme.
const FILL_MOST: f64 = 0.55;
/// A span lower than this has no text.
const TEXT_HEIGHT_PX: f64 = 13.0;

/// Lays out the lanes: O(spans).
pub fn layout(input: &Input<'_>) -> Layout {
    let Input { lanes, range, size, dpr, .. } = *input;
    let device = |px: f64| (px * dpr).round() / dpr;
    let width = |text: &str| input.measure.width_px(text, AXIS_TEXT_PX);
    let widest = lanes.iter().map(|lane| width(&lane.name)).fold(0.0, f64::max);
    let gutter = ((widest + NAME_GAP_PX) / GUTTER_STEP_PX).ceil() * GUTTER_STEP_PX;
    let left = device(gutter.min(size.width_px * NAMES_MOST));
    let plot = Rect::new(
        left,
        0.0,
        device(size.width_px - RIGHT_PX).max(left + 1.0),
        device((size.height_px - BOTTOM_PX).max(1.0)),
    );
    let x = TimeScale {
        start_ms: range.start_ms as f64,
        end_ms: range.end_ms as f64,
        start_px: plot.left,
        end_px: plot.right,
    };
    let mut layers = Layers::default();
    let mut texts = Vec::new();
    let lane_px = plot.height() / lanes.len().max(1) as f64;
    for (at, lane) in lanes.iter().enumerate() {
        let middle = plot.top + lane_px * (at as f64 + 0.5);
        let half = (lane_px * input.row_height_ratio.clamp(0.05, 1.0) / 2.0).max(0.5);
        let (top, bottom) = (device(middle - half), device(middle + half).max(device(middle - half) + 1.0 / dpr));
        for span in &lane.spans {
            let from = device(x.px_from_ms(span.from_ms).clamp(plot.left, plot.right));
            let to = device(x.px_from_ms(span.to_ms).clamp(plot.left, plot.right)).max(from + 1.0 / dpr);
            let rect = Rect::new(from, top, to, bottom);
            layers.add(lane, span.ink, rect);
            texts.extend(span_text(input, &span.text, rect));
        }
    }
    let mut marks = layers.into_marks();
    marks.extend(texts);
    names(&mut marks, input, plot, lane_px);
    time_axis_marks(&mut marks, plot, &x, range, input.time_zone, size, input.measure);
    Layout { scene: Scene { size, marks }, plot, x, size, lane_count: lanes.len() }
}

/// Rectangles by tone, the outermost first.
#[derive(Default)]
struct Layers {
    edges: Vec<(Tone, Vec<Rect>)>,
    insides: Vec<Rect>,
    fills: Vec<(Tone, Vec<Rect>)>,
}

impl Layers {
    fn add(&mut self, lane: &Lane, ink: Ink, rect: Rect) {
        let fill = ink.alpha(lane.fill_ratio.clamp(0.0, 1.0) * FILL_MOST);
        let line = lane.line_width_px.max(0.0);
        let inner = Rect::new(rect.left + line, rect.top + line, rect.right - line, rect.bottom - line);
        // A span that is all edge is its edge.
        if line > 0.0 {
            push(&mut self.edges, ink.opaque(), rect);
            if inner.right > inner.left && inner.bottom > inner.top {
                self.insides.push(inner);
                push(&mut self.fills, fill, inner);
            }
        } else {
            push(&mut self.fills, fill, rect);
        }
    }

    fn into_marks(self) -> Vec<Mark> {
        let rects = |(tone, rects): (Tone, Vec<Rect>)| Mark::Rects { tone, rects };
        let mut marks: Vec<Mark> = self.edges.into_iter().map(rects).collect();
        if !self.insides.is_empty() {
            marks.push(Mark::Rects { tone: Ink::Surface1.opaque(), rects: self.insides });
        }
        marks.extend(self.fills.into_iter().map(rects));
        marks
    }
}

fn push(layers: &mut Vec<(Tone, Vec<Rect>)>, tone: Tone, rect: Rect) {
    match layers.iter_mut().find(|(known, _)| *known == tone) {
        Some((_, rects)) => match rects.last_mut() {
            // On the same pixels already.
            Some(last) if *last == rect => {}
            _ => rects.push(rect),
        },
        None => layers.push((tone, vec![rect])),
    }
}

fn span_text(input: &Input<'_>, text: &str, rect: Rect) -> Option<Mark> {
    let room = rect.width() - 2.0 * TEXT_PAD_PX;
    if text.is_empty() || rect.height() < TEXT_HEIGHT_PX || room <= 0.0 {
        return None;
    }
    let text = match input.labels {
        SpanLabels::None => return None,
        SpanLabels::Fitting => (input.measure.width_px(text, AXIS_TEXT_PX) <= room).then(|| text.to_owned())?,
        SpanLabels::All => fitted(text, AXIS_TEXT_PX, room, input.measure)?,
    };
    let at_px = match input.align {
        Align::Start => rect.left + TEXT_PAD_PX,
        Align::Middle => f64::midpoint(rect.left, rect.right),
        Align::End => rect.right - TEXT_PAD_PX,
    };
    Some(Mark::Text {
        tone: Ink::Text1.opaque(),
        text,
        at: Point::new(at_px, f64::midpoint(rect.top, rect.bottom)),
        align: input.align,
        baseline: Baseline::Middle,
        size_px: AXIS_TEXT_PX,
    })
}

fn names(marks: &mut Vec<Mark>, input: &Input<'_>, plot: Rect, lane_px: f64) {
    let every = ((NAME_STEP_PX / lane_px.max(0.01)).ceil() as usize).max(1);
    let room = plot.left - NAME_GAP_PX;
    for (at, lane) in input.lanes.iter().enumerate().step_by(every) {
        let Some(text) = fitted(&lane.name, AXIS_TEXT_PX, room, input.measure) else { continue };
        marks.push(Mark::Text {
            tone: Ink::Text2.opaque(),
            text,
            at: Point::new(plot.left - NAME_GAP_PX, plot.top + lane_px * (at as f64 + 0.5)),
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
        let ratio = if height > 0.0 { (y_px - self.plot.top) / height } else { 0.0 };
        let lane = ((ratio * self.lane_count as f64).floor() as usize).min(self.lane_count.checked_sub(1)?);
        // A pixel is no instant: to the second is what a person reads.
        Some(Hit { x_ms: (self.ms_from_px(x_px) / 1_000.0).round() * 1_000.0, lane: Some(lane) })
    }

    fn hit_ms(&self, x_ms: f64) -> Option<Hit> {
        let is_inside = x_ms >= self.x.start_ms && x_ms <= self.x.end_ms;
        is_inside.then_some(Hit { x_ms, lane: None })
    }

    /// Spans have none.
    fn cursor_dots(&self, _: &Hit) -> Vec<CursorDot> {
        Vec::new()
    }
}

#[cfg(test)]
mod tests {
    use super::{super::ApproximateMeasure, *};
    use crate::base::time::Utc;

    fn span(from_ms: f64, to_ms: f64, ink: Ink, text: &str) -> Span {
        Span { from_ms, to_ms, ink, text: text.into() }
    }

    fn lanes() -> Vec<Lane> {
        let lane = |name: &str, spans: Vec<Span>, line_width_px: f64| Lane {
            name: name.to_owned(),
            spans,
            line_width_px,
            fill_ratio: 1.0,
        };
        vec![
            lane("api", vec![span(0.0, 50_000.0, Ink::Ok, "up"), span(50_000.0, 50_001.0, Ink::Crit, "down")], 0.0),
            lane(
                "a very long name of a lane that nobody reads",
                vec![span(20_000.0, 100_000.0, Ink::Ok, "quite fine")],
                1.0,
            ),
        ]
    }

    fn laid_out(labels: SpanLabels, lanes: &[Lane]) -> Layout {
        layout(&Input {
            lanes,
            range: Range { start_ms: 0, end_ms: 100_000 },
            time_zone: &Utc,
            size: Size::new(400.0, 100.0),
            dpr: 2.0,
            row_height_ratio: 0.8,
            labels,
            align: Align::Start,
            measure: &ApproximateMeasure,
        })
    }

    #[test]
    fn spans_lie_on_their_lanes_and_the_shortest_is_seen() {
        let scene = laid_out(SpanLabels::Fitting, &lanes()).scene.to_string();
        let lines: Vec<&str> = scene.lines().filter(|line| line.starts_with("rects")).collect();
        assert_eq!(
            lines,
            [
                "rects ok 181,43..394,74",
                "rects surface-1 182,44..393,73",
                "rects ok/0.55 128,4..261,35 182,44..393,73",
                "rects crit/0.55 261,4..261.5,35",
            ]
        );
        assert!(scene.contains("\"up\"") && scene.contains("\"quite fine\"") && !scene.contains("\"down\""), "{scene}");
        assert!(scene.contains('\u{2026}'), "the long name is cut: {scene}");
    }

    #[test]
    fn texts_are_shown_where_they_are_wanted() {
        let count = |labels: SpanLabels, text: &str| laid_out(labels, &lanes()).scene.to_string().matches(text).count();
        assert_eq!(count(SpanLabels::None, "\"up\""), 0);
        assert_eq!(count(SpanLabels::All, "\"up\""), 1);
    }

    #[test]
    fn a_pointer_is_on_a_lane_and_another_panels_cursor_is_on_all() {
        let layout = laid_out(SpanLabels::None, &lanes());
        assert_eq!(layout.hit(130.0, 10.0).map(|hit| hit.lane), Some(Some(0)));
        assert_eq!(layout.hit(130.0, 77.0).map(|hit| hit.lane), Some(Some(1)));
        assert_eq!(layout.hit(5.0, 10.0), None);
        assert_eq!(layout.hit_ms(50_000.0), Some(Hit { x_ms: 50_000.0, lane: None }));
        assert_eq!(layout.hit_ms(-1.0), None);
        let empty = laid_out(SpanLabels::All, &[]);
        assert_eq!(empty.hit(200.0, 10.0), None);
    }
}
