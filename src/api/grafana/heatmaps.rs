//! What a dashboard's file says about its heatmaps alone, read when they are there: how raw values are counted, and how a cell's
//! number is written.

use super::{
    dashboard::interval_from,
    read::{Notices, Objects, Reader},
};
use crate::{
    api::json::{self, Value},
    model::{
        dashboard::{BucketWidth, CountedBuckets, PanelDocument},
        notice::Notice,
    },
};

/// A heatmap's own options.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct HeatmapLooks {
    /// How raw values are counted, where the panel says that they are.
    pub buckets: CountedBuckets,
    /// Of a cell's number.
    pub cell_unit: Option<String>,
    pub cell_decimals: Option<u32>,
    pub notices: Vec<Notice>,
}

pub fn heatmap_looks(document: &PanelDocument) -> HeatmapLooks {
    let mut looks = HeatmapLooks::default();
    let Ok(node) = json::parse_first(document.text()) else { return looks };
    let Value::Object(map) = &node.value else { return looks };
    let (objects, notices) = (Objects::default(), Notices::default());
    let panel = Reader::new(map, String::new(), &objects, &notices);
    looks.buckets = old_buckets(&panel);
    if let Some(options) = panel.object("options") {
        if let Some(calculation) = options.object("calculation") {
            looks.buckets = buckets_from(&calculation);
            calculation.finish();
        }
        if let Some(cells) = options.object("cellValues") {
            cells.unit_into("unit", &mut looks.cell_unit);
            cells.count_into("decimals", &mut looks.cell_decimals);
            cells.finish();
        }
        if options.text("showValue").is_some_and(|shown| shown != "never") {
            options.info("showValue", &["values are told by the tooltip, not written into cells"]);
        }
    }
    looks.notices = notices.take();
    looks
}

fn buckets_from(calculation: &Reader<'_>) -> CountedBuckets {
    let mut buckets = CountedBuckets::default();
    if let Some(x) = calculation.object("xBuckets") {
        buckets.x = match x.text("mode") {
            Some("count") => x.number("value").map_or(BucketWidth::Auto, BucketWidth::Count),
            _ => interval_from(&x, "value").map_or(BucketWidth::Auto, |ms| BucketWidth::Size(ms as f64)),
        };
        x.ignore(&["scale"]);
        x.finish();
    }
    if let Some(y) = calculation.object("yBuckets") {
        buckets.y = match (y.text("mode"), y.number("value")) {
            (_, None) => BucketWidth::Auto,
            (Some("count"), Some(count)) => BucketWidth::Count(count),
            (_, Some(size)) => BucketWidth::Size(size),
        };
        if let Some(scale) = y.object("scale") {
            buckets.log_base = match scale.text("type") {
                Some("log") => Some(scale.number("log").unwrap_or(2.0)),
                Some("symlog") => {
                    scale.info("type", &["values are counted on a linear scale instead of a symmetric logarithm"]);
                    None
                }
                _ => None,
            };
            scale.ignore(&["log", "linearThreshold"]);
            scale.finish();
        }
        y.finish();
    }
    buckets
}

/// Up to Grafana 8 these were the panel's own, its axis among them.
fn old_buckets(panel: &Reader<'_>) -> CountedBuckets {
    let x = match panel.value("xBucketSize") {
        Some(Value::String(_)) => interval_from(panel, "xBucketSize").map(|ms| BucketWidth::Size(ms as f64)),
        // A number is in milliseconds.
        _ => {
            panel.number("xBucketSize").map(BucketWidth::Size).or(panel.number("xBucketNumber").map(BucketWidth::Count))
        }
    };
    let y =
        panel.number("yBucketSize").map(BucketWidth::Size).or(panel.number("yBucketNumber").map(BucketWidth::Count));
    let axis = panel.object("yAxis");
    let log_base = axis.as_ref().and_then(|axis| axis.number("logBase")).filter(|base| *base > 1.0);
    let splits = axis.and_then(|axis| axis.number("splitFactor")).map(BucketWidth::Count);
    CountedBuckets {
        x: x.unwrap_or_default(),
        y: if log_base.is_some() { splits } else { y }.unwrap_or_default(),
        log_base,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::grafana::dashboard_from_json;

    fn looks_of(panel: &str) -> HeatmapLooks {
        let dashboard = dashboard_from_json(&format!(r#"{{"panels":[{panel}]}}"#)).unwrap();
        heatmap_looks(&dashboard.panels.first().unwrap().document)
    }

    #[test]
    fn buckets_as_grafana_9_and_later_write_them() {
        let check = |calculation: &str, expect: CountedBuckets| {
            let looks = looks_of(&format!(
                r#"{{"type":"heatmap","options":{{"calculate":true,"calculation":{calculation}}}}}"#
            ));
            assert_eq!(looks, HeatmapLooks { buckets: expect, ..HeatmapLooks::default() }, "{calculation}");
        };
        check("{}", CountedBuckets::default());
        check(
            r#"{"xBuckets":{"mode":"size","value":"5m"},"yBuckets":{"mode":"count","value":"25"}}"#,
            CountedBuckets { x: BucketWidth::Size(300_000.0), y: BucketWidth::Count(25.0), log_base: None },
        );
        check(
            r#"{"xBuckets":{"mode":"count","value":"40","scale":{"type":"linear"}},
                "yBuckets":{"mode":"size","value":"2","scale":{"type":"log","log":10}}}"#,
            CountedBuckets { x: BucketWidth::Count(40.0), y: BucketWidth::Size(2.0), log_base: Some(10.0) },
        );
        check(
            r#"{"xBuckets":{"mode":"size","value":""},"yBuckets":{"mode":"size","value":"","scale":{"type":"log"}}}"#,
            CountedBuckets { log_base: Some(2.0), ..CountedBuckets::default() },
        );
    }

    #[test]
    fn buckets_as_grafana_5_to_8_wrote_them() {
        let check = |panel: &str, expect: CountedBuckets| assert_eq!(looks_of(panel).buckets, expect, "{panel}");
        check(
            r#"{"type":"heatmap","xBucketSize":"1m","xBucketNumber":null,"yBucketNumber":20,"yAxis":{"logBase":1,"splitFactor":4}}"#,
            CountedBuckets { x: BucketWidth::Size(60_000.0), y: BucketWidth::Count(20.0), log_base: None },
        );
        check(
            r#"{"type":"heatmap","xBucketSize":null,"xBucketNumber":30,"yBucketSize":5,"yAxis":{"logBase":10,"splitFactor":2}}"#,
            CountedBuckets { x: BucketWidth::Count(30.0), y: BucketWidth::Count(2.0), log_base: Some(10.0) },
        );
        check(r#"{"type":"heatmap","yAxis":{"logBase":1}}"#, CountedBuckets::default());
    }

    #[test]
    fn what_is_not_drawn_is_said() {
        let looks = looks_of(
            r#"{"type":"heatmap","options":{"showValue":"auto","cellValues":{"unit":"reqps","decimals":2},
                "calculation":{"xBuckets":{"value":"often"},"yBuckets":{"scale":{"type":"symlog","linearThreshold":1}}}}}"#,
        );
        assert_eq!((looks.cell_unit.as_deref(), looks.cell_decimals), (Some("reqps"), Some(2)));
        let notices: Vec<String> = looks.notices.iter().map(|notice| notice.message.clone()).collect();
        assert_eq!(notices.len(), 3, "{notices:?}");
        assert_eq!(heatmap_looks(&PanelDocument::default()), HeatmapLooks::default());
    }
}
