//! What the fixtures' tables, timelines and texts become, and that each of their keys is read or reported.

use super::{
    table::{Footer, RowHeight, TablePanel, table_panel},
    text::{TextMode, text_panel},
    timeline::{ShowValue, TimelinePanel, timeline_panel},
};
use crate::{
    analysis::{
        states::Shape,
        table::{
            CellType,
            field::{Align, CellStyle, GaugeMode, GaugeValue, Match, Matcher, Options},
            transform::{Calculation, Condition, GroupRole, Operand, Operator, Transformation},
        },
    },
    api::grafana::dashboard_from_json,
    model::dashboard::{
        Dashboard, FieldColour, Hue, NullMode, Panel, PanelColour, PanelOptions, Reducer, TooltipMode, kinds,
    },
    model::notice::Notice,
};

fn fixture(name: &str) -> Dashboard {
    let path = format!("{}/tests/fixtures/grafana/{name}.json", env!("CARGO_MANIFEST_DIR"));
    dashboard_from_json(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn panel<'d>(dashboard: &'d Dashboard, title: &str) -> &'d Panel {
    dashboard.panels.iter().find(|panel| panel.title == title).unwrap()
}

fn messages(notices: &[Notice]) -> Vec<&str> {
    notices.iter().map(|notice| notice.message.as_str()).collect()
}

fn table(dashboard: &Dashboard, title: &str) -> TablePanel {
    let (table, notices) = table_panel(&panel(dashboard, title).document);
    assert_eq!(messages(&notices), [""; 0], "{title}");
    table
}

fn override_of<'t>(table: &'t TablePanel, column: &str) -> &'t Options {
    let named =
        |matcher: &Matcher| matches!(matcher, Matcher::Names { names, .. } if names.iter().any(|name| name == column));
    &table.fields.overrides.iter().find(|o| named(&o.matcher)).unwrap().options
}

fn step(dashboard: &Dashboard, title: &str, at: usize) -> Transformation {
    table(dashboard, title).steps[at].transformation.clone()
}

#[test]
fn nothing_of_the_fixtures_is_remarked_on_but_what_they_ask_in_vain() {
    for name in ["tables", "timelines", "transformations"] {
        for panel in &fixture(name).panels {
            let later = match panel.kind.as_str() {
                "table" | "table-old" => table_panel(&panel.document).1,
                "state-timeline" => timeline_panel(&panel.document, false).1,
                "status-history" => timeline_panel(&panel.document, true).1,
                kinds::TEXT if matches!(panel.options, PanelOptions::Marked(_)) => text_panel(&panel.document).1,
                _ => Vec::new(),
            };
            let said: Vec<&str> = messages(&panel.notices).into_iter().chain(messages(&later)).collect();
            let expect: &[&str] = match panel.title.as_str() {
                "Raw" => &["options: HTML is not interpreted: it is shown as it is written. Markdown is"],
                "CPU by component" => &["options.legend.placement: the states stand below the lanes"],
                "Not understood" => &[
                    "transformations[0].id: the transformation \u{201c}heatmap\u{201d} is not supported; left out",
                    "transformations[2].options.mode: \u{201c}windowFunctions\u{201d} is not supported; no column is added",
                ],
                _ => &[],
            };
            assert_eq!(said, expect, "{name}: {}", panel.title);
        }
    }
}

#[test]
fn options_and_overrides_of_a_table() {
    let dashboard = fixture("tables");
    let services = table(&dashboard, "Services");
    assert_eq!(services.options.sort, [("p95".to_owned(), true)]);
    let footer =
        Footer { reducers: vec![Reducer::Sum, Reducer::Max], columns: vec!["Requests".to_owned()], counts_rows: false };
    assert_eq!(services.options.footer, footer);
    assert_eq!(services.fields.defaults.is_filterable, Some(true));
    let requests = override_of(&services, "Value #A");
    assert_eq!(requests.cell, Some(CellStyle::Gauge { mode: GaugeMode::Basic, value: GaugeValue::Plain }));
    assert_eq!(
        (requests.unit.as_deref(), requests.decimals, requests.has_own_extent),
        (Some("reqps"), Some(2), Some(true))
    );
    assert_eq!(requests.colour, Some(FieldColour::Fixed(PanelColour::named(Hue::Blue))));
    let p95 = override_of(&services, "Value #B");
    assert_eq!(p95.cell, Some(CellStyle::ColourBackground { is_gradient: false, is_row: false }));
    assert_eq!((p95.width_px, p95.align), (Some(140.0), Some(Align::End)));
    assert_eq!(p95.thresholds.as_ref().map(|thresholds| thresholds.steps.len()), Some(3));
    assert_eq!(override_of(&services, "Time").is_hidden, Some(true));
    let links = override_of(&services, "endpoint").links.clone().unwrap_or_default();
    assert_eq!(links.iter().map(|link| link.opens_new).collect::<Vec<_>>(), [false]);
    let service = services.fields.overrides.iter().find(|o| matches!(o.matcher, Matcher::Matches(_))).unwrap();
    assert!(
        matches!(service.options.mappings.as_deref(), Some([mapping]) if matches!(mapping.matches, Match::Pattern(_)))
    );
    assert_eq!(service.options.min_width_px, Some(120.0));

    let targets = table(&dashboard, "Targets");
    assert_eq!(
        (targets.options.row_height, targets.fields.defaults.cell),
        (RowHeight::Medium, Some(CellStyle::ColourText))
    );
    let mappings = targets.fields.defaults.mappings.clone().unwrap_or_default();
    let words: Vec<_> = mappings.iter().filter_map(|mapping| mapping.text.as_deref()).collect();
    assert_eq!(words, ["up", "down", "unknown"]);
    assert_eq!(targets.fields.overrides[0].matcher, Matcher::Type(CellType::Time));

    let trend = table(&dashboard, "Status codes");
    assert_eq!(override_of(&trend, "Trend").cell, Some(CellStyle::Trend { hides_value: false }));
    let samples = table(&dashboard, "Samples");
    assert!(samples.options.is_paged && samples.options.footer.counts_rows);
    assert_eq!(
        override_of(&samples, "Value").cell,
        Some(CellStyle::Gauge { mode: GaugeMode::Segments, value: GaugeValue::Coloured })
    );
    let many = table(&dashboard, "Many");
    assert_eq!(
        (many.fields.defaults.footer.as_deref(), many.fields.defaults.no_value.as_deref()),
        (Some(&[Reducer::Sum][..]), Some("\u{2013}"))
    );
}

#[test]
fn an_old_table() {
    let dashboard = fixture("tables");
    let old = table(&dashboard, "Old table");
    assert_eq!((old.options.page_rows, old.options.sort_place), (Some(5), Some((1, true))));
    let Transformation::Reduce(reduce) = &old.steps[0].transformation else { panic!("{:?}", old.steps) };
    assert_eq!(reduce.reducers, [Reducer::Mean, Reducer::LastNotNull]);
    let Transformation::Organize(organize) = &old.steps[1].transformation else { panic!("{:?}", old.steps) };
    let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
    assert_eq!(organize.names, [pair("Mean", "Avg"), pair("Last *", "Current"), pair("Field", "Metric")]);
    // The first style that names a column counts: it is the last override.
    let last = &old.fields.overrides.last().unwrap().options;
    assert_eq!(last.display_name.as_deref(), Some("Service"));
    assert_eq!(last.links.as_deref().unwrap()[0].url, "d/operations?var-service=${__cell}");
    let average = override_of(&old, "Avg");
    assert_eq!(
        (average.decimals, average.cell),
        (Some(1), Some(CellStyle::ColourBackground { is_gradient: false, is_row: false }))
    );
    assert_eq!(average.thresholds.as_ref().map(|thresholds| thresholds.steps[1].value), Some(1.0));
}

#[test]
fn transformations_of_the_fixtures() {
    let dashboard = fixture("transformations");
    let Transformation::Organize(organize) = step(&dashboard, "Organize", 0) else { panic!() };
    assert_eq!(organize.excluded, ["Time"]);
    assert_eq!(organize.names.len(), 2);
    assert_eq!(organize.places.len(), 3);
    assert_eq!(step(&dashboard, "Merge", 0), Transformation::Merge);
    let Transformation::Reduce(reduce) = step(&dashboard, "Reduce", 0) else { panic!() };
    assert_eq!((reduce.reducers.len(), reduce.has_labels, reduce.keeps_columns), (3, true, false));
    let Transformation::FilterRows(filter) = step(&dashboard, "Filter", 0) else { panic!() };
    assert!(filter.needs_all && !filter.is_exclusive);
    assert!(
        matches!(&filter.conditions[..], [(_, Condition::Matches(_)), (_, Condition::Greater(limit))] if *limit == 0.0)
    );
    let Transformation::Group(roles) = step(&dashboard, "Group", 0) else { panic!() };
    assert!(roles.contains(&("service".to_owned(), GroupRole::Key)));
    assert_eq!(
        step(&dashboard, "Group", 1),
        Transformation::Sort { by: "Value (sum)".to_owned(), is_descending: true }
    );
    let Transformation::Calculate(calculate) = step(&dashboard, "Calculate", 1) else { panic!() };
    let (left, right) = (Operand::Column("share".to_owned()), Operand::Number(100.0));
    assert_eq!(calculate.kind, Calculation::Binary { left, operator: Operator::Multiply, right });
    assert_eq!(step(&dashboard, "Calculate", 2), Transformation::Limit { rows: 5, is_from_end: false });
    assert_eq!(step(&dashboard, "Rows of series", 0), Transformation::SeriesToRows);
    assert_eq!(step(&dashboard, "Join", 0), Transformation::Join { by: Some("component".to_owned()), is_inner: false });
    assert!(matches!(step(&dashboard, "Join", 1), Transformation::FilterColumns { include: Some(_), exclude: None }));
    assert!(matches!(step(&dashboard, "Join", 2), Transformation::Rename { .. }));
    assert!(matches!(step(&dashboard, "Labels", 0), Transformation::LabelsToColumns { value_label: Some(_), .. }));
    let kept = table_panel(&panel(&dashboard, "Not understood").document).0.steps;
    assert_eq!(kept.iter().map(|step| step.only_ref_ids.clone()).collect::<Vec<_>>(), [["A"]]);
}

#[test]
fn timelines_of_the_fixtures() {
    let dashboard = fixture("timelines");
    let timeline = |title: &str, is_history: bool| timeline_panel(&panel(&dashboard, title).document, is_history).0;
    let TimelinePanel { shape, shows_value, align, row_height_ratio, has_legend, tooltip, .. } =
        timeline("Targets up", false);
    assert_eq!(shape, Shape::Timeline { merges_equal: true });
    assert_eq!((shows_value, align, has_legend, tooltip), (ShowValue::Auto, Align::Start, true, TooltipMode::Single));
    assert!((row_height_ratio - 0.9).abs() < 1e-9);
    let cpu = timeline("CPU by component", false);
    assert_eq!((cpu.shows_value, cpu.tooltip, cpu.lanes_per_page), (ShowValue::Never, TooltipMode::All, Some(20)));
    assert_eq!(cpu.fields.defaults.nulls, Some(NullMode::ConnectBelow { gap_ms: 3_600_000 }));
    assert_eq!((cpu.fields.defaults.fill_percent, cpu.fields.defaults.line_width_px), (Some(80.0), Some(1.0)));
    let connections = timeline("Connections", true);
    assert_eq!((connections.shape, connections.has_legend), (Shape::History { width_ratio: 0.9 }, false));
    assert_eq!(connections.fields.overrides[0].options.is_hidden, Some(true));
    assert_eq!(timeline("No series", false).shape, Shape::Timeline { merges_equal: false });
}

#[test]
fn texts_of_the_fixtures() {
    let dashboard = fixture("tables");
    let mode = |title: &str| text_panel(&panel(&dashboard, title).document).0.mode;
    assert_eq!((mode("Runbook"), mode("Raw"), mode("Code")), (TextMode::Markdown, TextMode::Html, TextMode::Code));
    assert_eq!(panel(&dashboard, "Plain").options, PanelOptions::Text("Call +49 30 1234 # not a heading".to_owned()));
    assert!(matches!(&panel(&dashboard, "Runbook").options, PanelOptions::Marked(text) if text.contains("kubectl")));
}

#[test]
fn what_is_not_understood_is_reported_with_its_place() {
    let text = r#"{"panels":[{"type":"table","title":"x","unknown":1,"options":{"showHeader":false,"new":true,"footer":{"show":true,"reducer":["nope"]}},
        "fieldConfig":{"defaults":{"custom":{"cellOptions":{"type":"image"},"strange":5},"odd":1},
        "overrides":[{"matcher":{"id":"byValue","options":{}},"properties":[]},{"matcher":{"id":"byRegexp","options":"/(?!x)/"},"properties":[]},
        {"matcher":{"id":"byName","options":"a"},"properties":[{"id":"custom.odd","value":1}]}]},
        "transformations":[{"id":"groupBy","options":{"fields":{}}},{"id":"reduce","options":{"reducers":["allValues"]}}]}]}"#;
    let dashboard = dashboard_from_json(text).unwrap();
    let (table, notices) = table_panel(&dashboard.panels[0].document);
    assert!(!table.options.has_head && table.steps.is_empty());
    assert_eq!(
        messages(&notices),
        [
            "fieldConfig.defaults.custom.cellOptions.type: cells of the kind \u{201c}image\u{201d} are not supported; the value is shown",
            "fieldConfig.defaults.custom.strange: 5 is not supported and has no effect here",
            "fieldConfig.defaults.odd: 1 is not supported and has no effect here",
            "fieldConfig.overrides[0].matcher.id: the matcher \u{201c}byValue\u{201d} is not supported; override ignored",
            "fieldConfig.overrides[1].matcher.options: the pattern \u{201c}/(?!x)/\u{201d} is not understood; ignored",
            "fieldConfig.overrides[2].properties[0].id: \u{201c}custom.odd\u{201d} cannot be overridden here; ignored",
            "transformations[1].options.reducers: the calculation \u{201c}allValues\u{201d} is not supported; left out",
            "options.footer.reducer: the calculation \u{201c}nope\u{201d} is not supported; left out",
            "options.new: true is not supported and has no effect here",
            "unknown: 1 is not supported and has no effect here",
        ]
    );
}
