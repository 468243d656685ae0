//! What a dashboard's file says about its charts over time beyond their lines, read when the charts are there: annotations,
//! exemplars, the legend's width.

use super::{
    dashboard::interval_from,
    field::{colour_from, matchers_from},
    read::{Notices, Objects, Reader},
};
use crate::{
    api::json::{self, Value},
    model::{
        annotation::PanelFilter,
        dashboard::{FieldMatcher, PanelColour, PanelDocument},
        notice::Notice,
    },
};

/// A query of Prometheus whose samples are events.
#[derive(Debug, Clone, PartialEq)]
pub struct AnnotationQuery {
    pub name: String,
    pub expr: String,
    /// By name or uid; `None` is the default one.
    pub source: Option<String>,
    pub step_ms: Option<i64>,
    /// `{{label}}` is filled; `None`: the annotation's name.
    pub title_format: Option<String>,
    pub text_format: Option<String>,
    /// Labels whose values are the event's tags.
    pub tag_keys: Vec<String>,
    /// The values are the events' times, in milliseconds.
    pub uses_value_for_time: bool,
    pub colour: Option<PanelColour>,
    /// Whether it is shown until somebody says otherwise.
    pub is_on: bool,
    /// Whether it has no switch on the page.
    pub is_switch_hidden: bool,
    pub panels: PanelFilter,
}

/// A dashboard's annotations.
#[derive(Debug, Clone, PartialEq)]
pub struct Annotations {
    pub queries: Vec<AnnotationQuery>,
    /// Whether alerts that fire are shown until somebody says otherwise. They are not where the file asks for `ALERTS`
    /// itself, or switches Grafana's own annotations off.
    pub has_alerts: bool,
    pub notices: Vec<Notice>,
}

/// Reads a dashboard's whole file.
pub fn annotations(file: &str) -> Annotations {
    let mut found = Annotations { queries: Vec::new(), has_alerts: true, notices: Vec::new() };
    let Ok(root) = json::parse_first(file) else { return found };
    let (objects, notices) = (Objects::default(), Notices::default());
    let Value::Object(map) = &root.value else { return found };
    let outer = Reader::new(map, String::new(), &objects, &notices);
    let dashboard = outer.object("dashboard");
    let Some(list) = dashboard.as_ref().unwrap_or(&outer).object("annotations") else { return found };
    for entry in list.objects("list") {
        let is_on = entry.flag("enable").unwrap_or(true);
        let is_built_in = entry.value("builtIn").is_some_and(|v| v.as_u64() == Some(1) || *v == Value::Bool(true));
        if is_built_in {
            found.has_alerts &= is_on;
        } else if let Some(expr) = entry.owned_text("expr") {
            found.has_alerts &= !expr.contains("ALERTS");
            found.queries.push(query_from(&entry, expr, is_on));
            entry.finish();
        }
    }
    found.notices = notices.take();
    found
}

fn query_from(entry: &Reader<'_>, expr: String, is_on: bool) -> AnnotationQuery {
    let panels = entry.object("filter").map_or(PanelFilter::All, |filter| {
        let ids: Vec<u32> = filter.list("ids").iter().filter_map(|id| u32::try_from(id.value.as_u64()?).ok()).collect();
        if filter.is_on("exclude") { PanelFilter::Except(ids.into()) } else { PanelFilter::Only(ids.into()) }
    });
    let source = match entry.value("datasource") {
        Some(Value::String(name)) => Some(name.clone()),
        Some(Value::Object(_)) => entry.object("datasource").and_then(|source| source.owned_text("uid")),
        _ => None,
    };
    // Grafana 6 wrote `on`; later ones true, or again `on`.
    let uses_value_for_time = match entry.value("useValueForTime") {
        Some(Value::Bool(flag)) => *flag,
        Some(Value::String(text)) => text == "on" || text == "true",
        _ => false,
    };
    let tag_keys = entry.text("tagKeys").unwrap_or_default().split(',').map(str::trim);
    entry.ignore(&["type", "target", "limit", "matchAny", "tags", "showIn", "snapshotData", "tagsColumn"]);
    AnnotationQuery {
        name: entry.filled_text("name").unwrap_or("Annotation").to_owned(),
        expr,
        source: source.filter(|name| !name.starts_with('$') && !name.starts_with("-- ")),
        step_ms: interval_from(entry, "step"),
        title_format: entry.owned_text("titleFormat"),
        text_format: entry.owned_text("textFormat"),
        tag_keys: tag_keys.filter(|key| !key.is_empty()).map(str::to_owned).collect(),
        uses_value_for_time,
        colour: entry.filled_text("iconColor").and_then(colour_from),
        is_on,
        is_switch_hidden: entry.is_on("hide"),
        panels,
    }
}

/// What `read` makes of a panel's own object.
fn of_panel<T>(document: &PanelDocument, read: impl FnOnce(&Reader<'_>) -> T) -> Option<T> {
    let node = json::parse_first(document.text()).ok()?;
    let Value::Object(map) = &node.value else { return None };
    // What is remarkable was said when the dashboard was read.
    let (objects, notices) = (Objects::default(), Notices::default());
    Some(read(&Reader::new(map, String::new(), &objects, &notices)))
}

/// The queries of a panel, as they are written, whose exemplars are wanted.
pub fn exemplar_exprs(document: &PanelDocument) -> Vec<String> {
    let exprs = of_panel(document, |panel| {
        let targets = panel.objects("targets");
        let wanted = targets.iter().filter(|target| target.is_on("exemplar") && !target.is_on("hide"));
        wanted.filter_map(|target| target.owned_text("expr")).collect()
    });
    exprs.unwrap_or_default()
}

/// How wide the legend beside a chart is to be, where the panel says so.
pub fn legend_width_px(document: &PanelDocument) -> Option<f64> {
    of_panel(document, |panel| {
        let options = panel.object("options");
        let legend = options.and_then(|options| options.object("legend")).or_else(|| panel.object("legend"))?;
        legend.number("width").or_else(|| legend.number("sideWidth")).filter(|width| *width > 0.0)
    })?
}

/// How lines, dots and bars are drawn, where a panel or an override says so.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Custom {
    /// Grafana's word: `linear`, `smooth`, `stepBefore`, `stepAfter`.
    pub interpolation: Option<String>,
    /// `none`, `opacity`, `hue`, `scheme`.
    pub gradient: Option<String>,
    pub point_size_px: Option<f64>,
    /// -1, 0, 1.
    pub bar_alignment: Option<f64>,
    pub bar_width_ratio: Option<f64>,
    pub bar_most_px: Option<f64>,
    /// The name of the series that the area goes down to.
    pub fill_below_to: Option<String>,
}

/// A panel's own looks, and those of its overrides in the file's order.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct CustomLooks {
    pub own: Custom,
    pub overrides: Vec<(FieldMatcher, Custom)>,
    /// Where the logarithm of a symmetric logarithmic axis begins.
    pub linear_threshold: Option<f64>,
    pub is_zero_centred: bool,
    pub is_grid_hidden: bool,
    pub has_axis_borders: bool,
    /// Where the colour of an axis' labels comes from: `text` or `series`.
    pub axis_colour: Option<String>,
    /// What is not drawn as it is asked for.
    pub notices: Vec<Notice>,
}

impl CustomLooks {
    /// The looks of one series.
    pub fn of(&self, series_name: &str, ref_id: &str) -> Custom {
        let matching = self.overrides.iter().filter(|(matcher, _)| matcher.covers(series_name, ref_id));
        matching.fold(self.own.clone(), |under, (_, over)| {
            let over = over.clone();
            Custom {
                interpolation: over.interpolation.or(under.interpolation),
                gradient: over.gradient.or(under.gradient),
                point_size_px: over.point_size_px.or(under.point_size_px),
                bar_alignment: over.bar_alignment.or(under.bar_alignment),
                bar_width_ratio: over.bar_width_ratio.or(under.bar_width_ratio),
                bar_most_px: over.bar_most_px.or(under.bar_most_px),
                fill_below_to: over.fill_below_to.or(under.fill_below_to),
            }
        })
    }
}

pub fn custom_looks(document: &PanelDocument) -> CustomLooks {
    let notices = Notices::default();
    let mut looks = CustomLooks::default();
    of_panel(document, |panel| {
        let Some(config) = panel.object("fieldConfig") else { return };
        if let Some(custom) = config.object("defaults").and_then(|defaults| defaults.object("custom")) {
            looks.own = custom_from(&custom.with_notices(&notices));
            looks.is_zero_centred = custom.is_on("axisCenteredZero");
            looks.is_grid_hidden = custom.flag("axisGridShow") == Some(false);
            looks.has_axis_borders = custom.is_on("axisBorderShow");
            looks.axis_colour = custom.owned_text("axisColorMode");
            let scale = custom.object("scaleDistribution").filter(|scale| scale.text("type") == Some("symlog"));
            looks.linear_threshold = scale.map(|scale| scale.number("linearThreshold").unwrap_or(1.0));
        }
        for entry in config.objects("overrides") {
            let mut custom = Custom::default();
            for property in entry.objects("properties") {
                read_property(&property.with_notices(&notices), &mut custom);
            }
            let matchers = entry.object("matcher").map(|matcher| matchers_from(&matcher)).unwrap_or_default();
            if custom != Custom::default() {
                looks.overrides.extend(matchers.into_iter().map(|matcher| (matcher, custom.clone())));
            }
        }
    });
    looks.notices = notices.take();
    looks
}

fn custom_from(custom: &Reader<'_>) -> Custom {
    Custom {
        interpolation: custom.owned_text("lineInterpolation"),
        gradient: gradient_from(custom, "gradientMode"),
        point_size_px: custom.number("pointSize"),
        bar_alignment: custom.number("barAlignment"),
        bar_width_ratio: custom.number("barWidthFactor"),
        bar_most_px: custom.number("barMaxWidth"),
        fill_below_to: custom.owned_text("fillBelowTo"),
    }
}

fn read_property(property: &Reader<'_>, custom: &mut Custom) {
    match property.text("id").unwrap_or_default() {
        "custom.lineInterpolation" => custom.interpolation = property.owned_text("value"),
        "custom.gradientMode" => custom.gradient = gradient_from(property, "value"),
        "custom.pointSize" => custom.point_size_px = property.number("value"),
        "custom.barAlignment" => custom.bar_alignment = property.number("value"),
        "custom.barWidthFactor" => custom.bar_width_ratio = property.number("value"),
        "custom.barMaxWidth" => custom.bar_most_px = property.number("value"),
        "custom.fillBelowTo" => custom.fill_below_to = property.owned_text("value"),
        _ => {}
    }
}

fn gradient_from(reader: &Reader<'_>, key: &str) -> Option<String> {
    let mode = reader.owned_text(key)?;
    if mode == "hue" {
        reader.info(key, &["the gradient \u{201c}hue\u{201d} is drawn as one that fades"]);
    }
    Some(mode)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{api::grafana::dashboard_from_json, model::dashboard::Hue};

    #[test]
    fn annotations_are_read_in_old_and_new_spellings() {
        let file = r#"{"annotations": {"list": [
            {"builtIn": 1, "datasource": {"type": "grafana", "uid": "-- Grafana --"}, "enable": true, "hide": true,
             "iconColor": "rgba(0, 211, 255, 1)", "name": "Annotations & Alerts", "type": "dashboard"},
            {"datasource": {"type": "prometheus", "uid": "p1"}, "enable": true, "expr": "changes(build_info[1m]) > 0",
             "iconColor": "purple", "name": "Deployments", "step": "2m", "tagKeys": "version, job", "textFormat": "{{version}}",
             "titleFormat": "Deployed {{job}}", "filter": {"exclude": true, "ids": [3]},
             "target": {"limit": 100, "matchAny": false, "tags": [], "type": "dashboard"}},
            {"datasource": "${DS_PROMETHEUS}", "enable": false, "expr": "restart_ms", "iconColor": "rgba(255, 96, 96, 1)",
             "limit": 100, "name": "Restarts", "showIn": 0, "type": "tags", "useValueForTime": "on", "hide": true}
        ]}, "panels": []}"#;
        let Annotations { queries, has_alerts, notices } = annotations(file);
        assert!(has_alerts);
        assert_eq!(notices, []);
        let [deployments, restarts] = queries.as_slice() else { panic!("{queries:?}") };
        assert_eq!(deployments.source.as_deref(), Some("p1"));
        assert_eq!(deployments.step_ms, Some(120_000));
        assert_eq!(deployments.tag_keys, ["version", "job"]);
        assert_eq!(deployments.colour, Some(PanelColour::named(Hue::Purple)));
        assert!(deployments.is_on && !deployments.uses_value_for_time && !deployments.panels.covers(3));
        assert_eq!((restarts.source.as_deref(), restarts.is_on), (None, false));
        assert!(restarts.uses_value_for_time && restarts.is_switch_hidden && restarts.panels.covers(3));
    }

    #[test]
    fn alerts_are_not_shown_twice_nor_against_the_file() {
        let check = |list: &str, expect: bool| {
            for file in [
                format!(r#"{{"panels":[],"annotations":{{"list":[{list}]}}}}"#),
                format!(r#"{{"dashboard":{{"panels":[],"annotations":{{"list":[{list}]}}}}}}"#),
            ] {
                assert_eq!(annotations(&file).has_alerts, expect, "{list}");
            }
        };
        check("", true);
        check(r#"{"builtIn":1,"enable":false}"#, false);
        check(r#"{"expr":"ALERTS{alertstate=\"firing\"}","enable":false}"#, false);
        check(r#"{"expr":"changes(up[1m])"}"#, true);
        assert!(annotations("").has_alerts);
    }

    #[test]
    fn what_is_not_understood_is_said() {
        let file = r#"{"annotations":{"list":[{"expr":"up","mappings":{"title":{"source":"field"}}}]},"panels":[]}"#;
        let notices = annotations(file).notices;
        assert!(notices.iter().any(|n| n.message.contains("mappings")), "{notices:?}");
    }

    #[test]
    fn exemplars_are_asked_for_where_the_query_says_so() {
        let text = r#"{"panels":[{"type":"timeseries","title":"a","options":{"legend":{"width":240}},"targets":[
            {"expr":"a","exemplar":true},{"expr":"b","exemplar":false},{"expr":"c"},{"expr":"d","exemplar":true,"hide":true}
        ]}]}"#;
        let dashboard = dashboard_from_json(text).unwrap();
        let document = &dashboard.panels.first().unwrap().document;
        assert_eq!(exemplar_exprs(document), ["a"]);
        assert_eq!(legend_width_px(document), Some(240.0));
        assert_eq!(exemplar_exprs(&PanelDocument::default()), [""; 0]);
    }
}
