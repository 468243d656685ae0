//! What the exporters say: machines, containers, PostgreSQL and Redis.
//!
//! Their readings follow from the same events as the services' metrics: the processor time that requests took, the
//! queries that they made, the keys that they asked for. What no event explains (a base load, a wander) is drawn here.

use super::app::memory_limit_bytes;
use super::incidents::Conditions;
use super::maths::{Rng, exp, mix3, sin_turns};
use super::registry::{Id, Registry};
use super::topology::{FULL_DISK_NODE, INSERT, MCP_1, NODES, POSTGRES_NODE, REDIS_NODE, REPLICAS, SELECT, Service};
use super::traffic::{Events, Failure, wander};

const GIB: f64 = 1_073_741_824.0;
const MIB: f64 = 1_048_576.0;

/// The slice that the exporters read at its end.
#[derive(Debug, Clone, Copy)]
pub(super) struct Slice<'a> {
    pub t_ms: i64,
    pub secs: f64,
    pub at: &'a Conditions,
    pub demand: &'a Demand,
}

/// What the slice's events asked of the infrastructure.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Demand {
    pub selects: f64,
    pub inserts: f64,
    pub updates: f64,
    pub transactions: f64,
    pub rollbacks: f64,
    pub cache_hits: f64,
    pub cache_misses: f64,
    pub redis_commands: f64,
    /// Processor time of PostgreSQL.
    pub query_cpu_secs: f64,
    /// Requests at each process, for the network.
    pub requests: [f64; REPLICAS.len()],
}

impl Demand {
    pub(super) fn of(events: &Events) -> Self {
        let mut sum = Self::default();
        let mut arrive = |process: usize| {
            if let Some(count) = sum.requests.get_mut(process) {
                *count += 1.0;
            }
        };
        for request in &events.requests {
            arrive(request.process);
            if let Some(call) = request.mcp {
                arrive(call.process);
            }
            if let Some(hop) = request.frontend {
                arrive(hop.process);
            }
        }
        for call in &events.tool_calls {
            arrive(call.process);
        }
        let api = events.requests.iter().filter(|r| r.replica().is_some_and(|of| of.service == Service::Api));
        for request in api {
            // A session, a rate limit, and what the route looks up or stores.
            sum.redis_commands += 2.0 + if request.cache_hit == Some(false) { 2.0 } else { 1.0 };
            match request.cache_hit {
                Some(true) => sum.cache_hits += 2.0,
                Some(false) => {
                    sum.cache_hits += 1.0;
                    sum.cache_misses += 1.0;
                }
                None => sum.cache_hits += 1.0,
            }
            for query in request.queries() {
                match query.kind {
                    SELECT => sum.selects += 1.0,
                    INSERT => sum.inserts += 1.0,
                    _ => sum.updates += 1.0,
                }
                // Beyond some milliseconds a query waits and does not compute.
                sum.query_cpu_secs += 0.3 * query.secs.min(0.02);
            }
            if request.failure == Some(Failure::PoolTimeout) {
                sum.rollbacks += 1.0;
            } else if !request.queries().is_empty() {
                sum.transactions += 1.0;
            }
        }
        sum
    }
}

/// One container as the kubelet sees it.
pub(super) struct Container {
    pub name: &'static str,
    pub node: usize,
    /// The process in it, when it is one of the services'.
    pub process: Option<usize>,
    ids: ContainerIds,
    start_secs: f64,
    exists: bool,
    /// Processor time of the last slice.
    slice_cpu_secs: f64,
    memory_bytes: f64,
    limit_bytes: f64,
    quota_cores: f64,
}

struct ContainerIds {
    cpu_secs: Id,
    throttled_secs: Id,
    usage_bytes: Id,
    working_set_bytes: Id,
    quota: Id,
    period: Id,
    limit_bytes: Id,
    start_secs: Id,
    oom_events: Id,
    received_bytes: Id,
    sent_bytes: Id,
}

impl ContainerIds {
    const fn all(&self) -> [Id; 11] {
        [
            self.cpu_secs,
            self.throttled_secs,
            self.usage_bytes,
            self.working_set_bytes,
            self.quota,
            self.period,
            self.limit_bytes,
            self.start_secs,
            self.oom_events,
            self.received_bytes,
            self.sent_bytes,
        ]
    }
}

const CFS_PERIOD: f64 = 100_000.0;

impl Container {
    fn new(
        registry: &mut Registry,
        name: &'static str,
        pod: &str,
        node: usize,
        process: Option<usize>,
        sizes: (f64, f64),
    ) -> Self {
        let labels = [("container", name), ("namespace", "agentarea"), ("pod", pod)];
        let network = [("interface", "eth0"), ("namespace", "agentarea"), ("pod", pod)];
        let ids = ContainerIds {
            cpu_secs: registry.add("container_cpu_usage_seconds_total", &labels),
            throttled_secs: registry.add("container_cpu_cfs_throttled_seconds_total", &labels),
            usage_bytes: registry.add("container_memory_usage_bytes", &labels),
            working_set_bytes: registry.add("container_memory_working_set_bytes", &labels),
            quota: registry.add("container_spec_cpu_quota", &labels),
            period: registry.add("container_spec_cpu_period", &labels),
            limit_bytes: registry.add("container_spec_memory_limit_bytes", &labels),
            start_secs: registry.add("container_start_time_seconds", &labels),
            oom_events: registry.add("container_oom_events_total", &labels),
            received_bytes: registry.add("container_network_receive_bytes_total", &network),
            sent_bytes: registry.add("container_network_transmit_bytes_total", &network),
        };
        let (limit_bytes, quota_cores) = sizes;
        Self {
            name,
            node,
            process,
            ids,
            start_secs: 0.0,
            exists: false,
            slice_cpu_secs: 0.0,
            memory_bytes: 0.0,
            limit_bytes,
            quota_cores,
        }
    }

    /// All containers of a node.
    pub(super) fn of_node(registry: &mut Registry, node: usize) -> Vec<Self> {
        let mut out = Vec::new();
        for (process, replica) in REPLICAS.iter().enumerate() {
            if replica.node == node {
                let cores = if replica.service == Service::McpManager { 0.5 } else { 1.0 };
                let sizes = (memory_limit_bytes(replica.service), cores);
                let name = replica.service.container();
                out.push(Self::new(registry, name, replica.pod, node, Some(process), sizes));
            }
        }
        if node == POSTGRES_NODE {
            out.push(Self::new(registry, "postgresql", "postgresql-0", node, None, (4.0 * GIB, 1.5)));
        }
        if node == REDIS_NODE {
            out.push(Self::new(registry, "redis", "redis-0", node, None, (512.0 * MIB, 1.0)));
        }
        out
    }

    /// The container was killed or replaced; its counters begin again. A kill for want of memory is counted for good.
    pub(super) fn restart(&mut self, registry: &mut Registry, is_out_of_memory: bool) {
        self.exists = false;
        for id in [self.ids.cpu_secs, self.ids.throttled_secs, self.ids.received_bytes, self.ids.sent_bytes] {
            registry.set(id, 0.0);
        }
        if is_out_of_memory {
            registry.inc(self.ids.oom_events, 1.0);
        }
        for id in self.ids.all() {
            registry.hide(id);
        }
    }

    /// Reads the container at the end of a slice; `None` for the sizes while it does not exist.
    pub(super) fn read(
        &mut self,
        registry: &mut Registry,
        rng: &mut Rng,
        t_ms: i64,
        load: Option<(f64, f64)>,
        requests: f64,
    ) {
        let Some((cpu_secs, memory_bytes)) = load else {
            self.slice_cpu_secs = 0.0;
            self.memory_bytes = 0.0;
            return;
        };
        if !self.exists {
            self.exists = true;
            if self.start_secs == 0.0 {
                // Those that were there at the beginning have been up for some days.
                self.start_secs = (t_ms / 1000 - 3 * 86_400 - rng.below(86_400) as i64) as f64;
            } else {
                self.start_secs = (t_ms / 1000 - 5) as f64;
            }
        }
        self.slice_cpu_secs = cpu_secs;
        self.memory_bytes = memory_bytes;
        let ids = &self.ids;
        registry.inc(ids.cpu_secs, cpu_secs);
        registry.inc(ids.throttled_secs, (cpu_secs / 15.0 / self.quota_cores - 0.25).max(0.0) * rng.uniform());
        registry.set(ids.usage_bytes, memory_bytes);
        registry.set(ids.working_set_bytes, (memory_bytes * 0.93).floor());
        registry.set(ids.quota, self.quota_cores * CFS_PERIOD);
        registry.set(ids.period, CFS_PERIOD);
        registry.set(ids.limit_bytes, self.limit_bytes);
        registry.set(ids.start_secs, self.start_secs);
        registry.inc(ids.oom_events, 0.0);
        registry.inc(ids.received_bytes, (requests * 1_900.0 + 2_000.0 * rng.uniform()).floor());
        registry.inc(ids.sent_bytes, (requests * 7_400.0 + 4_000.0 * rng.uniform()).floor());
    }
}

const CPUS_PER_NODE: [&str; 2] = ["0", "1"];
const CPU_MODES: [&str; 4] = ["idle", "user", "system", "iowait"];

/// The node exporter of one node.
pub(super) struct NodeMeters {
    node: usize,
    /// Of what only this node does.
    seed: u64,
    cpu: Vec<[Id; 4]>,
    load: [Id; 3],
    memory: [Id; 4],
    disk: DiskIds,
    boot_disk: DiskIds,
    network: [Id; 2],
    io: [Id; 3],
    time_secs: Id,
    boot_secs: Id,
    uname: Id,
    go: GoMeters,
    load_average: [f64; 3],
}

struct DiskIds {
    available: Id,
    free: Id,
    size: Id,
}

fn disk_ids(registry: &mut Registry, device: &str, fstype: &str, mountpoint: &str) -> DiskIds {
    let labels = [("device", device), ("fstype", fstype), ("mountpoint", mountpoint)];
    DiskIds {
        available: registry.add("node_filesystem_avail_bytes", &labels),
        free: registry.add("node_filesystem_free_bytes", &labels),
        size: registry.add("node_filesystem_size_bytes", &labels),
    }
}

impl NodeMeters {
    pub(super) fn new(registry: &mut Registry, node: usize, seed: u64, start_ms: i64) -> Self {
        let cpu = CPUS_PER_NODE
            .iter()
            .map(|cpu| CPU_MODES.map(|mode| registry.add("node_cpu_seconds_total", &[("cpu", cpu), ("mode", mode)])))
            .collect();
        Self {
            node,
            seed: mix3(seed, node as u64, 3),
            cpu,
            load: ["node_load1", "node_load5", "node_load15"].map(|name| registry.add(name, &[])),
            memory: [
                "node_memory_MemTotal_bytes",
                "node_memory_MemAvailable_bytes",
                "node_memory_MemFree_bytes",
                "node_memory_Cached_bytes",
            ]
            .map(|name| registry.add(name, &[])),
            disk: disk_ids(registry, "/dev/nvme0n1p1", "ext4", "/"),
            boot_disk: disk_ids(registry, "/dev/nvme0n1p15", "vfat", "/boot/efi"),
            network: ["node_network_receive_bytes_total", "node_network_transmit_bytes_total"]
                .map(|name| registry.add(name, &[("device", "eth0")])),
            io: ["node_disk_read_bytes_total", "node_disk_written_bytes_total", "node_disk_io_time_seconds_total"]
                .map(|name| registry.add(name, &[("device", "nvme0n1")])),
            time_secs: registry.add("node_time_seconds", &[]),
            boot_secs: registry.add("node_boot_time_seconds", &[]),
            uname: registry.add(
                "node_uname_info",
                &[
                    ("machine", "x86_64"),
                    ("nodename", NODES.get(node).map_or("", |node| node.name)),
                    ("release", "6.1.0-28-cloud-amd64"),
                    ("sysname", "Linux"),
                ],
            ),
            go: GoMeters::new(registry, start_ms),
            load_average: [0.4; 3],
        }
    }

    pub(super) fn read(&mut self, registry: &mut Registry, rng: &mut Rng, slice: &Slice<'_>, containers: &[Container]) {
        let Slice { t_ms, secs: slice_secs, at, .. } = *slice;
        let node_seed = self.seed;
        let here = || containers.iter().filter(|container| container.node == self.node);
        let container_cpu: f64 = here().map(|container| container.slice_cpu_secs).sum();
        let container_memory: f64 = here().map(|container| container.memory_bytes).sum();
        let own = slice_secs * (0.22 + 0.1 * wander(node_seed, t_ms, 420_000));
        let busy = container_cpu + own;
        let io_wait = slice_secs * (0.01 + 0.015 * rng.uniform() + if at.pool_exhaustion > 0.0 { 0.05 } else { 0.0 });
        let cores = CPUS_PER_NODE.len() as f64;
        let shares = [0.53, 0.47];
        for (ids, share) in self.cpu.iter().zip(shares) {
            let [idle, user, system, wait] = ids;
            let used = (busy * share).min(slice_secs * 0.97);
            let waited = (io_wait / cores).min(slice_secs - used);
            registry.inc(*user, used * 0.72);
            registry.inc(*system, used * 0.28);
            registry.inc(*wait, waited);
            registry.inc(*idle, (slice_secs - used - waited).max(0.0));
        }
        let runnable = busy / slice_secs * 1.3 + 0.3 * rng.uniform();
        for ((average, id), minutes) in self.load_average.iter_mut().zip(self.load).zip([1.0, 5.0, 15.0]) {
            let keep = exp(-slice_secs / (60.0 * minutes));
            *average = *average * keep + runnable * (1.0 - keep);
            registry.set(id, (*average * 100.0).round() / 100.0);
        }
        let total = 16.0 * GIB;
        let used = container_memory + GIB * (1.9 + 0.3 * wander(node_seed ^ 5, t_ms, 1_800_000));
        let cached = GIB * (6.0 + 1.2 * wander(node_seed ^ 6, t_ms, 5_400_000));
        let page = |bytes: f64| (bytes / 4096.0).floor() * 4096.0;
        for (id, bytes) in
            self.memory.into_iter().zip([total, total - used, (total - used - cached).max(0.2 * GIB), cached])
        {
            registry.set(id, page(bytes));
        }
        let size = 79.2 * GIB;
        let ratio = if self.node == FULL_DISK_NODE {
            at.disk_avail_ratio
        } else {
            0.63 + 0.04 * wander(node_seed ^ 7, t_ms, 6 * 3_600_000)
        };
        // The noise stays far below what the script's line falls in a minute, or the alert would flap.
        let available = size * (ratio - 0.000_02 * rng.uniform());
        let reserved = 0.051 * size;
        registry.set(self.disk.available, page(available));
        registry.set(self.disk.free, page(available + reserved));
        registry.set(self.disk.size, page(size));
        registry.set(self.boot_disk.available, 117_440_512.0);
        registry.set(self.boot_disk.free, 117_440_512.0);
        registry.set(self.boot_disk.size, 129_718_272.0);
        let noise = 0.8 + 0.4 * rng.uniform();
        let [received, sent] = self.network;
        registry.inc(received, (noise * slice_secs * (40_000.0 + 90_000.0 * container_cpu)).floor());
        registry.inc(sent, (noise * slice_secs * (55_000.0 + 140_000.0 * container_cpu)).floor());
        let [read, written, io_time] = self.io;
        registry.inc(read, (noise * slice_secs * 12.0).floor() * 4096.0);
        registry.inc(written, (noise * slice_secs * (60.0 + 30.0 * container_cpu)).floor() * 4096.0);
        registry.inc(io_time, slice_secs * 0.02 * noise + io_wait * 0.4);
        registry.set(self.time_secs, t_ms as f64 / 1000.0);
        registry.set(self.boot_secs, (self.go.start_ms / 1000 - 40 * 86_400 - self.node as i64 * 4_021) as f64);
        registry.set(self.uname, 1.0);
        self.go.read(registry, rng, t_ms, 0.03);
    }
}

/// What a Go program exposes about itself.
struct GoMeters {
    start_ms: i64,
    goroutines: Id,
    alloc_bytes: Id,
    gc_quantiles: [Id; 5],
    gc_sum: Id,
    gc_count: Id,
    cpu_secs: Id,
    resident_bytes: Id,
    open_fds: Id,
    start_secs: Id,
}

impl GoMeters {
    fn new(registry: &mut Registry, start_ms: i64) -> Self {
        Self {
            start_ms,
            goroutines: registry.add("go_goroutines", &[]),
            alloc_bytes: registry.add("go_memstats_alloc_bytes", &[]),
            gc_quantiles: ["0", "0.25", "0.5", "0.75", "1"]
                .map(|quantile| registry.add("go_gc_duration_seconds", &[("quantile", quantile)])),
            gc_sum: registry.add("go_gc_duration_seconds_sum", &[]),
            gc_count: registry.add("go_gc_duration_seconds_count", &[]),
            cpu_secs: registry.add("process_cpu_seconds_total", &[]),
            resident_bytes: registry.add("process_resident_memory_bytes", &[]),
            open_fds: registry.add("process_open_fds", &[]),
            start_secs: registry.add("process_start_time_seconds", &[]),
        }
    }

    fn read(&self, registry: &mut Registry, rng: &mut Rng, t_ms: i64, cpu_secs: f64) {
        let collections = rng.poisson(0.4) as f64;
        registry.set(self.goroutines, 9.0 + rng.below(3) as f64);
        // The heap grows between collections.
        let saw = sin_turns(t_ms as f64 / 300_000.0).abs();
        registry.set(self.alloc_bytes, (MIB * (2.2 + 2.0 * saw)).floor());
        for (id, secs) in self.gc_quantiles.into_iter().zip([0.000_021, 0.000_034, 0.000_052, 0.000_09, 0.000_41]) {
            registry.set(id, secs);
        }
        registry.inc(self.gc_sum, collections * 0.000_06);
        registry.inc(self.gc_count, collections);
        registry.inc(self.cpu_secs, cpu_secs * (0.8 + 0.4 * rng.uniform()));
        registry.set(self.resident_bytes, (MIB * (17.0 + 2.0 * saw)).floor());
        registry.set(self.open_fds, 9.0 + rng.below(2) as f64);
        registry.set(self.start_secs, (self.start_ms / 1000 - 9 * 86_400) as f64);
    }
}

const DATABASE: [(&str, &str); 1] = [("datname", "agentarea")];

/// The exporter of PostgreSQL.
pub(super) struct PostgresMeters {
    up: Id,
    activity: [Id; 3],
    longest_transaction_secs: Id,
    backends: Id,
    max_connections: Id,
    commits: Id,
    rollbacks: Id,
    blocks_hit: Id,
    blocks_read: Id,
    tuples: [Id; 4],
    deadlocks: Id,
    size_bytes: Id,
    locks: [Id; 3],
    start_secs: Id,
    go: GoMeters,
    stored_bytes: f64,
}

impl PostgresMeters {
    pub(super) fn new(registry: &mut Registry, start_ms: i64) -> Self {
        let with = |key: &'static str, value: &'static str| [("datname", "agentarea"), (key, value)];
        Self {
            up: registry.add("pg_up", &[]),
            activity: ["active", "idle", "idle in transaction"]
                .map(|state| registry.add("pg_stat_activity_count", &with("state", state))),
            longest_transaction_secs: registry.add("pg_stat_activity_max_tx_duration", &with("state", "active")),
            backends: registry.add("pg_stat_database_numbackends", &DATABASE),
            max_connections: registry.add("pg_settings_max_connections", &[]),
            commits: registry.add("pg_stat_database_xact_commit", &DATABASE),
            rollbacks: registry.add("pg_stat_database_xact_rollback", &DATABASE),
            blocks_hit: registry.add("pg_stat_database_blks_hit", &DATABASE),
            blocks_read: registry.add("pg_stat_database_blks_read", &DATABASE),
            tuples: [
                "pg_stat_database_tup_fetched",
                "pg_stat_database_tup_inserted",
                "pg_stat_database_tup_updated",
                "pg_stat_database_tup_deleted",
            ]
            .map(|name| registry.add(name, &DATABASE)),
            deadlocks: registry.add("pg_stat_database_deadlocks", &DATABASE),
            size_bytes: registry.add("pg_database_size_bytes", &DATABASE),
            locks: ["accesssharelock", "rowexclusivelock", "exclusivelock"]
                .map(|mode| registry.add("pg_locks_count", &with("mode", mode))),
            start_secs: registry.add("pg_postmaster_start_time_seconds", &[]),
            go: GoMeters::new(registry, start_ms),
            stored_bytes: 11.4 * GIB,
        }
    }

    /// `connections` are those of all API processes: in use, and idle.
    pub(super) fn read(&mut self, registry: &mut Registry, rng: &mut Rng, slice: &Slice<'_>, connections: [f64; 2]) {
        let Slice { t_ms, at, demand, .. } = *slice;
        let exhaustion = at.pool_exhaustion;
        let [in_use, pool_idle] = connections;
        // A leaked transaction holds its connection and does nothing.
        let leaked = (in_use * 0.8 * exhaustion).floor();
        let [active, idle, idle_in_transaction] = self.activity;
        registry.set(active, in_use - leaked + 1.0);
        registry.set(idle, pool_idle + 5.0);
        registry.set(idle_in_transaction, leaked + rng.poisson(0.3) as f64);
        registry.set(
            self.longest_transaction_secs,
            if exhaustion > 0.0 { 60.0 + 1_100.0 * exhaustion } else { 0.02 + 0.4 * rng.uniform() },
        );
        registry.set(self.up, 1.0);
        registry.set(self.backends, in_use + pool_idle + 6.0);
        registry.set(self.max_connections, 100.0);
        registry.inc(self.commits, demand.transactions + 4.0);
        registry.inc(self.rollbacks, demand.rollbacks + rng.poisson(0.05) as f64);
        registry.inc(self.blocks_hit, (42.0 * demand.selects + 9.0 * demand.inserts + 400.0).floor());
        registry.inc(self.blocks_read, rng.poisson(0.25 * demand.selects + 3.0) as f64);
        let [fetched, inserted, updated, deleted] = self.tuples;
        registry.inc(fetched, (31.0 * demand.selects + 120.0).floor());
        registry.inc(inserted, demand.inserts);
        registry.inc(updated, demand.updates);
        // Sessions that expired.
        registry.inc(deleted, rng.poisson(0.4) as f64);
        registry.inc(self.deadlocks, if rng.chance(0.03 * exhaustion) { 1.0 } else { 0.0 });
        self.stored_bytes += demand.inserts * 2_300.0;
        registry.set(self.size_bytes, (self.stored_bytes / 8192.0).floor() * 8192.0);
        let [share, row, exclusive] = self.locks;
        registry.set(share, 3.0 + rng.poisson(2.0 * in_use) as f64);
        registry.set(row, rng.poisson(0.4 * in_use + 2.0 * leaked) as f64);
        registry.set(exclusive, rng.poisson(0.1 + 0.2 * leaked) as f64);
        registry.set(self.start_secs, (self.go.start_ms / 1000 - 21 * 86_400) as f64);
        self.go.read(registry, rng, t_ms, 0.05);
    }
}

/// The exporter of Redis.
pub(super) struct RedisMeters {
    gauges: [Id; 8],
    counters: [Id; 8],
    keys: Id,
    go: GoMeters,
    keys_stored: f64,
}

impl RedisMeters {
    pub(super) fn new(registry: &mut Registry, start_ms: i64) -> Self {
        Self {
            gauges: [
                "redis_up",
                "redis_connected_clients",
                "redis_blocked_clients",
                "redis_memory_used_bytes",
                "redis_memory_max_bytes",
                "redis_uptime_in_seconds",
                "redis_connected_slaves",
                "redis_instantaneous_ops_per_sec",
            ]
            .map(|name| registry.add(name, &[])),
            counters: [
                "redis_keyspace_hits_total",
                "redis_keyspace_misses_total",
                "redis_commands_processed_total",
                "redis_evicted_keys_total",
                "redis_expired_keys_total",
                "redis_rejected_connections_total",
                "redis_net_input_bytes_total",
                "redis_net_output_bytes_total",
            ]
            .map(|name| registry.add(name, &[])),
            keys: registry.add("redis_db_keys", &[("db", "db0")]),
            go: GoMeters::new(registry, start_ms),
            keys_stored: 18_000.0,
        }
    }

    /// Memory in use, for the container.
    pub(super) fn memory_bytes(&self) -> f64 {
        (24.0 * MIB + self.keys_stored * 6_200.0).floor()
    }

    pub(super) fn read(&mut self, registry: &mut Registry, rng: &mut Rng, slice: &Slice<'_>) {
        let Slice { t_ms, secs: slice_secs, at, demand } = *slice;
        // A miss stores a key; a key lives for an hour.
        let expired = rng.poisson(self.keys_stored * slice_secs / 3_600.0) as f64;
        let stored = demand.cache_misses + 0.05 * demand.redis_commands;
        self.keys_stored = (self.keys_stored + stored.floor() - expired).max(2_000.0);
        let clients = 8.0 * at.process_up.iter().take(3).filter(|up| **up).count() as f64 + 3.0;
        let used = self.memory_bytes();
        let uptime_secs = ((t_ms - self.go.start_ms) / 1000 + 13 * 86_400) as f64;
        let gauges = [
            1.0,
            clients + rng.below(3) as f64,
            0.0,
            used,
            400.0 * MIB,
            uptime_secs,
            0.0,
            (demand.redis_commands / slice_secs).floor(),
        ];
        for (id, value) in self.gauges.into_iter().zip(gauges) {
            registry.set(id, value);
        }
        let counters = [
            demand.cache_hits,
            demand.cache_misses,
            demand.redis_commands + 6.0,
            0.0,
            expired,
            0.0,
            demand.redis_commands * 180.0 + 400.0,
            demand.redis_commands * 950.0 + 2_100.0,
        ];
        for (id, value) in self.counters.into_iter().zip(counters) {
            registry.inc(id, value);
        }
        registry.set(self.keys, self.keys_stored);
        self.go.read(registry, rng, t_ms, 0.04);
    }
}

/// Processor time and memory, in the slice, of a container that is not one of the services'.
pub(super) fn container_load(container: &Container, rng: &mut Rng, slice: &Slice<'_>, redis_bytes: f64) -> (f64, f64) {
    let Slice { secs: slice_secs, demand, .. } = *slice;
    if container.name == "postgresql" {
        let cpu = slice_secs * (0.03 + 0.01 * rng.uniform()) + demand.query_cpu_secs;
        (cpu, (1.55 * GIB + 0.05 * GIB * rng.uniform()).floor())
    } else {
        (slice_secs * 0.012 + demand.redis_commands * 0.000_06, redis_bytes + 14.0 * MIB)
    }
}

/// True for the container that the script lets run out of memory.
pub(super) const fn leaks(process: usize) -> bool {
    process == MCP_1
}
