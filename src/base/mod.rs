//! Layer 0: the vocabulary that everything else speaks. Time, units, number formatting, colour assignment.
//!
//! Invariant: no serde, no DOM, no signals, no clock. Everything here is a pure function or a plain value.

pub mod base64;
pub mod colour;
pub mod link;
pub mod number;
pub mod order;
pub mod time;
pub mod units;
