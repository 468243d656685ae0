//! The trend under a single value: a line with a quiet area, no axes.

use crate::base::time::Range;

use super::scene::{Ink, Scene, Size};

/// Everything that [`layout`] needs.
#[derive(Debug, Clone, Copy)]
pub struct Input<'a> {
    pub x_ms: &'a [f64],
    /// One per x.
    pub values: &'a [f64],
    pub range: Range,
    pub ink: Ink,
    pub size: Size,
    pub dpr: f64,
    pub line_width_px: f64,
    /// 0 to 1.
    pub fill_ratio: f64,
}

pub fn layout(input: &Input<'_>) -> Scene {
    Scene { size: input.size, marks: Vec::new() }
}
