//! Sorting, compiled once.
//!
//! The standard library's sort is some kilobytes of WebAssembly for every type it is used with, and dozens of those were
//! a tenth of the app. Here the algorithm sorts positions and is compiled once; each type adds only the swaps that put
//! its items in place. The price is a call per comparison, which nothing on a hot path pays.

use std::cmp::Ordering;

/// The positions `0..len` in the order that `compare` gives them. Stable.
pub fn order_of(len: usize, compare: &mut dyn FnMut(usize, usize) -> Ordering) -> Vec<usize> {
    let mut order: Vec<usize> = (0..len).collect();
    order.sort_by(|a, b| compare(*a, *b));
    order
}

/// Sorts in place. Stable.
pub fn sort_by<T>(items: &mut [T], mut compare: impl FnMut(&T, &T) -> Ordering) {
    let order = order_of(items.len(), &mut |a, b| match (items.get(a), items.get(b)) {
        (Some(a), Some(b)) => compare(a, b),
        _ => Ordering::Equal,
    });
    put_in_order(items, order);
}

/// Sorts in place by a key. Stable.
pub fn sort_by_key<T, K: Ord>(items: &mut [T], key: impl Fn(&T) -> K) {
    sort_by(items, |a, b| key(a).cmp(&key(b)));
}

/// Sorts numbers in the total order of IEEE 754.
pub fn sort_numbers(items: &mut [f64]) {
    items.sort_unstable_by(f64::total_cmp);
}

/// Moves the item at `order[at]` to `at`, cycle by cycle.
fn put_in_order<T>(items: &mut [T], mut order: Vec<usize>) {
    for start in 0..order.len() {
        let mut at = start;
        while let Some(from) = order.get(at).copied().filter(|from| *from != at) {
            if let Some(slot) = order.get_mut(at) {
                *slot = at;
            }
            if from == start {
                break;
            }
            items.swap(at, from);
            at = from;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sorts_as_the_standard_library_does() {
        let mut state = 7_u64;
        for len in 0..60 {
            let items: Vec<(u64, usize)> = (0..len)
                .map(|at| {
                    state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                    ((state >> 33) % 9, at)
                })
                .collect();
            let mut ours = items.clone();
            sort_by_key(&mut ours, |item| item.0);
            let mut expected = items;
            expected.sort_by_key(|item| item.0);
            assert_eq!(ours, expected, "stable, {len} items");
        }
    }

    #[test]
    fn numbers_are_totally_ordered() {
        let mut numbers = [f64::NAN, 1.0, -0.0, 0.0, f64::NEG_INFINITY];
        sort_numbers(&mut numbers);
        assert_eq!(format!("{numbers:?}"), "[-inf, -0.0, 0.0, 1.0, NaN]");
    }
}
