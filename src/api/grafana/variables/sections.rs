//! Rows, and what is repeated for each value.

use crate::{
    api::grafana::{
        layout::{Placement, Wanted, place},
        read::Reader,
    },
    model::{
        dashboard::{Dashboard, GridRect, kinds},
        variables::{Item, Repeat, Row, Section, Variable},
    },
};

/// Grafana's own number.
const DEFAULT_MAX_PER_ROW: u32 = 4;
/// Ids of old dashboards' rows, which have none in their files.
const FIRST_ROW_ID: u32 = 1 << 29;

/// A panel of the file and where it is in the dashboard that was read.
struct Found<'a> {
    reader: Reader<'a>,
    panel: usize,
}

pub(super) fn sections_from(root: &Reader<'_>, dashboard: &Dashboard, variables: &[Variable]) -> Vec<Section> {
    let mut drafts: Vec<(Option<Row>, Vec<Found<'_>>)> = vec![(None, Vec::new())];
    let at = |reader: &Reader<'_>| dashboard.panels.iter().position(|p| p.document.at_byte == reader.begins_at());
    let mut panels: Vec<Found<'_>> = found(root, "panels", &at);
    crate::base::order::sort_by_key(&mut panels, |found| {
        let place = wanted(&found.reader).map(|(_, y, _, _)| y);
        (place.unwrap_or(u32::MAX), wanted(&found.reader).map(|(x, ..)| x))
    });
    let rows_of_file: Vec<u32> = panels.iter().filter_map(|found| found.reader.count("id")).collect();
    for found_panel in panels {
        let Found { reader, panel } = &found_panel;
        // Repeats that an old version stored are made again.
        if reader.count("repeatPanelId").is_some_and(|source| rows_of_file.contains(&source)) {
            continue;
        }
        let Some(drawn) = dashboard.panels.get(*panel) else { continue };
        if drawn.kind == kinds::ROW {
            let row = Row {
                id: drawn.id,
                title: drawn.title.clone(),
                is_shown: true,
                is_collapsed: reader.is_on("collapsed"),
                repeat: repeated_by(reader, variables),
            };
            drafts.push((Some(row), found(reader, "panels", &at)));
        } else if let Some((_, panels)) = drafts.last_mut() {
            panels.push(found_panel);
        }
    }
    for (nth, row) in (0..).zip(root.objects("rows")) {
        let is_collapsed = row.is_on("collapse");
        if row.value("repeatIteration").is_some() && row.value("repeatRowId").is_some() {
            continue;
        }
        let repeat = repeated_by(&row, variables);
        let heading = Row {
            id: FIRST_ROW_ID + nth,
            title: row.filled_text("title").unwrap_or_default().to_owned(),
            is_shown: row.is_on("showTitle") || is_collapsed || repeat.is_some(),
            is_collapsed,
            repeat,
        };
        drafts.push((Some(heading), found(&row, "panels", &at)));
    }
    drafts.into_iter().map(|(row, panels)| section_of(row, &panels, dashboard, variables)).collect()
}

fn found<'a>(parent: &Reader<'a>, key: &str, at: &dyn Fn(&Reader<'a>) -> Option<usize>) -> Vec<Found<'a>> {
    let panels = parent.objects(key).into_iter();
    panels.filter_map(|reader| at(&reader).map(|panel| Found { reader, panel })).collect()
}

/// `gridPos` as it is written.
fn wanted(reader: &Reader<'_>) -> Option<(u32, u32, u32, u32)> {
    let grid = reader.object("gridPos")?;
    let side = |key: &str| grid.number(key).map(|side| side.clamp(0.0, 10_000.0) as u32);
    Some((
        side("x").unwrap_or(0).min(23),
        side("y").unwrap_or(0),
        side("w").unwrap_or(24).clamp(1, 24),
        side("h").unwrap_or(8).clamp(1, 100),
    ))
}

fn section_of(row: Option<Row>, panels: &[Found<'_>], dashboard: &Dashboard, variables: &[Variable]) -> Section {
    let places: Vec<_> = panels.iter().map(|found| wanted(&found.reader)).collect();
    let top = places.iter().flatten().map(|(_, y, _, _)| *y).min().unwrap_or(0);
    let mut is_first = true;
    let placements: Vec<Placement> = panels
        .iter()
        .zip(&places)
        .map(|(found, place)| {
            let drawn = dashboard.panels.get(found.panel);
            let wanted = match place {
                Some((x, y, w, h)) => Wanted::Grid24 { x: *x, y: y - top, w: *w, h: *h },
                // Already settled with the other rows: its size is good, its place is found again.
                None => drawn.map_or(Wanted::Nothing, |panel| {
                    let GridRect { w, h, .. } = panel.grid;
                    Wanted::Span { columns: w, height: h, starts_row: std::mem::take(&mut is_first) }
                }),
            };
            Placement { wanted, kind: drawn.map(|panel| panel.kind.clone()).unwrap_or_default() }
        })
        .collect();
    let items = panels
        .iter()
        .zip(place(&placements))
        .map(|(found, rect)| {
            let reader = &found.reader;
            let repeat = repeated_by(reader, variables).map(|variable| Repeat {
                variable,
                is_vertical: reader.text("repeatDirection") == Some("v"),
                max_per_row: reader.count("maxPerRow").filter(|count| *count > 0).unwrap_or(DEFAULT_MAX_PER_ROW),
            });
            Item { panel: found.panel, rect, repeat }
        })
        .collect();
    Section { row, items }
}

/// The variable that a row or panel repeats by. One that does not exist is said, and repeats nothing.
fn repeated_by(reader: &Reader<'_>, variables: &[Variable]) -> Option<String> {
    let name = reader.filled_text("repeat")?;
    let name = name.trim_start_matches('$');
    let is_known = variables.iter().any(|variable| variable.name == name);
    if !is_known {
        reader.warn("repeat", &["the variable $", name, " is not defined; shown once"]);
    }
    is_known.then(|| name.to_owned())
}
