//! The options of a bar gauge.

use super::{
    super::options::ORIENTATIONS,
    read_panel,
    shown::{ShownValues, TextSizes, custom, least_px},
};
use crate::model::{
    dashboard::{FieldOptions, Orientation, PanelDocument},
    notice::Notice,
};

#[derive(Debug, Clone, PartialEq)]
pub struct BarGaugeOptions {
    pub shown: ShownValues,
    pub display: BarDisplay,
    pub orientation: Orientation,
    pub value: ValueDisplay,
    pub name: NamePlacement,
    /// The part of the bar that no value fills is drawn too.
    pub has_unfilled: bool,
    pub text: TextSizes,
    pub least_width_px: Option<f64>,
    pub least_height_px: Option<f64>,
    pub most_height_px: Option<f64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum BarDisplay {
    Basic,
    /// The colours of all thresholds up to the value.
    #[default]
    Gradient,
    /// Cells that are lit up to the value.
    Lcd,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ValueDisplay {
    /// In the bar's colour.
    #[default]
    Coloured,
    Plain,
    Hidden,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum NamePlacement {
    #[default]
    Auto,
    Top,
    Left,
    Hidden,
}

impl Default for BarGaugeOptions {
    fn default() -> Self {
        Self {
            shown: ShownValues::default(),
            display: BarDisplay::default(),
            orientation: Orientation::Auto,
            value: ValueDisplay::default(),
            name: NamePlacement::default(),
            has_unfilled: true,
            text: TextSizes::default(),
            least_width_px: None,
            least_height_px: None,
            most_height_px: None,
        }
    }
}

/// The options with what is remarkable about them; `field` takes what old files kept among them.
pub fn bar_gauge_from(document: &PanelDocument, field: &mut FieldOptions) -> (BarGaugeOptions, Vec<Notice>) {
    let read = read_panel(document, |panel| {
        let mut bars = BarGaugeOptions::default();
        if let Some(custom) = custom(panel) {
            custom.ignore(&["hideFrom"]);
            custom.finish();
        }
        let Some(options) = panel.object("options") else { return bars };
        bars.shown.read(&options, field);
        options.word_into(
            "displayMode",
            &[("basic", BarDisplay::Basic), ("gradient", BarDisplay::Gradient), ("lcd", BarDisplay::Lcd)],
            &mut bars.display,
        );
        options.word_into("orientation", ORIENTATIONS, &mut bars.orientation);
        options.word_into(
            "valueMode",
            &[("color", ValueDisplay::Coloured), ("text", ValueDisplay::Plain), ("hidden", ValueDisplay::Hidden)],
            &mut bars.value,
        );
        options.word_into(
            "namePlacement",
            &[
                ("auto", NamePlacement::Auto),
                ("top", NamePlacement::Top),
                ("left", NamePlacement::Left),
                ("hidden", NamePlacement::Hidden),
            ],
            &mut bars.name,
        );
        options.flag_into("showUnfilled", &mut bars.has_unfilled);
        bars.text = TextSizes::read(&options);
        bars.least_width_px = least_px(&options, "minVizWidth");
        bars.least_height_px = least_px(&options, "minVizHeight");
        bars.most_height_px = least_px(&options, "maxVizHeight");
        // Each bar has its name beside it: there is nothing for a legend to add.
        options.ignore(&["legend"]);
        options.finish();
        bars
    });
    read.unwrap_or_default()
}
