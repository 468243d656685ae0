//! What is shown instead of the app when `config.json` is missing or wrong: what to write.

use leptos::prelude::*;

use crate::{api::config::EXAMPLE, platform::dom, ui::snippet::Snippet, ui::views::Views};

/// Without a configuration there is no shell: this is the whole page. Each problem names its key. The door of this part of
/// the app.
#[inline(never)]
pub fn open(headline: &str, problems: Vec<String>) -> AnyView {
    let headline = headline.to_owned();
    let url = dom::absolute_url("config.json");
    let problems = problems.into_iter().map(|text| view! { <li class="card__text">{text}</li> }).views();
    view! {
        <main class="setup" data-testid="setup">
            <div class="card">
                <h1 class="card__title">{headline}</h1>
                <ul class="setup__problems">{problems}</ul>
                <p class="card__text">
                    "The app reads its sources and dashboards from " <code>{url}</code> ". A configuration that works looks like this:"
                </p>
                <Snippet title="config.json" code=EXAMPLE/>
                <div class="card__head">
                    <button type="button" class="control" on:click=|_| dom::reload()>"Try again"</button>
                </div>
            </div>
        </main>
    }
    .into_any()
}
