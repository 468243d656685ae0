//! Grafana's dashboard JSON, old and new, read into [`crate::model::dashboard`].
//!
//! Invariant: whatever the file asks for and is not understood becomes a notice that names its JSON path. Only a file
//! that is no dashboard at all is an error. It never fetches: the caller has the text.

mod dashboard;
mod field;
mod irrelevant;
mod layout;
mod options;
mod panel;
mod read;
mod unit_hint;

use serde_json::Value;

use crate::model::dashboard::Dashboard;

pub(crate) use read::describe;

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
    let value: Value = serde_json::from_str(text.trim_start_matches('\u{feff}')).map_err(|error| {
        let message = error.to_string();
        // The position is told in our own words.
        let message = message.split(" at line ").next().unwrap_or_default().to_owned();
        GrafanaError::Syntax { line: error.line(), column: error.column(), message }
    })?;
    dashboard::dashboard_from_value(&value)
}

#[cfg(test)]
mod tests;
