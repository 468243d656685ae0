//! The observability frontend of AgentArea, as a library in layers.
//!
//! `ARCHITECTURE.md` is the map. A module imports only from layers above it in this list; `tests/architecture.rs`
//! checks that. Layers 0 to 3 build without the browser and without Leptos (`--no-default-features`), so that most
//! of the product is tested natively in seconds.

pub mod base;

pub mod model;

pub mod analysis;

pub mod api;
pub mod chart;
pub mod platform;

#[cfg(feature = "app")]
pub mod state;

#[cfg(feature = "app")]
pub mod ui;

#[cfg(feature = "app")]
pub mod panels;

#[cfg(feature = "app")]
pub mod pages;

#[cfg(feature = "app")]
pub mod app;
