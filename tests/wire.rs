//! Answers of real and documented servers, as bytes, to what the app makes of them, as text.
//!
//! `tests/fixtures/prometheus/<version>/<name>.http` holds a few header lines (`ask` names the client's function), an
//! empty line and the body exactly as it came; `<name>.expect` beside it is the golden. `UPDATE_EXPECT=1` rewrites the
//! goldens: read their difference before you commit it.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test stops at the first thing that is not as it should be"
)]

use std::{
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
    rc::Rc,
};

use agentarea_observability::{
    api::{
        http::{ApiError, BodySink, Delivery, Endpoint, HttpRequest, ResponseHead, Transport},
        prometheus::{Answer, InstantResult, PrometheusClient, RangeQuery, SeriesFilter, parse_matrix},
    },
    base::time::{Grid, Range},
    model::frame::{Frame, InstantValue, NativeHistogram, is_missing},
};
use futures_executor::block_on;
use futures_util::future::LocalBoxFuture;

struct Fixture {
    ask: String,
    grid: Grid,
    head: ResponseHead,
    body: Vec<u8>,
}

fn fixture(path: &Path) -> Fixture {
    let bytes = fs::read(path).unwrap();
    let split = bytes.windows(2).position(|pair| pair == b"\n\n").unwrap();
    let mut fixture = Fixture {
        ask: String::new(),
        grid: Grid { start_ms: 0, end_ms: 0, step_ms: 1 },
        head: ResponseHead::default(),
        body: bytes[split + 2..].to_vec(),
    };
    for line in std::str::from_utf8(&bytes[..split]).unwrap().lines() {
        let (key, value) = line.split_once(':').unwrap();
        let value = value.trim();
        match key {
            "ask" => value.clone_into(&mut fixture.ask),
            "grid" => {
                let ms: Vec<i64> = value.split(' ').map(|s| (s.parse::<f64>().unwrap() * 1000.0) as i64).collect();
                fixture.grid = Grid { start_ms: ms[0], end_ms: ms[1], step_ms: ms[2] };
            }
            "status" => fixture.head.status = value.parse().unwrap(),
            "content-type" => value.clone_into(&mut fixture.head.content_type),
            "final-url" => value.clone_into(&mut fixture.head.final_url),
            "redirected" => fixture.head.is_redirected = value == "yes",
            "stopping" => fixture.head.is_stopping = value == "yes",
            other => panic!("{}: unknown header {other}", path.display()),
        }
    }
    fixture
}

/// Answers every request with the fixture, cut at the given places.
struct Replay {
    head: ResponseHead,
    chunks: Vec<Vec<u8>>,
}

impl Transport for Replay {
    fn send<'a>(
        &'a self,
        _: &'a HttpRequest,
        sink: &'a mut dyn BodySink,
    ) -> LocalBoxFuture<'a, Result<Delivery, ApiError>> {
        Box::pin(async move {
            sink.on_head(&self.head);
            self.chunks.iter().for_each(|chunk| sink.on_chunk(chunk));
            let body_bytes = self.chunks.iter().map(Vec::len).sum::<usize>() as u64;
            Ok(Delivery { head: self.head.clone(), body_bytes, first_byte_ms: 0.0, elapsed_ms: 0.0 })
        })
    }
}

fn told(fixture: &Fixture, chunks: Vec<Vec<u8>>) -> String {
    let transport = Rc::new(Replay { head: fixture.head.clone(), chunks });
    let client = PrometheusClient::new(Endpoint::new("metrics", "/prometheus"), transport);
    let filter = SeriesFilter::default();
    let range = Range { start_ms: 0, end_ms: 1 };
    block_on(async {
        match fixture.ask.as_str() {
            "query_range" => {
                text(client.query_range(&RangeQuery::new("x", fixture.grid)).await, |frame| text_of_frame(&frame))
            }
            "query" => text(client.query("x", 0).await, text_of_instant),
            "labels" => text(client.labels(&filter).await, |v| format!("{v:#?}\n")),
            "label_values" => text(client.label_values("x", &filter).await, |v| format!("{v:#?}\n")),
            "series" => text(client.series(&filter).await, |v| format!("{v:#?}\n")),
            "metadata" => text(client.metadata(None).await, |v| format!("{v:#?}\n")),
            "rules" => text(client.rules().await, |v| format!("{v:#?}\n")),
            "alerts" => text(client.alerts().await, |v| format!("{v:#?}\n")),
            "targets" => text(client.targets().await, |v| format!("{v:#?}\n")),
            "buildinfo" => text(client.buildinfo().await, |v| format!("{v:#?}\n")),
            "runtimeinfo" => text(client.runtimeinfo().await, |v| format!("{v:#?}\n")),
            "query_exemplars" => text(client.query_exemplars("x", range).await, |series| {
                let ids: Vec<_> = series.iter().flat_map(|s| s.exemplars.iter().map(|e| e.trace_id())).collect();
                format!("{series:#?}\ntrace ids {ids:?}\n")
            }),
            "format_query" => text(client.format_query("x").await, |v| format!("{v}\n")),
            "ready" => text(client.ready().await, |()| "ready\n".to_owned()),
            other => panic!("unknown function {other}"),
        }
    })
}

fn text<T>(result: Result<Answer<T>, ApiError>, value_text: impl FnOnce(T) -> String) -> String {
    match result {
        Ok(answer) => {
            let mut out = value_text(answer.value);
            for notice in answer.notices {
                writeln!(out, "{:?}: {}", notice.severity, notice.message).unwrap();
            }
            out
        }
        Err(error) => format!("{error:#?}\n{error}\n"),
    }
}

fn text_of_frame(frame: &Frame) -> String {
    let Frame { x_ms, columns, histograms } = frame;
    let mut out = format!("x {x_ms:?}\n");
    for column in columns {
        let cells: Vec<String> = column.values.iter().map(|v| cell(*v)).collect();
        writeln!(out, "{} [{}]", column.labels, cells.join(", ")).unwrap();
    }
    for column in histograms {
        writeln!(out, "{} histograms", column.labels).unwrap();
        for (row, histogram) in &column.samples {
            writeln!(out, "  row {row}: {}", text_of_histogram(histogram)).unwrap();
        }
    }
    out
}

fn cell(value: f64) -> String {
    if is_missing(value) { "-".to_owned() } else { format!("{value:?}") }
}

fn text_of_histogram(histogram: &NativeHistogram) -> String {
    let mut out = format!("count {} sum {}", histogram.count, histogram.sum);
    for bucket in &histogram.buckets {
        let (open, close) =
            (if bucket.is_lower_inclusive { '[' } else { '(' }, if bucket.is_upper_inclusive { ']' } else { ')' });
        write!(out, " {open}{}, {}{close}={}", bucket.lower, bucket.upper, bucket.count).unwrap();
    }
    out
}

fn text_of_instant(result: InstantResult) -> String {
    match result {
        InstantResult::Vector(samples) => {
            let mut out = "vector\n".to_owned();
            for sample in samples {
                let value = match &sample.value {
                    InstantValue::Float(value) => cell(*value),
                    InstantValue::Histogram(histogram) => text_of_histogram(histogram),
                };
                writeln!(out, "{} @{} {value}", sample.labels, sample.t_ms).unwrap();
            }
            out
        }
        InstantResult::Scalar { t_ms, value } => format!("scalar @{t_ms} {value:?}\n"),
        InstantResult::Text { t_ms, text } => format!("text @{t_ms} {text:?}\n"),
        InstantResult::Matrix(frame) => format!("matrix\n{}", text_of_frame(&frame)),
    }
}

fn fixtures() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/prometheus");
    let mut paths = Vec::new();
    for version in fs::read_dir(root).unwrap() {
        for file in fs::read_dir(version.unwrap().path()).unwrap() {
            let path = file.unwrap().path();
            if path.extension().is_some_and(|extension| extension == "http") {
                paths.push(path);
            }
        }
    }
    paths.sort();
    assert!(paths.len() > 80, "only {} fixtures found", paths.len());
    paths
}

#[test]
fn answers_become_the_model() {
    let is_update = std::env::var_os("UPDATE_EXPECT").is_some();
    let mut differences = String::new();
    for path in fixtures() {
        let fixture = fixture(&path);
        let actual = told(&fixture, vec![fixture.body.clone()]);
        let golden = path.with_extension("expect");
        if is_update {
            fs::write(&golden, &actual).unwrap();
            continue;
        }
        let expected = fs::read_to_string(&golden).unwrap_or_default();
        if expected != actual {
            writeln!(differences, "{}\nexpected:\n{expected}\nactual:\n{actual}", golden.display()).unwrap();
        }
    }
    assert!(differences.is_empty(), "{differences}");
}

/// xorshift64*: enough to choose places, and the same everywhere.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        ((self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize) % bound.max(1)
    }
}

fn cut(body: &[u8], random: &mut Random) -> Vec<Vec<u8>> {
    let longest = 1 + random.below(60);
    let mut rest = body;
    let mut chunks = Vec::new();
    while !rest.is_empty() {
        let (chunk, tail) = rest.split_at((1 + random.below(longest)).min(rest.len()));
        chunks.push(chunk.to_vec());
        rest = tail;
    }
    chunks
}

/// However the network cuts an answer, and whatever garbled it on the way: no panic, and the same result.
#[test]
fn chunk_borders_change_nothing() {
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let mut good_count = 0;
    for path in fixtures() {
        let mut fixture = fixture(&path);
        let original = fixture.body.clone();
        for round in 0..60 {
            fixture.body.clone_from(&original);
            if round >= 10 {
                garble(&mut fixture.body, &mut random);
            }
            let whole = told(&fixture, vec![fixture.body.clone()]);
            good_count += usize::from(whole.starts_with("x ") || whole.starts_with("vector"));
            let bytes = fixture.body.chunks(1).map(<[u8]>::to_vec).collect();
            let body = String::from_utf8_lossy(&fixture.body);
            assert_eq!(told(&fixture, cut(&fixture.body, &mut random)), whole, "{}: {body}", path.display());
            if round % 10 == 0 {
                assert_eq!(told(&fixture, bytes), whole, "{}: {body}", path.display());
            }
        }
    }
    assert!(good_count > 200, "only {good_count} answers were read: the test garbles too much to mean anything");
}

fn garble(body: &mut Vec<u8>, random: &mut Random) {
    const PIECES: [&[u8]; 16] = [
        b"\"", b"\\", b"[", b"]", b"{", b"}", b",", b":", b"null", b"1e999", b"-", b"\\ud800", b"\xff", b" ", b"[[",
        b"0",
    ];
    for _ in 0..=random.below(3) {
        let at = random.below(body.len());
        match random.below(4) {
            0 => body.truncate(at),
            1 if at < body.len() => drop(body.remove(at)),
            2 if at < body.len() => body[at] = random.below(256) as u8,
            _ => {
                let piece = PIECES[random.below(PIECES.len())];
                body.splice(at..at, piece.iter().copied());
            }
        }
    }
}

/// What is read on the fast path and what the standard library reads are the same bits.
#[test]
fn every_number_is_the_nearest_one() {
    let mut random = Random(42);
    let mut values = vec![
        0.0,
        -0.0,
        1e22,
        1e23,
        1e-22,
        5e-324,
        f64::MAX,
        f64::MIN_POSITIVE,
        9_007_199_254_740_993.0,
        0.1 + 0.2,
        123_456.789,
    ];
    for _ in 0..20_000 {
        let bits =
            (random.below(1 << 31) as u64) << 33 ^ (random.below(1 << 31) as u64) << 11 ^ random.below(1 << 20) as u64;
        let value = f64::from_bits(bits);
        if value.is_finite() {
            values.push(value);
        }
        values.push(random.below(1 << 31) as f64 / (1 + random.below(1 << 20)) as f64);
        values.push(random.below(1 << 31) as f64 / 1000.0);
    }
    let texts: Vec<String> = values
        .iter()
        .enumerate()
        .map(|(i, v)| match i % 3 {
            0 => format!("{v:?}"),
            1 => format!("{v:e}"),
            _ => format!("{v:.25}"),
        })
        .collect();
    let samples: Vec<String> = texts.iter().enumerate().map(|(i, text)| format!("[{i},\"{text}\"]")).collect();
    let json = format!(
        "{{\"status\":\"success\",\"data\":{{\"resultType\":\"matrix\",\"result\":[{{\"metric\":{{}},\"values\":[{}]}}]}}}}",
        samples.join(",")
    );
    let frame = parse_matrix(json.as_bytes(), None).unwrap().value;
    assert_eq!(frame.row_count(), texts.len());
    for (text, value) in texts.iter().zip(frame.columns[0].values.iter()) {
        assert_eq!(value.to_bits(), text.parse::<f64>().unwrap().to_bits(), "{text}");
    }
}
