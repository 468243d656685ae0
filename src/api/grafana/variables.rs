//! What of a dashboard's file changes while it is looked at: variables, rows, repeats. Read again from the file's text when
//! such a dashboard is drawn, so that others need not bring this along.

use super::{
    layout::{Placement, Wanted, place},
    read::{Notices, Objects, Reader},
};
use crate::{
    analysis::variables::{joined, options},
    api::json::{self, Map, Value},
    base::{number, time::parse_duration_ms},
    model::{
        dashboard::{Dashboard, GridRect, kinds},
        variables::{
            AdHocFilter, Arrangement, AutoInterval, Choice, Hide, Item, PanelWays, Refresh, Repeat, Row, Section, Sort,
            Variable, VariableKind,
        },
    },
};

/// Grafana's own number.
const DEFAULT_MAX_PER_ROW: u32 = 4;
/// Ids of old dashboards' rows, which have none in their files.
const FIRST_ROW_ID: u32 = 1 << 29;

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

/// What the dashboard's file says. Of one whose panels are in no file everything stands as it is.
pub fn arrangement_of(dashboard: &Dashboard) -> Arrangement {
    let file = dashboard.panels.first().map(|panel| panel.document.file.as_ref()).unwrap_or_default();
    let root = json::parse(file).ok().map(|node| node.value);
    let Some(Value::Object(root)) = root else { return Arrangement::default() };
    let (map, prefix) = match root.get("dashboard") {
        Some(Value::Object(inner)) => (inner, "dashboard"),
        _ => (&root, ""),
    };
    let (objects, notices) = (Objects::default(), Notices::default());
    let reader = Reader::new(map, prefix.to_owned(), &objects, &notices);
    let variables = variables_from(&reader);
    let sections = sections_from(&reader, dashboard, &variables);
    let panels = dashboard.panels.iter().map(|panel| ways_of(panel.document.text())).collect();
    Arrangement { variables, sections, panels, notices: notices.take() }
}

// ---- variables ----

fn variables_from(reader: &Reader<'_>) -> Vec<Variable> {
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
fn source_of(value: Option<&Value>) -> Option<String> {
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

/// A panel's own source, else that of its first query, and its own times.
fn ways_of(document: &str) -> PanelWays {
    let Ok(Value::Object(map)) = json::parse_first(document).map(|node| node.value) else {
        return PanelWays::default();
    };
    let of_target = || match map.get("targets") {
        Some(Value::Array(targets)) => targets.iter().find_map(|target| match &target.value {
            Value::Object(target) => source_of(target.get("datasource")),
            _ => None,
        }),
        _ => None,
    };
    let text = |key: &str| map.get(key).and_then(Value::as_text).filter(|text| !text.is_empty()).map(str::to_owned);
    let is_variable = |name: &String| name.contains('$') || name.contains("[[");
    PanelWays {
        source: source_of(map.get("datasource")).or_else(of_target).filter(is_variable),
        time_from: text("timeFrom"),
        time_shift: text("timeShift"),
        hides_time: map.get("hideTimeOverride") == Some(&Value::Bool(true)),
    }
}

// ---- rows and repeats ----

/// A panel of the file and where it is in the dashboard that was read.
struct Found<'a> {
    reader: Reader<'a>,
    panel: usize,
}

fn sections_from(root: &Reader<'_>, dashboard: &Dashboard, variables: &[Variable]) -> Vec<Section> {
    let mut drafts: Vec<(Option<Row>, Vec<Found<'_>>)> = vec![(None, Vec::new())];
    let at = |reader: &Reader<'_>| dashboard.panels.iter().position(|p| p.document.at_byte == reader.begins_at());
    let mut panels: Vec<Found<'_>> = found(root, "panels", &at);
    crate::base::order::sort_by_key(&mut panels, |found| {
        let place = wanted(&found.reader).map(|(_, y, _, _)| y);
        (place.unwrap_or(u32::MAX), wanted(&found.reader).map(|(x, ..)| x))
    });
    let rows_of_file: Vec<u32> = panels.iter().filter_map(|found| found.reader.count("id")).collect();
    for found_panel in panels {
        let Found { reader, panel } = &found_panel;
        // Repeats that an old version stored are made again.
        if reader.count("repeatPanelId").is_some_and(|source| rows_of_file.contains(&source)) {
            continue;
        }
        let Some(drawn) = dashboard.panels.get(*panel) else { continue };
        if drawn.kind == kinds::ROW {
            let row = Row {
                id: drawn.id,
                title: drawn.title.clone(),
                is_shown: true,
                is_collapsed: reader.is_on("collapsed"),
                repeat: repeated_by(reader, variables),
            };
            drafts.push((Some(row), found(reader, "panels", &at)));
        } else if let Some((_, panels)) = drafts.last_mut() {
            panels.push(found_panel);
        }
    }
    for (nth, row) in (0..).zip(root.objects("rows")) {
        let is_collapsed = row.is_on("collapse");
        if row.value("repeatIteration").is_some() && row.value("repeatRowId").is_some() {
            continue;
        }
        let repeat = repeated_by(&row, variables);
        let heading = Row {
            id: FIRST_ROW_ID + nth,
            title: row.filled_text("title").unwrap_or_default().to_owned(),
            is_shown: row.is_on("showTitle") || is_collapsed || repeat.is_some(),
            is_collapsed,
            repeat,
        };
        drafts.push((Some(heading), found(&row, "panels", &at)));
    }
    drafts.into_iter().map(|(row, panels)| section_of(row, &panels, dashboard, variables)).collect()
}

fn found<'a>(parent: &Reader<'a>, key: &str, at: &dyn Fn(&Reader<'a>) -> Option<usize>) -> Vec<Found<'a>> {
    let panels = parent.objects(key).into_iter();
    panels.filter_map(|reader| at(&reader).map(|panel| Found { reader, panel })).collect()
}

/// `gridPos` as it is written.
fn wanted(reader: &Reader<'_>) -> Option<(u32, u32, u32, u32)> {
    let grid = reader.object("gridPos")?;
    let side = |key: &str| grid.number(key).map(|side| side.clamp(0.0, 10_000.0) as u32);
    Some((
        side("x").unwrap_or(0).min(23),
        side("y").unwrap_or(0),
        side("w").unwrap_or(24).clamp(1, 24),
        side("h").unwrap_or(8).clamp(1, 100),
    ))
}

fn section_of(row: Option<Row>, panels: &[Found<'_>], dashboard: &Dashboard, variables: &[Variable]) -> Section {
    let places: Vec<_> = panels.iter().map(|found| wanted(&found.reader)).collect();
    let top = places.iter().flatten().map(|(_, y, _, _)| *y).min().unwrap_or(0);
    let mut is_first = true;
    let placements: Vec<Placement> = panels
        .iter()
        .zip(&places)
        .map(|(found, place)| {
            let drawn = dashboard.panels.get(found.panel);
            let wanted = match place {
                Some((x, y, w, h)) => Wanted::Grid24 { x: *x, y: y - top, w: *w, h: *h },
                // Already settled with the other rows: its size is good, its place is found again.
                None => drawn.map_or(Wanted::Nothing, |panel| {
                    let GridRect { w, h, .. } = panel.grid;
                    Wanted::Span { columns: w, height: h, starts_row: std::mem::take(&mut is_first) }
                }),
            };
            Placement { wanted, kind: drawn.map(|panel| panel.kind.clone()).unwrap_or_default() }
        })
        .collect();
    let items = panels
        .iter()
        .zip(place(&placements))
        .map(|(found, rect)| {
            let reader = &found.reader;
            let repeat = repeated_by(reader, variables).map(|variable| Repeat {
                variable,
                is_vertical: reader.text("repeatDirection") == Some("v"),
                max_per_row: reader.count("maxPerRow").filter(|count| *count > 0).unwrap_or(DEFAULT_MAX_PER_ROW),
            });
            Item { panel: found.panel, rect, repeat }
        })
        .collect();
    Section { row, items }
}

/// The variable that a row or panel repeats by. One that does not exist is said, and repeats nothing.
fn repeated_by(reader: &Reader<'_>, variables: &[Variable]) -> Option<String> {
    let name = reader.filled_text("repeat")?;
    let name = name.trim_start_matches('$');
    let is_known = variables.iter().any(|variable| variable.name == name);
    if !is_known {
        reader.warn("repeat", &["the variable $", name, " is not defined; shown once"]);
    }
    is_known.then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::grafana::dashboard_from_json;

    fn read(text: &str) -> (Dashboard, Arrangement) {
        let dashboard = dashboard_from_json(text).unwrap();
        let arrangement = arrangement_of(&dashboard);
        (dashboard, arrangement)
    }

    fn messages(arrangement: &Arrangement) -> Vec<&str> {
        arrangement.notices.iter().map(|notice| notice.message.as_str()).collect()
    }

    fn of_entry(entry: &str) -> (Variable, Vec<String>) {
        let text = format!("{{\"templating\": {{\"list\": [{entry}]}}, \"panels\": [{{\"type\": \"stat\"}}]}}");
        let (dashboard, arrangement) = read(&text);
        assert!(dashboard.is_arranged_later && dashboard.notices.is_empty());
        let said = messages(&arrangement).into_iter().map(str::to_owned).collect();
        (arrangement.variables.into_iter().next().unwrap(), said)
    }

    #[test]
    fn variables_of_all_kinds() {
        let (dashboard, arrangement) = read(include_str!("../../../tests/fixtures/grafana/variables.json"));
        assert!(dashboard.is_arranged_later);
        let kinds: Vec<_> = arrangement.variables.iter().map(|v| (v.name.as_str(), &v.kind)).collect();
        let query = |query: &str, source: Option<&str>| VariableKind::Query {
            query: query.to_owned(),
            source: source.map(str::to_owned),
        };
        let own = Some("${source}");
        let custom = |(text, value): (&str, &str)| Choice { text: text.to_owned(), value: value.to_owned() };
        let top = "query_result(topk(3, sum by (tool_name) (rate(agentarea_mcp_tool_calls_total[$__range]))))";
        let expected = [
            ("source", VariableKind::Source { kind: "prometheus".to_owned() }),
            ("job", query("label_values(up,job)", own)),
            ("instance", query("label_values(up{job=~\"$job\"}, instance)", own)),
            ("model", query("label_values(agentarea_agent_requests_total, model)", None)),
            ("tool", query(top, None)),
            (
                "window",
                VariableKind::Interval {
                    steps: vec!["1m".to_owned(), "5m".to_owned(), "10m".to_owned()],
                    auto: Some(AutoInterval { count: 30, min_ms: 60_000 }),
                },
            ),
            ("quantile", VariableKind::Custom([("p50", "0.5"), ("p95", "0.95"), ("p99", "0.99")].map(custom).to_vec())),
            ("above", VariableKind::Text("0".to_owned())),
            ("prefix", VariableKind::Constant("agentarea".to_owned())),
            ("Filters", VariableKind::AdHoc { source: own.map(str::to_owned), filters: vec![], base: vec![] }),
            ("by", VariableKind::Fixed),
        ];
        assert_eq!(kinds, expected.iter().map(|(name, kind)| (*name, kind)).collect::<Vec<_>>());
        let job = arrangement.variables.get(1).unwrap();
        assert_eq!((job.title(), job.is_multi, job.has_all, job.sort), ("Job", true, true, Sort::Alphabetical));
        assert_eq!(job.current, [Choice { text: "All".to_owned(), value: "$__all".to_owned() }]);
        let instance = arrangement.variables.get(2).unwrap();
        assert_eq!((instance.all_value.as_deref(), instance.refresh), (Some(".+"), Refresh::OnTimeRange));
        assert_eq!(arrangement.variables.get(8).unwrap().hide, Hide::Variable);
        // What is not understood, and nothing else.
        assert_eq!(
            messages(&arrangement),
            [
                "templating.list[10].type: variables of the kind \u{201c}groupby\u{201d} are not supported; $by stays as it is",
                "templating.list[11].name: there is a variable $quantile already; this one is ignored",
                "templating.list[12].name: a variable without a name is ignored",
            ]
        );
        let ways = |source: Option<&str>, from: Option<&str>, shift: Option<&str>| PanelWays {
            source: source.map(str::to_owned),
            time_from: from.map(str::to_owned),
            time_shift: shift.map(str::to_owned),
            hides_time: false,
        };
        assert_eq!(arrangement.panels.first(), Some(&ways(own, None, None)));
        assert_eq!(arrangement.panels.last(), Some(&ways(None, Some("30m"), Some("1h"))));
        assert!(dashboard.all_notices().next().is_none());
        let said = dashboard
            .panels
            .iter()
            .flat_map(|p| crate::analysis::variables::order::undefined(p, &arrangement.variables));
        let said: Vec<_> = said.map(|notice| notice.message).collect();
        assert_eq!(said, ["query A: the variable $nobody is not defined"]);
    }

    #[test]
    fn forms_of_a_query() {
        let check = |query: &str, expect: &str, said: usize| {
            let (variable, notices) =
                of_entry(&format!("{{\"name\": \"a\", \"type\": \"query\", \"query\": {query}}}"));
            let VariableKind::Query { query: got, .. } = variable.kind else { panic!("{:?}", variable.kind) };
            assert_eq!((got.as_str(), notices.len()), (expect, said), "{query}: {notices:?}");
        };
        check("\"metrics(x)\"", "metrics(x)", 0);
        check("{\"qryType\": 0, \"refId\": \"A\"}", "label_names()", 0);
        check("{\"qryType\": 1, \"label\": \"job\"}", "label_values(job)", 0);
        check(
            "{\"qryType\": 1, \"label\": \"job\", \"metric\": \"up\", \"labelFilters\": [{\"label\": \"a\", \"op\": \"=~\", \"value\": \"b\\\"c\"}]}",
            "label_values(up{a=~\"b\\\"c\"},job)",
            0,
        );
        check("{\"qryType\": 2, \"metric\": \"node_.*\"}", "metrics(node_.*)", 0);
        check("{\"qryType\": 3, \"varQuery\": \"up\"}", "query_result(up)", 0);
        check("{\"qryType\": 4, \"seriesQuery\": \"up{a=\\\"b\\\"}\"}", "up{a=\"b\"}", 0);
        check("{\"qryType\": 5, \"classicQuery\": \"label_values(a)\"}", "label_values(a)", 0);
        check("{\"rawSql\": \"SELECT 1\"}", "", 2);
    }

    #[test]
    fn odd_and_old_ways_to_say_it() {
        let (variable, said) = of_entry(
            "{\"name\": \"a\", \"type\": \"custom\", \"query\": \"x,y\", \"hide\": \"hideLabel\", \"sort\": \"naturalDesc\", \
             \"refresh\": false, \"useTags\": true, \"current\": {\"text\": \"x + y\", \"value\": [\"x\", \"y\"]}, \
             \"options\": [{\"text\": \"x\", \"value\": 1}], \"marvel\": {\"a\": true}}",
        );
        assert_eq!(
            (variable.hide, variable.sort, variable.refresh),
            (Hide::Label, Sort::NaturalDescending, Refresh::Never)
        );
        assert_eq!(variable.current.iter().map(|c| c.value.as_str()).collect::<Vec<_>>(), ["x", "y"]);
        assert_eq!(variable.saved, [Choice { text: "x".to_owned(), value: "1".to_owned() }]);
        assert_eq!(
            said,
            [
                "templating.list[0].useTags: tags of values are not supported",
                "templating.list[0].marvel: an object is not supported and has no effect here",
            ]
        );
        let (variable, said) = of_entry(
            "{\"name\": \"a\", \"type\": \"custom\", \"valuesFormat\": \"json\", \"query\": \"[{\\\"text\\\": \\\"A\\\", \\\"value\\\": \\\"1\\\"}, \\\"b\\\"]\"}",
        );
        let choices = vec![Choice { text: "A".to_owned(), value: "1".to_owned() }, Choice::plain("b")];
        assert_eq!((variable.kind, said.len()), (VariableKind::Custom(choices), 0));
        let (variable, said) = of_entry(
            "{\"name\": \"f\", \"type\": \"adhoc\", \"filters\": [{\"key\": \"a\", \"operator\": \"=|\", \"value\": \"b\", \"values\": [\"b\", \"c\"]}, \
             {\"key\": \"a\", \"operator\": \"<\", \"value\": \"1\"}]}",
        );
        let filter = AdHocFilter {
            key: "a".to_owned(),
            operator: "=|".to_owned(),
            values: vec!["b".to_owned(), "c".to_owned()],
        };
        assert_eq!(variable.kind, VariableKind::AdHoc { source: None, filters: vec![filter], base: vec![] });
        assert_eq!(said.len(), 1);
    }

    /// Each section as its row and its panels' titles with their places.
    fn drawn(dashboard: &Dashboard, arrangement: &Arrangement) -> Vec<String> {
        let item = |item: &Item| {
            let title = dashboard.panels.get(item.panel).map_or("", |p| p.title.as_str());
            let GridRect { x, y, w, h } = item.rect;
            let repeat = item.repeat.as_ref().map(|r| {
                let direction = if r.is_vertical { 'v' } else { 'h' };
                format!(" {direction}{} {}", r.max_per_row, r.variable)
            });
            format!("{title} {x},{y},{w},{h}{}", repeat.unwrap_or_default())
        };
        let section = |section: &Section| {
            let row = section.row.as_ref().map(|row| {
                let state = if row.is_collapsed { "closed" } else { "open" };
                format!("{} {state} {}", row.title, row.repeat.as_deref().unwrap_or("-"))
            });
            let items: Vec<String> = section.items.iter().map(item).collect();
            format!("{}: {}", row.unwrap_or_default(), items.join("; "))
        };
        arrangement.sections.iter().map(section).collect()
    }

    #[test]
    fn rows_and_repeats() {
        let (dashboard, arrangement) = read(include_str!("../../../tests/fixtures/grafana/repeats.json"));
        assert_eq!(
            drawn(&dashboard, &arrangement),
            [
                ": Above all rows 0,0,12,3",
                "Jobs open -: Up: $job 0,0,4,4 h3 job; Below the repeats 0,4,12,6",
                "Requests: $status open status: By model, $status 0,0,6,6; Share, $status 6,0,6,6",
                "Closed closed -: Hidden memory 0,0,6,6; Hidden $status 6,0,6,3 v4 status",
                "Last open -: At the end 0,0,12,3",
            ]
        );
        assert_eq!(
            messages(&arrangement),
            ["dashboard.panels[7].repeat: the variable $nothing is not defined; shown once"]
        );
        assert!(dashboard.all_notices().next().is_none(), "{:?}", dashboard.all_notices().collect::<Vec<_>>());
    }

    #[test]
    fn rows_of_old_dashboards() {
        let (dashboard, arrangement) = read(
            "{\"templating\": {\"list\": [{\"name\": \"v\", \"type\": \"custom\", \"query\": \"a,b\", \"current\": {}}]}, \"rows\": [\
             {\"title\": \"Quiet\", \"panels\": [{\"type\": \"graph\", \"title\": \"a\", \"span\": 6}, {\"type\": \"graph\", \"title\": \"b\", \"span\": 6, \"repeat\": \"v\", \"minSpan\": 3}]},\
             {\"title\": \"Shut\", \"collapse\": true, \"height\": 200, \"panels\": [{\"type\": \"graph\", \"title\": \"c\", \"span\": 4}]},\
             {\"title\": \"Each $v\", \"repeat\": \"v\", \"panels\": [{\"type\": \"graph\", \"title\": \"d\", \"span\": 12}]}]}",
        );
        assert_eq!(
            drawn(&dashboard, &arrangement),
            [": ", "Quiet open -: a 0,0,6,7; b 6,0,6,7 h4 v", "Shut closed -: c 0,0,4,5", "Each $v open v: d 0,0,12,7",]
        );
        let shown: Vec<_> =
            arrangement.sections.iter().filter_map(|s| s.row.as_ref()).map(|row| row.is_shown).collect();
        assert_eq!(shown, [false, true, true]);
    }

    #[test]
    fn the_dashboards_that_come_along_are_arranged_as_they_stand() {
        for text in [
            include_str!("../../../public/dashboards/agents.json"),
            include_str!("../../../public/dashboards/infrastructure.json"),
        ] {
            let (dashboard, arrangement) = read(text);
            assert!(dashboard.is_arranged_later && arrangement.notices.is_empty());
            let ids: Vec<u32> = dashboard.panels.iter().map(|panel| panel.id).collect();
            let placed =
                crate::analysis::variables::repeat::arranged(&arrangement.sections, &ids, &|_| None, &|_| false);
            let wanted: Vec<_> = dashboard.panels.iter().map(|panel| (panel.id, panel.grid)).collect();
            assert_eq!(placed.iter().map(|p| (p.id, p.rect)).collect::<Vec<_>>(), wanted);
        }
    }
}
