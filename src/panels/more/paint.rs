//! Colours of values and series as CSS, which the theme fills in.

use crate::{
    base::colour::{HEAT_STOPS, Ink},
    model::dashboard::{FieldColour, FieldOptions},
    panels::look::ink_of,
};

/// An ink, or a place between two.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Paint {
    pub ink: Ink,
    /// Another ink and how much of it, 0 to 1.
    toward: Option<(Ink, f64)>,
}

impl From<Ink> for Paint {
    fn from(ink: Ink) -> Self {
        Self { ink, toward: None }
    }
}

impl Paint {
    /// As CSS, tokens of the theme unless the dashboard spells a colour out.
    pub fn css(self) -> String {
        match self.toward {
            None => css_of(self.ink),
            Some((other, ratio)) => {
                format!("color-mix(in srgb, {} {:.0}%, {})", css_of(other), ratio * 100.0, css_of(self.ink))
            }
        }
    }
}

fn css_of(ink: Ink) -> String {
    match ink {
        Ink::Literal(rgba) => rgba.to_string(),
        Ink::Heat(ratio) => {
            let at = (f64::from(ratio).clamp(0.0, 1.0) * (HEAT_STOPS - 1) as f64).round();
            format!("var(--heat-{at})")
        }
        plain => format!("var(--{})", plain.token().unwrap_or("text-3")),
    }
}

/// The inks that a gradient of Grafana's goes through, by its name (`continuous-GrYlRd`).
fn stops_of(scheme: &str) -> Vec<Ink> {
    let name = scheme.strip_prefix("continuous-").unwrap_or(scheme);
    let whole = match name {
        "reds" => Some(Ink::Crit),
        "greens" => Some(Ink::Ok),
        "blues" => Some(Ink::Info),
        "purples" => Some(Ink::Series(5)),
        _ => None,
    };
    if let Some(ink) = whole {
        return vec![Ink::LineStrong, ink];
    }
    // Two letters for each colour that it passes.
    let inks: Option<Vec<Ink>> = name
        .as_bytes()
        .chunks(2)
        .map(|pair| match pair {
            b"Gr" => Some(Ink::Ok),
            b"Yl" => Some(Ink::Warn),
            b"Rd" => Some(Ink::Crit),
            b"Bl" => Some(Ink::Info),
            b"Pu" => Some(Ink::Series(5)),
            _ => None,
        })
        .collect();
    // Scales of many colours (`viridis`, `magma`) are the theme's own.
    inks.filter(|inks| inks.len() > 1)
        .unwrap_or_else(|| (1..HEAT_STOPS).map(|at| Ink::Heat(at as f32 / (HEAT_STOPS - 1) as f32)).collect())
}

/// The place of a gradient at 0 to 1.
pub fn gradient(scheme: &str, ratio: f64) -> Paint {
    let stops = stops_of(scheme);
    let ratio = if ratio.is_finite() { ratio.clamp(0.0, 1.0) } else { 0.0 };
    let at = ratio * stops.len().saturating_sub(1) as f64;
    let below = at.floor() as usize;
    let ink = stops.get(below).copied().unwrap_or(Ink::Text3);
    let toward = stops.get(below + 1).map(|next| (*next, at - at.floor())).filter(|(_, part)| *part > 0.004);
    Paint { ink, toward }
}

/// What a value's place between its bounds is, 0 to 1; below and above are cut off.
pub fn ratio_of(value: f64, (min, max): (f64, f64)) -> f64 {
    let ratio = (value - min) / (max - min);
    if ratio.is_nan() { 0.0 } else { ratio.clamp(0.0, 1.0) }
}

/// The colour of a value: a mapping's, or by the field's mode; `series` is the palette's, `usual` is the mode where the file
/// names none.
pub fn paint_of(field: &FieldOptions, value: f64, bounds: (f64, f64), series: Ink, usual: &FieldColour) -> Paint {
    let known = (!value.is_nan()).then_some(value);
    if let Some(colour) = field.mapping_for(known).and_then(|mapping| mapping.colour) {
        return ink_of(colour).into();
    }
    let mode = if field.colour == FieldColour::Auto { usual } else { &field.colour };
    match mode {
        FieldColour::Fixed(colour) => ink_of(*colour).into(),
        FieldColour::Continuous(scheme) => gradient(scheme, ratio_of(value, bounds)),
        FieldColour::Thresholds => {
            let step = field.thresholds.step_for(value, bounds.0, bounds.1);
            // A field without thresholds has Grafana's base colour.
            step.map_or(Ink::Ok, |step| ink_of(step.colour)).into()
        }
        FieldColour::Auto | FieldColour::SeriesPalette => series.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::dashboard::{
        Hue, MappingMatch, PanelColour, ThresholdMode, ThresholdStep, Thresholds, ValueMapping,
    };

    #[test]
    fn gradients_pass_their_colours() {
        let check =
            |scheme: &str, ratio: f64, expect: &str| assert_eq!(gradient(scheme, ratio).css(), expect, "{scheme}");
        check("continuous-GrYlRd", 0.0, "var(--ok)");
        check("continuous-GrYlRd", 0.25, "color-mix(in srgb, var(--warn) 50%, var(--ok))");
        check("continuous-GrYlRd", 0.5, "var(--warn)");
        check("continuous-GrYlRd", 7.0, "var(--crit)");
        check("continuous-BlPu", 1.0, "var(--series-6)");
        check("continuous-blues", 1.0, "var(--info)");
        check("continuous-viridis", 0.0, "var(--heat-1)");
        check("continuous-viridis", 1.0, "var(--heat-5)");
        check("continuous-GrYlRd", f64::NAN, "var(--ok)");
    }

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
            assert_eq!(paint, expect.into());
        };
        check(FieldColour::Auto, 7.9, Ink::Ok);
        check(FieldColour::Auto, 8.0, Ink::Crit);
        check(FieldColour::SeriesPalette, 8.0, Ink::Series(4));
        check(FieldColour::Fixed(PanelColour::named(Hue::Yellow)), 8.0, Ink::Warn);
        check(FieldColour::Fixed(PanelColour::named(Hue::Yellow)), 3.0, Ink::Info);
        check(FieldColour::Continuous("continuous-GrYlRd".to_owned()), 10.0, Ink::Crit);
    }
}
