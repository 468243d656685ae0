//! The table of series and their present values: what all the processes' metric registries hold together.
//!
//! Invariants: series are added while the platform is built and never later; a series is exposed only while it is live,
//! that is from the first time its process touches it until that process ends, as a client library does it.

use std::ops::Range;

use super::types::SeriesDef;

/// Index of a series.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Id(pub usize);

/// The finite bounds of `prometheus_client`'s default buckets.
pub(super) const BUCKET_BOUNDS: [f64; 14] =
    [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0];

/// The same as Python writes them into `le`, with the last, infinite one.
pub(super) const BUCKET_TEXTS: [&str; 15] = [
    "0.005", "0.01", "0.025", "0.05", "0.075", "0.1", "0.25", "0.5", "0.75", "1.0", "2.5", "5.0", "7.5", "10.0", "+Inf",
];

/// A classic histogram: 15 buckets, `_sum`, `_count`, in this order from `first`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Histogram {
    first: usize,
}

impl Histogram {
    /// The series of the bucket that counts `value` first.
    pub(super) fn bucket(self, value: f64) -> Id {
        Id(self.first + BUCKET_BOUNDS.iter().take_while(|bound| value > **bound).count())
    }

    const fn sum(self) -> Id {
        Id(self.first + BUCKET_TEXTS.len())
    }

    const fn range(self) -> Range<usize> {
        self.first..self.first + BUCKET_TEXTS.len() + 2
    }
}

/// All series, by index.
#[derive(Debug, Default)]
pub(super) struct Registry {
    pub(super) series: Vec<SeriesDef>,
    values: Vec<f64>,
    live: Vec<bool>,
    /// Labels that each series added from now on gets: those of its target.
    common: Vec<(String, String)>,
}

impl Registry {
    /// Sets the target labels of the series added next.
    pub(super) fn for_target(&mut self, labels: &[(String, String)]) {
        self.common = labels.to_vec();
    }

    /// Adds a series; it is not live yet.
    pub(super) fn add(&mut self, name: &str, labels: &[(&str, &str)]) -> Id {
        let own = labels.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
        let mut labels: Vec<(String, String)> = self.common.iter().cloned().chain(own).collect();
        labels.sort();
        self.series.push(SeriesDef { name: name.to_owned(), labels });
        self.values.push(0.0);
        self.live.push(false);
        Id(self.series.len() - 1)
    }

    /// Adds a histogram's 17 series.
    pub(super) fn add_histogram(&mut self, family: &str, labels: &[(&str, &str)]) -> Histogram {
        let first = self.series.len();
        let bucket = format!("{family}_bucket");
        for le in BUCKET_TEXTS {
            let with_le: Vec<(&str, &str)> = labels.iter().copied().chain([("le", le)]).collect();
            self.add(&bucket, &with_le);
        }
        self.add(&format!("{family}_sum"), labels);
        self.add(&format!("{family}_count"), labels);
        Histogram { first }
    }

    pub(super) fn len(&self) -> usize {
        self.series.len()
    }

    pub(super) fn set(&mut self, Id(index): Id, value: f64) {
        if let (Some(slot), Some(live)) = (self.values.get_mut(index), self.live.get_mut(index)) {
            *slot = value;
            *live = true;
        }
    }

    /// Adds to a counter; adding 0 makes it live, as `labels()` does.
    pub(super) fn inc(&mut self, Id(index): Id, by: f64) {
        if let (Some(slot), Some(live)) = (self.values.get_mut(index), self.live.get_mut(index)) {
            *slot += by;
            *live = true;
        }
    }

    pub(super) fn touch_histogram(&mut self, histogram: Histogram) {
        if let Some(live) = self.live.get_mut(histogram.range()) {
            live.fill(true);
        }
    }

    pub(super) fn observe(&mut self, histogram: Histogram, value: f64) {
        self.touch_histogram(histogram);
        let Id(first_counted) = histogram.bucket(value);
        let Id(sum) = histogram.sum();
        if let Some(buckets) = self.values.get_mut(first_counted..sum) {
            for bucket in buckets {
                *bucket += 1.0;
            }
        }
        self.inc(Id(sum), value);
        self.inc(Id(sum + 1), 1.0);
    }

    /// The value of a live series.
    pub(super) fn get(&self, Id(index): Id) -> Option<f64> {
        let is_live = self.live.get(index).copied().unwrap_or(false);
        if is_live { self.values.get(index).copied() } else { None }
    }

    /// A process ended: all it exposed is gone, and its successor begins at zero.
    pub(super) fn reset(&mut self, range: Range<usize>) {
        if let Some(values) = self.values.get_mut(range.clone()) {
            values.fill(0.0);
        }
        if let Some(live) = self.live.get_mut(range) {
            live.fill(false);
        }
    }

    /// Takes a series from view until it is touched again, and keeps its value.
    pub(super) fn hide(&mut self, Id(index): Id) {
        if let Some(live) = self.live.get_mut(index) {
            *live = false;
        }
    }
}
