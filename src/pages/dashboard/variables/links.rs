//! Where the dashboard as a whole leads: links above the panels, which may take the range and the variables along.

use leptos::prelude::*;

use crate::{
    analysis::{
        link::{Lead, Surroundings, leads},
        variables::fill::ALL_VARIABLES,
    },
    model::{dashboard::Link, variables::DashboardLink},
    state::{time::TimeContext, url::Params},
};

use super::{all, any, fill::late_variables, values::Values};

/// Nothing where the dashboard has no links.
pub fn links(values: &Values) -> AnyView {
    if values.arrangement.links.is_empty() {
        return ().into_any();
    }
    let values = values.clone();
    let anchors = move || {
        let found = values.arrangement.links.iter().filter_map(|link| Some(anchor(lead(link, &values)?, link)));
        all(found.collect())
    };
    view! { <nav class="dashboard-links" aria-label="Links of this dashboard" data-testid="dashboard-links">{anchors}</nav> }
        .into_any()
}

/// The link with what it takes along. Tracked.
fn lead(link: &DashboardLink, values: &Values) -> Option<Lead> {
    let time = TimeContext::expect();
    let bound = values
        .all
        .iter()
        .filter(|live| !live.is_adhoc())
        .filter_map(|live| live.state.with(|state| state.settled().map(|settled| settled.bound(&live.variable))));
    let variables = late_variables(bound.collect(), &values.dashboard, time);
    let mut url = link.link.url.clone();
    let mut take = |part: String| {
        let sign = if url.contains('?') { '&' } else { '?' };
        url.push(sign);
        url.push_str(&part);
    };
    if link.keeps_time {
        // As the page has it: a relative range stays one.
        let (from, to) = time.spec.with(|spec| (spec.from.to_string(), spec.to.to_string()));
        let query = Params::default().with("from", Some(&from)).with("to", Some(&to)).to_query();
        take(query.trim_start_matches('?').to_owned());
    }
    if link.keeps_variables {
        take(format!("${{{ALL_VARIABLES}}}"));
    }
    let filled = Link { url, ..link.link.clone() };
    let around = Surroundings { value_of: &|_| None, variables: &variables, range: time.resolve_now().ok() };
    leads(&[filled], around).pop()
}

fn anchor(lead: Lead, link: &DashboardLink) -> AnyView {
    let target = lead.target();
    let Lead { href, title, .. } = lead;
    let rel = target.map(|_| "noopener noreferrer");
    let hint = link.hint.clone();
    let mark =
        target.map(|_| view! { <span class="dashboard-links__mark" aria-hidden="true">"\u{2197}"</span> }.into_any());
    view! { <a class="control dashboard-links__link" href=href title=hint target=target rel=rel>{title}{any(mark)}</a> }
        .into_any()
}
