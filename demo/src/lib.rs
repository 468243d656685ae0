//! A simulated AgentArea platform and the backends' APIs that serve its telemetry.

pub mod sim;
