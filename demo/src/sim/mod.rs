//! The simulated AgentArea platform: a seeded stream of requests, and the metrics that they leave behind.
//!
//! `incidents` sets conditions → `traffic` draws every request, agent run and tool call of a 15 s slice → `app` and `infra`
//! count them into the `registry` → a scrape hands out what each reachable target exposes. Invariants: the same seed and
//! start give the same bits on every platform; nothing reads a clock; all signals of an incident come from the same
//! events, so they agree. It does no IO, keeps no history of samples and evaluates no query.
//!
//! Decisions where the operations guide is silent or contradicts itself:
//!
//! - **`service`**: the guide's queries aggregate `by (service)`, its metrics have no such label. Here it is a target
//!   label, set while scraping from the pod's `app` label, together with `pod`.
//! - **`status` of HTTP requests**: the guide's decorator writes `success` and `error`, its queries select `5..`. A
//!   request with an HTTP status carries that status; the decorator's words are left to the route that ends without one,
//!   the token stream of a conversation. No request is counted twice, so every ratio of the guide's queries holds.
//! - **`endpoint`** is the route's template, not the path: one series per agent would be a fault, not a feature.
//! - **`agentarea_agents_created_total`** has the `status` label that the guide's rule selects beside the guide's own two.
//! - **A failing MCP tool** is answered with HTTP 200 and an error in the body, as the Model Context Protocol has it.
//! - **Conversations**: the guide uses the default buckets, which end at 10 s; some conversations are longer.
//! - **`agentarea_active_agents`** is each API replica's own count, so the rule's `< 10` is about one replica; it is above
//!   ten by day and night and falls below only while the database refuses the scheduled agents.
//! - **`up{job=~"agentarea.*"}`** does not select `mcp-manager`: as the guide has it.
//! - Client libraries expose a labelled series from its first use in a process until that process ends; rare statuses
//!   therefore appear late, and vanish (stale) at a restart. `_created` series are switched off.

mod app;
mod incidents;
mod infra;
mod maths;
mod metadata;
mod registry;
#[cfg(test)]
mod tests;
mod topology;
mod traffic;
mod types;

use std::collections::VecDeque;
use std::ops::Range;

use app::{AppMeters, Observation};
use incidents::{Conditions, Script};
use infra::{Container, Demand, NodeMeters, PostgresMeters, RedisMeters, Slice};
use maths::Rng;
use registry::{Id, Registry};
use traffic::Traffic;

pub use incidents::{Incident, IncidentKind};
pub(crate) use maths::{mix, mix3, unit};
pub(crate) use topology::{
    AGENT_TYPES, API_REPLICAS, AUTH, CREATE_AGENT, CREATION_MODELS, GET_AGENT, GET_CONVERSATION, INSERT, LIST_AGENTS,
    LIST_TOOLS, MCP_AGENT_ACTION, POST_MESSAGE, POSTGRES_NODE, QUERY_TYPES, REDIS_NODE, STREAM, TEMPLATES, UPDATE,
};
pub use topology::{
    AGENTS, Agent, MODELS, Model, NODES, Node, REPLICAS, Replica, RunError, Service, Status, TOOLS, Tool,
};
pub use traffic::{
    AgentRun, Creation, Events, Failure, FrontendHop, Lifecycle, MAX_QUERIES, MAX_TOOL_CALLS, McpCall, Query, Request,
    ToolCall,
};
pub use types::{
    Exemplar, HISTORY_MS, MetricKind, MetricMeta, SCRAPE_INTERVAL_MS, STALE_NAN_BITS, Scrape, SeriesDef, Target,
    is_stale, stale_nan,
};

/// Exemplars kept; Prometheus keeps 100,000 by default.
const MAX_EXEMPLARS: usize = 50_000;
/// Exemplars taken from one slice: a client keeps the last per bucket, a scrape sees few of them.
const SLICE_EXEMPLARS: usize = 8;
/// `scrape_timeout` of the guide's configuration: Prometheus's default.
const SCRAPE_TIMEOUT_SECS: u32 = 10;
/// One scrape in this many fails for no lasting reason.
const MISSED_SCRAPE_RATIO: f64 = 1.0 / 15_000.0;
/// The platform had been up for this long when the history begins.
const EARLIER_MS: i64 = 52 * 3_600_000;

/// What a target exposes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Exposes {
    Process(usize),
    Other,
}

/// The series that the server adds to each target's own.
struct HealthIds {
    up: Id,
    duration_secs: Id,
    scraped: Id,
    post_relabelling: Id,
    added: Id,
}

struct ScrapeTarget {
    target: Target,
    exposes: Exposes,
    range: Range<usize>,
    health: HealthIds,
    typical_secs: f64,
}

struct StoredExemplar {
    bucket: Id,
    trace_id: u128,
    value: f64,
    t_ms: i64,
}

/// One simulated platform, advanced scrape by scrape.
pub struct Platform {
    seed: u64,
    now_ms: i64,
    start_ms: i64,
    next_ms: i64,
    script: Script,
    traffic: Traffic,
    events: Events,
    registry: Registry,
    apps: Vec<AppMeters>,
    containers: Vec<Container>,
    nodes: Vec<NodeMeters>,
    postgres: PostgresMeters,
    redis: RedisMeters,
    targets: Vec<ScrapeTarget>,
    /// Series that the last scrape of their target exposed.
    present: Vec<bool>,
    samples: Vec<(usize, f64)>,
    observations: Vec<Observation>,
    exemplars: VecDeque<StoredExemplar>,
}

impl Platform {
    /// A platform whose history begins 30 h before `now_ms`; both are aligned down to the scrape interval.
    pub fn new(seed: u64, now_ms: i64) -> Self {
        Self::with_history(seed, now_ms, (HISTORY_MS / 3_600_000) as u32)
    }

    /// As [`Self::new`], with another length of history: tests need less.
    pub fn with_history(seed: u64, now_ms: i64, hours: u32) -> Self {
        let now_ms = now_ms - now_ms.rem_euclid(SCRAPE_INTERVAL_MS);
        let start_ms = now_ms - i64::from(hours) * 3_600_000;
        let mut registry = Registry::default();
        let mut targets = Vec::new();
        let mut apps = Vec::new();
        for (process, replica) in REPLICAS.iter().enumerate() {
            let service = replica.service;
            let labels = [("pod", replica.pod), ("service", service.name())];
            let mut builder = TargetBuilder::new(&mut registry, service.name(), replica.instance, &labels);
            let mut app = AppMeters::new(builder.registry, process, service, start_ms);
            app.start(builder.registry, start_ms - EARLIER_MS);
            apps.push(app);
            builder.discovered = pod_labels(replica);
            targets.push(builder.finish(Exposes::Process(process), "/metrics", 0.012));
        }
        let mut nodes = Vec::new();
        for (index, node) in NODES.iter().enumerate() {
            let instance = format!("{}:9100", node.address);
            let labels = [("kubernetes_io_hostname", node.name), ("topology_kubernetes_io_zone", node.zone)];
            let mut builder = TargetBuilder::new(&mut registry, "node-exporter", &instance, &labels);
            nodes.push(NodeMeters::new(builder.registry, index, seed, start_ms));
            builder.discovered = vec![
                ("__meta_kubernetes_node_label_kubernetes_io_hostname".to_owned(), node.name.to_owned()),
                ("__meta_kubernetes_node_label_topology_kubernetes_io_zone".to_owned(), node.zone.to_owned()),
                ("__meta_kubernetes_node_name".to_owned(), node.name.to_owned()),
            ];
            targets.push(builder.finish(Exposes::Other, "/metrics", 0.021));
        }
        let mut containers = Vec::new();
        for (index, node) in NODES.iter().enumerate() {
            let instance = format!("{}:10250", node.address);
            let mut builder = TargetBuilder::new(&mut registry, "cadvisor", &instance, &[("node", node.name)]);
            containers.extend(Container::of_node(builder.registry, index));
            builder.discovered = vec![("__meta_kubernetes_node_name".to_owned(), node.name.to_owned())];
            targets.push(builder.finish(Exposes::Other, "/metrics/cadvisor", 0.08));
        }
        let builder = TargetBuilder::new(&mut registry, "postgres-exporter", "postgres-exporter:9187", &[]);
        let postgres = PostgresMeters::new(builder.registry, start_ms);
        targets.push(builder.finish(Exposes::Other, "/metrics", 0.034));
        let builder = TargetBuilder::new(&mut registry, "redis-exporter", "redis-exporter:9121", &[]);
        let redis = RedisMeters::new(builder.registry, start_ms);
        targets.push(builder.finish(Exposes::Other, "/metrics", 0.006));
        let present = vec![false; registry.len()];
        Self {
            seed,
            now_ms,
            start_ms,
            next_ms: start_ms,
            script: Script::new(now_ms),
            traffic: Traffic::new(seed),
            events: Events::default(),
            registry,
            apps,
            containers,
            nodes,
            postgres,
            redis,
            targets,
            present,
            samples: Vec::new(),
            observations: Vec::new(),
            exemplars: VecDeque::new(),
        }
    }

    /// Every series that can ever occur; fixed for the life of the platform.
    pub fn series(&self) -> &[SeriesDef] {
        &self.registry.series
    }

    /// Families in order of name.
    pub fn metadata() -> &'static [MetricMeta] {
        metadata::METADATA
    }

    /// The first scrape's time.
    pub fn start_ms(&self) -> i64 {
        self.start_ms
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
        let at = self.script.at(t_ms);
        self.traffic.slice(t_ms - SCRAPE_INTERVAL_MS, t_ms, &at, &mut self.events);
        let mut rng = Rng::new(mix3(self.seed, t_ms as u64, 2));
        self.restart_processes(t_ms);
        self.count_events(&mut rng, t_ms, &at);
        self.samples.clear();
        if !at.server_down {
            self.keep_exemplars(&mut rng);
            self.scrape_targets(&mut rng, t_ms, &at);
        }
        Scrape { t_ms, samples: &self.samples }
    }

    /// What ended in the slice before the last scrape, one by one.
    pub fn events(&self) -> &Events {
        &self.events
    }

    /// The script's incidents that overlap the time, by start.
    pub fn incidents(&self, from_ms: i64, to_ms: i64) -> Vec<Incident> {
        self.script.occurrences(from_ms, to_ms)
    }

    /// The most recent exemplars, oldest first: at most 50,000, which is more than the history holds.
    pub fn exemplars(&self) -> Vec<Exemplar> {
        self.exemplars_after(i64::MIN)
    }

    /// The exemplars recorded after `t_ms`, oldest first; cost grows with their number, not with those before.
    pub fn exemplars_after(&self, t_ms: i64) -> Vec<Exemplar> {
        let first = self.exemplars.partition_point(|exemplar| exemplar.t_ms <= t_ms);
        self.exemplars
            .range(first..)
            .map(|StoredExemplar { bucket: Id(series), trace_id, value, t_ms }| Exemplar {
                series: *series,
                labels: vec![("trace_id".to_owned(), format!("{trace_id:032x}"))],
                value: *value,
                t_ms: *t_ms,
            })
            .collect()
    }

    /// All scrape targets with the outcome of their last scrape.
    pub fn targets(&self) -> Vec<Target> {
        self.targets.iter().map(|scraped| scraped.target.clone()).collect()
    }

    fn restart_processes(&mut self, t_ms: i64) {
        let Self { events, registry, apps, containers, targets, .. } = self;
        for change in &events.lifecycle {
            let Some(app) = apps.get_mut(change.process) else { continue };
            if change.is_start {
                app.start(registry, t_ms);
                continue;
            }
            if let Some(scraped) = targets.iter().find(|scraped| scraped.exposes == Exposes::Process(change.process)) {
                registry.reset(scraped.range.clone());
            }
            for container in containers.iter_mut().filter(|container| container.process == Some(change.process)) {
                container.restart(registry, infra::leaks(change.process));
            }
        }
    }

    fn count_events(&mut self, rng: &mut Rng, t_ms: i64, at: &Conditions) {
        let slice_secs = SCRAPE_INTERVAL_MS as f64 / 1000.0;
        let Self { traffic, events, registry, apps, containers, nodes, postgres, redis, observations, .. } = self;
        observations.clear();
        apps.iter_mut().for_each(AppMeters::begin_slice);
        app::count(registry, apps, events, observations);
        let is_up = |process: usize| at.process_up.get(process).copied().unwrap_or(false);
        for (process, app) in apps.iter_mut().enumerate() {
            if is_up(process) {
                app.end_slice(registry, rng, t_ms, slice_secs, at, traffic.runs_in_flight(process));
            }
        }
        let demand = Demand::of(events);
        let slice = Slice { t_ms, secs: slice_secs, at, demand: &demand };
        for container in containers.iter_mut() {
            let (load, requests) = match container.process {
                Some(process) if is_up(process) => (
                    apps.get(process).map(|app| (app.slice_cpu_secs(), app.container_memory_bytes())),
                    demand.requests.get(process).copied().unwrap_or(0.0),
                ),
                Some(_) => (None, 0.0),
                None => {
                    let load = infra::container_load(container, rng, &slice, redis.memory_bytes());
                    (Some(load), demand.transactions)
                }
            };
            container.read(registry, rng, t_ms, load, requests);
        }
        for node in nodes {
            node.read(registry, rng, &slice, containers);
        }
        let mut connections = [0.0; 2];
        for (process, app) in apps.iter().enumerate() {
            if is_up(process) {
                let [active, idle] = app.db_connections(registry);
                let [sum_active, sum_idle] = connections;
                connections = [sum_active + active, sum_idle + idle];
            }
        }
        postgres.read(registry, rng, &slice, connections);
        redis.read(registry, rng, &slice);
    }

    /// Keeps some of the slice's observations as exemplars: half of them from the notable ones, one per bucket.
    fn keep_exemplars(&mut self, rng: &mut Rng) {
        let mut kept: Vec<StoredExemplar> = Vec::with_capacity(SLICE_EXEMPLARS);
        for wants_notable in [true, false] {
            let pool: Vec<&Observation> =
                self.observations.iter().filter(|seen| seen.is_notable == wants_notable).collect();
            for _ in 0..SLICE_EXEMPLARS / 2 {
                let Some(seen) = pool.get(rng.below(pool.len())) else { break };
                if kept.iter().all(|exemplar| exemplar.bucket != seen.bucket) {
                    let t_ms = seen.end_ns.div_euclid(1_000_000);
                    kept.push(StoredExemplar { bucket: seen.bucket, trace_id: seen.trace_id, value: seen.value, t_ms });
                }
            }
        }
        kept.sort_by_key(|exemplar| exemplar.t_ms);
        self.exemplars.extend(kept);
        let excess = self.exemplars.len().saturating_sub(MAX_EXEMPLARS);
        self.exemplars.drain(..excess);
    }

    fn scrape_targets(&mut self, rng: &mut Rng, t_ms: i64, at: &Conditions) {
        let Self { seed, registry, targets, present, samples, .. } = self;
        for (number, scraped) in targets.iter_mut().enumerate() {
            let is_reachable = match scraped.exposes {
                Exposes::Process(process) => at.process_up.get(process).copied().unwrap_or(false),
                Exposes::Other => true,
            };
            let is_missed = unit(mix3(seed.wrapping_add(number as u64), t_ms as u64, 4)) < MISSED_SCRAPE_RATIO;
            let target = &mut scraped.target;
            target.healthy = is_reachable && !is_missed;
            target.last_scrape_ms = t_ms;
            let (error, duration_secs) = if !is_reachable {
                let host = &target.instance;
                let error = format!("Get \"{}\": dial tcp {host}: connect: connection refused", target.scrape_url);
                (error, 0.000_7 + 0.000_4 * rng.uniform())
            } else if is_missed {
                let error = format!("Get \"{}\": context deadline exceeded", target.scrape_url);
                (error, f64::from(SCRAPE_TIMEOUT_SECS) + 0.000_3 * rng.uniform())
            } else {
                (String::new(), rng.lognormal(scraped.typical_secs, 0.25))
            };
            target.last_error = error;
            target.last_duration_secs = duration_secs;

            let (mut count, mut added) = (0.0, 0.0);
            for index in scraped.range.clone() {
                let value = if target.healthy { registry.get(Id(index)) } else { None };
                let Some(was_present) = present.get_mut(index) else { continue };
                match value {
                    Some(value) => {
                        count += 1.0;
                        added += if *was_present { 0.0 } else { 1.0 };
                        samples.push((index, value));
                    }
                    None if *was_present => samples.push((index, stale_nan())),
                    None => {}
                }
                *was_present = value.is_some();
            }
            let HealthIds {
                up: Id(up),
                duration_secs: Id(duration),
                scraped: Id(total),
                post_relabelling: Id(post),
                added: Id(new),
            } = scraped.health;
            samples.extend([
                (up, if target.healthy { 1.0 } else { 0.0 }),
                (duration, duration_secs),
                (total, count),
                (post, count),
                (new, added),
            ]);
        }
    }
}

/// Collects what belongs to one target while its meters add their series.
struct TargetBuilder<'a> {
    registry: &'a mut Registry,
    job: &'static str,
    instance: String,
    labels: Vec<(String, String)>,
    discovered: Vec<(String, String)>,
    health: HealthIds,
    first: usize,
}

impl<'a> TargetBuilder<'a> {
    fn new(registry: &'a mut Registry, job: &'static str, instance: &str, labels: &[(&str, &str)]) -> Self {
        let mut labels: Vec<(String, String)> =
            labels.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        labels.push(("job".to_owned(), job.to_owned()));
        labels.push(("instance".to_owned(), instance.to_owned()));
        labels.sort();
        registry.for_target(&labels);
        let health = HealthIds {
            up: registry.add("up", &[]),
            duration_secs: registry.add("scrape_duration_seconds", &[]),
            scraped: registry.add("scrape_samples_scraped", &[]),
            post_relabelling: registry.add("scrape_samples_post_metric_relabeling", &[]),
            added: registry.add("scrape_series_added", &[]),
        };
        let first = registry.len();
        Self { registry, job, instance: instance.to_owned(), labels, discovered: Vec::new(), health, first }
    }

    fn finish(self, exposes: Exposes, path: &str, typical_secs: f64) -> ScrapeTarget {
        let Self { registry, job, instance, labels, mut discovered, health, first } = self;
        let scheme = if path == "/metrics/cadvisor" { "https" } else { "http" };
        for (key, value) in [
            ("__address__", instance.as_str()),
            ("__metrics_path__", path),
            ("__scheme__", scheme),
            ("__scrape_interval__", "15s"),
            ("__scrape_timeout__", "10s"),
            ("job", job),
        ] {
            discovered.push((key.to_owned(), value.to_owned()));
        }
        discovered.sort();
        ScrapeTarget {
            target: Target {
                job: job.to_owned(),
                scrape_url: format!("{scheme}://{instance}{path}"),
                instance,
                labels,
                discovered_labels: discovered,
                scrape_pool: job.to_owned(),
                healthy: false,
                last_error: String::new(),
                last_scrape_ms: 0,
                last_duration_secs: 0.0,
                scrape_interval_secs: (SCRAPE_INTERVAL_MS / 1000) as u32,
                scrape_timeout_secs: SCRAPE_TIMEOUT_SECS,
            },
            exposes,
            range: first..registry.len(),
            health,
            typical_secs,
        }
    }
}

fn pod_labels(replica: &Replica) -> Vec<(String, String)> {
    let node = NODES.get(replica.node).map_or("", |node| node.name);
    [
        ("__meta_kubernetes_namespace", "agentarea"),
        ("__meta_kubernetes_pod_annotation_prometheus_io_path", "/metrics"),
        ("__meta_kubernetes_pod_annotation_prometheus_io_scrape", "true"),
        ("__meta_kubernetes_pod_container_name", replica.service.container()),
        ("__meta_kubernetes_pod_label_app", replica.service.name()),
        ("__meta_kubernetes_pod_name", replica.pod),
        ("__meta_kubernetes_pod_node_name", node),
    ]
    .map(|(key, value)| (key.to_owned(), value.to_owned()))
    .to_vec()
}
