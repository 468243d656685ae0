//! What the platform consists of: replicas, nodes, containers, routes, agents, models and tools.
//!
//! Plain data. Names follow the operations guide where it has one (`agentarea-api`, `mcp-manager`, the exporters' addresses);
//! the containers are all called `agentarea-…` where the guide's rules select `container=~"agentarea.*"`.

/// The three services that handle requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Service {
    Frontend,
    Api,
    McpManager,
}

impl Service {
    /// The name in every signal: metric label `service`, log label, `service.name` of spans.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Frontend => "agentarea-frontend",
            Self::Api => "agentarea-api",
            Self::McpManager => "mcp-manager",
        }
    }

    /// The name of its container.
    pub const fn container(self) -> &'static str {
        match self {
            Self::Frontend => "agentarea-frontend",
            Self::Api => "agentarea-api",
            Self::McpManager => "agentarea-mcp-manager",
        }
    }
}

pub(crate) const API_REPLICAS: usize = 3;
pub(super) const MCP_REPLICAS: usize = 2;
pub(super) const FRONTEND_REPLICAS: usize = 2;

/// One process of one of the services; also a scrape target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Replica {
    pub service: Service,
    pub pod: &'static str,
    pub instance: &'static str,
    /// Index into the nodes.
    pub node: usize,
}

/// In the order API, MCP manager, frontend; `process` numbers everywhere in the simulator index this table.
pub const REPLICAS: [Replica; API_REPLICAS + MCP_REPLICAS + FRONTEND_REPLICAS] = [
    Replica { service: Service::Api, pod: "agentarea-api-0", instance: "10.42.0.11:8000", node: 0 },
    Replica { service: Service::Api, pod: "agentarea-api-1", instance: "10.42.1.11:8000", node: 1 },
    Replica { service: Service::Api, pod: "agentarea-api-2", instance: "10.42.2.11:8000", node: 2 },
    Replica { service: Service::McpManager, pod: "mcp-manager-0", instance: "10.42.1.21:8001", node: 1 },
    Replica { service: Service::McpManager, pod: "mcp-manager-1", instance: "10.42.2.21:8001", node: 2 },
    Replica { service: Service::Frontend, pod: "agentarea-frontend-0", instance: "10.42.0.31:3000", node: 0 },
    Replica { service: Service::Frontend, pod: "agentarea-frontend-1", instance: "10.42.2.31:3000", node: 2 },
];

pub(super) const API_0: usize = 0;
pub(super) const MCP_0: usize = API_REPLICAS;
pub(super) const MCP_1: usize = MCP_0 + 1;
pub(super) const FRONTEND_0: usize = API_REPLICAS + MCP_REPLICAS;
pub(super) const FRONTEND_1: usize = FRONTEND_0 + 1;

/// A machine of the cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Node {
    pub name: &'static str,
    pub address: &'static str,
    pub zone: &'static str,
}

pub const NODES: [Node; 3] = [
    Node { name: "node-1", address: "10.0.1.11", zone: "us-west-2a" },
    Node { name: "node-2", address: "10.0.1.12", zone: "us-west-2b" },
    Node { name: "node-3", address: "10.0.1.13", zone: "us-west-2c" },
];

/// The node whose root filesystem fills.
pub(super) const FULL_DISK_NODE: usize = 1;
pub(crate) const POSTGRES_NODE: usize = 1;
pub(crate) const REDIS_NODE: usize = 0;

/// A route of a service. `share` is its part of the service's own traffic.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Route {
    pub method: &'static str,
    pub endpoint: &'static str,
    pub share: f64,
    pub statuses: &'static [Status],
}

/// What the `status` label of `agentarea_http_requests_total` holds: an HTTP status, or, on routes without one, the word
/// that the guide's decorator writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    Http(u16),
    Success,
    Error,
}

impl Status {
    /// The label's value.
    pub fn text(self) -> String {
        match self {
            Self::Http(code) => code.to_string(),
            Self::Success => "success".to_owned(),
            Self::Error => "error".to_owned(),
        }
    }

    /// True for what a service level counts against the service: 5xx and the decorator's `error`.
    pub const fn is_server_error(self) -> bool {
        match self {
            Self::Http(code) => code >= 500,
            Self::Success => false,
            Self::Error => true,
        }
    }
}

use Status::Http;

pub(crate) const LIST_AGENTS: usize = 0;
pub(crate) const CREATE_AGENT: usize = 1;
pub(crate) const GET_AGENT: usize = 2;
pub(crate) const POST_MESSAGE: usize = 3;
pub(crate) const GET_CONVERSATION: usize = 4;
pub(crate) const STREAM: usize = 5;
pub(crate) const LIST_TOOLS: usize = 6;
pub(crate) const AUTH: usize = 7;

pub(super) const API_ROUTES: [Route; 8] = [
    Route {
        method: "GET",
        endpoint: "/v1/agents",
        share: 0.18,
        statuses: &[Http(200), Http(401), Http(500), Http(503)],
    },
    Route {
        method: "POST",
        endpoint: "/v1/agents",
        share: 0.02,
        statuses: &[Http(201), Http(422), Http(500), Http(503)],
    },
    Route {
        method: "GET",
        endpoint: "/v1/agents/{agent_id}",
        share: 0.2,
        statuses: &[Http(200), Http(404), Http(500), Http(503)],
    },
    Route {
        method: "POST",
        endpoint: "/v1/agents/{agent_id}/messages",
        share: 0.11,
        statuses: &[Http(202), Http(404), Http(429), Http(500), Http(503)],
    },
    Route {
        method: "GET",
        endpoint: "/v1/conversations/{conversation_id}",
        share: 0.35,
        statuses: &[Http(200), Http(404), Http(500), Http(503)],
    },
    Route {
        method: "GET",
        endpoint: "/v1/conversations/{conversation_id}/stream",
        share: 0.015,
        statuses: &[Status::Success, Status::Error],
    },
    Route {
        method: "GET",
        endpoint: "/v1/tools",
        share: 0.075,
        statuses: &[Http(200), Http(401), Http(502), Http(503)],
    },
    Route {
        method: "POST",
        endpoint: "/v1/auth/token",
        share: 0.05,
        statuses: &[Http(200), Http(401), Http(500), Http(503)],
    },
];

pub(crate) const MCP_AGENT_ACTION: usize = 0;
pub(super) const MCP_INVOKE: usize = 1;
pub(super) const MCP_LIST: usize = 2;

/// The MCP manager has no traffic of its own: the API calls it.
pub(super) const MCP_ROUTES: [Route; 3] = [
    Route {
        method: "POST",
        endpoint: "/agents/{agent_id}/{action}",
        share: 0.0,
        statuses: &[Http(200), Http(404), Http(500)],
    },
    Route { method: "POST", endpoint: "/tools/{tool_name}/invoke", share: 0.0, statuses: &[Http(200), Http(500)] },
    Route { method: "GET", endpoint: "/tools", share: 0.0, statuses: &[Http(200), Http(503)] },
];

pub(super) const FRONTEND_PAGE: usize = 0;
pub(super) const FRONTEND_PROXY: usize = 1;

/// The frontend renders pages and passes the browser's API calls on, with the API's status.
pub(super) const FRONTEND_ROUTES: [Route; 2] = [
    Route { method: "GET", endpoint: "/{page}", share: 1.0, statuses: &[Http(200), Http(404), Http(500)] },
    Route {
        method: "ANY",
        endpoint: "/api/{path}",
        share: 0.0,
        statuses: &[
            Http(200),
            Http(201),
            Http(202),
            Http(401),
            Http(404),
            Http(422),
            Http(429),
            Http(500),
            Http(502),
            Http(503),
        ],
    },
];

/// The routes of a service.
pub(super) const fn routes(service: Service) -> &'static [Route] {
    match service {
        Service::Frontend => &FRONTEND_ROUTES,
        Service::Api => &API_ROUTES,
        Service::McpManager => &MCP_ROUTES,
    }
}

pub(crate) const QUERY_TYPES: [&str; 3] = ["select", "insert", "update"];
pub(super) const SELECT: usize = 0;
pub(crate) const INSERT: usize = 1;
pub(crate) const UPDATE: usize = 2;

pub(crate) const AGENT_TYPES: [&str; 3] = ["assistant", "researcher", "analyst"];

/// A language model behind the agents: the median of one call and its spread.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Model {
    pub name: &'static str,
    pub call_median_secs: f64,
    pub call_sigma: f64,
}

pub const MODELS: [Model; 3] = [
    Model { name: "gpt-4o", call_median_secs: 1.1, call_sigma: 0.45 },
    Model { name: "claude-3-5-sonnet", call_median_secs: 1.3, call_sigma: 0.4 },
    Model { name: "llama-3.1-70b", call_median_secs: 0.8, call_sigma: 0.6 },
];

/// A tool behind the MCP manager.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tool {
    pub name: &'static str,
    pub median_secs: f64,
    pub sigma: f64,
}

pub const TOOLS: [Tool; 5] = [
    Tool { name: "web_search", median_secs: 0.42, sigma: 0.55 },
    Tool { name: "file_reader", median_secs: 0.03, sigma: 0.6 },
    Tool { name: "code_interpreter", median_secs: 0.5, sigma: 0.55 },
    Tool { name: "sql_query", median_secs: 0.11, sigma: 0.8 },
    Tool { name: "vector_store", median_secs: 0.06, sigma: 0.5 },
];

/// The tool that fails in the script.
pub(super) const FAILING_TOOL: usize = 0;

/// An agent of the platform. `popularity` is its part of all messages.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Agent {
    pub id: &'static str,
    /// Index into [`AGENT_TYPES`].
    pub agent_type: usize,
    /// Index into [`MODELS`].
    pub model: usize,
    pub popularity: f64,
    /// Mean number of tool calls per run, for each of [`TOOLS`].
    pub tools: [f64; TOOLS.len()],
    /// The agent it hands work to, if it does.
    pub delegate: Option<usize>,
}

pub const AGENTS: [Agent; 8] = [
    Agent {
        id: "support-assistant",
        agent_type: 0,
        model: 0,
        popularity: 0.28,
        tools: [0.1, 0.2, 0.0, 0.1, 0.6],
        delegate: Some(6),
    },
    Agent {
        id: "onboarding-guide",
        agent_type: 0,
        model: 2,
        popularity: 0.12,
        tools: [0.0, 0.4, 0.0, 0.0, 0.3],
        delegate: None,
    },
    Agent {
        id: "market-researcher",
        agent_type: 1,
        model: 1,
        popularity: 0.16,
        tools: [1.4, 0.2, 0.0, 0.0, 0.3],
        delegate: Some(4),
    },
    Agent {
        id: "paper-scout",
        agent_type: 1,
        model: 1,
        popularity: 0.08,
        tools: [0.9, 0.6, 0.0, 0.0, 0.4],
        delegate: Some(7),
    },
    Agent {
        id: "data-analyst",
        agent_type: 2,
        model: 0,
        popularity: 0.14,
        tools: [0.0, 0.3, 0.7, 1.0, 0.0],
        delegate: None,
    },
    Agent {
        id: "finance-analyst",
        agent_type: 2,
        model: 1,
        popularity: 0.08,
        tools: [0.1, 0.2, 0.5, 0.9, 0.0],
        delegate: Some(4),
    },
    Agent {
        id: "ticket-router",
        agent_type: 0,
        model: 2,
        popularity: 0.09,
        tools: [0.0, 0.0, 0.0, 0.2, 0.3],
        delegate: None,
    },
    Agent {
        id: "report-writer",
        agent_type: 1,
        model: 0,
        popularity: 0.05,
        tools: [0.2, 0.5, 0.2, 0.2, 0.1],
        delegate: None,
    },
];

pub(super) const MESSAGE_TYPES: [&str; 2] = ["task", "result"];

pub(crate) const TEMPLATES: [&str; 3] = ["assistant", "researcher", "analyst"];

/// The models that an agent can be created with.
pub(crate) const CREATION_MODELS: [usize; 2] = [0, 1];

/// Why an agent's run failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunError {
    Tool,
    LlmTimeout,
    RateLimit,
    Database,
}

impl RunError {
    pub(super) const ALL: [Self; 4] = [Self::Tool, Self::LlmTimeout, Self::RateLimit, Self::Database];

    /// The `error_type` label: the exception's class.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Tool => "ToolExecutionError",
            Self::LlmTimeout => "LLMTimeoutError",
            Self::RateLimit => "RateLimitError",
            Self::Database => "DatabaseError",
        }
    }
}

pub(super) const AGENT_STATUSES: [&str; 3] = ["running", "idle", "waiting"];
pub(super) const DB_STATES: [&str; 4] = ["active", "idle", "waiting", "failed"];

/// Connections that the pool of one API process may open, overflow included.
pub(super) const DB_POOL_SIZE: f64 = 30.0;
