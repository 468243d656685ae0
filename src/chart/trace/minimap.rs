//! A trace at a glance, and the part of it that is looked at.

use crate::{
    analysis::trace::minimap::{Bar, Window, minimap},
    chart::{Ink, Mark, Rect, Scene, Size, Tone},
    model::trace::Trace,
};

use super::ServiceInks;

/// Rows are at most so high: a trace of three spans is three lines, not three blocks.
const MAX_ROW_PX: f64 = 4.0;
const PAD_PX: f64 = 3.0;

/// Every span as a line in its service's ink, failed ones in the critical one. `size_px`: width and height.
pub fn minimap_scene(trace: &Trace, inks: &ServiceInks, size_px: (f64, f64)) -> Scene {
    let (width_px, height_px) = size_px;
    let room_px = (height_px - 2.0 * PAD_PX).max(1.0);
    let rows: Vec<u32> = (0..trace.len() as u32).collect();
    let bars = minimap(trace, &rows, Window::of(trace, width_px as u32, room_px as u32));
    let line_count = (rows.len() as f64).min(room_px.floor()).max(1.0);
    let pitch_px = (room_px / line_count).min(MAX_ROW_PX);
    let mark_px = if pitch_px >= 3.0 { pitch_px - 1.0 } else { pitch_px };
    // One mark for each ink: later ones over earlier ones, failures last.
    let mut groups: Vec<(Ink, Vec<Rect>)> = Vec::new();
    for Bar { line, from_px, to_px, span, is_error } in bars {
        let ink = if is_error { Ink::Crit } else { inks.ink(trace.service(span as usize)) };
        let top = PAD_PX + f64::from(line) * pitch_px;
        let rect = Rect::new(f64::from(from_px), top, f64::from(to_px), top + mark_px);
        match groups.iter_mut().find(|(known, _)| *known == ink) {
            Some((_, rects)) => rects.push(rect),
            None => groups.push((ink, vec![rect])),
        }
    }
    groups.sort_by_key(|(ink, _)| *ink == Ink::Crit);
    let marks = groups.into_iter().map(|(ink, rects)| Mark::Rects { tone: ink.opaque(), rects }).collect();
    Scene { size: Size::new(width_px, height_px), marks }
}

/// A veil over what is not looked at: outside `part`, ratios of the width.
pub fn brush_scene(part: (f64, f64), size_px: (f64, f64)) -> Scene {
    let ((start, end), (width_px, height_px)) = (part, size_px);
    let mut marks = Vec::new();
    if start > 0.0 || end < 1.0 {
        let (left, right) = (start * width_px, end * width_px);
        let veil = Tone { ink: Ink::Surface0, alpha: 0.7 };
        let rects = vec![Rect::new(0.0, 0.0, left, height_px), Rect::new(right, 0.0, width_px, height_px)];
        marks.push(Mark::Rects { tone: veil, rects });
        let edges = vec![
            Rect::new(left - 1.0, 0.0, left + 1.0, height_px),
            Rect::new(right - 1.0, 0.0, right + 1.0, height_px),
        ];
        marks.push(Mark::Rects { tone: Ink::Accent.opaque(), rects: edges });
    }
    Scene { size: Size::new(width_px, height_px), marks }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::trace::drawn;

    #[test]
    fn each_span_is_a_line_and_failures_are_on_top() {
        let trace = drawn::trace(
            "
            api GET    |=========|
              db SELECT  |==|       !error
            ",
        );
        let inks = ServiceInks::of(["api", "db"]);
        let scene = minimap_scene(&trace, &inks, (100.0, 30.0));
        let Scene { marks, .. } = scene;
        let kinds: Vec<(Ink, usize)> = marks
            .iter()
            .filter_map(|mark| match mark {
                Mark::Rects { tone, rects } => Some((tone.ink, rects.len())),
                _ => None,
            })
            .collect();
        assert_eq!(kinds, [(inks.ink("api"), 1), (Ink::Crit, 1)]);
        let Some(Mark::Rects { rects, .. }) = marks.last() else { panic!("no failure") };
        assert_eq!(rects, &[Rect::new(20.0, 7.0, 50.0, 10.0)]);
    }

    #[test]
    fn a_whole_trace_has_no_veil() {
        assert_eq!(brush_scene((0.0, 1.0), (100.0, 30.0)).marks, []);
        assert_eq!(brush_scene((0.25, 0.5), (100.0, 30.0)).marks.len(), 2);
    }
}
