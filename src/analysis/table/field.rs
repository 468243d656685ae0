//! How the cells of a column are written and coloured: the panel's options, what overrides them for single columns, and
//! mappings.

use crate::{
    base::{
        colour::{Ink, assign_slots, gradient},
        number,
        time::{TimeZone, ago_text, date_time_text, iso_text},
        units,
    },
    model::{
        dashboard::{FieldColour, Link, NullMode, PanelColour, Reducer, Thresholds, replace_variables},
        labels::Labels,
    },
};

use super::{Cell, CellType, Cells, Column, Table, pattern::Pattern};

/// The panel's options for all columns, and what overrides them, in the file's order.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct FieldConfig {
    pub defaults: Options,
    pub overrides: Vec<Override>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Override {
    pub matcher: Matcher,
    pub options: Options,
}

/// Which columns an override is for.
#[derive(Debug, Clone, PartialEq)]
pub enum Matcher {
    Names {
        names: Vec<String>,
        is_exclusive: bool,
    },
    Matches(Pattern),
    Type(CellType),
    Query(String),
    /// By place, as an old table's sorting names columns.
    Nothing,
}

macro_rules! options {
    ($($(#[$doc:meta])* $name:ident: $type:ty,)+) => {
        /// What a column may say; `None`: it does not.
        #[derive(Debug, Clone, PartialEq, Default)]
        pub struct Options {
            $($(#[$doc])* pub $name: Option<$type>,)+
        }

        impl Options {
            /// Takes over what `other` says.
            pub fn take_over(&mut self, other: &Self) {
                $(if other.$name.is_some() {
                    self.$name.clone_from(&other.$name);
                })+
            }
        }
    };
}

options! {
    /// Grafana's unit id.
    unit: String,
    decimals: u32,
    min: f64,
    max: f64,
    /// Bounds that are not given come from this column alone rather than from all.
    has_own_extent: bool,
    display_name: String,
    no_value: String,
    thresholds: Thresholds,
    colour: FieldColour,
    mappings: Vec<Mapping>,
    links: Vec<Link>,
    align: Align,
    width_px: f64,
    min_width_px: f64,
    is_filterable: bool,
    is_hidden: bool,
    cell: CellStyle,
    is_wrapped: bool,
    is_head_wrapped: bool,
    footer: Vec<Reducer>,
    line_width_px: f64,
    fill_percent: f64,
    nulls: NullMode,
    /// Gaps wider than this many milliseconds are gaps even where values are joined.
    insert_nulls_ms: i64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Align {
    /// Numbers at the end, others at the start.
    #[default]
    Auto,
    Start,
    Centre,
    End,
}

/// What a cell looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum CellStyle {
    #[default]
    Auto,
    ColourText,
    ColourBackground {
        is_gradient: bool,
        is_row: bool,
    },
    Gauge {
        mode: GaugeMode,
        value: GaugeValue,
    },
    Trend {
        hides_value: bool,
    },
    Json,
    Links,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum GaugeMode {
    #[default]
    Basic,
    Gradient,
    Segments,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum GaugeValue {
    #[default]
    Coloured,
    Plain,
    Hidden,
}

/// Writes something else in place of a cell.
#[derive(Debug, Clone, PartialEq)]
pub struct Mapping {
    pub matches: Match,
    pub text: Option<String>,
    pub colour: Option<PanelColour>,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Match {
    /// As the file spells it: a number, a text, `true`, `false`, `null` or `NaN`.
    Value(String),
    /// Both ends belong to it.
    Range {
        from: f64,
        to: f64,
    },
    Pattern(Pattern),
    Null,
    NaN,
    NullOrNaN,
    Empty,
}

impl Match {
    fn covers(&self, cell: &Cell) -> bool {
        let is_nan = !cell.is_none() && !matches!(cell, Cell::Text(_)) && cell.number().is_nan();
        match self {
            Self::Value(wanted) => match cell {
                Cell::None => wanted == "null",
                Cell::Text(text) => **text == **wanted,
                _ if is_nan => wanted == "NaN",
                _ => {
                    let wanted = match wanted.as_str() {
                        "true" => Some(1.0),
                        "false" => Some(0.0),
                        text => number::parse(text.trim()),
                    };
                    wanted.is_some_and(|wanted| (wanted + 0.0).total_cmp(&(cell.number() + 0.0)).is_eq())
                }
            },
            Self::Range { from, to } => {
                let value = match cell {
                    Cell::Text(text) => number::parse(text.trim()),
                    Cell::None => None,
                    _ => Some(cell.number()),
                };
                value.is_some_and(|value| *from <= value && value <= *to)
            }
            Self::Pattern(pattern) => matches!(cell, Cell::Text(text) if pattern.is_match(text)),
            Self::Null => cell.is_none(),
            Self::NaN => is_nan,
            Self::NullOrNaN => cell.is_none() || is_nan,
            Self::Empty => matches!(cell, Cell::Text(text) if text.is_empty()),
        }
    }
}

impl Mapping {
    /// The first of some mappings that a cell meets, with the text that it is written as.
    pub fn find<'a>(mappings: &'a [Self], cell: &Cell) -> Option<(&'a Self, Option<String>)> {
        let mapping = mappings.iter().find(|mapping| mapping.matches.covers(cell))?;
        let text = match (&mapping.matches, cell) {
            (Match::Pattern(pattern), Cell::Text(text)) => mapping.text.as_ref().map(|by| pattern.replaced(text, by)),
            _ => mapping.text.clone(),
        };
        Some((mapping, text))
    }
}

impl Matcher {
    fn covers(&self, column: &Column, ref_id: &str) -> bool {
        let is_named = |name: &String| *name == column.name || name == column.shown();
        match self {
            Self::Names { names, is_exclusive } => names.iter().any(is_named) != *is_exclusive,
            Self::Matches(pattern) => pattern.is_match(column.shown()),
            Self::Type(kind) => column.cells.kind() == *kind,
            Self::Query(id) => id == ref_id,
            Self::Nothing => false,
        }
    }
}

impl FieldConfig {
    /// What holds for one column.
    pub fn options_of(&self, column: &Column, ref_id: &str) -> Options {
        let mut options = self.defaults.clone();
        for o in self.overrides.iter().filter(|o| o.matcher.covers(column, ref_id)) {
            options.take_over(&o.options);
        }
        options
    }
}

/// A colour, before it has a theme.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Paint {
    Colour(PanelColour),
    /// A place on a scale of colours.
    Scheme(Ink),
    /// One of the series' colours.
    Slot(u8),
}

/// A cell in words.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Written {
    pub text: String,
    /// With every digit.
    pub full: String,
}

/// What words about time depend on.
#[derive(Clone, Copy)]
pub struct Moment<'a> {
    pub zone: &'a dyn TimeZone,
    pub now_ms: i64,
}

/// A column's options, settled: what its cells are written and painted with.
#[derive(Debug, Clone, PartialEq)]
pub struct Look {
    pub options: Options,
    /// The column's head.
    pub title: String,
    pub unit: String,
    pub min: f64,
    pub max: f64,
    slot: u8,
}

/// The looks of a table's columns.
pub fn looks_of(config: &FieldConfig, table: &Table) -> Vec<Look> {
    let hashes: Vec<u64> = table
        .columns
        .iter()
        .map(|column| {
            if column.labels.is_empty() {
                Labels::from_pairs([("name", column.shown())]).stable_hash()
            } else {
                column.labels.stable_hash()
            }
        })
        .collect();
    let slots = assign_slots(&hashes);
    let of_all = extent(table.columns.iter().filter(|column| column.cells.kind() == CellType::Number));
    table
        .columns
        .iter()
        .zip(slots)
        .map(|(column, slot)| {
            let options = config.options_of(column, &table.ref_id);
            let own = if options.has_own_extent == Some(true) { extent(std::iter::once(column)) } else { of_all };
            let unit = options.unit.clone().or_else(|| column.unit_hint.map(str::to_owned));
            Look {
                title: title_of(&options, column),
                unit: unit.unwrap_or_else(|| "none".to_owned()),
                min: options.min.unwrap_or(own.0),
                max: options.max.unwrap_or(own.1),
                slot,
                options,
            }
        })
        .collect()
}

/// The name that the options give, with `${__field.name}` and `${__field.labels.job}` filled.
fn title_of(options: &Options, column: &Column) -> String {
    let Some(template) = options.display_name.as_deref().filter(|name| !name.is_empty()) else {
        return column.shown().to_owned();
    };
    replace_variables(template, &mut |name, _| {
        let field = name.strip_prefix("__field.")?;
        match field {
            "name" | "displayName" => Some(column.shown().to_owned()),
            _ => field.strip_prefix("labels.").map(|label| column.labels.get(label).unwrap_or_default().to_owned()),
        }
    })
}

/// The smallest and the largest finite number; 0 and 100 where there is none, as Grafana has it.
fn extent<'a>(columns: impl Iterator<Item = &'a Column>) -> (f64, f64) {
    let (mut min, mut max) = (f64::INFINITY, f64::NEG_INFINITY);
    for column in columns {
        if let Cells::Number(values) = &column.cells {
            for value in values.iter().filter(|value| value.is_finite()) {
                min = min.min(*value);
                max = max.max(*value);
            }
        }
    }
    if max < min { (0.0, 100.0) } else { (min, max) }
}

impl Look {
    /// The options' own, or the rule for the type of cells.
    pub fn align(&self, kind: CellType) -> Align {
        match self.options.align.unwrap_or_default() {
            Align::Auto if kind == CellType::Number => Align::End,
            Align::Auto => Align::Start,
            align => align,
        }
    }

    pub fn mappings(&self) -> &[Mapping] {
        self.options.mappings.as_deref().unwrap_or_default()
    }

    pub fn written(&self, cell: &Cell, moment: Moment<'_>) -> Written {
        let full = match cell {
            Cell::None => String::new(),
            Cell::Text(text) => text.to_string(),
            Cell::Time(value) => time_text(&self.unit, *value, moment),
            Cell::Number(_) | Cell::Trend(_) => self.number_text(cell.number(), moment, true),
        };
        if let Some((_, Some(text))) = Mapping::find(self.mappings(), cell) {
            return Written { text, full };
        }
        let text = match cell {
            Cell::None => self.options.no_value.clone().unwrap_or_default(),
            Cell::Number(_) | Cell::Trend(_) if cell.number().is_nan() && self.options.no_value.is_some() => {
                self.options.no_value.clone().unwrap_or_default()
            }
            Cell::Number(_) | Cell::Trend(_) => self.number_text(cell.number(), moment, false),
            _ => full.clone(),
        };
        Written { text, full }
    }

    fn number_text(&self, value: f64, moment: Moment<'_>, is_full: bool) -> String {
        if self.unit.starts_with("dateTime") || self.unit.starts_with("time:") {
            return if value.is_finite() { time_text(&self.unit, value, moment) } else { String::new() };
        }
        if crate::model::frame::is_missing(value) {
            return String::new();
        }
        if is_full {
            units::format_full(&self.unit, value).to_string()
        } else {
            units::format(&self.unit, value, self.options.decimals).to_string()
        }
    }

    /// Where a value stands between the column's bounds, 0 to 1.
    pub fn ratio(&self, value: f64) -> f64 {
        let span = self.max - self.min;
        if value.is_nan() {
            0.0
        } else if span > 0.0 {
            ((value - self.min) / span).clamp(0.0, 1.0)
        } else {
            1.0
        }
    }

    /// The step of its thresholds that a value is on.
    pub fn step(&self, value: f64) -> Option<usize> {
        let thresholds = self.options.thresholds.as_ref()?;
        let step = thresholds.step_for(value, self.min, self.max)?;
        thresholds.steps.iter().position(|known| known == step)
    }

    /// The colour of a cell, where the options give one: a mapping's, or the colour scheme's. A text has none by itself.
    pub fn paint(&self, cell: &Cell) -> Option<Paint> {
        let mapped = Mapping::find(self.mappings(), cell).and_then(|(mapping, _)| mapping.colour);
        if let Some(colour) = mapped {
            return Some(Paint::Colour(colour));
        }
        let value = cell.number();
        match self.options.colour.as_ref().unwrap_or(&FieldColour::Auto) {
            FieldColour::Fixed(colour) => Some(Paint::Colour(*colour)),
            FieldColour::SeriesPalette => Some(Paint::Slot(self.slot)),
            FieldColour::Continuous(scheme) if value.is_finite() => {
                Some(Paint::Scheme(gradient(scheme, self.ratio(value))))
            }
            FieldColour::Auto | FieldColour::Thresholds if !value.is_nan() => {
                let thresholds = self.options.thresholds.as_ref()?;
                thresholds.step_for(value, self.min, self.max).map(|step| Paint::Colour(step.colour))
            }
            _ => None,
        }
    }
}

fn time_text(unit: &str, value: f64, moment: Moment<'_>) -> String {
    let at_ms = value as i64;
    match unit {
        "dateTimeFromNow" => ago_text(moment.now_ms - at_ms),
        "dateTimeAsIso" | "dateTimeAsIsoNoDateIfToday" => iso_text(at_ms, moment.zone),
        _ => date_time_text(at_ms, moment.zone),
    }
}

#[cfg(test)]
mod tests {
    use super::{
        super::tests::{numbers, table, texts, times},
        *,
    };
    use crate::{
        base::{colour::Stop, time::Utc},
        model::dashboard::{Hue, ThresholdStep},
    };

    const MOMENT: Moment<'static> = Moment { zone: &Utc, now_ms: 7_200_000 };

    fn text(text: &str) -> Cell {
        Cell::Text(text.into())
    }

    fn look(options: Options) -> Look {
        let config = FieldConfig { defaults: options, overrides: vec![] };
        looks_of(&config, &table(vec![numbers("Value", &[0.0, 50.0])])).remove(0)
    }

    #[test]
    fn overrides_apply_in_order_to_the_columns_that_they_name() {
        let named = |names: &[&str], is_exclusive| Matcher::Names {
            names: names.iter().map(|name| (*name).to_owned()).collect(),
            is_exclusive,
        };
        let unit = |matcher: Matcher, unit: &str| Override {
            matcher,
            options: Options { unit: Some(unit.to_owned()), ..Options::default() },
        };
        let mut value = numbers("Value #A", &[1.0]);
        value.title = Some("CPU".to_owned());
        let table = table(vec![times(&[0.0]), texts("pod", &["x"]), value]);
        let check = |matcher: Matcher, expect: [&str; 3]| {
            let config = FieldConfig { defaults: Options::default(), overrides: vec![unit(matcher, "s")] };
            let units: Vec<String> = looks_of(&config, &table).into_iter().map(|look| look.unit).collect();
            assert_eq!(units, expect);
        };
        check(named(&["CPU"], false), ["none", "none", "s"]);
        check(named(&["Value #A"], false), ["none", "none", "s"]);
        check(named(&["pod"], true), ["s", "none", "s"]);
        check(Matcher::Matches(Pattern::new("/^(pod|T)/").unwrap()), ["s", "s", "none"]);
        check(Matcher::Type(CellType::Number), ["none", "none", "s"]);
        check(Matcher::Query("A".to_owned()), ["s", "s", "s"]);
        check(Matcher::Query("B".to_owned()), ["none", "none", "none"]);
        let twice = FieldConfig {
            defaults: Options::default(),
            overrides: vec![unit(named(&["CPU"], false), "s"), unit(Matcher::Type(CellType::Number), "bytes")],
        };
        assert_eq!(looks_of(&twice, &table)[2].unit, "bytes");
    }

    #[test]
    fn mappings_of_values_texts_ranges_patterns_and_specials() {
        let check = |matches: Match, cell: Cell, expect: bool| {
            assert_eq!(matches.covers(&cell), expect, "{matches:?} {cell:?}");
        };
        let value = |text: &str| Match::Value(text.to_owned());
        check(value("1"), Cell::Number(1.0), true);
        check(value("1.0"), Cell::Number(1.0), true);
        check(value("0"), Cell::Number(-0.0), true);
        check(value("true"), Cell::Number(1.0), true);
        check(value("up"), text("up"), true);
        check(value("up"), Cell::Number(1.0), false);
        check(value("null"), Cell::None, true);
        check(value("NaN"), Cell::Number(f64::NAN), true);
        check(Match::Range { from: 1.0, to: 5.0 }, Cell::Number(5.0), true);
        check(Match::Range { from: 1.0, to: 5.0 }, text("3"), true);
        check(Match::Range { from: f64::NEG_INFINITY, to: 5.0 }, Cell::Number(-7.0), true);
        check(Match::Range { from: 1.0, to: 5.0 }, Cell::None, false);
        check(Match::Pattern(Pattern::new("/^a/").unwrap()), text("api"), true);
        check(Match::Pattern(Pattern::new("/1/").unwrap()), Cell::Number(1.0), false);
        check(Match::Null, Cell::None, true);
        check(Match::NaN, Cell::Number(f64::NAN), true);
        check(Match::NaN, text("x"), false);
        check(Match::NullOrNaN, Cell::None, true);
        check(Match::Empty, text(""), true);
        check(Match::Empty, Cell::None, false);
        let pattern = Mapping {
            matches: Match::Pattern(Pattern::new("/agentarea-(.*)/").unwrap()),
            text: Some("$1".to_owned()),
            colour: None,
        };
        let found = Mapping::find(std::slice::from_ref(&pattern), &text("agentarea-api"));
        assert_eq!(found.and_then(|(_, text)| text).as_deref(), Some("api"));
    }

    #[test]
    fn cells_are_written_with_unit_decimals_and_words() {
        let unit = |unit: &str| Options { unit: Some(unit.to_owned()), ..Options::default() };
        let check = |options: Options, cell: Cell, expect: (&str, &str)| {
            let Written { text, full } = look(options).written(&cell, MOMENT);
            assert_eq!((text.as_str(), full.as_str()), expect);
        };
        check(unit("s"), Cell::Number(0.123_456), ("123 ms", "0.123456 s"));
        check(Options { decimals: Some(1), ..unit("percentunit") }, Cell::Number(0.5), ("50.0%", "50%"));
        check(unit("dateTimeAsIso"), Cell::Number(0.0), ("1970-01-01T00:00:00Z", "1970-01-01T00:00:00Z"));
        check(unit("dateTimeFromNow"), Cell::Time(0.0), ("2 h ago", "2 h ago"));
        check(Options::default(), Cell::None, ("", ""));
        check(Options { no_value: Some("none".to_owned()), ..Options::default() }, Cell::None, ("none", ""));
        check(Options { no_value: Some("-".to_owned()), ..Options::default() }, Cell::Number(f64::NAN), ("-", "NaN"));
        let up = Mapping { matches: Match::Value("1".to_owned()), text: Some("up".to_owned()), colour: None };
        check(Options { mappings: Some(vec![up]), ..Options::default() }, Cell::Number(1.0), ("up", "1"));
        check(Options::default(), text("<b>"), ("<b>", "<b>"));
    }

    #[test]
    fn colours_come_from_mappings_thresholds_or_the_scheme() {
        let red = PanelColour::named(Hue::Red);
        let green = PanelColour::named(Hue::Green);
        let thresholds = Thresholds {
            mode: crate::model::dashboard::ThresholdMode::Percentage,
            steps: vec![
                ThresholdStep { value: f64::NEG_INFINITY, colour: green },
                ThresholdStep { value: 80.0, colour: red },
            ],
        };
        let base = Options { thresholds: Some(thresholds), ..Options::default() };
        let check =
            |options: Options, cell: Cell, expect: Option<Paint>| assert_eq!(look(options).paint(&cell), expect);
        // 40 is 80 % of the way from 0 to 50.
        check(base.clone(), Cell::Number(40.0), Some(Paint::Colour(red)));
        check(base.clone(), Cell::Number(39.0), Some(Paint::Colour(green)));
        check(Options { max: Some(100.0), ..base.clone() }, Cell::Number(40.0), Some(Paint::Colour(green)));
        check(base.clone(), Cell::None, None);
        check(base.clone(), text("x"), None);
        let mapped = Mapping { matches: Match::Value("x".to_owned()), text: None, colour: Some(red) };
        check(Options { mappings: Some(vec![mapped]), ..base.clone() }, text("x"), Some(Paint::Colour(red)));
        let scheme = |colour: FieldColour| Options { colour: Some(colour), ..base.clone() };
        check(scheme(FieldColour::Fixed(red)), text("x"), Some(Paint::Colour(red)));
        check(
            scheme(FieldColour::Continuous("continuous-reds".to_owned())),
            Cell::Number(25.0),
            Some(Paint::Scheme(Ink::Mix { from: Stop::Faint, to: Stop::Crit, ratio: 0.5 })),
        );
        assert!(matches!(look(scheme(FieldColour::SeriesPalette)).paint(&text("x")), Some(Paint::Slot(_))));
    }

    #[test]
    fn bounds_are_of_all_columns_unless_a_column_wants_its_own() {
        let two = table(vec![numbers("a", &[1.0, 2.0]), numbers("b", &[100.0])]);
        let config = |own: bool| FieldConfig {
            defaults: Options { has_own_extent: Some(own), ..Options::default() },
            overrides: vec![],
        };
        let bounds =
            |own: bool| looks_of(&config(own), &two).iter().map(|look| (look.min, look.max)).collect::<Vec<_>>();
        assert_eq!(bounds(false), [(1.0, 100.0), (1.0, 100.0)]);
        assert_eq!(bounds(true), [(1.0, 2.0), (100.0, 100.0)]);
        let empty = &looks_of(&config(true), &table(vec![numbers("a", &[])]))[0];
        assert_eq!((empty.min, empty.max), (0.0, 100.0));
    }

    #[test]
    fn a_head_may_name_the_field_and_its_labels() {
        let mut column = numbers("Value", &[1.0]);
        column.labels = Labels::from_pairs([("job", "api")]);
        let options =
            Options { display_name: Some("${__field.labels.job}: ${__field.name}".to_owned()), ..Options::default() };
        let config = FieldConfig { defaults: options, overrides: vec![] };
        assert_eq!(looks_of(&config, &table(vec![column]))[0].title, "api: Value");
    }
}
