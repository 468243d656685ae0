//! Cells of counts over time and value ranges.

use crate::{
    analysis::heatmap::HeatmapGrid,
    base::time::{Range, TimeZone},
};

use super::{
    measure::TextMeasure,
    scale::TimeScale,
    scene::{Ink, Rect, Scene, Size},
};

/// How a count becomes a place on the colour scale.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ColourScale {
    #[default]
    Linear,
    /// Differences between small counts show even beside large ones.
    Log,
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
    pub measure: &'a dyn TextMeasure,
}

/// The legend of the colours: a bar of stops from `min` to `max`.
#[derive(Debug, Clone, PartialEq)]
pub struct Legend {
    pub min: f64,
    pub max: f64,
    /// Evenly spaced along the bar.
    pub stops: Vec<Ink>,
}

/// A heatmap ready to paint and to ask.
#[derive(Debug, Clone)]
pub struct Layout {
    pub scene: Scene,
    pub plot: Rect,
    pub x: TimeScale,
    /// `None` when there is nothing to draw.
    pub legend: Option<Legend>,
    grid: HeatmapGrid,
}

/// The column under the pointer.
#[derive(Debug, Clone, PartialEq)]
pub struct Hit {
    pub row: usize,
    pub x_ms: f64,
    pub x_px: f64,
    /// The bands with a count there, from the top.
    pub bands: Vec<HitBand>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub struct HitBand {
    /// Index of the grid's row, lowest first.
    pub band: usize,
    pub lower: f64,
    /// Infinite for the overflow band.
    pub upper: f64,
    pub count: f64,
    pub is_under_pointer: bool,
}

pub fn layout(input: &Input<'_>) -> Layout {
    Layout {
        scene: Scene::default(),
        plot: Rect::default(),
        x: TimeScale::default(),
        legend: None,
        grid: input.grid.clone(),
    }
}

impl Layout {
    /// The column at a place in the plot. `None` outside the plot and where there are no data.
    pub fn hit(&self, x_px: f64, y_px: f64) -> Option<Hit> {
        let _ = (x_px, y_px, &self.grid);
        None
    }

    /// The column at an instant: for a cursor that another panel leads.
    pub fn hit_ms(&self, x_ms: f64) -> Option<Hit> {
        let _ = x_ms;
        None
    }

    pub fn ms_from_px(&self, x_px: f64) -> f64 {
        self.x.ms_from_px(x_px)
    }

    pub fn px_from_ms(&self, x_ms: f64) -> f64 {
        self.x.px_from_ms(x_ms)
    }

    /// The overlay for a hit and a dragged selection.
    pub fn cursor_scene(&self, hit: Option<&Hit>, selection_px: Option<(f64, f64)>) -> Scene {
        let _ = (hit, selection_px);
        Scene::default()
    }
}
