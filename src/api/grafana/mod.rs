//! Grafana's dashboard JSON, old and new, read into [`crate::model::dashboard`].
//!
//! Invariant: whatever the file asks for and is not understood becomes a notice that names its JSON path. Only a file
//! that is no dashboard at all is an error. It never fetches: the caller has the text.

pub mod charts;
mod dashboard;
mod field;
pub mod heatmaps;
mod irrelevant;
mod layout;
pub mod more;
mod options;
mod panel;
mod read;
mod unit_hint;
pub mod variables;

use std::sync::Arc;

use super::json::{self, Fault};
use crate::model::dashboard::Dashboard;

/// Why a text is no dashboard. The message tells what to mend.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GrafanaError {
    #[error("not valid JSON at line {line}, column {column}: {message}")]
    Syntax { line: usize, column: usize, message: String },
    #[error("{path}: expected {expected}, found {found}")]
    WrongType { path: String, expected: &'static str, found: String },
    #[error(
        "no dashboard found: the file has neither \u{201c}panels\u{201d} nor \u{201c}rows\u{201d}. \
         Export it in Grafana by Share, Export, Save to file"
    )]
    NoPanels,
}

/// Reads a dashboard, bare or wrapped in `{"dashboard": …}`. Nesting is limited by the JSON parser (128 levels).
pub fn dashboard_from_json(text: &str) -> Result<Dashboard, GrafanaError> {
    let text = text.trim_start_matches('\u{feff}');
    let root = json::parse(text).map_err(|fault| {
        let Fault { line, column, message, .. } = fault;
        GrafanaError::Syntax { line, column, message }
    })?;
    let mut dashboard = dashboard::dashboard_from_value(&root.value)?;
    // Rows, repeats, times of a panel's own, and any variable but those that every query may have. A word too many costs a
    // download, one too few would show rows that do not close.
    let is_own = |rest: &str| !rest.starts_with("__i") && !rest.starts_with("__ra");
    let words = ["\"row", "\"repeat\"", "\"timeFrom\"", "\"timeShift\"", "[["];
    dashboard.is_arranged_later |= words.iter().any(|word| text.contains(word)) || text.split('$').skip(1).any(is_own);
    let file: Arc<str> = text.into();
    for panel in &mut dashboard.panels {
        panel.document.file = Arc::clone(&file);
    }
    Ok(dashboard)
}

#[cfg(test)]
mod tests;
