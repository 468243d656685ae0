//! Asking Prometheus for the options of a variable.

use crate::{
    analysis::variables::{
        joined, options,
        question::{Question, QuestionError, parse},
    },
    api::{
        http::ApiError,
        prometheus::{InstantResult, PrometheusClient, SeriesFilter},
    },
    base::time::{Grid, Range},
    model::{
        dashboard::{Intervals, interpolate},
        frame::InstantValue,
        labels::{Labels, METRIC_NAME},
        variables::{Choice, Sort},
    },
    platform::regexp::RegExp,
};

/// Why a variable has no options.
#[derive(Debug, Clone)]
pub enum Why {
    Request(ApiError),
    /// A whole sentence.
    Words(String),
}

impl PartialEq for Why {
    fn eq(&self, other: &Self) -> bool {
        self.text() == other.text()
    }
}

impl Why {
    pub fn text(&self) -> String {
        match self {
            Self::Request(error) => error.to_string(),
            Self::Words(words) => words.clone(),
        }
    }

    /// For panels that cannot be asked without the variable.
    pub fn error(&self, name: &str) -> ApiError {
        match self {
            Self::Request(error) => error.clone(),
            Self::Words(words) => ApiError::Backend {
                source_name: format!("the variable ${name}"),
                status: 400,
                kind: "bad_data".to_owned(),
                message: words.clone(),
            },
        }
    }
}

/// As wide as a chart, for what a query makes of its step.
const WIDTH_PX: u32 = 640;
/// Values of a label are asked for in the address, for which servers have little room (8 kB with nginx); series are not.
const MAX_ADDRESS_BYTES: usize = 2_000;
const SCRAPE_INTERVAL_MS: i64 = 15_000;

/// The options that a query gives, as they come.
pub async fn options_of(client: &PrometheusClient, query: &str, range: Range) -> Result<Vec<Choice>, Why> {
    let grid = Grid::for_range(range, WIDTH_PX, SCRAPE_INTERVAL_MS, crate::base::time::MAX_POINTS);
    let intervals = Intervals {
        step_ms: grid.step_ms,
        range_ms: range.duration_ms(),
        end_ms: range.end_ms,
        scrape_interval_ms: SCRAPE_INTERVAL_MS,
    };
    let query = interpolate(query, intervals);
    let question = parse(&query).map_err(|error: QuestionError| Why::Words(format!("The query {error}.")))?;
    let filter = |selector: Option<String>| SeriesFilter {
        matchers: selector.into_iter().collect(),
        range: Some(range),
        limit: None,
    };
    let texts = match question {
        Question::LabelNames { selector } => client.labels(&filter(selector)).await.map_err(Why::Request)?.value,
        Question::LabelValues { label, selector: Some(selector) } if selector.len() > MAX_ADDRESS_BYTES => {
            let series = client.series(&filter(Some(selector))).await.map_err(Why::Request)?.value;
            let values = series.iter().filter_map(|labels| labels.get(&label).map(Choice::plain)).collect();
            return Ok(options::sorted(options::each_once(values), Sort::Alphabetical));
        }
        Question::LabelValues { label, selector } => {
            client.label_values(&label, &filter(selector)).await.map_err(Why::Request)?.value
        }
        Question::Metrics { pattern } => {
            let expression = expression(&pattern, "")?;
            let names = client.label_values(METRIC_NAME, &filter(None)).await.map_err(Why::Request)?.value;
            names.into_iter().filter(|name| expression.is_match(name)).collect()
        }
        Question::Series { selector } => {
            let series = client.series(&filter(Some(selector))).await.map_err(Why::Request)?.value;
            series.iter().map(series_text).collect()
        }
        Question::Result { expr } => {
            let answer = client.query(&expr, range.end_ms).await.map_err(Why::Request)?;
            texts_of(answer.value)
        }
    };
    Ok(options::each_once(texts.into_iter().map(Choice::plain).collect()))
}

/// A regular expression, or why it is none.
pub fn expression(pattern: &str, flags: &str) -> Result<RegExp, Why> {
    RegExp::new(pattern, flags).map_err(|reason| Why::Words(format!("“{pattern}” is no regular expression: {reason}.")))
}

/// `name{a="b",c="d"}`; the braces are there without labels too, as regular expressions are written for them.
fn series_text(labels: &Labels) -> String {
    let name = labels.get(METRIC_NAME).unwrap_or_default();
    let others = labels.iter().filter(|(key, _)| *key != METRIC_NAME);
    format!("{name}{{{}}}", joined(others.map(|(key, value)| format!("{key}=\"{value}\"")), ","))
}

/// Each series as `name{a="b"} value time`, the time in milliseconds, as Grafana writes it.
fn texts_of(result: InstantResult) -> Vec<String> {
    match result {
        InstantResult::Vector(samples) => samples
            .iter()
            .filter_map(|sample| match &sample.value {
                InstantValue::Float(value) => Some(format!("{} {value} {}", series_text(&sample.labels), sample.t_ms)),
                InstantValue::Histogram(_) => None,
            })
            .collect(),
        InstantResult::Scalar { value, .. } => vec![value.to_string()],
        InstantResult::Text { text, .. } => vec![text],
        InstantResult::Matrix(_) => Vec::new(),
    }
}
