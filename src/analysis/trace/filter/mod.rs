//! Which spans of a timeline are found, and which rows it shows.
//!
//! Not here: drawing rows, and keeping what is collapsed across visits.

mod find;
mod rows;

pub(super) use find::contains;
pub use find::{Find, Search, Term, next_match, previous_match};
pub use rows::{Collapsed, Keep, RowFilter, kept, visible_rows};
