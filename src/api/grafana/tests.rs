use super::*;
use crate::{
    base::time::{TimeSpec, Utc},
    model::{dashboard::*, labels::Labels},
};

fn old() -> Dashboard {
    dashboard_from_json(include_str!("../../../tests/fixtures/grafana/old.json")).unwrap()
}

fn new() -> Dashboard {
    dashboard_from_json(include_str!("../../../tests/fixtures/grafana/new.json")).unwrap()
}

fn panel<'d>(dashboard: &'d Dashboard, title: &str) -> &'d Panel {
    dashboard.panels.iter().find(|p| p.title == title).unwrap()
}

fn messages(notices: &[crate::model::notice::Notice]) -> Vec<&str> {
    notices.iter().map(|n| n.message.as_str()).collect()
}

#[test]
fn threshold_styles_are_drawn_or_remarked_on() {
    let check = |mode: &str, expect: ThresholdDisplay, remark_count: usize| {
        let text = format!(
            r#"{{"panels":[{{"type":"timeseries","fieldConfig":{{"defaults":{{"custom":{{"thresholdsStyle":{{"mode":"{mode}"}}}}}}}}}}]}}"#
        );
        let dashboard = dashboard_from_json(&text).unwrap();
        let panel = dashboard.panels.first().unwrap();
        let PanelOptions::TimeSeries(options) = &panel.options else { panic!("{:?}", panel.options) };
        assert_eq!((options.threshold_display, panel.notices.len()), (expect, remark_count), "{mode}");
    };
    check("dashed", ThresholdDisplay::DashedLine, 0);
    check("dashed+area", ThresholdDisplay::DashedLineAndArea, 0);
    check("series", ThresholdDisplay::Off, 1);
}

#[test]
fn every_panel_knows_its_place_in_the_file() {
    for dashboard in [old(), new()] {
        assert!(dashboard.panels.iter().all(|panel| panel.document.at_byte > 0));
        for panel in &dashboard.panels {
            let text = panel.document.text();
            let value = serde_json::Deserializer::from_str(text).into_iter::<serde_json::Value>().next();
            let value = value.expect("a value").expect("JSON");
            assert_eq!(value.get("title").and_then(|title| title.as_str()).unwrap_or_default(), panel.title);
        }
    }
}

#[test]
fn what_moves_or_is_filled_comes_later() {
    let check = |rest: &str, expect: bool| {
        let text = format!("{{\"templating\": {{\"list\": []}}, \"panels\": [{{\"type\": \"stat\", {rest}}}]}}");
        assert_eq!(dashboard_from_json(&text).unwrap().is_arranged_later, expect, "{rest}");
    };
    check("\"title\": \"a\"", false);
    check("\"targets\": [{\"expr\": \"rate(x[$__rate_interval]) + rate(x[$__interval]) / $__range_s\"}]", false);
    check("\"targets\": [{\"expr\": \"up{job=\\\"$job\\\"}\"}]", true);
    check("\"title\": \"of [[job]]\"", true);
    check("\"title\": \"until ${__to:date}\"", true);
    check("\"timeShift\": \"1d\"", true);
    check("\"repeat\": \"job\"", true);
    let row = "{\"panels\": [{\"type\": \"row\", \"title\": \"a\"}]}";
    assert!(dashboard_from_json(row).unwrap().is_arranged_later);
}

#[test]
fn an_old_dashboard() {
    let dashboard = old();
    assert_eq!(dashboard.time, TimeSpec::parse("now-2d/d", "now", &Utc).ok());
    assert_eq!((dashboard.refresh_ms, dashboard.has_shared_crosshair), (Some(30_000), true));
    assert!(dashboard.is_arranged_later);
    assert_eq!(
        messages(&dashboard.notices),
        ["annotations.list[1].name: the annotation \u{201c}Deploys\u{201d} is not supported yet and not shown",]
    );
    let places: Vec<_> =
        dashboard.panels.iter().map(|p| (p.title.as_str(), p.id, p.grid.x, p.grid.y, p.grid.w, p.grid.h)).collect();
    assert_eq!(places, [("CPU", 4, 0, 0, 8, 7), ("Up", 5, 8, 0, 4, 7)]);
}

#[test]
fn an_old_graph() {
    let dashboard = old();
    let cpu = panel(&dashboard, "CPU");
    assert_eq!((cpu.kind.as_str(), cpu.source.as_deref()), (kinds::TIMESERIES, None));
    let PanelOptions::TimeSeries(options) = &cpu.options else { panic!("{:?}", cpu.options) };
    let style = &options.style;
    assert_eq!((style.fill_percent, style.line_width_px, style.stack), (20.0, 2.0, StackMode::Normal));
    assert_eq!((style.nulls, style.interpolation), (NullMode::Zero, Interpolation::StepAfter));
    assert_eq!(
        (options.left.min, options.left.max, options.left.label.as_deref()),
        (Some(0.0), Some(1.0), Some("load"))
    );
    assert_eq!(options.right.scale, AxisScale::Log { base: 10.0 });
    assert_eq!(options.legend.columns, [Reducer::Mean, Reducer::LastNotNull]);
    assert_eq!((options.legend.placement, options.legend.is_table), (LegendPlacement::Right, true));
    assert_eq!(
        options.tooltip,
        TooltipOptions { mode: TooltipMode::All, sort: TooltipSort::Descending, hides_zeros: false }
    );
    assert_eq!(options.threshold_display, ThresholdDisplay::LineAndArea);
    assert_eq!(
        cpu.field.thresholds.steps,
        [
            ThresholdStep { value: f64::NEG_INFINITY, colour: PanelColour::Transparent },
            ThresholdStep { value: 0.8, colour: PanelColour::named(Hue::Red) },
        ]
    );
    assert_eq!(cpu.field.unit.as_deref(), Some("percentunit"));
    let memory = cpu.series_options("memory", "B");
    assert_eq!((memory.style.axis, memory.field.unit.as_deref()), (AxisSide::Right, Some("bytes")));
    assert_eq!((memory.style.fill_percent, memory.style.dash_px.len()), (0.0, 2));
    let plain = cpu.series_options("cpu", "A");
    assert_eq!(plain.style.axis, AxisSide::Left);
    assert_eq!(plain.field.colour, FieldColour::Fixed(PanelColour::Rgba([0x7e, 0xb2, 0x6d, 255])));
    let refs: Vec<_> = cpu.targets.iter().map(|t| (t.ref_id.as_str(), t.is_hidden)).collect();
    assert_eq!(refs, [("A", false), ("B", true)]);
    let said = messages(&cpu.notices);
    assert_eq!(said, ["rows[0].panels[0].links[0].url: a link without an address is left out"]);
}

#[test]
fn a_singlestat() {
    let dashboard = old();
    let up = panel(&dashboard, "Up");
    let PanelOptions::Stat(stat) = &up.options else { panic!("{:?}", up.options) };
    assert_eq!((up.kind.as_str(), stat.reducer), (kinds::STAT, Reducer::LastNotNull));
    assert_eq!((stat.colour_mode, stat.sparkline), (StatColourMode::Background, Sparkline::Area));
    assert_eq!(
        (stat.postfix.as_deref(), up.field.unit.as_deref(), up.field.decimals),
        (Some(" ok"), Some("percent"), Some(1))
    );
    let values: Vec<_> = up.field.thresholds.steps.iter().map(|s| s.value).collect();
    assert_eq!(values, [f64::NEG_INFINITY, 90.0, 99.0]);
    assert_eq!(up.field.thresholds.step_for(99.0, 0.0, 100.0).unwrap().colour, PanelColour::named(Hue::Green));
    assert_eq!(up.field.mapping_for(Some(0.0)).unwrap().text.as_deref(), Some("none"));
    assert_eq!(up.field.mapping_for(None), None);
    let target = &up.targets[0];
    assert_eq!((target.ref_id.as_str(), target.is_instant, target.min_interval_ms), ("A", true, Some(60_000)));
    assert_eq!(up.notices, []);
}

#[test]
fn a_new_time_series() {
    let dashboard = new();
    let series = panel(&dashboard, "Series");
    assert_eq!(
        (series.source.as_deref(), series.min_interval_ms, series.max_data_points),
        (Some("prom-2"), Some(15_000), Some(500))
    );
    assert_eq!(series.grid, GridRect { x: 0, y: 1, w: 6, h: 9 });
    let PanelOptions::TimeSeries(options) = &series.options else { panic!("{:?}", series.options) };
    let style = &options.style;
    assert_eq!((style.draw, style.stack, style.points), (DrawStyle::Bars, StackMode::Percent, PointsMode::Never));
    assert_eq!(style.nulls, NullMode::ConnectBelow { gap_ms: 60_000 });
    assert_eq!((options.left.scale, options.left.soft_max), (AxisScale::Log { base: 2.0 }, Some(3.0)));
    assert_eq!(options.threshold_display, ThresholdDisplay::LineAndArea);
    assert_eq!(options.legend.columns, [Reducer::Mean, Reducer::Percentile(95), Reducer::LastNotNull]);
    assert_eq!((options.legend.sort_by, options.legend.is_descending), (Some(Reducer::Mean), true));
    assert_eq!(
        options.tooltip,
        TooltipOptions { mode: TooltipMode::Single, sort: TooltipSort::Ascending, hides_zeros: true }
    );
    let text = |value| series.field.mapping_for(value).and_then(|m| m.text.as_deref());
    assert_eq!(
        [text(Some(0.0)), text(Some(7.0)), text(None), text(Some(0.5))],
        [Some("off"), Some("on"), Some("n/a"), None]
    );
    assert_eq!(series.field.thresholds.mode, ThresholdMode::Percentage);
    assert_eq!(
        series.field.thresholds.step_for(9.0, 0.0, 10.0).unwrap().colour,
        PanelColour::Rgba([0xf2, 0x49, 0x5c, 255])
    );
    let p95 = series.series_options("p95", "X");
    assert_eq!((p95.style.draw, p95.field.unit.as_deref()), (DrawStyle::Line, Some("ms")));
    assert_eq!(p95.field.colour, FieldColour::Fixed(PanelColour::named(Hue::Purple)));
    let refs: Vec<_> = series.targets.iter().map(|t| (t.ref_id.as_str(), t.format, t.is_instant)).collect();
    assert_eq!(refs, [("X", TargetFormat::TimeSeries, false), ("Z", TargetFormat::Table, true)]);
    let at = "panels[0].panels[0].";
    assert!(series.has_transformations);
    for said in [
        "targets[1].expr: the query is empty",
        "targets[2].nonsense: an object is not supported",
        "fieldConfig.defaults.mappings[3].type: mappings of the kind \u{201c}regex\u{201d}",
    ] {
        let wanted = format!("{at}{said}");
        assert!(
            series.notices.iter().any(|n| n.message.starts_with(&wanted)),
            "{wanted} in {:#?}",
            messages(&series.notices)
        );
    }
    assert_eq!(series.notices.len(), 3, "{:#?}", messages(&series.notices));
}

#[test]
fn the_other_new_panels() {
    let dashboard = new();
    assert_eq!((dashboard.time_zone.as_deref(), dashboard.refresh_ms), (Some("utc"), None));
    assert_eq!(panel(&dashboard, "Closed").notices, []);
    let stat = panel(&dashboard, "Stat");
    let PanelOptions::Stat(options) = &stat.options else { panic!("{:?}", stat.options) };
    assert_eq!(
        (options.reducer, options.text_mode, options.is_centred),
        (Reducer::Max, StatTextMode::ValueAndName, true)
    );
    assert_eq!(
        messages(&stat.notices),
        [
            "panels[1].fieldConfig.defaults.min: expected a number, found \u{201c}high\u{201d}; ignored",
            "panels[1].options.showPercentChange: true is not supported and has no effect here",
        ]
    );
    let heat = panel(&dashboard, "Heat");
    let PanelOptions::Heatmap(options) = &heat.options else { panic!("{:?}", heat.options) };
    assert_eq!(options.colour_scale, HeatmapColourScale::Power { exponent: 0.3 });
    assert_eq!((options.y.unit.as_deref(), options.has_legend, options.cell_gap_px), (Some("s"), false, 2.0));
    assert_eq!(heat.targets[0].unit_hint, Some("s"));
    assert_eq!(heat.notices, []);
    let pie = panel(&dashboard, "Pie");
    assert_eq!((pie.kind.as_str(), &pie.options, pie.notices.len()), ("piechart", &PanelOptions::More, 0));
}

#[test]
fn a_kind_that_nobody_draws_says_so() {
    let dashboard = dashboard_from_json(r#"{"title":"D","panels":[{"type":"news","title":"N"}]}"#).unwrap();
    let news = panel(&dashboard, "N");
    assert_eq!((news.kind.as_str(), &news.options, news.notices.len()), ("news", &PanelOptions::Other, 1));
}

#[test]
fn files_that_are_no_dashboards_are_told_why() {
    let check = |text: &str, expect: &str| {
        let error = dashboard_from_json(text).unwrap_err().to_string();
        assert!(error.contains(expect), "{error}");
    };
    check("{\n \"panels\": [}", "line 2, column 13");
    check("", "line 1, column 0");
    check("[]", "the file: expected an object, found a list of 0");
    check("{\"dashboard\": 3}", "dashboard: expected an object, found 3");
    check("{\"dashboard\": {\"panels\": {}}}", "dashboard.panels: expected a list, found an object");
    check("{\"title\": \"x\"}", "neither");
    check(&format!("{{\"panels\":{}{}}}", "[".repeat(500), "]".repeat(500)), "recursion limit");
}

#[test]
fn every_key_of_the_wrong_type_is_told_and_nothing_panics() {
    let texts = [
        include_str!("../../../tests/fixtures/grafana/old.json"),
        include_str!("../../../tests/fixtures/grafana/new.json"),
    ];
    let strange = ["null", "-1", "1e300", "\"\u{e9}\"", "[null,{}]", "{\"\":[{}]}"];
    for text in texts {
        let root: serde_json::Value = serde_json::from_str(text).unwrap();
        let mut pointers = Vec::new();
        collect_pointers(&root, String::new(), &mut pointers);
        assert!(pointers.len() > 100);
        for pointer in pointers {
            for value in strange {
                let mut changed = root.clone();
                *changed.pointer_mut(&pointer).unwrap() = serde_json::from_str(value).unwrap();
                if let Ok(dashboard) = dashboard_from_json(&changed.to_string()) {
                    for panel in &dashboard.panels {
                        assert!(panel.grid.w >= 1 && panel.grid.x + panel.grid.w <= GRID_COLUMNS);
                        assert_eq!(dashboard.panels.iter().filter(|p| p.id == panel.id).count(), 1);
                    }
                }
            }
        }
    }
}

fn collect_pointers(value: &serde_json::Value, path: String, out: &mut Vec<String>) {
    match value {
        serde_json::Value::Object(map) => {
            for (key, inner) in map {
                collect_pointers(inner, format!("{path}/{}", key.replace('~', "~0").replace('/', "~1")), out);
            }
        }
        serde_json::Value::Array(items) => {
            for (at, inner) in items.iter().enumerate() {
                collect_pointers(inner, format!("{path}/{at}"), out);
            }
        }
        _ => {}
    }
    if !path.is_empty() {
        out.push(path);
    }
}

#[test]
fn legends() {
    let labels = Labels::from_pairs([("__name__", "up"), ("job", "api")]);
    let check = |template: &str, expect: &str| {
        assert_eq!(LegendFormat::Template(template.to_owned()).name(&labels, "up"), expect);
    };
    check("{{job}}", "api");
    check("Memory - {{ job }}!", "Memory - api!");
    check("{{nope}}", "");
    check("{{nope}} x {{job}}", " x api");
    check("{{", "{{");
    check("{{job", "{{job");
    assert_eq!(LegendFormat::Auto.name(&labels, "up"), "up{job=\"api\"}");
    assert_eq!(LegendFormat::Auto.name(&Labels::default(), "sum(up)"), "sum(up)");
}

#[test]
fn reducers_are_read_back() {
    for id in ["lastNotNull", "mean", "p5", "p99", "diffperc", "allIsNull"] {
        assert_eq!(Reducer::from_id(id).unwrap().id(), id);
    }
    assert_eq!(Reducer::from_id("avg"), Some(Reducer::Mean));
    assert_eq!([Reducer::from_id("p0"), Reducer::from_id("p100"), Reducer::from_id("")], [None; 3]);
}

#[test]
fn every_option_of_time_series_is_read_or_told() {
    let dashboard = dashboard_from_json(include_str!("../../../tests/fixtures/grafana/timeseries.json")).unwrap();
    assert_eq!(messages(&dashboard.notices), [""; 0]);
    let options = |title: &str| match &panel(&dashboard, title).options {
        PanelOptions::TimeSeries(options) => options.clone(),
        other => panic!("{title}: {other:?}"),
    };
    let told = |title: &str| messages(&panel(&dashboard, title).notices).join("\n");

    let latency = options("Latency, with exemplars");
    assert!(latency.legend.is_table && latency.legend.is_descending);
    assert_eq!(latency.legend.columns, [Reducer::Min, Reducer::Max, Reducer::Mean, Reducer::LastNotNull]);
    assert_eq!(latency.legend.sort_by, Some(Reducer::Max));
    assert_eq!((latency.tooltip.mode, latency.tooltip.sort), (TooltipMode::All, TooltipSort::Descending));
    assert_eq!((latency.left.soft_min, latency.threshold_display), (Some(0.0), ThresholdDisplay::DashedLine));

    let requests = options("Requests, legend at the side");
    assert_eq!((requests.legend.placement, requests.style.stack), (LegendPlacement::Right, StackMode::Normal));
    let shares = options("Shares of status");
    assert_eq!((shares.style.draw, shares.style.stack), (DrawStyle::Bars, StackMode::Percent));
    assert_eq!(shares.legend.columns, [Reducer::Sum]);
    let statuses = options("Statuses on a logarithmic axis");
    assert_eq!(statuses.left.scale, AxisScale::Log { base: 10.0 });
    assert_eq!(statuses.style.nulls, NullMode::ConnectBelow { gap_ms: 120_000 });
    assert_eq!(statuses.tooltip.mode, TooltipMode::Single);
    let nulls_of =
        |name: &str| panel(&dashboard, "Statuses on a logarithmic axis").series_options(name, "A").style.nulls;
    assert_eq!([nulls_of("200"), nulls_of("500")], [statuses.style.nulls, NullMode::Connect]);
    for title in [
        "Latency, with exemplars",
        "Requests, legend at the side",
        "Shares of status",
        "Statuses on a logarithmic axis",
        "Agents in steps",
        "Users, smooth and fading",
        "A band from p50 to p95",
        "Both signs, symmetric logarithm",
        "Two axes",
        "Change, zero in the middle",
        "CPU, coloured by value",
    ] {
        assert_eq!(told(title), "", "{title}");
    }
}

#[test]
fn links_of_values_are_read_or_told() {
    let dashboard = dashboard_from_json(include_str!("../../../tests/fixtures/grafana/links.json")).unwrap();
    assert_eq!(messages(&dashboard.notices), [""; 0]);
    let titles = |panel: &Panel, series: &str| -> Vec<String> {
        panel.series_options(series, "A").field.links.into_iter().map(|link| link.title).collect()
    };
    let requests = panel(&dashboard, "Requests");
    assert_eq!(titles(requests, "api 200"), ["Traces of ${__field.labels.service}", "Search"]);
    assert_eq!(titles(requests, "api 500"), ["Errors"]);
    assert_eq!(requests.field.links.iter().map(|link| link.opens_new).collect::<Vec<_>>(), [false, true]);
    let at = "panels[0].fieldConfig.defaults.links[2].url";
    assert_eq!(messages(&requests.notices), [format!("{at}: a link without an address is ignored")]);
    assert_eq!(titles(panel(&dashboard, "Of Grafana 6"), "agents"), ["Series ${__series.name}"]);
    assert_eq!(panel(&dashboard, "Of Grafana 6").notices, []);
    let pie = panel(&dashboard, "Pie");
    assert_eq!(messages(&pie.notices), ["panels[7].links: values lead nowhere in this kind of panel"]);
}

#[test]
fn looks_that_few_charts_ask_for_are_read_with_the_charts() {
    let dashboard = dashboard_from_json(include_str!("../../../tests/fixtures/grafana/timeseries.json")).unwrap();
    let looks = |title: &str| charts::custom_looks(&panel(&dashboard, title).document);
    let bars = looks("Shares of status").own;
    assert_eq!((bars.bar_alignment, bars.bar_width_ratio, bars.bar_most_px), (Some(1.0), Some(0.9), Some(60.0)));
    let steps = looks("Agents in steps");
    assert_eq!(steps.of("running", "A").interpolation.as_deref(), Some("stepAfter"));
    assert_eq!(steps.of("waiting", "A").interpolation.as_deref(), Some("linear"));
    assert_eq!(steps.of("idle", "A").point_size_px, Some(7.0));
    assert_eq!(looks("A band from p50 to p95").of("p95", "A").fill_below_to.as_deref(), Some("p50"));
    assert_eq!(looks("Users, smooth and fading").own.gradient.as_deref(), Some("opacity"));
    assert_eq!(looks("Both signs, symmetric logarithm").linear_threshold, Some(1.0));
    let hue = looks("Change, zero in the middle");
    assert!(hue.is_zero_centred && hue.is_grid_hidden && hue.has_axis_borders);
    assert_eq!(hue.axis_colour.as_deref(), Some("series"));
    assert!(hue.notices.iter().any(|n| n.message.contains("hue")), "{:?}", hue.notices);
    assert_eq!(charts::exemplar_exprs(&panel(&dashboard, "Latency, with exemplars").document).len(), 1);
    assert_eq!(charts::legend_width_px(&panel(&dashboard, "Requests, legend at the side").document), Some(260.0));
}
