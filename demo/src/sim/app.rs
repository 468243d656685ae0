//! The metrics of the three services' processes, counted from the events.
//!
//! Every family that the operations guide defines is here, with its labels. It counts what happened and draws nothing,
//! except readings that no event explains (a garbage collector, an idle connection).

use super::incidents::Conditions;
use super::maths::{Rng, ramp};
use super::registry::{Histogram, Id, Registry};
use super::topology::{
    AGENT_STATUSES, AGENT_TYPES, AGENTS, CREATION_MODELS, DB_POOL_SIZE, DB_STATES, FRONTEND_PROXY, MCP_1,
    MESSAGE_TYPES, MODELS, QUERY_TYPES, Route, RunError, Service, Status, TEMPLATES, TOOLS, routes,
};
use super::traffic::{AgentRun, Events, Request, TOOL_CALL_HTTP, ToolCall, rhythm};

const MIB: f64 = 1_048_576.0;

/// Memory limit of a process's container.
pub(super) const fn memory_limit_bytes(service: Service) -> f64 {
    match service {
        Service::Api => 1024.0 * MIB,
        Service::McpManager | Service::Frontend => 512.0 * MIB,
    }
}

/// A value seen by a histogram, with the trace it came from.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Observation {
    pub bucket: Id,
    pub trace_id: u128,
    pub value: f64,
    pub end_ns: i64,
    /// Unusual enough to be kept before others.
    pub is_notable: bool,
}

struct RouteMeters {
    statuses: Vec<(Status, Id)>,
    duration: Histogram,
}

/// What the Python client exposes about its process.
struct PythonMeters {
    cpu_secs: Id,
    resident_bytes: Id,
    virtual_bytes: Id,
    open_fds: Id,
    max_fds: Id,
    start_secs: Id,
    info: Id,
    collections: [Id; 3],
}

struct ApiMeters {
    agent_requests: Vec<[Id; 2]>,
    conversations: Vec<Histogram>,
    active_agents: Vec<Id>,
    db_connections: Vec<Id>,
    db_queries: Vec<Histogram>,
    created: Vec<[Id; 2]>,
    agent_errors: Vec<Vec<Id>>,
    messages: Vec<Vec<Id>>,
    active_users: Id,
}

struct McpMeters {
    calls: Vec<[Id; 2]>,
    response: Vec<Histogram>,
}

enum OwnMeters {
    Api(ApiMeters),
    Mcp(McpMeters),
    Frontend,
}

/// The meters of one process, and what of its state outlives a slice.
pub(super) struct AppMeters {
    process: usize,
    service: Service,
    routes: Vec<RouteMeters>,
    python: PythonMeters,
    own: OwnMeters,
    components: Vec<(Id, Id)>,
    start_ms: i64,
    /// Requests of signed-in users per second, smoothed over five minutes.
    user_rate: f64,
    /// Processor time spent in the slice.
    slice_cpu_secs: f64,
    slice_query_secs: f64,
    slice_requests: usize,
    resident_bytes: f64,
}

const SUCCESS_ERROR: [&str; 2] = ["success", "error"];

/// Components whose memory and processor time a process of the service reports, with their parts of the whole.
const fn components(service: Service) -> &'static [(&'static str, f64, f64)] {
    match service {
        Service::Api => &[("api", 0.42, 0.55), ("agent_runtime", 0.38, 0.35), ("cache", 0.14, 0.05)],
        Service::McpManager => &[("mcp_manager", 0.35, 0.4), ("mcp_tools", 0.6, 0.55)],
        Service::Frontend => &[("frontend", 0.9, 0.95)],
    }
}

impl AppMeters {
    /// Adds the series of a process.
    pub(super) fn new(registry: &mut Registry, process: usize, service: Service, start_ms: i64) -> Self {
        let routes = routes(service).iter().map(|route| route_meters(registry, route)).collect();
        let own = match service {
            Service::Api => OwnMeters::Api(api_meters(registry)),
            Service::McpManager => OwnMeters::Mcp(McpMeters {
                calls: TOOLS
                    .iter()
                    .map(|tool| {
                        SUCCESS_ERROR.map(|status| {
                            registry
                                .add("agentarea_mcp_tool_calls_total", &[("tool_name", tool.name), ("status", status)])
                        })
                    })
                    .collect(),
                response: TOOLS
                    .iter()
                    .map(|tool| registry.add_histogram("agentarea_mcp_response_seconds", &[("tool_name", tool.name)]))
                    .collect(),
            }),
            Service::Frontend => OwnMeters::Frontend,
        };
        let components = components(service)
            .iter()
            .map(|(name, ..)| {
                let labels = [("component", *name)];
                (
                    registry.add("agentarea_memory_usage_bytes", &labels),
                    registry.add("agentarea_cpu_usage_percent", &labels),
                )
            })
            .collect();
        Self {
            process,
            service,
            routes,
            python: python_meters(registry),
            own,
            components,
            start_ms,
            user_rate: 0.0,
            slice_cpu_secs: 0.0,
            slice_query_secs: 0.0,
            slice_requests: 0,
            resident_bytes: 0.0,
        }
    }

    /// The process began: series that the code declares with their labels exist from the first moment.
    pub(super) fn start(&mut self, registry: &mut Registry, t_ms: i64) {
        self.start_ms = t_ms;
        self.user_rate = 0.0;
        match &self.own {
            OwnMeters::Api(api) => {
                for id in api.created.iter().flatten() {
                    registry.inc(*id, 0.0);
                }
                for histogram in &api.db_queries {
                    registry.touch_histogram(*histogram);
                }
            }
            OwnMeters::Mcp(mcp) => {
                for id in mcp.calls.iter().flatten() {
                    registry.inc(*id, 0.0);
                }
            }
            OwnMeters::Frontend => {}
        }
    }

    /// Forgets the last slice's sums.
    pub(super) const fn begin_slice(&mut self) {
        self.slice_cpu_secs = 0.0;
        self.slice_query_secs = 0.0;
        self.slice_requests = 0;
    }

    /// Processor time of the slice, for the container and the node.
    pub(super) const fn slice_cpu_secs(&self) -> f64 {
        self.slice_cpu_secs
    }

    /// Memory that the kernel charges to the container: the process and its page cache.
    pub(super) fn container_memory_bytes(&self) -> f64 {
        self.resident_bytes + (0.02 * memory_limit_bytes(self.service)).floor()
    }

    fn http(&mut self, registry: &mut Registry, route: usize, status: Status, secs: f64) -> Option<Id> {
        let meters = self.routes.get(route)?;
        if let Some((_, id)) = meters.statuses.iter().find(|(known, _)| *known == status) {
            registry.inc(*id, 1.0);
        }
        registry.observe(meters.duration, secs);
        self.slice_requests += 1;
        Some(meters.duration.bucket(secs))
    }

    fn request(&mut self, registry: &mut Registry, request: &Request) -> Option<Observation> {
        let bucket = self.http(registry, request.route, request.status, request.duration_secs)?;
        self.slice_cpu_secs += 0.004 + 0.9 * request.own_secs;
        if let OwnMeters::Api(api) = &self.own {
            for query in request.queries() {
                self.slice_query_secs += query.secs;
                if let Some(histogram) = api.db_queries.get(query.kind) {
                    registry.observe(*histogram, query.secs);
                }
            }
            if let Some(creation) = request.creation {
                let position = creation.template * CREATION_MODELS.len() + creation.model;
                if let Some([success, error]) = api.created.get(position) {
                    registry.inc(if request.failure.is_none() { *success } else { *error }, 1.0);
                }
            }
        }
        Some(Observation {
            bucket,
            trace_id: request.trace_id,
            value: request.duration_secs,
            end_ns: request.end_ns,
            is_notable: request.failure.is_some() || request.duration_secs > 0.5,
        })
    }

    fn run(&mut self, registry: &mut Registry, run: &AgentRun) -> Option<Observation> {
        let OwnMeters::Api(api) = &self.own else { return None };
        self.slice_cpu_secs += 0.02 * f64::from(run.llm_calls) + 0.01;
        if let Some([success, error]) = api.agent_requests.get(run.agent) {
            registry.inc(if run.error.is_none() { *success } else { *error }, 1.0);
        }
        if let Some(error) = run.error {
            let position = RunError::ALL.iter().position(|known| *known == error)?;
            registry.inc(*api.agent_errors.get(run.agent)?.get(position)?, 1.0);
        }
        if run.delegate.is_some() {
            for id in api.messages.get(run.agent)? {
                registry.inc(*id, 1.0);
            }
        }
        let histogram = *api.conversations.get(AGENTS.get(run.agent)?.agent_type)?;
        registry.observe(histogram, run.duration_secs);
        Some(Observation {
            bucket: histogram.bucket(run.duration_secs),
            trace_id: run.trace_id,
            value: run.duration_secs,
            end_ns: run.end_ns,
            is_notable: run.error.is_some(),
        })
    }

    fn tool_call(&mut self, registry: &mut Registry, call: &ToolCall) -> Option<Observation> {
        let (route, status) = TOOL_CALL_HTTP;
        self.http(registry, route, status, call.secs + 0.003);
        self.slice_cpu_secs += 0.012 + 0.02 * call.secs.min(1.0);
        let OwnMeters::Mcp(mcp) = &self.own else { return None };
        let [success, error] = mcp.calls.get(call.tool)?;
        registry.inc(if call.is_success { *success } else { *error }, 1.0);
        let histogram = *mcp.response.get(call.tool)?;
        registry.observe(histogram, call.secs);
        Some(Observation {
            bucket: histogram.bucket(call.secs),
            trace_id: call.trace_id,
            value: call.secs,
            end_ns: call.end_ns,
            is_notable: !call.is_success,
        })
    }

    /// Reads the gauges at the end of the slice.
    pub(super) fn end_slice(
        &mut self,
        registry: &mut Registry,
        rng: &mut Rng,
        t_ms: i64,
        slice_secs: f64,
        at: &Conditions,
        runs_in_flight: usize,
    ) {
        let uptime_secs = (t_ms - self.start_ms) as f64 / 1000.0;
        let warm = ramp(uptime_secs, 0.0, 300.0);
        let in_flight = runs_in_flight as f64;
        // A run between its calls costs a little: tokens arrive, state is kept.
        self.slice_cpu_secs += slice_secs * (0.02 + 0.008 * rng.uniform() + 0.006 * in_flight);
        let limit = memory_limit_bytes(self.service);
        let base = match self.service {
            Service::Api => 0.34 + 0.1 * ramp(uptime_secs, 0.0, 9000.0) + 0.002 * in_flight,
            Service::McpManager if self.process == MCP_1 => at.leak_ratio - 0.026,
            Service::McpManager => 0.42,
            Service::Frontend => 0.4 + 0.05 * ramp(uptime_secs, 0.0, 6000.0),
        };
        self.resident_bytes = (limit * (base + 0.004 * rng.uniform()) / 4096.0).floor() * 4096.0;

        let PythonMeters { cpu_secs, resident_bytes, virtual_bytes, open_fds, max_fds, start_secs, info, collections } =
            &self.python;
        registry.inc(*cpu_secs, self.slice_cpu_secs);
        registry.set(*resident_bytes, self.resident_bytes);
        registry.set(*virtual_bytes, self.resident_bytes * 2.0 + 160.0 * MIB);
        registry.set(*open_fds, (24.0 + in_flight + self.slice_requests as f64 / 20.0).floor());
        registry.set(*max_fds, 1_048_576.0);
        registry.set(*start_secs, self.start_ms as f64 / 1000.0);
        registry.set(*info, 1.0);
        for (id, every) in collections.iter().zip([12.0, 130.0, 1500.0]) {
            registry.inc(*id, rng.poisson(self.slice_requests as f64 / every) as f64);
        }
        let cpu_percent = 100.0 * self.slice_cpu_secs / slice_secs;
        for ((memory, cpu), (_, memory_part, cpu_part)) in self.components.iter().zip(components(self.service)) {
            registry.set(*memory, (self.resident_bytes * memory_part).floor());
            registry.set(*cpu, cpu_percent * cpu_part);
        }

        let OwnMeters::Api(api) = &self.own else { return };
        let exhaustion = at.pool_exhaustion;
        // Scheduled agents run without a user; they pause while the database refuses them.
        let scheduled = (16.0 + 22.0 * rhythm(t_ms)) * warm * (1.0 - 0.97 * exhaustion) + 2.0 * rng.uniform();
        let agents = [
            in_flight + scheduled,
            30.0 + 14.0 * (1.0 - rhythm(t_ms)) + 4.0 * rng.uniform(),
            15.0 + 6.0 * rhythm(t_ms) + 3.0 * rng.uniform() + 20.0 * exhaustion,
        ];
        for (id, value) in api.active_agents.iter().zip(agents) {
            registry.set(*id, value.floor());
        }
        let busy = (rng.poisson(0.8 + 4.0 * self.slice_query_secs / slice_secs) as f64).min(DB_POOL_SIZE - 2.0);
        let active = busy + ((DB_POOL_SIZE - busy) * ramp(exhaustion, 0.0, 0.6)).floor();
        let idle = (10.0 - active).max(2.0) * if exhaustion > 0.3 { 0.0 } else { 1.0 };
        let waiting = rng.poisson(14.0 * exhaustion) as f64;
        let failed = if exhaustion > 0.15 { 1.0 + rng.poisson(7.0 * exhaustion) as f64 } else { 0.0 };
        for (id, value) in api.db_connections.iter().zip([active, idle, waiting, failed]) {
            registry.set(*id, value);
        }
        let keep = 1.0 - slice_secs / 300.0;
        let rate = self.slice_requests as f64 / slice_secs;
        self.user_rate = if self.user_rate == 0.0 { rate } else { keep * self.user_rate + (1.0 - keep) * rate };
        // A user at work makes a request every eight seconds.
        registry.set(api.active_users, (8.0 * self.user_rate).round());
    }

    /// Connections that the process holds to the database, in use and idle.
    pub(super) fn db_connections(&self, registry: &Registry) -> [f64; 2] {
        match &self.own {
            OwnMeters::Api(api) => {
                let mut values = api.db_connections.iter().map(|id| registry.get(*id).unwrap_or(0.0));
                [values.next().unwrap_or(0.0), values.next().unwrap_or(0.0)]
            }
            OwnMeters::Mcp(_) | OwnMeters::Frontend => [0.0; 2],
        }
    }
}

/// Counts a slice's events in all processes; what histograms saw goes to `observations`.
pub(super) fn count(
    registry: &mut Registry,
    apps: &mut [AppMeters],
    events: &Events,
    observations: &mut Vec<Observation>,
) {
    for request in &events.requests {
        if let Some(app) = apps.get_mut(request.process) {
            observations.extend(app.request(registry, request));
        }
        if let Some(call) = request.mcp
            && let Some(app) = apps.get_mut(call.process)
        {
            app.http(registry, call.route, call.status, call.secs);
            app.slice_cpu_secs += 0.006;
        }
        if let Some(hop) = request.frontend
            && let Some(app) = apps.get_mut(hop.process)
        {
            app.http(registry, FRONTEND_PROXY, request.status, hop.secs);
            app.slice_cpu_secs += 0.003;
        }
    }
    for run in &events.runs {
        if let Some(app) = apps.get_mut(run.process) {
            observations.extend(app.run(registry, run));
        }
    }
    for call in &events.tool_calls {
        if let Some(app) = apps.get_mut(call.process) {
            observations.extend(app.tool_call(registry, call));
        }
    }
}

fn route_meters(registry: &mut Registry, route: &Route) -> RouteMeters {
    let labels = [("method", route.method), ("endpoint", route.endpoint)];
    let statuses = route
        .statuses
        .iter()
        .map(|status| {
            let text = status.text();
            let with_status = [labels.as_slice(), &[("status", text.as_str())]].concat();
            (*status, registry.add("agentarea_http_requests_total", &with_status))
        })
        .collect();
    RouteMeters { statuses, duration: registry.add_histogram("agentarea_http_request_duration_seconds", &labels) }
}

fn python_meters(registry: &mut Registry) -> PythonMeters {
    PythonMeters {
        cpu_secs: registry.add("process_cpu_seconds_total", &[]),
        resident_bytes: registry.add("process_resident_memory_bytes", &[]),
        virtual_bytes: registry.add("process_virtual_memory_bytes", &[]),
        open_fds: registry.add("process_open_fds", &[]),
        max_fds: registry.add("process_max_fds", &[]),
        start_secs: registry.add("process_start_time_seconds", &[]),
        info: registry.add(
            "python_info",
            &[
                ("implementation", "CPython"),
                ("major", "3"),
                ("minor", "12"),
                ("patchlevel", "7"),
                ("version", "3.12.7"),
            ],
        ),
        collections: ["0", "1", "2"]
            .map(|generation| registry.add("python_gc_collections_total", &[("generation", generation)])),
    }
}

fn api_meters(registry: &mut Registry) -> ApiMeters {
    let agent_requests = AGENTS
        .iter()
        .map(|agent| {
            let model = MODELS.get(agent.model).map_or("", |model| model.name);
            SUCCESS_ERROR.map(|status| {
                registry.add(
                    "agentarea_agent_requests_total",
                    &[("agent_id", agent.id), ("status", status), ("model", model)],
                )
            })
        })
        .collect();
    let created = TEMPLATES
        .iter()
        .flat_map(|template| CREATION_MODELS.map(|model| (*template, model)))
        .map(|(template, model)| {
            let model = MODELS.get(model).map_or("", |model| model.name);
            SUCCESS_ERROR.map(|status| {
                registry.add(
                    "agentarea_agents_created_total",
                    &[("template", template), ("model", model), ("status", status)],
                )
            })
        })
        .collect();
    let agent_errors = AGENTS
        .iter()
        .map(|agent| {
            RunError::ALL
                .iter()
                .map(|error| {
                    registry
                        .add("agentarea_agent_errors_total", &[("agent_id", agent.id), ("error_type", error.name())])
                })
                .collect()
        })
        .collect();
    let messages = AGENTS
        .iter()
        .map(|agent| {
            let Some(other) = agent.delegate.and_then(|index| AGENTS.get(index)) else { return Vec::new() };
            let pairs = [(agent.id, other.id), (other.id, agent.id)];
            pairs
                .iter()
                .zip(MESSAGE_TYPES)
                .map(|((from, to), message_type)| {
                    registry.add(
                        "agentarea_agent_messages_total",
                        &[("from_agent", from), ("to_agent", to), ("message_type", message_type)],
                    )
                })
                .collect()
        })
        .collect();
    ApiMeters {
        agent_requests,
        conversations: AGENT_TYPES
            .iter()
            .map(|agent_type| {
                registry.add_histogram("agentarea_conversation_duration_seconds", &[("agent_type", agent_type)])
            })
            .collect(),
        active_agents: AGENT_STATUSES
            .iter()
            .map(|status| registry.add("agentarea_active_agents", &[("status", status)]))
            .collect(),
        db_connections: DB_STATES
            .iter()
            .map(|state| registry.add("agentarea_db_connections", &[("state", state)]))
            .collect(),
        db_queries: QUERY_TYPES
            .iter()
            .map(|query_type| {
                registry.add_histogram("agentarea_db_query_duration_seconds", &[("query_type", query_type)])
            })
            .collect(),
        created,
        agent_errors,
        messages,
        active_users: registry.add("agentarea_active_users", &[]),
    }
}
