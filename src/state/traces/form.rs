//! The search form: texts as a person types them and as the address holds them, and the query that they mean.

use crate::{
    base::{number, time::Range},
    model::trace::{TraceId, TraceQuery},
    state::url::Params,
};

/// How many traces are asked for where the form does not say.
pub const DEFAULT_LIMIT: u32 = 50;
/// More than any page can show; servers cut earlier.
pub const MAX_LIMIT: u32 = 10_000;

/// The fields, each as text.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SearchForm {
    pub service: String,
    pub operation: String,
    /// `key=value`, in the manner of logfmt.
    pub tags: String,
    pub min: String,
    pub max: String,
    pub limit: String,
}

/// A field that cannot be understood.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct FormProblem {
    pub field: &'static str,
    pub message: String,
}

const FIELDS: [&str; 6] = ["service", "operation", "tags", "min", "max", "limit"];

impl SearchForm {
    fn values(&self) -> [&String; 6] {
        let Self { service, operation, tags, min, max, limit } = self;
        [service, operation, tags, min, max, limit]
    }

    pub fn from_params(params: &Params) -> Self {
        let [service, operation, tags, min, max, limit] =
            FIELDS.map(|field| params.get(field).unwrap_or_default().to_owned());
        Self { service, operation, tags, min, max, limit }
    }

    /// Writes the fields into an address, which keeps its other keys.
    pub fn to_params(&self, params: Params) -> Params {
        FIELDS.iter().zip(self.values()).fold(params, |params, (field, value)| {
            params.with(field, (!value.trim().is_empty()).then_some(value.trim()))
        })
    }

    /// The guide's search: `create_agent` of `agentarea-api`, one second or slower.
    pub fn slow_requests() -> Self {
        Self {
            service: "agentarea-api".to_owned(),
            operation: "create_agent".to_owned(),
            min: "1s".to_owned(),
            ..Self::default()
        }
    }

    pub fn to_query(&self, range: Range) -> Result<TraceQuery, FormProblem> {
        let Self { service, operation, tags, min, max, limit } = self;
        let duration = |field: &'static str, text: &str| -> Result<Option<i64>, FormProblem> {
            if text.trim().is_empty() {
                return Ok(None);
            }
            let message =
                || format!("\u{201c}{}\u{201d} is not a duration: write 1s, 200ms, 1.5s or 1m30s", text.trim());
            parse_duration_ns(text).map(Some).ok_or_else(|| FormProblem { field, message: message() })
        };
        let (min_duration_ns, max_duration_ns) = (duration("min", min)?, duration("max", max)?);
        if let (Some(min_ns), Some(max_ns)) = (min_duration_ns, max_duration_ns)
            && min_ns > max_ns
        {
            return Err(FormProblem { field: "max", message: "the longest is shorter than the shortest".to_owned() });
        }
        let limit = match limit.trim() {
            "" => DEFAULT_LIMIT,
            text => text.parse().ok().filter(|limit| (1..=MAX_LIMIT).contains(limit)).ok_or_else(|| FormProblem {
                field: "limit",
                message: format!("write a number from 1 to {MAX_LIMIT}"),
            })?,
        };
        let some = |text: &str| (!text.trim().is_empty()).then(|| text.trim().to_owned());
        Ok(TraceQuery {
            service: some(service),
            operation: some(operation),
            tags: parse_tags(tags)?,
            min_duration_ns,
            max_duration_ns,
            start_ns: range.start_ms.saturating_mul(1_000_000),
            end_ns: range.end_ms.saturating_mul(1_000_000),
            limit,
        })
    }
}

const UNITS: [(&str, f64); 8] = [
    ("ns", 1.0),
    ("us", 1e3),
    ("\u{b5}s", 1e3),
    ("\u{3bc}s", 1e3),
    ("ms", 1e6),
    ("s", 1e9),
    ("m", 60e9),
    ("h", 3600e9),
];

/// Reads a duration with units, as Jaeger and Go write it: `1.5s`, `200ms`, `1m30s`. `None` where it is none.
pub fn parse_duration_ns(text: &str) -> Option<i64> {
    let mut rest = text.trim();
    let mut total_ns = 0.0;
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (amount, tail) = rest.split_at(digits);
        let letters = tail.find(|c: char| c.is_ascii_digit() || c == '.' || c == ' ').unwrap_or(tail.len());
        let (unit, tail) = tail.split_at(letters);
        let (_, unit_ns) = UNITS.iter().find(|(name, _)| *name == unit)?;
        total_ns += number::parse(amount)? * unit_ns;
        rest = tail.trim_start();
    }
    (total_ns < 9e18).then_some(total_ns.round() as i64)
}

/// Reads `key=value other="with spaces" flag`, as logfmt has it; a key alone is `true`.
pub fn parse_tags(text: &str) -> Result<Vec<(String, String)>, FormProblem> {
    let problem = |message: String| FormProblem { field: "tags", message };
    let mut tags = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let key_end = rest.find(|c: char| c == '=' || c.is_whitespace()).unwrap_or(rest.len());
        let (key, tail) = rest.split_at(key_end);
        if key.is_empty() || key.contains('"') {
            let shown: String = rest.chars().take(20).collect();
            return Err(problem(format!("there is no key before \u{201c}{shown}\u{201d}: write key=value")));
        }
        let Some(tail) = tail.strip_prefix('=') else {
            tags.push((key.to_owned(), "true".to_owned()));
            rest = tail.trim_start();
            continue;
        };
        let (value, tail) = if let Some(quoted) = tail.strip_prefix('"') {
            quoted_value(quoted).ok_or_else(|| problem(format!("the quote after {key}= is not closed")))?
        } else {
            let end = tail.find(char::is_whitespace).unwrap_or(tail.len());
            let (value, tail) = tail.split_at(end);
            (value.to_owned(), tail)
        };
        tags.push((key.to_owned(), value));
        rest = tail.trim_start();
    }
    Ok(tags)
}

/// The text up to the closing quote, and what follows it.
fn quoted_value(text: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return Some((value, text.get(at + 1..).unwrap_or_default())),
            '\\' => value.push(chars.next()?.1),
            c => value.push(c),
        }
    }
    None
}

/// The trace that a text names: an id of 16 or 32 hexadecimal digits, alone or in an address.
pub fn trace_id_in(text: &str) -> Option<TraceId> {
    text.split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|part| matches!(part.len(), 16 | 32))
        .find_map(TraceId::parse)
}

/// Writes a tag so that [`parse_tags`] reads it back.
pub fn tag_text(key: &str, value: &str) -> String {
    let is_plain = !value.is_empty() && !value.contains(|c: char| c.is_whitespace() || c == '"' || c == '\\');
    if is_plain {
        format!("{key}={value}")
    } else {
        format!("{key}=\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\""))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RANGE: Range = Range { start_ms: 1_000, end_ms: 2_000 };

    #[test]
    fn durations_have_units() {
        let check = |text: &str, expect: Option<i64>| assert_eq!(parse_duration_ns(text), expect, "{text}");
        check("1s", Some(1_000_000_000));
        check(" 1.5s ", Some(1_500_000_000));
        check("1m30s", Some(90_000_000_000));
        check("1m 30s", Some(90_000_000_000));
        check("200ms", Some(200_000_000));
        check("3\u{b5}s", Some(3_000));
        check("3us", Some(3_000));
        check("7ns", Some(7));
        check("0s", Some(0));
        for wrong in ["", "1", "s", "1x", "-1s", "1.2.3s", "999999999999h", "1s2"] {
            check(wrong, None);
        }
    }

    #[test]
    fn ids_are_found_in_what_is_pasted() {
        let check = |text: &str, expect: Option<u128>| assert_eq!(trace_id_in(text).map(|id| id.0), expect, "{text}");
        check(" 4bf92f3577b34da6 ", Some(0x4bf9_2f35_77b3_4da6));
        check("https://x/trace/000000000000000000000000000000ab?uiFind=1", Some(0xab));
        check(
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            Some(0x4bf9_2f35_77b3_4da6_a3ce_929d_0e0e_4736),
        );
        check("agentarea-api", None);
        check("4bf92f3577b34da", None);
        check("", None);
    }

    #[test]
    fn tags_are_logfmt() {
        let check = |text: &str, expect: &[(&str, &str)]| {
            let expect: Vec<_> = expect.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
            assert_eq!(parse_tags(text), Ok(expect), "{text}");
        };
        check("", &[]);
        check("error=true  http.status_code=500", &[("error", "true"), ("http.status_code", "500")]);
        check(r#"db.statement="SELECT \"a\" = 1" x="""#, &[("db.statement", r#"SELECT "a" = 1"#), ("x", "")]);
        check("error", &[("error", "true")]);
        check("a=b=c", &[("a", "b=c")]);
        assert_eq!(parse_tags("a=\"x").map_err(|e| e.message), Err("the quote after a= is not closed".to_owned()));
        assert!(parse_tags("=x").is_err() && parse_tags("\"a\"=x").is_err());
        for (key, value) in [("a", "b"), ("a", ""), ("a", "x y"), ("a", r#"q"\"#), ("a", "ü=1")] {
            assert_eq!(parse_tags(&tag_text(key, value)), Ok(vec![(key.to_owned(), value.to_owned())]));
        }
    }

    #[test]
    fn a_form_is_an_address_and_a_query() {
        let form = SearchForm { tags: "error=true".to_owned(), limit: "20".to_owned(), ..SearchForm::slow_requests() };
        let params = form.to_params(Params::parse("?from=now-1h&limit=7"));
        assert_eq!(
            params.to_query(),
            "?from=now-1h&service=agentarea-api&operation=create_agent&tags=error%3Dtrue&min=1s&limit=20"
        );
        assert_eq!(SearchForm::from_params(&params), form);
        let query = form.to_query(RANGE).unwrap();
        assert_eq!(
            (query.service.as_deref(), query.min_duration_ns, query.limit),
            (Some("agentarea-api"), Some(1_000_000_000), 20)
        );
        assert_eq!((query.start_ns, query.end_ns), (1_000_000_000, 2_000_000_000));
        assert_eq!(
            SearchForm::default().to_query(RANGE).map(|query| (query.service, query.limit)),
            Ok((None, DEFAULT_LIMIT))
        );
    }

    #[test]
    fn what_cannot_be_understood_names_its_field() {
        let check = |form: SearchForm, field: &str| assert_eq!(form.to_query(RANGE).unwrap_err().field, field);
        let text = |text: &str| text.to_owned();
        check(SearchForm { min: text("fast"), ..SearchForm::default() }, "min");
        check(SearchForm { min: text("2s"), max: text("1s"), ..SearchForm::default() }, "max");
        check(SearchForm { limit: text("0"), ..SearchForm::default() }, "limit");
        check(SearchForm { limit: text("many"), ..SearchForm::default() }, "limit");
        check(SearchForm { tags: text("=1"), ..SearchForm::default() }, "tags");
    }
}
