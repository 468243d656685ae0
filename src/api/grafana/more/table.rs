//! Tables: the panel of Grafana 7 and later, and the one before it.

use super::{
    super::read::Reader,
    fields::{config_from, mappings_from, pattern_from, reducers_from},
    finish_panel, read_panel,
    transforms::{old_aggregations, steps_from},
};
use crate::{
    analysis::table::{
        field::{Align, CellStyle, FieldConfig, Matcher, Options, Override},
        pattern::Pattern,
        transform::{Step, Transformation},
    },
    api::grafana::field::{based, colour_from},
    base::number,
    model::{
        dashboard::{Hue, Link, PanelColour, PanelDocument, Reducer, ThresholdStep, Thresholds},
        notice::Notice,
    },
};

/// What a table's file says.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct TablePanel {
    pub options: TableOptions,
    pub fields: FieldConfig,
    pub steps: Vec<Step>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct TableOptions {
    pub has_head: bool,
    pub row_height: RowHeight,
    /// Columns by their heads, and whether each descends.
    pub sort: Vec<(String, bool)>,
    /// A column by its place, as the old table has it.
    pub sort_place: Option<(usize, bool)>,
    pub footer: Footer,
    pub is_paged: bool,
    /// `None`: as many as fit.
    pub page_rows: Option<usize>,
    /// Which of several tables is shown first.
    pub first_table: usize,
}

impl Default for TableOptions {
    fn default() -> Self {
        Self {
            has_head: true,
            row_height: RowHeight::default(),
            sort: Vec::new(),
            sort_place: None,
            footer: Footer::default(),
            is_paged: false,
            page_rows: None,
            first_table: 0,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum RowHeight {
    #[default]
    Small,
    Medium,
    Large,
}

/// Numbers below the columns.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Footer {
    pub reducers: Vec<Reducer>,
    /// Empty: those of numbers.
    pub columns: Vec<String>,
    /// Says how many rows there are instead.
    pub counts_rows: bool,
}

pub fn table_panel(document: &PanelDocument) -> (TablePanel, Vec<Notice>) {
    read_panel(document, |panel| {
        let is_old = panel.has("styles") || panel.has("transform") || panel.has("columns");
        let mut table = TablePanel { fields: config_from(panel), steps: steps_from(panel), ..TablePanel::default() };
        if let Some(options) = panel.object("options") {
            options_from(&options, &mut table.options);
            options.finish();
        }
        if is_old {
            read_old(panel, &mut table);
        }
        finish_panel(panel);
        table
    })
    .unwrap_or_default()
}

fn options_from(options: &Reader<'_>, table: &mut TableOptions) {
    options.flag_into("showHeader", &mut table.has_head);
    options.word_into(
        "cellHeight",
        &[("sm", RowHeight::Small), ("md", RowHeight::Medium), ("lg", RowHeight::Large)],
        &mut table.row_height,
    );
    for key in options.objects("sortBy") {
        let is_descending = key.is_on("desc");
        table.sort.extend(key.owned_text("displayName").map(|name| (name, is_descending)));
        key.finish();
    }
    table.first_table = options.count("frameIndex").unwrap_or_default() as usize;
    table.is_paged = options.is_on("enablePagination");
    if let Some(footer) = options.object("footer") {
        table.is_paged |= footer.is_on("enablePagination");
        let reducers = reducers_from(&footer, "reducer");
        let counts_rows = footer.is_on("countRows");
        let columns = match footer.value("fields") {
            Some(crate::api::json::Value::String(one)) if !one.is_empty() => vec![one.clone()],
            Some(crate::api::json::Value::Array(_)) => footer.texts("fields").into_iter().map(str::to_owned).collect(),
            _ => Vec::new(),
        };
        if footer.is_on("show") {
            // Counting is only said where it is what the footer counts.
            let counts_rows = counts_rows && reducers.contains(&Reducer::Count);
            table.footer = Footer { reducers, columns, counts_rows };
        }
        footer.finish();
    }
    // What a click copies, and keys that Grafana's own grid listens to.
    options.ignore(&["disableKeyboardEvents", "frozenColumns", "initialRowIndex", "maxRowHeight"]);
    options.ignore(&["showTypeIcons"]);
}

/// The table before Grafana 7: styles instead of overrides, one `transform`.
fn read_old(panel: &Reader<'_>, table: &mut TablePanel) {
    panel.ignore(&["scroll", "fontSize", "filterNull", "pluginVersion", "editorTab", "hideTimeOverride"]);
    table.options.has_head = panel.flag("showHeader").unwrap_or(true);
    table.options.page_rows = panel.count("pageSize").filter(|rows| *rows > 0).map(|rows| rows as usize);
    table.options.is_paged = table.options.page_rows.is_some();
    if let Some(sort) = panel.object("sort") {
        let is_descending = sort.is_on("desc");
        table.options.sort_place = sort.count("col").map(|place| (place as usize, is_descending));
        sort.finish();
    }
    let mut aggregations = Vec::new();
    let mut columns = Vec::new();
    for column in panel.objects("columns") {
        let text = column.text("text").unwrap_or_default().to_owned();
        let value = column.filled_text("value").unwrap_or_default();
        columns.push(text.clone());
        // Only aggregations have calculations for columns.
        aggregations.extend(Reducer::from_id(value).map(|reducer| (reducer, text)));
        column.ignore(&["$$hashKey"]);
        column.finish();
    }
    let steps = match panel.filled_text("transform") {
        None | Some("table") => vec![Transformation::Merge],
        Some("timeseries_to_rows") => vec![Transformation::SeriesToRows],
        Some("timeseries_to_columns") => vec![Transformation::Join { by: None, is_inner: false }],
        Some("timeseries_aggregations") => old_aggregations(&aggregations),
        Some(other) => {
            panel.warn(
                "transform",
                &["\u{201c}", other, "\u{201d} is not supported; the answers are shown as they come"],
            );
            Vec::new()
        }
    };
    table.steps.extend(steps.into_iter().map(|transformation| Step { transformation, only_ref_ids: Vec::new() }));
    // The first style that names a column counts; of overrides the last one does.
    let styles: Vec<Override> = panel.objects("styles").iter().filter_map(old_style).collect();
    table.fields.overrides.extend(styles.into_iter().rev());
}

fn old_style(style: &Reader<'_>) -> Option<Override> {
    style.ignore(&["$$hashKey", "sanitize", "preserveFormat", "mappingTypes"]);
    let pattern = style.filled_text("pattern").unwrap_or_default();
    let matcher = if pattern.starts_with('/') {
        pattern_from(style, "pattern", Pattern::new).map(Matcher::Matches)
    } else {
        Some(Matcher::Names { names: vec![pattern.to_owned()], is_exclusive: false })
    };
    let mut options = Options { display_name: style.owned_text("alias"), ..Options::default() };
    options.align = style.word(
        "align",
        &[("auto", Align::Auto), ("left", Align::Start), ("center", Align::Centre), ("right", Align::End)],
    );
    match style.filled_text("type") {
        Some("hidden") => options.is_hidden = Some(true),
        Some("date") => {
            options.unit = Some("time:".to_owned());
            if style.filled_text("dateFormat").is_some_and(|format| format != "YYYY-MM-DD HH:mm:ss") {
                style.info("dateFormat", &["times are written as everywhere on this page"]);
            }
        }
        Some("number") => {
            options.unit = style.owned_text("unit");
            options.decimals = style.count("decimals");
        }
        Some("string") | None => {}
        Some(other) => style.info("type", &["\u{201c}", other, "\u{201d} is not supported; the value is shown"]),
    }
    style.ignore(&["unit", "decimals", "dateFormat"]);
    let coloured = |is_row: bool| CellStyle::ColourBackground { is_gradient: false, is_row };
    options.cell = match style.filled_text("colorMode") {
        Some("cell") => Some(coloured(false)),
        Some("row" | "rowText") => Some(coloured(true)),
        Some("value") => Some(CellStyle::ColourText),
        _ => None,
    };
    options.thresholds = old_thresholds(style);
    let is_range = style.number("mappingType") == Some(2.0);
    let maps = mappings_from(style, if is_range { "rangeMaps" } else { "valueMaps" });
    style.ignore(&["rangeMaps", "valueMaps"]);
    options.mappings = (!maps.is_empty()).then_some(maps);
    let (url, title) = (style.filled_text("linkUrl"), style.text("linkTooltip").unwrap_or_default());
    let opens_new = style.is_on("linkTargetBlank");
    if style.is_on("link") {
        options.links = url.map(|url| vec![Link { title: braced_cells(title), url: braced_cells(url), opens_new }]);
    }
    style.finish();
    Some(Override { matcher: matcher?, options })
}

/// The limits between the colours of an old style; colours that are not known are grey.
fn old_thresholds(style: &Reader<'_>) -> Option<Thresholds> {
    let limits: Vec<f64> = style
        .list("thresholds")
        .iter()
        .filter_map(|item| item.value.as_text().and_then(|text| number::parse(text.trim())))
        .collect();
    let colours: Vec<PanelColour> = style
        .texts("colors")
        .into_iter()
        .map(|name| colour_from(name).unwrap_or(PanelColour::named(Hue::Grey)))
        .collect();
    if limits.is_empty() {
        return None;
    }
    let bounds = std::iter::once(f64::NEG_INFINITY).chain(limits);
    let steps = bounds.zip(colours).map(|(value, colour)| ThresholdStep { value, colour }).collect();
    Some(Thresholds { steps: based(steps), ..Thresholds::default() })
}

/// `$__cell` and `$__cell_2` with the braces that newer variables have.
fn braced_cells(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 4);
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("$__cell") {
        out.push_str(before);
        let digits = after.strip_prefix('_').map_or(0, |tail| {
            let count = tail.bytes().take_while(u8::is_ascii_digit).count();
            if count > 0 { count + 1 } else { 0 }
        });
        let (number, tail) = after.split_at(digits);
        out.push_str("${__cell");
        out.push_str(number);
        out.push('}');
        rest = tail;
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_of_old_links_get_braces() {
        assert_eq!(
            braced_cells("d/x?a=$__cell&b=$__cell_12&c=${__cell:raw}$"),
            "d/x?a=${__cell}&b=${__cell_12}&c=${__cell:raw}$"
        );
        assert_eq!(braced_cells("$__cell_x"), "${__cell}_x");
    }
}
