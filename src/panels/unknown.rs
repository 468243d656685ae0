//! A panel of a kind that cannot be drawn, which it says.

use leptos::prelude::*;

use crate::{model::dashboard::kinds, ui::state_view::StateView};

use super::{PanelProps, card::Frame};

pub fn view(props: PanelProps) -> AnyView {
    let headline = format!("Panels of the kind “{}” are not drawn yet", props.panel.kind);
    let queries: Vec<String> = props.panel.targets.iter().map(|t| t.expr.clone()).filter(|e| !e.is_empty()).collect();
    let mut detail = format!("stat, timeseries, heatmap, text, {} are.", kinds::MORE.join(", "));
    if !queries.is_empty() {
        detail.push_str(" It asks: ");
        detail.push_str(&queries.join("; "));
    }
    view! {
        <Frame props=props>
            <StateView headline=headline detail=detail kind="unknown"/>
        </Frame>
    }
    .into_any()
}
