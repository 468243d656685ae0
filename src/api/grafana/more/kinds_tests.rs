//! The options of gauges, bars, histograms and pies, new and old.

use super::{
    bar_chart::{BarChartOptions, ValueLabels, bar_chart_from},
    bar_gauge::{BarDisplay, BarGaugeOptions, NamePlacement, ValueDisplay, bar_gauge_from},
    gauge::{GaugeOptions, gauge_from},
    histogram::{HistogramOptions, histogram_from},
    pie::{PieOptions, PieSort, PieTexts, pie_from},
    shown::{ShownValues, TextSizes},
};
use crate::{
    api::grafana::dashboard_from_json,
    model::{
        dashboard::{
            AxisOptions, Dashboard, FieldColour, FieldMatcher, FieldOptions, Hue, LegendOptions, LegendPlacement,
            MappingMatch, Orientation, Panel, PanelColour, Reducer, StackMode, StatTextMode, ThresholdMode,
            TooltipMode, TooltipOptions, TooltipSort,
        },
        notice::Notice,
    },
};

fn new() -> Dashboard {
    dashboard_from_json(include_str!("../../../../tests/fixtures/grafana/gauges.json")).unwrap()
}

fn old() -> Dashboard {
    dashboard_from_json(include_str!("../../../../tests/fixtures/grafana/gauges_old.json")).unwrap()
}

fn panel<'a>(dashboard: &'a Dashboard, title: &str) -> &'a Panel {
    dashboard.panels.iter().find(|panel| panel.title == title).unwrap()
}

fn messages(notices: &[Notice]) -> Vec<&str> {
    notices.iter().map(|notice| notice.message.as_str()).collect()
}

/// Every remark about a panel: of the file's reading, and of its options'.
fn remarks(panel: &Panel) -> Vec<Notice> {
    let mut field = FieldOptions::default();
    let late = match panel.kind.as_str() {
        "gauge" => gauge_from(&panel.document, &mut field).1,
        "bargauge" => bar_gauge_from(&panel.document, &mut field).1,
        "barchart" => bar_chart_from(&panel.document).1,
        "histogram" => histogram_from(&panel.document).1,
        // Read with the dashboard.
        "stat" => Vec::new(),
        _ => pie_from(&panel.document, &mut field).1,
    };
    panel.notices.iter().cloned().chain(late).collect()
}

#[test]
fn a_recent_export_is_understood() {
    let dashboard = new();
    assert_eq!(dashboard.notices, []);
    for panel in &dashboard.panels {
        assert_eq!(messages(&remarks(panel)), [""; 0], "{}", panel.title);
    }
}

#[test]
fn old_exports_are_understood() {
    let dashboard = old();
    for panel in &dashboard.panels {
        let expect: &[&str] =
            if panel.title == "On the graph" { &["strange: 5 is not supported and has no effect here"] } else { &[] };
        assert_eq!(messages(&remarks(panel)), expect, "{}", panel.title);
    }
}

#[test]
fn gauges() {
    let dashboard = new();
    let read = |title: &str| gauge_from(&panel(&dashboard, title).document, &mut FieldOptions::default()).0;
    assert_eq!(read("CPU by component"), GaugeOptions { has_threshold_labels: true, ..GaugeOptions::default() });
    assert_eq!(
        read("Availability"),
        GaugeOptions {
            shown: ShownValues { reducer: Reducer::Mean, ..ShownValues::default() },
            is_circle: true,
            bar_width_ratio: Some(0.6),
            neutral: Some(1.0),
            text_mode: StatTextMode::ValueAndName,
            text: TextSizes { title_px: Some(13.0), value_px: Some(24.0) },
            ..GaugeOptions::default()
        }
    );
    assert_eq!(
        read("Open scale"),
        GaugeOptions {
            shown: ShownValues {
                reducer: Reducer::Max,
                series: Some(FieldMatcher::Part { text: "running".to_owned(), is_start: true, is_end: true }),
                ..ShownValues::default()
            },
            orientation: Orientation::Vertical,
            has_threshold_band: false,
            least_width_px: Some(120.0),
            least_height_px: Some(90.0),
            ..GaugeOptions::default()
        }
    );
    assert_eq!(panel(&dashboard, "Open scale").field.colour, FieldColour::Continuous("continuous-BlPu".to_owned()));
    assert_eq!(panel(&dashboard, "Availability").field.thresholds.mode, ThresholdMode::Percentage);
}

#[test]
fn old_gauges() {
    let dashboard = old();
    let mut field = FieldOptions::default();
    let (gauge, _) = gauge_from(&panel(&dashboard, "Grafana 6.0").document, &mut field);
    assert_eq!(
        gauge.shown,
        ShownValues {
            reducer: Reducer::Mean,
            prefix: Some("~".to_owned()),
            postfix: Some("users".to_owned()),
            ..ShownValues::default()
        }
    );
    assert_eq!((gauge.has_threshold_band, gauge.has_threshold_labels), (false, true));
    assert_eq!(
        (field.unit.as_deref(), field.decimals, field.min, field.max),
        (Some("short"), Some(1), Some(0.0), Some(200.0))
    );
    assert_eq!(field.thresholds.steps.iter().map(|step| step.value).collect::<Vec<_>>(), [f64::NEG_INFINITY, 150.0]);
    assert_eq!(
        field.mappings.first().map(|m| (m.matches, m.text.as_deref())),
        Some((MappingMatch::Value(0.0), Some("idle")))
    );

    let bars = panel(&dashboard, "Grafana 6.4");
    let mut field = bars.field.clone();
    let (bar_gauge, _) = bar_gauge_from(&bars.document, &mut field);
    assert_eq!((bar_gauge.display, bar_gauge.has_unfilled), (BarDisplay::Lcd, false));
    assert_eq!(bar_gauge.shown, ShownValues { reducer: Reducer::Last, limit: Some(10), ..ShownValues::default() });
    assert_eq!(
        (field.unit.as_deref(), field.max, field.display_name.as_deref()),
        (Some("percent"), Some(100.0), Some("CPU"))
    );

    let bars = panel(&dashboard, "Grafana 6.2");
    let mut field = bars.field.clone();
    let (bar_gauge, _) = bar_gauge_from(&bars.document, &mut field);
    assert_eq!(
        (bar_gauge.shown.shows_all, bar_gauge.shown.limit, bar_gauge.orientation),
        (true, Some(3), Orientation::Vertical)
    );
    assert_eq!(
        field.thresholds.steps.last().map(|step| (step.value, step.colour)),
        Some((1000.0, PanelColour::named(Hue::Orange)))
    );
    assert_eq!((field.unit.as_deref(), field.mappings.len()), (Some("bytes"), 1));
}

#[test]
fn bar_gauges() {
    let dashboard = new();
    let read = |title: &str| bar_gauge_from(&panel(&dashboard, title).document, &mut FieldOptions::default()).0;
    assert_eq!(
        read("Requests by status"),
        BarGaugeOptions {
            orientation: Orientation::Horizontal,
            name: NamePlacement::Left,
            ..BarGaugeOptions::default()
        }
    );
    assert_eq!(
        read("Memory, retro"),
        BarGaugeOptions {
            shown: ShownValues { reducer: Reducer::Max, ..ShownValues::default() },
            display: BarDisplay::Lcd,
            orientation: Orientation::Horizontal,
            value: ValueDisplay::Plain,
            ..BarGaugeOptions::default()
        }
    );
    assert_eq!(
        read("Connections"),
        BarGaugeOptions {
            display: BarDisplay::Basic,
            orientation: Orientation::Vertical,
            has_unfilled: false,
            ..BarGaugeOptions::default()
        }
    );
}

#[test]
fn bar_charts() {
    let dashboard = new();
    let read = |title: &str| bar_chart_from(&panel(&dashboard, title).document).0;
    let legend = LegendOptions { columns: vec![Reducer::Sum], ..LegendOptions::default() };
    assert_eq!(
        read("Requests by service"),
        BarChartOptions {
            category: Some("service".to_owned()),
            group_width_ratio: 0.75,
            bar_width_ratio: 0.9,
            bar_radius_ratio: 0.1,
            axis: AxisOptions { label: Some("load".to_owned()), ..AxisOptions::default() },
            legend: legend.clone(),
            tooltip: TooltipOptions { mode: TooltipMode::All, sort: TooltipSort::Descending, hides_zeros: false },
            ..BarChartOptions::default()
        }
    );
    assert_eq!(
        read("Messages over time"),
        BarChartOptions {
            orientation: Orientation::Vertical,
            category: Some("Time".to_owned()),
            stack: StackMode::Normal,
            value_labels: ValueLabels::Never,
            label_degrees: -45.0,
            label_chars: Some(12),
            label_gap_px: 100.0,
            fill_percent: 70.0,
            line_width_px: 0.0,
            legend: LegendOptions {
                placement: LegendPlacement::Right,
                is_table: true,
                columns: vec![Reducer::Max, Reducer::Sum],
                ..LegendOptions::default()
            },
            tooltip: TooltipOptions { mode: TooltipMode::Single, sort: TooltipSort::None, hides_zeros: false },
            ..BarChartOptions::default()
        }
    );
    let share = read("Share of models");
    assert_eq!(
        (share.stack, share.value_labels, share.text.value_px),
        (StackMode::Percent, ValueLabels::Always, Some(10.0))
    );
}

#[test]
fn histograms() {
    let dashboard = new();
    let read = |title: &str| histogram_from(&panel(&dashboard, title).document).0;
    assert_eq!(
        read("CPU readings"),
        HistogramOptions {
            bucket_count: 20,
            is_combined: true,
            legend: LegendOptions { placement: LegendPlacement::Hidden, ..LegendOptions::default() },
            tooltip: TooltipOptions { mode: TooltipMode::Single, sort: TooltipSort::None, hides_zeros: false },
            ..HistogramOptions::default()
        }
    );
    let users = read("Users, in twos");
    assert_eq!((users.bucket_size, users.bucket_offset, users.stack), (Some(2.0), 1.0, StackMode::Normal));
}

#[test]
fn pies() {
    let dashboard = new();
    let read = |title: &str| pie_from(&panel(&dashboard, title).document, &mut FieldOptions::default()).0;
    assert_eq!(
        read("Tool calls"),
        PieOptions {
            shown: ShownValues { reducer: Reducer::Sum, ..ShownValues::default() },
            labels: PieTexts { has_name: true, has_value: false, has_percent: true },
            legend: LegendOptions { placement: LegendPlacement::Right, is_table: true, ..LegendOptions::default() },
            legend_texts: PieTexts { has_name: false, has_value: true, has_percent: true },
            tooltip: TooltipOptions { mode: TooltipMode::Single, sort: TooltipSort::None, hides_zeros: false },
            ..PieOptions::default()
        }
    );
    let agents = read("Agents by status");
    assert_eq!((agents.is_donut, agents.sort), (true, PieSort::Ascending));
    let dashboard = old();
    let plug_in = panel(&dashboard, "The plug-in");
    let mut field = plug_in.field.clone();
    let (pie, _) = pie_from(&plug_in.document, &mut field);
    assert_eq!(
        (pie.is_donut, pie.sort, pie.least_ratio, pie.others_name.as_deref()),
        (true, PieSort::Descending, 0.05, Some("Others"))
    );
    assert_eq!((pie.legend.placement, pie.legend.is_table), (LegendPlacement::Right, true));
    assert_eq!(pie.legend_texts, PieTexts { has_name: false, has_value: true, has_percent: true });
    assert_eq!((field.unit.as_deref(), field.decimals), (Some("reqps"), Some(2)));
    assert_eq!(plug_in.overrides.len(), 1);
    let graph = pie_from(&panel(&dashboard, "On the graph").document, &mut FieldOptions::default()).0;
    assert_eq!(
        (graph.legend.placement, graph.labels.has_name, graph.shown.reducer),
        (LegendPlacement::Hidden, true, Reducer::Sum)
    );
}

#[test]
fn what_is_not_understood_is_told() {
    let text = r#"{"title":"D","panels":[{"type":"gauge","title":"G","fieldConfig":{"defaults":{"custom":{"odd":1}}},
        "options":{"shape":"star","effects":{"barGlow":true},"reduceOptions":{"calcs":["mean","max"],"fields":"/(?=a)b/"}}}]}"#;
    let dashboard = dashboard_from_json(text).unwrap();
    assert_eq!(
        messages(&remarks(panel(&dashboard, "G"))),
        [
            "fieldConfig.defaults.custom.odd: 1 is not supported and has no effect here",
            "options.reduceOptions.calcs: one calculation is shown; the first is used",
            "options.reduceOptions.fields: the pattern \u{201c}/(?=a)b/\u{201d} is not supported; all are shown",
            "options.shape: \u{201c}star\u{201d} is not supported. Known here: gauge, circle",
            "options.effects: an object is not supported and has no effect here",
        ]
    );
}
