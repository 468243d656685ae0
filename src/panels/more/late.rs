//! What few panels of series have, and what is read when they are drawn: overrides by pattern, and transformations, for which
//! the answers become tables, are changed step by step, and become series again.

use std::sync::Arc;

use crate::{
    analysis::table::{
        pattern::understand,
        series::{Heading, SeriesOfTables, Wanted, series_of},
    },
    api::grafana::more::{bar_chart, transformations},
    base::time::day_clock_text,
    model::{
        dashboard::{FieldMatcher, LegendFormat, Panel, Target, TargetFormat, kinds},
        notice::Notice,
    },
    panels::{
        PanelProps, Reshape,
        data::{PanelData, Reshaped},
    },
    state::time::TimeContext,
};

use super::tabular::{changed, histogram_remarks, tables_of};

/// The panel with its patterns and its steps read. Kinds that show tables read theirs themselves.
pub fn with_late(props: PanelProps) -> PanelProps {
    if kinds::READ_LATER.contains(&props.panel.kind.as_str()) {
        return props;
    }
    let props = with_patterns(props);
    if props.panel.has_transformations { with_steps(props) } else { props }
}

/// Overrides and choices by pattern apply from here on.
fn with_patterns(props: PanelProps) -> PanelProps {
    if !props.panel.has_patterns() {
        return props;
    }
    changed(props, |panel| {
        let mut notices = Vec::new();
        for matcher in panel.matchers_mut() {
            if let (false, FieldMatcher::Pattern(pattern)) = (understand(matcher), &*matcher) {
                let source = &pattern.source;
                let message = format!("the pattern \u{201c}{source}\u{201d} is not supported; it covers nothing");
                notices.push(Notice::warning(message));
            }
        }
        panel.notices.extend(notices);
    })
}

fn with_steps(props: PanelProps) -> PanelProps {
    let (steps, notices) = transformations(&props.panel.document);
    let wanted = wanted_by(&props.panel);
    let time = TimeContext::expect();
    let reshape: Reshape = Arc::new(move |data: &PanelData| {
        let zone = time.zone.get_untracked();
        let text_of_time = |x_ms: f64| zone.with(|zone| day_clock_text(x_ms as i64, zone));
        reshaped(data, series_of(&tables_of(data, &steps, false), &wanted, &text_of_time))
    });
    let props = changed(props, move |panel| panel.notices.extend(notices.iter().cloned()));
    PanelProps { reshape: Some(reshape), ..props }
}

fn wanted_by(panel: &Panel) -> Wanted {
    let row_column =
        (panel.kind == "barchart").then(|| bar_chart::bar_chart_from(&panel.document).0.category).flatten();
    Wanted { only_times: panel.kind == kinds::TIMESERIES, row_column }
}

/// The series with a query for each, by which it is named and finds the options that are meant for it.
fn reshaped(data: &PanelData, series: SeriesOfTables) -> (Reshaped, Vec<Notice>) {
    let SeriesOfTables { frame, headings, rows, left_out_count } = series;
    let targets = headings.into_iter().map(|heading| target_of(data, heading)).collect();
    let mut notices = Vec::new();
    if left_out_count > 0 {
        let what = if frame.columns.is_empty() { "nothing that" } else { "something that" };
        notices.push(Notice::warning(format!(
            "the panel's transformations leave {what} has a time, and a chart over time shows nothing else"
        )));
    }
    notices.extend(histogram_remarks(data));
    let panel = Arc::new(Panel { targets, ..Panel::clone(&data.panel) });
    (Reshaped { panel, frame, rows }, notices)
}

fn target_of(data: &PanelData, Heading { name, ref_id, unit_hint }: Heading) -> Target {
    let asked = data.panel.targets.iter().find(|target| target.ref_id == ref_id);
    let asked = asked.or(data.panel.targets.first()).cloned().unwrap_or_default();
    Target { ref_id, legend_format: LegendFormat::Template(name), unit_hint, format: TargetFormat::TimeSeries, ..asked }
}
