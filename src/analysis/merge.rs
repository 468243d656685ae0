//! Joining the tail of a range to what is already there, so that a refresh fetches only what is new.

use std::sync::Arc;

use crate::{
    base::time::Grid,
    model::{
        frame::{Column, Frame, HistogramColumn, MISSING, is_missing},
        labels::Labels,
    },
};

/// The values of `old` before `tail_start_ms` and those of `tail` from there on, on the rows of `grid`.
///
/// Series that end or begin in the tail have gaps on the other side. Series that have no value left are dropped, as
/// the backend would not name them in an answer for the whole range. Cost: O(rows × series).
pub fn merge_tail(old: &Frame, tail: &Frame, tail_start_ms: i64, grid: Grid) -> Frame {
    let row_count = usize::try_from((grid.end_ms - grid.start_ms) / grid.step_ms).map_or(0, |n| n + 1);
    let x_ms: Arc<[f64]> = (0..row_count).map(|i| (grid.start_ms + i as i64 * grid.step_ms) as f64).collect();
    let row_of = |t_ms: f64| -> Option<usize> {
        let at = (t_ms - grid.start_ms as f64) / grid.step_ms as f64;
        (at >= 0.0 && at.fract() == 0.0 && at < row_count as f64).then_some(at as usize)
    };
    let tail_start = tail_start_ms as f64;
    let old_rows: Vec<Option<usize>> =
        old.x_ms.iter().map(|t| if *t < tail_start { row_of(*t) } else { None }).collect();
    let tail_rows: Vec<Option<usize>> =
        tail.x_ms.iter().map(|t| if *t >= tail_start { row_of(*t) } else { None }).collect();

    let mut columns = Vec::with_capacity(old.columns.len().max(tail.columns.len()));
    for labels in names_in_order(old.columns.iter().map(|c| &c.labels), tail.columns.iter().map(|c| &c.labels)) {
        let mut values = vec![MISSING; row_count];
        for (frame, rows) in [(old, &old_rows), (tail, &tail_rows)] {
            let Some(column) = frame.columns.iter().find(|c| c.labels == labels) else { continue };
            for (row, value) in rows.iter().zip(column.values.iter()) {
                if let Some(slot) = row.and_then(|row| values.get_mut(row)) {
                    *slot = *value;
                }
            }
        }
        if values.iter().any(|v| !is_missing(*v)) {
            columns.push(Column { labels, values: values.into() });
        }
    }

    let mut histograms = Vec::new();
    for labels in names_in_order(old.histograms.iter().map(|c| &c.labels), tail.histograms.iter().map(|c| &c.labels)) {
        let mut samples = Vec::new();
        for (frame, rows) in [(old, &old_rows), (tail, &tail_rows)] {
            let Some(column) = frame.histograms.iter().find(|c| c.labels == labels) else { continue };
            samples.extend(
                column
                    .samples
                    .iter()
                    .filter_map(|(at, sample)| Some((rows.get(*at).copied().flatten()?, sample.clone()))),
            );
        }
        if !samples.is_empty() {
            histograms.push(HistogramColumn { labels, samples });
        }
    }
    Frame { x_ms, columns, histograms }
}

/// All columns of several frames over one x column. Frames of one grid share it already; others get the union of
/// their timestamps, with gaps. Returns for each column the index of the frame it came from.
pub fn join(frames: &[&Frame]) -> (Frame, Vec<usize>) {
    let origins: Vec<usize> = frames.iter().enumerate().flat_map(|(at, f)| f.columns.iter().map(move |_| at)).collect();
    let with_rows: Vec<&&Frame> = frames.iter().filter(|f| f.row_count() > 0).collect();
    let is_shared = with_rows.windows(2).all(|pair| match pair {
        [a, b] => Arc::ptr_eq(&a.x_ms, &b.x_ms) || a.x_ms == b.x_ms,
        _ => true,
    });
    if is_shared {
        let x_ms = with_rows.first().map(|f| Arc::clone(&f.x_ms)).unwrap_or_default();
        let columns = frames.iter().flat_map(|f| f.columns.iter().cloned()).collect();
        let histograms = frames.iter().flat_map(|f| f.histograms.iter().cloned()).collect();
        return (Frame { x_ms, columns, histograms }, origins);
    }
    let mut x: Vec<f64> = frames.iter().flat_map(|f| f.x_ms.iter().copied()).collect();
    crate::base::order::sort_numbers(&mut x);
    x.dedup();
    let mut columns = Vec::with_capacity(origins.len());
    let mut histograms = Vec::new();
    for frame in frames {
        let rows: Vec<Option<usize>> =
            frame.x_ms.iter().map(|t| x.binary_search_by(|probe| probe.total_cmp(t)).ok()).collect();
        for column in &frame.columns {
            let mut values = vec![MISSING; x.len()];
            for (row, value) in rows.iter().zip(column.values.iter()) {
                if let Some(slot) = row.and_then(|row| values.get_mut(row)) {
                    *slot = *value;
                }
            }
            columns.push(Column { labels: column.labels.clone(), values: values.into() });
        }
        for column in &frame.histograms {
            let samples = column
                .samples
                .iter()
                .filter_map(|(at, sample)| Some((rows.get(*at).copied().flatten()?, sample.clone())))
                .collect();
            histograms.push(HistogramColumn { labels: column.labels.clone(), samples });
        }
    }
    (Frame { x_ms: x.into(), columns, histograms }, origins)
}

/// The label sets of both sides, sorted as a backend sorts a whole answer, each once.
fn names_in_order<'a>(old: impl Iterator<Item = &'a Labels>, tail: impl Iterator<Item = &'a Labels>) -> Vec<Labels> {
    let mut names: Vec<Labels> = old.chain(tail).cloned().collect();
    crate::base::order::sort_by(&mut names, Ord::cmp);
    names.dedup();
    names
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use super::*;

    fn frame(start_ms: i64, step_ms: i64, columns: &[(&str, &[f64])]) -> Frame {
        let rows = columns.iter().map(|(_, v)| v.len()).max().unwrap_or(0);
        Frame {
            x_ms: (0..rows as i64).map(|i| (start_ms + i * step_ms) as f64).collect(),
            columns: columns
                .iter()
                .map(|(name, values)| Column { labels: Labels::from_pairs([("s", *name)]), values: (*values).into() })
                .collect(),
            histograms: vec![],
        }
    }

    fn shown(frame: &Frame) -> String {
        let mut out = String::new();
        for column in &frame.columns {
            out.push_str(column.labels.get("s").unwrap_or(""));
            for (x, v) in frame.x_ms.iter().zip(column.values.iter()) {
                let value = if is_missing(*v) { "-".to_owned() } else { v.to_string() };
                write!(out, " {x}:{value}").unwrap();
            }
            out.push('\n');
        }
        out
    }

    #[test]
    fn the_tail_replaces_and_extends() {
        let old = frame(0, 10, &[("a", &[1.0, 2.0, 3.0, 4.0]), ("gone", &[9.0, MISSING, MISSING, MISSING])]);
        let tail = frame(20, 10, &[("a", &[30.0, 40.0, 50.0]), ("b", &[MISSING, 7.0, 8.0])]);
        let grid = Grid { start_ms: 10, end_ms: 40, step_ms: 10 };
        assert_eq!(
            shown(&merge_tail(&old, &tail, 20, grid)),
            "a 10:2 20:30 30:40 40:50\nb 10:- 20:- 30:7 40:8\n",
            "a series with nothing left in the range is dropped"
        );
    }

    #[test]
    fn an_empty_side_changes_nothing_of_the_other() {
        let old = frame(0, 10, &[("a", &[1.0, 2.0])]);
        let grid = Grid { start_ms: 0, end_ms: 20, step_ms: 10 };
        assert_eq!(shown(&merge_tail(&old, &Frame::default(), 10, grid)), "a 0:1 10:- 20:-\n");
        assert_eq!(shown(&merge_tail(&Frame::default(), &old, 0, grid)), "a 0:1 10:2 20:-\n");
    }

    #[test]
    fn frames_are_joined_on_the_union_of_their_rows() {
        let a = frame(0, 10, &[("a", &[1.0, 2.0, 3.0])]);
        let same = frame(0, 10, &[("b", &[4.0, 5.0, 6.0])]);
        let (joined, origins) = join(&[&a, &Frame::default(), &same]);
        assert_eq!(shown(&joined), "a 0:1 10:2 20:3\nb 0:4 10:5 20:6\n");
        assert_eq!(origins, [0, 2]);
        let other = frame(5, 10, &[("c", &[7.0, 8.0])]);
        let (joined, origins) = join(&[&a, &other]);
        assert_eq!(shown(&joined), "a 0:1 5:- 10:2 15:- 20:3\nc 0:- 5:7 10:- 15:8 20:-\n");
        assert_eq!(origins, [0, 1]);
    }
}
