//! The embedded store: one pair of columns (time, value) per series, in memory.
//!
//! Invariant: the times of a series are strictly increasing, so a window is two binary searches. A stale marker is kept as
//! the sample that Prometheus writes ([`STALE_NAN_BITS`]); whoever reads decides what it means.
//! It deliberately neither compresses nor persists: the whole history of the demonstration is 16 bytes a sample and is
//! computed again at each start. ADR 0002 has the figures.

mod labels;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use promql_parser::label::{MatchOp, Matcher};

pub use labels::{Label, Labels, METRIC_NAME};

/// The bit pattern that marks a series as ended, as Prometheus stores it.
pub const STALE_NAN_BITS: u64 = 0x7ff0_0000_0000_0002;

/// Whether the value is a stale marker (an ordinary NaN is not).
pub fn is_stale(value: f64) -> bool {
    value.to_bits() == STALE_NAN_BITS
}

/// The place of a series in its store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SeriesId(usize);

#[derive(Debug)]
struct Series {
    labels: Labels,
    times_ms: Vec<i64>,
    values: Vec<f64>,
}

impl Series {
    fn overlaps(&self, min_ms: i64, max_ms: i64) -> bool {
        let (Some(&first), Some(&last)) = (self.times_ms.first(), self.times_ms.last()) else { return false };
        first <= max_ms && last >= min_ms
    }
}

/// A copy of the samples of one series within a window.
#[derive(Debug, Clone)]
pub struct SeriesWindow {
    pub labels: Labels,
    pub times_ms: Vec<i64>,
    pub values: Vec<f64>,
}

/// All series. Callers share it behind a lock and hold the lock only while samples are copied or appended.
#[derive(Debug, Default)]
pub struct Store {
    series: Vec<Series>,
    id_by_labels: HashMap<Labels, SeriesId>,
    ids_by_name: BTreeMap<Arc<str>, Vec<SeriesId>>,
    strings: BTreeSet<Arc<str>>,
    samples_appended: u64,
}

impl Store {
    pub fn new() -> Self {
        Self::default()
    }

    /// Finds the series of these labels, or makes it. `capacity` is the number of samples to make room for.
    pub fn series_id(&mut self, labels: &Labels, capacity: usize) -> SeriesId {
        if let Some(&id) = self.id_by_labels.get(labels) {
            return id;
        }
        let interned =
            Labels::new(labels.iter().map(|(name, value)| (self.intern(name), self.intern(value))).collect::<Vec<_>>());
        let id = SeriesId(self.series.len());
        self.series.push(Series {
            labels: interned.clone(),
            times_ms: Vec::with_capacity(capacity),
            values: Vec::with_capacity(capacity),
        });
        let name = self.intern(interned.metric_name());
        self.ids_by_name.entry(name).or_default().push(id);
        self.id_by_labels.insert(interned, id);
        id
    }

    fn intern(&mut self, text: &str) -> Arc<str> {
        if let Some(known) = self.strings.get(text) {
            return Arc::clone(known);
        }
        let fresh: Arc<str> = Arc::from(text);
        self.strings.insert(Arc::clone(&fresh));
        fresh
    }

    /// Appends one sample; a sample that is not newer than the last one is refused, as Prometheus refuses it.
    pub fn append(&mut self, id: SeriesId, time_ms: i64, value: f64) -> bool {
        let Some(series) = self.series.get_mut(id.0) else { return false };
        if series.times_ms.last().is_some_and(|&last| last >= time_ms) {
            return false;
        }
        series.times_ms.push(time_ms);
        series.values.push(value);
        self.samples_appended += 1;
        true
    }

    /// Forgets samples older than `min_ms`, once they are at least a quarter of their series (so that the cost of moving
    /// the rest stays constant per sample).
    pub fn forget_before(&mut self, min_ms: i64) {
        for series in &mut self.series {
            let old = series.times_ms.partition_point(|&t| t < min_ms);
            if old > 0 && old * 4 >= series.times_ms.len() {
                series.times_ms.drain(..old);
                series.values.drain(..old);
            }
        }
    }

    /// Copies the samples with `min_ms <= time <= max_ms` of all matching series, sorted by labels; series without any are
    /// left out.
    pub fn select(&self, matchers: &[Matcher], min_ms: i64, max_ms: i64) -> Vec<SeriesWindow> {
        let mut windows: Vec<SeriesWindow> = self
            .matching(matchers)
            .filter_map(|series| {
                let from = series.times_ms.partition_point(|&t| t < min_ms);
                let to = series.times_ms.partition_point(|&t| t <= max_ms);
                let times_ms = series.times_ms.get(from..to)?;
                let values = series.values.get(from..to)?;
                (!times_ms.is_empty()).then(|| SeriesWindow {
                    labels: series.labels.clone(),
                    times_ms: times_ms.to_vec(),
                    values: values.to_vec(),
                })
            })
            .collect();
        windows.sort_by(|a, b| a.labels.cmp(&b.labels));
        windows
    }

    /// The labels of all matching series that have a sample between the two times, sorted.
    pub fn select_labels(&self, matchers: &[Matcher], min_ms: i64, max_ms: i64) -> Vec<Labels> {
        let mut found: Vec<Labels> = self
            .matching(matchers)
            .filter(|series| series.overlaps(min_ms, max_ms))
            .map(|series| series.labels.clone())
            .collect();
        found.sort();
        found
    }

    fn matching<'a>(&'a self, matchers: &'a [Matcher]) -> Box<dyn Iterator<Item = &'a Series> + 'a> {
        let name = matchers
            .iter()
            .find(|matcher| matcher.name == METRIC_NAME && matcher.op == MatchOp::Equal)
            .map(|matcher| matcher.value.as_str());
        let matches =
            |series: &&Series| matchers.iter().all(|matcher| matcher.is_match(series.labels.get(&matcher.name)));
        match name {
            Some(name) => Box::new(
                self.ids_by_name.get(name).into_iter().flatten().filter_map(|id| self.series.get(id.0)).filter(matches),
            ),
            None => Box::new(self.series.iter().filter(matches)),
        }
    }

    pub fn series_count(&self) -> usize {
        self.series.len()
    }

    pub fn samples_appended(&self) -> u64 {
        self.samples_appended
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn equal(name: &str, value: &str) -> Matcher {
        Matcher::new(MatchOp::Equal, name, value)
    }

    #[test]
    fn selects_a_closed_window_and_refuses_old_samples() {
        let mut store = Store::new();
        let id = store.series_id(&Labels::new([("__name__", "m"), ("a", "1")]), 4);
        assert_eq!(store.series_id(&Labels::new([("a", "1"), ("__name__", "m")]), 4), id);
        for t in [10, 20, 30] {
            assert!(store.append(id, t, t as f64));
        }
        assert!(!store.append(id, 30, 1.0));
        let found = store.select(&[equal("__name__", "m"), equal("a", "1")], 10, 20);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].times_ms, [10, 20]);
        assert!(store.select(&[equal("__name__", "m"), equal("a", "2")], 0, 99).is_empty());
        assert!(store.select(&[equal("__name__", "m"), equal("b", "")], 31, 99).is_empty());
        assert_eq!(store.select(&[equal("__name__", "m"), equal("b", "")], 0, 99).len(), 1);
    }

    #[test]
    fn forgets_old_samples() {
        let mut store = Store::new();
        let id = store.series_id(&Labels::new([("__name__", "m")]), 4);
        for t in 0..100 {
            store.append(id, t, 0.0);
        }
        store.forget_before(10);
        assert_eq!(store.select(&[equal("__name__", "m")], 0, 200)[0].times_ms.len(), 100, "too few to be worth it");
        store.forget_before(50);
        assert_eq!(store.select(&[equal("__name__", "m")], 0, 200)[0].times_ms.first(), Some(&50));
    }
}
