//! The platform, its store, its rules and its traces, kept together and moved forward in time.
//!
//! Invariant: a scrape is appended before the rules of the same instant are evaluated. Locks are held only while samples are
//! appended or copied, never while a query is computed.

use std::sync::mpsc::sync_channel;
use std::sync::{Arc, PoisonError, RwLock};

use crate::jaeger::Traces;
use crate::promql::{Dialect, Engine};
use crate::rules::RuleSet;
use crate::signals::{Detail, Keeper, KeptPart};
use crate::sim::{Exemplar, Platform, SCRAPE_INTERVAL_MS, SeriesDef, Target, is_stale};
use crate::store::{Labels, METRIC_NAME, SeriesId, Store};

/// What the APIs read: shared, and replaced piece by piece as time goes on.
#[derive(Debug)]
pub struct Shared {
    pub engine: Engine,
    store: Arc<RwLock<Store>>,
    pub rules: RwLock<RuleSet>,
    pub targets: RwLock<Vec<Target>>,
    /// Exemplars with the labels of their series, oldest first.
    pub exemplars: RwLock<Vec<(Labels, Exemplar)>>,
    pub start_ms: i64,
}

/// The moving part: one owner, the thread that advances time.
pub struct World {
    platform: Platform,
    shared: Arc<Shared>,
    ids: Vec<SeriesId>,
    labels: Vec<Labels>,
    history_ms: i64,
    keeps_stale_markers: bool,
    recorder: Option<Recorder>,
}

/// Chooses the traces that are kept, and where they go.
struct Recorder {
    keeper: Keeper,
    traces: Arc<Traces>,
}

impl Recorder {
    /// What is kept of the platform's last slice.
    fn kept(&mut self, platform: &Platform) -> Vec<KeptPart> {
        self.keeper.set_detail(Detail::of_age(platform.now_ms() - platform.events().end_ms));
        self.keeper.keep(platform)
    }
}

/// Slices of traces that may wait to be put in order while history is loaded.
const WAITING_SLICES: usize = 64;

/// The label set of a simulated series.
pub fn labels_of(series: &SeriesDef) -> Labels {
    Labels::new(
        series
            .labels
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .chain(std::iter::once((METRIC_NAME, series.name.as_str()))),
    )
}

impl World {
    /// Takes a platform at its beginning; nothing is loaded yet.
    pub fn new(platform: Platform, rules: RuleSet) -> Self {
        Self::speaking(Dialect::default(), platform, rules)
    }

    fn speaking(dialect: Dialect, platform: Platform, rules: RuleSet) -> Self {
        let store = Arc::new(RwLock::new(Store::new()));
        let labels: Vec<Labels> = platform.series().iter().map(labels_of).collect();
        let ids = {
            let mut store = store.write().unwrap_or_else(PoisonError::into_inner);
            labels.iter().map(|labels| store.series_id(labels, 0)).collect()
        };
        let history_ms = platform.now_ms() - platform.start_ms();
        let shared = Arc::new(Shared {
            engine: Engine::new(Arc::clone(&store), dialect, SCRAPE_INTERVAL_MS),
            store,
            rules: RwLock::new(rules),
            targets: RwLock::new(Vec::new()),
            exemplars: RwLock::new(Vec::new()),
            start_ms: platform.start_ms(),
        });
        Self { platform, shared, ids, labels, history_ms, keeps_stale_markers: true, recorder: None }
    }

    /// As [`Self::new`], but a series that ends is simply not continued. An OpenMetrics file cannot say more, so this is
    /// what a server holds that has loaded one: it sees the series for the look-back window longer.
    pub fn without_stale_markers(dialect: Dialect, platform: Platform, rules: RuleSet) -> Self {
        Self { keeps_stale_markers: false, ..Self::speaking(dialect, platform, rules) }
    }

    /// The traces are kept here from the platform's beginning on: to be called before anything is loaded.
    #[must_use]
    pub fn with_traces(self, traces: Arc<Traces>) -> Self {
        Self { recorder: Some(Recorder { keeper: Keeper::default(), traces }), ..self }
    }

    pub fn shared(&self) -> Arc<Shared> {
        Arc::clone(&self.shared)
    }

    /// Loads the history up to the platform's own "now" and evaluates the rules over it. `progress` hears a share of 1 some
    /// twenty times. Traces are put in order by a thread of their own; when this returns, all of them are.
    pub fn load_history(&mut self, mut progress: impl FnMut(f64)) {
        let (start_ms, end_ms) = (self.platform.start_ms(), self.platform.now_ms());
        let total = ((end_ms - start_ms) / SCRAPE_INTERVAL_MS).max(1);
        let traces = self.recorder.as_ref().map(|recorder| Arc::clone(&recorder.traces));
        std::thread::scope(|threads| {
            let (kept, slices) = sync_channel::<Vec<KeptPart>>(WAITING_SLICES);
            if let Some(traces) = traces {
                threads.spawn(move || slices.iter().for_each(|parts| traces.keep(parts)));
            }
            let mut done = 0;
            while self.platform.next_ms() <= end_ms {
                self.scrape();
                if let Some(recorder) = &mut self.recorder {
                    // The thread ends before us only by a panic, which the scope passes on.
                    kept.send(recorder.kept(&self.platform)).unwrap_or(());
                }
                done += 1;
                if done % (total / 20).max(1) == 0 {
                    progress(done as f64 / total as f64);
                }
            }
            drop(kept);
            self.load_rules(start_ms, end_ms);
        });
        self.publish();
    }

    fn load_rules(&self, start_ms: i64, end_ms: i64) {
        let Self { shared, .. } = self;
        let mut rules = std::mem::take(&mut *shared.rules.write().unwrap_or_else(PoisonError::into_inner));
        rules.backfill(&shared.engine, start_ms, end_ms, &mut |samples| append(&shared.store, samples));
        *shared.rules.write().unwrap_or_else(PoisonError::into_inner) = rules;
    }

    /// Catches up to `now_ms`, scrape by scrape.
    pub fn advance_to(&mut self, now_ms: i64) {
        let mut moved = false;
        while self.platform.next_ms() <= now_ms {
            let time_ms = self.scrape();
            if let Some(recorder) = &mut self.recorder {
                let kept = recorder.kept(&self.platform);
                recorder.traces.keep(kept);
            }
            let shared = &self.shared;
            // Readers of the rules wait for at most one evaluation.
            let mut rules = shared.rules.write().unwrap_or_else(PoisonError::into_inner);
            rules.step(&shared.engine, time_ms, &mut |samples| append(&shared.store, samples));
            moved = true;
        }
        if moved {
            let oldest_ms = now_ms - self.history_ms - SCRAPE_INTERVAL_MS;
            self.shared.store.write().unwrap_or_else(PoisonError::into_inner).forget_before(oldest_ms);
            if let Some(recorder) = &self.recorder {
                recorder.traces.forget_before(oldest_ms);
            }
            self.publish();
        }
    }

    /// The time of the scrape that comes next.
    pub fn next_ms(&self) -> i64 {
        self.platform.next_ms()
    }

    fn scrape(&mut self) -> i64 {
        let Self { platform, shared, ids, keeps_stale_markers, .. } = self;
        let scrape = platform.next_scrape();
        let mut store = shared.store.write().unwrap_or_else(PoisonError::into_inner);
        for (index, value) in scrape.samples {
            if let Some(id) = ids.get(*index)
                && (*keeps_stale_markers || !is_stale(*value))
            {
                store.append(*id, scrape.t_ms, *value);
            }
        }
        scrape.t_ms
    }

    fn publish(&self) {
        let exemplars = self
            .platform
            .exemplars()
            .into_iter()
            .filter_map(|exemplar| self.labels.get(exemplar.series).map(|labels| (labels.clone(), exemplar)))
            .collect();
        *self.shared.exemplars.write().unwrap_or_else(PoisonError::into_inner) = exemplars;
        *self.shared.targets.write().unwrap_or_else(PoisonError::into_inner) = self.platform.targets();
    }
}

fn append(store: &RwLock<Store>, samples: &[(Labels, i64, f64)]) {
    let mut store = store.write().unwrap_or_else(PoisonError::into_inner);
    for (labels, time_ms, value) in samples {
        let id = store.series_id(labels, 0);
        store.append(id, *time_ms, *value);
    }
}
