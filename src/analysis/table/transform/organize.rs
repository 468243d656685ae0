//! Columns' order and names.

use std::cmp::Ordering;

use super::{
    super::{Table, pattern::Pattern},
    Organize,
};

pub(super) fn organized(mut table: Table, organize: &Organize) -> Table {
    let Organize { excluded, included, places, names } = organize;
    table.columns.retain(|column| {
        let shown = column.shown();
        !excluded.iter().any(|name| name == shown) && (included.is_empty() || included.iter().any(|name| name == shown))
    });
    if !places.is_empty() {
        let place_of = |name: &str| places.iter().find(|(known, _)| known == name).map(|(_, place)| *place);
        // Those without a place follow.
        crate::base::order::sort_by(&mut table.columns, |a, b| match (place_of(a.shown()), place_of(b.shown())) {
            (Some(a), Some(b)) => a.total_cmp(&b),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (None, None) => Ordering::Equal,
        });
    }
    for column in &mut table.columns {
        let named = names.iter().find(|(known, name)| known == column.shown() && !name.is_empty());
        if let Some((_, name)) = named {
            column.title = Some(name.clone());
        }
    }
    table
}

pub(super) fn renamed(mut table: Table, pattern: &Pattern, by: &str) -> Table {
    for column in &mut table.columns {
        if pattern.is_match(column.shown()) {
            column.title = Some(pattern.replaced(column.shown(), by));
        }
    }
    table
}
