//! `config.json`, read and checked.
//!
//! Invariant: every mistake is found in one reading and named by its key, with what to write instead. Keys that are not
//! known are notices, not errors, so that a newer file still opens an older build. It never fetches.

use std::fmt;

use super::json::{self, Fault, Map, Value, describe};
use crate::{
    base::time::{TimePoint, Utc},
    model::config::{
        Branding, ClockStart, Config, Credentials, DashboardFile, JaegerDialect, ModelPrice, Source, SourceKind,
    },
    model::notice::Notice,
};

/// A request is given up after so long where the file does not say.
const DEFAULT_TIMEOUT_SECS: u32 = 30;

/// The guide's own list of sensitive fields.
const DEFAULT_REDACT: [&str; 7] = ["password", "token", "secret", "key", "authorization", "cookie", "session"];

const DEFAULT_SERVICE_LABELS: [&str; 6] = ["service", "service_name", "service.name", "app", "job", "container"];

/// A complete small file, for the page that says what to write.
pub const EXAMPLE: &str = r#"{
  "version": 1,
  "branding": { "title": "AgentArea" },
  "sources": [
    { "name": "prometheus", "kind": "prometheus", "url": "prometheus" }
  ],
  "dashboards": [
    { "name": "executive", "title": "Executive", "file": "dashboards/executive.json" }
  ]
}
"#;

/// One mistake.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigProblem {
    /// `sources[1].url`.
    pub key: String,
    pub found: String,
    /// What to write there.
    pub expected: String,
}

impl fmt::Display for ConfigProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { key, found, expected } = self;
        write!(f, "{key}: found {found}; write {expected}")
    }
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    #[error("config.json is not valid JSON at line {line}, column {column}: {message}")]
    Syntax { line: usize, column: usize, message: String },
    /// A server that answers every path with its start page.
    #[error("config.json is a web page, not JSON. Let the server answer that path with the file, or with 404")]
    WebPage,
    #[error("config.json has {} to mend:\n{}", count_text(problems.len()), lines(problems))]
    Problems { problems: Vec<ConfigProblem> },
}

fn count_text(count: usize) -> String {
    if count == 1 { "one key".to_owned() } else { format!("{count} keys") }
}

fn lines(problems: &[ConfigProblem]) -> String {
    problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

/// Reads the whole file; either all of it is usable or every problem is told.
pub fn config_from_json(text: &str) -> Result<Config, ConfigError> {
    let text = text.trim_start_matches('\u{feff}');
    if text.trim_start().starts_with('<') {
        return Err(ConfigError::WebPage);
    }
    let root = json::parse(text).map_err(|fault| {
        let Fault { line, column, message, .. } = fault;
        ConfigError::Syntax { line, column, message }
    })?;
    let mut check = Check::default();
    let config = check.config(&root.value);
    match (config, check.problems.is_empty()) {
        (Some(config), true) => Ok(Config { notices: check.notices, ..config }),
        (_, _) => Err(ConfigError::Problems { problems: check.problems }),
    }
}

/// What was found so far.
#[derive(Default)]
struct Check {
    problems: Vec<ConfigProblem>,
    notices: Vec<Notice>,
}

fn join(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}

impl Check {
    fn problem(&mut self, key: impl Into<String>, found: impl Into<String>, expected: impl Into<String>) {
        self.problems.push(ConfigProblem { key: key.into(), found: found.into(), expected: expected.into() });
    }

    /// Tells of keys that are not known, with the nearest one that is.
    fn known_keys(&mut self, map: &Map, path: &str, known: &[&str]) {
        // A key that starts with `$` or `_` is a comment or a schema's address.
        for (key, _) in map.pairs().iter().filter(|(k, _)| !known.contains(&k.as_str()) && !k.starts_with(['$', '_'])) {
            let nearest = known.iter().map(|k| (edit_distance(key, k), *k)).min();
            let hint = match nearest {
                Some((distance, near)) if distance <= 1 + key.len() / 4 => {
                    format!(". Did you mean \u{201c}{near}\u{201d}?")
                }
                _ => format!(". Known here: {}", known.join(", ")),
            };
            self.notices.push(Notice::warning(format!("{}: this key is not known and ignored{hint}", join(path, key))));
        }
    }

    fn text(&mut self, map: &Map, path: &str, key: &str, expected: &str) -> Option<String> {
        match map.get(key) {
            None | Some(Value::Null) => None,
            Some(Value::String(text)) if !text.trim().is_empty() => Some(text.trim().to_owned()),
            Some(other) => {
                self.problem(join(path, key), describe(other), expected);
                None
            }
        }
    }

    fn wanted_text(&mut self, map: &Map, path: &str, key: &str, expected: &str) -> Option<String> {
        if map.get(key).is_none_or(Value::is_null) {
            self.problem(join(path, key), "nothing", expected);
            return None;
        }
        self.text(map, path, key, expected)
    }

    fn flag(&mut self, map: &Map, path: &str, key: &str) -> bool {
        match map.get(key) {
            None | Some(Value::Null) => false,
            Some(Value::Bool(flag)) => *flag,
            Some(other) => {
                self.problem(join(path, key), describe(other), "true or false");
                false
            }
        }
    }

    fn texts(&mut self, map: &Map, path: &str, key: &str, example: &str) -> Option<Vec<String>> {
        let value = map.get(key).filter(|v| !v.is_null())?;
        let Value::Array(items) = value else {
            self.problem(join(path, key), describe(value), format!("a list of texts: {example}"));
            return None;
        };
        let mut texts = Vec::new();
        for (index, item) in items.iter().enumerate() {
            match &item.value {
                Value::String(text) if !text.trim().is_empty() => texts.push(text.trim().to_owned()),
                other => self.problem(format!("{}[{index}]", join(path, key)), describe(other), "a text"),
            }
        }
        Some(texts)
    }

    /// The objects of a list, each with its path.
    fn objects<'v>(&mut self, map: &'v Map, key: &str, example: &str) -> Vec<(String, &'v Map)> {
        let mut objects = Vec::new();
        match map.get(key) {
            None | Some(Value::Null) => {}
            Some(Value::Array(items)) => {
                for (index, item) in items.iter().enumerate() {
                    let path = format!("{key}[{index}]");
                    match &item.value {
                        Value::Object(map) => objects.push((path, map)),
                        other => self.problem(path, describe(other), example),
                    }
                }
            }
            Some(other) => self.problem(key, describe(other), format!("a list: [ {example} ]")),
        }
        objects
    }

    fn config(&mut self, value: &Value) -> Option<Config> {
        let Value::Object(root) = value else {
            self.problem("config.json", describe(value), "an object: { \"version\": 1, \"sources\": [ \u{2026} ] }");
            return None;
        };
        self.known_keys(
            root,
            "",
            &[
                "version",
                "branding",
                "sources",
                "dashboards",
                "service_labels",
                "redact",
                "model_prices",
                "currency",
                "clock",
            ],
        );
        match root.get("version") {
            None => self.problem("version", "nothing", "1"),
            Some(version) if version.as_u64() == Some(1) => {}
            Some(other) => self.problem("version", describe(other), "1, the only version there is"),
        }
        let branding = self.branding(root);
        let sources = self.sources(root);
        let dashboards = self.dashboards(root);
        let service_labels = self.texts(root, "", "service_labels", "[\"service\", \"job\"]");
        let redact = self.texts(root, "", "redact", "[\"password\"]");
        let model_prices = self.model_prices(root);
        let currency = self.text(root, "", "currency", "what prices are in: USD");
        let clock = self.clock(root);
        let owned = |texts: &[&str]| texts.iter().map(|t| (*t).to_owned()).collect();
        Some(Config {
            branding,
            sources,
            dashboards,
            service_labels: service_labels.unwrap_or_else(|| owned(&DEFAULT_SERVICE_LABELS)),
            redact: redact.unwrap_or_else(|| owned(&DEFAULT_REDACT)),
            model_prices,
            currency: currency.unwrap_or_else(|| "USD".to_owned()),
            clock,
            notices: Vec::new(),
        })
    }

    fn model_prices(&mut self, root: &Map) -> Vec<ModelPrice> {
        const EXAMPLE_PRICE: &str = r#"{ "model": "gpt-4o", "input": 2.5, "output": 10 }"#;
        let entries = self.objects(root, "model_prices", EXAMPLE_PRICE);
        let mut prices = Vec::new();
        for (path, map) in entries {
            self.known_keys(map, &path, &["model", "input", "output", "cache_read", "cache_creation"]);
            let mut price = |key: &str, is_wanted: bool| match map.get(key) {
                None | Some(Value::Null) if !is_wanted => None,
                Some(value) if value.as_f64().is_some_and(|price| price >= 0.0) => value.as_f64(),
                other => {
                    let found = other.map_or_else(|| "nothing".to_owned(), describe);
                    self.problem(join(&path, key), found, "the price of a million tokens: 2.5");
                    None
                }
            };
            let (input, output) = (price("input", true), price("output", true));
            let (cache_read, cache_creation) = (price("cache_read", false), price("cache_creation", false));
            let model = self.wanted_text(map, &path, "model", "a model's name, or its beginning: gpt-4o");
            if let (Some(model), Some(input), Some(output)) = (model, input, output) {
                prices.push(ModelPrice { model, input, output, cache_read, cache_creation });
            }
        }
        prices
    }

    fn branding(&mut self, root: &Map) -> Branding {
        let branding = match root.get("branding") {
            None | Some(Value::Null) => return Branding::default(),
            Some(Value::Object(map)) => map,
            Some(other) => {
                self.problem("branding", describe(other), "an object: { \"title\": \"AgentArea\" }");
                return Branding::default();
            }
        };
        self.known_keys(branding, "branding", &["title", "logo", "link"]);
        let path = "branding";
        Branding {
            title: self
                .text(branding, path, "title", "the product's name")
                .unwrap_or_else(|| Branding::default().title),
            logo: self.address(branding, path, "logo", "a path or address of a picture: logo.svg"),
            link: self.address(branding, path, "link", "an address: https://example.org/"),
        }
    }

    /// A relative path, or an absolute address of `http` or `https`; nothing that runs.
    fn address(&mut self, map: &Map, path: &str, key: &str, expected: &str) -> Option<String> {
        let text = self.text(map, path, key, expected)?;
        match address_fault(&text) {
            None => Some(text),
            Some(fault) => {
                self.problem(join(path, key), format!("\u{201c}{text}\u{201d} ({fault})"), expected);
                None
            }
        }
    }

    fn sources(&mut self, root: &Map) -> Vec<Source> {
        const EXAMPLE_SOURCE: &str = r#"{ "name": "prometheus", "kind": "prometheus", "url": "prometheus" }"#;
        let entries = self.objects(root, "sources", EXAMPLE_SOURCE);
        let is_list = match root.get("sources") {
            None | Some(Value::Null) => true,
            Some(Value::Array(items)) => items.is_empty(),
            Some(_) => false,
        };
        if entries.is_empty() && is_list {
            self.problem("sources", "none", format!("at least one: [ {EXAMPLE_SOURCE} ]"));
        }
        let mut sources: Vec<Source> = Vec::new();
        for (path, entry) in entries {
            let Some(source) = self.source(&path, entry) else { continue };
            if sources.iter().any(|s| s.name == source.name) {
                let found = format!("\u{201c}{}\u{201d}, which an earlier source has", source.name);
                self.problem(join(&path, "name"), found, "a name of its own");
            } else if source.is_default && sources.iter().any(|s| s.is_default && s.kind == source.kind) {
                let expected = format!("true for one source of the kind {} only", source.kind.id());
                self.problem(join(&path, "default"), "a second default", expected);
            } else {
                sources.push(source);
            }
        }
        sources
    }

    fn source(&mut self, path: &str, entry: &Map) -> Option<Source> {
        self.known_keys(
            entry,
            path,
            &[
                "name",
                "kind",
                "url",
                "default",
                "headers",
                "tenant_header",
                "tenants",
                "credentials",
                "timeout_secs",
                "dialect",
            ],
        );
        let kinds = SourceKind::ALL.map(SourceKind::id).join(", ");
        let kind = self.wanted_text(entry, path, "kind", &format!("one of {kinds}")).and_then(|text| {
            let found = SourceKind::ALL.into_iter().find(|k| k.id() == text);
            if found.is_none() {
                self.problem(join(path, "kind"), format!("\u{201c}{text}\u{201d}"), format!("one of {kinds}"));
            }
            found
        });
        let name = self.wanted_text(entry, path, "name", "a short name: prometheus");
        let expected = "an address (https://prometheus.example.org) or a path on this server (prometheus)";
        let url = match self.wanted_text(entry, path, "url", expected) {
            None => None,
            Some(_) => self.address(entry, path, "url", expected),
        };
        let url = url.map(|url| {
            let bare = url.trim_end_matches('/').to_owned();
            if let Some(base) = bare.strip_suffix("/api/v1").filter(|_| kind == Some(SourceKind::Prometheus)) {
                let key = join(path, "url");
                self.notices
                    .push(Notice::info(format!("{key}: the API's own path /api/v1 is added by the app; left out")));
                return base.to_owned();
            }
            bare
        });
        let credentials = self.text(entry, path, "credentials", "omit, same-origin or include").and_then(|text| {
            let found = Credentials::ALL.into_iter().find(|c| c.id() == text);
            if found.is_none() {
                let found = format!("\u{201c}{text}\u{201d}");
                self.problem(join(path, "credentials"), found, "omit, same-origin or include");
            }
            found
        });
        let timeout_secs = match entry.get("timeout_secs") {
            None | Some(Value::Null) => DEFAULT_TIMEOUT_SECS,
            Some(value) => {
                let secs = value.as_u64().filter(|secs| (1..=3600).contains(secs));
                if secs.is_none() {
                    self.problem(join(path, "timeout_secs"), describe(value), "whole seconds from 1 to 3600");
                }
                secs.map_or(DEFAULT_TIMEOUT_SECS, |secs| secs as u32)
            }
        };
        let headers = self.headers(path, entry);
        let tenant_header = self.text(entry, path, "tenant_header", "a header's name: X-Scope-OrgID");
        if let Some(name) = tenant_header.as_deref().filter(|n| !is_header_name(n)) {
            let found = format!("\u{201c}{name}\u{201d}");
            self.problem(join(path, "tenant_header"), found, "a header's name: X-Scope-OrgID");
        }
        let tenants = self.texts(entry, path, "tenants", "[\"team-a\", \"team-b\"]").unwrap_or_default();
        if !tenants.is_empty() && tenant_header.is_none() {
            self.problem(
                join(path, "tenant_header"),
                "nothing, though there are tenants",
                "a header's name: X-Scope-OrgID",
            );
        }
        let is_default = self.flag(entry, path, "default");
        let dialect = self.dialect(path, entry, kind);
        Some(Source {
            name: name?,
            kind: kind?,
            url: url?,
            is_default,
            headers,
            tenant_header,
            tenants,
            credentials: credentials.unwrap_or_default(),
            timeout_secs,
            dialect,
        })
    }

    fn dialect(&mut self, path: &str, entry: &Map, kind: Option<SourceKind>) -> JaegerDialect {
        let Some(text) = self.text(entry, path, "dialect", "auto, legacy or v3") else { return JaegerDialect::Auto };
        if kind.is_some_and(|kind| kind != SourceKind::Jaeger) {
            self.problem(join(path, "dialect"), describe(&Value::String(text)), "nothing: only a jaeger has dialects");
            return JaegerDialect::Auto;
        }
        let found = JaegerDialect::ALL.into_iter().find(|dialect| dialect.id() == text);
        if found.is_none() {
            self.problem(join(path, "dialect"), format!("\u{201c}{text}\u{201d}"), "auto, legacy or v3");
        }
        found.unwrap_or_default()
    }

    fn headers(&mut self, path: &str, entry: &Map) -> Vec<(String, String)> {
        let map = match entry.get("headers") {
            None | Some(Value::Null) => return Vec::new(),
            Some(Value::Object(map)) => map,
            Some(other) => {
                self.problem(join(path, "headers"), describe(other), "an object: { \"X-Header\": \"value\" }");
                return Vec::new();
            }
        };
        let mut headers = Vec::new();
        for (name, node) in map.pairs() {
            let key = format!("{path}.headers.{name}");
            match &node.value {
                _ if !is_header_name(name) => {
                    self.problem(key, "a name that HTTP does not allow", "letters, digits and dashes");
                }
                Value::String(text) if !text.contains(['\r', '\n']) => headers.push((name.clone(), text.clone())),
                other => self.problem(key, describe(other), "a text of one line"),
            }
        }
        headers
    }

    fn dashboards(&mut self, root: &Map) -> Vec<DashboardFile> {
        const EXAMPLE_DASHBOARD: &str =
            r#"{ "name": "executive", "title": "Executive", "file": "dashboards/executive.json" }"#;
        let mut dashboards: Vec<DashboardFile> = Vec::new();
        for (path, entry) in self.objects(root, "dashboards", EXAMPLE_DASHBOARD) {
            self.known_keys(entry, &path, &["name", "title", "file", "icon"]);
            let expected = "lower-case letters, digits and dashes: executive";
            let name = self.wanted_text(entry, &path, "name", expected);
            let expected_file = "a path: dashboards/executive.json";
            let file = self
                .wanted_text(entry, &path, "file", expected_file)
                .and_then(|_| self.address(entry, &path, "file", expected_file));
            let title = self.text(entry, &path, "title", "a title");
            let icon = self.text(entry, &path, "icon", "the name of an icon");
            let Some(name) = name else { continue };
            let is_slug = name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
            if !is_slug {
                self.problem(join(&path, "name"), format!("\u{201c}{name}\u{201d}"), expected);
            } else if dashboards.iter().any(|d| d.name == name) {
                let found = format!("\u{201c}{name}\u{201d}, which an earlier dashboard has");
                self.problem(join(&path, "name"), found, "a name of its own");
            } else if let Some(file) = file {
                dashboards.push(DashboardFile { title: title.unwrap_or_else(|| name.clone()), name, file, icon });
            }
        }
        dashboards
    }

    fn clock(&mut self, root: &Map) -> Option<ClockStart> {
        let map = match root.get("clock") {
            None | Some(Value::Null) => return None,
            Some(Value::Object(map)) => map,
            Some(other) => {
                self.problem("clock", describe(other), "an object: { \"start\": \"2026-11-22T14:00:00Z\" }");
                return None;
            }
        };
        self.known_keys(map, "clock", &["start", "frozen"]);
        let expected = "an instant with its offset: 2026-11-22T14:00:00Z";
        let start = self.wanted_text(map, "clock", "start", expected)?;
        let is_frozen = self.flag(map, "clock", "frozen");
        if let Ok(TimePoint::Absolute(start_ms)) = TimePoint::parse(&start, &Utc) {
            return Some(ClockStart { start_ms, is_frozen });
        }
        self.problem("clock.start", format!("\u{201c}{start}\u{201d}"), expected);
        None
    }
}

/// Why a text is no address to fetch from or to link to.
fn address_fault(text: &str) -> Option<&'static str> {
    if text.contains(char::is_whitespace) {
        return Some("it contains a space");
    }
    if text.contains(['?', '#']) {
        return Some("it contains a query or a fragment");
    }
    let head = text.split('/').next().unwrap_or_default();
    let (scheme, _) = head.split_once(':')?;
    let rest = text.get(scheme.len()..).unwrap_or_default();
    match scheme.to_ascii_lowercase().as_str() {
        "http" | "https" => {
            let host = rest.strip_prefix("://").and_then(|r| r.split('/').next()).unwrap_or_default();
            if host.is_empty() {
                Some("the host is missing")
            } else if host.contains('@') {
                Some("a password does not belong into an address; use credentials or headers")
            } else {
                None
            }
        }
        _ if scheme.contains('.') || scheme == "localhost" => Some("http:// or https:// is missing"),
        _ => Some("only http and https are allowed"),
    }
}

/// A token of RFC 9110, section 5.6.2.
fn is_header_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b))
}

/// Levenshtein's distance, by one row.
fn edit_distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, a_char) in a.chars().enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        let mut next = vec![left];
        for (b_char, above) in b.iter().zip(row.iter().skip(1)) {
            left = (diagonal + usize::from(a_char != *b_char)).min(left + 1).min(above + 1);
            diagonal = *above;
            next.push(left);
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests;
