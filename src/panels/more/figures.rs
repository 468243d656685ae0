//! The single numbers that gauges, bar gauges and pies show: one or all of each series, with bounds, texts and colours.

use crate::{
    analysis::{
        link::{Lead, ValueFacts},
        reduce::reduce,
    },
    api::grafana::more::ShownValues,
    base::{
        colour::Ink,
        time::day_clock_text,
        units::{self, Formatted},
    },
    chart::series_slots,
    model::{
        dashboard::{FieldColour, FieldOptions, Panel},
        frame::is_missing,
        labels::Labels,
        notice::Notice,
    },
    panels::{
        data::PanelData,
        leads::leads_at,
        look::{SeriesLook, looks_of},
    },
    state::zone::Zone,
};

use super::{paint::paint_of, svg::Meter};

/// Rows asked for, however wide the card: one number must be the same number on a phone and on a wall.
pub const ROWS: f64 = 256.0;

/// One number, ready to show.
#[derive(Debug, Clone, PartialEq)]
pub struct Figure {
    pub name: String,
    /// [`crate::model::frame::MISSING`] when there is none.
    pub value: f64,
    pub text: Formatted,
    /// Every digit.
    pub full: String,
    pub paint: Ink,
    pub unit: String,
    pub field: FieldOptions,
    pub bounds: (f64, f64),
    /// The limit that the value keeps or breaks, in words.
    pub verdict: Option<String>,
    pub leads: Vec<Lead>,
}

impl Figure {
    /// What a meter says of it.
    pub fn meter(&self) -> Meter {
        let (min, max) = self.bounds;
        let bound = |value: f64| units::format(&self.unit, value, None);
        let verdict = self.verdict.as_ref().map(|verdict| format!(", {verdict}")).unwrap_or_default();
        let said = if self.value.is_nan() {
            self.text.to_string()
        } else {
            format!("{}{verdict}, between {} and {}", self.text, bound(min), bound(max))
        };
        Meter { name: self.name.clone(), value: self.value, said, ..Meter::default() }
    }
}

/// What there is to show of an answer.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Figures {
    pub list: Vec<Figure>,
    pub notices: Vec<Notice>,
}

/// More than this nobody reads, and a page of them is slow.
pub const FIGURES_MAX: usize = 100;
/// Grafana's, where all values are shown.
const VALUES_MAX: u32 = 25;

/// At most `most` of them. `usual` is the colour mode where the file names none.
pub fn figures_of(
    panel: &Panel,
    shown: &ShownValues,
    data: &PanelData,
    (usual, most): (&FieldColour, usize),
    zone: &Zone,
) -> Figures {
    let (frame, targets) = data.joined();
    let looks = looks_of(panel, &frame, &targets);
    let is_shown = |look: &SeriesLook| {
        !look.options.style.is_hidden && shown.series.as_ref().is_none_or(|series| series.covers(&look.name, ""))
    };
    let series: Vec<_> = frame.columns.iter().zip(&looks).filter(|(_, look)| is_shown(look)).collect();
    // The bounds that the file leaves open are those of all that is shown, so that equal bars are equal values.
    let mut extent = (f64::INFINITY, f64::NEG_INFINITY);
    for value in series.iter().flat_map(|(column, _)| column.values.iter()).filter(|value| value.is_finite()) {
        extent = (extent.0.min(*value), extent.1.max(*value));
    }
    // Rows without an instant are things of their own, each with its colour.
    let row_inks: Vec<Ink> = match data.rows().filter(|_| shown.shows_all) {
        Some(rows) => {
            let names = rows.iter().map(|name| Labels::from_pairs([("row", name.as_str())]));
            series_slots(&names.collect::<Vec<_>>()).into_iter().map(Ink::Series).collect()
        }
        None => Vec::new(),
    };
    let mut found = Figures::default();
    let limit = shown.limit.unwrap_or(VALUES_MAX) as usize;
    let mut count = 0_usize;
    for (column, look) in series {
        if shown.shows_all {
            let values = column.values.iter().zip(frame.x_ms.iter()).enumerate();
            for (row, (value, x_ms)) in values.filter(|(_, (value, _))| !is_missing(**value)) {
                count += 1;
                if found.list.len() < limit.min(most) {
                    let ink = row_inks.get(row).copied();
                    let look = SeriesLook { ink: ink.unwrap_or(look.ink), ..look.clone() };
                    let mut figure = figure_of(&look, shown, *value, extent, usual);
                    if let Some(name) = data.name_at(&figure.name, row) {
                        figure.name = name;
                    } else if frame.row_count() > 1 && data.rows().is_none() {
                        let instant = zone.with(|zone| day_clock_text(*x_ms as i64, zone));
                        figure.name = format!("{}, {instant}", figure.name);
                    }
                    found.list.push(led(figure, panel, &column.labels, Some(*x_ms)));
                }
            }
        } else {
            count += 1;
            if found.list.len() < most {
                let figure = figure_of(look, shown, reduce(shown.reducer, &column.values), extent, usual);
                found.list.push(led(figure, panel, &column.labels, frame.x_ms.last().copied()));
            }
        }
    }
    if count > found.list.len() {
        found.notices.push(Notice::warning(format!("the first {} of {count} values are shown", found.list.len())));
    }
    if !frame.histograms.is_empty() {
        found.notices.push(Notice::warning("native histograms have no single value; use histogram_quantile"));
    }
    found
}

fn figure_of(look: &SeriesLook, shown: &ShownValues, value: f64, extent: (f64, f64), usual: &FieldColour) -> Figure {
    let field = &look.options.field;
    let bounds = bounds_of(field, &look.unit, extent);
    let known = (!is_missing(value)).then_some(value);
    let text = text_of(look, shown, value);
    let paint = paint_of(field, value, bounds, look.ink, usual);
    let full = if known.is_some() { units::format_full(&look.unit, value).to_string() } else { "no data".to_owned() };
    Figure {
        name: look.name.clone(),
        value,
        text,
        full,
        paint,
        unit: look.unit.clone(),
        field: field.clone(),
        bounds,
        verdict: verdict_of(look, value, bounds),
        leads: Vec::new(),
    }
}

/// The number with where it leads.
fn led(figure: Figure, panel: &Panel, labels: &Labels, time_ms: Option<f64>) -> Figure {
    let Figure { name, value, text, field, .. } = &figure;
    let facts = ValueFacts { name, labels, value: *value, text: &text.to_string(), time_ms };
    let leads = leads_at(panel, field, facts);
    Figure { leads, ..figure }
}

/// The number as it is shown, a mapping's text in its place where there is one.
fn text_of(look: &SeriesLook, shown: &ShownValues, value: f64) -> Formatted {
    let field = &look.options.field;
    let known = (!is_missing(value)).then_some(value);
    let word = |number: String| Formatted { number, ..Formatted::default() };
    let mut text = match known {
        Some(value) => units::format(&look.unit, value, field.decimals),
        None => word(field.no_value.clone().unwrap_or_else(|| "no data".to_owned())),
    };
    if let Some(mapped) = field.mapping_for(known).and_then(|mapping| mapping.text.clone()) {
        text = word(mapped);
    }
    if let Some(prefix) = &shown.prefix {
        text.prefix = format!("{prefix}{}", text.prefix);
    }
    if let Some(postfix) = &shown.postfix {
        text.suffix = format!("{}{postfix}", text.suffix);
    }
    text
}

/// Which limit a value keeps or breaks: colour alone says nothing to many.
fn verdict_of(look: &SeriesLook, value: f64, (min, max): (f64, f64)) -> Option<String> {
    let steps = &look.options.field.thresholds.steps;
    if steps.len() < 2 || value.is_nan() {
        return None;
    }
    let step = look.options.field.thresholds.step_for(value, min, max)?;
    let at = steps.iter().position(|other| other == step)?;
    let written = |limit: f64| match look.options.field.thresholds.mode {
        crate::model::dashboard::ThresholdMode::Absolute => units::format(&look.unit, limit, None).to_string(),
        crate::model::dashboard::ThresholdMode::Percentage => format!("{limit}% of the range"),
    };
    Some(match steps.get(at + 1) {
        Some(next) => format!("below {}", written(next.value)),
        None => format!("at least {}", written(step.value)),
    })
}

/// From where to where a value is shown: what the file says, the unit's own bounds, or those of the data. A scale that the data
/// decide begins at zero and ends at a round value: a bar never looks like more than it is.
pub fn bounds_of(field: &FieldOptions, unit: &str, extent: (f64, f64)) -> (f64, f64) {
    let natural = units::natural_maximum(unit);
    let (low, high) = if extent.0 <= extent.1 { extent } else { (0.0, 1.0) };
    let min = field.min.filter(|min| min.is_finite()).unwrap_or_else(|| if low < 0.0 { -round_up(-low) } else { 0.0 });
    let open_max =
        || natural.filter(|most| high <= *most).unwrap_or_else(|| if high > 0.0 { round_up(high) } else { 0.0 });
    let max = field.max.filter(|max| max.is_finite()).unwrap_or_else(open_max);
    match min.total_cmp(&max) {
        std::cmp::Ordering::Less => (min, max),
        // Grafana swaps bounds that are the wrong way round.
        std::cmp::Ordering::Greater if field.min.is_some() && field.max.is_some() => (max, min),
        _ => (min, min + min.abs().max(1.0)),
    }
}

/// The next of 1, 1.5, 2, 3, 4, 5, 6, 8 times a power of ten.
fn round_up(value: f64) -> f64 {
    let exponent = value.log10().floor();
    if !exponent.is_finite() {
        return value;
    }
    let power = 10_f64.powf(exponent);
    let digit =
        [1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0].into_iter().find(|digit| digit * power >= value * (1.0 - 1e-9));
    digit.unwrap_or(10.0) * power
}

/// All of them in a sentence.
pub fn summary_of(title: &str, figures: &[Figure]) -> String {
    let values: Vec<String> = figures.iter().take(20).map(|f| format!("{}: {}", f.name, f.text)).collect();
    let more = if figures.len() > 20 { format!(", and {} more", figures.len() - 20) } else { String::new() };
    format!("{title}. {}{more}", values.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn open_bounds_are_the_datas_and_begin_at_zero() {
        let check = |min: Option<f64>, max: Option<f64>, unit: &str, extent: (f64, f64), expect: (f64, f64)| {
            let field = FieldOptions { min, max, ..FieldOptions::default() };
            let (low, high) = bounds_of(&field, unit, extent);
            assert!((low - expect.0).abs() < 1e-9 && (high - expect.1).abs() < 1e-9, "{extent:?}: {low} {high}");
        };
        check(None, None, "short", (3.0, 71.0), (0.0, 80.0));
        check(None, None, "short", (-12.0, 71.0), (-15.0, 80.0));
        check(None, None, "short", (0.0, 0.0), (0.0, 1.0));
        check(None, None, "short", (-7.0, -5.0), (-8.0, 0.0));
        check(None, None, "percentunit", (0.1, 0.4), (0.0, 1.0));
        check(None, None, "percent", (0.1, 140.0), (0.0, 150.0));
        check(Some(0.99), Some(1.0), "percentunit", (0.1, 0.4), (0.99, 1.0));
        check(Some(10.0), Some(0.0), "short", (1.0, 2.0), (0.0, 10.0));
        check(Some(5.0), None, "short", (1.0, 2.0), (5.0, 10.0));
        check(None, None, "short", (f64::INFINITY, f64::NEG_INFINITY), (0.0, 1.0));
    }
}
