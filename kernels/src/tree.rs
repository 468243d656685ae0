//! A forest from each item's parent: cycles cut, its items in pre-order. Nothing recurses, so a chain may be as deep as memory
//! allows.

pub use crate::ids::NONE;
use crate::ids::Positions;

/// The parent of each item, and what is odd about some; all lists are ascending.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Parents {
    /// By item: its parent, or [`NONE`].
    pub of: Vec<u32>,
    /// Items with the id of one before them.
    pub duplicates: Vec<u32>,
    /// Items that name parents of which none is there.
    pub orphans: Vec<u32>,
    /// Items that name themselves: they have no parent.
    pub own: Vec<u32>,
    /// Items whose first parent is not there, and that name others.
    pub looked_further: Vec<u32>,
}

impl Parents {
    /// By the id of each item and that of its parent (0: none; missing ones count as 0). `others` are further parents of items, by
    /// item, of which the first one counts that is there.
    pub fn find(ids: &[u64], parent_ids: &[u64], others: &[(u32, u64)]) -> Self {
        let mut found = Self { of: Vec::with_capacity(ids.len()), ..Self::default() };
        let positions = Positions::of(ids, &mut found.duplicates);
        let mut others = others.iter().peekable();
        let parent_ids = parent_ids.iter().copied().chain(std::iter::repeat(0));
        for (at, parent_id) in (0..ids.len() as u32).zip(parent_ids) {
            let mut parent = if parent_id == 0 { NONE } else { positions.find(parent_id) };
            let mut is_missing = parent_id != 0 && parent == NONE;
            while let Some((_, id)) = others.next_if(|(of, _)| *of <= at) {
                if parent == NONE {
                    parent = positions.find(*id);
                    found.looked_further.push(at);
                }
                is_missing = parent == NONE;
            }
            if parent == at {
                parent = NONE;
                found.own.push(at);
            } else if is_missing {
                found.orphans.push(at);
            }
            found.of.push(parent);
        }
        found.looked_further.dedup();
        found
    }
}

/// A forest's items, a parent before its children.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Preorder {
    pub items: Vec<u32>,
    /// By place in `items`: the place of the parent, or [`NONE`].
    pub parent: Vec<u32>,
    /// By place: how many ancestors there are.
    pub depth: Vec<u32>,
    /// By place: behind the last descendant.
    pub end: Vec<u32>,
    /// The places of those without a parent.
    pub roots: Vec<u32>,
}

fn get(column: &[u32], at: u32) -> u32 {
    column.get(at as usize).copied().unwrap_or(NONE)
}

fn set(column: &mut [u32], at: u32, value: u32) {
    if let Some(slot) = column.get_mut(at as usize) {
        *slot = value;
    }
}

/// The first child of an item, and its next sibling.
#[derive(Clone, Copy)]
struct Link {
    child: u32,
    sibling: u32,
}

impl Preorder {
    /// Siblings, and the roots, stand as `order` names them, which has every item once. A parent that is no item makes a root; what
    /// is on a cycle is in no tree and is left out, see [`cut_cycles`].
    pub fn of(parents: &[u32], order: &[u32]) -> Self {
        let count = parents.len();
        let mut links = vec![Link { child: NONE, sibling: NONE }; count];
        let link = |links: &[Link], at: u32| links.get(at as usize).copied();
        let mut first_root = NONE;
        for item in order.iter().rev() {
            let first = match links.get_mut(get(parents, *item) as usize) {
                Some(parent) => &mut parent.child,
                None => &mut first_root,
            };
            let sibling = std::mem::replace(first, *item);
            if let Some(link) = links.get_mut(*item as usize) {
                link.sibling = sibling;
            }
        }
        let mut found = Self {
            items: Vec::with_capacity(count),
            parent: Vec::with_capacity(count),
            depth: Vec::with_capacity(count),
            end: vec![0; count],
            roots: Vec::new(),
        };
        let mut place = vec![NONE; count];
        let (mut item, mut depth) = (first_root, 0);
        while let Some(Link { child, .. }) = link(&links, item) {
            let at = found.items.len() as u32;
            set(&mut place, item, at);
            if depth == 0 {
                found.roots.push(at);
            }
            found.items.push(item);
            found.parent.push(get(&place, get(parents, item)));
            found.depth.push(depth);
            if child != NONE {
                (item, depth) = (child, depth + 1);
                continue;
            }
            // Up to the nearest ancestor, itself included, that has a sibling to go on with.
            let mut done = item;
            item = loop {
                let at = get(&place, done);
                set(&mut found.end, at, found.items.len() as u32);
                let sibling = link(&links, done).map_or(NONE, |link| link.sibling);
                let parent = get(parents, done);
                if sibling != NONE || parent as usize >= count {
                    break sibling;
                }
                depth -= 1;
                done = parent;
            };
        }
        found.end.truncate(found.items.len());
        found
    }
}

/// Makes a root of one item of each cycle, the one that starts first, of equal starts the one that stands first. Returns these items.
pub fn cut_cycles(parents: &mut [u32], starts: &[i64]) -> Vec<u32> {
    let mut cut = Vec::new();
    // 0: not seen, otherwise the walk that saw it first.
    let mut seen_by = vec![0_u32; parents.len()];
    for first in 0..parents.len() as u32 {
        let walk = first + 1;
        let mut at = first;
        let mut is_cycle = false;
        while let Some(seen) = seen_by.get_mut(at as usize) {
            if *seen != 0 {
                // It came to where it, or one before it, had been.
                is_cycle = *seen == walk;
                break;
            }
            *seen = walk;
            at = get(parents, at);
        }
        if !is_cycle {
            continue;
        }
        let start = |at: u32| (starts.get(at as usize).copied().unwrap_or_default(), at);
        let (mut earliest, mut next) = (at, get(parents, at));
        while next != at {
            if start(next) < start(earliest) {
                earliest = next;
            }
            next = get(parents, next);
        }
        set(parents, earliest, NONE);
        cut.push(earliest);
    }
    cut
}

/// When the first item starts, 0 counting as not known, and when the last one ends; 0 without items. Durations below 0 become 0, and
/// `negative` is told of them, ascending.
pub fn extent(starts: &[i64], durations: &mut [i64], negative: &mut Vec<u32>) -> (i64, i64) {
    let (mut first, mut last) = (i64::MAX, i64::MIN);
    for ((start, duration), at) in starts.iter().zip(durations).zip(0_u32..) {
        if *duration < 0 {
            *duration = 0;
            negative.push(at);
        }
        if *start != 0 {
            first = first.min(*start);
        }
        last = last.max(start.saturating_add(*duration));
    }
    let first = if first == i64::MAX { 0 } else { first };
    (first, if last == i64::MIN { first } else { last.max(first) })
}

/// The numbers at some positions; 0 where there is none.
pub fn pick_u32(positions: &[u32], column: &[u32]) -> Vec<u32> {
    positions.iter().map(|at| column.get(*at as usize).copied().unwrap_or_default()).collect()
}

/// See [`pick_u32`].
pub fn pick_u64(positions: &[u32], column: &[u64]) -> Vec<u64> {
    positions.iter().map(|at| column.get(*at as usize).copied().unwrap_or_default()).collect()
}

/// See [`pick_u32`].
pub fn pick_i64(positions: &[u32], column: &[i64]) -> Vec<i64> {
    positions.iter().map(|at| column.get(*at as usize).copied().unwrap_or_default()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A forest by recursion, for comparison.
    fn visit(parents: &[u32], order: &[u32], at: u32, depth: u32, found: &mut Preorder) {
        let place = found.items.len();
        found.items.push(at);
        found.depth.push(depth);
        if depth == 0 {
            found.roots.push(place as u32);
        }
        let parent = found.items.iter().position(|item| *item == parents[at as usize]);
        found.parent.push(parent.map_or(NONE, |place| place as u32));
        found.end.push(0);
        for child in order.iter().filter(|child| parents[**child as usize] == at) {
            visit(parents, order, *child, depth + 1, found);
        }
        found.end[place] = found.items.len() as u32;
    }

    #[test]
    fn items_are_in_preorder() {
        let mut state = 3_u64;
        let mut random = |below: u32| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) as u32 % below
        };
        for count in (0..40).flat_map(|count| [count; 8]) {
            // Parents stand before their children or behind them; some are none, some no item.
            let mut order: Vec<u32> = (0..count).collect();
            for at in (1..count).rev() {
                order.swap(at as usize, random(at + 1) as usize);
            }
            let mut parents = vec![NONE; count as usize];
            for at in 1..count {
                let parent = random(at + 2);
                parents[order[at as usize] as usize] =
                    order.get(parent as usize).copied().filter(|_| parent < at).unwrap_or(NONE - 1);
            }
            let mut expect = Preorder::default();
            for root in order.iter().filter(|at| parents[**at as usize] >= count) {
                visit(&parents, &order, *root, 0, &mut expect);
            }
            assert_eq!(Preorder::of(&parents, &order), expect, "{parents:?} {order:?}");
        }
    }

    #[test]
    fn each_cycle_loses_its_earliest_link() {
        let check = |parents: &[u32], starts: &[i64], cut: &[u32]| {
            let mut parents = parents.to_vec();
            assert_eq!(cut_cycles(&mut parents, starts), cut);
            assert!(cut.iter().all(|at| parents[*at as usize] == NONE));
            let order: Vec<u32> = (0..parents.len() as u32).collect();
            assert_eq!(Preorder::of(&parents, &order).items.len(), parents.len());
        };
        check(&[], &[], &[]);
        check(&[NONE, 0, 1], &[1, 2, 3], &[]);
        check(&[2, 0, 1, 0, 3], &[5, 4, 6, 1, 1], &[1]);
        // Equal starts, a cycle of one, a parent that is no item.
        check(&[1, 0, 2, 9], &[7, 7, 7, 7], &[0, 2]);
    }

    #[test]
    fn parents_are_found_by_their_ids() {
        let found =
            Parents::find(&[5, 6, 7, 6, 8, 9, 3], &[0, 5, 99, 7, 8, 98], &[(2, 6), (2, 5), (5, 97), (6, 5), (6, 7)]);
        let expect = Parents {
            of: vec![NONE, 0, 1, 2, NONE, NONE, 0],
            duplicates: vec![3],
            orphans: vec![5],
            own: vec![4],
            looked_further: vec![2, 5, 6],
        };
        assert_eq!(found, expect);
        assert_eq!(Parents::find(&[], &[1], &[(0, 1)]), Parents::default());
    }

    #[test]
    fn an_extent_is_from_the_first_start_to_the_last_end() {
        let check = |starts: &[i64], durations: &[i64], expect: (i64, i64), expect_negative: &[u32]| {
            let (mut durations, mut negative) = (durations.to_vec(), Vec::new());
            assert_eq!(extent(starts, &mut durations, &mut negative), expect);
            assert_eq!(negative, expect_negative);
            assert!(durations.iter().all(|duration| *duration >= 0));
        };
        check(&[], &[], (0, 0), &[]);
        check(&[0, 0], &[0, 5], (0, 5), &[]);
        check(&[7, 0, 5], &[1, 9, -3], (5, 9), &[2]);
        check(&[i64::MAX], &[i64::MAX], (0, i64::MAX), &[]);
        check(&[-9], &[2], (-9, -7), &[]);
    }

    #[test]
    fn a_chain_may_be_deep() {
        let parents: Vec<u32> = (0..300_000_u32).map(|at| at.checked_sub(1).unwrap_or(NONE)).collect();
        let order: Vec<u32> = (0..300_000).collect();
        let found = Preorder::of(&parents, &order);
        assert_eq!((found.depth.last(), found.end.first()), (Some(&299_999), Some(&300_000)));
        assert_eq!(pick_u32(&[2, 9], &[1, 2, 3]), [3, 0]);
    }
}
