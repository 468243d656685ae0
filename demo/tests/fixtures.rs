//! The fixtures of `tests/fixtures`: each is well-formed, small and accounted for, and each quirk of the backends that the
//! clients must bear is shown by one.
//!
//! Invariant: a line of the catalogue fails on an ordinary answer; a quirk that is lost at the next capture is noticed here.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;

use agentarea_demo::capture::fixture_names;
use serde_json::Value;

const MAX_BYTES: usize = 64 << 10;

struct Answer {
    headers: BTreeMap<String, String>,
    body: String,
}

impl Answer {
    fn read(bytes: &[u8]) -> Result<Self, String> {
        let text = std::str::from_utf8(bytes).map_err(|error| error.to_string())?;
        let (head, body) = text.split_once("\n\n").ok_or("there is no empty line")?;
        let mut headers = BTreeMap::new();
        for line in head.lines() {
            let (key, value) = line.split_once(':').ok_or(format!("{line:?} is no header"))?;
            headers.insert(key.to_owned(), value.trim().to_owned());
        }
        Ok(Self { headers, body: body.to_owned() })
    }

    fn status(&self) -> u16 {
        self.headers["status"].parse().unwrap()
    }

    fn is_text(&self) -> bool {
        self.headers["content-type"].starts_with("text/")
    }

    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_default()
    }

    fn at(&self, pointer: &str) -> Value {
        self.json().pointer(pointer).cloned().unwrap_or_default()
    }

    fn list(&self, pointer: &str) -> Vec<Value> {
        self.at(pointer).as_array().cloned().unwrap_or_default()
    }

    fn has(&self, text: &str) -> bool {
        self.body.contains(text)
    }
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures")
}

/// `backend/version/name` of every fixture, with its bytes.
fn all() -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    for backend in fs::read_dir(root()).unwrap().flatten().filter(|entry| entry.path().is_dir()) {
        for version in fs::read_dir(backend.path()).unwrap().flatten().filter(|entry| entry.path().is_dir()) {
            for file in fs::read_dir(version.path()).unwrap().flatten() {
                let path = file.path();
                if path.extension().is_some_and(|extension| extension == "http") {
                    let name = path.with_extension("").strip_prefix(root()).unwrap().to_str().unwrap().to_owned();
                    found.insert(name, fs::read(&path).unwrap());
                }
            }
        }
    }
    assert!(found.len() > 150, "only {} fixtures found", found.len());
    found
}

fn spans(answer: &Answer) -> Vec<Value> {
    answer.list("/data/0/spans")
}

fn v3_spans(answer: &Answer) -> Vec<Value> {
    let scopes = answer.list("/result/resourceSpans").into_iter().filter_map(|r| r["scopeSpans"].as_array().cloned());
    scopes.flatten().filter_map(|scope| scope["spans"].as_array().cloned()).flatten().collect()
}

fn tag_types(answer: &Answer) -> Vec<(String, Value)> {
    let tags = spans(answer).into_iter().filter_map(|span| span["tags"].as_array().cloned()).flatten();
    tags.map(|tag| (tag["type"].as_str().unwrap_or_default().to_owned(), tag["value"].clone())).collect()
}

fn warnings(answer: &Answer) -> Vec<String> {
    let all = spans(answer).into_iter().filter_map(|span| span["warnings"].as_array().cloned()).flatten();
    all.filter_map(|warning| warning.as_str().map(str::to_owned)).collect()
}

fn entries(answer: &Answer) -> Vec<Value> {
    let streams = answer.list("/data/result").into_iter().filter_map(|stream| stream["values"].as_array().cloned());
    streams.flatten().collect()
}

fn texts(values: &[Value], key: &str) -> Vec<String> {
    values.iter().filter_map(|value| value[key].as_str().map(str::to_owned)).collect()
}

fn has_duplicates(mut texts: Vec<String>) -> bool {
    texts.sort();
    texts.windows(2).any(|pair| pair[0] == pair[1])
}

type Line = (&'static str, &'static str, fn(&Answer) -> bool);

#[rustfmt::skip]
const CATALOGUE: &[Line] = &[
    // Prometheus
    ("prometheus/3.16/matrix_histograms_only", "series with histograms and no values", |a| a.list("/data/result").iter().any(|s| s.get("values").is_none() && s["histograms"].is_array())),
    ("prometheus/3.16/matrix_values_and_histograms", "a series with values and histograms", |a| a.list("/data/result").iter().any(|s| s["values"].is_array() && s["histograms"].is_array())),
    ("prometheus/3.16/vector_with_histogram", "samples with value and with histogram", |a| { let r = a.list("/data/result"); r.iter().any(|s| s.get("value").is_some()) && r.iter().any(|s| s.get("histogram").is_some()) }),
    ("prometheus/2.42/matrix_odd_values", "NaN and both infinities as text", |a| ["\"NaN\"", "\"+Inf\"", "\"-Inf\"", "\"1e-07\"", "\"1e+21\""].iter().all(|t| a.has(t))),
    ("prometheus/3.16/matrix_odd_values", "NaN and both infinities as text", |a| ["\"NaN\"", "\"+Inf\"", "\"-Inf\""].iter().all(|t| a.has(t))),
    ("prometheus/2.42/exemplars_without_selector", "204 without a body", |a| a.status() == 204 && a.body.is_empty()),
    ("prometheus/3.16/exemplars_without_selector", "204 without a body", |a| a.status() == 204 && a.body.is_empty()),
    ("prometheus/3.16/exemplars", "the trace id's label in three spellings", |a| ["trace_id", "traceID", "traceId"].iter().all(|t| a.has(&format!("\"{t}\"")))),
    ("prometheus/3.16/execution_error", "422", |a| a.status() == 422 && a.at("/errorType") == "execution"),
    ("prometheus/documented/canceled_499", "499", |a| a.status() == 499),
    ("prometheus/documented/timeout_503", "503 as JSON", |a| a.status() == 503 && a.at("/errorType") == "timeout"),
    ("prometheus/2.42/not_ready", "503 as text", |a| a.status() == 503 && a.is_text()),
    ("prometheus/3.16/not_ready_query", "503 as text", |a| a.status() == 503 && a.is_text()),
    ("prometheus/3.16/warnings_and_infos_capped", "ten of each and how many more", |a| ["warnings", "infos"].iter().all(|k| { let l = a.list(&format!("/{k}")); l.len() == 11 && l.iter().any(|t| t.as_str().is_some_and(|t| t.contains("more") && t.contains("omitted"))) })),
    ("prometheus/3.16/infos", "infos apart from warnings", |a| !a.list("/infos").is_empty() && a.at("/warnings").is_null()),
    ("prometheus/3.16/results_truncated", "a limit shows as a warning only", |a| a.list("/warnings").iter().any(|t| t == "results truncated due to limit") && a.at("/status") == "success"),
    ("prometheus/documented/data_beside_error", "data beside an error", |a| a.at("/status") == "error" && a.at("/data").is_object()),
    ("prometheus/3.16/rules", "a rule of unknown state", |a| a.list("/data/groups").iter().any(|g| g["rules"][0]["state"] == "unknown")),
    ("prometheus/3.16/rules_without_alerts", "alerts are null", |a| a.list("/data/groups").iter().any(|g| g["rules"].as_array().is_some_and(|r| r.iter().any(|r| r.get("alerts").is_some_and(Value::is_null))))),
    ("prometheus/3.16/rules_page", "a page of rules with a token", |a| a.list("/data/groups").len() == 1 && a.at("/data/groupNextToken").is_string()),
    ("prometheus/3.16/rules_page_stale", "a stale token is refused", |a| a.status() == 400),
    ("prometheus/3.16/matrix_names_in_utf8", "a metric's and a label's name with dots", |a| { let m = a.at("/data/result/0/metric"); m["__name__"].as_str().is_some_and(|n| n.contains('.')) && m.as_object().is_some_and(|m| m.keys().any(|k| k.contains('.'))) }),
    ("prometheus/2.42/le_spelled_twice", "le as 5 and as 5.0", |a| a.has("\"le\":\"5\"") && a.has("\"le\":\"5.0\"")),
    ("prometheus/documented/matrix_negative_time", "times before 1970", |a| a.list("/data/result/0/values").iter().any(|v| v[0].as_f64().is_some_and(|t| t < 0.0))),
    // Loki
    ("loki/3.7/streams", "two-tuples, metadata flattened into the stream", |a| { let e = entries(a); e.len() == 4 && e.iter().all(|e| e.as_array().is_some_and(|e| e.len() == 2)) && a.list("/data/result").len() > 1 }),
    ("loki/3.7/streams_categorized", "three-tuples, {} among them", |a| { let e = entries(a); e.iter().all(|e| e.as_array().is_some_and(|e| e.len() == 3)) && e.iter().any(|e| e[2] == serde_json::json!({})) && e.iter().any(|e| e[2]["structuredMetadata"].is_object()) && a.at("/data/encodingFlags").is_array() }),
    ("loki/3.7/streams_detected_level", "detected_level beside level", |a| entries(a).iter().any(|e| e[2]["structuredMetadata"]["detected_level"].is_string())),
    ("loki/3.7/streams_parsed_categorized", "parsed labels apart", |a| entries(a).iter().any(|e| e[2]["parsed"].is_object())),
    ("loki/3.7/streams_parsed", "__error__ inside a success", |a| a.at("/status") == "success" && a.has("__error__")),
    ("loki/3.7/streams_burst", "a moment with more lines than the limit", |a| { let e = entries(a); e.len() == 3 && e.iter().all(|x| x[0] == e[0][0]) }),
    ("loki/3.7/streams_asked_in_ms", "milliseconds find nothing", |a| a.at("/status") == "success" && a.at("/data/resultType") == "streams" && entries(a).is_empty()),
    ("loki/3.7/streams_end_is_exclusive", "the end is exclusive", |a| a.at("/data/resultType") == "streams" && entries(a).is_empty()),
    ("loki/3.7/bad_query", "400 as text", |a| a.status() == 400 && a.is_text()),
    ("loki/3.7/limit_too_large", "400 as text", |a| a.status() == 400 && a.is_text() && a.has("5000")),
    ("loki/3.7/instant_log_query", "400 as text", |a| a.status() == 400 && a.is_text()),
    ("loki/documented/too_many_requests_429", "429 as text", |a| a.status() == 429 && a.is_text()),
    ("loki/documented/timeout_504", "504 as text", |a| a.status() == 504 && a.is_text()),
    ("loki/3.7/matrix", "stats of this version", |a| a.at("/data/resultType") == "matrix" && a.at("/data/stats/querier/store/chunk").is_object()),
    ("loki/documented/stats_at_top_level", "stats of an old version", |a| a.at("/data/stats/store").is_object()),
    ("loki/3.7/vector", "a vector", |a| a.at("/data/resultType") == "vector" && a.at("/data/result/0/value/1").is_string()),
    ("loki/3.7/scalar", "a scalar", |a| a.at("/data/resultType") == "scalar" && a.at("/data/result/1").is_string()),
    ("loki/3.7/index_stats", "no envelope", |a| a.at("/streams").is_number() && a.at("/bytes").as_u64().is_some_and(|bytes| bytes > 0) && a.at("/status").is_null()),
    ("loki/3.7/detected_labels", "no envelope, a key of its own", |a| !a.list("/detectedLabels").is_empty()),
    ("loki/3.7/detected_fields", "no envelope", |a| !a.list("/fields").is_empty() && a.at("/status").is_null()),
    ("loki/3.7/patterns", "counts are numbers", |a| a.at("/data/0/pattern").is_string() && a.at("/data/0/samples/0/1").is_number()),
    ("loki/3.7/labels_none", "no data, no key", |a| a.headers["ask"] == "labels" && a.at("/status") == "success" && a.json().get("data").is_none()),
    ("loki/3.7/scalar", "a time that means nothing", |a| a.at("/data/result/0").as_i64().is_some_and(|t| t < 0)),
    ("loki/3.7/drilldown_limits", "401 as text", |a| a.status() == 401 && a.is_text()),
    ("loki/3.7/too_many_points", "400 as text", |a| a.status() == 400 && a.is_text()),
    ("loki/3.7/volume", "volumes as a vector", |a| a.at("/data/resultType") == "vector" && a.headers["ask"] == "volume"),
    ("loki/3.7/ready", "text", |a| a.status() == 200 && a.is_text() && a.body.trim() == "ready"),
    ("loki/documented/tail_dropped_entries", "dropped entries of a tail", |a| a.list("/dropped_entries").iter().any(|e| e["timestamp"].is_string())),
    // Jaeger
    ("jaeger/1.76/services", "errors are null", |a| a.json().get("errors").is_some_and(Value::is_null) && a.at("/data").is_array()),
    ("jaeger/1.76/trace_short_id", "warnings are null; 16 digits", |a| a.at("/data/0/traceID").as_str().is_some_and(|id| id.len() == 16) && spans(a).iter().all(|s| s["warnings"].is_null())),
    ("jaeger/documented/trace_nulls", "tags, logs, fields and references are null", |a| spans(a).iter().any(|s| s["tags"].is_null() && s["logs"].is_null() && s["references"].is_null()) && a.has("\"fields\":null")),
    ("jaeger/1.76/trace", "an int64 as text beyond 2^53, as a number within", |a| { let t = tag_types(a); t.iter().any(|(k, v)| k == "int64" && v.is_string()) && t.iter().any(|(k, v)| k == "int64" && v.is_number()) }),
    ("jaeger/1.76/trace", "a binary tag", |a| tag_types(a).iter().any(|(kind, value)| kind == "binary" && value == "AP/+")),
    ("jaeger/documented/trace_missing_process", "a span without its process", |a| spans(a).iter().any(|s| a.at("/data/0/processes").get(s["processID"].as_str().unwrap()).is_none())),
    ("jaeger/1.76/trace", "a span id twice", |a| has_duplicates(texts(&spans(a), "spanID"))),
    ("jaeger/1.76/trace_cycle", "spans that are each other's parents", |a| { let s = spans(a); s.len() == 2 && s[0]["references"][0]["spanID"] == s[1]["spanID"] && s[1]["references"][0]["spanID"] == s[0]["spanID"] }),
    ("jaeger/1.76/trace", "a reference to another trace", |a| spans(a).iter().any(|s| s["references"].as_array().is_some_and(|r| r.iter().any(|r| r["refType"] == "FOLLOWS_FROM" && r["traceID"] != s["traceID"])))),
    ("jaeger/1.76/trace", "an orphan", |a| { let ids = texts(&spans(a), "spanID"); spans(a).iter().any(|s| s["references"][0]["spanID"].as_str().is_some_and(|p| !ids.iter().any(|id| id == p))) }),
    ("jaeger/1.76/trace", "a start at 0", |a| spans(a).iter().any(|s| s["startTime"] == 0)),
    ("jaeger/1.76/trace_skew", "a warning of adjusted clocks", |a| warnings(a).iter().any(|w| w.contains("adjusted by"))),
    ("jaeger/1.76/trace_unknown", "404 in JSON that calls itself text", |a| a.status() == 404 && a.is_text() && a.at("/errors/0/code") == 404 && a.at("/data").is_null()),
    ("jaeger/1.76/traces_of_ids", "data and errors in one answer", |a| a.list("/data").len() == 1 && a.at("/errors/0/traceID").is_string()),
    ("jaeger/1.76/path_unknown", "a page with 200 for an unknown path", |a| a.status() == 200 && a.headers["content-type"].starts_with("text/html")),
    ("jaeger/1.76/metrics_disabled", "501", |a| a.status() == 501),
    ("jaeger/documented/metrics_latencies", "NaN as text, zero left out", |a| a.has("\"doubleValue\":\"NaN\"") && a.has("\"gaugeValue\":{}")),
    ("jaeger/1.76/v3_trace", "zeros are left out", |a| v3_spans(a).iter().any(|s| s.get("kind").is_none() && s.get("startTimeUnixNano").is_none())),
    ("jaeger/1.76/v3_trace", "int64 as text, hex ids, kinds as numbers", |a| a.has("\"intValue\":\"200\"") && v3_spans(a).iter().any(|s| s["kind"].is_number() && s["traceId"].as_str().is_some_and(|id| id.len() == 32))),
    ("jaeger/1.76/v3_trace", "@jaeger@warnings", |a| a.has("@jaeger@warnings")),
    ("jaeger/1.76/v3_traces_none", "404 No traces found", |a| a.status() == 404 && a.at("/error/message") == "No traces found"),
    ("jaeger/1.76/v3_traces_merged", "several traces in one result", |a| texts(&v3_spans(a), "traceId").into_iter().collect::<BTreeSet<_>>().len() > 1),
    ("jaeger/1.76/v3_services", "JSON that calls itself text", |a| a.status() == 200 && a.is_text() && a.at("/services").is_array()),
    ("jaeger/documented/trace_several_references", "a parent that is not the first reference, and a warning about the trace", |a| spans(a).iter().any(|s| s["references"].as_array().is_some_and(|r| r.len() == 3 && r[1]["refType"] == "FOLLOWS_FROM")) && !a.list("/data/0/warnings").is_empty()),
    ("jaeger/documented/trace_keys_in_another_order", "processes first, ids last, an escaped name", |a| a.has("\\u0065") && a.body.find("\"processes\"") < a.body.find("\"spans\"") && spans(a).len() == 3),
    ("jaeger/documented/v3_trace_base64_ids", "ids in Base64", |a| v3_spans(a).iter().any(|s| s["spanId"].as_str().is_some_and(|id| id.ends_with('=')))),
    ("jaeger/documented/v3_trace_without_service", "no service, lists and maps as values, no end", |a| a.has("arrayValue") && a.has("kvlistValue") && v3_spans(a).iter().any(|s| s.get("endTimeUnixNano").is_none())),
    ("jaeger/documented/v3_summaries_none", "no summaries, no key", |a| a.headers["ask"] == "v3_trace_summaries" && a.json() == serde_json::json!({})),
    ("jaeger/documented/v3_summaries", "zeros are left out", |a| a.list("/summaries").iter().any(|s| s.get("errorSpanCount").is_none())),
    ("jaeger/documented/v3_summaries_old_spelling", "traceID instead of traceId", |a| a.at("/summaries/0/traceID").is_string()),
    // Alertmanager
    ("alertmanager/0.25/alerts", "no mutedBy", |a| !a.list("").is_empty() && a.list("").iter().all(|alert| alert["status"].get("mutedBy").is_none())),
    ("alertmanager/documented/alerts_muted", "mutedBy", |a| a.at("/0/status/mutedBy").is_array()),
    ("alertmanager/0.25/groups", "one fingerprint in two receivers", |a| { let mut seen = BTreeMap::<String, BTreeSet<String>>::new(); for g in a.list("") { for f in texts(g["alerts"].as_array().unwrap(), "fingerprint") { seen.entry(f).or_default().insert(g["receiver"]["name"].to_string()); } } seen.values().any(|r| r.len() == 2) }),
    ("alertmanager/0.25/alerts_bad_filter", "an error as a JSON string", |a| a.status() == 400 && a.json().is_string()),
    ("alertmanager/0.25/silence_without_matchers", "an error as an object", |a| a.status() == 422 && a.at("/code").is_number()),
    ("alertmanager/0.25/silences", "all three states", |a| ["active", "pending", "expired"].iter().all(|s| a.list("").iter().any(|x| x["status"]["state"] == *s))),
    ("alertmanager/0.25/silence_unknown", "404 without a body", |a| a.status() == 404 && a.body.is_empty()),
    ("alertmanager/0.25/silence_expired", "200 without a body", |a| a.status() == 200 && a.body.is_empty() && a.headers["ask"] == "expire_silence"),
    ("alertmanager/0.25/silence_replaced_under_a_new_id", "a new id for a changed silence", |a| a.at("/silenceID").as_str().is_some_and(|id| id != "5eed0000-0000-4000-8000-000000000001")),
    ("alertmanager/0.25/alerts_bad_flag", "what is no boolean is taken as false", |a| a.status() == 200 && a.list("").iter().all(|x| x["status"]["state"] != "active") && !a.list("").is_empty()),
    ("alertmanager/documented/silences_without_matchers", "a silence without matchers", |a| a.at("/0/matchers") == serde_json::json!([])),
    ("alertmanager/documented/silences_without_is_equal", "a matcher without isEqual", |a| a.at("/0/matchers/0").get("isEqual").is_none() && a.at("/0/matchers/0").is_object()),
    ("alertmanager/documented/groups_route_labels", "labels of the route", |a| a.at("/0/routeLabels").is_object()),
    // Zipkin
    ("zipkin/3.5/trace", "a shared span with the client's id", |a| a.list("").iter().any(|s| s["shared"] == true) && has_duplicates(texts(&a.list(""), "id"))),
    ("zipkin/3.5/trace", "no timestamp, no kind, an empty error", |a| a.list("").iter().any(|s| s.get("timestamp").is_none()) && a.list("").iter().any(|s| s.get("kind").is_none() && s["tags"]["error"] == "")),
    ("zipkin/3.5/trace_unknown", "404 as text", |a| a.status() == 404 && a.is_text() && a.body.trim().ends_with("not found")),
    ("zipkin/3.5/trace_short_id", "a short id is padded", |a| a.at("/0/traceId").as_str().is_some_and(|id| id.len() == 16)),
    // Tempo
    ("tempo/documented/search", "an id without leading zeros, numbers as text", |a| a.at("/traces/0/traceID").as_str().is_some_and(|id| id.len() == 16) && a.at("/metrics/inspectedBytes").is_string()),
    ("tempo/documented/trace_v1_base64_ids", "ids in base64", |a| a.at("/batches/0/scopeSpans/0/spans/0/traceId").as_str().is_some_and(|id| id.ends_with('='))),
    ("tempo/documented/trace_unknown", "404 as text", |a| a.status() == 404 && a.is_text()),
    // Elasticsearch
    ("elasticsearch/7.17/search_counted_to_a_limit", "a count that is a lower bound", |a| a.at("/hits/total/relation") == "gte"),
    ("elasticsearch/7.17/search_shard_failed", "a part failed, with 200", |a| a.status() == 200 && a.at("/_shards/failed").as_u64().is_some_and(|n| n > 0)),
    ("elasticsearch/7.17/search_unknown_index", "an error's shape", |a| a.status() == 404 && a.at("/error/type").is_string() && a.at("/error/root_cause").is_array()),
    ("elasticsearch/7.17/search_too_deep", "not beyond 10000", |a| a.status() == 400 && a.has("10000")),
    ("elasticsearch/7.17/search_next_page", "a page after another", |a| a.at("/hits/hits/0/sort/1").is_number()),
    ("elasticsearch/7.17/search_first_page", "sort values beyond 2^53", |a| a.at("/hits/hits/0/sort/0").as_u64().is_some_and(|value| value > 1 << 53)),
    ("elasticsearch/7.17/search_uncounted", "no count", |a| a.list("/hits/hits").len() == 1 && a.at("/hits/total").is_null()),
    ("elasticsearch/7.17/search", "nested and dotted trace ids, times as text and as numbers", |a| a.has("\"trace\":{\"id\"") && a.has("\"trace.id\"") && a.has("\"@timestamp\":1767312000123") && a.has("\"@timestamp\":\"2026")),
];

#[test]
fn every_quirk_is_shown() {
    let files = all();
    let mut lost = Vec::new();
    for (name, quirk, shows) in CATALOGUE {
        match files.get(*name).map(|bytes| Answer::read(bytes)) {
            None => lost.push(format!("{name}: there is no such fixture ({quirk})")),
            Some(Err(error)) => lost.push(format!("{name}: {error}")),
            Some(Ok(answer)) if !shows(&answer) => lost.push(format!("{name}: does not show: {quirk}")),
            Some(Ok(_)) => {}
        }
    }
    assert!(lost.is_empty(), "{}", lost.join("\n"));
}

#[test]
fn an_ordinary_answer_shows_no_quirk() {
    for body in [
        "{\"status\":\"success\",\"data\":{\"resultType\":\"streams\",\"result\":[{\"values\":[[\"1\",\"a\"]]}]}}",
        "[]",
        "{}",
    ] {
        let ordinary =
            Answer::read(format!("ask: x\nstatus: 200\ncontent-type: application/json\n\n{body}").as_bytes());
        let ordinary = ordinary.unwrap();
        for (name, quirk, shows) in CATALOGUE {
            assert!(!shows(&ordinary), "{name}: {quirk} would be found in {body}");
        }
    }
}

#[test]
fn every_fixture_is_well_formed_and_small() {
    let mut mistakes = Vec::new();
    for (name, bytes) in all() {
        let mut mistake = |what: String| mistakes.push(format!("{name}: {what}"));
        if bytes.len() >= MAX_BYTES {
            mistake(format!("{} bytes are too many", bytes.len()));
        }
        let answer = match Answer::read(&bytes) {
            Ok(answer) => answer,
            Err(error) => {
                mistake(error);
                continue;
            }
        };
        for key in ["ask", "status", "content-type"] {
            if !answer.headers.contains_key(key) {
                mistake(format!("there is no {key}"));
            }
        }
        if answer.headers.get("status").is_none_or(|status| status.parse::<u16>().is_err()) {
            mistake("its status is no number".into());
        }
        let is_json = answer.headers.get("content-type").is_some_and(|kind| kind.starts_with("application/json"));
        // Of the hand-made ones, some are broken on purpose.
        if is_json && !name.contains("/documented/") && serde_json::from_str::<Value>(&answer.body).is_err() {
            mistake("its body is not the JSON that it says".into());
        }
    }
    assert!(mistakes.is_empty(), "{}", mistakes.join("\n"));
}

/// What is captured is asked for, what is made by hand is in its folder's README, and the other way round.
#[test]
fn every_fixture_is_accounted_for() {
    let mut found = BTreeMap::<(String, String), BTreeSet<String>>::new();
    for name in all().into_keys() {
        let parts: Vec<&str> = name.split('/').collect();
        found.entry((parts[0].to_owned(), parts[1].to_owned())).or_default().insert(parts[2].to_owned());
    }
    for ((backend, version), names) in found {
        let expected: BTreeSet<String> = if version == "documented" {
            let readme = fs::read_to_string(root().join(&backend).join("documented/README.md")).unwrap_or_default();
            let rows = readme.lines().filter(|line| line.starts_with("| `"));
            let named =
                rows.filter_map(|row| row.split(" | ").next()).flat_map(|cell| cell.split('`').skip(1).step_by(2));
            named.map(str::to_owned).collect()
        } else {
            fixture_names(&backend, &version).into_iter().collect()
        };
        let only_there: Vec<_> = names.difference(&expected).collect();
        let only_named: Vec<_> = expected.difference(&names).collect();
        assert!(
            only_there.is_empty() && only_named.is_empty(),
            "{backend}/{version}: not listed: {only_there:?}; listed, but not there: {only_named:?}"
        );
    }
}
