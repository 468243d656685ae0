//! The simulated AgentArea platform: a seeded stream of requests, and the metrics that they leave behind.

mod types;

pub use types::{
    Exemplar, HISTORY_MS, MetricKind, MetricMeta, SCRAPE_INTERVAL_MS, STALE_NAN_BITS, Scrape, SeriesDef, Target,
    is_stale, stale_nan,
};

/// One simulated platform, advanced scrape by scrape.
pub struct Platform {
    now_ms: i64,
    next_ms: i64,
    series: Vec<SeriesDef>,
    samples: Vec<(usize, f64)>,
}

impl Platform {
    /// A platform whose history begins 30 h before `now_ms`; both are aligned down to the scrape interval.
    pub fn new(_seed: u64, now_ms: i64) -> Self {
        let now_ms = now_ms - now_ms.rem_euclid(SCRAPE_INTERVAL_MS);
        Self { now_ms, next_ms: now_ms - HISTORY_MS, series: Vec::new(), samples: Vec::new() }
    }

    /// Every series that can ever occur; fixed for the life of the platform.
    pub fn series(&self) -> &[SeriesDef] {
        &self.series
    }

    /// Families in order of name.
    pub fn metadata() -> &'static [MetricMeta] {
        &[]
    }

    /// The first scrape's time.
    pub fn start_ms(&self) -> i64 {
        self.now_ms - HISTORY_MS
    }

    /// The time that was "now" when the platform started: the script of incidents is told relative to it.
    pub fn now_ms(&self) -> i64 {
        self.now_ms
    }

    /// The time of the scrape that `next_scrape` will do. Catching up with history is `while next_ms() <= now_ms()`.
    pub fn next_ms(&self) -> i64 {
        self.next_ms
    }

    /// Advances one interval: the first call gives `start_ms`, each further one 15 s later, without end.
    pub fn next_scrape(&mut self) -> Scrape<'_> {
        let t_ms = self.next_ms;
        self.next_ms += SCRAPE_INTERVAL_MS;
        Scrape { t_ms, samples: &self.samples }
    }

    /// The most recent exemplars, oldest first, at most some thousands.
    pub fn exemplars(&self) -> Vec<Exemplar> {
        Vec::new()
    }

    /// The exemplars recorded after `t_ms`, oldest first.
    pub fn exemplars_after(&self, _t_ms: i64) -> Vec<Exemplar> {
        Vec::new()
    }

    /// All scrape targets with the outcome of their last scrape.
    pub fn targets(&self) -> Vec<Target> {
        Vec::new()
    }
}
