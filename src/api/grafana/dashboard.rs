//! The dashboard around the panels: its range, its variables, its rows.

use super::{
    GrafanaError, irrelevant,
    layout::{Placement, Wanted, place},
    panel::{DraftPanel, panel_from},
    read::{Notices, Objects, Reader},
};
use crate::{
    api::json::{Map, Value, describe},
    base::{
        number,
        time::{Refresh, TimePoint, TimeSpec, Utc, parse_duration_ms},
    },
    model::dashboard::{Dashboard, Panel, PanelOptions},
};

/// One row of an old dashboard is so high where it does not say.
const OLD_ROW_HEIGHT_PX: f64 = 250.0;

fn object<'a>(value: &'a Value, path: &str) -> Result<&'a Map, GrafanaError> {
    match value {
        Value::Object(map) => Ok(map),
        other => Err(wrong_type(path.to_owned(), "an object", other)),
    }
}

fn wrong_type(path: String, expected: &'static str, found: &Value) -> GrafanaError {
    GrafanaError::WrongType { path, expected, found: describe(found) }
}

pub(super) fn dashboard_from_value(value: &Value) -> Result<Dashboard, GrafanaError> {
    let (objects, notices) = (Objects::default(), Notices::default());
    let root = object(value, "the file")?;
    let (map, prefix) = match root.get("dashboard") {
        Some(inner) => {
            let wrapper = Reader::new(root, String::new(), &objects, &notices);
            wrapper.ignore(irrelevant::WRAPPER);
            wrapper.ignore(&["dashboard"]);
            wrapper.finish();
            (object(inner, "dashboard")?, "dashboard")
        }
        None => (root, ""),
    };
    let reader = Reader::new(map, prefix.to_owned(), &objects, &notices);
    for key in ["panels", "rows"] {
        if let Some(value) = map.get(key).filter(|v| !matches!(v, Value::Null | Value::Array(_))) {
            return Err(wrong_type(reader.path_of(key), "a list", value));
        }
    }
    if map.get("panels").or(map.get("rows")).is_none() {
        return Err(GrafanaError::NoPanels);
    }

    let mut drafts = Vec::new();
    for panel in reader.objects("panels") {
        push_panel(&panel, &mut drafts);
    }
    for row in reader.objects("rows") {
        push_old_row(&row, &mut drafts);
    }
    read_annotations(&reader);
    reader.ignore(irrelevant::DASHBOARD);
    let dashboard = Dashboard {
        uid: reader.owned_text("uid"),
        title: reader.filled_text("title").unwrap_or("Untitled dashboard").to_owned(),
        description: reader.owned_text("description"),
        tags: owned(reader.texts("tags")),
        time: time_from(&reader),
        refresh_ms: refresh_from(&reader),
        time_zone: reader.owned_text("timezone"),
        has_shared_crosshair: reader.count("graphTooltip").is_some_and(|mode| mode > 0)
            || reader.has("sharedCrosshair") && reader.is_on("sharedCrosshair"),
        is_arranged_later: is_arranged_later(&reader),
        panels: finished_panels(drafts),
        notices: Vec::new(),
    };
    reader.finish();
    Ok(Dashboard { notices: notices.take(), ..dashboard })
}

#[inline(never)]
fn push_panel(reader: &Reader<'_>, drafts: &mut Vec<DraftPanel>) {
    let (draft, children) = panel_from(reader);
    drafts.push(draft);
    drafts.extend(children);
}

/// Rows of dashboards before Grafana 5: panels with a `span` of twelve. `grafana::variables` reads the row itself.
#[inline(never)]
fn push_old_row(row: &Reader<'_>, drafts: &mut Vec<DraftPanel>) {
    let height_px = match row.value("height") {
        Some(Value::String(text)) => number::parse(text.trim_end_matches("px").trim()).unwrap_or(OLD_ROW_HEIGHT_PX),
        other => other.and_then(Value::as_f64).unwrap_or(OLD_ROW_HEIGHT_PX),
    };
    // Grafana's rows of the grid: 30 px and a gap of 8.
    let height = ((height_px + 8.0) / 38.0).round().clamp(2.0, 40.0) as u32;
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
    row.ignore(&[
        "collapse",
        "editable",
        "repeat",
        "repeatIteration",
        "repeatRowId",
        "showTitle",
        "title",
        "titleSize",
    ]);
    row.finish();
}

/// Ids made unique, places made free of overlap, in reading order.
fn finished_panels(drafts: Vec<DraftPanel>) -> Vec<Panel> {
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
        panels.push(panel);
    }
    crate::base::order::sort_by_key(&mut panels, |p| (p.grid.y, p.grid.x, !matches!(p.options, PanelOptions::Row)));
    panels
}

#[inline(never)]
fn time_from(reader: &Reader<'_>) -> Option<TimeSpec> {
    let time = reader.object("time")?;
    let end = |key: &str| time.filled_text(key).unwrap_or("now");
    let spec = match TimeSpec::parse(end("from"), end("to"), &Utc) {
        Ok(spec) => Some(spec),
        Err(error) => {
            reader.warn("time", &[&error.to_string()]);
            None
        }
    };
    time.finish();
    // A range from now to now selects nothing.
    spec.filter(|spec| spec.from != TimePoint::now() || spec.to != TimePoint::now())
}

#[inline(never)]
fn refresh_from(reader: &Reader<'_>) -> Option<i64> {
    if matches!(reader.value("refresh"), Some(Value::Bool(false))) {
        return None;
    }
    let text = reader.filled_text("refresh")?;
    match Refresh::parse(text) {
        Some(Refresh::Every { interval_ms }) => Some(interval_ms),
        Some(_) => None,
        None => {
            reader.info("refresh", &["\u{201c}", text, "\u{201d} is not a duration such as 30s"]);
            None
        }
    }
}

/// The built-in annotations of every dashboard are Grafana's own; the others are queries that are not asked here.
#[inline(never)]
fn read_annotations(reader: &Reader<'_>) {
    let Some(annotations) = reader.object("annotations") else { return };
    for entry in annotations.objects("list") {
        let is_built_in = entry.value("builtIn").is_some_and(|v| v.as_u64() == Some(1) || *v == Value::Bool(true));
        // Those of Prometheus are read when the charts are there (`api::grafana::charts`).
        if !is_built_in && entry.flag("enable").unwrap_or(true) && !entry.has("expr") {
            let name = entry.filled_text("name").unwrap_or_default();
            entry.warn("name", &["the annotation \u{201c}", name, "\u{201d} is not supported yet and not shown"]);
        }
    }
    annotations.finish();
}

/// Whether it has variables or links: `grafana::variables` reads them.
#[inline(never)]
fn is_arranged_later(reader: &Reader<'_>) -> bool {
    let has_links = matches!(reader.value("links"), Some(Value::Array(links)) if !links.is_empty());
    reader.object("templating").is_some_and(|templating| !templating.list("list").is_empty()) || has_links
}

fn owned(texts: Vec<&str>) -> Vec<String> {
    texts.into_iter().map(str::to_owned).collect()
}

/// An interval as panels and queries write it: `15s`, `>10s`, a bare number of seconds; a variable is none.
#[inline(never)]
pub(super) fn interval_from(reader: &Reader<'_>, key: &str) -> Option<i64> {
    let text = reader.filled_text(key)?;
    let plain = text.trim().trim_start_matches(['>', '=']).trim();
    if plain.starts_with('$') {
        return None;
    }
    let parsed = match number::parse(plain) {
        Some(secs) => Some((secs * 1000.0) as i64),
        None => parse_duration_ms(plain).ok(),
    };
    let interval_ms = parsed.filter(|ms| *ms > 0);
    if interval_ms.is_none() {
        reader.info(key, &["\u{201c}", text, "\u{201d} is not a duration such as 30s; ignored"]);
    }
    interval_ms
}
