//! From a dashboard's options to inks, units and names, alike for all kinds of panels.

use std::{cell::OnceCell, cmp::Ordering};

use crate::{
    base::colour::{Ink, Rgba, gradient, ratio_of},
    chart::series_slots,
    model::{
        dashboard::{
            ColourBy, FieldColour, FieldOptions, Hue, Panel, PanelColour, SeriesOptions, Shade, Target,
            replace_variables,
        },
        frame::Frame,
        labels::Labels,
    },
};

use super::data::last_value;

/// A series as its panel shows it.
#[derive(Debug, Clone)]
pub struct SeriesLook {
    pub name: String,
    pub ink: Ink,
    /// A unit id of `base::units`.
    pub unit: String,
    pub options: SeriesOptions,
}

/// The looks of a joined frame's columns. `targets` says which query each column came from.
pub fn looks_of(panel: &Panel, frame: &Frame, targets: &[usize]) -> Vec<SeriesLook> {
    // Two queries that give the same labels still need two colours: the query is part of what is hashed.
    let identities: Vec<Labels> = frame
        .columns
        .iter()
        .zip(targets)
        .map(|(column, target)| {
            let is_alone = panel.targets.len() < 2 || !column.labels.is_empty();
            let query = panel.targets.get(*target).map_or("", |t| if is_alone { "" } else { t.ref_id.as_str() });
            if query.is_empty() {
                column.labels.clone()
            } else {
                Labels::from_pairs(column.labels.iter().chain([("__query__", query)]))
            }
        })
        .collect();
    let slots = series_slots(&identities);
    let ends = GradientEnds::of(frame);
    frame
        .columns
        .iter()
        .zip(targets)
        .zip(slots)
        .map(|((column, target), slot)| {
            let target = panel.targets.get(*target);
            let ref_id = target.map_or("", |t| t.ref_id.as_str());
            let legend = target.map(|t| t.legend_format.name(&column.labels, &t.expr)).unwrap_or_default();
            let options = panel.series_options(&legend, ref_id);
            let legend = readable(legend, &column.labels);
            let name = match &options.field.display_name {
                Some(template) => filled_name(template, &legend, &column.labels),
                None => legend,
            };
            let unit = unit_of(&options.field, target);
            let ink = match &options.field.colour {
                FieldColour::Fixed(colour) => ink_of(*colour),
                FieldColour::Thresholds => {
                    level_ink(&options.field, deciding_value(&options.field, &column.values), Ink::Series(slot))
                }
                FieldColour::Continuous(scheme) => {
                    let value = deciding_value(&options.field, &column.values);
                    let ends = ends.of_field(&options.field);
                    if value.is_finite() { gradient(scheme, ratio_of(value, ends)) } else { Ink::Series(slot) }
                }
                _ => Ink::Series(slot),
            };
            SeriesLook { name, ink, unit, options }
        })
        .collect()
}

/// The value that decides a series' colour. NaN without one.
fn deciding_value(field: &FieldOptions, values: &[f64]) -> f64 {
    let known = || values.iter().copied().filter(|value| !value.is_nan());
    match field.colour_by {
        ColourBy::Last => last_value(values),
        ColourBy::Min => known().fold(f64::NAN, f64::min),
        ColourBy::Max => known().fold(f64::NAN, f64::max),
    }
}

/// From where to where gradients of colours go. An open end is that of all values of the panel, as in Grafana; they are looked
/// through once, and only where a field needs it.
pub struct GradientEnds<'a> {
    frame: &'a Frame,
    extent: OnceCell<(f64, f64)>,
}

impl<'a> GradientEnds<'a> {
    pub fn of(frame: &'a Frame) -> Self {
        Self { frame, extent: OnceCell::new() }
    }

    pub fn of_field(&self, field: &FieldOptions) -> (f64, f64) {
        match (field.min, field.max) {
            (Some(min), Some(max)) => (min, max),
            (min, max) => {
                let (least, largest) = *self.extent.get_or_init(|| extent_of(self.frame));
                (min.unwrap_or(least), max.unwrap_or(largest))
            }
        }
    }
}

/// The least and the largest finite value of all columns.
fn extent_of(frame: &Frame) -> (f64, f64) {
    let values = frame.columns.iter().flat_map(|column| column.values.iter().copied());
    values
        .filter(|value| value.is_finite())
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(min, max), value| (min.min(value), max.max(value)))
}

/// A template whose labels are all missing leaves nothing to read; the labels say more.
fn readable(legend: String, labels: &Labels) -> String {
    if legend.trim().is_empty() {
        if labels.is_empty() { "value".to_owned() } else { labels.to_string() }
    } else {
        legend
    }
}

/// A name with `${__field.labels.job}`, `${__field.name}` and `${__series.name}` filled. A label that is not there is nothing.
fn filled_name(template: &str, legend: &str, labels: &Labels) -> String {
    replace_variables(template, &mut |name, _| match name {
        "__field.name" | "__field.displayName" | "__series.name" => Some(legend.to_owned()),
        name => {
            let label = name.strip_prefix("__field.labels.")?;
            Some(labels.get(label).unwrap_or_default().to_owned())
        }
    })
}

/// The colour of the step that a value has reached, `other` without one.
fn level_ink(field: &FieldOptions, value: f64, other: Ink) -> Ink {
    let (min, max) = field.bounds();
    let step = field.thresholds.step_for(value, min, max);
    step.filter(|step| step.colour != PanelColour::Transparent).map_or(other, |step| ink_of(step.colour))
}

/// The dashboard's unit, or what the metric's name gives away.
pub fn unit_of(field: &FieldOptions, target: Option<&Target>) -> String {
    field
        .unit
        .clone()
        .or_else(|| target.and_then(|t| t.unit_hint).map(str::to_owned))
        .unwrap_or_else(|| "short".to_owned())
}

/// Named state colours are the theme's own; other hues are taken from the series palette.
pub fn ink_of(colour: PanelColour) -> Ink {
    match colour {
        PanelColour::Named { hue, shade } => match hue {
            Hue::Red => Ink::Crit,
            Hue::Orange if shade == Shade::Dark => Ink::Crit,
            Hue::Orange | Hue::Yellow => Ink::Warn,
            Hue::Green => Ink::Ok,
            Hue::Blue => Ink::Info,
            Hue::Purple => Ink::Series(5),
            Hue::Grey => Ink::Text3,
        },
        PanelColour::Rgba([r, g, b, a]) => Ink::Literal(Rgba { r, g, b, a }),
        PanelColour::Transparent => Ink::Surface1,
        PanelColour::Text => Ink::Text1,
    }
}

/// The word for a state colour, which stands beside it on screen.
pub fn state_of(ink: Ink) -> Option<&'static str> {
    match ink {
        Ink::Ok => Some("ok"),
        Ink::Warn => Some("warning"),
        Ink::Crit => Some("critical"),
        Ink::Info => Some("info"),
        _ => None,
    }
}

/// Larger first, NaN last.
pub fn by_value_descending(a: f64, b: f64) -> Ordering {
    match (a.is_nan(), b.is_nan()) {
        (true, true) => Ordering::Equal,
        (true, false) => Ordering::Greater,
        (false, true) => Ordering::Less,
        (false, false) => b.total_cmp(&a),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::dashboard::ThresholdStep;

    #[test]
    fn values_sort_with_nan_last() {
        let mut values = [1.0, f64::NAN, 3.0, -2.0];
        values.sort_by(|a, b| by_value_descending(*a, *b));
        assert_eq!(format!("{values:?}"), "[3.0, 1.0, -2.0, NaN]");
    }

    #[test]
    fn names_are_filled_from_labels() {
        let labels = Labels::from_pairs([("job", "api")]);
        let check = |template: &str, expect: &str| assert_eq!(filled_name(template, "p95", &labels), expect);
        check("${__field.labels.job}: ${__series.name}", "api: p95");
        check("${__field.labels.no}${__field.name}", "p95");
        check("$plain ${__other}", "$plain ${__other}");
    }

    #[test]
    fn a_series_has_the_colour_of_what_it_reached() {
        let mut field = FieldOptions::default();
        let step = |value: f64, colour: PanelColour| ThresholdStep { value, colour };
        field.thresholds.steps =
            vec![step(f64::NEG_INFINITY, PanelColour::Transparent), step(5.0, PanelColour::named(Hue::Red))];
        let check = |value: f64, expect: Ink| assert_eq!(level_ink(&field, value, Ink::Series(3)), expect, "{value}");
        check(1.0, Ink::Series(3));
        check(5.0, Ink::Crit);
        check(f64::NAN, Ink::Series(3));
    }

    #[test]
    fn the_guides_colours_are_states() {
        for (hue, state) in [(Hue::Red, "critical"), (Hue::Yellow, "warning"), (Hue::Green, "ok"), (Hue::Blue, "info")]
        {
            assert_eq!(state_of(ink_of(PanelColour::named(hue))), Some(state));
        }
    }
}
