//! The kinds of panels that few dashboards have: downloaded when the first of them is drawn (`xtask/js/chunks.json`).
//!
//! A new kind is one file here, one line in [`open`], and its word in `model::dashboard::kinds::MORE`. Its options are read
//! from the panel's own JSON by `api::grafana::more`.

mod bar_chart;
mod bar_gauge;
mod figures;
mod gauge;
mod histogram;
mod key;
mod late;
mod live;
mod markdown;
mod pager;
mod paint;
mod pie;
mod plot;
mod room;
mod svg;
mod table;
mod tabular;
mod timeline;

use leptos::prelude::*;

use crate::model::dashboard::kinds;

use super::{PanelProps, stat, timeseries, unknown};

/// The door of this part of the app.
#[inline(never)]
pub fn open(props: PanelProps) -> AnyView {
    let props = late::with_late(props);
    match props.panel.kind.as_str() {
        kinds::STAT => stat::view(props),
        kinds::TIMESERIES => timeseries::view(props),
        "gauge" => gauge::view(props),
        "bargauge" => bar_gauge::view(props),
        "barchart" => bar_chart::view(props),
        "histogram" => histogram::view(props),
        "piechart" | "grafana-piechart-panel" => pie::view(props),
        "table" | "table-old" => table::view(props),
        "state-timeline" => timeline::view(props, false),
        "status-history" => timeline::view(props, true),
        kinds::TEXT => markdown::view(props),
        _ => unknown::view(props),
    }
}
