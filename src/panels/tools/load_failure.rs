//! Why a dashboard is not shown, and what to do about it.

use leptos::prelude::*;

use crate::{
    api::http::ApiError,
    panels::failure::Failure,
    platform::dom,
    state::{
        dashboards::DashboardError,
        reactive::{Callback, signal},
    },
    ui::{state_view::StateView, views::Views},
};

use super::failure;

/// In place of the dashboard.
pub fn view(error: DashboardError, retry: Callback<()>) -> AnyView {
    let (explained, set_explained) = signal(None::<ApiError>);
    let on_close = Callback::new(move |()| set_explained.set(None));
    let body = match error {
        DashboardError::NotListed { name } => view! {
            <StateView
                headline=format!("There is no dashboard “{name}”")
                detail="config.json does not list it. Add it under “dashboards”, or choose one in the bar at the side."
                kind="empty"
            />
        }
        .into_any(),
        DashboardError::NotKept { name } => view! {
            <StateView
                headline=format!("This browser has no dashboard “{name}”")
                detail="Imported dashboards are kept in the browser that they were imported in. Import the file here, or ask for a link that carries the dashboard."
                kind="empty"
            />
        }
        .into_any(),
        DashboardError::Damaged { name, reason } => view! {
            <StateView headline=format!("The dashboard “{name}” could not be opened") detail=reason kind="failed">
                <button type="button" class="control" on:click=move |_| retry.run(())>"Try again"</button>
            </StateView>
        }
        .into_any(),
        DashboardError::Content { file, error } => view! {
            <StateView headline=format!("{file} is not a dashboard that can be read") detail=error.to_string() kind="failed">
                <button type="button" class="control" on:click=move |_| retry.run(())>"Try again"</button>
            </StateView>
        }
        .into_any(),
        DashboardError::File(error) => {
            let why = error.clone();
            failure::view(Failure {
                error,
                source_url: dom::page_origin(),
                request_line: None,
                curl: None,
                on_retry: retry,
                on_explain: Callback::new(move |()| set_explained.set(Some(why.clone()))),
            })
        }
    };
    view! {
        <div class="sheet"><div class="card">{body}</div></div>
        {move || explained.get().map(|error| failure::dialog(&error, &dom::page_origin(), on_close)).views()}
    }
    .into_any()
}
