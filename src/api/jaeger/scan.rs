//! Reads traces while they arrive, of either dialect: straight into columns, one pass over the bytes.
//!
//! How: a small state machine follows the lists and objects down to the spans; a span is one item
//! ([`agentarea_kernels::span`]), as is every value that is not looked into. An item that is not complete waits for more bytes.
//! So the same bytes give the same traces however they were cut, which a seeded test checks. The bytes are kept, once for all
//! traces of the answer: details are read from them when somebody looks ([`super::detail`]).
//!
//! The dialects tell themselves apart by their keys, so files that somebody opens come the same way: an answer, its `data`
//! alone, one trace, OTLP's `resourceSpans` with or without `result`, one document after the other.
//!
//! Invariant: no panic and no recursion on any input; time and memory are linear in the input.

use std::sync::Arc;

use agentarea_kernels::{
    json::{Place, Reader, Stop},
    span,
};

use super::collect::Collector;
use crate::model::trace::Trace;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dialect {
    Legacy,
    V3,
}

/// What made spans: a process, and within it, in the new dialect, a scope.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Owner {
    /// The number of the service's name, once it is known.
    pub service: Option<u32>,
    /// Where the process or the resource stands.
    pub process: (u32, u32),
    pub scope: (u32, u32),
}

/// Why there is nothing to show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// The bytes end where more should follow.
    Truncated,
    Decode {
        at: usize,
        expected: &'static str,
    },
}

pub(super) struct Scanned {
    pub traces: Vec<Trace>,
    /// The value of `errors` or `error`; empty without one.
    pub errors: Vec<u8>,
}

/// What the next byte belongs to.
#[derive(Debug, Clone, Copy, PartialEq)]
enum State {
    Start,
    /// The object around everything; of the old dialect also a trace by itself.
    Top,
    Traces,
    Trace,
    Spans,
    Processes,
    /// The new dialect's `result`.
    Result,
    Resources,
    Resource,
    Scopes,
    Scope,
    ScopeSpans,
    End,
}

/// Given back in the end, like all that a body does not fill.
const FIRST_STEP_BYTES: usize = 8 << 20;

pub(super) struct Scanner {
    body: Vec<u8>,
    /// How much of it has been read.
    at: usize,
    /// Do not try again before the body has this length: keeps a huge item in tiny chunks linear.
    retry_len: usize,
    state: State,
    /// Nothing of the open list or object has been read yet.
    is_first: bool,
    /// The states to go back to; as many as lists and objects are open.
    outer: Vec<State>,
    failure: Option<(usize, &'static str)>,
    errors: Place,
    has_content: bool,
    collector: Collector,
}

impl Scanner {
    pub fn new() -> Self {
        Self {
            body: Vec::new(),
            at: 0,
            retry_len: 0,
            state: State::Start,
            is_first: true,
            outer: Vec::new(),
            failure: None,
            errors: (0, 0),
            has_content: false,
            collector: Collector::default(),
        }
    }

    pub fn push(&mut self, bytes: &[u8]) {
        if self.failure.is_some() {
            return;
        }
        self.make_room(bytes.len());
        self.body.extend_from_slice(bytes);
        self.appended();
    }

    /// Where the next bytes are to be appended; `None` after a mistake.
    pub fn body(&mut self, byte_count: usize) -> Option<&mut Vec<u8>> {
        if self.failure.is_some() {
            return None;
        }
        self.make_room(byte_count);
        Some(&mut self.body)
    }

    /// The body has grown.
    pub fn appended(&mut self) {
        // Places are kept in 32 bits.
        if u32::try_from(self.body.len()).is_err() {
            self.failure = Some((self.at, "less than 4 GiB"));
            self.body = Vec::new();
        } else if self.body.len() >= self.retry_len {
            self.run();
            self.retry_len = self.body.len() + (self.body.len() - self.at) / 2;
        }
    }

    /// Grows the body in large steps: each may copy all of it. What is not used is given back in the end.
    fn make_room(&mut self, byte_count: usize) {
        const MAX_STEP_BYTES: usize = 64 << 20;
        if self.body.capacity() - self.body.len() < byte_count {
            // A body that goes on after its first pieces is likely to be one of megabytes.
            let least = if self.body.is_empty() { 0 } else { FIRST_STEP_BYTES };
            let step = (self.body.len() * 3).min(MAX_STEP_BYTES).max(least);
            self.body.reserve_exact(step.max(byte_count));
        }
    }

    /// Takes as many items as are complete.
    fn run(&mut self) {
        let body = std::mem::take(&mut self.body);
        let mut reader = Reader::new(&body, self.at);
        loop {
            match self.step(&mut reader) {
                Ok(()) => self.at = reader.at,
                Err(Stop::More) => break,
                Err(Stop::Bad { at, expected }) => {
                    self.failure = Some((at, expected));
                    break;
                }
            }
        }
        self.body = body;
    }

    fn enter(&mut self, state: State) {
        self.outer.push(std::mem::replace(&mut self.state, state));
        self.is_first = true;
    }

    fn leave(&mut self) {
        self.state = self.outer.pop().unwrap_or(State::End);
        self.is_first = false;
    }

    /// One item. On `Err(Stop::More)` nothing of `self` has changed.
    fn step(&mut self, reader: &mut Reader<'_>) -> Result<(), Stop> {
        match self.state {
            State::Start => self.step_document(reader, "an object or a list of traces"),
            State::End => self.step_document(reader, "the end"),
            State::Top | State::Trace => self.step_trace(reader),
            State::Traces => {
                if !reader.item(self.is_first)? {
                    self.leave();
                } else if reader.take_if(b'{')? {
                    self.is_first = false;
                    self.collector.open_trace();
                    self.enter(State::Trace);
                } else {
                    reader.value()?;
                    self.is_first = false;
                }
                Ok(())
            }
            State::Spans | State::ScopeSpans => self.step_spans(reader),
            State::Processes => {
                let Some(key) = reader.key_place(self.is_first)? else {
                    self.leave();
                    return Ok(());
                };
                let process = reader.value()?;
                self.is_first = false;
                self.collector.process(reader.bytes, key, process);
                Ok(())
            }
            State::Result => {
                match reader.key(self.is_first)? {
                    None => self.leave(),
                    Some(b"resourceSpans" | b"resource_spans" | b"batches") => {
                        self.open_list(reader, State::Resources)?;
                    }
                    Some(_) => self.pass(reader)?,
                }
                Ok(())
            }
            State::Resources | State::Scopes => {
                if !reader.item(self.is_first)? {
                    self.leave();
                    return Ok(());
                }
                let is_object = reader.take_if(b'{')?;
                if !is_object {
                    reader.value()?;
                }
                self.is_first = false;
                if is_object && self.state == State::Resources {
                    self.collector.open_resource();
                    self.enter(State::Resource);
                } else if is_object {
                    self.collector.open_scope();
                    self.enter(State::Scope);
                }
                Ok(())
            }
            State::Resource => {
                match reader.key(self.is_first)? {
                    None => {
                        self.collector.close_resource(reader.bytes);
                        self.leave();
                    }
                    Some(b"resource") => {
                        let place = reader.value()?;
                        self.is_first = false;
                        self.collector.resource(place);
                    }
                    Some(
                        b"scopeSpans"
                        | b"scope_spans"
                        | b"instrumentationLibrarySpans"
                        | b"instrumentation_library_spans",
                    ) => self.open_list(reader, State::Scopes)?,
                    Some(_) => self.pass(reader)?,
                }
                Ok(())
            }
            State::Scope => {
                match reader.key(self.is_first)? {
                    None => self.leave(),
                    Some(b"scope" | b"instrumentationLibrary" | b"instrumentation_library") => {
                        let place = reader.value()?;
                        self.is_first = false;
                        self.collector.scope(place);
                    }
                    Some(b"spans") => self.open_list(reader, State::ScopeSpans)?,
                    Some(_) => self.pass(reader)?,
                }
                Ok(())
            }
        }
    }

    fn pass(&mut self, reader: &mut Reader<'_>) -> Result<(), Stop> {
        reader.value()?;
        self.is_first = false;
        Ok(())
    }

    /// Goes into a list; anything else in its place is passed over.
    fn open_list(&mut self, reader: &mut Reader<'_>, state: State) -> Result<(), Stop> {
        if reader.take_if(b'[')? {
            self.is_first = false;
            self.enter(state);
            Ok(())
        } else {
            self.pass(reader)
        }
    }

    /// A file may hold one document after the other.
    fn step_document(&mut self, reader: &mut Reader<'_>, expected: &'static str) -> Result<(), Stop> {
        if reader.bytes.get(reader.at..).unwrap_or_default().starts_with("\u{feff}".as_bytes()) {
            reader.at += '\u{feff}'.len_utf8();
        }
        let is_list = self.state == State::Start && reader.take_if(b'[')?;
        if !is_list {
            reader.expect(b'{', expected)?;
        }
        self.state = State::End;
        self.has_content |= is_list;
        self.enter(if is_list { State::Traces } else { State::Top });
        Ok(())
    }

    /// The keys of the object around everything and those of a trace, which may be that object.
    fn step_trace(&mut self, reader: &mut Reader<'_>) -> Result<(), Stop> {
        let is_top = self.state == State::Top;
        let Some(key) = reader.key(self.is_first)? else {
            self.collector.close_trace(reader.bytes);
            self.leave();
            return Ok(());
        };
        match key {
            b"traceID" | b"spans" | b"processes" | b"warnings" => {
                if key == b"spans" {
                    self.has_content = true;
                }
                match key {
                    b"spans" if reader.take_if(b'[')? => self.go_into(State::Spans),
                    b"processes" if reader.take_if(b'{')? => self.go_into(State::Processes),
                    b"traceID" => {
                        let text = reader.text()?.unwrap_or_default();
                        self.is_first = false;
                        self.collector.trace_id(reader.slice(text));
                    }
                    b"warnings" => {
                        let place = reader.value()?;
                        self.is_first = false;
                        self.collector.trace_warnings(reader.slice(place));
                    }
                    _ => self.pass(reader)?,
                }
                Ok(())
            }
            b"data" if is_top => {
                self.open_list(reader, State::Traces)?;
                self.has_content = true;
                self.collector.dialect = Some(Dialect::Legacy);
                Ok(())
            }
            b"errors" | b"error" if is_top => {
                let place = reader.value()?;
                self.is_first = false;
                if !matches!(reader.slice(place), b"null" | b"[]") {
                    self.errors = place;
                }
                Ok(())
            }
            b"result" | b"trace" if is_top => {
                if reader.take_if(b'{')? {
                    self.go_into(State::Result);
                } else {
                    self.pass(reader)?;
                }
                self.has_content = true;
                self.collector.dialect = Some(Dialect::V3);
                Ok(())
            }
            b"resourceSpans" | b"resource_spans" | b"batches" if is_top => {
                self.open_list(reader, State::Resources)?;
                self.has_content = true;
                self.collector.dialect = Some(Dialect::V3);
                Ok(())
            }
            _ => self.pass(reader),
        }
    }

    fn go_into(&mut self, state: State) {
        self.is_first = false;
        self.collector.dialect.get_or_insert(Dialect::Legacy);
        self.enter(state);
    }

    fn step_spans(&mut self, reader: &mut Reader<'_>) -> Result<(), Stop> {
        if !reader.item(self.is_first)? {
            self.leave();
            return Ok(());
        }
        if reader.solid()? != b'{' {
            return self.pass(reader);
        }
        let from = reader.at;
        if self.state == State::Spans {
            let span = span::legacy(reader.bytes, from)?;
            reader.at = span.end;
            self.collector.legacy_span(reader.bytes, from, &span);
        } else {
            let span = span::otlp(reader.bytes, from)?;
            reader.at = span.end;
            self.collector.otlp_span(reader.bytes, from, &span);
        }
        self.is_first = false;
        Ok(())
    }

    pub fn finish(mut self) -> Result<Scanned, Fault> {
        if self.failure.is_none() {
            self.run();
        }
        let Self { mut body, at, state, failure, errors, has_content, collector, .. } = self;
        let is_rest_space = || body.get(at..).unwrap_or_default().trim_ascii().is_empty();
        match failure {
            Some((at, expected)) => return Err(Fault::Decode { at, expected }),
            None if state != State::End || !is_rest_space() => return Err(Fault::Truncated),
            None => {}
        }
        let errors = body.get(errors.0..errors.1).unwrap_or_default().to_vec();
        if !has_content && errors.is_empty() {
            return Err(Fault::Decode { at: 0, expected: "`data`, `spans`, `result` or `resourceSpans`" });
        }
        body.shrink_to_fit();
        Ok(Scanned { traces: collector.into_traces(Arc::new(body)), errors })
    }
}
