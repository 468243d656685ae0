//! What an operator writes in `config.json`: which backends there are, and which dashboards.
//!
//! Invariant: names of sources and of dashboards are unique, and there is at least one source. `api::config` reads and
//! checks the file.

use super::notice::Notice;

#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    pub branding: Branding,
    pub sources: Vec<Source>,
    pub dashboards: Vec<DashboardFile>,
    /// Labels that carry a service's name, the most telling first.
    pub service_labels: Vec<String>,
    /// Names of fields whose values are never shown.
    pub redact: Vec<String>,
    /// What language models cost: for the agents' view of traces.
    pub model_prices: Vec<ModelPrice>,
    /// That prices are in.
    pub currency: String,
    /// Set by a demo or a test: the app's clock starts there instead of now.
    pub clock: Option<ClockStart>,
    /// What was not understood, or looks like a slip.
    pub notices: Vec<Notice>,
}

impl Config {
    /// The source that a panel asks when it names none: the one marked as default, or else the first of its kind.
    pub fn default_source(&self, kind: SourceKind) -> Option<&Source> {
        let mut of_kind = self.sources.iter().filter(|s| s.kind == kind);
        of_kind.clone().find(|s| s.is_default).or_else(|| of_kind.next())
    }

    /// The source of that name, or the default one where none is named. Grafana's placeholders (`${DS_PROMETHEUS}`,
    /// `-- Mixed --`, a uid that is not a name here) also give the default one.
    pub fn source_for(&self, kind: SourceKind, name: Option<&str>) -> Option<&Source> {
        name.and_then(|name| self.sources.iter().find(|s| s.kind == kind && s.name == name))
            .or_else(|| self.default_source(kind))
    }

    pub fn dashboard(&self, name: &str) -> Option<&DashboardFile> {
        self.dashboards.iter().find(|d| d.name == name)
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Branding {
    pub title: String,
    /// Path or address of a picture.
    pub logo: Option<String>,
    /// Where the logo leads.
    pub link: Option<String>,
}

impl Default for Branding {
    fn default() -> Self {
        Self { title: "AgentArea".to_owned(), logo: None, link: None }
    }
}

/// One backend.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    pub name: String,
    pub kind: SourceKind,
    /// Absolute (`https://…`) or relative to the page's base (`prometheus`, `/prometheus`). No slash at its end.
    pub url: String,
    pub is_default: bool,
    /// Sent with every request. Sorted by name.
    pub headers: Vec<(String, String)>,
    /// The header that names the tenant, where the backend serves several.
    pub tenant_header: Option<String>,
    pub tenants: Vec<String>,
    pub credentials: Credentials,
    pub timeout_secs: u32,
    /// Of a Jaeger; of no meaning for others.
    pub dialect: JaegerDialect,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SourceKind {
    Prometheus,
    Alertmanager,
    Loki,
    Jaeger,
    Zipkin,
    Tempo,
    Elasticsearch,
}

impl SourceKind {
    pub const ALL: [Self; 7] = [
        Self::Prometheus,
        Self::Alertmanager,
        Self::Loki,
        Self::Jaeger,
        Self::Zipkin,
        Self::Tempo,
        Self::Elasticsearch,
    ];

    /// As `config.json` spells it.
    pub fn id(self) -> &'static str {
        match self {
            Self::Prometheus => "prometheus",
            Self::Alertmanager => "alertmanager",
            Self::Loki => "loki",
            Self::Jaeger => "jaeger",
            Self::Zipkin => "zipkin",
            Self::Tempo => "tempo",
            Self::Elasticsearch => "elasticsearch",
        }
    }

    /// As people write it.
    pub fn label(self) -> &'static str {
        match self {
            Self::Prometheus => "Prometheus",
            Self::Alertmanager => "Alertmanager",
            Self::Loki => "Loki",
            Self::Jaeger => "Jaeger",
            Self::Zipkin => "Zipkin",
            Self::Tempo => "Tempo",
            Self::Elasticsearch => "Elasticsearch",
        }
    }
}

/// Which of its two APIs a Jaeger, or what speaks like one, is asked by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum JaegerDialect {
    /// Whichever it answers.
    #[default]
    Auto,
    /// `/api`: all up to 2.20, and `VictoriaTraces`.
    Legacy,
    /// `/api/v3`.
    V3,
}

impl JaegerDialect {
    pub const ALL: [Self; 3] = [Self::Auto, Self::Legacy, Self::V3];

    /// As `config.json` spells it.
    pub fn id(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Legacy => "legacy",
            Self::V3 => "v3",
        }
    }
}

/// Whether cookies and HTTP authentication go with a request, in the browser's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Credentials {
    Omit,
    #[default]
    SameOrigin,
    Include,
}

impl Credentials {
    pub const ALL: [Self; 3] = [Self::Omit, Self::SameOrigin, Self::Include];

    pub fn id(self) -> &'static str {
        match self {
            Self::Omit => "omit",
            Self::SameOrigin => "same-origin",
            Self::Include => "include",
        }
    }
}

/// One entry of the dashboards' list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DashboardFile {
    /// Part of the page's address: lower-case letters, digits and dashes.
    pub name: String,
    pub title: String,
    /// Path relative to the page's base, or an address.
    pub file: String,
    /// The name of an icon in the rail.
    pub icon: Option<String>,
}

/// The price of a million tokens of a model.
#[derive(Debug, Clone, PartialEq)]
pub struct ModelPrice {
    /// A model's name, or its beginning.
    pub model: String,
    pub input: f64,
    pub output: f64,
    /// Of input read from a cache, and of input written to one; as other input where it is not given.
    pub cache_read: Option<f64>,
    pub cache_creation: Option<f64>,
}

/// Where the app's clock starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClockStart {
    pub start_ms: i64,
    /// It stays there.
    pub is_frozen: bool,
}
