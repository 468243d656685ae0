//! Dashboards whose panels depend on what a person chooses: the bar of variables, rows that close, repeated panels.
//!
//! Invariant: the address holds what is chosen; everything else follows from it. A panel is asked once its variables are
//! known, and stays in the page, with what it has loaded, as long as it is to be seen.

mod adhoc;
mod ask;
mod bar;
mod fill;
mod grid;
mod links;
mod select;
mod values;

use std::sync::Arc;

use leptos::prelude::*;

use crate::{api::grafana::variables::arrangement_of, model::dashboard::Dashboard, state::cursor::PageEvents};

use values::Values;

/// The door of this part of the app.
#[inline(never)]
pub fn open(dashboard: Arc<Dashboard>) -> AnyView {
    let arrangement = Arc::new(arrangement_of(&dashboard));
    let values = Values::new(Arc::clone(&dashboard), Arc::clone(&arrangement));
    let (fill, events) = (values.clone(), PageEvents::expect().fill);
    events.set(Some(Arc::new(move |text: &str| fill.query(text))));
    on_cleanup(move || {
        let _gone = events.try_set(None);
    });
    let notes = [super::notes(&dashboard.notices), super::notes(&arrangement.notices)];
    let [of_dashboard, of_arrangement] = notes;
    view! {
        {bar::bar(&values)}
        {links::links(&values)}
        {of_dashboard}
        {of_arrangement}
        {grid::grid(dashboard, arrangement, values)}
    }
    .into_any()
}

/// Any number of views as one, whatever they show.
fn all(views: Vec<AnyView>) -> AnyView {
    views.into_any()
}

/// A view that may be missing.
fn any(view: Option<AnyView>) -> AnyView {
    all(view.into_iter().collect())
}
