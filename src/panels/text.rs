//! A panel of text. Markup is shown as it was written.

use leptos::prelude::*;

use crate::model::dashboard::PanelOptions;

use super::{PanelProps, card::Frame};

pub fn view(props: PanelProps) -> AnyView {
    let text = match &props.panel.options {
        PanelOptions::Text(text) => text.clone(),
        _ => String::new(),
    };
    view! {
        <Frame props=props>
            <p class="card__text">{text}</p>
        </Frame>
    }
    .into_any()
}
