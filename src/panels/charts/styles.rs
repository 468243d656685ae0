//! How a chart's series are drawn where its file asks for something unusual.

use std::sync::Arc;

use crate::{
    api::grafana::charts::{Custom, custom_looks},
    base::colour::{Ink, gradient},
    chart::finish::{AxisFinish, Finishes, Gradient, LabelColour, Route, SeriesFinish},
    model::{
        dashboard::{
            FieldColour, FieldMatcher, FieldOptions, Interpolation, Panel, PointsMode, SeriesStyle, ThresholdMode,
        },
        notice::Notice,
    },
    panels::{
        look::{GradientEnds, ink_of},
        timeseries::{Prepared, TimeChart},
    },
    state::reactive::{Memo, effect},
};

/// Grafana's bars take this much of a step where the file says nothing.
const BAR_WIDTH_RATIO: f64 = 0.6;
/// Grafana's dots where the file says nothing: about what a line's dots are here anyway.
const POINT_PX: f64 = 5.0;

/// So many colours of a gradient.
const GRADIENT_STEPS: u32 = 48;

/// Tells the chart, now and when its series are others. Answers with what is not drawn as it is asked for.
pub fn apply(chart: &TimeChart) -> Vec<Notice> {
    let mut looks = custom_looks(&chart.props.panel.document);
    looks.overrides.iter_mut().for_each(|(matcher, _)| understand(matcher, &chart.props.panel));
    let notices = looks.notices.clone();
    let axis = AxisFinish {
        linear_threshold: looks.linear_threshold,
        is_centred: looks.is_zero_centred,
        is_grid_hidden: looks.is_grid_hidden,
        has_borders: looks.has_axis_borders,
        labels: if looks.axis_colour.as_deref() == Some("series") { LabelColour::Series } else { LabelColour::Text },
    };
    let (prepared, remote, finish) = (chart.prepared, chart.query.remote, chart.finish);
    let wanted = Memo::new(move |_| {
        let prepared = prepared.get()?;
        let data = remote.with(|remote| remote.value.clone())?;
        let (panel, (_, targets)) = (data.shown_panel(), data.joined());
        let customs: Vec<Custom> = prepared
            .frame
            .columns
            .iter()
            .zip(targets)
            .map(|(column, target)| {
                let target = panel.targets.get(target);
                let legend = target.map(|t| t.legend_format.name(&column.labels, &t.expr)).unwrap_or_default();
                looks.of(&legend, target.map_or("", |t| t.ref_id.as_str()))
            })
            .collect();
        let series = finishes_of(&prepared, &customs);
        let is_usual = axis == AxisFinish::default() && series.iter().all(|finish| *finish == SeriesFinish::default());
        (!is_usual).then_some(Finishes { axis, series })
    });
    effect(move || match wanted.get() {
        Some(finishes) => finish.set(Some(Arc::new(finishes))),
        None if finish.with_untracked(Option::is_some) => finish.set(None),
        None => {}
    });
    notices
}

fn finishes_of(prepared: &Prepared, customs: &[Custom]) -> Vec<SeriesFinish> {
    let ends = GradientEnds::of(&prepared.frame);
    let series = prepared.looks.iter().zip(customs);
    let finish = series.map(|(look, custom)| {
        let band_to = custom.fill_below_to.as_ref();
        let band_to = band_to.and_then(|name| prepared.looks.iter().position(|other| other.name == *name));
        let is_by_value = custom.gradient.as_deref() == Some("scheme");
        let levels = if is_by_value { levels_of(&look.options.field, &ends) } else { Vec::new() };
        let is_blended = matches!(look.options.field.colour, FieldColour::Continuous(_));
        SeriesFinish { levels, is_blended, band_to, ..finish_of(&look.options.style, custom) }
    });
    finish.collect()
}

/// A pattern's test is the one that the panel's own override of it has.
fn understand(matcher: &mut FieldMatcher, panel: &Panel) {
    let FieldMatcher::Pattern(late) = matcher else { return };
    let known = panel.overrides.iter().find_map(|over| match &over.matcher {
        FieldMatcher::Pattern(pattern) if pattern.source == late.source => pattern.test.clone(),
        _ => None,
    });
    late.test = known;
}

/// The colours of values, where they are what colours the panel: those of the thresholds, or of a gradient.
fn levels_of(field: &FieldOptions, ends: &GradientEnds<'_>) -> Vec<(f64, Ink)> {
    match &field.colour {
        FieldColour::Thresholds => {}
        FieldColour::Continuous(scheme) => return gradient_levels(scheme, ends.of_field(field)),
        _ => return Vec::new(),
    }
    let (min, max) = field.bounds();
    let value = |step: f64| match field.thresholds.mode {
        ThresholdMode::Absolute => step,
        ThresholdMode::Percentage => min + (max - min) * step / 100.0,
    };
    field.thresholds.steps.iter().map(|step| (value(step.value), ink_of(step.colour))).collect()
}

/// A gradient in steps that are not told apart. Empty without a span.
fn gradient_levels(scheme: &str, (min, max): (f64, f64)) -> Vec<(f64, Ink)> {
    let span = max - min;
    if !(span > 0.0 && span.is_finite()) {
        return Vec::new();
    }
    let level = |at: u32| {
        let from = if at == 0 { f64::NEG_INFINITY } else { min + span * f64::from(at) / f64::from(GRADIENT_STEPS) };
        (from, gradient(scheme, (f64::from(at) + 0.5) / f64::from(GRADIENT_STEPS)))
    };
    (0..GRADIENT_STEPS).map(level).collect()
}

fn finish_of(style: &SeriesStyle, custom: &Custom) -> SeriesFinish {
    let route = match custom.interpolation.as_deref() {
        Some("linear") => Route::Straight,
        Some("smooth") => Route::Smooth,
        Some("stepBefore") => Route::StepBefore,
        Some("stepAfter") => Route::StepAfter,
        _ => match style.interpolation {
            Interpolation::Linear => Route::Straight,
            Interpolation::Smooth => Route::Smooth,
            Interpolation::StepBefore => Route::StepBefore,
            Interpolation::StepAfter => Route::StepAfter,
        },
    };
    let fades = matches!(custom.gradient.as_deref(), Some("opacity" | "hue"));
    let has_bars = custom.bar_width_ratio.is_some() || custom.bar_most_px.is_some();
    let bar_alignment = custom.bar_alignment.map_or(0, |side| side.clamp(-1.0, 1.0).round() as i8);
    SeriesFinish {
        route,
        gradient: if fades { Gradient::Opacity } else { Gradient::None },
        levels: Vec::new(),
        is_blended: false,
        has_points: style.points == PointsMode::Always,
        dash_px: style.dash_px.clone(),
        band_to: None,
        point_diameter_px: custom
            .point_size_px
            .filter(|size| (1.0..=40.0).contains(size) && (*size - POINT_PX).abs() > 0.01),
        bar_width_ratio: custom
            .bar_width_ratio
            .filter(|ratio| (*ratio - BAR_WIDTH_RATIO).abs() > 0.001 && (0.0..=1.0).contains(ratio)),
        bar_most_px: custom.bar_most_px.filter(|most| *most > 0.0 && has_bars),
        bar_alignment,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_file_says_becomes_a_finish() {
        let style = SeriesStyle { points: PointsMode::Always, dash_px: vec![4.0, 2.0], ..SeriesStyle::default() };
        let custom = Custom {
            interpolation: Some("stepAfter".to_owned()),
            gradient: Some("opacity".to_owned()),
            point_size_px: Some(8.0),
            bar_alignment: Some(-1.0),
            bar_width_ratio: Some(0.9),
            bar_most_px: Some(30.0),
            fill_below_to: None,
        };
        let finish = finish_of(&style, &custom);
        assert_eq!((finish.route, finish.gradient, finish.has_points), (Route::StepAfter, Gradient::Opacity, true));
        assert_eq!((finish.bar_alignment, finish.bar_width_ratio, finish.bar_most_px), (-1, Some(0.9), Some(30.0)));
        assert_eq!(finish.point_diameter_px, Some(8.0));
        // What Grafana writes into every panel asks for nothing.
        let usual = Custom {
            interpolation: Some("linear".to_owned()),
            gradient: Some("none".to_owned()),
            point_size_px: Some(5.0),
            bar_alignment: Some(0.0),
            bar_width_ratio: Some(0.6),
            ..Custom::default()
        };
        assert_eq!(finish_of(&SeriesStyle::default(), &usual), SeriesFinish::default());
    }
}
