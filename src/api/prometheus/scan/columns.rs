//! Samples to columns: series that fit the expected rows go straight in; the others are merged at the end.

use std::sync::Arc;

use agentarea_kernels::number;

use super::{MAX_CELL_COUNT, ResultKind, row_count};
use crate::{
    base::time::Grid,
    model::{
        frame::{Column, Frame, HistogramColumn, InstantSample, MISSING, NativeHistogram},
        labels::Labels,
        notice::Notice,
    },
};

pub(super) fn row_times(grid: Grid) -> Vec<f64> {
    let count = usize::try_from(row_count(grid)).unwrap_or(usize::MAX).min(MAX_CELL_COUNT);
    (0..count).map(|row| grid.start_ms as f64 + row as f64 * grid.step_ms as f64).collect()
}

/// A series whose timestamps are its own.
struct Loose {
    /// Where it stands among the columns.
    at: usize,
    labels: Labels,
    times_ms: Vec<f64>,
    values: Vec<f64>,
}

/// All series of one answer.
pub(in super::super) struct SeriesSet {
    /// What `resultType` said.
    pub kind: Option<ResultKind>,
    pub vector: Vec<InstantSample>,
    /// The rows that are expected: the grid's, or else the first series' own.
    rows_ms: Vec<f64>,
    /// Whether `rows_ms` is settled, as opposed to growing with the first series.
    has_rows: bool,
    columns: Vec<Column>,
    loose: Vec<Loose>,
    histograms: Vec<(Labels, Vec<(f64, NativeHistogram)>)>,
    cell_count: usize,
    left_out_count: usize,
    // The open series.
    values: Vec<f64>,
    row: usize,
    /// Set once the open series has left the rows; then as long as `values`.
    times_ms: Option<Vec<f64>>,
    sample_count: usize,
    open_histograms: Vec<(f64, NativeHistogram)>,
}

pub(in super::super) struct Framed {
    pub frame: Frame,
    pub notices: Vec<Notice>,
}

impl SeriesSet {
    pub(super) fn new(rows_ms: Option<Vec<f64>>) -> Self {
        Self {
            kind: None,
            vector: Vec::new(),
            has_rows: rows_ms.is_some(),
            rows_ms: rows_ms.unwrap_or_default(),
            columns: Vec::new(),
            loose: Vec::new(),
            histograms: Vec::new(),
            cell_count: 0,
            left_out_count: 0,
            values: Vec::new(),
            row: 0,
            times_ms: None,
            sample_count: 0,
            open_histograms: Vec::new(),
        }
    }

    pub(super) fn is_matrix(&self) -> bool {
        match self.kind {
            Some(kind) => kind == ResultKind::Matrix,
            None => !self.columns.is_empty() || !self.loose.is_empty() || !self.histograms.is_empty(),
        }
    }

    pub(super) fn begin(&mut self) {
        self.values.clear();
        self.row = 0;
        self.times_ms = None;
        self.sample_count = 0;
        self.open_histograms.clear();
    }

    /// Takes samples written exactly as Prometheus writes them from the front of `bytes`, until something else comes
    /// or the bytes end; returns how many bytes they were.
    pub(super) fn push_run(&mut self, bytes: &[u8], is_first: bool) -> usize {
        let mut taken = 0;
        let mut next = 0;
        if !is_first {
            if bytes.first() != Some(&b',') {
                return 0;
            }
            next = 1;
        }
        while let Some(rest) = bytes.get(next..) {
            let mut length = self.push_aligned(rest);
            if length == 0 {
                let Some((t_ms, value, sample_length)) = number::sample(rest) else { break };
                self.push(t_ms, value);
                length = sample_length;
            }
            taken = next + length;
            if bytes.get(taken) != Some(&b',') {
                break;
            }
            next = taken + 1;
        }
        taken
    }

    /// Of [`Self::push_run`] what goes straight into the rows: in most answers, all of it.
    fn push_aligned(&mut self, bytes: &[u8]) -> usize {
        let rows_ms = self.rows_ms.get(self.row..).filter(|_| self.times_ms.is_none()).unwrap_or_default();
        if rows_ms.is_empty() {
            return 0;
        }
        let count = self.values.len();
        // Through a pointer that no optimiser sees through, so that it stays a function of its own: a browser compiles what
        // proves to be hot a second time, whole functions at once, and would take the state machine around it along.
        let take = std::hint::black_box::<fn(&[u8], &[f64], &mut Vec<f64>) -> usize>(number::aligned_samples);
        let length = take(bytes, rows_ms, &mut self.values);
        let count = self.values.len() - count;
        self.row += count;
        self.sample_count += count;
        length
    }

    #[inline]
    pub(super) fn push(&mut self, t_ms: f64, value: f64) {
        self.sample_count += 1;
        if self.times_ms.is_none() {
            if let Some(&row_ms) = self.rows_ms.get(self.row)
                && row_ms.total_cmp(&t_ms).is_eq()
            {
                self.values.push(value);
                self.row += 1;
                return;
            }
            if self.push_ahead(t_ms, value) {
                return;
            }
            self.leave_rows();
        }
        if let Some(times_ms) = &mut self.times_ms {
            times_ms.push(t_ms);
            self.values.push(value);
        }
    }

    /// A sample further down the rows, after a gap; or a new row of the first series.
    #[cold]
    fn push_ahead(&mut self, t_ms: f64, value: f64) -> bool {
        if !self.has_rows && self.row == self.rows_ms.len() {
            if self.rows_ms.last().is_some_and(|last| *last >= t_ms) {
                return false;
            }
            self.rows_ms.push(t_ms);
        } else {
            let ahead = self.rows_ms.get(self.row..).unwrap_or_default();
            let skipped = ahead.partition_point(|row_ms| *row_ms < t_ms);
            if ahead.get(skipped).is_none_or(|row_ms| *row_ms > t_ms) {
                return false;
            }
            self.row += skipped;
            self.values.resize(self.row, MISSING);
        }
        self.values.push(value);
        self.row += 1;
        true
    }

    /// From here on the open series keeps its own timestamps.
    #[cold]
    fn leave_rows(&mut self) {
        let mut times_ms = Vec::with_capacity(self.values.len() + 1);
        let mut values = Vec::with_capacity(self.values.len() + 1);
        for (row_ms, value) in self.rows_ms.iter().zip(&self.values) {
            if !crate::model::frame::is_missing(*value) {
                times_ms.push(*row_ms);
                values.push(*value);
            }
        }
        self.times_ms = Some(times_ms);
        self.values = values;
    }

    pub(super) fn push_histogram(&mut self, t_ms: f64, histogram: NativeHistogram) {
        self.open_histograms.push((t_ms, histogram));
    }

    /// Closes the open series of a matrix. One without any sample leaves no trace, as Prometheus leaves it out itself.
    pub(super) fn end(&mut self, labels: Labels) {
        if !self.open_histograms.is_empty() {
            self.histograms.push((labels.clone(), std::mem::take(&mut self.open_histograms)));
        }
        if self.sample_count == 0 {
            return;
        }
        self.has_rows = true;
        let cell_count = self.values.len().max(self.rows_ms.len());
        if self.cell_count + cell_count > MAX_CELL_COUNT {
            self.left_out_count += 1;
            return;
        }
        self.cell_count += cell_count;
        if let Some(times_ms) = self.times_ms.take() {
            let values = std::mem::take(&mut self.values);
            let at = self.columns.len() + self.loose.len();
            self.loose.push(Loose { at, labels, times_ms, values });
        } else {
            self.values.resize(self.rows_ms.len(), MISSING);
            self.columns.push(Column { labels, values: Arc::from(self.values.as_slice()) });
        }
    }

    pub fn into_frame(self) -> Framed {
        let Self { rows_ms, columns, loose, histograms, left_out_count, .. } = self;
        let mut notices = Vec::new();
        if left_out_count > 0 {
            notices.push(Notice::warning(format!(
                "{left_out_count} series are left out: the answer is too large to show; narrow the query or lengthen the step"
            )));
        }
        let mut extra_ms: Vec<f64> = loose.iter().flat_map(|series| series.times_ms.iter().copied()).collect();
        extra_ms.extend(histograms.iter().flat_map(|(_, samples)| samples.iter().map(|(t_ms, _)| *t_ms)));
        extra_ms.retain(|t_ms| row_of(&rows_ms, *t_ms).is_none());
        crate::base::order::sort_numbers(&mut extra_ms);
        extra_ms.dedup();
        let x_ms = if extra_ms.is_empty() { rows_ms.clone() } else { merged(&rows_ms, &extra_ms) };

        let mut columns = columns;
        if !extra_ms.is_empty() {
            // Ours may be fewer cells than rows × series now; the answer's own size bounds the number of extra rows.
            let new_row: Vec<usize> = rows_ms.iter().filter_map(|t_ms| row_of(&x_ms, *t_ms)).collect();
            for column in &mut columns {
                let pairs = new_row.iter().copied().zip(column.values.iter().copied());
                column.values = spread(x_ms.len(), pairs);
            }
        }
        for Loose { at, labels, times_ms, values } in loose {
            let pairs = times_ms.iter().filter_map(|t_ms| row_of(&x_ms, *t_ms)).zip(values);
            let column = Column { labels, values: spread(x_ms.len(), pairs) };
            columns.insert(at.min(columns.len()), column);
        }
        let histograms = histograms
            .into_iter()
            .map(|(labels, samples)| HistogramColumn { labels, samples: placed(&x_ms, samples) })
            .collect();
        Framed { frame: Frame { x_ms: x_ms.into(), columns, histograms }, notices }
    }
}

fn row_of(rows_ms: &[f64], t_ms: f64) -> Option<usize> {
    rows_ms.binary_search_by(|row_ms| row_ms.total_cmp(&t_ms)).ok()
}

/// A column with the given rows set, the later of two for one row winning.
fn spread(row_count: usize, pairs: impl Iterator<Item = (usize, f64)>) -> Arc<[f64]> {
    let mut values = vec![MISSING; row_count];
    for (row, value) in pairs {
        if let Some(cell) = values.get_mut(row) {
            *cell = value;
        }
    }
    values.into()
}

fn placed(x_ms: &[f64], samples: Vec<(f64, NativeHistogram)>) -> Vec<(usize, NativeHistogram)> {
    let mut placed: Vec<(usize, NativeHistogram)> =
        samples.into_iter().filter_map(|(t_ms, histogram)| Some((row_of(x_ms, t_ms)?, histogram))).collect();
    crate::base::order::sort_by_key(&mut placed, |(row, _)| *row);
    placed.dedup_by_key(|(row, _)| *row);
    placed
}

/// Two ascending lists without common elements, as one.
fn merged(left: &[f64], right: &[f64]) -> Vec<f64> {
    let mut out: Vec<f64> = left.iter().chain(right).copied().collect();
    crate::base::order::sort_numbers(&mut out);
    out
}
