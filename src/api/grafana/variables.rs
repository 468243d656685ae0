//! What of a dashboard's file changes while it is looked at: variables, rows, repeats. Read again from the file's text when
//! such a dashboard is drawn, so that others need not bring this along.

mod entries;
mod sections;

use self::{
    entries::{source_of, variables_from},
    sections::sections_from,
};
use super::read::{Notices, Objects, Reader};
use crate::{
    api::json::{self, Map, Value},
    model::{
        dashboard::{Dashboard, Link, variable_names},
        variables::{Arrangement, DashboardLink, PanelWays},
    },
};

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
    let links = reader.objects("links").iter().filter_map(link_from).collect();
    Arrangement { variables, sections, panels, links, notices: notices.take() }
}

/// A link of the dashboard. One to all dashboards with some tags leads to the list of them.
fn link_from(link: &Reader<'_>) -> Option<DashboardLink> {
    let title = link.filled_text("title");
    let is_list = link.filled_text("type").unwrap_or("link") == "dashboards";
    let tags = link.texts("tags").join(", ");
    let url = if is_list { Some("dashboards") } else { link.filled_text("url") };
    if is_list {
        link.info("tags", &["links to all dashboards with tags (", &tags, ") lead to the list of dashboards"]);
    } else if url.is_none() {
        link.warn("url", &["a link without an address is left out"]);
    }
    let keeps_time = link.is_on("keepTime");
    let keeps_variables = link.is_on("includeVars") && !is_list;
    let (hint, opens_new) = (link.owned_text("tooltip"), link.is_on("targetBlank"));
    link.ignore(&["icon", "asDropdown", "placement"]);
    link.finish();
    let (url, title) = (url?.to_owned(), title.or(url)?.to_owned());
    Some(DashboardLink { link: Link { title, url, opens_new }, hint, keeps_time, keeps_variables })
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
        links: link_names(&map),
    }
}

/// The variables in addresses and titles of links, wherever in a panel they stand.
fn link_names(panel: &Map) -> Vec<String> {
    let mut names = Vec::new();
    let parts = ["links", "fieldConfig", "options", "styles"];
    let mut open: Vec<(&str, &Value)> = parts.into_iter().filter_map(|key| Some((key, panel.get(key)?))).collect();
    while let Some((key, value)) = open.pop() {
        match value {
            Value::String(text) if matches!(key, "url" | "title" | "linkUrl" | "linkTooltip") => {
                names.extend(variable_names(text));
            }
            Value::Array(items) => open.extend(items.iter().map(|item| (key, &item.value))),
            Value::Object(map) => open.extend(map.pairs().iter().map(|(key, node)| (key.as_str(), &node.value))),
            _ => {}
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        api::grafana::dashboard_from_json,
        model::{
            dashboard::GridRect,
            variables::{
                AdHocFilter, AutoInterval, Choice, Hide, Item, Refresh, Section, Sort, Variable, VariableKind,
            },
        },
    };

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
            links: Vec::new(),
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
    fn links_of_a_dashboard() {
        let (dashboard, arrangement) = read(include_str!("../../../tests/fixtures/grafana/links.json"));
        assert!(dashboard.is_arranged_later);
        let told: Vec<(&str, &str, bool, bool)> = arrangement
            .links
            .iter()
            .map(|DashboardLink { link, keeps_time, keeps_variables, .. }| {
                (link.title.as_str(), link.url.as_str(), *keeps_time, *keeps_variables)
            })
            .collect();
        assert_eq!(
            told,
            [
                ("Operations of $service", "/d/operations?theme=dark", true, true),
                ("Runbook", "https://runbooks.test/${service:percentencode}?w=$window", false, false),
                ("Of agents", "dashboards", true, false),
                ("Nowhere", "javascript:alert(1)", false, false),
            ]
        );
        assert_eq!(
            messages(&arrangement),
            [
                "links[2].tags: links to all dashboards with tags (agents, guide) lead to the list of dashboards",
                "links[4].url: a link without an address is left out",
            ]
        );
        let names: Vec<Vec<String>> = arrangement
            .panels
            .iter()
            .map(|ways| {
                let mut names: Vec<String> =
                    ways.links.iter().filter(|name| !name.starts_with("__")).cloned().collect();
                names.sort();
                names.dedup();
                names
            })
            .collect();
        let of = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let (service, both, none) = (of(&["service"]), of(&["service", "window"]), of(&[]));
        assert_eq!(
            names,
            [service.clone(), none.clone(), both.clone(), none.clone(), service, none.clone(), both, none]
        );
        assert!(arrangement.panels.first().unwrap().links.contains(&"__all_variables".to_owned()));
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
