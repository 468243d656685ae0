//! The client and its readers on answers of a real Jaeger and on hand-made ones (`tests/fixtures/jaeger`).

mod asking;
mod cuts;
mod documents;
mod fuzz;
#[path = "../../../../tests/bench/traces.rs"]
mod payload;
mod quirks;

use std::{
    cell::RefCell,
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
    rc::Rc,
};

use futures_util::future::LocalBoxFuture;

use super::scan::{Fault, Scanner};
use crate::{
    api::http::{ApiError, BodySink, Delivery, HttpRequest, ResponseHead, Transport},
    model::trace::{SpanFlags, Trace},
};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/jaeger")
}

/// Head and body of a fixture, `1.76/trace`.
fn fixture(name: &str) -> (ResponseHead, Vec<u8>) {
    let bytes = fs::read(folder().join(format!("{name}.http"))).expect(name);
    let split = bytes.windows(2).position(|pair| pair == b"\n\n").expect("an empty line");
    let header = |name: &str| {
        let lines = std::str::from_utf8(&bytes[..split]).expect("text").lines();
        lines.filter_map(|line| line.split_once(": ")).find(|(key, _)| *key == name).map(|(_, value)| value.to_owned())
    };
    let head = ResponseHead {
        status: header("status").expect("a status").parse().expect("a number"),
        content_type: header("content-type").unwrap_or_default(),
        ..ResponseHead::default()
    };
    (head, bytes[split + 2..].to_vec())
}

/// Every fixture that holds spans, by name.
fn bodies_with_spans() -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    for version in fs::read_dir(folder()).expect("the fixtures") {
        for file in fs::read_dir(version.expect("an entry").path()).expect("a folder") {
            let path = file.expect("an entry").path();
            if path.extension().is_some_and(|extension| extension == "http") {
                let version = path.parent().and_then(Path::file_name).expect("a folder").to_string_lossy();
                let name = format!("{version}/{}", path.file_stem().expect("a name").to_string_lossy());
                let (_, body) = fixture(&name);
                if body.windows(8).any(|text| text.eq_ignore_ascii_case(b"\"spanid\"")) {
                    found.push((name, body));
                }
            }
        }
    }
    found.sort();
    assert!(found.len() >= 12, "only {} fixtures with spans", found.len());
    found
}

fn scanned<'a>(chunks: impl IntoIterator<Item = &'a [u8]>) -> Result<Vec<Trace>, Fault> {
    let mut scanner = Scanner::new();
    chunks.into_iter().for_each(|chunk| scanner.push(chunk));
    scanner.finish().map(|scanned| scanned.traces)
}

fn traces_of(name: &str) -> Vec<Trace> {
    let (_, body) = fixture(name);
    scanned([body.as_slice()]).expect(name)
}

/// A line for each span: `service operation @start+duration kind flags`, indented by its depth.
fn told(trace: &Trace) -> String {
    let mut out = format!("{}", trace.id());
    for warning in trace.warnings() {
        write!(out, " !{warning}").expect("a string");
    }
    out.push('\n');
    for span in 0..trace.len() {
        let flags: String = [
            (SpanFlags::ERROR, 'E'),
            (SpanFlags::WARNINGS, 'W'),
            (SpanFlags::EVENTS, 'V'),
            (SpanFlags::LINKS, 'L'),
            (SpanFlags::ORPHAN, 'o'),
            (SpanFlags::DUPLICATE, 'd'),
            (SpanFlags::CYCLE, 'c'),
            (SpanFlags::NO_START, 's'),
            (SpanFlags::NEGATIVE, 'n'),
            (SpanFlags::FOLLOWS, 'f'),
        ]
        .into_iter()
        .filter(|(flag, _)| trace.flags(span).contains(*flag))
        .map(|(_, letter)| letter)
        .collect();
        let from_us = (trace.span_start_ns(span) - trace.start_ns()) / 1000;
        let line = format!(
            "{:indent$}{:x} {} / {} @{from_us}+{} {} {flags}",
            "",
            trace.span_id(span).0,
            trace.service(span),
            trace.operation(span),
            trace.span_duration_ns(span) / 1000,
            trace.kind(span).id(),
            indent = trace.depth(span) * 2,
        );
        writeln!(out, "{}", line.trim_end()).expect("a string");
    }
    out
}

/// Everything that there is to know.
fn told_in_full(traces: &[Trace]) -> String {
    let mut out = String::new();
    for trace in traces {
        out.push_str(&told(trace));
        for span in 0..trace.len() {
            writeln!(out, "{:?}\n{}", trace.detail(span), trace.span_document(span)).expect("a string");
        }
    }
    out
}

/// Answers each path with its fixture, the longest that fits first, and writes down what was asked.
struct Server {
    answers: RefCell<Vec<(&'static str, ResponseHead, Vec<u8>)>>,
    asked: RefCell<Vec<String>>,
}

impl Server {
    fn of(answers: &[(&'static str, &str)]) -> Rc<Self> {
        let server = Self { answers: RefCell::default(), asked: RefCell::default() };
        server.now_answers(answers);
        Rc::new(server)
    }

    fn now_answers(&self, answers: &[(&'static str, &str)]) {
        let answer = |(path, name): &(&'static str, &str)| {
            let (head, body) = fixture(name);
            (*path, head, body)
        };
        *self.answers.borrow_mut() = answers.iter().map(answer).collect();
    }

    fn asked(&self) -> Vec<String> {
        self.asked.take()
    }
}

impl Transport for Server {
    fn send<'a>(
        &'a self,
        request: &'a HttpRequest,
        sink: &'a mut dyn BodySink,
    ) -> LocalBoxFuture<'a, Result<Delivery, ApiError>> {
        Box::pin(async move {
            self.asked.borrow_mut().push(request.url.clone());
            let answers = self.answers.borrow();
            let best =
                answers.iter().filter(|(path, ..)| request.url.contains(path)).max_by_key(|(path, ..)| path.len());
            let (_, head, body) = best.unwrap_or_else(|| panic!("no answer for {}", request.url));
            sink.on_head(head);
            for chunk in body.chunks(61) {
                // As the browser does it.
                if let Some(kept) = sink.body(chunk.len()) {
                    kept.extend_from_slice(chunk);
                    sink.on_appended();
                } else {
                    sink.on_chunk(chunk);
                }
            }
            Ok(Delivery { head: head.clone(), body_bytes: body.len() as u64, ..Delivery::default() })
        })
    }
}
