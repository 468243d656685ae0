//! What a person should know about a value that is otherwise fine: it travels beside the value and reaches the screen.

/// How much a [`Notice`] matters to the reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Worth knowing; the value is complete.
    Info,
    /// The value may be partial or approximate.
    Warning,
}

/// One remark about a value: a backend's own warning, an option of a dashboard that is not understood, a truncation.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Notice {
    pub severity: Severity,
    pub message: String,
}

impl Notice {
    pub fn info(message: impl Into<String>) -> Self {
        Self { severity: Severity::Info, message: message.into() }
    }

    pub fn warning(message: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, message: message.into() }
    }
}
