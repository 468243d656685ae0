//! Which bars there are: the answer's values by category, one member of each group for each kind of value.

use std::sync::Arc;

use crate::{
    api::grafana::more::bar_chart::BarChartOptions,
    base::{colour::Ink, time::day_clock_text},
    chart::series_slots,
    model::{
        dashboard::{FieldColour, FieldOptions, LegendFormat, Panel, TargetFormat},
        frame::{Frame as Samples, MISSING},
        labels::{Labels, METRIC_NAME},
        notice::Notice,
    },
    panels::{
        data::PanelData,
        look::{SeriesLook, looks_of},
    },
    state::zone::Zone,
};

use super::super::figures::bounds_of;

/// More bars than this are slow to draw and nothing to see.
const BARS_MAX: usize = 2_000;

/// One bar of each group.
#[derive(Debug, Clone)]
pub(super) struct Member {
    pub name: String,
    pub ink: Ink,
    pub unit: String,
    pub field: FieldOptions,
    pub bounds: (f64, f64),
    /// One per category.
    pub values: Vec<f64>,
}

#[derive(Debug, Clone, Default)]
pub(super) struct Prepared {
    pub categories: Vec<String>,
    pub members: Vec<Member>,
    /// All bars are of one kind: there is nothing for a legend to tell apart.
    pub is_plain: bool,
    pub notices: Vec<Notice>,
}

/// What tells the categories apart.
enum Category {
    Time,
    /// The rows that transformations left.
    Rows(Arc<[String]>),
    Label(String),
    /// The series' names.
    Series,
}

fn category_of(panel: &Panel, options: &BarChartOptions, frame: &Samples, targets: &[usize]) -> Category {
    let is_instant = |at: &usize| panel.targets.get(*at).is_some_and(|t| t.is_instant);
    let wanted = options.category.as_deref();
    if wanted.is_some_and(|name| name.eq_ignore_ascii_case("time")) {
        return Category::Time;
    }
    if let Some(name) = wanted.filter(|name| frame.columns.iter().any(|c| c.labels.get(name).is_some())) {
        return Category::Label(name.to_owned());
    }
    if !targets.iter().all(is_instant) && frame.row_count() > 1 {
        return Category::Time;
    }
    let is_named = targets.iter().filter_map(|at| panel.targets.get(*at)).all(|target| {
        target.format != TargetFormat::Table && matches!(target.legend_format, LegendFormat::Template(_))
    });
    if is_named {
        return Category::Series;
    }
    // The first label that differs: Grafana takes a table's first column of text.
    let first = frame.columns.first();
    let differs = |name: &str| {
        let value = first.and_then(|column| column.labels.get(name));
        frame.columns.iter().any(|column| column.labels.get(name) != value)
    };
    let label = first.and_then(|column| column.labels.iter().map(|(name, _)| name).find(|name| differs(name)));
    label.map_or(Category::Series, |name| Category::Label(name.to_owned()))
}

pub(super) fn prepare(options: &BarChartOptions, data: &PanelData, zone: &Zone) -> Prepared {
    let panel = &**data.shown_panel();
    let (frame, targets) = data.joined();
    let looks = looks_of(panel, &frame, &targets);
    let category = match data.rows() {
        Some(rows) => Category::Rows(Arc::clone(rows)),
        None => category_of(panel, options, &frame, &targets),
    };
    let mut prepared = match &category {
        Category::Time => by_row(&frame, &looks, &|row| {
            let x_ms = frame.x_ms.get(row).copied().unwrap_or_default();
            instant_text(x_ms, zone, data.range.duration_ms())
        }),
        Category::Rows(rows) => by_row(&frame, &looks, &|row| rows.get(row).cloned().unwrap_or_default()),
        Category::Label(name) => by_label(panel, &frame, &looks, &targets, Some(name)),
        Category::Series => by_label(panel, &frame, &looks, &targets, None),
    };
    if let Some(asked) =
        options.category.as_deref().filter(|name| !name.eq_ignore_ascii_case("time") && data.rows().is_none())
    {
        let is_found = matches!(&category, Category::Label(name) if name == asked);
        if !is_found && !frame.columns.is_empty() {
            prepared
                .notices
                .push(Notice::warning(format!("no series has the label \u{201c}{asked}\u{201d} of options.xField")));
        }
    }
    let most = BARS_MAX / prepared.members.len().max(1);
    if prepared.categories.len() > most.max(1) {
        let count = prepared.categories.len();
        // Of instants the newest matter.
        let from = if matches!(category, Category::Time) { count - most.max(1) } else { 0 };
        let keep = from..from + most.max(1);
        prepared.categories = prepared.categories.get(keep.clone()).unwrap_or_default().to_vec();
        for member in &mut prepared.members {
            member.values = member.values.get(keep.clone()).unwrap_or_default().to_vec();
        }
        prepared.notices.push(Notice::warning(format!("{} of {count} categories are shown", most.max(1))));
    }
    let mut extent = (f64::INFINITY, f64::NEG_INFINITY);
    for value in prepared.members.iter().flat_map(|m| m.values.iter()).filter(|v| v.is_finite()) {
        extent = (extent.0.min(*value), extent.1.max(*value));
    }
    for member in &mut prepared.members {
        member.bounds = bounds_of(&member.field, &member.unit, extent);
    }
    prepared
}

fn member_of(look: &SeriesLook, name: String, ink: Ink, values: Vec<f64>) -> Member {
    let field = look.options.field.clone();
    let ink = match field.colour {
        FieldColour::Fixed(_) => look.ink,
        _ => ink,
    };
    Member { name, ink, unit: look.unit.clone(), field, bounds: (0.0, 1.0), values }
}

/// An instant as it stands below an axis: the day is known from the page's range, the weekday from the date.
fn instant_text(x_ms: f64, zone: &Zone, range_ms: i64) -> String {
    let whole = zone.with(|zone| day_clock_text(x_ms as i64, zone));
    let whole = whole.strip_suffix(":00").unwrap_or(&whole);
    let kept = whole.split_once(if range_ms <= 86_400_000 { ", " } else { " " }).map_or(whole, |(_, rest)| rest);
    kept.to_owned()
}

/// A group per row that has any value.
fn by_row(frame: &Samples, looks: &[SeriesLook], name_of: &dyn Fn(usize) -> String) -> Prepared {
    let shown: Vec<_> = frame.columns.iter().zip(looks).filter(|(_, look)| !look.options.style.is_hidden).collect();
    let rows: Vec<usize> = (0..frame.row_count())
        .filter(|row| shown.iter().any(|(column, _)| column.values.get(*row).is_some_and(|v| !v.is_nan())))
        .collect();
    let members = shown
        .into_iter()
        .map(|(column, look)| {
            let values = rows.iter().map(|row| column.values.get(*row).copied().unwrap_or(MISSING)).collect();
            member_of(look, look.name.clone(), look.ink, values)
        })
        .collect();
    let categories = rows.iter().map(|row| name_of(*row)).collect();
    Prepared { categories, members, is_plain: false, notices: Vec::new() }
}

/// A group per value of a label, or per series. What other labels tell apart are the group's members, unless each group has but
/// one for each query.
fn by_label(panel: &Panel, frame: &Samples, looks: &[SeriesLook], targets: &[usize], label: Option<&str>) -> Prepared {
    struct Sample<'a> {
        look: &'a SeriesLook,
        target: usize,
        category: String,
        rest: Labels,
        value: f64,
    }
    let samples: Vec<Sample<'_>> = frame
        .columns
        .iter()
        .zip(looks)
        .zip(targets)
        .filter(|((_, look), _)| !look.options.style.is_hidden)
        .map(|((column, look), target)| {
            let (category, rest) = match label {
                Some(name) => (
                    column.labels.get(name).unwrap_or_default().to_owned(),
                    column.labels.without(name).without(METRIC_NAME),
                ),
                None => (look.name.clone(), Labels::default()),
            };
            let value = crate::panels::data::last_value(&column.values);
            Sample { look, target: *target, category, rest, value }
        })
        .collect();
    let mut categories: Vec<String> = Vec::new();
    for sample in &samples {
        if !categories.contains(&sample.category) {
            categories.push(sample.category.clone());
        }
    }
    let is_alone = |sample: &Sample<'_>| {
        samples.iter().filter(|s| s.target == sample.target && s.category == sample.category).count() == 1
    };
    let is_one_each = samples.iter().all(is_alone);
    // Query and other labels of each member, in the order in which they come.
    let mut identities: Vec<(usize, Labels)> = Vec::new();
    for sample in &samples {
        let identity = (sample.target, if is_one_each { Labels::default() } else { sample.rest.clone() });
        if !identities.contains(&identity) {
            identities.push(identity);
        }
    }
    let is_many_queries =
        identities.iter().any(|(target, _)| Some(*target) != identities.first().map(|(first, _)| *first));
    let hashed: Vec<Labels> = identities
        .iter()
        .map(|(target, rest)| {
            let query = if is_many_queries || rest.is_empty() { target.to_string() } else { String::new() };
            Labels::from_pairs(rest.iter().chain([("__query__", query.as_str())]))
        })
        .collect();
    let slots = series_slots(&hashed);
    let mut members: Vec<Member> = Vec::new();
    for ((target, rest), slot) in identities.iter().zip(slots) {
        let belongs = |s: &&Sample<'_>| s.target == *target && (is_one_each || s.rest == *rest);
        let Some(first) = samples.iter().find(belongs) else { continue };
        let mut values = vec![MISSING; categories.len()];
        for sample in samples.iter().filter(belongs) {
            let at = categories.iter().position(|category| *category == sample.category);
            if let Some(slot) = at.and_then(|at| values.get_mut(at)) {
                *slot = sample.value;
            }
        }
        let query = panel.targets.get(*target);
        let words: Vec<&str> = rest.iter().map(|(_, value)| value).collect();
        let name = match (words.is_empty(), query) {
            (true, Some(query)) => match &query.legend_format {
                LegendFormat::Template(text) if !text.contains("{{") => text.clone(),
                _ if is_many_queries => query.ref_id.clone(),
                _ => "Value".to_owned(),
            },
            (false, Some(query)) if is_many_queries => format!("{} {}", query.ref_id, words.join(" ")),
            _ => words.join(" "),
        };
        members.push(member_of(first.look, name, Ink::Series(slot), values));
    }
    Prepared { categories, is_plain: members.len() < 2, members, notices: Vec::new() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::frame::tests::{Spec, frame_of};

    fn frame(series: &[Spec<'_>]) -> Samples {
        frame_of(60_000.0, series)
    }

    fn panel(targets: &str) -> Panel {
        let text = format!(r#"{{"title":"D","panels":[{{"type":"barchart","title":"B","targets":{targets}}}]}}"#);
        let dashboard = crate::api::grafana::dashboard_from_json(&text).unwrap();
        dashboard.panels.first().unwrap().clone()
    }

    fn text(prepared: &Prepared) -> String {
        let members = prepared.members.iter().map(|m| format!("{} {:?}", m.name, m.values));
        format!("{:?}: {}", prepared.categories, members.collect::<Vec<_>>().join(" | ")).replace("NaN", "-")
    }

    fn prepared(panel: &Panel, frame: &Samples, targets: &[usize], category: Option<&str>) -> Prepared {
        let options = BarChartOptions { category: category.map(str::to_owned), ..BarChartOptions::default() };
        let looks = looks_of(panel, frame, targets);
        match category_of(panel, &options, frame, targets) {
            Category::Time => by_row(frame, &looks, &|row| instant_text(frame.x_ms[row], &Zone::Utc, 3_600_000)),
            Category::Label(name) => by_label(panel, frame, &looks, targets, Some(&name)),
            Category::Rows(rows) => unreachable!("{rows:?}"),
            Category::Series => by_label(panel, frame, &looks, targets, None),
        }
    }

    #[test]
    fn categories_are_labels_series_or_instants() {
        let table = panel(r#"[{"expr":"a","instant":true,"format":"table"}]"#);
        let one_label = frame(&[(&[("job", "x")], &[1.0]), (&[("job", "y")], &[2.0])]);
        assert_eq!(text(&prepared(&table, &one_label, &[0, 0], None)), r#"["x", "y"]: Value [1.0, 2.0]"#);
        let two_labels = frame(&[
            (&[("job", "x"), ("status", "ok")], &[1.0]),
            (&[("job", "x"), ("status", "bad")], &[2.0]),
            (&[("job", "y"), ("status", "ok")], &[3.0]),
        ]);
        let by_job = prepared(&table, &two_labels, &[0, 0, 0], None);
        assert_eq!(text(&by_job), r#"["x", "y"]: ok [1.0, 3.0] | bad [2.0, -]"#);
        let by_status = prepared(&table, &two_labels, &[0, 0, 0], Some("status"));
        assert_eq!(text(&by_status), r#"["ok", "bad"]: x [1.0, 2.0] | y [3.0, -]"#);
        let named = panel(r#"[{"expr":"a","instant":true,"legendFormat":"{{job}} {{status}}"}]"#);
        assert_eq!(
            text(&prepared(&named, &two_labels, &[0, 0, 0], None)),
            r#"["x ok", "x bad", "y ok"]: Value [1.0, 2.0, 3.0]"#
        );
        let range = panel(r#"[{"expr":"a","legendFormat":"{{job}}"}]"#);
        let over_time = frame(&[(&[("job", "x")], &[1.0, MISSING, 3.0]), (&[("job", "y")], &[4.0, MISSING, MISSING])]);
        let by_time = prepared(&range, &over_time, &[0, 0], None);
        assert_eq!(by_time.categories.len(), 2);
        assert_eq!(by_time.members.iter().map(|m| m.name.as_str()).collect::<Vec<_>>(), ["x", "y"]);
        // A label of a range query: the latest values.
        assert_eq!(text(&prepared(&range, &over_time, &[0, 0], Some("job"))), r#"["x", "y"]: Value [3.0, 4.0]"#);
    }

    #[test]
    fn queries_are_members_of_the_same_categories() {
        let two = panel(
            r#"[{"expr":"a","instant":true,"format":"table","refId":"A","legendFormat":"used"},{"expr":"b","instant":true,"format":"table","refId":"B"}]"#,
        );
        let answers = frame(&[(&[("job", "x")], &[1.0]), (&[("job", "y")], &[2.0]), (&[("job", "y")], &[20.0])]);
        let found = prepared(&two, &answers, &[0, 0, 1], None);
        assert_eq!(text(&found), r#"["x", "y"]: used [1.0, 2.0] | B [-, 20.0]"#);
        assert!(!found.is_plain && found.members.first().map(|m| m.ink) != found.members.last().map(|m| m.ink));
    }
}
