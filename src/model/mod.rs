//! Layer 1: telemetry and dashboards in the user's words.
//!
//! Invariant: no wire shapes and no JSON; those end in `api::*::convert`. Plain data with public fields.

pub mod alert;
pub mod annotation;
pub mod config;
pub mod dashboard;
pub mod exemplar;
pub mod frame;
pub mod labels;
pub mod notice;
pub mod target;
pub mod trace;
pub mod variables;
