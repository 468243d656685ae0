//! One panel: what it is, where it stands, what it asks.

use super::{
    dashboard::interval_from,
    field::{field_from, old_colour_overrides, overrides_from},
    irrelevant,
    layout::Wanted,
    options,
    read::{Notices, Reader},
    unit_hint::unit_hint,
};
use crate::{
    api::json::Value,
    model::dashboard::{
        FieldOptions, GridRect, LateVariables, LegendFormat, Link, Panel, PanelDocument, PanelOptions, Target,
        TargetFormat, kinds,
    },
};

/// A panel whose id and place are not settled yet.
pub(super) struct DraftPanel {
    pub id: Option<u32>,
    pub wanted: Wanted,
    pub panel: Panel,
}

/// The panel, and what a collapsed row keeps inside itself.
#[inline(never)]
pub(super) fn panel_from(outer: &Reader<'_>) -> (DraftPanel, Vec<DraftPanel>) {
    // Remarks about a panel belong to the panel, not to the dashboard.
    let notices = Notices::default();
    let reader = outer.with_notices(&notices);
    let written_kind = reader.filled_text("type").unwrap_or("timeseries");
    let kind = match written_kind {
        "graph" => kinds::TIMESERIES,
        "singlestat" | "grafana-singlestat-panel" => kinds::STAT,
        "heatmap-new" => kinds::HEATMAP,
        other => other,
    }
    .to_owned();
    reader.ignore(irrelevant::PANEL);

    let mut children = Vec::new();
    let wanted = wanted_from(&reader);
    let targets = targets_from(&reader);
    let is_read_later = kinds::READ_LATER.contains(&kind.as_str());
    let (mut field, mut overrides) = (FieldOptions::default(), Vec::new());
    if !is_read_later {
        field = field_from(&reader);
        overrides = overrides_from(&reader);
        overrides.extend(old_colour_overrides(&reader));
    }
    let panel_options = match written_kind {
        "graph" => options::graph_from(&reader, &mut field, &mut overrides),
        "timeseries" => options::timeseries_from(&reader),
        "singlestat" | "grafana-singlestat-panel" => options::singlestat_from(&reader, &mut field),
        "stat" => options::stat_from(&reader),
        "heatmap" | "heatmap-new" => options::heatmap_from(&reader, &targets),
        "row" => {
            for child in reader.objects("panels") {
                let (draft, nested) = panel_from(&child);
                children.push(draft);
                children.extend(nested);
            }
            PanelOptions::Row
        }
        "text" => text_from(&reader),
        kind if kinds::MORE.contains(&kind) => {
            reader.ignore(&["options"]);
            // Its options stand beside the keys that every panel has; they are read, and remarked on, with them.
            if kind == "grafana-piechart-panel" {
                reader.ignore_all();
            }
            PanelOptions::More
        }
        other => {
            let known = "stat, timeseries, heatmap, text, singlestat, graph, ";
            let more = kinds::MORE.join(", ");
            reader.warn(
                "type",
                &["panels of the kind \u{201c}", other, "\u{201d} cannot be drawn. Known: ", known, &more],
            );
            reader.ignore(&["options"]);
            PanelOptions::Other
        }
    };
    for (key, what) in [
        ("alert", "alerts inside panels are not supported; write a rule for Prometheus"),
        ("libraryPanel", "library panels are not in the file; export the dashboard with them"),
    ] {
        if is_said(&reader, key) {
            reader.warn(key, &[what]);
        }
    }
    let has_links = !field.links.is_empty() || overrides.iter().any(|over| over.links.is_some());
    if has_links && !kinds::LINKED.contains(&kind.as_str()) {
        reader.info("links", &["values lead nowhere in this kind of panel"]);
    }
    let transforms = kinds::transforms(&kind);
    let has_transformations = is_said(&reader, "transformations");
    if has_transformations && !transforms {
        reader.warn(
            "transformations",
            &["this kind of panel has no transformations; the answers are shown as they come"],
        );
    }
    let panel = Panel {
        id: 0,
        title: reader.text("title").unwrap_or_default().to_owned(),
        description: reader.owned_text("description"),
        kind,
        grid: GridRect { x: 0, y: 0, w: 12, h: 1 },
        source: source_from(&reader),
        targets,
        field,
        overrides,
        options: panel_options,
        links: links_from(&reader),
        has_transformations: has_transformations && transforms,
        min_interval_ms: interval_from(&reader, "interval"),
        max_data_points: reader.count("maxDataPoints").filter(|points| *points > 1),
        document: PanelDocument { at_byte: reader.begins_at(), ..PanelDocument::default() },
        variables: LateVariables::default(),
        notices: Vec::new(),
    };
    let id = reader.count("id");
    if !is_read_later {
        reader.finish();
    }
    (DraftPanel { id, wanted, panel: Panel { notices: notices.take(), ..panel } }, children)
}

#[inline(never)]
fn links_from(panel: &Reader<'_>) -> Vec<Link> {
    let mut links = Vec::new();
    for link in panel.objects("links") {
        if let Some(url) = link.filled_text("url") {
            links.push(Link {
                title: link.filled_text("title").unwrap_or(url).to_owned(),
                url: url.to_owned(),
                opens_new: link.is_on("targetBlank"),
            });
        } else {
            // Before Grafana 7 a link could name a dashboard of its server.
            link.warn("url", &["a link without an address is left out"]);
            link.ignore(&["title", "targetBlank"]);
        }
        link.ignore(&["type", "icon", "tooltip", "tags", "asDropdown", "dashUri", "dashboard"]);
        link.finish();
    }
    links
}

/// Whether a key has something in it.
fn is_said(panel: &Reader<'_>, key: &str) -> bool {
    panel.value(key).is_some_and(|value| match value {
        Value::Array(items) => !items.is_empty(),
        Value::String(text) => !text.is_empty(),
        _ => true,
    })
}

/// Signs that Markdown reads; a text without them is what it looks like.
const MARKS: [char; 13] = ['*', '_', '#', '[', '<', '`', '>', '|', '~', '&', '\\', '\n', '$'];

#[inline(never)]
fn text_from(panel: &Reader<'_>) -> PanelOptions {
    panel.ignore(&["mode", "content"]);
    let options = panel.object("options");
    let reader = options.as_ref().unwrap_or(panel);
    let content = reader.text("content").unwrap_or_default();
    let is_list = content.starts_with(['-', '+']) || content.starts_with(|c: char| c.is_ascii_digit());
    let is_marked = is_list || content.contains(MARKS) || content.contains("://");
    match reader.text("mode") {
        Some("text") => PanelOptions::Text(content.to_owned()),
        None | Some("markdown") if !is_marked => PanelOptions::Text(content.to_owned()),
        _ => PanelOptions::Marked(content.to_owned()),
    }
}

#[inline(never)]
fn wanted_from(reader: &Reader<'_>) -> Wanted {
    let span = reader.number("span");
    if let Some(grid) = reader.object("gridPos") {
        let side = |key: &str| grid.number(key).map(|n| n.clamp(0.0, 10_000.0).floor() as u32);
        let wanted = Wanted::Grid24 {
            x: side("x").unwrap_or(0).min(23),
            y: side("y").unwrap_or(0),
            w: side("w").unwrap_or(24).clamp(1, 24),
            h: side("h").unwrap_or(8).clamp(1, 100),
        };
        grid.ignore(&["static"]);
        grid.finish();
        return wanted;
    }
    match span {
        Some(span) => Wanted::Span { columns: span.clamp(1.0, 12.0) as u32, height: 7, starts_row: false },
        None => Wanted::Nothing,
    }
}

/// The source's name or uid. Placeholders of exported dashboards mean the default one.
#[inline(never)]
fn source_from(reader: &Reader<'_>) -> Option<String> {
    match reader.value("datasource")? {
        Value::String(name) if name.starts_with('$') || name == "default" || name == "-- Mixed --" => None,
        Value::String(name) if name.starts_with("-- ") => {
            reader.warn("datasource", &["\u{201c}", name, "\u{201d} is Grafana's own and not supported"]);
            None
        }
        Value::String(name) => Some(name.clone()),
        Value::Object(_) => {
            let source = reader.object("datasource")?;
            let kind = source.filled_text("type");
            if let Some(kind) = kind.filter(|k| !k.contains("prometheus") && *k != "datasource" && !k.starts_with('$'))
            {
                source
                    .warn("type", &["sources of the kind \u{201c}", kind, "\u{201d} are not supported in panels yet"]);
            }
            let uid = source.filled_text("uid").filter(|uid| !uid.starts_with('$') && !uid.starts_with("-- "));
            source.ignore(&["name", "apiVersion"]);
            source.finish();
            uid.map(str::to_owned)
        }
        _ => {
            reader.warn("datasource", &["expected a name or an object; the default source is used"]);
            None
        }
    }
}

#[inline(never)]
fn targets_from(reader: &Reader<'_>) -> Vec<Target> {
    let mut targets: Vec<Target> = Vec::new();
    for target in reader.objects("targets") {
        target.ignore(irrelevant::TARGET);
        if target.has("datasource") {
            source_from(&target);
        }
        let is_hidden = target.is_on("hide");
        let Some(expr) = target.filled_text("expr") else {
            // A target without a query is what Grafana's editor leaves behind; one with other keys asks something else.
            if target.filled_text("type").is_some() || target.has("rawSql") || target.has("expression") {
                target.warn("expr", &["there is none: only PromQL queries are supported in panels yet"]);
            } else {
                target.info("expr", &["the query is empty and not asked"]);
            }
            continue;
        };
        let ref_id = target
            .filled_text("refId")
            .filter(|id| targets.iter().all(|t| t.ref_id != *id))
            .map_or_else(|| free_ref_id(&targets), str::to_owned);
        let format = target
            .word(
                "format",
                &[
                    ("time_series", TargetFormat::TimeSeries),
                    ("table", TargetFormat::Table),
                    ("heatmap", TargetFormat::Heatmap),
                ],
            )
            .unwrap_or_default();
        let legend_format = match target.text("legendFormat").map(str::trim) {
            None | Some("" | "__auto") => LegendFormat::Auto,
            Some(template) => LegendFormat::Template(template.to_owned()),
        };
        let is_instant = target.is_on("instant") && !target.is_on("range");
        targets.push(Target {
            ref_id,
            unit_hint: unit_hint(expr, format == TargetFormat::Heatmap),
            expr: expr.to_owned(),
            legend_format,
            format,
            is_instant,
            is_hidden,
            min_interval_ms: interval_from(&target, "interval"),
        });
        target.finish();
    }
    targets
}

/// `A` to `Z`, then `Q27` and on.
fn free_ref_id(targets: &[Target]) -> String {
    let letters = ('A'..='Z').map(String::from);
    let numbers = (27..).map(|n| format!("Q{n}"));
    letters.chain(numbers).find(|id| targets.iter().all(|t| t.ref_id != *id)).unwrap_or_default()
}
