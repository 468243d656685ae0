//! How often values fall into equal ranges.

use crate::model::notice::Notice;

/// Equal ranges of values and how many values of each series lie in them.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Histogram {
    /// Where the first bucket begins.
    pub start: f64,
    pub bucket_size: f64,
    /// One list per series, all of one length: counts by bucket.
    pub counts: Vec<Vec<u64>>,
    pub notices: Vec<Notice>,
}

/// What decides the buckets.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Buckets {
    /// `None`: from the values.
    pub size: Option<f64>,
    /// About how many there are where the values decide.
    pub count: u32,
    /// A bucket begins here.
    pub offset: f64,
}

/// More bars than pixels say nothing.
const BUCKETS_MAX: f64 = 2_000.0;

/// The round sizes that Grafana chooses from, of each power of ten; between 1 and 10 it leaves out 2.5.
const ROUND: [f64; 5] = [1.0, 2.0, 2.5, 4.0, 5.0];
const ROUND_FROM_1: [f64; 4] = [1.0, 2.0, 4.0, 5.0];

impl Histogram {
    pub fn bucket_count(&self) -> usize {
        self.counts.iter().map(Vec::len).max().unwrap_or_default()
    }

    /// The lower and the upper end of a bucket. The lower one belongs to it.
    pub fn bounds(&self, bucket: usize) -> (f64, f64) {
        let from = |at: usize| self.start + at as f64 * self.bucket_size;
        (from(bucket), from(bucket + 1))
    }
}

/// Counts the finite values of each series.
pub fn histogram_of(series: &[&[f64]], buckets: Buckets) -> Histogram {
    let mut all: Vec<f64> = series.iter().flat_map(|s| s.iter().copied()).filter(|v| v.is_finite()).collect();
    let mut notices = Vec::new();
    let infinite = series.iter().flat_map(|s| s.iter()).filter(|v| v.is_infinite()).count();
    if infinite > 0 {
        notices.push(Notice::warning(format!("{infinite} infinite values are in no bucket")));
    }
    crate::base::order::sort_numbers(&mut all);
    let (Some(min), Some(max)) = (all.first().copied(), all.last().copied()) else {
        return Histogram { notices, ..Histogram::default() };
    };
    let mut size =
        buckets.size.filter(|size| *size > 0.0 && size.is_finite()).unwrap_or_else(|| bucket_size(&all, buckets.count));
    if (max - min) / size > BUCKETS_MAX {
        let asked = size;
        size = round_above((max - min) / BUCKETS_MAX, 0.0);
        notices.push(Notice::warning(format!(
            "buckets of {asked} would be more than {BUCKETS_MAX}; they are {size} wide"
        )));
    }
    let offset = if buckets.offset.is_finite() { buckets.offset } else { 0.0 };
    // A hair of tolerance: 0.3 belongs to the bucket that begins at 3 × 0.1.
    let number_of = |value: f64| ((value - offset) / size + 1e-9).floor();
    let first = number_of(min);
    let len = (number_of(max) - first).clamp(0.0, BUCKETS_MAX + 1.0) as usize + 1;
    let count = |values: &&[f64]| {
        let mut counts = vec![0_u64; len];
        for value in values.iter().filter(|v| v.is_finite()) {
            if let Some(slot) = counts.get_mut((number_of(*value) - first) as usize) {
                *slot += 1;
            }
        }
        counts
    };
    Histogram { start: first * size + offset, bucket_size: size, counts: series.iter().map(count).collect(), notices }
}

/// Grafana's rule: the smallest round size of which fewer than `count` fill the span, and no smaller than the least distance of
/// two different values.
fn bucket_size(sorted: &[f64], count: u32) -> f64 {
    let pairs = sorted.iter().zip(sorted.iter().skip(1));
    let least = pairs.map(|(a, b)| b - a).filter(|distance| *distance > 0.0).fold(f64::INFINITY, f64::min);
    let span = match (sorted.first(), sorted.last()) {
        (Some(first), Some(last)) => last - first,
        _ => 0.0,
    };
    if least.is_infinite() {
        // One value, however often: a bucket of about a tenth of it shows where it lies.
        let size = sorted.first().map_or(1.0, |value| value.abs() / 10.0);
        return if size > 0.0 { round_above(size, 0.0) } else { 1.0 };
    }
    round_above(span / f64::from(count.max(1)), least)
}

/// The smallest round size above `over` and not below `least`.
fn round_above(over: f64, least: f64) -> f64 {
    let wanted = over.max(least).max(1e-9);
    let exponent = wanted.log10().floor().clamp(-9.0, 300.0) as i32;
    let sizes = (exponent..=exponent + 1).flat_map(|exponent| {
        let power = 10_f64.powi(exponent.abs());
        let round: &[f64] = if exponent == 0 { &ROUND_FROM_1 } else { &ROUND };
        round.iter().map(move |round| {
            // Dividing by a positive power is exact where multiplying by a negative one is not.
            if exponent < 0 { round / power } else { round * power }
        })
    });
    let fits = |size: &f64| *size > over && *size >= least * (1.0 - 1e-9);
    sizes.into_iter().find(fits).unwrap_or(wanted * 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::frame::MISSING;

    const AUTO: Buckets = Buckets { size: None, count: 30, offset: 0.0 };

    #[test]
    fn buckets_are_as_wide_as_grafanas() {
        let check = |values: &[f64], expect: f64| {
            let size = histogram_of(&[values], AUTO).bucket_size;
            assert!((size - expect).abs() <= expect * 1e-12, "{values:?}: {size}");
        };
        let spread = |to: f64| (0..=1000).map(|n| f64::from(n) * to / 1000.0).collect::<Vec<_>>();
        check(&spread(100.0), 4.0);
        check(&spread(60.0), 4.0);
        check(&spread(59.0), 2.0);
        check(&spread(75.0), 4.0);
        check(&spread(750.0), 40.0);
        check(&spread(740.0), 25.0);
        check(&spread(0.5), 0.02);
        // Two buckets of five, not thirty of which most are always empty.
        check(&[1.0, 6.0], 5.0);
        check(&[0.0, 1.0, 2.0, 3.0], 1.0);
        check(&[7.0, 7.0], 1.0);
        check(&[0.0], 1.0);
    }

    #[test]
    fn every_value_is_in_one_bucket() {
        let a = [0.0, 0.1, 0.2, 0.1 + 0.2, MISSING, 0.95];
        let b = [0.25, f64::NAN, f64::INFINITY, -0.05];
        let found = histogram_of(&[&a, &b], Buckets { size: Some(0.1), ..AUTO });
        assert_eq!(found.counts, [vec![0, 1, 1, 1, 1, 0, 0, 0, 0, 0, 1], vec![1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0]]);
        assert!((found.start + 0.1).abs() < 1e-12);
        assert_eq!(found.bucket_count(), 11);
        assert_eq!(found.notices.len(), 1);
        let moved = histogram_of(&[&[1.0, 9.0, 11.0]], Buckets { size: Some(10.0), offset: 5.0, ..AUTO });
        assert_eq!((moved.start, moved.counts), (-5.0, vec![vec![1, 2]]));
    }

    #[test]
    fn absurd_buckets_are_refused_with_a_remark() {
        let found = histogram_of(&[&[0.0, 1e9]], Buckets { size: Some(1e-3), ..AUTO });
        assert!(found.bucket_count() <= 2_002, "{}", found.bucket_count());
        assert_eq!(found.notices.len(), 1);
        assert_eq!(histogram_of(&[], AUTO).bucket_count(), 0);
        assert_eq!(histogram_of(&[&[MISSING]], AUTO).bucket_count(), 0);
        let tiny = histogram_of(&[&[1e-300, 2e-300]], AUTO);
        assert_eq!(tiny.counts, [vec![2]]);
        let huge = histogram_of(&[&[-1e308, 1e308]], AUTO);
        assert!(huge.bucket_count() < 100, "{}", huge.bucket_count());
    }
}
