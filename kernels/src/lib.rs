//! The hot loops, compiled for speed: the rest of the app is compiled for size, and a crate is the smallest thing that has an
//! optimisation level of its own (`[profile.release.package]` in the workspace's `Cargo.toml`).
//!
//! Invariant: nothing generic over types of the caller, which would be compiled there, for size; no dependency, no panic, no
//! IO. What is here has to show in `cargo xtask bench` what it is worth: speed is paid for in bytes to download.

pub mod ids;
pub mod json;
pub mod names;
pub mod number;
pub mod order;
pub mod point;
pub mod raster;
pub mod span;
pub mod tree;

pub use point::Point;
pub use raster::Bitmap;
