//! The simulated platform as something to scrape: one path per target, and the files through which Prometheus finds them.
//!
//! Invariant: what a target exposes between two scrapes of the simulator does not change, and a target that is down hangs
//! up, so that the server sees by itself that it is. The thread that calls [`Exposition::advance_to`] owns the time.

use std::collections::BTreeMap;
use std::fs;
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};

use serde_json::{Value, json};

use super::StackError;
use crate::exposition::{Catalogue, Format};
use crate::server::http::{Reply, Request};
use crate::server::listen::{Answer, Listening};
use crate::sim::{Platform, SCRAPE_INTERVAL_MS, Target, is_stale};

/// What the server adds to each target by itself.
const SERVERS_OWN: [&str; 5] = [
    "up",
    "scrape_duration_seconds",
    "scrape_samples_scraped",
    "scrape_samples_post_metric_relabeling",
    "scrape_series_added",
];

/// A target's pages in both formats; `None` while it is down.
type Page = Option<[String; 2]>;

const FORMATS: [Format; 2] = [Format::OpenMetrics, Format::Text];

struct Pages {
    paths: Vec<String>,
    pages: RwLock<Vec<Page>>,
}

/// The listener; it serves what was last published.
pub(super) struct Listener {
    listening: Listening,
    pages: Arc<Pages>,
    pub address: SocketAddr,
}

struct Service(Arc<Pages>);

impl Listener {
    /// Listens; each target hangs up until the first pages are published.
    pub(super) fn start(platform: &Platform) -> Result<Self, StackError> {
        let cannot = || StackError::io("the platform's metrics cannot be served");
        let listener = TcpListener::bind(("127.0.0.1", 0)).map_err(cannot())?;
        let address = listener.local_addr().map_err(cannot())?;
        let paths: Vec<String> = platform.targets().iter().map(path_of).collect();
        let pages = RwLock::new(vec![None; paths.len()]);
        let pages = Arc::new(Pages { paths, pages });
        let listening = Listening::start(listener, Service(Arc::clone(&pages))).map_err(cannot())?;
        Ok(Self { listening, pages, address })
    }

    pub(super) fn stop(self) {
        self.listening.stop();
    }

    /// Takes a platform whose history is over; its next scrapes are published.
    pub(super) fn publish(&self, platform: Platform) -> Exposition {
        let mut exposition = Exposition::new(platform, Arc::clone(&self.pages));
        exposition.advance_to(i64::MIN);
        exposition
    }
}

impl Answer for Service {
    fn answer(&self, request: Request) -> Option<Reply> {
        let Pages { paths, pages } = &*self.0;
        if request.path() == "/" {
            return Some(Reply::text(200, &format!("Simulated targets:\n\n{}\n", paths.join("\n"))));
        }
        let Some(index) = paths.iter().position(|path| path == request.path()) else {
            return Some(Reply::text(404, "404 page not found\n"));
        };
        let pages = pages.read().unwrap_or_else(PoisonError::into_inner);
        let [open, text] = pages.get(index)?.as_ref()?;
        let (format, body) = if request.header("Accept").contains("application/openmetrics-text") {
            (Format::OpenMetrics, open)
        } else {
            (Format::Text, text)
        };
        let reply = Reply { status: 200, body: body.clone().into_bytes(), ..Reply::default() };
        Some(reply.with("Content-Type", format.content_type()))
    }
}

/// `/agentarea-api/10.42.0.11:8000/metrics`.
fn path_of(target: &Target) -> String {
    format!("/{}/{}/metrics", target.job, target.instance)
}

/// The moving side.
pub(super) struct Exposition {
    platform: Platform,
    pages: Arc<Pages>,
    /// Per target, its families; series are numbered as in the platform.
    catalogues: Vec<Catalogue>,
    values: Vec<Option<f64>>,
    /// By series, the latest: trace id, value, time.
    exemplars: BTreeMap<usize, (String, f64, i64)>,
    exemplars_until_ms: i64,
}

impl Exposition {
    fn new(platform: Platform, pages: Arc<Pages>) -> Self {
        let catalogues = platform.targets().iter().map(|target| catalogue_of(&platform, target)).collect();
        let values = vec![None; platform.series().len()];
        Self { platform, pages, catalogues, values, exemplars: BTreeMap::new(), exemplars_until_ms: i64::MIN }
    }

    /// The time of the scrape that comes next.
    pub(super) fn next_ms(&self) -> i64 {
        self.platform.next_ms()
    }

    /// Scrapes the simulator up to `now_ms`, and publishes the last of it. The first time it scrapes at least once.
    pub(super) fn advance_to(&mut self, now_ms: i64) {
        let mut is_due = self.exemplars_until_ms == i64::MIN;
        while is_due || self.platform.next_ms() <= now_ms {
            is_due = false;
            let scrape = self.platform.next_scrape();
            let time_ms = scrape.t_ms;
            if !scrape.samples.is_empty() {
                self.values.fill(None);
                for (index, value) in scrape.samples {
                    if let Some(slot) = self.values.get_mut(*index) {
                        *slot = Some(*value).filter(|value| !is_stale(*value));
                    }
                }
            }
            for exemplar in self.platform.exemplars_after(self.exemplars_until_ms.max(time_ms - SCRAPE_INTERVAL_MS)) {
                let trace_id = exemplar.labels.into_iter().next().map(|(_, value)| value).unwrap_or_default();
                self.exemplars.insert(exemplar.series, (trace_id, exemplar.value, exemplar.t_ms));
            }
            self.exemplars_until_ms = time_ms;
            self.write();
        }
    }

    fn write(&self) {
        let Self { platform, pages, catalogues, values, exemplars, .. } = self;
        let value = |index: usize| values.get(index).copied().flatten();
        let exemplar = |index: usize| exemplars.get(&index).cloned();
        let written = platform
            .targets()
            .iter()
            .zip(catalogues)
            .map(|(target, catalogue)| {
                target.healthy.then(|| FORMATS.map(|format| catalogue.scrape_page(format, value, exemplar)))
            })
            .collect();
        *pages.pages.write().unwrap_or_else(PoisonError::into_inner) = written;
    }
}

/// The families that a target exposes: its series without the labels that the server adds.
fn catalogue_of(platform: &Platform, target: &Target) -> Catalogue {
    let is_of_target = |label: &(String, String)| target.labels.contains(label);
    let exposed = platform.series().iter().enumerate().filter_map(|(index, series)| {
        let is_member = target.labels.iter().all(|label| series.labels.contains(label));
        let own_labels = series.labels.iter().filter(|label| !is_of_target(label));
        let labels: Vec<(&str, &str)> = own_labels.map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let is_exposed = is_member && !SERVERS_OWN.contains(&series.name.as_str());
        is_exposed.then_some((index, series.name.as_str(), labels))
    });
    Catalogue::new(exposed)
}

/// Writes `<folder>/<job>.json` for Prometheus's discovery by files. `more` adds targets that are no simulated ones.
pub(super) fn write_targets(
    folder: &Path,
    platform: &Platform,
    address: SocketAddr,
    more: &[(&str, String)],
) -> Result<(), StackError> {
    let mut by_job: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for target in platform.targets() {
        let mut labels: BTreeMap<String, String> =
            target.labels.iter().filter(|(name, _)| name != "job").cloned().collect();
        labels.insert("__metrics_path__".to_owned(), path_of(&target));
        by_job.entry(target.job).or_default().push(json!({ "targets": [address.to_string()], "labels": labels }));
    }
    for (job, address) in more {
        by_job.entry((*job).to_owned()).or_default().push(json!({ "targets": [address] }));
    }
    fs::create_dir_all(folder).map_err(StackError::io(format!("cannot make {}", folder.display())))?;
    for (job, groups) in by_job {
        let path = folder.join(format!("{job}.json"));
        fs::write(&path, Value::from(groups).to_string())
            .map_err(StackError::io(format!("cannot write {}", path.display())))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW_MS: i64 = 1_785_585_600_000;

    fn ask(service: &Service, path: &str) -> Option<Reply> {
        service.answer(Request { method: "GET".into(), url: path.into(), ..Request::default() })
    }

    #[test]
    fn targets_expose_their_own_series_and_hang_up_while_they_are_down() {
        let mut platform = Platform::with_history(1, NOW_MS, 1);
        while platform.next_ms() <= platform.now_ms() {
            platform.next_scrape();
        }
        let listener = Listener::start(&platform).unwrap();
        let service = Service(Arc::clone(&listener.pages));
        assert!(ask(&service, "/agentarea-api/10.42.0.11:8000/metrics").is_none(), "nothing is published yet");
        let mut exposition = listener.publish(platform);
        assert_eq!(exposition.next_ms(), NOW_MS + 2 * SCRAPE_INTERVAL_MS);
        let page = ask(&service, "/agentarea-api/10.42.0.11:8000/metrics").unwrap();
        let text = String::from_utf8(page.body).unwrap();
        assert!(text.contains("agentarea_http_requests_total{"), "{text}");
        assert!(!text.contains("pod=") && !text.contains("\nup ") && !text.contains("{} "), "{text}");
        // Its script has `agentarea-frontend-1` lost by now.
        assert!(ask(&service, "/agentarea-frontend/10.42.2.31:3000/metrics").is_none());
        assert!(ask(&service, "/agentarea-frontend/10.42.0.31:3000/metrics").is_some());
        assert_eq!(ask(&service, "/nothing").unwrap().status, 404);
        exposition.advance_to(NOW_MS + 10 * SCRAPE_INTERVAL_MS);
        assert_eq!(exposition.next_ms(), NOW_MS + 11 * SCRAPE_INTERVAL_MS);
        let with_exemplars =
            exposition.pages.pages.read().unwrap().iter().flatten().any(|[open, _]| open.contains(" # {trace_id="));
        assert!(with_exemplars, "no exemplar is exposed");
        listener.stop();
    }
}
