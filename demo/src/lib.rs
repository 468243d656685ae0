//! A simulated AgentArea platform and the backends' APIs that serve its telemetry.

pub mod api;
pub mod capture;
pub mod clock;
pub mod export;
pub mod exposition;
pub mod jaeger;
pub mod nginx;
pub mod promql;
pub mod rules;
pub mod server;
pub mod signals;
pub mod sim;
pub mod stack;
pub mod stop;
pub mod store;
pub mod world;
