//! A dashboard's template variables, and where its rows and repeated panels stand.
//!
//! The words are Grafana's. It comes with the part of the app that draws such dashboards.

use super::{
    dashboard::{GridRect, Link},
    notice::Notice,
};

/// A value with the text that is shown for it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Choice {
    pub text: String,
    pub value: String,
}

impl Choice {
    pub fn plain(value: impl Into<String>) -> Self {
        let value = value.into();
        Self { text: value.clone(), value }
    }
}

/// The word that stands for every value, in files and addresses.
pub const ALL: &str = "$__all";

/// A variable as its dashboard's file describes it.
#[derive(Debug, Clone, PartialEq)]
pub struct Variable {
    pub name: String,
    pub label: Option<String>,
    pub description: Option<String>,
    pub kind: VariableKind,
    /// Chosen in the file. [`ALL`] is a value.
    pub current: Vec<Choice>,
    pub is_multi: bool,
    pub has_all: bool,
    /// What stands for all values, instead of each of them.
    pub all_value: Option<String>,
    pub hide: Hide,
    pub sort: Sort,
    /// Which options are kept, and which part of them.
    pub regex: Option<String>,
    pub refresh: Refresh,
    /// The options that the file has stored.
    pub saved: Vec<Choice>,
}

impl Variable {
    /// What it is called in the bar.
    pub fn title(&self) -> &str {
        self.label.as_deref().unwrap_or(&self.name)
    }

    /// Whether its value may be several ones.
    pub fn is_list(&self) -> bool {
        self.is_multi || self.has_all
    }
}

#[derive(Debug, Clone, PartialEq)]
pub enum VariableKind {
    /// Options from a source, which is named by name or by another variable; `None` is the default one.
    Query {
        query: String,
        source: Option<String>,
    },
    Custom(Vec<Choice>),
    /// Typed; with what it begins.
    Text(String),
    Constant(String),
    Interval {
        steps: Vec<String>,
        auto: Option<AutoInterval>,
    },
    /// One of the sources of `config.json` of that kind.
    Source {
        kind: String,
    },
    AdHoc {
        source: Option<String>,
        filters: Vec<AdHocFilter>,
        base: Vec<AdHocFilter>,
    },
    /// A kind that is not known: its value stays as the file has it.
    Fixed,
}

/// A step as wide as the range divided by `count`, and no shorter than `min_ms`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AutoInterval {
    pub count: u32,
    pub min_ms: i64,
}

/// A condition that every query of a dashboard gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AdHocFilter {
    pub key: String,
    /// `=`, `!=`, `=~`, `!~`, or `=|` and `!=|` for one of several values.
    pub operator: String,
    pub values: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Hide {
    #[default]
    Nothing,
    Label,
    Variable,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Sort {
    /// As the source gives them.
    #[default]
    None,
    Alphabetical,
    AlphabeticalDescending,
    Numerical,
    NumericalDescending,
    CaseInsensitive,
    CaseInsensitiveDescending,
    Natural,
    NaturalDescending,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Refresh {
    /// The options that the file has stored; those of the source where it has none.
    Never,
    #[default]
    OnLoad,
    OnTimeRange,
}

/// Everything about a dashboard that changes while it is looked at.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Arrangement {
    pub variables: Vec<Variable>,
    pub sections: Vec<Section>,
    /// What else is read of each panel, in the dashboard's order.
    pub panels: Vec<PanelWays>,
    /// Where the dashboard as a whole leads.
    pub links: Vec<DashboardLink>,
    pub notices: Vec<Notice>,
}

/// A link above the panels.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DashboardLink {
    pub link: Link,
    /// What is said of it where it is pointed at.
    pub hint: Option<String>,
    /// It takes the time range along.
    pub keeps_time: bool,
    /// It takes the variables along.
    pub keeps_variables: bool,
}

/// How a panel differs from the page, as the file writes it, variables included.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PanelWays {
    /// The source, where it is a variable.
    pub source: Option<String>,
    /// A range of its own: `1h`, `now/d`.
    pub time_from: Option<String>,
    /// How much earlier than the page's its range is.
    pub time_shift: Option<String>,
    /// Whether the panel does not say so.
    pub hides_time: bool,
    /// The variables that its links name; they may occur more than once.
    pub links: Vec<String>,
}

/// A row with its panels; without `row` what stands above the first.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Section {
    pub row: Option<Row>,
    pub items: Vec<Item>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    pub id: u32,
    pub title: String,
    /// Has it a line of its own? Rows of old dashboards may have none.
    pub is_shown: bool,
    pub is_collapsed: bool,
    /// The variable for each of whose values the row is there once.
    pub repeat: Option<String>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Item {
    /// Index among the dashboard's panels.
    pub panel: usize,
    /// Within the section.
    pub rect: GridRect,
    pub repeat: Option<Repeat>,
}

/// A panel that is there once for each value of a variable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repeat {
    pub variable: String,
    /// Below one another instead of beside.
    pub is_vertical: bool,
    pub max_per_row: u32,
}
