//! The variables themselves, of every kind and in every spelling.

use crate::{
    analysis::variables::{joined, options},
    api::{
        grafana::read::Reader,
        json::{self, Map, Value},
    },
    base::{number, time::parse_duration_ms},
    model::variables::{AdHocFilter, AutoInterval, Choice, Hide, Refresh, Sort, Variable, VariableKind},
};

/// Keys of a variable that are for Grafana's editor, or that say again what others say.
const IRRELEVANT: &[&str] = &[
    "allFormat",
    "definition",
    "error",
    "id",
    "index",
    "multiFormat",
    "queryValue",
    "regexApplyTo",
    "rootStateKey",
    "skipUrlSync",
    "state",
    "tagValuesQuery",
    "tags",
    "tagsQuery",
];

pub(super) fn variables_from(reader: &Reader<'_>) -> Vec<Variable> {
    let Some(templating) = reader.object("templating") else { return Vec::new() };
    let mut variables: Vec<Variable> = Vec::new();
    for entry in templating.objects("list") {
        let Some(name) = entry.filled_text("name") else {
            entry.warn("name", &["a variable without a name is ignored"]);
            continue;
        };
        if variables.iter().any(|variable| variable.name == name) {
            entry.warn("name", &["there is a variable $", name, " already; this one is ignored"]);
            continue;
        }
        variables.push(variable_from(&entry, name));
    }
    templating.finish();
    variables
}

fn variable_from(entry: &Reader<'_>, name: &str) -> Variable {
    entry.ignore(IRRELEVANT);
    let saved: Vec<Choice> = entry.objects("options").iter().flat_map(choices_from).collect();
    let current = entry.object("current").map_or_else(Vec::new, |current| choices_from(&current));
    let word = entry.filled_text("type").unwrap_or("query");
    let kind = match word {
        "query" => VariableKind::Query { query: query_from(entry), source: source_of(entry.value("datasource")) },
        "custom" => VariableKind::Custom(custom_from(entry)),
        "textbox" => VariableKind::Text(entry.text("query").unwrap_or_default().to_owned()),
        "constant" => VariableKind::Constant(entry.text("query").unwrap_or_default().to_owned()),
        "interval" => interval_from(entry),
        "datasource" => VariableKind::Source { kind: entry.text("query").unwrap_or_default().to_owned() },
        "adhoc" => VariableKind::AdHoc {
            source: source_of(entry.value("datasource")),
            filters: filters_from(entry, "filters"),
            base: filters_from(entry, "baseFilters"),
        },
        other => {
            let kind =
                ["variables of the kind \u{201c}", other, "\u{201d} are not supported; $", name, " stays as it is"];
            entry.warn("type", &kind);
            entry.ignore_all();
            VariableKind::Fixed
        }
    };
    let hide = match entry.value("hide") {
        Some(Value::Bool(true)) => Hide::Variable,
        Some(value) => match value.as_u64() {
            Some(1) => Hide::Label,
            Some(2) => Hide::Variable,
            Some(0) => Hide::Nothing,
            _ => match value.as_text() {
                Some("hideLabel") => Hide::Label,
                Some("hideVariable") => Hide::Variable,
                _ => Hide::Nothing,
            },
        },
        // As Grafana has it for what nobody chooses.
        None if word == "constant" => Hide::Variable,
        None => Hide::Nothing,
    };
    let variable = Variable {
        label: entry.owned_text("label"),
        description: entry.owned_text("description"),
        is_multi: entry.is_on("multi"),
        has_all: entry.is_on("includeAll"),
        all_value: entry.owned_text("allValue"),
        hide,
        sort: sort_from(entry),
        regex: entry.owned_text("regex"),
        refresh: refresh_from(entry),
        name: name.to_owned(),
        kind,
        current,
        saved,
    };
    if entry.is_on("useTags") {
        entry.warn("useTags", &["tags of values are not supported"]);
    }
    // Any value may be written into the address, and is kept.
    entry.ignore(&["allowCustomValue", "query", "auto", "auto_count", "auto_min", "valuesFormat", "defaultKeys"]);
    entry.finish();
    variable
}

/// `{"text": …, "value": …}`, where both may be lists.
fn choices_from(object: &Reader<'_>) -> Vec<Choice> {
    object.ignore(&["selected", "tags", "isNone"]);
    let texts = |key: &str| -> Vec<String> {
        match object.value(key) {
            Some(Value::Array(items)) => {
                items.iter().filter_map(|item| item.value.as_text().map(str::to_owned)).collect()
            }
            Some(Value::Bool(flag)) => vec![flag.to_string()],
            Some(value) => value.as_text().map(str::to_owned).into_iter().collect(),
            None => Vec::new(),
        }
    };
    let (shown, values) = (texts("text"), texts("value"));
    let choice =
        |(at, value): (usize, String)| Choice { text: shown.get(at).cloned().unwrap_or_else(|| value.clone()), value };
    values.into_iter().enumerate().map(choice).collect()
}

/// A text, or the object of newer versions.
fn query_from(entry: &Reader<'_>) -> String {
    let Some(Value::Object(_)) = entry.value("query") else {
        return entry.text("query").or_else(|| entry.text("definition")).unwrap_or_default().to_owned();
    };
    let Some(query) = entry.object("query") else { return String::new() };
    query.ignore(&["refId", "datasource", "editorMode"]);
    let text = ["query", "classicQuery", "expr"].iter().find_map(|key| query.filled_text(key));
    let label = query.filled_text("label");
    let metric = query.filled_text("metric").or_else(|| query.filled_text("match"));
    let matchers: Vec<String> = query
        .objects("labelFilters")
        .iter()
        .filter_map(|filter| {
            let matcher =
                (filter.text("label")?, filter.text("op").unwrap_or("="), filter.text("value").unwrap_or_default());
            filter.finish();
            Some(format!("{}{}\"{}\"", matcher.0, matcher.1, crate::analysis::variables::fill::in_string(matcher.2)))
        })
        .collect();
    let form = query.number("qryType").map(|form| form as u32);
    let other = query.filled_text("varQuery").or_else(|| query.filled_text("seriesQuery"));
    query.finish();
    if let Some(text) = text {
        return text.to_owned();
    }
    let list = if matchers.is_empty() { String::new() } else { format!("{{{}}}", joined(matchers.into_iter(), ",")) };
    let selector = format!("{}{list}", metric.unwrap_or_default());
    match form {
        Some(0) => format!("label_names({selector})"),
        Some(1) if selector.is_empty() => format!("label_values({})", label.unwrap_or_default()),
        Some(1) => format!("label_values({selector},{})", label.unwrap_or_default()),
        Some(2) => format!("metrics({})", metric.unwrap_or_default()),
        Some(3) => format!("query_result({})", other.unwrap_or_default()),
        Some(4) => other.unwrap_or(selector.as_str()).to_owned(),
        _ => {
            entry.warn("query", &["this form of a query is not supported"]);
            String::new()
        }
    }
}

fn custom_from(entry: &Reader<'_>) -> Vec<Choice> {
    let list = entry.text("query").unwrap_or_default();
    if entry.text("valuesFormat") != Some("json") {
        return options::custom(list);
    }
    let Ok(Value::Array(items)) = json::parse(list).map(|node| node.value) else {
        entry.warn("query", &["expected a list in JSON; the variable has no values"]);
        return Vec::new();
    };
    let of_map = |map: &Map| {
        let value = map.get("value").and_then(Value::as_text)?;
        Some(Choice {
            text: map.get("text").and_then(Value::as_text).unwrap_or(value).to_owned(),
            value: value.to_owned(),
        })
    };
    let choice = |value: &Value| match value {
        Value::Object(map) => of_map(map),
        value => value.as_text().map(Choice::plain),
    };
    items.iter().filter_map(|item| choice(&item.value)).collect()
}

fn interval_from(entry: &Reader<'_>) -> VariableKind {
    let steps = options::steps(entry.text("query").unwrap_or_default());
    let auto = entry.is_on("auto").then(|| {
        let text = entry.filled_text("auto_min").unwrap_or("10s");
        let min_ms = number::parse(text).map(|secs| (secs * 1000.0) as i64).or_else(|| parse_duration_ms(text).ok());
        if min_ms.is_none() {
            entry.info("auto_min", &["\u{201c}", text, "\u{201d} is not a duration such as 30s; 10s is used"]);
        }
        let count = entry.count("auto_count").filter(|count| *count > 0).unwrap_or(30);
        AutoInterval { count, min_ms: min_ms.filter(|ms| *ms > 0).unwrap_or(10_000) }
    });
    VariableKind::Interval { steps, auto }
}

fn filters_from(entry: &Reader<'_>, key: &str) -> Vec<AdHocFilter> {
    let mut filters = Vec::new();
    for filter in entry.objects(key) {
        filter.ignore(&["condition", "keyLabel", "valueLabels", "origin"]);
        let values = filter.texts("values");
        let value = filter.text("value").unwrap_or_default();
        let values = if values.is_empty() { vec![value] } else { values };
        let Some(name) = filter.filled_text("key") else { continue };
        let operator = filter.filled_text("operator").unwrap_or("=");
        if crate::analysis::variables::adhoc::OPERATORS.contains(&operator) {
            let values = values.into_iter().map(str::to_owned).collect();
            filters.push(AdHocFilter { key: name.to_owned(), operator: operator.to_owned(), values });
        } else {
            filter.warn(
                "operator",
                &["\u{201c}", operator, "\u{201d} is no operator of Prometheus; the filter is ignored"],
            );
        }
        filter.finish();
    }
    filters
}

fn sort_from(entry: &Reader<'_>) -> Sort {
    const ORDERS: [(&str, Sort); 9] = [
        ("disabled", Sort::None),
        ("alphabeticalAsc", Sort::Alphabetical),
        ("alphabeticalDesc", Sort::AlphabeticalDescending),
        ("numericalAsc", Sort::Numerical),
        ("numericalDesc", Sort::NumericalDescending),
        ("alphabeticalCaseInsensitiveAsc", Sort::CaseInsensitive),
        ("alphabeticalCaseInsensitiveDesc", Sort::CaseInsensitiveDescending),
        ("naturalAsc", Sort::Natural),
        ("naturalDesc", Sort::NaturalDescending),
    ];
    let Some(value) = entry.value("sort") else { return Sort::None };
    let at = value
        .as_u64()
        .map_or_else(|| ORDERS.iter().position(|(word, _)| value.as_text() == Some(word)), |at| Some(at as usize));
    let found = at.and_then(|at| ORDERS.get(at));
    if found.is_none() {
        entry.info("sort", &[&json::describe(value), " is no order; the source's is kept"]);
    }
    found.map_or(Sort::None, |(_, sort)| *sort)
}

fn refresh_from(entry: &Reader<'_>) -> Refresh {
    match entry.value("refresh") {
        Some(Value::Bool(true)) | None => Refresh::OnLoad,
        Some(value) => match (value.as_u64(), value.as_text()) {
            (Some(2), _) | (_, Some("onTimeRangeChanged")) => Refresh::OnTimeRange,
            (Some(1), _) | (_, Some("onDashboardLoad")) => Refresh::OnLoad,
            _ => Refresh::Never,
        },
    }
}

/// The name or uid of a source as the file has it, variables included. Placeholders of exported dashboards are none.
pub(super) fn source_of(value: Option<&Value>) -> Option<String> {
    let name = match value? {
        Value::Object(map) => map.get("uid").and_then(Value::as_text),
        value => value.as_text(),
    };
    let is_named = |name: &&str| {
        let is_placeholder = name.strip_prefix("${").unwrap_or(name).starts_with("DS_");
        !is_placeholder && !name.is_empty() && *name != "default" && !name.starts_with("-- ")
    };
    name.filter(is_named).map(str::to_owned)
}
