//! The stream of events: every request, agent run and tool call, one by one.
//!
//! Nothing is drawn as a curve: arrivals are Poisson with a daily and weekly rhythm, each request is put together from
//! its parts (queue, pool wait, cache, queries, MCP call, own work), and the script's conditions act on those parts. Metrics,
//! exemplars, and later logs and traces, are all told from the same events.
//!
//! An event belongs to the slice in which it ends. A message starts an agent's run, which ends some slices later. The
//! content of a slice depends on the seed, the slice's time and the runs still going, never on who looks at it.

use super::incidents::Conditions;
use super::maths::{Rng, exp, mix, mix3, sin_turns, unit};
use super::topology::{
    AGENTS, API_0, API_REPLICAS, API_ROUTES, AUTH, CREATE_AGENT, CREATION_MODELS, FAILING_TOOL, FRONTEND_0,
    FRONTEND_PAGE, FRONTEND_REPLICAS, GET_AGENT, GET_CONVERSATION, INSERT, LIST_AGENTS, LIST_TOOLS, MCP_0,
    MCP_AGENT_ACTION, MCP_INVOKE, MCP_LIST, MCP_REPLICAS, MODELS, POST_MESSAGE, REPLICAS, Replica, RunError, SELECT,
    STREAM, Status, TEMPLATES, TOOLS, UPDATE, routes,
};

/// What went wrong inside a request that ended in a server error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// No database connection became free in time.
    PoolTimeout,
    /// The service behind did not answer.
    Upstream,
    /// A bug.
    Unhandled,
}

/// One database query. `kind` indexes the query types select, insert, update.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Query {
    pub kind: usize,
    pub secs: f64,
}

/// At most this many queries are kept, and made, per request.
pub const MAX_QUERIES: usize = 6;

/// A call from the API to the MCP manager.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct McpCall {
    pub process: usize,
    pub route: usize,
    pub status: Status,
    pub secs: f64,
}

/// The frontend's part in a request that came from a browser.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FrontendHop {
    pub process: usize,
    /// The whole duration as the frontend sees it.
    pub secs: f64,
}

/// The creation of an agent, asked for by a request; it failed when the request did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Creation {
    pub template: usize,
    /// Position among the models that agents can be created with.
    pub model: usize,
}

/// One finished HTTP request of the API, or a page of the frontend.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Request {
    pub trace_id: u128,
    pub span_id: u64,
    pub end_ns: i64,
    pub duration_secs: f64,
    /// Index into [`REPLICAS`].
    pub process: usize,
    /// Index into the routes of the process's service.
    pub route: usize,
    pub status: Status,
    pub user: u32,
    /// Index into [`AGENTS`].
    pub agent: Option<usize>,
    /// Waiting for a worker.
    pub queue_secs: f64,
    /// Waiting for a database connection.
    pub pool_wait_secs: f64,
    /// Computing.
    pub own_secs: f64,
    pub redis_secs: f64,
    /// Whether the cache had the answer; `None` where none was looked for.
    pub cache_hit: Option<bool>,
    /// Sending tokens as they come, on the streaming route.
    pub stream_secs: f64,
    queries: [Query; MAX_QUERIES],
    query_count: usize,
    pub mcp: Option<McpCall>,
    pub frontend: Option<FrontendHop>,
    pub creation: Option<Creation>,
    pub failure: Option<Failure>,
}

impl Request {
    /// The database queries, in order.
    pub fn queries(&self) -> &[Query] {
        self.queries.get(..self.query_count).unwrap_or_default()
    }

    /// The process that handled it.
    pub fn replica(&self) -> Option<&'static Replica> {
        REPLICAS.get(self.process)
    }

    /// HTTP method and route template.
    pub fn route(&self) -> (&'static str, &'static str) {
        let found = self.replica().and_then(|replica| routes(replica.service).get(self.route));
        found.map_or(("", ""), |route| (route.method, route.endpoint))
    }

    fn push_query(&mut self, kind: usize, secs: f64) {
        if let Some(slot) = self.queries.get_mut(self.query_count) {
            *slot = Query { kind, secs };
            self.query_count += 1;
        }
    }
}

/// One invocation of a tool, by an agent's run.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ToolCall {
    pub trace_id: u128,
    pub span_id: u64,
    /// Index into [`TOOLS`].
    pub tool: usize,
    /// Index into [`AGENTS`].
    pub agent: usize,
    /// The MCP manager's process.
    pub process: usize,
    pub end_ns: i64,
    pub secs: f64,
    pub is_success: bool,
}

/// At most this many tool calls are made per run.
pub const MAX_TOOL_CALLS: usize = 8;

/// One run of an agent, from a user's message to the answer, in the trace of the request that brought the message.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AgentRun {
    pub trace_id: u128,
    pub span_id: u64,
    pub parent_span_id: u64,
    /// The API's process.
    pub process: usize,
    /// Index into [`AGENTS`].
    pub agent: usize,
    pub user: u32,
    pub start_ns: i64,
    pub end_ns: i64,
    pub duration_secs: f64,
    pub llm_calls: u32,
    pub llm_secs: f64,
    pub error: Option<RunError>,
    /// The agent to which a part of the work was handed.
    pub delegate: Option<usize>,
    tool_calls: [Option<ToolCall>; MAX_TOOL_CALLS],
}

impl AgentRun {
    /// The tool calls, in order.
    pub fn tool_calls(&self) -> impl Iterator<Item = &ToolCall> {
        self.tool_calls.iter().flatten()
    }
}

/// A process that ended or began.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lifecycle {
    pub t_ms: i64,
    /// Index into [`REPLICAS`].
    pub process: usize,
    pub is_start: bool,
}

/// Everything that ended in one slice `(start_ms, end_ms]`, each list by time.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Events {
    pub start_ms: i64,
    pub end_ms: i64,
    pub requests: Vec<Request>,
    pub runs: Vec<AgentRun>,
    pub tool_calls: Vec<ToolCall>,
    pub lifecycle: Vec<Lifecycle>,
}

/// Requests per second of the whole platform at the busiest hour of a working day, pages of the frontend included.
const PEAK_REQUESTS_PER_SEC: f64 = 40.0;
/// The same in the dead of night.
const QUIET_REQUESTS_PER_SEC: f64 = 6.0;
/// The platform's users live around `us-west-2`: local time is UTC - 8 h.
const LOCAL_OFFSET_MS: i64 = -8 * 3_600_000;
/// Part of all requests that are pages of the frontend.
const PAGE_SHARE: f64 = 0.2;
/// Part of the API's requests that come through the frontend; the others are other programs.
const BROWSER_SHARE: f64 = 0.6;
/// Server errors on a good day.
const BASE_FAILURE_RATIO: f64 = 0.000_2;
/// After this long without a connection the pool gives up.
const POOL_TIMEOUT_SECS: f64 = 5.0;
const USERS: f64 = 420.0;

/// 0 at night, 1 at the busiest hour.
pub(super) fn rhythm(t_ms: i64) -> f64 {
    let local_ms = t_ms + LOCAL_OFFSET_MS;
    let hour = local_ms.rem_euclid(86_400_000) as f64 / 3_600_000.0;
    // 1970-01-01 was a Thursday.
    let weekend = matches!(local_ms.div_euclid(86_400_000).rem_euclid(7), 2 | 3);
    let wave = 0.5 + 0.5 * sin_turns((hour - 7.5) / 24.0);
    let lunch = 0.12 * exp(-((hour - 12.3) * (hour - 12.3)) / 0.7);
    (wave * (0.45 + 0.55 * wave) - lunch).max(0.0) * if weekend { 0.5 } else { 1.0 }
}

/// Expected requests per second: the rhythm with a slow wander of some percent.
pub(super) fn demand(seed: u64, t_ms: i64) -> f64 {
    let base = QUIET_REQUESTS_PER_SEC + (PEAK_REQUESTS_PER_SEC - QUIET_REQUESTS_PER_SEC) * rhythm(t_ms);
    base * (1.0 + 0.16 * wander(seed ^ 0xdead, t_ms, 11 * 60_000))
}

/// A smooth random wander in -0.5..0.5 whose corners are `corner_ms` apart; the same for any order of asking.
pub(super) fn wander(seed: u64, t_ms: i64, corner_ms: i64) -> f64 {
    let corner = t_ms.div_euclid(corner_ms);
    let part = t_ms.rem_euclid(corner_ms) as f64 / corner_ms as f64;
    let smooth = part * part * (3.0 - 2.0 * part);
    let at = |corner: i64| unit(mix3(seed, corner as u64, 17)) - 0.5;
    at(corner) * (1.0 - smooth) + at(corner + 1) * smooth
}

/// The generator.
pub(super) struct Traffic {
    seed: u64,
    runs: Vec<AgentRun>,
    tool_calls: Vec<ToolCall>,
    was_up: [bool; REPLICAS.len()],
    route_shares: [f64; API_ROUTES.len()],
    popularity: [f64; AGENTS.len()],
}

impl Traffic {
    pub(super) fn new(seed: u64) -> Self {
        Self {
            seed,
            runs: Vec::new(),
            tool_calls: Vec::new(),
            was_up: [true; REPLICAS.len()],
            route_shares: API_ROUTES.map(|route| route.share),
            popularity: AGENTS.map(|agent| agent.popularity),
        }
    }

    /// Runs going on a process of the API.
    pub(super) fn runs_in_flight(&self, process: usize) -> usize {
        self.runs.iter().filter(|run| run.process == process).count()
    }

    /// Replaces the content of `events` by that of the slice that ends at `end_ms`.
    pub(super) fn slice(&mut self, start_ms: i64, end_ms: i64, at: &Conditions, events: &mut Events) {
        let Events { start_ms: events_start_ms, end_ms: events_end_ms, requests, runs, tool_calls, lifecycle } = events;
        *events_start_ms = start_ms;
        *events_end_ms = end_ms;
        requests.clear();
        runs.clear();
        tool_calls.clear();
        lifecycle.clear();
        self.note_lifecycle(end_ms, at, lifecycle);

        let slice_seed = mix3(self.seed, end_ms as u64, 1);
        let mut rng = Rng::new(slice_seed);
        let rate = demand(self.seed, end_ms);
        let count = rng.poisson(rate * (end_ms - start_ms) as f64 / 1000.0);
        let slice_ns = (end_ms - start_ms) as f64 * 1e6;
        for index in 0..count {
            // One draw in each of `count` equal parts keeps the list sorted.
            let part = (index as f64 + rng.uniform()) / count as f64;
            let end_ns = start_ms * 1_000_000 + (part * slice_ns) as i64;
            let ids = mix(slice_seed ^ ((index as u64) << 1));
            let request = if rng.chance(PAGE_SHARE) {
                page(&mut rng, end_ns, ids, at)
            } else {
                self.api_request(&mut rng, end_ns, ids, rate, at)
            };
            if let Some(request) = request {
                if request.route == POST_MESSAGE && request.status == Status::Http(202) {
                    self.start_run(&mut rng, &request, at);
                }
                requests.push(request);
            }
        }

        let slice_end_ns = end_ms * 1_000_000;
        self.runs.retain(|run| {
            if run.end_ns <= slice_end_ns {
                runs.push(*run);
            }
            run.end_ns > slice_end_ns
        });
        runs.sort_by_key(|run| run.end_ns);
        self.tool_calls.retain(|call| {
            if call.end_ns <= slice_end_ns {
                tool_calls.push(*call);
            }
            call.end_ns > slice_end_ns
        });
        tool_calls.sort_by_key(|call| call.end_ns);
    }

    fn note_lifecycle(&mut self, t_ms: i64, at: &Conditions, out: &mut Vec<Lifecycle>) {
        for (process, (was_up, is_up)) in self.was_up.iter_mut().zip(at.process_up).enumerate() {
            if *was_up != is_up {
                out.push(Lifecycle { t_ms, process, is_start: is_up });
                *was_up = is_up;
            }
            if !is_up {
                // What ran in a process ends with it, unrecorded.
                self.runs.retain(|run| run.process != process);
                self.tool_calls.retain(|call| call.process != process);
            }
        }
    }

    fn api_request(&self, rng: &mut Rng, end_ns: i64, ids: u64, rate: f64, at: &Conditions) -> Option<Request> {
        let process = pick_up(rng, at, API_0, API_REPLICAS)?;
        let route = rng.weighted(&self.route_shares);
        let slowness = at.deploy_slowness.get(process - API_0).copied().unwrap_or(0.0);
        let load = rate / PEAK_REQUESTS_PER_SEC;
        let mut request = blank(process, route, end_ns, ids);
        request.user = user(rng);
        if matches!(route, GET_AGENT | POST_MESSAGE | GET_CONVERSATION | STREAM) {
            request.agent = Some(rng.weighted(&self.popularity));
        }
        request.own_secs = rng.lognormal(0.019 * (1.0 + 3.0 * slowness), 0.55);
        request.queue_secs = request.own_secs * 0.5 * load * load * rng.uniform();
        request.redis_secs = rng.lognormal(0.0008, 0.45);

        let is_cached_route = matches!(route, LIST_AGENTS | GET_AGENT | GET_CONVERSATION | LIST_TOOLS);
        let hit = is_cached_route && rng.chance(0.86 - 0.55 * slowness);
        request.cache_hit = is_cached_route.then_some(hit);

        let refused = refusal(rng, route);
        let mut kinds = [SELECT; MAX_QUERIES];
        let mut plan = |list: &[usize]| {
            for (slot, kind) in kinds.iter_mut().zip(list) {
                *slot = *kind;
            }
            list.len()
        };
        let mut query_count = match (route, hit) {
            (_, _) if refused.is_some() => 0,
            (LIST_AGENTS, false) => plan(&[SELECT, SELECT]),
            (GET_AGENT, false) | (STREAM, _) | (GET_CONVERSATION, true) => plan(&[SELECT]),
            (GET_CONVERSATION, false) => plan(&[SELECT, SELECT, SELECT]),
            (CREATE_AGENT, _) => plan(&[SELECT, INSERT, INSERT]),
            (POST_MESSAGE, _) => plan(&[SELECT, INSERT, UPDATE]),
            (AUTH, _) => plan(&[SELECT, UPDATE]),
            _ => 0,
        };
        // The new version asks once per item of a list.
        if query_count > 0 && route != AUTH && rng.chance(slowness) {
            query_count = (query_count + 2).min(MAX_QUERIES);
        }

        let exhaustion = at.pool_exhaustion;
        if query_count > 0 && rng.chance(0.24 * exhaustion) {
            request.pool_wait_secs = POOL_TIMEOUT_SECS + rng.lognormal(0.02, 0.8);
            request.failure = Some(Failure::PoolTimeout);
        } else {
            if query_count > 0 && exhaustion > 0.0 {
                request.pool_wait_secs = (exhaustion * rng.lognormal(0.35, 0.9)).min(POOL_TIMEOUT_SECS);
            }
            for kind in kinds.into_iter().take(query_count) {
                let median = match kind {
                    SELECT => 0.012,
                    INSERT => 0.016,
                    _ => 0.014,
                };
                let secs = rng.lognormal(median * (1.0 + 0.4 * load + 14.0 * exhaustion + 2.4 * slowness), 0.75);
                request.push_query(kind, secs.min(9.0));
            }
            if refused.is_none() && route == CREATE_AGENT {
                request.mcp = mcp_call(rng, at, MCP_AGENT_ACTION, 0.06);
            } else if refused.is_none() && route == LIST_TOOLS && !hit {
                request.mcp = mcp_call(rng, at, MCP_LIST, 0.018);
            }
            if route == STREAM {
                request.stream_secs = rng.lognormal(2.4, 0.6);
            }
            if refused.is_none() && rng.chance(BASE_FAILURE_RATIO) {
                request.failure = Some(Failure::Unhandled);
            }
            if request.mcp.is_some_and(|call| call.status.is_server_error()) {
                request.failure = Some(Failure::Upstream);
            }
        }
        request.status = match (refused, request.failure) {
            (Some(code), _) => Status::Http(code),
            (None, Some(_)) if route == STREAM => Status::Error,
            (None, Some(_)) if route == LIST_TOOLS => Status::Http(502),
            (None, Some(Failure::PoolTimeout)) if rng.chance(0.8) => Status::Http(503),
            (None, Some(_)) => Status::Http(500),
            (None, None) => match route {
                STREAM => Status::Success,
                CREATE_AGENT => Status::Http(201),
                POST_MESSAGE => Status::Http(202),
                _ => Status::Http(200),
            },
        };
        if route == CREATE_AGENT && refused.is_none() {
            request.creation =
                Some(Creation { template: rng.below(TEMPLATES.len()), model: rng.below(CREATION_MODELS.len()) });
        }
        request.duration_secs = request.queue_secs
            + request.pool_wait_secs
            + request.own_secs
            + request.redis_secs
            + request.stream_secs
            + request.queries().iter().map(|query| query.secs).sum::<f64>()
            + request.mcp.map_or(0.0, |call| call.secs);
        if route != STREAM && rng.chance(BROWSER_SHARE) {
            request.frontend = pick_up(rng, at, FRONTEND_0, FRONTEND_REPLICAS)
                .map(|process| FrontendHop { process, secs: request.duration_secs + rng.lognormal(0.004, 0.5) });
        }
        Some(request)
    }

    fn start_run(&mut self, rng: &mut Rng, request: &Request, at: &Conditions) {
        let Some((agent_index, agent)) = request.agent.and_then(|index| AGENTS.get(index).map(|agent| (index, agent)))
        else {
            return;
        };
        let Some(model) = MODELS.get(agent.model) else { return };
        let mut run = AgentRun {
            trace_id: request.trace_id,
            span_id: mix(request.span_id ^ 0x5eed),
            parent_span_id: request.span_id,
            process: request.process,
            agent: agent_index,
            user: request.user,
            start_ns: request.end_ns,
            end_ns: 0,
            duration_secs: 0.0,
            llm_calls: 0,
            llm_secs: 0.0,
            error: None,
            delegate: None,
            tool_calls: [None; MAX_TOOL_CALLS],
        };
        let mut elapsed_secs = 0.02;
        let call_model = |rng: &mut Rng, run: &mut AgentRun, elapsed_secs: &mut f64| {
            let secs = rng.lognormal(model.call_median_secs, model.call_sigma);
            run.llm_calls += 1;
            run.llm_secs += secs;
            *elapsed_secs += secs;
        };
        if rng.chance(0.35 * at.pool_exhaustion) {
            run.error = Some(RunError::Database);
            elapsed_secs += rng.lognormal(0.9, 0.5);
        } else {
            call_model(rng, &mut run, &mut elapsed_secs);
            let mut used = 0;
            for (tool, mean) in agent.tools.iter().enumerate() {
                for _ in 0..rng.poisson(*mean) {
                    let mut succeeded = false;
                    // A failed call is tried once more.
                    for _ in 0..2 {
                        let Some(slot) = run.tool_calls.get_mut(used) else { break };
                        let Some(mut call) = tool_call(rng, at, tool) else { break };
                        elapsed_secs += call.secs;
                        call.trace_id = run.trace_id;
                        call.span_id = mix(run.span_id ^ (used as u64 + 1));
                        call.agent = agent_index;
                        call.end_ns = run.start_ns + (elapsed_secs * 1e9) as i64;
                        *slot = Some(call);
                        self.tool_calls.push(call);
                        used += 1;
                        succeeded = call.is_success;
                        if succeeded {
                            break;
                        }
                    }
                    if !succeeded && used > 0 && rng.chance(0.7) {
                        run.error = Some(RunError::Tool);
                    }
                }
            }
            if used > 0 && run.error.is_none() {
                call_model(rng, &mut run, &mut elapsed_secs);
            }
            if run.error.is_none() {
                if rng.chance(0.0006) {
                    run.error = Some(RunError::LlmTimeout);
                    elapsed_secs += 20.0;
                } else if rng.chance(0.0008) {
                    run.error = Some(RunError::RateLimit);
                } else if rng.chance(0.3) {
                    run.delegate = agent.delegate;
                    elapsed_secs += if run.delegate.is_some() { rng.lognormal(1.5, 0.5) } else { 0.0 };
                }
            }
        }
        run.duration_secs = elapsed_secs;
        run.end_ns = run.start_ns + (elapsed_secs * 1e9) as i64;
        self.runs.push(run);
    }
}

fn blank(process: usize, route: usize, end_ns: i64, ids: u64) -> Request {
    Request {
        trace_id: (u128::from(mix(ids ^ 0x7261)) << 64) | u128::from(mix(ids ^ 0x6365)),
        span_id: mix(ids ^ 0x7370),
        end_ns,
        duration_secs: 0.0,
        process,
        route,
        status: Status::Http(200),
        user: 0,
        agent: None,
        queue_secs: 0.0,
        pool_wait_secs: 0.0,
        own_secs: 0.0,
        redis_secs: 0.0,
        cache_hit: None,
        stream_secs: 0.0,
        queries: [Query::default(); MAX_QUERIES],
        query_count: 0,
        mcp: None,
        frontend: None,
        creation: None,
        failure: None,
    }
}

fn page(rng: &mut Rng, end_ns: i64, ids: u64, at: &Conditions) -> Option<Request> {
    let process = pick_up(rng, at, FRONTEND_0, FRONTEND_REPLICAS)?;
    let mut request = blank(process, FRONTEND_PAGE, end_ns, ids);
    request.user = user(rng);
    request.own_secs = rng.lognormal(0.045, 0.45);
    request.duration_secs = request.own_secs;
    let fate = rng.uniform();
    if fate < BASE_FAILURE_RATIO {
        request.status = Status::Http(500);
        request.failure = Some(Failure::Unhandled);
    } else if fate < 0.004 {
        request.status = Status::Http(404);
    }
    Some(request)
}

/// Some users are far more active than others.
fn user(rng: &mut Rng) -> u32 {
    let u = rng.uniform();
    1 + (u * u * USERS) as u32
}

/// The client's own mistakes, found before any work is done.
fn refusal(rng: &mut Rng, route: usize) -> Option<u16> {
    let (code, ratio) = match route {
        LIST_AGENTS | LIST_TOOLS => (401, 0.004),
        CREATE_AGENT => (422, 0.03),
        POST_MESSAGE => (if rng.chance(0.4) { 429 } else { 404 }, 0.006),
        GET_AGENT | GET_CONVERSATION => (404, 0.009),
        AUTH => (401, 0.05),
        _ => return None,
    };
    rng.chance(ratio).then_some(code)
}

/// A process of the service that is up, each as likely as the others.
fn pick_up(rng: &mut Rng, at: &Conditions, first: usize, count: usize) -> Option<usize> {
    let is_up = |process: &usize| at.process_up.get(*process).copied().unwrap_or(false);
    let up = (first..first + count).filter(is_up).count();
    let chosen = rng.below(up);
    (first..first + count).filter(is_up).nth(chosen)
}

fn mcp_call(rng: &mut Rng, at: &Conditions, route: usize, median_secs: f64) -> Option<McpCall> {
    let process = pick_up(rng, at, MCP_0, MCP_REPLICAS)?;
    let fate = rng.uniform();
    let status = match route {
        MCP_AGENT_ACTION if fate < 0.0003 => Status::Http(500),
        MCP_AGENT_ACTION if fate < 0.003 => Status::Http(404),
        MCP_LIST if fate < 0.0002 => Status::Http(503),
        _ => Status::Http(200),
    };
    Some(McpCall { process, route, status, secs: rng.lognormal(median_secs, 0.5) })
}

/// Ids, agent and end are the caller's to fill in.
fn tool_call(rng: &mut Rng, at: &Conditions, tool: usize) -> Option<ToolCall> {
    let process = pick_up(rng, at, MCP_0, MCP_REPLICAS)?;
    let kind = TOOLS.get(tool)?;
    let is_incident = tool == FAILING_TOOL && rng.chance(at.tool_failure);
    let is_success = !is_incident && !rng.chance(0.000_2);
    let secs = if is_incident && rng.chance(0.6) {
        // The tool's own time-out, with its jitter.
        6.0 + rng.lognormal(0.3, 0.8).min(4.0)
    } else {
        rng.lognormal(kind.median_secs, kind.sigma)
    };
    Some(ToolCall { trace_id: 0, span_id: 0, tool, agent: 0, process, end_ns: 0, secs, is_success })
}

/// The status of the HTTP request that carried a tool call. By the protocol a tool that fails is an answer, not a failure.
pub(super) const TOOL_CALL_HTTP: (usize, Status) = (MCP_INVOKE, Status::Http(200));
