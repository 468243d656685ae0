//! Where panels stand: Grafana's 24 columns made 12, and a pleasant place for panels that name none.
//!
//! Invariant: the rectangles lie within [`GRID_COLUMNS`] columns and do not overlap.

use crate::model::dashboard::{GRID_COLUMNS, GridRect, kinds};

/// Grafana's height of a chart; 8 rows are about 300 px.
const CHART_HEIGHT: u32 = 8;
const TILE_HEIGHT: u32 = 4;
/// A tile beside a chart.
const TILE_WIDTH: u32 = 4;
/// More tiles than this take another row.
const TILES_PER_ROW: usize = 6;

/// What a file says about a panel's place.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Wanted {
    /// `gridPos`.
    Grid24 {
        x: u32,
        y: u32,
        w: u32,
        h: u32,
    },
    /// `span` of twelve columns, in an old row.
    Span {
        columns: u32,
        height: u32,
        starts_row: bool,
    },
    Nothing,
}

pub(super) struct Placement {
    pub wanted: Wanted,
    pub kind: String,
}

/// A rectangle for each panel, in the same order.
pub(super) fn place(panels: &[Placement]) -> Vec<GridRect> {
    let mut places: Vec<Option<GridRect>> = panels.iter().map(|p| halved(p.wanted)).collect();
    let bottom = |places: &[Option<GridRect>]| places.iter().flatten().map(|g| g.y + g.h).max().unwrap_or(0);
    let mut y = bottom(&places);
    let mut index = 0;
    while index < panels.len() {
        let run: Vec<usize> = (index..panels.len())
            .take_while(|at| places.get(*at).is_some_and(Option::is_none))
            .take_while(|at| is_same_manner(panels, index, *at))
            .collect();
        if run.is_empty() {
            index += 1;
            continue;
        }
        for (at, rect) in flow(panels, &run, y) {
            if let Some(place) = places.get_mut(at) {
                *place = Some(rect);
            }
        }
        y = bottom(&places);
        index += run.len();
    }
    without_overlap(places.into_iter().flatten().collect())
}

/// Runs of panels with spans and runs of panels without flow differently.
fn is_same_manner(panels: &[Placement], first: usize, at: usize) -> bool {
    let is_span = |at: usize| panels.get(at).is_some_and(|p| matches!(p.wanted, Wanted::Span { .. }));
    is_span(first) == is_span(at)
}

fn halved(wanted: Wanted) -> Option<GridRect> {
    let Wanted::Grid24 { x, y, w, h } = wanted else { return None };
    let x12 = (x / 2).min(GRID_COLUMNS - 1);
    let right = u32::midpoint(x, w).clamp(x12 + 1, GRID_COLUMNS);
    Some(GridRect { x: x12, y, w: right - x12, h })
}

fn flow(panels: &[Placement], run: &[usize], mut y: u32) -> Vec<(usize, GridRect)> {
    let mut out = Vec::new();
    let kind = |at: usize| panels.get(at).map_or("", |p| p.kind.as_str());
    let wanted = |at: usize| panels.get(at).map_or(Wanted::Nothing, |p| p.wanted);
    let mut rest = run;
    let (mut x, mut row_height) = (0, 0);
    while let Some((&at, tail)) = rest.split_first() {
        if let Wanted::Span { columns, height, starts_row } = wanted(at) {
            if x > 0 && (starts_row || x + columns > GRID_COLUMNS) {
                (x, y, row_height) = (0, y + row_height, 0);
            }
            out.push((at, GridRect { x, y, w: columns, h: height }));
            (x, row_height) = (x + columns, row_height.max(height));
            rest = tail;
            continue;
        }
        if kind(at) == kinds::ROW {
            out.push((at, GridRect { x: 0, y, w: GRID_COLUMNS, h: 1 }));
            (y, rest) = (y + 1, tail);
            continue;
        }
        let tiles = rest.iter().take_while(|at| kind(**at) == kinds::STAT).count();
        let charts = rest.iter().skip(tiles).take_while(|at| !matches!(kind(**at), kinds::STAT | kinds::ROW)).count();
        // One tile alone looks lost: it stands beside the chart that follows, where that leaves the other charts paired.
        if tiles == 1 && charts % 2 == 1 {
            let (tile, chart) = (at, tail.first().copied().unwrap_or(at));
            out.push((tile, GridRect { x: 0, y, w: TILE_WIDTH, h: CHART_HEIGHT }));
            out.push((chart, GridRect { x: TILE_WIDTH, y, w: GRID_COLUMNS - TILE_WIDTH, h: CHART_HEIGHT }));
            y += CHART_HEIGHT;
            rest = rest.get(2..).unwrap_or_default();
        } else if tiles > 0 {
            let in_row = tiles.min(TILES_PER_ROW);
            for (nth, at) in rest.iter().take(in_row).enumerate() {
                let edge = |nth: usize| GRID_COLUMNS * nth as u32 / in_row as u32;
                out.push((*at, GridRect { x: edge(nth), y, w: edge(nth + 1) - edge(nth), h: TILE_HEIGHT }));
            }
            y += TILE_HEIGHT;
            rest = rest.get(in_row..).unwrap_or_default();
        } else if charts >= 2 {
            let half = GRID_COLUMNS / 2;
            for (nth, at) in rest.iter().take(2).enumerate() {
                out.push((*at, GridRect { x: half * nth as u32, y, w: half, h: CHART_HEIGHT }));
            }
            y += CHART_HEIGHT;
            rest = rest.get(2..).unwrap_or_default();
        } else {
            out.push((at, GridRect { x: 0, y, w: GRID_COLUMNS, h: CHART_HEIGHT }));
            (y, rest) = (y + CHART_HEIGHT, tail);
        }
    }
    out
}

/// Halving can push neighbours into each other, and files may overlap by themselves: the later one moves down.
fn without_overlap(wanted: Vec<GridRect>) -> Vec<GridRect> {
    let mut order: Vec<usize> = (0..wanted.len()).collect();
    crate::base::order::sort_by_key(&mut order, |at| wanted.get(*at).map(|g| (g.y, g.x)));
    let mut settled: Vec<(usize, GridRect)> = Vec::with_capacity(wanted.len());
    for at in order {
        let Some(mut rect) = wanted.get(at).copied() else { continue };
        while let Some(blocking) = settled.iter().map(|(_, g)| *g).find(|g| g.overlaps(rect)) {
            rect.y = blocking.y + blocking.h;
        }
        settled.push((at, rect));
    }
    crate::base::order::sort_by_key(&mut settled, |(at, _)| *at);
    settled.into_iter().map(|(_, rect)| rect).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(panels: &[(&str, Wanted)], expect: &[(u32, u32, u32, u32)]) {
        let panels: Vec<Placement> =
            panels.iter().map(|(kind, wanted)| Placement { wanted: *wanted, kind: (*kind).to_owned() }).collect();
        let places = place(&panels);
        let got: Vec<_> = places.iter().map(|g| (g.x, g.y, g.w, g.h)).collect();
        assert_eq!(got, expect);
        for (at, a) in places.iter().enumerate() {
            assert!(a.w >= 1 && a.h >= 1 && a.x + a.w <= GRID_COLUMNS);
            assert!(places.iter().skip(at + 1).all(|b| !a.overlaps(*b)), "{places:?}");
        }
    }

    const N: Wanted = Wanted::Nothing;

    fn grid(x: u32, y: u32, w: u32, h: u32) -> Wanted {
        Wanted::Grid24 { x, y, w, h }
    }

    #[test]
    fn the_guides_dashboards() {
        let (stat, chart) = (("stat", N), ("timeseries", N));
        check(&[stat, chart, chart, chart], &[(0, 0, 4, 8), (4, 0, 8, 8), (0, 8, 6, 8), (6, 8, 6, 8)]);
        check(&[chart, ("heatmap", N), chart, chart], &[(0, 0, 6, 8), (6, 0, 6, 8), (0, 8, 6, 8), (6, 8, 6, 8)]);
    }

    #[test]
    fn tiles_share_a_row_and_a_lone_chart_is_wide() {
        let (stat, chart) = (("stat", N), ("timeseries", N));
        check(&[stat, stat, stat, chart], &[(0, 0, 4, 4), (4, 0, 4, 4), (8, 0, 4, 4), (0, 4, 12, 8)]);
        check(
            &[stat; 7],
            &[(0, 0, 2, 4), (2, 0, 2, 4), (4, 0, 2, 4), (6, 0, 2, 4), (8, 0, 2, 4), (10, 0, 2, 4), (0, 4, 12, 4)],
        );
        check(&[("row", N), chart, ("row", N), stat], &[(0, 0, 12, 1), (0, 1, 12, 8), (0, 9, 12, 1), (0, 10, 12, 4)]);
    }

    #[test]
    fn grafanas_columns_are_halved_without_overlap() {
        check(
            &[
                ("stat", grid(0, 0, 5, 4)),
                ("stat", grid(5, 0, 5, 4)),
                ("stat", grid(10, 0, 5, 4)),
                ("stat", grid(15, 0, 9, 4)),
            ],
            &[(0, 0, 2, 4), (2, 0, 3, 4), (5, 0, 2, 4), (7, 0, 5, 4)],
        );
        check(&[("stat", grid(2, 0, 1, 2)), ("stat", grid(3, 0, 1, 2))], &[(1, 0, 1, 2), (1, 2, 1, 2)]);
        check(&[("stat", grid(23, 0, 24, 2))], &[(11, 0, 1, 2)]);
        check(&[("a", grid(0, 0, 24, 8)), ("b", grid(0, 0, 24, 8))], &[(0, 0, 12, 8), (0, 8, 12, 8)]);
    }

    #[test]
    fn panels_without_a_place_go_below() {
        check(&[("timeseries", N), ("timeseries", grid(0, 0, 12, 8))], &[(0, 8, 12, 8), (0, 0, 6, 8)]);
    }

    #[test]
    fn old_rows() {
        let span = |columns, starts_row| Wanted::Span { columns, height: 7, starts_row };
        check(
            &[
                ("row", N),
                ("graph", span(4, true)),
                ("graph", span(8, false)),
                ("graph", span(6, false)),
                ("graph", span(6, true)),
            ],
            &[(0, 0, 12, 1), (0, 1, 4, 7), (4, 1, 8, 7), (0, 8, 6, 7), (0, 15, 6, 7)],
        );
    }
}
