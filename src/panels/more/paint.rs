//! Colours of values and series.

use crate::{
    base::colour::{Ink, gradient, ratio_of},
    model::dashboard::{FieldColour, FieldOptions},
    panels::look::ink_of,
};

/// The colour of a value: a mapping's, or by the field's mode; `series` is the palette's, `usual` is the mode where the file
/// names none.
pub fn paint_of(field: &FieldOptions, value: f64, bounds: (f64, f64), series: Ink, usual: &FieldColour) -> Ink {
    let known = (!value.is_nan()).then_some(value);
    if let Some(colour) = field.mapping_for(known).and_then(|mapping| mapping.colour) {
        return ink_of(colour);
    }
    let mode = if field.colour == FieldColour::Auto { usual } else { &field.colour };
    match mode {
        FieldColour::Fixed(colour) => ink_of(*colour),
        FieldColour::Continuous(scheme) => gradient(scheme, ratio_of(value, bounds)),
        FieldColour::Thresholds => {
            let step = field.thresholds.step_for(value, bounds.0, bounds.1);
            // A field without thresholds has Grafana's base colour.
            step.map_or(Ink::Ok, |step| ink_of(step.colour))
        }
        FieldColour::Auto | FieldColour::SeriesPalette => series,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::dashboard::{
        Hue, MappingMatch, PanelColour, ThresholdMode, ThresholdStep, Thresholds, ValueMapping,
    };

    #[test]
    fn a_value_has_the_colour_that_its_field_says() {
        let step = |value: f64, hue: Hue| ThresholdStep { value, colour: PanelColour::named(hue) };
        let thresholds = Thresholds {
            mode: ThresholdMode::Percentage,
            steps: vec![step(f64::NEG_INFINITY, Hue::Green), step(80.0, Hue::Red)],
        };
        let mapping =
            ValueMapping { matches: MappingMatch::Value(3.0), text: None, colour: Some(PanelColour::named(Hue::Blue)) };
        let check = |colour: FieldColour, value: f64, expect: Ink| {
            let field = FieldOptions {
                colour,
                thresholds: thresholds.clone(),
                mappings: vec![mapping.clone()],
                ..FieldOptions::default()
            };
            let paint = paint_of(&field, value, (0.0, 10.0), Ink::Series(4), &FieldColour::Thresholds);
            assert_eq!(paint, expect);
        };
        check(FieldColour::Auto, 7.9, Ink::Ok);
        check(FieldColour::Auto, 8.0, Ink::Crit);
        check(FieldColour::SeriesPalette, 8.0, Ink::Series(4));
        check(FieldColour::Fixed(PanelColour::named(Hue::Yellow)), 8.0, Ink::Warn);
        check(FieldColour::Fixed(PanelColour::named(Hue::Yellow)), 3.0, Ink::Info);
        check(FieldColour::Continuous("continuous-GrYlRd".to_owned()), 10.0, Ink::Crit);
    }
}
