//! Which of many dots are drawn, so that they can be told from each other and pointed at.

use std::collections::BTreeMap;

/// A dot that is drawn, and how many it stands for, itself included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kept {
    pub index: usize,
    pub count: usize,
}

/// At most one dot per square of `square_px`, the highest on screen; the squares grow until no more than `most` are left.
/// In the order of the dots. Dots that are nowhere (not finite) are left out. O(n log n).
pub fn thinned(dots: &[(f64, f64)], square_px: f64, most: usize) -> Vec<Kept> {
    let mut square_px = square_px.max(1.0);
    // The sixth is 32 times as wide: one square of any screen's chart.
    for _ in 0..6 {
        let kept = in_squares(dots, square_px);
        if kept.len() <= most {
            return kept;
        }
        square_px *= 2.0;
    }
    let mut kept = in_squares(dots, square_px);
    kept.truncate(most);
    kept
}

fn in_squares(dots: &[(f64, f64)], square_px: f64) -> Vec<Kept> {
    let mut squares: BTreeMap<(i64, i64), (Kept, f64)> = BTreeMap::new();
    for (index, (x, y)) in dots.iter().enumerate() {
        if !(x.is_finite() && y.is_finite()) {
            continue;
        }
        let square = ((x / square_px).floor() as i64, (y / square_px).floor() as i64);
        let (kept, top) = squares.entry(square).or_insert((Kept { index, count: 0 }, *y));
        kept.count += 1;
        if *y < *top {
            (kept.index, *top) = (index, *y);
        }
    }
    let mut kept: Vec<Kept> = squares.into_values().map(|(kept, _)| kept).collect();
    crate::base::order::sort_by_key(&mut kept, |kept| kept.index);
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_highest_of_a_square_stands_for_all() {
        let dots = [(1.0, 5.0), (2.0, 3.0), (40.0, 3.0), (f64::NAN, 1.0), (3.0, f64::INFINITY)];
        assert_eq!(thinned(&dots, 10.0, 9), [Kept { index: 1, count: 2 }, Kept { index: 2, count: 1 }]);
        assert_eq!(thinned(&[], 10.0, 9), []);
    }

    #[test]
    fn no_more_than_fit_are_kept_and_none_is_forgotten() {
        let dots: Vec<(f64, f64)> = (0..5_000).map(|n| (f64::from(n % 997), f64::from((n * 31) % 211))).collect();
        let kept = thinned(&dots, 12.0, 120);
        assert!(!kept.is_empty() && kept.len() <= 120, "{}", kept.len());
        assert_eq!(kept.iter().map(|k| k.count).sum::<usize>(), dots.len());
        assert_eq!(thinned(&dots, 12.0, 1).len(), 1);
    }
}
