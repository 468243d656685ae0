//! Layer 7: one module per route. Pages never import pages.

pub mod alerts;
pub mod dashboard;
pub mod dashboards;
pub mod not_found;
pub mod setup;
pub mod status;
pub mod trace;
pub mod traces;
