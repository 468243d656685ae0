//! The dashboard around the panels: its range, its variables, its rows.

use serde_json::{Map, Value};

use super::{
    GrafanaError, describe, irrelevant,
    layout::{Placement, Wanted, place},
    panel::{DraftPanel, panel_from},
    read::{Notices, Reader},
};
use crate::{
    base::time::{Refresh, TimePoint, TimeSpec, Utc, parse_duration_ms},
    model::dashboard::{Dashboard, Panel, PanelOptions, Variable, is_built_in, variable_names},
    model::notice::Notice,
};

/// One row of an old dashboard is so high where it does not say.
const OLD_ROW_HEIGHT_PX: f64 = 250.0;

fn object<'a>(value: &'a Value, path: &str) -> Result<&'a Map<String, Value>, GrafanaError> {
    value.as_object().ok_or_else(|| GrafanaError::WrongType {
        path: path.to_owned(),
        expected: "an object",
        found: describe(value),
    })
}

pub(super) fn dashboard_from_value(value: &Value) -> Result<Dashboard, GrafanaError> {
    let notices = Notices::default();
    let root = object(value, "the file")?;
    let (map, prefix) = match root.get("dashboard") {
        Some(inner) => {
            let wrapper = Reader::new(root, "", &notices);
            wrapper.ignore(irrelevant::WRAPPER);
            wrapper.ignore(&["dashboard"]);
            wrapper.finish();
            (object(inner, "dashboard")?, "dashboard")
        }
        None => (root, ""),
    };
    let reader = Reader::new(map, prefix, &notices);
    for key in ["panels", "rows"] {
        if let Some(value) = map.get(key).filter(|v| !v.is_null() && !v.is_array()) {
            return Err(GrafanaError::WrongType {
                path: reader.path_of(key),
                expected: "a list",
                found: describe(value),
            });
        }
    }
    if !map.contains_key("panels") && !map.contains_key("rows") {
        return Err(GrafanaError::NoPanels);
    }

    let variables = variables_from(&reader);
    let mut drafts = Vec::new();
    for panel in reader.objects("panels") {
        push_panel(&panel, &mut drafts);
    }
    for row in reader.objects("rows") {
        push_old_row(row, &mut drafts);
    }
    read_annotations(&reader);
    reader.ignore(irrelevant::DASHBOARD);
    let dashboard = Dashboard {
        uid: reader.filled_text("uid"),
        title: reader.filled_text("title").unwrap_or_else(|| "Untitled dashboard".to_owned()),
        description: reader.filled_text("description"),
        tags: reader.texts("tags"),
        time: time_from(&reader),
        refresh_ms: refresh_from(&reader),
        time_zone: reader.filled_text("timezone"),
        has_shared_crosshair: reader.count("graphTooltip").is_some_and(|mode| mode > 0)
            || reader.has("sharedCrosshair") && reader.flag("sharedCrosshair").unwrap_or_default(),
        panels: finished_panels(drafts, &variables),
        variables,
        notices: Vec::new(),
    };
    reader.finish();
    Ok(Dashboard { notices: notices.take(), ..dashboard })
}

fn push_panel(reader: &Reader<'_>, drafts: &mut Vec<DraftPanel>) {
    let (draft, children) = panel_from(reader);
    drafts.push(draft);
    drafts.extend(children);
}

/// Rows of dashboards before Grafana 5: panels with a `span` of twelve.
fn push_old_row(row: Reader<'_>, drafts: &mut Vec<DraftPanel>) {
    let height_px = match row.value("height") {
        Some(Value::Number(number)) => number.as_f64().unwrap_or(OLD_ROW_HEIGHT_PX),
        Some(Value::String(text)) => text.trim_end_matches("px").trim().parse().unwrap_or(OLD_ROW_HEIGHT_PX),
        _ => OLD_ROW_HEIGHT_PX,
    };
    // Grafana's rows of the grid: 30 px and a gap of 8.
    let height = ((height_px + 8.0) / 38.0).round().clamp(2.0, 40.0) as u32;
    let title = row.filled_text("title");
    let is_collapsed = row.flag("collapse").unwrap_or_default();
    if row.flag("showTitle").unwrap_or_default() || is_collapsed {
        drafts.push(DraftPanel::heading(title.unwrap_or_default()));
    }
    if is_collapsed {
        row.info("collapse", "collapsed rows are shown open");
    }
    let mut is_first = true;
    for panel in row.objects("panels") {
        let before = drafts.len();
        push_panel(&panel, drafts);
        if let Some(draft) = drafts.get_mut(before) {
            draft.wanted = match draft.wanted {
                Wanted::Span { columns, .. } => Wanted::Span { columns, height, starts_row: is_first },
                other => other,
            };
        }
        is_first = false;
    }
    row.ignore(&["editable", "titleSize", "repeatIteration", "repeatRowId"]);
    if row.has("repeat") {
        row.warn("repeat", "repeating rows is not supported; the row is shown once");
        row.ignore(&["repeat"]);
    }
    row.finish();
}

/// Ids made unique, places made free of overlap, in reading order.
fn finished_panels(drafts: Vec<DraftPanel>, variables: &[Variable]) -> Vec<Panel> {
    let placements: Vec<Placement> =
        drafts.iter().map(|d| Placement { wanted: d.wanted, kind: d.panel.kind.clone() }).collect();
    let places = place(&placements);
    let mut used = Vec::new();
    let highest = drafts.iter().filter_map(|d| d.id).max().unwrap_or(0);
    let mut next = highest;
    let mut panels: Vec<Panel> = Vec::with_capacity(drafts.len());
    for (draft, grid) in drafts.into_iter().zip(places) {
        let DraftPanel { id, wanted: _, mut panel } = draft;
        panel.id = id.filter(|id| !used.contains(id)).unwrap_or_else(|| {
            next = next.saturating_add(1);
            next
        });
        used.push(panel.id);
        panel.grid = grid;
        for target in &panel.targets {
            for name in variable_names(&target.expr) {
                let is_known = is_built_in(&name) || variables.iter().any(|v| v.name == name);
                let message = format!("query {}: the variable ${name} is not defined", target.ref_id);
                if !is_known && !panel.notices.iter().any(|n| n.message == message) {
                    panel.notices.push(Notice::warning(message));
                }
            }
        }
        panels.push(panel);
    }
    crate::base::order::sort_by_key(&mut panels, |p| (p.grid.y, p.grid.x, !matches!(p.options, PanelOptions::Row)));
    panels
}

fn time_from(reader: &Reader<'_>) -> Option<TimeSpec> {
    let time = reader.object("time")?;
    let end = |key: &str| time.filled_text(key).unwrap_or_else(|| "now".to_owned());
    let spec = match TimeSpec::parse(&end("from"), &end("to"), &Utc) {
        Ok(spec) => Some(spec),
        Err(error) => {
            reader.warn("time", &error.to_string());
            None
        }
    };
    time.finish();
    // A range from now to now selects nothing.
    spec.filter(|spec| spec.from != TimePoint::now() || spec.to != TimePoint::now())
}

fn refresh_from(reader: &Reader<'_>) -> Option<i64> {
    if matches!(reader.value("refresh"), Some(Value::Bool(false))) {
        return None;
    }
    let text = reader.filled_text("refresh")?;
    match Refresh::parse(&text) {
        Some(Refresh::Every { interval_ms }) => Some(interval_ms),
        Some(_) => None,
        None => {
            reader.info("refresh", &format!("\u{201c}{text}\u{201d} is not a duration such as 30s"));
            None
        }
    }
}

/// The built-in annotations of every dashboard are Grafana's own; the others are queries that are not asked here.
fn read_annotations(reader: &Reader<'_>) {
    let Some(annotations) = reader.object("annotations") else { return };
    for entry in annotations.objects("list") {
        let is_built_in = entry.value("builtIn").is_some_and(|v| v.as_i64() == Some(1) || v.as_bool() == Some(true));
        if !is_built_in && entry.flag("enable").unwrap_or(true) {
            let name = entry.filled_text("name").unwrap_or_default();
            entry.warn("name", &format!("the annotation \u{201c}{name}\u{201d} is not supported yet and not shown"));
        }
    }
    annotations.finish();
}

fn variables_from(reader: &Reader<'_>) -> Vec<Variable> {
    let Some(templating) = reader.object("templating") else { return Vec::new() };
    let mut variables: Vec<Variable> = Vec::new();
    for entry in templating.objects("list") {
        let Some(name) = entry.filled_text("name") else {
            entry.warn("name", "a variable without a name is ignored");
            continue;
        };
        let current = entry.object("current").map_or_else(Vec::new, |current| current_values(&current));
        let kind = entry.filled_text("type").unwrap_or_else(|| "query".to_owned());
        let current = if current.is_empty() && matches!(kind.as_str(), "constant" | "textbox" | "interval") {
            entry.filled_text("query").map(|q| first_choice(&q)).into_iter().collect()
        } else {
            current
        };
        if kind != "datasource" {
            let value = if current.is_empty() { "all values".to_owned() } else { current.join(", ") };
            entry.warn("name", &format!("the variable ${name} stays at {value}; choosing is not supported yet"));
        }
        variables.push(Variable { label: entry.filled_text("label"), kind, current, name });
    }
    templating.finish();
    variables
}

fn current_values(current: &Reader<'_>) -> Vec<String> {
    match current.value("value") {
        Some(Value::String(text)) => vec![text.clone()],
        Some(Value::Number(number)) => vec![number.to_string()],
        Some(Value::Array(_)) => current.texts("value"),
        _ => Vec::new(),
    }
}

fn first_choice(query: &str) -> String {
    let first = query.split(',').next().unwrap_or_default().trim();
    first.strip_prefix("auto").map_or(first, |_| "1m").to_owned()
}

/// An interval as panels and queries write it: `15s`, `>10s`, a bare number of seconds; a variable is none.
pub(super) fn interval_from(reader: &Reader<'_>, key: &str) -> Option<i64> {
    let text = reader.filled_text(key)?;
    let plain = text.trim().trim_start_matches(['>', '=']).trim();
    if plain.starts_with('$') {
        return None;
    }
    let parsed = match plain.parse::<f64>() {
        Ok(secs) => Some((secs * 1000.0) as i64),
        Err(_) => parse_duration_ms(plain).ok(),
    };
    let interval_ms = parsed.filter(|ms| *ms > 0);
    if interval_ms.is_none() {
        reader.info(key, &format!("\u{201c}{text}\u{201d} is not a duration such as 30s; ignored"));
    }
    interval_ms
}
