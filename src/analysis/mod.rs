//! Layer 2: pure functions over the model.
//!
//! Invariant: no IO, no clock, no panic on any input, inputs are never changed. Partial success is data beside the value.

pub mod annotations;
pub mod fuzzy;
pub mod heatmap;
pub mod histogram;
pub mod indent;
pub mod json;
pub mod link;
pub mod markdown;
pub mod merge;
pub mod redact;
pub mod reduce;
pub mod remarks;
pub mod states;
pub mod table;
pub mod trace;
pub mod variables;
