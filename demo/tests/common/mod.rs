//! What the comparisons with real servers share: finding and starting a Prometheus that holds the platform's samples, the
//! same samples embedded, and when two answers are the same.
//!
//! It deliberately knows no test: which asks are compared, and what may differ, is theirs.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, clippy::float_cmp, reason = "a test fails by panicking")]

pub mod answers;
pub mod machine;
pub mod prometheus;
