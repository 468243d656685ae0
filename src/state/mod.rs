//! Layer 4: what changes while a page is open, without markup.
//!
//! Invariant: the URL is the truth of a page; what is here is derived from it, or belongs to the browser (theme). Only
//! [`query`] spawns.

pub mod alerts;
pub mod chunks;
pub mod cursor;
pub mod dashboards;
pub mod imported;
pub mod page;
pub mod query;
pub mod reactive;
pub mod refresh;
pub mod router;
pub mod sources;
pub mod theme;
pub mod time;
pub mod tools;
pub mod traces;
pub mod url;
pub mod zone;
