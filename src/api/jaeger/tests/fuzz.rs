//! Broken and strange bytes: none makes a reader panic or loop, or a trace that breaks the model's promises.
//!
//! `cargo test` runs ten thousand inputs of each dialect, or as many as `FUZZ_COUNT` says:
//!
//! ```text
//! FUZZ_COUNT=5000000 cargo test --release --no-default-features --lib api::jaeger::tests::fuzz
//! ```

use super::{payload, *};

/// xorshift64*.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        ((self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize) % bound.max(1)
    }

    fn range(&mut self, len: usize) -> std::ops::Range<usize> {
        let from = self.below(len + 1);
        from..(from + self.below(40)).min(len)
    }
}

/// What mistakes are made of.
const WORDS: [&str; 40] = [
    "null",
    "true",
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "\"",
    "\\",
    "\\u12",
    "\\ud83d",
    "-",
    "1e999",
    "-0.5e-3",
    "18446744073709551616",
    "\"9223372036854775807\"",
    "{}",
    "[]",
    "\"\"",
    "{\"a\":1}",
    " \n\t",
    "\u{feff}",
    "\"spans\":[",
    "\"data\":",
    "\"processes\":{",
    "\"process\":{\"serviceName\":\"x\"}",
    "\"references\":[{\"spanID\":\"1\"},{\"spanID\":\"2\"}]",
    "\"traceID\":\"00\"",
    "\"parentSpanID\":\"0000000000000001\"",
    "\"resourceSpans\":[",
    "\"scopeSpans\":[",
    "\"resource\":{}",
    "\"scope\":{\"name\":\"\"}",
    "\"links\":[{\"spanId\":\"AAAAAAAAAAE=\"}]",
    "\"kind\":\"SPAN_KIND_SERVER\"",
    "\"status\":{\"code\":\"STATUS_CODE_ERROR\"}",
    "{\"key\":\"error\",\"value\":{\"boolValue\":true}}",
    "{\"key\":\"error\",\"type\":\"bool\",\"value\":true}",
    "timestamps were adjusted by -9223372036.9s",
];

fn mutate(body: &mut Vec<u8>, corpus: &[Vec<u8>], random: &mut Random) {
    for _ in 0..=random.below(6) {
        let at = random.below(body.len() + 1);
        match random.below(10) {
            0 | 1 => {
                if let Some(byte) = body.get_mut(at) {
                    *byte ^= 1 << random.below(8);
                }
            }
            2 => drop(body.drain(random.range(body.len()))),
            3 => {
                let copied = body[random.range(body.len())].to_vec();
                body.splice(at..at, copied);
            }
            4..=6 => drop(body.splice(at..at, WORDS[random.below(WORDS.len())].bytes())),
            7 => {
                let other = &corpus[random.below(corpus.len())];
                let part = other[random.range(other.len())].to_vec();
                let range = random.range(body.len());
                body.splice(range, part);
            }
            8 => body.truncate(at),
            _ => {
                let bracket = if random.below(2) == 0 { b'[' } else { b'{' };
                body.splice(at..at, std::iter::repeat_n(bracket, random.below(300)));
            }
        }
    }
}

/// Reads in chunks, looks at everything, and tells a number that only another result would change.
fn checked(body: &[u8], random: &mut Random) -> Option<u64> {
    let mut scanner = Scanner::new();
    let mut rest = body;
    while !rest.is_empty() {
        let (chunk, tail) = rest.split_at(1 + random.below(rest.len()));
        scanner.push(chunk);
        rest = tail;
    }
    let traces = scanner.finish().ok()?.traces;
    let mut sum = traces.len() as u64;
    let mut add = |number: u64| sum = sum.wrapping_mul(31).wrapping_add(number);
    for trace in &traces {
        add(trace.id().0 as u64);
        for span in 0..trace.len() {
            let parent = trace.parent(span);
            assert!(parent.is_none_or(|parent| parent < span && trace.subtree(parent).contains(&span)));
            assert_eq!(trace.depth(span), parent.map_or(0, |parent| trace.depth(parent) + 1));
            assert!(!trace.service(span).is_empty() && trace.span_duration_ns(span) >= 0);
            let detail = trace.detail(span);
            add(trace.span_id(span).0);
            add(trace.span_start_ns(span) as u64);
            add(u64::from(trace.flags(span).0));
            add((trace.operation(span).len() + detail.tags.len() + trace.span_document(span).len()) as u64);
        }
    }
    Some(sum)
}

fn corpus(is_v3: bool) -> Vec<Vec<u8>> {
    let make = if is_v3 { payload::v3 } else { payload::legacy };
    let mut corpus = vec![make(4, payload::Shape::Tree)];
    let bodies = bodies_with_spans().into_iter().map(|(_, body)| body);
    corpus.extend(bodies.filter(|body| body.windows(10).any(|text| text == b"scopeSpans") == is_v3));
    assert!(corpus.len() > 3);
    corpus
}

/// The body is printed if it breaks something.
struct Told<'a>(&'a [u8]);

impl Drop for Told<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("the input: {}", String::from_utf8_lossy(self.0).escape_debug());
        }
    }
}

fn run(is_v3: bool) {
    let count: u64 = std::env::var("FUZZ_COUNT").ok().and_then(|count| count.parse().ok()).unwrap_or(10_000);
    let corpus = corpus(is_v3);
    let mut random = Random(0x5eed + u64::from(is_v3));
    let mut read_count = 0;
    for _ in 0..count {
        let mut body = corpus[random.below(corpus.len())].clone();
        mutate(&mut body, &corpus, &mut random);
        let _told = Told(&body);
        let result = checked(&body, &mut random);
        read_count += u64::from(result.is_some());
        if random.below(8) == 0 {
            assert_eq!(checked(&body, &mut random), result, "cut in another way");
        }
    }
    // Most are broken beyond reading; if all were, nothing would be tested.
    assert!(read_count > count / 20, "only {read_count} of {count} could be read");
}

#[test]
fn broken_answers_of_the_old_dialect() {
    run(false);
}

#[test]
fn broken_answers_of_the_new_dialect() {
    run(true);
}
