//! The parameters of searches, and the words in which Jaeger refuses them.

use std::collections::BTreeMap;

use super::go;
use crate::api::Params;

/// Which traces are searched: those in which one span is all of this.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Search {
    pub service: String,
    /// Empty means any.
    pub operation: String,
    pub start_min_ns: i64,
    pub start_max_ns: i64,
    /// 0 means no bound.
    pub duration_min_ns: i64,
    pub duration_max_ns: i64,
    pub tags: BTreeMap<String, String>,
    /// The newest so many; 0 and less mean all.
    pub limit: i64,
    /// As they were given, without adjustments.
    pub is_raw: bool,
}

/// The old API's search, or the traces that it names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OldSearch {
    pub search: Search,
    pub trace_ids: Vec<u128>,
}

/// What a search finds when it says no limit.
const DEFAULT_LIMIT: i64 = 100;

/// How far a search without a start looks back.
const LOOKBACK_NS: i64 = 48 * 3600 * 1_000_000_000;

/// How far dependencies look back.
const DEPENDENCIES_LOOKBACK_MS: i64 = 24 * 3_600_000;

pub const SERVICE_REQUIRED: &str = "parameter 'service' is required";

fn named<T>(name: &str, outcome: Result<T, String>) -> Result<T, String> {
    outcome.map_err(|reason| format!("unable to parse param '{name}': {reason}"))
}

/// A parameter, where it is not empty.
fn given<T>(
    params: &Params,
    name: &'static str,
    read: impl Fn(&str) -> Result<T, String>,
    default: T,
) -> Result<T, String> {
    match params.get(name) {
        "" => Ok(default),
        text => read(text),
    }
}

/// A parameter of the old API, where it is not empty.
fn some<T>(
    params: &Params,
    name: &'static str,
    read: impl Fn(&str) -> Result<T, String>,
    default: T,
) -> Result<T, String> {
    named(name, given(params, name, read, default))
}

fn int(text: &str) -> Result<i64, String> {
    go::int("ParseInt", text, 64)
}

impl OldSearch {
    pub fn read(params: &Params, now_ns: i64) -> Result<Self, String> {
        let micros = |text: &str| int(text).map(|us| us.saturating_mul(1000));
        let start_min_ns = some(params, "start", micros, now_ns.saturating_sub(LOOKBACK_NS))?;
        let start_max_ns = some(params, "end", micros, now_ns)?;
        let tags = tags(params)?;
        let limit = match params.get("limit") {
            "" => DEFAULT_LIMIT,
            text => go::int("ParseInt", text, 32)?,
        };
        let duration_min_ns = some(params, "minDuration", go::duration_ns, 0)?;
        let duration_max_ns = some(params, "maxDuration", go::duration_ns, 0)?;
        let trace_ids = params
            .all("traceID")
            .map(|id| go::trace_id(id).map_err(|reason| format!("cannot parse traceID param: {reason}")))
            .collect::<Result<Vec<_>, _>>()?;
        let is_raw = some(params, "raw", go::bool, false)?;
        let (service, operation) = (params.get("service").to_owned(), params.get("operation").to_owned());
        if trace_ids.is_empty() && service.is_empty() {
            return Err(SERVICE_REQUIRED.to_owned());
        }
        if duration_min_ns != 0 && duration_max_ns != 0 && duration_max_ns < duration_min_ns {
            return Err("'maxDuration' should be greater than 'minDuration'".to_owned());
        }
        let search = Search {
            service,
            operation,
            start_min_ns,
            start_max_ns,
            duration_min_ns,
            duration_max_ns,
            tags,
            limit,
            is_raw,
        };
        Ok(Self { search, trace_ids })
    }
}

fn tags(params: &Params) -> Result<BTreeMap<String, String>, String> {
    let mut tags = BTreeMap::new();
    for pair in params.all("tag") {
        let (key, value) = pair
            .split_once(':')
            .ok_or_else(|| format!("malformed 'tag' parameter, expecting key:value, received: {pair}"))?;
        tags.insert(key.to_owned(), value.to_owned());
    }
    for text in params.all("tags") {
        // Null is no text to us, and to Go an empty one.
        let read: Option<BTreeMap<String, Option<String>>> = serde_json::from_str(text).map_err(|_told_below| {
            format!("malformed 'tags' parameter, cannot unmarshal JSON: {}", go::json_map_error(text))
        })?;
        tags.extend(read.into_iter().flatten().map(|(key, value)| (key, value.unwrap_or_default())));
    }
    Ok(tags)
}

/// Whether the old API shows one trace as it was given. Its times are read and not used: the store has no use for them.
pub fn raw_of_trace(params: &Params) -> Result<bool, String> {
    some(params, "start", int, 0)?;
    some(params, "end", int, 0)?;
    some(params, "raw", go::bool, false)
}

/// From when to when dependencies are asked, in nanoseconds.
pub fn dependencies(params: &Params, now_ns: i64) -> Result<(i64, i64), String> {
    let end_ns = some(params, "endTs", |text| int(text).map(|ms| ms.saturating_mul(1_000_000)), now_ns)?;
    let lookback_ms = some(params, "lookback", int, DEPENDENCIES_LOOKBACK_MS)?;
    Ok((end_ns.saturating_sub(lookback_ms.saturating_mul(1_000_000)), end_ns))
}

/// Whether a question for metrics is one. There is no answer to any.
pub fn metrics(params: &Params, needs_quantile: bool) -> Result<(), String> {
    if needs_quantile {
        named("quantile", go::float(params.get("quantile")))?;
    }
    if params.all("service").next().is_none() {
        return named("service", Err("please provide at least one service name".to_owned()));
    }
    some(params, "groupByOperation", go::bool, false)?;
    let known = ["unspecified", "internal", "server", "client", "producer", "consumer"];
    if let Some(other) = params.all("spanKind").find(|kind| !known.contains(kind)) {
        return named("spanKind", Err(format!("unsupported span kind: '{other}'")));
    }
    for name in ["endTs", "lookback", "step", "ratePer"] {
        some(params, name, int, 0)?;
    }
    Ok(())
}

/// A parameter of v3, where it is not empty.
fn well_formed<T>(
    params: &Params,
    name: &'static str,
    read: impl Fn(&str) -> Result<T, String>,
    default: T,
) -> Result<T, String> {
    given(params, name, read, default).map_err(|reason| format!("malformed parameter {name}: {reason}"))
}

impl Search {
    /// The search of v3, which knows only the old spelling and no attributes.
    pub fn read_v3(params: &Params) -> Result<Self, String> {
        const START_MIN: &str = "query.start_time_min";
        const START_MAX: &str = "query.start_time_max";
        if params.get(START_MIN).is_empty() || params.get(START_MAX).is_empty() {
            return Err(format!("{START_MIN} and {START_MAX} are required"));
        }
        Ok(Self {
            service: params.get("query.service_name").to_owned(),
            operation: params.get("query.operation_name").to_owned(),
            start_min_ns: well_formed(params, START_MIN, go::rfc3339_ns, 0)?,
            start_max_ns: well_formed(params, START_MAX, go::rfc3339_ns, 0)?,
            limit: well_formed(params, "query.num_traces", |text| go::int("Atoi", text, 64), 0)?,
            duration_min_ns: well_formed(params, "query.duration_min", go::duration_ns, 0)?,
            duration_max_ns: well_formed(params, "query.duration_max", go::duration_ns, 0)?,
            tags: BTreeMap::new(),
            is_raw: well_formed(params, "query.raw_traces", go::bool, false)?,
        })
    }
}

/// Whether v3 shows one trace as it was given.
pub fn raw_of_trace_v3(params: &Params) -> Result<bool, String> {
    well_formed(params, "start_time", go::rfc3339_ns, 0)?;
    well_formed(params, "end_time", go::rfc3339_ns, 0)?;
    well_formed(params, "raw_traces", go::bool, false)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn params(text: &str) -> Params {
        let mut params = Params::default();
        params.extend_from(text);
        params
    }

    #[test]
    fn what_is_not_said_has_a_default() {
        let now_ns = 1_767_225_600_000_000_000;
        let OldSearch { search, trace_ids } = OldSearch::read(&params("service=api"), now_ns).unwrap();
        assert!(trace_ids.is_empty() && !search.is_raw);
        assert_eq!((search.limit, search.duration_min_ns, search.duration_max_ns), (100, 0, 0));
        assert_eq!((search.start_min_ns, search.start_max_ns), (now_ns - LOOKBACK_NS, now_ns));
    }

    #[test]
    fn tags_of_both_spellings_are_joined() {
        let text = "service=api&tag=a:b:c&tags=%7B%22d%22:%22e%22,%22f%22:null%7D";
        let found = OldSearch::read(&params(text), 0).unwrap().search.tags;
        let expected = [("a", "b:c"), ("d", "e"), ("f", "")].map(|(key, value)| (key.to_owned(), value.to_owned()));
        assert_eq!(found, BTreeMap::from(expected));
    }

    #[test]
    fn refusals_are_in_jaeger_s_words() {
        for (text, reason) in [
            ("", "parameter 'service' is required"),
            ("service=a&start=x", r#"unable to parse param 'start': strconv.ParseInt: parsing "x": invalid syntax"#),
            ("service=a&limit=x", r#"strconv.ParseInt: parsing "x": invalid syntax"#),
            ("service=a&tag=x", "malformed 'tag' parameter, expecting key:value, received: x"),
            ("service=a&minDuration=2s&maxDuration=1s", "'maxDuration' should be greater than 'minDuration'"),
            ("traceID=x", r#"cannot parse traceID param: strconv.ParseUint: parsing "x": invalid syntax"#),
        ] {
            assert_eq!(OldSearch::read(&params(text), 0).unwrap_err(), reason);
        }
        assert_eq!(
            Search::read_v3(&params("query.start_time_min=2026-01-01T00:00:00Z")).unwrap_err(),
            "query.start_time_min and query.start_time_max are required"
        );
        assert_eq!(
            metrics(&params(""), true).unwrap_err(),
            r#"unable to parse param 'quantile': strconv.ParseFloat: parsing "": invalid syntax"#
        );
        assert_eq!(
            metrics(&params("service=a&spanKind=x"), false).unwrap_err(),
            "unable to parse param 'spanKind': unsupported span kind: 'x'"
        );
    }

    #[test]
    fn dependencies_look_back_from_an_end() {
        assert_eq!(dependencies(&params("endTs=10&lookback=4"), 0), Ok((6_000_000, 10_000_000)));
        assert_eq!(dependencies(&params(""), 5), Ok((5 - 24 * 3_600_000_000_000, 5)));
    }
}
