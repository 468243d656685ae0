//! One line as structlog's JSON renderer writes it: what is bound, what is given, the event, then what its processors add.

use super::super::json::{push_display, push_number, push_span_id, push_string, push_trace_id};
use super::super::times::push_iso;
use super::{Level, LogRecord, LogStream};

/// Who says what, when.
#[derive(Debug, Clone, Copy)]
pub(super) struct Say {
    /// Index into the sources.
    pub source: usize,
    pub time_ns: i64,
    /// The trace and the span within which it is said.
    pub trace: Option<(u128, u64)>,
    pub level: Level,
    pub logger: &'static str,
    pub category: &'static str,
    pub event: &'static str,
}

/// The fields that a call gives, in order.
#[derive(Debug)]
pub(super) struct Fields {
    text: String,
}

impl Fields {
    fn key(&mut self, key: &str) {
        if self.text.len() > 1 {
            self.text.push_str(", ");
        }
        push_string(&mut self.text, key);
        self.text.push_str(": ");
    }

    pub(super) fn text(mut self, key: &str, value: &str) -> Self {
        self.key(key);
        push_string(&mut self.text, value);
        self
    }

    pub(super) fn some_text(self, key: &str, value: Option<&str>) -> Self {
        match value {
            Some(value) => self.text(key, value),
            None => self,
        }
    }

    pub(super) fn int(mut self, key: &str, value: impl Into<i64>) -> Self {
        self.key(key);
        push_display(&mut self.text, value.into());
        self
    }

    /// A number with at most three decimals.
    pub(super) fn number(mut self, key: &str, value: f64) -> Self {
        self.key(key);
        push_number(&mut self.text, (value * 1000.0).round() / 1000.0);
        self
    }

    /// A value that is JSON already.
    pub(super) fn json(mut self, key: &str, value: &str) -> Self {
        self.key(key);
        self.text.push_str(value);
        self
    }

    /// A moment as the application writes it.
    pub(super) fn time(mut self, key: &str, time_ns: i64) -> Self {
        self.key(key);
        self.text.push('"');
        push_iso(&mut self.text, time_ns);
        self.text.push('"');
        self
    }
}

impl Say {
    /// The line with its fields.
    pub(super) fn with(self, fill: impl FnOnce(Fields) -> Fields) -> LogRecord {
        self.raising(None, fill)
    }

    /// The line with its fields and, where `exc_info` was asked for, the exception's text.
    pub(super) fn raising(self, exception: Option<&str>, fill: impl FnOnce(Fields) -> Fields) -> LogRecord {
        let mut fields = Fields { text: String::with_capacity(if exception.is_some() { 1200 } else { 360 }) };
        fields.text.push('{');
        if let Some((trace_id, span_id)) = self.trace {
            fields.key("trace_id");
            fields.text.push('"');
            push_trace_id(&mut fields.text, trace_id);
            fields.text.push('"');
            fields.key("span_id");
            fields.text.push('"');
            push_span_id(&mut fields.text, span_id);
            fields.text.push('"');
        }
        let mut fields = fill(fields)
            .text("category", self.category)
            .text("event", self.event)
            .text("logger", self.logger)
            .text("level", self.level.name())
            .time("timestamp", self.time_ns)
            .some_text("exception", exception);
        fields.text.push('}');
        LogRecord {
            time_ns: self.time_ns,
            source: self.source,
            stream: LogStream::Stdout,
            level: self.level,
            line: fields.text,
            is_json: true,
            trace_id: self.trace.map(|(trace_id, _)| trace_id),
            span_id: self.trace.map(|(_, span_id)| span_id),
        }
    }
}
