//! Where rows and panels stand once closed rows hide theirs and repeated ones are there once for each value.
//!
//! Invariant: places do not overlap, ids are unique and the same for the same panel with the same values.

use crate::{
    base::order,
    model::{
        dashboard::{GRID_COLUMNS, GridRect},
        variables::{Choice, Item, Repeat, Row, Section},
    },
};

/// Ids of repeated panels begin here; those of files are small numbers.
const FIRST_ID: u32 = 1 << 30;

/// A panel or the line of a row, at its place.
#[derive(Debug, Clone, PartialEq)]
pub struct Placed {
    pub id: u32,
    pub rect: GridRect,
    /// The variables that have one value here.
    pub scope: Vec<(String, Choice)>,
    pub what: What,
}

#[derive(Debug, Clone, PartialEq)]
pub enum What {
    /// Index among the dashboard's panels.
    Panel(usize),
    Row {
        title: String,
        is_open: bool,
        panel_count: usize,
    },
}

/// Everything that is to be seen, top to bottom. `values_of` gives a variable's values, none where it is not known or
/// still loading: then what repeats by it is there once. `is_toggled` says whether a row is not as the file has it.
pub fn arranged(
    sections: &[Section],
    panel_ids: &[u32],
    values_of: &dyn Fn(&str) -> Option<Vec<Choice>>,
    is_toggled: &dyn Fn(u32) -> bool,
) -> Vec<Placed> {
    let mut placed: Vec<Placed> = Vec::new();
    let mut y = 0;
    for section in sections {
        let variable = section.row.as_ref().and_then(|row| row.repeat.as_deref());
        for scope in scopes(variable, &[], values_of) {
            let panels = panels_of(section, &scope, values_of);
            let mut is_open = true;
            if let Some(row) = section.row.as_ref().filter(|row| row.is_shown) {
                let Row { id, title, is_collapsed, .. } = row;
                let id = id_of(*id, &scope, &placed);
                is_open = is_toggled(id) == *is_collapsed;
                let what = What::Row { title: title.clone(), is_open, panel_count: panels.len() };
                let rect = GridRect { x: 0, y, w: GRID_COLUMNS, h: 1 };
                placed.push(Placed { id, rect, scope: scope.clone(), what });
                y += 1;
            }
            if is_open {
                let height = panels.iter().map(|(_, rect, _)| rect.y + rect.h).max().unwrap_or(0);
                for (panel, rect, scope) in panels {
                    let id = id_of(panel_ids.get(panel).copied().unwrap_or_default(), &scope, &placed);
                    placed.push(Placed {
                        id,
                        rect: GridRect { y: rect.y + y, ..rect },
                        scope,
                        what: What::Panel(panel),
                    });
                }
                y += height;
            }
        }
    }
    placed
}

/// One scope for each value of the variable that something is repeated by, within another scope.
fn scopes(
    variable: Option<&str>,
    outer: &[(String, Choice)],
    values_of: &dyn Fn(&str) -> Option<Vec<Choice>>,
) -> Vec<Vec<(String, Choice)>> {
    let values = variable.filter(|name| outer.iter().all(|(outer, _)| outer != name)).and_then(values_of);
    match (variable, values) {
        (Some(name), Some(values)) if !values.is_empty() => values
            .into_iter()
            .map(|choice| outer.iter().cloned().chain([(name.to_owned(), choice)]).collect())
            .collect(),
        _ => vec![outer.to_vec()],
    }
}

type PlacedPanel = (usize, GridRect, Vec<(String, Choice)>);

/// The panels of a section, repeated, at their places within it.
fn panels_of(
    section: &Section,
    scope: &[(String, Choice)],
    values_of: &dyn Fn(&str) -> Option<Vec<Choice>>,
) -> Vec<PlacedPanel> {
    let mut out: Vec<PlacedPanel> = Vec::new();
    // How far everything from that height on has moved down.
    let mut shifts: Vec<(u32, u32)> = Vec::new();
    for Item { panel, rect, repeat } in &section.items {
        let shift: u32 = shifts.iter().filter(|(from, _)| rect.y >= *from).map(|(_, by)| by).sum();
        let top = GridRect { y: rect.y + shift, ..*rect };
        let scopes = scopes(repeat.as_ref().map(|repeat| repeat.variable.as_str()), scope, values_of);
        let Some(Repeat { is_vertical, max_per_row, .. }) = repeat.as_ref().filter(|_| scopes.len() > 1) else {
            out.extend(scopes.into_iter().map(|scope| (*panel, top, scope)));
            continue;
        };
        let count = scopes.len() as u32;
        let columns = if *is_vertical { 1 } else { count.min(*max_per_row).clamp(1, GRID_COLUMNS) };
        let edge = |column: u32| GRID_COLUMNS * column / columns;
        for (nth, scope) in (0..count).zip(scopes) {
            let column = nth % columns;
            let y = top.y + nth / columns * top.h;
            let (x, w) = if *is_vertical { (top.x, top.w) } else { (edge(column), edge(column + 1) - edge(column)) };
            out.push((*panel, GridRect { x, y, w, h: top.h }, scope));
        }
        shifts.push((rect.y + rect.h, (count.div_ceil(columns) - 1) * top.h));
    }
    // What stood beside a panel that now takes its line moves below it.
    let mut settled: Vec<PlacedPanel> = Vec::with_capacity(out.len());
    order::sort_by_key(&mut out, |(_, rect, own)| (own.len() == scope.len(), rect.y, rect.x));
    for (panel, mut rect, scope) in out {
        while let Some(blocking) = settled.iter().map(|(_, other, _)| *other).find(|other| other.overlaps(rect)) {
            rect.y = blocking.y + blocking.h;
        }
        settled.push((panel, rect, scope));
    }
    order::sort_by_key(&mut settled, |(_, rect, _)| (rect.y, rect.x));
    settled
}

/// The file's id, or one made of it and the values (FNV-1a), so that a link to a repeated panel stays good while others
/// come and go.
fn id_of(id: u32, scope: &[(String, Choice)], taken: &[Placed]) -> u32 {
    if scope.is_empty() {
        return id;
    }
    let mut hash: u32 = 0x811c_9dc5;
    let words = scope.iter().flat_map(|(name, choice)| [name.as_bytes(), &[0xff], choice.value.as_bytes(), &[0xff]]);
    for byte in id.to_le_bytes().iter().chain(words.flatten()) {
        hash = (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193);
    }
    let mut id = FIRST_ID | (hash >> 2);
    while taken.iter().any(|placed| placed.id == id) {
        id = FIRST_ID | (id.wrapping_add(1) & (FIRST_ID - 1));
    }
    id
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(panel: usize, (x, y, w, h): (u32, u32, u32, u32), repeat: Option<(&str, bool, u32)>) -> Item {
        let repeat = repeat.map(|(variable, is_vertical, max_per_row)| Repeat {
            variable: variable.to_owned(),
            is_vertical,
            max_per_row,
        });
        Item { panel, rect: GridRect { x, y, w, h }, repeat }
    }

    fn row(title: &str, is_collapsed: bool, repeat: Option<&str>) -> Row {
        Row { id: 90, title: title.to_owned(), is_shown: true, is_collapsed, repeat: repeat.map(str::to_owned) }
    }

    fn values(name: &str) -> Option<Vec<Choice>> {
        let values: &[&str] = match name {
            "two" => &["a", "b"],
            "five" => &["1", "2", "3", "4", "5"],
            "none" => &[],
            _ => return None,
        };
        Some(values.iter().map(|value| Choice::plain(*value)).collect())
    }

    /// Each as `panel:x,y,w,h values` or `title (panels)` of a row.
    fn drawn(sections: &[Section], toggled: &[u32]) -> Vec<String> {
        let placed = arranged(sections, &[10, 11, 12], &values, &|id| toggled.contains(&id));
        let mut ids: Vec<u32> = placed.iter().map(|p| p.id).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), placed.len(), "ids are unique");
        for (at, a) in placed.iter().enumerate() {
            assert!(a.rect.w >= 1 && a.rect.x + a.rect.w <= GRID_COLUMNS);
            assert!(placed.iter().skip(at + 1).all(|b| !a.rect.overlaps(b.rect)), "{placed:?}");
        }
        placed
            .iter()
            .map(|p| {
                let GridRect { x, y, w, h } = p.rect;
                let values = p.scope.iter().flat_map(|(_, choice)| [" ", choice.value.as_str()]);
                let scope: String = values.collect();
                match &p.what {
                    What::Panel(panel) => format!("{panel}:{x},{y},{w},{h}{scope}"),
                    What::Row { title, is_open, panel_count } => {
                        format!("{title}:{y} {} {panel_count}{scope}", if *is_open { "open" } else { "closed" })
                    }
                }
            })
            .collect()
    }

    #[test]
    fn rows_close_and_what_follows_moves_up() {
        let sections = [
            Section { row: None, items: vec![item(0, (0, 0, 6, 4), None)] },
            Section { row: Some(row("R", true, None)), items: vec![item(1, (0, 0, 12, 8), None)] },
            Section { row: Some(row("S", false, None)), items: vec![item(2, (3, 1, 6, 8), None)] },
        ];
        let sections = sections.map(|mut section| {
            if let Some(row) = section.row.as_mut().filter(|row| row.title == "S") {
                row.id = 91;
            }
            section
        });
        assert_eq!(drawn(&sections, &[]), ["0:0,0,6,4", "R:4 closed 1", "S:5 open 1", "2:3,7,6,8"]);
        assert_eq!(drawn(&sections, &[90, 91]), ["0:0,0,6,4", "R:4 open 1", "1:0,5,12,8", "S:13 closed 1"]);
    }

    #[test]
    fn panels_repeat_beside_and_below() {
        let one = |item: Item| [Section { row: None, items: vec![item] }];
        assert_eq!(drawn(&one(item(0, (0, 2, 3, 4), Some(("two", false, 4)))), &[]), ["0:0,2,6,4 a", "0:6,2,6,4 b"]);
        assert_eq!(
            drawn(&one(item(0, (0, 0, 3, 4), Some(("five", false, 2)))), &[]),
            ["0:0,0,6,4 1", "0:6,0,6,4 2", "0:0,4,6,4 3", "0:6,4,6,4 4", "0:0,8,6,4 5"]
        );
        assert_eq!(drawn(&one(item(0, (3, 0, 3, 4), Some(("two", true, 4)))), &[]), ["0:3,0,3,4 a", "0:3,4,3,4 b"]);
        // No value, or none known yet: once, as it stands.
        assert_eq!(drawn(&one(item(0, (3, 0, 3, 4), Some(("none", false, 4)))), &[]), ["0:3,0,3,4"]);
        assert_eq!(drawn(&one(item(0, (3, 0, 3, 4), Some(("later", false, 4)))), &[]), ["0:3,0,3,4"]);
    }

    #[test]
    fn what_is_below_or_beside_moves_down() {
        let items = vec![
            item(0, (0, 0, 6, 4), Some(("five", false, 3))),
            item(1, (6, 0, 6, 4), None),
            item(2, (0, 4, 12, 2), None),
        ];
        assert_eq!(
            drawn(&[Section { row: None, items }], &[]),
            ["0:0,0,4,4 1", "0:4,0,4,4 2", "0:8,0,4,4 3", "0:0,4,4,4 4", "0:4,4,4,4 5", "1:6,8,6,4", "2:0,12,12,2"]
        );
    }

    #[test]
    fn rows_repeat_with_their_panels() {
        let items = vec![item(0, (0, 0, 6, 4), None), item(1, (0, 4, 6, 4), Some(("two", false, 4)))];
        let section = Section { row: Some(row("R", false, Some("two"))), items: items.clone() };
        // Within a row that repeats by the same variable a panel has its value already.
        let once = ["R:0 open 2 a", "0:0,1,6,4 a", "1:0,5,6,4 a", "R:9 open 2 b", "0:0,10,6,4 b", "1:0,14,6,4 b"];
        assert_eq!(drawn(&[section], &[]), once);
        let section = Section { row: Some(row("R", true, Some("two"))), items };
        assert_eq!(drawn(&[section], &[]), ["R:0 closed 2 a", "R:1 closed 2 b"]);
    }

    #[test]
    fn an_id_stays_while_other_values_come_and_go() {
        let section = [Section { row: None, items: vec![item(0, (0, 0, 6, 4), Some(("v", false, 4)))] }];
        let ids = |values: &[&str]| -> Vec<u32> {
            let values: Vec<Choice> = values.iter().map(|value| Choice::plain(*value)).collect();
            arranged(&section, &[10], &|_| Some(values.clone()), &|_| false).iter().map(|p| p.id).collect()
        };
        let [a, b, c] = ids(&["a", "b", "c"]).try_into().unwrap();
        assert_eq!(ids(&["c", "a"]), [c, a]);
        assert_ne!(a, b);
    }
}
