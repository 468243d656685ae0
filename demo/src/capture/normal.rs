//! Placeholders for what differs from one capture to the next.
//!
//! Invariant: only such values are replaced, in place: white space, the order of keys and how numbers are spelled stay
//! as the server sent them. A body that is not UTF-8 is kept whole.

use std::collections::BTreeMap;

use regex::{Captures, Regex};

use crate::clock::{parse_rfc3339, wall_ms};

/// Times this near to the capture are its own, not the data's.
const NEAR_MS: i64 = 3_600_000;

/// 2026-01-01T00:05:00Z: what stands for them.
const STANDIN_SECS: &str = "1767225900";

/// Values known by their JSON keys, with what stands for them: how long things took, sizes that depend on it, and builds.
const KEYED: [(&str, &str); 13] = [
    ("evaluationTime|lastScrapeDuration", "0.000422186"),
    ("evalTotalTime|resultSortTime|queryPreparationTime|innerEvalTime|execQueueTime|execTotalTime", "0.000001"),
    (
        "execTime|querierExecTime|queueTime|chunksDownloadTime|chunkRefsFetchTime|congestionControlLatency|pipelineWrapperFilterTime|\
         downloadTime|queryLengthServed|shardsDuration|postFilterTime|lokiTransportTime",
        "0.001",
    ),
    ("bytesProcessedPerSecond|linesProcessedPerSecond", "1000"),
    ("took", "1"),
    ("goroutineCount", "32"),
    ("GOMAXPROCS", "2"),
    ("GOMEMLIMIT", "8589934592"),
    ("hostname", "\"vm\""),
    ("goVersion", "\"go1.26.0\""),
    ("revision|branch", "\"HEAD\""),
    ("buildUser", "\"someone@somewhere\""),
    ("buildDate", "\"20260101-00:00:00\""),
];

/// What an ask may name as `varying`, with what stands for it.
const VARYING: [(&str, &str, &str); 3] = [
    (
        "jaeger-version",
        r"JAEGER_VERSION = \{[^}]*\}",
        r#"JAEGER_VERSION = {"gitCommit":"HEAD","gitVersion":"v1.76.0"}"#,
    ),
    ("nodes", r#""(cluster_uuid|index_uuid|node)"( ?: ?)"[A-Za-z0-9_-]{22}""#, r#""$1"${2}"AAAAAAAAAAAAAAAAAAAAAA""#),
    ("token", r#""groupNextToken":"[0-9a-f]+""#, r#""groupNextToken":"2a0f2c61e42b8f2b6a3e5c0f4f0d5a1b9c8e7d6f""#),
];

/// Keeps what was replaced for the whole of one backend, so that fixtures agree with each other.
pub struct Normaliser {
    started_ms: i64,
    placeholders: Vec<(String, String)>,
    uuids: BTreeMap<String, usize>,
    keyed: Vec<(Regex, &'static str)>,
    varying: Vec<(&'static str, Regex, &'static str)>,
    rfc3339: Regex,
    epoch: Regex,
    uuid: Regex,
}

impl Normaliser {
    pub fn new() -> Self {
        let keyed = KEYED
            .iter()
            .map(|(keys, standin)| {
                let number_or_text = r#"("[^"]*"|-?[0-9][0-9.e+-]*)"#;
                (pattern(&format!(r#""({keys})":(\s*){number_or_text}"#)), *standin)
            })
            .collect();
        Self {
            started_ms: wall_ms(),
            placeholders: Vec::new(),
            uuids: BTreeMap::new(),
            keyed,
            varying: VARYING.iter().map(|(name, text, standin)| (*name, pattern(text), *standin)).collect(),
            rfc3339: pattern(r"\b20\d\d-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)"),
            epoch: pattern(r"\b(\d{10})(\.\d+|\d{3}|\d{6}|\d{9})?\b"),
            uuid: pattern(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b"),
        }
    }

    pub fn add(&mut self, placeholders: &[(String, String)]) {
        self.placeholders.extend_from_slice(placeholders);
    }

    /// Puts what was replaced back: asks name generated ids by their placeholders.
    pub fn with_real_ids(&self, text: &str) -> String {
        self.placeholders.iter().fold(text.to_owned(), |text, (real, standin)| {
            if self.uuid.is_match(real) { text.replace(standin, real) } else { text }
        })
    }

    pub fn normalised(&mut self, body: &[u8], varying: &[String]) -> Vec<u8> {
        let Ok(text) = std::str::from_utf8(body) else { return body.to_vec() };
        let mut text = text.to_owned();
        for (real, standin) in &self.placeholders {
            text = text.replace(real, standin);
        }
        text = self.rfc3339.replace_all(&text, |found: &Captures<'_>| self.rfc3339_standin(found)).into_owned();
        text = self.epoch.replace_all(&text, |found: &Captures<'_>| self.epoch_standin(found)).into_owned();
        let Self { uuids, uuid, placeholders, .. } = self;
        let mut uuid_standin = |found: &Captures<'_>| {
            let id = found.get(0).map_or("", |id| id.as_str());
            if placeholders.iter().any(|(_, standin)| standin == id) {
                return id.to_owned();
            }
            let next = uuids.len() + 1;
            let number = *uuids.entry(id.to_owned()).or_insert(next);
            format!("00000000-0000-4000-8000-{number:012}")
        };
        text = uuid.replace_all(&text, &mut uuid_standin).into_owned();
        for (keys, standin) in &self.keyed {
            let replaced = |found: &Captures<'_>| {
                let part = |index: usize| found.get(index).map_or("", |part| part.as_str());
                // Nothing happened yet: that is no matter of chance.
                let value = if part(3) == "0" { "0" } else { *standin };
                format!("\"{}\":{}{value}", part(1), part(2))
            };
            text = keys.replace_all(&text, replaced).into_owned();
        }
        for (_, found, standin) in self.varying.iter().filter(|(name, _, _)| varying.iter().any(|v| v == name)) {
            text = found.replace_all(&text, *standin).into_owned();
        }
        if varying.iter().any(|name| name == "annotations") {
            text = numbered_annotations(&text);
        }
        text.into_bytes()
    }

    fn is_near(&self, time_ms: i64) -> bool {
        (time_ms - self.started_ms).abs() < NEAR_MS
    }

    fn rfc3339_standin(&self, found: &Captures<'_>) -> String {
        let whole = found.get(0).map_or("", |time| time.as_str());
        if !parse_rfc3339(&whole.replacen(' ', "T", 1)).is_some_and(|time_ms| self.is_near(time_ms)) {
            return whole.to_owned();
        }
        // Milliseconds keep their three digits; Go drops the zeros at the end of nanoseconds, so their number varies.
        let fraction = match found.get(1).map_or(0, |digits| digits.as_str().len()) {
            0 => "",
            4 => ".123",
            _ => ".123456789",
        };
        let separator = if whole.contains('T') { 'T' } else { ' ' };
        format!("2026-01-01{separator}00:05:00{fraction}Z")
    }

    fn epoch_standin(&self, found: &Captures<'_>) -> String {
        let whole = found.get(0).map_or("", |time| time.as_str());
        let secs = found.get(1).and_then(|secs| secs.as_str().parse::<i64>().ok()).unwrap_or(0);
        if !self.is_near(secs * 1000) {
            return whole.to_owned();
        }
        let rest = found.get(2).map_or("", |rest| rest.as_str());
        let digits = match (rest.starts_with('.'), rest.len()) {
            (true, _) => ".123",
            (false, length) => "123456789".get(..length).unwrap_or(""),
        };
        format!("{STANDIN_SECS}{digits}")
    }
}

/// Which ten of many annotations a server shows, and in which order, is chance: they are written anew, in order, with their
/// numbers counted up.
fn numbered_annotations(text: &str) -> String {
    let list = pattern(r#""(warnings|infos)":\[("(?:[^"\\]|\\.)*"(?:,"(?:[^"\\]|\\.)*")*)\]"#);
    let one = pattern(r#""(?:[^"\\]|\\.)*""#);
    let position = pattern(r"got [0-9.]+|\(\d+:\d+\)|[a-z]+_\d+");
    let renumbered = |found: &Captures<'_>| {
        let key = found.get(1).map_or("", |key| key.as_str());
        let (mut shown, mut omitted) = (Vec::new(), Vec::new());
        for text in one.find_iter(found.get(2).map_or("", |list| list.as_str())) {
            let group = if text.as_str().contains("omitted") { &mut omitted } else { &mut shown };
            group.push(text.as_str().to_owned());
        }
        shown.sort();
        for (index, text) in shown.iter_mut().enumerate() {
            let number = |found: &Captures<'_>| {
                let old = found.get(0).map_or("", |old| old.as_str());
                let stem = old.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
                if old.starts_with('(') { format!("(1:{})", index + 1) } else { format!("{stem}{}", index + 2) }
            };
            *text = position.replace_all(text, number).into_owned();
        }
        shown.extend(omitted);
        format!("\"{key}\":[{}]", shown.join(","))
    };
    list.replace_all(text, renumbered).into_owned()
}

/// The patterns are constants of this file, which its tests run through.
#[expect(clippy::expect_used, reason = "a constant pattern that cannot be read is a mistake that the first test shows")]
fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("a pattern of this file")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::rfc3339;

    fn normalised(text: &str) -> String {
        String::from_utf8(Normaliser::new().normalised(text.as_bytes(), &[])).unwrap()
    }

    #[test]
    fn only_the_moment_of_the_capture_is_replaced() {
        let now = wall_ms();
        let text =
            format!("{{\"a\":\"{}\",\"b\":{},\"c\":{now},\"d\":\"2026-01-01T00:00:00Z\"}}", rfc3339(now), now / 1000);
        let digits = if now % 1000 == 0 { "" } else { ".123" };
        assert_eq!(
            normalised(&text),
            format!(
                "{{\"a\":\"2026-01-01T00:05:00{digits}Z\",\"b\":1767225900,\"c\":1767225900123,\"d\":\"2026-01-01T00:00:00Z\"}}"
            )
        );
        for kept in ["[1767225600,\"3\"]", "\"traceID\":\"00000000000000001234567890123456\"", "12345678901"] {
            assert_eq!(normalised(kept), kept);
        }
    }

    #[test]
    fn keyed_values_and_ids() {
        assert_eq!(
            normalised(
                "{\"queueTime\":0,\"execTime\": 0.0421,\"evaluationTime\":1e-05,\"goVersion\":\"go1.19.8\",\"took\":7}"
            ),
            "{\"queueTime\":0,\"execTime\": 0.001,\"evaluationTime\":0.000422186,\"goVersion\":\"go1.26.0\",\"took\":1}"
        );
        let (a, b) = ("0a1b2c3d-0000-4000-8000-0123456789ab", "ffffffff-0000-4000-8000-0123456789ab");
        assert_eq!(
            normalised(&format!("{b} {a} {b}")),
            "00000000-0000-4000-8000-000000000001 00000000-0000-4000-8000-000000000002 \
             00000000-0000-4000-8000-000000000001"
        );
    }

    #[test]
    fn placeholders_go_both_ways() {
        let mut normaliser = Normaliser::new();
        let (real, standin) = ("0a1b2c3d-0000-4000-8000-0123456789ab", "5eed0000-0000-4000-8000-000000000001");
        normaliser.add(&[(real.into(), standin.into()), ("127.0.0.1:4711".into(), "127.0.0.1:9090".into())]);
        assert_eq!(normaliser.with_real_ids(&format!("/silence/{standin}")), format!("/silence/{real}"));
        let body = format!("{real} http://127.0.0.1:4711/");
        assert_eq!(normaliser.normalised(body.as_bytes(), &[]), format!("{standin} http://127.0.0.1:9090/").as_bytes());
        assert_eq!(normaliser.normalised(b"\xff 1", &[]), b"\xff 1");
    }

    #[test]
    fn annotations_are_sorted_and_counted() {
        let text = r#""warnings":["got 1.7 (1:40)","2 more warning annotations omitted","got 1.2 (1:20)"]"#;
        assert_eq!(
            numbered_annotations(text),
            r#""warnings":["got 2 (1:1)","got 3 (1:2)","2 more warning annotations omitted"]"#
        );
    }
}
