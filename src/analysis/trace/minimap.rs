//! Many spans on few pixels: what a minimap, or a timeline that is taller than the screen, has to draw.
//!
//! Invariant: at most one bar begins at each pixel, whatever the number of spans. A failed span is drawn over others, a
//! later row over an earlier one; a span in the window is never narrower than a pixel.
//!
//! Not here: colours; a bar names a span, and the page knows its service's.

use super::{at, set};
use crate::model::trace::Trace;

/// What part of time is drawn on how many pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    pub start_ns: i64,
    pub end_ns: i64,
    pub width_px: u32,
    pub height_px: u32,
}

impl Window {
    /// The whole trace.
    pub fn of(trace: &Trace, width_px: u32, height_px: u32) -> Self {
        Self { start_ns: trace.start_ns(), end_ns: trace.end_ns(), width_px, height_px }
    }

    /// The pixels of an interval, the second beyond its last; none outside the window.
    fn columns(&self, start_ns: i64, end_ns: i64) -> Option<(u32, u32)> {
        if end_ns < self.start_ns || start_ns > self.end_ns || self.width_px == 0 {
            return None;
        }
        let whole_ns = (self.end_ns.saturating_sub(self.start_ns)).max(1) as f64;
        let px = |ns: i64| (ns.saturating_sub(self.start_ns) as f64 / whole_ns * f64::from(self.width_px)).max(0.0);
        let from = (px(start_ns) as u32).min(self.width_px - 1);
        let to = (px(end_ns).ceil() as u32).min(self.width_px);
        Some((from, to.max(from + 1)))
    }
}

/// A run of pixels of one line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bar {
    /// From the top.
    pub line: u32,
    pub from_px: u32,
    /// Beyond its last pixel.
    pub to_px: u32,
    /// One of the spans that are drawn there; all are of its service.
    pub span: u32,
    pub is_error: bool,
}

/// The bars of rows (see [`super::filter::visible_rows`]), from the top, from the left. With fewer rows than pixels each
/// row is a line; otherwise several rows share one. O(rows + pixels).
pub fn minimap(trace: &Trace, rows: &[u32], window: Window) -> Vec<Bar> {
    let line_count = rows.len().min(window.height_px as usize);
    let width = window.width_px as usize;
    let mut bars = Vec::new();
    // For each column the span drawn there; for each, the next to the right that is free (a forest with short paths).
    let mut drawn = vec![FREE; width];
    let mut next_free: Vec<u32> = (0..=window.width_px).collect();
    for line in 0..line_count {
        let first_row = |line: usize| (rows.len() as u64 * line as u64 / line_count as u64) as usize;
        let (first, last) = (first_row(line), first_row(line + 1));
        let of_line = rows.get(first..last).unwrap_or_default();
        for draws_errors in [true, false] {
            for row in of_line.iter().rev() {
                let span = *row as usize;
                if trace.is_error(span) != draws_errors {
                    continue;
                }
                if let Some((from, to)) = window.columns(trace.span_start_ns(span), trace.span_end_ns(span)) {
                    draw(&mut drawn, &mut next_free, (from, to), *row);
                }
            }
        }
        push_runs(trace, &drawn, line as u32, &mut bars);
        drawn.fill(FREE);
        for (column, next) in (0_u32..).zip(&mut next_free) {
            *next = column;
        }
    }
    bars
}

const FREE: u32 = u32::MAX;

/// Draws on columns that are free. Each column is drawn on once.
fn draw(drawn: &mut [u32], next_free: &mut [u32], (from, to): (u32, u32), span: u32) {
    let mut column = free_from(next_free, from);
    while column < to {
        set(drawn, column as usize, span);
        set(next_free, column as usize, column + 1);
        column = free_from(next_free, column);
    }
}

/// The first free column from there on; shortens the way to it.
fn free_from(next_free: &mut [u32], column: u32) -> u32 {
    let mut free = column;
    while let Some(next) = next_free.get(free as usize).copied().filter(|next| *next != free) {
        // Halves the way (Tarjan and van Leeuwen, 1984).
        let beyond = at(next_free, next as usize).max(next);
        set(next_free, free as usize, beyond);
        free = beyond;
    }
    free
}

/// Columns beside each other whose spans look the same are one bar.
fn push_runs(trace: &Trace, drawn: &[u32], line: u32, bars: &mut Vec<Bar>) {
    let first = bars.len();
    for (column, span) in (0_u32..).zip(drawn.iter().copied()) {
        if span == FREE {
            continue;
        }
        let is_error = trace.is_error(span as usize);
        let is_alike = |bar: &Bar| {
            bar.to_px == column
                && bar.is_error == is_error
                && trace.service_key(bar.span as usize) == trace.service_key(span as usize)
        };
        match bars.get_mut(first..).and_then(<[Bar]>::last_mut) {
            Some(bar) if is_alike(bar) => bar.to_px = column + 1,
            _ => bars.push(Bar { line, from_px: column, to_px: column + 1, span, is_error }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        analysis::trace::random::{self, Random},
        model::trace::drawn,
    };

    /// Lines of pixels: the first letter of the service, capital where it failed.
    fn pixels(trace: &Trace, window: Window) -> Vec<String> {
        let rows: Vec<u32> = (0..trace.len() as u32).collect();
        let bars = minimap(trace, &rows, window);
        let lines = rows.len().min(window.height_px as usize);
        let mut picture = vec![vec!['.'; window.width_px as usize]; lines];
        for Bar { line, from_px, to_px, span, is_error } in bars {
            let letter = trace.service(span as usize).chars().next().unwrap();
            for px in from_px..to_px {
                assert_eq!(picture[line as usize][px as usize], '.', "drawn once");
                picture[line as usize][px as usize] = if is_error { letter.to_ascii_uppercase() } else { letter };
            }
        }
        picture.into_iter().map(|line| line.into_iter().collect()).collect()
    }

    const DRAWING: &str = "
        api GET /     |=============|
          web a        |=====|
          db b           |===|      !error
          mcp c               |
          web d                |====|
        ";

    #[test]
    fn each_row_has_a_line_while_there_is_room() {
        let trace = drawn::trace(DRAWING);
        assert_eq!(
            pixels(&trace, Window::of(&trace, 14, 10)),
            ["aaaaaaaaaaaaaa", ".wwwwww.......", "...DDDD.......", "........m.....", ".........wwwww"]
        );
        assert_eq!(pixels(&trace, Window::of(&trace, 7, 1)), ["wDDDwww"]);
    }

    #[test]
    fn a_window_cuts_and_widens() {
        let trace = drawn::trace(DRAWING);
        let ms = |ms: i64| drawn::START_NS + ms * 1_000_000;
        let window = Window { start_ns: ms(6), end_ns: ms(10), width_px: 8, height_px: 9 };
        assert_eq!(pixels(&trace, window), ["aaaaaaaa", "ww......", "DD......", "....m...", "......ww"]);
        assert!(minimap(&trace, &[0, 1], Window { width_px: 0, ..window }).is_empty());
        assert!(minimap(&trace, &[0, 1], Window { height_px: 0, ..window }).is_empty());
        assert!(minimap(&trace, &[], window).is_empty());
    }

    #[test]
    fn every_span_of_a_window_is_on_its_line() {
        let mut random = Random(31);
        for _ in 0..500 {
            let trace = random::trace(&mut random, 60);
            let window = Window::of(&trace, 1 + random.below(30) as u32, 1 + random.below(70) as u32);
            let rows: Vec<u32> = (0..trace.len() as u32).collect();
            let bars = minimap(&trace, &rows, window);
            let lines = rows.len().min(window.height_px as usize);
            for line in 0..lines {
                for row in rows.len() * line / lines..rows.len() * (line + 1) / lines {
                    let (from, to) = window.columns(trace.span_start_ns(row), trace.span_end_ns(row)).unwrap();
                    for px in from..to {
                        let bar =
                            bars.iter().find(|bar| bar.line as usize == line && bar.from_px <= px && px < bar.to_px);
                        assert!(bar.is_some_and(|bar| bar.is_error || !trace.is_error(row)));
                    }
                }
            }
            assert!(bars.len() <= (window.width_px * window.height_px) as usize);
        }
        let trace = random::chain(200_000);
        let rows: Vec<u32> = (0..200_000).collect();
        assert!(minimap(&trace, &rows, Window::of(&trace, 1000, 90)).len() <= 90);
    }
}
