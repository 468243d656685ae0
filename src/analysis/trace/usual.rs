//! What is usual: how long operations take over many traces.
//!
//! Not here: what is unusual about one trace; see [`super::bottleneck`] and [`super::compare`].

use std::sync::Arc;

use super::{
    at,
    intern::{Names, Pairs},
};
use crate::{base::order, model::trace::Trace};

/// Of fewer samples nothing is called usual.
pub const MIN_SAMPLES: usize = 5;

/// How long something took, over many samples.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Usual {
    pub median_ns: i64,
    /// 95 of 100 took at most so long.
    pub p95_ns: i64,
    pub count: usize,
}

impl Usual {
    /// Sorts the samples. Quantiles are samples themselves (nearest rank).
    pub fn of(samples: &mut [i64]) -> Self {
        order::sort_by(samples, Ord::cmp);
        Self { median_ns: quantile(samples, 50), p95_ns: quantile(samples, 95), count: samples.len() }
    }

    /// Enough samples to speak of.
    pub fn is_known(&self) -> bool {
        self.count >= MIN_SAMPLES
    }
}

/// Of sorted numbers the smallest that so many percent of them do not exceed; 0 of none.
pub fn quantile(sorted: &[i64], percent: usize) -> i64 {
    let rank = (sorted.len() * percent).div_ceil(100).max(1);
    at(sorted, rank - 1)
}

/// How long each operation of each service usually takes.
#[derive(Debug, Clone, Default)]
pub struct UsualDurations {
    names: Names,
    pairs: Pairs,
    usual: Vec<Usual>,
}

impl UsualDurations {
    /// Over all spans of the traces. O(n log n).
    pub fn of(traces: &[Arc<Trace>]) -> Self {
        let (mut names, mut pairs) = (Names::default(), Pairs::default());
        let mut samples: Vec<Vec<i64>> = Vec::new();
        for trace in traces {
            let numbers: Vec<u32> = (0..trace.name_count()).map(|key| names.number(trace.name(key as u32))).collect();
            let number = |key: u32| at(&numbers, key as usize);
            for span in 0..trace.len() {
                let pair = (number(trace.service_key(span)), number(trace.operation_key(span)));
                let pair = pairs.number(pair) as usize;
                if samples.len() <= pair {
                    samples.resize_with(pair + 1, Vec::new);
                }
                if let Some(samples) = samples.get_mut(pair) {
                    samples.push(trace.span_duration_ns(span));
                }
            }
        }
        let usual = samples.iter_mut().map(|samples| Usual::of(samples)).collect();
        Self { names, pairs, usual }
    }

    /// `None` where there are fewer than [`MIN_SAMPLES`].
    pub fn get(&self, service: &str, operation: &str) -> Option<Usual> {
        let pair = (self.names.find(service)?, self.names.find(operation)?);
        let place = self.pairs.find(pair)? as usize;
        self.usual.get(place).copied().filter(Usual::is_known)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::trace::drawn;

    #[test]
    fn quantiles_are_samples() {
        let usual = |samples: &[i64]| Usual::of(&mut samples.to_vec());
        assert_eq!(usual(&[]), Usual::default());
        assert_eq!(usual(&[7]), Usual { median_ns: 7, p95_ns: 7, count: 1 });
        assert_eq!(usual(&[4, 1, 3, 2]), Usual { median_ns: 2, p95_ns: 4, count: 4 });
        let hundred: Vec<i64> = (1..=100).rev().collect();
        assert_eq!(usual(&hundred), Usual { median_ns: 50, p95_ns: 95, count: 100 });
    }

    #[test]
    fn five_samples_make_something_usual() {
        let one = |bar: &str| Arc::new(drawn::trace(&format!("api a {bar}\n  db b |==|")));
        let mut traces = vec![one("|===|"), one("|=====|"), one("|===|"), one("|===|")];
        assert_eq!(UsualDurations::of(&traces).get("api", "a"), None);
        traces.push(one("|==============|"));
        let usual = UsualDurations::of(&traces);
        assert_eq!(usual.get("api", "a"), Some(Usual { median_ns: 4_000_000, p95_ns: 15_000_000, count: 5 }));
        assert_eq!((usual.get("api", "b"), usual.get("x", "b")), (None, None));
    }
}
