//! A simulated AgentArea platform and the backends' APIs that serve its telemetry.

pub mod api;
pub mod capture;
pub mod clock;
pub mod export;
pub mod promql;
pub mod rules;
pub mod server;
pub mod sim;
pub mod store;
pub mod world;
