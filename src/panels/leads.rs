//! Where a panel's values lead: the links of its fields, filled with the value that they are at.

use std::sync::Arc;

use leptos::prelude::*;

use crate::{
    analysis::link::{Lead, Surroundings, ValueFacts, leads},
    model::dashboard::{FieldOptions, Panel},
    state::{
        reactive::{Callback, Signal},
        time::TimeContext,
    },
    ui::{popover::Popover, views::Views},
};

/// The links at a value that lead somewhere. `field` is that of its series.
pub fn leads_at(panel: &Panel, field: &FieldOptions, facts: ValueFacts<'_>) -> Vec<Lead> {
    if field.links.is_empty() {
        return Vec::new();
    }
    let value_of = |name: &str| facts.value_of(name);
    let range = TimeContext::expect().resolve_now().ok();
    leads(&field.links, Surroundings { value_of: &value_of, variables: &panel.variables, range })
}

/// A link as an element of its own. One that lies over a value says its title only to who asks for it.
pub fn anchor_view(class: &'static str, lead: Lead, is_over: bool) -> AnyView {
    let target = lead.target();
    let Lead { href, title, .. } = lead;
    let rel = target.map(|_| "noopener noreferrer");
    let label = is_over.then(|| title.clone());
    let text = if is_over { String::new() } else { title };
    view! { <a class=class href=href target=target rel=rel aria-label=label.clone() title=label data-testid="value-link">{text}</a> }
        .into_any()
}

/// What lies over a value and makes it lead on: one link is all of it, several are behind a press. Nothing without any.
pub fn cover_view(name: &str, mut leads: Vec<Lead>) -> AnyView {
    if leads.len() < 2 {
        return leads.pop().map(|lead| anchor_view("lead", lead, true)).views();
    }
    let label = format!("Links of {name}");
    let sheet = move |_: Callback<()>| leads.iter().map(|lead| anchor_view("menu__item", lead.clone(), false)).views();
    view! {
        <div class="leads">
            <Popover label=Signal::stored(label) control=ViewFn::from(|| ()) sheet=Arc::new(sheet) control_class="lead"/>
        </div>
    }
    .into_any()
}
