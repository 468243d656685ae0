//! A panel of a kind that cannot be drawn, which it says.

use leptos::prelude::*;

use crate::ui::state_view::StateView;

use super::{PanelProps, card::Frame};

pub fn view(props: PanelProps) -> AnyView {
    let headline = format!("Panels of the kind “{}” are not drawn yet", props.panel.kind);
    let queries: Vec<String> = props.panel.targets.iter().map(|t| t.expr.clone()).filter(|e| !e.is_empty()).collect();
    let detail = if queries.is_empty() {
        "stat, timeseries, heatmap and text are.".to_owned()
    } else {
        format!("stat, timeseries, heatmap and text are. It asks: {}", queries.join("; "))
    };
    view! {
        <Frame props=props>
            <StateView headline=headline detail=detail kind="unknown"/>
        </Frame>
    }
    .into_any()
}
