//! From a dashboard's options to inks, units and names, alike for all kinds of panels.

use std::cmp::Ordering;

use crate::{
    base::colour::{Ink, Rgba},
    chart::series_slots,
    model::{
        dashboard::{FieldColour, FieldOptions, Hue, Panel, PanelColour, SeriesOptions, Shade, Target},
        frame::Frame,
        labels::Labels,
    },
};

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
            let name = options.field.display_name.clone().unwrap_or_else(|| readable(legend, &column.labels));
            let unit = unit_of(&options.field, target);
            let ink = match &options.field.colour {
                FieldColour::Fixed(colour) => ink_of(*colour),
                _ => Ink::Series(slot),
            };
            SeriesLook { name, ink, unit, options }
        })
        .collect()
}

/// A template whose labels are all missing leaves nothing to read; the labels say more.
fn readable(legend: String, labels: &Labels) -> String {
    if legend.trim().is_empty() {
        if labels.is_empty() { "value".to_owned() } else { labels.to_string() }
    } else {
        legend
    }
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

    #[test]
    fn values_sort_with_nan_last() {
        let mut values = [1.0, f64::NAN, 3.0, -2.0];
        values.sort_by(|a, b| by_value_descending(*a, *b));
        assert_eq!(format!("{values:?}"), "[3.0, 1.0, -2.0, NaN]");
    }

    #[test]
    fn the_guides_colours_are_states() {
        for (hue, state) in [(Hue::Red, "critical"), (Hue::Yellow, "warning"), (Hue::Green, "ok"), (Hue::Blue, "info")]
        {
            assert_eq!(state_of(ink_of(PanelColour::named(hue))), Some(state));
        }
    }
}
