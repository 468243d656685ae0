//! Traces from a file that somebody opens: what Jaeger's UI downloads, an answer of either API, OTLP's JSON.

use std::sync::Arc;

use thiserror::Error;

use super::scan::{Fault, Scanned, Scanner};
use crate::model::trace::Trace;

#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum DocumentError {
    #[error(
        "this is no file of traces: at byte {at_byte} expected {expected}; open JSON of Jaeger or of OpenTelemetry"
    )]
    Unreadable { at_byte: u64, expected: String },
    #[error("the file ends early, after {byte_count} bytes: download it again")]
    Truncated { byte_count: u64 },
    #[error("there is no trace in this file: it has the right shape, but no spans")]
    Empty,
}

/// In the order of the file. Of the old dialect an answer, its `data` alone, or one trace; of OTLP's an answer, `resourceSpans`
/// alone, or one such document after the other.
pub fn traces_from_document(bytes: &[u8]) -> Result<Vec<Arc<Trace>>, DocumentError> {
    let mut scanner = Scanner::new();
    scanner.push(bytes);
    let Scanned { traces, errors: _ } = scanner.finish().map_err(|fault| match fault {
        Fault::Truncated => DocumentError::Truncated { byte_count: bytes.len() as u64 },
        Fault::Decode { at, expected } => {
            DocumentError::Unreadable { at_byte: at as u64, expected: expected.to_owned() }
        }
    })?;
    if traces.is_empty() { Err(DocumentError::Empty) } else { Ok(traces.into_iter().map(Arc::new).collect()) }
}
