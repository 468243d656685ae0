//! A small chart that nobody sees: laid out and painted while the first answers are on their way, so that what the first chart
//! calls is compiled, and its font loaded, when that chart is wanted (docs/adr/0009-the-first-chart.md).

use crate::{
    base::time::{Range, Utc},
    model::{
        frame::{Column, Frame},
        labels::Labels,
    },
};

use super::{
    measure::TextMeasure,
    scene::{Ink, Scene, Size},
    timeseries::{self, AxisOptions, Series, ThresholdStyle},
};

/// Two lines of a few points, one of them with an area, with both axes' labels.
pub fn scene(measure: &dyn TextMeasure) -> Scene {
    let column = |values: [f64; 4]| Column { labels: Labels::default(), values: values.into() };
    let frame = Frame {
        x_ms: [0.0, 60_000.0, 120_000.0, 180_000.0].into(),
        columns: vec![column([0.5, 12.25, f64::NAN, 7.0]), column([3.0, 1.75, 2.0, 9.5])],
        histograms: Vec::new(),
    };
    let look = Series { ink: Ink::Series(0), line_width_px: 1.0, ..Series::default() };
    let axis = AxisOptions { unit: "s".to_owned(), ..AxisOptions::default() };
    let layout = timeseries::layout(&timeseries::Input {
        frame: &frame,
        series: &[look.clone(), Series { fill_ratio: 0.1, ..look }],
        range: Range { start_ms: 0, end_ms: 180_000 },
        time_zone: &Utc,
        size: Size::new(240.0, 120.0),
        dpr: 1.0,
        left: &axis,
        right: &axis,
        thresholds: &[],
        threshold_style: ThresholdStyle::None,
        finish: None,
        measure,
    });
    layout.scene
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chart::ApproximateMeasure;

    #[test]
    fn it_has_what_a_first_chart_has() {
        let scene = scene(&ApproximateMeasure).to_string();
        for mark in ["path ", "area ", "text ", "rule "] {
            assert!(scene.contains(mark), "{mark}: {scene}");
        }
    }
}
